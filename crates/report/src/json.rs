//! The JSON view: the serialised analysis.
use dirlift_model::{Analysis, text::harmless_json};
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
    Ok(harmless_json(&serde_json::to_string_pretty(value)?))
}
