//! Tailspin: a server that cannot be upgraded.
use super::{
    File,
    agent::{AD_ID, Agent, CLOUD_ID, RunProfile, Source, Step, plain_schema},
    attributes::Attribute,
    database::{AgentRow, Count, Database, Run},
    guid,
    host::Host,
    metaverse::{ImportFlow, Metaverse},
    partition::{self, Partition},
    stock, templates,
};

/// As the registry and the files write it.
const BUILD: &str = "1.0.6455.0807";
const SERVER: &str = "TSP-SYNC";
const EXPORTED: &str = "2026-11-20 09:31:55.617";
const DOMAIN: &str = "DC=ad,DC=tailspin,DC=example";
const DNS: &str = "ad.tailspin.example";
/// The agent that somebody added.
const HR_ID: &str = "{6E0F3C1A-94B2-4D7C-8A55-0D2B7C9E41F3}";

/// Attributes that were removed from the agent; the templates select them and the schema has them.
const REMOVED: [&str; 4] =
    ["extensionAttribute10", "msExchArchiveName", "telephoneAssistant", "thumbnailPhoto"];

/// All files of the snapshot.
pub(super) fn files() -> Vec<File> {
    let templates = templates(BUILD);
    let host = host();
    // This export went through an editor that writes plain line ends.
    let configuration =
        |name: String, text: String| File::new(format!("server-configuration/{name}"), text);
    let mut files = vec![
        File::new("README.md", include_str!("tailspin.md")),
        File::new("database.json", database().json()),
        host.snapshot_json(),
        host.registry_reg(),
        host.services_json(),
        host.scheduler_config(),
        host.files_csv(&templates),
        configuration(format!("MA-{AD_ID}.XML"), directory().file(SERVER, EXPORTED)),
        configuration(format!("MA-{CLOUD_ID}.XML"), cloud().file(SERVER, EXPORTED)),
        configuration(format!("MA-{HR_ID}.XML"), hr().file(SERVER, EXPORTED)),
        configuration("MV.XML".to_owned(), metaverse().file(SERVER, EXPORTED)),
    ];
    files.extend(templates);
    files
}

fn directory() -> Agent {
    let mut agent = stock::directory_agent();
    (agent.created, agent.modified, agent.version) =
        ("2013-10-21 06:12:08.330", "2026-11-07 17:25:40.107", 203);
    agent.flows.clear();
    agent.inclusion.retain(|it| !REMOVED.contains(it));
    agent.extension = "TailspinUserRules.dll";
    agent.private = String::from(
        "<adma-configuration><forest-name>ad.tailspin.example</forest-name><forest-port>0</forest-port>\
        <forest-guid>{00000000-0000-0000-0000-000000000000}</forest-guid>\
        <forest-login-user>MSOL_a93f04d6be17</forest-login-user><forest-login-domain>TAILSPIN</forest-login-domain>\
        <sign-and-seal>1</sign-and-seal><ssl-bind crl-check=\"0\">0</ssl-bind><simple-bind>0</simple-bind>\
        <default-ssl-strength>0</default-ssl-strength><enable-unapplied-merge>0</enable-unapplied-merge>\
        </adma-configuration>",
    );
    let names = partition::other_names(DOMAIN);
    let domain = Partition {
        dn: DOMAIN,
        dns: DNS,
        selected: true,
        is_domain: true,
        inclusions: vec![DOMAIN.to_owned()],
        exclusions: partition::stock_exclusions(DOMAIN),
        last_dc: "TSP-DC01.ad.tailspin.example",
        preferred: &[],
    };
    let partitions = std::iter::once(domain).chain(partition::others(DNS, &names));
    agent.partitions = partitions.map(|it| partition::directory(&it, "tailspin")).collect();
    agent
}

