//! The top of the report: the server, its size, and what to do with it.
use dirlift_model::{
    Analysis,
    analysis::{Deployment, Estimate, Objects, Source},
    text::{grouped, plural},
};

use crate::{
    page::{Page, Style},
    words,
};

pub(super) fn write(page: &mut Page, analysis: &Analysis) {
    page.heading(&words::title(&analysis.source));
    page.gap();
    objects(page, &analysis.objects);
    estimate(page, &analysis.estimate);
    recommendation(page, analysis);
    page.field("Findings", &words::summary(analysis));
    page.gap();
    server(page, &analysis.source);
    match &analysis.database {
        Some(it) => page.field("Database", &words::database(it)),
        None => page.field("Database", "nothing is known of it"),
    }
    page.field("As of", &format!("{}, dirlift {}", analysis.as_of, analysis.tool_version));
}

fn recommendation(page: &mut Page, analysis: &Analysis) {
    let recommendation = &analysis.recommendation;
    let style = match recommendation.deployment {
        Deployment::InPlace | Deployment::Parallel => Style::Green,
        Deployment::Blocked => Style::Red,
        Deployment::Undecided => Style::Yellow,
    };
    let line = format!(
        "{}: {}",
        recommendation.deployment.as_str(),
        words::deployment(recommendation.deployment)
    );
    page.field_styled(words::deployment_label(recommendation), &line, style);
    for reason in &recommendation.reasons {
        page.more_item(reason);
    }
    if let Some(it) = &recommendation.overridden_by {
        page.field_styled("Override", &words::overridden(it), Style::Yellow);
    }
    page.field("Path", words::path(analysis));
    let style = match recommendation.feasible {
        Some(true) => Style::Green,
        Some(false) | None => Style::Yellow,
    };
    page.field_styled("Feasible today", words::feasible(recommendation), style);
    for obstacle in &recommendation.obstacles {
        page.more_item(obstacle);
    }
}

fn objects(page: &mut Page, objects: &Objects) {
    let parts = [
        objects.users.map(|it| plural(it, "user", "users")),
        objects.contacts.map(|it| plural(it, "contact", "contacts")),
        objects.groups.map(|it| plural(it, "group", "groups")),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    let total = objects.total.map_or_else(|| "not known".to_owned(), grouped);
    let parts = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
    page.field("Objects", &format!("{total}{parts}"));
    if !objects.basis.is_empty() {
        page.more(&objects.basis);
    }
    if let Some(it) = objects.metaverse_total {
        page.more(&format!("{} in the metaverse", grouped(it)));
    }
}

fn estimate(page: &mut Page, estimate: &Estimate) {
    let hours = words::hours(estimate.hours);
    let basis =
        if estimate.basis.is_empty() { String::new() } else { format!(": {}", estimate.basis) };
    page.field("Estimate", &format!("{hours}{basis}"));
    if let Some(own) = &estimate.own_history {
        page.field(
            "Own history",
            &format!("{:.2} hours, which counts for more than the rule:", own.hours),
        );
        for run in &own.runs {
            page.more_item(run);
        }
    }
}

fn server(page: &mut Page, source: &Source) {
    if let Some(it) = &source.os {
        page.field("System", it);
    }
    if let Some(it) = &source.install_path {
        page.field("Folder", it);
    }
    for (idx, service) in source.services.iter().enumerate() {
        let line = words::service(service);
        if idx == 0 { page.field("Services", &line) } else { page.more(&line) }
    }
    for (idx, it) in source.evidence.iter().enumerate() {
        let line = words::evidence(it);
        if idx == 0 { page.field("Recognised by", &line) } else { page.more(&line) }
    }
}
