//! What a rehearsal predicts and what a real server is about to do, held against each other.
use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dirlift_model::{
    AttributeName, AttributeValue, DistinguishedName, Guid, PendingExport,
    pending::{AttributeChange, Operation},
    verification::Outcome,
};

/// Attributes that a rehearsal could not read in the cloud, by object type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unreadable {
    noted: BTreeSet<(AttributeName, AttributeName)>,
    /// By connector what its source shows, where it does not show all.
    shown: BTreeMap<String, BTreeMap<AttributeName, BTreeSet<AttributeName>>>,
}

/// Most kinds that are remembered; a schema has a few hundred.
const MAX_KINDS: usize = 100_000;

impl Unreadable {
    /// Notes what the source of a connector shows, by object type: nothing else could be read.
    pub fn shows_only(
        &mut self,
        connector: impl Into<String>,
        shown: BTreeMap<AttributeName, BTreeSet<AttributeName>>,
    ) {
        self.shown.insert(connector.into(), shown);
    }

    /// Notes what a predicted export could not read.
    pub fn note(&mut self, export: &PendingExport) {
        self.note_of(&export.object_type, &export.unreadable);
    }

    /// Notes what could not be read of an object of a type.
    pub fn note_of(&mut self, object_type: &AttributeName, attributes: &[AttributeName]) {
        for attribute in attributes {
            let key = (object_type.clone(), attribute.clone());
            if self.noted.len() < MAX_KINDS && !self.noted.contains(&key) {
                self.noted.insert(key);
            }
        }
    }

    /// Whether an attribute of an object could not be read.
    fn has(&self, export: &PendingExport, attribute: &AttributeName) -> bool {
        let object_type = &export.object_type;
        if !self.noted.is_empty() && self.noted.contains(&(object_type.clone(), attribute.clone()))
        {
            return true;
        }
        let shown = self.shown.get(&export.connector);
        shown.is_some_and(|it| it.get(object_type).is_none_or(|it| !it.contains(attribute)))
    }
}

/// How one object compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The operation as such: `Same`, `Different`, or only on one side.
    pub operation: Outcome,
    /// The object's new name; `None` when it gets none on either side.
    pub name: Option<Outcome>,
    /// Attributes that change on either side, in the order of their names.
    pub attributes: Vec<ComparedAttribute>,
}

/// How one attribute compares, with its place in the changes of either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComparedAttribute {
    /// The outcome.
    pub outcome: Outcome,
    /// Place in the changes of the prediction.
    pub predicted: Option<usize>,
    /// Place in the changes of the real export.
    pub real: Option<usize>,
}

impl Compared {
    /// The outcome of the object: the worst of its parts.
    pub fn outcome(&self) -> Outcome {
        let parts = self.attributes.iter().map(|it| it.outcome).chain(self.name);
        // One-sided attributes of an object that both sides have make the object different.
        let parts = parts.map(|it| match it {
            Outcome::OnlyHere | Outcome::OnlyThere if !is_one_sided(self.operation) => {
                Outcome::Different
            }
            it => it,
        });
        parts.fold(self.operation, Outcome::max)
    }
}

const fn is_one_sided(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::OnlyHere | Outcome::OnlyThere)
}

/// Compares the two exports of one object.
pub fn compare(
    predicted: &PendingExport,
    real: &PendingExport,
    unreadable: &Unreadable,
) -> Compared {
    let operation = match (predicted.operation, real.operation) {
        (a, b) if a == b => Outcome::Same,
        // A rename is an update that also has a new name, which is compared by itself.
        (Operation::Rename, Operation::Update) | (Operation::Update, Operation::Rename) => {
            Outcome::Same
        }
        _ => Outcome::Different,
    };
    let name = match (&predicted.new_dn, &real.new_dn) {
        (None, None) => None,
        (Some(a), Some(b)) if a == b => Some(Outcome::Same),
        (Some(_), Some(_)) => Some(Outcome::Different),
        (Some(_), None) => Some(Outcome::OnlyHere),
        (None, Some(_)) => Some(Outcome::OnlyThere),
    };
    let is_unknown = |attribute: &AttributeName| {
        predicted.unreadable.contains(attribute) || unreadable.has(real, attribute)
    };
    let has_state = !matches!(real.operation, Operation::Add | Operation::DeleteAdd);
    let outcome = |a: Option<&AttributeChange>, b: Option<&AttributeChange>| match (a, b) {
        (Some(a), Some(b)) => values(a, b),
        (Some(_), None) => Outcome::OnlyHere,
        (None, Some(it)) if has_state && is_unknown(&it.attribute) => Outcome::NotComparable,
        (None, _) => Outcome::OnlyThere,
    };
    let attributes = merged(&predicted.changes, &real.changes)
        .into_iter()
        .map(|(a, b)| ComparedAttribute {
            outcome: outcome(
                a.and_then(|it| predicted.changes.get(it)),
                b.and_then(|it| real.changes.get(it)),
            ),
            predicted: a,
            real: b,
        })
        .collect();
    Compared { operation, name, attributes }
}

