//! The Markdown view, GitHub-flavoured: the same words as the text view, nothing cut off.
use std::fmt::{self, Write as _};

use dirlift_model::{
    Analysis, Confidence, Finding, NotChecked, Settings, Severity,
    analysis::NetworkRequirement,
    settings::Forest,
    text::{grouped, sanitize},
};

use crate::words;

/// Longest list that stands open; a longer one is folded up with its length as the label.
const MAX_OPEN: usize = 12;

/// Writes the analysis as one Markdown document with a line break at its end. Text from the server is escaped: it can
/// neither be markup nor a link.
pub fn markdown(analysis: &Analysis) -> String {
    let mut page = Page::new();
    verdict(&mut page, analysis);
    settings(&mut page, analysis.settings.as_ref());
    findings(&mut page, &analysis.findings);
    not_checked(&mut page, &analysis.not_checked);
    network(&mut page, &analysis.network);
    page.out
}

/// Collects blocks. Every text that comes in is escaped, labels included.
pub(crate) struct Page {
    out: String,
}

impl Page {
    /// An empty page.
    pub(crate) const fn new() -> Self {
        Self { out: String::new() }
    }

    /// The text.
    pub(crate) fn finish(self) -> String {
        self.out
    }

    /// An entry of a list with a box that is ticked or empty.
    pub(crate) fn task(&mut self, is_done: bool, text: &str) {
        let tick = if is_done { 'x' } else { ' ' };
        self.put(format_args!("- [{tick}] {}\n", escape(text)));
    }

    /// Adds text as it is; a string takes everything.
    pub(crate) fn put(&mut self, text: fmt::Arguments<'_>) {
        let _ = self.out.write_fmt(text);
    }

    /// A heading with empty lines around it.
    pub(crate) fn heading(&mut self, level: usize, text: &str) {
        self.gap();
        self.put(format_args!("{} {}\n\n", "#".repeat(level), escape(text)));
    }

    /// Exactly one empty line before what follows.
    pub(crate) fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    pub(crate) fn paragraph(&mut self, text: &str) {
        self.gap();
        self.put(format_args!("{}\n", escape(text)));
    }

    /// A paragraph after a bold label.
    pub(crate) fn field(&mut self, label: &str, text: &str) {
        self.gap();
        self.put(format_args!("**{label}:** {}\n", escape(text)));
    }

    /// An entry of a list, `depth` levels below the first.
    pub(crate) fn item(&mut self, depth: usize, text: &str) {
        self.put(format_args!("{}- {}\n", "  ".repeat(depth), escape(text)));
    }

    /// A whole list; `label` names what a long one holds.
    pub(crate) fn list(&mut self, label: &str, entries: &[String]) {
        self.gap();
        let folded = entries.len() > MAX_OPEN;
        if folded {
            let count = grouped(entries.len() as u64);
            self.put(format_args!("<details><summary>{}: {count}</summary>\n\n", escape(label)));
        }
        for it in entries {
            self.item(0, it);
        }
        if folded {
            self.out.push_str("\n</details>\n");
        }
    }

    pub(crate) fn table(&mut self, head: &[&str]) {
        self.gap();
        self.row(head);
        self.put(format_args!("|{}\n", "---|".repeat(head.len())));
    }

    pub(crate) fn row(&mut self, cells: &[&str]) {
        self.out.push('|');
        for it in cells {
            self.put(format_args!(" {} |", escape(it)));
        }
        self.out.push('\n');
    }
}

