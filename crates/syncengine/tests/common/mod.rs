//! Reads values and cases as the case files write them; uses no parser of the crate under test.
#![allow(dead_code, reason = "each test program uses a part of this")]
pub(crate) mod rules;
pub(crate) mod sync;

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dirlift_syncengine::{Scalar, Value};

/// Reads one value in the notation of the case files.
pub(crate) fn value(text: &str) -> Value {
    let text = text.trim();
    match text {
        "NULL" => return Value::Null,
        "AuthoritativeNull" => return Value::AuthoritativeNull,
        "IgnoreThisFlow" => return Value::IgnoreThisFlow,
        _ => {}
    }
    let Some(list) = text.strip_prefix('{') else { return scalar(text).into() };
    let list = list.strip_suffix('}').unwrap_or_else(|| panic!("no closing brace: {text}"));
    Value::many(pieces(list, ',').into_iter().map(scalar).collect())
}

fn scalar(text: &str) -> Scalar {
    let text = text.trim();
    if let Some(hex) = text.strip_prefix("hex:") {
        let digits = hex.as_bytes().as_chunks::<2>().0;
        let byte = |it: &[u8; 2]| u8::from_str_radix(str::from_utf8(it).unwrap(), 16).unwrap();
        return Scalar::binary(digits.iter().map(byte).collect::<Vec<_>>());
    }
    if let Some(name) = text.strip_prefix("dn:") {
        return Scalar::Reference(Arc::new(unquote(name).parse().unwrap()));
    }
    if let Some(date) = text.strip_prefix("date:") {
        return Scalar::Date(date.parse().unwrap());
    }
    match text {
        "True" => Scalar::Boolean(true),
        "False" => Scalar::Boolean(false),
        "@cert" => Scalar::binary(certificate()),
        _ if text.starts_with('"') => Scalar::text(unquote(text)),
        _ => Scalar::Number(text.parse().unwrap_or_else(|_| panic!("no value: {text}"))),
    }
}

fn unquote(text: &str) -> String {
    let inner = text.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let inner = inner.unwrap_or_else(|| panic!("no quotation marks: {text}")).replace("\"\"", "\"");
    let marked = inner.replace("\\\\", "\u{0}");
    marked.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t").replace('\u{0}', "\\")
}

/// Splits at a separator outside quotation marks and braces.
pub(crate) fn pieces(text: &str, separator: char) -> Vec<&str> {
    let (mut out, mut start, mut quoted, mut depth) = (Vec::new(), 0, false, 0);
    for (at, it) in text.char_indices() {
        match it {
            '"' => quoted = !quoted,
            '{' if !quoted => depth += 1,
            '}' if !quoted => depth -= 1,
            _ if it == separator && !quoted && depth == 0 => {
                out.push(&text[start..at]);
                start = at + it.len_utf8();
            }
            _ => {}
        }
    }
    out.push(&text[start..]);
    out
}

/// The certificate of `tests/cases/certificate.b64`.
pub(crate) fn certificate() -> Vec<u8> {
    let text: String = include_str!("../cases/certificate.b64").split_whitespace().collect();
    STANDARD.decode(text).unwrap()
}
