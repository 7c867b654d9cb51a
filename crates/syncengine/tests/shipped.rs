//! The expressions of the shipped rules: by hand, and all of a sample when `DIRLIFT_CONTOSO_SAMPLE` names its folder.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
mod common;

use std::{collections::BTreeMap, env, fs, path::PathBuf};

use dirlift_model::AttributeName;
use dirlift_syncengine::{
    EvalError, Expression, ExpressionError, Fault, Input as _, MapInput, Names, Outcome, Priority,
    Scalar, Value, Warning,
    rules::{
        Flow, FlowSource, JoinCriterion, RuleFinding, RuleProblem, ScopeClause, SyncRule, Weight,
        check,
    },
};

/// Most of the condition of "In from AD - User Join" without its brackets, in which `||` stands beside `=`.
const USER_JOIN: &str = r#"IIF(IsPresent([isCriticalSystemObject]) || IsPresent([sAMAccountName]) = False || [sAMAccountName] = "SUPPORT_388945a0" || Left([mailNickname], 14) = "SystemMailbox{" || Left([sAMAccountName], 4) = "AAD_" || (Left([mailNickname], 4) = "CAS_" && (InStr([mailNickname], "}") > 0)) || (Left([sAMAccountName], 4) = "CAS_" && (InStr([sAMAccountName], "}") > 0)) || Left([sAMAccountName], 5) = "MSOL_" || CBool(IIF(IsPresent([msExchRecipientTypeDetails]),BitAnd([msExchRecipientTypeDetails],&H21C07000) > 0,NULL)) || CBool(InStr(DNComponent(CRef([dn]),1),"\\0ACNF:")>0), True, NULL)"#;

fn evaluate(
    source: &str,
    priority: Priority,
    attributes: &[(&str, Value)],
) -> Result<Outcome, ExpressionError> {
    let mut names = Names::default();
    let expression = Expression::compile(source, priority, &mut names)?;
    let mut input = MapInput::default();
    for (name, value) in attributes {
        input.set(names.intern(&(*name).into()), value.clone());
    }
    Ok(expression.evaluate(&input).outcome)
}

/// Worked out by hand: each line makes exactly one part of the condition true; without any, the user is not filtered.
#[test]
fn user_join_filters_what_it_is_meant_to_filter() {
    let user = [
        ("sAMAccountName", Value::text("joe")),
        ("mailNickname", Value::text("joe")),
        ("dn", Value::text("CN=Joe,OU=Sales,DC=contoso,DC=com")),
        ("msExchRecipientTypeDetails", Value::number(1)),
    ];
    let with = |name: &'static str, value: Value| {
        let mut changed: BTreeMap<&str, Value> = user.clone().into_iter().collect();
        changed.insert(name, value);
        let attributes: Vec<_> = changed.into_iter().collect();
        evaluate(USER_JOIN, Priority::Conventional, &attributes).unwrap()
    };
    let filtered = Outcome::Value(Value::boolean(true));
    assert_eq!(evaluate(USER_JOIN, Priority::Conventional, &user).unwrap(), Outcome::Null);
    assert_eq!(with("isCriticalSystemObject", Value::boolean(true)), filtered);
    assert_eq!(
        with("isCriticalSystemObject", Value::boolean(false)),
        filtered,
        "presence counts, not the value"
    );
    assert_eq!(with("sAMAccountName", Value::Null), filtered);
    assert_eq!(with("sAMAccountName", Value::text("SUPPORT_388945a0")), filtered);
    assert_eq!(with("mailNickname", Value::text("SystemMailbox{1}")), filtered);
    assert_eq!(with("sAMAccountName", Value::text("AAD_1234")), filtered);
    assert_eq!(with("mailNickname", Value::text("CAS_{1}")), filtered);
    assert_eq!(
        with("mailNickname", Value::text("CAS_1")),
        Outcome::Null,
        "without the brace it is a user"
    );
    assert_eq!(with("sAMAccountName", Value::text("CAS_{1}")), filtered);
    assert_eq!(with("sAMAccountName", Value::text("MSOL_1")), filtered);
    assert_eq!(
        with("msExchRecipientTypeDetails", Value::number(0x0020_0000 | 0x0000_1000)),
        filtered
    );
    assert_eq!(
        with("msExchRecipientTypeDetails", Value::Null),
        Outcome::Null,
        "no mailbox filters nothing"
    );
    assert_eq!(with("dn", Value::text(r"CN=Joe\0ACNF:1d2,OU=Sales,DC=contoso")), filtered);
    assert_eq!(with("dn", Value::Null), Outcome::Null);
    assert_eq!(with("mailNickname", Value::Null), Outcome::Null);
}

