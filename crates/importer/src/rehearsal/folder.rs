//! The folder of a rehearsal: written beside its place for the owner only, and put there when everything is in it.
use std::{
    fs::{self, File, OpenOptions},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use dirlift_model::{
    CsObject, PendingExport,
    progress::Progress,
    rehearsal::{ErrorLine, Rehearsal},
};
use dirlift_serverconfig::{csexport::CsexportWriter, declarative::write_rule};
use flate2::{Compression, write::GzEncoder};
use jiff::Timestamp;
use tempfile::TempDir;

use super::{
    csv::Table,
    error::RehearsalError,
    load::{Done, Sink},
    setup::{ConnectorSetup, Setup},
    stored::{self, Line, StoredSettings},
    tally::{Tally, error_line, predicted_line},
};

/// Name of the summary.
pub const SUMMARY: &str = "summary.json";

/// Name of the pending exports, one a line.
pub const PENDING_EXPORTS: &str = "pending-exports.jsonl";

/// Name of the errors, one a line.
pub const ERRORS: &str = "errors.jsonl";

type Out = BufWriter<File>;

/// Pending exports of each kind that a page shows.
const SHOWN_OF_A_KIND: usize = 10;

/// Pending exports and errors that a page shows.
const SHOWN: usize = 200;

/// What was written, as far as a page shows it.
#[derive(Clone, Debug)]
pub struct Written {
    /// The summary.
    pub summary: Rehearsal,
    /// The first exports of each kind: connector, type, operation and cause.
    pub exports: Vec<PendingExport>,
    /// The first errors and takeovers.
    pub errors: Vec<ErrorLine>,
}

/// A folder in the making. Dropped without [`Folder::commit`] it leaves nothing behind.
#[derive(Debug)]
pub struct Folder {
    out: PathBuf,
    temporary: TempDir,
    objects: Option<(PathBuf, GzEncoder<Out>)>,
    n_connectors: usize,
}

impl Folder {
    /// Begins a folder beside its place, which must not be there yet, or be empty.
    pub fn create(out: &Path) -> Result<Self, RehearsalError> {
        let failed =
            |source| RehearsalError::File { action: "creating", path: out.to_owned(), source };
        let refused =
            |why: &str| failed(std::io::Error::new(std::io::ErrorKind::AlreadyExists, why));
        if out.file_name().is_none() {
            return Err(refused("the path does not end in a name"));
        }
        match fs::symlink_metadata(out) {
            Ok(it) if it.is_dir() => {
                if fs::read_dir(out).map_err(failed)?.next().is_some() {
                    return Err(refused("the folder is not empty; name a new one"));
                }
            }
            Ok(_) => return Err(refused("it is there and is no folder")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let parent = out.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".dirlift-").suffix(".part");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let temporary = builder.tempdir_in(parent).map_err(failed)?;
        Ok(Self { out: out.to_owned(), temporary, objects: None, n_connectors: 0 })
    }

    /// Where the folder is while it is made.
    pub fn temporary_path(&self) -> &Path {
        self.temporary.path()
    }

    /// Adds a file, readable by its owner only.
    pub fn add(&self, name: &str, content: &[u8]) -> Result<(), RehearsalError> {
        let (path, mut file) = self.file(name)?;
        let written = file.write_all(content);
        written.map_err(|it| writing(&path, it))?;
        closed(&path, file)
    }

    fn file(&self, name: &str) -> Result<(PathBuf, Out), RehearsalError> {
        let path = self.temporary.path().join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|it| writing(parent, it))?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|it| writing(&path, it))?;
        Ok((path, BufWriter::with_capacity(1 << 16, file)))
    }

    /// Writes everything that a rehearsal found, and what is needed to explain it; returns what a page
    /// shows of it.
    pub fn write(
        &self,
        done: &Done,
        tool_version: &str,
        as_of: Timestamp,
        progress: &mut dyn Progress,
    ) -> Result<Written, RehearsalError> {
        let Done { synchronized, known } = done;
        let mut tally = Tally::new(known);
        let total = synchronized.export_count() as u64;
        progress.begin("writing pending exports", "objects", Some(total));
        let (lines_path, mut lines) = self.file(PENDING_EXPORTS)?;
        let (table_path, table) = self.file("pending-exports.csv")?;
        let in_table = |it: csv::Error| writing(&table_path, std::io::Error::other(it));
        let mut table = Table::new(table).map_err(in_table)?;
        let mut spaces = Vec::new();
        for (at, it) in known.setup.connectors.iter().enumerate() {
            let (path, file) = self.file(&format!("csexport/{}", space_name(at, &it.name)))?;
            let writer = CsexportWriter::new(file).map_err(|it| writing(&path, it))?;
            spaces.push((it.name.as_str(), path, writer));
        }
        let (mut shown, mut shown_errors) = (Vec::new(), Vec::new());
        for (export, known_by) in synchronized.exports_known_by(&Table::<Out>::known()) {
            if tally.export(&export) <= SHOWN_OF_A_KIND as u64 && shown.len() < SHOWN {
                shown.push(export.clone());
            }
            json_line(&mut lines, &export).map_err(|it| writing(&lines_path, it))?;
            table.row(&export, &known_by).map_err(in_table)?;
            if let Some((_, path, writer)) = spaces.iter_mut().find(|it| it.0 == export.connector) {
                writer.write(&export).map_err(|it| writing(path, it))?;
            }
            progress.advance(1);
        }
        closed(&lines_path, lines)?;
        closed(&table_path, table.finish().map_err(|it| writing(&table_path, it))?)?;
        for (_, path, writer) in spaces {
            closed(&path, writer.finish().map_err(|it| writing(&path, it))?)?;
        }
        let (path, mut errors) = self.file(ERRORS)?;
        let predicted = synchronized.predicted().iter().map(predicted_line);
        for line in synchronized.errors().map(error_line).chain(predicted) {
            tally.error(&line);
            json_line(&mut errors, &line).map_err(|it| writing(&path, it))?;
            if shown_errors.len() < SHOWN {
                shown_errors.push(line);
            }
        }
        closed(&path, errors)?;
        progress.end();
        let summary = tally.finish(known, synchronized, tool_version, as_of);
        self.add(SUMMARY, pretty(&summary).as_bytes())?;
        self.inputs(&known.setup, done, as_of)?;
        Ok(Written { summary, exports: shown, errors: shown_errors })
    }

    /// What the synchronization was made from, besides the objects.
    fn inputs(&self, setup: &Setup, done: &Done, as_of: Timestamp) -> Result<(), RehearsalError> {
        let settings = StoredSettings::new(setup, done, as_of);
        self.add(stored::SETTINGS, pretty(&settings).as_bytes())?;
        for (at, rule) in setup.rules.iter().enumerate() {
            self.add(&stored::rule_name(at), write_rule(rule).as_bytes())?;
        }
        Ok(())
    }

    /// Puts the folder in its place.
    pub fn commit(self) -> Result<(), RehearsalError> {
        let Self { out, temporary, .. } = self;
        // An empty folder may be there; not everywhere can it be renamed over.
        drop(fs::remove_dir(&out));
        fs::rename(temporary.path(), &out).map_err(|source| RehearsalError::File {
            action: "putting the finished folder in its place,",
            path: out.clone(),
            source,
        })?;
        // Its old name is gone.
        drop(temporary.keep());
        Ok(())
    }
}

