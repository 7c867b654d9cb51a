//! Which rules were moved, when precedences shifted because rules came in between.

/// Which of these pairs of precedences keep their order among each other: the longest run that rises on both sides.
pub(super) fn kept(pairs: &[(u32, u32)]) -> Vec<bool> {
    let mut by_before: Vec<usize> = (0..pairs.len()).collect();
    by_before.sort_by_key(|it| (pairs[*it], *it));
    // The smallest end of a run of each length, and what each pair follows in its run.
    let mut ends: Vec<usize> = Vec::new();
    let mut previous = vec![None; pairs.len()];
    for idx in by_before {
        let n = ends.partition_point(|it| pairs[*it].1 <= pairs[idx].1);
        previous[idx] = n.checked_sub(1).map(|it| ends[it]);
        if n == ends.len() {
            ends.push(idx);
        } else {
            ends[n] = idx;
        }
    }
    let mut kept = vec![false; pairs.len()];
    let mut next = ends.last().copied();
    while let Some(idx) = next {
        kept[idx] = true;
        next = previous[idx];
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::kept;

    #[test]
    fn the_fewest_rules_were_moved() {
        type Case = (&'static [(u32, u32)], &'static [bool]);
        let cases: &[Case] = &[
            (&[], &[]),
            (&[(1, 1), (2, 2)], &[true, true]),
            (&[(1, 1), (2, 5), (3, 6)], &[true, true, true]),
            (&[(3, 6), (1, 1), (2, 5)], &[true, true, true]),
            // The second jumped over the two behind it.
            (&[(1, 1), (2, 9), (3, 3), (4, 4)], &[true, false, true, true]),
            (&[(1, 9), (2, 2), (3, 3)], &[false, true, true]),
            (&[(5, 7), (5, 7)], &[true, true]),
        ];
        for (pairs, expected) in cases {
            assert_eq!(kept(pairs), *expected, "{pairs:?}");
        }
    }
}
