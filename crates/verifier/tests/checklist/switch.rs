//! The switch: what shows it, and what stands afterwards.
use dirlift_model::{
    Product,
    checklist::{CutOver, Decision, Evidence, EvidenceKind, ItemState, Switches},
};
use dirlift_verifier::checklist::{Refused, is_switch, may_record, own_evidence};

use crate::{Scene, hour, plain, state, why};

#[test]
fn after_the_switch_time_opens_nothing_again() {
    let mut scene = Scene::ready(plain());
    scene.cut_over = Some(CutOver { at: hour(23), evidence: "Ann saw it".to_owned() });
    let list = scene.at(500);
    assert_eq!(list.go_ahead.decision, Decision::Done, "{:?}", list.go_ahead.reasons);
    assert_eq!(state(&list, "leave-staging"), ItemState::Done);
    assert_eq!(state(&list, "verified-again"), ItemState::Done);
    assert_eq!(state(&list, "licences"), ItemState::Open);
    assert!(list.item("licences").unwrap().waits_for.is_empty());
    // Still off: shown since the switch, and for good.
    assert_eq!(state(&list, "old-server-stays-off"), ItemState::Open);
    scene.see(EvidenceKind::OldServerOff, true, 200);
    assert_eq!(state(&scene.at(5000), "old-server-stays-off"), ItemState::Done);
    // Somebody starts it again.
    scene.see(EvidenceKind::OldServerOff, false, 300);
    let list = scene.at(500);
    assert_eq!(list.go_ahead.decision, Decision::Contradicted);
    assert!(list.go_ahead.notice.unwrap().contains("stop and disable DirSync at once"));
}

#[test]
fn a_later_run_of_the_rehearsal_does_not_undo_what_was_shown_before_the_switch() {
    let mut scene = Scene::ready(plain());
    // As a verification keeps it.
    scene.evidence.extend(own_evidence(&scene.rehearsed));
    scene.cut_over = Some(CutOver { at: hour(23), evidence: "Ann saw it".to_owned() });
    scene.sync(30);
    let list = scene.at(31);
    assert_eq!(list.go_ahead.decision, Decision::Done, "{:?}", list.go_ahead.reasons);
    // Before the switch the store's present runs count: here one that came too late.
    let mut scene = Scene::ready(plain());
    scene.evidence.extend(own_evidence(&scene.rehearsed));
    scene.rehearsed.connectors[0].full_import.as_mut().unwrap().ended_at = hour(22);
    assert_eq!(state(&scene.at(22), "rehearsed-synchronization"), ItemState::Open);
}

#[test]
fn a_switch_without_a_go_ahead_is_contradicted() {
    let mut scene = Scene::new(plain());
    scene.see(EvidenceKind::StagingOn, true, 4).see(EvidenceKind::StagingOff, true, 5);
    for it in &mut scene.evidence {
        it.host = Some("new1".to_owned());
    }
    let list = scene.at(6);
    assert_eq!(list.go_ahead.decision, Decision::Contradicted);
    assert_eq!(list.go_ahead.cut_over.as_ref().unwrap().at, hour(5));
    assert_eq!(state(&list, "leave-staging"), ItemState::Done);
    assert!(list.go_ahead.notice.unwrap().starts_with("Both servers may be active"));
}

