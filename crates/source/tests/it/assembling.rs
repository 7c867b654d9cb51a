//! Facts from snapshots, whole and damaged.
use std::fs;

use dirlift_model::{
    DatabaseFacts, Facts, Guid, Product,
    database::{AgentRow, ConnectorSpaceCount, ServerConfigurationRow},
    facts::ConfigurationOrigin,
};
use dirlift_source::{Snapshot, assemble};
use tempfile::TempDir;

use crate::sample::{
    AD_ID, CANARY, CLOUD_ID, Memory, Parts, ad_agent, metaverse, sample, set, write_folder, zip_of,
};

fn facts(parts: &Parts) -> Facts {
    assemble(&Memory(parts.clone()), None, &mut ()).unwrap()
}

fn without(name: &str) -> Parts {
    let mut parts = sample();
    parts.retain(|(it, _)| !it.starts_with(name));
    parts
}

fn why<'a>(facts: &'a Facts, text: &str) -> &'a dirlift_model::NotChecked {
    facts
        .missing
        .iter()
        .find(|it| it.why.contains(text))
        .unwrap_or_else(|| panic!("{text}: {:#?}", facts.missing))
}

#[test]
fn a_whole_snapshot() {
    let facts = facts(&sample());
    assert_eq!(facts.taken_at, Some("2026-11-16T08:30:00Z".parse().unwrap()));
    assert_eq!(facts.host.name.as_deref(), Some("SYNC01"));
    assert_eq!(facts.product.product, Some(Product::DirSync));
    assert_eq!(facts.product.evidence[0].place, "Registry.REG", "in the case of the file");
    assert_eq!(facts.services.as_ref().unwrap().len(), 2);
    assert_eq!(facts.files.as_ref().unwrap().len(), 1);
    assert_eq!(facts.scheduler.as_ref().unwrap().interval_seconds, Some(10_800));
    assert_eq!(facts.database.as_ref().unwrap().connector_space.as_ref().unwrap()[0].joined, 120);
    let configuration = facts.configuration.as_ref().unwrap();
    assert_eq!(configuration.origin, ConfigurationOrigin::Export);
    assert_eq!(configuration.server.connectors.len(), 2);
    assert_eq!(configuration.server.connectors[0].location.file, "server-configuration/MA-1.XML");
    assert!(configuration.server.metaverse.is_some());
    let baseline = facts.baseline.as_ref().unwrap();
    let places: Vec<_> = baseline.connectors.iter().map(|it| it.location.file.as_str()).collect();
    assert_eq!(
        places,
        ["templates/Exch/MA-1.XML", "templates/Base/MA-1.XML"],
        "the hybrid set first"
    );
    assert_eq!(facts.missing, []);
    assert_eq!(facts.problems, []);
}

#[test]
fn a_folder_and_its_zips_are_equal() {
    let mut parts = sample();
    set(&mut parts, "files.csv", "path,size\nC:\\a,big\n");
    let expected = facts(&parts);
    assert!(!expected.problems.is_empty());
    let folder = TempDir::new().unwrap();
    write_folder(&folder.path().join("plain"), &parts);
    write_folder(&folder.path().join("nested/Snapshot"), &parts);
    for (name, prefix) in [("plain.zip", ""), ("nested.zip", "Snapshot/"), ("twice.zip", "a/b/")] {
        fs::write(folder.path().join(name), zip_of(prefix, &parts)).unwrap();
    }
    let mut scattered = parts.clone();
    set(&mut scattered, "__MACOSX/._x", "x");
    set(&mut scattered, ".DS_Store", "x");
    let mut bytes: Parts = scattered
        .into_iter()
        .map(
            |(name, it)| {
                if name.starts_with(['.', '_']) { (name, it) } else { (format!("s/{name}"), it) }
            },
        )
        .collect();
    bytes.sort();
    fs::write(folder.path().join("scattered.zip"), zip_of("", &bytes)).unwrap();
    for name in ["plain", "nested", "plain.zip", "nested.zip", "twice.zip", "scattered.zip"] {
        let snapshot = Snapshot::open(&folder.path().join(name)).unwrap();
        assert_eq!(assemble(&snapshot, None, &mut ()).unwrap(), expected, "{name}");
    }
}

