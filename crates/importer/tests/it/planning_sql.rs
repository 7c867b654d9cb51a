//! Plans about SQL Server, the installation, and an existing database.
use dirlift_exporter::settings::SettingsFile;
use dirlift_exporter::settings::Value;
use dirlift_importer::plan::{ConnectOptions, Request, TargetGiven, plan};
use dirlift_model::{
    Analysis, DatabaseFacts, Plan,
    analysis::{AccountRole, DatabaseKind, SourceService},
    database::SqlServer,
    plan::Scenario,
};

use super::{
    common::{analysis, bundle, minute, request, settings},
    planning::{asked, connect, existing, planned, refusals, target},
};

fn gaps(plan: &Plan, word: &str) -> usize {
    plan.not_checked.iter().filter(|it| it.what.contains(word)).count()
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
    let ask = |it: &mut Request<'_>| {
        it.connect.sql_server = Some(r"OLD-SYNC\SYNC".to_owned());
        it.connect.service_account = Some(r"FABRIKAM\svc".to_owned());
    };
    assert_eq!(refusals(&planned(local, ask)), ["same-sql-instance"]);
    // LocalDB is nobody else's.
    let local_db = |_: &mut SettingsFile, it: &mut Analysis| {
        let database = it.database.as_mut().unwrap();
        database.server = Some("(localdb)".to_owned());
        database.instance = Some(r".\ADSync".to_owned());
    };
    let plan = planned(local_db, ask);
    assert!(plan.is_feasible() && gaps(&plan, "old server's") == 0, "{:?}", plan.not_checked);
    // Names that do not tell are said to be such.
    for unclear in ["SQL1,50123", r"10.0.0.5\SYNC", r".\SYNC"] {
        let plan = with(unclear);
        assert!(plan.is_feasible(), "{unclear}: {:?}", plan.refusals);
        assert_eq!(gaps(&plan, "old server's"), 1, "{unclear}: {:?}", plan.not_checked);
    }
    assert_eq!(gaps(&with(r"SQL1\OTHER"), "old server's"), 0);
    assert_eq!(refusals(&with(r"tcp:SQL1\SYNC")), ["same-sql-instance"]);
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
        // Without the target nobody knows which machine is another one.
        let plan = asked(|it| {
            it.connect.sql_server = Some(sql_server.to_owned());
            it.connect.service_account = account.map(str::to_owned);
        });
        assert!(plan.is_feasible(), "{sql_server} {account:?}: {:?}", plan.refusals);
        let is_here = usize::from(!sql_server.starts_with('.'));
        assert_eq!(gaps(&plan, "service account"), is_here, "{sql_server} {account:?}");
    }
    // What is on the old server is on another machine than the new one in any case.
    let plan = asked(|it| it.connect.sql_server = Some(r"old-sync\A".to_owned()));
    assert_eq!(refusals(&plan), ["service-account"]);
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
    // Facts of one server say nothing about another one.
    let facts = DatabaseFacts {
        server: SqlServer {
            machine_name: Some("SQL2".to_owned()),
            instance: Some("A".to_owned()),
            product_version: Some("15.0.4000.1".to_owned()),
            collation: Some("Latin1_General_CI_AS".to_owned()),
            ..SqlServer::default()
        },
        ..DatabaseFacts::default()
    };
    for (name, n) in [(r"SQL2.fabrikam.example\A", 0), (r"SQL2\B", 1), (r"SQL3\A", 1)] {
        let bundle = bundle(&settings(), &analysis());
        let mut request = request(&bundle);
        request.target = Some(TargetGiven { database: Some(&facts), ..target() });
        request.connect.sql_server = Some(name.to_owned());
        request.connect.service_account = Some(r"FABRIKAM\svc".to_owned());
        let plan = plan(&request);
        assert!(plan.is_feasible(), "{name}: {:?}", plan.refusals);
        assert_eq!(gaps(&plan, "version and collation"), n, "{name}: {:?}", plan.not_checked);
    }
    assert_eq!(gaps(&asked(|_| {}), "version and collation"), 0);
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
    assert_eq!(of(|_| {}).scenario, Some(Scenario::StagingClone));
    let local = of(|it| it.database.as_mut().unwrap().kind = DatabaseKind::LocalDb);
    assert_eq!(local.scenario, Some(Scenario::FromLocalDb));
    // A database that was not read is not one that is gone.
    let unread = planned(
        |settings, analysis| {
            connect(settings, analysis);
            analysis.database.as_mut().unwrap().product_version = None;
        },
        existing,
    );
    assert_eq!(unread.existing_database.as_ref().unwrap().scenario, None);
    assert_eq!(gaps(&unread, "which case"), 1);
    assert!(unread.by_hand.iter().all(|it| it.title != "Restore the database"));

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
    assert_eq!(plan.existing_database.as_ref().unwrap().scenario, Some(Scenario::ServerDead));
    assert!(!plan.by_hand[0].what.contains("estore"), "{:?}", plan.by_hand[0]);
    // Its SQL Server is used on, and so it has to be one that the new product takes.
    let plan = planned(
        |settings, analysis| {
            connect(settings, analysis);
            analysis.source.services = vec![engine("stopped, disabled")];
            analysis.database.as_mut().unwrap().product_version = Some("13.0.7000.1".to_owned());
        },
        |it| {
            existing(it);
            it.connect.sql_server = Some(r"SQL1\SYNC".to_owned());
        },
    );
    assert_eq!(refusals(&plan), ["sql-not-allowed"]);
    assert!(plan.refusals[0].why.contains("13.0.7000.1"));
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
