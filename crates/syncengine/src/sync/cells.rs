//! Lists of attributes with values, packed into words.
//!
//! A list is a run of cells in the order of attribute numbers. A cell is a head (attribute above, tag below), for lists
//! of contributions the flow, then the values. The tag is the number of values, or one of the two marks below.
use super::{arena::ValueId, small};

/// The number of values follows in a word of its own.
const LONG: u32 = 0xffff;
/// No value, and nobody else may give one.
const STOP: u32 = 0xfffe;

/// Attributes of one object for which there is room at once.
const MOST_EXPECTED: usize = 64;

/// The number of an attribute.
pub(super) type Attr = u16;

/// A flow: the place of its rule in the set above, its place in the rule below. Smaller is of higher precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct FlowRef(pub(super) u32);

impl FlowRef {
    pub(super) fn new(rule: usize, flow: usize) -> Self {
        Self(small(rule) << 16 | (small(flow) & 0xffff))
    }

    pub(super) const fn rule(self) -> usize {
        (self.0 >> 16) as usize
    }

    pub(super) const fn flow(self) -> usize {
        (self.0 & 0xffff) as usize
    }
}

/// One attribute of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell<'a> {
    pub(super) attribute: Attr,
    /// The flow that gave it; zero in a list of a connector space.
    pub(super) flow: FlowRef,
    /// Whether it is `AuthoritativeNull`.
    pub(super) stops: bool,
    words: &'a [u32],
}

impl<'a> Cell<'a> {
    pub(super) fn values(&self) -> impl ExactSizeIterator<Item = ValueId> + Clone + use<'a> {
        self.words.iter().map(|it| ValueId(*it))
    }

    pub(super) const fn words(&self) -> &'a [u32] {
        self.words
    }
}

/// Appends a cell to a list; a flow is written if there is one.
pub(super) fn push(
    list: &mut Vec<u32>,
    attribute: Attr,
    flow: Option<FlowRef>,
    values: impl ExactSizeIterator<Item = ValueId>,
) {
    let n_values = small(values.len());
    let head = u32::from(attribute) << 16;
    list.push(head | if n_values < STOP { n_values } else { LONG });
    list.extend(flow.map(|it| it.0));
    if n_values >= STOP {
        list.push(n_values);
    }
    list.extend(values.map(|it| it.0));
}

/// Appends `AuthoritativeNull`.
pub(super) fn push_stop(list: &mut Vec<u32>, attribute: Attr, flow: FlowRef) {
    list.extend([u32::from(attribute) << 16 | STOP, flow.0]);
}

/// The cells of a list.
#[derive(Clone, Debug)]
pub(super) struct Cells<'a> {
    words: &'a [u32],
    has_flows: bool,
}

impl<'a> Cells<'a> {
    pub(super) const fn plain(words: &'a [u32]) -> Self {
        Self { words, has_flows: false }
    }

    pub(super) const fn with_flows(words: &'a [u32]) -> Self {
        Self { words, has_flows: true }
    }

    /// How many there can be at most, but no more than make sense as a capacity.
    pub(super) fn most(&self) -> usize {
        (self.words.len() / 2).min(MOST_EXPECTED)
    }

    /// The cell of an attribute.
    pub(super) fn get(&self, attribute: Attr) -> Option<Cell<'a>> {
        self.clone().take_while(|it| it.attribute <= attribute).find(|it| it.attribute == attribute)
    }
}

impl<'a> Iterator for Cells<'a> {
    type Item = Cell<'a>;

    fn next(&mut self) -> Option<Cell<'a>> {
        let (head, mut rest) = self.words.split_first()?;
        let attribute = Attr::try_from(head >> 16).unwrap_or(Attr::MAX);
        let mut flow = FlowRef(0);
        if self.has_flows {
            let (first, tail) = rest.split_first()?;
            (flow, rest) = (FlowRef(*first), tail);
        }
        let n_values = match head & 0xffff {
            STOP => 0,
            LONG => {
                let (first, tail) = rest.split_first()?;
                rest = tail;
                *first as usize
            }
            n => n as usize,
        };
        let (words, rest) = rest.split_at_checked(n_values)?;
        self.words = rest;
        Some(Cell { attribute, flow, stops: head & 0xffff == STOP, words })
    }
}

