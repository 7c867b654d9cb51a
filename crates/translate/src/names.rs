//! Names that differ between Active Directory, the metaverse and the cloud.
use dirlift_model::AttributeName;

/// Metaverse name, name at the cloud connector. Only pairs that differ; counted in the standard rules of build 1.1.130.0.
const CLOUD: &[(&str, &str)] = &[
    ("accountName", "onPremisesSamAccountName"),
    ("c", "countryLetterCode"),
    ("cn", "commonName"),
    ("co", "country"),
    ("domainFQDN", "dnsDomainName"),
    ("domainNetBios", "netBiosName"),
    ("l", "city"),
    ("mailNickname", "alias"),
    ("msDS-HABSeniorityIndex", "msDsHabSeniorityIndex"),
    ("msDS-PhoneticDisplayName", "msDsPhoneticDisplayName"),
    ("msExchArchiveGUID", "msExchArchiveGuid"),
    ("msExchELCExpirySuspensionEnd", "msExchElcExpirySuspensionEnd"),
    ("msExchELCExpirySuspensionStart", "msExchElcExpirySuspensionStart"),
    ("msExchELCMailboxFlags", "msExchElcMailboxFlags"),
    ("msExchResourceMetaData", "msExchResourceMetadata"),
    ("msExchRetentionURL", "msExchRetentionUrl"),
    ("msOrg-IsOrganizational", "msOrgIsOrganizational"),
    ("msRTCSIP-ApplicationOptions", "msRtcSipApplicationOptions"),
    ("msRTCSIP-DeploymentLocator", "msRtcSipDeploymentLocator"),
    ("msRTCSIP-Line", "msRtcSipLine"),
    ("msRTCSIP-OptionFlags", "msRtcSipOptionFlags"),
    ("msRTCSIP-OwnerUrn", "msRtcSipOwnerUrn"),
    ("msRTCSIP-PrimaryUserAddress", "msRtcSipPrimaryUserAddress"),
    ("msRTCSIP-UserEnabled", "msRtcSipUserEnabled"),
    ("objectSid", "onPremiseSecurityIdentifier"),
    ("pwdLastSet", "lastPasswordChangeTimestamp"),
    ("sn", "surname"),
    ("st", "state"),
];

/// The cloud connector's name of a metaverse attribute.
pub(crate) fn cloud_name(metaverse: &AttributeName) -> AttributeName {
    let found = CLOUD.iter().find(|(name, _)| metaverse.is(name));
    found.map_or_else(|| metaverse.clone(), |(_, name)| AttributeName::new(name))
}

/// The name in Entra Connect's metaverse of an attribute of `DirSync`'s metaverse.
pub(crate) fn metaverse_name(dirsync: &AttributeName) -> AttributeName {
    if dirsync.is("sAMAccountName") { "accountName".into() } else { dirsync.clone() }
}

/// The type in Entra Connect's metaverse of an object type of `DirSync`'s metaverse; contacts are persons there.
pub(crate) fn metaverse_type(dirsync: &AttributeName) -> Option<AttributeName> {
    let person = ["person", "user", "inetOrgPerson", "contact"];
    if person.iter().any(|it| dirsync.is(it)) {
        Some("person".into())
    } else if dirsync.is("group") {
        Some("group".into())
    } else {
        None
    }
}

/// Attributes of Active Directory whose syntax is a number, among those that filters are written on.
const NUMBERS: &[&str] = &[
    "accountExpires",
    "adminCount",
    "codePage",
    "countryCode",
    "groupType",
    "instanceType",
    "msExchModerationFlags",
    "msExchRecipientDisplayType",
    "msExchRecipientTypeDetails",
    "msExchRemoteRecipientType",
    "primaryGroupID",
    "pwdLastSet",
    "sAMAccountType",
    "userAccountControl",
];

/// Whether the attribute is known to hold one number.
pub(crate) fn is_number(attribute: &AttributeName) -> bool {
    NUMBERS.iter().any(|it| attribute.is(it))
}
