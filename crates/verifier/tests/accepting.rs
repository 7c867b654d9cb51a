//! Accept-lists: their form, and what they cover.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
use dirlift_model::{
    AttributeValue, PendingExport,
    pending::{AttributeChange, Cause, Operation},
    verification::{Filter, Outcome, Row},
};
use dirlift_verifier::{
    AcceptError, AcceptFormat, AcceptList, Marks, Met, Review, Reviewed, Unreadable, Wanted,
};
use jiff::Timestamp;

const AS_OF: &str = "2026-11-21T12:00:00Z";

fn as_of() -> Timestamp {
    AS_OF.parse().unwrap()
}

fn text(value: &str) -> Vec<AttributeValue> {
    vec![AttributeValue::String(value.to_owned())]
}

fn export(operation: Operation, name: &str, attributes: &[&str]) -> PendingExport {
    PendingExport {
        connector: "AAD".to_owned(),
        operation,
        object_type: "user".into(),
        dn: format!("CN={name}").parse().unwrap(),
        new_dn: (operation == Operation::Rename).then(|| "CN=new".parse().unwrap()),
        anchor: Some(format!("{name}-anchor")),
        display_name: None,
        changes: attributes
            .iter()
            .map(|it| AttributeChange {
                attribute: (*it).into(),
                old: text("old"),
                new: text("new"),
                rule: None,
                flow: None,
            })
            .collect(),
        cause: Some(Cause::Flowed),
        unreadable: Vec::new(),
    }
}

fn toml(list: &str) -> Result<AcceptList, AcceptError> {
    AcceptList::parse("a.toml", list, AcceptFormat::Toml)
}

fn review(list: &str, exports: &[PendingExport]) -> (Vec<Row>, Reviewed) {
    let list = toml(list).unwrap();
    let mut review =
        Review::new(list, as_of(), Vec::new(), Filter::default(), Unreadable::default());
    let rows = exports
        .iter()
        .filter_map(|it| review.see(Met::NotCompared(it), Marks::default(), None, Wanted::ALL))
        .collect();
    (rows, review.finish())
}

const WHY: &str = "reason = \"r\"\nauthor = \"a\"\n";

fn entry(fields: &str) -> String {
    format!("[[accept]]\n{WHY}{fields}\n")
}

/// Whether one entry covers one export.
fn covers(fields: &str, export: PendingExport) -> bool {
    review(&entry(fields), &[export]).0[0].is_expected
}

#[test]
fn an_entry_covers_what_agrees_with_all_that_it_names() {
    use Operation as O;
    let cases: &[(&str, O, &[&str], bool)] = &[
        ("", O::Update, &["title", "mail"], true),
        ("", O::Add, &["title"], true),
        ("", O::Rename, &["title"], true),
        // Without an operation no delete is meant.
        ("", O::Delete, &[], false),
        ("", O::DeleteAdd, &["title"], false),
        ("operation = \"update\"", O::Update, &["title"], true),
        ("operation = \"update\"", O::Rename, &["title"], false),
        ("operation = \"update\"\nattribute = \"TITLE\"", O::Update, &["title"], true),
        ("operation = \"update\"\nattribute = \"title\"", O::Update, &["title", "mail"], false),
        // An attribute is not the operation that makes the object.
        ("operation = \"add\"\nattribute = \"title\"", O::Add, &["title"], false),
        ("operation = \"rename\"\nattribute = \"dn\"", O::Rename, &[], true),
        ("operation = \"rename\"\nattribute = \"dn\"", O::Rename, &["title"], false),
        ("operation = \"delete\"\nobject = \"x-anchor\"", O::Delete, &[], true),
        ("operation = \"delete\"\nobject = \"cn = X\"", O::Delete, &[], true),
        ("operation = \"delete\"\nobject = \"X-anchor\"", O::Delete, &[], false),
        ("operation = \"delete\"\nat-most = 1", O::Delete, &[], true),
        ("operation = \"delete\"\nat-most = 0", O::Delete, &[], false),
        ("connector = \"aad\"", O::Update, &["title"], true),
        ("connector = \"AD\"", O::Update, &["title"], false),
        ("object-type = \"User\"", O::Update, &["title"], true),
        ("object-type = \"group\"", O::Update, &["title"], false),
        ("cause = \"flowed\"", O::Update, &["title"], true),
        ("cause = \"source-gone\"", O::Update, &["title"], false),
        // 12:00 on the 21st.
        ("expires = 2026-11-21", O::Update, &["title"], true),
        ("expires = \"2026-11-20\"", O::Update, &["title"], false),
        ("expires = \"2026-11-21T12:00:01Z\"", O::Update, &["title"], true),
        ("expires = 2026-11-21T12:00:00Z", O::Update, &["title"], false),
    ];
    for (fields, operation, attributes, expected) in cases {
        let found = covers(fields, export(*operation, "x", attributes));
        assert_eq!(found, *expected, "{fields} against {operation} of {attributes:?}");
    }
}

