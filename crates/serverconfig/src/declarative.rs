//! The declarative family: exports of Azure AD Sync, Azure AD Connect and Entra Connect.
//!
//! Rules are read by [`crate::read`] and written by [`write_rule`]. Connectors keep the bytes of their file beside
//! what was understood, because no file that this crate could write would be the same. The two JSON files of the
//! product's wizard are read as far as their keys are known; everything else in them is kept in its order.

mod json;
mod policy;
mod rule;
mod write;
mod write_connector;

use std::{fmt, ops::Range};

use dirlift_model::config::Connector;

pub(crate) use self::rule::sync_rule;
pub use self::{
    json::Json,
    policy::{
        CloudPolicy, CustomRule, DeploymentMetadata, DirectoryPolicy, MigratedPolicy,
        PartitionFilter, PolicyMetadata, StandardRule, SynchronizationPolicy, read_migrated_policy,
        read_synchronization_policy,
    },
    write::write_rule,
    write_connector::{write_connector, write_global_settings},
};
use crate::{
    Parsed, agent,
    context::{Context, shown},
    decode::{byte_offset, decode},
    error::{ConfigError, ErrorKind},
    inside,
    xml::Cursor,
};

/// A connector with the bytes of its file.
///
/// The bytes hold whatever the file holds, encrypted credentials and directory cookies too: they are for writing
/// the file again, never for a report. `Debug` does not show them.
#[derive(Clone, PartialEq, Eq)]
pub struct OriginalConnector {
    /// What was understood.
    pub connector: Connector,
    /// The file.
    pub bytes: Vec<u8>,
    /// Bytes of the file from the start tag of `schema` to behind its end tag; `None` when there is no schema, or the
    /// file is in an encoding of several bytes other than UTF-8 and UTF-16.
    pub schema_span: Option<Range<usize>>,
}

impl fmt::Debug for OriginalConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OriginalConnector")
            .field("connector", &self.connector)
            .field("n_bytes", &self.bytes.len())
            .field("schema_span", &self.schema_span)
            .finish()
    }
}

/// Reads `Connector_{GUID}.xml`, or an agent's file of the older engines; `file` is what locations call it.
pub fn read_connector(file: &str, bytes: &[u8]) -> Result<Parsed<OriginalConnector>, ConfigError> {
    let text = decode(bytes).map_err(|it| ConfigError::from_decode(file, it))?;
    let mut cursor = Cursor::new(&text, Context::new(file))?;
    let root = cursor.root()?;
    let agent = match root.name {
        "ma-data" => agent::read(&mut cursor, root)?,
        "saved-ma-configuration" | "export-ma" => {
            inside(&mut cursor, root, "ma-data", agent::read)?
        }
        other => {
            let kind = ErrorKind::Root { found: shown(other) };
            return Err(cursor.error(root.offset, kind));
        }
    };
    cursor.end()?;
    // The cursor does not count byte-order marks that the text still begins with.
    let skipped = text.len() - text.trim_start_matches('\u{FEFF}').len();
    let schema_span = agent.schema_span.and_then(|it| {
        let start = byte_offset(bytes, &text, skipped + it.start)?;
        Some(start..byte_offset(bytes, &text, skipped + it.end)?)
    });
    let value =
        OriginalConnector { connector: agent.connector, bytes: bytes.to_vec(), schema_span };
    Ok(Parsed { value, problems: cursor.cx.into_problems() })
}
