//! A rehearsal read again from its folder, to explain single objects.
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use dirlift_model::{
    AttributeName, AttributeValue, CsObject, DistinguishedName, Guid, SourceAnchor, SyncRule,
    TenantFacts,
    pending::plain,
    progress::Progress,
    rehearsal::{FORMAT_VERSION, Rehearsal},
};
use dirlift_serverconfig::{Document, read};
use dirlift_syncengine::{
    rules::RuleSet,
    sync::{Connector, ConnectorKind, Options, Partition, Readable, Synchronization, Synchronized},
};
use flate2::read::GzDecoder;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    error::RehearsalError,
    folder::SUMMARY,
    load::Done,
    setup::Setup,
    sources::{readable, tenant},
};

/// Name of the settings.
pub(super) const SETTINGS: &str = "inputs/rehearsal.json";

/// Largest file of settings or of a rule, in bytes.
const MAX_FILE: u64 = 256 << 20;

/// Longest line of an object, in bytes: a group of 250,000 members.
const MAX_LINE: u64 = 256 << 20;

/// Most rules.
const MAX_RULES: usize = 100_000;

/// Objects that a search gives at most.
const MAX_FOUND: usize = 100;

pub(super) fn rule_name(at: usize) -> String {
    format!("inputs/SynchronizationRules/{:05}.xml", at + 1)
}

pub(super) fn objects_name(at: usize) -> String {
    format!("inputs/objects-{}.jsonl.gz", at + 1)
}

/// Everything that decides besides rules and objects.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredSettings {
    format_version: u32,
    as_of: Timestamp,
    n_rules: usize,
    connectors: Vec<StoredConnector>,
    /// What is absent has no value; otherwise as Graph shows it.
    everything_readable: bool,
    history: bool,
    tenant: TenantFacts,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredConnector {
    id: Guid,
    name: String,
    is_cloud: bool,
    parameters: BTreeMap<String, String>,
    partitions: Vec<StoredPartition>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredPartition {
    root: DistinguishedName,
    parameters: BTreeMap<String, String>,
}

impl StoredSettings {
    pub(super) fn new(setup: &Setup, done: &Done, as_of: Timestamp) -> Self {
        let (connectors, _) = setup.engine_connectors(&done.known.forests);
        let connectors = connectors.into_iter().map(|it| StoredConnector {
            id: it.id,
            name: it.name,
            is_cloud: it.kind == ConnectorKind::Entra,
            parameters: it.parameters,
            partitions: it
                .partitions
                .into_iter()
                .map(|it| StoredPartition { root: it.root, parameters: it.parameters })
                .collect(),
        });
        Self {
            format_version: FORMAT_VERSION,
            as_of,
            n_rules: setup.rules.len(),
            connectors: connectors.collect(),
            everything_readable: done.known.everything_readable,
            history: done.synchronized.summary().history,
            tenant: done.known.tenant.clone(),
        }
    }
}

/// An object as one line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line {
    dn: DistinguishedName,
    id: Option<Guid>,
    #[serde(rename = "type")]
    object_type: AttributeName,
    attributes: Vec<LineAttribute>,
}

#[derive(Debug, Serialize, Deserialize)]
struct LineAttribute {
    name: AttributeName,
    #[serde(with = "plain")]
    values: Vec<AttributeValue>,
}

impl Line {
    pub(super) fn of(object: &CsObject) -> Self {
        let attributes = object
            .attributes()
            .iter()
            .map(|it| LineAttribute { name: it.name.clone(), values: it.values.clone() });
        Self {
            dn: object.dn.clone(),
            id: object.id,
            object_type: object.object_type.clone(),
            attributes: attributes.collect(),
        }
    }

    fn object(self) -> CsObject {
        let mut object = CsObject::new(self.dn, self.object_type);
        object.id = self.id;
        for LineAttribute { name, values } in self.attributes {
            object.set(name, values);
        }
        object
    }
}

/// A rehearsal that was opened.
#[derive(Debug)]
pub struct StoredRehearsal {
    folder: PathBuf,
    /// What it came to.
    pub summary: Rehearsal,
    settings: StoredSettings,
    rules: Vec<SyncRule>,
}

