//! What is rehearsed: rules, connectors, and what each connector imports.
use std::collections::{BTreeMap, BTreeSet};

use dirlift_directory::{Forest, ImportRequest};
use dirlift_exporter::diff::Configuration;
use dirlift_model::{
    AttributeName, Guid, ServerConfiguration, Severity, SyncRule,
    config::{Connector, Problem},
    rehearsal::RuleBasis,
    rule::{Direction, MappingSource},
};
use dirlift_syncengine::{
    rules::RuleSet,
    sync::{Connector as EngineConnector, ConnectorKind},
};
use dirlift_translate::{
    StandardOptions, TranslateOptions, standard_rules, translate, use_alternate_id,
};

use super::{error::RehearsalError, sources::parameters};

/// Most problems that are told one by one.
const MAX_PROBLEMS: usize = 50;

/// Beginning of the tags of built-in rules.
const BUILT_IN: &str = "dirlift.";

/// Whether a rule is one of the built-in ones.
pub(crate) fn is_built_in(rule: &SyncRule) -> bool {
    rule.immutable_tag.starts_with(BUILT_IN)
}

/// Everything that is known before a directory is asked.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What the caller calls the configuration.
    pub name: String,
    /// Whose standard rules these are.
    pub rule_basis: RuleBasis,
    /// All rules, disabled ones too.
    pub rules: Vec<SyncRule>,
    /// The connectors to Active Directory in their order, and then the one to the cloud.
    pub connectors: Vec<ConnectorSetup>,
    /// Global parameters, as name and value.
    pub parameters: Vec<(String, String)>,
    /// What was decided or left out, in plain words.
    pub notes: Vec<String>,
    /// Files that could not be read, in plain words: a rule may be missing.
    pub damaged: Vec<String>,
    alternate_id: Option<AttributeName>,
}

/// A connector that takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectorSetup {
    /// Its identifier, to which rules refer.
    pub id: Guid,
    /// Its name.
    pub name: String,
    /// The kind of directory.
    pub kind: ConnectorKind,
    /// DNS name of the forest; `None` for the cloud, and where the configuration does not say.
    pub forest: Option<String>,
    /// What it imports; for the cloud, everything.
    pub request: ImportRequest,
}

impl Setup {
    /// A server that has rules of its own, from the files of its export or from a bundle.
    ///
    /// Without standard rules among them the built-in ones are added.
    pub fn from_export(name: &str, it: &Configuration) -> Result<Self, RehearsalError> {
        let mut setup = Self::new(name, &it.connectors, &it.rules, &it.problems)?;
        setup.parameters.extend(it.parameters.iter().flatten().cloned());
        setup.damaged = it.damaged.iter().map(shown).collect();
        setup.rule_basis = if setup.rules.iter().any(is_built_in) {
            RuleBasis::BuiltIn
        } else if setup.rules.iter().all(SyncRule::is_custom) {
            let is_on = |wanted: &str| {
                let found = setup.parameters.iter().find(|it| it.0.eq_ignore_ascii_case(wanted));
                found.is_some_and(|it| it.1.eq_ignore_ascii_case("true"))
            };
            let options = StandardOptions {
                exchange_hybrid: is_on("Microsoft.OptionalFeature.HybridExchange"),
                device_writeback: is_on("Microsoft.OptionalFeature.DeviceWriteBack"),
                ..StandardOptions::default()
            };
            let standard = setup.standard(&options);
            setup.rules.extend(standard);
            setup.notes.push(
                "no rule of the configuration is a standard rule; built-in ones were added"
                    .to_owned(),
            );
            RuleBasis::BuiltIn
        } else {
            RuleBasis::Sample
        };
        Ok(setup)
    }

