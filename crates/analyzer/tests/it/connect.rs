//! Servers of Azure AD Connect: scenes of their rules, and their verdicts.
use dirlift_model::{
    Guid, Product, Severity, SyncRule,
    analysis::{Conclusion, DatabaseKind, Deployment, Path},
    config::Location,
    database::Run,
    facts::{ExportHead, Policy, RegistryValue},
    host::{Service, ServiceState},
    rule::{
        AttributeMapping, Direction, JoinCondition, JoinGroup, LinkType, MappingSource,
        ScopeClause, ScopeGroup, ScopeOperator, ValueMerge,
    },
};

use crate::{base::*, fixtures::Change};

const PARAMETERS: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\ADSync\Parameters";
const SCHEDULE: &str = "Microsoft.Synchronize.SynchronizationSchedule";
const SUSPENDED: &str = "Microsoft.Synchronize.SchedulerSuspended";
const STAGING: &str = "Microsoft.Synchronize.StagingMode";
const ANCHOR: &str = "Microsoft.SynchronizationOption.AnchorAttribute";
const THRESHOLD: &str = "Microsoft.OptionalFeature.ExportDeletionThreshold";

/// Code, change that makes the rule fire, change that is close to it and leaves the rule silent.
pub(crate) const FIXTURES: &[(&str, Change, Change)] = &[
    (
        "DL0107",
        |it| {
            connect(it);
            it.facts.product.version = "2.3.6.0".parse().ok();
            it.as_of = time("2026-09-29T23:00:00Z");
        },
        |it| {
            connect(it);
            it.facts.product.version = "2.3.6.0".parse().ok();
        },
    ),
    ("DL0212", connect, |_| {}),
    ("DL0315", |it| anchor(it, "mS-DS-ConsistencyGuid"), |it| anchor(it, "")),
    ("DL0316", |it| group_filter(it, "CN=Pilot,DC=corp,DC=example"), |it| group_filter(it, "")),
    (
        "DL0317",
        |it| feature(it, "DeviceWriteBack", "True"),
        |it| {
            feature(it, "DeviceWriteBack", "False");
            feature(it, "HybridExchange", "True");
        },
    ),
    ("DL0318", |it| threshold(it, "True", "501"), |it| threshold(it, "True", "500")),
    ("DL0412", |it| custom(it, "Mine", 50), connect),
    (
        "DL0413",
        |it| {
            custom(it, "Mine", 50);
            it.server().rules.last_mut().unwrap().disabled = Some(true);
        },
        |it| custom(it, "Mine", 50),
    ),
    (
        "DL0414",
        |it| {
            connect(it);
            it.server().rules[0].disabled = Some(true);
        },
        |it| {
            connect(it);
            it.server().rules[0].disabled = None;
        },
    ),
    ("DL0415", |it| custom(it, "Mine", 100), |it| custom(it, "Mine", 99)),
    (
        "DL0416",
        |it| {
            connect(it);
            it.server().connectors.push(extra_agent());
        },
        connect,
    ),
    ("DL0506", |it| parameter(it, STAGING, "True"), |it| parameter(it, STAGING, "False")),
    ("DL0507", |it| parameter(it, SCHEDULE, "False"), |it| parameter(it, SCHEDULE, "True")),
    ("DL0606", connect, |it| {
        connect(it);
        it.cloud().extensible.as_mut().unwrap().user_name = None;
    }),
];

/// Makes the server one of Azure AD Connect whose build, system and size allow every way.
fn connect(scene: &mut Scene) {
    let facts = &mut scene.facts;
    facts.product.product = Some(Product::EntraConnect);
    facts.product.version = "2.6.84.0".parse().ok();
    facts.baseline = None;
    facts.scheduler = None;
    let services = facts.services.as_mut().unwrap();
    services.truncate(1);
    "ADSync".clone_into(&mut services[0].name);
    let registry = facts.registry.as_mut().unwrap();
    registry.keys.retain(|it| !it.path.contains("FIMSynchronizationService"));
    for (key, value) in [("Server", "SQL07"), ("SQLInstance", ""), ("DBName", "ADSync")] {
        set(registry, PARAMETERS, key, RegistryValue::String(value.to_owned()));
    }
    scene.full_sql();
    scene.server().rules =
        vec![rule("In from AD - User Join", "Microsoft.InfromADUserJoin.006", 102)];
}

