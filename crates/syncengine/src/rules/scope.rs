//! Scoping filters: which objects a rule applies to.
use std::{cmp::Ordering, fmt, str::FromStr};

use dirlift_model::{AttributeName, DistinguishedName};

use super::{UnknownWord, find_word};
use crate::{
    assumption::{Assumption, AssumptionSet},
    input::{AttributeId, Input, Names},
    value::{Scalar, Value},
};

/// Clauses that must all hold.
pub type ScopeGroup = Vec<ScopeClause>;

/// One clause: attribute, operator, value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeClause {
    /// The attribute of the source object.
    pub attribute: AttributeName,
    /// What is asked about it.
    pub operator: ScopeOperator,
    /// The value of the question; may hold parameters such as `%Connector.ID%`.
    pub value: String,
}

macro_rules! operators {
    ($($variant:ident $name:literal $about:literal;)*) => {
        /// What a clause asks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ScopeOperator {
            $(#[doc = $about] $variant,)*
        }

        impl ScopeOperator {
            /// Every operator.
            pub const ALL: [Self; 20] = [$(Self::$variant),*];

            /// The word in rule files.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

operators! {
    Equal "EQUAL" "A value equals the text.";
    NotEqual "NOTEQUAL" "No value equals the text.";
    LessThan "LESSTHAN" "A value is less.";
    LessThanOrEqual "LESSTHAN_OR_EQUAL" "A value is less or equal.";
    Contains "CONTAINS" "A value contains the text.";
    NotContains "NOTCONTAINS" "No value contains the text.";
    StartsWith "STARTSWITH" "A value begins with the text.";
    NotStartsWith "NOTSTARTSWITH" "No value begins with the text.";
    EndsWith "ENDSWITH" "A value ends with the text.";
    NotEndsWith "NOTENDSWITH" "No value ends with the text.";
    GreaterThan "GREATERTHAN" "A value is greater.";
    GreaterThanOrEqual "GREATERTHAN_OR_EQUAL" "A value is greater or equal.";
    IsNull "ISNULL" "There is no value.";
    IsNotNull "ISNOTNULL" "There is a value.";
    IsIn "ISIN" "One of several values equals the text.";
    IsNotIn "ISNOTIN" "None of several values equals the text.";
    IsBitSet "ISBITSET" "All bits of a decimal mask are set.";
    IsBitNotSet "ISBITNOTSET" "Not all bits of a decimal mask are set.";
    IsMemberOf "ISMEMBEROF" "The object is a member of the group of this name.";
    IsNotMemberOf "ISNOTMEMBEROF" "The object is not a member of the group of this name.";
}

impl ScopeOperator {
    /// The operator that this one denies, if it is a denial.
    const fn denied(self) -> Option<Self> {
        match self {
            Self::NotEqual => Some(Self::Equal),
            Self::NotContains => Some(Self::Contains),
            Self::NotStartsWith => Some(Self::StartsWith),
            Self::NotEndsWith => Some(Self::EndsWith),
            Self::IsNotNull => Some(Self::IsNull),
            Self::IsNotIn => Some(Self::IsIn),
            Self::IsBitNotSet => Some(Self::IsBitSet),
            Self::IsNotMemberOf => Some(Self::IsMemberOf),
            _ => None,
        }
    }

    /// Whether the operator needs a decimal number.
    pub const fn needs_number(self) -> bool {
        matches!(self, Self::IsBitSet | Self::IsBitNotSet)
    }

    /// Whether the operator needs a distinguished name.
    pub const fn needs_name(self) -> bool {
        matches!(self, Self::IsMemberOf | Self::IsNotMemberOf)
    }

    /// Whether the operator looks at its value at all.
    pub const fn needs_value(self) -> bool {
        !matches!(self, Self::IsNull | Self::IsNotNull)
    }
}

impl FromStr for ScopeOperator {
    type Err = UnknownWord;
    /// Reads the word of rule files, and `ISNOTBITSET` of the documentation.
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        if text.trim().eq_ignore_ascii_case("ISNOTBITSET") {
            return Ok(Self::IsBitNotSet);
        }
        find_word(text, "scope operator", &Self::ALL.map(|it| (it.as_str(), it)))
    }
}

impl fmt::Display for ScopeOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for ScopeClause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.attribute, self.operator)?;
        if self.operator.needs_value() { write!(f, " {}", self.value) } else { Ok(()) }
    }
}

/// What a scoping filter is evaluated on.
pub trait ScopeInput: Input {
    /// Whether the object is a member of a group of its connector space.
    fn is_member_of(&self, group: &DistinguishedName) -> bool;
}

/// A scoping filter, ready to be evaluated.
#[derive(Clone, Debug)]
pub struct Scope {
    groups: Vec<Vec<(AttributeId, ScopeClause)>>,
}

/// Whether an object is in scope, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeDecision {
    /// Whether it is.
    pub in_scope: bool,
    /// The group that holds, from zero; none if no group does or there is no group.
    pub group: Option<usize>,
    /// The first clause of each group that does not hold, up to the group that does.
    pub failed: Vec<ScopeClause>,
    /// The open points that the decision relied on.
    pub assumptions: AssumptionSet,
}

