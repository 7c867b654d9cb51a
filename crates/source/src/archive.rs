//! Zips: every entry is checked before anything is read, and nothing is ever extracted.
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    sync::{Mutex, PoisonError},
};

use zip::{ZipArchive, read::ZipFileEntry};

use crate::{
    MAX_PART_SIZE, Refusal, SourceError,
    names::{MAX_DEPTH, MAX_FILES, folded, unusable},
};

/// Largest unpacked size of one entry in bytes.
const MAX_ENTRY_SIZE: u64 = 2 << 30;

/// Largest unpacked size of all entries in bytes.
const MAX_TOTAL_SIZE: u64 = 4 << 30;

/// Largest ratio of unpacked to packed size, for entries of at least [`RATIO_FROM`] bytes.
const MAX_RATIO: u64 = 200;

/// Entries below this size in bytes may have any ratio.
const RATIO_FROM: u64 = 1 << 20;

/// A zip whose entries have been checked.
#[derive(Debug)]
pub(crate) struct Archive {
    place: String,
    zip: Mutex<ZipArchive<BufReader<File>>>,
}

/// One file of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Full name with forward slashes.
    pub(crate) name: String,
    /// Number in the directory.
    pub(crate) index: usize,
}

impl Archive {
    /// Opens and checks a zip; the files come in the order of its directory.
    pub(crate) fn open(place: &str, mut file: File) -> Result<(Self, Vec<Entry>), SourceError> {
        let refused = |why| SourceError::Refused { place: place.to_owned(), why };
        let broken = |why: String| SourceError::NotFolderOrZip { place: place.to_owned(), why };
        if let Some(why) = check_end(&mut file).map_err(|it| broken(it.to_string()))? {
            return Err(refused(why));
        }
        let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|it| broken(it.to_string()))?;
        if zip.len() > MAX_FILES {
            return Err(refused(Refusal::TooMany));
        }
        if zip.has_duplicate_names() {
            return Err(refused(Refusal::SameName));
        }
        let entries = check_entries(place, &zip)?;
        if zip.has_overlapping_files().map_err(|it| broken(it.to_string()))? {
            return Err(refused(Refusal::Overlap));
        }
        Ok((Self { place: place.to_owned(), zip: Mutex::new(zip) }, entries))
    }

    /// The bytes of a file.
    pub(crate) fn read(&self, part: &str, index: usize) -> Result<Vec<u8>, SourceError> {
        let failed = |why: String| SourceError::Read { part: part.to_owned(), why };
        let mut zip = self.zip.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = zip.by_index(index).map_err(|it| failed(it.to_string()))?;
        let stated = entry.size();
        if stated > MAX_PART_SIZE {
            return Err(SourceError::PartTooLarge { part: part.to_owned() });
        }
        // The library stops at the stated size too; it has no error of its own for that, only this text.
        let mut bytes = Vec::new();
        let result = entry.take(stated + 1).read_to_end(&mut bytes);
        let is_longer = |it: &io::Error| it.to_string().contains("larger than its declared");
        if bytes.len() as u64 > stated || result.as_ref().is_err_and(is_longer) {
            let why = Refusal::LyingSize;
            return Err(SourceError::RefusedEntry {
                place: self.place.clone(),
                entry: part.to_owned(),
                why,
            });
        }
        result.map_err(|it| failed(it.to_string()))?;
        if (bytes.len() as u64) < stated {
            return Err(failed("it is cut off".to_owned()));
        }
        Ok(bytes)
    }
}

fn check_entries(
    place: &str,
    zip: &ZipArchive<BufReader<File>>,
) -> Result<Vec<Entry>, SourceError> {
    let directory = zip.metadata();
    let mut files = Vec::new();
    let mut seen = BTreeMap::new();
    let mut total = 0u64;
    for index in 0..zip.len() {
        let broken = |it: zip::result::ZipError| SourceError::NotFolderOrZip {
            place: place.to_owned(),
            why: it.to_string(),
        };
        let entry = directory.entry(index).map_err(broken)?;
        let decoded = entry.name().map(std::borrow::Cow::into_owned);
        let name = decoded.as_deref().unwrap_or("?");
        let refused = |why| SourceError::RefusedEntry {
            place: place.to_owned(),
            entry: name.to_owned(),
            why,
        };
        if decoded.is_err() {
            return Err(refused(Refusal::UndecodableName));
        }
        let trimmed = name.strip_suffix('/').unwrap_or(name);
        check_entry(&entry, trimmed).map_err(refused)?;
        if let Some(other) = seen.insert(folded(trimmed), name.to_owned()) {
            return Err(refused(Refusal::Duplicate { other }));
        }
        total = total.saturating_add(entry.size());
        if total > MAX_TOTAL_SIZE {
            return Err(SourceError::Refused { place: place.to_owned(), why: Refusal::TotalSize });
        }
        if trimmed.len() == name.len() {
            files.push(Entry { name: name.to_owned(), index });
        }
    }
    Ok(files)
}

fn check_entry(entry: &ZipFileEntry<'_>, name: &str) -> Result<(), Refusal> {
    const KIND: u32 = 0o170_000;
    const LINK: u32 = 0o120_000;
    const REPARSE_POINT: u32 = 0x400;
    if let Some(why) = unusable(name) {
        return Err(why.into());
    }
    if name.split('/').count() > MAX_DEPTH + 1 {
        return Err(Refusal::TooDeep);
    }
    if entry.encrypted() {
        return Err(Refusal::Encrypted);
    }
    // The mode is looked at whatever system the entry says it was made on: readers differ in whether they do.
    let attributes = entry.external_attributes();
    if (attributes >> 16) & KIND == LINK || attributes & REPARSE_POINT != 0 {
        return Err(Refusal::Link);
    }
    if entry.unix_mode().is_some_and(|mode| !matches!(mode & KIND, 0 | 0o100_000 | 0o040_000)) {
        return Err(Refusal::Special);
    }
    if entry.size() > MAX_ENTRY_SIZE {
        return Err(Refusal::EntrySize);
    }
    if entry.size() >= RATIO_FROM && entry.size() / entry.compressed_size().max(1) > MAX_RATIO {
        return Err(Refusal::Ratio);
    }
    Ok(())
}

/// Looks at the record at the end of the zip before its directory is loaded: a directory of a million entries would
/// take its memory before anybody could count it.
fn check_end(file: &mut File) -> io::Result<Option<Refusal>> {
    const MARK: &[u8] = b"PK\x05\x06";
    const LEN: usize = 22;
    let size = file.seek(SeekFrom::End(0))?;
    let from = size.saturating_sub((1 << 16) + 128);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take(size - from).read_to_end(&mut tail)?;
    file.seek(SeekFrom::Start(0))?;
    let u16_at = |at: usize| usize::from(u16::from_le_bytes([tail[at], tail[at + 1]]));
    let all_ones = |at: usize| tail[at..at + 4] == [0xFF; 4];
    for at in 0..(tail.len() + 1).saturating_sub(LEN) {
        let is_record = tail[at..].starts_with(MARK) && at + LEN + u16_at(at + 20) <= tail.len();
        if is_record && (u16_at(at + 8) > MAX_FILES || u16_at(at + 10) > MAX_FILES) {
            return Ok(Some(Refusal::TooMany));
        }
        if is_record && (all_ones(at + 12) || all_ones(at + 16)) {
            return Ok(Some(Refusal::Zip64));
        }
    }
    Ok(None)
}
