//! The file as a stream of steps with reused buffers, strict and bounded.
use std::io::BufRead;

use dirlift_model::{secret, text::shorten};
use quick_xml::{Reader, events::Event};

use crate::references::{resolve, unescape};

/// Most bytes of text and attributes that one object may hold; a group of 250,000 members stays below a fifth of it.
pub const MAX_OBJECT_BYTES: usize = 512 << 20;
/// Elements inside each other; the format has fewer than ten.
const MAX_DEPTH: usize = 64;

/// A csexport file that could not be read to its end, or an object of it that could not be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "cannot read the connector space export {file} at byte {offset}, in object {ordinal}: {kind}"
)]
pub struct CsexportError {
    /// The file's name.
    pub file: String,
    /// Byte of the decoded text where reading stopped; such files are one line.
    pub offset: u64,
    /// The object, from one; zero before the first.
    pub ordinal: u64,
    /// What is wrong.
    pub kind: CsexportErrorKind,
}

impl CsexportError {
    /// Whether nothing more can be read; otherwise the next object follows.
    pub const fn is_fatal(&self) -> bool {
        !matches!(self.kind, CsexportErrorKind::Name { .. } | CsexportErrorKind::Operation { .. })
    }
}

/// What is wrong with a csexport file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsexportErrorKind {
    /// The file could not be read.
    #[error("{0}")]
    Io(String),
    /// The file is something else.
    #[error(
        "its root element is `{0}`, but csexport writes `cs-objects`; give the file that csexport wrote"
    )]
    Root(String),
    /// Nothing in it.
    #[error("there is no element in it; run csexport again")]
    Empty,
    /// It ends too early.
    #[error(
        "it ends inside an element; csexport was interrupted or the file was cut off, run it again"
    )]
    Cut,
    /// Not XML.
    #[error("{0}; the file is damaged, run csexport again")]
    Markup(&'static str),
    /// A limit against hostile files.
    #[error("{what} exceeds the limit of {limit}; no export needs that, run csexport again")]
    Limit {
        /// What is too large.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The object has no usable name; the next one follows.
    #[error("its `cs-dn` is no distinguished name ({reason}); the object is left out")]
    Name {
        /// Why.
        reason: String,
    },
    /// Nobody knows what is about to be exported; the next one follows.
    #[error("its export has the operation `{word}`, which is not known; the object is left out")]
    Operation {
        /// The word.
        word: String,
    },
}

/// One step through the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A start tag, whose name and attributes are in the buffers.
    Start(Tag),
    /// The end of the open element, whose text is in its buffer.
    End,
    /// The end of the file.
    Eof,
}

macro_rules! tags {
    ($($variant:ident $word:literal)*) => {
        /// Elements that the reader knows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Tag { $($variant,)* Unknown }

        impl Tag {
            pub(super) fn new(name: &str) -> Self {
                match name { $($word => Self::$variant,)* _ => Self::Unknown }
            }
        }
    };
}

tags! {
    Anchor "anchor" Attr "attr" CdError "cd-error" Connector "connector" ConnectorState "connector-state"
    CsObject "cs-object" CsObjects "cs-objects" Delta "delta" Dn "dn" DnAttr "dn-attr" DnValue "dn-value"
    Entry "entry" ErrorLiteral "error-literal" ErrorName "error-name" EscrowedExport "escrowed-export"
    EscrowedExportHologram "escrowed-export-hologram" ExportError "export-error"
    ExportErrordetail "export-errordetail" ExportStatus "export-status" ImportError "import-error"
    ImportErrordetail "import-errordetail" ImportStatus "import-status" MaName "ma-name" MvLink "mv-link"
    PendingImport "pending-import" PendingImportHologram "pending-import-hologram"
    PlaceholderDelete "placeholder-delete" PlaceholderLink "placeholder-link"
    PlaceholderParent "placeholder-parent" PrimaryObjectclass "primary-objectclass"
    SynchronizedHologram "synchronized-hologram" UnappliedExport "unapplied-export"
    UnappliedExportHologram "unapplied-export-hologram" UnconfirmedExport "unconfirmed-export"
    UnconfirmedExportHologram "unconfirmed-export-hologram" Value "value"
}

