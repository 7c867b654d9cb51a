//! Bundles in the demonstration: refused, exported, verified, inspected, compared.
use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, ensure};

/// The rule of adatum whose precedence somebody changes in the demonstration.
const OLD_PRECEDENCE: &str = "<precedence>40</precedence>";
const NEW_PRECEDENCE: &str = "<precedence>45</precedence>";

/// Shows what becomes of three organisations; the bundles are written into a folder, which is made anew.
pub(super) fn show(program: &Path, root: &Path, folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("removing {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let run = |line: &str, exit: i32| dirlift(program, root, folder, line, exit);
    // Too few objects, and no configuration: both say so, and write nothing.
    run("export test-data/fabrikam --out fabrikam.zip", 3)?;
    run("export test-data/woodgrove --out woodgrove.zip", 3)?;
    let exported = run("export test-data/northwind --out northwind.zip", 0)?;
    let sum = exported.lines().find_map(|it| it.strip_prefix("  SHA-256  "));
    let sum = sum.context("the export prints the sum of its bundle")?;
    run(&format!("bundle verify northwind.zip --expect-sha256 {sum}"), 0)?;
    run("bundle inspect northwind.zip", 0)?;
    println!("Adatum's server, and the same server after somebody moved a rule of its own:\n");
    move_a_rule(&root.join("test-data/adatum"), &folder.join("adatum-later"))?;
    run("export test-data/adatum --out adatum.zip", 0)?;
    run("export adatum-later --out adatum-later.zip", 0)?;
    run("bundle diff adatum.zip adatum-later.zip", 0)?;
    Ok(())
}

/// Shows a command line and runs it; returns its output.
fn dirlift(
    program: &Path,
    root: &Path,
    folder: &Path,
    line: &str,
    exit: i32,
) -> anyhow::Result<String> {
    println!("$ dirlift {line}\n");
    let mut command = Command::new(program);
    for argument in line.split(' ') {
        if argument.starts_with("test-data/") {
            command.arg(root.join(argument));
        } else {
            command.arg(argument);
        }
    }
    let output = command
        .current_dir(folder)
        .output()
        .with_context(|| format!("running {}", program.display()))?;
    let stdout = String::from_utf8(output.stdout)?;
    let stderr = String::from_utf8(output.stderr)?;
    ensure!(output.status.code() == Some(exit), "`{line}` did not end with {exit}: {stderr}");
    println!("{stdout}{stderr}");
    Ok(stdout)
}

/// Copies a snapshot and gives one rule another precedence.
fn move_a_rule(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("listing {}", from.display()))? {
        let path = entry?.path();
        let name = path.file_name().context("a file of a folder has a name")?;
        if path.is_dir() {
            move_a_rule(&path, &to.join(name))?;
            continue;
        }
        let bytes = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        let bytes = match String::from_utf8(bytes) {
            Ok(text) => text.replace(OLD_PRECEDENCE, NEW_PRECEDENCE).into_bytes(),
            Err(binary) => binary.into_bytes(),
        };
        fs::write(to.join(name), bytes).with_context(|| format!("writing {}", to.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_rule_is_moved_and_nothing_else() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-data/adatum");
        let rules = root.join("server-configuration/SynchronizationRules");
        let texts = fs::read_dir(rules).unwrap().map(|it| fs::read_to_string(it.unwrap().path()));
        let n_moved: usize = texts.map(|it| it.unwrap().matches(OLD_PRECEDENCE).count()).sum();
        assert_eq!(n_moved, 1);
    }
}
