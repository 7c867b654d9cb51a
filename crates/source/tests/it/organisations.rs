//! The invented organisations of `test-data/`; expected values stand in their README files.
use std::{collections::BTreeMap, fs, path::Path};

use dirlift_model::{
    Facts, Product,
    facts::ConfigurationOrigin,
    rule::{Direction, MappingKind},
};
use dirlift_source::{Host as _, Snapshot, assemble};
use tempfile::TempDir;

use crate::sample::{Parts, zip_of};

struct Expected {
    name: &'static str,
    joined: u64,
    version: &'static str,
    origin: ConfigurationOrigin,
    n_connectors: usize,
    interval_seconds: u64,
}

const ORGANISATIONS: &[Expected] = &[
    Expected {
        name: "fabrikam",
        joined: 38_214,
        version: "1.0.7020.0",
        origin: ConfigurationOrigin::Export,
        n_connectors: 2,
        interval_seconds: 10_800,
    },
    Expected {
        name: "northwind",
        joined: 62_480,
        version: "1.0.6765.6",
        origin: ConfigurationOrigin::Database,
        n_connectors: 2,
        interval_seconds: 3_600,
    },
    Expected {
        name: "tailspin",
        joined: 21_870,
        version: "1.0.6455.807",
        origin: ConfigurationOrigin::Export,
        n_connectors: 3,
        interval_seconds: 10_800,
    },
];

fn open(name: &str) -> Snapshot {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test-data").join(name);
    Snapshot::open(&folder).unwrap()
}

fn facts(snapshot: &Snapshot) -> Facts {
    assemble(snapshot, None, &mut ()).unwrap()
}

#[test]
fn what_the_snapshots_say() {
    for expected in ORGANISATIONS {
        let name = expected.name;
        let facts = facts(&open(name));
        assert_eq!(facts.product.product, Some(Product::DirSync), "{name}");
        assert_eq!(
            facts.product.version.map(|it| it.to_string()).as_deref(),
            Some(expected.version),
            "{name}"
        );
        assert_eq!(
            facts.scheduler.as_ref().unwrap().interval_seconds,
            Some(expected.interval_seconds),
            "{name}"
        );
        let configuration = facts.configuration.as_ref().unwrap();
        assert_eq!(configuration.origin, expected.origin, "{name}");
        assert_eq!(configuration.server.connectors.len(), expected.n_connectors, "{name}");
        assert!(configuration.server.metaverse.is_some(), "{name}");
        assert!(facts.baseline.as_ref().unwrap().active_directory().next().is_some(), "{name}");
        let counts = facts.database.as_ref().unwrap().connector_space.as_ref().unwrap();
        let counted = counts.iter().filter(|it| {
            configuration.server.active_directory().any(|agent| agent.id == it.connector)
                && ["user", "inetOrgPerson", "contact", "group"].contains(&it.object_type.as_str())
        });
        assert_eq!(counted.map(|it| it.joined).sum::<u64>(), expected.joined, "{name}");
        assert_eq!(facts.missing, [], "{name}");
        // The third agent of tailspin is of a kind that is not read.
        let is_read = |file: &str| !file.contains("{6E0F3C1A-94B2-4D7C-8A55-0D2B7C9E41F3}");
        let problems: Vec<_> =
            facts.problems.iter().filter(|it| is_read(&it.location.file)).collect();
        assert!(problems.is_empty(), "{name}: {problems:?}");
    }
}

#[test]
fn what_the_server_of_azure_ad_connect_says() {
    let facts = facts(&open("adatum"));
    assert_eq!(facts.product.product, Some(Product::EntraConnect));
    assert_eq!(facts.product.version.unwrap().to_string(), "1.6.16.0");
    assert_eq!((&facts.missing, &facts.problems), (&Vec::new(), &Vec::new()));
    assert_eq!(facts.baseline, None);
    let [policy] = facts.policies.as_slice() else { panic!("{:?}", facts.policies) };
    assert_eq!(policy.service_account.as_deref(), Some(r"NT SERVICE\ADSync"));
    assert_eq!(facts.database.unwrap().server.is_local_db, Some(true));
    let server = facts.configuration.unwrap().server;
    assert_eq!((server.connectors.len(), server.rules.len()), (2, 19));
    assert_eq!(server.metaverse.unwrap().parameters.len(), 24);
    let rules = &server.rules;
    assert_eq!(rules.iter().filter(|it| it.direction == Direction::Inbound).count(), 13);
    assert_eq!(rules.iter().filter(|it| it.is_custom()).count(), 3);
    assert_eq!(rules.iter().filter(|it| it.disabled == Some(true)).count(), 2);
    let of_kind = |kind| {
        rules.iter().flat_map(|it| &it.mappings).filter(|it| it.kind() == Some(kind)).count()
    };
    let kinds = [MappingKind::Direct, MappingKind::Expression, MappingKind::Constant].map(of_kind);
    assert_eq!(kinds, [51, 10, 4]);
    let clauses = rules.iter().flat_map(|it| &it.scope).map(|it| it.clauses.len());
    assert_eq!(clauses.sum::<usize>(), 31);
    let conditions = rules.iter().flat_map(|it| &it.joins).map(|it| it.conditions.len());
    assert_eq!(conditions.sum::<usize>(), 9);
}

#[test]
fn a_zip_of_an_organisation_is_equal() {
    let folder = TempDir::new().unwrap();
    for name in ORGANISATIONS.iter().map(|it| it.name).chain(["adatum"]) {
        let snapshot = open(name);
        let parts: Parts = snapshot
            .parts()
            .into_iter()
            .map(|it| (it.clone(), snapshot.read(&it).unwrap().unwrap()))
            .collect();
        let path = folder.path().join(format!("{name}.zip"));
        fs::write(&path, zip_of(&format!("{name}/"), &parts)).unwrap();
        assert_eq!(facts(&Snapshot::open(&path).unwrap()), facts(&snapshot), "{name}");
    }
}

#[test]
fn columns_and_export_of_one_server_give_the_same_agents() {
    let snapshot = open("northwind");
    let from_columns = facts(&snapshot).configuration.unwrap().server;
    let parts = snapshot.parts().into_iter().filter(|it| it != "database.json");
    let parts = parts.map(|it| (it.clone(), snapshot.read(&it).unwrap().unwrap())).collect();
    let without = assemble(&crate::sample::Memory(parts), None, &mut ()).unwrap();
    let configuration = without.configuration.unwrap();
    assert_eq!(configuration.origin, ConfigurationOrigin::Export);
    let by_id: BTreeMap<_, _> =
        configuration.server.connectors.iter().map(|it| (it.id, it)).collect();
    for agent in &from_columns.connectors {
        let other = by_id[&agent.id];
        assert_eq!(agent.version, other.version);
        assert_eq!(agent.attribute_inclusion, other.attribute_inclusion);
        assert_eq!(agent.export_flows.len(), other.export_flows.len());
        assert_eq!(agent.partitions.len(), other.partitions.len());
        assert_eq!(agent.run_profiles.len(), other.run_profiles.len());
    }
}
