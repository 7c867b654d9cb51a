//! The full synchronization of all connectors: objects out of the store, one by one, into the engine; metaverse and
//! pending exports back.
use std::collections::BTreeMap;

use dirlift_deployment::{
    RunEnd, RunId, RunResult, RunStep, Store, StoredAttribute, StoredLink, StoredMetaverseObject,
};
use dirlift_model::{
    AttributeValue, CsObject, DistinguishedName, Guid, SourceAnchor, SyncRule,
    progress::Progress,
    text::{grouped, plural, shorten},
};
use dirlift_syncengine::sync::{
    Connector, ConnectorKind, MetaverseObject, ObjectProblem, Options, Partition, Readable,
    SyncError, Synchronization, Synchronized,
};

use super::{
    ApplyError, Moment, Ports,
    report::{ENGINE, NOW, PREDICTED},
    steps::{self, FULL_IMPORT, FULL_SYNCHRONIZATION, ImportFacts},
};
use crate::{
    rehearsal,
    setup::{ConnectorSetup, read_rule},
};

/// Groups of one kind that a run tells.
const MAX_GROUPS: usize = 20;
/// Objects of a group that it names.
const MAX_EXAMPLES: usize = 3;
/// Characters of what a group is about, and of a name.
const MAX_WORDS: usize = 400;
const MAX_NAME: usize = 300;

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
    let brings_computers = {
        let mut requests = connectors.iter().filter(|it| !it.is_cloud).map(ConnectorSetup::request);
        requests.any(|it| it.is_ok_and(|it| it.brings(&rehearsal::load::COMPUTER.into())))
    };
    for connector in connectors {
        let run = store.finished_run(connector.id, FULL_IMPORT)?;
        let run = run.ok_or(ApplyError::Configuration("a connector has no full import"))?;
        progress.begin(&format!("reading {}", connector.name), "objects", None);
        let mut wrong: Option<SyncError> = None;
        store.for_each_object(run, |object| {
            if wrong.is_none() {
                see(connector.id, &object);
                let mark = rehearsal::load::mark(brings_computers, &object);
                wrong = engine.add_marked(connector.id, object, mark).err();
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
    let mut errors: Told = BTreeMap::new();
    for it in result.errors() {
        let kind = serde_json::to_value(&it.problem).ok();
        let kind = kind.as_ref().and_then(|it| it.get("kind")?.as_str()).unwrap_or("other");
        let step = errors.entry((it.connector, format!("error {kind}"))).or_default();
        let partner = match &it.problem {
            ObjectProblem::Ambiguous { partner, .. } => Some(partner),
            ObjectProblem::NameTaken { name, .. } => Some(name),
            _ => None,
        };
        step.add(it.problem.about(), pair(&it.dn, partner));
    }
    let mut predicted: Told = BTreeMap::new();
    for it in result.predicted().iter().filter(|it| it.outcome.is_error()) {
        let name = format!("{PREDICTED}{}", rehearsal::word(&it.outcome));
        let step = predicted.entry((it.connector.clone(), name)).or_default();
        let words = rehearsal::outcome_words(it.outcome);
        let attribute = it.attribute.as_ref().map(|it| format!(" ({it})")).unwrap_or_default();
        let partner = it.partner.as_ref().map(|it| it.source.as_ref().unwrap_or(&it.dn));
        let own = it.source.as_ref().unwrap_or(&it.dn);
        step.add(format!("{words}{attribute}"), pair(own, partner));
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
        let own = |told: &Told| -> Vec<(String, u64, String)> {
            let own = told.iter().filter(|((name, _), _)| *name == connector.name);
            own.map(|((_, name), it)| (name.clone(), it.count, it.lines())).collect()
        };
        for (name, n, detail) in own(&errors) {
            steps.push(step(&name, n, n, detail));
        }
        // The cloud has not said it yet: it is no error of the run.
        for (name, n, detail) in own(&predicted) {
            steps.push(step(&name, n, 0, detail));
        }
        let result =
            if counts.errors == 0 { RunResult::Success } else { RunResult::CompletedWithErrors };
        ends.push(RunEnd { run: *run, result, steps });
    }
    ends
}

/// What is told of objects, by connector and name of the step.
type Told = BTreeMap<(String, String), Groups>;

/// Objects of one kind, those with the same words together.
#[derive(Default)]
struct Groups {
    count: u64,
    by_words: BTreeMap<String, (u64, Vec<String>)>,
}

impl Groups {
    fn add(&mut self, words: String, object: String) {
        self.count += 1;
        let (count, examples) = self.by_words.entry(words).or_default();
        *count += 1;
        if examples.len() < MAX_EXAMPLES {
            examples.push(object);
        }
    }

    /// One line for each group, the largest first.
    fn lines(&self) -> String {
        let mut all: Vec<_> = self.by_words.iter().collect();
        all.sort_by(|a, b| b.1.0.cmp(&a.1.0).then_with(|| a.0.cmp(b.0)));
        let mut lines: Vec<_> = all
            .iter()
            .take(MAX_GROUPS)
            .map(|(words, (count, examples))| {
                let words = shorten(words, MAX_WORDS);
                format!("{}: {words}; such as {}", grouped(*count), examples.join(", "))
            })
            .collect();
        if let Some(more @ 1..) = all.len().checked_sub(MAX_GROUPS) {
            lines.push(format!("and {}", plural(more as u64, "more group", "more groups")));
        }
        lines.join("\n")
    }
}

/// An object, and the other one that it is about.
fn pair(dn: &DistinguishedName, partner: Option<&DistinguishedName>) -> String {
    let name = |it: &DistinguishedName| shorten(it.as_str(), MAX_NAME);
    match partner {
        Some(partner) => format!("{} <-> {}", name(dn), name(partner)),
        None => name(dn),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_with_the_same_words_are_told_together() {
        let mut groups = Groups::default();
        for n in 0..1_234 {
            groups.add("rule `R` joins".to_owned(), format!("CN=a{n} <-> CN=b{n}"));
        }
        groups.add("rule `B` joins".to_owned(), "CN=x".to_owned());
        groups.add("rule `A` joins".to_owned(), "CN=y".to_owned());
        assert_eq!(groups.count, 1_236);
        assert_eq!(
            groups.lines(),
            "1,234: rule `R` joins; such as CN=a0 <-> CN=b0, CN=a1 <-> CN=b1, CN=a2 <-> CN=b2\n\
             1: rule `A` joins; such as CN=y\n\
             1: rule `B` joins; such as CN=x"
        );
        // Three are there; twenty are named.
        for n in 0..19 {
            groups.add(format!("rule `C{n:02}` joins"), "CN=z".to_owned());
        }
        let lines = groups.lines();
        let lines: Vec<_> = lines.lines().collect();
        assert_eq!(lines.len(), 21);
        assert_eq!(lines[19], "1: rule `C16` joins; such as CN=z");
        assert_eq!(lines[20], "and 2 more groups");
    }

    #[test]
    fn what_is_alike_has_the_same_words() {
        let ambiguous = |partner: &str| ObjectProblem::Ambiguous {
            rule: "R".to_owned(),
            partner: partner.parse().unwrap(),
        };
        let words = "rule `R` joins it to what another object is joined to";
        assert_eq!(ambiguous("CN=a").about(), words);
        assert_eq!(ambiguous("CN=b").about(), words);
        let changed =
            |old: &str| ObjectProblem::AnchorChanged { old: old.to_owned(), new: "x".to_owned() };
        assert_eq!(changed("a").about(), changed("b").about());
        let taken =
            ObjectProblem::NameTaken { rule: "R".to_owned(), name: "CN=a".parse().unwrap() };
        assert_eq!(taken.about(), "rule `R` gives a name that another object has");
        // Others name no object.
        assert_eq!(ObjectProblem::RepeatedName.about(), ObjectProblem::RepeatedName.to_string());
    }

    #[test]
    fn both_partners_are_named() {
        let (a, b) = ("CN=a,DC=x".parse().unwrap(), "CN=b,DC=x".parse().unwrap());
        assert_eq!(pair(&a, Some(&b)), "CN=a,DC=x <-> CN=b,DC=x");
        assert_eq!(pair(&a, None), "CN=a,DC=x");
    }
}
