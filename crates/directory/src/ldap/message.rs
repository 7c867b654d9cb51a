//! Requests and responses of LDAP (RFC 4511), as far as reading a directory needs them.
use super::{
    ber::{BOOLEAN, BerError, ENUMERATED, INTEGER, OCTETS, Reader, SEQUENCE, Writer},
    filter::Filter,
};

/// `StartTLS` (RFC 4511 4.14).
pub(crate) const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
/// Simple paged results (RFC 2696).
pub(crate) const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";

/// Where a search looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The base alone.
    Base = 0,
    /// What lies directly below the base.
    OneLevel = 1,
    /// The base and everything below it.
    Subtree = 2,
}

/// A search.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    /// Where to look.
    pub(crate) base: String,
    /// How deep.
    pub(crate) scope: Scope,
    /// What to look for.
    pub(crate) filter: Filter,
    /// What to send of it.
    pub(crate) attributes: Vec<String>,
}

/// What a client asks.
#[derive(Debug)]
pub(crate) enum Request<'r> {
    Bind { name: &'r str, password: &'r str },
    StartTls,
    Search { search: &'r Search, page: Option<(i32, &'r [u8])> },
    Unbind,
}

impl Request<'_> {
    /// The whole message.
    pub(crate) fn encode(&self, id: i32) -> Vec<u8> {
        let mut out = Writer::default();
        out.around(SEQUENCE, |out| {
            out.integer(INTEGER, id);
            match self {
                Self::Bind { name, password } => out.around(0x60, |out| {
                    out.integer(INTEGER, 3);
                    out.text(name);
                    out.primitive(0x80, password.as_bytes());
                }),
                Self::StartTls => {
                    out.around(0x77, |out| out.primitive(0x80, START_TLS.as_bytes()));
                }
                Self::Search { search, page } => {
                    write_search(out, search);
                    if let Some((size, cookie)) = page {
                        write_page(out, *size, cookie);
                    }
                }
                Self::Unbind => out.primitive(0x42, &[]),
            }
        });
        out.into_bytes()
    }
}

fn write_search(out: &mut Writer, search: &Search) {
    out.around(0x63, |out| {
        out.text(&search.base);
        out.integer(ENUMERATED, search.scope as i32);
        // Aliases are never followed; Active Directory has none.
        out.integer(ENUMERATED, 0);
        // No limits of our own: the server's are enough, and its refusal is clearer.
        out.integer(INTEGER, 0);
        out.integer(INTEGER, 0);
        out.boolean(false);
        search.filter.write(out);
        out.around(SEQUENCE, |out| search.attributes.iter().for_each(|it| out.text(it)));
    });
}

fn write_page(out: &mut Writer, size: i32, cookie: &[u8]) {
    let mut value = Writer::default();
    value.around(SEQUENCE, |value| {
        value.integer(INTEGER, size);
        value.primitive(OCTETS, cookie);
    });
    out.around(0xA0, |out| {
        out.around(SEQUENCE, |out| {
            out.text(PAGED_RESULTS);
            out.boolean(true);
            out.primitive(OCTETS, &value.into_bytes());
        });
    });
}

/// How an operation ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The result code; 0 is success.
    pub(crate) code: i64,
    pub(crate) message: String,
    pub(crate) referrals: Vec<String>,
    /// The cookie for the next page; `None` without the control, empty after the last page.
    pub(crate) cookie: Option<Vec<u8>>,
}

/// What a server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Response {
    /// An entry; [`RawEntry::decode`] reads it where it lies.
    Entry,
    Reference(Vec<String>),
    SearchDone(Outcome),
    Bind(Outcome),
    Extended(Outcome),
    /// Anything that nobody asked for.
    Other(u8),
}

/// Reads the content of one message: its number and what it says.
pub(crate) fn decode(message: &[u8]) -> Result<(i64, Response), BerError> {
    let mut outer = Reader::new(message).inside(SEQUENCE)?;
    let id = outer.integer(INTEGER)?;
    let (tag, content) = outer.any()?;
    let mut inner = Reader::new(content);
    let response = match tag {
        0x64 => Response::Entry,
        0x73 => Response::Reference(urls(&mut inner)?),
        0x65 => Response::SearchDone(outcome(&mut inner, outer)?),
        0x61 => Response::Bind(outcome(&mut inner, outer)?),
        0x78 => Response::Extended(outcome(&mut inner, outer)?),
        it => Response::Other(it),
    };
    Ok((id, response))
}

fn urls(reader: &mut Reader<'_>) -> Result<Vec<String>, BerError> {
    let mut urls = Vec::new();
    while !reader.is_empty() {
        urls.push(reader.text(OCTETS)?.to_owned());
    }
    Ok(urls)
}

