//! What a verification shows.
use dirlift_model::{
    checklist::{Evidence, EvidenceKind, Rehearsed, later},
    text::{grouped, plural, shorten},
    verification::{
        AnchorState, Asked, Conclusion, ConnectorReview, OperationCheck, OperationState, Place,
        ServerState, Verification,
    },
};
use jiff::{SignedDuration, Timestamp};

use super::{observed::QUIET_HOURS, own::newest_run};

/// The command, as evidence names it.
const COMMAND: &str = "dirlift verify";

/// Most characters of a detail.
const MAX_DETAIL: usize = 500;

/// What sources of evidence about a real server begin with; the name of its database follows.
pub(super) const SERVER_SOURCE: &str = "dirlift verify --sql, ";

/// Evidence that a verification of the newest runs gives at a time. What was not looked at gives none: no file of the cloud's
/// csexport no comparison, no database no operations of the server.
///
/// The clock may be behind the machine that ran the rehearsal: nothing was seen before the newest run. A file and a run of
/// the server are as old as they are, whenever they are looked at: a comparison counts from the time of its oldest file,
/// the server's operations from the oldest of its newest synchronizations.
pub fn verified(it: &Verification, rehearsed: &Rehearsed, now: Timestamp) -> Vec<Evidence> {
    let seen_at = newest_run(rehearsed).map_or(now, |run| run.max(now));
    let made = |kind, (holds, detail): (bool, String), source: &str| {
        Evidence::new(kind, holds, shorten(&detail, MAX_DETAIL), source, seen_at)
    };
    let mut all = vec![made(EvidenceKind::Verification, conclusion(it), COMMAND)];
    if it.anchors.has_metaverse {
        all.push(made(EvidenceKind::Anchors, anchors(it), COMMAND));
    }
    if let Some(agrees) = comparison(&it.connectors) {
        all.push(of_files(made(EvidenceKind::Comparison, agrees, ""), &it.connectors));
    }
    let Some(server) = &it.server else { return all };
    let source = format!("{SERVER_SOURCE}{}", server.database);
    let made = |kind, said| Evidence { host: server.host.clone(), ..made(kind, said, &source) };
    let of_server: Vec<_> = it.operations.iter().filter(|it| it.place == Place::Server).collect();
    if !of_server.is_empty() {
        let mut it = made(EvidenceKind::ServerOperations, operations(&of_server));
        let synchronized = of_server.iter().filter(|it| it.asked == Asked::Synchronization);
        let oldest = synchronized.filter_map(|it| it.ended).min();
        if let Some(oldest) = oldest.filter(|oldest| it.holds && *oldest < seen_at) {
            it.seen_at = oldest;
            it.valid_until = it.kind.valid_hours().map(|hours| later(oldest, hours));
        }
        all.push(it);
    }
    match server.is_staging {
        Some(false) => {
            let detail = || "it has left staging mode".to_owned();
            all.push(made(EvidenceKind::StagingOn, (false, detail())));
            all.push(made(EvidenceKind::StagingOff, (true, detail())));
        }
        // Without its runs nobody knows whether it exported.
        Some(true) if !of_server.is_empty() => {
            all.push(made(EvidenceKind::StagingOn, staging(server, seen_at)));
        }
        _ => {}
    }
    all
}

/// The comparison with the files that it rests on: their names, their SHA-256, and the time from which it counts.
fn of_files(mut evidence: Evidence, connectors: &[ConnectorReview]) -> Evidence {
    let files: Vec<_> =
        connectors.iter().filter(|it| it.is_cloud).filter_map(|it| it.real.as_ref()).collect();
    let names: Vec<_> = files.iter().map(|it| base_name(&it.file)).collect();
    let source = format!("{COMMAND} --csexport {}", names.join(", "));
    evidence.source = shorten(&source, MAX_DETAIL);
    evidence.sha256 = match files.as_slice() {
        [only] => only.sha256.clone(),
        _ => None,
    };
    if let Some(oldest) = files.iter().filter_map(|it| it.modified_at).min() {
        let hours = evidence.kind.valid_hours();
        evidence.valid_until = hours.map(|it| later(oldest.min(evidence.seen_at), it));
        evidence.detail = shorten(&format!("{}; written at {oldest}", evidence.detail), MAX_DETAIL);
    }
    evidence
}