fn cloud() -> Agent {
    let mut agent = stock::cloud_agent(BUILD);
    (agent.created, agent.modified, agent.version) =
        ("2013-10-21 06:12:05.217", "2025-02-11 08:40:13.690", 9);
    agent.private = stock::cloud_configuration(BUILD, Some("admin@tailspin.onmicrosoft.com"));
    agent.partitions =
        vec![partition::default(&["contact", "group", "user"], "tailspin", CLOUD_ID)];
    // Somebody guards against mass deletions.
    for run in agent.runs.iter_mut().filter(|it| it.name == "Export") {
        run.steps.iter_mut().for_each(|it| it.delete = Some(50));
    }
    agent
}

/// An agent that reads a table of the personnel department.
fn hr() -> Agent {
    const ATTRIBUTES: &[Attribute] =
        &[("costCentre", 'S'), ("employeeNumber", 'S'), ("grade", 'S'), ("leavingDate", 'S')];
    let names: Vec<_> = ATTRIBUTES.iter().map(|it| it.0).collect();
    let join = guid("tailspin/hr/join").braced();
    Agent {
        id: HR_ID,
        name: "HR Import",
        category: "MSSQL",
        subtype: "",
        description: "Cost centres from the personnel system",
        created: "2014-01-30 11:05:22.410",
        modified: "2024-08-19 12:51:36.773",
        version: 17,
        schema: plain_schema(&[("user", names.clone())], ATTRIBUTES),
        inclusion: names,
        filters: Vec::new(),
        join: format!(
            "<join-profile cd-object-type=\"user\"><join-criterion id=\"{join}\"><search mv-object-type=\"person\">\
             <attribute-mapping mv-attribute=\"extensionAttribute4\"><direct-mapping><src-attribute>employeeNumber</src-attribute>\
             </direct-mapping></attribute-mapping></search><resolution type=\"none\"><script-context></script-context></resolution>\
             </join-criterion></join-profile>"
        ),
        projection: String::new(),
        flows: Vec::new(),
        cleanup: "make-normal-disconnector",
        extension: "",
        private: "<oledbma-configuration><connection-info><authentication>integrated</authentication>\
                  <provider>SQLOLEDB</provider><server>TSP-HR01</server><databasename>Personnel</databasename>\
                  <tablename>dbo.vwSync</tablename><user>svc-hrread</user><domain>TAILSPIN</domain></connection-info>\
                  <mms-info><anchor><attribute>employeeNumber</attribute></anchor><object-type>user</object-type></mms-info>\
                  </oledbma-configuration>"
            .to_owned(),
        partitions: vec![partition::default(&["user"], "tailspin", HR_ID)],
        runs: vec![RunProfile { name: "Full Import", steps: vec![Step::new("full-import", "")] }],
        capabilities: ("ac05", 2),
    }
}

fn metaverse() -> Metaverse {
    let mut metaverse = stock::metaverse();
    metaverse.version = 58;
    for it in metaverse
        .sources("person", "extensionAttribute1")
        .iter_mut()
        .filter(|it| it.cd_type == "user")
    {
        it.source = Source::Scripted(
            vec!["department", "company"],
            "TailspinUserRules.CostCentreName".to_owned(),
        );
    }
    let from_hr =
        ImportFlow { agent: HR_ID, cd_type: "user", source: Source::Direct("costCentre") };
    metaverse.sources("person", "extensionAttribute2").insert(0, from_hr);
    metaverse
}

fn host() -> Host<'static> {
    Host {
        taken_at: "2026-11-20T09:45:00Z",
        name: "TSP-SYNC.ad.tailspin.example",
        domain: DNS,
        os: ("Microsoft Windows Server 2008 R2 Enterprise", "6.1.7601", Some("Service Pack 1")),
        dotnet_release: 0,
        powershell: "2.0",
        memory_mb: 4_096,
        disk_mb: (61_440, 7_905),
        winhttp: "",
        user_proxy: None,
        build: BUILD,
        full_sync_needed: 1,
        sql: ("", "MSONLINE"),
        service_account: r".\AAD_7d10e2f85b3c",
        scheduler: ("disabled", "stopped", 1_067),
        interval: "3:0:0",
        registry: "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2\\Client]\n\
                   \"DisabledByDefault\"=dword:00000001\n\n",
        files: &[(
            r"SYNCBUS\Synchronization Service\Extensions\TailspinUserRules.dll",
            28_672,
            "1.2.0.0",
            "",
        )],
    }
}

