//! The verdict: counts, estimate, recommendation.
use dirlift_model::{
    Product, Severity,
    analysis::{Conclusion, DatabaseKind, Deployment, Path},
    config::{FilterOperator, RunStepKind},
    database::ConnectorSpaceCount,
    facts::RegistryValue,
};

use crate::base::*;

fn with_objects(total: u64) -> Scene {
    let mut scene = Scene::new();
    scene.database().connector_space = Some(vec![count("user", total)]);
    scene
}

#[test]
fn threshold_is_exactly_fifty_thousand() {
    // 49,999 × 3 ÷ 50,000 = 2.99994 and 50,000 × 3 ÷ 50,000 = 3.
    for (objects, hours, deployment) in [
        (49_999, 3.0, Deployment::InPlace),
        (50_000, 3.0, Deployment::Parallel),
        (0, 0.0, Deployment::InPlace),
    ] {
        let analysis = with_objects(objects).analysis();
        assert_eq!(analysis.objects.total, Some(objects));
        assert_eq!(analysis.estimate.hours, Some(hours), "{objects}");
        assert_eq!(analysis.recommendation.deployment, deployment, "{objects}");
        assert_eq!(analysis.recommendation.path, Path::Dirsync);
    }
}

#[test]
fn only_joined_people_contacts_and_groups_of_active_directory_count() {
    let mut scene = Scene::new();
    let row = |object_type: &str, joined, placeholders| ConnectorSpaceCount {
        placeholders,
        disconnected: 500,
        ..count(object_type, joined)
    };
    scene.database().connector_space = Some(vec![
        row("user", 10, 1_000),
        row("inetOrgPerson", 3, 0),
        row("CONTACT", 5, 0),
        row("group", 7, 0),
        row("organizationalUnit", 90, 0),
        ConnectorSpaceCount { connector: CLOUD, ..row("user", 400, 0) },
    ]);
    let objects = scene.analysis().objects;
    let counts =
        (objects.users, objects.contacts, objects.groups, objects.total, objects.metaverse_total);
    assert_eq!(counts, (Some(13), Some(5), Some(7), Some(25), Some(1_000)));
}

#[test]
fn agents_are_told_from_the_configuration_when_the_database_has_none() {
    let mut scene = Scene::new();
    scene.database().agents = None;
    assert_eq!(scene.analysis().objects.total, Some(1_000));
    scene.facts.configuration = None;
    assert_eq!(scene.analysis().objects.total, None);
}

#[test]
fn own_history_adds_the_newest_full_import_and_full_synchronization_of_both_agents() {
    let mut scene = Scene::new();
    scene.database().runs = Some(vec![
        // An older, longer full import must not count; a failed one neither.
        run(AD, "success", RunStepKind::FullImport, "2026-11-01T00:00:00Z", "2026-11-01T09:00:00Z"),
        run(
            AD,
            "stopped-server-down",
            RunStepKind::FullImport,
            "2026-11-19T00:00:00Z",
            "2026-11-19T09:00:00Z",
        ),
        run(AD, "success", RunStepKind::FullImport, "2026-11-18T00:00:00Z", "2026-11-18T00:30:00Z"),
        run(
            AD,
            "completed-sync-errors",
            RunStepKind::FullSync,
            "2026-11-18T00:30:00Z",
            "2026-11-18T01:15:00Z",
        ),
        run(
            CLOUD,
            "success",
            RunStepKind::FullImportFullSync,
            "2026-11-18T01:15:00Z",
            "2026-11-18T01:48:00Z",
        ),
        run(CLOUD, "success", RunStepKind::Export, "2026-11-18T02:00:00Z", "2026-11-18T08:00:00Z"),
    ]);
    // 30 + 45 + 33 minutes = 108 minutes = 1.8 hours; the step that does both counts once.
    let own = scene.analysis().estimate.own_history.unwrap();
    assert!((own.hours - 1.8).abs() < 1e-9, "{own:?}");
    assert_eq!(own.runs.len(), 3);
}

