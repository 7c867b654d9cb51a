//! The list of rules: what JSON and text show of it.
use dirlift_model::{Severity, SyncRule, config::Problem, text::plural};
use dirlift_report::{Block, Emphasis, excerpt};
use dirlift_source::RulesFolder;
use dirlift_syncengine::{
    explain,
    rules::{RuleFinding, RuleSet, in_order},
};
use serde::Serialize;

/// Columns of an excerpt of an expression.
const EXCERPT_WIDTH: usize = 60;

/// Widest column of attribute names.
const MAX_TARGET: usize = 20;

/// Everything that is shown.
#[derive(Serialize)]
pub(super) struct View<'a> {
    format_version: u32,
    counts: Counts,
    /// In order of application.
    rules: Vec<RuleView<'a>>,
    findings: Vec<FindingView<'a>>,
    not_understood: &'a [Problem],
    not_read: &'a [Problem],
}

#[derive(Serialize)]
struct Counts {
    rules: usize,
    inbound: usize,
    outbound: usize,
    disabled: usize,
    custom: usize,
    blockers: usize,
    warnings: usize,
    infos: usize,
}

#[derive(Serialize)]
struct RuleView<'a> {
    order: usize,
    id: String,
    name: &'a str,
    description: &'a str,
    tag: &'a str,
    custom: bool,
    disabled: bool,
    direction: &'a str,
    precedence: Option<u32>,
    connector: ConnectorView<'a>,
    source_object_type: &'a str,
    target_object_type: &'a str,
    link_type: &'a str,
    password_sync: bool,
    file: &'a str,
    meaning: MeaningView,
    flows: Vec<FlowView>,
}

#[derive(Serialize)]
struct ConnectorView<'a> {
    id: String,
    name: Option<&'a str>,
}

#[derive(Serialize)]
struct MeaningView {
    path: String,
    scope: Vec<String>,
    joins: Vec<String>,
    link: String,
}

#[derive(Serialize)]
struct FlowView {
    number: usize,
    target: String,
    kind: &'static str,
    meaning: String,
    expression: Option<String>,
    merge: Option<String>,
    once: bool,
}

#[derive(Serialize)]
struct FindingView<'a> {
    code: &'static str,
    severity: Severity,
    rule: &'a str,
    rule_id: String,
    file: &'a str,
    flow: Option<usize>,
    attribute: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    message: String,
    /// The expression, for the excerpt of the text.
    #[serde(skip)]
    expression: Option<&'a str>,
}

pub(super) fn view<'a>(folder: &'a RulesFolder, set: &'a RuleSet) -> View<'a> {
    let rules = &folder.configuration.rules;
    let count = |test: &dyn Fn(&SyncRule) -> bool| rules.iter().filter(|it| test(it)).count();
    let severe =
        |severity| set.findings().iter().filter(|it| it.problem.severity() == severity).count();
    let mut findings: Vec<_> = set.findings().iter().map(|it| finding(rules, it)).collect();
    // The worst first; the order of application within.
    findings.sort_by_key(|it| std::cmp::Reverse(it.severity));
    View {
        format_version: 1,
        counts: Counts {
            rules: rules.len(),
            inbound: count(&|it| it.direction.as_str() == "Inbound"),
            outbound: count(&|it| it.direction.as_str() == "Outbound"),
            disabled: count(&|it| it.disabled == Some(true)),
            custom: count(&SyncRule::is_custom),
            blockers: severe(Severity::Blocker),
            warnings: severe(Severity::Warning),
            infos: severe(Severity::Info),
        },
        rules: in_order(rules)
            .into_iter()
            .enumerate()
            .map(|(order, idx)| rule(folder, order + 1, &rules[idx]))
            .collect(),
        findings,
        not_understood: &folder.configuration.problems,
        not_read: &folder.damaged,
    }
}

