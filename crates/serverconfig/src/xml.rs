//! XML as a stream of nodes, strict and bounded, and small trees of single items.
use std::borrow::Cow;

use dirlift_model::secret;
use quick_xml::{
    Error, Reader,
    errors::IllFormedError,
    events::{Event, attributes::Attributes},
};

use crate::{
    context::{self, Context},
    error::{ConfigError, ErrorKind},
    lines::{Lines, Position},
    references::{resolve, unescape},
};

/// Elements inside each other; the engine's own files stay below 20.
const MAX_DEPTH: usize = 128;
/// Attributes of one element.
const MAX_ATTRIBUTES: usize = 256;
/// Elements of one item that is held as a tree.
const MAX_ITEM_ELEMENTS: usize = 1_000_000;
/// Bytes of text and attribute values of one item.
const MAX_ITEM_TEXT: usize = 64 << 20;

/// One step of the stream.
#[derive(Debug)]
pub(crate) enum Node<'t> {
    Start(Tag<'t>),
    Text(Cow<'t, str>),
    End,
    Eof,
}

/// A start tag.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tag<'t> {
    /// Name without prefix.
    pub(crate) name: &'t str,
    /// Byte offset of `<`.
    pub(crate) offset: usize,
    qualified: &'t str,
    /// What stands between `<` and `>` or `/>`.
    content: &'t str,
}

/// One element with everything below it. Of a credential only the name is left.
#[derive(Debug)]
pub(crate) struct Element<'t> {
    pub(crate) name: &'t str,
    pub(crate) attributes: Vec<(&'t str, Cow<'t, str>)>,
    /// Text directly in the element; white space between child elements is left out.
    pub(crate) text: Cow<'t, str>,
    pub(crate) children: Vec<Element<'t>>,
    pub(crate) at: Position,
    /// Whether content was dropped.
    pub(crate) secret: bool,
}

impl<'t> Element<'t> {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(it, _)| *it == name).map(|(_, value)| value.as_ref())
    }

    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|it| it.name == name && !it.secret)
    }

    pub(crate) fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Self> + use<'s, 't> {
        self.children.iter().filter(move |it| it.name == name)
    }
}

/// Reads a text from front to back.
pub(crate) struct Cursor<'t> {
    pub(crate) cx: Context,
    reader: Reader<&'t [u8]>,
    text: &'t str,
    lines: Lines<'t>,
    open: Vec<Tag<'t>>,
    /// The open element was written `<a/>`; its end comes next.
    is_empty: bool,
    has_root: bool,
    n_elements: usize,
    n_text: usize,
}

impl<'t> Cursor<'t> {
    pub(crate) fn new(text: &'t str, cx: Context) -> Result<Self, ConfigError> {
        let text = text.trim_start_matches('\u{FEFF}');
        let mut reader = Reader::from_str(text);
        // End tags are matched here, so that messages can say what they may.
        reader.config_mut().check_end_names = false;
        reader.config_mut().allow_unmatched_ends = true;
        let lines = Lines::new(text);
        let mut cursor = Self {
            cx,
            reader,
            text,
            lines,
            open: Vec::new(),
            is_empty: false,
            has_root: false,
            n_elements: 0,
            n_text: 0,
        };
        match memchr::memchr(0, text.as_bytes()) {
            Some(at) => Err(cursor.error(at, ErrorKind::Markup("there is a NUL character"))),
            None => Ok(cursor),
        }
    }

