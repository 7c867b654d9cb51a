//! The shipped rules: by hand, and all of a sample where one lies beside the checkout.
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use common::rules::{self, Object};
use dirlift_model::{
    Severity, SyncRule,
    rule::{
        AttributeMapping, JoinCondition, JoinGroup, LinkType, MappingKind, MappingSource,
        ScopeClause, ScopeGroup, ScopeOperator, ValueMerge,
    },
};
use dirlift_syncengine::{
    EvalError, Expression, ExpressionError, Fault, Input as _, MapInput, Names, Outcome, Priority,
    Scalar, Value, Warning,
    rules::{Direction, RuleFinding, RuleProblem, RuleSet, Scope},
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

/// The rule files of the sample; says aloud when there is none.
fn sample() -> Option<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/samples/contoso-aadconnect-1.1.130.0/SynchronizationRules");
    if !folder.is_dir() {
        eprintln!("skipped: there is no sample of shipped rules beside the checkout");
        return None;
    }
    let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let mut files: Vec<PathBuf> = entries.collect();
    files.sort();
    Some(files.iter().map(|it| fs::read_to_string(it).unwrap()).collect())
}

/// The rules of the sample.
fn sample_rules() -> Option<Vec<SyncRule>> {
    sample().map(|it| it.iter().map(|it| sample_rule(it)).collect())
}

