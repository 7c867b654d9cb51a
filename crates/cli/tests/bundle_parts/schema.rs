//! `settings.json` against `docs/settings.schema.json`.
use boon::{Compiler, SchemaIndex, Schemas};
use dirlift_exporter::SETTINGS;
use serde_json::Value;

use crate::{ORGANISATIONS, Server, contoso, root, text};

/// Members that may be left out.
const OPTIONAL: [&str; 1] = ["intrinsic"];

struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    fn read() -> Self {
        let text = std::fs::read_to_string(root().join("docs/settings.schema.json")).unwrap();
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        compiler
            .add_resource("urn:dirlift:settings:1", serde_json::from_str(&text).unwrap())
            .unwrap();
        let mut schemas = Schemas::new();
        let index = compiler.compile("urn:dirlift:settings:1", &mut schemas).unwrap();
        Self { schemas, index }
    }

    fn check(&self, document: &Value) -> Result<(), String> {
        self.schemas.validate(document, self.index).map_err(|it| format!("{it:#}"))
    }
}

fn settings(name: &str) -> Value {
    serde_json::from_str(text(&Server::of(name).export(), SETTINGS)).unwrap()
}

#[test]
fn the_settings_of_every_organisation_fit() {
    let schema = Schema::read();
    for name in ORGANISATIONS {
        schema.check(&settings(name)).unwrap_or_else(|it| panic!("{name}: {it}"));
    }
    if let Some(folder) = contoso() {
        let exported = Server::open(&folder).export();
        schema.check(&serde_json::from_str(text(&exported, SETTINGS)).unwrap()).unwrap();
    }
}

#[test]
fn the_schema_refuses_what_is_too_much_and_what_is_missing() {
    let schema = Schema::read();
    for name in ["tailspin", "adatum"] {
        let settings = settings(name);
        let mut objects = Vec::new();
        collect_objects(&settings, String::new(), &mut objects);
        assert!(objects.len() > 20, "{name}");
        for pointer in objects {
            let mut changed = settings.clone();
            changed.pointer_mut(&pointer).unwrap()["surprise"] = Value::Bool(true);
            assert!(schema.check(&changed).is_err(), "{name}: something more in {pointer}");
            let members: Vec<_> =
                settings.pointer(&pointer).unwrap().as_object().unwrap().keys().collect();
            for member in members.into_iter().filter(|it| !OPTIONAL.contains(&it.as_str())) {
                let mut changed = settings.clone();
                changed.pointer_mut(&pointer).unwrap().as_object_mut().unwrap().remove(member);
                assert!(schema.check(&changed).is_err(), "{name}: {pointer} without {member}");
            }
        }
    }
}

#[test]
fn a_value_is_known_or_says_why_not() {
    let schema = Schema::read();
    let settings = settings("fabrikam");
    let cases = [
        (r#"{"value":null,"read_from":"a","not_known":null}"#, true),
        (r#"{"value":true,"read_from":"a","not_known":null}"#, true),
        (r#"{"value":null,"read_from":null,"not_known":"b"}"#, true),
        (r#"{"value":null,"read_from":null,"not_known":null}"#, false),
        (r#"{"value":true,"read_from":null,"not_known":"b"}"#, false),
        (r#"{"value":true,"read_from":"a","not_known":"b"}"#, false),
        (r#"{"value":"true","read_from":"a","not_known":null}"#, false),
    ];
    for (value, fits) in cases {
        let mut changed = settings.clone();
        changed["exchange_hybrid"] = serde_json::from_str(value).unwrap();
        assert_eq!(schema.check(&changed).is_ok(), fits, "{value}");
    }
}

/// JSON pointers of all objects; of an array the first and the last entry stand for the others.
fn collect_objects(value: &Value, pointer: String, objects: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, it) in members {
                collect_objects(it, format!("{pointer}/{name}"), objects);
            }
            objects.push(pointer);
        }
        Value::Array(entries) => {
            for (idx, it) in
                entries.iter().enumerate().filter(|(idx, _)| *idx == 0 || idx + 1 == entries.len())
            {
                collect_objects(it, format!("{pointer}/{idx}"), objects);
            }
        }
        _ => {}
    }
}
