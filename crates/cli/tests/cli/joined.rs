//! From the bundle over migrate and verify to the checklist, and an object explained from the store: one command writes what
//! the next one reads.
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use dirlift_deployment::Store;
use dirlift_model::checklist::EvidenceKind;
use dirlift_testkit::small;
use serde_json::Value;

use crate::{Outcome, dirlift, place::Place, run};

/// What is about to be exported, expected; Ann's title not. Ben, Erik and Gus are new, Fay is out of scope, Dora is disabled,
/// and into the team come Ben and Carl, whose container is imported here.
const ALL_BUT_ANN: &str = r#"
[[accept]]
operation = "add"
object-type = "user"
at-most = 3
reason = "they are new"
author = "Ida"
[[accept]]
operation = "delete"
object-type = "user"
at-most = 1
reason = "Fay has left"
author = "Ida"
[[accept]]
attribute = "accountEnabled"
operation = "update"
at-most = 1
reason = "she is away"
author = "Ida"
[[accept]]
operation = "update"
object-type = "group"
at-most = 1
reason = "two come in"
author = "Ida"
"#;

const ANN: &str = r#"
[[accept]]
attribute = "title"
operation = "update"
at-most = 1
reason = "she is an engineer now"
author = "Ida"
"#;

impl Place {
    fn begin(&self) {
        let outcome = run(self.with_sources(self.migrate().args(["--yes", "--no-sync"])));
        assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    }

    fn sync(&self) {
        let outcome = run(dirlift().arg("sync").arg(self.store()));
        assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    }

    /// The folder of a rehearsal of the same.
    fn rehearsal(&self) -> PathBuf {
        let out = self.path("out");
        let command = dirlift().arg("rehearse").arg("--config").arg(self.path("bundle.zip"));
        let outcome = run(self.with_sources(command.arg("--out").arg(&out)));
        assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
        out
    }

    fn verify(&self, accept: &str, csexport: Option<&Path>) -> Outcome {
        let accept = self.write("accept.toml", accept);
        let mut command = dirlift().arg("verify").arg(self.store());
        command = command.arg("--accept").arg(accept);
        if let Some(file) = csexport {
            command = command.arg("--csexport").arg(file);
        }
        run(command)
    }

    fn checklist(&self) -> Value {
        let command = dirlift().arg("checklist").arg(self.store()).arg("show");
        let outcome = run(command.args(["--format", "json"]));
        assert_eq!(outcome.code, 3, "{}", outcome.stderr);
        serde_json::from_str(&outcome.stdout).unwrap()
    }

    /// The states of the items that these commands decide.
    fn states(&self) -> BTreeMap<String, String> {
        let list = self.checklist();
        let ids = [
            "settings-exported",
            "rehearsed-import",
            "rehearsed-synchronization",
            "target-rules",
            "anchors-proven",
            "pending-exports-clean",
            "prediction-compared",
        ];
        let items = list["items"].as_array().unwrap().iter();
        let state = |it: &Value, name: &str| it[name].as_str().unwrap().to_owned();
        items
            .filter(|it| ids.contains(&it["id"].as_str().unwrap()))
            .map(|it| (state(it, "id"), state(it, "state")))
            .collect()
    }
}

fn explained(path: &Path, object: &str, more: &[&str]) -> String {
    let outcome = run(dirlift().arg("explain").arg(path).arg(object).args(more));
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    outcome.stdout
}

#[test]
fn the_checklist_follows_what_the_commands_saw() {
    let place = Place::plain();
    place.begin();
    let mut expected: BTreeMap<String, String> = [
        ("settings-exported", "done"),
        ("rehearsed-import", "open"),
        ("rehearsed-synchronization", "open"),
        ("target-rules", "open"),
        ("anchors-proven", "open"),
        ("pending-exports-clean", "open"),
        ("prediction-compared", "open"),
    ]
    .map(|(id, state)| (id.to_owned(), state.to_owned()))
    .into();
    assert_eq!(place.states(), expected);
    // What the bundle says of the customer came with migrate.
    let switches = place.checklist()["switches"].clone();
    assert_eq!(switches["product"], "DirSync");
    assert_eq!(
        (&switches["in_place"], &switches["existing_database"]),
        (&false.into(), &false.into())
    );
    assert!(switches["old_host"].as_str().unwrap().starts_with("FAB-SYNC01"), "{switches}");

    let mut turns = |changes: &[(&str, &str)]| {
        expected.extend(changes.iter().map(|(id, state)| ((*id).to_owned(), (*state).to_owned())));
        assert_eq!(place.states(), expected, "{changes:?}");
    };

    place.sync();
    turns(&[("rehearsed-import", "done"), ("rehearsed-synchronization", "done")]);

    // Nobody expects Ann's new title.
    let outcome = place.verify(ALL_BUT_ANN, None);
    assert_eq!(outcome.code, 3, "{}{}", outcome.stdout, outcome.stderr);
    turns(&[("anchors-proven", "done")]);
    let list = place.checklist();
    let item =
        list["items"].as_array().unwrap().iter().find(|it| it["id"] == "pending-exports-clean");
    assert_eq!(
        item.unwrap()["why"],
        "1 pending export at Windows Azure Active Directory Connector is not expected",
        "{}",
        outcome.stdout
    );

    let all = format!("{ALL_BUT_ANN}{ANN}");
    let outcome = place.verify(&all, None);
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    turns(&[("pending-exports-clean", "done")]);

    // What was verified says nothing of a later run; times are whole seconds.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    place.sync();
    turns(&[("pending-exports-clean", "stale"), ("anchors-proven", "stale")]);
    // Nor does what holds for another time.
    let store = place.store();
    let before = fs::read(&store).unwrap();
    let other = dirlift().arg("verify").arg(&store).args(["--as-of", "2026-12-01", "--accept"]);
    assert_eq!(run(other.arg(place.write("accept.toml", &all))).code, 0);
    assert!(fs::read(&store).unwrap() == before);

    // A real server that is about to do what a rehearsal of the same bundle found, and one that is not.
    let real = place.rehearsal().join("csexport");
    let real = real.join(crate::files(&real).into_iter().find(|it| it.starts_with("2-")).unwrap());
    let outcome = place.verify(&all, Some(&real));
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    turns(&[
        ("pending-exports-clean", "done"),
        ("anchors-proven", "done"),
        ("prediction-compared", "done"),
    ]);
    let text = fs::read_to_string(&real).unwrap();
    assert!(text.contains("Engineer"), "{text}");
    let other = place.write("other.xml", &text.replace("Engineer", "Chief"));
    assert_eq!(place.verify(&all, Some(&other)).code, 3);
    turns(&[("pending-exports-clean", "open"), ("prediction-compared", "open")]);
    // Both synchronizations that were verified are known, once each, whatever is run later.
    let all = Store::open(&store).unwrap().evidence().unwrap();
    for kind in [EvidenceKind::FullImport, EvidenceKind::FullSynchronization] {
        assert_eq!(all.iter().filter(|it| it.kind == kind && it.holds).count(), 2, "{kind}");
    }
    let file = real.file_name().unwrap().to_str().unwrap();
    let compared = all.iter().find(|it| it.kind == EvidenceKind::Comparison).unwrap();
    assert_eq!(compared.source, format!("dirlift verify --csexport {file}"));
    assert_eq!(compared.sha256.as_deref().map(str::len), Some(64));
}

