//! An invented server, its bundle, and its directories in memory.
use std::{collections::BTreeMap, ops::ControlFlow, path::Path};

use dirlift_deployment::Store;
use dirlift_exporter::{
    bundle::{self, Bundle, BundleSource, Label, Part},
    settings::{
        Forest, Partition, Schedule, SettingsFile, SettingsSource, StandardRules, Tenant, Value,
    },
};
use dirlift_importer::{
    Directories,
    apply::{ImportFacts, Imported, Moment, Order, Ports, SourceFailed, Watch},
    plan::{AdSource, ConnectOptions, Request},
    setup::{BundleRules, ConnectorSetup, PartitionSetup, Setup},
};
use dirlift_model::{
    Analysis, AttributeValue, CsObject, Guid, Plan, Product, SyncRule, TenantFacts,
    analysis::{
        Database, DatabaseKind, Deployment, Estimate, Objects, Path as UpgradePath, Recommendation,
        Source,
    },
    checklist::Switches,
    config::{ContainerScope, Location},
    plan::Mode,
    progress::Progress,
    rule::{
        AttributeMapping, Direction, JoinCondition, JoinGroup, LinkType, MappingSource, ValueMerge,
    },
    tenant::{Domain, ObjectCount, RoleMember},
};
use jiff::Timestamp;

/// An order that nobody has to confirm by a host's name.
pub(crate) fn order<'a>(
    plan: &'a Plan,
    store: &'a Path,
    bundle_sha256: &'a str,
    setup: &'a Setup,
) -> Order<'a> {
    Order { plan, store, id: Guid::from_u128(7), bundle_sha256, setup, typed_host: None }
}

pub(crate) const HOST: &str = "OLD-SYNC.fabrikam.example";
pub(crate) const TOOL: &str = "dirlift 0.1.0";

pub(crate) fn forest_id() -> Guid {
    Guid::from_u128(0x1d2c)
}

pub(crate) fn cloud_id() -> Guid {
    Guid::from_u128(0xcb7d)
}

/// A time, counted in minutes.
pub(crate) fn minute(n: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + 60 * n).unwrap()
}

pub(crate) fn settings() -> SettingsFile {
    let unknown = || Value::not_known("not read");
    SettingsFile {
        format_version: 1,
        tool: TOOL.to_owned(),
        source: SettingsSource {
            product: Some(Product::DirSync),
            version: Some("1.0.7020.0".parse().unwrap()),
            host: Some(HOST.to_owned()),
            snapshot_time: minute(0),
        },
        forced: Vec::new(),
        blockers: Vec::new(),
        sign_in_method: Value::not_known("not read"),
        source_anchor: Value::known("objectGUID".into(), "fixed"),
        user_principal_name_from: Value::none("no flow"),
        password_hash_sync: unknown(),
        password_writeback: unknown(),
        exchange_hybrid: unknown(),
        written_back: Vec::new(),
        device_writeback: unknown(),
        staging_mode: unknown(),
        excluded_attributes: Vec::new(),
        filter_groups: Vec::new(),
        forests: vec![Forest {
            name: "fabrikam.example".to_owned(),
            connector: forest_id(),
            connector_name: "Active Directory Connector".to_owned(),
            account: Value::known(r"FABRIKAM\MSOL_0".to_owned(), "agent"),
            partitions: vec![Partition {
                dn: "DC=fabrikam,DC=example".to_owned(),
                dns_name: Some("fabrikam.example".to_owned()),
                object_guid: Value::not_known("not read"),
                is_domain: Some(true),
                selected: true,
                object_types: vec!["user".into()],
                included: Vec::new(),
                excluded: Vec::new(),
                preferred_domain_controllers: Vec::new(),
                alternate_login: None,
                read_from: "agent".to_owned(),
            }],
            attribute_selection: Value::not_known("not read"),
            connector_filters: Vec::new(),
            deprovisioning: Value::not_known("not read"),
            provisioning_hierarchy: Value::not_known("not read"),
            read_from: "agent".to_owned(),
        }],
        tenant: Some(Tenant {
            name: Some("fabrikam.onmicrosoft.example".to_owned()),
            account: Value::not_known("not read"),
            connector: cloud_id(),
            connector_name: "Windows Azure Active Directory Connector".to_owned(),
            attribute_selection: Value::not_known("not read"),
            read_from: "agent".to_owned(),
        }),
        other_connectors: Vec::new(),
        custom_filters: Vec::new(),
        custom_flows: Vec::new(),
        custom_rules: Vec::new(),
        disabled_standard_rules: Vec::new(),
        standard_rules: StandardRules::default(),
        schedule: Schedule {
            interval_seconds: Value::not_known("not read"),
            enabled: unknown(),
            run_profiles: Vec::new(),
        },
        deletion_threshold: Value::not_known("not read"),
        global_parameters: Vec::new(),
        accounts: Vec::new(),
        server_configuration: dirlift_exporter::settings::ServerConfigurationPart::default(),
        untranslated: Vec::new(),
        notes: Vec::new(),
        not_carried: Vec::new(),
    }
}

