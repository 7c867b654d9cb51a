//! The guards: each counts or looks for one thing, and says what it saw.
use std::{collections::BTreeMap, fmt};

use dirlift_model::{
    AttributeName, AttributeValue, DistinguishedName, PendingExport,
    pending::{AttributeChange, Operation},
    text::{grouped, plural},
    verification::GuardReport,
};
use serde::Serialize;

use crate::{Limits, Marks, Population, Sensitive};

/// Most single objects that a verdict names; the rest is counted.
const MAX_NAMED: usize = 1_000;

/// Most object types that are counted apart.
const MAX_TYPES: usize = 1_000;

/// Most attributes of all types that are counted apart.
const MAX_ATTRIBUTES: usize = 20_000;

/// Looks at the pending exports of one connector.
#[derive(Clone, Debug)]
pub struct Guards {
    connector: String,
    limits: Limits,
    population: Population,
    sensitive: Sensitive,
    seen: Seen,
    deletes: BTreeMap<AttributeName, u64>,
    changes: BTreeMap<AttributeName, BTreeMap<AttributeName, u64>>,
    /// How many attributes are in there.
    n_attributes: usize,
    named: Vec<Tripped>,
    unnamed: u64,
    /// Objects of types, and changes of attributes, of which there were too many to count each apart.
    uncounted: u64,
}

/// Where a pending export was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin<'a> {
    /// In the rehearsal, which knows every value that it replaces.
    Rehearsal,
    /// In a real server's file, which may leave values out that it replaces; with what the rehearsal predicts for the object.
    Server(Option<&'a PendingExport>),
}

/// What passed by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Pending exports.
    pub exports: u64,
    /// Those that make an object.
    pub adds: u64,
    /// Those that change or rename one.
    pub updates: u64,
    /// Those that delete one, to make it again or not.
    pub deletes: u64,
}

/// Whether an export may take place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The name of the connector.
    pub connector: String,
    /// What passed by.
    pub seen: Seen,
    /// The guards that object, counts first, then single objects in the order of the exports.
    pub tripped: Vec<Tripped>,
    /// Single objects that are objected to and not named, because there are too many.
    pub not_named: u64,
    /// Guards that could not look.
    pub not_checked: Vec<NotChecked>,
}

/// A guard that could not look.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NotChecked {
    /// The guard.
    pub guard: &'static str,
    /// The type it is about; `None` for all.
    pub object_type: Option<AttributeName>,
    /// What is missing.
    pub why: &'static str,
}

/// A guard that objects, with what it saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "guard", rename_all = "kebab-case")]
pub enum Tripped {
    /// More deletes than the limit.
    Deletes {
        /// Deletes.
        count: u64,
        /// The most that pass.
        limit: u64,
    },
    /// More deletes than the limit, in percent.
    DeletePercent {
        /// Deletes.
        count: u64,
        /// Objects of the connector.
        of: u64,
        /// The most that pass, in percent.
        limit: u8,
    },
    /// More deletes of one type than the limit.
    DeletesOfType {
        /// The type.
        object_type: AttributeName,
        /// Deletes.
        count: u64,
        /// The most that pass.
        limit: u64,
    },
    /// One attribute changes on more objects than the limit, in percent.
    AttributeChanges {
        /// The type.
        object_type: AttributeName,
        /// The attribute.
        attribute: AttributeName,
        /// Objects on which it changes.
        count: u64,
        /// Objects of the type.
        of: u64,
        /// The most that pass, in percent.
        limit: u8,
    },
    /// An administrator is touched at all.
    Administrator {
        /// The object.
        dn: DistinguishedName,
        /// What is about to happen.
        operation: Operation,
        /// The attributes that change.
        attributes: Vec<AttributeName>,
    },
    /// A user with a licence loses something.
    LicensedUser {
        /// The object.
        dn: DistinguishedName,
        /// What it loses.
        change: LicensedChange,
    },
}

/// What a user with a licence loses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum LicensedChange {
    /// It is deleted, to be made again or not.
    Deleted,
    /// It cannot sign in any more.
    Disabled,
    /// Its source anchor changes.
    Anchor {
        /// The anchor it has.
        old: String,
        /// The anchor it gets.
        new: String,
    },
    /// The name it signs in with changes.
    UserPrincipalName {
        /// The name it has.
        old: String,
        /// The name it gets.
        new: String,
    },
}

impl Guards {
    /// Guards for the exports of one connector; those of others are passed over.
    pub fn new(
        connector: impl Into<String>,
        limits: Limits,
        population: Population,
        sensitive: Sensitive,
    ) -> Self {
        Self {
            connector: connector.into(),
            limits,
            population,
            sensitive,
            seen: Seen::default(),
            deletes: BTreeMap::new(),
            changes: BTreeMap::new(),
            n_attributes: 0,
            named: Vec::new(),
            unnamed: 0,
            uncounted: 0,
        }
    }

    /// The name of the connector.
    pub fn connector(&self) -> &str {
        &self.connector
    }

