//! Search filters as a tree (RFC 4511 4.5.1.7): values are bytes, so nothing has to be escaped.
use super::ber::Writer;

/// What an entry must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    /// All of these.
    And(Vec<Filter>),
    /// One of these.
    Or(Vec<Filter>),
    /// Not this.
    Not(Box<Filter>),
    /// An attribute with this value.
    Equal(String, Vec<u8>),
    /// An attribute with any value.
    Present(&'static str),
}

impl Filter {
    /// An attribute with a text.
    pub(crate) fn equal(attribute: &str, value: &str) -> Self {
        Self::Equal(attribute.to_owned(), value.as_bytes().to_vec())
    }

    /// Every entry.
    pub(crate) const fn everything() -> Self {
        Self::Present("objectClass")
    }

    pub(crate) fn write(&self, out: &mut Writer) {
        match self {
            Self::And(inner) => out.around(0xA0, |out| inner.iter().for_each(|it| it.write(out))),
            Self::Or(inner) => out.around(0xA1, |out| inner.iter().for_each(|it| it.write(out))),
            Self::Not(inner) => out.around(0xA2, |out| inner.write(out)),
            Self::Equal(attribute, value) => out.around(0xA3, |out| {
                out.text(attribute);
                out.primitive(super::ber::OCTETS, value);
            }),
            Self::Present(attribute) => out.primitive(0x87, attribute.as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_on_the_wire() {
        let filter = Filter::And(vec![
            Filter::Or(vec![Filter::equal("a", "x"), Filter::Present("b")]),
            Filter::Not(Box::new(Filter::equal("c", "*)("))),
        ]);
        let mut out = Writer::default();
        filter.write(&mut out);
        // Worked out by hand from RFC 4511 appendix B: and, or, equalityMatch, present, not.
        let expected = [
            &[0xA0, 25][..],
            &[0xA1, 11, 0xA3, 6, 4, 1, b'a', 4, 1, b'x', 0x87, 1, b'b'],
            &[0xA2, 10, 0xA3, 8, 4, 1, b'c', 4, 3, b'*', b')', b'('],
        ]
        .concat();
        assert_eq!(out.into_bytes(), expected);
    }
}
