//! Entities that are no objects of the connector become facts of the tenant.
use std::collections::BTreeMap;

use dirlift_model::{
    Guid, TenantFacts,
    facts::NotChecked,
    tenant::{
        DeletedObject, DirectorySync, Domain, Federation, LicensedUser, ObjectCount, Organization,
        ProvisioningError, RoleMember, Subscription,
    },
};
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    attributes::Kind,
    collections::{COLLECTIONS, Collection, CollectionRow},
    entity::Entity,
};

/// Most provisioning errors that are kept; more are counted.
const MAX_ERRORS: usize = 100_000;

/// Collects the facts while collections are read.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    tenant: TenantFacts,
    licensed: BTreeMap<Guid, Vec<Guid>>,
    /// Some user said which licences it has, be it none.
    has_licences: bool,
    counts: BTreeMap<Kind, ObjectCount>,
    errors: Vec<ProvisioningError>,
}

impl Facts {
    /// A collection is read: from now on, nothing in it means that there is nothing.
    pub(crate) fn begin(&mut self, collection: Collection) {
        let facts = &mut self.tenant;
        match collection {
            Collection::Objects(kind) => {
                let count = self.counts.entry(kind).or_default();
                kind.object_type().clone_into(&mut count.object_type);
            }
            Collection::Domains => facts.domains = Some(Vec::new()),
            Collection::Roles => facts.role_members = Some(Vec::new()),
            Collection::Subscriptions => facts.subscriptions = Some(Vec::new()),
            Collection::DeletedUsers | Collection::DeletedGroups => {
                facts.deleted.get_or_insert_default();
            }
            Collection::Organization | Collection::DirectorySync => {}
        }
    }

    /// Something was not read.
    pub(crate) fn missing(&mut self, row: &CollectionRow, why: impl Into<String>) {
        let what = format!("{} of the tenant", row.name);
        self.tenant.not_checked.push(NotChecked { what, why: why.into(), needed: false });
    }

    /// A file was there whose name says nothing.
    pub(crate) fn unknown_file(&mut self, name: &str) {
        let why = "its name is none of those in docs/entra.md; rename it if it matters".to_owned();
        self.tenant.not_checked.push(NotChecked { what: name.to_owned(), why, needed: false });
    }

    /// An object was read.
    pub(crate) fn object(&mut self, kind: Kind, entity: &mut Entity) {
        let count = self.counts.entry(kind).or_default();
        count.total += 1;
        count.synchronized += u64::from(entity.synchronized);
        self.has_licences |= entity.skus.is_some();
        if let Some(skus) = entity.skus.take().filter(|it| !it.is_empty()) {
            self.licensed.insert(entity.id, skus);
        }
        for error in std::mem::take(&mut entity.errors) {
            if self.errors.len() < MAX_ERRORS {
                self.errors.push(error);
            } else {
                self.tenant.more_provisioning_errors += 1;
            }
        }
    }

