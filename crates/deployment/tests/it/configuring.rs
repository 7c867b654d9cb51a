//! Connectors, partitions, rules and the metaverse in the store.
use dirlift_deployment::{
    ConnectorKind, FULL_IMPORT, FULL_SYNCHRONIZATION, RunEnd, RunResult, RunStep, StoreError,
    StoredAttribute, StoredConfiguration, StoredConnector, StoredLink, StoredMetaverseObject,
    StoredPartition, StoredRule,
};
use dirlift_model::{AttributeValue, Guid};

use super::{minute, store};

fn configuration() -> StoredConfiguration {
    let ad = Guid::from_u128(1);
    let cloud = Guid::from_u128(2);
    let rule = |n: u128, name: &str, precedence| StoredRule {
        id: Guid::from_u128(100 + n),
        name: name.to_owned(),
        direction: "Inbound".to_owned(),
        connector: ad,
        precedence,
        disabled: n == 2,
        source: "built-in".to_owned(),
        content: format!("<synchronizationRule n='{n}'/>"),
    };
    StoredConfiguration {
        connectors: vec![
            StoredConnector {
                id: ad,
                name: "fabrikam.example".to_owned(),
                kind: ConnectorKind::ActiveDirectory,
            },
            StoredConnector {
                id: cloud,
                name: "fabrikam - AAD".to_owned(),
                kind: ConnectorKind::EntraId,
            },
        ],
        partitions: vec![
            StoredPartition { connector: ad, dn: "DC=a".to_owned(), selected: false },
            StoredPartition { connector: ad, dn: "DC=b".to_owned(), selected: true },
        ],
        // The order of the list is the order of the rules, whatever their precedence.
        rules: vec![rule(1, "z", Some(100)), rule(2, "a", Some(3)), rule(3, "m", None)],
        settings: vec![("feeds".to_owned(), "[]".to_owned())],
    }
}

#[test]
fn a_configuration_is_read_as_it_was_written_and_can_be_replaced() {
    let (_folder, mut store) = store();
    let mut other = configuration();
    other.connectors.truncate(1);
    other.rules.truncate(1);
    store.write_configuration(&other).unwrap();
    let all = configuration();
    store.write_configuration(&all).unwrap();
    assert_eq!(store.connectors().unwrap(), all.connectors);
    assert_eq!(store.partitions().unwrap(), all.partitions);
    assert_eq!(store.rules().unwrap(), all.rules);
    assert_eq!(store.setting("feeds").unwrap().as_deref(), Some("[]"));
}

#[test]
fn a_wrong_configuration_leaves_the_earlier_one() {
    let (_folder, mut store) = store();
    let all = configuration();
    store.write_configuration(&all).unwrap();
    let mut wrong = configuration();
    wrong.connectors[0].name = "changed".to_owned();
    wrong.connectors[1].id = wrong.connectors[0].id;
    assert!(store.write_configuration(&wrong).is_err());
    wrong = configuration();
    wrong.settings.push(("Staging".to_owned(), "false".to_owned()));
    assert!(matches!(store.write_configuration(&wrong), Err(StoreError::Staging { .. })));
    assert_eq!(store.connectors().unwrap(), all.connectors);
}

#[test]
fn rules_may_share_an_id_and_are_replaced_with_what_they_led_to() {
    let (_folder, mut store) = store();
    let mut all = configuration();
    all.rules[1].id = all.rules[0].id;
    store.write_configuration(&all).unwrap();
    assert_eq!(store.rules().unwrap(), all.rules);
    let ad = Guid::from_u128(1);
    for profile in [FULL_IMPORT, FULL_SYNCHRONIZATION] {
        let run = store.begin_run(ad, profile, minute(1)).unwrap();
        store.finish_run(run, RunResult::Success, &[], minute(2)).unwrap();
    }
    for name in ["guards", "report", "synchronized_as_of"] {
        store.set_setting(name, "[]").unwrap();
    }
    let other = &all.rules[2..];
    let settings = [("rule_basis".to_owned(), "target".to_owned())];
    store.replace_rules(other, &settings).unwrap();
    assert_eq!(store.rules().unwrap(), other);
    assert_eq!(store.setting("rule_basis").unwrap().as_deref(), Some("target"));
    assert_eq!((store.setting("guards").unwrap(), store.setting("report").unwrap()), (None, None));
    assert_eq!(store.setting("synchronized_as_of").unwrap(), None);
    assert!(store.finished_run(ad, FULL_IMPORT).unwrap().is_some());
    assert_eq!(store.finished_run(ad, FULL_SYNCHRONIZATION).unwrap(), None);
}

