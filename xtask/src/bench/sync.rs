//! `cargo xtask bench sync`: how long a full synchronization takes, what memory it needs, and how both grow.
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, ensure};

use crate::{cargo, run_to_success, target_folder};

/// Rules of a real server; read when they lie beside the checkout.
const SAMPLE: &str = "../shared/samples/contoso-aadconnect-1.1.130.0/SynchronizationRules";
/// How much smaller the organisation is that the other is compared with.
const SMALLER: usize = 10;
/// How often that is measured before and after: a run is short, and the machine's speed is not the same for long.
const RUNS: usize = 3;

/// What one run took.
struct Measured {
    seconds: f64,
    megabytes: f64,
}

/// Builds the measurement with optimisation and runs it, a tenth of it before and after.
pub(crate) fn run(root: &Path, n_objects: usize) -> anyhow::Result<()> {
    let build =
        ["build", "--quiet", "--release", "-p", "dirlift-syncengine", "--example", "bench_sync"];
    run_to_success(&mut cargo(root, &build))?;
    let example = target_folder(root)?
        .join("release/examples")
        .join(format!("bench_sync{}", std::env::consts::EXE_SUFFIX));
    let rules = Some(root.join(SAMPLE)).filter(|it| it.is_dir());
    let n_fewer = n_objects / SMALLER;
    let few = |runs: usize| -> anyhow::Result<Vec<Measured>> {
        (0..runs).map(|_| measured(&example, n_fewer, rules.as_ref())).collect()
    };
    let before = few(RUNS)?;
    let all = measured(&example, n_objects, rules.as_ref())?;
    let after = few(RUNS)?;
    let seconds = |them: &[Measured]| mean(them.iter().map(|it| it.seconds));
    let fewer = Measured {
        seconds: f64::midpoint(seconds(&before), seconds(&after)),
        megabytes: mean(before.iter().chain(&after).map(|it| it.megabytes)),
    };
    println!(
        "\n{n_objects} objects: {:.0} objects/s, {:.1} s, {:.0} MB at most; of a million at most 60 s and 2,500 MB are wanted",
        f64::from(u32::try_from(n_objects)?) / all.seconds,
        all.seconds,
        all.megabytes
    );
    println!(
        "against {n_fewer} objects ({:.1} s before, {:.1} s after, means of {RUNS} runs): {:.1} times the time (at most 11 are wanted), {:.1} times \
         the memory (10)",
        seconds(&before),
        seconds(&after),
        all.seconds / fewer.seconds,
        all.megabytes / fewer.megabytes
    );
    Ok(())
}

fn mean(numbers: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = numbers.fold((0.0, 0.0), |(sum, n), it| (sum + it, n + 1.0));
    sum / n
}

/// Runs the measurement, shows what it says, and reads its last line.
fn measured(example: &Path, n_objects: usize, rules: Option<&PathBuf>) -> anyhow::Result<Measured> {
    let mut command = Command::new(example);
    command.arg(n_objects.to_string()).args(rules).stderr(Stdio::inherit());
    let output = command.output().with_context(|| format!("run {}", example.display()))?;
    let text = String::from_utf8(output.stdout)?;
    print!("{text}");
    ensure!(output.status.success(), "the measurement ended with {}", output.status);
    let numbers = text.lines().last().and_then(|it| it.strip_prefix("measured "));
    let mut numbers = numbers.into_iter().flat_map(str::split_whitespace).map(str::parse::<f64>);
    let mut next = || numbers.next().context("the measurement says nothing of itself");
    Ok(Measured { seconds: next()??, megabytes: next()?? })
}
