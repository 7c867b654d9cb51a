//! Tests of the judgement: facts in, findings and recommendation out.
#![expect(clippy::unwrap_used, reason = "test helpers outside test functions")]
mod base;
mod connect;
mod fixtures;
mod registry;
mod verdicts;
