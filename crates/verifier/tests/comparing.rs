//! What is predicted and what a real server does, value by value.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
use Outcome::{Different, NotComparable, OnlyHere, OnlyThere, Same};
use dirlift_model::{
    AttributeValue, PendingExport,
    pending::{AttributeChange, Operation},
    verification::{Filter, Outcome},
};
use dirlift_verifier::{
    AcceptFormat, AcceptList, Compared, Guards, Limits, Marks, Met, Population, Review, Sensitive,
    Unreadable, Wanted, compare, one_sided,
};

fn string(value: &str) -> AttributeValue {
    AttributeValue::String(value.to_owned())
}

fn reference(value: &str) -> AttributeValue {
    AttributeValue::Reference(value.parse().unwrap())
}

fn export(operation: Operation, changes: Vec<AttributeChange>) -> PendingExport {
    PendingExport {
        connector: "AAD".to_owned(),
        operation,
        object_type: "user".into(),
        dn: "CN={51513D3D}".parse().unwrap(),
        new_dn: None,
        anchor: None,
        display_name: None,
        changes,
        cause: None,
        unreadable: Vec::new(),
    }
}

fn change(name: &str, old: &[AttributeValue], new: &[AttributeValue]) -> AttributeChange {
    let (old, new) = (old.to_vec(), new.to_vec());
    AttributeChange { attribute: name.into(), old, new, rule: None, flow: None }
}

fn update(old: &[AttributeValue], new: &[AttributeValue]) -> PendingExport {
    export(Operation::Update, vec![change("x", old, new)])
}

fn outcomes(compared: &Compared) -> Vec<Outcome> {
    compared.attributes.iter().map(|it| it.outcome).collect()
}

#[test]
fn values() {
    use AttributeValue as V;
    let (a, b, c, d) = (string("a"), string("b"), string("c"), string("d"));
    let group = |n: u8| reference(&format!("CN={{5b00d1e2-0000-4000-8000-0000000000{n:02}}}"));
    type Side = (Vec<V>, Vec<V>);
    let side = |old: &[&V], new: &[&V]| -> Side {
        (old.iter().map(|it| (*it).clone()).collect(), new.iter().map(|it| (*it).clone()).collect())
    };
    let one = |value: V| side(&[], &[&value]);
    let cases: Vec<(Side, Side, Outcome)> = vec![
        (side(&[&a], &[&b]), side(&[&a], &[&b]), Same),
        // The state before does not matter when the state after is the same; nor does the order.
        (side(&[&a], &[&b, &c]), side(&[&d], &[&c, &b]), Same),
        (side(&[&a], &[&b]), side(&[&a], &[&c]), Different),
        (side(&[&a], &[]), side(&[&a], &[&b]), Different),
        // A file that tells only what comes and goes: b comes, a goes.
        (side(&[&a, &c], &[&b, &c]), side(&[&a], &[&b]), Same),
        (side(&[&a, &c], &[&b, &c]), side(&[&c], &[&b]), Different),
        // Text is compared by case.
        (one(string("A")), one(string("a")), Different),
        // Single values of different types that mean the same.
        (one(string("True")), one(V::Boolean(true)), Same),
        (one(V::Boolean(false)), one(string("true")), Different),
        (one(string("512")), one(V::Integer(512)), Same),
        (one(string("0x200")), one(V::Integer(512)), Different),
        (one(string("AQI=")), one(V::Binary(vec![1, 2])), Same),
        (one(reference("cn={61}")), one(string("CN={61}")), Same),
        (one(reference("CN={61}")), one(reference("cn={61}")), Same),
        // Groups are named by their object id where Graph was read; they are counted.
        (side(&[], &[&group(1)]), side(&[], &[&reference("CN={61}")]), NotComparable),
        (
            side(&[], &[&group(1)]),
            side(&[], &[&reference("CN={61}"), &reference("CN={62}")]),
            Different,
        ),
        (side(&[], &[&reference("CN={63}")]), side(&[], &[&reference("CN={61}")]), Different),
    ];
    for ((old_a, new_a), (old_b, new_b), expected) in cases {
        let (a, b) = (update(&old_a, &new_a), update(&old_b, &new_b));
        let found = compare(&a, &b, &Unreadable::default());
        assert_eq!(outcomes(&found), [expected], "{old_a:?} {new_a:?} / {old_b:?} {new_b:?}");
    }
}

