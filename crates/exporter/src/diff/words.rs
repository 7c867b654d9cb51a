//! Where differences are collected, and the forms in which values are shown.
use std::collections::BTreeMap;

use dirlift_model::{
    difference::{Difference, Kind},
    text::shorten,
};

use super::pairs::Links;

/// Longest value that is kept, in characters.
const MAX_VALUE: usize = 4_000;

/// Longest name that is kept, in characters.
const MAX_NAME: usize = 400;

/// A value of a difference; line breaks are kept as blanks.
pub(super) fn value(text: &str) -> String {
    let one_line = text.replace("\r\n", " ").replace(['\r', '\n', '\t'], " ");
    shorten(one_line.trim(), MAX_VALUE)
}

/// Differences on their way out.
#[derive(Debug, Default)]
pub(super) struct Sink {
    differences: Vec<Difference>,
    newer: Vec<Difference>,
}

impl Sink {
    /// Takes one that somebody decided.
    pub(super) fn add(&mut self, difference: Difference) {
        self.differences.push(bounded(difference));
    }

    /// Takes one that a newer build causes.
    pub(super) fn newer(&mut self, difference: Difference) {
        self.newer.push(bounded(difference));
    }

    /// Both lists, sorted.
    pub(super) fn finish(mut self) -> (Vec<Difference>, Vec<Difference>) {
        self.differences.sort_unstable();
        self.newer.sort_unstable();
        (self.differences, self.newer)
    }
}

fn bounded(mut it: Difference) -> Difference {
    it.subject = shorten(it.subject.trim(), MAX_NAME);
    it.connector = it.connector.map(|it| shorten(it.trim(), MAX_NAME));
    it.part = it.part.map(|it| shorten(it.trim(), MAX_NAME));
    it.what = shorten(&it.what, 2 * MAX_NAME);
    it
}

/// Compares named values without regard to the case of names; the last of a name counts. Reports name, kind, and both
/// values.
pub(super) fn settings(
    before: &[(String, String)],
    after: &[(String, String)],
    links: &Links,
    mut report: impl FnMut(&str, Kind, Option<String>, Option<String>),
) {
    type Named<'a> = BTreeMap<String, (&'a str, &'a str)>;
    fn by_name(all: &[(String, String)]) -> Named<'_> {
        all.iter()
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), (name.trim(), value.trim())))
            .collect()
    }
    let (a, b) = (by_name(before), by_name(after));
    for (key, (name, old)) in &a {
        match b.get(key) {
            None => report(name, Kind::ParameterRemoved, Some(value(old)), None),
            Some((_, new)) if links.translate(old) != **new => {
                report(name, Kind::ParameterChanged, Some(value(old)), Some(value(new)));
            }
            Some(_) => {}
        }
    }
    for (key, (name, new)) in &b {
        if !a.contains_key(key) {
            report(name, Kind::ParameterAdded, None, Some(value(new)));
        }
    }
}