/// The last part of a path of either kind.
fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or_default()
}

fn conclusion(it: &Verification) -> (bool, String) {
    let detail = match it.conclusion {
        Conclusion::Clean => "nothing unexpected is left".to_owned(),
        Conclusion::Unexpected => it.objections.join("; "),
        Conclusion::Incomplete => it.missing.join("; "),
    };
    (it.conclusion == Conclusion::Clean, detail)
}

fn anchors(it: &Verification) -> (bool, String) {
    let wrong = it.anchors.objections.len() as u64 + it.anchors.not_named;
    if wrong > 0 {
        let objects = plural(wrong, "object", "objects");
        return (false, format!("{objects} would lose the tie to the cloud"));
    }
    let of = |state: AnchorState| -> u64 {
        it.anchors.counts.iter().filter(|it| it.state == state).map(|it| it.objects).sum()
    };
    let looked_at: u64 = it.anchors.counts.iter().map(|it| it.objects).sum();
    let detail = format!(
        "{} looked at, none loses its anchor: {} proven, {} taken over, {} not provable from Graph",
        plural(looked_at, "object", "objects"),
        grouped(of(AnchorState::Proven)),
        grouped(of(AnchorState::TakenOver)),
        grouped(of(AnchorState::NotProvable)),
    );
    (true, detail)
}

/// Whether prediction and server agree on the cloud; `None` unless both are known for each connector to it. A difference that
/// somebody accepted is none.
fn comparison(connectors: &[ConnectorReview]) -> Option<(bool, String)> {
    let cloud: Vec<_> = connectors.iter().filter(|it| it.is_cloud).collect();
    if cloud.is_empty() || cloud.iter().any(|it| it.predicted.is_none()) {
        return None;
    }
    let (mut wrong, mut unread, mut pending) = (0, 0, 0);
    for it in cloud {
        let real = it.real.as_ref()?;
        let differing = it.outcomes.iter().filter(|it| it.outcome.is_difference());
        if it.unexpected > 0 {
            wrong += differing.map(|it| it.objects).sum::<u64>();
        }
        unread += real.left_out;
        pending += real.pending;
    }
    let mut why = Vec::new();
    if wrong > 0 {
        let verb = if wrong == 1 { "differs" } else { "differ" };
        why.push(format!("{} {verb} from the prediction", plural(wrong, "object", "objects")));
    }
    if unread > 0 {
        why.push(format!("{} could not be read", plural(unread, "object", "objects")));
    }
    if why.is_empty() {
        let n = plural(pending, "pending export", "pending exports");
        return Some((true, format!("{n} of the server agree with the prediction")));
    }
    Some((false, why.join("; ")))
}

fn operations(all: &[&OperationCheck]) -> (bool, String) {
    let wrong = all.iter().filter(|it| it.state != OperationState::Success).count() as u64;
    let n = plural(all.len() as u64, "operation", "operations");
    let detail = match wrong {
        0 => format!("{n} of the server ended with success"),
        _ => format!("{wrong} of {n} of the server did not end with success"),
    };
    (wrong == 0, detail)
}

fn staging(server: &ServerState, seen_at: Timestamp) -> (bool, String) {
    let since = seen_at.checked_sub(SignedDuration::from_hours(QUIET_HOURS));
    let since = since.unwrap_or(Timestamp::MIN);
    match server.last_export.filter(|it| *it >= since) {
        None => {
            (true, format!("it is in staging mode; no export in the {QUIET_HOURS} hours before"))
        }
        Some(at) => (false, format!("it is in staging mode, and an export ran on it at {at}")),
    }
}

#[cfg(test)]
mod tests {
    use dirlift_model::{
        checklist::{RehearsedConnector, RehearsedRun},
        verification::{
            AnchorCount, AnchorProof, FORMAT_VERSION, Filter, Outcome, OutcomeCount, RealExports,
        },
    };

    use super::*;

