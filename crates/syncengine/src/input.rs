//! What an expression needs from outside: attributes, parameters, the time, a seed.
use std::collections::BTreeMap;

use dirlift_model::AttributeName;
use jiff::Timestamp;

use crate::value::Value;

/// The number of an attribute in a [`Names`] table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeId(u32);

impl AttributeId {
    /// The position in the table, from zero.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Attribute names, each once. Expressions compiled with one table share its numbers.
#[derive(Clone, Debug, Default)]
pub struct Names {
    by_id: Vec<AttributeName>,
    by_name: BTreeMap<AttributeName, AttributeId>,
}

impl Names {
    /// The number of a name, new if the name is.
    pub fn intern(&mut self, name: &AttributeName) -> AttributeId {
        if let Some(id) = self.by_name.get(name) {
            return *id;
        }
        let id = AttributeId(u32::try_from(self.by_id.len()).unwrap_or(u32::MAX));
        self.by_id.push(name.clone());
        self.by_name.insert(name.clone(), id);
        id
    }

    /// The number of a name, if it has one.
    pub fn id(&self, name: &AttributeName) -> Option<AttributeId> {
        self.by_name.get(name).copied()
    }

    /// The name behind a number of this table.
    pub fn name(&self, id: AttributeId) -> Option<&AttributeName> {
        self.by_id.get(id.index())
    }

    /// Every number, in order.
    pub(crate) fn ids(&self) -> impl Iterator<Item = AttributeId> {
        (0..self.by_id.len()).map(|it| AttributeId(u32::try_from(it).unwrap_or(u32::MAX)))
    }

    /// How many names the table has.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether the table has no name.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}

/// What an expression is evaluated on.
pub trait Input {
    /// The values of an attribute of the source object.
    fn attribute(&self, id: AttributeId) -> Value;

    /// How many values an attribute of the source object has.
    fn count(&self, id: AttributeId) -> usize {
        self.attribute(id).scalars().len()
    }

    /// The values of an attribute as the last import confirmed them, for `ImportedValue`.
    fn imported(&self, id: AttributeId) -> Value {
        self.attribute(id)
    }

    /// The value of a parameter such as `Domain.FQDN`, without its percent signs; `None` if nobody defines it.
    fn parameter(&self, name: &str) -> Option<Value>;

    /// The time that `Now` gives.
    fn now(&self) -> Timestamp;

    /// Where `Guid` and `RandomNum` begin; the same seed gives the same results.
    fn seed(&self) -> u64 {
        0
    }
}

/// An input made by hand: for one object, for tests, for `rules eval`.
#[derive(Clone, Debug, Default)]
pub struct MapInput {
    attributes: BTreeMap<AttributeId, Value>,
    imported: BTreeMap<AttributeId, Value>,
    parameters: BTreeMap<String, Value>,
    now: Timestamp,
    seed: u64,
}

impl MapInput {
    /// An input without attributes, at a given time.
    pub fn at(now: Timestamp) -> Self {
        Self { now, ..Self::default() }
    }

    /// Sets an attribute.
    pub fn set(&mut self, id: AttributeId, value: Value) -> &mut Self {
        self.attributes.insert(id, value);
        self
    }

    /// Sets what `ImportedValue` gives for an attribute, if that is not its present value.
    pub fn set_imported(&mut self, id: AttributeId, value: Value) -> &mut Self {
        self.imported.insert(id, value);
        self
    }

    /// Sets a parameter; its name counts without regard to ASCII case.
    pub fn set_parameter(&mut self, name: &str, value: Value) -> &mut Self {
        self.parameters.insert(name.to_ascii_lowercase(), value);
        self
    }

    /// Sets the seed.
    pub fn set_seed(&mut self, seed: u64) -> &mut Self {
        self.seed = seed;
        self
    }
}

impl Input for MapInput {
    fn attribute(&self, id: AttributeId) -> Value {
        self.attributes.get(&id).cloned().unwrap_or_default()
    }

    fn imported(&self, id: AttributeId) -> Value {
        self.imported.get(&id).cloned().unwrap_or_else(|| self.attribute(id))
    }

    fn parameter(&self, name: &str) -> Option<Value> {
        self.parameters.get(&name.to_ascii_lowercase()).cloned()
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn seed(&self) -> u64 {
        self.seed
    }
}