#[test]
fn several_entries_cover_an_object_together() {
    let list = [
        entry("operation = \"update\"\nattribute = \"mail\""),
        entry("operation = \"update\"\nattribute = \"title\"\nat-most = 1"),
    ];
    let all = [
        export(Operation::Update, "x", &["mail", "title"]),
        export(Operation::Update, "y", &["mail", "title"]),
    ];
    let (rows, reviewed) = review(&list.concat(), &all);
    assert_eq!(rows.iter().map(|it| it.is_expected).collect::<Vec<_>>(), [true, false]);
    let of_second: Vec<_> = rows[1].changes.iter().map(|it| it.accepted).collect();
    assert_eq!(of_second, [Some(0), None], "the second entry has accepted its one object");
    let used: Vec<_> = reviewed.accepted.iter().map(|it| (it.objects, it.beyond)).collect();
    assert_eq!(used, [(2, 0), (1, 1)]);
    assert_eq!(reviewed.by_operation[0].unexpected, 1);
    let by_attribute: Vec<_> = reviewed
        .by_attribute
        .iter()
        .map(|it| (it.attribute.as_str(), it.objects, it.unexpected))
        .collect();
    assert_eq!(by_attribute, [("mail", 2, 0), ("title", 2, 1)]);
}

#[test]
fn an_object_counts_once_for_at_most() {
    let list = entry("operation = \"update\"\nat-most = 1");
    let (rows, _) = review(&list, &[export(Operation::Update, "x", &["a", "b", "c"])]);
    assert!(rows[0].is_expected);
}

#[test]
fn differences_have_to_be_accepted_by_name() {
    let real = export(Operation::Update, "x", &["title"]);
    let mut predicted = real.clone();
    predicted.changes[0].new = text("another");
    for (fields, met, expected) in [
        ("", Met::NotCompared(&real), true),
        ("", Met::Both { predicted: &real, real: &real }, true),
        ("", Met::Both { predicted: &predicted, real: &real }, false),
        ("", Met::OnlyThere(&real), false),
        ("", Met::OnlyHere(&real), false),
        ("differences = true", Met::Both { predicted: &predicted, real: &real }, true),
        ("differences = true", Met::OnlyThere(&real), true),
        ("differences = true", Met::OnlyHere(&real), true),
    ] {
        let list = toml(&entry(fields)).unwrap();
        let mut review =
            Review::new(list, as_of(), Vec::new(), Filter::default(), Unreadable::default());
        let row = review.see(met, Marks::default(), None, Wanted::ALL).unwrap();
        assert_eq!(row.is_expected, expected, "{fields} {met:?}");
    }
}

#[test]
fn a_new_object_with_another_value_needs_a_word_on_that_value() {
    let real = export(Operation::Add, "x", &["mail", "title"]);
    let mut predicted = real.clone();
    predicted.changes[1].new = text("another");
    let met = Met::Both { predicted: &predicted, real: &real };
    let judged = |list: &str| {
        let list = toml(list).unwrap();
        let mut review =
            Review::new(list, as_of(), Vec::new(), Filter::default(), Unreadable::default());
        review.see(met, Marks::default(), None, Wanted::ALL).unwrap()
    };
    let row = judged(&entry("operation = \"add\""));
    let words: Vec<_> =
        row.changes.iter().map(|it| (it.attribute.as_str(), it.is_expected)).collect();
    assert_eq!((row.is_expected, words), (false, vec![("mail", true), ("title", false)]));
    assert_eq!(row.outcome, Outcome::Different);
    assert_eq!(row.changes[1].predicted.as_ref().unwrap().shown, ["another"]);
    let both = [
        entry("operation = \"add\""),
        entry("operation = \"add\"\nattribute = \"title\"\ndifferences = true"),
    ];
    assert!(judged(&both.concat()).is_expected);
}

