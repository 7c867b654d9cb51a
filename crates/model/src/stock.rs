//! What `DirSync` ships, as far as it is known: used only where its templates were not read on the server.
//!
//! Judging and translating speak of the same table, so it stands here.
use crate::{
    AttributeName,
    config::{FilterAlternative, FilterCondition, FilterOperator as Op},
};

/// Attributes that a stock agent to Active Directory selects. Superset concluded from the 132 attributes of an Azure AD
/// Connect 1.1.130 export, less those that came later; only attributes that the forest's schema has are compared.
pub const SELECTED_ATTRIBUTES: &[&str] = &[
    "assistant",
    "authOrig",
    "c",
    "cn",
    "co",
    "company",
    "countryCode",
    "department",
    "description",
    "displayName",
    "dLMemRejectPerms",
    "dLMemSubmitPerms",
    "extensionAttribute1",
    "extensionAttribute2",
    "extensionAttribute3",
    "extensionAttribute4",
    "extensionAttribute5",
    "extensionAttribute6",
    "extensionAttribute7",
    "extensionAttribute8",
    "extensionAttribute9",
    "extensionAttribute10",
    "extensionAttribute11",
    "extensionAttribute12",
    "extensionAttribute13",
    "extensionAttribute14",
    "extensionAttribute15",
    "facsimileTelephoneNumber",
    "givenName",
    "groupType",
    "hideDLMembership",
    "homePhone",
    "info",
    "initials",
    "ipPhone",
    "isCriticalSystemObject",
    "l",
    "legacyExchangeDN",
    "mail",
    "mailNickname",
    "managedBy",
    "manager",
    "member",
    "middleName",
    "mobile",
    "msDS-HABSeniorityIndex",
    "msDS-PhoneticDisplayName",
    "msExchArchiveGUID",
    "msExchArchiveName",
    "msExchAssistantName",
    "msExchBlockedSendersHash",
    "msExchHideFromAddressLists",
    "msExchMailboxGuid",
    "msExchModeratedByLink",
    "msExchModerationFlags",
    "msExchRecipientDisplayType",
    "msExchRecipientTypeDetails",
    "msExchRequireAuthToSendTo",
    "msExchRetentionComment",
    "msExchRetentionURL",
    "msExchSafeRecipientsHash",
    "msExchSafeSendersHash",
    "msExchSenderHintTranslations",
    "objectGUID",
    "objectSid",
    "oOFReplyToOriginator",
    "otherFacsimileTelephoneNumber",
    "otherHomePhone",
    "otherIpPhone",
    "otherMobile",
    "otherPager",
    "otherTelephone",
    "pager",
    "physicalDeliveryOfficeName",
    "postalCode",
    "postOfficeBox",
    "preferredLanguage",
    "proxyAddresses",
    "pwdLastSet",
    "reportToOriginator",
    "reportToOwner",
    "sAMAccountName",
    "sn",
    "st",
    "streetAddress",
    "targetAddress",
    "telephoneAssistant",
    "telephoneNumber",
    "thumbnailPhoto",
    "title",
    "unauthOrig",
    "url",
    "userAccountControl",
    "userCertificate",
    "userPrincipalName",
    "userSMIMECertificate",
    "wWWHomePage",
];

/// Attributes that Exchange hybrid deployment writes back to Active Directory.
pub const HYBRID_WRITE_BACK: &[&str] = &[
    "msDS-ExternalDirectoryObjectID",
    "msExchArchiveStatus",
    "msExchBlockedSendersHash",
    "msExchSafeRecipientsHash",
    "msExchSafeSendersHash",
    "msExchUCVoiceMailSettings",
    "msExchUserHoldPolicies",
    "proxyAddresses",
    "publicDelegates",
];

/// Beginnings of the names of DLLs that belong to the product.
pub const STOCK_ASSEMBLIES: &[&str] = &[
    "Microsoft.Online.",
    "Microsoft.Azure.ActiveDirectory.",
    "Microsoft.IdentityManagement.",
    "Microsoft.MetadirectoryServices",
    "Microsoft.IAM.Connector.",
];

/// Whether a DLL's name belongs to the product's families. It says nothing about who signed the file.
pub fn is_stock_assembly(name: &str) -> bool {
    STOCK_ASSEMBLIES
        .iter()
        .any(|it| name.get(..it.len()).is_some_and(|start| start.eq_ignore_ascii_case(it)))
}