fn rule<'a>(folder: &'a RulesFolder, order: usize, rule: &'a SyncRule) -> RuleView<'a> {
    let text = explain::rule(rule);
    let flows = text.flows.into_iter().enumerate().map(|(idx, it)| FlowView {
        number: idx + 1,
        target: it.target,
        kind: it.kind,
        meaning: it.words,
        expression: it.expression,
        merge: it.merge,
        once: it.once,
    });
    RuleView {
        order,
        id: rule.id.braced(),
        name: &rule.name,
        description: &rule.description,
        tag: rule.immutable_tag.trim(),
        custom: rule.is_custom(),
        disabled: rule.disabled == Some(true),
        direction: rule.direction.as_str(),
        precedence: rule.precedence,
        connector: ConnectorView {
            id: rule.connector.braced(),
            name: folder.configuration.connector(rule.connector).map(|it| it.name.as_str()),
        },
        source_object_type: rule.source_object_type.as_str(),
        target_object_type: rule.target_object_type.as_str(),
        link_type: rule.link_type.as_str(),
        password_sync: rule.enable_password_sync == Some(true),
        file: &rule.location.file,
        flows: flows.collect(),
        meaning: MeaningView {
            path: text.path,
            scope: text.scope,
            joins: text.joins,
            link: text.link,
        },
    }
}

fn finding<'a>(rules: &'a [SyncRule], it: &'a RuleFinding) -> FindingView<'a> {
    let mapping = it.flow.as_ref().and_then(|(idx, _)| rules.get(it.index)?.mappings.get(*idx));
    FindingView {
        code: it.problem.code(),
        severity: it.problem.severity(),
        rule: &it.rule_name,
        rule_id: it.rule.braced(),
        file: &it.location.file,
        flow: it.flow.as_ref().map(|it| it.0 + 1),
        attribute: it.flow.as_ref().map(|it| it.1.as_str()),
        line: it.at.map(|it| it.0),
        column: it.at.map(|it| it.1),
        message: it.problem.to_string(),
        expression: mapping.and_then(|it| it.expression.as_deref()).map(str::trim),
    }
}

/// The text.
pub(super) fn page(view: &View<'_>) -> Vec<Block> {
    let mut out = Vec::new();
    let counts = &view.counts;
    let n = |count: usize, one: &str, many: &str| plural(count as u64, one, many);
    out.push(Block::Paragraph(
        0,
        format!(
            "{}: {} inbound, {} outbound; {} disabled, {} custom. {}, {}, {}.",
            n(counts.rules, "rule", "rules"),
            counts.inbound,
            counts.outbound,
            counts.disabled,
            counts.custom,
            n(counts.blockers, "blocker", "blockers"),
            n(counts.warnings, "warning", "warnings"),
            n(counts.infos, "note", "notes"),
        ),
    ));
    let mut direction = None;
    for rule in &view.rules {
        if direction != Some(rule.direction) {
            direction = Some(rule.direction);
            let name = rule.direction.to_uppercase();
            out.push(Block::Heading(format!("{name} RULES, IN ORDER OF APPLICATION")));
        }
        rule_blocks(rule, &mut out);
    }
    out.push(Block::Heading("FINDINGS".to_owned()));
    if view.findings.is_empty() {
        out.push(Block::Paragraph(2, "None.".to_owned()));
    }
    for finding in &view.findings {
        finding_blocks(finding, &mut out);
    }
    problems("FILES THAT COULD NOT BE READ", view.not_read, &mut out);
    problems("NOT UNDERSTOOD IN THE FILES", view.not_understood, &mut out);
    out
}

fn problems(heading: &str, problems: &[Problem], out: &mut Vec<Block>) {
    if !problems.is_empty() {
        out.push(Block::Heading(heading.to_owned()));
    }
    for it in problems {
        out.push(Block::Item(2, format!("{}: {}", it.location, it.what)));
    }
}

