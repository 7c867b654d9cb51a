//! What a customer uses, what was seen or said, and the switch itself.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Product;

/// What a customer uses. `None` is "not known", never "off".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Switches {
    /// The product that is left.
    pub product: Option<Product>,
    /// Host name of the server that is left.
    pub old_host: Option<String>,
    /// The new server comes about on the same machine.
    pub in_place: Option<bool>,
    /// The new server is given the database of an old one.
    pub existing_database: Option<bool>,
    /// The old server's database is on a full SQL Server.
    pub full_sql: Option<bool>,
    /// The old server's database is on another machine.
    pub remote_sql: Option<bool>,
    /// More objects than `LocalDB` carries.
    pub needs_full_sql: Option<bool>,
    /// More than one forest.
    pub several_forests: Option<bool>,
    /// Containers narrow the scope.
    pub container_filtering: Option<bool>,
    /// Filters on attributes or on a group narrow the scope.
    pub attribute_filtering: Option<bool>,
    /// Rules or flows that the product does not ship.
    pub custom_rules: Option<bool>,
    /// userPrincipalName is taken from another attribute.
    pub alternate_id: Option<bool>,
    /// Password hash synchronisation.
    pub password_hash_sync: Option<bool>,
    /// Password writeback.
    pub password_writeback: Option<bool>,
    /// Exchange hybrid deployment.
    pub exchange_hybrid: Option<bool>,
    /// Device writeback.
    pub device_writeback: Option<bool>,
    /// Group writeback.
    pub group_writeback: Option<bool>,
    /// Sign-in by pass-through authentication.
    pub pass_through: Option<bool>,
    /// A federated domain.
    pub federation: Option<bool>,
    /// Seamless single sign-on.
    pub seamless_single_sign_on: Option<bool>,
}

/// What a piece of evidence is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind {
    /// The bundle that a deployment was made from.
    Bundle,
    /// Full imports of the rehearsal.
    FullImport,
    /// Full synchronizations of the rehearsal.
    FullSynchronization,
    /// Whose rules the rehearsal used.
    TargetRules,
    /// A verification: nothing unexpected is left.
    Verification,
    /// The prediction agrees with what the real staging server is about to do in the cloud.
    Comparison,
    /// Every object keeps its anchor.
    Anchors,
    /// Import and synchronization of the real staging server ended with success.
    ServerOperations,
    /// The new server is in staging mode and has exported nothing.
    StagingOn,
    /// The new server has left staging mode.
    StagingOff,
    /// The old server exports no more: uninstalled, stopped, or in staging mode.
    OldServerOff,
}

impl EvidenceKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Bundle,
        Self::FullImport,
        Self::FullSynchronization,
        Self::TargetRules,
        Self::Verification,
        Self::Comparison,
        Self::Anchors,
        Self::ServerOperations,
        Self::StagingOn,
        Self::StagingOff,
        Self::OldServerOff,
    ];

    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bundle => "bundle",
            Self::FullImport => "full-import",
            Self::FullSynchronization => "full-synchronization",
            Self::TargetRules => "target-rules",
            Self::Verification => "verification",
            Self::Comparison => "comparison",
            Self::Anchors => "anchors",
            Self::ServerOperations => "server-operations",
            Self::StagingOn => "staging-on",
            Self::StagingOff => "staging-off",
            Self::OldServerOff => "old-server-off",
        }
    }

    /// How it is had.
    pub const fn how(self) -> &'static str {
        match self {
            Self::Bundle => "the bundle that the deployment was made from",
            Self::FullImport | Self::FullSynchronization | Self::TargetRules => {
                "`dirlift migrate`, from the deployment itself"
            }
            Self::Verification | Self::Anchors => "`dirlift verify STORE`",
            Self::Comparison => "`dirlift verify STORE --csexport FILE`",
            Self::ServerOperations => "`dirlift verify STORE --sql URL`",
            Self::StagingOn | Self::StagingOff => {
                "`dirlift verify STORE --sql URL`, or a snapshot of the new server"
            }
            Self::OldServerOff => "a snapshot of the old server",
        }
    }

    /// How many hours it counts; `None` for good.
    ///
    /// What was read of the directories counts for three days, as long as the decision that rests on it (`go-signed`): what
    /// people change in them meanwhile is not in it.
    pub const fn valid_hours(self) -> Option<u32> {
        match self {
            Self::Bundle | Self::TargetRules | Self::StagingOff => None,
            Self::FullImport | Self::FullSynchronization => Some(3 * 24),
            Self::Anchors => Some(7 * 24),
            Self::Verification
            | Self::Comparison
            | Self::ServerOperations
            | Self::StagingOn
            | Self::OldServerOff => Some(24),
        }
    }
}

