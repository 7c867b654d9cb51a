//! Operators one by one, and the laws of denial on generated filters.
use dirlift_model::AttributeName;
use proptest::prelude::*;

use super::*;

fn condition(attribute: &str, operator: &str, value: &str) -> FilterCondition {
    FilterCondition {
        attribute: attribute.into(),
        intrinsic: false,
        operator: FilterOperator::new(operator),
        value: value.to_owned(),
    }
}

fn shown(it: &ScopeClause) -> String {
    format!("{} {} {}", it.attribute, it.operator, it.value).trim_end().to_owned()
}

fn group(text: &str) -> ScopeGroup {
    let clauses = text.split(" AND ").map(|it| {
        let mut words = it.splitn(3, ' ');
        ScopeClause {
            attribute: AttributeName::new(words.next().unwrap()),
            operator: ScopeOperator::new(words.next().unwrap()),
            value: words.next().unwrap_or_default().to_owned(),
        }
    });
    ScopeGroup { clauses: clauses.collect() }
}

fn filter(text: &str) -> Vec<ScopeGroup> {
    text.split(" OR ").map(group).collect()
}

fn text(groups: &[ScopeGroup]) -> String {
    let group = |it: &ScopeGroup| it.clauses.iter().map(shown).collect::<Vec<_>>().join(" AND ");
    groups.iter().map(group).collect::<Vec<_>>().join(" OR ")
}

#[test]
fn every_operator_has_its_clause() {
    let cases = [
        ("department", "equality", "Sales", "department EQUAL Sales"),
        ("department", "inequality", "Sales", "department NOTEQUAL Sales"),
        ("department", "present", "", "department ISNOTNULL"),
        ("department", "not-present", "", "department ISNULL"),
        ("department", "present", "left over", "department ISNOTNULL"),
        ("cn", "substring-start", "x-", "cn STARTSWITH x-"),
        ("cn", "not-substring-start", "x-", "cn NOTSTARTSWITH x-"),
        ("cn", "substring-end", "-x", "cn ENDSWITH -x"),
        ("cn", "not-substring-end", "-x", "cn NOTENDSWITH -x"),
        ("cn", "substring-any", "}", "cn CONTAINS }"),
        ("cn", "not-substring-any", "}", "cn NOTCONTAINS }"),
        ("adminCount", "greater-than", "0", "adminCount GREATERTHAN 0"),
        ("adminCount", "greater-than-or-equal", "1", "adminCount GREATERTHAN_OR_EQUAL 1"),
        ("adminCount", "less-than", "1", "adminCount LESSTHAN 1"),
        ("adminCount", "less-than-or-equal", "0", "adminCount LESSTHAN_OR_EQUAL 0"),
        ("userAccountControl", "bit-on", "0x2", "userAccountControl ISBITSET 2"),
        ("userAccountControl", "bit-off", "65536", "userAccountControl ISBITNOTSET 65536"),
        ("groupType", "equality", "0x2", "groupType EQUAL 2"),
        ("extensionAttribute1", "equality", "0x2", "extensionAttribute1 EQUAL 0x2"),
        ("memberOf", "equality", "CN=a,DC=x", "memberOf ISMEMBEROF CN=a,DC=x"),
        ("memberOf", "inequality", "CN=a,DC=x", "memberOf ISNOTMEMBEROF CN=a,DC=x"),
        ("info", "equality", "50 % of 80 % done", "info EQUAL 50 % of 80 % done"),
    ];
    for (attribute, operator, value, expected) in cases {
        let (clause, _) = clause(&condition(attribute, operator, value)).unwrap();
        assert_eq!(shown(&clause), expected);
    }
    let known: Vec<_> = cases.iter().map(|it| FilterOperator::new(it.1)).collect();
    assert!(FilterOperator::ALL.iter().all(|it| known.contains(it)), "every operator has a case");
}

