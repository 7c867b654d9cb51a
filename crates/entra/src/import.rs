//! A full import from Graph: collections in a fixed order, pages ahead of their use, groups with all their members.
use std::{
    collections::{HashMap, VecDeque},
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use dirlift_model::{CsObject, DistinguishedName, Guid, TenantFacts, progress::Progress};
use tokio::{
    sync::mpsc,
    task::{JoinError, JoinHandle},
};

use crate::{
    attributes::Kind,
    collections::{Collection, CollectionRow, row_of},
    entity::{Entity, Reader, dn},
    error::Error,
    facts::{Facts, property, rows, with_property},
    graph::{BATCH, Graph, Listed, Request},
};

/// Pages that are read ahead of their use.
const PAGES_AHEAD: usize = 2;

/// Groups whose members are asked for at the same time, in batches.
const BATCHES_AHEAD: usize = 4;

/// How the members of groups are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Membership {
    /// Twenty groups in a batch: memory does not grow with the tenant.
    #[default]
    Batch,
    /// With the groups, by a delta query: fewer requests, but all memberships are held until the last page.
    Delta,
}

/// What to import.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// Kinds of object, read in the order of [`Kind::ALL`].
    pub kinds: Vec<Kind>,
    /// How the members of groups are read.
    pub membership: Membership,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self { kinds: Kind::ALL.to_vec(), membership: Membership::default() }
    }
}

/// Imports objects into a bounded channel, which holds the import back when nobody takes them, and returns the facts of
/// the tenant. Dropping the future ends everything that it began.
pub async fn import(
    graph: &Graph,
    options: &ImportOptions,
    objects: mpsc::Sender<CsObject>,
    progress: &mut dyn Progress,
) -> Result<TenantFacts, Error> {
    read(graph, options, progress, &mut ToChannel(objects)).await
}

/// Takes what is read.
pub(crate) trait Sink {
    /// Whether objects are wanted; otherwise their text is.
    const OBJECTS: bool;

    /// A collection begins.
    fn begin(&mut self, row: &'static CollectionRow) -> Result<(), Error>;

    /// An object.
    fn object(&mut self, object: CsObject) -> impl Future<Output = Result<(), Error>>;

    /// The text of an entity.
    fn text(&mut self, json: &str) -> Result<(), Error>;
}

struct ToChannel(mpsc::Sender<CsObject>);

impl Sink for ToChannel {
    const OBJECTS: bool = true;

    fn begin(&mut self, _row: &'static CollectionRow) -> Result<(), Error> {
        Ok(())
    }

    async fn object(&mut self, object: CsObject) -> Result<(), Error> {
        self.0.send(object).await.map_err(|_| Error::ReceiverGone)
    }

    fn text(&mut self, _json: &str) -> Result<(), Error> {
        Ok(())
    }
}

/// Names members: every object that was read, with its anchor if it has one.
#[derive(Debug, Default)]
pub(crate) struct Names {
    anchors: HashMap<Guid, Option<Box<str>>>,
}

impl Names {
    /// Notes an object; `false` when it was already there.
    pub(crate) fn note(&mut self, entity: &Entity) -> bool {
        let anchor = entity.anchor.as_deref().map(Into::into);
        self.anchors.insert(entity.id, anchor).is_none()
    }

