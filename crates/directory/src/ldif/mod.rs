//! LDIF (RFC 2849): content records, read and written as a stream.
mod decode;
mod extent;
mod lines;
mod read;
mod record;
mod write;

pub use decode::CodePage;
pub use extent::Extent;
pub use read::LdifReader;
pub use write::{LdifSummary, LdifWriter};
