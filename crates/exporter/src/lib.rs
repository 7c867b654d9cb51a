//! The settings bundle: what crosses from the old server to the new one, and what can be told from two of them.
//!
//! [`bundle`] writes, opens and checks it; [`diff`] compares two configurations by meaning. Nothing is ever extracted,
//! and nothing here judges a server.
pub mod bundle;
pub mod diff;
mod json;
mod names;

pub use names::BadPath;
