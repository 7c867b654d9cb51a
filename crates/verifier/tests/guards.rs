//! Each guard just below and just above its limit.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
use dirlift_model::{
    AttributeValue, PendingExport,
    pending::{AttributeChange, Operation},
};
use dirlift_verifier::{
    Guards, LicensedChange, Limits, Marks, Origin, Population, Sensitive, Tripped, Verdict,
};

fn export(operation: Operation, object_type: &str, dn: &str) -> PendingExport {
    PendingExport {
        connector: "AAD".to_owned(),
        operation,
        object_type: object_type.into(),
        dn: dn.parse().unwrap(),
        new_dn: None,
        anchor: None,
        display_name: None,
        changes: Vec::new(),
        cause: None,
        unreadable: Vec::new(),
    }
}

fn change(attribute: &str, old: &str, new: AttributeValue) -> AttributeChange {
    let old =
        if old.is_empty() { Vec::new() } else { vec![AttributeValue::String(old.to_owned())] };
    AttributeChange { attribute: attribute.into(), old, new: vec![new], rule: None, flow: None }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::String(value.to_owned())
}

fn judge(limits: Limits, exports: impl IntoIterator<Item = PendingExport>) -> Verdict {
    let population = Population([("user".into(), 100), ("group".into(), 100)].into());
    let sensitive = Sensitive {
        administrators: [("CN=admin".parse().unwrap())].into(),
        licensed: [("CN=paid".parse().unwrap())].into(),
    };
    let mut guards = Guards::new("AAD", limits, population, sensitive);
    exports.into_iter().for_each(|it| guards.see(&it));
    guards.verdict()
}

fn deletes(n: usize, object_type: &str) -> Vec<PendingExport> {
    (0..n).map(|it| export(Operation::Delete, object_type, &format!("CN={it}"))).collect()
}

#[test]
fn five_hundred_deletes_pass_and_one_more_does_not() {
    assert!(judge(Limits::default(), deletes(500, "user")).passes());
    let mut all = deletes(500, "user");
    all.push(export(Operation::DeleteAdd, "contact", "CN=x"));
    let verdict = judge(Limits::default(), all);
    assert_eq!(verdict.tripped, [Tripped::Deletes { count: 501, limit: 500 }]);
    assert_eq!(verdict.tripped[0].to_string(), "501 deletes, and at most 500 pass");
    assert_eq!((verdict.seen.exports, verdict.seen.deletes), (501, 501));
}

#[test]
fn exports_of_other_connectors_do_not_count() {
    let mut other = export(Operation::Delete, "user", "CN=admin");
    other.connector = "AD".to_owned();
    let verdict = judge(Limits { deletes: Some(0), ..Limits::default() }, [other]);
    assert!(verdict.passes() && verdict.seen.exports == 0);
}

#[test]
fn deletes_in_percent_of_all_objects() {
    // 10 % of 200 objects are 20.
    let limits = Limits { deletes: None, delete_percent: Some(10), ..Limits::default() };
    assert!(judge(limits.clone(), deletes(20, "user")).passes());
    let verdict = judge(limits.clone(), deletes(21, "user"));
    assert_eq!(verdict.tripped, [Tripped::DeletePercent { count: 21, of: 200, limit: 10 }]);
    let mut guards = Guards::new("AAD", limits, Population::default(), Sensitive::default());
    guards.see(&export(Operation::Delete, "user", "CN=x"));
    let verdict = guards.verdict();
    assert!(verdict.passes());
    assert_eq!(verdict.not_checked[0].guard, "delete-percent");
}

#[test]
fn deletes_of_one_type() {
    let limits = Limits { deletes_by_type: [("Group".into(), 2)].into(), ..Limits::default() };
    assert!(judge(limits.clone(), deletes(3, "user")).passes());
    assert!(judge(limits.clone(), deletes(2, "group")).passes());
    let verdict = judge(limits, deletes(3, "group"));
    let expected = Tripped::DeletesOfType { object_type: "group".into(), count: 3, limit: 2 };
    assert_eq!(verdict.tripped, [expected]);
}

#[test]
fn one_attribute_on_many_objects() {
    let limits = Limits { attribute_percent: Some(5), ..Limits::default() };
    let updates = |n: usize, object_type: &'static str| {
        (0..n).map(move |it| PendingExport {
            changes: vec![change("mail", "a", text("b"))],
            ..export(Operation::Update, object_type, &format!("CN={it}"))
        })
    };
    assert!(judge(limits.clone(), updates(5, "user")).passes());
    let verdict = judge(limits.clone(), updates(6, "user"));
    assert_eq!(
        verdict.tripped[0].to_string(),
        "mail changes on 6 of 100 objects of type user, and at most 5 % pass"
    );
    // Five users and five groups are not ten of one type; adds are no changes.
    assert!(judge(limits.clone(), updates(5, "user").chain(updates(5, "group"))).passes());
    let adds = updates(50, "user").map(|it| PendingExport { operation: Operation::Add, ..it });
    assert!(judge(limits.clone(), adds).passes());
    let verdict = judge(limits, updates(50, "contact"));
    assert!(verdict.passes());
    assert_eq!(verdict.not_checked.len(), 1);
}

#[test]
fn any_change_to_an_administrator() {
    for operation in Operation::ALL {
        let verdict = judge(Limits::default(), [export(operation, "user", "cn=Admin")]);
        assert!(
            matches!(&verdict.tripped[..], [Tripped::Administrator { operation: it, .. }] if *it == operation),
            "{verdict:?}"
        );
    }
}

