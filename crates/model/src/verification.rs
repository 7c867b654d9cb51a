//! What is known about pending exports before they are exported: predicted and real ones, judged change by change.
//!
//! A [`Verification`] is one document (`format 1`): counts of everything, and of the single objects as many as were
//! asked for.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AttributeName, DistinguishedName, pending::Operation};

/// Version of the document that a [`Verification`] is written as.
pub const FORMAT_VERSION: u32 = 1;

/// The name that stands for the object's own name where a change is named by its attribute.
pub const NAME_ATTRIBUTE: &str = "dn";

/// Everything that `verify` found. Lists are sorted or in the order of the exports; the same input gives the same value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Version of the shape, [`FORMAT_VERSION`].
    pub format_version: u32,
    /// Version of the program.
    pub tool_version: String,
    /// The time by which entries of the accept-list expire.
    pub as_of: Timestamp,
    /// The name of the deployment.
    pub deployment: String,
    /// What it comes to.
    pub conclusion: Conclusion,
    /// What is left that nobody expects, in plain words.
    pub objections: Vec<String>,
    /// What could not be looked at although it is needed, in plain words.
    pub missing: Vec<String>,
    /// The connectors, in their order.
    pub connectors: Vec<ConnectorReview>,
    /// The operations that have to be done before anything can be judged.
    pub operations: Vec<OperationCheck>,
    /// The real staging server, as its database tells it; `None` when it was not asked.
    pub server: Option<ServerState>,
    /// Pending exports by connector, type, operation and cause.
    pub by_operation: Vec<OperationCount>,
    /// Changes by connector, type, operation and attribute.
    pub by_attribute: Vec<AttributeCount>,
    /// The guards, by connector.
    pub guards: Vec<GuardReport>,
    /// Whether every object keeps its anchor.
    pub anchors: AnchorProof,
    /// The accept-list, entry by entry.
    pub accepted: Vec<AcceptUse>,
    /// What `rows` was narrowed to.
    pub filter: Filter,
    /// Pending exports one by one, as many as were asked for.
    pub rows: Vec<Row>,
    /// How many pending exports pass the filter.
    pub matching: u64,
    /// How many of them are not in `rows`.
    pub left_off: u64,
    /// What was not understood in the files that were read.
    pub problems: Vec<String>,
}

/// What a verification comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// Nothing unexpected is left.
    Clean,
    /// Something unexpected is left.
    Unexpected,
    /// Nothing unexpected was seen, but something that is needed could not be looked at.
    Incomplete,
}

/// The pending exports of one connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectorReview {
    /// Its name.
    pub connector: String,
    /// Whether the directory behind it is the cloud.
    pub is_cloud: bool,
    /// Pending exports that the rehearsal predicts; `None` when it has not come to its end.
    pub predicted: Option<u64>,
    /// What a real server's file held; `None` when none was given.
    pub real: Option<RealExports>,
    /// Objects by how the two compare.
    pub outcomes: Vec<OutcomeCount>,
    /// Objects of which something is unexpected.
    pub unexpected: u64,
}

/// What a file of csexport held.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RealExports {
    /// The file as it was named.
    pub file: String,
    /// The name of the connector in the file.
    pub connector: String,
    /// Objects in it.
    pub objects: u64,
    /// Objects with a pending export.
    pub pending: u64,
    /// Objects with an error of an earlier export.
    pub export_errors: u64,
    /// Objects with an error of an import.
    pub import_errors: u64,
    /// Objects that were left out because their name or operation could not be read.
    pub left_out: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: Option<String>,
    /// When the file was last written, as its file system says.
    pub modified_at: Option<Timestamp>,
}

/// Objects with one outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeCount {
    /// The outcome.
    pub outcome: Outcome,
    /// How many.
    pub objects: u64,
}

