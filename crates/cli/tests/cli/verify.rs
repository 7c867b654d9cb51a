//! `dirlift verify`: a store that was filled by hand, a real server's file, accept-lists, every form of output.
use std::path::{Path, PathBuf};

use dirlift_deployment::{
    ConnectorKind, Deployment, RunResult, RunStep, Store, StoredConnector, StoredLink,
    StoredMetaverseObject,
};
use dirlift_model::{
    AttributeValue, CsObject, Guid, PendingExport,
    pending::{AttributeChange, Cause, Operation},
    plan::Mode,
};
use dirlift_testkit::org::woodgrove_tds;
use jiff::Timestamp;
use serde_json::Value;
use snapbox::cmd::Command;
use tempfile::TempDir;

use crate::{
    AS_OF, Outcome,
    database::{PASSWORD, url, woodgrove},
    dirlift, run,
};

const AD: &str = "contoso.com";
const AAD: &str = "contoso.onmicrosoft.com - AAD";
/// Names of objects of the cloud with the anchors `QQ==`, `Qg==`, `Qw==` and `RA==` of one byte each.
const ANN: &str = "CN={51513D3D}";
const BOB: &str = "CN={51673D3D}";
const CID: &str = "CN={51773D3D}";
const DORA: &str = "CN={52413D3D}";
/// A group as an import through Graph names it; its anchor `RQ==` is not shown there.
const GROUP: &str = "CN={5b00d1e2-0000-4000-8000-000000000001}";
const GROUP_THERE: &str = "CN={52513D3D}";

const ANN_ID: &str = "5b00d1e2-0000-4000-8000-0000000000aa";

fn minute(n: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + 60 * n).unwrap()
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::String(value.to_owned())
}

fn export(operation: Operation, dn: &str, anchor: &str, name: &str) -> PendingExport {
    PendingExport {
        connector: AAD.to_owned(),
        operation,
        object_type: "user".into(),
        dn: dn.parse().unwrap(),
        new_dn: None,
        anchor: Some(anchor.to_owned()),
        display_name: Some(name.to_owned()),
        changes: Vec::new(),
        cause: Some(Cause::Flowed),
        unreadable: Vec::new(),
    }
}

fn change(attribute: &str, old: Option<AttributeValue>, new: AttributeValue) -> AttributeChange {
    AttributeChange {
        attribute: attribute.into(),
        old: old.into_iter().collect(),
        new: vec![new],
        rule: Some("Out to AAD - User Identity".to_owned()),
        flow: Some(format!("{attribute} → {attribute}")),
    }
}

/// Ann's title changes, Cid goes, Dora comes, the group gets another description.
fn predicted() -> Vec<PendingExport> {
    let mut ann = export(Operation::Update, ANN, "QQ==", "Ann <b>Beck</b>");
    ann.changes = vec![change("title", Some(text("Cook")), text("Chief"))];
    ann.unreadable = vec!["msExchHideFromAddressLists".into()];
    let mut cid = export(Operation::Delete, CID, "Qw==", "Cid");
    cid.cause = Some(Cause::SourceGone { anchor: "Qw==".to_owned() });
    let mut dora = export(Operation::Add, DORA, "RA==", "Dora");
    dora.cause = Some(Cause::Provisioned { rule: "Out to AAD - User Join".to_owned() });
    dora.changes = vec![change("userPrincipalName", None, text("dora@contoso.com"))];
    let mut group = export(Operation::Update, GROUP, "RQ==", "Staff");
    group.object_type = "group".into();
    group.changes = vec![change("description", None, text("All staff"))];
    vec![ann, cid, dora, group]
}

fn person(anchor: &str, ad: &str, cloud: Option<&str>) -> StoredMetaverseObject {
    let link = |connector: &str, dn: &str| StoredLink {
        connector: connector.to_owned(),
        dn: dn.parse().unwrap(),
    };
    StoredMetaverseObject {
        object_type: "person".into(),
        anchor: Some(anchor.to_owned()),
        links: [Some(link(AD, ad)), cloud.map(|it| link(AAD, it))].into_iter().flatten().collect(),
        attributes: Vec::new(),
    }
}

