//! The part of BER that LDAP uses (RFC 4511 5.1): definite lengths, small tags.
//!
//! Reading never copies and never recurses; a caller takes apart what it expects, element by element.

/// `BOOLEAN`.
pub(crate) const BOOLEAN: u8 = 0x01;
/// `INTEGER`.
pub(crate) const INTEGER: u8 = 0x02;
/// `OCTET STRING`.
pub(crate) const OCTETS: u8 = 0x04;
/// `ENUMERATED`.
pub(crate) const ENUMERATED: u8 = 0x0A;
/// `SEQUENCE`.
pub(crate) const SEQUENCE: u8 = 0x30;
/// `SET`.
pub(crate) const SET: u8 = 0x31;

/// Most bytes of the head of an element: a tag and a length of up to four bytes.
pub(crate) const MAX_HEAD: usize = 6;

/// Why bytes are not BER as LDAP uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BerError {
    /// An element ends before its length says.
    #[error("an element is cut off")]
    CutOff,
    /// Another element was expected.
    #[error("an element has tag {found:#04x} where {expected:#04x} belongs")]
    Tag {
        /// What belongs there.
        expected: u8,
        /// What is there.
        found: u8,
    },
    /// A length that LDAP does not allow, or larger than four bytes can say.
    #[error("an element has a length of a form that LDAP does not use")]
    Length,
    /// A tag of more than one byte.
    #[error("an element has a tag of more than one byte")]
    LongTag,
    /// A number that is empty or has more than eight bytes.
    #[error("a number is empty or has more than eight bytes")]
    Number,
    /// Text that is not UTF-8.
    #[error("a name is not UTF-8")]
    Text,
}

/// The tag, the length of the head and the length of the content; `None` when the head is not complete yet.
pub(crate) fn head(bytes: &[u8]) -> Result<Option<(u8, usize, usize)>, BerError> {
    let [tag, first, rest @ ..] = bytes else { return Ok(None) };
    if tag & 0x1F == 0x1F {
        return Err(BerError::LongTag);
    }
    if *first < 0x80 {
        return Ok(Some((*tag, 2, usize::from(*first))));
    }
    let n_bytes = usize::from(first & 0x7F);
    if !(1..=4).contains(&n_bytes) {
        return Err(BerError::Length);
    }
    let Some(length) = rest.get(..n_bytes) else { return Ok(None) };
    let length = length.iter().fold(0_usize, |sum, it| (sum << 8) | usize::from(*it));
    Ok(Some((*tag, 2 + n_bytes, length)))
}

/// Takes elements off the front of some bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'b> {
    bytes: &'b [u8],
}

impl<'b> Reader<'b> {
    pub(crate) const fn new(bytes: &'b [u8]) -> Self {
        Self { bytes }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The tag of the next element.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.first().copied()
    }

    /// The next element, whatever it is.
    pub(crate) fn any(&mut self) -> Result<(u8, &'b [u8]), BerError> {
        let (tag, n_head, n_content) = head(self.bytes)?.ok_or(BerError::CutOff)?;
        let end = n_head.checked_add(n_content).ok_or(BerError::Length)?;
        let content = self.bytes.get(n_head..end).ok_or(BerError::CutOff)?;
        self.bytes = &self.bytes[end..];
        Ok((tag, content))
    }

    /// The content of the next element, which must have this tag.
    pub(crate) fn expect(&mut self, expected: u8) -> Result<&'b [u8], BerError> {
        match self.any()? {
            (tag, content) if tag == expected => Ok(content),
            (found, _) => Err(BerError::Tag { expected, found }),
        }
    }

    /// The elements inside the next element, which must have this tag.
    pub(crate) fn inside(&mut self, expected: u8) -> Result<Self, BerError> {
        self.expect(expected).map(Self::new)
    }

    pub(crate) fn integer(&mut self, tag: u8) -> Result<i64, BerError> {
        let content = self.expect(tag)?;
        if content.is_empty() || content.len() > 8 {
            return Err(BerError::Number);
        }
        let sign = if content[0] & 0x80 == 0 { 0 } else { -1 };
        Ok(content.iter().fold(sign, |sum, it| (sum << 8) | i64::from(*it)))
    }

    pub(crate) fn text(&mut self, tag: u8) -> Result<&'b str, BerError> {
        std::str::from_utf8(self.expect(tag)?).map_err(|_| BerError::Text)
    }
}

