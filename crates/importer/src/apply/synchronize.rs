//! The full synchronization of all connectors: objects out of the store, one by one, into the engine; metaverse and
//! pending exports back.
use std::collections::BTreeMap;

use dirlift_deployment::{
    RunEnd, RunId, RunResult, RunStep, Store, StoredAttribute, StoredLink, StoredMetaverseObject,
};
use dirlift_model::{
    AttributeValue, CsObject, Guid, SourceAnchor, SyncRule,
    progress::Progress,
    text::{plural, shorten},
};
use dirlift_syncengine::sync::{
    Connector, ConnectorKind, MetaverseObject, Options, Partition, Readable, SyncError,
    Synchronization, Synchronized,
};

use super::{
    ApplyError, Moment, Ports,
    report::{ENGINE, NOW},
    steps::{self, FULL_IMPORT, FULL_SYNCHRONIZATION, ImportFacts},
};
use crate::{
    rehearsal,
    setup::{ConnectorSetup, read_rule},
};

/// Errors of one kind that a run names.
const MAX_EXAMPLES: usize = 20;

pub(super) fn run(store: &mut Store, ports: &mut Ports<'_>) -> Result<String, ApplyError> {
    let connectors = steps::connectors(store)?;
    let now = (ports.clock)();
    let result =
        synchronized(store, &connectors, now, ports.threads, ports.progress, &mut |_, _| {})?;
    let at = (ports.clock)();
    let mut runs = Vec::new();
    for connector in &connectors {
        runs.push(store.begin_run(connector.id, FULL_SYNCHRONIZATION, at)?);
    }
    write(store, &connectors, &runs, &result, ports)?;
    let ends = ends(&connectors, &runs, &result);
    let summary = serde_json::to_string(result.summary())?;
    let settings = [(ENGINE.to_owned(), summary), (NOW.to_owned(), now.to_string())];
    store.finish_runs(&ends, &settings, (ports.clock)())?;
    ports.watch.see(Moment::Written("runs"));
    let n_exports = result.export_count() as u64;
    Ok(plural(n_exports, "pending export", "pending exports"))
}

/// Fills the engine and lets it work. The objects are held once, in the engine; `see` is shown each before.
pub(super) fn synchronized(
    store: &Store,
    connectors: &[ConnectorSetup],
    now: jiff::Timestamp,
    threads: usize,
    progress: &mut dyn Progress,
    see: &mut dyn FnMut(Guid, &CsObject),
) -> Result<Synchronized, ApplyError> {
    let rules = rules(store)?;
    let mut options = Options { threads: threads.max(1), ..Options::at(now) };
    let mut spaces = Vec::new();
    for connector in connectors {
        let facts = steps::facts(store, connector)?;
        if connector.is_cloud {
            cloud(&facts, &mut options);
        }
        spaces.push(space(connector, &facts));
    }
    let mut engine = Synchronization::with_rules(&rules, spaces, options)?;
    for connector in connectors {
        let run = store.finished_run(connector.id, FULL_IMPORT)?;
        let run = run.ok_or(ApplyError::Configuration("a connector has no full import"))?;
        progress.begin(&format!("reading {}", connector.name), "objects", None);
        let mut wrong: Option<SyncError> = None;
        store.for_each_object(run, |object| {
            if wrong.is_none() {
                see(connector.id, &object);
                wrong = engine.add(connector.id, object).err();
                progress.advance(1);
            }
        })?;
        progress.end();
        if let Some(error) = wrong {
            return Err(error.into());
        }
    }
    progress.begin("synchronising", "seconds", None);
    progress.advance(1);
    let result = engine.run();
    progress.end();
    Ok(result?)
}

fn rules(store: &Store) -> Result<Vec<SyncRule>, ApplyError> {
    let stored = store.rules()?;
    let rules: Option<Vec<_>> = stored.iter().map(read_rule).collect();
    rules.ok_or(ApplyError::Configuration("a rule cannot be read"))
}

fn space(connector: &ConnectorSetup, facts: &ImportFacts) -> Connector {
    let kind =
        if connector.is_cloud { ConnectorKind::Entra } else { ConnectorKind::ActiveDirectory };
    let mut out = Connector::new(connector.id, connector.name.clone(), kind);
    out.parameters.clone_from(&connector.parameters);
    out.parameters.extend(facts.parameters.clone());
    let partition = |(dn, parameters): (&String, &BTreeMap<String, String>)| {
        Some(Partition { root: dn.parse().ok()?, parameters: parameters.clone() })
    };
    out.partitions = facts.partitions.iter().filter_map(partition).collect();
    out
}

