//! The table of `cases/expressions.txt`, and that every assumption and every function has its place in it.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
mod common;

use std::collections::BTreeSet;

use common::{pieces, value};
use dirlift_syncengine::{
    Assumption, Expression, MapInput, Names, Outcome, Priority, assumption, functions,
};

struct Case {
    line: usize,
    expression: &'static str,
    inputs: &'static str,
    result: &'static str,
    source: &'static str,
}

fn cases() -> Vec<Case> {
    let mut out = Vec::new();
    for (idx, text) in include_str!("cases/expressions.txt").lines().enumerate() {
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let fields: Vec<_> = text.split(" | ").collect();
        let [expression, inputs, result, source] = fields[..] else {
            panic!("line {}: {text}", idx + 1)
        };
        out.push(Case { line: idx + 1, expression, inputs, result, source });
    }
    out
}

fn assumptions_of(case: &Case) -> impl Iterator<Item = &'static str> {
    case.source.split([' ', ',', ';', ':']).filter(|it| it.starts_with("A-"))
}

/// What is wrong with a case, if anything.
fn check(case: &Case) -> Result<(), String> {
    let mut names = Names::default();
    let compiled = Expression::compile(case.expression, Priority::Conventional, &mut names);
    if let Some(part) = case.result.strip_prefix("refused: ") {
        let error = compiled.err().ok_or("it was not refused")?;
        let fits = error.to_string().contains(part) && error.span().end <= case.expression.len();
        return if fits { Ok(()) } else { Err(format!("refused with `{error}`")) };
    }
    let expression = compiled.map_err(|it| format!("refused: {it}"))?;
    let mut input = MapInput::at("2026-11-21T08:00:00Z".parse().unwrap());
    for piece in pieces(case.inputs, ';').into_iter().filter(|it| it.trim() != "-") {
        let (name, text) = piece.split_once('=').ok_or("no equals sign")?;
        let (name, value) = (name.trim(), value(text));
        if let Some(parameter) = name.strip_prefix('%').and_then(|it| it.strip_suffix('%')) {
            input.set_parameter(parameter, value);
        } else if let Some(name) = name.strip_prefix("imported:") {
            input.set_imported(names.intern(&name.into()), value);
        } else {
            input.set(names.intern(&name.into()), value);
        }
    }
    let evaluation = expression.evaluate(&input);
    let explained = expression.evaluate_explained(&input);
    if explained.evaluation != evaluation || explained.steps[0].outcome != evaluation.outcome {
        return Err("the explanation differs from the evaluation".to_owned());
    }
    match (&evaluation.outcome, case.result.strip_prefix("error: ")) {
        (Outcome::Error(error), Some(part)) if error.to_string().contains(part) => {}
        (outcome, None) if *outcome == Outcome::from(Ok(value(case.result))) => {}
        (outcome, _) => return Err(format!("gives {outcome}")),
    }
    let used: BTreeSet<_> = evaluation.assumptions.iter().map(Assumption::id).collect();
    match assumptions_of(case).find(|it| !used.contains(it)) {
        Some(missing) => Err(format!("{missing} is not named, only {used:?}")),
        None => Ok(()),
    }
}

#[test]
fn every_case_gives_its_result() {
    let cases = cases();
    assert!(cases.len() >= 250, "{} cases", cases.len());
    let failures: Vec<_> = cases
        .iter()
        .filter_map(|it| {
            check(it).err().map(|error| format!("line {}: {}\n    {error}", it.line, it.expression))
        })
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} cases:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

#[test]
fn every_assumption_has_a_case() {
    let cases = cases();
    let named: BTreeSet<_> = cases
        .iter()
        .filter(|it| !it.result.starts_with("refused"))
        .flat_map(assumptions_of)
        .collect();
    // Filters and rules have their own tables; see tests/scopes.rs and tests/rules.rs.
    let elsewhere = |it: &&str| it.starts_with("A-SCOPE-") || it.starts_with("A-RULE-");
    let all: BTreeSet<_> =
        assumption::TABLE.iter().map(|it| it.id).filter(|it| !elsewhere(it)).collect();
    assert_eq!(named, all);
}

#[test]
fn every_function_has_a_case() {
    let cases = cases();
    for function in functions::TABLE {
        let call = format!("{}(", function.name);
        let n = cases
            .iter()
            .filter(|it| it.expression.contains(&call) && !it.result.starts_with("refused"))
            .count();
        assert!(n > 0, "{}", function.name);
    }
}
