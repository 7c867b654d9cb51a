//! What only Azure AD Sync and its successors are asked, by area.
use std::collections::{BTreeMap, BTreeSet};

use dirlift_model::{
    AttributeName, Confidence, Evidence, Guid, Severity, SyncRule,
    analysis::{AccountRole, DatabaseKind},
    config::Connector,
    settings::Feature,
    text::{grouped, plural},
};

use super::{Case, Hit, Rule, docs};
use crate::{
    connect::{self, ExistingDatabase},
    measure,
};

/// Part of the Express limit from which on a `LocalDB` database calls for full SQL Server, in percent.
const LARGE_PERCENT: u64 = 80;

/// Custom rules have a lower precedence than this.
const CUSTOM_PRECEDENCES: u32 = 100;

/// Most custom rules that are named beside a standard one.
const MAX_COPIES: usize = 10;

/// Features that have a finding or a setting of their own.
const TOLD_ELSEWHERE: &[&str] = &["DeviceWriteUp", "GroupFiltering", "HybridExchange"];

/// `DL02xx`
pub(super) const SIZE: &[Rule] = &[Rule {
    code: "DL0212",
    name: "existing-database",
    severity: Severity::Info,
    title: "The existing database can be used again",
    about: "A new Microsoft Entra Connect server can take over the database of the old one, with rules, filters, features and what was synchronised so far. There are four such cases: the server is dead and its SQL Server lives; the SQL Server is dead and there is a backup; a move from LocalDB to full SQL Server; a staging server as a copy of the active one.",
    remedy: "Install with AzureADConnect.exe /useexistingdatabase against full SQL Server, never LocalDB, and never against a database that another server still uses. The build must be 1.1.613.0 or later and not older than the one that used the database last. Credentials and the sign-in method have to be entered again. It excludes the import of a settings file.",
    reference: docs::EXISTING,
    check: |case, hits| {
        let (Some(scenario), Some(database)) = (ExistingDatabase::of(case), case.database.as_ref())
        else {
            return;
        };
        let mut detail = scenario.words().to_owned();
        let target = &case.knowledge.target;
        if scenario == ExistingDatabase::FromLocalDb {
            let is_large = case.objects.total.is_some_and(|it| it >= target.local_db_objects)
                || database.size_mb.is_some_and(|it| {
                    it.saturating_mul(100) >= target.express_limit_mb.saturating_mul(LARGE_PERCENT)
                });
            detail.push_str(if is_large {
                "; this database is near the limits of LocalDB"
            } else {
                "; only where the new server is to have full SQL Server, a LocalDB database cannot be taken over by another LocalDB"
            });
        }
        let mut evidence =
            vec![Evidence::new("database", database.kind.as_str(), database_place(case))];
        if let Some(last) = database.last_run_at {
            let days = case.as_of.duration_since(last).as_hours() / 24;
            evidence.push(Evidence::new("last run", last, "database.json, runs"));
            if u64::try_from(days).is_ok_and(|it| it > target.existing_database_days) {
                detail = format!(
                    "{detail}; its last run ended {days} days ago, more than {}, so a full import from the cloud is needed",
                    target.existing_database_days
                );
            }
        }
        if let Some(build) = case.facts.product.version {
            evidence.push(Evidence::new(
                "build last used",
                build,
                "see what the product was recognised by",
            ));
        }
        let is_read = case.facts.database.is_some() || database.kind == DatabaseKind::LocalDb;
        let confidence = if is_read { Confidence::Confirmed } else { Confidence::Inferred };
        hits.push(Hit { confidence, detail, evidence });
    },
}];

