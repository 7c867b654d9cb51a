//! Distinguished names (RFC 4514) and their comparison as Active Directory compares them.
use std::{
    cmp::Ordering,
    fmt::{self, Write as _},
    hash::{Hash, Hasher},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

/// Longest text that is taken for a name; the directory itself stays far below.
const MAX_BYTES: usize = 64 * 1024;

/// Closes a component in a key. A NUL inside a value is kept there as U+FFFF, which is no character.
const END: char = '\0';

/// A distinguished name, read by RFC 4514 and shown as it was read.
///
/// Equality follows Active Directory as far as the standard library can: attribute types by ASCII case, values
/// by simple upper case. (The directory also ignores some accents; two names that differ only there compare
/// as different here.) Multi-valued components (`CN=a+SN=b`) compare in any order.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DistinguishedName {
    text: String,
    /// The folded components, the outermost (`DC=com`) first and each closed by [`END`], so that the key of a
    /// container is a prefix and one allocation holds it.
    key: String,
}

impl DistinguishedName {
    /// The name as it was read.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text by which names are compared: equal for equal names, and in their order. Its form may change.
    pub fn folded(&self) -> &str {
        &self.key
    }

    /// The same without a copy.
    pub fn into_folded(self) -> String {
        self.key
    }

    /// How many components the name has; the root has none.
    pub fn depth(&self) -> usize {
        self.key.matches(END).count()
    }

    /// Whether this object is `container` itself or lies below it.
    pub fn is_within(&self, container: &Self) -> bool {
        self.key.starts_with(container.key.as_str())
    }

    /// The container of this object; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        let inner = self.key.strip_suffix(END)?;
        let inner = inner.rfind(END).map_or("", |at| &inner[..=at]);
        let parts = split(&self.text, is_component_end).ok()?;
        let text = parts.get(1..)?.join(",");
        Some(Self { text, key: inner.to_owned() })
    }

    /// The innermost component with its attribute type and unescaped value, such as `("OU", "Sales, EMEA")`.
    pub fn first_component(&self) -> Option<(String, String)> {
        let parts = split(&self.text, is_component_end).ok()?;
        let (attribute, value) = parts.first()?.split_once('=')?;
        Some((attribute.trim().to_owned(), unescape(value).ok()?))
    }

    /// The DNS name that a run of `DC=` components at the end stands for, such as `corp.example.com`.
    pub fn dns_domain(&self) -> Option<String> {
        let labels: Vec<_> =
            self.key.split_terminator(END).map_while(|it| it.strip_prefix("DC=")).collect();
        let name = labels.iter().rev().map(|it| it.to_lowercase()).collect::<Vec<_>>().join(".");
        (!name.is_empty()).then_some(name)
    }

    /// Escapes one attribute value for use in a name (RFC 4514 2.4).
    pub fn escape_value(value: &str) -> String {
        let mut out = String::with_capacity(value.len());
        let n_chars = value.chars().count();
        for (idx, it) in value.chars().enumerate() {
            let outer_space = it == ' ' && (idx == 0 || idx + 1 == n_chars);
            match it {
                '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=' => {
                    out.push('\\');
                    out.push(it);
                }
                '#' if idx == 0 => out.push_str("\\#"),
                ' ' if outer_space => out.push_str("\\ "),
                _ if it.is_control() => {
                    let mut buffer = [0; 4];
                    for byte in it.encode_utf8(&mut buffer).bytes() {
                        let _ = write!(out, "\\{byte:02X}");
                    }
                }
                _ => out.push(it),
            }
        }
        out
    }
}

impl FromStr for DistinguishedName {
    type Err = ParseDnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_BYTES {
            return Err(ParseDnError { position: MAX_BYTES, reason: "it is longer than 64 KiB" });
        }
        let key = match plain_key(text) {
            Some(key) => key,
            None => full_key(text)?,
        };
        Ok(Self { text: text.to_owned(), key })
    }
}

/// Where a name is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a distinguished name at byte {position}: {reason}")]
pub struct ParseDnError {
    /// Byte position in the text.
    pub position: usize,
    /// What is wrong there.
    pub reason: &'static str,
}

fn is_component_end(it: char) -> bool {
    it == ',' || it == ';'
}

/// Splits at separators that are neither escaped nor inside quotes.
fn split(text: &str, is_separator: fn(char) -> bool) -> Result<Vec<&str>, ParseDnError> {
    let (mut parts, mut start, mut quoted) = (Vec::new(), 0, false);
    let mut chars = text.char_indices();
    while let Some((at, it)) = chars.next() {
        match it {
            '\\' if chars.next().is_none() => {
                return Err(ParseDnError { position: at, reason: "a backslash escapes nothing" });
            }
            '"' => quoted = !quoted,
            _ if !quoted && is_separator(it) => {
                parts.push(&text[start..at]);
                start = at + it.len_utf8();
            }
            _ => {}
        }
    }
    if quoted {
        return Err(ParseDnError {
            position: text.len(),
            reason: "a quotation mark is not closed",
        });
    }
    parts.push(&text[start..]);
    Ok(parts)
}

