//! Loading, connecting, importing.
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

use dirlift_deployment::{RunEnd, RunResult, RunStep, Store, StoreError};
use dirlift_model::{
    AttributeName, Guid, Severity, TenantFacts,
    text::{plural, shorten},
};
use dirlift_syncengine::rules::RuleSet;
use dirlift_verifier::checklist::federation;
use serde::{Deserialize, Serialize};

use super::{ApplyError, Moment, Ports};
use crate::setup::{CONNECTORS, ConnectorSetup, Setup};

/// Name of the run profile that imports.
pub const FULL_IMPORT: &str = "Full Import";

/// Name of the run profile that synchronises.
pub const FULL_SYNCHRONIZATION: &str = "Full Synchronization";

/// Most remarks that a run keeps.
const MAX_REMARKS: usize = 100;

/// What an import brought besides objects.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// Objects that could not be read, or not whole.
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

/// Setting of the store with the facts of the tenant, as JSON; `null` when the newest import told none. `dirlift verify`
/// reads it.
const TENANT_FACTS: &str = "tenant_facts";

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
    let mut names: Vec<_> = setup.connectors.iter().map(|it| &it.name).collect();
    names.sort();
    if names.windows(2).any(|it| it[0] == it[1]) {
        return Err(ApplyError::Configuration("two connectors have one name"));
    }
    let mut setup = setup.clone();
    let rules: Vec<_> = setup.rules.iter().map(|it| it.0.clone()).collect();
    let compiled = RuleSet::compile(&rules, &());
    let blockers =
        compiled.findings().iter().filter(|it| it.problem.severity() == Severity::Blocker);
    setup.notes.extend(blockers.map(|it| {
        let name = rules.get(it.index).map_or("", |it| it.name.as_str());
        format!("rule {name} is left out: {}", it.problem)
    }));
    store.write_configuration(&setup.stored()?)?;
    store.write_switches(&setup.switches)?;
    Ok(format!(
        "{}, {}",
        plural(setup.connectors.len() as u64, "connector", "connectors"),
        plural(setup.rules.len() as u64, "rule", "rules")
    ))
}

/// Notes other sources where they were given.
pub(super) fn set_sources(
    store: &mut Store,
    sources: &dyn Fn(&ConnectorSetup) -> Option<String>,
) -> Result<(), ApplyError> {
    let old = connectors(store)?;
    let mut new = old.clone();
    for it in &mut new {
        if let Some(source) = sources(it) {
            it.source = Some(source);
        }
    }
    if new != old {
        store.set_setting(CONNECTORS, &serde_json::to_string(&new)?)?;
    }
    Ok(())
}

pub(super) fn connect(store: &Store, ports: &mut Ports<'_>) -> Result<String, ApplyError> {
    let connectors = connectors(store)?;
    let mut remarks = Vec::new();
    ports.progress.begin("reaching the directories", "directories", Some(connectors.len() as u64));
    for connector in &connectors {
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
    connector: Guid,
    ports: &mut Ports<'_>,
) -> Result<String, ApplyError> {
    let connectors = connectors(store)?;
    let connector = connectors.iter().find(|it| it.id == connector);
    let connector = connector.ok_or(ApplyError::Configuration("a connector is missing"))?;
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
    let detail = joined(&imported.remarks);
    let errors = imported.errors;
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
    store.finish_runs(&[RunEnd { run, result, steps }], &settings, (ports.clock)())?;
    ports.watch.see(Moment::Written("run"));
    Ok(plural(number, "object", "objects"))
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
