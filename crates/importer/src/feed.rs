//! Both directories as they are: Active Directory over LDAP, from LDIF or an export; the cloud through Graph, from a
//! folder or an export.
use std::{fs::File, future::Future, ops::ControlFlow, path::Path};

use dirlift_directory::{Connect, Event, Forest, Import, Source};
use dirlift_entra::{
    CONNECTOR_SPACE, EntraSource, Graph, ImportOptions, Kind, import, probe, read_folder,
    read_objects,
};
use dirlift_model::{CsObject, TenantFacts, progress::Progress};
use dirlift_serverconfig::csexport::{Decoded, ImportedObjects};
use dirlift_syncengine::sync::Readable;
use tokio::{runtime::Runtime, sync::mpsc};

use crate::{
    apply::{Directories, ImportFacts, Imported, SourceFailed},
    rehearsal::{parameters, readable},
    setup::ConnectorSetup,
};

/// Objects of the cloud that wait to be taken.
const WAITING: usize = 1_024;

/// Reads the source that each connector names.
#[derive(Debug)]
pub struct Feed<'a> {
    /// Where the network is waited for.
    pub runtime: &'a Runtime,
    /// How domain controllers are reached.
    pub connect: Connect,
    /// The tenant, for connectors that name one.
    pub graph: Option<&'a Graph>,
}

impl Feed<'_> {
    fn source<T: std::str::FromStr>(connector: &ConnectorSetup) -> Result<T, SourceFailed>
    where
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        let text = connector.source.as_deref();
        let text = text.ok_or_else(|| SourceFailed::new("no source is known for it; give one"))?;
        text.parse().map_err(SourceFailed::new)
    }

    fn graph(&self) -> Result<&Graph, SourceFailed> {
        self.graph.ok_or_else(|| {
            SourceFailed::new("nobody has signed in to the tenant; give --client-id")
        })
    }

    async fn open(&self, connector: &ConnectorSetup) -> Result<Import, SourceFailed> {
        let request = connector.request().map_err(SourceFailed::new)?;
        match Self::source::<Source>(connector)? {
            Source::CsExport(path) => Ok(Import::from_objects(Box::new(export(&path)?), request)),
            source => Import::start(&source, request, self.connect.clone())
                .await
                .map_err(SourceFailed::new),
        }
    }

    /// Waits for something of the network.
    fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    fn forest(
        &self,
        connector: &ConnectorSetup,
        take: &mut dyn FnMut(CsObject) -> ControlFlow<()>,
        progress: &mut dyn Progress,
    ) -> Result<Imported, SourceFailed> {
        progress.begin(&format!("importing {}", connector.name), "objects", None);
        let import = self.wait(async {
            let mut import = self.open(connector).await?;
            while let Some(object) = import.next().await {
                progress.advance(1);
                if take(object.map_err(SourceFailed::new)?).is_break() {
                    break;
                }
            }
            Ok::<_, SourceFailed>(import)
        })?;
        progress.end();
        let unknown = Forest::default();
        let forest = import.forest().unwrap_or(&unknown);
        let name = (!connector.forest.is_empty()).then_some(connector.forest.as_str());
        let request = connector.request().map_err(SourceFailed::new)?;
        let (own, partitions, mut remarks) = parameters(forest, &request.partitions, name);
        let mut errors = 0;
        if let Some(report) = import.report() {
            // What is missing comes first: the store keeps so many remarks and no more.
            let (missing, others): (Vec<_>, Vec<_>) =
                report.events.iter().partition(|it| is_missing(it));
            // Nobody knows what the events were that nobody kept.
            errors = missing.len() as u64 + report.n_more_events;
            let told = missing.iter().chain(&others).map(ToString::to_string);
            remarks = told.chain(std::mem::take(&mut remarks)).collect();
            if report.n_more_events > 0 {
                let text =
                    format!("{} more remarks; something may be missing", report.n_more_events);
                remarks.insert(0, text);
            }
            if report.n_out_of_scope > 0 {
                remarks.push(format!("{} entries are out of scope", report.n_out_of_scope));
            }
        }
        let partitions = partitions.into_iter().map(|it| (it.root.to_string(), it.parameters));
        let facts = ImportFacts {
            parameters: own,
            partitions: partitions.collect(),
            ..ImportFacts::default()
        };
        Ok(Imported { errors, remarks, facts })
    }

    fn cloud(
        &self,
        connector: &ConnectorSetup,
        take: &mut dyn FnMut(CsObject) -> ControlFlow<()>,
        progress: &mut dyn Progress,
    ) -> Result<Imported, SourceFailed> {
        let source = Self::source::<EntraSource>(connector)?;
        let shows_all = matches!(source, EntraSource::CsExport(_));
        let tenant = match source {
            EntraSource::Graph(_) => self.through_graph(take, progress)?,
            EntraSource::Folder(path) => {
                read_folder(&path, &Kind::ALL, progress, take).map_err(SourceFailed::new)?
            }
            EntraSource::CsExport(path) => {
                read_objects(&mut export(&path)?, &Kind::ALL, progress, take)
                    .map_err(SourceFailed::new)?
            }
        };
        let (missing, others): (Vec<_>, Vec<_>) =
            tenant.not_checked.iter().partition(|it| it.what == CONNECTOR_SPACE);
        let has = |kind: Kind| tenant.objects.iter().any(|it| it.object_type == kind.object_type());
        let kinds: Vec<_> = Kind::ALL.into_iter().filter(|it| !has(*it)).collect();
        let errors = (missing.len() + kinds.len()) as u64;
        let kinds = kinds.iter().map(|it| {
            format!("no file has objects of type {}: all of them are missing", it.object_type())
        });
        let told = missing.iter().chain(&others);
        let remarks = kinds.chain(told.map(|it| format!("not read: {}: {}", it.what, it.why)));
        let readable = match readable() {
            Readable::Only(map) if !shows_all => Some(map),
            _ => None,
        };
        let remarks: Vec<_> = remarks.collect();
        let facts = ImportFacts { tenant: Some(tenant), readable, ..ImportFacts::default() };
        Ok(Imported { errors, remarks, facts })
    }

    fn through_graph(
        &self,
        take: &mut dyn FnMut(CsObject) -> ControlFlow<()>,
        progress: &mut dyn Progress,
    ) -> Result<TenantFacts, SourceFailed> {
        let graph = self.graph()?;
        let (sender, mut receiver) = mpsc::channel(WAITING);
        let options = ImportOptions::default();
        let importing = import(graph, &options, sender, progress);
        // The receiver goes with the first object that is not wanted, which ends the import.
        let taking = async move {
            while let Some(object) = receiver.recv().await {
                if take(object).is_break() {
                    break;
                }
            }
        };
        let (facts, ()) = self.wait(async { tokio::join!(importing, taking) });
        facts.map_err(SourceFailed::new)
    }
}

