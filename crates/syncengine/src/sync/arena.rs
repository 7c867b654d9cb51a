//! Values of both spaces and of the metaverse, each stored once.
use std::{
    hash::{BuildHasher as _, Hasher as _},
    sync::Arc,
};

use dirlift_model::{AttributeValue, DistinguishedName};
use foldhash::fast::RandomState;

use super::small;
use crate::value::{Kind, Scalar};

/// Bytes of a page; a longer value has a page of its own.
const PAGE: usize = 1 << 20;
/// Places in a page are counted in units of eight bytes.
const UNIT: usize = 8;
/// Units of a page, as a number of bits.
const UNIT_BITS: u32 = 17;
/// Marks a reference to an object of a connector space.
const OBJECT: u32 = 1 << 31;
/// Marks a name that belongs to no object here. The bits below it are the place of a value: eight gibibytes of them.
const NAME: u32 = 1 << 30;
/// Bytes before those of a value, with its length and its type.
const HEAD: usize = 4;

/// The number of a value, or of an object that is referred to. What is asked most often is seen in the number itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ValueId(pub(super) u32);

impl ValueId {
    /// Empty text, which counts as none. It also stands for what had no place any more: then the whole run fails.
    pub(super) const EMPTY: Self = Self(0);

    /// The reference to an object, by its number over all spaces.
    pub(super) const fn object(object: u32) -> Self {
        Self(object | OBJECT)
    }

    /// The object, if this is a reference to one.
    pub(super) const fn as_object(self) -> Option<u32> {
        if self.0 & OBJECT == 0 { None } else { Some(self.0 & !OBJECT) }
    }

    /// Whether it is a name that belongs to no object here.
    pub(super) const fn is_name(self) -> bool {
        self.0 & (OBJECT | NAME) == NAME
    }

    /// Whether it is a value of its own: no reference, and not empty text.
    pub(super) const fn is_plain(self) -> bool {
        self.0 & (OBJECT | NAME) == 0 && self.0 != Self::EMPTY.0
    }

    /// The number of the value at a place.
    const fn of(place: u32, kind: Kind) -> Self {
        Self(if matches!(kind, Kind::Reference) { place | NAME } else { place })
    }

    /// The place of a value; of a reference to an object, one where nothing is.
    const fn place(self) -> u32 {
        self.0 & !NAME
    }
}

/// One value as bytes with its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Raw<'a> {
    pub(super) kind: Kind,
    pub(super) bytes: &'a [u8],
}

/// A place of the table that finds values.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// Half of the hash: it tells nearly all other values apart, and a larger table is filled without looking at any.
    tag: u32,
    /// The place of the value plus one; zero is free.
    place: u32,
}

/// Every value once, under the number of its place; [`Arena::new`] has empty text as its first.
#[derive(Debug, Default)]
pub(super) struct Arena {
    pages: Vec<Vec<u8>>,
    /// The page of the store below that this one lies on, or zero: what is here has numbers that nothing has there.
    first_page: usize,
    n_values: usize,
    table: Vec<Slot>,
    /// Seeded anew in each run, so that nobody can choose values that meet; no result depends on it.
    hasher: RandomState,
    full: bool,
}

impl Arena {
    pub(super) fn new() -> Self {
        let mut arena = Self::default();
        arena.intern(Raw::text(""));
        arena
    }

    /// A store that lies on top of another.
    fn on(shared: &Self) -> Self {
        Self { first_page: shared.pages.len(), ..Self::default() }
    }

    /// Stores a value, or finds it.
    pub(super) fn intern(&mut self, raw: Raw<'_>) -> ValueId {
        if self.n_values * 8 >= self.table.len() * 7 {
            self.grow();
        }
        let tag = self.tag(raw);
        let slot = match self.look(tag, raw) {
            Ok(id) => return id,
            Err(slot) => slot,
        };
        let Some(place) = self.place(raw) else {
            self.full = true;
            return ValueId::EMPTY;
        };
        self.n_values += 1;
        self.table[slot] = Slot { tag, place: place + 1 };
        ValueId::of(place, raw.kind)
    }

