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
