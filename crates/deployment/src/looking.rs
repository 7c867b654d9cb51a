//! What a look back at finished runs needs: which there were, single pending exports, counts of objects.
use std::borrow::Cow;

use dirlift_model::{AttributeName, Guid, PendingExport, pending::Operation};
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};
use serde::Deserialize;

use crate::{
    Store,
    error::StoreError,
    runs::{READING, RunId, RunResult, signed, unsigned},
};

/// A run as it stands in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRun {
    /// Its number.
    pub id: RunId,
    /// The connector.
    pub connector: Guid,
    /// The name of the run profile.
    pub profile: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended, and how; `None` when it was interrupted.
    pub ended: Option<(Timestamp, RunResult)>,
}

/// What a pending export is known by, without its changes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PendingHead<'a> {
    /// The name of the connector.
    #[serde(borrow)]
    pub connector: Cow<'a, str>,
    /// What is about to happen to the object.
    pub operation: Operation,
    /// The object type of the connector.
    pub object_type: AttributeName,
    /// The text of the object's name.
    #[serde(borrow)]
    pub dn: Cow<'a, str>,
    /// The source anchor.
    pub anchor: Option<String>,
    /// Attributes whose present value cannot be read.
    pub unreadable: Vec<AttributeName>,
}

impl Store {
    /// Gives the heads of the pending exports of a run to `each`, in the order of [`Store::for_each_pending`]. Changes are
    /// passed over, which is several times as fast; whether they are sound shows when the export itself is read.
    pub fn for_each_pending_head(
        &self,
        run: RunId,
        mut each: impl FnMut(PendingHead<'_>),
    ) -> Result<(), StoreError> {
        let failed = |it| self.failed(READING, &it);
        let sql = "SELECT content FROM pending_export WHERE run_id = ?1 ORDER BY ordinal";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let mut rows = statement.query([run.number()]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let content = row.get_ref(0).map_err(failed)?.as_bytes();
            let content = content.map_err(|it| StoreError::damaged(&self.path, READING, &it))?;
            let read = serde_json::from_slice(content);
            each(read.map_err(|it| StoreError::damaged(&self.path, READING, &it))?);
        }
        Ok(())
    }

    /// Every run, in the order in which they began.
    pub fn runs(&self) -> Result<Vec<StoredRun>, StoreError> {
        let failed = |it| self.failed(READING, &it);
        let damaged = |reason: &str| StoreError::damaged(&self.path, READING, &reason);
        let sql =
            "SELECT id, connector_id, profile, started_at, ended_at, result FROM run ORDER BY id";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut runs = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let text = |at: usize| row.get::<_, String>(at).map_err(failed);
            let optional = |at: usize| row.get::<_, Option<String>>(at).map_err(failed);
            let time = |it: String| it.parse().map_err(|_| damaged("the time of a run is none"));
            let ended = match (optional(4)?, optional(5)?) {
                (Some(ended), Some(word)) => {
                    let result = RunResult::ALL.into_iter().find(|it| it.as_str() == word);
                    let result = result.ok_or_else(|| damaged("a result is not known"))?;
                    Some((time(ended)?, result))
                }
                _ => None,
            };
            runs.push(StoredRun {
                id: RunId(row.get(0).map_err(failed)?),
                connector: text(1)?.parse().map_err(|_| damaged("an id is no GUID"))?,
                profile: text(2)?,
                started: time(text(3)?)?,
                ended,
            });
        }
        Ok(runs)
    }

    /// One pending export of a run, by its place in the order of [`Store::for_each_pending`].
    pub fn pending_at(&self, run: RunId, place: u64) -> Result<Option<PendingExport>, StoreError> {
        let failed = |it| self.failed(READING, &it);
        let sql = "SELECT content FROM pending_export WHERE run_id = ?1 AND ordinal = ?2";
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        let read = statement
            .query_row(params![run.number(), signed(place)], |row| {
                Ok(serde_json::from_slice(row.get_ref(0)?.as_bytes()?))
            })
            .optional()
            .map_err(failed)?;
        read.transpose().map_err(|it| StoreError::damaged(&self.path, READING, &it))
    }

    /// How many objects of each type a run imported, in the order of the types.
    pub fn object_counts(&self, run: RunId) -> Result<Vec<(AttributeName, u64)>, StoreError> {
        let failed = |it| self.failed(READING, &it);
        let sql = "SELECT object_type, count(*) FROM connector_space_object WHERE run_id = ?1 \
                   GROUP BY object_type ORDER BY object_type";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let rows = statement.query_map([run.number()], |row| {
            Ok((AttributeName::new(row.get::<_, String>(0)?), unsigned(row.get(1)?)))
        });
        rows.map_err(failed)?.map(|it| it.map_err(failed)).collect()
    }
}
