//! `DL05xx`: what the run history tells.
use std::collections::BTreeMap;

use dirlift_model::{
    Evidence, Guid, Severity,
    database::Run,
    text::{plural, saturating_sum},
};

use super::{Case, Hit, Rule, docs};

/// Days without a run after which synchronisation is called stale; the new product asks for a run every seven days.
const STALE_DAYS: i64 = 7;

/// Results that name no trouble.
const GOOD_RESULTS: &[&str] = &["success", "completed-no-objects"];

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "DL0501",
        name: "last-run-failed",
        severity: Severity::Warning,
        title: "The last run of a run profile did not succeed",
        about: "Changes of the last cycle did not arrive, so the new server will bring them all at once.",
        remedy: "Look at the result; objects in error on the old server will be in error on the new one as long as their data stay as they are.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            for run in last_runs(case).filter(|it| !GOOD_RESULTS.contains(&it.result.as_str())) {
                hits.push(Hit::confirmed(
                    format!(
                        "\"{}\": {} ended with {}",
                        case.agent_name(run.connector),
                        run.profile,
                        run.result
                    ),
                    vec![run_evidence(case, run)],
                ));
            }
        },
    },
    Rule {
        code: "DL0502",
        name: "no-recent-run",
        severity: Severity::Warning,
        title: "The server has not synchronised for a while",
        about: "What changed in Active Directory since then comes with the first export of the new server; an old connector space cannot be compared with today's directory.",
        remedy: "Expect more pending exports than one cycle has, and review them before the switch.",
        reference: docs::SCHEDULER,
        check: |case, hits| {
            let runs = case.facts.database.as_ref().and_then(|it| it.runs.as_ref());
            let Some(runs) = runs else { return };
            let newest = runs.iter().filter(|it| it.ended.is_some()).max_by_key(|it| it.ended);
            match newest.and_then(|it| it.ended.map(|ended| (it, ended))) {
                None => hits.push(Hit::confirmed(
                    "the run history is empty",
                    vec![Evidence::new("runs", "0", "database, runs")],
                )),
                Some((run, ended)) => {
                    let days = case.as_of.duration_since(ended).as_hours() / 24;
                    if days > STALE_DAYS {
                        hits.push(Hit::confirmed(
                            format!("the last run ended {days} days before this analysis"),
                            vec![run_evidence(case, run)],
                        ));
                    }
                }
            }
        },
    },
    Rule {
        code: "DL0503",
        name: "full-sync-needed",
        severity: Severity::Warning,
        title: "A full synchronisation is outstanding",
        about: "The configuration changed and was not yet applied to every object, so what the server exported so far is not what its rules say.",
        remedy: "Let the full cycle finish before comparing, if the server still runs; otherwise expect differences in the comparison.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            let mut evidence = Vec::new();
            let needed = case.facts.registry.as_ref().and_then(|it| {
                it.value(r"HKLM\SOFTWARE\Microsoft\MSOLCoExistence", "FullSyncNeeded")
            });
            let is_one = match needed {
                Some(dirlift_model::facts::RegistryValue::Number(n)) => *n == 1,
                Some(dirlift_model::facts::RegistryValue::String(text)) => text.trim() == "1",
                _ => false,
            };
            if is_one {
                evidence.push(Evidence::new(
                    "FullSyncNeeded",
                    "1",
                    r"registry.reg, MSOLCoExistence",
                ));
            }
            for agent in case.facts.database.iter().flat_map(|it| it.agents.iter().flatten()) {
                for (name, flag) in [
                    ("full_import_required", agent.full_import_required),
                    ("full_sync_required", agent.full_sync_required),
                ] {
                    if flag == Some(true) {
                        evidence.push(Evidence::new(
                            name,
                            "1",
                            format!("database, agents, {}", agent.name),
                        ));
                    }
                }
            }
            Hit::push_counted(hits, evidence, "mark", "marks");
        },
    },
    Rule {
        code: "DL0504",
        name: "run-errors",
        severity: Severity::Warning,
        title: "Objects are in error",
        about: "Objects with errors were not synchronised. The cloud will report the same data errors to the new server.",
        remedy: "Repair the data in Active Directory before the move: duplicate and malformed addresses and names first.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            let mut by_type: BTreeMap<(String, String), u64> = BTreeMap::new();
            for run in last_runs(case) {
                for error in run.steps.iter().flat_map(|it| &it.errors) {
                    let sum = by_type
                        .entry((case.agent_name(run.connector), error.error_type.clone()))
                        .or_default();
                    *sum = sum.saturating_add(error.objects);
                }
            }
            let total = saturating_sum(by_type.values().copied());
            let rows =
                case.facts.database.iter().flat_map(|it| it.connector_space.iter().flatten());
            let mut held = Vec::new();
            for row in rows {
                for (what, n) in [("import", row.import_errors), ("export", row.export_errors)] {
                    if n > 0 {
                        held.push(Evidence::new(
                            format!("{} with {what} error", row.object_type),
                            plural(n, "object", "objects"),
                            format!(
                                "database, connector_space, {}",
                                case.agent_name(row.connector)
                            ),
                        ));
                    }
                }
            }
            held.sort();
            let evidence: Vec<_> = by_type
                .into_iter()
                .map(|((agent, kind), n)| {
                    Evidence::new(
                        kind,
                        plural(n, "object", "objects"),
                        format!("database, runs, {agent}"),
                    )
                })
                .chain(held)
                .collect();
            if !evidence.is_empty() {
                hits.push(Hit::confirmed(
                    format!(
                        "{} in the last runs of the run profiles",
                        plural(total, "error", "errors")
                    ),
                    evidence,
                ));
            }
        },
    },
    Rule {
        code: "DL0505",
        name: "pending-exports",
        severity: Severity::Info,
        title: "Exports are pending",
        about: "Changes were staged and not exported yet. They will be exported by the new server if they still hold.",
        remedy: "Compare them with the pending exports of the new server.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            let rows = case.facts.database.as_ref().and_then(|it| it.connector_space.as_ref());
            let mut evidence: Vec<_> = rows
                .into_iter()
                .flatten()
                .filter(|it| it.pending_exports > 0)
                .map(|it| {
                    Evidence::new(
                        &it.object_type,
                        plural(it.pending_exports, "object", "objects"),
                        format!("database, connector_space, {}", case.agent_name(it.connector)),
                    )
                })
                .collect();
            evidence.sort();
            if !evidence.is_empty() {
                hits.push(Hit::confirmed(
                    plural(
                        saturating_sum(rows.into_iter().flatten().map(|it| it.pending_exports)),
                        "object",
                        "objects",
                    ),
                    evidence,
                ));
            }
        },
    },
];

/// The newest finished run of every run profile: an export that succeeds says nothing of the import before it.
fn last_runs<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Run> + use<'a> {
    let mut newest: BTreeMap<(Guid, String), &'a Run> = BTreeMap::new();
    let runs = case.facts.database.iter().flat_map(|it| it.runs.iter().flatten());
    for run in runs.filter(|it| it.result != "in-progress") {
        let slot = newest.entry((run.connector, run.profile.to_lowercase())).or_insert(run);
        if (run.started, run.number) > (slot.started, slot.number) {
            *slot = run;
        }
    }
    newest.into_values()
}

fn run_evidence(case: &Case<'_>, run: &Run) -> Evidence {
    let ended = run.ended.map_or_else(|| "not ended".to_owned(), |it| it.to_string());
    Evidence::new(
        format!("{}, run {}", run.profile, run.number),
        format!("{}, {ended}", run.result),
        format!("database, runs, {}", case.agent_name(run.connector)),
    )
}
