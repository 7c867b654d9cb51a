//! The steps of a full synchronization, one after the other.
use std::collections::{BTreeMap, HashMap};

use super::{
    SyncError, Synchronization, exports,
    exports::Locator,
    history, inbound,
    link::{self, Links, MAX_PASSES},
    metaverse::Metaverse,
    parallel::each_at_once,
    plan::Plans,
    result::Synchronized,
    search::Search,
    small,
    space::NONE,
    state::State,
    summary,
    view::Groups,
};
use crate::assumption::AssumptionSet;

pub(super) fn run(sync: Synchronization) -> Result<Synchronized, SyncError> {
    let (mut state, groups, mut search) = prepare(sync)?;
    let mut links = Links::default();
    settle_links(&mut state, &groups, &mut search, &mut links);
    for space in 0..state.spaces.len() {
        link::provision(&mut state, &groups, &search, &mut links, space, |state, idx| {
            state.options.history
                && state.spaces[space].is_synchronised(idx)
                && state.partner(state.number(space, idx)).is_none()
        });
    }
    drop(search);
    let locator = Locator::new(&state, &links);
    let exports = exports::all(&mut state, &groups, &links, &locator);
    if state.arena.is_full() {
        return Err(SyncError::TooLarge);
    }
    let summary = summary::of(&state, &links, &exports);
    Ok(Synchronized::new(state, groups, links, exports, summary))
}

/// Puts the spaces in order and works out what their objects contribute.
fn prepare(sync: Synchronization) -> Result<(State, Groups, Search), SyncError> {
    let Synchronization { rules, attributes, arena, mut spaces, options } = sync;
    let mut base = 0_usize;
    for space in &mut spaces {
        space.base = small(base);
        // One after the other: while it is put in order a space holds its names twice.
        space.settle(&arena, options.threads);
        base += space.len();
    }
    if base >= NONE as usize / 2 {
        return Err(SyncError::TooLarge);
    }
    each_at_once(options.threads, &mut spaces, |space| space.resolve_references(&arena));
    let plans = Plans::new(&rules, &spaces, &attributes.known);
    let n_spaces = spaces.len();
    let lists = || (0..n_spaces).map(|_| super::cells::Lists::default()).collect();
    let mut state = State {
        rules,
        attributes,
        options,
        arena,
        spaces,
        plans,
        metaverse: Metaverse::new(n_spaces),
        partners: vec![NONE; base],
        contributions: lists(),
        overrides: HashMap::new(),
        linking: lists(),
        failed: HashMap::new(),
        errors: BTreeMap::new(),
        assumptions: AssumptionSet::default(),
        passes: 0,
        settled: false,
    };
    let groups = Groups::new(&state);
    for space in 0..n_spaces {
        inbound::evaluate(&mut state, &groups, space);
    }
    let search = Search::new(&state, &groups);
    Ok((state, groups, search))
}

/// Joins and projects until nothing changes.
fn settle_links(state: &mut State, groups: &Groups, search: &mut Search, links: &mut Links) {
    while state.passes < MAX_PASSES {
        state.passes += 1;
        let mut changed = false;
        for space in 0..state.spaces.len() {
            changed |= link::inward(state, groups, search, space);
        }
        for space in 0..state.spaces.len() {
            changed |= link::outward(state, groups, search, links, space);
        }
        if changed {
            continue;
        }
        for space in 0..state.spaces.len() {
            if state.spaces[space].is_entra() {
                if state.options.history {
                    changed |= history::match_by_anchor(state, groups, search, space);
                }
                changed |= history::match_without_anchor(state, groups, search, space);
            }
        }
        if !changed {
            state.settled = true;
            return;
        }
    }
}
