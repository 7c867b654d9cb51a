//! Pending exports with what their objects are known by, whether that changes or not.
use dirlift_model::{AttributeName, AttributeValue, PendingExport};

use super::{exports::Record, result::Synchronized, space::NONE};

impl Synchronized {
    /// The pending exports as [`Synchronized::exports`] gives them, each with the first text of these attributes as it will
    /// be: what the export brings, else what the object has, else what the metaverse has.
    pub fn exports_known_by(
        &self,
        names: &[AttributeName],
    ) -> impl Iterator<Item = (PendingExport, Vec<Option<String>>)> {
        self.exports.records.iter().filter_map(move |record| {
            let export = self.export(record)?;
            let known = names.iter().map(|it| self.known_by(record, &export, it)).collect();
            Some((export, known))
        })
    }

    fn known_by(
        &self,
        record: &Record,
        export: &PendingExport,
        name: &AttributeName,
    ) -> Option<String> {
        if let Some(it) = export.changes.iter().find(|it| it.attribute == *name) {
            return it.new.iter().find_map(text);
        }
        let state = &self.state;
        let attribute = state.attributes.find(name)?;
        let idx = (record.idx != NONE).then_some(record.idx as usize);
        let mv = (record.mv != NONE).then_some(record.mv as usize);
        let own = idx.and_then(|it| state.spaces[record.space].cell(it, attribute));
        let own = own.and_then(|it| it.values().find_map(|it| text(&self.shown(it)?)));
        own.or_else(|| {
            let cell = state.mv_cell(mv?, attribute)?;
            cell.values().find_map(|it| text(&self.shown(it)?))
        })
    }
}

fn text(value: &AttributeValue) -> Option<String> {
    match value {
        AttributeValue::String(text) => Some(text.clone()),
        _ => None,
    }
}
