//! Which items concern whom, and the table itself.
use std::collections::BTreeSet;

use dirlift_model::{
    Product,
    checklist::{EvidenceKind, ItemState, Switches},
};
use dirlift_verifier::checklist::{Condition, rows};

use crate::{Scene, plain, state, why};

/// The items that concern a customer.
fn concerned(switches: &Switches) -> BTreeSet<&'static str> {
    let list = Scene::new(switches.clone()).at(2);
    rows().map(|it| it.id).filter(|id| state(&list, id) != ItemState::NotApplicable).collect()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_switch_brings_exactly_its_items() {
    let usual = concerned(&plain());
    // What is turned, which items come, which go.
    type Case = (&'static str, fn(&mut Switches), &'static [&'static str], &'static [&'static str]);
    let cases: &[Case] = &[
        (
            "successor of DirSync",
            |it| it.product = Some(Product::EntraConnect),
            &["automatic-upgrade-off"],
            &["credentials-ready"],
        ),
        (
            "in place",
            |it| it.in_place = Some(true),
            &["upgrade-in-place"],
            &[
                "configurations-compared",
                "installed-in-staging",
                "leave-staging",
                "old-product-uninstalled",
                "old-roles-moved",
                "old-server-stays-off",
                "prediction-compared",
                "server-operations",
                "signed-out-and-in",
                "staging-shown",
            ],
        ),
        (
            "existing database",
            |it| it.existing_database = Some(true),
            &["existing-database-fits", "existing-database-sign-in"],
            &[],
        ),
        ("full SQL", |it| it.full_sql = Some(true), &["sql-instance-own"], &[]),
        ("remote SQL", |it| it.remote_sql = Some(true), &["sql-service-account"], &[]),
        ("many objects", |it| it.needs_full_sql = Some(true), &["target-full-sql"], &[]),
        ("forests", |it| it.several_forests = Some(true), &["forests-matched"], &[]),
        ("containers", |it| it.container_filtering = Some(true), &["scope-applied"], &[]),
        (
            "attribute filters",
            |it| it.attribute_filtering = Some(true),
            &["attribute-filters-made"],
            &[],
        ),
        ("custom rules", |it| it.custom_rules = Some(true), &["custom-rules-made"], &[]),
        (
            "alternate ID",
            |it| it.alternate_id = Some(true),
            &["alternate-id-chosen", "alternate-id-filled"],
            &[],
        ),
        (
            "password hashes",
            |it| it.password_hash_sync = Some(true),
            &["password-backlog", "password-hash-rights", "password-hash-tried"],
            &[],
        ),
        (
            "password writeback",
            |it| it.password_writeback = Some(true),
            &["password-writeback-rights", "password-writeback-tried"],
            &[],
        ),
        (
            "Exchange hybrid",
            |it| it.exchange_hybrid = Some(true),
            &["exchange-hybrid-rights", "exchange-hybrid-tried", "writeback-reviewed"],
            &[],
        ),
        (
            "device writeback",
            |it| it.device_writeback = Some(true),
            &["device-writeback-made", "device-writeback-tried", "writeback-reviewed"],
            &[],
        ),
        (
            "group writeback",
            |it| it.group_writeback = Some(true),
            &["group-writeback-decided", "group-writeback-tried", "writeback-reviewed"],
            &[],
        ),
        ("pass-through", |it| it.pass_through = Some(true), &["pass-through-agents"], &[]),
        (
            "federation",
            |it| it.federation = Some(true),
            &["federated-names", "federation-compared", "federation-noted"],
            &[],
        ),
        (
            "seamless single sign-on",
            |it| it.seamless_single_sign_on = Some(true),
            &["seamless-sign-on"],
            &[],
        ),
    ];
    for (name, turn, come, go) in cases {
        let mut switches = plain();
        turn(&mut switches);
        let with = concerned(&switches);
        let came: Vec<_> = with.difference(&usual).copied().collect();
        let gone: Vec<_> = usual.difference(&with).copied().collect();
        assert_eq!((came, gone), (come.to_vec(), go.to_vec()), "{name}");
    }
}

#[test]
fn what_is_not_known_appears_and_says_so() {
    let mut switches = plain();
    switches.federation = None;
    let list = Scene::new(switches).at(2);
    let it = list.item("federation-noted").unwrap();
    assert_eq!((it.state, it.blocking), (ItemState::Open, true));
    assert_eq!(it.why, "it is not known whether a domain is federated");
    let off = Scene::new(plain()).at(2);
    assert_eq!(why(&off, "federation-noted"), "only where a domain is federated");
    // One thing that is off is enough to know; one of several that is on as well.
    let mut some = plain();
    some.device_writeback = None;
    assert_eq!(Condition::AnyWriteback.holds(&some), None);
    some.exchange_hybrid = Some(true);
    assert_eq!(Condition::AnyWriteback.holds(&some), Some(true));
    assert_eq!(Condition::AnyWriteback.holds(&plain()), Some(false));
}

#[test]
fn the_catalogue_is_in_order_and_complete() {
    let all: Vec<_> = rows().collect();
    assert!(all.is_sorted_by_key(|it| it.phase));
    let ids: BTreeSet<_> = all.iter().map(|it| it.id).collect();
    assert_eq!(ids.len(), all.len(), "an id is used twice");
    let place = |id: &str| all.iter().position(|it| it.id == id).unwrap();
    for row in &all {
        for text in [row.title, row.what, row.rollback, row.reference] {
            assert!(!text.is_empty() && text.trim() == text, "{}", row.id);
        }
        assert!(!row.title.ends_with('.') && row.what.ends_with('.'), "{}", row.id);
        assert!(row.checked.parse::<jiff::civil::Date>().is_ok(), "{}", row.id);
        for it in row.needs.iter().chain(&row.after) {
            assert!(place(it) < place(row.id), "{} needs {it}, which comes later", row.id);
        }
    }
    for condition in Condition::ALL {
        assert!(all.iter().any(|it| it.when.contains(&condition)), "{condition:?} is not used");
    }
    for kind in EvidenceKind::ALL {
        assert!(all.iter().any(|it| it.proof.kind() == Some(kind)), "{kind} is not used");
    }
    // The order of the vendor's document: export, uninstall or disable, leave staging, then licences and the rest.
    let order = [
        "settings-exported",
        "rehearsed-import",
        "rehearsed-synchronization",
        "pending-exports-clean",
        "old-server-off",
        "leave-staging",
        "installation-verified",
        "licences",
        "accidental-deletes",
        "scheduler",
        "automatic-upgrade",
        "health",
    ];
    assert!(order.is_sorted_by_key(|it| place(it)), "{order:?}");
    assert_eq!(place("settings-exported"), 0);
}
