//! What forbids a plan.
use dirlift_model::{
    DatabaseFacts, Plan, Product, Severity,
    analysis::{Deployment, Path},
    host::same_host,
    plan::{Mode, PlanRefusal},
    text::{plural, shorten},
};

use super::{
    Content, Request, not_checked, other_anchor,
    sql::{Sameness, SqlServer, is_domain_account},
};
use crate::services;

/// Longest text from outside in a reason.
const MAX_TEXT: usize = 200;

/// Major versions of SQL Server that the new product takes (Hardware and prerequisites: 2012 and 2016 no longer, up to
/// 2022): 14 is 2017, 15 is 2019, 16 is 2022.
const SQL_VERSIONS: std::ops::RangeInclusive<u32> = 14..=16;

/// Engine editions in the cloud, which the new product does not take: 5 is Azure SQL Database, 8 is Managed Instance.
const CLOUD_EDITIONS: [i32; 2] = [5, 8];

/// Every reason.
pub(super) fn all(request: &Request<'_>, content: &Content, plan: &mut Plan) {
    source(request, content, plan);
    anchor(request, content, plan);
    instance(request, plan);
    service_account(request, plan);
    install_dir(request, plan);
    sql_server(request, content, plan);
    target(request, plan);
    store(request, plan);
    in_place(request, content, plan);
}

/// Adds a reason.
pub(super) fn refuse(plan: &mut Plan, id: &str, why: impl Into<String>, remedy: &str) {
    let it = PlanRefusal { id: id.to_owned(), why: why.into(), remedy: remedy.to_owned() };
    plan.refusals.push(it);
}

fn source(request: &Request<'_>, content: &Content, plan: &mut Plan) {
    plan.refusals.extend(request.anchor.as_ref().err().cloned());
    let analysis = &content.analysis;
    let blockers: Vec<_> =
        analysis.findings.iter().filter(|it| it.severity == Severity::Blocker).collect();
    if !blockers.is_empty() || analysis.recommendation.deployment == Deployment::Blocked {
        let names: Vec<_> = blockers
            .iter()
            .map(|it| format!("{} {}", it.id, shorten(&it.title, MAX_TEXT)))
            .collect();
        let why = format!(
            "{} the way of this server: {}",
            plural(blockers.len() as u64, "finding stands in", "findings stand in"),
            names.join("; ")
        );
        refuse(
            plan,
            "source-blocked",
            why,
            "Resolve what dirlift analyze names, or install the new server by hand in staging mode and try its rules with \
             dirlift rehearse.",
        );
    }
    if analysis.recommendation.path == Path::None {
        let product =
            analysis.source.product.map_or("a product that is not known", Product::as_str);
        let why = format!("no path leads from {product} to Microsoft Entra Connect");
        refuse(
            plan,
            "no-path",
            why,
            "dirlift moves DirSync, Azure AD Sync and Azure AD Connect servers.",
        );
    }
    if request.use_existing_database {
        super::database::refusals(request, content, plan);
    }
}

/// After `DirSync` the anchor stays objectGUID: every user in the cloud is tied by it.
fn anchor(request: &Request<'_>, content: &Content, plan: &mut Plan) {
    if content.settings.source.product != Some(Product::DirSync) {
        return;
    }
    const WHAT: &str = "whether the source anchor stays objectGUID";
    if let Ok(anchor) = &request.anchor {
        plan.refusals.extend(other_anchor("the rules", anchor.as_ref()));
        if anchor.is_none() {
            not_checked(plan, WHAT, "no rule says which anchor it flows");
        }
    }
    if let Some(target) = &request.target {
        plan.refusals.extend(other_anchor("the target", target.anchor.as_ref()));
        if target.anchor.is_none() && target.build.is_some() {
            not_checked(
                plan,
                WHAT,
                "the target's snapshot does not say which anchor it is set up for",
            );
        }
    }
}