#[test]
fn a_run_that_ends_takes_the_verdict_of_earlier_ones_away() {
    let (_folder, mut store) = store();
    store.write_configuration(&configuration()).unwrap();
    let run = store.begin_run(Guid::from_u128(1), FULL_IMPORT, minute(1)).unwrap();
    for name in ["guards", "guard_details", "report"] {
        store.set_setting(name, "[]").unwrap();
    }
    store.finish_run(run, RunResult::Success, &[], minute(2)).unwrap();
    for name in ["guards", "guard_details", "report"] {
        assert_eq!(store.setting(name).unwrap(), None, "{name}");
    }
}

#[test]
fn a_configuration_with_runs_stays() {
    let (_folder, mut store) = store();
    store.write_configuration(&configuration()).unwrap();
    store.begin_run(Guid::from_u128(1), "Full Import", minute(1)).unwrap();
    assert!(store.write_configuration(&configuration()).is_err());
    assert_eq!(store.rules().unwrap().len(), 3);
}

#[test]
fn the_metaverse_belongs_to_its_run() {
    let (_folder, mut store) = store();
    store.write_configuration(&configuration()).unwrap();
    let object = |n: usize| StoredMetaverseObject {
        object_type: "person".into(),
        anchor: (n == 1).then(|| "AQI=".to_owned()),
        links: vec![StoredLink {
            connector: "fabrikam.example".to_owned(),
            dn: format!("CN={n},DC=b").parse().unwrap(),
        }],
        attributes: vec![StoredAttribute {
            name: "sn".into(),
            values: vec![AttributeValue::String("x".to_owned()), AttributeValue::Binary(vec![7])],
            rule: "In".to_owned(),
            flow: "sn → sn".to_owned(),
        }],
    };
    let all = vec![object(1), object(2)];
    let steps = vec![RunStep {
        name: "metaverse".to_owned(),
        counted: 2,
        errors: 0,
        detail: String::new(),
    }];
    let mut newest = None;
    for _ in 0..2 {
        let first = store.begin_run(Guid::from_u128(1), "Full Synchronization", minute(2)).unwrap();
        let second =
            store.begin_run(Guid::from_u128(2), "Full Synchronization", minute(2)).unwrap();
        assert_eq!(store.write_metaverse(first, all.clone()).unwrap(), 2);
        let end = |run| RunEnd { run, result: RunResult::Success, steps: steps.clone() };
        let settings = [("facts".to_owned(), "{}".to_owned())];
        store.finish_runs(&[end(first), end(second)], &settings, minute(3)).unwrap();
        newest = Some((first, second));
    }
    let (first, second) = newest.unwrap();
    assert_eq!(store.setting("facts").unwrap().as_deref(), Some("{}"));
    for (n, run) in [(1, first), (2, second)] {
        let finished = store.finished_run(Guid::from_u128(n), "Full Synchronization").unwrap();
        assert_eq!(finished, Some(run));
        let info = store.run_info(run).unwrap();
        assert_eq!((info.started_at, info.ended_at), (minute(2), Some(minute(3))));
    }
    let mut read = Vec::new();
    store.for_each_metaverse(first, |it| read.push(it)).unwrap();
    assert_eq!(read, all);
}
