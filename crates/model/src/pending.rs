//! Pending exports: what a synchronisation server is about to change in a directory, and why.
//!
//! One JSON object a line is the contract (`format 1`); the same shape comes from a rehearsal and from a real server.
use serde::{Deserialize, Serialize};

use crate::{AttributeName, AttributeValue, DistinguishedName};

/// One change about to be made to one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingExport {
    /// The name of the connector.
    pub connector: String,
    /// What is about to happen to the object.
    pub operation: Operation,
    /// The object type of the connector.
    pub object_type: AttributeName,
    /// The object in the connector's directory; for a rename the name it has now.
    pub dn: DistinguishedName,
    /// The name after a rename.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_dn: Option<DistinguishedName>,
    /// The source anchor in base64; `None` when the object has none.
    pub anchor: Option<String>,
    /// What a reader knows the object by.
    pub display_name: Option<String>,
    /// The attributes that change, in the order of their names.
    pub changes: Vec<AttributeChange>,
    /// Why the operation takes place; `None` when the source does not say (a csexport never does).
    pub cause: Option<Cause>,
    /// Attributes with a new value whose present value cannot be read, so that nobody knows whether they change.
    pub unreadable: Vec<AttributeName>,
}

/// What is about to happen to an object; the words of csexport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// The object is made.
    Add,
    /// Attributes change.
    Update,
    /// The object is deleted.
    Delete,
    /// The object is deleted and made again, because its type changes.
    DeleteAdd,
    /// The object gets another name, perhaps with other changes.
    Rename,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 5] =
        [Self::Add, Self::Update, Self::Delete, Self::DeleteAdd, Self::Rename];

    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::DeleteAdd => "delete-add",
            Self::Rename => "rename",
        }
    }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// The change of one attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeChange {
    /// The attribute of the connector.
    pub attribute: AttributeName,
    /// The values it has; none when it is absent.
    #[serde(with = "plain")]
    pub old: Vec<AttributeValue>,
    /// The values it gets; none when it is removed.
    #[serde(with = "plain")]
    pub new: Vec<AttributeValue>,
    /// The name of the rule that decided; `None` when the source does not say or no rule contributes any more.
    pub rule: Option<String>,
    /// The flow of that rule as `source → destination` or its expression.
    pub flow: Option<String>,
}

/// Why an operation takes place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Cause {
    /// A rule provisions the object.
    Provisioned {
        /// The rule's name.
        rule: String,
    },
    /// The object is linked and flows change it.
    Flowed,
    /// The object on the other side has left the scope of every rule that kept this one.
    OutOfScope {
        /// The rule that kept it last; `None` when no rule at all takes objects of its source's type.
        rule: Option<String>,
        /// What about its scope no longer holds, in plain words.
        reason: String,
    },
    /// The object it came from is no longer in its directory.
    SourceGone {
        /// The source anchor it had; empty when the cloud does not show it, and then its name, its security identifier and
        /// its addresses find nothing either.
        anchor: String,
    },
}

impl Cause {
    /// The word of the contract (`kind`).
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Provisioned { .. } => "provisioned",
            Self::Flowed => "flowed",
            Self::OutOfScope { .. } => "out-of-scope",
            Self::SourceGone { .. } => "source-gone",
        }
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Provisioned { rule } => write!(f, "provisioned by {rule}"),
            Self::Flowed => f.write_str("flows change it"),
            Self::OutOfScope { rule: Some(rule), reason } => {
                write!(f, "out of scope of {rule}: {reason}")
            }
            Self::OutOfScope { rule: None, reason } => write!(f, "out of scope: {reason}"),
            Self::SourceGone { anchor } if anchor.is_empty() => {
                f.write_str("nothing matches it any more; its anchor is not shown")
            }
            Self::SourceGone { anchor } => write!(f, "nothing has the anchor {anchor} any more"),
        }
    }
}

/// Values as JSON has them: text, numbers and booleans as themselves, `{"binary": base64}`, `{"reference": DN}`.
pub mod plain {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use serde::{
        Deserialize, Deserializer, Serialize, Serializer,
        de::{Error, IgnoredAny, MapAccess, Unexpected, Visitor},
    };

    use crate::{AttributeValue, DistinguishedName};

    /// One value in this form, as it is written.
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Plain<'a> {
        Boolean(bool),
        Integer(i64),
        Text(std::borrow::Cow<'a, str>),
        Binary { binary: String },
        Reference { reference: std::borrow::Cow<'a, str> },
    }

    /// Writes a list of values.
    pub fn serialize<S: Serializer>(
        values: &[AttributeValue],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(|it| match it {
            AttributeValue::String(text) => Plain::Text(text.into()),
            AttributeValue::Integer(number) => Plain::Integer(*number),
            AttributeValue::Boolean(flag) => Plain::Boolean(*flag),
            AttributeValue::Binary(bytes) => Plain::Binary { binary: STANDARD.encode(bytes) },
            AttributeValue::Reference(dn) => Plain::Reference { reference: dn.as_str().into() },
        }))
    }

