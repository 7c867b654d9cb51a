//! What can go wrong, in words that say what to do. No variant holds a token, a secret or the query of a link.
use std::{io, path::PathBuf, time::Duration};

use dirlift_model::text::shorten;

/// Longest text of a server that a message repeats, in characters.
const MAX_QUOTED: usize = 300;

/// Why Microsoft Entra ID could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting cannot be used.
    #[error("preparing the connection: {0}")]
    Setting(String),
    /// The sign-in service refused.
    #[error("signing in to {tenant}: the service refused ({code}: {message}); {advice}")]
    SignIn {
        /// The tenant.
        tenant: String,
        /// The error code of the protocol, such as `invalid_client`.
        code: String,
        /// The service's words.
        message: String,
        /// What to do.
        advice: &'static str,
    },
    /// Nobody finished the sign-in by device code.
    #[error("signing in to {tenant}: {what}; start again and enter the new code")]
    DeviceCode {
        /// The tenant.
        tenant: String,
        /// What happened.
        what: &'static str,
    },
    /// The server did not answer, or not to the end, as often as it was asked.
    #[error(
        "asking {host} for {what}: {reason} ({attempts} attempts); check the network and that TLS to this host is not cut open by a proxy without its authority in --ca-file"
    )]
    Unreachable {
        /// The host.
        host: String,
        /// What was asked for: the path of the request.
        what: String,
        /// What happened the last time.
        reason: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// The service was overloaded, or faulty, as often as it was asked.
    #[error(
        "asking {host} for {what}: the service answered {status} {attempts} times ({message}); try again later"
    )]
    Busy {
        /// The host.
        host: String,
        /// What was asked for.
        what: String,
        /// The last HTTP status.
        status: u16,
        /// How often it was tried.
        attempts: u32,
        /// The service's words.
        message: String,
    },
    /// The service wants a longer pause than is reasonable.
    #[error("asking {host} for {what}: the service wants a pause of {} s; try again after that", wait.as_secs())]
    WaitTooLong {
        /// The host.
        host: String,
        /// What was asked for.
        what: String,
        /// The pause that it asked for.
        wait: Duration,
    },
    /// A fresh token is refused.
    #[error(
        "asking for {what}: the service refuses the token although it was just renewed ({message}); check that the tenant and the cloud (--cloud) are the right ones"
    )]
    Unauthorized {
        /// What was asked for.
        what: String,
        /// The service's words.
        message: String,
    },
    /// The right is missing.
    #[error(
        "asking for {what}: the service refuses ({message}); grant {permission} to the application and consent to it as an administrator"
    )]
    Forbidden {
        /// What was asked for.
        what: String,
        /// The permission that is needed.
        permission: &'static str,
        /// The service's words.
        message: String,
    },
    /// The service objects to the request itself.
    #[error("asking for {what}: the service answered {status} ({message})")]
    Refused {
        /// What was asked for.
        what: String,
        /// The HTTP status.
        status: u16,
        /// The service's words.
        message: String,
    },
    /// The service points elsewhere; the token must not go there.
    #[error(
        "asking for {what}: the answer leads to {target}, not to {expected}; nothing was sent there"
    )]
    ForeignLink {
        /// What was asked for.
        what: String,
        /// Scheme and host of the link.
        target: String,
        /// Scheme and host that were asked.
        expected: String,
    },
    /// The pages have no end.
    #[error("asking for {what}: {reason}; try again, and report it if it happens again")]
    Endless {
        /// What was asked for.
        what: String,
        /// What the pages do.
        reason: &'static str,
    },
    /// The answer is not what Graph says it is.
    #[error("reading {place}: {reason}")]
    Malformed {
        /// The request, or file and line.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// An answer is larger than anything that Graph sends.
    #[error("reading {place}: more than {limit} bytes in one piece")]
    TooLarge {
        /// The request, or file and line.
        place: String,
        /// The bound in bytes.
        limit: u64,
    },
    /// A file cannot be used.
    #[error("{action} {path}", path = path.display())]
    File {
        /// What was being done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A folder cannot be used.
    #[error("{path}: {reason}", path = path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The reader of the objects failed.
    #[error(transparent)]
    Objects(Box<dyn std::error::Error + Send + Sync>),
    /// The objects are not from Microsoft Entra ID.
    #[error(
        "the connector-space export has the object {dn}, which lies in a domain; it is of another connector: give the \
         export of the one to Microsoft Entra ID"
    )]
    NotEntra {
        /// The object.
        dn: String,
    },
    /// The receiver of the objects went away.
    #[error("handing over objects: the receiver is gone")]
    ReceiverGone,
}

impl Error {
    /// A malformed answer, with the parser's words.
    pub(crate) fn malformed(place: impl Into<String>, reason: &impl ToString) -> Self {
        Self::Malformed { place: place.into(), reason: quoted(&reason.to_string()) }
    }

    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::File { action, path: path.into(), source }
    }
}

/// A server's text, made harmless and short: the first line, without the numbers that only its operator can use.
pub(crate) fn quoted(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let line = line.split(" Trace ID:").next().unwrap_or(line);
    shorten(line.trim(), MAX_QUOTED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_servers_are_short_and_harmless() {
        let text =
            "AADSTS7000215: Invalid client secret. Trace ID: 0 Correlation ID: 1\r\nTimestamp";
        assert_eq!(quoted(text), "AADSTS7000215: Invalid client secret.");
        assert_eq!(quoted("a\u{1b}[2Jb"), "a\u{FFFD}[2Jb");
        assert_eq!(quoted(&"x".repeat(400)).chars().count(), 301);
        assert_eq!(quoted(""), "");
    }
}
