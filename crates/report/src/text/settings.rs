//! What migrates.
use std::fmt::Display;

use dirlift_model::{Settings, settings::Forest, text::grouped};

use crate::{page::Page, words};

/// Most entries of a list in the text; JSON has all.
const MAX_ENTRIES: usize = 12;

pub(super) fn write(page: &mut Page, settings: Option<&Settings>) {
    page.heading("WHAT MIGRATES");
    let Some(settings) = settings else {
        page.paragraph(2, "The configuration could not be read.");
        return;
    };
    for forest in &settings.forests {
        write_forest(page, forest);
    }
    for row in words::settings(settings) {
        list(page, row.label, &row.values);
    }
}

fn write_forest(page: &mut Page, forest: &Forest) {
    page.field("Forest", &words::forest(forest));
    if forest.domains.is_empty() {
        page.more("no domain could be read");
    }
    for domain in &forest.domains {
        page.more_item(&words::domain(domain));
        if domain.selected && domain.ou_filtering {
            containers(page, "only", domain.containers.inclusions.iter());
            containers(page, "without", domain.containers.exclusions.iter());
        }
        if !domain.preferred_domain_controllers.is_empty() {
            page.paragraph(24, &words::preferred(domain));
        }
        if let Some(it) = &domain.alternate_login {
            page.paragraph(24, &format!("signs in as {it}"));
        }
    }
}

fn containers(page: &mut Page, word: &str, entries: impl ExactSizeIterator<Item = impl Display>) {
    let n_more = entries.len().saturating_sub(MAX_ENTRIES);
    for it in entries.take(MAX_ENTRIES) {
        page.block(
            &format!("{}{word} ", " ".repeat(24)),
            crate::page::Style::Plain,
            26,
            &it.to_string(),
            crate::page::Style::Plain,
        );
    }
    if n_more > 0 {
        page.paragraph(24, &format!("and {} more", grouped(n_more as u64)));
    }
}

fn list(page: &mut Page, label: &str, entries: &[String]) {
    if let [only] = entries {
        page.field(label, only);
        return;
    }
    page.field(label, &grouped(entries.len() as u64));
    let n_more = entries.len().saturating_sub(MAX_ENTRIES);
    for it in entries.iter().take(MAX_ENTRIES) {
        page.more_item(it);
    }
    if n_more > 0 {
        page.more(&format!("and {} more", grouped(n_more as u64)));
    }
}
