//! Every element of `synchronizationRule` with the model that it must give, and the way back.
use dirlift_model::{
    AttributeName, Guid, SyncRule,
    config::Location,
    rule::{
        AttributeMapping, Direction, JoinCondition, JoinGroup, LinkType, MappingKind,
        MappingSource, ScopeClause, ScopeGroup, ScopeOperator, ValueMerge,
    },
};
use dirlift_serverconfig::{Document, Parsed, declarative::write_rule, read};
use proptest::{collection::vec, option, prelude::*};

use crate::snippets::{self as s, shown};

pub(crate) fn rule(text: &str) -> Parsed<SyncRule> {
    match read("r.xml", text.as_bytes()) {
        Ok(Parsed { value: Document::Rule(it), problems }) => Parsed { value: *it, problems },
        other => panic!("{other:?}"),
    }
}

/// A rule with nothing in it but one element in the place of its empty namesake.
fn with(name: &str, xml: &str) -> String {
    let empty = format!("<{name}/>");
    assert_eq!(s::SMALL_RULE.matches(&empty).count(), 1, "{name}");
    s::SMALL_RULE.replace(&empty, xml)
}

fn mapping(xml: &str) -> String {
    with("attribute-mappings", &format!("<attribute-mappings>{xml}</attribute-mappings>"))
}

fn attributes(names: &[&str]) -> MappingSource {
    MappingSource::Attributes(names.iter().map(AttributeName::new).collect())
}

fn clause(attribute: &str, operator: ScopeOperator, value: &str) -> ScopeClause {
    ScopeClause { attribute: attribute.into(), operator, value: value.to_owned() }
}

fn small() -> SyncRule {
    SyncRule {
        id: Guid::from_u128(0xA1),
        internal_id: None,
        version: None,
        name: "Small".to_owned(),
        description: String::new(),
        immutable_tag: String::new(),
        direction: Direction::Inbound,
        disabled: Some(false),
        connector: Guid::from_u128(0xC1),
        source_object_type: "user".into(),
        target_object_type: "person".into(),
        link_type: LinkType::Join,
        precedence: Some(50),
        precedence_after: None,
        precedence_before: None,
        soft_delete_expiry_interval: String::new(),
        enable_password_sync: None,
        mappings: vec![],
        joins: vec![],
        scope: vec![],
        location: Location { file: "r.xml".to_owned(), line: 1, column: 1 },
    }
}

#[test]
fn every_element() {
    let parsed = rule(s::FULL_RULE);
    assert_eq!(shown(&parsed.problems), Vec::<String>::new());
    let text = |it: &str| it.to_owned();
    let flow = |destination: &str, source, expression: Option<&str>| AttributeMapping {
        execute_once: false,
        destination: destination.into(),
        source,
        expression: expression.map(text),
        merge: ValueMerge::Update,
    };
    let expected = SyncRule {
        id: "11112222-3333-4444-5555-66667777aaaa".parse().unwrap(),
        internal_id: Some("11112222-3333-4444-5555-66667777bbbb".parse().unwrap()),
        version: Some(7),
        name: text("In from AD - \"Fabrikam\" <staff> & more"),
        description: text("Line one\nline two"),
        immutable_tag: text("Fabrikam.InfromADStaff.001"),
        direction: Direction::Inbound,
        disabled: Some(true),
        connector: "11112222-3333-4444-5555-66667777cccc".parse().unwrap(),
        source_object_type: "inetOrgPerson".into(),
        target_object_type: "*".into(),
        link_type: LinkType::StickyJoin,
        precedence: Some(42),
        precedence_after: Some("11112222-3333-4444-5555-66667777dddd".parse().unwrap()),
        precedence_before: None,
        soft_delete_expiry_interval: text("01:30:00"),
        enable_password_sync: Some(true),
        mappings: vec![
            flow("displayName", attributes(&["displayName"]), None),
            AttributeMapping {
                execute_once: true,
                ..flow("cloudFiltered", MappingSource::Constant(text(" True ")), None)
            },
            flow(
                "mail",
                attributes(&["mail", "otherMailbox"]),
                Some("IIF([a] < 3 && [b] <> \"x\", [mail], NULL)"),
            ),
            AttributeMapping {
                merge: ValueMerge::MergeCaseInsensitive,
                ..flow("proxyAddresses", attributes(&[]), Some("NULL"))
            },
            flow("company", MappingSource::Constant(String::new()), None),
        ],
        joins: vec![
            JoinGroup {
                conditions: vec![
                    JoinCondition {
                        attribute: "objectSid".into(),
                        metaverse_attribute: "sid".into(),
                        case_sensitive: Some(true),
                    },
                    JoinCondition {
                        attribute: "mail".into(),
                        metaverse_attribute: "email".into(),
                        case_sensitive: None,
                    },
                ],
            },
            JoinGroup::default(),
        ],
        scope: vec![
            ScopeGroup {
                clauses: vec![
                    clause("department", ScopeOperator::Equal, "R&D"),
                    clause("mailNickname", ScopeOperator::IsNotNull, ""),
                ],
            },
            ScopeGroup { clauses: vec![clause("flags", ScopeOperator::IsBitNotSet, "2")] },
        ],
        location: Location { file: "r.xml".to_owned(), line: 2, column: 1 },
    };
    assert_eq!(parsed.value, expected);
    assert!(!parsed.value.is_custom());
    let kinds: Vec<_> = parsed.value.mappings.iter().filter_map(AttributeMapping::kind).collect();
    use MappingKind::{Constant, Direct, Expression};
    assert_eq!(kinds, [Direct, Constant, Expression, Expression, Constant]);
}