fn outcome(inner: &mut Reader<'_>, controls: Reader<'_>) -> Result<Outcome, BerError> {
    let code = inner.integer(ENUMERATED)?;
    inner.expect(OCTETS)?;
    let message = String::from_utf8_lossy(inner.expect(OCTETS)?).into_owned();
    let mut referrals = Vec::new();
    if inner.peek() == Some(0xA3) {
        referrals = urls(&mut inner.inside(0xA3)?)?;
    }
    Ok(Outcome { code, message, referrals, cookie: cookie(controls)? })
}

/// Looks for the control of paged results. A notice of disconnection has other things in this place, so what is no
/// list of controls is not looked at.
fn cookie(mut rest: Reader<'_>) -> Result<Option<Vec<u8>>, BerError> {
    if rest.peek() != Some(0xA0) {
        return Ok(None);
    }
    let mut controls = rest.inside(0xA0)?;
    while !controls.is_empty() {
        let mut control = controls.inside(SEQUENCE)?;
        let is_paged = control.expect(OCTETS)? == PAGED_RESULTS.as_bytes();
        if control.peek() == Some(BOOLEAN) {
            control.expect(BOOLEAN)?;
        }
        if is_paged {
            let mut value = control.inside(OCTETS)?.inside(SEQUENCE)?;
            value.integer(INTEGER)?;
            return Ok(Some(value.expect(OCTETS)?.to_vec()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::{super::raw::RawEntry, *};

    #[test]
    fn a_bind_as_the_standard_has_it() {
        let bind = Request::Bind { name: "cn=a", password: "pw" }.encode(1);
        let expected =
            [&[0x30, 18, 2, 1, 1, 0x60, 13, 2, 1, 3, 4, 4][..], b"cn=a", &[0x80, 2], b"pw"]
                .concat();
        // 3 for the number, 2 + (3 + 6 + 4) for the bind.
        assert_eq!(bind, expected);
        assert_eq!(Request::Unbind.encode(2), [0x30, 5, 2, 1, 2, 0x42, 0]);
    }

    #[test]
    fn an_entry_and_the_end_of_a_page() {
        let entry = [
            &[0x30, 27, 2, 1, 5, 0x64, 22, 4, 4][..],
            b"CN=a",
            &[0x30, 14, 0x30, 12, 4, 2, b's', b'n', 0x31, 6, 4, 1, b'x', 4, 1, b'y'],
        ]
        .concat();
        assert_eq!(decode(&entry), Ok((5, Response::Entry)));
        let found = RawEntry::decode(&entry).unwrap();
        assert_eq!(found.dn, "CN=a");
        assert_eq!(found.texts("SN").collect::<Vec<_>>(), ["x", "y"]);

        let value = [0x30, 7, 2, 1, 0, 4, 2, 0xAB, 0xCD];
        let mut done = Writer::default();
        done.around(SEQUENCE, |out| {
            out.integer(INTEGER, 5);
            out.around(0x65, |out| {
                out.integer(ENUMERATED, 4);
                out.text("");
                out.text("too many");
            });
            out.around(0xA0, |out| {
                out.around(SEQUENCE, |out| {
                    out.text("1.2.3");
                    out.boolean(true);
                });
                out.around(SEQUENCE, |out| {
                    out.text(PAGED_RESULTS);
                    out.primitive(OCTETS, &value);
                });
            });
        });
        let Ok((5, Response::SearchDone(outcome))) = decode(&done.into_bytes()) else { panic!() };
        assert_eq!((outcome.code, outcome.message.as_str()), (4, "too many"));
        assert_eq!(outcome.cookie, Some(vec![0xAB, 0xCD]));
    }

    #[test]
    fn a_notice_of_disconnection_in_the_form_of_active_directory() {
        // The object identifier stands where controls belong.
        let notice = [
            &[0x30, 36, 2, 1, 0, 0x78, 7, 10, 1, 52, 4, 0, 4, 0, 0x8A, 22][..],
            b"1.3.6.1.4.1.1466.20036",
        ]
        .concat();
        let Ok((0, Response::Extended(outcome))) = decode(&notice) else { panic!() };
        assert_eq!(outcome.code, 52);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..64), tag in 0_u8..4) {
            drop((decode(&bytes), RawEntry::decode(&bytes)));
            // The same bytes where an answer of each kind stands.
            let mut out = Writer::default();
            out.around(SEQUENCE, |out| {
                out.integer(INTEGER, 1);
                out.primitive([0x64, 0x65, 0x73, 0x78][usize::from(tag)], &bytes);
                out.primitive(0xA0, &bytes);
            });
            let bytes = out.into_bytes();
            drop((decode(&bytes), RawEntry::decode(&bytes)));
        }
    }
}
