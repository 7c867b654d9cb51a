//! Windows limits before a real domain, and connections that break.
use std::collections::BTreeMap;

use dirlift_directory::{Connect, DirectoryError, Event, ImportRequest, Security, Source};
use dirlift_testkit::{
    ldap::{Operation, Proxy, ProxySettings},
    pki::Validity,
    samba::{Binds, DomainController},
};

use crate::{
    common::{import, server},
    domain::{Fixture, N_STAFF, containers, fixture},
};

/// A controller that takes clear binds, and a proxy before it.
fn behind_proxy(
    fixture: &Fixture,
    binds: Binds,
    settings: ProxySettings,
) -> (DomainController, Proxy, Source) {
    let controller = fixture.image.start(binds).unwrap();
    let leaf = fixture.image.authority().issue(&["127.0.0.1"], Validity::Long).unwrap();
    let proxy = Proxy::start(&leaf, controller.ldap(), settings).unwrap();
    let source =
        Source::Ldap(server(proxy.address().ip(), proxy.address().port(), Security::Ldaps));
    (controller, proxy, source)
}

#[tokio::test]
async fn a_proxy_that_ends_tls_is_found_out() {
    let Some(fixture) = fixture() else { return };
    let (_controller, _proxy, source) =
        behind_proxy(fixture, Binds::Encrypted, ProxySettings::default());
    let error = import(source, ImportRequest::stock(), fixture.connect()).await.err().unwrap();
    let text = error.to_string();
    assert!(text.contains("result 8, strongerAuthRequired"), "{text}");
}

#[tokio::test]
async fn value_ranges_and_small_pages_of_windows() {
    let Some(fixture) = fixture() else { return };
    let settings =
        ProxySettings { values: Some(1_500), page: Some(700), ..ProxySettings::default() };
    let (_controller, proxy, source) = behind_proxy(fixture, Binds::Clear, settings);
    let imported = import(source, ImportRequest::stock(), fixture.connect()).await.unwrap();
    assert!(imported.error.is_none(), "{:?}", imported.error);
    let plain = import(fixture.source(), ImportRequest::stock(), fixture.connect()).await.unwrap();
    let by_id = |objects: &[dirlift_model::CsObject]| {
        objects.iter().map(|it| (it.id.unwrap(), it.clone())).collect::<BTreeMap<_, _>>()
    };
    assert!(by_id(&imported.objects) == by_id(&plain.objects), "the same, value for value");
    let asked: Vec<String> = proxy
        .requests()
        .into_iter()
        .filter_map(|it| match it.operation {
            Operation::Search { attributes, .. } => {
                attributes.into_iter().find(|it| it.contains(";range="))
            }
            _ => None,
        })
        .collect();
    // From the beginning, for what had come was not kept, and from the 1,500th on.
    assert_eq!(asked, ["member;range=0-*", "member;range=1500-*"]);
}

#[tokio::test]
async fn a_lost_connection_begins_the_container_again() {
    let Some(fixture) = fixture() else { return };
    for in_the_middle in [false, true] {
        let breaks = vec![1_700, 300];
        let settings = ProxySettings { breaks, in_the_middle, ..ProxySettings::default() };
        let (_controller, _proxy, source) = behind_proxy(fixture, Binds::Clear, settings);
        let imported =
            import(source, containers(&["OU=Staff"], &[]), fixture.connect()).await.unwrap();
        assert!(imported.error.is_none(), "{:?}", imported.error);
        assert_eq!(imported.objects.len(), N_STAFF, "each object once");
        // 1,698 had come, for two of the 1,700 entries were about the server; then 300 of them again, then all of them.
        assert_eq!(imported.report.n_repeated, 1_698 + 300);
        let restarts = imported
            .report
            .events
            .iter()
            .filter(|it| matches!(it, Event::Restarted { .. }))
            .count();
        assert_eq!(restarts, 2, "{:?}", imported.events());
    }
}

#[tokio::test]
async fn it_gives_up_when_the_connection_keeps_breaking() {
    let Some(fixture) = fixture() else { return };
    let settings = ProxySettings { breaks: vec![10; 20], ..ProxySettings::default() };
    let (_controller, _proxy, source) = behind_proxy(fixture, Binds::Clear, settings);
    let imported = import(source, containers(&["OU=Staff"], &[]), fixture.connect()).await.unwrap();
    let Some(DirectoryError::GaveUp { restarts, last, .. }) = &imported.error else {
        panic!("{:?}", imported.error)
    };
    assert_eq!(*restarts, 5);
    assert!(matches!(**last, DirectoryError::Lost { .. }), "{last}");
    assert_eq!(imported.objects.len(), 10);
}

#[tokio::test]
async fn another_controller_goes_on_where_one_died() {
    let Some(fixture) = fixture() else { return };
    let mut first = fixture.image.start(Binds::Encrypted).unwrap();
    let at = |controller: &DomainController| server(controller.address(), 636, Security::Ldaps);
    let servers = vec![at(&first), at(&fixture.controller)];
    let mut connect: Connect = fixture.connect();
    connect.servers.insert("corp.fabrikam.example".to_owned(), servers);
    connect.limits.page_size = 100;
    let source = Source::Ldap(at(&first));
    let request = containers(&["OU=Staff", "OU=Kinds"], &[]);
    let mut import = dirlift_directory::Import::start(&source, request, connect).await.unwrap();
    let mut objects = Vec::new();
    while let Some(object) = import.next().await {
        objects.push(object.unwrap());
        if objects.len() == 1_000 {
            first.kill();
        }
    }
    let report = import.report().unwrap();
    assert_eq!(objects.len(), N_STAFF + 4);
    let mut ids: Vec<_> = objects.iter().map(|it| it.id.unwrap()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), objects.len(), "each object once");
    assert!(report.n_repeated >= 1_000, "{}", report.n_repeated);
    let second = fixture.controller.address().to_string();
    let gone_on = report
        .events
        .iter()
        .any(|it| matches!(it, Event::Restarted { server, .. } if server.starts_with(&second)));
    let failed = report.events.iter().any(|it| matches!(it, Event::ServerFailed { .. }));
    assert!(gone_on && failed, "{:?}", report.events);
}

#[tokio::test]
async fn nobody_waits_for_a_reader_that_went_away() {
    let Some(fixture) = fixture() else { return };
    let source = fixture.source();
    let mut import =
        dirlift_directory::Import::start(&source, ImportRequest::stock(), fixture.connect())
            .await
            .unwrap();
    assert!(import.next().await.unwrap().is_ok());
    let start = std::time::Instant::now();
    drop(import);
    assert!(start.elapsed().as_millis() < 500);
}
