//! Making and opening a store.
use std::{
    fs::OpenOptions,
    io::ErrorKind,
    path::{Path, PathBuf},
    time::Duration,
};

use dirlift_model::{Guid, plan::Mode};
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use crate::{Store, error::StoreError, time};

mod embedded {
    refinery::embed_migrations!("../../migrations/sqlite");
}

/// The mark in the file's header: `DIRL`.
const APPLICATION_ID: i64 = 0x4449_524C;
/// The setting that says that the store stages.
pub(crate) const STAGING: &str = "staging";
/// How long another process may take to end a transaction.
const PATIENCE: Duration = Duration::from_millis(500);

/// What a store was made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Its identifier.
    pub id: Guid,
    /// The organisation or server it is for, in words.
    pub name: String,
    /// How the new server comes about.
    pub mode: Mode,
    /// When the store was made.
    pub created_at: Timestamp,
    /// SHA-256 of the bundle it was made from, in hexadecimal.
    pub bundle_sha256: String,
}

impl Store {
    /// Makes a new store. It has its tables and its facts, or it is not there.
    pub fn create(path: &Path, deployment: &Deployment) -> Result<Self, StoreError> {
        if path.exists() || path.file_name().is_none() {
            return Err(StoreError::Exists { path: path.to_owned() });
        }
        let part = part_of(path, deployment.id);
        let link = |from: &Path, to: &Path| std::fs::hard_link(from, to);
        let made =
            Self::create_part(&part, deployment).and_then(|()| put_in_place(&part, path, link));
        std::fs::remove_file(&part).ok();
        made?;
        Self::open(path)
    }

    fn create_part(part: &Path, deployment: &Deployment) -> Result<(), StoreError> {
        std::fs::remove_file(part).ok();
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        options.open(part).map_err(|error| io(part, &error))?;
        let failed = |it| StoreError::new(part, "making the tables", &it);
        let mut connection = Connection::open(part).map_err(failed)?;
        connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
        migrate(part, &mut connection)?;
        let transaction = connection.transaction().map_err(failed)?;
        for (name, value) in [
            (STAGING, "true".to_owned()),
            ("deployment_id", deployment.id.to_string()),
            ("deployment_name", deployment.name.clone()),
            ("mode", deployment.mode.as_str().to_owned()),
            ("created_at", time(deployment.created_at)),
            ("bundle_sha256", deployment.bundle_sha256.clone()),
        ] {
            transaction
                .execute("INSERT INTO setting (name, value) VALUES (?1, ?2)", [name, &value])
                .map_err(failed)?;
        }
        transaction.commit().map_err(failed)?;
        connection.close().map_err(|(_, error)| failed(error))
    }

    /// Opens a store, brings its tables up to date, and keeps other processes out until it is dropped.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if !path.is_file() {
            return Err(StoreError::Missing { path: path.to_owned() });
        }
        let failed = |it| StoreError::new(path, "opening", &it);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection.busy_timeout(PATIENCE).map_err(failed)?;
        let id: i64 = connection
            .pragma_query_value(None, "application_id", |row| row.get(0))
            .map_err(failed)?;
        if id != APPLICATION_ID {
            return Err(StoreError::NotAStore { path: path.to_owned() });
        }
        for (name, value) in
            [("locking_mode", "EXCLUSIVE"), ("synchronous", "FULL"), ("foreign_keys", "ON")]
        {
            connection.pragma_update(None, name, value).map_err(failed)?;
        }
        // The lock is taken by the first write, which is this one.
        connection.execute_batch("BEGIN EXCLUSIVE; COMMIT").map_err(failed)?;
        migrate(path, &mut connection)?;
        let deployment = read_deployment(path, &connection)?;
        // Whoever made the store may have been killed before its first name was taken away.
        std::fs::remove_file(part_of(path, deployment.id)).ok();
        Ok(Self { connection, path: path.to_owned(), deployment })
    }
}

/// The name under which a store is made. It holds the identifier of the deployment, so that nobody else's file is meant.
fn part_of(path: &Path, id: Guid) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{id}.part"));
    path.with_file_name(name)
}

