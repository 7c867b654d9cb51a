//! `docs/standard-rules.md`: the built-in standard rules, listed from their files.
use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context as _, ensure};
use dirlift_translate::standard_catalogue;

const PATH: &str = "docs/standard-rules.md";

/// Writes the listing, or checks that it is fresh.
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
        "<!-- Written by `cargo xtask gen` from crates/translate/rules; do not edit. -->\n\n\
         # Built-in standard rules\n\n\
         They stand in for the rules of the new server where those are not given with `--rules FOLDER`. Written for\n\
         dirlift: attributes, filters and behaviour come from the documents in the last column, the expressions are our\n\
         own. A rehearsal with them says `built-in`, and a go-ahead needs the target's own rules. `{Type}` stands for\n\
         each of several object types; there is one rule for each type and connector, numbered from 100 in this order.\n",
    );
    for group in standard_catalogue() {
        let file = group.file;
        let _ = write!(out, "\n## {}\n\n{}\n\n", file.trim_end_matches(".toml"), group.doc);
        out.push_str("| rule | objects | flows | what it does | from |\n|---|---|---:|---|---|\n");
        for rule in &group.rules {
            let when = rule.when.map_or_else(String::new, |it| format!(" Only {it}."));
            let _ = writeln!(
                out,
                "| [{}](../crates/translate/rules/{file}#L{}) | {} | {} | {}{when} | {} |",
                rule.name, rule.location.line, rule.types, rule.flows, rule.does, rule.source
            );
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listing_is_up_to_date() {
        run(crate::root(), true).unwrap();
    }
}
