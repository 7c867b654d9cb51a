//! Agents, with the partitions and run profiles that have tables of their own.
use std::collections::BTreeMap;

use dirlift_model::{Guid, database::AgentRow};

use super::{MAX_ROWS, Reading, columns};
use crate::{
    error::Error,
    row::Cells,
    statements::{self, Statement},
    xml,
};

impl Reading<'_> {
    pub(super) async fn agents(&mut self) -> Result<(), Error> {
        type Raw = (AgentRow, Vec<(String, String)>);
        let read = |statement: &Statement, row: &Cells, found: &mut Vec<Raw>| {
            let at = |name| statement.place(name);
            let Some(id) = row.guid(at("ma_id")).filter(|_| found.len() < MAX_ROWS) else { return };
            let agent = AgentRow {
                id,
                name: row.text(at("ma_name")).unwrap_or_default(),
                category: row.text(at("ma_type")).unwrap_or_default(),
                subtype: row.text(at("subtype")).filter(|it| !it.is_empty()),
                version: row.int(at("version_number")).and_then(|it| u64::try_from(it).ok()),
                created: row.time(at("creation_date")),
                modified: row.time(at("modification_date")),
                full_import_required: row.flag(at("full_import_required")),
                full_sync_required: row.flag(at("full_sync_required")),
                xml: BTreeMap::new(),
            };
            found.push((agent, columns(statement, row, statements::agent_xml())));
        };
        let agents = self.ask(statements::agents(&self.catalogue), "agents", &[], read).await?;
        self.progress.advance(1);
        let partitions = self.parts(Part::Partition).await?;
        let profiles = self.parts(Part::RunProfile).await?;
        let Some(raw) = agents else { return Ok(()) };
        let mut agents = Vec::new();
        for (mut agent, documents) in raw {
            agent.xml = self.documents(&format!("agent {}", agent.id), documents);
            for (part, found) in [(Part::Partition, &partitions), (Part::RunProfile, &profiles)] {
                if let Some(inner) = found.get(&agent.id) {
                    let (column, element) = part.document();
                    agent.xml.insert(column.to_owned(), format!("<{element}>{inner}</{element}>"));
                }
            }
            agents.push(agent);
        }
        self.facts.agents = Some(agents);
        Ok(())
    }

    /// Partitions or run profiles, put together for each agent in the form of the export.
    async fn parts(&mut self, part: Part) -> Result<BTreeMap<Guid, String>, Error> {
        struct Raw {
            id: Guid,
            agent: Guid,
            name: Option<String>,
            selected: Option<i64>,
            xml: Vec<(String, String)>,
        }
        let (built, id) = match part {
            Part::Partition => (statements::partitions(&self.catalogue), "partition_id"),
            Part::RunProfile => (statements::run_profiles(&self.catalogue), "run_profile_id"),
        };
        let (statement, xml_columns) = match built {
            Ok((statement, xml)) => (Ok(statement), xml),
            Err(missing) => (Err(missing), Vec::new()),
        };
        let read = |statement: &Statement, row: &Cells, found: &mut Vec<Raw>| {
            let at = |name| statement.place(name);
            let (Some(id), Some(agent)) = (row.guid(at(id)), row.guid(at("ma_id"))) else { return };
            if found.len() < MAX_ROWS {
                let name =
                    statement.first(statements::PARTITION_NAME).or_else(|| at("run_profile_name"));
                let selected = row.int(statement.first(statements::PARTITION_SELECTED));
                let wanted: Vec<&str> = xml_columns.iter().map(String::as_str).collect();
                found.push(Raw {
                    id,
                    agent,
                    name: row.text(name),
                    selected,
                    xml: columns(statement, row, &wanted),
                });
            }
        };
        let raw = self.ask(statement, part.plural(), &[], read).await?.unwrap_or_default();
        self.progress.advance(1);
        let mut all: BTreeMap<Guid, String> = BTreeMap::new();
        for it in raw {
            let documents = self.documents(&format!("{} {}", part.singular(), it.id), it.xml);
            let text = part.element(it.id, it.name.as_deref(), it.selected, &documents);
            all.entry(it.agent).or_default().push_str(&text);
        }
        Ok(all)
    }
}

/// What is put together from rows of its own table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Partition,
    RunProfile,
}

impl Part {
    fn singular(self) -> &'static str {
        if self == Self::Partition { "partition" } else { "run profile" }
    }

    fn plural(self) -> &'static str {
        if self == Self::Partition { "partitions" } else { "run profiles" }
    }

    /// The name under which the document is kept, and its element in the export.
    fn document(self) -> (&'static str, &'static str) {
        match self {
            Self::Partition => ("ma_partition_data_xml", "ma-partition-data"),
            Self::RunProfile => ("ma_run_data_xml", "ma-run-data"),
        }
    }

    /// One partition or run profile in the form of the export. A column that holds the whole element is it; others are
    /// put into one, wrapped where the export wraps them.
    fn element(
        self,
        id: Guid,
        name: Option<&str>,
        selected: Option<i64>,
        documents: &BTreeMap<String, String>,
    ) -> String {
        let element = if self == Self::Partition { "partition" } else { "run-configuration" };
        let whole = documents.values().find(|it| xml::root(it).as_deref() == Some(element));
        if let Some(whole) = whole {
            return without_declaration(whole).to_owned();
        }
        let mut inner = format!(
            "<id>{}</id><name>{}</name>",
            id.braced(),
            xml::escaped(name.unwrap_or_default())
        );
        if let Some(selected) = selected {
            inner.extend(["<selected>", &selected.to_string(), "</selected>"]);
        }
        for document in documents.values() {
            let document = without_declaration(document);
            let wrapper = match xml::root(document).as_deref() {
                Some("adma-partition-data" | "ecma-partition-data") => Some("custom-data"),
                Some("step") => Some("configuration"),
                _ => None,
            };
            match wrapper {
                Some(wrapper) => inner.extend(["<", wrapper, ">", document, "</", wrapper, ">"]),
                None => inner.push_str(document),
            }
        }
        format!("<{element}>{inner}</{element}>")
    }
}

fn without_declaration(xml: &str) -> &str {
    let trimmed = xml.trim_start();
    let rest = trimmed.strip_prefix("<?xml").and_then(|it| it.split_once("?>"));
    rest.map_or(trimmed, |(_, rest)| rest).trim()
}
