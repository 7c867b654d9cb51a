//! Why a plan could not be carried out.
use std::{error::Error, path::PathBuf};

use dirlift_deployment::StoreError;
use dirlift_model::{
    ServiceError,
    plan::PlanRefusal,
    text::{sanitize, shorten},
};
use dirlift_syncengine::sync::SyncError;

/// Longest account of a failure in the journal, in characters.
const MAX_DETAIL: usize = 2_000;

/// A source that failed, with the reason of whoever reads it.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct SourceFailed(Box<dyn Error + Send + Sync>);

impl SourceFailed {
    /// From any error or text.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(error.into())
    }
}

/// What was being done, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The plan is refused.
    #[error("the plan is refused: {}", reasons(.0))]
    Refused(Vec<PlanRefusal>),
    /// What it was planned with is not the same any more.
    #[error("carrying out the plan in {}: it was planned with something else; plan anew, or give what was given before", store.display())]
    Drift {
        /// The store.
        store: PathBuf,
    },
    /// The store is of another bundle or mode.
    #[error("carrying out the plan in {}: the store holds another deployment; give another file", store.display())]
    OtherDeployment {
        /// The store.
        store: PathBuf,
    },
    /// Its steps were undone.
    #[error("carrying out the plan in {}: its steps were undone; plan into a new store", store.display())]
    Undone {
        /// The store.
        store: PathBuf,
    },
    /// The new server is the active one: what is left of the plan is no longer to be done.
    #[error("carrying out the plan in {}: the new server is the active one, and what is left of the plan is not to be done any more", store.display())]
    CutOver {
        /// The store.
        store: PathBuf,
    },
    /// Its plan was made by another dirlift, and has what this one does not know.
    #[error("carrying out the plan in {}: it was made by {tool} and has steps that this version does not know; go on with that version", store.display())]
    OtherVersion {
        /// The store.
        store: PathBuf,
        /// The program that made the plan.
        tool: String,
    },
    /// No verdict of the guards stands for the newest runs.
    #[error(
        "no guard has looked at the newest runs, so DirSync goes on running; run dirlift sync and resume"
    )]
    NoVerdict,
    /// It was never loaded.
    #[error("synchronising {}: its connectors and rules are not loaded yet; run dirlift migrate with --resume", store.display())]
    NotLoaded {
        /// The store.
        store: PathBuf,
    },
    /// Nothing was synchronised.
    #[error("reading {}: nothing was synchronised in it yet; run dirlift sync", store.display())]
    NotSynchronized {
        /// The store.
        store: PathBuf,
    },
    /// The new server is the active one, and the old one must not come back.
    #[error("bringing back the old server's services: {why}; nothing was done")]
    WayBack {
        /// Why, in whole sentences.
        why: String,
    },
    /// The host name was not typed.
    #[error("stopping services: the host name that was typed is not {host}; nothing was done")]
    HostNotTyped {
        /// The name of this machine.
        host: String,
    },
    /// Services cannot be controlled.
    #[error("stopping services: dirlift cannot control those of this machine; nothing was done")]
    NoServices,
    /// A step has no connector.
    #[error("reading the plan: a full import names no connector; plan anew")]
    NoConnector,
    /// A connector of the plan is not in the store.
    #[error(
        "reading the store: its configuration is damaged ({0}); restore a copy, or begin a new store"
    )]
    Configuration(&'static str),
    /// A guard objects, and the step that follows cannot be taken back by itself.
    #[error(
        "a guard objects to the pending exports, so DirSync goes on running; look at them, mend the cause, synchronise and resume"
    )]
    Guards,
    /// A step failed.
    #[error("{title}")]
    Step {
        /// The step.
        title: String,
        /// Why.
        source: Box<ApplyError>,
    },
    /// A directory could not be read.
    #[error("reading the directory of {connector}")]
    Source {
        /// The connector's name.
        connector: String,
        /// Why.
        source: SourceFailed,
    },
    /// The store could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine gave up.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// A service could not be read or changed.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// A document of the store could not be read or written.
    #[error(
        "reading or writing a document of the store: {0}; restore a copy, or begin a new store"
    )]
    Json(#[from] serde_json::Error),
}

impl ApplyError {
    /// Whether a plan is in the store and not carried out to its end, so that it can be resumed.
    pub const fn is_part_way(&self) -> bool {
        matches!(self, Self::Step { .. })
    }

    /// Its causes as one line, for the journal.
    pub(super) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut source = self.source();
        while let Some(it) = source {
            let cause = it.to_string();
            // An error that passes its cause on says the same.
            if !text.ends_with(&cause) {
                text = format!("{text}: {cause}");
            }
            source = it.source();
        }
        shorten(&sanitize(&text), MAX_DETAIL)
    }
}

fn reasons(refusals: &[PlanRefusal]) -> String {
    let all: Vec<_> = refusals.iter().map(|it| it.why.as_str()).collect();
    all.join("; ")
}
