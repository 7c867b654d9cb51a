//! Reads a folder of Graph JSON: the same objects as from Graph itself.
use std::{ops::ControlFlow, path::Path};

use dirlift_model::{CsObject, TenantFacts, progress::Progress, text::shorten};

use super::{
    list::{File, Files, Format, list},
    stream::{Place, entities},
};
use crate::{
    attributes::Kind,
    collections::{Collection, row_of},
    entity::{Entity, Member, Reader},
    error::Error,
    facts::{Facts, rows},
    import::{Merged, Names},
};

/// Largest file that holds a single entity, in bytes.
const MAX_SINGLE: u64 = 16 << 20;

/// Reads the objects of a folder in the order in which an import brings them, and returns the facts of the tenant.
/// `take` ends the reading with [`ControlFlow::Break`].
pub fn read_folder(
    folder: &Path,
    kinds: &[Kind],
    progress: &mut dyn Progress,
    take: &mut dyn FnMut(CsObject) -> ControlFlow<()>,
) -> Result<TenantFacts, Error> {
    let files = list(folder)?;
    let has_objects = files.collections.keys().any(|it| matches!(it, Collection::Objects(_)));
    if !has_objects {
        let reason =
            "no Graph JSON of objects in it, such as users.jsonl or users-1.json (docs/entra.md)";
        return Err(Error::Folder { path: folder.to_owned(), reason });
    }
    let mut facts = Facts::default();
    for row in rows() {
        match files.collections.get(&row.collection) {
            None => facts.missing(row, format!("the folder has no file {}*.json", row.name)),
            Some(files) => {
                facts.begin(row.collection);
                tenant_part(files, row.collection, &mut facts)?;
            }
        }
    }
    let mut names = Names::default();
    for kind in Kind::ALL.into_iter().filter(|it| kinds.contains(it)) {
        let row = row_of(Collection::Objects(kind));
        let Some(pages) = files.collections.get(&row.collection) else {
            facts.missing(row, format!("the folder has no file {}*.json", row.name));
            continue;
        };
        facts.begin(row.collection);
        progress.begin(&format!("reading {}", row.name), "objects", None);
        let mut run = Run {
            reader: Reader::new(kind),
            files: &files,
            names: &mut names,
            facts: &mut facts,
            progress,
            take,
        };
        run.objects(pages)?;
        progress.end();
    }
    for name in files.unknown.iter().take(100) {
        facts.unknown_file(&shorten(name, 100));
    }
    Ok(facts.finish())
}

fn tenant_part(files: &[File], collection: Collection, facts: &mut Facts) -> Result<(), Error> {
    let mut read = |json: &str, place: String| {
        facts.entity(collection, json).map_err(|it| Error::malformed(place, &it))
    };
    if collection == Collection::DirectorySync {
        // One entity, bare or in a list.
        for file in files.iter().filter(|it| it.format == Format::Page) {
            let place = file.path.display().to_string();
            let size = std::fs::metadata(&file.path)
                .map_err(|it| Error::file("reading", &file.path, it))?
                .len();
            if size > MAX_SINGLE {
                return Err(Error::TooLarge { place, limit: MAX_SINGLE });
            }
            let text = std::fs::read_to_string(&file.path)
                .map_err(|it| Error::file("reading", &file.path, it))?;
            let text = text.trim_start_matches('\u{feff}');
            let wrapped: Option<Vec<serde_json::Value>> = crate::facts::property(text, "value");
            match wrapped {
                Some(all) => all.iter().try_for_each(|it| read(&it.to_string(), place.clone()))?,
                None => read(text, place)?,
            }
        }
        let lines: Vec<_> = files.iter().filter(|it| it.format == Format::Lines).cloned().collect();
        return all_pages(&lines, &mut |json, place| read(json, place.to_string()));
    }
    all_pages(files, &mut |json, place| read(json, place.to_string()))
}

/// Reads files of one collection; that the last page is there is part of it.
fn all_pages(
    files: &[File],
    each: &mut dyn FnMut(&str, &Place) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut is_complete = true;
    for (at, file) in files.iter().enumerate() {
        let leads_on = entities(file, each)?;
        is_complete = (at > 0 && is_complete) || !leads_on;
    }
    match files.last() {
        Some(last) if !is_complete => Err(Error::Malformed {
            place: last.path.display().to_string(),
            reason: "every page leads to a further one: the last page is missing".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Reading the objects of one kind.
struct Run<'a> {
    reader: Reader,
    files: &'a Files,
    names: &'a mut Names,
    facts: &'a mut Facts,
    progress: &'a mut dyn Progress,
    take: &'a mut dyn FnMut(CsObject) -> ControlFlow<()>,
}

impl Run<'_> {
    fn objects(&mut self, pages: &[File]) -> Result<(), Error> {
        let mut merged = Merged::default();
        let (deltas, plain): (Vec<File>, Vec<File>) =
            pages.iter().cloned().partition(|it| it.is_delta);
        all_pages(&deltas, &mut |json, place| {
            merged.add(self.read(json, place)?);
            Ok(())
        })?;
        all_pages(&plain, &mut |json, place| {
            let entity = self.read(json, place)?;
            if entity.removed || merged.contains(entity.id) {
                return Ok(());
            }
            let entity = self.with_members(entity, place)?;
            self.give(entity)
        })?;
        merged.finish().try_for_each(|it| self.give(it))
    }

    fn read(&self, json: &str, place: &Place) -> Result<Entity, Error> {
        self.reader.read(json).map_err(|it| Error::malformed(place.to_string(), &it))
    }

    /// The members of a group: in the group itself, or in files of their own.
    fn with_members(&self, mut entity: Entity, place: &Place) -> Result<Entity, Error> {
        if self.reader.kind != Kind::Group {
            return Ok(entity);
        }
        let wrong = |reason: String| Err(Error::Malformed { place: place.to_string(), reason });
        let id = entity.id;
        if let Some(files) = self.files.members.get(&id) {
            let mut members = Vec::new();
            all_pages(files, &mut |json, place| {
                #[derive(serde::Deserialize)]
                struct Item {
                    id: dirlift_model::Guid,
                }
                let item: Item = serde_json::from_str(json)
                    .map_err(|it| Error::malformed(place.to_string(), &it))?;
                members.push(Member { id: item.id, removed: false });
                Ok(())
            })?;
            entity.members = Some(members);
        } else if entity.more_members {
            return wrong(format!(
                "the members of the group {id} go on elsewhere; save them as members-{id}-1.json and so on"
            ));
        } else if entity.members.is_none() {
            return wrong(format!(
                "the group {id} has no list of members; add it as `members`, or save its pages as members-{id}-1.json and so on"
            ));
        }
        Ok(entity)
    }

    fn give(&mut self, mut entity: Entity) -> Result<(), Error> {
        if !self.names.note(&entity) {
            return Ok(());
        }
        self.facts.object(self.reader.kind, &mut entity);
        self.progress.advance(1);
        let names = &*self.names;
        match (self.take)(self.reader.object(entity, |it| names.dn(it))) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::ReceiverGone),
        }
    }
}
