//! A live database: the dead server of woodgrove with and without its restored copy.
use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use dirlift_testkit::{
    canary,
    org::woodgrove_tds,
    tds::{self, Database, Server, ServerBuilder, fim},
};
use serde_json::Value;
use snapbox::cmd::Command;

use crate::{AS_OF, Outcome, dirlift, files, json, organisation, run, schema::Schema};

pub(crate) const USER: &str = "auditor";
/// It must not come out anywhere.
pub(crate) const PASSWORD: &str = canary::PASSWORD;
const FORMATS: [&str; 4] = ["text", "json", "markdown", "html"];

/// Woodgrove's copy with the file of its authority; it serves all tests.
pub(crate) fn woodgrove() -> &'static (Server, PathBuf) {
    static SERVER: OnceLock<(Server, PathBuf)> = OnceLock::new();
    SERVER.get_or_init(|| {
        let server = ServerBuilder::new(woodgrove_tds::database()).remember_answers();
        let server = server.user(USER, PASSWORD).start().unwrap();
        let ca_file = ca_file(&server);
        (server, ca_file)
    })
}

/// A small database behind a responder, set up further by `set_up`.
pub(crate) fn small(
    database: Database,
    set_up: impl FnOnce(ServerBuilder) -> ServerBuilder,
) -> (Server, PathBuf) {
    let server = set_up(ServerBuilder::new(database).user(USER, PASSWORD)).start().unwrap();
    let ca_file = ca_file(&server);
    (server, ca_file)
}

fn ca_file(server: &Server) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(format!("authority-{}-{}.pem", std::process::id(), server.port()));
    std::fs::write(&path, server.authority_pem()).unwrap();
    path
}

pub(crate) fn url(server: &Server, database: &str) -> String {
    format!("mssql://{USER}@localhost:{}/{database}", server.port())
}

/// `dirlift analyze --as-of ... --sql ... --ca-file ...`, with the password in the environment.
fn analyze(served: &(Server, PathBuf)) -> Command {
    with_database("analyze", served).args(["--as-of", AS_OF])
}

/// `dirlift COMMAND --sql ... --ca-file ...`, with the password in the environment.
fn with_database(command: &str, (server, ca_file): &(Server, PathBuf)) -> Command {
    dirlift()
        .args([command, "--sql", &url(server, woodgrove_tds::NAME)])
        .arg("--ca-file")
        .arg(ca_file)
        .env("DIRLIFT_PASSWORD", PASSWORD)
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect()
}

pub(crate) fn no_password(what: &str, outcome: &Outcome) {
    for stream in [&outcome.stdout, &outcome.stderr] {
        assert_eq!(canary::find(PASSWORD, stream.as_bytes()), None, "{what}");
    }
}

#[test]
fn a_dead_server_is_undecided_and_says_what_is_needed() {
    let (analysis, code) = json(&organisation("woodgrove"));
    assert_eq!(code, 4);
    assert_eq!(analysis["source"]["product"], "DirSync");
    assert_eq!(analysis["source"]["version"], "1.0.7020.0");
    assert_eq!(analysis["recommendation"]["path"], "dirsync");
    assert_eq!(analysis["recommendation"]["deployment"], "undecided");
    let reasons = strings(&analysis["recommendation"]["reasons"]);
    let expected =
        ["the configuration of this server is not known", "the number of objects is not known"];
    assert_eq!(reasons.len(), expected.len(), "{reasons:?}");
    for (reason, begin) in reasons.iter().zip(expected) {
        assert!(reason.starts_with(begin), "{reason}");
    }
    assert_eq!(analysis["settings"], Value::Null);
    assert_eq!(analysis["objects"]["total"], Value::Null);
    assert_eq!(analysis["estimate"]["hours"], Value::Null);
    let needed: Vec<_> = analysis["not_checked"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["needed"] == true)
        .map(|it| it["why"].as_str().unwrap())
        .collect();
    let begins = [
        "database.json was not collected: the volume with the database is lost; read the database with --sql",
        "server-configuration/ was not collected: the Synchronization Service does not start",
    ];
    assert_eq!(needed.len(), begins.len(), "{needed:#?}");
    for begin in begins {
        assert!(needed.iter().any(|it| it.starts_with(begin)), "{begin}: {needed:#?}");
    }
    for format in FORMATS {
        let outcome = run(crate::analyze(&organisation("woodgrove")).args(["--format", format]));
        assert_eq!((outcome.code, outcome.stderr.as_str()), (4, ""), "{format}");
        for part in ["undecided", "--sql", "1.0.7020.0"] {
            assert!(outcome.stdout.contains(part), "{format}: {part}");
        }
    }
}

