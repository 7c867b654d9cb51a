//! Conversations with a responder that speaks TDS on a loopback socket.
mod connecting;
mod reading;
mod real;
mod support;
mod trouble;
