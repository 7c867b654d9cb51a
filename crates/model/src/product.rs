//! Products and build numbers.
use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Which synchronisation product a server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Product {
    /// Microsoft Online Services Directory Synchronization / Windows Azure Active Directory Sync tool.
    #[serde(rename = "DirSync")]
    DirSync,
    /// Azure AD Sync (2014 to 2015).
    #[serde(rename = "Azure AD Sync")]
    AzureAdSync,
    /// Azure AD Connect or Microsoft Entra Connect.
    #[serde(rename = "Microsoft Entra Connect")]
    EntraConnect,
    /// Forefront or Microsoft Identity Manager without any of the above.
    #[serde(rename = "FIM/MIM")]
    Fim,
    /// Nothing that synchronises directories.
    #[serde(rename = "none")]
    None,
}

impl Product {
    /// The name in every output; the same word as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DirSync => "DirSync",
            Self::AzureAdSync => "Azure AD Sync",
            Self::EntraConnect => "Microsoft Entra Connect",
            Self::Fim => "FIM/MIM",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A build number of up to four parts, such as `1.0.7020.0`. A part that is not written counts as zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(try_from = "String", into = "String")]
pub struct Build {
    parts: [u32; 4],
}

impl Build {
    /// A build number from its four parts.
    pub const fn new(parts: [u32; 4]) -> Self {
        Self { parts }
    }

    /// The four parts.
    pub const fn parts(self) -> [u32; 4] {
        self.parts
    }

    /// The first part.
    pub const fn major(self) -> u32 {
        self.parts[0]
    }
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, build, revision] = self.parts;
        f.pad(&format!("{major}.{minor}.{build}.{revision}"))
    }
}

impl fmt::Debug for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Build({self})")
    }
}

impl FromStr for Build {
    type Err = ParseBuildError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseBuildError { text: crate::text::shorten(text, 40) };
        let mut parts = [0; 4];
        for (idx, part) in text.trim().split('.').enumerate() {
            let digits = !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
            let slot = parts.get_mut(idx).filter(|_| digits).ok_or_else(wrong)?;
            *slot = part.parse().map_err(|_| wrong())?;
        }
        Ok(Self { parts })
    }
}

impl TryFrom<String> for Build {
    type Error = ParseBuildError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Build> for String {
    fn from(build: Build) -> Self {
        build.to_string()
    }
}

/// A text that is not a build number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a build number such as 1.0.7020.0")]
pub struct ParseBuildError {
    /// The text, shortened.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(text: &str) -> Build {
        text.parse().unwrap()
    }

    #[test]
    fn builds_are_ordered_by_number_not_by_text() {
        assert!(build("1.0.6385.12") < build("1.0.6455.0807"));
        assert!(build("2.5.79.0") > build("2.5.9.0"));
        assert_eq!(build("1.0.7020"), build("1.0.7020.0"));
        assert_eq!(build("1.0.6455.0807").to_string(), "1.0.6455.807");
        for text in ["", "1.", "1.2.3.4.5", "a", "1.-1", "99999999999"] {
            assert!(text.parse::<Build>().is_err(), "{text}");
        }
    }
}
