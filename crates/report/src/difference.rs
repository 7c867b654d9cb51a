//! Views of the comparison of two configurations: text and one HTML page.
//!
//! What a newer build causes comes last, under a heading of its own.
use dirlift_model::{
    Comparison, Difference,
    difference::{Area, Side},
    text::plural,
};
use maud::{Markup, html};
use unicode_width::UnicodeWidthStr as _;

use crate::{
    TextOptions,
    html::{POLICY, Safe, document, field},
    page::{Page, Style},
};

/// Most columns of two values that stand in one line.
const MAX_SHORT: usize = 48;

/// Most places of one side that are listed.
const MAX_PLACES: usize = 20;

fn verdict(comparison: &Comparison) -> String {
    let n = comparison.differences.len() as u64;
    let n_newer = comparison.newer_build.len() as u64;
    let newer = plural(n_newer, "difference", "differences");
    match (n, n_newer) {
        (0, 0) => "The configurations are equal.".to_owned(),
        (0, _) => format!("Nothing differs but {newer} that a newer build causes."),
        (_, 0) => format!("{}.", plural(n, "difference", "differences")),
        (..) => format!(
            "{}, and {n_newer} more that a newer build causes.",
            plural(n, "difference", "differences")
        ),
    }
}

fn side(it: &Side) -> String {
    let build = it.build.as_ref().map_or("build not stated".to_owned(), |it| format!("build {it}"));
    let parameters = it.n_parameters.map_or("no file of global parameters".to_owned(), |it| {
        plural(it, "global parameter", "global parameters")
    });
    format!(
        "{build}, {}, {}, {parameters}",
        plural(it.n_rules, "rule", "rules"),
        plural(it.n_connectors, "connector", "connectors"),
    )
}

const fn heading(area: Area) -> &'static str {
    match area {
        Area::Rule => "Synchronization rules",
        Area::Connector => "Connectors",
        Area::Global => "Global settings",
    }
}

/// The title of one subject: its name, and the connector of a rule.
fn subject(it: &Difference) -> String {
    match &it.connector {
        Some(connector) => format!("{} ({connector})", it.subject),
        None => it.subject.clone(),
    }
}

/// Differences of one subject after the other.
fn subjects(all: &[Difference]) -> impl Iterator<Item = &[Difference]> {
    all.chunk_by(|a, b| (a.area, &a.subject, &a.connector) == (b.area, &b.subject, &b.connector))
}

fn of_area(all: &[Difference], area: Area) -> Vec<Difference> {
    all.iter().filter(|it| it.area == area).cloned().collect()
}

/// What was not read or not understood, with the place; `true` for whole files.
fn unread(comparison: &Comparison) -> Vec<String> {
    let mut lines = Vec::new();
    for side in [&comparison.before, &comparison.after] {
        for (all, lead) in
            [(&side.damaged, "could not be read"), (&side.problems, "not understood")]
        {
            for it in all.iter().take(MAX_PLACES) {
                lines.push(format!("{}: {}: {lead}: {}", side.name, it.location, it.what));
            }
            if let Some(n @ 1..) = all.len().checked_sub(MAX_PLACES) {
                lines.push(format!("{}: {n} more {lead}", side.name));
            }
        }
    }
    lines
}

/// Writes the comparison for people.
pub fn comparison_text(comparison: &Comparison, options: &TextOptions) -> String {
    let mut page = Page::new(options.width, options.color);
    page.heading("Comparison of two configurations");
    page.field("before", &comparison.before.name);
    page.more(&side(&comparison.before));
    page.field("after", &comparison.after.name);
    page.more(&side(&comparison.after));
    let style = if comparison.differences.is_empty() { Style::Green } else { Style::Yellow };
    page.field_styled("result", &verdict(comparison), style);
    for area in Area::ALL {
        let all = of_area(&comparison.differences, area);
        if !all.is_empty() {
            page.heading(heading(area));
            text_of(&mut page, &all, options.width);
        }
    }
    if !comparison.newer_build.is_empty() {
        page.heading("What only a newer build causes");
        text_of(&mut page, &comparison.newer_build, options.width);
    }
    let unread = unread(comparison);
    if !unread.is_empty() {
        page.heading("Not compared");
        page.paragraph(2, "A difference may be missed here, or be too much.");
        for it in unread {
            page.item(2, &it);
        }
    }
    page.finish()
}

fn text_of(page: &mut Page, all: &[Difference], width: usize) {
    for group in subjects(all) {
        page.paragraph(2, &subject(&group[0]));
        for it in group {
            match (&it.before, &it.after) {
                (Some(a), Some(b)) if a.width() + b.width() <= MAX_SHORT.min(width / 2) => {
                    page.item(4, &format!("{}: {} -> {}", it.what, shown(a), shown(b)));
                }
                (None, None) => page.item(4, &it.what),
                (Some(value), None) | (None, Some(value)) => {
                    page.item(4, &format!("{}: {}", it.what, shown(value)));
                }
                (Some(a), Some(b)) => {
                    page.item(4, &it.what);
                    for (label, value) in [("before", a), ("after", b)] {
                        let label = format!("      {label:<8}");
                        page.block(&label, Style::Cyan, 14, shown(value), Style::Plain);
                    }
                }
            }
        }
    }
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "(empty)" } else { value }
}