    /// Reads a list of values.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<AttributeValue>, D::Error> {
        let values = Vec::<Read>::deserialize(deserializer)?;
        Ok(values.into_iter().map(|it| it.0).collect())
    }

    /// One value as it is read.
    struct Read(AttributeValue);

    impl<'de> Deserialize<'de> for Read {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(ReadVisitor).map(Self)
        }
    }

    struct ReadVisitor;

    impl<'de> Visitor<'de> for ReadVisitor {
        type Value = AttributeValue;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(
                "a text, an integer, a boolean, `{\"binary\": base64}` or `{\"reference\": name}`",
            )
        }

        fn visit_bool<E: Error>(self, flag: bool) -> Result<AttributeValue, E> {
            Ok(AttributeValue::Boolean(flag))
        }

        fn visit_i64<E: Error>(self, number: i64) -> Result<AttributeValue, E> {
            Ok(AttributeValue::Integer(number))
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<AttributeValue, E> {
            let wrong = |_| E::invalid_value(Unexpected::Unsigned(number), &self);
            i64::try_from(number).map(AttributeValue::Integer).map_err(wrong)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<AttributeValue, E> {
            Ok(AttributeValue::String(text.to_owned()))
        }

        fn visit_string<E: Error>(self, text: String) -> Result<AttributeValue, E> {
            Ok(AttributeValue::String(text))
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<AttributeValue, A::Error> {
            let mut found = None;
            while let Some(key) = map.next_key::<std::borrow::Cow<'_, str>>()? {
                let value = match key.as_ref() {
                    "binary" => {
                        let text: String = map.next_value()?;
                        STANDARD
                            .decode(text)
                            .map(AttributeValue::Binary)
                            .map_err(A::Error::custom)?
                    }
                    "reference" => {
                        let name: DistinguishedName = map.next_value()?;
                        AttributeValue::Reference(name)
                    }
                    _ => {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    }
                };
                if found.replace(value).is_some() {
                    return Err(A::Error::custom("a value is given twice"));
                }
            }
            found.ok_or_else(|| A::Error::custom("a value is neither `binary` nor `reference`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update() -> PendingExport {
        PendingExport {
            connector: "fabrikam.example - AAD".to_owned(),
            operation: Operation::Update,
            object_type: "user".into(),
            dn: "CN={6162}".parse().unwrap(),
            new_dn: None,
            anchor: Some("YWI=".to_owned()),
            display_name: None,
            changes: vec![AttributeChange {
                attribute: "manager".into(),
                old: vec![AttributeValue::Binary(vec![1, 2]), AttributeValue::Integer(-7)],
                new: vec![AttributeValue::Reference("CN={63}".parse().unwrap())],
                rule: Some("Out to AAD - User Join".to_owned()),
                flow: None,
            }],
            cause: Some(Cause::Flowed),
            unreadable: vec!["wWWHomePage".into()],
        }
    }

    #[test]
    fn a_line_is_what_the_contract_says() {
        let line = concat!(
            r#"{"connector":"fabrikam.example - AAD","operation":"update","object_type":"user","dn":"CN={6162}","#,
            r#""anchor":"YWI=","display_name":null,"changes":[{"attribute":"manager","old":[{"binary":"AQI="},-7],"#,
            r#""new":[{"reference":"CN={63}"}],"rule":"Out to AAD - User Join","flow":null}],"#,
            r#""cause":{"kind":"flowed"},"unreadable":["wWWHomePage"]}"#
        );
        assert_eq!(serde_json::to_string(&update()).unwrap(), line);
        assert_eq!(serde_json::from_str::<PendingExport>(line).unwrap(), update());
    }

    #[test]
    fn values_of_every_kind_are_read() {
        use AttributeValue as V;
        let name = "CN=a".parse().unwrap();
        let cases = [
            ("true", V::Boolean(true)),
            ("9223372036854775807", V::Integer(i64::MAX)),
            ("-9223372036854775808", V::Integer(i64::MIN)),
            (r#""a\u0022b""#, V::String("a\"b".to_owned())),
            (r#"{"other":[1],"binary":"AQI="}"#, V::Binary(vec![1, 2])),
            (r#"{"reference":"CN=a"}"#, V::Reference(name)),
        ];
        for (text, expected) in cases {
            let json =
                format!(r#"{{"attribute":"a","old":[{text}],"new":[],"rule":null,"flow":null}}"#);
            let change: AttributeChange = serde_json::from_str(&json).unwrap();
            assert_eq!(change.old, [expected], "{text}");
        }
    }

    #[test]
    fn values_that_are_none_are_refused() {
        let wrongs = [
            r#"{"binary":"*"}"#,
            r#"{"reference":"no name"}"#,
            r#"{"binary":"AQ==","reference":"CN=a"}"#,
            r#"{"binary":7}"#,
            "9223372036854775808",
            "1.5",
            "null",
            "[]",
            "{}",
        ];
        for wrong in wrongs {
            let json =
                format!(r#"{{"attribute":"a","old":[{wrong}],"new":[],"rule":null,"flow":null}}"#);
            assert!(serde_json::from_str::<AttributeChange>(&json).is_err(), "{wrong}");
        }
    }
}
