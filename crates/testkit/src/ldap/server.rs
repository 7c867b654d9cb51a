//! A server on a loopback socket that answers as it is told, one thread a connection.
use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{
    ber::{self, element, enumerated, integer, octets, sequence},
    request::{Operation, Request},
};
use crate::pki::Leaf;

/// What becomes of a connection after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It goes on.
    Continue,
    /// It is closed.
    Close,
}

/// Answers the requests of one connection.
pub trait Handler: Send {
    /// Writes the answer to a request.
    fn answer(&mut self, request: &Request, out: &mut dyn Write) -> io::Result<Answer>;
}

impl<F: FnMut(&Request, &mut dyn Write) -> io::Result<Answer> + Send> Handler for F {
    fn answer(&mut self, request: &Request, out: &mut dyn Write) -> io::Result<Answer> {
        self(request, out)
    }
}

/// How TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartTls {
    /// With the first byte.
    Implicit,
    /// When the client asks for it.
    Accept,
    /// Never: the request is refused with `unavailable` (52).
    Refuse,
}

/// A running server. It ends when it is dropped.
#[derive(Debug)]
pub struct LdapServer {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
    log: Arc<Mutex<Vec<Request>>>,
}

impl LdapServer {
    /// Starts a server at a free port of 127.0.0.1; `handler` makes one handler a connection.
    pub fn start(
        leaf: &Leaf,
        start_tls: StartTls,
        handler: impl Fn() -> Box<dyn Handler> + Send + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let server =
            Self { address: listener.local_addr()?, is_over: Arc::default(), log: Arc::default() };
        let (is_over, log) = (Arc::clone(&server.is_over), Arc::clone(&server.log));
        let config = leaf.server_config()?;
        thread::spawn(move || {
            for stream in listener.incoming() {
                if is_over.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (handler, config, log) = (handler(), Arc::clone(&config), Arc::clone(&log));
                // A client that goes away is no failure of the server.
                thread::spawn(move || drop(serve(stream, config, start_tls, handler, &log)));
            }
        });
        Ok(server)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every request so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.log.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl Drop for LdapServer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes the listener.
        drop(TcpStream::connect(self.address));
    }
}

type Log = Mutex<Vec<Request>>;

fn serve(
    mut stream: TcpStream,
    config: Arc<ServerConfig>,
    start_tls: StartTls,
    handler: Box<dyn Handler>,
    log: &Log,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    if start_tls != StartTls::Implicit {
        let Some(request) = ber::read(&mut stream)?.and_then(Request::parse) else { return Ok(()) };
        let id = request.id;
        let is_start =
            matches!(&request.operation, Operation::Extended(it) if it == "1.3.6.1.4.1.1466.20037");
        log.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(request);
        let code = if is_start && start_tls == StartTls::Accept { 0 } else { 52 };
        let done = element(0x78, &[enumerated(code), octets(""), octets("no TLS here")].concat());
        stream.write_all(&sequence(&[integer(id), done]))?;
        if code != 0 {
            // Whatever else a client says is on record, too.
            while let Some(request) = ber::read(&mut stream)?.and_then(Request::parse) {
                log.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(request);
            }
            return Ok(());
        }
    }
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    answer(StreamOwned::new(connection, stream), handler, log)
}

fn answer(
    mut stream: impl Read + Write,
    mut handler: Box<dyn Handler>,
    log: &Log,
) -> io::Result<()> {
    while let Some(message) = ber::read(&mut stream)? {
        let Some(request) = Request::parse(message) else { break };
        log.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(request.clone());
        if request.operation == Operation::Unbind {
            break;
        }
        let answer = handler.answer(&request, &mut stream)?;
        stream.flush()?;
        if answer == Answer::Close {
            break;
        }
    }
    Ok(())
}