fn verdict(page: &mut Page, analysis: &Analysis) {
    page.heading(1, &words::title(&analysis.source));
    let recommendation = &analysis.recommendation;
    let line = format!(
        "{}: {}",
        recommendation.deployment.as_str(),
        words::deployment(recommendation.deployment)
    );
    page.field(words::deployment_label(recommendation), &line);
    page.list("Reasons", &recommendation.reasons);
    if let Some(it) = &recommendation.overridden_by {
        page.field("Override", &words::overridden(it));
    }
    page.field("Path", words::path(analysis));
    page.field("Feasible today", words::feasible(recommendation));
    page.list("Obstacles", &recommendation.obstacles);
    page.field("Findings", &words::summary(analysis));

    page.heading(2, "Size and time");
    page.table(&["What", "Figure"]);
    let objects = &analysis.objects;
    let count = |it: Option<u64>| it.map_or_else(|| "not known".to_owned(), grouped);
    page.row(&["Users", &count(objects.users)]);
    page.row(&["Contacts", &count(objects.contacts)]);
    page.row(&["Groups", &count(objects.groups)]);
    page.row(&["Objects in all", &count(objects.total)]);
    page.row(&["In the metaverse", &count(objects.metaverse_total)]);
    page.row(&["Estimate", &words::hours(analysis.estimate.hours)]);
    if let Some(own) = &analysis.estimate.own_history {
        page.row(&["Own history, which counts for more", &words::hours(Some(own.hours))]);
    }
    if !objects.basis.is_empty() {
        page.field("Counted", &objects.basis);
    }
    if !analysis.estimate.basis.is_empty() {
        page.field("Rule of the estimate", &analysis.estimate.basis);
    }
    if let Some(own) = &analysis.estimate.own_history {
        page.field("Own history", "these runs were added up:");
        page.list("Runs", &own.runs);
    }

    page.heading(2, "Server");
    page.table(&["What", "Value"]);
    let source = &analysis.source;
    for (label, value) in [("System", &source.os), ("Folder", &source.install_path)] {
        if let Some(it) = value {
            page.row(&[label, it]);
        }
    }
    for it in &source.services {
        page.row(&["Service", &words::service(it)]);
    }
    for it in &source.accounts {
        page.row(&["Account", &words::account(it)]);
    }
    for it in &source.evidence {
        page.row(&["Recognised by", &words::evidence(it)]);
    }
    let database = analysis.database.as_ref();
    page.row(&[
        "Database",
        &database.map_or_else(|| "nothing is known of it".to_owned(), words::database),
    ]);
    page.row(&["As of", &format!("{}, dirlift {}", analysis.as_of, analysis.tool_version)]);
}

fn settings(page: &mut Page, settings: Option<&Settings>) {
    page.heading(2, "What migrates");
    let Some(settings) = settings else {
        page.paragraph("The configuration could not be read.");
        return;
    };
    for it in &settings.forests {
        forest(page, it);
    }
    page.table(&["Setting", "Value"]);
    let (single, lists): (Vec<_>, Vec<_>) =
        words::settings(settings).into_iter().partition(|it| it.values.len() == 1);
    for it in &single {
        page.row(&[it.label, &it.values[0]]);
    }
    for it in &lists {
        page.field(it.label, &grouped(it.values.len() as u64));
        page.list(it.label, &it.values);
    }
}

fn forest(page: &mut Page, forest: &Forest) {
    page.field("Forest", &words::forest(forest));
    page.gap();
    if forest.domains.is_empty() {
        page.item(0, "no domain could be read");
    }
    for domain in &forest.domains {
        page.item(0, &words::domain(domain));
        for it in words::domain_lines(domain) {
            page.item(1, &it);
        }
    }
}

fn findings(page: &mut Page, findings: &[Finding]) {
    page.heading(2, "Findings");
    if findings.is_empty() {
        page.paragraph("None.");
    }
    for (severity, heading) in words::SEVERITIES {
        let mut group = findings.iter().filter(|it| it.severity == severity).peekable();
        if group.peek().is_some() {
            page.heading(3, heading);
        }
        for it in group {
            finding(page, it, severity);
        }
    }
}

fn finding(page: &mut Page, finding: &Finding, severity: Severity) {
    page.heading(4, &format!("{severity} {}: {}", finding.id, finding.title));
    if finding.confidence == Confidence::Inferred {
        page.paragraph(words::INFERRED);
    }
    if !finding.detail.is_empty() {
        page.paragraph(&finding.detail);
    }
    let lines: Vec<_> = finding.evidence.iter().map(words::evidence).collect();
    page.list("Evidence", &lines);
    if !finding.remedy.is_empty() {
        page.field("To do", &finding.remedy);
    }
    if !finding.reference.is_empty() {
        page.field("See", &finding.reference);
    }
}

