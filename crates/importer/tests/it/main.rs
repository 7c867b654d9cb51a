//! Plans, what carrying them out leaves in a store, and rehearsals from files to pending exports.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod anew;
mod applying;
mod common;
mod crash;
mod feeding;
mod in_place;
mod planning;
mod planning_sql;
mod rehearsing;
mod results;
mod schema;
mod settings;
mod support;
