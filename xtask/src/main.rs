//! Developer commands that cargo has no word for: `cargo xtask <task>`.
//!
//! One file a task. Checks are functions that a test calls too, so `cargo test` alone finds everything.
#![expect(clippy::print_stdout, reason = "a developer command talks on standard output")]
mod bench;
mod checklist;
mod crash;
mod demo;
mod findings;
mod r#gen;
mod language;
mod mutants;
mod standard_rules;
mod test;
mod tidy;

use std::{
    path::Path,
    process::{Command, ExitStatus},
};

use anyhow::{Context as _, ensure};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Developer commands")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Measure a part of dirlift on generated input
    Bench {
        #[command(subcommand)]
        what: Bench,
    },
    /// Kill a deployment at every moment of its journal and at 200 random ones, and resume it
    Crash,
    /// Build dirlift and show it: verdicts on the organisations of test-data/, bundles, and one of them up to the checklist
    Demo,
    /// Write every generated file: test-data/, and docs/ for findings, the checklist, functions, assumptions and standard rules
    Gen {
        /// Fail when a file would change, and change nothing
        #[arg(long)]
        check: bool,
    },
    /// Plant faults into a copy of the synchronization engine; its tests must notice each (takes long)
    Mutants {
        /// Only the faults that have this in their file or description
        #[arg(default_value = "")]
        only: String,
    },
    /// Everything that must pass: format, lints, documentation, generated files, tidy, and at last the tests
    Test,
    /// Check what the compiler does not: layers, module docs, licences, machine paths
    Tidy,
}

#[derive(Subcommand)]
enum Bench {
    /// Read a server configuration of 110 MB, beside xmllint
    Config,
    /// Read connector-space exports of 50 and 500 MB, beside xmllint
    Csexport,
    /// Read 200,000 rows over TDS, beside a bare socket
    Facts,
    /// Compare two configurations of 2 MB with 62 rules each
    Diff,
    /// Evaluate expressions of the usual shapes, beside plain Rust
    Expr,
    /// Synchronize an invented organisation in full
    Sync {
        /// How many objects Active Directory has
        #[arg(long, default_value_t = 100_000)]
        objects: usize,
    },
    /// Read the pending exports of a real server and compare them with a prediction, beside lxml
    Verify {
        /// Size of the file in megabytes (of 1,000,000 bytes)
        #[arg(long, default_value_t = 1_000)]
        megabytes: u64,
    },
    /// Import from directories: Samba beside ldapsearch, LDIF beside Python, Graph beside a plain loop, the client's ceiling
    Import,
}

fn main() -> anyhow::Result<()> {
    let root = root();
    match Arguments::parse().task {
        Task::Bench { what: Bench::Config } => bench::config(root),
        Task::Bench { what: Bench::Csexport } => bench::csexport::run(root),
        Task::Bench { what: Bench::Facts } => bench::facts(root),
        Task::Bench { what: Bench::Diff } => bench::diff::run(root),
        Task::Bench { what: Bench::Expr } => bench::expr::run(root),
        Task::Bench { what: Bench::Import } => {
            bench::import_ad::run(root)?;
            bench::import_entra::run(root)
        }
        Task::Bench { what: Bench::Sync { objects } } => bench::sync::run(root, objects),
        Task::Crash => crash::run(root),
        Task::Bench { what: Bench::Verify { megabytes } } => bench::verify::run(root, megabytes),
        Task::Demo => demo::run(root),
        Task::Gen { check } => generate(root, check),
        Task::Mutants { only } => mutants::run(root, &only),
        Task::Test => test::run(root),
        Task::Tidy => tidy::run(root),
    }
}

/// The folder of the workspace.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the xtask folder lies in the workspace")
}

fn generate(root: &Path, check: bool) -> anyhow::Result<()> {
    r#gen::run(root, check)?;
    findings::run(root, check)?;
    checklist::run(root, check)?;
    language::run(root, check)?;
    standard_rules::run(root, check)
}

/// A cargo command in the workspace's folder.
fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root);
    command
}

/// Runs a command to its end; anything but success is an error.
fn run_to_success(command: &mut Command) -> anyhow::Result<()> {
    let status = status(command)?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}

fn status(command: &mut Command) -> anyhow::Result<ExitStatus> {
    command.status().with_context(|| format!("running {command:?}"))
}

/// Where cargo puts what it builds.
fn target_folder(root: &Path) -> anyhow::Result<std::path::PathBuf> {
    let metadata = cargo_metadata::MetadataCommand::new().current_dir(root).no_deps().exec()?;
    Ok(metadata.target_directory.into_std_path_buf())
}
