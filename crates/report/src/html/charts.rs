//! Counts and estimate as bars, each with its figures in words beside it.
//!
//! The drawings have no view box: lengths are shares of the width, so that they fit a phone and paper alike, and no
//! text is scaled. What a drawing shows is also in its description and in the list below it.
use dirlift_model::{
    Analysis,
    analysis::{Estimate, Objects},
    text::grouped,
};
use maud::{Markup, html};

use super::{Safe, lines};
use crate::words;

/// Height of a bar in pixels.
const BAR: u32 = 28;

/// Pixels between two bars, and above and below them.
const GAP: u32 = 8;

/// One part of a bar.
struct Part {
    class: &'static str,
    label: &'static str,
    value: f64,
    text: String,
}

/// The line across the bars: what the rule calls the threshold.
struct Limit {
    at: f64,
    text: String,
    legend: String,
}

pub(super) fn charts(analysis: &Analysis) -> Markup {
    html! {
        section aria-labelledby="size" {
            h2 #size { "Size and time" }
            div.charts {
                (objects(&analysis.objects, analysis.estimate.threshold_objects))
                (estimate(&analysis.estimate))
            }
        }
    }
}

fn objects(objects: &Objects, threshold: u64) -> Markup {
    let part = |class, label, value: Option<u64>| {
        value.map(|it| Part { class, label, value: length(it), text: grouped(it) })
    };
    let parts = [
        part("users", "Users", objects.users),
        part("contacts", "Contacts", objects.contacts),
        part("groups", "Groups", objects.groups),
    ];
    let mut parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        parts.extend(part("users", "Objects", objects.total));
    }
    let total = objects.total.map_or_else(|| "not known".to_owned(), grouped);
    let limit = (threshold > 0).then(|| {
        let text = grouped(threshold);
        Limit { at: length(threshold), legend: format!("{text} objects"), text }
    });
    let rows: Vec<_> = if parts.is_empty() { Vec::new() } else { vec![parts.as_slice()] };
    html! {
        figure {
            figcaption { "Objects: " strong { (total) } }
            @if !rows.is_empty() {
                (drawing(&rows, limit.as_ref(), "Objects"))
            }
            (legend(&parts, limit.as_ref(), !rows.is_empty()))
            @if !objects.basis.is_empty() { p.note { (Safe(&objects.basis)) } }
            @if let Some(it) = objects.metaverse_total {
                p.note { (grouped(it)) " in the metaverse" }
            }
        }
    }
}

fn estimate(estimate: &Estimate) -> Markup {
    let part = |class, label, value: f64| Part {
        class,
        label,
        value: if value.is_finite() { value.max(0.0) } else { 0.0 },
        text: words::hours(Some(value)),
    };
    let own = estimate.own_history.as_ref();
    let rule = estimate.hours.map(|it| [part("rule", "By the rule", it)]);
    let history = own.map(|it| [part("history", "Own history", it.hours)]);
    let rows: Vec<&[Part]> =
        [&rule, &history].into_iter().flatten().map(<[Part; 1]>::as_slice).collect();
    let parts: Vec<_> = rule.iter().chain(&history).flatten().collect();
    let at = estimate.threshold_hours;
    let limit = (at.is_finite() && at > 0.0).then(|| {
        let text = words::few_hours(at);
        Limit { at, legend: text.clone(), text }
    });
    html! {
        figure {
            figcaption { "Estimate: " strong { (words::hours(estimate.hours)) } }
            @if !rows.is_empty() { (drawing(&rows, limit.as_ref(), "Hours")) }
            (legend(parts, limit.as_ref(), !rows.is_empty()))
            @if !estimate.basis.is_empty() { p.note { "By the rule: " (Safe(&estimate.basis)) } }
            @if let Some(it) = own {
                p.note { "The own history counts for more than the rule." }
                (lines("Runs", &it.runs))
            }
        }
    }
}

/// Bars one below the other, the parts of each side by side, with a line across at the limit.
fn drawing(rows: &[&[Part]], limit: Option<&Limit>, title: &str) -> Markup {
    let sum = |row: &&[Part]| row.iter().map(|it| it.value).sum::<f64>();
    let longest = rows.iter().map(sum).fold(limit.map_or(0.0, |it| it.at), f64::max);
    let longest = if longest > 0.0 { longest } else { 1.0 };
    // Room beyond the end, so that a line there can be seen.
    let share = |value: f64| value / longest * 96.0;
    let described: Vec<_> =
        rows.iter().copied().flatten().map(|it| format!("{} {}", it.label, it.text)).collect();
    let mut y = GAP;
    let mut bars = Vec::new();
    for row in rows {
        let mut x = 0.0;
        for it in *row {
            bars.push((it.class, x, share(it.value), y));
            x += share(it.value);
        }
        y += BAR + GAP;
    }
    let title = limit.map_or(title.to_owned(), |it| format!("{title} against {}", it.text));
    let at = limit.map(|it| percent(share(it.at)));
    html! {
        svg role="img" aria-label=(format!("{title}: {}", described.join(", "))) width="100%" height=(y) {
            @for (class, x, width, y) in bars {
                rect.(class) x=(percent(x)) y=(y) width=(percent(width)) height=(BAR) {}
            }
            @if let Some(at) = &at {
                line.halo x1=(at) x2=(at) y1="0" y2=(y) {}
                line.threshold x1=(at) x2=(at) y1="0" y2=(y) {}
            }
        }
    }
}

/// What the colours mean; without a drawing the threshold stands alone.
fn legend<'a>(
    parts: impl IntoIterator<Item = &'a Part>,
    limit: Option<&Limit>,
    is_drawn: bool,
) -> Markup {
    html! {
        ul.legend {
            @for it in parts {
                li { (swatch(it.class)) (it.label) " " strong { (it.text) } }
            }
            @if let Some(limit) = limit {
                li {
                    @if is_drawn {
                        svg.swatch aria-hidden="true" width="12" height="14" {
                            line.threshold x1="6" x2="6" y1="0" y2="14" {}
                        }
                    }
                    "Threshold for a new server: " (limit.legend)
                }
            }
        }
    }
}

fn swatch(class: &str) -> Markup {
    html! {
        svg.swatch aria-hidden="true" width="12" height="12" {
            rect.(class) width="12" height="12" {}
        }
    }
}

fn percent(value: f64) -> String {
    format!("{value:.2}%")
}

/// A count as a length.
#[expect(clippy::cast_precision_loss, reason = "a drawing shows fewer digits than a double has")]
const fn length(count: u64) -> f64 {
    count as f64
}
