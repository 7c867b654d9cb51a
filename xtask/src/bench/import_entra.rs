//! The Graph part of `cargo xtask bench import`: objects a second from a Graph on this machine, beside a plain loop.
use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, ensure};

use super::{Measurement, measure};
use crate::{cargo, run_to_success, target_folder};

/// Users of the tenant.
const USERS: u32 = 100_000;

/// Groups of ten members, in the run that reads groups too.
const GROUPS: u32 = 5_000;

/// Contacts and devices, which every such tenant has.
const OTHERS: u32 = 8;

/// Reads users, then users and groups with their members.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let build =
        ["build", "--quiet", "--release", "-p", "dirlift-entra", "--example", "bench_graph"];
    run_to_success(&mut cargo(root, &build))?;
    let example = target_folder(root)?
        .join("release/examples")
        .join(format!("bench_graph{}", std::env::consts::EXE_SUFFIX));
    let users = Server::start(&example, USERS, 0)?;
    let plain = read(&example, "plain", &users)?;
    let ours = read(&example, "ours", &users)?;
    show("plain loop", &plain, USERS + OTHERS);
    show("dirlift", &ours, USERS + OTHERS);
    let ratio = plain.times[0].as_secs_f64() / ours.times[0].as_secs_f64();
    println!(
        "best against best: dirlift has {ratio:.2} times the rate of the plain loop, which makes no objects"
    );
    drop(users);
    let groups = Server::start(&example, USERS, GROUPS)?;
    show("with groups", &read(&example, "ours", &groups)?, USERS + GROUPS + OTHERS);
    Ok(())
}

/// A Graph in a process of its own, so that its memory is not counted.
struct Server {
    child: Child,
    root: String,
}

impl Server {
    fn start(example: &Path, n_users: u32, n_groups: u32) -> anyhow::Result<Self> {
        let mut child = Command::new(example)
            .args(["serve", &n_users.to_string(), &n_groups.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("running {}", example.display()))?;
        let mut root = String::new();
        let out = child.stdout.take().context("the server has no standard output")?;
        BufReader::new(out).read_line(&mut root)?;
        ensure!(root.starts_with("http://"), "the server did not say where it is: {root}");
        Ok(Self { child, root: root.trim().to_owned() })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends with its standard input; a server that ended before needs no farewell.
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}

fn read(example: &Path, how: &str, server: &Server) -> anyhow::Result<Measurement> {
    let command = || {
        let mut command = Command::new(example);
        command.args([how, &server.root]);
        command
    };
    // The first reading lets the server work out its pages.
    run_to_success(command().stdout(Stdio::null()))?;
    measure(command)
}

#[expect(clippy::cast_precision_loss, reason = "megabytes for people")]
fn show(name: &str, measurement: &Measurement, n_objects: u32) {
    let rate = f64::from(n_objects) / measurement.times[0].as_secs_f64();
    let peak = measurement
        .peak_kb
        .map_or("unknown".to_owned(), |it| format!("{:.1} MB", it as f64 / 1024.0));
    println!("{name:17} best {rate:9.0} objects/s   peak memory {peak}");
}
