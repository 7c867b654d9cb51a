//! One entity of Graph, read by the table of attributes.
mod value;

use std::{borrow::Cow, collections::HashMap, fmt};

use dirlift_model::{AttributeValue, CsObject, DistinguishedName, Guid, tenant::ProvisioningError};
use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor},
};

pub(crate) use self::value::Members;
use self::value::{Conflict, Licence, Phone, strings, texts_of, value};

use crate::attributes::{Form, Kind, Mapping, mappings};

/// One entity as it was read; references are still ids.
#[derive(Debug)]
pub(crate) struct Entity {
    pub(crate) id: Guid,
    /// Values by the row of [`Reader::rows`].
    values: Vec<Vec<AttributeValue>>,
    /// `onPremisesSyncEnabled` is `true`.
    pub(crate) synchronized: bool,
    /// The subscriptions of `assignedLicenses`; `None` when the entity does not have it.
    pub(crate) skus: Option<Vec<Guid>>,
    pub(crate) errors: Vec<ProvisioningError>,
    /// `onPremisesImmutableId`.
    pub(crate) anchor: Option<String>,
    /// Members, from `members` or `members@delta`; `None` when the entity has neither.
    pub(crate) members: Option<Vec<Member>>,
    /// The entity says that its list of members goes on elsewhere.
    pub(crate) more_members: bool,
    /// The entity carries `@removed`: it is no object any more.
    pub(crate) removed: bool,
}

impl Entity {
    /// Takes in a later part of the same entity; what it says anew counts.
    pub(crate) fn merge(&mut self, later: Self) {
        for (mine, values) in self.values.iter_mut().zip(later.values) {
            if !values.is_empty() {
                *mine = values;
            }
        }
        self.synchronized |= later.synchronized;
        if !later.errors.is_empty() {
            self.errors = later.errors;
        }
        if let Some(members) = later.members {
            self.members.get_or_insert_default().extend(members);
        }
        self.removed = later.removed;
    }

    /// Leaves each member once, and none whose membership ended later.
    pub(crate) fn settle_members(&mut self) {
        let Some(members) = &mut self.members else { return };
        let mut last = HashMap::with_capacity(members.len());
        for (at, member) in members.iter().enumerate() {
            last.insert(member.id, at);
        }
        let mut at = 0;
        members.retain(|it| {
            at += 1;
            !it.removed && last.get(&it.id) == Some(&(at - 1))
        });
    }
}

/// A member of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) id: Guid,
    /// The membership ended.
    pub(crate) removed: bool,
}

/// Reads entities of one kind.
pub(crate) struct Reader {
    pub(crate) kind: Kind,
    rows: Vec<&'static Mapping>,
    actions: HashMap<&'static str, Action>,
}

/// What is done with a property.
#[derive(Clone, Copy)]
enum Action {
    Id,
    Synchronized,
    Licences,
    Errors,
    Members,
    MoreMembers,
    Removed,
    Value(usize, Form),
    Extensions,
    Addresses,
    Phones,
}

impl Reader {
    pub(crate) fn new(kind: Kind) -> Self {
        let rows: Vec<_> = mappings(kind).filter(|it| it.shown.is_some()).collect();
        // Looked up by name only; the order of a map is never seen.
        let mut actions = HashMap::from([
            ("id", Action::Id),
            ("onPremisesSyncEnabled", Action::Synchronized),
            ("onPremisesProvisioningErrors", Action::Errors),
            ("@removed", Action::Removed),
        ]);
        if kind == Kind::User {
            actions.insert("assignedLicenses", Action::Licences);
        }
        if kind == Kind::Group {
            actions.insert("members", Action::Members);
            actions.insert("members@delta", Action::Members);
            actions.insert("members@odata.nextLink", Action::MoreMembers);
        }
        for (at, row) in rows.iter().enumerate() {
            let Some((property, form)) = row.shown else { continue };
            match form {
                Form::Extension => {
                    actions.insert("onPremisesExtensionAttributes", Action::Extensions);
                }
                Form::Address => {
                    actions.insert("addresses", Action::Addresses);
                }
                Form::Phone => {
                    actions.insert("phones", Action::Phones);
                }
                Form::Members | Form::CloudAnchor | Form::CloudMastered => {}
                _ => {
                    actions.insert(property, Action::Value(at, form));
                }
            }
        }
        Self { kind, rows, actions }
    }

