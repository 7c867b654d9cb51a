//! Exports of Azure AD Sync and its successors: where their files may lie, and what they tell.
use std::fs;

use dirlift_model::{
    Facts, Product,
    facts::ConfigurationOrigin,
    rule::{Direction, MappingKind},
};
use dirlift_source::{Snapshot, assemble};
use dirlift_testkit::sample::published_export;
use tempfile::TempDir;

use crate::sample::{Memory, Parts, ad_agent, cloud_agent, sample, write_folder, zip_of};

const RULE: &str = "{aaaaaaaa-0000-0000-0000-000000000001}";

fn rule(id: &str, name: &str) -> String {
    format!(
        "<synchronizationRule><id>{id}</id><name>{name}</name><immutable-tag /><direction>Inbound</direction>\
         <disabled>False</disabled><connector>{{11111111-2222-3333-4444-555555555555}}</connector>\
         <sourceObjectType>user</sourceObjectType><targetObjectType>person</targetObjectType><linkType>Join</linkType>\
         <precedence>50</precedence><attribute-mappings /><relationshipCriteria /><synchronizationCriteria />\
         </synchronizationRule>"
    )
}

fn metaverse(build: &str) -> String {
    format!(
        "<saved-mv-configuration server='SYNC09' export-date='2026-02-03 04:05:06.789'><mv-data><version>5</version>\
         <parameter-values><parameter name=\"Microsoft.Synchronize.ServerConfigurationVersion\" type=\"string\" \
         use=\"SynchronizationGlobal\" dataType=\"String\">{build}</parameter></parameter-values></mv-data>\
         </saved-mv-configuration>"
    )
}

const POLICY: &str = r#"{ "policyMetadata": { "type": "migration", "author": "CORP\\admin", "timeCreated": "2026-02-03 04:05:06Z",
    "azureADConnectVersion": "1.6.16.0" },
  "deploymentMetadata": { "hostName": "sync09.corp.example", "serviceAccount": "NT SERVICE\\ADSync", "serviceAccountType": "Unknown",
    "databaseServer": "(localdb)", "databaseInstance": ".\\ADSync", "databaseName": "ADSync", "connectorIds": [] } }"#;

/// An export as `MigrateSettings.ps1` writes it, below `folder`.
fn export(folder: &str) -> Parts {
    let root = |xml: String| {
        xml.replace("<saved-ma-configuration>", "").replace("</saved-ma-configuration>", "")
    };
    [
        (
            "Connectors/Connector_{1}.xml",
            root(ad_agent(7, Some("corp.example.com"))).replace('\n', ""),
        ),
        ("Connectors/Connector_{2}.xml", root(cloud_agent())),
        ("GlobalSettings/MV.xml", metaverse("1.6.4.0")),
        ("MigratedPolicy.json", POLICY.to_owned()),
        ("SynchronizationRules/SynchronizationRule_{1}.xml", rule(RULE, "Out of scope")),
    ]
    .map(|(name, text)| (format!("{folder}{name}"), text.into_bytes()))
    .to_vec()
}

fn facts(parts: &Parts) -> Facts {
    assemble(&Memory(parts.clone()), None, &mut ()).unwrap()
}

#[test]
fn the_export_alone_is_a_snapshot() {
    let facts = facts(&export(""));
    assert_eq!(facts.problems, []);
    let configuration = facts.configuration.unwrap();
    assert_eq!(configuration.origin, ConfigurationOrigin::Export);
    assert_eq!(configuration.server.connectors.len(), 2);
    assert_eq!(configuration.server.rules.len(), 1);
    assert_eq!(facts.product.product, Some(Product::EntraConnect));
    // What the configuration was saved by counts before the wizard that wrote the settings file.
    assert_eq!(facts.product.version.unwrap().to_string(), "1.6.4.0");
    assert_eq!(facts.host.name.as_deref(), Some("sync09.corp.example"));
    let head = facts.export.unwrap();
    assert_eq!(head.server.as_deref(), Some("SYNC09"));
    assert_eq!(head.exported_at.unwrap().to_string(), "2026-02-03T04:05:06.789Z");
    assert_eq!(head.place, "GlobalSettings/MV.xml");
    let [policy] = facts.policies.as_slice() else { panic!("{:?}", facts.policies) };
    assert_eq!(policy.kind.as_deref(), Some("migration"));
    assert_eq!(policy.database_server.as_deref(), Some("(localdb)"));
    // Neither templates nor DirSync's scheduler belong to such a server, and nothing that is missing decides.
    let missing: Vec<_> =
        facts.missing.iter().map(|it| it.why.split(' ').next().unwrap()).collect();
    assert_eq!(
        missing,
        ["snapshot.json", "registry.reg", "services.json", "files.csv", "database.json"]
    );
    assert!(facts.missing.iter().all(|it| !it.needed), "{:?}", facts.missing);
}

