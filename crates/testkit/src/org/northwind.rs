//! Northwind: above the threshold, with a remote database and many settings that have to migrate.
use super::{
    File,
    agent::{AD_ID, Agent, CLOUD_ID, ExportFlow, Source},
    crlf,
    database::{AgentRow, Count, Database, Run},
    guid,
    host::Host,
    metaverse::Metaverse,
    partition::{self, Partition},
    stock, templates, utf16le,
};

const BUILD: &str = "1.0.6765.6";
const SERVER: &str = "NW-DIRSYNC";
const EXPORTED: &str = "2026-11-20 14:58:36.093";
const ROOT_DOMAIN: &str = "DC=northwind,DC=example";
const SECOND_DOMAIN: &str = "DC=emea,DC=northwind,DC=example";

/// All files of the snapshot.
pub(super) fn files() -> Vec<File> {
    let templates = templates(BUILD);
    let (directory, cloud, metaverse) = (directory(), cloud(), metaverse());
    let host = host();
    let configuration =
        |name: String, bytes| File { path: format!("server-configuration/{name}"), bytes };
    let mut files = vec![
        File::new("README.md", include_str!("northwind.md")),
        File::new("database.json", database(&directory, &cloud, &metaverse).json()),
        host.snapshot_json(),
        host.registry_reg(),
        host.services_json(),
        host.scheduler_config(),
        host.files_csv(&templates),
        configuration(
            format!("MA-{AD_ID}.XML"),
            crlf(&directory.file(SERVER, EXPORTED)).into_bytes(),
        ),
        configuration(
            format!("MA-{CLOUD_ID}.XML"),
            crlf(&cloud.file(SERVER, EXPORTED)).into_bytes(),
        ),
        configuration("MV.XML".to_owned(), utf16le(&crlf(&metaverse.file(SERVER, EXPORTED)))),
    ];
    files.extend(templates);
    files
}

fn directory() -> Agent {
    let mut agent = stock::directory_agent();
    (agent.created, agent.modified, agent.version) =
        ("2014-05-12 13:20:41.703", "2026-06-30 15:44:18.860", 87);
    agent.private = String::from(
        "<adma-configuration><forest-name>northwind.example</forest-name><forest-port>0</forest-port>\
        <forest-guid>{00000000-0000-0000-0000-000000000000}</forest-guid>\
        <forest-login-user>MSOL_0be7719ac3d5</forest-login-user><forest-login-domain>NORTHWIND</forest-login-domain>\
        <sign-and-seal>1</sign-and-seal><ssl-bind crl-check=\"0\">0</ssl-bind><simple-bind>0</simple-bind>\
        <default-ssl-strength>0</default-ssl-strength><enable-unapplied-merge>0</enable-unapplied-merge>\
        <password-hash-sync-config><enabled>0</enabled><target>{1D2C95FB-F61F-45A7-B6D5-F4124D5F7002}</target>\
        </password-hash-sync-config></adma-configuration>",
    );
    let users = &mut agent.filters[0].1;
    users.push(vec![("extensionAttribute15", "equality", "NoSync")]);
    users.push(vec![
        ("department", "equality", "Contractors"),
        ("employeeType", "equality", "External"),
    ]);
    let names = partition::other_names(ROOT_DOMAIN);
    let root = Partition {
        dn: ROOT_DOMAIN,
        dns: "northwind.example",
        selected: true,
        is_domain: true,
        inclusions: partition::below(
            ROOT_DOMAIN,
            &["OU=Staff", "OU=Groups", "OU=External Contacts", "OU=Retail & Stores"],
        ),
        exclusions: [
            vec![ROOT_DOMAIN.to_owned()],
            partition::below(ROOT_DOMAIN, &["OU=Archive,OU=Staff"]),
        ]
        .concat(),
        last_dc: "NW-DC01.northwind.example",
        preferred: &["NW-DC01.northwind.example", "NW-DC04.northwind.example"],
    };
    let second = Partition {
        dn: SECOND_DOMAIN,
        dns: "emea.northwind.example",
        selected: false,
        is_domain: true,
        inclusions: Vec::new(),
        exclusions: Vec::new(),
        last_dc: "NW-EMEA-DC01.emea.northwind.example",
        preferred: &[],
    };
    let partitions =
        [root, second].into_iter().chain(partition::others("northwind.example", &names));
    agent.partitions = partitions.map(|it| partition::directory(&it, "northwind")).collect();
    agent
}

fn cloud() -> Agent {
    let mut agent = stock::cloud_agent(BUILD);
    (agent.created, agent.modified, agent.version) =
        ("2014-05-12 13:20:39.250", "2026-06-30 15:46:02.447", 22);
    agent.private =
        stock::cloud_configuration(BUILD, Some("svc-o365sync@northwind.onmicrosoft.com"));
    agent.partitions =
        vec![partition::default(&["contact", "group", "user"], "northwind", CLOUD_ID)];
    let of_user = |it: &ExportFlow, target| it.cd_type == "user" && it.target == target;
    let custom = agent.flows.iter_mut().find(|it| of_user(it, "extensionAttribute5"));
    custom.expect("the stock agent has this flow").source =
        Source::Direct("physicalDeliveryOfficeName");
    let last_of_user =
        agent.flows.iter().rposition(|it| it.cd_type == "user").map_or(0, |it| it + 1);
    let source = Source::Constant("GB");
    agent.flows.insert(
        last_of_user,
        ExportFlow { cd_type: "user", mv_type: "person", target: "usageLocation", source },
    );
    agent
}

