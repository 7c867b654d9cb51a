//! An import under way: objects come out of it one by one, as fast as they are taken.
use std::path::Path;

use dirlift_model::{CsObject, DistinguishedName, Objects};
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{
    error::DirectoryError,
    forest::{Discovery, Forest, discover},
    given::Given,
    ldap::Connection,
    ldif::{CodePage, LdifReader},
    report::{Event, Report},
    request::{ImportRequest, PartitionRequest},
    schema::Schema,
    source::{Connect, Server, Source},
    walk::Walk,
};

/// Objects that wait to be taken. A large group is one of them, so they are few.
const WAITING: usize = 64;

/// What comes through the channel.
#[derive(Debug)]
pub(crate) enum Sent {
    /// An object.
    Object(CsObject),
    /// The end, and whether it was a good one.
    End(Box<Report>, Option<DirectoryError>),
}

/// An import under way. Dropped, it ends.
#[derive(Debug)]
pub struct Import {
    objects: mpsc::Receiver<Sent>,
    task: JoinHandle<()>,
    forest: Option<Forest>,
    schema: Schema,
    report: Option<Report>,
}

impl Import {
    /// Begins an import: reaches the source, finds out about the forest, and starts reading.
    ///
    /// Must be called inside a tokio runtime. A source that cannot be reached, credentials that are refused and
    /// partitions that do not exist are errors here, not later.
    pub async fn start(
        source: &Source,
        request: ImportRequest,
        connect: Connect,
    ) -> Result<Self, DirectoryError> {
        match source {
            Source::Ldap(server) => Self::over_ldap(server.clone(), request, connect).await,
            Source::Ldif(path) => Self::from_ldif(path, request, connect.code_page).await,
            Source::CsExport(_) => Err(DirectoryError::CsExport),
        }
    }

    async fn over_ldap(
        source: Server,
        mut request: ImportRequest,
        connect: Connect,
    ) -> Result<Self, DirectoryError> {
        let config = connect.trust.config()?;
        let limits = &connect.limits;
        let mut connection =
            Connection::open(&source, &config, connect.credentials.as_ref(), limits).await?;
        let discovery = discover(&mut connection, &request, limits.page_size).await?;
        choose_partitions(&mut request, &discovery, &source)?;
        let mut report = Report { forest: Some(discovery.forest.clone()), ..Report::default() };
        discovery
            .missing_attributes
            .iter()
            .cloned()
            .for_each(|it| report.add(Event::NoAttribute(it)));
        discovery.missing_classes.iter().cloned().for_each(|it| report.add(Event::NoClass(it)));

        let (sender, objects) = mpsc::channel(WAITING);
        let (forest, schema) = (Some(discovery.forest.clone()), discovery.schema.clone());
        let end = sender.clone();
        let walk = Walk { source, connect, config, request, discovery, objects: sender, report };
        let task = tokio::spawn(async move {
            let (report, error) = walk.run(connection).await;
            drop(end.send(Sent::End(Box::new(report), error)).await);
        });
        Ok(Self { objects, task, forest, schema, report: None })
    }

    async fn from_ldif(
        path: &Path,
        request: ImportRequest,
        code_page: CodePage,
    ) -> Result<Self, DirectoryError> {
        let path = path.to_owned();
        let opened = tokio::task::spawn_blocking(move || {
            LdifReader::with_code_page(&path, request, code_page)
        })
        .await;
        let mut reader = opened.map_err(|_| DirectoryError::Ended)??;
        let (forest, schema) = (reader.forest().cloned(), reader.schema().clone());
        let (sender, objects) = mpsc::channel(WAITING);
        let task = tokio::task::spawn_blocking(move || {
            let error = loop {
                match reader.next_object() {
                    Ok(Some(object)) => {
                        if sender.blocking_send(Sent::Object(object)).is_err() {
                            return;
                        }
                    }
                    Ok(None) => break None,
                    Err(error) => break Some(error.into()),
                }
            };
            drop(sender.blocking_send(Sent::End(Box::new(reader.into_report()), error)));
        });
        Ok(Self { objects, task, forest, schema, report: None })
    }

    /// Begins an import of objects that somebody else reads, such as the export of a connector space. The same is
    /// selected as from a directory; the domains are those of the request.
    ///
    /// Must be called inside a tokio runtime.
    pub fn from_objects(objects: Box<dyn Objects>, request: ImportRequest) -> Self {
        let mut given = Given::new(objects, request);
        let (forest, schema) = (given.forest().cloned(), Schema::builtin());
        let (sender, objects) = mpsc::channel(WAITING);
        let task = tokio::task::spawn_blocking(move || {
            let error = loop {
                match given.next_object() {
                    Ok(Some(object)) => {
                        if sender.blocking_send(Sent::Object(object)).is_err() {
                            return;
                        }
                    }
                    Ok(None) => break None,
                    Err(error) => break Some(error),
                }
            };
            drop(sender.blocking_send(Sent::End(Box::new(given.into_report()), error)));
        });
        Self { objects, task, forest, schema, report: None }
    }

    /// The next object; `None` at the end. After an error nothing more comes.
    pub async fn next(&mut self) -> Option<Result<CsObject, DirectoryError>> {
        if self.report.is_some() {
            return None;
        }
        match self.objects.recv().await {
            Some(Sent::Object(object)) => Some(Ok(object)),
            Some(Sent::End(report, error)) => {
                self.report = Some(*report);
                error.map(Err)
            }
            None => {
                self.report = Some(Report::default());
                Some(Err(DirectoryError::Ended))
            }
        }
    }

    /// What is known of the forest before the first object.
    pub fn forest(&self) -> Option<&Forest> {
        self.forest.as_ref()
    }

    /// The wanted attributes that the directory has, with their syntaxes.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The account of the import, once [`Import::next`] has come to the end or to an error.
    pub fn report(&self) -> Option<&Report> {
        self.report.as_ref()
    }
}

impl Drop for Import {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Without partitions every domain is imported; a partition that the forest does not have is an error.
fn choose_partitions(
    request: &mut ImportRequest,
    discovery: &Discovery,
    source: &Server,
) -> Result<(), DirectoryError> {
    if request.partitions.is_empty() {
        let domains = discovery.forest.domains.iter();
        request.partitions =
            domains.map(|it| PartitionRequest::whole(it.naming_context.clone())).collect();
    }
    let is_known = |it: &DistinguishedName| discovery.partitions.contains(it);
    match request.partitions.iter().find(|it| !is_known(&it.naming_context)) {
        None => Ok(()),
        Some(missing) => Err(DirectoryError::NoPartition {
            server: source.to_string(),
            partition: missing.naming_context.to_string(),
            known: discovery
                .partitions
                .iter()
                .map(DistinguishedName::as_str)
                .collect::<Vec<_>>()
                .join("; "),
        }),
    }
}
