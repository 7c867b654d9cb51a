//! `dirlift checklist`: the list, words and snapshots as evidence, the go-ahead, and the closed way back.
use std::{
    fs,
    path::{Path, PathBuf},
};

use dirlift_deployment::{
    ChecklistRecord, ConnectorKind, Deployment, Mode, RunResult, Store, StoredConnector,
};
use dirlift_exporter::bundle::Bundle;
use dirlift_model::{
    Guid, Product,
    checklist::{Evidence, EvidenceKind, Switches, WayBack},
};
use jiff::Timestamp;
use serde_json::Value;
use snapbox::cmd::Command;
use tempfile::TempDir;

use crate::{Outcome, dirlift, organisation, run};

/// A time long ago, counted in hours: words of today come after it.
fn hour(n: i64) -> Timestamp {
    Timestamp::from_second(1_600_000_000 + 3600 * n).unwrap()
}

/// A store beside the old server of Fabrikam, fresh from its making.
fn store(folder: &Path, bundle_sha256: &str) -> PathBuf {
    let path = folder.join("f.dirlift");
    let deployment = Deployment {
        id: Guid::from_u128(1),
        name: "Fabrikam".to_owned(),
        mode: Mode::Parallel,
        created_at: hour(0),
        bundle_sha256: bundle_sha256.to_owned(),
    };
    drop(Store::create(&path, &deployment).unwrap());
    path
}

/// So many minutes ago.
#[expect(clippy::disallowed_methods, reason = "the command judges by its own clock")]
fn ago(minutes: i64) -> Timestamp {
    Timestamp::now() - jiff::SignedDuration::from_mins(minutes)
}

/// A store whose deployment is ready for the switch: words and what was seen of servers long ago and for good, the
/// directories an hour ago, and the verification after it.
fn ready(folder: &Path) -> PathBuf {
    let path = store(folder, &"ab".repeat(32));
    let mut store = Store::open(&path).unwrap();
    let connector = |n: u128, name: &str, kind| StoredConnector {
        id: Guid::from_u128(n),
        name: name.to_owned(),
        kind,
    };
    store
        .write_connectors(&[
            connector(7, "corp", ConnectorKind::ActiveDirectory),
            connector(3, "cloud", ConnectorKind::EntraId),
        ])
        .unwrap();
    store.set_setting("rule_basis", "target").unwrap();
    for (profile, minutes) in [("Full Import", 62), ("Full Synchronization", 60)] {
        for id in [7, 3] {
            let run = store.begin_run(Guid::from_u128(id), profile, ago(minutes + 1)).unwrap();
            store.finish_run(run, RunResult::Success, &[], ago(minutes)).unwrap();
        }
    }
    let switches = Switches {
        product: Some(Product::DirSync),
        old_host: Some("FAB-SYNC01.corp.fabrikam.example".to_owned()),
        ..Switches::default()
    };
    store.write_switches(&switches).unwrap();
    drop(store);
    let list: Value = serde_json::from_str(&show(&path, &["--format", "json"]).stdout).unwrap();
    let mut store = Store::open(&path).unwrap();
    for it in list["items"].as_array().unwrap() {
        let is_before = ["prepare", "clean", "target", "build", "verify", "cutover"]
            .contains(&it["phase"].as_str().unwrap());
        if is_before && it["proof"].as_str().unwrap().starts_with("somebody's word") {
            store
                .record(&ChecklistRecord {
                    id: it["id"].as_str().unwrap().to_owned(),
                    is_done: true,
                    evidence: "seen".to_owned(),
                    source: "ticket".to_owned(),
                    author: "Ida".to_owned(),
                    recorded_at: hour(3),
                    valid_until: None,
                    sha256: None,
                })
                .unwrap();
        }
    }
    for (at, kind) in [
        (hour(4), EvidenceKind::ServerOperations),
        (hour(4), EvidenceKind::StagingOn),
        (hour(5), EvidenceKind::OldServerOff),
        (ago(50), EvidenceKind::Anchors),
        (ago(50), EvidenceKind::Comparison),
        (ago(50), EvidenceKind::Verification),
    ] {
        let mut it = Evidence::new(kind, true, "as it should be", "test", at);
        it.valid_until = None;
        it.host = (kind == EvidenceKind::OldServerOff).then(|| "fab-sync01".to_owned());
        store.add_evidence(&it, at).unwrap();
    }
    path
}

