//! What can go wrong, in words that say what to do.
use std::{fmt, io};

use dirlift_model::text::shorten;

use crate::{ldap::ber::BerError, ldap::message::Outcome, source::SourceError};

/// Longest text of a server that a message repeats, in characters.
const MAX_TEXT: usize = 200;

/// Why a directory could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The source is not one.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The file of certificate authorities cannot be used.
    #[error("reading certificate authorities from {path}: {reason}")]
    CaFile {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The operating system's certificate authorities cannot be used.
    #[error("using the certificate authorities of this computer: {0}; name a file with --ca-file")]
    PlatformTrust(String),
    /// The credentials cannot be sent.
    #[error("signing in to {server}: {reason}")]
    Credentials {
        /// The server.
        server: String,
        /// What is wrong with them.
        reason: &'static str,
    },
    /// Nobody answers.
    #[error(
        "cannot connect to {server}: {reason}; check the name and the port, and that no firewall is between"
    )]
    CannotConnect {
        /// The server.
        server: String,
        /// What the system says.
        reason: String,
    },
    /// TLS failed; nothing was sent.
    #[error("encrypting the connection to {server}: {reason}; {advice}")]
    Tls {
        /// The server.
        server: String,
        /// What is wrong.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// The server does not begin TLS; nothing was sent.
    #[error(
        "encrypting the connection to {server}: the server refuses StartTLS ({reason}); the password was not sent. \
         Give the domain controller a certificate, or use ldaps://"
    )]
    StartTlsRefused {
        /// The server.
        server: String,
        /// What it says.
        reason: String,
    },
    /// The account cannot sign in.
    #[error("signing in to {server} as {user}: {problem}")]
    Bind {
        /// The server.
        server: String,
        /// The account.
        user: String,
        /// Why.
        problem: BindProblem,
    },
    /// The connection broke.
    #[error("{during} on {server}: the connection was lost ({reason})")]
    Lost {
        /// The server.
        server: String,
        /// What was being done.
        during: String,
        /// What the system says.
        reason: String,
    },
    /// The connection broke more often than is put up with.
    #[error("{during}: gave up after {restarts} restarts; the last failure was: {last}")]
    GaveUp {
        /// What was being done.
        during: String,
        /// How often it was begun again.
        restarts: u32,
        /// The last failure.
        last: Box<DirectoryError>,
    },
    /// The server refuses what was asked.
    #[error("{during} on {server}: {code}{text}")]
    Refused {
        /// The server.
        server: String,
        /// What was being done.
        during: String,
        /// The result.
        code: ResultCode,
        /// The server's own words, in brackets, or nothing.
        text: String,
    },
    /// The server does not speak LDAP as it should.
    #[error("{during} on {server}: its answer is not LDAP: {reason}")]
    NotLdap {
        /// The server.
        server: String,
        /// What was being done.
        during: String,
        /// What is wrong with it.
        reason: BerError,
    },
    /// The server sends more than a message may hold.
    #[error(
        "{during} on {server}: a message of {n_bytes} bytes is larger than the {limit} that are read"
    )]
    TooLarge {
        /// The server.
        server: String,
        /// What was being done.
        during: String,
        /// Its size.
        n_bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The server answers something that makes no sense here.
    #[error("{during} on {server}: {reason}")]
    Unexpected {
        /// The server.
        server: String,
        /// What was being done.
        during: String,
        /// What it answered.
        reason: String,
    },
    /// A configured partition is not in the forest.
    #[error("the forest of {server} has no partition {partition}; it has {known}")]
    NoPartition {
        /// The server that was asked.
        server: String,
        /// The missing partition.
        partition: String,
        /// Those it has.
        known: String,
    },
    /// An LDIF file cannot be read.
    #[error(transparent)]
    Ldif(#[from] LdifError),
    /// The source needs a reader that the caller brings: [`crate::Import::from_objects`].
    #[error("a connector-space export was given without its reader")]
    CsExport,
    /// The reader of the objects failed.
    #[error(transparent)]
    Objects(Box<dyn std::error::Error + Send + Sync>),
    /// The objects are not from Active Directory.
    #[error(
        "the connector-space export has the object {dn}, which lies in no domain; it is of another connector: give the \
         export of the one to Active Directory"
    )]
    NotActiveDirectory {
        /// The object.
        dn: String,
    },
    /// The import ended without saying how.
    #[error("the import ended early")]
    Ended,
}

