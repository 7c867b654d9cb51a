//! The old server on the command line: its snapshot, its database, or both.
use std::path::Path;

use dirlift_model::Facts;
use dirlift_source::{NoFiles, Snapshot, SourceError};

use crate::{context, database::DatabaseArgs, error::CommandError};

/// What was read of a server.
pub(crate) struct Server {
    /// Its files; `None` when only the database was given.
    pub(crate) snapshot: Option<Snapshot>,
    /// Everything that is known of it.
    pub(crate) facts: Facts,
}

impl Server {
    /// Opens the snapshot, gets hold of the password, reads the database, and puts everything together.
    pub(crate) fn read(
        snapshot: Option<&Path>,
        database: &DatabaseArgs,
    ) -> Result<Self, CommandError> {
        let snapshot = snapshot.map(open).transpose()?;
        let database = database.target()?;
        let mut progress = context::progress();
        let database = database.map(|it| it.read(&mut progress)).transpose()?;
        let facts = match &snapshot {
            Some(snapshot) => dirlift_source::assemble(snapshot, database, &mut progress)?,
            None => dirlift_source::assemble(&NoFiles, database, &mut progress)?,
        };
        Ok(Self { snapshot, facts })
    }
}

/// What a snapshot tells by itself.
pub(crate) fn read_facts(path: &Path) -> Result<Facts, CommandError> {
    Ok(dirlift_source::assemble(&open(path)?, None, &mut context::progress())?)
}

fn open(path: &Path) -> Result<Snapshot, CommandError> {
    // It is not shown: it could hold a password.
    if is_database_url(path) {
        let text = "a snapshot is a folder or a zip, and this is the URL of a database";
        return Err(CommandError::usage(text).hint("write --sql before it"));
    }
    Ok(Snapshot::open(path)?)
}

fn is_database_url(path: &Path) -> bool {
    let scheme = path.to_str().and_then(|it| it.split_once("://")).map(|(scheme, _)| scheme);
    scheme.is_some_and(|it| ["mssql", "mssql+np"].iter().any(|url| it.eq_ignore_ascii_case(url)))
}

impl From<SourceError> for CommandError {
    fn from(error: SourceError) -> Self {
        let hint = match &error {
            SourceError::RefusedEntry { .. } | SourceError::Refused { .. } => {
                "nothing of it was extracted; take the snapshot again if it should be sound"
            }
            SourceError::Open { .. } => {
                "dirlift needs the right to read the snapshot, and no other"
            }
            _ => "docs/snapshot.md says what a snapshot is and how to take one",
        };
        Self::failed(error).hint(hint)
    }
}
