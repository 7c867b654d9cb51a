//! The client against an in-process Graph over real HTTP: what is read, what goes wrong, what never leaks.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
mod docs;
mod faults;
mod folder;
mod reading;
mod signing;
mod support;
