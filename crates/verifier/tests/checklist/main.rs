//! The checklist: which items appear for whom, where they stand as time goes by, the go-ahead, and the switch.
#![expect(clippy::unwrap_used, reason = "helpers of tests may")]
mod switch;
mod who;

use dirlift_model::{
    Product,
    checklist::{
        Checklist, CutOver, Decision, Evidence, EvidenceKind, ItemState, Phase, Rehearsed,
        RehearsedConnector, RehearsedRun, Switches, Word,
    },
};
use dirlift_verifier::checklist::{Known, Proof, Refused, evaluate, may_record, rows, valid_until};
use jiff::Timestamp;

/// A time, counted in hours.
fn hour(n: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + 3600 * n).unwrap()
}

/// A `DirSync` customer on another machine who uses nothing special.
fn plain() -> Switches {
    Switches {
        product: Some(Product::DirSync),
        old_host: Some("OLD1.corp.example".to_owned()),
        in_place: Some(false),
        existing_database: Some(false),
        full_sql: Some(false),
        remote_sql: Some(false),
        needs_full_sql: Some(false),
        several_forests: Some(false),
        container_filtering: Some(false),
        attribute_filtering: Some(false),
        custom_rules: Some(false),
        alternate_id: Some(false),
        password_hash_sync: Some(false),
        password_writeback: Some(false),
        exchange_hybrid: Some(false),
        device_writeback: Some(false),
        group_writeback: Some(false),
        pass_through: Some(false),
        federation: Some(false),
        seamless_single_sign_on: Some(false),
    }
}

/// A deployment: the rehearsal ran in hour 1, and everything else is for the test to add.
struct Scene {
    switches: Switches,
    rehearsed: Rehearsed,
    evidence: Vec<Evidence>,
    words: Vec<Word>,
    cut_over: Option<CutOver>,
}

impl Scene {
    fn new(switches: Switches) -> Self {
        let run = || Some(RehearsedRun { ended_at: hour(1), result: "success".to_owned() });
        let connector = |name: &str| RehearsedConnector {
            name: name.to_owned(),
            full_import: run(),
            full_synchronization: run(),
        };
        let rehearsed = Rehearsed {
            bundle: Some(("ab".repeat(32), hour(0))),
            rule_basis: Some("target".to_owned()),
            connectors: vec![connector("corp"), connector("cloud")],
        };
        Self { switches, rehearsed, evidence: Vec::new(), words: Vec::new(), cut_over: None }
    }

    fn at(&self, n: i64) -> Checklist {
        let known = Known {
            deployment: "Fabrikam",
            tool_version: "0",
            switches: &self.switches,
            evidence: &self.evidence,
            words: &self.words,
            rehearsed: &self.rehearsed,
            cut_over: self.cut_over.as_ref(),
        };
        evaluate(&known, hour(n))
    }

    fn see(&mut self, kind: EvidenceKind, holds: bool, n: i64) -> &mut Self {
        let mut it = Evidence::new(kind, holds, format!("{kind} at {n}"), "test", hour(n));
        it.host = (kind == EvidenceKind::OldServerOff).then(|| "old1".to_owned());
        self.evidence.push(it);
        self
    }

    fn say(&mut self, id: &str, n: i64) -> &mut Self {
        self.words.retain(|it| it.id != id);
        self.words.push(Word {
            id: id.to_owned(),
            evidence: "done".to_owned(),
            source: "Ann".to_owned(),
            author: "Ann".to_owned(),
            recorded_at: hour(n),
            valid_until: valid_until(id, hour(n)),
            sha256: None,
        });
        self
    }

    /// Every connector was imported and synchronised in an hour.
    fn sync(&mut self, n: i64) -> &mut Self {
        for connector in &mut self.rehearsed.connectors {
            for run in [&mut connector.full_import, &mut connector.full_synchronization] {
                run.as_mut().unwrap().ended_at = hour(n);
            }
        }
        self
    }

    /// Everything up to the switch that takes a word has one, and programs saw the rest; the old server is off since hour
    /// 20, imported, synchronised and verified again in hour 21.
    fn ready(switches: Switches) -> Self {
        let mut scene = Self::new(switches);
        for row in rows().filter(|it| it.phase <= Phase::Cutover) {
            if matches!(row.proof, Proof::Word(_)) {
                scene.say(row.id, 19);
            }
        }
        for kind in [EvidenceKind::ServerOperations, EvidenceKind::StagingOn] {
            scene.see(kind, true, 10);
        }
        scene.see(EvidenceKind::Verification, true, 10);
        scene.see(EvidenceKind::OldServerOff, true, 20);
        scene.sync(21);
        for kind in [EvidenceKind::Anchors, EvidenceKind::Comparison, EvidenceKind::Verification] {
            scene.see(kind, true, 21);
        }
        scene
    }
}

