//! Snapshots with gaps: every file taken away in turn.

use crate::{ORGANISATIONS, copy, files, json, organisation};

/// Parts that are listed when they are missing, and the name that they are listed by.
const LISTED: &[&str] = &[
    "snapshot.json",
    "registry.reg",
    "services.json",
    "files.csv",
    "scheduler.config",
    "server-configuration/",
    "templates/",
    "database.json",
];

#[test]
fn each_file_may_be_missing() {
    for name in ORGANISATIONS {
        let original = organisation(name);
        for missing in files(&original) {
            let folder = tempfile::tempdir().unwrap();
            copy(&original, folder.path(), |it| it != missing);
            let (analysis, code) = json(folder.path());
            assert!(matches!(code, 0 | 3 | 4), "{name} without {missing}");
            if LISTED.contains(&missing.as_str()) {
                assert!(
                    lists(&analysis, &missing),
                    "{name} without {missing}: {:#}",
                    analysis["not_checked"]
                );
            }
        }
    }
}

#[test]
fn each_part_may_be_missing() {
    for name in ORGANISATIONS {
        let original = organisation(name);
        let present = files(&original);
        for part in LISTED.iter().filter(|part| present.iter().any(|it| it.starts_with(**part))) {
            let folder = tempfile::tempdir().unwrap();
            copy(&original, folder.path(), |it| !it.starts_with(part));
            let (analysis, code) = json(folder.path());
            let named = lists(&analysis, part);
            // The configuration may also be in the database; then nothing is missing.
            let elsewhere = *part == "server-configuration/" && !analysis["settings"].is_null();
            assert!(named || elsewhere, "{name} without {part}: {:#}", analysis["not_checked"]);
            if *part == "database.json" {
                // Only DirSync is judged by its number of objects.
                let is_needed = analysis["recommendation"]["path"] == "dirsync";
                assert_eq!(matches!(code, 3 | 4), is_needed, "{name} without {part}: {code}");
            }
        }
    }
}

#[test]
fn a_part_that_is_cut_off_is_no_crash() {
    for name in ORGANISATIONS {
        let original = organisation(name);
        for damaged in files(&original) {
            let folder = tempfile::tempdir().unwrap();
            copy(&original, folder.path(), |_| true);
            let path = folder.path().join(&damaged);
            let bytes = std::fs::read(&path).unwrap();
            std::fs::write(&path, &bytes[..bytes.len() * 2 / 3]).unwrap();
            let (_, code) = json(folder.path());
            assert!(matches!(code, 0 | 3 | 4), "{name} with half of {damaged}");
        }
    }
}

fn lists(analysis: &serde_json::Value, part: &str) -> bool {
    let gaps = analysis["not_checked"].as_array().unwrap();
    gaps.iter().any(|it| it["why"].as_str().unwrap().starts_with(part))
}
