//! An analysis that was put together by hand.
use dirlift_model::{
    Analysis, Confidence, Evidence, Finding, NotChecked, Product, Settings, Severity,
    analysis::{
        Account, AccountRole, Database, DatabaseKind, Deployment, Estimate, NetworkRequirement,
        Objects, Override, OwnHistory, Path, Recommendation, Source, SourceService,
    },
    config::{ContainerScope, FilterCondition, FilterOperator},
    settings::{
        AgentRunProfile, ConnectSettings, CustomFilter, CustomFlow, CustomSyncRule, Domain,
        Feature, Forest, Read, Tenant,
    },
};

pub(crate) fn finding(id: &str, severity: Severity, title: &str) -> Finding {
    Finding {
        id: id.to_owned(),
        severity,
        confidence: Confidence::Confirmed,
        title: title.to_owned(),
        detail: String::new(),
        evidence: Vec::new(),
        remedy: String::new(),
        reference: String::new(),
    }
}

/// Nothing is known.
pub(crate) fn empty() -> Analysis {
    Analysis {
        format_version: 1,
        tool_version: "0.1.0".to_owned(),
        as_of: "2026-11-21T00:00:00Z".parse().unwrap(),
        source: Source {
            product: None,
            version: None,
            host: None,
            os: None,
            install_path: None,
            services: Vec::new(),
            accounts: Vec::new(),
            evidence: Vec::new(),
        },
        database: None,
        objects: Objects::default(),
        estimate: Estimate::default(),
        recommendation: Recommendation {
            path: Path::None,
            deployment: Deployment::Undecided,
            feasible: None,
            obstacles: Vec::new(),
            overridden_by: None,
            reasons: Vec::new(),
        },
        settings: None,
        findings: Vec::new(),
        not_checked: Vec::new(),
        network: Vec::new(),
    }
}

