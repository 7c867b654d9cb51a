//! Files of the old server, byte for byte, unless something secret has to go.
use std::borrow::Cow;

use dirlift_model::{AttributeName, SyncRule, secret, text::sanitize};
use dirlift_serverconfig::{Document, declarative::write_rule, decode};

use crate::{
    bundle::Part,
    harmless::clean,
    names,
    settings::{EditedFile, NotCarried},
};

/// Files that a configuration consists of, ready for a bundle.
#[derive(Debug, Default)]
pub(crate) struct Originals {
    pub(crate) parts: Vec<Part>,
    pub(crate) edited: Vec<EditedFile>,
    pub(crate) left_out: Vec<NotCarried>,
}

/// Takes the files of `server-configuration/`; `folder` is put before each path.
pub(crate) fn take(files: &[Part], folder: &str) -> Originals {
    let mut out = Originals::default();
    for file in files {
        let path = format!("{folder}/{}", file.path);
        let shown = sanitize(&file.path);
        let mut leave = |why: String| out.left_out.push(NotCarried { what: shown.clone(), why });
        if let Err(why) = names::check(&path) {
            leave(format!("its name {why}"));
            continue;
        }
        let last = file.path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let cleaned = if last.strip_suffix(".xml").is_some() && last != "persistedstate.xml" {
            clean_xml(&file.path, &file.bytes)
        } else if last == "migratedpolicy.json" {
            clean_json(&file.path, &file.bytes)
        } else {
            leave(
                "dirlift does not know the file and cannot say whether it holds a secret"
                    .to_owned(),
            );
            continue;
        };
        match cleaned {
            Ok((bytes, removed)) => {
                out.parts.push(Part::new(path.clone(), bytes));
                if !removed.is_empty() {
                    out.edited.push(EditedFile { path, removed });
                }
            }
            Err(why) => leave(why),
        }
    }
    out
}

type Cleaned = Result<(Vec<u8>, Vec<String>), String>;

/// The file without its secrets, and what was removed; an error when it cannot be read.
fn clean_xml(path: &str, bytes: &[u8]) -> Cleaned {
    let parsed = dirlift_serverconfig::read(path, bytes).map_err(|it| it.to_string())?;
    if let Document::Rule(rule) = &parsed.value
        && let Some(mut removed) = secrets_of(rule)
    {
        let (clean, more) = scrub(&write_rule(rule));
        removed.extend(more);
        return Ok((clean.into_bytes(), removed));
    }
    let text = decode(bytes).map_err(|it| it.to_string())?;
    let (clean, removed) = scrub(&text);
    if removed.is_empty() {
        return Ok((bytes.to_vec(), removed));
    }
    let is_wide = bytes.first_chunk().is_some_and(|it| {
        matches!(it, [0xFF, 0xFE] | [0xFE, 0xFF]) || (it[0] == 0) != (it[1] == 0)
    });
    // The decoder dropped the byte-order mark; UTF-16 gets a new one, and UTF-8 is what every reader takes.
    let is_utf8 = std::str::from_utf8(bytes).is_ok();
    match (is_wide, is_utf8) {
        (true, _) => {
            let wide = std::iter::once(0xFEFF).chain(clean.encode_utf16());
            Ok((wide.flat_map(u16::to_le_bytes).collect(), removed))
        }
        (false, true) => Ok((clean.into_bytes(), removed)),
        (false, false) => {
            Err("something secret has to go, and its encoding cannot be written".to_owned())
        }
    }
}

/// Names of credential attributes that a rule sets or compares: the reader dropped their values.
fn secrets_of(rule: &SyncRule) -> Option<Vec<String>> {
    let flows = rule.mappings.iter().map(|it| &it.destination);
    let clauses = rule.scope.iter().flat_map(|it| &it.clauses).map(|it| &it.attribute);
    let mut all: Vec<_> = flows
        .chain(clauses)
        .map(AttributeName::as_str)
        .filter(|it| secret::is_credential_name(it))
        .map(|it| sanitize(&format!("value of {it}")))
        .collect();
    all.sort();
    all.dedup();
    (!all.is_empty()).then_some(all)
}

