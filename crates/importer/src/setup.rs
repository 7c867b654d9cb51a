//! What a deployment is configured with, in a form that a store keeps: `dirlift sync` has no bundle.
use std::collections::BTreeMap;

use dirlift_deployment::{
    ConnectorKind, StoredConfiguration, StoredConnector, StoredPartition, StoredRule,
};
use dirlift_directory::{ImportRequest, PartitionRequest};
use dirlift_model::{AttributeName, Guid, SyncRule, checklist::Switches, config::ContainerScope};
use dirlift_serverconfig::{Document, declarative::write_rule};
use dirlift_syncengine::sync::ConnectorKind as EngineKind;
use dirlift_verifier::DEFAULT_DELETES;
use serde::{Deserialize, Serialize};

use crate::rehearsal::{self, RuleBasis};

/// Setting of the store with the connectors, as JSON.
pub(crate) const CONNECTORS: &str = "connector_setup";

/// Setting of the store with the deletes that pass the guards; `none` for any number.
pub(crate) const DELETE_LIMIT: &str = "delete_limit";

/// Setting of the store with the basis of the standard rules: a word of [`RuleBasis`], as a rehearsal says it.
pub(crate) use dirlift_deployment::RULE_BASIS as BASIS;

/// Setting of the store with what the bundle alone says of rules, as JSON.
pub(crate) const BUNDLE_RULES: &str = "bundle_rules";

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
    /// What the bundle alone says of rules.
    pub bundle: BundleRules,
}

/// What the bundle says of rules before those of the new server take a place among them: they can come later.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleRules {
    /// Its custom rules, each as its XML file.
    custom: Vec<String>,
    /// What is worth knowing about its configuration, in plain words.
    notes: Vec<String>,
}

impl BundleRules {
    fn new(of: &rehearsal::Setup) -> Self {
        let custom = of.rules.iter().filter(|it| it.is_custom());
        Self { custom: custom.map(write_rule).collect(), notes: notes(of) }
    }
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
    /// A deployment of what could be rehearsed; `bundle` is the same without the rules of the new server, and `source`
    /// gives the source of each connector.
    pub fn new(
        of: &rehearsal::Setup,
        bundle: &rehearsal::Setup,
        source: impl Fn(Guid) -> Option<String>,
    ) -> Self {
        let basis = of.rule_basis.as_str();
        let origin = |it: &SyncRule| match it {
            it if it.is_custom() => "custom",
            it if rehearsal::is_built_in(it) => RuleBasis::BuiltIn.as_str(),
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
        Self {
            connectors: connectors.collect(),
            rules: of.rules.iter().map(|it| (it.clone(), origin(it))).collect(),
            basis: basis.to_owned(),
            delete_limit: Some(DEFAULT_DELETES),
            notes: notes(of),
            switches: Switches::default(),
            bundle: BundleRules::new(bundle),
        }
    }
}

fn notes(of: &rehearsal::Setup) -> Vec<String> {
    let damaged = of.damaged.iter().map(|it| format!("could not be read: {it}"));
    of.notes.iter().cloned().chain(damaged).collect()
}

/// What a store can rehearse without the rules of the new server; `None` when a rule or a connector cannot be read.
pub(crate) fn restored(
    connectors: &[ConnectorSetup],
    bundle: &BundleRules,
) -> Option<rehearsal::Setup> {
    let rules = bundle.custom.iter().map(|it| match read_document(it.as_bytes())? {
        Document::Rule(it) => Some(*it),
        _ => None,
    });
    let all = connectors.iter().map(|it| {
        Some(rehearsal::ConnectorSetup {
            id: it.id,
            name: it.name.clone(),
            kind: if it.is_cloud { EngineKind::Entra } else { EngineKind::ActiveDirectory },
            forest: (!it.forest.is_empty()).then(|| it.forest.clone()),
            request: it.request().ok()?,
        })
    });
    let parameters = connectors.first()?.parameters.clone().into_iter().collect();
    let notes = bundle.notes.clone();
    rehearsal::Setup::restored(
        rules.collect::<Option<_>>()?,
        all.collect::<Option<_>>()?,
        parameters,
        notes,
    )
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
    /// The rules as a store keeps them.
    pub(crate) fn stored_rules(&self) -> Vec<StoredRule> {
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
        rules.collect()
    }

    /// Settings that say what the rules are.
    pub(crate) fn rule_settings(&self) -> Result<Vec<(String, String)>, serde_json::Error> {
        Ok(vec![
            (BASIS.to_owned(), self.basis.clone()),
            (NOTES.to_owned(), serde_json::to_string(&self.notes)?),
        ])
    }

    /// The same as a store keeps it.
    pub(crate) fn stored(&self) -> Result<StoredConfiguration, serde_json::Error> {
        let partitions = self.connectors.iter().flat_map(|connector| {
            connector.partitions.iter().map(|it| StoredPartition {
                connector: connector.id,
                dn: it.dn.clone(),
                selected: true,
            })
        });
        let limit = self.delete_limit.map_or_else(|| "none".to_owned(), |it| it.to_string());
        let mut settings = self.rule_settings()?;
        settings.extend([
            (CONNECTORS.to_owned(), serde_json::to_string(&self.connectors)?),
            (DELETE_LIMIT.to_owned(), limit),
            (BUNDLE_RULES.to_owned(), serde_json::to_string(&self.bundle)?),
        ]);
        Ok(StoredConfiguration {
            connectors: self.connectors.iter().map(ConnectorSetup::stored).collect(),
            partitions: partitions.collect(),
            rules: self.stored_rules(),
            settings,
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
    match read_document(rule.content.as_bytes())? {
        Document::Rule(it) => Some(*it),
        _ => None,
    }
}

fn read_document(bytes: &[u8]) -> Option<Document> {
    Some(dirlift_serverconfig::read("rule", bytes).ok()?.value)
}
