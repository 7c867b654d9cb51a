//! `server-configuration/`: the originals of one family, the translation of the other, and the bundle of them.
use std::collections::BTreeMap;

use dirlift_exporter::{
    Exported, Force, Input, SERVER_CONFIGURATION,
    bundle::{self, Bundle, BundleSource, Label, Part},
    diff::Configuration,
    export, gate,
    settings::{ConfigurationBasis, RuleBasis},
};
use dirlift_model::{ServerConfiguration, rule::MappingSource};
use dirlift_serverconfig::declarative::read_migrated_policy;

use dirlift_testkit::{mutate::Mutator, snapshot::Copy};

use crate::{ORGANISATIONS, Server, contoso, organisation, time};

fn read(exported: &Exported) -> Configuration {
    let files: Vec<_> =
        exported.parts.iter().map(|it| (it.path.clone(), it.bytes.clone())).collect();
    let read = Configuration::from_parts(&files).unwrap();
    assert_eq!((&read.damaged, &read.problems), (&Vec::new(), &Vec::new()));
    read
}

fn by_path(parts: &[Part]) -> BTreeMap<&str, &[u8]> {
    parts.iter().map(|it| (it.path.as_str(), it.bytes.as_slice())).collect()
}

/// A text without what stands between two marks.
fn without(text: &str, open: &str, close: &str) -> String {
    let start = text.find(open).unwrap() + open.len();
    let end = start + text[start..].find(close).unwrap();
    format!("{}{}", &text[..start], &text[end..])
}

#[test]
fn originals_are_the_files_of_the_server() {
    let server = Server::of("adatum");
    let exported = server.export();
    let parts = by_path(&exported.parts);
    let described = &exported.settings.server_configuration;
    assert_eq!(described.left_out, []);
    let edited: Vec<_> =
        described.edited.iter().map(|it| (it.path.as_str(), it.removed.as_slice())).collect();
    let folder = "server-configuration/Connectors/";
    let directory = format!("{folder}Connector_{{3f6c1b0a-52d7-4e8b-9a43-7c0d8e21f5b6}}.xml");
    let cloud = format!("{folder}Connector_{{9b2e7d14-08ac-4c6f-b1d3-5e4f60a792c8}}.xml");
    assert_eq!(
        edited,
        [
            (directory.as_str(), &["cookie".to_owned()][..]),
            (&cloud, &["water-mark".to_owned()][..]),
        ]
    );
    // 19 rules, two connectors, MV.xml and the policy.
    assert_eq!(server.originals.len(), 23);
    for original in &server.originals {
        let path = format!("{SERVER_CONFIGURATION}/{}", original.path);
        let expected = if path == directory || path == cloud {
            let text = std::str::from_utf8(&original.bytes).unwrap();
            let name = if path == directory { "cookie" } else { "water-mark" };
            without(text, &format!("<{name}>"), &format!("</{name}>")).into_bytes()
        } else {
            original.bytes.clone()
        };
        assert!(parts[path.as_str()] == expected, "{path}");
    }
    assert!(!parts.contains_key("server-configuration/EXPERIMENTAL.txt"));
}

#[test]
fn the_published_export_is_kept() {
    let Some(folder) = contoso() else { return };
    let server = Server::open(&folder);
    let exported = server.export();
    let parts = by_path(&exported.parts);
    let described = &exported.settings.server_configuration;
    assert_eq!(described.left_out, []);
    // Two connectors, MV.xml, 62 rules; there is no policy, so one is written, and that is said.
    assert_eq!(server.originals.len(), 65);
    assert!(described.experimental);
    let edited: Vec<_> = described.edited.iter().map(|it| it.path.as_str()).collect();
    let mut n_same = 0;
    for original in &server.originals {
        let path = format!("{SERVER_CONFIGURATION}/{}", original.path);
        let is_same = parts[path.as_str()] == original.bytes;
        assert_eq!(is_same, !edited.contains(&path.as_str()), "{path}");
        n_same += usize::from(is_same);
    }
    assert!(n_same >= 63, "at most the two connectors hold a secret");
    let policy = parts["server-configuration/MigratedPolicy.json"];
    let policy = read_migrated_policy("p", policy).unwrap().value;
    assert_eq!(policy.policy.unwrap().connect_version.as_deref(), Some("1.1.130.0"));
}

