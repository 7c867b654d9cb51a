//! Puts together what is known and judges it.
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use dirlift_deployment::{ConnectorKind, Store};
use dirlift_importer::{apply, judgement::Judgement};
use dirlift_model::{
    PendingExport,
    progress::Progress,
    text::plural,
    verification::{
        Asked, Conclusion, ConnectorReview, FORMAT_VERSION, Filter, OperationCheck, OperationState,
        Place, RealExports, Row, Verification,
    },
};
use dirlift_verifier::{
    AcceptList, Guards, Limits, Met, Review, Reviewed, Sensitive, Wanted, operations,
};
use jiff::Timestamp;

use super::{
    Failure, anchors,
    real::{self, RealObject},
    server::Server,
    stored::Stored,
    whose::Whose,
};
use crate::error::CommandError;

/// What is asked for.
pub(super) struct Plan<'a> {
    pub(super) accept: AcceptList,
    pub(super) as_of: Timestamp,
    pub(super) limits: Limits,
    /// Whose database was read; `None` when none was.
    pub(super) whose: Option<Whose>,
    pub(super) filter: Filter,
    pub(super) csexport: &'a [PathBuf],
    pub(super) limit: usize,
}

/// What becomes of the rows.
pub(super) enum Rows<'a> {
    /// They stay in the document, the unexpected ones first.
    Keep,
    /// They go out one by one.
    Stream(&'a mut dyn FnMut(&Row) -> Result<(), CommandError>),
}

/// Rows that are kept or passed on.
struct Kept<'a> {
    rows: Rows<'a>,
    limit: usize,
    expected: Vec<Row>,
    unexpected: Vec<Row>,
}

impl Kept<'_> {
    fn wanted(&self) -> Wanted {
        match self.rows {
            Rows::Stream(_) => Wanted::ALL,
            Rows::Keep => Wanted {
                expected: self.expected.len() + self.unexpected.len() < self.limit,
                unexpected: self.unexpected.len() < self.limit,
            },
        }
    }

    fn take(&mut self, row: Option<Row>) -> Result<(), CommandError> {
        let Some(row) = row else { return Ok(()) };
        match &mut self.rows {
            Rows::Stream(each) => each(&row)?,
            Rows::Keep if row.is_expected => self.expected.push(row),
            Rows::Keep => {
                self.unexpected.push(row);
                // Those that are unexpected come first, so that a place is lost at the other end.
                if self.expected.len() + self.unexpected.len() > self.limit {
                    self.expected.pop();
                }
            }
        }
        Ok(())
    }
}