fn state(list: &Checklist, id: &str) -> ItemState {
    list.item(id).unwrap().state
}

fn why(list: &Checklist, id: &str) -> String {
    list.item(id).unwrap().why.clone()
}

#[test]
fn the_rehearsal_shows_its_own_part() {
    let list = Scene::new(plain()).at(2);
    for id in ["settings-exported", "rehearsed-import", "rehearsed-synchronization", "target-rules"]
    {
        assert_eq!(state(&list, id), ItemState::Done, "{id}");
    }
    let bundle = list.item("settings-exported").unwrap().seen.as_ref().unwrap();
    assert_eq!(bundle.sha256.as_deref(), Some("ab".repeat(32).as_str()));

    let mut scene = Scene::new(plain());
    scene.rehearsed.connectors[0].full_import.as_mut().unwrap().result =
        "completed-with-errors".to_owned();
    scene.rehearsed.connectors[1].full_synchronization = None;
    for (basis, expected) in
        [("built-in", false), ("sample", false), ("original", false), ("target", true)]
    {
        scene.rehearsed.rule_basis = Some(basis.to_owned());
        let list = scene.at(2);
        assert_eq!(state(&list, "target-rules") == ItemState::Done, expected, "{basis}");
    }
    let list = scene.at(2);
    assert_eq!(why(&list, "rehearsed-import"), "corp: completed-with-errors");
    assert_eq!(why(&list, "rehearsed-synchronization"), "cloud: not done");
    let empty = Scene { rehearsed: Rehearsed::default(), ..Scene::new(plain()) }.at(2);
    for id in ["settings-exported", "rehearsed-import", "target-rules"] {
        assert_eq!(state(&empty, id), ItemState::Open, "{id}");
    }
}

#[test]
fn evidence_grows_old_and_is_replaced() {
    let mut scene = Scene::new(plain());
    scene.see(EvidenceKind::Verification, true, 10);
    // 24 hours to the second.
    assert_eq!(state(&scene.at(34), "pending-exports-clean"), ItemState::Done);
    let list = scene.at(35);
    assert_eq!(state(&list, "pending-exports-clean"), ItemState::Stale);
    assert_eq!(
        why(&list, "pending-exports-clean"),
        format!("what showed it counted until {}: show it again", hour(34))
    );
    assert!(list.item("pending-exports-clean").unwrap().is_in_the_way());
    scene.see(EvidenceKind::Verification, false, 36);
    assert_eq!(why(&scene.at(37), "pending-exports-clean"), "verification at 36");
    scene.see(EvidenceKind::Verification, true, 38);
    assert_eq!(state(&scene.at(39), "pending-exports-clean"), ItemState::Done);
    // Before it was seen there was only the one that was not clean.
    assert_eq!(state(&scene.at(37), "pending-exports-clean"), ItemState::Open);
    // A new run of the rehearsal makes it worthless.
    scene.rehearsed.connectors[0].full_synchronization.as_mut().unwrap().ended_at = hour(39);
    assert_eq!(
        why(&scene.at(40), "pending-exports-clean"),
        format!("the rehearsal ran again since ({}): look again", hour(39))
    );
    assert_eq!(state(&scene.at(40), "anchors-proven"), ItemState::Open);
}

#[test]
fn words_count_for_as_long_as_the_catalogue_says() {
    let mut scene = Scene::new(plain());
    scene.say("go-signed", 10).say("recycle-bin", 10);
    // Three days.
    assert_eq!(state(&scene.at(82), "go-signed"), ItemState::Done);
    assert_eq!(state(&scene.at(83), "go-signed"), ItemState::Stale);
    assert_eq!(state(&scene.at(10_000), "recycle-bin"), ItemState::Done);
    assert_eq!(
        scene.at(83).item("go-signed").unwrap().seen.as_ref().unwrap().author.as_deref(),
        Some("Ann")
    );
    let early = scene.at(9);
    assert_eq!(state(&early, "go-signed"), ItemState::Open);
    assert!(why(&early, "go-signed").contains("check the clock"));
    assert_eq!(valid_until("go-signed", hour(10)), Some(hour(82)));
    assert_eq!(valid_until("recycle-bin", hour(10)), None);
    assert_eq!(valid_until("leave-staging", hour(10)), None);
    assert_eq!(valid_until("nonsense", hour(10)), None);
}

