//! What the registry says, and what it leaves open.
use dirlift_model::{Confidence, Product, facts::RegistryValue};

use crate::base::*;

#[test]
fn absence_is_sure_only_where_the_key_was_exported() {
    let mut scene = Scene::new();
    let tls = |scene: &Scene| {
        let findings = scene.analysis().findings;
        findings
            .into_iter()
            .find(|it| it.id == "DL0704")
            .map(|it| (it.confidence, it.evidence.len()))
    };
    assert_eq!(tls(&scene), None);
    // Two values for each of two .NET keys and of Client and Server: eight.
    let registry = scene.facts.registry.as_mut().unwrap();
    for key in &mut registry.keys {
        let is_tls = key.path.contains("NETFramework") || key.path.contains("SCHANNEL");
        key.values.retain(|_| !is_tls);
    }
    assert_eq!(tls(&scene), Some((Confidence::Confirmed, 8)));
    let registry = scene.facts.registry.as_mut().unwrap();
    registry.keys.retain(|it| !it.path.contains("SCHANNEL"));
    assert_eq!(tls(&scene), Some((Confidence::Inferred, 8)));
}

#[test]
fn the_database_is_that_of_the_product_that_runs() {
    // Both services have left their keys; DirSync is what was found.
    let mut scene = Scene::new();
    let connect = r"HKLM\SYSTEM\CurrentControlSet\Services\ADSync\Parameters";
    let registry = scene.facts.registry.as_mut().unwrap();
    set(registry, connect, "SQLInstance", RegistryValue::String("ADSYNC".to_owned()));
    let instance = |scene: &Scene| scene.analysis().database.unwrap().instance;
    assert_eq!(instance(&scene).as_deref(), Some("MSONLINE"));
    scene.facts.product.product = Some(Product::EntraConnect);
    assert_eq!(instance(&scene).as_deref(), Some("ADSYNC"));
}
