//! The container: a zip of which every byte outside of the packed data follows from names, sizes and checksums.
//!
//! Written by hand in few lines, because what a reader checks has to stay the same whatever library packs the data.
use std::collections::BTreeMap;

use flate2::{Compress, Compression, Crc, Decompress, FlushCompress, FlushDecompress, Status};

use crate::{bundle::error::BundleError, names};

/// Largest archive in bytes (64 MiB).
pub(crate) const MAX_ARCHIVE: usize = 64 << 20;
/// Largest unpacked size of one file in bytes (64 MiB).
pub(crate) const MAX_FILE: usize = 64 << 20;
/// Largest unpacked size of all files in bytes (256 MiB).
pub(crate) const MAX_TOTAL: usize = 256 << 20;
/// Most files.
pub(crate) const MAX_FILES: usize = 10_000;
/// Largest ratio of unpacked to packed size, for files of at least [`RATIO_FROM`] bytes.
const MAX_RATIO: usize = 200;
/// Files below this size in bytes may have any ratio.
const RATIO_FROM: usize = 1 << 20;

/// Level of compression; part of what "the same input gives the same bytes" means.
const LEVEL: u32 = 6;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// Version 2.0 of the format, which has folders and deflate.
const VERSION: u16 = 20;
/// Unix (3), version 2.0.
const MADE_BY: u16 = 0x0314;
/// 1980-01-01, the first day that a zip can name.
const DATE: u16 = 0x0021;
/// A regular file that its owner alone reads and writes.
const ATTRIBUTES: u32 = 0o100_600 << 16;
const LOCAL_MARK: u32 = 0x0403_4B50;
const CENTRAL_MARK: u32 = 0x0201_4B50;
const END_MARK: u32 = 0x0605_4B50;
const END_LENGTH: usize = 22;
const CENTRAL_LENGTH: usize = 46;
const LOCAL_LENGTH: usize = 30;

/// One file as it stands in the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry<D> {
    pub(crate) name: String,
    method: u16,
    crc: u32,
    pub(crate) size: usize,
    pub(crate) packed: D,
}

impl Entry<Vec<u8>> {
    /// Packs a file.
    pub(crate) fn pack(name: &str, bytes: &[u8]) -> Self {
        let packed = deflate(bytes).filter(|it| {
            it.len() < bytes.len()
                && !(bytes.len() >= RATIO_FROM && bytes.len() / it.len().max(1) > MAX_RATIO)
        });
        let (method, packed) = match packed {
            Some(packed) => (DEFLATED, packed),
            None => (STORED, bytes.to_vec()),
        };
        Self { name: name.to_owned(), method, crc: crc(bytes), size: bytes.len(), packed }
    }

    /// A file that is not packed, so that every one of its bytes stands in the archive as it is.
    pub(crate) fn store(name: &str, bytes: &[u8]) -> Self {
        let packed = bytes.to_vec();
        Self { name: name.to_owned(), method: STORED, crc: crc(bytes), size: bytes.len(), packed }
    }
}

impl<D: AsRef<[u8]>> Entry<D> {
    /// The file's bytes, checked against size and checksum; all packed bytes have to be used.
    pub(crate) fn unpack(&self) -> Result<Vec<u8>, BundleError> {
        let damaged = || BundleError::Damaged { path: self.name.clone() };
        let packed = self.packed.as_ref();
        let bytes = match self.method {
            STORED => packed.to_vec(),
            _ => inflate(packed, self.size).ok_or_else(damaged)?,
        };
        if bytes.len() == self.size && crc(&bytes) == self.crc { Ok(bytes) } else { Err(damaged()) }
    }

    pub(crate) const fn is_stored(&self) -> bool {
        self.method == STORED
    }

    fn check(&self) -> Result<(), BundleError> {
        let limit = |what, limit| BundleError::Limit { what, limit };
        if let Err(why) = names::check(&self.name) {
            return Err(BundleError::Path { path: self.name.clone(), why });
        }
        if self.size > MAX_FILE {
            return Err(limit("the unpacked size of a file", MAX_FILE));
        }
        if self.size >= RATIO_FROM && self.size / self.packed.as_ref().len().max(1) > MAX_RATIO {
            return Err(limit("the ratio of unpacked to packed size", MAX_RATIO));
        }
        Ok(())
    }
}