#[test]
fn attributes_of_one_side_make_the_object_different() {
    let predicted = export(
        Operation::Update,
        vec![change("a", &[], &[string("1")]), change("b", &[], &[string("1")])],
    );
    let real = export(
        Operation::Update,
        vec![change("B", &[], &[string("1")]), change("c", &[], &[string("1")])],
    );
    let found = compare(&predicted, &real, &Unreadable::default());
    assert_eq!(outcomes(&found), [OnlyHere, Same, OnlyThere]);
    assert_eq!((found.operation, found.outcome()), (Same, Different));
    let places: Vec<_> = found.attributes.iter().map(|it| (it.predicted, it.real)).collect();
    assert_eq!(places, [(Some(0), None), (Some(1), Some(0)), (None, Some(1))]);
}

#[test]
fn operations_and_names() {
    use Operation as O;
    let renamed = |operation, name: Option<&str>| {
        let mut it = export(operation, Vec::new());
        it.new_dn = name.map(|it| it.parse().unwrap());
        it
    };
    let cases = [
        ((O::Delete, None), (O::Delete, None), Same, None),
        ((O::Delete, None), (O::Update, None), Different, None),
        ((O::Delete, None), (O::DeleteAdd, None), Different, None),
        ((O::Rename, Some("CN=a")), (O::Rename, Some("cn=A")), Same, Some(Same)),
        ((O::Rename, Some("CN=a")), (O::Rename, Some("CN=b")), Same, Some(Different)),
        ((O::Rename, Some("CN=a")), (O::Update, None), Same, Some(OnlyHere)),
        ((O::Update, None), (O::Rename, Some("CN=a")), Same, Some(OnlyThere)),
    ];
    for (a, b, operation, name) in cases {
        let (a, b) = (renamed(a.0, a.1), renamed(b.0, b.1));
        let found = compare(&a, &b, &Unreadable::default());
        assert_eq!((found.operation, found.name), (operation, name), "{a:?} {b:?}");
    }
}

#[test]
fn what_graph_does_not_show_is_no_contradiction() {
    let mut predicted = update(&[], &[string("1")]);
    predicted.unreadable = vec!["hidden".into()];
    let real = export(
        Operation::Update,
        vec![change("hidden", &[], &[string("1")]), change("x", &[], &[string("1")])],
    );
    let none = Unreadable::default();
    assert_eq!(outcomes(&compare(&predicted, &real, &none)), [NotComparable, Same]);
    // Of an object that the rehearsal says nothing of, it is known from the others.
    let mut unreadable = Unreadable::default();
    unreadable.note(&predicted);
    let hidden_only = export(Operation::Update, vec![change("hidden", &[], &[string("1")])]);
    let found = one_sided(&hidden_only, OnlyThere, &unreadable);
    assert_eq!((found.outcome(), outcomes(&found)), (NotComparable, vec![NotComparable]));
    let found = one_sided(&real, OnlyThere, &unreadable);
    assert_eq!((found.outcome(), outcomes(&found)), (OnlyThere, vec![NotComparable, OnlyThere]));
    // What a new object gets was never to be read.
    let mut made = hidden_only.clone();
    made.operation = Operation::Add;
    assert_eq!(one_sided(&made, OnlyThere, &unreadable).outcome(), OnlyThere);
    // And it is of this type only.
    let mut of_group = hidden_only.clone();
    of_group.object_type = "group".into();
    assert_eq!(one_sided(&of_group, OnlyThere, &unreadable).outcome(), OnlyThere);
    // A source says itself what it shows, whatever was predicted of it.
    let mut unreadable = Unreadable::default();
    unreadable.shows_only("AAD", [("user".into(), ["x".into()].into())].into());
    assert_eq!(one_sided(&hidden_only, OnlyThere, &unreadable).outcome(), NotComparable);
    assert_eq!(
        one_sided(&update(&[], &[string("a")]), OnlyThere, &unreadable).outcome(),
        OnlyThere
    );
    let elsewhere = PendingExport { connector: "corp".to_owned(), ..hidden_only };
    assert_eq!(one_sided(&elsewhere, OnlyThere, &unreadable).outcome(), OnlyThere);
}

