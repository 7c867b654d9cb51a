//! What a deployment came to, in figures; kept in the store.
use dirlift_deployment::{RunResult, RunStep, Store};
use dirlift_model::plan::Mode;
use serde::{Deserialize, Serialize};

use super::{
    ApplyError,
    guards::{self, GuardReport},
    steps::{self, FULL_IMPORT, FULL_SYNCHRONIZATION},
};
use crate::{
    judgement::Judgement,
    setup::{BASIS, NOTES},
};

/// Setting of the store with the report, as JSON.
const REPORT: &str = "report";

/// Setting of the store with the engine's own summary, as JSON.
pub(super) const ENGINE: &str = "synchronization_summary";

/// Setting of the store with the time that the synchronization held for.
pub(super) const NOW: &str = "synchronized_as_of";

/// What the names of steps begin with that tell what the cloud would refuse.
pub(super) const PREDICTED: &str = "predicted ";

/// Version of the JSON form.
const FORMAT_VERSION: u32 = 1;

/// What a deployment came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version of the shape, 1.
    pub format_version: u32,
    /// The old server.
    pub name: String,
    /// Where the new product is deployed.
    pub mode: Mode,
    /// Where the standard rules come from: `target`, `sample` or `built-in`.
    pub rule_basis: String,
    /// How many rules there are.
    pub rules: u64,
    /// What is worth knowing about the configuration, rules that had to be left out among it.
    pub notes: Vec<String>,
    /// The connectors, in their order.
    pub connectors: Vec<ConnectorReport>,
    /// What is to be said against the exports beside the guards, in words: errors, what the cloud would refuse, rules without
    /// an end.
    #[serde(default)]
    pub objections: Vec<String>,
    /// What the guards say.
    pub guards: Vec<GuardReport>,
    /// The engine's summary of the synchronization; `None` before it.
    pub synchronization: Option<serde_json::Value>,
}

/// One connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectorReport {
    /// Its name.
    pub name: String,
    /// Where it was read.
    pub source: Option<String>,
    /// Its full import; `None` before it.
    pub full_import: Option<RunReport>,
    /// Its full synchronization; `None` before it.
    pub full_synchronization: Option<RunReport>,
    /// Pending exports by operation and object type.
    pub pending: Vec<PendingReport>,
}

/// Pending exports of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingReport {
    /// What is about to happen.
    pub operation: String,
    /// To objects of which type.
    pub object_type: String,
    /// How many.
    pub count: u64,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunReport {
    /// `success` or `completed-with-errors`.
    pub result: String,
    /// Objects.
    pub objects: u64,
    /// Objects with an error.
    pub errors: u64,
    /// Errors by kind; one that the cloud is expected to answer an export with is of the kind `predicted ...`, and is none of
    /// `errors`.
    pub error_kinds: Vec<ErrorKind>,
    /// Remarks, in order.
    pub remarks: Vec<String>,
}

/// Errors of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorKind {
    /// The kind.
    pub kind: String,
    /// How many.
    pub count: u64,
    /// What they are, in words, the most frequent first, with some of the objects.
    pub examples: Vec<String>,
}

impl Report {
    /// Whether anything is to be said against the exports, by the guards or beside them.
    pub fn has_objections(&self) -> bool {
        !self.objections.is_empty() || self.guards.iter().any(|it| !it.passes)
    }

    /// Objects with an error in any run.
    pub fn errors(&self) -> u64 {
        let runs =
            self.connectors.iter().flat_map(|it| [&it.full_import, &it.full_synchronization]);
        runs.flatten().map(|it| it.errors).sum()
    }
}

pub(super) fn write(store: &mut Store) -> Result<String, ApplyError> {
    let report = make(store)?;
    store.set_setting(REPORT, &serde_json::to_string(&report)?)?;
    Ok(String::new())
}

pub(super) fn read(store: &Store) -> Result<Report, ApplyError> {
    match store.setting(REPORT)? {
        Some(text) => Ok(serde_json::from_str(&text)?),
        None => make(store),
    }
}

fn make(store: &Store) -> Result<Report, ApplyError> {
    let mut connectors = Vec::new();
    for it in steps::connectors(store)? {
        let import = store.finished_run(it.id, FULL_IMPORT)?;
        let synchronization = store.finished_run(it.id, FULL_SYNCHRONIZATION)?;
        let run = |run: Option<_>| run.map(|it| run_report(store, it)).transpose();
        let pending = match synchronization {
            Some(it) => store.pending_counts(it)?,
            None => Vec::new(),
        };
        connectors.push(ConnectorReport {
            name: it.name,
            source: it.source,
            full_import: run(import)?,
            full_synchronization: run(synchronization)?,
            pending: pending
                .into_iter()
                .map(|it| PendingReport {
                    operation: it.operation.as_str().to_owned(),
                    object_type: it.object_type,
                    count: it.count,
                })
                .collect(),
        });
    }
    let engine = store.setting(ENGINE)?;
    let runs =
        connectors.iter().filter_map(|it: &ConnectorReport| it.full_synchronization.as_ref());
    let n_errors = runs.map(|it| it.errors).sum();
    let objections = judgement(store)?.map(|it| it.objections(n_errors)).unwrap_or_default();
    Ok(Report {
        format_version: FORMAT_VERSION,
        name: store.deployment().name.clone(),
        mode: store.deployment().mode,
        rule_basis: store.setting(BASIS)?.unwrap_or_default(),
        rules: store.rules()?.len() as u64,
        notes: serde_json::from_str(&store.setting(NOTES)?.unwrap_or_else(|| "[]".to_owned()))?,
        connectors,
        objections,
        guards: guards::read(store)?,
        synchronization: engine.map(|it| serde_json::from_str(&it)).transpose()?,
    })
}

/// What the newest synchronization says against its exports; `None` before there is one.
pub fn judgement(store: &Store) -> Result<Option<Judgement>, ApplyError> {
    Ok(store.setting(ENGINE)?.map(|it| serde_json::from_str(&it)).transpose()?)
}

fn run_report(store: &Store, run: dirlift_deployment::RunId) -> Result<RunReport, ApplyError> {
    let result = store.run_info(run)?.result.map_or("", RunResult::as_str).to_owned();
    let steps = store.run_steps(run)?;
    let whole = |it: &&RunStep| matches!(it.name.as_str(), "all" | "objects");
    let whole = steps.iter().find(whole);
    let lines = |it: &RunStep| it.detail.lines().map(str::to_owned).collect::<Vec<_>>();
    let kinds = steps.iter().filter_map(|it| {
        let is_predicted = it.name.starts_with(PREDICTED);
        let kind = if is_predicted { &it.name } else { it.name.strip_prefix("error ")? };
        let count = if is_predicted { it.counted } else { it.errors };
        Some(ErrorKind { kind: kind.to_owned(), count, examples: lines(it) })
    });
    Ok(RunReport {
        result,
        objects: whole.map_or(0, |it| it.counted),
        errors: whole.map_or(0, |it| it.errors),
        error_kinds: kinds.collect(),
        remarks: whole.map(lines).unwrap_or_default(),
    })
}