#[test]
fn a_translation_has_the_same_layout() {
    for (name, n_custom, n_other) in [("fabrikam", 0, 0), ("northwind", 2, 0), ("tailspin", 0, 1)] {
        let server = Server::of(name);
        let exported = server.export();
        let read = read(&exported);
        let custom: Vec<_> = read.rules.iter().filter(|it| it.is_custom()).collect();
        assert_eq!(custom.len(), n_custom, "{name}");
        let n_standard = exported.settings.standard_rules.count;
        assert_eq!(read.rules.len() as u64, n_standard + n_custom as u64, "{name}");
        for rule in read.rules.iter().filter(|it| !it.is_custom()) {
            assert!(rule.immutable_tag.starts_with("dirlift."), "{name}: {}", rule.immutable_tag);
        }
        let own = &server.configuration().connectors;
        assert_eq!(read.connectors.len(), own.len() - n_other, "{name}: nothing of other systems");
        for connector in &read.connectors {
            let old = own.iter().find(|it| it.id == connector.id).unwrap();
            let selected = connector.attribute_inclusion.as_ref().unwrap();
            let of_old = old.attribute_inclusion.as_ref().unwrap();
            assert_eq!(selected[..of_old.len()], of_old[..], "{name}");
            let needed = if connector.is_cloud() { "cloudAnchor" } else { "thumbnailPhoto" };
            assert!(selected.iter().any(|it| it.is(needed)), "{name}: the rules need {needed}");
            let mut sorted = selected.clone();
            sorted.sort();
            sorted.dedup();
            assert_eq!(sorted.len(), selected.len(), "{name}: none twice");
            let scopes = |it: &dirlift_model::config::Connector| {
                let all = it.partitions.iter();
                all.map(|it| (it.name.clone(), it.selected, it.scope.clone())).collect::<Vec<_>>()
            };
            assert_eq!(scopes(connector), scopes(old), "{name}");
            if connector.is_active_directory() {
                let forest = old.active_directory.as_ref().unwrap().forest_name.clone();
                assert_eq!(Some(&connector.name), forest.as_ref(), "as the wizard will name it");
            }
        }
        let parts = by_path(&exported.parts);
        let text = std::str::from_utf8(parts["server-configuration/EXPERIMENTAL.txt"]).unwrap();
        assert!(text.contains("Microsoft supports only"), "{text}");
        let described = &exported.settings.server_configuration;
        assert_eq!(described.basis, ConfigurationBasis::Translated);
        assert!(described.experimental);
    }
}

#[test]
fn global_parameters_are_those_of_the_translation() {
    let expected = |hybrid: &str, hashes: &str| {
        vec![
            ("Microsoft.OptionalFeature.HybridExchange".to_owned(), hybrid.to_owned()),
            ("Microsoft.OptionalFeature.PasswordHashSync".to_owned(), hashes.to_owned()),
            ("Microsoft.OptionalFeature.PasswordWriteback".to_owned(), "False".to_owned()),
            ("Microsoft.SynchronizationOption.AnchorAttribute".to_owned(), "objectGUID".to_owned()),
        ]
    };
    for (name, hybrid, hashes, alternate) in [
        ("fabrikam", "False", "True", None),
        ("northwind", "True", "False", Some("mail")),
        ("tailspin", "False", "False", None),
    ] {
        let mut parameters = read(&Server::of(name).export()).parameters.unwrap();
        parameters.sort();
        let mut expected = expected(hybrid, hashes);
        expected.extend(
            alternate.map(|it| {
                ("Microsoft.SynchronizationOption.UPNAttribute".to_owned(), it.to_owned())
            }),
        );
        assert_eq!(parameters, expected, "{name}");
    }
}

#[test]
fn the_policy_invents_nothing() {
    let exported = Server::of("northwind").export();
    let bytes = by_path(&exported.parts)["server-configuration/MigratedPolicy.json"];
    assert_eq!(bytes[..2], [0xFF, 0xFE], "UTF-16LE, as Windows PowerShell writes it");
    let parsed = read_migrated_policy("p", bytes).unwrap();
    assert_eq!(parsed.problems, []);
    let policy = parsed.value.policy.unwrap();
    assert_eq!(policy.kind.as_deref(), Some("migration"));
    assert_eq!(policy.time_created.as_deref(), Some("2026-11-20 15:10:00Z"));
    assert_eq!((policy.author, policy.connect_version), (None, None), "DirSync has no wizard");
    let deployment = parsed.value.deployment.unwrap();
    assert_eq!(deployment.host_name.as_deref(), Some("NW-DIRSYNC.northwind.example"));
    assert_eq!(deployment.service_account.as_deref(), Some("NORTHWIND\\svc-dirsync"));
    assert_eq!(deployment.service_account_type, None);
    assert_eq!(deployment.database_server.as_deref(), Some("NW-SQL01"));
}

/// An export of a server that takes over: that of adatum, as if it read northwind's forest.
fn target() -> ServerConfiguration {
    let mut target = Server::of("adatum").configuration().clone();
    for connector in &mut target.connectors {
        if let Some(ad) = &mut connector.active_directory {
            ad.forest_name = Some("NorthWind.example".to_owned());
        }
    }
    target
}

