//! A folder of Graph JSON: written by an import, or collected elsewhere page by page.
mod list;
mod read;
mod stream;
mod write;

pub use read::read_folder;
pub use write::save;

/// Largest entity in bytes: a group of 250,000 members with everything Graph says about each stays below.
const MAX_ENTITY: u64 = 256 << 20;
