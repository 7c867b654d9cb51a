//! From an entry as it came to an object of the connector space.
use std::collections::{BTreeMap, HashMap};

use dirlift_model::{
    AttributeName, AttributeValue, CsObject, DistinguishedName, Guid, text::shorten,
};

use crate::{
    ldap::{RawAttribute, RawEntry, Values},
    report::Report,
    schema::{Schema, Syntax},
};

/// Attributes that hold passwords, keys or recovery secrets; they are neither asked for nor kept.
///
/// Source: the attributes that Active Directory protects in every reply, and those of LAPS, `BitLocker`, gMSA and
/// other products that a privileged account can read.
const SECRETS: &[&str] = &[
    "currentValue",
    "dBCSPwd",
    "initialAuthIncoming",
    "initialAuthOutgoing",
    "lmPwdHistory",
    "ms-Mcs-AdmPwd",
    "msDS-ExecuteScriptPassword",
    "msDS-ManagedPassword",
    "msFVE-KeyPackage",
    "msFVE-RecoveryPassword",
    "msKds-KDFParam",
    "msKds-RootKeyData",
    "msLAPS-EncryptedDSRMPassword",
    "msLAPS-EncryptedDSRMPasswordHistory",
    "msLAPS-EncryptedPassword",
    "msLAPS-EncryptedPasswordHistory",
    "msLAPS-Password",
    "msPKIAccountCredentials",
    "msPKIDPAPIMasterKeys",
    "msSFU30Password",
    "msTPM-OwnerInformation",
    "ntPwdHistory",
    "pekList",
    "priorValue",
    "supplementalCredentials",
    "trustAuthIncoming",
    "trustAuthOutgoing",
    "unicodePwd",
    "unixUserPassword",
    "userPassword",
];

/// Whether an attribute holds a secret.
pub fn is_secret_attribute(name: &str) -> bool {
    SECRETS.iter().any(|it| it.eq_ignore_ascii_case(name))
}

/// Why an entry is no object of the connector space.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// Its name is none.
    #[error("its name cannot be read: {0}")]
    Name(String),
    /// It has no object class.
    #[error("it has no objectClass")]
    NoClass,
    /// Its `objectGUID` has not sixteen bytes.
    #[error("its objectGUID does not have 16 bytes")]
    Guid,
}

/// Names of attributes that are remembered as they came; a server spells them in one way.
const MAX_REMEMBERED: usize = 10_000;

/// The attributes to keep, with their spelling and syntax.
#[derive(Debug)]
pub(crate) struct Typing {
    wanted: BTreeMap<AttributeName, (AttributeName, Option<Syntax>)>,
    /// What was found out about a name before, for it comes with every entry.
    remembered: HashMap<String, Fate>,
}

/// What becomes of an attribute.
#[derive(Clone, Debug)]
enum Fate {
    /// It is kept under this name, and stands in this place among the others.
    Kept(AttributeName, Option<Syntax>, usize),
    /// Nobody asked for it.
    Dropped,
    /// It holds a secret.
    Secret,
}

/// A name with its options taken off: `member;range=0-1499` is `member` from 0 to 1499.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Described<'n> {
    pub(crate) name: &'n str,
    pub(crate) range: Option<Range>,
}

/// A part of the values of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    /// The first value, from 0.
    pub(crate) first: u64,
    /// The last value; `None` when no more follow.
    pub(crate) last: Option<u64>,
}

impl<'n> Described<'n> {
    pub(crate) fn new(described: &'n str) -> Self {
        let mut parts = described.split(';');
        let name = parts.next().unwrap_or_default();
        let range = parts.find_map(|it| {
            let (head, range) = it.split_at_checked(6)?;
            if !head.eq_ignore_ascii_case("range=") {
                return None;
            }
            let (first, last) = range.split_once('-')?;
            let last = if last == "*" { None } else { Some(last.parse().ok()?) };
            Some(Range { first: first.parse().ok()?, last })
        });
        Self { name, range }
    }
}

impl Typing {
    /// Attributes that the schema does not know keep the spelling of the request; their values decide what they are.
    pub(crate) fn new(schema: &Schema, attributes: &[AttributeName]) -> Self {
        let mut wanted = BTreeMap::new();
        for attribute in attributes.iter().filter(|it| !is_secret_attribute(it.as_str())) {
            let (spelt, syntax) = schema
                .get(attribute)
                .map_or((attribute, None), |(name, syntax)| (name, Some(syntax)));
            wanted.insert(attribute.clone(), (spelt.clone(), syntax));
        }
        Self { wanted, remembered: HashMap::new() }
    }

    fn fate(&mut self, described: &str) -> Fate {
        // Not by the entry API, which would copy the name each time.
        if let Some(known) = self.remembered.get(described) {
            return known.clone();
        }
        let name = AttributeName::new(Described::new(described).name);
        let place = || self.wanted.keys().position(|it| *it == name).unwrap_or(usize::MAX);
        let fate = match self.wanted.get(&name) {
            _ if is_secret_attribute(name.as_str()) => Fate::Secret,
            Some((spelt, syntax)) => Fate::Kept(spelt.clone(), *syntax, place()),
            None => Fate::Dropped,
        };
        if self.remembered.len() < MAX_REMEMBERED {
            self.remembered.insert(described.to_owned(), fate.clone());
        }
        fate
    }

    /// The name of the entry.
    pub(crate) fn dn(entry: &RawEntry<'_>) -> Result<DistinguishedName, Rejected> {
        entry
            .dn
            .parse()
            .map_err(|it: dirlift_model::dn::ParseDnError| Rejected::Name(it.to_string()))
    }

