//! `cargo xtask bench verify`: how fast a csexport file of 1 GB is read, and compared with a prediction, beside lxml.
use std::{fs, path::Path, process::Command};

use anyhow::Context as _;

use super::{measure, show};
use crate::{cargo, run_to_success, target_folder};

/// Counts objects and changes as `read_pending` does, object by object, and forgets each.
const PYTHON: &str = r#"
import sys
try:
    from lxml import etree
    name, options = "lxml", {"tag": "cs-object"}
except ImportError:
    import xml.etree.ElementTree as etree
    name, options = "xml.etree", {}
if len(sys.argv) == 1:
    print(name)
    sys.exit()
counts, objects, changes = {}, 0, 0
for _, element in etree.iterparse(sys.argv[1], events=("end",), **options):
    if element.tag != "cs-object":
        continue
    objects += 1
    delta = element.find("unapplied-export/delta")
    if delta is not None:
        operation = "rename" if delta.get("newdn") else delta.get("operation")
        counts[operation] = counts.get(operation, 0) + 1
        changes += sum(1 for child in delta if child.tag in ("attr", "dn-attr"))
    element.clear()
    if name == "lxml":
        while element.getprevious() is not None:
            del element.getparent()[0]
print(objects, "objects,", changes, "changes;", ", ".join(f"{it} {n}" for it, n in sorted(counts.items())))
"#;

/// Generates the file and the store, reads it three ways and says how fast each was.
pub(crate) fn run(root: &Path, megabytes: u64) -> anyhow::Result<()> {
    let target = target_folder(root)?;
    for (package, example) in
        [("dirlift-serverconfig", "read_pending"), ("dirlift-deployment", "bench_verify")]
    {
        let build = ["build", "--quiet", "--release", "-p", package, "--example", example];
        run_to_success(&mut cargo(root, &build))?;
    }
    run_to_success(&mut cargo(root, &["build", "--quiet", "--release", "-p", "dirlift-cli"]))?;
    let program =
        |name: &str| target.join(format!("release/{name}{}", std::env::consts::EXE_SUFFIX));
    let (xml, store) = (target.join("bench-verify.xml"), target.join("bench-verify.dirlift"));
    let mut generate = Command::new(program("examples/bench_verify"));
    generate.arg(&xml).arg(&store).arg((megabytes * 1_000_000).to_string());
    run_to_success(&mut generate)?;
    let n_bytes =
        fs::metadata(&xml).with_context(|| format!("looking at {}", xml.display()))?.len();
    println!("{n_bytes} bytes in {}", xml.file_name().unwrap_or_default().display());

    let read = || {
        let mut command = Command::new(program("examples/read_pending"));
        command.arg(&xml);
        command
    };
    run_to_success(&mut read())?;
    let parsed = measure(read)?;
    show("dirlift, parsing", &parsed, n_bytes);
    let compared = measure_ending_with(3, || {
        let mut command = Command::new(program("dirlift"));
        command.arg("verify").arg(&store).arg("--csexport").arg(&xml);
        command
    })?;
    show("dirlift verify", &compared, n_bytes);
    let Some((python, name)) = python() else {
        println!("no Python to measure beside");
        return Ok(());
    };
    let count = || {
        let mut command = Command::new(python);
        command.args(["-c", PYTHON]).arg(&xml);
        command
    };
    run_to_success(&mut count())?;
    let theirs = measure(count)?;
    show(&name, &theirs, n_bytes);
    for (what, ours) in [("parsing", &parsed), ("with comparison", &compared)] {
        let ratio = theirs.times[0].as_secs_f64() / ours.times[0].as_secs_f64();
        println!("best against best, {what}: dirlift is {ratio:.2} times as fast as {name}");
    }
    println!(
        "The comparison reads the prediction out of the store, and counts and judges every change."
    );
    Ok(())
}

/// The Python that has lxml, else any; with the name of its parser.
fn python() -> Option<(&'static str, String)> {
    let mut found = None;
    for program in ["python3", "/usr/bin/python3", "python"] {
        let Ok(output) = Command::new(program).args(["-c", PYTHON]).output() else { continue };
        let name = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() || name.is_empty() {
            continue;
        }
        if name == "lxml" {
            return Some((program, "lxml iterparse".to_owned()));
        }
        found = found.or(Some((program, format!("{name} iterparse"))));
    }
    found
}

/// Measures a command that ends with a code other than zero: what was generated is not expected.
fn measure_ending_with(
    code: i32,
    command: impl Fn() -> Command,
) -> anyhow::Result<super::Measurement> {
    super::measure_until(|it| it.code() == Some(code), command)
}