pub(super) fn verify(
    store: &Store,
    plan: Plan<'_>,
    server: Option<Server>,
    rows: Rows<'_>,
    progress: &mut dyn Progress,
) -> Result<Verification, CommandError> {
    let mut stored = Stored::open(store).map_err(CommandError::failed)?;
    let files = real::assign(plan.csexport, &stored.connectors, &plan.filter.connectors)?;
    let compared: BTreeSet<String> = files.iter().map(|it| it.connector.name.clone()).collect();
    if compared.len() < files.len() {
        let text = "two files of csexport are of the same connector";
        return Err(CommandError::usage(text).hint("give one file for each connector"));
    }
    progress.begin("reading the store", "objects", None);
    let mut predicted = stored.index(&compared).map_err(CommandError::failed)?;
    stored.read_cloud().map_err(CommandError::failed)?;
    progress.end();

    let guards = guards(&stored, &plan.limits)?;
    let unreadable = std::mem::take(&mut predicted.unreadable);
    let review = Review::new(plan.accept, plan.as_of, guards, plan.filter.clone(), unreadable);
    let kept = Kept { rows, limit: plan.limit, expected: Vec::new(), unexpected: Vec::new() };
    let mut seen = Seen { review, kept, problems: Vec::new(), real: BTreeMap::new() };
    look(&mut stored, files, &compared, &mut seen, progress)?;
    let proof = anchors::prove(&stored).map_err(CommandError::failed)?;
    let Seen { mut review, kept, mut problems, mut real } = seen;

    let names: Vec<String> = stored.connectors.iter().map(|it| it.name.clone()).collect();
    let facts = stored.run_facts().map_err(CommandError::failed)?;
    let mut checks = operations(Place::Rehearsal, &names, &facts);
    let has_rehearsal = !stored.sync_runs.is_empty();
    let mut missing = Vec::new();
    missing.extend(server.as_ref().zip(plan.whose).and_then(|(it, whose)| of_another(it, whose)));
    let state = server.map(|it| {
        match it.operations {
            Some(found) => checks.extend(found),
            None => missing.push("the run history of the real server could not be read".to_owned()),
        }
        it.state
    });
    let mut judgement = apply::judgement(store).map_err(CommandError::failed)?;
    judgement = judgement.filter(|_| has_rehearsal);
    if let Some(it) = &mut judgement {
        it.expect(|word, n| review.expects_refused(word, n));
    }
    // Errors of single objects are those of the operations.
    let of_engine = judgement.as_ref().map(|it| it.objections(0)).unwrap_or_default();
    missing.extend(judgement.as_ref().and_then(Judgement::gaps));
    problems.extend(judgement.iter().flat_map(Judgement::remarks));
    let mut reviewed = review.finish();
    let mut reports = std::mem::take(&mut reviewed.guards);
    for report in &mut reports {
        if stored.cloud().any(|it| it.name == report.connector) {
            let gaps = gaps(&stored);
            missing.extend(gaps.iter().map(|it| format!("{}: {it}", report.connector)));
            report.not_checked.extend(gaps);
        }
    }
    let connectors =
        connectors(&stored, has_rehearsal.then_some(&predicted.counts), &mut real, &reviewed);
    if !has_rehearsal {
        missing.push("no synchronization of the rehearsal has come to its end".to_owned());
    } else if !proof.has_metaverse {
        missing.push("the store holds no metaverse, so that no anchor could be proven".to_owned());
    }
    if state.as_ref().is_some_and(|it| it.is_staging.is_none()) {
        missing.push("the real server's database does not say whether it stages".to_owned());
    }
    let (mut rows, left) = (kept.unexpected, kept.expected);
    rows.extend(left);
    let matching = reviewed.matching;
    let n_rows = if matches!(kept.rows, Rows::Keep) { rows.len() as u64 } else { matching };
    let mut verification = Verification {
        format_version: FORMAT_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        as_of: plan.as_of,
        deployment: store.deployment().name.clone(),
        conclusion: Conclusion::Clean,
        objections: Vec::new(),
        missing,
        connectors,
        operations: checks,
        server: state,
        by_operation: reviewed.by_operation,
        by_attribute: reviewed.by_attribute,
        guards: reports,
        anchors: proof,
        accepted: reviewed.accepted,
        filter: plan.filter,
        rows,
        matching,
        left_off: matching.saturating_sub(n_rows),
        problems,
    };
    verification.objections = objections(&verification, of_engine);
    verification.conclusion =
        match (verification.objections.is_empty(), verification.missing.is_empty()) {
            (false, _) => Conclusion::Unexpected,
            (true, false) => Conclusion::Incomplete,
            (true, true) => Conclusion::Clean,
        };
    Ok(verification)
}

fn connectors(
    stored: &Stored<'_>,
    predicted: Option<&BTreeMap<String, u64>>,
    real: &mut BTreeMap<String, RealExports>,
    reviewed: &Reviewed,
) -> Vec<ConnectorReview> {
    let all = stored.connectors.iter().map(|it| ConnectorReview {
        connector: it.name.clone(),
        is_cloud: it.kind == ConnectorKind::EntraId,
        predicted: predicted.map(|counts| counts.get(&it.name).copied().unwrap_or(0)),
        real: real.remove(&it.name),
        outcomes: reviewed.outcomes.get(&it.name).cloned().unwrap_or_default(),
        unexpected: reviewed.unexpected.get(&it.name).copied().unwrap_or(0),
    });
    all.collect()
}

/// Why a database shows nothing of the new server.
fn of_another(server: &Server, whose: Whose) -> Option<String> {
    let name = &server.state.database;
    match whose {
        Whose::New => None,
        Whose::Old => {
            Some(format!("{name} is the old server's database: it shows nothing of the new one"))
        }
        Whose::Unknown => Some(format!(
            "{name} cannot be told apart from the old server's database, and shows nothing of the new one: name it by its \
             host; where the old one's is has to be known from the bundle"
        )),
    }
}

/// What the guards of single objects cannot look at, with what would tell.
fn gaps(stored: &Stored<'_>) -> Vec<String> {
    let mut all = Vec::new();
    if !stored.knows_roles {
        all.push(
            "it is not known who is an administrator: import directoryRoles of the tenant (RoleManagement.Read.Directory)"
                .to_owned(),
        );
    }
    if !stored.knows_licences {
        all.push(
            "it is not known who has a licence: import users with assignedLicenses (User.Read.All)"
                .to_owned(),
        );
    }
    all
}

/// What comes together while exports pass by.
struct Seen<'a> {
    review: Review,
    kept: Kept<'a>,
    problems: Vec<String>,
    real: BTreeMap<String, RealExports>,
}

