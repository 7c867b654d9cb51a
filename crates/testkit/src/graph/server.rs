//! The server: one thread with a runtime of its own.
use std::{
    collections::BTreeMap,
    convert::Infallible,
    future::Future as _,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, combinators::BoxBody};
use hyper::{
    Request, Response,
    body::{Body, Frame, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{net::TcpListener, sync::oneshot};

use super::{
    answer::{Router, error},
    fault::{Fault, Kind},
    tenant::Tenant,
    tls::Certificate,
    tokens::{CANARY, Tokens},
};

/// Most answers that are kept for a second time.
const MAX_CACHED: usize = 10_000;

/// Settings of the server.
#[derive(Clone, Debug)]
pub struct GraphBuilder {
    tenant: Tenant,
    page_size: usize,
    tls: bool,
    faults: Vec<Fault>,
    expires_in: i64,
    polls: Vec<&'static str>,
}

impl GraphBuilder {
    /// A server of this tenant, without TLS and without faults, with pages of at most 999 entities.
    pub fn new(tenant: Tenant) -> Self {
        Self {
            tenant,
            page_size: 999,
            tls: false,
            faults: Vec::new(),
            expires_in: 3_600,
            polls: Vec::new(),
        }
    }

    /// Most entities of a page.
    #[must_use]
    pub fn page_size(self, page_size: usize) -> Self {
        Self { page_size, ..self }
    }

    /// HTTPS instead of HTTP.
    #[must_use]
    pub fn tls(self) -> Self {
        Self { tls: true, ..self }
    }

    /// Something goes wrong.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Seconds that a token is said to hold.
    #[must_use]
    pub fn expires_in(self, expires_in: i64) -> Self {
        Self { expires_in, ..self }
    }

    /// Error codes that polls for a device code get before the token.
    #[must_use]
    pub fn polls(self, polls: &[&'static str]) -> Self {
        Self { polls: polls.to_vec(), ..self }
    }

    /// Listens on a free port of the loopback interface.
    pub fn start(self) -> io::Result<Graph> {
        let certificate = Certificate::new()?;
        let tls = if self.tls { Some(certificate.config()?) } else { None };
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let scheme = if self.tls { "https" } else { "http" };
        let root = format!("{scheme}://localhost:{}", address.port());
        let tokens = Tokens {
            client: Graph::CLIENT.to_owned(),
            secret: Graph::SECRET.to_owned(),
            tenant: Graph::TENANT.to_owned(),
            expires_in: self.expires_in,
            polls: self.polls.clone(),
            good: Vec::new(),
            n_issued: 0,
            assertions: Vec::new(),
        };
        let state = Mutex::new(State {
            tokens,
            hits: vec![0; self.faults.len()],
            seen: Vec::new(),
            cache: BTreeMap::new(),
        });
        let shared = Arc::new(Shared { settings: self, root: root.clone(), state });
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let server = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                let acceptor = tls.map(tokio_rustls::TlsAcceptor::from);
                tokio::select! {
                    () = accept(listener, acceptor, server) => {}
                    _ = stopped => {}
                }
            });
        });
        Ok(Graph { root, address, certificate, shared, stop: Some(stop), thread: Some(thread) })
    }
}

/// A request that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// `GET` or `POST`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// It carried a token, good or not.
    pub has_token: bool,
    /// The host that it was meant for.
    pub host: String,
}

struct Shared {
    settings: GraphBuilder,
    root: String,
    state: Mutex<State>,
}

struct State {
    tokens: Tokens,
    hits: Vec<u32>,
    seen: Vec<Seen>,
    cache: BTreeMap<String, Bytes>,
}

/// A running server; it ends when it is dropped.
pub struct Graph {
    root: String,
    address: SocketAddr,
    certificate: Certificate,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Graph({})", self.root)
    }
}

