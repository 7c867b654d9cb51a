//! Properties and types of the entities, from the metadata of Graph v1.0 (CSDL of 2026-08-20).
use serde_json::Value;

/// Entity types with their properties and types; only those that an import may ask for. `[]` marks a collection, `!` what
/// is never null.
pub const TYPES: &[(&str, &[(&str, &str)])] = &[
    (
        "user",
        &[
            ("id", "String!"),
            ("accountEnabled", "Boolean"),
            ("assignedLicenses", "object[]!"),
            ("businessPhones", "String[]!"),
            ("city", "String"),
            ("companyName", "String"),
            ("country", "String"),
            ("createdDateTime", "DateTimeOffset"),
            ("deletedDateTime", "DateTimeOffset"),
            ("department", "String"),
            ("displayName", "String"),
            ("employeeId", "String"),
            ("faxNumber", "String"),
            ("givenName", "String"),
            ("jobTitle", "String"),
            ("lastPasswordChangeDateTime", "DateTimeOffset"),
            ("mail", "String"),
            ("mailNickname", "String"),
            ("mobilePhone", "String"),
            ("officeLocation", "String"),
            ("onPremisesDistinguishedName", "String"),
            ("onPremisesDomainName", "String"),
            ("onPremisesExtensionAttributes", "object"),
            ("onPremisesImmutableId", "String"),
            ("onPremisesLastSyncDateTime", "DateTimeOffset"),
            ("onPremisesProvisioningErrors", "object[]"),
            ("onPremisesSamAccountName", "String"),
            ("onPremisesSecurityIdentifier", "String"),
            ("onPremisesSyncEnabled", "Boolean"),
            ("onPremisesUserPrincipalName", "String"),
            ("otherMails", "String[]!"),
            ("postalCode", "String"),
            ("preferredLanguage", "String"),
            ("proxyAddresses", "String[]!"),
            ("serviceProvisioningErrors", "object[]"),
            ("showInAddressList", "Boolean"),
            ("state", "String"),
            ("streetAddress", "String"),
            ("surname", "String"),
            ("usageLocation", "String"),
            ("userPrincipalName", "String"),
            ("userType", "String"),
        ],
    ),
    (
        "group",
        &[
            ("id", "String!"),
            ("deletedDateTime", "DateTimeOffset"),
            ("description", "String"),
            ("displayName", "String"),
            ("groupTypes", "String[]!"),
            ("isAssignableToRole", "Boolean"),
            ("mail", "String"),
            ("mailEnabled", "Boolean"),
            ("mailNickname", "String"),
            ("onPremisesDomainName", "String"),
            ("onPremisesExtensionAttributes", "object"),
            ("onPremisesLastSyncDateTime", "DateTimeOffset"),
            ("onPremisesNetBiosName", "String"),
            ("onPremisesProvisioningErrors", "object[]"),
            ("onPremisesSamAccountName", "String"),
            ("onPremisesSecurityIdentifier", "String"),
            ("onPremisesSyncEnabled", "Boolean"),
            ("proxyAddresses", "String[]!"),
            ("securityEnabled", "Boolean"),
            ("serviceProvisioningErrors", "object[]"),
        ],
    ),
    (
        "orgContact",
        &[
            ("id", "String!"),
            ("addresses", "object[]"),
            ("companyName", "String"),
            ("department", "String"),
            ("displayName", "String"),
            ("givenName", "String"),
            ("jobTitle", "String"),
            ("mail", "String"),
            ("mailNickname", "String"),
            ("onPremisesLastSyncDateTime", "DateTimeOffset"),
            ("onPremisesProvisioningErrors", "object[]"),
            ("onPremisesSyncEnabled", "Boolean"),
            ("phones", "object[]"),
            ("proxyAddresses", "String[]!"),
            ("serviceProvisioningErrors", "object[]"),
            ("surname", "String"),
        ],
    ),
    (
        "device",
        &[
            ("id", "String!"),
            ("accountEnabled", "Boolean"),
            ("alternativeSecurityIds", "object[]!"),
            ("deviceId", "String"),
            ("displayName", "String"),
            ("isCompliant", "Boolean"),
            ("isManaged", "Boolean"),
            ("onPremisesLastSyncDateTime", "DateTimeOffset"),
            ("onPremisesSecurityIdentifier", "String"),
            ("onPremisesSyncEnabled", "Boolean"),
            ("operatingSystem", "String"),
            ("operatingSystemVersion", "String"),
            ("profileType", "String"),
            ("trustType", "String"),
        ],
    ),
    (
        "organization",
        &[
            ("id", "String!"),
            ("createdDateTime", "DateTimeOffset"),
            ("defaultUsageLocation", "String"),
            ("displayName", "String"),
            ("onPremisesLastSyncDateTime", "DateTimeOffset"),
            ("onPremisesSyncEnabled", "Boolean"),
            ("tenantType", "String"),
            ("verifiedDomains", "object[]!"),
        ],
    ),
    (
        "domain",
        &[
            ("id", "String!"),
            ("authenticationType", "String!"),
            ("isAdminManaged", "Boolean!"),
            ("isDefault", "Boolean!"),
            ("isInitial", "Boolean!"),
            ("isRoot", "Boolean!"),
            ("isVerified", "Boolean!"),
            ("supportedServices", "String[]!"),
        ],
    ),
    (
        "internalDomainFederation",
        &[
            ("id", "String!"),
            ("displayName", "String"),
            ("issuerUri", "String"),
            ("passiveSignInUri", "String"),
            ("signingCertificate", "String"),
        ],
    ),
    (
        "directoryRole",
        &[("id", "String!"), ("displayName", "String"), ("roleTemplateId", "String")],
    ),
    (
        "subscribedSku",
        &[
            ("id", "String!"),
            ("consumedUnits", "Int32"),
            ("prepaidUnits", "object"),
            ("skuId", "Guid"),
            ("skuPartNumber", "String"),
        ],
    ),
    (
        "onPremisesDirectorySynchronization",
        &[("id", "String!"), ("configuration", "object"), ("features", "object!")],
    ),
];

