//! The accept-list: which pending changes somebody expects, why, who says so, and until when.
use std::{collections::BTreeMap, fmt};

use dirlift_model::{
    AttributeName, DistinguishedName,
    pending::Operation,
    text::{plural, shorten},
    verification::{AcceptUse, NAME_ATTRIBUTE, Outcome},
};
use jiff::Timestamp;

use crate::accept_file::{self, AcceptError};

/// Most entries of one list.
pub(crate) const MAX_ENTRIES: usize = 100_000;
/// Most entries that name no object: each change is held against all of them.
pub(crate) const MAX_WIDE: usize = 1_000;

/// One entry: it accepts the changes that agree with all that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptEntry {
    /// The name of the connector; `None` for every one.
    pub connector: Option<String>,
    /// The operation; without one, every operation that deletes nothing.
    pub operation: Option<Operation>,
    /// The object type.
    pub object_type: Option<AttributeName>,
    /// The object: its source anchor or its name.
    pub object: Option<String>,
    /// The attribute; `dn` is the object's own name. Without one, the whole operation with all its attributes.
    pub attribute: Option<AttributeName>,
    /// The cause, in one word.
    pub cause: Option<String>,
    /// What the cloud would refuse, in its word, such as `invalid-soft-match`; then it accepts that and no change.
    pub refused: Option<String>,
    /// Whether it also accepts what rehearsal and real server do not agree on.
    pub differences: bool,
    /// The most objects that it accepts something of.
    pub at_most: Option<u64>,
    /// Why.
    pub reason: String,
    /// Who says so.
    pub author: String,
    /// From when on it does not count any more.
    pub expires_at: Option<Timestamp>,
    /// Where it stands: the file, and its number from one.
    pub place: String,
}

/// Form of an accept-list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptFormat {
    /// `[[accept]]` tables.
    Toml,
    /// An object with an array `accept`.
    Json,
}

/// Entries, ready to be held against changes.
#[derive(Clone, Debug, Default)]
pub struct AcceptList {
    entries: Vec<AcceptEntry>,
    /// Entries without an object, in their order.
    wide: Vec<usize>,
    by_anchor: BTreeMap<String, Vec<usize>>,
    by_name: BTreeMap<DistinguishedName, Vec<usize>>,
}

/// What an entry is held against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) connector: &'a str,
    pub(crate) operation: Operation,
    pub(crate) object_type: &'a AttributeName,
    pub(crate) dn: &'a DistinguishedName,
    pub(crate) anchor: Option<&'a str>,
    pub(crate) cause: &'a str,
}

/// Keeps account of what entries were used for.
#[derive(Clone, Debug)]
pub(crate) struct Accepting {
    list: AcceptList,
    as_of: Timestamp,
    objects: Vec<u64>,
    beyond: Vec<u64>,
    /// The object that an entry was last used for, by its number.
    newest: Vec<u64>,
    now: u64,
}

impl AcceptList {
    /// Reads a list. `file` is what messages call it.
    pub fn parse(file: &str, text: &str, format: AcceptFormat) -> Result<Self, AcceptError> {
        Self::new(accept_file::parse(file, text, format)?)
    }

    fn new(entries: Vec<AcceptEntry>) -> Result<Self, AcceptError> {
        let mut list = Self::default();
        for entry in entries {
            let at = list.entries.len();
            entry.check()?;
            match &entry.object {
                None if entry.refused.is_some() => {}
                None => list.wide.push(at),
                Some(object) => {
                    list.by_anchor.entry(object.clone()).or_default().push(at);
                    if let Ok(name) = object.parse() {
                        list.by_name.entry(name).or_default().push(at);
                    }
                }
            }
            let (place, limit) = (entry.place.clone(), MAX_ENTRIES);
            if at == MAX_ENTRIES {
                return Err(AcceptError::Many { place, what: "entries", limit });
            }
            if list.wide.len() > MAX_WIDE {
                let what = "entries without an object";
                return Err(AcceptError::Many { place, what, limit: MAX_WIDE });
            }
            list.entries.push(entry);
        }
        Ok(list)
    }

    /// The entries, in their order.
    pub fn entries(&self) -> &[AcceptEntry] {
        &self.entries
    }

    /// Entries that may cover an object, in their order.
    fn candidates(&self, subject: &Subject<'_>) -> Vec<usize> {
        let mut all: Vec<usize> = Vec::new();
        if let Some(found) = subject.anchor.and_then(|it| self.by_anchor.get(it)) {
            all.extend(found);
        }
        if !self.by_name.is_empty()
            && let Some(found) = self.by_name.get(subject.dn)
        {
            all.extend(found);
        }
        all.extend(&self.wide);
        all.sort_unstable();
        all.dedup();
        all.retain(|it| self.entries[*it].agrees(subject));
        all
    }
}

impl AcceptEntry {
    /// Deletes are accepted one by one, or up to a number; what the cloud would refuse up to a number.
    fn check(&self) -> Result<(), AcceptError> {
        let place = || self.place.clone();
        let names_change = self.connector.is_some()
            || self.operation.is_some()
            || self.object_type.is_some()
            || self.object.is_some()
            || self.attribute.is_some()
            || self.cause.is_some()
            || self.differences;
        if self.refused.is_some() && (names_change || self.at_most.is_none()) {
            return Err(AcceptError::Refused { place: place() });
        }
        let deletes = matches!(self.operation, Some(Operation::Delete | Operation::DeleteAdd));
        if deletes && self.object.is_none() && self.at_most.is_none() {
            return Err(AcceptError::Deletes { place: place() });
        }
        if deletes && self.attribute.is_some() && self.operation == Some(Operation::Delete) {
            return Err(AcceptError::DeletedAttribute { place: place() });
        }
        for (field, value) in [("reason", &self.reason), ("author", &self.author)] {
            if value.trim().is_empty() {
                return Err(AcceptError::Empty { place: place(), field });
            }
        }
        Ok(())
    }