#[test]
fn a_small_rule_and_one_without_anything() {
    let parsed = rule(s::SMALL_RULE);
    assert_eq!((parsed.value, shown(&parsed.problems)), (small(), vec![]));
    assert!(small().is_custom());
    let parsed = rule("<synchronizationRule/>");
    let names = [
        "id",
        "direction",
        "linkType",
        "name",
        "disabled",
        "connector",
        "sourceObjectType",
        "targetObjectType",
        "precedence",
        "attribute-mappings",
        "relationshipCriteria",
        "synchronizationCriteria",
    ];
    assert_eq!(
        shown(&parsed.problems),
        names.map(|it| format!("1:1 `synchronizationRule` has no `{it}`"))
    );
    assert_eq!(parsed.value.disabled, None, "unknown is not off");
}

#[test]
fn what_is_not_understood_is_reported_with_its_place() {
    let cases = [
        (
            with("description", "<x/>"),
            "1:87 `synchronizationRule` has an element `x` that is not understood",
        ),
        (
            s::SMALL_RULE.replace(">Inbound<", ">Sideways<"),
            "`direction` is `Sideways`, a word that is not known",
        ),
        (
            s::SMALL_RULE.replace(">Join<", ">Glue<"),
            "`linkType` is `Glue`, a word that is not known",
        ),
        (
            s::SMALL_RULE.replace(">50<", ">-1<"),
            "`precedence` is `-1`, which is not a number in its range",
        ),
        (
            s::SMALL_RULE.replace(">50<", ">4294967296<"),
            "`precedence` is `4294967296`, which is not a number in its range",
        ),
        (
            s::SMALL_RULE.replace(">False<", ">maybe<"),
            "`disabled` is `maybe`, which is neither on nor off",
        ),
        (
            s::SMALL_RULE.replace("{00000000-0000-0000-0000-0000000000C1}", "C1"),
            "`connector` is `C1`, which is not a GUID",
        ),
        (
            s::SMALL_RULE.replace("<name>", "<name>Other</name><name>"),
            "`synchronizationRule` has a second `name`, only the first one is read",
        ),
    ];
    for (text, expected) in cases {
        assert_one_problem(&text, expected);
    }
    let kept = rule(&s::SMALL_RULE.replace(">Inbound<", ">Sideways<")).value;
    assert_eq!(kept.direction, Direction::Other("Sideways".to_owned()));
}

fn assert_one_problem(text: &str, expected: &str) {
    let problems = shown(&rule(text).problems);
    let [problem] = problems.as_slice() else { panic!("{expected}: {problems:?}") };
    assert!(problem.contains(expected), "{expected}: {problem}");
}

