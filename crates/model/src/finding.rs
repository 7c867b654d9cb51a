//! Findings: what a check says about the facts.
use std::fmt;

use serde::{Deserialize, Serialize};

/// How much a finding matters. Ordered: a later one is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// The move works, but something has to be done or will behave differently.
    Warning,
    /// The configuration cannot be upgraded as it is.
    Blocker,
}

impl Severity {
    /// The word in every output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Blocker => "blocker",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Read on this server.
    Confirmed,
    /// Concluded from something else, such as a list that was not read on this server.
    Inferred,
}

impl Confidence {
    /// The word in every output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Inferred => "inferred",
        }
    }
}

/// One observed fact behind a judgement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Evidence {
    /// What was looked at, such as an attribute, a service or a setting.
    pub item: String,
    /// What was found there, as it stands in the source.
    pub observed: String,
    /// Where: a part of the snapshot, with line and column where it has them.
    #[serde(rename = "where")]
    pub place: String,
}

impl Evidence {
    /// Evidence from its three parts.
    pub fn new(
        item: impl Into<String>,
        observed: impl fmt::Display,
        place: impl fmt::Display,
    ) -> Self {
        Self { item: item.into(), observed: observed.to_string(), place: place.to_string() }
    }
}

/// One thing that a check has to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Code of the rule, such as `DL0101`; never reused.
    pub id: String,
    /// How much it matters.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// One line, a sentence without full stop.
    pub title: String,
    /// What it means here, with the figures of this server.
    pub detail: String,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// What to do about it.
    pub remedy: String,
    /// The document that the rule comes from.
    pub reference: String,
}