/// Strictly from left to right the same text makes a boolean of everything before `|| Left(…)` and then asks for
/// `boolean || text`, which no type allows; with attributes only, the error comes when it is evaluated.
#[test]
fn read_strictly_from_left_to_right_user_join_is_a_type_error() {
    let error = evaluate(USER_JOIN, Priority::LeftToRight, &[]).unwrap_err();
    assert!(matches!(error, ExpressionError::OperandType { operator: "||", .. }), "{error}");
    let short = r#"IsPresent([a]) || IsPresent([b]) = False || [b] = "x""#;
    let attributes = [("b", Value::text("x"))];
    // (((a present || b present) = False) || [b]) = "x": the text [b] beside `||`.
    let outcome = evaluate(short, Priority::LeftToRight, &attributes).unwrap();
    assert!(matches!(
        outcome,
        Outcome::Error(EvalError { fault: Fault::Operand { operator: "||", .. }, .. })
    ));
    // a present, or b absent, or b = x: true because of the last.
    let outcome = evaluate(short, Priority::Conventional, &attributes).unwrap();
    assert_eq!(outcome, Outcome::Value(Value::boolean(true)));
    let mut names = Names::default();
    let expression = Expression::compile(short, Priority::Conventional, &mut names).unwrap();
    let [Warning::TwoReadings { span }] = expression.warnings() else {
        panic!("{:?}", expression.warnings())
    };
    assert_eq!(span.text(short), short);
}

/// Small linear congruential generator; the numbers only have to be the same every time.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

const TEXTS: [&str; 8] =
    ["joe", " joe ", "CAS_{1}", "joe@contoso.com", "SMTP:joe@contoso.com", "User_1", "ä ö", "x"];
const NUMBERS: [&str; 9] = [
    "userAccountControl",
    "groupType",
    "countryCode",
    "msExchRecipientTypeDetails",
    "msExchRecipientDisplayType",
    "cloudMSExchRecipientDisplayType",
    "pwdLastSet",
    "memberCount",
    "codePage",
];
const BOOLEANS: [&str; 3] =
    ["isCriticalSystemObject", "msExchHideFromAddressLists", "cloudSOAExchMailbox"];

/// A value such as the directory has for this attribute, or nothing.
fn generated(name: &str, random: &mut Random) -> Value {
    if random.below(4) == 0 {
        return Value::Null;
    }
    if NUMBERS.contains(&name) {
        let numbers = [0, 2, 512, 514, 49_999, 50_001, -2_147_483_646, 129_699_324_000_000_000];
        return Value::number(
            numbers[random.below(if name == "pwdLastSet" { 6 } else { 8 })]
                .max(if name == "pwdLastSet" { 0 } else { i64::MIN }),
        );
    }
    if BOOLEANS.contains(&name) {
        return Value::boolean(random.below(2) == 0);
    }
    match name {
        "dn" => {
            Value::text(random.pick(&["CN=Joe,DC=x", r"CN=Joe\0ACNF:1,DC=x", r"OU=a\, b,DC=x"]))
        }
        "objectSid" => common::value("hex:01020000000000052000000020020000"),
        "objectGUID" => common::value("hex:33221100554477668899AABBCCDDEEFF"),
        "searchableDeviceKey" => common::value("hex:000200000200010A0B616263"),
        "userCertificate" => common::value("@cert"),
        "member" => common::value(r#"{dn:"CN=a", dn:"CN=b"}"#),
        "proxyAddresses" | "description" | "url" | "postOfficeBox" => {
            let n = random.below(4);
            Value::many((0..n).map(|_| Scalar::text(random.pick(&TEXTS))).collect())
        }
        _ if name.starts_with("other") => {
            Value::many((0..random.below(4)).map(|_| Scalar::text(random.pick(&TEXTS))).collect())
        }
        _ if name.ends_with("Hash") => common::value("hex:0102"),
        _ => Value::text(random.pick(&TEXTS)),
    }
}

/// The text of every `expression` element below a folder, sorted by file.
fn sample_expressions(folder: PathBuf) -> Vec<String> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    let mut out = Vec::new();
    for file in files {
        let bytes = fs::read_to_string(&file).unwrap();
        for part in bytes.split("<expression>").skip(1) {
            let text = part.split("</expression>").next().unwrap();
            out.push(quick_xml::escape::unescape(text).unwrap().into_owned());
        }
    }
    out
}