#[test]
fn a_healthy_server_is_clean_and_in_place_although_that_path_has_ended() {
    let analysis = Scene::new().analysis();
    assert_eq!(analysis.conclusion(Severity::Blocker), Conclusion::Clean);
    assert_eq!(analysis.recommendation.deployment, Deployment::InPlace);
    assert_eq!(analysis.recommendation.feasible, Some(false));
    assert_eq!(
        analysis.recommendation.obstacles.len(),
        1,
        "{:?}",
        analysis.recommendation.obstacles
    );
    let warnings: Vec<_> = analysis
        .findings
        .iter()
        .filter(|it| it.severity >= Severity::Warning)
        .map(|it| it.id.as_str())
        .collect();
    assert_eq!(warnings, ["DL0101", "DL0105"]);
}

#[test]
fn old_system_is_an_obstacle_in_place() {
    let mut scene = Scene::new();
    let os = scene.facts.host.os.as_mut().unwrap();
    os.version = "6.3.9600".parse().ok();
    os.caption = Some("Microsoft Windows Server 2012 R2 Standard".to_owned());
    let recommendation = scene.analysis().recommendation;
    assert_eq!(recommendation.obstacles.len(), 2);
    assert!(recommendation.obstacles[1].contains("2012 R2"), "{:?}", recommendation.obstacles);
}

#[test]
fn an_override_is_recorded() {
    let analysis = judge(&with_objects(100).facts, None, Some(Deployment::Parallel));
    assert_eq!(analysis.recommendation.deployment, Deployment::Parallel);
    let overridden = analysis.recommendation.overridden_by.unwrap();
    assert_eq!(
        (overridden.asked, overridden.recommended),
        (Deployment::Parallel, Deployment::InPlace)
    );
    let same = judge(&with_objects(100).facts, None, Some(Deployment::InPlace));
    assert_eq!(same.recommendation.overridden_by, None);
}

#[test]
fn a_blocker_wins_over_size_and_override() {
    let mut scene = with_objects(100);
    scene.server().connectors.push(extra_agent());
    let analysis = judge(&scene.facts, None, Some(Deployment::Parallel));
    assert_eq!(analysis.recommendation.deployment, Deployment::Blocked);
    assert_eq!(analysis.recommendation.overridden_by, None);
    assert_eq!(analysis.conclusion(Severity::Blocker), Conclusion::Objections);
    assert!(
        analysis.recommendation.reasons.iter().any(|it| it.contains("staging mode")),
        "the way out is named"
    );
}

#[test]
fn missing_facts_leave_it_undecided() {
    let mut no_configuration = Scene::new();
    no_configuration.facts.configuration = None;
    let mut no_database = Scene::new();
    no_database.facts.database = None;
    let mut no_product = Scene::new();
    no_product.facts.product.product = None;
    for scene in [no_configuration, no_database, no_product] {
        let analysis = scene.analysis();
        assert_eq!(analysis.recommendation.deployment, Deployment::Undecided);
        assert_eq!(analysis.conclusion(Severity::Blocker), Conclusion::Incomplete);
    }
}

#[test]
fn objections_win_over_missing_facts() {
    let mut scene = Scene::new();
    scene.facts.database = None;
    scene.server().connectors.push(extra_agent());
    assert_eq!(scene.analysis().conclusion(Severity::Blocker), Conclusion::Objections);
}

#[test]
fn other_products_go_other_paths() {
    let path = |product| {
        let mut scene = Scene::new();
        scene.facts.product.product = Some(product);
        let recommendation = scene.analysis().recommendation;
        (recommendation.path, recommendation.deployment)
    };
    assert_eq!(path(Product::EntraConnect), (Path::Connect, Deployment::Parallel));
    assert_eq!(path(Product::AzureAdSync), (Path::Connect, Deployment::Parallel));
    assert_eq!(path(Product::Fim), (Path::None, Deployment::Undecided));
    assert_eq!(path(Product::None), (Path::None, Deployment::Undecided));
}

