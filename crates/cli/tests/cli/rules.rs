//! `dirlift rules`: lists, findings, single expressions.
use std::{fmt::Write as _, fs, path::Path};

use dirlift_testkit::sample::published_export;
use serde_json::Value;
use snapbox::str;
use tempfile::TempDir;

use crate::{Outcome, dirlift, root, run};

/// A rule file: the middle of it, and the flows.
fn rule(number: u32, name: &str, head: &str, flows: &str, scope: &str) -> String {
    format!(
        "<synchronizationRule><id>{{00000000-0000-0000-0000-{number:012}}}</id><version>1</version><name>{name}</name>\
         <description /><immutable-tag>{}</immutable-tag><direction>Inbound</direction><disabled>False</disabled>\
         <connector>{{00000000-0000-0000-0000-0000000000AA}}</connector><sourceObjectType>user</sourceObjectType>\
         <targetObjectType>person</targetObjectType>{head}<precedence>{number}</precedence>\
         <softDeleteExpiryInterval>00:00:00</softDeleteExpiryInterval><EnablePasswordSync>false</EnablePasswordSync>\
         <attribute-mappings>{flows}</attribute-mappings><relationshipCriteria><conditions><condition>\
         <csAttribute>objectSid</csAttribute><ilmAttribute>objectSid</ilmAttribute></condition></conditions>\
         </relationshipCriteria><synchronizationCriteria>{scope}</synchronizationCriteria></synchronizationRule>",
        if number < 100 { "" } else { "Microsoft.Rule.001" }
    )
}

fn flow(target: &str, expression: &str) -> String {
    format!(
        "<mapping><dest>{target}</dest><expression>{expression}</expression><valueMergeType>Update</valueMergeType></mapping>"
    )
}

fn folder(rules: &[String]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("SynchronizationRules");
    fs::create_dir(&below).unwrap();
    for (idx, text) in rules.iter().enumerate() {
        fs::write(below.join(format!("SynchronizationRule_{idx}.xml")), text).unwrap();
    }
    folder
}

const JOIN: &str = "<linkType>Provision</linkType>";

fn sound() -> TempDir {
    let scope = "<conditions><scope><csAttribute>mail</csAttribute><csOperator>ISNOTNULL</csOperator></scope></conditions>";
    let constant = "<mapping><dest>kind</dest><src>User</src><valueMergeType>Update</valueMergeType></mapping>";
    folder(&[
        rule(100, "In - Join", JOIN, &(flow("cn", "Trim([cn])") + constant), scope),
        rule(50, "In - Own", "<linkType>Join</linkType>", "", ""),
    ])
}

fn check(folder: &Path, more: &[&str]) -> Outcome {
    run(dirlift().args(["rules", "check"]).arg(folder).args(more))
}

fn eval(expression: &str, more: &[&str]) -> Outcome {
    run(dirlift().args(["rules", "eval", expression, "--as-of", "2026-11-21"]).args(more))
}