/// Writes the comparison as one self-contained page with a line break at its end.
pub fn comparison_html(comparison: &Comparison) -> String {
    let tone = if comparison.differences.is_empty() { "good" } else { "warning" };
    let unread = unread(comparison);
    let body = html! {
        header {
            p.product { "dirlift bundle diff" }
            h1 { "Comparison of two configurations" }
        }
        main {
            section class={ "verdict " (tone) } aria-labelledby="result" {
                h2 #result { (verdict(comparison)) }
                dl {
                    (side_field("Before", &comparison.before))
                    (side_field("After", &comparison.after))
                }
            }
            @for area in Area::ALL {
                (section(heading(area), "warning", &of_area(&comparison.differences, area)))
            }
            (section("What only a newer build causes", "info", &comparison.newer_build))
            @if !unread.is_empty() {
                section {
                    h2 { "Not compared" }
                    p { "A difference may be missed here, or be too much." }
                    ul { @for it in &unread { li { (Safe(it)) } } }
                }
            }
        }
    };
    document("Comparison of two configurations", POLICY, None, &body)
}

fn side_field(label: &str, it: &Side) -> Markup {
    field(label, &html! { span.item { (Safe(&it.name)) } br; (Safe(side(it))) })
}

fn section(title: &str, tone: &str, all: &[Difference]) -> Markup {
    html! {
        @if !all.is_empty() {
            section {
                h2 { (title) }
                @for group in subjects(all) {
                    article.(tone) {
                        h3 { (Safe(subject(&group[0]))) }
                        @for it in group { (entry(it)) }
                    }
                }
            }
        }
    }
}

fn entry(it: &Difference) -> Markup {
    let value = |label: &str, it: &Option<String>| {
        html! {
            @if let Some(value) = it {
                (field(label, &html! { span.observed { (Safe(shown(value))) } }))
            }
        }
    };
    html! {
        h4 { (Safe(&it.what)) }
        @if it.before.is_some() || it.after.is_some() {
            dl { (value("Before", &it.before)) (value("After", &it.after)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use dirlift_model::difference::{FORMAT_VERSION, Kind};

    use super::*;

    fn difference(area: Area, kind: Kind, what: &str, values: [Option<&str>; 2]) -> Difference {
        let [before, after] = values.map(|it| it.map(ToOwned::to_owned));
        let (subject, connector) = match area {
            Area::Rule => ("Own".to_owned(), Some("contoso.com".to_owned())),
            _ => ("contoso.com".to_owned(), None),
        };
        Difference {
            area,
            subject,
            connector,
            kind,
            part: None,
            what: what.to_owned(),
            before,
            after,
        }
    }

    fn comparison(differences: Vec<Difference>) -> Comparison {
        let side = |name: &str| Side { name: name.to_owned(), n_rules: 1, ..Side::default() };
        let newer_build = Vec::new();
        let (before, after) = (side("a"), side("b"));
        Comparison { format_version: FORMAT_VERSION, before, after, differences, newer_build }
    }

    #[test]
    fn differences_stand_below_their_subject() {
        let long = "IIF(IsPresent([mail]),Trim([mail]),[userPrincipalName])";
        let all = vec![
            difference(
                Area::Rule,
                Kind::RulePrecedence,
                "precedence changed",
                [Some("50"), Some("60")],
            ),
            difference(
                Area::Rule,
                Kind::FlowChanged,
                "flow to mail changed",
                [Some("[mail]"), Some(long)],
            ),
            difference(
                Area::Connector,
                Kind::ContainerAdded,
                "container OU=B added",
                [None, Some("included")],
            ),
        ];
        let text =
            comparison_text(&comparison(all.clone()), &TextOptions { width: 80, color: false });
        let expected = "Comparison of two configurations
  before              a
                      build not stated, 1 rule, 0 connectors, no file of global
                      parameters
  after               b
                      build not stated, 1 rule, 0 connectors, no file of global
                      parameters
  result              3 differences.

Synchronization rules
  Own (contoso.com)
    - precedence changed: 50 -> 60
    - flow to mail changed
      before  [mail]
      after   IIF(IsPresent([mail]),Trim([mail]),[userPrincipalName])

Connectors
  contoso.com
    - container OU=B added: included
";
        assert_eq!(text, expected);
        let page = comparison_html(&comparison(all));
        assert!(page.contains("<h4>flow to mail changed</h4>") && page.contains(long));
        let equal = comparison(Vec::new());
        assert!(comparison_html(&equal).contains("The configurations are equal."));
    }

    #[test]
    fn hostile_values_are_harmless() {
        let bad = "\u{1b}[31m\u{202e}<script>";
        let all = vec![difference(Area::Rule, Kind::FlowAdded, bad, [None, Some(bad)])];
        let comparison = comparison(all);
        let text = comparison_text(&comparison, &TextOptions { width: 80, color: false });
        let page = comparison_html(&comparison);
        for it in [&text, &page] {
            assert!(!it.contains('\u{1b}') && !it.contains('\u{202e}'), "{it}");
        }
        assert!(!page.contains("<script"));
    }
}
