//! As much of DER (X.690) and X.509 (RFC 5280) as the certificate functions look at.
use jiff::{Timestamp, civil, tz::TimeZone};

/// One element: its tag and its contents.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) contents: &'a [u8],
    /// Tag, length and contents.
    pub(super) raw: &'a [u8],
}

/// Reads elements one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn next(&mut self) -> Option<Element<'a>> {
        let [tag, first, rest @ ..] = self.0 else { return None };
        if tag & 0x1f == 0x1f {
            return None; // tags of several bytes do not occur in certificates
        }
        let (len, n_length) = match first {
            0..=0x7f => (usize::from(*first), 0),
            0x81..=0x84 => {
                let n = usize::from(first & 0x7f);
                let len =
                    rest.get(..n)?.iter().fold(0_usize, |sum, it| (sum << 8) | usize::from(*it));
                (len, n)
            }
            _ => return None,
        };
        let contents = rest.get(n_length..)?.get(..len)?;
        let (raw, after) = self.0.split_at_checked(2 + n_length + len)?;
        self.0 = after;
        Some(Element { tag: *tag, contents, raw })
    }

    /// The next element, if it has this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Option<Element<'a>> {
        self.next().filter(|it| it.tag == tag)
    }

    /// The next element if it has this tag; else nothing is read.
    pub(super) fn optional(&mut self, tag: u8) -> Option<Element<'a>> {
        if self.0.first() == Some(&tag) { self.next() } else { None }
    }
}

impl<'a> Element<'a> {
    pub(super) const fn reader(&self) -> Reader<'a> {
        Reader::new(self.contents)
    }
}

/// One attribute of a name: its identifier and its text.
pub(super) type NamePart = (String, String);

/// A certificate, as far as the functions look at it.
pub(super) struct Certificate<'a> {
    pub(super) raw: &'a [u8],
    pub(super) version: u8,
    pub(super) serial: &'a [u8],
    pub(super) signature_oid: String,
    pub(super) issuer: Vec<NamePart>,
    pub(super) subject: Vec<NamePart>,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    pub(super) key_oid: String,
    pub(super) key_params: &'a [u8],
    /// Identifier, whether critical, contents.
    pub(super) extensions: Vec<(String, bool, &'a [u8])>,
}

/// Most parts of a name and most extensions that are read.
const MAX_PARTS: usize = 256;

impl<'a> Certificate<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let whole = Reader::new(bytes).expect(0x30)?;
        let mut outer = whole.reader();
        let mut body = outer.expect(0x30)?.reader();
        let signature_oid = oid(outer.expect(0x30)?.reader().expect(0x06)?.contents)?;
        outer.expect(0x03)?;
        let version = match body.optional(0xa0) {
            None => 1,
            Some(it) => it.reader().expect(0x02)?.contents.last()?.checked_add(1)?,
        };
        let serial = body.expect(0x02)?.contents;
        body.expect(0x30)?;
        let issuer = name(body.expect(0x30)?)?;
        let mut validity = body.expect(0x30)?.reader();
        let (not_before, not_after) = (time(validity.next()?)?, time(validity.next()?)?);
        let subject = name(body.expect(0x30)?)?;
        let mut key = body.expect(0x30)?.reader().expect(0x30)?.reader();
        let key_oid = oid(key.expect(0x06)?.contents)?;
        let key_params = key.next().map_or(&[][..], |it| it.raw);
        let (_, _) = (body.optional(0x81), body.optional(0x82));
        let extensions = match body.optional(0xa3) {
            Some(it) => extensions(it.reader().expect(0x30)?)?,
            None => Vec::new(),
        };
        Some(Self {
            raw: whole.raw,
            version,
            serial,
            signature_oid,
            issuer,
            subject,
            not_before,
            not_after,
            key_oid,
            key_params,
            extensions,
        })
    }

    /// The entries of the subject's alternative names (2.5.29.17).
    pub(super) fn alternative_names(&self) -> Vec<Element<'a>> {
        let found = self.extensions.iter().find(|it| it.0 == "2.5.29.17");
        let Some(list) = found.and_then(|it| Reader::new(it.2).expect(0x30)) else {
            return Vec::new();
        };
        let mut reader = list.reader();
        std::iter::from_fn(|| reader.next()).take(MAX_PARTS).collect()
    }
}

fn extensions(list: Element<'_>) -> Option<Vec<(String, bool, &[u8])>> {
    let mut reader = list.reader();
    let mut out = Vec::new();
    while let Some(extension) = reader.next() {
        let mut parts = extension.reader();
        let id = oid(parts.expect(0x06)?.contents)?;
        let critical =
            parts.optional(0x01).is_some_and(|it| it.contents.first().is_some_and(|it| *it != 0));
        out.push((id, critical, parts.expect(0x04)?.contents));
        if out.len() > MAX_PARTS {
            return None;
        }
    }
    Some(out)
}

fn name(element: Element<'_>) -> Option<Vec<NamePart>> {
    let mut sets = element.reader();
    let mut out = Vec::new();
    while let Some(set) = sets.next() {
        let mut pairs = set.reader();
        while let Some(pair) = pairs.next() {
            let mut parts = pair.reader();
            out.push((oid(parts.expect(0x06)?.contents)?, string(parts.next()?)));
            if out.len() > MAX_PARTS {
                return None;
            }
        }
    }
    Some(out)
}

/// The text of a string element.
pub(super) fn string(element: Element<'_>) -> String {
    match element.tag {
        0x1e => {
            let units: Vec<u16> = element
                .contents
                .as_chunks::<2>()
                .0
                .iter()
                .map(|it| u16::from_be_bytes(*it))
                .collect();
            String::from_utf16_lossy(&units)
        }
        0x14 => element.contents.iter().map(|it| char::from(*it)).collect(),
        _ => String::from_utf8_lossy(element.contents).into_owned(),
    }
}

/// The dotted form of an object identifier.
pub(super) fn oid(bytes: &[u8]) -> Option<String> {
    if bytes.is_empty() || bytes.len() > 64 {
        return None;
    }
    let (mut numbers, mut value): (Vec<u64>, u64) = (Vec::new(), 0);
    for byte in bytes {
        value = value.checked_mul(128)? | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if numbers.is_empty() {
                let first = (value / 40).min(2);
                numbers.push(first);
                value -= first * 40;
            }
            numbers.push(value);
            value = 0;
        }
    }
    let ends_well = bytes.last().is_some_and(|it| it & 0x80 == 0);
    ends_well.then(|| numbers.iter().map(u64::to_string).collect::<Vec<_>>().join("."))
}

/// `UTCTime` and `GeneralizedTime` (RFC 5280, 4.1.2.5).
fn time(element: Element<'_>) -> Option<Timestamp> {
    let text = str::from_utf8(element.contents).ok()?.strip_suffix('Z')?;
    if !text.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = match (element.tag, text.len()) {
        (0x17, 12) => {
            let year: i16 = text[..2].parse().ok()?;
            (year + if year < 50 { 2_000 } else { 1_900 }, &text[2..])
        }
        (0x18, 14) => (text[..4].parse().ok()?, &text[4..]),
        _ => return None,
    };
    let part = |at: usize| rest[at..at + 2].parse::<i8>().ok();
    let date = civil::Date::new(year, part(0)?, part(2)?).ok()?;
    let time = civil::Time::new(part(4)?, part(6)?, part(8)?, 0).ok()?;
    TimeZone::UTC.to_timestamp(date.to_datetime(time)).ok()
}
