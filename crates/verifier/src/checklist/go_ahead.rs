//! Whether the new server may become the active one: only when the old one is shown to be off, nothing unexpected is left,
//! the rehearsal used the new server's own rules, and nothing else is in the way.
use dirlift_model::{
    ChecklistItem,
    checklist::{Decision, EvidenceKind, GoAhead, ItemState, Phase},
    text::plural,
};

use super::{catalogue::rows, evaluate::Case};

/// Items without which there is never a go-ahead, each with what is missing while it is open.
const CRITICAL: [(&str, &str); 4] = [
    ("old-server-off", "the old server is not shown to be stopped, disabled or uninstalled"),
    ("pending-exports-clean", "the verification is not clean, or too old"),
    ("verified-again", "nothing was verified since the old server is off"),
    ("target-rules", "the rehearsal did not use the new server's own rules"),
];

/// Most items that one line names.
const MAX_NAMES: usize = 12;

pub(super) fn go_ahead(case: &Case<'_>, items: &[ChecklistItem]) -> GoAhead {
    let is_gate = |id: &str| rows().any(|it| it.is_gate() && it.id == id);
    let in_the_way: Vec<_> = items
        .iter()
        .filter(|it| it.phase <= Phase::Cutover && it.is_in_the_way() && !is_gate(&it.id))
        .collect();
    let mut reasons = Vec::new();
    for (id, missing) in CRITICAL {
        if let Some(it) = in_the_way.iter().find(|it| it.id == id) {
            let why = if it.why.is_empty() { String::new() } else { format!("; {}", it.why) };
            reasons.push(format!("{id}: {missing}{why}"));
        }
    }
    let others: Vec<_> = in_the_way
        .iter()
        .map(|it| it.id.as_str())
        .filter(|id| CRITICAL.iter().all(|it| it.0 != *id))
        .collect();
    if !others.is_empty() {
        let named = others.iter().take(MAX_NAMES).copied().collect::<Vec<_>>().join(", ");
        let more = match others.len().saturating_sub(MAX_NAMES) {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let n = plural(others.len() as u64, "blocking item is open", "blocking items are open");
        reasons.push(format!("{n}: {named}{more}"));
    }
    let old_runs = old_server_runs_again(case);
    let Some(cut_over) = case.cut_over else {
        let notice = notice_before(case, items);
        if reasons.is_empty() {
            return GoAhead {
                decision: Decision::Go,
                reasons: basis(items),
                notice,
                cut_over: None,
            };
        }
        return GoAhead { decision: Decision::No, reasons, notice, cut_over: None };
    };
    if let Some(why) = &old_runs {
        reasons.insert(0, why.clone());
    }
    let is_contradicted = !reasons.is_empty();
    let off_is_open = in_the_way.iter().any(|it| it.id == "old-server-off");
    let notice = (old_runs.is_some() || off_is_open && !is_in_place(case)).then(|| {
        format!("Both servers may be active: stop and disable {} at once.", case.old_product())
    });
    GoAhead {
        decision: if is_contradicted { Decision::Contradicted } else { Decision::Done },
        reasons: if is_contradicted { reasons } else { basis(items) },
        notice,
        cut_over: Some(cut_over.clone()),
    }
}

/// What a go-ahead rests on.
fn basis(items: &[ChecklistItem]) -> Vec<String> {
    let mut all = Vec::new();
    for (id, _) in CRITICAL {
        let Some(it) = items.iter().find(|it| it.id == id && it.state == ItemState::Done) else {
            continue;
        };
        if let Some(seen) = &it.seen {
            let who =
                seen.author.as_ref().map_or(String::new(), |it| format!(", on the word of {it}"));
            all.push(format!("{}: {} ({}{who})", it.id, seen.detail, seen.at));
        }
    }
    all
}

/// Whether the newest look at the old server, after the switch, found it running.
fn old_server_runs_again(case: &Case<'_>) -> Option<String> {
    let cut_over = case.cut_over?;
    // In place, what runs on the old server's host since then is the new one.
    if is_in_place(case) {
        return None;
    }
    let newest = case.newest(EvidenceKind::OldServerOff, case.now)?;
    (newest.seen_at > cut_over.at && !newest.holds)
        .then(|| format!("the old server was seen active at {}: {}", newest.seen_at, newest.detail))
}

fn is_in_place(case: &Case<'_>) -> bool {
    case.switches.in_place == Some(true)
}

/// What to know before the switch.
fn notice_before(case: &Case<'_>, items: &[ChecklistItem]) -> Option<String> {
    let exporting = case.newest(EvidenceKind::StagingOn, case.now).filter(|it| !it.holds);
    if let Some(it) = exporting {
        return Some(format!(
            "Both servers may be active: the new one was seen at {} ({}). Put it into staging mode at once.",
            it.seen_at, it.detail
        ));
    }
    let off = items.iter().find(|it| it.id == "old-server-off" && it.state == ItemState::Done)?;
    let since = off.seen.as_ref()?.at;
    Some(format!(
        "Nothing synchronises: the old server is off (shown at {since}), and what changes in Active Directory stays there \
         until the new server is active."
    ))
}
