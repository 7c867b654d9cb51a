//! A real export of a later engine, when its files are at hand.
use std::fs;

use dirlift_model::{
    SyncRule,
    config::RunStepKind,
    rule::{Direction, LinkType, MappingKind, MappingSource, ScopeOperator},
};
use dirlift_serverconfig::{
    Document,
    declarative::{read_connector, write_rule},
    read,
};
use dirlift_testkit::sample::published_export;

/// Names and bytes of the files of one folder in the order of their names, or `None` with a note.
fn files(name: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let entries = fs::read_dir(published_export()?.join(name)).unwrap();
    let paths = entries.map(|it| it.unwrap().path());
    let mut all: Vec<_> = paths
        .map(|it| (it.file_name().unwrap().to_string_lossy().into_owned(), fs::read(it).unwrap()))
        .collect();
    all.sort();
    Some(all)
}

/// The file, or `None` with a note.
fn sample(path: &str) -> Option<Document> {
    let bytes = fs::read(published_export()?.join(path)).unwrap();
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

fn rules() -> Option<Vec<(SyncRule, String)>> {
    let read = |(name, bytes): (String, Vec<u8>)| match read(&name, &bytes).unwrap() {
        parsed if !parsed.problems.is_empty() => panic!("{:?}", parsed.problems),
        parsed => match parsed.value {
            Document::Rule(it) => (*it, String::from_utf8(bytes).unwrap()),
            other => panic!("{name}: {other:?}"),
        },
    };
    Some(files("SynchronizationRules")?.into_iter().map(read).collect())
}

#[test]
fn rules_in_numbers() {
    let Some(rules) = rules() else { return };
    let rules: Vec<_> = rules.into_iter().map(|(it, _)| it).collect();
    let count = |is_wanted: fn(&SyncRule) -> bool| rules.iter().filter(|it| is_wanted(it)).count();
    assert_eq!(rules.len(), 62);
    assert_eq!(count(|it| it.direction == Direction::Inbound), 28);
    assert_eq!(count(|it| it.direction == Direction::Outbound), 34);
    assert_eq!(count(|it| it.link_type == LinkType::Provision), 9);
    assert_eq!(count(|it| it.link_type == LinkType::Join), 53);
    assert_eq!(count(|it| it.enable_password_sync == Some(true)), 2);
    assert_eq!(count(|it| it.disabled == Some(false) && !it.is_custom()), 62);
    assert_eq!(count(|it| it.scope.is_empty()), 17);
    let mappings: Vec<_> = rules.iter().flat_map(|it| &it.mappings).collect();
    let kinds = |kind| mappings.iter().filter(|it| it.kind() == Some(kind)).count();
    assert_eq!(mappings.len(), 1_200);
    assert_eq!(kinds(MappingKind::Direct), 802);
    assert_eq!(kinds(MappingKind::Expression), 391);
    assert_eq!(kinds(MappingKind::Constant), 7);
    assert_eq!(mappings.iter().filter(|it| it.execute_once).count(), 2);
    let n_attributes = |it: &MappingSource| match it {
        MappingSource::Attributes(all) => all.len(),
        MappingSource::Constant(_) => 0,
    };
    assert_eq!(mappings.iter().map(|it| n_attributes(&it.source)).sum::<usize>(), 1_197);
    let clauses: Vec<_> =
        rules.iter().flat_map(|it| &it.scope).flat_map(|it| &it.clauses).collect();
    let operators = |operator| clauses.iter().filter(|it| it.operator == operator).count();
    assert_eq!(rules.iter().map(|it| it.scope.len()).sum::<usize>(), 48);
    assert_eq!(clauses.len(), 92);
    assert_eq!(operators(ScopeOperator::NotEqual), 35);
    assert_eq!(operators(ScopeOperator::Equal), 26);
    assert_eq!(operators(ScopeOperator::IsNotNull), 21);
    assert_eq!(operators(ScopeOperator::NotStartsWith), 6);
    assert_eq!(operators(ScopeOperator::LessThan), 2);
    assert_eq!(operators(ScopeOperator::IsBitNotSet), 2);
    let conditions: Vec<_> =
        rules.iter().flat_map(|it| &it.joins).flat_map(|it| &it.conditions).collect();
    assert_eq!(rules.iter().map(|it| it.joins.len()).sum::<usize>(), 40);
    assert_eq!(conditions.len(), 40);
    assert_eq!(conditions.iter().filter(|it| it.case_sensitive == Some(true)).count(), 3);
}

#[test]
fn rules_are_written_as_they_were() {
    let Some(rules) = rules() else { return };
    for (rule, text) in rules {
        let written = write_rule(&rule);
        let parsed = read(&rule.location.file, written.as_bytes()).unwrap();
        assert_eq!(parsed.value, Document::Rule(Box::new(rule)));
        assert_eq!(written, text);
    }
}

#[test]
fn connectors_keep_their_bytes() {
    let Some(files) = files("Connectors") else { return };
    assert_eq!(files.len(), 2);
    for (name, bytes) in files {
        let parsed = read_connector(&name, &bytes).unwrap();
        assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
        let span = parsed.value.schema_span.clone().unwrap();
        let schema = str::from_utf8(&bytes[span]).unwrap();
        assert!(schema.starts_with("<schema>") && schema.ends_with("</schema>"));
        assert_eq!(schema.matches("<schema>").count(), 1);
        // One end tag, with or without a prefix, for each name that was understood.
        assert_eq!(
            schema.matches("attribute-type>").count(),
            parsed.value.connector.schema_attributes.len()
        );
        assert_eq!(
            read(&name, &bytes).unwrap().value,
            Document::Agent(Box::new(parsed.value.connector.clone()))
        );
        assert!(parsed.value.bytes == bytes);
    }
}
