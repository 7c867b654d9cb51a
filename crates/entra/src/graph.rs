//! The client: requests of Graph with a token, page after page.
use std::{collections::HashSet, sync::Arc};

use dirlift_model::Guid;
use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;

use crate::{
    cloud::Endpoints,
    entity::{Member, Members},
    error::Error,
    http::{Answer, Http, HttpOptions, message},
    link,
    sign_in::{SignIn, Signer},
    surroundings::{Surroundings, retry_after},
};

/// Most requests in one batch (Graph: JSON batching).
pub(crate) const BATCH: usize = 20;

/// Most pages in a row without anything in them.
const MAX_EMPTY_PAGES: u32 = 1_000;

/// A client of Microsoft Graph. Copies share the connection and the token.
#[derive(Clone)]
pub struct Graph {
    inner: Arc<Inner>,
}

struct Inner {
    http: Http,
    signer: Signer,
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Graph({})", self.inner.http.endpoints.graph)
    }
}

/// A page as Graph returns it.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    value: Vec<&'a RawValue>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

/// What was asked for: a path with its query, and the permission that it needs.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) permission: &'static str,
}

/// Where the next page is, and which were read.
pub(crate) struct Pages {
    next: Option<Url>,
    what: String,
    permission: &'static str,
    seen: HashSet<String>,
    n_empty: u32,
}

/// The answer to one request of a batch.
pub(crate) enum Listed {
    /// The first members, and where the others are.
    Members(Vec<Member>, Option<Box<Pages>>),
    /// The group is gone.
    Gone,
}

impl Graph {
    /// A client; nothing is sent yet.
    pub fn new(
        endpoints: Endpoints,
        sign_in: SignIn,
        surroundings: Arc<dyn Surroundings>,
        options: &HttpOptions,
    ) -> Result<Self, Error> {
        let http = Http::new(endpoints, surroundings, options)?;
        Ok(Self { inner: Arc::new(Inner { http, signer: Signer::new(sign_in) }) })
    }

    /// Signs in, so that a wrong credential is known before the work begins.
    pub async fn sign_in(&self) -> Result<(), Error> {
        self.inner.signer.token(&self.inner.http, None).await.map(drop)
    }

    pub(crate) fn has_directory_sync(&self) -> bool {
        self.inner.http.endpoints.has_directory_sync
    }

    fn url(&self, path: &str) -> Result<Url, Error> {
        let url = self.inner.http.endpoints.graph.join("/v1.0/").and_then(|it| it.join(path));
        url.map_err(|it| Error::Setting(it.to_string()))
    }

    /// The pages of a collection.
    pub(crate) fn pages(&self, request: &Request) -> Result<Pages, Error> {
        let url = self.url(&request.path)?;
        Ok(Pages {
            what: link::shown(&url),
            next: Some(url),
            permission: request.permission,
            seen: HashSet::new(),
            n_empty: 0,
        })
    }

    /// The next page, read as a whole before anything of it is used; `None` after the last.
    pub(crate) async fn next_page<T>(
        &self,
        pages: &mut Pages,
        mut read: impl FnMut(&str) -> Result<T, serde_json::Error>,
    ) -> Result<Option<Vec<T>>, Error> {
        let Some(url) = pages.next.take() else { return Ok(None) };
        let answer = self.inner.http.get(&url, &self.inner.signer).await?;
        let body = accepted(&answer, pages.permission)?;
        let page: Page =
            serde_json::from_slice(body).map_err(|it| Error::malformed(&answer.what, &it))?;
        let items = page.value.iter().map(|it| read(it.get())).collect::<Result<Vec<_>, _>>();
        let items = items.map_err(|it| Error::malformed(&answer.what, &it))?;
        pages.follow(page.next.as_deref(), items.len(), &self.inner.http.endpoints.graph)?;
        Ok(Some(items))
    }

    /// A single entity, as text.
    pub(crate) async fn one(&self, request: &Request) -> Result<String, Error> {
        let answer = self.inner.http.get(&self.url(&request.path)?, &self.inner.signer).await?;
        let body = accepted(&answer, request.permission)?;
        let json: Box<RawValue> =
            serde_json::from_slice(body).map_err(|it| Error::malformed(&answer.what, &it))?;
        Ok(json.get().to_owned())
    }

    /// Every entity of a small collection, as text.
    pub(crate) async fn all(&self, request: &Request) -> Result<Vec<String>, Error> {
        let mut pages = self.pages(request)?;
        let mut all = Vec::new();
        while let Some(page) = self.next_page(&mut pages, |it| Ok(it.to_owned())).await? {
            all.extend(page);
        }
        Ok(all)
    }