#[test]
fn rules_of_the_target_stand_in_for_the_built_in_ones() {
    let server = Server::of("northwind");
    let target = target();
    let exported = export(&server.input_with(&target)).unwrap();
    assert_eq!(exported.settings.standard_rules.basis, RuleBasis::Target);
    assert_eq!(exported.settings.standard_rules.count, 16);
    let read = read(&exported);
    assert_eq!(read.rules.len(), 18, "its custom rules are its own matter");
    for rule in &read.rules {
        assert!(
            server.configuration().connector(rule.connector).is_some(),
            "{} has the identifier of the old connector",
            rule.name
        );
    }
    // Alternate ID changes the flow of the target's rule.
    let upn: Vec<_> = read
        .rules
        .iter()
        .filter(|it| it.source_object_type.is("user") && it.direction.as_str() == "Inbound")
        .flat_map(|it| &it.mappings)
        .filter(|it| it.destination.is("userPrincipalName"))
        .map(|it| it.source.clone())
        .collect();
    assert!(!upn.is_empty());
    for it in upn {
        assert_eq!(it, MappingSource::Attributes(vec!["mail".into()]));
    }
    assert_eq!(exported.settings.untranslated, []);
}

#[test]
fn a_precedence_that_the_target_has_is_told() {
    let server = Server::of("northwind");
    let mut target = target();
    let taken = target.rules.iter_mut().find(|it| it.precedence == Some(40)).unwrap();
    taken.precedence = Some(10);
    let settings = export(&server.input_with(&target)).unwrap().settings;
    let [clash] = settings.untranslated.as_slice() else { panic!("{:?}", settings.untranslated) };
    assert!(clash.what.contains("In from AD - User Filter from DirSync"), "{}", clash.what);
    assert!(clash.why.contains("Adatum In - Leave contractors out"), "{}", clash.why);
}

#[test]
fn a_forest_that_the_target_does_not_read_stays_apart() {
    let server = Server::of("northwind");
    let target = Server::of("adatum").configuration().clone();
    let read = read(&export(&server.input_with(&target)).unwrap());
    let own =
        |it: &&dirlift_model::SyncRule| server.configuration().connector(it.connector).is_some();
    let kept: Vec<_> = read.rules.iter().filter(|it| !own(it)).collect();
    assert!(!kept.is_empty(), "rules of adatum.example are not taken for northwind.example");
    assert!(read.rules.iter().filter(own).any(|it| it.name == "Out to AAD - User Join"));
}

#[test]
fn the_same_server_gives_the_same_bundle() {
    for name in ORGANISATIONS {
        let write = || {
            let server = Server::of(name);
            let exported = server.export();
            let label = Label {
                tool: "dirlift 0.1.0".to_owned(),
                source: BundleSource::default(),
                snapshot_time: time(&server.facts),
                forced: exported.settings.forced.clone(),
            };
            bundle::write(&label, exported.parts).unwrap()
        };
        let (first, second) = (write(), write());
        assert!(first.bytes == second.bytes, "{name}");
        let opened = Bundle::open(&first.bytes).unwrap();
        let mut parts = Server::of(name).export().parts;
        parts.sort_by(|a, b| a.path.cmp(&b.path));
        assert!(opened.parts() == parts, "{name}");
    }
}

#[test]
fn damaged_configurations_are_refused_or_exported() {
    let mut mutator = Mutator::new(3);
    let (mut n_exported, mut n_refused) = (0, 0);
    for (name, file) in [
        ("fabrikam", "MV.XML"),
        ("northwind", "MA-{CB7D5198-66E8-49EC-9C0F-406A55FD4317}.XML"),
        ("adatum", "GlobalSettings/MV.xml"),
        (
            "adatum",
            "SynchronizationRules/SynchronizationRule_{df728dc0-fa2c-405d-8653-c2099e4472fb}.xml",
        ),
    ] {
        let copy = Copy::of(&organisation(name)).unwrap();
        let path = format!("server-configuration/{file}");
        let whole = copy.get(&path).unwrap();
        // Without the database the files are all there is.
        copy.remove("database.json").unwrap();
        for _ in 0..25 {
            copy.put(&path, &mutator.mutate(&whole)).unwrap();
            let server = Server::open(copy.path());
            let Ok(forced) = gate(&server.facts, &server.analysis, Force::Yes) else {
                n_refused += 1;
                continue;
            };
            let exported = export(&Input { forced, ..server.input() }).unwrap();
            let label = Label {
                tool: "dirlift 0.1.0".to_owned(),
                source: BundleSource::default(),
                snapshot_time: time(&server.facts),
                forced: Vec::new(),
            };
            let written = bundle::write(&label, exported.parts).unwrap();
            assert!(Bundle::open(&written.bytes).is_ok());
            n_exported += 1;
        }
    }
    assert!(n_exported >= 50, "{n_exported} exported, {n_refused} refused");
}

#[test]
fn without_files_nothing_is_made_up() {
    let mut server = Server::of("adatum");
    server.originals.clear();
    let exported = server.export();
    assert!(!exported.parts.iter().any(|it| it.path.starts_with(SERVER_CONFIGURATION)));
    let described = &exported.settings.server_configuration;
    assert_eq!(described.basis, ConfigurationBasis::None);
    assert_eq!(described.left_out.len(), 1, "{:?}", described.left_out);
}
