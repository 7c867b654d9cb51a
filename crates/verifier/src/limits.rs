//! What the guards are told.
use std::collections::{BTreeMap, BTreeSet};

use dirlift_model::{AttributeName, DistinguishedName};

/// Most deletes of one export unless somebody says otherwise (Microsoft Entra Connect: prevent accidental deletes).
pub const DEFAULT_DELETES: u64 = 500;

/// From where on a guard stops. A limit is the most that passes: it stops what *exceeds* it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Deletes of any type; `None` to let any number pass.
    pub deletes: Option<u64>,
    /// Deletes of any type, in percent of the objects of the connector.
    pub delete_percent: Option<u8>,
    /// Deletes of single types.
    pub deletes_by_type: BTreeMap<AttributeName, u64>,
    /// Updates of one attribute, in percent of the objects of the type.
    pub attribute_percent: Option<u8>,
}

impl Default for Limits {
    /// 500 deletes, and nothing else.
    fn default() -> Self {
        Self {
            deletes: Some(DEFAULT_DELETES),
            delete_percent: None,
            deletes_by_type: BTreeMap::new(),
            attribute_percent: None,
        }
    }
}

/// How many objects of each type the connector's directory has; an absent type is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Population(pub BTreeMap<AttributeName, u64>);

impl Population {
    /// All objects; `None` when no type is known.
    pub fn total(&self) -> Option<u64> {
        let sum = dirlift_model::text::saturating_sum(self.0.values().copied());
        (!self.0.is_empty()).then_some(sum)
    }
}

/// Objects that are looked at one by one, by their names in the connector's space.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sensitive {
    /// Objects with an administrative role.
    pub administrators: BTreeSet<DistinguishedName>,
    /// Users with a licence.
    pub licensed: BTreeSet<DistinguishedName>,
}

/// What makes an object one that is looked at by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// It has an administrative role.
    pub is_administrator: bool,
    /// It has a licence.
    pub has_licence: bool,
}
