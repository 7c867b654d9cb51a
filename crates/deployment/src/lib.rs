//! The deployment store: one file with everything that a staging deployment knows and has done.
//!
//! A store is made in staging and stays so: its tables hold pending exports, and nothing here or elsewhere sends them.
//! Every change is one transaction, so that a process that is killed leaves a store that opens; a run that did not end
//! counts as nothing and is cleared when the next one of its kind begins.
//!
//! The tables are in `migrations/sqlite`, numbered; `migrations/mssql` holds the same for SQL Server.

mod clearing;
mod configuration;
mod error;
mod evidence;
mod journal;
mod looking;
mod metaverse;
mod open;
mod records;
mod runs;
mod scratch;

use std::path::{Path, PathBuf};

pub use dirlift_model::plan::Mode;
use jiff::Timestamp;
use rusqlite::Connection;

pub use self::{
    configuration::{StoredConfiguration, StoredPartition, StoredRule},
    error::StoreError,
    journal::{JournalStep, PlannedStep, StepState},
    looking::{PendingHead, StoredRun},
    metaverse::{StoredAttribute, StoredLink, StoredMetaverseObject},
    open::Deployment,
    records::{AcceptedChange, ChecklistRecord, ConnectorKind, StoredConnector},
    runs::{ObjectName, ObjectWriter, PendingCount, RunEnd, RunId, RunInfo, RunResult, RunStep},
    scratch::{Drawer, Scratch},
};

/// Name of the run profile that imports.
pub const FULL_IMPORT: &str = "Full Import";

/// Name of the run profile that synchronises.
pub const FULL_SYNCHRONIZATION: &str = "Full Synchronization";

/// Setting with the basis of the standard rules: `target`, `sample` or `built-in`.
pub const RULE_BASIS: &str = "rule_basis";

/// Setting with the facts of the tenant, as JSON; `null` when the newest import told none.
pub const TENANT_FACTS: &str = "tenant_facts";

/// An open deployment store. One process at a time has it.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
    deployment: Deployment,
}

impl Store {
    /// What the deployment is.
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A setting, if it has been written.
    pub fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        use rusqlite::OptionalExtension as _;
        self.connection
            .query_row("SELECT value FROM setting WHERE name = ?1", [name], |row| row.get(0))
            .optional()
            .map_err(|it| self.failed("reading a setting", &it))
    }

    /// Writes a setting. Whether the store stages cannot be written.
    pub fn set_setting(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        if name.eq_ignore_ascii_case(open::STAGING) {
            return Err(StoreError::Staging { path: self.path.clone() });
        }
        let written = self.connection.execute(
            "INSERT INTO setting (name, value) VALUES (?1, ?2) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [name, value],
        );
        written.map(|_| ()).map_err(|it| self.failed("writing a setting", &it))
    }

    fn failed(&self, what: &'static str, error: &rusqlite::Error) -> StoreError {
        StoreError::new(&self.path, what, error)
    }
}

fn time(at: Timestamp) -> String {
    at.to_string()
}
