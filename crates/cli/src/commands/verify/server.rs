//! The real staging server as its database tells it: run history and staging mode.
use std::collections::BTreeMap;

use dirlift_model::{
    DatabaseFacts, Guid,
    config::RunStepKind,
    progress::Progress,
    verification::{OperationCheck, Place, ServerState},
};
use dirlift_verifier::{RunFact, StepFact, kind_of_profile, operations};

use crate::{database::Target, error::CommandError};

/// What the server's database says.
pub(super) struct Server {
    pub(super) state: ServerState,
    /// `None` when the run history could not be read.
    pub(super) operations: Option<Vec<OperationCheck>>,
}

pub(super) fn read(target: &Target, progress: &mut dyn Progress) -> Result<Server, CommandError> {
    let facts = target.read(progress)?;
    Ok(told(&target.name(), facts))
}

fn told(database: &str, facts: DatabaseFacts) -> Server {
    let agents = facts.agents.unwrap_or_default();
    let names: BTreeMap<Guid, String> = agents.into_iter().map(|it| (it.id, it.name)).collect();
    let name = |id: Guid| names.get(&id).cloned().unwrap_or_else(|| id.to_string());
    let runs: Option<Vec<RunFact>> = facts.runs.map(|runs| {
        let all = runs.into_iter().map(|run| RunFact {
            connector: name(run.connector),
            started: run.started,
            steps: run
                .steps
                .into_iter()
                .map(|step| StepFact {
                    kind: step.kind.or_else(|| kind_of_profile(&run.profile)),
                    result: step.result,
                    ended: step.ended,
                    errors: step
                        .errors
                        .into_iter()
                        .map(|it| (it.error_type, it.objects))
                        .collect(),
                })
                .collect(),
            profile: run.profile,
        });
        all.collect()
    });
    let steps = || runs.iter().flatten().flat_map(|it| &it.steps);
    let exports = || steps().filter(|it| it.kind == Some(RunStepKind::Export));
    let state = ServerState {
        database: database.to_owned(),
        is_staging: facts.staging_mode,
        last_run: steps().filter_map(|it| it.ended).max(),
        last_export: exports().filter_map(|it| it.ended).max(),
        not_read: facts.not_read.iter().map(|it| format!("{}: {}", it.what, it.why)).collect(),
    };
    let mut connectors: Vec<String> = names.into_values().collect();
    connectors.sort();
    let operations = runs.map(|it| operations(Place::Server, &connectors, &it));
    Server { state, operations }
}