    /// Finds a value.
    pub(super) fn find(&self, raw: Raw<'_>) -> Option<ValueId> {
        if self.table.is_empty() { None } else { self.look(self.tag(raw), raw).ok() }
    }

    /// The number of a value, or the place in the table that it would take.
    fn look(&self, tag: u32, raw: Raw<'_>) -> Result<ValueId, usize> {
        let mask = self.table.len() - 1;
        let mut slot = tag as usize & mask;
        loop {
            let found = self.table[slot];
            let Some(place) = found.place.checked_sub(1) else { return Err(slot) };
            if found.tag == tag && self.raw(ValueId(place)) == raw {
                return Ok(ValueId::of(place, raw.kind));
            }
            slot = (slot + 1) & mask;
        }
    }

    /// The value behind a number of this store; nothing for a reference to an object.
    pub(super) fn raw(&self, id: ValueId) -> Raw<'_> {
        let found = self.page(id).and_then(|(page, at)| head_of(self.pages.get(page)?, at));
        found.map_or(Raw { kind: Kind::Null, bytes: &[] }, |(kind, bytes)| Raw { kind, bytes })
    }

    /// The page of a value and where it begins there; nothing if it is of the store below.
    fn page(&self, id: ValueId) -> Option<(usize, usize)> {
        let page = (id.place() >> UNIT_BITS) as usize;
        let at = (id.place() & ((1 << UNIT_BITS) - 1)) as usize * UNIT;
        Some((page.checked_sub(self.first_page)?, at))
    }

    /// Takes in what came on top, under the numbers that it has. No value of it is in this store yet.
    pub(super) fn absorb(&mut self, growth: Growth) {
        let Growth(own) = growth;
        self.full |= own.full || own.first_page != self.pages.len();
        if self.full {
            return;
        }
        self.n_values += own.n_values;
        while self.n_values * 8 >= self.table.len() * 7 {
            self.grow();
        }
        self.pages.extend(own.pages);
        own.table.into_iter().filter(|it| it.place != 0).for_each(|it| self.put(it));
    }

    /// Whether a value had no place any more.
    pub(super) const fn is_full(&self) -> bool {
        self.full
    }

    /// How many values there are.
    #[cfg(test)]
    pub(super) const fn len(&self) -> usize {
        self.n_values
    }

    /// Bytes in use.
    pub(super) fn size(&self) -> usize {
        self.pages.iter().map(Vec::capacity).sum::<usize>() + self.table.capacity() * 8
    }

    /// Stores a value of a directory.
    pub(super) fn attribute_value(&mut self, value: &AttributeValue) -> ValueId {
        match value {
            AttributeValue::String(text) => self.intern(Raw::text(text)),
            AttributeValue::Integer(number) => {
                self.intern(Raw { kind: Kind::Number, bytes: &number.to_le_bytes() })
            }
            AttributeValue::Boolean(boolean) => {
                self.intern(Raw { kind: Kind::Boolean, bytes: &[u8::from(*boolean)] })
            }
            AttributeValue::Binary(bytes) => self.intern(Raw { kind: Kind::Binary, bytes }),
            AttributeValue::Reference(name) => self.intern(Raw::name(name)),
        }
    }

    fn tag(&self, raw: Raw<'_>) -> u32 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write_u8(raw.kind as u8);
        hasher.write(raw.bytes);
        u32::try_from(hasher.finish() >> 32).unwrap_or_default()
    }

    fn grow(&mut self) {
        let n_slots = (self.table.len() * 2).max(1 << 10);
        let old = std::mem::replace(&mut self.table, vec![Slot::default(); n_slots]);
        for found in old.into_iter().filter(|it| it.place != 0) {
            self.put(found);
        }
    }

    /// Fills a place of the table with a value that is not there yet.
    fn put(&mut self, new: Slot) {
        let mask = self.table.len() - 1;
        let mut slot = new.tag as usize & mask;
        while self.table[slot].place != 0 {
            slot = (slot + 1) & mask;
        }
        self.table[slot] = new;
    }

    /// Writes a value and says where, or nothing if the store has no place for it.
    fn place(&mut self, raw: Raw<'_>) -> Option<u32> {
        let len = u32::try_from(raw.bytes.len()).ok().filter(|it| *it < 1 << 29)?;
        let needed = (raw.bytes.len() + HEAD).next_multiple_of(UNIT);
        if self.pages.last().is_none_or(|it| it.len() + needed > PAGE) {
            // The first grows as it is filled: most workers find little that is new.
            let start = if self.pages.is_empty() { 0 } else { PAGE };
            self.pages.push(Vec::with_capacity(start.max(needed)));
        }
        let page_idx = small(self.first_page + self.pages.len() - 1);
        if page_idx >= NAME >> UNIT_BITS {
            return None;
        }
        let page = self.pages.last_mut()?;
        let at = small(page.len() / UNIT);
        page.extend_from_slice(&(len << 3 | code_of(raw.kind)).to_le_bytes());
        page.extend_from_slice(raw.bytes);
        page.resize(page.len().next_multiple_of(UNIT), 0);
        Some(page_idx << UNIT_BITS | at)
    }
}

