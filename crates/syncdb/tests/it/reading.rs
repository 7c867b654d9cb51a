//! What is read from sound databases.
use dirlift_model::DatabaseFacts;
use dirlift_model::database::{ConnectorSpaceCount, ErrorCount, LargeGroup, TypeCount};
use dirlift_testkit::tds::{Encryption, TlsVersion};

use crate::support::*;

fn count(connector: &str, object_type: &str, numbers: [u64; 6]) -> ConnectorSpaceCount {
    let [joined, disconnected, placeholders, pending_exports, export_errors, import_errors] =
        numbers;
    ConnectorSpaceCount {
        connector: connector.parse().unwrap(),
        object_type: object_type.to_owned(),
        joined,
        disconnected,
        placeholders,
        pending_exports,
        export_errors,
        import_errors,
    }
}

#[test]
fn dirsync_database_is_read() {
    let server = with_login(dirsync()).start().unwrap();
    let mut options = options(&server);
    options.large_group = 3;
    let facts = read(&server, "FIMSynchronizationService", &options).unwrap();

    assert_eq!(facts.read_at.unwrap().to_string(), "2026-11-20T07:30:00Z");
    let it = &facts.server;
    assert_eq!(it.machine_name.as_deref(), Some("SYNC01"));
    assert_eq!(it.instance.as_deref(), Some("MSONLINE"));
    assert_eq!(it.database.as_deref(), Some("FIMSynchronizationService"));
    assert_eq!(it.edition.as_deref(), Some("Express Edition (64-bit)"));
    assert_eq!((it.engine_edition, it.is_local_db), (Some(4), None));
    assert_eq!(it.product_version.as_deref(), Some("10.50.6000.34"));
    assert_eq!(it.collation.as_deref(), Some("SQL_Latin1_General_CP1_CI_AS"));
    // 128,001 pages are one page more than 1,000 MB; 6,400 pages are 50 MB.
    let files: Vec<_> =
        facts.files.iter().map(|it| (it.name.as_str(), it.kind.as_str(), it.size_mb)).collect();
    assert_eq!(
        files,
        [
            ("FIMSynchronizationService", "ROWS", 1_001),
            ("FIMSynchronizationService_log", "LOG", 50)
        ]
    );

    agents_are_told(&facts);
    runs_are_told(&facts);
    assert_eq!((facts.staging_mode, facts.watermark_at), (None, None));
    // The one column of damaged XML is named, and nothing else is missing.
    let gaps: Vec<_> = facts.not_read.iter().map(|it| it.what.as_str()).collect();
    assert_eq!(gaps, [format!("agent {AD}: column `ma_schema_xml`")]);
    assert!(server.errors().is_empty(), "{:?}", server.errors());

    let expected = [
        count(AD, "", [0, 0, 1, 0, 0, 0]),
        count(AD, "contact", [1, 0, 0, 0, 0, 0]),
        count(AD, "group", [1, 0, 0, 0, 0, 0]),
        count(AD, "inetOrgPerson", [1, 0, 0, 0, 0, 1]),
        count(AD, "organizationalUnit", [2, 0, 0, 0, 0, 0]),
        count(AD, "user", [3, 1, 2, 2, 1, 0]),
        count(CLOUD, "group", [0, 1, 0, 0, 0, 0]),
        count(CLOUD, "user", [1, 0, 0, 1, 0, 0]),
    ];
    assert_eq!(facts.connector_space.as_deref(), Some(&expected[..]));
    let metaverse = [("group", 1), ("person", 5)];
    let metaverse =
        metaverse.map(|(ty, objects)| TypeCount { object_type: ty.to_owned(), objects });
    assert_eq!(facts.metaverse.as_deref(), Some(&metaverse[..]));
    let group = LargeGroup {
        connector: AD.parse().unwrap(),
        object: "0c0c0c0c-0000-4000-8000-000000000008".parse().unwrap(),
        rdn: "CN=Object 8".to_owned(),
        members: 3,
    };
    assert_eq!(facts.large_groups, Some(vec![group]));
}

