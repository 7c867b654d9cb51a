//! Evidence stays, the switch stays, and what the rehearsal did is read back.
use dirlift_deployment::{ConnectorKind, RunResult, Store, StoredConnector};
use dirlift_model::{
    Guid, Product,
    checklist::{CutOver, Evidence, EvidenceKind, RehearsedRun, Switches, WayBack},
};

use crate::{minute, store};

#[test]
fn evidence_is_read_as_it_was_recorded_and_stays() {
    let (folder, mut store) = store();
    let mut off =
        Evidence::new(EvidenceKind::OldServerOff, false, "runs", "snapshot a.zip", minute(1));
    off.host = Some("FAB-SYNC01".to_owned());
    off.sha256 = Some("cd".repeat(32));
    // 24 hours after minute 1.
    assert_eq!(off.valid_until, Some(minute(1 + 24 * 60)));
    let for_good =
        Evidence::new(EvidenceKind::StagingOff, true, "left", "snapshot b.zip", minute(3));
    assert_eq!(for_good.valid_until, None);
    store.add_evidence(&off, minute(2)).unwrap();
    store.add_evidence(&for_good, minute(4)).unwrap();
    let path = store.path().to_owned();
    drop(store);
    let store = Store::open(&path).unwrap();
    assert_eq!(store.evidence().unwrap(), [off, for_good]);
    drop(store);
    let raw = rusqlite::Connection::open(folder.path().join("f.dirlift")).unwrap();
    let replaced = "INSERT OR REPLACE INTO evidence SELECT id, kind, 1, detail, source, host, seen_at, valid_until, \
                    sha256, recorded_at FROM evidence";
    for sql in ["UPDATE evidence SET holds = 1", "DELETE FROM evidence", replaced] {
        let error = raw.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains("a fact of the store"), "{sql}: {error}");
    }
}

#[test]
fn the_switch_is_written_once_and_closes_the_ways_back() {
    let (_folder, mut store) = store();
    let switches = Switches { product: Some(Product::DirSync), ..Switches::default() };
    assert_eq!(store.switches().unwrap(), None);
    store.write_switches(&switches).unwrap();
    assert_eq!(store.switches().unwrap(), Some(switches));
    for way in WayBack::ALL {
        assert_eq!(store.refuses(way).unwrap(), None, "{way:?}");
    }
    let first = CutOver { at: minute(5), evidence: "Ann saw it".to_owned() };
    assert!(store.write_cut_over(&first).unwrap());
    let second = CutOver { at: minute(9), evidence: "Bob".to_owned() };
    assert!(!store.write_cut_over(&second).unwrap());
    assert_eq!(store.cut_over().unwrap(), Some(first));
    for way in WayBack::ALL {
        let reason = store.refuses(way).unwrap().unwrap();
        assert!(reason.contains("no way back to DirSync") && reason.contains("Ann saw it"));
    }
    let error = store.set_setting("cut_over", "{}").unwrap_err().to_string();
    assert!(error.contains("a fact of the store"), "{error}");
    let path = store.path().to_owned();
    drop(store);
    let raw = rusqlite::Connection::open(&path).unwrap();
    for sql in [
        "INSERT OR REPLACE INTO setting (name, value) VALUES ('cut_over', '{}')",
        "UPDATE OR REPLACE setting SET name = 'cut_over' WHERE name = 'mode'",
        "DELETE FROM setting WHERE name = 'cut_over'",
    ] {
        let error = raw.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains("a fact of the store"), "{sql}: {error}");
    }
    drop(raw);
    let mut store = Store::open(&path).unwrap();
    assert_eq!(store.cut_over().unwrap().map(|it| it.at), Some(minute(5)));
    // A server of Entra Connect has a staging mode to go back into.
    let switches = Switches { product: Some(Product::EntraConnect), ..Switches::default() };
    store.write_switches(&switches).unwrap();
    assert_eq!(store.refuses(WayBack::Services).unwrap(), None);
}

#[test]
fn the_newest_finished_runs_are_told_by_connector() {
    let (_folder, mut store) = store();
    let connector = |n: u128, name: &str, kind| StoredConnector {
        id: Guid::from_u128(n),
        name: name.to_owned(),
        kind,
    };
    store
        .write_connectors(&[
            connector(7, "corp", ConnectorKind::ActiveDirectory),
            connector(3, "cloud", ConnectorKind::EntraId),
        ])
        .unwrap();
    store.set_setting("rule_basis", "target").unwrap();
    for (at, result) in [(1, RunResult::Success), (4, RunResult::CompletedWithErrors)] {
        let run = store.begin_run(Guid::from_u128(7), "Full Import", minute(at)).unwrap();
        store.finish_run(run, result, &[], minute(at + 1)).unwrap();
    }
    store.begin_run(Guid::from_u128(3), "Full Import", minute(8)).unwrap();
    let rehearsed = store.rehearsed().unwrap();
    assert_eq!(rehearsed.bundle, Some(("ab".repeat(32), minute(0))));
    assert_eq!(rehearsed.rule_basis.as_deref(), Some("target"));
    let names: Vec<_> = rehearsed.connectors.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["corp", "cloud"]);
    let expected = RehearsedRun { ended_at: minute(5), result: "completed-with-errors".to_owned() };
    assert_eq!(rehearsed.connectors[0].full_import, Some(expected));
    assert_eq!(rehearsed.connectors[0].full_synchronization, None);
    // The run of the cloud has no end.
    assert_eq!(rehearsed.connectors[1].full_import, None);
}
