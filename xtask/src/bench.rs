//! `cargo xtask bench config`: how fast a large server configuration is read, beside xmllint on the same file.
//! `cargo xtask bench facts`: how fast a database is read over TDS, beside what the responder can send.
pub(crate) mod csexport;
pub(crate) mod diff;
pub(crate) mod expr;
pub(crate) mod import_ad;
pub(crate) mod import_entra;
pub(crate) mod sync;
pub(crate) mod verify;
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};

use crate::{cargo, r#gen, run_to_success, target_folder, test::have_xmllint};

/// Size of the generated file in megabytes (of 1,000,000 bytes).
const SIZE: u64 = 110;

/// Runs of each program.
const RUNS: usize = 3;

/// How often the memory of the running program is looked at.
const POLL: Duration = Duration::from_millis(2);

/// Runs of one program.
struct Measurement {
    /// Sorted, shortest first.
    times: Vec<Duration>,
    /// Largest resident set in kilobytes that was seen; `None` where /proc is missing.
    peak_kb: Option<u64>,
}

/// Reads a large configuration with dirlift and with xmllint.
pub(crate) fn config(root: &Path) -> anyhow::Result<()> {
    let target = target_folder(root)?;
    let file = target.join("bench-config.xml");
    r#gen::big_config(&file, SIZE)?;
    let n_bytes =
        fs::metadata(&file).with_context(|| format!("looking at {}", file.display()))?.len();
    println!("{n_bytes} bytes in {}", file.file_name().unwrap_or_default().display());
    let build =
        ["build", "--quiet", "--release", "-p", "dirlift-serverconfig", "--example", "read_config"];
    run_to_success(&mut cargo(root, &build))?;
    let example = target
        .join("release/examples")
        .join(format!("read_config{}", std::env::consts::EXE_SUFFIX));
    let ours = measure(|| {
        let mut command = Command::new(&example);
        command.arg(&file);
        command
    })?;
    show("dirlift", &ours, n_bytes);
    if have_xmllint()? {
        let theirs = measure(|| {
            let mut command = Command::new("xmllint");
            command.args(["--stream", "--noout", "--huge"]).arg(&file);
            command
        })?;
        show("xmllint --stream", &theirs, n_bytes);
        let ratio = theirs.times[0].as_secs_f64() / ours.times[0].as_secs_f64();
        println!("best against best: dirlift is {ratio:.2} times as fast as xmllint");
    }
    println!(
        "Peak memory is VmHWM of /proc, looked at every {} ms while the program ran.",
        POLL.as_millis()
    );
    Ok(())
}

/// Reads a large run history over TDS, in clear and in TLS, and takes the same answer off a bare socket.
pub(crate) fn facts(root: &Path) -> anyhow::Result<()> {
    let run = ["run", "--quiet", "--release", "-p", "dirlift-syncdb", "--example", "bench_facts"];
    run_to_success(&mut cargo(root, &run))
}

fn measure(command: impl Fn() -> Command) -> anyhow::Result<Measurement> {
    measure_until(|it| it.success(), command)
}

/// Measures a command that has to end as `is_well` says.
fn measure_until(
    is_well: impl Fn(std::process::ExitStatus) -> bool,
    command: impl Fn() -> Command,
) -> anyhow::Result<Measurement> {
    let mut times = Vec::new();
    let mut peak_kb = None;
    for _ in 0..RUNS {
        let mut command = command();
        let start = Instant::now();
        let mut child = command
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("running {command:?}"))?;
        let status = loop {
            // The mark never falls, so the last look before the end is the highest.
            peak_kb = peak_kb.max(high_water_mark(child.id()));
            if let Some(status) = child.try_wait()? {
                break status;
            }
            thread::sleep(POLL);
        };
        times.push(start.elapsed());
        ensure!(is_well(status), "{command:?} ended with {status}");
    }
    times.sort();
    Ok(Measurement { times, peak_kb })
}

fn high_water_mark(pid: u32) -> Option<u64> {
    parse_high_water_mark(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

fn parse_high_water_mark(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[expect(clippy::cast_precision_loss, reason = "megabytes for people")]
fn show(name: &str, measurement: &Measurement, n_bytes: u64) {
    let rate = |time: Duration| n_bytes as f64 / 1e6 / time.as_secs_f64();
    let (best, median) = (rate(measurement.times[0]), rate(measurement.times[RUNS / 2]));
    let peak = measurement
        .peak_kb
        .map_or("unknown".to_owned(), |it| format!("{:.1} MB", it as f64 / 1024.0));
    println!("{name:17} best {best:7.1} MB/s   median {median:7.1} MB/s   peak memory {peak}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_high_water_mark() {
        let status = "Name:\tx\nVmPeak:\t  9999 kB\nVmHWM:\t    1234 kB\nVmRSS:\t 1000 kB\n";
        assert_eq!(parse_high_water_mark(status), Some(1234));
        assert_eq!(parse_high_water_mark("Name:\tx\n"), None);
    }
}
