//! Where predicted exports stand: sixteen bytes for each, in memory up to a limit, so that most need no index on disk.
use std::hash::{BuildHasher as _, RandomState};

use dirlift_deployment::Drawer;

/// Most places that are kept in memory; they take 16 MiB.
const MAX_PLACES: usize = 1 << 20;

/// Where a pending export stands: which run of those that count, and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) run_idx: usize,
    pub(super) ordinal: u64,
}

impl Place {
    /// As the index on disk has it.
    pub(super) fn write(self) -> String {
        format!("{}:{}", self.run_idx, self.ordinal)
    }

    /// Reads what [`Place::write`] wrote.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (run_idx, ordinal) = text.split_once(':')?;
        Some(Self { run_idx: run_idx.parse().ok()?, ordinal: ordinal.parse().ok()? })
    }
}

/// Places by the hash of a key. Who looks one up has to see whether the export there is the one that is meant.
pub(super) struct Places {
    /// Hash, run and number there; sorted by [`Places::sort`].
    all: Vec<(u64, u32, u32)>,
    /// Drawn anew in each process, so that nobody can make names that fall together.
    hasher: RandomState,
    limit: usize,
    is_full: bool,
}

impl Default for Places {
    fn default() -> Self {
        Self::with_limit(MAX_PLACES)
    }
}

impl Places {
    fn with_limit(limit: usize) -> Self {
        Self { all: Vec::new(), hasher: RandomState::new(), limit, is_full: false }
    }

    /// Takes a place; `false` when there is no room, and the caller has to keep it elsewhere.
    pub(super) fn put(&mut self, drawer: Drawer, key: &str, place: Place) -> bool {
        let numbers = (u32::try_from(place.run_idx), u32::try_from(place.ordinal));
        match numbers {
            (Ok(run), Ok(ordinal)) if self.all.len() < self.limit => {
                self.all.push((self.hasher.hash_one((drawer, key)), run, ordinal));
                true
            }
            _ => {
                self.is_full = true;
                false
            }
        }
    }

    /// Whether something did not find room.
    pub(super) const fn is_full(&self) -> bool {
        self.is_full
    }

    /// Makes what was put in ready to be found.
    pub(super) fn sort(&mut self) {
        self.all.sort_unstable();
    }

    /// Places that may be those of a key, the first one first.
    pub(super) fn find(&self, drawer: Drawer, key: &str) -> impl Iterator<Item = Place> {
        let hash = self.hasher.hash_one((drawer, key));
        let first = self.all.partition_point(|it| it.0 < hash);
        let alike = self.all[first..].iter().take_while(move |it| it.0 == hash);
        alike.map(|it| Place { run_idx: it.1 as usize, ordinal: u64::from(it.2) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Drawer = Drawer(0);
    const B: Drawer = Drawer(1);

    fn place(run_idx: usize, ordinal: u64) -> Place {
        Place { run_idx, ordinal }
    }

    #[test]
    fn places_are_found_by_drawer_and_key() {
        let mut places = Places::default();
        let put = [
            (A, "x", place(1, 7)),
            (B, "x", place(0, 3)),
            (A, "y", place(0, 2)),
            (A, "x", place(0, 9)),
        ];
        for (drawer, key, it) in put {
            assert!(places.put(drawer, key, it));
        }
        places.sort();
        let found = |drawer, key| places.find(drawer, key).collect::<Vec<_>>();
        assert_eq!(found(A, "x"), [place(0, 9), place(1, 7)]);
        assert_eq!(found(B, "x"), [place(0, 3)]);
        assert_eq!(found(A, "y"), [place(0, 2)]);
        assert_eq!(found(B, "y"), []);
        assert!(!places.is_full());
    }

    #[test]
    fn what_has_no_room_goes_elsewhere() {
        let mut places = Places::with_limit(1);
        assert!(places.put(A, "x", place(0, 0)));
        assert!(!places.put(A, "y", place(0, 1)));
        assert!(places.is_full());
        let mut places = Places::default();
        assert!(!places.put(A, "x", place(0, 1 << 32)));
        assert!(places.is_full());
        assert_eq!(Place::read(&place(2, 1 << 32).write()), Some(place(2, 1 << 32)));
        assert_eq!(Place::read("2"), None);
    }
}
