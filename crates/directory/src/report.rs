//! What was met during an import.
use std::{collections::BTreeMap, fmt};

use dirlift_model::{AttributeName, DistinguishedName, text::plural};

use crate::forest::Forest;

/// Most events that are kept; the rest is counted.
const MAX_EVENTS: usize = 1_000;

/// An account of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What is known of the forest.
    pub forest: Option<Forest>,
    /// Imported objects by object type.
    pub objects: BTreeMap<AttributeName, u64>,
    /// Entries that were read.
    pub n_entries: u64,
    /// Entries in containers that are out of scope.
    pub n_out_of_scope: u64,
    /// Entries of classes that were not asked for, such as computers among users.
    pub n_other_classes: u64,
    /// Entries that had come before, after a restart or because they were moved meanwhile.
    pub n_repeated: u64,
    /// Values that do not fit the syntax of their attribute; they are kept as text or bytes.
    pub n_misfits: u64,
    /// Values of attributes that hold secrets, dropped.
    pub n_secrets: u64,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// Events beyond those that are kept.
    pub n_more_events: u64,
}

impl Report {
    /// All imported objects.
    pub fn n_objects(&self) -> u64 {
        self.objects.values().sum()
    }

    pub(crate) fn add(&mut self, event: Event) {
        if self.events.len() < MAX_EVENTS {
            self.events.push(event);
        } else {
            self.n_more_events += 1;
        }
    }
}

/// Something that happened during an import and is worth telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The schema has no such attribute.
    NoAttribute(AttributeName),
    /// The schema has no such class.
    NoClass(AttributeName),
    /// A configured container is not there, or not visible.
    NoContainer(DistinguishedName),
    /// A configured partition has no container in scope.
    NothingInScope(DistinguishedName),
    /// The connection broke, and the container was begun again.
    Restarted {
        /// The container.
        container: DistinguishedName,
        /// The server that goes on.
        server: String,
        /// What had happened.
        reason: String,
    },
    /// A server could not be used, and another was tried.
    ServerFailed {
        /// The server.
        server: String,
        /// Why not.
        reason: String,
    },
    /// The directory points elsewhere; nothing is fetched from there.
    Referral(String),
    /// An entry cannot be an object.
    Rejected {
        /// Its name, or where it stands in the file.
        entry: String,
        /// Why not.
        reason: String,
    },
    /// Values of an attribute are missing, because the object went away or changed while they were read.
    Truncated {
        /// The object.
        object: DistinguishedName,
        /// The attribute.
        attribute: AttributeName,
    },
    /// Lines of a file are not UTF-8 and were read by a code page.
    CodePage {
        /// How many lines.
        n_lines: u64,
        /// The code page.
        name: &'static str,
    },
    /// The reader of a connector-space export remarks something.
    Remark(String),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAttribute(name) => write!(f, "the schema has no attribute {name}"),
            Self::NoClass(name) => write!(f, "the schema has no class {name}"),
            Self::NoContainer(dn) => {
                write!(f, "there is no container {dn}, or the account may not see it")
            }
            Self::NothingInScope(dn) => write!(f, "no container of {dn} is in scope"),
            Self::Restarted { container, server, reason } => {
                write!(f, "began {container} again on {server}: {reason}")
            }
            Self::ServerFailed { server, reason } => write!(f, "{server} cannot be used: {reason}"),
            Self::Referral(url) => write!(f, "not followed: {url}"),
            Self::Rejected { entry, reason } => write!(f, "left out {entry}: {reason}"),
            Self::Truncated { object, attribute } => {
                write!(f, "{object} lacks values of {attribute}: it changed while it was read")
            }
            Self::Remark(text) => f.write_str(text),
            Self::CodePage { n_lines, name } => {
                write!(
                    f,
                    "{} not in UTF-8, read as {name}",
                    plural(*n_lines, "line is", "lines are")
                )
            }
        }
    }
}