fn named_instance(request: &Request<'_>) -> Option<Result<SqlServer, String>> {
    let text = request.connect.sql_server.as_ref()?;
    Some(SqlServer::parse(text).ok_or_else(|| shorten(text, MAX_TEXT)))
}

fn target_host<'a>(request: &'a Request<'_>, plan: &'a Plan) -> Option<&'a str> {
    match request.mode {
        Mode::InPlace => plan.source.host.as_deref(),
        Mode::Parallel => request.target.as_ref().and_then(|it| it.host.as_deref()),
    }
}

/// One engine an instance: the new one never shares the old one's.
fn instance(request: &Request<'_>, plan: &mut Plan) {
    let sql_server = match named_instance(request) {
        None => return,
        Some(Ok(it)) => it,
        Some(Err(text)) => {
            let why = format!("`{text}` is no SQL Server");
            refuse(
                plan,
                "sql-server-name",
                why,
                "Write HOST, HOST\\INSTANCE or HOST\\INSTANCE,PORT.",
            );
            return;
        }
    };
    if sql_server.is_local_db() {
        refuse(
            plan,
            "sql-not-allowed",
            "LocalDB cannot be given as an existing SQL Server",
            "Leave --connect-sql-server out for LocalDB, or name a full SQL Server.",
        );
        return;
    }
    if sql_server.needs_browser() {
        plan.notes.push(format!(
            "{sql_server} is named without a port: SQL Server Browser has to run there, else write HOST\\INSTANCE,PORT"
        ));
    }
    if request.mode != Mode::Parallel || takes_over(plan) {
        return;
    }
    let old = plan.source.sql_server.as_deref();
    if old.is_some_and(|it| it.to_ascii_lowercase().starts_with("(localdb)")) {
        return;
    }
    let old = old.and_then(SqlServer::parse);
    const WHAT: &str = "whether the SQL Server instance is the old server's";
    let Some(old) = old else {
        not_checked(plan, WHAT, "the bundle does not name the old server's instance");
        return;
    };
    let target = target_host(request, plan);
    match old.compare(plan.source.host.as_deref(), &sql_server, target) {
        Sameness::Same => {
            let why = format!("{sql_server} is the instance that the old server uses ({old})");
            refuse(
                plan,
                "same-sql-instance",
                why,
                "Name another instance: two synchronisation engines never share one, and the old server has to go on.",
            );
        }
        Sameness::Different => {}
        Sameness::Unknown => {
            let why = format!(
                "{sql_server} and {old} may be one: an address, a port or a word for the machine itself names an instance \
                 that the other name does not tell; write HOST\\INSTANCE as the old server has it"
            );
            not_checked(plan, WHAT, &why);
        }
    }
}

/// Whether the new server is pointed at the very database of the old one.
fn takes_over(plan: &Plan) -> bool {
    let scenario = plan.existing_database.as_ref().and_then(|it| it.scenario);
    scenario == Some(dirlift_model::plan::Scenario::ServerDead)
}

fn service_account(request: &Request<'_>, plan: &mut Plan) {
    let account = request.connect.service_account.as_deref();
    let machine = target_host(request, plan).map(str::to_owned);
    let machine = machine.as_deref();
    if account.is_some_and(|it| it.contains('@')) {
        plan.notes.push(
            "the service account is written as name@domain; some installers failed on that (error 1603): DOMAIN\\name is \
             safer"
                .to_owned(),
        );
    }
    let Some(Ok(sql_server)) = named_instance(request) else { return };
    if sql_server.is_on(machine) || sql_server.is_local_db() {
        return;
    }
    // The old server goes on, so that what is on it is on another machine than the new one.
    let is_of_old =
        request.mode == Mode::Parallel && sql_server.is_on_named(plan.source.host.as_deref());
    if machine.is_none() && !is_of_old {
        not_checked(
            plan,
            "whether the service account fits the SQL Server",
            "which machine the new server is was not said: give --target",
        );
        return;
    }
    let why = match account {
        None => format!(
            "{sql_server} is another machine, and no service account is given; the default one is known to the new server only"
        ),
        Some(it) if !is_domain_account(it, machine) => {
            format!(
                "{sql_server} is another machine, and {} is no account of a domain",
                shorten(it, MAX_TEXT)
            )
        }
        Some(_) => return,
    };
    refuse(
        plan,
        "service-account",
        why,
        "Give --connect-service-account DOMAIN\\NAME, a group managed service account (DOMAIN\\NAME$) for preference; where \
         the SQL Server is on the new server itself, write it as .\\INSTANCE or give --target.",
    );
}

