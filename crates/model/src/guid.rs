//! Globally unique identifiers, in the two byte orders that directories use.
use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A GUID. Text is read with or without braces and in any case; it is written in lower case without braces.
///
/// Byte order: Active Directory stores the first three groups little-endian (MS-DTYP 2.3.4.2), which is also
/// the order of SQL Server's `uniqueidentifier` on the wire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(try_from = "String", into = "String")]
pub struct Guid(Uuid);

impl Guid {
    /// The GUID of all zeros, which configuration files use for "not set".
    pub const NIL: Self = Self(Uuid::nil());

    /// A GUID from the number that its text stands for, as in `0x00112233_4455_6677_8899_aabbccddeeff`.
    pub const fn from_u128(value: u128) -> Self {
        Self(Uuid::from_u128(value))
    }

    /// Reads the sixteen bytes of `objectGUID` or of a `uniqueidentifier`.
    pub const fn from_directory_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes_le(bytes))
    }

    /// Reads sixteen bytes in network order (RFC 9562), the order of the text form.
    pub const fn from_network_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// The bytes as the directory stores them.
    pub const fn to_directory_bytes(self) -> [u8; 16] {
        self.0.to_bytes_le()
    }

    /// The bytes in network order.
    pub const fn to_network_bytes(self) -> [u8; 16] {
        *self.0.as_bytes()
    }

    /// The form that the engine's files use: upper case in braces.
    pub fn braced(self) -> String {
        format!("{{{}}}", self.0.as_hyphenated().to_string().to_ascii_uppercase())
    }

    /// Whether this is the GUID of all zeros.
    pub const fn is_nil(self) -> bool {
        self.0.is_nil()
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.as_hyphenated().to_string())
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guid({self})")
    }
}

impl FromStr for Guid {
    type Err = ParseGuidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        let inner = match trimmed.strip_prefix('{') {
            Some(rest) => rest.strip_suffix('}').unwrap_or(trimmed),
            None => trimmed,
        };
        let hyphenated = inner.len() == 36;
        let parsed = if hyphenated { Uuid::try_parse(inner).ok() } else { None };
        parsed.map(Self).ok_or_else(|| ParseGuidError { text: crate::text::shorten(text, 60) })
    }
}

impl TryFrom<String> for Guid {
    type Error = ParseGuidError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Guid> for String {
    fn from(guid: Guid) -> Self {
        guid.to_string()
    }
}

/// A text that is not a GUID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a GUID such as {{01234567-89AB-CDEF-0123-456789ABCDEF}}")]
pub struct ParseGuidError {
    /// The text, shortened.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_byte_orders_of_one_guid() {
        let guid: Guid = "{00112233-4455-6677-8899-AABBCCDDEEFF}".parse().unwrap();
        let directory = [
            0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd,
            0xee, 0xff,
        ];
        assert_eq!(guid.to_directory_bytes(), directory);
        assert_eq!(Guid::from_directory_bytes(directory), guid);
        assert_eq!(guid.to_network_bytes()[..4], [0x00, 0x11, 0x22, 0x33]);
        assert_eq!(Guid::from_network_bytes(guid.to_network_bytes()), guid);
        assert_eq!(guid.to_string(), "00112233-4455-6677-8899-aabbccddeeff");
        assert_eq!(guid.braced(), "{00112233-4455-6677-8899-AABBCCDDEEFF}");
    }

    #[test]
    fn refuses_what_is_not_a_guid() {
        for text in [
            "",
            "{}",
            "{00112233-4455-6677-8899-AABBCCDDEEFF",
            "00112233445566778899aabbccddeeff",
            "ü",
        ] {
            assert!(text.parse::<Guid>().is_err(), "{text}");
        }
    }
}
