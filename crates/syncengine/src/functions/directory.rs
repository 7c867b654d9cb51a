//! Distinguished names. Components keep their escapes; see `A-DN-RAW`.
use dirlift_model::DistinguishedName;

use super::{Call, text::null};
use crate::{assumption::Assumption, expr::fault::Fault, value::Value};

type Answer = Result<Value, Fault>;

pub(super) fn component(call: &mut Call<'_>) -> Answer {
    nth(call, |parts, _| parts)
}

pub(super) fn component_rev(call: &mut Call<'_>) -> Answer {
    nth(call, |mut parts, without_dc| {
        parts.reverse();
        if without_dc {
            parts.retain(|it| {
                !it.split_once('=').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case("dc"))
            });
        }
        parts
    })
}

fn nth<'a>(call: &'a mut Call<'_>, order: fn(Vec<&str>, bool) -> Vec<&str>) -> Answer {
    let Some(name) = call.reference(0)? else { return Ok(null(call)) };
    let number = call.required_number(1)?;
    let parts = order(components(name.as_str()), call.text(2)?.is_some());
    let idx = usize::try_from(number).ok().and_then(|it| it.checked_sub(1));
    let Some(part) = idx.and_then(|it| parts.get(it)) else {
        call.assume(Assumption::DnOutside);
        return Ok(Value::Null);
    };
    let value = part.split_once('=').map_or("", |(_, value)| value).trim().to_owned();
    call.used.insert_if(value.contains('\\'), Assumption::DnRaw);
    call.make_text(value)
}

/// Splits a name at commas that are neither escaped nor quoted, without changing the parts.
fn components(name: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quoted) = (Vec::new(), 0, false);
    let mut bytes = name.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'"' => quoted = !quoted,
            b',' | b';' if !quoted => {
                parts.push(&name[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&name[start..]);
    parts.retain(|it| !it.trim().is_empty());
    parts
}

pub(super) fn escape(call: &mut Call<'_>) -> Answer {
    let Some(text) = call.text(0)? else { return Ok(null(call)) };
    let is_type =
        |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
    let (prefix, value) = match text.split_once('=') {
        Some((name, value)) if is_type(name) => (Some(name), value),
        _ => (None, text),
    };
    let escaped = DistinguishedName::escape_value(value);
    let out = match prefix {
        Some(name) => format!("{name}={escaped}"),
        None => escaped,
    };
    let has_type = prefix.is_some();
    call.used.insert_if(has_type, Assumption::EscapeType);
    call.make_text(out)
}
