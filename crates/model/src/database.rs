//! What one look at the synchronisation database tells: `database.json` of a snapshot is this, serialised.
//!
//! Readers of the live database and of snapshots meet here. The XML columns stay raw; `dirlift-source` parses them.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Guid, Sid};

/// Facts from a `FIMSynchronizationService` or `ADSync` database. Every part may be unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DatabaseFacts {
    /// When the facts were read.
    pub read_at: Option<Timestamp>,
    /// The server that holds the database.
    pub server: SqlServer,
    /// Files with their sizes, in the order of the catalogue.
    pub files: Vec<DatabaseFile>,
    /// Rows of the connector spaces, counted by agent, object type and state; `None` when they could not be counted.
    pub connector_space: Option<Vec<ConnectorSpaceCount>>,
    /// Metaverse objects by type; `None` when they could not be counted.
    pub metaverse: Option<Vec<TypeCount>>,
    /// Groups with many members, as far as read: the connector-space object and its number of members.
    pub large_groups: Option<Vec<LargeGroup>>,
    /// Agents, in the order of the catalogue; `None` when they could not be read.
    pub agents: Option<Vec<AgentRow>>,
    /// The one row of the server configuration.
    pub server_configuration: Option<ServerConfigurationRow>,
    /// Runs, newest first; `None` when they could not be read. The scheduler deletes old ones.
    pub runs: Option<Vec<Run>>,
    /// Global settings of Azure AD Sync and later, where the database has them.
    pub staging_mode: Option<bool>,
    /// Age of the newest watermark of the cloud agent.
    pub watermark_at: Option<Timestamp>,
    /// What could not be read.
    pub not_read: Vec<NotRead>,
}

/// The SQL Server instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SqlServer {
    /// Host as `SERVERPROPERTY('MachineName')` gives it, or as it was connected to.
    pub machine_name: Option<String>,
    /// Instance, without the host; `Some("")` is the default instance.
    pub instance: Option<String>,
    /// Database name.
    pub database: Option<String>,
    /// `SERVERPROPERTY('Edition')`, such as `Express Edition (64-bit)`.
    pub edition: Option<String>,
    /// `SERVERPROPERTY('EngineEdition')`; 4 is Express and `LocalDB`.
    pub engine_edition: Option<i32>,
    /// `SERVERPROPERTY('ProductVersion')`, such as `10.50.6000.34`.
    pub product_version: Option<String>,
    /// `SERVERPROPERTY('IsLocalDB')`.
    pub is_local_db: Option<bool>,
    /// Collation of the database, such as `SQL_Latin1_General_CP1_CI_AS`.
    pub collation: Option<String>,
}

/// One file of the database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DatabaseFile {
    /// Logical name.
    pub name: String,
    /// `ROWS` or `LOG`, as `type_desc` says it.
    pub kind: String,
    /// Size in megabytes (2^20 bytes), rounded up from pages of 8 KiB.
    pub size_mb: u64,
}

/// Rows of one agent's connector space of one object type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConnectorSpaceCount {
    /// `ma_id`.
    pub connector: Guid,
    /// `object_type`.
    pub object_type: String,
    /// Rows with `is_connector = 1` that are not placeholders.
    pub joined: u64,
    /// Rows with `is_connector = 0` that are not placeholders: filtered or not matched.
    pub disconnected: u64,
    /// Placeholder rows (`is_phantom_parent`, `is_phantom_link`, `is_phantom_delete`).
    pub placeholders: u64,
    /// Rows with a pending export (`export_operation <> 0`).
    pub pending_exports: u64,
    /// Rows with an export error.
    pub export_errors: u64,
    /// Rows with an import error.
    pub import_errors: u64,
}

/// Metaverse objects of one type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TypeCount {
    /// `object_type`.
    pub object_type: String,
    /// Rows.
    pub objects: u64,
}

/// A group with many members.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LargeGroup {
    /// `ma_id`.
    pub connector: Guid,
    /// `object_id` of the connector-space object.
    pub object: Guid,
    /// `rdn`, such as `CN=All Staff`.
    pub rdn: String,
    /// Links named `member`.
    pub members: u64,
}

/// One row of `mms_management_agent`, without its encrypted columns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentRow {
    /// `ma_id`.
    pub id: Guid,
    /// `ma_name`.
    pub name: String,
    /// `ma_type`: the category.
    pub category: String,
    /// `subtype`.
    pub subtype: Option<String>,
    /// `version_number`.
    pub version: Option<u64>,
    /// `creation_date`, UTC.
    pub created: Option<Timestamp>,
    /// `modification_date`, UTC.
    pub modified: Option<Timestamp>,
    /// `full_import_required`.
    pub full_import_required: Option<bool>,
    /// `full_sync_required`.
    pub full_sync_required: Option<bool>,
    /// XML columns by name, such as `attribute_inclusion_xml`, and the partition and run-profile documents that a
    /// reader put together under `ma_partition_data_xml` and `ma_run_data_xml`. Columns that were empty are absent.
    pub xml: std::collections::BTreeMap<String, String>,
}

/// The row of `mms_server_configuration`, without key columns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerConfigurationRow {
    /// XML columns by name, such as `import_attribute_flow_xml` and `mv_schema_xml`.
    pub xml: std::collections::BTreeMap<String, String>,
    /// `administrators_sid`.
    pub administrators: Option<Sid>,
}

/// One run of a run profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Run {
    /// `ma_id`.
    pub connector: Guid,
    /// `run_profile_name`.
    pub profile: String,
    /// `run_number`.
    pub number: u64,
    /// `run_result`.
    pub result: String,
    /// `start_date`, UTC.
    pub started: Option<Timestamp>,
    /// `end_date`, UTC.
    pub ended: Option<Timestamp>,
    /// Steps in order.
    pub steps: Vec<Step>,
}

/// One step of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Step {
    /// `step_number`.
    pub number: u64,
    /// `step_result`.
    pub result: String,
    /// `start_date`, UTC.
    pub started: Option<Timestamp>,
    /// `end_date`, UTC.
    pub ended: Option<Timestamp>,
    /// Kind of step, `type` or `type/subtype` in the engine's words; `None` when it could not be told.
    pub kind: Option<crate::config::RunStepKind>,
    /// Errors of the step by kind, as (`error-type`, how many).
    pub errors: Vec<ErrorCount>,
}

/// How often one kind of error happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorCount {
    /// `error-type`, such as `AttributeValueMustBeUnique`.
    pub error_type: String,
    /// How many objects.
    pub objects: u64,
}

/// A question that the database did not answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotRead {
    /// What was asked.
    pub what: String,
    /// Why it was not answered.
    pub why: String,
}

impl DatabaseFacts {
    /// Size of all data files (not logs) in megabytes; `None` when no file is known.
    pub fn data_size_mb(&self) -> Option<u64> {
        let rows: Vec<_> =
            self.files.iter().filter(|it| !it.kind.eq_ignore_ascii_case("LOG")).collect();
        (!rows.is_empty()).then(|| crate::text::saturating_sum(rows.iter().map(|it| it.size_mb)))
    }
}
