//! Pending exports in the shape of csexport, for tools and people who know that.
use std::{
    collections::BTreeSet,
    fmt::Write as _,
    io::{self, Write},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dirlift_model::{AttributeName, AttributeValue, PendingExport, pending::Operation};

/// Writes pending exports of one connector as `cs-objects`.
///
/// [`super::CsexportReader`] gives each back as it was, but for what such a file never holds: rules, causes and what could
/// not be read. States hold only what changes, and what the object is known by. Characters that XML 1.0 does not have
/// become U+FFFD.
#[derive(Debug)]
pub struct CsexportWriter<W> {
    out: W,
}

impl<W: Write> CsexportWriter<W> {
    /// Begins a file.
    pub fn new(mut out: W) -> io::Result<Self> {
        out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<cs-objects>\n")?;
        Ok(Self { out })
    }

    /// Writes one object.
    pub fn write(&mut self, export: &PendingExport) -> io::Result<()> {
        self.out.write_all(object(export).as_bytes())
    }

    /// Ends the file.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(b"</cs-objects>\n")?;
        self.out.flush()?;
        Ok(self.out)
    }
}

fn object(export: &PendingExport) -> String {
    let mut text = String::with_capacity(1_024);
    let dn = quoted(export.dn.as_str());
    let kind = quoted(export.object_type.as_str());
    let class = format!(
        "<primary-objectclass>{kind}</primary-objectclass><objectclass><oc-value>{kind}</oc-value></objectclass>"
    );
    let operation = match export.operation {
        Operation::Rename => Operation::Update.as_str(),
        it => it.as_str(),
    };
    let new_dn = export.new_dn.as_ref();
    let renamed = new_dn.map(|it| format!(" newdn=\"{}\"", quoted(it.as_str())));
    let _ = write!(
        text,
        "<cs-object cs-dn=\"{dn}\" object-type=\"{kind}\">\n<unapplied-export><delta operation=\"{operation}\" dn=\"{dn}\"{}>",
        renamed.unwrap_or_default()
    );
    text.push_str(&class);
    let is_delete = export.operation == Operation::Delete;
    for it in export.changes.iter().filter(|_| !is_delete) {
        change(&mut text, &it.attribute, &it.old, &it.new);
    }
    text.push_str("</delta></unapplied-export>\n");
    let is_new = export.operation == Operation::Add;
    let identity = identity(export);
    if !is_new {
        let _ = write!(text, "<synchronized-hologram><entry dn=\"{dn}\">{class}");
        for it in &export.changes {
            state(&mut text, &it.attribute, &it.old);
        }
        for (name, value) in identity.iter().filter(|_| is_delete) {
            state(&mut text, name, std::slice::from_ref(value));
        }
        text.push_str("</entry></synchronized-hologram>\n");
    }
    if !is_delete {
        let after = new_dn.map_or(dn, |it| quoted(it.as_str()));
        let _ = write!(text, "<unapplied-export-hologram><entry dn=\"{after}\">{class}");
        for it in &export.changes {
            state(&mut text, &it.attribute, &it.new);
        }
        for (name, value) in &identity {
            state(&mut text, name, std::slice::from_ref(value));
        }
        text.push_str("</entry></unapplied-export-hologram>\n");
    }
    let _ = write!(
        text,
        "<connector>{}</connector><export-delta-operation>{operation}</export-delta-operation><ma-name>{}</ma-name>\n</cs-object>\n",
        u8::from(!is_delete),
        quoted(&export.connector)
    );
    text
}

/// What the object is known by, unless that changes: display name and anchor.
fn identity(export: &PendingExport) -> Vec<(AttributeName, AttributeValue)> {
    let changes = |name: &str| {
        export.operation != Operation::Delete
            && export.changes.iter().any(|it| it.attribute.is(name))
    };
    let mut out = Vec::new();
    if let Some(name) = export.display_name.as_ref().filter(|_| !changes("displayName")) {
        out.push(("displayName".into(), AttributeValue::String(name.clone())));
    }
    let is_directory = export.dn.dns_domain().is_some();
    if let Some(anchor) = &export.anchor {
        let bytes = STANDARD.decode(anchor).ok().filter(|it| is_directory && it.len() == 16);
        match bytes {
            Some(bytes) => out.push(("objectGUID".into(), AttributeValue::Binary(bytes))),
            None if !changes("sourceAnchor") => {
                out.push(("sourceAnchor".into(), AttributeValue::String(anchor.clone())));
            }
            None => {}
        }
    }
    out
}