#[test]
fn all_expressions_of_the_sample() {
    let Some(folder) = env::var_os("DIRLIFT_CONTOSO_SAMPLE") else {
        eprintln!("skipped: DIRLIFT_CONTOSO_SAMPLE does not name the sample's folder");
        return;
    };
    let expressions = sample_expressions(PathBuf::from(folder).join("SynchronizationRules"));
    assert_eq!(expressions.len(), 391);
    let mut random = Random(1);
    let (mut n_two_readings, mut n_values, mut n_null, mut n_ignored, mut n_raised) =
        (0, 0, 0, 0, 0);
    for source in &expressions {
        let mut names = Names::default();
        let expression = Expression::compile(source, Priority::Conventional, &mut names)
            .unwrap_or_else(|error| panic!("{source}\n{:?}: {error}", error.span()));
        let text = expression.tree().to_text(Priority::Conventional);
        let again = Expression::parse_tree(&text, Priority::Conventional).unwrap();
        assert_eq!(&again, expression.tree(), "{text}");
        let two_readings =
            expression.warnings().iter().any(|it| matches!(it, Warning::TwoReadings { .. }));
        n_two_readings += usize::from(two_readings);
        for _ in 0..40 {
            let mut input = MapInput::default();
            for name in
                ["Domain.FQDN", "Domain.Netbios", "Forest.FQDN", "Forest.Netbios", "Connector.ID"]
            {
                input.set_parameter(name, Value::text(name));
            }
            for (name, id) in expression.attributes() {
                input.set(id, generated(name.as_str(), &mut random));
            }
            match expression.evaluate(&input).outcome {
                Outcome::Value(_) => n_values += 1,
                Outcome::Null => n_null += 1,
                Outcome::IgnoreThisFlow => n_ignored += 1,
                Outcome::Error(EvalError { fault: Fault::Raised { .. }, .. }) => n_raised += 1,
                other => {
                    let shown: Vec<_> = expression
                        .attributes()
                        .map(|(name, id)| format!("{name}={}", input.attribute(id)))
                        .collect();
                    panic!("{source}\n{shown:?}\n{other}");
                }
            }
        }
    }
    eprintln!(
        "{} expressions, {n_two_readings} with two readings; {n_values} values, {n_null} NULL, {n_ignored} ignored, \
         {n_raised} raised",
        expressions.len()
    );
    assert!(n_values > 0 && n_null > 0 && n_ignored > 0 && n_raised > 0);
}

/// The text of the first element of this name, unescaped.
fn element(text: &str, name: &str) -> Option<String> {
    let (_, after) = text.split_once(&format!("<{name}>"))?;
    let (inner, _) = after.split_once(&format!("</{name}>"))?;
    Some(quick_xml::escape::unescape(inner).unwrap().into_owned())
}

/// The parts of a text between `<name` and `</name>`.
fn elements<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let open = format!("<{name}");
    let parts = text
        .split(open.as_str())
        .skip(1)
        .filter(|it| it.starts_with(['>', ' ']) && !it.starts_with(" />"));
    parts.map(|it| it.split(&format!("</{name}>")).next().unwrap()).collect()
}

