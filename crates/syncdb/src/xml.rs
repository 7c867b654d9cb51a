//! The little that is read from XML here: credentials are cut out, and a few words are picked. Nothing recurses.
use std::collections::BTreeMap;

use dirlift_model::{
    config::RunStepKind, database::ErrorCount, secret::is_credential_name, text::shorten,
};
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

/// Deepest nesting that is believed.
const MAX_DEPTH: usize = 200;
/// Most kinds of errors that are told apart.
const MAX_ERROR_KINDS: usize = 100;

/// A document that is not well-formed, declares entities, or is nested too deeply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Damaged {
    pub(crate) reason: String,
}

fn damaged(reason: &str) -> Damaged {
    Damaged { reason: shorten(reason, 200) }
}

fn reader(xml: &str) -> Reader<&[u8]> {
    Reader::from_str(xml.strip_prefix('\u{feff}').unwrap_or(xml))
}

/// The name without its prefix.
fn local(start: &BytesStart<'_>) -> String {
    start.local_name().as_ref().to_owned()
}

/// The value of an attribute, its references resolved as far as they are known.
fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let found =
        start.attributes().with_checks(false).flatten().find(|it| it.key.as_ref() == name)?;
    Some(unescaped(&found.value))
}

/// Whether the content of an element is a secret: by its name, or as a parameter by its name or its type.
fn is_secret(start: &BytesStart<'_>) -> bool {
    let name = local(start);
    let has = |attribute_name: &str, test: fn(&str) -> bool| {
        attribute(start, attribute_name).is_some_and(|it| test(&it))
    };
    is_credential_name(&name)
        || (name.eq_ignore_ascii_case("parameter")
            && (has("name", is_credential_name)
                || has("type", |it| it.to_ascii_lowercase().contains("encrypted"))
                || has("encrypted", |it| it == "1" || it.eq_ignore_ascii_case("true"))))
}

/// Cuts out the content of credential elements and the values of credential attributes; the rest stays byte for byte.
pub(crate) fn without_credentials(xml: &str) -> Result<String, Damaged> {
    let xml = xml.strip_prefix('\u{feff}').unwrap_or(xml);
    let mut reader = reader(xml);
    let mut out = String::with_capacity(xml.len());
    // Up to where `xml` is copied; and the depth at which a secret began.
    let (mut copied, mut depth, mut secret_at) = (0, 0_usize, None);
    loop {
        let before = place(&reader)?;
        let event = reader.read_event().map_err(|it| damaged(&it.to_string()))?;
        let after = place(&reader)?;
        match &event {
            Event::Eof if depth == 0 => break,
            Event::Eof => return Err(damaged("an element has no end")),
            Event::DocType(_) => return Err(damaged("it declares a document type")),
            Event::Start(start) => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(damaged("it is nested too deeply"));
                }
                if secret_at.is_none() {
                    out.push_str(&xml[copied..before]);
                    push_tag(&mut out, start, &xml[before..after]);
                    copied = after;
                    if is_secret(start) {
                        secret_at = Some(depth);
                    }
                }
            }
            Event::Empty(start) if secret_at.is_none() => {
                out.push_str(&xml[copied..before]);
                push_tag(&mut out, start, &xml[before..after]);
                copied = after;
            }
            Event::End(_) => {
                if secret_at == Some(depth) {
                    secret_at = None;
                    copied = before;
                }
                depth = depth
                    .checked_sub(1)
                    .ok_or_else(|| damaged("an element ends that has not begun"))?;
            }
            _ => {}
        }
    }
    out.push_str(&xml[copied..]);
    return Ok(out);

    fn place(reader: &Reader<&[u8]>) -> Result<usize, Damaged> {
        usize::try_from(reader.buffer_position()).map_err(|_| damaged("it is too long"))
    }
}

/// Writes a tag as it was, without the values of attributes that are named like credentials.
fn push_tag(out: &mut String, start: &BytesStart<'_>, raw: &str) {
    let is_credential = |key: &str| is_credential_name(key);
    let attributes: Vec<_> = start.attributes().with_checks(false).flatten().collect();
    if !attributes.iter().any(|it| is_credential(it.key.local_name().as_ref())) {
        out.push_str(raw);
        return;
    }
    out.push('<');
    out.push_str(start.name().as_ref());
    for it in attributes.iter().filter(|it| !is_credential(it.key.local_name().as_ref())) {
        let value = it.value.replace('"', "&quot;");
        out.extend([" ", it.key.as_ref(), "=\"", &value, "\""]);
    }
    out.push_str(if raw.ends_with("/>") { "/>" } else { ">" });
}

