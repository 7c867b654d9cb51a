//! Helpers for text that people read.
use std::fmt::Write as _;

/// Shortens a text from a hostile file for use in a message: at most `max` characters, without control characters.
pub fn shorten(text: &str, max: usize) -> String {
    let clean = |it: char| if is_unsafe(it) { '\u{FFFD}' } else { it };
    let mut chars = text.chars();
    let mut short: String = chars.by_ref().take(max).map(clean).collect();
    if chars.next().is_some() {
        short.push('…');
    }
    short
}

/// Replaces what could change the meaning of the text around it: control, escape, bidirectional and
/// line-breaking characters become U+FFFD.
pub fn sanitize(text: &str) -> String {
    text.chars().map(|it| if is_unsafe(it) { '\u{FFFD}' } else { it }).collect()
}

/// Whether a character can move the cursor, break a line, or turn the direction of the text after it.
pub fn is_unsafe(it: char) -> bool {
    it.is_control()
        || matches!(it, '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}')
        || matches!(it, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// `1 group`, `2 groups`: a count with its noun in the right number.
pub fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(n), if n == 1 { one } else { many })
}

/// A sum that stops at the largest number: counts come from files that may say anything.
pub fn saturating_sum(counts: impl IntoIterator<Item = u64>) -> u64 {
    counts.into_iter().fold(0, u64::saturating_add)
}

/// A whole number with commas between groups of three digits.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (idx, digit) in digits.chars().enumerate() {
        if idx > 0 && (digits.len() - idx).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A JSON document with a line break at its end, in which characters that could steer a terminal are `\u` escapes: the
/// value is the same, the bytes are harmless.
pub fn harmless_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + 1);
    for it in json.chars() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_steers_no_terminal() {
        let json = "{\n  \"a\": \"x\u{202e}y\u{e0001}\"\n}";
        let expected = "{\n  \"a\": \"x\\u202ey\\udb40\\udc01\"\n}\n";
        assert_eq!(harmless_json(json), expected);
    }

    #[test]
    fn hostile_text_is_harmless() {
        assert_eq!(sanitize("a\u{1b}[31m\u{202e}b\nc"), "a\u{FFFD}[31m\u{FFFD}b\u{FFFD}c");
        assert_eq!(shorten("abcdef", 3), "abc…");
        assert_eq!(shorten("abc", 3), "abc");
    }

    #[test]
    fn numbers_are_grouped() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (62_480, "62,480"),
            (1_234_567, "1,234,567"),
        ];
        for (n, text) in cases {
            assert_eq!(grouped(n), text);
        }
        assert_eq!(plural(1, "group", "groups"), "1 group");
        assert_eq!(plural(0, "group", "groups"), "0 groups");
    }
}