fn rule(name: &str, tag: &str, precedence: u32) -> SyncRule {
    SyncRule {
        id: Guid::from_u128(u128::from(precedence)),
        internal_id: None,
        version: Some(1),
        name: name.to_owned(),
        description: String::new(),
        immutable_tag: tag.to_owned(),
        direction: Direction::Inbound,
        disabled: Some(false),
        connector: AD,
        source_object_type: "user".into(),
        target_object_type: "person".into(),
        link_type: LinkType::Join,
        precedence: Some(precedence),
        precedence_after: None,
        precedence_before: None,
        soft_delete_expiry_interval: "00:00:00".to_owned(),
        enable_password_sync: Some(false),
        mappings: vec![AttributeMapping {
            execute_once: false,
            destination: "cloudFiltered".into(),
            source: MappingSource::Constant("True".to_owned()),
            expression: None,
            merge: ValueMerge::Update,
        }],
        joins: vec![JoinGroup {
            conditions: vec![JoinCondition {
                attribute: "objectGUID".into(),
                metaverse_attribute: "sourceAnchorBinary".into(),
                case_sensitive: None,
            }],
        }],
        scope: vec![ScopeGroup {
            clauses: vec![ScopeClause {
                attribute: "employeeType".into(),
                operator: ScopeOperator::Equal,
                value: "External".to_owned(),
            }],
        }],
        location: Location {
            file: format!("SynchronizationRules/{precedence}.xml"),
            line: 1,
            column: 1,
        },
    }
}

fn custom(scene: &mut Scene, name: &str, precedence: u32) {
    connect(scene);
    scene.server().rules.push(rule(name, "", precedence));
}

/// A server of Connect with one global parameter.
fn parameter(scene: &mut Scene, name: &str, value: &str) {
    connect(scene);
    put(scene, name, value);
}

fn put(scene: &mut Scene, name: &str, value: &str) {
    let metaverse = scene.server().metaverse.as_mut().unwrap();
    metaverse.parameters.push((name.to_owned(), value.to_owned()));
}

fn anchor(scene: &mut Scene, attribute: &str) {
    parameter(scene, ANCHOR, attribute);
}

fn feature(scene: &mut Scene, name: &str, value: &str) {
    parameter(scene, &format!("Microsoft.OptionalFeature.{name}"), value);
}

fn threshold(scene: &mut Scene, on: &str, value: &str) {
    parameter(scene, THRESHOLD, on);
    put(scene, &format!("{THRESHOLD}Value"), value);
}

fn group_filter(scene: &mut Scene, group: &str) {
    connect(scene);
    let ad = scene.ad().active_directory.as_mut().unwrap();
    ad.parameters.push(("Connector.GroupFilteringGroupDn".to_owned(), group.to_owned()));
}

fn scene(change: Change) -> Scene {
    let mut scene = Scene::new();
    change(&mut scene);
    scene
}

fn deployment(change: Change) -> (Deployment, Option<bool>, String) {
    let recommendation = scene(change).analysis().recommendation;
    assert_eq!(recommendation.path, Path::Connect);
    (recommendation.deployment, recommendation.feasible, recommendation.reasons.join("\n"))
}

