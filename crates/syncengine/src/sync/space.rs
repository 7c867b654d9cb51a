//! The objects of one connector space.
use std::collections::{BTreeMap, HashMap};

use dirlift_model::{AttributeName, CsObject, DistinguishedName, Guid};
use foldhash::fast::RandomState;

use super::{
    arena::{Arena, ValueId},
    attributes::Attributes,
    cells::{self, Attr, Cell, Cells, Lists},
    hash_index::HashIndex,
    options::{Connector, ConnectorKind, Mark},
    parallel, small,
};
use crate::value::{Kind, Value};

/// A place for "none" in lists of numbers.
pub(super) const NONE: u32 = u32::MAX;

/// Everything about an object.
type Content = Vec<(Attr, Vec<(u8, Vec<u8>)>)>;

/// A name that is put in order.
struct Folded {
    /// What follows what all names have in common: it decides between nearly all of them without a look at the name.
    start: u128,
    name: Box<str>,
    idx: u32,
}

/// One connector and its objects, in the order of their names after [`Space::settle`].
#[derive(Debug)]
pub(super) struct Space {
    pub(super) connector: Connector,
    /// Parameters outside all partitions, then by partition; the first of a name counts.
    parameters: Vec<Vec<(String, Value)>>,
    /// The number of its first object over all spaces.
    pub(super) base: u32,
    names: Vec<ValueId>,
    ids: Vec<Option<Guid>>,
    types: Vec<u16>,
    marks: Vec<Mark>,
    partitions: Vec<u8>,
    lists: Lists,
    by_name: HashIndex,
    type_numbers: HashMap<AttributeName, usize>,
    /// Types of objects, by number.
    pub(super) type_names: Vec<AttributeName>,
    /// Objects that were left out because another has their name.
    pub(super) repeated: Vec<(DistinguishedName, Option<Guid>)>,
}

impl Space {
    pub(super) fn new(connector: Connector) -> Self {
        let own = |map: &BTreeMap<String, String>| -> Vec<(String, Value)> {
            map.iter().map(|(name, text)| (name.clone(), Value::text(text.as_str()))).collect()
        };
        let mut everywhere = own(&connector.parameters);
        everywhere.push(("Connector.ID".to_owned(), Value::text(connector.id.braced())));
        let partitions = connector.partitions.iter().map(|it| own(&it.parameters));
        let partitions = partitions.map(|it| [it, everywhere.clone()].concat());
        Self {
            parameters: std::iter::once(everywhere.clone()).chain(partitions).collect(),
            connector,
            base: 0,
            names: Vec::new(),
            ids: Vec::new(),
            types: Vec::new(),
            marks: Vec::new(),
            partitions: Vec::new(),
            lists: Lists::default(),
            by_name: HashIndex::default(),
            type_numbers: HashMap::new(),
            type_names: Vec::new(),
            repeated: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Takes an object in. Attributes that nobody asks for are left out.
    pub(super) fn add(
        &mut self,
        object: CsObject,
        mark: Mark,
        attributes: &Attributes,
        arena: &mut Arena,
    ) {
        let next = self.type_names.len();
        let type_idx = *self.type_numbers.entry(object.object_type.clone()).or_insert(next);
        if type_idx == next {
            self.type_names.push(object.object_type.clone());
        }
        self.names.push(
            arena.attribute_value(&dirlift_model::AttributeValue::Reference(object.dn.clone())),
        );
        self.ids.push(object.id);
        self.types.push(u16::try_from(type_idx).unwrap_or(u16::MAX));
        let partition =
            self.connector.partitions.iter().position(|it| object.dn.is_within(&it.root));
        self.partitions.push(partition.and_then(|it| u8::try_from(it + 1).ok()).unwrap_or(0));
        let mut cells: Vec<(Attr, Vec<ValueId>)> = Vec::new();
        for it in object.into_attributes() {
            let Some(attribute) = attributes.find(&it.name) else { continue };
            cells.push((attribute, it.values.iter().map(|it| arena.attribute_value(it)).collect()));
        }
        cells.sort_unstable_by_key(|it| it.0);
        let mut list = Vec::new();
        let mut inferred = Mark::Inferred;
        for (attribute, values) in cells {
            if attribute == attributes.known.cloud_mastered {
                let is_false = values.first().is_some_and(|it| is_false(arena, *it));
                inferred = if is_false { Mark::Synchronised } else { Mark::CloudOnly };
            }
            cells::push(&mut list, attribute, None, values.into_iter());
        }
        self.marks.push(if mark == Mark::Inferred { inferred } else { mark });
        self.lists.push(&list);
    }

    /// Puts the objects in the order of their names, drops all but one of each name, and finds objects by name.
    pub(super) fn settle(&mut self, arena: &Arena, threads: usize) {
        let rank = |it: u32| {
            let it = it as usize;
            let content = self.content(arena, it);
            let object_type = self.type_names.get(usize::from(self.types[it]));
            (self.ids[it], object_type, self.marks[it], content)
        };
        let mut order: Vec<Folded> = parallel::each(threads, self.len(), |it| {
            let name = self.name(arena, it)?.into_folded().into_boxed_str();
            Some(Folded { start: 0, name, idx: small(it) })
        });
        let same = same_start(&order);
        for it in &mut order {
            it.start = start_of(&it.name.as_bytes()[same..]);
        }
        parallel::sort(threads, &mut order, |a, b| {
            let names = (a.start, &a.name).cmp(&(b.start, &b.name));
            names.then_with(|| rank(a.idx).cmp(&rank(b.idx)))
        });
        self.by_name.reserve(order.len());
        let mut kept = Vec::with_capacity(order.len());
        let mut last: Option<Box<str>> = None;
        for Folded { name: folded, idx: it, .. } in order {
            if last.as_ref() == Some(&folded) {
                let name = self.name(arena, it as usize);
                self.repeated.extend(name.map(|name| (name, self.ids[it as usize])));
                continue;
            }
            self.by_name.insert(self.by_name.hash(&*folded), small(kept.len()));
            kept.push(it);
            last = Some(folded);
        }
        self.by_name.shrink();
        self.names = kept.iter().map(|it| self.names[*it as usize]).collect();
        self.ids = kept.iter().map(|it| self.ids[*it as usize]).collect();
        self.types = kept.iter().map(|it| self.types[*it as usize]).collect();
        self.marks = kept.iter().map(|it| self.marks[*it as usize]).collect();
        self.partitions = kept.iter().map(|it| self.partitions[*it as usize]).collect();
        self.lists = self.lists.reordered(&kept);
        self.lists.shrink();
    }

    /// Everything about an object, to tell two of one name apart whatever their order was.
    fn content(&self, arena: &Arena, idx: usize) -> Content {
        let raw = |it: ValueId| {
            let raw = arena.raw(it);
            (raw.kind as u8, raw.bytes.to_vec())
        };
        let mut all = vec![(Attr::MAX, vec![raw(self.names[idx])])];
        all.extend(self.cells(idx).map(|it| (it.attribute, it.values().map(raw).collect())));
        all
    }

    /// Turns names in values into numbers of the objects that have them.
    pub(super) fn resolve_references(&mut self, arena: &Arena) {
        let base = self.base;
        let mut lists = std::mem::take(&mut self.lists);
        // A name is nearly always written as the object itself has it.
        let object = |idx| ValueId::object(base + small(idx));
        let mut known: HashMap<ValueId, ValueId, RandomState> =
            self.names.iter().enumerate().map(|(idx, name)| (*name, object(idx))).collect();
        lists.map_values(false, |_, id| {
            if !id.is_name() {
                return id;
            }
            *known.entry(id).or_insert_with(|| {
                let name = arena.raw(id).as_str().parse().ok();
                let found = name.and_then(|it| self.find(arena, &it));
                found.map_or(id, object)
            })
        });
        self.lists = lists;
    }

    pub(super) fn find(&self, arena: &Arena, name: &DistinguishedName) -> Option<usize> {
        let is_it = |it: &u32| {
            let idx = *it as usize;
            self.name_text(arena, idx) == name.as_str()
                || self.name(arena, idx).as_ref() == Some(name)
        };
        self.by_name.get(self.by_name.hash(name.folded())).find(is_it).map(|it| it as usize)
    }

    pub(super) fn name(&self, arena: &Arena, idx: usize) -> Option<DistinguishedName> {
        self.name_text(arena, idx).parse().ok()
    }

    pub(super) fn name_text<'a>(&self, arena: &'a Arena, idx: usize) -> &'a str {
        self.names.get(idx).map_or("", |it| arena.raw(*it).as_str())
    }

