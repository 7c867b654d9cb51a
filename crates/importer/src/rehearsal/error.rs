//! Why a rehearsal cannot begin or go on.
use std::path::PathBuf;

use dirlift_directory::DirectoryError;
use dirlift_syncengine::sync::SyncError;

/// Why a rehearsal cannot begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// The configuration lacks what a synchronization needs.
    #[error("the configuration {name} {what}")]
    Configuration {
        /// What the caller calls it.
        name: String,
        /// What is wrong with it, and what to do.
        what: String,
    },
    /// Connectors and sources do not fit each other.
    #[error("{0}")]
    Sources(String),
    /// A forest cannot be read.
    #[error("importing {connector}")]
    Directory {
        /// The name of the connector.
        connector: String,
        /// Why.
        source: DirectoryError,
    },
    /// The tenant cannot be read.
    #[error("importing {connector}")]
    Entra {
        /// The name of the connector.
        connector: String,
        /// Why.
        source: dirlift_entra::Error,
    },
    /// The engine refuses.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// What takes the objects could not.
    #[error("keeping the imported objects")]
    Sink(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A file or folder of a rehearsal.
    #[error("{action} {path}", path = path.display())]
    File {
        /// What was being done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A folder of a rehearsal holds something else than it should.
    #[error("reading {path}: {why}", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}
