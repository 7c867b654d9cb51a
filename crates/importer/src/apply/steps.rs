//! Loading, connecting, importing.
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

pub use dirlift_deployment::{FULL_IMPORT, FULL_SYNCHRONIZATION};
use dirlift_deployment::{RunEnd, RunResult, RunStep, Store, StoreError, TENANT_FACTS};
use dirlift_model::{
    AttributeName, Guid, Product, ServerConfiguration, Severity, TenantFacts,
    text::{plural, shorten},
};
use dirlift_syncengine::rules::RuleSet;
use dirlift_verifier::checklist::federation;
use serde::{Deserialize, Serialize};

use super::{ApplyError, Moment, Ports};
use crate::{
    plan::{anchor_of_rules, other_anchor, rules_unusable},
    rehearsal::RehearsalError,
    setup::{BUNDLE_RULES, BundleRules, CONNECTORS, ConnectorSetup, Setup, restored},
};

/// Most remarks that a run keeps.
const MAX_REMARKS: usize = 100;

/// What an import brought besides objects.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// What is missing: objects that were left out or are not whole, whole kinds of object, containers.
    pub errors: u64,
    /// What is worth telling, in order.
    pub remarks: Vec<String>,
    /// What is known of the directory.
    pub facts: ImportFacts,
}

/// What a store keeps of a directory besides objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportFacts {
    /// Facts of the tenant; `None` for a forest, or when the source has none.
    pub tenant: Option<TenantFacts>,
    /// Attributes that the source shows, by object type; `None` when it shows all.
    pub readable: Option<BTreeMap<AttributeName, BTreeSet<AttributeName>>>,
    /// Parameters of rules that the directory knows, such as `Forest.NetBIOS`.
    pub parameters: BTreeMap<String, String>,
    /// The same for its parts, by DN.
    pub partitions: BTreeMap<String, BTreeMap<String, String>>,
}

/// Name of the setting with the facts of a connector.
pub(super) fn facts_setting(connector: Guid) -> String {
    format!("facts:{connector}")
}

/// What the newest import of a connector brought besides objects.
pub(super) fn facts(store: &Store, connector: &ConnectorSetup) -> Result<ImportFacts, ApplyError> {
    let text = store.setting(&facts_setting(connector.id))?;
    let mut facts: ImportFacts =
        text.map_or_else(|| Ok(ImportFacts::default()), |it| serde_json::from_str(&it))?;
    if connector.is_cloud
        && let Some(text) = store.setting(TENANT_FACTS)?
    {
        facts.tenant = serde_json::from_str(&text)?;
    }
    Ok(facts)
}

/// The connectors of a store, in their order.
pub(super) fn connectors(store: &Store) -> Result<Vec<ConnectorSetup>, ApplyError> {
    let text = store.setting(CONNECTORS)?;
    let text = text.ok_or(ApplyError::Configuration("it names no connectors"))?;
    Ok(serde_json::from_str(&text)?)
}

pub(super) fn load(store: &mut Store, setup: &Setup) -> Result<String, ApplyError> {
    // The plan has looked at names; a setup without connectors is none.
    if setup.connectors.is_empty() {
        return Err(ApplyError::Configuration("no connector was given to load"));
    }
    let mut setup = setup.clone();
    note_left_out(&mut setup);
    store.write_configuration(&setup.stored()?)?;
    store.write_switches(&setup.switches)?;
    Ok(format!(
        "{}, {}",
        plural(setup.connectors.len() as u64, "connector", "connectors"),
        plural(setup.rules.len() as u64, "rule", "rules")
    ))
}

/// Rules that cannot be carried out are named.
fn note_left_out(setup: &mut Setup) {
    let rules: Vec<_> = setup.rules.iter().map(|it| it.0.clone()).collect();
    let compiled = RuleSet::compile(&rules, &());
    let blockers =
        compiled.findings().iter().filter(|it| it.problem.severity() == Severity::Blocker);
    setup.notes.extend(blockers.map(|it| {
        let name = rules.get(it.index).map_or("", |it| it.name.as_str());
        format!("rule {name} is left out: {}", it.problem)
    }));
}

/// The setup of a store with the rules of the new server in place of its standard rules. Nothing is written.
pub(super) fn with_target_rules(
    store: &Store,
    target: &ServerConfiguration,
) -> Result<Setup, ApplyError> {
    let connectors = connectors(store)?;
    let bundle = store.setting(BUNDLE_RULES)?;
    let bundle = bundle.ok_or(ApplyError::Configuration("it does not keep the bundle's rules"))?;
    let bundle: BundleRules = serde_json::from_str(&bundle)?;
    let damaged = ApplyError::Configuration("a rule or a partition cannot be read");
    let own = restored(&connectors, &bundle).ok_or(damaged)?;
    let mut of = own.clone();
    let unusable = |it: RehearsalError| ApplyError::Refused(vec![rules_unusable(it.to_string())]);
    of.use_target_rules(target).map_err(unusable)?;
    let is_dirsync =
        super::plan_of(store)?.is_some_and(|it| it.source.product == Some(Product::DirSync));
    if is_dirsync
        && let Some(refusal) = other_anchor("the rules", anchor_of_rules(&of.rules).as_ref())
    {
        return Err(ApplyError::Refused(vec![refusal]));
    }
    let source = |id| connectors.iter().find(|it| it.id == id)?.source.clone();
    let mut setup = Setup::new(&of, &own, source);
    note_left_out(&mut setup);
    Ok(setup)
}