    /// Looks at one export.
    pub fn see(&mut self, export: &PendingExport) {
        if export.connector != self.connector {
            return;
        }
        let marks = Marks {
            is_administrator: self.sensitive.administrators.contains(&export.dn),
            has_licence: self.sensitive.licensed.contains(&export.dn),
        };
        self.see_marked(export, marks, Origin::Rehearsal);
    }

    /// Looks at one export of an object of which the caller knows whether it has a role or a licence: for directories
    /// with more of them than memory takes.
    pub fn see_marked(&mut self, export: &PendingExport, marks: Marks, origin: Origin<'_>) {
        if export.connector != self.connector {
            return;
        }
        self.count(export);
        if marks.is_administrator {
            self.name(Tripped::Administrator {
                dn: export.dn.clone(),
                operation: export.operation,
                attributes: export.changes.iter().map(|it| it.attribute.clone()).collect(),
            });
        }
        if marks.has_licence {
            for change in losses(export, origin) {
                self.name(Tripped::LicensedUser { dn: export.dn.clone(), change });
            }
        }
    }

    /// Counts an export that somebody accepted by the object's name: only the counts object to it.
    pub fn count(&mut self, export: &PendingExport) {
        if export.connector != self.connector {
            return;
        }
        self.seen.exports += 1;
        match export.operation {
            Operation::Add => self.seen.adds += 1,
            Operation::Update | Operation::Rename => {
                self.seen.updates += 1;
                let has_room = self.changes.len() < MAX_TYPES;
                if !self.changes.contains_key(&export.object_type) && has_room {
                    self.changes.insert(export.object_type.clone(), BTreeMap::new());
                }
                let Some(counts) = self.changes.get_mut(&export.object_type) else {
                    self.uncounted += 1;
                    return;
                };
                for change in &export.changes {
                    match counts.get_mut(&change.attribute) {
                        Some(n) => *n += 1,
                        None if self.n_attributes < MAX_ATTRIBUTES => {
                            self.n_attributes += 1;
                            counts.insert(change.attribute.clone(), 1);
                        }
                        None => self.uncounted += 1,
                    }
                }
            }
            Operation::Delete | Operation::DeleteAdd => {
                self.seen.deletes += 1;
                let is_room = self.deletes.len() < MAX_TYPES;
                match self.deletes.get_mut(&export.object_type) {
                    Some(n) => *n += 1,
                    None if is_room => {
                        self.deletes.insert(export.object_type.clone(), 1);
                    }
                    None => self.uncounted += 1,
                }
            }
        }
    }

    fn name(&mut self, tripped: Tripped) {
        if self.named.len() < MAX_NAMED {
            self.named.push(tripped);
        } else {
            self.unnamed += 1;
        }
    }

    /// Says whether the exports that were seen may take place.
    pub fn verdict(self) -> Verdict {
        let mut tripped = Vec::new();
        let mut not_checked = Vec::new();
        let count = self.seen.deletes;
        if let Some(limit) = self.limits.deletes.filter(|it| count > *it) {
            tripped.push(Tripped::Deletes { count, limit });
        }
        if let Some(limit) = self.limits.delete_percent {
            match self.population.total() {
                Some(of) if exceeds(count, of, limit) => {
                    tripped.push(Tripped::DeletePercent { count, of, limit });
                }
                Some(_) => {}
                None => not_checked.push(NotChecked {
                    guard: "delete-percent",
                    object_type: None,
                    why: "the number of objects is not known",
                }),
            }
        }
        for (object_type, limit) in &self.limits.deletes_by_type {
            let count = self.deletes.get(object_type).copied().unwrap_or(0);
            if count > *limit {
                let object_type = object_type.clone();
                tripped.push(Tripped::DeletesOfType { object_type, count, limit: *limit });
            }
        }
        if let Some(limit) = self.limits.attribute_percent {
            let changes = self.changes.into_iter().flat_map(|(object_type, counts)| {
                counts.into_iter().map(move |it| (object_type.clone(), it.0, it.1))
            });
            for (object_type, attribute, count) in changes {
                match self.population.0.get(&object_type).copied() {
                    Some(of) if exceeds(count, of, limit) => {
                        tripped.push(Tripped::AttributeChanges {
                            object_type,
                            attribute,
                            count,
                            of,
                            limit,
                        });
                    }
                    Some(_) => {}
                    None => not_checked.push(NotChecked {
                        guard: "attribute-changes",
                        object_type: Some(object_type),
                        why: "the number of objects of this type is not known",
                    }),
                }
            }
        }
        not_checked.dedup();
        let by_kind =
            self.limits.attribute_percent.is_some() || !self.limits.deletes_by_type.is_empty();
        if self.uncounted > 0 && by_kind {
            not_checked.push(NotChecked {
                guard: "counts by type and attribute",
                object_type: None,
                why: "there are too many types and attributes to count each apart",
            });
        }
        tripped.extend(self.named);
        Verdict {
            connector: self.connector,
            seen: self.seen,
            tripped,
            not_named: self.unnamed,
            not_checked,
        }
    }
}

impl Verdict {
    /// Whether no guard objects. What could not be checked does not object.
    pub fn passes(&self) -> bool {
        self.tripped.is_empty()
    }

