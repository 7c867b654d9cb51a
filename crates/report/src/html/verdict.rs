//! The verdict, and the server that it is about.
use dirlift_model::{Analysis, analysis::Deployment};
use maud::{Markup, html};

use super::{Safe, field, findings, lines, list};
use crate::words;

pub(super) fn verdict(analysis: &Analysis) -> Markup {
    let recommendation = &analysis.recommendation;
    let class = match (recommendation.deployment, recommendation.feasible) {
        (Deployment::Blocked, _) => "blocker",
        (Deployment::Undecided, _) | (_, Some(false)) => "warning",
        (_, None) => "info",
        (_, Some(true)) => "good",
    };
    html! {
        section.verdict.(class) aria-labelledby="verdict" {
            h2 #verdict {
                span.label { (words::deployment_label(recommendation)) ": " }
                span.word { (recommendation.deployment.as_str()) }
            }
            p.meaning { (words::deployment(recommendation.deployment)) }
            (lines("Reasons", &recommendation.reasons))
            dl {
                @if let Some(it) = &recommendation.overridden_by {
                    (field("Override", &html! { (Safe(words::overridden(it))) }))
                }
                (field("Path", &html! { (words::path(analysis)) }))
                (field("Feasible today", &html! {
                    (words::feasible(recommendation))
                    (lines("Obstacles", &recommendation.obstacles))
                }))
                (field("Findings", &html! { (Safe(words::summary(analysis))) }))
            }
        }
    }
}

pub(super) fn server(analysis: &Analysis) -> Markup {
    let source = &analysis.source;
    let services: Vec<_> = source.services.iter().map(words::service).collect();
    let evidence: Vec<_> = source.evidence.iter().map(findings::evidence).collect();
    let accounts: Vec<_> = source
        .accounts
        .iter()
        .map(|it| {
            html! {
                span.item { (it.role.as_str()) } ": "
                span.observed { (Safe(&it.name)) } " "
                span.place { "(" (Safe(&it.read_from)) ")" }
            }
        })
        .collect();
    html! {
        section aria-labelledby="server" {
            h2 #server { "Server" }
            dl {
                @if let Some(it) = &source.os { (field("System", &html! { (Safe(it)) })) }
                @if let Some(it) = &source.install_path { (field("Folder", &html! { (Safe(it)) })) }
                @if !services.is_empty() { (field("Services", &lines("Services", &services))) }
                @if !accounts.is_empty() { (field("Accounts", &list("Accounts", &accounts))) }
                @if !evidence.is_empty() { (field("Recognised by", &list("Evidence", &evidence))) }
                (field("Database", &html! {
                    @match &analysis.database {
                        Some(it) => (Safe(words::database(it))),
                        None => "nothing is known of it",
                    }
                }))
            }
        }
    }
}