/// Just enough of a rule file for the check of a set; files are read elsewhere.
fn sample_rule(text: &str) -> SyncRule {
    let get = |name: &str| element(text, name).unwrap_or_default();
    let flow = |it: &str| {
        let attributes: Vec<AttributeName> =
            elements(it, "attr").into_iter().map(|it| it.trim_start_matches('>').into()).collect();
        let source = element(it, "src").filter(|_| attributes.is_empty());
        Flow {
            target: element(it, "dest").unwrap().as_str().into(),
            source: FlowSource::infer(
                element(it, "expression").as_deref(),
                &attributes,
                source.as_deref(),
            )
            .unwrap(),
            merge: element(it, "valueMergeType").unwrap().parse().unwrap(),
            execute_once: it.starts_with(" execute-once"),
        }
    };
    let clause = |it: &str| ScopeClause {
        attribute: element(it, "csAttribute").unwrap().as_str().into(),
        operator: element(it, "csOperator").unwrap().parse().unwrap(),
        value: element(it, "csValue").unwrap_or_default(),
    };
    let criterion = |it: &str| JoinCriterion {
        connector_space: element(it, "csAttribute").unwrap().as_str().into(),
        metaverse: element(it, "ilmAttribute").unwrap().as_str().into(),
        case_sensitive: element(it, "caseSensitive")
            .is_some_and(|it| it.eq_ignore_ascii_case("true")),
    };
    let part = |name: &str| elements(text, name).first().copied().unwrap_or_default();
    let groups = |it: &'static str| elements(part(it), "conditions");
    SyncRule {
        id: get("id").parse().unwrap(),
        name: get("name"),
        immutable_tag: element(text, "immutable-tag").filter(|it| !it.is_empty()),
        direction: get("direction").parse().unwrap(),
        disabled: get("disabled").eq_ignore_ascii_case("true"),
        connector: get("connector").parse().unwrap(),
        source_object_type: get("sourceObjectType").as_str().into(),
        target_object_type: get("targetObjectType").as_str().into(),
        link_type: get("linkType").parse().unwrap(),
        precedence: get("precedence").parse().unwrap(),
        password_sync: get("EnablePasswordSync").eq_ignore_ascii_case("true"),
        scope: groups("synchronizationCriteria")
            .iter()
            .map(|it| elements(it, "scope").into_iter().map(clause).collect())
            .collect(),
        joins: groups("relationshipCriteria")
            .iter()
            .map(|it| elements(it, "condition").into_iter().map(criterion).collect())
            .collect(),
        flows: elements(part("attribute-mappings"), "mapping").into_iter().map(flow).collect(),
    }
}

#[test]
fn rules_of_the_sample_have_no_error() {
    let Some(folder) = env::var_os("DIRLIFT_CONTOSO_SAMPLE") else {
        eprintln!("skipped: DIRLIFT_CONTOSO_SAMPLE does not name the sample's folder");
        return;
    };
    let folder = PathBuf::from(folder).join("SynchronizationRules");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    let rules: Vec<_> =
        files.iter().map(|it| sample_rule(&fs::read_to_string(it).unwrap())).collect();
    let count = |test: fn(&FlowSource) -> bool| {
        rules.iter().flat_map(|it| &it.flows).filter(|it| test(&it.source)).count()
    };
    assert_eq!(rules.len(), 62);
    assert_eq!(count(|it| matches!(it, FlowSource::Direct(_))), 802);
    assert_eq!(count(|it| matches!(it, FlowSource::Expression(_))), 391);
    assert_eq!(count(|it| matches!(it, FlowSource::Constant(_))), 7);
    assert_eq!(rules.iter().flat_map(|it| &it.scope).count(), 48);
    assert_eq!(rules.iter().flat_map(|it| &it.scope).flatten().count(), 92);
    assert_eq!(rules.iter().flat_map(|it| &it.joins).count(), 40);
    assert_eq!(rules.iter().flat_map(|it| &it.flows).filter(|it| it.execute_once).count(), 2);
    let findings = check::check(&rules, &());
    for finding in findings.iter().filter(|it| it.problem.weight() > Weight::Notice) {
        eprintln!("{}: {:?}: {}", finding.rule_name, finding.flow, finding.problem);
    }
    let n_errors = findings.iter().filter(|it| it.problem.weight() == Weight::Error).count();
    assert_eq!(n_errors, 0);
    let two_readings =
        |it: &&RuleFinding| matches!(it.problem, RuleProblem::Note(Warning::TwoReadings { .. }));
    let names: Vec<_> =
        findings.iter().filter(two_readings).map(|it| it.rule_name.as_str()).collect();
    assert_eq!(
        names,
        ["In from AD - User Join", "In from AD - InetOrgPerson Join", "In from AD - Group Join"]
    );
}
