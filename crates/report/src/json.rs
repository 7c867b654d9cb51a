//! The JSON view: the serialised analysis.
use std::fmt::Write as _;

use dirlift_model::{Analysis, text::is_unsafe};
use serde::Serialize;

/// Writes the analysis as one indented JSON document with a line break at its end.
///
/// Characters that could steer a terminal are written as `\u` escapes: the value is the same, the bytes are harmless.
#[expect(clippy::missing_panics_doc, reason = "the one `expect` cannot fail, see its text")]
pub fn json(analysis: &Analysis) -> String {
    document(analysis).expect("an analysis has no maps and is written to memory")
}

/// Writes any value as [`json`] does; fails only on a value that JSON cannot express.
pub fn document(value: &impl Serialize) -> serde_json::Result<String> {
    let raw = serde_json::to_string_pretty(value)?;
    let mut out = String::with_capacity(raw.len() + 1);
    for it in raw.chars() {
        // Outside of strings the only such character is the line break between members.
        if it != '\n' && is_unsafe(it) {
            for unit in it.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(it);
        }
    }
    out.push('\n');
    Ok(out)
}