/// Writes elements one behind the other.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn primitive(&mut self, tag: u8, content: &[u8]) {
        self.bytes.push(tag);
        let head = length_bytes(content.len());
        self.bytes.extend(head);
        self.bytes.extend_from_slice(content);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.primitive(OCTETS, text.as_bytes());
    }

    pub(crate) fn boolean(&mut self, value: bool) {
        self.primitive(BOOLEAN, &[if value { 0xFF } else { 0 }]);
    }

    pub(crate) fn integer(&mut self, tag: u8, value: i32) {
        let bytes = value.to_be_bytes();
        // The shortest form keeps one byte, and a leading byte only where it carries the sign.
        let n_skip = (0..3)
            .take_while(|at| {
                let (byte, next) = (bytes[*at], bytes[at + 1]);
                (byte == 0 && next < 0x80) || (byte == 0xFF && next >= 0x80)
            })
            .count();
        self.primitive(tag, &bytes[n_skip..]);
    }

    /// An element around what `content` writes.
    pub(crate) fn around(&mut self, tag: u8, content: impl FnOnce(&mut Self)) {
        self.bytes.push(tag);
        let start = self.bytes.len();
        content(self);
        let head = length_bytes(self.bytes.len() - start);
        self.bytes.splice(start..start, head);
    }
}

/// The shortest form of a length. What is written here stays far below four gigabytes.
fn length_bytes(length: usize) -> impl Iterator<Item = u8> {
    let bytes = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    let n_skip = if length < 0x80 { 3 } else { bytes.iter().take_while(|it| **it == 0).count() };
    let lead = u8::try_from(4 - n_skip).ok().filter(|_| length >= 0x80).map(|it| 0x80 | it);
    lead.into_iter().chain(bytes.into_iter().skip(n_skip))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_shortest_form() {
        let cases: [(i32, &[u8]); 8] = [
            (0, &[2, 1, 0]),
            (127, &[2, 1, 127]),
            (128, &[2, 2, 0, 128]),
            (1000, &[2, 2, 3, 0xE8]),
            (-1, &[2, 1, 0xFF]),
            (-129, &[2, 2, 0xFF, 0x7F]),
            (i32::MAX, &[2, 4, 0x7F, 0xFF, 0xFF, 0xFF]),
            (i32::MIN, &[2, 4, 0x80, 0, 0, 0]),
        ];
        for (value, bytes) in cases {
            let mut writer = Writer::default();
            writer.integer(INTEGER, value);
            assert_eq!(writer.into_bytes(), bytes, "{value}");
            assert_eq!(Reader::new(bytes).integer(INTEGER), Ok(i64::from(value)));
        }
    }

    #[test]
    fn lengths_have_their_shortest_form() {
        for (n, head) in [
            (0, vec![4, 0]),
            (127, vec![4, 127]),
            (128, vec![4, 0x81, 128]),
            (256, vec![4, 0x82, 1, 0]),
            (65_536, vec![4, 0x83, 1, 0, 0]),
        ] {
            let mut writer = Writer::default();
            writer.around(OCTETS, |it| it.bytes.resize(it.bytes.len() + n, 7));
            let bytes = writer.into_bytes();
            assert_eq!(bytes[..head.len()], head, "{n}");
            assert_eq!(super::head(&bytes), Ok(Some((4, head.len(), n))));
        }
    }

    #[test]
    fn what_is_not_ldap_is_refused() {
        let cases: [(&[u8], BerError); 6] = [
            (&[], BerError::CutOff),
            (&[4, 3, 1, 2], BerError::CutOff),
            (&[4, 0x80, 0, 0], BerError::Length),
            (&[4, 0x85, 1, 1, 1, 1, 1], BerError::Length),
            (&[0x1F, 0x81, 0], BerError::LongTag),
            (&[2, 1, 1], BerError::Tag { expected: 4, found: 2 }),
        ];
        for (bytes, error) in cases {
            assert_eq!(Reader::new(bytes).expect(OCTETS), Err(error), "{bytes:?}");
        }
        assert_eq!(Reader::new(&[2, 0]).integer(INTEGER), Err(BerError::Number));
        assert_eq!(Reader::new(&[4, 1, 0xFF]).text(OCTETS), Err(BerError::Text));
        assert_eq!(head(&[4]), Ok(None));
        assert_eq!(head(&[4, 0x82, 1]), Ok(None));
    }
}
