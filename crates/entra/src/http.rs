//! One request and its answer: bounded, repeated when that helps, never redirected.
use std::{sync::Arc, time::Duration};

use reqwest::{Client, Method, StatusCode, header, redirect::Policy};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use tokio::sync::Semaphore;
use url::Url;

use crate::{
    cloud::Endpoints,
    error::{Error, quoted},
    link,
    sign_in::Signer,
    surroundings::{Patience, Surroundings, retry_after},
};

/// Largest answer in bytes. A full page of 999 users with everything that is asked for has about 5 MB.
const MAX_BODY: u64 = 64 << 20;

/// Settings of the connection.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Authorities to trust besides those of the system, as PEM.
    pub authorities: Option<Vec<u8>>,
    /// Longest time to connect.
    pub connect_timeout: Duration,
    /// Longest silence in the middle of an answer.
    pub silence_timeout: Duration,
    /// Longest time for one answer.
    pub answer_timeout: Duration,
    /// How often and how patiently a request is repeated.
    pub patience: Patience,
    /// Most requests at the same time.
    pub parallel: usize,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            authorities: None,
            connect_timeout: Duration::from_secs(20),
            silence_timeout: Duration::from_mins(1),
            answer_timeout: Duration::from_mins(5),
            patience: Patience::default(),
            parallel: 4,
        }
    }
}

/// The way to the servers.
pub(crate) struct Http {
    client: Client,
    pub(crate) endpoints: Endpoints,
    pub(crate) surroundings: Arc<dyn Surroundings>,
    patience: Patience,
    permits: Semaphore,
}

/// What a server answered in the end: a success, or a refusal that repeating does not change.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) what: String,
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
    retry_after: String,
}

/// The body of a request.
enum Body<'a> {
    None,
    Form(&'a [(&'a str, String)]),
    Json(&'a serde_json::Value),
}

