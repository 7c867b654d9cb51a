//! The object that an expression is tried on: one JSON file.
use std::{fs::File, io::Read as _, path::Path, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dirlift_model::{AttributeName, text::shorten};
use dirlift_syncengine::{MapInput, Names, Scalar, Value};

use super::failed;
use crate::{commands::analyze::parse_time, error::CommandError};

/// Largest object file that is read, in bytes.
const MAX_OBJECT: u64 = 16 << 20;

/// What an object file looks like.
const FORM: &str = r#"write an object such as {"cn": "Joe", "n": 5, "ok": true, "mail": ["a", "b"], "sid": {"binary": "AQI="}, "manager": {"reference": "CN=Ann,DC=x"}, "since": {"date": "2026-11-21"}}"#;

/// Reads the file and sets its attributes.
pub(super) fn read(
    path: &Path,
    names: &mut Names,
    input: &mut MapInput,
) -> Result<(), CommandError> {
    let io = |it| CommandError::file("reading", path, it);
    let mut text = String::new();
    let file = File::open(path).map_err(io)?;
    file.take(MAX_OBJECT + 1).read_to_string(&mut text).map_err(io)?;
    if text.len() as u64 > MAX_OBJECT {
        return Err(failed("reading", path, "an object file has at most 16 MB"));
    }
    let bad = |why: String| failed("reading", path, why).hint(FORM);
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
    let json: serde_json::Value = serde_json::from_str(text).map_err(|it| bad(it.to_string()))?;
    let serde_json::Value::Object(map) = json else {
        return Err(bad("the file holds no object".to_owned()));
    };
    let mut seen = std::collections::BTreeSet::new();
    for (name, json) in &map {
        let shown = shorten(name, 100);
        let attribute = AttributeName::new(name);
        let value = value(json).map_err(|it| bad(format!("attribute `{shown}`: {it}")))?;
        input.set(names.intern(&attribute), value);
        if !seen.insert(attribute) {
            return Err(bad(format!("attribute `{shown}` stands twice; case does not count")));
        }
    }
    Ok(())
}

fn value(json: &serde_json::Value) -> Result<Value, String> {
    match json {
        serde_json::Value::Null => Ok(Value::Null),
        serde_json::Value::Array(all) => {
            Ok(Value::many(all.iter().map(scalar).collect::<Result<_, _>>()?))
        }
        one => Ok(Value::from(scalar(one)?)),
    }
}

fn scalar(json: &serde_json::Value) -> Result<Scalar, String> {
    match json {
        serde_json::Value::String(text) => Ok(Scalar::text(text.as_str())),
        serde_json::Value::Bool(it) => Ok(Scalar::Boolean(*it)),
        serde_json::Value::Number(number) => number
            .as_i64()
            .map(Scalar::Number)
            .ok_or_else(|| format!("{number} is no whole number of 64 bits")),
        serde_json::Value::Object(map) => {
            let mut fields = map.iter();
            let (Some((kind, serde_json::Value::String(text))), None) =
                (fields.next(), fields.next())
            else {
                return Err("an object in the place of a value has one field, `binary`, `reference` or `date`, with a text".to_owned());
            };
            typed(kind, text)
        }
        serde_json::Value::Null => Err("null cannot be one of several values".to_owned()),
        serde_json::Value::Array(_) => Err("a list cannot hold a list".to_owned()),
    }
}

fn typed(kind: &str, text: &str) -> Result<Scalar, String> {
    match kind {
        "binary" => STANDARD
            .decode(text.trim())
            .map(Scalar::binary)
            .map_err(|it| format!("`binary` is no base64: {it}")),
        "reference" => text
            .parse()
            .map(|it| Scalar::Reference(Arc::new(it)))
            .map_err(|_| "`reference` is no distinguished name".to_owned()),
        "date" => parse_time(text).map(Scalar::Date).map_err(|it| format!("`date`: {it}")),
        other => Err(format!(
            "`{}` is no kind of value; use `binary`, `reference` or `date`",
            shorten(other, 40)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_type_they_are_written_in() {
        let cases = [
            (r#""5""#, Ok(r#""5""#)),
            ("5", Ok("5")),
            ("-9223372036854775808", Ok("-9223372036854775808")),
            ("true", Ok("True")),
            ("null", Ok("NULL")),
            ("[]", Ok("NULL")),
            (r#"["a"]"#, Ok(r#""a""#)),
            (r#"["a", 5]"#, Ok(r#"{"a", 5}"#)),
            (r#"{"binary": "AQI="}"#, Ok("hex:0102")),
            (r#"{"reference": "CN=a,DC=b"}"#, Ok(r#"dn:"CN=a,DC=b""#)),
            (r#"{"date": "2026-11-21"}"#, Ok("date:2026-11-21T00:00:00Z")),
            (r#"[{"binary": "AQI="}, {"binary": "Aw=="}]"#, Ok("{hex:0102, hex:03}")),
            ("1.5", Err("64 bits")),
            ("9223372036854775808", Err("64 bits")),
            ("[[1]]", Err("a list cannot hold a list")),
            ("[null]", Err("null cannot be one")),
            (r#"{"binary": "!"}"#, Err("no base64")),
            (r#"{"reference": "nonsense"}"#, Err("no distinguished name")),
            (r#"{"date": "today"}"#, Err("write a date")),
            (r#"{"number": "1"}"#, Err("no kind of value")),
            (r#"{"date": 5}"#, Err("has one field")),
            (r#"{"date": "2026-11-21", "binary": ""}"#, Err("has one field")),
            ("{}", Err("has one field")),
        ];
        for (text, expected) in cases {
            let found = value(&serde_json::from_str(text).unwrap()).map(|it| it.to_string());
            match (&found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{text}"),
                (Err(found), Err(part)) => assert!(found.contains(part), "{text}: {found}"),
                _ => panic!("{text}: {found:?}"),
            }
        }
    }
}
