//! `cargo xtask bench expr`: how fast expressions of rules are evaluated, beside plain Rust that does the same.
use std::{path::Path, process::Command};

use crate::{cargo, run_to_success, target_folder};

/// Builds the measurement with optimisation and runs it.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let build =
        ["build", "--quiet", "--release", "-p", "dirlift-syncengine", "--example", "bench_expr"];
    run_to_success(&mut cargo(root, &build))?;
    let example = target_folder(root)?
        .join("release/examples")
        .join(format!("bench_expr{}", std::env::consts::EXE_SUFFIX));
    run_to_success(&mut Command::new(example))
}