    /// The name of an object.
    pub(crate) fn dn(&self, id: Guid) -> DistinguishedName {
        dn(id, self.anchors.get(&id).and_then(Option::as_deref))
    }
}

/// An entity and, when it is wanted, its text.
struct Item {
    entity: Entity,
    json: String,
}

pub(crate) async fn read<S: Sink>(
    graph: &Graph,
    options: &ImportOptions,
    progress: &mut dyn Progress,
    sink: &mut S,
) -> Result<TenantFacts, Error> {
    let mut facts = Facts::default();
    progress.begin("reading facts of the tenant", "entities", None);
    for row in rows() {
        tenant_part(graph, row, &mut facts, progress, sink).await?;
    }
    progress.end();
    let mut kinds = options.kinds.clone();
    kinds.sort_unstable();
    kinds.dedup();
    // Every kind is begun at once; each waits when its pages ahead are full.
    let mut streams: Vec<_> = kinds
        .iter()
        .map(|kind| (*kind, stream(graph, *kind, options.membership, !S::OBJECTS)))
        .collect();
    let mut names = Names::default();
    for (kind, stream) in &mut streams {
        let (reader, row) = (Reader::new(*kind), row_of(Collection::Objects(*kind)));
        facts.begin(row.collection);
        sink.begin(row)?;
        progress.begin(&format!("reading {}", row.name), "objects", None);
        while let Some(page) = stream.recv().await {
            for Item { mut entity, json } in page? {
                if !names.note(&entity) {
                    continue;
                }
                facts.object(*kind, &mut entity);
                progress.advance(1);
                if S::OBJECTS {
                    sink.object(reader.object(entity, |it| names.dn(it))).await?;
                } else if let Some(members) = entity.members {
                    let ids: Vec<_> =
                        members.iter().map(|it| serde_json::json!({"id": it.id})).collect();
                    let ids = serde_json::Value::Array(ids).to_string();
                    let json = with_property(&json, "members", &ids)
                        .map_err(|it| Error::malformed(row.name, &it))?;
                    sink.text(&json)?;
                } else {
                    sink.text(&json)?;
                }
            }
        }
        progress.end();
    }
    Ok(facts.finish())
}

/// Reads one collection of facts. A right that is missing is a fact too.
async fn tenant_part<S: Sink>(
    graph: &Graph,
    row: &'static CollectionRow,
    facts: &mut Facts,
    progress: &mut dyn Progress,
    sink: &mut S,
) -> Result<(), Error> {
    if row.collection == Collection::DirectorySync && !graph.has_directory_sync() {
        facts.missing(row, "this cloud does not show it");
        return Ok(());
    }
    let entities = match entities(graph, row).await {
        Ok(entities) => entities,
        Err(Error::Forbidden { message, .. }) if row.application == "-" => {
            let why = format!(
                "the service shows it to people only ({message}); sign in with --device-code, with the permission {}",
                row.delegated
            );
            facts.missing(row, why);
            return Ok(());
        }
        Err(Error::Forbidden { message, permission, .. }) => {
            facts.missing(row, format!("the service refuses ({message}); grant {permission}"));
            return Ok(());
        }
        Err(Error::Refused { status: status @ (400 | 404), message, .. })
            if row.collection == Collection::DirectorySync =>
        {
            facts.missing(row, format!("the service answered {status} ({message})"));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    facts.begin(row.collection);
    sink.begin(row)?;
    for json in entities {
        facts.entity(row.collection, &json).map_err(|it| Error::malformed(row.name, &it))?;
        sink.text(&json)?;
        progress.advance(1);
    }
    Ok(())
}

async fn entities(graph: &Graph, row: &CollectionRow) -> Result<Vec<String>, Error> {
    let request = row.request();
    let mut entities = match row.collection {
        Collection::DirectorySync => {
            let json = graph.one(&request).await?;
            // Graph documents a single entity and some answers wrap it into a collection.
            match property::<Vec<serde_json::Value>>(&json, "value") {
                Some(all) => all.into_iter().map(|it| it.to_string()).collect(),
                None => vec![json],
            }
        }
        _ => graph.all(&request).await?,
    };
    let (name, path, query) = match row.collection {
        Collection::Domains => ("federationConfiguration", "domains", ""),
        Collection::Roles => {
            ("members", "directoryRoles", "?$select=id,displayName,userPrincipalName")
        }
        _ => return Ok(entities),
    };
    for json in &mut entities {
        let federated =
            property::<String>(json, "authenticationType").is_some_and(|it| it == "Federated");
        if row.collection == Collection::Domains && !federated {
            continue;
        }
        let Some(id) = property::<String>(json, "id").filter(|it| is_plain(it)) else { continue };
        let request =
            Request { path: format!("{path}/{id}/{name}{query}"), permission: request.permission };
        let parts = match graph.all(&request).await {
            Ok(parts) => parts,
            // The federation needs a right of its own in some tenants; the domain itself is known.
            Err(Error::Forbidden { .. } | Error::Refused { status: 404, .. })
                if row.collection == Collection::Domains =>
            {
                continue;
            }
            Err(error) => return Err(error),
        };
        let value = format!("[{}]", parts.join(","));
        *json = with_property(json, name, &value).map_err(|it| Error::malformed(path, &it))?;
    }
    Ok(entities)
}

/// Whether a text can stand in a path as it is.
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'.' | b'_'))
        && !text.contains("..")
}

/// Pages of objects, in order.
struct Stream {
    pages: mpsc::Receiver<Result<Vec<Item>, Error>>,
    _task: Task<()>,
}

impl Stream {
    async fn recv(&mut self) -> Option<Result<Vec<Item>, Error>> {
        self.pages.recv().await
    }
}

fn stream(graph: &Graph, kind: Kind, membership: Membership, keep: bool) -> Stream {
    let (sender, pages) = mpsc::channel(PAGES_AHEAD);
    let graph = graph.clone();
    let task = Task(tokio::spawn(async move {
        let result = match kind {
            Kind::Group if membership == Membership::Delta && !keep => {
                delta_groups(&graph, &sender).await
            }
            Kind::Group => batched_groups(&graph, keep, &sender).await,
            _ => listed(&graph, kind, keep, &sender).await,
        };
        if let Err(error) = result {
            // When nobody listens any more, nobody needs to know.
            drop(sender.send(Err(error)).await);
        }
    }));
    Stream { pages, _task: task }
}

