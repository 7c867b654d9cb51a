//! Wording that the views for people share. Nothing here is escaped: each view makes its text harmless itself.
use std::fmt::Display;

use dirlift_model::{
    Analysis, Evidence, Product, Settings, Severity,
    analysis::{
        Account, Database, Deployment, Override, Path, Recommendation, Source, SourceService,
    },
    settings::{ConnectSettings, CustomSyncRule, Domain, Forest, Read},
    text::{grouped, plural},
};

/// Said of a finding that rests on something else than this server.
pub(crate) const INFERRED: &str = "Inferred, not read on this server.";

/// Severities with their headings, worst first.
pub(crate) const SEVERITIES: [(Severity, &str); 3] =
    [(Severity::Blocker, "Blockers"), (Severity::Warning, "Warnings"), (Severity::Info, "Info")];

/// Stands for a setting that is unknown.
const UNREAD: &str = "could not be read";

/// The heading of the whole report.
pub(crate) fn title(source: &Source) -> String {
    let product = source.product.map_or("a product that could not be told", |it| match it {
        Product::None => "no directory synchronisation product",
        other => other.as_str(),
    });
    let version = source.version.map(|it| format!(" {it}")).unwrap_or_default();
    let host = source.host.as_deref().unwrap_or("a host of unknown name");
    format!("{host} runs {product}{version}")
}

/// What a deployment means.
pub(crate) const fn deployment(deployment: Deployment) -> &'static str {
    match deployment {
        Deployment::InPlace => "on the same server",
        Deployment::Parallel => "a new server beside the old one",
        Deployment::Blocked => "not before something is changed, see the blockers",
        Deployment::Undecided => "a fact needed to decide is missing, see what was not checked",
    }
}

/// The label of the deployment: what was asked for is not what is recommended.
pub(crate) const fn deployment_label(recommendation: &Recommendation) -> &'static str {
    if recommendation.overridden_by.is_some() { "Deployment" } else { "Recommendation" }
}

/// What was asked for instead of the recommended deployment.
pub(crate) fn overridden(it: &Override) -> String {
    format!(
        "--mode asked for {}; the rules recommend {}",
        it.asked.as_str(),
        it.recommended.as_str()
    )
}

/// The upgrade path with what it means.
pub(crate) fn path(analysis: &Analysis) -> &'static str {
    match analysis.recommendation.path {
        Path::None if analysis.source.product.is_none() => {
            "not known: the product could not be told"
        }
        Path::Dirsync => "dirsync: the upgrade from DirSync",
        Path::Connect => "connect: the upgrade of Azure AD Sync or a Connect build",
        Path::None => "none: there is nothing to upgrade",
    }
}

/// Whether the deployment can be carried out; the obstacles follow it.
pub(crate) const fn feasible(recommendation: &Recommendation) -> &'static str {
    match (recommendation.feasible, recommendation.obstacles.is_empty()) {
        (Some(true), _) => "yes",
        (Some(false), true) => "no",
        (Some(false), false) => "no, this stands in the way:",
        (None, _) => "not known",
    }
}

/// Findings by severity, and parts that were not looked at.
pub(crate) fn summary(analysis: &Analysis) -> String {
    let count =
        |severity| analysis.findings.iter().filter(|it| it.severity == severity).count() as u64;
    let blockers = plural(count(Severity::Blocker), "blocker", "blockers");
    let warnings = plural(count(Severity::Warning), "warning", "warnings");
    let infos = plural(count(Severity::Info), "info", "info");
    let gaps = plural(analysis.not_checked.len() as u64, "part", "parts");
    format!("{blockers}, {warnings}, {infos}; {gaps} not checked")
}

/// A number of hours, or that it is not known.
pub(crate) fn hours(hours: Option<f64>) -> String {
    hours.map_or_else(|| "not known".to_owned(), |it| format!("{it:.2} hours"))
}

/// A threshold of hours: `3 hours`, `2.5 hours`.
pub(crate) fn few_hours(hours: f64) -> String {
    let text = format!("{hours:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} {}", if text == "1" { "hour" } else { "hours" })
}

/// A service with its state and account.
pub(crate) fn service(service: &SourceService) -> String {
    let account = service.account.as_deref().map(|it| format!(", as {it}")).unwrap_or_default();
    format!("{} ({}){account}", service.name, service.state)
}

