//! Databases in the shape of the two engines, empty but for their columns.
//!
//! Columns: the catalogue of an `ADSync` database and lists of the FIM engine's columns. Columns that a reader must not
//! touch are there too; tests put canaries into them.
use std::collections::BTreeMap;

use super::{
    database::{Database, Table},
    value::{Type, Value, datetime},
};

const NAME: Type = Type::NVarChar(448);

/// Columns of `mms_connectorspace`, the flags as bits.
const CONNECTOR_SPACE: &[(&str, Type)] = &[
    ("object_id", Type::Guid),
    ("ma_id", Type::Guid),
    ("pobject_id", Type::Guid),
    ("rdn", NAME),
    ("depth", Type::Int),
    ("anchor", Type::VarBinary(800)),
    ("is_connector", Type::Bit),
    ("connector_state", Type::Int),
    ("is_phantom_parent", Type::Bit),
    ("is_phantom_link", Type::Bit),
    ("is_phantom_delete", Type::Bit),
    ("import_operation", Type::Int),
    ("export_operation", Type::Int),
    ("is_import_error", Type::Bit),
    ("is_export_error", Type::Bit),
    ("key_id", Type::Int),
    ("hologram", Type::VarBinaryMax),
    ("deltas", Type::VarBinaryMax),
    ("password_change_history", Type::VarBinaryMax),
    ("object_type", NAME),
];

const AGENT_COMMON: &[(&str, Type)] = &[
    ("ma_id", Type::Guid),
    ("ma_name", NAME),
    ("ma_type", NAME),
    ("subtype", NAME),
    ("version_number", Type::Int),
    ("internal_version_number", Type::Int),
    ("creation_date", Type::DateTime),
    ("modification_date", Type::DateTime),
    ("key_id", Type::Int),
    ("ma_description", Type::NVarCharMax),
    ("ui_settings_xml", Type::Xml),
    ("ma_extension_xml", Type::Xml),
    ("ma_schema_xml", Type::Xml),
    ("attribute_inclusion_xml", Type::Xml),
    ("controller_configuration_xml", Type::Xml),
    ("controller_configuration_password", Type::NVarCharMax),
    ("private_configuration_xml", Type::Xml),
    ("encrypted_configuration", Type::NVarCharMax),
    ("dn_construction_xml", Type::Xml),
    ("component_mappings_xml", Type::Xml),
    ("full_import_required", Type::Bit),
    ("full_sync_required", Type::Bit),
];

/// Columns of an agent that only the FIM engine has.
const AGENT_FIM: &[(&str, Type)] = &[
    ("export_attribute_flow_xml", Type::Xml),
    ("join_rule_xml", Type::Xml),
    ("projection_rule_xml", Type::Xml),
    ("provisioning_cleanup_xml", Type::Xml),
    ("stay_disconnector_xml", Type::Xml),
    ("passwordsync_xml", Type::Xml),
];

const RUN_HISTORY: &[(&str, Type)] = &[
    ("run_history_id", Type::Guid),
    ("ma_id", Type::Guid),
    ("run_profile_id", Type::Guid),
    ("run_number", Type::Int),
    ("username", NAME),
    ("is_run_complete", Type::Bit),
    ("run_result", NAME),
    ("start_date", Type::DateTime),
    ("end_date", Type::DateTime),
    ("run_profile_name", NAME),
];

const STEP_HISTORY: &[(&str, Type)] = &[
    ("step_history_id", Type::Guid),
    ("run_history_id", Type::Guid),
    ("step_number", Type::Int),
    ("step_result", NAME),
    ("start_date", Type::DateTime),
    ("end_date", Type::DateTime),
    ("stage_add", Type::Int),
    ("step_xml", Type::Xml),
    ("sync_errors_xml", Type::Xml),
];

fn database(name: &str, tables: BTreeMap<String, Table>, properties: &[(&str, Value)]) -> Database {
    let mut database = Database {
        name: name.to_owned(),
        collation: "SQL_Latin1_General_CP1_CI_AS".to_owned(),
        properties: properties
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
        tables,
        now: Some(datetime(2026, 11, 20, 7, 30, 0)),
        ..Database::default()
    };
    let log = format!("{name}_log");
    let files =
        [("sys.database_files", name, "ROWS", 128_001), ("sys.database_files", &log, "LOG", 6_400)];
    for ((table, name, kind, size), id) in files.into_iter().zip(1..) {
        let cells = [
            ("file_id", Value::Int(id)),
            ("name", name.into()),
            ("type_desc", kind.into()),
            ("size", Value::Int(size)),
        ];
        database.table(table).add(&cells);
    }
    database
}