    /// The root element.
    pub(crate) fn root(&mut self) -> Result<Tag<'t>, ConfigError> {
        match self.next()? {
            Node::Start(tag) => Ok(tag),
            _ => Err(self.error(self.text.len(), ErrorKind::Empty)),
        }
    }

    /// Checks that nothing follows the root.
    pub(crate) fn end(&mut self) -> Result<(), ConfigError> {
        while !matches!(self.next()?, Node::Eof) {}
        Ok(())
    }

    /// The next child of the open element, or `None` at its end. Text between children is a problem.
    pub(crate) fn child(&mut self) -> Result<Option<Tag<'t>>, ConfigError> {
        loop {
            let start = self.offset();
            match self.next()? {
                Node::Start(tag) => return Ok(Some(tag)),
                Node::End | Node::Eof => return Ok(None),
                Node::Text(text) if is_blank(&text) => {}
                Node::Text(_) => {
                    let raw = self.text.get(start..).unwrap_or_default();
                    let at = self.lines.at(start + raw.len() - raw.trim_start().len());
                    let parent =
                        self.open.last().map_or_else(String::new, |it| context::shown(it.name));
                    self.cx.problem(at, format_args!("`{parent}` has text that is not understood"));
                }
            }
        }
    }

    /// Passes over the rest of the open element.
    pub(crate) fn skip(&mut self) -> Result<(), ConfigError> {
        let depth = self.open.len();
        while self.open.len() >= depth {
            self.next()?;
        }
        Ok(())
    }

    /// Passes over an element that the reader does not know, and reports it unless it is a credential.
    pub(crate) fn skip_unknown(&mut self, tag: Tag<'t>, parent: &str) -> Result<(), ConfigError> {
        if !is_secret_tag(&tag) {
            let at = self.position(tag);
            self.cx.unknown_child(at, tag.name, parent);
        }
        self.skip()
    }

    /// The open element with everything below it.
    pub(crate) fn element(&mut self, tag: Tag<'t>) -> Result<Element<'t>, ConfigError> {
        (self.n_elements, self.n_text) = (0, 0);
        self.build(tag)
    }

    /// The start tag alone, as an element without content.
    pub(crate) fn head(&mut self, tag: Tag<'t>) -> Result<Element<'t>, ConfigError> {
        (self.n_elements, self.n_text) = (0, 0);
        self.head_of_item(tag)
    }

    pub(crate) fn position(&mut self, tag: Tag<'t>) -> Position {
        self.lines.at(tag.offset)
    }

    /// An error at a byte offset.
    pub(crate) fn error(&mut self, offset: usize, kind: ErrorKind) -> ConfigError {
        let at = self.lines.at(offset);
        ConfigError { location: self.cx.location(at), kind }
    }

    /// Recursion ends at [`MAX_DEPTH`].
    fn build(&mut self, tag: Tag<'t>) -> Result<Element<'t>, ConfigError> {
        self.n_elements += 1;
        if self.n_elements > MAX_ITEM_ELEMENTS {
            return Err(self.error(
                tag.offset,
                limit("the number of elements in one item", MAX_ITEM_ELEMENTS),
            ));
        }
        let mut element = self.head_of_item(tag)?;
        if context::is_secret(
            tag.name,
            element.attributes.iter().map(|(name, value)| (*name, value.as_ref())),
        ) {
            element.attributes.clear();
            element.secret = true;
            self.skip()?;
            return Ok(element);
        }
        loop {
            match self.next()? {
                Node::Start(child) => {
                    if element.children.is_empty() && is_blank(&element.text) {
                        element.text = Cow::Borrowed("");
                    }
                    let child = self.build(child)?;
                    element.children.push(child);
                }
                Node::Text(text) if !element.children.is_empty() && is_blank(&text) => {}
                Node::Text(text) => {
                    self.count_text(tag.offset, text.len())?;
                    if element.text.is_empty() {
                        element.text = text;
                    } else {
                        element.text.to_mut().push_str(&text);
                    }
                }
                Node::End | Node::Eof => return Ok(element),
            }
        }
    }

    fn head_of_item(&mut self, tag: Tag<'t>) -> Result<Element<'t>, ConfigError> {
        let at = self.position(tag);
        let attributes = self.attributes(tag)?;
        Ok(Element {
            name: tag.name,
            attributes,
            text: Cow::Borrowed(""),
            children: Vec::new(),
            at,
            secret: false,
        })
    }

    fn count_text(&mut self, offset: usize, n_bytes: usize) -> Result<(), ConfigError> {
        self.n_text += n_bytes;
        if self.n_text > MAX_ITEM_TEXT {
            return Err(self.error(offset, limit("the text of one item in bytes", MAX_ITEM_TEXT)));
        }
        Ok(())
    }

    fn attributes(&mut self, tag: Tag<'t>) -> Result<Vec<(&'t str, Cow<'t, str>)>, ConfigError> {
        let mut all = Vec::new();
        for attribute in Attributes::new(tag.content, tag.qualified.len()) {
            let Ok(attribute) = attribute else {
                return Err(self.error(
                    tag.offset,
                    ErrorKind::Markup("a start tag has a malformed or repeated attribute"),
                ));
            };
            if all.len() == MAX_ATTRIBUTES {
                return Err(self.error(
                    tag.offset,
                    limit("the number of attributes of one element", MAX_ATTRIBUTES),
                ));
            }
            let qualified = attribute.key.0;
            let name = if qualified.starts_with("xmlns:") { "xmlns" } else { local(qualified) };
            let value = if secret::is_credential_name(name) {
                Cow::Borrowed("")
            } else {
                let Some(value) = unescape(attribute.value) else {
                    return Err(self.error(tag.offset, ErrorKind::Reference));
                };
                value
            };
            self.count_text(tag.offset, value.len())?;
            all.push((name, value));
        }
        Ok(all)
    }

    /// Bytes of the text that were read.
    pub(crate) fn offset(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    /// The next node. Comments and processing instructions are passed over.
    fn next(&mut self) -> Result<Node<'t>, ConfigError> {
        if self.is_empty {
            self.is_empty = false;
            self.open.pop();
            return Ok(Node::End);
        }
        loop {
            let start = self.offset();
            let event = match self.reader.read_event() {
                Ok(event) => event,
                Err(error) => return Err(self.refused(start, &error)),
            };
            let text = match event {
                Event::Start(_) => return self.start(start, false),
                Event::Empty(_) => return self.start(start, true),
                Event::End(tag) => return self.close(start, tag.name().as_ref()),
                Event::Eof => return self.eof(),
                Event::Comment(_) | Event::PI(_) => continue,
                Event::Decl(_) if is_blank(self.text.get(..start).unwrap_or_default()) => continue,
                Event::Decl(_) if self.open.is_empty() => {
                    return Err(self.error(start, ErrorKind::AfterRoot));
                }
                Event::Decl(_) => {
                    return Err(self.error(
                        start,
                        ErrorKind::Markup("there is an XML declaration inside the document"),
                    ));
                }
                Event::DocType(_) => return Err(self.error(start, ErrorKind::DocumentType)),
                Event::Text(text) => text.xml10_content(),
                Event::CData(text) if !self.open.is_empty() => text.xml10_content(),
                Event::GeneralRef(name) if !self.open.is_empty() => match resolve(&name) {
                    Some(character) => Cow::Owned(character.to_string()),
                    None => return Err(self.error(start, ErrorKind::Reference)),
                },
                Event::CData(_) | Event::GeneralRef(_) => return Err(self.outside(start)),
            };
            if !self.open.is_empty() {
                return Ok(Node::Text(text));
            }
            if !is_blank(&text) {
                return Err(self.outside(start));
            }
        }
    }

    fn start(&mut self, start: usize, is_empty: bool) -> Result<Node<'t>, ConfigError> {
        if self.open.is_empty() && self.has_root {
            return Err(self.error(start, ErrorKind::AfterRoot));
        }
        if self.open.len() == MAX_DEPTH {
            return Err(self.error(start, limit("the depth of elements", MAX_DEPTH)));
        }
        let end = self.offset().saturating_sub(if is_empty { 2 } else { 1 });
        let content = self.text.get(start + 1..end).unwrap_or_default();
        let n_name =
            content.bytes().position(|it| it.is_ascii_whitespace()).unwrap_or(content.len());
        let qualified = content.get(..n_name).unwrap_or_default();
        if !is_name(qualified) {
            return Err(self
                .error(start, ErrorKind::Markup("`<` is not followed by the name of an element")));
        }
        let tag = Tag { name: local(qualified), offset: start, qualified, content };
        self.has_root = true;
        self.open.push(tag);
        self.is_empty = is_empty;
        Ok(Node::Start(tag))
    }

    fn close(&mut self, start: usize, name: &str) -> Result<Node<'t>, ConfigError> {
        match self.open.last() {
            Some(tag) if tag.qualified == name => {
                self.open.pop();
                Ok(Node::End)
            }
            Some(_) => {
                let (expected, line) = self.innermost();
                Err(self.error(start, ErrorKind::WrongEnd { expected, line }))
            }
            None if self.has_root => Err(self.error(start, ErrorKind::AfterRoot)),
            None => Err(self
                .error(start, ErrorKind::Markup("there is an end tag before the first element"))),
        }
    }

    fn eof(&mut self) -> Result<Node<'t>, ConfigError> {
        if self.open.is_empty() {
            return if self.has_root {
                Ok(Node::Eof)
            } else {
                Err(self.error(self.text.len(), ErrorKind::Empty))
            };
        }
        let (element, line) = self.innermost();
        Err(self.error(self.text.len(), ErrorKind::Cut { element, line }))
    }

    /// Name and line of the open element for a message; names inside a credential may be a part of it.
    fn innermost(&mut self) -> (String, u32) {
        let tag = self.open.iter().find(|it| is_secret_tag(it)).or(self.open.last()).copied();
        tag.map_or_else(
            || (String::new(), 1),
            |it| (context::shown(it.name), self.lines.at(it.offset).line),
        )
    }

    fn outside(&mut self, start: usize) -> ConfigError {
        let kind = if self.has_root {
            ErrorKind::AfterRoot
        } else {
            ErrorKind::Markup("there is text before the first element")
        };
        self.error(start, kind)
    }

    /// What the parser did not take. Its own message may quote the file and is not passed on.
    fn refused(&mut self, start: usize, error: &Error) -> ConfigError {
        let what = match error {
            Error::IllFormed(IllFormedError::UnclosedReference) => "`&` does not begin a reference",
            Error::IllFormed(IllFormedError::MissingDoctypeName) => {
                return self.error(start, ErrorKind::DocumentType);
            }
            Error::Syntax(_) => "markup is not closed before the end of the text",
            _ => "this is not XML",
        };
        self.error(start, ErrorKind::Markup(what))
    }
}

