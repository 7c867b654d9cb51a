//! Deployments that are resumed by another version, synchronised anew, and given other rules.
use std::path::{Path, PathBuf};

use dirlift_deployment::{FULL_SYNCHRONIZATION, StepState, Store};
use dirlift_importer::{
    apply::{self, Anew, ApplyError, Outcome, Report},
    plan::plan,
};
use dirlift_model::{Plan, ServerConfiguration, SyncRule, checklist::CutOver};
use tempfile::TempDir;

use super::common::{
    Memory, analysis, bundle, cloud_id, inbound, minute, order, outbound, ports, request, settings,
    setup,
};

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fabrikam.dirlift");
    (folder, path)
}

fn run(
    path: &Path,
    memory: &mut Memory,
    change: impl Fn(&mut Plan),
) -> Result<Outcome, ApplyError> {
    let bundle = bundle(&settings(), &analysis());
    let mut plan = plan(&request(&bundle));
    change(&mut plan);
    let setup = setup();
    let sum = bundle.sum().to_string();
    let order = order(&plan, path, &sum, &setup);
    apply::apply(&order, &mut ports(memory, &mut (), &mut ()))
}

fn stopped_at_the_cloud(path: &Path) {
    let mut memory = Memory::new(6);
    memory.failing.push(cloud_id());
    assert!(run(path, &mut memory, |_| {}).unwrap_err().is_part_way());
}

fn sync(
    path: &Path,
    memory: &mut Memory,
    rules: Option<Vec<SyncRule>>,
) -> Result<Report, ApplyError> {
    let rules = rules.map(|rules| ServerConfiguration { rules, ..ServerConfiguration::default() });
    let anew = Anew { sources: &|_| None, rules: rules.as_ref() };
    apply::synchronize_anew(path, anew, &mut ports(memory, &mut (), &mut ()))
}

/// The two rules as if a server had shipped them.
fn shipped() -> Vec<SyncRule> {
    let mut rules = vec![inbound(), outbound()];
    for rule in &mut rules {
        rule.immutable_tag = format!("Microsoft.{}.001", rule.name);
        rule.description.push_str("the target's");
    }
    rules
}

#[test]
fn the_journal_keeps_the_cause() {
    let (_folder, path) = folder();
    stopped_at_the_cloud(&path);
    let journal = Store::open(&path).unwrap().journal().unwrap();
    let failed = journal.iter().find(|it| it.state == StepState::Failed).unwrap();
    let expected =
        "reading the directory of Windows Azure Active Directory Connector: the server went away";
    assert_eq!(failed.detail, expected);
}

#[test]
fn the_plan_that_was_begun_is_carried_out_whatever_this_version_would_plan() {
    let (_folder, path) = folder();
    stopped_at_the_cloud(&path);
    let mut memory = Memory::new(6);
    // Another version, with other steps for the same inputs.
    run(&path, &mut memory, |it| it.steps.truncate(3)).unwrap();
    assert_eq!(memory.imports, [cloud_id()]);
    let store = Store::open(&path).unwrap();
    assert!(store.journal().unwrap().iter().all(|it| it.state == StepState::Done));
    assert!(store.finished_run(cloud_id(), FULL_SYNCHRONIZATION).unwrap().is_some());
}

#[test]
fn a_plan_with_unknown_steps_is_left_to_its_version() {
    let (_folder, path) = folder();
    stopped_at_the_cloud(&path);
    let mut store = Store::open(&path).unwrap();
    let text = store.setting("plan").unwrap().unwrap();
    store.set_setting("plan", &text.replace("\"guards\"", "\"ward-off\"")).unwrap();
    drop(store);
    let error = run(&path, &mut Memory::new(6), |_| {}).unwrap_err();
    assert!(
        matches!(&error, ApplyError::OtherVersion { tool, .. } if tool == "dirlift 0.1.0"),
        "{error}"
    );
}

#[test]
fn after_the_switch_nothing_is_resumed() {
    let (_folder, path) = folder();
    stopped_at_the_cloud(&path);
    let mut store = Store::open(&path).unwrap();
    store.write_cut_over(&CutOver { at: minute(5), evidence: "seen".to_owned() }).unwrap();
    drop(store);
    let mut memory = Memory::new(6);
    let error = run(&path, &mut memory, |_| {}).unwrap_err();
    assert!(matches!(error, ApplyError::CutOver { .. }), "{error}");
    assert!(memory.imports.is_empty());
}

