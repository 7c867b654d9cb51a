//! What follows from the facts by counting: objects, estimate, database, services and accounts.
use dirlift_model::{
    Guid,
    analysis::{
        Account, AccountRole, Database, DatabaseKind, Estimate, Objects, OwnHistory, Source,
        SourceService,
    },
    config::RunStepKind,
    database::{ConnectorSpaceCount, DatabaseFacts, Run, Step},
    facts::Registry,
    host::{Service, ServiceState, StartType},
};

use dirlift_model::text::saturating_sum;

use crate::case::Case;

/// Engine edition number of Express and `LocalDB` (`SERVERPROPERTY('EngineEdition')`).
const ENGINE_EDITION_EXPRESS: i32 = 4;

/// Registry keys with the engine's database, by service.
pub(crate) const ENGINE_PARAMETERS: [&str; 2] = [
    r"HKLM\SYSTEM\CurrentControlSet\Services\ADSync\Parameters",
    r"HKLM\SYSTEM\CurrentControlSet\Services\FIMSynchronizationService\Parameters",
];

/// Services that belong to a synchronisation product, by key name.
pub(crate) const ENGINE_SERVICES: &[&str] = &["ADSync", "FIMSynchronizationService", "MIIServer"];

/// Hours rounded to hundredths.
pub(crate) fn hundredths(hours: f64) -> f64 {
    (hours * 100.0).round() / 100.0
}

/// The program of the scheduler's service; its key name is not known for sure.
const SCHEDULER_PROGRAM: &str = "Microsoft.Online.DirSync.Scheduler.exe";

/// Whether a service is the synchronisation scheduler: by its program, else by its names.
pub(crate) fn is_scheduler(service: &Service) -> bool {
    let program = service.image_path.as_deref().unwrap_or_default().to_ascii_lowercase();
    let display = service.display_name.as_deref().unwrap_or_default();
    program.contains(&SCHEDULER_PROGRAM.to_ascii_lowercase())
        || service.name.eq_ignore_ascii_case("MSOnlineSyncScheduler")
        || display.eq_ignore_ascii_case("Windows Azure Active Directory Sync Service")
        || display
            .eq_ignore_ascii_case("Microsoft Online Services Directory Synchronization Service")
}

/// Whether a service is the engine.
pub(crate) fn is_engine(service: &Service) -> bool {
    ENGINE_SERVICES.iter().any(|it| service.name.eq_ignore_ascii_case(it))
}

/// State and start type in words.
pub(crate) fn service_state(service: &Service) -> String {
    let state = match service.state {
        Some(ServiceState::Running) => "running",
        Some(ServiceState::Stopped) => "stopped",
        Some(ServiceState::Other) => "in transition",
        None => "state unknown",
    };
    let start = match service.start_type {
        Some(StartType::Automatic) => "automatic",
        Some(StartType::DelayedAutomatic) => "delayed automatic",
        Some(StartType::Manual) => "manual",
        Some(StartType::Disabled) => "disabled",
        None => "start type unknown",
    };
    format!("{state}, {start}")
}

pub(crate) fn source(case: &Case<'_>) -> Source {
    let facts = case.facts;
    let services = facts.services.iter().flatten().filter(|it| is_engine(it) || is_scheduler(it));
    Source {
        product: facts.product.product,
        version: facts.product.version,
        host: facts.host.name.clone(),
        os: facts.host.os.as_ref().and_then(|it| it.caption.clone()),
        install_path: facts.product.install_path.clone(),
        services: services
            .map(|it| SourceService {
                name: it.name.clone(),
                display_name: it.display_name.clone(),
                account: it.account.clone(),
                state: service_state(it),
            })
            .collect(),
        accounts: accounts(case),
        evidence: facts.product.evidence.clone(),
    }
}

