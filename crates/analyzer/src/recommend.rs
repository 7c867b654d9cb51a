//! The recommendation: which path, on the same server or a new one, and what stands in its way.
use dirlift_model::{
    Facts, Finding, Product, Severity,
    analysis::{DatabaseKind, Deployment, Override, Path, Recommendation},
    text::{grouped, plural},
};

use crate::{
    case::Case,
    connect::{self, ExistingDatabase},
    rules::{docs, host},
};

pub(crate) fn recommend(
    case: &Case<'_>,
    findings: &[Finding],
    mode: Option<Deployment>,
) -> Recommendation {
    let path = path(case);
    let (mut deployment, mut reasons) = deployment(case, findings, path);
    let mut overridden_by = None;
    if let Some(asked) = mode {
        match deployment {
            Deployment::Blocked => reasons.push(format!(
                "`--mode {}` does not lift a blocker; both ways need it gone or go round it",
                asked.as_str()
            )),
            Deployment::Undecided => reasons.push(format!(
                "`--mode {}` was asked for; it cannot stand in for what is not known",
                asked.as_str()
            )),
            recommended if recommended != asked => {
                overridden_by = Some(Override { asked, recommended });
                reasons.push(format!(
                    "{} was asked for with `--mode` instead of {}",
                    asked.as_str(),
                    recommended.as_str()
                ));
                deployment = asked;
            }
            _ => {}
        }
    }
    let (feasible, obstacles) = feasibility(case, findings, path, deployment);
    Recommendation { path, deployment, feasible, obstacles, overridden_by, reasons }
}

fn path(case: &Case<'_>) -> Path {
    match case.product() {
        Some(Product::DirSync) => Path::Dirsync,
        Some(Product::AzureAdSync | Product::EntraConnect) => Path::Connect,
        Some(Product::Fim | Product::None) | None => Path::None,
    }
}

fn deployment(case: &Case<'_>, findings: &[Finding], path: Path) -> (Deployment, Vec<String>) {
    if path == Path::None {
        let reason = match case.product() {
            Some(Product::Fim) => {
                "an identity manager without DirSync has no upgrade path to Microsoft Entra Connect; install a new server"
            }
            Some(_) => "no synchronisation product is installed here: there is nothing to upgrade",
            None => "it could not be told which product is installed",
        };
        return (Deployment::Undecided, vec![reason.to_owned()]);
    }
    let blockers: Vec<_> = findings.iter().filter(|it| it.severity == Severity::Blocker).collect();
    if !blockers.is_empty() {
        let codes: Vec<_> = blockers.iter().map(|it| it.id.as_str()).collect();
        let mut reasons = vec![format!(
            "{} ({})",
            plural(blockers.len() as u64, "blocker", "blockers"),
            codes.join(", ")
        )];
        reasons.push(
            "the way out: leave this server as it is, install Microsoft Entra Connect on a new server in staging mode, re-apply \
             what is listed under the blockers as custom synchronisation rules with precedence below 100, compare its pending \
             exports with what the cloud has, and switch over only then"
                .to_owned(),
        );
        return (Deployment::Blocked, reasons);
    }
    if path == Path::Connect {
        return connect_deployment(case);
    }
    let mut unknown = Vec::new();
    if case.configuration().is_none() {
        let reason = "the configuration of this server is not known, so what would block an upgrade could not be checked";
        unknown.push(reason.to_owned());
    }
    if case.objects.total.is_none() {
        let why = &case.objects.basis;
        let why = why.strip_prefix("not counted: ").unwrap_or(why);
        unknown.push(format!("the number of objects is not known: {why}"));
    }
    let (Some(total), true) = (case.objects.total, unknown.is_empty()) else {
        return (Deployment::Undecided, unknown);
    };
    let needed: Vec<_> =
        case.facts.missing.iter().filter(|it| it.needed).map(|it| it.what.clone()).collect();
    let needed = needed
        .into_iter()
        .chain(case.not_checked().into_iter().filter(|it| it.needed).map(|it| it.what));
    let needed: Vec<_> = needed.map(|it| format!("not known: {it}")).collect();
    if !needed.is_empty() {
        return (Deployment::Undecided, needed);
    }
    by_size(case, total)
}