#[test]
fn all_expressions_of_the_sample() {
    let Some(rules) = sample_rules() else { return };
    let mappings = rules.iter().flat_map(|it| &it.mappings);
    let expressions: Vec<_> = mappings.filter_map(|it| it.expression.as_deref()).collect();
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

/// Just enough of a rule file; files are read elsewhere.
fn sample_rule(text: &str) -> SyncRule {
    let get = |name: &str| element(text, name).unwrap_or_default();
    let mapping = |it: &str| {
        let attributes: Vec<_> =
            elements(it, "attr").into_iter().map(|it| it.trim_start_matches('>').into()).collect();
        let source = element(it, "src").filter(|_| attributes.is_empty());
        AttributeMapping {
            destination: element(it, "dest").unwrap().as_str().into(),
            source: source.map_or(MappingSource::Attributes(attributes), MappingSource::Constant),
            expression: element(it, "expression"),
            merge: ValueMerge::new(&element(it, "valueMergeType").unwrap()),
            execute_once: it.starts_with(" execute-once"),
        }
    };
    let clause = |it: &str| ScopeClause {
        attribute: element(it, "csAttribute").unwrap().as_str().into(),
        operator: ScopeOperator::new(&element(it, "csOperator").unwrap()),
        value: element(it, "csValue").unwrap_or_default(),
    };
    let condition = |it: &str| JoinCondition {
        attribute: element(it, "csAttribute").unwrap().as_str().into(),
        metaverse_attribute: element(it, "ilmAttribute").unwrap().as_str().into(),
        case_sensitive: element(it, "caseSensitive").map(|it| it.eq_ignore_ascii_case("true")),
    };
    let part = |name: &str| elements(text, name).first().copied().unwrap_or_default();
    let groups = |it: &'static str| elements(part(it), "conditions");
    let direction = if get("direction") == "Inbound" { "in" } else { "out" };
    let head = format!(
        "{} {direction} {} {} {}",
        get("precedence"),
        get("sourceObjectType"),
        get("targetObjectType"),
        get("linkType")
    );
    SyncRule {
        id: get("id").parse().unwrap(),
        name: get("name"),
        immutable_tag: get("immutable-tag"),
        disabled: Some(get("disabled").eq_ignore_ascii_case("true")),
        connector: get("connector").parse().unwrap(),
        enable_password_sync: Some(get("EnablePasswordSync").eq_ignore_ascii_case("true")),
        scope: groups("synchronizationCriteria")
            .iter()
            .map(|it| ScopeGroup {
                clauses: elements(it, "scope").into_iter().map(clause).collect(),
            })
            .collect(),
        joins: groups("relationshipCriteria")
            .iter()
            .map(|it| JoinGroup {
                conditions: elements(it, "condition").into_iter().map(condition).collect(),
            })
            .collect(),
        mappings: elements(part("attribute-mappings"), "mapping")
            .into_iter()
            .map(mapping)
            .collect(),
        ..rules::rule(&head)
    }
}

#[test]
fn rules_of_the_sample_have_no_error() {
    let Some(rules) = sample_rules() else { return };
    let count = |kind: MappingKind| {
        rules.iter().flat_map(|it| &it.mappings).filter(|it| it.kind() == Some(kind)).count()
    };
    assert_eq!(rules.len(), 62);
    assert_eq!(count(MappingKind::Direct), 802);
    assert_eq!(count(MappingKind::Expression), 391);
    assert_eq!(count(MappingKind::Constant), 7);
    assert_eq!(rules.iter().flat_map(|it| &it.scope).count(), 48);
    assert_eq!(rules.iter().flat_map(|it| &it.scope).flat_map(|it| &it.clauses).count(), 92);
    assert_eq!(rules.iter().flat_map(|it| &it.joins).count(), 40);
    assert_eq!(rules.iter().flat_map(|it| &it.mappings).filter(|it| it.execute_once).count(), 2);
    let set = RuleSet::compile(&rules, &());
    assert_eq!(set.rules().len(), 62);
    assert_eq!(set.rules().iter().map(|it| it.flows.len()).sum::<usize>(), 1_200);
    assert!(set.is_sound());
    let two_readings =
        |it: &&RuleFinding| matches!(it.problem, RuleProblem::Note(Warning::TwoReadings { .. }));
    let names: Vec<_> =
        set.findings().iter().filter(two_readings).map(|it| it.rule_name.as_str()).collect();
    assert_eq!(
        names,
        ["In from AD - User Join", "In from AD - InetOrgPerson Join", "In from AD - Group Join"]
    );
    let warnings: Vec<_> = set
        .findings()
        .iter()
        .filter(|it| it.problem.severity() >= Severity::Warning && !two_readings(it))
        .map(|it| format!("{}: {}", it.rule_name, it.problem))
        .collect();
    assert_eq!(warnings, [""; 0]);
}

/// In order of application the sample stands as its numbers do.
#[test]
fn rules_of_the_sample_stand_in_order() {
    let Some(rules) = sample_rules() else { return };
    let set = RuleSet::compile(&rules, &());
    let inbound: Vec<_> = set
        .rules()
        .iter()
        .filter(|it| it.direction == Direction::Inbound)
        .map(|it| it.precedence)
        .collect();
    assert_eq!(inbound.len(), 28);
    assert!(inbound.is_sorted() && inbound[0] == 100 && inbound[27] == 161);
    let ad = set.rules()[0].connector;
    let users: Vec<_> = set
        .applicable(Direction::Inbound, ad, &"user".into())
        .map(|it| it.name.to_string())
        .collect();
    assert_eq!(users[..2], ["In from AD - User Join", "In from AD - User AccountEnabled"]);
    let passwords: Vec<_> =
        set.rules().iter().filter(|it| it.password_sync).map(|it| it.precedence).collect();
    assert_eq!(passwords, [102, 123]);
}

/// What section 6.6 of the facts on the product says of single rules of the sample.
#[test]
fn points_of_single_rules_of_the_sample() {
    let Some(rules) = sample_rules() else { return };
    let rule = |precedence: u32| rules.iter().find(|it| it.precedence == Some(precedence)).unwrap();
    let flow =
        |it: u32, to: &str| rule(it).mappings.iter().find(|it| it.destination.is(to)).cloned();
    // inetOrgPerson Common has no flow of proxyAddresses, although the one for users has.
    assert_eq!(rule(107).name, "In from AD - InetOrgPerson Common");
    assert!(flow(107, "proxyAddresses").is_none());
    // displayName is not trimmed wherever it comes from Active Directory.
    let from_ad = |it: &&SyncRule| it.name.starts_with("In from AD - ");
    let display_names: BTreeSet<_> = rules
        .iter()
        .filter(from_ad)
        .flat_map(|it| &it.mappings)
        .filter(|it| it.destination.is("displayName"))
        .map(|it| it.expression.clone().unwrap_or_else(|| "direct".to_owned()))
        .collect();
    assert!(display_names.iter().all(|it| !it.starts_with("Trim(")), "{display_names:?}");
    // A contact's mail leaves through the last two rules only; the joining and the Exchange rule do not have it.
    let to_cloud_contact =
        |it: &&SyncRule| it.target_object_type.is("contact") && it.name.starts_with("Out to AAD");
    let mail: BTreeSet<_> = rules
        .iter()
        .filter(to_cloud_contact)
        .filter(|it| it.mappings.iter().any(|it| it.destination.is("mail")))
        .map(|it| it.precedence)
        .collect();
    assert_eq!(mail, BTreeSet::from([Some(137), Some(138)]));
    // Devices get a name built from the anchor, but no sourceAnchor.
    assert!(flow(160, "dn").is_some() && flow(160, "sourceAnchor").is_none());
    // Nothing contributes cloudMastered for users of Active Directory.
    let masters = |it: &&SyncRule| it.mappings.iter().any(|it| it.destination.is("cloudMastered"));
    let sources: BTreeSet<_> = rules
        .iter()
        .filter(|it| it.direction == dirlift_model::rule::Direction::Inbound)
        .filter(masters)
        .filter(from_ad)
        .map(|it| it.source_object_type.to_string())
        .collect();
    assert!(!sources.contains("user"), "{sources:?}");
    // The rules that join groups carry one join, and two rules are in scope for every person.
    for precedence in 140..=145 {
        assert_eq!(rule(precedence).joins, rule(139).joins, "{precedence}");
        let names: Vec<_> = rule(precedence)
            .scope
            .iter()
            .flat_map(|it| &it.clauses)
            .map(|it| it.attribute.to_string())
            .collect();
        assert!(!names.iter().any(|it| it == "cloudFiltered"), "{precedence}: {names:?}");
    }
    assert_ne!(rule(151).target_object_type, rule(153).target_object_type);
    assert!([151, 153].iter().all(|it| rule(*it).link_type == LinkType::Join));
    // The writeback of users needs cloudMastered, so nobody from Active Directory is in its scope.
    let mut names = Names::default();
    let scope = Scope::compile(&rule(154).scope, &mut names).unwrap();
    let person = Object::read(
        r#"sourceAnchor = "x"; accountEnabled = True; cloudCreated = True"#,
        &mut names,
    );
    assert!(!scope.decide(&person).in_scope);
}
