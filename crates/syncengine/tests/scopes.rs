//! Scoping filters by the table of `cases/scopes.txt`.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
mod common;

use std::collections::BTreeSet;

use common::rules::{Object, filter};
use dirlift_model::rule::ScopeOperator;
use dirlift_syncengine::{
    Assumption, AssumptionSet, Names, Value, assumption,
    rules::{Scope, UnknownOperator},
};

#[test]
fn every_filter_decides_as_written() {
    let (mut failures, mut marked, mut operators) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    let mut n_cases = 0;
    for (idx, line) in include_str!("cases/scopes.txt").lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        n_cases += 1;
        let fields: Vec<_> = line.split(" | ").collect();
        let [text, inputs, expected, source] = fields[..] else {
            panic!("line {}: {line}", idx + 1)
        };
        let groups = filter(text);
        operators
            .extend(groups.iter().flat_map(|it| &it.clauses).map(|it| it.operator.to_string()));
        let mut names = Names::default();
        let scope = Scope::compile(&groups, &mut names).unwrap();
        let object = Object::read(inputs, &mut names);
        let decision = scope.decide(&object);
        let used: BTreeSet<_> = decision.assumptions.iter().map(Assumption::id).collect();
        let marks: Vec<_> =
            source.split([' ', ';', ':']).filter(|it| it.starts_with("A-")).collect();
        if decision.in_scope.to_string() != expected.to_lowercase() {
            failures.push(format!("line {}: {line}", idx + 1));
        }
        if let Some(missing) = marks.iter().find(|it| !used.contains(**it)) {
            failures.push(format!("line {}: {missing} is not named, only {used:?}", idx + 1));
        }
        let mut also_used = AssumptionSet::default();
        if scope.holds(&object, &mut also_used) != decision.in_scope
            || also_used != decision.assumptions
        {
            failures.push(format!("line {}: the quick answer differs", idx + 1));
        }
        marked.extend(marks);
    }
    assert!(failures.is_empty(), "{} of {n_cases} cases\n{}", failures.len(), failures.join("\n"));
    assert!(n_cases >= 60, "{n_cases} cases");
    assert_eq!(operators.len(), ScopeOperator::ALL.len(), "every operator has a case");
    let all: BTreeSet<_> =
        assumption::TABLE.iter().map(|it| it.id).filter(|it| it.starts_with("A-SCOPE-")).collect();
    assert_eq!(marked, all);
}

#[test]
fn decision_says_why() {
    let mut names = Names::default();
    let groups = filter("a EQUAL x AND b EQUAL y OR c ISNULL OR d ISNULL");
    let scope = Scope::compile(&groups, &mut names).unwrap();
    let mut object = Object::default();
    object.0.set(names.intern(&"a".into()), Value::text("x"));
    let decision = scope.decide(&object);
    assert_eq!((decision.in_scope, decision.group), (true, Some(1)));
    assert_eq!(decision.failed, [(0, 1)], "the second clause of the first group");
    assert_eq!(scope.clause(0, 1).map(|it| it.attribute.as_str()), Some("b"));
    assert_eq!(scope.clause(3, 0), None);
}

#[test]
fn an_operator_that_is_not_known_is_no_filter() {
    let error =
        Scope::compile(&filter("a EQUAL x OR b ISNULL AND c SOUNDSLIKE y"), &mut Names::default());
    let word = "SOUNDSLIKE".to_owned();
    assert_eq!(error.unwrap_err(), UnknownOperator { group: 1, clause: 1, word });
}
