//! Scoping filters: which objects a rule applies to.
use std::{borrow::Cow, cmp::Ordering};

use dirlift_model::{
    DistinguishedName,
    rule::{ScopeClause, ScopeGroup, ScopeOperator},
};

use crate::{
    assumption::{Assumption, AssumptionSet},
    input::{AttributeId, Input, Names},
    value::{Scalar, Value},
};

/// What a scoping filter is evaluated on.
pub trait ScopeInput: Input {
    /// Whether the object is a member of a group of its connector space.
    fn is_member_of(&self, group: &DistinguishedName) -> bool;
}

/// A scoping filter, ready to be evaluated.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    groups: Vec<Vec<Clause>>,
}

/// A clause with an operator that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownOperator {
    /// The group, from zero.
    pub group: usize,
    /// The clause in it, from zero.
    pub clause: usize,
    /// The word.
    pub word: String,
}

/// Whether an object is in scope, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeDecision {
    /// Whether it is.
    pub in_scope: bool,
    /// The group that holds, from zero; none if no group does or there is no group.
    pub group: Option<usize>,
    /// The first clause of each group that does not hold, up to the group that does: group and clause, from zero.
    pub failed: Vec<(usize, usize)>,
    /// The open points that the decision relied on.
    pub assumptions: AssumptionSet,
}

/// What a clause asks, before it is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    StartsWith,
    EndsWith,
    Null,
    BitSet,
    MemberOf,
}

/// The test of an operator and whether it is denied; `None` for a word that is not known.
pub(super) const fn test_of(operator: &ScopeOperator) -> Option<(Test, bool)> {
    Some(match operator {
        ScopeOperator::Equal | ScopeOperator::IsIn => (Test::Equal, false),
        ScopeOperator::NotEqual | ScopeOperator::IsNotIn => (Test::Equal, true),
        ScopeOperator::LessThan => (Test::Less, false),
        ScopeOperator::LessThanOrEqual => (Test::LessOrEqual, false),
        ScopeOperator::GreaterThan => (Test::Greater, false),
        ScopeOperator::GreaterThanOrEqual => (Test::GreaterOrEqual, false),
        ScopeOperator::Contains => (Test::Contains, false),
        ScopeOperator::NotContains => (Test::Contains, true),
        ScopeOperator::StartsWith => (Test::StartsWith, false),
        ScopeOperator::NotStartsWith => (Test::StartsWith, true),
        ScopeOperator::EndsWith => (Test::EndsWith, false),
        ScopeOperator::NotEndsWith => (Test::EndsWith, true),
        ScopeOperator::IsNull => (Test::Null, false),
        ScopeOperator::IsNotNull => (Test::Null, true),
        ScopeOperator::IsBitSet => (Test::BitSet, false),
        ScopeOperator::IsBitNotSet => (Test::BitSet, true),
        ScopeOperator::IsMemberOf => (Test::MemberOf, false),
        ScopeOperator::IsNotMemberOf => (Test::MemberOf, true),
        ScopeOperator::Other(_) => return None,
    })
}

#[derive(Clone, Debug)]
struct Clause {
    attribute: AttributeId,
    test: Test,
    denied: bool,
    /// The value of the clause; `None` when parameters have to be put into it first.
    operand: Option<Operand>,
    written: ScopeClause,
}

/// A value of a clause in every form that a test may ask for.
#[derive(Clone, Debug)]
struct Operand {
    text: String,
    folded: String,
    number: Option<i64>,
    name: Option<DistinguishedName>,
}

impl Operand {
    fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            folded: fold(text),
            number: text.trim().parse().ok(),
            name: text.parse().ok(),
        }
    }
}