/// How what the rehearsal predicts and what a real server is about to do compare.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// No real server's file was given.
    #[default]
    NotCompared,
    /// Both say the same.
    Same,
    /// The rehearsal could not read the present value, so that it could not say whether there is a change.
    NotComparable,
    /// Only the rehearsal has it.
    OnlyHere,
    /// Only the real server has it.
    OnlyThere,
    /// Both have it, with different values or operations.
    Different,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 6] = [
        Self::NotCompared,
        Self::Same,
        Self::NotComparable,
        Self::OnlyHere,
        Self::OnlyThere,
        Self::Different,
    ];

    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotCompared => "not-compared",
            Self::Same => "same",
            Self::NotComparable => "not-comparable",
            Self::OnlyHere => "only-here",
            Self::OnlyThere => "only-there",
            Self::Different => "different",
        }
    }

    /// Whether rehearsal and server contradict each other.
    pub const fn is_difference(self) -> bool {
        matches!(self, Self::OnlyHere | Self::OnlyThere | Self::Different)
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// An operation of a run profile that has to be done, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationCheck {
    /// Where it ran: `rehearsal`, or the real server.
    pub place: Place,
    /// The name of the connector.
    pub connector: String,
    /// What is asked for.
    pub asked: Asked,
    /// What came of it.
    pub state: OperationState,
    /// The run profile that did it.
    pub profile: Option<String>,
    /// Its result in the engine's words.
    pub result: Option<String>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Objects with errors, by kind of error.
    pub errors: Vec<(String, u64)>,
}

/// Where an operation ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In the deployment store.
    Rehearsal,
    /// On the real staging server.
    Server,
}

/// An operation that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asked {
    /// A full import.
    FullImport,
    /// A full or delta synchronization after it.
    Synchronization,
}

/// What came of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OperationState {
    /// It came to its end without errors.
    Success,
    /// It came to its end, with errors of single objects.
    Errors,
    /// It did not come to its end.
    Failed,
    /// It was not done, or not after the full import.
    Missing,
}

/// The real staging server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerState {
    /// Where its database is, as it was named, without a password.
    pub database: String,
    /// The host that its database is on, by its own word, else as it was named; `None` when that is an address only.
    pub host: Option<String>,
    /// Whether it is in staging mode; `None` when its database does not say.
    pub is_staging: Option<bool>,
    /// When its newest run ended.
    pub last_run: Option<Timestamp>,
    /// When an export last ran on it, which must not happen while it is in staging mode: when it ended, else began.
    pub last_export: Option<Timestamp>,
    /// What could not be read.
    pub not_read: Vec<String>,
}

/// Pending exports of one kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OperationCount {
    /// The name of the connector.
    pub connector: String,
    /// The object type.
    pub object_type: AttributeName,
    /// What is about to happen.
    pub operation: Operation,
    /// Why, in one word: `provisioned`, `flowed`, `out-of-scope`, `source-gone`; `not-stated` when nobody says.
    pub cause: String,
    /// Objects.
    pub objects: u64,
    /// Those of which something is unexpected.
    pub unexpected: u64,
}

/// Changes of one attribute.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AttributeCount {
    /// The name of the connector.
    pub connector: String,
    /// The object type.
    pub object_type: AttributeName,
    /// What is about to happen to the objects.
    pub operation: Operation,
    /// The attribute.
    pub attribute: AttributeName,
    /// Objects on which it changes.
    pub objects: u64,
    /// Those of which the change is unexpected.
    pub unexpected: u64,
    /// Those on which rehearsal and server contradict each other.
    pub differences: u64,
}

/// What the guards of one connector saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardReport {
    /// The name of the connector.
    pub connector: String,
    /// Whether real exports were looked at, not predicted ones.
    pub looked_at_real: bool,
    /// Pending exports that passed by.
    pub exports: u64,
    /// Those that delete an object.
    pub deletes: u64,
    /// What they object to.
    pub objections: Vec<String>,
    /// Single objects that they object to and that are not named.
    pub not_named: u64,
    /// What they could not look at.
    pub not_checked: Vec<String>,
}

/// Whether every object of the metaverse keeps the anchor that the cloud knows it by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnchorProof {
    /// Whether the store holds a metaverse to look at.
    pub has_metaverse: bool,
    /// Counts by type of the cloud's object and state.
    pub counts: Vec<AnchorCount>,
    /// Objects whose anchor would change or is missing, as many as are named.
    pub objections: Vec<AnchorCase>,
    /// Such objects that are not named.
    pub not_named: u64,
}

/// Objects of one type in one state of the anchor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AnchorCount {
    /// The object type.
    pub object_type: AttributeName,
    /// The state.
    pub state: AnchorState,
    /// Objects.
    pub objects: u64,
}

/// What can be said of an object's anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnchorState {
    /// The predicted anchor is the one that the cloud has.
    Proven,
    /// The cloud object has no anchor yet and gets this one.
    TakenOver,
    /// The cloud has no such object yet; it is made with this anchor.
    New,
    /// Nothing is provisioned in the cloud for it.
    NotExported,
    /// Microsoft Graph does not show the anchor of such objects; a csexport of the cloud connector does.
    NotProvable,
    /// The cloud has another anchor.
    Different,
    /// No anchor is predicted for an object that the cloud has.
    Missing,
}

