//! Views of a rehearsal: text and one HTML page.
use dirlift_model::{
    AttributeValue, PendingExport,
    pending::AttributeChange,
    rehearsal::{Count, ErrorLine, Rehearsal},
    text::{grouped, plural},
};
use maud::{Markup, html};

use crate::{
    TextOptions,
    html::{POLICY, Safe, document, field},
    page::{Page, Style},
};

/// Attributes that are listed where they change or cannot be compared.
const MAX_ATTRIBUTES: usize = 30;

/// Remarks that are listed.
const MAX_REMARKS: usize = 40;

/// Values of one attribute that are shown.
const MAX_VALUES: usize = 5;

/// Most characters of a value that are shown.
const MAX_VALUE: usize = 200;

/// A rehearsal with the single objects that a page shows.
#[derive(Clone, Copy, Debug)]
pub struct RehearsalPage<'a> {
    /// The summary.
    pub summary: &'a Rehearsal,
    /// The first exports of each kind.
    pub exports: &'a [PendingExport],
    /// The first errors and takeovers.
    pub errors: &'a [ErrorLine],
}

fn verdict(it: &Rehearsal) -> String {
    match it.objections.len() as u64 {
        0 => "Nothing stands against these exports.".to_owned(),
        n => format!("{} against these exports.", plural(n, "thing stands", "things stand")),
    }
}

fn basis(it: &Rehearsal) -> String {
    format!("{}: {}", it.rule_basis, it.rule_basis.meaning())
}

fn objects(all: &[Count]) -> String {
    let all: Vec<_> = all.iter().map(|it| format!("{} {}", grouped(it.count), it.name)).collect();
    if all.is_empty() { "no object".to_owned() } else { all.join(", ") }
}

fn counts(all: &[Count]) -> Vec<String> {
    all.iter().map(|it| format!("{}: {}", it.name, grouped(it.count))).collect()
}

fn total(it: &Rehearsal) -> u64 {
    it.connectors.iter().map(|it| it.exports).sum()
}

/// What makes the result less than whole.
fn limits(it: &Rehearsal) -> Vec<String> {
    let mut out = Vec::new();
    if !it.history {
        let kept = if it.kept_without_history > 0 {
            format!(
                " ({} would be if they did)",
                plural(it.kept_without_history, "object", "objects")
            )
        } else {
            String::new()
        };
        out.push(format!("Nothing is deleted: the tenant marks no object as synchronised{kept}."));
    }
    if it.held > 0 {
        let n = plural(it.held, "object is", "objects are");
        out.push(format!("{n} not deleted only because what they come from has an error."));
    }
    if it.references_left_out > 0 {
        let n = plural(it.references_left_out, "reference was", "references were");
        out.push(format!("{n} left out because the object is not in the target."));
    }
    out
}

fn unreadable(it: &Rehearsal) -> (String, Vec<String>) {
    let mut all: Vec<_> = it.unreadable.iter().collect();
    all.sort_by_key(|it| std::cmp::Reverse(it.count));
    let sum: u64 = all.iter().map(|it| it.count).sum();
    let lead = format!(
        "The rules give {} of {} whose present value in the cloud cannot be read. They are in no pending export.",
        plural(sum, "value", "values"),
        plural(all.len() as u64, "attribute", "attributes")
    );
    let lines = all
        .iter()
        .take(MAX_ATTRIBUTES)
        .map(|it| format!("{} {}: {}", it.object_type, it.attribute, grouped(it.count)));
    (lead, more(lines.collect(), all.len()))
}

/// A list with a last line that says how many were left off.
fn more(mut lines: Vec<String>, all: usize) -> Vec<String> {
    if let Some(n @ 1..) = all.checked_sub(lines.len()) {
        lines.push(format!("{n} more in summary.json"));
    }
    lines
}

fn attributes(it: &Rehearsal) -> Vec<String> {
    let mut all: Vec<_> = it.attributes.iter().collect();
    all.sort_by_key(|it| std::cmp::Reverse(it.count));
    let lines = all.iter().take(MAX_ATTRIBUTES).map(|it| {
        format!("{} of {} in {}: {}", it.attribute, it.object_type, it.connector, grouped(it.count))
    });
    more(lines.collect(), all.len())
}