impl std::fmt::Display for EvidenceKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// Something that a program saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What it is about.
    pub kind: EvidenceKind,
    /// Whether what the kind says is so; a verification that is not clean is evidence too.
    pub holds: bool,
    /// What was seen, in plain words.
    pub detail: String,
    /// The command or file that it comes from.
    pub source: String,
    /// The host that it is about; `None` when it is about none.
    pub host: Option<String>,
    /// When it was seen, which is not when it was recorded.
    pub seen_at: Timestamp,
    /// Until when it counts; `None` for good.
    pub valid_until: Option<Timestamp>,
    /// SHA-256 of the document that it rests on, in hexadecimal.
    pub sha256: Option<String>,
}

impl Evidence {
    /// Evidence that counts for as long as its kind does.
    pub fn new(
        kind: EvidenceKind,
        holds: bool,
        detail: impl Into<String>,
        source: impl Into<String>,
        seen_at: Timestamp,
    ) -> Self {
        let valid_until = kind.valid_hours().map(|it| later(seen_at, it));
        let (detail, source) = (detail.into(), source.into());
        Self { kind, holds, detail, source, host: None, seen_at, valid_until, sha256: None }
    }
}

/// A time so many hours later; the last time there is when that is too far.
pub fn later(at: Timestamp, hours: u32) -> Timestamp {
    at.checked_add(jiff::SignedDuration::from_hours(i64::from(hours))).unwrap_or(Timestamp::MAX)
}

/// Somebody's word that an item is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// The item.
    pub id: String,
    /// What was seen or done.
    pub evidence: String,
    /// Where: a command, a host, a file.
    pub source: String,
    /// Who says so.
    pub author: String,
    /// When.
    pub recorded_at: Timestamp,
    /// Until when it counts; `None` for good.
    pub valid_until: Option<Timestamp>,
    /// SHA-256 of the file that was given with it, in hexadecimal.
    pub sha256: Option<String>,
}

/// What a deployment store tells of its own rehearsal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rehearsed {
    /// SHA-256 of the bundle, in hexadecimal, and when the store was made of it.
    pub bundle: Option<(String, Timestamp)>,
    /// Where the standard rules come from: `target`, `sample` or `built-in`; `None` before there are any.
    pub rule_basis: Option<String>,
    /// The newest runs, by connector.
    pub connectors: Vec<RehearsedConnector>,
}

/// The newest runs of one connector that came to their end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RehearsedConnector {
    /// Its name.
    pub name: String,
    /// The full import.
    pub full_import: Option<RehearsedRun>,
    /// The full synchronization.
    pub full_synchronization: Option<RehearsedRun>,
}

/// A run that came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RehearsedRun {
    /// When.
    pub ended_at: Timestamp,
    /// The word of the engine: `success` or another.
    pub result: String,
}

/// The end of the rehearsal: the new server is the active one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutOver {
    /// Since when, as far as it was seen.
    pub at: Timestamp,
    /// What it rests on.
    pub evidence: String,
}

/// A way on which the old server could become active again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WayBack {
    /// Its services are started or enabled.
    Services,
    /// The steps of an in-place deployment that stopped them are undone.
    Undo,
    /// It is installed again.
    Install,
    /// It is restored from a backup.
    Restore,
}

impl WayBack {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Services, Self::Undo, Self::Install, Self::Restore];

    const fn words(self) -> &'static str {
        match self {
            Self::Services => "starting or enabling its services",
            Self::Undo => "undoing the steps that stopped its services",
            Self::Install => "installing it again",
            Self::Restore => "restoring it from a backup",
        }
    }
}

/// Why a way back to the old server is refused; `None` while it is open. It is open before the switch, and afterwards only
/// to a server of Microsoft Entra Connect, which has a staging mode of its own.
pub fn way_back(
    cut_over: Option<&CutOver>,
    product: Option<Product>,
    way: WayBack,
) -> Option<String> {
    let cut_over = cut_over?;
    if product == Some(Product::EntraConnect) {
        return None;
    }
    let name = product.map_or("the old product", Product::as_str);
    Some(format!(
        "{} is refused: there is no way back to {name}. The new server has been the active one since {} ({}); two active \
         servers undo each other's changes, and what the new server has written since may be lost. Mend the new server, or \
         put it back into staging mode while it is mended",
        way.words(),
        cut_over.at,
        cut_over.evidence,
    ))
}
