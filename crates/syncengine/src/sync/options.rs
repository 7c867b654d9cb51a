//! What a synchronization is told besides rules and objects.
use std::collections::{BTreeMap, BTreeSet};

use dirlift_model::{AttributeName, DistinguishedName, Guid};
use jiff::Timestamp;

/// A directory that takes part.
#[derive(Clone, Debug)]
pub struct Connector {
    /// Its identifier, to which rules refer.
    pub id: Guid,
    /// Its name, as pending exports show it.
    pub name: String,
    /// The kind of directory.
    pub kind: ConnectorKind,
    /// Values of parameters such as `Forest.FQDN`, by their names without percent signs.
    pub parameters: BTreeMap<String, String>,
    /// Parts of the directory with parameters of their own, such as `Domain.FQDN`.
    pub partitions: Vec<Partition>,
}

/// A part of a directory.
#[derive(Clone, Debug)]
pub struct Partition {
    /// Its root.
    pub root: DistinguishedName,
    /// Parameters that hold for objects in it, before those of the connector.
    pub parameters: BTreeMap<String, String>,
}

/// The kind of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConnectorKind {
    /// Active Directory.
    ActiveDirectory,
    /// Microsoft Entra ID.
    Entra,
}

impl Connector {
    /// A connector without parameters.
    pub fn new(id: Guid, name: impl Into<String>, kind: ConnectorKind) -> Self {
        let name = name.into();
        Self { id, name, kind, parameters: BTreeMap::new(), partitions: Vec::new() }
    }
}

/// Whether this system keeps an object of the cloud.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// As its attribute `cloudMastered` says: False is synchronised, True is not; without it nobody knows.
    #[default]
    Inferred,
    /// The tenant marks it as synchronised.
    Synchronised,
    /// The cloud alone keeps it.
    CloudOnly,
}

/// Which attributes of the cloud could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Readable {
    /// All of them: what is absent has no value.
    #[default]
    All,
    /// By object type those that could; what is absent elsewhere says nothing.
    Only(BTreeMap<AttributeName, BTreeSet<AttributeName>>),
}

impl Readable {
    /// Whether an absent attribute of this type means that it has no value.
    pub fn has(&self, object_type: &AttributeName, attribute: &AttributeName) -> bool {
        match self {
            Self::All => true,
            Self::Only(map) => map.get(object_type).is_some_and(|it| it.contains(attribute)),
        }
    }
}

/// Facts of the tenant that decide which exports it would refuse.
#[derive(Clone, Debug, Default)]
pub struct Tenant {
    /// Domains that are federated.
    pub federated_domains: BTreeSet<String>,
    /// Object ids of users that hold an administrative role.
    pub administrators: BTreeSet<Guid>,
    /// Whether users are also matched by user principal name (`SoftMatchOnUpn`).
    pub soft_match_on_upn: bool,
    /// Whether soft match is blocked (`BlockSoftMatch`).
    pub blocks_soft_match: bool,
    /// Whether hard match takes over no object of the cloud (`BlockCloudObjectTakeoverThroughHardMatch`).
    pub blocks_hard_match: bool,
}

/// How a synchronization is done.
#[derive(Clone, Debug)]
pub struct Options {
    /// What `Now` gives.
    pub now: Timestamp,
    /// Whether marks on cloud objects say what this system had provisioned. Without it nothing is deleted.
    pub history: bool,
    /// What could be read of the cloud.
    pub readable: Readable,
    /// What is known about the tenant.
    pub tenant: Tenant,
    /// Number of threads; the result does not depend on it.
    pub threads: usize,
}

impl Options {
    /// Everything readable, history known, one thread.
    pub fn at(now: Timestamp) -> Self {
        let tenant = Tenant { soft_match_on_upn: true, ..Tenant::default() };
        Self { now, history: true, readable: Readable::All, tenant, threads: 1 }
    }
}

/// Why a synchronization cannot begin or go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyncError {
    /// Two connectors with one identifier.
    #[error("two connectors have the identifier {0}; give each its own")]
    RepeatedConnector(Guid),
    /// More connectors than fit.
    #[error("there are {0} connectors, and 64 is the most; leave out those without objects")]
    ManyConnectors(usize),
    /// More rules, or flows of one rule, than fit.
    #[error(
        "there are {0} rules, or flows of one rule, and 65,535 is the most; take out what is not needed"
    )]
    ManyRules(usize),
    /// An object for a connector that is not there.
    #[error("reading an object of connector {0}, which is not configured")]
    UnknownConnector(Guid),
    /// More attribute names in rules than fit.
    #[error("the rules name {0} attributes, and 60000 is the most")]
    ManyAttributes(usize),
    /// More objects or values than fit.
    #[error("the spaces hold more objects or values than can be numbered")]
    TooLarge,
}
