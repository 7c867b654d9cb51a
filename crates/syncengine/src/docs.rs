//! `docs/functions.md` and `docs/assumptions.md`, from the tables.
use std::fmt::Write as _;

use crate::{
    assumption,
    expr::tree::Word,
    functions::{self, Group, Source, Takes},
    value::Kind,
};

const GROUPS: [Group; 9] = [
    Group::Certificate,
    Group::Conversion,
    Group::DateTime,
    Group::Directory,
    Group::Evaluation,
    Group::Math,
    Group::MultiValued,
    Group::ProgramFlow,
    Group::Text,
];

/// The text of `docs/functions.md`.
pub fn functions() -> String {
    let mut out = String::from(
        "# Functions of the expression language\n\n\
         Generated from the table in `crates/syncengine/src/functions/table.rs`; a test compares. Names are\n\
         case-sensitive. What the documentation leaves open is in [assumptions.md](assumptions.md).\n\n\
         A function that takes one value is applied to each value of an attribute that has several; parameters\n\
         beginning with `mv` get all values at once. `|` separates types, square brackets mark what may be left out.\n\n\
         Types: ",
    );
    let types: Vec<_> = Kind::ALL
        .iter()
        .take(6)
        .map(|it| format!("`{}` {}", it.abbreviation(), it.as_str()))
        .collect();
    let words: Vec<_> = Word::ALL.iter().map(|it| format!("`{}`", it.as_str())).collect();
    let _ = writeln!(
        out,
        "{}; `var` any, `exp` a condition.\n\nBuilt-in words: {}.",
        types.join(", "),
        words.join(", ")
    );
    for group in GROUPS {
        let _ = writeln!(out, "\n## {}\n", group.as_str());
        for function in functions::TABLE.iter().filter(|it| it.group == group) {
            let about = function.about;
            let _ = writeln!(
                out,
                "### {}\n\n`{}`\n\nGives: {about}.",
                function.name,
                function.signature()
            );
            for param in function.params {
                if let Takes::Enum(words) = param.takes {
                    let _ = writeln!(out, "`{}` is {}.", param.name, words.join(" or "));
                }
            }
            for note in function.notes {
                let _ = writeln!(out, "{note}");
            }
            match function.source {
                Source::Reference => {}
                Source::ShippedRules => {
                    out.push_str("Not in the reference; the shipped rules use it.\n");
                }
                Source::DeclarativeProvisioning => {
                    out.push_str(
                        "Not in the reference; described with declarative provisioning.\n",
                    );
                }
            }
            out.push('\n');
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    out
}

/// The text of `docs/assumptions.md`.
pub fn assumptions() -> String {
    let mut out = String::from(
        "# Assumptions about rules and expressions\n\n\
         Generated from the table in `crates/syncengine/src/assumption.rs`; a test compares. Each row is a point that\n\
         the documentation leaves open, or that the shipped rules decide against it. An evaluation names the rows it\n\
         relied on. Test: the rows of `crates/syncengine/tests/cases/expressions.txt` (for A-SCOPE-…,\n\
         `scopes.txt`, for A-RULE-…, `rules.txt`) that name the identifier; a test fails if there is none.\n",
    );
    for row in assumption::TABLE {
        let _ = writeln!(
            out,
            "\n## {}\n\n{}\n\n- Reading: {}\n- Reason: {}\n- If wrong: {}",
            row.id, row.point, row.reading, row.reason, row.effect
        );
    }
    out
}
