//! A healthy, small DirSync server that rules have little to say about; each test changes what it is about.
use dirlift_analyzer::{Knowledge, Options, analyze};
use dirlift_model::{
    Analysis, AttributeName, DatabaseFacts, Facts, Guid, HostFacts, Product,
    analysis::Deployment,
    config::{
        ActiveDirectorySettings, Connector, ConnectorCategory, ConnectorFilter, Deprovisioning,
        ExportFlow, ExtensibleSettings, Extension, FilterAlternative, FilterCondition,
        FilterOperator, FlowSource, ImportFlow, ImportFlows, JoinCriterion, JoinProfile, Location,
        Metaverse, Partition, RunProfile, RunStep, RunStepKind, ServerConfiguration,
    },
    database::{AgentRow, ConnectorSpaceCount, DatabaseFile, Run, SqlServer, Step, TypeCount},
    facts::{
        Configuration, ConfigurationOrigin, ProductFacts, Registry, RegistryKey, RegistryValue,
        Scheduler,
    },
    host::{DomainRole, InstalledFile, OperatingSystem, Service, ServiceState, StartType},
};
use jiff::Timestamp;

pub(crate) const AD: Guid = Guid::from_u128(0xcb7d_5198_66e8_49ec_9c0f_406a_55fd_4317);
pub(crate) const CLOUD: Guid = Guid::from_u128(0x1d2c_95fb_f61f_45a7_b6d5_f412_4d5f_7002);

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn place() -> Location {
    Location { file: "server-configuration/MA.XML".to_owned(), line: 3, column: 5 }
}

pub(crate) fn name(text: &str) -> AttributeName {
    text.into()
}

pub(crate) fn direct(attribute: &str) -> FlowSource {
    FlowSource::Direct { attribute: name(attribute), intrinsic: false }
}

pub(crate) fn condition(attribute: &str, operator: FilterOperator, value: &str) -> FilterCondition {
    FilterCondition {
        attribute: name(attribute),
        intrinsic: false,
        operator,
        value: value.to_owned(),
    }
}

pub(crate) fn alternative(conditions: Vec<FilterCondition>) -> FilterAlternative {
    FilterAlternative { id: None, conditions, location: place() }
}

pub(crate) fn filter(object_type: &str, alternatives: Vec<FilterAlternative>) -> ConnectorFilter {
    ConnectorFilter {
        object_type: name(object_type),
        kind: "declared".to_owned(),
        import_filter: false,
        alternatives,
        location: place(),
    }
}

pub(crate) fn export_flow(target: &str, source: FlowSource) -> ExportFlow {
    ExportFlow {
        id: None,
        object_type: name("user"),
        metaverse_type: name("person"),
        target: name(target),
        suppress_deletions: false,
        source,
        location: place(),
    }
}

pub(crate) fn extension(dll: &str) -> Extension {
    Extension { assembly_name: dll.to_owned(), application_protection: None, location: place() }
}

pub(crate) fn profile(profile_name: &str, kind: RunStepKind) -> RunProfile {
    RunProfile {
        id: None,
        name: profile_name.to_owned(),
        steps: vec![RunStep { kind, partition: None, object_limit: None, delete_limit: None }],
        location: place(),
    }
}

pub(crate) fn join(attribute: &str) -> JoinProfile {
    JoinProfile {
        object_type: name("user"),
        criteria: vec![JoinCriterion {
            id: None,
            metaverse_type: None,
            mappings: vec![(name("sourceAnchor"), direct(attribute))],
            scripted_resolution: None,
            location: place(),
        }],
    }
}

