//! What is asked of Graph: one table for requests, files and documentation.
use std::fmt::Write as _;

use crate::{
    attributes::{Kind, select},
    graph::Request,
};

/// A collection of Graph that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Collection {
    /// Objects of the connector.
    Objects(Kind),
    /// The organisation.
    Organization,
    /// Domains with their federation.
    Domains,
    /// Tenant-wide settings of the synchronisation.
    DirectorySync,
    /// Activated directory roles with their members.
    Roles,
    /// Subscriptions.
    Subscriptions,
    /// Deleted users that can be restored.
    DeletedUsers,
    /// Deleted groups that can be restored.
    DeletedGroups,
}

/// One row: the collection, the beginning of its files' names, and the permission to read it.
#[derive(Clone, Copy, Debug)]
pub struct CollectionRow {
    /// The collection.
    pub collection: Collection,
    /// The beginning of the names of its files.
    pub name: &'static str,
    /// The least permission of an application; `-` when none is enough.
    pub application: &'static str,
    /// The least permission of a person.
    pub delegated: &'static str,
    /// What it is for.
    pub about: &'static str,
}

/// Every collection, in the order in which they are read.
pub const COLLECTIONS: &[CollectionRow] = &[
    row(
        Collection::Organization,
        "organization",
        "Organization.Read.All",
        "Organization.Read.All",
        "whether and when the tenant was synchronised",
    ),
    row(
        Collection::Domains,
        "domains",
        "Domain.Read.All",
        "Domain.Read.All",
        "domains, with the federation of the federated ones",
    ),
    row(
        Collection::DirectorySync,
        "onPremisesSynchronization",
        "-",
        "OnPremDirectorySynchronization.Read.All",
        "tenant-wide settings of the synchronisation; not in national clouds",
    ),
    row(
        Collection::Roles,
        "directoryRoles",
        "RoleManagement.Read.Directory",
        "RoleManagement.Read.Directory",
        "activated directory roles with their members",
    ),
    row(
        Collection::Subscriptions,
        "subscribedSkus",
        "Organization.Read.All",
        "Organization.Read.All",
        "subscriptions",
    ),
    row(
        Collection::DeletedUsers,
        "deletedUsers",
        "User.Read.All",
        "User.Read.All",
        "deleted users that can be restored",
    ),
    row(
        Collection::DeletedGroups,
        "deletedGroups",
        "GroupMember.Read.All",
        "GroupMember.Read.All",
        "deleted groups that can be restored",
    ),
    row(
        Collection::Objects(Kind::User),
        "users",
        "User.Read.All",
        "User.Read.All",
        "users, with licences and provisioning errors",
    ),
    row(
        Collection::Objects(Kind::Group),
        "groups",
        "GroupMember.Read.All",
        "GroupMember.Read.All",
        "groups with their members",
    ),
    row(
        Collection::Objects(Kind::Contact),
        "contacts",
        "OrgContact.Read.All",
        "OrgContact.Read.All",
        "organisational contacts",
    ),
    row(
        Collection::Objects(Kind::Device),
        "devices",
        "Device.Read.All",
        "Device.Read.All",
        "devices",
    ),
];

const fn row(
    collection: Collection,
    name: &'static str,
    application: &'static str,
    delegated: &'static str,
    about: &'static str,
) -> CollectionRow {
    CollectionRow { collection, name, application, delegated, about }
}

impl CollectionRow {
    /// The first request.
    pub(crate) fn request(&self) -> Request {
        Request { path: self.path(), permission: self.delegated }
    }

    /// The path of the first request, below the version.
    pub fn path(&self) -> String {
        match self.collection {
            Collection::Objects(kind) => {
                format!("{}?$select={}&$top=999", kind.collection(), select(kind))
            }
            Collection::Organization => "organization?$select=id,displayName,onPremisesLastSyncDateTime,onPremisesSyncEnabled,tenantType".to_owned(),
            Collection::Domains => "domains?$select=id,authenticationType,isDefault,isInitial,isVerified".to_owned(),
            Collection::DirectorySync => "directory/onPremisesSynchronization".to_owned(),
            Collection::Roles => "directoryRoles?$select=id,displayName,roleTemplateId".to_owned(),
            Collection::Subscriptions => "subscribedSkus?$select=skuId,skuPartNumber,consumedUnits,prepaidUnits".to_owned(),
            Collection::DeletedUsers => "directory/deletedItems/microsoft.graph.user?$select=id,displayName,userPrincipalName,onPremisesImmutableId,deletedDateTime&$top=999".to_owned(),
            Collection::DeletedGroups => "directory/deletedItems/microsoft.graph.group?$select=id,displayName,deletedDateTime&$top=999".to_owned(),
        }
    }
}

/// The row of a collection.
pub(crate) fn row_of(collection: Collection) -> &'static CollectionRow {
    COLLECTIONS
        .iter()
        .find(|it| it.collection == collection)
        .expect("the table has every collection, which a test counts")
}

/// The table as Markdown, for `docs/entra.md`.
pub fn permissions_markdown() -> String {
    let mut out =
        "| read | for | application permission | delegated permission |\n|---|---|---|---|\n"
            .to_owned();
    for row in COLLECTIONS {
        let path = row.path();
        let path = path.split('?').next().unwrap_or_default();
        let cells = [
            format!("`/{path}`"),
            row.about.to_owned(),
            row.application.to_owned(),
            row.delegated.to_owned(),
        ];
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_collection_has_a_row_and_nothing_writes() {
        let mut names: Vec<_> = COLLECTIONS.iter().map(|it| it.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 7 + Kind::ALL.len());
        for row in COLLECTIONS {
            assert_eq!(row_of(row.collection).name, row.name);
            for permission in [row.application, row.delegated] {
                assert!(!permission.contains("Write"), "{permission}");
                assert!(
                    permission == "-" || crate::DELEGATED_SCOPES.contains(&permission),
                    "{permission}"
                );
            }
        }
    }
}