/// Gives a finished store its name. Where a file has come up meanwhile it stays.
fn put_in_place(
    part: &Path,
    path: &Path,
    link: impl Fn(&Path, &Path) -> std::io::Result<()>,
) -> Result<(), StoreError> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => StoreError::Exists { path: path.to_owned() },
        _ => io(path, &error),
    };
    // A link is made only where nothing is.
    match link(part, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(failed(error)),
        // Some file systems have no links. There the name is taken first, by an empty file that is then replaced.
        Err(_) => {
            OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
            std::fs::rename(part, path).map_err(|error| {
                std::fs::remove_file(path).ok();
                failed(error)
            })
        }
    }
}

/// Applies the migrations that a store lacks, all or none.
fn migrate(path: &Path, connection: &mut Connection) -> Result<(), StoreError> {
    let runner = embedded::migrations::runner();
    let known =
        runner.get_migrations().iter().map(|it| u32::try_from(it.version()).unwrap_or(0)).max();
    let known = known.unwrap_or(0);
    let failed = |it| StoreError::new(path, "reading the version", &it);
    let has_history: bool = connection
        .query_row(
            "SELECT count(*) FROM sqlite_schema WHERE name = 'refinery_schema_history'",
            [],
            |row| Ok(row.get::<_, i64>(0)? > 0),
        )
        .map_err(failed)?;
    if has_history {
        let found: Option<u32> = connection
            .query_row("SELECT max(version) FROM refinery_schema_history", [], |row| row.get(0))
            .optional()
            .map_err(failed)?
            .flatten();
        if let Some(found) = found.filter(|it| *it > known) {
            return Err(StoreError::Newer { path: path.to_owned(), found, known });
        }
    }
    let runner = runner.set_grouped(true).set_abort_divergent(true).set_abort_missing(true);
    runner.run(connection).map(|_| ()).map_err(|error| {
        let reason = error.to_string();
        StoreError::Altered { path: path.to_owned(), reason }
    })
}

fn read_deployment(path: &Path, connection: &Connection) -> Result<Deployment, StoreError> {
    const WHAT: &str = "reading the facts";
    let damaged = |reason: &str| StoreError::damaged(path, WHAT, &reason);
    let read = |name: &str| -> Result<String, StoreError> {
        connection
            .query_row("SELECT value FROM setting WHERE name = ?1", [name], |row| row.get(0))
            .optional()
            .map_err(|it| StoreError::new(path, WHAT, &it))?
            .ok_or_else(|| damaged(&format!("the setting `{name}` is missing")))
    };
    if read(STAGING)? != "true" {
        return Err(damaged("it does not stage"));
    }
    Ok(Deployment {
        id: read("deployment_id")?.parse().map_err(|_| damaged("`deployment_id` is no GUID"))?,
        name: read("deployment_name")?,
        mode: match read("mode")?.as_str() {
            "parallel" => Mode::Parallel,
            "in-place" => Mode::InPlace,
            _ => return Err(damaged("`mode` is not known")),
        },
        created_at: read("created_at")?.parse().map_err(|_| damaged("`created_at` is no time"))?,
        bundle_sha256: read("bundle_sha256")?,
    })
}

fn io(path: &Path, error: &std::io::Error) -> StoreError {
    let path: PathBuf = path.to_owned();
    StoreError::Sqlite { path, what: "making the file", reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_there_are_no_links_the_store_is_renamed_and_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (part, path) = (folder.path().join("a.part"), folder.path().join("a"));
        let no_links = |_: &Path, _: &Path| Err(ErrorKind::Unsupported.into());
        std::fs::write(&part, "store").unwrap();
        std::fs::write(&path, "mine").unwrap();
        let error = put_in_place(&part, &path, no_links).unwrap_err();
        assert!(matches!(error, StoreError::Exists { .. }), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
        std::fs::remove_file(&path).unwrap();
        put_in_place(&part, &path, no_links).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"store");
        assert!(!part.exists());
    }
}