    /// Reads one entity; the error is a reason in plain words.
    pub(crate) fn read(&self, json: &str) -> Result<Entity, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let entity = self.deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(entity)
    }

    /// Row of an attribute that is shown in this form and by this property.
    fn row(&self, form: Form, property: &str) -> Option<usize> {
        self.rows.iter().position(|it| it.shown == Some((property, form)))
    }

    /// The object of the connector space. `dn_of` names the members.
    pub(crate) fn object(
        &self,
        entity: Entity,
        mut dn_of: impl FnMut(Guid) -> DistinguishedName,
    ) -> CsObject {
        let dn = dn(entity.id, entity.anchor.as_deref());
        let mut object = CsObject::new(dn, self.kind.object_type());
        object.id = Some(entity.id);
        let mut members = entity.members;
        for (row, values) in self.rows.iter().zip(entity.values) {
            let values = match row.shown {
                Some((_, Form::CloudAnchor)) => {
                    let text = format!("{}_{}", self.kind.anchor_prefix(), entity.id);
                    vec![AttributeValue::String(text)]
                }
                Some((_, Form::CloudMastered)) => {
                    vec![AttributeValue::Boolean(!entity.synchronized)]
                }
                Some((_, Form::Members)) => {
                    let members = members.take().unwrap_or_default();
                    let ids = members.into_iter().filter(|it| !it.removed).map(|it| it.id);
                    ids.map(|it| AttributeValue::Reference(dn_of(it))).collect()
                }
                _ => values,
            };
            if !values.is_empty() {
                object.set(row.connector.into(), values);
            }
        }
        object
    }
}

/// The name of an object in the connector space.
///
/// With an anchor it is the one that the standard rules give: `CN={…}` around the UTF-8 bytes of the anchor in upper-case
/// hexadecimal. Without one it is `CN={…}` around the object id, which has hyphens and so is never such a number.
pub(crate) fn dn(id: Guid, anchor: Option<&str>) -> DistinguishedName {
    let text = match anchor {
        Some(anchor) => {
            let mut text = String::with_capacity(anchor.len() * 2 + 5);
            text.push_str("CN={");
            for byte in anchor.bytes() {
                for nibble in [byte >> 4, byte & 15] {
                    text.push(char::from(b"0123456789ABCDEF"[usize::from(nibble)]));
                }
            }
            text.push('}');
            text
        }
        None => format!("CN={{{id}}}"),
    };
    text.parse().unwrap_or_else(|_| {
        // Only an anchor of more than 32 KiB comes here, which no tenant can hold.
        format!("CN={{{id}}}").parse().expect("a GUID in braces is a name")
    })
}

impl<'de> DeserializeSeed<'de> for &Reader {
    type Value = Entity;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Entity, D::Error> {
        deserializer.deserialize_map(self)
    }
}

/// A name in the input, without a copy when it has no escapes.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Keys)
    }
}

impl<'de> Visitor<'de> for &Reader {
    type Value = Entity;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object of type {}", self.kind.object_type())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entity, A::Error> {
        let mut entity = Entity {
            id: Guid::NIL,
            values: vec![Vec::new(); self.rows.len()],
            synchronized: false,
            skus: None,
            errors: Vec::new(),
            anchor: None,
            members: None,
            more_members: false,
            removed: false,
        };
        while let Some(Key(key)) = map.next_key()? {
            let Some((name, action)) = self.actions.get_key_value(key.as_ref()) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            self.property(*action, &mut entity, &mut map)
                .map_err(|it| A::Error::custom(format_args!("property `{name}`: {it}")))?;
        }
        if entity.id.is_nil() {
            return Err(A::Error::custom("the object has no id"));
        }
        for error in &mut entity.errors {
            error.id = entity.id;
            self.kind.object_type().clone_into(&mut error.object_type);
        }
        if let Some(row) = self.row(Form::Text, "onPremisesImmutableId") {
            entity.anchor = match entity.values[row].first() {
                Some(AttributeValue::String(text)) => Some(text.clone()),
                _ => None,
            };
        }
        Ok(entity)
    }
}

