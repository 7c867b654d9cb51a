//! Imports from real domain controllers, from servers that answer badly, and from files.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]
mod answers;
mod common;
#[cfg(unix)]
mod configured;
#[cfg(unix)]
mod domain;
mod forest;
#[cfg(unix)]
mod robust;
mod transport;