#[test]
fn each_part_may_be_missing() {
    let cases = [
        ("snapshot.json", "system requirements", false),
        ("Registry.REG", "TLS settings", false),
        ("services.json", "state and accounts", false),
        ("files.csv", "custom DLLs", false),
        ("scheduler.config", "interval", false),
        ("server-configuration/", "the server configuration", true),
        ("templates/", "removed attributes are only inferred", false),
        ("database.json", "object counts", true),
    ];
    for (name, what, needed) in cases {
        let facts = facts(&without(name));
        let entry = why(&facts, &format!("{} is not in the snapshot; ", name.to_lowercase()));
        assert!(entry.what.contains(what), "{entry:?}");
        assert_eq!(entry.needed, needed, "{name}");
        assert_eq!(facts.missing.len(), 1, "{name}: {:?}", facts.missing);
        assert_eq!(facts.problems, [], "{name}");
        assert_eq!(facts.product.product, Some(Product::DirSync), "{name}");
    }
}

#[test]
fn the_metaverse_may_be_missing() {
    let facts = facts(&without("server-configuration/MV"));
    let entry = why(&facts, "the configuration has no metaverse");
    assert!(entry.needed);
    assert!(facts.configuration.is_some());
}

#[test]
fn each_part_may_be_damaged() {
    let garbage: Vec<u8> = (0..2_000u32)
        .map(|it| u8::try_from(it.wrapping_mul(it).wrapping_mul(2_654_435_761) >> 24).unwrap())
        .collect();
    for (name, content) in sample() {
        if name.starts_with("notes/") {
            continue;
        }
        let needed = name.starts_with("server-configuration/") || name == "database.json";
        for damage in
            [Vec::new(), garbage.clone(), b"\0".to_vec(), b"<".to_vec(), b"{\"a\":".to_vec()]
        {
            let mut parts = sample();
            set(&mut parts, &name, damage.clone());
            let facts = facts(&parts);
            let place = format!("{name}:");
            let entry = facts
                .missing
                .iter()
                .find(|it| it.why.starts_with(&place))
                .unwrap_or_else(|| panic!("{name} {damage:?}: {:?}", facts.missing));
            assert_eq!(entry.needed, needed, "{name}");
            assert!(facts.problems.iter().any(|it| it.location.file == name), "{name}");
            assert!(facts.missing.len() <= 2, "{name}: {:?}", facts.missing);
        }
        for at in (0..content.len()).step_by(11) {
            let mut parts = sample();
            set(&mut parts, &name, &content[..at]);
            let cut = facts(&parts);
            assert_ne!(cut.product.product, Some(Product::None), "{name} cut at {at}");
        }
    }
}

#[test]
fn what_the_collector_left_out() {
    let mut parts = without("services.json");
    let text = r#"{"not_collected": [ {"what": "Services.json", "why": "access denied"}, {"what": "templates", "why": "x"}, {"what": "event logs", "why": "too large"} ]}"#;
    set(&mut parts, "snapshot.json", text);
    let facts = facts(&parts);
    assert_eq!(
        why(&facts, "services.json was not collected: access denied; ").what,
        "state and accounts of the services"
    );
    let last = facts.missing.last().unwrap();
    assert_eq!(
        (last.what.as_str(), last.why.as_str()),
        ("event logs", "the collector left it out: too large")
    );
    // The templates are there after all.
    assert_eq!(facts.missing.len(), 2, "{:?}", facts.missing);
}

