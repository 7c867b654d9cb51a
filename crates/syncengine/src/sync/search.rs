//! Finding the partner of an object by join criteria.
use std::hash::BuildHasher as _;

use foldhash::fast::RandomState;

use super::{
    attributes::attr,
    cells::Attr,
    hash_index::HashIndex,
    parallel, small,
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
    /// By attribute of the metaverse whether inbound criteria ask for it without regard to case, and with.
    mv_keys: Vec<[bool; 2]>,
    metaverse: HashIndex,
    spaces: Vec<HashIndex>,
}

fn hash(hasher: &RandomState, attribute: Attr, case_sensitive: bool, key: &JoinKey) -> u64 {
    hasher.hash_one((attribute, case_sensitive, key))
}

/// The hashes of a value under a criterion that searches an attribute.
fn hashes(
    hasher: &RandomState,
    attribute: Attr,
    criterion: JoinCriterion,
    value: &Value,
) -> impl Iterator<Item = u64> {
    let keys = criterion.keys(value).into_iter();
    keys.map(move |it| hash(hasher, attribute, criterion.case_sensitive, &it))
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
            for it in criteria(rule) {
                let attribute = usize::from(attr(it.metaverse));
                let n_known = search.mv_keys.len().max(attribute + 1);
                search.mv_keys.resize(n_known, [false; 2]);
                search.mv_keys[attribute][usize::from(it.case_sensitive)] = true;
            }
        }
        for (space_idx, space) in state.spaces.iter().enumerate() {
            let mut index = HashIndex::default();
            let outbound = rules.iter().filter(|it| {
                it.direction == Direction::Outbound && it.connector == space.connector.id
            });
            let mut keys: Vec<JoinCriterion> = outbound.flat_map(criteria).collect();
            keys.sort_by_key(|it| (it.connector_space, it.case_sensitive));
            keys.dedup_by_key(|it| (it.connector_space, it.case_sensitive));
            let hasher = index.hasher();
            parallel::in_order(
                state.options.threads,
                if keys.is_empty() { 0 } else { space.len() },
                state,
                &mut index,
                |state, range| {
                    let mut out = Vec::new();
                    for idx in range {
                        let view = CsView::new(state, groups, space_idx, idx);
                        for it in &keys {
                            let value = view.value(attr(it.connector_space));
                            let hashes = hashes(&hasher, attr(it.connector_space), *it, &value);
                            out.extend(hashes.map(|it| (it, small(idx))));
                        }
                    }
                    out
                },
                |index, found| found.into_iter().for_each(|(hash, idx)| index.insert(hash, idx)),
            );
            index.shrink();
            search.spaces.push(index);
        }
        search
    }

    /// The hashes under which criteria find what an object brings into the metaverse.
    pub(super) fn keys_of(&self, state: &State, space: usize, idx: usize) -> Vec<u64> {
        let mut out = Vec::new();
        for cell in state.contributed(space, idx) {
            let Some(asked) = self.mv_keys.get(usize::from(cell.attribute)) else { continue };
            for case_sensitive in [false, true] {
                if asked[usize::from(case_sensitive)] {
                    let keys = keys(&state.value(cell.values()), case_sensitive);
                    let hasher = self.metaverse.hasher();
                    let hash = |it| hash(&hasher, cell.attribute, case_sensitive, &it);
                    out.extend(keys.into_iter().map(hash));
                }
            }
        }
        out
    }

    /// Takes note of what a newly linked object brought into the metaverse.
    pub(super) fn note_keys(&mut self, keys: &[u64], mv: usize) {
        keys.iter().for_each(|it| self.metaverse.insert(*it, small(mv)));
    }

    /// The hashes of the values of an object under an inbound criterion.
    pub(super) fn hashes_in(&self, view: &CsView<'_>, criterion: &JoinCriterion) -> Vec<u64> {
        let value = view.value(attr(criterion.connector_space));
        let hasher = self.metaverse.hasher();
        hashes(&hasher, attr(criterion.metaverse), *criterion, &value).collect()
    }

    /// Whether some object of the metaverse may be found under a hash.
    pub(super) fn has(&self, hash: u64) -> bool {
        self.metaverse.get(hash).next().is_some()
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
    let hasher = index.hasher();
    let hashes = |(it, value): (&JoinCriterion, &Value)| -> Vec<u64> {
        hashes(&hasher, target(it), *it, value).collect()
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
