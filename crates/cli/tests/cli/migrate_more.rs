//! `dirlift migrate --resume`, and what `dirlift sync` may change in a deployment that was begun.
use std::{
    fs,
    path::{Path, PathBuf},
};

use dirlift_testkit::graph::{Fault, Graph, GraphBuilder, Kind, Tenant};
use serde_json::Value;
use snapbox::cmd::Command;

use crate::{Outcome, copy, dirlift, files, organisation, place::Place, run};

/// Connectors of Adatum, a server of Entra Connect.
const ADATUM: [&str; 2] =
    ["{3f6c1b0a-52d7-4e8b-9a43-7c0d8e21f5b6}", "{9b2e7d14-08ac-4c6f-b1d3-5e4f60a792c8}"];

/// The folder of a [`Place`], in which commands are run: files are typed by their names.
struct Here(Place);

impl Here {
    fn new() -> Self {
        Self(Place::new())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    fn dirlift(&self) -> Command {
        dirlift().current_dir(self.0.path(""))
    }

    /// A command in this folder, with both sources as they are typed there.
    fn migrate(&self, arguments: &[&str]) -> Outcome {
        self.bare(&[&["--ad", "forest.ldf", "--entra", "tenant"], arguments].concat())
    }

    fn bare(&self, arguments: &[&str]) -> Outcome {
        let command = self.dirlift().args(["migrate", "bundle.zip"]);
        run(command.args(["--deployment", "f.dirlift"]).args(arguments))
    }

    fn sync(&self, arguments: &[&str]) -> Outcome {
        run(self.dirlift().args(["sync", "f.dirlift"]).args(arguments))
    }

    /// Stops at the import of the tenant; the answer mends it.
    fn stopped(&self, arguments: &[&str]) -> impl Fn() {
        let users = self.path("tenant").join("users.jsonl");
        let whole = fs::read_to_string(&users).unwrap();
        fs::write(&users, "{\"id\":").unwrap();
        let stopped = self.migrate(&[&["--yes"], arguments].concat());
        assert_eq!(stopped.code, 5, "{}{}", stopped.stdout, stopped.stderr);
        move || fs::write(&users, &whole).unwrap()
    }

    /// The rules of Adatum as if they were those of Fabrikam's new server, with an anchor.
    fn rules(&self, name: &str, anchor: &str) {
        let plan = self.migrate(&["--plan", "--format", "json"]);
        fs::remove_file(self.path("f.dirlift.plan.json")).unwrap();
        let plan = document(&plan);
        let id = |at: usize| format!("{{{}}}", plan["connectors"][at]["id"].as_str().unwrap());
        let folder = organisation("adatum").join("server-configuration");
        let target = self.path(name);
        copy(&folder, &target, |it| it.starts_with("SynchronizationRules/"));
        for file in files(&target) {
            let path = target.join(file);
            let text = fs::read_to_string(&path).unwrap();
            let text = text.replace(ADATUM[0], &id(0)).replace(ADATUM[1], &id(1));
            let text = text.replace("mS-DS-ConsistencyGuid", anchor);
            fs::write(path, text).unwrap();
        }
    }
}

fn document(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{}", outcome.stderr))
}

fn refusals(plan: &Value) -> Vec<&str> {
    plan["refusals"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect()
}

#[test]
fn the_new_servers_rules_come_into_a_deployment_that_was_begun() {
    let place = Here::new();
    place.rules("good", "objectGUID");
    place.rules("other", "mS-DS-ConsistencyGuid");
    // Told before anything is done, from the rules of the folder.
    let plan = document(&place.migrate(&["--plan", "--rules", "other", "--format", "json"]));
    assert_eq!(refusals(&plan), ["source-anchor"]);

    // And from the rules of a bundle, into which dirlift export had taken them.
    let bundle = place.path("other.zip");
    let export = place.dirlift().arg("export").arg(organisation("fabrikam"));
    let export = run(export.args(["--force", "--rules", "other", "--out"]).arg(&bundle));
    assert!(matches!(export.code, 0 | 4), "{}", export.stderr);
    let command = place.dirlift().arg("migrate").arg(&bundle);
    let command = command.args(["--deployment", "g.dirlift", "--ad", "forest.ldf"]);
    let plan = run(command.args(["--entra", "tenant", "--plan", "--format", "json"]));
    assert_eq!(refusals(&document(&plan)), ["source-anchor"]);

    let made = document(&place.migrate(&["--yes", "--format", "json"]));
    assert_eq!(made["rule_basis"], "built-in");
    // migrate says where they go.
    let late = document(&place.migrate(&["--yes", "--rules", "good", "--format", "json"]));
    assert_eq!(refusals(&late), ["drift"]);
    let remedy = late["refusals"][0]["remedy"].as_str().unwrap();
    assert!(remedy.contains("dirlift sync") && remedy.contains("--rules"), "{remedy}");

    let before = fs::read(place.path("f.dirlift")).unwrap();
    let refused = place.sync(&["--rules", "other"]);
    assert_eq!(refused.code, 3, "{}", refused.stderr);
    assert!(refused.stderr.contains("objectGUID"), "{}", refused.stderr);
    assert!(fs::read(place.path("f.dirlift")).unwrap() == before);

    let synced = document(&place.sync(&["--rules", "good", "--format", "json"]));
    assert_eq!(synced["rule_basis"], "target");
    assert_ne!(synced["rules"], made["rules"]);
    // And they stay.
    assert_eq!(document(&place.sync(&["--format", "json"]))["rule_basis"], "target");
    let again = place.bare(&["--format", "json"]);
    assert!(again.stderr.contains("nothing to do"), "{}", again.stderr);
    assert_eq!(document(&again)["rule_basis"], "target");
}

#[test]
fn options_are_remembered_when_it_is_resumed() {
    let place = Here::new();
    place.rules("good", "objectGUID");
    let given = ["--rules", "good", "--connect-install-dir", r"D:\Connect"];
    let mend = place.stopped(&given);
    mend();
    // Something else is refused by its name.
    let other =
        place.bare(&["--resume", "--connect-install-dir", r"E:\Connect", "--format", "json"]);
    let other_plan = document(&other);
    assert_eq!((other.code, refusals(&other_plan)), (3, vec!["drift"]));
    assert!(
        other_plan["refusals"][0]["why"].as_str().unwrap().ends_with(": --connect-install-dir")
    );
    let resumed = place.bare(&["--resume", "--format", "json"]);
    assert_eq!(resumed.code, 3, "{}{}", resumed.stdout, resumed.stderr);
    let report = document(&resumed);
    assert_eq!(report["rule_basis"], "target");
    // What was typed in a folder is found from anywhere.
    let source = report["connectors"][0]["source"].as_str().unwrap();
    assert!(Path::new(source).is_absolute() && source.ends_with("forest.ldf"), "{source}");
}

#[test]
fn nothing_to_resume_has_to_be_confirmed() {
    let place = Here::new();
    let asked = place.migrate(&["--resume"]);
    assert_eq!(asked.code, 2, "{}", asked.stderr);
    assert!(asked.stderr.contains("to be confirmed"), "{}", asked.stderr);
    assert!(!place.path("f.dirlift").exists());
}

#[test]
fn a_refused_plan_is_not_kept() {
    let place = Here::new();
    assert_eq!(place.migrate(&["--plan"]).code, 0);
    let saved = fs::read(place.path("f.dirlift.plan.json")).unwrap();
    assert_eq!(place.migrate(&["--yes"]).code, 3);
    let refused = place.migrate(&["--plan", "--no-sync"]);
    assert_eq!(refused.code, 3, "{}", refused.stdout);
    assert!(fs::read(place.path("f.dirlift.plan.json")).unwrap() == saved);
    assert_eq!(place.migrate(&["--yes"]).code, 3, "a guard objects");
}

#[test]
fn a_sync_that_failed_between_leaves_no_old_verdict() {
    let place = Here::new();
    assert_eq!(place.migrate(&["--yes"]).code, 3);
    let users = place.path("tenant").join("users.jsonl");
    let whole = fs::read_to_string(&users).unwrap();
    fs::write(&users, "{\"id\":").unwrap();
    assert_eq!(place.sync(&[]).code, 1);
    let stale = place.bare(&[]);
    assert_eq!(stale.code, 3);
    assert!(stale.stderr.contains("run dirlift sync again"), "{}", stale.stderr);
    fs::write(&users, whole).unwrap();
    assert_eq!(place.sync(&[]).code, 3);
    assert!(!place.bare(&[]).stderr.contains("run dirlift sync again"));
}

#[test]
fn a_kind_of_object_that_nobody_brought_is_no_success() {
    let place = Here::new();
    let tenant = place.path("tenant");
    let groups: Vec<_> = files(&tenant).into_iter().filter(|it| it.starts_with("groups")).collect();
    assert!(!groups.is_empty());
    for name in groups {
        fs::remove_file(tenant.join(name)).unwrap();
    }
    let report = document(&place.migrate(&["--yes", "--format", "json"]));
    let import = &report["connectors"][1]["full_import"];
    assert_eq!(import["result"], "completed-with-errors");
    let remarks = import["remarks"].as_array().unwrap();
    let told = |it: &Value| it.as_str().unwrap().contains("objects of type group");
    assert!(remarks.iter().any(told), "{remarks:?}");
}

#[test]
fn a_right_that_is_missing_is_known_before_the_imports() {
    let place = Here::new();
    let fault = Fault::always("/v1.0/devices", Kind::Status(403, None));
    let server = GraphBuilder::new(Tenant::fabrikam(20, 2)).fault(fault).start().unwrap();
    let tenant = format!("graph:{}", Graph::TENANT);
    let command = place.dirlift().args(["migrate", "bundle.zip"]);
    let command = command.args(["--deployment", "f.dirlift", "--ad", "forest.ldf"]);
    let command = command.args(["--entra", &tenant, "--client-id", Graph::CLIENT, "--yes"]);
    let command = command.args(["--loopback", server.root()]);
    let outcome = run(command.env("DIRLIFT_CLIENT_SECRET", Graph::SECRET));
    assert_eq!(outcome.code, 5, "{}{}", outcome.stdout, outcome.stderr);
    assert!(outcome.stderr.contains("Reach every directory"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("Device.Read.All"), "{}", outcome.stderr);
}
