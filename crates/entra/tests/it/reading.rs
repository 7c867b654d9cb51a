//! What an import brings.
use std::collections::BTreeSet;

use dirlift_entra::{ImportOptions, Kind, Membership, select};
use dirlift_model::{AttributeValue, CsObject};
use dirlift_testkit::graph::{Fault, GraphBuilder, Kind as FaultKind, Tenant, id, schema};

use crate::support::{client, import_all, read};

fn n_of(objects: &[CsObject], kind: &str) -> usize {
    objects.iter().filter(|it| it.object_type.is(kind)).count()
}

fn find<'a>(objects: &'a [CsObject], id: &str) -> &'a CsObject {
    let id = id.parse().unwrap();
    objects.iter().find(|it| it.id == Some(id)).unwrap()
}

fn members(group: &CsObject) -> Vec<String> {
    let values = group.values(&"member".into()).iter();
    let names = values.map(|it| match it {
        AttributeValue::Reference(dn) => dn.to_string(),
        other => panic!("{other:?}"),
    });
    names.collect()
}

#[test]
fn every_page_of_every_kind_is_read() {
    let server = GraphBuilder::new(Tenant::fabrikam(25, 45)).page_size(7).start().unwrap();
    let (objects, facts) = read(&server);
    let counts = ["user", "group", "contact", "device"].map(|it| n_of(&objects, it));
    assert_eq!(counts, [25, 45, 5, 3]);
    let order: Vec<_> = objects.iter().map(|it| it.object_type.to_string()).collect();
    assert!(order.is_sorted_by_key(|it| {
        ["user", "group", "contact", "device"].iter().position(|k| k == it)
    }));
    let ids: BTreeSet<_> = objects.iter().map(|it| it.id).collect();
    assert_eq!(ids.len(), 78);
    // Users 9 and 19 are the cloud's own.
    assert_eq!((facts.objects[0].total, facts.objects[0].synchronized), (25, 23));
    // 45 groups in batches of at most twenty.
    let batches = server.seen().iter().filter(|it| it.path == "/v1.0/$batch").count();
    assert!((3..=7).contains(&batches), "{batches}");
}

#[test]
fn members_are_named_as_their_objects_are() {
    let server = GraphBuilder::new(Tenant::fabrikam(12, 1)).page_size(4).start().unwrap();
    let (objects, _) = read(&server);
    // "anchor-0==" is 61 6E 63 68 6F 72 2D 30 3D 3D; user 9 has no anchor.
    let group = find(&objects, &id('g', 0));
    let names = members(group);
    assert_eq!(names.len(), 10);
    assert_eq!(names[0], "CN={616E63686F722D303D3D}");
    assert_eq!(names[9], format!("CN={{{}}}", id('u', 9)));
    assert_eq!(find(&objects, &id('u', 0)).dn.as_str(), names[0]);
    assert_eq!(find(&objects, &id('u', 9)).dn.as_str(), names[9]);
}

#[test]
fn a_delta_query_brings_the_same_groups() {
    let server = GraphBuilder::new(Tenant::fabrikam(30, 12)).page_size(3).start().unwrap();
    let (batched, _) = read(&server);
    let options = ImportOptions { membership: Membership::Delta, ..ImportOptions::default() };
    let (by_delta, facts) = import_all(&client(&server).0, &options);
    facts.unwrap();
    assert_eq!(by_delta, batched);
    assert!(server.seen().iter().any(|it| it.path.starts_with("/v1.0/groups/delta?%24select")
        || it.path.starts_with("/v1.0/groups/delta?$select")));
}

#[test]
fn a_delta_query_that_the_service_forgot_begins_again_once() {
    let gone = |first| Fault::once("/v1.0/groups/delta", first, FaultKind::Status(410, None));
    let options = ImportOptions { membership: Membership::Delta, ..ImportOptions::default() };
    let tenant = Tenant::fabrikam(30, 12);
    let server = GraphBuilder::new(tenant.clone()).page_size(3).fault(gone(3)).start().unwrap();
    let (objects, facts) = import_all(&client(&server).0, &options);
    facts.unwrap();
    assert_eq!(n_of(&objects, "group"), 12);
    let server =
        GraphBuilder::new(tenant).page_size(3).fault(gone(3)).fault(gone(6)).start().unwrap();
    let error = import_all(&client(&server).0, &options).1.unwrap_err().to_string();
    assert!(error.contains("answered 410"), "{error}");
}

