//! From one server's facts to the parts of a bundle.
use std::collections::{BTreeMap, BTreeSet};

use dirlift_model::{
    Analysis, DistinguishedName, Facts, Guid, Severity, SyncRule,
    analysis::{Deployment, Path},
    text::{grouped, sanitize},
};
use dirlift_serverconfig::declarative::{write_connector, write_global_settings, write_rule};
use jiff::Timestamp;

use crate::{
    bundle::Part,
    guide, harmless, json, migrated, originals, scripts,
    selection::selection,
    settings::{
        self, ConfigurationBasis, NotCarried, RuleBasis, ServerConfigurationPart, SettingsFile,
        Untranslated,
    },
    translation::{Translation, forest},
};

/// Objects from which on the settings of DirSync can be exported without being forced (how-to-dirsync-upgrade).
pub const THRESHOLD: u64 = 50_000;

/// Folder of the server configuration in a bundle.
pub const SERVER_CONFIGURATION: &str = "server-configuration";

/// Name of the neutral settings in a bundle.
pub const SETTINGS: &str = "settings.json";

/// What a bundle is made from.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// The program with its version, such as `dirlift 0.1.0`.
    pub tool: String,
    /// The server's facts.
    pub facts: &'a Facts,
    /// The judgement of them, as of the snapshot's time.
    pub analysis: &'a Analysis,
    /// When the snapshot was taken.
    pub snapshot_time: Timestamp,
    /// Why the export had to be forced, from [`gate`].
    pub forced: Vec<String>,
    /// What the configuration was translated into, from [`translation`](crate::translation()).
    pub translation: Translation,
    /// Rules of the server that takes over, when its export is at hand, from [`target_rules`](crate::target_rules).
    pub target_rules: Option<Vec<SyncRule>>,
    /// Files of the old server's `server-configuration/` as they were read, with paths relative to it. Used for servers
    /// that have rules of their own.
    pub originals: Vec<Part>,
    /// `objectGUID`s of containers, when the directory was asked.
    pub object_guids: BTreeMap<DistinguishedName, Guid>,
}

impl Input<'_> {
    /// Custom rules in order of precedence: the server's own, else the translated ones.
    pub fn custom_rules(&self) -> Vec<&SyncRule> {
        let own = self.own_rules();
        let mut rules: Vec<_> = if own.is_empty() {
            self.translation.rules.iter().collect()
        } else {
            own.iter().filter(|it| it.is_custom()).collect()
        };
        rules.sort_by_key(|it| (it.precedence.unwrap_or(u32::MAX), &it.name, it.id));
        rules
    }

    /// Standard rules that the old server has turned off, in order of precedence.
    pub fn disabled_standard_rules(&self) -> Vec<&SyncRule> {
        let is_off = |it: &&SyncRule| !it.is_custom() && it.disabled == Some(true);
        let mut rules: Vec<_> = self.own_rules().iter().filter(is_off).collect();
        rules.sort_by_key(|it| (it.precedence.unwrap_or(u32::MAX), &it.name, it.id));
        rules
    }

    /// Standard rules: the target's, else the server's own, else the built-in ones.
    pub fn standard_rules(&self) -> Vec<&SyncRule> {
        let rules = match self.standard_basis() {
            // The translation of the target's rules has what alternate ID changes.
            RuleBasis::Target if self.translation.standard.is_empty() => {
                self.target_rules.as_deref().unwrap_or_default()
            }
            RuleBasis::Original => self.own_rules(),
            RuleBasis::Target | RuleBasis::BuiltIn => &self.translation.standard,
            RuleBasis::None => &[],
        };
        rules.iter().filter(|it| !it.is_custom()).collect()
    }

    /// Where the standard rules come from.
    pub fn standard_basis(&self) -> RuleBasis {
        if self.target_rules.is_some() {
            RuleBasis::Target
        } else if !self.own_rules().is_empty() {
            RuleBasis::Original
        } else if self.translation.standard.is_empty() {
            RuleBasis::None
        } else {
            RuleBasis::BuiltIn
        }
    }

    fn own_rules(&self) -> &[SyncRule] {
        self.facts.configuration.as_ref().map_or(&[], |it| &it.server.rules)
    }
}

/// Whether an export is forced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    /// Asked for.
    Yes,
    /// Not asked for.
    No,
}

