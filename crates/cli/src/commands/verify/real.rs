//! A real staging server's file: read in a thread of its own, object by object, whatever its size.
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
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
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::{commands::checklist::hex, error::CommandError};

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

/// A file, and what it says of its connector.
struct Looked {
    path: PathBuf,
    /// The connector that the command line names.
    given: Option<StoredConnector>,
    first: Option<CsexportObject>,
}

/// Finds out which connector each file is of: as the command line says it (`CONNECTOR=FILE`), by the file's own words, by
/// `wanted`, or because there is only one it can be. A file without an object is of the only connector that is left.
pub(super) fn assign(
    files: &[PathBuf],
    connectors: &[StoredConnector],
    wanted: &[String],
) -> Result<Vec<Assigned>, CommandError> {
    let looked: Vec<_> = files.iter().map(|it| look(it, connectors)).collect::<Result<_, _>>()?;
    let found: Vec<_> = looked.iter().map(|it| connector(it, connectors, wanted)).collect();
    let left: Vec<_> = connectors
        .iter()
        .filter(|it| !found.iter().flatten().any(|found| found.id == it.id))
        .collect();
    let n_open = found.iter().filter(|it| it.is_none()).count();
    let mut all = Vec::new();
    for (it, found) in looked.into_iter().zip(found) {
        let only = match left.as_slice() {
            [only] if it.first.is_none() && n_open == 1 => Some((*only).clone()),
            _ => None,
        };
        let connector = found.or(only).ok_or_else(|| not_found(&it, connectors))?;
        all.push(Assigned { path: it.path, connector });
    }
    Ok(all)
}

fn look(file: &Path, connectors: &[StoredConnector]) -> Result<Looked, CommandError> {
    let text = file.to_string_lossy();
    let named = connectors.iter().find_map(|it| {
        let (name, rest) = text.split_at_checked(it.name.len())?;
        let path = rest.strip_prefix('=').filter(|_| name.eq_ignore_ascii_case(&it.name))?;
        Some((it.clone(), PathBuf::from(path)))
    });
    let (given, path) = named.map_or((None, file.to_owned()), |(it, path)| (Some(it), path));
    let opened = File::open(&path).map_err(|it| CommandError::file("opening", &path, it))?;
    let mut objects = CsexportReader::decoding(&path.display().to_string(), opened);
    // One that is left out says nothing of its connector.
    let first = objects.find(|it| it.as_ref().err().is_none_or(CsexportError::is_fatal));
    let first = first.transpose().map_err(CommandError::failed)?;
    Ok(Looked { path, given, first })
}

fn connector(
    it: &Looked,
    connectors: &[StoredConnector],
    wanted: &[String],
) -> Option<StoredConnector> {
    let find = |word: &str| connectors.iter().find(|it| it.name.eq_ignore_ascii_case(word));
    let by_name = || find(it.first.as_ref()?.connector_name.as_deref()?);
    let by_word = || match wanted {
        [only] => find(only),
        _ => None,
    };
    let by_kind = || {
        let kind = if is_cloud_name(&it.first.as_ref()?.dn) {
            ConnectorKind::EntraId
        } else {
            ConnectorKind::ActiveDirectory
        };
        let mut all = connectors.iter().filter(|it| it.kind == kind);
        all.next().filter(|_| all.next().is_none())
    };
    it.given.as_ref().or_else(by_name).or_else(by_word).or_else(by_kind).cloned()
}

fn not_found(it: &Looked, connectors: &[StoredConnector]) -> CommandError {
    let names: Vec<_> = connectors.iter().map(|it| format!("`{}`", it.name)).collect();
    let file = it.path.display();
    let text = match &it.first {
        None => format!("{file} has no object that says which connector it is of"),
        Some(first) => format!(
            "{file} is of the connector `{}`, which the store does not have under that name",
            shorten(first.connector_name.as_deref().unwrap_or_default(), 200)
        ),
    };
    let hint = format!(
        "say which one it is with --csexport CONNECTOR=FILE; there are {}",
        names.join(", ")
    );
    CommandError::failed(text).hint(hint)
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
        let failed = |it| CommandError::file("reading", &self.path, it);
        let about = file.metadata().map_err(failed)?;
        let n_bytes = about.len();
        let modified = about.modified().ok().and_then(|it| Timestamp::try_from(it).ok());
        let read = Arc::new(AtomicU64::new(0));
        let sum = Arc::new(Mutex::new(Sha256::new()));
        // Both go on from the same place in the file.
        let rest = file.try_clone().map_err(failed)?;
        let input = Counting { file, read: Arc::clone(&read), sum: Arc::clone(&sum) };
        let rest = Counting { file: rest, read: Arc::clone(&read), sum };
        let name = self.path.display().to_string();
        let exports = RealExports { file: name, modified_at: modified, ..RealExports::default() };
        let (sender, receiver) = sync_channel(MAX_WAITING);
        thread::Builder::new()
            .name("csexport".to_owned())
            .spawn(move || deliver(exports, input, rest, &sender))
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

/// A file that is counted and summed while it is read.
struct Counting {
    file: File,
    read: Arc<AtomicU64>,
    sum: Arc<Mutex<Sha256>>,
}

impl Counting {
    fn sum(&self) -> MutexGuard<'_, Sha256> {
        self.sum.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what is left, and gives the sum of the whole.
    fn finish(mut self) -> io::Result<String> {
        io::copy(&mut self, &mut io::sink())?;
        let sum = self.sum().clone().finalize();
        Ok(hex(&sum))
    }
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        self.sum().update(&buffer[..n]);
        Ok(n)
    }
}

/// Reads to the end. That nobody listens any more only means that the command has failed elsewhere.
fn deliver(
    mut exports: RealExports,
    input: Counting,
    rest: Counting,
    sender: &SyncSender<Delivery>,
) {
    let name = &exports.file.clone();
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
    match rest.finish() {
        Ok(sum) => exports.sha256 = Some(sum),
        Err(error) => problems.push(format!("{name}: its end could not be read: {error}")),
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
