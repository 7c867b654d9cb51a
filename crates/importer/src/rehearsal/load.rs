//! Full imports into the engine: objects are taken one by one, kept by whoever wants them, and handed on.
use std::{
    collections::{BTreeMap, HashMap},
    error::Error,
    ops::ControlFlow,
    path::Path,
};

use dirlift_directory::{Event, Forest, Import, Report};
use dirlift_entra::{Graph, ImportOptions, Kind, import, read_folder, read_objects};
use dirlift_model::{
    AttributeName, CsObject, DistinguishedName, Guid, Objects, TenantFacts,
    progress::Progress,
    text::{plural, shorten},
};
use dirlift_syncengine::sync::{Mark, Options, Readable, Synchronization, Synchronized};
use tokio::sync::mpsc;

use super::{
    error::RehearsalError,
    setup::{ConnectorSetup, Setup},
    sources,
};

/// Remarks of one import that are told one by one.
const MAX_REMARKS: usize = 40;

/// Names of attributes that a remark lists.
const MAX_NAMES: usize = 8;

/// Objects of the cloud that wait to be taken.
const WAITING: usize = 1_024;

type BoxError = Box<dyn Error + Send + Sync>;

/// Takes every imported object before the engine does: to store it, to look for one.
pub trait Sink {
    /// The import of a connector begins; `source` is where its objects are read.
    fn begin(&mut self, _connector: &ConnectorSetup, _source: &str) -> Result<(), BoxError> {
        Ok(())
    }

    /// An object.
    fn object(&mut self, _connector: &ConnectorSetup, _object: &CsObject) -> Result<(), BoxError> {
        Ok(())
    }

    /// The import of a connector has come to its end.
    fn end(&mut self, _connector: &ConnectorSetup) -> Result<(), BoxError> {
        Ok(())
    }
}

/// Keeps nothing.
impl Sink for () {}

/// An import of a forest under way.
#[derive(Debug)]
pub struct DirectoryImport {
    /// The connector that it is for.
    pub connector: Guid,
    /// The source as it is shown.
    pub source: String,
    /// The import, begun with the connector's request.
    pub import: Import,
}

