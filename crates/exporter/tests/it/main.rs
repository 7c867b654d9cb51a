//! Tests of the exporter from the outside.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
mod bundle;