#[test]
fn the_go_ahead_needs_everything() {
    let decision = |scene: &Scene| scene.at(22).go_ahead.decision;
    let scene = Scene::ready(plain());
    let list = scene.at(22);
    assert_eq!(list.go_ahead.decision, Decision::Go, "{:?}", list.go_ahead.reasons);
    assert!(list.is_blocked(Phase::Cutover), "the switch itself is open");
    assert!(!list.is_blocked(Phase::Verify));
    // All of old server off, verified, target's rules: 2^3 cases, one go.
    for case in 0..8 {
        let (off, clean, target) = (case & 1 == 0, case & 2 == 0, case & 4 == 0);
        let mut scene = Scene::ready(plain());
        for it in &mut scene.evidence {
            match it.kind {
                EvidenceKind::OldServerOff => it.holds = off,
                EvidenceKind::Verification => it.holds = clean,
                _ => {}
            }
        }
        scene.rehearsed.rule_basis = Some(if target { "target" } else { "built-in" }.to_owned());
        let expected = if case == 0 { Decision::Go } else { Decision::No };
        let list = scene.at(22);
        assert_eq!(list.go_ahead.decision, expected, "off {off}, clean {clean}, target {target}");
        let says = |text: &str| list.go_ahead.reasons.iter().any(|it| it.contains(text));
        if case != 0 {
            assert_eq!(says("old server is not shown"), !off);
            assert_eq!(says("verification is not clean"), !clean);
            assert_eq!(says("new server's own rules"), !target);
        }
    }
    // Each other blocking item is enough to say no.
    for row in rows().filter(|it| matches!(it.proof, Proof::Word(_)) && it.phase <= Phase::Cutover)
    {
        let mut scene = Scene::ready(plain());
        scene.words.retain(|it| it.id != row.id);
        let is_needed = row.blocking && state(&scene.at(22), row.id) != ItemState::NotApplicable;
        assert_eq!(decision(&scene) == Decision::No, is_needed, "{}", row.id);
    }
    // What was verified before the old server stopped is not enough.
    let mut scene = Scene::ready(plain());
    scene.sync(1).evidence.pop();
    assert_eq!(decision(&scene), Decision::No);
    assert_eq!(state(&scene.at(22), "pending-exports-clean"), ItemState::Done);
    assert!(why(&scene.at(22), "verified-again").starts_with("it was seen before old-server-off"));
    // Nor is what was verified since, of directories that were read before: all of them, imported and synchronised.
    let mut scene = Scene::ready(plain());
    assert_eq!(decision(scene.sync(20)), Decision::No);
    assert_eq!(state(&scene.at(22), "pending-exports-clean"), ItemState::Done);
    assert_eq!(
        why(&scene.at(22), "verified-again"),
        format!(
            "the directories were read before old-server-off ({}): run `dirlift sync`, then look again",
            hour(20)
        )
    );
    for turn in [
        (|it| it.connectors[1].full_import.as_mut().unwrap().ended_at = hour(19))
            as fn(&mut Rehearsed),
        |it| it.connectors[0].full_synchronization.as_mut().unwrap().ended_at = hour(19),
    ] {
        let mut scene = Scene::ready(plain());
        turn(&mut scene.rehearsed);
        assert_eq!(state(&scene.at(22), "verified-again"), ItemState::Stale);
        assert_eq!(decision(&scene), Decision::No);
    }
    // And the go-ahead grows old with its evidence: that of hour 20 until hour 44.
    let scene = Scene::ready(plain());
    assert_eq!(scene.at(45).go_ahead.decision, Decision::No);
}

#[test]
fn what_was_read_of_the_directories_grows_old() {
    let mut scene = Scene::new(plain());
    for id in ["rehearsed-import", "rehearsed-synchronization"] {
        // It ran in hour 1; three days.
        assert_eq!(state(&scene.at(73), id), ItemState::Done, "{id}");
        assert_eq!(state(&scene.at(74), id), ItemState::Stale, "{id}");
    }
    // One connector alone does not make the others younger.
    let run = |it: &mut Option<RehearsedRun>, n| it.as_mut().unwrap().ended_at = hour(n);
    run(&mut scene.rehearsed.connectors[0].full_import, 70);
    assert_eq!(state(&scene.at(74), "rehearsed-import"), ItemState::Stale);
    // A synchronization counts only when every import came before it.
    let list = scene.at(73);
    assert_eq!(state(&list, "rehearsed-import"), ItemState::Done);
    assert_eq!(
        why(&list, "rehearsed-synchronization"),
        "corp: a directory was imported again since; cloud: a directory was imported again since"
    );
    for connector in &mut scene.rehearsed.connectors {
        run(&mut connector.full_synchronization, 70);
    }
    assert_eq!(state(&scene.at(73), "rehearsed-synchronization"), ItemState::Done);
}

