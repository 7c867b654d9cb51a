//! Values as a row shows them.
use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dirlift_model::{
    AttributeValue, PendingExport, pending::AttributeChange, text::shorten, verification::Values,
};

/// Most values of one side.
const MAX_VALUES: usize = 20;
/// Most characters of one value.
const MAX_CHARS: usize = 300;

/// The values before and after a change. Of long lists only those that come or go are shown.
pub(crate) fn change(it: &AttributeChange) -> (Values, Values) {
    if it.old.len() <= MAX_VALUES && it.new.len() <= MAX_VALUES {
        return (values(it.old.iter(), 0), values(it.new.iter(), 0));
    }
    let old: BTreeSet<_> = it.old.iter().collect();
    let new: BTreeSet<_> = it.new.iter().collect();
    let kept = old.intersection(&new).count();
    (values(old.difference(&new).copied(), kept), values(new.difference(&old).copied(), kept))
}

fn values<'a>(all: impl Iterator<Item = &'a AttributeValue>, kept: usize) -> Values {
    let mut shown = Vec::new();
    let mut more = kept as u64;
    for it in all {
        if shown.len() < MAX_VALUES {
            shown.push(shorten(&text(it), MAX_CHARS));
        } else {
            more += 1;
        }
    }
    Values { shown, more }
}

fn text(value: &AttributeValue) -> String {
    match value {
        AttributeValue::String(text) => text.clone(),
        AttributeValue::Integer(number) => number.to_string(),
        AttributeValue::Boolean(flag) => flag.to_string(),
        // Enough for the characters that are shown.
        AttributeValue::Binary(bytes) => STANDARD.encode(&bytes[..bytes.len().min(MAX_CHARS)]),
        AttributeValue::Reference(name) => name.as_str().to_owned(),
    }
}

/// Whether a lower-case text is in a name, the anchor, an attribute's name or a value of an export.
pub(crate) fn has(export: &PendingExport, wanted: &str) -> bool {
    let has = |it: &str| it.to_lowercase().contains(wanted);
    let value = |it: &AttributeValue| match it {
        AttributeValue::String(text) => has(text),
        AttributeValue::Reference(name) => has(name.as_str()),
        other => has(&text(other)),
    };
    has(export.dn.as_str())
        || export.new_dn.as_ref().is_some_and(|it| has(it.as_str()))
        || export.anchor.as_deref().is_some_and(has)
        || export.display_name.as_deref().is_some_and(has)
        || export
            .changes
            .iter()
            .any(|it| has(it.attribute.as_str()) || it.old.iter().chain(&it.new).any(value))
}
