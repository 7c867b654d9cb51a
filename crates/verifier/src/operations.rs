//! Whether everything was imported and synchronised before anybody judges the result.
use dirlift_model::{
    config::RunStepKind,
    verification::{Asked, OperationCheck, OperationState, Place},
};
use jiff::Timestamp;

/// A run of a run profile, from the deployment store or a real server's run history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFact {
    /// The name of the connector.
    pub connector: String,
    /// The name of the run profile.
    pub profile: String,
    /// When it began.
    pub started: Option<Timestamp>,
    /// Its steps, in their order.
    pub steps: Vec<StepFact>,
}

/// A step of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepFact {
    /// What it does; `None` when it could not be told.
    pub kind: Option<RunStepKind>,
    /// Its result in the engine's words, such as `success`.
    pub result: String,
    /// When it ended; `None` when it has not.
    pub ended: Option<Timestamp>,
    /// Objects with errors, by kind of error.
    pub errors: Vec<(String, u64)>,
}

/// What a run profile of this name does, as far as its name tells.
pub fn kind_of_profile(name: &str) -> Option<RunStepKind> {
    let name = name.to_lowercase().replace(['-', '_'], " ");
    let has = |it: &str| name.contains(it);
    match (has("full import"), has("delta import"), has("full sync"), has("delta sync")) {
        (true, _, true, _) => Some(RunStepKind::FullImportFullSync),
        (true, _, _, true) => Some(RunStepKind::FullImportDeltaSync),
        (true, ..) => Some(RunStepKind::FullImport),
        (_, true, _, true) => Some(RunStepKind::DeltaImportDeltaSync),
        (_, true, ..) => Some(RunStepKind::DeltaImport),
        (_, _, true, _) => Some(RunStepKind::FullSync),
        (_, _, _, true) => Some(RunStepKind::DeltaSync),
        _ if has("export") => Some(RunStepKind::Export),
        _ => None,
    }
}

/// Full import and the synchronization after it, connector by connector.
pub fn operations(place: Place, connectors: &[String], runs: &[RunFact]) -> Vec<OperationCheck> {
    let mut in_time: Vec<&RunFact> = runs.iter().collect();
    in_time.sort_by_key(|it| it.started);
    let mut checks = Vec::new();
    for connector in connectors {
        let steps: Vec<(&RunFact, &StepFact)> = in_time
            .iter()
            .filter(|it| it.connector.eq_ignore_ascii_case(connector))
            .flat_map(|run| run.steps.iter().map(move |step| (*run, step)))
            .collect();
        let is_import = |it: &StepFact| it.kind.as_ref().is_some_and(RunStepKind::is_full_import);
        let import = steps.iter().rposition(|it| is_import(it.1));
        let sync = import.and_then(|from| {
            let after = &steps[from..];
            after.iter().rposition(|it| synchronises(it.1)).map(|at| from + at)
        });
        for (asked, at) in [(Asked::FullImport, import), (Asked::Synchronization, sync)] {
            checks.push(check(place, connector, asked, at.map(|it| steps[it])));
        }
    }
    checks
}

fn synchronises(step: &StepFact) -> bool {
    use RunStepKind as K;
    matches!(
        step.kind,
        Some(
            K::FullSync
                | K::DeltaSync
                | K::FullImportDeltaSync
                | K::FullImportFullSync
                | K::DeltaImportDeltaSync
        )
    )
}

fn check(
    place: Place,
    connector: &str,
    asked: Asked,
    found: Option<(&RunFact, &StepFact)>,
) -> OperationCheck {
    OperationCheck {
        place,
        connector: connector.to_owned(),
        asked,
        state: found.map_or(OperationState::Missing, |it| state(it.1)),
        profile: found.map(|it| it.0.profile.clone()),
        result: found.map(|it| it.1.result.clone()),
        ended: found.and_then(|it| it.1.ended),
        errors: found.map(|it| it.1.errors.clone()).unwrap_or_default(),
    }
}

fn state(step: &StepFact) -> OperationState {
    let result = step.result.trim();
    if step.ended.is_none() {
        OperationState::Failed
    } else if !step.errors.is_empty() || result.starts_with("completed-") {
        OperationState::Errors
    } else if result.eq_ignore_ascii_case("success") {
        OperationState::Success
    } else {
        OperationState::Failed
    }
}