#[test]
fn the_database_is_placed_and_named() {
    let database = Scene::new().analysis().database.unwrap();
    assert_eq!((database.kind, database.remote), (DatabaseKind::Express, Some(false)));
    assert_eq!(database.instance.as_deref(), Some("MSONLINE"));
    assert_eq!(database.size_mb, Some(2_000));

    let mut scene = Scene::new();
    scene.full_sql();
    let key = r"HKLM\SYSTEM\CurrentControlSet\Services\FIMSynchronizationService\Parameters";
    set(
        scene.facts.registry.as_mut().unwrap(),
        key,
        "Server",
        RegistryValue::String("NW-SQL01".to_owned()),
    );
    let database = scene.analysis().database.unwrap();
    assert_eq!(
        (database.kind, database.remote, database.server.as_deref()),
        (DatabaseKind::Full, Some(true), Some("NW-SQL01"))
    );

    scene.database().server.is_local_db = Some(true);
    assert_eq!(scene.analysis().database.unwrap().kind, DatabaseKind::LocalDb);
}

#[test]
fn stock_filters_are_told_from_custom_ones_without_templates_too() {
    let mut scene = Scene::new();
    scene.facts.baseline = None;
    let stock = [
        alternative(vec![condition(
            "samaccountname",
            FilterOperator::Equality,
            "support_388945a0",
        )]),
        alternative(vec![
            condition("mailNickName", FilterOperator::SubstringAny, "}"),
            condition("mailNickName", FilterOperator::SubstringStart, "CAS_"),
        ]),
        alternative(vec![condition(
            "msExchRecipientTypeDetails",
            FilterOperator::Equality,
            "0x800000",
        )]),
        alternative(vec![condition(
            "msExchRecipientTypeDetails",
            FilterOperator::Equality,
            "8388608",
        )]),
    ];
    scene.ad().filters = vec![filter("user", stock.to_vec())];
    assert_eq!(scene.analysis().settings.unwrap().connector_filters, []);
    scene.ad().filters[0].alternatives.push(alternative(vec![
        condition("department", FilterOperator::Equality, "Contractors"),
        condition("employeeType", FilterOperator::Equality, "External"),
    ]));
    let filters = scene.analysis().settings.unwrap().connector_filters;
    assert_eq!(filters.len(), 1);
    assert_eq!(filters[0].conditions.len(), 2, "both conditions belong together");
}

#[test]
fn the_same_facts_give_the_same_analysis() {
    let scene = Scene::new();
    assert_eq!(scene.analysis(), scene.analysis());
}

#[test]
fn tenant_and_accounts_are_named() {
    let analysis = Scene::new().analysis();
    let settings = analysis.settings.unwrap();
    assert_eq!(settings.tenant.unwrap().name.as_deref(), Some("corp.onmicrosoft.com"));
    assert_eq!(settings.forests[0].account.as_deref(), Some(r"CORP\MSOL_0123456789ab"));
    let names: Vec<_> = analysis.source.accounts.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(
        names,
        [r".\AAD_0123456789ab", r"CORP\MSOL_0123456789ab", "admin@corp.onmicrosoft.com"]
    );
}

#[test]
fn editions_that_cannot_carry_the_new_product() {
    let obstacles = |caption: &str, version: &str, kind: &str| {
        let mut scene = Scene::new();
        let os = scene.facts.host.os.as_mut().unwrap();
        os.caption = Some(caption.to_owned());
        os.version = version.parse().ok();
        os.installation_type = Some(kind.to_owned());
        scene.analysis().recommendation.obstacles.len() - 1 // the ended path is always one
    };
    let cases = [
        ("Microsoft Windows Server 2022 Standard", "10.0.20348", "Server", 0),
        ("Microsoft Windows Server 2022 Standard", "10.0.20348", "Server Core", 1),
        ("Microsoft Windows 11 Enterprise", "10.0.22631", "Client", 1),
        ("Microsoft Windows Server 2016 Essentials", "10.0.14393", "Server", 1),
        ("Microsoft Windows Server 2019 Essentials", "10.0.17763", "Server", 0),
        ("Microsoft Windows Server 2025 Standard", "10.0.26100", "Server", 1),
    ];
    for (caption, version, kind, expected) in cases {
        assert_eq!(obstacles(caption, version, kind), expected, "{caption} {kind}");
    }
}

