//! Findings, gaps and the network list.
use dirlift_model::{
    Confidence, Evidence, Finding, NotChecked, Severity, analysis::NetworkRequirement,
    text::grouped,
};
use maud::{Markup, html};

use super::{Breakable, Safe, list};
use crate::words;

pub(super) fn findings(findings: &[Finding]) -> Markup {
    html! {
        section aria-labelledby="findings" {
            h2 #findings { "Findings" }
            @if findings.is_empty() { p { "None." } }
            @for (severity, heading) in words::SEVERITIES {
                (group(findings, severity, heading))
            }
        }
    }
}

fn group(findings: &[Finding], severity: Severity, heading: &str) -> Markup {
    let group: Vec<_> = findings.iter().filter(|it| it.severity == severity).collect();
    html! {
        @if !group.is_empty() {
            h3 { (heading) " (" (grouped(group.len() as u64)) ")" }
            @for it in group { (finding(it)) }
        }
    }
}

fn finding(finding: &Finding) -> Markup {
    let lines: Vec<_> = finding.evidence.iter().map(evidence).collect();
    html! {
        article.(finding.severity.as_str()) {
            p.code {
                span.severity { (finding.severity) }
                " " (Safe(&finding.id))
            }
            h4 { (Safe(&finding.title)) }
            @if finding.confidence == Confidence::Inferred {
                p.note { (words::INFERRED) }
            }
            @if !finding.detail.is_empty() { p { (Safe(&finding.detail)) } }
            div.evidence { (list("Evidence", &lines)) }
            @if !finding.remedy.is_empty() {
                p.remedy { strong { "To do: " } (Safe(&finding.remedy)) }
            }
            @if !finding.reference.is_empty() {
                p.note { "See: " (Safe(&finding.reference)) }
            }
        }
    }
}

/// What was looked at, what was found, and where. Each part keeps its own direction of writing.
pub(super) fn evidence(evidence: &Evidence) -> Markup {
    html! {
        span.item { (Breakable(&evidence.item)) }
        @if !evidence.observed.is_empty() {
            ": " span.observed { (Safe(&evidence.observed)) }
        }
        @if !evidence.place.is_empty() {
            " " span.place { "(" (Safe(&evidence.place)) ")" }
        }
    }
}

pub(super) fn not_checked(gaps: &[NotChecked]) -> Markup {
    html! {
        section aria-labelledby="not-checked" {
            h2 #not-checked { "Not checked" }
            @if gaps.is_empty() {
                p { "Everything was looked at." }
            } @else {
                ul.gaps {
                    @for needed in [true, false] {
                        @for it in gaps.iter().filter(|it| it.needed == needed) {
                            li {
                                @if needed { strong.needed { "needed" } " " }
                                span.item { (Safe(&it.what)) } ": "
                                span.why { (Safe(&it.why)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn network(network: &[NetworkRequirement]) -> Markup {
    html! {
        @if !network.is_empty() {
            section aria-labelledby="network" {
                h2 #network { "Network: what the new server must reach" }
                @for chunk in network.chunk_by(|a, b| a.reference == b.reference) {
                    table {
                        @if let Some(it) = chunk.first().filter(|it| !it.reference.is_empty()) {
                            caption { "From " (Safe(&it.reference)) }
                        }
                        thead {
                            tr { th scope="col" { "Ports" } th scope="col" { "To" } th scope="col" { "What for" } }
                        }
                        tbody {
                            @for it in chunk {
                                tr {
                                    td { (Safe(&it.ports)) }
                                    td { (Safe(&it.to)) }
                                    td { (Safe(&it.purpose)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
