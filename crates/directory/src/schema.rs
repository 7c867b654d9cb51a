//! How the values of attributes are typed: by the directory's own schema, or by a table where no schema is at hand.
use std::{borrow::Cow, collections::BTreeMap, string::FromUtf8Error};

use dirlift_model::{AttributeName, AttributeValue};

/// How values are stored in a connector space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// Text; also names of classes, times, and names with something else in one value.
    Text,
    /// Whole numbers, of 32 and of 64 bits.
    Integer,
    /// `TRUE` or `FALSE`.
    Boolean,
    /// Bytes, security identifiers, security descriptors.
    Binary,
    /// The name of another object.
    Reference,
}

/// `attributeSyntax` of Active Directory (MS-ADTS 3.1.1.2.2.2).
const SYNTAXES: &[(&str, Syntax)] = &[
    ("2.5.5.1", Syntax::Reference),
    ("2.5.5.2", Syntax::Text),
    ("2.5.5.3", Syntax::Text),
    ("2.5.5.4", Syntax::Text),
    ("2.5.5.5", Syntax::Text),
    ("2.5.5.6", Syntax::Text),
    ("2.5.5.7", Syntax::Text),
    ("2.5.5.8", Syntax::Boolean),
    ("2.5.5.9", Syntax::Integer),
    ("2.5.5.10", Syntax::Binary),
    ("2.5.5.11", Syntax::Text),
    ("2.5.5.12", Syntax::Text),
    ("2.5.5.13", Syntax::Text),
    ("2.5.5.14", Syntax::Text),
    ("2.5.5.15", Syntax::Binary),
    ("2.5.5.16", Syntax::Integer),
    ("2.5.5.17", Syntax::Binary),
];

impl Syntax {
    /// The syntax with this `attributeSyntax`; one that is not known is taken for bytes, which lose nothing.
    pub fn new(attribute_syntax: &str) -> Self {
        SYNTAXES.iter().find(|it| it.0 == attribute_syntax.trim()).map_or(Self::Binary, |it| it.1)
    }

    /// An `attributeSyntax` that reads as this one.
    pub(crate) const fn object_identifier(self) -> &'static str {
        match self {
            Self::Text => "2.5.5.12",
            Self::Integer => "2.5.5.16",
            Self::Boolean => "2.5.5.8",
            Self::Binary => "2.5.5.10",
            Self::Reference => "2.5.5.1",
        }
    }

    /// Types one value; what does not fit its syntax is kept as text, or as bytes, and `false` says so.
    pub(crate) fn read(self, value: Cow<'_, [u8]>) -> (AttributeValue, bool) {
        if self == Self::Binary {
            return (AttributeValue::Binary(value.into_owned()), true);
        }
        let text = match value {
            Cow::Borrowed(bytes) => {
                std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| bytes.to_vec())
            }
            Cow::Owned(bytes) => {
                String::from_utf8(bytes).map(Cow::Owned).map_err(FromUtf8Error::into_bytes)
            }
        };
        let text = match text {
            Ok(text) => text,
            Err(bytes) => return (AttributeValue::Binary(bytes), false),
        };
        let typed = match self {
            Self::Integer => text.parse().ok().map(AttributeValue::Integer),
            Self::Boolean => match &*text {
                "TRUE" => Some(AttributeValue::Boolean(true)),
                "FALSE" => Some(AttributeValue::Boolean(false)),
                _ => None,
            },
            Self::Reference => text.parse().ok().map(AttributeValue::Reference),
            Self::Text | Self::Binary => {
                return (AttributeValue::String(text.into_owned()), true);
            }
        };
        let fits = typed.is_some();
        (typed.unwrap_or_else(|| AttributeValue::String(text.into_owned())), fits)
    }
}

/// Attributes with their syntaxes, each spelt as the directory spells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    attributes: BTreeMap<AttributeName, (AttributeName, Syntax)>,
}

impl Schema {
    /// The table for files that bring no schema: what the stock connectors select, and what belongs to every object.
    pub fn builtin() -> Self {
        let mut schema = Self::default();
        for (names, syntax) in BUILTIN {
            for name in names.split_ascii_whitespace() {
                schema.add(name.into(), *syntax);
            }
        }
        schema
    }

    /// Adds an attribute or replaces its syntax.
    pub fn add(&mut self, name: AttributeName, syntax: Syntax) {
        self.attributes.insert(name.clone(), (name, syntax));
    }

