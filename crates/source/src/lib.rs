//! What is known of one old server: a snapshot behind the [`Host`] trait, and [`assemble`], which makes
//! [`model::Facts`](dirlift_model::Facts) of it.
//!
//! Nothing is extracted, written or judged here. Snapshots are hostile input: sizes, counts, depths and names are
//! bounded before anything is read, and what looks like a secret is dropped as soon as it is seen.
//! May depend on `dirlift-serverconfig` and `dirlift-model`.

mod archive;
mod assemble;
mod configuration;
mod error;
mod folder;
mod live;
mod missing;
mod names;
mod policy;
mod product;
mod redaction;
mod registry;
mod rules_folder;
mod snapshot;
mod tables;
mod text;

use dirlift_model::config::Problem;

pub use assemble::assemble;
pub use error::{Refusal, SourceError};
pub use live::NoFiles;
pub use names::UnusableName;
pub use rules_folder::{RulesFolder, read_rules_folder};
pub use snapshot::Snapshot;

/// Parts that are read have at most this size in bytes (512 MiB).
pub const MAX_PART_SIZE: u64 = 512 << 20;

/// A server's files, wherever they are.
pub trait Host {
    /// Names the place in messages.
    fn describe(&self) -> String;

    /// All parts: relative to the snapshot, with forward slashes, sorted.
    fn parts(&self) -> Vec<String>;

    /// The bytes of a part; `Ok(None)` when it is not there.
    fn read(&self, part: &str) -> Result<Option<Vec<u8>>, SourceError>;

    /// What was strange about the place itself, such as links that were not followed.
    fn problems(&self) -> Vec<Problem> {
        Vec::new()
    }

    /// Why no part can be there at all, for the list of what was not checked; `None` for a place that may have parts.
    fn why_nothing(&self) -> Option<&'static str> {
        None
    }
}
