//! The checklist of a move: what a customer uses, what was seen, and what is left to do before and after the switch.
//!
//! A [`Checklist`] is one document (`format 1`). Facts come in as [`Switches`], [`Evidence`] and [`Rehearsed`]; what they
//! mean is decided by `dirlift-verifier`.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::text::{grouped, plural};

mod evidence;

pub use evidence::{
    CutOver, Evidence, EvidenceKind, Rehearsed, RehearsedConnector, RehearsedRun, Switches,
    WayBack, Word, later, way_back,
};

/// Version of the document that a [`Checklist`] is written as.
pub const FORMAT_VERSION: u32 = 1;

/// A part of the move, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Before anything is touched.
    Prepare,
    /// Data and tenant are put in order.
    Clean,
    /// The machine of the new server.
    Target,
    /// The new server is installed, in staging mode.
    Build,
    /// What it is about to do is looked at.
    Verify,
    /// The old server stops, the new one leaves staging mode.
    Cutover,
    /// What the new server does is looked at.
    Confirm,
    /// The old server goes.
    Retire,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 8] = [
        Self::Prepare,
        Self::Clean,
        Self::Target,
        Self::Build,
        Self::Verify,
        Self::Cutover,
        Self::Confirm,
        Self::Retire,
    ];

    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Clean => "clean",
            Self::Target => "target",
            Self::Build => "build",
            Self::Verify => "verify",
            Self::Cutover => "cutover",
            Self::Confirm => "confirm",
            Self::Retire => "retire",
        }
    }

    /// The heading in views.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Prepare => "Prepare",
            Self::Clean => "Put data and tenant in order",
            Self::Target => "Prepare the new server",
            Self::Build => "Install it in staging mode",
            Self::Verify => "Verify",
            Self::Cutover => "Cut over",
            Self::Confirm => "Confirm",
            Self::Retire => "Retire the old server",
        }
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// Everything that is to be done, with its state at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checklist {
    /// Version of the shape, [`FORMAT_VERSION`].
    pub format_version: u32,
    /// Version of the program.
    pub tool_version: String,
    /// The time that states hold for.
    pub as_of: Timestamp,
    /// The name of the deployment.
    pub deployment: String,
    /// What the customer uses, as far as it is known.
    pub switches: Switches,
    /// Whether the new server may leave staging mode.
    pub go_ahead: GoAhead,
    /// How many items there are of each state.
    pub counts: Counts,
    /// The items, in order.
    pub items: Vec<ChecklistItem>,
}

impl Checklist {
    /// Whether a blocking item is open in the phases up to and with this one.
    pub fn is_blocked(&self, until: Phase) -> bool {
        self.items.iter().any(|it| it.phase <= until && it.is_in_the_way())
    }

    /// The item of a name.
    pub fn item(&self, id: &str) -> Option<&ChecklistItem> {
        self.items.iter().find(|it| it.id == id)
    }
}

/// Whether the new server may leave staging mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoAhead {
    /// The answer.
    pub decision: Decision,
    /// Why not, or what it rests on, in plain words.
    pub reasons: Vec<String>,
    /// What to know at this moment: nothing synchronises, or both servers may be active; `None` when there is nothing.
    pub notice: Option<String>,
    /// The switch, once it was seen.
    pub cut_over: Option<CutOver>,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It must not.
    No,
    /// It may.
    Go,
    /// It has, and everything was in order.
    Done,
    /// It has, although something was in the way.
    Contradicted,
}

impl Decision {
    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Go => "go",
            Self::Done => "done",
            Self::Contradicted => "contradicted",
        }
    }
}

/// How many items there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Not done yet.
    pub open: u64,
    /// Done.
    pub done: u64,
    /// Opened again.
    pub stale: u64,
    /// Not for this customer.
    pub not_applicable: u64,
    /// Open or stale, and blocking.
    pub blocking: u64,
}

impl Counts {
    /// The counts in words.
    pub fn words(&self) -> String {
        format!(
            "{} of {} done, {} open, {} opened again; {}",
            grouped(self.done),
            plural(self.done + self.open + self.stale, "item", "items"),
            grouped(self.open),
            grouped(self.stale),
            match self.blocking {
                0 => "nothing blocks".to_owned(),
                n => format!("{} in the way", plural(n, "item is", "items are")),
            }
        )
    }
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecklistItem {
    /// Its name, never reused.
    pub id: String,
    /// The part of the move.
    pub phase: Phase,
    /// Its place in the whole list, from 1.
    pub order: u32,
    /// One line without full stop.
    pub title: String,
    /// What to do.
    pub what: String,
    /// Nothing that comes after it may be done before it is.
    pub blocking: bool,
    /// Where it stands.
    pub state: ItemState,
    /// Why it is in this state, in plain words; empty when the state says it all.
    pub why: String,
    /// What shows that it is done.
    pub proof: String,
    /// What was seen or said last.
    pub seen: Option<Seen>,
    /// Items that have to be done before.
    pub waits_for: Vec<String>,
    /// How it is taken back.
    pub rollback: String,
    /// The document that it comes from.
    pub reference: String,
    /// The day on which it was last compared with that document, `YYYY-MM-DD`.
    pub checked: String,
}

impl ChecklistItem {
    /// Whether it blocks and is not done.
    pub const fn is_in_the_way(&self) -> bool {
        self.blocking && matches!(self.state, ItemState::Open | ItemState::Stale)
    }
}

/// Where an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemState {
    /// Not done yet.
    Open,
    /// Done.
    Done,
    /// It was done, and its evidence is too old: open again.
    Stale,
    /// Not for this customer.
    NotApplicable,
}

impl ItemState {
    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Stale => "stale",
            Self::NotApplicable => "not-applicable",
        }
    }
}

impl std::fmt::Display for ItemState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// What was seen or said of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// What.
    pub detail: String,
    /// The command or file that it comes from.
    pub source: String,
    /// Who said it; `None` when a program saw it.
    pub author: Option<String>,
    /// The host that it is about.
    pub host: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Until when it counts; `None` for good.
    pub valid_until: Option<Timestamp>,
    /// SHA-256 of the document that it rests on, in hexadecimal.
    pub sha256: Option<String>,
}