#[test]
fn a_large_group_is_one_object() {
    let mut tenant = Tenant::fabrikam(1, 1);
    let all: Vec<_> = (0..2_500).map(|it| ("device", id('d', it))).collect();
    tenant.members.insert(id('g', 0), all);
    let server = GraphBuilder::new(tenant).start().unwrap();
    let (objects, _) = read(&server);
    assert_eq!(n_of(&objects, "group"), 1);
    assert_eq!(members(find(&objects, &id('g', 0))).len(), 2_500);
}

#[test]
fn facts_of_the_tenant() {
    let server = GraphBuilder::new(Tenant::fabrikam(5, 1)).start().unwrap();
    let (_, facts) = read(&server);
    let organization = facts.organization.unwrap();
    assert_eq!(organization.sync_enabled, Some(true));
    assert_eq!(organization.last_sync.unwrap().to_string(), "2026-11-20T08:30:00Z");
    let domains = facts.domains.unwrap();
    assert_eq!(domains[0].name, "fabrikam.example");
    let issuer = domains[0].federation.as_ref().unwrap().issuer.as_deref();
    assert_eq!(issuer, Some("http://sts.fabrikam.example/adfs"));
    assert_eq!(domains[1].federation, None);
    let admins = facts.role_members.unwrap();
    assert_eq!((admins.len(), admins[0].role_name.as_str()), (1, "Global Administrator"));
    assert_eq!(admins[0].kind.as_deref(), Some("user"));
    let subscriptions = facts.subscriptions.unwrap();
    assert_eq!((subscriptions[0].consumed, subscriptions[0].enabled), (3, Some(25)));
    assert_eq!(facts.licensed_users.unwrap().len(), 3);
    assert_eq!(facts.deleted.unwrap()[0].immutable_id.as_deref(), Some("R29uZQ=="));
    let errors = facts.provisioning_errors.unwrap();
    assert_eq!(errors[0].value.as_deref(), Some("smtp:dup@fabrikam.example"));
    // The settings of the synchronisation are for people: not checked, and no error.
    assert_eq!(facts.directory_sync, None);
    let missing: Vec<_> = facts.not_checked.iter().map(|it| it.what.as_str()).collect();
    assert_eq!(missing, ["onPremisesSynchronization of the tenant"]);
    assert!(facts.not_checked[0].why.contains("--device-code"), "{}", facts.not_checked[0].why);
}

#[test]
fn settings_of_the_synchronisation_when_they_are_shown() {
    let mut tenant = Tenant::fabrikam(1, 0);
    let json = serde_json::json!({"id": id('t', 0), "configuration": {"accidentalDeletionPrevention":
        {"synchronizationPreventionType": "enabledForCount", "alertThreshold": 500}},
        "features": {"passwordSyncEnabled": true, "blockSoftMatchEnabled": false}});
    tenant.synchronization = Some(json);
    let server = GraphBuilder::new(tenant).start().unwrap();
    let sync = read(&server).1.directory_sync.unwrap();
    assert_eq!(
        (sync.deletion_prevention.as_deref(), sync.deletion_threshold),
        (Some("enabledForCount"), Some(500))
    );
    assert_eq!(sync.features.get("passwordSyncEnabled"), Some(&true));
    assert_eq!(sync.features.len(), 2);
}

#[test]
fn everything_that_is_asked_for_is_in_the_metadata() {
    let types = [
        (Kind::User, "user"),
        (Kind::Group, "group"),
        (Kind::Contact, "orgContact"),
        (Kind::Device, "device"),
    ];
    for (kind, ty) in types {
        for name in select(kind).split(',') {
            assert!(schema::properties(ty).iter().any(|(it, _)| *it == name), "{ty}/{name}");
        }
    }
}

#[test]
fn one_kind_alone_and_slow_takers() {
    let server = GraphBuilder::new(Tenant::fabrikam(5, 1)).start().unwrap();
    let options = ImportOptions { kinds: vec![Kind::Device], ..ImportOptions::default() };
    let (objects, facts) = import_all(&client(&server).0, &options);
    assert_eq!(objects.len(), 3);
    assert_eq!(facts.unwrap().licensed_users, None);
    assert!(!server.seen().iter().any(|it| it.path.starts_with("/v1.0/users")));
}