fn remarks(it: &Rehearsal) -> Vec<String> {
    more(it.notes.iter().take(MAX_REMARKS).cloned().collect(), it.notes.len())
}

/// Writes the rehearsal for people.
pub fn rehearsal_text(it: &Rehearsal, options: &TextOptions) -> String {
    let mut page = Page::new(options.width, options.color);
    page.heading("Rehearsal");
    page.field("configuration", &it.configuration);
    page.field("rules", &format!("{} applied", plural(it.rules, "rule", "rules")));
    page.more(&basis(it));
    page.field("as of", &it.as_of.to_string());
    page.field("pending exports", &grouped(total(it)));
    let style = if it.objections.is_empty() { Style::Green } else { Style::Red };
    page.field_styled("result", &verdict(it), style);
    for text in &it.objections {
        page.more_item(text);
    }
    page.heading("Directories");
    for connector in &it.connectors {
        page.paragraph(2, &format!("{} ({})", connector.connector, connector.source));
        page.item(
            4,
            &format!(
                "{}; {} linked, {}",
                objects(&connector.objects),
                grouped(connector.linked),
                plural(connector.errors, "error", "errors")
            ),
        );
    }
    page.heading("Pending exports");
    if it.exports.is_empty() {
        page.paragraph(2, "None.");
    }
    for group in it.exports.chunk_by(|a, b| a.connector == b.connector) {
        page.paragraph(2, &group[0].connector);
        for it in group {
            let text =
                format!("{} {} {} ({})", grouped(it.count), it.object_type, it.operation, it.cause);
            page.item(4, &text);
        }
    }
    for text in limits(it) {
        page.paragraph(2, &text);
    }
    let mut list = |title: &str, lead: &str, lines: &[String]| {
        if !lines.is_empty() {
            page.heading(title);
            if !lead.is_empty() {
                page.paragraph(2, lead);
            }
            for it in lines {
                page.item(2, it);
            }
        }
    };
    list("Attributes that change", "", &attributes(it));
    list("Errors while synchronizing", "", &counts(&it.errors));
    list("What the cloud would refuse", "", &counts(&it.predicted_errors));
    list("What would be taken over", "", &counts(&it.takeovers));
    let (lead, lines) = unreadable(it);
    list("Cannot be compared", &lead, &lines);
    let not_checked: Vec<_> =
        it.not_checked.iter().map(|it| format!("{}: {}", it.what, it.why)).collect();
    list("Not read", "", &not_checked);
    let assumptions: Vec<_> =
        it.assumptions.iter().map(|it| format!("{}: {} {}", it.id, it.point, it.reading)).collect();
    list("Rests on", "Points that the documentation leaves open:", &assumptions);
    list("Remarks", "", &remarks(it));
    page.finish()
}

/// Writes the rehearsal as one self-contained page with a line break at its end.
pub fn rehearsal_html(page: &RehearsalPage<'_>) -> String {
    let it = page.summary;
    let tone = if it.objections.is_empty() { "good" } else { "blocker" };
    let body = html! {
        a.skip href="#exports" { "Skip to the pending exports" }
        header {
            p.product { "dirlift rehearse" }
            h1 { "Rehearsal of " (Safe(&it.configuration)) }
            p.note { "As of " (Safe(it.as_of)) ", dirlift " (Safe(&it.tool_version)) }
        }
        main {
            section class={ "verdict " (tone) } aria-labelledby="result" {
                h2 #result { (verdict(it)) }
                @if !it.objections.is_empty() {
                    ul { @for text in &it.objections { li { (Safe(text)) } } }
                }
                dl {
                    (field("Pending exports", &html! { (grouped(total(it))) }))
                    (field("Rules", &html! { (plural(it.rules, "rule", "rules")) ", " (Safe(basis(it))) }))
                }
            }
            (contents(it, page))
            (directories(it))
            (exports(it))
            (samples(page.exports))
            (errors(it, page.errors))
            (guards(it))
            (compared(it))
            (lists(it))
        }
    };
    document(&format!("Rehearsal of {}", it.configuration), POLICY, None, &body)
}

