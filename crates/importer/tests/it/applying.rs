//! Plans carried out on directories in memory: what is in the store, and what a second run does.
use std::path::PathBuf;

use dirlift_deployment::{StepState, Store};
use dirlift_importer::{
    apply::{self, ApplyError, Order},
    plan::{Request, plan},
};
use dirlift_model::{Plan, Product, TenantFacts};
use tempfile::TempDir;

use super::common::{
    Memory, Notes, analysis, bundle, cloud_id, content, counts, forest_id, order, ports, request,
    settings, setup,
};

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fabrikam.dirlift");
    (folder, path)
}

fn planned(change: impl FnOnce(&mut Request<'_>)) -> (Plan, String) {
    let bundle = bundle(&settings(), &analysis());
    let mut request = request(&bundle);
    change(&mut request);
    (plan(&request), bundle.sum().to_string())
}

#[test]
fn a_plan_is_carried_out_once() {
    let (_folder, path) = folder();
    let (plan, sum) = planned(|_| {});
    let setup = setup();
    let order = order(&plan, &path, &sum, &setup);
    let (mut memory, mut notes) = (Memory::new(30), Notes::default());
    let outcome = apply::apply(&order, &mut ports(&mut memory, &mut notes, &mut ())).unwrap();
    assert!(outcome.changed && !outcome.report.has_objections());
    assert_eq!(memory.imports, [forest_id(), cloud_id()]);

    // 30 users on premises; the cloud has 15 of them (0, 2, …, 28), three of which (0, 10, 20) under an old name, and
    // one more that nobody on premises has.
    let store = Store::open(&path).unwrap();
    assert!(store.journal().unwrap().iter().all(|it| it.state == StepState::Done));
    let run = store.finished_run(cloud_id(), "Full Synchronization").unwrap().unwrap();
    let mut operations = Vec::new();
    store.for_each_pending(run, |it| operations.push(it.operation.as_str())).unwrap();
    let expected = [("add", 15), ("delete", 1), ("update", 3)];
    assert_eq!(counts(operations.into_iter()).into_iter().collect::<Vec<_>>(), expected);
    let first = store.finished_run(forest_id(), "Full Synchronization").unwrap().unwrap();
    let mut metaverse = Vec::new();
    store.for_each_metaverse(first, |it| metaverse.push(it)).unwrap();
    assert_eq!(metaverse.len(), 30);
    assert!(metaverse.iter().all(|it| it.anchor.as_ref().is_some_and(|it| it.len() == 24)));

    // What other commands read: the tenant once and not beside each connector, and what the customer uses, to which the
    // tenant adds its federated domain.
    let tenant: TenantFacts =
        serde_json::from_str(&store.setting("tenant_facts").unwrap().unwrap()).unwrap();
    assert_eq!(tenant.objects[0].synchronized, 1);
    let facts = store.setting(&format!("facts:{}", cloud_id())).unwrap().unwrap();
    assert!(!facts.contains("role_members"), "{facts}");
    let switches = store.switches().unwrap().unwrap();
    assert_eq!((switches.product, switches.federation), (Some(Product::DirSync), Some(true)));
    drop(store);

    let report = &outcome.report;
    assert_eq!(report.connectors[1].full_import.as_ref().unwrap().objects, 16);
    let pending: Vec<_> =
        report.connectors[1].pending.iter().map(|it| (it.operation.as_str(), it.count)).collect();
    assert_eq!(pending, expected.map(|(word, n)| (word, n as u64)));

    // The second run finds everything done, and not a byte changes.
    let before = std::fs::read(&path).unwrap();
    let mut again = Memory::new(31);
    let mut notes = Notes::default();
    let second = apply::apply(&order, &mut ports(&mut again, &mut notes, &mut ())).unwrap();
    assert!(!second.changed);
    assert_eq!(second.report, outcome.report);
    assert!(again.imports.is_empty());
    assert!(std::fs::read(&path).unwrap() == before);
}

#[test]
fn a_source_that_fails_is_resumed_where_it_stopped() {
    let (_folder, path) = folder();
    let (plan, sum) = planned(|_| {});
    let setup = setup();
    let order = order(&plan, &path, &sum, &setup);
    let mut memory = Memory::new(20);
    memory.failing.push(cloud_id());
    let error = apply::apply(&order, &mut ports(&mut memory, &mut (), &mut ())).unwrap_err();
    assert!(error.is_part_way(), "{error}");
    let journal = Store::open(&path).unwrap().journal().unwrap();
    let states: Vec<_> = journal.iter().map(|it| it.state).collect();
    use StepState::{Done, Failed, Planned};
    assert_eq!(states, [Done, Done, Done, Done, Failed, Planned, Planned, Planned]);

    let mut memory = Memory::new(20);
    apply::apply(&order, &mut ports(&mut memory, &mut (), &mut ())).unwrap();
    assert_eq!(memory.imports, [cloud_id()], "the forest is not read again");

    let (_folder, undisturbed) = folder();
    let other = Order { store: &undisturbed, ..order };
    apply::apply(&other, &mut ports(&mut Memory::new(20), &mut (), &mut ())).unwrap();
    assert_eq!(content(&path), content(&undisturbed));
}

#[test]
fn drift_and_other_deployments_are_refused() {
    let (_folder, path) = folder();
    let (plan, sum) = planned(|_| {});
    let setup = setup();
    let order = order(&plan, &path, &sum, &setup);
    apply::apply(&order, &mut ports(&mut Memory::new(2), &mut (), &mut ())).unwrap();
    let before = std::fs::read(&path).unwrap();
    let (drifted, _) = planned(|it| it.entra = Some("another-folder".to_owned()));
    let run = |order: &Order<'_>| {
        apply::apply(order, &mut ports(&mut Memory::new(2), &mut (), &mut ())).unwrap_err()
    };
    let error = run(&Order { plan: &drifted, ..order });
    assert!(matches!(error, ApplyError::Drift { .. }), "{error}");
    let error = run(&Order { bundle_sha256: "00", ..order });
    assert!(matches!(error, ApplyError::OtherDeployment { .. }), "{error}");
    let mut refused = plan.clone();
    refused.refusals.push(dirlift_model::plan::PlanRefusal {
        id: "x".to_owned(),
        why: "because".to_owned(),
        remedy: String::new(),
    });
    let (_folder, other) = folder();
    let error = run(&Order { plan: &refused, store: &other, ..order });
    assert!(matches!(error, ApplyError::Refused(_)), "{error}");
    assert!(!other.exists(), "a refused plan makes no store");
    assert!(std::fs::read(&path).unwrap() == before);
}

