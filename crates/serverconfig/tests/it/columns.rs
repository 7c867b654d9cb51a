//! Columns of the database give the same model as the export.
use std::collections::BTreeMap;

use dirlift_model::{
    config::{Connector, Location, Metaverse},
    database::{AgentRow, ServerConfigurationRow},
};
use dirlift_serverconfig::{agent_from_columns, metaverse_from_columns};

use crate::snippets::{self as s, agent, metaverse, shown, with};

fn columns(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, xml)| ((*name).to_owned(), (*xml).to_owned())).collect()
}

fn row(pairs: &[(&str, &str)]) -> AgentRow {
    AgentRow {
        id: s::AGENT_ID.parse().unwrap(),
        name: "Active Directory Connector".to_owned(),
        category: "AD".to_owned(),
        subtype: None,
        version: Some(173),
        created: Some("2012-08-23T08:17:11.13Z".parse().unwrap()),
        modified: Some("2014-01-02T03:04:05Z".parse().unwrap()),
        full_import_required: None,
        full_sync_required: None,
        xml: columns(pairs),
    }
}

fn without_places(mut it: Connector) -> Connector {
    let nowhere = || Location { file: String::new(), line: 0, column: 0 };
    it.location = nowhere();
    // The column is not read: what it holds on an old server is not confirmed.
    it.component_mappings = None;
    for filter in &mut it.filters {
        filter.location = nowhere();
        filter.alternatives.iter_mut().for_each(|it| it.location = nowhere());
    }
    it.joins.iter_mut().flat_map(|it| &mut it.criteria).for_each(|it| it.location = nowhere());
    it.projections.iter_mut().for_each(|it| it.location = nowhere());
    it.export_flows.iter_mut().for_each(|it| it.location = nowhere());
    it.extension.iter_mut().for_each(|it| it.location = nowhere());
    it.partitions.iter_mut().for_each(|it| it.location = nowhere());
    it.run_profiles.iter_mut().for_each(|it| it.location = nowhere());
    if let Some(ad) = &mut it.active_directory {
        ad.cd_extension.iter_mut().for_each(|it| it.location = nowhere());
        ad.password_hash_sync.iter_mut().for_each(|it| it.location = nowhere());
    }
    it.extensible
        .iter_mut()
        .flat_map(|it| &mut it.password_extension)
        .for_each(|it| it.location = nowhere());
    it
}

#[test]
fn an_agent_is_the_same_from_either_place() {
    let private =
        format!("<private-configuration>{}{}</private-configuration>", s::ADMA, s::MA_CONFIG);
    let wrapped = format!("<column>{}</column>", s::JOIN);
    let parsed = agent_from_columns(&row(&[
        ("attribute_inclusion_xml", s::INCLUSION),
        ("component_mappings_xml", "not even XML"),
        ("controller_configuration_xml", "<controller-configuration/>"),
        ("dn_construction_xml", "<dn-construction/>"),
        ("export_attribute_flow_xml", s::EXPORT_FLOW),
        ("join_rule_xml", &wrapped),
        ("ma_extension_xml", s::EXTENSION),
        ("ma_partition_data_xml", s::PARTITIONS),
        ("ma_run_data_xml", s::RUNS),
        ("ma_schema_xml", s::SCHEMA),
        ("passwordsync_xml", ""),
        ("private_configuration_xml", &private),
        ("projection_rule_xml", s::PROJECTION),
        ("provisioning_cleanup_xml", s::CLEANUP),
        ("stay_disconnector_xml", s::FILTER),
        ("ui_settings_xml", "<ma-ui-settings/>"),
    ]))
    .unwrap();
    assert_eq!(shown(&parsed.problems), Vec::<String>::new());
    assert_eq!(
        parsed.value.filters[0].location.to_string(),
        "mms_management_agent.stay_disconnector_xml (Active Directory Connector):2:2"
    );
    assert_eq!(without_places(parsed.value), without_places(agent(&s::full_agent()).value));
}

