//! Plans, what carrying them out leaves in a store, and rehearsals from files to pending exports.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod applying;
mod common;
mod crash;
mod in_place;
mod planning;
mod rehearsing;
mod schema;
mod settings;
mod support;
