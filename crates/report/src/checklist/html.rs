//! The page: state of each item by phase, with room to sign on paper.
use dirlift_model::{
    Checklist, ChecklistItem,
    checklist::{Decision, ItemState, Phase},
};
use maud::{Markup, PreEscaped, html};

use super::{decision, done_of, not_applicable, of_phase, reasons_label, seen, switched, title};
use crate::html::{POLICY, Safe, document, field};

/// What only this page needs.
const OWN_STYLE: PreEscaped<&str> = PreEscaped(include_str!("style.css"));

/// Writes the checklist as one self-contained page with a line break at its end.
pub fn checklist_html(list: &Checklist) -> String {
    let title = title(list);
    let body = html! {
        header {
            p.product { "dirlift checklist" }
            h1 { (Safe(&title)) }
            p.note { "As of " (Safe(list.as_of)) ", dirlift " (Safe(&list.tool_version)) }
        }
        main {
            (verdict(list))
            (contents(list))
            @for phase in Phase::ALL { (phase_of(list, phase)) }
            (left_out(list))
        }
    };
    document(&title, POLICY, Some(OWN_STYLE), &body)
}

fn verdict(list: &Checklist) -> Markup {
    let it = &list.go_ahead;
    let tone = match it.decision {
        Decision::Go | Decision::Done => "good",
        Decision::No => "warning",
        Decision::Contradicted => "blocker",
    };
    let label = match reasons_label(it.decision) {
        "because" => "Because",
        _ => "Rests on",
    };
    html! {
        section class={ "verdict " (tone) } aria-labelledby="go-ahead" {
            h2 #go-ahead { (decision(it.decision)) }
            @if let Some(notice) = &it.notice { p.notice role="note" { (Safe(notice)) } }
            dl {
                @if let Some(switched) = switched(it) { (field("Switch", &html! { (Safe(switched)) })) }
                @if !it.reasons.is_empty() {
                    (field(label, &html! { ul { @for reason in &it.reasons { li { (prose(reason)) } } } }))
                }
                (field("Items", &html! { (Safe(list.counts.words())) }))
            }
        }
    }
}

fn contents(list: &Checklist) -> Markup {
    html! {
        nav aria-label="Contents" {
            ul {
                @for phase in Phase::ALL {
                    @let items = of_phase(list, phase);
                    @if !items.is_empty() {
                        li { a href={ "#" (phase.as_str()) } { (phase.title()) } " " span.note { (done_of(&items)) } }
                    }
                }
            }
        }
    }
}

fn phase_of(list: &Checklist, phase: Phase) -> Markup {
    let items = of_phase(list, phase);
    html! {
        @if !items.is_empty() {
            section id=(phase.as_str()) {
                h2 { (phase.title()) " " span.count { (done_of(&items)) } }
                @for it in items { (item(it)) }
            }
        }
    }
}

fn item(it: &ChecklistItem) -> Markup {
    let tone = match it.state {
        ItemState::Done => "good",
        _ if it.is_in_the_way() => "blocker",
        ItemState::Stale => "warning",
        _ => "info",
    };
    let is_done = it.state == ItemState::Done;
    html! {
        article.item-of-list.(tone) id={ "item-" (Safe(&it.id)) } {
            p.code {
                span.severity { (it.state.as_str()) @if it.is_in_the_way() { ", blocks" } }
                " " (Safe(&it.id))
            }
            h3 { span.box aria-hidden="true" { @if is_done { "✓" } } (Safe(&it.title)) }
            @if !is_done { p { (prose(&it.what)) } }
            dl {
                @if !it.why.is_empty() { (field("Why", &prose(&it.why))) }
                @if !it.waits_for.is_empty() {
                    (field("Waits for", &html! {
                        @for (idx, id) in it.waits_for.iter().enumerate() {
                            @if idx > 0 { ", " }
                            a href={ "#item-" (Safe(id)) } { (Safe(id)) }
                        }
                    }))
                }
                @match &it.seen {
                    Some(last) => {
                        (field("Evidence", &html! {
                            (Safe(seen(last)))
                            @if let Some(sum) = &last.sha256 { br; span.sum { "SHA-256 " (Safe(sum)) } }
                        }))
                    }
                    None => { (field("Shown by", &html! { (prose(&it.proof)) })) }
                }
                @if !is_done {
                    (field("To take it back", &html! { (Safe(&it.rollback)) }))
                    (field("From", &html! { (Safe(&it.reference)) }))
                }
            }
            @if !is_done {
                p.sign aria-hidden="true" { "Done by " span.line {} " on " span.line {} }
            }
        }
    }
}

/// Text with what stands between backticks as code.
fn prose(text: &str) -> Markup {
    html! {
        @for (idx, part) in text.split('`').enumerate() {
            @if idx % 2 == 1 { code { (Safe(part)) } } @else { (Safe(part)) }
        }
    }
}

fn left_out(list: &Checklist) -> Markup {
    let items = not_applicable(list);
    html! {
        @if !items.is_empty() {
            section {
                h2 { "Not for this deployment" }
                ul { @for it in items { li { (Safe(&it.title)) " " span.note { "(" (Safe(&it.id)) "): " (Safe(&it.why)) } } } }
            }
        }
    }
}