/// A server with one of everything.
pub(crate) fn analysis() -> Analysis {
    let mut analysis = empty();
    analysis.source = Source {
        product: Some(Product::DirSync),
        version: Some("1.0.7020.0".parse().unwrap()),
        host: Some("SYNC01.corp.example.com".to_owned()),
        os: Some("Microsoft Windows Server 2012 R2 Standard".to_owned()),
        install_path: Some(r"C:\Program Files\Windows Azure Active Directory Sync\".to_owned()),
        services: vec![SourceService {
            name: "MSOnlineSyncScheduler".to_owned(),
            display_name: None,
            account: Some(r".\AAD_0123456789ab".to_owned()),
            state: "running, automatic".to_owned(),
        }],
        accounts: vec![Account {
            role: AccountRole::Cloud,
            name: "admin@example.onmicrosoft.com".to_owned(),
            read_from: "server-configuration/MA-{1}.XML:40:9".to_owned(),
        }],
        evidence: vec![Evidence::new("DisplayVersion", "1.0.7020.0", "registry.reg:12")],
    };
    analysis.database = Some(Database {
        kind: DatabaseKind::Express,
        remote: Some(false),
        server: Some("SYNC01".to_owned()),
        instance: Some("MSONLINE".to_owned()),
        name: Some("FIMSynchronizationService".to_owned()),
        product_version: Some("10.50.6000.34".to_owned()),
        size_mb: Some(1_420),
        last_run_at: Some("2026-11-15T22:10:00Z".parse().unwrap()),
    });
    analysis.objects = Objects {
        users: Some(60_000),
        contacts: Some(980),
        groups: Some(1_500),
        total: Some(62_480),
        basis: "joined rows of the Active Directory connector spaces".to_owned(),
        metaverse_total: Some(62_481),
    };
    analysis.estimate = Estimate {
        hours: Some(3.75),
        basis: "three hours for 50,000 objects".to_owned(),
        threshold_objects: 50_000,
        threshold_hours: 3.0,
        own_history: Some(OwnHistory {
            hours: 2.1,
            runs: vec!["corp.example.com, Full Import: 0.6 hours".to_owned()],
        }),
    };
    analysis.recommendation = Recommendation {
        path: Path::Dirsync,
        deployment: Deployment::InPlace,
        feasible: Some(false),
        obstacles: vec![
            "Windows Server 2012 R2 is too old for every supported build of the new product"
                .to_owned(),
        ],
        overridden_by: Some(Override {
            asked: Deployment::InPlace,
            recommended: Deployment::Parallel,
        }),
        reasons: vec!["62,480 objects reach the threshold of 50,000".to_owned()],
    };
    analysis.settings = Some(settings());
    let mut blocker =
        finding("DL0401", Severity::Blocker, "Attributes were removed from the flow to the cloud");
    "Two attributes that the product ships are no longer selected. The upgrade refuses such a configuration."
        .clone_into(&mut blocker.detail);
    blocker.evidence =
        vec![Evidence::new("pager", "not selected", "server-configuration/MA-{1}.XML:214:7")];
    "Install a new server in staging mode and apply the setting there."
        .clone_into(&mut blocker.remedy);
    "https://learn.example/upgrade".clone_into(&mut blocker.reference);
    let mut warning = finding("DL0201", Severity::Warning, "The proxy is set for a user only");
    warning.confidence = Confidence::Inferred;
    analysis.findings =
        vec![blocker, warning, finding("DL0901", Severity::Info, "Passwords do not migrate")];
    let gap = |what: &str, needed| NotChecked {
        what: what.to_owned(),
        why: "files.csv is missing".to_owned(),
        needed,
    };
    analysis.not_checked = vec![gap("signatures", false), gap("custom extensions", true)];
    let network = |to: &str, ports: &str, reference: &str| NetworkRequirement {
        to: to.to_owned(),
        ports: ports.to_owned(),
        purpose: "signing in".to_owned(),
        reference: reference.to_owned(),
    };
    analysis.network = vec![
        network("*.login.example", "443/tcp", "doc A"),
        network("domain controllers", "389/tcp+udp", "doc A"),
        network("crl.example", "80/tcp", "doc B"),
    ];
    analysis
}

fn settings() -> Settings {
    let read_from = "server-configuration/MA-{1}.XML:9:1".to_owned();
    let here = |value| Read { value, read_from: read_from.clone() };
    let domain = |name: &str, selected, ou_filtering| Domain {
        dn: format!("DC={name},DC=example,DC=com"),
        dns_name: Some(format!("{name}.example.com")),
        selected,
        object_types: Vec::new(),
        containers: ContainerScope::default(),
        ou_filtering,
        preferred_domain_controllers: Vec::new(),
        alternate_login: None,
        read_from: read_from.clone(),
    };
    let mut filtered = domain("corp", true, true);
    filtered.containers.inclusions = vec!["OU=Staff,DC=corp,DC=example,DC=com".parse().unwrap()];
    filtered.containers.exclusions =
        vec!["OU=Leavers,OU=Staff,DC=corp,DC=example,DC=com".parse().unwrap()];
    filtered.preferred_domain_controllers = vec!["dc1.corp.example.com".to_owned()];
    let connector = "00000000-0000-0000-0000-000000000001".parse().unwrap();
    let connector_name = "Active Directory Connector".to_owned();
    Settings {
        forests: vec![Forest {
            name: "example.com".to_owned(),
            connector,
            connector_name: connector_name.clone(),
            account: Some(r"CORP\MSOL_AD_SYNC".to_owned()),
            domains: vec![filtered, domain("lab", false, false), domain("eu", true, false)],
            read_from: read_from.clone(),
        }],
        tenant: Some(Tenant {
            name: Some("example.onmicrosoft.com".to_owned()),
            account: Some("admin@example.onmicrosoft.com".to_owned()),
            connector,
            connector_name: "Windows Azure Active Directory Connector".to_owned(),
            read_from: read_from.clone(),
        }),
        source_anchor: Some(Read { value: "objectGUID".into(), read_from: read_from.clone() }),
        alternate_id: Some(Read { value: "mail".into(), read_from: read_from.clone() }),
        password_hash_sync: Some(here(true)),
        password_writeback: None,
        exchange_hybrid: Some(here(false)),
        written_back: vec![Read { value: "proxyAddresses".into(), read_from: read_from.clone() }],
        connector_filters: vec![CustomFilter {
            connector_name: connector_name.clone(),
            object_type: "user".into(),
            conditions: vec![FilterCondition {
                attribute: "extensionAttribute15".into(),
                intrinsic: false,
                operator: FilterOperator::Equality,
                value: "NoSync".to_owned(),
            }],
            read_from: read_from.clone(),
        }],
        custom_flows: vec![CustomFlow {
            direction: "import".to_owned(),
            connector_name: connector_name.clone(),
            object_type: "user".into(),
            target: "userPrincipalName".into(),
            source: "mail".to_owned(),
            read_from: read_from.clone(),
        }],
        interval_seconds: Some(Read { value: 10_800, read_from: read_from.clone() }),
        run_profiles: vec![AgentRunProfile {
            connector_name,
            name: "Full Import".to_owned(),
            steps: vec!["Full Import (Stage Only)".to_owned()],
            read_from,
        }],
        connect: None,
    }
}

/// What only servers of Azure AD Connect have, one of everything.
pub(crate) fn connect() -> ConnectSettings {
    let read_from = "GlobalSettings/MV.xml".to_owned();
    let feature =
        |name: &str, on| Feature { name: name.to_owned(), on, read_from: read_from.clone() };
    ConnectSettings {
        sign_in: Some(Read::new("pass-through authentication".to_owned(), &read_from)),
        staging_mode: Some(Read::new(false, &read_from)),
        scheduler: None,
        deletion_threshold: Some(Read::new(0, &read_from)),
        features: vec![feature("DeviceWriteBack", true), feature("FilterAAD", false)],
        excluded_attributes: vec![Read::new("title".into(), &read_from)],
        filter_groups: vec![Read::new("CN=Pilot".to_owned(), &read_from)],
        standard_rules: Some(62),
        disabled_standard_rules: vec![Read::new("In from AD - User Common".to_owned(), &read_from)],
        custom_rules: vec![CustomSyncRule {
            name: "Mine".to_owned(),
            direction: "Inbound".to_owned(),
            connector_name: "example.com".to_owned(),
            source_object_type: "user".into(),
            target_object_type: "person".into(),
            precedence: Some(50),
            disabled: true,
            flows: 2,
            scope_clauses: 1,
            join_conditions: 0,
            read_from,
        }],
    }
}