    /// A server without rules of its own (`DirSync`): translated, with the built-in standard rules. A server that has
    /// rules is taken as it is.
    ///
    /// `baseline` are the templates that the product ships, read on the same server.
    pub fn from_server(
        name: &str,
        server: &ServerConfiguration,
        baseline: Option<&ServerConfiguration>,
    ) -> Result<Self, RehearsalError> {
        if !server.rules.is_empty() {
            let configuration = Configuration {
                rules: server.rules.clone(),
                connectors: server.connectors.clone(),
                parameters: server.metaverse.as_ref().map(|it| it.parameters.clone()),
                problems: server.problems.clone(),
                ..Configuration::default()
            };
            return Self::from_export(name, &configuration);
        }
        let translation = translate(server, baseline, &TranslateOptions::default());
        let mut setup = Self::new(name, &server.connectors, &translation.rules, &server.problems)?;
        setup.alternate_id = translation.alternate_id.as_ref().map(|it| it.attribute.clone());
        let standard = setup.standard(&translation.standard_options());
        setup.rules.extend(standard);
        for it in &translation.untranslated {
            let row = it.row();
            setup.notes.push(format!("{} {}: {} ({})", row.code, row.title, it.item, it.location));
        }
        let notes = translation.notes.iter();
        setup.notes.extend(notes.map(|it| format!("{} ({})", it.text, it.location)));
        // The new server selects what its own rules read, whatever the old one had selected.
        for connector in setup.connectors.iter_mut().filter(|it| it.forest_side()) {
            let mut wanted: BTreeSet<_> = connector.request.attributes.iter().cloned().collect();
            wanted.extend(ImportRequest::stock().attributes);
            connector.request.attributes = wanted.into_iter().collect();
        }
        Ok(setup)
    }

    fn new(
        name: &str,
        connectors: &[Connector],
        rules: &[SyncRule],
        problems: &[Problem],
    ) -> Result<Self, RehearsalError> {
        let refused = |what: &str| RehearsalError::Configuration {
            name: name.to_owned(),
            what: what.to_owned(),
        };
        let mut notes: Vec<_> = problems.iter().take(MAX_PROBLEMS).map(shown).collect();
        if let Some(n @ 1..) = problems.len().checked_sub(MAX_PROBLEMS) {
            notes.push(format!("{n} more places of the configuration were not understood"));
        }
        let mut all = Vec::new();
        for it in connectors.iter().filter(|it| it.is_active_directory()) {
            let (request, left_out) = ImportRequest::from_connector(it);
            notes.extend(left_out.iter().map(|text| format!("{}: {text}", it.name)));
            all.push(ConnectorSetup {
                id: it.id,
                name: it.name.clone(),
                kind: ConnectorKind::ActiveDirectory,
                forest: forest_of(it),
                request,
            });
        }
        if all.is_empty() {
            return Err(refused(
                "has no connector to Active Directory; give a bundle, or an export with the folder Connectors",
            ));
        }
        let mut clouds = connectors.iter().filter(|it| it.is_cloud());
        let cloud = clouds.next().ok_or_else(|| {
            refused("has no connector to Microsoft Entra ID; give a bundle, or an export with the folder Connectors")
        })?;
        if clouds.next().is_some() {
            return Err(refused(
                "has more than one connector to Microsoft Entra ID; one is rehearsed at a time",
            ));
        }
        all.push(ConnectorSetup {
            id: cloud.id,
            name: cloud.name.clone(),
            kind: ConnectorKind::Entra,
            forest: None,
            request: ImportRequest::stock(),
        });
        let mut seen = BTreeSet::new();
        if let Some(it) = all.iter().find(|it| !seen.insert(it.id)) {
            return Err(refused(&format!("has two connectors with the identifier {}", it.id)));
        }
        let known: BTreeSet<_> = connectors.iter().map(|it| it.id).collect();
        let others = connectors.iter().filter(|it| !seen.contains(&it.id));
        notes.extend(others.map(|it| {
            format!("the connector {} is neither to Active Directory nor to the cloud; its rules have no objects", it.name)
        }));
        let foreign = rules.iter().filter(|it| !known.contains(&it.connector)).count();
        if foreign > 0 {
            notes.push(format!(
                "{foreign} rules are of connectors that the configuration does not have"
            ));
        }
        Ok(Self {
            name: name.to_owned(),
            rule_basis: RuleBasis::BuiltIn,
            rules: rules.to_vec(),
            connectors: all,
            parameters: Vec::new(),
            notes,
            damaged: Vec::new(),
            alternate_id: None,
        })
    }

    /// What a store has kept. Connectors to Active Directory stand before the one to the cloud; `None` when they do not.
    pub(crate) fn restored(
        rules: Vec<SyncRule>,
        connectors: Vec<ConnectorSetup>,
        parameters: Vec<(String, String)>,
        notes: Vec<String>,
    ) -> Option<Self> {
        let (cloud, forests) = connectors.split_last()?;
        let is_right = !cloud.forest_side() && forests.iter().all(ConnectorSetup::forest_side);
        is_right.then(|| Self {
            name: "of the deployment".to_owned(),
            rule_basis: RuleBasis::BuiltIn,
            rules,
            connectors,
            parameters,
            notes,
            damaged: Vec::new(),
            alternate_id: None,
        })
    }

