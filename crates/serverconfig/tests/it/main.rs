//! Tests of the configuration reader, one binary.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "shared test functions unwrap too, and the note of a skipped test"
)]

mod agent;
mod broken;
mod columns;
mod csexport;
mod encoding;
mod export;
mod metaverse;
mod mutations;
mod policy;
mod rules;
mod secrets;
mod snippets;
mod writing;
