//! Whether two rules can be in scope for one object, as far as their filters tell.
use std::cmp::Ordering;

use dirlift_model::{
    SyncRule,
    rule::{ScopeClause, ScopeGroup},
};

use super::{
    ObjectType,
    scope::{Test, test_of},
};

/// Most pairs of groups that are compared; rules with more of them are taken to meet.
const MAX_PAIRS: usize = 4_096;

/// Whether an object can be in scope of both rules. `false` is certain for attributes with one value.
pub(super) fn can_meet(a: &SyncRule, b: &SyncRule) -> bool {
    let types = |it: &SyncRule| ObjectType::of(&it.source_object_type);
    if !types(a).overlaps(&types(b)) {
        return false;
    }
    if a.scope.is_empty() || b.scope.is_empty() || a.scope.len() * b.scope.len() > MAX_PAIRS {
        return true;
    }
    a.scope.iter().any(|l| b.scope.iter().any(|r| !groups_exclude(l, r)))
}

/// Whether no object can satisfy a group, for attributes with any number of values.
pub(super) fn is_impossible(group: &ScopeGroup) -> bool {
    let all = &group.clauses;
    all.len() <= 64
        && all
            .iter()
            .enumerate()
            .any(|(idx, l)| all[idx + 1..].iter().any(|r| exclude(l, r, false)))
}

fn groups_exclude(a: &ScopeGroup, b: &ScopeGroup) -> bool {
    a.clauses.len() * b.clauses.len() <= MAX_PAIRS
        && a.clauses.iter().any(|l| b.clauses.iter().any(|r| exclude(l, r, true)))
}

/// Whether the clauses cannot both hold; `single` says that an attribute has one value at most.
fn exclude(a: &ScopeClause, b: &ScopeClause, single: bool) -> bool {
    if a.attribute != b.attribute || a.value.contains('%') || b.value.contains('%') {
        return false;
    }
    let (Some((test_a, denied_a)), Some((test_b, denied_b))) =
        (test_of(&a.operator), test_of(&b.operator))
    else {
        return false;
    };
    let value = |it: &ScopeClause| it.value.to_lowercase();
    if test_a == test_b && denied_a != denied_b {
        return test_a == Test::Null || value(a) == value(b);
    }
    // Whatever asks for a value excludes absence.
    let needs_value =
        |test: Test, denied: bool| !denied && test != Test::Null && test != Test::MemberOf;
    let asks_absence = |test: Test, denied: bool| !denied && test == Test::Null;
    if asks_absence(test_a, denied_a) && needs_value(test_b, denied_b)
        || asks_absence(test_b, denied_b) && needs_value(test_a, denied_a)
    {
        return true;
    }
    let (l, r) = (value(a), value(b));
    let fits = |test: Test, value: &str, part: &str| match test {
        Test::StartsWith => Some(value.starts_with(part)),
        Test::EndsWith => Some(value.ends_with(part)),
        Test::Contains => Some(value.contains(part)),
        Test::Equal => Some(value == part || numbers(value, part) == Some(Ordering::Equal)),
        Test::Less => numbers(value, part).map(Ordering::is_lt),
        Test::LessOrEqual => numbers(value, part).map(Ordering::is_le),
        Test::Greater => numbers(value, part).map(Ordering::is_gt),
        Test::GreaterOrEqual => numbers(value, part).map(Ordering::is_ge),
        Test::Null | Test::BitSet | Test::MemberOf => None,
    };
    // One clause names the value; the other one can be asked about it. A denial holds for every value.
    let pinned = |at: (Test, bool), value: &str, other: (Test, bool), part: &str| {
        at == (Test::Equal, false)
            && (single || other.1)
            && fits(other.0, value, part).is_some_and(|it| it == other.1)
    };
    pinned((test_a, denied_a), &l, (test_b, denied_b), &r)
        || pinned((test_b, denied_b), &r, (test_a, denied_a), &l)
}

fn numbers(a: &str, b: &str) -> Option<Ordering> {
    Some(a.trim().parse::<i64>().ok()?.cmp(&b.trim().parse::<i64>().ok()?))
}