#[test]
fn wherever_the_files_lie_they_say_the_same() {
    let folder = TempDir::new().unwrap();
    let expected = facts(&export(""));
    let placed = [
        ("plain", export("")),
        ("below", export("server-configuration/")),
        ("deep", export("server-configuration/Exported-ServerConfiguration-1/")),
    ];
    for (name, parts) in &placed {
        write_folder(&folder.path().join(name), parts);
        fs::write(folder.path().join(format!("{name}.zip")), zip_of("x/", parts)).unwrap();
        for path in [(*name).to_owned(), format!("{name}.zip")] {
            let snapshot = Snapshot::open(&folder.path().join(&path)).unwrap();
            let found = assemble(&snapshot, None, &mut ()).unwrap();
            assert_eq!(found.product.product, expected.product.product, "{path}");
            assert_eq!(found.product.version, expected.product.version, "{path}");
            let rules = found.configuration.unwrap().server.rules;
            assert_eq!(rules.len(), 1, "{path}");
            assert!(rules[0].location.file.ends_with("SynchronizationRule_{1}.xml"), "{path}");
        }
    }
}

#[test]
fn a_rule_that_comes_twice_is_reported_with_both_files() {
    let mut parts = export("server-configuration/");
    let again = "elsewhere/SynchronizationRules/SynchronizationRule_{1}.xml";
    parts.push((again.to_owned(), rule(RULE, "Another name").into_bytes()));
    let facts = facts(&parts);
    let server = facts.configuration.unwrap().server;
    assert_eq!(server.rules.len(), 1);
    assert_eq!(server.rules[0].name, "Out of scope", "the proper place counts");
    let shown: Vec<_> =
        facts.problems.iter().map(|it| format!("{} {}", it.location, it.what)).collect();
    assert_eq!(
        shown,
        [format!(
            "{again}:1:1 the rule {{AAAAAAAA-0000-0000-0000-000000000001}} was read from \
             server-configuration/SynchronizationRules/SynchronizationRule_{{1}}.xml before; this one was left out"
        )]
    );
}

#[test]
fn rules_without_an_id_are_not_taken_for_one() {
    let mut parts = export("");
    for n in 2..4 {
        let name = format!("SynchronizationRules/SynchronizationRule_{{{n}}}.xml");
        parts.push((name, rule("", "none").into_bytes()));
    }
    assert_eq!(facts(&parts).configuration.unwrap().server.rules.len(), 3);
}

#[test]
fn each_file_may_be_missing_or_damaged() {
    for (name, _) in export("") {
        let without: Parts = export("").into_iter().filter(|(it, _)| *it != name).collect();
        let parts = facts(&without);
        assert_eq!(parts.product.product, Some(Product::EntraConnect), "{name}");
        assert_eq!(parts.problems, [], "{name}");
        for damage in ["", "<", "{\"a\":", "<synchronizationRule>"] {
            let mut damaged = without.clone();
            damaged.push((name.clone(), damage.as_bytes().to_vec()));
            damaged.sort();
            let facts = facts(&damaged);
            let told = facts.problems.iter().any(|it| it.location.file == name);
            let gap = facts.missing.iter().any(|it| it.why.starts_with(&format!("{name}:")));
            assert!(told && gap, "{name} {damage}: {:?} {:?}", facts.problems, facts.missing);
        }
    }
}

#[test]
fn what_the_server_says_wins_over_the_export() {
    let mut parts = sample();
    parts.extend(export("old/"));
    let facts = facts(&parts);
    assert_eq!(facts.product.product, Some(Product::DirSync));
    assert_eq!(facts.product.version.unwrap().to_string(), "1.0.7020.0");
    assert_eq!(facts.host.name.as_deref(), Some("SYNC01"));
}

