//! Why a store could not be made, opened, read or written.
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// What was being done, to which store, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A new store was asked for where there is something.
    #[error("making the deployment store {}: there is such a file already; choose another name, or go on with it", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// There is no store.
    #[error("opening the deployment store {}: there is no such file; `dirlift migrate` makes one", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("opening the deployment store {}: it is no deployment store; check the path", path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// A newer dirlift has written it.
    #[error(
        "opening the deployment store {}: it was written by a newer dirlift (version {found} of the store, this one \
         knows {known}); use that version", path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version it has.
        found: u32,
        /// The newest version that is known here.
        known: u32,
    },
    /// Its tables are not those of its version.
    #[error("opening the deployment store {}: its tables were changed by something else ({reason}); restore a copy", path.display())]
    Altered {
        /// The file.
        path: PathBuf,
        /// Which.
        reason: String,
    },
    /// Another process has it.
    #[error("opening the deployment store {}: another dirlift has it open; wait for it to end", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// Staging cannot be changed.
    #[error("writing to the deployment store {}: whether it stages is a fact and cannot be changed", path.display())]
    Staging {
        /// The file.
        path: PathBuf,
    },
    /// A step of the plan cannot come now.
    #[error("writing the journal of {}: step `{step}` {reason}", path.display())]
    Step {
        /// The file.
        path: PathBuf,
        /// The step.
        step: String,
        /// Why not.
        reason: &'static str,
    },
    /// A row does not hold what this version writes.
    #[error("{what} of the deployment store {}: a row is damaged ({reason}); restore a copy", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was being done.
        what: &'static str,
        /// What is wrong, without values.
        reason: String,
    },
    /// The disk is full.
    #[error("{what} of the deployment store {}: the disk is full; make room and resume", path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// What was being done.
        what: &'static str,
    },
    /// Anything else.
    #[error("{what} of the deployment store {}: {reason}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What was being done.
        what: &'static str,
        /// What the library says.
        reason: String,
    },
}

impl StoreError {
    pub(crate) fn new(path: &Path, what: &'static str, error: &rusqlite::Error) -> Self {
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::InUse { path },
            Some(ErrorCode::NotADatabase) => Self::NotAStore { path },
            Some(ErrorCode::DiskFull) => Self::Full { path, what },
            Some(ErrorCode::DatabaseCorrupt) => {
                Self::Damaged { path, what, reason: error.to_string() }
            }
            _ => Self::Sqlite { path, what, reason: error.to_string() },
        }
    }

    pub(crate) fn damaged(path: &Path, what: &'static str, reason: &dyn ToString) -> Self {
        Self::Damaged { path: path.to_owned(), what, reason: reason.to_string() }
    }
}
