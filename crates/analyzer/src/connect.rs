//! What only Azure AD Sync and its successors have: global settings, synchronisation rules, an upgrade path of their own.
use dirlift_model::{
    Product, SyncRule,
    analysis::DatabaseKind,
    host::ServiceState,
    rule::{Direction, MappingSource},
    settings::{ConnectSettings, CustomSyncRule, Feature, Read},
    text::{grouped, plural},
};

use crate::{
    case::Case,
    measure::is_engine,
    rules::{docs, host},
};

/// Beginning of the parameters that turn optional features on.
const FEATURE: &str = "Microsoft.OptionalFeature.";

/// Words behind [`FEATURE`] that hold something else than a switch, or a switch with a setting of its own.
const NOT_FEATURES: &[&str] =
    &["AutoUpgradeState", "ExportDeletionThreshold", "PasswordHashSync", "PasswordWriteback"];

/// Service of the agent that answers sign-ins by pass-through authentication.
const PASS_THROUGH_AGENT: &str = "AzureADConnectAuthenticationAgent";

/// A global parameter with its value, or nothing when it is absent or empty.
pub(crate) fn parameter(case: &Case<'_>, name: &str) -> Option<Read<String>> {
    let metaverse = case.configuration()?.metaverse.as_ref()?;
    let (_, value) = metaverse.parameters.iter().find(|(it, _)| it.eq_ignore_ascii_case(name))?;
    let value = value.trim();
    (!value.is_empty())
        .then(|| Read::new(value.to_owned(), format!("{}, {name}", metaverse.location.file)))
}

/// A global parameter that is a switch.
pub(crate) fn switch(case: &Case<'_>, name: &str) -> Option<Read<bool>> {
    let read = parameter(case, name)?;
    Some(Read { value: truth(&read.value)?, read_from: read.read_from })
}

/// An optional feature by its word.
pub(crate) fn feature(case: &Case<'_>, name: &str) -> Option<Read<bool>> {
    switch(case, &format!("{FEATURE}{name}"))
}

fn truth(word: &str) -> Option<bool> {
    match word {
        it if it.eq_ignore_ascii_case("True") => Some(true),
        it if it.eq_ignore_ascii_case("False") => Some(false),
        _ => None,
    }
}

/// Seconds of `hh:mm:ss` or `d.hh:mm:ss`.
pub(crate) fn seconds(span: &str) -> Option<u64> {
    let mut parts = span.trim().rsplit(':');
    let number = |it: Option<&str>| it?.parse::<u64>().ok();
    let (seconds, minutes) = (number(parts.next())?, number(parts.next())?);
    let hours = parts.next()?;
    let (days, hours) = hours.split_once('.').unwrap_or(("0", hours));
    let hours = days.parse::<u64>().ok()?.checked_mul(24)?.checked_add(hours.parse().ok()?)?;
    let whole = hours.checked_mul(60)?.checked_add(minutes)?.checked_mul(60)?;
    if parts.next().is_some() { None } else { whole.checked_add(seconds) }
}

/// The rules of the configuration.
pub(crate) fn rules<'a>(case: &Case<'a>) -> &'a [SyncRule] {
    case.configuration().map_or(&[], |it| &it.rules)
}

/// Rules that the product did not ship, by precedence.
pub(crate) fn custom_rules<'a>(case: &Case<'a>) -> Vec<&'a SyncRule> {
    let mut custom: Vec<_> = rules(case).iter().filter(|it| it.is_custom()).collect();
    custom.sort_by_key(|it| (it.precedence, &it.name, &it.location));
    custom
}

/// Rules of the product that were turned off.
pub(crate) fn disabled_standard_rules<'a>(
    case: &Case<'a>,
) -> impl Iterator<Item = &'a SyncRule> + use<'a> {
    rules(case).iter().filter(|it| !it.is_custom() && it.disabled == Some(true))
}

/// Attributes that go back to Active Directory, each with the rule that brings them.
pub(crate) fn written_back(case: &Case<'_>) -> Vec<Read<dirlift_model::AttributeName>> {
    let Some(configuration) = case.configuration() else { return Vec::new() };
    let to_ad = configuration.rules.iter().filter(|it| {
        it.direction == Direction::Outbound
            && it.disabled != Some(true)
            && configuration
                .connector(it.connector)
                .is_some_and(dirlift_model::config::Connector::is_active_directory)
    });
    to_ad
        .flat_map(|rule| {
            rule.mappings.iter().map(|it| Read::new(it.destination.clone(), &rule.location))
        })
        .collect()
}