/// Why there is no bundle; nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no configuration that could be exported.
    #[error(
        "the configuration of this server is not known, so there is nothing to export; needed is server-configuration/ with \
         MA-*.XML and MV.XML (Synchronization Service Manager: File, Export Server Configuration), or database.json with the \
         columns of the agents"
    )]
    NoConfiguration,
    /// It has to be forced.
    #[error("the settings are not exported without being forced: {}", .0.join("; "))]
    NeedsForce(Vec<String>),
}

/// Whether the settings of a server are exported, and the reasons why that had to be forced.
pub fn gate(facts: &Facts, analysis: &Analysis, force: Force) -> Result<Vec<String>, Refusal> {
    let configuration = facts.configuration.as_ref().filter(|_| analysis.settings.is_some());
    let server = &configuration.ok_or(Refusal::NoConfiguration)?.server;
    if server.active_directory().next().is_none() {
        return Err(Refusal::NoConfiguration);
    }
    let mut reasons = Vec::new();
    match analysis.recommendation.path {
        Path::Dirsync => reasons.extend(too_few(analysis)),
        Path::Connect => {}
        Path::None => reasons.push(match analysis.source.product {
            Some(it) => format!("no path leads from {it} to Microsoft Entra Connect"),
            None => "the product of this server is not known".to_owned(),
        }),
    }
    let n_blockers = analysis.findings.iter().filter(|it| it.severity == Severity::Blocker).count();
    if n_blockers > 0 || analysis.recommendation.deployment == Deployment::Blocked {
        let first = analysis.findings.iter().find(|it| it.severity == Severity::Blocker);
        let first = first.map_or_else(String::new, |it| {
            format!(", above all {} {}", it.id, sanitize(&it.title))
        });
        reasons.push(format!("{n_blockers} blockers stand in the way of an upgrade{first}"));
    }
    if server.metaverse.is_none() {
        reasons.push("the configuration is incomplete: MV.XML is missing".to_owned());
    }
    if server.cloud().next().is_none() {
        reasons
            .push("the configuration is incomplete: the agent to the cloud is missing".to_owned());
    }
    if reasons.is_empty() || force == Force::Yes {
        Ok(reasons)
    } else {
        Err(Refusal::NeedsForce(reasons))
    }
}

fn too_few(analysis: &Analysis) -> Option<String> {
    match analysis.objects.total {
        Some(total) if total >= THRESHOLD => None,
        Some(total) => Some(format!(
            "with {} objects, fewer than {}, an upgrade in place is recommended, which needs no settings file",
            grouped(total),
            grouped(THRESHOLD)
        )),
        None => Some(format!(
            "the number of objects is not known; from {} on no force is needed",
            grouped(THRESHOLD)
        )),
    }
}

/// What an export consists of.
#[derive(Clone, Debug)]
pub struct Exported {
    /// Parts of the bundle, in no particular order; reports are added by the caller.
    pub parts: Vec<Part>,
    /// The settings that are among them.
    pub settings: SettingsFile,
}

/// Makes the parts of a bundle.
pub fn export(input: &Input<'_>) -> Result<Exported, Refusal> {
    let (mut parts, described) = server_configuration(input);
    let mut settings = settings::build(input, described)?;
    settings.untranslated.extend(clashes(input));
    harmless::settings(&mut settings);
    let clean = |rules: Vec<&SyncRule>| rules.into_iter().map(harmless::rule).collect::<Vec<_>>();
    let custom = clean(input.custom_rules());
    let off = clean(input.disabled_standard_rules());
    parts.extend(scripts::write(&settings, &custom, &off));
    parts.push(Part::new("import-guide.md", guide::write(&settings)));
    parts.push(Part::new(SETTINGS, json::pretty(&settings)));
    Ok(Exported { parts, settings })
}

/// Custom rules whose precedence a custom rule of the target already has.
fn clashes(input: &Input<'_>) -> Vec<Untranslated> {
    let target = input.target_rules.iter().flatten().filter(|it| it.is_custom());
    let taken: BTreeMap<_, _> = target.filter_map(|it| Some((it.precedence?, it))).collect();
    let rules = input.custom_rules().into_iter();
    rules
        .filter_map(|rule| {
            let other = taken.get(&rule.precedence?).filter(|it| it.id != rule.id)?;
            Some(Untranslated {
                id: String::new(),
                what: format!("precedence of the rule {}", rule.name),
                why: format!(
                    "the target has the custom rule {} at the same precedence; make room for it",
                    other.name
                ),
                read_from: other.location.to_string(),
            })
        })
        .collect()
}

