//! One connection to a server: TLS, sign-in, searches. Nothing is read before somebody wants it.
use std::{io, sync::Arc, time::Duration};

use rustls::{ClientConfig, pki_types::ServerName};
use secrecy::ExposeSecret as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{
    ber,
    message::{Outcome, Request, Response, Search, decode},
    raw::RawEntry,
};
use crate::{
    error::{BindProblem, DirectoryError, server_text},
    source::{Credentials, Limits, Security, Server},
    tls,
};

/// Bytes that are asked of the network at once.
const CHUNK: usize = 64 << 10;

/// Largest message before somebody has signed in.
const MAX_EARLY_MESSAGE: usize = 1 << 20;

/// The buffer is given back after a message larger than this.
const KEPT_BUFFER: usize = 4 << 20;

/// A connection inside TLS.
pub(crate) struct Connection {
    stream: TlsStream<TcpStream>,
    server: String,
    buffer: Vec<u8>,
    /// Where the unread part of the buffer begins.
    at: usize,
    /// Where the message before it begins.
    last: usize,
    last_id: i32,
    silence: Duration,
    max_message: usize,
}

/// One step of a search.
#[derive(Debug)]
pub(crate) enum Item {
    /// An entry, which [`Connection::entry_here`] reads.
    Entry,
    /// Entries elsewhere, which are not fetched.
    Reference(Vec<String>),
    /// The end of the page.
    End(Outcome),
}

impl Connection {
    /// Connects, encrypts, and signs in.
    pub(crate) async fn open(
        server: &Server,
        config: &Arc<ClientConfig>,
        credentials: Option<&Credentials>,
        limits: &Limits,
    ) -> Result<Self, DirectoryError> {
        let name = server.to_string();
        let stream = timeout(limits.connect, encrypted(server, &name, config)).await;
        let stream = stream.map_err(|_| DirectoryError::CannotConnect {
            server: name.clone(),
            reason: format!("no answer within {} s", limits.connect.as_secs()),
        })??;
        let mut connection = Self {
            stream,
            server: name,
            buffer: Vec::new(),
            at: 0,
            last: 0,
            last_id: 1,
            silence: limits.silence,
            max_message: MAX_EARLY_MESSAGE,
        };
        if let Some(credentials) = credentials {
            connection.bind(credentials).await?;
        }
        connection.max_message = limits.message;
        Ok(connection)
    }

