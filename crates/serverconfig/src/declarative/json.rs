//! JSON with its keys in the order of the file, bounded, and without secrets.
use std::{cell::Cell, fmt};

use dirlift_model::{config::Location, secret};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;

use crate::{
    decode::decode,
    error::{ConfigError, ErrorKind},
};

/// Values inside each other; the parser's own limit is 128.
const MAX_DEPTH: usize = 100;
/// Values of one file.
const MAX_VALUES: usize = 1_000_000;

/// A JSON value. The value of a key that names a credential is the text `(removed)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as text, such as `-1`, `0.5` or `1e300`.
    Number(String),
    /// A text.
    String(String),
    /// A list.
    Array(Vec<Json>),
    /// Keys with their values in the order of the file; a key may come twice.
    Object(Vec<(String, Json)>),
}

/// Reads a file.
pub(crate) fn parse(file: &str, bytes: &[u8]) -> Result<Json, ConfigError> {
    let text = decode(bytes).map_err(|it| ConfigError::from_decode(file, it))?;
    let text = text.trim_start_matches('\u{FEFF}');
    let budget = Budget { n_left: Cell::new(MAX_VALUES), too_deep: Cell::new(false) };
    let mut parser = serde_json::Deserializer::from_str(text);
    let seed = Seed { budget: &budget, depth: 0, is_secret: false };
    let parsed = seed.deserialize(&mut parser).and_then(|it| parser.end().map(|()| it));
    parsed.map_err(|error| {
        let (line, column) = place(text, error.line(), error.column());
        let kind = if budget.too_deep.get() {
            ErrorKind::Limit { what: "the depth of values", limit: MAX_DEPTH }
        } else if budget.n_left.get() == 0 {
            ErrorKind::Limit { what: "the number of values", limit: MAX_VALUES }
        } else {
            // The parser's own message may quote the file and is not passed on.
            ErrorKind::Json(match error.classify() {
                Category::Eof if text.trim().is_empty() => "the file is empty",
                Category::Eof => "the text ends inside a value",
                _ => "this is not JSON",
            })
        };
        ConfigError { location: Location { file: file.to_owned(), line, column }, kind }
    })
}

/// The parser counts lines from 1 and bytes of the line; 0 is before the first.
fn place(text: &str, line: usize, column: usize) -> (u32, u32) {
    let content = text.split('\n').nth(line.saturating_sub(1)).unwrap_or_default();
    let before = content.bytes().take(column.saturating_sub(1));
    let n_chars = before.filter(|it| it & 0xC0 != 0x80).count();
    let number = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
    (number(line.max(1)), number(n_chars + 1))
}

/// What is left to one file.
struct Budget {
    n_left: Cell<usize>,
    too_deep: Cell<bool>,
}

/// Reads one value.
#[derive(Clone, Copy)]
struct Seed<'b> {
    budget: &'b Budget,
    depth: usize,
    /// The value of a credential: it is read past and not kept.
    is_secret: bool,
}

impl Seed<'_> {
    fn inner<E: serde::de::Error>(self, is_secret: bool) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            self.budget.too_deep.set(true);
            return Err(E::custom("too deep"));
        }
        Ok(Self { depth: self.depth + 1, is_secret, ..self })
    }

    /// The value, unless it is a secret.
    fn keep(self, value: Json) -> Json {
        let is_nothing = match &value {
            Json::Null => true,
            Json::String(it) => it.is_empty(),
            _ => false,
        };
        if self.is_secret && !is_nothing { removed() } else { value }
    }
}

fn removed() -> Json {
    Json::String(secret::REMOVED.to_owned())
}

/// What flows to an attribute of credentials, or is compared with one, is a secret in whatever shape it is.
fn drop_credentials(entries: &mut [(String, Json)]) {
    let names = |(key, value): &(String, Json)| {
        let is_name = ["destination", "attribute"].iter().any(|it| it.eq_ignore_ascii_case(key));
        is_name && matches!(value, Json::String(it) if secret::is_credential_name(it.trim()))
    };
    if entries.iter().any(names) {
        for entry in entries.iter_mut().filter(|it| !names(it) && it.1 != Json::Null) {
            entry.1 = removed();
        }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        let n_left = self.budget.n_left.get().saturating_sub(1);
        self.budget.n_left.set(n_left);
        if n_left == 0 {
            return Err(D::Error::custom("too many"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(self.keep(Json::Null))
    }

    fn visit_bool<E>(self, it: bool) -> Result<Json, E> {
        Ok(self.keep(Json::Bool(it)))
    }

    fn visit_i64<E>(self, it: i64) -> Result<Json, E> {
        Ok(self.keep(Json::Number(it.to_string())))
    }

    fn visit_u64<E>(self, it: u64) -> Result<Json, E> {
        Ok(self.keep(Json::Number(it.to_string())))
    }

    fn visit_f64<E>(self, it: f64) -> Result<Json, E> {
        Ok(self.keep(Json::Number(format!("{it:?}"))))
    }

    fn visit_str<E>(self, it: &str) -> Result<Json, E> {
        Ok(self.keep(Json::String(secret::redact(it))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let seed = self.inner(self.is_secret)?;
        let mut all = Vec::new();
        while let Some(item) = items.next_element_seed(seed)? {
            if !self.is_secret {
                all.push(item);
            }
        }
        Ok(self.keep(Json::Array(all)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut all = Vec::new();
        while let Some(key) = entries.next_key::<String>()? {
            let is_secret = self.is_secret || secret::is_credential_name(&key);
            let value = entries.next_value_seed(self.inner(is_secret)?)?;
            if !self.is_secret {
                all.push((key, value));
            }
        }
        drop_credentials(&mut all);
        Ok(self.keep(Json::Object(all)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters() {
        let cases = [
            ("ab", 1, 2, (1, 2)),
            ("é x", 1, 4, (1, 3)),
            ("a\nb", 2, 0, (2, 1)),
            ("a\nb", 2, 1, (2, 1)),
            ("", 0, 0, (1, 1)),
            ("a", 9, 9, (9, 1)),
        ];
        for (text, line, column, expected) in cases {
            assert_eq!(place(text, line, column), expected, "{text} {line} {column}");
        }
    }
}
