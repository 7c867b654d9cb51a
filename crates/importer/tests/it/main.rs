//! Plans, and what carrying them out leaves in a store.
#![expect(clippy::unwrap_used, reason = "helpers of tests may")]

mod applying;
mod common;
mod crash;
mod in_place;
mod planning;