/// Where the objects of the cloud come from.
pub enum CloudSource<'a> {
    /// A tenant; somebody has signed in.
    Graph(&'a Graph),
    /// A folder of Graph JSON.
    Folder(&'a Path),
    /// Objects that somebody else reads, such as the export of a connector space.
    Objects(&'a mut dyn Objects),
}

/// What devices come from.
pub(crate) const COMPUTER: &str = "computer";

/// How an object of any directory is taken. Where no computer is imported nothing is known of what devices come from, and
/// none of them is this server's to delete.
pub(crate) fn mark(brings_computers: bool, object: &CsObject) -> Mark {
    if brings_computers || !object.object_type.is(Kind::Device.object_type()) {
        Mark::Inferred
    } else {
        Mark::CloudOnly
    }
}

/// Fills a synchronization, object by object.
#[derive(Debug)]
pub struct Loader {
    setup: Setup,
    synchronization: Synchronization,
    forests: BTreeMap<Guid, Forest>,
    sources: BTreeMap<Guid, String>,
    objects: BTreeMap<Guid, BTreeMap<AttributeName, u64>>,
    /// Names of the cloud's users by object id.
    users: HashMap<Guid, DistinguishedName>,
    n_rules: u64,
    left_out: Vec<String>,
    notes: Vec<String>,
    brings_computers: bool,
}

impl Loader {
    /// Begins with what is known of the forests, by connector.
    pub fn new(
        setup: Setup,
        forests: BTreeMap<Guid, Forest>,
        options: Options,
    ) -> Result<Self, RehearsalError> {
        let (rules, left_out) = setup.compile();
        let (connectors, mut notes) = setup.engine_connectors(&forests);
        for it in setup.forests() {
            let names = setup.unselected(it);
            if !names.is_empty() {
                let listed = listed(&names);
                notes.push(format!(
                    "{}: rules read {} that the connector does not import: {listed}",
                    it.name,
                    plural(names.len() as u64, "attribute", "attributes")
                ));
            }
        }
        let n_rules = rules.rules().len() as u64;
        let brings_computers = setup.forests().iter().any(|it| it.request.brings(&COMPUTER.into()));
        let synchronization = Synchronization::new(rules, connectors, options)?;
        let objects = setup.connectors.iter().map(|it| (it.id, BTreeMap::new())).collect();
        Ok(Self {
            setup,
            synchronization,
            forests,
            sources: BTreeMap::new(),
            objects,
            users: HashMap::new(),
            n_rules,
            left_out,
            notes,
            brings_computers,
        })
    }

    /// Says where the objects of a connector come from.
    pub fn begin(&mut self, connector: Guid, source: impl Into<String>) {
        self.sources.insert(connector, source.into());
    }

    /// Adds an object.
    pub fn add(&mut self, connector: Guid, object: CsObject) -> Result<(), RehearsalError> {
        if let Some(counts) = self.objects.get_mut(&connector) {
            match counts.get_mut(&object.object_type) {
                Some(count) => *count += 1,
                None => {
                    counts.insert(object.object_type.clone(), 1);
                }
            }
        }
        if connector == self.setup.cloud().id
            && object.object_type.is(Kind::User.object_type())
            && let Some(id) = object.id
        {
            self.users.insert(id, object.dn.clone());
        }
        let mark = mark(self.brings_computers, &object);
        Ok(self.synchronization.add_marked(connector, object, mark)?)
    }

    /// Ends with the facts of the tenant.
    pub fn finish(mut self, tenant: TenantFacts) -> Loaded {
        let options = self.synchronization.options_mut();
        options.tenant = sources::tenant(&tenant);
        let marked: u64 = tenant.objects.iter().map(|it| it.synchronized).sum();
        if marked == 0 {
            self.notes.push(
                "the tenant marks no object as synchronised, so that nothing is deleted".to_owned(),
            );
        }
        options.history &= marked > 0;
        let everything_readable = options.readable == Readable::All;
        let users = &self.users;
        let named = |ids: &mut dyn Iterator<Item = Guid>| {
            ids.filter_map(|it| users.get(&it).cloned()).collect::<std::collections::BTreeSet<_>>()
        };
        let administrators = named(&mut tenant.role_members.iter().flatten().map(|it| it.id));
        let licensed = named(&mut tenant.licensed_users.iter().flatten().map(|it| it.id));
        Loaded {
            synchronization: self.synchronization,
            known: Known {
                setup: self.setup,
                forests: self.forests,
                sources: self.sources,
                objects: self.objects,
                tenant,
                sensitive: dirlift_verifier::Sensitive { administrators, licensed },
                everything_readable,
                n_rules: self.n_rules,
                left_out: self.left_out,
                notes: self.notes,
            },
        }
    }

    fn told(&mut self, connector: &ConnectorSetup, report: &Report) {
        let is_missing = |it: &&Event| matches!(it, Event::NoAttribute(_));
        let missing: Vec<_> = report
            .events
            .iter()
            .filter_map(|it| match it {
                Event::NoAttribute(name) => Some(name.clone()),
                _ => None,
            })
            .collect();
        let name = &connector.name;
        if !missing.is_empty() {
            let n = plural(missing.len() as u64, "attribute", "attributes");
            let listed = listed(&missing);
            self.notes.push(format!("{name}: the schema lacks {n} of those asked for: {listed}"));
        }
        let others: Vec<_> = report.events.iter().filter(|it| !is_missing(it)).collect();
        let told = others.iter().take(MAX_REMARKS);
        self.notes.extend(told.map(|it| format!("{name}: {}", shorten(&it.to_string(), 500))));
        let n_more = others.len().saturating_sub(MAX_REMARKS) as u64 + report.n_more_events;
        if n_more > 0 {
            self.notes.push(format!("{name}: {}", plural(n_more, "more remark", "more remarks")));
        }
        if report.n_out_of_scope > 0 {
            let n = plural(report.n_out_of_scope, "entry lies", "entries lie");
            self.notes.push(format!("{name}: {n} in containers that are out of scope"));
        }
    }
}

fn listed(names: &[AttributeName]) -> String {
    let mut shown: Vec<_> =
        names.iter().take(MAX_NAMES).map(|it| shorten(it.as_str(), 60)).collect();
    if names.len() > MAX_NAMES {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}

/// Both sides in memory, ready to be synchronized.
#[derive(Debug)]
pub struct Loaded {
    /// The filled engine.
    pub synchronization: Synchronization,
    /// What it was filled from.
    pub known: Known,
}

/// A synchronization that is done.
#[derive(Debug)]
pub struct Done {
    /// The result.
    pub synchronized: Synchronized,
    /// What it was made from.
    pub known: Known,
}

/// What is known besides the objects.
#[derive(Debug)]
pub struct Known {
    /// What is rehearsed.
    pub setup: Setup,
    /// The forests, by connector, as far as their sources tell.
    pub forests: BTreeMap<Guid, Forest>,
    /// Where the objects were read, by connector.
    pub sources: BTreeMap<Guid, String>,
    /// Objects by connector and type.
    pub objects: BTreeMap<Guid, BTreeMap<AttributeName, u64>>,
    /// Facts of the tenant.
    pub tenant: TenantFacts,
    /// Users of the cloud that guards look at one by one.
    pub sensitive: dirlift_verifier::Sensitive,
    /// Whether an attribute of the cloud that is absent has no value; otherwise it is as Graph shows it.
    pub everything_readable: bool,
    /// Rules that are applied.
    pub n_rules: u64,
    /// What is wrong with rules that had to be left out, in plain words.
    pub left_out: Vec<String>,
    /// What was guessed or met on the way, in plain words.
    pub notes: Vec<String>,
}

impl Loaded {
    /// Synchronizes.
    pub fn run(self) -> Result<Done, RehearsalError> {
        Ok(Done { synchronized: self.synchronization.run()?, known: self.known })
    }
}

/// Imports everything: each forest, then the cloud. Dropping the future ends it.
///
/// `options` say the time and which attributes of the cloud can be read ([`super::readable`]); what the tenant refuses is
/// taken from its facts. Must be called inside a tokio runtime.
pub async fn load(
    setup: Setup,
    mut imports: Vec<DirectoryImport>,
    cloud: (CloudSource<'_>, String),
    options: Options,
    sink: &mut dyn Sink,
    progress: &mut dyn Progress,
) -> Result<Loaded, RehearsalError> {
    // Whatever the order of the sources, objects come in the order of the connectors.
    imports.sort_by_key(|it| setup.connectors.iter().position(|own| own.id == it.connector));
    let forests =
        imports.iter().filter_map(|it| Some((it.connector, it.import.forest()?.clone()))).collect();
    let mut loader = Loader::new(setup, forests, options)?;
    for DirectoryImport { connector, source, mut import } in imports {
        let own = connector_of(&loader, connector)?;
        loader.begin(connector, &*source);
        sink.begin(&own, &source).map_err(RehearsalError::Sink)?;
        progress.begin(&format!("importing {}", own.name), "objects", None);
        while let Some(object) = import.next().await {
            let object = object.map_err(|source| RehearsalError::Directory {
                connector: own.name.clone(),
                source,
            })?;
            sink.object(&own, &object).map_err(RehearsalError::Sink)?;
            loader.add(connector, object)?;
            progress.advance(1);
        }
        progress.end();
        sink.end(&own).map_err(RehearsalError::Sink)?;
        if let Some(report) = import.report() {
            loader.told(&own, report);
        }
    }
    let own = loader.setup.cloud().clone();
    let (cloud, source) = cloud;
    loader.begin(own.id, &*source);
    sink.begin(&own, &source).map_err(RehearsalError::Sink)?;
    let failed = |source| RehearsalError::Entra { connector: own.name.clone(), source };
    let mut take = |object: CsObject| {
        sink.object(&own, &object).map_err(RehearsalError::Sink)?;
        loader.add(own.id, object)
    };
    let tenant = match cloud {
        CloudSource::Graph(graph) => {
            let (sender, mut receiver) = mpsc::channel(WAITING);
            let importing =
                async { import(graph, &ImportOptions::default(), sender, progress).await };
            // The receiver goes with the first failure, which ends the import.
            let taking = async move {
                while let Some(object) = receiver.recv().await {
                    take(object)?;
                }
                Ok::<(), RehearsalError>(())
            };
            let (facts, taken) = tokio::join!(importing, taking);
            taken?;
            facts.map_err(failed)?
        }
        CloudSource::Folder(folder) => {
            given(take, |it| read_folder(folder, &Kind::ALL, progress, it))?.map_err(failed)?
        }
        CloudSource::Objects(objects) => {
            given(take, |it| read_objects(objects, &Kind::ALL, progress, it))?.map_err(failed)?
        }
    };
    sink.end(&own).map_err(RehearsalError::Sink)?;
    Ok(loader.finish(tenant))
}

/// Reads to the end, or to the first object that cannot be taken.
fn given(
    mut take: impl FnMut(CsObject) -> Result<(), RehearsalError>,
    read: impl FnOnce(
        &mut dyn FnMut(CsObject) -> ControlFlow<()>,
    ) -> Result<TenantFacts, dirlift_entra::Error>,
) -> Result<Result<TenantFacts, dirlift_entra::Error>, RehearsalError> {
    let mut failure = None;
    let facts = read(&mut |object| match take(object) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failure = Some(error);
            ControlFlow::Break(())
        }
    });
    match failure {
        Some(error) => Err(error),
        None => Ok(facts),
    }
}

fn connector_of(loader: &Loader, id: Guid) -> Result<ConnectorSetup, RehearsalError> {
    let found = loader.setup.connectors.iter().find(|it| it.id == id).cloned();
    found.ok_or_else(|| RehearsalError::Sources(format!("there is no connector {id}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_nobodys_where_no_computer_is_imported() {
        let object = |of: &str| CsObject::new("CN={61}".parse().unwrap(), of);
        assert_eq!(mark(false, &object("device")), Mark::CloudOnly);
        assert_eq!(mark(true, &object("device")), Mark::Inferred);
        assert_eq!(mark(false, &object("user")), Mark::Inferred);
    }
}
