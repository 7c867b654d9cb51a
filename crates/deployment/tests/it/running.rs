//! Runs, the journal, evidence; and what is left of them when the process is killed.
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use dirlift_deployment::{
    AcceptedChange, ChecklistRecord, ConnectorKind, PlannedStep, RunResult, RunStep, StepState,
    Store, StoreError, StoredConnector,
};
use dirlift_model::{
    AttributeValue, CsObject, Guid, PendingExport,
    pending::{AttributeChange, Cause, Operation},
};

use super::{deployment, minute, store};

fn connector() -> StoredConnector {
    StoredConnector {
        id: "11112222-3333-4444-5555-666677778888".parse().unwrap(),
        name: "fabrikam.example".to_owned(),
        kind: ConnectorKind::ActiveDirectory,
    }
}

fn object(n: usize) -> CsObject {
    let mut object =
        CsObject::new(format!("CN=User {n},DC=fabrikam,DC=example").parse().unwrap(), "user");
    object.id = Some(Guid::from_u128(n as u128 + 1));
    object.set("sn".into(), vec![AttributeValue::String(format!("Nr {n}"))]);
    object.set("objectSid".into(), vec![AttributeValue::Binary(vec![1, 5, 0])]);
    object.set(
        "manager".into(),
        vec![AttributeValue::Reference("CN=Boss,DC=fabrikam,DC=example".parse().unwrap())],
    );
    object
}

fn export(n: usize, operation: Operation) -> PendingExport {
    PendingExport {
        connector: "fabrikam.onmicrosoft.example - AAD".to_owned(),
        operation,
        object_type: if n.is_multiple_of(2) { "user" } else { "group" }.into(),
        dn: format!("CN={{{n:04X}}}").parse().unwrap(),
        new_dn: None,
        anchor: Some(format!("anchor {n}")),
        display_name: None,
        changes: vec![AttributeChange {
            attribute: "displayName".into(),
            old: vec![],
            new: vec![AttributeValue::String("x".to_owned())],
            rule: Some("Out".to_owned()),
            flow: None,
        }],
        cause: Some(Cause::Flowed),
        unreadable: vec![],
    }
}

fn read_objects(store: &Store) -> Vec<CsObject> {
    let Some(run) = store.finished_run(connector().id, "full-import").unwrap() else {
        return vec![];
    };
    let mut all = Vec::new();
    store.for_each_object(run, |it| all.push(it)).unwrap();
    all
}

fn import(store: &mut Store, from: usize, to: usize, at: i64) {
    let run = store.begin_run(connector().id, "full-import", minute(at)).unwrap();
    let mut writer = store.objects(run).unwrap();
    for n in from..to {
        writer.add(&object(n)).unwrap();
    }
    assert_eq!(writer.finish().unwrap(), (to - from) as u64);
    let step = RunStep {
        name: "import".to_owned(),
        counted: (to - from) as u64,
        errors: 0,
        detail: String::new(),
    };
    store.finish_run(run, RunResult::Success, std::slice::from_ref(&step), minute(at + 1)).unwrap();
    assert_eq!(store.run_steps(run).unwrap(), [step]);
}

#[test]
fn the_newest_finished_run_counts() {
    let (_folder, mut store) = store();
    store.write_connectors(&[connector()]).unwrap();
    assert_eq!(store.connectors().unwrap(), [connector()]);
    assert!(read_objects(&store).is_empty());
    import(&mut store, 0, 3, 1);
    assert_eq!(
        read_objects(&store),
        [object(0), object(1), object(2)],
        "value for value, in their order"
    );
    import(&mut store, 7, 8, 5);
    assert_eq!(read_objects(&store), [object(7)]);
}

#[test]
fn a_run_that_did_not_end_does_not_count() {
    let (_folder, mut store) = store();
    store.write_connectors(&[connector()]).unwrap();
    import(&mut store, 0, 2, 1);
    let run = store.begin_run(connector().id, "full-import", minute(9)).unwrap();
    let mut writer = store.objects(run).unwrap();
    writer.add(&object(5)).unwrap();
    drop(writer);
    assert_eq!(read_objects(&store), [object(0), object(1)]);
    import(&mut store, 4, 5, 20);
    assert_eq!(read_objects(&store), [object(4)]);
}

#[test]
fn pending_exports_by_kind() {
    let (_folder, mut store) = store();
    store.write_connectors(&[connector()]).unwrap();
    let run = store.begin_run(connector().id, "full-synchronization", minute(1)).unwrap();
    let all: Vec<_> = [
        Operation::Add,
        Operation::Update,
        Operation::Update,
        Operation::Delete,
        Operation::Update,
    ]
    .into_iter()
    .enumerate()
    .map(|(n, operation)| export(n, operation))
    .collect();
    assert_eq!(store.write_pending(run, all.clone()).unwrap(), 5);
    store.finish_run(run, RunResult::CompletedWithErrors, &[], minute(2)).unwrap();
    let mut read = Vec::new();
    store.for_each_pending(run, |it| read.push(it)).unwrap();
    assert_eq!(read, all);
    let counts: Vec<_> = store
        .pending_counts(run)
        .unwrap()
        .into_iter()
        .map(|it| (it.operation, it.object_type, it.count))
        .collect();
    let expected = [
        (Operation::Add, "user", 1),
        (Operation::Delete, "group", 1),
        (Operation::Update, "group", 1),
        (Operation::Update, "user", 2),
    ];
    assert_eq!(counts, expected.map(|(operation, ty, n)| (operation, ty.to_owned(), n)));
}

