//! Runs of run profiles, with the objects and the pending exports that they bring.
use dirlift_model::{
    AttributeName, CsObject, DistinguishedName, Guid, PendingExport, cs_object::CsAttribute,
    pending::Operation,
};
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};

use crate::{
    Store,
    clearing::{clear, forget_worked_out},
    configuration::write_settings,
    error::StoreError,
    time,
};

/// Rows of one transaction while a run brings objects.
const BATCH: u64 = 20_000;

/// A run of this store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub(crate) i64);

impl RunId {
    pub(crate) const fn number(self) -> i64 {
        self.0
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RunResult {
    /// `success`.
    Success,
    /// `completed-with-errors`: the run is whole, single objects failed.
    CompletedWithErrors,
}

impl RunResult {
    pub(crate) const ALL: [Self; 2] = [Self::Success, Self::CompletedWithErrors];

    /// The word of the field.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::CompletedWithErrors => "completed-with-errors",
        }
    }
}

/// A step of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunStep {
    /// What it did.
    pub name: String,
    /// Objects that it handled.
    pub counted: u64,
    /// Objects that failed.
    pub errors: u64,
    /// Anything else to be told.
    pub detail: String,
}

/// How a run is ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEnd {
    /// The run.
    pub run: RunId,
    /// How it ended.
    pub result: RunResult,
    /// Its steps.
    pub steps: Vec<RunStep>,
}

/// What is known of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunInfo {
    /// The run profile.
    pub profile: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; `None` when it was cut off or is under way.
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    pub result: Option<RunResult>,
}

/// An object of a run without its attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectName {
    /// Its name.
    pub dn: DistinguishedName,
    /// Its id in the directory.
    pub id: Option<Guid>,
    /// Its type.
    pub object_type: AttributeName,
}

/// Pending exports of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingCount {
    /// What is about to happen.
    pub operation: Operation,
    /// To objects of which type.
    pub object_type: String,
    /// How many.
    pub count: u64,
}

const WRITING: &str = "writing a run";
pub(crate) const READING: &str = "reading a run";

impl Store {
    /// Begins a run of a connector's run profile. What an interrupted run of the same profile left is cleared.
    pub fn begin_run(
        &mut self,
        connector: Guid,
        profile: &str,
        at: Timestamp,
    ) -> Result<RunId, StoreError> {
        let connector = connector.to_string();
        let path = self.path.clone();
        let failed = |it| StoreError::new(&path, "beginning a run", &it);
        let transaction = self.connection.transaction().map_err(failed)?;
        let unfinished = "connector_id = ?1 AND profile = ?2 AND ended_at IS NULL";
        clear(&transaction, unfinished, &connector, profile).map_err(failed)?;
        let row = params![connector, profile, time(at)];
        let sql = "INSERT INTO run (connector_id, profile, started_at) VALUES (?1, ?2, ?3)";
        transaction.execute(sql, row).map_err(failed)?;
        let id = transaction.last_insert_rowid();
        transaction.commit().map_err(failed)?;
        Ok(RunId(id))
    }

