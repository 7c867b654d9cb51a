//! An export's files, wherever they lie in a tree.
use std::collections::BTreeSet;

use dirlift_model::config::{Location, Problem};
use dirlift_serverconfig::{ConfigError, Document, Parsed, declarative::read_migrated_policy};

use super::{Configuration, NoConfiguration, VERSIONS};

/// Folders of an export, in lower case.
const FOLDERS: [&str; 3] = ["synchronizationrules", "connectors", "globalsettings"];

/// Name of the file that states the build, in lower case.
const POLICY: &str = "migratedpolicy.json";

impl Configuration {
    /// Whether a file of this name (with forward slashes) may be part of an export, so that it is worth reading.
    pub fn is_part(name: &str) -> bool {
        place(name).is_some()
    }

    /// Reads the files of an export out of any tree, as names with forward slashes and bytes.
    ///
    /// Where a tree holds several exports the one at the shallowest place counts, the first by name among equals.
    pub fn from_parts(files: &[(String, Vec<u8>)]) -> Result<Self, NoConfiguration> {
        let mut parts: Vec<_> = files
            .iter()
            .filter_map(|(name, bytes)| Some((place(name)?, name.as_str(), bytes.as_slice())))
            .collect();
        parts.sort_unstable();
        let exports = parts.iter().filter(|(it, ..)| !it.is_policy);
        let base = exports.map(|(it, ..)| it).min_by_key(|it| (it.depth, it.base.as_str()));
        let Some(base) = base.map(|it| it.base.clone()) else { return Err(NoConfiguration) };
        let mut out = Self::default();
        let mut seen = BTreeSet::new();
        for (place, name, bytes) in &parts {
            if place.is_policy || place.base != base {
                continue;
            }
            match dirlift_serverconfig::read(name, bytes) {
                Ok(Parsed { value, problems }) => {
                    out.problems.extend(problems);
                    out.take(name, value, &mut seen);
                }
                Err(it) => out.damaged.push(problem(&it)),
            }
        }
        out.read_build(&parts, &base);
        if out.build.is_none() {
            let parameters = out.parameters.iter().flatten();
            let mut version = parameters.filter(|(it, _)| it.eq_ignore_ascii_case(VERSIONS[0]));
            out.build = version.next().map(|(_, it)| it.trim().to_owned());
            out.build.take_if(|it| it.is_empty());
        }
        Ok(out)
    }

    fn take(&mut self, name: &str, value: Document, seen: &mut BTreeSet<dirlift_model::Guid>) {
        match value {
            Document::Rule(it) => self.rules.push(*it),
            Document::Agent(it) if it.id.is_nil() || seen.insert(it.id) => {
                self.connectors.push(*it);
            }
            Document::Metaverse(it) if self.parameters.is_none() => {
                self.parameters = Some(it.parameters);
            }
            Document::Agent(_) | Document::Metaverse(_) => {
                let location = Location { file: name.to_owned(), line: 1, column: 1 };
                let what =
                    "the same was read from another file before; this one was left out".to_owned();
                self.problems.push(Problem { location, what });
            }
        }
    }

    /// The policy of the export itself, or the one in a folder above it, nearest first.
    fn read_build(&mut self, parts: &[(Place, &str, &[u8])], base: &str) {
        let policies = parts.iter().filter(|(it, ..)| it.is_policy && base.starts_with(&it.base));
        let Some((_, name, bytes)) = policies.max_by_key(|(it, ..)| it.depth) else { return };
        match read_migrated_policy(name, bytes) {
            Ok(Parsed { value, problems }) => {
                self.problems.extend(problems);
                let version = value.policy.and_then(|it| it.connect_version);
                self.build = version.filter(|it| !it.trim().is_empty());
            }
            Err(it) => self.damaged.push(problem(&it)),
        }
    }
}

/// Where a part of an export lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// Folders above the export's own, in lower case, each with a slash behind it.
    base: String,
    depth: usize,
    is_policy: bool,
}

fn place(name: &str) -> Option<Place> {
    let name = name.to_lowercase();
    let is_hidden = |it: &str| it.starts_with('.') || it == "__macosx";
    if name.split('/').any(is_hidden) {
        return None;
    }
    let (folders, file) = name.rsplit_once('/').unwrap_or(("", &name));
    if file == POLICY {
        let base = if folders.is_empty() { String::new() } else { format!("{folders}/") };
        return Some(Place { depth: base.matches('/').count(), base, is_policy: true });
    }
    let (_, extension) = file.rsplit_once('.')?;
    let n_base = folders.rfind('/').map_or(0, |it| it + 1);
    let (base, folder) = folders.split_at(n_base);
    (extension == "xml" && FOLDERS.contains(&folder)).then(|| Place {
        base: base.to_owned(),
        depth: base.matches('/').count(),
        is_policy: false,
    })
}

fn problem(error: &ConfigError) -> Problem {
    Problem { location: error.location.clone(), what: error.kind.to_string() }
}
