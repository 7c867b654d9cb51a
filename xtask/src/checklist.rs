//! `docs/checklist.md`: the catalogue of the checklist, written from its table.
use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context as _, ensure};
use dirlift_model::checklist::{EvidenceKind, Phase};
use dirlift_verifier::checklist::{Row, rows};

const PATH: &str = "docs/checklist.md";

/// What stands before the table.
const HEAD: &str = "<!-- Written by `cargo xtask gen` from dirlift-verifier; do not edit. -->

# Checklist

What there is to do before and after the switch. `dirlift checklist STORE show` lists the items that concern one deployment,
with state and evidence: [command-line.md](command-line.md). Where it is not known whether a customer uses something, its
items are shown. An id never changes its meaning and is never used again.

## How it is judged

An item is *open*, *done*, *stale* (it was done, and what showed it is too old: open again) or *not applicable*. Evidence is
what a program saw, or somebody's word with name and time. What a program sees counts more than a word. What was verified
before the rehearsal last ran does not count, nor what was verified before the old server was off where that matters, or since
then of directories that were read before: after the old server is off, `dirlift sync` and `dirlift verify`. What was read of the
directories counts for three days, and is as old as the connector that was read first; a synchronisation counts when no import
came after it.

**The go-ahead** for the switch is given only when the old server is shown to be stopped, disabled or uninstalled
(`old-server-off`), nothing unexpected is left (`pending-exports-clean`, and `verified-again` with the old server off), the
rehearsal used the new server's own rules (`target-rules`), and no other blocking item up to the switch is open. While the
old server is off and the new one is not yet active, the list says that nothing synchronises.

**After the switch** time opens no earlier item again, and every way back to DirSync or Azure AD Sync is refused: starting or
enabling its services, undoing the steps that stopped them, installing it again, restoring it. The switch is written into the
deployment store once and stays. It takes a go-ahead and somebody's word, or a server that was shown to be in staging mode before
and has left it: the same host or the same database. In place of DirSync, which has no staging mode, a server that is not in
staging mode is enough. No word is taken afterwards on what came before the switch. If the new server left staging mode without a go-ahead, or the old one is seen active
afterwards, the decision is `contradicted`.

A snapshot of the old server shows it to be off when it has no service that synchronises, or all of them are stopped. Stopped
services that may start again with the machine count for 4 hours, stopped and disabled ones for 24. A service that runs is not
off even if it is disabled.
";

/// What stands behind the items.
const JSON: &str = "
## JSON

`dirlift checklist STORE show --format json` gives one document, `format_version` 1:

```
format_version, tool_version, as_of, deployment
switches  { product, old_host, in_place, existing_database, ... }       null is not known
go_ahead  { decision: \"no\"|\"go\"|\"done\"|\"contradicted\", reasons[], notice|null, cut_over: { at, evidence } | null }
counts    { open, done, stale, not_applicable, blocking }
items[]   { id, phase, order, title, what, blocking, state: \"open\"|\"done\"|\"stale\"|\"not-applicable\", why, proof,
            seen: { detail, source, author|null, host|null, at, valid_until|null, sha256|null } | null,
            waits_for[], rollback, reference, checked }
```
";

/// Writes the catalogue, or checks that it is fresh.
pub(crate) fn run(root: &Path, check: bool) -> anyhow::Result<()> {
    let (path, text) = (root.join(PATH), text());
    if fs::read_to_string(&path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    ensure!(!check, "{PATH} is stale: run `cargo xtask gen`");
    fs::write(&path, text).with_context(|| format!("writing {PATH}"))
}

fn text() -> String {
    let mut out = String::from(HEAD);
    out.push_str("\n## Evidence\n\n| kind | from | counts |\n|---|---|---|\n");
    for kind in EvidenceKind::ALL {
        let time = match kind.valid_hours() {
            None => "for good".to_owned(),
            Some(hours) if hours > 24 => format!("{} days", hours / 24),
            Some(hours) => format!("{hours} hours"),
        };
        let _ = writeln!(out, "| `{kind}` | {} | {time} |", kind.how());
    }
    out.push_str("\n## Items\n\n| phase | item | blocks | only where |\n|---|---|---|---|\n");
    for row in rows() {
        let blocks = if row.blocking { "yes" } else { "" };
        let _ = writeln!(
            out,
            "| {} | [{id}](#{id}) | {blocks} | {} |",
            row.phase,
            conditions(row),
            id = row.id
        );
    }
    for phase in Phase::ALL {
        for row in rows().filter(|it| it.phase == phase) {
            item(&mut out, row);
        }
    }
    out.push_str(JSON);
    out
}

fn conditions(row: &Row) -> String {
    row.when.iter().map(|it| it.words()).collect::<Vec<_>>().join(", and ")
}

fn item(out: &mut String, row: &Row) {
    let blocks = if row.blocking { "blocks" } else { "does not block" };
    let _ = write!(
        out,
        "\n### {}\n\n**{}** ({}, {blocks})\n\n{}\n\n- Shown by: {}\n",
        row.id,
        row.title,
        row.phase,
        row.what,
        row.proof.words()
    );
    if !row.needs.is_empty() {
        let _ = writeln!(out, "- After: {}", row.needs.join(", "));
    }
    let _ = writeln!(
        out,
        "- To take it back: {}\n- From: {}, checked {}",
        row.rollback, row.reference, row.checked
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_has_its_heading() {
        let text = text();
        for row in rows() {
            assert!(text.contains(&format!("\n### {}\n", row.id)), "{}", row.id);
        }
    }
}
