//! SHA-256 sums.
use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A SHA-256 sum; shown as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sum([u8; 32]);

impl Sum {
    /// The sum of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|it| write!(f, "{it:02x}"))
    }
}

impl fmt::Debug for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sum({self})")
    }
}

impl FromStr for Sum {
    type Err = ParseSumError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.trim().as_bytes();
        let mut sum = [0; 32];
        if digits.len() != 64 {
            return Err(ParseSumError);
        }
        for (byte, pair) in sum.iter_mut().zip(digits.as_chunks::<2>().0) {
            let digit = |it: u8| char::from(it).to_digit(16).ok_or(ParseSumError);
            *byte =
                u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).map_err(|_| ParseSumError)?;
        }
        Ok(Self(sum))
    }
}

impl TryFrom<String> for Sum {
    type Error = ParseSumError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Sum> for String {
    fn from(sum: Sum) -> Self {
        sum.to_string()
    }
}

/// A text that is not a SHA-256 sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 sum has 64 hexadecimal digits")]
pub struct ParseSumError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_sum_and_its_text() {
        // FIPS 180-4, the example "abc".
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Sum::of(b"abc").to_string(), text);
        assert_eq!(text.to_uppercase().parse(), Ok(Sum::of(b"abc")));
        for wrong in [
            "",
            &text[1..],
            &format!("{text}0"),
            &text.replace('b', "g"),
            &text.replacen("ba", "+a", 1),
        ] {
            assert_eq!(wrong.parse::<Sum>(), Err(ParseSumError), "{wrong}");
        }
    }
}
