//! What migrates.
use std::fmt::Display;

use dirlift_model::{
    Settings,
    settings::{Domain, Forest, Read},
    text::{grouped, plural},
};

use crate::page::Page;

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
    match &settings.tenant {
        Some(it) => page.field("Tenant", it.name.as_deref().unwrap_or("not known")),
        None => page.field("Tenant", "could not be read"),
    }
    value(page, "Source anchor", settings.source_anchor.as_ref());
    match &settings.alternate_id {
        Some(it) => page.field("Alternate ID", &format!("{} becomes userPrincipalName", it.value)),
        None => page.field("Alternate ID", "none found"),
    }
    switch(page, "Password hash sync", settings.password_hash_sync.as_ref());
    switch(page, "Password writeback", settings.password_writeback.as_ref());
    switch(page, "Exchange hybrid", settings.exchange_hybrid.as_ref());
    if !settings.written_back.is_empty() {
        let names: Vec<_> = settings.written_back.iter().map(|it| it.value.as_str()).collect();
        page.field("Written back", &names.join(", "));
    }
    let filters = settings.connector_filters.iter().map(|it| {
        let conditions: Vec<_> = it.conditions.iter().map(ToString::to_string).collect();
        format!(
            "{} stays out when {} ({})",
            it.object_type,
            conditions.join(" and "),
            it.connector_name
        )
    });
    list(page, "Filters", "none beyond the product's own", &filters.collect::<Vec<_>>());
    let flows = settings.custom_flows.iter().map(|it| {
        format!(
            "{} {} of {} from {} ({})",
            it.direction, it.target, it.object_type, it.source, it.connector_name
        )
    });
    list(page, "Custom flows", "none beyond the product's own", &flows.collect::<Vec<_>>());
    match &settings.interval_seconds {
        Some(it) => page.field("Interval", &duration(it.value)),
        None => page.field("Interval", "could not be read"),
    }
    let profiles = settings
        .run_profiles
        .iter()
        .map(|it| format!("{}, {}: {}", it.connector_name, it.name, it.steps.join("; ")));
    list(page, "Run profiles", "none found", &profiles.collect::<Vec<_>>());
}

fn write_forest(page: &mut Page, forest: &Forest) {
    page.field("Forest", &format!("{} (connector {})", forest.name, forest.connector_name));
    if forest.domains.is_empty() {
        page.more("no domain could be read");
    }
    for domain in &forest.domains {
        page.more_item(&domain_line(domain));
        if domain.selected && domain.ou_filtering {
            containers(page, "only", domain.containers.inclusions.iter());
            containers(page, "without", domain.containers.exclusions.iter());
        }
        if !domain.preferred_domain_controllers.is_empty() {
            page.paragraph(
                24,
                &format!(
                    "preferred controllers: {}",
                    domain.preferred_domain_controllers.join(", ")
                ),
            );
        }
        if let Some(it) = &domain.alternate_login {
            page.paragraph(24, &format!("signs in as {it}"));
        }
    }
}

fn domain_line(domain: &Domain) -> String {
    // Several naming contexts of a domain share its DNS name.
    let name = &domain.dn;
    match (domain.selected, domain.ou_filtering) {
        (false, _) => format!("{name}: not in scope"),
        (true, false) => format!("{name}: the whole domain"),
        (true, true) => format!("{name}: filtered by container"),
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

fn value(page: &mut Page, label: &str, value: Option<&Read<impl Display>>) {
    let text = value.map_or_else(|| "could not be read".to_owned(), |it| it.value.to_string());
    page.field(label, &text);
}

fn switch(page: &mut Page, label: &str, value: Option<&Read<bool>>) {
    let text = match value.map(|it| it.value) {
        Some(true) => "on",
        Some(false) => "off",
        None => "could not be read",
    };
    page.field(label, text);
}

fn list(page: &mut Page, label: &str, none: &str, entries: &[String]) {
    if entries.is_empty() {
        page.field(label, none);
        return;
    }
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

/// Seconds in the largest units that leave no fraction.
fn duration(seconds: u64) -> String {
    match seconds {
        it if it >= 3600 && it % 3600 == 0 => plural(it / 3600, "hour", "hours"),
        it if it >= 60 && it % 60 == 0 => plural(it / 60, "minute", "minutes"),
        it => plural(it, "second", "seconds"),
    }
}
