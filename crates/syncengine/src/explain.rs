//! Rules in plain words, for people who read them.
//!
//! The texts hold what files say and are not made harmless; a view has to do that.
mod words;

use dirlift_model::{
    SyncRule,
    rule::{
        AttributeMapping, JoinCondition, LinkType, MappingKind, MappingSource, ScopeClause,
        ScopeOperator, ValueMerge,
    },
    secret,
};

use crate::{expr::Expression, expr::Priority, rules::Direction};

pub use self::words::expression;

/// What one rule does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleText {
    /// What it begins with and where it leads, such as "from user of the connector to person of the metaverse".
    pub path: String,
    /// One line a group; empty for every object of the type.
    pub scope: Vec<String>,
    /// One line a group, in the order in which they are tried.
    pub joins: Vec<String>,
    /// What happens to the link.
    pub link: String,
    /// The attribute flows, in their order.
    pub flows: Vec<FlowText>,
}

/// What one flow writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowText {
    /// The attribute that is written.
    pub target: String,
    /// `direct`, `constant`, `expression`; `none` for a mapping without a source.
    pub kind: &'static str,
    /// What it gets, in words.
    pub words: String,
    /// The expression as it is written.
    pub expression: Option<String>,
    /// How values of several rules come together, unless the first one wins.
    pub merge: Option<String>,
    /// Whether it takes place only when the object is created.
    pub once: bool,
}

/// Puts a rule into words.
pub fn rule(rule: &SyncRule) -> RuleText {
    let direction = Direction::of(&rule.direction);
    let (source, target) = match direction {
        Some(Direction::Inbound) => ("of the connector", "of the metaverse"),
        Some(Direction::Outbound) => ("of the metaverse", "of the connector"),
        None => ("of one side", "of the other"),
    };
    let any = |name: &str| if name == "*" { "any type".to_owned() } else { name.to_owned() };
    let (from, to) = (any(rule.source_object_type.as_str()), any(rule.target_object_type.as_str()));
    RuleText {
        path: format!("from {from} {source} to {to} {target}"),
        scope: rule.scope.iter().map(|it| all(it.clauses.iter().map(clause))).collect(),
        joins: rule
            .joins
            .iter()
            .map(|it| all(it.conditions.iter().map(|it| condition(it, direction))))
            .collect(),
        link: link(rule, &to),
        flows: rule.mappings.iter().map(flow).collect(),
    }
}

fn all(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<_> = parts.collect();
    if parts.is_empty() { "(nothing is asked)".to_owned() } else { parts.join(", and ") }
}

/// A clause of a scope in words.
pub fn clause(clause: &ScopeClause) -> String {
    let words = match &clause.operator {
        ScopeOperator::Equal => "is",
        ScopeOperator::NotEqual => "is not",
        ScopeOperator::LessThan => "is less than",
        ScopeOperator::LessThanOrEqual => "is at most",
        ScopeOperator::GreaterThan => "is more than",
        ScopeOperator::GreaterThanOrEqual => "is at least",
        ScopeOperator::Contains => "contains",
        ScopeOperator::NotContains => "does not contain",
        ScopeOperator::StartsWith => "begins with",
        ScopeOperator::NotStartsWith => "does not begin with",
        ScopeOperator::EndsWith => "ends with",
        ScopeOperator::NotEndsWith => "does not end with",
        ScopeOperator::IsNull => return format!("{} has no value", clause.attribute),
        ScopeOperator::IsNotNull => return format!("{} has a value", clause.attribute),
        ScopeOperator::IsIn => "has the value",
        ScopeOperator::IsNotIn => "does not have the value",
        ScopeOperator::IsBitSet => "has the bits set of",
        ScopeOperator::IsBitNotSet => "does not have all bits set of",
        ScopeOperator::IsMemberOf => return format!("the object is a member of {}", clause.value),
        ScopeOperator::IsNotMemberOf => {
            return format!("the object is not a member of {}", clause.value);
        }
        ScopeOperator::Other(word) => {
            return format!("{} {word} {} (not understood)", clause.attribute, clause.value);
        }
    };
    format!("{} {words} {}", clause.attribute, clause.value)
}

fn condition(condition: &JoinCondition, direction: Option<Direction>) -> String {
    let (here, there) = (&condition.attribute, &condition.metaverse_attribute);
    let (source, target) = match direction {
        Some(Direction::Outbound) => (there, here),
        _ => (here, there),
    };
    let exact = if condition.case_sensitive == Some(true) { ", case counts" } else { "" };
    format!("its {source} equals {target} of the target{exact}")
}

fn link(rule: &SyncRule, target: &str) -> String {
    let joins = !rule.joins.is_empty();
    match (&rule.link_type, joins) {
        (LinkType::Provision, true) => {
            format!("joins; if nothing fits, creates a new object of type {target}")
        }
        (LinkType::Provision, false) => format!("creates an object of type {target}"),
        (LinkType::Join, true) => "joins; creates nothing".to_owned(),
        (LinkType::Join, false) => "needs an object that another rule joined or created".to_owned(),
        (LinkType::StickyJoin, true) => {
            "joins, and keeps the object of the metaverse alive; creates nothing".to_owned()
        }
        (LinkType::StickyJoin, false) => {
            "keeps an object of the metaverse alive that another rule joined".to_owned()
        }
        (LinkType::Other(word), _) => format!("link type {word} (not understood)"),
    }
}

fn flow(mapping: &AttributeMapping) -> FlowText {
    let text = mapping.expression.as_deref().map(str::trim).filter(|it| !it.is_empty());
    let (kind, words) = match (mapping.kind(), text, &mapping.source) {
        (_, Some(text), _) if text == secret::REMOVED => ("expression", "(not kept)".to_owned()),
        (Some(MappingKind::Expression), Some(text), _) => {
            let tree = Expression::parse_tree(text, Priority::Conventional);
            let words = tree.map_or_else(|_| "(not understood)".to_owned(), |it| expression(&it));
            ("expression", words)
        }
        (_, _, MappingSource::Constant(text)) if text.trim().is_empty() => {
            ("none", "nothing".to_owned())
        }
        (_, _, MappingSource::Constant(text)) => ("constant", format!("always \"{text}\"")),
        (_, _, MappingSource::Attributes(names)) => match names.first() {
            Some(name) => ("direct", name.to_string()),
            None => ("none", "nothing".to_owned()),
        },
    };
    let merge = match &mapping.merge {
        ValueMerge::Update | ValueMerge::Replace => None,
        ValueMerge::Merge => Some("together with the values of other rules".to_owned()),
        ValueMerge::MergeCaseInsensitive => {
            Some("together with the values of other rules, case does not count".to_owned())
        }
        ValueMerge::Other(word) => Some(format!("merged as {word} (not understood)")),
    };
    FlowText {
        target: mapping.destination.to_string(),
        kind,
        words,
        expression: text.map(ToOwned::to_owned),
        merge,
        once: mapping.execute_once,
    }
}
