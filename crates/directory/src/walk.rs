//! The import over LDAP: partition by partition, container by container, page by page.
use std::{collections::HashSet, sync::Arc};

use dirlift_model::{AttributeName, AttributeValue, CsObject, DistinguishedName, Guid};
use rustls::ClientConfig;
use tokio::time::sleep;

use crate::{
    entry::{Described, Range, Rejected, Typing, is_secret_attribute, shown},
    error::{DirectoryError, server_text},
    forest::Discovery,
    ldap::{Connection, Filter, Item, RawEntry, Scope, Search},
    outbox::{Gone, Outbox},
    report::{Event, Report},
    request::{ImportRequest, PartitionRequest},
    source::{Connect, Server},
};

/// Most values of one attribute; the largest group that Active Directory can hold has fewer.
const MAX_VALUES: usize = 5_000_000;

/// Servers of a domain that are tried.
const MAX_SERVERS: usize = 10;

/// Referrals that are reported, each once.
const MAX_REFERRALS: usize = 100;

/// The taker of the objects went away, or something went wrong.
pub(crate) enum Stop {
    Gone,
    Failed(DirectoryError),
}

impl From<Gone> for Stop {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl From<DirectoryError> for Stop {
    fn from(error: DirectoryError) -> Self {
        Self::Failed(error)
    }
}

/// An import over LDAP.
pub(crate) struct Walk {
    pub(crate) source: Server,
    pub(crate) connect: Connect,
    pub(crate) config: Arc<ClientConfig>,
    pub(crate) request: ImportRequest,
    pub(crate) discovery: Discovery,
    pub(crate) outbox: Outbox,
    pub(crate) report: Report,
}

/// What is the same for all containers of a partition.
struct Place {
    partition: PartitionRequest,
    classes: Vec<AttributeName>,
    servers: Vec<Server>,
    /// Which of the servers is used.
    at: usize,
    /// What has been handed over. Moves between containers and restarts would bring it again.
    seen: HashSet<Guid>,
    n_restarts: u32,
}

impl Walk {
    /// Imports everything that was asked for. The connection is the one that the forest was discovered on.
    pub(crate) async fn run(mut self, connection: Connection) -> (Report, Option<DirectoryError>) {
        let result = self.partitions(connection).await;
        let error = match result {
            Ok(()) | Err(Stop::Gone) => None,
            Err(Stop::Failed(error)) => Some(error),
        };
        // What had come is not taken back. Whether anybody wants it shows at the end, too.
        drop(self.outbox.send_all().await);
        (self.report, error)
    }

    async fn partitions(&mut self, first: Connection) -> Result<(), Stop> {
        let own_domain = self.discovery.own_domain.clone();
        let mut first = Some(first);
        for partition in std::mem::take(&mut self.request.partitions) {
            let classes = self.request.classes(&partition).to_vec();
            let servers = self.servers(&partition.naming_context);
            let is_own = own_domain.as_ref() == Some(&partition.naming_context);
            let reused =
                if is_own && servers.first() == Some(&self.source) { first.take() } else { None };
            let mut place =
                Place { partition, classes, servers, at: 0, seen: HashSet::new(), n_restarts: 0 };
            let mut connection = match reused {
                Some(connection) => connection,
                None => self.reach(&mut place).await?,
            };
            let bases = place.partition.bases();
            if bases.is_empty() {
                self.report.add(Event::NothingInScope(place.partition.naming_context.clone()));
            }
            for base in bases {
                connection = self.container(&mut place, &base, connection).await?;
            }
            connection.close().await;
        }
        Ok(())
    }

    /// The servers of a partition, in the order in which they are tried.
    fn servers(&self, partition: &DistinguishedName) -> Vec<Server> {
        let security = self.source.security;
        let dns_name = partition.dns_domain().unwrap_or_default();
        if let Some(chosen) = self.connect.servers.get(&dns_name).filter(|it| !it.is_empty()) {
            return chosen.clone();
        }
        let mut servers = Vec::new();
        let domain =
            self.discovery.forest.domains.iter().find(|it| it.naming_context == *partition);
        if self.discovery.own_domain.as_ref() == Some(partition) || domain.is_none() {
            servers.push(self.source.clone());
        }
        for host in domain.iter().flat_map(|it| &it.servers) {
            let server = Server::new(host.clone(), security);
            if !servers.iter().any(|it| it.host.eq_ignore_ascii_case(host)) {
                servers.push(server);
            }
        }
        if servers.is_empty() {
            servers.push(Server::new(dns_name, security));
        }
        servers.truncate(MAX_SERVERS);
        servers
    }