#[test]
fn the_old_server_is_shown_by_its_own_snapshot_or_a_file() {
    let mut scene = Scene::ready(plain());
    for it in scene.evidence.iter_mut().filter(|it| it.kind == EvidenceKind::OldServerOff) {
        it.host = Some("OLD2".to_owned());
    }
    assert_eq!(state(&scene.at(22), "old-server-off"), ItemState::Open, "another machine");
    // The machine is dead; somebody says so, with a file.
    scene.say("old-server-off", 20);
    assert_eq!(scene.at(22).go_ahead.decision, Decision::Go);
    // Then it is seen running after all.
    scene.see(EvidenceKind::OldServerOff, false, 21);
    assert_eq!(scene.at(22).go_ahead.decision, Decision::No);
    for (a, b, same) in [
        ("OLD1.corp.example", "old1", true),
        ("old1", "OLD1.corp.example", true),
        ("old1.a.example", "old1.b.example", false),
        ("old1", "old11", false),
    ] {
        let mut scene = Scene::ready(Switches { old_host: Some(a.to_owned()), ..plain() });
        for it in scene.evidence.iter_mut().filter(|it| it.kind == EvidenceKind::OldServerOff) {
            it.host = Some(b.to_owned());
        }
        let done = state(&scene.at(22), "old-server-off") == ItemState::Done;
        assert_eq!(done, same, "{a} {b}");
    }
}

#[test]
fn the_gap_and_two_active_servers_are_told() {
    let scene = Scene::ready(plain());
    assert!(scene.at(22).go_ahead.notice.unwrap().starts_with("Nothing synchronises"));
    assert_eq!(Scene::new(plain()).at(2).go_ahead.notice, None);
    let mut both = Scene::new(plain());
    both.see(EvidenceKind::StagingOn, false, 3);
    assert!(both.at(4).go_ahead.notice.unwrap().starts_with("Both servers may be active"));
}

#[test]
fn words_are_taken_in_order_only() {
    let refused = |list: &Checklist, id: &str, file| may_record(list, id, file).unwrap_err();
    let start = Scene::new(plain()).at(2);
    assert_eq!(may_record(&start, "bundle-kept", false), Ok(()));
    assert_eq!(
        refused(&start, "federation-noted", false),
        Refused::NotApplicable("only where a domain is federated".to_owned())
    );
    assert!(matches!(refused(&start, "target-rules", true), Refused::Proof(_)));
    assert!(matches!(refused(&start, "staging-shown", false), Refused::Proof(_)));
    assert_eq!(may_record(&start, "staging-shown", true), Ok(()));
    assert_eq!(
        refused(&start, "old-server-off", true),
        Refused::Waits(vec!["pending-exports-clean".to_owned(), "old-runs-ended".to_owned()])
    );
    assert!(matches!(refused(&start, "leave-staging", true), Refused::NoGo(_)));
    assert_eq!(
        refused(&start, "licences", false),
        Refused::Waits(vec!["leave-staging".to_owned()])
    );
    assert_eq!(
        refused(&start, "old-server-of", false),
        Refused::Unknown(vec!["old-server-backed-up", "old-server-off", "old-server-stays-off"])
    );
    assert_eq!(refused(&start, "../x", false), Refused::Unknown(Vec::new()));
    let ready = Scene::ready(plain()).at(22);
    assert_eq!(may_record(&ready, "leave-staging", false), Ok(()));
    let mut past = Scene::ready(plain());
    past.cut_over = Some(CutOver { at: hour(23), evidence: String::new() });
    assert_eq!(refused(&past.at(24), "leave-staging", false), Refused::Past);
    assert_eq!(may_record(&past.at(24), "licences", false), Ok(()));
    // Without the bundle nothing of the old server may go: the first thing of all.
    let mut no_bundle = Scene::ready(plain());
    no_bundle.rehearsed.bundle = None;
    no_bundle.evidence.retain(|it| it.kind != EvidenceKind::OldServerOff);
    let Refused::Waits(ids) = refused(&no_bundle.at(22), "old-server-off", true) else { panic!() };
    assert!(ids.contains(&"settings-exported".to_owned()), "{ids:?}");
}

#[test]
fn the_same_facts_give_the_same_list() {
    let scene = Scene::ready(plain());
    assert_eq!(scene.at(22), scene.at(22));
    let mut turned = Scene::ready(plain());
    turned.words.reverse();
    assert_eq!(turned.at(22), scene.at(22));
    // Times at the end of what there is do not overflow.
    let mut late = Scene::ready(plain());
    late.evidence[0].seen_at = Timestamp::MAX;
    let known = Known {
        deployment: "",
        tool_version: "",
        switches: &late.switches,
        evidence: &late.evidence,
        words: &late.words,
        rehearsed: &late.rehearsed,
        cut_over: None,
    };
    assert_eq!(evaluate(&known, Timestamp::MAX).go_ahead.decision, Decision::No);
}