#[test]
fn in_place_where_system_build_and_size_allow() {
    let (found, feasible, reasons) = deployment(connect);
    assert_eq!((found, feasible), (Deployment::InPlace, Some(true)), "{reasons}");
    assert!(reasons.contains("no way back") && !reasons.contains("DL0101"), "{reasons}");
    let cases: &[(&str, Change)] = &[
        ("is older than 2.0.3.0", |it| it.facts.product.version = "1.6.16.0".parse().ok()),
        ("the build is not known", |it| it.facts.product.version = None),
        ("Azure AD Sync cannot", |it| it.facts.product.product = Some(Product::AzureAdSync)),
        ("2012 R2", |it| {
            let os = it.facts.host.os.as_mut().unwrap();
            os.version = "6.3.9600".parse().ok();
            os.caption = Some("Microsoft Windows Server 2012 R2 Standard".to_owned());
        }),
        ("the system of this server was not read", |it| it.facts.host.os = None),
        ("100,000 objects, 100,000 or more", |it| {
            it.database().connector_space = Some(vec![count("user", 100_000)]);
        }),
        ("the number of objects is not known", |it| it.database().connector_space = None),
        ("which synchronisation rules were changed", |it| it.server().rules.clear()),
    ];
    for (reason, change) in cases {
        let mut scene = scene(connect);
        change(&mut scene);
        let analysis = scene.analysis();
        let recommendation = &analysis.recommendation;
        assert_eq!(recommendation.deployment, Deployment::Parallel, "{reason}");
        let reasons = recommendation.reasons.join("\n");
        assert!(reasons.contains("not on the same server: "), "{reasons}");
        assert!(reasons.contains(reason), "{reason}: {reasons}");
        assert_eq!(analysis.conclusion(Severity::Blocker), Conclusion::Clean, "{reason}");
    }
    let (_, _, reasons) = deployment(|it| {
        connect(it);
        it.facts.product.version = "2.4.21.0".parse().ok();
    });
    assert!(reasons.contains("not accepted since 2026-09-30 (DL0101)"), "{reasons}");
    let below = |it: &mut Scene| {
        connect(it);
        it.database().connector_space = Some(vec![count("user", 99_999)]);
        it.facts.product.version = "2.0.3.0".parse().ok();
    };
    assert_eq!(deployment(below).0, Deployment::InPlace);
}

#[test]
fn asked_for_in_place_the_obstacles_are_named() {
    let mut scene = scene(connect);
    scene.facts.product.product = Some(Product::AzureAdSync);
    scene.facts.product.version = "1.0.494.501".parse().ok();
    let analysis = judge(&scene.facts, None, Some(Deployment::InPlace));
    assert_eq!(analysis.recommendation.overridden_by.unwrap().recommended, Deployment::Parallel);
    assert_eq!(analysis.recommendation.feasible, Some(false));
    assert_eq!(
        analysis.recommendation.obstacles,
        [
            "the in-place path from Azure AD Sync ended on 2017-12-31 (Upgrade Windows Azure Active Directory Sync and Azure \
          AD Sync (deprecation notice))"
        ]
    );
}

/// What DL0212 says, and how sure it is.
fn existing(scene: &Scene) -> Option<String> {
    let found = scene.analysis().findings.into_iter().find(|it| it.id == "DL0212")?;
    Some(format!("{}: {}", found.confidence.as_str(), found.detail))
}

#[test]
fn which_of_the_four_existing_databases() {
    let mut scene = scene(connect);
    assert_eq!(
        existing(&scene).unwrap(),
        "confirmed: a staging clone: restore a backup of the database to another SQL Server and point a new server at the copy"
    );
    scene.facts.services.as_mut().unwrap()[0].state = Some(ServiceState::Stopped);
    let dead = existing(&scene).unwrap();
    assert!(
        dead.starts_with("confirmed: the server does not run and its SQL Server does"),
        "{dead}"
    );
    scene.facts.services = Some(vec![Service { name: "Spooler".to_owned(), ..Service::default() }]);
    assert_eq!(existing(&scene).unwrap(), dead);
    scene.facts.database = None;
    let backup = existing(&scene).unwrap();
    assert!(backup.starts_with("inferred: the database was not read"), "{backup}");

    let registry = scene.facts.registry.as_mut().unwrap();
    set(registry, PARAMETERS, "Server", RegistryValue::String("(localdb)".to_owned()));
    let local = existing(&scene).unwrap();
    assert!(local.starts_with("confirmed: from LocalDB to full SQL Server"), "{local}");
    assert!(local.contains("only where the new server is to have full SQL Server"), "{local}");
    scene.facts.product.product = Some(Product::AzureAdSync);
    assert_eq!(existing(&scene), None, "only databases of Connect can be taken over");
}

#[test]
fn a_local_database_near_its_limits_says_so() {
    for (size, near) in [(8_191, false), (8_192, true)] {
        let mut scene = scene(connect);
        scene.database().server.is_local_db = Some(true);
        scene.database().files[0].size_mb = size;
        let detail = existing(&scene).unwrap();
        assert_eq!(detail.contains("near the limits of LocalDB"), near, "{size}: {detail}");
    }
}