    /// An entity of another collection was read.
    pub(crate) fn entity(
        &mut self,
        collection: Collection,
        json: &str,
    ) -> Result<(), serde_json::Error> {
        let facts = &mut self.tenant;
        match collection {
            Collection::Objects(_) => {}
            Collection::Organization => {
                let it: OrganizationJson = serde_json::from_str(json)?;
                facts.organization = Some(Organization {
                    id: it.id,
                    display_name: it.display_name,
                    sync_enabled: it.on_premises_sync_enabled,
                    last_sync: it.on_premises_last_sync_date_time,
                    tenant_type: it.tenant_type,
                });
            }
            Collection::Domains => {
                let it: DomainJson = serde_json::from_str(json)?;
                let federation = it.federation_configuration.into_iter().flatten().next();
                facts.domains.get_or_insert_default().push(Domain {
                    name: it.id,
                    authentication: it.authentication_type.unwrap_or_default(),
                    is_verified: it.is_verified.unwrap_or_default(),
                    is_default: it.is_default.unwrap_or_default(),
                    is_initial: it.is_initial.unwrap_or_default(),
                    federation: federation.map(|it| Federation {
                        display_name: it.display_name,
                        issuer: it.issuer_uri,
                        passive_sign_in: it.passive_sign_in_uri,
                    }),
                });
            }
            Collection::DirectorySync => {
                let it: SyncJson = serde_json::from_str(json)?;
                let prevention = it.configuration.and_then(|it| it.accidental_deletion_prevention);
                let (kind, threshold) = prevention.map_or((None, None), |it| {
                    (it.synchronization_prevention_type, it.alert_threshold)
                });
                let features = it.features.unwrap_or_default().into_iter();
                facts.directory_sync = Some(DirectorySync {
                    deletion_prevention: kind,
                    deletion_threshold: threshold,
                    features: features
                        .filter_map(|(name, it)| Some((name, it.as_bool()?)))
                        .collect(),
                });
            }
            Collection::Roles => {
                let role: RoleJson = serde_json::from_str(json)?;
                let all = facts.role_members.get_or_insert_default();
                for member in role.members.into_iter().flatten() {
                    let kind =
                        member.kind.map(|it| it.trim_start_matches("#microsoft.graph.").to_owned());
                    all.push(RoleMember {
                        role: role.role_template_id.unwrap_or_default(),
                        role_name: role.display_name.clone().unwrap_or_default(),
                        id: member.id,
                        kind,
                        display_name: member.display_name,
                        user_principal_name: member.user_principal_name,
                    });
                }
            }
            Collection::Subscriptions => {
                let it: SkuJson = serde_json::from_str(json)?;
                facts.subscriptions.get_or_insert_default().push(Subscription {
                    sku: it.sku_id.unwrap_or_default(),
                    part_number: it.sku_part_number.unwrap_or_default(),
                    consumed: it.consumed_units.unwrap_or_default(),
                    enabled: it.prepaid_units.and_then(|it| it.enabled),
                });
            }
            Collection::DeletedUsers | Collection::DeletedGroups => {
                let it: DeletedJson = serde_json::from_str(json)?;
                let kind =
                    if collection == Collection::DeletedUsers { Kind::User } else { Kind::Group };
                facts.deleted.get_or_insert_default().push(DeletedObject {
                    id: it.id,
                    object_type: kind.object_type().to_owned(),
                    display_name: it.display_name,
                    user_principal_name: it.user_principal_name,
                    immutable_id: it.on_premises_immutable_id,
                    deleted: it.deleted_date_time,
                });
            }
        }
        Ok(())
    }

    /// Everything, in order.
    pub(crate) fn finish(self) -> TenantFacts {
        let mut facts = self.tenant;
        facts.objects = self.counts.into_values().collect();
        let has = |kind: Kind| facts.objects.iter().any(|it| it.object_type == kind.object_type());
        let users = facts.objects.iter().find(|it| it.object_type == Kind::User.object_type());
        // Users that say nothing of licences are not users without one.
        if users.is_some_and(|it| it.total == 0 || self.has_licences) {
            let licensed = self.licensed.into_iter();
            facts.licensed_users =
                Some(licensed.map(|(id, skus)| LicensedUser { id, skus }).collect());
        }
        if Kind::ALL.into_iter().any(|it| it != Kind::Device && has(it)) {
            facts.provisioning_errors = Some(self.errors);
        }
        if let Some(all) = &mut facts.domains {
            all.sort_by(|a, b| a.name.cmp(&b.name));
        }
        if let Some(all) = &mut facts.role_members {
            all.sort_by_key(|it| (it.role, it.id));
        }
        if let Some(all) = &mut facts.subscriptions {
            all.sort_by(|a, b| (&a.part_number, a.sku).cmp(&(&b.part_number, b.sku)));
        }
        if let Some(all) = &mut facts.deleted {
            all.sort_by_key(|it| it.id);
        }
        facts
    }
}

/// The rows that are no objects of the connector.
pub(crate) fn rows() -> impl Iterator<Item = &'static CollectionRow> {
    COLLECTIONS.iter().filter(|it| !matches!(it.collection, Collection::Objects(_)))
}

/// Reads one property of an entity, absent or null as none.
pub(crate) fn property<T: DeserializeOwned>(json: &str, name: &str) -> Option<T> {
    let mut map: BTreeMap<String, serde_json::Value> = serde_json::from_str(json).ok()?;
    serde_json::from_value(map.remove(name)?).ok()
}

