//! Where the objects of Microsoft Entra ID come from: the argument of `--entra`.
use std::{fmt, path::PathBuf, str::FromStr};

use dirlift_model::Guid;

use crate::attributes::{Kind, Readability, readability};

/// A source as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntraSource {
    /// `graph:TENANT`.
    Graph(TenantName),
    /// A folder of Graph JSON.
    Folder(PathBuf),
    /// `csexport:FILE`: an export of the cloud connector's space, whose reader the caller brings
    /// ([`crate::read_objects`]).
    CsExport(PathBuf),
}

impl EntraSource {
    /// Whether an import from this source knows an attribute of an object type. The connector space of another server
    /// has everything that its import brought, anchors of groups, contacts and devices too.
    pub fn readability(&self, kind: Kind, attribute: &str) -> Readability {
        match self {
            Self::Graph(_) | Self::Folder(_) => readability(kind, attribute),
            Self::CsExport(_) => Readability::Known,
        }
    }
}

impl FromStr for EntraSource {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = |prefix: &str| {
            let head = text.get(..prefix.len())?;
            head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
        };
        if let Some(tenant) = rest("graph:") {
            return tenant.parse().map(Self::Graph);
        }
        if let Some(file) = rest("csexport:") {
            return if file.is_empty() {
                Err(SourceError::Empty)
            } else {
                Ok(Self::CsExport(file.into()))
            };
        }
        if text.is_empty() { Err(SourceError::Empty) } else { Ok(Self::Folder(text.into())) }
    }
}

/// A tenant: its id or one of its domains. Nothing in it can change the path of a URL.
#[derive(Clone, PartialEq, Eq)]
pub struct TenantName(String);

impl TenantName {
    /// The name as it was typed, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TenantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantName({})", self.0)
    }
}

impl fmt::Display for TenantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for TenantName {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(id) = text.parse::<Guid>() {
            return Ok(Self(id.to_string()));
        }
        let is_label = |it: &str| {
            !it.is_empty()
                && it.len() <= 63
                && it.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
        };
        // `common` and `organizations` name no tenant, and neither has a dot.
        if text.len() <= 253 && text.contains('.') && text.split('.').all(is_label) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(SourceError::Tenant)
        }
    }
}

/// Why a text names no source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Nothing there.
    #[error("no source; give graph:TENANT, a folder of Graph JSON, or csexport:FILE")]
    Empty,
    /// Not a tenant.
    #[error(
        "not a tenant; give its id or one of its domains, such as graph:contoso.onmicrosoft.com"
    )]
    Tenant,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connector_space_tells_more_than_graph() {
        let graph: EntraSource = "graph:x.example".parse().unwrap();
        let space: EntraSource = "csexport:x.xml".parse().unwrap();
        let anchor = |it: &EntraSource| it.readability(Kind::Group, "sourceAnchor");
        assert_eq!((anchor(&graph), anchor(&space)), (Readability::Unknown, Readability::Known));
    }

    #[test]
    fn sources_are_told_apart() {
        let tenant = |it: &str| EntraSource::Graph(TenantName(it.to_owned()));
        let cases = [
            ("graph:Fabrikam.Example", Ok(tenant("fabrikam.example"))),
            (
                "GRAPH:{00112233-4455-6677-8899-AABBCCDDEEFF}",
                Ok(tenant("00112233-4455-6677-8899-aabbccddeeff")),
            ),
            ("graph:common", Err(SourceError::Tenant)),
            ("graph:a.b/../c", Err(SourceError::Tenant)),
            ("graph:a..b", Err(SourceError::Tenant)),
            ("graph:", Err(SourceError::Tenant)),
            ("csexport:x.xml", Ok(EntraSource::CsExport("x.xml".into()))),
            ("csexport:", Err(SourceError::Empty)),
            ("some/folder", Ok(EntraSource::Folder("some/folder".into()))),
            ("", Err(SourceError::Empty)),
            ("ü", Ok(EntraSource::Folder("ü".into()))),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<EntraSource>(), expected, "{text}");
        }
    }
}
