//! What a deployment is configured with, in a form that a store keeps: `dirlift sync` has no bundle.
use std::collections::BTreeMap;

use dirlift_deployment::{
    ConnectorKind, StoredConfiguration, StoredConnector, StoredPartition, StoredRule,
};
use dirlift_exporter::settings::{Forest, SettingsFile};
use dirlift_model::{AttributeName, Guid, SyncRule, config::ContainerScope};
use dirlift_serverconfig::{Document, declarative::write_rule};
use serde::{Deserialize, Serialize};

/// Setting of the store with the connectors, as JSON.
pub(crate) const CONNECTORS: &str = "connector_setup";

/// Setting of the store with the deletes that pass the guards; `none` for any number.
pub(crate) const DELETE_LIMIT: &str = "delete_limit";

/// Setting of the store with the basis of the standard rules: `target`, `sample`, `original` or `built-in`.
pub(crate) const BASIS: &str = "rule_basis";

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
    /// DNS name of the forest; empty for the cloud.
    pub forest: String,
    /// The source as typed. It holds no credentials.
    pub source: Option<String>,
    /// Parameters of rules such as `Forest.FQDN`.
    pub parameters: BTreeMap<String, String>,
    /// Partitions of the directory.
    pub partitions: Vec<PartitionSetup>,
    /// Attributes that are read; `None` for the usual ones.
    pub attributes: Option<Vec<AttributeName>>,
}

/// A partition of a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionSetup {
    /// DN of the naming context.
    pub dn: String,
    /// DNS name.
    pub dns_name: Option<String>,
    /// In scope.
    pub selected: bool,
    /// Object types in scope; none for the usual ones.
    pub object_types: Vec<AttributeName>,
    /// Containers in scope.
    pub scope: ContainerScope,
}

/// The connectors of a bundle; `source` gives the source of each.
pub fn connectors(
    settings: &SettingsFile,
    source: impl Fn(Guid) -> Option<String>,
) -> Vec<ConnectorSetup> {
    let mut all: Vec<_> =
        settings.forests.iter().map(|it| forest(it, source(it.connector))).collect();
    all.extend(settings.tenant.iter().map(|it| ConnectorSetup {
        id: it.connector,
        name: it.connector_name.clone(),
        is_cloud: true,
        forest: String::new(),
        source: source(it.connector),
        parameters: BTreeMap::new(),
        partitions: Vec::new(),
        attributes: None,
    }));
    all
}

fn forest(forest: &Forest, source: Option<String>) -> ConnectorSetup {
    let partitions = forest.partitions.iter().map(|it| PartitionSetup {
        dn: it.dn.clone(),
        dns_name: it.dns_name.clone(),
        selected: it.selected,
        object_types: it.object_types.clone(),
        scope: ContainerScope {
            inclusions: it.included.iter().map(|it| it.dn.clone()).collect(),
            exclusions: it.excluded.iter().map(|it| it.dn.clone()).collect(),
        },
    });
    let parameters = [("Forest.FQDN".to_owned(), forest.name.clone())];
    ConnectorSetup {
        id: forest.connector,
        name: forest.connector_name.clone(),
        is_cloud: false,
        forest: forest.name.clone(),
        source,
        parameters: parameters.into_iter().filter(|(_, it)| !it.is_empty()).collect(),
        partitions: partitions.collect(),
        attributes: forest.attribute_selection.value.clone(),
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
                selected: it.selected,
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
