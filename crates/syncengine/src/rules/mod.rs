//! Synchronization rules: what they say, and what is wrong with a set of them.
//!
//! A [`SyncRule`] is what a file or a person says; nothing in it has been checked. [`check::check`] gives the findings
//! about a whole set, [`scope::Scope`] and [`flow::CompiledFlow`] are what the engine works with.
pub mod check;
pub mod flow;
pub mod join;
pub mod scope;

use std::{fmt, str::FromStr};

use dirlift_model::{AttributeName, Guid};

pub use self::{
    check::{RuleFinding, RuleProblem, Weight},
    flow::{CompiledFlow, Flow, FlowSource},
    join::{JoinCriterion, JoinDecision, JoinGroup},
    scope::{Scope, ScopeClause, ScopeGroup, ScopeInput, ScopeOperator},
};

/// One synchronization rule, as it is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncRule {
    /// Its identifier.
    pub id: Guid,
    /// Its name.
    pub name: String,
    /// The tag of a standard rule, such as `Microsoft.InfromADUserJoin.003`; none for a customer's own rule.
    pub immutable_tag: Option<String>,
    /// Which way it flows.
    pub direction: Direction,
    /// Whether it is switched off.
    pub disabled: bool,
    /// The connector it belongs to.
    pub connector: Guid,
    /// The type of the objects it begins with.
    pub source_object_type: ObjectType,
    /// The type of the objects it flows to.
    pub target_object_type: ObjectType,
    /// What it does when there is no target yet.
    pub link_type: LinkType,
    /// Its place; lower numbers win.
    pub precedence: u32,
    /// Whether it takes password hashes along.
    pub password_sync: bool,
    /// Groups of clauses, of which one must hold; without any, every object is in scope.
    pub scope: Vec<ScopeGroup>,
    /// Groups of join criteria, tried in their order.
    pub joins: Vec<JoinGroup>,
    /// The attribute flows, in their order.
    pub flows: Vec<Flow>,
}

impl SyncRule {
    /// Whether an administrator made it; standard rules have a tag.
    pub fn is_custom(&self) -> bool {
        self.immutable_tag.is_none()
    }

    /// Rules in order of application: enabled ones by direction, then precedence, then identifier.
    pub fn in_order(rules: &[Self]) -> Vec<&Self> {
        let mut sorted: Vec<_> = rules.iter().filter(|it| !it.disabled).collect();
        sorted.sort_by_key(|it| (it.direction, it.precedence, it.id));
        sorted
    }
}

/// Which way a rule flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From a connector space to the metaverse.
    Inbound,
    /// From the metaverse to a connector space.
    Outbound,
}

/// What a rule does about the link between source and target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkType {
    /// Joins, or makes a target if there is none; the target lives as long as the rule is in scope.
    Provision,
    /// Joins only; flows in any case.
    Join,
    /// Joins only; the target lives as long as the rule is in scope.
    StickyJoin,
}

/// What happens to values that several rules contribute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MergeType {
    /// The rule of the lowest precedence number wins.
    #[default]
    Update,
    /// As `Update`; unused by the product.
    Replace,
    /// All rules contribute; values that differ only in case count once.
    MergeCaseInsensitive,
    /// All rules contribute.
    Merge,
}

impl MergeType {
    /// Whether one rule alone decides the values.
    pub const fn is_exclusive(self) -> bool {
        matches!(self, Self::Update | Self::Replace)
    }
}

/// The type of an object, or any type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectType {
    /// `*`.
    Any,
    /// One type.
    Named(AttributeName),
}

impl ObjectType {
    /// Whether an object of this type is meant.
    pub fn includes(&self, object_type: &AttributeName) -> bool {
        match self {
            Self::Any => true,
            Self::Named(name) => name == object_type,
        }
    }

    /// Whether some object is of both.
    pub fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Named(a), Self::Named(b)) => a == b,
            _ => true,
        }
    }
}

impl From<&str> for ObjectType {
    fn from(text: &str) -> Self {
        if text.trim() == "*" { Self::Any } else { Self::Named(text.into()) }
    }
}

impl fmt::Display for ObjectType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Named(name) => write!(f, "{name}"),
        }
    }
}

/// A word of a rule file that is none of those that are known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no {what}; use one of {}", known.join(", "))]
pub struct UnknownWord {
    /// The word, shortened.
    pub word: String,
    /// What it should be.
    pub what: &'static str,
    /// The words that are known.
    pub known: Vec<&'static str>,
}

pub(crate) fn find_word<T: Copy>(
    text: &str,
    what: &'static str,
    known: &[(&'static str, T)],
) -> Result<T, UnknownWord> {
    known.iter().find(|it| it.0.eq_ignore_ascii_case(text.trim())).map(|it| it.1).ok_or_else(|| {
        UnknownWord {
            word: dirlift_model::text::shorten(text, 60),
            what,
            known: known.iter().map(|it| it.0).collect(),
        }
    })
}

impl FromStr for Direction {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        find_word(text, "direction", &[("Inbound", Self::Inbound), ("Outbound", Self::Outbound)])
    }
}

impl FromStr for LinkType {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let known = [
            ("Provision", Self::Provision),
            ("Join", Self::Join),
            ("StickyJoin", Self::StickyJoin),
        ];
        find_word(text, "link type", &known)
    }
}

impl FromStr for MergeType {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let known = [
            ("Update", Self::Update),
            ("Replace", Self::Replace),
            ("MergeCaseInsensitive", Self::MergeCaseInsensitive),
            ("Merge", Self::Merge),
        ];
        find_word(text, "merge type", &known)
    }
}