/// The name of the first element.
pub(crate) fn root(xml: &str) -> Option<String> {
    let mut reader = reader(xml);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => return Some(local(&start)),
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// Calls back with each element that has text but no elements, and with each empty one: name, tag and text.
fn leaves(xml: &str, mut each: impl FnMut(&str, &BytesStart<'_>, &str)) {
    let mut reader = reader(xml);
    let mut open: Option<BytesStart<'static>> = None;
    let mut text = String::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                // An element with elements in it is told of too, with the text before them.
                if let Some(parent) = open.take() {
                    each(&local(&parent), &parent, text.trim());
                }
                text.clear();
                open = Some(start.into_owned());
            }
            Ok(Event::Empty(start)) => {
                each(&local(&start), &start, "");
            }
            Ok(Event::Text(part)) if open.is_some() => text.push_str(&part),
            Ok(Event::GeneralRef(part)) if open.is_some() => {
                text.push_str(&unescaped(&format!("&{};", &*part)));
            }
            Ok(Event::End(_)) => {
                if let Some(leaf) = open.take() {
                    each(&local(&leaf), &leaf, text.trim());
                }
                text.clear();
            }
            // What was read up to the damage counts.
            Ok(Event::Eof) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// The kind of a step from its `step-type` and the subtype in it.
pub(crate) fn step_kind(xml: &str) -> Option<RunStepKind> {
    let (mut kind, mut subtype) = (None, None);
    leaves(xml, |name, start, text| match name {
        "step-type" if kind.is_none() => kind = attribute(start, "type"),
        "import-subtype" | "apply-rules-subtype" if kind.is_some() && subtype.is_none() => {
            subtype = Some(text.to_owned());
        }
        _ => {}
    });
    kind.map(|it| RunStepKind::new(&shorten(&it, 60), &shorten(&subtype.unwrap_or_default(), 60)))
}

/// How often each `error-type` stands in the errors of a step, most often first.
pub(crate) fn errors(xml: &str) -> Vec<ErrorCount> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    leaves(xml, |name, _, text| {
        if name == "error-type" && !text.is_empty() {
            let error_type = shorten(text, 200);
            if counts.len() < MAX_ERROR_KINDS || counts.contains_key(&error_type) {
                *counts.entry(error_type).or_default() += 1;
            }
        }
    });
    let mut counts: Vec<_> = counts
        .into_iter()
        .map(|(error_type, objects)| ErrorCount { error_type, objects })
        .collect();
    counts.sort_by(|a, b| b.objects.cmp(&a.objects).then_with(|| a.error_type.cmp(&b.error_type)));
    counts
}

/// The staging switch among global parameters: `True` or `False`.
pub(crate) fn staging_mode(xml: &str) -> Option<bool> {
    const NAME: &str = "Microsoft.Synchronize.StagingMode";
    if !xml.contains(NAME) {
        return None;
    }
    let (mut found, mut is_next) = (None, false);
    leaves(xml, |name, start, text| {
        let named = attribute(start, "name").is_some_and(|it| it == NAME);
        let value = attribute(start, "value").unwrap_or_else(|| text.to_owned());
        if named || (is_next && name == "value") {
            found = found.or(match value.to_ascii_lowercase().as_str() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            });
        }
        is_next = named || (name == "name" && text == NAME);
    });
    found
}

/// Text with the five characters of markup escaped.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            it if it.is_control() && !matches!(it, '\t' | '\n' | '\r') => out.push('\u{FFFD}'),
            it => out.push(it),
        }
    }
    out
}

