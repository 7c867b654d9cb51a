//! Scoping filters by the table of `cases/scopes.txt`; join criteria, flow types and findings by hand.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
mod common;

use std::collections::BTreeSet;

use common::{pieces, value};
use dirlift_model::{AttributeName, DistinguishedName, Guid};
use dirlift_syncengine::{
    Assumption, AttributeId, Input, MapInput, Names, Outcome, Value, assumption,
    rules::{
        CompiledFlow, Direction, Flow, FlowSource, JoinCriterion, JoinDecision, LinkType,
        MergeType, RuleProblem, Scope, ScopeClause, ScopeGroup, ScopeInput, ScopeOperator,
        SyncRule, Weight, check, join,
    },
};

struct Object(MapInput, Option<DistinguishedName>);

impl Input for Object {
    fn attribute(&self, id: AttributeId) -> Value {
        self.0.attribute(id)
    }
    fn parameter(&self, name: &str) -> Option<Value> {
        self.0.parameter(name)
    }
    fn now(&self) -> jiff::Timestamp {
        self.0.now()
    }
}

impl ScopeInput for Object {
    fn is_member_of(&self, group: &DistinguishedName) -> bool {
        self.1.as_ref() == Some(group)
    }
}

fn clause(text: &str) -> ScopeClause {
    let mut words = text.trim().splitn(3, ' ');
    let (attribute, operator) = (words.next().unwrap(), words.next().unwrap());
    let value = words.next().unwrap_or("").to_owned();
    ScopeClause { attribute: attribute.into(), operator: operator.parse().unwrap(), value }
}

fn filter(text: &str) -> Vec<ScopeGroup> {
    if text == "-" {
        return Vec::new();
    }
    text.split(" OR ").map(|it| it.split(" AND ").map(clause).collect()).collect()
}

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
        operators.extend(groups.iter().flatten().map(|it| it.operator));
        let mut names = Names::default();
        let scope = Scope::compile(&groups, &mut names);
        let mut object = Object(MapInput::default(), None);
        for piece in pieces(inputs, ';').into_iter().filter(|it| it.trim() != "-") {
            let (name, text) = piece.split_once('=').unwrap();
            match name.trim() {
                "%memberOf%" => object.1 = text.trim()[4..].trim_matches('"').parse().ok(),
                name if name.starts_with('%') => {
                    object.0.set_parameter(name.trim_matches('%'), value(text));
                }
                name => {
                    object.0.set(names.intern(&name.into()), value(text));
                }
            }
        }
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
    let scope = Scope::compile(&filter("a EQUAL x AND b EQUAL y OR c ISNULL"), &mut names);
    let mut object = Object(MapInput::default(), None);
    object.0.set(names.intern(&"a".into()), Value::text("x"));
    let decision = scope.decide(&object);
    assert_eq!((decision.in_scope, decision.group), (true, Some(1)));
    assert_eq!(decision.failed[0].to_string(), "b EQUAL y");
    assert!(
        "SOMETHING"
            .parse::<ScopeOperator>()
            .unwrap_err()
            .to_string()
            .contains("use one of EQUAL, NOTEQUAL")
    );
    assert_eq!("isnotbitset".parse(), Ok(ScopeOperator::IsBitNotSet));
}

fn criterion(connector_space: &str, metaverse: &str) -> JoinCriterion {
    JoinCriterion {
        connector_space: connector_space.into(),
        metaverse: metaverse.into(),
        case_sensitive: false,
    }
}

#[test]
fn first_group_with_exactly_one_match_joins() {
    let groups = ["mail", "objectSid", "employeeID"].map(|it| vec![criterion(it, it)]);
    let found = |counts: [usize; 3]| {
        let mut counts = counts.into_iter();
        join::decide(&groups, |_| (0..counts.next().unwrap()).collect())
    };
    assert_eq!(found([1, 1, 1]), JoinDecision::Joined { group: 0, target: 0 });
    assert_eq!(found([0, 1, 1]), JoinDecision::Joined { group: 1, target: 0 });
    assert_eq!(
        found([2, 0, 1]),
        JoinDecision::Joined { group: 2, target: 0 },
        "several are no match"
    );
    assert_eq!(found([0, 3, 0]), JoinDecision::NotJoined { ambiguous: vec![1] });
    assert_eq!(join::decide(&[vec![]], |_| vec![1]), JoinDecision::NotJoined { ambiguous: vec![] });
}