#[test]
fn an_extra_agent_is_not_compared_with_the_templates_of_another() {
    let mut scene = Scene::new();
    let mut extra = extra_agent();
    extra.category = dirlift_model::config::ConnectorCategory::Extensible2;
    extra.export_flows = vec![export_flow("displayName", direct("displayName"))]; // the same as a stock flow
    scene.server().connectors.push(extra);
    let analysis = scene.analysis();
    let flows = analysis.settings.unwrap().custom_flows;
    assert_eq!(
        flows.len(),
        1,
        "every flow of an agent that the product does not ship is beyond stock"
    );
    assert_eq!(flows[0].connector_name, "HR Import");
    assert!(analysis.findings.iter().any(|it| it.id == "DL0405"));
}

#[test]
fn what_the_database_did_not_answer_is_listed() {
    let mut scene = Scene::new();
    scene.database().not_read = vec![dirlift_model::database::NotRead {
        what: "run history".to_owned(),
        why: "SELECT permission is missing".to_owned(),
    }];
    let analysis = scene.analysis();
    assert!(analysis.not_checked.iter().any(|it| it.what == "database: run history" && !it.needed));
    assert_eq!(analysis.conclusion(Severity::Blocker), Conclusion::Clean);
}

#[test]
fn a_configuration_without_partitions_does_not_pass_for_one_without_filtering() {
    let mut scene = Scene::new();
    let has = |scene: &Scene| {
        scene.analysis().not_checked.iter().any(|it| it.what.contains("OU filtering"))
    };
    assert!(!has(&scene));
    scene.ad().partitions.clear();
    assert!(has(&scene));
}

#[test]
fn absurd_numbers_do_not_overflow() {
    let mut scene = Scene::new();
    let row = || ConnectorSpaceCount { pending_exports: u64::MAX, ..count("user", u64::MAX) };
    scene.database().connector_space = Some(vec![row(), row(), count("group", u64::MAX)]);
    scene.database().files[0].size_mb = u64::MAX;
    let file = scene.database().files[0].clone();
    scene.database().files.push(file);
    scene.facts.host.memory_mb = Some(u64::MAX);
    scene.facts.scheduler.as_mut().unwrap().interval_seconds = Some(u64::MAX);
    let error =
        || dirlift_model::database::ErrorCount { error_type: "x".to_owned(), objects: u64::MAX };
    scene.database().runs.as_mut().unwrap()[0].steps[0].errors = vec![error(), error()];
    let analysis = scene.analysis();
    assert_eq!(analysis.objects.total, Some(u64::MAX));
    assert_eq!(analysis.recommendation.deployment, Deployment::Parallel);
}

#[test]
fn an_agent_without_its_selected_attributes_leaves_it_undecided() {
    let mut scene = Scene::new();
    scene.ad().attribute_inclusion = None;
    let analysis = scene.analysis();
    assert_eq!(analysis.recommendation.deployment, Deployment::Undecided);
    assert_eq!(analysis.conclusion(Severity::Blocker), Conclusion::Incomplete);
    let asked = judge(&scene.facts, None, Some(Deployment::InPlace));
    assert_eq!(
        asked.recommendation.deployment,
        Deployment::Undecided,
        "--mode does not fill in facts"
    );
}

#[test]
fn nothing_to_upgrade_needs_no_facts() {
    let mut scene = Scene::new();
    scene.facts.product.product = Some(Product::None);
    scene.facts.configuration = None;
    scene.facts.database = None;
    scene.facts.missing.push(dirlift_model::NotChecked {
        what: "objects".to_owned(),
        why: "no database".to_owned(),
        needed: true,
    });
    assert_eq!(scene.analysis().conclusion(Severity::Blocker), Conclusion::Clean);
}

#[test]
fn a_new_server_of_which_nothing_is_known_is_not_called_feasible() {
    let old = with_objects(60_000).facts;
    let feasible = |change: fn(&mut dirlift_model::Facts)| {
        let mut target = facts();
        target.product.product = Some(Product::None);
        change(&mut target);
        judge(&old, Some(&target), None).recommendation.feasible
    };
    assert_eq!(feasible(|_| {}), Some(true));
    assert_eq!(feasible(|it| it.host.os = None), None);
    assert_eq!(feasible(|it| it.host.domain_role = None), None);
    assert_eq!(feasible(|it| it.product.product = Some(Product::EntraConnect)), Some(false));
    assert_eq!(
        feasible(|it| {
            let os = it.host.os.as_mut().unwrap();
            os.caption = Some("Microsoft Windows 10 Pro".to_owned());
            os.installation_type = None;
        }),
        Some(false)
    );
}

