//! The server configuration and the templates: what is which, and where it counts from.
use std::collections::{BTreeMap, BTreeSet};

use dirlift_model::{
    DatabaseFacts, Guid, NotChecked, ServerConfiguration,
    config::{Connector, ConnectorCategory, Metaverse, Problem},
    facts::{Configuration, ConfigurationOrigin, ExportHead},
    host::InstalledFile,
    text::{sanitize, shorten},
};
use dirlift_serverconfig::{ConfigError, Document, Parsed};
use jiff::{civil::DateTime, tz::TimeZone};
use sha2::{Digest as _, Sha256};

use crate::{missing::CONFIGURATION, missing::TEMPLATES, text::problem};

/// What came of reading the configuration.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) configuration: Option<Configuration>,
    pub(crate) baseline: Option<ServerConfiguration>,
    pub(crate) head: Option<ExportHead>,
    pub(crate) missing: Vec<NotChecked>,
    pub(crate) problems: Vec<Problem>,
}

/// A file with its bytes, or the problem that reading it made.
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) bytes: Result<Vec<u8>, Problem>,
}

/// What the configuration is read from.
pub(crate) struct Input<'a> {
    /// Files of the export; of two that tell the same the first one counts.
    pub(crate) export: &'a [File],
    /// Files of `templates/`, sorted.
    pub(crate) templates: &'a [File],
    /// Installed files.
    pub(crate) files: &'a [InstalledFile],
    /// Folder of the product.
    pub(crate) install_path: Option<&'a str>,
    /// The database with its columns.
    pub(crate) database: Option<&'a DatabaseFacts>,
    /// Why the export was not collected.
    pub(crate) export_reason: Option<&'a str>,
    /// Why the templates were not collected.
    pub(crate) templates_reason: Option<&'a str>,
    /// Whether templates are to be expected.
    pub(crate) has_templates: bool,
}

/// Reads configuration and baseline.
pub(crate) fn read(input: &Input<'_>) -> Outcome {
    let mut out = Outcome::default();
    let mut baseline = Set::default();
    for file in by_set(input.templates) {
        baseline.read(file);
    }
    let (export, mistaken) = read_export(input, &mut baseline);
    out.head = input.export.iter().filter(|it| !mistaken.contains(&it.name)).find_map(head);
    let has_templates = input.has_templates && export.server.rules.is_empty();
    out.missing.extend(baseline.damaged.iter().map(|it| TEMPLATES.is_damaged(it)));
    if input.templates.is_empty() && baseline.server.connectors.is_empty() && has_templates {
        out.missing.push(TEMPLATES.is_missing(input.templates_reason));
    }
    let what = "the file is a template that the product ships, not this server's configuration; \
                it was counted among the templates";
    out.problems.extend(mistaken.iter().map(|it| problem(it, 1, 1, what)));
    let database = input.database.and_then(read_database);
    let (used, origin) = match database {
        Some(mut database) => {
            if export.has_agents() {
                out.problems.extend(differences(&database.server, &export.server));
            }
            out.problems.extend(export.all_problems());
            fill(&mut database.server, export.server);
            (database, ConfigurationOrigin::Database)
        }
        None => (export, ConfigurationOrigin::Export),
    };
    out.missing.extend(used.damaged.iter().map(|it| CONFIGURATION.is_damaged(it)));
    out.problems.extend(used.all_problems());
    out.problems.extend(baseline.all_problems());
    if used.has_agents() || !used.server.rules.is_empty() {
        if used.server.metaverse.is_none() && used.damaged.is_empty() {
            let what = if used.server.rules.is_empty() {
                "metaverse, import attribute flows and the metaverse rules extension".to_owned()
            } else {
                "global settings: source anchor, optional features, staging mode and build"
                    .to_owned()
            };
            let why = "the configuration has no metaverse; export it again so that MV.XML is in it"
                .to_owned();
            out.missing.push(NotChecked { what, why, needed: true });
        }
        if used.damaged.is_empty() {
            out.missing.extend(absent_agents(&used.server, input.database));
        }
        out.configuration = Some(Configuration { server: used.server, origin });
    } else if let Some(first) = mistaken.first() {
        let state = format!(
            "{first} is the template that the product ships, not this server's configuration"
        );
        out.missing.push(CONFIGURATION.unchecked(&state));
    } else if used.damaged.is_empty() {
        out.missing.push(CONFIGURATION.is_missing(input.export_reason));
    }
    if !baseline.server.connectors.is_empty() || baseline.server.metaverse.is_some() {
        out.baseline = Some(baseline.server);
    }
    out
}

