//! What can be wrong with one object; nothing else stops for it.
use dirlift_model::{AttributeName, DistinguishedName};
use serde::Serialize;

use super::cells::FlowRef;
use crate::{expr::fault::EvalError, rules::RuleSet};

/// An error of one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObjectError {
    /// The name of the connector whose object has it.
    pub connector: String,
    /// The object; for one that is yet to be made, the object that it comes from.
    pub dn: DistinguishedName,
    /// Its source anchor, if it is known.
    pub anchor: Option<String>,
    /// The name of the connector that the change was for, if the error happened on the way out.
    pub target: Option<String>,
    /// What is wrong.
    pub problem: ObjectProblem,
}

/// What is wrong with an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ObjectProblem {
    /// A flow has no result.
    #[error("rule `{rule}`, flow to {attribute}: {error}")]
    Flow {
        /// The rule.
        rule: String,
        /// The attribute that was to be written.
        attribute: AttributeName,
        /// The flow as `source → destination` or its expression.
        flow: String,
        /// Why, in words.
        error: String,
    },
    /// Flows to one attribute merge in different ways.
    #[error("rules `{first}` and `{second}` merge {attribute} in different ways")]
    Mixed {
        /// The attribute.
        attribute: AttributeName,
        /// A rule.
        first: String,
        /// Another.
        second: String,
    },
    /// More than one rule with join criteria of its own is in scope.
    #[error("rules `{first}` and `{second}` are both in scope, and each joins in its own way")]
    SeveralJoinRules {
        /// A rule.
        first: String,
        /// Another.
        second: String,
    },
    /// Its partner already has an object of this connector.
    #[error("rule `{rule}` joins it to what {partner} is joined to")]
    Ambiguous {
        /// The rule.
        rule: String,
        /// The object that came first.
        partner: DistinguishedName,
    },
    /// The source anchor differs from the one the object was exported with.
    #[error("the source anchor would change from `{old}` to `{new}`")]
    AnchorChanged {
        /// What the object has.
        old: String,
        /// What rules give.
        new: String,
    },
    /// A rule makes an object, but no flow gives its name.
    #[error("rule `{rule}` provisions an object, but no flow gives it a name")]
    NoName {
        /// The rule.
        rule: String,
    },
    /// The name of a new or renamed object is no name.
    #[error("rule `{rule}` gives the name `{name}`: {error}")]
    BadName {
        /// The rule.
        rule: String,
        /// The text.
        name: String,
        /// Why.
        error: String,
    },
    /// The name of a new or renamed object is taken.
    #[error("rule `{rule}` gives the name {name}, which another object has")]
    NameTaken {
        /// The rule.
        rule: String,
        /// The name.
        name: DistinguishedName,
    },
    /// Another object of the import has the same name.
    #[error("another object has the same name; this one is left out")]
    RepeatedName,
}

impl ObjectProblem {
    /// The message without the names and values of single objects: those with the same one are alike.
    pub fn about(&self) -> String {
        match self {
            Self::Ambiguous { rule, .. } => {
                format!("rule `{rule}` joins it to what another object is joined to")
            }
            Self::AnchorChanged { .. } => "the source anchor would change".to_owned(),
            Self::BadName { rule, .. } => format!("rule `{rule}` gives a name that is none"),
            Self::NameTaken { rule, .. } => {
                format!("rule `{rule}` gives a name that another object has")
            }
            Self::Flow { .. }
            | Self::Mixed { .. }
            | Self::SeveralJoinRules { .. }
            | Self::NoName { .. }
            | Self::RepeatedName => self.to_string(),
        }
    }
}

/// The same with numbers, before anybody reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    Flow { flow: FlowRef, error: EvalError },
    Mixed { first: FlowRef, second: FlowRef },
    SeveralJoinRules { first: usize, second: usize },
    Ambiguous { rule: usize, partner: u32 },
    AnchorChanged { old: String, new: String },
    NoName { rule: usize },
    BadName { rule: usize, name: String, error: String },
    NameTaken { rule: usize, name: DistinguishedName },
}

impl Problem {
    /// In words. `name_of` gives the name of an object by its number.
    pub(super) fn shown(
        self,
        rules: &RuleSet,
        name_of: impl Fn(u32) -> Option<DistinguishedName>,
        root: &DistinguishedName,
    ) -> ObjectProblem {
        let rule =
            |it: usize| rules.rules().get(it).map_or(String::new(), |it| it.name.to_string());
        match self {
            Self::Flow { flow, error } => ObjectProblem::Flow {
                rule: rule(flow.rule()),
                attribute: target_of(rules, flow),
                flow: flow_text(rules, flow),
                error: error.to_string(),
            },
            Self::Mixed { first, second } => ObjectProblem::Mixed {
                attribute: target_of(rules, first),
                first: rule(first.rule()),
                second: rule(second.rule()),
            },
            Self::SeveralJoinRules { first, second } => {
                ObjectProblem::SeveralJoinRules { first: rule(first), second: rule(second) }
            }
            Self::Ambiguous { rule: at, partner } => ObjectProblem::Ambiguous {
                rule: rule(at),
                partner: name_of(partner).unwrap_or_else(|| root.clone()),
            },
            Self::AnchorChanged { old, new } => ObjectProblem::AnchorChanged { old, new },
            Self::NoName { rule: at } => ObjectProblem::NoName { rule: rule(at) },
            Self::BadName { rule: at, name, error } => {
                ObjectProblem::BadName { rule: rule(at), name, error }
            }
            Self::NameTaken { rule: at, name } => ObjectProblem::NameTaken { rule: rule(at), name },
        }
    }
}

fn target_of(rules: &RuleSet, flow: FlowRef) -> AttributeName {
    super::plan::flow_of(rules, flow)
        .and_then(|it| rules.names().name(it.1.target))
        .cloned()
        .unwrap_or_else(|| "".into())
}

/// A flow as `source → destination`, or its expression.
pub(super) fn flow_text(rules: &RuleSet, flow: FlowRef) -> String {
    use crate::rules::FlowSource;
    let Some((_, compiled)) = super::plan::flow_of(rules, flow) else { return String::new() };
    let target = target_of(rules, flow);
    match &compiled.source {
        FlowSource::Direct(id) => {
            let source = rules.names().name(*id).map_or("", AttributeName::as_str);
            format!("{source} → {target}")
        }
        FlowSource::Constant(value) => format!("{value} → {target}"),
        FlowSource::Expression(it) => it.source().to_owned(),
    }
}
