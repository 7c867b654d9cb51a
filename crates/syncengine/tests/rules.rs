//! The rule cases of `cases/rules.txt`, and the parts of rules that no case can say.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
mod common;

use std::collections::BTreeSet;

use common::{
    rules::{Object, group, join, mapping, rule},
    value,
};
use dirlift_model::{AttributeName, Guid, Severity, SyncRule, rule::MappingSource};
use dirlift_syncengine::{
    Assumption, AssumptionSet, Names, Value, assumption,
    rules::{
        CompiledRule, Direction, FlowSource, JoinDecision, LinkType, MergeType, Resolved, RuleSet,
        Schema, in_order, join as joins, resolve,
    },
};

#[derive(Default)]
struct Known {
    connector: Option<Vec<AttributeName>>,
    metaverse: Option<Vec<AttributeName>>,
}

impl Schema for Known {
    fn connector_has(&self, _: Guid, attribute: &AttributeName) -> Option<bool> {
        self.connector.as_ref().map(|it| it.contains(attribute))
    }
    fn metaverse_has(&self, attribute: &AttributeName) -> Option<bool> {
        self.metaverse.as_ref().map(|it| it.contains(attribute))
    }
}

/// A case as it is written.
#[derive(Default)]
struct Case {
    title: &'static str,
    rules: Vec<SyncRule>,
    schema: Known,
    object: Option<(Direction, AttributeName, &'static str)>,
    candidates: Vec<&'static str>,
    target: &'static str,
    created: bool,
    expected: Vec<&'static str>,
}

fn cases() -> Vec<Case> {
    let mut out: Vec<Case> = Vec::new();
    for line in include_str!("cases/rules.txt").lines() {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        if word == "case" {
            out.push(Case { title: rest, ..Case::default() });
            continue;
        }
        let case = out.last_mut().unwrap();
        if let Some(part) = line.strip_prefix("  ") {
            let rule = case.rules.last_mut().unwrap();
            let (word, rest) = part.split_once(' ').unwrap();
            match word {
                "scope" => rule.scope.push(group(rest)),
                "join" => rule.joins.push(join(rest)),
                "flow" => rule.mappings.push(mapping(rest)),
                _ => panic!("{line}"),
            }
            continue;
        }
        match word {
            "rule" => case.rules.push(rule(rest)),
            "schema" => {
                let mut names = rest.split(' ');
                let side = names.next();
                let names = Some(names.map(AttributeName::from).collect());
                if side == Some("connector") {
                    case.schema.connector = names;
                } else {
                    case.schema.metaverse = names;
                }
            }
            "object" => {
                let (head, attributes) = rest.split_once(':').unwrap();
                let (direction, object_type) = head.split_once(' ').unwrap();
                let direction =
                    if direction == "in" { Direction::Inbound } else { Direction::Outbound };
                case.object = Some((direction, object_type.into(), attributes));
            }
            "candidate" => case.candidates.push(rest),
            "target" => case.target = rest,
            "created" => case.created = true,
            _ => case.expected.push(line),
        }
    }
    out
}

/// A case while it is worked out.
struct Run<'a> {
    case: &'a Case,
    set: &'a RuleSet,
    direction: Direction,
    in_scope: Vec<&'a CompiledRule>,
    object: Object,
    candidates: Vec<Object>,
    target: Object,
    used: AssumptionSet,
}

