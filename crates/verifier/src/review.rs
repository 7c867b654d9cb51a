//! Looks at every pending export once: compares, judges by the accept-list, asks the guards and counts.
use std::collections::{BTreeMap, BTreeSet};

use dirlift_model::{
    AttributeName, PendingExport,
    pending::{AttributeChange, Cause, Operation},
    verification::{
        AcceptUse, AttributeCount, Filter, GuardReport, OperationCount, Outcome, OutcomeCount, Row,
        RowChange,
    },
};
use jiff::Timestamp;

use crate::{
    AcceptList, Guards, Marks, Origin,
    accept::{Accepting, Subject},
    compare::{Compared, Unreadable, compare, one_sided},
    show,
};

/// Most kinds of exports (connector, type, operation, cause) that are counted apart.
const MAX_KINDS: usize = 1_000;
/// Most attributes of one kind that are counted apart.
const MAX_ATTRIBUTES: usize = 2_000;
/// Most changes of one object that a row shows.
const MAX_CHANGES: usize = 200;
/// What is counted under this name is one of too many.
const MORE: &str = "(more)";

/// A pending export as it is met.
#[derive(Clone, Copy, Debug)]
pub enum Met<'a> {
    /// Predicted; no real server's file was given.
    NotCompared(&'a PendingExport),
    /// Predicted, and not in the real server's file.
    OnlyHere(&'a PendingExport),
    /// In the real server's file, and not predicted.
    OnlyThere(&'a PendingExport),
    /// Both.
    Both {
        /// What the rehearsal predicts.
        predicted: &'a PendingExport,
        /// What the real server is about to do.
        real: &'a PendingExport,
    },
}

/// Whether the row of an export is wanted, if it passes the filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Of an export that is expected.
    pub expected: bool,
    /// Of one of which something is unexpected.
    pub unexpected: bool,
}

impl Wanted {
    /// Every row.
    pub const ALL: Self = Self { expected: true, unexpected: true };
    /// None: only counts.
    pub const NONE: Self = Self { expected: false, unexpected: false };
}

/// Takes pending exports one by one; memory does not grow with their number.
#[derive(Clone, Debug)]
pub struct Review {
    accepting: Accepting,
    guards: Vec<Guards>,
    real: BTreeSet<String>,
    filter: Filter,
    find: Option<String>,
    unreadable: Unreadable,
    kinds: Vec<Kind>,
    matching: u64,
}

/// What a review comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewed {
    /// Outcomes by connector, in the order of the names.
    pub outcomes: BTreeMap<String, Vec<OutcomeCount>>,
    /// Objects of which something is unexpected, by connector.
    pub unexpected: BTreeMap<String, u64>,
    /// Pending exports by kind.
    pub by_operation: Vec<OperationCount>,
    /// Changes by attribute.
    pub by_attribute: Vec<AttributeCount>,
    /// What the guards say.
    pub guards: Vec<GuardReport>,
    /// What the accept-list was used for.
    pub accepted: Vec<AcceptUse>,
    /// How many exports pass the filter.
    pub matching: u64,
}

#[derive(Clone, Debug)]
struct Kind {
    connector: String,
    object_type: AttributeName,
    operation: Operation,
    cause: &'static str,
    objects: u64,
    unexpected: u64,
    outcomes: [u64; Outcome::ALL.len()],
    attributes: BTreeMap<AttributeName, AttributeTally>,
}

#[derive(Clone, Copy, Debug, Default)]
struct AttributeTally {
    objects: u64,
    unexpected: u64,
    differences: u64,
}

impl AttributeTally {
    fn add(&mut self, outcome: Outcome, word: Word) {
        self.objects += 1;
        self.unexpected += u64::from(!word.is_expected);
        self.differences += u64::from(outcome.is_difference());
    }
}

/// A judgement: whether a part is expected, and the entry that says so.
#[derive(Clone, Copy, Debug)]
struct Word {
    is_expected: bool,
    entry: Option<usize>,
}

impl Word {
    const fn of(entry: Option<usize>) -> Self {
        Self { is_expected: entry.is_some(), entry }
    }
}

/// The one word for a cause.
fn cause_word(cause: Option<&Cause>) -> &'static str {
    cause.map_or("not-stated", Cause::kind)
}

