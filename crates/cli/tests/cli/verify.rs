//! `dirlift verify`: a store that was filled by hand, a real server's file, accept-lists, every form of output.
mod files;
mod place;

use dirlift_deployment::Store;
use dirlift_testkit::org::woodgrove_tds;
use serde_json::Value;

use self::place::{
    AAD, ACCEPT, AD, ANN, CID, DORA, Files, GROUP, Odd, Tenant, delta, json, object, same, texts,
    title,
};
use crate::{
    database::{PASSWORD, url, woodgrove},
    dirlift, run,
};

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
    assert_eq!(texts(&found["guards"][1]["not_checked"]), <[&str; 0]>::default());
}

#[test]
fn guards_that_could_not_look_leave_it_incomplete() {
    let roles = "it is not known who is an administrator: import directoryRoles of the tenant (RoleManagement.Read.Directory)";
    let licences =
        "it is not known who has a licence: import users with assignedLicenses (User.Read.All)";
    for (tenant, expected) in [
        (Tenant::Nobody, vec![]),
        (Tenant::NoRoles, vec![roles]),
        (Tenant::NoLicences, vec![licences]),
        (Tenant::Unknown, vec![roles, licences]),
    ] {
        let files = Files::new(Odd { tenant, ..Odd::default() });
        let (found, code) = json(files.compare(&same(), ACCEPT));
        assert_eq!(texts(&found["guards"][1]["not_checked"]), expected);
        assert_eq!(texts(&found["guards"][0]["not_checked"]), <[&str; 0]>::default());
        let missing: Vec<_> = expected.iter().map(|it| format!("{AAD}: {it}")).collect();
        assert_eq!(texts(&found["missing"]), missing);
        assert_eq!(code, if expected.is_empty() { 0 } else { 4 });
    }
}

#[test]
fn what_the_engine_says_of_its_own_result_counts() {
    let files = Files::new(Odd::default());
    let summary = |settled: bool, history: bool, kept: u64, predicted: &str| {
        format!(
            r#"{{"settled": {settled}, "passes": 50, "history": {history}, "kept_without_history": {kept}, "held": 0,
            "predicted": {{{predicted}}}}}"#
        )
    };
    let judged = |summary: String| {
        let mut store = Store::open(&files.path("store")).unwrap();
        store.set_setting("synchronization_summary", &summary).unwrap();
        drop(store);
        let (found, code) = json(files.compare(&same(), ACCEPT));
        let joined = |name: &str| texts(&found[name]).join("; ");
        (code, joined("objections"), joined("missing"), joined("problems"))
    };
    let none = String::new;
    let takeover = r#""hard-match": 2"#;
    assert_eq!(judged(summary(true, true, 0, takeover)), (0, none(), none(), none()));
    let refused = r#""invalid-soft-match": 2, "attribute-value-must-be-unique": 1"#;
    let (code, objections, missing, problems) = judged(summary(true, true, 0, refused));
    assert_eq!((code, objections.as_str()), (3, "the cloud would refuse 3 exports"));
    assert_eq!(missing, "");
    assert!(problems.contains("the cloud would refuse 2: invalid-soft-match; mend"), "{problems}");
    // Somebody expects it: each kind, up to a number.
    let expect = |word: &str, n: u64| {
        let why = "reason = \"known\"\nauthor = \"Ida\"";
        format!("[[accept]]\nrefused = \"{word}\"\nat-most = {n}\n{why}\n")
    };
    let unique = expect("attribute-value-must-be-unique", 1);
    for (n, expected) in [(1, vec!["the cloud would refuse 2 exports"]), (2, vec![])] {
        let list = [ACCEPT, &unique, &expect("invalid-soft-match", n)].concat();
        let (found, code) = json(files.compare(&same(), &list));
        assert_eq!(texts(&found["objections"]), expected, "{n}");
        assert_eq!(code, if expected.is_empty() { 0 } else { 3 });
        assert_eq!(found["accepted"][3]["objects"], 1);
        let (used, beyond) = if n == 1 { (0, 2) } else { (2, 0) };
        let entry = &found["accepted"][4];
        assert_eq!(
            (entry["objects"].as_u64(), entry["beyond"].as_u64()),
            (Some(used), Some(beyond))
        );
    }
    let (code, objections, ..) = judged(summary(false, true, 0, ""));
    let circle = "rules go round in a circle: joining did not settle in 50 rounds";
    assert_eq!((code, objections.as_str()), (3, circle));
    let (code, objections, missing, _) = judged(summary(true, false, 7, ""));
    assert_eq!((code, objections.as_str()), (4, ""));
    assert!(missing.contains(": 7 objects would be deleted if it were"), "{missing}");
}

#[test]
fn deletes_pass_up_to_the_old_servers_threshold_and_never_beyond_the_default() {
    // Those of the store, what its old server had, whether they pass.
    for (deletes, limit, expected) in [
        (500, None, 0),
        (501, None, 3),
        (3, Some("3"), 0),
        (4, Some("3"), 3),
        // It had none, or a larger one.
        (500, Some("0"), 0),
        (501, Some("0"), 3),
        (501, Some("none"), 3),
        (501, Some("90000"), 3),
    ] {
        let files = Files::new(Odd { more_deletes: deletes - 1, ..Odd::default() });
        if let Some(limit) = limit {
            let mut store = Store::open(&files.path("store")).unwrap();
            store.set_setting("delete_limit", limit).unwrap();
        }
        let all =
            "[[accept]]\noperation = \"delete\"\nat-most = 1000\nreason = \"r\"\nauthor = \"a\"\n";
        let accept = files.write("a.toml", &format!("{ACCEPT}{all}"));
        let verify = || files.verify().arg("--accept").arg(&accept);
        let (found, code) = json(verify());
        assert_eq!(code, expected, "{deletes} {limit:?} {:#}", found["objections"]);
        assert_eq!(json(verify().args(["--max-deletes", "501"])).1, 0, "{deletes} {limit:?}");
        assert_eq!(json(verify().args(["--max-deletes", "2"])).1, 3, "{deletes} {limit:?}");
    }
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
    let tenant = Odd { tenant: Tenant::Administrator, ..clean };
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
    // Nobody knows where the old server's database is.
    assert!(missing.iter().any(|it| it.contains("cannot be told apart")), "{missing:?}");
    assert_eq!(found["server"]["host"], "WG-SQL02");
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
