//! Work on several cores with the same result whatever their number.
use std::{
    cmp,
    collections::BTreeMap,
    ops::Range,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
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
    let queue = Queue::new(threads * AHEAD);
    let merge = Mutex::new(|result| merge(into, result));
    thread::scope(|scope| {
        for _ in 0..threads.min(n_pieces) {
            scope.spawn(|| {
                let _guard = Guard(&queue);
                loop {
                    let idx = next.fetch_add(1, Ordering::Relaxed);
                    if idx >= n_pieces {
                        return;
                    }
                    queue.hand_over(idx, work(state, piece(idx)), &merge);
                }
            });
        }
    });
}

/// Results that wait until those before them are merged.
struct Queue<T> {
    waiting: Mutex<Waiting<T>>,
    moved: Condvar,
    /// How many may wait before threads wait too.
    limit: usize,
}

struct Waiting<T> {
    /// The piece that is merged next.
    next: usize,
    results: BTreeMap<usize, T>,
    /// Whether a thread is merging.
    is_merging: bool,
    /// Whether a thread has given up, so that nobody waits for it.
    is_abandoned: bool,
}

impl<T> Queue<T> {
    const fn new(limit: usize) -> Self {
        let waiting =
            Waiting { next: 0, results: BTreeMap::new(), is_merging: false, is_abandoned: false };
        Self { waiting: Mutex::new(waiting), moved: Condvar::new(), limit }
    }

    /// Takes a result in, merges what is ready unless another thread does, and waits while too much waits. The thread
    /// with the piece that is merged next never waits before it has handed it over.
    fn hand_over(&self, idx: usize, result: T, merge: &Mutex<impl FnMut(T)>) {
        let mut waiting = locked(&self.waiting);
        waiting.results.insert(idx, result);
        loop {
            let next = waiting.next;
            if !waiting.is_merging && waiting.results.contains_key(&next) {
                waiting.is_merging = true;
                while let Some(result) = waiting.take() {
                    drop(waiting);
                    locked(merge)(result);
                    self.moved.notify_all();
                    waiting = locked(&self.waiting);
                }
                waiting.is_merging = false;
            }
            if waiting.results.len() <= self.limit || waiting.is_abandoned {
                return;
            }
            waiting = self.moved.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl<T> Waiting<T> {
    fn take(&mut self) -> Option<T> {
        let result = self.results.remove(&self.next)?;
        self.next += 1;
        Some(result)
    }
}

/// Lets nobody wait for a thread that panics; the panic comes to light where the threads are joined.
struct Guard<'a, T>(&'a Queue<T>);

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        if thread::panicking() {
            locked(&self.0.waiting).is_abandoned = true;
            self.0.moved.notify_all();
        }
    }
}

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
    use std::time::Duration;

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

    /// The first piece takes its time; the others wait for it, and few of their results.
    #[test]
    fn few_results_wait_for_a_slow_piece() {
        let (n_made, n_most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let mut n_merged = 0;
        let work = |(): &(), range: Range<usize>| {
            if range.start == 0 {
                while n_made.load(Ordering::SeqCst) <= 2 * AHEAD {
                    thread::yield_now();
                }
                thread::sleep(Duration::from_millis(50));
                n_most.store(n_made.load(Ordering::SeqCst), Ordering::SeqCst);
            }
            n_made.fetch_add(1, Ordering::SeqCst);
        };
        in_order(2, 100 * CHUNK, &(), &mut n_merged, work, |n, ()| *n += 1);
        assert_eq!(n_merged, 100);
        assert_eq!(n_most.into_inner(), 2 * AHEAD + 1);
    }

    #[test]
    fn a_panic_ends_the_work() {
        let work = |(): &(), range: Range<usize>| {
            assert!(range.start > 0, "the first piece");
        };
        let all = || in_order(3, 100 * CHUNK, &(), &mut (), work, |(), ()| {});
        assert!(std::panic::catch_unwind(all).is_err());
    }
}