fn contents(it: &Rehearsal, page: &RehearsalPage<'_>) -> Markup {
    html! {
        nav aria-label="Contents" {
            ul {
                li { a href="#directories" { "Directories" } }
                li { a href="#exports" { "Pending exports" } }
                @if !page.exports.is_empty() { li { a href="#objects" { "Objects" } } }
                li { a href="#errors" { "Errors" } }
                li { a href="#guards" { "Guards" } }
                @if !it.unreadable.is_empty() { li { a href="#unreadable" { "Not comparable" } } }
                li { a href="#basis" { "What it rests on" } }
            }
        }
    }
}

fn directories(it: &Rehearsal) -> Markup {
    html! {
        section aria-labelledby="directories" {
            h2 #directories { "Directories" }
            dl {
                @for it in &it.connectors {
                    (field("Connector", &html! {
                        span.item { (Safe(&it.connector)) } br;
                        (Safe(objects(&it.objects))) " from " span.place { (Safe(&it.source)) } br;
                        (grouped(it.linked)) " linked, " (plural(it.errors, "error", "errors"))
                    }))
                }
            }
        }
    }
}

fn exports(it: &Rehearsal) -> Markup {
    let changing = attributes(it);
    html! {
        section aria-labelledby="exports" {
            h2 #exports { "Pending exports" }
            @if it.exports.is_empty() { p { "None." } }
            @for group in it.exports.chunk_by(|a, b| a.connector == b.connector) {
                table {
                    caption { (Safe(&group[0].connector)) }
                    thead { tr { th scope="col" { "What" } th scope="col" { "Why" } th scope="col" { "Objects" } } }
                    tbody {
                        @for it in group {
                            tr {
                                td { (it.operation.as_str()) " " (Safe(&it.object_type)) }
                                td { (Safe(&it.cause)) }
                                td { (grouped(it.count)) }
                            }
                        }
                    }
                }
            }
            @for text in limits(it) { p { (text) } }
            @if !changing.is_empty() {
                h3 { "Attributes that change" }
                ul { @for text in &changing { li { (Safe(text)) } } }
            }
        }
    }
}

fn samples(all: &[PendingExport]) -> Markup {
    html! {
        @if !all.is_empty() {
            section aria-labelledby="objects" {
                h2 #objects { "Objects" }
                p.note { "The first of each kind; pending-exports.jsonl and pending-exports.csv have all of them." }
                @for it in all {
                    details {
                        summary {
                            (it.operation.as_str()) " " (Safe(&it.object_type)) " "
                            span.item { (Safe(known_as(it))) }
                        }
                        dl {
                            (field("Name", &html! { span.observed { (Safe(it.dn.as_str())) } }))
                            @if let Some(anchor) = &it.anchor {
                                (field("Anchor", &html! { span.observed { (Safe(anchor)) } }))
                            }
                            @if let Some(cause) = &it.cause { (field("Cause", &html! { (Safe(cause.to_string())) })) }
                            @for change in &it.changes { (changed(change)) }
                        }
                    }
                }
            }
        }
    }
}

fn known_as(it: &PendingExport) -> &str {
    it.display_name.as_deref().filter(|it| !it.trim().is_empty()).unwrap_or(it.dn.as_str())
}

fn changed(it: &AttributeChange) -> Markup {
    let rule = it.rule.as_deref().map(|it| format!(" ({it})")).unwrap_or_default();
    html! {
        div {
            dt { (Safe(&it.attribute)) }
            dd {
                @if !it.old.is_empty() { span.observed { (Safe(values(&it.old))) } " becomes " }
                @if it.new.is_empty() { "nothing" } @else { span.observed { (Safe(values(&it.new))) } }
                span.place { (Safe(rule)) }
            }
        }
    }
}

fn values(all: &[AttributeValue]) -> String {
    let shown = |it: &AttributeValue| match it {
        AttributeValue::String(text) => dirlift_model::text::shorten(text, MAX_VALUE),
        AttributeValue::Integer(number) => number.to_string(),
        AttributeValue::Boolean(flag) => flag.to_string(),
        AttributeValue::Binary(bytes) => plural(bytes.len() as u64, "byte", "bytes"),
        AttributeValue::Reference(dn) => dirlift_model::text::shorten(dn.as_str(), MAX_VALUE),
    };
    let mut lines: Vec<_> = all.iter().take(MAX_VALUES).map(shown).collect();
    if let Some(n @ 1..) = all.len().checked_sub(MAX_VALUES) {
        lines.push(format!("{n} more"));
    }
    lines.join("; ")
}

