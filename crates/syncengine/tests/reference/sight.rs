//! What rules see of one object: scope, values, flows. Without looking at the engine.
use dirlift_model::{
    AttributeName, AttributeValue, DistinguishedName, Guid, SyncRule,
    rule::{AttributeMapping, MappingKind, MappingSource, ScopeClause, ScopeOperator},
};
use dirlift_syncengine::{AttributeId, Expression, Input, Names, Outcome, Priority, Scalar, Value};
use jiff::Timestamp;

use super::{Attributes, Given, Trouble, World, is_of, merging};

/// What a rule sees of one object.
pub(super) struct Sight<'w> {
    pub(super) world: &'w World,
    pub(super) space: usize,
    pub(super) attributes: Attributes,
    pub(super) dn: Option<&'w DistinguishedName>,
}

/// Target, precedence, rule and what it gives.
type Flowing = (AttributeName, u32, Guid, Given);

impl Sight<'_> {
    pub(super) fn in_scope(&self, rule: &SyncRule) -> bool {
        rule.scope.is_empty()
            || rule.scope.iter().any(|group| group.clauses.iter().all(|it| self.holds(it)))
    }

    fn holds(&self, clause: &ScopeClause) -> bool {
        use ScopeOperator as O;
        let Some(text) = self.expanded(&clause.value) else { return false };
        let none = Vec::new();
        let values = self.attributes.get(&clause.attribute).unwrap_or(&none);
        let folded = text.to_lowercase();
        let words: Vec<String> =
            values.iter().filter_map(word).map(|it| it.to_lowercase()).collect();
        let is_absent =
            values.iter().all(|it| matches!(it, AttributeValue::String(text) if text.is_empty()));
        let any = |test: &dyn Fn(&String) -> bool| words.iter().any(test);
        let ordered = |test: &dyn Fn(std::cmp::Ordering) -> bool| {
            words.iter().any(|it| match (it.trim().parse::<i64>(), folded.trim().parse::<i64>()) {
                (Ok(l), Ok(r)) => test(l.cmp(&r)),
                _ => test(it.cmp(&folded)),
            })
        };
        let bits = || {
            let mask: i64 = text.trim().parse().unwrap_or(0);
            values
                .iter()
                .any(|it| matches!(it, AttributeValue::Integer(n) if mask != 0 && n & mask == mask))
        };
        let member = || {
            let Ok(group) = text.parse::<DistinguishedName>() else { return false };
            let objects = &self.world.spaces[self.space].objects;
            objects.iter().filter(|it| it.dn == group).any(|it| {
                it.values(&"member".into())
                    .iter()
                    .any(|it| matches!((it, self.dn), (AttributeValue::Reference(m), Some(dn)) if m == dn))
            })
        };
        let equal = || ordered(&std::cmp::Ordering::is_eq);
        match &clause.operator {
            O::Equal | O::IsIn => equal(),
            O::NotEqual | O::IsNotIn => !equal(),
            O::LessThan => ordered(&std::cmp::Ordering::is_lt),
            O::LessThanOrEqual => ordered(&std::cmp::Ordering::is_le),
            O::GreaterThan => ordered(&std::cmp::Ordering::is_gt),
            O::GreaterThanOrEqual => ordered(&std::cmp::Ordering::is_ge),
            O::Contains => any(&|it| it.contains(&folded)),
            O::NotContains => !any(&|it| it.contains(&folded)),
            O::StartsWith => any(&|it| it.starts_with(&folded)),
            O::NotStartsWith => !any(&|it| it.starts_with(&folded)),
            O::EndsWith => any(&|it| it.ends_with(&folded)),
            O::NotEndsWith => !any(&|it| it.ends_with(&folded)),
            O::IsNull => is_absent,
            O::IsNotNull => !is_absent,
            O::IsBitSet => bits(),
            O::IsBitNotSet => !bits(),
            O::IsMemberOf => member(),
            O::IsNotMemberOf => !member(),
            O::Other(_) => false,
        }
    }

    fn expanded(&self, text: &str) -> Option<String> {
        let mut parts = text.split('%');
        let mut out = parts.next()?.to_owned();
        loop {
            let Some(name) = parts.next() else { return Some(out) };
            let Some(after) = parts.next() else { return Some(format!("{out}%{name}")) };
            out.push_str(&self.parameter_text(name)?);
            out.push_str(after);
        }
    }

    fn parameter_text(&self, name: &str) -> Option<String> {
        let space = &self.world.spaces[self.space];
        if name.eq_ignore_ascii_case("Connector.ID") {
            return Some(space.connector.braced());
        }
        let found = space.parameters.iter().find(|it| it.0.eq_ignore_ascii_case(name));
        found.map(|it| it.1.clone())
    }

    /// What the flows of the rules give to an object of `target_type`, new or not.
    pub(super) fn flows(
        &self,
        rules: &[&SyncRule],
        target_type: &AttributeName,
        is_new: bool,
    ) -> Result<Vec<Flowing>, Trouble> {
        let mut flows: Vec<Flowing> = Vec::new();
        let mut failed = false;
        for rule in rules.iter().filter(|it| is_of(&it.target_object_type, target_type)) {
            for mapping in rule.mappings.iter().filter(|it| is_new || !it.execute_once) {
                let mut given = Given {
                    merge: mapping.merge.clone(),
                    values: None,
                    is_authoritative: false,
                    is_ignored: false,
                };
                match self.value(mapping)? {
                    None => continue,
                    Some(Outcome::IgnoreThisFlow) => given.is_ignored = true,
                    Some(Outcome::Error(_)) => failed = true,
                    Some(Outcome::Null) => {}
                    Some(Outcome::AuthoritativeNull) => given.is_authoritative = true,
                    Some(Outcome::Value(value)) => {
                        given.values = Some(value.scalars().iter().map(given_value).collect());
                    }
                }
                let precedence = rule.precedence.unwrap_or(u32::MAX);
                flows.push((mapping.destination.clone(), precedence, rule.id, given));
            }
        }
        let mixed =
            |a: &Flowing, b: &Flowing| a.0 == b.0 && merging(&a.3.merge) != merging(&b.3.merge);
        if flows.iter().any(|a| flows.iter().any(|b| mixed(a, b))) {
            return Err(Trouble::MixedMerge);
        }
        if failed { Err(Trouble::Flow) } else { Ok(flows) }
    }

    /// The first value that a flow gives an attribute, whatever other flows do.
    pub(super) fn first_value(
        &self,
        rules: &[&SyncRule],
        attribute: &AttributeName,
    ) -> Vec<AttributeValue> {
        let mappings = rules.iter().flat_map(|it| &it.mappings);
        let mut values = mappings.filter(|it| it.destination == *attribute).filter_map(|it| {
            match self.value(it) {
                Ok(Some(Outcome::Value(value))) => {
                    Some(value.scalars().iter().map(given_value).collect())
                }
                _ => None,
            }
        });
        values.next().unwrap_or_default()
    }

    /// The name that flows give an object of `target_type`.
    pub(super) fn wanted_name(
        &self,
        rules: &[&SyncRule],
        target_type: &AttributeName,
    ) -> Result<Option<DistinguishedName>, Trouble> {
        for rule in rules.iter().filter(|it| is_of(&it.target_object_type, target_type)) {
            for mapping in rule.mappings.iter().filter(|it| it.destination.is("dn")) {
                match self.value(mapping)? {
                    Some(Outcome::Value(value)) => {
                        return Ok(match value.scalars().first() {
                            Some(Scalar::Text(text)) => text.parse().ok(),
                            Some(Scalar::Reference(dn)) => Some((**dn).clone()),
                            _ => None,
                        });
                    }
                    Some(Outcome::Error(_)) => return Err(Trouble::Flow),
                    _ => {}
                }
            }
        }
        Ok(None)
    }

    fn value(&self, mapping: &AttributeMapping) -> Result<Option<Outcome>, Trouble> {
        let direct = |values: &[AttributeValue]| {
            let scalars = values.iter().cloned().map(Scalar::from).collect();
            match Value::many(scalars) {
                Value::Null => Outcome::Null,
                value => Outcome::Value(value).into_flow(),
            }
        };
        Ok(match (mapping.kind(), &mapping.source) {
            (Some(MappingKind::Expression), _) => {
                let mut names = Names::default();
                let text = mapping.expression.as_deref().unwrap_or_default();
                let expression = Expression::compile(text, Priority::Conventional, &mut names)
                    .map_err(|_| Trouble::Flow)?;
                let input = Seen { sight: self, names: &names };
                Some(expression.evaluate(&input).outcome.into_flow())
            }
            (Some(MappingKind::Constant), MappingSource::Constant(text)) => {
                Some(direct(&[AttributeValue::String(text.trim().to_owned())]))
            }
            (Some(MappingKind::Direct), MappingSource::Attributes(all)) => {
                let values = all.first().and_then(|it| self.attributes.get(it));
                Some(direct(values.map_or(&[], Vec::as_slice)))
            }
            _ => None,
        })
    }
}

