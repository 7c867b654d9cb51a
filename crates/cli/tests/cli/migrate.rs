//! `dirlift migrate` and `dirlift sync`, from the bundle of an invented server and two small directories.
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use dirlift_testkit::{
    canary,
    graph::{Graph, GraphBuilder, Tenant},
};
use serde_json::Value;

use crate::{Outcome, dirlift, place::Place, run};

impl Place {
    /// `dirlift migrate bundle.zip --deployment ...` with both sources.
    fn whole(&self, arguments: &[&str]) -> Outcome {
        run(self.with_sources(self.migrate()).args(arguments))
    }

    /// The same without sources.
    fn bare(&self, arguments: &[&str]) -> Outcome {
        run(self.migrate().args(arguments))
    }
}

fn document(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{}", outcome.stderr))
}

fn refusals(plan: &Value) -> Vec<&str> {
    plan["refusals"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect()
}

/// Pending exports of the cloud, as `operation type`.
fn pending(report: &Value) -> Vec<(String, u64)> {
    let cloud = report["connectors"].as_array().unwrap().last().unwrap();
    let word = |it: &Value| {
        format!("{} {}", it["operation"].as_str().unwrap(), it["object_type"].as_str().unwrap())
    };
    let all = cloud["pending"].as_array().unwrap();
    all.iter().map(|it| (word(it), it["count"].as_u64().unwrap())).collect()
}

#[test]
fn a_plan_is_saved_carried_out_and_not_done_twice() {
    let place = Place::new();
    let plan = place.whole(&["--plan", "--format", "json"]);
    assert_eq!(plan.code, 0, "{}{}", plan.stdout, plan.stderr);
    let plan = document(&plan);
    let saved = fs::read_to_string(place.path("fabrikam.dirlift.plan.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&saved).unwrap(), plan);
    assert!(!place.store().exists(), "a plan makes no store");
    assert_eq!(plan["source"]["product"], "DirSync");

    // Without a terminal nobody can confirm.
    let asked = place.whole(&[]);
    assert_eq!(asked.code, 2, "{}", asked.stderr);
    assert!(!place.store().exists());

    // Dora has a licence and is disabled, which a guard names.
    let done = place.whole(&["--yes", "--format", "json"]);
    assert_eq!(done.code, 3, "{}", done.stderr);
    let report = document(&done);
    let guard = report["guards"].as_array().unwrap().last().unwrap();
    assert_eq!(guard["passes"], false);
    let objections = guard["objections"].as_array().unwrap();
    assert!(objections.len() == 1 && objections[0].as_str().unwrap().ends_with("is disabled"));
    // Ben, Erik and Gus are made; Fay is left out by her adminDescription.
    let pending = pending(&report);
    assert!(pending.contains(&("add user".to_owned(), 3)), "{pending:?}");
    assert!(pending.contains(&("delete user".to_owned(), 1)), "{pending:?}");
    assert_eq!(report["rule_basis"], "built-in");

    let before = fs::read(place.store()).unwrap();
    let again = place.whole(&["--yes", "--format", "json"]);
    assert_eq!(again.code, 3, "{}", again.stderr);
    assert!(again.stderr.contains("nothing to do"), "{}", again.stderr);
    assert_eq!(document(&again), report);
    assert!(fs::read(place.store()).unwrap() == before);

    let text = place.bare(&[]);
    assert!(text.stdout.contains("a guard objects"), "{}", text.stdout);
}

#[test]
fn what_differs_from_the_plan_is_refused_by_name() {
    let place = Place::new();
    assert_eq!(place.whole(&["--plan"]).code, 0);
    let other = place.whole(&["--yes", "--no-sync"]);
    assert_eq!(other.code, 3);
    assert!(
        other.stdout.contains("drift") && other.stdout.contains("--no-sync"),
        "{}",
        other.stdout
    );
    assert!(!place.store().exists());
    // A plan anew replaces the saved one.
    assert_eq!(place.whole(&["--plan", "--no-sync"]).code, 0);
    assert_eq!(place.whole(&["--yes", "--no-sync"]).code, 0);
    // A store keeps its plan, whatever is planned beside it.
    fs::remove_file(place.path("fabrikam.dirlift.plan.json")).unwrap();
    let other = place.whole(&["--yes", "--format", "json"]);
    assert_eq!((other.code, refusals(&document(&other))), (3, vec!["drift"]));
}

#[test]
fn a_deployment_is_synchronised_later_from_the_sources_it_remembers() {
    let place = Place::new();
    let sync = |arguments: &[&str]| run(dirlift().arg("sync").arg(place.store()).args(arguments));
    assert_eq!(sync(&[]).code, 1, "there is no store yet");
    let made = place.whole(&["--yes", "--no-sync"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(made.stdout.contains("not yet"), "{}", made.stdout);
    let synced = sync(&["--format", "json"]);
    assert_eq!(synced.code, 3, "{}", synced.stderr);
    let first = document(&synced);
    assert!(pending(&first).contains(&("add user".to_owned(), 3)));
    let again = document(&sync(&["--format", "json"]));
    assert_eq!(pending(&again), pending(&first));
    let wrong = sync(&["--ad", "other.example=x.ldf"]);
    assert_eq!(wrong.code, 2, "{}", wrong.stderr);
}

#[test]
fn a_source_that_fails_stops_part_way_and_is_resumed() {
    let place = Place::new();
    let users = place.path("tenant").join("users.jsonl");
    let whole = fs::read_to_string(&users).unwrap();
    fs::write(&users, "{\"id\":").unwrap();
    let stopped = place.whole(&["--yes"]);
    assert_eq!(stopped.code, 5, "{}{}", stopped.stdout, stopped.stderr);
    assert!(stopped.stderr.contains("--resume"), "{}", stopped.stderr);
    let again = place.whole(&["--yes"]);
    assert_eq!(again.code, 5, "it has to be said: {}", again.stderr);
    fs::write(&users, whole).unwrap();
    // The sources are remembered.
    let resumed = place.bare(&["--resume", "--format", "json"]);
    assert_eq!(resumed.code, 3, "{}", resumed.stderr);
    assert!(pending(&document(&resumed)).contains(&("add user".to_owned(), 3)));
}

#[test]
fn plans_that_are_refused_end_with_three_and_change_nothing() {
    let place = Place::new();
    let of = |arguments: &[&str]| {
        let outcome = place.whole(&[arguments, &["--yes", "--format", "json"]].concat());
        assert_eq!(outcome.code, 3, "{arguments:?}: {}", outcome.stderr);
        let plan = document(&outcome);
        refusals(&plan).join(" ")
    };
    assert_eq!(of(&["--mode", "in-place"]), "services-out-of-reach");
    assert_eq!(of(&["--use-existing-database"]), "settings-and-database");
    assert_eq!(
        of(&["--connect-sql-server", r"FAB-SYNC01\MSONLINE"]),
        "same-sql-instance service-account"
    );
    let bare = place.bare(&["--yes", "--format", "json"]);
    assert_eq!((bare.code, refusals(&document(&bare)).len()), (3, 2));
    let mut bytes = fs::read(place.path("bundle.zip")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(place.path("bundle.zip"), bytes).unwrap();
    assert_eq!(of(&[]), "damaged-bundle");
    assert!(!place.store().exists());
}

#[test]
fn mistakes_on_the_command_line() {
    let place = Place::new();
    let code = |arguments: &[&str]| place.bare(arguments).code;
    let folder = place.path("tenant");
    let folder = folder.to_str().unwrap();
    assert_eq!(code(&["--ad", "http://dc1", "--entra", folder, "--plan"]), 2);
    assert_eq!(code(&["--ad", "x.ldf", "--entra", "graph:common", "--plan"]), 2);
    assert_eq!(code(&["--plan", "--resume"]), 2);
    // A tenant shows nothing to those who do not sign in, and that is known before anything is done.
    let ad = place.path("forest.ldf");
    let outcome =
        place.bare(&["--ad", ad.to_str().unwrap(), "--entra", "graph:a.example", "--yes"]);
    assert_eq!(outcome.code, 2, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("--client-id") && !place.store().exists());
    assert!(Path::new(folder).is_dir());
}

#[test]
fn a_tenant_is_read_through_graph_and_no_secret_stays_in_the_store() {
    let place = Place::new();
    let server = GraphBuilder::new(Tenant::fabrikam(20, 2)).start().unwrap();
    let ad = place.path("forest.ldf");
    let migrate = |secret: &str, more: &[&str]| {
        let command = place.migrate().arg("--ad").arg(&ad);
        let command = command.args(["--entra", &format!("graph:{}", Graph::TENANT)]);
        let command = command.args(["--client-id", Graph::CLIENT, "--loopback", server.root()]);
        let command = command.env("DIRLIFT_CLIENT_SECRET", secret).env("RUST_LOG", "trace");
        run(command.args(["--yes", "--format", "json"]).args(more))
    };
    // A secret that is refused is known before anything is imported.
    let wrong = migrate("CANARY-secret-wrong", &[]);
    assert_eq!(wrong.code, 5, "{}", wrong.stderr);
    let done = migrate(Graph::SECRET, &["--resume"]);
    // The tenant's administrator is synchronised, and nobody on premises has it: a guard objects to the delete.
    assert_eq!(done.code, 3, "{}", done.stderr);
    assert!(done.stdout.contains("delete of the administrator"), "{}", done.stdout);
    let report = document(&done);
    let cloud = report["connectors"].as_array().unwrap().last().unwrap();
    // Users, groups, contacts, devices.
    assert_eq!(cloud["full_import"]["objects"], 20 + 2 + 5 + 3);
    let told = [wrong.stdout, wrong.stderr, done.stdout, done.stderr].concat();
    let store = fs::read(place.store()).unwrap();
    for secret in Graph::CANARIES {
        assert_eq!(canary::find(secret, told.as_bytes()), None, "{told}");
        assert_eq!(canary::find(secret, &store), None, "{secret} is in the store");
    }
}

#[test]
fn killed_again_and_again_it_comes_to_the_same() {
    let place = Place::new();
    let begin = Instant::now();
    let undisturbed = document(&place.whole(&["--yes", "--format", "json"]));
    let whole = begin.elapsed();
    fs::remove_file(place.store()).unwrap();
    let mut n_killed = 0;
    // Later and later, so that the last ones find more done than the first.
    for tenth in [1, 2, 3, 4, 5, 6, 7, 8] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_dirlift"))
            .arg("migrate")
            .arg(place.path("bundle.zip"))
            .arg("--deployment")
            .arg(place.store())
            .arg("--ad")
            .arg(place.path("forest.ldf"))
            .arg("--entra")
            .arg(place.path("tenant"))
            .args(["--yes", "--resume"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(whole * tenth / 10 / 2 + Duration::from_millis(1));
        child.kill().unwrap();
        // One that came to its end says so with 3: a guard objects.
        n_killed += u32::from(child.wait().unwrap().code() != Some(3));
    }
    assert!(n_killed > 0, "no child was caught");
    let resumed = place.whole(&["--yes", "--resume", "--format", "json"]);
    assert_eq!(document(&resumed), undisturbed, "{}", resumed.stderr);
}
