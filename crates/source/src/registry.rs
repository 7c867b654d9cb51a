//! `registry.reg`: what `regedit` exports, in both of its formats.
//!
//! A line that is not understood is a problem and is left out; only a file without the first line of an export is
//! refused. No problem quotes a value: it might be a secret.
use std::collections::BTreeMap;

use dirlift_model::{
    facts::{Registry, RegistryKey, RegistryValue},
    secret::{is_credential_name, redact},
};
use encoding_rs::{UTF_16LE, WINDOWS_1252};

use crate::{
    redaction::redact_proxy,
    text::{Damage, Problems, decode, number},
};

/// Keys that are kept.
const MAX_KEYS: usize = 100_000;

/// Parses a registry export.
pub(crate) fn parse(bytes: &[u8]) -> Result<(Registry, Problems), Damage> {
    let (text, damage) = decode(bytes, WINDOWS_1252);
    let mut parser = Parser {
        cursor: Cursor { text: &text, at: 0, line: 1, line_start: 0 },
        ..Parser::default()
    };
    parser.header()?;
    if let Some(it) = damage.filter(|it| parser.is_unicode || it.line > 1) {
        parser.problems.push(it.line, it.column, it.what);
    }
    while !parser.cursor.is_at_end() {
        parser.line();
    }
    Ok(parser.finish())
}

#[derive(Default)]
struct Parser<'a> {
    cursor: Cursor<'a>,
    /// Version 5: bytes of texts are UTF-16.
    is_unicode: bool,
    keys: Vec<Option<Key>>,
    /// By path in lower case.
    index: BTreeMap<String, usize>,
    current: Option<usize>,
    problems: Problems,
}

struct Key {
    path: String,
    values: Vec<Option<(String, RegistryValue)>>,
    /// By name in lower case.
    index: BTreeMap<String, usize>,
}