/// Writes the archive; entries have to be sorted by name, byte by byte.
pub(crate) fn write<D: AsRef<[u8]>>(entries: &[Entry<D>]) -> Result<Vec<u8>, BundleError> {
    check_all(entries)?;
    let n_bytes: usize =
        entries.iter().map(|it| it.packed.as_ref().len() + 2 * it.name.len() + 76).sum();
    if n_bytes + END_LENGTH > MAX_ARCHIVE {
        return Err(BundleError::Limit { what: "the size of the archive", limit: MAX_ARCHIVE });
    }
    let mut out = Vec::with_capacity(n_bytes + END_LENGTH);
    let mut directory = Vec::new();
    for it in entries {
        let offset = number(out.len());
        u32s(&mut out, &[LOCAL_MARK]);
        header(&mut out, it);
        out.extend_from_slice(it.name.as_bytes());
        out.extend_from_slice(it.packed.as_ref());
        u32s(&mut directory, &[CENTRAL_MARK]);
        u16s(&mut directory, &[MADE_BY]);
        header(&mut directory, it);
        // Comment, disk, internal attributes.
        u16s(&mut directory, &[0, 0, 0]);
        u32s(&mut directory, &[ATTRIBUTES, offset]);
        directory.extend_from_slice(it.name.as_bytes());
    }
    let start = number(out.len());
    let n_entries = u16::try_from(entries.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&directory);
    u32s(&mut out, &[END_MARK]);
    u16s(&mut out, &[0, 0, n_entries, n_entries]);
    u32s(&mut out, &[number(directory.len()), start]);
    u16s(&mut out, &[0]);
    Ok(out)
}

/// What local and central header have in common: version to the length of the extra field.
fn header<D: AsRef<[u8]>>(out: &mut Vec<u8>, it: &Entry<D>) {
    u16s(out, &[VERSION, 0, it.method, 0, DATE]);
    u32s(out, &[it.crc, number(it.packed.as_ref().len()), number(it.size)]);
    u16s(out, &[u16::try_from(it.name.len()).unwrap_or(u16::MAX), 0]);
}

/// Reads an archive and refuses every one that [`write`] would not have written from the same entries.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Entry<&[u8]>>, BundleError> {
    if bytes.len() > MAX_ARCHIVE {
        return Err(BundleError::Limit { what: "the size of the archive", limit: MAX_ARCHIVE });
    }
    let end_at = bytes.len().checked_sub(END_LENGTH).ok_or(BundleError::NoArchive)?;
    if u32_at(bytes, end_at) != Some(END_MARK) {
        let is_zip = u32_at(bytes, 0) == Some(LOCAL_MARK);
        return Err(if is_zip { BundleError::NoEnd } else { BundleError::NoArchive });
    }
    let n_entries = usize::from(u16_at(bytes, end_at + 10).unwrap_or_default());
    if n_entries > MAX_FILES {
        return Err(BundleError::Limit { what: "the number of files", limit: MAX_FILES });
    }
    let directory_at = u32_at(bytes, end_at + 16).map_or(0, |it| it as usize);
    let mut entries = Vec::new();
    let (mut at, mut local_at) = (directory_at, 0);
    for _ in 0..n_entries {
        let (entry, next, next_local) = central(bytes, at, local_at, directory_at)
            .ok_or_else(|| BundleError::NotCanonical { at, entry: name_at(bytes, at) })??;
        entries.push(entry);
        (at, local_at) = (next, next_local);
    }
    check_all(&entries)?;
    // Whatever was not looked at above has to be what `write` makes of it.
    let canonical = write(&entries)?;
    match canonical.iter().zip(bytes).position(|(a, b)| a != b) {
        Some(at) => Err(BundleError::NotCanonical { at, entry: owner(&entries, at) }),
        None if canonical.len() != bytes.len() => {
            Err(BundleError::NotCanonical { at: canonical.len().min(bytes.len()), entry: None })
        }
        None => Ok(entries),
    }
}

/// The file that a byte of the archive belongs to, by its data or by its line in the directory.
fn owner(entries: &[Entry<&[u8]>], at: usize) -> Option<String> {
    let data = entries.iter().map(|it| (it, LOCAL_LENGTH + it.name.len() + it.packed.len()));
    let directory = entries.iter().map(|it| (it, CENTRAL_LENGTH + it.name.len()));
    let mut end = 0;
    data.chain(directory).find_map(|(it, length)| {
        end += length;
        (at < end).then(|| it.name.clone())
    })
}