impl Http {
    pub(crate) fn new(
        endpoints: Endpoints,
        surroundings: Arc<dyn Surroundings>,
        options: &HttpOptions,
    ) -> Result<Self, Error> {
        let setting = |it: String| Error::Setting(it);
        let mut builder = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .user_agent(concat!("dirlift/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(options.connect_timeout)
            .read_timeout(options.silence_timeout)
            .timeout(options.answer_timeout)
            // Clear text is for this machine only, which `Endpoints` sees to.
            .https_only(endpoints.graph.scheme() == "https");
        if let Some(pem) = &options.authorities {
            let authorities = reqwest::Certificate::from_pem_bundle(pem)
                .ok()
                .filter(|it| !it.is_empty())
                .ok_or_else(|| {
                    setting("the file of authorities has no certificate in PEM form".to_owned())
                })?;
            builder = builder.tls_certs_merge(authorities);
        }
        let client = builder.build().map_err(|it| setting(reason_of(&it)))?;
        Ok(Self {
            client,
            endpoints,
            surroundings,
            patience: options.patience,
            permits: Semaphore::new(options.parallel.clamp(1, 64)),
        })
    }

    /// Scheme and host of Graph, as scopes name it.
    pub(crate) fn resource(&self) -> String {
        self.endpoints.graph.origin().ascii_serialization()
    }

    /// Sends a form without a token.
    pub(crate) async fn post_form(
        &self,
        url: &str,
        form: &[(&str, String)],
    ) -> Result<Answer, Error> {
        let url = Url::parse(url).map_err(|it| Error::Setting(it.to_string()))?;
        self.exchange(&Method::POST, &url, &Body::Form(form), None).await
    }

    /// Asks Graph for something.
    pub(crate) async fn get(&self, url: &Url, signer: &Signer) -> Result<Answer, Error> {
        self.exchange(&Method::GET, url, &Body::None, Some(signer)).await
    }

    /// Sends JSON to Graph.
    pub(crate) async fn post_json(
        &self,
        url: &Url,
        json: &serde_json::Value,
        signer: &Signer,
    ) -> Result<Answer, Error> {
        self.exchange(&Method::POST, url, &Body::Json(json), Some(signer)).await
    }

    async fn exchange(
        &self,
        method: &Method,
        url: &Url,
        body: &Body<'_>,
        signer: Option<&Signer>,
    ) -> Result<Answer, Error> {
        let (what, host) = (link::shown(url), url.host_str().unwrap_or_default().to_owned());
        let (mut attempt, mut refused, mut renewed) = (0, None, false);
        loop {
            let token = match signer {
                Some(signer) => Some(Box::pin(signer.token(self, refused.take())).await?),
                None => None,
            };
            attempt += 1;
            let permit = self.permits.acquire().await;
            let mut request = self.client.request(method.clone(), url.clone());
            request = match body {
                Body::None => request,
                Body::Form(form) => request.form(form),
                Body::Json(json) => request.json(json),
            };
            if let Some(token) = &token {
                // reqwest marks the header as sensitive.
                request = request.bearer_auth(token.text.expose_secret());
            }
            let outcome = receive(request, &what).await;
            drop(permit);
            let mut asked = None;
            let give_up = match outcome {
                Ok(answer) => match answer.status {
                    401 if signer.is_some() => {
                        if renewed {
                            let message = answer.message();
                            return Err(Error::Unauthorized { what, message });
                        }
                        renewed = true;
                        refused = token.map(|it| it.generation);
                        attempt -= 1;
                        continue;
                    }
                    408 | 429 | 500..=599 => {
                        asked = retry_after(&answer.retry_after, self.surroundings.now());
                        let (status, message) = (answer.status, answer.message());
                        Error::Busy {
                            host: host.clone(),
                            what: what.clone(),
                            status,
                            attempts: attempt,
                            message,
                        }
                    }
                    300..=399 => {
                        return Err(Error::ForeignLink {
                            what,
                            target: "another address (a redirect)".to_owned(),
                            expected: url.origin().ascii_serialization(),
                        });
                    }
                    _ => return Ok(answer),
                },
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing(reason)) => Error::Unreachable {
                    host: host.clone(),
                    what: what.clone(),
                    reason,
                    attempts: attempt,
                },
            };
            if attempt >= self.patience.attempts {
                return Err(give_up);
            }
            self.wait(&host, &what, attempt, asked).await?;
        }
    }

    /// Pauses before the next attempt.
    pub(crate) async fn wait(
        &self,
        host: &str,
        what: &str,
        attempt: u32,
        asked: Option<Duration>,
    ) -> Result<(), Error> {
        let random = self.surroundings.random();
        let pause = match asked {
            Some(wait) if wait > self.patience.longest_wait => {
                return Err(Error::WaitTooLong {
                    host: host.to_owned(),
                    what: what.to_owned(),
                    wait,
                });
            }
            // No pause at all would be a busy loop against a struggling service.
            Some(wait) if !wait.is_zero() => Patience::asked_pause(wait, random),
            _ => self.patience.pause(attempt, random),
        };
        self.surroundings.pause(pause).await;
        Ok(())
    }

    /// Most attempts for one request.
    pub(crate) fn attempts(&self) -> u32 {
        self.patience.attempts
    }
}

/// Why an attempt brought nothing.
enum Failure {
    /// Another attempt may help.
    Passing(String),
    /// It will not.
    Final(Error),
}

async fn receive(request: reqwest::RequestBuilder, what: &str) -> Result<Answer, Failure> {
    let passing = |it: reqwest::Error| Failure::Passing(reason_of(&it));
    let too_large = || Failure::Final(Error::TooLarge { place: what.to_owned(), limit: MAX_BODY });
    let mut response = request.send().await.map_err(passing)?;
    let header = |name| {
        let value: Option<&header::HeaderValue> = response.headers().get(name);
        value.and_then(|it| it.to_str().ok()).unwrap_or_default().to_owned()
    };
    let (content_type, retry) = (header(header::CONTENT_TYPE), header(header::RETRY_AFTER));
    let status = response.status();
    if response.content_length().is_some_and(|it| it > MAX_BODY) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(passing)? {
        if body.len() as u64 + chunk.len() as u64 > MAX_BODY {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    if status == StatusCode::OK && body.trim_ascii_end().last() != Some(&b'}') {
        let kind = quoted(&content_type);
        return Err(Failure::Passing(format!("the answer is cut off or is no JSON ({kind})")));
    }
    Ok(Answer {
        what: what.to_owned(),
        status: status.as_u16(),
        content_type: quoted(&content_type),
        body,
        retry_after: retry,
    })
}

impl Answer {
    /// The service's own words about a refusal.
    pub(crate) fn message(&self) -> String {
        message(&self.body).unwrap_or_else(|| format!("no reason given, {}", self.content_type))
    }
}

/// Code and message of an error as Graph writes it.
pub(crate) fn message(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Wrapped {
        error: Inner,
    }
    #[derive(Deserialize)]
    #[serde(default)]
    #[derive(Default)]
    struct Inner {
        code: String,
        message: String,
    }
    let error = serde_json::from_slice::<Wrapped>(body).ok()?.error;
    Some(quoted(&format!("{}: {}", error.code, error.message)))
}

/// The innermost words of a failed attempt, without the address, whose query may carry a token.
fn reason_of(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    if std::ptr::addr_eq(innermost, error) {
        return "the connection failed".to_owned();
    }
    quoted(&innermost.to_string())
}
