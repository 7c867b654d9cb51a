//! `cargo xtask test`: everything that must pass. The tests come last, so that their summary ends the output.
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{cargo, generate, run_to_success, status, tidy};

/// Runs all checks and stops at the first that fails.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    step("format");
    run_to_success(&mut cargo(root, &["fmt", "--all", "--check"]))?;
    step("lints");
    run_to_success(&mut cargo(
        root,
        &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"],
    ))?;
    step("documentation");
    let mut doc = cargo(root, &["doc", "--workspace", "--no-deps"]);
    run_to_success(doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    step("generated files");
    generate(root, true)?;
    step("tidy");
    tidy::run(root)?;
    step("XML of test-data, by xmllint");
    lint_xml(root)?;
    step("examples in the documentation");
    run_to_success(&mut cargo(root, &["test", "--workspace", "--doc", "--quiet"]))?;
    step("tests");
    let targets = ["test", "--workspace", "--lib", "--bins", "--tests"];
    let mut tests = cargo(root, &targets);
    tests.env("INSTA_UPDATE", "no");
    if have_samba()? && is_root() {
        // What is there has to be used: a test that skips would pass for one that passed.
        tests.env("DIRLIFT_REQUIRE_SAMBA", "1");
    }
    run_to_success(&mut tests)
}

fn step(name: &str) {
    println!("== {name}");
}

/// Has an independent parser read the XML that dirlift is tested with.
fn lint_xml(root: &Path) -> anyhow::Result<()> {
    if !have_xmllint()? {
        return Ok(());
    }
    let mut files = tidy::files_below(&root.join("test-data"))?;
    files.retain(|it| it.extension().is_some_and(|it| it.eq_ignore_ascii_case("xml")));
    files.retain(|it| !is_damaged(it));
    if files.is_empty() {
        println!("no XML files");
        return Ok(());
    }
    run_to_success(Command::new("xmllint").args(["--noout", "--nonet"]).args(&files))?;
    println!("{} files are well-formed", files.len());
    Ok(())
}

/// Files below a folder `damaged` are meant not to parse.
fn is_damaged(path: &Path) -> bool {
    path.components().any(|it| it.as_os_str() == "damaged")
}

/// Whether xmllint can be run; installs it where that is possible without asking anybody.
pub(crate) fn have_xmllint() -> anyhow::Result<bool> {
    have("xmllint", &["libxml2-utils"])
}

/// Whether a domain controller can be started for the tests; installs it where that is possible without asking anybody.
pub(crate) fn have_samba() -> anyhow::Result<bool> {
    have("samba", &["samba", "samba-ad-provision", "samba-dsdb-modules", "ldap-utils"])
}

/// Whether a program can be run; as root on Debian its packages are installed.
fn have(program: &str, packages: &[&str]) -> anyhow::Result<bool> {
    if can_run(program, "--version") {
        return Ok(true);
    }
    let names = packages.join(" ");
    if !can_run("apt-get", "--version") || !is_root() {
        println!("skipped: {program} is missing (Debian: {names}); only root can install it");
        return Ok(false);
    }
    println!("installing {names}");
    let apt = |arguments: &[&str]| {
        let mut apt = Command::new("apt-get");
        // Services that come with a package are not to run here.
        apt.args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .env("RUNLEVEL", "1")
            .stdout(Stdio::null());
        status(&mut apt)
    };
    let updated = apt(&["update", "-qq"])?.success();
    let mut install = vec!["install", "-y", "-qq", "--no-install-recommends"];
    install.extend_from_slice(packages);
    if !updated || !apt(&install)?.success() || !can_run(program, "--version") {
        println!("skipped: {names} could not be installed");
        return Ok(false);
    }
    Ok(true)
}

fn can_run(program: &str, argument: &str) -> bool {
    Command::new(PathBuf::from(program))
        .arg(argument)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|it| it.success())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|it| it.stdout.trim_ascii() == b"0")
}