fn server_configuration(input: &Input<'_>) -> (Vec<Part>, ServerConfigurationPart) {
    let folder = SERVER_CONFIGURATION;
    if !input.own_rules().is_empty() {
        let mut taken = originals::take(&input.originals, folder);
        let has_policy = |it: &Part| it.path.to_ascii_lowercase().ends_with("/migratedpolicy.json");
        if taken.parts.is_empty() {
            let why =
                "the configuration was read from the database, which has no files of it".to_owned();
            taken.left_out.push(NotCarried { what: folder.to_owned(), why });
            return (
                Vec::new(),
                ServerConfigurationPart {
                    left_out: taken.left_out,
                    ..ServerConfigurationPart::default()
                },
            );
        }
        let experimental = !taken.parts.iter().any(has_policy);
        if experimental {
            taken.parts.push(migrated::write(input, folder));
        }
        let described = ServerConfigurationPart {
            basis: ConfigurationBasis::Original,
            experimental: experimental || !taken.edited.is_empty(),
            edited: taken.edited,
            left_out: taken.left_out,
        };
        return (taken.parts, described);
    }
    let mut parts = vec![
        migrated::write(input, folder),
        Part::new(format!("{folder}/EXPERIMENTAL.txt"), EXPERIMENTAL),
    ];
    let mut seen = BTreeSet::new();
    let mut left_out = connectors(input, &mut parts);
    let parameters = input.translation.parameters.iter().map(|(a, b)| (a.as_str(), b.as_str()));
    parts.push(Part::new(
        format!("{folder}/GlobalSettings/MV.xml"),
        write_global_settings(parameters),
    ));
    for rule in input.standard_rules().into_iter().chain(input.custom_rules()) {
        if rule.id.is_nil() || !seen.insert(rule.id) {
            left_out.push(NotCarried {
                what: format!("the rule {}", rule.name),
                why: "its identifier is missing or taken; scripts/ may have it".to_owned(),
            });
            continue;
        }
        let path = format!("{folder}/SynchronizationRules/SynchronizationRule_{{{}}}.xml", rule.id);
        parts.push(Part::new(path, write_rule(&harmless::rule(rule))));
    }
    let described = ServerConfigurationPart {
        basis: ConfigurationBasis::Translated,
        experimental: true,
        edited: Vec::new(),
        left_out,
    };
    (parts, described)
}

/// Writes the connectors that a new server has too, named as it will name them; returns what was left out.
fn connectors(input: &Input<'_>, parts: &mut Vec<Part>) -> Vec<NotCarried> {
    let mut seen = BTreeSet::new();
    let mut left_out = Vec::new();
    let rules: Vec<_> = input.standard_rules().into_iter().chain(input.custom_rules()).collect();
    let all = input.facts.configuration.iter().flat_map(|it| &it.server.connectors);
    for connector in all.filter(|it| it.is_active_directory() || it.is_cloud()) {
        if connector.id.is_nil() || !seen.insert(connector.id) {
            left_out.push(NotCarried {
                what: format!("the connector {}", connector.name),
                why: "its identifier is missing or taken".to_owned(),
            });
            continue;
        }
        let mut connector = connector.clone();
        if let Some(name) = forest(&connector).map(ToOwned::to_owned) {
            connector.name = name;
        }
        let path = format!("{SERVER_CONFIGURATION}/Connectors/Connector_{{{}}}.xml", connector.id);
        connector.attribute_inclusion = selection(&connector, &rules);
        // A description is free text and of no use to a new server.
        connector.description.clear();
        parts.push(Part::new(path, write_connector(&connector)));
    }
    left_out
}

const EXPERIMENTAL: &str = "\
These files were written by dirlift from the settings of another product. They have the layout that the wizard's \"Import
synchronization settings\" reads, but Microsoft supports only files that its own tools wrote. Use import-guide.md and
scripts/ on the new server; use this folder in a test environment, and to compare.
";