/// Replaces every value of a list.
pub(super) fn map_values(
    list: &mut [u32],
    has_flows: bool,
    mut map: impl FnMut(ValueId) -> ValueId,
) {
    let mut rest = list;
    while let Some((head, tail)) = rest.split_first_mut() {
        let tag = *head & 0xffff;
        let mut tail = if has_flows { tail.get_mut(1..).unwrap_or_default() } else { tail };
        let mut n_values = tag as usize;
        if tag == STOP {
            n_values = 0;
        } else if tag == LONG {
            let Some((first, after)) = tail.split_first_mut() else { return };
            n_values = *first as usize;
            tail = after;
        }
        let Some((values, after)) = tail.split_at_mut_checked(n_values) else { return };
        for value in values {
            *value = map(ValueId(*value)).0;
        }
        rest = after;
    }
}

/// Lists one behind the other, each with a number.
#[derive(Debug, Default)]
pub(super) struct Lists {
    words: Vec<u32>,
    /// Where each list ends.
    ends: Vec<usize>,
}

impl Lists {
    pub(super) fn push(&mut self, list: &[u32]) {
        self.words.extend_from_slice(list);
        self.ends.push(self.words.len());
    }

    pub(super) const fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn append(&mut self, more: &Self) {
        let start = self.words.len();
        self.words.extend_from_slice(&more.words);
        self.ends.extend(more.ends.iter().map(|it| start + it));
    }

    pub(super) fn get(&self, idx: usize) -> &[u32] {
        let start = idx.checked_sub(1).and_then(|it| self.ends.get(it)).copied().unwrap_or(0);
        let end = self.ends.get(idx).copied().unwrap_or(start);
        self.words.get(start..end).unwrap_or_default()
    }

    pub(super) fn map_values(
        &mut self,
        has_flows: bool,
        mut map: impl FnMut(usize, ValueId) -> ValueId,
    ) {
        let mut start = 0;
        for (idx, end) in self.ends.iter().enumerate() {
            map_values(&mut self.words[start..*end], has_flows, |it| map(idx, it));
            start = *end;
        }
    }

    /// The same lists in another order; lists that are not named are dropped.
    pub(super) fn reordered(&self, order: &[u32]) -> Self {
        let mut out = Self {
            words: Vec::with_capacity(self.words.len()),
            ends: Vec::with_capacity(order.len()),
        };
        for it in order {
            out.push(self.get(*it as usize));
        }
        out
    }

    pub(super) fn shrink(&mut self) {
        self.words.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    pub(super) const fn size(&self) -> usize {
        self.words.capacity() * 4 + self.ends.capacity() * 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back_as_they_were_written() {
        let mut list = Vec::new();
        let many: Vec<_> = (0..70_000).map(ValueId).collect();
        let flow = FlowRef::new(3, 9);
        push(&mut list, 1, Some(flow), [ValueId(5)].into_iter());
        push(&mut list, 2, Some(flow), many.iter().copied());
        push_stop(&mut list, 4, flow);
        push(&mut list, 9, Some(flow), [ValueId(6), ValueId(7)].into_iter());
        let found: Vec<_> = Cells::with_flows(&list)
            .map(|it| (it.attribute, it.values().len(), it.stops, it.flow))
            .collect();
        let expected = [(1, 1, false), (2, 70_000, false), (4, 0, true), (9, 2, false)]
            .map(|(a, b, c)| (a, b, c, flow));
        assert_eq!(found, expected);
        assert_eq!((flow.rule(), flow.flow()), (3, 9));
        map_values(&mut list, true, |it| ValueId(it.0 + 1));
        assert!(Cells::with_flows(&list).get(9).unwrap().values().eq([ValueId(7), ValueId(8)]));
        assert!(Cells::with_flows(&list).get(3).is_none());
    }

    #[test]
    fn lists_are_put_in_order() {
        let mut lists = Lists::default();
        for it in [&[1][..], &[], &[2, 3]] {
            lists.push(it);
        }
        let lists = lists.reordered(&[2, 0]);
        assert_eq!((lists.get(0), lists.get(1), lists.get(2)), (&[2, 3][..], &[1][..], &[][..]));
    }
}