impl Reader {
    fn property<'de, A: MapAccess<'de>>(
        &self,
        action: Action,
        entity: &mut Entity,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match action {
            Action::Id => entity.id = map.next_value()?,
            Action::Synchronized => {
                entity.synchronized = map.next_value::<Option<bool>>()?.unwrap_or_default();
            }
            Action::Licences => {
                let licences: Option<Vec<Licence>> = map.next_value()?;
                entity.skus = licences.map(|all| {
                    let mut skus: Vec<_> = all.into_iter().filter_map(|it| it.sku).collect();
                    skus.sort_unstable();
                    skus
                });
            }
            Action::Errors => {
                let errors: Option<Vec<Conflict>> = map.next_value()?;
                entity.errors = errors.into_iter().flatten().map(Conflict::into_error).collect();
            }
            Action::Members => {
                let members: Option<Members> = map.next_value()?;
                entity
                    .members
                    .get_or_insert_default()
                    .extend(members.map(|it| it.0).unwrap_or_default());
            }
            Action::MoreMembers => {
                map.next_value::<IgnoredAny>()?;
                entity.more_members = true;
            }
            Action::Removed => {
                map.next_value::<IgnoredAny>()?;
                entity.removed = true;
            }
            Action::Value(row, form) => entity.values[row] = value(form, map)?,
            Action::Extensions => {
                for (name, text) in texts_of(map.next_value()?) {
                    self.set_text(entity, Form::Extension, &name, text);
                }
            }
            Action::Addresses => {
                let addresses: Option<Vec<HashMap<String, Option<String>>>> = map.next_value()?;
                let first = addresses.unwrap_or_default().into_iter().next();
                for (name, text) in texts_of(first) {
                    self.set_text(entity, Form::Address, &name, text);
                }
            }
            Action::Phones => {
                let phones: Option<Vec<Phone>> = map.next_value()?;
                for phone in phones.into_iter().flatten() {
                    if let (Some(kind), Some(number)) = (phone.kind, phone.number) {
                        self.set_text(entity, Form::Phone, &kind, number);
                    }
                }
            }
        }
        Ok(())
    }

