//! The real staging server as its database tells it: run history and staging mode.
use std::collections::BTreeMap;

use dirlift_model::{
    DatabaseFacts, Guid,
    progress::Progress,
    verification::{OperationCheck, Place, ServerState},
};
use dirlift_verifier::{RunFact, StepFact, checklist::last_export, kind_of_profile, operations};
use jiff::Timestamp;

use super::whose::Seat;
use crate::{context, database::Target, error::CommandError};

/// What the server's database says.
pub(super) struct Server {
    pub(super) state: ServerState,
    /// Where the database is.
    pub(super) seat: Seat,
    /// `None` when the run history could not be read.
    pub(super) operations: Option<Vec<OperationCheck>>,
}

pub(super) fn read(target: &Target, progress: &mut dyn Progress) -> Result<Server, CommandError> {
    let facts = target.read(progress)?;
    Ok(told(&target.name(), &target.host(), facts, context::now()))
}

fn told(database: &str, host: &str, facts: DatabaseFacts, now: Timestamp) -> Server {
    let seat = Seat {
        machine: facts.server.machine_name,
        host: host.to_owned(),
        instance: facts.server.instance,
    };
    let exported = facts.runs.as_deref().and_then(|it| last_export(it, now));
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
                    errors: step.errors.into_iter().map(|it| (it.error_type, it.objects)).collect(),
                })
                .collect(),
            profile: run.profile,
        });
        all.collect()
    });
    let steps = || runs.iter().flatten().flat_map(|it| &it.steps);
    let state = ServerState {
        database: database.to_owned(),
        host: seat.name().map(str::to_owned),
        is_staging: facts.staging_mode,
        last_run: steps().filter_map(|it| it.ended).max(),
        last_export: exported,
        not_read: facts.not_read.iter().map(|it| format!("{}: {}", it.what, it.why)).collect(),
    };
    let mut connectors: Vec<String> = names.into_values().collect();
    connectors.sort();
    let operations = runs.map(|it| operations(Place::Server, &connectors, &it));
    Server { state, seat, operations }
}

#[cfg(test)]
mod tests {
    use dirlift_model::{
        config::RunStepKind,
        database::{AgentRow, Run, Step},
        verification::OperationState,
    };

    use super::*;

    fn facts(is_staging: Option<bool>) -> DatabaseFacts {
        let id: Guid = "b891884f-051e-4a83-95af-2544101c9083".parse().unwrap();
        let step = |minute: i64, kind: Option<RunStepKind>| Step {
            result: "success".to_owned(),
            ended: jiff::Timestamp::from_second(1_790_000_000 + 60 * minute).ok(),
            kind,
            ..Step::default()
        };
        let run = |minute: i64, profile: &str, steps| Run {
            connector: id,
            profile: profile.to_owned(),
            started: jiff::Timestamp::from_second(1_790_000_000 + 60 * minute).ok(),
            steps,
            ..Run::default()
        };
        DatabaseFacts {
            agents: Some(vec![AgentRow { id, name: "AAD".to_owned(), ..AgentRow::default() }]),
            // Newest first, as the database gives them; of one the steps could not be told.
            runs: Some(vec![
                run(3, "Delta Synchronization", vec![step(4, None)]),
                run(1, "Full Import", vec![step(2, Some(RunStepKind::FullImport))]),
                run(0, "Export", vec![step(1, Some(RunStepKind::Export))]),
            ]),
            staging_mode: is_staging,
            ..DatabaseFacts::default()
        }
    }

    #[test]
    fn runs_and_staging() {
        let now = Timestamp::from_second(1_790_000_000 + 3_600).unwrap();
        for is_staging in [Some(true), Some(false), None] {
            let server = told("ADSync on host", "host", facts(is_staging), now);
            assert_eq!(server.state.host.as_deref(), Some("host"));
            assert_eq!(server.state.is_staging, is_staging);
            let minute = |n: i64| jiff::Timestamp::from_second(1_790_000_000 + 60 * n).ok();
            assert_eq!((server.state.last_run, server.state.last_export), (minute(4), minute(1)));
            let states: Vec<_> =
                server.operations.unwrap().into_iter().map(|it| (it.connector, it.state)).collect();
            let ok = ("AAD".to_owned(), OperationState::Success);
            assert_eq!(states, [ok.clone(), ok]);
        }
        let unread = told("x", "10.0.0.1", DatabaseFacts::default(), now);
        assert!(unread.operations.is_none());
        assert_eq!(unread.state.host, None);
        // An export that is under way is one of now.
        let mut exporting = facts(Some(true));
        let runs = exporting.runs.as_mut().unwrap();
        runs.insert(0, Run { started: runs[0].started, ..runs[2].clone() });
        runs[0].steps[0].ended = None;
        let server = told("x", "host", exporting, now);
        assert_eq!(server.state.last_export, Some(now));
    }
}
