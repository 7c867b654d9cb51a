//! Entities of one file, one after the other, in bounded memory.
use std::{
    cell::Cell,
    fmt,
    fs::File as FsFile,
    io::{self, BufRead as _, BufReader, Read},
    path::Path,
    rc::Rc,
};

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use super::{
    MAX_ENTITY,
    list::{File, Format},
};
use crate::error::{Error, quoted};

/// Receives the text of each entity with the place where it stands.
pub(super) type Each<'a> = &'a mut dyn FnMut(&str, &Place) -> Result<(), Error>;

/// A place in a file.
pub(super) struct Place<'a> {
    path: &'a Path,
    number: u64,
    format: Format,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.format {
            Format::Page => ", entity ",
            Format::Lines => ":",
        };
        write!(f, "{}{what}{}", self.path.display(), self.number)
    }
}

/// Reads a file to its end; says whether it is a page with more pages after it.
pub(super) fn entities(file: &File, each: Each<'_>) -> Result<bool, Error> {
    let open = FsFile::open(&file.path).map_err(|it| Error::file("opening", &file.path, it))?;
    match file.format {
        Format::Lines => lines(&file.path, open, each).map(|()| false),
        Format::Page => page(&file.path, open, each),
    }
}

fn lines(path: &Path, file: FsFile, each: Each<'_>) -> Result<(), Error> {
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut line = Vec::new();
    let mut place = Place { path, number: 0, format: Format::Lines };
    loop {
        line.clear();
        place.number += 1;
        let n_bytes = reader
            .by_ref()
            .take(MAX_ENTITY + 1)
            .read_until(b'\n', &mut line)
            .map_err(|it| Error::file("reading", path, it))?;
        if n_bytes == 0 {
            return Ok(());
        }
        if n_bytes as u64 > MAX_ENTITY {
            return Err(Error::TooLarge { place: place.to_string(), limit: MAX_ENTITY });
        }
        let text =
            std::str::from_utf8(&line).map_err(|it| Error::malformed(place.to_string(), &it))?;
        // Editors put a mark before the first line.
        let text = if place.number == 1 { text.trim_start_matches('\u{feff}') } else { text };
        if !text.trim().is_empty() {
            each(text.trim(), &place)?;
        }
    }
}

fn page(path: &Path, file: FsFile, each: Each<'_>) -> Result<bool, Error> {
    let left = Rc::new(Cell::new(MAX_ENTITY));
    let mut reader =
        BufReader::with_capacity(1 << 16, Metered { inner: file, left: Rc::clone(&left) });
    let io_error = |it| Error::file("reading", path, it);
    if reader.fill_buf().map_err(io_error)?.starts_with(b"\xef\xbb\xbf") {
        reader.consume(3);
    }
    let mut state = State {
        each,
        left,
        failed: None,
        place: Place { path, number: 0, format: Format::Page },
        has_next: false,
        has_value: false,
    };
    let mut deserializer = serde_json::Deserializer::from_reader(reader);
    let result = Page(&mut state).deserialize(&mut deserializer).and_then(|()| deserializer.end());
    if let Some(error) = state.failed {
        return Err(error);
    }
    let place = |line: usize, column: usize| format!("{}:{line}:{column}", path.display());
    match result {
        Ok(()) if state.has_value => Ok(state.has_next),
        Ok(()) => Err(Error::malformed(
            place(1, 1),
            &"no list called `value`; save whole pages as Graph returns them, or one entity a line as .jsonl",
        )),
        Err(error) if error.is_io() && state.left.get() == 0 => {
            Err(Error::TooLarge { place: place(error.line(), error.column()), limit: MAX_ENTITY })
        }
        Err(error) => Err(Error::Malformed {
            place: place(error.line(), error.column()),
            reason: quoted(&error.to_string()),
        }),
    }
}

/// Stops when one entity takes more than its share.
struct Metered {
    inner: FsFile,
    left: Rc<Cell<u64>>,
}

impl Read for Metered {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 {
            return Err(io::Error::other("one entity is too large"));
        }
        let n_bytes = self.inner.read(buf)?;
        self.left.set(left.saturating_sub(n_bytes as u64));
        Ok(n_bytes)
    }
}

struct State<'a, 'b> {
    each: Each<'a>,
    left: Rc<Cell<u64>>,
    failed: Option<Error>,
    place: Place<'b>,
    has_next: bool,
    has_value: bool,
}

struct Page<'s, 'a, 'b>(&'s mut State<'a, 'b>);

impl<'de> DeserializeSeed<'de> for Page<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Page<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page with a list called `value`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "value" => {
                    self.0.has_value = true;
                    map.next_value_seed(Entities(self.0))?;
                }
                "@odata.nextLink" => {
                    map.next_value::<IgnoredAny>()?;
                    self.0.has_next = true;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

struct Entities<'s, 'a, 'b>(&'s mut State<'a, 'b>);

impl<'de> DeserializeSeed<'de> for Entities<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entities<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entities")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let state = self.0;
        while let Some(json) = seq.next_element::<Box<RawValue>>()? {
            state.left.set(MAX_ENTITY);
            state.place.number += 1;
            if let Err(error) = (state.each)(json.get(), &state.place) {
                state.failed = Some(error);
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}