impl Run<'_> {
    fn names(rules: impl IntoIterator<Item = String>) -> String {
        let names: Vec<_> = rules.into_iter().collect();
        if names.is_empty() { "-".to_owned() } else { names.join(" ") }
    }

    fn scope(&self) -> String {
        Self::names(self.in_scope.iter().map(|it| it.name.to_string()))
    }

    fn join(&self) -> String {
        use dirlift_syncengine::Input as _;
        let mut ambiguous = BTreeSet::new();
        for rule in self.in_scope.iter().filter(|it| !it.joins.is_empty()) {
            let found = joins::decide(&rule.joins, |criteria| {
                let matches = |it: &Object| {
                    criteria.iter().all(|c| {
                        let (here, there) = (
                            self.object.attribute(c.source(self.direction)),
                            it.attribute(c.target(self.direction)),
                        );
                        if self.direction == Direction::Inbound {
                            c.matches(&here, &there)
                        } else {
                            c.matches(&there, &here)
                        }
                    })
                };
                (1..).zip(&self.candidates).filter(|it| matches(it.1)).map(|it| it.0).collect()
            });
            match found {
                JoinDecision::Joined { group, target } => {
                    let target: u32 = target;
                    return format!("{} group {} object {target}", rule.name, group + 1);
                }
                JoinDecision::NotJoined { ambiguous: more } => {
                    ambiguous.extend(more.iter().map(|it| (it + 1).to_string()));
                }
            }
        }
        let provisioner = self.in_scope.iter().find(|it| {
            it.link_type == LinkType::Provision
                && joins::may_provision(&it.joins, self.direction, |id| self.object.attribute(id))
        });
        match provisioner {
            Some(rule) => format!("provision {}", rule.name),
            None if ambiguous.is_empty() => "none".to_owned(),
            None => format!("none ambiguous {}", Self::names(ambiguous)),
        }
    }

    fn gives(&mut self, attribute: &str) -> String {
        use dirlift_syncengine::Input as _;
        let Some(id) = self.set.names().id(&attribute.into()) else { return "kept".to_owned() };
        let flows: Vec<_> = self
            .in_scope
            .iter()
            .flat_map(|rule| rule.flows.iter().map(move |flow| (rule, flow)))
            .filter(|(_, it)| it.target == id && it.applies(self.case.created))
            .collect();
        let merges: Vec<_> = flows.iter().map(|it| it.1.merge).collect();
        let current = self.target.attribute(id);
        let mut used = AssumptionSet::default();
        let resolution = resolve(self.direction, &merges, &current, |idx| {
            let evaluation = flows[idx].1.evaluate(&self.object);
            used = used.union(evaluation.assumptions);
            evaluation.outcome
        });
        self.used = self.used.union(used).union(resolution.assumptions);
        match resolution.resolved {
            Resolved::Keep => "kept".to_owned(),
            Resolved::Remove { .. } => "removed".to_owned(),
            Resolved::Mixed { .. } => "mixed".to_owned(),
            Resolved::Failed { error, .. } => format!("error: {error}"),
            Resolved::Set { value, from } => {
                let names = from.iter().map(|it| flows[*it].0.name.to_string());
                format!("= {value} from {}", Self::names(names))
            }
        }
    }

    fn type_of(&self, attribute: &str) -> &'static str {
        let id = self.set.names().id(&attribute.into());
        let flow =
            self.set.rules().iter().flat_map(|it| &it.flows).find(|it| Some(it.target) == id);
        match flow.unwrap().source {
            FlowSource::Direct(_) => "direct",
            FlowSource::Constant(_) => "constant",
            FlowSource::Expression(_) => "expression",
        }
    }
}

/// What is wrong with a case.
fn failures(case: &Case) -> Vec<String> {
    let mut set = RuleSet::compile(&case.rules, &case.schema);
    let (direction, object_type, attributes) =
        case.object.clone().unwrap_or((Direction::Inbound, "".into(), "-"));
    let names = set.names_mut();
    let object = Object::read(attributes, names);
    let candidates = case.candidates.iter().map(|it| Object::read(it, names)).collect();
    let target = Object::read(case.target, names);
    let mut used = AssumptionSet::default();
    let in_scope = set
        .applicable(direction, Guid::from_u128(1), &object_type)
        .filter(|it| it.scope.holds(&object, &mut used))
        .collect();
    let mut run = Run { case, set: &set, direction, in_scope, object, candidates, target, used };
    let mut out = Vec::new();
    let mut findings = Vec::new();
    for line in &case.expected {
        let (word, rest) = line.split_once(' ').unwrap();
        let found = match word {
            "scope" => run.scope(),
            "join" => run.join(),
            "gives" => {
                let (name, rest) = rest.split_once(' ').unwrap();
                let found = run.gives(name);
                let part = rest.strip_prefix("error: ");
                if !(found == rest
                    || part.is_some_and(|it| found.starts_with("error") && found.contains(it)))
                {
                    out.push(format!("{line}: gives {found}"));
                }
                continue;
            }
            "order" => {
                let order = in_order(&case.rules);
                Run::names(order.iter().map(|it| case.rules[*it].name.clone()))
            }
            "type" => {
                let (name, _) = rest.split_once(' ').unwrap();
                format!("{name} {}", run.type_of(name))
            }
            "assumes" => {
                let all: BTreeSet<_> = run.used.iter().map(Assumption::id).collect();
                let missing = rest.split(' ').find(|it| !all.contains(it));
                out.extend(missing.map(|it| format!("{it} is not named, only {all:?}")));
                continue;
            }
            "finding" => {
                findings.push(rest.to_owned());
                continue;
            }
            _ => panic!("{line}"),
        };
        if found != rest {
            out.push(format!("{line}: {found}"));
        }
    }
    let found: Vec<_> = set
        .findings()
        .iter()
        .map(|it| {
            let flow =
                it.flow.as_ref().map_or_else(String::new, |it| format!(" flow:{}", it.0 + 1));
            let at = it.at.map_or_else(String::new, |it| format!(" at:{}:{}", it.0, it.1));
            format!("{} {}{flow}{at}", it.rule_name, it.problem.code())
        })
        .collect();
    if found != findings {
        out.push(format!("findings {found:?}"));
    }
    out
}