/// `DL03xx`
pub(super) const MIGRATING: &[Rule] = &[
    Rule {
        code: "DL0315",
        name: "source-anchor-kept",
        severity: Severity::Info,
        title: "The source anchor has to stay the same",
        about: "Every user in the cloud is tied to its object in Active Directory by this attribute. A new server that anchors by another one stops with errors, or creates every user a second time.",
        remedy: "Choose the same attribute on the new server (a settings file and the tenant's stored choice bring it), and compare the immutable IDs before the switch.",
        reference: docs::CONCEPTS,
        check: |case, hits| {
            let Some(anchor) = case
                .settings
                .as_ref()
                .filter(|_| case.is_connect())
                .and_then(|it| it.source_anchor.as_ref())
            else {
                return;
            };
            hits.push(Hit::confirmed(
                format!("source anchor {}", anchor.value),
                vec![Evidence::new("AnchorAttribute", anchor.value.as_str(), &anchor.read_from)],
            ));
        },
    },
    Rule {
        code: "DL0316",
        name: "group-filtering",
        severity: Severity::Warning,
        title: "Only members of a group are synchronised",
        about: "Filtering by group is meant for pilots: nested groups are not followed, and an object that leaves the group is deleted in the cloud.",
        remedy: "Enter the same group on the new server, or decide for filtering by container before the move and compare the pending exports.",
        reference: docs::PREVIOUS,
        check: |case, hits| {
            let groups = connect(case).flat_map(|it| &it.filter_groups);
            let evidence =
                groups.map(|it| Evidence::new("group", &it.value, &it.read_from)).collect();
            Hit::push_counted(hits, evidence, "connector", "connectors");
        },
    },
    Rule {
        code: "DL0317",
        name: "optional-features",
        severity: Severity::Info,
        title: "Optional features are on",
        about: "Each has to be on at the new server too. A settings file does not bring device writeback, and no feature brings its credentials and rights.",
        remedy: "Turn them on in the wizard of the new server, and grant its Active Directory account the rights that each one needs.",
        reference: docs::IMPORT,
        check: |case, hits| {
            let is_wanted = |it: &&Feature| it.on && !TOLD_ELSEWHERE.contains(&it.name.as_str());
            let on = connect(case).flat_map(|it| &it.features).filter(is_wanted);
            let mut evidence: Vec<_> =
                on.map(|it| Evidence::new(&it.name, "on", &it.read_from)).collect();
            evidence.extend(connect(case).flat_map(|it| &it.excluded_attributes).map(|it| {
                Evidence::new(it.value.as_str(), "kept out of the cloud", &it.read_from)
            }));
            if !evidence.is_empty() {
                let names: Vec<_> = evidence.iter().map(|it| it.item.as_str()).collect();
                hits.push(Hit::confirmed(names.join(", "), evidence));
            }
        },
    },
    Rule {
        code: "DL0318",
        name: "deletion-threshold-changed",
        severity: Severity::Warning,
        title: "The prevention of accidental deletes was changed",
        about: "An export stops when it would delete more objects than the threshold, 500 unless changed. The setting belongs to the tenant, so it holds for the new server as well: at the switch it is what stands between a mistake in the filters and deleted users.",
        remedy: "Set the threshold to a number that the pending exports of the new server do not reach (Enable-ADSyncExportDeletionThreshold) before the switch.",
        reference: docs::DELETES,
        check: |case, hits| {
            let usual = case.knowledge.target.deletion_threshold;
            let read = connect(case).find_map(|it| it.deletion_threshold.as_ref());
            if let Some(read) = read.filter(|it| it.value != usual) {
                let detail = if read.value == 0 {
                    "it is off".to_owned()
                } else {
                    format!("{} instead of {}", grouped(read.value), grouped(usual))
                };
                hits.push(Hit::confirmed(
                    &detail,
                    vec![Evidence::new("ExportDeletionThreshold", &detail, &read.read_from)],
                ));
            }
        },
    },
];

