//! Folders of Graph JSON.
use std::{collections::BTreeSet, fs, ops::ControlFlow, path::Path};

use dirlift_entra::{Error, ImportOptions, Kind, read_folder, save};
use dirlift_model::{CsObject, TenantFacts};
use dirlift_testkit::{
    canary,
    graph::{Fault, Graph as Server, GraphBuilder, Kind as FaultKind, Tenant, id},
};

use crate::support::{client, read, run};

fn read_back(folder: &Path) -> Result<(Vec<CsObject>, TenantFacts), Error> {
    let mut objects = Vec::new();
    let facts = read_folder(folder, &Kind::ALL, &mut (), &mut |it| {
        objects.push(it);
        ControlFlow::Continue(())
    })?;
    Ok((objects, facts))
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn what_is_saved_reads_back_as_the_same_objects() {
    let server = GraphBuilder::new(Tenant::fabrikam(25, 12)).page_size(6).start().unwrap();
    let (objects, facts) = read(&server);
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("cloud");
    let saved = run(save(&client(&server).0, &ImportOptions::default(), &folder, &mut ())).unwrap();
    assert_eq!(saved, facts);
    let (again, mut facts_again) = read_back(&folder).unwrap();
    assert_eq!(again, objects);
    // Only the reason why something is missing differs.
    facts_again.not_checked.clone_from(&facts.not_checked);
    assert_eq!(facts_again, facts);
    let expected = [
        "organization",
        "domains",
        "directoryRoles",
        "subscribedSkus",
        "deletedUsers",
        "deletedGroups",
        "users",
        "groups",
        "contacts",
        "devices",
    ];
    assert_eq!(names(&folder), expected.iter().map(|it| format!("{it}.jsonl")).collect());
    for name in names(&folder) {
        let path = folder.join(name);
        let bytes = fs::read(&path).unwrap();
        for secret in Server::CANARIES {
            assert_eq!(canary::find(secret, &bytes), None, "{}", path.display());
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }
}

#[test]
fn an_import_that_fails_leaves_no_file() {
    let fault = Fault::always("/v1.0/devices", FaultKind::Status(400, None));
    let server = GraphBuilder::new(Tenant::fabrikam(5, 1)).fault(fault).start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let result = run(save(&client(&server).0, &ImportOptions::default(), folder.path(), &mut ()));
    assert!(result.is_err());
    assert_eq!(names(folder.path()), BTreeSet::new());
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let server = GraphBuilder::new(Tenant::fabrikam(1, 0)).start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("users.jsonl"), "mine").unwrap();
    let result = run(save(&client(&server).0, &ImportOptions::default(), folder.path(), &mut ()));
    assert!(result.unwrap_err().to_string().contains("not empty"));
    assert_eq!(server.seen(), []);
}

fn page(value: &serde_json::Value, next: bool) -> String {
    let mut page = serde_json::json!({"@odata.context": "x", "value": value});
    if next {
        page["@odata.nextLink"] = "https://evil.example/never-followed".into();
    }
    page.to_string()
}

#[test]
fn pages_as_graph_returns_them() {
    let (g0, g1, u0, u1) = (id('g', 0), id('g', 1), id('u', 0), id('u', 1));
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let bom = "\u{feff}";
    write(
        "users-1.json",
        &(bom.to_owned()
            + &page(&serde_json::json!([{"id": u0, "onPremisesImmutableId": "A"}]), true)),
    );
    write("users-2.json", &page(&serde_json::json!([{"id": u1}, {"id": u0}]), false));
    write(
        "groups-1.json",
        &page(&serde_json::json!([{"id": g0}, {"id": g1, "members": []}]), false),
    );
    write(&format!("members-{g0}-1.json"), &page(&serde_json::json!([{"id": u0}]), true));
    write(&format!("members-{g0}-2.json"), &page(&serde_json::json!([{"id": u1}]), false));
    write(
        "onPremisesSynchronization.json",
        r#"{"id": "x", "features": {"passwordSyncEnabled": true}}"#,
    );
    write("notes.json", "{}");
    let (objects, facts) = read_back(folder.path()).unwrap();
    let dns: Vec<_> = objects.iter().map(|it| it.dn.to_string()).collect();
    // "A" is 41; the second copy of the first user is dropped.
    assert_eq!(
        dns,
        [
            "CN={41}".to_owned(),
            format!("CN={{{u1}}}"),
            format!("CN={{{g0}}}"),
            format!("CN={{{g1}}}")
        ]
    );
    assert_eq!(objects[2].values(&"member".into()).len(), 2);
    assert_eq!(objects[3].values(&"member".into()).len(), 0);
    assert_eq!(facts.directory_sync.unwrap().features.len(), 1);
    assert!(facts.not_checked.iter().any(|it| it.what == "notes.json"));
    assert!(facts.not_checked.iter().any(|it| it.what == "contacts of the tenant"));
}

#[test]
fn delta_pages_are_put_together() {
    let (g0, g1, u0, u1) = (id('g', 0), id('g', 1), id('u', 0), id('u', 1));
    let folder = tempfile::tempdir().unwrap();
    let first = serde_json::json!([{"id": g0, "displayName": "G", "members@delta": [{"id": u0}, {"id": u1}]}, {"id": g1}]);
    let second = serde_json::json!([{"id": g0, "members@delta": [{"id": u0, "@removed": {"reason": "deleted"}}]},
        {"id": g1, "@removed": {"reason": "changed"}}]);
    fs::write(folder.path().join("groups-delta-1.json"), page(&first, true)).unwrap();
    fs::write(folder.path().join("groups-delta-2.json"), page(&second, false)).unwrap();
    let (objects, _) = read_back(folder.path()).unwrap();
    assert_eq!(objects.len(), 1);
    assert_eq!(objects[0].text("displayName"), Some("G"));
    assert_eq!(objects[0].values(&"member".into()).len(), 1);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let group = format!(r#"{{"id": "{}"}}"#, id('g', 0));
    let more =
        format!(r#"{{"id": "{}", "members": [], "members@odata.nextLink": "x"}}"#, id('g', 0));
    let cases: &[(&str, &str, &str)] = &[
        ("readme.txt", "", "no Graph JSON of objects"),
        ("users.jsonl", "{\"id\": \"x\"}", "users.jsonl:1: property `id`"),
        ("users.jsonl", "\n\n[]", "users.jsonl:3: "),
        ("users.jsonl", "{", "users.jsonl:1: EOF"),
        ("users.json", "", "users.json:1:0: EOF"),
        ("users.json", "[]", "expected a page with a list called `value`"),
        ("users.json", "{}", "no list called `value`"),
        ("users.json", "{\"value\": [{}]}", "users.json, entity 1: the object has no id"),
        ("users.json", "{\"value\": []", "users.json:1:12: EOF"),
        ("users.json", "{\"value\": [], \"@odata.nextLink\": \"x\"}", "the last page is missing"),
        ("users.json", "{\"value\": [\u{0}]}", "users.json:1:12: expected value"),
        ("groups.jsonl", &group, "has no list of members"),
        ("groups.jsonl", &more, "go on elsewhere"),
    ];
    for (name, text, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), text).unwrap();
        let error = read_back(folder.path()).unwrap_err().to_string();
        assert!(error.contains(expected), "{name} {text}: {error}");
    }
    let error = read_back(Path::new("no-such-folder")).unwrap_err().to_string();
    assert!(error.contains("listing no-such-folder"), "{error}");
}

#[test]
fn a_taker_can_stop() {
    let folder = tempfile::tempdir().unwrap();
    let line = |n| format!("{{\"id\": \"{}\"}}\n", id('u', n));
    fs::write(folder.path().join("users.jsonl"), line(0) + &line(1)).unwrap();
    let mut n_taken = 0;
    let result = read_folder(folder.path(), &Kind::ALL, &mut (), &mut |_| {
        n_taken += 1;
        ControlFlow::Break(())
    });
    assert!(matches!(result, Err(Error::ReceiverGone)));
    assert_eq!(n_taken, 1);
}

proptest::proptest! {
    #[test]
    fn no_file_makes_it_panic(text in r#"(\{|\}|\[|\]|,|:|"(id|value|members|@removed|@odata.nextLink|\\ud800)"|null|1|"00112233-4455-6677-8899-aabbccddeeff"|\n){0,24}"#) {
        let folder = tempfile::tempdir().unwrap();
        for name in ["users.json", "groups.jsonl", "groups-delta.json", "organization.json", "onPremisesSynchronization.json", "domains.jsonl", "directoryRoles.jsonl"] {
            fs::write(folder.path().join(name), &text).unwrap();
            drop(read_back(folder.path()));
            fs::remove_file(folder.path().join(name)).unwrap();
        }
    }
}
