//! Pending exports against what nobody meant.
use std::collections::{BTreeMap, BTreeSet};

use dirlift_deployment::Store;
use dirlift_model::{AttributeName, DistinguishedName, Guid};
use dirlift_verifier::{DEFAULT_DELETES, Guards, Limits, Population, Sensitive};
use serde::{Deserialize, Serialize};

use super::{
    ApplyError,
    steps::{self, FULL_IMPORT, FULL_SYNCHRONIZATION, ImportFacts},
};
use crate::setup::{ConnectorSetup, DELETE_LIMIT};

/// Setting of the store with the verdicts, as JSON.
const VERDICTS: &str = "guards";

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
    let limits = Limits { deletes: Some(delete_limit(store)?), ..Limits::default() };
    let mut all = Vec::new();
    for connector in steps::connectors(store)? {
        let run = store.finished_run(connector.id, FULL_SYNCHRONIZATION)?;
        let run = run.ok_or(ApplyError::Configuration("a connector was not synchronised"))?;
        let (population, sensitive, unknown) = who(store, &connector)?;
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
                .chain(unknown)
                .collect(),
        });
    }
    store.set_setting(VERDICTS, &serde_json::to_string(&all)?)?;
    Ok(all)
}

/// Most deletes of one connector that pass: the old server's own threshold, and never more than the default, which also
/// stands where the old server had none.
pub fn delete_limit(store: &Store) -> Result<u64, ApplyError> {
    let limit = store.setting(DELETE_LIMIT)?.and_then(|it| it.parse().ok());
    Ok(limit.filter(|it| (1..DEFAULT_DELETES).contains(it)).unwrap_or(DEFAULT_DELETES))
}

/// Attributes that the source of a connector shows, by object type; `None` when it shows all.
pub fn readable(store: &Store, connector: Guid) -> Result<Option<Shown>, ApplyError> {
    let text = store.setting(&steps::facts_setting(connector))?;
    let facts: Option<ImportFacts> = text.map(|it| serde_json::from_str(&it)).transpose()?;
    Ok(facts.and_then(|it| it.readable))
}

/// Attributes by object type.
type Shown = BTreeMap<AttributeName, BTreeSet<AttributeName>>;

/// What a look at administrators needs and does not have.
const NO_ROLES: &str = "administrators: the import told no directory roles (directoryRoles)";

/// The same for licences.
const NO_LICENCES: &str =
    "licensed users: no user of the import told its licences (assignedLicenses)";

/// The verdicts that were kept; none before the guards have looked.
pub(super) fn read(store: &Store) -> Result<Vec<GuardReport>, ApplyError> {
    let text = store.setting(VERDICTS)?.unwrap_or_else(|| "[]".to_owned());
    Ok(serde_json::from_str(&text)?)
}

/// How many objects there are, which are looked at one by one, and what of that is not known.
fn who(
    store: &Store,
    connector: &ConnectorSetup,
) -> Result<(Population, Sensitive, Vec<String>), ApplyError> {
    let tenant = steps::facts(store, connector)?.tenant.unwrap_or_default();
    let mut unknown = Vec::new();
    if connector.is_cloud {
        let roles = tenant.role_members.is_none().then_some(NO_ROLES);
        let licences = tenant.licensed_users.is_none().then_some(NO_LICENCES);
        unknown.extend(roles.into_iter().chain(licences).map(str::to_owned));
    }
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
    Ok((Population(types), sensitive, unknown))
}
