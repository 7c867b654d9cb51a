//! Every rule has a scene in which it fires and one, as near as possible, in which it stays silent.
use std::collections::BTreeSet;

use dirlift_analyzer::RULES;
use dirlift_model::{
    Product,
    config::{FilterOperator, FlowSource, PasswordHashSync, Problem, RunStepKind},
    database::{ErrorCount, LargeGroup},
    facts::RegistryValue,
    host::{DomainRole, ServiceState, UserProxy},
};

use crate::{base::*, connect};

pub(crate) type Change = fn(&mut Scene);

/// Code, change that makes the rule fire, change that is close to it and leaves the rule silent. Those of Connect
/// servers stand in a file of their own.
const FIXTURES: &[(&str, Change, Change)] = &[
    ("DL0101", |_| {}, |it| it.as_of = time("2017-12-30T23:59:59Z")),
    (
        "DL0102",
        |it| it.as_of = time("2017-12-30T00:00:00Z"),
        |it| it.as_of = time("2017-04-12T23:59:59Z"),
    ),
    ("DL0103", |it| it.facts.product.product = Some(Product::EntraConnect), |_| {}),
    ("DL0104", |it| it.facts.product.version = "1.0.6500.0".parse().ok(), |_| {}),
    ("DL0105", |_| {}, |it| it.database().connector_space = Some(vec![count("user", 50_000)])),
    (
        "DL0106",
        |it| it.facts.taken_at = Some(time("2026-10-20T00:00:00Z")),
        |it| it.facts.taken_at = Some(time("2026-10-23T00:00:00Z")),
    ),
    ("DL0201", |_| {}, |it| it.database().connector_space = None),
    ("DL0202", |it| it.database().metaverse.as_mut().unwrap()[0].objects = 1_003, |_| {}),
    (
        "DL0203",
        |it| it.database().runs = Some(full_cycle()),
        |it| {
            it.database().runs = Some(full_cycle());
            it.database().runs.as_mut().unwrap().pop();
        },
    ),
    ("DL0204", Scene::full_sql, |_| {}),
    ("DL0205", |it| sql_server(it, "SQL01"), |it| sql_server(it, "SYNC01")),
    (
        "DL0206",
        |it| it.database().files[0].size_mb = 8_192,
        |it| it.database().files[0].size_mb = 8_191,
    ),
    ("DL0207", |_| {}, Scene::full_sql),
    (
        "DL0208",
        |it| it.database().connector_space = Some(vec![count("user", 100_000)]),
        |it| it.database().connector_space = Some(vec![count("user", 99_999)]),
    ),
    ("DL0209", |it| large_group(it, 15_001), |it| large_group(it, 15_000)),
    (
        "DL0210",
        |it| it.database().server.collation = Some("Latin1_General_CS_AS".to_owned()),
        |_| {},
    ),
    (
        "DL0211",
        |it| {
            it.full_sql();
            it.database().server.product_version = Some("10.50.6000.34".to_owned());
        },
        |it| {
            it.full_sql();
            it.database().server.product_version = Some("15.0.2000.5".to_owned());
        },
    ),
    (
        "DL0301",
        |it| it.ad().partitions.push(partition("DC=lab,DC=corp,DC=example", false)),
        |it| it.ad().partitions.push(partition("DC=ForestDnsZones,DC=corp,DC=example", false)),
    ),
    (
        "DL0302",
        |it| exclude(it, "OU=Test,DC=corp,DC=example"),
        |it| exclude(it, "CN=Builtin,DC=corp,DC=example"),
    ),
    ("DL0303", |it| upn_from(it, direct("mail")), |it| upn_from(it, direct("userPrincipalName"))),
    ("DL0304", |it| hash_sync(it, true), |it| hash_sync(it, false)),
    (
        "DL0305",
        |it| {
            it.ad()
                .export_flows
                .push(export_flow("msExchSafeSendersHash", direct("safeSendersHash")));
        },
        |it| {
            it.cloud()
                .export_flows
                .push(export_flow("msExchSafeSendersHash", direct("safeSendersHash")));
        },
    ),
    ("DL0306", |it| no_sync_filter(it, "NoSync"), |_| {}),
    ("DL0307", |_| {}, |it| it.facts.configuration = None),
    (
        "DL0308",
        |it| it.cloud().export_flows.push(export_flow("department", direct("division"))),
        |_| {},
    ),
    ("DL0309", |_| {}, |it| it.facts.product.product = Some(Product::EntraConnect)),
    ("DL0310", |it| it.facts.scheduler.as_mut().unwrap().interval_seconds = Some(10_800), |_| {}),
    (
        "DL0311",
        |it| odd_filter(it, FilterOperator::Unknown("sounds-like".to_owned())),
        |it| odd_filter(it, FilterOperator::Equality),
    ),
    ("DL0312", |it| filter_on(it, "dn"), |it| filter_on(it, "department")),
    (
        "DL0313",
        |it| it.ad().attribute_inclusion.as_mut().unwrap().push(name("msExchArchiveName")),
        |_| {},
    ),
    (
        "DL0314",
        |it| it.cloud().extensible.as_mut().unwrap().password_writeback = Some(true),
        |it| it.cloud().extensible.as_mut().unwrap().password_writeback = Some(false),
    ),
    (
        "DL0401",
        |it| {
            it.ad().attribute_inclusion.as_mut().unwrap().pop();
        },
        |it| {
            it.ad().attribute_inclusion.as_mut().unwrap().pop();
            it.ad().schema_attributes.pop();
        },
    ),
    (
        "DL0402",
        |it| {
            it.facts.baseline = None;
            it.ad().attribute_inclusion.as_mut().unwrap().pop();
        },
        |it| {
            it.ad().attribute_inclusion.as_mut().unwrap().pop();
        },
    ),
    (
        "DL0403",
        |it| it.ad().extension = Some(extension("CustomRules.dll")),
        |it| it.ad().extension = Some(extension("microsoft.online.other.dll")),
    ),
    (
        "DL0404",
        |it| stock_dll(it, "Someone Else", "1.0.7020.0"),
        |it| stock_dll(it, "Microsoft Corporation", "1.0.7020.0"),
    ),
    ("DL0405", |it| it.server().connectors.push(extra_agent()), |_| {}),
    (
        "DL0406",
        |it| {
            upn_from(
                it,
                FlowSource::Scripted { attributes: Vec::new(), context: "other".to_owned() },
            );
        },
        |it| upn_from(it, direct("mail")),
    ),
    (
        "DL0407",
        |it| it.ad().run_profiles[0].steps[0].delete_limit = Some(10),
        |it| {
            let step = it.ad().run_profiles[0].steps[0].clone();
            it.ad().run_profiles[0].steps.push(step);
        },
    ),
    (
        "DL0408",
        |it| it.ad().filters.clear(),
        |it| it.ad().filters[0].alternatives[0].conditions[0].value = String::new(),
    ),
    ("DL0409", |it| it.ad().joins = vec![join("mail")], |_| {}),
    (
        "DL0410",
        |it| {
            it.ad().deprovisioning.as_mut().unwrap().action =
                Some("make-normal-disconnector".to_owned());
        },
        |_| {},
    ),
    (
        "DL0411",
        |it| it.cloud().export_flows.clear(),
        |it| it.cloud().export_flows[0].source = direct("cn"),
    ),
    (
        "DL0501",
        |it| {
            it.database().runs.as_mut().unwrap()[0].result =
                String::from("stopped-extension-dll-exception");
        },
        |_| {},
    ),
    (
        "DL0502",
        |it| it.as_of = time("2026-11-28T10:05:00Z"),
        |it| it.as_of = time("2026-11-28T10:04:00Z"),
    ),
    ("DL0503", |it| full_sync_needed(it, 1), |it| full_sync_needed(it, 0)),
    (
        "DL0504",
        |it| {
            it.database().runs.as_mut().unwrap()[0].steps[0]
                .errors
                .push(ErrorCount { error_type: "InvalidSoftMatch".to_owned(), objects: 3 });
        },
        |_| {},
    ),
    ("DL0505", |it| it.database().connector_space.as_mut().unwrap()[0].pending_exports = 4, |_| {}),
    (
        "DL0601",
        |_| {},
        |it| {
            it.facts.services = None;
            it.facts.configuration = None;
        },
    ),
    ("DL0602", |_| {}, |it| it.cloud().extensible.as_mut().unwrap().user_name = None),
    ("DL0603", |_| {}, |it| it.ad().active_directory.as_mut().unwrap().login_user = None),
    (
        "DL0604",
        |it| it.ad().active_directory.as_mut().unwrap().login_user = Some("svc-sync".to_owned()),
        |it| {
            it.ad().active_directory.as_mut().unwrap().login_user = Some("msol_AD_SYNC".to_owned());
        },
    ),
    (
        "DL0605",
        |it| it.facts.services.as_mut().unwrap()[0].account = Some("svc@corp.example".to_owned()),
        |_| {},
    ),
    (
        "DL0701",
        |it| it.facts.host.os.as_mut().unwrap().version = "6.3.9600".parse().ok(),
        |it| it.facts.host.os.as_mut().unwrap().version = "10.0.14393".parse().ok(),
    ),
    (
        "DL0702",
        |it| it.facts.host.dotnet_release = Some(461_807),
        |it| it.facts.host.dotnet_release = Some(461_808),
    ),
    (
        "DL0703",
        |it| it.facts.host.powershell = "4.0".parse().ok(),
        |it| it.facts.host.powershell = "5.0".parse().ok(),
    ),
    (
        "DL0704",
        |it| {
            set(
                it.facts.registry.as_mut().unwrap(),
                r"HKLM\SOFTWARE\Microsoft\.NETFramework\v4.0.30319",
                "SchUseStrongCrypto",
                RegistryValue::Number(0),
            );
        },
        |_| {},
    ),
    ("DL0705", |it| it.facts.host.domain_role = Some(DomainRole::StandaloneServer), |_| {}),
    (
        "DL0706",
        |it| it.facts.host.os.as_mut().unwrap().installation_type = Some("Server Core".to_owned()),
        |_| {},
    ),
    ("DL0707", |it| proxy(it, ""), |it| proxy(it, "http://proxy:8080")),
    (
        "DL0708",
        |it| it.facts.host.memory_mb = Some(4_096),
        |it| it.facts.host.memory_mb = Some(6_100),
    ),
    ("DL0709", |it| it.facts.host.domain_role = Some(DomainRole::PrimaryDomainController), |_| {}),
    (
        "DL0710",
        |it| it.target = Some(facts()),
        |it| {
            let mut target = facts();
            target.product.product = Some(Product::None);
            it.target = Some(target);
        },
    ),
    (
        "DL0801",
        |it| it.facts.services.as_mut().unwrap()[1].state = Some(ServiceState::Stopped),
        |_| {},
    ),
    (
        "DL0802",
        |it| {
            it.facts.services.as_mut().unwrap().pop();
        },
        |_| {},
    ),
    (
        "DL0803",
        |it| trace(it),
        |it| {
            trace(it);
            it.facts.services.as_mut().unwrap()[0].name = String::from("ADSync");
        },
    ),
    (
        "DL0804",
        |it| {
            let mut other = it.facts.services.as_ref().unwrap()[0].clone();
            other.name = String::from("ADSync");
            it.facts.services.as_mut().unwrap().push(other);
        },
        |_| {},
    ),
    (
        "DL0901",
        |it| {
            it.facts
                .problems
                .push(Problem { location: place(), what: "unknown element `x`".to_owned() });
        },
        |_| {},
    ),
];