/// Takes out the content of credential elements, and sign-in data in URLs. The text was parsed before.
pub(crate) fn scrub(text: &str) -> (String, Vec<String>) {
    let mut out = String::with_capacity(text.len());
    let mut removed = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        visible(&rest[..at], &mut out, &mut removed);
        rest = &rest[at..];
        let n_markup = markup(rest);
        let tag = &rest[..n_markup];
        rest = &rest[n_markup..];
        let Some(name) = start_name(tag) else {
            if let Some((open, close)) = hiding(tag) {
                removed.push("a comment or character data with a credential in it".to_owned());
                out.push_str(open);
                out.push_str(close);
            } else {
                visible(tag, &mut out, &mut removed);
            }
            continue;
        };
        let local = name.rsplit(':').next().unwrap_or(name);
        let is_empty = tag.trim_end_matches('>').ends_with('/');
        let is_secret = secret::is_credential_name(local) || has_secret_name(tag);
        attributes(tag, local, &mut out, &mut removed);
        if !is_secret || is_empty {
            continue;
        }
        let n_content = content(rest, name);
        if rest[..n_content].trim().is_empty() {
            out.push_str(&rest[..n_content]);
        } else {
            removed.push(shown(tag, local));
        }
        rest = &rest[n_content..];
    }
    visible(rest, &mut out, &mut removed);
    removed.sort();
    removed.dedup();
    (out, removed)
}

/// The marks of a comment or of character data in which an element of a credential stands.
fn hiding(tag: &str) -> Option<(&'static str, &'static str)> {
    let (open, close) = [("<!--", "-->"), ("<![CDATA[", "]]>")]
        .into_iter()
        .find(|(open, _)| tag.starts_with(open))?;
    let inner = tag.get(open.len()..)?;
    let is_secret = |at: usize| {
        let name = start_name(&inner[at..]).unwrap_or_default();
        secret::is_credential_name(name.rsplit(':').next().unwrap_or(name))
    };
    inner.match_indices('<').any(|(at, _)| is_secret(at)).then_some((open, close))
}

/// What a removed secret is called: the element, or the parameter's name.
fn shown(tag: &str, local: &str) -> String {
    sanitize(attribute(tag, "name").unwrap_or(local))
}

/// Text outside of tags: only sign-in data in URLs and connection strings is taken out.
fn visible(text: &str, out: &mut String, removed: &mut Vec<String>) {
    let clean = clean(text);
    if matches!(clean, Cow::Owned(_)) {
        removed.push("sign-in data in a text".to_owned());
    }
    out.push_str(&clean);
}

/// Length of the markup that begins here.
fn markup(text: &str) -> usize {
    let until = |mark: &str| text.find(mark).map_or(text.len(), |it| it + mark.len());
    if text.starts_with("<!--") {
        return until("-->");
    }
    if text.starts_with("<![CDATA[") {
        return until("]]>");
    }
    let mut quote = None;
    for (at, it) in text.bytes().enumerate() {
        match (quote, it) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(it),
            (Some(open), _) if open == it => quote = None,
            _ => {}
        }
    }
    text.len()
}

/// The name of a start tag or empty element.
fn start_name(tag: &str) -> Option<&str> {
    let inner = tag.strip_prefix('<')?;
    let first = inner.chars().next()?;
    if matches!(first, '/' | '!' | '?') {
        return None;
    }
    let end = inner.find(|it: char| it.is_whitespace() || matches!(it, '/' | '>'));
    inner.get(..end.unwrap_or(inner.len()))
}

/// The raw value of an attribute of a tag.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    each_attribute(tag).find(|(it, ..)| it.eq_ignore_ascii_case(name)).map(|(_, value, _)| value)
}

/// Names and raw values of a tag's attributes, each with the place in the tag where the value begins.
fn each_attribute(tag: &str) -> impl Iterator<Item = (&str, &str, usize)> {
    let mut rest = start_name(tag).and_then(|it| tag.get(1 + it.len()..)).unwrap_or_default();
    std::iter::from_fn(move || {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let quote = after.chars().next().filter(|it| matches!(it, '"' | '\''))?;
        let after = &after[1..];
        let start = tag.len() - after.len();
        let (value, after) = after.split_once(quote)?;
        rest = after;
        Some((name.trim(), value, start))
    })
}

