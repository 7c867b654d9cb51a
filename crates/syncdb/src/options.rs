//! What a connection needs besides its URL.
use std::{fmt, time::Duration};

use secrecy::SecretString;

/// How the user proves who they are.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// The Windows account that runs the program; on Windows only.
    CurrentUser,
    /// A user with a password: a SQL Server login, or with `auth=windows` an account as `DOMAIN\name` (on Windows only).
    Password {
        /// The user; `None` is the one of the URL.
        user: Option<String>,
        /// The password.
        password: SecretString,
    },
}

/// Which certificates of the server are trusted.
#[derive(Clone, PartialEq, Eq)]
pub enum Trust {
    /// Those below an authority of the system.
    System,
    /// Those below an authority of the system or of this file (PEM or DER).
    SystemAnd(Vec<u8>),
    /// Any. Somebody between here and the server could read the password.
    AnyCertificate,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::SystemAnd(_) => "SystemAnd(..)",
            Self::AnyCertificate => "AnyCertificate",
        })
    }
}

/// Whether a password may go in clear to a server without any encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClearPassword {
    /// The connection is refused.
    Refused,
    /// The user was told and agreed.
    Agreed,
}

/// Settings of a connection.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// Which certificates are trusted.
    pub trust: Trust,
    /// Whether a password may go in clear; matters with `encrypt=off` only.
    pub clear_password: ClearPassword,
    /// Longest time for one attempt to connect, from the name lookup to the accepted login.
    pub connect_timeout: Duration,
    /// Longest silence of the server while it works on a statement.
    pub command_timeout: Duration,
    /// Longest wait for one answer of SQL Server Browser, which is asked three times.
    pub browser_timeout: Duration,
    /// UDP port of SQL Server Browser.
    pub browser_port: u16,
    /// Most bytes that the server may send for one statement.
    pub max_statement_bytes: u64,
    /// Most runs that are read, newest first.
    pub max_runs: u32,
    /// Members from which a group is listed as large.
    pub large_group: u32,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            trust: Trust::System,
            clear_password: ClearPassword::Refused,
            connect_timeout: Duration::from_secs(20),
            // Counting two million rows on old hardware takes minutes.
            command_timeout: Duration::from_mins(10),
            browser_timeout: Duration::from_secs(1),
            browser_port: 1434,
            max_statement_bytes: 1 << 30,
            max_runs: 2_000,
            large_group: 10_000,
        }
    }
}