impl Sink for Folder {
    fn begin(
        &mut self,
        _connector: &ConnectorSetup,
        _source: &str,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let (path, file) = self.file(&stored::objects_name(self.n_connectors))?;
        self.n_connectors += 1;
        self.objects = Some((path, GzEncoder::new(file, Compression::fast())));
        Ok(())
    }

    fn object(
        &mut self,
        _connector: &ConnectorSetup,
        object: &CsObject,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        if let Some((path, out)) = &mut self.objects {
            json_line(out, &Line::of(object)).map_err(|it| writing(path, it))?;
        }
        Ok(())
    }

    fn end(
        &mut self,
        _connector: &ConnectorSetup,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        if let Some((path, out)) = self.objects.take() {
            closed(&path, out.finish().map_err(|it| writing(&path, it))?)?;
        }
        Ok(())
    }
}

/// Name of a connector's file: its place, and as much of its name as every system takes.
fn space_name(at: usize, name: &str) -> String {
    let plain: String = name
        .chars()
        .take(60)
        .map(
            |it| if it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | '_') { it } else { '-' },
        )
        .collect();
    format!("{}-{plain}.xml", at + 1)
}

fn json_line(out: &mut impl Write, value: &impl serde::Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

fn pretty(value: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

fn writing(path: &Path, source: std::io::Error) -> RehearsalError {
    RehearsalError::File { action: "writing", path: path.to_owned(), source }
}

fn closed(path: &Path, out: Out) -> Result<(), RehearsalError> {
    let file = out.into_inner().map_err(|it| writing(path, it.into_error()))?;
    file.sync_all().map_err(|it| writing(path, it))
}