fn full_cycle() -> Vec<dirlift_model::database::Run> {
    let kind = || RunStepKind::FullImportFullSync;
    vec![
        run(AD, "success", kind(), "2026-11-20T01:00:00Z", "2026-11-20T01:30:00Z"),
        run(CLOUD, "success", kind(), "2026-11-20T01:30:00Z", "2026-11-20T01:45:00Z"),
    ]
}

fn sql_server(scene: &mut Scene, server: &str) {
    let key = r"HKLM\SYSTEM\CurrentControlSet\Services\FIMSynchronizationService\Parameters";
    set(
        scene.facts.registry.as_mut().unwrap(),
        key,
        "Server",
        RegistryValue::String(server.to_owned()),
    );
}

fn large_group(scene: &mut Scene, members: u64) {
    let group = LargeGroup {
        rdn: "CN=All Staff".to_owned(),
        members,
        connector: AD,
        ..LargeGroup::default()
    };
    scene.database().large_groups = Some(vec![group]);
}

fn exclude(scene: &mut Scene, dn: &str) {
    scene.ad().partitions[0].scope.exclusions.push(dn.parse().unwrap());
}

fn upn_from(scene: &mut Scene, source: FlowSource) {
    scene.server().metaverse.as_mut().unwrap().import_flows[0].flows[0].source = source;
}

