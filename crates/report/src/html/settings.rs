//! What migrates.
use dirlift_model::{Settings, settings::Forest};
use maud::{Markup, html};

use super::{Safe, field, lines};
use crate::words;

pub(super) fn settings(settings: Option<&Settings>) -> Markup {
    html! {
        section aria-labelledby="settings" {
            h2 #settings { "What migrates" }
            @if let Some(settings) = settings {
                dl {
                    @for it in &settings.forests { (forest(it)) }
                    @for row in words::settings(settings) {
                        (field(row.label, &html! {
                            @if let [only] = row.values.as_slice() {
                                (Safe(only))
                            } @else {
                                (lines("Entries", &row.values))
                            }
                        }))
                    }
                }
            } @else {
                p { "The configuration could not be read." }
            }
        }
    }
}

fn forest(forest: &Forest) -> Markup {
    field(
        "Forest",
        &html! {
            (Safe(words::forest(forest)))
            @if forest.domains.is_empty() {
                p { "no domain could be read" }
            } @else {
                ul {
                    @for domain in &forest.domains {
                        li {
                            (Safe(words::domain(domain)))
                            (lines("Scope", &words::domain_lines(domain)))
                        }
                    }
                }
            }
        },
    )
}
