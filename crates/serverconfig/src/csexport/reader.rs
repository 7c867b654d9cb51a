//! Objects one after the other.
use std::io::{BufRead, BufReader, Read};

use dirlift_model::{
    AttributeName, AttributeValue, CsAttribute, DistinguishedName, secret, text::shorten,
};

use encoding_rs_io::DecodeReaderBytes;

use super::{
    AttributeOperation, CsexportObject, Delta, DeltaAttribute, DeltaOperation, Entry, Hologram,
    ObjectError, Stage,
    events::{CsexportError, CsexportErrorKind, Events, Step, Tag},
    value,
};

/// Problems of one object that are told one by one.
const MAX_PROBLEMS: usize = 20;

/// Reads a csexport file object by object; memory is that of the largest object.
///
/// The input is UTF-8, or UTF-16 with a byte order mark when it goes through [`CsexportReader::decoding`]. After an error that is not fatal
/// ([`CsexportError::is_fatal`]) the next object follows.
pub struct CsexportReader<R> {
    events: Events<R>,
    state: State,
    keep: Keep,
}

/// How much of an object is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    /// All of it.
    All,
    /// What a pending export is made of.
    Pending,
}

/// Attributes that a reader of a pending export knows the object by.
const KNOWN_BY: [&str; 3] = ["displayName", "objectGUID", "sourceAnchor"];

/// The text of a file, decoded on the way.
pub type Decoded<R> = BufReader<DecodeReaderBytes<R, Vec<u8>>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Before,
    Inside,
    Done,
}

impl<R: Read> CsexportReader<Decoded<R>> {
    /// A reader over the bytes of a file, whose byte order mark tells UTF-16 from UTF-8.
    pub fn decoding(file: &str, input: R) -> Self {
        Self::new(file, BufReader::with_capacity(1 << 16, DecodeReaderBytes::new(input)))
    }
}

impl<R: BufRead> CsexportReader<R> {
    /// A reader over `input`; messages call it `file`.
    pub fn new(file: &str, input: R) -> Self {
        Self { events: Events::new(file, input), state: State::Before, keep: Keep::All }
    }

    /// Keeps of each object only what its pending export is made of, which is faster. What is not kept is passed over
    /// unread, so that damage inside it may not be noticed, and [`CsexportObject::imported`] has nothing to go by.
    #[must_use]
    pub fn pending_only(self) -> Self {
        Self { keep: Keep::Pending, ..self }
    }

    fn read(&mut self) -> Result<Option<CsexportObject>, CsexportError> {
        if self.state == State::Before {
            // Only the root element can come first.
            self.events.step()?;
            self.state = State::Inside;
        }
        loop {
            match self.events.step()? {
                Step::Start(Tag::CsObject) => {
                    self.events.begin_object();
                    return object(&mut self.events, self.keep).map(Some);
                }
                Step::Start(_) => self.events.skip()?,
                Step::End => {}
                Step::Eof => return Ok(None),
            }
        }
    }
}

impl<R: BufRead> Iterator for CsexportReader<R> {
    type Item = Result<CsexportObject, CsexportError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Done {
            return None;
        }
        let item = self.read();
        if matches!(item, Ok(None)) || item.as_ref().is_err_and(CsexportError::is_fatal) {
            self.state = State::Done;
        }
        item.transpose()
    }
}

/// What is gathered of one object before it is known whether it has a name.
struct Gathered<'e, R> {
    events: &'e mut Events<R>,
    object: CsexportObject,
    n_problems: usize,
    keep: Keep,
    /// The operation of an export that is none of those known.
    unknown: Option<String>,
}

/// Whether an attribute of a state says nothing about a pending export. Only what stands before it is known; without a
/// change before it everything is kept.
fn is_unwanted(object: &CsexportObject, name: &str) -> bool {
    let mut changed = object.deltas.iter().flat_map(|it| &it.1.attributes);
    // A name in the cloud connector's space spells the anchor.
    let is_spelt = || {
        let name = object.dn.as_str();
        name.starts_with("CN={") && !name.contains('-')
    };
    !object.deltas.is_empty()
        && !changed.any(|it| it.name.is(name))
        && (!KNOWN_BY.iter().any(|it| it.eq_ignore_ascii_case(name))
            || name.eq_ignore_ascii_case("sourceAnchor") && is_spelt())
}

