//! `settings.json`, format 1: everything that migrates, and what other exports forget, each value with its place.
//!
//! The schema is `docs/settings.schema.json`. What could not be read says why; it never looks like "off".
mod build;
mod connectors;

use dirlift_model::{
    AttributeName, Build, DistinguishedName, Guid, Product,
    analysis::AccountRole,
    config::FilterCondition,
    settings::{CustomFilter, CustomFlow, Read},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use self::{build::build, connectors::FORGOTTEN};

/// Format of `settings.json` that is written and read.
pub const FORMAT_VERSION: u32 = 1;

/// A value with its place, or the reason why it is not known.
///
/// A place without a value means that the server has none; with `not_known` nobody could tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Value<T> {
    /// The value.
    pub value: Option<T>,
    /// Where it was read.
    pub read_from: Option<String>,
    /// Why it is not known.
    pub not_known: Option<String>,
}

impl<T> Value<T> {
    /// A value and its place.
    pub fn known(value: T, read_from: impl Into<String>) -> Self {
        Self { value: Some(value), read_from: Some(read_from.into()), not_known: None }
    }

    /// The place that says that there is none.
    pub fn none(read_from: impl Into<String>) -> Self {
        Self { value: None, read_from: Some(read_from.into()), not_known: None }
    }

    /// Nobody could tell.
    pub fn not_known(why: impl Into<String>) -> Self {
        Self { value: None, read_from: None, not_known: Some(why.into()) }
    }

    fn from_read(read: Option<Read<T>>, why: &str) -> Self {
        read.map_or_else(|| Self::not_known(why), |it| Self::known(it.value, it.read_from))
    }
}

/// The settings of one server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsFile {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The program that wrote the file, such as `dirlift 0.1.0`.
    pub tool: String,
    /// The server.
    pub source: SettingsSource,
    /// Why the export had to be forced; empty when it had not.
    pub forced: Vec<String>,
    /// What stands in the way of an upgrade, from the analysis.
    pub blockers: Vec<Blocker>,
    /// How users sign in, as far as the server shows it.
    pub sign_in_method: Value<String>,
    /// Attribute that the source anchor comes from.
    pub source_anchor: Value<AttributeName>,
    /// Attribute that userPrincipalName is taken from.
    pub user_principal_name_from: Value<AttributeName>,
    /// Password hash synchronisation.
    pub password_hash_sync: Value<bool>,
    /// Password writeback.
    pub password_writeback: Value<bool>,
    /// Exchange hybrid deployment.
    pub exchange_hybrid: Value<bool>,
    /// Attributes written back to Active Directory.
    pub written_back: Vec<Read<AttributeName>>,
    /// Device writeback, which Microsoft's own import lists and does not apply.
    pub device_writeback: Value<bool>,
    /// Staging mode: the old server reads and computes, and exports nothing.
    pub staging_mode: Value<bool>,
    /// Attributes of the cloud that the wizard's attribute filter keeps out.
    pub excluded_attributes: Vec<Read<AttributeName>>,
    /// DNs of groups whose members alone are synchronised, one of a forest at most.
    pub filter_groups: Vec<Read<String>>,
    /// Forests with their partitions, containers and filters.
    pub forests: Vec<Forest>,
    /// The cloud side.
    pub tenant: Option<Tenant>,
    /// Connectors to anything else; they are not carried over.
    pub other_connectors: Vec<OtherConnector>,
    /// Connector filters beyond the ones that the product ships.
    pub custom_filters: Vec<CustomFilter>,
    /// Flows that differ from the ones that the product ships.
    pub custom_flows: Vec<CustomFlow>,
    /// Custom rules in order of precedence: the server's own, or what its configuration was translated into.
    pub custom_rules: Vec<CustomRule>,
    /// Rules of the product that were turned off, by name: as a rule a custom one stands in their place.
    pub disabled_standard_rules: Vec<Read<String>>,
    /// The standard rules that custom rules were made for.
    pub standard_rules: StandardRules,
    /// When it synchronises.
    pub schedule: Schedule,
    /// Deletions in one export that stop it.
    pub deletion_threshold: Value<u64>,
    /// Global parameters of the engine.
    pub global_parameters: Vec<Parameter>,
    /// Accounts by name. Passwords never migrate.
    pub accounts: Vec<Account>,
    /// What `server-configuration/` in the bundle is.
    pub server_configuration: ServerConfigurationPart,
    /// What could not be translated and has to be made by hand.
    pub untranslated: Vec<Untranslated>,
    /// What was translated and should be known.
    pub notes: Vec<Note>,
    /// What the new server's import does not take from this file or from any other.
    pub not_carried: Vec<NotCarried>,
}

