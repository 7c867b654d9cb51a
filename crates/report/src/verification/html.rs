//! The HTML view: counts as tables, and a browser of single exports that works without a network.
//!
//! The page runs one constant script, which the policy names by its hash; the data beside it is no script and has no `<`.
use dirlift_model::{
    text::grouped,
    verification::{AcceptUse, Conclusion, Row, Verification},
};
use maud::{Markup, PreEscaped, html};
use serde::Serialize;

use super::{
    accept, accept_source, anchor, connector, filter, guard, operation, operation_result,
    rows_heading, server, verdict,
};
use crate::html::{Safe, document, field};

/// The script, a constant.
const SCRIPT: &str = include_str!("script.js");
/// SHA-256 of the script in base64; a test holds it against the script.
const SCRIPT_SHA256: &str = "W6wdJymYwcQdNkodZds1rsAT17w3ruO2ieF2zpxwx0k=";
/// The rest of the style sheet, a constant.
const MORE_STYLE: PreEscaped<&str> = PreEscaped(include_str!("style.css"));

/// Most lines of a table that stand open.
const MAX_LINES: usize = 500;
/// Most single lines of a guard or of the proof of anchors.
const MAX_NAMED: usize = 200;

/// What the script reads.
#[derive(Serialize)]
struct Data<'a> {
    rows: &'a [Row],
    accepted: Vec<Reason<'a>>,
}

#[derive(Serialize)]
struct Reason<'a> {
    reason: &'a str,
    author: &'a str,
}

/// Writes a verification as one self-contained page with a line break at its end.
pub fn verification_html(it: &Verification) -> serde_json::Result<String> {
    let accepted =
        it.accepted.iter().map(|it| Reason { reason: &it.reason, author: &it.author }).collect();
    let data = embedded(&Data { rows: &it.rows, accepted })?;
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{SCRIPT_SHA256}'; img-src data:; \
         base-uri 'none'; form-action 'none'"
    );
    let tone = match it.conclusion {
        Conclusion::Clean => "good",
        Conclusion::Unexpected => "blocker",
        Conclusion::Incomplete => "warning",
    };
    let title = format!("Verification of {}", it.deployment);
    let body = html! {
        a.skip href="#single" { "Skip to the single exports" }
        header {
            p.product { "dirlift verify" }
            h1 { (Safe(&title)) }
            p.note { "As of " (Safe(it.as_of)) ", dirlift " (Safe(&it.tool_version)) }
        }
        main {
            (summary(it, tone))
            nav aria-label="Contents" {
                ul {
                    li { a href="#operations" { "Operations" } }
                    li { a href="#counts" { "Counts" } }
                    li { a href="#guards" { "Guards" } }
                    li { a href="#anchors" { "Anchors" } }
                    @if !it.accepted.is_empty() { li { a href="#accepted" { "Accept-list" } } }
                    li { a href="#single" { "Single exports" } }
                }
            }
            (operations(it))
            (counts(it))
            (guards(it))
            (anchors(it))
            (accepted_entries(&it.accepted))
            (single(it))
            @if !it.problems.is_empty() {
                section { h2 { "Not understood" } (list(&it.problems)) }
            }
        }
        script #data type="application/json" { (PreEscaped(data)) }
        script { (PreEscaped(SCRIPT)) }
    };
    Ok(document(&title, &policy, Some(MORE_STYLE), &body))
}

/// JSON that can stand inside an element: no `<` ends it, no character steers the text around it.
fn embedded(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(crate::document(value)?.replace('<', "\\u003c"))
}

fn list(lines: &[String]) -> Markup {
    html! { ul { @for it in lines { li { (Safe(it)) } } } }
}

fn summary(it: &Verification, tone: &str) -> Markup {
    html! {
        section class={ "verdict " (tone) } aria-labelledby="result" {
            h2 #result { (verdict(it.conclusion)) "." }
            @if !it.objections.is_empty() { (list(&it.objections)) }
            @if !it.missing.is_empty() {
                p { "Not checked:" }
                (list(&it.missing))
            }
            dl {
                @for review in &it.connectors {
                    div { dt { (Safe(&review.connector)) } dd { (list(&connector(review))) } }
                }
                @if let Some(state) = &it.server {
                    (field("Real server", &html! { (Safe(&state.database)) (list(&server(state))) }))
                }
            }
        }
    }
}

fn operations(it: &Verification) -> Markup {
    html! {
        section #operations {
            h2 { "Operations" }
            div.scroll { table.counts {
                thead { tr { th { "Operation" } th { "Result" } } }
                tbody {
                    @for check in &it.operations {
                        tr { td { (Safe(operation(check))) } td { (Safe(operation_result(check))) } }
                    }
                }
            } }
        }
    }
}

