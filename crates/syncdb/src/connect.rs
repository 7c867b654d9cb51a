//! Connecting: encryption first, every wait bounded, and an error for each way it can fail.
use std::{io, time::Duration};

use dirlift_model::text::shorten;
use secrecy::ExposeSecret;
use tiberius::{AuthMethod, Config, EncryptionLevel, error::Error as Tds};
use tokio::{net::TcpStream, time::timeout};
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

use crate::{
    browser,
    client::Client,
    error::{Error, Limits},
    options::{ClearPassword, ConnectOptions, Credentials, Trust},
    probe::{self, Says, ServerSays},
    statements,
    transport::{Allowance, Bounded, Duplex},
    url::{Auth, Encrypt, Endpoint, SqlUrl},
};

/// Port of a default instance.
const DEFAULT_PORT: u16 = 1433;
/// Bytes that a server may send before the first statement.
const HANDSHAKE_BYTES: u64 = 1 << 20;
/// Longest wait for the question that explains a failure.
const PROBE_LIMIT: Duration = Duration::from_secs(5);

/// What dirlift's TLS can do here.
const OUR_TLS: &str =
    if cfg!(windows) { "the versions that Windows allows" } else { "TLS 1.2 or 1.3" };

pub(crate) type Stream = Compat<Bounded>;

/// Connects to a database and logs in.
///
/// A connection is encrypted, or it is not made, unless the URL says `encrypt=off`; and even then a password goes to a
/// server without any encryption only when the options say that the user agreed.
pub async fn connect(
    url: &SqlUrl,
    credentials: &Credentials,
    options: &ConnectOptions,
) -> Result<Client, Error> {
    let attempt = Attempt {
        url,
        options,
        auth: auth_method(url, credentials)?,
        user: user_name(url, credentials),
    };
    let level = match url.encrypt() {
        Encrypt::Required => EncryptionLevel::On,
        Encrypt::Off => attempt.level_without_duty().await?,
    };
    Box::pin(attempt.run(level)).await
}

fn user_name(url: &SqlUrl, credentials: &Credentials) -> String {
    let given = match credentials {
        Credentials::Password { user, .. } => user.as_deref().or_else(|| url.user()),
        Credentials::CurrentUser => None,
    };
    given.unwrap_or("the current Windows account").to_owned()
}

fn auth_method(url: &SqlUrl, credentials: &Credentials) -> Result<AuthMethod, Error> {
    let wrong = |what| Error::Credentials { server: url.server(), what };
    match (url.auth(), credentials) {
        (Auth::Sql, Credentials::Password { user, password }) => {
            let user = user.as_deref().or_else(|| url.user());
            let user = user.ok_or_else(|| {
                wrong("no user is named; write `mssql://user@host/…` or give --user")
            })?;
            Ok(AuthMethod::sql_server(user, password.expose_secret()))
        }
        (Auth::Sql, Credentials::CurrentUser) => Err(wrong(
            "a SQL Server login needs a password; give it with --password-file or at the prompt",
        )),
        (Auth::Windows, credentials) => windows_auth(url, credentials),
    }
}

#[cfg(windows)]
fn windows_auth(url: &SqlUrl, credentials: &Credentials) -> Result<AuthMethod, Error> {
    match credentials {
        Credentials::CurrentUser => Ok(AuthMethod::Integrated),
        Credentials::Password { user, password } => {
            let what = "no account is named; write `DOMAIN\\name` as the user";
            let user = user.as_deref().or_else(|| url.user());
            let user = user.ok_or_else(|| Error::Credentials { server: url.server(), what })?;
            Ok(AuthMethod::windows(user, password.expose_secret()))
        }
    }
}

#[cfg(not(windows))]
fn windows_auth(url: &SqlUrl, _: &Credentials) -> Result<AuthMethod, Error> {
    Err(Error::NeedsWindows { server: url.server(), what: "a login with a Windows account" })
}

/// One way to connect.
struct Attempt<'a> {
    url: &'a SqlUrl,
    options: &'a ConnectOptions,
    auth: AuthMethod,
    user: String,
}

