//! The way in: each object without a partner is joined, or projected.
use std::ops::Range;

use super::attach_with_keys;
use crate::{
    rules::{
        Direction, JoinDecision, LinkType, ObjectType,
        join::{decide, may_provision},
    },
    sync::{
        attributes::attr,
        fault::Problem,
        parallel,
        search::{Looked, Search},
        state::State,
        view::{CsView, Groups},
    },
};

/// Objects that are looked at side by side before they are linked one after the other.
const WAVE: usize = 1 << 16;

/// What is said of an object ahead, while its turn has not come.
struct Ahead {
    idx: usize,
    /// The rule that joins it, and what it is joined to.
    joined: Option<(usize, usize)>,
    /// What that rests on.
    looked: Looked,
    /// The type of the metaverse that it is projected to if nothing joins it.
    projected: Option<usize>,
    /// The hashes under which its own contribution is found.
    keys: Vec<u64>,
}

/// Joins and projects every object of a space that has no partner yet; whether anything changed.
pub(in crate::sync) fn inward(
    state: &mut State,
    groups: &Groups,
    search: &mut Search,
    space: usize,
) -> bool {
    let mut changed = false;
    let n_objects = state.spaces[space].len();
    for start in (0..n_objects).step_by(WAVE) {
        let end = (start + WAVE).min(n_objects);
        search.watch(true);
        for ahead in look_ahead(state, groups, search, space, start..end) {
            state.errors.remove(&state.number(space, ahead.idx));
            changed |= link_inward(state, groups, search, space, &ahead);
        }
    }
    search.watch(false);
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
    let ahead = |idx| {
        let mut looked = Looked::ahead();
        let view = CsView::new(state, groups, space, idx);
        Ahead {
            idx,
            joined: joined(&view, search, &mut looked),
            looked,
            projected: projected(&view),
            keys: search.keys_of(state, space, idx),
        }
    };
    let mut out = Vec::new();
    parallel::in_order(
        state.options.threads,
        range.len(),
        state,
        &mut out,
        |_, piece| {
            let piece = range.start + piece.start..range.start + piece.end;
            piece.filter(is_open).map(ahead).collect::<Vec<_>>()
        },
        Vec::extend,
    );
    out
}

/// The first rule that joins an object, and what it joins it to.
fn joined(view: &CsView<'_>, search: &Search, looked: &mut Looked) -> Option<(usize, usize)> {
    view.state.linking[view.space].get(view.idx).iter().find_map(|place| {
        let place = *place as usize;
        let rule = view.state.rule(place)?;
        match decide(&rule.joins, |it| search.in_metaverse(view, rule, it, looked)) {
            JoinDecision::Joined { target, .. } => Some((place, target)),
            JoinDecision::NotJoined { .. } => None,
        }
    })
}

/// The type of the metaverse that the first rule projects an object to.
fn projected(view: &CsView<'_>) -> Option<usize> {
    let state = view.state;
    state.linking[view.space].get(view.idx).iter().find_map(|place| {
        let rule = state.rule(*place as usize)?;
        if rule.link_type != LinkType::Provision
            || !may_provision(&rule.joins, Direction::Inbound, |it| view.value(attr(it)))
        {
            return None;
        }
        let ObjectType::Named(name) = &rule.target_object_type else { return None };
        state.plans.types.iter().position(|it| it == name)
    })
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
    let is_linked = |mv| state.metaverse.link(mv, space).is_some();
    let joined = if ahead.looked.is_stale(search, is_linked) {
        joined(&CsView::new(state, groups, space, idx), search, &mut Looked::default())
    } else {
        ahead.joined
    };
    // Whatever rule makes an object does so only if no rule joins.
    if let Some((rule, target)) = joined {
        if let Some(other) = state.metaverse.link(target, space) {
            let partner = state.number(space, other);
            state.errors.insert(number, Problem::Ambiguous { rule, partner });
            return false;
        }
        return attach_with_keys(state, groups, search, (space, idx), (target, false), keys);
    }
    let Some(type_idx) = ahead.projected else { return false };
    let mv = state.metaverse.add(type_idx, number);
    let done = attach_with_keys(state, groups, search, (space, idx), (mv, true), keys);
    if !done {
        state.metaverse.pop();
    }
    done
}
