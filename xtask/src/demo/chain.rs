//! Northwind from its bundle to the checklist: planned, staged, verified, with counts held against those of the generator.
use std::{
    path::Path,
    process::{Command, Output},
};

use anyhow::{Context as _, ensure};
use dirlift_testkit::northwind as generated;
use serde_json::Value;

const SOURCES: &str = "--ad forest.ldf --entra tenant";

/// Shows the chain in a folder that has `northwind.zip`, and names the pages that it wrote.
pub(super) fn show(program: &Path, folder: &Path) -> anyhow::Result<()> {
    println!(
        "Northwind's directories, 62,480 objects, with changes that the old server has not seen:\n"
    );
    generated::write(folder).context("generating Northwind's directories")?;
    let run = |line: &str, exit: i32, most: usize| dirlift(program, folder, line, exit, most);
    let migrate = format!("migrate northwind.zip --deployment northwind.dirlift {SOURCES}");
    run(&format!("{migrate} --plan"), 0, 40)?;
    // A licensed user was disabled: a guard objects.
    run(&format!("{migrate} --yes"), 3, 40)?;
    run("verify northwind.dirlift --limit 0", 3, 40)?;
    let json = run("verify northwind.dirlift --format json --limit 0", 3, 0)?;
    let found = counts(&serde_json::from_str(&json).context("reading the verification")?);
    ensure!(found == expected(), "pending exports: {found:?}, not {:?}", expected());
    println!("The counts are those that the generator's changes add up to.\n");
    run(&format!("verify northwind.dirlift --find {}", generated::FIRST), 3, 60)?;
    run("verify northwind.dirlift --format html --out verify.html", 3, 10)?;
    run("checklist northwind.dirlift observe --bundle northwind.zip", 0, 10)?;
    run("checklist northwind.dirlift show", 3, 40)?;
    run("checklist northwind.dirlift show --format html --out checklist.html", 3, 10)?;
    run("checklist northwind.dirlift export --out checklist", 0, 20)?;
    println!("Pages to look at:");
    for name in ["verify.html", "checklist.html"] {
        println!("  {}", folder.join(name).display());
    }
    Ok(())
}

/// Pending exports that follow from what the generator changed: operation, type, cause and number.
fn expected() -> Vec<(String, u64)> {
    use generated::{
        ARCHIVED, DISABLED, GONE, INET_ORG_PERSONS, MOVED, NEW, NO_SYNC, OTHER_ANCHOR, REGROUPED,
        RENAMED, RETITLED, SOFT,
    };
    let mut rows = vec![
        ("add user provisioned", NEW + SOFT + OTHER_ANCHOR),
        ("delete user out-of-scope", NO_SYNC),
        ("delete user source-gone", GONE + ARCHIVED + OTHER_ANCHOR),
        ("update contact flowed", RENAMED),
        ("update group flowed", REGROUPED),
        ("update user flowed", RETITLED + DISABLED + MOVED + INET_ORG_PERSONS),
    ];
    rows.sort_unstable();
    rows.into_iter().map(|(name, count)| (name.to_owned(), u64::from(count))).collect()
}

/// The same from a verification.
fn counts(document: &Value) -> Vec<(String, u64)> {
    let all = document["by_operation"].as_array().map_or(&[][..], Vec::as_slice);
    let word = |it: &Value, key: &str| it[key].as_str().unwrap_or("?").to_owned();
    let mut rows: Vec<_> = all
        .iter()
        .map(|it| {
            let name = ["operation", "object_type", "cause"].map(|key| word(it, key)).join(" ");
            (name, it["objects"].as_u64().unwrap_or(0))
        })
        .collect();
    rows.sort_unstable();
    rows
}

/// Shows a command line and the first lines of its output; returns the output. With no lines it is silent.
fn dirlift(
    program: &Path,
    folder: &Path,
    line: &str,
    exit: i32,
    most: usize,
) -> anyhow::Result<String> {
    let mut command = Command::new(program);
    command.args(line.split(' ')).current_dir(folder);
    let Output { status, stdout, stderr } =
        command.output().with_context(|| format!("running {}", program.display()))?;
    let (stdout, stderr) = (String::from_utf8(stdout)?, String::from_utf8(stderr)?);
    ensure!(status.code() == Some(exit), "`{line}` did not end with {exit}: {stdout}{stderr}");
    if most > 0 {
        println!("$ dirlift {line}\n\n{}", shortened(&stdout, most));
    }
    Ok(stdout)
}

/// The first lines of a text, and how many there are more.
fn shortened(text: &str, most: usize) -> String {
    let n_lines = text.lines().count();
    let mut lines: Vec<_> = text.lines().take(most).map(str::to_owned).collect();
    if n_lines > most {
        lines.push(format!("... {} more lines", n_lines - most));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_counted() {
        assert_eq!(shortened("a\nb\nc\n", 2), "a\nb\n... 1 more lines\n");
        assert_eq!(shortened("a\nb\n", 2), "a\nb\n");
    }

    #[test]
    fn counts_are_sorted_by_name() {
        let group = |operation: &str, objects: u32| serde_json::json!({ "operation": operation, "object_type": "user", "cause": "x", "objects": objects });
        let document = serde_json::json!({ "by_operation": [group("update", 2), group("add", 1)] });
        let expected = vec![("add user x".to_owned(), 1), ("update user x".to_owned(), 2)];
        assert_eq!(counts(&document), expected);
    }
}
