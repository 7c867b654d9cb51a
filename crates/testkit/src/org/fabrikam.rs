//! Fabrikam: a healthy server below the threshold.
use super::{
    File,
    agent::{AD_ID, CLOUD_ID},
    crlf,
    database::{AgentRow, Count, Database, Run},
    host::Host,
    partition::{self, Partition},
    stock, templates,
};

const BUILD: &str = "1.0.7020.0";
const SERVER: &str = "FAB-SYNC01";
const EXPORTED: &str = "2026-11-16 08:21:07.450";
const DOMAIN: &str = "DC=corp,DC=fabrikam,DC=example";
const DNS: &str = "corp.fabrikam.example";

/// All files of the snapshot.
pub(super) fn files() -> Vec<File> {
    let templates = templates(BUILD);
    let host = host();
    let mut files = vec![
        File::new("README.md", include_str!("fabrikam.md")),
        File::new("database.json", database().json()),
        host.snapshot_json(),
        host.registry_reg(),
        host.services_json(),
        host.scheduler_config(),
        host.files_csv(&templates),
    ];
    files.extend(configuration());
    files.extend(templates);
    files
}

fn configuration() -> Vec<File> {
    let mut directory = stock::directory_agent();
    (directory.created, directory.modified, directory.version) =
        ("2014-09-02 07:31:12.540", "2026-03-17 10:02:55.313", 12);
    directory.flows.clear();
    directory.private = String::from(
        "<adma-configuration><forest-name>corp.fabrikam.example</forest-name><forest-port>0</forest-port>\
        <forest-guid>{00000000-0000-0000-0000-000000000000}</forest-guid>\
        <forest-login-user>MSOL_5f2c81d09be4</forest-login-user><forest-login-domain>CORP</forest-login-domain>\
        <sign-and-seal>1</sign-and-seal><ssl-bind crl-check=\"0\">0</ssl-bind><simple-bind>0</simple-bind>\
        <default-ssl-strength>0</default-ssl-strength><enable-unapplied-merge>0</enable-unapplied-merge>\
        <password-hash-sync-config><enabled>1</enabled><target>{1D2C95FB-F61F-45A7-B6D5-F4124D5F7002}</target>\
        </password-hash-sync-config></adma-configuration>",
    );
    let names = partition::other_names(DOMAIN);
    let mut exclusions = partition::stock_exclusions(DOMAIN);
    exclusions.extend(partition::below(
        DOMAIN,
        &["OU=Service Accounts", "OU=Test", "OU=Leavers,OU=People"],
    ));
    let domain = Partition {
        dn: DOMAIN,
        dns: DNS,
        selected: true,
        is_domain: true,
        inclusions: vec![DOMAIN.to_owned()],
        exclusions,
        last_dc: "FAB-DC02.corp.fabrikam.example",
        preferred: &[],
    };
    let partitions = std::iter::once(domain).chain(partition::others(DNS, &names));
    directory.partitions = partitions.map(|it| partition::directory(&it, "fabrikam")).collect();

    let mut cloud = stock::cloud_agent(BUILD);
    (cloud.created, cloud.modified, cloud.version) =
        ("2014-09-02 07:31:09.113", "2026-03-17 10:03:01.020", 4);
    cloud.private =
        stock::cloud_configuration(BUILD, Some("dirsync.admin@fabrikam.onmicrosoft.com"));
    cloud.partitions =
        vec![partition::default(&["contact", "group", "user"], "fabrikam", CLOUD_ID)];

    let mut metaverse = stock::metaverse();
    metaverse.version = 31;
    let file =
        |name: &str, text: &str| File::new(format!("server-configuration/{name}"), crlf(text));
    vec![
        file(&format!("MA-{AD_ID}.XML"), &directory.file(SERVER, EXPORTED)),
        file(&format!("MA-{CLOUD_ID}.XML"), &cloud.file(SERVER, EXPORTED)),
        file("MV.XML", &metaverse.file(SERVER, EXPORTED)),
    ]
}

fn host() -> Host<'static> {
    Host {
        taken_at: "2026-11-16T08:30:00Z",
        name: "FAB-SYNC01.corp.fabrikam.example",
        domain: DNS,
        os: ("Microsoft Windows Server 2012 R2 Standard", "6.3.9600", None),
        dotnet_release: 379_893,
        powershell: "4.0",
        memory_mb: 8_192,
        disk_mb: (102_400, 41_872),
        winhttp: "",
        user_proxy: Some((r"CORP\sync.admin", "proxy.fabrikam.example:8080")),
        build: BUILD,
        full_sync_needed: 0,
        sql: ("", "MSONLINE"),
        service_account: r".\AAD_c41b7e90d2a8",
        scheduler: ("automatic", "running", 0),
        interval: "3:0:0",
        registry: "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319]\n\"SchUseStrongCrypto\"=dword:00000001\n\n",
        files: &[],
    }
}

