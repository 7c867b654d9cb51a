//! Finds the connectors of a configuration, whatever it lies in: a bundle, an export of a server, or a snapshot.
use std::{io, path::Path};

use dirlift_exporter::diff::Configuration;
use dirlift_model::config::Connector;
use dirlift_source::{Host as _, Snapshot, assemble};

use crate::error::CommandError;

/// The connectors to Active Directory, in the order in which they are read. A file that cannot be read is an error: with
/// it a connector would be missing in silence.
pub(crate) fn ad_connectors(path: &Path) -> Result<Vec<Connector>, CommandError> {
    let failed = |what: String| CommandError::file("reading", path, io::Error::other(what));
    let place = Snapshot::open(path)?;
    let mut files = Vec::new();
    for name in place.parts().into_iter().filter(|it| Configuration::is_part(it)) {
        if let Some(bytes) = place.read(&name)? {
            files.push((name, bytes));
        }
    }
    let mut connectors = match Configuration::from_parts(&files) {
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
