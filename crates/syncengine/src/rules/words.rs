//! The words of rules as closed sets: what the engine knows how to do.
//!
//! The model keeps every word as it was read; a rule with a word that is not here is a finding and never applied.
use std::fmt;

use dirlift_model::{AttributeName, rule};

/// Which way a rule flows. Inbound rules are applied before outbound ones.
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
    /// The rule of the lowest precedence number wins; `Replace` is read as this.
    #[default]
    Update,
    /// All rules contribute; values that differ only in case count once.
    MergeCaseInsensitive,
    /// All rules contribute.
    Merge,
}

/// The type of an object, or any type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectType {
    /// `*`.
    Any,
    /// One type.
    Named(AttributeName),
}

impl Direction {
    /// The direction that a word means; `None` for a word that is not known.
    pub const fn of(word: &rule::Direction) -> Option<Self> {
        match word {
            rule::Direction::Inbound => Some(Self::Inbound),
            rule::Direction::Outbound => Some(Self::Outbound),
            rule::Direction::Other(_) => None,
        }
    }
}

impl LinkType {
    /// The link type that a word means; `None` for a word that is not known.
    pub const fn of(word: &rule::LinkType) -> Option<Self> {
        match word {
            rule::LinkType::Provision => Some(Self::Provision),
            rule::LinkType::Join => Some(Self::Join),
            rule::LinkType::StickyJoin => Some(Self::StickyJoin),
            rule::LinkType::Other(_) => None,
        }
    }

    /// Whether an object of the metaverse lives as long as such a rule is in scope for it.
    pub const fn keeps_alive(self) -> bool {
        matches!(self, Self::Provision | Self::StickyJoin)
    }
}

impl MergeType {
    /// The merge type that a word means; `None` for a word that is not known.
    pub const fn of(word: &rule::ValueMerge) -> Option<Self> {
        match word {
            rule::ValueMerge::Update | rule::ValueMerge::Replace => Some(Self::Update),
            rule::ValueMerge::MergeCaseInsensitive => Some(Self::MergeCaseInsensitive),
            rule::ValueMerge::Merge => Some(Self::Merge),
            rule::ValueMerge::Other(_) => None,
        }
    }

    /// The word in rule files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Update => "Update",
            Self::MergeCaseInsensitive => "MergeCaseInsensitive",
            Self::Merge => "Merge",
        }
    }
}

impl fmt::Display for MergeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl ObjectType {
    /// The type that a name means; `*` is any.
    pub fn of(name: &AttributeName) -> Self {
        if name.is("*") { Self::Any } else { Self::Named(name.clone()) }
    }

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

impl fmt::Display for ObjectType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.pad("*"),
            Self::Named(name) => name.fmt(f),
        }
    }
}