#[test]
fn parts_that_are_not_understood_are_reported_with_their_place() {
    let cases = [
        (mapping("text"), "`attribute-mappings` has text that is not understood"),
        (
            mapping("<mapping><src>x</src><valueMergeType>Update</valueMergeType></mapping>"),
            "`mapping` has no `dest`",
        ),
        (
            mapping("<mapping><dest>a</dest><src>x</src></mapping>"),
            "`mapping` has no `valueMergeType`",
        ),
        (
            mapping(
                "<mapping><dest>a</dest><src>x</src><valueMergeType>Blend</valueMergeType></mapping>",
            ),
            "`valueMergeType` is `Blend`, a word that is not known",
        ),
        (
            mapping("<mapping><dest>a</dest><valueMergeType>Update</valueMergeType></mapping>"),
            "`mapping` has neither a source nor an expression",
        ),
        (
            mapping(
                "<mapping><dest>a</dest><src><attr>b</attr><attr>c</attr></src><valueMergeType>Update</valueMergeType></mapping>",
            ),
            "`mapping` has 2 attributes and no expression",
        ),
        (
            mapping(
                "<mapping><dest>a</dest><src><attr>b</attr>c</src><valueMergeType>Update</valueMergeType></mapping>",
            ),
            "`src` has text that is not understood",
        ),
        (
            mapping(
                "<mapping><dest>a</dest><src><attr>b</attr><attr/></src><expression>NULL</expression><valueMergeType>Update</valueMergeType></mapping>",
            ),
            "`attr` is empty",
        ),
        (
            mapping(
                "<mapping execute-once='often'><dest>a</dest><src>x</src><valueMergeType>Update</valueMergeType></mapping>",
            ),
            "`execute-once` is `often`, which is neither on nor off",
        ),
        (
            with(
                "synchronizationCriteria",
                "<synchronizationCriteria><conditions><scope><csAttribute>a</csAttribute><csOperator>SOUNDSLIKE</csOperator></scope></conditions></synchronizationCriteria>",
            ),
            "`csOperator` is `SOUNDSLIKE`, a word that is not known",
        ),
        (
            with(
                "synchronizationCriteria",
                "<synchronizationCriteria><conditions><condition/></conditions></synchronizationCriteria>",
            ),
            "`conditions` has an element `condition` that is not understood",
        ),
        (
            with(
                "relationshipCriteria",
                "<relationshipCriteria><conditions><condition><csAttribute>a</csAttribute></condition></conditions></relationshipCriteria>",
            ),
            "`condition` has no `ilmAttribute`",
        ),
    ];
    for (text, expected) in cases {
        assert_one_problem(&text, expected);
    }
    let parsed = rule(&mapping("\n\n <mapping><dest>a</dest></mapping>"));
    assert_eq!(parsed.problems[0].location.to_string(), "r.xml:3:2");
}

#[test]
fn a_broken_rule_is_an_error_with_its_place() {
    let cases = [
        ("<synchronizationRule>\n <id>é</name>", "2:7", "does not close `id`"),
        ("<synchronizationRule>\n <id>", "2:6", "ends inside `id`"),
        ("<synchronizationRule/>\n<synchronizationRule/>", "2:1", "after the end"),
        ("<!DOCTYPE a><synchronizationRule/>", "1:1", "document types"),
        ("<synchronizationRules/>", "1:1", "is not a server configuration"),
    ];
    for (text, place, what) in cases {
        let shown = read("r.xml", text.as_bytes()).unwrap_err().to_string();
        assert!(shown.contains(&format!("r.xml:{place}: ")) && shown.contains(what), "{shown}");
    }
}

#[test]
fn the_shape_that_is_written() {
    let mut it = small();
    assert_eq!(
        write_rule(&it),
        "<synchronizationRule>
  <id>{00000000-0000-0000-0000-0000000000a1}</id>
  <name>Small</name>
  <description />
  <immutable-tag />
  <direction>Inbound</direction>
  <disabled>False</disabled>
  <connector>{00000000-0000-0000-0000-0000000000c1}</connector>
  <sourceObjectType>user</sourceObjectType>
  <targetObjectType>person</targetObjectType>
  <linkType>Join</linkType>
  <precedence>50</precedence>
  <precedence-after>{00000000-0000-0000-0000-000000000000}</precedence-after>
  <precedence-before>{00000000-0000-0000-0000-000000000000}</precedence-before>
  <softDeleteExpiryInterval />
  <attribute-mappings />
  <relationshipCriteria />
  <synchronizationCriteria />
</synchronizationRule>"
    );
    it.name = "a\u{1}\u{FFFF}<\r\n".to_owned();
    let text = write_rule(&it);
    assert!(text.contains("<name>a\u{FFFD}\u{FFFD}&lt;&#xD;\n</name>"), "{text}");
    let full = rule(s::FULL_RULE).value;
    let written = write_rule(&full);
    assert!(written.contains("    <mapping execute-once=\"true\">\n      <dest>cloudFiltered</dest>\n      <src> True </src>\n"));
    assert!(written.contains(
        "      <src>\n        <attr>mail</attr>\n        <attr>otherMailbox</attr>\n      </src>\n"
    ));
    assert!(written.contains("    <conditions />\n  </relationshipCriteria>"));
}