fn counts(it: &Verification) -> Markup {
    let number = |n: u64| html! { td.number { (grouped(n)) } };
    let bad = |n: u64| html! { td.number.bad[n > 0] { (grouped(n)) } };
    let mut attributes: Vec<_> = it.by_attribute.iter().collect();
    attributes.sort_by_key(|it| (std::cmp::Reverse(it.unexpected), std::cmp::Reverse(it.objects)));
    html! {
        section #counts {
            h2 { "Pending exports" }
            @if it.by_operation.is_empty() { p { "Nothing is pending." } } @else {
                div.scroll { table.counts {
                    caption { "By operation, object type and cause" }
                    thead { tr {
                        th { "Connector" } th { "Operation" } th { "Type" } th { "Cause" }
                        th.number { "Objects" } th.number { "Not expected" }
                    } }
                    tbody {
                        @for count in it.by_operation.iter().take(MAX_LINES) {
                            tr {
                                td { (Safe(&count.connector)) } td { (count.operation.as_str()) }
                                td { (Safe(&count.object_type)) } td { (Safe(&count.cause)) }
                                (number(count.objects)) (bad(count.unexpected))
                            }
                        }
                    }
                } }
            }
            @if !attributes.is_empty() {
                div.scroll { table.counts {
                    caption { "By attribute, those with the most unexpected changes first" }
                    thead { tr {
                        th { "Connector" } th { "Operation" } th { "Type" } th { "Attribute" }
                        th.number { "Objects" } th.number { "Not expected" } th.number { "Different" }
                    } }
                    tbody {
                        @for count in attributes.iter().take(MAX_LINES) {
                            tr {
                                td { (Safe(&count.connector)) } td { (count.operation.as_str()) }
                                td { (Safe(&count.object_type)) } td { (Safe(&count.attribute)) }
                                (number(count.objects)) (bad(count.unexpected)) (bad(count.differences))
                            }
                        }
                    }
                } }
                @if attributes.len() > MAX_LINES {
                    p.note { (grouped((attributes.len() - MAX_LINES) as u64)) " more attributes are in the JSON view." }
                }
            }
        }
    }
}

fn guards(it: &Verification) -> Markup {
    html! {
        section #guards {
            h2 { "Guards" }
            @for report in &it.guards {
                article class=(if report.objections.is_empty() { "good" } else { "blocker" }) {
                    h3 { (Safe(&report.connector)) }
                    p { (Safe(guard(report))) }
                    @if !report.objections.is_empty() {
                        (list(&report.objections[..report.objections.len().min(MAX_NAMED)]))
                    }
                    @let n_more = report.objections.len().saturating_sub(MAX_NAMED) as u64 + report.not_named;
                    @if n_more > 0 { p { (grouped(n_more)) " more." } }
                    @if !report.not_checked.is_empty() {
                        p.note { "Not checked:" }
                        (list(&report.not_checked))
                    }
                }
            }
        }
    }
}

fn anchors(it: &Verification) -> Markup {
    let counts: Vec<_> = it.anchors.counts.iter().map(anchor).collect();
    html! {
        section #anchors {
            h2 { "Anchors" }
            @if counts.is_empty() { p { "Nothing to compare." } } @else { (list(&counts)) }
            @if !it.anchors.objections.is_empty() {
                div.scroll { table.counts {
                    caption { "Objects that would lose the tie to the cloud" }
                    thead { tr { th { "Object" } th { "Type" } th { "Why" } th { "Predicted" } th { "In the cloud" } } }
                    tbody {
                        @for case in it.anchors.objections.iter().take(MAX_NAMED) {
                            tr {
                                td { (Safe(&case.dn)) } td { (Safe(&case.object_type)) } td { (case.state.words()) }
                                td { (Safe(case.predicted.as_deref().unwrap_or("none"))) }
                                td { (Safe(case.immutable_id.as_deref().unwrap_or("none"))) }
                            }
                        }
                    }
                } }
                @let n_more = it.anchors.objections.len().saturating_sub(MAX_NAMED) as u64 + it.anchors.not_named;
                @if n_more > 0 { p { (grouped(n_more)) " more." } }
            }
        }
    }
}

fn accepted_entries(all: &[AcceptUse]) -> Markup {
    html! {
        @if !all.is_empty() {
            section #accepted {
                h2 { "Accept-list" }
                div.scroll { table.counts {
                    thead { tr { th { "Accepts" } th { "Why" } } }
                    tbody {
                        @for entry in all.iter().take(MAX_LINES) {
                            tr { td { (Safe(accept(entry))) } td { (Safe(accept_source(entry))) } }
                        }
                    }
                } }
                @if all.len() > MAX_LINES { p.note { (grouped((all.len() - MAX_LINES) as u64)) " more entries." } }
            }
        }
    }
}

fn single(it: &Verification) -> Markup {
    let narrowed = filter(it);
    let choice = |id: &str, label: &str| {
        html! { label { (label) select id={ "by-" (id) } autocomplete="off" { option value="" { "all" } } } }
    };
    html! {
        section #single {
            h2 { "Single exports" }
            p {
                "This page holds " (rows_heading(it)) ", the unexpected ones first."
                @if !narrowed.is_empty() { " It was narrowed to " (Safe(narrowed)) "." }
                @if it.left_off > 0 {
                    " " (grouped(it.left_off)) " are not in it; --limit takes more, and --format csv takes all."
                }
            }
            noscript { p { "The single exports need the script of this page. The counts above do not." } }
            div #browser hidden {
                div.filters role="search" {
                    label.wide { "Text in names, anchors and values" input #find type="search" autocomplete="off"; }
                    label { "Status" select #by-status autocomplete="off" {
                        option value="" { "all" }
                        option value="unexpected" { "not expected" }
                        option value="expected" { "expected" }
                    } }
                    (choice("connector", "Connector"))
                    (choice("operation", "Operation"))
                    (choice("object_type", "Type"))
                    (choice("attribute", "Attribute"))
                    (choice("cause", "Cause"))
                    (choice("outcome", "Comparison"))
                }
                div.sheets {
                    button #previous type="button" { "Previous" }
                    button #next type="button" { "Next" }
                    button #clear type="button" { "Clear filters" }
                    p #found role="status" {}
                }
                div #exports {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn the_policy_names_the_script() {
        let hash = STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
        assert_eq!(SCRIPT_SHA256, hash, "the script was changed: put its hash here");
        assert!(!SCRIPT.contains("</"), "the element ends there");
    }

    #[test]
    fn data_cannot_leave_its_element() {
        let text = embedded(&"</script><!--\u{202e}").unwrap();
        assert_eq!(text, "\"\\u003c/script>\\u003c!--\\u202e\"\n");
    }
}