fn hash_sync(scene: &mut Scene, enabled: bool) {
    scene.ad().active_directory.as_mut().unwrap().password_hash_sync =
        Some(PasswordHashSync { enabled, target: Some(CLOUD), location: place() });
}

fn no_sync_filter(scene: &mut Scene, value: &str) {
    let custom =
        alternative(vec![condition("extensionAttribute15", FilterOperator::Equality, value)]);
    scene.ad().filters[0].alternatives.push(custom);
}

fn odd_filter(scene: &mut Scene, operator: FilterOperator) {
    scene.ad().filters[0].alternatives.push(alternative(vec![condition(
        "department",
        operator,
        "x",
    )]));
}

fn filter_on(scene: &mut Scene, attribute: &str) {
    let custom = alternative(vec![condition(attribute, FilterOperator::SubstringEnd, "OU=x,DC=y")]);
    scene.ad().filters[0].alternatives.push(custom);
}

fn stock_dll(scene: &mut Scene, signer: &str, version: &str) {
    scene.facts.files = Some(vec![dll("Microsoft.Online.Coexistence.Rules.dll", signer, version)]);
}

fn full_sync_needed(scene: &mut Scene, value: u64) {
    let key = r"HKLM\SOFTWARE\Microsoft\MSOLCoExistence";
    set(
        scene.facts.registry.as_mut().unwrap(),
        key,
        "FullSyncNeeded",
        RegistryValue::Number(value),
    );
}

