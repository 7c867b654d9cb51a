//! Plans against `docs/plan.schema.json`, and the document against the code.
use std::{fs, path::Path};

use boon::{Compiler, Schemas};
use dirlift_importer::plan::plan;
use dirlift_model::plan::Mode;
use serde_json::{Value, json};

use super::{
    common::{analysis, bundle, request, settings},
    planning::{connect, existing},
};

fn docs(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)).unwrap()
}

#[test]
fn every_kind_of_plan_fits_the_schema() {
    let mut compiler = Compiler::new();
    let schema = serde_json::from_str(&docs("plan.schema.json")).unwrap();
    compiler.add_resource("urn:dirlift:plan:1", schema).unwrap();
    let mut schemas = Schemas::new();
    let index = compiler.compile("urn:dirlift:plan:1", &mut schemas).unwrap();
    let check = |it: &Value| schemas.validate(it, index).map_err(|it| format!("{it:#}"));

    let mut plans = Vec::new();
    let (mut settings, mut analysis) = (settings(), analysis());
    let plain = bundle(&settings, &analysis);
    plans.push(plan(&request(&plain)));
    plans.push(plan(&dirlift_importer::plan::Request { mode: Mode::InPlace, ..request(&plain) }));
    plans.push(plan(&dirlift_importer::plan::Request {
        bundle: Err("cut off".to_owned()),
        ..request(&plain)
    }));
    connect(&mut settings, &mut analysis);
    let of_connect = bundle(&settings, &analysis);
    let mut with_database = request(&of_connect);
    existing(&mut with_database);
    plans.push(plan(&with_database));
    assert!(plans[3].existing_database.is_some());
    for it in &plans {
        let value = serde_json::to_value(it).unwrap();
        check(&value).unwrap_or_else(|it| panic!("{it}"));
        for wrong in ["format_version", "inputs", "steps", "refusals"] {
            let mut changed = value.clone();
            changed.as_object_mut().unwrap().remove(wrong);
            assert!(check(&changed).is_err(), "without {wrong}");
        }
        let mut changed = value.clone();
        changed["surprise"] = json!(1);
        assert!(check(&changed).is_err());
    }
}

#[test]
fn the_document_names_every_refusal() {
    let document = docs("plan.md");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut names = Vec::new();
    for file in ["plan.rs", "plan/refusals.rs", "plan/database.rs", "services.rs"] {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        // Names of refusals are the texts in kebab case that stand behind `refuse(`.
        for call in text.split("refuse(").skip(1) {
            let name = call.split('"').nth(1).unwrap_or_default();
            let is_name = |it: &str| {
                it.contains('-') && it.bytes().all(|it| it.is_ascii_lowercase() || it == b'-')
            };
            if is_name(name) {
                names.push(name.to_owned());
            }
        }
    }
    assert!(names.len() >= 20, "{names:?}");
    for name in names {
        assert!(document.contains(&format!("`{name}`")), "docs/plan.md lacks {name}");
    }
}