    /// The server, for messages.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    async fn bind(&mut self, credentials: &Credentials) -> Result<(), DirectoryError> {
        let user = credentials.user.as_str();
        let password = credentials.password.expose_secret();
        let refuse = |reason| DirectoryError::Credentials { server: self.server.clone(), reason };
        // A server takes a bind without a password for one without a name, and calls it a success.
        if user.is_empty() {
            return Err(refuse("the user name is empty"));
        }
        if password.is_empty() {
            return Err(refuse("the password is empty"));
        }
        let id = self.send(&Request::Bind { name: user, password }, "signing in").await?;
        let outcome = match self.receive("signing in").await? {
            (it, Response::Bind(outcome)) if it == i64::from(id) => outcome,
            (_, Response::Extended(outcome)) => {
                return Err(self.disconnected("signing in", &outcome));
            }
            (_, other) => return Err(self.unexpected("signing in", &other)),
        };
        if outcome.code == 0 {
            return Ok(());
        }
        let problem = BindProblem::new(&outcome);
        Err(DirectoryError::Bind { server: self.server.clone(), user: user.to_owned(), problem })
    }

    /// Asks for a page; [`Connection::next`] brings what is on it.
    pub(crate) async fn search(
        &mut self,
        search: &Search,
        page: Option<(u16, &[u8])>,
        during: &str,
    ) -> Result<i32, DirectoryError> {
        let page = page.map(|(size, cookie)| (i32::from(size), cookie));
        self.send(&Request::Search { search, page }, during).await
    }

    /// The next step of a search.
    pub(crate) async fn next(&mut self, id: i32, during: &str) -> Result<Item, DirectoryError> {
        loop {
            let (answered, response) = self.receive(during).await?;
            if answered == 0 {
                if let Response::Extended(outcome) = response {
                    return Err(self.disconnected(during, &outcome));
                }
                continue;
            }
            if answered != i64::from(id) {
                // What is left of a search that was given up.
                continue;
            }
            return match response {
                Response::Entry => Ok(Item::Entry),
                Response::Reference(urls) => Ok(Item::Reference(urls)),
                Response::SearchDone(outcome) => Ok(Item::End(outcome)),
                other => Err(self.unexpected(during, &other)),
            };
        }
    }

    /// The entry that [`Connection::next`] came to, as it lies in the buffer.
    pub(crate) fn entry_here(&self, during: &str) -> Result<RawEntry<'_>, DirectoryError> {
        RawEntry::decode(&self.buffer[self.last..self.at])
            .map_err(|reason| self.not_ldap(during, reason))
    }

    /// A whole search of which few entries are expected, page by page.
    pub(crate) async fn find(
        &mut self,
        search: &Search,
        page_size: u16,
        max: usize,
        during: &str,
    ) -> Result<Vec<RawEntry<'static>>, DirectoryError> {
        let mut found = Vec::new();
        let mut cookie = Vec::new();
        loop {
            let id = self.search(search, Some((page_size, &cookie)), during).await?;
            let outcome = loop {
                match self.next(id, during).await? {
                    Item::Entry => found.push(self.entry_here(during)?.into_owned()),
                    Item::Reference(_) => {}
                    Item::End(outcome) => break outcome,
                }
                if found.len() > max {
                    return Err(DirectoryError::Unexpected {
                        server: self.server.clone(),
                        during: during.to_owned(),
                        reason: format!("more than {max} entries came"),
                    });
                }
            };
            if outcome.code != 0 {
                return Err(DirectoryError::refused(&self.server, during, &outcome));
            }
            match outcome.cookie {
                Some(next) if !next.is_empty() => cookie = next,
                _ => return Ok(found),
            }
        }
    }

    /// One entry, without paging; `None` when it is not there.
    pub(crate) async fn entry(
        &mut self,
        search: &Search,
        during: &str,
    ) -> Result<Option<RawEntry<'static>>, DirectoryError> {
        let id = self.search(search, None, during).await?;
        let mut found = None;
        loop {
            match self.next(id, during).await? {
                Item::Entry => found = Some(self.entry_here(during)?.into_owned()),
                Item::Reference(_) => {}
                Item::End(outcome) if outcome.code == 0 || outcome.code == 32 => return Ok(found),
                Item::End(outcome) => {
                    return Err(DirectoryError::refused(&self.server, during, &outcome));
                }
            }
        }
    }

    /// Says goodbye. Whether anybody hears it does not matter.
    pub(crate) async fn close(mut self) {
        if self.send(&Request::Unbind, "closing").await.is_ok() {
            drop(timeout(Duration::from_secs(1), self.stream.shutdown()).await);
        }
    }

    async fn send(&mut self, request: &Request<'_>, during: &str) -> Result<i32, DirectoryError> {
        self.last_id = if self.last_id == i32::MAX { 1 } else { self.last_id + 1 };
        let bytes = request.encode(self.last_id);
        let sending = async {
            self.stream.write_all(&bytes).await?;
            self.stream.flush().await
        };
        match timeout(self.silence, sending).await {
            Ok(Ok(())) => Ok(self.last_id),
            Ok(Err(error)) => Err(self.lost(during, error.to_string())),
            Err(_) => Err(self.lost(during, "the server takes nothing more".to_owned())),
        }
    }

    async fn receive(&mut self, during: &str) -> Result<(i64, Response), DirectoryError> {
        let end = loop {
            let unread = &self.buffer[self.at..];
            match ber::head(unread).map_err(|it| self.not_ldap(during, it))? {
                Some((tag, ..)) if tag != ber::SEQUENCE => {
                    let reason = ber::BerError::Tag { expected: ber::SEQUENCE, found: tag };
                    return Err(self.not_ldap(during, reason));
                }
                Some((_, n_head, n_content)) => {
                    let n_bytes = n_head.saturating_add(n_content);
                    if n_bytes > self.max_message {
                        return Err(DirectoryError::TooLarge {
                            server: self.server.clone(),
                            during: during.to_owned(),
                            n_bytes,
                            limit: self.max_message,
                        });
                    }
                    if unread.len() >= n_bytes {
                        break self.at + n_bytes;
                    }
                    self.fill(n_bytes - unread.len(), during).await?;
                }
                None => self.fill(1, during).await?,
            }
        };
        let decoded = decode(&self.buffer[self.at..end]).map_err(|it| self.not_ldap(during, it))?;
        self.last = self.at;
        self.at = end;
        Ok(decoded)
    }

    /// Reads at least `wanted` more bytes, unless the connection ends.
    async fn fill(&mut self, wanted: usize, during: &str) -> Result<(), DirectoryError> {
        if self.at > 0 {
            self.buffer.drain(..self.at);
            (self.last, self.at) = (0, 0);
            if self.buffer.capacity() > KEPT_BUFFER {
                self.buffer.shrink_to(CHUNK.max(self.buffer.len()));
            }
        }
        let target = self.buffer.len() + wanted;
        while self.buffer.len() < target {
            // Memory follows what has come, not what was announced.
            self.buffer.reserve(CHUNK);
            match timeout(self.silence, self.stream.read_buf(&mut self.buffer)).await {
                Ok(Ok(0)) => return Err(self.lost(during, "the server closed it".to_owned())),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(self.lost(during, error.to_string())),
                Err(_) => {
                    let seconds = self.silence.as_secs();
                    return Err(self.lost(during, format!("nothing came for {seconds} s")));
                }
            }
        }
        Ok(())
    }

    fn not_ldap(&self, during: &str, reason: ber::BerError) -> DirectoryError {
        let (server, during) = (self.server.clone(), during.to_owned());
        DirectoryError::NotLdap { server, during, reason }
    }

    fn lost(&self, during: &str, reason: String) -> DirectoryError {
        DirectoryError::Lost { server: self.server.clone(), during: during.to_owned(), reason }
    }

    fn disconnected(&self, during: &str, outcome: &Outcome) -> DirectoryError {
        let text = server_text(&outcome.message);
        self.lost(
            during,
            format!("the server disconnects, result {} {text}", outcome.code).trim().to_owned(),
        )
    }

    fn unexpected(&self, during: &str, response: &Response) -> DirectoryError {
        let reason = match response {
            Response::Other(tag) => format!("it answers with a message of tag {tag:#04x}"),
            _ => "it answers a question that was not asked".to_owned(),
        };
        DirectoryError::Unexpected {
            server: self.server.clone(),
            during: during.to_owned(),
            reason,
        }
    }
}