    fn standard(&self, options: &StandardOptions) -> Vec<SyncRule> {
        let forests: Vec<_> =
            self.connectors.iter().filter(|it| it.forest_side()).map(|it| it.id).collect();
        standard_rules(&forests, self.cloud().id, options)
    }

    /// Puts the target's rules in the place of the standard rules. `target` is the export of the server that takes over;
    /// its connectors stand for those here that read the same forest, or the cloud.
    ///
    /// Custom rules stay, unless the target has one of the same id, or of the same name and connector: then that one counts.
    pub fn use_target_rules(&mut self, target: &ServerConfiguration) -> Result<(), RehearsalError> {
        let refused =
            |what: String| RehearsalError::Configuration { name: self.name.clone(), what };
        if target.rules.iter().all(SyncRule::is_custom) {
            return Err(refused(
                "cannot be rehearsed with these rules: none of them is a standard rule; give the target's own export".to_owned(),
            ));
        }
        let mut notes = Vec::new();
        let mut counterparts: BTreeMap<Guid, Guid> = BTreeMap::new();
        for it in &target.connectors {
            let found = if it.is_cloud() {
                Some(self.cloud().id)
            } else {
                let forest = forest_of(it);
                let same = |own: &&ConnectorSetup| own.forest_side() && own.forest == forest;
                self.connectors.iter().filter(|_| forest.is_some()).find(same).map(|it| it.id)
            };
            if let Some(found) = found {
                counterparts.insert(it.id, found);
            }
        }
        let mut rules = target.rules.clone();
        let mut unknown = BTreeSet::new();
        for rule in &mut rules {
            match counterparts.get(&rule.connector) {
                Some(id) => rule.connector = *id,
                None if self.connectors.iter().any(|it| it.id == rule.connector) => {}
                None => {
                    unknown.insert(rule.connector);
                }
            }
        }
        if counterparts.is_empty() && !unknown.is_empty() {
            return Err(refused(
                "cannot be rehearsed with these rules: no connector of theirs reads the same forest; give the target's whole \
                 export, with the folder Connectors"
                    .to_owned(),
            ));
        }
        notes.extend(
            unknown
                .iter()
                .map(|it| format!("the target's rules of the connector {it} have no objects here")),
        );
        for own in
            self.connectors.iter().filter(|it| !rules.iter().any(|rule| rule.connector == it.id))
        {
            notes.push(format!("the target has no rule for the connector {}", own.name));
        }
        if let Some(attribute) = &self.alternate_id
            && use_alternate_id(&mut rules, attribute) > 0
        {
            notes.push(format!(
                "userPrincipalName is taken from {attribute} in the target's rules too, as the wizard sets it for an alternate ID"
            ));
        }
        let own = std::mem::take(&mut self.rules);
        for rule in own.into_iter().filter(SyncRule::is_custom) {
            let is_there = rules.iter().any(|it| {
                it.id == rule.id
                    || it.connector == rule.connector
                        && it.name.trim().eq_ignore_ascii_case(rule.name.trim())
            });
            if is_there {
                notes.push(format!(
                    "the custom rule {} is on the target; its version there counts",
                    rule.name
                ));
            } else {
                notes.push(format!(
                    "the custom rule {} is not on the target yet; it is rehearsed as if it were",
                    rule.name
                ));
                rules.push(rule);
            }
        }
        self.rules = rules;
        self.rule_basis = RuleBasis::Target;
        self.notes.retain(|it| !it.starts_with("no rule of the configuration"));
        self.notes.extend(notes);
        Ok(())
    }

    /// The connector to the cloud.
    pub fn cloud(&self) -> &ConnectorSetup {
        // `new` puts it last.
        &self.connectors[self.connectors.len() - 1]
    }

    /// The connectors to Active Directory.
    pub fn forests(&self) -> &[ConnectorSetup] {
        &self.connectors[..self.connectors.len() - 1]
    }

