//! Arguments, errors and help.
use snapbox::str;

use crate::{analyze, dirlift, organisation, run};

#[test]
fn help_says_what_there_is_and_how_it_ends() {
    dirlift().arg("--help").assert().code(0).stderr_eq("").stdout_eq(str![[r"
Moves an organisation off a legacy directory synchronisation server onto Microsoft Entra Connect

Usage: dirlift <COMMAND>

Commands:
  analyze    Says what a server is, what migrates, what stands in the way, and which deployment to
             choose
  export     Writes everything that migrates from the old server into one bundle
  bundle     Shows, checks and compares bundles of settings
  rules      Reads synchronization rules: says what they mean, checks them, tries an expression
  import     Reads a directory whole and writes it into files, for a rehearsal elsewhere
  rehearse   Reads both directories, synchronizes them by a configuration's rules, and keeps what
             would be exported
  explain    Says why an object of a rehearsal or a deployment is as it is: rules in scope and out,
             joins, each flow with what it read and gave
  migrate    Makes a staging deployment from a bundle: plans it, shows the plan, and carries it out
             when you confirm
  sync       Imports both directories into a deployment and synchronises them anew
  verify     Judges what is about to be exported: predicted and real exports, operations, guards,
             anchors
  checklist  Says what is left to do before and after the switch, and keeps the evidence
  help       Print this message or the help of the given subcommand(s)

Options:
  -h, --help     Print help
  -V, --version  Print version

Exit codes:
    0  done, nothing to object
    1  failed
    2  wrong usage
    3  done, and something blocks (a blocker, --fail-on reached, a refused plan, a guard)
    4  a fact needed for the recommendation or a blocker check is missing
    5  stopped part-way; --resume goes on
   70  a bug in dirlift
  130  interrupted, with nothing to resume

3 wins over 4. A closed pipe is success.

"]]);
}

#[test]
fn help_of_analyze_offers_what_exists_and_nothing_else() {
    let help = run(dirlift().args(["analyze", "--help"])).stdout;
    for option in [
        "--target",
        "--mode",
        "--knowledge",
        "--as-of",
        "--format",
        "--out",
        "--fail-on",
        "--sql",
        "--user",
        "--password-file",
        "--ca-file",
        "--trust-server-certificate",
        "DIRLIFT_PASSWORD",
        "Exit codes:",
    ] {
        assert!(help.contains(option), "{option}");
    }
    assert!(!help.contains("--live"));
    // A password is never an argument.
    assert!(!help.contains("--password "), "{help}");
}

#[test]
fn help_of_export_offers_what_exists_and_nothing_else() {
    let help = run(dirlift().args(["export", "--help"])).stdout;
    for option in [
        "--out",
        "--force",
        "--rules",
        "--as-of",
        "--ad",
        "--sql",
        "--user",
        "--password-file",
        "--ca-file",
        "--trust-server-certificate",
        "DIRLIFT_PASSWORD",
        "Exit codes:",
    ] {
        assert!(help.contains(option), "{option}");
    }
    assert!(!help.contains("--live") && !help.contains("--password "), "{help}");
}

#[test]
fn help_of_bundle_lists_its_commands() {
    dirlift().args(["bundle", "--help"]).assert().code(0).stderr_eq("").stdout_eq(str![[r"
Shows, checks and compares bundles of settings

Usage: dirlift bundle <COMMAND>

Commands:
  inspect  Says what a bundle is, where and when it comes from, and what it holds
  verify   Checks every byte of a bundle against its manifest, and the whole file against the sum
           that export printed
  diff     Compares two configurations by meaning: rules, flows, containers, attributes, parameters
  help     Print this message or the help of the given subcommand(s)

Options:
  -h, --help  Print help

Exit codes:
    0  done, nothing to object
    1  failed
    2  wrong usage
    3  done, and something blocks (a blocker, --fail-on reached, a refused plan, a guard)
    4  a fact needed for the recommendation or a blocker check is missing
    5  stopped part-way; --resume goes on
   70  a bug in dirlift
  130  interrupted, with nothing to resume

3 wins over 4. A closed pipe is success.

"]]);
}

#[test]
fn wrong_usage_ends_with_two() {
    let cases: &[&[&str]] = &[
        &[],
        &["analyse"],
        &["analyze"],
        &["analyze", "x", "--mode", "blocked"],
        &["analyze", "x", "--as-of", "yesterday"],
        &["analyze", "x", "--format", "csv"],
        &["analyze", "x", "--fail-on", "never"],
        &["analyze", "x", "y"],
        &["export"],
        &["export", "x"],
        &["export", "--out", "b.zip"],
        &["bundle"],
        &["bundle", "verify"],
        &["bundle", "verify", "b.zip", "--expect-sha256", "12"],
        &["bundle", "inspect", "b.zip", "--format", "html"],
    ];
    for arguments in cases {
        let outcome = run(dirlift().args(*arguments));
        assert_eq!(outcome.code, 2, "{arguments:?}");
        assert_eq!(outcome.stdout, "", "{arguments:?}");
        assert!(
            outcome.stderr.contains("--help") || outcome.stderr.contains("Usage:"),
            "{arguments:?}: {}",
            outcome.stderr
        );
    }
}

#[test]
fn a_missing_path_is_named_with_a_hint() {
    dirlift().args(["analyze", "no-such-folder"]).assert().code(1).stdout_eq("").stderr_eq(str![[
        r"
error: no-such-folder: no such file or folder; check the path
hint: docs/snapshot.md says what a snapshot is and how to take one

"
    ]]);
}

#[test]
fn a_hostile_path_is_shown_harmless() {
    let outcome = run(dirlift().args(["analyze", "a\u{1b}[2Jb\nerror: c"]));
    assert_eq!(outcome.code, 1);
    assert!(!outcome.stderr.contains('\u{1b}'), "{}", outcome.stderr);
    assert_eq!(
        outcome.stderr.lines().filter(|it| it.starts_with("error:")).count(),
        1,
        "{}",
        outcome.stderr
    );
}

#[test]
fn knowledge_that_cannot_be_read_names_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("knowledge.toml");
    std::fs::write(&file, "this is = = no TOML").unwrap();
    let outcome = run(analyze(&organisation("fabrikam")).arg("--knowledge").arg(&file));
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""));
    assert!(outcome.stderr.starts_with("error: reading "), "{}", outcome.stderr);
    for part in ["knowledge.toml", "caused by: ", "hint: leave --knowledge out"] {
        assert!(outcome.stderr.contains(part), "{part}: {}", outcome.stderr);
    }
}
