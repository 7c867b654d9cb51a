//! The bridge to the rule engine: what it has to say about a set of rules.
use dirlift_model::{
    SyncRule,
    rule::{Direction, LinkType, MappingSource, ValueMerge},
};
use dirlift_syncengine::{
    AttributeId, Input, MapInput, Names, Scalar, Value,
    rules::{
        self, Flow, FlowSource, JoinCriterion, MergeType, Scope, ScopeClause, ScopeInput,
        check::check,
    },
};

/// Everything that the check of rules finds, notices included.
pub(crate) fn problems(all: &[SyncRule]) -> Vec<String> {
    let all: Vec<_> = all.iter().map(engine_rule).collect();
    let found = check(&all, &());
    found
        .iter()
        .map(|it| {
            format!("{:?} {}: {:?}: {}", it.problem.weight(), it.rule_name, it.flow, it.problem)
        })
        .collect()
}

fn engine_rule(rule: &SyncRule) -> rules::SyncRule {
    rules::SyncRule {
        id: rule.id,
        name: rule.name.clone(),
        immutable_tag: (!rule.is_custom()).then(|| rule.immutable_tag.clone()),
        direction: match rule.direction {
            Direction::Inbound => rules::Direction::Inbound,
            _ => rules::Direction::Outbound,
        },
        disabled: rule.disabled == Some(true),
        connector: rule.connector,
        source_object_type: rule.source_object_type.as_str().into(),
        target_object_type: rule.target_object_type.as_str().into(),
        link_type: match rule.link_type {
            LinkType::Provision => rules::LinkType::Provision,
            _ => rules::LinkType::Join,
        },
        precedence: rule.precedence.unwrap(),
        password_sync: rule.enable_password_sync == Some(true),
        scope: rule.scope.iter().map(scope_group).collect(),
        joins: rule
            .joins
            .iter()
            .map(|it| {
                let criterion = |it: &dirlift_model::rule::JoinCondition| JoinCriterion {
                    connector_space: it.attribute.clone(),
                    metaverse: it.metaverse_attribute.clone(),
                    case_sensitive: it.case_sensitive == Some(true),
                };
                it.conditions.iter().map(criterion).collect()
            })
            .collect(),
        flows: rule
            .mappings
            .iter()
            .map(|it| Flow {
                target: it.destination.clone(),
                source: match (&it.expression, &it.source) {
                    (Some(text), _) => FlowSource::Expression(text.clone()),
                    (None, MappingSource::Constant(text)) => FlowSource::Constant(text.clone()),
                    (None, MappingSource::Attributes(all)) => FlowSource::Direct(all[0].clone()),
                },
                merge: match it.merge {
                    ValueMerge::MergeCaseInsensitive => MergeType::MergeCaseInsensitive,
                    _ => MergeType::Update,
                },
                execute_once: it.execute_once,
            })
            .collect(),
    }
}

/// Whether the engine takes an object with these values into a scope; numbers are numbers.
pub(crate) fn is_in_scope(
    groups: &[dirlift_model::rule::ScopeGroup],
    object: &[(String, Vec<String>)],
) -> bool {
    let mut names = Names::default();
    let groups: Vec<_> = groups.iter().map(scope_group).collect();
    let scope = Scope::compile(&groups, &mut names);
    let mut input = MapInput::default();
    for (name, values) in object {
        let scalar =
            |it: &String| it.parse().map_or_else(|_| Scalar::text(it.as_str()), Scalar::Number);
        let value = match &values[..] {
            [] => Value::Null,
            [only] => scalar(only).into(),
            several => Value::many(several.iter().map(scalar).collect()),
        };
        input.set(names.intern(&name.as_str().into()), value);
    }
    scope.decide(&Object(input)).in_scope
}

/// An object that is a member of no group.
pub(crate) struct Object(pub(crate) MapInput);

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
    fn is_member_of(&self, _: &dirlift_model::DistinguishedName) -> bool {
        false
    }
}

/// A group of clauses in the engine's form.
pub(crate) fn scope_group(group: &dirlift_model::rule::ScopeGroup) -> rules::ScopeGroup {
    let clause = |it: &dirlift_model::rule::ScopeClause| ScopeClause {
        attribute: it.attribute.clone(),
        operator: it.operator.as_str().parse().unwrap(),
        value: it.value.clone(),
    };
    group.clauses.iter().map(clause).collect()
}