    fn agrees(&self, it: &Subject<'_>) -> bool {
        let deletes = matches!(it.operation, Operation::Delete | Operation::DeleteAdd);
        self.refused.is_none()
            && self.connector.as_ref().is_none_or(|name| name.eq_ignore_ascii_case(it.connector))
            && self.operation.map_or(!deletes, |operation| operation == it.operation)
            && self.object_type.as_ref().is_none_or(|name| name == it.object_type)
            && self.cause.as_ref().is_none_or(|cause| cause == it.cause)
    }

    pub(crate) fn is_expired(&self, as_of: Timestamp) -> bool {
        self.expires_at.is_some_and(|it| it <= as_of)
    }
}

/// What an entry accepts, in plain words.
impl fmt::Display for AcceptEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(it) = &self.refused {
            let n = plural(self.at_most.unwrap_or_default(), "export", "exports");
            return write!(f, "{}, which the cloud would refuse, at most {n}", shorten(it, 60));
        }
        match self.operation {
            Some(it) => write!(f, "{it}")?,
            None => f.write_str("any operation but deletes")?,
        }
        if let Some(it) = &self.attribute {
            write!(f, " of {it}")?;
        }
        match (&self.object, &self.object_type) {
            (Some(it), _) => write!(f, " on {}", shorten(it, 200))?,
            (None, Some(it)) => write!(f, " on objects of type {it}")?,
            (None, None) => {}
        }
        if let Some(it) = &self.connector {
            write!(f, " at {}", shorten(it, 200))?;
        }
        if let Some(it) = &self.cause {
            write!(f, ", because {it}")?;
        }
        if let Some(it) = self.at_most {
            write!(f, ", at most {}", plural(it, "object", "objects"))?;
        }
        if self.differences {
            f.write_str(", also where the real server differs")?;
        }
        Ok(())
    }
}

/// The entries that may cover one object.
pub(crate) struct Covering<'a> {
    accepting: &'a mut Accepting,
    candidates: Vec<usize>,
}

impl Accepting {
    pub(crate) fn new(list: AcceptList, as_of: Timestamp) -> Self {
        let n = list.entries.len();
        let (objects, beyond, newest) = (vec![0; n], vec![0; n], vec![0; n]);
        Self { list, as_of, objects, beyond, newest, now: 0 }
    }

    /// Begins with another object.
    pub(crate) fn object(&mut self, subject: &Subject<'_>) -> Covering<'_> {
        self.now += 1;
        let mut candidates = self.list.candidates(subject);
        candidates.retain(|it| !self.list.entries[*it].is_expired(self.as_of));
        Covering { accepting: self, candidates }
    }

    /// Whether an entry covers all of what the cloud would refuse in one word.
    pub(crate) fn refused(&mut self, word: &str, n: u64) -> bool {
        let mut is_covered = false;
        for (at, entry) in self.list.entries.iter().enumerate() {
            if entry.refused.as_deref() != Some(word) || entry.is_expired(self.as_of) || is_covered
            {
                continue;
            }
            is_covered = entry.at_most.is_some_and(|most| n <= most);
            if is_covered {
                self.objects[at] += n;
            } else {
                self.beyond[at] += n;
            }
        }
        is_covered
    }

    pub(crate) fn names_object(&self, entry: usize) -> bool {
        self.list.entries.get(entry).is_some_and(|it| it.object.is_some())
    }

    /// The account.
    pub(crate) fn uses(self) -> Vec<AcceptUse> {
        let Self { list, as_of, objects: used, beyond, .. } = self;
        let counts = used.into_iter().zip(beyond);
        let all = list.entries.into_iter().zip(counts).map(|(it, (objects, beyond))| AcceptUse {
            place: it.place.clone(),
            what: it.to_string(),
            is_expired: it.is_expired(as_of),
            reason: it.reason,
            author: it.author,
            expires_at: it.expires_at,
            objects,
            beyond,
        });
        all.collect()
    }
}

impl Covering<'_> {
    /// The first entry that covers the operation as a whole (no attribute) or the change of one attribute.
    pub(crate) fn covers(
        &mut self,
        attribute: Option<&AttributeName>,
        outcome: Outcome,
    ) -> Option<usize> {
        let it = &mut *self.accepting;
        for at in &self.candidates {
            let entry = &it.list.entries[*at];
            let names = match (&entry.attribute, attribute) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(wanted), Some(found)) => wanted == found,
            };
            if !names || outcome.is_difference() && !entry.differences {
                continue;
            }
            if it.newest[*at] == it.now {
                return Some(*at);
            }
            if entry.at_most.is_some_and(|most| it.objects[*at] >= most) {
                it.beyond[*at] += 1;
                continue;
            }
            it.newest[*at] = it.now;
            it.objects[*at] += 1;
            return Some(*at);
        }
        None
    }

    /// The entry that covers a change of the object's own name.
    pub(crate) fn covers_name(&mut self, outcome: Outcome) -> Option<usize> {
        self.covers(Some(&AttributeName::new(NAME_ATTRIBUTE)), outcome)
    }
}
