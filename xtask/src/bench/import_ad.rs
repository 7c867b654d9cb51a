//! `cargo xtask bench import`, the part of Active Directory: an example of `directory` measures and prints.
use std::{path::Path, process::Command};

use crate::{cargo, run_to_success, target_folder, test::have_samba};

/// Measures the client's own ceiling, LDIF beside a small Python parser, and Samba beside ldapsearch.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    have_samba()?;
    let build =
        ["build", "--quiet", "--release", "-p", "dirlift-directory", "--example", "bench_import"];
    run_to_success(&mut cargo(root, &build))?;
    let target = target_folder(root)?;
    let name = format!("bench_import{}", std::env::consts::EXE_SUFFIX);
    run_to_success(Command::new(target.join("release/examples").join(name)).arg(&target))
}
