//! A real export of a later engine, when its files are at hand.
use std::{fs, path::PathBuf};

use dirlift_model::config::RunStepKind;
use dirlift_serverconfig::{Document, read};

/// The file, or `None` with a note.
fn sample(path: &str) -> Option<Document> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/samples/contoso-aadconnect-1.1.130.0");
    let Ok(bytes) = fs::read(folder.join(path)) else {
        println!("skipped: the export {path} is not here");
        return None;
    };
    let parsed = read(path, &bytes).unwrap_or_else(|it| panic!("{it}"));
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
    Some(parsed.value)
}

#[test]
fn directory_agent() {
    let Some(Document::Agent(it)) =
        sample("Connectors/Connector_{ae4db4cc-b16b-4eb2-acf5-837ca84e4d7d}.xml")
    else {
        return;
    };
    assert!(it.is_active_directory() && !it.is_cloud());
    assert_eq!(it.schema_attributes.len(), 3_391);
    assert_eq!(it.attribute_inclusion.as_ref().map(Vec::len), Some(132));
    let [partition] = it.partitions.as_slice() else { panic!("{}", it.partitions.len()) };
    assert_eq!((partition.object_classes.len(), partition.selected), (10, true));
    assert_eq!((partition.scope.inclusions.len(), partition.scope.exclusions.len()), (1, 1));
    let kinds: Vec<_> = it.run_profiles.iter().map(|it| it.steps[0].kind.clone()).collect();
    assert_eq!(
        kinds,
        [
            RunStepKind::FullImport,
            RunStepKind::FullSync,
            RunStepKind::DeltaImport,
            RunStepKind::DeltaSync,
            RunStepKind::Export
        ]
    );
    let settings = it.active_directory.unwrap();
    // 21 in the file, one of them encrypted.
    assert_eq!(settings.parameters.len(), 20);
    assert!(!settings.password_hash_sync.unwrap().enabled);
}

#[test]
fn cloud_agent() {
    let Some(Document::Agent(it)) =
        sample("Connectors/Connector_{b891884f-051e-4a83-95af-2544101c9083}.xml")
    else {
        return;
    };
    assert!(it.is_cloud() && !it.is_active_directory());
    assert_eq!(it.schema_attributes.len(), 185);
    assert_eq!(it.attribute_inclusion.as_ref().map(Vec::len), Some(161));
    assert_eq!((it.partitions.len(), it.run_profiles.len()), (1, 5));
    let settings = it.extensible.unwrap();
    assert_eq!((settings.anchors.len(), settings.password_writeback), (4, Some(false)));
    assert!(
        settings.user_name.is_some() && settings.tenant.is_some() && settings.parameters.is_empty()
    );
}

#[test]
fn metaverse() {
    let Some(Document::Metaverse(it)) = sample("GlobalSettings/MV.xml") else { return };
    assert_eq!(
        (it.object_types.len(), it.schema_attributes.len(), it.parameters.len()),
        (3, 219, 37)
    );
    assert_eq!((it.version, it.password_change_notification), (Some(695), None));
}