/// `DL04xx`
pub(super) const CARRYING: &[Rule] = &[
    Rule {
        code: "DL0412",
        name: "custom-rules",
        severity: Severity::Warning,
        title: "Custom synchronisation rules have to be carried over",
        about: "Rules that the product does not ship exist on this server alone. Without them the new server fills attributes differently, and objects that a rule keeps out appear in the cloud.",
        remedy: "Import the settings file of this server, or export each rule in the Synchronization Rules Editor and run its script on the new server with the ids of the new connectors; then compare rule by rule and look at the pending exports.",
        reference: docs::PREVIOUS,
        check: |case, hits| {
            let custom = connect::custom_rules(case).into_iter().filter(|_| case.is_connect());
            let mut evidence: Vec<_> =
                custom.map(|it| Evidence::new(&it.name, shape(it), &it.location)).collect();
            // Without the rules themselves, a settings file of the wizard names the custom ones.
            if connect::rules(case).is_empty() && case.is_connect() {
                let policies = case.facts.policies.iter();
                evidence.extend(policies.flat_map(|policy| {
                    let names = policy.custom_rules.iter();
                    names.map(|it| Evidence::new(it, "listed in the settings file", &policy.place))
                }));
                evidence.sort();
                evidence.dedup();
            }
            Hit::push_counted(hits, evidence, "custom rule", "custom rules");
        },
    },
    Rule {
        code: "DL0413",
        name: "disabled-custom-rule",
        severity: Severity::Warning,
        title: "A custom rule that is turned off may come back turned on",
        about: "The import of a settings file brings custom rules as enabled, also those that are disabled here (stated for a preview of the import; check it on the build in use).",
        remedy: "Delete rules that nobody needs before the export, and disable the others on the new server before its first synchronisation.",
        reference: docs::IMPORT,
        check: |case, hits| {
            let custom = connect::custom_rules(case).into_iter();
            let off = custom.filter(|it| case.is_connect() && it.disabled == Some(true));
            let evidence =
                off.map(|it| Evidence::new(&it.name, "disabled", &it.location)).collect();
            Hit::push_counted(
                hits,
                evidence,
                "custom rule is disabled",
                "custom rules are disabled",
            );
        },
    },
    Rule {
        code: "DL0414",
        name: "standard-rule-disabled",
        severity: Severity::Warning,
        title: "Rules of the product are turned off",
        about: "A standard rule is changed by disabling it and working with a copy. On a new server the original is on, and acts beside the copy or instead of it.",
        remedy: "Disable the same rules on the new server before its first synchronisation, and compare each copy with the new original: the product may have improved it since.",
        reference: docs::IMPORT,
        check: |case, hits| {
            let off = connect::disabled_standard_rules(case).filter(|_| case.is_connect());
            let copies = Copies::new(connect::custom_rules(case));
            let evidence = off
                .map(|rule| {
                    let names = copies.of(rule).join(", ");
                    let observed = if names.is_empty() {
                        "disabled".to_owned()
                    } else {
                        format!("disabled; custom rules with the same targets: {names}")
                    };
                    Evidence::new(&rule.name, observed, &rule.location)
                })
                .collect();
            Hit::push_counted(
                hits,
                evidence,
                "standard rule is disabled",
                "standard rules are disabled",
            );
        },
    },
    Rule {
        code: "DL0415",
        name: "rule-precedence",
        severity: Severity::Warning,
        title: "Custom rules have precedences that do not carry over",
        about: "Custom rules belong below 100. From 100 on the product numbers its own rules anew with every build, and an import may shift the rule; two rules of one number have no order that can be relied on.",
        remedy: "Give each custom rule a number of its own below 100 before the export, and check the order on the new server.",
        reference: docs::IMPORT,
        check: |case, hits| {
            let custom = connect::custom_rules(case);
            let mut evidence = Vec::new();
            // Sorted by precedence: a rule of the same number is a neighbour.
            for (idx, rule) in custom.iter().enumerate().filter(|_| case.is_connect()) {
                let Some(precedence) = rule.precedence else { continue };
                let before = idx.checked_sub(1).and_then(|it| custom.get(it));
                let mut beside = custom.get(idx + 1).into_iter().chain(before);
                let same = beside.find(|it| it.precedence == rule.precedence);
                if precedence >= CUSTOM_PRECEDENCES {
                    let what = format!("precedence {precedence}");
                    evidence.push(Evidence::new(&rule.name, what, &rule.location));
                } else if let Some(same) = same {
                    let what = format!("precedence {precedence}, as \"{}\"", same.name);
                    evidence.push(Evidence::new(&rule.name, what, &rule.location));
                }
            }
            Hit::push_counted(hits, evidence, "rule", "rules");
        },
    },
    Rule {
        code: "DL0416",
        name: "other-connectors",
        severity: Severity::Warning,
        title: "There are connectors that no settings file carries",
        about: "Beside Active Directory and the cloud, other systems are connected (Generic SQL, Generic LDAP and the like). A settings file cannot be used on such a server, and after an upgrade in place their configuration has to be refreshed.",
        remedy: "Write down schema, partitions, run profiles and rules of each one, and set it up by hand on the new server.",
        reference: docs::IMPORT,
        check: |case, hits| {
            let connectors = case
                .configuration()
                .filter(|_| case.is_connect())
                .into_iter()
                .flat_map(|it| &it.connectors);
            let is_other = |it: &&Connector| !it.is_active_directory() && !it.is_cloud();
            let evidence = connectors
                .filter(is_other)
                .map(|it| {
                    let what = format!("category {} {}", it.category.as_str(), it.subtype);
                    Evidence::new(&it.name, what.trim(), &it.location)
                })
                .collect();
            Hit::push_counted(hits, evidence, "connector", "connectors");
        },
    },
];

