//! Which connector and which rule of one configuration is which of the other.
use std::{
    borrow::Cow,
    collections::{BTreeMap, VecDeque},
};

use dirlift_model::{Guid, SyncRule, config::Connector};

use super::Configuration;

/// Length of a GUID without braces, in characters.
const GUID_LEN: usize = 36;

/// Connectors of both sides that stand for each other.
#[derive(Debug)]
pub(super) struct Links {
    /// Positions, before and after.
    pub(super) matched: Vec<(usize, usize)>,
    /// Positions that are only in the first configuration.
    pub(super) removed: Vec<usize>,
    /// Positions that are only in the second configuration.
    pub(super) added: Vec<usize>,
    before: BTreeMap<Guid, Link>,
    after: BTreeMap<Guid, Link>,
    /// Ids of the first configuration, and those that they have in the second.
    renumbered: BTreeMap<Guid, Guid>,
}

/// What a connector's id leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Link {
    /// A connector of both sides, by the position in [`Links::matched`].
    Both(usize),
    /// A connector of this side only.
    Alone(bool, usize),
    /// No connector of this id was read.
    Unknown,
}

impl Links {
    pub(super) fn new(before: &Configuration, after: &Configuration) -> Self {
        let (a, b) = (&before.connectors, &after.connectors);
        let mut matching = Matching::new(a.len(), b.len());
        matching.by(
            |idx| (!a[idx].id.is_nil()).then_some(a[idx].id),
            |idx| (!b[idx].id.is_nil()).then_some(b[idx].id),
        );
        matching.by(|idx| Some(name_key(&a[idx])), |idx| Some(name_key(&b[idx])));
        matching.by(|idx| forest_key(&a[idx]), |idx| forest_key(&b[idx]));
        // A tenant has one connector; the one that is left on each side is the same whatever it is called.
        let lone = |all: &[Connector], free: &[usize]| {
            let mut cloud = free.iter().filter(|it| all[**it].is_cloud());
            let first = cloud.next().copied();
            if cloud.next().is_some() { None } else { first }
        };
        let (free_a, free_b) = matching.free();
        let (lone_a, lone_b) = (lone(a, &free_a), lone(b, &free_b));
        matching.by(
            |idx| (Some(idx) == lone_a).then_some(()),
            |idx| (Some(idx) == lone_b).then_some(()),
        );
        let (removed, added) = matching.free();
        let matched = matching.finish();
        let mut links = Self {
            removed,
            added,
            before: BTreeMap::new(),
            after: BTreeMap::new(),
            renumbered: BTreeMap::new(),
            matched,
        };
        for (n, (old, new)) in links.matched.iter().enumerate() {
            links.before.entry(a[*old].id).or_insert(Link::Both(n));
            links.after.entry(b[*new].id).or_insert(Link::Both(n));
            if a[*old].id != b[*new].id {
                links.renumbered.insert(a[*old].id, b[*new].id);
            }
        }
        for old in &links.removed {
            links.before.entry(a[*old].id).or_insert(Link::Alone(false, *old));
        }
        for new in &links.added {
            links.after.entry(b[*new].id).or_insert(Link::Alone(true, *new));
        }
        links
    }

    /// What an id of the first configuration leads to.
    pub(super) fn before(&self, id: Guid) -> Link {
        self.before.get(&id).copied().unwrap_or(Link::Unknown)
    }

    /// What an id of the second configuration leads to.
    pub(super) fn after(&self, id: Guid) -> Link {
        self.after.get(&id).copied().unwrap_or(Link::Unknown)
    }

    /// A text of the first configuration with the connectors' ids that the second one has.
    pub(super) fn translate<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.renumbered.is_empty() || text.len() < GUID_LEN {
            return Cow::Borrowed(text);
        }
        let mut out = String::new();
        let mut done = 0;
        let bytes = text.as_bytes();
        let mut at = 0;
        while at + GUID_LEN <= bytes.len() {
            let is_shape = [8, 13, 18, 23].iter().all(|it| bytes[at + it] == b'-');
            let id = is_shape
                .then(|| text.get(at..at + GUID_LEN)?.parse::<Guid>().ok())
                .flatten()
                .and_then(|it| self.renumbered.get(&it));
            if let Some(id) = id {
                out.push_str(&text[done..at]);
                out.push_str(&id.to_string());
                at += GUID_LEN;
                done = at;
            } else {
                at += 1;
            }
        }
        if done == 0 {
            return Cow::Borrowed(text);
        }
        out.push_str(&text[done..]);
        Cow::Owned(out)
    }
}

fn name_key(it: &Connector) -> (bool, String) {
    (it.is_cloud(), it.name.trim().to_lowercase())
}

fn forest_key(it: &Connector) -> Option<String> {
    let forest = it.active_directory.as_ref()?.forest_name.as_deref()?.trim();
    (!forest.is_empty()).then(|| forest.to_lowercase())
}

