//! Bytes to text, and places in texts.
use std::borrow::Cow;

use dirlift_model::config::{Location, Problem};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Problems that are listed for one part; the rest is counted.
const MAX_PROBLEMS: usize = 100;

/// Why a part could not be understood, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    /// Line, from 1.
    pub(crate) line: u32,
    /// Column in characters, from 1.
    pub(crate) column: u32,
    /// What, as a lower-case fragment.
    pub(crate) what: String,
}

impl Damage {
    pub(crate) fn new(line: u32, column: u32, what: impl Into<String>) -> Self {
        Self { line, column, what: what.into() }
    }

    pub(crate) fn in_file(self, file: &str) -> Problem {
        problem(file, self.line, self.column, self.what)
    }
}

/// Problems of one part, bounded in number.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    listed: Vec<Damage>,
    n_more: usize,
}

impl Problems {
    pub(crate) fn push(&mut self, line: u32, column: u32, what: impl Into<String>) {
        if self.listed.len() < MAX_PROBLEMS {
            self.listed.push(Damage::new(line, column, what));
        } else {
            self.n_more += 1;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    pub(crate) fn in_file(self, file: &str) -> Vec<Problem> {
        let last = self.listed.last().map(|it| (it.line, it.column));
        let mut all: Vec<_> = self.listed.into_iter().map(|it| it.in_file(file)).collect();
        if let (Some((line, column)), 1..) = (last, self.n_more) {
            all.push(problem(
                file,
                line,
                column,
                format!("{} more problems after this one are not listed", self.n_more),
            ));
        }
        all
    }
}

/// A problem from its parts.
pub(crate) fn problem(file: &str, line: u32, column: u32, what: impl Into<String>) -> Problem {
    Problem { location: Location { file: file.to_owned(), line, column }, what: what.into() }
}

/// Text of a part: by its byte-order mark, as UTF-16 when every other byte is zero, as UTF-8, or else in `fallback`.
///
/// The second value says what was wrong with the bytes; the text then has replacement characters.
pub(crate) fn decode<'a>(
    bytes: &'a [u8],
    fallback: &'static Encoding,
) -> (Cow<'a, str>, Option<Damage>) {
    let (encoding, rest) = match Encoding::for_bom(bytes) {
        Some((encoding, n_mark)) => (encoding, &bytes[n_mark..]),
        None => (without_mark(bytes, fallback), bytes),
    };
    let (text, had_errors) = encoding.decode_without_bom_handling(rest);
    let replaced = encoding == fallback && fallback != UTF_8;
    let damage = if replaced {
        Some(Damage::new(
            1,
            1,
            format!("the bytes are neither UTF-8 nor UTF-16; read as {}", encoding.name()),
        ))
    } else {
        had_errors.then(|| {
            let at = text.find('\u{FFFD}').unwrap_or(0);
            let (line, column) = position(&text, at);
            Damage::new(
                line,
                column,
                format!("bytes that are not {} were replaced", encoding.name()),
            )
        })
    };
    (text, damage)
}

fn without_mark(bytes: &[u8], fallback: &'static Encoding) -> &'static Encoding {
    match bytes {
        [a, 0, b, 0, ..] if *a != 0 && *b != 0 => UTF_16LE,
        [0, a, 0, b, ..] if *a != 0 && *b != 0 => UTF_16BE,
        _ if std::str::from_utf8(bytes).is_ok() => UTF_8,
        _ => fallback,
    }
}

/// Line and column (in characters), both from 1, of a byte offset.
pub(crate) fn position(text: &str, at: usize) -> (u32, u32) {
    let before = text.get(..at).unwrap_or(text);
    let line = 1 + before.bytes().filter(|it| *it == b'\n').count();
    let line_start = before.rfind('\n').map_or(0, |it| it + 1);
    (number(line), number(1 + before[line_start..].chars().count()))
}

/// A count as the `u32` of a [`Location`].
pub(crate) fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use encoding_rs::WINDOWS_1252;

    use super::*;

    #[test]
    fn encodings() {
        let cases: &[(&[u8], &str, bool)] = &[
            (b"a\xC3\xBC", "aü", false),
            (b"\xEF\xBB\xBFa", "a", false),
            (b"\xFF\xFEa\0\xFC\0", "aü", false),
            (b"\xFE\xFF\0a\0\xFC", "aü", false),
            (b"a\0b\0", "ab", false),
            (b"\0a\0b", "ab", false),
            (b"a\xFC", "aü", true),
            (b"\xEF\xBB\xBFa\xFC", "a\u{FFFD}", true),
            (b"", "", false),
        ];
        for (bytes, expected, damaged) in cases {
            let (text, damage) = decode(bytes, WINDOWS_1252);
            assert_eq!((text.as_ref(), damage.is_some()), (*expected, *damaged), "{bytes:?}");
        }
        let (_, damage) = decode(b"a\nb\xFFc", UTF_8);
        assert_eq!(damage, Some(Damage::new(2, 2, "bytes that are not UTF-8 were replaced")));
    }

    #[test]
    fn places_count_characters() {
        assert_eq!(position("aü\nbüc", 7), (2, 3));
        assert_eq!(position("", 0), (1, 1));
        assert_eq!(position("a\n", 2), (2, 1));
    }

    #[test]
    fn problems_are_bounded() {
        let mut problems = Problems::default();
        for line in 1..=103 {
            problems.push(line, 1, "x");
        }
        let listed = problems.in_file("f");
        assert_eq!(listed.len(), 101);
        assert_eq!(
            listed[100],
            problem("f", 100, 1, "3 more problems after this one are not listed")
        );
    }
}