const DELTA: &str = "delta-import";
const FAILED: &str = "stopped-extension-dll-exception";

/// Runs, newest first.
#[rustfmt::skip]
const RUNS: &[Run] = &[
    (AD_ID, "Delta Import Delta Sync", 7_133, DELTA, FAILED, "2026-11-08T02:00:05Z", "2026-11-08T02:00:41Z", &[("extension-dll-exception", 1)]),
    (CLOUD_ID, "Export", 7_132, "export", "success", "2026-11-07T23:05:10Z", "2026-11-07T23:05:58Z", &[]),
    (CLOUD_ID, "Delta Confirming Import", 7_131, DELTA, "success", "2026-11-07T23:03:22Z", "2026-11-07T23:05:08Z", &[]),
    (AD_ID, "Delta Import Delta Sync", 7_130, DELTA, FAILED, "2026-11-07T23:00:05Z", "2026-11-07T23:00:40Z", &[("extension-dll-exception", 1)]),
    (HR_ID, "Full Import", 311, "full-import", "success", "2026-11-07T20:30:00Z", "2026-11-07T20:41:30Z", &[]),
];

/// Rows of the connector spaces: joined, disconnected, placeholders, pending exports, export errors.
#[rustfmt::skip]
const DIRECTORY_ROWS: &[Count] = &[
    ("user", [19_040, 233, 4, 0, 0]),
    ("inetOrgPerson", [12, 0, 0, 0, 0]),
    ("contact", [808, 17, 0, 0, 0]),
    ("group", [2_010, 151, 9, 0, 0]),
    ("organizationalUnit", [0, 304, 2, 0, 0]),
    ("container", [0, 29, 0, 0, 0]),
    ("domainDNS", [0, 1, 0, 0, 0]),
];

#[rustfmt::skip]
const CLOUD_ROWS: &[Count] = &[
    ("user", [19_052, 3, 0, 0, 0]),
    ("contact", [808, 0, 0, 0, 0]),
    ("group", [2_010, 0, 0, 0, 0]),
];

#[rustfmt::skip]
const HR_ROWS: &[Count] = &[
    ("user", [18_730, 96, 0, 0, 0]),
];

fn database() -> Database {
    Database {
        read_at: "2026-11-20T09:40:12Z",
        machine: SERVER,
        instance: "MSONLINE",
        edition: "Express Edition (64-bit)",
        engine_edition: 4,
        product_version: "10.50.4042.0",
        size_mb: (3_402, 512),
        agents: vec![
            AgentRow {
                id: AD_ID,
                name: "Active Directory Connector",
                category: "AD",
                subtype: "",
                version: 203,
                times: ("2013-10-21T06:12:08.330Z", "2026-11-07T17:25:40.107Z"),
                full_sync_required: true,
                counts: DIRECTORY_ROWS,
                xml: Vec::new(),
            },
            AgentRow {
                id: CLOUD_ID,
                name: "Windows Azure Active Directory Connector",
                category: "Extensible2",
                subtype: "Windows Azure Active Directory (Microsoft)",
                version: 9,
                times: ("2013-10-21T06:12:05.217Z", "2025-02-11T08:40:13.690Z"),
                full_sync_required: false,
                counts: CLOUD_ROWS,
                xml: Vec::new(),
            },
            AgentRow {
                id: HR_ID,
                name: "HR Import",
                category: "MSSQL",
                subtype: "",
                version: 17,
                times: ("2014-01-30T11:05:22.410Z", "2024-08-19T12:51:36.773Z"),
                full_sync_required: false,
                counts: HR_ROWS,
                xml: Vec::new(),
            },
        ],
        metaverse: &[("person", 19_052), ("contact", 808), ("group", 2_010)],
        large_groups: Vec::new(),
        configuration_xml: Vec::new(),
        administrators: "S-1-5-21-611834702-3890114527-1720043998-1003",
        runs: RUNS,
    }
}