impl DirectoryError {
    /// Whether trying again, perhaps on another server, can help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::CannotConnect { .. } | Self::Lost { .. } => true,
            Self::Refused { code, .. } => matches!(code.0, 51 | 52),
            Self::Bind { problem: BindProblem::Refused(code, _), .. } => matches!(code.0, 51 | 52),
            _ => false,
        }
    }

    pub(crate) fn refused(server: &str, during: &str, outcome: &Outcome) -> Self {
        let text = server_text(&outcome.message);
        let text = if text.is_empty() { text } else { format!(" ({text})") };
        let (server, during) = (server.to_owned(), during.to_owned());
        Self::Refused { server, during, code: ResultCode(outcome.code), text }
    }
}

/// The words of a server, on one line and not too many.
pub(crate) fn server_text(message: &str) -> String {
    shorten(message.trim_matches(|it: char| it.is_whitespace() || it == '\0'), MAX_TEXT)
}

/// Why a file is not LDIF.
#[derive(Debug, thiserror::Error)]
pub enum LdifError {
    /// The file cannot be read or written.
    #[error("{action} {path}")]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// A line is not LDIF.
    #[error("{path}:{line}: {reason}")]
    Line {
        /// The file.
        path: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// Why an account cannot sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindProblem {
    /// Active Directory names the reason by a number in its text (`data 52e`).
    Account(u32),
    /// Any other refusal, with the server's own words.
    Refused(ResultCode, String),
}

/// Reasons of Active Directory, by the Windows error code in hexadecimal: what it means and what to do.
const ACCOUNT_PROBLEMS: &[(u32, &str, &str)] = &[
    (
        0x525,
        "there is no such account",
        "write it as name@domain, DOMAIN\\name or as a distinguished name",
    ),
    (
        0x52E,
        "the user name or the password is wrong",
        "check both; the name may be name@domain or DOMAIN\\name",
    ),
    (0x530, "the account may not sign in at this time", "look at its logon hours"),
    (
        0x531,
        "the account may not sign in from here",
        "look at the workstations that it may log on to",
    ),
    (0x532, "the password has expired", "change it, or let it not expire for this account"),
    (0x533, "the account is disabled", "enable it or use another"),
    (0x701, "the account has expired", "extend it or use another"),
    (
        0x773,
        "the password must be changed before the first sign-in",
        "change it, or clear \"must change password\"",
    ),
    (0x775, "the account is locked out", "unlock it, or wait until the lockout ends"),
];

impl BindProblem {
    pub(crate) fn new(outcome: &Outcome) -> Self {
        let known = (outcome.code == 49).then(|| account_code(&outcome.message)).flatten();
        known.map_or_else(
            || Self::Refused(ResultCode(outcome.code), server_text(&outcome.message)),
            Self::Account,
        )
    }
}

/// The number in `80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 52e, v1db1`.
fn account_code(message: &str) -> Option<u32> {
    let (_, rest) = message.split_once(" data ")?;
    let digits = rest.split(|it: char| !it.is_ascii_hexdigit()).next()?;
    u32::from_str_radix(digits, 16).ok()
}

impl fmt::Display for BindProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(code) => match ACCOUNT_PROBLEMS.iter().find(|it| it.0 == *code) {
                Some((code, what, advice)) => write!(f, "{what} (data {code:x}); {advice}"),
                None => write!(f, "Windows refuses it with error {code:#x}"),
            },
            Self::Refused(ResultCode(8), text) => write!(
                f,
                "the server takes no simple bind on this connection (result 8, strongerAuthRequired: {text}); \
                 it wants TLS all the way to itself, so look for a proxy between that ends it"
            ),
            Self::Refused(ResultCode(49), text) => {
                write!(f, "the user name or the password is wrong (result 49: {text})")
            }
            Self::Refused(code, text) if text.is_empty() => write!(f, "{code}"),
            Self::Refused(code, text) => write!(f, "{code} ({text})"),
        }
    }
}

