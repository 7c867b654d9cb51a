//! Snapshots from the outside: folders, zips, and what is wrong with them.
#![expect(clippy::unwrap_used, reason = "helpers of tests, outside of test functions")]
mod assembling;
mod attacks;
mod collector;
mod declarative;
mod organisations;
mod sample;