#[test]
fn its_restored_database_decides() {
    let served = woodgrove();
    let outcome = run(analyze(served).arg(organisation("woodgrove")).args(["--format", "json"]));
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    let analysis: Value = serde_json::from_str(&outcome.stdout).unwrap();
    Schema::read().check(&analysis).unwrap();
    // 46,812 + 28 = 46,840; 46,840 + 1,260 + 4,240 = 52,340; 52,340 × 3 ÷ 50,000 = 3.1404.
    let objects = &analysis["objects"];
    assert_eq!(objects["users"], 46_840);
    assert_eq!(objects["contacts"], 1_260);
    assert_eq!(objects["groups"], 4_240);
    assert_eq!(objects["total"], 52_340);
    assert_eq!(objects["metaverse_total"], 52_340);
    assert_eq!(analysis["estimate"]["hours"].to_string(), "3.14");
    // 132 + 78 = 210 minutes.
    assert_eq!(analysis["estimate"]["own_history"]["hours"], 3.5);
    assert_eq!(analysis["recommendation"]["path"], "dirsync");
    assert_eq!(analysis["recommendation"]["deployment"], "parallel");
    let database = &analysis["database"];
    assert_eq!(database["size_mb"], 7_936);
    assert_eq!(database["last_run_at"], "2026-10-27T21:06:31Z");
    // The copy's server is another one: what it says of itself is not the old server's.
    assert_eq!(database["kind"], "unknown");
    assert_eq!(database["product_version"], Value::Null);
    assert_eq!(database["server"], "WG-DIRSYNC");
    assert_eq!(database["instance"], "MSONLINE");
    let gaps = analysis["not_checked"].as_array().unwrap();
    assert!(gaps.iter().all(|it| it["needed"].is_null()), "{gaps:#?}");
    let copy = "the database was read on WG-SQL02, a copy: the registry of the old server names WG-DIRSYNC";
    assert!(gaps.iter().any(|it| it["why"] == copy), "{gaps:#?}");
    for overtaken in ["database.json", "server-configuration/"] {
        let is_listed = |it: &Value| it["why"].as_str().unwrap().starts_with(overtaken);
        assert!(!gaps.iter().any(is_listed), "{overtaken}: {gaps:#?}");
    }
    let findings = analysis["findings"].as_array().unwrap();
    // From 2026-10-27 21:06 to 2026-11-21 00:00 it is 24 full days.
    let silent = findings.iter().find(|it| it["id"] == "DL0502").unwrap();
    assert_eq!(silent["detail"], "the last run ended 24 days before this analysis");
    assert!(!findings.iter().any(|it| it["id"] == "DL0204"), "the copy's edition does not count");
    settings_of_woodgrove(&analysis["settings"]);
}

fn settings_of_woodgrove(settings: &Value) {
    let forest = &settings["forests"][0];
    assert_eq!(forest["name"], "woodgrove.example");
    assert_eq!(forest["account"], r"WOODGROVE\MSOL_c83e51f07a9d");
    let domains = forest["domains"].as_array().unwrap();
    let selected: Vec<_> = domains.iter().filter(|it| it["selected"] == true).collect();
    assert_eq!(selected.len(), 1);
    assert_eq!(selected[0]["dn"], "DC=woodgrove,DC=example");
    assert_eq!(selected[0]["ou_filtering"], true);
    let excluded = strings(&selected[0]["containers"]["exclusions"]);
    assert!(excluded.contains(&"OU=Leavers,DC=woodgrove,DC=example"), "{excluded:?}");
    assert_eq!(settings["tenant"]["account"], "dirsync@woodgrove.onmicrosoft.com");
    assert_eq!(settings["password_hash_sync"]["value"], true);
    assert_eq!(settings["exchange_hybrid"]["value"], true);
    assert_eq!(settings["interval_seconds"]["value"], 10_800);
    assert_eq!(settings["connector_filters"].as_array().unwrap().len(), 1);
    let condition = &settings["connector_filters"][0]["conditions"][0];
    assert_eq!(condition["attribute"], "extensionAttribute7");
    assert_eq!(settings["run_profiles"].as_array().unwrap().len(), 6);
}

#[test]
fn its_settings_are_exported_with_the_restored_database() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("bundle.zip");
    let export = || {
        let command = with_database("export", woodgrove()).arg(organisation("woodgrove"));
        let outcome = run(command.arg("--out").arg(&out));
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
        no_password("export", &outcome);
        std::fs::read(&out).unwrap()
    };
    let bytes = export();
    assert!(bytes == export(), "the same facts give the same bytes");
    assert_eq!(canary::find(PASSWORD, &bytes), None);
    let seen = crate::export::inspect(&out);
    assert_eq!(seen["forced"], serde_json::json!([]));
    assert_eq!(seen["source"]["product"], "DirSync");
    assert_eq!(seen["settings"]["forests"][0]["name"], "woodgrove.example");
    assert_eq!(seen["analysis"]["objects"]["total"], 52_340);
    // A database alone does not tell the product.
    let alone = |more: &[&str]| {
        run(with_database("export", woodgrove()).args(more).arg("--out").arg(&out)).code
    };
    assert_eq!(alone(&[]), 3);
    assert_eq!(alone(&["--force"]), 4);
}

