//! Reads the server configuration of the FIM engine family: agents, metaverse, run profiles, scheduler, rules.
//!
//! The same elements come from two places: the files of an export, and the XML columns of the database. Both give
//! the same [`Connector`] and [`Metaverse`]. What is not understood is a [`Problem`] with its place; an error means
//! that the file could not be read at all. Content of credential elements is dropped before it is stored anywhere.
//!
//! The crate is pure: bytes in, values out. It may depend on `dirlift-model` only.

mod agent;
mod columns;
mod context;
pub mod csexport;
pub mod declarative;
mod decode;
mod error;
mod flows;
mod known;
mod lines;
mod metaverse;
mod partition;
mod private;
mod references;
mod rules;
mod runs;
mod scheduler;
mod schema;
mod xml;

use dirlift_model::{
    SyncRule,
    config::{Connector, Metaverse, Problem},
};

pub use columns::{agent_from_columns, metaverse_from_columns};
pub use decode::{DecodeError, DecodeReason, decode};
pub use error::{ConfigError, ErrorKind};
pub use scheduler::read_scheduler;

use crate::{
    context::Context,
    xml::{Cursor, Tag},
};

/// A value with what was not understood while it was read, at most 1,000 problems and one that counts the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed<T> {
    /// The value.
    pub value: T,
    /// What was not understood, in the order of the file.
    pub problems: Vec<Problem>,
}

/// What one configuration file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// One management agent.
    Agent(Box<Connector>),
    /// The metaverse.
    Metaverse(Box<Metaverse>),
    /// One synchronisation rule.
    Rule(Box<SyncRule>),
}

/// Reads one file of an export; the root element decides what it is.
///
/// `saved-ma-configuration`, `export-ma` and `ma-data` are an agent, `saved-mv-configuration` and `mv-data` the
/// metaverse, `synchronizationRule` a rule. `file` is what locations call the file.
pub fn read(file: &str, bytes: &[u8]) -> Result<Parsed<Document>, ConfigError> {
    let text = decode(bytes).map_err(|it| ConfigError::from_decode(file, it))?;
    let mut cursor = Cursor::new(&text, Context::new(file))?;
    let root = cursor.root()?;
    let value = match root.name {
        "ma-data" => read_agent(&mut cursor, root)?,
        "saved-ma-configuration" | "export-ma" => inside(&mut cursor, root, "ma-data", read_agent)?,
        "mv-data" => read_metaverse(&mut cursor, root)?,
        "saved-mv-configuration" => inside(&mut cursor, root, "mv-data", read_metaverse)?,
        "synchronizationRule" => {
            let element = cursor.element(root)?;
            Document::Rule(Box::new(declarative::sync_rule(&mut cursor.cx, &element)))
        }
        other => {
            let kind = ErrorKind::Root { found: context::shown(other) };
            return Err(cursor.error(root.offset, kind));
        }
    };
    cursor.end()?;
    Ok(Parsed { value, problems: cursor.cx.into_problems() })
}

/// What an export says of itself: `server` and `export-date` of its root, as written; nothing when there is no such root.
pub fn read_export_head(bytes: &[u8]) -> (Option<String>, Option<String>) {
    let head = || -> Option<(Option<String>, Option<String>)> {
        let text = decode(bytes).ok()?;
        let mut cursor = Cursor::new(&text, Context::new("")).ok()?;
        let root = cursor.root().ok()?;
        if !matches!(root.name, "saved-ma-configuration" | "saved-mv-configuration") {
            return None;
        }
        let element = cursor.head(root).ok()?;
        let attribute = |name| {
            let value = element.attribute(name)?.trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        Some((attribute("server"), attribute("export-date")))
    };
    head().unwrap_or_default()
}

fn read_agent<'t>(cursor: &mut Cursor<'t>, data: Tag<'t>) -> Result<Document, ConfigError> {
    Ok(Document::Agent(Box::new(agent::read(cursor, data)?.connector)))
}

fn read_metaverse<'t>(cursor: &mut Cursor<'t>, data: Tag<'t>) -> Result<Document, ConfigError> {
    Ok(Document::Metaverse(Box::new(metaverse::read(cursor, data)?)))
}

/// Reads the element called `name` below the root.
fn inside<'t, T>(
    cursor: &mut Cursor<'t>,
    root: Tag<'t>,
    name: &'static str,
    read: fn(&mut Cursor<'t>, Tag<'t>) -> Result<T, ConfigError>,
) -> Result<T, ConfigError> {
    let mut found = None;
    while let Some(tag) = cursor.child()? {
        if tag.name == name && found.is_none() {
            found = Some(read(cursor, tag)?);
        } else {
            cursor.skip_unknown(tag, root.name)?;
        }
    }
    found.ok_or_else(|| cursor.error(root.offset, ErrorKind::Missing { element: name }))
}
