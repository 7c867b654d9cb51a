//! How long a full synchronization takes and what memory it needs: `bench_sync OBJECTS [RULES-FOLDER]`.
//!
//! An invented organisation of 85 % users, 10 % groups (20 members each, one of 50,000) and 5 % contacts meets a tenant
//! that has it all, with 1 % drift of every kind. `cargo xtask bench sync` builds it with optimisation and runs it.
#![expect(clippy::print_stdout, reason = "a measurement talks on standard output")]
#![allow(clippy::unwrap_used, reason = "a measurement may stop at what it did not expect")]
mod objects;
mod rules;

use std::{env, fs, path::Path, thread, time::Instant};

use dirlift_model::{Guid, SyncRule};
use dirlift_syncengine::{
    rules::{Direction, RuleSet},
    sync::{Connector, ConnectorKind, Mark, Options, Synchronization},
};

use objects::Organisation;

/// Objects that are put into the tenant at a time.
const SLICE: usize = 10_000;

fn main() {
    let mut arguments = env::args().skip(1);
    let n_objects: usize = arguments.next().and_then(|it| it.parse().ok()).unwrap_or(100_000);
    let folder = arguments.next();
    let (rules, basis) = match folder.as_deref().map(Path::new).filter(|it| it.is_dir()) {
        Some(folder) => (rules::from_folder(folder), "the sample's rules"),
        None => (rules::built_in(), "the small set of the measurement"),
    };
    let threads = thread::available_parallelism().map_or(1, Into::into);
    println!("{n_objects} objects, {} rules ({basis}), {threads} threads", rules.len());
    run(&Organisation::new(n_objects), &rules, threads);
}

fn run(organisation: &Organisation, rules: &[SyncRule], threads: usize) {
    let start = Instant::now();
    let mut sync = synchronization(rules, threads);
    let (ad, entra) = (connectors(rules)[0].id, connectors(rules)[1].id);
    let (mut adding, mut n_cloud) = (0.0, 0);
    let n_objects = organisation.len();
    for first in (0..n_objects).step_by(SLICE) {
        let slice = first..(first + SLICE).min(n_objects);
        let objects: Vec<_> = slice.clone().map(|it| organisation.object(it)).collect();
        let cloud = tenant(organisation, rules, slice);
        let moment = Instant::now();
        for object in objects {
            sync.add(ad, object).unwrap();
        }
        for object in cloud {
            n_cloud += 1;
            sync.add_marked(entra, object, Mark::Synchronised).unwrap();
        }
        adding += moment.elapsed().as_secs_f64();
    }
    println!(
        "made up in      {:7.1} s, {n_cloud} objects in the tenant",
        start.elapsed().as_secs_f64() - adding
    );
    println!("loading         {adding:7.1} s, {} MB now", megabytes("VmRSS:"));
    // The mark of the highest use begins anew, where the system lets it.
    drop(fs::write("/proc/self/clear_refs", "5"));
    let (moment, used) = (Instant::now(), processor_seconds());
    let done = sync.run().unwrap();
    let (seconds, most) = (moment.elapsed().as_secs_f64(), megabytes("VmHWM:"));
    println!(
        "synchronizing   {seconds:7.1} s ({:.1} s of processors), {most} MB at most",
        processor_seconds() - used,
    );
    for (what, bytes) in done.memory() {
        println!("  {what:14}{:6} MB", bytes / 1_000_000);
    }
    let moment = Instant::now();
    let (mut n_exports, mut n_changes) = (0, 0);
    for export in done.exports() {
        n_exports += 1;
        n_changes += export.changes.len();
    }
    println!(
        "reading exports {:7.1} s, {n_exports} exports with {n_changes} changes",
        moment.elapsed().as_secs_f64()
    );
    let summary = done.summary();
    for it in &summary.connectors {
        println!(
            "  {}: {} objects, {} linked, {:?}, {} errors",
            it.connector, it.objects, it.linked, it.exports, it.errors
        );
    }
    println!(
        "  metaverse {}, passes {}, references left out {}, predicted {:?}",
        summary.metaverse_objects, summary.passes, summary.references_left_out, summary.predicted
    );
    for error in done.errors().take(3) {
        println!("  {}: {}", error.dn, error.problem);
    }
    // For `cargo xtask bench sync`.
    println!("measured {seconds} {most}");
}

/// What the cloud has of some objects, nearly.
fn tenant(
    organisation: &Organisation,
    rules: &[SyncRule],
    slice: std::ops::Range<usize>,
) -> Vec<dirlift_model::CsObject> {
    let mut sync = synchronization(rules, 1);
    let connectors = connectors(rules);
    for it in slice.clone() {
        sync.add(connectors[0].id, organisation.object(it)).unwrap();
    }
    let done = sync.run().unwrap();
    let exports: Vec<_> = done.exports().collect();
    organisation.drifted(exports, slice)
}

fn synchronization(rules: &[SyncRule], threads: usize) -> Synchronization {
    let mut options = Options::at("2026-01-02T03:04:05Z".parse().unwrap());
    options.threads = threads;
    Synchronization::new(RuleSet::compile(rules, &()), connectors(rules), options).unwrap()
}

/// Active Directory and the cloud, by the rules that belong to them.
fn connectors(rules: &[SyncRule]) -> Vec<Connector> {
    let is_in = |it: &&SyncRule| Direction::of(&it.direction) == Some(Direction::Inbound);
    let find = |part: &str| -> Guid {
        rules.iter().filter(is_in).find(|it| it.name.contains(part)).unwrap().connector
    };
    let mut ad = Connector::new(find("from AD "), "AD", ConnectorKind::ActiveDirectory);
    for name in ["Domain.FQDN", "Domain.Netbios", "Forest.FQDN", "Forest.Netbios"] {
        ad.parameters.insert(name.to_owned(), "fabrikam.example".to_owned());
    }
    vec![ad, Connector::new(find("from AAD"), "AAD", ConnectorKind::Entra)]
}

/// What the program has used of the processors, all threads together; nothing where /proc is missing.
fn processor_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name in brackets: user and system time are the twelfth and thirteenth, in hundredths of a second.
    let fields = stat.rsplit_once(')').map_or("", |it| it.1).split_whitespace();
    fields.skip(11).take(2).filter_map(|it| it.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// A line of /proc, whose kB are 1,024 bytes, in millions of bytes.
fn megabytes(what: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|it| it.strip_prefix(what)).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) * 1024 / 1_000_000
}