/// Accounts by name; passwords are never read.
pub(crate) fn accounts(case: &Case<'_>) -> Vec<Account> {
    let mut all = Vec::new();
    for service in
        case.facts.services.iter().flatten().filter(|it| is_engine(it) || is_scheduler(it))
    {
        if let Some(account) = service.account.as_ref().filter(|it| !it.is_empty()) {
            all.push(Account {
                role: AccountRole::Service,
                name: account.clone(),
                read_from: format!("services.json, {}", service.name),
            });
        }
    }
    if case.facts.services.is_none() {
        let policies = case.facts.policies.iter();
        all.extend(policies.filter_map(|it| {
            let name = it.service_account.clone()?;
            Some(Account { role: AccountRole::Service, name, read_from: it.place.clone() })
        }));
    }
    for connector in case.configuration().into_iter().flat_map(|it| &it.connectors) {
        if let Some(name) = crate::settings::forest_account(connector) {
            all.push(Account {
                role: AccountRole::ActiveDirectory,
                name,
                read_from: connector.location.to_string(),
            });
        }
        let cloud = connector
            .extensible
            .as_ref()
            .and_then(|it| it.user_name.clone())
            .filter(|it| !it.is_empty());
        if let Some(name) = cloud.filter(|_| connector.is_cloud()) {
            all.push(Account {
                role: AccountRole::Cloud,
                name,
                read_from: connector.location.to_string(),
            });
        }
    }
    all.sort_by(|a, b| (a.role, &a.name).cmp(&(b.role, &b.name)));
    all.dedup_by(|a, b| a.role == b.role && a.name.eq_ignore_ascii_case(&b.name));
    all
}

