//! An index on disk for as long as a command needs it: memory does not grow with what it holds.
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::error::StoreError;

/// Pages that are kept in memory, in KiB.
const CACHE_KB: i64 = 16 * 1024;

/// Texts by text, in several named drawers. It lies in a temporary file without a name, which is gone when this is.
#[derive(Debug)]
pub struct Scratch {
    connection: Connection,
}

/// A drawer of a [`Scratch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Drawer(pub u8);

const WHAT: &str = "using a temporary index";

impl Scratch {
    /// An empty one.
    pub fn open() -> Result<Self, StoreError> {
        // A database without a name is a private file on disk, made when memory does not do and removed by SQLite.
        let connection = Connection::open("").map_err(|it| failed(&it))?;
        for (name, value) in
            [("cache_size", -CACHE_KB), ("synchronous", 0), ("temp_store", 1), ("cache_spill", 1)]
        {
            connection.pragma_update(None, name, value).map_err(|it| failed(&it))?;
        }
        for (name, value) in [("journal_mode", "OFF"), ("locking_mode", "EXCLUSIVE")] {
            connection
                .pragma_update_and_check(None, name, value, |_| Ok(()))
                .map_err(|it| failed(&it))?;
        }
        connection
            .execute_batch(
                "CREATE TABLE entry (drawer INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, \
                 PRIMARY KEY (drawer, key)) STRICT, WITHOUT ROWID; BEGIN",
            )
            .map_err(|it| failed(&it))?;
        Ok(Self { connection })
    }

    /// Puts a text in; the first one of a key stays.
    pub fn put(&self, drawer: Drawer, key: &str, value: &str) -> Result<(), StoreError> {
        let sql = "INSERT OR IGNORE INTO entry (drawer, key, value) VALUES (?1, ?2, ?3)";
        let mut insert = self.connection.prepare_cached(sql).map_err(|it| failed(&it))?;
        insert.execute(params![drawer.0, key, value]).map(|_| ()).map_err(|it| failed(&it))
    }

    /// The text of a key.
    pub fn get(&self, drawer: Drawer, key: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT value FROM entry WHERE drawer = ?1 AND key = ?2";
        let mut select = self.connection.prepare_cached(sql).map_err(|it| failed(&it))?;
        let found = select.query_row(params![drawer.0, key], |row| row.get(0)).optional();
        found.map_err(|it| failed(&it))
    }

    /// How many texts a drawer has.
    pub fn len(&self, drawer: Drawer) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM entry WHERE drawer = ?1";
        let n = self.connection.query_row(sql, [drawer.0], |row| row.get::<_, i64>(0));
        n.map(|it| u64::try_from(it).unwrap_or(0)).map_err(|it| failed(&it))
    }
}

fn failed(error: &rusqlite::Error) -> StoreError {
    StoreError::new(Path::new("(temporary)"), WHAT, error)
}
