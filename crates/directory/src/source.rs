//! Where a directory is read from, and how it is reached.
use std::{collections::BTreeMap, fmt, path::PathBuf, str::FromStr, time::Duration};

use dirlift_model::text::shorten;
use secrecy::SecretString;

use crate::{ldif::CodePage, tls::Trust};

/// Where Active Directory is read from: `--ad SOURCE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A domain controller.
    Ldap(Server),
    /// An LDIF file, plain or compressed with gzip.
    Ldif(PathBuf),
    /// An export of a connector space, whose reader the caller brings: [`crate::Import::from_objects`].
    CsExport(PathBuf),
}

/// How a connection is encrypted; there is no third way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte, `ldaps://`, port 636.
    Ldaps,
    /// TLS before anything else is said, `ldap://`, port 389.
    StartTls,
}

impl Security {
    const fn default_port(self) -> u16 {
        match self {
            Self::Ldaps => 636,
            Self::StartTls => 389,
        }
    }
}

/// A domain controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// A DNS name or an address; the certificate must be for it.
    pub host: String,
    /// The port.
    pub port: u16,
    /// How it is encrypted.
    pub security: Security,
}

impl Server {
    /// A server at its standard port.
    pub fn new(host: impl Into<String>, security: Security) -> Self {
        Self { host: host.into(), port: security.default_port(), security }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A text that is no source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a source of Active Directory: {reason}")]
pub struct SourceError {
    /// The text, shortened.
    pub text: String,
    /// What is wrong with it, and what to write.
    pub reason: &'static str,
}

impl FromStr for Source {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |reason| SourceError { text: shorten(text, 100), reason };
        if let Some(path) = text.strip_prefix("csexport:") {
            return match path {
                "" => Err(wrong("write csexport: and the path of a file")),
                path => Ok(Self::CsExport(path.into())),
            };
        }
        if text.contains("://") {
            return text.parse().map(Self::Ldap);
        }
        if text.is_empty() {
            return Err(wrong(
                "write ldaps://host, ldap://host, csexport:FILE or the path of an LDIF file",
            ));
        }
        Ok(Self::Ldif(text.into()))
    }
}

impl FromStr for Server {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // What might be a password is not repeated.
        let shown = if text.contains('@') { "…" } else { text };
        let wrong = |reason| SourceError { text: shorten(shown, 100), reason };
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| wrong("write ldaps://host[:port] or ldap://host[:port]"))?;
        let security = match scheme.to_ascii_lowercase().as_str() {
            "ldaps" => Security::Ldaps,
            "ldap" => Security::StartTls,
            _ => return Err(wrong("the schemes are ldaps:// and ldap:// (with StartTLS)")),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains('@') {
            return Err(wrong("name the user with --user; a password has no place in a URL"));
        }
        if rest.contains(['/', '?', '#', '%', '\\', ' ']) {
            return Err(wrong("only a host and a port may follow the scheme"));
        }
        let (host, port) = match rest.strip_prefix('[') {
            Some(inner) => {
                let (host, after) = inner
                    .split_once(']')
                    .ok_or_else(|| wrong("an address in brackets is not closed"))?;
                let port = if after.is_empty() {
                    None
                } else {
                    Some(after.strip_prefix(':').ok_or_else(|| wrong("write [address]:port"))?)
                };
                (host, port)
            }
            None => match rest.split_once(':') {
                Some((_, port)) if port.contains(':') => {
                    return Err(wrong("write an IPv6 address in brackets"));
                }
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            },
        };
        if host.is_empty() {
            return Err(wrong("the host is missing"));
        }
        let port = match port {
            None => security.default_port(),
            Some(port) => {
                let port = port.parse().ok().filter(|it| *it != 0);
                port.ok_or_else(|| wrong("the port is a number from 1 to 65535"))?
            }
        };
        Ok(Self { host: host.to_owned(), port, security })
    }
}

/// Who signs in.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// `name@domain`, `DOMAIN\name` or a distinguished name.
    pub user: String,
    /// The password; it is sent inside TLS only.
    pub password: SecretString,
}

/// Everything that is needed to reach servers.
#[derive(Clone, Debug)]
pub struct Connect {
    /// Whom to trust.
    pub trust: Trust,
    /// Who signs in; without, whatever the directory shows to anybody.
    pub credentials: Option<Credentials>,
    /// Servers to use for a domain (its DNS name in lower case) instead of those that the forest names.
    pub servers: BTreeMap<String, Vec<Server>>,
    /// The code page of LDIF text that is not UTF-8.
    pub code_page: CodePage,
    /// How long to wait, and how often to try.
    pub limits: Limits,
}

impl Connect {
    /// With the standard limits and the forest's own servers.
    pub fn new(trust: Trust, credentials: Option<Credentials>) -> Self {
        Self {
            trust,
            credentials,
            servers: BTreeMap::new(),
            code_page: CodePage::default(),
            limits: Limits::default(),
        }
    }
}

/// How long to wait, how much to ask for, how often to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest wait for a connection, TLS included.
    pub connect: Duration,
    /// Longest silence of a server; Active Directory ends a search after 120 s by itself.
    pub silence: Duration,
    /// Entries of a page; Active Directory allows 1,000 (`MaxPageSize`).
    pub page_size: u16,
    /// How often a container is begun again after a lost connection.
    pub restarts: u32,
    /// Wait before connecting again; doubled each time.
    pub pause: Duration,
    /// Largest message, in bytes: one entry with all its values.
    pub message: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            silence: Duration::from_secs(150),
            page_size: 1_000,
            restarts: 5,
            pause: Duration::from_millis(500),
            message: 256 << 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources() {
        let server = |host: &str, port, security| {
            Some(Source::Ldap(Server { host: host.to_owned(), port, security }))
        };
        let cases = [
            ("ldaps://dc1.corp.example", server("dc1.corp.example", 636, Security::Ldaps)),
            ("LDAPS://dc1:10636/", server("dc1", 10_636, Security::Ldaps)),
            ("ldap://dc1", server("dc1", 389, Security::StartTls)),
            ("ldap://[::1]:3389", server("::1", 3_389, Security::StartTls)),
            ("ldap://[::1]", server("::1", 389, Security::StartTls)),
            ("forest.ldf", Some(Source::Ldif("forest.ldf".into()))),
            (r"C:\export\forest.ldf.gz", Some(Source::Ldif(r"C:\export\forest.ldf.gz".into()))),
            ("csexport:a.xml", Some(Source::CsExport("a.xml".into()))),
            ("", None),
            ("csexport:", None),
            ("ldaps://", None),
            ("ldaps://:636", None),
            ("ldaps://dc:0", None),
            ("ldaps://dc:70000", None),
            ("ldaps://dc/ou=x", None),
            ("ldaps://::1", None),
            ("ldaps://[::1", None),
            ("ldaps://[::1]x", None),
            ("http://dc", None),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<Source>().ok(), expected, "{text}");
        }
        let error = "ldaps://user:hunter2@dc".parse::<Source>().unwrap_err().to_string();
        assert!(!error.contains("hunter2") && error.contains("--user"), "{error}");
    }
}
