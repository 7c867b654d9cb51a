//! `dirlift rehearse` and `dirlift explain` on the small organisation.
use std::{fs, path::Path};

use dirlift_testkit::small;
use serde_json::Value;
use snapbox::cmd::Command;

use crate::{AS_OF, Outcome, dirlift, files, organisation, run};

fn small() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    small::write(folder.path()).unwrap();
    folder
}

fn rehearse(folder: &Path, config: &Path) -> Command {
    dirlift()
        .args(["rehearse", "--as-of", AS_OF, "--config"])
        .arg(config)
        .arg("--ad")
        .arg(folder.join("forest.ldf"))
        .arg("--entra")
        .arg(folder.join("tenant"))
        .arg("--out")
        .arg(folder.join("out"))
}

fn rehearsed() -> (tempfile::TempDir, Outcome) {
    let folder = small();
    let outcome = run(rehearse(folder.path(), &folder.path().join("config")));
    (folder, outcome)
}

#[test]
fn a_rehearsal_says_what_would_be_exported_and_why_not() {
    let (folder, outcome) = rehearsed();
    assert_eq!((outcome.code, outcome.stderr.as_str()), (3, ""));
    let text = outcome.stdout;
    for line in [
        "  result              2 things stand against these exports.",
        "    - 3 user add (provisioned)",
        "    - 1 user delete (source-gone)",
        "  - invalid-soft-match: 1",
        "  - soft-match-by-user-principal-name: 1",
        "built-in: built-in standard rules",
    ] {
        assert!(text.contains(line), "{line}:\n{text}");
    }
    let out = folder.path().join("out");
    let names = files(&out);
    for name in [
        "report.html",
        "report.txt",
        "summary.json",
        "pending-exports.csv",
        "inputs/rehearsal.json",
    ] {
        assert!(names.iter().any(|it| it == name), "{name}: {names:?}");
    }
    let written = fs::read_to_string(out.join("report.txt")).unwrap();
    assert_eq!(text.replace(&written, ""), "", "the same on standard output");
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("<h4>small.onmicrosoft.com - AAD: stop</h4>"), "{page}");
    assert!(page.contains("Intern</span> becomes <span"), "{page}");
    // A folder is not written over.
    let again = run(rehearse(folder.path(), &folder.path().join("config")));
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("not empty"), "{}", again.stderr);
}

#[test]
fn json_is_the_summary() {
    let folder = small();
    let outcome =
        run(rehearse(folder.path(), &folder.path().join("config")).args(["--format", "json"]));
    assert_eq!(outcome.code, 3);
    let told: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let kept = fs::read_to_string(folder.path().join("out/summary.json")).unwrap();
    assert_eq!(told, serde_json::from_str::<Value>(&kept).unwrap());
    assert_eq!(told["rule_basis"], "built-in");
    assert_eq!(told["as_of"], AS_OF);
}

#[test]
fn nothing_to_object_ends_with_zero() {
    let folder = small();
    // Without Dora's licence and without Gus nothing is left to object.
    let users = folder.path().join("tenant/users.jsonl");
    let text = fs::read_to_string(&users).unwrap().replace("assignedLicenses", "other");
    fs::write(&users, text).unwrap();
    let ldif = folder.path().join("forest.ldf");
    let text = fs::read_to_string(&ldif).unwrap();
    let text = text.replace("dn: CN=Gus,OU=Staff", "dn: CN=Gus,OU=Out");
    fs::write(&ldif, text).unwrap();
    let outcome = run(rehearse(folder.path(), &folder.path().join("config")));
    assert_eq!(outcome.code, 0, "{}", outcome.stdout);
    assert!(outcome.stdout.contains("Nothing stands against these exports."), "{}", outcome.stdout);
}

#[test]
fn a_configuration_with_a_damaged_file_is_incomplete() {
    let folder = small();
    let config = folder.path().join("config");
    fs::create_dir(config.join("SynchronizationRules")).unwrap();
    fs::write(
        config.join("SynchronizationRules/SynchronizationRule_{x}.xml"),
        "<synchronizationRule>",
    )
    .unwrap();
    let users = folder.path().join("tenant/users.jsonl");
    let text = fs::read_to_string(&users).unwrap().replace("assignedLicenses", "other");
    fs::write(&users, text).unwrap();
    let ldif = folder.path().join("forest.ldf");
    let text =
        fs::read_to_string(&ldif).unwrap().replace("dn: CN=Gus,OU=Staff", "dn: CN=Gus,OU=Out");
    fs::write(&ldif, text).unwrap();
    let outcome = run(rehearse(folder.path(), &config));
    assert_eq!(outcome.code, 4, "{}{}", outcome.stdout, outcome.stderr);
}