#[test]
fn guards_look_at_real_exports_where_there_are_some() {
    let real = export(Operation::Delete, Vec::new());
    let limits = Limits { deletes: Some(1), ..Limits::default() };
    let guards = Guards::new("AAD", limits, Population::default(), Sensitive::default());
    let mut review = Review::new(
        AcceptList::default(),
        "2026-11-21T00:00:00Z".parse().unwrap(),
        vec![guards],
        Filter::default(),
        Unreadable::default(),
    );
    let marks = Marks { is_administrator: true, has_licence: true };
    review.see(Met::Both { predicted: &real, real: &real }, marks, None, Wanted::NONE);
    review.see(Met::OnlyThere(&real), Marks::default(), None, Wanted::NONE);
    review.see(Met::OnlyHere(&real), marks, None, Wanted::NONE);
    let reviewed = review.finish();
    let report = &reviewed.guards[0];
    assert!(report.looked_at_real);
    assert_eq!((report.exports, report.deletes), (2, 2));
    assert_eq!(
        report.objections,
        [
            "2 deletes, and at most 1 pass",
            "delete of the administrator CN={51513D3D}",
            "the licensed user CN={51513D3D} is deleted",
        ]
    );
    let outcomes: Vec<_> =
        reviewed.outcomes["AAD"].iter().map(|it| (it.outcome, it.objects)).collect();
    assert_eq!(outcomes, [(Same, 1), (OnlyHere, 1), (OnlyThere, 1)]);
}

#[test]
fn an_administrator_that_is_accepted_by_name_passes_and_is_counted() {
    let real = export(Operation::Delete, Vec::new());
    let list = "[[accept]]\noperation = \"delete\"\nobject = \"CN={51513D3D}\"\nreason = \"r\"\nauthor = \"a\"";
    for (list, n) in
        [(list.to_owned(), 0), (list.replace("object = \"CN={51513D3D}\"", "at-most = 5"), 1)]
    {
        let accept = AcceptList::parse("a", &list, dirlift_verifier::AcceptFormat::Toml).unwrap();
        let limits = Limits::default();
        let guards = Guards::new("AAD", limits, Population::default(), Sensitive::default());
        let at = "2026-11-21T00:00:00Z".parse().unwrap();
        let mut review =
            Review::new(accept, at, vec![guards], Filter::default(), Unreadable::default());
        let marks = Marks { is_administrator: true, has_licence: false };
        review.see(Met::NotCompared(&real), marks, None, Wanted::NONE);
        let report = &review.finish().guards[0];
        assert_eq!((report.objections.len(), report.deletes), (n, 1), "{list}");
    }
}

