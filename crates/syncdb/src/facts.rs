//! The questions, one after the other, and the facts that their answers are.
use std::collections::{BTreeMap, BTreeSet};

use dirlift_model::{
    DatabaseFacts, Guid,
    database::{
        AgentRow, ConnectorSpaceCount, DatabaseFile, LargeGroup, NotRead, Run,
        ServerConfigurationRow, SqlServer, Step, TypeCount,
    },
    progress::Progress,
    text::shorten,
};
use tiberius::ToSql;
use uuid::Uuid;

use crate::{
    client::Client,
    error::{Error, StatementError},
    row::Cells,
    statements::{self, Catalogue, MAX_ARGUMENTS, Missing, Statement},
    xml,
};

/// The connector of Azure AD Sync and later that stands for the cloud has this id everywhere.
const CLOUD_AGENT: Guid = Guid::from_u128(0xb891_884f_051e_4a83_95af_2544_101c_9083);
/// Most rows of a table that has one row for each agent, partition or run profile.
const MAX_ROWS: usize = 10_000;
/// Questions that the progress counts.
const QUESTIONS: u64 = 12;

/// Reads everything that dirlift asks a synchronisation database, and names what the server did not answer.
pub async fn facts(
    client: &mut Client,
    progress: &mut dyn Progress,
) -> Result<DatabaseFacts, Error> {
    progress.begin("reading the database", "questions", Some(QUESTIONS));
    let facts = Reading {
        client,
        progress,
        catalogue: Catalogue::default(),
        facts: DatabaseFacts::default(),
        denied: 0,
    }
    .run()
    .await;
    progress.end();
    facts
}

struct Reading<'a> {
    client: &'a mut Client,
    progress: &'a mut dyn Progress,
    catalogue: Catalogue,
    facts: DatabaseFacts,
    /// Statements that the login had no right for.
    denied: usize,
}