#[test]
fn nothing_but_one_part() {
    for (name, content) in sample() {
        let alone = vec![(name.clone(), content)];
        let result = assemble(&Memory(alone), None, &mut ());
        if name.starts_with("notes/") {
            assert!(result.unwrap_err().to_string().starts_with("memory is not a snapshot"));
            continue;
        }
        let facts = result.unwrap();
        let undecided =
            facts.missing.iter().any(|it| it.what == "which product is installed" && it.needed);
        assert_eq!(undecided, facts.product.product.is_none(), "{name}");
    }
}

#[test]
fn no_secret_comes_through() {
    let facts = facts(&sample());
    let mut parts = sample();
    let n_canaries: usize =
        parts.iter().map(|(_, it)| String::from_utf8_lossy(it).matches(CANARY).count()).sum();
    assert!(n_canaries > 10, "{n_canaries}");
    is_clean(&facts);
    // Also where the same texts are broken off, and values have the wrong type.
    for (name, _) in sample() {
        for damage in [
            format!("{{ \"host\": \"{CANARY}\" }}"),
            format!("{{ \"services\": [ {{ \"name\": [\"{CANARY}\"] , \"state\": \"x\" }} ] }}"),
            format!("{{ \"agents\": [ {{ \"version\": \"{CANARY}\" }} ] }}"),
            format!(
                "Windows Registry Editor Version 5.00\n[HKLM\\x]\n\"Password\"=\"{CANARY}\n\"secret\"={CANARY}\n"
            ),
            format!("<configuration><password>{CANARY}</password>"),
        ] {
            set(&mut parts, &name, damage);
            let facts = assemble(&Memory(parts.clone()), None, &mut ()).unwrap();
            is_clean(&facts);
        }
        parts = sample();
    }
}

#[test]
fn a_template_by_its_hash_in_the_list_of_files() {
    // SHA-256 of the agent's text, by hand: printf '%s' "$text" | sha256sum.
    let mut parts = without("templates/");
    set(
        &mut parts,
        "server-configuration/MA-1.XML",
        "<ma-data><id>{11111111-2222-3333-4444-555555555555}</id><category>AD</category><ma-partition-data><partition><selected>1</selected></partition></ma-partition-data></ma-data>",
    );
    let hash = "a8735412cb0a019ece6788b4f0f76ce9a50019004623782d73420abc2ad14138";
    let row = |folder: &str| {
        format!(
            "path,sha256\n\"C:\\Program Files\\Windows Azure Active Directory Sync\\{folder}\\Exch\\MA-{{1}}.XML\",{hash}\n"
        )
    };
    set(&mut parts, "files.csv", row("other"));
    assert!(facts(&parts).configuration.is_some(), "only files below \\ma\\ are templates");
    set(&mut parts, "files.csv", row("MA"));
    let facts = facts(&parts);
    is_template(&facts, "server-configuration/MA-1.XML");
}

fn is_template(facts: &Facts, first: &str) {
    assert!(facts.configuration.is_none());
    let text =
        format!("{first} is the template that the product ships, not this server's configuration");
    let entry = why(facts, &text);
    assert!(entry.needed && entry.what.contains("the server configuration"), "{entry:?}");
    let baseline = facts.baseline.as_ref().unwrap();
    assert!(baseline.active_directory().next().is_some());
}

#[test]
fn a_template_by_its_copy_among_the_templates() {
    let mut parts = sample();
    let template = ad_agent(1, None);
    set(&mut parts, "server-configuration/MA-1.XML", template);
    let facts = facts(&parts);
    is_template(&facts, "server-configuration/MA-1.XML");
    // The copy is not counted twice; the rest of the export is set aside with it.
    let places: Vec<_> = facts
        .baseline
        .as_ref()
        .unwrap()
        .connectors
        .iter()
        .map(|it| it.location.file.as_str())
        .collect();
    assert_eq!(
        places,
        ["templates/Exch/MA-1.XML", "templates/Base/MA-1.XML", "server-configuration/MA-2.XML"]
    );
}

