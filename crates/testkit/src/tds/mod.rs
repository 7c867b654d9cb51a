//! A small responder for the Tabular Data Stream protocol (MS-TDS) on a loopback socket.
//!
//! It answers `SELECT` statements from tables held in memory, checks passwords, wraps TLS into pre-login packets as the
//! protocol says, and can be told to stall, to fail and to hang up. It is checked against the protocol's own published
//! examples, not against any client. Only what a reader of a synchronisation database needs is there: no writing,
//! no joins, no stored procedure but `sp_executesql`.
mod browser;
mod database;
pub mod examples;
mod login;
mod server;
mod settings;
mod shapes;
mod sql;
mod tls;
mod value;
mod wire;

pub use browser::Browser;
pub use database::{Database, SqlError, Table};
pub use login::{Login, Prelogin};
pub use server::Server;
pub use settings::{Encryption, Fault, ServerBuilder, TlsFault};
pub use shapes::{adsync, fim};
pub use tls::{Certificate, TlsVersion};
pub use value::{Column, ResultSet, Type, Value, datetime};
