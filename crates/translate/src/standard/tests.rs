//! The built-in rules as a set: complete, without contradictions, the same every time.
use dirlift_model::rule::MappingKind;

use super::*;

fn ad(number: u128) -> Guid {
    Guid::from_u128(0xad_0000 + number)
}

fn everything() -> StandardOptions {
    StandardOptions { exchange_hybrid: true, device_writeback: true, ..StandardOptions::default() }
}

fn find<'a>(rules: &'a [SyncRule], name: &str) -> &'a SyncRule {
    rules.iter().find(|it| it.name == name).unwrap_or_else(|| panic!("no rule {name}"))
}

fn flow<'a>(rule: &'a SyncRule, target: &str) -> &'a AttributeMapping {
    rule.mappings.iter().find(|it| it.destination.is(target)).unwrap()
}

#[test]
fn every_rule_says_what_it_does_and_where_it_comes_from() {
    let groups = standard_catalogue();
    assert_eq!(groups.len(), 9);
    for rule in groups.iter().flat_map(|it| &it.rules) {
        assert!(rule.does.ends_with('.') && rule.source.len() > 10, "{rule:?}");
        assert!(rule.location.line > 1, "{rule:?}");
    }
    assert!(groups.iter().all(|it| it.doc.ends_with('.')));
}

#[test]
fn every_entry_of_a_file_is_understood() {
    for (file, _, content) in &CATALOGUE.files {
        for rule in &content.rule {
            let name = rule.name.get_ref();
            assert!(name.starts_with("In from ") || name.starts_with("Out to "), "{file}: {name}");
            assert!(rule.from.all().len() == 1 || rule.to.all().len() == 1, "{file}: {name}");
            let several = rule.types().len() > 1;
            assert_eq!(name.contains("{Type}"), several, "{file}: {name}");
            for text in rule.scope.iter().flatten() {
                let clause = clause(text).unwrap();
                assert!(!matches!(clause.operator, ScopeOperator::Other(_)), "{name}: {text}");
            }
            assert!(rule.join.iter().flatten().all(|it| join(it).is_some()), "{name}");
            for types in rule.types() {
                let all = flows(rule, types, &everything());
                let targets: BTreeSet<_> = all.iter().map(|it| &it.destination).collect();
                assert_eq!(targets.len(), all.len(), "{file}: {name} writes an attribute twice");
                for it in &all {
                    let text = format!("{it:?}");
                    assert!(!text.contains('@') || it.expression.is_some(), "{name}: {text}");
                    assert!(!text.contains("{anchor") && !text.contains("{upn"), "{name}: {text}");
                    assert!(it.kind().is_some(), "{name}: {text}");
                }
                for known in rule.merge.iter().chain(&rule.once) {
                    assert!(targets.contains(&AttributeName::new(known)), "{name}: {known}");
                }
            }
        }
    }
}

#[test]
fn a_set_has_consecutive_precedence_and_unique_identifiers() {
    let rules = standard_rules(&[ad(1), ad(2)], Guid::from_u128(9), &everything());
    let numbers: Vec<_> = rules.iter().filter_map(|it| it.precedence).collect();
    let expected: Vec<u32> = (100..100 + u32::try_from(rules.len()).unwrap()).collect();
    assert_eq!(numbers, expected);
    let ids: BTreeSet<_> = rules.iter().map(|it| it.id).collect();
    assert_eq!(ids.len(), rules.len());
    assert!(rules.iter().all(|it| !it.is_custom()));
    let joins: Vec<_> = rules.iter().filter(|it| it.name == "In from AD - User Join").collect();
    let [first, second] = joins[..] else { panic!("one rule for each forest") };
    assert_eq!((first.connector, second.connector), (ad(1), ad(2)));
    assert_eq!((first.precedence, second.precedence), (Some(100), Some(101)));
    assert_eq!(rules, standard_rules(&[ad(1), ad(2)], Guid::from_u128(9), &everything()));
}

#[test]
fn an_identifier_is_version_5() {
    // Worked out with Python: uuid.uuid5(uuid.UUID(int=0xad0001), "In from AD - User Join").
    let rules = standard_rules(&[ad(1)], Guid::from_u128(9), &StandardOptions::default());
    assert_eq!(rules[0].id.to_string(), "e33d26aa-2023-54e1-b375-aa686a72a2bb");
}