/// The values of one worker: what everybody knows, and what only it knows yet.
pub(super) struct Overlay<'a> {
    shared: &'a Arena,
    own: Arena,
}

impl<'a> Overlay<'a> {
    pub(super) fn new(shared: &'a Arena) -> Self {
        Self { shared, own: Arena::on(shared) }
    }

    /// The number of a scalar.
    pub(super) fn scalar(&mut self, scalar: &Scalar) -> ValueId {
        with_raw(scalar, |raw| self.shared.find(raw).unwrap_or_else(|| self.own.intern(raw)))
    }

    /// The value behind a number.
    pub(super) fn raw(&self, id: ValueId) -> Raw<'_> {
        if self.own.page(id).is_some() { self.own.raw(id) } else { self.shared.raw(id) }
    }

    /// What only this worker knows.
    pub(super) fn into_own(self) -> Arena {
        self.own
    }
}

/// Values that come on top of those of a store while workers still look into it.
pub(super) struct Growth(Arena);

impl Growth {
    pub(super) fn on(shared: &Arena) -> Self {
        Self(Arena { hasher: shared.hasher.clone(), ..Arena::on(shared) })
    }

    /// Takes over what a worker found that the store does not have.
    pub(super) fn adopt(&mut self, worker: Arena) -> Adopted {
        Adopted::new(&mut self.0, worker)
    }
}

/// Gives the values of a worker numbers that everybody knows: what it had has the new number in place of its head.
pub(super) struct Adopted(Arena);

impl Adopted {
    /// Takes over the values of a worker at once, when nobody else looks into the store.
    pub(super) fn new(into: &mut Arena, mut worker: Arena) -> Self {
        into.full |= worker.full;
        for page in &mut worker.pages {
            let mut at = 0;
            while let Some((kind, bytes)) = head_of(page, at) {
                let next = (at + HEAD + bytes.len()).next_multiple_of(UNIT);
                let id = into.intern(Raw { kind, bytes });
                page[at..at + HEAD].copy_from_slice(&id.0.to_le_bytes());
                at = next;
            }
        }
        Self(worker)
    }

    pub(super) fn id(&self, id: ValueId) -> ValueId {
        let Some((page, at)) = self.0.page(id).filter(|_| id.as_object().is_none()) else {
            return id;
        };
        let number = self.0.pages.get(page).and_then(|it| it.get(at..)?.first_chunk::<HEAD>());
        number.map_or(ValueId::EMPTY, |it| ValueId(u32::from_le_bytes(*it)))
    }
}