/// Whether a rule keeps objects out of the cloud.
pub(crate) fn is_filter(rule: &SyncRule) -> bool {
    rule.mappings.iter().any(|it| {
        it.destination.is("cloudFiltered")
            && (it.expression.is_some()
                || matches!(&it.source, MappingSource::Constant(it) if truth(it) == Some(true)))
    })
}

/// The settings that only these products have; `None` for other products.
pub(crate) fn settings(case: &Case<'_>) -> Option<ConnectSettings> {
    let configuration = case.configuration().filter(|_| case.is_connect())?;
    let threshold = || {
        let on = switch(case, "Microsoft.OptionalFeature.ExportDeletionThreshold")?;
        if !on.value {
            return Some(Read { value: 0, read_from: on.read_from });
        }
        let read = parameter(case, "Microsoft.OptionalFeature.ExportDeletionThresholdValue")?;
        Some(Read { value: read.value.parse().ok()?, read_from: read.read_from })
    };
    let scheduler = || {
        let on = switch(case, "Microsoft.Synchronize.SynchronizationSchedule");
        let suspended = switch(case, "Microsoft.Synchronize.SchedulerSuspended");
        match suspended {
            Some(it) if it.value => Some(Read { value: false, read_from: it.read_from }),
            _ => on,
        }
    };
    let parameters = configuration
        .metaverse
        .iter()
        .flat_map(|metaverse| metaverse.parameters.iter().map(|it| (it, &metaverse.location.file)));
    let mut features: Vec<_> = parameters
        .filter_map(|((name, value), file)| {
            let word = name.strip_prefix(FEATURE)?;
            let on = truth(value.trim()).filter(|_| !NOT_FEATURES.contains(&word))?;
            Some(Feature { name: word.to_owned(), on, read_from: format!("{file}, {name}") })
        })
        .collect();
    features.sort_by(|a, b| a.name.cmp(&b.name));
    let excluded = parameter(case, "Microsoft.AADFilter.AttributeExclusionList");
    let filter_groups = configuration.active_directory().flat_map(|connector| {
        let ad = connector.active_directory.iter().flat_map(|it| &it.parameters);
        ad.filter(|(name, value)| {
            name == "Connector.GroupFilteringGroupDn" && !value.trim().is_empty()
        })
        .map(|(_, value)| Read::new(value.trim().to_owned(), &connector.location))
    });
    let names = case.agent_names();
    let custom_rules = custom_rules(case).into_iter().map(|rule| CustomSyncRule {
        name: rule.name.clone(),
        direction: rule.direction.to_string(),
        connector_name: names
            .get(&rule.connector)
            .cloned()
            .unwrap_or_else(|| rule.connector.braced()),
        source_object_type: rule.source_object_type.clone(),
        target_object_type: rule.target_object_type.clone(),
        precedence: rule.precedence,
        disabled: rule.disabled == Some(true),
        flows: rule.mappings.len() as u64,
        scope_clauses: rule.scope.iter().map(|it| it.clauses.len() as u64).sum(),
        join_conditions: rule.joins.iter().map(|it| it.conditions.len() as u64).sum(),
        read_from: rule.location.to_string(),
    });
    let has_rules = !configuration.rules.is_empty();
    Some(ConnectSettings {
        sign_in: sign_in(case),
        staging_mode: staging_mode(case),
        scheduler: scheduler(),
        deletion_threshold: threshold(),
        features,
        excluded_attributes: excluded
            .iter()
            .flat_map(|read| {
                let names = read.value.split([',', ';']).map(str::trim);
                names.filter(|it| !it.is_empty()).map(|it| Read::new(it.into(), &read.read_from))
            })
            .collect(),
        filter_groups: filter_groups.collect(),
        standard_rules: has_rules
            .then(|| configuration.rules.iter().filter(|it| !it.is_custom()).count() as u64),
        disabled_standard_rules: disabled_standard_rules(case)
            .map(|it| Read::new(it.name.clone(), &it.location))
            .collect(),
        custom_rules: custom_rules.collect(),
    })
}

fn sign_in(case: &Case<'_>) -> Option<Read<String>> {
    let mut services = case.facts.services.iter().flatten();
    let agent = services.find(|it| it.name.eq_ignore_ascii_case(PASS_THROUGH_AGENT))?;
    Some(Read::new(
        "pass-through authentication".to_owned(),
        format!("services.json, {}", agent.name),
    ))
}

