//! What a plan says, and every reason for which it is refused.
use dirlift_importer::{
    plan::{
        AdSource, Request, StoreFound, TargetGiven, anchor_of_rules, plan, remembered_sources,
        rules_unusable,
    },
    services,
};
use dirlift_model::{
    Analysis, Confidence, Finding, Guid, Plan, Product, Severity,
    analysis::{Deployment, Path},
    plan::Mode,
};
use dirlift_testkit::services::FakeServices;

use super::common::{analysis, bundle, minute, request, settings, setup};
use dirlift_exporter::settings::SettingsFile;

/// A plan from changed facts and a changed request.
pub(crate) fn planned(
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

pub(crate) fn asked(ask: impl FnOnce(&mut Request<'_>)) -> Plan {
    planned(|_, _| {}, ask)
}

pub(crate) fn refusals(plan: &Plan) -> Vec<&str> {
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

pub(crate) fn target() -> TargetGiven<'static> {
    TargetGiven {
        sha256: "ab".to_owned(),
        host: Some("NEW-SYNC.fabrikam.example".to_owned()),
        build: None,
        anchor: None,
        not_ready: Vec::new(),
        remarks: Vec::new(),
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
        ("--rules", |it| it.rules = Some("1".to_owned())),
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
fn rules_and_names_that_cannot_be_deployed_are_refused_before_anything() {
    let plan = asked(|it| it.anchor = Err(rules_unusable("none is a standard rule".to_owned())));
    assert_eq!(refusals(&plan), ["rules-unusable"]);
    let clash = |settings: &mut SettingsFile, _: &mut Analysis| {
        let name = settings.tenant.as_ref().unwrap().connector_name.to_uppercase();
        settings.forests[0].connector_name = name;
    };
    let plan = planned(clash, |_| {});
    assert_eq!(refusals(&plan), ["connector-names"]);
    assert!(plan.refusals[0].why.contains("Windows Azure"), "{:?}", plan.refusals);
}

#[test]
fn sources_are_kept_as_a_list_whose_order_says_nothing() {
    let source = |forest: &str, source: &str| AdSource {
        forest: Some(forest.to_owned()),
        source: source.to_owned(),
    };
    // A name of a file may hold what a joined text would be cut at.
    let all = [source("a", "x; y.ldif"), source("b", "z.ldif")];
    let one = asked(|it| it.ad = all.to_vec());
    let other = asked(|it| it.ad = vec![all[1].clone(), all[0].clone()]);
    assert!(one.drift(&other).is_empty() && one.inputs_sha256 == other.inputs_sha256);
    assert_eq!(remembered_sources(&one), ["a=x; y.ldif", "b=z.ldif"]);
    assert!(remembered_sources(&asked(|it| it.ad = Vec::new())).is_empty());
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
        let anchor = Ok(Some(anchor.into()));
        move |it: &mut Request<'_>| it.anchor = anchor
    };
    assert_eq!(refusals(&asked(rules("mS-DS-ConsistencyGuid"))), ["source-anchor"]);
    assert!(asked(rules("OBJECTGUID")).is_feasible());
    let plan = asked(|it| {
        it.target = Some(TargetGiven { anchor: Some("employeeID".into()), ..target() });
    });
    assert_eq!(refusals(&plan), ["source-anchor"]);
    // What nobody knows is not checked, and not passed over.
    let gaps = |plan: &Plan| {
        let all = plan.not_checked.iter().filter(|it| it.what.contains("anchor"));
        all.map(|it| it.why.clone()).collect::<Vec<_>>()
    };
    let plan = asked(|it| it.anchor = Ok(None));
    assert!(plan.is_feasible() && gaps(&plan) == ["no rule says which anchor it flows"]);
    let plan = asked(|it| {
        it.target = Some(TargetGiven { build: Some("2.5.79.0".parse().unwrap()), ..target() });
    });
    assert!(gaps(&plan)[0].contains("target's snapshot"), "{:?}", gaps(&plan));
    assert!(gaps(&asked(|_| {})).is_empty());
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
    let plan = asked(|it| {
        it.target =
            Some(TargetGiven { remarks: vec![finding("DL0707", Severity::Warning)], ..target() });
    });
    assert!(plan.is_feasible());
    assert!(
        plan.notes.contains(&"DL0707: the detail. Do something.".to_owned()),
        "{:?}",
        plan.notes
    );
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