#[test]
fn what_a_licensed_user_must_not_lose() {
    let paid = |operation, changes: Vec<AttributeChange>| PendingExport {
        changes,
        ..export(operation, "user", "CN=paid")
    };
    let cases = [
        (paid(Operation::Delete, vec![]), Some(LicensedChange::Deleted)),
        (paid(Operation::DeleteAdd, vec![]), Some(LicensedChange::Deleted)),
        (
            paid(
                Operation::Update,
                vec![change("accountEnabled", "True", AttributeValue::Boolean(false))],
            ),
            Some(LicensedChange::Disabled),
        ),
        (paid(Operation::Update, vec![change("accountEnabled", "False", text("false"))]), None),
        (
            paid(
                Operation::Update,
                vec![change("accountEnabled", "False", AttributeValue::Boolean(true))],
            ),
            None,
        ),
        (
            paid(Operation::Update, vec![change("SourceAnchor", "A", text("B"))]),
            Some(LicensedChange::Anchor { old: "A".to_owned(), new: "B".to_owned() }),
        ),
        (paid(Operation::Update, vec![change("sourceAnchor", "", text("B"))]), None),
        (
            paid(Operation::Update, vec![change("userPrincipalName", "a@x", text("b@x"))]),
            Some(LicensedChange::UserPrincipalName {
                old: "a@x".to_owned(),
                new: "b@x".to_owned(),
            }),
        ),
        (paid(Operation::Update, vec![change("mail", "a@x", text("b@x"))]), None),
        (export(Operation::Delete, "user", "CN=unpaid"), None),
    ];
    for (export, expected) in cases {
        let verdict = judge(Limits::default(), [export.clone()]);
        let found: Vec<_> = verdict
            .tripped
            .into_iter()
            .map(|it| match it {
                Tripped::LicensedUser { change, .. } => change,
                other => panic!("{other}"),
            })
            .collect();
        assert_eq!(found, Vec::from_iter(expected), "{export:?}");
    }
}

#[test]
fn more_than_can_be_named_are_counted() {
    let all = (0..1_003).map(|_| export(Operation::Update, "user", "CN=admin"));
    let verdict = judge(Limits::default(), all);
    assert_eq!((verdict.tripped.len(), verdict.not_named), (1_000, 3));
}

proptest::proptest! {
    #[test]
    fn more_deletes_never_pass_where_fewer_do_not(n in 0_usize..40, more in 0_usize..10, limit in 0_u64..40) {
        let limits = Limits { deletes: Some(limit), ..Limits::default() };
        let (fewer, many) = (judge(limits.clone(), deletes(n, "user")), judge(limits, deletes(n + more, "user")));
        proptest::prop_assert!(fewer.passes() || !many.passes());
        proptest::prop_assert_eq!(fewer.passes(), n as u64 <= limit);
    }
}

#[test]
fn a_value_that_a_real_file_leaves_out_is_looked_up_or_taken_as_another() {
    let update = |attribute: &str, old: &str, new: &str| {
        let mut it = export(Operation::Update, "user", "CN=paid");
        it.changes.push(change(attribute, old, text(new)));
        it
    };
    let said = |export: &PendingExport, origin: Origin<'_>| {
        let (limits, population) = (Limits::default(), Population::default());
        let mut guards = Guards::new("AAD", limits, population, Sensitive::default());
        let marks = Marks { is_administrator: false, has_licence: true };
        guards.see_marked(export, marks, origin);
        guards.verdict().tripped.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let of = |name: &str, old: &str| {
        vec![format!("the licensed user CN=paid gets another {name}: `{old}` becomes `b`")]
    };
    for (attribute, name) in
        [("sourceAnchor", "source anchor"), ("userPrincipalName", "user principal name")]
    {
        let real = update(attribute, "", "b");
        let other = update("title", "a", "b");
        let unknown = of(name, "a value that is not known");
        assert_eq!(said(&real, Origin::Server(None)), unknown);
        assert_eq!(said(&real, Origin::Server(Some(&other))), unknown);
        assert_eq!(said(&real, Origin::Server(Some(&update(attribute, "a", "b")))), of(name, "a"));
        // The object had none, or has this one already; a rehearsal leaves nothing out.
        let none: Vec<String> = Vec::new();
        assert_eq!(said(&real, Origin::Server(Some(&update(attribute, "", "b")))), none);
        assert_eq!(said(&real, Origin::Server(Some(&update(attribute, "b", "c")))), none);
        assert_eq!(said(&real, Origin::Rehearsal), none);
    }
}

#[test]
fn a_hostile_number_of_types_and_attributes_is_bounded() {
    let limits = Limits {
        deletes: None,
        deletes_by_type: [("t5000".into(), 0), ("t1".into(), 0)].into(),
        attribute_percent: Some(50),
        ..Limits::default()
    };
    let updates = (0..3_000).map(|it| {
        let mut export = export(Operation::Update, &format!("t{it}"), "CN=x");
        export.changes = (0..40).map(|n| change(&format!("a{n}"), "", text("x"))).collect();
        export
    });
    let deletes = (0..3_000).map(|it| export(Operation::Delete, &format!("t{it}"), "CN=x"));
    let verdict = judge(limits, updates.chain(deletes));
    assert_eq!(
        verdict.tripped,
        [Tripped::DeletesOfType { object_type: "t1".into(), count: 1, limit: 0 }]
    );
    // 20,000 attributes of 40 each: 500 types, all of unknown size; and that there were more.
    assert_eq!(verdict.not_checked.len(), 501);
    let last = verdict.not_checked.last().unwrap();
    assert_eq!(last.guard, "counts by type and attribute");
}