impl Reading<'_> {
    async fn run(mut self) -> Result<DatabaseFacts, Error> {
        self.server().await?;
        self.files().await?;
        self.catalogue().await?;
        self.agents().await?;
        self.server_configuration().await?;
        self.connector_space().await?;
        self.metaverse().await?;
        self.large_groups().await?;
        self.runs().await?;
        self.watermark().await?;
        let has_nothing = self.facts.agents.is_none()
            && self.facts.connector_space.is_none()
            && self.facts.metaverse.is_none();
        if has_nothing && self.denied > 0 {
            return Err(self.no_permission(statements::MARK));
        }
        self.facts.not_read.sort_by(|a, b| (&a.what, &a.why).cmp(&(&b.what, &b.why)));
        Ok(self.facts)
    }

    fn no_permission(&self, object: &str) -> Error {
        let Client { server, database, grant, .. } = &*self.client;
        let (server, database, grant) = (server.clone(), database.clone(), grant.clone());
        Error::NoPermission { server, database, object: object.to_owned(), grant }
    }

    fn gap(&mut self, what: &str, why: String) {
        self.facts.not_read.push(NotRead { what: what.to_owned(), why });
    }

    /// Asks; `None` when the server refused or the table is not there, which is noted.
    async fn ask<T: Default>(
        &mut self,
        statement: Result<Statement, Missing>,
        part: &str,
        arguments: &[&dyn ToSql],
        mut each: impl FnMut(&Statement, &Cells, &mut T),
    ) -> Result<Option<T>, Error> {
        let statement = match statement {
            Ok(statement) => statement,
            Err(missing) => {
                self.gap(part, missing.to_string());
                return Ok(None);
            }
        };
        let mut found = T::default();
        match self
            .client
            .rows(&statement, arguments, |row| each(&statement, &row, &mut found))
            .await
        {
            Ok(()) => Ok(Some(found)),
            Err(StatementError::Fatal(error)) => Err(error),
            Err(StatementError::Refused(refusal)) => {
                self.denied += usize::from(refusal.is_permission());
                let why = refusal.why(&self.client.grant);
                self.gap(part, why);
                Ok(None)
            }
        }
    }

    async fn server(&mut self) -> Result<(), Error> {
        let read = |statement: &Statement,
                    row: &Cells,
                    found: &mut (SqlServer, Option<jiff::Timestamp>)| {
            let at = |name| statement.place(name);
            let text = |name| row.text(at(name)).map(|it| shorten(&it, 200));
            found.0 = SqlServer {
                machine_name: text("machine_name"),
                // The default instance has no name.
                instance: Some(text("instance").unwrap_or_default()),
                database: text("database"),
                edition: text("edition"),
                engine_edition: row.int(at("engine_edition")).and_then(|it| i32::try_from(it).ok()),
                product_version: text("product_version"),
                is_local_db: row.flag(at("is_local_db")),
                collation: text("collation"),
            };
            found.1 = row.time(at("now"));
        };
        if let Some((server, now)) =
            self.ask(Ok(statements::server()), "properties of the server", &[], read).await?
        {
            self.facts.server = server;
            self.facts.read_at = now;
        }
        self.progress.advance(1);
        Ok(())
    }

    async fn files(&mut self) -> Result<(), Error> {
        let read = |statement: &Statement, row: &Cells, found: &mut Vec<DatabaseFile>| {
            if found.len() < MAX_ROWS {
                found.push(DatabaseFile {
                    name: row.text(statement.place("name")).unwrap_or_default(),
                    kind: row.text(statement.place("kind")).unwrap_or_default(),
                    // 128 pages of 8 KiB are a megabyte.
                    size_mb: row.count(statement.place("pages")).div_ceil(128),
                });
            }
        };
        self.facts.files = self
            .ask(Ok(statements::files()), "files of the database", &[], read)
            .await?
            .unwrap_or_default();
        self.progress.advance(1);
        Ok(())
    }

    async fn catalogue(&mut self) -> Result<(), Error> {
        let read =
            |statement: &Statement, row: &Cells, found: &mut Vec<(String, String, String)>| {
                let text = |name| row.text(statement.place(name)).unwrap_or_default();
                if found.len() < MAX_ROWS {
                    found.push((text("table"), text("column"), text("type")));
                }
            };
        let rows = self
            .ask(Ok(statements::catalogue()), "catalogue", &[], read)
            .await?
            .unwrap_or_default();
        for (table, column, ty) in rows {
            self.catalogue.add(&table, column, ty);
        }
        self.progress.advance(1);
        if self.catalogue.has_table(statements::MARK) {
            return Ok(());
        }
        // The catalogue hides what the login may not read; the error of a direct question does not.
        let mark = statements::mark();
        match self.client.rows(&mark, &[], |_| ()).await {
            Ok(()) => Ok(()),
            Err(StatementError::Fatal(error)) => Err(error),
            Err(StatementError::Refused(refusal)) if refusal.is_permission() => {
                Err(self.no_permission(statements::MARK))
            }
            Err(StatementError::Refused(refusal)) if refusal.is_missing_table() => {
                let Client { server, database, .. } = &*self.client;
                let (server, database) = (server.clone(), database.clone());
                Err(Error::NotASyncDatabase { server, database, table: statements::MARK })
            }
            Err(StatementError::Refused(refusal)) => {
                let why = refusal.why(&self.client.grant);
                self.gap("catalogue", why);
                Ok(())
            }
        }
    }

    /// XML columns of a row without credentials; one that is damaged is left out and noted.
    fn documents(&mut self, owner: &str, raw: Vec<(String, String)>) -> BTreeMap<String, String> {
        let mut kept = BTreeMap::new();
        for (column, text) in raw {
            match xml::without_credentials(&text) {
                Ok(clean) if clean.trim().is_empty() => {}
                Ok(clean) => {
                    kept.insert(column, clean);
                }
                Err(damaged) => {
                    let what = format!("{owner}: column `{column}`");
                    self.gap(
                        &what,
                        format!("it is no XML that can be kept safely ({})", damaged.reason),
                    );
                }
            }
        }
        kept
    }

    async fn agents(&mut self) -> Result<(), Error> {
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

    async fn server_configuration(&mut self) -> Result<(), Error> {
        let (statement, xml_columns) = match statements::server_configuration(&self.catalogue) {
            Ok((statement, xml)) => (Ok(statement), xml),
            Err(missing) => (Err(missing), Vec::new()),
        };
        type Raw = Option<(Option<dirlift_model::Sid>, Vec<(String, String)>)>;
        let read = |statement: &Statement, row: &Cells, found: &mut Raw| {
            let wanted: Vec<&str> = xml_columns.iter().map(String::as_str).collect();
            if found.is_none() {
                *found = Some((
                    row.sid(statement.place("administrators_sid")),
                    columns(statement, row, &wanted),
                ));
            }
        };
        let row = self.ask(statement, "server configuration", &[], read).await?;
        self.progress.advance(1);
        if let Some(Some((administrators, raw))) = row {
            let xml = self.documents("server configuration", raw);
            self.facts.staging_mode = xml.values().find_map(|it| xml::staging_mode(it));
            self.facts.server_configuration = Some(ServerConfigurationRow { xml, administrators });
        }
        Ok(())
    }

    async fn connector_space(&mut self) -> Result<(), Error> {
        let read = |statement: &Statement,
                    row: &Cells,
                    found: &mut BTreeMap<(Guid, String), ConnectorSpaceCount>| {
            let at = |name| statement.place(name);
            let Some(connector) = row.guid(at("ma_id")) else { return };
            let object_type = row.text(at("object_type")).unwrap_or_default();
            let is = |name| row.flag(at(name)).unwrap_or(false);
            let n = row.count(at("n"));
            let entry = found.entry((connector, object_type.clone())).or_default();
            entry.connector = connector;
            entry.object_type = object_type;
            let is_placeholder =
                ["is_phantom_parent", "is_phantom_link", "is_phantom_delete"].into_iter().any(is);
            let state = match (is_placeholder, is("is_connector")) {
                (true, _) => &mut entry.placeholders,
                (false, true) => &mut entry.joined,
                (false, false) => &mut entry.disconnected,
            };
            *state = state.saturating_add(n);
            for (name, count) in [
                ("export_operation", &mut entry.pending_exports),
                ("is_export_error", &mut entry.export_errors),
                ("is_import_error", &mut entry.import_errors),
            ] {
                if is(name) {
                    *count = count.saturating_add(n);
                }
            }
        };
        let statement = statements::connector_space(&self.catalogue);
        let counts = self.ask(statement, "objects of the connector spaces", &[], read).await?;
        self.facts.connector_space = counts.map(|it| it.into_values().collect());
        self.progress.advance(1);
        Ok(())
    }

    async fn metaverse(&mut self) -> Result<(), Error> {
        let read = |statement: &Statement, row: &Cells, found: &mut BTreeMap<String, u64>| {
            let object_type = row.text(statement.place("object_type")).unwrap_or_default();
            *found.entry(object_type).or_default() += row.count(statement.place("n"));
        };
        let counts = self
            .ask(statements::metaverse(&self.catalogue), "objects of the metaverse", &[], read)
            .await?;
        let list = |it: BTreeMap<_, _>| {
            it.into_iter()
                .map(|(object_type, objects)| TypeCount { object_type, objects })
                .collect()
        };
        self.facts.metaverse = counts.map(list);
        self.progress.advance(1);
        Ok(())
    }

    async fn large_groups(&mut self) -> Result<(), Error> {
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

    async fn runs(&mut self) -> Result<(), Error> {
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

    async fn watermark(&mut self) -> Result<(), Error> {
        // The FIM engine has no such table: nothing is missing there.
        if self.catalogue.has_table("mms_watermark_history") {
            let read =
                |statement: &Statement, row: &Cells, found: &mut Vec<(Guid, jiff::Timestamp)>| {
                    let time = row.time(statement.place("newest"));
                    if let (Some(agent), Some(time)) = (row.guid(statement.place("ma_id")), time) {
                        found.push((agent, time));
                    }
                };
            let statement = statements::watermarks(&self.catalogue);
            let newest =
                self.ask(statement, "age of the watermarks", &[], read).await?.unwrap_or_default();
            let cloud: BTreeSet<Guid> = self
                .facts
                .agents
                .iter()
                .flatten()
                .filter(|it| is_cloud(it))
                .map(|it| it.id)
                .collect();
            self.facts.watermark_at =
                newest.into_iter().filter(|(id, _)| cloud.contains(id)).map(|(_, time)| time).max();
        }
        self.progress.advance(1);
        Ok(())
    }
}

/// Whether an agent stands for the cloud.
fn is_cloud(agent: &AgentRow) -> bool {
    let subtype = agent.subtype.as_deref().unwrap_or_default().to_ascii_lowercase();
    agent.id == CLOUD_AGENT || subtype.contains("azure active directory")
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
            inner.push_str(&format!("<selected>{selected}</selected>"));
        }
        for document in documents.values() {
            let document = without_declaration(document);
            let wrapper = match xml::root(document).as_deref() {
                Some("adma-partition-data" | "ecma-partition-data") => Some("custom-data"),
                Some("step") => Some("configuration"),
                _ => None,
            };
            match wrapper {
                Some(wrapper) => inner.push_str(&format!("<{wrapper}>{document}</{wrapper}>")),
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

/// The columns of a row that have a value, by name.
fn columns(statement: &Statement, row: &Cells, wanted: &[&str]) -> Vec<(String, String)> {
    let value = |name: &&str| Some(((*name).to_owned(), row.text(statement.place(name))?));
    wanted.iter().filter_map(value).collect()
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