    /// Takes the objects that a run imports, one by one; memory does not grow with their number.
    pub fn objects(&mut self, run: RunId) -> Result<ObjectWriter<'_>, StoreError> {
        self.connection.execute_batch("BEGIN").map_err(|it| self.failed(WRITING, &it))?;
        Ok(ObjectWriter { store: self, run, ordinal: 0, is_open: true })
    }

    /// Takes the pending exports that a run found; all of them or none.
    pub fn write_pending(
        &mut self,
        run: RunId,
        exports: impl IntoIterator<Item = PendingExport>,
    ) -> Result<u64, StoreError> {
        let path = self.path.clone();
        let failed = |it| StoreError::new(&path, WRITING, &it);
        let transaction = self.connection.transaction().map_err(failed)?;
        let mut ordinal = 0_u64;
        {
            let mut insert = transaction
                .prepare(
                    "INSERT INTO pending_export \
                     (run_id, ordinal, operation, object_type, dn, anchor, display_name, content) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )
                .map_err(failed)?;
            for export in exports {
                let content =
                    json(&export).map_err(|it| StoreError::damaged(&path, WRITING, &it))?;
                insert
                    .execute(params![
                        run.0,
                        signed(ordinal),
                        export.operation.as_str(),
                        export.object_type.as_str(),
                        export.dn.as_str(),
                        export.anchor,
                        export.display_name,
                        content
                    ])
                    .map_err(failed)?;
                ordinal += 1;
            }
        }
        transaction.commit().map_err(failed)?;
        Ok(ordinal)
    }

    /// Ends a run: from now on it is the one that counts, and earlier ones of its profile are cleared.
    pub fn finish_run(
        &mut self,
        run: RunId,
        result: RunResult,
        steps: &[RunStep],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.finish_runs(&[RunEnd { run, result, steps: steps.to_vec() }], &[], at)
    }

    /// Ends runs that belong together, and writes settings that hang on them: all of it or nothing. What was worked out of
    /// earlier runs, such as the verdict of the guards, is forgotten with that.
    pub fn finish_runs(
        &mut self,
        ends: &[RunEnd],
        settings: &[(String, String)],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let path = self.path.clone();
        if settings.iter().any(|(name, _)| name.eq_ignore_ascii_case(crate::open::STAGING)) {
            return Err(StoreError::Staging { path });
        }
        let failed = |it| StoreError::new(&path, WRITING, &it);
        let transaction = self.connection.transaction().map_err(failed)?;
        for end in ends {
            for (position, step) in (1_i64..).zip(&end.steps) {
                transaction
                    .execute(
                        "INSERT INTO run_step (run_id, position, name, counted, errors, detail) \
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                        params![
                            end.run.0,
                            position,
                            step.name,
                            signed(step.counted),
                            signed(step.errors),
                            step.detail
                        ],
                    )
                    .map_err(failed)?;
            }
            let sql = "SELECT connector_id, profile FROM run WHERE id = ?1";
            let (connector, profile): (String, String) = transaction
                .query_row(sql, [end.run.0], |row| Ok((row.get(0)?, row.get(1)?)))
                .map_err(failed)?;
            transaction
                .execute(
                    "UPDATE run SET ended_at = ?2, result = ?3 WHERE id = ?1",
                    params![end.run.0, time(at), end.result.as_str()],
                )
                .map_err(failed)?;
            let which = format!("connector_id = ?1 AND profile = ?2 AND id < {}", end.run.0);
            clear(&transaction, &which, &connector, &profile).map_err(failed)?;
        }
        forget_worked_out(&transaction).map_err(failed)?;
        write_settings(&transaction, settings).map_err(failed)?;
        transaction.commit().map_err(failed)
    }

    /// When a run began and ended, and how.
    pub fn run_info(&self, run: RunId) -> Result<RunInfo, StoreError> {
        let failed = |it| self.failed(READING, &it);
        let damaged = |reason: &str| StoreError::damaged(&self.path, READING, &reason);
        let sql = "SELECT profile, started_at, ended_at, result FROM run WHERE id = ?1";
        let (profile, started, ended, result): (String, String, Option<String>, Option<String>) =
            self.connection
                .query_row(sql, [run.0], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })
                .map_err(failed)?;
        let time = |it: String| it.parse().map_err(|_| damaged("the time of a run is none"));
        let word = |it: String| {
            let known = [RunResult::Success, RunResult::CompletedWithErrors];
            let found = known.into_iter().find(|known| known.as_str() == it);
            found.ok_or_else(|| damaged("the result of a run is not known"))
        };
        Ok(RunInfo {
            profile,
            started_at: time(started)?,
            ended_at: ended.map(time).transpose()?,
            result: result.map(word).transpose()?,
        })
    }

    /// The newest run of a connector's profile that came to its end.
    pub fn finished_run(
        &self,
        connector: Guid,
        profile: &str,
    ) -> Result<Option<RunId>, StoreError> {
        self.connection
            .query_row(
                "SELECT max(id) FROM run WHERE connector_id = ?1 AND profile = ?2 AND ended_at IS NOT NULL",
                [connector.to_string().as_str(), profile],
                |row| row.get::<_, Option<i64>>(0),
            )
            .optional()
            .map(|it| it.flatten().map(RunId))
            .map_err(|it| self.failed(READING, &it))
    }

    /// The steps of a run.
    pub fn run_steps(&self, run: RunId) -> Result<Vec<RunStep>, StoreError> {
        let failed = |it| self.failed(READING, &it);
        let sql = "SELECT name, counted, errors, detail FROM run_step WHERE run_id = ?1 ORDER BY position";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let rows = statement.query_map([run.0], |row| {
            Ok(RunStep {
                name: row.get(0)?,
                counted: unsigned(row.get(1)?),
                errors: unsigned(row.get(2)?),
                detail: row.get(3)?,
            })
        });
        rows.map_err(failed)?.map(|row| row.map_err(failed)).collect()
    }

    /// Gives the objects of a run to `each`, in the order in which they came, one at a time.
    pub fn for_each_object(
        &self,
        run: RunId,
        mut each: impl FnMut(CsObject),
    ) -> Result<(), StoreError> {
        let failed = |it| self.failed(READING, &it);
        let sql = "SELECT dn, object_id, object_type, content FROM connector_space_object \
                   WHERE run_id = ?1 ORDER BY ordinal";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let mut rows = statement.query([run.0]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            each(self.object(row)?);
        }
        Ok(())
    }

    /// Gives the names of the objects of a run to `each`, in the order in which they came.
    pub fn for_each_name(
        &self,
        run: RunId,
        mut each: impl FnMut(ObjectName),
    ) -> Result<(), StoreError> {
        let failed = |it| self.failed(READING, &it);
        let damaged = |reason: &str| StoreError::damaged(&self.path, READING, &reason);
        let sql = "SELECT dn, object_id, object_type FROM connector_space_object \
                   WHERE run_id = ?1 ORDER BY ordinal";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let mut rows = statement.query([run.0]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let dn: String = row.get(0).map_err(failed)?;
            let id: Option<String> = row.get(1).map_err(failed)?;
            let id = id.map(|it| it.parse().map_err(|_| damaged("the id of an object is no GUID")));
            each(ObjectName {
                dn: dn.parse().map_err(|_| damaged("the name of an object is none"))?,
                id: id.transpose()?,
                object_type: AttributeName::new(row.get::<_, String>(2).map_err(failed)?),
            });
        }
        Ok(())
    }

    /// Gives the pending exports of a run to `each`, in their order, one at a time.
    pub fn for_each_pending(
        &self,
        run: RunId,
        mut each: impl FnMut(PendingExport),
    ) -> Result<(), StoreError> {
        let failed = |it| self.failed(READING, &it);
        let sql = "SELECT content FROM pending_export WHERE run_id = ?1 ORDER BY ordinal";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let mut rows = statement.query([run.0]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let content: String = row.get(0).map_err(failed)?;
            let read = serde_json::from_str(&content);
            each(read.map_err(|it| StoreError::damaged(&self.path, READING, &it))?);
        }
        Ok(())
    }

    /// How many pending exports of each kind a run found.
    pub fn pending_counts(&self, run: RunId) -> Result<Vec<PendingCount>, StoreError> {
        let failed = |it| self.failed(READING, &it);
        let sql = "SELECT operation, object_type, count(*) FROM pending_export WHERE run_id = ?1 \
                   GROUP BY operation, object_type ORDER BY operation, object_type";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let mut rows = statement.query([run.0]).map_err(failed)?;
        let mut counts = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let word: String = row.get(0).map_err(failed)?;
            let operation = Operation::ALL.into_iter().find(|it| it.as_str() == word);
            let operation = operation.ok_or_else(|| {
                StoreError::damaged(&self.path, READING, &"an operation is not known")
            })?;
            let object_type = row.get(1).map_err(failed)?;
            let count = unsigned(row.get(2).map_err(failed)?);
            counts.push(PendingCount { operation, object_type, count });
        }
        Ok(counts)
    }

    fn object(&self, row: &Row<'_>) -> Result<CsObject, StoreError> {
        let failed = |it| self.failed(READING, &it);
        let damaged = |reason: &str| StoreError::damaged(&self.path, READING, &reason);
        let text = |at: usize| row.get::<_, String>(at).map_err(failed);
        let dn = text(0)?.parse().map_err(|_| damaged("the name of an object is none"))?;
        let id: Option<String> = row.get(1).map_err(failed)?;
        let mut object = CsObject::new(dn, AttributeName::new(text(2)?));
        object.id = id
            .map(|it| it.parse().map_err(|_| damaged("the id of an object is no GUID")))
            .transpose()?;
        let attributes: Vec<CsAttribute> = serde_json::from_str(&text(3)?)
            .map_err(|it| StoreError::damaged(&self.path, READING, &it))?;
        for it in attributes {
            object.set(it.name, it.values);
        }
        Ok(object)
    }
}