/// The key with the engine's database that the export has: that of the product found, else what another one left.
fn engine_parameters(case: &Case<'_>, registry: &Registry) -> Option<&'static str> {
    let mut order = ENGINE_PARAMETERS;
    if case.is_dirsync() {
        order.reverse();
    }
    order.into_iter().find(|key| registry.key(key).is_some())
}

pub(crate) fn database(case: &Case<'_>) -> Option<Database> {
    let registry = case.facts.registry.as_ref();
    let key = registry.and_then(|it| engine_parameters(case, it).map(|key| (it, key)));
    let from_registry =
        |name: &str| key.and_then(|(registry, key)| registry.string(key, name)).map(str::to_owned);
    let facts = case.facts.database.as_ref();
    if facts.is_none() && key.is_none() {
        return database_of_policy(case);
    }
    let registry_server = from_registry("Server");
    let own_name = case.facts.host.name.as_deref();
    let server = registry_server.clone().filter(|it| !it.is_empty());
    let server = server.or_else(|| facts.and_then(|it| it.server.machine_name.clone()));
    // An empty `Server` is the local host; so is the host's own name.
    let remote = match (&registry_server, &server, own_name) {
        (Some(name), ..) if is_local_word(name) => Some(false),
        (_, Some(server), Some(own)) => Some(!is_local_word(server) && !same_host(server, own)),
        _ => None,
    };
    let server =
        server.or_else(|| (remote == Some(false)).then(|| own_name.map(str::to_owned)).flatten());
    Some(Database {
        kind: match facts {
            Some(facts) => database_kind(facts),
            None if registry_server.as_deref().is_some_and(is_local_db) => DatabaseKind::LocalDb,
            None => DatabaseKind::Unknown,
        },
        remote,
        server,
        instance: from_registry("SQLInstance")
            .or_else(|| facts.and_then(|it| it.server.instance.clone())),
        name: from_registry("DBName").or_else(|| facts.and_then(|it| it.server.database.clone())),
        product_version: facts.and_then(|it| it.server.product_version.clone()),
        size_mb: facts.and_then(DatabaseFacts::data_size_mb),
        last_run_at: facts
            .and_then(|it| it.runs.iter().flatten().filter_map(|run| run.ended).max()),
    })
}

/// The database as a settings file names it.
fn database_of_policy(case: &Case<'_>) -> Option<Database> {
    let policy = case.facts.policies.iter().find(|it| it.database_server.is_some())?;
    let server = policy.database_server.clone()?;
    let own_name = case.facts.host.name.as_deref();
    let remote = if is_local_word(&server) {
        Some(false)
    } else {
        own_name.map(|own| !same_host(&server, own))
    };
    let is_local = is_local_db(&server);
    Some(Database {
        kind: if is_local { DatabaseKind::LocalDb } else { DatabaseKind::Unknown },
        remote,
        server: Some(server),
        instance: policy.database_instance.clone(),
        name: policy.database_name.clone(),
        product_version: None,
        size_mb: None,
        last_run_at: None,
    })
}

fn is_local_db(server: &str) -> bool {
    server.trim().to_ascii_lowercase().starts_with("(localdb)")
}

fn is_local_word(name: &str) -> bool {
    let name = bare_host(name);
    name.is_empty()
        || ["localhost", ".", "(local)", "127.0.0.1", "::1"]
            .iter()
            .any(|it| name.eq_ignore_ascii_case(it))
        || is_local_db(name)
}

/// A server name without protocol, instance and port: `tcp:SQL01\\INST,1433` is `SQL01`.
fn bare_host(name: &str) -> &str {
    let name = name.strip_prefix("tcp:").or_else(|| name.strip_prefix("np:")).unwrap_or(name);
    name.split(['\\', ',']).next().unwrap_or(name).trim()
}

/// Whether two names of servers, perhaps with a protocol, an instance and a port, are of one host.
pub(crate) fn same_host(a: &str, b: &str) -> bool {
    dirlift_model::host::same_host(bare_host(a), bare_host(b))
}

fn database_kind(facts: &DatabaseFacts) -> DatabaseKind {
    let edition = facts.server.edition.as_deref().unwrap_or_default();
    let named_local_db = facts
        .server
        .instance
        .as_deref()
        .is_some_and(|it| it.to_ascii_lowercase().contains("localdb"));
    if facts.server.is_local_db == Some(true) || named_local_db {
        DatabaseKind::LocalDb
    } else if facts.server.engine_edition == Some(ENGINE_EDITION_EXPRESS)
        || edition.contains("Express")
    {
        DatabaseKind::Express
    } else if facts.server.engine_edition.is_some() || !edition.is_empty() {
        DatabaseKind::Full
    } else {
        DatabaseKind::Unknown
    }
}

const USER_TYPES: &[&str] = &["user", "inetOrgPerson"];
const CONTACT_TYPES: &[&str] = &["contact"];
const GROUP_TYPES: &[&str] = &["group"];

fn is_one_of(object_type: &str, types: &[&str]) -> bool {
    types.iter().any(|it| object_type.eq_ignore_ascii_case(it))
}

pub(crate) fn objects(case: &Case<'_>) -> Objects {
    let unknown = |basis: &str| Objects { basis: basis.to_owned(), ..Objects::default() };
    let Some(facts) = &case.facts.database else {
        return unknown("not counted: no facts from the database");
    };
    let metaverse_total = facts.metaverse.as_ref().map(|types| {
        let wanted = |it: &str| {
            is_one_of(it, &["person"])
                || is_one_of(it, USER_TYPES)
                || is_one_of(it, CONTACT_TYPES)
                || is_one_of(it, GROUP_TYPES)
        };
        saturating_sum(types.iter().filter(|it| wanted(&it.object_type)).map(|it| it.objects))
    });
    let Some(rows) = &facts.connector_space else {
        return Objects {
            metaverse_total,
            ..unknown("not counted: the rows of the connector spaces were not read")
        };
    };
    let agents = active_directory_agents(case);
    if agents.is_empty() {
        return Objects {
            metaverse_total,
            ..unknown("not counted: it is not known which agent connects to Active Directory")
        };
    }
    let rows: Vec<&ConnectorSpaceCount> =
        rows.iter().filter(|it| agents.contains(&it.connector)).collect();
    let sum = |types: &[&str]| {
        saturating_sum(
            rows.iter().filter(|it| is_one_of(&it.object_type, types)).map(|it| it.joined),
        )
    };
    let (users, contacts, groups): (u64, u64, u64) =
        (sum(USER_TYPES), sum(CONTACT_TYPES), sum(GROUP_TYPES));
    Objects {
        users: Some(users),
        contacts: Some(contacts),
        groups: Some(groups),
        total: Some(saturating_sum([users, contacts, groups])),
        basis: "joined objects of types user, inetOrgPerson, contact and group in the connector space of Active Directory, \
                without placeholders"
            .to_owned(),
        metaverse_total,
    }
}

/// Ids of the agents to Active Directory, as the database or else the configuration knows them.
fn active_directory_agents(case: &Case<'_>) -> Vec<Guid> {
    let rows = case.facts.database.as_ref().and_then(|it| it.agents.as_ref());
    let from_database: Vec<Guid> = rows
        .into_iter()
        .flatten()
        .filter(|it| it.category.eq_ignore_ascii_case("AD"))
        .map(|it| it.id)
        .collect();
    if from_database.is_empty() {
        case.configuration()
            .into_iter()
            .flat_map(dirlift_model::ServerConfiguration::active_directory)
            .map(|it| it.id)
            .collect()
    } else {
        from_database
    }
}

pub(crate) fn estimate(case: &Case<'_>) -> Estimate {
    let rule = &case.knowledge.rule;
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    let hours = case
        .objects
        .total
        .map(|it| hundredths(it as f64 * rule.threshold_hours / rule.threshold_objects as f64));
    Estimate {
        hours,
        basis: format!(
            "{} hours for {} objects, linear ({})",
            rule.threshold_hours,
            dirlift_model::text::grouped(rule.threshold_objects),
            rule.reference
        ),
        threshold_objects: if case.is_connect() {
            case.knowledge.target.in_place_objects
        } else {
            rule.threshold_objects
        },
        // The guide for the later servers counts objects and names no hours.
        threshold_hours: if case.is_connect() { 0.0 } else { rule.threshold_hours },
        own_history: own_history(case),
    }
}

/// Adds up the newest full import and the newest full synchronisation of every agent that has runs.
fn own_history(case: &Case<'_>) -> Option<OwnHistory> {
    let runs = case.facts.database.as_ref()?.runs.as_ref()?;
    let mut agents: Vec<Guid> = runs.iter().map(|it| it.connector).collect();
    agents.sort_unstable();
    agents.dedup();
    if agents.len() < 2 {
        return None; // one side alone is not a cycle
    }
    let (mut seconds, mut names) = (0, Vec::new());
    for agent in agents {
        let import = newest(runs, agent, RunStepKind::is_full_import)?;
        let sync = newest(runs, agent, RunStepKind::is_full_sync)?;
        let mut parts = vec![import];
        if !std::ptr::eq(import.1, sync.1) {
            parts.push(sync);
        }
        for (run, step) in parts {
            let step_seconds = duration_seconds(run, step)?;
            seconds += step_seconds;
            let kind = step.kind.as_ref().map(ToString::to_string).unwrap_or_default();
            names.push(format!(
                "{}: {kind}, run {}, {} min",
                case.agent_name(agent),
                run.number,
                (step_seconds + 30) / 60
            ));
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "seconds of a run stay far below 2^52")]
    let hours = hundredths(seconds as f64 / 3600.0);
    (seconds > 0).then_some(OwnHistory { hours, runs: names })
}

fn newest(
    runs: &[Run],
    agent: Guid,
    wanted: impl Fn(&RunStepKind) -> bool,
) -> Option<(&Run, &Step)> {
    let of_agent = runs.iter().filter(|it| it.connector == agent && is_completed(&it.result));
    let steps = of_agent.flat_map(|run| run.steps.iter().map(move |step| (run, step)));
    steps
        .filter(|(_, step)| step.kind.as_ref().is_some_and(&wanted))
        .max_by_key(|(run, step)| (step.started.or(run.started), run.number))
}

/// Whether a run went over all its objects, with or without errors on some of them.
pub(crate) fn is_completed(result: &str) -> bool {
    result == "success" || result.starts_with("completed-")
}

fn duration_seconds(run: &Run, step: &Step) -> Option<i64> {
    let single = run.steps.len() == 1;
    let started = step.started.or(if single { run.started } else { None })?;
    let ended = step.ended.or(if single { run.ended } else { None })?;
    let seconds = ended.as_second() - started.as_second();
    (seconds >= 0).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_compared_by_label_unless_both_are_full() {
        assert!(same_host("SYNC01", "sync01.corp.example"));
        assert!(!same_host("sync01.a.example", "sync01.b.example"));
        assert!(!same_host("SQL01", "SYNC01"));
        assert!(same_host(r"tcp:SYNC01\INST,1433", "sync01.corp.example"));
    }

    #[test]
    fn rounding() {
        // 38,214 × 3 ÷ 50,000 = 2.29284; 62,480 × 3 ÷ 50,000 = 3.7488.
        assert!((hundredths(2.29284) - 2.29).abs() < 1e-9);
        assert!((hundredths(3.7488) - 3.75).abs() < 1e-9);
    }
}