    /// The attribute as the directory spells it, with its syntax.
    pub fn get(&self, name: &AttributeName) -> Option<(&AttributeName, Syntax)> {
        self.attributes.get(name).map(|(name, syntax)| (name, *syntax))
    }

    /// Every attribute, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&AttributeName, Syntax)> {
        self.attributes.values().map(|(name, syntax)| (name, *syntax))
    }

    /// How many attributes it has.
    pub fn len(&self) -> usize {
        self.attributes.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty()
    }
}

/// Attributes that are asked for when no configuration says which: what the stock connectors select.
///
/// Source: names in a published export of the successor's stock connector.
pub(crate) const STOCK: &str = "\
    accountExpires adminDescription assistant authOrig c cn co company countryCode department description displayName \
    dLMemRejectPerms dLMemSubmitPerms employeeID employeeNumber employeeType extensionAttribute1 extensionAttribute2 \
    extensionAttribute3 extensionAttribute4 extensionAttribute5 extensionAttribute6 extensionAttribute7 \
    extensionAttribute8 extensionAttribute9 extensionAttribute10 extensionAttribute11 extensionAttribute12 \
    extensionAttribute13 extensionAttribute14 extensionAttribute15 facsimileTelephoneNumber givenName groupType \
    hideDLMembership homePhone info initials ipPhone isCriticalSystemObject l legacyExchangeDN mail mailNickname \
    managedBy manager member middleName mobile mS-DS-ConsistencyGuid msDS-HABSeniorityIndex \
    msDS-PhoneticDisplayName msExchArchiveGUID msExchArchiveName msExchArchiveStatus msExchAssistantName \
    msExchBlockedSendersHash msExchBypassModerationFromDLMembersLink msExchBypassModerationLink \
    msExchCoManagedByLink msExchDelegateListLink msExchELCExpirySuspensionEnd msExchELCExpirySuspensionStart \
    msExchELCMailboxFlags msExchEnableModeration msExchGroupDepartRestriction msExchGroupJoinRestriction \
    msExchHideFromAddressLists msExchImmutableId msExchMailboxGuid msExchMasterAccountSid msExchModeratedByLink \
    msExchModerationFlags msExchRecipientDisplayType msExchRecipientTypeDetails msExchRequireAuthToSendTo \
    msExchResourceCapacity msExchResourceDisplay msExchResourceMetaData msExchResourceSearchProperties \
    msExchRetentionComment msExchRetentionURL msExchSafeRecipientsHash msExchSafeSendersHash \
    msExchSenderHintTranslations msExchUCVoiceMailSettings msExchUsageLocation msExchUserHoldPolicies \
    msRTCSIP-ApplicationOptions msRTCSIP-DeploymentLocator msRTCSIP-Line msRTCSIP-OptionFlags msRTCSIP-OwnerUrn \
    msRTCSIP-PrimaryUserAddress msRTCSIP-TargetHomeServer msRTCSIP-UserEnabled objectGUID objectSid \
    oOFReplyToOriginator otherFacsimileTelephoneNumber otherHomePhone otherIpPhone otherMobile otherPager \
    otherTelephone pager photo physicalDeliveryOfficeName postalCode postOfficeBox preferredLanguage \
    proxyAddresses publicDelegates pwdLastSet reportToOriginator reportToOwner sAMAccountName sn st streetAddress \
    targetAddress telephoneAssistant telephoneNumber thumbnailPhoto title unauthOrig url userAccountControl \
    userCertificate userPrincipalName userSMIMECertificate wWWHomePage";

