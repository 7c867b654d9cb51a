//! Finding the partner of an object by join criteria.
use std::collections::BTreeSet;

use super::{
    attributes::attr,
    cells::Attr,
    hash_index::HashIndex,
    small,
    state::State,
    view::{CsView, Groups, MvView},
};
use crate::{
    rules::{CompiledRule, Direction, JoinCriterion, JoinGroup, JoinKey},
    value::Value,
};

/// Objects that are counted to find the criterion that the fewest fit.
const MAX_COUNTED: usize = 1_000;

/// Where values of join criteria are found again: in the metaverse, and in each connector space.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// Attributes of the metaverse that inbound criteria ask for.
    mv_keys: BTreeSet<(Attr, bool)>,
    metaverse: HashIndex,
    spaces: Vec<HashIndex>,
}

fn hash(index: &HashIndex, attribute: Attr, case_sensitive: bool, key: &JoinKey) -> u64 {
    index.hash(&(attribute, case_sensitive, key))
}

impl Search {
    /// Takes note of what criteria ask for, and of the values in the connector spaces.
    pub(super) fn new(state: &State, groups: &Groups) -> Self {
        let mut search = Self::default();
        let criteria = |rule: &CompiledRule| -> Vec<JoinCriterion> {
            rule.joins.iter().flatten().copied().collect()
        };
        let rules = state.rules.rules();
        for rule in rules.iter().filter(|it| it.direction == Direction::Inbound) {
            let keys = criteria(rule).into_iter().map(|it| (attr(it.metaverse), it.case_sensitive));
            search.mv_keys.extend(keys);
        }
        for (space_idx, space) in state.spaces.iter().enumerate() {
            let mut index = HashIndex::default();
            let outbound = rules.iter().filter(|it| {
                it.direction == Direction::Outbound && it.connector == space.connector.id
            });
            let mut keys: Vec<JoinCriterion> = outbound.flat_map(criteria).collect();
            keys.sort_by_key(|it| (it.connector_space, it.case_sensitive));
            keys.dedup_by_key(|it| (it.connector_space, it.case_sensitive));
            for idx in 0..if keys.is_empty() { 0 } else { space.len() } {
                let view = CsView::new(state, groups, space_idx, idx);
                for it in &keys {
                    let attribute = attr(it.connector_space);
                    for key in it.keys(&view.value(attribute)) {
                        let hash = hash(&index, attribute, it.case_sensitive, &key);
                        index.insert(hash, small(idx));
                    }
                }
            }
            search.spaces.push(index);
        }
        search
    }

    /// Takes note of what a newly linked object brought into the metaverse.
    pub(super) fn note(&mut self, state: &State, space: usize, idx: usize, mv: usize) {
        for cell in state.contributed(space, idx) {
            for case_sensitive in [false, true] {
                if !self.mv_keys.contains(&(cell.attribute, case_sensitive)) {
                    continue;
                }
                let value = state.value(cell.values());
                for key in keys(&value, case_sensitive) {
                    let hash = hash(&self.metaverse, cell.attribute, case_sensitive, &key);
                    self.metaverse.insert(hash, small(mv));
                }
            }
        }
    }

    /// The objects of the metaverse that fit a group of criteria: none, one, or two of several.
    pub(super) fn in_metaverse(
        &self,
        view: &CsView<'_>,
        rule: &CompiledRule,
        criteria: &JoinGroup,
    ) -> Vec<usize> {
        let state = view.state;
        let values: Vec<_> =
            criteria.iter().map(|it| view.value(attr(it.connector_space))).collect();
        let fits = |mv: usize| {
            state.mv_type(mv).is_some_and(|it| rule.target_object_type.includes(it))
                && criteria.iter().zip(&values).all(|(it, value)| {
                    let cell = state.mv_cell(mv, attr(it.metaverse));
                    let there = cell.map_or(Value::Null, |it| {
                        state.value(it.values().filter(|it| state.is_linked(*it)))
                    });
                    it.matches(value, &there)
                })
        };
        let hashes = shortest(&self.metaverse, criteria, &values, |it| attr(it.metaverse));
        two_of(hashes.into_iter().flat_map(|it| self.metaverse.get(it)), fits)
    }

    /// The objects of a connector space that fit a group of criteria.
    pub(super) fn in_space(
        &self,
        view: &MvView<'_>,
        groups: &Groups,
        rule: &CompiledRule,
        criteria: &JoinGroup,
    ) -> Vec<usize> {
        let state = view.state;
        let values: Vec<_> = criteria.iter().map(|it| view.value(attr(it.metaverse))).collect();
        let fits = |idx: usize| {
            let there = CsView::new(state, groups, view.space, idx);
            state.spaces[view.space]
                .object_type(idx)
                .is_some_and(|it| rule.target_object_type.includes(it))
                && criteria
                    .iter()
                    .zip(&values)
                    .all(|(it, value)| it.matches(&there.value(attr(it.connector_space)), value))
        };
        let Some(index) = self.spaces.get(view.space) else { return Vec::new() };
        let hashes = shortest(index, criteria, &values, |it| attr(it.connector_space));
        two_of(hashes.into_iter().flat_map(|it| index.get(it)), fits)
    }
}

/// The hashes of the criterion that the fewest objects fit, so that one that nearly all fit costs nothing.
fn shortest(
    index: &HashIndex,
    criteria: &JoinGroup,
    values: &[Value],
    target: impl Fn(&JoinCriterion) -> Attr,
) -> Vec<u64> {
    let hashes = |(it, value): (&JoinCriterion, &Value)| -> Vec<u64> {
        let keys = it.keys(value).into_iter();
        keys.map(|key| hash(index, target(it), it.case_sensitive, &key)).collect()
    };
    let all = criteria.iter().zip(values).map(hashes);
    if criteria.len() == 1 {
        return all.flatten().collect();
    }
    let length = |it: &Vec<u64>| it.iter().flat_map(|it| index.get(*it)).take(MAX_COUNTED).count();
    all.min_by_key(length).unwrap_or_default()
}

fn two_of(found: impl Iterator<Item = u32>, fits: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut out = Vec::new();
    for it in found.map(|it| it as usize) {
        if !out.contains(&it) && fits(it) {
            out.push(it);
            if out.len() == 2 {
                break;
            }
        }
    }
    out
}

/// The keys of a value; as those of a criterion, which has attributes that do not matter here.
fn keys(value: &Value, case_sensitive: bool) -> Vec<JoinKey> {
    crate::rules::join::keys(value, case_sensitive)
}
