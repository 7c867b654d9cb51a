//! Attributes and classes of the invented directories, with the syntaxes that the real ones have.

/// An attribute with its kind: `S` text, `N` number, `T` truth, `O` bytes, `D` name, `L` large number; lower case where
/// it has many values.
pub(super) type Attribute = (&'static str, char);

/// What the stock agent to Active Directory selects. The names are those of a published export of the successor, less
/// the ones that came later.
#[rustfmt::skip]
pub(super) const SELECTED: &[Attribute] = &[
    ("adminDescription", 'S'), ("assistant", 'D'), ("authOrig", 'd'), ("c", 'S'), ("cn", 'S'), ("co", 'S'),
    ("company", 'S'), ("countryCode", 'N'), ("department", 'S'), ("description", 's'), ("displayName", 'S'),
    ("dLMemRejectPerms", 'd'), ("dLMemSubmitPerms", 'd'), ("employeeNumber", 'S'), ("employeeType", 'S'),
    ("extensionAttribute1", 'S'), ("extensionAttribute10", 'S'), ("extensionAttribute11", 'S'),
    ("extensionAttribute12", 'S'), ("extensionAttribute13", 'S'), ("extensionAttribute14", 'S'),
    ("extensionAttribute15", 'S'), ("extensionAttribute2", 'S'), ("extensionAttribute3", 'S'),
    ("extensionAttribute4", 'S'), ("extensionAttribute5", 'S'), ("extensionAttribute6", 'S'),
    ("extensionAttribute7", 'S'), ("extensionAttribute8", 'S'), ("extensionAttribute9", 'S'),
    ("facsimileTelephoneNumber", 'S'), ("givenName", 'S'), ("groupType", 'N'), ("hideDLMembership", 'T'),
    ("homePhone", 'S'), ("info", 'S'), ("initials", 'S'), ("ipPhone", 'S'), ("isCriticalSystemObject", 'T'),
    ("l", 'S'), ("legacyExchangeDN", 'S'), ("mail", 'S'), ("mailNickname", 'S'), ("managedBy", 'D'),
    ("manager", 'D'), ("member", 'd'), ("middleName", 'S'), ("mobile", 'S'), ("msDS-HABSeniorityIndex", 'N'),
    ("msDS-PhoneticDisplayName", 'S'), ("msExchArchiveGUID", 'O'), ("msExchArchiveName", 's'),
    ("msExchArchiveStatus", 'N'), ("msExchAssistantName", 'S'), ("msExchBlockedSendersHash", 'O'),
    ("msExchBypassModerationFromDLMembersLink", 'd'), ("msExchBypassModerationLink", 'd'),
    ("msExchCoManagedByLink", 'd'), ("msExchDelegateListLink", 'd'), ("msExchELCExpirySuspensionEnd", 'S'),
    ("msExchELCExpirySuspensionStart", 'S'), ("msExchELCMailboxFlags", 'N'), ("msExchEnableModeration", 'T'),
    ("msExchGroupDepartRestriction", 'N'), ("msExchGroupJoinRestriction", 'N'), ("msExchHideFromAddressLists", 'T'),
    ("msExchImmutableId", 'S'), ("msExchMailboxGuid", 'O'), ("msExchMasterAccountSid", 'O'),
    ("msExchModeratedByLink", 'd'), ("msExchModerationFlags", 'N'), ("msExchRecipientDisplayType", 'N'),
    ("msExchRecipientTypeDetails", 'L'), ("msExchRequireAuthToSendTo", 'T'), ("msExchResourceCapacity", 'N'),
    ("msExchResourceDisplay", 'S'), ("msExchResourceMetaData", 's'), ("msExchResourceSearchProperties", 's'),
    ("msExchRetentionComment", 'S'), ("msExchRetentionURL", 'S'), ("msExchSafeRecipientsHash", 'O'),
    ("msExchSafeSendersHash", 'O'), ("msExchSenderHintTranslations", 's'), ("msExchUCVoiceMailSettings", 's'),
    ("msExchUserHoldPolicies", 's'), ("msRTCSIP-ApplicationOptions", 'N'), ("msRTCSIP-DeploymentLocator", 'S'),
    ("msRTCSIP-Line", 'S'), ("msRTCSIP-OptionFlags", 'N'), ("msRTCSIP-OwnerUrn", 'S'),
    ("msRTCSIP-PrimaryUserAddress", 'S'), ("msRTCSIP-TargetHomeServer", 'D'), ("msRTCSIP-UserEnabled", 'T'),
    ("objectGUID", 'O'), ("objectSid", 'O'), ("oOFReplyToOriginator", 'T'), ("otherFacsimileTelephoneNumber", 's'),
    ("otherHomePhone", 's'), ("otherIpPhone", 's'), ("otherMobile", 's'), ("otherPager", 's'),
    ("otherTelephone", 's'), ("pager", 'S'), ("photo", 'o'), ("physicalDeliveryOfficeName", 'S'),
    ("postalCode", 'S'), ("postOfficeBox", 's'), ("preferredLanguage", 'S'), ("proxyAddresses", 's'),
    ("publicDelegates", 'd'), ("pwdLastSet", 'L'), ("reportToOriginator", 'T'), ("reportToOwner", 'T'),
    ("sAMAccountName", 'S'), ("sn", 'S'), ("st", 'S'), ("streetAddress", 'S'), ("targetAddress", 'S'),
    ("telephoneAssistant", 'S'), ("telephoneNumber", 'S'), ("thumbnailPhoto", 'O'), ("title", 'S'),
    ("unauthOrig", 'd'), ("url", 's'), ("userAccountControl", 'N'), ("userCertificate", 'o'),
    ("userPrincipalName", 'S'), ("userSMIMECertificate", 'o'), ("wWWHomePage", 'S'),
];

/// What the schema has besides and the agent does not select.
#[rustfmt::skip]
pub(super) const UNSELECTED: &[Attribute] = &[
    ("accountExpires", 'L'), ("accountNameHistory", 's'), ("adminCount", 'N'), ("adminDisplayName", 'S'),
    ("altRecipient", 'D'), ("altSecurityIdentities", 's'), ("badPasswordTime", 'L'), ("badPwdCount", 'N'),
    ("businessCategory", 's'), ("canonicalName", 's'), ("carLicense", 's'), ("codePage", 'N'), ("comment", 'S'),
    ("controlAccessRights", 'o'), ("creationTime", 'L'), ("dc", 'S'), ("departmentNumber", 's'),
    ("deliverAndRedirect", 'T'), ("desktopProfile", 'S'), ("destinationIndicator", 's'), ("directReports", 'd'),
    ("division", 'S'), ("dNSHostName", 'S'), ("dSCorePropagationData", 's'), ("employeeID", 'S'),
    ("garbageCollPeriod", 'N'), ("generationQualifier", 'S'), ("gPLink", 'S'), ("gPOptions", 'N'),
    ("groupMembershipSAM", 'O'), ("homeDirectory", 'S'), ("homeDrive", 'S'), ("homeMDB", 'D'), ("homeMTA", 'D'),
    ("homePostalAddress", 'S'), ("houseIdentifier", 's'), ("instanceType", 'N'), ("jpegPhoto", 'o'),
    ("labeledURI", 's'), ("lastLogon", 'L'), ("lastLogonTimestamp", 'L'), ("lockoutTime", 'L'), ("logonCount", 'N'),
    ("logonHours", 'O'), ("mDBOverHardQuotaLimit", 'N'), ("mDBStorageQuota", 'N'), ("mDBUseDefaults", 'T'),
    ("memberOf", 'd'), ("msDS-AllowedToDelegateTo", 's'), ("msDS-SupportedEncryptionTypes", 'N'), ("name", 'S'),
    ("objectCategory", 'D'), ("objectClass", 's'), ("operatingSystem", 'S'), ("ou", 's'), ("primaryGroupID", 'N'),
    ("profilePath", 'S'), ("roomNumber", 's'), ("scriptPath", 'S'), ("seeAlso", 'd'), ("servicePrincipalName", 's'),
    ("showInAddressBook", 'd'), ("sIDHistory", 'o'), ("uid", 's'), ("userParameters", 'S'),
    ("userWorkstations", 'S'), ("uSNChanged", 'L'), ("uSNCreated", 'L'), ("whenChanged", 'S'), ("whenCreated", 'S'),
];

/// Classes of the directory with their superiors and kinds.
#[rustfmt::skip]
pub(super) const CLASSES: &[(&str, &str, &str)] = &[
    ("top", "top", "abstract"), ("person", "top", "abstract"), ("organizationalPerson", "person", "abstract"),
    ("user", "organizationalPerson", "structural"), ("inetOrgPerson", "user", "structural"),
    ("computer", "user", "structural"), ("contact", "organizationalPerson", "structural"),
    ("group", "top", "structural"), ("container", "top", "structural"), ("organizationalUnit", "top", "structural"),
    ("domainDNS", "top", "structural"), ("mailRecipient", "top", "auxiliary"),
    ("securityPrincipal", "top", "auxiliary"),
];

/// Attributes of the cloud agent.
#[rustfmt::skip]
pub(super) const CLOUD: &[Attribute] = &[
    ("accountEnabled", 'T'), ("alias", 'S'), ("assistant", 'D'), ("authOrig", 'd'), ("city", 'S'),
    ("cloudAnchor", 'S'), ("cloudLegacyExchangeDN", 'S'), ("cloudMSExchArchiveStatus", 'N'),
    ("cloudMSExchBlockedSendersHash", 'O'), ("cloudMSExchSafeRecipientsHash", 'O'),
    ("cloudMSExchSafeSendersHash", 'O'), ("cloudMSExchUCVoiceMailSettings", 's'),
    ("cloudMSExchUserHoldPolicies", 's'), ("commonName", 'S'), ("company", 'S'), ("country", 'S'),
    ("countryCode", 'N'), ("countryLetterCode", 'S'), ("department", 'S'), ("description", 's'),
    ("displayName", 'S'), ("dLMemRejectPerms", 'd'), ("dLMemSubmitPerms", 'd'), ("extensionAttribute1", 'S'),
    ("extensionAttribute10", 'S'), ("extensionAttribute11", 'S'), ("extensionAttribute12", 'S'),
    ("extensionAttribute13", 'S'), ("extensionAttribute14", 'S'), ("extensionAttribute15", 'S'),
    ("extensionAttribute2", 'S'), ("extensionAttribute3", 'S'), ("extensionAttribute4", 'S'),
    ("extensionAttribute5", 'S'), ("extensionAttribute6", 'S'), ("extensionAttribute7", 'S'),
    ("extensionAttribute8", 'S'), ("extensionAttribute9", 'S'), ("facsimileTelephoneNumber", 'S'),
    ("givenName", 'S'), ("hideDLMembership", 'T'), ("homePhone", 'S'), ("info", 'S'), ("initials", 'S'),
    ("ipPhone", 'S'), ("legacyExchangeDN", 'S'), ("mail", 'S'), ("managedBy", 'D'), ("manager", 'D'),
    ("member", 'd'), ("middleName", 'S'), ("mobile", 'S'), ("msExchArchiveGUID", 'O'), ("msExchArchiveName", 's'),
    ("msExchHideFromAddressLists", 'T'), ("msExchMailboxGuid", 'O'), ("msExchRecipientDisplayType", 'N'),
    ("msExchRecipientTypeDetails", 'L'), ("onPremiseSecurityIdentifier", 'O'), ("pager", 'S'),
    ("physicalDeliveryOfficeName", 'S'), ("postalCode", 'S'), ("preferredLanguage", 'S'), ("proxyAddresses", 's'),
    ("publicDelegates", 'd'), ("pwdLastSet", 'S'), ("reportToOriginator", 'T'), ("shadowAlias", 'S'),
    ("shadowDisplayName", 'S'), ("sourceAnchor", 'S'), ("state", 'S'), ("streetAddress", 'S'), ("surname", 'S'),
    ("targetAddress", 'S'), ("telephoneNumber", 'S'), ("thumbnailPhoto", 'O'), ("title", 'S'), ("unauthOrig", 'd'),
    ("usageLocation", 'S'), ("userCertificate", 'o'), ("userPrincipalName", 'S'), ("wWWHomePage", 'S'),
];

/// Direct flows of people: attribute of Active Directory (and of the metaverse), attribute of the cloud.
#[rustfmt::skip]
pub(super) const PERSON_FLOWS: &[(&str, &str)] = &[
    ("assistant", "assistant"), ("c", "countryLetterCode"), ("cn", "commonName"), ("co", "country"),
    ("company", "company"), ("department", "department"), ("displayName", "displayName"),
    ("extensionAttribute1", "extensionAttribute1"), ("extensionAttribute2", "extensionAttribute2"),
    ("extensionAttribute3", "extensionAttribute3"), ("extensionAttribute4", "extensionAttribute4"),
    ("extensionAttribute5", "extensionAttribute5"), ("extensionAttribute15", "extensionAttribute15"),
    ("facsimileTelephoneNumber", "facsimileTelephoneNumber"), ("givenName", "givenName"),
    ("homePhone", "homePhone"), ("l", "city"), ("mail", "mail"), ("mailNickname", "alias"), ("manager", "manager"),
    ("mobile", "mobile"), ("msExchHideFromAddressLists", "msExchHideFromAddressLists"),
    ("msExchMailboxGuid", "msExchMailboxGuid"), ("msExchRecipientTypeDetails", "msExchRecipientTypeDetails"),
    ("physicalDeliveryOfficeName", "physicalDeliveryOfficeName"), ("postalCode", "postalCode"),
    ("proxyAddresses", "proxyAddresses"), ("sn", "surname"), ("st", "state"), ("streetAddress", "streetAddress"),
    ("targetAddress", "targetAddress"), ("telephoneNumber", "telephoneNumber"),
    ("thumbnailPhoto", "thumbnailPhoto"), ("title", "title"),
];

/// Direct flows of contacts.
#[rustfmt::skip]
pub(super) const CONTACT_FLOWS: &[(&str, &str)] = &[
    ("cn", "commonName"), ("company", "company"), ("displayName", "displayName"), ("givenName", "givenName"),
    ("l", "city"), ("mail", "mail"), ("mailNickname", "alias"), ("mobile", "mobile"),
    ("proxyAddresses", "proxyAddresses"), ("sn", "surname"), ("targetAddress", "targetAddress"),
    ("telephoneNumber", "telephoneNumber"), ("title", "title"),
];

/// Direct flows of groups.
#[rustfmt::skip]
pub(super) const GROUP_FLOWS: &[(&str, &str)] = &[
    ("cn", "commonName"), ("description", "description"), ("displayName", "displayName"),
    ("hideDLMembership", "hideDLMembership"), ("info", "info"), ("mail", "mail"), ("mailNickname", "alias"),
    ("managedBy", "managedBy"), ("member", "member"), ("proxyAddresses", "proxyAddresses"),
    ("reportToOriginator", "reportToOriginator"),
];

/// What Exchange hybrid deployment writes back: attribute of Active Directory, attribute of the metaverse.
#[rustfmt::skip]
pub(super) const WRITE_BACK: &[(&str, &str)] = &[
    ("msExchArchiveStatus", "cloudMSExchArchiveStatus"),
    ("msExchBlockedSendersHash", "cloudMSExchBlockedSendersHash"),
    ("msExchSafeRecipientsHash", "cloudMSExchSafeRecipientsHash"),
    ("msExchSafeSendersHash", "cloudMSExchSafeSendersHash"),
    ("msExchUCVoiceMailSettings", "cloudMSExchUCVoiceMailSettings"),
    ("msExchUserHoldPolicies", "cloudMSExchUserHoldPolicies"),
];

/// The object identifier of an attribute's syntax.
pub(super) const fn syntax(kind: char) -> &'static str {
    match kind {
        'N' | 'n' => "1.3.6.1.4.1.1466.115.121.1.27",
        'T' | 't' => "1.3.6.1.4.1.1466.115.121.1.7",
        'O' | 'o' => "1.3.6.1.4.1.1466.115.121.1.5",
        'D' | 'd' => "1.3.6.1.4.1.1466.115.121.1.12",
        'L' | 'l' => "1.2.840.113556.1.4.906",
        _ => "1.3.6.1.4.1.1466.115.121.1.15",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flows_name_attributes_that_exist_and_no_name_comes_twice() {
        let mut names: Vec<_> =
            SELECTED.iter().chain(UNSELECTED).map(|it| it.0.to_ascii_lowercase()).collect();
        let n_names = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), n_names);
        for (directory, cloud) in PERSON_FLOWS.iter().chain(CONTACT_FLOWS).chain(GROUP_FLOWS) {
            assert!(SELECTED.iter().any(|it| it.0 == *directory), "{directory}");
            assert!(CLOUD.iter().any(|it| it.0 == *cloud), "{cloud}");
        }
        for (directory, cloud) in WRITE_BACK {
            assert!(SELECTED.iter().any(|it| it.0 == *directory), "{directory}");
            assert!(CLOUD.iter().any(|it| it.0 == *cloud), "{cloud}");
        }
    }
}