fn proxy(scene: &mut Scene, machine: &str) {
    let proxy = &mut scene.facts.host.proxy;
    proxy.machine_config = Some(machine.to_owned());
    proxy.winhttp = Some(String::new());
    proxy.users =
        Some(vec![UserProxy { account: r"CORP\admin".to_owned(), proxy: "proxy:8080".to_owned() }]);
}

fn trace(scene: &mut Scene) {
    let key = r"HKLM\SOFTWARE\Microsoft\Tracing\AzureADConnect_RASAPI32";
    set(scene.facts.registry.as_mut().unwrap(), key, "x", RegistryValue::Number(0));
}

fn all() -> impl Iterator<Item = &'static (&'static str, Change, Change)> {
    FIXTURES.iter().chain(connect::FIXTURES)
}

fn fires(change: Change, code: &str) -> bool {
    let mut scene = Scene::new();
    change(&mut scene);
    scene.analysis().findings.iter().any(|it| it.id == code)
}

#[test]
fn every_rule_has_a_firing_and_a_silent_scene() {
    let with_fixture: BTreeSet<_> = all().map(|(code, ..)| *code).collect();
    let rules: BTreeSet<_> = RULES.iter().flat_map(|it| it.iter()).map(|it| it.code).collect();
    assert_eq!(with_fixture, rules);
    assert_eq!(all().count(), rules.len(), "one row a rule");
    for (code, fire, stay_silent) in all() {
        assert!(fires(*fire, code), "{code} does not fire");
        assert!(!fires(*stay_silent, code), "{code} is not silent");
    }
}

#[test]
fn rows_are_well_formed() {
    let rules: Vec<_> = RULES.iter().flat_map(|it| it.iter()).collect();
    assert!(rules.is_sorted_by(|a, b| a.code < b.code));
    for rule in &rules {
        assert!(rule.code.len() == 6 && rule.code.starts_with("DL"), "{}", rule.code);
        assert!(rule.about.ends_with('.') && rule.remedy.ends_with('.'), "{}", rule.code);
        assert!(!rule.title.ends_with('.') && !rule.reference.is_empty(), "{}", rule.code);
        assert!(
            rule.name.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-'),
            "{}",
            rule.name
        );
    }
    let names: BTreeSet<_> = rules.iter().map(|it| it.name).collect();
    assert_eq!(names.len(), rules.len());
}

#[test]
fn every_finding_has_evidence_and_a_detail() {
    for (code, fire, _) in all() {
        let mut scene = Scene::new();
        fire(&mut scene);
        for finding in scene.analysis().findings {
            assert!(!finding.detail.is_empty(), "{code}: {finding:?}");
            let may_be_empty = ["DL0103", "DL0104", "DL0710"].contains(&finding.id.as_str()); // evidence of detection
            assert!(may_be_empty || !finding.evidence.is_empty(), "{code}: {finding:?}");
        }
    }
}