#[test]
fn what_has_no_clause_says_why() {
    use UntranslatedKind as Kind;
    let cases = [
        (condition("cn", "sounds-like", "x"), Kind::FilterOperator),
        (condition("dn", "substring-end", "DC=x"), Kind::FilterOnName),
        (
            FilterCondition { intrinsic: true, ..condition("object-id", "equality", "x") },
            Kind::FilterOnName,
        ),
        (condition("cn", "equality", " "), Kind::FilterValue),
        (condition("cn", "equality", "%Domain.FQDN%"), Kind::FilterValue),
        (condition("userAccountControl", "bit-on", "ACCOUNTDISABLE"), Kind::FilterValue),
    ];
    for (condition, expected) in cases {
        assert_eq!(clause(&condition).unwrap_err(), expected, "{condition}");
    }
}

#[test]
fn readings_that_are_not_certain_are_told() {
    let note = |attribute: &str, operator: &str| {
        clause(&condition(attribute, operator, "x")).unwrap().1.unwrap_or_default()
    };
    assert_eq!(note("department", "equality"), "");
    assert!(note("department", "inequality").contains("where there is no value"));
    assert!(note("proxyAddresses", "not-substring-any").contains("no value fits"));
    assert!(note("proxyAddresses", "substring-any").contains("one of the values"));
    assert_eq!(note("proxyAddresses", "present"), "");
}

#[test]
fn denials_are_worked_out() {
    let cases = [
        ("a EQUAL x", "a NOTEQUAL x"),
        ("a EQUAL x AND b EQUAL y", "a NOTEQUAL x OR b NOTEQUAL y"),
        ("a EQUAL x OR b EQUAL y", "a NOTEQUAL x AND b NOTEQUAL y"),
        ("a ISNULL AND b ISNULL", "a ISNOTNULL OR b ISNOTNULL"),
        // (not a or not b) and not c
        (
            "a EQUAL 1 AND b EQUAL 2 OR c EQUAL 3",
            "a NOTEQUAL 1 AND c NOTEQUAL 3 OR b NOTEQUAL 2 AND c NOTEQUAL 3",
        ),
        // (not a or not b) and not a, which is not a
        ("a EQUAL 1 AND b EQUAL 2 OR a EQUAL 1", "a NOTEQUAL 1"),
        // (not a or not b) and (a or not c): not a with a falls away
        (
            "a ISNULL AND b ISNULL OR a ISNOTNULL AND c ISNULL",
            "a ISNOTNULL AND c ISNOTNULL OR b ISNOTNULL AND a ISNULL OR b ISNOTNULL AND c ISNOTNULL",
        ),
        ("adminCount LESSTHAN 1", "adminCount GREATERTHAN_OR_EQUAL 1 OR adminCount ISNULL"),
        ("userAccountControl ISBITSET 2", "userAccountControl ISBITNOTSET 2"),
        ("memberOf ISNOTMEMBEROF CN=a", "memberOf ISMEMBEROF CN=a"),
    ];
    for (given, expected) in cases {
        assert_eq!(text(&negate(&filter(given)).unwrap()), expected, "{given}");
    }
}

#[test]
fn what_has_no_denial_says_why() {
    let error = |given: &str| negate(&filter(given)).unwrap_err();
    assert!(matches!(error("department LESSTHAN m"), NegateError::Order(_)));
    assert!(matches!(error("a SOUNDSLIKE m"), NegateError::Order(_)));
    assert_eq!(error("a ISNULL OR a ISNOTNULL"), NegateError::Nobody);
    assert_eq!(negate(&[]).unwrap_err(), NegateError::Nobody);
    // 3 to the power of 6 groups: 729
    let large: Vec<_> =
        (0..6).map(|n| format!("a{n} EQUAL 1 AND b{n} EQUAL 1 AND c{n} EQUAL 1")).collect();
    assert_eq!(error(&large.join(" OR ")), NegateError::TooLarge);
}

/// Values of two attributes of text with several values each, and of one number or none.
type Object = (Vec<String>, Vec<String>, Option<i64>);