impl Scope {
    /// Gives the attributes of a filter their numbers.
    pub fn compile(groups: &[ScopeGroup], names: &mut Names) -> Self {
        let mut compile = |it: &ScopeClause| (names.intern(&it.attribute), it.clone());
        Self { groups: groups.iter().map(|it| it.iter().map(&mut compile).collect()).collect() }
    }

    /// Decides whether an object is in scope.
    pub fn decide(&self, input: &dyn ScopeInput) -> ScopeDecision {
        let mut decision = ScopeDecision {
            in_scope: self.groups.is_empty(),
            group: None,
            failed: Vec::new(),
            assumptions: AssumptionSet::default(),
        };
        for (idx, group) in self.groups.iter().enumerate() {
            let failed = group
                .iter()
                .find(|(id, it)| !clause_holds(*id, it, input, &mut decision.assumptions));
            let Some((_, clause)) = failed else {
                decision.in_scope = true;
                decision.group = Some(idx);
                break;
            };
            decision.failed.push(clause.clone());
        }
        decision
    }
}

fn clause_holds(
    id: AttributeId,
    clause: &ScopeClause,
    input: &dyn ScopeInput,
    used: &mut AssumptionSet,
) -> bool {
    let operator = clause.operator.denied().unwrap_or(clause.operator);
    let is_denial = clause.operator.denied().is_some();
    let Some(text) = expand(&clause.value, input) else {
        used.insert(Assumption::Parameter);
        return false;
    };
    let value = input.attribute(id);
    let holds = match operator {
        ScopeOperator::IsNull => value.is_null_or_empty(),
        ScopeOperator::IsMemberOf => {
            let name: Option<DistinguishedName> = text.parse().ok();
            name.is_some_and(|it| input.is_member_of(&it))
        }
        _ => {
            let scalars = value.scalars();
            used.insert_if(scalars.len() > 1, Assumption::ScopeMany);
            used.insert_if(scalars.is_empty(), Assumption::ScopeNull);
            scalars.iter().any(|it| scalar_matches(it, operator, &text, used))
        }
    };
    holds != is_denial
}

/// Puts the values of parameters into a text; `None` if one is not defined.
fn expand(text: &str, input: &dyn ScopeInput) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let is_name = |it: char| it.is_alphanumeric() || matches!(it, '.' | '_' | '-');
        match after.split_once('%') {
            Some((name, after)) if !name.is_empty() && name.chars().all(is_name) => {
                out.push_str(&single_text(&input.parameter(name)?)?);
                rest = after;
            }
            _ => {
                out.push('%');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Some(out)
}

fn single_text(value: &Value) -> Option<String> {
    value.scalars().first().and_then(crate::functions::text_of)
}

fn scalar_matches(
    scalar: &Scalar,
    operator: ScopeOperator,
    text: &str,
    used: &mut AssumptionSet,
) -> bool {
    if operator == ScopeOperator::IsBitSet {
        let (Scalar::Number(number), Ok(mask)) = (scalar, text.trim().parse::<i64>()) else {
            return false;
        };
        used.insert_if(mask.count_ones() != 1, Assumption::ScopeBits);
        return mask != 0 && number & mask == mask;
    }
    let order = order(scalar, text, used);
    match operator {
        ScopeOperator::Equal | ScopeOperator::IsIn => order == Some(Ordering::Equal),
        ScopeOperator::LessThan => order == Some(Ordering::Less),
        ScopeOperator::GreaterThan => order == Some(Ordering::Greater),
        ScopeOperator::LessThanOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        ScopeOperator::GreaterThanOrEqual => {
            matches!(order, Some(Ordering::Greater | Ordering::Equal))
        }
        _ => {
            let Some(value) = crate::functions::text_of(scalar) else { return false };
            let (value, part) = (fold(&value), fold(text));
            match operator {
                ScopeOperator::Contains => value.contains(&part),
                ScopeOperator::StartsWith => value.starts_with(&part),
                _ => value.ends_with(&part),
            }
        }
    }
}

/// How a value stands to the text of a clause: numbers as numbers, names as names, all else as text without case.
fn order(scalar: &Scalar, text: &str, used: &mut AssumptionSet) -> Option<Ordering> {
    match scalar {
        Scalar::Number(number) => {
            let read = text.trim().parse::<i64>();
            used.insert(Assumption::ScopeNumber);
            read.map_or_else(
                |_| Some(fold(&number.to_string()).cmp(&fold(text))),
                |it| Some(number.cmp(&it)),
            )
        }
        Scalar::Text(value) => {
            if let (Ok(l), Ok(r)) = (value.trim().parse::<i64>(), text.trim().parse::<i64>()) {
                used.insert(Assumption::ScopeNumber);
                return Some(l.cmp(&r));
            }
            let (l, r) = (fold(value), fold(text));
            used.insert_if(l == r && &**value != text, Assumption::ScopeCase);
            Some(l.cmp(&r))
        }
        Scalar::Boolean(boolean) => {
            let word = if *boolean { "True" } else { "False" };
            used.insert_if(word != text && word.eq_ignore_ascii_case(text), Assumption::ScopeCase);
            Some(fold(word).cmp(&fold(text)))
        }
        Scalar::Reference(name) => {
            text.parse::<DistinguishedName>().ok().map(|it| (**name).cmp(&it))
        }
        Scalar::Binary(_) | Scalar::Date(_) => None,
    }
}

/// Lower case, for comparison only.
fn fold(text: &str) -> String {
    text.to_lowercase()
}