/// Takes the objects of a run. Without [`ObjectWriter::finish`] the newest of them are lost, and the run has no end.
#[derive(Debug)]
pub struct ObjectWriter<'s> {
    store: &'s mut Store,
    run: RunId,
    ordinal: u64,
    is_open: bool,
}

impl ObjectWriter<'_> {
    /// Takes one object.
    pub fn add(&mut self, object: &CsObject) -> Result<(), StoreError> {
        if self.ordinal > 0 && self.ordinal.is_multiple_of(BATCH) {
            let next = self.store.connection.execute_batch("COMMIT; BEGIN");
            next.map_err(|it| self.store.failed(WRITING, &it))?;
        }
        let content = json(object.attributes())
            .map_err(|it| StoreError::damaged(&self.store.path, WRITING, &it))?;
        let mut insert = self.insert().map_err(|it| self.store.failed(WRITING, &it))?;
        let added = insert.execute(params![
            self.run.0,
            signed(self.ordinal),
            object.dn.as_str(),
            object.id.map(|it| it.to_string()),
            object.object_type.as_str(),
            content
        ]);
        drop(insert);
        added.map_err(|it| self.store.failed(WRITING, &it))?;
        self.ordinal += 1;
        Ok(())
    }

    fn insert(&self) -> rusqlite::Result<rusqlite::CachedStatement<'_>> {
        self.store.connection.prepare_cached(
            "INSERT INTO connector_space_object (run_id, ordinal, dn, object_id, object_type, content) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )
    }

    /// Keeps what was taken; returns how many objects.
    pub fn finish(mut self) -> Result<u64, StoreError> {
        self.is_open = false;
        let kept = self.store.connection.execute_batch("COMMIT");
        kept.map_err(|it| self.store.failed(WRITING, &it))?;
        Ok(self.ordinal)
    }
}

impl Drop for ObjectWriter<'_> {
    fn drop(&mut self) {
        if self.is_open {
            // What is not kept does not count anyway: the run has no end.
            self.store.connection.execute_batch("ROLLBACK").ok();
        }
    }
}

fn json(value: &(impl serde::Serialize + ?Sized)) -> Result<String, serde_json::Error> {
    serde_json::to_string(value)
}

pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
