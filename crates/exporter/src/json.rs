//! JSON as text: indented, with a line break at its end, and without bytes that could steer a terminal.
use dirlift_model::text::harmless_json;
use serde::Serialize;

/// Writes a value that consists of plain data.
///
/// Characters that could steer a terminal are written as `\u` escapes: the value is the same, the bytes are harmless.
pub(crate) fn pretty(value: &impl Serialize) -> String {
    let raw = serde_json::to_string_pretty(value)
        .expect("plain data has text for its keys and is written to memory");
    harmless_json(&raw)
}
