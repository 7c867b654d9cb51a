//! Bytes of a file as text: byte-order mark first, then the shape of the bytes, then the XML declaration.
use std::borrow::Cow;

use dirlift_model::text;
use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::lines::Position;

/// How far the XML declaration may reach.
const DECLARATION_BYTES: usize = 512;

/// Decodes a file; the byte-order mark is not part of the result.
///
/// A byte-order mark decides. Without one, a zero among the first two bytes means UTF-16, and else the encoding of
/// the XML declaration counts; UTF-8 is assumed. A file of single bytes that calls itself UTF-16 is taken as UTF-8.
/// Nothing is replaced: a malformed sequence is an error.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, DecodeError> {
    let (encoding, skipped) = encoding(bytes)?;
    let content = bytes.get(skipped..).unwrap_or_default();
    if encoding == UTF_8 {
        return match std::str::from_utf8(content) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(error) => {
                let valid = content.get(..error.valid_up_to()).unwrap_or_default();
                Err(malformed(skipped + error.valid_up_to(), valid, encoding))
            }
        };
    }
    other(content, skipped, encoding).map(Cow::Owned)
}

/// Where in the file an offset of its decoded text is; `None` for encodings of several bytes that are not Unicode.
pub(crate) fn byte_offset(bytes: &[u8], text: &str, offset: usize) -> Option<usize> {
    let (encoding, skipped) = encoding(bytes).ok()?;
    let before = text.get(..offset)?;
    if encoding == UTF_8 {
        Some(skipped + offset)
    } else if encoding == UTF_16LE || encoding == UTF_16BE {
        Some(skipped + 2 * before.encode_utf16().count())
    } else {
        encoding.is_single_byte().then(|| skipped + before.chars().count())
    }
}

/// The encoding, and the length of the byte-order mark.
fn encoding(bytes: &[u8]) -> Result<(&'static Encoding, usize), DecodeError> {
    Ok(match bytes {
        [0xEF, 0xBB, 0xBF, ..] => (UTF_8, 3),
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => return Err(unknown("UTF-32")),
        [0xFF, 0xFE, ..] => (UTF_16LE, 2),
        [0xFE, 0xFF, ..] => (UTF_16BE, 2),
        [0, second, ..] if *second != 0 => (UTF_16BE, 0),
        [first, 0, ..] if *first != 0 => (UTF_16LE, 0),
        _ => (declared(bytes)?, 0),
    })
}

fn other(
    content: &[u8],
    skipped: usize,
    encoding: &'static Encoding,
) -> Result<String, DecodeError> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text =
        String::with_capacity(content.len() / if encoding == UTF_8 { 1 } else { 2 } + 64);
    let mut read = 0;
    loop {
        let rest = content.get(read..).unwrap_or_default();
        let (result, n_read) = decoder.decode_to_string_without_replacement(rest, &mut text, true);
        read += n_read;
        match result {
            DecoderResult::InputEmpty => return Ok(text),
            DecoderResult::OutputFull => text.reserve((content.len() - read).clamp(64, 1 << 24)),
            DecoderResult::Malformed(length, behind) => {
                let at = read.saturating_sub(usize::from(length) + usize::from(behind));
                return Err(malformed(skipped + at, text.as_bytes(), encoding));
            }
        }
    }
}

/// The encoding that the XML declaration names.
fn declared(bytes: &[u8]) -> Result<&'static Encoding, DecodeError> {
    let Some(label) = declared_label(bytes) else { return Ok(UTF_8) };
    match Encoding::for_label_no_replacement(label) {
        // The bytes are single: whoever saved the file changed its encoding and not its declaration.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Ok(UTF_8),
        Some(encoding) => Ok(encoding),
        None => Err(unknown(&String::from_utf8_lossy(label))),
    }
}

fn declared_label(bytes: &[u8]) -> Option<&[u8]> {
    let head = bytes
        .get(..DECLARATION_BYTES)
        .unwrap_or(bytes)
        .trim_ascii_start()
        .strip_prefix(b"<?xml")?;
    let declaration = head.get(..memchr::memmem::find(head, b"?>")?)?;
    let after = declaration.get(memchr::memmem::find(declaration, b"encoding")? + 8..)?;
    let value = after.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (quote, value) = value.split_first()?;
    let end = matches!(quote, b'"' | b'\'').then(|| memchr::memchr(*quote, value))??;
    value.get(..end)
}

fn unknown(label: &str) -> DecodeError {
    let reason = DecodeReason::Unknown { label: text::shorten(label, 40) };
    DecodeError { position: 0, line: 1, column: 1, reason }
}

fn malformed(position: usize, before: &[u8], encoding: &'static Encoding) -> DecodeError {
    let Position { line, column } = Position::START.after(before);
    DecodeError {
        position,
        line,
        column,
        reason: DecodeReason::Malformed { position, encoding: encoding.name() },
    }
}

/// Bytes that are not text in their encoding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot decode the text in line {line}, column {column}: {reason}")]
pub struct DecodeError {
    /// Offset of the first byte that could not be decoded, from 0, with the byte-order mark.
    pub position: usize,
    /// Line of the decoded text, from 1.
    pub line: u32,
    /// Column of the decoded text in characters, from 1.
    pub column: u32,
    /// Why.
    pub reason: DecodeReason,
}

/// Why bytes could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeReason {
    /// A sequence that the encoding does not have.
    #[error(
        "byte {position} is not {encoding}; the file is damaged, or its encoding is not the one it names"
    )]
    Malformed {
        /// Offset from 0.
        position: usize,
        /// Name of the encoding.
        encoding: &'static str,
    },
    /// An encoding that is not read.
    #[error("the encoding `{label}` is not read; save the file as UTF-8 or UTF-16")]
    Unknown {
        /// The name in the file.
        label: String,
    },
}