#[test]
fn an_old_database_needs_a_full_import() {
    // The newest run of the scene ended on 2026-11-20 at 10:05; 21 days later it is 2026-12-11.
    let detail = |as_of: &str| {
        let mut scene = scene(connect);
        scene.as_of = time(as_of);
        existing(&scene).unwrap()
    };
    assert!(!detail("2026-12-12T10:04:00Z").contains("full import"));
    assert!(detail("2026-12-12T10:05:00Z").contains("ended 22 days ago, more than 21"));
    let mut scene = scene(connect);
    scene.database().runs = Some(Vec::<Run>::new());
    assert!(!existing(&scene).unwrap().contains("full import"));
}

#[test]
fn what_the_export_tells_of_settings() {
    let mut scene = scene(connect);
    for (name, value) in [
        (ANCHOR, "mS-DS-ConsistencyGuid"),
        ("Microsoft.SynchronizationOption.UPNAttribute", "mail"),
        (STAGING, "True"),
        (SCHEDULE, "True"),
        ("Microsoft.Synchronize.TimeInterval", "01:00:00"),
        (THRESHOLD, "False"),
        ("Microsoft.OptionalFeature.ExportDeletionThresholdValue", "500"),
        ("Microsoft.OptionalFeature.PasswordWriteback", "True"),
        ("Microsoft.OptionalFeature.HybridExchange", "True"),
        ("Microsoft.OptionalFeature.GroupWriteBack", "False"),
        ("Microsoft.OptionalFeature.AutoUpgradeState", "Suspended"),
        ("Microsoft.AADFilter.AttributeExclusionList", "title, mobile"),
    ] {
        put(&mut scene, name, value);
    }
    let mut outbound = rule("Out to AD - User Exchange Hybrid", "Microsoft.X.001", 150);
    outbound.direction = Direction::Outbound;
    outbound.mappings[0].destination = "msExchSafeSendersHash".into();
    scene.server().rules.push(outbound);
    scene.server().rules.push(rule("B", "", 70));
    scene.server().rules.push(rule("A", "", 60));
    scene.server().rules[2].disabled = Some(true);
    let settings = scene.analysis().settings.unwrap();
    let place = |name: &str| format!("server-configuration/MA.XML, {name}");
    let source_anchor = settings.source_anchor.unwrap();
    assert_eq!(source_anchor.value.as_str(), "mS-DS-ConsistencyGuid");
    assert_eq!(source_anchor.read_from, place(ANCHOR));
    assert_eq!(settings.alternate_id.unwrap().value.as_str(), "mail");
    assert_eq!(settings.interval_seconds.unwrap().value, 3_600);
    assert!(settings.password_writeback.unwrap().value);
    assert!(settings.exchange_hybrid.unwrap().value);
    let back: Vec<_> = settings.written_back.iter().map(|it| it.value.as_str()).collect();
    assert_eq!(back, ["msExchSafeSendersHash"]);
    let connect = settings.connect.unwrap();
    assert!(connect.staging_mode.unwrap().value && connect.scheduler.unwrap().value);
    assert_eq!(connect.deletion_threshold.unwrap().value, 0, "it is off");
    let features: Vec<_> = connect.features.iter().map(|it| (it.name.as_str(), it.on)).collect();
    assert_eq!(features, [("GroupWriteBack", false), ("HybridExchange", true)]);
    let out: Vec<_> = connect.excluded_attributes.iter().map(|it| it.value.as_str()).collect();
    assert_eq!(out, ["title", "mobile"]);
    assert_eq!(connect.standard_rules, Some(2));
    let names: Vec<_> = connect
        .custom_rules
        .iter()
        .map(|it| {
            (it.name.as_str(), it.precedence, it.disabled, it.scope_clauses, it.join_conditions)
        })
        .collect();
    assert_eq!(names, [("A", Some(60), false, 1, 1), ("B", Some(70), true, 1, 1)]);
    assert_eq!(connect.custom_rules[0].connector_name, "Active Directory Connector");
}

#[test]
fn a_suspended_scheduler_is_off() {
    let mut scene = scene(|it| parameter(it, SCHEDULE, "True"));
    put(&mut scene, SUSPENDED, "True");
    assert!(scene.analysis().findings.iter().any(|it| it.id == "DL0507"));
}