fn agents_are_told(facts: &DatabaseFacts) {
    let agents = facts.agents.as_ref().unwrap();
    let agent = &agents[0];
    assert_eq!(
        (agent.name.as_str(), agent.category.as_str(), &agent.subtype),
        ("Active Directory Connector", "AD", &None)
    );
    assert_eq!(
        (agent.version, agent.full_import_required, agent.full_sync_required),
        (Some(7), Some(false), Some(true))
    );
    assert_eq!(agent.modified.unwrap().to_string(), "2014-06-02T09:30:15Z");
    let xml: Vec<_> = agent.xml.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(
        xml,
        [
            (
                "attribute_inclusion_xml",
                "<attribute-inclusion><attribute>mail</attribute></attribute-inclusion>"
            ),
            ("join_rule_xml", "<join><join-profile cd-object-type=\"user\"/></join>"),
            (
                "ma_partition_data_xml",
                "<ma-partition-data><partition><id>{0C0C0C0C-0000-4000-8000-0000000001F5}</id>\
                 <name>DC=corp,DC=example,DC=com</name><selected>1</selected><custom-data><adma-partition-data>\
                 <cookie></cookie><dn>DC=corp</dn></adma-partition-data></custom-data><filter><object-classes/></filter>\
                 </partition></ma-partition-data>"
            ),
            (
                "ma_run_data_xml",
                "<ma-run-data><run-configuration><id>{0C0C0C0C-0000-4000-8000-000000000259}</id>\
                 <name>Full &amp; Import</name><configuration><step/></configuration></run-configuration></ma-run-data>"
            ),
            (
                "private_configuration_xml",
                "<adma-configuration><forest-name>corp.example.com</forest-name><password></password>\
                 <password-hash-sync-config><enabled>1</enabled></password-hash-sync-config></adma-configuration>"
            ),
        ]
    );
    assert_eq!(agents[1].id.to_string(), CLOUD);
    let configuration = facts.server_configuration.as_ref().unwrap();
    assert_eq!(configuration.administrators.as_ref().unwrap().to_string(), "S-1-5-32-544");
    let names: Vec<_> = configuration.xml.keys().map(String::as_str).collect();
    assert_eq!(names, ["import_attribute_flow_xml", "mv_schema_xml"]);
}

fn runs_are_told(facts: &DatabaseFacts) {
    let runs = facts.runs.as_ref().unwrap();
    let told: Vec<_> =
        runs.iter().map(|it| (it.number, it.result.as_str(), it.steps.len())).collect();
    assert_eq!(told, [(42, "completed-export-errors", 1), (41, "success", 2)]);
    let kinds: Vec<_> = runs[1].steps.iter().map(|it| it.kind.as_ref().unwrap().words()).collect();
    assert_eq!(kinds, ["delta-import/to-cs", "apply-rules/apply-pending"]);
    assert_eq!(runs[0].started.unwrap().to_string(), "2026-11-19T22:02:00Z");
    let errors = [ErrorCount { error_type: "AttributeValueMustBeUnique".to_owned(), objects: 2 }];
    assert_eq!(runs[0].steps[0].errors, errors);
}

#[test]
fn connect_database_is_read() {
    let server = with_login(connect_database()).start().unwrap();
    let facts = read(&server, "ADSync", &options(&server)).unwrap();
    assert_eq!(facts.server.is_local_db, Some(true));
    assert_eq!(facts.staging_mode, Some(true));
    // The newest of the cloud agent, not that of the other agent.
    assert_eq!(facts.watermark_at.unwrap().to_string(), "2026-11-18T06:00:00Z");
    let agents = facts.agents.as_ref().unwrap();
    assert!(!agents[0].xml.contains_key("join_rule_xml"));
    assert_eq!(
        agents[1].xml["ma_partition_data_xml"],
        "<ma-partition-data><partition><name>default</name><water-mark></water-mark></partition></ma-partition-data>"
    );
    assert_eq!(facts.large_groups.as_deref(), Some(&[][..]));
}

