//! Steps that touch this machine, on services that are none.
use std::path::{Path, PathBuf};

use dirlift_deployment::{StepState, Store};
use dirlift_importer::{
    apply::{self, ApplyError, Order, Outcome, Ports},
    plan::plan,
    services,
};
use dirlift_model::{
    checklist::CutOver,
    host::{ServiceState, StartType},
    plan::Mode,
};
use dirlift_testkit::services::FakeServices;

use super::common::{
    Memory, analysis, bundle, cloud_id, minute, order, ports, request, settings, setup,
};

const ENGINE: &str = "FIMSynchronizationService";
const SCHEDULER: &str = "MSOnlineSyncScheduler";

fn run(
    path: &Path,
    services: &FakeServices,
    typed: Option<&str>,
    gone: u128,
) -> Result<Outcome, ApplyError> {
    // What is planned on the machine itself, whatever is done to it afterwards.
    let seen = services::look(&FakeServices::dirsync("OLD-SYNC")).unwrap();
    let bundle = bundle(&settings(), &analysis());
    let mut request = request(&bundle);
    request.mode = Mode::InPlace;
    request.services = Some(&seen);
    let plan = plan(&request);
    assert!(plan.is_feasible());
    let mut setup = setup();
    setup.delete_limit = Some(3);
    let sum = bundle.sum().to_string();
    let order = Order { typed_host: typed, ..order(&plan, path, &sum, &setup) };
    let mut memory = Memory::new(4);
    memory.gone = gone;
    let mut control = services.clone();
    apply::apply(
        &order,
        &mut Ports {
            directories: &mut memory,
            services: Some(&mut control),
            progress: &mut (),
            watch: &mut (),
            clock: &|| minute(1),
            threads: 1,
        },
    )
}

fn path() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.dirlift");
    (folder, path)
}

#[test]
fn services_are_stopped_disabled_and_brought_back() {
    let (_folder, path) = path();
    let services = FakeServices::dirsync("OLD-SYNC");
    services.change(SCHEDULER, |it| it.start_type = Some(StartType::DelayedAutomatic));
    run(&path, &services, Some("old-sync"), 1).unwrap();
    let calls = [
        format!("stop {SCHEDULER}"),
        format!("stop {ENGINE}"),
        format!("disable {SCHEDULER}"),
        format!("disable {ENGINE}"),
    ];
    assert_eq!(services.calls(), calls);
    let off = Some((StartType::Disabled, ServiceState::Stopped));
    assert_eq!((services.state(SCHEDULER), services.state(ENGINE)), (off, off));
    assert_eq!(
        services.state("Spooler"),
        Some((StartType::Automatic, ServiceState::Running)),
        "services of others are left alone"
    );
    let journal = Store::open(&path).unwrap().journal().unwrap();
    let noted = journal.iter().find(|it| it.name == "note-services").unwrap();
    let words = format!("{SCHEDULER}: running, delayed automatic; {ENGINE}: running, automatic");
    assert_eq!(noted.detail, words);

    let undone = apply::undo(&path, &mut services.clone(), &|| minute(9)).unwrap();
    assert_eq!(undone, ["disable-services", "stop-services"]);
    let scheduler = (StartType::DelayedAutomatic, ServiceState::Running);
    assert_eq!(services.state(SCHEDULER), Some(scheduler));
    assert_eq!(services.state(ENGINE), Some((StartType::Automatic, ServiceState::Running)));
    assert!(apply::undo(&path, &mut services.clone(), &|| minute(9)).unwrap().is_empty());
    assert!(matches!(run(&path, &services, Some("OLD-SYNC"), 1), Err(ApplyError::Undone { .. })));
}

