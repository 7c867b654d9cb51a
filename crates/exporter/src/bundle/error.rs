//! Why a bundle could not be written or is refused.
use dirlift_model::text::shorten;

use crate::names::BadPath;

/// A bundle that is refused; nothing of it was used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// No zip at all.
    #[error("this is not a bundle: it is no zip; give the file that `dirlift export` wrote")]
    NoArchive,
    /// A zip whose end is missing.
    #[error("the bundle is cut off, or something was added at its end; copy it again")]
    NoEnd,
    /// Bytes other than those that follow from the content.
    #[error(
        "the bundle was changed: byte {at}{} is not what dirlift writes there; copy it again, and do not pack it anew",
        entry.as_ref().map(|it| format!(", which belongs to `{}`,", shorten(it, 120))).unwrap_or_default()
    )]
    NotCanonical {
        /// Position of the first such byte, from 0.
        at: usize,
        /// The file that it belongs to, where that can be told.
        entry: Option<String>,
    },
    /// A file whose content does not fit its checksum or size.
    #[error(
        "the bundle is damaged: `{}` does not fit its checksum; copy it again",
        shorten(path, 120)
    )]
    Damaged {
        /// Path in the bundle.
        path: String,
    },
    /// Password protected.
    #[error(
        "the bundle is refused: `{}` is encrypted, which dirlift never writes",
        shorten(path, 120)
    )]
    Encrypted {
        /// Path in the bundle.
        path: String,
    },
    /// A symbolic link.
    #[error(
        "the bundle is refused: `{}` is a link, which dirlift never writes",
        shorten(path, 120)
    )]
    Link {
        /// Path in the bundle.
        path: String,
    },
    /// A path that means something else on some system.
    #[error("the bundle is refused: the path `{}` {why}", shorten(path, 120))]
    Path {
        /// Path in the bundle.
        path: String,
        /// What is wrong with it.
        why: BadPath,
    },
    /// Two paths that are the same but for case.
    #[error(
        "the bundle is refused: `{}` and `{}` are the same file on Windows",
        shorten(path, 120),
        shorten(other, 120)
    )]
    Duplicate {
        /// The second path.
        path: String,
        /// The first path.
        other: String,
    },
    /// Files out of order.
    #[error(
        "the bundle is refused: `{}` is not in its place, files have to be sorted",
        shorten(path, 120)
    )]
    Order {
        /// The first path that is out of order.
        path: String,
    },
    /// A limit against hostile archives.
    #[error("the bundle is refused: {what} exceeds the limit of {limit}")]
    Limit {
        /// What is too large.
        what: &'static str,
        /// The limit, in bytes where it is a size.
        limit: usize,
    },
    /// There is no manifest, or it is not one.
    #[error(
        "the bundle has no usable manifest.json: {0}; give the file that `dirlift export` wrote"
    )]
    Manifest(&'static str),
    /// Written by a newer dirlift.
    #[error(
        "the bundle has format {found}, this dirlift reads format {known}; use a newer dirlift"
    )]
    Newer {
        /// Format of the bundle.
        found: u64,
        /// Format that is read.
        known: u32,
    },
    /// A file that the manifest does not list, or the other way round.
    #[error(
        "the bundle is refused: manifest.json and the files differ at `{}`; copy it again",
        shorten(path, 120)
    )]
    Listing {
        /// The first path that differs.
        path: String,
    },
    /// A file whose SHA-256 differs from the manifest's.
    #[error(
        "the bundle was changed: the SHA-256 of `{}` is not the one in manifest.json; copy it again",
        shorten(path, 120)
    )]
    Hash {
        /// Path in the bundle.
        path: String,
    },
    /// A part of the bundle is missing or is not what it should be.
    #[error("{} in the bundle cannot be used: {why}", shorten(path, 120))]
    Part {
        /// Path in the bundle.
        path: String,
        /// Why.
        why: String,
    },
}
