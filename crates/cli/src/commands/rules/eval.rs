//! `dirlift rules eval`: one expression on one object, with every sub-result.
use std::path::PathBuf;

use clap::ValueEnum;
use dirlift_report::{Block, Emphasis, excerpt};
use dirlift_syncengine::{
    Explanation, Expression, ExpressionError, MapInput, Names, Outcome, Priority, Span, Value,
    assumption,
};
use jiff::Timestamp;
use serde::Serialize;

use super::object;
use crate::{
    commands::analyze::parse_time,
    context,
    error::CommandError,
    exit::Exit,
    output::{Format, Sink},
};

/// Columns of an excerpt in an error.
const EXCERPT_WIDTH: usize = 72;

/// Evaluates one expression on one object and shows each sub-result, the type, warnings and assumptions
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Expression as it stands in a rule
    // Not as a comment for documentation: brackets would be links there.
    #[arg(
        allow_hyphen_values = true,
        help = "Expression as it stands in a rule, such as 'IIF(IsPresent([mail]),Trim([mail]),NULL)'"
    )]
    expression: String,
    /// Object to evaluate it on: a JSON file of attributes; without it every attribute is absent
    #[arg(long, value_name = "FILE")]
    object: Option<PathBuf>,
    /// Value of a parameter, such as Domain.FQDN=contoso.com
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_parameter)]
    parameter: Vec<(String, String)>,
    /// Time that Now gives, such as 2026-11-21 or 2026-11-21T08:30:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    as_of: Option<Timestamp>,
    /// How operators share their operands
    #[arg(long, default_value = "rules")]
    reading: Reading,
    /// Form of the output
    #[arg(long, default_value = "text")]
    format: Format,
    /// File to write instead of standard output; an older one is replaced when the new one is complete
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// How operators share their operands.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Reading {
    /// As the shipped rules need it: arithmetic and & first, then comparison, then &&, then ||
    Rules,
    /// As the documentation has it: all alike, strictly from left to right
    Document,
}

impl Reading {
    const fn priority(self) -> Priority {
        match self {
            Self::Rules => Priority::Conventional,
            Self::Document => Priority::LeftToRight,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Document => "document",
        }
    }
}

/// Result of an evaluation, as JSON shows it.
#[derive(Serialize)]
struct View<'a> {
    format_version: u32,
    expression: &'a str,
    reading: &'static str,
    result: ResultView,
    flow: ResultView,
    can_be: Vec<&'static str>,
    attributes: Vec<&'a str>,
    parameters: Vec<&'a str>,
    steps: Vec<StepView<'a>>,
    steps_left_out: bool,
    warnings: Vec<NoteView>,
    assumptions: Vec<AssumptionView>,
}

#[derive(Serialize)]
struct ResultView {
    kind: &'static str,
    #[serde(rename = "type")]
    types: Vec<&'static str>,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<NoteView>,
}

#[derive(Serialize)]
struct StepView<'a> {
    depth: usize,
    line: usize,
    column: usize,
    text: &'a str,
    about: &'static str,
    result: ResultView,
}

#[derive(Serialize)]
struct NoteView {
    line: usize,
    column: usize,
    message: String,
}

#[derive(Serialize)]
struct AssumptionView {
    id: &'static str,
    point: &'static str,
    reading: &'static str,
    if_wrong: &'static str,
}

pub(super) fn run(args: &Args) -> Result<Exit, CommandError> {
    let sink = Sink::open(args.out.as_deref())?;
    let mut names = Names::default();
    let source = args.expression.trim();
    let expression = Expression::compile(source, args.reading.priority(), &mut names)
        .map_err(|it| compile_error(source, &it))?;
    let mut input = MapInput::at(args.as_of.unwrap_or_else(context::now));
    if let Some(path) = &args.object {
        object::read(path, &mut names, &mut input)?;
    }
    for (name, value) in &args.parameter {
        input.set_parameter(name, Value::text(value.as_str()));
    }
    let explanation = expression.evaluate_explained(&input);
    let exit = match explanation.evaluation.outcome {
        Outcome::Error(_) => Exit::Objections,
        _ => Exit::Done,
    };
    let view = view(args, &expression, &explanation);
    match args.format {
        Format::Json => sink.json(&view)?,
        Format::Text => sink.text(&page(&view, &explanation.evaluation.outcome))?,
    }
    Ok(exit)
}

fn compile_error(source: &str, error: &ExpressionError) -> CommandError {
    let span = error.span();
    let (line, column) = span.line_and_column(source);
    let cause = format!("the expression cannot be used: line {line}, column {column}: {error}");
    CommandError::failed(cause)
        .excerpt(excerpt(source, span.start, span.end, EXCERPT_WIDTH))
        .hint("docs/functions.md lists the functions and built-in words")
}