#[test]
fn the_inner_element_and_a_bare_schema_are_enough() {
    let parsed = agent_from_columns(&row(&[
        ("private_configuration_xml", s::ADMA),
        ("ma_schema_xml", s::MV_SCHEMA),
    ]))
    .unwrap();
    assert!(parsed.problems.is_empty());
    assert_eq!(parsed.value.active_directory.unwrap().forest_name.as_deref(), Some("corp.example"));
    assert_eq!(parsed.value.schema_attributes.len(), 1);
    let parsed = agent_from_columns(&row(&[("private_configuration_xml", s::MA_CONFIG)])).unwrap();
    assert_eq!(parsed.value.extensible.unwrap().tenant.as_deref(), Some("corp.example"));
}

#[test]
fn odd_columns() {
    let parsed =
        agent_from_columns(&row(&[("future_xml", "<x/>"), ("join_rule_xml", "<projection/>")]))
            .unwrap();
    let shown: Vec<_> =
        parsed.problems.iter().map(|it| format!("{}: {}", it.location, it.what)).collect();
    assert_eq!(
        shown,
        [
            "mms_management_agent.future_xml (Active Directory Connector):1:1: this column is not understood",
            "mms_management_agent.join_rule_xml (Active Directory Connector):1:1: `projection` is there instead of `join`; the column is not read",
        ]
    );
    let error = agent_from_columns(&row(&[("join_rule_xml", "<join>\n<")])).unwrap_err();
    assert_eq!(
        error.location.to_string(),
        "mms_management_agent.join_rule_xml (Active Directory Connector):2:1"
    );
    assert!(agent(&with("")).problems.is_empty());
}

fn metaverse_without_places(mut it: Metaverse) -> Metaverse {
    let nowhere = || Location { file: String::new(), line: 0, column: 0 };
    it.location = nowhere();
    it.import_flows.iter_mut().flat_map(|it| &mut it.flows).for_each(|it| it.location = nowhere());
    it.extension.iter_mut().for_each(|it| it.location = nowhere());
    it.version = None;
    it
}

#[test]
fn the_metaverse_is_the_same_from_either_place() {
    let part = |name: &str| {
        let start = s::MV_REST.find(&format!("<{name}")).unwrap();
        let end = s::MV_REST[start..].find('\n').map_or(s::MV_REST.len(), |it| start + it);
        s::MV_REST[start..end].to_owned()
    };
    let (extension, deletion, parameters) =
        (part("extension"), part("mv-deletion"), part("parameter-values"));
    let row = ServerConfigurationRow {
        xml: columns(&[
            ("mv_schema_xml", s::MV_SCHEMA),
            ("import_attribute_flow_xml", s::IMPORT_FLOW),
            ("a_xml", r#"<provisioning type="both"/>"#),
            ("b_xml", &deletion),
            ("c_xml", &extension),
            (
                "d_xml",
                "<password-sync><password-sync-enabled>1</password-sync-enabled></password-sync>",
            ),
            ("e_xml", &parameters),
        ]),
        administrators: None,
    };
    let parsed = metaverse_from_columns(&row).unwrap();
    assert_eq!(shown(&parsed.problems), Vec::<String>::new());
    assert_eq!(
        metaverse_without_places(parsed.value),
        metaverse_without_places(metaverse(&s::full_metaverse()).value)
    );
}

#[test]
fn a_column_of_unknown_name_never_fails_the_metaverse() {
    let row = ServerConfigurationRow {
        xml: columns(&[
            ("x", "plain text"),
            ("y", "<other/>"),
            ("z", "<extension><assembly-name>A.dll"),
        ]),
        administrators: None,
    };
    let parsed = metaverse_from_columns(&row).unwrap();
    assert_eq!(parsed.problems.len(), 3);
    assert_eq!(parsed.value.extension, None);
    let row = ServerConfigurationRow {
        xml: columns(&[("mv_schema_xml", "<dsml>")]),
        administrators: None,
    };
    assert!(metaverse_from_columns(&row).is_err());
}