/// The name in the record of the directory at `at`, if there is one.
fn name_at(bytes: &[u8], at: usize) -> Option<String> {
    let length = usize::from(u16_at(bytes, at.checked_add(28)?)?);
    let start = at + CENTRAL_LENGTH;
    let name = std::str::from_utf8(bytes.get(start..start.checked_add(length)?)?).ok()?;
    names::check(name).ok().map(|()| name.to_owned())
}

type Central<'a> = (Entry<&'a [u8]>, usize, usize);

/// The record of the directory at `at`, whose file begins at `local_at`; `None` when it is cut off or not at its place.
fn central(
    bytes: &[u8],
    at: usize,
    local_at: usize,
    directory_at: usize,
) -> Option<Result<Central<'_>, BundleError>> {
    if u32_at(bytes, at)? != CENTRAL_MARK {
        return None;
    }
    let name_length = usize::from(u16_at(bytes, at + 28)?);
    let name_at = at + CENTRAL_LENGTH;
    let name = String::from_utf8_lossy(bytes.get(name_at..name_at + name_length)?).into_owned();
    if u16_at(bytes, at + 8)? & 1 != 0 {
        return Some(Err(BundleError::Encrypted { path: name }));
    }
    if (u32_at(bytes, at + 38)? >> 16) & 0o170_000 == 0o120_000 {
        return Some(Err(BundleError::Link { path: name }));
    }
    let method = u16_at(bytes, at + 10)?;
    if !matches!(method, STORED | DEFLATED) {
        return None;
    }
    let data_at = local_at.checked_add(LOCAL_LENGTH)?.checked_add(name_length)?;
    let data_end = data_at.checked_add(u32_at(bytes, at + 20)? as usize)?;
    if data_end > directory_at {
        return None;
    }
    let packed = bytes.get(data_at..data_end)?;
    let (crc, size) = (u32_at(bytes, at + 16)?, u32_at(bytes, at + 24)? as usize);
    Some(Ok((Entry { name, method, crc, size, packed }, name_at + name_length, data_end)))
}

/// Limits, names and their order.
fn check_all<D: AsRef<[u8]>>(entries: &[Entry<D>]) -> Result<(), BundleError> {
    if entries.len() > MAX_FILES {
        return Err(BundleError::Limit { what: "the number of files", limit: MAX_FILES });
    }
    let mut folded = BTreeMap::new();
    let mut total = 0usize;
    let mut previous = None;
    for it in entries {
        it.check()?;
        total = total.saturating_add(it.size);
        if let Some(other) = folded.insert(it.name.to_ascii_lowercase(), &it.name) {
            return Err(BundleError::Duplicate { path: it.name.clone(), other: other.clone() });
        }
        if previous.is_some_and(|previous| previous >= &it.name) {
            return Err(BundleError::Order { path: it.name.clone() });
        }
        previous = Some(&it.name);
    }
    if total > MAX_TOTAL {
        return Err(BundleError::Limit {
            what: "the unpacked size of all files",
            limit: MAX_TOTAL,
        });
    }
    Ok(())
}

/// The raw deflate stream; `None` if the library gives up, which it does not do with enough room.
fn deflate(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut stream = Compress::new(Compression::new(LEVEL), false);
    // The worst case is stored blocks: five bytes for each 16 KiB, and some for the ends.
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 1_000 + 1_024);
    let status = stream.compress_vec(bytes, &mut out, FlushCompress::Finish).ok()?;
    let is_whole =
        status == Status::StreamEnd && usize::try_from(stream.total_in()) == Ok(bytes.len());
    is_whole.then_some(out)
}