#[test]
fn rules_stand_in_order_with_their_meaning() {
    let folder = sound();
    let outcome = run(dirlift().env("COLUMNS", "80").args(["rules", "check"]).arg(folder.path()));
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    snapbox::assert_data_eq!(
        outcome.stdout,
        str![[r#"
2 rules: 2 inbound, 0 outbound; 0 disabled, 1 custom. 0 blockers, 0 warnings, 0
notes.

INBOUND RULES, IN ORDER OF APPLICATION

     50  In - Own [custom]
         from user of the connector to person of the metaverse; connector
         {00000000-0000-0000-0000-0000000000AA}
         Scope   every object of this type
         Join    its objectSid equals objectSid of the target
         Link    joins; creates nothing
         Flows   none

    100  In - Join
         from user of the connector to person of the metaverse; connector
         {00000000-0000-0000-0000-0000000000AA}
         Scope   mail has a value
         Join    its objectSid equals objectSid of the target
         Link    joins; if nothing fits, creates a new object of type person
         Flows
           cn    ← cn without blanks around it
           kind  ← always "User"

FINDINGS
  None.

"#]]
    );
}

#[test]
fn a_blocker_ends_with_three_and_shows_its_place() {
    let folder = folder(&[rule(100, "In", JOIN, &flow("cn", "Trim([cn]) &amp; trim([sn])"), "")]);
    let outcome = check(folder.path(), &[]);
    assert_eq!(outcome.code, 3);
    let expected = "  blocker  In, flow 1 (cn), line 1, column 14: there is no function `trim`; write `Trim`\n           \
                    [expression]\n             \
                    Trim([cn]) & trim([sn])\n                          ^\n";
    assert!(outcome.stdout.ends_with(expected), "{}", outcome.stdout);
    let json: Value =
        serde_json::from_str(&check(folder.path(), &["--format", "json"]).stdout).unwrap();
    let finding = &json["findings"][0];
    assert_eq!(finding["severity"], "blocker");
    assert_eq!((&finding["line"], &finding["column"]), (&1.into(), &14.into()));
    assert_eq!(finding["file"], "SynchronizationRules/SynchronizationRule_0.xml");
    assert_eq!(json["counts"]["blockers"], 1);
    assert_eq!(json["rules"][0]["flows"][0]["expression"], "Trim([cn]) & trim([sn])");
}

#[test]
fn a_file_that_cannot_be_read_ends_with_four() {
    let folder = sound();
    fs::write(folder.path().join("SynchronizationRules/x.xml"), "<synchronizationRule>").unwrap();
    let outcome = check(folder.path(), &[]);
    assert_eq!(outcome.code, 4, "{}", outcome.stderr);
    assert!(
        outcome.stdout.contains("FILES THAT COULD NOT BE READ\n  - SynchronizationRules/x.xml:1:")
    );
}

#[test]
fn folders_without_rules_fail() {
    let empty = tempfile::tempdir().unwrap();
    for (path, part) in [
        (empty.path().to_owned(), "holds no synchronisation rules"),
        (empty.path().join("missing"), "no such file or folder"),
    ] {
        let outcome = check(&path, &[]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""));
        assert!(outcome.stderr.contains(part), "{}", outcome.stderr);
    }
}

#[test]
fn text_fits_its_width_and_hostile_names_do_no_harm() {
    let hostile = "evil&#x1B;[31m\u{202e}name";
    let long = format!("IIF(IsPresent([a]), {}, NULL)", vec!["[attribute]"; 60].join(" &amp; "));
    let folder =
        folder(&[rule(100, hostile, JOIN, &(flow(hostile, &long) + &flow("b", "x(")), "")]);
    for width in [80, 140] {
        let outcome = run(dirlift()
            .env("COLUMNS", width.to_string())
            .args(["rules", "check"])
            .arg(folder.path()));
        let is_safe = |it: char| it == '\n' || !steers_a_terminal(it);
        assert!(outcome.stdout.chars().all(is_safe), "{}", outcome.stdout);
        for line in outcome.stdout.lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
        let widest = outcome.stdout.lines().map(|it| it.chars().count()).max();
        assert!(widest > Some(width - 15), "{width}: {widest:?}");
    }
}

/// Escape and direction characters, worked out apart from the library.
fn steers_a_terminal(it: char) -> bool {
    it.is_control() || ('\u{202a}'..='\u{202e}').contains(&it)
}

#[test]
fn out_writes_what_stdout_would_have_shown() {
    let folder = sound();
    let out = folder.path().join("list.txt");
    let outcome = check(folder.path(), &["--out", out.to_str().unwrap()]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, ""));
    assert_eq!(fs::read_to_string(out).unwrap(), check(folder.path(), &[]).stdout);
}

