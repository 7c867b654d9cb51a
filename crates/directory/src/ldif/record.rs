//! Records of LDIF: an entry, or a change that adds values to the entry before it.
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    decode::CodePage,
    lines::{LineFailure, Lines},
};
use crate::ldap::{RawAttribute, RawEntry, Values};

/// Most bytes of one record: the largest group, many times over.
const MAX_RECORD: usize = 512 << 20;

/// Keys with which `ldapsearch` begins what is no entry.
const NO_ENTRY: [&str; 7] =
    ["control", "matchedDN", "pagedresults", "ref", "result", "search", "text"];

/// One record.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// An entry, also one with `changetype: add`.
    Entry(RawEntry<'static>),
    /// `changetype: modify` that only adds: what `ldifde` writes where an attribute has more values than fit.
    Values(RawEntry<'static>),
    /// Another change; it says nothing of what the directory holds.
    Change(RawEntry<'static>, String),
    /// A pointer to another server.
    Referral(String),
}

/// Why there is no record.
#[derive(Debug)]
pub(super) enum RecordFailure {
    Line(u64, LineFailure),
    Syntax(u64, &'static str),
}

/// Reads record by record.
pub(super) struct Records {
    pub(super) lines: Lines,
    line: Vec<u8>,
    code_page: CodePage,
    /// Lines that were not UTF-8.
    pub(super) n_foreign: u64,
    /// Where the last record began.
    pub(super) number: u64,
}

/// A line taken apart.
struct Pair {
    key: String,
    value: Vec<u8>,
}

impl Records {
    pub(super) fn new(lines: Lines, code_page: CodePage) -> Self {
        Self { lines, line: Vec::new(), code_page, n_foreign: 0, number: 0 }
    }

    pub(super) fn code_page(&self) -> CodePage {
        self.code_page
    }

    /// The next record; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Record>, RecordFailure> {
        loop {
            let Some(first) = self.first_pair()? else { return Ok(None) };
            if first.key.eq_ignore_ascii_case("dn") {
                let dn = text(first.value)
                    .map_err(|reason| RecordFailure::Syntax(self.number, reason))?;
                return self.entry(dn).map(Some);
            }
            if !NO_ENTRY.iter().any(|it| first.key.eq_ignore_ascii_case(it)) {
                return Err(RecordFailure::Syntax(self.number, "a record does not begin with dn:"));
            }
            while self.pair()?.is_some() {}
            if first.key.eq_ignore_ascii_case("ref") {
                return Ok(Some(Record::Referral(
                    String::from_utf8_lossy(&first.value).into_owned(),
                )));
            }
        }
    }

    /// The first line of the next record, `version:` and empty lines passed over.
    fn first_pair(&mut self) -> Result<Option<Pair>, RecordFailure> {
        loop {
            let last = self.number;
            match self.lines.next(&mut self.line).map_err(|it| RecordFailure::Line(last, it))? {
                None => return Ok(None),
                Some(_) if self.line.is_empty() => {}
                Some(number) => {
                    self.number = number;
                    let pair = self.parse(number)?;
                    if !pair.key.eq_ignore_ascii_case("version") {
                        return Ok(Some(pair));
                    }
                }
            }
        }
    }

    /// The next line of the current record; `None` at its end.
    fn pair(&mut self) -> Result<Option<Pair>, RecordFailure> {
        let last = self.number;
        match self.lines.next(&mut self.line).map_err(|it| RecordFailure::Line(last, it))? {
            Some(number) if !self.line.is_empty() => self.parse(number).map(Some),
            _ => Ok(None),
        }
    }

    fn entry(&mut self, dn: String) -> Result<Record, RecordFailure> {
        let begin = self.number;
        let mut entry = RawEntry { dn: dn.into(), attributes: Vec::new() };
        let mut n_bytes = 0;
        while let Some(pair) = self.pair()? {
            n_bytes += pair.value.len() + pair.key.len();
            if n_bytes > MAX_RECORD {
                return Err(RecordFailure::Syntax(begin, "a record is larger than 512 MB"));
            }
            match pair.key.to_ascii_lowercase().as_str() {
                "control" if entry.attributes.is_empty() => {}
                "changetype" if entry.attributes.is_empty() => {
                    let change =
                        text(pair.value).map_err(|reason| RecordFailure::Syntax(begin, reason))?;
                    return match change.trim().to_ascii_lowercase().as_str() {
                        "add" => self.entry(entry.dn.into_owned()),
                        "modify" => self.modify(entry),
                        _ => {
                            while self.pair()?.is_some() {}
                            Ok(Record::Change(entry, change))
                        }
                    };
                }
                _ => push(&mut entry.attributes, pair),
            }
        }
        Ok(Record::Entry(entry))
    }

    /// `add: member`, values, `-`, and so on.
    fn modify(&mut self, mut entry: RawEntry<'static>) -> Result<Record, RecordFailure> {
        let mut only_adds = true;
        let mut adding: Option<String> = None;
        let begin = self.number;
        let mut n_bytes = 0;
        loop {
            let last = self.number;
            match self.lines.next(&mut self.line).map_err(|it| RecordFailure::Line(last, it))? {
                None => break,
                Some(_) if self.line.is_empty() => break,
                Some(_) if self.line == b"-" => adding = None,
                Some(number) => {
                    let pair = self.parse(number)?;
                    n_bytes += pair.value.len() + pair.key.len();
                    if n_bytes > MAX_RECORD {
                        return Err(RecordFailure::Syntax(begin, "a record is larger than 512 MB"));
                    }
                    match &adding {
                        None if pair.key.eq_ignore_ascii_case("add") => {
                            adding = Some(String::from_utf8_lossy(&pair.value).into_owned());
                        }
                        None => {
                            only_adds = false;
                            adding = Some(pair.key);
                        }
                        Some(attribute) if pair.key.eq_ignore_ascii_case(attribute) => {
                            push(&mut entry.attributes, pair);
                        }
                        Some(_) => only_adds = false,
                    }
                }
            }
        }
        Ok(if only_adds {
            Record::Values(entry)
        } else {
            Record::Change(entry, "modify".to_owned())
        })
    }

    /// Takes a line apart: `key: text`, `key:: base64`, `key:< url`.
    fn parse(&mut self, number: u64) -> Result<Pair, RecordFailure> {
        let wrong = |reason| RecordFailure::Syntax(number, reason);
        let line = self.line.as_slice();
        let at =
            line.iter().position(|it| *it == b':').ok_or_else(|| wrong("a line has no colon"))?;
        let key = std::str::from_utf8(&line[..at])
            .ok()
            .filter(|it| !it.is_empty() && it.bytes().all(is_key_byte))
            .ok_or_else(|| wrong("what stands before the colon is no name of an attribute"))?;
        let (kind, value) = match &line[at + 1..] {
            [kind @ (b':' | b'<'), value @ ..] => (*kind, value),
            value => (b' ', value),
        };
        let value = value.trim_ascii_start();
        let value = match kind {
            b'<' => return Err(wrong("a value points to a file or a URL, which is not followed")),
            b':' => STANDARD
                .decode(value.trim_ascii_end())
                .map_err(|_| wrong("a value after two colons is not base64"))?,
            _ if std::str::from_utf8(value).is_ok() => value.to_vec(),
            _ => {
                self.n_foreign += 1;
                let (text, _) = self.code_page.0.decode_without_bom_handling(value);
                text.into_owned().into_bytes()
            }
        };
        Ok(Pair { key: key.to_owned(), value })
    }
}

fn is_key_byte(it: u8) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, b'-' | b'.' | b';' | b'=' | b'*' | b'_')
}

