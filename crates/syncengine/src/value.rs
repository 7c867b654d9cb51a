//! Values that flow through an expression, and what an expression can come to.
use std::{fmt, sync::Arc};

use dirlift_model::{AttributeValue, DistinguishedName};
use jiff::Timestamp;

use crate::expr::fault::EvalError;

/// One value of one of the language's types. Cloning costs at most a reference count.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// `str`.
    Text(Arc<str>),
    /// `num`: a whole number of 64 bits, as the directory has it.
    Number(i64),
    /// `bool`.
    Boolean(bool),
    /// `bin`.
    Binary(Arc<[u8]>),
    /// `ref`: compared as names are compared.
    Reference(Arc<DistinguishedName>),
    /// `dt`, always UTC.
    Date(Timestamp),
}

/// What an attribute or a part of an expression holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Value {
    /// Nothing: an absent attribute, or the word `NULL`.
    #[default]
    Null,
    /// The word `AuthoritativeNull`: nothing, and no rule of lower precedence may contribute.
    AuthoritativeNull,
    /// The word `IgnoreThisFlow`: as if the flow did not exist.
    IgnoreThisFlow,
    /// One value.
    One(Scalar),
    /// Two or more values; one value is always [`Value::One`] and none [`Value::Null`].
    Many(Arc<[Scalar]>),
}

/// What the evaluation of an expression came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// One or more values.
    Value(Value),
    /// No contribution; the next rule may contribute.
    Null,
    /// No contribution, and no rule of lower precedence may contribute.
    AuthoritativeNull,
    /// The flow does not take place; what the target has stays.
    IgnoreThisFlow,
    /// The object gets an error.
    Error(EvalError),
}

/// The type of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `str`.
    Text,
    /// `num`.
    Number,
    /// `bool`.
    Boolean,
    /// `bin`.
    Binary,
    /// `ref`.
    Reference,
    /// `dt`.
    Date,
    /// Nothing.
    Null,
    /// A flow-control word.
    Flow,
}

/// A set of types: what a part of an expression may come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kinds(u8);

impl Kind {
    /// Every type, in the order of the table in `docs/functions.md`.
    pub const ALL: [Self; 8] = [
        Self::Text,
        Self::Number,
        Self::Boolean,
        Self::Binary,
        Self::Reference,
        Self::Date,
        Self::Null,
        Self::Flow,
    ];

    /// The word in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Binary => "binary",
            Self::Reference => "reference",
            Self::Date => "date",
            Self::Null => "nothing",
            Self::Flow => "flow-control word",
        }
    }

    /// The abbreviation of the function reference.
    pub const fn abbreviation(self) -> &'static str {
        match self {
            Self::Text => "str",
            Self::Number => "num",
            Self::Boolean => "bool",
            Self::Binary => "bin",
            Self::Reference => "ref",
            Self::Date => "dt",
            Self::Null => "null",
            Self::Flow => "void",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Kinds {
    /// No type: what `Error` comes to.
    pub const NONE: Self = Self(0);
    /// Text only.
    pub const TEXT: Self = Self::of(Kind::Text);
    /// Number only.
    pub const NUMBER: Self = Self::of(Kind::Number);
    /// Boolean only.
    pub const BOOLEAN: Self = Self::of(Kind::Boolean);
    /// Binary only.
    pub const BINARY: Self = Self::of(Kind::Binary);
    /// Reference only.
    pub const REFERENCE: Self = Self::of(Kind::Reference);
    /// Date only.
    pub const DATE: Self = Self::of(Kind::Date);
    /// Nothing only.
    pub const NULL: Self = Self::of(Kind::Null);
    /// A flow-control word only.
    pub const FLOW: Self = Self::of(Kind::Flow);
    /// What an attribute can hold: any type, or nothing.
    pub const ATTRIBUTE: Self = Self(0x7f);
    /// Everything.
    pub const ANY: Self = Self(0xff);

    /// The set of one type.
    pub const fn of(kind: Kind) -> Self {
        Self(1 << kind as u8)
    }

    /// What is in either set.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the type is in the set.
    pub const fn has(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> =
            Kind::ALL.into_iter().filter(|it| self.has(*it)).map(Kind::as_str).collect();
        f.write_str(&names.join(" or "))
    }
}

impl Scalar {
    /// A text.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// A binary value.
    pub fn binary(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self::Binary(bytes.into())
    }

    /// The type.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Number(_) => Kind::Number,
            Self::Boolean(_) => Kind::Boolean,
            Self::Binary(_) => Kind::Binary,
            Self::Reference(_) => Kind::Reference,
            Self::Date(_) => Kind::Date,
        }
    }

    /// How many bytes the value occupies, for the account of work.
    pub fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
            Self::Reference(name) => name.as_str().len(),
            Self::Number(_) | Self::Boolean(_) | Self::Date(_) => 8,
        }
    }
}