/// Steps through a file; text and attributes of the newest element stand in buffers that are used again.
pub(super) struct Events<R> {
    reader: Reader<R>,
    buffer: Vec<u8>,
    file: String,
    /// Text of the innermost element so far.
    pub(super) text: String,
    /// Attributes of the newest start tag, names without prefix.
    attributes: Vec<(String, String)>,
    n_attributes: usize,
    depth: usize,
    is_empty: bool,
    has_root: bool,
    /// The name of the newest start tag, as it is written.
    name: String,
    /// Bytes that were leapt over, which the parser does not know of.
    leapt: u64,
    /// Bytes kept of the open object.
    kept: usize,
    pub(super) ordinal: u64,
}

impl<R: BufRead> Events<R> {
    pub(super) fn new(file: &str, input: R) -> Self {
        let mut reader = Reader::from_reader(input);
        reader.config_mut().check_end_names = true;
        Self {
            reader,
            buffer: Vec::new(),
            file: file.to_owned(),
            text: String::new(),
            attributes: Vec::new(),
            n_attributes: 0,
            depth: 0,
            is_empty: false,
            has_root: false,
            name: String::new(),
            leapt: 0,
            kept: 0,
            ordinal: 0,
        }
    }

    pub(super) fn error(&self, kind: CsexportErrorKind) -> CsexportError {
        CsexportError {
            file: self.file.clone(),
            offset: self.reader.buffer_position() + self.leapt,
            ordinal: self.ordinal,
            kind,
        }
    }

    /// Begins the account of a new object.
    pub(super) fn begin_object(&mut self) {
        self.kept = 0;
        self.ordinal += 1;
    }

