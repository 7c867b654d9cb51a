//! Operations that have to be done, and anchors that have to stay.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
use dirlift_model::{
    AttributeValue, CsObject,
    config::RunStepKind,
    verification::{AnchorState, Asked, OperationState, Place},
};
use dirlift_verifier::{
    AnchorFacts, Anchors, Partner, RunFact, StepFact, cloud_anchor, kind_of_profile, operations,
};
use jiff::Timestamp;

fn minute(n: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + 60 * n).unwrap()
}

fn run(at: i64, kind: RunStepKind, result: &str, n_errors: u64) -> RunFact {
    let errors = if n_errors == 0 { Vec::new() } else { vec![("e".to_owned(), n_errors)] };
    RunFact {
        connector: "AD".to_owned(),
        profile: "p".to_owned(),
        started: Some(minute(at)),
        steps: vec![StepFact {
            kind: Some(kind),
            result: result.to_owned(),
            ended: (result != "in-progress").then(|| minute(at + 1)),
            errors,
        }],
    }
}

#[test]
fn full_import_and_the_synchronization_after_it() {
    use OperationState::{Errors, Failed, Missing, Success};
    use RunStepKind as K;
    let ok = |at, kind| run(at, kind, "success", 0);
    let cases: Vec<(Vec<RunFact>, [OperationState; 2])> = vec![
        (vec![], [Missing, Missing]),
        (vec![ok(1, K::FullImport), ok(2, K::FullSync)], [Success, Success]),
        (vec![ok(1, K::FullImport), ok(2, K::DeltaSync)], [Success, Success]),
        // The order is that of the times, whatever that of the list.
        (vec![ok(2, K::DeltaSync), ok(1, K::FullImport)], [Success, Success]),
        (vec![ok(1, K::DeltaSync), ok(2, K::FullImport)], [Success, Missing]),
        (vec![ok(1, K::FullSync)], [Missing, Missing]),
        (vec![ok(1, K::DeltaImport), ok(2, K::FullSync)], [Missing, Missing]),
        (vec![ok(1, K::FullImportFullSync)], [Success, Success]),
        (vec![ok(1, K::FullImportDeltaSync)], [Success, Success]),
        (
            vec![run(1, K::FullImport, "completed-discovery-errors", 0), ok(2, K::FullSync)],
            [Errors, Success],
        ),
        (vec![ok(1, K::FullImport), run(2, K::FullSync, "success", 3)], [Success, Errors]),
        (
            vec![ok(1, K::FullImport), run(2, K::FullSync, "stopped-extension-dll-exception", 0)],
            [Success, Failed],
        ),
        // The newest counts, not the best.
        (
            vec![
                ok(1, K::FullImport),
                ok(2, K::FullSync),
                run(3, K::FullImport, "stopped-connectivity", 0),
            ],
            [Failed, Missing],
        ),
        (vec![run(1, K::FullImport, "in-progress", 0)], [Failed, Missing]),
    ];
    for (runs, expected) in cases {
        let found = operations(Place::Server, &["ad".to_owned()], &runs);
        let states: Vec<_> = found.iter().map(|it| it.state).collect();
        assert_eq!(states, expected, "{runs:?}");
        assert_eq!((found[0].asked, found[1].asked), (Asked::FullImport, Asked::Synchronization));
    }
}

#[test]
fn each_connector_by_itself() {
    let runs = [run(1, RunStepKind::FullImportFullSync, "success", 0)];
    let names = ["AD".to_owned(), "AAD".to_owned()];
    let states: Vec<_> = operations(Place::Rehearsal, &names, &runs)
        .into_iter()
        .map(|it| (it.connector, it.state))
        .collect();
    use OperationState::{Missing, Success};
    let expected = [("AD", Success), ("AD", Success), ("AAD", Missing), ("AAD", Missing)];
    assert_eq!(states, expected.map(|(name, state)| (name.to_owned(), state)));
}