/// Syntaxes of attributes that are not text; everything of [`STOCK`] that is not named here is text.
///
/// Source: the schema of Active Directory and its extension by Exchange and Skype for Business.
const BUILTIN: &[(&str, Syntax)] = &[
    (STOCK, Syntax::Text),
    (
        "accountExpires adminCount badPasswordTime badPwdCount codePage countryCode creationTime groupType \
         instanceType lastLogoff lastLogon lastLogonTimestamp lockoutTime logonCount \
         msDS-Behavior-Version msDS-HABSeniorityIndex msDS-SupportedEncryptionTypes msDS-User-Account-Control-Computed \
         msExchArchiveStatus msExchELCMailboxFlags msExchGroupDepartRestriction msExchGroupJoinRestriction \
         msExchModerationFlags msExchRecipientDisplayType msExchRecipientTypeDetails msExchRemoteRecipientType \
         msExchResourceCapacity msRTCSIP-ApplicationOptions msRTCSIP-OptionFlags primaryGroupID pwdLastSet \
         sAMAccountType systemFlags userAccountControl uSNChanged uSNCreated",
        Syntax::Integer,
    ),
    (
        "deliverAndRedirect hideDLMembership isCriticalSystemObject isDeleted msExchEnableModeration \
         msExchHideFromAddressLists msExchRequireAuthToSendTo msRTCSIP-UserEnabled oOFReplyToOriginator \
         reportToOriginator reportToOwner showInAdvancedViewOnly",
        Syntax::Boolean,
    ),
    (
        "audio groupMembershipSAM jpegPhoto logonHours mS-DS-ConsistencyGuid msDS-GenerationId msDS-KeyCredentialLink \
         msExchArchiveGUID msExchBlockedSendersHash msExchMailboxGuid msExchMasterAccountSid \
         msExchSafeRecipientsHash msExchSafeSendersHash nTSecurityDescriptor objectGUID objectSid photo \
         replPropertyMetaData sIDHistory thumbnailLogo thumbnailPhoto tokenGroups userCertificate \
         userSMIMECertificate",
        Syntax::Binary,
    ),
    (
        "altRecipient assistant authOrig directReports distinguishedName dLMemRejectPerms dLMemSubmitPerms homeMDB homeMTA \
         managedBy managedObjects manager member memberOf msExchBypassModerationFromDLMembersLink \
         msExchBypassModerationLink msExchCoManagedByLink msExchDelegateListLink msExchModeratedByLink \
         msRTCSIP-TargetHomeServer nCName objectCategory publicDelegates seeAlso serverReference showInAddressBook \
         unauthOrig",
        Syntax::Reference,
    ),
    (
        "canonicalName dc dNSHostName name o objectClass ou servicePrincipalName uid whenChanged whenCreated",
        Syntax::Text,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_typed_and_misfits_kept() {
        let text = |it: &str| AttributeValue::String(it.to_owned());
        let cases = [
            (Syntax::Text, "2026-01-01", text("2026-01-01"), true),
            (Syntax::Integer, "-2147483646", AttributeValue::Integer(-2_147_483_646), true),
            (Syntax::Integer, "9223372036854775807", AttributeValue::Integer(i64::MAX), true),
            (Syntax::Integer, "9223372036854775808", text("9223372036854775808"), false),
            (Syntax::Integer, "0x200", text("0x200"), false),
            (Syntax::Boolean, "TRUE", AttributeValue::Boolean(true), true),
            (Syntax::Boolean, "true", text("true"), false),
            (Syntax::Binary, "ab", AttributeValue::Binary(b"ab".to_vec()), true),
            (Syntax::Reference, "CN=a", AttributeValue::Reference("CN=a".parse().unwrap()), true),
            (Syntax::Reference, "nobody", text("nobody"), false),
        ];
        for (syntax, raw, expected, fits) in cases {
            let borrowed = syntax.read(Cow::Borrowed(raw.as_bytes()));
            assert_eq!(borrowed, (expected, fits), "{syntax:?} {raw}");
            assert_eq!(syntax.read(Cow::Owned(raw.into())), borrowed);
        }
        let bytes = AttributeValue::Binary(vec![0xFF]);
        assert_eq!(Syntax::Text.read(Cow::Borrowed(&[0xFF])), (bytes, false));
    }

    #[test]
    fn syntaxes_of_the_standard() {
        for (oid, syntax) in SYNTAXES {
            assert_eq!(Syntax::new(oid), *syntax);
        }
        for syntax in
            [Syntax::Text, Syntax::Integer, Syntax::Boolean, Syntax::Binary, Syntax::Reference]
        {
            assert_eq!(Syntax::new(syntax.object_identifier()), syntax);
        }
        assert_eq!(Syntax::new("2.5.5.99"), Syntax::Binary);
    }

    #[test]
    fn the_table_knows_what_is_not_text() {
        let schema = Schema::builtin();
        let syntax = |name: &str| schema.get(&name.into()).map(|(name, it)| (name.as_str(), it));
        assert_eq!(syntax("MEMBER"), Some(("member", Syntax::Reference)));
        assert_eq!(syntax("useraccountcontrol"), Some(("userAccountControl", Syntax::Integer)));
        assert_eq!(syntax("objectSID"), Some(("objectSid", Syntax::Binary)));
        assert_eq!(syntax("displayName"), Some(("displayName", Syntax::Text)));
        assert_eq!(syntax("x-own"), None);
        let n_stock = STOCK.split_ascii_whitespace().filter(|it| syntax(it).is_some()).count();
        assert_eq!(n_stock, STOCK.split_ascii_whitespace().count());
    }
}
