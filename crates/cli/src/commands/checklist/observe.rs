//! `dirlift checklist STORE observe`: what snapshots and the bundle show.
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use dirlift_deployment::Store;
use dirlift_exporter::bundle::Bundle;
use dirlift_model::{
    Analysis, Facts,
    checklist::{CutOver, Evidence, EvidenceKind, Switches},
    host::same_host,
    text::sanitize,
};
use dirlift_source::{Host as _, Snapshot};
use dirlift_verifier::checklist::{Unusable, is_past, is_switch, new_server, old_server, switches};
use sha2::{Digest as _, Sha256};

use super::{
    checklist,
    evidence::{hex, sum_of_file},
};
use crate::{context, error::CommandError, exit::Exit};

/// Takes evidence from the bundle and from snapshots of both servers
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
pub(super) struct Observe {
    /// The bundle that the deployment was made from: it says what the customer uses
    #[arg(long, value_name = "BUNDLE")]
    bundle: Option<PathBuf>,
    /// Fresh snapshot of the old server: it shows whether its services are off
    #[arg(long, value_name = "SNAPSHOT")]
    old_server: Option<PathBuf>,
    /// Fresh snapshot of the new server: it shows whether it is in staging mode
    #[arg(long, value_name = "SNAPSHOT")]
    new_server: Option<PathBuf>,
}

pub(super) fn run(path: &Path, args: &Observe) -> Result<Exit, CommandError> {
    let mut store = Store::open(path)?;
    let mut known = store.switches()?.unwrap_or_default();
    if let Some(bundle) = &args.bundle {
        known = of_bundle(bundle, &store.deployment().bundle_sha256, &known)?;
        store.write_switches(&known)?;
    }
    let mut seen = Vec::new();
    if let Some(snapshot) = &args.old_server {
        let it = look(snapshot, |facts, source| old_server(facts, source).map(|it| vec![it]))?;
        check_host(snapshot, &it, &known, true)?;
        seen.extend(it);
    }
    if let Some(snapshot) = &args.new_server {
        let it = look(snapshot, new_server)?;
        if store.deployment().mode == dirlift_deployment::Mode::Parallel {
            check_host(snapshot, &it, &known, false)?;
        }
        seen.extend(it);
    }
    let now = context::now();
    let before = store.evidence()?;
    let mut text = String::new();
    for it in &seen {
        store.add_evidence(it, now)?;
        let word = if it.holds { "yes" } else { "no" };
        let detail = sanitize(&it.detail);
        let _ = writeln!(text, "{}: {word}, {detail} ({})", it.kind, it.seen_at);
    }
    if let Some(left) = seen.iter().find(|it| it.kind == EvidenceKind::StagingOff && it.holds) {
        if is_switch(&super::switches(&store)?, &before, left, now) {
            let evidence = format!("{} ({})", left.detail, left.source);
            store.write_cut_over(&CutOver { at: left.seen_at, evidence })?;
        } else {
            text.push_str(
                "not taken as the switch: this server was never shown to be in staging mode before\n",
            );
        }
    }
    let list = checklist(&store, now)?;
    let decision = list.go_ahead.decision.as_str();
    let _ = writeln!(text, "go-ahead: {decision}; {}", list.counts.words());
    context::write_stdout(&text)?;
    Ok(Exit::Done)
}

/// What the analysis in the bundle says; what only the tenant told before stays.
fn of_bundle(path: &Path, sum: &str, before: &Switches) -> Result<Switches, CommandError> {
    let bundle = Bundle::read(path).map_err(CommandError::failed)?;
    if bundle.sum().to_string() != sum {
        let text =
            format!("reading {}: the deployment was made from another bundle", path.display());
        return Err(CommandError::failed(text).hint(format!("its SHA-256 is {sum}")));
    }
    let mut it = uses(&bundle)
        .map_err(|it| CommandError::failed(format!("reading {}: {it}", path.display())))?;
    it.federation = it.federation.or(before.federation);
    it.existing_database = it.existing_database.or(before.existing_database);
    Ok(it)
}

/// What the analysis in a bundle says of the customer.
pub(in crate::commands) fn uses(bundle: &Bundle) -> Result<Switches, String> {
    let bytes = bundle.part("analysis.json").ok_or("it has no analysis.json")?;
    let analysis: Analysis =
        serde_json::from_slice(bytes).map_err(|it| format!("analysis.json: {it}"))?;
    Ok(switches(&analysis, None))
}

/// Reads a snapshot and judges it.
fn look(
    path: &Path,
    judge: impl Fn(&Facts, &str) -> Result<Vec<Evidence>, Unusable>,
) -> Result<Vec<Evidence>, CommandError> {
    let snapshot = Snapshot::open(path)?;
    let mut progress = context::progress();
    let facts = dirlift_source::assemble(&snapshot, None, &mut progress)?;
    drop(progress);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut all = judge(&facts, &format!("snapshot {name}"))
        .map_err(|it| CommandError::failed(format!("reading {}: {it}", path.display())))?;
    if let Some(it) = all.iter().find(|it| !is_past(it.seen_at, context::now())) {
        let text =
            format!("reading {}: it was taken at a time to come ({})", path.display(), it.seen_at);
        return Err(CommandError::failed(text).hint("compare the clocks of both machines"));
    }
    let sum = if path.is_file() { sum_of_file(path)? } else { sum_of_parts(&snapshot)? };
    for it in &mut all {
        it.sha256 = Some(sum.clone());
    }
    Ok(all)
}

/// SHA-256 over the names and contents of all parts of a folder, in the order of the names.
fn sum_of_parts(snapshot: &Snapshot) -> Result<String, CommandError> {
    let mut sum = Sha256::new();
    for part in snapshot.parts() {
        let bytes = snapshot.read(&part)?.unwrap_or_default();
        sum.update((part.len() as u64).to_le_bytes());
        sum.update(part.as_bytes());
        sum.update((bytes.len() as u64).to_le_bytes());
        sum.update(&bytes);
    }
    Ok(hex(&sum.finalize()))
}

/// The old server's snapshot has to be of the old server, and the new one's of another machine.
fn check_host(
    path: &Path,
    all: &[Evidence],
    known: &Switches,
    is_old: bool,
) -> Result<(), CommandError> {
    let Some(old) = &known.old_host else {
        let text = "it is not known which host the old server is";
        return Err(CommandError::failed(text)
            .hint("give the bundle that the deployment was made from with --bundle"));
    };
    for host in all.iter().filter_map(|it| it.host.as_ref()) {
        if same_host(old, host) != is_old {
            let text = if is_old {
                format!("reading {}: it is of {host}, and the old server is {old}", path.display())
            } else {
                format!("reading {}: it is of {host}, which is the old server", path.display())
            };
            return Err(CommandError::failed(text));
        }
    }
    Ok(())
}
