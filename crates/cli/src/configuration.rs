//! Reads a configuration, whatever form it has: a bundle, an export of a server, or a snapshot.
use std::{io, path::Path};

use dirlift_exporter::{
    bundle::{Bundle, MANIFEST, ReadError},
    diff::{Configuration, NoConfiguration},
};
use dirlift_importer::rehearsal::{RuleBasis, Setup};
use dirlift_model::{
    config::{Connector, Location, Problem},
    progress::Progress,
};
use dirlift_source::{Host, Snapshot, assemble, read_rules_folder};

use crate::error::CommandError;

/// Place of the basis of standard rules in a bundle's `settings.json`.
const BASIS: &str = "/standard_rules/basis";

/// The export in a place; a part that cannot be read is told with the result.
pub(crate) fn export(place: &Snapshot) -> Result<Configuration, NoConfiguration> {
    let mut files = Vec::new();
    let mut damaged = Vec::new();
    for name in place.parts().into_iter().filter(|it| Configuration::is_part(it)) {
        match place.read(&name) {
            Ok(Some(bytes)) => files.push((name, bytes)),
            Ok(None) => {}
            Err(error) => {
                let location = Location { file: name, line: 1, column: 1 };
                damaged.push(Problem { location, what: error.to_string() });
            }
        }
    }
    let mut configuration = Configuration::from_parts(&files)?;
    configuration.damaged.extend(damaged);
    configuration.problems.extend(place.problems());
    Ok(configuration)
}

/// What is rehearsed: a bundle or an export with its own rules, or a snapshot of a server without any, translated. `rules`
/// is the export of the server that takes over.
pub(crate) fn setup(
    path: &Path,
    rules: Option<&Path>,
    progress: &mut dyn Progress,
) -> Result<Setup, CommandError> {
    let name = path.display().to_string();
    let place = Snapshot::open(path)?;
    let is_bundle = path.is_file() && place.parts().iter().any(|it| it == MANIFEST);
    let mut basis = None;
    if is_bundle {
        // Every byte of it is checked; the parts are then the same as those of the place.
        let bundle = Bundle::read(path).map_err(bundle_failed)?;
        basis = bundle.part("settings.json").and_then(target_basis);
    }
    let mut setup = match export(&place) {
        Ok(it) if !it.connectors.is_empty() => Setup::from_export(&name, &it),
        _ => {
            let facts = assemble(&place, None, progress)?;
            let Some(configuration) = &facts.configuration else {
                let text = format!("{name} has no configuration of a synchronization server");
                return Err(CommandError::failed(text).hint(
                    "give a bundle, an export with Connectors and SynchronizationRules, or a snapshot with \
                     server-configuration/",
                ));
            };
            Setup::from_server(&name, &configuration.server, facts.baseline.as_ref())
        }
    }
    .map_err(CommandError::failed)?;
    if let Some(basis) = basis {
        setup.rule_basis = basis;
    }
    if let Some(rules) = rules {
        let target = read_rules_folder(rules)?;
        setup.use_target_rules(&target.configuration).map_err(CommandError::failed)?;
        let shown = |it: &Problem| format!("{}: {}", it.location, it.what);
        setup.damaged.extend(target.damaged.iter().map(shown));
        setup.notes.extend(target.configuration.problems.iter().map(shown));
    }
    Ok(setup)
}

/// Whether the settings of a bundle say that its standard rules are the target's.
fn target_basis(settings: &[u8]) -> Option<RuleBasis> {
    let settings: serde_json::Value = serde_json::from_slice(settings).ok()?;
    (settings.pointer(BASIS)? == "target").then_some(RuleBasis::Target)
}

fn bundle_failed(error: ReadError) -> CommandError {
    CommandError::failed(error).hint("it was damaged or changed; export it again")
}

/// The connectors to Active Directory, in the order in which they are read. A file that cannot be read is an error: with
/// it a connector would be missing in silence.
pub(crate) fn ad_connectors(path: &Path) -> Result<Vec<Connector>, CommandError> {
    let failed = |what: String| CommandError::file("reading", path, io::Error::other(what));
    let place = Snapshot::open(path)?;
    let mut connectors = match export(&place) {
        Ok(found) => {
            if let Some(problem) = found.damaged.first() {
                return Err(failed(format!("{}: {}", problem.location.file, problem.what)));
            }
            found.connectors
        }
        // Servers before Azure AD Connect have another form of export, which a snapshot holds.
        Err(_) => assemble(&place, None, &mut ())?
            .configuration
            .map(|it| it.server.connectors)
            .unwrap_or_default(),
    };
    connectors.retain(Connector::is_active_directory);
    if connectors.is_empty() {
        return Err(failed("it has no connector to Active Directory".to_owned()));
    }
    Ok(connectors)
}

/// The connector of this name, or the only one there is.
pub(crate) fn choose<'c>(
    connectors: &'c [Connector],
    name: Option<&str>,
) -> Result<&'c Connector, CommandError> {
    let names = || connectors.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join("; ");
    match (name, connectors) {
        (None, [only]) => Ok(only),
        (None, _) => {
            let text = format!("the configuration has several forests: {}", names());
            Err(CommandError::usage(text).hint("name one of them with --connector"))
        }
        (Some(name), _) => {
            let lower = name.to_lowercase();
            let found = connectors.iter().find(|it| it.name.to_lowercase() == lower);
            found.ok_or_else(|| {
                let text = format!("the configuration has no connector {name}; it has {}", names());
                CommandError::usage(text)
            })
        }
    }
}