#[test]
fn the_journal_keeps_the_order_of_the_plan() {
    let (_folder, mut store) = store();
    let steps = ["prepare", "import", "synchronize"].map(|name| PlannedStep {
        name: name.to_owned(),
        undo: (name == "prepare").then(|| "delete the store".to_owned()),
    });
    store.write_plan("cd", &steps, minute(0)).unwrap();
    assert_eq!(store.plan_inputs().unwrap().as_deref(), Some("cd"));
    let reason = |it: Result<(), StoreError>| match it {
        Err(StoreError::Step { reason, .. }) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        reason(store.write_plan("ef", &steps, minute(0))),
        "cannot be planned: the store has a plan already"
    );
    assert_eq!(
        reason(store.begin_step("import", minute(1))),
        "cannot begin: a step before it is not done"
    );
    assert_eq!(reason(store.begin_step("dance", minute(1))), "is not in the plan");
    assert_eq!(
        reason(store.finish_step("prepare", minute(1), "")),
        "cannot be done: it was not begun"
    );
    store.begin_step("prepare", minute(1)).unwrap();
    // A process that was killed has left the step begun: it is begun again.
    store.begin_step("prepare", minute(2)).unwrap();
    store.finish_step("prepare", minute(3), "made").unwrap();
    assert_eq!(reason(store.begin_step("prepare", minute(3))), "cannot begin: it is done");
    store.begin_step("import", minute(4)).unwrap();
    store.fail_step("import", minute(5), "the server was away").unwrap();
    assert_eq!(
        reason(store.undo_step("prepare", minute(6), "")),
        "cannot be undone: a step after it has to be undone first"
    );
    store.undo_step("import", minute(6), "").unwrap();
    store.undo_step("prepare", minute(7), "gone").unwrap();
    assert_eq!(
        reason(store.undo_step("synchronize", minute(8), "")),
        "cannot be undone: it has not happened"
    );
    let journal: Vec<_> = store
        .journal()
        .unwrap()
        .into_iter()
        .map(|it| (it.name, it.state, it.attempts, it.changed_at, it.detail))
        .collect();
    assert_eq!(
        journal,
        [
            ("prepare".to_owned(), StepState::Undone, 2, minute(7), "gone".to_owned()),
            ("import".to_owned(), StepState::Undone, 1, minute(6), String::new()),
            ("synchronize".to_owned(), StepState::Planned, 0, minute(0), String::new()),
        ]
    );
}

#[test]
fn evidence_and_accepted_changes() {
    let (_folder, mut store) = store();
    let mut record = ChecklistRecord {
        id: "old-server-stopped".to_owned(),
        is_done: true,
        evidence: "MSOnlineSyncScheduler: stopped".to_owned(),
        source: "SYNC01".to_owned(),
        author: "Ida".to_owned(),
        recorded_at: minute(1),
        valid_until: Some(minute(60)),
        sha256: None,
    };
    store.record(&record).unwrap();
    record.is_done = false;
    record.valid_until = None;
    store.record(&record).unwrap();
    assert_eq!(store.records().unwrap(), [record]);
    let mut change = AcceptedChange {
        connector: "AAD".to_owned(),
        operation: "update".to_owned(),
        object: "QQ==".to_owned(),
        attribute: "title".to_owned(),
        reason: "renamed on purpose".to_owned(),
        author: "Ida".to_owned(),
        accepted_at: minute(2),
        expires_at: None,
    };
    store.accept(&change).unwrap();
    change.reason = "agreed again".to_owned();
    change.expires_at = Some(minute(90));
    store.accept(&change).unwrap();
    assert_eq!(store.accepted().unwrap(), [change]);
}

/// Not a test of its own: the process that [`killed_at_any_moment`] kills.
#[test]
fn child_that_writes_for_ever() {
    let Some(path) = std::env::var_os("DIRLIFT_TEST_STORE") else { return };
    let mut store = Store::open(path.as_ref()).unwrap();
    for round in 0.. {
        import(&mut store, round * 10, round * 10 + 400, 10);
        println!("round {round}");
    }
}

#[test]
fn killed_at_any_moment() {
    let (_folder, mut store) = store();
    let path = store.path().to_owned();
    store.write_connectors(&[connector()]).unwrap();
    import(&mut store, 0, 400, 1);
    drop(store);
    let this = std::env::current_exe().unwrap();
    for n in 0..12_u64 {
        let mut child = Command::new(&this)
            .args(["--exact", "running::child_that_writes_for_ever", "--nocapture"])
            .env("DIRLIFT_TEST_STORE", &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.any(|it| it.contains("round 0")), "the child writes");
        std::thread::sleep(std::time::Duration::from_millis(3 * n));
        child.kill().unwrap();
        child.wait().unwrap();
        let store = Store::open(&path).unwrap();
        assert_eq!(store.deployment(), &deployment());
        let objects = read_objects(&store);
        assert_eq!(objects.len(), 400, "a whole run counts, whichever");
        let first: usize = objects[0].text("sn").unwrap()[3..].parse().unwrap();
        assert_eq!(first % 10, 0);
        let expected: Vec<_> = (first..first + 400).map(object).collect();
        assert!(objects == expected, "no two runs are mixed");
    }
}