fn object<R: BufRead>(events: &mut Events<R>, keep: Keep) -> Result<CsexportObject, CsexportError> {
    let named: Result<DistinguishedName, String> = match events.attribute("cs-dn") {
        None => Err("it is missing".to_owned()),
        Some(text) if text.trim().is_empty() => Err("it is empty".to_owned()),
        Some(text) => text.parse().map_err(|it: dirlift_model::dn::ParseDnError| it.to_string()),
    };
    let dn = match named {
        Ok(dn) => dn,
        Err(reason) => {
            events.skip()?;
            return Err(events.error(CsexportErrorKind::Name { reason }));
        }
    };
    let object = CsexportObject {
        dn,
        id: events.attribute("id").and_then(|it| it.parse().ok()),
        object_type: AttributeName::new(events.attribute("object-type").unwrap_or_default()),
        connector_name: None,
        is_connector: None,
        connector_state: None,
        is_placeholder: false,
        metaverse_id: None,
        deltas: Vec::new(),
        holograms: Vec::new(),
        export_error: None,
        import_error: None,
        problems: Vec::new(),
    };
    Gathered { events, object, n_problems: 0, keep, unknown: None }.read()
}

impl<R: BufRead> Gathered<'_, R> {
    fn read(mut self) -> Result<CsexportObject, CsexportError> {
        loop {
            if self.keep == Keep::Pending {
                self.events.leap_over(|tag, _, content| match Tag::new(tag) {
                    Tag::Unknown | Tag::Connector | Tag::ConnectorState | Tag::MvLink => true,
                    Tag::PlaceholderDelete | Tag::PlaceholderLink | Tag::PlaceholderParent => {
                        matches!(content, b"0" | b"false")
                    }
                    _ => false,
                });
            }
            let Some(tag) = self.child()? else { break };
            match tag {
                Tag::UnconfirmedExport
                | Tag::PendingImport
                | Tag::UnconfirmedExportHologram
                | Tag::PendingImportHologram
                    if self.keep == Keep::Pending =>
                {
                    self.events.leap()?;
                }
                Tag::UnappliedExport => self.deltas(Stage::UnappliedExport)?,
                Tag::EscrowedExport => self.deltas(Stage::EscrowedExport)?,
                Tag::UnconfirmedExport => self.deltas(Stage::UnconfirmedExport)?,
                Tag::PendingImport => self.deltas(Stage::PendingImport)?,
                Tag::SynchronizedHologram => self.entries(Hologram::Synchronized)?,
                Tag::UnappliedExportHologram => self.entries(Hologram::UnappliedExport)?,
                Tag::EscrowedExportHologram => self.entries(Hologram::EscrowedExport)?,
                Tag::UnconfirmedExportHologram => self.entries(Hologram::UnconfirmedExport)?,
                Tag::PendingImportHologram => self.entries(Hologram::PendingImport)?,
                Tag::Connector => self.object.is_connector = self.flag()?,
                Tag::ConnectorState => {
                    self.object.connector_state = Some(self.events.take_text()?);
                }
                Tag::PlaceholderParent | Tag::PlaceholderLink | Tag::PlaceholderDelete => {
                    self.object.is_placeholder |= self.flag()? == Some(true);
                }
                Tag::MaName => self.object.connector_name = Some(self.events.take_text()?),
                Tag::MvLink => {
                    self.object.metaverse_id = self.events.take_text()?.trim().parse().ok();
                }
                Tag::ExportErrordetail | Tag::ExportError => {
                    self.object.export_error = Some(self.trouble()?);
                }
                Tag::ImportErrordetail | Tag::ImportError => {
                    self.object.import_error = Some(self.trouble()?);
                }
                _ if self.keep == Keep::Pending => self.events.leap()?,
                _ => self.events.skip()?,
            }
        }
        if self.n_problems > MAX_PROBLEMS {
            let more = self.n_problems - MAX_PROBLEMS;
            self.object.problems.push(format!("{more} more problems of this object"));
        }
        match self.unknown {
            Some(word) => Err(self.events.error(CsexportErrorKind::Operation { word })),
            None => Ok(self.object),
        }
    }

    /// The next child of the open element, or `None` at its end.
    fn child(&mut self) -> Result<Option<Tag>, CsexportError> {
        match self.events.step()? {
            Step::Start(tag) => Ok(Some(tag)),
            Step::End | Step::Eof => Ok(None),
        }
    }

    fn problem(&mut self, what: &str, attribute: &str) {
        self.n_problems += 1;
        if self.n_problems <= MAX_PROBLEMS {
            let text = format!("attribute `{}`: {what}", shorten(attribute, 100));
            self.object.problems.push(text);
        }
    }

    fn flag(&mut self) -> Result<Option<bool>, CsexportError> {
        Ok(match self.events.take_text()?.trim() {
            "1" | "true" => Some(true),
            "0" | "false" => Some(false),
            _ => None,
        })
    }

    fn deltas(&mut self, stage: Stage) -> Result<(), CsexportError> {
        while let Some(tag) = self.child()? {
            if tag == Tag::Delta {
                let delta = self.delta(stage)?;
                self.object.deltas.push((stage, delta));
            } else {
                self.events.skip()?;
            }
        }
        Ok(())
    }

    fn entries(&mut self, hologram: Hologram) -> Result<(), CsexportError> {
        while let Some(tag) = self.child()? {
            if tag == Tag::Entry {
                let entry = self.entry()?;
                self.object.holograms.push((hologram, entry));
            } else {
                self.events.skip()?;
            }
        }
        Ok(())
    }

    fn name(&mut self, attribute: &str) -> Option<DistinguishedName> {
        let text = self.events.attribute(attribute)?;
        if text == self.object.dn.as_str() {
            return Some(self.object.dn.clone());
        }
        let read = text.parse();
        if read.is_err() {
            self.problem("it is no distinguished name", attribute);
        }
        read.ok()
    }

    fn delta(&mut self, stage: Stage) -> Result<Delta, CsexportError> {
        let word = self.events.attribute("operation").unwrap_or("none").to_ascii_lowercase();
        let operation = match word.trim() {
            "none" => Some(DeltaOperation::None),
            "add" => Some(DeltaOperation::Add),
            "replace" => Some(DeltaOperation::Replace),
            "update" => Some(DeltaOperation::Update),
            "delete" | "obsolete" => Some(DeltaOperation::Delete),
            "delete-add" => Some(DeltaOperation::DeleteAdd),
            _ => None,
        };
        if operation.is_none() && matches!(stage, Stage::UnappliedExport | Stage::EscrowedExport) {
            // What is taken for an update could be a delete.
            self.unknown = Some(shorten(&word, 100));
        } else if operation.is_none() {
            self.problem("the operation of a delta is not known, taken as an update", "operation");
        }
        let mut delta = Delta {
            operation: operation.unwrap_or(DeltaOperation::Update),
            dn: self.name("dn"),
            new_dn: self.name("newdn"),
            primary_object_class: None,
            attributes: Vec::new(),
        };
        while let Some(tag) = self.child()? {
            match tag {
                Tag::PrimaryObjectclass => {
                    delta.primary_object_class = Some(self.events.take_text()?);
                }
                Tag::Attr | Tag::DnAttr => {
                    let found = self.attribute(tag == Tag::DnAttr)?;
                    delta.attributes.extend(found);
                }
                _ => self.events.skip()?,
            }
        }
        delta.attributes.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(delta)
    }

    fn entry(&mut self) -> Result<Entry, CsexportError> {
        let mut entry = Entry { dn: None, primary_object_class: None, attributes: Vec::new() };
        if self.keep == Keep::All {
            entry.dn = self.name("dn");
        }
        loop {
            if self.keep == Keep::Pending {
                let Self { events, object, .. } = self;
                events.leap_over(|tag, name, _| match tag {
                    "attr" | "dn-attr" => !name.is_empty() && is_unwanted(object, name),
                    _ => true,
                });
            }
            let Some(tag) = self.child()? else { break };
            match tag {
                Tag::PrimaryObjectclass => {
                    entry.primary_object_class = Some(self.events.take_text()?);
                }
                Tag::Attr | Tag::DnAttr
                    if self.keep == Keep::Pending
                        && is_unwanted(
                            &self.object,
                            self.events.attribute("name").unwrap_or_default().trim(),
                        ) =>
                {
                    self.events.leap()?;
                }
                Tag::Attr | Tag::DnAttr => {
                    let Some(found) = self.attribute(tag == Tag::DnAttr)? else { continue };
                    let kept = found.values.into_iter().filter(|it| !it.0);
                    let values: Vec<_> = kept.map(|it| it.1).collect();
                    if !values.is_empty() {
                        entry.attributes.push(CsAttribute { name: found.name, values });
                    }
                }
                _ => self.events.skip()?,
            }
        }
        entry.attributes.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entry)
    }

    /// An `attr` or `dn-attr`; `None` for one that holds a password, whose values are not kept.
    fn attribute(&mut self, is_reference: bool) -> Result<Option<DeltaAttribute>, CsexportError> {
        let name = AttributeName::new(self.events.attribute("name").unwrap_or_default());
        let ty = self.events.attribute("type").unwrap_or("string").to_ascii_lowercase();
        if name.as_str().is_empty() || secret::is_credential_name(name.as_str()) {
            self.events.skip()?;
            return Ok(None);
        }
        let operation = match self.events.attribute("operation") {
            None | Some("add" | "replace" | "delete-add" | "") => AttributeOperation::Replace,
            Some("delete") => AttributeOperation::Delete,
            Some("none") => AttributeOperation::None,
            Some("update") => AttributeOperation::Update,
            Some(_) => {
                let what = "its operation is not known, taken as an update";
                self.problem(what, name.as_str());
                AttributeOperation::Update
            }
        };
        let mut values = Vec::new();
        while let Some(tag) = self.child()? {
            let goes = self.events.attribute("operation") == Some("delete");
            match (tag, is_reference) {
                (Tag::Value, false) => values.push((goes, self.value(&name, &ty)?)),
                (Tag::DnValue, true) => {
                    let value = self.reference(&name)?;
                    values.extend(value.map(|it| (goes, it)));
                }
                _ => self.events.skip()?,
            }
        }
        Ok(Some(DeltaAttribute { name, operation, values }))
    }

    fn value(&mut self, name: &AttributeName, ty: &str) -> Result<AttributeValue, CsexportError> {
        let encoding = self.events.attribute("encoding").map(str::to_owned);
        let text = self.events.take_text()?;
        let (value, problem) = value::read(ty, encoding.as_deref(), text);
        if let Some(problem) = problem {
            self.problem(problem, name.as_str());
        }
        Ok(value)
    }

    fn reference(&mut self, name: &AttributeName) -> Result<Option<AttributeValue>, CsexportError> {
        let mut found = None;
        while let Some(tag) = self.child()? {
            if tag == Tag::Dn {
                let text = self.events.take_text()?;
                let (value, problem) = value::read("reference", None, text);
                if let Some(problem) = problem {
                    self.problem(problem, name.as_str());
                }
                found = Some(value);
            } else {
                self.events.skip()?;
            }
        }
        Ok(found)
    }

    fn trouble(&mut self) -> Result<ObjectError, CsexportError> {
        let text = |name| self.events.attribute(name).map(|it| shorten(it, 200));
        let mut error = ObjectError {
            error_type: text("error-type"),
            first_occurred: text("first-occurred"),
            last_occurred: text("date-occurred"),
            retries: self.events.attribute("retry-count").and_then(|it| it.parse().ok()),
            text: Vec::new(),
        };
        // The elements of interest lie at different depths in the two forms.
        let mut depth = 1;
        while depth > 0 {
            match self.events.step()? {
                Step::Start(Tag::ErrorName | Tag::ErrorLiteral) => {
                    let text = shorten(self.events.take_text()?.trim(), 500);
                    if !text.is_empty() && !error.text.contains(&text) && error.text.len() < 10 {
                        error.text.push(text);
                    }
                }
                Step::Start(_) => depth += 1,
                Step::End => depth -= 1,
                Step::Eof => break,
            }
        }
        Ok(error)
    }
}