fn inflate(packed: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut stream = Decompress::new(false);
    let mut out = Vec::with_capacity(size + 1);
    let status = stream.decompress_vec(packed, &mut out, FlushDecompress::Finish).ok()?;
    let is_whole = status == Status::StreamEnd
        && usize::try_from(stream.total_in()) == Ok(packed.len())
        && out.len() == size;
    is_whole.then_some(out)
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Sizes are checked against limits far below 4 GiB before they are written.
fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn u16s(out: &mut Vec<u8>, values: &[u16]) {
    out.extend(values.iter().flat_map(|it| it.to_le_bytes()));
}

fn u32s(out: &mut Vec<u8>, values: &[u32]) {
    out.extend(values.iter().flat_map(|it| it.to_le_bytes()));
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|it| u16::from_le_bytes(*it))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|it| u32::from_le_bytes(*it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(files: &[(&str, &[u8])]) -> Vec<Entry<Vec<u8>>> {
        files.iter().map(|(name, bytes)| Entry::pack(name, bytes)).collect()
    }

    #[test]
    fn the_bytes_of_a_small_archive() {
        // Worked out from APPNOTE 6.3: one stored file `a` with the byte `x` (CRC-32 0x8CDC1683).
        let expected = [
            &b"PK\x03\x04\x14\0\0\0\0\0\0\0\x21\0\x83\x16\xDC\x8C\x01\0\0\0\x01\0\0\0\x01\0\0\0ax"[..],
            b"PK\x01\x02\x14\x03\x14\0\0\0\0\0\0\0\x21\0\x83\x16\xDC\x8C\x01\0\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\x80\x81\0\0\0\0a",
            b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x2F\0\0\0\x20\0\0\0\0\0",
        ]
        .concat();
        let written = write(&[Entry::store("a", b"x")]).unwrap();
        assert_eq!(written, expected);
        assert_eq!(read(&written).unwrap()[0].unpack().unwrap(), b"x");
    }

    #[test]
    fn what_is_written_is_read() {
        let long = b"abcdefgh".repeat(500);
        let zeros = vec![0; 3 << 20];
        let noise: Vec<u8> =
            (0u32..4_000).map(|it| (it.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let files: [(&str, &[u8]); 5] =
            [("a", b""), ("b", b"x"), ("c", &long), ("d", &noise), ("e", &zeros)];
        let written = write(&entries(&files)).unwrap();
        let read = read(&written).unwrap();
        for (entry, (name, bytes)) in read.iter().zip(files) {
            assert_eq!((entry.name.as_str(), entry.unpack().unwrap()), (name, bytes.to_vec()));
        }
        assert!(read[2].packed.len() < 200, "text is packed");
        assert!(read[4].is_stored(), "what shrinks by more than a reader takes is not packed");
    }

    #[test]
    fn order_and_names_are_checked_when_writing() {
        let refused = |files: &[(&str, &[u8])]| write(&entries(files)).unwrap_err();
        assert!(matches!(refused(&[("b", b""), ("a", b"")]), BundleError::Order { .. }));
        assert!(matches!(refused(&[("A", b""), ("a", b"")]), BundleError::Duplicate { .. }));
        assert!(matches!(refused(&[("a", b""), ("a", b"")]), BundleError::Duplicate { .. }));
        assert!(matches!(refused(&[("../a", b"")]), BundleError::Path { .. }));
    }

    #[test]
    fn a_hole_or_something_behind_the_end_is_refused() {
        let written = write(&entries(&[("a", b"xyz"), ("b", b"x")])).unwrap();
        for n_more in 1..40 {
            let longer = [written.clone(), vec![0; n_more]].concat();
            assert!(read(&longer).is_err(), "{n_more} bytes behind the end");
            let shifted = [vec![0; n_more], written.clone()].concat();
            assert!(read(&shifted).is_err(), "{n_more} bytes before the beginning");
        }
        for length in 0..written.len() {
            assert!(read(&written[..length]).is_err(), "cut at {length}");
        }
    }

    #[test]
    fn flags_and_attributes_name_their_reason() {
        let written = write(&entries(&[("a", b"x")])).unwrap();
        // The central header begins at 32: flags at +8, external attributes at +38.
        let mut encrypted = written.clone();
        encrypted[32 + 8] |= 1;
        assert!(matches!(read(&encrypted), Err(BundleError::Encrypted { .. })));
        let mut link = written.clone();
        link[32 + 41] = 0o120_000u16.to_be_bytes()[0];
        assert!(matches!(read(&link), Err(BundleError::Link { .. })));
        // The version in the local header of the only file, and the number of files at the end.
        for (at, entry) in [(4, Some("a".to_owned())), (written.len() - 14, None)] {
            let mut changed = written.clone();
            changed[at] ^= 0x40;
            let refused = BundleError::NotCanonical { at, entry };
            assert_eq!(read(&changed).unwrap_err(), refused);
        }
        let mut method = written;
        method[32 + 10] = 12;
        let refused = BundleError::NotCanonical { at: 32, entry: Some("a".to_owned()) };
        assert_eq!(read(&method).unwrap_err(), refused);
    }
}
