//! Facts from the parts of a snapshot. Each part may be missing, empty or damaged; then the rest still counts.
use std::collections::BTreeSet;

use dirlift_model::{
    DatabaseFacts, Facts, NotChecked, Product,
    config::Problem,
    facts::Registry,
    progress::Progress,
    text::{sanitize, shorten},
};

use crate::{
    Host, SourceError, configuration,
    configuration::{File, Input, config_problem},
    live,
    missing::{self, Part},
    names::{Declarative, FOLDERS, declarative, is_known},
    policy,
    product::{self, Completeness, Sources, detect},
    registry, snapshot,
    tables::{self, NotCollected},
    text::{Damage, Problems, problem},
};

/// What is not known without the rows of the connector spaces.
const OBJECT_COUNTS: &str = "object counts";

/// Puts together what the parts of a host tell. `database` comes from a live database and wins over `database.json`.
pub fn assemble(
    host: &dyn Host,
    database: Option<DatabaseFacts>,
    progress: &mut dyn Progress,
) -> Result<Facts, SourceError> {
    let parts = host.parts();
    let n_known = parts.iter().filter(|it| is_known(it)).count();
    if n_known == 0 && database.is_none() {
        let hint = snapshot::hint(parts.iter().map(String::as_str));
        return Err(SourceError::NotASnapshot { place: host.describe(), hint });
    }
    progress.begin("reading the snapshot", "parts", u64::try_from(n_known).ok());
    let problems = host.problems();
    let mut assembly = Assembly {
        host,
        parts,
        progress,
        facts: Facts { problems, ..Facts::default() },
        not_collected: Vec::new(),
        used: BTreeSet::new(),
    };
    let result = assembly.run(database);
    assembly.progress.end();
    result.map(|()| assembly.facts)
}

struct Assembly<'a> {
    host: &'a dyn Host,
    parts: Vec<String>,
    progress: &'a mut dyn Progress,
    facts: Facts,
    not_collected: Vec<NotCollected>,
    /// Entries of `not_collected` that stand in the text of a missing part.
    used: BTreeSet<usize>,
}

