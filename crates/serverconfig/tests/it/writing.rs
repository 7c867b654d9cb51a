//! What is written for connectors and global settings is read as it was.
use std::path::Path;

use dirlift_model::{
    Guid,
    config::{
        ActiveDirectorySettings, Connector, ConnectorCategory, ContainerScope, ExtensibleSettings,
        Location, Partition, PasswordHashSync,
    },
};
use dirlift_serverconfig::{
    Document, Parsed,
    declarative::{write_connector, write_global_settings},
    read,
};

use crate::snippets::shown;

fn nowhere() -> Location {
    Location { file: "c.xml".to_owned(), line: 0, column: 0 }
}

fn connector(text: &str) -> Connector {
    match read("c.xml", text.as_bytes()) {
        Ok(Parsed { value: Document::Agent(it), problems }) => {
            assert_eq!(shown(&problems), Vec::<String>::new());
            *it
        }
        other => panic!("{other:?}"),
    }
}

/// Only what the writer writes, without places.
fn reduced(it: &Connector) -> Connector {
    let mut it = Connector {
        version: None,
        creation_time: None,
        last_modification_time: None,
        schema_attributes: Vec::new(),
        filters: Vec::new(),
        joins: Vec::new(),
        projections: Vec::new(),
        export_flows: Vec::new(),
        deprovisioning: None,
        extension: None,
        run_profiles: Vec::new(),
        location: nowhere(),
        ..it.clone()
    };
    for it in &mut it.partitions {
        it.location = nowhere();
        it.last_domain_controller = None;
        it.alternate_login = None;
    }
    it.active_directory = it.active_directory.map(|it| ActiveDirectorySettings {
        forest_name: it.forest_name,
        sign_and_seal: it.sign_and_seal,
        ssl_bind: it.ssl_bind,
        password_hash_sync: it
            .password_hash_sync
            .map(|it| PasswordHashSync { location: nowhere(), ..it }),
        ..ActiveDirectorySettings::default()
    });
    it.extensible = it.extensible.map(|it| ExtensibleSettings {
        password_writeback: it.password_writeback,
        ..ExtensibleSettings::default()
    });
    it
}

#[test]
fn connectors_of_organisations_come_back() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test-data");
    let mut n_read = 0;
    for folder in [
        "fabrikam/server-configuration",
        "northwind/server-configuration",
        "tailspin/server-configuration",
        "adatum/server-configuration/Connectors",
    ] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if !path.is_file() {
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let Ok(Parsed { value: Document::Agent(it), .. }) = read("c.xml", &bytes) else {
                continue;
            };
            n_read += 1;
            let again = connector(&write_connector(&it));
            assert_eq!(reduced(&again), reduced(&it), "{}", path.display());
            assert!(!again.partitions.is_empty() || !it.is_active_directory());
        }
    }
    // Two agents each, and the third one of tailspin.
    assert_eq!(n_read, 9);
}

#[test]
fn hostile_text_stays_text() {
    let text = "a<b>&c\"'\r\n]]><password>x</password>";
    let partition = Partition {
        id: Some(Guid::from_u128(2)),
        name: text.to_owned(),
        selected: true,
        object_classes: vec!["user".into()],
        scope: ContainerScope {
            inclusions: vec!["OU=a\\<b>&,DC=x".parse().unwrap()],
            exclusions: Vec::new(),
        },
        dns_name: Some(text.to_owned()),
        guid: Some(Guid::from_u128(3)),
        is_domain: Some(true),
        last_domain_controller: None,
        preferred_domain_controllers: vec![text.to_owned()],
        alternate_login: None,
        location: nowhere(),
    };
    let whole = Connector {
        id: Guid::from_u128(1),
        name: text.to_owned(),
        category: ConnectorCategory::ActiveDirectory,
        subtype: String::new(),
        description: text.to_owned(),
        version: None,
        creation_time: None,
        last_modification_time: None,
        schema_attributes: Vec::new(),
        attribute_inclusion: Some(vec!["mail".into()]),
        filters: Vec::new(),
        joins: Vec::new(),
        projections: Vec::new(),
        export_flows: Vec::new(),
        deprovisioning: None,
        extension: None,
        partitions: vec![partition],
        run_profiles: Vec::new(),
        component_mappings: Some(vec![(text.to_owned(), "organizationalUnit".into())]),
        active_directory: Some(ActiveDirectorySettings {
            forest_name: Some("x.example".to_owned()),
            ..ActiveDirectorySettings::default()
        }),
        extensible: None,
        location: nowhere(),
    };
    assert_eq!(reduced(&connector(&write_connector(&whole))), whole);
}

#[test]
fn global_parameters_come_back() {
    let all =
        [("Microsoft.OptionalFeature.HybridExchange", "True"), ("a\"<&>", "x\"<y>&z"), ("e", "")];
    let text = write_global_settings(all);
    assert!(text.contains("use=\"SynchronizationGlobal\" dataType=\"String\">True</parameter>"));
    match read("MV.xml", text.as_bytes()) {
        Ok(Parsed { value: Document::Metaverse(it), problems }) => {
            assert_eq!(shown(&problems), Vec::<String>::new());
            let expected: Vec<_> = all.map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec();
            assert_eq!(it.parameters, expected);
        }
        other => panic!("{other:?}"),
    }
}
