//! Which attributes of the cloud connector Graph shows, and how: one table that drives reading and documentation.
mod table;

use std::fmt::Write as _;

pub use table::MAPPINGS;

/// A kind of object that the cloud connector has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `user`.
    User,
    /// `group`.
    Group,
    /// `contact`; Graph calls it `orgContact`.
    Contact,
    /// `device`.
    Device,
}

impl Kind {
    /// Every kind, in the order in which they are read: groups come after the users that they refer to.
    pub const ALL: [Self; 4] = [Self::User, Self::Group, Self::Contact, Self::Device];

    /// The object type of the connector.
    pub const fn object_type(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Contact => "contact",
            Self::Device => "device",
        }
    }

    /// The collection in Graph, which is also the beginning of a file's name.
    pub const fn collection(self) -> &'static str {
        match self {
            Self::User => "users",
            Self::Group => "groups",
            Self::Contact => "contacts",
            Self::Device => "devices",
        }
    }

    /// What stands before the object id in `cloudAnchor`.
    pub(crate) const fn anchor_prefix(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Contact => "Contact",
            Self::Device => "Device",
        }
    }
}

/// How a property becomes the value of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A string as it is.
    Text,
    /// Strings as they are.
    Texts,
    /// The first of several strings.
    First,
    /// `true` or `false`.
    Bool,
    /// A security identifier as text, which becomes its bytes.
    Sid,
    /// A GUID as text, which becomes its bytes in the directory's order.
    GuidBytes,
    /// A property of `onPremisesExtensionAttributes`.
    Extension,
    /// A property of the first of `addresses`.
    Address,
    /// The number of this type in `phones`.
    Phone,
    /// References to the members.
    Members,
    /// The object type and the id, as in `User_00112233-…`.
    CloudAnchor,
    /// `true` unless a synchronisation owns the object.
    CloudMastered,
}

/// Whether an import from Graph can tell an attribute's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Readability {
    /// Graph shows it: an attribute that is absent is empty.
    Known,
    /// Graph does not show it: an attribute that is absent says nothing.
    Unknown,
}

/// One attribute of the connector and the property that shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The attribute's name in the connector.
    pub connector: &'static str,
    /// The kinds of object that this row is about.
    pub kinds: &'static [Kind],
    /// The property of Graph v1.0 and how it is read; `None` when there is none.
    pub shown: Option<(&'static str, Form)>,
}

impl Mapping {
    /// Whether Graph shows the attribute.
    pub const fn readability(&self) -> Readability {
        if self.shown.is_some() { Readability::Known } else { Readability::Unknown }
    }

    /// The property that has to be asked for; `None` when Graph does not show the attribute.
    pub fn selected(&self) -> Option<&'static str> {
        let (property, form) = self.shown?;
        Some(match form {
            Form::Extension => "onPremisesExtensionAttributes",
            Form::Address => "addresses",
            Form::Phone => "phones",
            _ => property,
        })
    }
}

/// The rows of one kind.
pub fn mappings(kind: Kind) -> impl Iterator<Item = &'static Mapping> {
    MAPPINGS.iter().filter(move |it| it.kinds.contains(&kind))
}

/// Whether an import from Graph knows this attribute of an object type. Attributes that are not in the table, such as
/// directory extensions, are unknown.
pub fn readability(kind: Kind, attribute: &str) -> Readability {
    mappings(kind)
        .find(|it| it.connector.eq_ignore_ascii_case(attribute))
        .map_or(Readability::Unknown, Mapping::readability)
}

/// Properties that are read for the facts of the tenant and become no attribute.
const EXTRA: &[(Kind, &[&str])] = &[
    (Kind::User, &["assignedLicenses", "onPremisesProvisioningErrors", "onPremisesSyncEnabled"]),
    (Kind::Group, &["onPremisesProvisioningErrors", "onPremisesSyncEnabled"]),
    (Kind::Contact, &["onPremisesProvisioningErrors", "onPremisesSyncEnabled"]),
    (Kind::Device, &["onPremisesSyncEnabled"]),
];

