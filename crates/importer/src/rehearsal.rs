//! A rehearsal: full imports of both sides, full synchronization, and everything that would be exported.
//!
//! A [`Setup`] says what is rehearsed: rules, connectors, and what each imports. [`load`] streams the directories into the
//! engine and hands every object to a [`Sink`] as well, so that it can be kept. [`Loaded::run`] synchronizes.
mod error;
mod load;
mod setup;
mod sources;

pub use self::{
    error::RehearsalError,
    load::{CloudSource, DirectoryImport, Done, Known, Loaded, Loader, Sink, load},
    setup::{ConnectorSetup, Setup},
    sources::readable,
};
pub use dirlift_model::rehearsal::RuleBasis;
