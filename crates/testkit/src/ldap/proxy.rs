//! A proxy before Samba that makes it behave like Windows: value ranges, largest page, broken connections.
use std::{
    io::{self, Write},
    net::{SocketAddr, TcpStream},
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    ber::{self, all, element, integer, octets, sequence, take, value},
    request::{Operation, PAGED, Request, search_done},
    server::{Answer, Handler, LdapServer, StartTls},
};
use crate::pki::Leaf;

/// What the proxy does to the answers.
#[derive(Clone, Debug, Default)]
pub struct ProxySettings {
    /// Most values of an attribute in one answer (`MaxValRange`: 1,500 on Windows).
    pub values: Option<usize>,
    /// Most entries of a page, and of a search without pages (`MaxPageSize`: 1,000 on Windows).
    pub page: Option<usize>,
    /// Entries after which connections break: the first number is for the first that gets so far, and so on.
    pub breaks: Vec<usize>,
    /// A connection breaks in the middle of an entry instead of behind it.
    pub in_the_middle: bool,
}

/// A running proxy.
#[derive(Debug)]
pub struct Proxy {
    server: LdapServer,
}

impl Proxy {
    /// Starts a proxy before an LDAP server that takes binds in clear.
    pub fn start(leaf: &Leaf, behind: SocketAddr, settings: ProxySettings) -> io::Result<Self> {
        let breaks = Arc::new(Mutex::new(settings.breaks.clone()));
        let settings = Arc::new(settings);
        let server = LdapServer::start(leaf, StartTls::Implicit, move || {
            Box::new(Relay {
                behind,
                stream: None,
                settings: Arc::clone(&settings),
                breaks: Arc::clone(&breaks),
                n_entries: 0,
            })
        })?;
        Ok(Self { server })
    }

    /// Where it listens, with TLS.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Every request so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.server.requests()
    }
}

/// One connection through the proxy.
struct Relay {
    behind: SocketAddr,
    stream: Option<TcpStream>,
    settings: Arc<ProxySettings>,
    breaks: Arc<Mutex<Vec<usize>>>,
    /// Entries of subtree searches so far: those are the ones that break.
    n_entries: usize,
}

impl Handler for Relay {
    fn answer(&mut self, request: &Request, out: &mut dyn Write) -> io::Result<Answer> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => none.insert(TcpStream::connect(self.behind)?),
        };
        let (is_search, is_subtree, is_paged, wants_range) = match &request.operation {
            Operation::Search { scope, page, attributes, .. } => (
                true,
                *scope == 2,
                page.is_some(),
                attributes.iter().any(|it| it.contains(";range=")),
            ),
            _ => (false, false, false, false),
        };
        stream.write_all(&self.settings.page.map_or_else(
            || request.bytes.clone(),
            |max| smaller_page(request, max).unwrap_or_else(|| request.bytes.clone()),
        ))?;
        let mut n_answered = 0;
        loop {
            let Some(message) = ber::read(stream)? else { return Ok(Answer::Close) };
            let tag = operation_tag(&message);
            if tag != Some(0x64) {
                if tag == Some(0x73) {
                    out.write_all(&message)?;
                    continue;
                }
                let too_many = !is_paged && self.settings.page.is_some_and(|max| n_answered > max);
                if is_search && too_many {
                    out.write_all(&search_done(request.id, 4, "size limit", None))?;
                } else {
                    out.write_all(&message)?;
                }
                return Ok(Answer::Continue);
            }
            n_answered += 1;
            if !is_paged && self.settings.page.is_some_and(|max| n_answered > max) {
                continue;
            }
            let message = match self.settings.values {
                Some(max) => ranged(&message, max, wants_range).unwrap_or(message),
                None => message,
            };
            if is_subtree {
                self.n_entries += 1;
                let mut breaks = self.breaks.lock().unwrap_or_else(PoisonError::into_inner);
                if breaks.first().is_some_and(|it| self.n_entries > *it) {
                    breaks.remove(0);
                    if self.settings.in_the_middle {
                        out.write_all(&message[..message.len() / 2])?;
                    }
                    return Ok(Answer::Close);
                }
            }
            out.write_all(&message)?;
        }
    }
}

fn operation_tag(message: &[u8]) -> Option<u8> {
    all(take(message)?.1).get(1).map(|it| it.0)
}

/// The request with a page of at most `max` entries.
fn smaller_page(request: &Request, max: usize) -> Option<Vec<u8>> {
    let Operation::Search { page: Some(page), .. } = &request.operation else { return None };
    let size = page.size.min(i64::try_from(max).ok()?);
    let parts = all(take(&request.bytes)?.1);
    let (tag, content) = *parts.get(1)?;
    let value = sequence(&[integer(size), octets(&page.cookie)]);
    let control = sequence(&[octets(PAGED), element(0x01, &[0xFF]), octets(value)]);
    Some(sequence(&[integer(request.id), element(tag, content), element(0xA0, &control)]))
}

/// The entry with at most `max` values of each attribute, in the way of Windows: the attribute once without values
/// and once with its range.
fn ranged(message: &[u8], max: usize, was_asked: bool) -> Option<Vec<u8>> {
    let parts = all(take(message)?.1);
    let id = value(parts.first()?.1);
    let inner = all(parts.get(1)?.1);
    let dn = inner.first()?.1;
    let mut attributes = Vec::new();
    let mut is_changed = false;
    for (_, attribute) in all(inner.get(1)?.1) {
        let pair = all(attribute);
        let name = String::from_utf8_lossy(pair.first()?.1).into_owned();
        let values = all(pair.get(1)?.1);
        if values.len() <= max {
            attributes.push(element(0x30, attribute));
            continue;
        }
        is_changed = true;
        let (plain, range) = name.split_once(";range=").unwrap_or((&name, "0-*"));
        let first: usize = range.split('-').next()?.parse().ok()?;
        let kept: Vec<_> = values[..max].iter().map(|(_, it)| octets(it)).collect();
        let described = format!("{plain};range={first}-{}", first + max - 1);
        if !was_asked {
            attributes.push(sequence(&[octets(plain), element(0x31, &[])]));
        }
        attributes.push(sequence(&[octets(described), element(0x31, &kept.concat())]));
    }
    if !is_changed {
        return None;
    }
    let content = [octets(dn), sequence(&attributes)].concat();
    Some(sequence(&[integer(id), element(0x64, &content)]))
}

#[cfg(test)]
mod tests {
    use super::{super::request::entry, *};

    #[test]
    fn values_come_in_ranges() {
        let plain = entry(7, "CN=g", &[("member", &[b"a", b"b", b"c"]), ("cn", &[b"g"])]);
        let expected = entry(
            7,
            "CN=g",
            &[("member", &[]), ("member;range=0-1", &[b"a", b"b"]), ("cn", &[b"g"])],
        );
        assert_eq!(ranged(&plain, 2, false), Some(expected));
        assert_eq!(ranged(&plain, 3, false), None);
        let later = entry(7, "CN=g", &[("member;range=4-*", &[b"a", b"b", b"c"])]);
        let expected = entry(7, "CN=g", &[("member;range=4-5", &[b"a", b"b"])]);
        assert_eq!(ranged(&later, 2, true), Some(expected));
    }
}