fn any_guid() -> impl Strategy<Value = Guid> {
    any::<u128>().prop_map(Guid::from_u128)
}

fn any_neighbour() -> impl Strategy<Value = Option<Guid>> {
    option::of((1..u128::MAX).prop_map(Guid::from_u128))
}

/// Any text of characters that XML has.
fn any_text() -> impl Strategy<Value = String> {
    "([ \t\r\n]|[<>&\"']|]]>|[a-z]|é|€|😀|\u{85}|\u{2028}){0,12}"
}

/// A name or an unknown word: no white space around it.
fn any_word() -> impl Strategy<Value = String> {
    "[a-zA-Z<&é]([a-z >\r\n&;-]{0,6}[a-z])?"
}

fn any_name() -> impl Strategy<Value = AttributeName> {
    any_word().prop_map(AttributeName::new)
}

fn any_of<T: Clone + std::fmt::Debug + 'static>(
    all: &'static [T],
    other: fn(&str) -> T,
) -> impl Strategy<Value = T> {
    prop_oneof![3 => proptest::sample::select(all), 1 => any_word().prop_map(move |it| other(&it))]
}

fn any_mapping() -> impl Strategy<Value = AttributeMapping> {
    let source = prop_oneof![
        vec(any_name(), 0..3).prop_map(MappingSource::Attributes),
        any_text().prop_map(MappingSource::Constant),
    ];
    let merge = any_of(ValueMerge::ALL, ValueMerge::new);
    (any::<bool>(), any_name(), source, option::of(any_text()), merge).prop_map(
        |(execute_once, destination, source, expression, merge)| AttributeMapping {
            execute_once,
            destination,
            source,
            expression,
            merge,
        },
    )
}

prop_compose! {
    fn any_condition()(
        attribute in any_name(), metaverse_attribute in any_name(), case_sensitive in any::<Option<bool>>()
    ) -> JoinCondition {
        JoinCondition { attribute, metaverse_attribute, case_sensitive }
    }
}

prop_compose! {
    fn any_clause()(
        attribute in any_name(), operator in any_of(ScopeOperator::ALL, ScopeOperator::new), value in any_text()
    ) -> ScopeClause {
        ScopeClause { attribute, operator, value }
    }
}

prop_compose! {
    fn any_rule()(
        ids in (any_guid(), option::of(any_guid()), any_guid()),
        texts in (any_text(), any_text(), any_text(), any_text()),
        words in (any_of(Direction::ALL, Direction::new), any_of(LinkType::ALL, LinkType::new), any_name(), any_name()),
        numbers in (any::<Option<u64>>(), any::<Option<u32>>()),
        switches in (any::<Option<bool>>(), any::<Option<bool>>()),
        neighbours in (any_neighbour(), any_neighbour()),
        mappings in vec(any_mapping(), 0..4),
        joins in vec(vec(any_condition(), 0..3).prop_map(|conditions| JoinGroup { conditions }), 0..3),
        scope in vec(vec(any_clause(), 0..3).prop_map(|clauses| ScopeGroup { clauses }), 0..3),
    ) -> SyncRule {
        SyncRule {
            id: ids.0, internal_id: ids.1, version: numbers.0,
            name: texts.0, description: texts.1, immutable_tag: texts.2,
            direction: words.0, disabled: switches.0, connector: ids.2,
            source_object_type: words.2, target_object_type: words.3, link_type: words.1,
            precedence: numbers.1, precedence_after: neighbours.0, precedence_before: neighbours.1,
            soft_delete_expiry_interval: texts.3, enable_password_sync: switches.1,
            mappings, joins, scope,
            ..small()
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(it in any_rule()) {
        let text = write_rule(&it);
        let parsed = rule(&text).value;
        // Names are equal in any case; the second text shows that their case is kept too.
        prop_assert_eq!(write_rule(&parsed), text);
        prop_assert_eq!(parsed, it);
    }
}