    /// The class that decides what an object is: the last of `objectClass`, which Active Directory orders from the
    /// most general to the most special.
    pub(crate) fn class<'e>(entry: &'e RawEntry<'_>) -> Result<&'e str, Rejected> {
        entry.texts("objectClass").last().ok_or(Rejected::NoClass)
    }

    /// `objectGUID`, if it came.
    pub(crate) fn guid(entry: &RawEntry<'_>) -> Result<Option<Guid>, Rejected> {
        let Some(bytes) = entry.values("objectGUID").next() else { return Ok(None) };
        let bytes = bytes.try_into().map_err(|_| Rejected::Guid)?;
        Ok(Some(Guid::from_directory_bytes(bytes)))
    }

    /// Makes the object. `name` and `class` are the entry's, taken before.
    pub(crate) fn object(
        &mut self,
        entry: RawEntry<'_>,
        name: DistinguishedName,
        class: &AttributeName,
        id: Option<Guid>,
        report: &mut Report,
    ) -> CsObject {
        let mut kept: Vec<(usize, AttributeName, Vec<AttributeValue>)> =
            Vec::with_capacity(entry.attributes.len());
        for RawAttribute { name, values } in entry.attributes {
            let (spelt, syntax, place) = match self.fate(&name) {
                Fate::Kept(spelt, syntax, place) => (spelt, syntax, place),
                Fate::Dropped => continue,
                Fate::Secret => {
                    report.n_secrets += values.iter().count() as u64;
                    continue;
                }
            };
            let syntax = syntax.unwrap_or_else(|| guess(&values));
            let mut typed = Vec::with_capacity(values.at_least());
            for value in values.into_cows() {
                let (value, fits) = syntax.read(value);
                report.n_misfits += u64::from(!fits);
                typed.push(value);
            }
            // The same attribute may come in several parts.
            match kept.iter_mut().find(|it| it.0 == place) {
                Some((_, _, earlier)) => earlier.append(&mut typed),
                None => kept.push((place, spelt, typed)),
            }
        }
        kept.sort_by_key(|it| it.0);
        let mut object = CsObject::new(name, class.clone());
        object.id = id;
        for (_, name, values) in kept {
            object.set(name, values);
        }
        object
    }
}

/// The syntax of an attribute that no schema knows: text if every value is.
fn guess(values: &Values<'_>) -> Syntax {
    let is_text = |it: &[u8]| {
        std::str::from_utf8(it)
            .is_ok_and(|it| !it.chars().any(|it| it.is_control() && !it.is_whitespace()))
    };
    if values.iter().all(is_text) { Syntax::Text } else { Syntax::Binary }
}

/// The name of an entry for a message.
pub(crate) fn shown(dn: &str) -> String {
    if dn.is_empty() { "an entry without a name".to_owned() } else { shorten(dn, 200) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_names() {
        let range = |first, last| Some(Range { first, last });
        let cases = [
            ("member", "member", None),
            ("member;range=0-1499", "member", range(0, Some(1_499))),
            ("Member;Range=1500-*", "Member", range(1_500, None)),
            ("userCertificate;binary", "userCertificate", None),
            ("member;binary;range=0-*", "member", range(0, None)),
            ("member;range=a-b", "member", None),
            ("member;range=5", "member", None),
            ("member;rängé=0-1", "member", None),
            ("", "", None),
        ];
        for (text, name, range) in cases {
            assert_eq!(Described::new(text), Described { name, range }, "{text}");
        }
    }

    #[test]
    fn an_entry_becomes_an_object() {
        let attribute = |name: &str, values: &[&[u8]]| RawAttribute {
            name: name.to_owned().into(),
            values: Values::Owned(values.iter().map(|it| it.to_vec()).collect()),
        };
        let entry = RawEntry {
            dn: "CN=Ann,DC=x".into(),
            attributes: vec![
                attribute("objectClass", &[b"top", b"person", b"user"]),
                attribute("objectGUID", &[&[1; 16]]),
                attribute("SAMACCOUNTNAME", &[b"ann"]),
                attribute("member;range=0-0", &[b"CN=b"]),
                attribute("member;range=1-*", &[b"CN=c"]),
                attribute("unicodePwd", &[b"secret"]),
                attribute("title", &[b"not asked for"]),
                attribute("x-own", &[&[0xFF, 0]]),
                attribute("userAccountControl", &[b"many"]),
            ],
        };
        let schema = Schema::builtin();
        let wanted: Vec<AttributeName> =
            ["sAMAccountName", "member", "unicodePwd", "x-own", "userAccountControl"]
                .map(AttributeName::from)
                .to_vec();
        let mut typing = Typing::new(&schema, &wanted);
        let mut report = Report::default();
        let class = AttributeName::from(Typing::class(&entry).unwrap());
        let id = Typing::guid(&entry).unwrap();
        let name = Typing::dn(&entry).unwrap();
        let object = typing.object(entry, name, &class, id, &mut report);
        assert_eq!(object.object_type, "user".into());
        assert_eq!(object.id, Some(Guid::from_directory_bytes([1; 16])));
        let names: Vec<_> = object.attributes().iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["member", "sAMAccountName", "userAccountControl", "x-own"]);
        assert_eq!(object.values(&"member".into()).len(), 2);
        assert_eq!(object.values(&"x-own".into()), [AttributeValue::Binary(vec![0xFF, 0])]);
        assert_eq!((report.n_secrets, report.n_misfits), (1, 1));
    }

    #[test]
    fn the_table_of_secrets_is_sorted() {
        assert!(SECRETS.is_sorted_by_key(|it| it.to_ascii_lowercase()));
        assert!(is_secret_attribute("UNICODEPWD") && !is_secret_attribute("pwdLastSet"));
    }
}