    /// An attribute of the newest start tag.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes[..self.n_attributes].iter().find(|it| it.0 == name).map(|it| it.1.as_str())
    }

    pub(super) fn step(&mut self) -> Result<Step, CsexportError> {
        if self.is_empty {
            self.is_empty = false;
            self.depth -= 1;
            return Ok(Step::End);
        }
        loop {
            self.buffer.clear();
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                Err(error) => {
                    let kind = refused(&error);
                    return Err(self.error(kind));
                }
            };
            let wrong = match event {
                Event::Start(ref tag) | Event::Empty(ref tag) => {
                    let is_empty = matches!(event, Event::Empty(_));
                    let name = tag.local_name();
                    let found = Tag::new(name.as_ref());
                    let root = (!self.has_root && found != Tag::CsObjects)
                        .then(|| shorten(name.as_ref(), 60));
                    self.name.clear();
                    self.name.push_str(tag.name().as_ref());
                    self.n_attributes = 0;
                    let taken = take(tag, &mut self.attributes, &mut self.n_attributes);
                    if let Some(root) = root {
                        return Err(self.error(CsexportErrorKind::Root(root)));
                    }
                    let n_bytes = match taken {
                        Ok(n_bytes) => n_bytes,
                        Err(what) => return Err(self.error(CsexportErrorKind::Markup(what))),
                    };
                    if self.has_root && self.depth == 0 {
                        let what = "there is a second root element";
                        return Err(self.error(CsexportErrorKind::Markup(what)));
                    }
                    (self.has_root, self.is_empty) = (true, is_empty);
                    self.depth += 1;
                    self.text.clear();
                    self.keep(n_bytes)?;
                    if self.depth > MAX_DEPTH {
                        let what = "the depth of elements";
                        return Err(self.error(CsexportErrorKind::Limit { what, limit: MAX_DEPTH }));
                    }
                    return Ok(Step::Start(found));
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Step::End);
                }
                Event::Eof => {
                    let kind = match (self.has_root, self.depth) {
                        (true, 0) => return Ok(Step::Eof),
                        (true, _) => CsexportErrorKind::Cut,
                        (false, _) => CsexportErrorKind::Empty,
                    };
                    return Err(self.error(kind));
                }
                Event::Text(text) => {
                    let before = self.text.len();
                    self.text.push_str(&text.xml10_content());
                    let n_bytes = self.text.len() - before;
                    self.keep(n_bytes)?;
                    continue;
                }
                Event::CData(text) => {
                    let before = self.text.len();
                    self.text.push_str(&text.xml10_content());
                    let n_bytes = self.text.len() - before;
                    self.keep(n_bytes)?;
                    continue;
                }
                Event::GeneralRef(name) => {
                    if let Some(character) = resolve(&name) {
                        self.text.push(character);
                        self.keep(4)?;
                        continue;
                    }
                    "only the five predefined entities and character references are read"
                }
                Event::DocType(_) => "document types and entity declarations are refused",
                Event::Comment(_) | Event::PI(_) | Event::Decl(_) => continue,
            };
            return Err(self.error(CsexportErrorKind::Markup(wrong)));
        }
    }

    /// Passes over the rest of the open element.
    pub(super) fn skip(&mut self) -> Result<(), CsexportError> {
        let depth = self.depth;
        while self.depth >= depth {
            self.step()?;
        }
        Ok(())
    }

    /// Leaps over children of the open element as long as they are unwanted, plainly written and in the buffer whole.
    /// `is_unwanted` is asked with the name of the element, the value of its first attribute if that is `name`, and what is
    /// in it.
    pub(super) fn leap_over(&mut self, is_unwanted: impl Fn(&str, &str, &[u8]) -> bool) {
        if self.is_empty {
            return;
        }
        while let Ok(bytes) = self.reader.get_mut().fill_buf() {
            let Some(child) = Plain::read(bytes) else { return };
            if !is_unwanted(child.tag, child.name, child.content) {
                return;
            }
            let n = child.n_bytes;
            self.reader.get_mut().consume(n);
            self.leapt += n as u64;
        }
    }

    /// The same without reading what is in the element, where its end stands in the buffer already.
    pub(super) fn leap(&mut self) -> Result<(), CsexportError> {
        if !self.is_empty
            && let Ok(bytes) = self.reader.get_mut().fill_buf()
            && let Some(n) = end_tag(bytes, self.name.as_bytes())
        {
            self.reader.get_mut().consume(n);
            self.leapt += n as u64;
        }
        self.skip()
    }

    /// The text of the open element up to its end; elements inside are passed over.
    pub(super) fn take_text(&mut self) -> Result<String, CsexportError> {
        loop {
            match self.step()? {
                Step::Start(_) => self.skip()?,
                Step::End | Step::Eof => return Ok(std::mem::take(&mut self.text)),
            }
        }
    }

    fn keep(&mut self, n_bytes: usize) -> Result<(), CsexportError> {
        self.kept += n_bytes;
        if self.kept > MAX_OBJECT_BYTES {
            let what = "the text of one object in bytes";
            return Err(self.error(CsexportErrorKind::Limit { what, limit: MAX_OBJECT_BYTES }));
        }
        Ok(())
    }
}

/// Characters of a start tag as csexport writes it, without those that end it.
const IS_PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut it = 0;
    while it < 128_u8 {
        table[it as usize] =
            it.is_ascii_alphanumeric() || matches!(it, b' ' | b'=' | b'"' | b'-' | b':');
        it += 1;
    }
    table
};

/// A child element as csexport writes it, at the beginning of a buffer.
struct Plain<'b> {
    tag: &'b str,
    name: &'b str,
    content: &'b [u8],
    n_bytes: usize,
}

