//! The objects that the directory of a connector space has, one by one: a full import that a server made earlier.
use std::{
    collections::BTreeSet,
    error::Error,
    io::{BufRead, Read},
};

use dirlift_model::{
    CsObject, Objects,
    text::{plural, shorten},
};

use super::{
    CsexportError, CsexportObject, CsexportReader, Decoded, DeltaOperation, Hologram, Stage,
};

/// Remarks on single objects that are kept; the rest is counted.
const MAX_REMARKS: usize = 1_000;
/// Connector names that are kept: one is right, two are told.
const MAX_NAMES: usize = 10;

/// Reads what a directory had when its connector was last imported; memory is that of the largest object.
///
/// Placeholders, objects that are only about to be exported and objects whose deletion was imported are left out. The
/// file must hold the whole connector space: `csexport` without `/f`.
pub struct ImportedObjects<R> {
    reader: CsexportReader<R>,
    counts: ImportedCounts,
    names: BTreeSet<String>,
    remarks: Vec<String>,
    n_more_remarks: u64,
}

/// What a file had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportedCounts {
    /// Objects of the directory, each given to the caller.
    pub given: u64,
    /// Objects that only hold a place, for a parent or a reference.
    pub placeholders: u64,
    /// Objects that the directory does not have yet: only their export is pending.
    pub not_exported: u64,
    /// Objects whose deletion was imported and not synchronised.
    pub deleted: u64,
    /// Objects that were exported and not imported since; they come as they were before, or not at all.
    pub unconfirmed: u64,
    /// Objects of the directory with changes that wait for an export.
    pub with_pending_export: u64,
    /// Objects without a usable name.
    pub unnamed: u64,
}

impl<R: Read> ImportedObjects<Decoded<R>> {
    /// Reads the bytes of a file, which messages call `file`.
    pub fn decoding(file: &str, input: R) -> Self {
        Self::new(CsexportReader::decoding(file, input))
    }
}

impl<R: BufRead> ImportedObjects<R> {
    /// What a reader gives.
    pub fn new(reader: CsexportReader<R>) -> Self {
        Self {
            reader,
            counts: ImportedCounts::default(),
            names: BTreeSet::new(),
            remarks: Vec::new(),
            n_more_remarks: 0,
        }
    }

    /// What was met so far.
    pub fn counts(&self) -> ImportedCounts {
        self.counts
    }

    fn remark(&mut self, text: impl FnOnce() -> String) {
        if self.remarks.len() < MAX_REMARKS {
            self.remarks.push(text());
        } else {
            self.n_more_remarks += 1;
        }
    }

    /// The object as the directory has it; `None` when it does not.
    fn take(&mut self, object: &mut CsexportObject) -> Option<CsObject> {
        if let Some(name) = object.connector_name.take()
            && self.names.len() < MAX_NAMES
        {
            self.names.insert(name);
        }
        for problem in std::mem::take(&mut object.problems) {
            self.remark(|| format!("{}: {problem}", shorten(object.dn.as_str(), 200)));
        }
        let is_delete = |it: &super::Delta| it.operation == DeltaOperation::Delete;
        if object.is_placeholder {
            self.counts.placeholders += 1;
            return None;
        }
        if object.delta(Stage::PendingImport).is_some_and(is_delete) {
            self.counts.deleted += 1;
            return None;
        }
        let is_unconfirmed = object.delta(Stage::UnconfirmedExport).is_some()
            || object.hologram(Hologram::UnconfirmedExport).is_some();
        self.counts.unconfirmed += u64::from(is_unconfirmed);
        let has_pending = object.deltas.iter().any(|it| {
            matches!(it.0, Stage::UnappliedExport | Stage::EscrowedExport)
                && it.1.operation != DeltaOperation::None
        });
        let Some(imported) = object.take_imported() else {
            self.counts.not_exported += u64::from(!is_unconfirmed);
            return None;
        };
        self.counts.given += 1;
        self.counts.with_pending_export += u64::from(has_pending);
        Some(imported)
    }
}

impl<R: BufRead> Iterator for ImportedObjects<R> {
    type Item = Result<CsObject, CsexportError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.reader.next()? {
                Ok(mut object) => {
                    if let Some(object) = self.take(&mut object) {
                        return Some(Ok(object));
                    }
                }
                Err(error) if error.is_fatal() => return Some(Err(error)),
                Err(error) => {
                    self.counts.unnamed += 1;
                    self.remark(|| error.to_string());
                }
            }
        }
    }
}

impl<R: BufRead + Send> Objects for ImportedObjects<R> {
    fn next_object(&mut self) -> Result<Option<CsObject>, Box<dyn Error + Send + Sync>> {
        self.next().transpose().map_err(Into::into)
    }

    fn remarks(&self) -> Vec<String> {
        let counts = self.counts;
        let mut all = self.remarks.clone();
        if self.n_more_remarks > 0 {
            all.push(plural(self.n_more_remarks, "more remark", "more remarks"));
        }
        let mut add = |n: u64, one: &str, many: &str| {
            if n > 0 {
                all.push(plural(n, one, many));
            }
        };
        add(
            counts.unconfirmed,
            "object was exported and not imported since; it comes as it was before, or not at all: run an import \
             there, then csexport again",
            "objects were exported and not imported since; they come as they were before, or not at all: run an \
             import there, then csexport again",
        );
        add(
            counts.deleted,
            "object is left out: its deletion was imported",
            "objects are left out: their deletion was imported",
        );
        if counts.given > 0 && counts.with_pending_export == counts.given {
            all.push(
                "every object has a pending export: if the file was made with /f:x it is not the whole connector space; \
                 run csexport without /f"
                    .to_owned(),
            );
        }
        if self.names.len() > 1 {
            let names: Vec<_> = self.names.iter().map(|it| shorten(it, 100)).collect();
            all.push(format!(
                "the file has objects of more than one connector: {}",
                names.join(", ")
            ));
        }
        all
    }
}