/// Whether something is not in the store that the directory may have.
fn is_missing(event: &Event) -> bool {
    match event {
        Event::Rejected { .. }
        | Event::Truncated { .. }
        | Event::NoContainer(_)
        // The reader of an export speaks of what it left out or doubts.
        | Event::Remark(_) => true,
        Event::NoAttribute(_)
        | Event::NoClass(_)
        | Event::NothingInScope(_)
        | Event::Restarted { .. }
        | Event::ServerFailed { .. }
        | Event::Referral(_)
        | Event::CodePage { .. } => false,
    }
}

fn export(path: &Path) -> Result<ImportedObjects<Decoded<File>>, SourceFailed> {
    let file = File::open(path)
        .map_err(|it| SourceFailed::new(format!("opening {}: {it}", path.display())))?;
    Ok(ImportedObjects::decoding(&path.display().to_string(), file))
}

impl Directories for Feed<'_> {
    fn check(&mut self, connector: &ConnectorSetup) -> Result<Vec<String>, SourceFailed> {
        if connector.is_cloud {
            return match Self::source::<EntraSource>(connector)? {
                EntraSource::Graph(_) => {
                    let graph = self.graph()?;
                    self.wait(probe(graph, &Kind::ALL)).map_err(SourceFailed::new)?;
                    Ok(Vec::new())
                }
                EntraSource::Folder(path) if path.is_dir() => Ok(Vec::new()),
                EntraSource::Folder(path) => {
                    Err(SourceFailed::new(format!("{} is no folder", path.display())))
                }
                EntraSource::CsExport(path) => export(&path).map(|_| Vec::new()),
            };
        }
        let first = self.wait(async {
            let mut import = self.open(connector).await?;
            import.next().await.transpose().map_err(SourceFailed::new)
        })?;
        if first.is_none() {
            let text = "it shows no object in scope: the account may read nothing, or the containers are empty";
            return Err(SourceFailed::new(text));
        }
        Ok(Vec::new())
    }

    fn import(
        &mut self,
        connector: &ConnectorSetup,
        take: &mut dyn FnMut(CsObject) -> ControlFlow<()>,
        progress: &mut dyn Progress,
    ) -> Result<Imported, SourceFailed> {
        if connector.is_cloud {
            self.cloud(connector, take, progress)
        } else {
            self.forest(connector, take, progress)
        }
    }
}
