//! The JSON against `docs/analysis.schema.json`.
use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

use crate::{ORGANISATIONS, json, organisation, root};

/// Members that may be left out.
const OPTIONAL: [&str; 2] = ["needed", "intrinsic"];

/// `docs/analysis.schema.json`, compiled.
pub(crate) struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    pub(crate) fn read() -> Self {
        let text = std::fs::read_to_string(root().join("docs/analysis.schema.json")).unwrap();
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        compiler
            .add_resource("urn:dirlift:analysis:1", serde_json::from_str(&text).unwrap())
            .unwrap();
        let mut schemas = Schemas::new();
        let index = compiler.compile("urn:dirlift:analysis:1", &mut schemas).unwrap();
        Self { schemas, index }
    }

    pub(crate) fn check(&self, document: &Value) -> Result<(), String> {
        self.schemas.validate(document, self.index).map_err(|it| format!("{it:#}"))
    }
}

#[test]
fn every_analysis_fits_the_schema() {
    let schema = Schema::read();
    for name in ORGANISATIONS.into_iter().chain(["woodgrove"]) {
        let (analysis, _) = json(&organisation(name));
        schema.check(&analysis).unwrap_or_else(|it| panic!("{name}: {it}"));
    }
    let empty = tempfile::tempdir().unwrap();
    std::fs::write(empty.path().join("snapshot.json"), "{}").unwrap();
    let (analysis, code) = json(empty.path());
    assert_eq!(code, 4);
    schema.check(&analysis).unwrap();
}

#[test]
fn the_schema_refuses_what_is_too_much_and_what_is_missing() {
    let schema = Schema::read();
    for name in ORGANISATIONS {
        let (analysis, _) = json(&organisation(name));
        let mut objects = Vec::new();
        collect_objects(&analysis, String::new(), &mut objects);
        assert!(objects.len() > 20, "{name}");
        for pointer in objects {
            let mut changed = analysis.clone();
            changed.pointer_mut(&pointer).unwrap()["surprise"] = Value::Bool(true);
            assert!(schema.check(&changed).is_err(), "{name}: something more in {pointer}");
            let members: Vec<_> =
                analysis.pointer(&pointer).unwrap().as_object().unwrap().keys().collect();
            for member in members.into_iter().filter(|it| !OPTIONAL.contains(&it.as_str())) {
                let mut changed = analysis.clone();
                changed.pointer_mut(&pointer).unwrap().as_object_mut().unwrap().remove(member);
                assert!(schema.check(&changed).is_err(), "{name}: {pointer} without {member}");
            }
        }
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