#[test]
fn every_format_says_it_and_says_it_again() {
    let served = woodgrove();
    for format in FORMATS {
        let once =
            || run(analyze(served).arg(organisation("woodgrove")).args(["--format", format]));
        let (outcome, again) = (once(), once());
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{format}");
        assert!(outcome.stdout == again.stdout, "{format}");
        no_password(format, &outcome);
        let count = if format == "json" { "52340" } else { "52,340" };
        for part in ["parallel", count, "3.14", "woodgrove.example", "OU=Leavers", "WG-SQL02"] {
            assert!(outcome.stdout.contains(part), "{format}: {part}");
        }
    }
}

#[test]
fn a_database_alone_is_never_a_clean_verdict() {
    let outcome = run(analyze(woodgrove()).args(["--format", "json"]));
    assert_eq!((outcome.code, outcome.stderr.as_str()), (4, ""));
    let analysis: Value = serde_json::from_str(&outcome.stdout).unwrap();
    Schema::read().check(&analysis).unwrap();
    assert_eq!(analysis["source"]["product"], Value::Null);
    assert_eq!(analysis["recommendation"]["deployment"], "undecided");
    // What the database knows is there.
    assert_eq!(analysis["objects"]["total"], 52_340);
    assert_eq!(analysis["settings"]["forests"][0]["name"], "woodgrove.example");
    assert_eq!(analysis["database"]["kind"], "full");
    let gaps = analysis["not_checked"].as_array().unwrap();
    for part in ["snapshot.json", "registry.reg", "services.json", "files.csv", "templates/"] {
        let begin = format!("{part} was not collected: no snapshot was given; ");
        let is_listed = |it: &Value| it["why"].as_str().unwrap().starts_with(&begin);
        assert!(gaps.iter().any(is_listed), "{part}: {gaps:#?}");
    }
    assert!(
        gaps.iter().any(|it| it["what"] == "which product is installed" && it["needed"] == true)
    );
    for format in FORMATS {
        assert_eq!(run(analyze(woodgrove()).args(["--format", format])).code, 4, "{format}");
    }
}

#[test]
fn less_of_a_dead_server_is_no_crash() {
    let original = organisation("woodgrove");
    for missing in files(&original) {
        let folder = tempfile::tempdir().unwrap();
        crate::copy(&original, folder.path(), |it| it != missing);
        assert_eq!(json(folder.path()).1, 4, "{missing}");
    }
}

#[test]
fn no_secret_of_a_served_database_comes_out() {
    let mut database = woodgrove_tds::database();
    // Counting is not what this looks at.
    database.table("mms_connectorspace").rows.truncate(10);
    let n_planted = plant(&mut database);
    assert!(n_planted > 20, "{n_planted} places");
    let served = small(database, |it| it);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("bundle.zip");
    let command = with_database("export", &served).arg(organisation("woodgrove"));
    let outcome = run(command.arg("--force").arg("--out").arg(&out));
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let bundle = dirlift_exporter::bundle::Bundle::read(&out).unwrap();
    let streams = [outcome.stdout.as_bytes(), outcome.stderr.as_bytes()];
    for secret in canary::ALL {
        for bytes in bundle.parts().iter().map(|it| it.bytes.as_slice()).chain(streams) {
            assert_eq!(canary::find(secret, bytes), None, "bundle: {secret}");
        }
    }
    for format in FORMATS {
        let outcome =
            run(analyze(&served).arg(organisation("woodgrove")).args(["--format", format]));
        assert!(outcome.stdout.contains("woodgrove.example"), "{format}: {}", outcome.stderr);
        for secret in canary::ALL {
            for stream in [&outcome.stdout, &outcome.stderr] {
                assert_eq!(canary::find(secret, stream.as_bytes()), None, "{format}: {secret}");
            }
        }
    }
}