fn connector(id: Guid, connector_name: &str, category: ConnectorCategory) -> Connector {
    Connector {
        id,
        name: connector_name.to_owned(),
        category,
        subtype: String::new(),
        description: String::new(),
        version: None,
        creation_time: None,
        last_modification_time: None,
        schema_attributes: ["cn", "mail", "title"].map(AttributeName::new).to_vec(),
        attribute_inclusion: Some(["cn", "mail", "title"].map(AttributeName::new).to_vec()),
        filters: Vec::new(),
        joins: vec![join("sourceAnchor")],
        projections: Vec::new(),
        export_flows: vec![export_flow("displayName", direct("displayName"))],
        deprovisioning: Some(Deprovisioning {
            kind: "declared".to_owned(),
            action: Some("delete-object".to_owned()),
        }),
        extension: Some(extension("Microsoft.Online.Coexistence.Rules.dll")),
        partitions: Vec::new(),
        run_profiles: vec![profile("Full Import Full Sync", RunStepKind::FullImportFullSync)],
        component_mappings: None,
        active_directory: None,
        extensible: None,
        location: place(),
    }
}

pub(crate) fn extra_agent() -> Connector {
    connector(Guid::from_u128(7), "HR Import", ConnectorCategory::Other("MSSQL".to_owned()))
}

fn stock() -> ServerConfiguration {
    let mut ad = connector(AD, "Active Directory Connector", ConnectorCategory::ActiveDirectory);
    ad.filters = vec![filter(
        "user",
        vec![alternative(vec![condition("sAMAccountName", FilterOperator::NotPresent, "")])],
    )];
    let mut cloud = connector(
        CLOUD,
        "Windows Azure Active Directory Connector",
        ConnectorCategory::Extensible2,
    );
    cloud.subtype = String::from("Windows Azure Active Directory (Microsoft)");
    let upn = FlowSource::Scripted {
        attributes: ["<dn>", "sAMAccountName", "userPrincipalName"]
            .map(AttributeName::new)
            .to_vec(),
        context: "upn".to_owned(),
    };
    let metaverse = Metaverse {
        version: None,
        object_types: vec![name("person")],
        schema_attributes: Vec::new(),
        import_flows: vec![ImportFlows {
            metaverse_type: name("person"),
            target: name("userPrincipalName"),
            precedence: "ranked".to_owned(),
            flows: vec![ImportFlow {
                id: None,
                connector: AD,
                object_type: name("user"),
                source: upn,
                location: Location { line: 9, ..place() },
            }],
        }],
        recalling_connectors: Vec::new(),
        provisioning: Some("scripted".to_owned()),
        deletion_rules: Vec::new(),
        extension: Some(extension("Microsoft.Online.Coexistence.Metaverse.dll")),
        password_change_notification: None,
        parameters: Vec::new(),
        location: place(),
    };
    ServerConfiguration {
        connectors: vec![ad, cloud],
        metaverse: Some(metaverse),
        rules: Vec::new(),
        problems: Vec::new(),
    }
}

fn configured() -> ServerConfiguration {
    let mut server = stock();
    let head = "DC=corp,DC=example";
    server.connectors[0].active_directory = Some(ActiveDirectorySettings {
        forest_name: Some("corp.example".to_owned()),
        login_user: Some("MSOL_0123456789ab".to_owned()),
        login_domain: Some("CORP".to_owned()),
        ..ActiveDirectorySettings::default()
    });
    server.connectors[0].partitions = vec![partition(head, true)];
    server.connectors[0].partitions[0].scope.inclusions = vec![head.parse().unwrap()];
    server.connectors[1].extensible = Some(ExtensibleSettings {
        user_name: Some("admin@corp.onmicrosoft.com".to_owned()),
        ..ExtensibleSettings::default()
    });
    server
}

pub(crate) fn partition(dn: &str, selected: bool) -> Partition {
    Partition {
        id: None,
        name: dn.to_owned(),
        selected,
        object_classes: Vec::new(),
        scope: dirlift_model::config::ContainerScope::default(),
        dns_name: None,
        guid: None,
        is_domain: Some(true),
        last_domain_controller: None,
        preferred_domain_controllers: Vec::new(),
        alternate_login: None,
        location: place(),
    }
}