fn checklist(store: &Path) -> Command {
    dirlift().arg("checklist").arg(store)
}

fn show(store: &Path, more: &[&str]) -> Outcome {
    run(checklist(store).arg("show").args(more))
}

fn done(store: &Path, id: &str, more: &[&str]) -> Outcome {
    run(checklist(store).args(["done", id, "--evidence", "ticket 7", "--by", "Ann"]).args(more))
}

/// The list as JSON.
fn list(store: &Path) -> Value {
    serde_json::from_str(&show(store, &["--format", "json"]).stdout).unwrap()
}

fn item(list: &Value, id: &str) -> Value {
    list["items"].as_array().unwrap().iter().find(|it| it["id"] == id).unwrap().clone()
}

/// The bundle of an organisation: its file and its SHA-256.
fn bundle(folder: &Path, name: &str) -> (PathBuf, String) {
    let path = folder.join(format!("{name}.zip"));
    let command = dirlift().arg("export").arg(organisation(name)).arg("--force");
    let outcome = run(command.arg("--out").arg(&path));
    assert!(matches!(outcome.code, 0 | 4), "{}", outcome.stderr);
    let sum = Bundle::read(&path).unwrap().sum().to_string();
    (path, sum)
}

/// Fabrikam's snapshot at another time, with its two services in another state.
fn snapshot(folder: &Path, taken_at: Timestamp, state: &str, start: &str) -> PathBuf {
    let to = folder.join(format!("{state}-{start}"));
    fs::create_dir(&to).unwrap();
    let read = |name: &str| fs::read_to_string(organisation("fabrikam").join(name)).unwrap();
    let head = read("snapshot.json").replace("2026-11-16T08:30:00Z", &taken_at.to_string());
    fs::write(to.join("snapshot.json"), head).unwrap();
    let mut services: Value = serde_json::from_str(&read("services.json")).unwrap();
    for it in &mut services["services"].as_array_mut().unwrap()[..2] {
        it["state"] = state.into();
        it["start_type"] = start.into();
    }
    fs::write(to.join("services.json"), services.to_string()).unwrap();
    to
}

#[test]
fn a_new_deployment_begins_with_the_first_thing_of_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = store(folder.path(), &"ab".repeat(32));
    for columns in ["80", "140"] {
        let outcome = run(checklist(&path).arg("show").env("COLUMNS", columns));
        assert_eq!((outcome.code, outcome.stderr.as_str()), (3, ""));
        let width: usize = columns.parse().unwrap();
        assert!(outcome.stdout.lines().all(|it| it.chars().count() <= width));
        assert!(outcome.stdout.starts_with("Checklist of Fabrikam\n"));
        let first =
            outcome.stdout.find("  done   settings-exported: Export the settings;").unwrap();
        let second = outcome.stdout.find("  open   bundle-kept (blocks): ").unwrap();
        assert!(first < second);
    }
    let list = list(&path);
    assert_eq!(list["format_version"], 1);
    assert_eq!(list["go_ahead"]["decision"], "no");
    assert_eq!(list["switches"]["in_place"], false);
    assert_eq!(item(&list, "upgrade-in-place")["state"], "not-applicable");
    // Nothing is known of what Fabrikam uses.
    let why = item(&list, "federation-noted")["why"].clone();
    assert_eq!(why, "it is not known whether a domain is federated");
    let markdown = show(&path, &["--format", "markdown"]).stdout;
    assert!(markdown.contains("- [x] settings-exported: "), "{markdown}");
    assert!(markdown.contains("- [ ] bundle-kept (blocks): "));
    let page = show(&path, &["--format", "html"]).stdout;
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("item-bundle-kept"));
    assert!(!page.contains("<script"));
}