/// Agents that must be there and are not: what they would tell is not known.
fn absent_agents(
    server: &ServerConfiguration,
    database: Option<&DatabaseFacts>,
) -> Vec<NotChecked> {
    let absent = |agent: &str| {
        NotChecked {
        what: format!("removed attributes, filters, flows and extensions of {agent}"),
        why: "its file is not in the configuration; export the server configuration again, with all agents".to_owned(),
        needed: true,
    }
    };
    let mut missing = Vec::new();
    if server.active_directory().next().is_none() {
        missing.push(absent("the agent to Active Directory"));
    }
    // An extensible agent of another name may well be the one to the cloud.
    let extensible = |it: &Connector| {
        matches!(it.category, ConnectorCategory::Extensible | ConnectorCategory::Extensible2)
    };
    if !server.connectors.iter().any(extensible) {
        missing.push(absent("the agent to the cloud"));
    }
    let rows = database.into_iter().flat_map(|it| it.agents.iter().flatten());
    let unknown = rows.filter(|it| server.connector(it.id).is_none());
    missing.extend(unknown.map(|it| {
        absent(&format!("the agent \"{}\" {}, which the database has", it.name, it.id.braced()))
    }));
    missing
}

/// Takes from the export what the columns of the database did not have: a reader of old databases may not know all.
fn fill(database: &mut ServerConfiguration, export: ServerConfiguration) {
    for exported in export.connectors {
        let Some(agent) = database.connectors.iter_mut().find(|it| it.id == exported.id) else {
            continue;
        };
        if agent.partitions.is_empty() {
            agent.partitions = exported.partitions;
        }
        if agent.run_profiles.is_empty() {
            agent.run_profiles = exported.run_profiles;
        }
        if agent.attribute_inclusion.is_none() {
            agent.attribute_inclusion = exported.attribute_inclusion;
        }
        if agent.component_mappings.is_none() {
            agent.component_mappings = exported.component_mappings;
        }
        if agent.schema_attributes.is_empty() {
            agent.schema_attributes = exported.schema_attributes;
        }
    }
    match (&mut database.metaverse, export.metaverse) {
        (Some(own), Some(exported)) if own.parameters.is_empty() => {
            own.parameters = exported.parameters;
        }
        (none @ None, exported) => *none = exported,
        _ => {}
    }
    if database.rules.is_empty() {
        database.rules = export.rules;
    }
}

/// Documents that were read together.
#[derive(Default)]
struct Set {
    server: ServerConfiguration,
    damaged: Vec<Problem>,
}

impl Set {
    fn has_agents(&self) -> bool {
        !self.server.connectors.is_empty()
    }

    fn all_problems(&self) -> Vec<Problem> {
        self.damaged.iter().chain(&self.server.problems).cloned().collect()
    }

    fn read(&mut self, file: &File) {
        if let Some(document) = self.parse(file) {
            match document {
                Document::Agent(it) => self.server.connectors.push(*it),
                Document::Metaverse(it) => self.metaverse(*it),
                Document::Rule(it) => self.server.rules.push(*it),
            }
        }
    }