fn install_dir(request: &Request<'_>, plan: &mut Plan) {
    let Some(folder) = &request.connect.install_dir else { return };
    let bytes = folder.as_bytes();
    let has_drive = matches!(bytes, [drive, b':', b'\\', ..] if drive.is_ascii_alphabetic());
    let rest = folder.get(3..).unwrap_or_default();
    let is_fine = |it: &str| {
        !it.is_empty()
            && !matches!(it, "." | "..")
            && !it.ends_with(['.', ' '])
            && !it.chars().any(|it| it.is_control() || "<>:\"/|?*".contains(it))
    };
    if !has_drive || !rest.split('\\').filter(|it| !it.is_empty()).all(is_fine) {
        let why = format!("`{}` is no folder of Windows", shorten(folder, MAX_TEXT));
        refuse(
            plan,
            "install-dir",
            why,
            "Write it with its drive, such as D:\\Program Files\\Entra Connect.",
        );
    }
}

const REMEDY: &str =
    "Choose a full SQL Server 2017, 2019 or 2022 with a case-insensitive collation (_CI_).";

/// The SQL Server that the new product is to use, as far as anybody has looked at it.
fn sql_server(request: &Request<'_>, content: &Content, plan: &mut Plan) {
    let facts = request.target.as_ref().and_then(|it| it.database);
    if let Some(facts) = facts {
        database(facts, plan);
    }
    let Some(Ok(named)) = named_instance(request) else { return };
    if named.is_local_db() {
        return;
    }
    // The old server's own, which it leaves behind.
    let old = content.analysis.database.as_ref().filter(|_| takes_over(plan));
    if let Some(version) = old.and_then(|it| it.product_version.as_deref()) {
        if let Some(why) = unsupported(version) {
            refuse(plan, "sql-not-allowed", why, REMEDY);
        }
        return;
    }
    let seen = facts.and_then(|it| {
        let server = &it.server;
        let name = match server.instance.as_deref().filter(|it| !it.is_empty()) {
            Some(instance) => format!("{}\\{instance}", server.machine_name.as_deref()?),
            None => server.machine_name.clone()?,
        };
        SqlServer::parse(&name)
    });
    let target = target_host(request, plan);
    if !seen.is_some_and(|it| it.compare(target, &named, target) == Sameness::Same) {
        let what = format!("version and collation of {named}");
        not_checked(
            plan,
            &what,
            "nobody has looked at it; it has to be SQL Server 2017, 2019 or 2022 with a case-insensitive collation",
        );
    }
}

fn unsupported(version: &str) -> Option<String> {
    let major = version.split('.').next().and_then(|it| it.parse().ok());
    let is_fine = major.is_some_and(|it| SQL_VERSIONS.contains(&it));
    (!is_fine).then(|| format!("SQL Server version {} is not supported", shorten(version, 40)))
}

