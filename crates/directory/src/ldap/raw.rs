//! An entry as it came: its names and values lie in the message, or in an LDIF record, and are not looked at yet.
use std::{borrow::Cow, slice};

use super::ber::{BerError, INTEGER, OCTETS, Reader, SEQUENCE, SET};

/// An entry, with its attributes in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RawEntry<'b> {
    pub(crate) dn: Cow<'b, str>,
    pub(crate) attributes: Vec<RawAttribute<'b>>,
}

/// An attribute of a [`RawEntry`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RawAttribute<'b> {
    /// The name, with options such as `;range=0-1499`.
    pub(crate) name: Cow<'b, str>,
    pub(crate) values: Values<'b>,
}

/// The values of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Values<'b> {
    /// Octet strings one after the other, checked to be that.
    Wire(&'b [u8]),
    /// Values of a file.
    Owned(Vec<Vec<u8>>),
}

impl<'b> RawEntry<'b> {
    /// Reads the entry of a message that holds one, without copying anything.
    pub(crate) fn decode(message: &'b [u8]) -> Result<Self, BerError> {
        let mut outer = Reader::new(message).inside(SEQUENCE)?;
        outer.integer(INTEGER)?;
        let mut inner = outer.inside(0x64)?;
        let dn = inner.text(OCTETS)?.into();
        let mut list = inner.inside(SEQUENCE)?;
        let mut attributes = Vec::new();
        while !list.is_empty() {
            let mut attribute = list.inside(SEQUENCE)?;
            let name = attribute.text(OCTETS)?.into();
            let values = attribute.expect(SET)?;
            let mut all = Reader::new(values);
            while !all.is_empty() {
                all.expect(OCTETS)?;
            }
            attributes.push(RawAttribute { name, values: Values::Wire(values) });
        }
        Ok(Self { dn, attributes })
    }

    /// The same, independent of the message.
    pub(crate) fn into_owned(self) -> RawEntry<'static> {
        let own = |it: RawAttribute<'_>| RawAttribute {
            name: it.name.into_owned().into(),
            values: Values::Owned(it.values.iter().map(<[u8]>::to_vec).collect()),
        };
        RawEntry {
            dn: self.dn.into_owned().into(),
            attributes: self.attributes.into_iter().map(own).collect(),
        }
    }

    /// The values of an attribute.
    pub(crate) fn values(&self, name: &str) -> Iter<'_> {
        let found = self.attributes.iter().find(|it| it.name.eq_ignore_ascii_case(name));
        found.map_or(Iter::Wire(Reader::new(&[])), |it| it.values.iter())
    }

    /// The first value of an attribute, if it is text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.values(name).next().and_then(|it| std::str::from_utf8(it).ok())
    }

    /// All values of an attribute that are text.
    pub(crate) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.values(name).filter_map(|it| std::str::from_utf8(it).ok())
    }
}

impl<'b> Values<'b> {
    /// Adds a value.
    pub(crate) fn push(&mut self, value: Vec<u8>) {
        if let Self::Wire(_) = self {
            *self = Self::Owned(self.iter().map(<[u8]>::to_vec).collect());
        }
        if let Self::Owned(values) = self {
            values.push(value);
        }
    }

    /// The values in order, those of a file without a copy.
    pub(crate) fn into_cows(self) -> impl Iterator<Item = Cow<'b, [u8]>> {
        let (wire, owned) = match self {
            Self::Wire(bytes) => (bytes, Vec::new()),
            Self::Owned(values) => (&[][..], values),
        };
        Iter::Wire(Reader::new(wire)).map(Cow::Borrowed).chain(owned.into_iter().map(Cow::Owned))
    }

    /// The values in order.
    pub(crate) fn iter(&self) -> Iter<'_> {
        match self {
            Self::Wire(bytes) => Iter::Wire(Reader::new(bytes)),
            Self::Owned(values) => Iter::Owned(values.iter()),
        }
    }

    /// How many there are at least, for a first allocation.
    pub(crate) fn at_least(&self) -> usize {
        match self {
            Self::Wire(bytes) => usize::from(!bytes.is_empty()),
            Self::Owned(values) => values.len(),
        }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Wire(bytes) => bytes.is_empty(),
            Self::Owned(values) => values.is_empty(),
        }
    }
}

/// Goes through [`Values`].
#[derive(Clone, Debug)]
pub(crate) enum Iter<'v> {
    Wire(Reader<'v>),
    Owned(slice::Iter<'v, Vec<u8>>),
}

impl<'v> Iterator for Iter<'v> {
    type Item = &'v [u8];

    fn next(&mut self) -> Option<&'v [u8]> {
        match self {
            // What is no octet string was refused when the entry was read.
            Self::Wire(rest) => rest.expect(OCTETS).ok(),
            Self::Owned(rest) => rest.next().map(Vec::as_slice),
        }
    }
}
