//! Comparing two configurations: each kind of difference by hand, pairing across servers, what a newer build causes, and
//! a real export.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
mod made_up;

use std::{fs, path::Path};

use dirlift_exporter::diff::{Configuration, NoConfiguration, compare};
use dirlift_model::difference::{Comparison, Difference};
use dirlift_testkit::sample::published_export;

use made_up::{AD, OTHER_AD, RULE, Rule, agent, configuration, partition, stock};

fn line(it: &Difference) -> String {
    let value = |it: &Option<String>| it.clone().unwrap_or_else(|| "-".to_owned());
    format!("{}: {}: {} -> {}", it.subject, it.what, value(&it.before), value(&it.after))
}

fn lines(all: &[Difference]) -> Vec<String> {
    all.iter().map(line).collect()
}

fn compared(a: &Configuration, b: &Configuration) -> Comparison {
    compare(a, b, ["a", "b"])
}

const NAME: &str = "In from AD - User Common";

#[test]
fn each_change_of_a_rule_is_one_difference() {
    let cases: &[(Rule, &[&str])] = &[
        (Rule { precedence: "106", ..RULE }, &["precedence changed: 105 -> 106"]),
        (Rule { name: "Other", ..RULE }, &["rule renamed: In from AD - User Common -> Other"]),
        (Rule { disabled: "True", ..RULE }, &["rule disabled: enabled -> disabled"]),
        (Rule { link: "Provision", ..RULE }, &["link type changed: Join -> Provision"]),
        (
            Rule { flows: &[("mail", "<src><attr>mail</attr></src>")], ..RULE },
            &["flow to cn removed: Trim([cn]) -> -"],
        ),
        (
            Rule {
                flows: &[
                    ("cn", "<expression>Left([cn], 5)</expression>"),
                    ("mail", "<src><attr>MAIL</attr></src>"),
                    ("sn", "<src>x</src>"),
                ],
                ..RULE
            },
            &[
                "flow to sn added: - -> constant \"x\"",
                "flow to cn changed: Trim([cn]) -> Left([cn], 5)",
            ],
        ),
        (
            Rule {
                flows: &[
                    ("cn", "<expression>\r\nTrim([cn]) </expression>"),
                    ("mail", "<src><attr>mail</attr></src><valueMergeType>Merge</valueMergeType>"),
                ],
                ..RULE
            },
            &[
                "flow to mail changed: attribute mail [merge: Update] -> attribute mail [merge: Merge]",
            ],
        ),
        (
            Rule { joins: &["cn", "objectSid"], ..RULE },
            &[
                "order of the joins changed: objectSid = objectSid; then cn = cn -> cn = cn; then objectSid = objectSid",
            ],
        ),
        (
            Rule { joins: &["objectSid", "mail"], ..RULE },
            &["join added: - -> mail = mail", "join removed: cn = cn -> -"],
        ),
        (
            Rule { scope: &[], ..RULE },
            &[
                "group of the scope removed: adminDescription NOTSTARTSWITH User_ and isCriticalSystemObject NOTEQUAL True -> -",
            ],
        ),
        (
            Rule {
                scope: &[&[
                    ("adminDescription", "NOTSTARTSWITH", "X_"),
                    ("isCriticalSystemObject", "NOTEQUAL", "True"),
                ]],
                ..RULE
            },
            &[
                "clause of the scope on adminDescription changed: adminDescription NOTSTARTSWITH User_ -> adminDescription NOTSTARTSWITH X_",
            ],
        ),
        (
            Rule {
                scope: &[&[
                    ("adminDescription", "NOTSTARTSWITH", "User_"),
                    ("isCriticalSystemObject", "NOTEQUAL", "True"),
                    ("mail", "ISNOTNULL", ""),
                ]],
                ..RULE
            },
            &["clause of the scope on mail added: - -> mail ISNOTNULL"],
        ),
        // Neither groups nor clauses have an order.
        (
            Rule {
                scope: &[&[
                    ("adminDescription", "NOTSTARTSWITH", "User_"),
                    ("isCriticalSystemObject", "NOTEQUAL", "True"),
                ]],
                ..RULE
            },
            &[],
        ),
        (RULE, &[]),
    ];
    let before = configuration(&[RULE], &[stock()], &[]);
    for (rule, expected) in cases {
        let after = configuration(std::slice::from_ref(rule), &[stock()], &[]);
        let found = compared(&before, &after);
        let mut expected: Vec<_> = expected.iter().map(|it| format!("{NAME}: {it}")).collect();
        let mut got = lines(&found.differences);
        expected.sort();
        got.sort();
        assert_eq!(got, expected);
        assert!(found.newer_build.is_empty());
        assert_eq!(found.is_equal(), expected.is_empty());
        assert!(found.differences.iter().all(|it| it.connector.as_deref() == Some("contoso.com")));
        // The other way round there is as much to say.
        assert_eq!(compared(&after, &before).differences.len(), expected.len());
    }
}

