//! The three organisations of `test-data/`, from the outside.
use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
};

use serde_json::json;

use crate::{ORGANISATIONS, analyze, files, json, organisation, run};

#[test]
fn verdicts() {
    // 38,214 × 3 ÷ 50,000 = 2.29 hours; 62,480 × 3 ÷ 50,000 = 3.75 hours.
    let (fabrikam, code) = json(&organisation("fabrikam"));
    assert_eq!(code, 0);
    assert_eq!(fabrikam["source"]["product"], "DirSync");
    assert_eq!(fabrikam["recommendation"]["path"], "dirsync");
    assert_eq!(fabrikam["recommendation"]["deployment"], "in-place");
    assert_eq!(fabrikam["recommendation"]["feasible"], false);
    assert!(!fabrikam["recommendation"]["obstacles"].as_array().unwrap().is_empty());
    assert_eq!(fabrikam["objects"]["total"], 38_214);
    assert_eq!(fabrikam["estimate"]["hours"], 2.29);

    let (northwind, code) = json(&organisation("northwind"));
    assert_eq!(code, 0);
    assert_eq!(northwind["recommendation"]["deployment"], "parallel");
    assert_eq!(northwind["objects"]["total"], 62_480);
    assert_eq!(northwind["estimate"]["hours"], 3.75);

    let (tailspin, code) = json(&organisation("tailspin"));
    assert_eq!(code, 3);
    assert_eq!(tailspin["recommendation"]["deployment"], "blocked");
    assert_eq!(tailspin["findings"][0]["severity"], "blocker");
}

#[test]
fn the_text_says_the_same() {
    let outcome = run(analyze(&organisation("northwind")));
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    for part in [
        "DirSync",
        "62,480",
        "3.75 hours",
        "parallel: a new server",
        "WHAT MIGRATES",
        "NOT CHECKED",
    ] {
        assert!(outcome.stdout.contains(part), "{part}");
    }
    assert!(!outcome.stdout.contains('\u{1b}'));
    assert!(outcome.stdout.lines().all(|it| !it.ends_with(' ')));
}

#[test]
fn an_override_is_recorded() {
    let outcome =
        run(analyze(&organisation("northwind")).args(["--mode", "in-place", "--format", "json"]));
    let analysis: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(
        analysis["recommendation"]["overridden_by"],
        json!({ "asked": "in-place", "recommended": "parallel" })
    );
}

#[test]
fn fail_on_a_milder_severity_ends_with_three() {
    let (analysis, code) = json(&organisation("fabrikam"));
    assert_eq!(code, 0);
    let has = |severity: &str| {
        analysis["findings"].as_array().unwrap().iter().any(|it| it["severity"] == severity)
    };
    assert!(has("warning") && !has("blocker"), "fabrikam is made to have warnings and no blocker");
    for (threshold, expected) in [("blocker", 0), ("warning", 3), ("info", 3)] {
        let outcome = run(analyze(&organisation("fabrikam")).args(["--fail-on", threshold]));
        assert_eq!(outcome.code, expected, "{threshold}");
    }
}

#[test]
fn a_zip_gives_the_same_bytes_as_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    for name in ORGANISATIONS {
        for prefix in ["", "snapshot/"] {
            let zip = folder.path().join("snapshot.zip");
            pack(&organisation(name), &zip, prefix);
            let of_folder = run(analyze(&organisation(name)).args(["--format", "json"]));
            let of_zip = run(analyze(&zip).args(["--format", "json"]));
            assert_eq!(
                (of_zip.code, of_zip.stderr),
                (of_folder.code, of_folder.stderr),
                "{name} {prefix}"
            );
            assert!(of_zip.stdout == of_folder.stdout, "{name} below `{prefix}` differs");
        }
    }
}

fn pack(from: &Path, to: &Path, prefix: &str) {
    let mut writer = zip::ZipWriter::new(File::create(to).unwrap());
    for name in files(from) {
        writer
            .start_file(format!("{prefix}{name}"), zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(&fs::read(from.join(name)).unwrap()).unwrap();
    }
    writer.finish().unwrap();
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for name in ORGANISATIONS {
        for format in ["text", "json", "markdown", "html"] {
            let once = run(analyze(&organisation(name)).args(["--format", format])).stdout;
            let again = run(analyze(&organisation(name)).args(["--format", format])).stdout;
            assert!(once == again, "{name} as {format}");
        }
    }
}
