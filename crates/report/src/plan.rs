//! The plan of a deployment, for people.
use dirlift_model::{
    Plan, Product,
    plan::{ExistingDatabase, PlanStep},
};

use crate::{
    TextOptions,
    page::{Page, Style},
};

/// Writes a plan for people.
pub fn plan_text(plan: &Plan, options: &TextOptions) -> String {
    let mut page = Page::new(options.width, options.color);
    page.heading("Plan of a deployment");
    let product = plan.source.product.map_or("not known", Product::as_str);
    let version = plan.source.version.map(|it| format!(" {it}")).unwrap_or_default();
    page.field("from", &format!("{product}{version}"));
    page.field("server", plan.source.host.as_deref().unwrap_or("not known"));
    page.field("mode", plan.mode.as_str());
    for it in &plan.connectors {
        page.field(
            "reads",
            &format!("{}: {}", it.name, it.source.as_deref().unwrap_or("no source")),
        );
    }
    if plan.is_feasible() {
        page.field_styled("result", "Nothing forbids it.", Style::Green);
    } else {
        page.field_styled("result", "It is refused; see the reasons at the end.", Style::Red);
    }
    page.field("inputs", &plan.inputs_sha256);
    list(&mut page, "What this mode is today", &plan.today);
    if !plan.steps.is_empty() {
        page.heading("What dirlift does");
    }
    for (number, step) in (1_u32..).zip(&plan.steps) {
        write_step(&mut page, number, step);
    }
    if let Some(it) = &plan.existing_database {
        database(&mut page, it);
    }
    if !plan.by_hand.is_empty() {
        page.heading("What you do on the new server");
    }
    for (number, step) in (1_u32..).zip(&plan.by_hand) {
        page.gap();
        page.block(&format!("{number:>4}  "), Style::Plain, 6, &step.title, Style::Bold);
        page.paragraph(6, &step.what);
        page.paragraph(6, &format!("Check: {}", step.check));
    }
    list(&mut page, "Notes", &plan.notes);
    let gaps: Vec<_> =
        plan.not_checked.iter().map(|it| format!("{}: {}", it.what, it.why)).collect();
    list(&mut page, "Not checked", &gaps);
    if !plan.refusals.is_empty() {
        page.heading("Refused, because");
    }
    for it in &plan.refusals {
        page.gap();
        page.block(&format!("  {}  ", it.id), Style::Red, 4, &it.why, Style::Plain);
        page.block("    To do: ", Style::Plain, 4, &it.remedy, Style::Plain);
    }
    page.finish()
}

fn list(page: &mut Page, heading: &str, items: &[String]) {
    if !items.is_empty() {
        page.heading(heading);
    }
    for it in items {
        page.item(2, it);
    }
}

fn write_step(page: &mut Page, number: u32, step: &PlanStep) {
    page.gap();
    page.block(&format!("{number:>4}  "), Style::Plain, 6, &step.title, Style::Bold);
    page.paragraph(6, &format!("Changes: {}", step.changes));
    page.paragraph(6, &format!("Check: {}", step.check));
    if let Some(undo) = &step.undo {
        page.paragraph(6, &format!("Undo: {undo}"));
    }
}

fn database(page: &mut Page, it: &ExistingDatabase) {
    page.heading("The existing database");
    page.paragraph(2, &it.meaning);
    page.heading("Credentials to enter again");
    for it in &it.credentials {
        let account = it.account.as_ref().map(|it| format!(" ({it})")).unwrap_or_default();
        page.item(2, &format!("{}{account}: {}", it.purpose, it.advice));
    }
    page.heading("Ways to sign in");
    for it in &it.sign_in {
        let in_use = match it.in_use {
            Some(true) => "in use",
            Some(false) => "not in use",
            None => "not known whether in use",
        };
        page.item(2, &format!("{} ({in_use}): {}", it.method, it.action));
    }
}
