//! What can go wrong, in words that say what to do.
use std::time::Duration;

use dirlift_model::text::shorten;

use crate::url::SqlUrlError;

/// Why a database could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The URL is wrong.
    #[error(transparent)]
    Url(#[from] SqlUrlError),
    /// The credentials do not fit.
    #[error("logging in to {server}: {what}")]
    Credentials {
        /// The server.
        server: String,
        /// What does not fit, and what to do.
        what: &'static str,
    },
    /// Nobody answers.
    #[error(
        "cannot connect to {server}: {reason}; check the name and the port, that TCP/IP is on in SQL Server \
             Configuration Manager (Express editions have it off) and that no firewall is between"
    )]
    CannotConnect {
        /// The server.
        server: String,
        /// What the system says.
        reason: String,
    },
    /// The named instance is not there.
    #[error("finding the instance `{instance}` on {host}: {reason}")]
    InstanceNotFound {
        /// The host.
        host: String,
        /// The instance.
        instance: String,
        /// What happened, and what to do.
        reason: String,
    },
    /// TLS failed.
    #[error("encrypting the connection to {server}: {reason} (tried: {tried}); {advice}")]
    Tls {
        /// The server.
        server: String,
        /// Which combination of client and server settings was tried.
        tried: String,
        /// What went wrong.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// The server has no encryption.
    #[error(
        "encrypting the connection to {server}: the server offers none (tried: {tried}); {advice}"
    )]
    NoEncryption {
        /// The server.
        server: String,
        /// Which combination of client and server settings was tried.
        tried: String,
        /// What to do.
        advice: &'static str,
    },
    /// The login was refused.
    #[error(
        "logging in to {server} as {user}: the server refused it ({message}); check name and password, that the \
             server allows this kind of login (SQL Server and Windows Authentication mode) and that it is not disabled"
    )]
    LoginFailed {
        /// The server.
        server: String,
        /// The login.
        user: String,
        /// The server's words.
        message: String,
    },
    /// The database is not there, or the login may not open it.
    #[error(
        "opening the database `{database}` on {server}: it does not exist, is offline, or the login has no user in \
             it; check the name, or run in it: {grant}"
    )]
    NoSuchDatabase {
        /// The server.
        server: String,
        /// The database.
        database: String,
        /// The statement that grants the right.
        grant: String,
    },
    /// The database belongs to something else.
    #[error(
        "reading the database `{database}` on {server}: it has no table `{table}`, so it is no synchronisation \
             database; DirSync's is called FIMSynchronizationService, that of Azure AD Connect ADSync"
    )]
    NotASyncDatabase {
        /// The server.
        server: String,
        /// The database.
        database: String,
        /// The table that was looked for.
        table: &'static str,
    },
    /// The login may not read.
    #[error(
        "reading `{object}` in the database `{database}` on {server}: permission denied; run in that database: {grant}"
    )]
    NoPermission {
        /// The server.
        server: String,
        /// The database.
        database: String,
        /// The table.
        object: String,
        /// The statement that grants the right.
        grant: String,
    },
    /// The server was silent for too long.
    #[error("{what} on {server}: no answer within {} s; the server may be busy or blocked; try again when it is quieter",
            .limit.as_secs_f32())]
    Timeout {
        /// The server.
        server: String,
        /// What was being done.
        what: String,
        /// The limit.
        limit: Duration,
    },
    /// The connection broke.
    #[error(
        "{what} on {server}: the connection was lost in the middle ({reason}); nothing was changed, try again"
    )]
    ConnectionLost {
        /// The server.
        server: String,
        /// What was being done.
        what: String,
        /// What the system says.
        reason: String,
    },
    /// The server sent more than is believable.
    #[error(
        "{what} on {server}: the server sent more than {limit} bytes for one statement; this is no synchronisation \
             database that can be read"
    )]
    TooMuch {
        /// The server.
        server: String,
        /// What was being done.
        what: String,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The server answers something that is not understood.
    #[error("{what} on {server}: the answer is not understood ({reason}); is this a SQL Server?")]
    Protocol {
        /// The server.
        server: String,
        /// What was being done.
        what: String,
        /// What was not understood.
        reason: String,
    },
    /// Named pipes, or a Windows account, away from Windows.
    #[error(
        "connecting to {server}: {what} needs Windows; use TCP and a SQL Server login from here"
    )]
    NeedsWindows {
        /// The server.
        server: String,
        /// What needs Windows.
        what: &'static str,
    },
    /// No runtime could be started.
    #[error("starting the network runtime: {reason}")]
    Runtime {
        /// What the system says.
        reason: String,
    },
}

/// An error within a statement: one that stops the reading, or one that leaves a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StatementError {
    /// The connection cannot be used any more.
    Fatal(Error),
    /// The server refused the statement; others may work.
    Refused(Refusal),
}

/// An error message of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Number, as in `sys.messages`.
    pub(crate) number: u32,
    /// Text, shortened.
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(error: &tiberius::error::TokenError) -> Self {
        Self { number: error.code(), message: shorten(error.message(), 300) }
    }

    /// Object, column, schema or database may not be read.
    pub(crate) fn is_permission(&self) -> bool {
        matches!(self.number, 229 | 230 | 262 | 300 | 916)
    }

    /// The table does not exist.
    pub(crate) fn is_missing_table(&self) -> bool {
        self.number == 208
    }

    /// A gap in the facts, in words.
    pub(crate) fn why(&self, grant: &str) -> String {
        if self.is_permission() {
            format!(
                "permission denied (error {}: {}); grant it with: {grant}",
                self.number, self.message
            )
        } else {
            format!("the server refused the statement (error {}: {})", self.number, self.message)
        }
    }
}

/// Class from which an error ends the connection.
pub(crate) const FATAL_CLASS: u8 = 20;

/// Sorts an error that a statement met.
pub(crate) fn of_statement(
    error: &tiberius::error::Error,
    server: &str,
    what: &str,
    limits: Limits,
) -> StatementError {
    use tiberius::error::Error as Tds;
    let (server, what) = (server.to_owned(), what.to_owned());
    StatementError::Fatal(match error {
        Tds::Server(error) if error.class() < FATAL_CLASS => {
            return StatementError::Refused(Refusal::new(error));
        }
        Tds::Server(error) => {
            Error::ConnectionLost { server, what, reason: shorten(error.message(), 300) }
        }
        Tds::Io { kind: std::io::ErrorKind::TimedOut, .. } => {
            Error::Timeout { server, what, limit: limits.silence }
        }
        Tds::Io { message, .. } => {
            Error::ConnectionLost { server, what, reason: shorten(message, 300) }
        }
        Tds::Protocol(reason) if reason.contains("Never got") => {
            Error::ConnectionLost { server, what, reason: "the server hung up".to_owned() }
        }
        other => Error::Protocol { server, what, reason: shorten(&other.to_string(), 300) },
    })
}

/// Limits of a statement, for messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) silence: Duration,
    pub(crate) bytes: u64,
}