/// Azure AD Sync and its successors: in place where everything allows it, else a swing to a new server.
fn connect_deployment(case: &Case<'_>) -> (Deployment, Vec<String>) {
    let against = connect::against_in_place(case);
    let (deployment, mut reasons) = if against.is_empty() {
        let reasons = vec![
            format!(
                "system, build and size allow an upgrade on the same server, which is preferred below {} objects ({})",
                grouped(case.knowledge.target.in_place_objects),
                docs::PREVIOUS
            ),
            "there is no way back from it: where that matters, or rules are to be changed, take a new server in staging mode \
             (`--mode parallel`)"
                .to_owned(),
        ];
        (Deployment::InPlace, reasons)
    } else {
        let swing = format!(
            "swing migration: a new server in staging mode beside the old one, then the switch; nothing on the old server is \
             touched before ({})",
            docs::PREVIOUS
        );
        let reasons = std::iter::once(swing)
            .chain(against.iter().map(|it| format!("not on the same server: {it}")))
            .collect();
        (Deployment::Parallel, reasons)
    };
    let version = case.facts.product.version;
    let closed = case.product().and_then(|product| {
        case.knowledge.passed(product, version, case.day()).find(|it| it.closes_service)
    });
    reasons.extend(closed.map(|it| {
        format!(
            "the cloud refuses this server: its build is not accepted since {} (DL0101)",
            it.date.0
        )
    }));
    if let Some(scenario) = ExistingDatabase::of(case) {
        reasons.push(format!("existing database (DL0212): {}", scenario.words()));
    }
    (deployment, reasons)
}

fn by_size(case: &Case<'_>, total: u64) -> (Deployment, Vec<String>) {
    let rule = &case.knowledge.rule;
    let objects = plural(total, "object", "objects");
    let threshold = grouped(rule.threshold_objects);
    let (deployment, mut reasons) = if total < rule.threshold_objects {
        (
            Deployment::InPlace,
            vec![format!(
                "{objects}, fewer than {threshold}: the upgrade is expected to take less than {} hours",
                rule.threshold_hours
            )],
        )
    } else {
        (
            Deployment::Parallel,
            vec![format!(
                "{objects}, {threshold} or more: the upgrade is expected to take {} hours or longer, and nobody synchronises meanwhile",
                rule.threshold_hours
            )],
        )
    };
    if let Some(own) = &case.estimate.own_history {
        if total < rule.threshold_objects && own.hours >= rule.threshold_hours {
            reasons.push(format!(
                "but its own last full cycle was not below the {} hours that the rule stands for: think of --mode parallel",
                rule.threshold_hours
            ));
        }
        reasons.push(format!(
            "this server's own last full cycle took {} hours; such experience is a better guide than the rule",
            own.hours
        ));
    }
    if case.database.as_ref().is_some_and(|it| it.kind == DatabaseKind::Full) {
        reasons.push(
            "full SQL Server means more steps whatever the number of objects (DL0204)".to_owned(),
        );
    }
    (deployment, reasons)
}

fn feasibility(
    case: &Case<'_>,
    findings: &[Finding],
    path: Path,
    deployment: Deployment,
) -> (Option<bool>, Vec<String>) {
    let blockers = || {
        findings
            .iter()
            .filter(|it| it.severity == Severity::Blocker)
            .map(|it| format!("{}: {}", it.id, it.title))
    };
    match deployment {
        Deployment::Blocked => (Some(false), blockers().collect()),
        Deployment::Undecided => (None, Vec::new()),
        Deployment::InPlace => {
            let mut obstacles = Vec::new();
            if let Some(product) = case.product().filter(|_| path != Path::None) {
                let passed = case.knowledge.passed(product, case.facts.product.version, case.day());
                obstacles.extend(passed.filter(|it| it.closes_in_place).map(|it| {
                    format!(
                        "the in-place path from {product} ended on {} ({})",
                        it.date.0, it.reference
                    )
                }));
            }
            obstacles.extend(host::obstacles(case, case.facts));
            (verdict(&obstacles, case.facts), obstacles)
        }
        Deployment::Parallel => match case.target {
            None => (None, Vec::new()),
            Some(target) => {
                let mut obstacles = host::obstacles(case, target);
                if let Some(product) = target.product.product.filter(|it| *it != Product::None) {
                    obstacles.push(format!("{product} is already installed on the new server"));
                }
                (verdict(&obstacles, target), obstacles)
            }
        },
    }
}

/// No obstacle counts only where system and domain of the host are known.
fn verdict(obstacles: &[String], host: &Facts) -> Option<bool> {
    let known = host.host.os.as_ref().is_some_and(|it| it.version.is_some())
        && host.host.domain_role.is_some();
    if obstacles.is_empty() && !known { None } else { Some(obstacles.is_empty()) }
}