/// The kind of element and the type of an attribute's values.
fn form(values: &[&AttributeValue]) -> (&'static str, &'static str) {
    match values.first() {
        Some(AttributeValue::Reference(_)) => ("dn-attr", ""),
        Some(AttributeValue::Integer(_)) => ("attr", " type=\"integer\""),
        Some(AttributeValue::Boolean(_)) => ("attr", " type=\"boolean\""),
        Some(AttributeValue::Binary(_)) => ("attr", " type=\"binary\""),
        Some(AttributeValue::String(_)) | None => ("attr", " type=\"string\""),
    }
}

fn state(text: &mut String, name: &AttributeName, values: &[AttributeValue]) {
    if !values.is_empty() {
        attribute(text, name, "", &values.iter().map(|it| (None, it)).collect::<Vec<_>>());
    }
}

fn change(text: &mut String, name: &AttributeName, old: &[AttributeValue], new: &[AttributeValue]) {
    let (before, after): (BTreeSet<_>, BTreeSet<_>) = (old.iter().collect(), new.iter().collect());
    if new.is_empty() {
        attribute(text, name, "delete", &[]);
    } else if old.is_empty() {
        attribute(text, name, "add", &new.iter().map(|it| (None, it)).collect::<Vec<_>>());
    } else {
        let gone = old.iter().filter(|it| !after.contains(it)).map(|it| (Some("delete"), it));
        let come = new.iter().filter(|it| !before.contains(it)).map(|it| (Some("add"), it));
        attribute(text, name, "update", &gone.chain(come).collect::<Vec<_>>());
    }
}

fn attribute(
    text: &mut String,
    name: &AttributeName,
    operation: &str,
    values: &[(Option<&str>, &AttributeValue)],
) {
    // A value of another type than the others gets an element of its own.
    let mut groups: Vec<(&str, &str, Vec<_>)> = Vec::new();
    for value in values {
        let (element, kind) = form(&[value.1]);
        match groups.iter_mut().find(|it| (it.0, it.1) == (element, kind)) {
            Some(group) => group.2.push(value),
            None => groups.push((element, kind, vec![value])),
        }
    }
    if groups.is_empty() {
        groups.push(("attr", " type=\"string\"", Vec::new()));
    }
    let name = quoted(name.as_str());
    for (element, kind, values) in groups {
        let _ = write!(text, "<{element} name=\"{name}\"");
        if !operation.is_empty() {
            let _ = write!(text, " operation=\"{operation}\"");
        }
        let _ = write!(text, "{kind} multivalued=\"{}\">", values.len() > 1);
        for (operation, value) in values {
            let operation = operation.map(|it| format!(" operation=\"{it}\"")).unwrap_or_default();
            let _ = match value {
                AttributeValue::Reference(dn) => {
                    write!(text, "<dn-value{operation}><dn>{}</dn></dn-value>", quoted(dn.as_str()))
                }
                AttributeValue::Binary(bytes) => write!(
                    text,
                    "<value{operation} encoding=\"base64\">{}</value>",
                    STANDARD.encode(bytes)
                ),
                AttributeValue::Integer(it) => {
                    write!(text, "<value{operation}>0x{:X}</value>", it.cast_unsigned())
                }
                AttributeValue::Boolean(it) => write!(text, "<value{operation}>{it}</value>"),
                AttributeValue::String(it) => {
                    write!(text, "<value{operation}>{}</value>", quoted(it))
                }
            };
        }
        let _ = write!(text, "</{element}>");
    }
}

/// Text for content and attributes of XML 1.0.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Readers turn these into other white space unless they are references.
            '\t' | '\n' | '\r' => {
                let _ = write!(out, "&#{};", u32::from(it));
            }
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            it => out.push(it),
        }
    }
    out
}