#[test]
fn the_bundle_says_what_the_customer_uses() {
    let folder = tempfile::tempdir().unwrap();
    let (path, sum) = bundle(folder.path(), "fabrikam");
    let (other, _) = bundle(folder.path(), "northwind");
    let store = store(folder.path(), &sum);
    let refused = run(checklist(&store).args(["observe", "--bundle"]).arg(&other));
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("made from another bundle"), "{}", refused.stderr);
    let outcome = run(checklist(&store).args(["observe", "--bundle"]).arg(&path));
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    // From Fabrikam's README: DirSync, Express on the same server, 38,214 objects, one domain with OU filtering, password
    // hash synchronisation, no Exchange hybrid deployment.
    let list = list(&store);
    let switches = &list["switches"];
    for (name, expected) in [
        ("product", Value::from("DirSync")),
        ("old_host", "FAB-SYNC01.corp.fabrikam.example".into()),
        ("full_sql", false.into()),
        ("remote_sql", false.into()),
        ("needs_full_sql", false.into()),
        ("several_forests", false.into()),
        ("container_filtering", true.into()),
        ("password_hash_sync", true.into()),
        ("exchange_hybrid", false.into()),
        ("federation", Value::Null),
    ] {
        assert_eq!(switches[name], expected, "{name}");
    }
    assert_eq!(item(&list, "password-hash-rights")["state"], "open");
    assert_eq!(item(&list, "exchange-hybrid-rights")["state"], "not-applicable");
    assert_eq!(item(&list, "automatic-upgrade-off")["state"], "not-applicable");
}

