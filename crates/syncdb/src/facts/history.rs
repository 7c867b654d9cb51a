//! Large groups and the run history: what is asked for in a second step, by the ids of the first.
use std::collections::{BTreeMap, BTreeSet};

use dirlift_model::{
    Guid,
    database::{LargeGroup, Run, Step},
};
use tiberius::ToSql;
use uuid::Uuid;

use super::{MAX_ROWS, Reading};
use crate::{
    error::Error,
    row::Cells,
    statements::{self, MAX_ARGUMENTS, Statement},
    xml,
};

impl Reading<'_> {
    pub(super) async fn large_groups(&mut self) -> Result<(), Error> {
        let read = |statement: &Statement, row: &Cells, found: &mut Vec<(Guid, u64)>| {
            if let Some(object) =
                row.guid(statement.place("object_id")).filter(|_| found.len() < MAX_ROWS)
            {
                found.push((object, row.count(statement.place("n"))));
            }
        };
        let statement = statements::large_groups(&self.catalogue, self.client.large_group);
        let groups = self.ask(statement, "large groups", &[], read).await?;
        self.progress.advance(1);
        let Some(groups) = groups else { return Ok(()) };
        let mut names: BTreeMap<Guid, (Guid, String)> = BTreeMap::new();
        let ids: Vec<Guid> = groups.iter().map(|(id, _)| *id).collect();
        for chunk in ids.chunks(MAX_ARGUMENTS) {
            let read =
                |statement: &Statement, row: &Cells, found: &mut Vec<(Guid, Guid, String)>| {
                    let at = |name| row.guid(statement.place(name));
                    if let (Some(object), Some(agent)) = (at("object_id"), at("ma_id")) {
                        found.push((
                            object,
                            agent,
                            row.text(statement.place("rdn")).unwrap_or_default(),
                        ));
                    }
                };
            let statement = statements::objects(&self.catalogue);
            let arguments = padded(chunk);
            let Some(found) =
                self.ask(statement, "names of large groups", &borrowed(&arguments), read).await?
            else {
                break;
            };
            names.extend(found.into_iter().map(|(object, agent, rdn)| (object, (agent, rdn))));
        }
        let list = groups.into_iter().map(|(object, members)| {
            let (connector, rdn) = names.get(&object).cloned().unwrap_or_default();
            LargeGroup { connector, object, rdn, members }
        });
        self.facts.large_groups = Some(list.collect());
        Ok(())
    }

    pub(super) async fn runs(&mut self) -> Result<(), Error> {
        let most = self.client.max_runs;
        let room = usize::try_from(most).unwrap_or(usize::MAX);
        let read = |statement: &Statement, row: &Cells, found: &mut Vec<(Guid, Run)>| {
            let at = |name| statement.place(name);
            let (Some(id), Some(connector)) =
                (row.guid(at("run_history_id")), row.guid(at("ma_id")))
            else {
                return;
            };
            if found.len() < room {
                let run = Run {
                    connector,
                    profile: row.text(at("run_profile_name")).unwrap_or_default(),
                    number: row.count(at("run_number")),
                    result: row.text(at("run_result")).unwrap_or_default(),
                    started: row.time(at("start_date")),
                    ended: row.time(at("end_date")),
                    steps: Vec::new(),
                };
                found.push((id, run));
            }
        };
        let Some(mut runs) =
            self.ask(statements::runs(&self.catalogue, most), "run history", &[], read).await?
        else {
            self.progress.advance(2);
            return Ok(());
        };
        self.progress.advance(1);
        if runs.len() == room {
            self.gap(
                "run history before the oldest run listed",
                format!("only the newest {most} runs are read"),
            );
        }
        let mut steps: BTreeMap<Guid, Vec<Step>> = BTreeMap::new();
        let ids: Vec<Guid> = runs.iter().map(|(id, _)| *id).collect();
        for chunk in ids.chunks(MAX_ARGUMENTS) {
            let known: BTreeSet<Guid> = chunk.iter().copied().collect();
            let read =
                |statement: &Statement, row: &Cells, found: &mut BTreeMap<Guid, Vec<Step>>| {
                    let at = |name| statement.place(name);
                    let Some(run) = row.guid(at("run_history_id")).filter(|it| known.contains(it))
                    else {
                        return;
                    };
                    let of_run = found.entry(run).or_default();
                    if of_run.len() < MAX_ROWS {
                        of_run.push(Step {
                            number: row.count(at("step_number")),
                            result: row.text(at("step_result")).unwrap_or_default(),
                            started: row.time(at("start_date")),
                            ended: row.time(at("end_date")),
                            kind: row.text(at("step_xml")).and_then(|it| xml::step_kind(&it)),
                            errors: row
                                .text(at("sync_errors_xml"))
                                .map(|it| xml::errors(&it))
                                .unwrap_or_default(),
                        });
                    }
                };
            let arguments = padded(chunk);
            let statement = statements::steps(&self.catalogue);
            let Some(found) =
                self.ask(statement, "steps of runs", &borrowed(&arguments), read).await?
            else {
                break;
            };
            steps.extend(found);
        }
        for (id, run) in &mut runs {
            run.steps = steps.remove(id).unwrap_or_default();
            run.steps.sort_by_key(|it| it.number);
        }
        self.facts.runs = Some(runs.into_iter().map(|(_, run)| run).collect());
        self.progress.advance(1);
        Ok(())
    }
}

/// As many arguments as the statement has: its text stays the same, and the server's plan with it.
fn padded(ids: &[Guid]) -> Vec<Uuid> {
    let last = ids.last().copied().unwrap_or(Guid::NIL);
    let all = ids.iter().copied().chain(std::iter::repeat(last)).take(MAX_ARGUMENTS);
    all.map(|it| Uuid::from_bytes(it.to_network_bytes())).collect()
}

fn borrowed(arguments: &[Uuid]) -> Vec<&dyn ToSql> {
    arguments.iter().map(|it| it as &dyn ToSql).collect()
}
