//! The source anchor, which the cloud calls immutable ID.
use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::Guid;

/// Longest anchor that the cloud takes, in characters (Microsoft Entra Connect: design concepts, sourceAnchor).
const MAX_CHARS: usize = 60;

/// The value that ties a cloud object to an on-premises one.
///
/// `DirSync` always derives it from `objectGUID`: the sixteen bytes in directory order, in base64. Other servers
/// may use another attribute, so any text of up to 60 characters without `@` is an anchor. Anchors are compared
/// by case: base64 tells upper from lower.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SourceAnchor(String);

impl SourceAnchor {
    /// The anchor that a synchronisation server derives from `objectGUID` or `ms-DS-ConsistencyGuid`.
    pub fn from_object_guid(guid: Guid) -> Self {
        Self(STANDARD.encode(guid.to_directory_bytes()))
    }

    /// The GUID to search for in the directory; `None` when the anchor comes from another kind of attribute.
    pub fn object_guid(&self) -> Option<Guid> {
        let bytes = STANDARD.decode(&self.0).ok()?;
        Some(Guid::from_directory_bytes(bytes.try_into().ok()?))
    }

    /// The anchor as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceAnchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for SourceAnchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceAnchor({})", self.0)
    }
}

impl FromStr for SourceAnchor {
    type Err = ParseAnchorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let n_chars = text.chars().count();
        match n_chars {
            0 => Err(ParseAnchorError::Empty),
            n if n > MAX_CHARS => Err(ParseAnchorError::TooLong(n)),
            _ if text.contains('@') => Err(ParseAnchorError::AtSign),
            _ => Ok(Self(text.to_owned())),
        }
    }
}

impl TryFrom<String> for SourceAnchor {
    type Error = ParseAnchorError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<SourceAnchor> for String {
    fn from(anchor: SourceAnchor) -> Self {
        anchor.0
    }
}

/// Why a text cannot be a source anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseAnchorError {
    /// Nothing at all.
    #[error("a source anchor cannot be empty")]
    Empty,
    /// Longer than the cloud takes.
    #[error("a source anchor has at most 60 characters, this one has {0}")]
    TooLong(usize),
    /// Contains `@`, which the cloud refuses.
    #[error("a source anchor cannot contain @")]
    AtSign,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchor_is_the_guid_in_directory_byte_order() {
        // 33 22 11 00 55 44 77 66 88 99 aa bb cc dd ee ff, encoded by hand in groups of three bytes.
        let guid = "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap();
        let anchor = SourceAnchor::from_object_guid(guid);
        assert_eq!(anchor.as_str(), "MyIRAFVEd2aImaq7zN3u/w==");
        assert_eq!(anchor.object_guid(), Some(guid));
    }

    #[test]
    fn another_attribute_is_an_anchor_without_a_guid() {
        let anchor: SourceAnchor = "employee-00042".parse().unwrap();
        assert_eq!(anchor.object_guid(), None);
        assert_eq!("a@b".parse::<SourceAnchor>(), Err(ParseAnchorError::AtSign));
        assert_eq!("x".repeat(61).parse::<SourceAnchor>(), Err(ParseAnchorError::TooLong(61)));
    }
}
