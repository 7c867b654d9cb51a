//! `manifest.json`: what a bundle holds and where it comes from.
use dirlift_model::{Build, Product};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{BundleError, Sum};
use crate::json;

/// Format of bundles that are written and read.
pub const FORMAT_VERSION: u32 = 1;

/// The manifest of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The program that wrote the bundle, such as `dirlift 0.1.0`.
    pub tool: String,
    /// The server that the settings come from.
    pub source: BundleSource,
    /// When the snapshot was taken.
    pub snapshot_time: Timestamp,
    /// Why the export had to be forced; empty when it had not.
    pub forced: Vec<String>,
    /// All other files, sorted by path.
    pub files: Vec<ManifestFile>,
}

/// The server that a bundle's settings come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleSource {
    /// Product; `None` when it could not be told.
    pub product: Option<Product>,
    /// Its version.
    pub version: Option<Build>,
    /// Host name.
    pub host: Option<String>,
}

/// One file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// Path with forward slashes.
    pub path: String,
    /// Size in bytes, unpacked.
    pub size: u64,
    /// SHA-256 of the content.
    pub sha256: Sum,
    /// SHA-256 of the bytes as they are packed in the zip.
    pub packed_sha256: Sum,
}

impl Manifest {
    /// Reads a manifest in the one form that is written.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, BundleError> {
        #[derive(Deserialize)]
        struct Version {
            format_version: u64,
        }
        let found = serde_json::from_slice::<Version>(bytes)
            .map_err(|_| BundleError::Manifest("it has no format_version"))?
            .format_version;
        if found > u64::from(FORMAT_VERSION) {
            return Err(BundleError::Newer { found, known: FORMAT_VERSION });
        }
        let manifest: Self = serde_json::from_slice(bytes)
            .map_err(|_| BundleError::Manifest("it is not of the documented shape"))?;
        if manifest.format_version != FORMAT_VERSION || json::pretty(&manifest).as_bytes() != bytes
        {
            return Err(BundleError::Manifest("it is not in the form that dirlift writes"));
        }
        Ok(manifest)
    }
}