pub(crate) fn count(object_type: &str, joined: u64) -> ConnectorSpaceCount {
    ConnectorSpaceCount {
        connector: AD,
        object_type: object_type.to_owned(),
        joined,
        ..ConnectorSpaceCount::default()
    }
}

pub(crate) fn run(
    connector: Guid,
    result: &str,
    kind: RunStepKind,
    started: &str,
    ended: &str,
) -> Run {
    let step = Step {
        number: 1,
        result: result.to_owned(),
        started: Some(time(started)),
        ended: Some(time(ended)),
        kind: Some(kind),
        errors: Vec::new(),
    };
    Run {
        connector,
        profile: "cycle".to_owned(),
        number: 1,
        result: result.to_owned(),
        started: Some(time(started)),
        ended: Some(time(ended)),
        steps: vec![step],
    }
}

fn database() -> DatabaseFacts {
    let agent = |id, agent: &str, category: &str| AgentRow {
        id,
        name: agent.to_owned(),
        category: category.to_owned(),
        ..AgentRow::default()
    };
    DatabaseFacts {
        server: SqlServer {
            machine_name: Some("SYNC01".to_owned()),
            edition: Some("Express Edition (64-bit)".to_owned()),
            engine_edition: Some(4),
            product_version: Some("11.0.2100.60".to_owned()),
            collation: Some("SQL_Latin1_General_CP1_CI_AS".to_owned()),
            ..SqlServer::default()
        },
        files: vec![DatabaseFile {
            name: "data".to_owned(),
            kind: "ROWS".to_owned(),
            size_mb: 2_000,
        }],
        connector_space: Some(vec![
            count("user", 900),
            count("contact", 40),
            count("group", 60),
            count("organizationalUnit", 77),
        ]),
        metaverse: Some(vec![TypeCount { object_type: "person".to_owned(), objects: 1_000 }]),
        agents: Some(vec![
            agent(AD, "Active Directory Connector", "AD"),
            agent(CLOUD, "Windows Azure Active Directory Connector", "Extensible2"),
        ]),
        runs: Some(vec![run(
            AD,
            "success",
            RunStepKind::DeltaImportDeltaSync,
            "2026-11-20T10:00:00Z",
            "2026-11-20T10:05:00Z",
        )]),
        ..DatabaseFacts::default()
    }
}

fn service(key: &str, display: &str) -> Service {
    Service {
        name: key.to_owned(),
        display_name: Some(display.to_owned()),
        account: Some(r".\AAD_0123456789ab".to_owned()),
        start_type: Some(StartType::Automatic),
        state: Some(ServiceState::Running),
        exit_code: Some(0),
        ..Service::default()
    }
}

/// A host that can carry the new product.
pub(crate) fn good_host() -> HostFacts {
    HostFacts {
        name: Some("SYNC01.corp.example".to_owned()),
        domain_role: Some(DomainRole::MemberServer),
        os: Some(OperatingSystem {
            caption: Some("Windows Server 2022".to_owned()),
            version: Some("10.0.20348".parse().unwrap()),
            installation_type: Some("Server".to_owned()),
            service_pack: None,
        }),
        dotnet_release: Some(528_040),
        powershell: Some("5.1".parse().unwrap()),
        memory_mb: Some(16_384),
        system_disk_mb: Some(204_800),
        ..HostFacts::default()
    }
}

pub(crate) fn set(registry: &mut Registry, key: &str, value_name: &str, value: RegistryValue) {
    let path = key.replacen("HKLM", "HKEY_LOCAL_MACHINE", 1);
    let idx = registry.keys.iter().position(|it| it.path == path).unwrap_or_else(|| {
        registry.keys.push(RegistryKey { path, values: Vec::new() });
        registry.keys.len() - 1
    });
    registry.keys[idx].values.retain(|(it, _)| it != value_name);
    registry.keys[idx].values.push((value_name.to_owned(), value));
}