#[test]
fn a_later_success_of_another_profile_hides_no_failure() {
    let mut scene = Scene::new();
    let mut failed = run(
        AD,
        "stopped-server-down",
        RunStepKind::DeltaImportDeltaSync,
        "2026-11-20T10:00:00Z",
        "2026-11-20T10:05:00Z",
    );
    failed.profile = "Delta Import Delta Sync".to_owned();
    let mut export =
        run(AD, "success", RunStepKind::Export, "2026-11-20T10:06:00Z", "2026-11-20T10:07:00Z");
    export.profile = "Export".to_owned();
    scene.database().runs = Some(vec![export, failed]);
    assert!(scene.analysis().findings.iter().any(|it| it.id == "DL0501"));
}

#[test]
fn a_dll_with_a_stock_name_that_somebody_else_signed_blocks_unless_the_templates_name_it() {
    let mut scene = Scene::new();
    scene.ad().extension = Some(extension("Microsoft.Online.Foo.dll"));
    scene.facts.files = Some(vec![dll("Microsoft.Online.Foo.dll", "", "1.0.0.0")]);
    let blocked = |scene: &Scene| scene.analysis().findings.iter().any(|it| it.id == "DL0403");
    assert!(blocked(&scene));
    scene.facts.files =
        Some(vec![dll("Microsoft.Online.Foo.dll", "Microsoft Corporation", "4.1.0.0")]);
    assert!(!blocked(&scene));
}

#[test]
fn a_folder_of_dirsync_on_a_newer_server_is_left_over() {
    let mut scene = Scene::new();
    scene.facts.product.product = Some(Product::EntraConnect);
    let leftovers = |scene: &Scene| scene.analysis().findings.iter().any(|it| it.id == "DL0803");
    let key = r"HKLM\SOFTWARE\Microsoft\MSOLCoExistence";
    let registry = scene.facts.registry.as_mut().unwrap();
    set(registry, key, "ServiceAccountType", RegistryValue::String("Virtual".to_owned()));
    assert!(!leftovers(&scene), "later products write into that key too");
    let registry = scene.facts.registry.as_mut().unwrap();
    set(registry, key, "InstallPath", RegistryValue::String(r"C:\DirSync\".to_owned()));
    assert!(leftovers(&scene));
}

#[test]
fn a_settings_file_stands_in_for_rules_and_services_that_are_not_there() {
    let mut scene = Scene::new();
    scene.facts.product.product = Some(Product::EntraConnect);
    scene.facts.services = None;
    let policy = dirlift_model::facts::Policy {
        service_account: Some(r"NT SERVICE\ADSync".to_owned()),
        custom_rules: vec!["Two".to_owned(), "One".to_owned()],
        place: "Applied-SynchronizationPolicy.json".to_owned(),
        ..Default::default()
    };
    scene.facts.policies = vec![policy.clone(), policy];
    let analysis = scene.analysis();
    let rules = analysis.findings.iter().find(|it| it.id == "DL0412").unwrap();
    assert_eq!(rules.detail, "2 custom rules", "two files may list the same rules");
    assert_eq!(rules.evidence[0].item, "One");
    assert_eq!(analysis.source.accounts[0].name, r"NT SERVICE\ADSync");
    assert_eq!(analysis.source.accounts[0].read_from, "Applied-SynchronizationPolicy.json");
}

#[test]
fn the_day_on_which_support_ended_is_named() {
    let mut scene = Scene::new();
    scene.facts.product.product = Some(Product::EntraConnect);
    scene.facts.product.version = "2.5.79.0".parse().ok();
    let findings = scene.analysis().findings;
    let found = findings.iter().find(|it| it.id == "DL0102").unwrap();
    assert_eq!(
        found.detail,
        "Microsoft Entra Connect: since 2026-10-23: Support for builds up to 2.5.79.0 ended."
    );
}
