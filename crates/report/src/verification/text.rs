//! The text view.
use std::cmp::Reverse;

use dirlift_model::{
    pending::Operation,
    text::grouped,
    verification::{Conclusion, Verification},
};

use super::{
    accept, accept_source, anchor, change, connector, filter, guard, operation, operation_result,
    remarks, rows_heading, server, title, verdict,
};
use crate::{
    TextOptions,
    page::{Page, Style},
};

/// Most lines of one table.
const MAX_LINES: usize = 40;

/// Writes a verification for people.
pub fn verification_text(it: &Verification, options: &TextOptions) -> String {
    let mut page = Page::new(options.width, options.color);
    page.heading(&format!("Verification of {}", it.deployment));
    let style = match it.conclusion {
        Conclusion::Clean => Style::Green,
        Conclusion::Unexpected => Style::Red,
        Conclusion::Incomplete => Style::Yellow,
    };
    page.field_styled("result", &format!("{}.", verdict(it.conclusion)), style);
    for objection in &it.objections {
        page.more_item(objection);
    }
    for missing in &it.missing {
        page.more_item(&format!("not checked: {missing}"));
    }
    for review in &it.connectors {
        let lines = connector(review);
        page.field(&review.connector, lines.first().map_or("", |it| it));
        for line in lines.iter().skip(1) {
            page.more(line);
        }
    }
    if let Some(state) = &it.server {
        let lines = server(state);
        page.field("real server", &state.database);
        for line in &lines {
            page.more(line);
        }
    }

    page.heading("Operations");
    for check in &it.operations {
        page.item(2, &format!("{}: {}", operation(check), operation_result(check)));
    }
    counts(&mut page, it);
    page.heading("Guards");
    for report in &it.guards {
        page.item(2, &format!("{}: {}", report.connector, guard(report)));
        for line in report.objections.iter().take(MAX_LINES) {
            page.item(4, line);
        }
        let n_more = report.objections.len().saturating_sub(MAX_LINES) as u64 + report.not_named;
        if n_more > 0 {
            page.item(4, &format!("{} more", grouped(n_more)));
        }
        for line in &report.not_checked {
            page.item(4, &format!("not checked: {line}"));
        }
    }
    page.heading("Anchors");
    for count in &it.anchors.counts {
        page.item(2, &anchor(count));
    }
    if it.anchors.counts.is_empty() {
        page.paragraph(2, "Nothing to compare.");
    }
    for case in it.anchors.objections.iter().take(MAX_LINES) {
        let shown = |it: &Option<String>| it.clone().unwrap_or_else(|| "none".to_owned());
        let text = format!(
            "{} ({}): {}; predicted {}, in the cloud {}",
            case.dn,
            case.object_type,
            case.state.words(),
            shown(&case.predicted),
            shown(&case.immutable_id)
        );
        page.item(4, &text);
    }
    if !it.accepted.is_empty() {
        page.heading("Accept-list");
        for entry in it.accepted.iter().take(MAX_LINES) {
            page.item(2, &accept(entry));
            page.paragraph(4, &accept_source(entry));
        }
        let n_more = it.accepted.len().saturating_sub(MAX_LINES) as u64;
        if n_more > 0 {
            page.item(2, &format!("{} more entries", grouped(n_more)));
        }
    }
    rows(&mut page, it);
    if !it.problems.is_empty() {
        page.heading("Not understood");
        for problem in &it.problems {
            page.item(2, problem);
        }
    }
    page.finish()
}

fn counts(page: &mut Page, it: &Verification) {
    if it.by_operation.is_empty() {
        return;
    }
    page.heading("Pending exports by operation and cause");
    for count in it.by_operation.iter().take(MAX_LINES) {
        let text = format!(
            "{}, {} {}, {}: {}{}",
            count.connector,
            count.operation,
            count.object_type,
            count.cause,
            grouped(count.objects),
            beside(count.unexpected, "not expected")
        );
        page.item(2, &text);
    }
    // New objects have dozens of attributes; they matter where the real server has others.
    let is_new = |it: Operation| matches!(it, Operation::Add | Operation::DeleteAdd);
    let mut all: Vec<_> = it.by_attribute.iter().collect();
    all.retain(|it| !is_new(it.operation) || it.differences > 0);
    if all.is_empty() {
        return;
    }
    all.sort_by_key(|it| (Reverse(it.differences), Reverse(it.unexpected), Reverse(it.objects)));
    page.heading("Changes by attribute");
    for count in all.iter().take(MAX_LINES) {
        let text = format!(
            "{}, {} {}, {}: {}{}{}",
            count.connector,
            count.operation,
            count.object_type,
            count.attribute,
            grouped(count.objects),
            beside(count.unexpected, "not expected"),
            beside(count.differences, "different")
        );
        page.item(2, &text);
    }
    let n_more = all.len().saturating_sub(MAX_LINES) as u64;
    if n_more > 0 {
        page.item(2, &format!("{} more attributes; JSON and HTML show all", grouped(n_more)));
    }
}

/// A further count behind a comma, if it is not zero.
fn beside(n: u64, what: &str) -> String {
    if n == 0 { String::new() } else { format!(", {} {what}", grouped(n)) }
}

fn rows(page: &mut Page, it: &Verification) {
    let narrowed = filter(it);
    if it.rows.is_empty() && narrowed.is_empty() {
        return;
    }
    page.heading(&rows_heading(it));
    if !narrowed.is_empty() {
        page.paragraph(2, &format!("Only {narrowed}."));
    }
    for row in &it.rows {
        let (mark, style) = if row.is_expected {
            ("expected   ", Style::Green)
        } else {
            ("UNEXPECTED ", Style::Red)
        };
        page.block(&format!("  {mark}"), style, 13, &title(row), Style::Plain);
        for line in remarks(row, &it.accepted) {
            page.paragraph(6, &line);
        }
        for it in &row.changes {
            page.item(6, &change(it));
        }
    }
    if it.left_off > 0 {
        let text =
            format!("{} more: narrow them, or give --limit or --format csv", grouped(it.left_off));
        page.paragraph(2, &text);
    }
}
