//! A small LDAP client: simple bind inside TLS, and searches that are read as fast as their results are used.
pub(crate) mod ber;
pub(crate) mod connection;
pub(crate) mod filter;
pub(crate) mod message;
pub(crate) mod raw;

pub(crate) use connection::{Connection, Item};
pub(crate) use filter::Filter;
pub(crate) use message::{Scope, Search};
pub(crate) use raw::{RawAttribute, RawEntry, Values};
