//! The catalogue of items: one row an item, one file for a few phases, in the order in which they are done.
//!
//! An id is never used again for something else.
mod after;
mod before;
mod target;
mod verify;

use dirlift_model::checklist::{EvidenceKind, Phase};

use super::Condition;

/// All rows by part of the move, in order.
pub const CATALOGUE: &[&[Row]] = &[
    before::PREPARE,
    before::CLEAN,
    target::TARGET,
    target::BUILD,
    verify::VERIFY,
    verify::CUTOVER,
    after::CONFIRM,
    after::RETIRE,
];

/// Every row, in order.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    CATALOGUE.iter().flat_map(|it| it.iter())
}

/// One item for every customer that it concerns.
#[derive(Debug)]
pub struct Row {
    /// Its name, in kebab case.
    pub id: &'static str,
    /// The part of the move.
    pub phase: Phase,
    /// One line without full stop.
    pub title: &'static str,
    /// What to do, and how it is known to be done.
    pub what: &'static str,
    /// Nothing behind it may be done before it is.
    pub blocking: bool,
    /// What a customer has to use for it to concern them: all of it. None is everybody.
    pub when: &'static [Condition],
    /// What shows that it is done.
    pub proof: Proof,
    /// Items that have to be done before it may be.
    pub needs: &'static [&'static str],
    /// An item whose evidence has to be older than this one's.
    pub after: Option<&'static str>,
    /// How it is taken back.
    pub rollback: &'static str,
    /// The document that it comes from.
    pub reference: &'static str,
    /// The day on which it was last compared with that document.
    pub checked: &'static str,
}

impl Row {
    /// Whether it is the step by which the new server becomes the active one.
    pub fn is_gate(&self) -> bool {
        matches!(self.id, verify::LEAVE_STAGING | verify::UPGRADE_IN_PLACE)
    }
}

/// What shows that an item is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Somebody's word, which counts for so many hours; `None` for good.
    Word(Option<u32>),
    /// What a program saw, and nothing else.
    Seen(EvidenceKind),
    /// What a program saw; where none can look, somebody's word with a file, which counts for so many hours.
    Either(EvidenceKind, u32),
    /// What a program saw since the switch, or somebody's word with a file; it counts for good.
    Since(EvidenceKind),
}

impl Proof {
    /// What a program can see of it.
    pub const fn kind(self) -> Option<EvidenceKind> {
        match self {
            Self::Word(_) => None,
            Self::Seen(kind) | Self::Either(kind, _) | Self::Since(kind) => Some(kind),
        }
    }

    /// The same in words.
    pub fn words(self) -> String {
        let time = |hours: Option<u32>| match hours {
            None => "for good".to_owned(),
            Some(24) => "for 24 hours".to_owned(),
            Some(it) if it % 24 == 0 => format!("for {} days", it / 24),
            Some(it) => format!("for {it} hours"),
        };
        match self {
            Self::Word(hours) => format!("somebody's word, {}", time(hours)),
            Self::Seen(kind) => format!("{}, {}", kind.how(), time(kind.valid_hours())),
            Self::Either(kind, hours) => format!(
                "{}, {}; else somebody's word with a file, {}",
                kind.how(),
                time(kind.valid_hours()),
                time(Some(hours))
            ),
            Self::Since(kind) => format!(
                "{}, taken after the switch; else somebody's word with a file, for good",
                kind.how()
            ),
        }
    }
}

/// The day on which all rows were last compared with their documents.
const CHECKED: &str = "2026-11-21";

/// What a row is where it says nothing else.
const fn base(phase: Phase) -> Row {
    Row {
        id: "",
        phase,
        title: "",
        what: "",
        blocking: true,
        when: &[],
        proof: Proof::Word(None),
        needs: &[],
        after: None,
        rollback: "nothing to take back",
        reference: docs::PRACTICE,
        checked: CHECKED,
    }
}

/// Documents that rows refer to, by the title they carry.
mod docs {
    pub(super) const UPGRADE: &str = "Microsoft Entra Connect: Upgrade from DirSync";
    pub(super) const STAGING: &str =
        "Microsoft Entra Connect Sync: Staging server and disaster recovery";
    pub(super) const IMPORT: &str =
        "Microsoft Entra Connect: Import and export of configuration settings";
    pub(super) const PREREQUISITES: &str = "Microsoft Entra Connect: Hardware and prerequisites";
    pub(super) const ACCOUNTS: &str = "Microsoft Entra Connect: Accounts and permissions";
    pub(super) const EXISTING: &str =
        "Microsoft Entra Connect: Install by using an existing ADSync database";
    pub(super) const DELETES: &str = "Microsoft Entra Connect Sync: Prevent accidental deletes";
    pub(super) const SCHEDULER: &str = "Microsoft Entra Connect Sync: Scheduler";
    pub(super) const AUTO_UPGRADE: &str = "Microsoft Entra Connect: Automatic upgrade";
    pub(super) const NEXT: &str = "Microsoft Entra Connect: Next steps and how to manage it";
    pub(super) const HEALTH: &str = "Microsoft Entra Connect Health for sync";
    pub(super) const HASHES: &str =
        "Troubleshoot password hash synchronization with Microsoft Entra Connect Sync";
    pub(super) const ERRORS: &str = "Troubleshoot errors during synchronization";
    pub(super) const CONCEPTS: &str = "Microsoft Entra Connect: Design concepts";
    pub(super) const FEATURES: &str = "Microsoft Entra Connect Sync service features";
    pub(super) const CONNECTOR_ACCOUNT: &str =
        "Microsoft Entra Connect: Configure AD DS Connector account permissions";
    pub(super) const APPLICATION: &str =
        "Authenticate to Microsoft Entra ID by using application identity";
    pub(super) const PRACTICE: &str = "dirlift: practice of such moves";
}