impl Parser<'_> {
    fn header(&mut self) -> Result<(), Damage> {
        self.cursor.skip_blank_lines();
        let line = self.cursor.line;
        match self.cursor.take_line().trim() {
            "Windows Registry Editor Version 5.00" => self.is_unicode = true,
            "REGEDIT4" => {}
            "" => return Err(Damage::new(line, 1, "the file is empty")),
            _ => {
                let what = "the first line of a registry export is `Windows Registry Editor Version 5.00` or `REGEDIT4`";
                return Err(Damage::new(line, 1, what));
            }
        }
        Ok(())
    }

    /// Reads one line, or all lines of one value, and always moves on.
    fn line(&mut self) {
        self.cursor.skip_blanks();
        match self.cursor.peek() {
            None => {}
            Some('\n') => self.cursor.bump(),
            Some(';') => {
                self.cursor.take_line();
            }
            Some('[') => self.key(),
            Some('"' | '@') => {
                if let Err(failure) = self.value() {
                    self.report(&failure);
                    self.current_line_is_lost();
                }
            }
            Some(_) => {
                self.report(
                    &self.cursor.failure("expected a key in brackets or a value name in quotes"),
                );
                self.current_line_is_lost();
            }
        }
    }

    fn report(&mut self, failure: &Failure) {
        let column = 1 + self.cursor.text[failure.line_start..failure.at].chars().count();
        self.problems.push(failure.line, number(column), failure.what);
    }

    fn current_line_is_lost(&mut self) {
        // The lines that continue a lost line belong to it.
        while self.cursor.take_line().trim_end().ends_with('\\') && !self.cursor.is_at_end() {}
    }

    fn key(&mut self) {
        let start = self.cursor.failure("the key has no closing bracket");
        let text = self.cursor.take_line().trim_end();
        self.current = None;
        // A path may hold brackets; the last one closes it.
        let Some(path) = text.strip_prefix('[').and_then(|it| it.strip_suffix(']')) else {
            return self.report(&start);
        };
        if let Some(path) = path.strip_prefix('-') {
            return self.delete(&full_path(path));
        }
        let path = full_path(path);
        if path.is_empty() {
            return self.report(&Failure { what: "the key has no name", ..start });
        }
        let folded = path.to_ascii_lowercase();
        self.current = self.index.get(&folded).copied();
        if self.current.is_none() && self.keys.len() < MAX_KEYS {
            self.index.insert(folded, self.keys.len());
            self.current = Some(self.keys.len());
            self.keys.push(Some(Key { path, values: Vec::new(), index: BTreeMap::new() }));
        } else if self.current.is_none() {
            self.report(&Failure {
                what: "there are more than 100,000 keys; this one was left out",
                ..start
            });
        }
    }

    fn delete(&mut self, path: &str) {
        let folded = path.to_ascii_lowercase();
        let below = format!("{folded}\\");
        let range = self.index.range(below.clone()..).take_while(|(it, _)| it.starts_with(&below));
        let mut gone: Vec<_> = range.map(|(it, _)| it.clone()).collect();
        gone.push(folded);
        for path in gone {
            if let Some(idx) = self.index.remove(&path) {
                self.keys[idx] = None;
            }
        }
    }

    fn value(&mut self) -> Result<(), Failure> {
        let start = self.cursor.failure("the value belongs to no key");
        let name = if self.cursor.eat('@') { String::new() } else { self.cursor.quoted()? };
        self.cursor.skip_blanks();
        if !self.cursor.eat('=') {
            return Err(self.cursor.failure("expected `=` after the name of a value"));
        }
        self.cursor.skip_blanks();
        let value = self.data(&name)?;
        self.cursor.skip_blanks();
        match self.cursor.peek() {
            None => {}
            Some('\n') => self.cursor.bump(),
            Some(';') => {
                self.cursor.take_line();
            }
            Some(_) => return Err(self.cursor.failure("the value ends before its line does")),
        }
        let Some(key) = self.current.and_then(|it| self.keys[it].as_mut()) else {
            self.report(&start);
            return Ok(());
        };
        let folded = name.to_ascii_lowercase();
        match (key.index.get(&folded), value) {
            (Some(idx), value) => key.values[*idx] = value.map(|it| (name, it)),
            (None, Some(value)) if !is_credential_name(&name) => {
                key.index.insert(folded, key.values.len());
                key.values.push(Some((name, value)));
            }
            (None, _) => {}
        }
        Ok(())
    }

    /// `None` stands for `-`, the deletion of a value.
    fn data(&mut self, name: &str) -> Result<Option<RegistryValue>, Failure> {
        if self.cursor.eat('-') {
            return Ok(None);
        }
        if self.cursor.peek() == Some('"') {
            return Ok(Some(RegistryValue::String(clean(name, &self.cursor.quoted()?))));
        }
        let start = self.cursor.failure("expected a text in quotes, `dword:`, `hex:` or `-`");
        let word = self
            .cursor
            .take_while(|it| it.is_ascii_alphanumeric() || matches!(it, '(' | ')'))
            .to_ascii_lowercase();
        if !self.cursor.eat(':') {
            return Err(start);
        }
        if word == "dword" {
            let wrong =
                self.cursor.failure("expected one to eight hexadecimal digits after `dword:`");
            let digits = self.cursor.take_while(|it| it.is_ascii_hexdigit());
            let value = if digits.len() <= 8 { u32::from_str_radix(digits, 16).ok() } else { None };
            return Ok(Some(RegistryValue::Number(value.ok_or(wrong)?.into())));
        }
        let ty = match word.strip_prefix("hex") {
            Some("") => Some(3),
            Some(ty) => ty
                .strip_prefix('(')
                .and_then(|it| it.strip_suffix(')'))
                .and_then(|it| u32::from_str_radix(it, 16).ok()),
            None => None,
        };
        let ty = ty.ok_or(start)?;
        let wrong = self.cursor.failure("the bytes do not make up a value of their type");
        let bytes = self.cursor.hex_bytes()?;
        Ok(Some(match ty {
            1 | 2 => RegistryValue::String(clean(
                name,
                self.text(&bytes).split('\0').next().unwrap_or(""),
            )),
            4 => RegistryValue::Number(
                u32::from_le_bytes(bytes.try_into().map_err(|_| wrong)?).into(),
            ),
            5 => RegistryValue::Number(
                u32::from_be_bytes(bytes.try_into().map_err(|_| wrong)?).into(),
            ),
            7 => {
                let text = self.text(&bytes);
                let parts = text.split('\0').filter(|it| !it.is_empty());
                RegistryValue::Strings(parts.map(|it| clean(name, it)).collect())
            }
            0xb => RegistryValue::Number(u64::from_le_bytes(bytes.try_into().map_err(|_| wrong)?)),
            _ => RegistryValue::Other,
        }))
    }

    fn text(&self, bytes: &[u8]) -> String {
        let encoding = if self.is_unicode { UTF_16LE } else { WINDOWS_1252 };
        encoding.decode_without_bom_handling(bytes).0.into_owned()
    }

    fn finish(self) -> (Registry, Problems) {
        let keys = self.keys.into_iter().flatten();
        let keys = keys
            .map(|it| RegistryKey {
                path: it.path,
                values: it.values.into_iter().flatten().collect(),
            })
            .collect();
        (Registry { keys }, self.problems)
    }
}

fn clean(name: &str, text: &str) -> String {
    if name.to_ascii_lowercase().contains("proxy") { redact_proxy(text) } else { redact(text) }
}