/// Rules of both sides that stand for each other.
#[derive(Debug)]
pub(super) struct Pairs {
    /// Positions, before and after.
    pub(super) matched: Vec<(usize, usize)>,
    /// Positions that are only in the first configuration.
    pub(super) removed: Vec<usize>,
    /// Positions that are only in the second configuration.
    pub(super) added: Vec<usize>,
}

impl Pairs {
    pub(super) fn new(before: &Configuration, after: &Configuration, links: &Links) -> Self {
        let (a, b) = (&before.rules, &after.rules);
        let mut matching = Matching::new(a.len(), b.len());
        let id = |it: &SyncRule| (!it.id.is_nil()).then_some(it.id);
        matching.by(|idx| id(&a[idx]), |idx| id(&b[idx]));
        // The id that a connector without counterpart or file has stands for itself first, then for any.
        let own = |link, id: Guid| (link, (link == Link::Unknown).then_some(id));
        // Where one side has rules only, no connector can be told from another.
        let blind = before.connectors.is_empty() || after.connectors.is_empty();
        let key = |link, id, exact| {
            if exact { own(link, id) } else { (if blind { Link::Unknown } else { link }, None) }
        };
        let old = |it: &SyncRule, exact| key(links.before(it.connector), it.connector, exact);
        let new = |it: &SyncRule, exact| key(links.after(it.connector), it.connector, exact);
        let name = |it: &SyncRule| it.name.trim().to_lowercase();
        let direction = |it: &SyncRule| it.direction.as_str().to_ascii_lowercase();
        let base = |it: &SyncRule| tag(it).map(|(base, _)| base);
        for exact in [true, false] {
            // Where a tag stands for several rules the name tells them apart.
            matching.by(
                |idx| {
                    Some((base(&a[idx])?, direction(&a[idx]), old(&a[idx], exact), name(&a[idx])))
                },
                |idx| {
                    Some((base(&b[idx])?, direction(&b[idx]), new(&b[idx], exact), name(&b[idx])))
                },
            );
            matching.by(
                |idx| Some((base(&a[idx])?, direction(&a[idx]), old(&a[idx], exact))),
                |idx| Some((base(&b[idx])?, direction(&b[idx]), new(&b[idx], exact))),
            );
            matching.by(
                |idx| Some((name(&a[idx]), direction(&a[idx]), old(&a[idx], exact))),
                |idx| Some((name(&b[idx]), direction(&b[idx]), new(&b[idx], exact))),
            );
        }
        let (removed, added) = matching.free();
        Self { removed, added, matched: matching.finish() }
    }
}

/// The immutable tag of a standard rule without its revision, in lower case, and the revision.
pub(super) fn tag(rule: &SyncRule) -> Option<(String, Option<u64>)> {
    let tag = rule.immutable_tag.trim();
    if tag.is_empty() {
        return None;
    }
    let split = tag.rsplit_once('.').and_then(|(base, revision)| {
        let is_number = !revision.is_empty() && revision.bytes().all(|it| it.is_ascii_digit());
        Some((base, revision.parse().ok().filter(|_| is_number)?))
    });
    let (base, revision) = split.map_or((tag, None), |(base, it)| (base, Some(it)));
    Some((base.to_ascii_lowercase(), revision))
}

/// Finds partners by one key after the other; each has at most one.
struct Matching {
    partner: Vec<Option<usize>>,
    taken: Vec<bool>,
}

impl Matching {
    fn new(n_before: usize, n_after: usize) -> Self {
        Self { partner: vec![None; n_before], taken: vec![false; n_after] }
    }

    /// Matches those still free whose keys are equal, in their order.
    fn by<K: Ord>(
        &mut self,
        before: impl Fn(usize) -> Option<K>,
        after: impl Fn(usize) -> Option<K>,
    ) {
        let mut waiting: BTreeMap<K, VecDeque<usize>> = BTreeMap::new();
        for idx in 0..self.taken.len() {
            if !self.taken[idx]
                && let Some(key) = after(idx)
            {
                waiting.entry(key).or_default().push_back(idx);
            }
        }
        for idx in 0..self.partner.len() {
            if self.partner[idx].is_none()
                && let Some(key) = before(idx)
                && let Some(found) = waiting.get_mut(&key).and_then(VecDeque::pop_front)
            {
                self.partner[idx] = Some(found);
                self.taken[found] = true;
            }
        }
    }

    fn free(&self) -> (Vec<usize>, Vec<usize>) {
        let before = (0..self.partner.len()).filter(|it| self.partner[*it].is_none()).collect();
        let after = (0..self.taken.len()).filter(|it| !self.taken[*it]).collect();
        (before, after)
    }

    fn finish(self) -> Vec<(usize, usize)> {
        self.partner.into_iter().enumerate().filter_map(|(a, b)| Some((a, b?))).collect()
    }
}