#[test]
fn each_change_of_a_connector_is_one_difference() {
    let dn = "DC=contoso,DC=com";
    let (a, b) = ("OU=A,DC=contoso,DC=com", "OU=B,DC=contoso,DC=com");
    let with = |inner: String, attributes: &[&str]| agent(AD, "contoso.com", &inner, attributes);
    let cases: &[(String, &[&str])] = &[
        (
            with(partition(1, &["user"], &[a, b], &[]), &["mail"]),
            &["container OU=B,DC=contoso,DC=com added: - -> included"],
        ),
        (
            with(partition(1, &["user"], &[b], &[]), &["mail"]),
            &[
                "included container replaced by another: OU=A,DC=contoso,DC=com -> OU=B,DC=contoso,DC=com",
            ],
        ),
        (
            with(partition(1, &["user"], &[], &[]), &["mail"]),
            &["container OU=A,DC=contoso,DC=com removed: included -> -"],
        ),
        (
            with(partition(1, &["user"], &[], &[a]), &["mail"]),
            &["container OU=A,DC=contoso,DC=com changed: included -> excluded"],
        ),
        (with(partition(1, &["user"], &["ou=a, dc=CONTOSO,DC=com"], &[]), &["mail"]), &[]),
        (
            with(partition(1, &["user"], &[a], &[dn]), &["mail"]),
            &["container DC=contoso,DC=com added: - -> excluded"],
        ),
        (
            with(partition(1, &["user", "group"], &[a], &[]), &["mail"]),
            &["object type group added: - -> in DC=contoso,DC=com"],
        ),
        (
            with(partition(1, &[], &[a], &[]), &["mail"]),
            &["object type user removed: in DC=contoso,DC=com -> -"],
        ),
        (
            with(partition(0, &["user"], &[a], &[]), &["mail"]),
            &["partition left the scope: 1 container included, 0 containers excluded -> -"],
        ),
        (
            with(partition(1, &["user"], &[a], &[]), &["mail", "sn"]),
            &["attribute sn selected: - -> -"],
        ),
        (
            with(partition(1, &["user"], &[a], &[]), &[]),
            &["attribute mail no longer selected: - -> -"],
        ),
    ];
    let before = configuration(&[RULE], &[stock()], &[]);
    for (connector, expected) in cases {
        let after = configuration(&[RULE], std::slice::from_ref(connector), &[]);
        let expected: Vec<_> = expected.iter().map(|it| format!("contoso.com: {it}")).collect();
        assert_eq!(lines(&compared(&before, &after).differences), expected);
    }
    let none = configuration(&[], &[], &[]);
    let one = configuration(&[], &[stock()], &[]);
    assert_eq!(
        lines(&compared(&none, &one).differences),
        ["contoso.com: connector added: - -> Active Directory, 1 partition in scope"]
    );
    assert_eq!(
        lines(&compared(&one, &none).differences),
        ["contoso.com: connector removed: Active Directory, 1 partition in scope -> -"]
    );
}

#[test]
fn global_parameters() {
    let a = configuration(
        &[RULE],
        &[],
        &[("Threshold", "500"), ("Gone", "1"), ("Microsoft.Synchronize.NextStartTime", "1")],
    );
    let b = configuration(
        &[RULE],
        &[],
        &[("threshold", "700"), ("Come", ""), ("Microsoft.Synchronize.NextStartTime", "2")],
    );
    assert_eq!(
        lines(&compared(&a, &b).differences),
        [
            "Come: global parameter added: - -> ",
            "Gone: global parameter removed: 1 -> -",
            "Threshold: global parameter changed: 500 -> 700",
        ]
    );
}

