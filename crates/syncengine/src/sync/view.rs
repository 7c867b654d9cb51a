//! Objects as rules see them.
use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use dirlift_model::DistinguishedName;
use jiff::Timestamp;

use super::{
    arena::{Overlay, ValueId},
    attributes::attr,
    cells::{Attr, Cell},
    hash_index::seed_of,
    state::{ImageCell, State},
};
use crate::{
    input::{AttributeId, Input},
    rules::{RuleSet, ScopeInput},
    value::{Scalar, Value},
};

/// Values of one attribute among which one that an expression gave back is looked for.
const MOST_LOOKED_AT: usize = 8;

/// An object of a connector space.
pub(super) struct CsView<'a> {
    pub(super) state: &'a State,
    pub(super) groups: &'a Groups,
    pub(super) space: usize,
    pub(super) idx: usize,
    /// Its attributes in order: rules ask for them many times.
    cells: Vec<Cell<'a>>,
    /// Their values as the language has them, once somebody asked.
    values: Vec<OnceCell<Value>>,
}

/// An object of the metaverse, seen by the rules of one connector.
pub(super) struct MvView<'a> {
    pub(super) state: &'a State,
    pub(super) groups: &'a Groups,
    pub(super) mv: usize,
    /// The space that the rules write to.
    pub(super) space: usize,
    pub(super) image: Vec<ImageCell<'a>>,
    /// Its values as the language has them, once somebody asked.
    values: Vec<OnceCell<Value>>,
}

impl<'a> CsView<'a> {
    pub(super) fn new(state: &'a State, groups: &'a Groups, space: usize, idx: usize) -> Self {
        let all = state.spaces[space].cells(idx);
        let mut cells = Vec::with_capacity(all.most());
        cells.extend(all);
        let values = vec![OnceCell::new(); cells.len()];
        Self { state, groups, space, idx, cells, values }
    }

    /// The attributes that it has, in order.
    pub(super) fn attributes(&self) -> impl Iterator<Item = Attr> {
        self.cells.iter().map(|it| it.attribute)
    }

    pub(super) fn cell(&self, attribute: Attr) -> Option<&Cell<'a>> {
        self.cells.get(self.position(attribute)?)
    }

    fn position(&self, attribute: Attr) -> Option<usize> {
        self.cells.binary_search_by_key(&attribute, |it| it.attribute).ok()
    }

    pub(super) fn value(&self, attribute: Attr) -> Value {
        if let Some(at) = self.position(attribute) {
            let value = self.values[at].get_or_init(|| self.state.value(self.cells[at].values()));
            return value.clone();
        }
        let space = &self.state.spaces[self.space];
        let known = &self.state.attributes.known;
        if !known.is_of_the_object(attribute) {
            return Value::Null;
        }
        if attribute == known.dn {
            return Value::text(space.name_text(&self.state.arena, self.idx));
        }
        match space.id(self.idx) {
            Some(id) if !space.is_entra() => Value::One(Scalar::binary(id.to_directory_bytes())),
            _ => Value::Null,
        }
    }

    /// The numbers of values that an expression gave.
    pub(super) fn ids_of(&self, value: &Value, overlay: &mut Overlay<'_>) -> Vec<ValueId> {
        let scalars = value.scalars().iter();
        scalars
            .map(|it| {
                self.handed_out(it).unwrap_or_else(|| self.state.id_of(it, self.space, overlay))
            })
            .collect()
    }

    /// The number of a value of the object itself, which many expressions give back as it is.
    fn handed_out(&self, scalar: &Scalar) -> Option<ValueId> {
        let is_it = |it: &Scalar| match (it, scalar) {
            (Scalar::Text(a), Scalar::Text(b)) => Arc::ptr_eq(a, b),
            (Scalar::Binary(a), Scalar::Binary(b)) => Arc::ptr_eq(a, b),
            _ => false,
        };
        self.cells.iter().zip(&self.values).find_map(|(cell, values)| {
            let scalars = values.get()?.scalars();
            let found = scalars.iter().take(MOST_LOOKED_AT).position(is_it)?;
            cell.values().nth(found).filter(|_| cell.words().len() == scalars.len())
        })
    }
}

impl Input for CsView<'_> {
    fn attribute(&self, id: AttributeId) -> Value {
        self.value(attr(id))
    }

    fn count(&self, id: AttributeId) -> usize {
        let cell = self.cell(attr(id));
        cell.map_or_else(|| self.attribute(id).scalars().len(), |it| it.words().len())
    }

    fn parameter(&self, name: &str) -> Option<Value> {
        self.state.spaces[self.space].parameter(Some(self.idx), name).cloned()
    }

    fn now(&self) -> Timestamp {
        self.state.options.now
    }

    fn seed(&self) -> u64 {
        seed_of(self.state.spaces[self.space].name_text(&self.state.arena, self.idx))
    }
}

impl ScopeInput for CsView<'_> {
    fn is_member_of(&self, group: &DistinguishedName) -> bool {
        self.groups.contains(group, self.state.number(self.space, self.idx))
    }
}

impl<'a> MvView<'a> {
    pub(super) fn new(state: &'a State, groups: &'a Groups, mv: usize, space: usize) -> Self {
        let image = state.image(mv);
        let values = vec![OnceCell::new(); image.len()];
        Self { state, groups, mv, space, image, values }
    }

