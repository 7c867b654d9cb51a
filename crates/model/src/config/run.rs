//! Run profiles and their steps, in the words of the engine and of its client.
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Location;
use crate::Guid;

/// One run profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunProfile {
    /// `id`.
    pub id: Option<Guid>,
    /// `name`.
    pub name: String,
    /// Steps in order.
    pub steps: Vec<RunStep>,
    /// Where it begins.
    pub location: Location,
}

/// One step of a run profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunStep {
    /// What it does.
    pub kind: RunStepKind,
    /// `partition`.
    pub partition: Option<Guid>,
    /// `threshold/object`: stop after so many objects; 0 is no limit.
    pub object_limit: Option<u64>,
    /// `threshold/delete`: stop at so many deletions.
    pub delete_limit: Option<u64>,
}

/// What a run step does; the display form is the name that the client shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum RunStepKind {
    /// `full-import` with `to-cs`
    FullImport,
    /// `full-import`
    FullImportDeltaSync,
    /// `full-import-reevaluate-rules`
    FullImportFullSync,
    /// `delta-import` with `to-cs`
    DeltaImport,
    /// `delta-import`
    DeltaImportDeltaSync,
    /// `apply-rules` with `apply-pending`
    DeltaSync,
    /// `apply-rules` with `reevaluate-flow-connectors`
    FullSync,
    /// `export`
    Export,
    /// Another word or combination, as written.
    Other(String),
}

impl RunStepKind {
    pub(super) const TABLE: &[(Self, &'static str, &'static str, &'static str)] = &[
        (Self::FullImport, "full-import", "to-cs", "Full Import (Stage Only)"),
        (Self::FullImportDeltaSync, "full-import", "", "Full Import and Delta Synchronization"),
        (
            Self::FullImportFullSync,
            "full-import-reevaluate-rules",
            "",
            "Full Import and Full Synchronization",
        ),
        (Self::DeltaImport, "delta-import", "to-cs", "Delta Import (Stage Only)"),
        (Self::DeltaImportDeltaSync, "delta-import", "", "Delta Import and Delta Synchronization"),
        (Self::DeltaSync, "apply-rules", "apply-pending", "Delta Synchronization"),
        (Self::FullSync, "apply-rules", "reevaluate-flow-connectors", "Full Synchronization"),
        (Self::Export, "export", "", "Export"),
    ];

    /// Reads `step-type/@type` with its `import-subtype` or `apply-rules-subtype` (empty when absent).
    pub fn new(step_type: &str, subtype: &str) -> Self {
        let found = Self::TABLE.iter().find(|(_, ty, sub, _)| *ty == step_type && *sub == subtype);
        match found {
            Some((kind, ..)) => kind.clone(),
            None if subtype.is_empty() => Self::Other(step_type.to_owned()),
            None => Self::Other(format!("{step_type}/{subtype}")),
        }
    }

    /// The engine's words, `type` or `type/subtype`.
    pub fn words(&self) -> String {
        match Self::TABLE.iter().find(|(kind, ..)| kind == self) {
            Some((_, ty, "", _)) => (*ty).to_owned(),
            Some((_, ty, sub, _)) => format!("{ty}/{sub}"),
            None => self.to_string(),
        }
    }

    /// Whether the step reads the whole connected directory.
    pub const fn is_full_import(&self) -> bool {
        matches!(self, Self::FullImport | Self::FullImportDeltaSync | Self::FullImportFullSync)
    }

    /// Whether the step applies the rules to every object.
    pub const fn is_full_sync(&self) -> bool {
        matches!(self, Self::FullSync | Self::FullImportFullSync)
    }
}

impl From<String> for RunStepKind {
    fn from(words: String) -> Self {
        let (ty, sub) = words.split_once('/').unwrap_or((&words, ""));
        Self::new(ty, sub)
    }
}

impl From<RunStepKind> for String {
    fn from(kind: RunStepKind) -> Self {
        kind.words()
    }
}

impl fmt::Display for RunStepKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::TABLE.iter().find(|(kind, ..)| kind == self) {
            Some((.., name)) => f.pad(name),
            None => match self {
                Self::Other(words) => f.pad(words),
                _ => f.pad("?"),
            },
        }
    }
}