/// `DL05xx`
pub(super) const RUNS: &[Rule] = &[
    Rule {
        code: "DL0506",
        name: "staging-mode",
        severity: Severity::Warning,
        title: "This server is in staging mode",
        about: "A server in staging mode does not export: another server is the active one, and what this one would change in the cloud has not happened.",
        remedy: "Find the active server and analyse it too. Upgrade or replace the staging server first, then switch.",
        reference: docs::STAGING,
        check: |case, hits| {
            if let Some(read) =
                connect::staging_mode(case).filter(|it| it.value && case.is_connect())
            {
                hits.push(Hit::confirmed(
                    "another server exports to the cloud, or none does",
                    vec![Evidence::new("StagingMode", "True", &read.read_from)],
                ));
            }
        },
    },
    Rule {
        code: "DL0507",
        name: "scheduler-off",
        severity: Severity::Warning,
        title: "The scheduler starts no cycles",
        about: "The scheduler was turned off, or suspended by a wizard or an upgrade that did not end. Nothing is synchronised until somebody starts a cycle by hand.",
        remedy: "Finish the wizard, or turn the scheduler on (Set-ADSyncScheduler -SyncCycleEnabled $true), and let a cycle run before the two servers are compared.",
        reference: docs::SCHEDULER,
        check: |case, hits| {
            let read = connect(case).find_map(|it| it.scheduler.as_ref());
            if let Some(read) = read.filter(|it| !it.value) {
                hits.push(Hit::confirmed(
                    "cycles are turned off or suspended",
                    vec![Evidence::new("scheduler", "off", &read.read_from)],
                ));
            }
        },
    },
];

/// `DL06xx`
pub(super) const ACCOUNTS: &[Rule] = &[Rule {
    code: "DL0606",
    name: "cloud-account-of-this-server",
    severity: Severity::Info,
    title: "The cloud account belongs to this server alone",
    about: "Setup created an account in the tenant for this server, with its name in the second part. A new server gets one of its own, or an application identity; nobody needs the password of the old one.",
    remedy: "Have a Hybrid Identity Administrator at hand for the wizard of the new server. Remove the old account from the tenant when the old server is gone for good.",
    reference: docs::ACCOUNTS,
    check: |case, hits| {
        let accounts = measure::accounts(case).into_iter().filter(|_| case.is_connect());
        let cloud = accounts.filter(|it| it.role == AccountRole::Cloud);
        for account in cloud {
            let evidence = Evidence::new(account.role.as_str(), &account.name, &account.read_from);
            hits.push(Hit::confirmed(&account.name, vec![evidence]));
        }
    },
}];

/// The settings of a Connect server; none of them when it is another product.
fn connect<'a>(
    case: &'a Case<'_>,
) -> impl Iterator<Item = &'a dirlift_model::settings::ConnectSettings> {
    case.settings.iter().filter_map(|it| it.connect.as_ref())
}

/// Connector, direction, types and target of a flow.
type Target<'a> = (Guid, &'a str, &'a AttributeName, &'a AttributeName, &'a AttributeName);

/// Custom rules by what they flow to, so that a look-up is short however many there are.
struct Copies<'a> {
    rules: Vec<&'a SyncRule>,
    by_target: BTreeMap<Target<'a>, Vec<usize>>,
}

impl<'a> Copies<'a> {
    fn new(rules: Vec<&'a SyncRule>) -> Self {
        let mut by_target: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (idx, rule) in rules.iter().enumerate() {
            for target in targets(rule) {
                let found = by_target.entry(target).or_default();
                if found.len() < MAX_COPIES && found.last() != Some(&idx) {
                    found.push(idx);
                }
            }
        }
        Self { rules, by_target }
    }

    /// Names of the custom rules that may stand in the place of a standard one, in quotes, by precedence.
    fn of(&self, rule: &SyncRule) -> Vec<String> {
        let found: BTreeSet<usize> =
            targets(rule).filter_map(|it| self.by_target.get(&it)).flatten().copied().collect();
        let names = found.into_iter().filter_map(|it| self.rules.get(it)).take(MAX_COPIES);
        names.map(|it| format!("\"{}\"", it.name)).collect()
    }
}

fn targets(rule: &SyncRule) -> impl Iterator<Item = Target<'_>> {
    rule.mappings.iter().map(|it| {
        (
            rule.connector,
            rule.direction.as_str(),
            &rule.source_object_type,
            &rule.target_object_type,
            &it.destination,
        )
    })
}

/// A custom rule in a few words.
fn shape(rule: &SyncRule) -> String {
    let precedence =
        rule.precedence.map_or_else(|| "no precedence".to_owned(), |it| format!("precedence {it}"));
    let mut text = format!(
        "{precedence}, {}, {} to {}, {}",
        rule.direction,
        rule.source_object_type,
        rule.target_object_type,
        plural(rule.mappings.len() as u64, "flow", "flows")
    );
    if connect::is_filter(rule) {
        text.push_str(", keeps objects out of the cloud");
    }
    if rule.disabled == Some(true) {
        text.push_str(", disabled");
    }
    text
}

/// Where the database was told from.
fn database_place(case: &Case<'_>) -> &'static str {
    if case.facts.database.is_some() {
        "database.json, server"
    } else if case
        .facts
        .registry
        .as_ref()
        .is_some_and(|it| measure::ENGINE_PARAMETERS.iter().any(|key| it.key(key).is_some()))
    {
        "registry.reg"
    } else {
        "settings file"
    }
}
