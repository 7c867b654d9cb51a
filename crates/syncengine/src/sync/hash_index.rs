//! A map from hashes to numbers, several for one hash.
use std::{
    collections::hash_map::DefaultHasher,
    hash::{BuildHasher as _, Hash, Hasher as _},
};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::small;

/// One number under a hash.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Half of the hash: that is enough where who asks compares the things themselves.
    tag: u32,
    number: u32,
    /// The place of the one before it under the same hash, plus one.
    before: u32,
}

/// Numbers by hash, the newest first. Who asks compares the things themselves.
#[derive(Debug, Default)]
pub(super) struct HashIndex {
    /// The place of the newest entry of each hash.
    newest: HashTable<u32>,
    entries: Vec<Entry>,
    /// Seeded anew in each run, so that nobody can choose things that meet; no result depends on it.
    hasher: RandomState,
}

fn tag(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or_default()
}

/// The table takes seven bits from the top and the others from below; a tag has to serve for both.
fn spread(tag: u32) -> u64 {
    u64::from(tag) << 32 | u64::from(tag)
}

impl HashIndex {
    /// The hash of a thing here; in another index it has another.
    pub(super) fn hash(&self, thing: &(impl Hash + ?Sized)) -> u64 {
        self.hasher.hash_one(thing)
    }

    /// What gives things their hashes here.
    pub(super) fn hasher(&self) -> RandomState {
        self.hasher.clone()
    }

    /// Makes room for things that will come.
    pub(super) fn reserve(&mut self, n: usize) {
        let Self { newest, entries, .. } = self;
        newest.reserve(n, |it| spread(entries[*it as usize].tag));
        entries.reserve(n);
    }

    pub(super) fn insert(&mut self, hash: u64, number: u32) {
        let Self { newest, entries, .. } = self;
        let tag = tag(hash);
        let place = small(entries.len());
        let tag_of = |it: &u32| entries[*it as usize].tag;
        let mut before = 0;
        match newest.find_mut(spread(tag), |it| tag_of(it) == tag) {
            Some(it) => before = std::mem::replace(it, place) + 1,
            None => {
                newest.insert_unique(spread(tag), place, |it| spread(tag_of(it)));
            }
        }
        entries.push(Entry { tag, number, before });
    }

    pub(super) fn get(&self, hash: u64) -> impl Iterator<Item = u32> {
        let mut next = self.newest(hash).map_or(0, |it| it + 1);
        std::iter::from_fn(move || {
            let entry = self.entries.get(next.checked_sub(1)? as usize)?;
            next = entry.before;
            Some(entry.number)
        })
    }

    /// How many entries there are.
    pub(super) const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether an entry came under a hash since there were so many.
    pub(super) fn has_since(&self, hash: u64, n: usize) -> bool {
        self.newest(hash).is_some_and(|it| it as usize >= n)
    }

    /// The place of the newest entry under a hash.
    fn newest(&self, hash: u64) -> Option<u32> {
        let tag = tag(hash);
        self.newest.find(spread(tag), |it| self.entries[*it as usize].tag == tag).copied()
    }

    pub(super) fn shrink(&mut self) {
        let Self { newest, entries, .. } = self;
        entries.shrink_to_fit();
        newest.shrink_to_fit(|it| spread(entries[*it as usize].tag));
    }

    pub(super) fn size(&self) -> usize {
        self.newest.allocation_size() + self.entries.capacity() * size_of::<Entry>()
    }
}

/// A number that depends on a text alone, in every run the same.
pub(super) fn seed_of(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_one_hash_stay_together() {
        let mut index = HashIndex::default();
        let [five, six, seven] = [5, 6, 7].map(|it| index.hash(&it));
        for (hash, number) in [(five, 1), (six, 2), (five, 3)] {
            index.insert(hash, number);
        }
        assert_eq!(index.get(five).collect::<Vec<_>>(), [3, 1]);
        assert!(index.get(six).eq([2]) && index.get(seven).next().is_none());
        for it in 0..5_000 {
            index.insert(index.hash(&format!("thing {it}")), it);
        }
        let finds = |it: u32| index.get(index.hash(&format!("thing {it}"))).any(|n| n == it);
        assert!((0..5_000).all(finds));
    }
}
