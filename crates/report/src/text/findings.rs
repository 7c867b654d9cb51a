//! Accounts, findings, gaps and the network list.
use dirlift_model::{
    Confidence, Finding, NotChecked, Severity,
    analysis::{NetworkRequirement, Source},
    text::grouped,
};

use crate::{
    page::{Page, Style},
    words,
};

/// Most lines of evidence of one finding in the text; JSON has all.
const MAX_EVIDENCE: usize = 12;

/// Most columns that the ports of the network list take.
const MAX_PORTS: usize = 24;

pub(super) fn accounts(page: &mut Page, source: &Source) {
    if source.accounts.is_empty() {
        return;
    }
    page.heading("ACCOUNTS");
    for it in &source.accounts {
        page.item(2, &words::account(it));
    }
}

pub(super) fn findings(page: &mut Page, findings: &[Finding]) {
    const GROUPS: [(Severity, &str, Style); 3] = [
        (Severity::Blocker, "BLOCKERS", Style::Red),
        (Severity::Warning, "WARNINGS", Style::Yellow),
        (Severity::Info, "INFO", Style::Cyan),
    ];
    if findings.is_empty() {
        page.heading("FINDINGS");
        page.paragraph(2, "None.");
    }
    for (severity, heading, style) in GROUPS {
        let mut group = findings.iter().filter(|it| it.severity == severity).peekable();
        if group.peek().is_some() {
            page.heading(heading);
        }
        for finding in group {
            page.gap();
            write_finding(page, finding, style);
        }
    }
}

fn write_finding(page: &mut Page, finding: &Finding, style: Style) {
    page.block(
        &format!("{} {}  ", finding.severity, finding.id),
        style,
        2,
        &finding.title,
        Style::Bold,
    );
    if finding.confidence == Confidence::Inferred {
        page.paragraph(2, words::INFERRED);
    }
    if !finding.detail.is_empty() {
        page.paragraph(2, &finding.detail);
    }
    for it in finding.evidence.iter().take(MAX_EVIDENCE) {
        page.item(4, &words::evidence(it));
    }
    let n_more = finding.evidence.len().saturating_sub(MAX_EVIDENCE);
    if n_more > 0 {
        page.paragraph(4, &format!("and {} more", grouped(n_more as u64)));
    }
    if !finding.remedy.is_empty() {
        page.block("  To do: ", Style::Plain, 2, &finding.remedy, Style::Plain);
    }
    if !finding.reference.is_empty() {
        page.block("  See:   ", Style::Plain, 2, &finding.reference, Style::Plain);
    }
}

pub(super) fn not_checked(page: &mut Page, gaps: &[NotChecked]) {
    page.heading("NOT CHECKED");
    if gaps.is_empty() {
        page.paragraph(2, "Everything was looked at.");
    }
    for it in gaps.iter().filter(|it| it.needed) {
        page.item(2, &format!("needed: {}: {}", it.what, it.why));
    }
    for it in gaps.iter().filter(|it| !it.needed) {
        page.item(2, &format!("{}: {}", it.what, it.why));
    }
}

pub(super) fn network(page: &mut Page, network: &[NetworkRequirement]) {
    if network.is_empty() {
        return;
    }
    page.heading("NETWORK: WHAT THE NEW SERVER MUST REACH");
    let n_ports =
        network.iter().map(|it| it.ports.chars().count()).max().unwrap_or(0).min(MAX_PORTS);
    for chunk in network.chunk_by(|a, b| a.reference == b.reference) {
        for it in chunk {
            let lead = format!("  {:n_ports$}  ", it.ports);
            page.block(
                &lead,
                Style::Plain,
                n_ports + 4,
                &format!("{}: {}", it.to, it.purpose),
                Style::Plain,
            );
        }
        if let Some(it) = chunk.first().filter(|it| !it.reference.is_empty()) {
            page.paragraph(2, &format!("(from {})", it.reference));
        }
    }
}