/// A rehearsal done again, with the objects that were asked for.
#[derive(Debug)]
pub struct Again {
    /// The result.
    pub synchronized: Synchronized,
    /// Connector and name of the objects that fit, in the order of the imports.
    pub found: Vec<(Guid, DistinguishedName)>,
}

impl StoredRehearsal {
    /// Opens the folder of a rehearsal.
    pub fn open(folder: &Path) -> Result<Self, RehearsalError> {
        let summary: Rehearsal = json(&folder.join(SUMMARY))?;
        let path = folder.join(SETTINGS);
        let settings: StoredSettings = json(&path)?;
        let damaged = |why: String| RehearsalError::Damaged { path: path.clone(), why };
        for version in [summary.format_version, settings.format_version] {
            if version != FORMAT_VERSION {
                let why = format!(
                    "its format is {version}, and this program reads {FORMAT_VERSION}; rehearse again"
                );
                return Err(damaged(why));
            }
        }
        if settings.n_rules > MAX_RULES {
            return Err(damaged(format!("it speaks of {} rules", settings.n_rules)));
        }
        let mut rules = Vec::new();
        for at in 0..settings.n_rules {
            let name = rule_name(at);
            let path = folder.join(&name);
            let bytes = bytes(&path)?;
            match read(&name, &bytes).map(|it| it.value) {
                Ok(Document::Rule(it)) => rules.push(*it),
                Ok(_) => {
                    let why = "it is not a rule".to_owned();
                    return Err(RehearsalError::Damaged { path, why });
                }
                Err(error) => return Err(RehearsalError::Damaged { path, why: error.to_string() }),
            }
        }
        Ok(Self { folder: folder.to_owned(), summary, settings, rules })
    }

    /// Synchronizes again, and notes the objects that a text means: a distinguished name, a user principal name, a mail
    /// address, an anchor in base64, an `objectGUID` or an object id of the cloud.
    pub fn synchronize(
        &self,
        text: &str,
        threads: usize,
        progress: &mut dyn Progress,
    ) -> Result<Again, RehearsalError> {
        let settings = &self.settings;
        let connectors = settings.connectors.iter().map(|it| {
            let kind =
                if it.is_cloud { ConnectorKind::Entra } else { ConnectorKind::ActiveDirectory };
            let mut connector = Connector::new(it.id, &it.name, kind);
            connector.parameters.clone_from(&it.parameters);
            let partitions = it.partitions.iter();
            connector.partitions = partitions
                .map(|it| Partition { root: it.root.clone(), parameters: it.parameters.clone() })
                .collect();
            connector
        });
        let options = Options {
            history: settings.history,
            readable: if settings.everything_readable { Readable::All } else { readable() },
            tenant: tenant(&settings.tenant),
            threads,
            ..Options::at(settings.as_of)
        };
        let rules = RuleSet::compile(&self.rules, &());
        let mut synchronization = Synchronization::new(rules, connectors.collect(), options)?;
        let mut search = Search::new(text);
        for (at, connector) in settings.connectors.iter().enumerate() {
            let path = self.folder.join(objects_name(at));
            progress.begin(&format!("reading {}", connector.name), "objects", None);
            let mut lines = Lines::open(&path)?;
            while let Some(line) = lines.next()? {
                let object = line.object();
                search.see(connector.id, &object);
                synchronization.add(connector.id, object)?;
                progress.advance(1);
            }
            progress.end();
        }
        progress.begin("synchronizing", "objects", None);
        let synchronized = synchronization.run()?;
        progress.end();
        let found = search.finish(&synchronized, settings.connectors.iter().map(|it| it.id));
        Ok(Again { synchronized, found })
    }

    /// The name of a connector.
    pub fn connector(&self, id: Guid) -> Option<&str> {
        self.settings.connectors.iter().find(|it| it.id == id).map(|it| it.name.as_str())
    }
}

/// Objects that a text means, among those that pass by.
#[derive(Debug)]
pub(crate) struct Search {
    wanted: Wanted,
    found: Vec<(Guid, DistinguishedName)>,
}

impl Search {
    pub(crate) fn new(text: &str) -> Self {
        Self { wanted: Wanted::new(text), found: Vec::new() }
    }

