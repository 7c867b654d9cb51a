//! An import under way: objects come out of it one by one, as fast as they are taken.
use std::{path::Path, vec};

use dirlift_model::{CsObject, DistinguishedName, Objects};
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{
    error::DirectoryError,
    forest::{Discovery, Forest, discover},
    given::Given,
    ldap::Connection,
    ldif::{CodePage, Extent, LdifReader},
    outbox::{Gone, Outbox, Sent},
    report::{Event, Report},
    request::{ImportRequest, PartitionRequest},
    schema::Schema,
    source::{Connect, Server, Source},
    walk::Walk,
};

/// An import under way. Dropped, it ends.
#[derive(Debug)]
pub struct Import {
    sent: mpsc::Receiver<Sent>,
    /// What came and was not taken yet.
    ready: vec::IntoIter<CsObject>,
    task: JoinHandle<()>,
    forest: Option<Forest>,
    schema: Schema,
    report: Option<Report>,
    extent: Option<Extent>,
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

        let (outbox, sent) = Outbox::new();
        let (forest, schema) = (Some(discovery.forest.clone()), discovery.schema.clone());
        let end = outbox.sender();
        let walk = Walk { source, connect, config, request, discovery, outbox, report };
        let task = tokio::spawn(async move {
            let (report, error) = walk.run(connection).await;
            drop(end.send(Sent::End(Box::new(report), error)).await);
        });
        Ok(Self::new(sent, task, forest, schema))
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
        let reader = opened.map_err(|_| DirectoryError::Ended)??;
        let (forest, schema) = (reader.forest().cloned(), reader.schema().clone());
        let extent = reader.extent();
        let mut import = Self::read(reader, forest, schema);
        import.extent = Some(extent);
        Ok(import)
    }

    /// Begins an import of objects that somebody else reads, such as the export of a connector space. The same is
    /// selected as from a directory; the domains are those of the request.
    ///
    /// Must be called inside a tokio runtime.
    pub fn from_objects(objects: Box<dyn Objects>, request: ImportRequest) -> Self {
        let given = Given::new(objects, request);
        let forest = given.forest().cloned();
        Self::read(given, forest, Schema::builtin())
    }

    /// Reads on a thread of its own.
    fn read(mut reader: impl Blocking + 'static, forest: Option<Forest>, schema: Schema) -> Self {
        let (mut outbox, sent) = Outbox::new();
        let end = outbox.sender();
        let task = tokio::task::spawn_blocking(move || {
            let mut pass_on = || -> Result<Option<DirectoryError>, Gone> {
                loop {
                    match reader.next_object() {
                        Ok(Some(object)) => outbox.add(object),
                        Ok(None) => return outbox.send_all_blocking().map(|()| None),
                        Err(error) => return outbox.send_all_blocking().map(|()| Some(error)),
                    }
                    outbox.send_full_blocking()?;
                }
            };
            if let Ok(error) = pass_on() {
                drop(end.blocking_send(Sent::End(Box::new(reader.into_report()), error)));
            }
        });
        Self::new(sent, task, forest, schema)
    }

    fn new(
        sent: mpsc::Receiver<Sent>,
        task: JoinHandle<()>,
        forest: Option<Forest>,
        schema: Schema,
    ) -> Self {
        Self {
            sent,
            ready: Vec::new().into_iter(),
            task,
            forest,
            schema,
            report: None,
            extent: None,
        }
    }

    /// The next object; `None` at the end. After an error nothing more comes.
    pub async fn next(&mut self) -> Option<Result<CsObject, DirectoryError>> {
        loop {
            if let Some(object) = self.ready.next() {
                return Some(Ok(object));
            }
            if self.report.is_some() {
                return None;
            }
            match self.sent.recv().await {
                Some(Sent::Objects(objects)) => self.ready = objects.into_iter(),
                Some(Sent::End(report, error)) => {
                    self.report = Some(*report);
                    return error.map(Err);
                }
                None => {
                    self.report = Some(Report::default());
                    return Some(Err(DirectoryError::Ended));
                }
            }
        }
    }

    /// What is known of the forest before the first object.
    pub fn forest(&self) -> Option<&Forest> {
        self.forest.as_ref()
    }

    /// How far the reading of a file has come; `None` where nobody knows how much there is, as over LDAP.
    pub fn extent(&self) -> Option<&Extent> {
        self.extent.as_ref()
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

/// A source that is read on a thread of its own.
trait Blocking: Send {
    /// The next object; `None` at the end.
    fn next_object(&mut self) -> Result<Option<CsObject>, DirectoryError>;

    /// The account of the reading.
    fn into_report(self) -> Report;
}

impl Blocking for LdifReader {
    fn next_object(&mut self) -> Result<Option<CsObject>, DirectoryError> {
        Ok(Self::next_object(self)?)
    }

    fn into_report(self) -> Report {
        Self::into_report(self)
    }
}

impl Blocking for Given {
    fn next_object(&mut self) -> Result<Option<CsObject>, DirectoryError> {
        Self::next_object(self)
    }

    fn into_report(self) -> Report {
        Self::into_report(self)
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
