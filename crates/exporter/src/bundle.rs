//! The bundle, format 1: a canonical zip with a manifest.
//!
//! One content has one form: the same parts give the same bytes, and a reader refuses every other form. The manifest
//! is stored as it is and holds the SHA-256 of each file, unpacked and packed; so no byte of a bundle can change
//! unnoticed, whatever packed it. Somebody who wants to deceive can write a whole new bundle: `--expect-sha256` and
//! the sum that `dirlift export` prints are for that.
mod archive;
mod error;
mod manifest;
mod sum;

use std::{fs, io::Read as _, path::Path};

pub use self::{
    error::BundleError,
    manifest::{BundleSource, FORMAT_VERSION, Manifest, ManifestFile},
    sum::{ParseSumError, Sum},
};
use crate::json;

/// Name of the manifest in a bundle.
pub const MANIFEST: &str = "manifest.json";

/// One file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Path inside the bundle with forward slashes.
    pub path: String,
    /// Content.
    pub bytes: Vec<u8>,
}

impl Part {
    /// A part from path and content.
    pub fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), bytes: bytes.into() }
    }
}

/// What the manifest says beside the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The program with its version, such as `dirlift 0.1.0`.
    pub tool: String,
    /// The server that the settings come from.
    pub source: BundleSource,
    /// When the snapshot was taken.
    pub snapshot_time: jiff::Timestamp,
    /// Why the export had to be forced; empty when it had not.
    pub forced: Vec<String>,
}

/// A bundle in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The file.
    pub bytes: Vec<u8>,
    /// SHA-256 of the whole file.
    pub sum: Sum,
}

/// Writes a bundle from its parts, in whatever order they come; the manifest is made here.
pub fn write(label: &Label, mut parts: Vec<Part>) -> Result<Written, BundleError> {
    parts.sort_by(|a, b| a.path.cmp(&b.path));
    if let Some(it) = parts.iter().find(|it| it.path.eq_ignore_ascii_case(MANIFEST)) {
        return Err(BundleError::Duplicate { path: it.path.clone(), other: MANIFEST.to_owned() });
    }
    let mut entries: Vec<_> =
        parts.iter().map(|it| archive::Entry::pack(&it.path, &it.bytes)).collect();
    let files = parts.iter().zip(&entries).map(|(part, entry)| ManifestFile {
        path: part.path.clone(),
        size: part.bytes.len() as u64,
        sha256: Sum::of(&part.bytes),
        packed_sha256: Sum::of(&entry.packed),
    });
    let manifest = Manifest {
        format_version: FORMAT_VERSION,
        tool: label.tool.clone(),
        source: label.source.clone(),
        snapshot_time: label.snapshot_time,
        forced: label.forced.clone(),
        files: files.collect(),
    };
    let manifest = archive::Entry::store(MANIFEST, json::pretty(&manifest).as_bytes());
    let at = entries.partition_point(|it| it.name.as_str() < MANIFEST);
    entries.insert(at, manifest);
    let bytes = archive::write(&entries)?;
    let sum = Sum::of(&bytes);
    Ok(Written { bytes, sum })
}

/// The bytes of a file that may be a bundle; one of more than 64 MiB is refused.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, ReadError> {
    let failed = |source| ReadError::Io { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(failed(std::io::Error::other("it is not a regular file")));
    }
    file.take(archive::MAX_ARCHIVE as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > archive::MAX_ARCHIVE {
        let limit = archive::MAX_ARCHIVE;
        return Err(BundleError::Limit { what: "the size of the archive", limit }.into());
    }
    Ok(bytes)
}

/// A bundle that was opened: every byte of it was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    manifest: Manifest,
    parts: Vec<Part>,
    sum: Sum,
}

impl Bundle {
    /// Opens a bundle; anything but what [`write()`] makes is refused.
    pub fn open(bytes: &[u8]) -> Result<Self, BundleError> {
        let entries = archive::read(bytes)?;
        let is_manifest = |it: &&archive::Entry<&[u8]>| it.name == MANIFEST;
        let manifest = entries
            .iter()
            .find(is_manifest)
            .ok_or(BundleError::Manifest("the zip has no such file"))?;
        if !manifest.is_stored() {
            return Err(BundleError::Manifest("it is packed, which dirlift never does"));
        }
        let manifest = Manifest::parse(&manifest.unpack()?)?;
        let files: Vec<_> = entries.iter().filter(|it| !is_manifest(it)).collect();
        for idx in 0..files.len().max(manifest.files.len()) {
            let (file, listed) = (files.get(idx), manifest.files.get(idx));
            if file.map(|it| &it.name) != listed.map(|it| &it.path) {
                let path = file.map(|it| it.name.clone()).or(listed.map(|it| it.path.clone()));
                return Err(BundleError::Listing { path: path.unwrap_or_default() });
            }
        }
        let mut parts = Vec::with_capacity(files.len());
        for (file, listed) in files.iter().zip(&manifest.files) {
            if Sum::of(file.packed) != listed.packed_sha256 {
                return Err(BundleError::Hash { path: file.name.clone() });
            }
            let bytes = file.unpack()?;
            if bytes.len() as u64 != listed.size || Sum::of(&bytes) != listed.sha256 {
                return Err(BundleError::Hash { path: file.name.clone() });
            }
            parts.push(Part { path: file.name.clone(), bytes });
        }
        Ok(Self { manifest, parts, sum: Sum::of(bytes) })
    }

    /// Reads and opens a file of at most 64 MiB.
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        Ok(Self::open(&read_bytes(path)?)?)
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// All files but the manifest, sorted by path.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The content of one file.
    pub fn part(&self, path: &str) -> Option<&[u8]> {
        let at = self.parts.binary_search_by(|it| it.path.as_str().cmp(path)).ok()?;
        self.parts.get(at).map(|it| it.bytes.as_slice())
    }

    /// SHA-256 of the whole file.
    pub fn sum(&self) -> Sum {
        self.sum
    }
}

/// A file that could not be read as a bundle.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file could not be read.
    #[error("reading the bundle {} failed", path.display())]
    Io {
        /// The path as it was given.
        path: std::path::PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is refused.
    #[error(transparent)]
    Bundle(#[from] BundleError),
}
