//! What is rehearsed, from every form of a configuration.
use dirlift_directory::ImportRequest;
use dirlift_exporter::diff::Configuration;
use dirlift_importer::rehearsal::{RuleBasis, Setup};
use dirlift_model::{Guid, ServerConfiguration, SyncRule};
use dirlift_serverconfig::{Document, read};
use dirlift_testkit::small;
use dirlift_translate::{StandardOptions, standard_rules};

use crate::support::setup;

/// A server of which only connectors are known, with other identifiers than the small organisation's.
fn other(rules: Vec<SyncRule>) -> ServerConfiguration {
    let connectors = small::connectors().map(|(name, text)| {
        let text = text.replace(small::AD, "{b0000000-0000-4000-8000-000000000001}");
        let text = text.replace(small::CLOUD, "{b0000000-0000-4000-8000-000000000002}");
        match read(&name, text.as_bytes()).unwrap().value {
            Document::Agent(it) => *it,
            it => panic!("{it:?}"),
        }
    });
    ServerConfiguration { connectors: connectors.into(), rules, ..ServerConfiguration::default() }
}

fn ids() -> (Guid, Guid) {
    (small::AD.parse().unwrap(), small::CLOUD.parse().unwrap())
}

/// Rules as if another server had shipped them.
fn shipped(ad: &str, cloud: &str) -> Vec<SyncRule> {
    let mut rules =
        standard_rules(&[ad.parse().unwrap()], cloud.parse().unwrap(), &StandardOptions::default());
    for rule in &mut rules {
        rule.immutable_tag = format!("Microsoft.{}.001", rule.name);
    }
    rules
}

fn custom(name: &str, connector: &str, precedence: u32) -> SyncRule {
    let mut rule = shipped(small::AD, small::CLOUD).remove(0);
    rule.id = Guid::from_u128(u128::from(precedence));
    name.clone_into(&mut rule.name);
    rule.immutable_tag = String::new();
    rule.connector = connector.parse().unwrap();
    rule.precedence = Some(precedence);
    rule
}

#[test]
fn a_configuration_without_standard_rules_gets_the_built_in_ones() {
    let setup = setup();
    assert_eq!(setup.rule_basis, RuleBasis::BuiltIn);
    let (ad, cloud) = ids();
    assert_eq!((setup.forests()[0].id, setup.cloud().id), (ad, cloud));
    assert_eq!(setup.forests()[0].forest.as_deref(), Some("small.example"));
    assert!(setup.rules.iter().any(|it| it.name == "Out to AAD - User Join"));
    assert!(
        setup.notes.iter().any(|it| it.contains("built-in ones were added")),
        "{:?}",
        setup.notes
    );
    let request = &setup.forests()[0].request;
    let partition = &request.partitions[0];
    assert_eq!(partition.naming_context.as_str(), "DC=small,DC=example");
    assert_eq!(partition.object_classes, ["contact".into(), "group".into(), "user".into()]);
    let is_in = |dn: &str| partition.scope.contains(&dn.parse().unwrap());
    assert!(
        is_in("CN=a,OU=Staff,DC=small,DC=example") && !is_in("CN=a,OU=Out,DC=small,DC=example")
    );
    assert_eq!(request.attributes, ImportRequest::stock().attributes, "the connector selects none");
}

#[test]
fn a_connector_imports_what_it_selects_and_no_secret() {
    let (name, text) = small::connectors()[0].clone();
    let selected = "<attribute-inclusion><attribute>mail</attribute><attribute>unicodePwd</attribute></attribute-inclusion>\
                    <ma-partition-data>";
    let text = text.replace("<ma-partition-data>", selected);
    let connector = |text: &str| match read(&name, text.as_bytes()).unwrap().value {
        Document::Agent(it) => *it,
        it => panic!("{it:?}"),
    };
    let (request, problems) = ImportRequest::from_connector(&connector(&text));
    assert_eq!(request.attributes, ["mail".into()]);
    assert_eq!(problems, ["attribute unicodePwd is never imported: it holds a secret"]);
    let text = text.replace("<selected>1</selected>", "<selected>0</selected>");
    let (request, problems) = ImportRequest::from_connector(&connector(&text));
    assert!(request.partitions.is_empty());
    assert!(problems[1].contains("every domain is imported"), "{problems:?}");
}

#[test]
fn rules_of_another_server_are_a_sample() {
    let mut server = other(shipped(
        "{b0000000-0000-4000-8000-000000000001}",
        "{b0000000-0000-4000-8000-000000000002}",
    ));
    let setup = Setup::from_server("old", &server, None).unwrap();
    assert_eq!(setup.rule_basis, RuleBasis::Sample);
    assert_eq!(setup.rules, server.rules);
    // DirSync has none; custom ones that stand for its settings are added by the translation.
    server.rules.clear();
    let setup = Setup::from_server("old", &server, None).unwrap();
    assert_eq!(setup.rule_basis, RuleBasis::BuiltIn);
    assert!(setup.rules.iter().all(|it| it.immutable_tag.starts_with("dirlift.")));
}