#[test]
fn two_servers_have_different_ids() {
    let scope: &'static [&'static [(&str, &str, &str)]] =
        &[&[("connectorId", "EQUAL", "ae4db4cc-b16b-4eb2-acf5-837ca84e4d7d")]];
    let other: &'static [&'static [(&str, &str, &str)]] =
        &[&[("connectorId", "EQUAL", "11111111-b16b-4eb2-acf5-837ca84e4d7d")]];
    let standard = Rule { tag: "Microsoft.InFromADUserCommon.004", scope, ..RULE };
    let custom = Rule { id: 2, name: "Custom", precedence: "90", ..RULE };
    let a = configuration(&[standard.clone(), custom.clone()], &[stock()], &[]);
    let moved = agent(
        OTHER_AD,
        "CONTOSO.com",
        &partition(1, &["user"], &["OU=A,DC=contoso,DC=com"], &[]),
        &["mail"],
    );
    let b = configuration(
        &[
            Rule { id: 9, connector: OTHER_AD, name: "custom ", ..custom },
            Rule { id: 8, connector: OTHER_AD, scope: other, ..standard },
        ],
        &[moved],
        &[],
    );
    let found = compared(&a, &b);
    // Names are matched without regard to case and shown when they differ.
    assert_eq!(
        lines(&found.differences),
        [
            "Custom: rule renamed: Custom -> custom",
            "contoso.com: connector renamed: contoso.com -> CONTOSO.com",
        ]
    );
    // The same rules at another forest are other rules.
    let elsewhere = agent(OTHER_AD, "fabrikam.com", &partition(1, &["user"], &[], &[]), &["mail"]);
    let c = configuration(&[Rule { id: 8, connector: OTHER_AD, ..RULE }], &[elsewhere], &[]);
    let mut kinds: Vec<_> = compared(&a, &c).differences.into_iter().map(|it| it.what).collect();
    kinds.sort();
    let expected =
        ["connector added", "connector removed", "rule added", "rule removed", "rule removed"];
    assert_eq!(kinds, expected);
}

#[test]
fn what_only_a_newer_build_causes_is_set_apart() {
    let standard = |id, name, tag, precedence| Rule { id, name, tag, precedence, ..RULE };
    let a = configuration(
        &[
            standard(1, "One", "Microsoft.One.003", "100"),
            standard(2, "Two", "Microsoft.Two.001", "101"),
            standard(3, "Three", "Microsoft.Three.001", "102"),
            Rule { id: 4, name: "Custom", precedence: "90", ..RULE },
        ],
        &[stock()],
        &[("Microsoft.Synchronize.ServerConfigurationVersion", "1.1.130.0")],
    );
    let b = configuration(
        &[
            Rule {
                disabled: "True",
                flows: &[("mail", "<src><attr>mail</attr></src>")],
                ..standard(1, "One", "Microsoft.One.004", "100")
            },
            standard(9, "New", "Microsoft.New.001", "101"),
            // Shifted by the new rule, and moved to the front by hand.
            standard(2, "Two", "Microsoft.Two.001", "102"),
            standard(3, "Three", "Microsoft.Three.001", "99"),
            Rule { id: 4, name: "Custom", precedence: "91", ..RULE },
        ],
        &[stock()],
        &[("Microsoft.Synchronize.ServerConfigurationVersion", "2.5.76.0")],
    );
    let found = compared(&a, &b);
    assert_eq!(
        lines(&found.differences),
        [
            "Custom: precedence changed: 90 -> 91",
            "One: rule disabled: enabled -> disabled",
            "Three: precedence changed: 102 -> 99",
        ]
    );
    assert_eq!(
        lines(&found.newer_build),
        [
            "New: rule added: - -> standard, inbound, user to person, precedence 101, Join, 2 flows",
            "One: revision of the standard rule differs: Microsoft.One.003 -> Microsoft.One.004",
            "One: flow to cn removed: Trim([cn]) -> -",
            "Two: precedence changed: 101 -> 102",
            "Microsoft Entra Connect: version differs: 1.1.130.0 -> 2.5.76.0",
        ]
    );
    // The older side is whichever it is.
    let back = compared(&b, &a);
    assert_eq!(back.differences.len(), 3);
    assert_eq!(back.newer_build.len(), 5);
    // With one build on both sides the same things were done by somebody.
    let without = |it: &Configuration| Configuration {
        build: None,
        rules: it.rules.iter().filter(|it| it.name != "One").cloned().collect(),
        ..it.clone()
    };
    let found = compared(&without(&a), &without(&b));
    assert!(found.differences.iter().any(|it| it.what == "rule added"), "{found:?}");
}

#[test]
fn files_are_found_wherever_they_lie() {
    let rule = |id: u32| Rule { id, ..RULE }.xml().into_bytes();
    let policy = br#"{"policyMetadata":{"type":"migration","azureADConnectVersion":"2.1.1.0"},"deploymentMetadata":{}}"#;
    let files = [
        ("server-configuration/SynchronizationRules/a.xml".to_owned(), rule(1)),
        ("server-configuration/MigratedPolicy.json".to_owned(), policy.to_vec()),
        ("deep/er/old/SynchronizationRules/b.xml".to_owned(), rule(2)),
        ("server-configuration/Connectors/broken.xml".to_owned(), b"<ma-data>".to_vec()),
        ("__MACOSX/SynchronizationRules/a.xml".to_owned(), b"x".to_vec()),
        ("notes.xml".to_owned(), b"x".to_vec()),
    ];
    let read = Configuration::from_parts(&files).unwrap();
    assert_eq!(read.rules.len(), 1);
    assert_eq!(read.rules[0].location.file, files[0].0);
    assert_eq!(read.build.as_deref(), Some("2.1.1.0"));
    assert_eq!(read.damaged.len(), 1);
    assert!(compared(&read, &read).is_incomplete());
    assert_eq!(Configuration::from_parts(&files[4..]), Err(NoConfiguration));
}