impl AnchorState {
    /// The state in plain words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Proven => "anchor equals the immutable ID",
            Self::TakenOver => "cloud object without an anchor is taken over",
            Self::New => "new in the cloud",
            Self::NotExported => "not provisioned in the cloud",
            Self::NotProvable => "not provable from Graph",
            Self::Different => "the cloud has another anchor",
            Self::Missing => "no anchor is predicted",
        }
    }

    /// Whether the object would lose its tie to the cloud.
    pub const fn is_objection(self) -> bool {
        matches!(self, Self::Different | Self::Missing)
    }
}

/// The anchor of one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnchorCase {
    /// The object in the cloud connector's space.
    pub dn: DistinguishedName,
    /// The object type.
    pub object_type: AttributeName,
    /// What can be said of it.
    pub state: AnchorState,
    /// The anchor that the rehearsal predicts.
    pub predicted: Option<String>,
    /// The immutable ID that the cloud has.
    pub immutable_id: Option<String>,
}

/// An entry of the accept-list and what it was used for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptUse {
    /// Where it stands: the file or `store`, and its number from one.
    pub place: String,
    /// What it accepts, in plain words.
    pub what: String,
    /// Why.
    pub reason: String,
    /// Who says so.
    pub author: String,
    /// From when on it does not count any more; `None` for good.
    pub expires_at: Option<Timestamp>,
    /// Whether that is past.
    pub is_expired: bool,
    /// Objects that it accepts something of.
    pub objects: u64,
    /// Objects that it would have accepted beyond the most that it may.
    pub beyond: u64,
}

/// What single pending exports are narrowed to. An empty part lets everything pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// Names of connectors.
    pub connectors: Vec<String>,
    /// Object types.
    pub object_types: Vec<AttributeName>,
    /// Operations.
    pub operations: Vec<Operation>,
    /// Attributes that change.
    pub attributes: Vec<AttributeName>,
    /// Causes, in one word.
    pub causes: Vec<String>,
    /// Outcomes of the comparison.
    pub outcomes: Vec<Outcome>,
    /// A text in names, anchors or values, without regard to case.
    pub find: Option<String>,
    /// Only those of which something is unexpected.
    pub unexpected: bool,
}

/// One pending export with the judgement about it. Values are shortened for display.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The name of the connector.
    pub connector: String,
    /// What is about to happen: on the real server where it says so, else in the rehearsal.
    pub operation: Operation,
    /// What the rehearsal predicts instead.
    pub predicted_operation: Option<Operation>,
    /// The object type.
    pub object_type: AttributeName,
    /// The object.
    pub dn: DistinguishedName,
    /// Its name after a rename.
    pub new_dn: Option<DistinguishedName>,
    /// Its source anchor.
    pub anchor: Option<String>,
    /// What a reader knows it by.
    pub display_name: Option<String>,
    /// Why, in one word, as in [`OperationCount::cause`].
    pub cause: String,
    /// The same with its particulars.
    pub cause_text: Option<String>,
    /// How rehearsal and server compare on the whole object.
    pub outcome: Outcome,
    /// Whether all of it is expected.
    pub is_expected: bool,
    /// The entry of the accept-list that covers the operation as a whole, from zero.
    pub accepted: Option<usize>,
    /// What changes.
    pub changes: Vec<RowChange>,
    /// Changes beyond the most that one row shows.
    pub more_changes: u64,
    /// Attributes of which nobody knows whether they change.
    pub unreadable: Vec<AttributeName>,
    /// The error of an earlier export, as the real server tells it.
    pub error: Option<String>,
}

/// The change of one attribute, with the judgement about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowChange {
    /// The attribute.
    pub attribute: AttributeName,
    /// The values it has.
    pub old: Values,
    /// The values it gets.
    pub new: Values,
    /// The values that the rehearsal predicts, where the real server has others.
    pub predicted: Option<Values>,
    /// The rule that decided in the rehearsal.
    pub rule: Option<String>,
    /// The flow of that rule.
    pub flow: Option<String>,
    /// How rehearsal and server compare.
    pub outcome: Outcome,
    /// Whether it is expected.
    pub is_expected: bool,
    /// The entry of the accept-list that covers it, from zero.
    pub accepted: Option<usize>,
}

/// Values as they are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Values {
    /// The first of them, each shortened.
    pub shown: Vec<String>,
    /// How many more there are.
    pub more: u64,
}
