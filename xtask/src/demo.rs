//! `cargo xtask demo`: the verdict on each of the organisations of `test-data/`, and on one whose database is served; what is
//! handed over as bundles; and Northwind, with its directories of 62,480 objects, from its bundle to the checklist.
mod bundles;
mod chain;

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::{cargo, run_to_success, target_folder};

const ORGANISATIONS: [&str; 5] = ["adatum", "fabrikam", "northwind", "tailspin", "woodgrove"];

/// The time that the demonstration holds for; a fixed one, so that everybody sees the same.
const AS_OF: &str = "2026-11-21T00:00:00Z";

/// Builds dirlift and analyses the organisations.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    run_to_success(&mut cargo(root, &["build", "--quiet", "--release", "-p", "dirlift-cli"]))?;
    let program = target_folder(root)?
        .join("release")
        .join(format!("dirlift{}", std::env::consts::EXE_SUFFIX));
    let mut rows = Vec::new();
    for name in ORGANISATIONS {
        rows.push(show(&program, root, name, name, &[])?);
    }
    rows.push(with_database(&program, root)?);
    println!("{}", table(&rows));
    let folder = target_folder(root)?.join("demo");
    bundles::show(&program, root, &folder)?;
    chain::show(&program, &folder)
}

/// Woodgrove once more, with its restored database served over TDS.
fn with_database(program: &Path, root: &Path) -> anyhow::Result<[String; 8]> {
    let serve = ["-p", "dirlift-testkit", "--features", "tds", "--example", "serve"];
    run_to_success(cargo(root, &["build", "--quiet", "--release"]).args(serve))?;
    let target = target_folder(root)?;
    let authority = target.join("woodgrove-authority.pem");
    let example =
        target.join("release/examples").join(format!("serve{}", std::env::consts::EXE_SUFFIX));
    let mut server = Command::new(&example)
        .arg(&authority)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("running {}", example.display()))?;
    let mut url = String::new();
    let stdout = server.stdout.take().context("the server says where it is")?;
    BufReader::new(stdout).read_line(&mut url)?;
    let authority = authority.display().to_string();
    let more = ["--sql", url.trim(), "--ca-file", authority.as_str()];
    let shown = show(program, root, "woodgrove + database", "woodgrove", &more);
    // The server ends with its standard input.
    drop(server.stdin.take());
    server.wait()?;
    shown
}

/// Shows the verdict on one organisation; returns its figures.
fn show(
    program: &Path,
    root: &Path,
    title: &str,
    name: &str,
    more: &[&str],
) -> anyhow::Result<[String; 8]> {
    let sql = if more.is_empty() { "" } else { " --sql mssql://..." };
    println!("$ dirlift analyze test-data/{name}{sql} --as-of {AS_OF}\n");
    let (text, _) = analyze(program, root, name, "text", more)?;
    println!("{}", excerpt(&text));
    let (json, exit) = analyze(program, root, name, "json", more)?;
    let analysis =
        serde_json::from_str(&json).with_context(|| format!("reading the analysis of {name}"))?;
    Ok(row(title, &analysis, exit))
}

/// Runs dirlift; returns its output and its exit code. Objections (3) and gaps (4) are results, not failures.
fn analyze(
    program: &Path,
    root: &Path,
    name: &str,
    format: &str,
    more: &[&str],
) -> anyhow::Result<(String, i32)> {
    let mut command = Command::new(program);
    command
        .args(["analyze", &format!("test-data/{name}"), "--as-of", AS_OF, "--format", format])
        .args(more)
        .env("DIRLIFT_PASSWORD", "woodgrove")
        .current_dir(root);
    let output = command.output().with_context(|| format!("running {}", program.display()))?;
    let exit = output.status.code().unwrap_or(-1);
    ensure!(
        matches!(exit, 0 | 3 | 4),
        "{name} ended with {exit}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok((String::from_utf8(output.stdout)?, exit))
}

/// The top of a report and the first lines of what is worse than info.
fn excerpt(text: &str) -> String {
    let top = text.split("\nWHAT MIGRATES").next().unwrap_or(text);
    let worst = text.lines().filter(|it| it.starts_with("blocker ") || it.starts_with("warning "));
    let mut out = format!("{top}\n");
    for line in worst {
        out.push_str("  ");
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// The figures of one analysis.
fn row(name: &str, analysis: &Value, exit: i32) -> [String; 8] {
    let show = |value: &Value| match value {
        Value::Null => "?".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let count = |severity: &str| {
        let findings = analysis["findings"].as_array().map_or(&[][..], Vec::as_slice);
        findings.iter().filter(|it| it["severity"] == severity).count().to_string()
    };
    [
        name.to_owned(),
        show(&analysis["objects"]["total"]),
        show(&analysis["estimate"]["hours"]),
        show(&analysis["recommendation"]["deployment"]),
        match &analysis["recommendation"]["feasible"] {
            Value::Bool(true) => "yes".to_owned(),
            Value::Bool(false) => "no".to_owned(),
            _ => "?".to_owned(),
        },
        count("blocker"),
        count("warning"),
        exit.to_string(),
    ]
}

fn table(rows: &[[String; 8]]) -> String {
    let head = [
        "organisation",
        "objects",
        "hours",
        "deployment",
        "feasible",
        "blockers",
        "warnings",
        "exit",
    ]
    .map(str::to_owned);
    let lines: Vec<_> = std::iter::once(&head).chain(rows).collect();
    let widths: [usize; 8] =
        std::array::from_fn(|idx| lines.iter().map(|it| it[idx].len()).max().unwrap_or(0));
    let mut out = String::new();
    for line in lines {
        let cells: Vec<_> =
            line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_excerpt_is_the_top_and_the_worst() {
        let text = "host\n\n  Objects  1\n\nWHAT MIGRATES\n  x\n\nBLOCKERS\n\nblocker DL1  a\n  detail\n\ninfo DL2  b\n";
        assert_eq!(excerpt(text), "host\n\n  Objects  1\n\n  blocker DL1  a\n");
    }

    #[test]
    fn the_table_is_aligned() {
        let analysis = serde_json::json!({
            "objects": { "total": 12 }, "estimate": { "hours": null },
            "recommendation": { "deployment": "parallel", "feasible": false },
            "findings": [ { "severity": "blocker" }, { "severity": "info" } ],
        });
        let expected = "\
            organisation  objects  hours  deployment  feasible  blockers  warnings  exit\n\
            a             12       ?      parallel    no        1         0         3\n";
        assert_eq!(table(&[row("a", &analysis, 3)]), expected);
    }
}
