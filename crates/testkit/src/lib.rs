//! Helpers for tests and developer commands: invented organisations, damage, canaries, copies of snapshots.
//!
//! It writes test data from plain templates and never through a writer of this workspace, so that a reader is not
//! tested with what its own counterpart believes. It does not read the clock and has no randomness but a seed.
//! It depends on `model` alone.
pub mod canary;
#[cfg(feature = "graph")]
pub mod graph;
#[cfg(feature = "ldap")]
pub mod ldap;
pub mod mutate;
pub mod northwind;
pub mod org;
#[cfg(feature = "ldap")]
pub mod pki;
#[cfg(all(feature = "samba", unix))]
pub mod samba;
pub mod sample;
pub mod services;
pub mod small;
pub mod snapshot;
#[cfg(feature = "tds")]
pub mod tds;