/// Adds a property at the end of an entity, in place of one of the same name or with a note of the protocol about it.
pub(crate) fn with_property(
    json: &str,
    name: &str,
    value: &str,
) -> Result<String, serde_json::Error> {
    struct Pairs<'a>(Vec<(String, &'a serde_json::value::RawValue)>);
    impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = Pairs<'de>;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("an object")
                }
                fn visit_map<A: serde::de::MapAccess<'de>>(
                    self,
                    mut map: A,
                ) -> Result<Pairs<'de>, A::Error> {
                    let mut pairs = Vec::new();
                    while let Some(pair) = map.next_entry()? {
                        pairs.push(pair);
                    }
                    Ok(Pairs(pairs))
                }
            }
            deserializer.deserialize_map(Visitor)
        }
    }
    let Pairs(pairs) = serde_json::from_str(json)?;
    let mut out = "{".to_owned();
    for (key, value) in pairs {
        let about = key.strip_prefix(name).is_some_and(|it| it.is_empty() || it.starts_with('@'));
        if !about {
            out.push_str(&serde_json::to_string(&key)?);
            out.push(':');
            out.push_str(value.get());
            out.push(',');
        }
    }
    out.push_str(&serde_json::to_string(name)?);
    out.push(':');
    out.push_str(value);
    out.push('}');
    Ok(out)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrganizationJson {
    id: Option<Guid>,
    display_name: Option<String>,
    on_premises_sync_enabled: Option<bool>,
    on_premises_last_sync_date_time: Option<Timestamp>,
    tenant_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DomainJson {
    id: String,
    authentication_type: Option<String>,
    is_verified: Option<bool>,
    is_default: Option<bool>,
    is_initial: Option<bool>,
    federation_configuration: Option<Vec<FederationJson>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FederationJson {
    display_name: Option<String>,
    issuer_uri: Option<String>,
    passive_sign_in_uri: Option<String>,
}

#[derive(Deserialize)]
struct SyncJson {
    configuration: Option<SyncConfigurationJson>,
    features: Option<BTreeMap<String, serde_json::Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SyncConfigurationJson {
    accidental_deletion_prevention: Option<PreventionJson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PreventionJson {
    synchronization_prevention_type: Option<String>,
    alert_threshold: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleJson {
    display_name: Option<String>,
    role_template_id: Option<Guid>,
    members: Option<Vec<RoleMemberJson>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleMemberJson {
    #[serde(rename = "@odata.type")]
    kind: Option<String>,
    id: Guid,
    display_name: Option<String>,
    user_principal_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SkuJson {
    sku_id: Option<Guid>,
    sku_part_number: Option<String>,
    consumed_units: Option<i64>,
    prepaid_units: Option<UnitsJson>,
}

#[derive(Deserialize)]
struct UnitsJson {
    enabled: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeletedJson {
    id: Guid,
    display_name: Option<String>,
    user_principal_name: Option<String>,
    on_premises_immutable_id: Option<String>,
    deleted_date_time: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_is_replaced_and_the_others_keep_their_order_and_text() {
        let json =
            r#"{"z": 1.50, "members": [1], "members@odata.context": "x", "membersOnly": [ 2 ]}"#;
        let out = with_property(json, "members", "[3]").unwrap();
        assert_eq!(out, r#"{"z":1.50,"membersOnly":[ 2 ],"members":[3]}"#);
        assert_eq!(with_property("{}", "a", "null").unwrap(), r#"{"a":null}"#);
        assert!(with_property("[]", "a", "null").is_err());
        assert_eq!(property::<u8>(r#"{"a": 3}"#, "a"), Some(3));
        assert_eq!(property::<u8>(r#"{"a": null}"#, "a"), None);
    }

    #[test]
    fn nothing_there_is_not_the_same_as_not_read() {
        let mut facts = Facts::default();
        facts.begin(Collection::Domains);
        facts.begin(Collection::Objects(Kind::Device));
        let facts = facts.finish();
        assert_eq!(facts.domains, Some(Vec::new()));
        assert_eq!(facts.role_members, None);
        assert_eq!(facts.licensed_users, None);
        assert_eq!(facts.provisioning_errors, None);
        assert_eq!(facts.objects[0].object_type, "device");
    }

    #[test]
    fn a_user_that_says_nothing_of_licences_is_not_one_without() {
        use crate::entity::Reader;
        let licensed = |lines: &[&str]| {
            let mut facts = Facts::default();
            facts.begin(Collection::Objects(Kind::User));
            for line in lines {
                let mut entity = Reader::new(Kind::User).read(line).unwrap();
                facts.object(Kind::User, &mut entity);
            }
            facts.finish().licensed_users.map(|it| it.len())
        };
        let id = r#"{"id": "00000000-0000-4000-8000-000000000001""#;
        let sku = r#"[{"skuId": "00000000-0000-4000-8000-00000000000a"}]"#;
        let silent = format!("{id}}}");
        let none = format!(r#"{id}, "assignedLicenses": []}}"#);
        let one = format!(r#"{id}, "assignedLicenses": {sku}}}"#);
        assert_eq!(licensed(&[]), Some(0));
        assert_eq!(licensed(&[&silent]), None);
        assert_eq!(licensed(&[&none]), Some(0));
        assert_eq!(licensed(&[&silent, &one]), Some(1));
    }
}