#[test]
fn every_form_of_a_configuration_is_taken() {
    // Snapshots of servers with other forests: nothing of the small organisation is in their scope.
    for (name, basis) in [("northwind", "built-in"), ("adatum", "sample")] {
        let folder = small();
        let outcome = run(rehearse(folder.path(), &organisation(name)).args(["--format", "json"]));
        assert_eq!(outcome.code, 3, "{name}: {}", outcome.stderr);
        let told: Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(told["rule_basis"], basis, "{name}");
        let objections = told["objections"].to_string();
        assert!(objections.contains("no object was read for"), "{name}: {objections}");
    }
}

#[test]
fn the_targets_rules_replace_the_standard_rules() {
    let folder = small();
    let config = folder.path().join("config");
    // The same connectors, and rules as the product tags them.
    let target = folder.path().join("target");
    fs::create_dir_all(target.join("SynchronizationRules")).unwrap();
    for (at, name) in
        files(&organisation("adatum").join("server-configuration/SynchronizationRules"))
            .iter()
            .enumerate()
    {
        let from =
            organisation("adatum").join("server-configuration/SynchronizationRules").join(name);
        let text = fs::read_to_string(from).unwrap();
        let text = text
            .replace("{3f6c1b0a-52d7-4e8b-9a43-7c0d8e21f5b6}", small::AD)
            .replace("{9b2e7d14-08ac-4c6f-b1d3-5e4f60a792c8}", small::CLOUD);
        fs::write(target.join(format!("SynchronizationRules/{at}.xml")), text).unwrap();
    }
    let outcome = run(rehearse(folder.path(), &config)
        .arg("--rules")
        .arg(&target)
        .args(["--format", "json"]));
    assert!(matches!(outcome.code, 0 | 3), "{}", outcome.stderr);
    let told: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(told["rule_basis"], "target");
}

#[test]
fn wrong_usage_is_told_before_anything_is_done() {
    let folder = small();
    let config = folder.path().join("config");
    let cases: [(&[&str], i32, &str); 6] = [
        (&["--ad", "ldaps://127.0.0.1:9", "--entra", "x"], 2, "do not sign in"),
        (
            &["--ad", "other.example=x.ldf", "--entra", "x"],
            2,
            "no connector reads a forest other.example",
        ),
        (&["--ad", "a.ldf", "--ad", "b.ldf", "--entra", "x"], 2, "--ad FOREST=SOURCE"),
        (&["--ad", "a.ldf", "--entra", "graph:a.example"], 2, "give --client-id"),
        (&["--ad", "/nowhere/a.ldf", "--entra", "x"], 1, "opening /nowhere/a.ldf"),
        (&["--entra", "x"], 2, "--ad"),
    ];
    for (arguments, code, expected) in cases {
        let outcome = run(dirlift()
            .args(["rehearse", "--config"])
            .arg(&config)
            .args(arguments)
            .arg("--out")
            .arg(folder.path().join("out")));
        assert_eq!(outcome.code, code, "{arguments:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(expected), "{arguments:?}: {}", outcome.stderr);
        let mut left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["config", "forest.ldf", "tenant"], "{arguments:?}");
    }
    let outcome = run(rehearse(folder.path(), &folder.path().join("tenant")));
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
}

#[test]
fn an_object_is_explained_from_the_folder_alone() {
    let (folder, _) = rehearsed();
    fs::remove_file(folder.path().join("forest.ldf")).unwrap();
    fs::remove_dir_all(folder.path().join("tenant")).unwrap();
    let explain =
        |object: &str| dirlift().arg("explain").arg(folder.path().join("out")).arg(object);
    for columns in ["80", "140"] {
        let outcome = run(explain("fay@small.example").env("COLUMNS", columns));
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
        let text = outcome.stdout;
        for line in [
            "CN=Fay,OU=Staff,DC=small,DC=example",
            "  delete  ",
            "false: adminDescription",
            "Rules: built-in",
        ] {
            assert!(text.contains(line), "{line}:\n{text}");
        }
        let width: usize = columns.parse().unwrap();
        let words = text.lines().filter(|it| it.contains(' '));
        assert!(words.clone().all(|it| it.chars().count() <= width + 40), "{text}");
        assert!(words.clone().any(|it| it.chars().count() > width / 2), "{text}");
    }
    let outcome = run(explain(&small::anchor(small::ANN)).args(["--format", "json"]));
    let told: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let all = told["explanations"].as_array().unwrap();
    assert_eq!(all.len(), 1, "both sides of Ann are one");
    assert_eq!(all[0]["exports"][0]["changes"][0]["attribute"], "title");
    assert_eq!(all[0]["metaverse"]["links"].as_array().unwrap().len(), 2);
    let text = run(explain("11111111-1111-1111-1111-111111111111")).stdout;
    assert!(text.contains("Intern -> Engineer (Out to AAD - User"), "{text}");
    assert!(text.contains("title  \"Engineer\": decides"), "{text}");
    // Two people claim one address.
    let text = run(explain("ann@small.example")).stdout;
    assert!(text.contains("CN=Gus,OU=Staff,DC=small,DC=example\n"), "{text}");
    assert!(run(explain("ann@small.example").arg("--all")).stdout.len() > text.len());
}