fn sample() -> Option<Vec<(String, Vec<u8>)>> {
    let root = published_export()?;
    let mut files = Vec::new();
    for folder in ["SynchronizationRules", "Connectors", "GlobalSettings"] {
        for it in fs::read_dir(root.join(folder)).unwrap() {
            let path = it.unwrap().path();
            let name = format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap());
            files.push((name, fs::read(path).unwrap()));
        }
    }
    Some(files)
}

fn edit(files: &mut [(String, Vec<u8>)], name: &str, old: &str, new: &str) {
    let (_, bytes) = files.iter_mut().find(|(it, _)| it.contains(name)).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert_eq!(text.matches(old).count(), 1, "{name}: {old}");
    *bytes = text.replace(old, new).into_bytes();
}

#[test]
fn a_real_export_and_three_edits() {
    let Some(files) = sample() else { return };
    let before = Configuration::from_parts(&files).unwrap();
    assert_eq!((before.rules.len(), before.connectors.len()), (62, 2));
    assert_eq!(before.build.as_deref(), Some("1.1.130.0"));
    assert!(compared(&before, &before).is_equal());
    let mut edited = files.clone();
    let rule = "212ff12d-a3e7-455b-b4d1-ac8a45d4eeb8";
    edit(&mut edited, rule, "<precedence>156<", "<precedence>170<");
    edit(&mut edited, rule, "\"x500:\"", "\"X500:\"");
    edit(
        &mut edited,
        "ae4db4cc",
        "<inclusion>OU=CORP,DC=contoso,DC=com</inclusion>",
        "<inclusion>OU=CORP,DC=contoso,DC=com</inclusion><inclusion>OU=LAB,DC=contoso,DC=com</inclusion>",
    );
    edited.reverse();
    let found = compared(&before, &Configuration::from_parts(&edited).unwrap());
    assert_eq!(
        lines(&found.differences),
        [
            "Out to AD - Group Exchange Hybrid: precedence changed: 156 -> 170",
            "Out to AD - Group Exchange Hybrid: flow to proxyAddresses changed: \
         IIF(IsNullOrEmpty([cloudLegacyExchangeDN]),NULL,\"x500:\" & [cloudLegacyExchangeDN]) -> \
         IIF(IsNullOrEmpty([cloudLegacyExchangeDN]),NULL,\"X500:\" & [cloudLegacyExchangeDN])",
            "contoso.com: container OU=LAB,DC=contoso,DC=com added: - -> included",
        ]
    );
    assert!(found.newer_build.is_empty());
}

#[test]
fn the_document_follows_its_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/diff.schema.json");
    let schema = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("diff.schema.json", schema).unwrap();
    let schema = compiler.compile("diff.schema.json", &mut schemas).unwrap();
    let other = agent(OTHER_AD, "fabrikam.com", &partition(1, &["user"], &[], &[]), &["mail"]);
    let a = configuration(&[RULE], &[stock()], &[("A", "1")]);
    let mut b = configuration(
        &[Rule { precedence: "1", ..RULE }, Rule { id: 2, tag: "Microsoft.New.001", ..RULE }],
        &[stock(), other],
        &[("B", "2")],
    );
    b.build = Some("2.5.76.0".to_owned());
    b.problems = vec![dirlift_model::config::Problem {
        location: a.rules[0].location.clone(),
        what: "x".to_owned(),
    }];
    for (a, b) in [(&a, &b), (&b, &a), (&a, &a)] {
        let document = serde_json::to_value(compared(a, b)).unwrap();
        if let Err(error) = schemas.validate(&document, schema) {
            panic!("{error:#}\n{document:#}");
        }
        for key in ["format_version", "before", "after", "differences", "newer_build"] {
            let mut without = document.clone();
            without.as_object_mut().unwrap().remove(key).unwrap();
            assert!(schemas.validate(&without, schema).is_err(), "{key} is required");
        }
        let back: Comparison = serde_json::from_value(document).unwrap();
        assert_eq!(back, compared(a, b));
    }
    // The schema names every kind there is.
    let source = include_str!("../../../model/src/difference.rs");
    let text = fs::read_to_string(path).unwrap();
    let kinds = source.split_once("pub enum Kind {").unwrap().1;
    for word in kinds.lines().filter_map(|it| it.trim().strip_suffix(',')) {
        let mut snake = String::new();
        for (idx, it) in word.chars().enumerate() {
            if it.is_uppercase() && idx > 0 {
                snake.push('_');
            }
            snake.extend(it.to_lowercase());
        }
        assert!(text.contains(&format!("\"{snake}\"")), "{snake}");
    }
}