    fn hour(n: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + 3600 * n).unwrap()
    }

    fn verification() -> Verification {
        Verification {
            format_version: FORMAT_VERSION,
            tool_version: String::new(),
            as_of: hour(0),
            deployment: String::new(),
            conclusion: Conclusion::Clean,
            objections: Vec::new(),
            missing: Vec::new(),
            connectors: Vec::new(),
            operations: Vec::new(),
            server: None,
            by_operation: Vec::new(),
            by_attribute: Vec::new(),
            guards: Vec::new(),
            anchors: AnchorProof {
                has_metaverse: false,
                counts: Vec::new(),
                objections: Vec::new(),
                not_named: 0,
            },
            accepted: Vec::new(),
            filter: Filter::default(),
            rows: Vec::new(),
            matching: 0,
            left_off: 0,
            problems: Vec::new(),
        }
    }

    fn shown(it: &Verification) -> Vec<(EvidenceKind, bool)> {
        let all = verified(it, &Rehearsed::default(), hour(0));
        all.iter().map(|it| (it.kind, it.holds)).collect()
    }

    #[test]
    fn nothing_was_seen_before_the_newest_run() {
        let run = |n| Some(RehearsedRun { ended_at: hour(n), result: "success".to_owned() });
        let connector = RehearsedConnector { full_import: run(2), ..RehearsedConnector::default() };
        let rehearsed = Rehearsed { connectors: vec![connector], ..Rehearsed::default() };
        for (now, seen) in [(1, 2), (2, 2), (3, 3)] {
            assert_eq!(verified(&verification(), &rehearsed, hour(now))[0].seen_at, hour(seen));
        }
    }

    #[test]
    fn a_verdict_and_anchors() {
        use EvidenceKind::{Anchors, Verification as Verdict};
        let mut it = verification();
        assert_eq!(shown(&it), [(Verdict, true)]);
        it.anchors.has_metaverse = true;
        it.conclusion = Conclusion::Incomplete;
        it.missing.push("something".to_owned());
        assert_eq!(shown(&it), [(Verdict, false), (Anchors, true)]);
        assert_eq!(verified(&it, &Rehearsed::default(), hour(0))[0].detail, "something");
        it.conclusion = Conclusion::Unexpected;
        it.anchors.not_named = 1;
        assert_eq!(shown(&it), [(Verdict, false), (Anchors, false)]);
    }

    #[test]
    fn a_comparison_needs_the_cloud_and_no_difference_that_nobody_accepted() {
        use Outcome::{Different, NotComparable, OnlyHere, OnlyThere, Same};
        let of = |is_cloud, real: bool, outcome, unexpected, left_out| ConnectorReview {
            connector: "c".to_owned(),
            is_cloud,
            predicted: Some(1),
            real: real.then(|| RealExports { left_out, ..RealExports::default() }),
            outcomes: vec![OutcomeCount { outcome, objects: 1 }],
            unexpected,
        };
        let cases = [
            (of(false, true, Same, 0, 0), None),
            (of(true, false, Outcome::NotCompared, 0, 0), None),
            (of(true, true, Same, 0, 0), Some(true)),
            // It is not expected, and yet both sides agree on it.
            (of(true, true, Same, 1, 0), Some(true)),
            (of(true, true, NotComparable, 0, 0), Some(true)),
            (of(true, true, Different, 1, 0), Some(false)),
            (of(true, true, OnlyHere, 1, 0), Some(false)),
            (of(true, true, OnlyThere, 1, 0), Some(false)),
            (of(true, true, Different, 0, 0), Some(true)),
            (of(true, true, Same, 0, 1), Some(false)),
        ];
        for (connector, expected) in cases {
            let mut it = verification();
            it.connectors.push(connector);
            let found = shown(&it).into_iter().find(|it| it.0 == EvidenceKind::Comparison);
            assert_eq!(found.map(|it| it.1), expected, "{it:?}");
        }
    }

    #[test]
    fn evidence_is_as_old_as_what_it_rests_on() {
        let mut it = verification();
        it.connectors.push(ConnectorReview {
            connector: "c".to_owned(),
            is_cloud: true,
            predicted: Some(1),
            real: Some(RealExports {
                file: "C:\\x\\aad.xml".to_owned(),
                sha256: Some("ab".repeat(32)),
                modified_at: Some(hour(-20)),
                ..RealExports::default()
            }),
            outcomes: Vec::new(),
            unexpected: 0,
        });
        it.server = Some(ServerState {
            database: "ADSync on new".to_owned(),
            host: Some("new".to_owned()),
            is_staging: None,
            last_run: None,
            last_export: None,
            not_read: Vec::new(),
        });
        let done = |asked, n| OperationCheck {
            place: Place::Server,
            connector: "c".to_owned(),
            asked,
            state: OperationState::Success,
            profile: None,
            result: None,
            ended: Some(hour(n)),
            errors: Vec::new(),
        };
        // The import is a month old; a delta import and synchronization came after it.
        it.operations =
            [(Asked::FullImport, -700), (Asked::Synchronization, -9), (Asked::Synchronization, -5)]
                .map(|(asked, n)| done(asked, n))
                .into();
        let all = verified(&it, &Rehearsed::default(), hour(0));
        let of = |kind| all.iter().find(|it| it.kind == kind).unwrap();
        let compared = of(EvidenceKind::Comparison);
        // 24 hours from the time of the file, looked at now.
        assert_eq!((compared.seen_at, compared.valid_until), (hour(0), Some(hour(4))));
        assert_eq!(compared.source, "dirlift verify --csexport aad.xml");
        assert_eq!(compared.sha256, Some("ab".repeat(32)));
        assert_eq!(
            compared.detail,
            format!(
                "0 pending exports of the server agree with the prediction; written at {}",
                hour(-20)
            )
        );
        let server = of(EvidenceKind::ServerOperations);
        assert_eq!((server.seen_at, server.valid_until), (hour(-9), Some(hour(15))));
        assert_eq!(server.host.as_deref(), Some("new"));
        // What failed was seen now, so that nothing older stands before it.
        it.operations[1].state = OperationState::Errors;
        let all = verified(&it, &Rehearsed::default(), hour(0));
        let server = all.iter().find(|it| it.kind == EvidenceKind::ServerOperations).unwrap();
        assert_eq!((server.holds, server.seen_at), (false, hour(0)));
    }

    #[test]
    fn anchors_are_told_apart() {
        let mut it = verification();
        it.anchors.has_metaverse = true;
        let of = |state, objects| AnchorCount { object_type: "user".into(), state, objects };
        it.anchors.counts = vec![
            of(AnchorState::Proven, 1_200),
            of(AnchorState::TakenOver, 3),
            of(AnchorState::New, 2),
        ];
        let all = verified(&it, &Rehearsed::default(), hour(0));
        assert_eq!(
            all[1].detail,
            "1,205 objects looked at, none loses its anchor: 1,200 proven, 3 taken over, 0 not provable from Graph"
        );
    }

    #[test]
    fn a_server_stages_or_has_left() {
        use EvidenceKind::{ServerOperations, StagingOff, StagingOn};
        let of = |is_staging, last_export, state: Option<OperationState>| {
            let mut it = verification();
            it.server = Some(ServerState {
                database: "ADSync on new".to_owned(),
                host: Some("new".to_owned()),
                is_staging,
                last_run: None,
                last_export,
                not_read: Vec::new(),
            });
            it.operations.extend(state.map(|state| OperationCheck {
                place: Place::Server,
                connector: "c".to_owned(),
                asked: Asked::FullImport,
                state,
                profile: None,
                result: None,
                ended: None,
                errors: Vec::new(),
            }));
            shown(&it)[1..].to_vec()
        };
        let ok = Some(OperationState::Success);
        assert_eq!(of(None, None, ok), [(ServerOperations, true)]);
        assert_eq!(of(Some(true), None, ok), [(ServerOperations, true), (StagingOn, true)]);
        assert_eq!(of(Some(true), Some(hour(-25)), ok)[1], (StagingOn, true));
        assert_eq!(of(Some(true), Some(hour(-24)), ok)[1], (StagingOn, false));
        // Without runs nobody knows whether it exported.
        assert_eq!(of(Some(true), None, None), []);
        assert!(!of(Some(true), None, Some(OperationState::Errors))[0].1);
        assert_eq!(of(Some(false), None, None), [(StagingOn, false), (StagingOff, true)]);
    }
}
