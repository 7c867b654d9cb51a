//! What two synchronisation configurations do not have in common, by meaning and not by bytes.
//!
//! Two servers have different GUIDs for the same things: connectors are matched by name and forest, their GUIDs are
//! translated, and rules are matched by what they are. Counters of saves, times, accounts and run profiles are no
//! differences. What only a newer build causes is set apart.
mod connector;
mod flow;
mod load;
mod order;
mod pairs;
mod rule;
mod scope;
mod words;

use dirlift_model::{
    SyncRule,
    config::{Connector, Problem},
    difference::{Area, Comparison, Difference, FORMAT_VERSION, Kind, Side},
};

use self::{
    pairs::{Links, Pairs},
    words::{Sink, value},
};

/// Parameters that tell the product's version.
const VERSIONS: [&str; 2] = [
    "Microsoft.Synchronize.ServerConfigurationVersion",
    "Microsoft.Version.SynchronizationRuleImmutableTag",
];

/// Parameters that change by themselves.
const VOLATILE: [&str; 1] = ["Microsoft.Synchronize.NextStartTime"];

/// No file of an export was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "looking for a configuration: there is no XML file in a folder SynchronizationRules, Connectors or GlobalSettings; \
     give an export of a server, or a bundle"
)]
pub struct NoConfiguration;

/// What is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// Version of the product, when a file states it.
    pub build: Option<String>,
    /// Synchronisation rules, in any order.
    pub rules: Vec<SyncRule>,
    /// Connectors, in any order.
    pub connectors: Vec<Connector>,
    /// Global parameters, as name and value; `None` when their file is missing.
    pub parameters: Option<Vec<(String, String)>>,
    /// Files that could not be read at all.
    pub damaged: Vec<Problem>,
    /// What was not understood in files that could be read.
    pub problems: Vec<Problem>,
}

impl Configuration {
    fn side(&self, name: &str) -> Side {
        Side {
            name: name.to_owned(),
            build: self.build.clone(),
            n_rules: self.rules.len() as u64,
            n_connectors: self.connectors.len() as u64,
            n_parameters: self.parameters.as_ref().map(|it| it.len() as u64),
            damaged: self.damaged.clone(),
            problems: self.problems.clone(),
        }
    }
}

/// Compares two configurations; `names` is what the caller calls them.
pub fn compare(before: &Configuration, after: &Configuration, names: [&str; 2]) -> Comparison {
    let links = Links::new(before, after);
    let pairs = Pairs::new(before, after, &links);
    let newer = Newer::new(before, after, &pairs);
    let mut sink = Sink::default();
    versions(before, after, &mut sink);
    rule::compare(before, after, &links, &pairs, newer, &mut sink);
    connector::compare(before, after, &links, &mut sink);
    parameters(before, after, &links, &mut sink);
    let (differences, newer_build) = sink.finish();
    Comparison {
        format_version: FORMAT_VERSION,
        before: before.side(names[0]),
        after: after.side(names[1]),
        differences,
        newer_build,
    }
}

/// Which side, if any, was written by a newer build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Newer {
    /// Nothing tells the builds apart.
    Same,
    /// The first configuration.
    Before,
    /// The second one.
    After,
}

impl Newer {
    /// The version decides; without two versions that differ, the revisions of standard rules do.
    fn new(before: &Configuration, after: &Configuration, pairs: &Pairs) -> Self {
        let number = |it: &Configuration| {
            let text = it.build.as_deref()?;
            text.split('.').map(|it| it.trim().parse::<u64>().ok()).collect::<Option<Vec<_>>>()
        };
        if let (Some(a), Some(b)) = (number(before), number(after)) {
            match a.cmp(&b) {
                std::cmp::Ordering::Less => return Self::After,
                std::cmp::Ordering::Greater => return Self::Before,
                std::cmp::Ordering::Equal => {}
            }
        }
        let (mut n_after, mut n_before) = (0_usize, 0_usize);
        for (a, b) in &pairs.matched {
            let revision = |it: &SyncRule| pairs::tag(it).and_then(|(_, it)| it);
            match revision(&before.rules[*a]).cmp(&revision(&after.rules[*b])) {
                std::cmp::Ordering::Less => n_after += 1,
                std::cmp::Ordering::Greater => n_before += 1,
                std::cmp::Ordering::Equal => {}
            }
        }
        match (n_before, n_after) {
            (0, 0) => Self::Same,
            (b, a) if b > a => Self::Before,
            _ => Self::After,
        }
    }
}

fn versions(before: &Configuration, after: &Configuration, sink: &mut Sink) {
    let mut version = |subject: &str, a: Option<&str>, b: Option<&str>| {
        // One side that does not say is no difference of the builds.
        if let (Some(a), Some(b)) = (a, b)
            && a.trim() != b.trim()
        {
            sink.newer(Difference {
                area: Area::Global,
                subject: subject.to_owned(),
                connector: None,
                kind: Kind::Version,
                part: None,
                what: "version differs".to_owned(),
                before: Some(value(a)),
                after: Some(value(b)),
            });
        }
    };
    version("Microsoft Entra Connect", before.build.as_deref(), after.build.as_deref());
    let assembly = |it: &Configuration| {
        let mut cloud = it.connectors.iter().filter(|it| it.is_cloud());
        cloud.find_map(|it| it.extensible.as_ref()?.assembly_version.clone())
    };
    version(
        "Connector to Microsoft Entra ID",
        assembly(before).as_deref(),
        assembly(after).as_deref(),
    );
}

fn parameters(before: &Configuration, after: &Configuration, links: &Links, sink: &mut Sink) {
    let (Some(a), Some(b)) = (&before.parameters, &after.parameters) else {
        if before.parameters.is_some() != after.parameters.is_some() {
            let say = |it: &Option<Vec<_>>| {
                Some(if it.is_some() { "there" } else { "missing" }.to_owned())
            };
            sink.add(Difference {
                area: Area::Global,
                subject: "Global parameters".to_owned(),
                connector: None,
                kind: if after.parameters.is_some() {
                    Kind::ParameterAdded
                } else {
                    Kind::ParameterRemoved
                },
                part: None,
                what: "their file is only on one side".to_owned(),
                before: say(&before.parameters),
                after: say(&after.parameters),
            });
        }
        return;
    };
    words::settings(a, b, links, |name, kind, a, b| {
        let is_one_of = |all: &[&str]| all.iter().any(|it| it.eq_ignore_ascii_case(name));
        if is_one_of(&VOLATILE) {
            return;
        }
        let is_version = is_one_of(&VERSIONS);
        // What became of the build was said from this very parameter, or from a better file.
        if is_one_of(&VERSIONS[..1]) && before.build.is_some() && after.build.is_some() {
            return;
        }
        let what = match kind {
            Kind::ParameterAdded => "global parameter added",
            Kind::ParameterRemoved => "global parameter removed",
            _ => "global parameter changed",
        };
        let difference = Difference {
            area: Area::Global,
            subject: name.to_owned(),
            connector: None,
            kind: if is_version { Kind::Version } else { kind },
            part: None,
            what: what.to_owned(),
            before: a,
            after: b,
        };
        if is_version { sink.newer(difference) } else { sink.add(difference) }
    });
}