/// Whether a SQL Server may hold the new product's database.
fn database(facts: &DatabaseFacts, plan: &mut Plan) {
    let server = &facts.server;
    let mut wrong = Vec::new();
    if let Some(version) = &server.product_version {
        wrong.extend(unsupported(version));
    } else {
        not_checked(plan, "version of the SQL Server", "its facts do not have it");
    }
    if server.engine_edition.is_some_and(|it| CLOUD_EDITIONS.contains(&it)) {
        wrong.push("Azure SQL is not supported".to_owned());
    }
    if server.is_local_db == Some(true) {
        wrong.push("LocalDB cannot be given as an existing SQL Server".to_owned());
    }
    match &server.collation {
        Some(it) => {
            let upper = it.to_ascii_uppercase();
            if upper.contains("_CS_") || upper.ends_with("_CS") || upper.contains("_BIN") {
                wrong.push(format!("collation {} is case-sensitive", shorten(it, 80)));
            }
        }
        None => not_checked(plan, "collation of the SQL Server", "its facts do not have it"),
    }
    for why in wrong {
        refuse(plan, "sql-not-allowed", why, REMEDY);
    }
}

fn target(request: &Request<'_>, plan: &mut Plan) {
    let Some(target) = &request.target else {
        not_checked(
            plan,
            "whether the new server is ready",
            "no snapshot of it was given (--target)",
        );
        return;
    };
    for finding in &target.not_ready {
        let why = format!("{}: {}", finding.id, shorten(&finding.detail, MAX_TEXT));
        refuse(plan, "target-not-ready", why, &finding.remedy);
    }
    let is_same = target.host.as_deref().zip(plan.source.host.as_deref());
    if request.mode == Mode::Parallel && is_same.is_some_and(|(a, b)| same_host(a, b)) {
        refuse(
            plan,
            "target-is-source",
            "the target is the old server itself",
            "Take the snapshot of the new server, or plan with --mode in-place.",
        );
    }
}

/// What is in the store, and the plan that somebody has looked at, have to fit.
pub(super) fn store(request: &Request<'_>, plan: &mut Plan) {
    let mut drifted = None;
    if let Some(found) = &request.store {
        let sum = request.bundle.as_ref().map(|it| it.sum().to_string()).ok();
        let is_other = sum.is_none_or(|it| it != found.bundle_sha256) || found.mode != request.mode;
        match &found.plan {
            _ if is_other => refuse(
                plan,
                "another-deployment",
                "the store holds another deployment: another bundle, or the other mode",
                "Give another file to --deployment, or the bundle and mode that the store was made for.",
            ),
            Some(old) if old.inputs_sha256 != plan.inputs_sha256 => drifted = Some(old.drift(plan)),
            _ => {}
        }
    }
    if let Some(saved) = request.saved.filter(|it| it.inputs_sha256 != plan.inputs_sha256) {
        drifted.get_or_insert_default().extend(saved.drift(plan));
    }
    if let Some(mut names) = drifted {
        names.sort();
        names.dedup();
        let why = format!("not the same as when it was planned: {}", names.join(", "));
        refuse(
            plan,
            "drift",
            why,
            "Give what was given before, or plan anew with --plan. A store that was begun keeps its plan: dirlift sync takes \
             other sources and rules (--ad, --entra, --rules) into it; anything else needs a new store.",
        );
    }
}

fn in_place(request: &Request<'_>, content: &Content, plan: &mut Plan) {
    if request.mode != Mode::InPlace {
        return;
    }
    if content.settings.source.product != Some(Product::DirSync) {
        refuse(
            plan,
            "in-place-not-dirsync",
            "only DirSync is replaced in place; its successors are upgraded by running Microsoft's installer over them",
            "Run the installer of the new build on the server, or plan with --mode parallel.",
        );
        return;
    }
    if let Some(seen) = request.services {
        let (_, refusals) = services::judge(seen, plan.source.host.as_deref());
        plan.refusals.extend(refusals);
    } else {
        refuse(
            plan,
            "services-out-of-reach",
            "dirlift cannot control the services of this machine",
            "Plan with --mode parallel: the rehearsal is the same, and DirSync is stopped by hand at the end.",
        );
    }
}