/// The value that begins at a place of a page.
fn head_of(page: &[u8], at: usize) -> Option<(Kind, &[u8])> {
    let (head, rest) = page.get(at..)?.split_first_chunk::<HEAD>()?;
    let head = u32::from_le_bytes(*head);
    Some((kind_of(head & 7), rest.get(..(head >> 3) as usize)?))
}

impl<'a> Raw<'a> {
    pub(super) const fn text(text: &'a str) -> Self {
        Self { kind: Kind::Text, bytes: text.as_bytes() }
    }

    pub(super) fn name(name: &'a DistinguishedName) -> Self {
        Self { kind: Kind::Reference, bytes: name.as_str().as_bytes() }
    }

    /// The text of a text or a name.
    pub(super) fn as_str(self) -> &'a str {
        str::from_utf8(self.bytes).unwrap_or_default()
    }

    fn number(self) -> i64 {
        self.bytes.try_into().map_or(0, i64::from_le_bytes)
    }

    /// As the language has it.
    pub(super) fn scalar(self) -> Option<Scalar> {
        Some(match self.kind {
            Kind::Text => Scalar::Text(self.as_str().into()),
            Kind::Number => Scalar::Number(self.number()),
            Kind::Boolean => Scalar::Boolean(self.bytes == [1]),
            Kind::Binary => Scalar::Binary(self.bytes.into()),
            Kind::Reference => Scalar::Reference(Arc::new(self.as_str().parse().ok()?)),
            Kind::Date | Kind::Null | Kind::Flow => return None,
        })
    }

    /// As a directory has it.
    pub(super) fn attribute_value(self) -> Option<AttributeValue> {
        Some(match self.kind {
            Kind::Text => AttributeValue::String(self.as_str().to_owned()),
            Kind::Number => AttributeValue::Integer(self.number()),
            Kind::Boolean => AttributeValue::Boolean(self.bytes == [1]),
            Kind::Binary => AttributeValue::Binary(self.bytes.to_vec()),
            Kind::Reference => AttributeValue::Reference(self.as_str().parse().ok()?),
            Kind::Date | Kind::Null | Kind::Flow => return None,
        })
    }
}

