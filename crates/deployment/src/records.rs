//! Connectors, evidence of the checklist, and changes that somebody accepted.
use dirlift_model::Guid;
use jiff::Timestamp;
use rusqlite::params;

use crate::{Store, configuration::insert_connector, error::StoreError, time};

/// A connector of the deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredConnector {
    /// Its id.
    pub id: Guid,
    /// Its name.
    pub name: String,
    /// Which directory it stands for.
    pub kind: ConnectorKind,
}

/// Which directory a connector stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConnectorKind {
    /// A forest.
    ActiveDirectory,
    /// The cloud.
    EntraId,
}

/// What is known of an item of the checklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChecklistRecord {
    /// The item.
    pub id: String,
    /// Whether it is done.
    pub is_done: bool,
    /// What shows it.
    pub evidence: String,
    /// Where that was seen: a command, a host, a file.
    pub source: String,
    /// Who recorded it; the program's name for automatic evidence.
    pub author: String,
    /// When.
    pub recorded_at: Timestamp,
    /// Until when it counts; `None` for good.
    pub valid_until: Option<Timestamp>,
    /// SHA-256 of the document that it rests on.
    pub sha256: Option<String>,
}

/// A pending change that somebody accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedChange {
    /// The connector's name.
    pub connector: String,
    /// The operation.
    pub operation: String,
    /// The object: its anchor, else its name.
    pub object: String,
    /// The attribute; empty for the operation as a whole.
    pub attribute: String,
    /// Why.
    pub reason: String,
    /// Who.
    pub author: String,
    /// When.
    pub accepted_at: Timestamp,
    /// Until when it counts; `None` for good.
    pub expires_at: Option<Timestamp>,
}

impl Store {
    /// Writes the connectors down, in their order. A store gets them once.
    pub fn write_connectors(&mut self, connectors: &[StoredConnector]) -> Result<(), StoreError> {
        let path = self.path.clone();
        let failed = |it| StoreError::new(&path, "writing the connectors", &it);
        let transaction = self.connection.transaction().map_err(failed)?;
        for (position, it) in (1_i64..).zip(connectors) {
            insert_connector(&transaction, position, it).map_err(failed)?;
        }
        transaction.commit().map_err(failed)
    }

    /// The connectors, in their order.
    pub fn connectors(&self) -> Result<Vec<StoredConnector>, StoreError> {
        const WHAT: &str = "reading the connectors";
        let sql = "SELECT id, name, kind FROM connector ORDER BY position";
        self.rows(WHAT, sql, |row, damaged| {
            let id: String = row.get(0)?;
            let kind: String = row.get(2)?;
            let connector = StoredConnector {
                id: id.parse().map_err(|_| damaged("an id is no GUID"))?,
                name: row.get(1)?,
                kind: match kind.as_str() {
                    "active-directory" => ConnectorKind::ActiveDirectory,
                    "entra-id" => ConnectorKind::EntraId,
                    _ => return Err(damaged("a kind is not known").into()),
                },
            };
            Ok(connector)
        })
    }

    /// Records evidence for an item of the checklist; it replaces what was there.
    pub fn record(&mut self, it: &ChecklistRecord) -> Result<(), StoreError> {
        let state = if it.is_done { "done" } else { "open" };
        let written = self.connection.execute(
            "INSERT OR REPLACE INTO checklist_item \
             (id, state, evidence, source, author, recorded_at, valid_until, sha256) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                it.id,
                state,
                it.evidence,
                it.source,
                it.author,
                time(it.recorded_at),
                it.valid_until.map(time),
                it.sha256
            ],
        );
        written.map(|_| ()).map_err(|it| self.failed("recording evidence", &it))
    }

    /// What was recorded, in the order of the items' ids.
    pub fn records(&self) -> Result<Vec<ChecklistRecord>, StoreError> {
        let sql = "SELECT id, state, evidence, source, author, recorded_at, valid_until, sha256 \
                   FROM checklist_item ORDER BY id";
        self.rows("reading the checklist", sql, |row, damaged| {
            let state: String = row.get(1)?;
            Ok(ChecklistRecord {
                id: row.get(0)?,
                is_done: state == "done",
                evidence: row.get(2)?,
                source: row.get(3)?,
                author: row.get(4)?,
                recorded_at: row
                    .get::<_, String>(5)?
                    .parse()
                    .map_err(|_| damaged("a time is none"))?,
                valid_until: optional_time(row.get(6)?).ok_or_else(|| damaged("a time is none"))?,
                sha256: row.get(7)?,
            })
        })
    }

    /// Accepts a pending change; it replaces an earlier word on the same change.
    pub fn accept(&mut self, it: &AcceptedChange) -> Result<(), StoreError> {
        let written = self.connection.execute(
            "INSERT INTO accepted_change \
             (connector, operation, anchor_or_dn, attribute, reason, author, accepted_at, expires_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
             ON CONFLICT (connector, operation, anchor_or_dn, attribute) DO UPDATE SET \
             reason = excluded.reason, author = excluded.author, accepted_at = excluded.accepted_at, \
             expires_at = excluded.expires_at",
            params![
                it.connector,
                it.operation,
                it.object,
                it.attribute,
                it.reason,
                it.author,
                time(it.accepted_at),
                it.expires_at.map(time)
            ],
        );
        written.map(|_| ()).map_err(|it| self.failed("accepting a change", &it))
    }

    /// What was accepted, in the order in which it first was.
    pub fn accepted(&self) -> Result<Vec<AcceptedChange>, StoreError> {
        let sql = "SELECT connector, operation, anchor_or_dn, attribute, reason, author, accepted_at, expires_at \
                   FROM accepted_change ORDER BY id";
        self.rows("reading what was accepted", sql, |row, damaged| {
            Ok(AcceptedChange {
                connector: row.get(0)?,
                operation: row.get(1)?,
                object: row.get(2)?,
                attribute: row.get(3)?,
                reason: row.get(4)?,
                author: row.get(5)?,
                accepted_at: row
                    .get::<_, String>(6)?
                    .parse()
                    .map_err(|_| damaged("a time is none"))?,
                expires_at: optional_time(row.get(7)?).ok_or_else(|| damaged("a time is none"))?,
            })
        })
    }

    pub(crate) fn rows<T>(
        &self,
        what: &'static str,
        sql: &str,
        read: impl Fn(&rusqlite::Row<'_>, &dyn Fn(&'static str) -> Damage) -> Result<T, Wrong>,
    ) -> Result<Vec<T>, StoreError> {
        let failed = |it| self.failed(what, &it);
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let read = read(row, &Damage).map_err(|it| match it {
                Wrong::Sqlite(error) => failed(error),
                Wrong::Damaged(Damage(reason)) => StoreError::damaged(&self.path, what, &reason),
            });
            all.push(read?);
        }
        Ok(all)
    }
}

/// What is wrong with a row.
pub(crate) struct Damage(&'static str);

/// Why a row could not be read.
pub(crate) enum Wrong {
    Sqlite(rusqlite::Error),
    Damaged(Damage),
}

impl From<rusqlite::Error> for Wrong {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<Damage> for Wrong {
    fn from(damage: Damage) -> Self {
        Self::Damaged(damage)
    }
}

/// `None` when there is a text that is no time.
#[expect(clippy::option_option, reason = "absent and wrong are different")]
fn optional_time(text: Option<String>) -> Option<Option<Timestamp>> {
    text.map_or(Some(None), |it| it.parse().ok().map(Some))
}