impl Scope {
    /// Gives the attributes of a filter their numbers and reads the values of its clauses.
    pub fn compile(groups: &[ScopeGroup], names: &mut Names) -> Result<Self, UnknownOperator> {
        let mut out = Vec::with_capacity(groups.len());
        for (group, written) in groups.iter().enumerate() {
            let mut clauses = Vec::with_capacity(written.clauses.len());
            for (idx, clause) in written.clauses.iter().enumerate() {
                let Some((test, denied)) = test_of(&clause.operator) else {
                    let word = clause.operator.as_str().to_owned();
                    return Err(UnknownOperator { group, clause: idx, word });
                };
                clauses.push(Clause {
                    attribute: names.intern(&clause.attribute),
                    test,
                    denied,
                    operand: (!clause.value.contains('%')).then(|| Operand::new(&clause.value)),
                    written: clause.clone(),
                });
            }
            out.push(clauses);
        }
        Ok(Self { groups: out })
    }

    /// A clause as it is written.
    pub fn clause(&self, group: usize, clause: usize) -> Option<&ScopeClause> {
        self.groups.get(group)?.get(clause).map(|it| &it.written)
    }

    /// Every clause, as it is written.
    pub fn clauses(&self) -> impl Iterator<Item = &ScopeClause> {
        self.groups.iter().flatten().map(|it| &it.written)
    }

    /// How many clauses each group has.
    pub fn groups(&self) -> impl Iterator<Item = usize> {
        self.groups.iter().map(Vec::len)
    }

    /// Whether one clause holds, each looked at for itself; `None` if there is none.
    pub fn clause_holds(
        &self,
        group: usize,
        clause: usize,
        input: &dyn ScopeInput,
    ) -> Option<bool> {
        let mut used = AssumptionSet::default();
        self.groups.get(group)?.get(clause).map(|it| it.holds(input, &mut used))
    }

    /// The attributes that the filter looks at; one may come twice.
    pub fn attributes(&self) -> impl Iterator<Item = AttributeId> {
        self.groups.iter().flatten().map(|it| it.attribute)
    }

    /// Whether an object is in scope; adds the open points that the answer relied on.
    pub fn holds(&self, input: &dyn ScopeInput, used: &mut AssumptionSet) -> bool {
        self.groups.is_empty()
            || self.groups.iter().any(|it| it.iter().all(|it| it.holds(input, used)))
    }

    /// Decides whether an object is in scope, with the reasons.
    pub fn decide(&self, input: &dyn ScopeInput) -> ScopeDecision {
        let mut decision = ScopeDecision {
            in_scope: self.groups.is_empty(),
            group: None,
            failed: Vec::new(),
            assumptions: AssumptionSet::default(),
        };
        for (group, clauses) in self.groups.iter().enumerate() {
            let failed = clauses.iter().position(|it| !it.holds(input, &mut decision.assumptions));
            let Some(clause) = failed else {
                decision.in_scope = true;
                decision.group = Some(group);
                break;
            };
            decision.failed.push((group, clause));
        }
        decision
    }
}

impl Clause {
    fn holds(&self, input: &dyn ScopeInput, used: &mut AssumptionSet) -> bool {
        let operand = if let Some(operand) = &self.operand {
            Cow::Borrowed(operand)
        } else if let Some(text) = expand(&self.written.value, input) {
            Cow::Owned(Operand::new(&text))
        } else {
            used.insert(Assumption::Parameter);
            return false;
        };
        let holds = match self.test {
            Test::Null => input.attribute(self.attribute).is_null_or_empty(),
            Test::MemberOf => operand.name.as_ref().is_some_and(|it| input.is_member_of(it)),
            test => {
                let value = input.attribute(self.attribute);
                let scalars = value.scalars();
                used.insert_if(scalars.len() > 1, Assumption::ScopeMany);
                used.insert_if(scalars.is_empty(), Assumption::ScopeNull);
                scalars.iter().any(|it| scalar_matches(it, test, &operand, used))
            }
        };
        holds != self.denied
    }
}

/// The parameters of a text, without their percent signs.
pub(super) fn parameters(text: &str) -> impl Iterator<Item = &str> {
    parts(text).filter_map(Result::err)
}

