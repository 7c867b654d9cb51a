//! How a responder is set up, and what is to go wrong.
use std::collections::BTreeMap;

use super::{
    database::{Database, SqlError},
    tls::TlsVersion,
};

/// What the responder says about encryption (MS-TDS 2.2.6.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// It has none: `ENCRYPT_NOT_SUP`.
    NotSupported,
    /// It has it and leaves the choice to the client.
    Offered,
    /// It demands it: `ENCRYPT_REQ`.
    Forced,
}

/// How the TLS handshake goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsFault {
    /// The server says nothing after the client's hello.
    Silent,
    /// The server hangs up after the client's hello.
    HangUp,
    /// The server refuses the client's versions with an alert.
    Alert,
    /// The server answers with TLS 1.0.
    Version10,
}

/// What goes wrong with a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The answer is an error.
    Error(SqlError),
    /// The rows come, and then an error.
    ErrorAfterRows(SqlError),
    /// Only so many bytes come, then nothing more.
    Stall(usize),
    /// Only so many bytes come, then the connection is closed.
    HangUp(usize),
    /// These bytes come as the data of the answer.
    Garbage(Vec<u8>),
}

/// Settings of a responder.
#[derive(Clone, Debug)]
pub struct ServerBuilder {
    pub(super) database: Database,
    pub(super) users: BTreeMap<String, String>,
    pub(super) encryption: Encryption,
    pub(super) tls: TlsVersion,
    pub(super) tls_fault: Option<TlsFault>,
    pub(super) faults: Vec<(String, Fault)>,
    pub(super) instance: Option<String>,
    pub(super) version: [u8; 6],
    pub(super) packet_size: usize,
    pub(super) remember: bool,
}

impl ServerBuilder {
    /// A responder for a database that encrypts when asked to, and has no logins yet.
    pub fn new(database: Database) -> Self {
        Self {
            database,
            users: BTreeMap::new(),
            encryption: Encryption::Offered,
            tls: TlsVersion::Only12,
            tls_fault: None,
            faults: Vec::new(),
            instance: None,
            // 10.50.6000: SQL Server 2008 R2 with service pack 3.
            version: [10, 50, 0x17, 0x70, 0, 0],
            packet_size: 4_096,
            remember: false,
        }
    }

    /// Adds a login.
    #[must_use]
    pub fn user(mut self, name: &str, password: &str) -> Self {
        self.users.insert(name.to_owned(), password.to_owned());
        self
    }

    /// Sets what is said about encryption.
    #[must_use]
    pub fn encryption(mut self, encryption: Encryption) -> Self {
        self.encryption = encryption;
        self
    }

    /// Sets the version of TLS.
    #[must_use]
    pub fn tls(mut self, version: TlsVersion) -> Self {
        self.tls = version;
        self
    }

    /// Lets the TLS handshake go wrong.
    #[must_use]
    pub fn tls_fault(mut self, fault: TlsFault) -> Self {
        self.tls_fault = Some(fault);
        self
    }

    /// Lets statements go wrong whose text contains `part`.
    #[must_use]
    pub fn fault(mut self, part: &str, fault: Fault) -> Self {
        self.faults.push((part.to_owned(), fault));
        self
    }

    /// Names the instance; a client that names another is told so.
    #[must_use]
    pub fn instance(mut self, name: &str) -> Self {
        self.instance = Some(name.to_owned());
        self
    }

    /// Sets the packet size.
    #[must_use]
    pub fn packet_size(mut self, n_bytes: usize) -> Self {
        self.packet_size = n_bytes;
        self
    }

    /// Keeps the bytes of each answer for the next time, so that only sending them costs.
    #[must_use]
    pub fn remember_answers(mut self) -> Self {
        self.remember = true;
        self
    }
}