#[test]
fn a_snapshot_shows_whether_the_old_server_is_off() {
    let folder = tempfile::tempdir().unwrap();
    let path = ready(folder.path());
    let observe =
        |what: &str, snapshot: &Path| run(checklist(&path).args(["observe", what]).arg(snapshot));
    let other = observe("--old-server", &organisation("northwind"));
    assert_eq!(other.code, 1);
    assert!(other.stderr.contains("and the old server is FAB-SYNC01"), "{}", other.stderr);
    let same = observe("--new-server", &organisation("fabrikam"));
    assert_eq!(same.code, 1, "{}", same.stderr);
    assert_eq!(show(&path, &["--until", "verify"]).code, 0);
    assert_eq!(list(&path)["go_ahead"]["decision"], "go");
    let running = snapshot(folder.path(), hour(7), "running", "automatic");
    let outcome = observe("--old-server", &running);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.starts_with(
        "old-server-off: no, FIMSynchronizationService: running, automatic; MSOnline"
    ));
    // It counted for 24 hours, long ago: shown again it has to be.
    assert_eq!(item(&list(&path), "old-server-off")["state"], "stale");
    assert_eq!(list(&path)["go_ahead"]["decision"], "no");
    let at = |store: &Path, n: i64| -> Value {
        let time = hour(n).to_string();
        let outcome = show(store, &["--format", "json", "--as-of", &time]);
        serde_json::from_str(&outcome.stdout).unwrap()
    };
    assert_eq!(item(&at(&path, 8), "old-server-off")["state"], "open");
    observe("--old-server", &snapshot(folder.path(), hour(9), "stopped", "disabled"));
    assert_eq!(item(&at(&path, 10), "old-server-off")["state"], "done");
    let seen = item(&at(&path, 10), "old-server-off")["seen"].clone();
    assert_eq!(seen["host"], "FAB-SYNC01.corp.fabrikam.example");
    assert_eq!(seen["valid_until"], hour(9 + 24).to_string());
    assert_eq!(seen["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(item(&at(&path, 9 + 25), "old-server-off")["state"], "stale");
    observe("--old-server", &snapshot(folder.path(), hour(12), "stopped", "manual"));
    assert_eq!(item(&at(&path, 16), "old-server-off")["state"], "done");
    assert_eq!(item(&at(&path, 17), "old-server-off")["state"], "stale");
}

/// A snapshot of a server that is in staging mode or not, with a run history without an export.
fn new_server(folder: &Path, host: &str, taken_at: Timestamp, is_staging: bool) -> PathBuf {
    let to = folder.join(format!("{host} {}", taken_at.as_second()));
    fs::create_dir(&to).unwrap();
    let read = |name: &str| fs::read_to_string(organisation("adatum").join(name)).unwrap();
    let mut head: Value = serde_json::from_str(&read("snapshot.json")).unwrap();
    head["taken_at"] = taken_at.to_string().into();
    head["host"]["name"] = host.into();
    fs::write(to.join("snapshot.json"), head.to_string()).unwrap();
    let mut database: Value = serde_json::from_str(&read("database.json")).unwrap();
    database["staging_mode"] = is_staging.into();
    database["runs"] = Value::Array(Vec::new());
    fs::write(to.join("database.json"), database.to_string()).unwrap();
    to
}

#[test]
fn only_a_server_that_was_staging_makes_the_switch() {
    let folder = tempfile::tempdir().unwrap();
    let path = ready(folder.path());
    let observe = |host: &str, at: Timestamp, is_staging: bool| {
        let snapshot = new_server(folder.path(), host, at, is_staging);
        run(checklist(&path).args(["observe", "--new-server"]).arg(snapshot))
    };
    let cut_over = || Store::open(&path).unwrap().cut_over().unwrap();
    // Any server in the world exports.
    let active = observe("NEW1.corp.fabrikam.example", hour(10), false);
    assert_eq!((active.code, active.stderr.as_str()), (0, ""));
    assert!(active.stdout.contains("staging-off: yes"), "{}", active.stdout);
    assert!(active.stdout.contains("not taken as the switch"), "{}", active.stdout);
    let staging = observe("NEW1.corp.fabrikam.example", hour(11), true);
    assert!(staging.stdout.starts_with("staging-on: yes"), "{}", staging.stdout);
    // Neither a third machine makes the switch, nor a time to come.
    assert_eq!(observe("ADA-SYNC01", hour(12), false).code, 0);
    let early = observe("NEW1.corp.fabrikam.example", ago(-60), false);
    assert_eq!(early.code, 1);
    assert!(early.stderr.contains("at a time to come"), "{}", early.stderr);
    assert_eq!(cut_over(), None);
    assert_eq!(list(&path)["go_ahead"]["cut_over"], Value::Null);
    let left = observe("new1", hour(13), false);
    assert!(!left.stdout.contains("not taken as the switch"), "{}", left.stdout);
    assert_eq!(cut_over().unwrap().at, hour(13));
}

#[test]
fn words_are_recorded_in_order_and_with_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = store(folder.path(), &"ab".repeat(32));
    let ok = done(&path, "bundle-kept", &[]);
    assert_eq!((ok.code, ok.stderr.as_str()), (0, ""));
    assert!(
        ok.stdout.starts_with("bundle-kept: done, said by Ann, counts for good\ngo-ahead: no; ")
    );
    let seen = item(&list(&path), "bundle-kept")["seen"].clone();
    assert_eq!((&seen["detail"], &seen["author"]), (&"ticket 7".into(), &"Ann".into()));
    // Refused by the rules: 3. A mistake on the command line: 2. Nothing is recorded.
    for (id, more, code, says) in [
        ("old-server-off", &[] as &[&str], 3, "with --file"),
        ("leave-staging", &[], 3, "there is no go-ahead"),
        ("target-rules", &[], 3, "nobody's word is taken"),
        ("licences", &[], 3, "done before: leave-staging"),
        ("upgrade-in-place", &[], 3, "does not concern this deployment"),
        ("bundle-keep", &[], 2, "did you mean bundle-kept?"),
        ("recycle-bin", &["--by", " "], 2, "--by is empty"),
        ("recycle-bin", &["--evidence", "a\u{1b}[2J"], 2, "steer a terminal"),
        ("recycle-bin", &["--file", "/does/not/exist"], 1, "reading /does/not/exist"),
    ] {
        let mut command = checklist(&path).args(["done", id]);
        if !more.contains(&"--evidence") {
            command = command.args(["--evidence", "x"]);
        }
        if !more.contains(&"--by") {
            command = command.args(["--by", "Ann"]);
        }
        let outcome = run(command.args(more));
        assert_eq!(outcome.code, code, "{id}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(says), "{id}: {}", outcome.stderr);
    }
    assert_eq!(list(&path)["counts"]["done"], 2);
    let nobody = run(checklist(&path).args(["done", "recycle-bin", "--evidence", "x"]));
    assert_eq!(nobody.code, 2);
    assert!(nobody.stderr.contains("--by NAME"), "{}", nobody.stderr);
    let by_account =
        run(checklist(&path).args(["done", "recycle-bin", "--evidence", "x"]).env("USER", "ida"));
    assert_eq!(by_account.code, 0);
    assert_eq!(item(&list(&path), "recycle-bin")["seen"]["author"], "ida");
    // A file is named and summed, not kept. SHA-256 of "abc", FIPS 180-4.
    let file = folder.path().join("services.txt");
    fs::write(&file, "abc").unwrap();
    assert_eq!(done(&path, "staging-shown", &["--file", file.to_str().unwrap()]).code, 0);
    let seen = item(&list(&path), "staging-shown")["seen"].clone();
    assert_eq!(seen["source"], "services.txt");
    assert_eq!(seen["sha256"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[test]
fn the_switch_is_made_once_and_nobody_goes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = ready(folder.path());
    let before = list(&path);
    assert_eq!(before["go_ahead"]["decision"], "go", "{}", before["go_ahead"]);
    assert!(before["go_ahead"]["notice"].as_str().unwrap().starts_with("Nothing synchronises"));
    assert_eq!(Store::open(&path).unwrap().refuses(WayBack::Services).unwrap(), None);
    let ok = done(&path, "leave-staging", &[]);
    assert_eq!(ok.code, 0, "{}", ok.stderr);
    let after = list(&path);
    assert_eq!(after["go_ahead"]["decision"], "done");
    assert_eq!(after["go_ahead"]["cut_over"]["evidence"], "ticket 7, said by Ann");
    assert_eq!(done(&path, "leave-staging", &[]).code, 3);
    let refused = Store::open(&path).unwrap().refuses(WayBack::Undo).unwrap().unwrap();
    assert!(refused.contains("there is no way back to DirSync"), "{refused}");
    // What comes after is open still.
    assert_eq!(show(&path, &["--until", "cutover"]).code, 0);
    assert_eq!(show(&path, &[]).code, 3);
    for id in ["first-export", "licences", "scheduler"] {
        assert_eq!(done(&path, id, &[]).code, 0, "{id}");
    }
}

#[test]
fn everything_is_written_into_a_new_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = ready(folder.path());
    let out = folder.path().join("evidence");
    let export = || run(checklist(&path).args(["export", "--out"]).arg(&out));
    let outcome = export();
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    let names = "checklist.json\nchecklist.md\nchecklist.html\nevidence.json\n";
    assert_eq!(outcome.stdout, names);
    let evidence = fs::read_to_string(out.join("evidence.json")).unwrap();
    let evidence: Value = serde_json::from_str(&evidence).unwrap();
    assert_eq!(evidence.as_array().unwrap().len(), 6);
    assert_eq!(evidence[2]["kind"], "old-server-off");
    assert_eq!(export().code, 1);
    let json = fs::read_to_string(out.join("checklist.json")).unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["items"], list(&path)["items"]);
}

#[test]
fn hostile_names_steer_nothing() {
    let folder: TempDir = tempfile::tempdir().unwrap();
    let path = ready(folder.path());
    let bad = "\u{1b}[31m\u{202e}<script>alert(1)</script>";
    let mut it = Evidence::new(EvidenceKind::Verification, true, bad, bad, ago(5));
    it.valid_until = None;
    Store::open(&path).unwrap().add_evidence(&it, ago(5)).unwrap();
    for format in ["text", "markdown", "html", "json"] {
        let text = show(&path, &["--format", format]).stdout;
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{format}");
        let is_markup = |at: usize| !text[..at].ends_with('\\');
        let found = text.match_indices("<script").any(|(at, _)| is_markup(at));
        assert_eq!(found, matches!(format, "text" | "json"), "{format}");
    }
}