    /// Connects to the current server of a partition, or to the next that can be used; goes round as long as
    /// restarts are left.
    async fn reach(&mut self, place: &mut Place) -> Result<Connection, Stop> {
        let mut pause = self.connect.limits.pause;
        loop {
            let mut last = None;
            for _ in 0..place.servers.len() {
                let Some(server) = place.servers.get(place.at) else { break };
                let opened = Connection::open(
                    server,
                    &self.config,
                    self.connect.credentials.as_ref(),
                    &self.connect.limits,
                );
                match opened.await {
                    Ok(connection) => return Ok(connection),
                    Err(error) => {
                        let is_last = place.servers.len() == 1;
                        // A wrong password fails everywhere, and trying it often locks the account.
                        if matches!(
                            error,
                            DirectoryError::Bind { .. } | DirectoryError::Credentials { .. }
                        ) && !error.is_transient()
                        {
                            return Err(error.into());
                        }
                        if !is_last {
                            let (server, reason) = (server.to_string(), error.to_string());
                            self.report.add(Event::ServerFailed { server, reason });
                        }
                        place.at = (place.at + 1) % place.servers.len();
                        last = Some(error);
                    }
                }
            }
            let last = last.unwrap_or(DirectoryError::Ended);
            if !last.is_transient() {
                return Err(last.into());
            }
            place.n_restarts += 1;
            if place.n_restarts > self.connect.limits.restarts {
                return Err(DirectoryError::GaveUp {
                    during: format!("reading {}", place.partition.naming_context),
                    restarts: self.connect.limits.restarts,
                    last: Box::new(last),
                }
                .into());
            }
            sleep(pause).await;
            pause = pause.saturating_mul(2);
        }
    }

    /// Imports a container; after a lost connection it is begun again, and what had come is dropped.
    async fn container(
        &mut self,
        place: &mut Place,
        base: &DistinguishedName,
        mut connection: Connection,
    ) -> Result<Connection, Stop> {
        let during = format!("reading {base}");
        loop {
            let error = match self.pages(place, base, &during, &mut connection).await {
                Ok(()) => return Ok(connection),
                Err(Stop::Failed(error)) if error.is_transient() => error,
                Err(stop) => return Err(stop),
            };
            place.n_restarts += 1;
            if place.n_restarts > self.connect.limits.restarts {
                let (restarts, last) = (self.connect.limits.restarts, Box::new(error));
                return Err(DirectoryError::GaveUp { during, restarts, last }.into());
            }
            sleep(self.connect.limits.pause).await;
            connection = self.reach(place).await?;
            self.report.add(Event::Restarted {
                container: base.clone(),
                server: connection.server().to_owned(),
                reason: error.to_string(),
            });
        }
    }

    async fn pages(
        &mut self,
        place: &mut Place,
        base: &DistinguishedName,
        during: &str,
        connection: &mut Connection,
    ) -> Result<(), Stop> {
        let mut typing = Typing::new(&self.discovery.schema, &self.request.attributes);
        let search = Search {
            base: base.as_str().to_owned(),
            scope: Scope::Subtree,
            filter: class_filter(&place.classes),
            attributes: asked_attributes(&self.discovery),
        };
        let mut cookie = Vec::new();
        loop {
            let size = self.connect.limits.page_size;
            let id = connection.search(&search, Some((size, &cookie)), during).await?;
            // Objects of which more has to be fetched wait for the end of the page, without what will be fetched.
            let mut partial: Vec<(CsObject, Vec<AttributeName>)> = Vec::new();
            let outcome = loop {
                match connection.next(id, during).await? {
                    Item::Entry => {
                        let entry = connection.entry_here(during)?;
                        self.take(entry, place, &mut typing, &mut partial);
                        self.outbox.send_full().await?;
                    }
                    Item::Reference(urls) => self.referrals(urls),
                    Item::End(outcome) => break outcome,
                }
            };
            for (object, attributes) in partial {
                let object = self.complete(object, attributes, during, connection).await?;
                self.hand_over(object, place);
                self.outbox.send_full().await?;
            }
            // Nobody waits for a page to get what is there.
            self.outbox.send_all().await?;
            match outcome.code {
                0 => {}
                32 => {
                    self.report.add(Event::NoContainer(base.clone()));
                    return Ok(());
                }
                _ => {
                    self.referrals(outcome.referrals.clone());
                    return Err(
                        DirectoryError::refused(connection.server(), during, &outcome).into()
                    );
                }
            }
            match outcome.cookie {
                Some(next) if !next.is_empty() => cookie = next,
                _ => return Ok(()),
            }
        }
    }

    /// Decides what becomes of an entry.
    fn take(
        &mut self,
        mut entry: RawEntry<'_>,
        place: &mut Place,
        typing: &mut Typing,
        partial: &mut Vec<(CsObject, Vec<AttributeName>)>,
    ) {
        self.report.n_entries += 1;
        let read = || Ok((Typing::dn(&entry)?, Typing::guid(&entry)?));
        let class = || Typing::class(&entry);
        let (name, id) = match read() {
            Ok(found) => found,
            Err(error) => return self.reject(&entry, &error),
        };
        if !place.partition.scope.contains(&name) {
            self.report.n_out_of_scope += 1;
            return;
        }
        let class = match class() {
            Ok(class) => place.classes.iter().find(|it| it.is(class)).cloned(),
            Err(error) => return self.reject(&entry, &error),
        };
        let Some(class) = class else {
            self.report.n_other_classes += 1;
            return;
        };
        if id.is_some_and(|it| place.seen.contains(&it)) {
            self.report.n_repeated += 1;
            return;
        }
        let mut ranged = Vec::new();
        entry.attributes.retain(|it| {
            let described = Described::new(&it.name);
            match described.range {
                Some(Range { last: Some(_), .. }) => {
                    ranged.push(AttributeName::new(described.name));
                    false
                }
                // Windows names a large attribute twice: empty without a range, and with one.
                _ => !it.values.is_empty(),
            }
        });
        let object = typing.object(entry, name, &class, id, &mut self.report);
        if ranged.is_empty() {
            self.hand_over(object, place);
        } else {
            partial.push((object, ranged));
        }
    }

