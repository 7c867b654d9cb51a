//! A folder of synchronisation rules: an export of a server, a snapshot of one, or rule files by themselves.
use std::{collections::BTreeSet, path::Path};

use dirlift_model::{ServerConfiguration, config::Problem};
use dirlift_serverconfig::{Document, Parsed};

use crate::{SourceError, configuration::config_problem, folder, names::folded, text::problem};

/// Where rules lie in an export.
const RULES: &str = "synchronizationrules";

/// Folders beside them, whose files tell the schemas.
const SCHEMAS: [&str; 2] = ["connectors", "globalsettings"];

/// What a folder of rules holds.
#[derive(Clone, Debug, Default)]
pub struct RulesFolder {
    /// The rules in the order of their files, with connectors and metaverse if they lie beside them. What was not
    /// understood in a file that could be read is among its problems.
    pub configuration: ServerConfiguration,
    /// Files that could not be read at all, so that a rule may be missing.
    pub damaged: Vec<Problem>,
}

/// Reads the rules of a folder.
///
/// An export has them in `SynchronizationRules`, at its top or in `server-configuration`; `Connectors` and
/// `GlobalSettings` beside it are read for their schemas. Without such a folder every XML file that lies directly in the
/// folder is read. Links are not followed.
pub fn read_rules_folder(path: &Path) -> Result<RulesFolder, SourceError> {
    let place = path.display().to_string();
    match std::fs::metadata(path) {
        Ok(it) if it.is_dir() => {}
        Ok(_) => return Err(SourceError::NoRules { place, why: "it is not a folder" }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(SourceError::NotThere { path: path.to_owned() });
        }
        Err(source) => return Err(SourceError::Open { path: path.to_owned(), source }),
    }
    let (files, problems) = folder::walk(&place, path)?;
    let wanted = wanted(&files);
    let mut out = RulesFolder::default();
    out.configuration.problems = problems;
    let mut ids = BTreeSet::new();
    for name in wanted {
        let bytes = match folder::read(name, &path.join(name)) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => continue,
            Err(error) => {
                out.damaged.push(problem(name, 1, 1, error.to_string()));
                continue;
            }
        };
        match dirlift_serverconfig::read(name, &bytes) {
            Ok(Parsed { value, problems }) => {
                let into = &mut out.configuration;
                into.problems.extend(problems);
                match value {
                    Document::Rule(it) => into.rules.push(*it),
                    Document::Agent(it) if ids.insert(it.id) => into.connectors.push(*it),
                    Document::Metaverse(it) if into.metaverse.is_none() => {
                        into.metaverse = Some(*it);
                    }
                    Document::Agent(_) | Document::Metaverse(_) => {
                        let what =
                            "the same was read from another file before; this one was left out";
                        into.problems.push(problem(name, 1, 1, what));
                    }
                }
            }
            Err(error) => out.damaged.push(config_problem(&error)),
        }
    }
    if out.configuration.rules.is_empty() && out.damaged.is_empty() {
        return Err(SourceError::NoRules { place, why: "no file in it is a synchronisation rule" });
    }
    Ok(out)
}

/// The files to read: those of the export at the shallowest place, or all XML files at the top.
fn wanted(files: &[String]) -> Vec<&str> {
    let is_xml = |it: &&str| {
        it.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("xml"))
    };
    let folders = |it: &str| it.rsplit_once('/').map_or("", |it| it.0).to_owned();
    let is_rules = |it: &str| folded(it.rsplit('/').next().unwrap_or(it)) == RULES;
    let places = files.iter().map(|it| folders(it)).filter(|it| is_rules(it));
    let Some(place) = places.min_by_key(|it| (it.matches('/').count(), it.clone())) else {
        return files
            .iter()
            .map(String::as_str)
            .filter(|it| !it.contains('/'))
            .filter(is_xml)
            .collect();
    };
    let base = folders(&place);
    let belongs = |it: &&str| {
        let folder = folders(it);
        let name = folded(folder.rsplit('/').next().unwrap_or(&folder));
        folder == place
            || (folders(&folder) == base && folder != base && SCHEMAS.contains(&name.as_str()))
    };
    files.iter().map(String::as_str).filter(is_xml).filter(belongs).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const RULE: &str = "<synchronizationRule><id>{00000000-0000-0000-0000-000000000001}</id><name>N</name></synchronizationRule>";

    #[test]
    fn the_shallowest_export_counts() {
        let files = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        let cases: &[(&[&str], &[&str])] = &[
            (&["a.xml", "b.XML", "c.json", "d/e.xml"], &["a.xml", "b.XML"]),
            (&["SynchronizationRules/a.xml", "b.xml"], &["SynchronizationRules/a.xml"]),
            (
                &[
                    "Connectors/c.xml",
                    "GlobalSettings/MV.xml",
                    "synchronizationrules/a.xml",
                    "Other/x.xml",
                ],
                &["Connectors/c.xml", "GlobalSettings/MV.xml", "synchronizationrules/a.xml"],
            ),
            (
                &[
                    "old/x/SynchronizationRules/a.xml",
                    "server-configuration/SynchronizationRules/a.xml",
                    "Connectors/c.xml",
                ],
                &["server-configuration/SynchronizationRules/a.xml"],
            ),
            (&["SynchronizationRules/sub/a.xml"], &[]),
        ];
        for (all, expected) in cases {
            assert_eq!(wanted(&files(all)), *expected, "{all:?}");
        }
    }

    #[test]
    fn rules_are_read_and_damage_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        assert!(matches!(read_rules_folder(folder.path()), Err(SourceError::NoRules { .. })));
        write("b.xml", RULE);
        write("a.xml", "<synchronizationRule>");
        write("notes.txt", "nothing");
        let read = read_rules_folder(folder.path()).unwrap();
        assert_eq!(read.configuration.rules.len(), 1);
        assert_eq!(read.configuration.rules[0].location.file, "b.xml");
        assert_eq!(read.damaged.len(), 1);
        assert_eq!(read.damaged[0].location.file, "a.xml");
        let file = read_rules_folder(&folder.path().join("b.xml"));
        assert!(matches!(file, Err(SourceError::NoRules { .. })), "a file is no folder");
        let missing = read_rules_folder(&folder.path().join("missing"));
        assert!(matches!(missing, Err(SourceError::NotThere { .. })));
    }
}