impl Review {
    /// A review by an accept-list at a time. `unreadable` is what the rehearsal could not read anywhere.
    pub fn new(
        accept: AcceptList,
        as_of: Timestamp,
        guards: Vec<Guards>,
        filter: Filter,
        unreadable: Unreadable,
    ) -> Self {
        let find = filter.find.as_ref().map(|it| it.to_lowercase());
        Self {
            accepting: Accepting::new(accept, as_of),
            guards,
            real: BTreeSet::new(),
            find,
            filter,
            unreadable,
            kinds: Vec::new(),
            matching: 0,
        }
    }

    /// Looks at one export. The row comes back when it is wanted and passes the filter. `error` is what the real server
    /// tells of an earlier export of the object.
    pub fn see(
        &mut self,
        met: Met<'_>,
        marks: Marks,
        error: Option<&str>,
        wanted: Wanted,
    ) -> Option<Row> {
        let (compared, shown, predicted) = match met {
            Met::NotCompared(it) => {
                (one_sided(it, Outcome::NotCompared, &self.unreadable), it, Some(it))
            }
            Met::OnlyHere(it) => (one_sided(it, Outcome::OnlyHere, &self.unreadable), it, Some(it)),
            Met::OnlyThere(it) => (one_sided(it, Outcome::OnlyThere, &self.unreadable), it, None),
            Met::Both { predicted, real } => {
                (compare(predicted, real, &self.unreadable), real, Some(predicted))
            }
        };
        let cause = predicted.and_then(|it| it.cause.as_ref());
        let judged = self.judge(&compared, shown, predicted, cause_word(cause));
        self.guard(met, marks, &judged);
        self.count(&compared, shown, predicted, &judged, cause_word(cause));
        if !self.passes(&compared, shown, predicted, &judged, cause_word(cause)) {
            return None;
        }
        self.matching += 1;
        let is_wanted = if judged.is_expected { wanted.expected } else { wanted.unexpected };
        is_wanted.then(|| row(&compared, shown, predicted, &judged, error))
    }

    /// Whether somebody expects that the cloud refuses so many exports with this word.
    pub fn expects_refused(&mut self, word: &str, n: u64) -> bool {
        self.accepting.refused(word, n)
    }

    fn judge(
        &mut self,
        compared: &Compared,
        shown: &PendingExport,
        predicted: Option<&PendingExport>,
        cause: &str,
    ) -> Judged {
        let subject = Subject {
            connector: &shown.connector,
            operation: shown.operation,
            object_type: &shown.object_type,
            dn: &shown.dn,
            anchor: shown.anchor.as_deref(),
            cause,
        };
        let mut covering = self.accepting.object(&subject);
        let is_whole = compared.operation == Outcome::Different
            || matches!(shown.operation, Operation::Add | Operation::Delete | Operation::DeleteAdd);
        let whole = is_whole.then(|| Word::of(covering.covers(None, compared.operation)));
        let name = compared.name.map(|it| Word::of(covering.covers_name(it)));
        let attributes: Vec<_> = compared
            .attributes
            .iter()
            .map(|it| {
                let is_part = it.outcome == compared.operation || !it.outcome.is_difference();
                match whole {
                    Some(whole) if is_part => whole,
                    _ => Word::of(
                        change(it, shown, predicted)
                            .and_then(|found| covering.covers(Some(&found.attribute), it.outcome)),
                    ),
                }
            })
            .collect();
        // Where no change can be read, only a word on the operation as a whole will do.
        let has_parts = whole.is_some() || name.is_some() || !attributes.is_empty();
        let whole = whole
            .or_else(|| (!has_parts).then(|| Word::of(covering.covers(None, compared.operation))));
        let mut words = attributes.iter().chain(&whole).chain(&name);
        let is_expected = words.all(|it| it.is_expected);
        let entries = attributes.iter().chain(&whole).chain(&name).filter_map(|it| it.entry);
        let entries: BTreeSet<usize> = entries.collect();
        let is_named = is_expected
            && !entries.is_empty()
            && entries.iter().all(|it| self.accepting.names_object(*it));
        Judged { whole, name, attributes, is_expected, is_named }
    }

    /// Real exports pass by the guards where there are any, predicted ones elsewhere.
    fn guard(&mut self, met: Met<'_>, marks: Marks, judged: &Judged) {
        let (export, origin) = match met {
            Met::NotCompared(it) => (it, Origin::Rehearsal),
            Met::OnlyThere(it) => (it, Origin::Server(None)),
            Met::Both { predicted, real } => (real, Origin::Server(Some(predicted))),
            Met::OnlyHere(_) => return,
        };
        if origin != Origin::Rehearsal && !self.real.contains(&export.connector) {
            self.real.insert(export.connector.clone());
        }
        for guard in &mut self.guards {
            if judged.is_named {
                guard.count(export);
            } else {
                guard.see_marked(export, marks, origin);
            }
        }
    }

