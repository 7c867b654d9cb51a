//! What a rehearsal came to: `summary.json` of its folder (`format 1`), and the lines of `errors.jsonl`.
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AttributeName, DistinguishedName, Guid, NotChecked, pending::Operation};

/// Version of the document that a [`Rehearsal`] is written as.
pub const FORMAT_VERSION: u32 = 1;

/// Whose standard rules a rehearsal uses. Only the target's own support a go-ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleBasis {
    /// Exported from the server that takes over.
    Target,
    /// Of another server, such as the one that is replaced.
    Sample,
    /// Written for dirlift after the documentation.
    BuiltIn,
}

impl RuleBasis {
    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Sample => "sample",
            Self::BuiltIn => "built-in",
        }
    }

    /// What it means for a reader.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Target => "the target's own rules",
            Self::Sample => {
                "rules of another server than the target; a go-ahead needs the target's own (--rules)"
            }
            Self::BuiltIn => {
                "built-in standard rules, written after the documentation; a go-ahead needs the target's own (--rules)"
            }
        }
    }
}

impl fmt::Display for RuleBasis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A rehearsal in numbers. Everything is sorted or in the order of the connectors; the same input gives the same value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsal {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// Version of the program.
    pub tool_version: String,
    /// What `Now` gave in expressions.
    pub as_of: Timestamp,
    /// What the caller calls the configuration.
    pub configuration: String,
    /// Whose standard rules were used.
    pub rule_basis: RuleBasis,
    /// Rules that were applied, disabled ones not counted.
    pub rules: u64,
    /// Why nothing of this may be exported as it is, in plain words; empty if nothing stands against it.
    pub objections: Vec<String>,
    /// The connectors, in their order.
    pub connectors: Vec<ConnectorCount>,
    /// Pending exports by connector, type, operation and cause.
    pub exports: Vec<ExportCount>,
    /// Changes of updates by connector, type and attribute.
    pub attributes: Vec<AttributeCount>,
    /// Attributes with a new value whose present value cannot be read: nobody knows whether they change.
    pub unreadable: Vec<UnreadableCount>,
    /// The guards, by connector.
    pub guards: Vec<GuardVerdict>,
    /// Errors of single objects, by kind.
    pub errors: Vec<Count>,
    /// What the cloud would answer with, by its own word.
    pub predicted_errors: Vec<Count>,
    /// Objects of the cloud that would be taken over, by how they match.
    pub takeovers: Vec<Count>,
    /// Objects of the metaverse.
    pub metaverse_objects: u64,
    /// Whether the tenant marks objects as synchronised, so that deletes could be worked out.
    pub history: bool,
    /// Objects that would be deleted if it were known that this system had made them.
    pub kept_without_history: u64,
    /// Objects that are not deleted only because what they come from has an error.
    pub held: u64,
    /// References that were left out because their object is not in the target.
    pub references_left_out: u64,
    /// The open points of the documentation on which the result rests.
    pub assumptions: Vec<AssumptionUsed>,
    /// What was decided or left out on the way, in plain words.
    pub notes: Vec<String>,
    /// What could not be read, and why.
    pub not_checked: Vec<NotChecked>,
}

/// A connector and its objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectorCount {
    /// Its identifier.
    pub id: Guid,
    /// Its name.
    pub connector: String,
    /// Whether the directory behind it is the cloud.
    pub is_cloud: bool,
    /// Where its objects were read.
    pub source: String,
    /// Imported objects by type.
    pub objects: Vec<Count>,
    /// Those with a partner in the metaverse.
    pub linked: u64,
    /// Pending exports.
    pub exports: u64,
    /// Objects with an error.
    pub errors: u64,
}

/// A word and how often it was met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// The word.
    pub name: String,
    /// How often.
    pub count: u64,
}

/// Pending exports of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportCount {
    /// The name of the connector.
    pub connector: String,
    /// The object type.
    pub object_type: AttributeName,
    /// The operation.
    pub operation: Operation,
    /// The word of the cause.
    pub cause: String,
    /// How many.
    pub count: u64,
}

/// Updates of one attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeCount {
    /// The name of the connector.
    pub connector: String,
    /// The object type.
    pub object_type: AttributeName,
    /// The attribute.
    pub attribute: AttributeName,
    /// Objects on which it changes.
    pub count: u64,
}

/// An attribute that could not be compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableCount {
    /// The object type.
    pub object_type: AttributeName,
    /// The attribute.
    pub attribute: AttributeName,
    /// Objects.
    pub count: u64,
}

/// What the guards of one connector say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardVerdict {
    /// The name of the connector.
    pub connector: String,
    /// Whether no guard objects.
    pub passes: bool,
    /// Pending exports that were looked at.
    pub exports: u64,
    /// Those that make an object.
    pub adds: u64,
    /// Those that change or rename one.
    pub updates: u64,
    /// Those that delete one.
    pub deletes: u64,
    /// Objects of the connector's directory.
    pub objects: u64,
    /// What the guards object to, with what they saw.
    pub objections: Vec<String>,
    /// Single objects that are objected to and not named, because there are too many.
    pub not_named: u64,
    /// Guards that could not look.
    pub not_checked: Vec<String>,
}

/// An open point with its reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssumptionUsed {
    /// Its name.
    pub id: String,
    /// What is open.
    pub point: String,
    /// How it is read here.
    pub reading: String,
}

/// One line of `errors.jsonl`: what is wrong with an object, or would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorLine {
    /// When it happens.
    pub stage: Stage,
    /// The word of the error, such as `ambiguous` or `attribute-value-must-be-unique`.
    pub error: String,
    /// Whether the export fails; a takeover does not.
    pub is_error: bool,
    /// The name of the connector whose object has it.
    pub connector: String,
    /// The object.
    pub dn: DistinguishedName,
    /// Its source anchor, if it is known.
    pub anchor: Option<String>,
    /// The object of another directory that it comes from.
    pub source: Option<DistinguishedName>,
    /// The attribute that causes it.
    pub attribute: Option<AttributeName>,
    /// The value that causes it, if it is text.
    pub value: Option<String>,
    /// The other object, by its name in the cloud connector's space.
    pub partner: Option<DistinguishedName>,
    /// The object id of the other object in the cloud.
    pub partner_id: Option<Guid>,
    /// The object that the other one comes from.
    pub partner_source: Option<DistinguishedName>,
    /// The same in plain words.
    pub text: String,
}

/// When an error happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// While synchronizing; the object is held.
    Synchronization,
    /// When the cloud would be written to; predicted.
    Export,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_contract() {
        for it in [RuleBasis::Target, RuleBasis::Sample, RuleBasis::BuiltIn] {
            assert_eq!(serde_json::to_string(&it).unwrap(), format!("\"{it}\""));
            assert_eq!(it.meaning().contains("--rules"), it != RuleBasis::Target);
        }
    }
}