fn rule_blocks(rule: &RuleView<'_>, out: &mut Vec<Block>) {
    const INDENT: usize = 17;
    let precedence = rule.precedence.map_or_else(|| "?".to_owned(), |it| it.to_string());
    let marks = [(rule.custom, " [custom]"), (rule.disabled, " [disabled]")];
    let marks: String = marks.iter().filter(|it| it.0).map(|it| it.1).collect();
    let name = if rule.name.trim().is_empty() { rule.id.as_str() } else { rule.name };
    out.push(Block::Gap);
    out.push(Block::Labelled {
        label: format!("  {precedence:>5}  "),
        emphasis: Emphasis::Strong,
        indent: 9,
        text: format!("{name}{marks}"),
    });
    let connector = match rule.connector.name {
        Some(name) => format!("connector {name}"),
        None => format!("connector {}", rule.connector.id),
    };
    out.push(Block::Paragraph(9, format!("{}; {connector}", rule.meaning.path)));
    let mut field = |label: &str, text: String| {
        out.push(Block::Labelled {
            label: format!("         {label:<6}  "),
            emphasis: Emphasis::None,
            indent: INDENT,
            text,
        });
    };
    if rule.meaning.scope.is_empty() {
        field("Scope", "every object of this type".to_owned());
    }
    for (idx, group) in rule.meaning.scope.iter().enumerate() {
        field(if idx == 0 { "Scope" } else { "   or" }, group.clone());
    }
    for (idx, group) in rule.meaning.joins.iter().enumerate() {
        field(if idx == 0 { "Join" } else { " then" }, group.clone());
    }
    field("Link", rule.meaning.link.clone());
    if rule.password_sync {
        field("Also", "password hashes are taken along".to_owned());
    }
    field("Flows", if rule.flows.is_empty() { "none".to_owned() } else { String::new() });
    // Short names stand in one column, others begin where they end.
    let names = rule.flows.iter().map(|it| it.target.chars().count());
    let n_column = names.max().unwrap_or(0).min(MAX_TARGET);
    for flow in &rule.flows {
        let mut text = flow.meaning.clone();
        if let Some(merge) = &flow.merge {
            text = format!("{text}; {merge}");
        }
        if flow.once {
            text = format!("{text}; only when the object is created");
        }
        let target = if flow.target.is_empty() { "(no target)" } else { &flow.target };
        out.push(Block::Labelled {
            label: format!("           {target:<n_column$}  ← "),
            emphasis: Emphasis::None,
            indent: INDENT,
            text,
        });
    }
}

fn finding_blocks(finding: &FindingView<'_>, out: &mut Vec<Block>) {
    let emphasis = match finding.severity {
        Severity::Blocker => Emphasis::Bad,
        Severity::Warning => Emphasis::Doubtful,
        Severity::Info => Emphasis::Notable,
    };
    let rule = if finding.rule.trim().is_empty() { &finding.rule_id } else { finding.rule };
    let flow = match (finding.flow, finding.attribute) {
        (Some(number), Some(attribute)) => format!(", flow {number} ({attribute})"),
        _ => String::new(),
    };
    let place = match (finding.line, finding.column) {
        (Some(line), Some(column)) => format!(", line {line}, column {column}"),
        _ => String::new(),
    };
    out.push(Block::Labelled {
        label: format!("  {:<7}  ", finding.severity.as_str()),
        emphasis,
        indent: 11,
        text: format!("{rule}{flow}{place}: {} [{}]", finding.message, finding.code),
    });
    if let (Some(source), Some(line), Some(column)) =
        (finding.expression, finding.line, finding.column)
        && finding.severity > Severity::Info
    {
        let start = offset(source, line, column);
        let lines = excerpt(source, start, start + 1, EXCERPT_WIDTH);
        out.extend(lines.map(|it| Block::Verbatim(13, it)));
    }
}

/// The byte at a line and column, both from one.
fn offset(source: &str, line: usize, column: usize) -> usize {
    let start: usize =
        source.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = &source[start..];
    start + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |it| it.0)
}