    fn count(
        &mut self,
        compared: &Compared,
        shown: &PendingExport,
        predicted: Option<&PendingExport>,
        judged: &Judged,
        cause: &'static str,
    ) {
        let kind = self.kind(shown, cause);
        kind.objects += 1;
        kind.unexpected += u64::from(!judged.is_expected);
        kind.outcomes[compared.outcome() as usize] += 1;
        for (it, word) in compared.attributes.iter().zip(&judged.attributes) {
            let Some(found) = change(it, shown, predicted) else { continue };
            if kind.attributes.len() >= MAX_ATTRIBUTES
                && !kind.attributes.contains_key(&found.attribute)
            {
                kind.attributes.entry(MORE.into()).or_default().add(it.outcome, *word);
            } else if let Some(tally) = kind.attributes.get_mut(&found.attribute) {
                tally.add(it.outcome, *word);
            } else {
                let tally = kind.attributes.entry(found.attribute.clone()).or_default();
                tally.add(it.outcome, *word);
            }
        }
    }

    fn kind(&mut self, shown: &PendingExport, cause: &'static str) -> &mut Kind {
        let is_it = |it: &Kind, connector: &str, object_type: &AttributeName| {
            it.operation == shown.operation
                && it.cause == cause
                && it.object_type == *object_type
                && it.connector == connector
        };
        let known =
            self.kinds.iter().position(|it| is_it(it, &shown.connector, &shown.object_type));
        if let Some(at) = known {
            return &mut self.kinds[at];
        }
        let mut found = None;
        let (mut connector, mut object_type) = (shown.connector.clone(), shown.object_type.clone());
        if self.kinds.len() >= MAX_KINDS {
            (connector, object_type) = (MORE.to_owned(), MORE.into());
            found = self.kinds.iter().position(|it| is_it(it, &connector, &object_type));
        }
        let at = found.unwrap_or_else(|| {
            self.kinds.push(Kind {
                connector,
                object_type,
                operation: shown.operation,
                cause,
                objects: 0,
                unexpected: 0,
                outcomes: [0; Outcome::ALL.len()],
                attributes: BTreeMap::new(),
            });
            self.kinds.len() - 1
        });
        &mut self.kinds[at]
    }

    fn passes(
        &self,
        compared: &Compared,
        shown: &PendingExport,
        predicted: Option<&PendingExport>,
        judged: &Judged,
        cause: &str,
    ) -> bool {
        let it = &self.filter;
        let among = |names: &[String], name: &str| {
            names.is_empty() || names.iter().any(|it| it.eq_ignore_ascii_case(name))
        };
        let changes =
            || shown.changes.iter().chain(predicted.into_iter().flat_map(|it| &it.changes));
        (!it.unexpected || !judged.is_expected)
            && among(&it.connectors, &shown.connector)
            && among(&it.causes, cause)
            && (it.operations.is_empty() || it.operations.contains(&shown.operation))
            && (it.object_types.is_empty() || it.object_types.contains(&shown.object_type))
            && (it.outcomes.is_empty()
                || it.outcomes.contains(&compared.outcome())
                || compared.attributes.iter().any(|part| it.outcomes.contains(&part.outcome)))
            && (it.attributes.is_empty()
                || changes().any(|change| it.attributes.contains(&change.attribute)))
            && self.find.as_ref().is_none_or(|text| {
                show::has(shown, text) || predicted.is_some_and(|it| show::has(it, text))
            })
    }