fn registry() -> Registry {
    let mut registry = Registry::default();
    for row in Knowledge::builtin().tls {
        set(&mut registry, &row.key, &row.name, RegistryValue::Number(row.value));
    }
    let engine = r"HKLM\SYSTEM\CurrentControlSet\Services\FIMSynchronizationService\Parameters";
    for (key, value) in
        [("Server", ""), ("SQLInstance", "MSONLINE"), ("DBName", "FIMSynchronizationService")]
    {
        set(&mut registry, engine, key, RegistryValue::String(value.to_owned()));
    }
    registry
}

/// The healthy server, as of [`AS_OF`] without any warning but those that every DirSync server gets.
pub(crate) fn facts() -> Facts {
    Facts {
        taken_at: Some(time("2026-11-20T12:00:00Z")),
        host: good_host(),
        product: ProductFacts {
            product: Some(Product::DirSync),
            version: Some("1.0.7020.0".parse().unwrap()),
            install_path: Some(r"C:\Program Files\Windows Azure Active Directory Sync\".to_owned()),
            evidence: Vec::new(),
        },
        registry: Some(registry()),
        services: Some(vec![
            service(
                "FIMSynchronizationService",
                "Forefront Identity Manager Synchronization Service",
            ),
            service("MSOnlineSyncScheduler", "Windows Azure Active Directory Sync Service"),
        ]),
        files: Some(Vec::new()),
        configuration: Some(Configuration {
            server: configured(),
            origin: ConfigurationOrigin::Export,
        }),
        baseline: Some(stock()),
        database: Some(database()),
        scheduler: Some(Scheduler {
            interval: Some("0:30:0".to_owned()),
            interval_seconds: Some(1_800),
            place: "scheduler.config".to_owned(),
        }),
        export: None,
        policies: Vec::new(),
        missing: Vec::new(),
        problems: Vec::new(),
    }
}

pub(crate) fn dll(file_name: &str, signer: &str, version: &str) -> InstalledFile {
    InstalledFile {
        path: format!(r"C:\x\Extensions\{file_name}"),
        size: Some(1),
        sha256: None,
        version: Some(version.to_owned()),
        signer: Some(signer.to_owned()),
    }
}

pub(crate) const AS_OF: &str = "2026-11-21T00:00:00Z";

pub(crate) fn options(mode: Option<Deployment>) -> Options {
    Options { as_of: time(AS_OF), mode, tool_version: "0".to_owned() }
}

pub(crate) fn judge(facts: &Facts, target: Option<&Facts>, mode: Option<Deployment>) -> Analysis {
    analyze(facts, target, &Knowledge::builtin(), &options(mode))
}

/// What a fixture may change.
pub(crate) struct Scene {
    pub(crate) facts: Facts,
    pub(crate) target: Option<Facts>,
    pub(crate) as_of: Timestamp,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self { facts: facts(), target: None, as_of: time(AS_OF) }
    }

    pub(crate) fn ad(&mut self) -> &mut Connector {
        &mut self.server().connectors[0]
    }

    pub(crate) fn cloud(&mut self) -> &mut Connector {
        &mut self.server().connectors[1]
    }

    pub(crate) fn server(&mut self) -> &mut ServerConfiguration {
        &mut self.facts.configuration.as_mut().unwrap().server
    }

    pub(crate) fn database(&mut self) -> &mut DatabaseFacts {
        self.facts.database.as_mut().unwrap()
    }

    pub(crate) fn full_sql(&mut self) {
        let server = &mut self.database().server;
        server.edition = Some("Standard Edition (64-bit)".to_owned());
        server.engine_edition = Some(2);
    }

    pub(crate) fn analysis(&self) -> Analysis {
        let options = Options { as_of: self.as_of, ..options(None) };
        analyze(&self.facts, self.target.as_ref(), &Knowledge::builtin(), &options)
    }
}
