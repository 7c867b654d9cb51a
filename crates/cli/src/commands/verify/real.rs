//! A real staging server's file: read in a thread of its own, object by object, whatever its size.
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use dirlift_deployment::{ConnectorKind, StoredConnector};
use dirlift_model::{
    AttributeValue, DistinguishedName, PendingExport, text::shorten, verification::RealExports,
};
use dirlift_serverconfig::csexport::{
    CsexportError, CsexportObject, CsexportReader, DeltaOperation, ObjectError, Stage,
};

use crate::error::CommandError;

/// Objects of one delivery, and bytes of values in them from which on it goes out.
const MAX_OBJECTS: usize = 256;
const MAX_BYTES: usize = 2 << 20;
/// Deliveries that may wait.
const MAX_WAITING: usize = 2;
/// Most problems that are told.
const MAX_PROBLEMS: usize = 50;

/// One object of the file, as far as it matters.
pub(super) struct RealObject {
    pub(super) export: Option<PendingExport>,
    /// Its anchor, of an object that the directory has.
    pub(super) anchor: Option<String>,
    pub(super) error: Option<String>,
}

/// What goes over from the thread that reads.
enum Delivery {
    Objects(Vec<RealObject>),
    End(RealExports, Vec<String>),
    Failed(CsexportError),
}

/// A file that is being read.
pub(super) struct RealFile {
    /// The connector of the store that it is held against.
    pub(super) connector: StoredConnector,
    receiver: Receiver<Delivery>,
    read: Arc<AtomicU64>,
    told: u64,
    pub(super) n_bytes: u64,
}

/// The file and what it is held against, before it is read.
pub(super) struct Assigned {
    path: PathBuf,
    pub(super) connector: StoredConnector,
}

/// Finds out which connector a file is of: by its own words, by `wanted`, or because there is only one it can be.
pub(super) fn assign(
    path: &Path,
    connectors: &[StoredConnector],
    wanted: &[String],
) -> Result<Assigned, CommandError> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|it| CommandError::file("opening", path, it))?;
    let first = CsexportReader::decoding(&name, file).next();
    let first = first.transpose().map_err(CommandError::failed)?;
    let find = |word: &str| connectors.iter().find(|it| it.name.eq_ignore_ascii_case(word));
    let by_name = first.as_ref().and_then(|it| find(it.connector_name.as_deref()?));
    let by_word = || match wanted {
        [only] => find(only),
        _ => None,
    };
    let by_kind = || {
        let kind = match &first {
            Some(it) if is_cloud_name(&it.dn) => ConnectorKind::EntraId,
            Some(_) => ConnectorKind::ActiveDirectory,
            None => return None,
        };
        let mut all = connectors.iter().filter(|it| it.kind == kind);
        all.next().filter(|_| all.next().is_none())
    };
    let found = by_name.or_else(by_word).or_else(by_kind).cloned();
    let connector = found.ok_or_else(|| {
        let names: Vec<_> = connectors.iter().map(|it| format!("`{}`", it.name)).collect();
        let own = first.and_then(|it| it.connector_name).unwrap_or_default();
        let text = format!(
            "{name} is of the connector `{}`, which the store does not have under that name",
            shorten(&own, 200)
        );
        let hint = format!("say which one it is with --connector; there are {}", names.join(", "));
        CommandError::failed(text).hint(hint)
    })?;
    Ok(Assigned { path: path.to_owned(), connector })
}

/// Names of objects of a cloud connector: `CN={…}` and nothing else.
fn is_cloud_name(dn: &DistinguishedName) -> bool {
    dn.depth() == 1 && dn.as_str().starts_with("CN={")
}

impl Assigned {
    /// Begins to read.
    pub(super) fn read(self) -> Result<RealFile, CommandError> {
        let file =
            File::open(&self.path).map_err(|it| CommandError::file("opening", &self.path, it))?;
        let n_bytes = file.metadata().map_or(0, |it| it.len());
        let read = Arc::new(AtomicU64::new(0));
        let input = Counting { file, read: Arc::clone(&read) };
        let name = self.path.display().to_string();
        let (sender, receiver) = sync_channel(MAX_WAITING);
        thread::Builder::new()
            .name("csexport".to_owned())
            .spawn(move || deliver(&name, input, &sender))
            .map_err(|it| CommandError::file("reading", &self.path, it))?;
        Ok(RealFile { connector: self.connector, receiver, read, told: 0, n_bytes })
    }
}

