//! The order in which rules are applied.
//!
//! Inbound rules come first. Within a direction the lower precedence number comes first; among equal numbers
//! `precedence-after` and `precedence-before` decide, then the identifier.
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use dirlift_model::{Guid, SyncRule};

use super::Direction;

/// The places of rules in their order of application; disabled and unusable rules stand where they would apply.
pub fn in_order(rules: &[SyncRule]) -> Vec<usize> {
    let key = |it: &usize| {
        let rule = &rules[*it];
        // Words that are not known, and rules without a number, come last.
        let direction = Direction::of(&rule.direction);
        let precedence = rule.precedence;
        ((direction.is_none(), direction), (precedence.is_none(), precedence))
    };
    let mut order: Vec<_> = (0..rules.len()).collect();
    order.sort_by_key(|it| (key(it), rules[*it].id, *it));
    let edges = Edges::of(rules);
    let mut out = Vec::with_capacity(order.len());
    for run in order.chunk_by(|a, b| key(a) == key(b)) {
        edges.sort_run(run, &mut out);
    }
    out
}

/// The rules that stand in a loop of `precedence-after` and `precedence-before`.
pub(super) fn loops(rules: &[SyncRule]) -> BTreeSet<usize> {
    let edges = Edges::of(rules);
    let reversed = Edges {
        next: edges.next.iter().fold(BTreeMap::new(), |mut map, (from, all)| {
            for to in all {
                map.entry(*to).or_insert_with(BTreeSet::new).insert(*from);
            }
            map
        }),
    };
    // What can be taken away from either end stands in no loop.
    let all: BTreeSet<_> = (0..rules.len()).collect();
    let left = edges.without_ends(all);
    reversed.without_ends(left)
}

/// Which rule stands directly before which, as the rules themselves ask.
struct Edges {
    next: BTreeMap<usize, BTreeSet<usize>>,
}

impl Edges {
    fn of(rules: &[SyncRule]) -> Self {
        let mut by_id: BTreeMap<Guid, usize> = BTreeMap::new();
        for (idx, rule) in rules.iter().enumerate().filter(|it| !it.1.id.is_nil()) {
            by_id.entry(rule.id).or_insert(idx);
        }
        let mut next: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (idx, rule) in rules.iter().enumerate() {
            if let Some(before) = rule.precedence_after.and_then(|it| by_id.get(&it)) {
                next.entry(*before).or_default().insert(idx);
            }
            if let Some(after) = rule.precedence_before.and_then(|it| by_id.get(&it)) {
                next.entry(idx).or_default().insert(*after);
            }
        }
        Self { next }
    }

    fn after(&self, idx: usize) -> impl Iterator<Item = usize> {
        self.next.get(&idx).into_iter().flatten().copied()
    }

    /// How many rules of the set each rule waits for.
    fn waiting(&self, set: &BTreeSet<usize>) -> BTreeMap<usize, usize> {
        let mut waiting: BTreeMap<_, _> = set.iter().map(|it| (*it, 0)).collect();
        for idx in set {
            for after in self.after(*idx) {
                if let Some(n) = waiting.get_mut(&after) {
                    *n += 1;
                }
            }
        }
        waiting
    }

    /// Puts rules of equal precedence into the order they ask for; in a loop the first one goes first.
    fn sort_run(&self, run: &[usize], out: &mut Vec<usize>) {
        if run.len() < 2 {
            out.extend_from_slice(run);
            return;
        }
        let place: BTreeMap<_, _> = run.iter().enumerate().map(|(at, it)| (*it, at)).collect();
        let mut waiting = self.waiting(&run.iter().copied().collect());
        let mut queue: BTreeSet<_> =
            waiting.iter().map(|(idx, n)| (*n, place[idx], *idx)).collect();
        while let Some((_, _, idx)) = queue.pop_first() {
            out.push(idx);
            waiting.remove(&idx);
            for after in self.after(idx) {
                if let (Some(n), Some(at)) = (waiting.get_mut(&after), place.get(&after)) {
                    queue.remove(&(*n, *at, after));
                    *n -= 1;
                    queue.insert((*n, *at, after));
                }
            }
        }
    }

    fn without_ends(&self, mut set: BTreeSet<usize>) -> BTreeSet<usize> {
        let mut waiting = self.waiting(&set);
        let mut ready: Vec<_> =
            waiting.iter().filter(|it| *it.1 == 0).map(|it| Reverse(*it.0)).collect();
        while let Some(Reverse(idx)) = ready.pop() {
            set.remove(&idx);
            for after in self.after(idx) {
                if let Some(n) = waiting.get_mut(&after) {
                    *n -= 1;
                    if *n == 0 {
                        ready.push(Reverse(after));
                    }
                }
            }
        }
        set
    }
}
