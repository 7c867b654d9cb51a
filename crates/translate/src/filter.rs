//! Connector filters as scoping filters, and the exact denial of a scoping filter.
//!
//! A connector filter says who is *out*: one alternative is enough, and all its conditions must hold. The documented
//! counterpart ("negative filtering") is an inbound rule whose scoping filter says the same and which sets
//! `cloudFiltered`; groups and clauses combine as alternatives and conditions do, so nothing has to be turned round.
//!
//! A scoping filter of a joining rule says who is *in*. [`negate`] gives that form: by De Morgan's laws every
//! alternative becomes a choice of denied conditions, and the choices are multiplied out. Each operator has an exact
//! denial (`EQUAL`: a value equals; `NOTEQUAL`: no value equals, also when there is none) except the four of order,
//! which are denied together with `ISNULL`, and only for attributes that hold one number.
use dirlift_model::{
    config::{FilterCondition, FilterOperator},
    rule::{ScopeClause, ScopeGroup, ScopeOperator},
    stock::number,
};

use crate::{names::is_number, untranslated::UntranslatedKind};

/// Most groups of a denial; more cannot be read by anybody.
pub const MAX_GROUPS: usize = 64;

/// Most clauses of a filter that is denied, all groups together.
const MAX_CLAUSES: usize = 100;

/// Attributes with several values that filters are written on.
const MULTI_VALUED: &[&str] = &[
    "description",
    "memberOf",
    "objectClass",
    "otherHomePhone",
    "otherMobile",
    "otherTelephone",
    "postOfficeBox",
    "proxyAddresses",
    "showInAddressBook",
    "url",
];

/// The clause of a condition, with what a reader should know about it.
pub(crate) fn clause(
    condition: &FilterCondition,
) -> Result<(ScopeClause, Option<String>), UntranslatedKind> {
    use FilterOperator as From;
    use ScopeOperator as To;
    let attribute = &condition.attribute;
    if condition.intrinsic || attribute.is("dn") || attribute.is("distinguishedName") {
        return Err(UntranslatedKind::FilterOnName);
    }
    let operator = match &condition.operator {
        From::Equality if attribute.is("memberOf") => To::IsMemberOf,
        From::Inequality if attribute.is("memberOf") => To::IsNotMemberOf,
        From::Equality => To::Equal,
        From::Inequality => To::NotEqual,
        From::Present => To::IsNotNull,
        From::NotPresent => To::IsNull,
        From::SubstringStart => To::StartsWith,
        From::NotSubstringStart => To::NotStartsWith,
        From::SubstringEnd => To::EndsWith,
        From::NotSubstringEnd => To::NotEndsWith,
        From::SubstringAny => To::Contains,
        From::NotSubstringAny => To::NotContains,
        From::GreaterThan => To::GreaterThan,
        From::GreaterThanOrEqual => To::GreaterThanOrEqual,
        From::LessThan => To::LessThan,
        From::LessThanOrEqual => To::LessThanOrEqual,
        From::BitOn => To::IsBitSet,
        From::BitOff => To::IsBitNotSet,
        From::Unknown(_) => return Err(UntranslatedKind::FilterOperator),
    };
    let presence = matches!(operator, To::IsNull | To::IsNotNull);
    let bits = matches!(operator, To::IsBitSet | To::IsBitNotSet);
    let value = match number(&condition.value).filter(|_| bits || is_number(attribute)) {
        _ if presence => String::new(),
        Some(number) => number.to_string(),
        None if bits || condition.value.trim().is_empty() || has_parameter(&condition.value) => {
            return Err(UntranslatedKind::FilterValue);
        }
        None => condition.value.clone(),
    };
    let denies = matches!(
        operator,
        To::NotEqual
            | To::NotContains
            | To::NotStartsWith
            | To::NotEndsWith
            | To::IsBitNotSet
            | To::IsNotMemberOf
    );
    let several = MULTI_VALUED.iter().any(|it| attribute.is(it));
    let note = match (denies, several) {
        (true, true) => {
            Some(format!("`{condition}` is read as: no value fits, also where there is none"))
        }
        (true, false) => Some(format!("`{condition}` is read as true where there is no value")),
        (false, true) if !presence => {
            Some(format!("`{condition}` is read as: one of the values fits"))
        }
        _ => None,
    };
    Ok((ScopeClause { attribute: attribute.clone(), operator, value }, note))
}