    fn reject(&mut self, entry: &RawEntry<'_>, reason: &Rejected) {
        let (entry, reason) = (shown(&entry.dn), reason.to_string());
        self.report.add(Event::Rejected { entry, reason });
    }

    fn hand_over(&mut self, object: CsObject, place: &mut Place) {
        if let Some(id) = object.id
            && !place.seen.insert(id)
        {
            self.report.n_repeated += 1;
            return;
        }
        match self.report.objects.get_mut(&object.object_type) {
            Some(n) => *n += 1,
            None => drop(self.report.objects.insert(object.object_type.clone(), 1)),
        }
        self.outbox.add(object);
    }

    /// Fetches the values that did not fit into the answer, part by part.
    async fn complete(
        &mut self,
        mut object: CsObject,
        attributes: Vec<AttributeName>,
        during: &str,
        connection: &mut Connection,
    ) -> Result<CsObject, Stop> {
        // By its GUID the object is found even if it was renamed meanwhile.
        let base =
            object.id.map_or_else(|| object.dn.as_str().to_owned(), |it| format!("<GUID={it}>"));
        for attribute in attributes {
            let Some((spelt, syntax)) = self.discovery.schema.get(&attribute) else { continue };
            let spelt = spelt.clone();
            let mut values: Vec<AttributeValue> = Vec::new();
            let is_complete = loop {
                let search = Search {
                    base: base.clone(),
                    scope: Scope::Base,
                    filter: Filter::everything(),
                    attributes: vec![format!("{spelt};range={}-*", values.len())],
                };
                let Some(entry) = connection.entry(&search, during).await? else { break false };
                let part = entry.attributes.into_iter().find_map(|it| {
                    let described = Described::new(&it.name);
                    let is_wanted = spelt.is(described.name) && !it.values.is_empty();
                    let range = described.range;
                    is_wanted.then_some((range, it.values))
                });
                let Some((range, part)) = part else { break values.is_empty() };
                let first = range.map_or(0, |it| it.first);
                if first != values.len() as u64 || values.len() + part.at_least() > MAX_VALUES {
                    break false;
                }
                for value in part.into_cows() {
                    let (value, fits) = syntax.read(value);
                    self.report.n_misfits += u64::from(!fits);
                    values.push(value);
                }
                if range.is_none_or(|it| it.last.is_none()) {
                    break true;
                }
            };
            if !is_complete {
                self.report
                    .add(Event::Truncated { object: object.dn.clone(), attribute: spelt.clone() });
            }
            object.set(spelt, values);
        }
        Ok(object)
    }

    fn referrals(&mut self, urls: Vec<String>) {
        for url in urls {
            let event = Event::Referral(server_text(&url));
            let n_known =
                self.report.events.iter().filter(|it| matches!(it, Event::Referral(_))).count();
            if n_known < MAX_REFERRALS && !self.report.events.contains(&event) {
                self.report.add(event);
            }
        }
    }
}

/// What is asked of each entry: the wanted attributes that exist, and the two that everything needs.
fn asked_attributes(discovery: &Discovery) -> Vec<String> {
    let mut asked = vec!["objectClass".to_owned(), "objectGUID".to_owned()];
    for (name, _) in discovery.schema.iter() {
        let is_there = asked.iter().any(|it| name.is(it));
        if !is_there && !is_secret_attribute(name.as_str()) {
            asked.push(name.as_str().to_owned());
        }
    }
    asked
}

/// Entries of these classes. Computers are users too, and are left out where nobody wants them.
fn class_filter(classes: &[AttributeName]) -> Filter {
    const COMPUTERS: [&str; 3] =
        ["computer", "msDS-GroupManagedServiceAccount", "msDS-ManagedServiceAccount"];
    let any =
        Filter::Or(classes.iter().map(|it| Filter::equal("objectClass", it.as_str())).collect());
    let wants_computers = classes.iter().any(|it| COMPUTERS.iter().any(|computer| it.is(computer)));
    let wants_users = classes.iter().any(|it| it.is("user"));
    if wants_users && !wants_computers {
        let computer = Filter::equal("objectClass", "computer");
        return Filter::And(vec![any, Filter::Not(Box::new(computer))]);
    }
    any
}
