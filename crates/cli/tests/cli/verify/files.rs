//! The real server's files: whose each is, and what is damaged.
use serde_json::Value;

use super::place::{AAD, ACCEPT, AD, ANN, Files, Odd, delta, json, object, same};
use crate::run;

#[test]
fn the_connector_of_a_file_is_found_or_asked_for() {
    let files = Files::new(Odd::default());
    let other = same().replace(AAD, "renamed since");
    // Only one connector of the store has such names.
    let (found, code) = json(files.compare(&other, ACCEPT));
    assert_eq!(
        (code, found["connectors"][1]["real"]["connector"].as_str()),
        (0, Some("renamed since"))
    );
    let ad = object("CN=Ann,DC=contoso,DC=com", "user", "").replace(AAD, "forest");
    let (found, _) = json(files.compare(&ad, ACCEPT));
    assert_eq!(found["connectors"][0]["real"]["objects"], 1);
    let empty = run(files.compare("", ACCEPT));
    assert_eq!(empty.code, 1);
    assert!(empty.stderr.contains("--csexport CONNECTOR=FILE"), "{}", empty.stderr);
    let (found, _) = json(files.compare("", ACCEPT).args(["--connector", AAD]));
    assert_eq!(found["connectors"][1]["real"]["objects"], 0);
}

#[test]
fn a_file_without_an_object_is_of_the_connector_that_is_left_or_named() {
    let files = Files::new(Odd::default());
    let empty = files.write("empty.xml", "<cs-objects></cs-objects>");
    // The cloud has a file of its own: the empty one is of the forest.
    let (found, code) = json(files.compare(&same(), ACCEPT).arg("--csexport").arg(&empty));
    assert_eq!(code, 0, "{found:#}");
    let real = |found: &Value, at: usize| found["connectors"][at]["real"]["objects"].as_u64();
    assert_eq!((real(&found, 0), real(&found, 1)), (Some(0), Some(5)));
    // SHA-256 of the empty file's 25 bytes, by sha256sum.
    assert_eq!(
        found["connectors"][0]["real"]["sha256"],
        "2e0ebcfab5d87da3d8c569efd46ce67149e3a1f4b4c8a6c87c519984b5b3fcea"
    );
    // Of two of them nobody knows which is which.
    let two = |first: &str, second: &str| {
        run(files.verify().args(["--csexport", first]).args(["--csexport", second]))
    };
    let path = empty.to_str().unwrap();
    assert_eq!(two(path, path).code, 1);
    let named = |name: &str| format!("{name}={path}");
    assert_eq!(two(&named(&AD.to_uppercase()), path).code, 3);
    assert_eq!(two(&named(AAD), &named(AD)).code, 3);
    assert_eq!(two(&named(AAD), &named(AAD)).code, 2);
    let (found, _) = json(files.verify().args(["--csexport", &named(AAD)]));
    assert_eq!((real(&found, 0), real(&found, 1)), (None, Some(0)));
}

#[test]
fn damaged_files_are_refused_or_told() {
    let files = Files::new(Odd::default());
    let cut = run(files.compare(&same(), ACCEPT).arg("--csexport").arg(
        files.write("cut.xml", "<cs-objects><cs-object cs-dn=\"CN=a,DC=b\" object-type=\"user\">"),
    ));
    assert_eq!(cut.code, 1);
    assert!(cut.stderr.contains("it ends inside an element"), "{}", cut.stderr);
    let twice = run(files.compare(&same(), ACCEPT).arg("--csexport").arg(files.path("real.xml")));
    assert_eq!(twice.code, 2, "{}", twice.stderr);
    let nameless = same() + r#"<cs-object object-type="user"/>"#;
    let (found, code) = json(files.compare(&nameless, ACCEPT));
    assert_eq!((code, found["connectors"][1]["real"]["left_out"].as_u64()), (3, Some(1)));
    let odd = object(ANN, "user", &delta(ANN, "merge", "")) + &same();
    let (found, code) = json(files.compare(&odd, ACCEPT));
    assert_eq!((code, found["connectors"][1]["real"]["left_out"].as_u64()), (3, Some(1)));
    let failed = same().replace(
        "<connector>1</connector>",
        r#"<export-errordetail error-type="AttributeValueMustBeUnique" retry-count="2"/>"#,
    );
    let (found, code) = json(files.compare(&failed, ACCEPT));
    assert_eq!((code, found["rows"][0]["error"].as_str()), (3, Some("AttributeValueMustBeUnique")));
}