/// Staging mode by the configuration, else by the database.
pub(crate) fn staging_mode(case: &Case<'_>) -> Option<Read<bool>> {
    switch(case, "Microsoft.Synchronize.StagingMode").or_else(|| {
        let value = case.facts.database.as_ref()?.staging_mode?;
        Some(Read::new(value, "database.json, staging_mode"))
    })
}

/// What speaks against an upgrade on the same server; nothing when that way is preferred.
pub(crate) fn against_in_place(case: &Case<'_>) -> Vec<String> {
    let firm = firmly_against(case);
    if firm.is_empty() { not_known(case) } else { firm }
}

fn firmly_against(case: &Case<'_>) -> Vec<String> {
    let target = &case.knowledge.target;
    let mut all = Vec::new();
    if case.product() == Some(Product::AzureAdSync) {
        all.push(format!("Azure AD Sync cannot be upgraded in place ({})", docs::PREVIOUS));
    } else if let Some(build) =
        case.facts.product.version.filter(|it| *it < target.in_place_from_build)
    {
        all.push(format!(
            "build {build} is older than {}; from there a new server is advised ({})",
            target.in_place_from_build,
            docs::PREVIOUS
        ));
    }
    all.extend(host::obstacles(case, case.facts));
    if let Some(total) = case.objects.total.filter(|it| *it >= target.in_place_objects) {
        all.push(format!(
            "{}, {} or more ({})",
            plural(total, "object", "objects"),
            grouped(target.in_place_objects),
            docs::PREVIOUS
        ));
    }
    all
}

/// What would have to be known to advise an upgrade on the same server.
fn not_known(case: &Case<'_>) -> Vec<String> {
    let host = &case.facts.host;
    let has_system = host.os.as_ref().is_some_and(|it| it.version.is_some());
    let gaps = [
        (case.facts.product.version.is_none(), "the build is not known"),
        (!has_system || host.domain_role.is_none(), "the system of this server was not read"),
        (case.objects.total.is_none(), "the number of objects is not known"),
        (rules(case).is_empty(), "it is not known which synchronisation rules were changed"),
    ];
    gaps.into_iter().filter(|(is_gap, _)| *is_gap).map(|(_, it)| it.to_owned()).collect()
}

/// One of the four ways to use the database that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExistingDatabase {
    /// The server does not run, its SQL Server does.
    ServerDead,
    /// The database could not be read: restored from a backup.
    SqlDead,
    /// From `LocalDB` to full SQL Server.
    FromLocalDb,
    /// A copy for a staging server.
    StagingClone,
}

impl ExistingDatabase {
    /// Which of the four applies; `None` when it is another product, or nothing is known of a database.
    pub(crate) fn of(case: &Case<'_>) -> Option<Self> {
        if case.product() != Some(Product::EntraConnect) {
            return None;
        }
        let database = case.database.as_ref()?;
        if database.kind == DatabaseKind::LocalDb {
            return Some(Self::FromLocalDb);
        }
        if case.facts.database.is_none() {
            return Some(Self::SqlDead);
        }
        let services = case.facts.services.as_ref();
        let is_running = services.is_none_or(|all| {
            all.iter().any(|it| is_engine(it) && it.state != Some(ServiceState::Stopped))
        });
        Some(if is_running { Self::StagingClone } else { Self::ServerDead })
    }

    /// The scenario in words.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::ServerDead => {
                "the server does not run and its SQL Server does: a new server can be pointed at this database"
            }
            Self::SqlDead => {
                "the database was not read: where its SQL Server is gone, restore a recent backup to a new one and point a new server at it"
            }
            Self::FromLocalDb => {
                "from LocalDB to full SQL Server: back the database up, restore it to a full SQL Server, point a new server at it"
            }
            Self::StagingClone => {
                "a staging clone: restore a backup of the database to another SQL Server and point a new server at the copy"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        let cases = [
            ("00:30:00", Some(1_800)),
            ("3:0:0", Some(10_800)),
            ("7.00:00:00", Some(604_800)),
            ("1.02:03:04", Some(93_784)),
            ("30:00", None),
            ("1:00:30:00", None),
            ("a:b:c", None),
            ("", None),
            ("99999999999999999999.00:00:00", None),
            ("18446744073709551615:00:00", None),
        ];
        for (span, expected) in cases {
            assert_eq!(seconds(span), expected, "{span}");
        }
    }
}
