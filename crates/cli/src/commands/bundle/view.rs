//! What JSON and text show of a bundle.
use std::path::Path;

use dirlift_exporter::{
    SETTINGS,
    bundle::{Bundle, BundleSource, FORMAT_VERSION, ManifestFile, Sum},
    settings::{self, SettingsFile},
};
use dirlift_model::{Analysis, analysis};
use jiff::Timestamp;
use serde::Serialize;

use super::headline::{AnalysisHeadline, SettingsHeadline};

/// Name of the analysis in a bundle.
pub(in crate::commands) const ANALYSIS: &str = "analysis.json";

/// Everything that is shown.
#[derive(Serialize)]
pub(in crate::commands) struct View<'a> {
    format_version: u32,
    pub(super) file: String,
    pub(super) sha256: Sum,
    /// Bytes of the file.
    pub(super) size: u64,
    pub(super) bundle_format_version: u32,
    pub(super) tool: &'a str,
    pub(super) source: &'a BundleSource,
    pub(super) snapshot_time: Timestamp,
    pub(super) forced: &'a [String],
    /// Parts that are missing or could not be read.
    pub(super) not_read: Vec<NotRead>,
    pub(super) settings: Option<SettingsHeadline>,
    pub(super) analysis: Option<AnalysisHeadline>,
    pub(super) files: &'a [ManifestFile],
}

/// A part of a bundle that tells nothing.
#[derive(Serialize)]
pub(super) struct NotRead {
    pub(super) path: &'static str,
    pub(super) why: &'static str,
}

impl<'a> View<'a> {
    /// Draws together what a bundle tells of itself.
    pub(in crate::commands) fn of(path: &Path, size: usize, bundle: &'a Bundle) -> Self {
        let manifest = bundle.manifest();
        let mut not_read = Vec::new();
        let settings = part::<SettingsFile>(bundle, SETTINGS, settings::FORMAT_VERSION);
        let analysis = part::<Analysis>(bundle, ANALYSIS, analysis::FORMAT_VERSION);
        let settings = settings.map_err(|why| not_read.push(NotRead { path: SETTINGS, why })).ok();
        let analysis = analysis.map_err(|why| not_read.push(NotRead { path: ANALYSIS, why })).ok();
        Self {
            format_version: FORMAT_VERSION,
            file: path.display().to_string(),
            sha256: bundle.sum(),
            size: size as u64,
            bundle_format_version: manifest.format_version,
            tool: &manifest.tool,
            source: &manifest.source,
            snapshot_time: manifest.snapshot_time,
            forced: &manifest.forced,
            not_read,
            settings: settings.map(SettingsHeadline::of),
            analysis: analysis.as_ref().map(AnalysisHeadline::of),
            files: &manifest.files,
        }
    }

    /// Whether every part that tells something was read.
    pub(in crate::commands) fn is_complete(&self) -> bool {
        self.not_read.is_empty()
    }
}

/// A part that is one JSON document, with its format checked first.
fn part<T: serde::de::DeserializeOwned>(
    bundle: &Bundle,
    path: &str,
    known: u32,
) -> Result<T, &'static str> {
    #[derive(serde::Deserialize)]
    struct Version {
        format_version: u64,
    }
    let bytes = bundle.part(path).ok_or("it is not in the bundle")?;
    let version: Version = serde_json::from_slice(bytes).map_err(|_| "it has no format_version")?;
    if version.format_version > u64::from(known) {
        return Err("it has a newer format; use a newer dirlift");
    }
    serde_json::from_slice(bytes).map_err(|_| "it is not of the documented shape")
}
