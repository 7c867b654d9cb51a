//! Scope and joins of one rule on both sides.
use std::collections::{BTreeMap, VecDeque};

use dirlift_model::{
    AttributeName,
    difference::Kind,
    rule::{JoinGroup, ScopeGroup},
};

use super::{flow::unequal, pairs::Links, rule::Report};

/// Most pairs of groups that are weighed against each other; beyond it they are taken in their order.
const MAX_WEIGHED: usize = 10_000;

/// Attribute, operator, value.
type Clause = (AttributeName, String, String);

fn words((attribute, operator, value): &Clause) -> String {
    if value.is_empty() {
        format!("{attribute} {operator}")
    } else {
        format!("{attribute} {operator} {value}")
    }
}

fn group_words(group: &[Clause]) -> String {
    if group.is_empty() {
        return "no clause, so every object".to_owned();
    }
    group.iter().map(words).collect::<Vec<_>>().join(" and ")
}

/// Compares scopes: groups are alternatives, clauses all must hold, neither has an order.
pub(super) fn scopes(
    before: &[ScopeGroup],
    after: &[ScopeGroup],
    links: &Links,
    report: &mut Report<'_>,
) {
    let groups = |all: &[ScopeGroup], translate: bool| -> Vec<Vec<Clause>> {
        let clause = |it: &dirlift_model::rule::ScopeClause| {
            let value = it.value.trim();
            let value =
                if translate { links.translate(value).into_owned() } else { value.to_owned() };
            (it.attribute.clone(), it.operator.as_str().to_owned(), value)
        };
        let sorted = |it: &ScopeGroup| {
            let mut clauses: Vec<_> = it.clauses.iter().map(clause).collect();
            clauses.sort_unstable();
            clauses.dedup();
            clauses
        };
        all.iter().map(sorted).collect()
    };
    let (mut before, mut after) = unequal(groups(before, true), groups(after, false));
    if before.len().saturating_mul(after.len()) > MAX_WEIGHED {
        let n_both = before.len().min(after.len());
        for (old, new) in before.drain(..n_both).zip(after.drain(..n_both)) {
            clauses(&old, &new, report);
        }
    }
    while !before.is_empty() && !after.is_empty() {
        let (a, b) = closest(&before, &after);
        let (old, new) = (before.remove(a), after.remove(b));
        clauses(&old, &new, report);
    }
    for it in before {
        let words = Some(group_words(&it));
        report.change(Kind::ScopeGroupRemoved, "group of the scope removed", words, None);
    }
    for it in after {
        let words = Some(group_words(&it));
        report.change(Kind::ScopeGroupAdded, "group of the scope added", None, words);
    }
}

/// The first two groups with the most clauses in common.
fn closest(before: &[Vec<Clause>], after: &[Vec<Clause>]) -> (usize, usize) {
    let mut best = (0, 0, 0);
    for (a, old) in before.iter().enumerate() {
        for (b, new) in after.iter().enumerate() {
            let n = old.iter().filter(|it| new.binary_search(it).is_ok()).count();
            if n > best.0 {
                best = (n, a, b);
            }
        }
    }
    (best.1, best.2)
}

fn clauses(before: &[Clause], after: &[Clause], report: &mut Report<'_>) {
    let (before, after) = unequal(before.to_vec(), after.to_vec());
    let mut by_attribute: BTreeMap<AttributeName, VecDeque<Clause>> = BTreeMap::new();
    for it in after {
        by_attribute.entry(it.0.clone()).or_default().push_back(it);
    }
    for old in before {
        let new = by_attribute.get_mut(&old.0).and_then(VecDeque::pop_front);
        let (kind, what) = match new {
            Some(_) => (Kind::ScopeClauseChanged, "changed"),
            None => (Kind::ScopeClauseRemoved, "removed"),
        };
        let what = format!("clause of the scope on {} {what}", old.0);
        let new = new.as_ref().map(words);
        report.part(kind, old.0.as_str(), what, Some(words(&old)), new);
    }
    for new in by_attribute.into_values().flatten() {
        let what = format!("clause of the scope on {} added", new.0);
        report.part(Kind::ScopeClauseAdded, new.0.as_str(), what, None, Some(words(&new)));
    }
}

/// Compares joins: groups are tried in order, conditions all must hold.
pub(super) fn joins(before: &[JoinGroup], after: &[JoinGroup], report: &mut Report<'_>) {
    type Condition = (AttributeName, AttributeName, bool);
    let groups = |all: &[JoinGroup]| -> Vec<Vec<Condition>> {
        let sorted = |it: &JoinGroup| {
            let conditions = it.conditions.iter().map(|it| {
                let sensitive = it.case_sensitive.unwrap_or(false);
                (it.attribute.clone(), it.metaverse_attribute.clone(), sensitive)
            });
            let mut conditions: Vec<_> = conditions.collect();
            conditions.sort_unstable();
            conditions.dedup();
            conditions
        };
        all.iter().map(sorted).collect()
    };
    let words = |group: &[Condition]| {
        let condition = |(connector, metaverse, sensitive): &Condition| {
            let case = if *sensitive { " (by case)" } else { "" };
            format!("{connector} = {metaverse}{case}")
        };
        group.iter().map(condition).collect::<Vec<_>>().join(" and ")
    };
    let (before, after) = (groups(before), groups(after));
    if before == after {
        return;
    }
    let list =
        |all: &[Vec<Condition>]| all.iter().map(|it| words(it)).collect::<Vec<_>>().join("; then ");
    let (removed, added) = unequal(before.clone(), after.clone());
    if removed.is_empty() && added.is_empty() {
        let (a, b) = (Some(list(&before)), Some(list(&after)));
        report.change(Kind::JoinOrder, "order of the joins changed", a, b);
    }
    for it in removed {
        report.change(Kind::JoinRemoved, "join removed", Some(words(&it)), None);
    }
    for it in added {
        report.change(Kind::JoinAdded, "join added", None, Some(words(&it)));
    }
}
