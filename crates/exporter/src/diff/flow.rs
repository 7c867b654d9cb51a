//! Flows of one rule on both sides.
use std::{collections::BTreeMap, fmt::Write as _};

use dirlift_model::{
    AttributeName,
    difference::Kind,
    rule::{AttributeMapping, MappingKind, MappingSource, ValueMerge},
};

use super::{pairs::Links, rule::Report};

/// Everything that makes one flow what it is, with ids of the second configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Flow {
    source: Source,
    /// Attributes that an expression is said to read, sorted.
    reads: Vec<AttributeName>,
    merge: String,
    once: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Nothing,
    Attributes(Vec<AttributeName>),
    Constant(String),
    Expression(String),
}

impl Flow {
    fn new(it: &AttributeMapping, text: impl Fn(&str) -> String) -> Self {
        let source = match (it.kind(), &it.source) {
            (Some(MappingKind::Expression), _) => {
                let expression = it.expression.as_deref().unwrap_or_default();
                Source::Expression(text(expression.replace("\r\n", "\n").trim()))
            }
            (None, _) => Source::Nothing,
            (_, MappingSource::Attributes(all)) => Source::Attributes(all.clone()),
            (_, MappingSource::Constant(value)) => Source::Constant(text(value)),
        };
        let mut reads = match (&source, &it.source) {
            (Source::Expression(_), MappingSource::Attributes(all)) => all.clone(),
            _ => Vec::new(),
        };
        reads.sort_unstable();
        reads.dedup();
        let merge = match &it.merge {
            ValueMerge::Replace => &ValueMerge::Update,
            other => other,
        };
        Self { source, reads, merge: merge.as_str().to_owned(), once: it.execute_once }
    }

    /// The flow in words; what both sides share beside the source is left out.
    fn words(&self, other: Option<&Self>) -> String {
        let names = |all: &[AttributeName]| {
            all.iter().map(AttributeName::as_str).collect::<Vec<_>>().join(", ")
        };
        let mut out = match &self.source {
            Source::Nothing => "no source".to_owned(),
            Source::Attributes(all) => format!("attribute {}", names(all)),
            Source::Constant(value) => format!("constant \"{value}\""),
            Source::Expression(text) => text.clone(),
        };
        if other.is_some_and(|it| it.source == self.source && it.reads != self.reads) {
            let reads =
                if self.reads.is_empty() { "nothing".to_owned() } else { names(&self.reads) };
            let _ = write!(out, " [listed as its source: {reads}]");
        }
        let is_usual = self.merge == ValueMerge::Update.as_str();
        if other.map_or(!is_usual, |it| it.merge != self.merge) {
            let _ = write!(out, " [merge: {}]", self.merge);
        }
        if other.map_or(self.once, |it| it.once != self.once) {
            out.push_str(if self.once { " [only once]" } else { " [always]" });
        }
        out
    }
}

/// Compares flows by the attribute they write.
pub(super) fn compare(
    before: &[AttributeMapping],
    after: &[AttributeMapping],
    links: &Links,
    report: &mut Report<'_>,
) {
    let mut by_target: BTreeMap<&AttributeName, (Vec<Flow>, Vec<Flow>)> = BTreeMap::new();
    for it in before {
        let flow = Flow::new(it, |text| links.translate(text).into_owned());
        by_target.entry(&it.destination).or_default().0.push(flow);
    }
    for it in after {
        let flow = Flow::new(it, ToOwned::to_owned);
        by_target.entry(&it.destination).or_default().1.push(flow);
    }
    for (target, (before, after)) in by_target {
        let (before, after) = unequal(before, after);
        let n_both = before.len().min(after.len());
        let mut say = |kind, what: &str, a: Option<String>, b: Option<String>| {
            report.part(kind, target.as_str(), format!("flow to {target} {what}"), a, b);
        };
        for (a, b) in before.iter().zip(&after) {
            let (a, b) = (Some(a.words(Some(b))), Some(b.words(Some(a))));
            say(Kind::FlowChanged, "changed", a, b);
        }
        for a in &before[n_both..] {
            say(Kind::FlowRemoved, "removed", Some(a.words(None)), None);
        }
        for b in &after[n_both..] {
            say(Kind::FlowAdded, "added", None, Some(b.words(None)));
        }
    }
}

/// What is left of two lists without what they have in common, each in its order.
pub(super) fn unequal<T: Ord>(before: Vec<T>, after: Vec<T>) -> (Vec<T>, Vec<T>) {
    let mut counts: BTreeMap<&T, usize> = BTreeMap::new();
    for it in &after {
        *counts.entry(it).or_default() += 1;
    }
    let mut take = |it: &T| match counts.get_mut(it) {
        Some(n) if *n > 0 => {
            *n -= 1;
            true
        }
        _ => false,
    };
    let common: Vec<bool> = before.iter().map(&mut take).collect();
    let mut shared: BTreeMap<&T, usize> = BTreeMap::new();
    for (it, _) in before.iter().zip(&common).filter(|(_, is_common)| **is_common) {
        *shared.entry(it).or_default() += 1;
    }
    let stays: Vec<bool> = after
        .iter()
        .map(|it| match shared.get_mut(it) {
            Some(n) if *n > 0 => {
                *n -= 1;
                false
            }
            _ => true,
        })
        .collect();
    let after = after.into_iter().zip(stays).filter_map(|(it, stays)| stays.then_some(it));
    let after = after.collect();
    let before = before.into_iter().zip(common).filter_map(|(it, common)| (!common).then_some(it));
    (before.collect(), after)
}
