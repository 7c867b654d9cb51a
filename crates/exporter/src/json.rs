//! JSON as text: indented, with a line break at its end, and without bytes that could steer a terminal.
use std::fmt::Write as _;

use dirlift_model::text::is_unsafe;
use serde::Serialize;

/// Writes a value that consists of plain data.
///
/// Characters that could steer a terminal are written as `\u` escapes: the value is the same, the bytes are harmless.
pub(crate) fn pretty(value: &impl Serialize) -> String {
    let raw = serde_json::to_string_pretty(value)
        .expect("plain data has text for its keys and is written to memory");
    let mut out = String::with_capacity(raw.len() + 1);
    for it in raw.chars() {
        // Outside of strings the only such character is the line break between members.
        if it != '\n' && is_unsafe(it) {
            for unit in it.encode_utf16(&mut [0; 2]) {
                // Writing to a `String` cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(it);
        }
    }
    out.push('\n');
    out
}