#[test]
fn a_source_counts_once_it_was_read() {
    let (_folder, path) = folder();
    run(&path, &mut Memory::new(6), |_| {}).unwrap();
    let sources = || {
        let store = Store::open(&path).unwrap();
        let all = apply::connectors(&store).unwrap();
        all.into_iter().map(|it| it.source.unwrap()).collect::<Vec<_>>()
    };
    let mut memory = Memory::new(6);
    memory.failing.push(cloud_id());
    let given = |it: &dirlift_importer::setup::ConnectorSetup| Some(format!("new of {}", it.id));
    apply::synchronize(&path, &given, &mut ports(&mut memory, &mut (), &mut ())).unwrap_err();
    assert_eq!(sources()[1], "memory", "it could not be read");
    apply::synchronize(&path, &given, &mut ports(&mut Memory::new(6), &mut (), &mut ())).unwrap();
    assert_eq!(sources()[1], format!("new of {}", cloud_id()));
}

#[test]
fn an_old_verdict_never_stands_beside_new_runs() {
    let (_folder, path) = folder();
    run(&path, &mut Memory::new(6), |_| {}).unwrap();
    let mut memory = Memory::new(6);
    memory.failing.push(cloud_id());
    sync(&path, &mut memory, None).unwrap_err();
    // The forest is new, and no synchronization has seen it.
    let outcome = run(&path, &mut Memory::new(6), |_| {}).unwrap();
    assert!(outcome.is_stale && !outcome.changed);
    sync(&path, &mut Memory::new(6), None).unwrap();
    let outcome = run(&path, &mut Memory::new(6), |_| {}).unwrap();
    assert!(!outcome.is_stale);
    // A verdict that was lost is made again.
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute("DELETE FROM setting WHERE name IN ('guards', 'guard_details', 'report')", [])
        .unwrap();
    drop(raw);
    let again = run(&path, &mut Memory::new(6), |_| {}).unwrap();
    assert_eq!(again.report, outcome.report);
    assert_eq!(again.report.guards.len(), 2);
}

#[test]
fn an_import_of_nothing_is_no_success() {
    let (_folder, path) = folder();
    let mut memory = Memory::new(2);
    run(&path, &mut memory, |_| {}).unwrap();
    let mut memory = Memory::new(0);
    memory.gone = 0;
    let report = sync(&path, &mut memory, None).unwrap();
    for it in &report.connectors {
        let import = it.full_import.as_ref().unwrap();
        assert_eq!((import.result.as_str(), import.objects), ("completed-with-errors", 0));
        assert!(import.remarks[0].contains("no object was read"), "{:?}", import.remarks);
    }
}

#[test]
fn the_targets_rules_come_into_a_deployment_that_was_begun() {
    let (_folder, path) = folder();
    run(&path, &mut Memory::new(6), |_| {}).unwrap();
    let store = Store::open(&path).unwrap();
    assert!(store.rules().unwrap().iter().all(|it| it.source == "built-in"));
    drop(store);
    let report = sync(&path, &mut Memory::new(6), Some(shipped())).unwrap();
    assert_eq!((report.rule_basis.as_str(), report.rules), ("target", 2));
    assert_eq!(report.connectors[1].pending.iter().map(|it| it.count).sum::<u64>(), 5);
    let store = Store::open(&path).unwrap();
    let rules = store.rules().unwrap();
    assert!(rules.iter().all(|it| it.source == "target" && it.content.contains("the target's")));
    drop(store);
    // They stay when nobody gives others, and what migrate planned stays done.
    assert_eq!(sync(&path, &mut Memory::new(6), None).unwrap().rule_basis, "target");
    assert!(!run(&path, &mut Memory::new(6), |_| {}).unwrap().changed);
}

#[test]
fn rules_that_do_not_fit_change_nothing() {
    let (_folder, path) = folder();
    run(&path, &mut Memory::new(6), |_| {}).unwrap();
    let before = std::fs::read(&path).unwrap();
    let mut other = shipped();
    other[0].mappings[0].expression = Some(
        "IIF(IsPresent([mS-DS-ConsistencyGuid]),[mS-DS-ConsistencyGuid],[objectGUID])".to_owned(),
    );
    let mut custom = inbound();
    custom.immutable_tag.clear();
    for (rules, expected) in [(other, "source-anchor"), (vec![custom], "rules-unusable")] {
        match sync(&path, &mut Memory::new(6), Some(rules)).unwrap_err() {
            ApplyError::Refused(all) => assert_eq!(all[0].id, expected),
            error => panic!("{error}"),
        }
    }
    // A source that cannot be reached is known before the rules are replaced.
    let mut memory = Memory::new(6);
    memory.unreachable = true;
    sync(&path, &mut memory, Some(shipped())).unwrap_err();
    assert!(std::fs::read(&path).unwrap() == before);
}
