//! An invented tenant.
use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A member of a group or role: its type in Graph and its id.
pub type Member = (&'static str, String);

/// Everything that the tenant has.
#[derive(Clone, Debug, Default)]
pub struct Tenant {
    /// `/users`.
    pub users: Vec<Value>,
    /// `/groups`.
    pub groups: Vec<Value>,
    /// `/contacts`.
    pub contacts: Vec<Value>,
    /// `/devices`.
    pub devices: Vec<Value>,
    /// Members by group id.
    pub members: BTreeMap<String, Vec<Member>>,
    /// `/organization`.
    pub organization: Vec<Value>,
    /// `/domains`.
    pub domains: Vec<Value>,
    /// Federation by domain.
    pub federation: BTreeMap<String, Value>,
    /// `/directoryRoles`.
    pub roles: Vec<Value>,
    /// Members by role id.
    pub role_members: BTreeMap<String, Vec<Value>>,
    /// `/subscribedSkus`.
    pub skus: Vec<Value>,
    /// Deleted users.
    pub deleted_users: Vec<Value>,
    /// Deleted groups.
    pub deleted_groups: Vec<Value>,
    /// `/directory/onPremisesSynchronization`; `None` answers 403, as to an application.
    pub synchronization: Option<Value>,
}

/// The id of the object of this kind (`u`, `g`, `c`, `d`) and number.
pub fn id(kind: char, number: usize) -> String {
    format!("{:08x}-0000-4000-8000-{number:012x}", u32::from(kind))
}

impl Tenant {
    /// Fabrikam's tenant: so many users and groups, each with ten members, a few contacts and devices, and the facts that
    /// guards look at.
    pub fn fabrikam(n_users: usize, n_groups: usize) -> Self {
        let mut tenant = Self::facts();
        tenant.users = (0..n_users).map(user).collect();
        tenant.groups = (0..n_groups).map(group).collect();
        for n in 0..n_groups {
            let members =
                (0..10.min(n_users)).map(|it| ("user", id('u', (n + it) % n_users.max(1))));
            tenant.members.insert(id('g', n), members.collect());
        }
        tenant.contacts = (0..5).map(contact).collect();
        tenant.devices = (0..3).map(device).collect();
        tenant
    }

    fn facts() -> Self {
        let admin = json!({"@odata.type": "#microsoft.graph.user", "id": id('u', 0), "displayName": "User 0",
            "userPrincipalName": "user0@fabrikam.example"});
        let domain = |name: &str, kind: &str, is_default: bool, is_initial: bool| {
            json!({"id": name, "authenticationType": kind, "isAdminManaged": true, "isDefault": is_default,
                "isInitial": is_initial, "isRoot": true, "isVerified": true, "supportedServices": ["Email"]})
        };
        Self {
            organization: vec![
                json!({"id": id('t', 0), "displayName": "Fabrikam", "onPremisesSyncEnabled": true,
                "onPremisesLastSyncDateTime": "2026-11-20T08:30:00Z", "tenantType": "AAD", "verifiedDomains": []}),
            ],
            domains: vec![
                domain("fabrikam.onmicrosoft.com", "Managed", false, true),
                domain("fabrikam.example", "Federated", true, false),
            ],
            federation: BTreeMap::from([(
                "fabrikam.example".to_owned(),
                json!({"id": id('f', 0), "displayName": "Fabrikam AD FS", "issuerUri": "http://sts.fabrikam.example/adfs",
                    "passiveSignInUri": "https://sts.fabrikam.example/adfs/ls", "signingCertificate": "MIIC"}),
            )]),
            roles: vec![json!({"id": id('r', 0), "displayName": "Global Administrator",
                "roleTemplateId": "62e90394-69f5-4237-9190-012177145e10"})],
            role_members: BTreeMap::from([(id('r', 0), vec![admin])]),
            skus: vec![
                json!({"id": "x", "skuId": id('s', 0), "skuPartNumber": "ENTERPRISEPACK", "consumedUnits": 3,
                "prepaidUnits": {"enabled": 25, "suspended": 0, "warning": 0, "lockedOut": 0}}),
            ],
            deleted_users: vec![
                json!({"id": id('x', 0), "displayName": "Gone", "userPrincipalName": "gone@fabrikam.example",
                "onPremisesImmutableId": "R29uZQ==", "deletedDateTime": "2026-11-01T00:00:00Z"}),
            ],
            ..Self::default()
        }
    }
}

fn user(n: usize) -> Value {
    let licences =
        if n < 3 { json!([{"skuId": id('s', 0), "disabledPlans": []}]) } else { json!([]) };
    let errors = if n == 1 {
        json!([{"category": "PropertyConflict", "propertyCausingError": "ProxyAddresses",
            "value": "smtp:dup@fabrikam.example", "occurredDateTime": "2026-11-19T12:00:00Z"}])
    } else {
        json!([])
    };
    // Every tenth user was made in the cloud.
    let cloud = n % 10 == 9;
    json!({
        "id": id('u', n), "accountEnabled": !n.is_multiple_of(7), "assignedLicenses": licences,
        "businessPhones": ["+45 1"], "city": "Aarhus", "companyName": "Fabrikam", "country": "Denmark",
        "department": format!("Department {}", n % 40), "displayName": format!("User {n} æøå"),
        "givenName": "User", "jobTitle": null, "mail": format!("user{n}@fabrikam.example"),
        "mailNickname": format!("user{n}"), "onPremisesDomainName": "corp.fabrikam.example",
        "onPremisesExtensionAttributes": {"extensionAttribute1": format!("x{n}"), "extensionAttribute2": null},
        "onPremisesImmutableId": if cloud { Value::Null } else { format!("anchor-{n}==").into() },
        "onPremisesProvisioningErrors": errors, "onPremisesSamAccountName": format!("user{n}"),
        "onPremisesSecurityIdentifier": format!("S-1-5-21-1-2-3-{}", 1_000 + n),
        "onPremisesSyncEnabled": if cloud { Value::Null } else { true.into() },
        "onPremisesUserPrincipalName": format!("user{n}@corp.fabrikam.example"),
        "proxyAddresses": [format!("SMTP:user{n}@fabrikam.example"), format!("smtp:u{n}@fabrikam.example")],
        "surname": format!("{n}"), "usageLocation": "DK",
        "userPrincipalName": format!("user{n}@fabrikam.example"), "userType": "Member",
    })
}

fn group(n: usize) -> Value {
    json!({
        "id": id('g', n), "displayName": format!("Group {n}"), "description": null, "groupTypes": [],
        "mail": format!("group{n}@fabrikam.example"), "mailEnabled": true, "mailNickname": format!("group{n}"),
        "onPremisesNetBiosName": "CORP", "onPremisesProvisioningErrors": [],
        "onPremisesSamAccountName": format!("group{n}"),
        "onPremisesSecurityIdentifier": format!("S-1-5-21-1-2-3-{}", 500_000 + n), "onPremisesSyncEnabled": true,
        "proxyAddresses": [format!("SMTP:group{n}@fabrikam.example")], "securityEnabled": true,
    })
}

fn contact(n: usize) -> Value {
    json!({
        "id": id('c', n), "displayName": format!("Contact {n}"), "mail": format!("contact{n}@tailspin.example"),
        "addresses": [{"city": "Oslo", "street": null}], "phones": [{"type": "mobile", "number": "+47 1"}],
        "onPremisesSyncEnabled": true, "proxyAddresses": [format!("SMTP:contact{n}@tailspin.example")],
    })
}

fn device(n: usize) -> Value {
    json!({
        "id": id('d', n), "deviceId": id('e', n), "displayName": format!("PC{n}"), "accountEnabled": true,
        "alternativeSecurityIds": [], "onPremisesSyncEnabled": true, "operatingSystem": "Windows",
        "operatingSystemVersion": "10.0.26100.1", "trustType": "ServerAd",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::schema::check;

    #[test]
    fn entities_are_as_the_metadata_says() {
        let mut tenant = Tenant::fabrikam(20, 2);
        let wrong_type =
            check("user", &json!({"id": null, "accountEnabled": "yes", "unheardOf": 1}));
        assert_eq!(wrong_type.len(), 3, "{wrong_type:?}");
        let federation: Vec<_> = std::mem::take(&mut tenant.federation).into_values().collect();
        let all = [
            ("user", tenant.users),
            ("group", tenant.groups),
            ("orgContact", tenant.contacts),
            ("device", tenant.devices),
            ("organization", tenant.organization),
            ("domain", tenant.domains),
            ("internalDomainFederation", federation),
            ("directoryRole", tenant.roles),
            ("subscribedSku", tenant.skus),
            ("user", tenant.deleted_users),
        ];
        for (name, entities) in all {
            assert!(!entities.is_empty(), "{name}");
            for entity in entities {
                assert_eq!(check(name, &entity), Vec::<String>::new());
            }
        }
    }
}
