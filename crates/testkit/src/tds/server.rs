//! The responder: one thread a connection, each from pre-login to hang-up.
use std::{
    collections::HashMap,
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use rustls::ServerConnection;

use super::{
    database::SqlError,
    login::{Login, Prelogin},
    settings::{Encryption, Fault, ServerBuilder, TlsFault},
    sql,
    tls::Certificate,
    value::Value,
    wire::{self, Request, packet},
};

/// Most bytes of the wire that the responder keeps.
const MAX_KEPT: usize = 1 << 20;

impl ServerBuilder {
    /// Listens on a free port of the loopback interface.
    pub fn start(self) -> io::Result<Server> {
        let certificate = Certificate::new()?;
        let tls = certificate.config(self.tls)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let server = Server {
            address: listener.local_addr()?,
            certificate,
            log: Arc::default(),
            stop: Arc::default(),
        };
        let shared = Arc::new(Shared {
            settings: self,
            tls,
            log: Arc::clone(&server.log),
            answers: Mutex::default(),
        });
        let stop = Arc::clone(&server.stop);
        thread::spawn(move || {
            for connection in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let (Ok(tcp), shared) = (connection, Arc::clone(&shared)) else { continue };
                thread::spawn(move || {
                    if let Err(error) = Session::new(tcp, &shared).and_then(Session::run) {
                        locked(&shared.log).errors.push(error.to_string());
                    }
                });
            }
        });
        Ok(server)
    }
}

/// What the responder saw.
#[derive(Clone, Debug, Default)]
struct Log {
    prelogins: Vec<Prelogin>,
    logins: Vec<Login>,
    statements: Vec<String>,
    errors: Vec<String>,
    wire: Vec<u8>,
}

/// A running responder; it ends when it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    certificate: Certificate,
    log: Arc<Mutex<Log>>,
    stop: Arc<AtomicBool>,
}

impl Server {
    /// The TCP port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The certificate of the authority that signed the server's, as PEM.
    pub fn authority_pem(&self) -> &str {
        &self.certificate.authority_pem
    }

    /// The statements that came, in order.
    pub fn statements(&self) -> Vec<String> {
        locked(&self.log).statements.clone()
    }

    /// The logins that came, in order.
    pub fn logins(&self) -> Vec<Login> {
        locked(&self.log).logins.clone()
    }

    /// The pre-logins that came, in order.
    pub fn prelogins(&self) -> Vec<Prelogin> {
        locked(&self.log).prelogins.clone()
    }

    /// What went wrong on the responder's side, in order.
    pub fn errors(&self) -> Vec<String> {
        locked(&self.log).errors.clone()
    }

    /// The bytes that clients sent, as they were on the wire, up to a mebibyte.
    pub fn wire(&self) -> Vec<u8> {
        locked(&self.log).wire.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts.
        TcpStream::connect(self.address).ok();
    }
}

/// What all connections share.
struct Shared {
    settings: ServerBuilder,
    tls: Arc<rustls::ServerConfig>,
    log: Arc<Mutex<Log>>,
    answers: Mutex<HashMap<String, Arc<Vec<u8>>>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A TCP connection whose received bytes are kept.
struct Tap {
    tcp: TcpStream,
    log: Arc<Mutex<Log>>,
}

impl Read for Tap {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.tcp.read(buf)?;
        let mut log = locked(&self.log);
        let room = MAX_KEPT.saturating_sub(log.wire.len()).min(n);
        log.wire.extend_from_slice(&buf[..room]);
        Ok(n)
    }
}

impl Write for Tap {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.tcp.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

/// One connection.
struct Session<'a> {
    tap: Tap,
    tls: Option<ServerConnection>,
    shared: &'a Shared,
}

impl Read for Session<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => rustls::Stream::new(tls, &mut self.tap).read(buf),
            None => self.tap.read(buf),
        }
    }
}

impl Write for Session<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => rustls::Stream::new(tls, &mut self.tap).write(buf),
            None => self.tap.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.tls {
            Some(tls) => rustls::Stream::new(tls, &mut self.tap).flush(),
            None => self.tap.flush(),
        }
    }
}