#[test]
fn what_cannot_be_explained_is_said() {
    let (folder, _) = rehearsed();
    let out = folder.path().join("out");
    let cases = [
        (
            out.as_path(),
            "nobody@small.example\u{1b}[2J",
            "no object that was imported is known as nobody@small.example\u{FFFD}[2J",
        ),
        (folder.path(), "x", "give the folder that dirlift rehearse wrote"),
    ];
    for (path, object, expected) in cases {
        let outcome = run(dirlift().arg("explain").arg(path).arg(object));
        assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""));
        assert!(outcome.stderr.contains(expected), "{}", outcome.stderr);
    }
}

#[test]
fn hostile_names_are_harmless_everywhere() {
    let folder = small();
    let ldif = folder.path().join("forest.ldf");
    let bad = "=1+1\u{1b}[31m\u{202e}<script>alert(1)</script>";
    let encoded = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(bad)
    };
    let text = fs::read_to_string(&ldif).unwrap();
    let text = text.replace("displayName: Ben Small", &format!("displayName:: {encoded}"));
    fs::write(&ldif, text).unwrap();
    let outcome = run(rehearse(folder.path(), &folder.path().join("config")));
    let out = folder.path().join("out");
    let explained = run(dirlift().arg("explain").arg(&out).arg("ben@small.example")).stdout;
    assert!(explained.contains("=1+1\u{FFFD}[31m"), "{explained}");
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains("<script"), "{page}");
    for text in [&outcome.stdout, &explained, &page] {
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    }
    let table = fs::read_to_string(out.join("pending-exports.csv")).unwrap();
    assert!(table.contains("'=1+1") && !table.contains(",=1+1"), "{table}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_at_once_and_leaves_nothing() {
    use std::time::{Duration, Instant};

    use dirlift_testkit::{ldap::Operation, pki::Authority};

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let authority = Authority::new("Own").unwrap();
    let fake = crate::import_ad::endless(&authority);
    fs::write(path("ca.pem"), authority.pem()).unwrap();
    fs::write(path("password"), "secret").unwrap();
    fs::create_dir_all(path("config/Connectors")).unwrap();
    for (name, text) in small::connectors() {
        fs::write(path("config").join(name), text.replace("DC=small,DC=example", "DC=x")).unwrap();
    }
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_dirlift"))
        .env_clear()
        .args(["rehearse", "--user", "ann@x.example", "--ad"])
        .arg(format!("ldaps://{}", fake.address()))
        .args(["--entra", "tenant", "--ca-file"])
        .arg(path("ca.pem"))
        .arg("--password-file")
        .arg(path("password"))
        .arg("--config")
        .arg(path("config"))
        .arg("--out")
        .arg(path("out"))
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let is_reading = || {
        let requests = fake.requests();
        let of = |it: &dirlift_testkit::ldap::Request| matches!(&it.operation, Operation::Search { base, .. } if base == "DC=x");
        requests.iter().any(of)
    };
    let start = Instant::now();
    while !is_reading() {
        assert!(start.elapsed() < Duration::from_mins(1), "it never began");
        std::thread::sleep(Duration::from_millis(10));
    }
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "a folder is in the making");
    let start = Instant::now();
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.unwrap().success());
    let status = child.wait().unwrap();
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(status.code(), Some(130));
    let mut said = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut said).unwrap();
    assert_eq!(said, "interrupted; no file was written\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}

/// One object of a connector space as the documented tool writes it, imported and without pending export.
fn held(dn: &str, ty: &str, connector: &str, inner: &str) -> String {
    format!(
        "<cs-object cs-dn=\"{dn}\" object-type=\"{ty}\"><synchronized-hologram><entry dn=\"{dn}\">{inner}</entry>\
         </synchronized-hologram><connector>1</connector><ma-name>{connector}</ma-name></cs-object>"
    )
}

fn values(name: &str, ty: &str, values: &[&str]) -> String {
    let values = values.join("</value><value>");
    format!("<attr name=\"{name}\" type=\"{ty}\"><value>{values}</value></attr>")
}

fn bytes(name: &str, bytes: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    format!(
        "<attr name=\"{name}\" type=\"binary\"><value encoding=\"base64\">{text}</value></attr>"
    )
}

/// Ann, Ben and Dora of the small organisation as two exports of connector spaces.
fn spaces() -> (String, String) {
    let person = |name: &str, number: u8, control: &str, more: &str| {
        let account = name.to_lowercase();
        let inner = [
            values("cn", "string", &[name]),
            values("displayName", "string", &[&format!("{name} Small")]),
            values("sAMAccountName", "string", &[&account]),
            values("userPrincipalName", "string", &[&format!("{account}@small.example")]),
            values("userAccountControl", "integer", &[control]),
            bytes("objectGUID", &[number; 16]),
            bytes("objectSid", &small::sid(number)),
            more.to_owned(),
        ];
        let dn = format!("CN={name},OU=Staff,DC=small,DC=example");
        held(&dn, "user", "small.example", &inner.concat())
    };
    let ad = [
        person("Ann", small::ANN, "0x200", &values("title", "string", &["Engineer"])),
        person("Ben", small::BEN, "0x200", ""),
        person("Dora", small::DORA, "0x202", ""),
    ];
    let in_cloud = |name: &str, number: u8, more: &str| {
        let inner = [
            values("sourceAnchor", "string", &[&small::anchor(number)]),
            values("displayName", "string", &[&format!("{name} Small")]),
            values("accountEnabled", "boolean", &["true"]),
            values("cloudMastered", "boolean", &["false"]),
            more.to_owned(),
        ];
        held(&small::cloud_dn(number), "user", small::CLOUD_NAME, &inner.concat())
    };
    let cloud = [
        in_cloud("Ann", small::ANN, &values("title", "string", &["Intern"])),
        in_cloud("Carl", small::CARL, ""),
        in_cloud("Dora", small::DORA, ""),
    ];
    let whole = |all: String| format!("<cs-objects>{all}</cs-objects>");
    (whole(ad.concat()), whole(cloud.concat()))
}

#[test]
fn both_sides_may_be_exports_of_connector_spaces() {
    let folder = small();
    let path = |name: &str| folder.path().join(name);
    let (ad, cloud) = spaces();
    fs::write(path("ad.xml"), ad).unwrap();
    fs::write(path("cloud.xml"), cloud).unwrap();
    fs::remove_file(path("forest.ldf")).unwrap();
    fs::remove_dir_all(path("tenant")).unwrap();
    let source = |name: &str| format!("csexport:{}", path(name).display());
    let command = dirlift().args(["rehearse", "--as-of", AS_OF, "--config"]).arg(path("config"));
    let command = command.args(["--ad", &source("ad.xml"), "--entra", &source("cloud.xml")]);
    let outcome = run(command.arg("--out").arg(path("out")).args(["--format", "json"]));
    assert!(matches!(outcome.code, 0 | 3), "{}", outcome.stderr);
    let lines = fs::read_to_string(path("out/pending-exports.jsonl")).unwrap();
    let exports: Vec<Value> = lines.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let of = |number: u8| {
        let dn = small::cloud_dn(number);
        let found = exports.iter().find(|it| it["dn"] == dn.as_str());
        found.unwrap_or_else(|| panic!("{dn}: {lines}"))
    };
    let change = |number: u8, name: &str| {
        let all = of(number)["changes"].as_array().unwrap();
        all.iter().find(|it| it["attribute"] == name).cloned().unwrap_or_default()
    };
    assert_eq!(of(small::ANN)["operation"], "update");
    let title = change(small::ANN, "title").to_string();
    assert!(title.contains("Intern") && title.contains("Engineer"), "{title}");
    // A connector space shows every attribute: what the tenant lacks is seen to be missing, where Graph leaves it open.
    assert!(change(small::ANN, "commonName").to_string().contains("Ann"), "{lines}");
    assert_eq!(of(small::ANN)["unreadable"].as_array().map_or(0, Vec::len), 0);
    assert_eq!(of(small::BEN)["operation"], "add");
    // Nothing on premises has Carl's anchor any more; 0x202 is a disabled account.
    assert_eq!(of(small::CARL)["operation"], "delete");
    assert!(change(small::DORA, "accountEnabled").to_string().contains("false"), "{lines}");
    assert_eq!(exports.len(), 4, "{lines}");
}