/// Object types, conditions (attribute, operator, value): the default exclusions documented in KB 2643629 and KB 2256198.
type StockAlternative = (&'static [&'static str], &'static [(&'static str, Op, &'static str)]);

const PEOPLE: &[&str] = &["user", "inetOrgPerson"];
const EVERY: &[&str] = &["user", "inetOrgPerson", "group", "contact"];

const STOCK_FILTERS: &[StockAlternative] = &[
    (EVERY, &[("isCriticalSystemObject", Op::Equality, "true")]),
    (PEOPLE, &[("isCriticalSystemObject", Op::Present, "")]),
    (PEOPLE, &[("sAMAccountName", Op::NotPresent, "")]),
    (PEOPLE, &[("sAMAccountName", Op::Equality, "SUPPORT_388945a0")]),
    (PEOPLE, &[("sAMAccountName", Op::Equality, "MSOL_AD_Sync")]),
    (
        PEOPLE,
        &[
            ("sAMAccountName", Op::SubstringStart, "CAS_"),
            ("sAMAccountName", Op::SubstringAny, "}"),
        ],
    ),
    (
        PEOPLE,
        &[("mailNickname", Op::SubstringStart, "CAS_"), ("mailNickname", Op::SubstringAny, "}")],
    ),
    (PEOPLE, &[("mailNickname", Op::SubstringStart, "SystemMailbox")]),
    (
        PEOPLE,
        &[
            ("displayName", Op::SubstringStart, "MSOL"),
            ("msExchHideFromAddressLists", Op::Equality, "true"),
        ],
    ),
    (
        &["contact"],
        &[
            ("displayName", Op::SubstringAny, "MSOL"),
            ("msExchHideFromAddressLists", Op::Equality, "true"),
        ],
    ),
    (
        &["contact", "group"],
        &[("proxyAddresses", Op::NotPresent, ""), ("mail", Op::NotPresent, "")],
    ),
    (&["group"], &[("mail", Op::Present, ""), ("displayName", Op::NotPresent, "")]),
    (&["group"], &[("sAMAccountName", Op::Equality, "MSOL_AD_Sync_RichCoexistence")]),
];

/// Values of msExchRecipientTypeDetails that are never synchronised (KB 2256198).
const STOCK_RECIPIENT_TYPES: &[u64] =
    &[0x1000, 0x2000, 0x4000, 0x40_0000, 0x80_0000, 0x100_0000, 0x2000_0000];

/// Whether an alternative is one of the documented default exclusions.
pub fn is_stock_alternative(object_type: &AttributeName, alternative: &FilterAlternative) -> bool {
    if let [only] = alternative.conditions.as_slice()
        && only.attribute.is("msExchRecipientTypeDetails")
        && only.operator == Op::Equality
        && number(&only.value).is_some_and(|it| STOCK_RECIPIENT_TYPES.contains(&it))
    {
        return true;
    }
    STOCK_FILTERS.iter().any(|(types, conditions)| {
        types.iter().any(|it| object_type.is(it))
            && same_conditions(
                &alternative.conditions,
                &conditions
                    .iter()
                    .map(|(attribute, operator, value)| FilterCondition {
                        attribute: AttributeName::new(attribute),
                        intrinsic: false,
                        operator: operator.clone(),
                        value: (*value).to_owned(),
                    })
                    .collect::<Vec<_>>(),
            )
    })
}

/// A number as filters write it: decimal, or hexadecimal after `0x`.
pub fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Whether two alternatives demand the same, in any order; values compare without regard to case, as the directory does.
pub fn same_conditions(a: &[FilterCondition], b: &[FilterCondition]) -> bool {
    let key = |conditions: &[FilterCondition]| {
        let mut keys: Vec<_> = conditions
            .iter()
            .map(|it| {
                (
                    it.attribute.clone(),
                    it.intrinsic,
                    it.operator.clone(),
                    it.value.trim().to_lowercase(),
                )
            })
            .collect();
        keys.sort();
        keys.dedup();
        keys
    };
    key(a) == key(b)
}

/// Containers that the product leaves out of a domain by itself, by their name below the domain.
pub const STOCK_EXCLUDED_CONTAINERS: &[&str] = &[
    "Builtin",
    "Computers",
    "ForeignSecurityPrincipals",
    "Infrastructure",
    "Keys",
    "LostAndFound",
    "Managed Service Accounts",
    "Microsoft Exchange Security Groups",
    "Microsoft Exchange System Objects",
    "NTDS Quotas",
    "Program Data",
    "System",
    "TPM Devices",
    "Users",
];