#[test]
fn a_template_by_its_empty_agent() {
    let mut parts = without("templates/");
    set(&mut parts, "server-configuration/MA-1.XML", ad_agent(9, None));
    is_template(&facts(&parts), "server-configuration/MA-1.XML");
    // A second agent that has a forest makes it a configuration.
    let second =
        ad_agent(9, Some("b.example.com")).replace(AD_ID, "{22222222-2222-3333-4444-555555555555}");
    set(&mut parts, "server-configuration/MA-3.XML", second);
    assert_eq!(facts(&parts).configuration.unwrap().server.connectors.len(), 3);
}

fn database_with_columns(version: u64) -> DatabaseFacts {
    let agent = |id: &str, category: &str, version, column: &str, xml: &str| AgentRow {
        id: id.parse().unwrap(),
        name: "A".to_owned(),
        category: category.to_owned(),
        version: Some(version),
        xml: [
            (column.to_owned(), xml.to_owned()),
            ("encrypted_configuration".to_owned(), CANARY.to_owned()),
        ]
        .into(),
        ..AgentRow::default()
    };
    DatabaseFacts {
        connector_space: Some(vec![ConnectorSpaceCount::default()]),
        agents: Some(vec![
            agent(AD_ID, "AD", version, "join_rule_xml", "<join></join>"),
            agent(CLOUD_ID, "Extensible2", 3, "projection_rule_xml", "<projection></projection>"),
        ]),
        server_configuration: Some(ServerConfigurationRow {
            xml: [(
                "import_attribute_flow_xml".to_owned(),
                "<import-attribute-flow></import-attribute-flow>".to_owned(),
            )]
            .into(),
            ..ServerConfigurationRow::default()
        }),
        ..DatabaseFacts::default()
    }
}

fn with_database(parts: &Parts, database: DatabaseFacts) -> Facts {
    assemble(&Memory(parts.clone()), Some(database), &mut ()).unwrap()
}

#[test]
fn the_database_counts_more_than_the_export() {
    let facts = with_database(&sample(), database_with_columns(7));
    let configuration = facts.configuration.as_ref().unwrap();
    assert_eq!(configuration.origin, ConfigurationOrigin::Database);
    assert_eq!(configuration.server.connectors.len(), 2);
    assert!(configuration.server.metaverse.is_some());
    assert_eq!(facts.problems, [], "same agents in the same versions");
    is_clean(&facts);
    // The live database wins over database.json.
    assert_eq!(facts.database.as_ref().unwrap().server.edition, None);

    let facts = with_database(&sample(), database_with_columns(8));
    let shown: Vec<_> =
        facts.problems.iter().map(|it| format!("{} {}", it.location, it.what)).collect();
    assert_eq!(
        shown,
        [
            "server-configuration/MA-1.XML:3:1 the agent has version 7 here and 8 in the database; the database counts"
        ]
    );

    let mut database = database_with_columns(7);
    database.agents.as_mut().unwrap()[1].id = Guid::from_u128(1);
    let facts = with_database(&sample(), database);
    assert_eq!(facts.problems.len(), 2, "{:?}", facts.problems);
}

#[test]
fn an_agent_that_is_not_in_the_export_is_missed() {
    for file in ["server-configuration/MA-1.XML", "server-configuration/MA-2.XML"] {
        let mut parts = sample();
        let n_parts = parts.len();
        parts.retain(|(name, _)| name != file);
        assert_eq!(parts.len(), n_parts - 1, "{file}");
        let missing = facts(&parts).missing;
        assert!(
            missing.iter().any(|it| it.needed && it.what.contains("agent")),
            "{file}: {missing:?}"
        );
    }
}

#[test]
fn what_the_columns_lack_comes_from_the_export() {
    let from_export = facts(&sample()).configuration.unwrap().server;
    let exported = from_export.active_directory().next().unwrap();
    assert!(!exported.partitions.is_empty(), "the sample has partitions to lose");
    let facts = with_database(&sample(), database_with_columns(7));
    let server = facts.configuration.unwrap().server;
    let agent = server.active_directory().next().unwrap();
    assert_eq!(agent.partitions, exported.partitions);
    assert_eq!(agent.name, "A", "the rest is the database's");
}