#[test]
fn the_build_tells_the_older_product() {
    let mut parts = export("");
    parts.retain(|(name, _)| name != "MigratedPolicy.json");
    for (build, product) in [
        ("1.0.494.501", Product::AzureAdSync),
        ("1.0.8640.9", Product::AzureAdSync),
        ("1.0.8641.0", Product::EntraConnect),
        ("2.5.79.0", Product::EntraConnect),
    ] {
        for (name, bytes) in &mut parts {
            if name.ends_with("MV.xml") {
                *bytes = metaverse(build).into_bytes();
            }
        }
        let facts = facts(&parts);
        assert_eq!(facts.product.product, Some(product), "{build}");
        assert_eq!(facts.host.name.as_deref(), Some("SYNC09"));
    }
}

#[test]
fn rules_without_any_build_leave_the_product_open() {
    let parts: Parts =
        export("").into_iter().filter(|(name, _)| name.starts_with("Sync")).collect();
    let facts = facts(&parts);
    assert_eq!(facts.product.product, None);
    assert!(facts.product.evidence.iter().any(|it| it.item == "synchronisation rules"));
}

#[test]
fn a_wizard_file_names_its_custom_rules() {
    let text = r#"{ "policyMetadata": { "azureADConnectVersion": "2.3.6.0" }, "unknown": { "a": [1] },
      "onpremisesDirectoryPolicy": { "friendlyName": "corp.example", "customSynchronizationRules": [ { "name": "One" } ] },
      "azureDirectoryPolicy": { "customSynchronizationRules": { "name": "Two" } } }"#;
    let parts = vec![("Applied-SynchronizationPolicy-20260301.JSON".to_owned(), text.into())];
    let facts = facts(&parts);
    assert_eq!(facts.product.product, Some(Product::EntraConnect));
    assert_eq!(facts.product.version.unwrap().to_string(), "2.3.6.0");
    assert_eq!(facts.policies[0].custom_rules, ["One", "Two"]);
    assert!(facts.missing.iter().any(|it| it.needed && it.what.contains("server configuration")));
}

#[test]
fn the_published_export() {
    let Some(folder) = published_export() else { return };
    let facts = assemble(&Snapshot::open(&folder).unwrap(), None, &mut ()).unwrap();
    assert_eq!(facts.problems, []);
    assert_eq!(facts.product.product, Some(Product::EntraConnect));
    assert_eq!(facts.product.version.unwrap().to_string(), "1.1.130.0");
    assert_eq!(facts.host.name.as_deref(), Some("CONTOSO-SYNC01"));
    assert_eq!(facts.export.unwrap().exported_at.unwrap().to_string(), "2016-05-03T14:28:09.784Z");
    let server = facts.configuration.unwrap().server;
    assert_eq!(server.connectors.len(), 2);
    assert_eq!(server.metaverse.unwrap().parameters.len(), 37);
    let rules = &server.rules;
    let n_of = |direction| rules.iter().filter(|it| it.direction == direction).count();
    assert_eq!((rules.len(), n_of(Direction::Inbound), n_of(Direction::Outbound)), (62, 28, 34));
    let mappings: Vec<_> = rules
        .iter()
        .flat_map(|it| &it.mappings)
        .map(dirlift_model::rule::AttributeMapping::kind)
        .collect();
    let of_kind = |kind| mappings.iter().filter(|it| **it == Some(kind)).count();
    assert_eq!(mappings.len(), 1_200);
    assert_eq!(of_kind(MappingKind::Direct), 802);
    assert_eq!(of_kind(MappingKind::Expression), 391);
    assert_eq!(of_kind(MappingKind::Constant), 7);
    let clauses = rules.iter().flat_map(|it| &it.scope).map(|it| it.clauses.len());
    assert_eq!(clauses.sum::<usize>(), 92);
    let conditions = rules.iter().flat_map(|it| &it.joins).map(|it| it.conditions.len());
    assert_eq!(conditions.sum::<usize>(), 40);
    assert!(facts.missing.iter().all(|it| !it.needed), "{:?}", facts.missing);
}
