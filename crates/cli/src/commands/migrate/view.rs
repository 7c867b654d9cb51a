//! The report of a deployment, for people.
use dirlift_importer::apply::{Report, RunReport};
use dirlift_model::text::{grouped, plural};
use dirlift_report::{Block, Emphasis, TextOptions, blocks};

use super::Format;
use crate::{context, error::CommandError};

/// Remarks and notes of one kind that are shown; the rest is counted.
const MAX_LINES: usize = 20;

/// Writes the report to standard output.
pub(in crate::commands) fn write(report: &Report, format: Format) -> Result<(), CommandError> {
    let text = match format {
        Format::Json => dirlift_report::document(report).map_err(CommandError::failed)?,
        Format::Text => {
            let options =
                TextOptions { width: context::stdout_width(), color: context::stdout_color() };
            blocks(&page(report), &options)
        }
    };
    context::write_stdout(&text)
}

fn page(report: &Report) -> Vec<Block> {
    let mut page = vec![Block::Heading("Staging deployment".to_owned())];
    labelled(&mut page, "server", Emphasis::None, &report.name);
    labelled(&mut page, "mode", Emphasis::None, report.mode.as_str());
    let basis =
        format!("{}, standard rules: {}", plural(report.rules, "rule", "rules"), report.rule_basis);
    let is_target = report.rule_basis == "target";
    labelled(
        &mut page,
        "rules",
        if is_target { Emphasis::None } else { Emphasis::Doubtful },
        &basis,
    );
    if !is_target {
        page.push(Block::Paragraph(
            2,
            "A go-ahead needs the target's own rules: dirlift sync STORE --rules FOLDER."
                .to_owned(),
        ));
    }
    for connector in &report.connectors {
        page.push(Block::Heading(connector.name.clone()));
        labelled(
            &mut page,
            "source",
            Emphasis::None,
            connector.source.as_deref().unwrap_or("none"),
        );
        run(&mut page, "full import", connector.full_import.as_ref());
        run(&mut page, "full sync", connector.full_synchronization.as_ref());
        if connector.full_synchronization.is_some() {
            let total = connector.pending.iter().map(|it| it.count).sum();
            labelled(
                &mut page,
                "pending",
                Emphasis::None,
                &plural(total, "pending export", "pending exports"),
            );
        }
        for it in &connector.pending {
            page.push(Block::Item(
                4,
                format!("{} {}: {}", it.operation, it.object_type, grouped(it.count)),
            ));
        }
        for runs in [&connector.full_import, &connector.full_synchronization].into_iter().flatten()
        {
            for kind in &runs.error_kinds {
                let errors = plural(kind.count, "error", "errors");
                page.push(Block::Item(4, format!("{errors} of kind {}", kind.kind)));
                lines(&mut page, 6, &kind.examples);
            }
            lines(&mut page, 4, &runs.remarks);
        }
    }
    if !report.objections.is_empty() {
        page.push(Block::Heading("Objections".to_owned()));
        lines(&mut page, 2, &report.objections);
    }
    if !report.guards.is_empty() {
        page.push(Block::Heading("Guards".to_owned()));
    }
    for it in &report.guards {
        let (emphasis, text) = if it.passes {
            (Emphasis::Good, "nothing to object")
        } else {
            (Emphasis::Bad, "a guard objects")
        };
        labelled(&mut page, "verdict", emphasis, &format!("{text} ({})", it.connector));
        lines(&mut page, 4, &it.objections);
        if it.more_objections > 0 {
            page.push(Block::Paragraph(4, format!("and {} more", grouped(it.more_objections))));
        }
        for gap in &it.not_checked {
            page.push(Block::Item(4, format!("not checked: {gap}")));
        }
    }
    if !report.notes.is_empty() {
        page.push(Block::Heading("Notes on the configuration".to_owned()));
        lines(&mut page, 2, &report.notes);
    }
    page
}

fn labelled(page: &mut Vec<Block>, label: &str, emphasis: Emphasis, text: &str) {
    let label = format!("  {label:<12}");
    page.push(Block::Labelled { label, emphasis, indent: 14, text: text.to_owned() });
}

fn run(page: &mut Vec<Block>, label: &str, run: Option<&RunReport>) {
    let Some(run) = run else {
        labelled(page, label, Emphasis::None, "not yet");
        return;
    };
    let mut text = format!("{}, {}", run.result, plural(run.objects, "object", "objects"));
    if run.errors > 0 {
        text = format!("{text}, {}", plural(run.errors, "error", "errors"));
    }
    let emphasis = if run.errors > 0 { Emphasis::Doubtful } else { Emphasis::Good };
    labelled(page, label, emphasis, &text);
}

fn lines(page: &mut Vec<Block>, indent: usize, all: &[String]) {
    for it in all.iter().take(MAX_LINES) {
        page.push(Block::Item(indent, it.clone()));
    }
    if let Some(more @ 1..) = all.len().checked_sub(MAX_LINES) {
        page.push(Block::Paragraph(indent, format!("and {} more", grouped(more as u64))));
    }
}