/// A result code of LDAP (RFC 4511 4.1.9); it shows itself with its name and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultCode(pub i64);

const RESULTS: &[(i64, &str, &str)] = &[
    (1, "operationsError", "the account may not have signed in; give a user and a password"),
    (2, "protocolError", "the server does not understand the request"),
    (
        3,
        "timeLimitExceeded",
        "the search took longer than the server allows; choose smaller containers",
    ),
    (
        4,
        "sizeLimitExceeded",
        "the server sends no more entries; its policy must allow paged searches of this size",
    ),
    (8, "strongerAuthRequired", "the server wants TLS or signing"),
    (10, "referral", "this server does not hold what was asked for; name a server of that domain"),
    (
        11,
        "adminLimitExceeded",
        "a limit of the server's query policy was reached; choose smaller containers",
    ),
    (
        12,
        "unavailableCriticalExtension",
        "the server does not offer paged searches, or has forgotten the page",
    ),
    (32, "noSuchObject", "there is no such container, or the account may not see it"),
    (34, "invalidDNSyntax", "a container of the configuration is no name for this server"),
    (48, "inappropriateAuthentication", "the server takes no simple bind for this account"),
    (49, "invalidCredentials", "the user name or the password is wrong"),
    (50, "insufficientAccessRights", "grant the account the right to read here"),
    (51, "busy", "the server is busy; try again later"),
    (52, "unavailable", "the server is shutting down; use another"),
    (53, "unwillingToPerform", "the server declines; its own words say why"),
    (80, "other", "an error inside the server"),
];

impl fmt::Display for ResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match RESULTS.iter().find(|it| it.0 == self.0) {
            Some((code, name, advice)) => write!(f, "result {code}, {name}: {advice}"),
            None => write!(f, "result {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(code: i64, message: &str) -> Outcome {
        Outcome { code, message: message.to_owned(), ..Outcome::default() }
    }

    #[test]
    fn the_reasons_of_active_directory_are_told_apart() {
        let cases = [
            ("52e", "the user name or the password is wrong (data 52e)"),
            ("533", "the account is disabled (data 533)"),
            ("701", "the account has expired (data 701)"),
            ("773", "the password must be changed before the first sign-in (data 773)"),
            ("775", "the account is locked out (data 775)"),
            ("0", "Windows refuses it with error 0x0"),
        ];
        for (data, expected) in cases {
            let message = format!(
                "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {data}, v1db1\0"
            );
            let text = BindProblem::new(&outcome(49, &message)).to_string();
            assert!(text.starts_with(expected), "{text}");
        }
        let other = BindProblem::new(&outcome(8, "BindSimple: Transport encryption required."));
        assert!(other.to_string().contains("strongerAuthRequired"), "{other}");
    }

    #[test]
    fn tables_are_sorted_and_say_what_to_do() {
        assert!(RESULTS.is_sorted_by_key(|it| it.0));
        assert!(ACCOUNT_PROBLEMS.is_sorted_by_key(|it| it.0));
        let refused =
            DirectoryError::refused("dc:636", "reading OU=a", &outcome(50, "0000\u{1b}[31m"));
        let text = refused.to_string();
        assert_eq!(
            text,
            "reading OU=a on dc:636: result 50, insufficientAccessRights: grant the account the right to read here \
             (0000\u{FFFD}[31m)"
        );
        assert!(!refused.is_transient());
        assert!(DirectoryError::refused("", "", &outcome(52, "")).is_transient());
    }
}
