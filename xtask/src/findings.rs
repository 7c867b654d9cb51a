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
        "<!-- Written by `cargo xtask gen` from dirlift-analyzer and dirlift-translate; do not edit. -->\n\n# Findings\n\n\
         What `dirlift analyze` can find, and from DL1001 on what `dirlift export` could not translate. A code never\n\
         changes its meaning and is never used again.\n\n\
         | code | severity | name |\n|---|---|---|\n",
    );
    let rows = rows();
    for row in &rows {
        let (code, link) = (row.code, row.code.to_lowercase());
        let _ = writeln!(out, "| [{code}](#{link}) | {} | {} |", row.severity, row.name);
    }
    for row in &rows {
        let _ = write!(
            out,
            "\n## {}\n\n**{}** `{}`: {}\n\n{}\n\nTo do: {}\n\nFrom: {}\n",
            row.code, row.severity, row.name, row.title, row.about, row.remedy, row.reference
        );
    }
    out
}

/// One finding of either catalogue.
struct Row {
    code: &'static str,
    name: &'static str,
    severity: String,
    title: &'static str,
    about: &'static str,
    remedy: &'static str,
    reference: &'static str,
}

fn rows() -> Vec<Row> {
    macro_rules! row {
        ($it:expr) => {
            Row {
                code: $it.code,
                name: $it.name,
                severity: $it.severity.to_string(),
                title: $it.title,
                about: $it.about,
                remedy: $it.remedy,
                reference: $it.reference,
            }
        };
    }
    let analysed = dirlift_analyzer::RULES.iter().flat_map(|it| it.iter()).map(|it| row!(it));
    let untranslated = dirlift_translate::untranslated_catalogue().iter().map(|it| row!(it));
    let mut rows: Vec<_> = analysed.chain(untranslated).collect();
    rows.sort_by_key(|it| it.code); // stable; DL10 sorts behind DL09
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_used_once_in_both_catalogues() {
        let codes: Vec<_> = rows().iter().map(|it| it.code).collect();
        assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
    }
}
