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
    let lead = format!("  {:<7}", it.state);
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
                (ItemState::Stale, true) => " (stale, blocks)",
                (ItemState::Stale, false) => " (stale)",
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

#[cfg(test)]
mod tests {
    use dirlift_model::checklist::{Counts, FORMAT_VERSION, Switches};
    use jiff::Timestamp;

    use super::*;

    fn at(n: i64) -> Timestamp {
        // 2026-11-21T00:00:00Z and hours after it.
        Timestamp::from_second(1_795_219_200 + 3600 * n).unwrap()
    }

    fn item(id: &str, phase: Phase, state: ItemState) -> ChecklistItem {
        ChecklistItem {
            id: id.to_owned(),
            phase,
            order: 1,
            title: format!("Title of {id}"),
            what: "Run `x` and look.".to_owned(),
            blocking: true,
            state,
            why: String::new(),
            proof: "somebody's word, for good".to_owned(),
            seen: None,
            waits_for: Vec::new(),
            rollback: "nothing".to_owned(),
            reference: "A document".to_owned(),
            checked: "2026-11-21".to_owned(),
        }
    }

    fn list() -> Checklist {
        let mut first = item("first", Phase::Prepare, ItemState::Done);
        first.seen = Some(Seen {
            detail: "copied".to_owned(),
            source: "ticket".to_owned(),
            author: Some("Ida".to_owned()),
            host: None,
            at: at(0),
            valid_until: Some(at(2)),
            sha256: Some("ab".repeat(32)),
        });
        let mut second = item("second", Phase::Prepare, ItemState::Stale);
        second.why = "too old".to_owned();
        let mut third = item("third", Phase::Cutover, ItemState::Open);
        third.waits_for = vec!["second".to_owned()];
        let mut fourth = item("fourth", Phase::Confirm, ItemState::NotApplicable);
        fourth.why = "only where it rains".to_owned();
        Checklist {
            format_version: FORMAT_VERSION,
            tool_version: "0".to_owned(),
            as_of: at(3),
            deployment: "Fabrikam".to_owned(),
            switches: Switches::default(),
            go_ahead: GoAhead {
                decision: Decision::No,
                reasons: vec!["second: too old".to_owned()],
                notice: Some("Nothing synchronises.".to_owned()),
                cut_over: None,
            },
            counts: Counts { open: 1, done: 1, stale: 1, not_applicable: 1, blocking: 2 },
            items: vec![first, second, third, fourth],
        }
    }

    #[test]
    fn the_text_stands_as_it_should() {
        let expected = "Checklist of Fabrikam
  go-ahead            No: the new server must not become active
  notice              Nothing synchronises.
  because             second: too old
  items               1 of 3 items done, 1 open, 1 opened again; 2 items are in
                      the way
  as of               2026-11-21T03:00:00Z, dirlift 0

Prepare (1 of 2 done)
  done   first: Title of first
         Evidence: copied; said by Ida, 2026-11-21T00:00:00Z, counts until
         2026-11-21T02:00:00Z, SHA-256 abababababababab….
  stale  second (blocks): Title of second
         Run `x` and look.
         Why: too old.
         Shown by: somebody's word, for good.

Cut over (0 of 1 done)
  open   third (blocks): Title of third
         Run `x` and look.
         Waits for: second.
         Shown by: somebody's word, for good.

Not for this deployment
  - fourth: only where it rains
";
        assert_eq!(checklist_text(&list(), &TextOptions { width: 80, color: false }), expected);
    }

    #[test]
    fn markdown_and_page_have_what_the_text_cuts_off() {
        let markdown = checklist_markdown(&list());
        assert!(markdown.starts_with("# Checklist of Fabrikam\n"), "{markdown}");
        assert!(markdown.contains("\n- [x] first: Title of first\n"));
        assert!(markdown.contains("\n- [ ] second (stale, blocks): Title of second\n"));
        let page = checklist_html(&list());
        for text in [&markdown, &page] {
            assert!(text.contains(&"ab".repeat(32)));
        }
        assert!(page.contains("Run <code>x</code> and look."));
        assert!(page.contains("<a href=\"#item-second\">second</a>"));
        assert!(page.contains("only where it rains"));
    }

    #[test]
    fn hostile_text_is_harmless() {
        let bad = "\u{1b}[31m\u{202e}`<script>`";
        let mut list = list();
        list.deployment = bad.to_owned();
        list.items[1].why = bad.to_owned();
        list.go_ahead.reasons = vec![bad.to_owned()];
        let text = checklist_text(&list, &TextOptions { width: 80, color: true });
        assert!(!text.contains("\u{1b}[31m\u{202e}"));
        for it in [checklist_markdown(&list), checklist_html(&list)] {
            assert!(!it.contains('\u{1b}') && !it.contains('\u{202e}'), "{it}");
        }
        assert!(!checklist_html(&list).contains("<script"));
    }
}
