//! Views of the checklist: text, Markdown and one HTML page that can be printed and signed.
mod html;

use dirlift_model::{
    Checklist, ChecklistItem,
    checklist::{Decision, GoAhead, ItemState, Phase, Seen},
    text::{plural, shorten},
};

pub use self::html::checklist_html;
use crate::{
    TextOptions, markdown,
    page::{Page, Style},
};

/// Most characters of a SHA-256 in text for people; JSON and Markdown have all of it.
const SUM_SHOWN: usize = 16;

/// Columns before the text of an item.
const INDENT: usize = 9;

fn title(list: &Checklist) -> String {
    format!("Checklist of {}", list.deployment)
}

const fn decision(it: Decision) -> &'static str {
    match it {
        Decision::No => "No: the new server must not become active",
        Decision::Go => "Go: the new server may become active",
        Decision::Done => "Done: the new server is active",
        Decision::Contradicted => "Something is wrong: the new server is active",
    }
}

/// What the reasons below the decision are.
const fn reasons_label(it: Decision) -> &'static str {
    match it {
        Decision::No | Decision::Contradicted => "because",
        Decision::Go | Decision::Done => "rests on",
    }
}

fn switched(go_ahead: &GoAhead) -> Option<String> {
    go_ahead.cut_over.as_ref().map(|it| format!("{}: {}", it.at, it.evidence))
}

/// Items of one phase that concern the customer.
fn of_phase(list: &Checklist, phase: Phase) -> Vec<&ChecklistItem> {
    let concerned = |it: &&ChecklistItem| it.state != ItemState::NotApplicable;
    list.items.iter().filter(|it| it.phase == phase).filter(concerned).collect()
}

fn done_of(items: &[&ChecklistItem]) -> String {
    let n = items.iter().filter(|it| it.state == ItemState::Done).count();
    format!("{n} of {} done", items.len())
}

fn not_applicable(list: &Checklist) -> Vec<&ChecklistItem> {
    list.items.iter().filter(|it| it.state == ItemState::NotApplicable).collect()
}

/// A state as a word beside the item.
const fn state(it: &ChecklistItem) -> &'static str {
    match it.state {
        ItemState::Done => "done",
        ItemState::Open => "open",
        ItemState::Stale => "again",
        ItemState::NotApplicable => "-",
    }
}

/// What was seen or said, with who, where, when and until when.
fn seen(it: &Seen) -> String {
    let mut text = it.detail.clone();
    let mut add = |lead: &str, value: &str| {
        text.push_str(lead);
        text.push_str(value);
    };
    match &it.author {
        Some(author) => add("; said by ", author),
        None => add("; seen by ", &it.source),
    }
    if let Some(host) = &it.host {
        add(" on ", host);
    }
    add(", ", &it.at.to_string());
    match it.valid_until {
        Some(until) => add(", counts until ", &until.to_string()),
        None => add(", counts for good", ""),
    }
    text
}

/// Writes the checklist for people. Items that are done take a line or two, the others say what to do.
pub fn checklist_text(list: &Checklist, options: &TextOptions) -> String {
    let mut page = Page::new(options.width, options.color);
    page.heading(&title(list));
    let go_ahead = &list.go_ahead;
    let style = match go_ahead.decision {
        Decision::Go | Decision::Done => Style::Green,
        Decision::No => Style::Yellow,
        Decision::Contradicted => Style::Red,
    };
    page.field_styled("go-ahead", decision(go_ahead.decision), style);
    if let Some(notice) = &go_ahead.notice {
        page.field_styled("notice", notice, Style::Red);
    }
    if let Some(it) = switched(go_ahead) {
        page.field("switch", &it);
    }
    let mut label = reasons_label(go_ahead.decision);
    for it in &go_ahead.reasons {
        page.field(label, it);
        label = "";
    }
    page.field("items", &list.counts.words());
    page.field("as of", &format!("{}, dirlift {}", list.as_of, list.tool_version));
    for phase in Phase::ALL {
        let items = of_phase(list, phase);
        if !items.is_empty() {
            page.heading(&format!("{} ({})", phase.title(), done_of(&items)));
            for it in items {
                text_of(&mut page, it);
            }
        }
    }
    let left_out = not_applicable(list);
    if !left_out.is_empty() {
        page.heading("Not for this deployment");
        for it in left_out {
            page.item(2, &format!("{}: {}", it.id, it.why));
        }
    }
    page.finish()
}

