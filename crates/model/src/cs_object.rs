//! Objects of a connector space: what a full import brings from a directory.
use serde::{Deserialize, Serialize};

use crate::{AttributeName, AttributeValue, DistinguishedName, Guid};

/// One object of a connector space, as its directory had it when it was imported.
///
/// Its attributes are in the order of their names, each once and each with a value; [`CsObject::set`] keeps it so.
/// The order of the values is the order in which they came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Unsorted")]
pub struct CsObject {
    /// Where the object is: its name in Active Directory; for Microsoft Entra ID the name its connector gives.
    pub dn: DistinguishedName,
    /// `objectGUID`, or the object id in Microsoft Entra ID; `None` when the import did not carry it.
    pub id: Option<Guid>,
    /// The object type of the connector, such as `user`, `inetOrgPerson`, `group` or `contact`.
    pub object_type: AttributeName,
    attributes: Vec<CsAttribute>,
}

/// An attribute of a [`CsObject`] with its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CsAttribute {
    /// Its name, spelt as the directory's schema spells it.
    pub name: AttributeName,
    /// Its values, at least one.
    pub values: Vec<AttributeValue>,
}

impl CsObject {
    /// An object without attributes.
    pub fn new(dn: DistinguishedName, object_type: impl Into<AttributeName>) -> Self {
        Self { dn, id: None, object_type: object_type.into(), attributes: Vec::new() }
    }

    /// Replaces the values of an attribute; without values, the attribute is gone.
    pub fn set(&mut self, name: AttributeName, values: Vec<AttributeValue>) {
        // Imports add attributes in order, millions of times.
        if self.attributes.last().is_none_or(|it| it.name < name) {
            if !values.is_empty() {
                self.attributes.push(CsAttribute { name, values });
            }
            return;
        }
        match self.attributes.binary_search_by(|it| it.name.cmp(&name)) {
            Ok(at) if values.is_empty() => {
                self.attributes.remove(at);
            }
            Ok(at) => self.attributes[at].values = values,
            Err(_) if values.is_empty() => {}
            Err(at) => self.attributes.insert(at, CsAttribute { name, values }),
        }
    }

    /// Every attribute, in the order of the names.
    pub fn attributes(&self) -> &[CsAttribute] {
        &self.attributes
    }

    /// The values of an attribute, none when it is absent.
    pub fn values(&self, name: &AttributeName) -> &[AttributeValue] {
        self.attributes
            .binary_search_by(|it| it.name.cmp(name))
            .map_or(&[], |at| &self.attributes[at].values)
    }

    /// The first value of an attribute, if it is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.values(&AttributeName::from(name)).first() {
            Some(AttributeValue::String(text)) => Some(text),
            _ => None,
        }
    }

    /// Every attribute, taken out.
    pub fn into_attributes(self) -> Vec<CsAttribute> {
        self.attributes
    }
}

/// The same as it may stand in a file, in any order.
#[derive(Deserialize)]
struct Unsorted {
    dn: DistinguishedName,
    id: Option<Guid>,
    object_type: AttributeName,
    attributes: Vec<CsAttribute>,
}

impl From<Unsorted> for CsObject {
    fn from(it: Unsorted) -> Self {
        let mut object = Self { id: it.id, ..Self::new(it.dn, it.object_type) };
        for attribute in it.attributes {
            object.set(attribute.name, attribute.values);
        }
        object
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Vec<AttributeValue> {
        vec![AttributeValue::String(value.to_owned())]
    }

    fn ann() -> CsObject {
        CsObject::new("CN=Ann,DC=fabrikam,DC=example".parse().unwrap(), "user")
    }

    #[test]
    fn attributes_are_found_by_any_spelling_and_stand_in_order() {
        let mut ann = ann();
        ann.set("sn".into(), text("Beck"));
        ann.set("mail".into(), text("old"));
        ann.set("MAIL".into(), text("ann@fabrikam.example"));
        let names: Vec<_> = ann.attributes().iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["mail", "sn"]);
        assert_eq!(ann.text("Mail"), Some("ann@fabrikam.example"));
        assert_eq!(ann.text("title"), None);
    }

    #[test]
    fn an_attribute_without_values_is_not_there() {
        let mut ann = ann();
        ann.set("title".into(), Vec::new());
        ann.set("sn".into(), text("Beck"));
        ann.set("sn".into(), Vec::new());
        assert!(ann.attributes().is_empty());
    }

    #[test]
    fn an_object_in_a_file_may_have_any_order() {
        let json = r#"{"dn": "CN=Ann,DC=fabrikam,DC=example", "id": null, "object_type": "user", "attributes": [
            {"name": "sn", "values": [{"type": "string", "value": "Beck"}]},
            {"name": "adminCount", "values": [{"type": "integer", "value": 1}]}]}"#;
        let object: CsObject = serde_json::from_str(json).unwrap();
        assert_eq!(object.values(&"admincount".into()), [AttributeValue::Integer(1)]);
        assert_eq!(object.attributes()[0].name.as_str(), "adminCount");
    }
}