#[test]
fn a_rehearsal_and_a_deployment_say_the_same_against_the_exports() {
    let place = Place::plain();
    // Gus has an address of Ann's, who has another anchor.
    let ldif = fs::read_to_string(place.path("forest.ldf")).unwrap();
    let gus = "dn: CN=Gus,OU=Staff,DC=corp,DC=fabrikam,DC=example\n";
    assert!(ldif.contains(gus));
    let with = format!("{gus}proxyAddresses: SMTP:ann@small.example\n");
    place.write("forest.ldf", &ldif.replace(gus, &with));
    let rehearse = dirlift().arg("rehearse").arg("--config").arg(place.path("bundle.zip"));
    let rehearsal = run(place.with_sources(rehearse.arg("--out").arg(place.path("out"))));
    let refused = "the cloud would refuse 1 export";
    assert!(rehearsal.stdout.contains(refused), "{}", rehearsal.stdout);
    assert_eq!(rehearsal.code, 3);
    // Guards that cannot look say so.
    fs::remove_file(place.path("tenant").join("directoryRoles.jsonl")).unwrap();
    place.begin();
    let sync = run(dirlift().arg("sync").arg(place.store()));
    assert_eq!((sync.code, sync.stderr.as_str()), (3, ""), "{}", sync.stdout);
    assert!(sync.stdout.contains(refused), "{}", sync.stdout);
    assert!(sync.stdout.contains("not checked: administrators"), "{}", sync.stdout);
    assert!(!sync.stdout.contains("not checked: licensed"), "{}", sync.stdout);
    // Which of them, with the one that it meets, in one line.
    let kind = "1 error of kind predicted invalid-soft-match";
    assert!(sync.stdout.contains(kind), "{}", sync.stdout);
    let both = "CN=Gus,OU=Staff,DC=corp,DC=fabrikam,DC=example <-> CN=Ann,OU=Staff,";
    let text = sync.stdout.replace("\n        ", " ");
    assert!(text.contains(both), "{}", sync.stdout);
    let outcome = place.verify(&format!("{ALL_BUT_ANN}{ANN}"), None);
    assert_eq!(outcome.code, 3, "{}{}", outcome.stdout, outcome.stderr);
    assert!(outcome.stdout.contains(refused), "{}", outcome.stdout);
}

#[test]
fn an_object_is_explained_from_the_store_as_from_the_folder() {
    let place = Place::plain();
    place.begin();
    let early = run(dirlift().arg("explain").arg(place.store()).arg("x"));
    assert_eq!(early.code, 1);
    assert!(early.stderr.contains("run dirlift sync"), "{}", early.stderr);
    place.sync();
    let (store, folder) = (place.store(), place.rehearsal());
    let before = fs::read(&store).unwrap();
    for object in ["ann@small.example", &small::anchor(small::FAY), &small::cloud_dn(small::BEN)] {
        let json = explained(&store, object, &["--format", "json"]);
        assert_eq!(json, explained(&folder, object, &["--format", "json"]), "{object}");
        let text = explained(&store, object, &["--all"]);
        assert_eq!(text, explained(&folder, object, &["--all"]), "{object}");
    }
    let text = explained(&store, &small::anchor(small::ANN), &[]);
    assert!(text.contains("Intern -> Engineer"), "{text}");
    assert!(fs::read(&store).unwrap() == before);
    let nobody = run(dirlift().arg("explain").arg(&store).arg("nobody@small.example"));
    assert_eq!(nobody.code, 1);
    assert!(nobody.stderr.contains("dirlift migrate"), "{}", nobody.stderr);
}
