//! The XML that `csexport.exe` writes: objects of one connector space, with their pending changes and holograms.
//!
//! Such a file may hold the whole connector space or only the pending exports, and may have any size: [`CsexportReader`]
//! holds one object at a time. Two things are made of an object: what its directory has ([`CsexportObject::imported`])
//! and what is about to be exported to it ([`CsexportObject::pending_export`]).
//!
//! Source: the reference of the engine's export format and the readers that others have published.
mod events;
mod imported;
mod pending;
mod reader;
mod value;

use dirlift_model::{
    AttributeName, AttributeValue, CsAttribute, CsObject, DistinguishedName, Guid,
};

pub use self::{
    events::{CsexportError, CsexportErrorKind, MAX_OBJECT_BYTES},
    imported::{ImportedCounts, ImportedObjects},
    reader::{CsexportReader, Decoded},
};

/// One object of a connector space (`cs-object`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsexportObject {
    /// `cs-dn`.
    pub dn: DistinguishedName,
    /// `id`: the identifier in the connector space, which is not the one of the directory.
    pub id: Option<Guid>,
    /// `object-type`.
    pub object_type: AttributeName,
    /// `ma-name`.
    pub connector_name: Option<String>,
    /// `connector`: whether the object is linked to the metaverse.
    pub is_connector: Option<bool>,
    /// `connector-state`: `normal`, `explicit` or `stay`.
    pub connector_state: Option<String>,
    /// One of `placeholder-parent`, `placeholder-link` and `placeholder-delete` is set: it only holds a place.
    pub is_placeholder: bool,
    /// `mv-link`.
    pub metaverse_id: Option<Guid>,
    /// Changes on their way, in the order of the file.
    pub deltas: Vec<(Stage, Delta)>,
    /// States of the object, in the order of the file.
    pub holograms: Vec<(Hologram, Entry)>,
    /// `export-errordetail` and `export-error`.
    pub export_error: Option<ObjectError>,
    /// `import-errordetail` and `import-error`.
    pub import_error: Option<ObjectError>,
    /// What was not understood, in words without values.
    pub problems: Vec<String>,
}

/// Where a change is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// `unapplied-export`: waits for the export.
    UnappliedExport,
    /// `escrowed-export`: the export is under way or has failed.
    EscrowedExport,
    /// `unconfirmed-export`: exported and not yet seen by an import.
    UnconfirmedExport,
    /// `pending-import`: imported and not yet synchronised.
    PendingImport,
}

/// Which state of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hologram {
    /// `synchronized-hologram`: as last confirmed.
    Synchronized,
    /// `unapplied-export-hologram`: as it shall be after the export.
    UnappliedExport,
    /// `escrowed-export-hologram`.
    EscrowedExport,
    /// `unconfirmed-export-hologram`.
    UnconfirmedExport,
    /// `pending-import-hologram`: as imported.
    PendingImport,
}

/// A change (`delta`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    /// `operation`.
    pub operation: DeltaOperation,
    /// `dn`.
    pub dn: Option<DistinguishedName>,
    /// `newdn`: a rename.
    pub new_dn: Option<DistinguishedName>,
    /// `primary-objectclass`.
    pub primary_object_class: Option<String>,
    /// The attributes that change.
    pub attributes: Vec<DeltaAttribute>,
}

/// `operation` of a delta.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeltaOperation {
    /// `none`: nothing changes.
    None,
    /// `add`: the object is new.
    Add,
    /// `replace`: the object is new, or all its values are listed.
    Replace,
    /// `update`: only what changes is listed.
    Update,
    /// `delete`, and `obsolete` of some readers.
    Delete,
    /// `delete-add`: deleted and made again under the same name.
    DeleteAdd,
}

/// An attribute inside a delta.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeltaAttribute {
    /// `name`.
    pub name: AttributeName,
    /// What happens to the attribute.
    pub operation: AttributeOperation,
    /// Its values; `true` stands beside one that goes.
    pub values: Vec<(bool, AttributeValue)>,
}

/// `operation` of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttributeOperation {
    /// `add`, `replace` and no word at all: the values listed are all that there will be.
    Replace,
    /// `update`: values come and go.
    Update,
    /// `delete`: the attribute goes.
    Delete,
    /// `none`: nothing happens.
    None,
}

/// A state of an object (`entry`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `dn`.
    pub dn: Option<DistinguishedName>,
    /// `primary-objectclass`.
    pub primary_object_class: Option<String>,
    /// Attributes with their values, in the order of the names.
    pub attributes: Vec<CsAttribute>,
}

/// What the engine could not do with an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectError {
    /// `error-type`, such as `AttributeValueMustBeUnique`.
    pub error_type: Option<String>,
    /// `first-occurred`, as written: `yyyy-MM-dd HH:mm:ss.fff` in UTC.
    pub first_occurred: Option<String>,
    /// `date-occurred`, as written.
    pub last_occurred: Option<String>,
    /// `retry-count`.
    pub retries: Option<u64>,
    /// `error-name` and, where it differs, `error-literal`.
    pub text: Vec<String>,
}

impl CsexportObject {
    /// The first change of a stage.
    pub fn delta(&self, stage: Stage) -> Option<&Delta> {
        self.deltas.iter().find(|it| it.0 == stage).map(|it| &it.1)
    }

    /// The first state of a kind.
    pub fn hologram(&self, hologram: Hologram) -> Option<&Entry> {
        self.holograms.iter().find(|it| it.0 == hologram).map(|it| &it.1)
    }

    /// The object as its directory has it: what the last import brought, else what was last confirmed.
    ///
    /// `None` for a placeholder, for an object that the directory does not have yet (only an export is pending), and for
    /// one whose deletion was imported.
    pub fn imported(&self) -> Option<CsObject> {
        self.clone().take_imported()
    }

    /// The same, with the values taken out of this object.
    fn take_imported(&mut self) -> Option<CsObject> {
        if self.is_placeholder {
            return None;
        }
        let is_gone = |it: &Delta| it.operation == DeltaOperation::Delete;
        if self.delta(Stage::PendingImport).is_some_and(is_gone) {
            return None;
        }
        let place = |kind| self.holograms.iter().position(|it| it.0 == kind);
        let at = place(Hologram::PendingImport).or_else(|| place(Hologram::Synchronized))?;
        let entry = self.holograms.swap_remove(at).1;
        let dn = entry.dn.unwrap_or_else(|| self.dn.clone());
        let mut object = CsObject::new(dn, self.object_type.clone());
        for CsAttribute { name, values } in entry.attributes {
            object.set(name, values);
        }
        object.id = object_guid(&object);
        Some(object)
    }
}

/// `objectGUID` of an object of Active Directory, or the object id in the text of a cloud anchor.
fn object_guid(object: &CsObject) -> Option<Guid> {
    if let [AttributeValue::Binary(bytes)] = object.values(&"objectGUID".into()) {
        return Some(Guid::from_directory_bytes(bytes.as_slice().try_into().ok()?));
    }
    let (_, id) = object.text("cloudAnchor")?.split_once('_')?;
    id.parse().ok()
}