/// Dates become text: a directory has no type for them.
fn with_raw<T>(scalar: &Scalar, work: impl FnOnce(Raw<'_>) -> T) -> T {
    match scalar {
        Scalar::Text(text) => work(Raw::text(text)),
        Scalar::Number(number) => work(Raw { kind: Kind::Number, bytes: &number.to_le_bytes() }),
        Scalar::Boolean(boolean) => work(Raw { kind: Kind::Boolean, bytes: &[u8::from(*boolean)] }),
        Scalar::Binary(bytes) => work(Raw { kind: Kind::Binary, bytes }),
        Scalar::Reference(name) => work(Raw::name(name)),
        Scalar::Date(date) => work(Raw::text(&date.to_string())),
    }
}

const fn code_of(kind: Kind) -> u32 {
    match kind {
        Kind::Text => 0,
        Kind::Number => 1,
        Kind::Boolean => 2,
        Kind::Binary => 3,
        Kind::Reference => 4,
        Kind::Date | Kind::Null | Kind::Flow => 5,
    }
}

const fn kind_of(code: u32) -> Kind {
    match code {
        0 => Kind::Text,
        1 => Kind::Number,
        2 => Kind::Boolean,
        3 => Kind::Binary,
        4 => Kind::Reference,
        _ => Kind::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_one_number_and_types_differ() {
        let mut arena = Arena::new();
        assert_eq!(arena.intern(Raw::text("")), ValueId::EMPTY);
        let ann = arena.intern(Raw::text("ann"));
        assert_eq!(arena.intern(Raw::text("ann")), ann);
        assert_ne!(arena.intern(Raw { kind: Kind::Binary, bytes: b"ann" }), ann);
        for number in 0..5_000 {
            arena.attribute_value(&AttributeValue::Integer(number));
        }
        assert_eq!(arena.find(Raw::text("ann")), Some(ann));
        assert_eq!(arena.raw(ann).scalar(), Some(Scalar::text("ann")));
        assert_eq!(arena.len(), 5_003);
        let name: DistinguishedName = "CN=ann".parse().unwrap();
        let name = arena.intern(Raw::name(&name));
        assert_eq!(arena.raw(name).as_str(), "CN=ann");
        assert!(name.is_name() && !ann.is_name() && !name.is_plain());
        assert!(ann.is_plain() && !ValueId::EMPTY.is_plain() && !ValueId::object(7).is_plain());
        let big = "x".repeat(3 << 20);
        let id = arena.intern(Raw::text(&big));
        let after = arena.intern(Raw::text("after"));
        assert_eq!(arena.raw(id).as_str().len(), big.len());
        assert_eq!(arena.raw(after).as_str(), "after");
        assert!(!arena.is_full());
    }

    #[test]
    fn what_a_worker_found_is_adopted() {
        let mut shared = Arena::new();
        let known = shared.intern(Raw::text("known"));
        let mut overlay = Overlay::new(&shared);
        assert_eq!(overlay.scalar(&Scalar::text("known")), known);
        let new = overlay.scalar(&Scalar::text("new"));
        assert_eq!(overlay.raw(new).as_str(), "new");
        let own = overlay.into_own();
        let adopted = Adopted::new(&mut shared, own);
        assert_eq!(shared.raw(adopted.id(new)).as_str(), "new");
        assert_eq!(adopted.id(known), known);
        assert_eq!(adopted.id(ValueId::object(7)).as_object(), Some(7));
    }

    #[test]
    fn what_comes_on_top_keeps_its_numbers() {
        let mut shared = Arena::new();
        let known = shared.intern(Raw::text("known"));
        let mut growth = Growth::on(&shared);
        let mut ids = Vec::new();
        for names in [["known", "new", "ann"], ["ann", "bob", "known"]] {
            let mut overlay = Overlay::new(&shared);
            let local = names.map(|it| overlay.scalar(&Scalar::text(it)));
            let adopted = growth.adopt(overlay.into_own());
            ids.push(local.map(|it| adopted.id(it)));
        }
        let many: Vec<_> = (0..3_000).map(|it| format!("value {it}")).collect();
        let mut overlay = Overlay::new(&shared);
        let local: Vec<_> =
            many.iter().map(|it| overlay.scalar(&Scalar::text(it.as_str()))).collect();
        let adopted = growth.adopt(overlay.into_own());
        shared.absorb(growth);
        assert_eq!((ids[0][0], ids[1][2], ids[0][2]), (known, known, ids[1][0]));
        assert_eq!(shared.raw(ids[0][1]).as_str(), "new");
        assert_eq!(shared.find(Raw::text("bob")), Some(ids[1][1]));
        for (text, local) in many.iter().zip(local) {
            assert_eq!(shared.find(Raw::text(text)), Some(adopted.id(local)));
            assert_eq!(shared.raw(adopted.id(local)).as_str(), text);
        }
        let name = Scalar::Reference(Arc::new("CN=ann".parse().unwrap()));
        let (mut growth, mut overlay) = (Growth::on(&shared), Overlay::new(&shared));
        let local = overlay.scalar(&name);
        assert!(local.is_name() && overlay.raw(local).as_str() == "CN=ann");
        let id = growth.adopt(overlay.into_own()).id(local);
        shared.absorb(growth);
        assert!(id.is_name() && shared.raw(id).as_str() == "CN=ann");
        assert_eq!(shared.len(), 3_006);
        assert!(!shared.is_full());
    }
}
