//! Active Directory as a source of connector-space objects: over LDAP, or from LDIF.
//!
//! A [`Source`] says where, an [`ImportRequest`] what; [`Import`] gives the objects one by one, as fast as they are taken
//! and no faster, and at the end a [`Report`] of what was met on the way. Nothing is ever written to a directory, no
//! password travels outside TLS, and no attribute that holds a password or a key is asked for.
//!
//! Depends on `model` alone. Does not print, read the clock or the environment, or judge what it finds.
mod entry;
mod error;
mod forest;
mod given;
mod import;
mod ldap;
mod ldif;
mod outbox;
mod report;
mod request;
mod schema;
mod source;
mod tls;
mod walk;

pub use entry::{Rejected, is_secret_attribute};
pub use error::{BindProblem, DirectoryError, LdifError, ResultCode};
pub use forest::{Domain, Forest};
pub use import::Import;
pub use ldap::ber::BerError;
pub use ldif::{CodePage, Extent, LdifReader, LdifSummary, LdifWriter};
pub use report::{Event, Report};
pub use request::{ImportRequest, PartitionRequest};
pub use schema::{Schema, Syntax};
pub use source::{Connect, Credentials, Limits, Security, Server, Source, SourceError};
pub use tls::Trust;
