//! The functions of the language: one table for evaluation, explanation and documentation.
#![allow(clippy::unnecessary_wraps, reason = "all functions of the language have one signature")]
#![allow(clippy::single_match_else, reason = "a value and its absence read better as two arms")]
mod call;
mod certificate;
mod conversion;
mod date;
mod directory;
mod logic;
mod multivalue;
mod table;
mod text;
mod x509;

pub use self::table::TABLE;
pub(crate) use self::{
    call::{Call, Work},
    conversion::text_of,
};
use crate::{expr::fault::Fault, value::Kinds, value::Value};

/// One function.
#[derive(Debug)]
pub struct Function {
    /// The name; its case counts.
    pub name: &'static str,
    /// The chapter of the reference.
    pub group: Group,
    /// What it takes.
    pub params: &'static [Param],
    /// How many of them, from the front, must be there.
    pub required: usize,
    /// Whether the parameters repeat as pairs, as in `Switch`.
    pub repeats: bool,
    /// The types of its results.
    pub returns: Kinds,
    /// Whether it can give several values.
    pub returns_many: bool,
    /// Where it is described.
    pub source: Source,
    /// One line: what it does.
    pub about: &'static str,
    /// Edge cases, one sentence each.
    pub notes: &'static [&'static str],
    pub(crate) implementation: Implementation,
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name in the documentation.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    /// One value of these types; the function is applied to each of several values.
    One(Kinds),
    /// All values at once.
    All(Kinds),
    /// A condition.
    Condition,
    /// One of these words.
    Enum(&'static [&'static str]),
    /// The name of an attribute in quotation marks.
    AttributeName,
    /// A variable that the function gives a value to.
    Variable,
}

/// A chapter of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// X.509 certificates.
    Certificate,
    /// From one type to another.
    Conversion,
    /// Dates.
    DateTime,
    /// Distinguished names.
    Directory,
    /// Questions about a value.
    Evaluation,
    /// Numbers.
    Math,
    /// Several values.
    MultiValued,
    /// Choice and variables.
    ProgramFlow,
    /// Text.
    Text,
}

impl Group {
    /// The heading.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Certificate => "Certificate",
            Self::Conversion => "Conversion",
            Self::DateTime => "Date and time",
            Self::Directory => "Directory",
            Self::Evaluation => "Evaluation",
            Self::Math => "Math",
            Self::MultiValued => "Multi-valued",
            Self::ProgramFlow => "Program flow",
            Self::Text => "Text",
        }
    }
}

/// Where a function is described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The function reference of Entra Connect Sync, checked 2026-11-21.
    Reference,
    /// Only used by the shipped rules; the meaning is an assumption.
    ShippedRules,
    /// The page on declarative provisioning.
    DeclarativeProvisioning,
}

/// How a function is evaluated.
#[derive(Clone, Copy)]
pub(crate) enum Implementation {
    /// On values; applied to each value of a [`Takes::One`] parameter that has several.
    Plain(fn(&mut Call<'_>) -> Result<Value, Fault>),
    /// By the machine itself, because not every argument is evaluated, or not once.
    Special(Special),
}

/// The functions that the machine evaluates itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Special {
    Iif,
    Switch,
    Select,
    Where,
    With,
    ImportedValue,
    ValueCount,
}

impl std::fmt::Debug for Implementation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Plain(_) => f.write_str("Plain"),
            Self::Special(special) => write!(f, "Special({special:?})"),
        }
    }
}

/// Finds a function by its name; case counts.
pub fn find(name: &str) -> Option<&'static Function> {
    TABLE.binary_search_by(|it| it.name.cmp(name)).ok().and_then(|idx| TABLE.get(idx))
}

/// Finds the function that differs from a name only in case.
pub fn find_ignoring_case(name: &str) -> Option<&'static Function> {
    TABLE.iter().find(|it| it.name.eq_ignore_ascii_case(name))
}

impl Function {
    /// The signature in the notation of the reference.
    pub fn signature(&self) -> String {
        let mut text = format!("{} {}(", type_text(self.returns, self.returns_many), self.name);
        for (idx, param) in self.params.iter().enumerate() {
            if idx >= self.required {
                text.push_str(" [");
            }
            text.push_str(if idx > 0 { ", " } else { "" });
            text.push_str(&match param.takes {
                Takes::One(kinds) => type_text(kinds, false),
                Takes::All(kinds) => type_text(kinds, true),
                Takes::Condition => "exp".to_owned(),
                Takes::Enum(_) => "enum".to_owned(),
                Takes::AttributeName => "str".to_owned(),
                Takes::Variable => "var".to_owned(),
            });
            text.push(' ');
            text.push_str(param.name);
        }
        text.push_str(&"]".repeat(self.params.len().saturating_sub(self.required)));
        text.push_str(if self.repeats { ", …)" } else { ")" });
        text
    }
}

fn type_text(kinds: Kinds, many: bool) -> String {
    let kinds = kinds.without(Kinds::NULL).without(Kinds::FLOW);
    let single: Vec<_> = crate::value::Kind::ALL.into_iter().filter(|it| kinds.has(*it)).collect();
    let prefix = if many { "mv" } else { "" };
    match single.as_slice() {
        [] => "void".to_owned(),
        list if list.len() >= 5 => if many { "mvattr" } else { "var" }.to_owned(),
        list => list
            .iter()
            .map(|it| format!("{prefix}{}", it.abbreviation()))
            .collect::<Vec<_>>()
            .join("|"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_sorted_and_complete() {
        assert!(TABLE.is_sorted_by(|a, b| a.name < b.name), "names are unique and in order");
        assert_eq!(TABLE.iter().filter(|it| it.source == Source::Reference).count(), 85);
        for name in ["CBin", "ImportedValue", "Thumbprint", "ValueCount"] {
            assert_ne!(find(name).map(|it| it.source), Some(Source::Reference), "{name}");
            assert!(find(name).is_some(), "{name}");
        }
        for function in TABLE {
            assert!(function.required <= function.params.len(), "{}", function.name);
            assert!(function.params.len() <= 4, "{}", function.name);
            assert!(!function.about.is_empty());
        }
    }
}
