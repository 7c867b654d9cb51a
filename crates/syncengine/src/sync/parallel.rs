//! Work on several cores with the same result whatever their number.
use std::{
    cmp,
    collections::BTreeMap,
    ops::Range,
    sync::{
        Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// Objects of one piece of work; does not depend on the number of threads.
const CHUNK: usize = 4_096;
/// Results for each thread that may wait to be merged before the thread waits too.
const AHEAD: usize = 4;

/// Splits `0..n` into pieces and works on them side by side. The results are merged in order while other pieces are
/// still worked on, so that `merge` changes what `work` does not see.
pub(super) fn in_order<S: Sync + ?Sized, A: Send, T: Send>(
    threads: usize,
    n: usize,
    state: &S,
    into: &mut A,
    work: impl Fn(&S, Range<usize>) -> T + Sync,
    mut merge: impl FnMut(&mut A, T) + Send,
) {
    let piece = |idx: usize| idx * CHUNK..((idx + 1) * CHUNK).min(n);
    let n_pieces = n.div_ceil(CHUNK);
    if threads < 2 || n_pieces < 2 {
        return (0..n_pieces).for_each(|it| merge(into, work(state, piece(it))));
    }
    let next = AtomicUsize::new(0);
    let ready = Mutex::new(Ready { next: 0, waiting: BTreeMap::new() });
    let turn = Mutex::new(|result| merge(into, result));
    thread::scope(|scope| {
        for _ in 0..threads.min(n_pieces) {
            scope.spawn(|| {
                loop {
                    let idx = next.fetch_add(1, Ordering::Relaxed);
                    if idx >= n_pieces {
                        return;
                    }
                    let result = work(state, piece(idx));
                    let n_waiting = locked(&ready).put(idx, result);
                    merge_ready(&ready, &turn, n_waiting > threads * AHEAD);
                }
            });
        }
    });
}

/// Results that wait until those before them are merged.
struct Ready<T> {
    /// The piece that is merged next.
    next: usize,
    waiting: BTreeMap<usize, T>,
}

impl<T> Ready<T> {
    /// Takes a result in; how many wait now.
    fn put(&mut self, idx: usize, result: T) -> usize {
        self.waiting.insert(idx, result);
        self.waiting.len()
    }

    /// The result whose turn it is, if it is there.
    fn take(&mut self) -> Option<T> {
        let result = self.waiting.remove(&self.next)?;
        self.next += 1;
        Some(result)
    }

    fn has_next(&self) -> bool {
        self.waiting.contains_key(&self.next)
    }
}

/// Merges what is ready, unless another thread does; `waits` for that thread where too much has piled up.
fn merge_ready<T>(ready: &Mutex<Ready<T>>, turn: &Mutex<impl FnMut(T)>, waits: bool) {
    // Who holds the turn looks once more after giving it back, so that no result stays behind.
    while locked(ready).has_next() {
        let mut merge = match turn.try_lock() {
            Ok(merge) => merge,
            Err(TryLockError::Poisoned(it)) => it.into_inner(),
            Err(TryLockError::WouldBlock) if waits => locked(turn),
            Err(TryLockError::WouldBlock) => return,
        };
        loop {
            let result = locked(ready).take();
            let Some(result) = result else { break };
            merge(result);
        }
    }
}

/// A panic of another thread comes to light where the threads are joined.
fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a thing of each of `0..n`, or none.
pub(super) fn each<T: Send>(
    threads: usize,
    n: usize,
    make: impl Fn(usize) -> Option<T> + Sync,
) -> Vec<T> {
    let mut all = Vec::with_capacity(n);
    let work = |(): &(), range: Range<usize>| range.filter_map(&make).collect::<Vec<_>>();
    in_order(threads, n, &(), &mut all, work, Vec::extend);
    all
}

/// Puts things in order.
pub(super) fn sort<T: Send>(
    threads: usize,
    all: &mut [T],
    order: impl Fn(&T, &T) -> cmp::Ordering + Sync,
) {
    let share = all.len().div_ceil(threads.max(1)).max(CHUNK);
    if all.len() > share {
        let order = &order;
        thread::scope(|scope| {
            for part in all.chunks_mut(share) {
                scope.spawn(move || part.sort_unstable_by(order));
            }
        });
    }
    // This one finds the parts that are in order, and merges them.
    all.sort_by(order);
}

/// Works on each thing, on all of them at once if there is more than one thread: there are few of them.
pub(super) fn each_at_once<T: Send>(threads: usize, all: &mut [T], work: impl Fn(&mut T) + Sync) {
    if threads < 2 {
        all.iter_mut().for_each(work);
    } else {
        thread::scope(|scope| {
            for it in all {
                scope.spawn(|| work(it));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_is_worked_on_once() {
        for threads in [0, 1, 2, 5] {
            let mut all = [1, 2, 3];
            each_at_once(threads, &mut all, |it| *it *= 10);
            assert_eq!(all, [10, 20, 30], "{threads}");
        }
    }

    #[test]
    fn things_are_put_in_order() {
        let make = |it: usize| (!it.is_multiple_of(3)).then_some(it * 7_919 % 20_011);
        let mut expected: Vec<_> = (0..20_000).filter_map(make).collect();
        expected.sort_unstable();
        for threads in [0, 1, 2, 5] {
            let mut found = each(threads, 20_000, make);
            sort(threads, &mut found, usize::cmp);
            assert_eq!(found, expected, "{threads}");
        }
        sort(2, &mut [0_usize; 0], usize::cmp);
    }

    #[test]
    fn results_come_in_order_for_any_number_of_threads() {
        for threads in [0, 1, 2, 5] {
            let mut seen = Vec::new();
            in_order(threads, 200_000, &(), &mut seen, |(), range| range, Vec::extend);
            assert!(seen.iter().copied().eq(0..200_000), "{threads}");
        }
    }
}