    /// The connectors to Active Directory that sources are for: one each. A source may name the forest or the connector;
    /// where there is one of both, it need not.
    pub fn assign(&self, names: &[Option<&str>]) -> Result<Vec<Guid>, RehearsalError> {
        let forests = self.forests();
        let list = || {
            let all = forests.iter().map(|it| it.forest.as_deref().unwrap_or(&it.name));
            all.collect::<Vec<_>>().join(", ")
        };
        let refused = |text: String| Err(RehearsalError::Sources(text));
        if let ([None], [only]) = (names, forests) {
            return Ok(vec![only.id]);
        }
        let mut ids = Vec::new();
        for name in names {
            let Some(name) = name else {
                return refused(format!(
                    "the configuration has {} forests, so that each source has to name its own: --ad FOREST=SOURCE for {}",
                    forests.len(),
                    list()
                ));
            };
            let is_named = |it: &&ConnectorSetup| {
                it.name.eq_ignore_ascii_case(name)
                    || it.forest.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(name))
            };
            match forests.iter().find(is_named) {
                Some(it) if ids.contains(&it.id) => {
                    return refused(format!("the forest {name} has two sources; give one"));
                }
                Some(it) => ids.push(it.id),
                None => {
                    return refused(format!(
                        "no connector reads a forest {name}; there are {}",
                        list()
                    ));
                }
            }
        }
        match forests.iter().find(|it| !ids.contains(&it.id)) {
            None => Ok(ids),
            Some(it) => refused(format!(
                "no source for the forest {}: without its objects everything it provisioned would look deleted; add --ad {}=SOURCE",
                it.name,
                it.forest.as_deref().unwrap_or(&it.name)
            )),
        }
    }

    /// The rules, compiled, and what is wrong with those that had to be left out, in plain words.
    pub fn compile(&self) -> (RuleSet, Vec<String>) {
        let set = RuleSet::compile(&self.rules, &());
        let blockers =
            set.findings().iter().filter(|it| it.problem.severity() == Severity::Blocker);
        let blockers = blockers.map(|it| {
            let name = self.rules.get(it.index).map_or("", |it| it.name.as_str());
            format!("rule {name}: {}", it.problem)
        });
        let blockers = blockers.collect();
        (set, blockers)
    }

    /// The connectors as the engine takes them, with the parameters that the forests give; also what of those is a guess.
    pub fn engine_connectors(
        &self,
        forests: &BTreeMap<Guid, Forest>,
    ) -> (Vec<EngineConnector>, Vec<String>) {
        let mut guesses = Vec::new();
        let all = self.connectors.iter().map(|it| {
            let mut connector = EngineConnector::new(it.id, &it.name, it.kind);
            connector.parameters.extend(self.parameters.iter().cloned());
            if it.forest_side() {
                let unknown = Forest::default();
                let forest = forests.get(&it.id).unwrap_or(&unknown);
                let (own, partitions, more) =
                    parameters(forest, &it.request.partitions, it.forest.as_deref());
                connector.parameters.extend(own);
                connector.partitions = partitions;
                guesses.extend(more);
            }
            connector
        });
        let all = all.collect();
        (all, guesses)
    }

    /// Attributes that rules read of a connector's objects and that it does not import.
    pub fn unselected(&self, connector: &ConnectorSetup) -> Vec<AttributeName> {
        let selected: BTreeSet<_> = connector.request.attributes.iter().collect();
        let rules = self.rules.iter().filter(|it| {
            it.connector == connector.id
                && it.direction == Direction::Inbound
                && it.disabled != Some(true)
        });
        let sources = rules.flat_map(|it| &it.mappings).filter_map(|it| match &it.source {
            MappingSource::Attributes(all) => Some(all),
            MappingSource::Constant(_) => None,
        });
        let missing: BTreeSet<_> = sources
            .flatten()
            .filter(|it| !selected.contains(it) && !it.is("dn"))
            .cloned()
            .collect();
        missing.into_iter().collect()
    }
}

impl ConnectorSetup {
    /// Whether it reads Active Directory.
    pub fn forest_side(&self) -> bool {
        self.kind == ConnectorKind::ActiveDirectory
    }
}

fn forest_of(connector: &Connector) -> Option<String> {
    let name = connector.active_directory.as_ref()?.forest_name.as_deref()?.trim();
    (!name.is_empty()).then(|| name.to_ascii_lowercase())
}

fn shown(problem: &Problem) -> String {
    format!("{}: {}", problem.location, problem.what)
}