fn errors(it: &Rehearsal, lines: &[ErrorLine]) -> Markup {
    let group = |title: &str, all: &[Count]| {
        html! {
            @if !all.is_empty() {
                h3 { (title) }
                ul { @for it in all { li { (Safe(&it.name)) ": " (grouped(it.count)) } } }
            }
        }
    };
    let is_clean =
        it.errors.is_empty() && it.predicted_errors.is_empty() && it.takeovers.is_empty();
    html! {
        section aria-labelledby="errors" {
            h2 #errors { "Errors" }
            @if is_clean { p { "None." } }
            (group("While synchronizing", &it.errors))
            (group("What the cloud would refuse", &it.predicted_errors))
            (group("What would be taken over", &it.takeovers))
            @if !lines.is_empty() {
                p.note { "The first of them; errors.jsonl has all." }
                @for it in lines {
                    article class=(if it.is_error { "blocker" } else { "info" }) {
                        p.code { (Safe(&it.error)) }
                        h4 { (Safe(&it.text)) }
                        dl {
                            (field("Object", &html! { span.observed { (Safe(it.dn.as_str())) } }))
                            @if let Some(source) = &it.source {
                                (field("Comes from", &html! { span.observed { (Safe(source.as_str())) } }))
                            }
                            @if let Some(partner) = &it.partner {
                                (field("Other object", &html! { span.observed { (Safe(partner.as_str())) } }))
                            }
                            @if let Some(source) = &it.partner_source {
                                (field("It comes from", &html! { span.observed { (Safe(source.as_str())) } }))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn guards(it: &Rehearsal) -> Markup {
    html! {
        section aria-labelledby="guards" {
            h2 #guards { "Guards" }
            @for it in &it.guards {
                article class=(if it.passes { "good" } else { "blocker" }) {
                    h4 { (Safe(&it.connector)) ": " (if it.passes { "nothing to object" } else { "stop" }) }
                    p {
                        "Saw " (plural(it.exports, "pending export", "pending exports")) " on "
                        (plural(it.objects, "object", "objects")) ": "
                        (plural(it.adds, "add", "adds")) ", " (plural(it.updates, "update", "updates")) ", "
                        (plural(it.deletes, "delete", "deletes")) "."
                    }
                    @if !it.objections.is_empty() {
                        ul { @for text in &it.objections { li { (Safe(text)) } } }
                    }
                    @if it.not_named > 0 { p { (grouped(it.not_named)) " more objects are not named." } }
                    @for text in &it.not_checked { p { "Could not look: " (Safe(text)) } }
                }
            }
        }
    }
}

fn compared(it: &Rehearsal) -> Markup {
    let (lead, lines) = unreadable(it);
    html! {
        @if !lines.is_empty() {
            section aria-labelledby="unreadable" {
                h2 #unreadable { "Not comparable" }
                p { (lead) }
                details {
                    summary { "Attributes: " (grouped(it.unreadable.len() as u64)) }
                    ul { @for text in &lines { li { (Safe(text)) } } }
                }
            }
        }
    }
}

fn lists(it: &Rehearsal) -> Markup {
    let remarks = remarks(it);
    html! {
        section aria-labelledby="basis" {
            h2 #basis { "What it rests on" }
            p { "Rules: " (Safe(basis(it))) "." }
            @if !it.not_checked.is_empty() {
                h3 { "Not read" }
                ul { @for it in &it.not_checked { li { span.item { (Safe(&it.what)) } ": " (Safe(&it.why)) } } }
            }
            @if !it.assumptions.is_empty() {
                h3 { "Points that the documentation leaves open" }
                ul { @for it in &it.assumptions { li { span.item { (Safe(&it.id)) } " " (Safe(&it.point)) ". " (Safe(&it.reading)) } } }
            }
            @if !remarks.is_empty() {
                h3 { "Remarks" }
                ul { @for text in &remarks { li { (Safe(text)) } } }
            }
        }
    }
}