/// Columns by name.
type Columns<'a> = &'a [(&'a str, Type)];

fn tables(list: &[(&str, &[Columns<'_>])]) -> BTreeMap<String, Table> {
    list.iter().map(|(name, parts)| ((*name).to_owned(), Table::new(&parts.concat()))).collect()
}

const FILES: &[(&str, Type)] = &[
    ("file_id", Type::Int),
    ("name", NAME),
    ("type_desc", Type::NVarChar(60)),
    ("size", Type::Int),
];
const METAVERSE: &[(&str, Type)] =
    &[("object_id", Type::Guid), ("object_type", NAME), ("displayName", NAME)];
const LINKS: &[(&str, Type)] =
    &[("object_id", Type::Guid), ("attribute_name", NAME), ("reference_id", Type::Guid)];

/// `FIMSynchronizationService` on SQL Server 2008 R2 Express, as `DirSync` has it.
pub fn fim() -> Database {
    let tables = tables(&[
        ("sys.database_files", &[FILES]),
        ("mms_management_agent", &[AGENT_COMMON, AGENT_FIM]),
        (
            "mms_server_configuration",
            &[&[
                ("instance_id", Type::Guid),
                ("keyset_id", Type::Int),
                ("entropy", Type::Guid),
                ("mv_schema_xml", Type::Xml),
                ("import_attribute_flow_xml", Type::Xml),
                ("password_history_xml", Type::Xml),
                ("administrators_sid", Type::VarBinary(85)),
            ]],
        ),
        ("mms_connectorspace", &[CONNECTOR_SPACE]),
        ("mms_metaverse", &[METAVERSE]),
        ("mms_cs_link", &[LINKS]),
        (
            "mms_partition",
            &[&[
                ("partition_id", Type::Guid),
                ("ma_id", Type::Guid),
                ("name", NAME),
                ("selected", Type::Int),
                ("filter_xml", Type::Xml),
                ("custom_data_xml", Type::Xml),
            ]],
        ),
        (
            "mms_run_profile",
            &[&[
                ("run_profile_id", Type::Guid),
                ("run_profile_name", NAME),
                ("ma_id", Type::Guid),
                ("run_configuration_xml", Type::Xml),
            ]],
        ),
        ("mms_run_history", &[RUN_HISTORY]),
        ("mms_step_history", &[STEP_HISTORY]),
    ]);
    database(
        "FIMSynchronizationService",
        tables,
        &[
            ("MachineName", "SYNC01".into()),
            ("InstanceName", "MSONLINE".into()),
            ("Edition", "Express Edition (64-bit)".into()),
            ("EngineEdition", Value::Int(4)),
            ("ProductVersion", "10.50.6000.34".into()),
        ],
    )
}

/// `ADSync` on `LocalDB` 2012, as Azure AD Connect 1.x has it.
pub fn adsync() -> Database {
    let tables = tables(&[
        ("sys.database_files", &[FILES]),
        ("mms_management_agent", &[AGENT_COMMON]),
        (
            "mms_server_configuration",
            &[&[
                ("instance_id", Type::Guid),
                ("keyset_id", Type::Int),
                ("entropy", Type::Guid),
                ("mv_schema_xml", Type::Xml),
                ("global_parameters_xml", Type::Xml),
                ("administrators_sid", Type::VarBinary(85)),
            ]],
        ),
        (
            "mms_connectorspace",
            &[
                CONNECTOR_SPACE,
                &[("password_sync_target", Type::Guid), ("is_password_hash_sync_retry", Type::Bit)],
            ],
        ),
        ("mms_metaverse", &[METAVERSE]),
        ("mms_cs_link", &[LINKS]),
        (
            "mms_partition",
            &[&[
                ("partition_id", Type::Guid),
                ("ma_id", Type::Guid),
                ("partition_name", NAME),
                ("is_selected", Type::Bit),
                ("partition_xml", Type::Xml),
                ("password_hash_custom_data", Type::NVarCharMax),
                ("passwordsync_last_successful_cycle_end_date", Type::DateTime),
            ]],
        ),
        (
            "mms_run_profile",
            &[&[
                ("run_profile_id", Type::Guid),
                ("run_profile_name", NAME),
                ("ma_id", Type::Guid),
                ("run_configuration_xml", Type::Xml),
            ]],
        ),
        ("mms_run_history", &[RUN_HISTORY]),
        ("mms_step_history", &[STEP_HISTORY]),
        (
            "mms_watermark_history",
            &[&[
                ("watermark_id", Type::Guid),
                ("ma_id", Type::Guid),
                ("creation_date", Type::DateTime),
                ("password_hash_custom_data_compressed", Type::VarBinaryMax),
            ]],
        ),
        ("mms_synchronization_rule", &[&[("id", Type::Guid), ("name", NAME)]]),
    ]);
    database(
        "ADSync",
        tables,
        &[
            ("MachineName", "SYNC02".into()),
            ("InstanceName", "LOCALDB#SH12AB34".into()),
            ("Edition", "Express Edition (64-bit)".into()),
            ("EngineEdition", Value::Int(4)),
            ("ProductVersion", "11.0.7001.0".into()),
            ("IsLocalDB", Value::Int(1)),
        ],
    )
}