/// What the tenant decides.
fn cloud(facts: &ImportFacts, options: &mut Options) {
    if let Some(readable) = &facts.readable {
        options.readable = Readable::Only(readable.clone());
    }
    let Some(tenant) = &facts.tenant else { return };
    options.tenant = rehearsal::tenant(tenant);
    // Without a mark nobody knows what this system had made, and so nothing is deleted.
    options.history = tenant.objects.iter().any(|it| it.synchronized > 0);
}

fn write(
    store: &mut Store,
    connectors: &[ConnectorSetup],
    runs: &[RunId],
    result: &Synchronized,
    ports: &mut Ports<'_>,
) -> Result<(), ApplyError> {
    let progress = &mut *ports.progress;
    if let Some(first) = runs.first() {
        progress.begin(
            "writing the metaverse",
            "objects",
            Some(result.summary().metaverse_objects),
        );
        let objects = result.metaverse().map(|it| {
            progress.advance(1);
            metaverse_object(it)
        });
        store.write_metaverse(*first, objects)?;
        progress.end();
        ports.watch.see(Moment::Written("metaverse"));
    }
    progress.begin("writing pending exports", "exports", Some(result.export_count() as u64));
    // They come in the order of the connectors.
    let mut exports = result.exports().peekable();
    for (connector, run) in connectors.iter().zip(runs) {
        let of_this = std::iter::from_fn(|| {
            progress.advance(1);
            exports.next_if(|it| it.connector == connector.name)
        });
        store.write_pending(*run, of_this)?;
        ports.watch.see(Moment::Written("pending exports"));
    }
    progress.end();
    Ok(())
}

fn metaverse_object(it: MetaverseObject) -> StoredMetaverseObject {
    let attributes: Vec<_> = it
        .attributes
        .into_iter()
        .map(|it| StoredAttribute {
            name: it.name,
            values: it.values,
            rule: it.rule,
            flow: it.flow,
        })
        .collect();
    let links = it.links.into_iter().map(|(connector, dn)| StoredLink { connector, dn });
    StoredMetaverseObject {
        object_type: it.object_type,
        anchor: anchor(&attributes),
        links: links.collect(),
        attributes,
    }
}

fn anchor(attributes: &[StoredAttribute]) -> Option<String> {
    let first = |name: &str| attributes.iter().find(|it| it.name.is(name))?.values.first();
    match (first("sourceAnchor"), first("sourceAnchorBinary")) {
        (Some(AttributeValue::String(text)), _) => Some(text.clone()),
        (_, Some(AttributeValue::Binary(bytes))) => {
            let guid = <[u8; 16]>::try_from(bytes.as_slice()).ok()?;
            let guid = Guid::from_directory_bytes(guid);
            Some(SourceAnchor::from_object_guid(guid).as_str().to_owned())
        }
        _ => None,
    }
}

fn ends(connectors: &[ConnectorSetup], runs: &[RunId], result: &Synchronized) -> Vec<RunEnd> {
    let mut errors: BTreeMap<(String, String), (u64, Vec<String>)> = BTreeMap::new();
    for it in result.errors() {
        let kind = serde_json::to_value(&it.problem).ok();
        let kind = kind.as_ref().and_then(|it| it.get("kind")?.as_str()).unwrap_or("other");
        let entry = errors.entry((it.connector.clone(), kind.to_owned())).or_default();
        entry.0 += 1;
        if entry.1.len() < MAX_EXAMPLES {
            entry.1.push(format!("{}: {}", it.dn, shorten(&it.problem.to_string(), 400)));
        }
    }
    let step = |name: &str, counted, errors, detail: String| RunStep {
        name: name.to_owned(),
        counted,
        errors,
        detail,
    };
    let mut ends = Vec::new();
    for ((connector, run), counts) in connectors.iter().zip(runs).zip(&result.summary().connectors)
    {
        let mut steps = vec![
            step("objects", counts.objects, counts.errors, String::new()),
            step("linked", counts.linked, 0, String::new()),
        ];
        for (operation, n) in &counts.exports {
            steps.push(step(&format!("export {operation}"), *n, 0, String::new()));
        }
        let own = errors.iter().filter(|((name, _), _)| *name == connector.name);
        for ((_, kind), (n, examples)) in own {
            steps.push(step(&format!("error {kind}"), *n, *n, examples.join("\n")));
        }
        let result =
            if counts.errors == 0 { RunResult::Success } else { RunResult::CompletedWithErrors };
        ends.push(RunEnd { run: *run, result, steps });
    }
    ends
}