type Pages = mpsc::Sender<Result<Vec<Item>, Error>>;

async fn send(sender: &Pages, items: Vec<Item>) -> Result<(), Error> {
    sender.send(Ok(items)).await.map_err(|_| Error::ReceiverGone)
}

fn item(reader: &Reader, json: &str, keep: bool) -> Result<Item, serde_json::Error> {
    let entity = reader.read(json)?;
    Ok(Item { entity, json: if keep { json.to_owned() } else { String::new() } })
}

async fn listed(graph: &Graph, kind: Kind, keep: bool, sender: &Pages) -> Result<(), Error> {
    let reader = Reader::new(kind);
    let mut pages = graph.pages(&row_of(Collection::Objects(kind)).request())?;
    while let Some(page) = graph.next_page(&mut pages, |it| item(&reader, it, keep)).await? {
        send(sender, page).await?;
    }
    Ok(())
}

async fn batched_groups(graph: &Graph, keep: bool, sender: &Pages) -> Result<(), Error> {
    let reader = Reader::new(Kind::Group);
    let mut pages = graph.pages(&row_of(Collection::Objects(Kind::Group)).request())?;
    let mut ahead: VecDeque<Task<Result<Vec<Item>, Error>>> = VecDeque::new();
    while let Some(page) = graph.next_page(&mut pages, |it| item(&reader, it, keep)).await? {
        let mut page = page.into_iter();
        loop {
            let chunk: Vec<_> = page.by_ref().take(BATCH).collect();
            if chunk.is_empty() {
                break;
            }
            if ahead.len() >= BATCHES_AHEAD
                && let Some(task) = ahead.pop_front()
            {
                send(sender, joined(task.await)?).await?;
            }
            ahead.push_back(Task(tokio::spawn(with_members(graph.clone(), chunk))));
        }
    }
    while let Some(task) = ahead.pop_front() {
        send(sender, joined(task.await)?).await?;
    }
    Ok(())
}

/// Twenty groups with all their members. A group that went away in the meantime is left out.
async fn with_members(graph: Graph, groups: Vec<Item>) -> Result<Vec<Item>, Error> {
    let ids: Vec<_> = groups.iter().map(|it| it.entity.id).collect();
    let listed = graph.first_members(&ids).await?;
    let mut complete = Vec::with_capacity(groups.len());
    for (mut group, listed) in groups.into_iter().zip(listed) {
        let Listed::Members(mut members, more) = listed else { continue };
        if let Some(more) = more {
            graph.more_members(*more, &mut members).await?;
        }
        group.entity.members = Some(members);
        complete.push(group);
    }
    Ok(complete)
}

async fn delta_groups(graph: &Graph, sender: &Pages) -> Result<(), Error> {
    let reader = Reader::new(Kind::Group);
    let select = crate::attributes::select(Kind::Group);
    let request = Request {
        path: format!("groups/delta?$select={select},members"),
        permission: "GroupMember.Read.All",
    };
    let mut restarted = false;
    let all = loop {
        match delta_round(graph, &reader, &request).await {
            // The service forgot where we were: all over again, once.
            Err(Error::Refused { status: 410, .. }) if !restarted => restarted = true,
            result => break result?,
        }
    };
    for entity in all.finish() {
        send(sender, vec![Item { entity, json: String::new() }]).await?;
    }
    Ok(())
}

async fn delta_round(graph: &Graph, reader: &Reader, request: &Request) -> Result<Merged, Error> {
    let mut pages = graph.pages(request)?;
    let mut all = Merged::default();
    while let Some(page) = graph.next_page(&mut pages, |it| reader.read(it)).await? {
        for entity in page {
            all.add(entity);
        }
    }
    Ok(all)
}

/// Entities of a delta query, each put together from its parts, in the order of their first parts.
#[derive(Default)]
pub(crate) struct Merged {
    entities: Vec<Entity>,
    places: HashMap<Guid, usize>,
}

impl Merged {
    pub(crate) fn contains(&self, id: Guid) -> bool {
        self.places.contains_key(&id)
    }

    pub(crate) fn add(&mut self, entity: Entity) {
        if let Some(at) = self.places.get(&entity.id) {
            self.entities[*at].merge(entity);
        } else {
            self.places.insert(entity.id, self.entities.len());
            self.entities.push(entity);
        }
    }

    /// The entities that still exist.
    pub(crate) fn finish(self) -> impl Iterator<Item = Entity> {
        self.entities.into_iter().filter(|it| !it.removed).map(|mut it| {
            it.settle_members();
            it
        })
    }
}

/// A task that ends when nobody waits for it any more.
struct Task<T>(JoinHandle<T>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

/// The result of a task; a panic in it goes on here, as the bug it is.
fn joined<T>(result: Result<Result<T, Error>, JoinError>) -> Result<T, Error> {
    match result {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(Error::ReceiverGone),
    }
}