    /// What it comes to.
    pub fn finish(self) -> Reviewed {
        let mut outcomes: BTreeMap<String, [u64; Outcome::ALL.len()]> = BTreeMap::new();
        let mut unexpected: BTreeMap<String, u64> = BTreeMap::new();
        let mut by_attribute: BTreeMap<_, AttributeTally> = BTreeMap::new();
        let mut by_operation = Vec::new();
        for kind in self.kinds {
            *unexpected.entry(kind.connector.clone()).or_default() += kind.unexpected;
            let all = outcomes.entry(kind.connector.clone()).or_default();
            for (sum, n) in all.iter_mut().zip(kind.outcomes) {
                *sum += n;
            }
            for (attribute, it) in kind.attributes {
                let connector = kind.connector.clone();
                let key = (connector, kind.object_type.clone(), kind.operation, attribute);
                let tally = by_attribute.entry(key).or_default();
                tally.objects += it.objects;
                tally.unexpected += it.unexpected;
                tally.differences += it.differences;
            }
            by_operation.push(OperationCount {
                connector: kind.connector,
                object_type: kind.object_type,
                operation: kind.operation,
                cause: kind.cause.to_owned(),
                objects: kind.objects,
                unexpected: kind.unexpected,
            });
        }
        by_operation.sort();
        let by_attribute = by_attribute.into_iter().map(|(key, it)| {
            let (connector, object_type, operation, attribute) = key;
            let AttributeTally { objects, unexpected, differences } = it;
            AttributeCount {
                connector,
                object_type,
                operation,
                attribute,
                objects,
                unexpected,
                differences,
            }
        });
        let outcomes = outcomes.into_iter().map(|(connector, counts)| {
            let all = Outcome::ALL.into_iter().zip(counts).filter(|it| it.1 > 0);
            let all = all.map(|(outcome, objects)| OutcomeCount { outcome, objects });
            (connector, all.collect())
        });
        let real = self.real;
        Reviewed {
            outcomes: outcomes.collect(),
            unexpected,
            by_operation,
            by_attribute: by_attribute.collect(),
            guards: self
                .guards
                .into_iter()
                .map(|it| {
                    let looked_at_real = real.contains(it.connector());
                    it.verdict().report(looked_at_real)
                })
                .collect(),
            accepted: self.accepting.uses(),
            matching: self.matching,
        }
    }
}

/// The judgement about one export.
struct Judged {
    whole: Option<Word>,
    name: Option<Word>,
    attributes: Vec<Word>,
    is_expected: bool,
    /// All of it is accepted by entries that name the object.
    is_named: bool,
}

/// The change behind a compared attribute: the real one if there is one.
fn change<'a>(
    it: &crate::compare::ComparedAttribute,
    shown: &'a PendingExport,
    predicted: Option<&'a PendingExport>,
) -> Option<&'a AttributeChange> {
    let real = it.real.and_then(|at| shown.changes.get(at));
    real.or_else(|| predicted?.changes.get(it.predicted?))
}

fn row(
    compared: &Compared,
    shown: &PendingExport,
    predicted: Option<&PendingExport>,
    judged: &Judged,
    error: Option<&str>,
) -> Row {
    let cause = predicted.and_then(|it| it.cause.as_ref());
    let mut changes = Vec::new();
    for (it, word) in compared.attributes.iter().zip(&judged.attributes).take(MAX_CHANGES) {
        let Some(found) = change(it, shown, predicted) else { continue };
        let predicted = it.predicted.and_then(|at| predicted?.changes.get(at));
        let (old, new) = show::change(found);
        let is_both = it.predicted.is_some() && it.real.is_some();
        let differs = matches!(it.outcome, Outcome::Different | Outcome::NotComparable);
        changes.push(RowChange {
            attribute: found.attribute.clone(),
            old,
            new,
            predicted: predicted.filter(|_| is_both && differs).map(|it| show::change(it).1),
            rule: predicted.and_then(|it| it.rule.clone()),
            flow: predicted.and_then(|it| it.flow.clone()),
            outcome: it.outcome,
            is_expected: word.is_expected,
            accepted: word.entry,
        });
    }
    Row {
        connector: shown.connector.clone(),
        operation: shown.operation,
        predicted_operation: predicted.map(|it| it.operation).filter(|it| *it != shown.operation),
        object_type: shown.object_type.clone(),
        dn: shown.dn.clone(),
        new_dn: shown.new_dn.clone().or_else(|| predicted?.new_dn.clone()),
        anchor: shown.anchor.clone().or_else(|| predicted?.anchor.clone()),
        display_name: shown.display_name.clone().or_else(|| predicted?.display_name.clone()),
        cause: cause_word(cause).to_owned(),
        cause_text: cause.map(ToString::to_string),
        outcome: compared.outcome(),
        is_expected: judged.is_expected,
        accepted: judged.whole.or(judged.name).and_then(|it| it.entry),
        more_changes: compared.attributes.len().saturating_sub(MAX_CHANGES) as u64,
        changes,
        unreadable: predicted.map(|it| it.unreadable.clone()).unwrap_or_default(),
        error: error.map(ToOwned::to_owned),
    }
}