/// Properties of an entity type; none when the type is unknown.
pub fn properties(entity: &str) -> &'static [(&'static str, &'static str)] {
    TYPES.iter().find(|(name, _)| *name == entity).map_or(&[], |(_, properties)| properties)
}

/// What is wrong with an entity of this type: properties that are not in the metadata, and values of other types.
pub fn check(entity: &str, json: &Value) -> Vec<String> {
    let Some(map) = json.as_object() else { return vec![format!("{entity}: not an object")] };
    let mut wrong = Vec::new();
    for (name, value) in map {
        match properties(entity).iter().find(|(it, _)| it == name) {
            None => wrong.push(format!("{entity}/{name}: not in the metadata")),
            Some((_, ty)) if !fits(ty, value) => {
                wrong.push(format!("{entity}/{name}: {value} is no {ty}"));
            }
            Some(_) => {}
        }
    }
    wrong
}

fn fits(ty: &str, value: &Value) -> bool {
    let (ty, is_required) = ty.strip_suffix('!').map_or((ty, false), |it| (it, true));
    if value.is_null() {
        return !is_required;
    }
    if let Some(inner) = ty.strip_suffix("[]") {
        return value.as_array().is_some_and(|it| it.iter().all(|it| fits(inner, it)));
    }
    match ty {
        "Boolean" => value.is_boolean(),
        "Int32" => value.as_i64().is_some_and(|it| i32::try_from(it).is_ok()),
        "object" => value.is_object(),
        "DateTimeOffset" => value.as_str().is_some_and(|it| it.ends_with('Z') && it.contains('T')),
        _ => value.is_string(),
    }
}