#[test]
fn an_update_without_readable_changes_is_not_expected_by_itself() {
    let is_expected = |list: &str| {
        let guards = Vec::new();
        let accept = AcceptList::parse("a.toml", list, AcceptFormat::Toml).unwrap();
        let (filter, unreadable) = (Filter::default(), Unreadable::default());
        let mut review =
            Review::new(accept, jiff::Timestamp::UNIX_EPOCH, guards, filter, unreadable);
        let real = export(Operation::Update, Vec::new());
        let row = review.see(Met::OnlyThere(&real), Marks::default(), None, Wanted::ALL).unwrap();
        assert_eq!(review.finish().unexpected["AAD"], u64::from(!row.is_expected));
        row.is_expected
    };
    let entry = |fields: &str| format!("[[accept]]\n{fields}\nreason = \"r\"\nauthor = \"a\"");
    assert!(!is_expected(""));
    assert!(!is_expected(&entry("operation = \"update\"")), "only the server has it");
    assert!(!is_expected(&entry("attribute = \"title\"\ndifferences = true")));
    assert!(is_expected(&entry("operation = \"update\"\ndifferences = true")));
}

#[test]
fn filters() {
    let mut it = export(
        Operation::Update,
        vec![change("title", &[string("Chief Cook")], &[reference("CN=Ann,OU=Sales")])],
    );
    it.display_name = Some("Ida Beck".to_owned());
    it.anchor = Some("QQ==".to_owned());
    let find = |text: &str| Filter { find: Some(text.to_owned()), ..Filter::default() };
    let cases = [
        (Filter::default(), true),
        (find("chief COOK"), true),
        (find("ou=sales"), true),
        (find("ida"), true),
        (find("qq=="), true),
        (find("51513d"), true),
        (find("titl"), true),
        (find("nothing"), false),
        (Filter { connectors: vec!["aad".to_owned()], ..Filter::default() }, true),
        (Filter { connectors: vec!["ad".to_owned()], ..Filter::default() }, false),
        (Filter { operations: vec![Operation::Add, Operation::Update], ..Filter::default() }, true),
        (Filter { operations: vec![Operation::Add], ..Filter::default() }, false),
        (Filter { object_types: vec!["USER".into()], ..Filter::default() }, true),
        (Filter { object_types: vec!["group".into()], ..Filter::default() }, false),
        (Filter { attributes: vec!["Title".into()], ..Filter::default() }, true),
        (Filter { attributes: vec!["mail".into()], ..Filter::default() }, false),
        (Filter { causes: vec!["not-stated".to_owned()], ..Filter::default() }, true),
        (Filter { causes: vec!["flowed".to_owned()], ..Filter::default() }, false),
        (Filter { outcomes: vec![Same], ..Filter::default() }, false),
        (Filter { outcomes: vec![OnlyThere], ..Filter::default() }, true),
        (Filter { unexpected: true, ..Filter::default() }, true),
    ];
    for (filter, expected) in cases {
        let at = "2026-11-21T00:00:00Z".parse().unwrap();
        let mut review = Review::new(
            AcceptList::default(),
            at,
            Vec::new(),
            filter.clone(),
            Unreadable::default(),
        );
        let row = review.see(Met::OnlyThere(&it), Marks::default(), Some("e"), Wanted::ALL);
        assert_eq!(row.is_some(), expected, "{filter:?}");
        let reviewed = review.finish();
        assert_eq!(reviewed.matching, u64::from(expected));
        assert_eq!(reviewed.by_operation[0].objects, 1, "counts are about all");
    }
}

#[test]
fn long_lists_show_what_comes_and_goes() {
    let all: Vec<_> = (0..100).map(|it| string(&it.to_string())).collect();
    let it = update(&all[..99], &all[1..]);
    let at = "2026-11-21T00:00:00Z".parse().unwrap();
    let mut review = Review::new(
        AcceptList::default(),
        at,
        Vec::new(),
        Filter::default(),
        Unreadable::default(),
    );
    let row = review.see(Met::NotCompared(&it), Marks::default(), None, Wanted::ALL).unwrap();
    let change = &row.changes[0];
    assert_eq!((change.old.shown.as_slice(), change.old.more), (["0".to_owned()].as_slice(), 98));
    assert_eq!((change.new.shown.as_slice(), change.new.more), (["99".to_owned()].as_slice(), 98));
}