const FULL: &str = "full-import-reevaluate-rules";
const DELTA: &str = "delta-import";

/// Runs, newest first.
#[rustfmt::skip]
const RUNS: &[Run] = &[
    (CLOUD_ID, "Export", 4_412, "export", "success", "2026-11-16T06:05:33Z", "2026-11-16T06:06:48Z", &[]),
    (CLOUD_ID, "Delta Confirming Import", 4_411, DELTA, "success", "2026-11-16T06:03:45Z", "2026-11-16T06:05:31Z", &[]),
    (AD_ID, "Delta Import Delta Sync", 4_410, DELTA, "success", "2026-11-16T06:00:04Z", "2026-11-16T06:03:41Z", &[]),
    (CLOUD_ID, "Export", 4_409, "export", "success", "2026-11-16T03:05:20Z", "2026-11-16T03:06:02Z", &[]),
    (CLOUD_ID, "Delta Confirming Import", 4_408, DELTA, "success", "2026-11-16T03:03:35Z", "2026-11-16T03:05:18Z", &[]),
    (AD_ID, "Delta Import Delta Sync", 4_407, DELTA, "success", "2026-11-16T03:00:04Z", "2026-11-16T03:03:31Z", &[]),
    (CLOUD_ID, "Export", 4_388, "export", "success", "2026-11-15T01:58:12Z", "2026-11-15T02:04:40Z", &[]),
    (CLOUD_ID, "Full Confirming Import", 4_387, FULL, "success", "2026-11-15T01:16:10Z", "2026-11-15T01:58:10Z", &[]),
    (AD_ID, "Full Import Full Sync", 4_386, FULL, "success", "2026-11-15T00:10:05Z", "2026-11-15T01:16:05Z", &[]),
];

/// Rows of the connector spaces: joined, disconnected, placeholders, pending exports, export errors.
#[rustfmt::skip]
const DIRECTORY_ROWS: &[Count] = &[
    ("user", [31_406, 512, 41, 0, 0]),
    ("inetOrgPerson", [118, 3, 0, 0, 0]),
    ("contact", [2_450, 61, 0, 0, 0]),
    ("group", [4_240, 388, 27, 0, 0]),
    ("organizationalUnit", [9, 612, 14, 0, 0]),
    ("container", [0, 37, 2, 0, 0]),
    ("domainDNS", [0, 1, 0, 0, 0]),
];

#[rustfmt::skip]
const CLOUD_ROWS: &[Count] = &[
    ("user", [31_524, 19, 0, 0, 0]),
    ("contact", [2_450, 0, 0, 0, 0]),
    ("group", [4_240, 6, 5, 0, 0]),
];

fn database() -> Database {
    Database {
        read_at: "2026-11-16T08:24:51Z",
        machine: SERVER,
        instance: "MSONLINE",
        edition: "Express Edition (64-bit)",
        engine_edition: 4,
        product_version: "11.0.5058.0",
        size_mb: (6_214, 1_024),
        agents: vec![
            AgentRow {
                id: AD_ID,
                name: "Active Directory Connector",
                category: "AD",
                subtype: "",
                version: 12,
                times: ("2014-09-02T07:31:12.540Z", "2026-03-17T10:02:55.313Z"),
                full_sync_required: false,
                counts: DIRECTORY_ROWS,
                xml: Vec::new(),
            },
            AgentRow {
                id: CLOUD_ID,
                name: "Windows Azure Active Directory Connector",
                category: "Extensible2",
                subtype: "Windows Azure Active Directory (Microsoft)",
                version: 4,
                times: ("2014-09-02T07:31:09.113Z", "2026-03-17T10:03:01.020Z"),
                full_sync_required: false,
                counts: CLOUD_ROWS,
                xml: Vec::new(),
            },
        ],
        metaverse: &[("person", 31_524), ("contact", 2_450), ("group", 4_240)],
        large_groups: vec![(
            super::guid("fabrikam/group/All Employees").to_string(),
            "CN=All Employees",
            11_902,
        )],
        configuration_xml: Vec::new(),
        administrators: "S-1-5-21-2086411573-1183940527-908413366-1007",
        runs: RUNS,
    }
}
