//! The HTML view: one page that loads nothing, runs nothing and can be printed.
mod charts;
mod findings;
mod settings;
mod verdict;

use std::fmt::{Display, Write as _};

use dirlift_model::{
    Analysis,
    text::{grouped, is_unsafe},
};
use maud::{DOCTYPE, Escaper, Markup, PreEscaped, Render, html};

use crate::words;

/// Longest list that stands open; a longer one is folded up with its length as the label.
const MAX_OPEN: usize = 8;

/// What the page may load: nothing but its own styles.
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// The style sheet, a constant.
const STYLE: PreEscaped<&str> = PreEscaped(include_str!("style.css"));

/// One self-contained page with a line break at its end. Nothing but what `policy` allows is loaded or run, `more` is the
/// style sheet that only this page needs.
pub(crate) fn document(
    title: &str,
    policy: &str,
    more: Option<PreEscaped<&str>>,
    body: &Markup,
) -> String {
    let mut page = html! {
        (DOCTYPE)
        html lang="en-GB" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (Safe(title)) " - dirlift" }
                style { (STYLE) @if let Some(more) = more { (more) } }
            }
            body { (body) }
        }
    }
    .into_string();
    page.push('\n');
    page
}

/// Writes the analysis as one self-contained page with a line break at its end.
pub fn html(analysis: &Analysis) -> String {
    let title = words::title(&analysis.source);
    let body = html! {
        a.skip href="#findings" { "Skip to the findings" }
        header {
            p.product { "dirlift analysis" }
            h1 { (Safe(&title)) }
            p.note { "As of " (Safe(analysis.as_of)) ", dirlift " (Safe(&analysis.tool_version)) }
        }
        main {
            (verdict::verdict(analysis))
            (contents(analysis))
            (charts::charts(analysis))
            (verdict::server(analysis))
            (settings::settings(analysis.settings.as_ref()))
            (findings::findings(&analysis.findings))
            (findings::not_checked(&analysis.not_checked))
            (findings::network(&analysis.network))
        }
    };
    document(&title, POLICY, None, &body)
}

fn contents(analysis: &Analysis) -> Markup {
    html! {
        nav aria-label="Contents" {
            ul {
                li { a href="#size" { "Size and time" } }
                li { a href="#server" { "Server" } }
                li { a href="#settings" { "What migrates" } }
                li { a href="#findings" { "Findings" } }
                li { a href="#not-checked" { "Not checked" } }
                @if !analysis.network.is_empty() {
                    li { a href="#network" { "Network" } }
                }
            }
        }
    }
}

/// A value as text: what could steer the text around it is replaced, the rest is escaped.
pub(crate) struct Safe<T>(pub(crate) T);

impl<T: Display> Render for Safe<T> {
    fn render_to(&self, out: &mut String) {
        let _ = write!(Clean(Escaper::new(out)), "{}", self.0);
    }
}

/// The same with a place to break the line behind each backslash: keys of the registry are long.
struct Breakable<T>(T);

impl<T: Display> Render for Breakable<T> {
    fn render_to(&self, out: &mut String) {
        for (idx, part) in self.0.to_string().split_inclusive('\\').enumerate() {
            if idx > 0 {
                out.push_str("<wbr>");
            }
            Safe(part).render_to(out);
        }
    }
}

struct Clean<'a>(Escaper<'a>);

impl std::fmt::Write for Clean<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        text.chars().try_for_each(|it| {
            self.0.write_char(if is_unsafe(it) { char::REPLACEMENT_CHARACTER } else { it })
        })
    }
}

/// A list of entries, folded up when it is long. `label` says what they are.
fn list(label: &str, entries: &[Markup]) -> Markup {
    let open = html! { ul { @for it in entries { li { (it) } } } };
    html! {
        @if entries.len() > MAX_OPEN {
            details {
                summary { (label) ": " (grouped(entries.len() as u64)) }
                (open)
            }
        } @else if !entries.is_empty() {
            (open)
        }
    }
}

/// A list of plain lines, see [`list`].
fn lines(label: &str, entries: &[String]) -> Markup {
    let entries: Vec<_> = entries.iter().map(|it| html! { (Safe(it)) }).collect();
    list(label, &entries)
}

/// A label with its value, an entry of a description list.
pub(crate) fn field(label: &str, value: &Markup) -> Markup {
    html! { div { dt { (label) } dd { (value) } } }
}