#[test]
fn only_a_server_that_was_seen_staging_can_have_left() {
    let switches = plain();
    let seen = |kind, holds, n, host: Option<&str>, source: &str| {
        let mut it = Evidence::new(kind, holds, "", source, hour(n));
        it.host = host.map(str::to_owned);
        it
    };
    let (snapshot, sql) = ("snapshot new.zip", "dirlift verify --sql, ADSync on new1");
    let on = |n, host, source| seen(EvidenceKind::StagingOn, true, n, host, source);
    let off = |n, host, source| seen(EvidenceKind::StagingOff, true, n, host, source);
    let new = Some("new1");
    let cases = [
        (vec![], off(5, new, snapshot), false),
        (vec![on(4, new, snapshot)], off(5, Some("NEW1.corp.example"), "snapshot b.zip"), true),
        (vec![on(4, new, snapshot)], off(5, Some("new2"), snapshot), false),
        (vec![on(4, new, snapshot)], off(5, None, snapshot), false),
        (vec![on(4, None, snapshot)], off(5, None, snapshot), false),
        (vec![on(6, new, snapshot)], off(5, new, snapshot), false),
        (vec![seen(EvidenceKind::StagingOn, false, 4, new, sql)], off(5, new, sql), false),
        (vec![on(4, new, sql)], off(5, new, sql), true),
        (vec![on(4, new, sql)], off(5, new, "dirlift verify --sql, Other on new1"), false),
        // In six hours, said now.
        (vec![on(4, new, snapshot)], off(12, new, snapshot), false),
    ];
    for (all, it, expected) in cases {
        assert_eq!(is_switch(&switches, &all, &it, hour(6)), expected, "{all:?} {it:?}");
    }
    // In place of DirSync nothing stages before; in place of a successor its own database says the same all along.
    let it = off(5, Some("old1"), sql);
    let dirsync = Switches { in_place: Some(true), ..plain() };
    assert!(is_switch(&dirsync, &[], &it, hour(6)));
    let successor = Switches { product: Some(Product::EntraConnect), ..dirsync };
    assert!(!is_switch(&successor, &[], &it, hour(6)));
    // Without it there is no switch, and two active servers are told.
    let mut scene = Scene::new(plain());
    scene.see(EvidenceKind::StagingOn, false, 5).see(EvidenceKind::StagingOff, true, 5);
    let list = scene.at(6);
    assert_eq!((list.go_ahead.decision, list.go_ahead.cut_over), (Decision::No, None));
    assert!(list.go_ahead.notice.unwrap().starts_with("Both servers may be active"));
}

#[test]
fn a_word_after_the_switch_does_not_mend_the_past() {
    let mut scene = Scene::ready(plain());
    scene.words.retain(|it| it.id != "go-signed");
    scene.cut_over = Some(CutOver { at: hour(23), evidence: "Ann saw it".to_owned() });
    let before = scene.at(24);
    assert_eq!(before.go_ahead.decision, Decision::Contradicted);
    assert_eq!(may_record(&before, "go-signed", false), Err(Refused::Past));
    scene.say("go-signed", 24);
    let list = scene.at(25);
    assert_eq!(list.go_ahead.decision, Decision::Contradicted);
    assert_eq!(why(&list, "go-signed"), format!("it was said after the switch ({})", hour(24)));
    // What comes after the switch is said after it.
    scene.say("licences", 24);
    assert_eq!(state(&scene.at(25), "licences"), ItemState::Done);
}

#[test]
fn in_place_the_new_server_is_not_taken_for_the_old_one() {
    let mut scene = Scene::ready(Switches { in_place: Some(true), ..plain() });
    scene.cut_over = Some(CutOver { at: hour(23), evidence: "Ann saw it".to_owned() });
    // ADSync runs on the old server's host: it is the new product.
    scene.see(EvidenceKind::OldServerOff, false, 24);
    let list = scene.at(25);
    assert_eq!(
        (list.go_ahead.decision, list.go_ahead.notice),
        (Decision::Done, None),
        "{:?}",
        list.go_ahead.reasons
    );
}

#[test]
fn the_switch_in_place_needs_no_staging_server() {
    let switches = Switches { in_place: Some(true), ..plain() };
    let mut scene = Scene::ready(switches);
    scene.evidence.retain(|it| {
        !matches!(
            it.kind,
            EvidenceKind::StagingOn | EvidenceKind::Comparison | EvidenceKind::ServerOperations
        )
    });
    let list = scene.at(22);
    assert_eq!(list.go_ahead.decision, Decision::Go, "{:?}", list.go_ahead.reasons);
    assert!(list.item("upgrade-in-place").unwrap().waits_for.is_empty());
    assert_eq!(may_record(&list, "upgrade-in-place", false), Ok(()));
}
