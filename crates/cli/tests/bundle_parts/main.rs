//! The parts of a bundle, from snapshot through facts and analysis: what `source`, `analyzer` and `exporter` make of the
//! organisations together. These crates may not depend on one another.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
mod canaries;
mod configuration;
mod gate;
mod guide;
mod schema;
mod scripts;
mod settings;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use dirlift_analyzer::{Knowledge, Options, analyze};
use dirlift_exporter::{
    Exported, Force, Input, bundle::Part, export, gate, target_rules, translation,
};
use dirlift_model::{Analysis, Facts, ServerConfiguration};
use dirlift_source::{Host as _, Snapshot, assemble};
use dirlift_testkit::sample::published_export as contoso;
use jiff::Timestamp;

/// All organisations whose configuration can be read.
const ORGANISATIONS: [&str; 4] = ["adatum", "fabrikam", "northwind", "tailspin"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn organisation(name: &str) -> PathBuf {
    root().join("test-data").join(name)
}

/// Everything that is known of one server.
#[derive(Clone)]
struct Server {
    facts: Facts,
    analysis: Analysis,
    originals: Vec<Part>,
}

impl Server {
    fn open(path: &Path) -> Self {
        let snapshot = Snapshot::open(path).unwrap();
        let facts = assemble(&snapshot, None, &mut ()).unwrap();
        let options = Options { as_of: time(&facts), mode: None, tool_version: "0.1.0".to_owned() };
        let analysis = analyze(&facts, None, &Knowledge::builtin(), &options);
        let originals = snapshot.parts().into_iter().filter_map(|it| {
            let path = configuration_path(&it)?;
            Some(Part::new(path, snapshot.read(&it).unwrap()?))
        });
        Self { originals: originals.collect(), facts, analysis }
    }

    fn of(name: &str) -> Self {
        Self::open(&organisation(name))
    }

    fn input(&self) -> Input<'_> {
        Input {
            tool: "dirlift 0.1.0".to_owned(),
            facts: &self.facts,
            analysis: &self.analysis,
            snapshot_time: time(&self.facts),
            forced: gate(&self.facts, &self.analysis, Force::Yes).unwrap(),
            translation: translation(&self.facts, None),
            target_rules: None,
            originals: self.originals.clone(),
            object_guids: BTreeMap::new(),
        }
    }

    /// With the export of the server that takes over.
    fn input_with<'a>(&'a self, target: &ServerConfiguration) -> Input<'a> {
        let own = &self.facts.configuration.as_ref().unwrap().server;
        Input {
            translation: translation(&self.facts, Some(target)),
            target_rules: Some(target_rules(target, own)),
            ..self.input()
        }
    }

    fn export(&self) -> Exported {
        export(&self.input()).unwrap()
    }

    fn configuration(&self) -> &ServerConfiguration {
        &self.facts.configuration.as_ref().unwrap().server
    }
}

/// The path of a part inside the server's export, which may lie at the top.
fn configuration_path(part: &str) -> Option<&str> {
    let folders = ["Connectors/", "GlobalSettings/", "SynchronizationRules/"];
    let is_at_top = folders.iter().any(|it| part.starts_with(it));
    part.strip_prefix("server-configuration/").or_else(|| is_at_top.then_some(part))
}

fn time(facts: &Facts) -> Timestamp {
    facts.taken_at.unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A part as text.
fn text<'e>(exported: &'e Exported, path: &str) -> &'e str {
    let part = exported.parts.iter().find(|it| it.path == path).unwrap();
    std::str::from_utf8(&part.bytes).unwrap()
}