    pub(super) fn id(&self, idx: usize) -> Option<Guid> {
        self.ids.get(idx).copied().flatten()
    }

    pub(super) fn type_idx(&self, idx: usize) -> usize {
        self.types.get(idx).map_or(usize::MAX, |it| usize::from(*it))
    }

    pub(super) fn object_type(&self, idx: usize) -> Option<&AttributeName> {
        self.type_names.get(self.type_idx(idx))
    }

    pub(super) fn is_synchronised(&self, idx: usize) -> bool {
        self.marks.get(idx) == Some(&Mark::Synchronised)
    }

    pub(super) fn is_cloud_only(&self, idx: usize) -> bool {
        self.marks.get(idx) == Some(&Mark::CloudOnly)
    }

    pub(super) fn cells(&self, idx: usize) -> Cells<'_> {
        Cells::plain(self.lists.get(idx))
    }

    pub(super) fn cell(&self, idx: usize, attribute: Attr) -> Option<Cell<'_>> {
        self.cells(idx).get(attribute)
    }

    pub(super) fn is_entra(&self) -> bool {
        self.connector.kind == ConnectorKind::Entra
    }

    /// A parameter for an object of this space; for an object that is yet to be made, of the connector.
    pub(super) fn parameter(&self, idx: Option<usize>, name: &str) -> Option<&Value> {
        let partition = idx.and_then(|it| self.partitions.get(it)).copied().unwrap_or(0);
        let all = self.parameters.get(usize::from(partition))?;
        all.iter().find(|it| it.0.eq_ignore_ascii_case(name)).map(|it| &it.1)
    }

    pub(super) fn size(&self) -> usize {
        self.lists.size() + self.by_name.size() + self.names.capacity() * (4 + 17 + 2 + 1 + 1)
    }
}

/// How many bytes all names begin with in common.
fn same_start(all: &[Folded]) -> usize {
    let Some(first) = all.first() else { return 0 };
    all.iter().fold(first.name.len(), |same, it| {
        let pairs = first.name.bytes().zip(it.name.bytes()).take(same);
        pairs.take_while(|(a, b)| a == b).count()
    })
}

/// The first bytes as a number that is in their order.
fn start_of(bytes: &[u8]) -> u128 {
    let mut out = [0; 16];
    let n = bytes.len().min(out.len());
    out[..n].copy_from_slice(&bytes[..n]);
    u128::from_be_bytes(out)
}

fn is_false(arena: &Arena, id: ValueId) -> bool {
    let raw = arena.raw(id);
    match raw.kind {
        Kind::Boolean => raw.bytes == [0],
        Kind::Text => raw.as_str().eq_ignore_ascii_case("false"),
        _ => false,
    }
}