async fn encrypted(
    server: &Server,
    name: &str,
    config: &Arc<ClientConfig>,
) -> Result<TlsStream<TcpStream>, DirectoryError> {
    let host =
        ServerName::try_from(server.host.clone()).map_err(|_| DirectoryError::CannotConnect {
            server: name.to_owned(),
            reason: "the host is neither a DNS name nor an address".to_owned(),
        })?;
    let cannot = |error: io::Error| DirectoryError::CannotConnect {
        server: name.to_owned(),
        reason: error.to_string(),
    };
    let mut tcp = TcpStream::connect((server.host.as_str(), server.port)).await.map_err(cannot)?;
    tcp.set_nodelay(true).map_err(cannot)?;
    if server.security == Security::StartTls {
        start_tls(&mut tcp, name).await?;
    }
    let connector = TlsConnector::from(Arc::clone(config));
    connector.connect(host, tcp).await.map_err(|it| tls::failure(name, &it))
}

/// Asks for TLS. Exactly one message is read, byte by byte as far as its length is unknown: what somebody on the way
/// puts behind it goes into the handshake, where it does no good, and never into what is taken for encrypted.
async fn start_tls(tcp: &mut TcpStream, name: &str) -> Result<(), DirectoryError> {
    let during = "asking for StartTLS";
    let lost = |error: io::Error| DirectoryError::Lost {
        server: name.to_owned(),
        during: during.to_owned(),
        reason: error.to_string(),
    };
    tcp.write_all(&Request::StartTls.encode(1)).await.map_err(lost)?;
    let not_ldap = |reason| DirectoryError::NotLdap {
        server: name.to_owned(),
        during: during.to_owned(),
        reason,
    };
    let mut message = Vec::new();
    let n_content = loop {
        match ber::head(&message).map_err(not_ldap)? {
            Some((_, _, n_content)) => break n_content,
            None if message.len() >= ber::MAX_HEAD => return Err(not_ldap(ber::BerError::Length)),
            None => message.push(tcp.read_u8().await.map_err(lost)?),
        }
    };
    if n_content > MAX_EARLY_MESSAGE {
        return Err(DirectoryError::TooLarge {
            server: name.to_owned(),
            during: during.to_owned(),
            n_bytes: n_content,
            limit: MAX_EARLY_MESSAGE,
        });
    }
    let n_head = message.len();
    message.resize(n_head + n_content, 0);
    tcp.read_exact(&mut message[n_head..]).await.map_err(lost)?;
    match decode(&message).map_err(not_ldap)? {
        (1, Response::Extended(outcome)) if outcome.code == 0 => Ok(()),
        (_, Response::Extended(outcome)) => {
            let text = server_text(&outcome.message);
            Err(DirectoryError::StartTlsRefused {
                server: name.to_owned(),
                reason: format!("result {} {text}", outcome.code).trim().to_owned(),
            })
        }
        _ => Err(DirectoryError::Unexpected {
            server: name.to_owned(),
            during: during.to_owned(),
            reason: "it answers a question that was not asked".to_owned(),
        }),
    }
}
