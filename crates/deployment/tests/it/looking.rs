//! Looking back at runs, and the temporary index.
use dirlift_deployment::{ConnectorKind, Drawer, RunResult, Scratch, StoredConnector};
use dirlift_model::{
    CsObject, PendingExport,
    pending::{AttributeChange, Operation},
};

use crate::{minute, store};

fn connector() -> StoredConnector {
    StoredConnector {
        id: "b891884f-051e-4a83-95af-2544101c9083".parse().unwrap(),
        name: "AAD".to_owned(),
        kind: ConnectorKind::EntraId,
    }
}

fn export(name: &str) -> PendingExport {
    PendingExport {
        connector: "AAD".to_owned(),
        operation: Operation::Update,
        object_type: "user".into(),
        dn: name.parse().unwrap(),
        new_dn: None,
        anchor: None,
        display_name: None,
        changes: vec![AttributeChange {
            attribute: "title".into(),
            old: Vec::new(),
            new: vec![dirlift_model::AttributeValue::Integer(7)],
            rule: None,
            flow: None,
        }],
        cause: None,
        unreadable: Vec::new(),
    }
}

#[test]
fn runs_single_exports_and_counts() {
    let (_folder, mut store) = store();
    let connector = connector();
    store.write_connectors(std::slice::from_ref(&connector)).unwrap();
    let import = store.begin_run(connector.id, "Full Import", minute(1)).unwrap();
    let mut objects = store.objects(import).unwrap();
    for (name, ty) in [("CN=a", "user"), ("CN=b", "group"), ("CN=c", "user")] {
        objects.add(&CsObject::new(name.parse().unwrap(), ty)).unwrap();
    }
    objects.finish().unwrap();
    store.finish_run(import, RunResult::CompletedWithErrors, &[], minute(2)).unwrap();
    let sync = store.begin_run(connector.id, "Full Synchronization", minute(3)).unwrap();
    store.write_pending(sync, ["CN=x", "CN=y"].map(export)).unwrap();

    let runs = store.runs().unwrap();
    let told: Vec<_> = runs.iter().map(|it| (it.id, it.profile.as_str(), it.ended)).collect();
    assert_eq!(
        told,
        [
            (import, "Full Import", Some((minute(2), RunResult::CompletedWithErrors))),
            (sync, "Full Synchronization", None),
        ]
    );
    assert_eq!((runs[1].connector, runs[1].started), (connector.id, minute(3)));
    assert_eq!(store.pending_at(sync, 1).unwrap(), Some(export("CN=y")));
    assert_eq!(store.pending_at(sync, 2).unwrap(), None);
    assert_eq!(store.pending_at(import, 0).unwrap(), None);
    assert_eq!(store.object_counts(import).unwrap(), [("group".into(), 1), ("user".into(), 2)]);
}

#[test]
fn a_temporary_index_keeps_the_first_text_of_a_key() {
    let scratch = Scratch::open().unwrap();
    let (names, anchors) = (Drawer(1), Drawer(2));
    scratch.put(names, "CN=A", "1").unwrap();
    scratch.put(names, "CN=A", "2").unwrap();
    scratch.put(anchors, "CN=A", "3").unwrap();
    assert_eq!(scratch.get(names, "CN=A").unwrap().as_deref(), Some("1"));
    assert_eq!(scratch.get(anchors, "CN=A").unwrap().as_deref(), Some("3"));
    assert_eq!(scratch.get(names, "cn=a").unwrap(), None);
    assert_eq!((scratch.len(names).unwrap(), scratch.len(Drawer(3)).unwrap()), (1, 0));
}
