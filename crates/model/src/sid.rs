//! Security identifiers (MS-DTYP 2.4.2).
use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Most sub-authorities a SID may have (MS-DTYP 2.4.2.2).
const MAX_SUB_AUTHORITIES: usize = 15;

/// A security identifier. Two SIDs are equal when their numbers are.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sid {
    authority: u64,
    sub_authorities: Vec<u32>,
}

impl Sid {
    /// Reads the binary form, as in `objectSid` or in the engine's `varbinary` columns.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ParseSidError> {
        let wrong = |reason| ParseSidError { reason };
        let [revision, count, rest @ ..] = bytes else {
            return Err(wrong("it has fewer than two bytes"));
        };
        if *revision != 1 {
            return Err(wrong("its revision is not 1"));
        }
        let n_subs = usize::from(*count);
        if n_subs > MAX_SUB_AUTHORITIES {
            return Err(wrong("it has more than 15 sub-authorities"));
        }
        let Some((authority, subs)) = rest.split_first_chunk::<6>() else {
            return Err(wrong("its authority is cut off"));
        };
        if subs.len() != n_subs * 4 {
            return Err(wrong("its length does not fit its number of sub-authorities"));
        }
        let authority = authority.iter().fold(0, |sum, &byte| (sum << 8) | u64::from(byte));
        let (chunks, _) = subs.as_chunks::<4>();
        Ok(Self {
            authority,
            sub_authorities: chunks.iter().map(|it| u32::from_le_bytes(*it)).collect(),
        })
    }

    /// Writes the binary form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let count = u8::try_from(self.sub_authorities.len()).unwrap_or(u8::MAX);
        let mut bytes = vec![1, count];
        bytes.extend_from_slice(&self.authority.to_be_bytes()[2..]);
        for sub in &self.sub_authorities {
            bytes.extend_from_slice(&sub.to_le_bytes());
        }
        bytes
    }

    /// The last sub-authority: the number of the account within its domain.
    pub fn relative_id(&self) -> Option<u32> {
        self.sub_authorities.last().copied()
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Authorities of 2^32 and more are written in hexadecimal (MS-DTYP 2.4.2.1).
        if self.authority < 1 << 32 {
            write!(f, "S-1-{}", self.authority)?;
        } else {
            write!(f, "S-1-0x{:012X}", self.authority)?;
        }
        self.sub_authorities.iter().try_for_each(|it| write!(f, "-{it}"))
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sid({self})")
    }
}

impl FromStr for Sid {
    type Err = ParseSidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |reason| ParseSidError { reason };
        let mut fields = text.trim().split('-');
        if !fields.next().is_some_and(|it| it.eq_ignore_ascii_case("S"))
            || fields.next() != Some("1")
        {
            return Err(wrong("it does not begin with S-1-"));
        }
        let authority = fields.next().ok_or_else(|| wrong("its authority is missing"))?;
        let hex = authority.strip_prefix("0x").or_else(|| authority.strip_prefix("0X"));
        let authority = match hex {
            Some(hex) if is_all(hex, |it| it.is_ascii_hexdigit()) => {
                u64::from_str_radix(hex, 16).ok()
            }
            None if is_all(authority, |it| it.is_ascii_digit()) => authority.parse().ok(),
            _ => None,
        };
        let authority = authority
            .filter(|it| *it < 1 << 48)
            .ok_or_else(|| wrong("its authority is not a number"))?;
        let sub_authorities: Vec<u32> = fields
            .map(|it| if is_all(it, |it| it.is_ascii_digit()) { it.parse().ok() } else { None })
            .collect::<Option<_>>()
            .ok_or_else(|| wrong("a sub-authority is not a number"))?;
        if sub_authorities.len() > MAX_SUB_AUTHORITIES {
            return Err(wrong("it has more than 15 sub-authorities"));
        }
        return Ok(Self { authority, sub_authorities });

        /// Rejects signs and emptiness, which the number parsers of the standard library would take.
        fn is_all(digits: &str, test: impl Fn(char) -> bool) -> bool {
            !digits.is_empty() && digits.chars().all(test)
        }
    }
}

impl TryFrom<String> for Sid {
    type Error = ParseSidError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Sid> for String {
    fn from(sid: Sid) -> Self {
        sid.to_string()
    }
}

/// Bytes or a text that are not a SID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a security identifier: {reason}")]
pub struct ParseSidError {
    /// What is wrong with it.
    pub reason: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_administrators_group() {
        // BUILTIN\Administrators, worked out from MS-DTYP 2.4.2.2: revision 1, two sub-authorities, authority 5.
        let bytes = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0];
        let sid = Sid::from_bytes(&bytes).unwrap();
        assert_eq!(sid.to_string(), "S-1-5-32-544");
        assert_eq!(sid.to_bytes(), bytes);
        assert_eq!("s-1-5-32-544".parse::<Sid>().unwrap(), sid);
        assert_eq!(sid.relative_id(), Some(544));
    }

    #[test]
    fn refuses_damage() {
        for text in [
            "",
            "S-1",
            "S-1-",
            "S-2-5-1",
            "S-1-5-+1",
            "S-1-5-4294967296",
            "S-1-281474976710656",
            "S-1-5--1",
        ] {
            assert!(text.parse::<Sid>().is_err(), "{text}");
        }
        for bytes in [
            &[][..],
            &[1],
            &[1, 1, 0, 0, 0, 0, 0, 5],
            &[2, 0, 0, 0, 0, 0, 0, 5],
            &[1, 200, 0, 0, 0, 0, 0, 5],
        ] {
            assert!(Sid::from_bytes(bytes).is_err(), "{bytes:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn text_and_bytes_agree(authority in 0u64..1 << 48, subs in proptest::collection::vec(proptest::num::u32::ANY, 0..=15)) {
            let sid = Sid { authority, sub_authorities: subs };
            proptest::prop_assert_eq!(sid.to_string().parse::<Sid>().unwrap(), sid.clone());
            proptest::prop_assert_eq!(Sid::from_bytes(&sid.to_bytes()).unwrap(), sid);
        }
    }
}