fn unescaped(text: &str) -> String {
    quick_xml::escape::unescape(text).map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_cut_out_and_the_rest_stays() {
        let cases = [
            ("<a><password>x</password><b>1</b></a>", "<a><password></password><b>1</b></a>"),
            (
                "<a>\r\n <cookie><x>TVNEUw==</x></cookie> t &amp; u</a>",
                "<a>\r\n <cookie></cookie> t &amp; u</a>",
            ),
            ("<a><p:Password>x</p:Password></a>", "<a><p:Password></p:Password></a>"),
            (
                r#"<parameter name="Password" type="string">x</parameter>"#,
                r#"<parameter name="Password" type="string"></parameter>"#,
            ),
            (
                r#"<parameter name="y" type="encrypted-string">x</parameter>"#,
                r#"<parameter name="y" type="encrypted-string"></parameter>"#,
            ),
            (
                r#"<parameter name="y" encrypted="1">x</parameter>"#,
                r#"<parameter name="y" encrypted="1"></parameter>"#,
            ),
            (
                r#"<parameter name="y" encrypted="0">x</parameter>"#,
                r#"<parameter name="y" encrypted="0">x</parameter>"#,
            ),
            (r#"<a user="u" password="x" z='"'/>"#, r#"<a user="u" z="&quot;"/>"#),
            (
                "<password-hash-sync-config><enabled>1</enabled></password-hash-sync-config>",
                "<password-hash-sync-config><enabled>1</enabled></password-hash-sync-config>",
            ),
            ("<a/><b/>", "<a/><b/>"),
            ("", ""),
        ];
        for (xml, expected) in cases {
            assert_eq!(without_credentials(xml).unwrap(), expected, "{xml}");
        }
    }

    #[test]
    fn damaged_documents_are_refused() {
        let deep = "<a>".repeat(300) + &"</a>".repeat(300);
        for xml in
            ["<a>", "</a>", "<a></b>", "<password>x", "<!DOCTYPE a><a/>", deep.as_str(), "<a b=<"]
        {
            assert!(without_credentials(xml).is_err(), "{xml}");
        }
    }

    #[test]
    fn steps_are_told() {
        let kind = |it: &str| step_kind(it).map(|it| it.words());
        let words = |it: &str| Some(it.to_owned());
        assert_eq!(
            kind(
                r#"<step-description><step-type type="delta-import"><import-subtype>to-cs</import-subtype></step-type></step-description>"#
            ),
            words("delta-import/to-cs")
        );
        assert_eq!(kind(r#"<step><step-type type="export"/></step>"#), words("export"));
        assert_eq!(
            kind(
                r#"<step><step-type type="apply-rules"><apply-rules-subtype> apply-pending </apply-rules-subtype></step-type></step>"#
            ),
            words("apply-rules/apply-pending")
        );
        assert_eq!(
            kind(
                r#"<step><step-type type="full-import"></step-type><threshold><object>0</object></threshold></step>"#
            ),
            words("full-import")
        );
        assert_eq!(kind("<step/>"), None);
        assert_eq!(kind("<step><"), None);
    }

    #[test]
    fn errors_are_counted() {
        let xml = "<synchronization-errors><export-error cs-guid='x'><error-type>b</error-type></export-error>\
                   <import-error><error-type>a</error-type></import-error><import-error><error-type>a</error-type>\
                   <cd-error><error-code>87</error-code></cd-error></import-error><import-error><error-type>c</err";
        let found: Vec<_> = errors(xml).into_iter().map(|it| (it.error_type, it.objects)).collect();
        assert_eq!(found, [("a".to_owned(), 2), ("b".to_owned(), 1)]);
        assert!(errors("").is_empty());
    }

    #[test]
    fn staging_is_found_in_its_forms() {
        let name = "Microsoft.Synchronize.StagingMode";
        let cases = [
            (
                format!(
                    r#"<parameter-values><parameter name="{name}" type="string">True</parameter></parameter-values>"#
                ),
                Some(true),
            ),
            (
                format!(
                    r#"<p><parameter name="x">True</parameter><parameter name="{name}">False</parameter></p>"#
                ),
                Some(false),
            ),
            (format!(r#"<p><parameter name="{name}" value="true"/></p>"#), Some(true)),
            (
                format!("<p><parameter><name>{name}</name><value>False</value></parameter></p>"),
                Some(false),
            ),
            (
                format!(
                    r#"<p><parameter name="{name}">perhaps</parameter><parameter name="y">True</parameter></p>"#
                ),
                None,
            ),
            ("<p/>".to_owned(), None),
        ];
        for (xml, expected) in cases {
            assert_eq!(staging_mode(&xml), expected, "{xml}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_canary_survives(parts in proptest::collection::vec("(<a>|</a>|<password>CANARY</password>|<cookie a='1'><b>CANARY</b></cookie>|<b password='CANARY'/>|text|&amp;|<!-- c -->|<!\\[CDATA\\[x\\]\\]>|<|\")", 0..12)) {
            let xml = parts.concat();
            if let Ok(kept) = without_credentials(&xml) {
                proptest::prop_assert!(!kept.contains("CANARY"), "{} {}", xml, kept);
            }
            step_kind(&xml);
            errors(&xml);
            root(&xml);
        }
    }
}