    /// The same in words, for a document. `looked_at_real` says whether real exports passed by.
    pub fn report(&self, looked_at_real: bool) -> GuardReport {
        let not_checked = self.not_checked.iter().map(|it| match &it.object_type {
            Some(object_type) => format!("{} of type {object_type}: {}", it.guard, it.why),
            None => format!("{}: {}", it.guard, it.why),
        });
        GuardReport {
            connector: self.connector.clone(),
            looked_at_real,
            exports: self.seen.exports,
            deletes: self.seen.deletes,
            objections: self.tripped.iter().map(ToString::to_string).collect(),
            not_named: self.not_named,
            not_checked: not_checked.collect(),
        }
    }
}

/// Whether a count is more than so many percent of a whole.
fn exceeds(count: u64, of: u64, percent: u8) -> bool {
    u128::from(count) * 100 > u128::from(of) * u128::from(percent)
}

/// What a user would lose by an export.
fn losses(export: &PendingExport, origin: Origin<'_>) -> Vec<LicensedChange> {
    match export.operation {
        Operation::Delete | Operation::DeleteAdd => return vec![LicensedChange::Deleted],
        Operation::Add => return Vec::new(),
        Operation::Update | Operation::Rename => {}
    }
    let mut out = Vec::new();
    if change(export, "accountEnabled").is_some_and(|it| is_false(&it.new) && !is_false(&it.old)) {
        out.push(LicensedChange::Disabled);
    }
    if let Some((old, new)) = replaced(export, "sourceAnchor", origin) {
        out.push(LicensedChange::Anchor { old, new });
    }
    if let Some((old, new)) = replaced(export, "userPrincipalName", origin) {
        out.push(LicensedChange::UserPrincipalName { old, new });
    }
    out
}

fn change<'a>(export: &'a PendingExport, name: &str) -> Option<&'a AttributeChange> {
    export.changes.iter().find(|it| it.attribute.is(name))
}

/// The value that an update replaces, and the one that comes. A value that the object did not have is not replaced; where
/// nobody knows what it has, it is.
fn replaced(export: &PendingExport, name: &str, origin: Origin<'_>) -> Option<(String, String)> {
    let it = change(export, name)?;
    let mut old = Some(it.old.as_slice());
    if let (true, Origin::Server(predicted)) = (it.old.is_empty(), origin) {
        old = predicted.and_then(|it| Some(change(it, name)?.old.as_slice()));
    }
    let shown_old = match old {
        Some([]) => return None,
        Some(values) if values == it.new.as_slice() => return None,
        Some(values) => shown(values),
        None => "a value that is not known".to_owned(),
    };
    Some((shown_old, shown(&it.new)))
}

fn is_false(values: &[AttributeValue]) -> bool {
    match values {
        [AttributeValue::Boolean(flag)] => !flag,
        [AttributeValue::String(text)] => text.eq_ignore_ascii_case("false"),
        _ => false,
    }
}

fn shown(values: &[AttributeValue]) -> String {
    match values.first() {
        Some(AttributeValue::String(text)) => text.clone(),
        Some(AttributeValue::Binary(bytes)) => {
            bytes.iter().map(|it| format!("{it:02X}")).collect::<Vec<_>>().concat()
        }
        Some(AttributeValue::Integer(number)) => number.to_string(),
        Some(AttributeValue::Boolean(flag)) => flag.to_string(),
        Some(AttributeValue::Reference(name)) => name.to_string(),
        None => String::new(),
    }
}

impl fmt::Display for Tripped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deletes { count, limit } => {
                write!(
                    f,
                    "{}, and at most {} pass",
                    plural(*count, "delete", "deletes"),
                    grouped(*limit)
                )
            }
            Self::DeletePercent { count, of, limit } => {
                let deletes = plural(*count, "delete", "deletes");
                write!(f, "{deletes} of {} objects, and at most {limit} % pass", grouped(*of))
            }
            Self::DeletesOfType { object_type, count, limit } => {
                let deletes = plural(*count, "delete", "deletes");
                write!(f, "{deletes} of type {object_type}, and at most {} pass", grouped(*limit))
            }
            Self::AttributeChanges { object_type, attribute, count, of, limit } => write!(
                f,
                "{attribute} changes on {} of {} objects of type {object_type}, and at most {limit} % pass",
                grouped(*count),
                grouped(*of)
            ),
            Self::Administrator { dn, operation, .. } => {
                write!(f, "{operation} of the administrator {dn}")
            }
            Self::LicensedUser { dn, change } => write!(f, "the licensed user {dn} {change}"),
        }
    }
}

impl fmt::Display for LicensedChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deleted => f.write_str("is deleted"),
            Self::Disabled => f.write_str("is disabled"),
            Self::Anchor { old, new } => {
                write!(f, "gets another source anchor: `{old}` becomes `{new}`")
            }
            Self::UserPrincipalName { old, new } => {
                write!(f, "gets another user principal name: `{old}` becomes `{new}`")
            }
        }
    }
}