/// Whether a scoping filter would read a part of the text as a parameter, such as `%Connector.ID%`.
fn has_parameter(text: &str) -> bool {
    let parts: Vec<_> = text.split('%').collect();
    // What stands before the first and after the last percent sign is not enclosed.
    let enclosed = parts.get(1..parts.len().saturating_sub(1)).unwrap_or_default();
    let is_name = |it: &&str| it.chars().all(|c| c.is_alphanumeric() || ".-_".contains(c));
    enclosed.iter().any(|it| !it.is_empty() && is_name(it))
}

/// Why a scoping filter has no denial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NegateError {
    /// The attribute may have several values, and "no value is less" is no clause.
    Order(ScopeClause),
    /// More than [`MAX_GROUPS`] groups, or more than a hundred clauses to deny.
    TooLarge,
    /// Nobody is left: the filter takes every object.
    Nobody,
}

/// Who is in scope of the result: exactly those who are not in scope of `groups`; without groups here, everybody.
///
/// Groups that another one includes are left out, as are repeated clauses.
pub fn negate(groups: &[ScopeGroup]) -> Result<Vec<ScopeGroup>, NegateError> {
    if groups.is_empty() {
        return Err(NegateError::Nobody); // no group is "every object", whose denial is nobody
    }
    if groups.iter().map(|it| it.clauses.len()).sum::<usize>() > MAX_CLAUSES {
        return Err(NegateError::TooLarge);
    }
    let mut all: Vec<Vec<ScopeClause>> = vec![Vec::new()];
    for group in groups {
        let mut choices = Vec::new();
        for clause in &group.clauses {
            choices.extend(denial(clause)?);
        }
        let mut next: Vec<Vec<ScopeClause>> = Vec::new();
        for (so_far, choice) in all.iter().flat_map(|it| choices.iter().map(move |c| (it, c))) {
            let mut clauses = so_far.clone();
            if !clauses.contains(choice) {
                clauses.push(choice.clone());
            }
            if contradicts(&clauses) || next.iter().any(|it| includes(&clauses, it)) {
                continue;
            }
            next.retain(|it| !includes(it, &clauses));
            next.push(clauses);
            if next.len() > MAX_GROUPS {
                return Err(NegateError::TooLarge);
            }
        }
        all = next;
    }
    if all.is_empty() {
        return Err(NegateError::Nobody);
    }
    Ok(all.into_iter().map(|clauses| ScopeGroup { clauses }).collect())
}

/// Whether the first demands all that the second demands.
fn includes(first: &[ScopeClause], second: &[ScopeClause]) -> bool {
    second.iter().all(|it| first.contains(it))
}

/// Whether two clauses deny each other.
fn contradicts(clauses: &[ScopeClause]) -> bool {
    let denied = |it: &ScopeClause| match opposite(&it.operator) {
        Some(operator) => clauses.contains(&ScopeClause { operator, ..it.clone() }),
        None => false,
    };
    clauses.iter().any(denied)
}

/// The clauses of which one holds exactly when the given one does not.
fn denial(clause: &ScopeClause) -> Result<Vec<ScopeClause>, NegateError> {
    let with = |operator| ScopeClause { operator, ..clause.clone() };
    if let Some(operator) = opposite(&clause.operator) {
        return Ok(vec![with(operator)]);
    }
    let operator = match clause.operator {
        ScopeOperator::LessThan => ScopeOperator::GreaterThanOrEqual,
        ScopeOperator::LessThanOrEqual => ScopeOperator::GreaterThan,
        ScopeOperator::GreaterThan => ScopeOperator::LessThanOrEqual,
        ScopeOperator::GreaterThanOrEqual => ScopeOperator::LessThan,
        _ => return Err(NegateError::Order(clause.clone())),
    };
    if !is_number(&clause.attribute) {
        return Err(NegateError::Order(clause.clone()));
    }
    let absent = ScopeClause { value: String::new(), ..with(ScopeOperator::IsNull) };
    Ok(vec![with(operator), absent])
}

/// The operator that holds exactly when this one does not, whatever the number of values.
fn opposite(operator: &ScopeOperator) -> Option<ScopeOperator> {
    use ScopeOperator as Op;
    const PAIRS: &[(ScopeOperator, ScopeOperator)] = &[
        (Op::Equal, Op::NotEqual),
        (Op::Contains, Op::NotContains),
        (Op::StartsWith, Op::NotStartsWith),
        (Op::EndsWith, Op::NotEndsWith),
        (Op::IsNull, Op::IsNotNull),
        (Op::IsIn, Op::IsNotIn),
        (Op::IsBitSet, Op::IsBitNotSet),
        (Op::IsMemberOf, Op::IsNotMemberOf),
    ];
    PAIRS.iter().find_map(|(a, b)| match operator {
        it if it == a => Some(b.clone()),
        it if it == b => Some(a.clone()),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