#[test]
fn names_of_run_profiles() {
    use RunStepKind as K;
    for (name, expected) in [
        ("Full Import", Some(K::FullImport)),
        ("full-import", Some(K::FullImport)),
        ("FULL IMPORT FULL SYNC", Some(K::FullImportFullSync)),
        ("Full Import and Delta Synchronization", Some(K::FullImportDeltaSync)),
        ("Delta Import Delta Sync", Some(K::DeltaImportDeltaSync)),
        ("Delta Import", Some(K::DeltaImport)),
        ("Full Synchronization", Some(K::FullSync)),
        ("Delta Sync", Some(K::DeltaSync)),
        ("Export", Some(K::Export)),
        ("Tuesday", None),
    ] {
        assert_eq!(kind_of_profile(name), expected, "{name}");
    }
}

#[test]
fn states_of_anchors() {
    use AnchorState as S;
    let there = |id: Option<&str>| Partner::There(id.map(ToOwned::to_owned));
    let cases = [
        ("user", Some("QQ=="), there(Some("QQ==")), S::Proven),
        // Anchors are base64: case matters.
        ("user", Some("QQ=="), there(Some("qq==")), S::Different),
        ("user", None, there(Some("QQ==")), S::Missing),
        ("user", Some("QQ=="), there(None), S::TakenOver),
        ("group", Some("QQ=="), there(None), S::NotProvable),
        ("group", Some("QQ=="), there(Some("QQ==")), S::Proven),
        ("contact", Some("QQ=="), there(Some("UQ==")), S::Different),
        ("person", Some("QQ=="), Partner::Added, S::New),
        ("person", None, Partner::Added, S::Missing),
        ("person", Some("QQ=="), Partner::None, S::NotExported),
    ];
    for (object_type, predicted, partner, expected) in cases {
        let mut anchors = Anchors::default();
        let facts = AnchorFacts {
            dn: "CN=x".parse().unwrap(),
            object_type: object_type.into(),
            predicted: predicted.map(ToOwned::to_owned),
            partner: partner.clone(),
        };
        anchors.see(facts);
        let proof = anchors.finish();
        assert_eq!(proof.counts[0].state, expected, "{object_type} {predicted:?} {partner:?}");
        assert_eq!(proof.objections.len(), usize::from(expected.is_objection()));
        assert!(proof.has_metaverse);
    }
    assert!(!Anchors::default().finish().has_metaverse);
}

#[test]
fn so_many_objections_are_named_and_the_rest_counted() {
    let mut anchors = Anchors::default();
    for _ in 0..1_003 {
        anchors.see(AnchorFacts {
            dn: "CN=x".parse().unwrap(),
            object_type: "user".into(),
            predicted: None,
            partner: Partner::There(Some("QQ==".to_owned())),
        });
    }
    let proof = anchors.finish();
    assert_eq!((proof.objections.len(), proof.not_named), (1_000, 3));
    assert_eq!(proof.counts[0].objects, 1_003);
}

#[test]
fn the_anchor_of_a_cloud_object() {
    let object = |name: &str, anchor: Option<AttributeValue>| {
        let mut it = CsObject::new(name.parse().unwrap(), "user");
        it.set("sourceAnchor".into(), anchor.into_iter().collect());
        cloud_anchor(&it)
    };
    // 51 51 3D 3D is `QQ==`.
    assert_eq!(object("CN={51513D3D}", None).as_deref(), Some("QQ=="));
    assert_eq!(object("CN={51513d3d}", None).as_deref(), Some("QQ=="));
    let text = AttributeValue::String("UQ==".to_owned());
    assert_eq!(object("CN={51513D3D}", Some(text)).as_deref(), Some("UQ=="));
    let bytes = AttributeValue::Binary(vec![0x41]);
    assert_eq!(object("CN=x", Some(bytes)).as_deref(), Some("QQ=="));
    for name in ["CN={5b00d1e2-0000-4000-8000-000000000001}", "CN={5}", "CN={}", "CN={FF}", "CN=x"]
    {
        assert_eq!(object(name, None), None, "{name}");
    }
}