#[test]
fn criteria_compare_values() {
    let folded = criterion("mail", "mail");
    let exact = JoinCriterion { case_sensitive: true, ..folded.clone() };
    let (upper, lower) = (Value::text("A@x"), Value::text("a@x"));
    assert!(
        folded.matches(&upper, &lower)
            && !exact.matches(&upper, &lower)
            && exact.matches(&upper, &upper)
    );
    assert!(
        folded.matches(&value(r#"{"q", "a@x"}"#), &value(r#"{"A@X", "r"}"#)),
        "one of several is enough"
    );
    assert!(!folded.matches(&Value::Null, &Value::Null), "nothing does not equal nothing");
    assert!(!folded.matches(&Value::text(""), &Value::text("")));
    assert!(
        folded.matches(&value("hex:01"), &value("hex:01"))
            && !folded.matches(&value("hex:01"), &value("hex:02"))
    );
    let groups = vec![vec![criterion("mail", "mail")], vec![criterion("sid", "sid")]];
    assert!(join::may_provision(&groups, |it| if it.connector_space.is("sid") {
        Value::text("1")
    } else {
        Value::Null
    }));
    assert!(
        !join::may_provision(&groups, |_| Value::Null),
        "a contact without mail is not projected"
    );
}

#[test]
fn flow_types_are_inferred_as_files_imply() {
    let attributes = [AttributeName::new("cn")];
    let infer = FlowSource::infer;
    assert_eq!(
        infer(Some(" Trim([cn]) "), &attributes, None),
        Some(FlowSource::Expression("Trim([cn])".into()))
    );
    assert_eq!(infer(None, &attributes, None), Some(FlowSource::Direct("cn".into())));
    assert_eq!(infer(Some(""), &attributes, None), Some(FlowSource::Direct("cn".into())));
    assert_eq!(infer(None, &[], Some("Computer")), Some(FlowSource::Constant("Computer".into())));
    assert_eq!(infer(None, &[], None), None);
}

fn flow(target: &str, expression: &str) -> Flow {
    let source = FlowSource::Expression(expression.to_owned());
    Flow { target: target.into(), source, merge: MergeType::Update, execute_once: false }
}

#[test]
fn empty_text_contributes_nothing_to_a_flow() {
    let mut names = Names::default();
    let compiled =
        CompiledFlow::compile(&flow("info", "Left(Trim([info]),448)"), &mut names).unwrap();
    assert_eq!(compiled.evaluate(&MapInput::default()).outcome, Outcome::Null);
}

fn rule(number: u32, name: &str) -> SyncRule {
    SyncRule {
        id: Guid::from_u128(number.into()),
        name: name.to_owned(),
        immutable_tag: Some(format!("Microsoft.{name}.001")),
        direction: Direction::Inbound,
        disabled: false,
        connector: Guid::from_u128(99),
        source_object_type: "user".into(),
        target_object_type: "person".into(),
        link_type: LinkType::Join,
        precedence: number,
        password_sync: false,
        scope: vec![],
        joins: vec![],
        flows: vec![],
    }
}

fn problems(rules: &[SyncRule]) -> Vec<RuleProblem> {
    check::check(rules, &()).into_iter().map(|it| it.problem).collect()
}

#[test]
fn findings_about_expressions_name_flow_and_column() {
    let mut broken = rule(100, "Broken");
    broken.flows = vec![flow("mail", "Trim([mail])"), flow("cn", "Trim([cn]) & trim([sn])")];
    let [finding] = &check::check(&[broken], &())[..] else { panic!() };
    assert_eq!(finding.flow, Some((1, "cn".into())));
    assert_eq!(finding.column, Some(14), "the second function begins in column 14");
    assert_eq!(finding.problem.weight(), Weight::Error);
    let mut noted = rule(100, "Noted");
    noted.flows = vec![flow("a", "[x] = 1 || [y] = 2"), flow("b", r#"ValueCount("member")"#)];
    let found = problems(&[noted]);
    assert!(matches!(found[..], [RuleProblem::Note(_), RuleProblem::Note(_)]), "{found:?}");
    assert_eq!((found[0].weight(), found[1].weight()), (Weight::Warning, Weight::Notice));
}

#[test]
fn findings_about_sets_of_rules() {
    let (mut a, mut b) = (rule(100, "A"), rule(101, "B"));
    a.joins = vec![vec![criterion("objectSid", "objectSid")]];
    b.joins.clone_from(&a.joins);
    assert_eq!(problems(&[a.clone(), b.clone()]), [], "equal criteria are no conflict");
    b.joins = vec![vec![criterion("mail", "mail")]];
    assert!(matches!(problems(&[a.clone(), b.clone()])[..], [RuleProblem::SeveralJoins { .. }]));
    b.target_object_type = "group".into();
    assert_eq!(problems(&[a.clone(), b.clone()]), [], "other targets are no conflict");
    b.target_object_type = "person".into();
    b.disabled = true;
    assert_eq!(problems(&[a.clone(), b.clone()]), [], "a disabled rule does nothing");

    let (mut a, mut b) = (rule(100, "A"), rule(101, "B"));
    a.flows = vec![flow("proxyAddresses", "[proxyAddresses]")];
    b.flows = vec![Flow { merge: MergeType::Merge, ..a.flows[0].clone() }];
    assert!(matches!(problems(&[b.clone(), a.clone()])[..], [RuleProblem::MixedMerge { .. }]));
    b.connector = Guid::from_u128(98);
    assert!(
        matches!(problems(&[a.clone(), b.clone()])[..], [RuleProblem::MixedMerge { .. }]),
        "all connectors meet"
    );
    (a.direction, b.direction) = (Direction::Outbound, Direction::Outbound);
    assert_eq!(problems(&[a.clone(), b.clone()]), [], "connectors are apart");
    b.connector = a.connector;
    b.flows[0].merge = MergeType::Replace;
    assert_eq!(problems(&[a, b]), [], "Replace is Update");
}

#[test]
fn findings_about_single_rules() {
    let mut custom = rule(100, "Custom");
    custom.immutable_tag = None;
    assert_eq!(problems(&[custom.clone()]), [RuleProblem::ReservedPrecedence { precedence: 100 }]);
    custom.precedence = 99;
    assert_eq!(problems(&[custom]), []);
    let twins = [rule(100, "A"), SyncRule { id: Guid::from_u128(7), ..rule(100, "B") }];
    assert!(matches!(problems(&twins)[..], [RuleProblem::SamePrecedence { .. }]));
    let mut provision = rule(100, "P");
    provision.link_type = LinkType::Provision;
    assert_eq!(problems(&[provision]), [RuleProblem::ProvisionWithoutJoin]);
    let mut values = rule(100, "V");
    values.scope = filter("userAccountControl ISBITSET two AND dn ISMEMBEROF Pilot OR a EQUAL x");
    let found = problems(&[values.clone()]);
    assert!(
        matches!(found[..], [RuleProblem::ClauseValue { .. }, RuleProblem::ClauseValue { .. }]),
        "{found:?}"
    );
    values.scope = vec![vec![]];
    assert_eq!(problems(&[values]), [RuleProblem::EmptyGroup { what: "scope clauses" }]);
}

struct Known;

impl check::Schema for Known {
    fn connector_has(&self, _: Guid, attribute: &AttributeName) -> Option<bool> {
        Some(["mail", "cn"].iter().any(|it| attribute.is(it)))
    }
    fn metaverse_has(&self, attribute: &AttributeName) -> Option<bool> {
        Some(["mail", "displayName"].iter().any(|it| attribute.is(it)))
    }
}

#[test]
fn missing_attributes_are_found_on_their_side() {
    let mut inbound = rule(100, "In");
    inbound.flows = vec![flow("displayName", "[cn] & [sn]"), flow("nothing", "[MAIL]")];
    inbound.joins = vec![vec![criterion("cn", "cn")]];
    inbound.scope = filter("objectClass EQUAL x");
    let missing: Vec<_> = check::check(&[inbound], &Known)
        .into_iter()
        .map(|it| match it.problem {
            RuleProblem::MissingAttribute { attribute } => attribute.to_string(),
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(missing, ["objectClass", "cn", "sn", "nothing"]);
}

#[test]
fn rules_stand_in_order_of_application() {
    let mut out = rule(50, "Out");
    out.direction = Direction::Outbound;
    let rules =
        [rule(102, "C"), out, rule(100, "A"), SyncRule { disabled: true, ..rule(101, "B") }];
    let order: Vec<_> = SyncRule::in_order(&rules).into_iter().map(|it| it.name.as_str()).collect();
    assert_eq!(order, ["A", "C", "Out"]);
}