fn view<'a>(args: &'a Args, expression: &'a Expression, explanation: &'a Explanation) -> View<'a> {
    let source = expression.source();
    let note = |span: Span, message: String| {
        let (line, column) = span.line_and_column(source);
        NoteView { line, column, message }
    };
    let result = |outcome: &Outcome| {
        let (kind, types) = match outcome {
            Outcome::Value(value) => ("value", types(value.kinds())),
            Outcome::Null => ("null", Vec::new()),
            Outcome::AuthoritativeNull => ("authoritative-null", Vec::new()),
            Outcome::IgnoreThisFlow => ("ignore-this-flow", Vec::new()),
            Outcome::Error(_) => ("error", Vec::new()),
        };
        let error = match outcome {
            Outcome::Error(it) => Some(note(it.span, it.fault.to_string())),
            _ => None,
        };
        ResultView { kind, types, text: outcome.to_string(), error }
    };
    let outcome = &explanation.evaluation.outcome;
    let rows = |it| assumption::TABLE.iter().find(|row| row.assumption == it);
    View {
        format_version: 1,
        expression: source,
        reading: args.reading.as_str(),
        result: result(outcome),
        flow: result(&outcome.clone().into_flow()),
        can_be: types(expression.result_kinds()),
        attributes: expression.attributes().map(|it| it.0.as_str()).collect(),
        parameters: expression.parameters().collect(),
        steps: explanation
            .steps
            .iter()
            .map(|it| {
                let (line, column) = it.span.line_and_column(source);
                let result = result(&it.outcome);
                StepView { depth: it.depth, line, column, text: &it.text, about: it.about, result }
            })
            .collect(),
        steps_left_out: explanation.truncated,
        warnings: expression.warnings().iter().map(|it| note(it.span(), it.to_string())).collect(),
        assumptions: explanation
            .evaluation
            .assumptions
            .iter()
            .filter_map(rows)
            .map(|it| AssumptionView {
                id: it.id,
                point: it.point,
                reading: it.reading,
                if_wrong: it.effect,
            })
            .collect(),
    }
}

fn types(kinds: dirlift_syncengine::Kinds) -> Vec<&'static str> {
    let all = dirlift_syncengine::Kind::ALL.into_iter();
    all.filter(|it| kinds.has(*it)).map(dirlift_syncengine::Kind::as_str).collect()
}

fn page(view: &View<'_>, outcome: &Outcome) -> Vec<Block> {
    const INDENT: usize = 14;
    let field = |label: &str, emphasis: Emphasis, text: &str| Block::Labelled {
        label: format!("  {label:<10}  "),
        emphasis,
        indent: INDENT,
        text: text.to_owned(),
    };
    let mut out = vec![field("Expression", Emphasis::Strong, view.expression)];
    let emphasis = match outcome {
        Outcome::Error(_) => Emphasis::Bad,
        Outcome::Value(_) => Emphasis::Good,
        _ => Emphasis::Notable,
    };
    let kind = match outcome {
        Outcome::Value(_) => format!(" ({})", view.result.types.join(", ")),
        _ => String::new(),
    };
    match &view.result.error {
        None => out.push(field("Result", emphasis, &format!("{}{kind}", view.result.text))),
        Some(it) => {
            let place = format!("error in line {}, column {}: ", it.line, it.column);
            out.push(field("Result", emphasis, &format!("{place}{}", it.message)));
        }
    }
    if let Outcome::Error(it) = outcome {
        let lines = excerpt(view.expression, it.span.start, it.span.end, 60);
        out.extend(lines.map(|it| Block::Verbatim(INDENT, it)));
    }
    if view.flow.text != view.result.text {
        out.push(field("In a flow", Emphasis::None, &view.flow.text));
    }
    out.push(field("Can be", Emphasis::None, &view.can_be.join(", ")));
    if view.reading == "document" {
        out.push(field("Reading", Emphasis::Doubtful, "strictly from left to right"));
    }
    out.push(Block::Heading("SUB-RESULTS".to_owned()));
    for step in &view.steps {
        let indent = 2 + 2 * step.depth.min(12);
        let deeper = if step.depth > 12 { format!("({}) ", step.depth) } else { String::new() };
        let about =
            if step.about.is_empty() { String::new() } else { format!("   — {}", step.about) };
        let text = format!("{deeper}{} = {}{about}", step.text, step.result.text);
        out.push(Block::Labelled {
            label: " ".repeat(indent),
            emphasis: Emphasis::None,
            indent: indent + 2,
            text,
        });
    }
    if view.steps_left_out {
        out.push(Block::Paragraph(2, "There are more; they were not kept.".to_owned()));
    }
    if !view.warnings.is_empty() {
        out.push(Block::Heading("WARNINGS".to_owned()));
        for it in &view.warnings {
            let text = format!("line {}, column {}: {}", it.line, it.column, it.message);
            out.push(Block::Item(2, text));
        }
    }
    if !view.assumptions.is_empty() {
        out.push(Block::Heading("ASSUMPTIONS THAT THE RESULT RESTS ON".to_owned()));
        for it in &view.assumptions {
            out.push(Block::Labelled {
                label: format!("  {}  ", it.id),
                emphasis: Emphasis::Notable,
                indent: 6,
                text: format!("{}: {} If wrong: {}", it.point, it.reading, it.if_wrong),
            });
        }
    }
    out
}

fn parse_parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    let name = name.trim().trim_matches('%');
    if name.is_empty() {
        return Err("the name is empty; write NAME=VALUE".to_owned());
    }
    Ok((name.to_owned(), value.to_owned()))
}
