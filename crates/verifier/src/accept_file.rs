//! The file of an accept-list, in TOML or JSON.
use dirlift_model::{AttributeName, pending::Operation, text::shorten};
use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use serde::Deserialize;

use crate::accept::{AcceptEntry, AcceptFormat, MAX_ENTRIES, MAX_WIDE};

/// Why an accept-list cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcceptError {
    /// The file has another form.
    #[error("reading the accept-list {file}: {reason}; docs/verification.md shows its form")]
    Form {
        /// The file.
        file: String,
        /// What is wrong, with line and column.
        reason: String,
    },
    /// A time is none.
    #[error(
        "reading the accept-list, {place}: `expires` is `{text}`; write a date such as 2026-12-31 or a time such as \
         2026-12-31T18:00:00Z"
    )]
    Time {
        /// The entry.
        place: String,
        /// The text.
        text: String,
    },
    /// An operation is none.
    #[error(
        "reading the accept-list, {place}: there is no operation `{text}`; add, update, rename, delete and delete-add are"
    )]
    Operation {
        /// The entry.
        place: String,
        /// The text.
        text: String,
    },
    /// A cause is none.
    #[error(
        "reading the accept-list, {place}: there is no cause `{text}`; provisioned, flowed, out-of-scope, source-gone and \
         not-stated are"
    )]
    Cause {
        /// The entry.
        place: String,
        /// The text.
        text: String,
    },
    /// Deletes without a bound.
    #[error(
        "reading the accept-list, {place}: it accepts any number of deletes; name the `object`, or give `at-most`"
    )]
    Deletes {
        /// The entry.
        place: String,
    },
    /// A delete has no attributes.
    #[error(
        "reading the accept-list, {place}: a delete changes no attribute; leave `attribute` out"
    )]
    DeletedAttribute {
        /// The entry.
        place: String,
    },
    /// What the cloud would refuse is accepted by its word and a number.
    #[error(
        "reading the accept-list, {place}: `refused` stands with `at-most`, `reason`, `author` and `expires` alone"
    )]
    Refused {
        /// The entry.
        place: String,
    },
    /// A word is missing.
    #[error("reading the accept-list, {place}: `{field}` is empty; say it")]
    Empty {
        /// The entry.
        place: String,
        /// The field.
        field: &'static str,
    },
    /// More entries than are sensible.
    #[error(
        "reading the accept-list, {place}: there are more than {limit} {what}; name kinds of changes, not each object"
    )]
    Many {
        /// The entry.
        place: String,
        /// What there is too much of.
        what: &'static str,
        /// The most.
        limit: usize,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    accept: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    connector: Option<String>,
    operation: Option<String>,
    object_type: Option<String>,
    object: Option<String>,
    attribute: Option<String>,
    cause: Option<String>,
    refused: Option<String>,
    #[serde(default)]
    differences: bool,
    at_most: Option<u64>,
    reason: String,
    author: String,
    expires: Option<Time>,
}

/// A time as text, or as TOML writes it without quotes.
#[derive(Deserialize)]
#[serde(untagged)]
enum Time {
    Text(String),
    Toml(toml::value::Datetime),
}

pub(crate) fn parse(
    file: &str,
    text: &str,
    format: AcceptFormat,
) -> Result<Vec<AcceptEntry>, AcceptError> {
    let wrong = |reason: String| AcceptError::Form { file: file.to_owned(), reason };
    let read: File = match format {
        AcceptFormat::Json => {
            serde_json::from_str(text).map_err(|it| wrong(shorten(&it.to_string(), 300)))?
        }
        AcceptFormat::Toml => toml::from_str(text).map_err(|error| {
            let (line, column) = place(text, error.span().map_or(0, |it| it.start));
            wrong(format!("{line}:{column}: {}", shorten(error.message(), 300)))
        })?,
    };
    // The lists are held against these limits again, together with entries from elsewhere.
    if read.accept.len() > MAX_ENTRIES.max(MAX_WIDE) {
        let (place, limit) = (file.to_owned(), MAX_ENTRIES);
        return Err(AcceptError::Many { place, what: "entries", limit });
    }
    let numbered = (1_usize..).zip(read.accept);
    numbered.map(|(number, it)| it.entry(format!("{file} entry {number}"))).collect()
}

fn place(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(at.min(text.len()))];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |it| it.chars().count()) + 1;
    (line, column)
}

impl Entry {
    fn entry(self, place: String) -> Result<AcceptEntry, AcceptError> {
        let operation = match &self.operation {
            None => None,
            Some(text) => match Operation::ALL.into_iter().find(|it| it.as_str() == text) {
                Some(it) => Some(it),
                None => return Err(AcceptError::Operation { place, text: shorten(text, 60) }),
            },
        };
        const CAUSES: [&str; 5] =
            ["provisioned", "flowed", "out-of-scope", "source-gone", "not-stated"];
        if let Some(text) = self.cause.as_deref().filter(|it| !CAUSES.contains(it)) {
            return Err(AcceptError::Cause { place, text: shorten(text, 60) });
        }
        let expires_at = match self.expires {
            None => None,
            Some(it) => {
                let text = match it {
                    Time::Text(text) => text,
                    Time::Toml(time) => time.to_string(),
                };
                match end(&text) {
                    Some(it) => Some(it),
                    None => return Err(AcceptError::Time { place, text: shorten(&text, 60) }),
                }
            }
        };
        Ok(AcceptEntry {
            connector: self.connector,
            operation,
            object_type: self.object_type.map(AttributeName::new),
            object: self.object,
            attribute: self.attribute.map(AttributeName::new),
            cause: self.cause,
            refused: self.refused,
            differences: self.differences,
            at_most: self.at_most,
            reason: self.reason,
            author: self.author,
            expires_at,
            place,
        })
    }
}

/// When a time has passed; a date counts through its last moment in UTC.
fn end(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    // A date is also read from a time without zone, which says too little.
    if text.len() != "2026-12-31".len() {
        return None;
    }
    let next = text.parse::<Date>().ok()?.checked_add(1.day()).ok()?;
    next.to_zoned(TimeZone::UTC).ok().map(|it| it.timestamp())
}