impl Assembly<'_> {
    fn run(&mut self, live: Option<DatabaseFacts>) -> Result<(), SourceError> {
        if let Some((file, _)) = self.part(&missing::SNAPSHOT, tables::snapshot)? {
            self.facts.taken_at = file.taken_at;
            self.facts.host = file.host;
            self.not_collected = file.not_collected;
        }
        let registry = self.part(&missing::REGISTRY, parse_registry)?;
        let services = self.part(&missing::SERVICES, tables::services)?;
        let files = self.part(&missing::FILES, tables::files)?;
        self.database(live, registry.as_ref().map(|((it, _), _)| it))?;
        {
            let sources = Sources {
                registry: registry
                    .as_ref()
                    .map(|((it, completeness), part)| (it, part.as_str(), *completeness)),
                services: services.as_ref().map(|(it, part)| (it.as_slice(), part.as_str())),
                files: files.as_ref().map(|(it, part)| (it.as_slice(), part.as_str())),
            };
            let (product, problems) = detect(&sources);
            self.facts.product = product;
            self.facts.problems.extend(problems);
        }
        self.facts.registry = registry.map(|((it, _), _)| it);
        self.facts.services = services.map(|(it, _)| it);
        self.facts.files = files.map(|(it, _)| it);
        self.policies()?;
        self.configuration()?;
        product::complete(
            &mut self.facts.product,
            self.facts.configuration.as_ref().map(|it| &it.server),
            &self.facts.policies,
        );
        self.product_is_known();
        if self.is_dirsync_or_unknown() || self.find(missing::SCHEDULER.name).is_some() {
            self.scheduler()?;
        }
        self.host_is_named();
        self.size_does_not_decide();
        self.rest_of_not_collected();
        Ok(())
    }

    /// Reads and parses a part; problems and gaps are noted. The second value is the part's name in its own case.
    fn part<T>(
        &mut self,
        part: &Part,
        parse: impl FnOnce(&[u8]) -> Result<(T, Problems), Damage>,
    ) -> Result<Option<(T, String)>, SourceError> {
        let Some(name) = self.find(part.name) else {
            self.is_missing(part);
            return Ok(None);
        };
        let damage = match self.bytes(&name)? {
            Err(problem) => problem,
            Ok(bytes) => match parse(&bytes) {
                Ok((value, problems)) => {
                    self.facts.problems.extend(problems.in_file(&name));
                    return Ok(Some((value, name)));
                }
                Err(damage) => damage.in_file(&name),
            },
        };
        self.is_damaged(part, damage);
        Ok(None)
    }

    fn find(&self, name: &str) -> Option<String> {
        self.parts.iter().find(|it| it.eq_ignore_ascii_case(name)).cloned()
    }

    /// The bytes of a part, or the problem that it could not be read.
    fn bytes(&mut self, name: &str) -> Result<Result<Vec<u8>, Problem>, SourceError> {
        self.progress.advance(1);
        match self.host.read(name) {
            Ok(Some(bytes)) => Ok(Ok(bytes)),
            Ok(None) => Ok(Err(problem(name, 1, 1, "the part was there and has gone"))),
            Err(error) if error.is_fatal() => Err(error),
            Err(SourceError::Read { why, .. }) => Ok(Err(problem(name, 1, 1, shorten(&why, 300)))),
            Err(error) => Ok(Err(problem(name, 1, 1, error.to_string()))),
        }
    }

    fn is_missing(&mut self, part: &Part) {
        let reason = self.reason(part);
        self.facts.missing.push(part.is_missing(reason.as_deref()));
    }

    fn is_damaged(&mut self, part: &Part, damage: Problem) {
        self.facts.missing.push(part.is_damaged(&damage));
        self.facts.problems.push(damage);
    }

    /// What the collector says about a part that it left out.
    fn reason(&mut self, part: &Part) -> Option<String> {
        if let Some(why) = self.host.why_nothing() {
            return Some(why.to_owned());
        }
        let is_part =
            |it: &NotCollected| Part::named(&it.what).is_some_and(|it| it.name == part.name);
        let idx = self.not_collected.iter().position(is_part)?;
        self.used.insert(idx);
        Some(shorten(self.not_collected[idx].why.trim(), 300))
    }

    fn rest_of_not_collected(&mut self) {
        for (idx, it) in self.not_collected.iter().enumerate() {
            if !self.used.contains(&idx) {
                let why = format!("the collector left it out: {}", shorten(it.why.trim(), 300));
                self.facts.missing.push(NotChecked {
                    what: sanitize(&it.what),
                    why,
                    needed: false,
                });
            }
        }
    }

    fn database(
        &mut self,
        live: Option<DatabaseFacts>,
        registry: Option<&Registry>,
    ) -> Result<(), SourceError> {
        let mut facts = match live {
            Some(mut facts) => {
                // What the collector says of `database.json` has been overtaken.
                self.reason(&missing::DATABASE);
                // Nor does it matter whether the older facts are whole.
                let before = match self.find(missing::DATABASE.name) {
                    Some(name) => self.bytes(&name)?.ok().and_then(|it| tables::database(&it).ok()),
                    None => None,
                };
                let before = before.map(|(it, _)| it);
                let gap = live::forget_other_server(
                    &mut facts,
                    registry,
                    &self.facts.host,
                    before.as_ref(),
                );
                self.facts.missing.extend(gap);
                Some(facts)
            }
            None => self.part(&missing::DATABASE, tables::database)?.map(|(it, _)| it),
        };
        if let Some(facts) = &mut facts {
            tables::drop_secrets(facts);
            if facts.connector_space.is_none() {
                let what = OBJECT_COUNTS.to_owned();
                let why = "the database facts hold no rows of the connector spaces; read the database again with --sql, \
                           with the right to SELECT from mms_connectorspace";
                self.facts.missing.push(NotChecked { what, why: why.to_owned(), needed: true });
            }
        }
        self.facts.database = facts;
        Ok(())
    }

    fn product_is_known(&mut self) {
        if self.facts.product.product.is_some() {
            return;
        }
        let seen: Vec<_> = self
            .facts
            .product
            .evidence
            .iter()
            .map(|it| format!("{} ({})", it.item, it.place))
            .collect();
        let seen = if seen.is_empty() {
            String::new()
        } else {
            format!(": they only show {}", seen.join(", "))
        };
        let why = format!("registry, services and files do not tell{seen}; {}", how_to_tell());
        self.facts.missing.push(NotChecked {
            what: "which product is installed".to_owned(),
            why,
            needed: true,
        });
    }

    fn is_dirsync_or_unknown(&self) -> bool {
        self.facts.product.product.is_none_or(|it| it == dirlift_model::Product::DirSync)
    }

    fn scheduler(&mut self) -> Result<(), SourceError> {
        let part = &missing::SCHEDULER;
        let Some(name) = self.find(part.name) else {
            self.is_missing(part);
            return Ok(());
        };
        let bytes = self.bytes(&name)?;
        match bytes.and_then(|it| {
            dirlift_serverconfig::read_scheduler(&name, &it).map_err(|it| config_problem(&it))
        }) {
            Ok(scheduler) => self.facts.scheduler = Some(scheduler),
            Err(damage) => self.is_damaged(part, damage),
        }
        Ok(())
    }

    fn configuration(&mut self) -> Result<(), SourceError> {
        let mut export = self.xml_files(FOLDERS[0], Below::Direct)?;
        export.extend(self.files(|it| declarative(it) == Some(Declarative::Export))?);
        // What stands in its proper place counts before what lies elsewhere.
        let is_elsewhere = |it: &File| {
            !it.name.split_once('/').is_some_and(|(it, _)| it.eq_ignore_ascii_case(FOLDERS[0]))
        };
        export.sort_by_key(|it| (is_elsewhere(it), it.name.clone()));
        let templates = self.xml_files(FOLDERS[1], Below::AtAnyDepth)?;
        let (export_reason, templates_reason) =
            (self.reason(&missing::CONFIGURATION), self.reason(&missing::TEMPLATES));
        let outcome = configuration::read(&Input {
            export: &export,
            templates: &templates,
            files: self.facts.files.as_deref().unwrap_or_default(),
            install_path: self.facts.product.install_path.as_deref(),
            database: self.facts.database.as_ref(),
            export_reason: export_reason.as_deref(),
            templates_reason: templates_reason.as_deref(),
            has_templates: self.is_dirsync_or_unknown(),
        });
        self.facts.configuration = outcome.configuration;
        self.facts.baseline = outcome.baseline;
        self.facts.export = outcome.head;
        self.facts.missing.extend(outcome.missing);
        self.facts.problems.extend(outcome.problems);
        self.drop_columns();
        Ok(())
    }

    /// The raw columns have been read; what is left in them was skipped because it may be secret.
    fn drop_columns(&mut self) {
        let Some(database) = &mut self.facts.database else { return };
        for row in database.agents.iter_mut().flatten() {
            row.xml.clear();
        }
        if let Some(row) = &mut database.server_configuration {
            row.xml.clear();
        }
    }

    fn xml_files(&mut self, folder: &str, below: Below) -> Result<Vec<File>, SourceError> {
        let is_wanted = |name: &&String| {
            let Some((first, rest)) = name.split_once('/') else { return false };
            let depth = below == Below::AtAnyDepth || !rest.contains('/');
            let is_xml = rest.len() > 4
                && rest.get(rest.len() - 4..).is_some_and(|it| it.eq_ignore_ascii_case(".xml"));
            let is_hidden = rest.rsplit('/').next().is_some_and(|it| it.starts_with('.'));
            first.eq_ignore_ascii_case(folder) && depth && is_xml && !is_hidden
        };
        let names: Vec<_> = self.parts.iter().filter(is_wanted).cloned().collect();
        names.into_iter().map(|name| Ok(File { bytes: self.bytes(&name)?, name })).collect()
    }

    fn files(&mut self, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<File>, SourceError> {
        let names: Vec<_> = self.parts.iter().filter(|it| is_wanted(it)).cloned().collect();
        names.into_iter().map(|name| Ok(File { bytes: self.bytes(&name)?, name })).collect()
    }

    /// The settings files of Azure AD Connect; what they lack is no gap.
    fn policies(&mut self) -> Result<(), SourceError> {
        let is_policy = |it: &str| !matches!(declarative(it), None | Some(Declarative::Export));
        for file in self.files(is_policy)? {
            match policy::read(&file) {
                Ok((policy, problems)) => {
                    self.facts.policies.push(policy);
                    self.facts.problems.extend(problems);
                }
                Err(damage) => self.is_damaged(&missing::POLICY, damage),
            }
        }
        Ok(())
    }

    /// Takes the name of the host from what was exported, where nothing else tells it.
    fn host_is_named(&mut self) {
        let facts = &mut self.facts;
        if facts.host.name.is_none() {
            let by_policy = facts.policies.iter().find_map(|it| it.host.clone());
            facts.host.name =
                by_policy.or_else(|| facts.export.as_ref().and_then(|it| it.server.clone()));
        }
    }

    /// Only `DirSync` is judged by its number of objects; for its successors the database is good to have.
    fn size_does_not_decide(&mut self) {
        if matches!(self.facts.product.product, Some(Product::AzureAdSync | Product::EntraConnect))
        {
            for it in &mut self.facts.missing {
                if missing::DATABASE.is_about(it) || it.what == OBJECT_COUNTS {
                    it.needed = false;
                }
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Below {
    Direct,
    AtAnyDepth,
}

fn how_to_tell() -> &'static str {
    "export the keys that docs/snapshot.md lists with regedit into registry.reg"
}

fn parse_registry(bytes: &[u8]) -> Result<((Registry, Completeness), Problems), Damage> {
    let (registry, problems) = registry::parse(bytes)?;
    let is_whole = problems.is_empty() && !registry.keys.is_empty();
    if registry.keys.is_empty() {
        return Err(Damage::new(1, 1, "the export holds no keys"));
    }
    Ok(((registry, if is_whole { Completeness::Whole } else { Completeness::Partial }), problems))
}