#[test]
fn the_targets_rules_take_the_place_of_the_standard_rules() {
    let mut setup = setup();
    setup.rules.push(custom("Own", small::AD, 10));
    setup.rules.push(custom("On both", small::AD, 11));
    let mut rules =
        shipped("{b0000000-0000-4000-8000-000000000001}", "{b0000000-0000-4000-8000-000000000002}");
    let n_shipped = rules.len();
    let mut both = custom("On Both", "{b0000000-0000-4000-8000-000000000001}", 12);
    both.disabled = Some(true);
    rules.push(both);
    setup.use_target_rules(&other(rules)).unwrap();
    assert_eq!(setup.rule_basis, RuleBasis::Target);
    assert_eq!(setup.rules.len(), n_shipped + 2);
    let (ad, cloud) = ids();
    assert!(setup.rules.iter().all(|it| it.connector == ad || it.connector == cloud));
    let both = setup.rules.iter().find(|it| it.name == "On Both").unwrap();
    assert_eq!((both.precedence, both.disabled), (Some(12), Some(true)));
    let notes = setup.notes.join("\n");
    assert!(notes.contains("the custom rule Own is not on the target yet"), "{notes}");
    assert!(notes.contains("the custom rule On both is on the target"), "{notes}");
    assert!(!notes.contains("built-in"), "{notes}");
    assert!(setup.compile().1.is_empty());
}

#[test]
fn a_rule_that_was_renamed_on_the_target_is_known_by_its_id() {
    let mut setup = setup();
    setup.rules.push(custom("Old name", small::AD, 10));
    let mut rules =
        shipped("{b0000000-0000-4000-8000-000000000001}", "{b0000000-0000-4000-8000-000000000002}");
    rules.push(custom("New name", "{b0000000-0000-4000-8000-000000000001}", 10));
    let n = rules.len();
    setup.use_target_rules(&other(rules)).unwrap();
    assert_eq!(setup.rules.len(), n);
    assert!(setup.rules.iter().all(|it| it.name != "Old name"));
}

#[test]
fn rules_that_are_none_of_a_target_are_refused() {
    let refused = |rules| setup().use_target_rules(&rules).unwrap_err().to_string();
    assert!(refused(other(Vec::new())).contains("none of them is a standard rule"));
    let mut elsewhere = other(shipped(
        "{b0000000-0000-4000-8000-000000000001}",
        "{b0000000-0000-4000-8000-000000000002}",
    ));
    elsewhere.connectors.clear();
    assert!(refused(elsewhere).contains("no connector of theirs reads the same forest"));
}

#[test]
fn configurations_that_cannot_be_rehearsed() {
    let refused = |from: usize, to: usize| {
        let mut server = other(Vec::new());
        server.connectors = server.connectors[from..to].to_vec();
        Setup::from_server("x", &server, None).unwrap_err().to_string()
    };
    assert!(refused(1, 2).contains("no connector to Active Directory"));
    assert!(refused(0, 1).contains("no connector to Microsoft Entra ID"));
    let mut twice = other(Vec::new());
    let mut second = twice.connectors[0].clone();
    second.name = "again".to_owned();
    twice.connectors.push(second);
    let error = Setup::from_server("x", &twice, None).unwrap_err().to_string();
    assert!(error.contains("two connectors with the identifier"), "{error}");
    let damaged = Configuration {
        connectors: other(Vec::new()).connectors,
        damaged: vec![dirlift_model::config::Problem {
            location: dirlift_model::config::Location {
                file: "r.xml".to_owned(),
                line: 1,
                column: 2,
            },
            what: "not XML".to_owned(),
        }],
        ..Configuration::default()
    };
    assert_eq!(Setup::from_export("x", &damaged).unwrap().damaged, ["r.xml:1:2: not XML"]);
}

#[test]
fn sources_are_for_one_forest_each() {
    let one = setup();
    let mut two = setup();
    let mut second = two.connectors[0].clone();
    second.id = Guid::from_u128(7);
    second.name = "Other forest".to_owned();
    second.forest = Some("other.example".to_owned());
    two.connectors.insert(1, second);
    let (ad, _) = ids();
    let other = Guid::from_u128(7);
    type Case<'a> = (&'a Setup, &'a [Option<&'a str>], Result<Vec<Guid>, &'a str>);
    let cases: [Case<'_>; 8] = [
        (&one, &[None], Ok(vec![ad])),
        (&one, &[Some("SMALL.example")], Ok(vec![ad])),
        (
            &one,
            &[Some("x.example")],
            Err("no connector reads a forest x.example; there are small.example"),
        ),
        (&two, &[None, None], Err("--ad FOREST=SOURCE for small.example, other.example")),
        (&two, &[Some("other forest"), Some("small.example")], Ok(vec![other, ad])),
        (&two, &[Some("other.example")], Err("no source for the forest small.example")),
        (&two, &[Some("other.example"), Some("Other forest")], Err("has two sources")),
        (&two, &[], Err("no source for the forest small.example")),
    ];
    for (setup, names, expected) in cases {
        let found = setup.assign(names).map_err(|it| it.to_string());
        match (found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{names:?}"),
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{names:?}: {found}"),
            (found, _) => panic!("{names:?}: {found:?}"),
        }
    }
}