    /// The first members of up to twenty groups in one request, in their order.
    pub(crate) async fn first_members(&self, groups: &[Guid]) -> Result<Vec<Listed>, Error> {
        let http = &self.inner.http;
        let permission = "GroupMember.Read.All";
        let path = |id: Guid| format!("groups/{id}/members?$select=id&$top=999");
        let mut found: Vec<Option<Listed>> = groups.iter().map(|_| None).collect();
        let mut attempt = 0;
        loop {
            let open: Vec<_> = (0..groups.len()).filter(|it| found[*it].is_none()).collect();
            if open.is_empty() {
                return Ok(found.into_iter().flatten().collect());
            }
            attempt += 1;
            let requests: Vec<_> = open
                .iter()
                .map(|it| serde_json::json!({"id": it.to_string(), "method": "GET", "url": format!("/{}", path(groups[*it]))}))
                .collect();
            let json = serde_json::json!({ "requests": requests });
            let answer = http.post_json(&self.url("$batch")?, &json, &self.inner.signer).await?;
            let body = accepted(&answer, permission)?;
            let batch: Batch =
                serde_json::from_slice(body).map_err(|it| Error::malformed(&answer.what, &it))?;
            let (mut asked, mut last) = (None, None);
            for part in batch.responses {
                let at = part.id.parse::<usize>().ok().filter(|it| open.contains(it));
                let Some(at) = at else {
                    return Err(Error::malformed(
                        &answer.what,
                        &"an answer in the batch that was not asked for",
                    ));
                };
                let what = format!("/v1.0/groups/{}/members", groups[at]);
                let text = part.body.map_or("{}", RawValue::get);
                match part.status {
                    200 => found[at] = Some(self.listed(&what, text, permission)?),
                    404 => found[at] = Some(Listed::Gone),
                    401 => return Err(Error::Unauthorized { what, message: words(text) }),
                    403 => return Err(Error::Forbidden { what, permission, message: words(text) }),
                    status @ (408 | 429 | 500..=599) => {
                        let header = part
                            .headers
                            .iter()
                            .find(|(it, _)| it.eq_ignore_ascii_case("retry-after"));
                        let wait = header
                            .and_then(|(_, it)| it.as_str())
                            .and_then(|it| retry_after(it, http.surroundings.now()));
                        asked = asked.max(wait);
                        last = Some((what, status, words(text)));
                    }
                    status => return Err(Error::Refused { what, status, message: words(text) }),
                }
            }
            let missing = found.iter().any(Option::is_none);
            let host = http.endpoints.graph.host_str().unwrap_or_default();
            if missing && attempt >= http.attempts() {
                let (what, status, message) = last.unwrap_or_else(|| {
                    (
                        answer.what.clone(),
                        answer.status,
                        "the batch was answered in part only".to_owned(),
                    )
                });
                return Err(Error::Busy {
                    host: host.to_owned(),
                    what,
                    status,
                    attempts: attempt,
                    message,
                });
            }
            if missing {
                http.wait(host, &answer.what, attempt, asked).await?;
            }
        }
    }

    fn listed(&self, what: &str, json: &str, permission: &'static str) -> Result<Listed, Error> {
        #[derive(Deserialize)]
        struct MemberPage {
            value: Members,
            #[serde(rename = "@odata.nextLink")]
            next: Option<String>,
        }
        let page: MemberPage =
            serde_json::from_str(json).map_err(|it| Error::malformed(what, &it))?;
        let mut pages = Pages {
            next: None,
            what: what.to_owned(),
            permission,
            seen: HashSet::new(),
            n_empty: 0,
        };
        pages.follow(page.next.as_deref(), page.value.0.len(), &self.inner.http.endpoints.graph)?;
        let more = pages.next.is_some().then(|| Box::new(pages));
        Ok(Listed::Members(page.value.0, more))
    }

    /// The members on all further pages.
    pub(crate) async fn more_members(
        &self,
        mut pages: Pages,
        members: &mut Vec<Member>,
    ) -> Result<(), Error> {
        #[derive(Deserialize)]
        struct Item {
            id: Guid,
        }
        let read = |it: &str| serde_json::from_str::<Item>(it);
        while let Some(page) = self.next_page(&mut pages, read).await? {
            members.extend(page.into_iter().map(|it| Member { id: it.id, removed: false }));
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    responses: Vec<Part<'a>>,
}

#[derive(Deserialize)]
struct Part<'a> {
    id: String,
    status: u16,
    #[serde(default)]
    headers: std::collections::BTreeMap<String, serde_json::Value>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
}

fn words(json: &str) -> String {
    message(json.as_bytes()).unwrap_or_else(|| "no reason given".to_owned())
}

impl Pages {
    /// Takes the link of a page. It has to lead on, and to the same server.
    fn follow(&mut self, link: Option<&str>, n_items: usize, root: &Url) -> Result<(), Error> {
        let Some(link) = link else { return Ok(()) };
        let endless = |reason| Error::Endless { what: self.what.clone(), reason };
        self.n_empty = if n_items == 0 { self.n_empty + 1 } else { 0 };
        if self.n_empty > MAX_EMPTY_PAGES {
            return Err(endless("a thousand pages in a row are empty"));
        }
        let url = link::checked(link, root, &self.what)?;
        if !self.seen.insert(link.to_owned()) {
            return Err(endless("a page leads back to one that was read"));
        }
        self.next = Some(url);
        Ok(())
    }
}

/// The body of a success; everything else is an error in words.
fn accepted<'a>(answer: &'a Answer, permission: &'static str) -> Result<&'a [u8], Error> {
    let what = answer.what.clone();
    match answer.status {
        200 => Ok(&answer.body),
        403 => Err(Error::Forbidden { what, permission, message: answer.message() }),
        status => Err(Error::Refused { what, status, message: answer.message() }),
    }
}
