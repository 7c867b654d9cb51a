//! Writes an import into a folder: one file a collection, one entity a line.
use std::{
    fs,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

use dirlift_model::{CsObject, TenantFacts, progress::Progress};
use tempfile::NamedTempFile;

use crate::{
    collections::CollectionRow,
    error::Error,
    graph::Graph,
    import::{ImportOptions, Sink, read},
};

/// Imports a tenant into a folder of Graph JSON and returns its facts.
///
/// The folder is made, or has to be empty. Files are for the owner only and get their names when all of them are
/// complete; an import that stops leaves nothing behind. Members are always read in batches.
pub async fn save(
    graph: &Graph,
    options: &ImportOptions,
    folder: &Path,
    progress: &mut dyn Progress,
) -> Result<TenantFacts, Error> {
    let mut sink = ToFolder::create(folder)?;
    let facts = read(graph, options, progress, &mut sink).await?;
    sink.commit()?;
    Ok(facts)
}

struct ToFolder {
    folder: PathBuf,
    files: Vec<(String, BufWriter<NamedTempFile>)>,
}

impl ToFolder {
    fn create(folder: &Path) -> Result<Self, Error> {
        let creating = |it| Error::file("creating", folder, it);
        match fs::read_dir(folder) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    let reason = "the folder is not empty; name a new one";
                    return Err(Error::Folder { path: folder.to_owned(), reason });
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut builder = fs::DirBuilder::new();
                #[cfg(unix)]
                std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
                builder.create(folder).map_err(creating)?;
            }
            Err(error) => return Err(creating(error)),
        }
        Ok(Self { folder: folder.to_owned(), files: Vec::new() })
    }

    fn writing(&self, error: std::io::Error) -> Error {
        let name = self.files.last().map_or("", |(name, _)| name);
        Error::file("writing", self.folder.join(name), error)
    }

    fn commit(self) -> Result<(), Error> {
        let writing = |name: &str, it| Error::file("writing", self.folder.join(name), it);
        let mut complete = Vec::new();
        for (name, out) in self.files {
            let file = out.into_inner().map_err(|it| writing(&name, it.into_error()))?;
            file.as_file().sync_all().map_err(|it| writing(&name, it))?;
            complete.push((name, file));
        }
        for (name, file) in complete {
            file.persist_noclobber(self.folder.join(&name))
                .map_err(|it| writing(&name, it.error))?;
        }
        Ok(())
    }
}

impl Sink for ToFolder {
    const OBJECTS: bool = false;

    fn begin(&mut self, row: &'static CollectionRow) -> Result<(), Error> {
        let file = tempfile::Builder::new()
            .prefix(".dirlift-")
            .suffix(".part")
            .tempfile_in(&self.folder)
            .map_err(|it| Error::file("creating a file in", &self.folder, it))?;
        self.files.push((format!("{}.jsonl", row.name), BufWriter::with_capacity(1 << 16, file)));
        Ok(())
    }

    async fn object(&mut self, _object: CsObject) -> Result<(), Error> {
        Ok(())
    }

    fn text(&mut self, json: &str) -> Result<(), Error> {
        let Some((_, out)) = self.files.last_mut() else { return Ok(()) };
        // Line breaks between the parts of an entity are white space; inside a text they are escaped.
        let written = json
            .split(['\n', '\r'])
            .try_for_each(|it| out.write_all(it.as_bytes()))
            .and_then(|()| out.write_all(b"\n"));
        written.map_err(|it| self.writing(it))
    }
}
