//! Planted secrets, and the search for them in outputs.
//!
//! A secret may leak in another form than it was read in: as UTF-16, in base64 of either, cut out of the middle of a
//! longer text. Each form is looked for.
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};

/// A password in an XML element or a registry value.
pub const PASSWORD: &str = "Canary-pw-7f3K!nightingale";
/// A password inside a proxy's URL.
pub const PROXY_PASSWORD: &str = "canary.proxy.Quetzal88";
/// A password on a service's command line.
pub const SERVICE_PASSWORD: &str = "CanarySvc_Ibis_2026";
/// An encrypted configuration.
pub const ENCRYPTED: &str = "Q2FuYXJ5LWVuY3J5cHRlZC1jb25maWd1cmF0aW9u";
/// A directory cookie or watermark.
pub const COOKIE: &str = "TVNEUwMAAABDYW5hcnlDb29raWVXYXRlcm1hcms";
/// A key of a key set.
pub const KEY: &str = "canary-key-9B1D2F-kestrel";

/// Every canary.
pub const ALL: &[&str] = &[PASSWORD, PROXY_PASSWORD, SERVICE_PASSWORD, ENCRYPTED, COOKIE, KEY];

/// Names of the offsets at which a secret can stand inside base64 of UTF-8 text.
const BASE64_UTF8: [&str; 3] =
    ["base64 of UTF-8, offset 0", "base64 of UTF-8, offset 1", "base64 of UTF-8, offset 2"];

/// The same for UTF-16LE.
const BASE64_UTF16LE: [&str; 3] = [
    "base64 of UTF-16LE, offset 0",
    "base64 of UTF-16LE, offset 1",
    "base64 of UTF-16LE, offset 2",
];

/// Looks for a secret and names the encoding that it was found in. Letter case counts.
///
/// An empty secret, and one that is too short to leave a whole group of base64, is found only in its plain forms.
pub fn find(secret: &str, haystack: &[u8]) -> Option<&'static str> {
    if secret.is_empty() {
        return None;
    }
    let little: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = secret.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let plain = [("UTF-8", secret.as_bytes()), ("UTF-16LE", &little), ("UTF-16BE", &big)];
    if let Some((name, _)) = plain.iter().find(|(_, needle)| contains(haystack, needle)) {
        return Some(name);
    }
    let encoded = [(BASE64_UTF8, secret.as_bytes()), (BASE64_UTF16LE, &little)];
    encoded.iter().find_map(|(names, bytes)| {
        let at_offsets = names
            .iter()
            .enumerate()
            .filter_map(|(offset, name)| Some((name, core_at(bytes, offset)?)));
        at_offsets
            .into_iter()
            .find(|(_, core)| contains(haystack, core.as_bytes()))
            .map(|(name, _)| *name)
    })
}

/// What base64 makes of the bytes when `offset` unknown bytes of the same group stand before them: only the
/// characters that do not depend on the neighbours.
fn core_at(bytes: &[u8], offset: usize) -> Option<String> {
    let whole = [&[0; 2][..offset], bytes].concat();
    let encoded = STANDARD_NO_PAD.encode(&whole);
    // A character holds six bits: the first `offset` bytes touch this many characters, the last whole one ends here.
    let first = (offset * 8).div_ceil(6);
    let last = whole.len() * 8 / 6;
    encoded.get(first..last).filter(|it| it.len() >= 4).map(str::to_owned)
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    let Some(&first) = needle.first() else { return false };
    let mut rest = haystack;
    while let Some(at) = rest.iter().position(|it| *it == first) {
        if rest[at..].starts_with(needle) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    #[test]
    fn each_form_is_found_and_named() {
        // "Zanzibar" by hand: bytes 5a 61 6e 7a 69 62 61 72; in base64 WmFuemliYXI=.
        let cases: &[(&[u8], Option<&str>)] = &[
            (b"x Zanzibar y", Some("UTF-8")),
            (b"x zanzibar y", None),
            (b"Z\0a\0n\0z\0i\0b\0a\0r\0", Some("UTF-16LE")),
            (b"\0Z\0a\0n\0z\0i\0b\0a\0r", Some("UTF-16BE")),
            (b"WmFuemliYXI=", Some("base64 of UTF-8, offset 0")),
            (b"Zanziba", None),
            (b"", None),
        ];
        for (haystack, expected) in cases {
            assert_eq!(find("Zanzibar", haystack), *expected, "{}", haystack.escape_ascii());
        }
    }

    #[test]
    fn base64_is_found_whatever_stands_before_and_after() {
        for before in 0..9 {
            for after in 0..4 {
                let text = format!("{}{PASSWORD}{}", "q".repeat(before), "~".repeat(after));
                let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                let expected = BASE64_UTF8[before % 3];
                assert_eq!(
                    find(PASSWORD, STANDARD.encode(&text).as_bytes()),
                    Some(expected),
                    "{text}"
                );
                let expected = BASE64_UTF16LE[before * 2 % 3];
                assert_eq!(
                    find(PASSWORD, STANDARD.encode(&utf16).as_bytes()),
                    Some(expected),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn a_fragment_is_not_a_find() {
        assert_eq!(find(PASSWORD, &PASSWORD.as_bytes()[1..]), None);
        assert_eq!(find(PASSWORD, STANDARD.encode(PASSWORD.to_lowercase()).as_bytes()), None);
        assert_eq!(find("", b"anything"), None);
        // One byte leaves no whole group: plain forms only.
        assert_eq!(find("a", b"YQ=="), None);
        assert_eq!(find("a", b"cat"), Some("UTF-8"));
    }
}
