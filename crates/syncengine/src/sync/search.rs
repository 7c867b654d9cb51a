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

/// Objects that a search looks at before it is left for later.
const MOST_AHEAD: usize = 32;

/// Where values of join criteria are found again: in the metaverse, and in each connector space.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// By attribute of the metaverse whether inbound criteria ask for it without regard to case, and with.
    mv_keys: Vec<[bool; 2]>,
    metaverse: HashIndex,
    spaces: Vec<HashIndex>,
    /// How many keys the metaverse had when objects were looked at ahead; none while nobody asks.
    known: Option<usize>,
}

/// What a search in the metaverse looked at, to tell later whether it would come out the same.
#[derive(Debug, Default)]
pub(super) struct Looked {
    hashes: Vec<u64>,
    objects: Vec<usize>,
    /// Whether it met a reference, which counts only once the object is linked that it stands for.
    met_reference: bool,
    /// Whether it is given up when it looks at too many objects.
    is_ahead: bool,
    has_given_up: bool,
}

impl Looked {
    /// For a search that may be done again.
    pub(super) fn ahead() -> Self {
        Self { is_ahead: true, ..Self::default() }
    }

    /// Takes note of an object; whether the search goes on.
    fn at(&mut self, object: usize) -> bool {
        if self.is_ahead {
            self.has_given_up |= self.objects.len() >= MOST_AHEAD;
            if !self.has_given_up {
                self.objects.push(object);
            }
        }
        !self.has_given_up
    }

    /// Whether the search has to be done again. While the objects of one space are linked inward, an object of the
    /// metaverse changes only when it is linked to one of them, which `is_linked` tells.
    pub(super) fn is_stale(&self, search: &Search, is_linked: impl Fn(usize) -> bool) -> bool {
        let is_recent =
            |it: &u64| search.known.is_none_or(|known| search.metaverse.has_since(*it, known));
        self.met_reference
            || self.has_given_up
            || self.objects.iter().any(|it| is_linked(*it))
            || self.hashes.iter().any(is_recent)
    }
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
            let n_objects = if keys.is_empty() { 0 } else { space.len() };
            index.reserve(n_objects);
            let seed = index.hasher();
            parallel::in_order(
                state.options.threads,
                n_objects,
                state,
                &mut index,
                |state, range| {
                    let mut out = Vec::new();
                    for idx in range {
                        let view = CsView::new(state, groups, space_idx, idx);
                        for it in &keys {
                            let value = view.value(attr(it.connector_space));
                            let found = hashes(&seed, attr(it.connector_space), *it, &value);
                            out.extend(found.map(|it| (it, small(idx))));
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
        for it in keys {
            self.metaverse.insert(*it, small(mv));
        }
    }

    /// From now on tells what is noted from what was before, or no more.
    pub(super) fn watch(&mut self, watches: bool) {
        self.known = watches.then(|| self.metaverse.len());
    }

    /// The objects of the metaverse that fit a group of criteria: none, one, or two of several. `looked` takes note of
    /// what that rests on.
    pub(super) fn in_metaverse(
        &self,
        view: &CsView<'_>,
        rule: &CompiledRule,
        criteria: &JoinGroup,
        looked: &mut Looked,
    ) -> Vec<usize> {
        let state = view.state;
        let values: Vec<_> =
            criteria.iter().map(|it| view.value(attr(it.connector_space))).collect();
        let all = all_hashes(&self.metaverse, criteria, &values, |it| attr(it.metaverse));
        looked.hashes.extend(all.iter().flatten());
        let hashes = shortest(&self.metaverse, all);
        let fits = |mv: usize| {
            // The type of an object never changes.
            if !state.mv_type(mv).is_some_and(|it| rule.target_object_type.includes(it)) {
                return Some(false);
            }
            looked.at(mv).then(|| {
                criteria.iter().zip(&values).all(|(it, value)| {
                    let cell = state.mv_cell(mv, attr(it.metaverse));
                    looked.met_reference |= cell
                        .as_ref()
                        .is_some_and(|it| it.values().any(|it| it.as_object().is_some()));
                    let there = cell.map_or(Value::Null, |it| {
                        state.value(it.values().filter(|it| state.is_linked(*it)))
                    });
                    it.matches(value, &there)
                })
            })
        };
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
        let all = all_hashes(index, criteria, &values, |it| attr(it.connector_space));
        let hashes = shortest(index, all);
        two_of(hashes.into_iter().flat_map(|it| index.get(it)), |it| Some(fits(it)))
    }
}

/// By criterion the hashes of its values.
fn all_hashes(
    index: &HashIndex,
    criteria: &JoinGroup,
    values: &[Value],
    target: impl Fn(&JoinCriterion) -> Attr,
) -> Vec<Vec<u64>> {
    let seed = index.hasher();
    let of = |(it, value): (&JoinCriterion, &Value)| -> Vec<u64> {
        hashes(&seed, target(it), *it, value).collect()
    };
    criteria.iter().zip(values).map(of).collect()
}

/// The hashes of the criterion that the fewest objects fit, so that one that nearly all fit costs nothing.
fn shortest(index: &HashIndex, mut all: Vec<Vec<u64>>) -> Vec<u64> {
    if all.len() == 1 {
        return all.pop().unwrap_or_default();
    }
    let length = |it: &Vec<u64>| it.iter().flat_map(|it| index.get(*it)).take(MAX_COUNTED).count();
    all.into_iter().min_by_key(length).unwrap_or_default()
}

/// The first two that fit. `fits` gives nothing where the search is to end.
fn two_of(
    found: impl Iterator<Item = u32>,
    mut fits: impl FnMut(usize) -> Option<bool>,
) -> Vec<usize> {
    let mut out = Vec::new();
    for it in found.map(|it| it as usize) {
        if out.contains(&it) {
            continue;
        }
        match fits(it) {
            Some(true) => out.push(it),
            Some(false) => continue,
            None => break,
        }
        if out.len() == 2 {
            break;
        }
    }
    out
}

/// The keys of a value; as those of a criterion, which has attributes that do not matter here.
fn keys(value: &Value, case_sensitive: bool) -> Vec<JoinKey> {
    crate::rules::join::keys(value, case_sensitive)
}