#[test]
fn every_case_is_as_written() {
    let cases = cases();
    assert!(cases.len() >= 60, "{} cases", cases.len());
    let failures: Vec<_> = cases
        .iter()
        .flat_map(|it| {
            failures(it).into_iter().map(move |line| format!("{}\n    {line}", it.title))
        })
        .collect();
    assert!(
        failures.is_empty(),
        "{} failures in {} cases\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

#[test]
fn every_assumption_about_rules_has_a_case() {
    let named: BTreeSet<_> = cases()
        .iter()
        .flat_map(|it| it.expected.iter().filter_map(|it| it.strip_prefix("assumes ")))
        .flat_map(|it| it.split(' '))
        .filter(|it| it.starts_with("A-RULE-"))
        .collect();
    let all: BTreeSet<_> =
        assumption::TABLE.iter().map(|it| it.id).filter(|it| it.starts_with("A-RULE-")).collect();
    assert_eq!(named, all);
}

/// Every code that a finding can have stands in a case.
#[test]
fn every_kind_of_finding_has_a_case() {
    let source = include_str!("../src/rules/problem.rs");
    let (_, table) = source.split_once("fn code").unwrap();
    let codes: BTreeSet<_> = table.split('"').skip(1).step_by(2).collect();
    assert!(codes.len() >= 25, "{codes:?}");
    let cases = cases();
    let named: BTreeSet<_> = cases
        .iter()
        .flat_map(|it| it.expected.iter().filter_map(|it| it.strip_prefix("finding ")))
        .filter_map(|it| it.split(' ').nth(1))
        .collect();
    assert_eq!(named, codes);
}

#[test]
fn a_set_is_sound_without_blockers() {
    let severity = |rules: &[SyncRule]| {
        let set = RuleSet::compile(rules, &());
        let worst = set.findings().iter().map(|it| it.problem.severity()).max();
        assert_eq!(set.is_sound(), worst < Some(Severity::Blocker), "{:?}", set.findings());
        worst
    };
    let mut flawed = rule("100 in user person Join");
    assert_eq!(severity(&[flawed.clone()]), None);
    assert_eq!(severity(&[rule("100 in user person Join disabled")]), Some(Severity::Info));
    assert_eq!(severity(&[rule("100 in user person Provision")]), Some(Severity::Warning));
    flawed.mappings = vec![mapping("cn = Nothing(")];
    assert_eq!(severity(&[flawed]), Some(Severity::Blocker));
}

#[test]
fn criteria_compare_values() {
    let mut names = Names::default();
    let compiled = joins::compile(&[join("a = a"), join("a = a exact")], &mut names);
    let (folded, exact) = (compiled[0][0], compiled[1][0]);
    let (upper, lower) = (Value::text("A@x"), Value::text("a@x"));
    assert!(folded.matches(&upper, &lower));
    assert!(!exact.matches(&upper, &lower) && exact.matches(&upper, &upper));
    let (several, others) = (value(r#"{"q", "a@x"}"#), value(r#"{"A@X", "r"}"#));
    assert!(folded.matches(&several, &others), "one of several is enough");
    assert!(!folded.matches(&Value::Null, &Value::Null), "nothing does not equal nothing");
    assert!(!folded.matches(&Value::text(""), &Value::text("")));
    assert!(folded.matches(&value("hex:01"), &value("hex:01")));
    assert!(!folded.matches(&value("hex:01"), &value("hex:02")));
}

#[test]
fn an_answer_that_does_not_matter_is_not_asked_for() {
    let mut asked = Vec::new();
    let merges = [MergeType::Update; 3];
    let resolution = resolve(Direction::Inbound, &merges, &Value::Null, |idx| {
        asked.push(idx);
        Ok([Value::Null, Value::number(1), Value::number(2)][idx].clone()).into()
    });
    assert_eq!(asked, [0, 1]);
    assert_eq!(resolution.resolved, Resolved::Set { value: Value::number(1), from: vec![1] });
    let nothing = resolve(Direction::Inbound, &[], &Value::number(1), |_| unreachable!());
    assert_eq!(nothing.resolved, Resolved::Keep);
}

/// Many rules that name each other stay cheap.
#[test]
fn many_rules_are_no_burden() {
    let rules: Vec<_> = (0..4_000_u32)
        .map(|it| {
            let mut rule = rule(&format!("7 in user person Join id:{} after:{}", it + 1, it));
            rule.joins.push(join(&format!("a{it} = a")));
            rule.mappings.push(mapping("cn <- cn"));
            rule
        })
        .collect();
    let backwards: Vec<_> = rules.into_iter().rev().collect();
    let order = in_order(&backwards);
    assert!(order.iter().rev().copied().eq(0..4_000), "each stands after the one it names");
    let set = RuleSet::compile(&backwards, &());
    assert_eq!(set.rules().len(), 4_000);
}

/// Damages a text at a place that a number decides.
fn damage(text: &mut String, number: u64) {
    let at = usize::try_from(number >> 8).unwrap() % (text.len() + 1);
    let at = text.floor_char_boundary(at);
    match number % 4 {
        0 => text.truncate(at),
        1 => text.insert(at, ['(', '"', '%', '[', '\u{0}', '\u{10FFFF}'][at % 6]),
        2 if at < text.len() => drop(text.remove(at)),
        _ => text.insert_str(at, &text.clone()),
    }
}

/// Whatever the words of rules say, a set is made of them, applied and put into words; nothing panics.
#[test]
fn damaged_rules_do_no_harm() {
    let mut state = 7_u64;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 20
    };
    let (mut n_sound, mut n_broken) = (0, 0);
    for mut case in (0..6).flat_map(|_| cases()) {
        for rule in &mut case.rules {
            if next() % 3 == 0 {
                rule.id = Guid::from_u128(u128::from(next() % 4));
                rule.precedence_after = Some(Guid::from_u128(u128::from(next() % 4)));
            }
            for clause in rule.scope.iter_mut().flat_map(|it| &mut it.clauses) {
                damage(&mut clause.value, next());
            }
            for mapping in &mut rule.mappings {
                if let Some(text) = &mut mapping.expression {
                    damage(text, next());
                } else if let MappingSource::Constant(text) = &mut mapping.source {
                    damage(text, next());
                } else {
                    mapping.execute_once = true;
                }
            }
        }
        let mut set = RuleSet::compile(&case.rules, &case.schema);
        if set.is_sound() {
            n_sound += 1;
        } else {
            n_broken += 1;
        }
        let object = Object::read(case.object.as_ref().map_or("-", |it| it.2), set.names_mut());
        for rule in set.rules() {
            let decision = rule.scope.decide(&object);
            assert_eq!(decision.in_scope, rule.scope.holds(&object, &mut AssumptionSet::default()));
            for flow in &rule.flows {
                flow.evaluate(&object);
            }
        }
        for rule in &case.rules {
            assert!(!dirlift_syncengine::explain::rule(rule).path.is_empty());
        }
    }
    assert!(n_sound > 50 && n_broken > 50, "{n_sound} {n_broken}");
}
