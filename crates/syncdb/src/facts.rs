//! The questions, one after the other, and the facts that their answers are.
mod agents;
mod history;

use std::collections::{BTreeMap, BTreeSet};

use dirlift_model::{
    DatabaseFacts, Guid,
    database::{
        AgentRow, ConnectorSpaceCount, DatabaseFile, NotRead, ServerConfigurationRow, SqlServer,
        TypeCount,
    },
    progress::Progress,
    text::shorten,
};
use tiberius::ToSql;

use crate::{
    client::Client,
    error::{Error, StatementError},
    row::Cells,
    statements::{self, Catalogue, Missing, Statement},
    xml,
};

/// The connector of Azure AD Sync and later that stands for the cloud has this id everywhere.
const CLOUD_AGENT: Guid = Guid::from_u128(0xb891_884f_051e_4a83_95af_2544_101c_9083);
/// Most rows of a table that has one row for each agent, partition or run profile.
const MAX_ROWS: usize = 10_000;
/// Questions that the progress counts.
const QUESTIONS: u64 = 13;

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
            self.catalogue.add(&table, &column, &ty);
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

/// The columns of a row that have a value, by name.
fn columns(statement: &Statement, row: &Cells, wanted: &[&str]) -> Vec<(String, String)> {
    let value = |name: &&str| Some(((*name).to_owned(), row.text(statement.place(name))?));
    wanted.iter().filter_map(value).collect()
}
