//! Why a snapshot could not be read.
use std::{io, path::PathBuf};

use dirlift_model::text::shorten;

use crate::{MAX_PART_SIZE, names::UnusableName};

/// What a snapshot is, for messages about things that are none.
const A_SNAPSHOT: &str = "a snapshot is a folder, or a zip of one, with at least one of snapshot.json, registry.reg, \
                          services.json, files.csv, scheduler.config, database.json, server-configuration/ and templates/, or an export of Azure AD Connect (Connectors/, GlobalSettings/, \
                          SynchronizationRules/)";

/// A place that could not be read, or that must not be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// Nothing is there.
    #[error("{}: no such file or folder; check the path", path.display())]
    NotThere {
        /// The path as it was given.
        path: PathBuf,
    },
    /// The place exists and could not be opened.
    #[error("opening {} failed; check that it may be read", path.display())]
    Open {
        /// The path as it was given.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file that is no zip, or something that is neither file nor folder.
    #[error("{place} is neither a folder nor a zip that can be read ({why}); {A_SNAPSHOT}")]
    NotFolderOrZip {
        /// The path.
        place: String,
        /// What was wrong with it.
        why: String,
    },
    /// None of the known parts is there.
    #[error("{place} is not a snapshot{hint}; {A_SNAPSHOT}")]
    NotASnapshot {
        /// The path.
        place: String,
        /// What it looks like instead; begins with a colon, or is empty.
        hint: &'static str,
    },
    /// A place that should hold synchronisation rules and does not.
    #[error(
        "{place} holds no synchronisation rules: {why}; name an export with a folder SynchronizationRules, or a folder of rule files"
    )]
    NoRules {
        /// The path.
        place: String,
        /// What was wrong with it.
        why: &'static str,
    },
    /// A zip that is refused as a whole because of one entry.
    #[error("{place} is refused: entry `{}` {why}", shorten(entry, 120))]
    RefusedEntry {
        /// The path.
        place: String,
        /// Name of the entry.
        entry: String,
        /// Why.
        why: Refusal,
    },
    /// A zip or folder that is refused as a whole.
    #[error("{place} is refused: it {why}")]
    Refused {
        /// The path.
        place: String,
        /// Why.
        why: Refusal,
    },
    /// A part that is larger than anything a server has.
    #[error("{}: the part has more than {} MiB, too large to be read; leave it out, or write a smaller one", shorten(part, 120), MAX_PART_SIZE >> 20)]
    PartTooLarge {
        /// Name of the part.
        part: String,
    },
    /// A part that is there and could not be read.
    #[error("{}: reading the part failed: {why}; copy it again", shorten(part, 120))]
    Read {
        /// Name of the part.
        part: String,
        /// What went wrong.
        why: String,
    },
}

impl SourceError {
    /// Whether the whole snapshot is given up, not just the part.
    pub(crate) const fn is_fatal(&self) -> bool {
        !matches!(self, Self::Read { .. })
    }
}

/// Why a zip or folder is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The name means something else on some system.
    #[error("{0}; pack the snapshot again from inside its folder")]
    Name(#[from] UnusableName),
    /// A name that is not text.
    #[error("has a name that cannot be decoded; pack the snapshot again with UTF-8 names")]
    UndecodableName,
    /// Password protected.
    #[error("is encrypted; pack the snapshot without a password")]
    Encrypted,
    /// A symbolic link or reparse point.
    #[error("is a link; put a copy of the file in its place")]
    Link,
    /// A device, pipe or socket.
    #[error("is not a regular file; leave it out")]
    Special,
    /// The same name but for case.
    #[error(
        "has the same name as `{}` without regard to case; keep one of them",
        shorten(other, 120)
    )]
    Duplicate {
        /// The entry that was there first.
        other: String,
    },
    /// Two entries of exactly the same name.
    #[error("has two entries of the same name; pack the snapshot again")]
    SameName,
    /// More than 2 GiB in one entry.
    #[error("has more than 2 GiB; leave it out")]
    EntrySize,
    /// More than 4 GiB in all entries.
    #[error("has more than 4 GiB unpacked; leave large files out")]
    TotalSize,
    /// Inflates by more than two hundred times.
    #[error(
        "is compressed by more than 200 to 1, as archive bombs are; pack the snapshot again without it"
    )]
    Ratio,
    /// The data is longer than the directory says.
    #[error("inflates to more bytes than its header says; pack the snapshot again")]
    LyingSize,
    /// Two entries share bytes.
    #[error("has entries that overlap; pack the snapshot again")]
    Overlap,
    /// More than 10,000 files or entries.
    #[error("has more than 10,000 files; a snapshot has a few dozen")]
    TooMany,
    /// Nested too deep.
    #[error("lies more than 8 folders deep; a snapshot is flat")]
    TooDeep,
    /// A directory with 64-bit fields, which only huge archives need.
    #[error(
        "has a ZIP64 directory, which only archives of more than 4 GiB need; pack the snapshot again"
    )]
    Zip64,
}