fn metaverse() -> Metaverse {
    let mut metaverse = stock::metaverse();
    metaverse.version = 140;
    let flow =
        metaverse.sources("person", "userPrincipalName").iter_mut().find(|it| it.cd_type == "user");
    flow.expect("the stock metaverse has this flow").source = Source::Direct("mail");
    metaverse
}

fn host() -> Host<'static> {
    Host {
        taken_at: "2026-11-20T15:10:00Z",
        name: "NW-DIRSYNC.northwind.example",
        domain: "northwind.example",
        os: ("Microsoft Windows Server 2012 Standard", "6.2.9200", None),
        dotnet_release: 378_389,
        powershell: "3.0",
        memory_mb: 16_384,
        disk_mb: (122_880, 58_310),
        winhttp: "proxy.northwind.example:3128",
        user_proxy: None,
        build: BUILD,
        full_sync_needed: 0,
        sql: ("NW-SQL01", ""),
        service_account: r"NORTHWIND\svc-dirsync",
        scheduler: ("automatic", "running", 0),
        interval: "1:0:0",
        registry: "",
        files: &[],
    }
}

const DELTA: &str = "delta-import";
const ERRORS: &[(&str, u32)] = &[("AttributeValueMustBeUnique", 12), ("InvalidSoftMatch", 3)];

/// Runs, newest first.
#[rustfmt::skip]
const RUNS: &[Run] = &[
    (CLOUD_ID, "Export", 9_907, "export", "completed-export-errors", "2026-11-01T23:38:20Z", "2026-11-01T23:41:00Z", ERRORS),
    (CLOUD_ID, "Delta Confirming Import", 9_906, DELTA, "success", "2026-11-01T23:36:02Z", "2026-11-01T23:38:17Z", &[]),
    (AD_ID, "Export", 9_905, "export", "success", "2026-11-01T23:34:51Z", "2026-11-01T23:35:58Z", &[]),
    (AD_ID, "Delta Import Delta Sync", 9_904, DELTA, "success", "2026-11-01T23:30:03Z", "2026-11-01T23:34:49Z", &[]),
    (CLOUD_ID, "Export", 9_903, "export", "completed-export-errors", "2026-11-01T22:37:40Z", "2026-11-01T22:39:12Z", ERRORS),
    (CLOUD_ID, "Delta Confirming Import", 9_902, DELTA, "success", "2026-11-01T22:35:31Z", "2026-11-01T22:37:37Z", &[]),
    (AD_ID, "Export", 9_901, "export", "success", "2026-11-01T22:34:20Z", "2026-11-01T22:35:29Z", &[]),
    (AD_ID, "Delta Import Delta Sync", 9_900, DELTA, "success", "2026-11-01T22:30:03Z", "2026-11-01T22:34:18Z", &[]),
];

/// Rows of the connector spaces: joined, disconnected, placeholders, pending exports, export errors.
#[rustfmt::skip]
const DIRECTORY_ROWS: &[Count] = &[
    ("user", [54_210, 1_904, 22, 4, 0]),
    ("inetOrgPerson", [36, 0, 0, 0, 0]),
    ("contact", [3_034, 120, 0, 0, 0]),
    ("group", [5_200, 640, 31, 0, 0]),
    ("organizationalUnit", [0, 1_188, 9, 0, 0]),
    ("container", [0, 52, 0, 0, 0]),
    ("domainDNS", [0, 1, 1, 0, 0]),
];

#[rustfmt::skip]
const CLOUD_ROWS: &[Count] = &[
    ("user", [54_249, 14, 0, 15, 15]),
    ("contact", [3_034, 0, 0, 0, 0]),
    ("group", [5_200, 2, 0, 0, 0]),
];

fn database(directory: &Agent, cloud: &Agent, metaverse: &Metaverse) -> Database {
    Database {
        read_at: "2026-11-20T15:02:19Z",
        machine: "NW-SQL01",
        instance: "",
        edition: "Standard Edition (64-bit)",
        engine_edition: 2,
        product_version: "10.50.6000.34",
        size_mb: (24_806, 8_192),
        agents: vec![
            AgentRow {
                id: AD_ID,
                name: "Active Directory Connector",
                category: "AD",
                subtype: "",
                version: 87,
                times: ("2014-05-12T13:20:41.703Z", "2026-06-30T15:44:18.860Z"),
                full_sync_required: false,
                counts: DIRECTORY_ROWS,
                xml: directory.columns(),
            },
            AgentRow {
                id: CLOUD_ID,
                name: "Windows Azure Active Directory Connector",
                category: "Extensible2",
                subtype: "Windows Azure Active Directory (Microsoft)",
                version: 22,
                times: ("2014-05-12T13:20:39.250Z", "2026-06-30T15:46:02.447Z"),
                full_sync_required: false,
                counts: CLOUD_ROWS,
                xml: cloud.columns(),
            },
        ],
        metaverse: &[("person", 54_249), ("contact", 3_034), ("group", 5_200)],
        large_groups: vec![
            (guid("northwind/group/All Staff").to_string(), "CN=All Staff", 18_204),
            (guid("northwind/group/Retail EMEA").to_string(), "CN=Retail EMEA", 12_077),
        ],
        configuration_xml: metaverse.columns(),
        administrators: "S-1-5-21-3321908174-2750018846-1409377621-4118",
        runs: RUNS,
    }
}
