//! Which file of a folder holds what.
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use dirlift_model::Guid;

use crate::{
    collections::{COLLECTIONS, Collection},
    error::Error,
};

/// Most files in a folder.
const MAX_FILES: usize = 1_000_000;

/// The files of a folder by what they hold, each list in the order of the names.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) collections: BTreeMap<Collection, Vec<File>>,
    /// Pages of the members of one group.
    pub(super) members: BTreeMap<Guid, Vec<File>>,
    /// JSON files whose names say nothing.
    pub(super) unknown: Vec<String>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) format: Format,
    /// Pages of a delta query: an entity may come in several parts.
    pub(super) is_delta: bool,
}

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Format {
    /// One page as Graph returns it.
    Page,
    /// One entity a line.
    Lines,
}

pub(super) fn list(folder: &Path) -> Result<Files, Error> {
    let mut files = Files::default();
    let listing = |it| Error::file("listing", folder, it);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(listing)? {
        let entry = entry.map_err(listing)?;
        // Neither links nor devices: only what lies in the folder itself.
        let is_file = entry.file_type().map_err(listing)?.is_file();
        if let Ok(name) = entry.file_name().into_string()
            && is_file
        {
            names.push(name);
        }
        if names.len() > MAX_FILES {
            return Err(Error::Folder {
                path: folder.to_owned(),
                reason: "more than a million files",
            });
        }
    }
    names.sort_unstable();
    for name in names {
        match place(&name) {
            Some((Place::Collection(collection), format, is_delta)) => {
                let file = File { path: folder.join(&name), format, is_delta };
                files.collections.entry(collection).or_default().push(file);
            }
            Some((Place::Members(group), format, is_delta)) => {
                let file = File { path: folder.join(&name), format, is_delta };
                files.members.entry(group).or_default().push(file);
            }
            None if is_json(&name) => files.unknown.push(name),
            None => {}
        }
    }
    Ok(files)
}

#[derive(Debug, PartialEq, Eq)]
enum Place {
    Collection(Collection),
    Members(Guid),
}

fn is_json(name: &str) -> bool {
    format(name).is_some()
}

fn format(name: &str) -> Option<(&str, Format)> {
    let (stem, extension) = name.rsplit_once('.')?;
    if stem.is_empty() || stem.starts_with('.') {
        return None;
    }
    match extension.to_ascii_lowercase().as_str() {
        "json" => Some((stem, Format::Page)),
        "jsonl" | "ndjson" => Some((stem, Format::Lines)),
        _ => None,
    }
}

/// `users.jsonl`, `users-2.json`, `groups-delta-1.json`, `members-<group id>-1.json`.
fn place(name: &str) -> Option<(Place, Format, bool)> {
    let (stem, format) = format(name)?;
    if let Some(rest) = strip(stem, "members-") {
        let id = rest.get(..36)?.parse().ok()?;
        let is_end = rest.len() == 36 || rest[36..].starts_with(['-', '_', '.']);
        return is_end.then_some((Place::Members(id), format, false));
    }
    let row = COLLECTIONS.iter().find(|it| {
        strip(stem, it.name).is_some_and(|it| it.is_empty() || it.starts_with(['-', '_', '.']))
    })?;
    let rest = strip(stem, row.name)?;
    let is_delta = rest.get(1..).and_then(|it| strip(it, "delta")).is_some();
    Some((Place::Collection(row.collection), format, is_delta))
}

fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    #[test]
    fn names_say_what_a_file_holds() {
        let objects = |kind| Place::Collection(Collection::Objects(kind));
        let id: Guid = "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap();
        let cases = [
            ("users.jsonl", Some((objects(Kind::User), Format::Lines, false))),
            ("Users-000002.JSON", Some((objects(Kind::User), Format::Page, false))),
            ("groups-delta-1.json", Some((objects(Kind::Group), Format::Page, true))),
            ("groups_x.ndjson", Some((objects(Kind::Group), Format::Lines, false))),
            (
                "deletedUsers.json",
                Some((Place::Collection(Collection::DeletedUsers), Format::Page, false)),
            ),
            (
                "members-00112233-4455-6677-8899-aabbccddeeff-1.json",
                Some((Place::Members(id), Format::Page, false)),
            ),
            ("members-00112233-4455-6677-8899-aabbccddeeff0.json", None),
            ("members-ü.json", None),
            ("usersX.json", None),
            ("users.txt", None),
            (".users.json", None),
            ("json", None),
        ];
        for (name, expected) in cases {
            assert_eq!(place(name), expected, "{name}");
        }
    }
}