impl Attempt<'_> {
    async fn run(&self, level: EncryptionLevel) -> Result<Client, Error> {
        let limit = self.options.connect_timeout;
        let allowance = Allowance::new(HANDSHAKE_BYTES);
        let stream = self.open().await?;
        let stream = Bounded::new(stream, allowance.clone()).compat_write();
        // The library's own bound ends last, so that there is one place that tells of it.
        let connecting = Box::pin(tiberius::Client::connect(self.config(level), stream));
        let joined = timeout(limit, connecting).await;
        match joined {
            Ok(Ok(inner)) => Ok(Client {
                inner,
                allowance,
                server: self.url.server(),
                database: self.url.database().to_owned(),
                grant: statements::grant(&self.user),
                max_runs: self.options.max_runs,
                large_group: self.options.large_group,
                limits: Limits {
                    silence: self.options.command_timeout,
                    bytes: self.options.max_statement_bytes,
                },
            }),
            Ok(Err(error)) => Err(self.explained(&error, level).await),
            Err(_) => Err(self.silent(level).await),
        }
    }

    fn config(&self, level: EncryptionLevel) -> Config {
        let mut config = Config::new();
        if let Endpoint::Tcp { host, port, instance } = self.url.endpoint() {
            config.host(host);
            config.port(port.unwrap_or(DEFAULT_PORT));
            // The server checks that it is the instance that was meant.
            if let Some(instance) = instance {
                config.instance_name(instance);
            }
        }
        config.database(self.url.database());
        config.application_name("dirlift");
        config.authentication(self.auth.clone());
        config.encryption(level);
        config.packet_size(8_000);
        config.lossy_utf16_decoding(true);
        config.handshake_timeout(Some(self.options.connect_timeout.saturating_mul(2)));
        config.command_timeout(Some(self.options.command_timeout));
        match &self.options.trust {
            Trust::System => {}
            Trust::SystemAnd(file) => config.trust_cert_ca_bundle(file.clone()),
            Trust::AnyCertificate => config.trust_cert(),
        }
        config
    }

    /// With `encrypt=off`: what the server can decides, for the client library waits for ever where it cannot encrypt.
    async fn level_without_duty(&self) -> Result<EncryptionLevel, Error> {
        let says = self.probe(self.options.connect_timeout).await?;
        let is_clear = says.encryption == Says::NotSupported;
        match (is_clear, self.url.auth(), self.options.clear_password) {
            (false, ..) => Ok(EncryptionLevel::Off),
            (true, Auth::Windows, _) | (true, Auth::Sql, ClearPassword::Agreed) => {
                Ok(EncryptionLevel::NotSupported)
            }
            (true, Auth::Sql, ClearPassword::Refused) => Err(Error::NoEncryption {
                server: self.url.server(),
                tried: tried("the login encrypted", Some(says)),
                advice: "the password would be readable on the wire and is not sent; give the server a certificate, or \
                         use a Windows account",
            }),
        }
    }

    async fn open(&self) -> Result<Box<dyn Duplex>, Error> {
        let server = self.url.server();
        match self.url.endpoint() {
            Endpoint::Pipe { path } => open_pipe(path, server),
            Endpoint::Tcp { host, port, instance } => {
                let limit = self.options.connect_timeout;
                let opened = timeout(limit, self.open_tcp(host, *port, instance.as_deref())).await;
                opened.unwrap_or_else(|_| {
                    Err(Error::Timeout { server, what: "connecting".to_owned(), limit })
                })
            }
        }
    }

    async fn open_tcp(
        &self,
        host: &str,
        port: Option<u16>,
        instance: Option<&str>,
    ) -> Result<Box<dyn Duplex>, Error> {
        let cannot = |reason: String| Error::CannotConnect { server: self.url.server(), reason };
        let addresses =
            tokio::net::lookup_host((host, port.unwrap_or(self.options.browser_port))).await;
        let addresses =
            addresses.map_err(|it| cannot(format!("the name cannot be resolved ({it})")))?;
        let mut first = None;
        for mut address in addresses.take(8) {
            if port.is_none() {
                let found = match instance {
                    Some(name) => {
                        browser::port_of(host, address, name, self.options.browser_timeout).await
                    }
                    None => Ok(DEFAULT_PORT),
                };
                match found {
                    Ok(port) => address.set_port(port),
                    Err(error) => {
                        first.get_or_insert(error);
                        continue;
                    }
                }
            }
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    stream.set_nodelay(true).ok();
                    return Ok(Box::new(stream));
                }
                Err(error) => {
                    first.get_or_insert(cannot(format!("{address}: {error}")));
                }
            }
        }
        Err(first.unwrap_or_else(|| cannot("the name has no address".to_owned())))
    }

    async fn probe(&self, limit: Duration) -> Result<ServerSays, Error> {
        let mut stream = self.open().await?;
        let (server, what) = (self.url.server(), "asking whether it can encrypt".to_owned());
        match timeout(limit, probe::ask(&mut *stream)).await {
            Err(_) => Err(Error::Timeout { server, what, limit }),
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                Err(Error::Protocol { server, what, reason: error.to_string() })
            }
            Ok(Err(error)) => {
                Err(Error::ConnectionLost { server, what, reason: error.to_string() })
            }
            Ok(Ok(says)) => Ok(says),
        }
    }

    /// Nothing came: tells a server that never speaks from one that falls silent over TLS.
    async fn silent(&self, level: EncryptionLevel) -> Error {
        let limit = self.options.connect_timeout;
        let server = self.url.server();
        match self.probe(PROBE_LIMIT.min(limit)).await {
            Ok(says) => Error::Tls {
                server,
                tried: tried(in_words(level), Some(says)),
                reason: format!(
                    "the server fell silent for {} s during the handshake or the login",
                    limit.as_secs_f32()
                ),
                advice: OLD_TLS,
            },
            Err(_) => {
                Error::Timeout { server, what: "connecting and logging in".to_owned(), limit }
            }
        }
    }

    async fn explained(&self, error: &Tds, level: EncryptionLevel) -> Error {
        let server = self.url.server();
        match error {
            Tds::Server(error) => self.refused(error),
            Tds::Protocol(text) if text.contains("requested encryption level") => {
                Error::NoEncryption {
                    server,
                    tried: tried(in_words(level), self.probe(PROBE_LIMIT).await.ok()),
                    advice: "give the server a certificate, or write `encrypt=off` in the URL to accept that the data goes in \
                         clear",
                }
            }
            Tds::Protocol(text) if text.contains("rejected the requested instance") => {
                let (host, instance) = match self.url.endpoint() {
                    Endpoint::Tcp { host, instance, .. } => {
                        (host.clone(), instance.clone().unwrap_or_default())
                    }
                    Endpoint::Pipe { path } => (path.clone(), String::new()),
                };
                let reason = "another instance answers on this port; check the port, or leave the instance out".to_owned();
                Error::InstanceNotFound { host, instance, reason }
            }
            Tds::Routing { host, port } => Error::CannotConnect {
                server,
                reason: format!(
                    "the server sends clients to {}:{port}; connect there",
                    shorten(host, 100)
                ),
            },
            Tds::Tls(text) => self.tls(text, level).await,
            Tds::Io { kind: io::ErrorKind::TimedOut, .. } => self.silent(level).await,
            Tds::Io { kind: io::ErrorKind::InvalidData, message } => self.tls(message, level).await,
            Tds::Io { message, .. } if message.contains("tls") => self.tls(message, level).await,
            Tds::Io { message, .. } => Error::ConnectionLost {
                server,
                what: "connecting and logging in".to_owned(),
                reason: shorten(message, 300),
            },
            other => Error::Protocol {
                server,
                what: "connecting and logging in".to_owned(),
                reason: shorten(&other.to_string(), 300),
            },
        }
    }

    async fn tls(&self, text: &str, level: EncryptionLevel) -> Error {
        // The library's advice names its own functions: only the cause is of use.
        let cause = text.split(". To connect anyway").next().unwrap_or(text);
        let is_certificate =
            ["certificate", "CERT_E", "UnknownIssuer"].iter().any(|it| cause.contains(it));
        Error::Tls {
            server: self.url.server(),
            tried: tried(
                in_words(level),
                self.probe(PROBE_LIMIT.min(self.options.connect_timeout)).await.ok(),
            ),
            reason: shorten(cause, 300),
            advice: if is_certificate { CERTIFICATE } else { OLD_TLS },
        }
    }

    fn refused(&self, error: &tiberius::error::TokenError) -> Error {
        let server = self.url.server();
        let message = format!("error {}: {}", error.code(), shorten(error.message(), 300));
        match error.code() {
            4_060 | 911 | 916 => Error::NoSuchDatabase {
                server,
                database: self.url.database().to_owned(),
                grant: statements::user_and_grant(&self.user),
            },
            18_000..=18_999 => Error::LoginFailed { server, user: self.user.clone(), message },
            _ if error.class() == 14 => {
                Error::LoginFailed { server, user: self.user.clone(), message }
            }
            _ => Error::CannotConnect { server, reason: message },
        }
    }
}

