//! Names and values of directory attributes.
use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
};

use serde::{Deserialize, Serialize};

use crate::DistinguishedName;

/// The name of an attribute (or object type). Compared without regard to ASCII case, shown as it was read.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttributeName(String);

impl AttributeName {
    /// Takes a name as it stands in a file; white space around it is not part of it.
    pub fn new(name: impl AsRef<str>) -> Self {
        Self(name.as_ref().trim().to_owned())
    }

    /// The name as it was read.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the attribute called `name`.
    pub fn is(&self, name: &str) -> bool {
        self.0.eq_ignore_ascii_case(name)
    }

    fn folded(&self) -> impl Iterator<Item = u8> {
        self.0.bytes().map(|it| it.to_ascii_lowercase())
    }
}

impl From<&str> for AttributeName {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl PartialEq for AttributeName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for AttributeName {}

impl Ord for AttributeName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(other.folded())
    }
}

impl PartialOrd for AttributeName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for AttributeName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded().for_each(|it| state.write_u8(it));
        state.write_u8(0xff);
    }
}

impl fmt::Display for AttributeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for AttributeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// One value of an attribute, typed as the directory's schema types it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "kebab-case")]
pub enum AttributeValue {
    /// Syntax 1.3.6.1.4.1.1466.115.121.1.15.
    String(String),
    /// Syntax 1.3.6.1.4.1.1466.115.121.1.27.
    Integer(i64),
    /// Syntax 1.3.6.1.4.1.1466.115.121.1.7.
    Boolean(bool),
    /// Syntax 1.3.6.1.4.1.1466.115.121.1.5.
    Binary(Vec<u8>),
    /// Syntax 1.3.6.1.4.1.1466.115.121.1.12.
    Reference(DistinguishedName),
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_differ_by_spelling_only_in_case() {
        let names: BTreeSet<AttributeName> =
            ["mailNickname", "MAILNICKNAME", " mail "].map(AttributeName::new).into();
        assert_eq!(names.len(), 2);
        assert!(AttributeName::new("msExchArchiveGUID").is("msexcharchiveguid"));
        assert_eq!(AttributeName::new("proxyAddresses").to_string(), "proxyAddresses");
    }
}
