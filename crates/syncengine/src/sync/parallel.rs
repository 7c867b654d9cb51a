//! Work on several cores with the same result whatever their number.
use std::{
    ops::Range,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// Objects of one piece of work; does not depend on the number of threads.
const CHUNK: usize = 4_096;
/// Pieces that may lie ready for each thread before they are merged.
const AHEAD: usize = 4;

/// Splits `0..n` into pieces, works on them side by side, and hands the results over in order. A wave of pieces sees
/// the state that the merges of the waves before it left.
pub(super) fn in_order<S: Sync, T: Send>(
    threads: usize,
    n: usize,
    state: &mut S,
    work: impl Fn(&S, Range<usize>) -> T + Sync,
    mut merge: impl FnMut(&mut S, T),
) {
    let threads = threads.max(1);
    let wave = if threads == 1 { CHUNK } else { CHUNK * AHEAD * threads };
    let mut start = 0;
    while start < n {
        let end = (start + wave).min(n);
        for result in wave_of(threads, start..end, state, &work) {
            merge(state, result);
        }
        start = end;
    }
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

fn wave_of<S: Sync, T: Send>(
    threads: usize,
    range: Range<usize>,
    state: &S,
    work: &(impl Fn(&S, Range<usize>) -> T + Sync),
) -> Vec<T> {
    let pieces: Vec<_> =
        range.clone().step_by(CHUNK).map(|start| start..(start + CHUNK).min(range.end)).collect();
    if threads == 1 || pieces.len() < 2 {
        return pieces.into_iter().map(|it| work(state, it)).collect();
    }
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, T)>> = Mutex::new(Vec::with_capacity(pieces.len()));
    thread::scope(|scope| {
        for _ in 0..threads.min(pieces.len()) {
            scope.spawn(|| {
                while let Some((idx, piece)) = {
                    let idx = next.fetch_add(1, Ordering::Relaxed);
                    pieces.get(idx).map(|it| (idx, it.clone()))
                } {
                    let result = work(state, piece);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((idx, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|it| it.0);
    done.into_iter().map(|it| it.1).collect()
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
    fn results_come_in_order_for_any_number_of_threads() {
        for threads in [0, 1, 2, 5] {
            let mut seen = Vec::new();
            in_order(threads, 20_000, &mut seen, |_, range| range, Vec::extend);
            assert!(seen.iter().copied().eq(0..20_000), "{threads}");
        }
    }
}
