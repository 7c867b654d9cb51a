//! Pending exports against what nobody meant.
use std::collections::{BTreeMap, BTreeSet};

use dirlift_deployment::Store;
use dirlift_model::{AttributeName, DistinguishedName, Guid};
use dirlift_verifier::{Guards, Limits, Population, Sensitive};
use serde::{Deserialize, Serialize};

use super::{
    ApplyError,
    steps::{self, FULL_IMPORT, FULL_SYNCHRONIZATION},
};
use crate::setup::{ConnectorSetup, DELETE_LIMIT};

/// Setting of the store with the verdicts, as JSON.
const VERDICTS: &str = "guards";

/// Setting of the store with the verdicts in full, as the guards say them.
const DETAILS: &str = "guard_details";

/// What the guards say to the pending exports of one connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardReport {
    /// The connector's name.
    pub connector: String,
    /// Whether no guard objects.
    pub passes: bool,
    /// Pending exports that were looked at.
    pub exports: u64,
    /// What is objected to, in words; the first hundred.
    pub objections: Vec<String>,
    /// Objections beyond those.
    pub more_objections: u64,
    /// What could not be looked at, in words.
    pub not_checked: Vec<String>,
}

/// Most objections in words.
const MAX_OBJECTIONS: usize = 100;

/// Looks at the pending exports of the newest synchronization and keeps the verdicts in the store.
pub(super) fn run(store: &mut Store) -> Result<Vec<GuardReport>, ApplyError> {
    let limit = store.setting(DELETE_LIMIT)?;
    let limits = match limit.as_deref() {
        None => Limits::default(),
        Some(text) => Limits { deletes: text.parse().ok(), ..Limits::default() },
    };
    let mut all = Vec::new();
    let mut details = Vec::new();
    for connector in steps::connectors(store)? {
        let run = store.finished_run(connector.id, FULL_SYNCHRONIZATION)?;
        let run = run.ok_or(ApplyError::Configuration("a connector was not synchronised"))?;
        let (population, sensitive) = who(store, &connector)?;
        let mut guards = Guards::new(&connector.name, limits.clone(), population, sensitive);
        store.for_each_pending(run, |it| guards.see(&it))?;
        let verdict = guards.verdict();
        let mut objections = verdict.tripped.iter().map(ToString::to_string);
        all.push(GuardReport {
            connector: connector.name,
            passes: verdict.passes(),
            exports: verdict.seen.exports,
            objections: objections.by_ref().take(MAX_OBJECTIONS).collect(),
            more_objections: verdict.not_named + objections.count() as u64,
            not_checked: verdict
                .not_checked
                .iter()
                .map(|it| format!("{}: {}", it.guard, it.why))
                .collect(),
        });
        details.push(verdict);
    }
    store.set_setting(DETAILS, &serde_json::to_string(&details)?)?;
    store.set_setting(VERDICTS, &serde_json::to_string(&all)?)?;
    Ok(all)
}

/// The verdicts that were kept; none before the guards have looked.
pub(super) fn read(store: &Store) -> Result<Vec<GuardReport>, ApplyError> {
    let text = store.setting(VERDICTS)?.unwrap_or_else(|| "[]".to_owned());
    Ok(serde_json::from_str(&text)?)
}

/// How many objects there are, and which are looked at one by one.
fn who(store: &Store, connector: &ConnectorSetup) -> Result<(Population, Sensitive), ApplyError> {
    let tenant = steps::facts(store, connector)?.tenant.unwrap_or_default();
    let administrators: BTreeSet<Guid> =
        tenant.role_members.iter().flatten().map(|it| it.id).collect();
    let licensed: BTreeSet<Guid> = tenant.licensed_users.iter().flatten().map(|it| it.id).collect();
    let mut sensitive = Sensitive::default();
    let mut types: BTreeMap<AttributeName, u64> = BTreeMap::new();
    if let Some(run) = store.finished_run(connector.id, FULL_IMPORT)? {
        store.for_each_name(run, |it| {
            *types.entry(it.object_type).or_default() += 1;
            let note = |ids: &BTreeSet<Guid>, into: &mut BTreeSet<DistinguishedName>| {
                if it.id.is_some_and(|id| ids.contains(&id)) {
                    into.insert(it.dn.clone());
                }
            };
            note(&administrators, &mut sensitive.administrators);
            note(&licensed, &mut sensitive.licensed);
        })?;
    }
    Ok((Population(types), sensitive))
}
