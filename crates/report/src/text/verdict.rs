//! The top of the report: the server, its size, and what to do with it.
use dirlift_model::{
    Analysis, Severity,
    analysis::{Database, Deployment, Estimate, Objects, Path, Recommendation, Source},
    text::{grouped, plural},
};

use crate::page::{Page, Style};

pub(super) fn write(page: &mut Page, analysis: &Analysis) {
    page.heading(&title(&analysis.source));
    page.gap();
    objects(page, &analysis.objects);
    estimate(page, &analysis.estimate);
    recommendation(page, &analysis.recommendation);
    page.field("Findings", &summary(analysis));
    page.gap();
    server(page, &analysis.source);
    match &analysis.database {
        Some(it) => page.field("Database", &database(it)),
        None => page.field("Database", "nothing is known of it"),
    }
    page.field("As of", &format!("{}, dirlift {}", analysis.as_of, analysis.tool_version));
}

fn title(source: &Source) -> String {
    let product = source.product.map_or("a product that could not be told", |it| match it {
        dirlift_model::Product::None => "no directory synchronisation product",
        other => other.as_str(),
    });
    let version = source.version.map(|it| format!(" {it}")).unwrap_or_default();
    let host = source.host.as_deref().unwrap_or("a host of unknown name");
    format!("{host} runs {product}{version}")
}

fn recommendation(page: &mut Page, recommendation: &Recommendation) {
    let (words, style) = match recommendation.deployment {
        Deployment::InPlace => ("on the same server", Style::Green),
        Deployment::Parallel => ("a new server beside the old one", Style::Green),
        Deployment::Blocked => ("not before something is changed, see the blockers", Style::Red),
        Deployment::Undecided => {
            ("a fact needed to decide is missing, see what was not checked", Style::Yellow)
        }
    };
    let word = recommendation.deployment.as_str();
    // What was asked for is not what is recommended.
    let label =
        if recommendation.overridden_by.is_some() { "Deployment" } else { "Recommendation" };
    page.field_styled(label, &format!("{word}: {words}"), style);
    for reason in &recommendation.reasons {
        page.more_item(reason);
    }
    if let Some(it) = &recommendation.overridden_by {
        let text = format!(
            "--mode asked for {}; the rules recommend {}",
            it.asked.as_str(),
            it.recommended.as_str()
        );
        page.field_styled("Override", &text, Style::Yellow);
    }
    let path = match recommendation.path {
        Path::Dirsync => "dirsync: the upgrade from DirSync",
        Path::Connect => "connect: the upgrade of Azure AD Sync or a Connect build",
        Path::None => "none: there is nothing to upgrade",
    };
    page.field("Path", path);
    let (feasible, style) = match recommendation.feasible {
        Some(true) => ("yes", Style::Green),
        Some(false) => ("no, this stands in the way:", Style::Yellow),
        None => ("not known", Style::Yellow),
    };
    let feasible = if recommendation.obstacles.is_empty() {
        feasible.trim_end_matches(", this stands in the way:")
    } else {
        feasible
    };
    page.field_styled("Feasible today", feasible, style);
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
    let hours =
        estimate.hours.map_or_else(|| "not known".to_owned(), |it| format!("{it:.2} hours"));
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

fn summary(analysis: &Analysis) -> String {
    let count =
        |severity| analysis.findings.iter().filter(|it| it.severity == severity).count() as u64;
    let blockers = plural(count(Severity::Blocker), "blocker", "blockers");
    let warnings = plural(count(Severity::Warning), "warning", "warnings");
    let infos = plural(count(Severity::Info), "info", "info");
    let gaps = plural(analysis.not_checked.len() as u64, "part", "parts");
    format!("{blockers}, {warnings}, {infos}; {gaps} not checked")
}

fn server(page: &mut Page, source: &Source) {
    if let Some(it) = &source.os {
        page.field("System", it);
    }
    if let Some(it) = &source.install_path {
        page.field("Folder", it);
    }
    for (idx, service) in source.services.iter().enumerate() {
        let account = service.account.as_deref().map(|it| format!(", as {it}")).unwrap_or_default();
        let line = format!("{} ({}){account}", service.name, service.state);
        if idx == 0 { page.field("Services", &line) } else { page.more(&line) }
    }
    for (idx, it) in source.evidence.iter().enumerate() {
        let line = super::findings::evidence_line(it);
        if idx == 0 { page.field("Recognised by", &line) } else { page.more(&line) }
    }
}

fn database(database: &Database) -> String {
    let mut parts = vec![database.kind.as_str().to_owned()];
    if let Some(it) = &database.product_version {
        parts[0] = format!("{} {it}", parts[0]);
    }
    parts.push(match database.remote {
        Some(true) => "on another server".to_owned(),
        Some(false) => "on this server".to_owned(),
        None => "not known on which server".to_owned(),
    });
    if let Some(server) = &database.server {
        parts.push(match database.instance.as_deref() {
            Some("") | None => server.clone(),
            Some(instance) => format!("{server}\\{instance}"),
        });
    } else if let Some(instance) = database.instance.as_deref().filter(|it| !it.is_empty()) {
        parts.push(format!("instance {instance}"));
    }
    parts.extend(database.name.as_ref().map(|it| format!("database {it}")));
    parts.extend(database.size_mb.map(|it| format!("{} MB", grouped(it))));
    parts.extend(database.last_run_at.map(|it| format!("last run ended {it}")));
    parts.join(", ")
}
