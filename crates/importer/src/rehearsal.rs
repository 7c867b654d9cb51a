//! A rehearsal: full imports of both sides, full synchronization, and everything that would be exported.
//!
//! A [`Setup`] says what is rehearsed: rules, connectors, and what each imports. [`load`] streams the directories into the
//! engine and hands every object to a [`Sink`] as well, so that it can be kept. [`Loaded::run`] synchronizes.
//!
//! A [`Folder`] keeps all of it; [`StoredRehearsal`] reads one again to explain single objects.
mod csv;
mod error;
mod folder;
pub(crate) mod load;
mod setup;
mod sources;
mod stored;
mod tally;

pub use self::{
    error::RehearsalError,
    folder::{ERRORS, Folder, PENDING_EXPORTS, SUMMARY, Written},
    load::{CloudSource, DirectoryImport, Done, Known, Loaded, Loader, Sink, load},
    setup::{ConnectorSetup, Setup},
    sources::readable,
    stored::{Again, StoredRehearsal},
};
pub(crate) use self::{
    setup::is_built_in,
    sources::{parameters, tenant},
    stored::Search,
    tally::{outcome_words, word},
};
pub use dirlift_model::rehearsal::RuleBasis;
