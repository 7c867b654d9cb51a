//! What a plan says, and every reason for which it is refused.
use dirlift_exporter::settings::Value;
use dirlift_importer::{
    plan::{
        AdSource, ConnectOptions, Request, RulesGiven, StoreFound, TargetGiven, anchor_of_rules,
        plan,
    },
    services,
};
use dirlift_model::{
    Analysis, Confidence, DatabaseFacts, Finding, Guid, Plan, Product, Severity,
    analysis::{AccountRole, DatabaseKind, Deployment, Path, SourceService},
    database::SqlServer,
    plan::{Mode, Scenario},
};
use dirlift_testkit::services::FakeServices;

use super::common::{analysis, bundle, minute, request, settings, setup};
use dirlift_exporter::settings::SettingsFile;

/// A plan from changed facts and a changed request.
fn planned(
    change: impl FnOnce(&mut SettingsFile, &mut Analysis),
    ask: impl FnOnce(&mut Request<'_>),
) -> Plan {
    let (mut settings, mut analysis) = (settings(), analysis());
    change(&mut settings, &mut analysis);
    let bundle = bundle(&settings, &analysis);
    let mut request = request(&bundle);
    ask(&mut request);
    plan(&request)
}

fn asked(ask: impl FnOnce(&mut Request<'_>)) -> Plan {
    planned(|_, _| {}, ask)
}

fn refusals(plan: &Plan) -> Vec<&str> {
    plan.refusals.iter().map(|it| it.id.as_str()).collect()
}

fn finding(id: &str, severity: Severity) -> Finding {
    Finding {
        id: id.to_owned(),
        severity,
        confidence: Confidence::Confirmed,
        title: "The title".to_owned(),
        detail: "the detail".to_owned(),
        evidence: Vec::new(),
        remedy: "Do something.".to_owned(),
        reference: String::new(),
    }
}

fn target() -> TargetGiven<'static> {
    TargetGiven {
        sha256: "ab".to_owned(),
        host: Some("NEW-SYNC.fabrikam.example".to_owned()),
        build: None,
        anchor: None,
        not_ready: Vec::new(),
        database: None,
    }
}

/// A Connect server on full SQL Server, whose database is taken over by a build that is newer.
pub(crate) fn connect(settings: &mut SettingsFile, analysis: &mut Analysis) {
    settings.source.product = Some(Product::EntraConnect);
    settings.source.version = Some("2.1.1.0".parse().unwrap());
    analysis.recommendation.path = Path::Connect;
    let database = analysis.database.as_mut().unwrap();
    database.name = Some("ADSync".to_owned());
    database.product_version = Some("15.0.4000.1".to_owned());
}

pub(crate) fn existing(request: &mut Request<'_>) {
    request.use_existing_database = true;
    request.connect.sql_server = Some(r"SQL2\SYNC".to_owned());
    request.connect.service_account = Some(r"FABRIKAM\gmsa-sync$".to_owned());
    request.target = Some(TargetGiven { build: Some("2.5.79.0".parse().unwrap()), ..target() });
}

#[test]
fn the_steps_of_a_parallel_plan() {
    let plan = asked(|_| {});
    assert!(plan.is_feasible(), "{:?}", plan.refusals);
    let ids: Vec<_> = plan.steps.iter().map(|it| it.id.as_str()).collect();
    let expected = [
        "prepare-store",
        "load-configuration",
        "connect",
        "full-import-1",
        "full-import-2",
        "full-synchronization",
        "guards",
        "report",
    ];
    assert_eq!(ids, expected);
    assert!(plan.steps.iter().all(|it| !it.changes.is_empty() && !it.check.is_empty()));
    let ids: Vec<_> =
        asked(|it| it.synchronize = false).steps.into_iter().map(|it| it.id).collect();
    assert_eq!(ids, ["prepare-store", "load-configuration", "connect", "report"]);
    assert_eq!(plan.source.sql_server.as_deref(), Some(r"SQL1\SYNC"));
    assert_eq!(plan.not_checked.len(), 1, "the target: {:?}", plan.not_checked);
}

#[test]
fn the_same_inputs_give_the_same_bytes_and_others_another_sum() {
    let json = |plan: &Plan| serde_json::to_string(plan).unwrap();
    assert_eq!(json(&asked(|_| {})), json(&asked(|_| {})));
    let first = asked(|_| {});
    type Change = fn(&mut Request<'_>);
    let changes: [(&str, Change); 8] = [
        ("--mode", |it| it.mode = Mode::InPlace),
        ("--ad", |it| it.ad[0].source = "other.ldif".to_owned()),
        ("--entra", |it| it.entra = Some("other".to_owned())),
        ("--rules", |it| it.rules = Some(RulesGiven { sha256: "1".to_owned(), anchor: None })),
        ("--target", |it| it.target = Some(target())),
        ("--no-sync", |it| it.synchronize = false),
        ("--use-existing-database", |it| it.use_existing_database = true),
        ("--connect-install-dir", |it| it.connect.install_dir = Some(r"D:\Connect".to_owned())),
    ];
    for (name, change) in changes {
        let other = asked(change);
        assert_eq!(first.drift(&other), [name]);
        assert_ne!(first.inputs_sha256, other.inputs_sha256, "{name}");
    }
    let other = planned(|settings, _| settings.tool.push('x'), |_| {});
    assert_eq!(first.drift(&other), ["bundle"]);
    // The age that things are counted to is no input.
    assert!(first.drift(&asked(|it| it.as_of = minute(9))).is_empty());
}

#[test]
fn a_damaged_bundle_is_refused() {
    let plan = asked(|it| it.bundle = Err("settings.json does not have its sum".to_owned()));
    assert_eq!(refusals(&plan), ["damaged-bundle"]);
    assert!(plan.steps.is_empty());
    assert!(plan.refusals[0].why.contains("does not have its sum"));
}

#[test]
fn sources_and_forests_have_to_fit() {
    let source = |forest: Option<&str>| AdSource {
        forest: forest.map(str::to_owned),
        source: "x.ldif".to_owned(),
    };
    let cases: [(&[Option<&str>], &[&str]); 7] = [
        (&[], &["source-missing"]),
        (&[None], &[]),
        (&[Some("FABRIKAM.example")], &[]),
        (&[Some("active directory connector")], &[]),
        (&[None, None], &["source-unclear"]),
        (&[Some("other.example")], &["source-missing", "source-unknown"]),
        (&[None, Some("other.example")], &["source-unknown"]),
    ];
    for (forests, expected) in cases {
        let plan = asked(|it| it.ad = forests.iter().map(|it| source(*it)).collect());
        assert_eq!(refusals(&plan), expected, "{forests:?}");
    }
    let two = |settings: &mut SettingsFile, _: &mut Analysis| {
        let mut second = settings.forests[0].clone();
        second.name = "corp.example".to_owned();
        second.connector = Guid::from_u128(9);
        second.connector_name = "corp".to_owned();
        settings.forests.push(second);
    };
    let plan = planned(two, |_| {});
    assert_eq!(refusals(&plan), ["source-missing", "source-missing", "source-unknown"]);
    let both =
        planned(two, |it| it.ad = vec![source(Some("corp")), source(Some("fabrikam.example"))]);
    assert!(both.is_feasible(), "{:?}", both.refusals);
    let plan = planned(|settings, _| settings.tenant = None, |it| it.entra = None);
    assert_eq!(refusals(&plan), ["no-cloud-connector", "source-missing"]);
}

#[test]
fn a_blocked_source_is_refused() {
    let plan =
        planned(|_, analysis| analysis.findings.push(finding("DL0403", Severity::Blocker)), |_| {});
    assert_eq!(refusals(&plan), ["source-blocked"]);
    assert!(plan.refusals[0].why.contains("DL0403 The title"));
    let blocked = |_: &mut SettingsFile, it: &mut Analysis| {
        it.recommendation.deployment = Deployment::Blocked;
    };
    assert_eq!(refusals(&planned(blocked, |_| {})), ["source-blocked"]);
    let warned = |_: &mut SettingsFile, it: &mut Analysis| {
        it.findings.push(finding("DL0404", Severity::Warning));
    };
    assert!(planned(warned, |_| {}).is_feasible());
    let none = |_: &mut SettingsFile, it: &mut Analysis| it.recommendation.path = Path::None;
    assert_eq!(refusals(&planned(none, |_| {})), ["no-path"]);
}

#[test]
fn after_dirsync_the_anchor_stays() {
    let rules = |anchor: &str| {
        let anchor = Some(anchor.into());
        move |it: &mut Request<'_>| it.rules = Some(RulesGiven { sha256: "1".to_owned(), anchor })
    };
    assert_eq!(refusals(&asked(rules("mS-DS-ConsistencyGuid"))), ["source-anchor"]);
    assert!(asked(rules("OBJECTGUID")).is_feasible());
    let plan = asked(|it| {
        it.target = Some(TargetGiven { anchor: Some("employeeID".into()), ..target() });
    });
    assert_eq!(refusals(&plan), ["source-anchor"]);
    // A Connect server may have had any anchor.
    assert!(planned(connect, rules("mS-DS-ConsistencyGuid")).is_feasible());

    let mut rules: Vec<_> = setup().rules.into_iter().map(|(rule, _)| rule).collect();
    assert!(anchor_of_rules(&rules).unwrap().is("objectGUID"));
    rules[0].mappings[0].expression = Some(
        "IIF(IsPresent([ms-ds-consistencyguid]),[mS-DS-ConsistencyGuid],[objectGUID])".to_owned(),
    );
    assert!(anchor_of_rules(&rules).unwrap().is("mS-DS-ConsistencyGuid"));
    rules[0].disabled = Some(true);
    assert_eq!(anchor_of_rules(&rules), None);
}

#[test]
fn the_old_servers_instance_is_not_shared() {
    let with = |sql_server: &str| {
        asked(|it| {
            it.connect.sql_server = Some(sql_server.to_owned());
            it.connect.service_account = Some(r"FABRIKAM\svc".to_owned());
        })
    };
    assert_eq!(refusals(&with(r"sql1\sync")), ["same-sql-instance"]);
    assert_eq!(refusals(&with(r"SQL1.fabrikam.example\SYNC,1500")), ["same-sql-instance"]);
    assert!(with(r"SQL1\OTHER").is_feasible());
    assert_eq!(refusals(&with(r"(localdb)\.\ADSync")), ["sql-server-name"]);
    assert_eq!(refusals(&with(r"(localdb)\ADSync")), ["sql-not-allowed"]);
    let plan = with(r"SQL2\SYNC");
    assert!(plan.notes.iter().any(|it| it.contains("SQL Server Browser")), "{:?}", plan.notes);
    assert!(!with("SQL2,1433").notes.iter().any(|it| it.contains("Browser")));
    // The instance of the old server itself, said in its own words.
    let local = |_: &mut SettingsFile, it: &mut Analysis| {
        it.database.as_mut().unwrap().server = Some("(local)".to_owned());
    };
    let plan = planned(local, |it| {
        it.connect.sql_server = Some(r"OLD-SYNC\SYNC".to_owned());
        it.connect.service_account = Some(r"FABRIKAM\svc".to_owned());
    });
    assert_eq!(refusals(&plan), ["same-sql-instance"]);
}

#[test]
fn remote_sql_needs_an_account_of_the_domain() {
    let cases: [(&str, Option<&str>, bool); 7] = [
        (r"SQL2\A", Some(r"FABRIKAM\svc"), true),
        (r"SQL2\A", Some(r"NT SERVICE\ADSync"), false),
        (r"SQL2\A", Some(r"NEW-SYNC\svc"), false),
        (r"SQL2\A", Some("svc"), false),
        (r"SQL2\A", None, false),
        (r"NEW-SYNC\A", None, true),
        (r".\A", None, true),
    ];
    for (sql_server, account, is_fine) in cases {
        let plan = asked(|it| {
            it.target = Some(target());
            it.connect = ConnectOptions {
                sql_server: Some(sql_server.to_owned()),
                service_account: account.map(str::to_owned),
                install_dir: None,
            };
        });
        let expected: &[&str] = if is_fine { &[] } else { &["service-account"] };
        assert_eq!(refusals(&plan), expected, "{sql_server} {account:?}");
    }
}

#[test]
fn folders_of_the_installation() {
    let cases = [
        (r"D:\Program Files\Connect", true),
        (r"D:\Connect\", true),
        ("Connect", false),
        (r"\\server\share", false),
        (r"D:\..\x", false),
        (r"D:\a:b", false),
        ("/opt", false),
        (r"D:\trailing.", false),
    ];
    for (folder, is_fine) in cases {
        let plan = asked(|it| it.connect.install_dir = Some(folder.to_owned()));
        assert_eq!(plan.is_feasible(), is_fine, "{folder}: {:?}", plan.refusals);
    }
}

#[test]
fn sql_servers_that_cannot_hold_the_database() {
    let cases = [
        ("15.0.4000.1", "SQL_Latin1_General_CP1_CI_AS", 3, false, 0),
        ("14.0.1000.1", "Latin1_General_CI_AS", 3, false, 0),
        ("16.0.1000.6", "Latin1_General_100_CI_AS_SC", 2, false, 0),
        ("13.0.7000.1", "Latin1_General_CI_AS", 3, false, 1),
        ("11.0.5058.0", "Latin1_General_CS_AS", 3, false, 2),
        ("15.0.4000.1", "Latin1_General_BIN2", 3, false, 1),
        ("15.0.4000.1", "Latin1_General_CI_AS", 4, true, 1),
        ("12.0.2000.8", "Latin1_General_CI_AS", 5, false, 2),
        ("16.0.2000.8", "Latin1_General_CI_AS", 8, false, 1),
        ("new", "Latin1_General_CI_AS", 3, false, 1),
    ];
    for (version, collation, edition, is_local_db, expected) in cases {
        let facts = DatabaseFacts {
            server: SqlServer {
                product_version: Some(version.to_owned()),
                collation: Some(collation.to_owned()),
                engine_edition: Some(edition),
                is_local_db: Some(is_local_db),
                ..SqlServer::default()
            },
            ..DatabaseFacts::default()
        };
        let bundle = bundle(&settings(), &analysis());
        let mut request = request(&bundle);
        request.target = Some(TargetGiven { database: Some(&facts), ..target() });
        let plan = plan(&request);
        assert_eq!(refusals(&plan), vec!["sql-not-allowed"; expected], "{version} {collation}");
    }
}

#[test]
fn a_target_that_is_not_ready_or_the_old_server_itself() {
    let plan = asked(|it| {
        it.target = Some(TargetGiven {
            not_ready: vec![finding("DL0702", Severity::Warning)],
            host: Some("old-sync".to_owned()),
            ..target()
        });
    });
    assert_eq!(refusals(&plan), ["target-not-ready", "target-is-source"]);
    assert!(plan.refusals[0].why.starts_with("DL0702: the detail"));
    assert_eq!(plan.refusals[0].remedy, "Do something.");
}

#[test]
fn what_is_in_the_store_has_to_be_the_same() {
    let bundle = bundle(&settings(), &analysis());
    let first = plan(&request(&bundle));
    let found = |sum: String, mode, plan| Some(StoreFound { bundle_sha256: sum, mode, plan });
    let sum = bundle.sum().to_string();
    let cases = [
        (found(sum.clone(), Mode::Parallel, Some(first.clone())), "source.ldif", vec!["drift"]),
        (found(sum.clone(), Mode::Parallel, Some(first.clone())), "forest.ldif", vec![]),
        (found(sum.clone(), Mode::Parallel, None), "source.ldif", vec![]),
        (found("00".to_owned(), Mode::Parallel, None), "forest.ldif", vec!["another-deployment"]),
        (found(sum, Mode::InPlace, None), "forest.ldif", vec!["another-deployment"]),
    ];
    for (store, source, expected) in cases {
        let mut request = request(&bundle);
        request.store = store;
        request.ad[0].source = source.to_owned();
        assert_eq!(refusals(&plan(&request)), expected);
    }
    let mut other = request(&bundle);
    other.saved = Some(&first);
    other.entra = Some("other".to_owned());
    let drifted = plan(&other);
    assert_eq!(refusals(&drifted), ["drift"]);
    assert!(drifted.refusals[0].why.ends_with(": --entra"), "{:?}", drifted.refusals);
}

#[test]
fn an_existing_database_in_its_four_cases() {
    let of = |change: fn(&mut Analysis)| {
        let plan = planned(
            |settings, analysis| {
                connect(settings, analysis);
                change(analysis);
            },
            existing,
        );
        assert!(plan.is_feasible(), "{:?}", plan.refusals);
        plan.existing_database.unwrap()
    };
    let engine = |state: &str| SourceService {
        name: "ADSync".to_owned(),
        display_name: None,
        account: None,
        state: state.to_owned(),
    };
    assert_eq!(of(|_| {}).scenario, Scenario::StagingClone);
    let local = of(|it| it.database.as_mut().unwrap().kind = DatabaseKind::LocalDb);
    assert_eq!(local.scenario, Scenario::FromLocalDb);
    let unread = of(|it| it.database.as_mut().unwrap().product_version = None);
    assert_eq!(unread.scenario, Scenario::SqlDead);

    // A dead server: the new one is pointed at the very instance of the old one.
    let plan = planned(
        |settings, analysis| {
            connect(settings, analysis);
            analysis.source.services = vec![engine("stopped, disabled")];
        },
        |it| {
            existing(it);
            it.connect.sql_server = Some(r"SQL1\SYNC".to_owned());
        },
    );
    assert!(plan.is_feasible(), "{:?}", plan.refusals);
    assert_eq!(plan.existing_database.as_ref().unwrap().scenario, Scenario::ServerDead);
    assert!(!plan.by_hand[0].what.contains("estore"), "{:?}", plan.by_hand[0]);
    // While it runs, its database would be shared.
    let plan = planned(
        |settings, analysis| {
            connect(settings, analysis);
            analysis.source.services = vec![engine("running, automatic")];
        },
        |it| {
            existing(it);
            it.connect.sql_server = Some(r"SQL1\SYNC".to_owned());
        },
    );
    assert_eq!(refusals(&plan), ["same-sql-instance"]);
}

#[test]
fn what_an_existing_database_needs() {
    let plan = planned(
        |settings, analysis| {
            connect(settings, analysis);
            settings.sign_in_method = Value::known("pass-through authentication".to_owned(), "x");
            settings.accounts = vec![dirlift_exporter::settings::Account {
                role: AccountRole::Service,
                name: r"FABRIKAM\old".to_owned(),
                read_from: "services".to_owned(),
            }];
            // 21 days and an hour before the plan.
            analysis.database.as_mut().unwrap().last_run_at = Some(minute(-(21 * 24 + 1) * 60));
        },
        existing,
    );
    let database = plan.existing_database.unwrap();
    assert_eq!(database.full_import_needed, Some(true));
    assert_eq!(database.full_synchronization_possible, Some(true));
    let accounts: Vec<_> = database.credentials.iter().map(|it| it.account.as_deref()).collect();
    assert_eq!(accounts, [None, Some(r"FABRIKAM\MSOL_0"), Some(r"FABRIKAM\old")]);
    let used: Vec<_> = database.sign_in.iter().map(|it| it.in_use).collect();
    assert_eq!(used, [Some(false), Some(true), Some(false), Some(false)]);
    let fresh = planned(
        |settings, analysis| {
            connect(settings, analysis);
            analysis.database.as_mut().unwrap().last_run_at = Some(minute(-21 * 24 * 60));
        },
        existing,
    );
    assert_eq!(fresh.existing_database.unwrap().full_import_needed, Some(false));
}

#[test]
fn when_a_database_cannot_be_used_again() {
    assert_eq!(refusals(&asked(existing)), ["settings-and-database"]);
    let without = planned(
        |settings, analysis| {
            connect(settings, analysis);
            analysis.database = None;
        },
        existing,
    );
    assert_eq!(refusals(&without), ["no-database"]);
    let nowhere = planned(connect, |it| {
        existing(it);
        it.connect.sql_server = None;
    });
    assert_eq!(refusals(&nowhere), ["sql-server-missing"]);
    let empty = planned(
        |settings, analysis| {
            connect(settings, analysis);
            analysis.objects.metaverse_total = Some(0);
        },
        existing,
    );
    assert_eq!(refusals(&empty), ["empty-database"]);
    for build in ["2.1.0.0", "1.1.612.0"] {
        let old = planned(connect, |it| {
            existing(it);
            it.target.as_mut().unwrap().build = Some(build.parse().unwrap());
        });
        assert_eq!(refusals(&old), ["build-too-old"], "{build}");
    }
}

#[test]
fn in_place_only_on_the_bundles_own_dirsync_server() {
    let services = FakeServices::dirsync("OLD-SYNC");
    let with = |services: &FakeServices| {
        let seen = services::look(services).unwrap();
        let bundle = bundle(&settings(), &analysis());
        let mut request = request(&bundle);
        request.mode = Mode::InPlace;
        request.services = Some(&seen);
        plan(&request)
    };
    let plan = with(&services);
    assert!(plan.is_feasible(), "{:?}", plan.refusals);
    let ids: Vec<_> = plan.steps.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids[7..], ["report", "note-services", "stop-services", "disable-services"]);
    assert!(plan.today.iter().any(|it| it.contains("2017-12-31")), "{:?}", plan.today);
    assert_eq!(plan.by_hand[0].title, "Uninstall DirSync");

    assert_eq!(refusals(&with(&FakeServices::dirsync("OTHER"))), ["wrong-host"]);
    let long = FakeServices::dirsync("OLD-SYNC.contoso.example");
    assert_eq!(refusals(&with(&long)), ["wrong-host"]);
    services.set_coexistence_key(false);
    assert_eq!(refusals(&with(&services)), ["no-dirsync"]);
    services.set_coexistence_key(true);
    services.change("FIMSynchronizationService", |it| {
        it.image_path =
            Some(r"C:\Program Files\Microsoft Identity Manager\miiserver.exe".to_owned());
    });
    assert_eq!(refusals(&with(&services)), ["foreign-service"]);
    services.set_install_path(None);
    let plan = with(&services);
    assert!(refusals(&plan).contains(&"no-dirsync"), "{:?}", plan.refusals);

    assert_eq!(refusals(&asked(|it| it.mode = Mode::InPlace)), ["services-out-of-reach"]);
    let connect = planned(connect, |it| it.mode = Mode::InPlace);
    assert_eq!(refusals(&connect), ["in-place-not-dirsync"]);
}