#[test]
fn nothing_secret_is_asked_for_or_kept() {
    for database in [dirsync(), connect_database()] {
        let name = database.name.clone();
        let server = with_login(database).start().unwrap();
        let facts = read(&server, &name, &options(&server)).unwrap();
        let json = serde_json::to_string(&facts).unwrap();
        assert!(json.contains("corp.example.com"), "the search would find what is there");
        assert!(!json.contains(CANARY), "{json}");
        let statements = server.statements();
        assert!(statements.len() >= 12, "{statements:?}");
        for sql in statements {
            assert!(
                sql.starts_with("SELECT ") && !sql.contains('*') && !sql.contains(';'),
                "{sql}"
            );
            let lower = sql.to_ascii_lowercase();
            for word in [
                "password",
                "encrypted",
                "entropy",
                "hologram",
                "deltas",
                "key",
                "hash",
                "username",
            ] {
                assert!(!lower.contains(word), "{sql}");
            }
        }
    }
}

#[test]
fn same_database_same_facts_over_every_transport() {
    let reference = with_login(dirsync()).start().unwrap();
    let expected = read(&reference, "FIMSynchronizationService", &options(&reference)).unwrap();
    for (encryption, tls, n_bytes) in [
        (Encryption::Forced, TlsVersion::Only12, 512),
        (Encryption::Offered, TlsVersion::Only13, 32_767),
        (Encryption::Offered, TlsVersion::Only12, 8_000),
    ] {
        let server = with_login(dirsync())
            .encryption(encryption)
            .tls(tls)
            .packet_size(n_bytes)
            .start()
            .unwrap();
        let facts = read(&server, "FIMSynchronizationService", &options(&server)).unwrap();
        assert_eq!(facts, expected, "{encryption:?} {tls:?} {n_bytes}");
    }
}

#[test]
fn long_texts_and_many_rows_survive_packets() {
    let mut database = dirsync();
    let long = format!(
        "<attribute-inclusion>{}</attribute-inclusion>",
        "<attribute>straße😀</attribute>".repeat(20_000)
    );
    let agents = database.table("mms_management_agent");
    let place = agents.columns.iter().position(|it| it.name == "attribute_inclusion_xml").unwrap();
    agents.rows[0][place] = long.as_str().into();
    let runs = database.table("mms_run_history");
    let template = runs.rows[0].clone();
    for n in 0..1_200 {
        let mut row = template.clone();
        row[0] = dirlift_testkit::tds::Value::guid(&format!("0d0d0d0d-0000-4000-8000-{n:012x}"));
        runs.rows.push(row);
    }
    let server = with_login(database).packet_size(512).start().unwrap();
    let facts = read(&server, "FIMSynchronizationService", &options(&server)).unwrap();
    assert_eq!(facts.agents.unwrap()[0].xml["attribute_inclusion_xml"], long);
    assert_eq!(facts.runs.unwrap().len(), 1_202);
    // 1,202 runs take three statements of 500 arguments.
    assert_eq!(
        server.statements().iter().filter(|it| it.contains("[dbo].[mms_step_history]")).count(),
        3
    );
}

#[test]
fn run_history_is_bounded_and_says_so() {
    let server = with_login(dirsync()).start().unwrap();
    let mut options = options(&server);
    options.max_runs = 1;
    let facts = read(&server, "FIMSynchronizationService", &options).unwrap();
    assert_eq!(facts.runs.unwrap().len(), 1);
    assert!(
        facts.not_read.iter().any(|it| it.why == "only the newest 1 runs are read"),
        "{:?}",
        facts.not_read
    );
}

#[test]
fn progress_comes_to_its_end() {
    #[derive(Default)]
    struct Counted {
        total: Option<u64>,
        n_done: u64,
        n_ends: u32,
    }
    impl dirlift_model::progress::Progress for Counted {
        fn begin(&mut self, _: &str, _: &str, total: Option<u64>) {
            self.total = total;
        }
        fn advance(&mut self, n: u64) {
            self.n_done += n;
        }
        fn end(&mut self) {
            self.n_ends += 1;
        }
    }
    let server = with_login(dirsync()).start().unwrap();
    let (url, mut counted) = (url(&server, "FIMSynchronizationService"), Counted::default());
    dirlift_syncdb::read(&url, &credentials(), &options(&server), &mut counted).unwrap();
    assert_eq!((Some(counted.n_done), counted.n_ends), (counted.total, 1));
}