    pub(super) fn cell(&self, attribute: Attr) -> Option<&ImageCell<'a>> {
        self.image.get(self.position(attribute)?)
    }

    fn position(&self, attribute: Attr) -> Option<usize> {
        self.image.binary_search_by_key(&attribute, |it| it.attribute).ok()
    }

    /// The values that are still there: references to objects that are not linked are not.
    pub(super) fn ids(&self, attribute: Attr) -> impl Iterator<Item = ValueId> + Clone {
        let values = self.cell(attribute).map(ImageCell::values);
        values.into_iter().flatten().filter(|it| self.state.is_linked(*it))
    }

    pub(super) fn value(&self, attribute: Attr) -> Value {
        let Some(at) = self.position(attribute) else { return Value::Null };
        self.values[at].get_or_init(|| self.state.value(self.ids(attribute))).clone()
    }
}

impl Input for MvView<'_> {
    fn attribute(&self, id: AttributeId) -> Value {
        self.value(attr(id))
    }

    fn count(&self, id: AttributeId) -> usize {
        self.ids(attr(id)).count()
    }

    fn parameter(&self, name: &str) -> Option<Value> {
        let linked = self.state.metaverse.link(self.mv, self.space);
        self.state.spaces[self.space].parameter(linked, name).cloned()
    }

    fn now(&self) -> Timestamp {
        self.state.options.now
    }

    fn seed(&self) -> u64 {
        let origin = self.state.place(self.state.metaverse.origin(self.mv));
        origin.map_or(0, |(space, idx)| {
            seed_of(self.state.spaces[space].name_text(&self.state.arena, idx)).rotate_left(1)
        })
    }
}

impl ScopeInput for MvView<'_> {
    fn is_member_of(&self, group: &DistinguishedName) -> bool {
        self.state
            .metaverse
            .links(self.mv)
            .any(|(space, idx)| self.groups.contains(group, self.state.number(space, idx)))
    }
}

impl State {
    /// Values by their numbers, as the language has them.
    pub(super) fn value(&self, ids: impl Iterator<Item = ValueId>) -> Value {
        let mut ids = ids.filter_map(|it| self.scalar(it));
        let Some(first) = ids.next() else { return Value::Null };
        let Some(second) = ids.next() else { return Value::One(first) };
        Value::Many([first, second].into_iter().chain(ids).collect::<Vec<_>>().into())
    }

    pub(super) fn scalar(&self, id: ValueId) -> Option<Scalar> {
        match id.as_object() {
            Some(object) => self.name(object).map(|it| Scalar::Reference(Arc::new(it))),
            None => self.arena.raw(id).scalar(),
        }
    }

    /// Whether a value of the metaverse still stands for something.
    pub(super) fn is_linked(&self, id: ValueId) -> bool {
        match id.as_object() {
            Some(object) => self.partner(object).is_some(),
            None => !id.is_name(),
        }
    }

    /// The numbers of values that an expression gave. Names of objects become references to them, of `space` first.
    pub(super) fn ids_of(
        &self,
        value: &Value,
        space: usize,
        overlay: &mut Overlay<'_>,
    ) -> Vec<ValueId> {
        value.scalars().iter().map(|it| self.id_of(it, space, overlay)).collect()
    }

    fn id_of(&self, scalar: &Scalar, space: usize, overlay: &mut Overlay<'_>) -> ValueId {
        let object = match scalar {
            Scalar::Reference(name) => self.find_object(name, space),
            _ => None,
        };
        object.map_or_else(|| overlay.scalar(scalar), ValueId::object)
    }

    /// The object of a name, in `space` or else in the first space that has it.
    pub(super) fn find_object(&self, name: &DistinguishedName, space: usize) -> Option<u32> {
        std::iter::once(space)
            .chain((0..self.spaces.len()).filter(|it| *it != space))
            .find_map(|it| Some(self.number(it, self.spaces[it].find(&self.arena, name)?)))
    }
}

/// Members of the groups that scoping filters ask for.
#[derive(Debug, Default)]
pub(super) struct Groups(BTreeMap<DistinguishedName, HashSet<u32>>);

impl Groups {
    /// Finds the groups and their direct members.
    pub(super) fn new(state: &State) -> Self {
        let mut out = BTreeMap::new();
        for name in asked_for(&state.rules) {
            let mut members = HashSet::new();
            for space in &state.spaces {
                let Some(idx) = space.find(&state.arena, &name) else { continue };
                let cell = space.cell(idx, state.attributes.known.member);
                members.extend(cell.iter().flat_map(Cell::values).filter_map(ValueId::as_object));
            }
            out.insert(name, members);
        }
        Self(out)
    }

    fn contains(&self, group: &DistinguishedName, object: u32) -> bool {
        self.0.get(group).is_some_and(|it| it.contains(&object))
    }
}

/// The groups that clauses with `ISMEMBEROF` name.
fn asked_for(rules: &RuleSet) -> BTreeSet<DistinguishedName> {
    use dirlift_model::rule::ScopeOperator::{IsMemberOf, IsNotMemberOf};
    let mut out = BTreeSet::new();
    for rule in rules.rules() {
        for clause in rule.scope.clauses() {
            if matches!(clause.operator, IsMemberOf | IsNotMemberOf) {
                out.extend(clause.value.parse::<DistinguishedName>().ok());
            }
        }
    }
    out
}
