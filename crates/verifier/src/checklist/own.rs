//! What a deployment store's own facts show.
use dirlift_model::{
    checklist::{Evidence, EvidenceKind, Rehearsed, RehearsedConnector, RehearsedRun},
    text::plural,
};
use jiff::Timestamp;

/// The result of a run that nothing is to be said against.
const SUCCESS: &str = "success";
/// The basis of rules that were exported from the new server.
const TARGET: &str = "target";

/// Evidence that the rehearsal itself gives: its bundle, its runs on every connector, and whose rules it used.
pub fn own_evidence(rehearsed: &Rehearsed) -> Vec<Evidence> {
    let mut all = Vec::new();
    if let Some((sum, at)) = &rehearsed.bundle {
        let mut it = Evidence::new(
            EvidenceKind::Bundle,
            true,
            "the deployment was made from the exported settings",
            "bundle",
            *at,
        );
        it.sha256 = Some(sum.clone());
        all.push(it);
    }
    let imports = rehearsed.connectors.iter().filter_map(|it| it.full_import.as_ref());
    let newest_import = imports.map(|it| it.ended_at).max();
    all.extend(runs(rehearsed, EvidenceKind::FullImport, None, |it| it.full_import.as_ref()));
    all.extend(runs(rehearsed, EvidenceKind::FullSynchronization, newest_import, |it| {
        it.full_synchronization.as_ref()
    }));
    if let (Some(basis), Some((_, at))) = (&rehearsed.rule_basis, &rehearsed.bundle) {
        let is_target = basis == TARGET;
        let detail = if is_target {
            "the rehearsal used the standard rules that were exported from the new server"
                .to_owned()
        } else {
            format!(
                "the rehearsal used standard rules of another origin ({basis}): export the new server's own and run \
                 `dirlift sync STORE --rules FOLDER`"
            )
        };
        all.push(Evidence::new(EvidenceKind::TargetRules, is_target, detail, "deployment", *at));
    }
    all
}

/// When the newest run of the rehearsal ended; what was verified before it says nothing of it.
pub(super) fn newest_run(rehearsed: &Rehearsed) -> Option<Timestamp> {
    let runs =
        rehearsed.connectors.iter().flat_map(|it| [&it.full_import, &it.full_synchronization]);
    runs.flatten().map(|it| it.ended_at).max()
}

/// One piece of evidence over all connectors, as old as the oldest of their newest runs; none before the first run. What
/// ended before `not_before` does not count.
fn runs(
    rehearsed: &Rehearsed,
    kind: EvidenceKind,
    not_before: Option<Timestamp>,
    of: impl Fn(&RehearsedConnector) -> Option<&RehearsedRun>,
) -> Option<Evidence> {
    let ended = rehearsed.connectors.iter().filter_map(&of).map(|it| it.ended_at).min()?;
    let wrong: Vec<_> = rehearsed
        .connectors
        .iter()
        .filter_map(|it| match of(it) {
            None => Some(format!("{}: not done", it.name)),
            Some(run) if run.result != SUCCESS => Some(format!("{}: {}", it.name, run.result)),
            Some(run) if not_before.is_some_and(|it| run.ended_at < it) => {
                Some(format!("{}: a directory was imported again since", it.name))
            }
            Some(_) => None,
        })
        .collect();
    let detail = if wrong.is_empty() {
        let n = rehearsed.connectors.len() as u64;
        format!("success on {}", plural(n, "connector", "connectors"))
    } else {
        wrong.join("; ")
    };
    Some(Evidence::new(kind, wrong.is_empty(), detail, "deployment", ended))
}
