//! Synchronization, worked out by hand: `sync_cases/*.txt`.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
mod common;

use std::{fmt::Write as _, fs, path::Path};

use common::sync::{Case, cases, run, shown};
use dirlift_model::AttributeValue;
use proptest::prelude::*;

fn all() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sync_cases");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    files.iter().flat_map(|it| cases(&fs::read_to_string(it).unwrap())).collect()
}

/// The one case of a text, and the order in which it has its objects.
fn only(text: &str) -> (Case, Vec<usize>) {
    let case = cases(text).remove(0);
    let order = (0..case.objects.len()).collect();
    (case, order)
}

fn lines(case: &Case, order: &[usize], threads: usize) -> Vec<String> {
    let asks = |word: &str| case.expected.iter().any(|it| it.starts_with(word));
    shown(&run(case, order, threads), asks("mv "), asks("count "))
}

#[test]
fn cases_come_out_as_worked_out_by_hand() {
    let (mut wrong, mut n_cases) = (String::new(), 0);
    let mut names = std::collections::BTreeSet::new();
    for case in all() {
        n_cases += 1;
        assert!(names.insert(case.name.clone()), "two cases are called {}", case.name);
        let order: Vec<_> = (0..case.objects.len()).collect();
        let found = lines(&case, &order, 1);
        let mut expected = case.expected.clone();
        expected.retain(|it| it != "mv none");
        expected.sort();
        if found == expected {
            continue;
        }
        writeln!(wrong, "case {}", case.name).unwrap();
        let missing = expected.iter().filter(|it| !found.contains(it));
        missing.for_each(|it| writeln!(wrong, "  missing    {it}").unwrap());
        let other = found.iter().filter(|it| !expected.contains(it));
        other.for_each(|it| writeln!(wrong, "  unexpected {it}").unwrap());
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(n_cases >= 80, "{n_cases}");
}

#[test]
fn a_photo_may_have_100_kilobytes() {
    let rules = "case photo\n\
        rule 100 in user person Provision\n  join sid = sid\n  flow sid <- sid\n  flow thumbnailPhoto <- photo\n\
        rule 200 out person user Provision aad\n  flow dn = \"CN=\" & [sid]\n  flow thumbnailPhoto <- thumbnailPhoto\n\
        AD user CN=a: sid = \"1\"\n";
    for (n_bytes, expected) in
        [(100 * 1024, None), (100 * 1024 + 1, Some("AAD CN=1 LargeObject thumbnailPhoto"))]
    {
        let mut case = cases(rules).remove(0);
        let photo = AttributeValue::Binary(vec![0; n_bytes]);
        case.objects[0].1.set("photo".into(), vec![photo]);
        let done = run(&case, &[0], 1);
        let told: Vec<_> = done.predicted().iter().map(ToString::to_string).collect();
        assert_eq!(told, Vec::from_iter(expected), "{n_bytes}");
    }
}

#[test]
fn what_an_absent_attribute_makes_assumed_is_told() {
    let assumed = |flow: &str, objects: &str| {
        let text = format!(
            "case absent\nrule 100 in user person Provision\n  flow sid <- sid\n  flow name {flow}\n{objects}"
        );
        let (case, order) = only(&text);
        run(&case, &order, 1).summary().assumptions.clone()
    };
    let (without, with) = ("AD user CN=a: sid = \"1\"\n", "AD user CN=b: name = \"b\"\n");
    for objects in [without.to_owned(), format!("{with}{without}")] {
        assert!(assumed("= Trim([name])", &objects).contains(&"A-NULL-TEXT"), "{objects}");
    }
    assert!(!assumed("= Trim([name])", with).contains(&"A-NULL-TEXT"));
    assert!(!assumed("<- name", without).contains(&"A-NULL-TEXT"));
}

/// More objects than one piece of work has, so that pieces meet.
#[test]
fn what_pieces_of_work_do_does_not_show() {
    const N_USERS: usize = 9_000;
    let mut text = "case many\n\
        rule 100 in user person Provision\n  join sid = sid\n  flow sid <- sid\n\
        flow name = Trim([name])\n  flow upper = UCase([name])\n  flow manager <- manager\n\
        rule 110 in user person Join ad2\n  join mail = name\n  flow mail <- mail\n\
        rule 200 out person user Provision aad\n  join sid = sid\n  flow dn = \"CN=\" & [sid]\n\
        flow name <- name\n  flow upper <- upper\n  flow manager <- manager\n  flow mail <- mail\n"
        .to_owned();
    let mut add = |line: String| writeln!(text, "{line}").unwrap();
    for it in 0..N_USERS {
        let manager = format!("dn:\"CN=user{}\"", it / 10);
        add(format!(
            "AD user CN=user{it}: sid = \"{it}\"; name = \"User {it} \"; manager = {manager}"
        ));
        if it % 3 == 0 {
            add(format!("AD2 user CN=mail{it}: mail = \"USER {it}\""));
        }
        if it % 100 > 0 {
            let name = if it % 50 == 1 { "Old" } else { "User" };
            let manager = (it / 10) % 100;
            let manager = if manager > 0 {
                format!("; manager = dn:\"CN={}\"", it / 10)
            } else {
                String::new()
            };
            let mail = if it % 3 == 0 { format!("; mail = \"USER {it}\"") } else { String::new() };
            add(format!(
                "AAD user CN={it} synced: sid = \"{it}\"; name = \"{name} {it}\"; upper = \"USER {it} \"{manager}{mail}"
            ));
        }
    }
    for it in 0..7 {
        add(format!("AAD user CN=gone{it} synced: sid = \"gone{it}\""));
    }
    let (case, straight) = only(&text);
    let reverse: Vec<_> = straight.iter().rev().copied().collect();
    let one = run(&case, &straight, 1);
    // One in a hundred is not in the cloud yet; the others have an old name where the remainder of 50 is 1, and lack
    // their manager where he is new.
    let is_new = |it: usize| it.is_multiple_of(100);
    let changes = |it: &usize| !is_new(*it) && (it % 50 == 1 || is_new(it / 10));
    let cloud = one.summary().connectors.iter().find(|it| it.connector == "AAD").unwrap().clone();
    let counts = cloud.exports.into_values().map(|it| usize::try_from(it).unwrap());
    let expected = [N_USERS / 100, (0..N_USERS).filter(changes).count(), 7];
    assert!(counts.eq(expected), "{:?}", one.summary());
    let expected = shown(&one, true, true);
    // Each has its own values, whatever piece it was in.
    for it in (0..N_USERS).filter(|it| is_new(*it)) {
        let head = format!("export AAD add user CN={it}: ");
        let line = expected.iter().find(|it| it.starts_with(&head)).unwrap();
        for value in [format!("name = \"User {it}\" "), format!("upper = \"USER {it} \" ")] {
            assert!(line.contains(&value), "{line}");
        }
    }
    assert_eq!(shown(&run(&case, &straight, 3), true, true), expected);
    assert_eq!(shown(&run(&case, &reverse, 2), true, true), expected);
}

/// Objects of one name that differ in their mark alone: which of them counts rests on nothing else.
#[test]
fn objects_of_one_name_come_out_the_same_on_any_number_of_threads() {
    let mut text = "case twice\n\
        rule 100 in user person Provision\n  join sid = sid\n  flow sid <- sid\n\
        rule 200 out person user Provision aad\n  join sid = sid\n  flow dn = \"CN=\" & [sid]\n  flow sid <- sid\n"
        .to_owned();
    for it in 0..4_500 {
        writeln!(text, "AAD user CN=k{it} synced: sid = \"{it}\"").unwrap();
        writeln!(text, "AAD user CN=k{it} cloud: sid = \"{it}\"").unwrap();
    }
    let (case, straight) = only(&text);
    let reverse: Vec<_> = straight.iter().rev().copied().collect();
    let expected = shown(&run(&case, &straight, 1), true, true);
    assert!(shown(&run(&case, &straight, 2), true, true) == expected);
    assert!(shown(&run(&case, &reverse, 1), true, true) == expected);
    assert!(shown(&run(&case, &reverse, 3), true, true) == expected);
}

/// Each of two criteria fits many, and both fit one alone, which is looked at last.
#[test]
fn what_is_found_late_is_found() {
    let mut text = "case late\n\
        rule 100 in user person Provision\n  flow sid <- sid\n  flow mail <- mail\n\
        rule 110 in user person Join ad2\n  join sid = sid AND mail = mail\n  flow note <- note\n\
        AD user CN=a: sid = \"s\"; mail = \"m\"\n\
        AD2 user CN=w: sid = \"s\"; mail = \"m\"; note = \"found\"\n"
        .to_owned();
    for it in 0..100 {
        writeln!(text, "AD user CN=u{it}: sid = \"s\"; mail = \"other\"").unwrap();
        writeln!(text, "AD user CN=v{it}: sid = \"other\"; mail = \"m\"").unwrap();
    }
    let (case, order) = only(&text);
    let found = shown(&run(&case, &order, 1), true, false);
    let expected = "mv person [AD CN=a; AD2 CN=w] mail = \"m\" (R100); note = \"found\" (R110); sid = \"s\" (R100)";
    assert!(found.iter().any(|it| it == expected), "{found:?}");
}

/// Every object meets every other by a criterion that all fit: time grows with the square, memory must not.
#[test]
fn what_everything_fits_needs_no_memory() {
    const N_OBJECTS: usize = 700;
    let mut text = "case same\n\
        rule 100 in user person Provision\n  flow sid <- sid\n  flow mail <- mail\n\
        rule 110 in user person Provision ad2\n  join sid = sid AND mail = mail\n"
        .to_owned();
    for it in 0..N_OBJECTS {
        writeln!(text, "AD user CN=u{it}: sid = \"same\"; mail = \"a\"").unwrap();
        writeln!(text, "AD2 user CN=w{it}: sid = \"same\"; mail = \"b\"").unwrap();
        writeln!(text, "AD user CN=v{it}: sid = \"other\"; mail = \"b\"").unwrap();
    }
    let (case, order) = only(&text);
    let memory = allocation_counter::measure(|| {
        let done = run(&case, &order, 1);
        assert_eq!(done.summary().metaverse_objects, 3 * N_OBJECTS as u64);
    });
    assert!(memory.bytes_max < 2 << 20, "{} bytes", memory.bytes_max);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn neither_order_nor_threads_matter(seed in any::<u64>(), threads in 1_usize..4) {
        for case in all() {
            let straight: Vec<_> = (0..case.objects.len()).collect();
            let mut order = straight.clone();
            let mut random = seed;
            for at in (1..order.len()).rev() {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                order.swap(at, usize::try_from(random >> 33).unwrap() % (at + 1));
            }
            prop_assert_eq!(lines(&case, &straight, 1), lines(&case, &order, threads), "{}", case.name);
        }
    }
}
