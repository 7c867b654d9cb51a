//! The way in: each object without a partner is joined, or projected.
use std::ops::Range;

use super::{
    super::{
        attributes::attr,
        fault::Problem,
        parallel,
        search::Search,
        state::State,
        view::{CsView, Groups},
    },
    attach_noting,
};
use crate::rules::{
    Direction, JoinDecision, LinkType, ObjectType,
    join::{decide, may_provision},
};

/// Objects that are looked at side by side before they are linked one after the other.
const WAVE: usize = 1 << 16;

/// What can be said of an object before those before it are linked.
struct Ahead {
    idx: usize,
    /// The hashes of its join criteria, by group and criterion; a group can fit only if each of its criteria meets one.
    joins: Vec<Vec<Vec<u64>>>,
    /// The type of the metaverse that it is projected to if nothing joins it.
    projected: Option<usize>,
    /// The hashes under which its own contribution is found.
    keys: Vec<u64>,
}

/// Joins and projects every object of a space that has no partner yet; whether anything changed.
pub(in super::super) fn inward(
    state: &mut State,
    groups: &Groups,
    search: &mut Search,
    space: usize,
) -> bool {
    let mut changed = false;
    let n_objects = state.spaces[space].len();
    for start in (0..n_objects).step_by(WAVE) {
        let end = (start + WAVE).min(n_objects);
        for ahead in look_ahead(state, groups, search, space, start..end) {
            state.errors.remove(&state.number(space, ahead.idx));
            changed |= link_inward(state, groups, search, space, &ahead);
        }
    }
    changed
}

fn look_ahead(
    state: &State,
    groups: &Groups,
    search: &Search,
    space: usize,
    range: Range<usize>,
) -> Vec<Ahead> {
    let is_open = |idx: &usize| {
        let number = state.number(space, *idx);
        state.partner(number).is_none() && !state.linking[space].get(*idx).is_empty()
    };
    let mut out = Vec::new();
    parallel::in_order(
        state.options.threads,
        range.len(),
        state,
        &mut out,
        |state, piece| {
            let piece = range.start + piece.start..range.start + piece.end;
            let ahead = |idx| Ahead::of(state, groups, search, space, idx);
            piece.filter(is_open).map(ahead).collect::<Vec<_>>()
        },
        Vec::extend,
    );
    out
}

impl Ahead {
    fn of(state: &State, groups: &Groups, search: &Search, space: usize, idx: usize) -> Self {
        let view = CsView::new(state, groups, space, idx);
        let linking = state.linking[space].get(idx).iter();
        let rules: Vec<_> = linking.filter_map(|it| state.rule(*it as usize)).collect();
        let joins = rules.iter().flat_map(|it| &it.joins).filter(|it| !it.is_empty());
        let joins = joins
            .map(|group| group.iter().map(|it| search.hashes_in(&view, it)).collect())
            .collect();
        let projected = rules.iter().find_map(|rule| {
            if rule.link_type != LinkType::Provision
                || !may_provision(&rule.joins, Direction::Inbound, |it| view.value(attr(it)))
            {
                return None;
            }
            let ObjectType::Named(name) = &rule.target_object_type else { return None };
            state.plans.types.iter().position(|it| it == name)
        });
        Self { idx, joins, projected, keys: search.keys_of(state, space, idx) }
    }

    /// Whether some group of criteria may fit an object of the metaverse.
    fn may_join(&self, search: &Search) -> bool {
        self.joins.iter().any(|group| group.iter().all(|it| it.iter().any(|it| search.has(*it))))
    }
}

fn link_inward(
    state: &mut State,
    groups: &Groups,
    search: &mut Search,
    space: usize,
    ahead: &Ahead,
) -> bool {
    let idx = ahead.idx;
    let number = state.number(space, idx);
    let keys = Some(&ahead.keys[..]);
    if ahead.may_join(search) {
        let view = CsView::new(state, groups, space, idx);
        // Whatever rule makes an object does so only if no rule joins.
        let joined = state.linking[space].get(idx).iter().find_map(|place| {
            let place = *place as usize;
            let rule = state.rule(place)?;
            match decide(&rule.joins, |it| search.in_metaverse(&view, rule, it)) {
                JoinDecision::Joined { target, .. } => Some((place, target)),
                JoinDecision::NotJoined { .. } => None,
            }
        });
        if let Some((rule, target)) = joined {
            if let Some(other) = state.metaverse.link(target, space) {
                let partner = state.number(space, other);
                state.errors.insert(number, Problem::Ambiguous { rule, partner });
                return false;
            }
            return attach_noting(state, groups, search, (space, idx), (target, false), keys);
        }
    }
    let Some(type_idx) = ahead.projected else { return false };
    let mv = state.metaverse.add(type_idx, number);
    let done = attach_noting(state, groups, search, (space, idx), (mv, true), keys);
    if !done {
        state.metaverse.pop();
    }
    done
}
