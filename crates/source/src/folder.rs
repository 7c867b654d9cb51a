//! Folders: walked without following links, bounded in depth and number.
use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use dirlift_model::{config::Problem, text::shorten};

use crate::{
    MAX_PART_SIZE, Refusal, SourceError,
    names::{MAX_DEPTH, MAX_FILES, unusable},
    text::problem,
};

/// The files of a folder, with forward slashes, sorted, and what was strange about the others.
pub(crate) fn walk(place: &str, root: &Path) -> Result<(Vec<String>, Vec<Problem>), SourceError> {
    let refused = |why| SourceError::Refused { place: place.to_owned(), why };
    let mut files = Vec::new();
    let mut problems = Vec::new();
    let mut open: Vec<(PathBuf, String, usize)> = vec![(root.to_owned(), String::new(), 0)];
    let mut n_seen = 0;
    while let Some((folder, prefix, depth)) = open.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(source) if depth == 0 => return Err(SourceError::Open { path: folder, source }),
            Err(error) => {
                problems.push(strange(&prefix, format!("the folder could not be read: {error}")));
                continue;
            }
        };
        for entry in entries {
            n_seen += 1;
            if n_seen > MAX_FILES {
                return Err(refused(Refusal::TooMany));
            }
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    problems.push(strange(
                        &prefix,
                        format!("the folder could not be read to its end: {error}"),
                    ));
                    continue;
                }
            };
            let file_name = entry.file_name();
            let name = format!("{prefix}{}", file_name.to_string_lossy());
            let kind = match entry.file_type() {
                Ok(_) if file_name.to_str().is_none() => {
                    problems.push(strange(&name, "the name is not Unicode; it was left out"));
                    continue;
                }
                Ok(kind) => kind,
                Err(error) => {
                    problems.push(strange(&name, format!("it could not be looked at: {error}")));
                    continue;
                }
            };
            if kind.is_symlink() {
                problems.push(strange(
                    &name,
                    "it is a link, which is not followed; put a copy of the file in its place",
                ));
            } else if kind.is_dir() && depth == MAX_DEPTH {
                let entry = name;
                return Err(SourceError::RefusedEntry {
                    place: place.to_owned(),
                    entry,
                    why: Refusal::TooDeep,
                });
            } else if kind.is_dir() {
                open.push((entry.path(), format!("{name}/"), depth + 1));
            } else if kind.is_file() {
                if let Some(why) = unusable(&name) {
                    problems.push(strange(
                        &name,
                        format!("the name {why}; a zip of this folder would be refused"),
                    ));
                }
                files.push(name);
            } else {
                problems.push(strange(&name, "it is not a regular file; it was left out"));
            }
        }
    }
    files.sort_unstable();
    problems.sort_unstable();
    Ok((files, problems))
}

fn strange(name: &str, what: impl Into<String>) -> Problem {
    problem(&shorten(name.trim_end_matches('/'), 200), 1, 1, what)
}

/// The bytes of a file; `None` when it has gone, or is no longer a regular file.
pub(crate) fn read(part: &str, path: &Path) -> Result<Option<Vec<u8>>, SourceError> {
    let failed =
        |it: std::io::Error| SourceError::Read { part: part.to_owned(), why: it.to_string() };
    match fs::symlink_metadata(path) {
        Ok(it) if it.is_file() => {}
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    }
    let file = fs::File::open(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    let mut bytes = Vec::new();
    if size <= MAX_PART_SIZE {
        file.take(MAX_PART_SIZE + 1).read_to_end(&mut bytes).map_err(failed)?;
    }
    if size > MAX_PART_SIZE || bytes.len() as u64 > MAX_PART_SIZE {
        return Err(SourceError::PartTooLarge { part: part.to_owned() });
    }
    Ok(Some(bytes))
}