#[test]
fn the_sample_has_no_blocker() {
    let Some(sample) = published_export() else { return };
    let outcome = check(&sample, &["--format", "json"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    let json: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(json["counts"]["rules"], 62);
    assert_eq!(json["counts"]["inbound"], 28);
    assert_eq!(json["counts"]["warnings"], 3);
    assert_eq!(json["not_understood"], Value::Array(vec![]));
    assert_eq!(json["rules"][0]["name"], "In from AD - User Join");
    let kinds = |kind: &str| {
        let rules = json["rules"].as_array().unwrap().iter();
        let flows = rules.flat_map(|it| it["flows"].as_array().unwrap());
        flows.filter(|it| it["kind"] == kind).count()
    };
    assert_eq!((kinds("direct"), kinds("expression"), kinds("constant")), (802, 391, 7));
}

#[test]
fn an_evaluation_shows_its_parts() {
    let folder = tempfile::tempdir().unwrap();
    let object = folder.path().join("x.json");
    fs::write(&object, r#"{"cn": " Joe ", "n": 514, "sid": {"binary": "AQI="}}"#).unwrap();
    let outcome = eval(
        r#"Trim([CN]) & "@" & %Domain.FQDN%"#,
        &["--object", object.to_str().unwrap(), "--parameter", "Domain.FQDN=contoso.com"],
    );
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    snapbox::assert_data_eq!(
        outcome.stdout,
        str![[r#"
  Expression  Trim([CN]) & "@" & %Domain.FQDN%
  Result      "Joe@contoso.com" (text)
  Can be      text, binary

SUB-RESULTS
  Trim([CN]) & "@" & %Domain.FQDN% = "Joe@contoso.com"   — joined
    Trim([CN]) & "@" = "Joe@"   — joined
      Trim([CN]) = "Joe"   — without white space at both ends
        [CN] = " Joe "   — attribute
      "@" = "@"
    %Domain.FQDN% = "contoso.com"   — parameter

"#]]
    );
}

#[test]
fn both_readings_can_be_tried() {
    let expression = r#"IsPresent([a]) || IsPresent([b]) = False || [b] = "x""#;
    let result = |more: &[&str]| {
        let outcome = eval(expression, &[&["--format", "json"], more].concat());
        let json: Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(json["warnings"].as_array().unwrap().len(), 1);
        let ids = json["assumptions"].as_array().unwrap().iter();
        let ids: Vec<_> = ids.map(|it| it["id"].as_str().unwrap()).collect();
        assert!(ids.contains(&"A-PRIORITY"), "{ids:?}");
        json["result"]["text"].as_str().unwrap().to_owned()
    };
    // b is absent: the second part is true.
    assert_eq!(result(&[]), "True");
    // (((False || False) = False) || NULL) = "x": a boolean is no "x".
    assert_eq!(result(&["--reading", "document"]), "False");
}

#[test]
fn results_end_as_they_are() {
    let cases = [
        ("NULL", 0, "null"),
        ("AuthoritativeNull", 0, "authoritative-null"),
        ("IgnoreThisFlow", 0, "ignore-this-flow"),
        ("1 + 1", 0, "value"),
        ("-1", 0, "value"),
        (r#"Error("no")"#, 3, "error"),
        ("%Nobody.Knows%", 3, "error"),
        ("Now()", 0, "value"),
    ];
    for (expression, code, kind) in cases {
        let outcome = eval(expression, &["--format", "json"]);
        let json: Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!((outcome.code, &json["result"]["kind"]), (code, &kind.into()), "{expression}");
    }
    let now = eval("Now()", &["--format", "json"]).stdout;
    assert!(now.contains("date:2026-11-21T00:00:00Z"), "{now}");
    let empty = eval(r#"Trim(" ")"#, &[]).stdout;
    assert!(empty.contains("  In a flow   NULL\n"), "{empty}");
}

#[test]
fn errors_point_at_their_place() {
    let outcome = eval("Trim([cn]) & trim([sn])", &[]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""));
    let mut expected = String::from(
        "error: the expression cannot be used: line 1, column 14: there is no function `trim`; write `Trim`\n",
    );
    let _ = write!(
        expected,
        "    Trim([cn]) & trim([sn])\n    {}{}\nhint: docs/functions.md lists the functions and built-in words\n",
        " ".repeat(13),
        "^".repeat(10)
    );
    assert_eq!(outcome.stderr, expected);
    let second = eval("[a] &\n  [b", &[]);
    assert!(second.stderr.contains("line 2, column 3: "), "{}", second.stderr);
    assert!(second.stderr.contains("    [b\n    ^^\n"), "{}", second.stderr);
}

#[test]
fn objects_that_cannot_be_read_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.json");
    let arguments = ["--object", path.to_str().unwrap()];
    let cases = [
        ("[1]", "the file holds no object"),
        (r#"{"a": 1.5}"#, "attribute `a`: 1.5 is no whole number"),
        (r#"{"a": 1, "A": 2}"#, "stands twice"),
        (r#"{"a": "#, "EOF while parsing"),
    ];
    for (text, part) in cases {
        fs::write(&path, text).unwrap();
        let outcome = eval("[a]", &arguments);
        assert_eq!(outcome.code, 1, "{text}");
        assert!(outcome.stderr.contains(part), "{text}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("hint: write an object such as"), "{}", outcome.stderr);
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(eval("[a]", &arguments).code, 1);
    assert_eq!(eval("[a]", &["--parameter", "nothing"]).code, 2);
}

#[test]
fn the_manual_names_every_code() {
    let manual = fs::read_to_string(root().join("docs/command-line.md")).unwrap();
    let source = fs::read_to_string(root().join("crates/syncengine/src/rules/problem.rs")).unwrap();
    let (_, table) = source.split_once("fn code").unwrap();
    for code in table.split('"').skip(1).step_by(2) {
        assert!(manual.contains(&format!("`{code}`")), "docs/command-line.md lacks {code}");
    }
}
