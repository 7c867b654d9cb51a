//! Why a file could not be read, where, and what to do.
use dirlift_model::config::Location;

use crate::decode::{DecodeError, DecodeReason};

/// A configuration that could not be read. No message holds content of the file, only names of elements.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read the configuration in {location}: {kind}")]
pub struct ConfigError {
    /// Where reading stopped.
    pub location: Location,
    /// What is wrong there, and what to do.
    pub kind: ErrorKind,
}

impl ConfigError {
    /// Gives a decoding error its file.
    pub(crate) fn from_decode(file: &str, error: DecodeError) -> Self {
        let location = Location { file: file.to_owned(), line: error.line, column: error.column };
        Self { location, kind: ErrorKind::Decode(error.reason) }
    }
}

/// What is wrong with a configuration file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// The bytes are not text.
    #[error("{0}")]
    Decode(DecodeReason),
    /// There is no root element.
    #[error("there is no element in it; copy or export it again")]
    Empty,
    /// The text ends too early.
    #[error(
        "the text ends inside `{element}`, which begins in line {line}; it was cut off, copy or export it again"
    )]
    Cut {
        /// The element that is not closed.
        element: String,
        /// Line where it begins.
        line: u32,
    },
    /// Something that is not XML.
    #[error("{0}; the file is damaged or was edited by hand, export it again")]
    Markup(&'static str),
    /// Something that is not JSON, or not of the shape of the file.
    #[error("{0}; the file is damaged or was edited by hand, export it again")]
    Json(&'static str),
    /// An end tag that closes another element than the open one.
    #[error(
        "this end tag does not close `{expected}`, which begins in line {line}; export the file again"
    )]
    WrongEnd {
        /// The element that is open.
        expected: String,
        /// Line where it begins.
        line: u32,
    },
    /// A document type.
    #[error(
        "document types and entity declarations are refused; the engine writes none, export the file again"
    )]
    DocumentType,
    /// A reference to something else than the five predefined entities or a character.
    #[error(
        "only the five predefined entities and character references are read; export the file again"
    )]
    Reference,
    /// A limit against hostile files.
    #[error(
        "{what} exceeds the limit of {limit}; no configuration of the engine needs that, export the file again"
    )]
    Limit {
        /// What is too large.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// Something after the end of the document.
    #[error("there is something after the end of the document; remove it or export the file again")]
    AfterRoot,
    /// A root element that is not a configuration.
    #[error(
        "`{found}` is not a server configuration; give a file whose root is saved-ma-configuration, export-ma, \
         ma-data, saved-mv-configuration, mv-data or synchronizationRule"
    )]
    Root {
        /// Name of the root element.
        found: String,
    },
    /// An element that must be there.
    #[error("there is no `{element}` in it; give the file as the engine exported it")]
    Missing {
        /// Its name.
        element: &'static str,
    },
}