impl Value {
    /// One text.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::One(Scalar::text(text))
    }

    /// One number.
    pub const fn number(number: i64) -> Self {
        Self::One(Scalar::Number(number))
    }

    /// One boolean.
    pub const fn boolean(boolean: bool) -> Self {
        Self::One(Scalar::Boolean(boolean))
    }

    /// As many values as the list has.
    pub fn many(mut values: Vec<Scalar>) -> Self {
        match values.len() {
            0 => Self::Null,
            1 => values.pop().map_or(Self::Null, Self::One),
            _ => Self::Many(values.into()),
        }
    }

    /// The values, in their order; empty for nothing and for the flow-control words.
    pub fn scalars(&self) -> &[Scalar] {
        match self {
            Self::One(scalar) => std::slice::from_ref(scalar),
            Self::Many(scalars) => scalars,
            Self::Null | Self::AuthoritativeNull | Self::IgnoreThisFlow => &[],
        }
    }

    /// The types of the values.
    pub fn kinds(&self) -> Kinds {
        match self {
            Self::Null => Kinds::NULL,
            Self::AuthoritativeNull | Self::IgnoreThisFlow => Kinds::FLOW,
            Self::One(scalar) => Kinds::of(scalar.kind()),
            Self::Many(scalars) => {
                scalars.iter().fold(Kinds::NONE, |kinds, it| kinds.or(Kinds::of(it.kind())))
            }
        }
    }

    /// Whether there is no value, or empty text only: what a flow counts as no value.
    pub fn is_null_or_empty(&self) -> bool {
        match self {
            Self::Null | Self::AuthoritativeNull => true,
            Self::IgnoreThisFlow => false,
            Self::One(_) | Self::Many(_) => {
                self.scalars().iter().all(|it| matches!(it, Scalar::Text(text) if text.is_empty()))
            }
        }
    }
}

impl Outcome {
    /// The outcome as the flow sees it: empty text contributes nothing (see `A-EMPTY-TEXT`).
    #[must_use]
    pub fn into_flow(self) -> Self {
        let Self::Value(value) = self else { return self };
        let is_empty = |it: &Scalar| matches!(it, Scalar::Text(text) if text.is_empty());
        if !value.scalars().iter().any(is_empty) {
            return Self::Value(value);
        }
        match Value::many(value.scalars().iter().filter(|it| !is_empty(it)).cloned().collect()) {
            Value::Null => Self::Null,
            value => Self::Value(value),
        }
    }
}

impl From<Result<Value, EvalError>> for Outcome {
    fn from(result: Result<Value, EvalError>) -> Self {
        match result {
            Ok(Value::Null) => Self::Null,
            Ok(Value::AuthoritativeNull) => Self::AuthoritativeNull,
            Ok(Value::IgnoreThisFlow) => Self::IgnoreThisFlow,
            Ok(value) => Self::Value(value),
            Err(error) => Self::Error(error),
        }
    }
}

impl From<AttributeValue> for Scalar {
    fn from(value: AttributeValue) -> Self {
        match value {
            AttributeValue::String(text) => Self::Text(text.into()),
            AttributeValue::Integer(number) => Self::Number(number),
            AttributeValue::Boolean(boolean) => Self::Boolean(boolean),
            AttributeValue::Binary(bytes) => Self::Binary(bytes.into()),
            AttributeValue::Reference(name) => Self::Reference(Arc::new(name)),
        }
    }
}

impl From<Scalar> for Value {
    fn from(scalar: Scalar) -> Self {
        Self::One(scalar)
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "\"{}\"", text.replace('"', "\"\"")),
            Self::Number(number) => write!(f, "{number}"),
            Self::Boolean(true) => f.write_str("True"),
            Self::Boolean(false) => f.write_str("False"),
            Self::Binary(bytes) => {
                f.write_str("hex:")?;
                bytes.iter().try_for_each(|it| write!(f, "{it:02X}"))
            }
            Self::Reference(name) => write!(f, "dn:\"{}\"", name.as_str()),
            Self::Date(date) => write!(f, "date:{date}"),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::AuthoritativeNull => f.write_str("AuthoritativeNull"),
            Self::IgnoreThisFlow => f.write_str("IgnoreThisFlow"),
            Self::One(scalar) => write!(f, "{scalar}"),
            Self::Many(scalars) => {
                for (idx, scalar) in scalars.iter().enumerate() {
                    write!(f, "{}{scalar}", if idx == 0 { "{" } else { ", " })?;
                }
                f.write_str("}")
            }
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "{value}"),
            Self::Null => f.write_str("NULL"),
            Self::AuthoritativeNull => f.write_str("AuthoritativeNull"),
            Self::IgnoreThisFlow => f.write_str("IgnoreThisFlow"),
            Self::Error(error) => write!(f, "error: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_of_values_decides_the_shape() {
        assert_eq!(Value::many(vec![]), Value::Null);
        assert_eq!(Value::many(vec![Scalar::Number(1)]), Value::number(1));
        assert_eq!(Value::many(vec![Scalar::Number(1), Scalar::Number(2)]).to_string(), "{1, 2}");
    }

    #[test]
    fn empty_text_contributes_nothing() {
        let flow = |value: Value| Outcome::Value(value).into_flow();
        assert_eq!(flow(Value::text("")), Outcome::Null);
        assert_eq!(flow(Value::text("a")), Outcome::Value(Value::text("a")));
        let mixed = Value::many(vec![Scalar::text(""), Scalar::text("a")]);
        assert_eq!(flow(mixed), Outcome::Value(Value::text("a")));
        assert_eq!(flow(Value::many(vec![Scalar::text(""), Scalar::text("")])), Outcome::Null);
    }

    #[test]
    fn sets_of_types() {
        let set = Kinds::TEXT.or(Kinds::NUMBER);
        assert!(set.has(Kind::Text) && !set.has(Kind::Date));
        assert_eq!(set.to_string(), "text or number");
        assert!(set.and(Kinds::DATE).is_empty());
        assert_eq!(set.without(Kinds::TEXT), Kinds::NUMBER);
    }
}