/// What to ask for: `id`, then the names in order, without members.
pub fn select(kind: Kind) -> String {
    let mut names: Vec<_> = mappings(kind)
        .filter(|it| !matches!(it.shown, Some((_, Form::Members))))
        .filter_map(Mapping::selected)
        .chain(EXTRA.iter().filter(|(it, _)| *it == kind).flat_map(|(_, it)| it.iter().copied()))
        .filter(|it| *it != "id")
        .collect();
    names.sort_unstable();
    names.dedup();
    names.iter().fold("id".to_owned(), |all, it| all + "," + it)
}

/// The table as Markdown, for `docs/entra.md`.
pub fn markdown() -> String {
    let mut out = String::new();
    for kind in Kind::ALL {
        let _ = writeln!(out, "### {}\n", kind.object_type());
        out.push_str("| attribute of the connector | Graph v1.0 | read as |\n|---|---|---|\n");
        for row in mappings(kind) {
            let Some((property, form)) = row.shown else { continue };
            let (path, how) = match form {
                Form::Text => (property.to_owned(), "text"),
                Form::Texts => (property.to_owned(), "texts"),
                Form::First => (property.to_owned(), "first text"),
                Form::Bool => (property.to_owned(), "boolean"),
                Form::Sid => (property.to_owned(), "bytes of the SID"),
                Form::GuidBytes => (property.to_owned(), "bytes of the GUID"),
                Form::Extension => (format!("onPremisesExtensionAttributes/{property}"), "text"),
                Form::Address => (format!("addresses/{property}"), "text of the first address"),
                Form::Phone => (format!("phones of type {property}"), "text"),
                Form::Members => (property.to_owned(), "references"),
                Form::CloudAnchor => (property.to_owned(), "type and id"),
                Form::CloudMastered => (property.to_owned(), "true unless synchronised"),
            };
            let _ = writeln!(out, "| `{}` | `{path}` | {how} |", row.connector);
        }
        let hidden: Vec<_> = mappings(kind)
            .filter(|it| it.shown.is_none())
            .map(|it| format!("`{}`", it.connector))
            .collect();
        let _ = writeln!(out, "\nUnknown ({}): {}.\n", hidden.len(), hidden.join(", "));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_order_and_each_attribute_of_a_kind_has_one() {
        let name = |it: &Mapping| it.connector.to_ascii_lowercase();
        assert!(MAPPINGS.is_sorted_by_key(name));
        for kind in Kind::ALL {
            let mut names: Vec<_> = mappings(kind).map(name).collect();
            let n_rows = names.len();
            names.dedup();
            assert_eq!(names.len(), n_rows, "{kind:?}");
        }
    }

    #[test]
    fn readability_is_what_graph_shows() {
        use Readability::{Known, Unknown};
        let cases = [
            (Kind::User, "sourceAnchor", Known),
            (Kind::User, "SOURCEANCHOR", Known),
            (Kind::Group, "sourceAnchor", Unknown),
            (Kind::User, "msExchMailboxGuid", Unknown),
            (Kind::User, "manager", Unknown),
            (Kind::Contact, "extensionAttribute1", Unknown),
            (Kind::Group, "extensionAttribute1", Known),
            (Kind::User, "extension_0_costCentre", Unknown),
        ];
        for (kind, name, expected) in cases {
            assert_eq!(readability(kind, name), expected, "{kind:?} {name}");
        }
    }

    #[test]
    fn what_is_asked_for_is_little() {
        let expected = "id,accountEnabled,deviceId,displayName,isCompliant,isManaged,\
                        onPremisesSecurityIdentifier,onPremisesSyncEnabled,operatingSystem,\
                        operatingSystemVersion,trustType";
        assert_eq!(select(Kind::Device), expected);
        assert!(!select(Kind::Group).contains("members"));
        assert!(!select(Kind::User).contains("password"));
    }
}