const CERTIFICATE: &str = "give the authority that signed the server's certificate with --ca-file and connect by the name \
                           that the certificate holds; one that the server made for itself cannot be checked: on a \
                           network that you trust, --trust-server-certificate takes it as it is";

const OLD_TLS: &str = if cfg!(windows) {
    "the server or Windows allows no version of TLS in common; switch TLS 1.2 on for the server, or run this on the server \
     itself over its named pipe"
} else {
    "the server may know only TLS older than 1.2, which is not spoken from here; install the server's update for TLS 1.2, \
     or run this on Windows, whose own TLS is used there"
};

fn in_words(level: EncryptionLevel) -> &'static str {
    match level {
        EncryptionLevel::NotSupported => "nothing encrypted",
        EncryptionLevel::Off => "the login encrypted",
        _ => "everything encrypted",
    }
}

fn tried(wanted: &str, says: Option<ServerSays>) -> String {
    let server = says.map_or_else(
        || "the server does not say what it can".to_owned(),
        |it| {
            let (major, minor, build) = it.version;
            format!(
                "the server is SQL Server {major}.{minor}.{build} with encryption {}",
                it.encryption
            )
        },
    );
    format!("{wanted} with {OUR_TLS}, {server}")
}

#[cfg(windows)]
fn open_pipe(path: &str, server: String) -> Result<Box<dyn Duplex>, Error> {
    match tokio::net::windows::named_pipe::ClientOptions::new().open(path) {
        Ok(pipe) => Ok(Box::new(pipe)),
        Err(error) => Err(Error::CannotConnect { server, reason: error.to_string() }),
    }
}

#[cfg(not(windows))]
fn open_pipe(_: &str, server: String) -> Result<Box<dyn Duplex>, Error> {
    Err(Error::NeedsWindows { server, what: "a named pipe" })
}
