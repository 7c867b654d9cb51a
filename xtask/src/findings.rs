//! `docs/findings.md`: the catalogue of findings, written from the rules.
use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context as _, ensure};

const PATH: &str = "docs/findings.md";

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
    let mut out = String::from(
        "<!-- Written by `cargo xtask gen` from the rules of dirlift-analyzer; do not edit. -->\n\n# Findings\n\n\
         What `dirlift analyze` can find. A code never changes its meaning and is never used again.\n\n\
         | code | severity | name |\n|---|---|---|\n",
    );
    let rules = || dirlift_analyzer::RULES.iter().flat_map(|it| it.iter());
    for rule in rules() {
        let _ = writeln!(
            out,
            "| [{0}](#{1}) | {2} | {3} |",
            rule.code,
            rule.code.to_lowercase(),
            rule.severity,
            rule.name
        );
    }
    for rule in rules() {
        let _ = write!(
            out,
            "\n## {}\n\n**{}** `{}`: {}\n",
            rule.code, rule.severity, rule.name, rule.title
        );
        let _ =
            write!(out, "\n{}\n\nTo do: {}\n\nFrom: {}\n", rule.about, rule.remedy, rule.reference);
    }
    out
}