/// Puts secrets into columns that must not be read, and behind the tags in which the engine keeps such elements.
fn plant(database: &mut Database) -> usize {
    let elements = format!(
        "<password>{0}</password><encrypted-attributes><attribute name=\"password\" encrypted=\"1\">{0}</attribute>\
         </encrypted-attributes><encrypted-configuration>{1}</encrypted-configuration><cookie>{2}</cookie>\
         <water-mark>{2}</water-mark><keyset><key>{3}</key></keyset>",
        canary::PASSWORD,
        canary::ENCRYPTED,
        canary::COOKIE,
        canary::KEY,
    );
    let mut n_planted = 0;
    for table in database.tables.values_mut() {
        for (place, column) in table.columns.iter().enumerate() {
            for cell in table.rows.iter_mut().map(|it| &mut it[place]) {
                let secret = match column.name.as_str() {
                    "controller_configuration_password" | "passwordsync_xml" => canary::PASSWORD,
                    "encrypted_configuration" => canary::ENCRYPTED,
                    _ => "",
                };
                if !secret.is_empty() {
                    *cell = secret.into();
                    n_planted += 1;
                } else if let tds::Value::Text(text) = cell {
                    for tag in
                        ["<adma-configuration>", "<MAConfig>", "<custom-data>", "<extension>"]
                    {
                        n_planted += text.matches(tag).count();
                        *text = text.replace(tag, &format!("{tag}{elements}"));
                    }
                }
            }
        }
    }
    n_planted
}

#[test]
fn the_live_database_wins_over_the_older_facts() {
    let outcome =
        run(analyze(woodgrove()).arg(organisation("fabrikam")).args(["--format", "json"]));
    assert_eq!(outcome.stderr, "");
    let analysis: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(analysis["objects"]["total"], 52_340);
    assert_eq!(analysis["source"]["host"], "FAB-SYNC01.corp.fabrikam.example");
    // Edition and version of the old server are known from before.
    assert_eq!(analysis["database"]["kind"], "express");
    assert_eq!(analysis["database"]["product_version"], "11.0.5058.0");
}

#[test]
fn passwords_come_from_a_file_else_from_the_environment() {
    let served = small(fim(), |it| it);
    let folder = tempfile::tempdir().unwrap();
    let (right, wrong) = (folder.path().join("right"), folder.path().join("wrong"));
    std::fs::write(&right, format!("{PASSWORD}\r\n")).unwrap();
    std::fs::write(&wrong, "not it").unwrap();
    let cases = [
        (None, Some(PASSWORD), 4),
        (Some(&right), None, 4),
        (Some(&right), Some("not it"), 4),
        (Some(&wrong), Some(PASSWORD), 1),
        (None, Some("not it"), 1),
        (None, None, 2),
        (None, Some(""), 2),
    ];
    for (file, variable, expected) in cases {
        let mut command = analyze(&served).env_remove("DIRLIFT_PASSWORD");
        if let Some(file) = file {
            command = command.arg("--password-file").arg(file);
        }
        if let Some(variable) = variable {
            command = command.env("DIRLIFT_PASSWORD", variable);
        }
        let outcome = run(command);
        assert_eq!(outcome.code, expected, "{file:?} {variable:?}: {}", outcome.stderr);
        no_password("sources", &outcome);
    }
    let missing = run(analyze(&served).arg("--password-file").arg(folder.path().join("none")));
    assert_eq!(missing.code, 1);
    assert!(missing.stderr.starts_with("error: reading "), "{}", missing.stderr);
}

#[test]
fn a_user_may_stand_beside_the_url() {
    let served = small(fim(), |it| it);
    let bare = url(&served.0, woodgrove_tds::NAME).replace(&format!("{USER}@"), "");
    let command = |user: &str| {
        dirlift()
            .args(["analyze", "--sql", &bare, "--user", user, "--ca-file"])
            .arg(&served.1)
            .env("DIRLIFT_PASSWORD", PASSWORD)
    };
    assert_eq!(run(command(USER)).code, 4);
    let refused = run(command("somebody"));
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains(" as somebody: "), "{}", refused.stderr);
}

#[test]
fn wrong_usage_ends_with_two_and_shows_no_password() {
    let cases: &[(&[&str], &str)] = &[
        (&["--sql", "mssql://sa:hunter2@db1/x"], "it holds a password"),
        (&["--sql", "mssql://sa@db1/x?password=hunter2"], "it holds a password"),
        (&["mssql://sa:hunter2@db1/x"], "write --sql before it"),
        (&["--sql", "postgres://db1/x"], "must begin with `mssql://`"),
        (&["--sql", "mssql://db1"], "the database is missing"),
        (&["--sql", "mssql://db1/x?auth=sql"], "needs a user"),
        (&["--sql", "mssql://ann@db1/x", "--user", "bob"], "name the user once"),
        (&["--sql", "mssql://ann@db1/x"], "DIRLIFT_PASSWORD"),
        (&["x", "--user", "ann"], "--sql"),
        (&["x", "--password-file", "f"], "--sql"),
        (&["--sql", "mssql://db1/x", "--ca-file", "f", "--trust-server-certificate"], "--ca-file"),
    ];
    for (arguments, part) in cases {
        let outcome = run(dirlift().arg("analyze").args(*arguments));
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(outcome.stderr.contains(part), "{arguments:?}: {}", outcome.stderr);
        assert!(!outcome.stderr.contains("hunter2"), "{arguments:?}: {}", outcome.stderr);
    }
}
