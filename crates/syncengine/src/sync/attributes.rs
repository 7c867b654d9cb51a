//! The attributes that a synchronization looks at.
use dirlift_model::AttributeName;

use super::{SyncError, cells::Attr};
use crate::input::{AttributeId, Names};

/// Most attributes.
const MAX: usize = 60_000;

/// Attributes by number; everything else about an object is not kept.
#[derive(Debug)]
pub(super) struct Attributes {
    names: Names,
    ids: Vec<AttributeId>,
    pub(super) known: Known,
}

/// Attributes with a meaning of their own.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) dn: Attr,
    pub(super) member: Attr,
    pub(super) object_guid: Attr,
    pub(super) source_anchor: Attr,
    pub(super) source_object_type: Attr,
    pub(super) cloud_mastered: Attr,
    pub(super) display_name: Attr,
    pub(super) upn: Attr,
    pub(super) mail: Attr,
    pub(super) proxies: Attr,
    pub(super) object_sid: Attr,
    pub(super) cloud_sid: Attr,
    pub(super) device_id: Attr,
    pub(super) user_certificate: Attr,
    pub(super) smime_certificate: Attr,
    pub(super) photo: Attr,
}

impl Known {
    /// Whether an object has it without any attribute, from its name or identifier ([`super::view::CsView::value`]).
    pub(super) const fn is_of_the_object(&self, attribute: Attr) -> bool {
        attribute == self.dn || attribute == self.object_guid
    }
}

impl Attributes {
    pub(super) fn new(mut names: Names) -> Result<Self, SyncError> {
        let mut ids = Vec::new();
        let mut number = |name: &str| {
            let id = names.intern(&name.into());
            Attr::try_from(id.index()).unwrap_or(Attr::MAX)
        };
        let known = Known {
            dn: number("dn"),
            member: number("member"),
            object_guid: number("objectGUID"),
            source_anchor: number("sourceAnchor"),
            source_object_type: number("sourceObjectType"),
            cloud_mastered: number("cloudMastered"),
            display_name: number("displayName"),
            upn: number("userPrincipalName"),
            mail: number("mail"),
            proxies: number("proxyAddresses"),
            object_sid: number("objectSid"),
            cloud_sid: number("onPremiseSecurityIdentifier"),
            device_id: number("deviceId"),
            user_certificate: number("userCertificate"),
            smime_certificate: number("userSMIMECertificate"),
            photo: number("thumbnailPhoto"),
        };
        if names.len() > MAX {
            return Err(SyncError::ManyAttributes(names.len()));
        }
        ids.extend(names.ids());
        Ok(Self { names, ids, known })
    }

    pub(super) fn find(&self, name: &AttributeName) -> Option<Attr> {
        self.names.id(name).map(attr)
    }

    pub(super) fn name(&self, attribute: Attr) -> AttributeName {
        let id = self.ids.get(usize::from(attribute));
        id.and_then(|it| self.names.name(*it)).cloned().unwrap_or_else(|| "".into())
    }
}

/// The number of an attribute of the rules; there are at most 60,000.
pub(super) fn attr(id: AttributeId) -> Attr {
    Attr::try_from(id.index()).unwrap_or(Attr::MAX)
}
