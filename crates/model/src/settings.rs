//! The settings that migrate, in neutral form; each names where it was read.
use serde::{Deserialize, Serialize};

use crate::{
    AttributeName, Guid,
    config::{ContainerScope, FilterCondition},
};

/// A value with the place it was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read<T> {
    /// The value.
    pub value: T,
    /// Part of the snapshot with line and column, or table and column of the database.
    pub read_from: String,
}

impl<T> Read<T> {
    /// A value and its place.
    pub fn new(value: T, read_from: impl Into<String>) -> Self {
        Self { value, read_from: read_from.into() }
    }
}

/// Everything that migrates from a server. `None` is "could not be read", not "off".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Forests with their domains and containers.
    pub forests: Vec<Forest>,
    /// The cloud side.
    pub tenant: Option<Tenant>,
    /// Attribute that the source anchor comes from; `DirSync` has no choice but `objectGUID`.
    pub source_anchor: Option<Read<AttributeName>>,
    /// Attribute that userPrincipalName is taken from instead of the directory's own (alternate ID).
    pub alternate_id: Option<Read<AttributeName>>,
    /// Password hash synchronisation.
    pub password_hash_sync: Option<Read<bool>>,
    /// Password writeback.
    pub password_writeback: Option<Read<bool>>,
    /// Exchange hybrid deployment: attributes are written back.
    pub exchange_hybrid: Option<Read<bool>>,
    /// Attributes written back to Active Directory.
    pub written_back: Vec<Read<AttributeName>>,
    /// Connector filters beyond the ones that the product ships: filtering on user attributes.
    pub connector_filters: Vec<CustomFilter>,
    /// Flows that differ from the ones that the product ships.
    pub custom_flows: Vec<CustomFlow>,
    /// Synchronisation interval in seconds.
    pub interval_seconds: Option<Read<u64>>,
    /// Run profiles by agent.
    pub run_profiles: Vec<AgentRunProfile>,
    /// What only Azure AD Sync and its successors have; `None` for other products.
    pub connect: Option<ConnectSettings>,
}

/// Settings that only Azure AD Sync and its successors have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectSettings {
    /// How users sign in, as far as this server tells; the method itself is no part of an export.
    pub sign_in: Option<Read<String>>,
    /// The server is in staging mode: it imports and synchronises, and does not export.
    pub staging_mode: Option<Read<bool>>,
    /// The scheduler starts cycles.
    pub scheduler: Option<Read<bool>>,
    /// Deletions in one export above which it stops; 0 when the prevention is off.
    pub deletion_threshold: Option<Read<u64>>,
    /// Optional features that the configuration names, on or off, by the product's own words.
    pub features: Vec<Feature>,
    /// Cloud attributes that are kept out by the attribute filter of the wizard.
    pub excluded_attributes: Vec<Read<AttributeName>>,
    /// Group whose members alone are synchronised, by connector: a filter for pilots.
    pub filter_groups: Vec<Read<String>>,
    /// Rules that the product ships, by how many there are; `None` when no rule was read.
    pub standard_rules: Option<u64>,
    /// Rules of the product that were turned off, by name.
    pub disabled_standard_rules: Vec<Read<String>>,
    /// Rules that the product did not ship, by precedence.
    pub custom_rules: Vec<CustomSyncRule>,
}

/// An optional feature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feature {
    /// Word of the parameter behind `Microsoft.OptionalFeature.`, such as `DeviceWriteBack`.
    pub name: String,
    /// It is turned on.
    pub on: bool,
    /// Where it was read.
    pub read_from: String,
}

/// A synchronisation rule that an administrator wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomSyncRule {
    /// Name.
    pub name: String,
    /// `Inbound`, `Outbound` or another word.
    pub direction: String,
    /// The connector's name, or its id.
    pub connector_name: String,
    /// Object type in the source.
    pub source_object_type: AttributeName,
    /// Object type in the target.
    pub target_object_type: AttributeName,
    /// The lower number wins; `None` when the file does not say.
    pub precedence: Option<u32>,
    /// It is turned off.
    pub disabled: bool,
    /// Attribute flows.
    pub flows: u64,
    /// Clauses of its scoping filter.
    pub scope_clauses: u64,
    /// Conditions of its join.
    pub join_conditions: u64,
    /// Where it was read.
    pub read_from: String,
}

/// One forest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forest {
    /// DNS name of the forest's root domain.
    pub name: String,
    /// The agent that reads it.
    pub connector: Guid,
    /// The agent's name.
    pub connector_name: String,
    /// Account the agent signs in with, `domain\user`.
    pub account: Option<String>,
    /// Domains (and other naming contexts) in the order of the file.
    pub domains: Vec<Domain>,
    /// Where it was read.
    pub read_from: String,
}

/// One domain of a forest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// DN of the naming context.
    pub dn: String,
    /// DNS name.
    pub dns_name: Option<String>,
    /// In scope.
    pub selected: bool,
    /// Object types in scope.
    pub object_types: Vec<AttributeName>,
    /// Containers in scope.
    pub containers: ContainerScope,
    /// Containers narrow the scope: more than the whole domain, or a container excluded beyond the product's own.
    pub ou_filtering: bool,
    /// Domain controllers to prefer.
    pub preferred_domain_controllers: Vec<String>,
    /// Alternate account for this domain.
    pub alternate_login: Option<String>,
    /// Where it was read.
    pub read_from: String,
}

/// The cloud side of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// Domain of the cloud account, or the tenant that another setting names.
    pub name: Option<String>,
    /// The cloud account: its credentials must be at hand for an upgrade.
    pub account: Option<String>,
    /// The agent.
    pub connector: Guid,
    /// The agent's name.
    pub connector_name: String,
    /// Where it was read.
    pub read_from: String,
}

/// A connector filter that an administrator added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomFilter {
    /// The agent's name.
    pub connector_name: String,
    /// Object type.
    pub object_type: AttributeName,
    /// All must hold for an object to stay out.
    pub conditions: Vec<FilterCondition>,
    /// Where it was read.
    pub read_from: String,
}

/// A flow that differs from the product's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomFlow {
    /// `import` or `export`.
    pub direction: String,
    /// The agent's name.
    pub connector_name: String,
    /// Object type in the connected directory.
    pub object_type: AttributeName,
    /// Target attribute.
    pub target: AttributeName,
    /// Source, in words.
    pub source: String,
    /// Where it was read.
    pub read_from: String,
}

/// One run profile of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentRunProfile {
    /// The agent's name.
    pub connector_name: String,
    /// The profile's name.
    pub name: String,
    /// Steps in the names of the client.
    pub steps: Vec<String>,
    /// Where it was read.
    pub read_from: String,
}
