//! The Markdown view.
use dirlift_model::{text::grouped, verification::Verification};

use super::{
    accept, accept_source, anchor, change, connector, filter, guard, operation, operation_result,
    remarks, rows_heading, server, title, verdict,
};
use crate::markdown::Page;

/// Writes a verification as one Markdown document with a line break at its end. Text from directories is escaped.
pub fn verification_markdown(it: &Verification) -> String {
    let mut page = Page::new();
    page.heading(1, &format!("Verification of {}", it.deployment));
    page.field("Result", &format!("{} (as of {})", verdict(it.conclusion), it.as_of));
    page.list("Objections", &it.objections);
    let missing: Vec<_> = it.missing.iter().map(|it| format!("not checked: {it}")).collect();
    page.list("Not checked", &missing);

    page.heading(2, "Connectors");
    page.table(&["Connector", "Pending exports"]);
    for review in &it.connectors {
        page.row(&[&review.connector, &connector(review).join("; ")]);
    }
    if let Some(state) = &it.server {
        page.field("Real server", &format!("{}; {}", state.database, server(state).join("; ")));
    }
    page.heading(2, "Operations");
    page.table(&["Operation", "Result"]);
    for check in &it.operations {
        page.row(&[&operation(check), &operation_result(check)]);
    }
    page.heading(2, "Pending exports by operation and cause");
    page.table(&["Connector", "Operation", "Type", "Cause", "Objects", "Not expected"]);
    for count in &it.by_operation {
        page.row(&[
            &count.connector,
            count.operation.as_str(),
            count.object_type.as_str(),
            &count.cause,
            &grouped(count.objects),
            &grouped(count.unexpected),
        ]);
    }
    page.heading(2, "Changes by attribute");
    page.table(&[
        "Connector",
        "Operation",
        "Type",
        "Attribute",
        "Objects",
        "Not expected",
        "Different",
    ]);
    for count in &it.by_attribute {
        page.row(&[
            &count.connector,
            count.operation.as_str(),
            count.object_type.as_str(),
            count.attribute.as_str(),
            &grouped(count.objects),
            &grouped(count.unexpected),
            &grouped(count.differences),
        ]);
    }
    page.heading(2, "Guards");
    for report in &it.guards {
        page.field("Connector", &format!("{}: {}", report.connector, guard(report)));
        page.list("Objections", &report.objections);
        let gaps: Vec<_> =
            report.not_checked.iter().map(|it| format!("not checked: {it}")).collect();
        page.list("Not checked", &gaps);
    }
    page.heading(2, "Anchors");
    let counts: Vec<_> = it.anchors.counts.iter().map(anchor).collect();
    page.list("Anchors", &counts);
    let cases: Vec<_> = it
        .anchors
        .objections
        .iter()
        .map(|case| {
            let shown = |it: &Option<String>| it.clone().unwrap_or_else(|| "none".to_owned());
            let (predicted, cloud) = (shown(&case.predicted), shown(&case.immutable_id));
            let words = case.state.words();
            format!("{}: {words}; predicted {predicted}, in the cloud {cloud}", case.dn)
        })
        .collect();
    page.list("Objects without their anchor", &cases);
    if !it.accepted.is_empty() {
        page.heading(2, "Accept-list");
        page.table(&["Accepts", "Why"]);
        for entry in &it.accepted {
            page.row(&[&accept(entry), &accept_source(entry)]);
        }
    }
    page.heading(2, &rows_heading(it));
    let narrowed = filter(it);
    if !narrowed.is_empty() {
        page.paragraph(&format!("Only {narrowed}."));
    }
    for row in &it.rows {
        let mark = if row.is_expected { "Expected" } else { "UNEXPECTED" };
        page.field(mark, &title(row));
        let mut lines = remarks(row, &it.accepted);
        lines.extend(row.changes.iter().map(change));
        page.list("Changes", &lines);
    }
    if it.left_off > 0 {
        page.paragraph(&format!("{} more are not shown.", grouped(it.left_off)));
    }
    page.list("Not understood", &it.problems);
    page.finish()
}
