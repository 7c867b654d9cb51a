//! What a deployment is configured with, in a form that a store keeps: `dirlift sync` has no bundle.
use std::collections::BTreeMap;

use dirlift_deployment::{
    ConnectorKind, StoredConfiguration, StoredConnector, StoredPartition, StoredRule,
};
use dirlift_directory::{ImportRequest, PartitionRequest};
use dirlift_model::{AttributeName, Guid, SyncRule, checklist::Switches, config::ContainerScope};
use dirlift_serverconfig::{Document, declarative::write_rule};
use dirlift_verifier::DEFAULT_DELETES;
use serde::{Deserialize, Serialize};

use crate::rehearsal::{self, RuleBasis};

/// Beginning of the tags of built-in rules.
const BUILT_IN: &str = "dirlift.";

/// Setting of the store with the connectors, as JSON.
pub(crate) const CONNECTORS: &str = "connector_setup";

/// Setting of the store with the deletes that pass the guards; `none` for any number.
pub(crate) const DELETE_LIMIT: &str = "delete_limit";

/// Setting of the store with the basis of the standard rules: a word of [`RuleBasis`], as a rehearsal says it.
pub(crate) const BASIS: &str = "rule_basis";

/// Setting of the store with what is worth knowing about the configuration, as JSON.
pub(crate) const NOTES: &str = "configuration_notes";

/// Connectors and rules of a deployment.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Connectors, in the order in which they are imported.
    pub connectors: Vec<ConnectorSetup>,
    /// Rules with where each comes from, in their order.
    pub rules: Vec<(SyncRule, &'static str)>,
    /// Where the standard rules come from.
    pub basis: String,
    /// Most deletes of one export; `None` for any number.
    pub delete_limit: Option<u64>,
    /// What is worth knowing about the configuration, in plain words.
    pub notes: Vec<String>,
    /// What the customer uses, for the checklist.
    pub switches: Switches,
}

/// A connector and what is read of its directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectorSetup {
    /// Its id.
    pub id: Guid,
    /// Its name.
    pub name: String,
    /// It stands for the cloud, else for a forest.
    pub is_cloud: bool,
    /// DNS name of the forest; empty for the cloud, and where the configuration does not say.
    pub forest: String,
    /// The source as typed. It holds no credentials.
    pub source: Option<String>,
    /// Parameters of rules.
    pub parameters: BTreeMap<String, String>,
    /// Partitions in scope; none for every domain, whole.
    pub partitions: Vec<PartitionSetup>,
    /// Object classes of partitions that name none.
    pub object_classes: Vec<AttributeName>,
    /// Attributes that are read.
    pub attributes: Vec<AttributeName>,
}

/// A partition of a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionSetup {
    /// DN of the naming context.
    pub dn: String,
    /// Object classes in scope; none for those of the connector.
    pub object_classes: Vec<AttributeName>,
    /// Containers in scope.
    pub scope: ContainerScope,
}

impl Setup {
    /// A deployment of what could be rehearsed; `source` gives the source of each connector.
    pub fn new(of: &rehearsal::Setup, source: impl Fn(Guid) -> Option<String>) -> Self {
        let basis = of.rule_basis.as_str();
        let origin = |it: &SyncRule| match it {
            it if it.is_custom() => "custom",
            it if it.immutable_tag.starts_with(BUILT_IN) => RuleBasis::BuiltIn.as_str(),
            _ => basis,
        };
        let connectors = of.connectors.iter().map(|it| ConnectorSetup {
            id: it.id,
            name: it.name.clone(),
            is_cloud: !it.forest_side(),
            forest: it.forest.clone().unwrap_or_default(),
            source: source(it.id),
            parameters: of.parameters.iter().cloned().collect(),
            partitions: it.request.partitions.iter().map(PartitionSetup::new).collect(),
            object_classes: it.request.object_classes.clone(),
            attributes: it.request.attributes.clone(),
        });
        let damaged = of.damaged.iter().map(|it| format!("could not be read: {it}"));
        Self {
            connectors: connectors.collect(),
            rules: of.rules.iter().map(|it| (it.clone(), origin(it))).collect(),
            basis: basis.to_owned(),
            delete_limit: Some(DEFAULT_DELETES),
            notes: of.notes.iter().cloned().chain(damaged).collect(),
            switches: Switches::default(),
        }
    }
}

impl PartitionSetup {
    fn new(of: &PartitionRequest) -> Self {
        Self {
            dn: of.naming_context.to_string(),
            object_classes: of.object_classes.clone(),
            scope: of.scope.clone(),
        }
    }
}

impl ConnectorSetup {
    /// What is asked of the directory; an error names the partition that is none.
    pub(crate) fn request(&self) -> Result<ImportRequest, String> {
        let partition = |it: &PartitionSetup| {
            let naming_context = it.dn.parse();
            Ok(PartitionRequest {
                naming_context: naming_context
                    .map_err(|error| format!("partition {}: {error}", it.dn))?,
                object_classes: it.object_classes.clone(),
                scope: it.scope.clone(),
            })
        };
        Ok(ImportRequest {
            partitions: self.partitions.iter().map(partition).collect::<Result<_, String>>()?,
            object_classes: self.object_classes.clone(),
            attributes: self.attributes.clone(),
        })
    }
}

impl Setup {
    /// The same as a store keeps it.
    pub(crate) fn stored(&self) -> Result<StoredConfiguration, serde_json::Error> {
        let rules = self.rules.iter().map(|(rule, source)| StoredRule {
            id: rule.id,
            name: rule.name.clone(),
            direction: rule.direction.as_str().to_owned(),
            connector: rule.connector,
            precedence: rule.precedence,
            disabled: rule.disabled == Some(true),
            source: (*source).to_owned(),
            content: write_rule(rule),
        });
        let partitions = self.connectors.iter().flat_map(|connector| {
            connector.partitions.iter().map(|it| StoredPartition {
                connector: connector.id,
                dn: it.dn.clone(),
                selected: true,
            })
        });
        let limit = self.delete_limit.map_or_else(|| "none".to_owned(), |it| it.to_string());
        Ok(StoredConfiguration {
            connectors: self.connectors.iter().map(ConnectorSetup::stored).collect(),
            partitions: partitions.collect(),
            rules: rules.collect(),
            settings: vec![
                (CONNECTORS.to_owned(), serde_json::to_string(&self.connectors)?),
                (BASIS.to_owned(), self.basis.clone()),
                (DELETE_LIMIT.to_owned(), limit),
                (NOTES.to_owned(), serde_json::to_string(&self.notes)?),
            ],
        })
    }
}

impl ConnectorSetup {
    fn stored(&self) -> StoredConnector {
        let kind =
            if self.is_cloud { ConnectorKind::EntraId } else { ConnectorKind::ActiveDirectory };
        StoredConnector { id: self.id, name: self.name.clone(), kind }
    }
}

/// Reads a rule as a store keeps it; `None` when it is none.
pub(crate) fn read_rule(rule: &StoredRule) -> Option<SyncRule> {
    match dirlift_serverconfig::read(&rule.name, rule.content.as_bytes()).ok()?.value {
        Document::Rule(it) => Some(*it),
        _ => None,
    }
}