    fn parse(&mut self, file: &File) -> Option<Document> {
        let bytes = match &file.bytes {
            Ok(bytes) => bytes,
            Err(problem) => {
                self.damaged.push(problem.clone());
                return None;
            }
        };
        match dirlift_serverconfig::read(&file.name, bytes) {
            Ok(Parsed { value, problems }) => {
                self.server.problems.extend(problems);
                Some(value)
            }
            Err(error) => {
                self.damaged.push(config_problem(&error));
                None
            }
        }
    }

    /// The first one counts.
    fn metaverse(&mut self, metaverse: Metaverse) {
        if self.server.metaverse.is_none() {
            self.server.metaverse = Some(metaverse);
        }
    }
}

/// Templates by set: the hybrid set `Exch` first, the others by name.
fn by_set(files: &[File]) -> Vec<&File> {
    let set = |file: &File| file.name.split('/').nth(1).unwrap_or("").to_ascii_lowercase();
    let mut sorted: Vec<_> = files.iter().collect();
    sorted.sort_by_key(|it| (set(it) != "exch", it.name.clone()));
    sorted
}

/// Reads the export; templates among its files go to the baseline, and their names are the second value.
fn read_export(input: &Input<'_>, baseline: &mut Set) -> (Set, Vec<String>) {
    let shipped = shipped_hashes(input);
    let stored: BTreeSet<_> =
        input.templates.iter().filter_map(|it| it.bytes.as_ref().ok()).map(|it| hash(it)).collect();
    let mut export = Set::default();
    let mut documents = Vec::new();
    let mut mistaken = Vec::new();
    for file in input.export {
        let hash = file.bytes.as_ref().map(|it| hash(it)).unwrap_or_default();
        let is_stored = stored.contains(&hash);
        if is_stored || shipped.contains(&hash) {
            mistaken.push((file, is_stored));
        } else if let Some(document) = export.parse(file) {
            documents.push((file, document));
        }
    }
    let agents = |documents: &[(&File, Document)], is_wanted: fn(&Connector) -> bool| {
        documents.iter().any(|(_, it)| matches!(it, Document::Agent(it) if it.is_active_directory() && is_wanted(it)))
    };
    // A stock agent is one that no forest was ever entered for. When it is the only kind, none of the files is from
    // a server; and without its own Active Directory agent, what is left of an export is no configuration either.
    let only_stock = agents(&documents, is_stock) && !agents(&documents, |it| !is_stock(it));
    let only_templates = !mistaken.is_empty() && !agents(&documents, |_| true);
    if only_stock || only_templates {
        mistaken.extend(documents.drain(..).map(|(file, _)| (file, false)));
        export.server.problems.clear();
    }
    mistaken.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    for (file, is_stored) in &mistaken {
        if !is_stored {
            baseline.read(file);
        }
    }
    // By what a document is and its id: where it was read first.
    let mut seen: BTreeMap<(&str, Guid), &str> = BTreeMap::new();
    for (file, document) in documents {
        let (kind, id, at) = match &document {
            Document::Agent(it) => ("agent", it.id, &it.location),
            Document::Metaverse(it) => ("metaverse", Guid::NIL, &it.location),
            Document::Rule(it) => ("rule", it.id, &it.location),
        };
        // A rule without an id is reported already, and may be one of its own.
        let may_be_another = kind == "rule" && id.is_nil();
        if let Some(first) = seen.get(&(kind, id)).filter(|_| !may_be_another) {
            let name = if kind == "metaverse" {
                "a metaverse".to_owned()
            } else {
                format!("the {kind} {}", id.braced())
            };
            let what = format!("{name} was read from {first} before; this one was left out");
            let again = problem(&file.name, at.line, at.column, what);
            export.server.problems.push(again);
            continue;
        }
        seen.insert((kind, id), &file.name);
        match document {
            Document::Agent(it) => export.server.connectors.push(*it),
            Document::Metaverse(it) => export.metaverse(*it),
            Document::Rule(it) => export.server.rules.push(*it),
        }
    }
    (export, mistaken.into_iter().map(|(it, _)| it.name.clone()).collect())
}