#[test]
fn what_the_cloud_would_refuse_is_expected_by_kind_and_number() {
    let list = [
        entry("refused = \"large-object\"\nat-most = 2"),
        entry("refused = \"large-object\"\nat-most = 5\nexpires = 2020-01-01"),
    ];
    // It accepts no change.
    assert!(!covers(
        "refused = \"large-object\"\nat-most = 2",
        export(Operation::Update, "a", &["mail"])
    ));
    let expects = |word: &str, n: u64| {
        let guards = Vec::new();
        let (accept, filter) = (toml(&list.concat()).unwrap(), Filter::default());
        let mut review = Review::new(accept, as_of(), guards, filter, Unreadable::default());
        let is_expected = review.expects_refused(word, n);
        let used: Vec<_> =
            review.finish().accepted.iter().map(|it| (it.objects, it.beyond)).collect();
        (is_expected, used)
    };
    assert_eq!(expects("large-object", 2), (true, vec![(2, 0), (0, 0)]));
    assert_eq!(expects("large-object", 3), (false, vec![(0, 3), (0, 0)]));
    assert_eq!(expects("invalid-soft-match", 1), (false, vec![(0, 0), (0, 0)]));
}

#[test]
fn json_says_the_same() {
    let text = r#"{"accept": [{"operation": "delete", "object": "CN=x", "reason": "left", "author": "Ann",
        "expires": "2026-12-31"}]}"#;
    let list = AcceptList::parse("a.json", text, AcceptFormat::Json).unwrap();
    let [entry] = list.entries() else { panic!("{list:?}") };
    assert_eq!(entry.to_string(), "delete on CN=x");
    assert_eq!((entry.reason.as_str(), entry.author.as_str()), ("left", "Ann"));
    // A date counts to its end.
    assert_eq!(entry.expires_at, Some("2027-01-01T00:00:00Z".parse().unwrap()));
    assert_eq!(entry.place, "a.json entry 1");
}

#[test]
fn wrong_lists_are_refused_with_the_place() {
    let cases = [
        ("accept = 1", "a.toml: 1:10: "),
        ("[[accept]]\nreason = \"r\"\n", "a.toml: 1:1: missing field `author`"),
        (&entry("color = 1"), "unknown field `color`"),
        (&entry("operation = \"erase\""), "a.toml entry 1: there is no operation `erase`"),
        (&entry("cause = \"why\""), "a.toml entry 1: there is no cause `why`"),
        (&entry("expires = \"soon\""), "a.toml entry 1: `expires` is `soon`"),
        (&entry("expires = 2026-11-21T12:00:00"), "`expires` is `2026-11-21T12:00:00`"),
        (&entry("operation = \"delete\""), "a.toml entry 1: it accepts any number of deletes"),
        (&entry("operation = \"delete-add\""), "it accepts any number of deletes"),
        (
            &entry("operation = \"delete\"\nobject = \"x\"\nattribute = \"mail\""),
            "a delete changes no attribute",
        ),
        ("[[accept]]\nreason = \" \"\nauthor = \"a\"", "`reason` is empty"),
        ("[[accept]]\nreason = \"r\"\nauthor = \"\"", "`author` is empty"),
        (&entry("refused = \"large-object\""), "entry 1: `refused` stands with `at-most`"),
        (&entry("refused = \"x\"\nat-most = 1\noperation = \"add\""), "`refused` stands with"),
        ("= =", "a.toml: 1:"),
    ];
    for (list, expected) in cases {
        let error = toml(list).unwrap_err().to_string();
        assert!(error.contains(expected), "{list}: {error}");
    }
    let wide = entry("").repeat(1_001);
    assert!(toml(&wide).unwrap_err().to_string().contains("more than 1000 entries without"));
}