/// Written apart from the code under test, straight from the meaning of the operators.
fn holds(clause: &ScopeClause, (a, b, number): &Object) -> bool {
    let values: Vec<String> = match clause.attribute.as_str() {
        "a" => a.clone(),
        "b" => b.clone(),
        _ => number.iter().map(ToString::to_string).collect(),
    };
    let any = |test: &dyn Fn(&str) -> bool| values.iter().any(|it| test(it));
    let value = clause.value.as_str();
    let order = |test: fn(i64, i64) -> bool| {
        any(&|it| test(it.parse::<i64>().unwrap(), value.parse::<i64>().unwrap()))
    };
    match clause.operator.as_str() {
        "EQUAL" => any(&|it| it == value),
        "NOTEQUAL" => !any(&|it| it == value),
        "CONTAINS" => any(&|it| it.contains(value)),
        "NOTCONTAINS" => !any(&|it| it.contains(value)),
        "STARTSWITH" => any(&|it| it.starts_with(value)),
        "NOTSTARTSWITH" => !any(&|it| it.starts_with(value)),
        "ISNULL" => values.is_empty(),
        "ISNOTNULL" => !values.is_empty(),
        "LESSTHAN" => order(|l, r| l < r),
        "LESSTHAN_OR_EQUAL" => order(|l, r| l <= r),
        "GREATERTHAN" => order(|l, r| l > r),
        "GREATERTHAN_OR_EQUAL" => order(|l, r| l >= r),
        other => panic!("{other}"),
    }
}

fn in_scope(groups: &[ScopeGroup], object: &Object) -> bool {
    groups.iter().any(|it| it.clauses.iter().all(|it| holds(it, object)))
}

fn clauses() -> impl Strategy<Value = String> {
    let words = ["x", "y", "xy"];
    let texts = ["EQUAL", "NOTEQUAL", "CONTAINS", "NOTCONTAINS", "STARTSWITH", "NOTSTARTSWITH"];
    let orders = ["LESSTHAN", "LESSTHAN_OR_EQUAL", "GREATERTHAN", "GREATERTHAN_OR_EQUAL"];
    prop_oneof![
        (0..2_usize, 0..texts.len(), 0..words.len()).prop_map(move |(a, op, w)| format!(
            "{} {} {}",
            ["a", "b"][a],
            texts[op],
            words[w]
        )),
        (0..2_usize, any::<bool>()).prop_map(|(a, null)| format!(
            "{} {}",
            ["a", "b"][a],
            ["ISNULL", "ISNOTNULL"][usize::from(null)]
        )),
        (0..orders.len(), 0..3_i64)
            .prop_map(move |(op, n)| format!("adminCount {} {n}", orders[op])),
    ]
}

fn objects() -> impl Strategy<Value = Object> {
    let values = || prop::collection::vec(prop::sample::select(vec!["x", "y", "xy", "z"]), 0..3);
    let owned = |all: Vec<&str>| all.into_iter().map(ToOwned::to_owned).collect::<Vec<String>>();
    (values(), values(), prop::option::of(0..3_i64))
        .prop_map(move |(a, b, number)| (owned(a), owned(b), number))
}

proptest! {
    #[test]
    fn exactly_those_who_are_not_out_are_in(
        groups in prop::collection::vec(prop::collection::vec(clauses(), 1..4), 1..5),
        objects in prop::collection::vec(objects(), 1..20),
    ) {
        let out: Vec<_> = groups.iter().map(|it| group(&it.join(" AND "))).collect();
        match negate(&out) {
            Ok(within) => {
                for object in &objects {
                    prop_assert_ne!(in_scope(&out, object), in_scope(&within, object));
                }
            }
            Err(NegateError::Nobody) => {
                for object in &objects {
                    prop_assert!(in_scope(&out, object));
                }
            }
            Err(error) => prop_assert_eq!(error, NegateError::TooLarge),
        }
    }
}