fn not_checked(page: &mut Page, gaps: &[NotChecked]) {
    page.heading(2, "Not checked");
    if gaps.is_empty() {
        page.paragraph("Everything was looked at.");
        return;
    }
    page.table(&["What", "Why", "Needed"]);
    for needed in [true, false] {
        for it in gaps.iter().filter(|it| it.needed == needed) {
            page.row(&[&it.what, &it.why, if needed { "yes" } else { "no" }]);
        }
    }
}

fn network(page: &mut Page, network: &[NetworkRequirement]) {
    if network.is_empty() {
        return;
    }
    page.heading(2, "Network: what the new server must reach");
    page.table(&["To", "Ports", "What for", "From"]);
    for it in network {
        page.row(&[&it.to, &it.ports, &it.purpose, &it.reference]);
    }
}

/// Makes a text plain in Markdown, on one line, in a table cell too. A backslash that stands before a letter, and an
/// underscore within a word, mean nothing in Markdown and stay as they are, so that paths remain readable.
fn escape(text: &str) -> String {
    let clean = sanitize(text);
    // Spaces before a text can make it code, two after it a line break.
    let chars: Vec<char> = clean.trim_matches(' ').chars().collect();
    let at = |idx: Option<usize>| idx.and_then(|it| chars.get(it)).copied();
    let mut out = String::with_capacity(clean.len() + 8);
    for (idx, &it) in chars.iter().enumerate() {
        let before = at(idx.checked_sub(1));
        let after = at(Some(idx + 1));
        let is_risky = match it {
            // An address of mail is among them: it would become a link.
            '`' | '@' | '*' | '<' | '>' | '[' | ']' | '#' | '|' | '~' | '$' | '&' | '!' => true,
            '\\' => after.is_none_or(|it| it.is_ascii_punctuation()),
            '_' => !(is_word(before) && is_word(after)),
            // A web address would become a link.
            ':' => after == Some('/'),
            '.' => idx >= 3 && chars[idx - 3..idx].iter().all(|it| it.eq_ignore_ascii_case(&'w')),
            // A list within a list, or a heading below a paragraph.
            '-' | '+' | '=' => {
                idx == 0
                    && (after.is_none_or(|it| it == ' ')
                        || chars.iter().all(|it| matches!(it, '-' | '+' | '=' | ' ')))
            }
            _ => false,
        } || is_number_mark(&chars, idx);
        if is_risky {
            out.push('\\');
        }
        out.push(it);
    }
    out
}

fn is_word(it: Option<char>) -> bool {
    it.is_some_and(|it| it.is_ascii_alphanumeric())
}

/// Whether this is the mark after the number of a list entry at the beginning.
fn is_number_mark(chars: &[char], idx: usize) -> bool {
    matches!(chars[idx], '.' | ')')
        && idx > 0
        && chars[..idx].iter().all(char::is_ascii_digit)
        && chars.get(idx + 1).is_none_or(|it| *it == ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_plain_in_markdown() {
        let cases = [
            ("plain text, really", "plain text, really"),
            (r"C:\Program Files\x", r"C:\Program Files\x"),
            (r"C:\_x\", r"C:\\\_x\\"),
            ("MSOL_AD_SYNC", "MSOL_AD_SYNC"),
            ("_x_ and *y*", r"\_x\_ and \*y\*"),
            ("<script>alert(1)</script>", r"\<script\>alert(1)\</script\>"),
            ("a | b", r"a \| b"),
            (r"a \| b", r"a \\\| b"),
            ("[x](javascript:y)", r"\[x\](javascript:y)"),
            ("![x](y)", r"\!\[x\](y)"),
            ("`code`", r"\`code\`"),
            ("# heading", r"\# heading"),
            ("- item", r"\- item"),
            ("--mode", "--mode"),
            ("---", r"\---"),
            ("1. item", r"1\. item"),
            ("2) item", r"2\) item"),
            ("1.0.7020.0", "1.0.7020.0"),
            ("&lt;", r"\&lt;"),
            ("https://evil.example", r"https\://evil.example"),
            ("WWW.evil.example", r"WWW\.evil.example"),
            ("a@b.example", r"a\@b.example"),
            ("    code  ", "code"),
            ("a\r\nb\u{202e}c", "a\u{fffd}\u{fffd}b\u{fffd}c"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(escape(text), expected, "{text:?}");
        }
    }
}