/// The path without a trailing backslash, its root written out.
fn full_path(path: &str) -> String {
    const ROOTS: &[(&str, &str)] = &[
        ("HKLM", "HKEY_LOCAL_MACHINE"),
        ("HKCU", "HKEY_CURRENT_USER"),
        ("HKCR", "HKEY_CLASSES_ROOT"),
        ("HKU", "HKEY_USERS"),
        ("HKCC", "HKEY_CURRENT_CONFIG"),
    ];
    let path = path.trim().trim_end_matches('\\');
    let (root, rest) =
        path.split_once('\\').map_or((path, None), |(root, rest)| (root, Some(rest)));
    let full = ROOTS
        .iter()
        .find(|(short, _)| short.eq_ignore_ascii_case(root))
        .map_or(root, |(_, full)| full);
    rest.map_or_else(|| full.to_owned(), |it| format!("{full}\\{it}"))
}

/// A place and what was expected there. Its column is only counted when it is reported: lines may be long.
#[derive(Clone, Copy)]
struct Failure {
    line: u32,
    line_start: usize,
    at: usize,
    what: &'static str,
}

/// A place in the text. Lines end in `\n`; a `\r` before it counts as blank.
#[derive(Default)]
struct Cursor<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    line_start: usize,
}

impl<'a> Cursor<'a> {
    fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn bump(&mut self) {
        let Some(it) = self.peek() else { return };
        self.at += it.len_utf8();
        if it == '\n' {
            self.line = self.line.saturating_add(1);
            self.line_start = self.at;
        }
    }

    fn eat(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        if found {
            self.bump();
        }
        found
    }

    fn take_while(&mut self, is_wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let taken = &rest[..rest.find(|it| !is_wanted(it) || it == '\n').unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    fn skip_blanks(&mut self) {
        self.take_while(|it| matches!(it, ' ' | '\t' | '\r' | '\0'));
    }

    fn skip_blank_lines(&mut self) {
        self.skip_blanks();
        while self.eat('\n') {
            self.skip_blanks();
        }
    }

    /// The rest of the line; moves to the beginning of the next one.
    fn take_line(&mut self) -> &'a str {
        let line = self.take_while(|_| true);
        self.bump();
        line
    }

    fn failure(&self, what: &'static str) -> Failure {
        Failure { line: self.line, line_start: self.line_start, at: self.at, what }
    }

    /// A text in quotes, with `\\` and `\"`. Texts go over several lines when they hold line breaks, but none of
    /// these lines begins like a value or key.
    fn quoted(&mut self) -> Result<String, Failure> {
        let start = self.failure("the text has no closing quote");
        self.bump();
        let mut out = String::new();
        loop {
            out.push_str(self.take_while(|it| !matches!(it, '"' | '\\')));
            match self.peek() {
                Some('"') => {
                    self.bump();
                    return Ok(out);
                }
                Some('\\') => {
                    self.bump();
                    match self.peek() {
                        Some(it @ ('\\' | '"')) => {
                            out.push(it);
                            self.bump();
                        }
                        // Written by hand: `C:\Program Files`.
                        _ => out.push('\\'),
                    }
                }
                Some(_) if !self.next_line_is_new() => {
                    self.bump();
                    out.push('\n');
                }
                _ => return Err(start),
            }
        }
    }

    /// Whether what follows the line break at the cursor begins a value or key.
    fn next_line_is_new(&self) -> bool {
        let next = self.text.get(self.at + 1..).unwrap_or("");
        next.trim_start_matches([' ', '\t', '\r']).is_empty()
            || ["\"", "@=", "[HKEY_", "[-HKEY_", "[HKLM"].iter().any(|it| next.starts_with(it))
    }

    /// Bytes as `0a,ff`, over several lines when lines end in a backslash.
    fn hex_bytes(&mut self) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        loop {
            self.skip_blanks();
            if self.eat('\\') {
                self.skip_blanks();
                if !self.eat('\n') && !self.is_at_end() {
                    return Err(self.failure("expected the end of the line after a backslash"));
                }
                continue;
            }
            if matches!(self.peek(), None | Some('\n' | ';')) {
                return Ok(bytes);
            }
            let wrong =
                self.failure("expected bytes of two hexadecimal digits, with commas between them");
            let digits = self.take_while(|it| it.is_ascii_hexdigit());
            let byte = if digits.len() <= 2 { u8::from_str_radix(digits, 16).ok() } else { None };
            bytes.push(byte.ok_or(wrong)?);
            self.skip_blanks();
            if !self.eat(',') && !matches!(self.peek(), None | Some('\n' | ';' | '\\')) {
                return Err(wrong);
            }
        }
    }
}

#[cfg(test)]
mod tests;