/// The key of any name.
fn full_key(text: &str) -> Result<String, ParseDnError> {
    let mut key = String::with_capacity(text.len() + 8);
    if !text.trim().is_empty() {
        for part in split(text, is_component_end)?.into_iter().rev() {
            key.push_str(&component_key(part, text)?);
            key.push(END);
        }
    }
    Ok(key)
}

/// The same for a name in ASCII without escapes, quotation marks and several values in a component, as nearly all names
/// of a directory are: one allocation in place of dozens. `None` for others, and for what is no name.
fn plain_key(text: &str) -> Option<String> {
    if !text.bytes().all(|it| it.is_ascii() && !matches!(it, b'\\' | b'"' | b'+' | 0)) {
        return None;
    }
    let mut key = String::with_capacity(text.len() + 1);
    for part in text.rsplit(is_component_end) {
        let (attribute, value) = part.split_once('=')?;
        let start = key.len();
        key.push_str(attribute_type(attribute)?);
        key.push('=');
        key.push_str(value.trim_matches(' '));
        key[start..].make_ascii_uppercase();
        key.push(END);
    }
    Some(key)
}

/// An attribute type without what may stand around it; `None` when it is none.
fn attribute_type(text: &str) -> Option<&str> {
    let text = text.trim();
    let text = text.strip_prefix("OID.").or(text.strip_prefix("oid.")).unwrap_or(text);
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'.');
    (!text.is_empty() && text.bytes().all(is_plain)).then_some(text)
}

fn component_key(part: &str, whole: &str) -> Result<String, ParseDnError> {
    let position = part.as_ptr() as usize - whole.as_ptr() as usize;
    let wrong = |reason| ParseDnError { position, reason };
    let mut pairs = Vec::new();
    for pair in split(part, |it| it == '+')? {
        let (attribute, value) =
            pair.split_once('=').ok_or_else(|| wrong("a component has no equals sign"))?;
        let attribute = attribute_type(attribute)
            .ok_or_else(|| wrong("an attribute type is not a name or an object identifier"))?;
        let value = unescape(value).map_err(wrong)?;
        pairs.push(format!("{}={}", attribute.to_ascii_uppercase(), fold(&value)));
    }
    pairs.sort_unstable();
    Ok(pairs.join("+"))
}

/// Removes the escapes of one value. Bytes given in hexadecimal must be UTF-8 together with their neighbours.
fn unescape(value: &str) -> Result<String, &'static str> {
    let value = trim_unescaped(value);
    if let Some(inner) = value.strip_prefix('"').and_then(|it| it.strip_suffix('"'))
        && value.len() >= 2
    {
        return unescape_bytes(inner);
    }
    unescape_bytes(value)
}

fn unescape_bytes(value: &str) -> Result<String, &'static str> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first != b'\\' {
            bytes.push(*first);
            rest = tail;
            continue;
        }
        rest = match tail {
            [high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push((hex_digit(*high) << 4) | hex_digit(*low));
                tail
            }
            [escaped, tail @ ..] => {
                bytes.push(*escaped);
                tail
            }
            [] => return Err("a backslash escapes nothing"),
        };
    }
    String::from_utf8(bytes).map_err(|_| "escaped bytes are not UTF-8")
}

fn hex_digit(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit - b'A' + 10,
    }
}

/// White space around a value does not count, but an escaped blank at its end does.
fn trim_unescaped(value: &str) -> &str {
    let value = value.trim_start_matches(' ');
    let trimmed = value.trim_end_matches(' ');
    let n_backslashes = trimmed.bytes().rev().take_while(|it| *it == b'\\').count();
    if n_backslashes % 2 == 1 && trimmed.len() < value.len() {
        &value[..=trimmed.len()]
    } else {
        trimmed
    }
}

/// Simple upper case: one character stays one character, as the directory's own table does it.
fn fold(value: &str) -> String {
    value
        .chars()
        .map(|it| {
            let mut upper = it.to_uppercase();
            match (it, upper.next(), upper.next()) {
                (END, ..) => '\u{ffff}',
                (_, Some(single), None) => single,
                _ => it,
            }
        })
        .collect()
}

impl PartialEq for DistinguishedName {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for DistinguishedName {}

impl Ord for DistinguishedName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl PartialOrd for DistinguishedName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for DistinguishedName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dn({})", self.text)
    }
}

