//! `cargo xtask gen`: the invented organisations of `test-data/`, and a large configuration for measurements.
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::Path,
};

use anyhow::{Context as _, bail, ensure};
use dirlift_testkit::org;

use crate::tidy::files_below;

/// Most megabytes of a large configuration: more is a mistake, and would fill the disk.
const MAX_MEGABYTES: u64 = 20_000;

/// Bytes of a megabyte, as disks count.
const MEGABYTE: u64 = 1_000_000;

/// Writes the organisations below `root`. With `check` nothing is written; it fails when a file would change, and on
/// files in their folders that are not generated.
pub(crate) fn run(root: &Path, check: bool) -> anyhow::Result<()> {
    let mut wrong = Vec::new();
    for organisation in org::all() {
        let folder = root.join("test-data").join(organisation.name);
        let mut known = BTreeSet::new();
        for file in &organisation.files {
            let path = folder.join(&file.path);
            known.insert(path.clone());
            if fs::read(&path).is_ok_and(|it| it == file.bytes) {
                continue;
            }
            let name = format!("test-data/{}/{}", organisation.name, file.path);
            if check {
                wrong.push(format!("{name}: would change"));
                continue;
            }
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)
                    .with_context(|| format!("creating the folder of {name}"))?;
            }
            fs::write(&path, &file.bytes).with_context(|| format!("writing {name}"))?;
            println!("{name}");
        }
        let stray = if folder.is_dir() { files_below(&folder)? } else { Vec::new() };
        for path in stray.into_iter().filter(|it| !known.contains(it)) {
            let name = path.strip_prefix(root).unwrap_or(&path).display();
            wrong.push(format!("{name}: is not generated; remove it or move it elsewhere"));
        }
    }
    if !wrong.is_empty() {
        bail!("test-data is not as `cargo xtask gen` writes it:\n  {}", wrong.join("\n  "));
    }
    Ok(())
}

/// Writes one agent's configuration of at least so many megabytes (of 1,000,000 bytes).
pub(crate) fn big_config(path: &Path, megabytes: u64) -> anyhow::Result<()> {
    ensure!(
        megabytes <= MAX_MEGABYTES,
        "a configuration of {megabytes} MB was asked for, more than {MAX_MEGABYTES} MB"
    );
    let file = File::create(path).with_context(|| format!("creating {}", path.display()))?;
    let mut out = BufWriter::new(file);
    org::big::write_agent(&mut out, megabytes * MEGABYTE)
        .and_then(|()| out.flush())
        .with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_data_is_up_to_date() {
        run(crate::root(), true).unwrap();
    }

    #[test]
    fn too_much_is_refused_before_anything_is_written() {
        let path = Path::new("does-not-exist/config.xml");
        let error = big_config(path, MAX_MEGABYTES + 1).unwrap_err();
        assert!(error.to_string().contains("20001 MB"), "{error}");
    }
}
