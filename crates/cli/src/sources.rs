//! Opens what `--ad` names, and the exports of connector spaces that `--ad` and `--entra` may name.
use std::{fs::File, path::Path};

use dirlift_directory::{Connect, DirectoryError, Import, ImportRequest, Source};
use dirlift_serverconfig::csexport::{Decoded, ImportedObjects};

use crate::error::CommandError;

/// `[FOREST=]SOURCE`: what stands before the equals sign is a name only when it could not be part of a path or a URL.
pub(crate) fn split_forest(text: &str) -> (Option<&str>, &str) {
    match text.split_once('=') {
        Some((name, rest)) if !name.contains(['/', '\\', ':']) => (Some(name.trim()), rest),
        _ => (None, text),
    }
}

/// Begins the import of a forest, whatever the source is. Must be called inside a tokio runtime.
pub(crate) async fn open_ad(
    source: &Source,
    request: ImportRequest,
    connect: Connect,
) -> Result<Import, CommandError> {
    match source {
        Source::CsExport(path) => {
            Ok(Import::from_objects(Box::new(connector_space(path)?), request))
        }
        _ => Import::start(source, request, connect).await.map_err(ad_failed),
    }
}

/// The objects of a connector space as its last import left them: `csexport:FILE`. For the cloud's connector they go to
/// [`dirlift_entra::read_objects`].
pub(crate) fn connector_space(path: &Path) -> Result<ImportedObjects<Decoded<File>>, CommandError> {
    let file = File::open(path).map_err(|it| CommandError::file("opening", path, it))?;
    Ok(ImportedObjects::decoding(&path.display().to_string(), file))
}

/// A failure of the directory, with the place where more is said.
pub(crate) fn ad_failed(error: DirectoryError) -> CommandError {
    let hint =
        "docs/active-directory.md says what is asked of the directory and which rights that takes";
    CommandError::failed(error).hint(hint)
}