/// Looks at real exports first, then at predicted ones that were not met there.
fn look(
    stored: &mut Stored<'_>,
    files: Vec<real::Assigned>,
    compared: &BTreeSet<String>,
    seen: &mut Seen<'_>,
    progress: &mut dyn Progress,
) -> Result<(), CommandError> {
    let Seen { review, kept, problems, real } = seen;
    for file in files {
        let file = file.read()?;
        let name = file.connector.name.clone();
        progress.begin("comparing", "bytes", Some(file.n_bytes));
        let is_cloud = file.connector.kind == ConnectorKind::EntraId;
        let (exports, found) = file.for_each(
            |n| progress.advance(n),
            |it| meet_real(stored, review, kept, &it, is_cloud),
        )?;
        progress.end();
        problems.extend(found);
        real.insert(name, exports);
    }
    for run_idx in 0..stored.sync_runs.len() {
        stored.for_each_not_met(run_idx, |stored, it| {
            let is_compared = compared.contains(&it.connector);
            let met = if is_compared { Met::OnlyHere(it) } else { Met::NotCompared(it) };
            see(stored, review, kept, met, it, None).map_err(Failure)
        })?;
    }
    Ok(())
}

fn guards(stored: &Stored<'_>, limits: &Limits) -> Result<Vec<Guards>, CommandError> {
    let mut all = Vec::new();
    for it in &stored.connectors {
        let population = stored.population(&it.name).map_err(CommandError::failed)?;
        let sensitive = Sensitive::default();
        all.push(Guards::new(it.name.clone(), limits.clone(), population, sensitive));
    }
    Ok(all)
}

fn meet_real(
    stored: &mut Stored<'_>,
    review: &mut Review,
    kept: &mut Kept<'_>,
    object: &RealObject,
    is_cloud: bool,
) -> Result<(), CommandError> {
    if let Some(anchor) = object.anchor.as_deref().filter(|_| is_cloud) {
        stored.note_real_anchor(anchor).map_err(CommandError::failed)?;
    }
    let Some(export) = &object.export else { return Ok(()) };
    let error = object.error.as_deref();
    match stored.predicted(export).map_err(CommandError::failed)? {
        None => see(stored, review, kept, Met::OnlyThere(export), export, error),
        Some((place, predicted)) => {
            stored.meet(place);
            let met = Met::Both { predicted: &predicted, real: export };
            see(stored, review, kept, met, export, error)
        }
    }
}

fn see(
    stored: &Stored<'_>,
    review: &mut Review,
    kept: &mut Kept<'_>,
    met: Met<'_>,
    export: &PendingExport,
    error: Option<&str>,
) -> Result<(), CommandError> {
    let marks = stored.marks(export).map_err(CommandError::failed)?;
    let row = review.see(met, marks, error, kept.wanted());
    kept.take(row)
}

/// What is left that nobody expects, in plain words.
fn objections(it: &Verification, of_engine: Vec<String>) -> Vec<String> {
    let mut all = Vec::new();
    for check in &it.operations {
        if check.state != OperationState::Success {
            all.push(operation(check));
        }
    }
    all.extend(of_engine);
    if it.server.as_ref().is_some_and(|it| it.is_staging == Some(false)) {
        all.push("the real server is not in staging mode: it exports".to_owned());
    }
    for connector in it.connectors.iter().filter(|it| it.unexpected > 0) {
        let n = plural(connector.unexpected, "pending export", "pending exports");
        let verb = if connector.unexpected == 1 { "is" } else { "are" };
        all.push(format!("{n} at {} {verb} not expected", connector.connector));
    }
    for connector in &it.connectors {
        let Some(real) = &connector.real else { continue };
        if real.left_out > 0 {
            let n = plural(real.left_out, "object", "objects");
            all.push(format!("{n} of {} could not be read", real.file));
        }
        if real.export_errors > 0 {
            let n = plural(real.export_errors, "object", "objects");
            all.push(format!("{n} of {} with an export error", real.file));
        }
        if real.import_errors > 0 {
            let n = plural(real.import_errors, "object", "objects");
            all.push(format!("{n} of {} with an import error", real.file));
        }
    }
    for guard in &it.guards {
        let n = guard.objections.len() as u64 + guard.not_named;
        if n > 0 {
            let text = plural(n, "objection", "objections");
            all.push(format!("{text} of the guards at {}", guard.connector));
        }
    }
    let n = it.anchors.objections.len() as u64 + it.anchors.not_named;
    if n > 0 {
        all.push(format!("{} would lose the tie to the cloud", plural(n, "object", "objects")));
    }
    all
}

fn operation(check: &OperationCheck) -> String {
    let place = match check.place {
        Place::Rehearsal => "of the rehearsal",
        Place::Server => "on the real server",
    };
    let what = match check.asked {
        Asked::FullImport => "full import",
        Asked::Synchronization => "full or delta synchronization after it",
    };
    let state = match check.state {
        OperationState::Success => "succeeded",
        OperationState::Errors => "ended with errors",
        OperationState::Failed => "did not come to its end",
        OperationState::Missing => "was not done",
    };
    format!("{what} of {} {place} {state}", check.connector)
}