/// An export that only one side has.
pub fn one_sided(export: &PendingExport, outcome: Outcome, unreadable: &Unreadable) -> Compared {
    let is_predicted = outcome != Outcome::OnlyThere;
    let is_update = matches!(export.operation, Operation::Update);
    let of = |it: &AttributeChange| {
        let is_unknown =
            outcome == Outcome::OnlyThere && is_update && unreadable.has(export, &it.attribute);
        if is_unknown { Outcome::NotComparable } else { outcome }
    };
    let attributes: Vec<_> = export
        .changes
        .iter()
        .enumerate()
        .map(|(at, it)| ComparedAttribute {
            outcome: of(it),
            predicted: is_predicted.then_some(at),
            real: (!is_predicted).then_some(at),
        })
        .collect();
    // A rehearsal says nothing of an object of which it could read nothing that changes.
    let nothing_known =
        !attributes.is_empty() && attributes.iter().all(|it| it.outcome == Outcome::NotComparable);
    let operation = if nothing_known { Outcome::NotComparable } else { outcome };
    let name = export.new_dn.is_some().then_some(outcome);
    Compared { operation, name, attributes }
}

/// Places of the same attribute on both sides, in the order of the names.
fn merged(a: &[AttributeChange], b: &[AttributeChange]) -> Vec<(Option<usize>, Option<usize>)> {
    // Most objects change the same attributes on both sides, in the same order.
    let is_sorted = |all: &[AttributeChange]| all.is_sorted_by(|a, b| a.attribute < b.attribute);
    let is_same = a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.attribute == b.attribute);
    if is_same && is_sorted(a) {
        return (0..a.len()).map(|at| (Some(at), Some(at))).collect();
    }
    let mut all: BTreeMap<&AttributeName, (Option<usize>, Option<usize>)> = BTreeMap::new();
    for (at, it) in a.iter().enumerate() {
        all.entry(&it.attribute).or_default().0 = Some(at);
    }
    for (at, it) in b.iter().enumerate() {
        all.entry(&it.attribute).or_default().1 = Some(at);
    }
    all.into_values().collect()
}

/// Whether two changes of an attribute come to the same: the values after them, or what they add and remove.
fn values(predicted: &AttributeChange, real: &AttributeChange) -> Outcome {
    if predicted.new == real.new || is_alike(&predicted.new, &real.new) {
        return Outcome::Same;
    }
    let sets = [&predicted.old, &predicted.new, &real.old, &real.new];
    let [old_a, new_a, old_b, new_b] = sets.map(|it| it.iter().collect::<BTreeSet<_>>());
    if new_a == new_b {
        return Outcome::Same;
    }
    let come = |old: &BTreeSet<_>, new: &BTreeSet<_>| -> BTreeSet<_> {
        new.difference(old).copied().collect()
    };
    let (come_a, gone_a) = (come(&old_a, &new_a), come(&new_a, &old_a));
    let (come_b, gone_b) = (come(&old_b, &new_b), come(&new_b, &old_b));
    // A file without the state before and after tells only what comes and goes.
    if come_a == come_b && gone_a == gone_b {
        return Outcome::Same;
    }
    let left = |a: &BTreeSet<&AttributeValue>, b: &BTreeSet<&AttributeValue>| {
        let only_a: Vec<_> = a.difference(b).copied().collect();
        let n_only_b = b.difference(a).count();
        only_a.iter().all(|it| is_graph_name(it)) && only_a.len() == n_only_b
    };
    // References to objects whose name Graph does not tell can be counted, not compared.
    if left(&come_a, &come_b) && left(&gone_a, &gone_b) {
        return Outcome::NotComparable;
    }
    Outcome::Different
}

/// Whether two single values mean the same although they have different types.
fn is_alike(a: &[AttributeValue], b: &[AttributeValue]) -> bool {
    let ([a], [b]) = (a, b) else { return false };
    same_value(a, b) || same_value(b, a)
}

fn same_value(text: &AttributeValue, typed: &AttributeValue) -> bool {
    let AttributeValue::String(text) = text else { return text == typed };
    match typed {
        AttributeValue::String(other) => text == other,
        AttributeValue::Integer(number) => text.trim().parse() == Ok(*number),
        AttributeValue::Boolean(flag) => text.trim().eq_ignore_ascii_case(&flag.to_string()),
        AttributeValue::Binary(bytes) => STANDARD.encode(bytes) == text.trim(),
        AttributeValue::Reference(name) => {
            text.parse::<DistinguishedName>().is_ok_and(|it| it == *name)
        }
    }
}

/// Whether a reference is named by an object id: what an import through Graph calls groups, contacts and devices.
fn is_graph_name(value: &AttributeValue) -> bool {
    let AttributeValue::Reference(name) = value else { return false };
    let Some((_, value)) = name.first_component() else { return false };
    let inner = value.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
    inner.is_some_and(|it| it.contains('-') && it.parse::<Guid>().is_ok())
}