#[test]
fn without_synchronisation_nothing_is_imported_until_it_is_asked_for() {
    let (_folder, path) = folder();
    let (plan, sum) = planned(|it| it.synchronize = false);
    let setup = setup();
    let order = order(&plan, &path, &sum, &setup);
    let mut memory = Memory::new(6);
    apply::apply(&order, &mut ports(&mut memory, &mut (), &mut ())).unwrap();
    assert!(memory.imports.is_empty());
    let report = apply::synchronize(
        &path,
        &|it| it.is_cloud.then(|| "elsewhere".to_owned()),
        &mut ports(&mut memory, &mut (), &mut ()),
    );
    let report = report.unwrap();
    assert_eq!(memory.imports, [forest_id(), cloud_id()]);
    let sources: Vec<_> = report.connectors.iter().map(|it| it.source.as_deref()).collect();
    assert_eq!(sources, [Some("memory"), Some("elsewhere")]);
    assert_eq!(report.connectors[0].full_import.as_ref().unwrap().objects, 6);

    // Once more, with fewer users: the newest runs count, and nothing of the older ones is left.
    let report =
        apply::synchronize(&path, &|_| None, &mut ports(&mut Memory::new(4), &mut (), &mut ()));
    assert_eq!(report.unwrap().connectors[0].full_import.as_ref().unwrap().objects, 4);
    let lines = content(&path);
    assert_eq!(lines.iter().filter(|it| it.contains("User 5")).count(), 0);
}

#[test]
fn guards_object_to_deletes_and_administrators() {
    let (_folder, path) = folder();
    let (plan, sum) = planned(|_| {});
    let mut setup = setup();
    setup.delete_limit = Some(3);
    let order = order(&plan, &path, &sum, &setup);
    let mut memory = Memory::new(12);
    memory.gone = 4;
    memory.administrator = Some(10);
    let outcome = apply::apply(&order, &mut ports(&mut memory, &mut (), &mut ())).unwrap();
    assert!(outcome.report.has_objections());
    let guards = &outcome.report.guards;
    assert!(guards[0].passes);
    assert_eq!(guards[1].objections[0], "4 deletes, and at most 3 pass");
    // User 10 of the cloud has an old name, and so it is updated.
    assert!(guards[1].objections[1].starts_with("update of the administrator CN={"), "{guards:?}");
    assert_eq!(guards[1].objections.len(), 2);
}