/// A parameter that holds a credential, by its name, type or mark.
fn has_secret_name(tag: &str) -> bool {
    each_attribute(tag).any(|(name, value, _)| {
        let value = value.trim();
        (name.eq_ignore_ascii_case("name") && secret::is_credential_name(value))
            || (name.eq_ignore_ascii_case("encrypted") && matches!(value, "1" | "true" | "True"))
            || (name.eq_ignore_ascii_case("type") && value.eq_ignore_ascii_case("encrypted-string"))
    })
}

/// Writes a tag; values of credential attributes are emptied.
fn attributes(tag: &str, local: &str, out: &mut String, removed: &mut Vec<String>) {
    let is_secret = |name: &str, value: &str| {
        let credential = secret::is_credential_name(name)
            || (name.eq_ignore_ascii_case("value") && has_secret_name(tag));
        credential && !value.is_empty()
    };
    let mut at = 0;
    for (name, value, start) in each_attribute(tag) {
        out.push_str(tag.get(at..start).unwrap_or_default());
        if is_secret(name, value) {
            removed.push(format!("attribute of {}", sanitize(local)));
        } else {
            visible(value, out, removed);
        }
        at = start + value.len();
    }
    out.push_str(tag.get(at..).unwrap_or_default());
}

/// Length of the content of an element whose start tag was read: up to its end tag, which is not part of it.
fn content(text: &str, name: &str) -> usize {
    let (mut at, mut depth) = (0, 0usize);
    while let Some(found) = text[at..].find('<') {
        let start = at + found;
        let n_markup = markup(&text[start..]);
        let tag = &text[start..start + n_markup];
        let is_end =
            tag.strip_prefix("</").is_some_and(|it| it.trim_end_matches('>').trim() == name);
        if is_end && depth == 0 {
            return start;
        }
        if is_end {
            depth -= 1;
        } else if start_name(tag) == Some(name) && !tag.trim_end_matches('>').ends_with('/') {
            depth += 1;
        }
        at = start + n_markup;
    }
    text.len()
}

/// The file as it is when nothing in it looks like a secret; otherwise it is left out, since its form is fixed.
fn clean_json(path: &str, bytes: &[u8]) -> Cleaned {
    dirlift_serverconfig::declarative::read_migrated_policy(path, bytes)
        .map_err(|it| it.to_string())?;
    let text = decode(bytes).map_err(|it| it.to_string())?;
    let value: serde_json::Value = serde_json::from_str(text.trim_start_matches('\u{FEFF}'))
        .map_err(|_| "it is not JSON".to_owned())?;
    if is_harmless(&value) {
        Ok((bytes.to_vec(), Vec::new()))
    } else {
        Err("it holds something that looks like a secret, which Microsoft's script does not write"
            .to_owned())
    }
}