pub(crate) fn analysis() -> Analysis {
    Analysis {
        format_version: 1,
        tool_version: "0.1.0".to_owned(),
        as_of: minute(0),
        source: Source {
            product: Some(Product::DirSync),
            version: None,
            host: Some(HOST.to_owned()),
            os: None,
            install_path: None,
            services: Vec::new(),
            accounts: Vec::new(),
            evidence: Vec::new(),
        },
        database: Some(Database {
            kind: DatabaseKind::Full,
            remote: Some(true),
            server: Some("SQL1".to_owned()),
            instance: Some("SYNC".to_owned()),
            name: Some("FIMSynchronizationService".to_owned()),
            product_version: Some("10.50.6000.34".to_owned()),
            size_mb: None,
            last_run_at: Some(minute(-60)),
        }),
        objects: Objects::default(),
        estimate: Estimate::default(),
        recommendation: Recommendation {
            path: UpgradePath::Dirsync,
            deployment: Deployment::Parallel,
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

pub(crate) fn bundle(settings: &SettingsFile, analysis: &Analysis) -> Bundle {
    let label = Label {
        tool: TOOL.to_owned(),
        source: BundleSource { product: None, version: None, host: Some(HOST.to_owned()) },
        snapshot_time: minute(0),
        forced: Vec::new(),
    };
    let parts = vec![
        Part::new("settings.json", serde_json::to_vec(settings).unwrap()),
        Part::new("analysis.json", serde_json::to_vec(analysis).unwrap()),
    ];
    Bundle::open(&bundle::write(&label, parts).unwrap().bytes).unwrap()
}

/// A request that nothing stands against.
pub(crate) fn request(bundle: &Bundle) -> Request<'_> {
    Request {
        tool: TOOL,
        as_of: minute(0),
        bundle: Ok(bundle),
        mode: Mode::Parallel,
        ad: vec![AdSource { forest: None, source: "forest.ldif".to_owned() }],
        entra: Some("graph-folder".to_owned()),
        rules: None,
        anchor: Ok(Some("objectGUID".into())),
        target: None,
        use_existing_database: false,
        synchronize: true,
        connect: ConnectOptions::default(),
        services: None,
        store: None,
        saved: None,
    }
}

/// Two rules: users in by objectGUID, users out by anchor.
pub(crate) fn setup() -> Setup {
    let connector = |id, name: &str, is_cloud| ConnectorSetup {
        id,
        name: name.to_owned(),
        is_cloud,
        forest: String::new(),
        source: Some("memory".to_owned()),
        parameters: BTreeMap::new(),
        partitions: vec![PartitionSetup {
            dn: "DC=fabrikam,DC=example".to_owned(),
            object_classes: Vec::new(),
            scope: ContainerScope::default(),
        }],
        object_classes: Vec::new(),
        attributes: Vec::new(),
    };
    Setup {
        connectors: vec![
            connector(forest_id(), "Active Directory Connector", false),
            connector(cloud_id(), "Windows Azure Active Directory Connector", true),
        ],
        rules: vec![(inbound(), "built-in"), (outbound(), "built-in")],
        basis: "built-in".to_owned(),
        delete_limit: Some(500),
        notes: Vec::new(),
        switches: Switches { product: Some(Product::DirSync), ..Switches::default() },
        bundle: BundleRules::default(),
    }
}

fn flow(source: &str, destination: &str, expression: Option<&str>) -> AttributeMapping {
    AttributeMapping {
        execute_once: false,
        destination: destination.into(),
        source: MappingSource::Attributes(vec![source.into()]),
        expression: expression.map(str::to_owned),
        merge: ValueMerge::Update,
    }
}

fn rule(id: u128, name: &str, direction: Direction, connector: Guid) -> SyncRule {
    SyncRule {
        id: Guid::from_u128(id),
        internal_id: None,
        version: Some(1),
        name: name.to_owned(),
        description: String::new(),
        immutable_tag: format!("dirlift.{id}.001"),
        direction,
        disabled: Some(false),
        connector,
        source_object_type: "user".into(),
        target_object_type: "person".into(),
        link_type: LinkType::Provision,
        precedence: Some(100),
        precedence_after: None,
        precedence_before: None,
        soft_delete_expiry_interval: "00:00:00".to_owned(),
        enable_password_sync: None,
        mappings: Vec::new(),
        joins: Vec::new(),
        scope: Vec::new(),
        location: Location { file: name.to_owned(), line: 1, column: 1 },
    }
}

pub(crate) fn inbound() -> SyncRule {
    let mut rule = rule(1, "In", Direction::Inbound, forest_id());
    rule.mappings = vec![
        flow("objectGUID", "sourceAnchor", Some("ConvertToBase64([objectGUID])")),
        flow("cn", "displayName", None),
    ];
    rule.joins = vec![join("objectGUID", "sourceAnchor")];
    rule
}

pub(crate) fn outbound() -> SyncRule {
    let mut rule = rule(2, "Out", Direction::Outbound, cloud_id());
    rule.precedence = Some(101);
    rule.source_object_type = "person".into();
    rule.target_object_type = "user".into();
    rule.mappings = vec![
        flow("sourceAnchor", "sourceAnchor", None),
        flow("displayName", "displayName", None),
        flow("sourceAnchor", "dn", Some(r#""CN={" & ConvertToUTF8Hex([sourceAnchor]) & "}""#)),
    ];
    rule.joins = vec![join("sourceAnchor", "sourceAnchor")];
    rule
}

fn join(cs: &str, mv: &str) -> JoinGroup {
    JoinGroup {
        conditions: vec![JoinCondition {
            attribute: cs.into(),
            metaverse_attribute: mv.into(),
            case_sensitive: Some(false),
        }],
    }
}

/// Directories in memory: so many users on premises; the cloud has the even ones, every tenth under an old name, and
/// one that nobody on premises has.
pub(crate) struct Memory {
    pub(crate) users: u128,
    /// Connectors that fail when they are imported.
    pub(crate) failing: Vec<Guid>,
    /// Imports that were made.
    pub(crate) imports: Vec<Guid>,
    /// Users of the cloud that only it has.
    pub(crate) gone: u128,
    /// No directory answers.
    pub(crate) unreachable: bool,
    /// An administrator, by number.
    pub(crate) administrator: Option<u128>,
}

impl Memory {
    pub(crate) fn new(users: u128) -> Self {
        Self {
            users,
            failing: Vec::new(),
            imports: Vec::new(),
            gone: 1,
            unreachable: false,
            administrator: None,
        }
    }
}

fn anchor(n: u128) -> String {
    dirlift_model::SourceAnchor::from_object_guid(Guid::from_u128(n + 1)).as_str().to_owned()
}

fn text(value: impl Into<String>) -> Vec<AttributeValue> {
    vec![AttributeValue::String(value.into())]
}

fn local(n: u128) -> CsObject {
    let dn = format!("CN=User {n},DC=fabrikam,DC=example");
    let mut object = CsObject::new(dn.parse().unwrap(), "user");
    let id = Guid::from_u128(n + 1);
    object.id = Some(id);
    object.set("cn".into(), text(format!("User {n}")));
    let bytes = id.to_directory_bytes().to_vec();
    object.set("objectGUID".into(), vec![AttributeValue::Binary(bytes)]);
    object
}

fn cloud(n: u128) -> CsObject {
    let anchor = anchor(n);
    let hex: Vec<_> = anchor.bytes().map(|it| format!("{it:02x}")).collect();
    let mut object = CsObject::new(format!("CN={{{}}}", hex.concat()).parse().unwrap(), "user");
    object.id = Some(Guid::from_u128(1_000_000 + n));
    object.set("sourceAnchor".into(), text(anchor));
    let name = if n.is_multiple_of(10) { "Old name".to_owned() } else { format!("User {n}") };
    object.set("displayName".into(), text(name));
    object.set("cloudMastered".into(), vec![AttributeValue::Boolean(false)]);
    object
}

impl Directories for Memory {
    fn check(&mut self, connector: &ConnectorSetup) -> Result<Vec<String>, SourceFailed> {
        if self.unreachable {
            return Err(SourceFailed::new("nobody answers"));
        }
        Ok(vec![format!("{} answers", connector.name)])
    }

    fn import(
        &mut self,
        connector: &ConnectorSetup,
        take: &mut dyn FnMut(CsObject) -> ControlFlow<()>,
        progress: &mut dyn Progress,
    ) -> Result<Imported, SourceFailed> {
        self.imports.push(connector.id);
        progress.begin("importing", "objects", None);
        let all: Box<dyn Iterator<Item = CsObject>> = if connector.is_cloud {
            let gone = self.users..self.users + self.gone;
            Box::new((0..self.users).step_by(2).chain(gone).map(cloud))
        } else {
            Box::new((0..self.users).map(local))
        };
        for (at, object) in all.enumerate() {
            if at == 3 && self.failing.contains(&connector.id) {
                return Err(SourceFailed::new("the server went away"));
            }
            progress.advance(1);
            if take(object).is_break() {
                break;
            }
        }
        progress.end();
        let role =
            |n: u128| RoleMember { id: Guid::from_u128(1_000_000 + n), ..RoleMember::default() };
        let tenant = TenantFacts {
            objects: vec![ObjectCount { object_type: "user".into(), total: 1, synchronized: 1 }],
            domains: Some(vec![Domain {
                name: "fabrikam.example".to_owned(),
                authentication: "Federated".to_owned(),
                ..Domain::default()
            }]),
            role_members: Some(self.administrator.into_iter().map(role).collect()),
            ..TenantFacts::default()
        };
        let tenant = connector.is_cloud.then_some(tenant);
        let facts = ImportFacts { tenant, ..ImportFacts::default() };
        Ok(Imported { errors: 0, remarks: Vec::new(), facts })
    }
}

/// Notes every moment but single objects.
#[derive(Default)]
pub(crate) struct Notes(pub(crate) Vec<String>);

impl Watch for Notes {
    fn see(&mut self, moment: Moment<'_>) {
        if !matches!(moment, Moment::Object(_)) {
            self.0.push(format!("{moment:?}"));
        }
    }
}

/// Ports with directories in memory and a clock that stands still.
pub(crate) fn ports<'a>(
    directories: &'a mut Memory,
    watch: &'a mut dyn Watch,
    progress: &'a mut (),
) -> Ports<'a> {
    Ports { directories, services: None, progress, watch, clock: &|| minute(1), threads: 2 }
}

/// Everything that a store holds, without numbers of attempts and numbers of runs: a run that ended before its step did is
/// made again under the next number. The clock stands still, so that times are the same.
pub(crate) fn content(path: &Path) -> Vec<String> {
    let store = Store::open(path).unwrap();
    let mut lines = Vec::new();
    for it in store.journal().unwrap() {
        lines.push(format!("step {} {:?} {}", it.name, it.state, it.detail));
    }
    for it in store.connectors().unwrap() {
        lines.push(format!("connector {it:?}"));
        for profile in ["Full Import", "Full Synchronization"] {
            let Some(run) = store.finished_run(it.id, profile).unwrap() else { continue };
            lines.push(format!("run {profile} {:?}", store.run_info(run).unwrap().result));
            lines.extend(store.run_steps(run).unwrap().iter().map(|it| format!("  {it:?}")));
            store.for_each_object(run, |it| lines.push(format!("  {it:?}"))).unwrap();
            store.for_each_metaverse(run, |it| lines.push(format!("  {it:?}"))).unwrap();
            store.for_each_pending(run, |it| lines.push(format!("  {it:?}"))).unwrap();
        }
    }
    lines.extend(store.partitions().unwrap().iter().map(|it| format!("{it:?}")));
    lines.extend(store.rules().unwrap().iter().map(|it| format!("{it:?}")));
    drop(store);
    // Everything else that the file holds: every setting, and how many rows there are of each kind.
    let raw = rusqlite::Connection::open(path).unwrap();
    let column = |sql: &str| -> Vec<String> {
        let mut statement = raw.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(|it| it.unwrap()).collect()
    };
    lines.extend(column("SELECT name || ' ' || value FROM setting ORDER BY name"));
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'refinery_schema_history' ORDER BY name";
    for table in column(tables) {
        let n = column(&format!("SELECT '' || count(*) FROM {table}"));
        lines.push(format!("{table} {n:?}"));
    }
    lines
}

/// The first line in which two contents differ.
pub(crate) fn difference(found: &[String], expected: &[String]) -> Option<String> {
    let at = (0..found.len().max(expected.len())).find(|at| found.get(*at) != expected.get(*at))?;
    Some(format!("line {at}: {:?} instead of {:?}", found.get(at), expected.get(at)))
}

/// Counts by word, for lines such as pending exports.
pub(crate) fn counts<'a>(words: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    words.for_each(|it| *counts.entry(it).or_default() += 1);
    counts
}