impl RealFile {
    /// Gives every object to `each`, and bytes that were read to `advance`.
    pub(super) fn for_each(
        mut self,
        mut advance: impl FnMut(u64),
        mut each: impl FnMut(RealObject) -> Result<(), CommandError>,
    ) -> Result<(RealExports, Vec<String>), CommandError> {
        loop {
            let delivery = self
                .receiver
                .recv()
                .map_err(|_| CommandError::failed("the thread that reads the file has stopped"))?;
            let read = self.read.load(Ordering::Relaxed);
            advance(read - self.told);
            self.told = read;
            match delivery {
                Delivery::Objects(objects) => {
                    for mut it in objects {
                        if let Some(export) = &mut it.export {
                            export.connector.clone_from(&self.connector.name);
                        }
                        each(it)?;
                    }
                }
                Delivery::End(exports, problems) => return Ok((exports, problems)),
                Delivery::Failed(error) => return Err(CommandError::failed(error)),
            }
        }
    }
}

struct Counting {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Reads to the end. That nobody listens any more only means that the command has failed elsewhere.
fn deliver(name: &str, input: Counting, sender: &SyncSender<Delivery>) {
    let mut exports = RealExports { file: name.to_owned(), ..RealExports::default() };
    let mut problems = Vec::new();
    let mut n_problems = 0_u64;
    let mut objects = Vec::with_capacity(MAX_OBJECTS);
    let mut n_bytes = 0;
    for object in CsexportReader::decoding(name, input).pending_only() {
        match object {
            Ok(object) => {
                n_problems += object.problems.len() as u64;
                for it in &object.problems {
                    if problems.len() < MAX_PROBLEMS {
                        problems
                            .push(format!("{name}: {}: {it}", shorten(object.dn.as_str(), 200)));
                    }
                }
                let object = taken(&object, &mut exports);
                let changes = object.export.iter().flat_map(|it| &it.changes);
                n_bytes +=
                    changes.flat_map(|it| it.old.iter().chain(&it.new)).map(size).sum::<usize>();
                objects.push(object);
            }
            Err(error) if !error.is_fatal() => {
                exports.left_out += 1;
                n_problems += 1;
                if problems.len() < MAX_PROBLEMS {
                    problems.push(error.to_string());
                }
            }
            Err(error) => {
                drop(sender.send(Delivery::Failed(error)));
                return;
            }
        }
        if objects.len() >= MAX_OBJECTS || n_bytes >= MAX_BYTES {
            if sender.send(Delivery::Objects(std::mem::take(&mut objects))).is_err() {
                return;
            }
            n_bytes = 0;
        }
    }
    let n_more = n_problems - problems.len() as u64;
    if n_more > 0 {
        problems.push(format!("{name}: {n_more} more problems"));
    }
    if sender.send(Delivery::Objects(objects)).is_ok() {
        drop(sender.send(Delivery::End(exports, problems)));
    }
}

/// Bytes that a value takes, roughly.
fn size(value: &AttributeValue) -> usize {
    let inside = match value {
        AttributeValue::String(text) => text.len(),
        AttributeValue::Binary(bytes) => bytes.len(),
        AttributeValue::Reference(name) => 2 * name.as_str().len(),
        AttributeValue::Integer(_) | AttributeValue::Boolean(_) => 0,
    };
    inside + size_of::<AttributeValue>()
}

fn taken(object: &CsexportObject, exports: &mut RealExports) -> RealObject {
    if exports.objects == 0 {
        exports.connector = object.connector_name.clone().unwrap_or_default();
    }
    exports.objects += 1;
    exports.export_errors += u64::from(object.export_error.is_some());
    exports.import_errors += u64::from(object.import_error.is_some());
    let export = object.pending_export();
    exports.pending += u64::from(export.is_some());
    let is_new = object
        .delta(Stage::UnappliedExport)
        .or_else(|| object.delta(Stage::EscrowedExport))
        .is_some_and(|it| it.operation == DeltaOperation::Add);
    let shows_anchor = is_cloud_name(&object.dn)
        && !is_new
        && !object.is_placeholder
        && !object.object_type.is("user");
    RealObject {
        anchor: if shows_anchor { object.anchor() } else { None },
        error: object.export_error.as_ref().map(words),
        export,
    }
}

fn words(error: &ObjectError) -> String {
    let kind = error.error_type.iter().cloned();
    let all: Vec<String> = kind.chain(error.text.iter().cloned()).collect();
    shorten(&all.join(": "), 500)
}