fn is_harmless(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(it) => secret::redact(it) == *it,
        serde_json::Value::Array(all) => all.iter().all(is_harmless),
        serde_json::Value::Object(all) => {
            all.iter().all(|(name, it)| !secret::is_credential_name(name) && is_harmless(it))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_and_the_rest_stays() {
        let cases = [
            ("<a><b>x</b></a>", "<a><b>x</b></a>", vec![]),
            ("<a><password>x</password>y</a>", "<a><password></password>y</a>", vec!["password"]),
            ("<a><password />y</a>", "<a><password />y</a>", vec![]),
            ("<a><password> </password>y</a>", "<a><password> </password>y</a>", vec![]),
            ("<n:cookie a='>'>x<b>y</b></n:cookie>", "<n:cookie a='>'></n:cookie>", vec!["cookie"]),
            ("<cookie>x<cookie>y</cookie>z</cookie>!", "<cookie></cookie>!", vec!["cookie"]),
            (
                "<parameter name=\"Password\" encrypted=\"1\">x</parameter>",
                "<parameter name=\"Password\" encrypted=\"1\"></parameter>",
                vec!["Password"],
            ),
            (
                "<parameter name='p' type='encrypted-string'>x</parameter>",
                "<parameter name='p' type='encrypted-string'></parameter>",
                vec!["p"],
            ),
            (
                "<parameter name='UserName'>x</parameter>",
                "<parameter name='UserName'>x</parameter>",
                vec![],
            ),
            (
                "<parameter name='p' encrypted='1' value='x' />",
                "<parameter name='p' encrypted='1' value='' />",
                vec!["attribute of parameter"],
            ),
            ("<f password='x'>y</f>", "<f password=''>y</f>", vec!["attribute of f"]),
            (
                "<f password='x' run='a -password=y b'/>",
                "<f password='' run='a -password=(removed) b'/>",
                vec!["attribute of f", "sign-in data in a text"],
            ),
            (
                "<f a='b' password = \"\"\n c='password=' />",
                "<f a='b' password = \"\"\n c='password=' />",
                vec![],
            ),
            ("<p>http://u:pw@h/</p>", "<p>http://(removed)@h/</p>", vec!["sign-in data in a text"]),
            (
                "<!-- <password>x</password> --><a/>",
                "<!----><a/>",
                vec!["a comment or character data with a credential in it"],
            ),
            (
                "<a><![CDATA[ <n:pwd>x ]]></a>",
                "<a><![CDATA[]]></a>",
                vec!["a comment or character data with a credential in it"],
            ),
            ("<!-- <a>x</a> --><a/>", "<!-- <a>x</a> --><a/>", vec![]),
            (
                "<water-mark><![CDATA[</x>]]></water-mark>",
                "<water-mark></water-mark>",
                vec!["water-mark"],
            ),
            ("<password>cut off", "<password>", vec!["password"]),
        ];
        for (text, expected, names) in cases {
            let (clean, removed) = scrub(text);
            assert_eq!(
                (clean.as_str(), removed),
                (expected, names.iter().map(ToString::to_string).collect()),
                "{text}"
            );
        }
    }

    #[test]
    fn damaged_files_are_left_out_or_stay_readable() {
        let folder =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../test-data/adatum/server-configuration");
        let rule =
            "SynchronizationRules/SynchronizationRule_{175a5a1f-c76a-4437-971e-7494af11faf4}.xml";
        let mut mutator = dirlift_testkit::mutate::Mutator::new(11);
        let (mut n_kept, mut n_edited) = (0, 0);
        for (name, rounds) in
            [(rule, 4_000), ("GlobalSettings/MV.xml", 300), ("MigratedPolicy.json", 700)]
        {
            let mut whole = std::fs::read(format!("{folder}/{name}")).unwrap();
            if name == rule {
                let text = String::from_utf8(whole).unwrap();
                let more =
                    "<description password='x'>http://u:p@h</description><password>x</password>";
                whole = text.replacen("<description />", more, 1).into_bytes();
                assert_eq!(take(&[Part::new(name, whole.clone())], "f").edited.len(), 1);
            }
            for _ in 0..rounds {
                let files = [Part::new(name, mutator.mutate(&whole))];
                let once = take(&files, "f");
                assert_eq!(once.parts.len() + once.left_out.len(), 1);
                n_kept += once.parts.len();
                n_edited += once.edited.len();
                if let Some(part) = once.parts.first() {
                    let again = take(&[Part::new(name, part.bytes.clone())], "f");
                    assert_eq!(again.left_out, [], "what was cleaned is still read");
                    assert_eq!(
                        again.edited,
                        [],
                        "and holds no secret: {:?}",
                        String::from_utf8_lossy(&part.bytes)
                    );
                    assert_eq!(again.parts[0].bytes, part.bytes);
                }
            }
        }
        assert!(n_kept > 80 && n_edited > 50, "{n_kept} kept, {n_edited} edited");
    }

    proptest::proptest! {
        #[test]
        fn never_panics_and_is_stable(text in "(<password|<a|</password>|<!--|-->|<!\\[CDATA\\[|\\]\\]>|[<>/=\"' aü]| name='pwd'| encrypted='1'){0,30}") {
            let (once, _) = scrub(&text);
            scrub(&once);
        }
    }
}