fn text_of(page: &mut Page, it: &ChecklistItem) {
    let style = match it.state {
        ItemState::Done => Style::Green,
        _ if it.is_in_the_way() => Style::Red,
        _ => Style::Yellow,
    };
    let lead = format!("  {:<7}", state(it));
    let blocks = if it.is_in_the_way() { " (blocks)" } else { "" };
    page.block(&lead, style, INDENT, &format!("{}{blocks}: {}", it.id, it.title), Style::Bold);
    if it.state != ItemState::Done {
        page.paragraph(INDENT, &it.what);
    }
    if !it.why.is_empty() {
        page.paragraph(INDENT, &format!("Why: {}.", it.why));
    }
    if !it.waits_for.is_empty() {
        page.paragraph(INDENT, &format!("Waits for: {}.", waits(it)));
    }
    match &it.seen {
        Some(seen_last) => {
            let sum = seen_last
                .sha256
                .as_ref()
                .map_or(String::new(), |it| format!(", SHA-256 {}", shorten(it, SUM_SHOWN)));
            page.paragraph(INDENT, &format!("Evidence: {}{sum}.", seen(seen_last)));
        }
        None if it.state != ItemState::Done => {
            page.paragraph(INDENT, &format!("Shown by: {}.", it.proof));
        }
        None => {}
    }
}

/// Names of what an item waits for; many of them as a number.
fn waits(it: &ChecklistItem) -> String {
    if it.waits_for.len() > 4 {
        return format!(
            "{} that block, see the go-ahead",
            plural(it.waits_for.len() as u64, "item", "items")
        );
    }
    it.waits_for.join(", ")
}

/// Writes the checklist as one Markdown document with a line break at its end: a task list by phase, nothing cut off.
pub fn checklist_markdown(list: &Checklist) -> String {
    let mut page = markdown::Page::new();
    page.heading(1, &title(list));
    let go_ahead = &list.go_ahead;
    page.field("Go-ahead", decision(go_ahead.decision));
    if let Some(notice) = &go_ahead.notice {
        page.field("Notice", notice);
    }
    if let Some(it) = switched(go_ahead) {
        page.field("Switch", &it);
    }
    if !go_ahead.reasons.is_empty() {
        let label = match go_ahead.decision {
            Decision::No | Decision::Contradicted => "Because",
            Decision::Go | Decision::Done => "Rests on",
        };
        page.list(label, &go_ahead.reasons);
    }
    page.field("Items", &list.counts.words());
    page.field("As of", &format!("{}, dirlift {}", list.as_of, list.tool_version));
    for phase in Phase::ALL {
        let items = of_phase(list, phase);
        if items.is_empty() {
            continue;
        }
        page.heading(2, &format!("{} ({})", phase.title(), done_of(&items)));
        for it in items {
            let mark = match (it.state, it.is_in_the_way()) {
                (ItemState::Done, _) => "",
                (ItemState::Stale, true) => " (again, blocks)",
                (ItemState::Stale, false) => " (again)",
                (_, true) => " (blocks)",
                (_, false) => "",
            };
            let is_done = it.state == ItemState::Done;
            page.task(is_done, &format!("{}{mark}: {}", it.id, it.title));
            if !is_done {
                page.item(1, &it.what);
            }
            if !it.why.is_empty() {
                page.item(1, &format!("Why: {}", it.why));
            }
            if !it.waits_for.is_empty() {
                page.item(1, &format!("Waits for: {}", it.waits_for.join(", ")));
            }
            if let Some(last) = &it.seen {
                let sum =
                    last.sha256.as_ref().map_or(String::new(), |it| format!(", SHA-256 {it}"));
                page.item(1, &format!("Evidence: {}{sum}", seen(last)));
            } else {
                page.item(1, &format!("Shown by: {}", it.proof));
            }
            page.item(1, &format!("To take it back: {}", it.rollback));
        }
    }
    let left_out = not_applicable(list);
    if !left_out.is_empty() {
        page.heading(2, "Not for this deployment");
        for it in left_out {
            page.item(0, &format!("{}: {}", it.id, it.why));
        }
    }
    page.finish()
}
