//! What two synchronisation configurations do not have in common.
use serde::{Deserialize, Serialize};

use crate::config::Problem;

/// Version of the document that a [`Comparison`] is written as.
pub const FORMAT_VERSION: u32 = 1;

/// Two configurations, compared by meaning. Everything is sorted; the same input gives the same value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// Version of the shape, [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The configuration that the other is compared with.
    pub before: Side,
    /// The configuration that is compared.
    pub after: Side,
    /// What somebody decided, or may have decided.
    pub differences: Vec<Difference>,
    /// What only a newer build causes: revisions of standard rules, new standard rules, version numbers.
    pub newer_build: Vec<Difference>,
}

impl Comparison {
    /// Whether nothing differs, the newer build's own changes included.
    pub fn is_equal(&self) -> bool {
        self.differences.is_empty() && self.newer_build.is_empty()
    }

    /// Whether a file of either side could not be read, so that a difference may be missing or too much.
    pub fn is_incomplete(&self) -> bool {
        [&self.before, &self.after].iter().any(|it| !it.damaged.is_empty())
    }
}

/// One of two configurations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// What the caller calls it.
    pub name: String,
    /// Version of the product, when a file states it.
    pub build: Option<String>,
    /// Number of synchronisation rules.
    pub n_rules: u64,
    /// Number of connectors.
    pub n_connectors: u64,
    /// Number of global parameters; `None` when their file is missing.
    pub n_parameters: Option<u64>,
    /// Files that could not be read at all.
    pub damaged: Vec<Problem>,
    /// What was not understood in files that could be read.
    pub problems: Vec<Problem>,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Difference {
    /// What kind of thing has it.
    pub area: Area,
    /// Name of the rule, connector or parameter, as the first configuration has it; as the second when it is only there.
    pub subject: String,
    /// Name of the connector that a rule belongs to; `None` when it is not known, and for what is no rule.
    pub connector: Option<String>,
    /// What happened.
    pub kind: Kind,
    /// The attribute, container, object type, partition or setting; `None` when it is the whole subject.
    pub part: Option<String>,
    /// The same in plain words, without the values.
    pub what: String,
    /// The value in the first configuration, at most 4,000 characters.
    pub before: Option<String>,
    /// The value in the second configuration, at most 4,000 characters.
    pub after: Option<String>,
}

/// What has a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// A synchronisation rule.
    Rule,
    /// A connector.
    Connector,
    /// The configuration as a whole.
    Global,
}

impl Area {
    /// Every area, in the order of reports.
    pub const ALL: [Self; 3] = [Self::Rule, Self::Connector, Self::Global];
}

/// What happened to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A rule is only in the second configuration.
    RuleAdded,
    /// A rule is only in the first configuration.
    RuleRemoved,
    /// A rule has another name.
    RuleRenamed,
    /// A standard rule has another revision, the number behind the last dot of its tag.
    RuleRevision,
    /// A rule was switched off.
    RuleDisabled,
    /// A rule was switched on.
    RuleEnabled,
    /// A rule has another precedence.
    RulePrecedence,
    /// A rule belongs to another connector.
    RuleConnector,
    /// A rule has another link type.
    RuleLinkType,
    /// Another property of a rule differs.
    RuleSetting,
    /// A rule's scope has one more group of clauses.
    ScopeGroupAdded,
    /// A rule's scope has one group of clauses less.
    ScopeGroupRemoved,
    /// A group of a rule's scope has one more clause.
    ScopeClauseAdded,
    /// A group of a rule's scope has one clause less.
    ScopeClauseRemoved,
    /// A clause of a rule's scope tests something else of the same attribute.
    ScopeClauseChanged,
    /// A rule has one more way to join.
    JoinAdded,
    /// A rule has one way to join less.
    JoinRemoved,
    /// A rule tries the same joins in another order.
    JoinOrder,
    /// A rule has one more flow.
    FlowAdded,
    /// A rule has one flow less.
    FlowRemoved,
    /// A flow takes its value from elsewhere, or writes it differently.
    FlowChanged,
    /// A connector is only in the second configuration.
    ConnectorAdded,
    /// A connector is only in the first configuration.
    ConnectorRemoved,
    /// A connector has another name.
    ConnectorRenamed,
    /// A partition came into scope.
    PartitionAdded,
    /// A partition left the scope.
    PartitionRemoved,
    /// One more container is listed, as included or as excluded.
    ContainerAdded,
    /// A container is no longer listed.
    ContainerRemoved,
    /// One container stands in the place of another, or the same one changed between included and excluded.
    ContainerChanged,
    /// Objects of one more type are synchronised.
    ObjectTypeAdded,
    /// Objects of one type are no longer synchronised.
    ObjectTypeRemoved,
    /// One more attribute is selected.
    AttributeAdded,
    /// An attribute is no longer selected.
    AttributeRemoved,
    /// Another property of a connector differs.
    ConnectorSetting,
    /// A parameter is only in the second configuration.
    ParameterAdded,
    /// A parameter is only in the first configuration.
    ParameterRemoved,
    /// A parameter has another value.
    ParameterChanged,
    /// A version number of the product differs.
    Version,
}