    pub(crate) fn see(&mut self, connector: Guid, object: &CsObject) {
        if self.found.len() < MAX_FOUND && self.wanted.is(object) {
            self.found.push((connector, object.dn.clone()));
        }
    }

    /// What was found; an object that is only about to be made is known by its name.
    pub(crate) fn finish(
        mut self,
        synchronized: &Synchronized,
        connectors: impl Iterator<Item = Guid>,
    ) -> Vec<(Guid, DistinguishedName)> {
        if let Some(dn) = &self.wanted.dn
            && self.found.is_empty()
        {
            let all = connectors.map(|it| (it, dn.clone()));
            self.found.extend(all.filter(|it| synchronized.explain(it.0, &it.1).is_some()));
        }
        self.found
    }
}

/// What a text may mean.
#[derive(Debug)]
struct Wanted {
    dn: Option<DistinguishedName>,
    id: Option<Guid>,
    anchor: String,
    /// In lower case.
    address: Option<String>,
}

impl Wanted {
    fn new(text: &str) -> Self {
        let text = text.trim();
        let guid = text.parse::<SourceAnchor>().ok().and_then(|it| it.object_guid());
        Self {
            dn: text.parse().ok(),
            id: text.parse().ok().or(guid),
            anchor: text.to_owned(),
            address: text.contains('@').then(|| text.to_lowercase()),
        }
    }

    fn is(&self, object: &CsObject) -> bool {
        if self.dn.as_ref().is_some_and(|it| *it == object.dn) {
            return true;
        }
        if self.id.is_some() && self.id == object.id {
            return true;
        }
        let texts = |name: &str| {
            let values = object.values(&name.into()).iter();
            values.filter_map(|it| match it {
                AttributeValue::String(text) => Some(text.as_str()),
                _ => None,
            })
        };
        if let Some(address) = &self.address {
            let same = |it: &str| it.to_lowercase() == *address;
            let has_prefix = |it: &str| {
                it.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("smtp:"))
                    && same(&it[5..])
            };
            return texts("userPrincipalName").any(same)
                || texts("mail").any(same)
                || texts("proxyAddresses").any(|it| same(it) || has_prefix(it));
        }
        texts("sourceAnchor").any(|it| it == self.anchor)
    }
}

/// The objects of one file.
struct Lines {
    path: PathBuf,
    reader: BufReader<GzDecoder<File>>,
    line: Vec<u8>,
    number: u64,
}

impl Lines {
    fn open(path: &Path) -> Result<Self, RehearsalError> {
        let file = File::open(path).map_err(|it| reading(path, it))?;
        let reader = BufReader::with_capacity(1 << 16, GzDecoder::new(file));
        Ok(Self { path: path.to_owned(), reader, line: Vec::new(), number: 0 })
    }

    fn next(&mut self) -> Result<Option<Line>, RehearsalError> {
        self.line.clear();
        self.number += 1;
        let mut bounded = self.reader.by_ref().take(MAX_LINE + 1);
        let n = bounded.read_until(b'\n', &mut self.line).map_err(|it| reading(&self.path, it))?;
        if n == 0 {
            return Ok(None);
        }
        let damaged = |why: String| RehearsalError::Damaged {
            path: self.path.clone(),
            why: format!("line {}: {why}", self.number),
        };
        if n as u64 > MAX_LINE {
            return Err(damaged("an object of more than 256 MB".to_owned()));
        }
        let parsed = serde_json::from_slice(&self.line);
        parsed.map(Some).map_err(|it| damaged(it.to_string()))
    }
}

fn reading(path: &Path, source: std::io::Error) -> RehearsalError {
    RehearsalError::File { action: "reading", path: path.to_owned(), source }
}

fn bytes(path: &Path) -> Result<Vec<u8>, RehearsalError> {
    let file = File::open(path).map_err(|it| reading(path, it))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|it| reading(path, it))?;
    if bytes.len() as u64 > MAX_FILE {
        let why = "it has more than 256 MB".to_owned();
        return Err(RehearsalError::Damaged { path: path.to_owned(), why });
    }
    Ok(bytes)
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T, RehearsalError> {
    let bytes = bytes(path)?;
    serde_json::from_slice(&bytes)
        .map_err(|it| RehearsalError::Damaged { path: path.to_owned(), why: it.to_string() })
}
