//! The bridge to the rule engine: what it has to say about a set of rules.
use dirlift_model::{SyncRule, rule::ScopeGroup};
use dirlift_syncengine::{
    AttributeId, Input, MapInput, Names, Scalar, Value,
    rules::{RuleSet, Scope, ScopeInput},
};

/// Everything that the check of rules finds, notices included.
pub(crate) fn problems(all: &[SyncRule]) -> Vec<String> {
    let set = RuleSet::compile(all, &());
    let found = set.findings().iter();
    found
        .map(|it| {
            let severity = it.problem.severity();
            format!("{severity} {}: {:?}: {}", it.rule_name, it.flow, it.problem)
        })
        .collect()
}

/// Whether the engine takes an object with these values into a scope; numbers are numbers.
pub(crate) fn is_in_scope(groups: &[ScopeGroup], object: &[(String, Vec<String>)]) -> bool {
    let mut names = Names::default();
    let scope = Scope::compile(groups, &mut names).unwrap();
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
