//! Tests of the binary: an empty environment, a fixed width, a fixed time.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
mod bundle;
mod bundle_diff;
mod canaries;
#[cfg(unix)]
mod chain;
mod checklist;
mod database;
mod export;
mod import_ad;
mod import_entra;
mod joined;
mod migrate;
mod migrate_more;
mod organisations;
mod output;
mod parts;
mod place;
mod rehearse;
mod rules;
mod schema;
mod trouble;
mod usage;
mod verify;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use snapbox::cmd::Command;

/// The time that every test judges by.
const AS_OF: &str = "2026-11-21T00:00:00Z";

const ORGANISATIONS: [&str; 4] = ["adatum", "fabrikam", "northwind", "tailspin"];

/// The binary with nothing of this machine around it.
fn dirlift() -> Command {
    Command::new(env!("CARGO_BIN_EXE_dirlift")).env_clear().env("COLUMNS", "100")
}

/// `dirlift analyze SNAPSHOT --as-of ...`
fn analyze(snapshot: &Path) -> Command {
    dirlift().arg("analyze").arg(snapshot).args(["--as-of", AS_OF])
}

/// What a run gave.
struct Outcome {
    code: i32,
    stdout: String,
    stderr: String,
}

fn run(command: Command) -> Outcome {
    let output = command.output().unwrap();
    Outcome {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Analyses to JSON; the exit code is one of those that mean "done".
fn json(snapshot: &Path) -> (Value, i32) {
    let outcome = run(analyze(snapshot).args(["--format", "json"]));
    assert!(
        matches!(outcome.code, 0 | 3 | 4),
        "{}: {}: {}",
        snapshot.display(),
        outcome.code,
        outcome.stderr
    );
    assert_eq!(outcome.stderr, "");
    // One document and nothing after it.
    (serde_json::from_str(&outcome.stdout).unwrap(), outcome.code)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn organisation(name: &str) -> PathBuf {
    root().join("test-data").join(name)
}

/// Files below a folder, relative to it, with forward slashes, sorted.
fn files(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(it) = folders.pop() {
        for entry in fs::read_dir(it).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                names.push(path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    names.sort();
    names
}

/// Copies a folder, without the files that `keep` refuses.
fn copy(from: &Path, to: &Path, keep: impl Fn(&str) -> bool) {
    for name in files(from).iter().filter(|it| keep(it)) {
        let target = to.join(name);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(from.join(name), target).unwrap();
    }
}
