//! Conversations with a responder that speaks TDS on a loopback socket.
#![expect(clippy::unwrap_used, reason = "helpers of tests may")]

mod connecting;
mod docs;
mod reading;
mod real;
mod support;
mod trouble;
