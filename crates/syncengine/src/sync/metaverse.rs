//! The metaverse: which objects of the spaces belong together. Its attributes are what the linked objects contribute.
use super::space::NONE;

/// Objects of the metaverse by number, in the order in which they were projected.
#[derive(Debug)]
pub(super) struct Metaverse {
    n_spaces: usize,
    types: Vec<u16>,
    /// For each object and space the linked object of that space.
    links: Vec<u32>,
    /// The object over all spaces that it was projected from.
    origins: Vec<u32>,
}

impl Metaverse {
    pub(super) const fn new(n_spaces: usize) -> Self {
        Self { n_spaces, types: Vec::new(), links: Vec::new(), origins: Vec::new() }
    }

    pub(super) const fn len(&self) -> usize {
        self.types.len()
    }

    pub(super) fn add(&mut self, type_idx: usize, origin: u32) -> usize {
        self.types.push(u16::try_from(type_idx).unwrap_or(u16::MAX));
        self.links.extend(std::iter::repeat_n(NONE, self.n_spaces));
        self.origins.push(origin);
        self.types.len() - 1
    }

    /// Takes the newest object back.
    pub(super) fn pop(&mut self) {
        self.types.pop();
        self.origins.pop();
        self.links.truncate(self.types.len() * self.n_spaces);
    }

    pub(super) fn type_idx(&self, mv: usize) -> usize {
        self.types.get(mv).map_or(usize::MAX, |it| usize::from(*it))
    }

    pub(super) fn origin(&self, mv: usize) -> u32 {
        self.origins.get(mv).copied().unwrap_or(NONE)
    }

    /// The linked object of a space, by its number in the space.
    pub(super) fn link(&self, mv: usize, space: usize) -> Option<usize> {
        let found = *self.links.get(mv * self.n_spaces + space)?;
        (found != NONE).then_some(found as usize)
    }

    pub(super) fn set_link(&mut self, mv: usize, space: usize, object: Option<u32>) {
        if let Some(link) = self.links.get_mut(mv * self.n_spaces + space) {
            *link = object.unwrap_or(NONE);
        }
    }

    /// The linked objects as space and number in it.
    pub(super) fn links(&self, mv: usize) -> impl Iterator<Item = (usize, usize)> {
        (0..self.n_spaces).filter_map(move |it| Some((it, self.link(mv, it)?)))
    }

    pub(super) const fn size(&self) -> usize {
        self.types.capacity() * 2 + (self.links.capacity() + self.origins.capacity()) * 4
    }
}
