//! Configurations of a size that no server has, and what a translation gives the standard rules.
use dirlift_model::config::{
    ConnectorCategory, ConnectorFilter, FilterAlternative, FilterCondition, FilterOperator,
    FlowSource, ImportFlow, ImportFlows, Metaverse,
};

use super::*;

fn location() -> Location {
    Location { file: "x.xml".to_owned(), line: 1, column: 1 }
}

fn agent() -> Connector {
    Connector {
        id: Guid::from_u128(0xad),
        name: "Forest".to_owned(),
        category: ConnectorCategory::ActiveDirectory,
        subtype: String::new(),
        description: String::new(),
        version: None,
        creation_time: None,
        last_modification_time: None,
        schema_attributes: Vec::new(),
        attribute_inclusion: None,
        filters: Vec::new(),
        joins: Vec::new(),
        projections: Vec::new(),
        export_flows: Vec::new(),
        deprovisioning: None,
        extension: None,
        partitions: Vec::new(),
        run_profiles: Vec::new(),
        component_mappings: None,
        active_directory: None,
        extensible: None,
        location: location(),
    }
}

fn flow(source: FlowSource) -> ImportFlow {
    ImportFlow {
        id: None,
        connector: Guid::from_u128(0xad),
        object_type: "user".into(),
        source,
        location: location(),
    }
}

fn metaverse(import_flows: Vec<ImportFlows>) -> Metaverse {
    Metaverse {
        version: None,
        object_types: Vec::new(),
        schema_attributes: Vec::new(),
        import_flows,
        recalling_connectors: Vec::new(),
        provisioning: None,
        deletion_rules: Vec::new(),
        extension: None,
        password_change_notification: None,
        parameters: Vec::new(),
        location: location(),
    }
}

fn set(target: &str, flows: Vec<ImportFlow>) -> ImportFlows {
    ImportFlows {
        metaverse_type: "person".into(),
        target: target.into(),
        precedence: "ranked".to_owned(),
        flows,
    }
}

fn server(filters: Vec<ConnectorFilter>, flows: Vec<ImportFlows>) -> ServerConfiguration {
    ServerConfiguration {
        connectors: vec![Connector { filters, ..agent() }],
        metaverse: Some(metaverse(flows)),
        ..ServerConfiguration::default()
    }
}

#[test]
fn many_flows_stay_within_bounds_and_none_is_lost() {
    // More than 90 rules of 300 flows take.
    let constant = |n: u32| FlowSource::Constant(n.to_string());
    let flows = (0..31_000).map(|n| set(&format!("a{n}"), vec![flow(constant(n))])).collect();
    let configuration = server(Vec::new(), flows);
    let translation = translate(
        &configuration,
        Some(&server(Vec::new(), Vec::new())),
        &TranslateOptions::default(),
    );
    assert_eq!(translation.rules.len(), 90, "from 10 to 99");
    let translated: usize = translation.rules.iter().map(|it| it.mappings.len()).sum();
    assert_eq!(translated, 90 * 300);
    // Ten rules of 300 flows have no number; each is one finding, and so is each flow beyond.
    assert_eq!(translation.untranslated.len(), 10 + 31_000 - 100 * 300);
    assert!(translation.untranslated.iter().all(|it| it.kind == UntranslatedKind::TooManyRules));
}

#[test]
fn a_rank_without_end_is_not_worked_out() {
    let constant = |n: u32| flow(FlowSource::Constant(n.to_string()));
    let configuration = server(Vec::new(), vec![set("info", (0..5_000).map(constant).collect())]);
    let translation = translate(&configuration, None, &TranslateOptions::default());
    assert_eq!(translation.rules, []);
    assert_eq!(translation.untranslated.len(), 5_000);
    assert!(translation.untranslated.iter().all(|it| it.kind == UntranslatedKind::FlowRank));
}

#[test]
fn a_filter_without_end_is_a_rule_but_has_no_denial() {
    let alternative = |n: u32| FilterAlternative {
        id: None,
        conditions: vec![FilterCondition {
            attribute: "info".into(),
            intrinsic: false,
            operator: FilterOperator::Equality,
            value: n.to_string(),
        }],
        location: location(),
    };
    let filter = ConnectorFilter {
        object_type: "user".into(),
        kind: "declared".to_owned(),
        import_filter: false,
        alternatives: (0..5_000).map(alternative).collect(),
        location: location(),
    };
    let translation =
        translate(&server(vec![filter], Vec::new()), None, &TranslateOptions::default());
    assert_eq!(translation.rules[0].scope.len(), 5_000);
    assert_eq!(translation.filters[0].within, Err(NegateError::TooLarge));
}

#[test]
fn the_standard_rules_follow_the_translation() {
    let direct = FlowSource::Direct { attribute: "mail".into(), intrinsic: false };
    let configuration = server(Vec::new(), vec![set("userPrincipalName", vec![flow(direct)])]);
    let options = translate(&configuration, None, &TranslateOptions::default()).standard_options();
    assert_eq!(options.alternate_id, Some("mail".into()));
    assert_eq!(options.source_anchor, "objectGUID".into(), "there is no other after DirSync");
    assert!(!options.exchange_hybrid && !options.device_writeback);
}

#[test]
fn nothing_becomes_nothing() {
    let translation =
        translate(&ServerConfiguration::default(), None, &TranslateOptions::default());
    assert_eq!(translation, Translation::default());
}
