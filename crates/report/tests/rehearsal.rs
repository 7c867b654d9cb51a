//! The views of a rehearsal: what they say, and that hostile text stays text.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
use dirlift_model::{
    AttributeValue, Guid, PendingExport,
    pending::{AttributeChange, Cause, Operation},
    rehearsal::{
        AttributeCount, ConnectorCount, Count, ErrorLine, ExportCount, GuardVerdict, Rehearsal,
        RuleBasis, Stage, UnreadableCount,
    },
};
use dirlift_report::{RehearsalPage, TextOptions, rehearsal_html, rehearsal_text};

/// A rehearsal in which every text is `text`.
fn rehearsal(text: &str) -> (Rehearsal, Vec<PendingExport>, Vec<ErrorLine>) {
    let own = || text.to_owned();
    let count = |count| Count { name: own(), count };
    let summary = Rehearsal {
        format_version: 1,
        tool_version: "0.1.0".to_owned(),
        as_of: "2026-11-20T08:00:00Z".parse().unwrap(),
        configuration: own(),
        rule_basis: RuleBasis::BuiltIn,
        rules: 1_234,
        objections: vec![own()],
        connectors: vec![ConnectorCount {
            id: Guid::from_u128(1),
            connector: own(),
            is_cloud: true,
            source: own(),
            objects: vec![count(62_480)],
            linked: 5,
            exports: 2_000,
            errors: 1,
        }],
        exports: vec![ExportCount {
            connector: own(),
            object_type: text.into(),
            operation: Operation::Update,
            cause: own(),
            count: 2_000,
        }],
        attributes: vec![AttributeCount {
            connector: own(),
            object_type: text.into(),
            attribute: text.into(),
            count: 7,
        }],
        unreadable: vec![UnreadableCount {
            object_type: text.into(),
            attribute: text.into(),
            count: 3,
        }],
        guards: vec![GuardVerdict {
            connector: own(),
            passes: false,
            exports: 1,
            adds: 0,
            updates: 1,
            deletes: 0,
            objects: 9,
            objections: vec![own()],
            not_named: 4,
            not_checked: vec![own()],
        }],
        errors: vec![count(1)],
        predicted_errors: vec![count(2)],
        takeovers: vec![count(3)],
        metaverse_objects: 1,
        history: false,
        kept_without_history: 11,
        held: 1,
        references_left_out: 2,
        assumptions: Vec::new(),
        notes: (0..50).map(|n| format!("{text} {n}")).collect(),
        not_checked: Vec::new(),
    };
    let export = PendingExport {
        connector: own(),
        operation: Operation::Update,
        object_type: text.into(),
        dn: "CN={61}".parse().unwrap(),
        new_dn: None,
        anchor: Some(own()),
        display_name: Some(own()),
        changes: vec![AttributeChange {
            attribute: text.into(),
            old: vec![AttributeValue::String(own())],
            new: (0..9).map(AttributeValue::Integer).collect(),
            rule: Some(own()),
            flow: None,
        }],
        cause: Some(Cause::OutOfScope { rule: Some(own()), reason: own() }),
        unreadable: Vec::new(),
    };
    let error = ErrorLine {
        stage: Stage::Export,
        error: own(),
        is_error: true,
        connector: own(),
        dn: "CN={61}".parse().unwrap(),
        anchor: None,
        source: None,
        attribute: None,
        value: None,
        partner: Some("CN={62}".parse().unwrap()),
        partner_id: None,
        partner_source: None,
        text: own(),
    };
    (summary, vec![export], vec![error])
}

#[test]
fn the_views_say_what_was_found() {
    let (summary, exports, errors) = rehearsal("name");
    let text = rehearsal_text(&summary, &TextOptions { width: 80, color: false });
    for line in [
        "  result              1 thing stands against these exports.",
        "  rules               1,234 rules applied",
        "    - 62,480 name; 5 linked, 1 error",
        "    - 2,000 name update (name)",
        "  Nothing is deleted: the tenant marks no object as synchronised (11 objects",
        "  1 object is not deleted only because what they come from has an error.",
        "  - name of name in name: 7",
        "  - 10 more in summary.json",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let page =
        rehearsal_html(&RehearsalPage { summary: &summary, exports: &exports, errors: &errors });
    for part in [
        "<h2 id=\"result\">1 thing stands against these exports.</h2>",
        "<td>2,000</td>",
        "<h4>name: stop</h4>",
        "0; 1; 2; 3; 4; 4 more",
        "CN={62}",
        "4 more objects are not named.",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[test]
fn hostile_text_is_harmless() {
    let bad = "\u{1b}[31m\u{202e}<script>alert(1)</script>\n\"'&";
    let (summary, exports, errors) = rehearsal(bad);
    let page =
        rehearsal_html(&RehearsalPage { summary: &summary, exports: &exports, errors: &errors });
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
    let text = rehearsal_text(&summary, &TextOptions { width: 80, color: false });
    for it in [page, text] {
        assert!(!it.contains(['\u{1b}', '\u{202e}']), "{it}");
    }
}