#[test]
fn options_decide_about_rules() {
    let names = |options: &StandardOptions| -> Vec<String> {
        let rules = standard_rules(&[ad(1)], Guid::from_u128(9), options);
        rules.into_iter().map(|it| it.name).collect()
    };
    let plain = names(&StandardOptions::default());
    assert!(!plain.iter().any(|it| it.starts_with("Out to AD -")), "nothing is written back");
    assert!(!plain.iter().any(|it| it.contains("Hybrid") || it.contains("Device Common")));
    let all = names(&everything());
    for name in [
        "Out to AD - User Exchange Hybrid",
        "Out to AD - InetOrgPerson Exchange Hybrid",
        "In from AAD - User Exchange Hybrid",
        "In from AD - Device Common",
    ] {
        assert!(all.iter().any(|it| it == name), "{name}");
    }
}

#[test]
fn the_source_anchor_of_users_is_an_option_and_of_groups_is_not() {
    let anchor = |attribute: &str, rule: &str| {
        let options = StandardOptions { source_anchor: attribute.into(), ..everything() };
        let rules = standard_rules(&[ad(1)], Guid::from_u128(9), &options);
        flow(find(&rules, rule), "sourceAnchor").expression.clone().unwrap()
    };
    let user = "In from AD - User AccountEnabled";
    assert_eq!(
        anchor("objectGUID", user),
        "IIF([msExchRecipientTypeDetails] = 2, NULL, ConvertToBase64([objectGUID]))"
    );
    assert!(anchor("mS-DS-ConsistencyGuid", user).contains("IsPresent([mS-DS-ConsistencyGuid])"));
    assert!(anchor("employeeID", user).contains("[employeeID]"));
    assert_eq!(anchor("employeeID", "In from AD - Group Common"), "ConvertToBase64([objectGUID])");
}

#[test]
fn an_alternate_id_changes_the_flow_of_the_name_for_signing_in() {
    let options = StandardOptions { alternate_id: Some("mail".into()), ..everything() };
    let rules = standard_rules(&[ad(1)], Guid::from_u128(9), &options);
    for name in ["In from AD - User AccountEnabled", "In from AD - InetOrgPerson Common"] {
        let rule = find(&rules, name);
        let upn = flow(rule, "userPrincipalName");
        assert_eq!(upn.kind(), Some(MappingKind::Direct));
        assert_eq!(upn.source, MappingSource::Attributes(vec!["mail".into()]));
        assert_eq!(
            flow(rule, "onPremisesUserPrincipalName").source,
            MappingSource::Attributes(vec!["userPrincipalName".into()])
        );
    }
    let mut outbound = vec![find(&rules, "Out to AAD - User Identity").clone()];
    assert_eq!(use_alternate_id(&mut outbound, &"mail".into()), 0, "only inbound rules");
}

#[test]
fn restrictions_hold_for_their_type_only() {
    let rules = standard_rules(&[ad(1)], Guid::from_u128(9), &everything());
    let clauses =
        |name: &str| -> usize { find(&rules, name).scope.iter().map(|it| it.clauses.len()).sum() };
    assert_eq!(clauses("In from AD - User Join"), 2);
    assert_eq!(clauses("In from AD - InetOrgPerson Join"), 1);
    let has = |name: &str| {
        find(&rules, name).mappings.iter().any(|it| it.destination.is("proxyAddresses"))
    };
    assert!(has("In from AD - User Common") && !has("In from AD - InetOrgPerson Common"));
}

#[test]
fn the_cloud_has_names_of_its_own() {
    let rules = standard_rules(&[ad(1)], Guid::from_u128(9), &everything());
    let rule = find(&rules, "Out to AAD - User ExchangeOnline");
    for (target, source) in [("city", "l"), ("alias", "mailNickname"), ("countryLetterCode", "c")] {
        assert_eq!(flow(rule, target).source, MappingSource::Attributes(vec![source.into()]));
    }
    assert!(flows_to(Place::Cloud, &"user".into(), &"city".into()));
    assert!(!flows_to(Place::Cloud, &"user".into(), &"l".into()));
    let here = |it: &str| flows_to(Place::ActiveDirectory, &"user".into(), &it.into());
    assert!(here("msExchArchiveStatus") && !here("extensionAttribute5"));
    assert!(flows_to(Place::Metaverse, &"person".into(), &"extensionAttribute5".into()));
}
