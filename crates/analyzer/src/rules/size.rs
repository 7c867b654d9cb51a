//! `DL02xx`: objects, time, database.
use dirlift_model::{
    Evidence, Severity,
    analysis::DatabaseKind,
    text::{grouped, plural},
};

use super::{Case, Hit, Rule, docs};

/// Part of the Express limit from which on the database is called nearly full.
const NEARLY_FULL_PERCENT: u64 = 80;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "DL0201",
        name: "object-count",
        severity: Severity::Info,
        title: "Number of objects against the threshold",
        about: "Below 50,000 users, contacts and groups an upgrade in place is recommended, from 50,000 on a parallel deployment.",
        remedy: "Nothing to do; override with --mode.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            let Some(total) = case.objects.total.filter(|_| !case.is_connect()) else { return };
            let threshold = case.knowledge.rule.threshold_objects;
            let side = if total < threshold { "below" } else { "at or above" };
            let part = |name: &str, n: Option<u64>| {
                Evidence::new(name, grouped(n.unwrap_or(0)), "database, connector_space")
            };
            hits.push(Hit::confirmed(
                format!(
                    "{}, {side} the threshold of {}",
                    plural(total, "object", "objects"),
                    grouped(threshold)
                ),
                vec![
                    part("users", case.objects.users),
                    part("contacts", case.objects.contacts),
                    part("groups", case.objects.groups),
                ],
            ));
        },
    },
    Rule {
        code: "DL0202",
        name: "metaverse-differs",
        severity: Severity::Info,
        title: "The metaverse holds another number of objects than the connector space of Active Directory",
        about: "Objects that only the cloud has, several objects joined to one, or leftovers make the two counts differ.",
        remedy: "Look at the difference before the move: metaverse objects without an object in Active Directory are candidates for deletion in the cloud.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            let (Some(total), Some(metaverse)) = (case.objects.total, case.objects.metaverse_total)
            else {
                return;
            };
            if total != metaverse {
                hits.push(Hit::confirmed(
                    format!(
                        "{} in the metaverse, {} joined from Active Directory: a difference of {}",
                        grouped(metaverse),
                        grouped(total),
                        grouped(metaverse.abs_diff(total))
                    ),
                    vec![
                        Evidence::new("metaverse", grouped(metaverse), "database, metaverse"),
                        Evidence::new(
                            "connector space",
                            grouped(total),
                            "database, connector_space",
                        ),
                    ],
                ));
            }
        },
    },
    Rule {
        code: "DL0203",
        name: "own-history",
        severity: Severity::Info,
        title: "This server's own past gives another estimate than the rule",
        about: "If a full cycle has run on this server, its duration is a better guide than three hours for 50,000 objects.",
        remedy: "Plan with this server's own past; where the rule says more, keep that time in reserve.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            let (Some(own), Some(rule)) = (&case.estimate.own_history, case.estimate.hours) else {
                return;
            };
            let evidence =
                own.runs.iter().map(|it| Evidence::new("run", it, "database, runs")).collect();
            hits.push(Hit::confirmed(
                format!("{} hours by its own runs, {rule} hours by the rule", own.hours),
                evidence,
            ));
        },
    },
    Rule {
        code: "DL0204",
        name: "full-sql",
        severity: Severity::Warning,
        title: "Full SQL Server: more steps, whatever the number of objects",
        about: "With a full SQL Server, local or remote, the upgrade asks for the server and instance, needs rights on it, and the new server may not share the instance that DirSync uses.",
        remedy: "Have a login with sysadmin, or a database prepared by its owner; name another instance for the new server; back up the database of the old one.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            if let Some(database) =
                case.database.as_ref().filter(|it| it.kind == DatabaseKind::Full)
            {
                let place = [&database.server, &database.instance]
                    .into_iter()
                    .flatten()
                    .filter(|it| !it.is_empty())
                    .cloned()
                    .collect::<Vec<_>>()
                    .join("\\");
                hits.push(Hit::confirmed(
                    format!(
                        "the database is on {}",
                        if place.is_empty() { "this server" } else { &place }
                    ),
                    vec![Evidence::new("edition", edition(case), "database, server")],
                ));
            }
        },
    },
    Rule {
        code: "DL0205",
        name: "remote-sql",
        severity: Severity::Warning,
        title: "The database is on another server",
        about: "With a remote SQL Server the service account of the new server has to be a domain account.",
        remedy: "Prepare a domain service account (a group managed one for preference) and open the way to SQL Server from the new server; where SQL Server Browser is off, give the port.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            if let Some(database) = case.database.as_ref().filter(|it| it.remote == Some(true)) {
                let server = database.server.clone().unwrap_or_default();
                hits.push(Hit::confirmed(
                    format!("SQL Server runs on {server}"),
                    vec![Evidence::new("Server", server, "registry.reg")],
                ));
            }
        },
    },
    Rule {
        code: "DL0206",
        name: "express-nearly-full",
        severity: Severity::Warning,
        title: "The Express database nears its limit",
        about: "SQL Server Express and LocalDB stop at 10 GB for each database; synchronisation ends with stopped-database-disk-full.",
        remedy: "Purge the run history on the old server; plan full SQL Server for the new one above 100,000 objects.",
        reference: docs::PREREQUISITES,
        check: |case, hits| {
            let Some(database) = &case.database else { return };
            let limit = case.knowledge.target.express_limit_mb;
            let limited = matches!(database.kind, DatabaseKind::Express | DatabaseKind::LocalDb);
            if let Some(size) = database.size_mb.filter(|it| {
                limited && it.saturating_mul(100) >= limit.saturating_mul(NEARLY_FULL_PERCENT)
            }) {
                hits.push(Hit::confirmed(
                    format!(
                        "{} MB of {} MB ({} %)",
                        grouped(size),
                        grouped(limit),
                        size.saturating_mul(100) / limit.max(1)
                    ),
                    vec![Evidence::new(
                        "data files",
                        format!("{} MB", grouped(size)),
                        "database, files",
                    )],
                ));
            }
        },
    },
    Rule {
        code: "DL0207",
        name: "express-limit",
        severity: Severity::Info,
        title: "SQL Server Express: 10 GB for the database",
        about: "The database lives in an edition with a limit of 10 GB, enough for about 100,000 objects.",
        remedy: "Nothing to do for the move; the new server brings an Express edition of its own.",
        reference: docs::PREREQUISITES,
        check: |case, hits| {
            let Some(database) = &case.database else { return };
            if matches!(database.kind, DatabaseKind::Express | DatabaseKind::LocalDb) {
                let size = database.size_mb.map_or_else(
                    || "size unknown".to_owned(),
                    |it| format!("{} MB used", grouped(it)),
                );
                hits.push(Hit::confirmed(
                    format!("{}, {size}", database.kind.as_str()),
                    vec![Evidence::new("edition", edition(case), "database, server")],
                ));
            }
        },
    },
    Rule {
        code: "DL0208",
        name: "target-needs-full-sql",
        severity: Severity::Warning,
        title: "The new server needs full SQL Server",
        about: "The LocalDB that Microsoft Entra Connect brings serves about 100,000 objects.",
        remedy: "Prepare an instance of a supported SQL Server, not the one that the old server uses, with a case-insensitive collation.",
        reference: docs::PREREQUISITES,
        check: |case, hits| {
            let limit = case.knowledge.target.local_db_objects;
            if let Some(total) = case.objects.total.filter(|it| *it >= limit) {
                hits.push(Hit::confirmed(
                    format!("{} of at most {} objects", grouped(total), grouped(limit)),
                    vec![Evidence::new("objects", grouped(total), "database, connector_space")],
                ));
            }
        },
    },
    Rule {
        code: "DL0209",
        name: "large-group",
        severity: Severity::Warning,
        title: "Groups larger than DirSync synchronised",
        about: "DirSync left out groups of more than 15,000 members; Microsoft Entra Connect takes them up to 250,000. They appear in the cloud after the switch, or, above that, still do not.",
        remedy: "Decide for each group whether it belongs in the cloud; keep it out by scope, or split it when it exceeds 250,000 members.",
        reference: docs::DEFAULTS,
        check: |case, hits| {
            let target = &case.knowledge.target;
            let groups = case.facts.database.as_ref().and_then(|it| it.large_groups.as_ref());
            let mut evidence: Vec<_> = groups
                .into_iter()
                .flatten()
                .filter(|it| it.members > target.legacy_group_members)
                .map(|it| {
                    let verdict = if it.members > target.group_members {
                        "above the new limit too"
                    } else {
                        "will appear in the cloud"
                    };
                    Evidence::new(
                        &it.rdn,
                        format!("{}, {verdict}", plural(it.members, "member", "members")),
                        "database, large_groups",
                    )
                })
                .collect();
            evidence.sort();
            if case.is_dirsync() && !evidence.is_empty() {
                hits.push(Hit::confirmed(
                    format!(
                        "{} above {} members",
                        plural(evidence.len() as u64, "group", "groups"),
                        grouped(target.legacy_group_members)
                    ),
                    evidence,
                ));
            }
        },
    },
    Rule {
        code: "DL0210",
        name: "collation-case-sensitive",
        severity: Severity::Warning,
        title: "The database has a case-sensitive collation",
        about: "Microsoft Entra Connect needs a case-insensitive collation (_CI_).",
        remedy: "Do not reuse this instance's collation for the new server; choose one with _CI_.",
        reference: docs::PREREQUISITES,
        check: |case, hits| {
            let collation =
                case.facts.database.as_ref().and_then(|it| it.server.collation.as_ref());
            if let Some(collation) = collation.filter(|it| it.to_ascii_uppercase().contains("_CS_"))
            {
                hits.push(Hit::confirmed(
                    format!("the collation is {collation}"),
                    vec![Evidence::new("collation", collation, "database, server")],
                ));
            }
        },
    },
    Rule {
        code: "DL0211",
        name: "sql-version-unsupported",
        severity: Severity::Warning,
        title: "This SQL Server is too old for the new server",
        about: "Microsoft Entra Connect takes mainstream-supported versions up to SQL Server 2022; its own LocalDB is 2019.",
        remedy: "Use the LocalDB that comes with the new server, or an instance of a supported version.",
        reference: docs::PREREQUISITES,
        check: |case, hits| {
            let Some(database) = case.database.as_ref().filter(|it| it.kind == DatabaseKind::Full)
            else {
                return;
            };
            let version = database.product_version.as_deref().unwrap_or_default();
            if let Some(row) = case.knowledge.sql(version).filter(|it| !it.supported) {
                hits.push(Hit::confirmed(
                    format!("{} ({version})", row.name),
                    vec![Evidence::new("product version", version, "database, server")],
                ));
            }
        },
    },
];

fn edition(case: &Case<'_>) -> String {
    case.facts
        .database
        .as_ref()
        .and_then(|it| it.server.edition.clone())
        .unwrap_or_else(|| "unknown".to_owned())
}