/// What an expression sees of one object.
struct Seen<'s> {
    sight: &'s Sight<'s>,
    names: &'s Names,
}

impl Input for Seen<'_> {
    fn attribute(&self, id: AttributeId) -> Value {
        let values = self.names.name(id).and_then(|it| self.sight.attributes.get(it));
        Value::many(values.into_iter().flatten().cloned().map(Scalar::from).collect())
    }

    fn parameter(&self, name: &str) -> Option<Value> {
        self.sight.parameter_text(name).map(Value::text)
    }

    fn now(&self) -> Timestamp {
        self.sight.world.now
    }
}

fn given_value(scalar: &Scalar) -> AttributeValue {
    match scalar {
        Scalar::Text(text) => AttributeValue::String(text.to_string()),
        Scalar::Number(number) => AttributeValue::Integer(*number),
        Scalar::Boolean(flag) => AttributeValue::Boolean(*flag),
        Scalar::Binary(bytes) => AttributeValue::Binary(bytes.to_vec()),
        Scalar::Reference(dn) => AttributeValue::Reference((**dn).clone()),
        Scalar::Date(time) => AttributeValue::String(time.to_string()),
    }
}

fn word(value: &AttributeValue) -> Option<String> {
    match value {
        AttributeValue::String(text) => Some(text.clone()),
        AttributeValue::Integer(number) => Some(number.to_string()),
        AttributeValue::Boolean(flag) => Some(if *flag { "True" } else { "False" }.to_owned()),
        AttributeValue::Reference(dn) => Some(dn.as_str().to_owned()),
        AttributeValue::Binary(_) => None,
    }
}

/// A value as text that tells its type.
pub(crate) fn plain(value: &AttributeValue) -> String {
    match value {
        AttributeValue::String(text) => format!("text {text}"),
        AttributeValue::Integer(number) => format!("number {number}"),
        AttributeValue::Boolean(flag) => format!("flag {flag}"),
        AttributeValue::Binary(bytes) => format!("bytes {bytes:?}"),
        AttributeValue::Reference(dn) => format!("name {}", dn.as_str().to_uppercase()),
    }
}