/// An account with its role and where it was read.
pub(crate) fn account(it: &Account) -> String {
    format!("{}: {} ({})", it.role.as_str(), it.name, it.read_from)
}

/// The database in one line.
pub(crate) fn database(database: &Database) -> String {
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

/// What was looked at, what was found, and where.
pub(crate) fn evidence(evidence: &Evidence) -> String {
    let mut line = evidence.item.clone();
    if !evidence.observed.is_empty() {
        line = format!("{line}: {}", evidence.observed);
    }
    if !evidence.place.is_empty() {
        line = format!("{line} ({})", evidence.place);
    }
    line
}

/// A forest with its connector.
pub(crate) fn forest(forest: &Forest) -> String {
    format!("{} (connector {})", forest.name, forest.connector_name)
}

/// A domain with its scope. Several naming contexts of a domain share its DNS name, so this is the DN.
pub(crate) fn domain(domain: &Domain) -> String {
    let name = &domain.dn;
    match (domain.selected, domain.ou_filtering) {
        (false, _) => format!("{name}: not in scope"),
        (true, false) => format!("{name}: the whole domain"),
        (true, true) => format!("{name}: filtered by container"),
    }
}

/// What narrows a domain that is in scope, a line each.
pub(crate) fn domain_lines(domain: &Domain) -> Vec<String> {
    let mut lines = Vec::new();
    if domain.selected && domain.ou_filtering {
        lines.extend(domain.containers.inclusions.iter().map(|it| format!("only {it}")));
        lines.extend(domain.containers.exclusions.iter().map(|it| format!("without {it}")));
    }
    if !domain.preferred_domain_controllers.is_empty() {
        lines.push(preferred(domain));
    }
    lines.extend(domain.alternate_login.as_ref().map(|it| format!("signs in as {it}")));
    lines
}

/// The domain controllers to prefer.
pub(crate) fn preferred(domain: &Domain) -> String {
    format!("preferred controllers: {}", domain.preferred_domain_controllers.join(", "))
}

/// A setting with its label: no entry cannot occur, one stands beside the label, more are counted and listed.
pub(crate) struct Row {
    /// What it is.
    pub(crate) label: &'static str,
    /// Its values.
    pub(crate) values: Vec<String>,
}

/// The settings below the forests.
pub(crate) fn settings(settings: &Settings) -> Vec<Row> {
    let one = |label, value| Row { label, values: vec![value] };
    let tenant = settings.tenant.as_ref();
    let mut rows = vec![
        one(
            "Tenant",
            tenant.map_or(UNREAD, |it| it.name.as_deref().unwrap_or("not known")).to_owned(),
        ),
        one("Source anchor", value(settings.source_anchor.as_ref())),
        one(
            "Alternate ID",
            settings.alternate_id.as_ref().map_or_else(
                || "none found".to_owned(),
                |it| format!("{} becomes userPrincipalName", it.value),
            ),
        ),
        one("Password hash sync", switch(settings.password_hash_sync.as_ref())),
        one("Password writeback", switch(settings.password_writeback.as_ref())),
        one("Exchange hybrid", switch(settings.exchange_hybrid.as_ref())),
    ];
    if !settings.written_back.is_empty() {
        let names: Vec<_> = settings.written_back.iter().map(|it| it.value.as_str()).collect();
        rows.push(one("Written back", names.join(", ")));
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
    // Rules stand in the place of both since Azure AD Sync.
    let connect = settings.connect.as_ref();
    if connect.is_none() || !settings.connector_filters.is_empty() {
        rows.push(list("Filters", "none beyond the product's own", filters));
    }
    let flows = settings.custom_flows.iter().map(|it| {
        format!(
            "{} {} of {} from {} ({})",
            it.direction, it.target, it.object_type, it.source, it.connector_name
        )
    });
    if connect.is_none() || !settings.custom_flows.is_empty() {
        rows.push(list("Custom flows", "none beyond the product's own", flows));
    }
    rows.extend(connect.into_iter().flat_map(connect_rows));
    rows.push(one(
        "Interval",
        settings
            .interval_seconds
            .as_ref()
            .map_or_else(|| UNREAD.to_owned(), |it| duration(it.value)),
    ));
    let profiles = settings
        .run_profiles
        .iter()
        .map(|it| format!("{}, {}: {}", it.connector_name, it.name, it.steps.join("; ")));
    rows.push(list("Run profiles", "none found", profiles));
    rows
}

/// What only Azure AD Sync and its successors have.
fn connect_rows(connect: &ConnectSettings) -> Vec<Row> {
    let one = |label, value| Row { label, values: vec![value] };
    let mut rows = vec![
        one(
            "Sign-in",
            connect
                .sign_in
                .as_ref()
                .map_or_else(|| "not in the export".to_owned(), |it| it.value.clone()),
        ),
        one("Staging mode", switch(connect.staging_mode.as_ref())),
        one("Scheduler", switch(connect.scheduler.as_ref())),
        one(
            "Deletion limit",
            match connect.deletion_threshold.as_ref().map(|it| it.value) {
                None => UNREAD.to_owned(),
                Some(0) => "off".to_owned(),
                Some(it) => format!("{} in one export", plural(it, "object", "objects")),
            },
        ),
    ];
    let features = [("on", true), ("off", false)].map(|(word, on)| {
        let names: Vec<_> =
            connect.features.iter().filter(|it| it.on == on).map(|it| it.name.as_str()).collect();
        if names.is_empty() { String::new() } else { format!("{word}: {}", names.join(", ")) }
    });
    let features: Vec<_> = features.into_iter().filter(|it| !it.is_empty()).collect();
    rows.push(one(
        "Features",
        if features.is_empty() { UNREAD.to_owned() } else { features.join("; ") },
    ));
    if !connect.excluded_attributes.is_empty() {
        let names = connect.excluded_attributes.iter().map(|it| it.value.to_string());
        rows.push(list("Attributes out", "", names));
    }
    if !connect.filter_groups.is_empty() {
        rows.push(list(
            "Only members of",
            "",
            connect.filter_groups.iter().map(|it| it.value.clone()),
        ));
    }
    let off: Vec<_> = connect.disabled_standard_rules.iter().map(|it| it.value.as_str()).collect();
    rows.push(one(
        "Standard rules",
        match connect.standard_rules {
            None => UNREAD.to_owned(),
            Some(n) if off.is_empty() => format!("{}, none turned off", grouped(n)),
            Some(n) => format!(
                "{}, {} turned off: {}",
                grouped(n),
                grouped(off.len() as u64),
                off.join(", ")
            ),
        },
    ));
    let custom = connect.custom_rules.iter().map(custom_rule);
    let none = if connect.standard_rules.is_some() { "none" } else { UNREAD };
    rows.push(list("Custom rules", none, custom));
    rows
}

fn custom_rule(rule: &CustomSyncRule) -> String {
    let precedence =
        rule.precedence.map_or_else(|| "no precedence".to_owned(), |it| it.to_string());
    format!(
        "{precedence} {}{}: {} of {}, {} to {}, {}",
        rule.name,
        if rule.disabled { " (turned off)" } else { "" },
        rule.direction,
        rule.connector_name,
        rule.source_object_type,
        rule.target_object_type,
        plural(rule.flows, "flow", "flows")
    )
}

fn list(label: &'static str, none: &str, values: impl Iterator<Item = String>) -> Row {
    let mut values: Vec<_> = values.collect();
    if values.is_empty() {
        values.push(none.to_owned());
    }
    Row { label, values }
}

fn value(value: Option<&Read<impl Display>>) -> String {
    value.map_or_else(|| UNREAD.to_owned(), |it| it.value.to_string())
}

fn switch(value: Option<&Read<bool>>) -> String {
    match value.map(|it| it.value) {
        Some(true) => "on",
        Some(false) => "off",
        None => UNREAD,
    }
    .to_owned()
}

/// Seconds in the largest units that leave no fraction.
fn duration(seconds: u64) -> String {
    match seconds {
        it if it >= 3600 && it % 3600 == 0 => plural(it / 3600, "hour", "hours"),
        it if it >= 60 && it % 60 == 0 => plural(it / 60, "minute", "minutes"),
        it => plural(it, "second", "seconds"),
    }
}