impl<'a> Session<'a> {
    fn new(tcp: TcpStream, shared: &'a Shared) -> io::Result<Self> {
        tcp.set_read_timeout(Some(Duration::from_mins(1)))?;
        tcp.set_nodelay(true)?;
        Ok(Self { tap: Tap { tcp, log: Arc::clone(&shared.log) }, tls: None, shared })
    }

    fn run(mut self) -> io::Result<()> {
        let settings = &self.shared.settings;
        let (kind, data) = wire::read_message(&mut self)?;
        if kind != packet::PRELOGIN {
            return Err(wire::invalid("the first packet is not a pre-login"));
        }
        let prelogin = Prelogin::parse(&data)?;
        let (answer, login_only) = match (settings.encryption, prelogin.encryption) {
            (Encryption::NotSupported, _) | (Encryption::Offered, 2) => (2, false),
            (Encryption::Offered, 0) => (0, true),
            (Encryption::Forced, 0 | 2) => (3, false),
            _ => (1, false),
        };
        let wanted = settings.instance.as_deref().unwrap_or_default();
        let is_right =
            prelogin.instance.is_empty() || prelogin.instance.eq_ignore_ascii_case(wanted);
        let encrypts = answer != 2;
        let cannot = prelogin.encryption == 2 && answer == 3;
        locked(&self.shared.log).prelogins.push(prelogin);
        let body = Prelogin::answer(settings.version, answer, is_right);
        wire::write_message(&mut self, packet::RESULT, &body, 4_096)?;
        if cannot {
            return self.tap.tcp.shutdown(Shutdown::Both);
        }
        if encrypts && !self.handshake()? {
            return Ok(());
        }
        let (kind, data) = wire::read_message(&mut self)?;
        if login_only {
            self.tls = None;
        }
        if kind != packet::LOGIN7 {
            return Err(wire::invalid("the packet after the handshake is not a login"));
        }
        let login = Login::parse(&data)?;
        let refusal = self.refusal(&login);
        let tds_version = login.tds_version;
        locked(&self.shared.log).logins.push(login);
        let body = if refusal.is_empty() {
            let product = [
                settings.version[0],
                settings.version[1],
                settings.version[2],
                settings.version[3],
            ];
            wire::login_accepted(
                &settings.database.name,
                settings.packet_size,
                tds_version,
                product,
            )
        } else {
            wire::login_refused(&refusal)
        };
        wire::write_message(&mut self, packet::RESULT, &body, 4_096)?;
        if !refusal.is_empty() {
            return self.wait_for_end();
        }
        while self.serve()? {}
        Ok(())
    }

    /// Errors for a login that is refused, in the order in which the server sends them.
    fn refusal(&self, login: &Login) -> Vec<SqlError> {
        let settings = &self.shared.settings;
        let failed =
            || SqlError::new(18_456, 14, format!("Login failed for user '{}'.", login.user));
        if login.integrated {
            let text = "Login failed. The login is from an untrusted domain and cannot be used with Windows authentication.";
            return vec![SqlError::new(18_452, 14, text)];
        }
        if settings.users.get(&login.user) != Some(&login.password) {
            return vec![failed()];
        }
        if !login.database.is_empty()
            && !login.database.eq_ignore_ascii_case(&settings.database.name)
        {
            let text = format!(
                "Cannot open database \"{}\" requested by the login. The login failed.",
                login.database
            );
            return vec![SqlError::new(4_060, 11, text), failed()];
        }
        Vec::new()
    }

    /// The TLS handshake, its records wrapped into pre-login packets.
    fn handshake(&mut self) -> io::Result<bool> {
        let mut tls =
            ServerConnection::new(Arc::clone(&self.shared.tls)).map_err(io::Error::other)?;
        while tls.is_handshaking() || tls.wants_write() {
            if tls.wants_write() {
                let mut records = Vec::new();
                while tls.wants_write() {
                    tls.write_tls(&mut records)?;
                }
                wire::write_message(self, packet::PRELOGIN, &records, 4_096)?;
                continue;
            }
            let (kind, data) = wire::read_message(self)?;
            if kind != packet::PRELOGIN {
                return Err(wire::invalid("a packet of the handshake is not a pre-login"));
            }
            if let Some(fault) = self.shared.settings.tls_fault {
                self.spoil_handshake(fault)?;
                return Ok(false);
            }
            let mut rest = data.as_slice();
            while !rest.is_empty() {
                tls.read_tls(&mut rest)?;
                tls.process_new_packets().map_err(io::Error::other)?;
            }
        }
        self.tls = Some(tls);
        Ok(true)
    }