impl<'b> Plain<'b> {
    /// `None` when it is written otherwise, is no element, or is not whole.
    fn read(bytes: &'b [u8]) -> Option<Self> {
        let start = bytes.iter().position(|it| !it.is_ascii_whitespace())?;
        let after = bytes.get(start..)?.strip_prefix(b"<")?;
        let n_tag = after.iter().position(|it| !(it.is_ascii_lowercase() || *it == b'-'))?;
        let tag = str::from_utf8(&after[..n_tag]).ok().filter(|it| !it.is_empty())?;
        let mut rest = &after[n_tag..];
        let mut name = "";
        if let Some(value) = rest.strip_prefix(b" name=\"") {
            let n = value.iter().position(|it| !it.is_ascii_alphanumeric() && *it != b'-')?;
            name = str::from_utf8(&value[..n]).ok()?;
            rest = value[n..].strip_prefix(b"\"")?;
        }
        // What else is in the tag has no quoted `>` or reference when it is of these characters.
        let mut n_quotes = 0_usize;
        let n = rest.iter().position(|it| {
            n_quotes += usize::from(*it == b'"');
            !IS_PLAIN[usize::from(*it)]
        })?;
        if !n_quotes.is_multiple_of(2) {
            return None;
        }
        let end = &rest[n..];
        let (content, rest): (&[u8], _) = match end {
            [b'/', b'>', rest @ ..] => (&[], rest),
            [b'>', content @ ..] => {
                let n = end_tag(content, tag.as_bytes())?;
                let closing = content.get(n + 2 + tag.len()..)?;
                (&content[..n], closing.strip_prefix(b">")?)
            }
            _ => return None,
        };
        Some(Self { tag, name, content, n_bytes: bytes.len() - rest.len() })
    }
}

/// Where the end tag of an element begins, if nothing before it makes that doubtful: no element of the same name inside,
/// no section in which a tag is none.
fn end_tag(bytes: &[u8], name: &[u8]) -> Option<usize> {
    for at in memchr::memchr_iter(b'<', bytes) {
        match bytes.get(at + 1)? {
            b'/' => {
                let rest = bytes.get(at + 2..)?;
                if rest.starts_with(name) && matches!(rest.get(name.len())?, b'>' | b' ') {
                    return Some(at);
                }
            }
            b'!' | b'?' => return None,
            _ if bytes.get(at + 1..)?.starts_with(name) => return None,
            _ => {}
        }
    }
    None
}

/// Copies the attributes of a start tag into the buffers; returns their bytes.
fn take(
    tag: &quick_xml::events::BytesStart<'_>,
    into: &mut Vec<(String, String)>,
    n: &mut usize,
) -> Result<usize, &'static str> {
    const WRONG: &str = "a start tag has a malformed or repeated attribute";
    let mut n_bytes = 0;
    // Few attributes are held against each other faster here than by the parser.
    let mut attributes = tag.attributes();
    for attribute in attributes.with_checks(false) {
        let attribute = attribute.map_err(|_| WRONG)?;
        let name = attribute.key.local_name();
        let name = name.as_ref();
        if into[..*n].iter().any(|it| it.0 == name) {
            return Err(WRONG);
        }
        let value = if secret::is_credential_name(name) {
            "".into()
        } else {
            unescape(attribute.value)
                .ok_or("only the five predefined entities and character references are read")?
        };
        if *n == into.len() {
            if *n == 64 {
                return Err("a start tag has more than 64 attributes");
            }
            into.push((String::new(), String::new()));
        }
        let slot = &mut into[*n];
        slot.0.clear();
        slot.0.push_str(name);
        slot.1.clear();
        slot.1.push_str(&value);
        n_bytes += name.len() + value.len();
        *n += 1;
    }
    Ok(n_bytes)
}

/// The parser's own message may quote the file and is not passed on.
fn refused(error: &quick_xml::Error) -> CsexportErrorKind {
    match error {
        quick_xml::Error::Io(error) => CsexportErrorKind::Io(error.to_string()),
        quick_xml::Error::Syntax(_) => CsexportErrorKind::Cut,
        quick_xml::Error::IllFormed(_) => {
            CsexportErrorKind::Markup("start and end tags do not belong together")
        }
        quick_xml::Error::Encoding(_) => CsexportErrorKind::Markup("a byte is not of its encoding"),
        _ => CsexportErrorKind::Markup("this is not XML"),
    }
}
