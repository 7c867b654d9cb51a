//! What is known of a tenant of Microsoft Entra ID besides its objects: facts, no judgement.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Guid, NotChecked};

/// Facts of one tenant. `None` is "was not read", never "there is none".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TenantFacts {
    /// The organisation and the state of its synchronisation.
    pub organization: Option<Organization>,
    /// The domains, by name.
    pub domains: Option<Vec<Domain>>,
    /// Tenant-wide settings of the synchronisation.
    pub directory_sync: Option<DirectorySync>,
    /// Members of activated directory roles, by role and id.
    pub role_members: Option<Vec<RoleMember>>,
    /// Subscriptions, by part number.
    pub subscriptions: Option<Vec<Subscription>>,
    /// Users with licences, by id.
    pub licensed_users: Option<Vec<LicensedUser>>,
    /// Objects that were deleted and can still be restored, by id.
    pub deleted: Option<Vec<DeletedObject>>,
    /// Conflicts of synchronised objects that the service reports, in the order of the import.
    pub provisioning_errors: Option<Vec<ProvisioningError>>,
    /// Conflicts that were counted and not kept, because there were too many.
    pub more_provisioning_errors: u64,
    /// How many objects were read, by object type of the connector.
    pub objects: Vec<ObjectCount>,
    /// What was not read, and why.
    pub not_checked: Vec<NotChecked>,
}

/// The organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Organization {
    /// The tenant's id.
    pub id: Option<Guid>,
    /// The name shown to people.
    pub display_name: Option<String>,
    /// `true` is synchronised, `false` was once, `None` never.
    pub sync_enabled: Option<bool>,
    /// When the last synchronisation ended.
    pub last_sync: Option<Timestamp>,
    /// `AAD`, `AAD B2C` or another kind of tenant.
    pub tenant_type: Option<String>,
}

/// A domain of the tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Domain {
    /// Its DNS name.
    pub name: String,
    /// `Managed` or `Federated`, as the service says it.
    pub authentication: String,
    /// The organisation has proven that it owns the name.
    pub is_verified: bool,
    /// New users get it.
    pub is_default: bool,
    /// It came with the tenant.
    pub is_initial: bool,
    /// Its federation; `None` when it has none or it was not read.
    pub federation: Option<Federation>,
}

/// The federation of a domain. Signing certificates are not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Federation {
    /// The name of the identity provider.
    pub display_name: Option<String>,
    /// Its issuer.
    pub issuer: Option<String>,
    /// Where browsers are sent.
    pub passive_sign_in: Option<String>,
}

/// Tenant-wide settings of the synchronisation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DirectorySync {
    /// `disabled`, `enabledForCount` or `enabledForPercentage`, as the service says it.
    pub deletion_prevention: Option<String>,
    /// The threshold in objects or percent.
    pub deletion_threshold: Option<i64>,
    /// Features by name, on or off, in the order of the names.
    pub features: std::collections::BTreeMap<String, bool>,
}

/// One membership in a directory role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoleMember {
    /// The role's template, which is the same in every tenant.
    pub role: Guid,
    /// The role's name.
    pub role_name: String,
    /// The member's object id.
    pub id: Guid,
    /// The member's kind in the service's words, such as `user` or `servicePrincipal`.
    pub kind: Option<String>,
    /// The member's name.
    pub display_name: Option<String>,
    /// The member's `userPrincipalName`.
    pub user_principal_name: Option<String>,
}

/// A subscription of the tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Subscription {
    /// Its id, as it stands in the licences of users.
    pub sku: Guid,
    /// Its part number, such as `ENTERPRISEPACK`.
    pub part_number: String,
    /// Licences in use.
    pub consumed: i64,
    /// Licences that can be used.
    pub enabled: Option<i64>,
}

/// A user with licences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LicensedUser {
    /// The user's object id.
    pub id: Guid,
    /// The subscriptions, in order.
    pub skus: Vec<Guid>,
}

/// An object that was deleted and can still be restored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeletedObject {
    /// Its object id.
    pub id: Guid,
    /// `user` or `group`.
    pub object_type: String,
    /// Its name.
    pub display_name: Option<String>,
    /// Its `userPrincipalName`.
    pub user_principal_name: Option<String>,
    /// Its immutable ID, as text: a deleted user still holds it.
    pub immutable_id: Option<String>,
    /// When it was deleted.
    pub deleted: Option<Timestamp>,
}

/// A conflict of a synchronised object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProvisioningError {
    /// The object's id.
    pub id: Guid,
    /// The object's type in the connector.
    pub object_type: String,
    /// `PropertyConflict` or another category.
    pub category: Option<String>,
    /// The attribute in conflict, such as `ProxyAddresses`.
    pub property: Option<String>,
    /// The value in conflict.
    pub value: Option<String>,
    /// When it happened.
    pub occurred: Option<Timestamp>,
}

/// How many objects of one type were read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ObjectCount {
    /// The object type of the connector, such as `user`.
    pub object_type: String,
    /// All of them.
    pub total: u64,
    /// Those that a synchronisation owns now.
    pub synchronized: u64,
}