#[test]
fn a_disabled_rule_names_what_stands_in_its_place() {
    let mut scene = scene(|it| custom(it, "In from AD - User Join - own", 40));
    let mut unrelated = rule("Titles", "", 41);
    unrelated.mappings[0].destination = "title".into();
    scene.server().rules.push(unrelated);
    scene.server().rules[0].disabled = Some(true);
    let findings = scene.analysis().findings;
    let found = findings.iter().find(|it| it.id == "DL0414").unwrap();
    assert_eq!(
        found.evidence[0].observed,
        "disabled; custom rules with the same targets: \"In from AD - User Join - own\""
    );
}

#[test]
fn two_rules_of_one_precedence_are_named() {
    let mut scene = scene(|it| custom(it, "One", 40));
    let mut second = rule("Two", "", 40);
    second.location.line = 9;
    scene.server().rules.push(second);
    let findings = scene.analysis().findings;
    let found = findings.iter().find(|it| it.id == "DL0415").unwrap();
    assert_eq!(found.evidence.len(), 2);
    assert_eq!(found.evidence[0].observed, "precedence 40, as \"Two\"");
}

#[test]
fn the_pass_through_agent_tells_the_sign_in() {
    let mut scene = scene(connect);
    let has = |scene: &Scene| {
        scene.analysis().not_checked.iter().any(|it| it.what.starts_with("the sign-in method"))
    };
    assert!(has(&scene));
    scene.facts.services.as_mut().unwrap().push(Service {
        name: "AzureADConnectAuthenticationAgent".to_owned(),
        ..Service::default()
    });
    assert!(!has(&scene));
    let connect = scene.analysis().settings.unwrap().connect.unwrap();
    assert_eq!(connect.sign_in.unwrap().value, "pass-through authentication");
}

#[test]
fn a_settings_file_tells_the_database_when_nothing_else_does() {
    let mut scene = scene(connect);
    scene.facts.registry = None;
    scene.facts.database = None;
    assert_eq!(scene.analysis().database, None);
    scene.facts.policies = vec![Policy {
        database_server: Some("(localdb)".to_owned()),
        database_instance: Some(r".\ADSync".to_owned()),
        database_name: Some("ADSync".to_owned()),
        place: "MigratedPolicy.json".to_owned(),
        ..Policy::default()
    }];
    let database = scene.analysis().database.unwrap();
    assert_eq!((database.kind, database.remote), (DatabaseKind::LocalDb, Some(false)));
    assert_eq!(database.instance.as_deref(), Some(r".\ADSync"));
    scene.facts.policies[0].database_server = Some("SQL01".to_owned());
    let database = scene.analysis().database.unwrap();
    assert_eq!((database.kind, database.remote), (DatabaseKind::Unknown, Some(true)));
}

#[test]
fn an_export_alone_has_an_age() {
    let mut scene = scene(connect);
    scene.facts.taken_at = None;
    scene.facts.export = Some(ExportHead {
        exported_at: Some(time("2026-10-01T00:00:00Z")),
        place: "GlobalSettings/MV.xml".to_owned(),
        ..ExportHead::default()
    });
    let findings = scene.analysis().findings;
    let found = findings.iter().find(|it| it.id == "DL0106").unwrap();
    assert_eq!(found.evidence[0].place, "GlobalSettings/MV.xml");
}

#[test]
fn advice_names_the_document_of_the_product() {
    let references = |scene: &Scene, code: &str| -> Vec<String> {
        let findings = scene.analysis().findings.into_iter();
        findings.filter(|it| it.id == code).map(|it| it.reference).collect()
    };
    let old = |it: &mut Scene| {
        connect(it);
        it.facts.product.version = "1.6.16.0".parse().ok();
    };
    let of_connect = scene(old);
    assert_eq!(
        references(&of_connect, "DL0307"),
        ["Microsoft Entra Connect: Upgrade from a previous version"]
    );
    assert_eq!(
        references(&of_connect, "DL0101"),
        ["Microsoft Entra Connect: Version release history"]
    );
    assert_eq!(
        references(&of_connect, "DL0103"),
        ["Microsoft Entra Connect: Upgrade from DirSync"]
    );
    assert_eq!(
        references(&Scene::new(), "DL0307"),
        ["Microsoft Entra Connect: Upgrade from DirSync"]
    );
}
