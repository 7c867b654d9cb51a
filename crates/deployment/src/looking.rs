//! What a look back at finished runs needs: which there were, single pending exports, the metaverse, counts of objects.
use dirlift_model::{AttributeName, DistinguishedName, Guid, PendingExport};
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use crate::{
    Store,
    error::StoreError,
    runs::{READING, RunId, RunResult, WRITING, json, signed, unsigned},
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

/// An object of the metaverse, as far as it is looked at later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetaverseRecord {
    /// Its type.
    pub object_type: AttributeName,
    /// The source anchor that is predicted for it.
    pub anchor: Option<String>,
    /// The objects that are linked to it.
    pub links: Vec<MetaverseLink>,
}

/// A link between an object of the metaverse and one of a connector space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetaverseLink {
    /// The name of the connector.
    pub connector: String,
    /// The object in its space.
    pub dn: DistinguishedName,
}

#[derive(Serialize, Deserialize)]
struct Content {
    links: Vec<MetaverseLink>,
}

impl Store {
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
        let content: Option<String> = statement
            .query_row(params![run.0, signed(place)], |row| row.get(0))
            .optional()
            .map_err(failed)?;
        let read = content.map(|it| serde_json::from_str(&it)).transpose();
        read.map_err(|it| StoreError::damaged(&self.path, READING, &it))
    }

    /// How many objects of each type a run imported, in the order of the types.
    pub fn object_counts(&self, run: RunId) -> Result<Vec<(AttributeName, u64)>, StoreError> {
        let failed = |it| self.failed(READING, &it);
        let sql = "SELECT object_type, count(*) FROM connector_space_object WHERE run_id = ?1 \
                   GROUP BY object_type ORDER BY object_type";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let rows = statement.query_map([run.0], |row| {
            Ok((AttributeName::new(row.get::<_, String>(0)?), unsigned(row.get(1)?)))
        });
        rows.map_err(failed)?.map(|it| it.map_err(failed)).collect()
    }

    /// Takes the metaverse that a run came to; all of it or nothing.
    pub fn write_metaverse(
        &mut self,
        run: RunId,
        objects: impl IntoIterator<Item = MetaverseRecord>,
    ) -> Result<u64, StoreError> {
        let path = self.path.clone();
        let failed = |it| StoreError::new(&path, WRITING, &it);
        let transaction = self.connection.transaction().map_err(failed)?;
        let mut ordinal = 0_u64;
        {
            let sql = "INSERT INTO metaverse_object (run_id, ordinal, object_type, anchor, content) \
                       VALUES (?1, ?2, ?3, ?4, ?5)";
            let mut insert = transaction.prepare(sql).map_err(failed)?;
            for it in objects {
                let content = Content { links: it.links };
                let content =
                    json(&content).map_err(|it| StoreError::damaged(&path, WRITING, &it))?;
                insert
                    .execute(params![
                        run.0,
                        signed(ordinal),
                        it.object_type.as_str(),
                        it.anchor,
                        content
                    ])
                    .map_err(failed)?;
                ordinal += 1;
            }
        }
        transaction.commit().map_err(failed)?;
        Ok(ordinal)
    }

    /// Gives the metaverse of a run to `each`, in its order, one object at a time. Its first error ends it.
    pub fn for_each_metaverse<E: From<StoreError>>(
        &self,
        run: RunId,
        mut each: impl FnMut(MetaverseRecord) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = |it| self.failed(READING, &it);
        let sql = "SELECT object_type, anchor, content FROM metaverse_object \
                   WHERE run_id = ?1 ORDER BY ordinal";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let mut rows = statement.query([run.0]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let object_type: String = row.get(0).map_err(failed)?;
            let content: String = row.get(2).map_err(failed)?;
            let content: Content = serde_json::from_str(&content)
                .map_err(|it| StoreError::damaged(&self.path, READING, &it))?;
            each(MetaverseRecord {
                object_type: AttributeName::new(object_type),
                anchor: row.get(1).map_err(failed)?,
                links: content.links,
            })?;
        }
        Ok(())
    }
}
