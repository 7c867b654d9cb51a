//! The CSV view: one line for each change, in the words of `CSExportAnalyzer` where it has them.
//!
//! Cells that a spreadsheet would take for a formula begin with an apostrophe.
use dirlift_model::{
    pending::Operation,
    text::sanitize,
    verification::{Row, RowChange, Values},
};

/// The line of names.
pub fn verification_csv_header() -> &'static str {
    "DN,OMODT,attribute,AMODT,old,new,predicted,expected,outcome,accepted by entry,connector,object type,display name,\
     anchor,new DN,cause,rule,flow,error\r\n"
}

/// The lines of one pending export; one line when nothing of it changes but the object itself.
pub fn verification_csv_row(row: &Row) -> String {
    let mut out = String::new();
    if row.changes.is_empty() {
        line(&mut out, row, None);
    }
    for change in &row.changes {
        line(&mut out, row, Some(change));
    }
    out
}

fn line(out: &mut String, row: &Row, change: Option<&RowChange>) {
    let entry = change.map_or(row.accepted, |it| it.accepted).map(|it| (it + 1).to_string());
    let is_expected = change.map_or(row.is_expected, |it| it.is_expected);
    let text = |it: Option<&str>| it.unwrap_or_default().to_owned();
    let name = |it: Option<&dirlift_model::DistinguishedName>| {
        text(it.map(dirlift_model::DistinguishedName::as_str))
    };
    let cells = [
        row.dn.as_str().to_owned(),
        row.operation.as_str().to_owned(),
        text(change.map(|it| it.attribute.as_str())),
        text(change.map(|it| kind(row.operation, it))),
        values(change.map(|it| &it.old)),
        values(change.map(|it| &it.new)),
        values(change.and_then(|it| it.predicted.as_ref())),
        if is_expected { "yes" } else { "no" }.to_owned(),
        change.map_or(row.outcome, |it| it.outcome).as_str().to_owned(),
        entry.unwrap_or_default(),
        row.connector.clone(),
        row.object_type.as_str().to_owned(),
        text(row.display_name.as_deref()),
        text(row.anchor.as_deref()),
        name(row.new_dn.as_ref()),
        row.cause.clone(),
        text(change.and_then(|it| it.rule.as_deref())),
        text(change.and_then(|it| it.flow.as_deref())),
        text(row.error.as_deref()),
    ];
    for (idx, it) in cells.iter().enumerate() {
        if idx > 0 {
            out.push(',');
        }
        cell(out, it);
    }
    out.push_str("\r\n");
}

/// What happens to the attribute.
fn kind(operation: Operation, it: &RowChange) -> &'static str {
    let is_empty = |it: &Values| it.shown.is_empty() && it.more == 0;
    match operation {
        Operation::Add | Operation::DeleteAdd => "add",
        _ if is_empty(&it.new) => "delete",
        _ if is_empty(&it.old) => "add",
        _ => "update",
    }
}

fn values(it: Option<&Values>) -> String {
    let Some(it) = it else { return String::new() };
    let mut text = it.shown.join("; ");
    if it.more > 0 {
        text = format!("{text} (and {} more)", it.more);
    }
    text
}

fn cell(out: &mut String, text: &str) {
    let looks_like_formula = |it: char| matches!(it, '=' | '+' | '-' | '@' | '\t' | '\r');
    out.push('"');
    if text.starts_with(looks_like_formula) {
        out.push('\'');
    }
    out.push_str(&sanitize(text).replace('"', "\"\""));
    out.push('"');
}
