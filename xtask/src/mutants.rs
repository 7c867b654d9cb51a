//! `cargo xtask mutants`: plants the faults of `mutants.txt` into a copy of the engine, one at a time; its tests must notice each.
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};

use crate::{cargo, target_folder};

/// The faults.
const TABLE: &str = include_str!("mutants.txt");
/// Where they are planted.
const SOURCE: &str = "crates/syncengine/src";
/// The crates that the copy needs.
const CRATES: [&str; 2] = ["crates/model", "crates/syncengine"];
/// Test programs with a filter, those that are quick first.
const SUITES: [(&str, &str); 5] = [
    ("sync", "cases_come_out_as_worked_out_by_hand"),
    ("sync", "what_"),
    ("sync_explain", ""),
    ("sync_reference", ""),
    ("rules", ""),
];
/// How long one suite may take; a fault may make it run in a circle.
const PATIENCE: Duration = Duration::from_mins(15);

/// One fault.
struct Mutant<'a> {
    why: &'a str,
    file: &'a str,
    find: &'a str,
    replace: &'a str,
}

/// What became of a fault.
enum Fate {
    Caught(&'static str),
    Missed,
    /// The engine with the fault cannot be built, which shows nothing.
    Broken,
}

/// Plants every fault that has a text in its file or description, and shows what the tests say.
pub(crate) fn run(root: &Path, only: &str) -> anyhow::Result<()> {
    let mut mutants = parsed(TABLE)?;
    mutants.retain(|it| it.file.contains(only) || it.why.contains(only));
    for it in &mutants {
        planted(root, it)?;
    }
    let target = target_folder(root)?.join("mutants");
    let copy = target.join("workspace");
    copy_workspace(root, &copy)?;
    let moment = Instant::now();
    match fate(&copy, &target)? {
        Fate::Missed => {}
        Fate::Caught(suite) => {
            bail!("the tests of {suite} fail without any fault; mend them first")
        }
        Fate::Broken => bail!("the tests cannot be built without any fault; mend them first"),
    }
    println!("without a fault all tests pass, {:.0} s", moment.elapsed().as_secs_f64());
    let mut missed = 0;
    for (at, it) in mutants.iter().enumerate() {
        let file = copy.join(SOURCE).join(it.file);
        let whole =
            fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
        write(&file, &planted(root, it)?)?;
        let moment = Instant::now();
        let fate = fate(&copy, &target);
        write(&file, &whole)?;
        let verdict = match fate? {
            Fate::Caught(suite) => format!("caught by {suite}"),
            Fate::Missed => "MISSED".to_owned(),
            Fate::Broken => "DOES NOT COMPILE".to_owned(),
        };
        missed += usize::from(!verdict.starts_with("caught"));
        let seconds = moment.elapsed().as_secs_f64();
        println!("{:3} {verdict:24} {seconds:4.0} s  {}: {}", at + 1, it.file, it.why);
    }
    println!("{} of {} faults caught", mutants.len() - missed, mutants.len());
    ensure!(
        missed == 0,
        "{missed} faults went unnoticed or show nothing; add a case, or mend mutants.txt"
    );
    Ok(())
}

/// The faults of a table.
fn parsed(table: &str) -> anyhow::Result<Vec<Mutant<'_>>> {
    let mut out: Vec<Mutant<'_>> = Vec::new();
    for (at, line) in table.lines().enumerate() {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let last = out.last_mut();
        match (word, last) {
            ("" | "#", _) => {}
            ("why", _) => out.push(Mutant { why: rest, file: "", find: "", replace: "" }),
            ("file", Some(it)) => it.file = rest,
            ("-", Some(it)) if it.find.is_empty() => it.find = rest,
            ("+", Some(it)) if it.replace.is_empty() => it.replace = rest,
            _ => bail!("mutants.txt:{}: `{word}` is not expected here", at + 1),
        }
    }
    Ok(out)
}

/// The file of a fault with the fault in it; an error if its text is not there exactly once.
fn planted(root: &Path, mutant: &Mutant<'_>) -> anyhow::Result<String> {
    let file = root.join(SOURCE).join(mutant.file);
    let whole = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
    let n_found = if mutant.find.is_empty() { 0 } else { whole.matches(mutant.find).count() };
    ensure!(
        n_found == 1,
        "the fault `{}` looks for `{}` in {}, which is there {n_found} times, not once; mend mutants.txt",
        mutant.why,
        mutant.find,
        mutant.file,
    );
    Ok(whole.replacen(mutant.find, mutant.replace, 1))
}

/// A workspace with the engine and what it needs, and nothing else.
fn copy_workspace(root: &Path, copy: &Path) -> anyhow::Result<()> {
    if copy.exists() {
        fs::remove_dir_all(copy).with_context(|| format!("removing {}", copy.display()))?;
    }
    for it in CRATES {
        copy_folder(&root.join(it), &copy.join(it))?;
    }
    for it in ["Cargo.lock", "clippy.toml"] {
        fs::copy(root.join(it), copy.join(it)).with_context(|| format!("copying {it}"))?;
    }
    let manifest = fs::read_to_string(root.join("Cargo.toml")).context("reading Cargo.toml")?;
    write(&copy.join("Cargo.toml"), &manifest.replacen(r#", "xtask"]"#, "]", 1))
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("listing {}", from.display()))? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), &to).with_context(|| format!("copying {}", to.display()))?;
        }
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(file, text).with_context(|| format!("writing {}", file.display()))
}

/// Runs the suites until one fails.
fn fate(copy: &Path, target: &Path) -> anyhow::Result<Fate> {
    for (suite, filter) in SUITES {
        if !passes(test(copy, target, suite).arg("--no-run"))? {
            return Ok(Fate::Broken);
        }
        if !passes(test(copy, target, suite).args((!filter.is_empty()).then_some(filter)))? {
            return Ok(Fate::Caught(suite));
        }
    }
    Ok(Fate::Missed)
}

fn test(copy: &Path, target: &Path, suite: &str) -> Command {
    let arguments = ["test", "--quiet", "--offline", "-p", "dirlift-syncengine", "--test", suite];
    let mut command = cargo(copy, &arguments);
    command
        .args(["--config", "profile.dev.debug=0", "--target-dir"])
        .arg(target.join("build"))
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Whether a test program ends well and in time.
fn passes(command: &mut Command) -> anyhow::Result<bool> {
    let mut child = command.spawn().with_context(|| format!("running {command:?}"))?;
    let moment = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if moment.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Ok(false);
        }
        thread::sleep(Duration::from_millis(50));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_can_be_planted() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace's folder");
        let mutants = parsed(TABLE).expect("the table is as it should be");
        assert!(mutants.len() >= 20, "{}", mutants.len());
        for it in &mutants {
            let whole = fs::read_to_string(root.join(SOURCE).join(it.file)).expect(it.file);
            let text = planted(root, it).expect("its text is there once");
            assert_ne!(text, whole, "{}", it.why);
        }
    }
}