impl TryFrom<String> for DistinguishedName {
    type Error = ParseDnError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<DistinguishedName> for String {
    fn from(dn: DistinguishedName) -> Self {
        dn.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dn(text: &str) -> DistinguishedName {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn equality_ignores_case_spaces_and_kind_of_escape() {
        let equal = [
            ("OU=Sales,DC=corp,DC=example", "ou = sales , dc=CORP,dc=Example"),
            (r"CN=Doe\, John,DC=x", r#"cn="Doe, John",dc=X"#),
            (r"CN=Doe\2C John,DC=x", r"CN=Doe\, John,DC=x"),
            (r"CN=Lu\C4\8Di\C4\87", "CN=Lučić"),
            ("CN=a+SN=b", "sn=B+cn=A"),
            ("CN=a;DC=b", "CN=a,DC=b"),
            ("OID.2.5.4.3=a", "2.5.4.3=A"),
            ("CN=groß", "CN=GROß"),
        ];
        for (left, right) in equal {
            assert_eq!(dn(left), dn(right));
        }
        for (left, right) in [
            ("CN=a", "CN=b"),
            (r"CN=a\ ", "CN=a"),
            ("CN=Müller", "CN=Muller"),
            ("CN=strasse", "CN=straße"),
        ] {
            assert_ne!(dn(left), dn(right));
        }
    }

    #[test]
    fn containers() {
        let user = dn(r"CN=Doe\, John,OU=Sales,DC=corp,DC=example");
        assert!(user.is_within(&dn("ou=sales,dc=corp,dc=example")));
        assert!(user.is_within(&user));
        assert!(!user.is_within(&dn("OU=ales,DC=corp,DC=example")));
        assert!(user.is_within(&dn("")), "everything lies below the root");
        assert_eq!(user.parent(), Some(dn("OU=Sales,DC=corp,DC=example")));
        assert_eq!(user.parent().unwrap().as_str(), "OU=Sales,DC=corp,DC=example");
        assert_eq!(dn("").parent(), None);
        assert_eq!(user.first_component(), Some(("CN".to_owned(), "Doe, John".to_owned())));
        assert_eq!(user.dns_domain().as_deref(), Some("corp.example"));
        assert_eq!(dn("CN=x").dns_domain(), None);
    }

    #[test]
    fn most_names_go_the_short_way() {
        let plain = "CN=Ann Beck (2) #1,OU=a=b , dc=Corp;DC=example";
        let key = "DC=EXAMPLE\0DC=CORP\0OU=A=B\0CN=ANN BECK (2) #1\0";
        assert_eq!(plain_key(plain).as_deref(), Some(key));
        for other in [r"CN=a\,b", "CN=a+SN=b", "CN=\"a\"", "CN=é", "CN=a\0", "", "CN", "CN=a,"] {
            assert_eq!(plain_key(other), None, "{other}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_name() {
        for text in ["CN", "CN=a,", "=a", "CN=a,,DC=b", "C N=a", r"CN=\", "CN=\"a", r"CN=\FF"] {
            assert!(text.parse::<DistinguishedName>().is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn escaped_value_comes_back(value in "[ -~äß€\u{0}-\u{1f}]{1,20}") {
            let name = format!("CN={},DC=x", DistinguishedName::escape_value(&value));
            proptest::prop_assert_eq!(dn(&name).first_component(), Some(("CN".to_owned(), value)));
        }

        #[test]
        fn the_short_way_and_the_long_way_agree(
            parts in proptest::collection::vec("( ?(CN|oid\\.2\\.5|OID.Ou|d-c|X Y|) ?=?)[ -~\\t\u{0}é]{0,8}", 0..4),
            separator in "[,;]",
        ) {
            let text = parts.join(&separator);
            if let Some(key) = plain_key(&text) {
                proptest::prop_assert_eq!(full_key(&text), Ok(key));
            }
        }

        #[test]
        fn any_text_is_taken_or_refused(text in "[A-Za-z=,+;\"\\\\ #é0-9]{0,40}") {
            if let Ok(name) = text.parse::<DistinguishedName>() {
                drop((name.parent(), name.first_component(), name.dns_domain()));
                proptest::prop_assert!(name.is_within(&name));
            }
        }
    }

    #[test]
    fn a_nul_inside_a_value_closes_nothing() {
        let odd = dn("CN=a\\00DC=b,DC=x");
        assert_eq!(odd.depth(), 2);
        assert!(odd.is_within(&dn("dc=X")));
        assert!(!odd.is_within(&dn("CN=a,DC=x")));
        assert_eq!(odd.dns_domain().as_deref(), Some("x"));
        assert_eq!(odd.parent(), Some(dn("DC=x")));
    }
}