pub(super) fn connect(
    connectors: &[ConnectorSetup],
    ports: &mut Ports<'_>,
) -> Result<String, ApplyError> {
    let mut remarks = Vec::new();
    ports.progress.begin("reaching the directories", "directories", Some(connectors.len() as u64));
    for connector in connectors {
        remarks.extend(ports.directories.check(connector).map_err(|it| failed(connector, it))?);
        ports.progress.advance(1);
    }
    ports.progress.end();
    Ok(joined(&remarks))
}

fn failed(connector: &ConnectorSetup, source: super::SourceFailed) -> ApplyError {
    ApplyError::Source { connector: connector.name.clone(), source }
}

fn joined(remarks: &[String]) -> String {
    let kept: Vec<_> = remarks.iter().take(MAX_REMARKS).map(|it| shorten(it, 500)).collect();
    let mut text = kept.join("\n");
    if let Some(more) = remarks.len().checked_sub(MAX_REMARKS).filter(|it| *it > 0) {
        text = format!("{text}\n{}", plural(more as u64, "more remark", "more remarks"));
    }
    text
}

pub(super) fn full_import(
    store: &mut Store,
    connector: &ConnectorSetup,
    ports: &mut Ports<'_>,
) -> Result<String, ApplyError> {
    let run = store.begin_run(connector.id, FULL_IMPORT, (ports.clock)())?;
    let mut types: BTreeMap<AttributeName, u64> = BTreeMap::new();
    let mut wrong: Option<StoreError> = None;
    let mut writer = store.objects(run)?;
    let mut number = 0;
    let watch = &mut *ports.watch;
    let mut take = |object: dirlift_model::CsObject| {
        if let Err(error) = writer.add(&object) {
            wrong = Some(error);
            return ControlFlow::Break(());
        }
        *types.entry(object.object_type).or_default() += 1;
        number += 1;
        watch.see(Moment::Object(number));
        ControlFlow::Continue(())
    };
    let imported = ports.directories.import(connector, &mut take, ports.progress);
    if let Some(error) = wrong {
        return Err(error.into());
    }
    let imported = imported.map_err(|it| failed(connector, it))?;
    writer.finish()?;
    ports.watch.see(Moment::Written("objects"));
    let mut steps: Vec<_> = types
        .iter()
        .map(|(name, n)| RunStep {
            name: name.as_str().to_owned(),
            counted: *n,
            errors: 0,
            detail: String::new(),
        })
        .collect();
    let (mut remarks, mut errors) = (imported.remarks, imported.errors);
    if number == 0 {
        remarks.insert(0, "no object was read: the source is empty, or shows nothing".to_owned());
        errors += 1;
    }
    let detail = joined(&remarks);
    steps.push(RunStep { name: "all".to_owned(), counted: number, errors, detail });
    let result = if errors == 0 { RunResult::Success } else { RunResult::CompletedWithErrors };
    let mut facts = imported.facts;
    let mut settings = Vec::new();
    if connector.is_cloud {
        // The list of licences can be long: it is kept once.
        let tenant = facts.tenant.take();
        note_federation(store, tenant.as_ref())?;
        settings.push((TENANT_FACTS.to_owned(), serde_json::to_string(&tenant)?));
    }
    settings.push((facts_setting(connector.id), serde_json::to_string(&facts)?));
    settings.extend(changed_source(store, connector)?);
    store.finish_runs(&[RunEnd { run, result, steps }], &settings, (ports.clock)())?;
    ports.watch.see(Moment::Written("run"));
    Ok(plural(number, "object", "objects"))
}

/// A source counts once it was read to its end.
fn changed_source(
    store: &Store,
    connector: &ConnectorSetup,
) -> Result<Option<(String, String)>, ApplyError> {
    let mut all = connectors(store)?;
    let own = all.iter_mut().find(|it| it.id == connector.id);
    let Some(own) = own.filter(|it| it.source != connector.source) else { return Ok(None) };
    own.source.clone_from(&connector.source);
    Ok(Some((CONNECTORS.to_owned(), serde_json::to_string(&all)?)))
}

/// Only the tenant knows whether a domain is federated.
fn note_federation(store: &mut Store, tenant: Option<&TenantFacts>) -> Result<(), ApplyError> {
    let known = tenant.and_then(federation);
    if let (Some(mut switches), Some(_)) = (store.switches()?, known)
        && switches.federation != known
    {
        switches.federation = known;
        store.write_switches(&switches)?;
    }
    Ok(())
}