/// The server that settings come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsSource {
    /// Product; `None` when it could not be told.
    pub product: Option<Product>,
    /// Its version.
    pub version: Option<Build>,
    /// Host name.
    pub host: Option<String>,
    /// When the snapshot was taken.
    pub snapshot_time: Timestamp,
}

/// A finding that blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blocker {
    /// Code, such as `DL0101`.
    pub id: String,
    /// One line.
    pub title: String,
    /// What it means on this server.
    pub detail: String,
}

/// One forest with the agent that reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forest {
    /// DNS name of the root domain; empty when the agent does not name it.
    pub name: String,
    /// The agent.
    pub connector: Guid,
    /// The agent's name.
    pub connector_name: String,
    /// Account that it signs in with, `domain\user`.
    pub account: Value<String>,
    /// All partitions of the agent.
    pub partitions: Vec<Partition>,
    /// Selected attributes.
    pub attribute_selection: Value<Vec<AttributeName>>,
    /// Connector filters, the product's own among them.
    pub connector_filters: Vec<Filter>,
    /// What happens to an object that is deprovisioned.
    pub deprovisioning: Value<String>,
    /// Which object type is made for a missing component of a DN; nothing listed makes nothing.
    pub provisioning_hierarchy: Value<Vec<ComponentMapping>>,
    /// Where the agent was read.
    pub read_from: String,
}

/// One line of the provisioning hierarchy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComponentMapping {
    /// Component of a DN, such as `ou`.
    pub component: String,
    /// Object type that is made for it.
    pub object_type: AttributeName,
}

/// One partition of a forest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partition {
    /// DN of the naming context.
    pub dn: String,
    /// DNS name.
    pub dns_name: Option<String>,
    /// `objectGUID` of the naming context.
    pub object_guid: Value<Guid>,
    /// Domain, as opposed to configuration or application partition.
    pub is_domain: Option<bool>,
    /// In scope.
    pub selected: bool,
    /// Object types in scope.
    pub object_types: Vec<AttributeName>,
    /// Included containers.
    pub included: Vec<Container>,
    /// Excluded containers.
    pub excluded: Vec<Container>,
    /// Domain controllers to prefer.
    pub preferred_domain_controllers: Vec<String>,
    /// Alternate account for this partition.
    pub alternate_login: Option<String>,
    /// Where it was read.
    pub read_from: String,
}

/// One container; renaming it changes the scope, therefore its `objectGUID`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// Its name when the configuration was saved.
    pub dn: DistinguishedName,
    /// `objectGUID`.
    pub object_guid: Value<Guid>,
}

/// The connector filter of one object type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Object type.
    pub object_type: AttributeName,
    /// `declared`, `scripted` or another word of the engine.
    pub kind: String,
    /// Alternatives, of which one is enough to stay out; in each all conditions have to hold.
    pub alternatives: Vec<Vec<FilterCondition>>,
    /// Where it was read.
    pub read_from: String,
}

/// The cloud side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// Domain of the cloud account, or the tenant that another setting names.
    pub name: Option<String>,
    /// The cloud account; its password is not in the bundle and must be at hand.
    pub account: Value<String>,
    /// The agent.
    pub connector: Guid,
    /// The agent's name.
    pub connector_name: String,
    /// Selected attributes.
    pub attribute_selection: Value<Vec<AttributeName>>,
    /// Where the agent was read.
    pub read_from: String,
}