/// The parts of a text: `Ok` stands for itself, `Err` is the name of a parameter.
fn parts(text: &str) -> impl Iterator<Item = Result<&str, &str>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some(at) = rest.find('%') else { return Some(Ok(std::mem::take(&mut rest))) };
        if at > 0 {
            let (before, after) = rest.split_at(at);
            rest = after;
            return Some(Ok(before));
        }
        let is_name = |it: char| it.is_alphanumeric() || matches!(it, '.' | '_' | '-');
        match rest[1..].split_once('%') {
            Some((name, after)) if !name.is_empty() && name.chars().all(is_name) => {
                rest = after;
                Some(Err(name))
            }
            _ => {
                rest = &rest[1..];
                Some(Ok("%"))
            }
        }
    })
}

/// Puts the values of parameters into a text; `None` if one is not defined.
fn expand(text: &str, input: &dyn ScopeInput) -> Option<String> {
    let mut out = String::new();
    for part in parts(text) {
        match part {
            Ok(text) => out.push_str(text),
            Err(name) => out.push_str(&single_text(&input.parameter(name)?)?),
        }
    }
    Some(out)
}

fn single_text(value: &Value) -> Option<String> {
    value.scalars().first().and_then(crate::functions::text_of)
}

fn scalar_matches(
    scalar: &Scalar,
    test: Test,
    operand: &Operand,
    used: &mut AssumptionSet,
) -> bool {
    match test {
        Test::BitSet => {
            let (Scalar::Number(number), Some(mask)) = (scalar, operand.number) else {
                return false;
            };
            used.insert_if(mask.count_ones() != 1, Assumption::ScopeBits);
            mask != 0 && number & mask == mask
        }
        Test::Contains | Test::StartsWith | Test::EndsWith => {
            let Some(value) = crate::functions::text_of(scalar) else { return false };
            let (value, part) = (fold(&value), operand.folded.as_str());
            match test {
                Test::Contains => value.contains(part),
                Test::StartsWith => value.starts_with(part),
                _ => value.ends_with(part),
            }
        }
        _ => order(scalar, operand, used).is_some_and(|order| match test {
            Test::Equal => order.is_eq(),
            Test::Less => order.is_lt(),
            Test::LessOrEqual => order.is_le(),
            Test::Greater => order.is_gt(),
            _ => order.is_ge(),
        }),
    }
}

/// How a value stands to the value of a clause: numbers as numbers, names as names, all else as text without case.
fn order(scalar: &Scalar, operand: &Operand, used: &mut AssumptionSet) -> Option<Ordering> {
    let text = operand.text.as_str();
    match scalar {
        Scalar::Number(number) => {
            used.insert(Assumption::ScopeNumber);
            let as_text = || number.to_string().as_str().cmp(&operand.folded);
            Some(operand.number.map_or_else(as_text, |it| number.cmp(&it)))
        }
        Scalar::Text(value) => {
            if let (Ok(l), Some(r)) = (value.trim().parse::<i64>(), operand.number) {
                used.insert(Assumption::ScopeNumber);
                return Some(l.cmp(&r));
            }
            let order = fold(value).as_str().cmp(&operand.folded);
            used.insert_if(order.is_eq() && &**value != text, Assumption::ScopeCase);
            Some(order)
        }
        Scalar::Boolean(boolean) => {
            let word = if *boolean { "True" } else { "False" };
            used.insert_if(word != text && word.eq_ignore_ascii_case(text), Assumption::ScopeCase);
            Some(fold(word).as_str().cmp(&operand.folded))
        }
        Scalar::Reference(name) => operand.name.as_ref().map(|it| (**name).cmp(it)),
        Scalar::Binary(_) | Scalar::Date(_) => None,
    }
}

/// Lower case, for comparison only.
fn fold(text: &str) -> String {
    text.to_lowercase()
}
