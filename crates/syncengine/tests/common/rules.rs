//! Rules in the notation of `cases/rules.txt`, and an object to apply them to.
use dirlift_model::{
    AttributeName, DistinguishedName, Guid, SyncRule,
    config::Location,
    rule::{
        AttributeMapping, Direction, JoinCondition, JoinGroup, LinkType, MappingSource,
        ScopeClause, ScopeGroup, ScopeOperator, ValueMerge,
    },
};
use dirlift_syncengine::{AttributeId, Input, MapInput, Names, Value, rules::ScopeInput};

use super::{pieces, value};

/// An object with one group that it is a member of.
#[derive(Default)]
pub(crate) struct Object(pub(crate) MapInput, pub(crate) Option<DistinguishedName>);

impl Input for Object {
    fn attribute(&self, id: AttributeId) -> Value {
        self.0.attribute(id)
    }
    fn imported(&self, id: AttributeId) -> Value {
        self.0.imported(id)
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

impl Object {
    /// Reads `name = value; ...`; `%memberOf%` is a group, `%name%` a parameter, `-` nothing.
    pub(crate) fn read(text: &str, names: &mut Names) -> Self {
        let mut object = Self::default();
        for piece in pieces(text, ';').into_iter().filter(|it| !matches!(it.trim(), "" | "-")) {
            let (name, text) = piece.split_once('=').unwrap_or_else(|| panic!("{piece}"));
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
        object
    }
}

/// A clause such as `mail ISNOTNULL` or `cn EQUAL x`.
pub(crate) fn clause(text: &str) -> ScopeClause {
    let mut words = text.trim().splitn(3, ' ');
    let (attribute, operator) = (words.next().unwrap(), words.next().unwrap());
    let value = words.next().unwrap_or("").to_owned();
    ScopeClause { attribute: attribute.into(), operator: ScopeOperator::new(operator), value }
}

/// Clauses joined by AND; `-` is a group without any.
pub(crate) fn group(text: &str) -> ScopeGroup {
    let clauses = text.split(" AND ").filter(|it| it.trim() != "-");
    ScopeGroup { clauses: clauses.map(clause).collect() }
}

/// Groups joined by OR; `-` is no filter.
pub(crate) fn filter(text: &str) -> Vec<ScopeGroup> {
    if text == "-" { Vec::new() } else { text.split(" OR ").map(group).collect() }
}

/// `mail = mail AND cn = displayName exact`; `-` is a group without any.
pub(crate) fn join(text: &str) -> JoinGroup {
    let conditions = text.split(" AND ").filter(|it| it.trim() != "-").map(|it| {
        let words: Vec<_> = it.split_whitespace().collect();
        let [attribute, "=", metaverse_attribute, rest @ ..] = &words[..] else { panic!("{it}") };
        JoinCondition {
            attribute: (*attribute).into(),
            metaverse_attribute: (*metaverse_attribute).into(),
            case_sensitive: (!rest.is_empty()).then(|| rest == ["exact"]),
        }
    });
    JoinGroup { conditions: conditions.collect() }
}

/// `dest <- attribute`, `dest := constant`, `dest = expression`; before it `once` and a merge type.
pub(crate) fn mapping(text: &str) -> AttributeMapping {
    let mut text = text.trim();
    let mut mapping = AttributeMapping {
        execute_once: false,
        destination: "".into(),
        source: MappingSource::Attributes(Vec::new()),
        expression: None,
        merge: ValueMerge::Update,
    };
    if let Some(rest) = text.strip_prefix("once ") {
        (mapping.execute_once, text) = (true, rest);
    }
    if let Some((word, rest)) = text.strip_prefix("merge:").and_then(|it| it.split_once(' ')) {
        (mapping.merge, text) = (ValueMerge::new(word), rest);
    }
    let (target, rest) = text.split_once(' ').unwrap_or((text, ""));
    let target = if target == "-" { "" } else { target };
    mapping.destination = target.into();
    match rest.trim().split_once(' ').unwrap_or((rest.trim(), "")) {
        ("<-", attributes) => {
            mapping.source =
                MappingSource::Attributes(attributes.split(' ').map(AttributeName::from).collect());
        }
        (":=", constant) => mapping.source = MappingSource::Constant(constant.to_owned()),
        ("=", expression) => mapping.expression = Some(expression.to_owned()),
        ("", "") => {}
        other => panic!("{text}: {other:?}"),
    }
    mapping
}

/// `100 in user person Join [custom] [disabled] [connector:2] [id:n] [after:n] [before:n] [passwords] [state:none]`
pub(crate) fn rule(text: &str) -> SyncRule {
    let words: Vec<_> = text.split_whitespace().collect();
    let [number, direction, source, target, link, rest @ ..] = &words[..] else { panic!("{text}") };
    let precedence = number.parse().ok();
    let direction = match *direction {
        "in" => Direction::Inbound,
        "out" => Direction::Outbound,
        other => Direction::new(other),
    };
    let none = |it: &str| if it == "-" { AttributeName::from("") } else { it.into() };
    let mut rule = SyncRule {
        id: Guid::from_u128(precedence.unwrap_or(999).into()),
        internal_id: None,
        version: Some(1),
        name: format!("R{number}"),
        description: String::new(),
        immutable_tag: format!("Microsoft.R{number}.001"),
        direction,
        disabled: Some(false),
        connector: Guid::from_u128(1),
        source_object_type: none(source),
        target_object_type: none(target),
        link_type: LinkType::new(link),
        precedence,
        precedence_after: None,
        precedence_before: None,
        soft_delete_expiry_interval: "00:00:00".to_owned(),
        enable_password_sync: Some(false),
        mappings: Vec::new(),
        joins: Vec::new(),
        scope: Vec::new(),
        location: Location { file: format!("R{number}.xml"), line: 1, column: 1 },
    };
    for word in rest {
        let (word, number) = word.split_once(':').unwrap_or((word, ""));
        let id = Guid::from_u128(number.parse().unwrap_or(0));
        match word {
            "custom" => rule.immutable_tag.clear(),
            "disabled" => rule.disabled = Some(true),
            "state" => rule.disabled = None,
            "connector" => rule.connector = id,
            "id" => rule.id = id,
            "after" => rule.precedence_after = Some(id),
            "before" => rule.precedence_before = Some(id),
            "passwords" => rule.enable_password_sync = Some(true),
            "named" => number.clone_into(&mut rule.name),
            other => panic!("{other}"),
        }
    }
    rule
}