impl Graph {
    /// The one application that may sign in.
    pub const CLIENT: &str = "0c11e470-0000-4000-8000-000000000001";
    /// Its secret.
    pub const SECRET: &str = "CANARY-secret~7Q";
    /// The tenant.
    pub const TENANT: &str = "fabrikam.onmicrosoft.com";
    /// A word that stands in every token and in the secret.
    pub const CANARIES: [&str; 2] = [CANARY, "CANARY-secret"];

    /// Scheme, host and port, such as `http://localhost:50123`.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The certificate of the authority that signed the server's, as PEM.
    pub fn authority_pem(&self) -> &str {
        &self.certificate.authority_pem
    }

    /// The requests that came, in order.
    pub fn seen(&self) -> Vec<Seen> {
        locked(&self.shared.state).seen.clone()
    }

    /// How many tokens were given out.
    pub fn n_tokens(&self) -> u32 {
        locked(&self.shared.state).tokens.n_issued
    }

    /// Client assertions that came, in order.
    pub fn assertions(&self) -> Vec<String> {
        locked(&self.shared.state).tokens.assertions.clone()
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // A server that has ended already needs no word.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(
    listener: TcpListener,
    tls: Option<tokio_rustls::TlsAcceptor>,
    shared: Arc<Shared>,
) {
    loop {
        let Ok((tcp, _)) = listener.accept().await else { continue };
        let (shared, tls) = (Arc::clone(&shared), tls.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let shared = Arc::clone(&shared);
                async move { Ok::<_, Infallible>(serve(&shared, request).await) }
            });
            let http = hyper::server::conn::http1::Builder::new();
            // Connections that break are the clients' to notice.
            match tls {
                None => drop(http.serve_connection(TokioIo::new(tcp), service).await),
                Some(tls) => {
                    if let Ok(tls) = tls.accept(tcp).await {
                        drop(http.serve_connection(TokioIo::new(tls), service).await);
                    }
                }
            }
        });
    }
}

type Answer = Response<BoxBody<Bytes, io::Error>>;

async fn serve(shared: &Shared, request: Request<Incoming>) -> Answer {
    let path = request.uri().path_and_query().map_or("/", |it| it.as_str()).to_owned();
    let header = |name: &str| {
        request.headers().get(name).and_then(|it| it.to_str().ok()).unwrap_or_default().to_owned()
    };
    let (token, host, method) =
        (header("authorization"), header("host"), request.method().to_string());
    let body = request
        .into_body()
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let mut state = locked(&shared.state);
    state.seen.push(Seen { method, path: path.clone(), has_token: !token.is_empty(), host });
    let fault = hit(&shared.settings.faults, &mut state.hits, &path, false);
    let mut next_link = None;
    match fault {
        None => {}
        Some(Kind::NextLink(link)) => next_link = Some(link),
        Some(Kind::OwnNextLink(path)) => next_link = Some(format!("{}{path}", shared.root)),
        Some(Kind::TokenExpired) => state.tokens.good.clear(),
        Some(Kind::Status(status, retry)) => {
            let mut answer = plain(
                status,
                "application/json",
                error(status, "Fault", "on purpose").1.to_string(),
            );
            if let Some(value) = retry.and_then(|it| it.parse().ok()) {
                answer.headers_mut().insert("retry-after", value);
            }
            return answer;
        }
        Some(Kind::Body(text)) => return plain(200, "application/json", text),
        Some(Kind::Typed(kind, text)) => return plain(200, kind, text),
        Some(Kind::Redirect(target)) => {
            let mut answer = plain(302, "text/html", String::new());
            if let Ok(target) = target.parse() {
                answer.headers_mut().insert("location", target);
            }
            return answer;
        }
        Some(kind @ (Kind::Truncated | Kind::Slow(_))) => {
            let bytes = answer_to(shared, &mut state, &path, &body, &token, None).1;
            drop(state);
            return halves(&bytes, &kind);
        }
    }
    let (status, bytes) = answer_to(shared, &mut state, &path, &body, &token, next_link);
    plain(status, "application/json;odata.metadata=minimal", bytes)
}