fn limit(what: &'static str, limit: usize) -> ErrorKind {
    ErrorKind::Limit { what, limit }
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|it| matches!(it, b' ' | b'\t' | b'\r' | b'\n'))
}

fn local(qualified: &str) -> &str {
    qualified.rsplit_once(':').map_or(qualified, |(_, name)| name)
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let begins = |it: u8| it.is_ascii_alphabetic() || it == b'_' || !it.is_ascii();
    bytes.next().is_some_and(begins)
        && bytes.all(|it| begins(it) || it.is_ascii_digit() || matches!(it, b'-' | b'.' | b':'))
}

/// Whether the content of an element is dropped, told by its start tag alone.
fn is_secret_tag(tag: &Tag<'_>) -> bool {
    let attributes: Vec<_> = Attributes::new(tag.content, tag.qualified.len())
        .with_checks(false)
        .take(MAX_ATTRIBUTES)
        .filter_map(Result::ok)
        .map(|it| (local(it.key.0), unescape(it.value).unwrap_or_default()))
        .collect();
    context::is_secret(tag.name, attributes.iter().map(|(name, value)| (*name, value.as_ref())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in ["a", "_a-b.c1", "dsml:class", "é"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "1a", "-a", "a<b", "a/b", "a=b", "a\"b"] {
            assert!(!is_name(name), "{name}");
        }
    }
}
