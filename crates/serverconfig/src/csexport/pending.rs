//! The pending export of an object.
use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dirlift_model::{
    AttributeName, AttributeValue, PendingExport,
    pending::{AttributeChange, Operation},
};

use super::{
    AttributeOperation, CsexportObject, Delta, DeltaAttribute, DeltaOperation, Entry, Hologram,
    Stage,
};

impl CsexportObject {
    /// What is about to be exported: the change that waits, else the one that is under way or has failed.
    ///
    /// `None` when nothing is pending. Old values are those last confirmed; where the file leaves that state out, what the
    /// change says goes. Rules and causes are not in such a file.
    pub fn pending_export(&self) -> Option<PendingExport> {
        let (delta, target) = match self.delta(Stage::UnappliedExport) {
            Some(delta) => (delta, Hologram::UnappliedExport),
            None => (self.delta(Stage::EscrowedExport)?, Hologram::EscrowedExport),
        };
        let operation = match delta.operation {
            _ if delta.new_dn.is_some() => Operation::Rename,
            DeltaOperation::None => return None,
            DeltaOperation::Add => Operation::Add,
            DeltaOperation::Replace if self.hologram(Hologram::Synchronized).is_none() => {
                Operation::Add
            }
            DeltaOperation::Replace | DeltaOperation::Update => Operation::Update,
            DeltaOperation::Delete => Operation::Delete,
            DeltaOperation::DeleteAdd => Operation::DeleteAdd,
        };
        let old = match operation {
            Operation::Add => None,
            _ => self.hologram(Hologram::Synchronized),
        };
        let target = self.hologram(target);
        let changes = match operation {
            Operation::Delete => Vec::new(),
            _ => changes(delta, old, target),
        };
        let known_by = [target, old];
        let text = |name: &str| {
            let in_entries = known_by.iter().flatten().find_map(|it| first_text(it, name));
            in_entries.or_else(|| delta.attributes.iter().find_map(|it| new_text(it, name)))
        };
        Some(PendingExport {
            connector: self.connector_name.clone().unwrap_or_default(),
            operation,
            object_type: self.object_type.clone(),
            dn: delta.dn.clone().unwrap_or_else(|| self.dn.clone()),
            new_dn: delta.new_dn.clone(),
            anchor: text("sourceAnchor").or_else(|| self.anchor()),
            display_name: text("displayName"),
            changes,
            cause: None,
            unreadable: Vec::new(),
        })
    }

    /// The source anchor that is spelt in the object's name in the cloud (`CN={hex}`), or that its `objectGUID` gives.
    pub fn anchor(&self) -> Option<String> {
        if let Some((_, value)) = self.dn.first_component()
            && let Some(hex) = value.strip_prefix('{').and_then(|it| it.strip_suffix('}'))
            && let Some(bytes) = from_hex(hex)
        {
            return String::from_utf8(bytes).ok().filter(|it| !it.is_empty());
        }
        let guid = AttributeName::from("objectGUID");
        self.holograms.iter().find_map(|(_, entry)| match values(entry, &guid) {
            [AttributeValue::Binary(bytes)] if bytes.len() == 16 => Some(STANDARD.encode(bytes)),
            _ => None,
        })
    }
}

/// Pairs of hexadecimal digits, as bytes.
fn from_hex(hex: &str) -> Option<Vec<u8>> {
    let bytes = hex.as_bytes();
    let is_hex = bytes.len().is_multiple_of(2) && bytes.iter().all(u8::is_ascii_hexdigit);
    let digit = |it: u8| char::from(it).to_digit(16).and_then(|it| u8::try_from(it).ok());
    is_hex
        .then(|| bytes.chunks(2).map(|it| Some(digit(it[0])? << 4 | digit(it[1])?)).collect())
        .flatten()
}

fn changes(delta: &Delta, old: Option<&Entry>, target: Option<&Entry>) -> Vec<AttributeChange> {
    let mut changed: BTreeMap<&AttributeName, AttributeChange> = BTreeMap::new();
    for attribute in delta.attributes.iter().filter(|it| it.operation != AttributeOperation::None) {
        let before = old.map(|it| values(it, &attribute.name).to_vec());
        let before = before.unwrap_or_else(|| gone(attribute));
        // The state after the export is told whole; without it the change is applied to the state before.
        let after = match target.map(|it| values(it, &attribute.name)) {
            Some(after) if !after.is_empty() => after.to_vec(),
            _ => applied(attribute, &before),
        };
        let change = AttributeChange {
            attribute: attribute.name.clone(),
            old: before,
            new: after,
            rule: None,
            flow: None,
        };
        changed.insert(&attribute.name, change);
    }
    changed.into_values().collect()
}

/// The values that a change takes away: all that it tells of the state before.
fn gone(attribute: &DeltaAttribute) -> Vec<AttributeValue> {
    attribute.values.iter().filter(|it| it.0).map(|it| it.1.clone()).collect()
}

fn applied(attribute: &DeltaAttribute, before: &[AttributeValue]) -> Vec<AttributeValue> {
    let coming = attribute.values.iter().filter(|it| !it.0).map(|it| &it.1);
    match attribute.operation {
        AttributeOperation::Delete => Vec::new(),
        AttributeOperation::Replace => coming.cloned().collect(),
        AttributeOperation::None => before.to_vec(),
        AttributeOperation::Update => {
            let going: std::collections::BTreeSet<_> =
                attribute.values.iter().filter(|it| it.0).map(|it| &it.1).collect();
            before.iter().filter(|it| !going.contains(it)).chain(coming).cloned().collect()
        }
    }
}

fn values<'e>(entry: &'e Entry, name: &AttributeName) -> &'e [AttributeValue] {
    let found = entry.attributes.binary_search_by(|it| it.name.cmp(name));
    found.map_or(&[], |at| &entry.attributes[at].values)
}

fn first_text(entry: &Entry, name: &str) -> Option<String> {
    match values(entry, &AttributeName::from(name)).first() {
        Some(AttributeValue::String(text)) => Some(text.clone()),
        _ => None,
    }
}

fn new_text(attribute: &DeltaAttribute, name: &str) -> Option<String> {
    let value = attribute.values.iter().find(|it| !it.0 && attribute.name.is(name))?;
    match &value.1 {
        AttributeValue::String(text) => Some(text.clone()),
        _ => None,
    }
}
