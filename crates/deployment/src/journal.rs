//! The journal of a plan: which step is done, so that a run that was cut off goes on where it stopped.
use jiff::Timestamp;
use rusqlite::{Row, params};

use crate::{Store, error::StoreError, time};

/// A step of a plan as it is written down before anything happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStep {
    /// Its name, unique in the plan.
    pub name: String,
    /// How it is undone; `None` where nothing is to be undone or it cannot be.
    pub undo: Option<String>,
}

/// A step with what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalStep {
    /// Its name.
    pub name: String,
    /// How it is undone.
    pub undo: Option<String>,
    /// What became of it.
    pub state: StepState,
    /// When that was written.
    pub changed_at: Timestamp,
    /// How often it was begun.
    pub attempts: u64,
    /// What the newest attempt had to say.
    pub detail: String,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepState {
    /// Nothing yet.
    Planned,
    /// It was begun; unless this process is at it, it was cut off and has to be done again.
    Begun,
    /// It is done.
    Done,
    /// It failed.
    Failed,
    /// It was undone.
    Undone,
}

impl StepState {
    const ALL: [Self; 5] = [Self::Planned, Self::Begun, Self::Done, Self::Failed, Self::Undone];

    /// The word in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Begun => "begun",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Undone => "undone",
        }
    }
}

const WRITING: &str = "writing the journal";

impl Store {
    /// Writes a plan down, with the hash of what it was made from. A store has one plan.
    pub fn write_plan(
        &mut self,
        inputs_sha256: &str,
        steps: &[PlannedStep],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let path = self.path.clone();
        let failed = |it| StoreError::new(&path, WRITING, &it);
        let transaction = self.connection.transaction().map_err(failed)?;
        let there: i64 = transaction
            .query_row("SELECT count(*) FROM journal_step", [], |row| row.get(0))
            .map_err(failed)?;
        if there > 0 {
            let step = steps.first().map(|it| it.name.clone()).unwrap_or_default();
            let reason = "cannot be planned: the store has a plan already";
            return Err(StoreError::Step { path: path.clone(), step, reason });
        }
        for (position, step) in (1_i64..).zip(steps) {
            transaction
                .execute(
                    "INSERT INTO journal_step (position, name, undo, state, changed_at, attempts, detail) \
                     VALUES (?1, ?2, ?3, 'planned', ?4, 0, '')",
                    params![position, step.name, step.undo, time(at)],
                )
                .map_err(failed)?;
        }
        transaction
            .execute(
                "INSERT INTO setting (name, value) VALUES ('plan_inputs_sha256', ?1)",
                [inputs_sha256],
            )
            .map_err(failed)?;
        transaction.commit().map_err(failed)
    }

    /// The hash of what the plan was made from; `None` without a plan.
    pub fn plan_inputs(&self) -> Result<Option<String>, StoreError> {
        self.setting("plan_inputs_sha256")
    }

    /// Every step, in the order of the plan.
    pub fn journal(&self) -> Result<Vec<JournalStep>, StoreError> {
        const WHAT: &str = "reading the journal";
        let failed = |it| self.failed(WHAT, &it);
        let mut statement = self
            .connection
            .prepare(
                "SELECT name, undo, state, changed_at, attempts, detail FROM journal_step ORDER BY position",
            )
            .map_err(failed)?;
        let rows = statement.query_map([], raw_step).map_err(failed)?;
        rows.map(|row| {
            let (name, undo, state, changed_at, attempts, detail) = row.map_err(failed)?;
            let damaged = |reason: &str| StoreError::damaged(&self.path, WHAT, &reason);
            Ok(JournalStep {
                name,
                undo,
                state: StepState::ALL
                    .into_iter()
                    .find(|it| it.as_str() == state)
                    .ok_or_else(|| damaged("the state of a step is not known"))?,
                changed_at: changed_at
                    .parse()
                    .map_err(|_| damaged("the time of a step is none"))?,
                attempts: u64::try_from(attempts).unwrap_or(0),
                detail,
            })
        })
        .collect()
    }

    /// Notes that a step begins. The steps before it have to be done.
    pub fn begin_step(&mut self, name: &str, at: Timestamp) -> Result<(), StoreError> {
        let steps = self.journal()?;
        let wrong =
            |reason| StoreError::Step { path: self.path.clone(), step: name.to_owned(), reason };
        let place = steps.iter().position(|it| it.name == name);
        let place = place.ok_or_else(|| wrong("is not in the plan"))?;
        if steps[..place].iter().any(|it| it.state != StepState::Done) {
            return Err(wrong("cannot begin: a step before it is not done"));
        }
        if steps[place].state == StepState::Done {
            return Err(wrong("cannot begin: it is done"));
        }
        self.change(name, StepState::Begun, at, "", 1)
    }

    /// Notes that a step that was begun is done.
    pub fn finish_step(
        &mut self,
        name: &str,
        at: Timestamp,
        detail: &str,
    ) -> Result<(), StoreError> {
        self.expect(name, StepState::Begun, "cannot be done: it was not begun")?;
        self.change(name, StepState::Done, at, detail, 0)
    }

    /// Notes that a step that was begun failed.
    pub fn fail_step(&mut self, name: &str, at: Timestamp, detail: &str) -> Result<(), StoreError> {
        self.expect(name, StepState::Begun, "cannot fail: it was not begun")?;
        self.change(name, StepState::Failed, at, detail, 0)
    }

    /// Notes that a step was undone. Steps after it have to be undone first.
    pub fn undo_step(&mut self, name: &str, at: Timestamp, detail: &str) -> Result<(), StoreError> {
        let steps = self.journal()?;
        let wrong =
            |reason| StoreError::Step { path: self.path.clone(), step: name.to_owned(), reason };
        let place = steps.iter().position(|it| it.name == name);
        let place = place.ok_or_else(|| wrong("is not in the plan"))?;
        let has_happened =
            |it: &JournalStep| !matches!(it.state, StepState::Planned | StepState::Undone);
        if !has_happened(&steps[place]) {
            return Err(wrong("cannot be undone: it has not happened"));
        }
        if steps[place + 1..].iter().any(has_happened) {
            return Err(wrong("cannot be undone: a step after it has to be undone first"));
        }
        self.change(name, StepState::Undone, at, detail, 0)
    }

    fn expect(&self, name: &str, state: StepState, reason: &'static str) -> Result<(), StoreError> {
        let wrong =
            |reason| StoreError::Step { path: self.path.clone(), step: name.to_owned(), reason };
        let steps = self.journal()?;
        let step = steps.iter().find(|it| it.name == name);
        let step = step.ok_or_else(|| wrong("is not in the plan"))?;
        if step.state == state { Ok(()) } else { Err(wrong(reason)) }
    }

    fn change(
        &mut self,
        name: &str,
        state: StepState,
        at: Timestamp,
        detail: &str,
        attempts: i64,
    ) -> Result<(), StoreError> {
        let changed = self.connection.execute(
            "UPDATE journal_step SET state = ?2, changed_at = ?3, detail = ?4, attempts = attempts + ?5 \
             WHERE name = ?1",
            params![name, state.as_str(), time(at), detail, attempts],
        );
        changed.map(|_| ()).map_err(|it| self.failed(WRITING, &it))
    }
}

type RawStep = (String, Option<String>, String, String, i64, String);

fn raw_step(row: &Row<'_>) -> rusqlite::Result<RawStep> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
}
