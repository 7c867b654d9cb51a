//! `dirlift bundle diff`: folders and zips, three forms, exit codes.
use std::{fs, io::Write as _, path::Path};

use serde_json::Value;
use tempfile::TempDir;

use crate::{Outcome, dirlift, run};

/// An export below `server-configuration/`, as a bundle has it.
fn export(precedence: u32, expression: &str, containers: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join("server-configuration").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "SynchronizationRules/SynchronizationRule_{1}.xml",
        format!(
            "<synchronizationRule><id>{{00000000-0000-0000-0000-000000000001}}</id><name>In from AD - Own</name>\
             <direction>Inbound</direction><disabled>False</disabled>\
             <connector>{{00000000-0000-0000-0000-0000000000AA}}</connector><sourceObjectType>user</sourceObjectType>\
             <targetObjectType>person</targetObjectType><linkType>Join</linkType><precedence>{precedence}</precedence>\
             <attribute-mappings><mapping><dest>mail</dest><expression>{expression}</expression>\
             <valueMergeType>Update</valueMergeType></mapping></attribute-mappings><relationshipCriteria />\
             <synchronizationCriteria /></synchronizationRule>"
        ),
    );
    let inclusions: Vec<_> =
        containers.iter().map(|it| format!("<inclusion>{it}</inclusion>")).collect();
    write(
        "Connectors/Connector_{AA}.xml",
        format!(
            "<ma-data><id>{{00000000-0000-0000-0000-0000000000AA}}</id><name>contoso.com</name><category>AD</category>\
             <ma-partition-data><partition><name>DC=x</name><selected>1</selected><filter><containers>\
             <exclusions /><inclusions>{}</inclusions></containers></filter></partition></ma-partition-data></ma-data>",
            inclusions.concat()
        ),
    );
    folder
}

fn diff(before: &Path, after: &Path, more: &[&str]) -> Outcome {
    run(dirlift().args(["bundle", "diff"]).arg(before).arg(after).args(more).env("COLUMNS", "80"))
}

fn two() -> (TempDir, TempDir) {
    (
        export(50, "Trim([mail])", &["OU=A,DC=x"]),
        export(60, "Left([mail],5)", &["OU=A,DC=x", "OU=B,DC=x"]),
    )
}

#[test]
fn three_edits_are_three_differences_in_plain_words() {
    let (a, b) = two();
    let outcome = diff(a.path(), b.path(), &[]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    let (_, text) = outcome.stdout.split_once("  result").unwrap();
    assert_eq!(
        format!("  result{text}"),
        "  result              3 differences.

Synchronization rules
  In from AD - Own (contoso.com)
    - precedence changed: 50 -> 60
    - flow to mail changed: Trim([mail]) -> Left([mail],5)

Connectors
  contoso.com
    - container OU=B,DC=x added: included
"
    );
    let outcome = diff(a.path(), b.path(), &["--format", "json"]);
    assert_eq!(outcome.code, 0);
    let document: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(document["format_version"], 1);
    let all = document["differences"].as_array().unwrap();
    let kinds: Vec<_> = all.iter().map(|it| it["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["rule_precedence", "flow_changed", "container_added"]);
    let outcome = diff(a.path(), b.path(), &["--format", "html"]);
    assert_eq!(outcome.code, 0);
    assert!(outcome.stdout.starts_with("<!DOCTYPE html>"));
    assert!(outcome.stdout.contains("Left([mail],5)"));
    assert!(!outcome.stdout.contains("<script") && !outcome.stdout.contains("http://"));
}

#[test]
fn a_zip_is_as_good_as_its_folder() {
    let (a, _) = two();
    let path = a.path().join("bundle.zip");
    let mut zip = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    for folder in ["SynchronizationRules", "Connectors"] {
        for it in fs::read_dir(a.path().join("server-configuration").join(folder)).unwrap() {
            let file = it.unwrap().path();
            let name = file.file_name().unwrap().to_str().unwrap();
            let name = format!("server-configuration/{folder}/{name}");
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(&fs::read(&file).unwrap()).unwrap();
        }
    }
    zip.finish().unwrap();
    let outcome = diff(a.path(), &path, &[]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.contains("The configurations are equal."), "{}", outcome.stdout);
}

#[test]
fn what_cannot_be_read_is_told() {
    let (a, b) = two();
    let connector = b.path().join("server-configuration/Connectors/Connector_{AA}.xml");
    fs::write(connector, "<ma-data>").unwrap();
    let outcome = diff(a.path(), b.path(), &[]);
    assert_eq!(outcome.code, 4);
    assert!(outcome.stdout.contains("could not be read"), "{}", outcome.stdout);
    let empty = tempfile::tempdir().unwrap();
    fs::write(empty.path().join("registry.reg"), "x").unwrap();
    let outcome = diff(a.path(), empty.path(), &[]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""));
    assert!(outcome.stderr.contains("looking for a configuration"), "{}", outcome.stderr);
    assert_eq!(diff(a.path(), &a.path().join("missing"), &[]).code, 1);
}

#[test]
fn hostile_names_cannot_steer_the_page() {
    let (a, _) = two();
    let b = export(50, "\u{202e}&lt;script&gt;alert(1)&lt;/script&gt;", &["OU=A,DC=x"]);
    for format in ["text", "json", "html"] {
        let outcome = diff(a.path(), b.path(), &["--format", format]);
        assert!(!outcome.stdout.contains('\u{202e}'), "{format}");
        assert!(format != "html" || !outcome.stdout.contains("<script"), "{format}");
    }
}