#[test]
fn columns_of_the_database_are_never_templates() {
    let mut parts = without("server-configuration/");
    let facts_without = with_database(&parts, database_with_columns(1));
    assert_eq!(facts_without.configuration.unwrap().origin, ConfigurationOrigin::Database);
    set(&mut parts, "server-configuration/MA-1.XML", ad_agent(1, None));
    let facts = with_database(&parts, database_with_columns(1));
    assert_eq!(facts.configuration.unwrap().origin, ConfigurationOrigin::Database);
    assert_eq!(facts.missing, []);
    assert!(
        facts.problems[0].what.contains("is a template that the product ships"),
        "{:?}",
        facts.problems
    );
}

#[test]
fn a_database_without_columns_or_counts() {
    let mut database = database_with_columns(1);
    for agent in database.agents.as_mut().unwrap() {
        agent.xml.clear();
    }
    database.connector_space = None;
    let facts = with_database(&sample(), database);
    assert_eq!(facts.configuration.unwrap().origin, ConfigurationOrigin::Export);
    assert_eq!(facts.missing.len(), 1);
    assert!(
        facts.missing[0].needed && facts.missing[0].what == "object counts",
        "{:?}",
        facts.missing
    );
}

#[test]
fn a_damaged_column_is_a_gap() {
    let mut database = database_with_columns(1);
    database.agents.as_mut().unwrap()[0]
        .xml
        .insert("join_rule_xml".to_owned(), "<join>".to_owned());
    let facts = with_database(&without("server-configuration/"), database);
    assert_eq!(facts.configuration.unwrap().server.connectors.len(), 1);
    let entry = facts
        .missing
        .iter()
        .find(|it| it.why.starts_with("mms_management_agent.join_rule_xml (A):1:"))
        .unwrap();
    assert!(entry.needed);
}

#[test]
fn agents_that_come_twice() {
    let mut parts = sample();
    set(&mut parts, "server-configuration/copy of MA-1.XML", ad_agent(6, Some("corp.example.com")));
    set(&mut parts, "server-configuration/MV2.XML", metaverse().replace('5', "6"));
    let facts = facts(&parts);
    assert_eq!(facts.configuration.unwrap().server.connectors.len(), 2);
    let places: Vec<_> = facts.problems.iter().map(|it| it.location.to_string()).collect();
    assert_eq!(
        places,
        ["server-configuration/MV2.XML:1:25", "server-configuration/copy of MA-1.XML:3:1"]
    );
}

#[test]
fn other_products_have_no_scheduler_and_no_templates() {
    let mut parts = without("templates/");
    parts.retain(|(it, _)| it != "scheduler.config");
    let text = "REGEDIT4\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\ADSync]\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Azure AD Connect]\n";
    set(&mut parts, "Registry.REG", text);
    let facts = facts(&parts);
    assert_eq!(facts.product.product, Some(Product::EntraConnect));
    assert_eq!(facts.missing, []);
}

#[test]
fn progress_is_reported() {
    #[derive(Default)]
    struct Counted(Option<u64>, u64, bool);
    impl dirlift_model::progress::Progress for Counted {
        fn begin(&mut self, _: &str, _: &str, total: Option<u64>) {
            self.0 = total;
        }
        fn advance(&mut self, n: u64) {
            self.1 += n;
        }
        fn end(&mut self) {
            self.2 = true;
        }
    }
    let mut progress = Counted::default();
    assemble(&Memory(sample()), None, &mut progress).unwrap();
    assert_eq!((progress.0, progress.1, progress.2), (Some(12), 12, true));
}

fn is_clean(facts: &Facts) {
    let shown = format!("{facts:?}");
    assert_eq!(dirlift_testkit::canary::find(CANARY, shown.as_bytes()), None, "{shown}");
}
