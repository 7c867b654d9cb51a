//! What a client asks, and answers to it.
use super::ber::{all, element, enumerated, integer, octets, sequence, take, value};

/// Object identifier of paged results.
pub(super) const PAGED: &[u8] = b"1.2.840.113556.1.4.319";

/// One message of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its number.
    pub id: i64,
    /// What it asks.
    pub operation: Operation,
    /// The whole message.
    pub bytes: Vec<u8>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A simple bind.
    Bind {
        /// The name.
        name: String,
        /// The password.
        password: String,
    },
    /// A search.
    Search {
        /// Where it begins.
        base: String,
        /// 0 the base, 1 one level, 2 the subtree.
        scope: i64,
        /// What is wanted of each entry.
        attributes: Vec<String>,
        /// The page, if paging is asked for.
        page: Option<Page>,
    },
    /// An extended operation, by its object identifier.
    Extended(String),
    /// The end.
    Unbind,
    /// Anything else, by its tag.
    Other(u8),
}

/// A page of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its size.
    pub size: i64,
    /// The cookie; empty for the first page.
    pub cookie: Vec<u8>,
}

impl Request {
    /// Reads a message.
    pub(super) fn parse(bytes: Vec<u8>) -> Option<Self> {
        let parts = all(take(&bytes)?.1);
        let id = value(parts.first()?.1);
        let (tag, content) = *parts.get(1)?;
        let text = |it: &[u8]| String::from_utf8_lossy(it).into_owned();
        let inner = all(content);
        let operation = match tag {
            0x60 => {
                Operation::Bind { name: text(inner.get(1)?.1), password: text(inner.get(2)?.1) }
            }
            0x63 => Operation::Search {
                base: text(inner.first()?.1),
                scope: value(inner.get(1)?.1),
                attributes: all(inner.get(7)?.1).into_iter().map(|it| text(it.1)).collect(),
                page: parts.get(2).and_then(|it| page(it.1)),
            },
            0x77 => Operation::Extended(text(inner.first()?.1)),
            0x42 => Operation::Unbind,
            it => Operation::Other(it),
        };
        Some(Self { id, operation, bytes })
    }
}

fn page(controls: &[u8]) -> Option<Page> {
    all(controls).into_iter().find_map(|(_, control)| {
        let parts = all(control);
        let last = parts.last()?;
        if parts.first()?.1 != PAGED || last.0 != 0x04 {
            return None;
        }
        let value_parts = all(take(last.1)?.1);
        Some(Page { size: value(value_parts.first()?.1), cookie: value_parts.get(1)?.1.to_vec() })
    })
}

/// An entry of a search.
pub fn entry(id: i64, dn: &str, attributes: &[(&str, &[&[u8]])]) -> Vec<u8> {
    let attributes: Vec<_> = attributes
        .iter()
        .map(|(name, values)| {
            let values: Vec<_> = values.iter().map(octets).collect();
            sequence(&[octets(name), element(0x31, &values.concat())])
        })
        .collect();
    let content = [octets(dn), sequence(&attributes)].concat();
    sequence(&[integer(id), element(0x64, &content)])
}

/// A pointer to another server.
pub fn reference(id: i64, url: &str) -> Vec<u8> {
    sequence(&[integer(id), element(0x73, &octets(url))])
}

/// The end of a search; with a cookie, the control of paged results goes with it.
pub fn search_done(id: i64, code: i64, text: &str, cookie: Option<&[u8]>) -> Vec<u8> {
    let done = element(0x65, &[enumerated(code), octets(""), octets(text)].concat());
    let mut parts = vec![integer(id), done];
    if let Some(cookie) = cookie {
        let value = sequence(&[integer(0), octets(cookie)]);
        parts.push(element(0xA0, &sequence(&[octets(PAGED), octets(value)])));
    }
    sequence(&parts)
}

/// The end of a bind.
pub fn bind_done(id: i64, code: i64, text: &str) -> Vec<u8> {
    let done = element(0x61, &[enumerated(code), octets(""), octets(text)].concat());
    sequence(&[integer(id), done])
}
