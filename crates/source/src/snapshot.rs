//! A snapshot on disk: a folder, or a zip of one.
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use dirlift_model::config::Problem;

use crate::{
    Host, SourceError,
    archive::Archive,
    folder,
    names::{common_prefix, folded, is_known},
    text::problem,
};

/// A snapshot that was opened and checked; its parts are read when asked for.
#[derive(Debug)]
pub struct Snapshot {
    place: String,
    store: Store,
    /// By folded name.
    parts: BTreeMap<String, Part>,
    problems: Vec<Problem>,
}

#[derive(Debug)]
enum Store {
    Folder(PathBuf),
    Zip(Archive),
}

#[derive(Debug)]
struct Part {
    /// Name in its own case, without the common folder.
    name: String,
    /// Name as it is stored.
    stored: String,
    /// Number of the entry; 0 in a folder.
    index: usize,
}

impl Snapshot {
    /// Opens a folder or zip and checks all names, sizes and kinds in it.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let place = path.display().to_string();
        let opening = |source| SourceError::Open { path: path.to_owned(), source };
        let metadata = fs::metadata(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => SourceError::NotThere { path: path.to_owned() },
            _ => opening(source),
        })?;
        let (store, stored, problems) = if metadata.is_dir() {
            let (files, problems) = folder::walk(&place, path)?;
            let stored = files.into_iter().map(|it| (it, 0)).collect();
            (Store::Folder(path.to_owned()), stored, problems)
        } else if metadata.is_file() {
            let file = fs::File::open(path).map_err(opening)?;
            let (archive, entries) = Archive::open(&place, file)?;
            let mut stored: Vec<_> = entries.into_iter().map(|it| (it.name, it.index)).collect();
            stored.sort_unstable();
            (Store::Zip(archive), stored, Vec::new())
        } else {
            let why = "it is a device, pipe or socket".to_owned();
            return Err(SourceError::NotFolderOrZip { place, why });
        };
        let mut snapshot = Self { place, store, parts: BTreeMap::new(), problems };
        snapshot.add(stored);
        if snapshot.parts.values().any(|it| is_known(&it.name)) {
            Ok(snapshot)
        } else {
            let hint = hint(snapshot.parts.values().map(|it| it.name.as_str()));
            Err(SourceError::NotASnapshot { place: snapshot.place, hint })
        }
    }

    fn add(&mut self, stored: Vec<(String, usize)>) {
        let prefix = common_prefix(stored.iter().map(|(it, _)| it.as_str())).to_owned();
        for (stored, index) in stored {
            let is_below =
                stored.get(..prefix.len()).is_some_and(|it| it.eq_ignore_ascii_case(&prefix));
            let name = if is_below { stored[prefix.len()..].to_owned() } else { stored.clone() };
            if let Some(first) = self.parts.get(&folded(&name)) {
                let what = format!(
                    "`{}` has the same name but for its case; this one was left out",
                    first.name
                );
                self.problems.push(problem(&name, 1, 1, what));
            } else {
                self.parts.insert(folded(&name), Part { name, stored, index });
            }
        }
    }
}

/// What a place without known parts looks like.
pub(crate) fn hint<'a>(mut names: impl Iterator<Item = &'a str>) -> &'static str {
    let is_export = |name: &str| {
        let last = folded(name.rsplit('/').next().unwrap_or(name));
        last == "mv.xml" || last.strip_suffix(".xml").is_some_and(|it| it.starts_with("ma-"))
    };
    if names.any(is_export) {
        ": it looks like an export of the server configuration, which belongs in a folder server-configuration/"
    } else {
        ": none of the known parts is in it"
    }
}

impl Host for Snapshot {
    fn describe(&self) -> String {
        self.place.clone()
    }

    fn parts(&self) -> Vec<String> {
        let mut names: Vec<_> = self.parts.values().map(|it| it.name.clone()).collect();
        names.sort_unstable();
        names
    }

    fn read(&self, part: &str) -> Result<Option<Vec<u8>>, SourceError> {
        let Some(found) = self.parts.get(&folded(part)) else { return Ok(None) };
        match &self.store {
            Store::Folder(root) => folder::read(&found.name, &root.join(&found.stored)),
            Store::Zip(archive) => archive.read(&found.name, found.index).map(Some),
        }
    }

    fn problems(&self) -> Vec<Problem> {
        self.problems.clone()
    }
}
