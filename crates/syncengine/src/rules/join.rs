//! Join criteria: which existing object a source object belongs to.
use dirlift_model::rule;

use super::Direction;
use crate::{
    input::{AttributeId, Names},
    value::{Scalar, Value},
};

/// Criteria that must all match.
pub type JoinGroup = Vec<JoinCriterion>;

/// One criterion: an attribute here equals an attribute there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoinCriterion {
    /// The attribute in the connector space.
    pub connector_space: AttributeId,
    /// The attribute in the metaverse.
    pub metaverse: AttributeId,
    /// Whether case counts; it does not unless the rule says so.
    pub case_sensitive: bool,
}

/// A value in the form in which join criteria compare it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JoinKey {
    /// Text, number, boolean and reference.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
}

/// What the criteria of a rule come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JoinDecision<T> {
    /// One group matched exactly one object.
    Joined {
        /// The group, from zero.
        group: usize,
        /// The object.
        target: T,
    },
    /// No group matched exactly one object.
    NotJoined {
        /// The groups that matched several.
        ambiguous: Vec<usize>,
    },
}

/// Gives the attributes of join criteria their numbers.
pub fn compile(groups: &[rule::JoinGroup], names: &mut Names) -> Vec<JoinGroup> {
    let mut criterion = |it: &rule::JoinCondition| JoinCriterion {
        connector_space: names.intern(&it.attribute),
        metaverse: names.intern(&it.metaverse_attribute),
        case_sensitive: it.case_sensitive.unwrap_or(false),
    };
    groups.iter().map(|it| it.conditions.iter().map(&mut criterion).collect()).collect()
}

impl JoinCriterion {
    /// The attribute of the object that the rule begins with.
    pub const fn source(self, direction: Direction) -> AttributeId {
        match direction {
            Direction::Inbound => self.connector_space,
            Direction::Outbound => self.metaverse,
        }
    }

    /// The attribute of the objects that are searched.
    pub const fn target(self, direction: Direction) -> AttributeId {
        match direction {
            Direction::Inbound => self.metaverse,
            Direction::Outbound => self.connector_space,
        }
    }

    /// The keys of a value under this criterion; one for each of several values, none for empty text or a date.
    pub fn keys(self, value: &Value) -> Vec<JoinKey> {
        keys(value, self.case_sensitive)
    }

    /// Whether two values match: one value of the one equals one of the other.
    pub fn matches(self, connector_space: &Value, metaverse: &Value) -> bool {
        let there = self.keys(metaverse);
        self.keys(connector_space).iter().any(|it| there.contains(it))
    }
}

/// The keys of a value, by case or not.
pub(crate) fn keys(value: &Value, case_sensitive: bool) -> Vec<JoinKey> {
    let text = |it: &str| if case_sensitive { it.to_owned() } else { it.to_lowercase() };
    let key = |it: &Scalar| match it {
        Scalar::Binary(bytes) => Some(JoinKey::Binary(bytes.to_vec())),
        other => crate::functions::text_of(other)
            .filter(|it| !it.is_empty())
            .map(|it| JoinKey::Text(text(&it))),
    };
    value.scalars().iter().filter_map(key).collect()
}

/// Tries the groups from the first on; the first that matches exactly one object decides.
pub fn decide<T>(
    groups: &[JoinGroup],
    mut matching: impl FnMut(&JoinGroup) -> Vec<T>,
) -> JoinDecision<T> {
    let mut ambiguous = Vec::new();
    for (group, criteria) in groups.iter().enumerate().filter(|it| !it.1.is_empty()) {
        let mut found = matching(criteria);
        match (found.len(), found.pop()) {
            (1, Some(target)) => return JoinDecision::Joined { group, target },
            (0, _) => {}
            _ => ambiguous.push(group),
        }
    }
    JoinDecision::NotJoined { ambiguous }
}

/// Whether an object that did not join may be provisioned: one source attribute of the criteria has a value.
pub fn may_provision(
    groups: &[JoinGroup],
    direction: Direction,
    value: impl Fn(AttributeId) -> Value,
) -> bool {
    groups.is_empty()
        || groups.iter().flatten().any(|it| !it.keys(&value(it.source(direction))).is_empty())
}
