//! A map from hashes to numbers, several for one hash.
use std::{
    collections::{HashMap, hash_map::DefaultHasher},
    hash::{BuildHasher as _, BuildHasherDefault, Hash, Hasher},
};

use foldhash::fast::RandomState;

use super::small;

/// Passes a hash on as it is.
#[derive(Default)]
pub(super) struct Through(u64);

impl Hasher for Through {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Numbers by hash, the newest first. Who asks compares the things themselves.
#[derive(Debug, Default)]
pub(super) struct HashIndex {
    heads: HashMap<u64, u32, BuildHasherDefault<Through>>,
    /// Number, and the place of the next one plus one.
    entries: Vec<(u32, u32)>,
    /// Seeded anew in each run, so that nobody can choose things that meet; no result depends on it.
    hasher: RandomState,
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

    pub(super) fn insert(&mut self, hash: u64, number: u32) {
        let head = self.heads.entry(hash).or_insert(0);
        self.entries.push((number, *head));
        *head = small(self.entries.len());
    }

    pub(super) fn get(&self, hash: u64) -> impl Iterator<Item = u32> {
        let mut next = self.heads.get(&hash).copied().unwrap_or(0);
        std::iter::from_fn(move || {
            let (number, after) = *self.entries.get(next.checked_sub(1)? as usize)?;
            next = after;
            Some(number)
        })
    }

    pub(super) fn size(&self) -> usize {
        self.heads.capacity() * 17 + self.entries.capacity() * 8
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
        for (hash, number) in [(5, 1), (6, 2), (5, 3)] {
            index.insert(hash, number);
        }
        assert_eq!(index.get(5).collect::<Vec<_>>(), [3, 1]);
        assert!(index.get(6).eq([2]) && index.get(7).next().is_none());
    }
}