/// What is different in a store.
#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one way to be odd")]
struct Odd {
    sync_fails: bool,
    no_sync: bool,
    wrong_anchor: bool,
    has_tenant: bool,
}

fn fill(path: &Path, odd: Odd) {
    let deployment = Deployment {
        id: "0a0b0c0d-1111-2222-3333-444455556666".parse().unwrap(),
        name: "Contoso".to_owned(),
        mode: Mode::Parallel,
        created_at: minute(0),
        bundle_sha256: "ab".repeat(32),
    };
    let mut store = Store::create(path, &deployment).unwrap();
    let connector = |id: &str, name: &str, kind| StoredConnector {
        id: id.parse().unwrap(),
        name: name.to_owned(),
        kind,
    };
    let ad = connector("11111111-0000-0000-0000-000000000001", AD, ConnectorKind::ActiveDirectory);
    let aad = connector("b891884f-051e-4a83-95af-2544101c9083", AAD, ConnectorKind::EntraId);
    store.write_connectors(&[ad.clone(), aad.clone()]).unwrap();
    let import = store.begin_run(ad.id, "Full Import", minute(1)).unwrap();
    store.finish_run(import, RunResult::Success, &[], minute(2)).unwrap();
    let import = store.begin_run(aad.id, "Full Import", minute(3)).unwrap();
    let mut objects = store.objects(import).unwrap();
    for (dn, ty, id) in [
        (ANN, "user", ANN_ID),
        (BOB, "user", "5b00d1e2-0000-4000-8000-0000000000bb"),
        (CID, "user", "5b00d1e2-0000-4000-8000-0000000000cc"),
        (GROUP, "group", "5b00d1e2-0000-4000-8000-000000000001"),
    ] {
        let mut object = CsObject::new(dn.parse().unwrap(), ty);
        object.id = Some(id.parse::<Guid>().unwrap());
        objects.add(&object).unwrap();
    }
    objects.finish().unwrap();
    store.finish_run(import, RunResult::Success, &[], minute(4)).unwrap();
    if odd.has_tenant {
        let facts = format!(r#"{{"role_members": [{{"id": "{ANN_ID}", "role_name": "Global"}}]}}"#);
        store.set_setting("tenant_facts", &facts).unwrap();
    }
    if odd.no_sync {
        return;
    }
    let sync = store.begin_run(ad.id, "Full Synchronization", minute(5)).unwrap();
    store.finish_run(sync, RunResult::Success, &[], minute(6)).unwrap();
    let sync = store.begin_run(aad.id, "Full Synchronization", minute(7)).unwrap();
    store.write_pending(sync, predicted()).unwrap();
    let bob = if odd.wrong_anchor { "QQ==" } else { "Qg==" };
    let metaverse = [
        person("QQ==", "CN=Ann,DC=contoso,DC=com", Some(ANN)),
        person(bob, "CN=Bob,DC=contoso,DC=com", Some(BOB)),
        person("RA==", "CN=Dora,DC=contoso,DC=com", None),
        person("RQ==", "CN=Staff,DC=contoso,DC=com", Some(GROUP)),
    ];
    store.write_metaverse(sync, metaverse).unwrap();
    let step = RunStep {
        name: "synchronization".to_owned(),
        counted: 4,
        errors: u64::from(odd.sync_fails),
        detail: String::new(),
    };
    let result = if odd.sync_fails { RunResult::CompletedWithErrors } else { RunResult::Success };
    store.finish_run(sync, result, &[step], minute(8)).unwrap();
}

struct Files {
    folder: TempDir,
}

impl Files {
    fn new(odd: Odd) -> Self {
        let it = Self { folder: tempfile::tempdir().unwrap() };
        fill(&it.path("store"), odd);
        it
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn verify(&self) -> Command {
        dirlift().arg("verify").arg(self.path("store")).args(["--as-of", AS_OF])
    }

    /// With a real server's file and an accept-list.
    fn compare(&self, objects: &str, accept: &str) -> Command {
        let xml = format!("<cs-objects>{objects}</cs-objects>");
        self.verify()
            .arg("--csexport")
            .arg(self.write("real.xml", &xml))
            .arg("--accept")
            .arg(self.write("accept.toml", accept))
    }
}

fn json(command: Command) -> (Value, i32) {
    let Outcome { code, stdout, stderr } = run(command.args(["--format", "json"]));
    assert_eq!(stderr, "");
    (serde_json::from_str(&stdout).unwrap_or_else(|it| panic!("{it}: {stdout}")), code)
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect()
}

fn object(dn: &str, ty: &str, inner: &str) -> String {
    format!(
        r#"<cs-object cs-dn="{dn}" object-type="{ty}">{inner}<connector>1</connector><ma-name>{AAD}</ma-name></cs-object>"#
    )
}

fn delta(dn: &str, operation: &str, inner: &str) -> String {
    format!(
        r#"<unapplied-export><delta operation="{operation}" dn="{dn}">{inner}</delta></unapplied-export>"#
    )
}

fn title(old: &str, new: &str) -> String {
    format!(
        r#"<attr name="title" operation="update" type="string" multivalued="false"><value operation="delete">{old}</value><value operation="add">{new}</value></attr>"#
    )
}

/// The same as the prediction, with objects that have no pending export beside it.
fn same() -> String {
    [
        object(ANN, "user", &delta(ANN, "update", &title("Cook", "Chief"))),
        object(BOB, "user", "<synchronized-hologram><entry dn=\"x=y\"/></synchronized-hologram>"),
        object(CID, "user", &delta(CID, "delete", "")),
        object(
            DORA,
            "user",
            &delta(
                DORA,
                "add",
                r#"<attr name="userPrincipalName" operation="add" type="string"><value>dora@contoso.com</value></attr>"#,
            ),
        ),
        object(
            GROUP_THERE,
            "group",
            &delta(
                GROUP_THERE,
                "update",
                r#"<attr name="description" operation="add" type="string"><value>All staff</value></attr>"#,
            ),
        ),
    ]
    .concat()
}

/// Accepts all that is predicted.
const ACCEPT: &str = r#"
[[accept]]
operation = "update"
reason = "titles and descriptions"
author = "Ann"

[[accept]]
operation = "add"
cause = "provisioned"
reason = "Dora starts on Monday"
author = "Ann"
expires = 2026-12-31

[[accept]]
operation = "delete"
object = "Qw=="
reason = "Cid has left"
author = "Ann"
"#;

#[test]
fn nothing_is_expected_without_a_word() {
    let files = Files::new(Odd::default());
    let (found, code) = json(files.verify());
    assert_eq!((code, found["conclusion"].as_str()), (3, Some("unexpected")));
    assert_eq!(
        texts(&found["objections"]),
        [format!("4 pending exports at {AAD} are not expected")]
    );
    assert_eq!(texts(&found["missing"]), <[&str; 0]>::default());
    let counts: Vec<_> = found["by_operation"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let word = |name: &str| it[name].as_str().unwrap().to_owned();
            (word("operation"), word("object_type"), word("cause"), it["objects"].as_u64().unwrap())
        })
        .collect();
    let expected = [
        ("update", "group", "flowed", 1),
        ("add", "user", "provisioned", 1),
        ("update", "user", "flowed", 1),
        ("delete", "user", "source-gone", 1),
    ];
    assert_eq!(
        counts,
        expected.map(|(a, b, c, n)| (a.to_owned(), b.to_owned(), c.to_owned(), n)).to_vec()
    );
    let states: Vec<_> = found["operations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["connector"].as_str().unwrap(), it["state"].as_str().unwrap()))
        .collect();
    assert_eq!(states, [(AD, "success"), (AD, "success"), (AAD, "success"), (AAD, "success")]);
    let anchors: Vec<_> = found["anchors"]["counts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["object_type"].as_str().unwrap(), it["state"].as_str().unwrap()))
        .collect();
    assert_eq!(anchors, [("group", "not-provable"), ("person", "new"), ("user", "proven")]);
    assert_eq!(found["anchors"]["counts"][2]["objects"], 2);
    assert_eq!(
        texts(&found["guards"][1]["not_checked"]),
        ["administrators and licences: the store holds no facts of the tenant"]
    );
}

#[test]
fn the_same_and_accepted_is_clean() {
    let files = Files::new(Odd::default());
    let (found, code) = json(files.compare(&same(), ACCEPT));
    assert_eq!((code, found["conclusion"].as_str()), (0, Some("clean")), "{found:#}");
    let cloud = &found["connectors"][1];
    assert_eq!(
        (cloud["real"]["objects"].as_u64(), cloud["real"]["pending"].as_u64()),
        (Some(5), Some(4))
    );
    assert_eq!(cloud["outcomes"][0]["outcome"], "same");
    assert_eq!(cloud["outcomes"][0]["objects"], 4);
    // The file spells the anchor of the group.
    let anchors = &found["anchors"]["counts"];
    assert_eq!(
        (anchors[0]["object_type"].as_str(), anchors[0]["state"].as_str()),
        (Some("group"), Some("proven"))
    );
    // The cause comes from the prediction.
    let dora = found["rows"].as_array().unwrap().iter().find(|it| it["display_name"] == "Dora");
    assert_eq!(dora.unwrap()["cause_text"], "provisioned by Out to AAD - User Join");
    // The same file and list give the same bytes.
    let again =
        |files: &Files| run(files.compare(&same(), ACCEPT).args(["--format", "html"])).stdout;
    assert_eq!(again(&files), again(&files));
}

#[test]
fn an_entry_that_has_expired_accepts_nothing() {
    let files = Files::new(Odd::default());
    let accept = ACCEPT.replace("2026-12-31", "2026-11-20");
    let (found, code) = json(files.compare(&same(), &accept));
    assert_eq!(code, 3);
    assert_eq!(texts(&found["objections"]), [format!("1 pending export at {AAD} is not expected")]);
    assert_eq!(found["accepted"][1]["is_expired"], true);
    assert_eq!(found["accepted"][0]["objects"], 2);
    assert_eq!(found["rows"][0]["display_name"], "Dora", "the unexpected one comes first");
}

#[test]
fn what_only_one_side_has_is_unexpected() {
    let files = Files::new(Odd::default());
    let eve = "CN={52673D3D}";
    let renamed = "CN={52773D3D}";
    let replaced = "CN={53413D3D}";
    let real = [
        object(
            ANN,
            "user",
            &delta(
                ANN,
                "update",
                &(title("Cook", "Boss")
                    + r#"<attr name="msExchHideFromAddressLists" operation="add" type="boolean"><value>true</value></attr>"#),
            ),
        ),
        object(
            eve,
            "user",
            &delta(
                eve,
                "update",
                r#"<attr name="userAccountControl" operation="update" type="integer"><value operation="delete">0x200</value><value operation="add">202</value></attr>
                <dn-attr name="manager" operation="add"><dn-value operation="add"><dn>CN={51513D3D}</dn></dn-value></dn-attr>"#,
            ),
        ),
        object(
            renamed,
            "user",
            &format!(r#"<unapplied-export><delta operation="update" dn="{renamed}" newdn="{eve}"/></unapplied-export>"#),
        ),
        object(replaced, "user", &delta(replaced, "delete-add", "")),
    ]
    .concat();
    let (found, code) = json(files.compare(&real, ACCEPT));
    assert_eq!(code, 3);
    let rows: Vec<_> = found["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let word = |name: &str| it[name].as_str().unwrap();
            (word("dn"), word("operation"), word("outcome"), it["is_expected"].as_bool().unwrap())
        })
        .collect();
    assert_eq!(
        rows,
        [
            (ANN, "update", "different", false),
            (eve, "update", "only-there", false),
            (renamed, "rename", "only-there", false),
            (replaced, "delete-add", "only-there", false),
            (CID, "delete", "only-here", false),
            (DORA, "add", "only-here", false),
            (GROUP, "update", "only-here", false),
        ]
    );
    let ann = &found["rows"][0]["changes"];
    assert_eq!(
        (ann[0]["attribute"].as_str(), ann[0]["outcome"].as_str()),
        (Some("msExchHideFromAddressLists"), Some("not-comparable"))
    );
    assert_eq!(ann[0]["is_expected"], true, "the entry for updates covers it");
    assert_eq!(ann[1]["new"]["shown"][0], "Boss");
    assert_eq!(ann[1]["predicted"]["shown"][0], "Chief");
    let eve_changes = &found["rows"][1]["changes"];
    assert_eq!(eve_changes[0]["new"]["shown"][0], "CN={51513D3D}");
    // 0x200 and 0x202.
    assert_eq!(eve_changes[1]["old"]["shown"][0], "512");
    assert_eq!(eve_changes[1]["new"]["shown"][0], "514");
    assert_eq!(found["rows"][2]["new_dn"], eve);
}

#[test]
fn drill_down_and_search() {
    let files = Files::new(Odd::default());
    let cases: &[(&[&str], &[&str])] = &[
        (&["--operation", "delete"], &["Cid"]),
        (&["--operation", "delete", "--operation", "add"], &["Cid", "Dora"]),
        (&["--type", "group"], &["Staff"]),
        (&["--attribute", "TITLE"], &["Ann <b>Beck</b>"]),
        (&["--cause", "provisioned"], &["Dora"]),
        (&["--find", "CHIEF"], &["Ann <b>Beck</b>"]),
        (&["--find", "rq=="], &["Staff"]),
        (&["--connector", AD], &[]),
        (&["--outcome", "not-compared", "--find", "dora"], &["Dora"]),
        (&["--unexpected", "--limit", "1"], &["Ann <b>Beck</b>"]),
    ];
    for (arguments, expected) in cases {
        let (found, code) = json(files.verify().args(*arguments));
        let names: Vec<_> = found["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["display_name"].as_str().unwrap())
            .collect();
        assert_eq!((code, names.as_slice()), (3, *expected), "{arguments:?}");
        assert_eq!(found["by_operation"].as_array().unwrap().len(), 4, "counts are about all");
    }
    let (found, _) = json(files.verify().args(["--limit", "1"]));
    assert_eq!((found["matching"].as_u64(), found["left_off"].as_u64()), (Some(4), Some(3)));
}

#[test]
fn guards_operations_and_anchors_object() {
    let objections = |odd: Odd, arguments: &[&str]| {
        let files = Files::new(odd);
        let accept = files.write("a.toml", ACCEPT);
        let (found, code) = json(files.verify().arg("--accept").arg(accept).args(arguments));
        let all = texts(&found["objections"]).join("; ");
        (code, all, texts(&found["missing"]).join("; "))
    };
    let none = String::new;
    let clean = Odd::default();
    assert_eq!(objections(clean, &[]), (0, none(), none()));
    let guards = format!("1 objection of the guards at {AAD}");
    assert_eq!(objections(clean, &["--max-deletes", "0"]), (3, guards.clone(), none()));
    assert_eq!(objections(clean, &["--max-deletes-of", "user=0"]), (3, guards.clone(), none()));
    // One delete of four objects is 25 %; one title of three users 33 %.
    assert_eq!(objections(clean, &["--max-delete-percent", "25"]), (0, none(), none()));
    assert_eq!(objections(clean, &["--max-delete-percent", "24"]), (3, guards.clone(), none()));
    assert_eq!(objections(clean, &["--max-attribute-percent", "100"]), (0, none(), none()));
    let tenant = Odd { has_tenant: true, ..clean };
    assert_eq!(objections(tenant, &[]), (3, guards, none()), "Ann is an administrator");
    let failed = Odd { sync_fails: true, ..clean };
    let text = format!(
        "full or delta synchronization after it of {AAD} of the rehearsal ended with errors"
    );
    assert_eq!(objections(failed, &[]), (3, text, none()));
    let wrong = Odd { wrong_anchor: true, ..clean };
    let text = "1 object would lose the tie to the cloud".to_owned();
    assert_eq!(objections(wrong, &[]), (3, text, none()));
    let (code, text, missing) = objections(Odd { no_sync: true, ..clean }, &[]);
    assert_eq!(
        (code, missing.as_str()),
        (3, "no synchronization of the rehearsal has come to its end")
    );
    assert!(text.contains(&format!("{AD} of the rehearsal was not done")), "{text}");
}

#[test]
fn every_form_is_harmless_and_says_the_same() {
    let files = Files::new(Odd::default());
    let form = |it: &str| run(files.verify().args(["--format", it]));
    let page = form("html");
    assert_eq!((page.code, page.stderr.as_str()), (3, ""));
    // One script that runs, one element of data; the name of an object opens no tag.
    assert_eq!(page.stdout.matches("<script").count(), 2);
    assert!(!page.stdout.contains("<b>Beck") && page.stdout.contains("\\u003cb>Beck"));
    assert!(page.stdout.contains("script-src 'sha256-"));
    let text = form("text").stdout;
    assert!(text.contains("UNEXPECTED delete user: Cid, CN={51773D3D}"), "{text}");
    assert!(text.contains("title: Cook -> Chief (Out to AAD - User Identity)"), "{text}");
    let markdown = form("markdown").stdout;
    assert!(markdown.contains("Ann \\<b\\>Beck\\</b\\>"), "{markdown}");
    let csv = form("csv").stdout;
    let lines: Vec<_> = csv.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 5, "{csv}");
    assert!(lines[0].starts_with("DN,OMODT,attribute,AMODT,old,new,predicted,expected,outcome,"));
    let expected = concat!(
        r#""CN={51513D3D}","update","title","update","Cook","Chief","","no","not-compared","","#,
        r#""contoso.onmicrosoft.com - AAD","user","Ann <b>Beck</b>","QQ==","","flowed","#,
        r#""Out to AAD - User Identity","title → title","""#
    );
    assert_eq!(lines[1], expected);
    assert!(
        lines[2].starts_with(r#""CN={51773D3D}","delete","","","","","","no","#),
        "{}",
        lines[2]
    );
}

#[test]
fn output_goes_to_a_file() {
    let files = Files::new(Odd::default());
    for form in ["text", "csv", "html"] {
        let path = files.path("out");
        let outcome = run(files.verify().args(["--format", form, "--out"]).arg(&path));
        assert_eq!((outcome.code, outcome.stdout.as_str()), (3, ""));
        let direct = run(files.verify().args(["--format", form])).stdout;
        assert_eq!(std::fs::read_to_string(&path).unwrap(), direct, "{form}");
    }
}

#[test]
fn the_connector_of_a_file_is_found_or_asked_for() {
    let files = Files::new(Odd::default());
    let other = same().replace(AAD, "renamed since");
    // Only one connector of the store has such names.
    let (found, code) = json(files.compare(&other, ACCEPT));
    assert_eq!(
        (code, found["connectors"][1]["real"]["connector"].as_str()),
        (0, Some("renamed since"))
    );
    let ad = object("CN=Ann,DC=contoso,DC=com", "user", "").replace(AAD, "forest");
    let (found, _) = json(files.compare(&ad, ACCEPT));
    assert_eq!(found["connectors"][0]["real"]["objects"], 1);
    let empty = run(files.compare("", ACCEPT));
    assert_eq!(empty.code, 1);
    assert!(empty.stderr.contains("say which one it is with --connector"), "{}", empty.stderr);
    let (found, _) = json(files.compare("", ACCEPT).args(["--connector", AAD]));
    assert_eq!(found["connectors"][1]["real"]["objects"], 0);
}

#[test]
fn damaged_files_are_refused_or_told() {
    let files = Files::new(Odd::default());
    let cut = run(files.compare(&same(), ACCEPT).arg("--csexport").arg(
        files.write("cut.xml", "<cs-objects><cs-object cs-dn=\"CN=a,DC=b\" object-type=\"user\">"),
    ));
    assert_eq!(cut.code, 1);
    assert!(cut.stderr.contains("it ends inside an element"), "{}", cut.stderr);
    let twice = run(files.compare(&same(), ACCEPT).arg("--csexport").arg(files.path("real.xml")));
    assert_eq!(twice.code, 2, "{}", twice.stderr);
    let nameless = same() + r#"<cs-object object-type="user"/>"#;
    let (found, code) = json(files.compare(&nameless, ACCEPT));
    assert_eq!((code, found["connectors"][1]["real"]["left_out"].as_u64()), (3, Some(1)));
    let failed = same().replace(
        "<connector>1</connector>",
        r#"<export-errordetail error-type="AttributeValueMustBeUnique" retry-count="2"/>"#,
    );
    let (found, code) = json(files.compare(&failed, ACCEPT));
    assert_eq!((code, found["rows"][0]["error"].as_str()), (3, Some("AttributeValueMustBeUnique")));
}

#[test]
fn wrong_usage() {
    let files = Files::new(Odd::default());
    let missing = run(dirlift().arg("verify").arg(files.path("nothing")));
    assert_eq!(missing.code, 1);
    assert!(missing.stderr.contains("`dirlift migrate` makes one"), "{}", missing.stderr);
    for (arguments, expected) in [
        (["--operation", "erase"], "the operations are add, update"),
        (["--outcome", "odd"], "the outcomes are same"),
        (["--max-deletes-of", "group"], "such as group=10"),
        (["--max-delete-percent", "101"], "101"),
    ] {
        let outcome = run(files.verify().args(arguments));
        assert_eq!(outcome.code, 2, "{arguments:?}");
        assert!(outcome.stderr.contains(expected), "{arguments:?}: {}", outcome.stderr);
    }
    let list =
        files.write("a.toml", "[[accept]]\noperation = \"delete\"\nreason = \"r\"\nauthor = \"a\"");
    let outcome = run(files.verify().arg("--accept").arg(list));
    assert_eq!(outcome.code, 1);
    assert!(outcome.stderr.contains("it accepts any number of deletes"), "{}", outcome.stderr);
}

#[test]
fn a_real_server_is_asked_for_its_runs_and_its_staging_mode() {
    let files = Files::new(Odd::default());
    let (server, ca_file) = woodgrove();
    let accept = files.write("a.toml", ACCEPT);
    let command = files
        .verify()
        .args(["--sql", &url(server, woodgrove_tds::NAME)])
        .arg("--ca-file")
        .arg(ca_file)
        .arg("--accept")
        .arg(accept)
        .env("DIRLIFT_PASSWORD", PASSWORD);
    let (found, code) = json(command);
    // Woodgrove's server is a DirSync, whose database does not know of staging.
    assert_eq!(found["server"]["is_staging"], Value::Null);
    let missing = texts(&found["missing"]);
    assert!(
        missing.contains(&"the real server's database does not say whether it stages"),
        "{missing:?}"
    );
    let places: Vec<_> = found["operations"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["place"] == "server")
        .map(|it| it["connector"].as_str().unwrap())
        .collect();
    assert!(!places.is_empty() && places.len().is_multiple_of(2), "{places:?}");
    assert!(matches!(code, 3 | 4), "{found:#}");
    assert!(!found.to_string().contains(PASSWORD));
}
