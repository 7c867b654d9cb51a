//! What stands behind the name of a property: values, and the lists that are taken apart.
use std::{collections::HashMap, fmt};

use dirlift_model::{AttributeValue, Guid, Sid, tenant::ProvisioningError};
use jiff::Timestamp;
use serde::{
    Deserialize,
    de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::Member;
use crate::attributes::Form;

/// The texts of an object whose other values are null.
pub(super) fn texts_of(
    map: Option<HashMap<String, Option<String>>>,
) -> impl Iterator<Item = (String, String)> {
    map.into_iter().flatten().filter_map(|(name, text)| Some((name, text?)))
}

/// Values that are not empty: the service shows a cleared attribute as null or as nothing.
pub(super) fn strings(texts: impl IntoIterator<Item = String>) -> Vec<AttributeValue> {
    texts.into_iter().filter(|it| !it.is_empty()).map(AttributeValue::String).collect()
}

pub(super) fn value<'de, A: MapAccess<'de>>(
    form: Form,
    map: &mut A,
) -> Result<Vec<AttributeValue>, A::Error> {
    Ok(match form {
        Form::Bool => {
            map.next_value::<Option<bool>>()?.map(AttributeValue::Boolean).into_iter().collect()
        }
        Form::Texts => strings(map.next_value::<Option<Vec<String>>>()?.unwrap_or_default()),
        Form::First => {
            let texts = map.next_value::<Option<Vec<String>>>()?.unwrap_or_default();
            strings(texts.into_iter().take(1))
        }
        Form::Sid => match map.next_value::<Option<String>>()? {
            Some(text) if !text.is_empty() => {
                let sid: Sid = text.parse().map_err(A::Error::custom)?;
                vec![AttributeValue::Binary(sid.to_bytes())]
            }
            _ => Vec::new(),
        },
        Form::GuidBytes => match map.next_value::<Option<String>>()? {
            Some(text) if !text.is_empty() => {
                let guid: Guid = text.parse().map_err(A::Error::custom)?;
                vec![AttributeValue::Binary(guid.to_directory_bytes().to_vec())]
            }
            _ => Vec::new(),
        },
        _ => strings(map.next_value::<Option<String>>()?),
    })
}

/// One of `assignedLicenses`.
#[derive(Deserialize)]
pub(super) struct Licence {
    #[serde(rename = "skuId")]
    pub(super) sku: Option<Guid>,
}

/// One of `phones`.
#[derive(Deserialize)]
pub(super) struct Phone {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) number: Option<String>,
}

/// One of `onPremisesProvisioningErrors`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Conflict {
    category: Option<String>,
    property_causing_error: Option<String>,
    value: Option<String>,
    occurred_date_time: Option<Timestamp>,
}

impl Conflict {
    pub(super) fn into_error(self) -> ProvisioningError {
        ProvisioningError {
            id: Guid::NIL,
            object_type: String::new(),
            category: self.category,
            property: self.property_causing_error,
            value: self.value,
            occurred: self.occurred_date_time,
        }
    }
}

/// A list of members, each reduced to its id while it is read.
pub(crate) struct Members(pub(crate) Vec<Member>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Item {
            id: Guid,
            #[serde(rename = "@removed")]
            removed: Option<IgnoredAny>,
        }
        struct Items;
        impl<'de> Visitor<'de> for Items {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of members")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(Item { id, removed }) = seq.next_element()? {
                    members.push(Member { id, removed: removed.is_some() });
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_seq(Items)
    }
}