    fn spoil_handshake(&mut self, fault: TlsFault) -> io::Result<()> {
        let record = match fault {
            TlsFault::Silent => return self.wait_for_end(),
            TlsFault::HangUp => return self.tap.tcp.shutdown(Shutdown::Both),
            // A fatal alert "protocol_version" (RFC 5246, 7.2).
            TlsFault::Alert => vec![0x15, 3, 1, 0, 2, 2, 70],
            // ServerHello of TLS 1.0: version, random, no session, TLS_RSA_WITH_AES_128_CBC_SHA, no compression.
            TlsFault::Version10 => {
                let mut hello = vec![0x16, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
                hello.extend_from_slice(&[7; 32]);
                hello.extend_from_slice(&[0, 0, 0x2f, 0]);
                hello
            }
        };
        wire::write_message(self, packet::PRELOGIN, &record, 4_096)?;
        self.wait_for_end()
    }

    /// Reads and drops what the client says until it hangs up.
    fn wait_for_end(&mut self) -> io::Result<()> {
        let mut buf = [0; 512];
        while self.tap.read(&mut buf)? > 0 {}
        Ok(())
    }

    /// Answers one request; `false` when the client has gone.
    fn serve(&mut self) -> io::Result<bool> {
        let (kind, data) = match wire::read_message(self) {
            Ok(message) => message,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(error) => return Err(error),
        };
        let (request, sql, arguments) = match kind {
            packet::BATCH => (Request::Batch, wire::batch_text(&data)?, Vec::new()),
            packet::RPC => {
                let (sql, arguments) = wire::rpc_call(&data)?;
                (Request::Procedure, sql, arguments)
            }
            packet::ATTENTION => {
                let acknowledged = [0xfd, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
                wire::write_message(self, packet::RESULT, &acknowledged, 4_096)?;
                return Ok(true);
            }
            _ => {
                return Err(wire::invalid(
                    "a packet is of a type that this responder does not know",
                ));
            }
        };
        locked(&self.shared.log).statements.push(sql.clone());
        let settings = &self.shared.settings;
        let fault =
            settings.faults.iter().find(|(part, _)| sql.contains(part.as_str())).map(|(_, it)| it);
        let result = || sql::run(&settings.database, &sql, &arguments);
        let send = |data: &[u8]| wire::packets(packet::RESULT, data, settings.packet_size);
        match fault {
            None => {
                let bytes = self.remembered(request, &sql, &arguments, || {
                    send(&wire::answer(request, &result()))
                });
                self.write_all(&bytes)?;
                self.flush()?;
            }
            Some(Fault::Error(error)) => {
                self.write_all(&send(&wire::answer(request, &Err(error.clone()))))?;
            }
            Some(Fault::ErrorAfterRows(error)) => {
                let set = result().unwrap_or_default();
                self.write_all(&send(&wire::broken_answer(&set, error)))?;
            }
            Some(Fault::Garbage(bytes)) => self.write_all(&send(bytes))?,
            Some(Fault::Stall(n) | Fault::HangUp(n)) => {
                let bytes = send(&wire::answer(request, &result()));
                self.write_all(&bytes[..bytes.len().min(*n)])?;
                self.flush()?;
                if matches!(fault, Some(Fault::HangUp(_))) {
                    self.tap.tcp.shutdown(Shutdown::Both)?;
                } else {
                    self.wait_for_end()?;
                }
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn remembered(
        &self,
        request: Request,
        sql: &str,
        arguments: &[Value],
        make: impl FnOnce() -> Vec<u8>,
    ) -> Arc<Vec<u8>> {
        if !self.shared.settings.remember {
            return Arc::new(make());
        }
        let key = format!("{request:?} {sql} {arguments:?}");
        let known = locked(&self.shared.answers).get(&key).cloned();
        known.unwrap_or_else(|| {
            let bytes = Arc::new(make());
            locked(&self.shared.answers).insert(key, Arc::clone(&bytes));
            bytes
        })
    }
}