/// What a file says of the server and the time of its export.
fn head(file: &File) -> Option<ExportHead> {
    let (server, date) = dirlift_serverconfig::read_export_head(file.bytes.as_ref().ok()?);
    let exported_at = date.and_then(|it| it.parse::<DateTime>().ok());
    let exported_at = exported_at.and_then(|it| it.to_zoned(TimeZone::UTC).ok());
    let exported_at = exported_at.map(|it| it.timestamp());
    (server.is_some() || exported_at.is_some()).then(|| ExportHead {
        server: server.map(|it| sanitize(&shorten(&it, 255))),
        exported_at,
        place: file.name.clone(),
    })
}

fn is_stock(agent: &Connector) -> bool {
    let forest = agent.active_directory.as_ref().and_then(|it| it.forest_name.as_deref());
    agent.partitions.is_empty() && forest.is_none_or(|it| it.trim().is_empty())
}

/// Hashes of the files below `\ma\` of the product.
fn shipped_hashes(input: &Input<'_>) -> BTreeSet<String> {
    let folder = input
        .install_path
        .map(|it| format!("{}\\ma\\", it.trim_end_matches('\\')).to_ascii_lowercase());
    let is_shipped = |path: &str| {
        let path = path.to_ascii_lowercase();
        folder.as_ref().map_or_else(|| path.contains("\\ma\\"), |it| path.starts_with(it.as_str()))
    };
    let files = input.files.iter().filter(|it| is_shipped(&it.path));
    files.filter_map(|it| it.sha256.as_ref()).map(|it| it.to_ascii_lowercase()).collect()
}

fn hash(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The configuration of the database; `None` when it has no XML columns.
fn read_database(database: &DatabaseFacts) -> Option<Set> {
    let agents = database.agents.as_deref()?;
    if !agents.iter().any(|it| it.xml.values().any(|it| !it.trim().is_empty())) {
        return None;
    }
    let mut set = Set::default();
    for row in agents {
        match dirlift_serverconfig::agent_from_columns(row) {
            Ok(Parsed { value, problems }) => {
                set.server.connectors.push(value);
                set.server.problems.extend(problems);
            }
            Err(error) => set.damaged.push(config_problem(&error)),
        }
    }
    if let Some(row) = database
        .server_configuration
        .as_ref()
        .filter(|it| it.xml.values().any(|it| !it.trim().is_empty()))
    {
        match dirlift_serverconfig::metaverse_from_columns(row) {
            Ok(Parsed { value, problems }) => {
                set.server.metaverse = Some(value);
                set.server.problems.extend(problems);
            }
            Err(error) => set.damaged.push(config_problem(&error)),
        }
    }
    Some(set)
}

/// The problem that a document which could not be read is.
pub(crate) fn config_problem(error: &ConfigError) -> Problem {
    Problem { location: error.location.clone(), what: error.kind.to_string() }
}

/// Where an export tells something else than the database, which counts.
fn differences(database: &ServerConfiguration, export: &ServerConfiguration) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::<Guid>::new();
    for agent in &export.connectors {
        let at = &agent.location;
        seen.insert(agent.id);
        let what = match database.connector(agent.id) {
            None => format!(
                "the agent {} is not in the database; the database counts",
                agent.id.braced()
            ),
            Some(other)
                if other.version.is_some()
                    && agent.version.is_some()
                    && other.version != agent.version =>
            {
                format!(
                    "the agent has version {} here and {} in the database; the database counts",
                    agent.version.unwrap_or(0),
                    other.version.unwrap_or(0)
                )
            }
            Some(_) => continue,
        };
        problems.push(problem(&at.file, at.line, at.column, what));
    }
    for agent in database.connectors.iter().filter(|it| !seen.contains(&it.id)) {
        let what = format!(
            "the agent {} of the database is not in the export; the database counts",
            agent.id.braced()
        );
        problems.push(problem("server-configuration/", 1, 1, what));
    }
    problems
}
