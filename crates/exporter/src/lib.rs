//! The settings bundle that crosses from the old server to the new one, and what can be told from two of them.
//!
//! The crate is pure: bytes in, values out.

pub mod diff;