fn text(value: Vec<u8>) -> Result<String, &'static str> {
    String::from_utf8(value).map_err(|_| "a name is not UTF-8")
}

/// Values of one attribute usually follow each other.
fn push(attributes: &mut Vec<RawAttribute<'static>>, pair: Pair) {
    match attributes.last_mut() {
        Some(last) if last.name.eq_ignore_ascii_case(&pair.key) => last.values.push(pair.value),
        _ => match attributes.iter_mut().find(|it| it.name.eq_ignore_ascii_case(&pair.key)) {
            Some(earlier) => earlier.values.push(pair.value),
            None => attributes.push(RawAttribute {
                name: pair.key.into(),
                values: Values::Owned(vec![pair.value]),
            }),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn records(bytes: &[u8]) -> Result<Vec<Record>, RecordFailure> {
        let lines = Lines::new(Box::new(Cursor::new(bytes.to_vec())));
        let mut records = Records::new(lines, CodePage::default());
        let mut all = Vec::new();
        while let Some(record) = records.next()? {
            all.push(record);
        }
        Ok(all)
    }

    fn entry(dn: &str, attributes: &[(&str, &[&[u8]])]) -> RawEntry<'static> {
        let attributes = attributes.iter().map(|(name, values)| RawAttribute {
            name: (*name).to_owned().into(),
            values: Values::Owned(values.iter().map(|it| it.to_vec()).collect()),
        });
        RawEntry { dn: dn.to_owned().into(), attributes: attributes.collect() }
    }

    #[test]
    fn what_ldifde_and_ldapsearch_write() {
        let text = b"version: 1\n\n\
            dn: CN=a\nchangetype: add\nsn: x\nsn:y\nphoto:: AP8=\nempty:\n\n\n\
            dn:: Q049w7Y=\ndescription: caf\xE9\nmember;range=0-1: CN=b\n\n\
            dn: CN=a\nchangetype: modify\nadd: member\nmember: CN=c\nmember: CN=d\n-\n\n\
            dn: CN=a\nchangetype: modify\nreplace: sn\nsn: z\n-\n\n\
            dn: CN=a\nchangetype: delete\n\n\
            # search reference\nref: ldap://dc2/DC=y\n\n\
            # search result\nsearch: 2\nresult: 0 Success\n";
        let expected = vec![
            Record::Entry(entry(
                "CN=a",
                &[("sn", &[b"x", b"y"]), ("photo", &[&[0, 0xFF]]), ("empty", &[b""])],
            )),
            Record::Entry(entry(
                "CN=ö",
                &[("description", &["café".as_bytes()]), ("member;range=0-1", &[b"CN=b"])],
            )),
            Record::Values(entry("CN=a", &[("member", &[b"CN=c", b"CN=d"])])),
            Record::Change(entry("CN=a", &[]), "modify".to_owned()),
            Record::Change(entry("CN=a", &[]), "delete".to_owned()),
            Record::Referral("ldap://dc2/DC=y".to_owned()),
        ];
        assert_eq!(records(text).unwrap(), expected);
    }

    #[test]
    fn what_is_not_ldif_is_named_with_its_line() {
        let cases: [(&[u8], u64, &str); 6] = [
            (b"sn: x\n", 1, "does not begin with dn"),
            (b"\ndn: CN=a\nsn\n", 3, "no colon"),
            (b"dn: CN=a\nsn:: ?\n", 2, "not base64"),
            (b"dn: CN=a\nphoto:< file:///etc/passwd\n", 2, "not followed"),
            (b"dn: CN=a\n a\n\xFF: x\n", 3, "no name of an attribute"),
            (b"dn:: /w==\n", 1, "not UTF-8"),
        ];
        for (bytes, line, reason) in cases {
            match records(bytes) {
                Err(RecordFailure::Syntax(at, why)) => {
                    assert!(at == line && why.contains(reason), "{at} {why}");
                }
                other => panic!("{other:?}"),
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(text in "(dn|sn|changetype|modify|add|[:\n <#-]|[a-z=;]|\u{fc}){0,60}") {
            drop(records(text.as_bytes()));
        }
    }
}