fn answer_to(
    shared: &Shared,
    state: &mut State,
    path: &str,
    body: &Bytes,
    token: &str,
    next_link: Option<String>,
) -> (u16, Bytes) {
    let json = |(status, value): (u16, Value)| (status, Bytes::from(value.to_string()));
    let Some(below) = path.strip_prefix("/v1.0") else {
        let form = url::form_urlencoded::parse(body).into_owned().collect();
        return json(state.tokens.answer(path, &form));
    };
    let is_good = state.tokens.good.iter().any(|it| token.strip_prefix("Bearer ") == Some(it));
    if !is_good {
        return json(error(
            401,
            "InvalidAuthenticationToken",
            "Lifetime validation failed, the token is expired.",
        ));
    }
    let settings = &shared.settings;
    let router =
        Router { tenant: &settings.tenant, root: &shared.root, page_size: settings.page_size };
    if below == "/$batch" {
        let batch: Value = serde_json::from_slice(body).unwrap_or_default();
        let fault = |url: &str| match hit(
            &settings.faults,
            &mut state.hits,
            &format!("batch:{url}"),
            true,
        )? {
            Kind::Status(status, header) => Some((status, header)),
            _ => None,
        };
        return json(router.batch(&batch, fault));
    }
    if let Some(cached) = state.cache.get(path).filter(|_| next_link.is_none()) {
        return (200, cached.clone());
    }
    let (status, mut value) = router.get(below);
    if let Some(link) = next_link {
        value["@odata.nextLink"] = link.into();
        return json((status, value));
    }
    let (status, bytes) = json((status, value));
    if status == 200 && state.cache.len() < MAX_CACHED {
        state.cache.insert(path.to_owned(), bytes.clone());
    }
    (status, bytes)
}

/// The fault of a request, and a count of the requests to its path.
fn hit(faults: &[Fault], hits: &mut [u32], path: &str, in_batch: bool) -> Option<Kind> {
    let mut found = None;
    for (fault, hits) in faults.iter().zip(hits) {
        if path.starts_with(&fault.path) && fault.path.starts_with("batch:") == in_batch {
            *hits += 1;
            if *hits >= fault.first && *hits - fault.first < fault.times {
                found = found.or_else(|| Some(fault.kind.clone()));
            }
        }
    }
    found
}

fn plain(status: u16, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let body = Full::new(body.into()).map_err(|it| match it {}).boxed();
    let mut answer = Response::new(body);
    *answer.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    answer.headers_mut().insert("content-type", hyper::header::HeaderValue::from_static(kind));
    answer
}

/// A body in two halves, with a pause or an end between them.
fn halves(bytes: &Bytes, kind: &Kind) -> Answer {
    let (pause, cut) = match kind {
        Kind::Slow(pause) => (*pause, false),
        _ => (Duration::ZERO, true),
    };
    let body = Halves {
        rest: vec![bytes.slice(bytes.len() / 2..), bytes.slice(..bytes.len() / 2)],
        size: bytes.len() as u64,
        pause: Box::pin(tokio::time::sleep(pause)),
        cut,
    };
    Response::new(body.boxed())
}

struct Halves {
    rest: Vec<Bytes>,
    size: u64,
    pause: std::pin::Pin<Box<tokio::time::Sleep>>,
    cut: bool,
}

impl Body for Halves {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        use std::task::{Poll, ready};
        if self.rest.len() == 1 {
            if self.cut {
                return Poll::Ready(Some(Err(io::Error::other("cut on purpose"))));
            }
            ready!(self.pause.as_mut().poll(context));
        }
        Poll::Ready(self.rest.pop().map(|it| Ok(Frame::data(it))))
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        hyper::body::SizeHint::with_exact(if self.rest.len() == 2 {
            self.size
        } else {
            self.rest.iter().map(|it| it.len() as u64).sum()
        })
    }
}
