//! Tests of the configuration reader, one binary.
#![expect(clippy::unwrap_used, reason = "shared test functions unwrap too")]

mod agent;
mod broken;
mod columns;
mod csexport;
mod csexport_writing;
mod encoding;
mod export;
mod metaverse;
mod mutations;
mod policy;
mod rules;
mod secrets;
mod snippets;
mod writing;