    fn set_text(&self, entity: &mut Entity, form: Form, property: &str, text: String) {
        if let Some(row) = self.row(form, property).filter(|it| entity.values[*it].is_empty()) {
            entity.values[row] = strings([text]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "00112233-4455-6677-8899-aabbccddeeff";

    fn object(kind: Kind, json: &str) -> CsObject {
        let reader = Reader::new(kind);
        let entity = reader.read(json).unwrap();
        reader.object(entity, |it| dn(it, None))
    }

    #[test]
    fn a_user_becomes_an_object_of_the_connector() {
        let json = r##"{"@odata.type": "#microsoft.graph.user", "unheardOf": {"a": [1, {"b": null}]},
            "id": "00112233-4455-6677-8899-aabbccddeeff", "displayName": "Ann Beck", "accountEnabled": false,
            "businessPhones": ["+45 1", "+45 2"], "proxyAddresses": ["SMTP:ann@fabrikam.example", ""],
            "onPremisesImmutableId": "MyI=", "onPremisesSyncEnabled": true, "city": null, "jobTitle": "",
            "onPremisesSecurityIdentifier": "S-1-5-21-1-2-3-1104",
            "onPremisesExtensionAttributes": {"extensionAttribute1": "x", "extensionAttribute2": null}}"##;
        let ann = object(Kind::User, json);
        // "MyI=" is 4D 79 49 3D in ASCII.
        assert_eq!(ann.dn.as_str(), "CN={4D79493D}");
        assert_eq!(ann.id, Some(ID.parse().unwrap()));
        assert_eq!(ann.text("sourceAnchor"), Some("MyI="));
        assert_eq!(ann.text("telephoneNumber"), Some("+45 1"));
        assert_eq!(ann.text("extensionAttribute1"), Some("x"));
        assert_eq!(ann.text("cloudAnchor"), Some(format!("User_{ID}").as_str()));
        assert_eq!(ann.values(&"proxyAddresses".into()).len(), 1);
        assert_eq!(ann.values(&"accountEnabled".into()), [AttributeValue::Boolean(false)]);
        assert_eq!(ann.values(&"cloudMastered".into()), [AttributeValue::Boolean(false)]);
        // S-1-5-21-1-2-3-1104: revision 1, five sub-authorities, authority 5.
        let sid = [
            1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0x50, 4, 0, 0,
        ];
        assert_eq!(
            ann.values(&"onPremiseSecurityIdentifier".into()),
            [AttributeValue::Binary(sid.to_vec())]
        );
        let names: Vec<_> = ann.attributes().iter().map(|it| it.name.to_string()).collect();
        assert!(!names.iter().any(|it| it == "title" || it == "city"), "{names:?}");
    }

    #[test]
    fn members_become_references() {
        let json = format!(
            r#"{{"id": "{ID}", "members": [{{"id": "{ID}"}}], "members@delta": [{{"id":
               "00000000-0000-0000-0000-000000000002", "@removed": {{"reason": "deleted"}}}}]}}"#
        );
        let group = object(Kind::Group, &json);
        let expected = format!("CN={{{ID}}}").parse().unwrap();
        assert_eq!(group.values(&"member".into()), [AttributeValue::Reference(expected)]);
        assert_eq!(group.values(&"cloudMastered".into()), [AttributeValue::Boolean(true)]);
    }

    #[test]
    fn contacts_and_devices() {
        let json = format!(
            r#"{{"id": "{ID}", "addresses": [{{"city": "Aarhus", "street": null}}, {{"city": "Oslo"}}],
               "phones": [{{"type": "mobile", "number": "1"}}, {{"type": "other", "number": "2"}}]}}"#
        );
        let contact = object(Kind::Contact, &json);
        assert_eq!(contact.text("city"), Some("Aarhus"));
        assert_eq!(contact.text("mobile"), Some("1"));
        assert_eq!(contact.text("telephoneNumber"), None);
        let device = object(Kind::Device, &format!(r#"{{"id": "{ID}", "deviceId": "{ID}"}}"#));
        // Directory order: the first three groups are reversed.
        let bytes = [
            0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd,
            0xee, 0xff,
        ];
        assert_eq!(device.values(&"deviceId".into()), [AttributeValue::Binary(bytes.to_vec())]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            ("[]", "expected an object of type user"),
            ("{}", "the object has no id"),
            (r#"{"id": 5}"#, "property `id`"),
            (r#"{"id": "x"}"#, "property `id`"),
            (r#"{"displayName": {}}"#, "property `displayName`"),
            (r#"{"accountEnabled": "yes"}"#, "property `accountEnabled`"),
            (
                r#"{"onPremisesSecurityIdentifier": "S-1"}"#,
                "property `onPremisesSecurityIdentifier`",
            ),
            (r#"{"proxyAddresses": [1]}"#, "property `proxyAddresses`"),
            (r#"{"id": "00112233-4455-6677-8899-aabbccddeeff"} x"#, "trailing characters"),
            (r#"{"displayName": "x"#, "EOF while parsing"),
        ];
        for (json, expected) in cases {
            let error = Reader::new(Kind::User).read(json).unwrap_err().to_string();
            assert!(error.contains(expected), "{json}: {error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_json_makes_it_panic(json in r#"(\{|\}|\[|\]|,|:|"(id|members|phones|addresses|displayName|@removed|onPremisesExtensionAttributes|\\u00e9)"|null|true|1e9|"00112233-4455-6677-8899-aabbccddeeff"){0,24}"#) {
            for kind in Kind::ALL {
                drop(Reader::new(kind).read(&json));
            }
        }
    }

    #[test]
    fn deep_nesting_is_an_error() {
        let json = format!(r#"{{"id": "{ID}", "x": {}"#, "[".repeat(100_000));
        assert!(Reader::new(Kind::User).read(&json).is_err());
    }
}