#[test]
fn after_the_switch_nothing_is_undone() {
    let (_folder, path) = path();
    let services = FakeServices::dirsync("OLD-SYNC");
    run(&path, &services, Some("OLD-SYNC"), 1).unwrap();
    let before = services.calls();
    let evidence = "it has left staging mode".to_owned();
    let mut store = Store::open(&path).unwrap();
    store.write_cut_over(&CutOver { at: minute(5), evidence }).unwrap();
    drop(store);
    let error = apply::undo(&path, &mut services.clone(), &|| minute(9)).unwrap_err();
    assert!(matches!(error, ApplyError::WayBack { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("no way back") && text.contains("has left staging mode"), "{text}");
    assert_eq!(services.calls(), before);
    let off = Some((StartType::Disabled, ServiceState::Stopped));
    assert_eq!(services.state(ENGINE), off);
    let journal = Store::open(&path).unwrap().journal().unwrap();
    assert!(journal.iter().all(|it| it.state == StepState::Done));
}

#[test]
fn the_host_has_to_be_typed_before_anything() {
    for typed in [None, Some(""), Some("other")] {
        let (_folder, path) = path();
        let services = FakeServices::dirsync("OLD-SYNC");
        let error = run(&path, &services, typed, 1).unwrap_err();
        assert!(matches!(error, ApplyError::HostNotTyped { .. }), "{error}");
        assert!(!path.exists() && services.calls().is_empty());
    }
}

#[test]
fn the_rules_are_checked_again_when_it_comes_to_it() {
    let (_folder, path) = path();
    let services = FakeServices::dirsync("OLD-SYNC");
    services.set_coexistence_key(false);
    let error = run(&path, &services, Some("OLD-SYNC"), 1).unwrap_err();
    assert!(error.is_part_way(), "{error}");
    assert!(services.calls().is_empty());
}

#[test]
fn a_stop_that_fails_is_resumed_with_the_first_notes() {
    let (_folder, path) = path();
    let services = FakeServices::dirsync("OLD-SYNC");
    services.fail(&["stop FIMSynchronizationService"]);
    assert!(run(&path, &services, Some("OLD-SYNC"), 1).unwrap_err().is_part_way());
    let state = |name: &str| {
        let journal = Store::open(&path).unwrap().journal().unwrap();
        journal.into_iter().find(|it| it.name == name).unwrap().state
    };
    assert_eq!(state("stop-services"), StepState::Failed);
    assert_eq!(services.state(SCHEDULER), Some((StartType::Automatic, ServiceState::Stopped)));
    services.fail(&[]);
    run(&path, &services, Some("OLD-SYNC"), 1).unwrap();
    // The scheduler was running before the first attempt, and so it does again.
    apply::undo(&path, &mut services.clone(), &|| minute(9)).unwrap();
    assert_eq!(services.state(SCHEDULER), Some((StartType::Automatic, ServiceState::Running)));
}

#[test]
fn a_guard_that_objects_leaves_the_services_alone() {
    let (_folder, path) = path();
    let services = FakeServices::dirsync("OLD-SYNC");
    let error = run(&path, &services, Some("OLD-SYNC"), 4).unwrap_err();
    assert!(error.is_part_way());
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("a guard objects"));
    assert!(services.calls().is_empty());
}

#[test]
fn services_stop_only_on_a_verdict_about_the_newest_runs() {
    let begun = || {
        let (folder, path) = path();
        let services = FakeServices::dirsync("OLD-SYNC");
        services.fail(&["stop FIMSynchronizationService"]);
        assert!(run(&path, &services, Some("OLD-SYNC"), 1).unwrap_err().is_part_way());
        services.fail(&[]);
        (folder, path, services)
    };
    let sync = |path: &Path, memory: &mut Memory| {
        apply::synchronize(path, &|_| None, &mut ports(memory, &mut (), &mut ()))
    };
    let refused = |path: &Path, services: &FakeServices| {
        let before = services.calls();
        let error = run(path, services, Some("OLD-SYNC"), 1).unwrap_err();
        assert_eq!(services.calls(), before, "{error}");
        std::error::Error::source(&error).unwrap().to_string()
    };
    // The guards passed, and then came a synchronization to which they object.
    let (_folder, store, services) = begun();
    let mut memory = Memory::new(4);
    memory.gone = 4;
    assert!(sync(&store, &mut memory).unwrap().has_objections());
    assert!(refused(&store, &services).contains("a guard objects"));
    // And a synchronization that was cut off before the guards could look.
    let (_folder, store, services) = begun();
    let mut memory = Memory::new(8);
    memory.failing.push(cloud_id());
    sync(&store, &mut memory).unwrap_err();
    assert!(refused(&store, &services).contains("no guard has looked"));
    sync(&store, &mut Memory::new(4)).unwrap();
    run(&store, &services, Some("OLD-SYNC"), 1).unwrap();
}