/// A connector that does not migrate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherConnector {
    /// Its name.
    pub name: String,
    /// The agent.
    pub connector: Guid,
    /// Category in the engine's word, such as `MSSQL`.
    pub category: String,
    /// Where it was read.
    pub read_from: String,
}

/// One custom rule; its content is in `server-configuration/` and, as PowerShell, in `scripts/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomRule {
    /// Place in the order of precedence, from 1.
    pub order: u64,
    /// Identifier.
    pub id: Guid,
    /// Name.
    pub name: String,
    /// `Inbound` or `Outbound`.
    pub direction: String,
    /// Precedence; the lower number wins.
    pub precedence: Option<u32>,
    /// Disabled; an import enables it, which has to be undone. `None` when the file does not say.
    pub disabled: Option<bool>,
    /// The connector.
    pub connector: Guid,
    /// The connector's name, when it is known.
    pub connector_name: Option<String>,
    /// Object type of the source.
    pub source_object_type: AttributeName,
    /// Object type of the target.
    pub target_object_type: AttributeName,
    /// `Provision`, `Join`, `StickyJoin` or another word.
    pub link_type: String,
    /// Attributes of the target that it fills.
    pub flows_to: Vec<AttributeName>,
    /// Where it was read; for a translated rule, what it was translated from.
    pub read_from: String,
}

/// What the custom rules were made for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandardRules {
    /// Where they come from.
    pub basis: RuleBasis,
    /// How many there are.
    pub count: u64,
}

/// Where standard rules come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleBasis {
    /// Exported from the server that takes over.
    Target,
    /// The old server's own.
    Original,
    /// Written for dirlift after the documentation.
    BuiltIn,
    /// There are none.
    #[default]
    None,
}

/// When a server synchronises.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Interval in seconds.
    pub interval_seconds: Value<u64>,
    /// Whether the scheduler runs by itself.
    pub enabled: Value<bool>,
    /// Run profiles by connector.
    pub run_profiles: Vec<RunProfile>,
}

/// One run profile of a connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunProfile {
    /// The connector's name.
    pub connector_name: String,
    /// Its name.
    pub name: String,
    /// Steps in order.
    pub steps: Vec<RunStep>,
    /// Where it was read.
    pub read_from: String,
}

/// One step of a run profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunStep {
    /// What it does, in the name that the client shows.
    pub kind: String,
    /// DN of the partition; `None` for all, or when it is not known.
    pub partition: Option<String>,
    /// Stop after so many objects; 0 is no limit.
    pub object_limit: Option<u64>,
    /// Stop at so many deletions.
    pub delete_limit: Option<u64>,
}

/// One global parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Where it was read.
    pub read_from: String,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// What for.
    pub role: AccountRole,
    /// Its name.
    pub name: String,
    /// Where it was read.
    pub read_from: String,
}

/// What `server-configuration/` is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfigurationPart {
    /// Where its files come from.
    pub basis: ConfigurationBasis,
    /// dirlift wrote files of it: Microsoft supports only what its own tools wrote.
    pub experimental: bool,
    /// Files that differ from the original because something secret had to go.
    pub edited: Vec<EditedFile>,
    /// Files of the old server that were left out.
    pub left_out: Vec<NotCarried>,
}

/// Where the files of `server-configuration/` come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConfigurationBasis {
    /// Copied from the old server.
    Original,
    /// Written from the translation.
    Translated,
    /// There are none.
    #[default]
    None,
}

/// A file that is not the original any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditedFile {
    /// Path in the bundle.
    pub path: String,
    /// What was taken out, by name.
    pub removed: Vec<String>,
}

/// Something that has to be made by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Untranslated {
    /// Code of the finding, such as `DL1001`; empty for a note.
    pub id: String,
    /// What, with the identifier of the filter or flow.
    pub what: String,
    /// Why, or what to do.
    pub why: String,
    /// Where it was read.
    pub read_from: String,
}

/// Something to know about a translation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// What, as a fragment.
    pub what: String,
    /// Where it was read.
    pub read_from: String,
}

/// Something that stays behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotCarried {
    /// What.
    pub what: String,
    /// Why, and what to do.
    pub why: String,
}
