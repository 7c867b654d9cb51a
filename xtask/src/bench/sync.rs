//! `cargo xtask bench sync`: how long a full synchronization takes, and what memory it needs.
use std::{path::Path, process::Command};

use crate::{cargo, run_to_success, target_folder};

/// Rules of a real server; read when they lie beside the checkout.
const SAMPLE: &str = "../shared/samples/contoso-aadconnect-1.1.130.0/SynchronizationRules";

/// Builds the measurement with optimisation and runs it.
pub(crate) fn run(root: &Path, n_objects: usize) -> anyhow::Result<()> {
    let build =
        ["build", "--quiet", "--release", "-p", "dirlift-syncengine", "--example", "bench_sync"];
    run_to_success(&mut cargo(root, &build))?;
    let example = target_folder(root)?
        .join("release/examples")
        .join(format!("bench_sync{}", std::env::consts::EXE_SUFFIX));
    let mut command = Command::new(example);
    command.arg(n_objects.to_string());
    let sample = root.join(SAMPLE);
    if sample.is_dir() {
        command.arg(sample);
    }
    run_to_success(&mut command)
}
