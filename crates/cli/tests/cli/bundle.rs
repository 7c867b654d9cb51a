//! `dirlift bundle verify` and `bundle inspect` on files that are not as they should be.
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use dirlift_exporter::bundle::{self, BundleSource, Label, Part, Sum};
use serde_json::Value;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

use crate::{Outcome, dirlift, files, run};

/// A small bundle with parts that are packed and parts that are not.
fn small() -> Vec<u8> {
    let label = Label {
        tool: "dirlift 0.1.0".to_owned(),
        source: BundleSource {
            product: None,
            version: None,
            host: Some("SYNC01\u{1b}[2J".to_owned()),
        },
        snapshot_time: "2026-11-16T08:30:00Z".parse().unwrap(),
        forced: vec!["fewer than 50,000 objects\u{202e}".to_owned()],
    };
    let parts = vec![
        Part::new("settings.json", "{ \"format_version\": 9 }\n"),
        Part::new("import-guide.md", "# Guide\n\nGuide, Guide and Guide.\n".repeat(9)),
        Part::new("scripts/1-rules.ps1", "exit\n"),
    ];
    bundle::write(&label, parts).unwrap().bytes
}

fn put(folder: &TempDir, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join("bundle.zip");
    fs::write(&path, bytes).unwrap();
    path
}

fn of(what: &str, path: &Path, more: &[&str]) -> Outcome {
    run(dirlift().args(["bundle", what]).arg(path).args(more))
}

/// Where the data of a file begins: behind its name, which stands at 30 of its local header.
fn data_of(bytes: &[u8], name: &str) -> usize {
    let is_header = |at: &usize| {
        bytes[*at..].starts_with(b"PK\x03\x04")
            && bytes.get(at + 30..).is_some_and(|it| it.starts_with(name.as_bytes()))
    };
    (0..bytes.len()).find(is_header).unwrap() + 30 + name.len()
}

/// Both commands refuse it, say why, and touch nothing.
fn check_refused(what: &str, bytes: &[u8], parts: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, bytes);
    for command in ["verify", "inspect"] {
        let outcome = of(command, &path, &[]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""), "{what}: {command}");
        assert!(outcome.stderr.starts_with("error: "), "{what}: {}", outcome.stderr);
        for part in parts {
            assert!(outcome.stderr.contains(part), "{what}: {part}: {}", outcome.stderr);
        }
        assert!(!outcome.stderr.contains('\u{1b}'), "{what}");
    }
    assert_eq!(files(folder.path()), ["bundle.zip"], "{what}");
    assert!(fs::read(&path).unwrap() == bytes, "{what}");
}

#[test]
fn damage_is_named_with_its_file() {
    let whole = small();
    for name in ["import-guide.md", "scripts/1-rules.ps1", "settings.json"] {
        let mut changed = whole.clone();
        changed[data_of(&whole, name) + 2] ^= 0x01;
        check_refused(name, &changed, &[name, "copy it again"]);
        // The name begins at 30 of the local header, the version stands at 4.
        let mut header = whole.clone();
        let central = whole.windows(4).position(|it| it == b"PK\x01\x02").unwrap();
        let at = data_of(&whole, name) - name.len() - 26;
        assert!(at < central);
        header[at] ^= 0x40;
        check_refused(name, &header, &[name, "byte "]);
    }
    let at = data_of(&whole, "manifest.json") + 3;
    let mut changed = whole.clone();
    changed[at] ^= 0x01;
    check_refused("manifest", &changed, &["manifest.json"]);
    check_refused("cut off", &whole[..whole.len() - 1], &["cut off"]);
    check_refused("half", &whole[..whole.len() / 2], &["cut off"]);
    check_refused("longer", &[&whole[..], b"\n"].concat(), &["added at its end"]);
    check_refused("empty", b"", &["no zip"]);
    check_refused("a page", b"<!DOCTYPE html>", &["no zip"]);
}

#[test]
fn a_flipped_byte_anywhere_is_refused() {
    // Each byte in turn is flipped in the exporter's own tests; here every 29th goes through the command.
    let whole = small();
    for at in (0..whole.len()).step_by(29) {
        let folder = tempfile::tempdir().unwrap();
        let mut changed = whole.clone();
        changed[at] ^= 0xFF;
        let outcome = of("verify", &put(&folder, &changed), &[]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""), "byte {at}");
    }
}

#[test]
fn zips_of_others_are_refused_and_never_extracted() {
    let options = SimpleFileOptions::default();
    let zip = |names: &[&str]| {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for name in names {
            writer.start_file(*name, options).unwrap();
            writer.write_all(b"x").unwrap();
        }
        writer.finish().unwrap().into_inner()
    };
    for name in ["../evil", "/evil", "C:\\evil", "a\\..\\evil", "nul.txt", "evil\u{1b}[2J", "a:b"] {
        check_refused(name, &zip(&["manifest.json", name]), &[]);
    }
    check_refused("names in two cases", &zip(&["Manifest.json", "manifest.json"]), &[]);
    check_refused("another zip", &zip(&["readme.txt"]), &[]);
    // The right files, packed anew by another program.
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for part in bundle::Bundle::open(&small()).unwrap().parts() {
        writer.start_file(&part.path, options).unwrap();
        writer.write_all(&part.bytes).unwrap();
    }
    check_refused("packed anew", &writer.finish().unwrap().into_inner(), &[]);
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.add_symlink("manifest.json", "/etc/passwd", options).unwrap();
    check_refused("a link", &writer.finish().unwrap().into_inner(), &[]);
    // Much from little.
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("manifest.json", options).unwrap();
    writer.write_all(&vec![0; 70 << 20]).unwrap();
    check_refused("much from little", &writer.finish().unwrap().into_inner(), &[]);
}

#[test]
fn the_expected_sum_decides() {
    let folder = tempfile::tempdir().unwrap();
    let whole = small();
    let (sum, other) = (Sum::of(&whole).to_string(), Sum::of(b"other").to_string());
    let path = put(&folder, &whole);
    let outcome = of("verify", &path, &["--expect-sha256", &sum.to_uppercase()]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    assert!(outcome.stdout.contains("It is the expected one."), "{}", outcome.stdout);
    assert!(outcome.stdout.contains(&sum) && outcome.stdout.contains("3 files"));
    let outcome = of("verify", &path, &["--expect-sha256", &other]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""));
    for part in ["is sound", "not the expected", sum.as_str(), other.as_str()] {
        assert!(outcome.stderr.contains(part), "{part}: {}", outcome.stderr);
    }
    // Damaged: what is wrong, and whether it is the file that was meant.
    let path = put(&folder, &whole[1..]);
    let outcome = of("verify", &path, &["--expect-sha256", &sum]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.stderr.contains("not the file that was exported"), "{}", outcome.stderr);
    let own = Sum::of(&whole[1..]).to_string();
    assert!(outcome.stderr.contains(&own), "{}", outcome.stderr);
    for wrong in ["", "abc", &sum[1..], &format!("{sum}0")] {
        let outcome = of("verify", &path, &["--expect-sha256", wrong]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{wrong}");
    }
}

#[test]
fn what_is_no_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("missing.zip")] {
        for command in ["verify", "inspect"] {
            let outcome = of(command, &path, &[]);
            assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""));
            assert!(outcome.stderr.starts_with("error: reading "), "{}", outcome.stderr);
        }
    }
}

#[test]
fn inspect_tells_what_it_cannot_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, &small());
    let outcome = of("inspect", &path, &[]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (4, ""));
    // Settings of format 9, no analysis; hostile characters of the host and the reasons are gone.
    for part in
        ["settings.json: it has a newer format", "analysis.json: it is not in the bundle", "SYNC01"]
    {
        assert!(outcome.stdout.contains(part), "{part}: {}", outcome.stdout);
    }
    assert!(!outcome.stdout.contains('\u{1b}') && !outcome.stdout.contains('\u{202e}'));
    let outcome = of("inspect", &path, &["--format", "json"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (4, ""));
    let seen: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(seen["settings"], Value::Null);
    assert_eq!(seen["not_read"].as_array().unwrap().len(), 2);
    assert_eq!(seen["source"]["host"], "SYNC01\u{1b}[2J");
    assert!(!outcome.stdout.contains('\u{1b}'));
    // `# Guide\n\nGuide, Guide and Guide.\n` has 33 bytes, nine times 297.
    assert_eq!(seen["files"][0]["path"], "import-guide.md");
    assert_eq!(seen["files"][0]["size"], 297);
}

#[test]
fn inspect_writes_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, &small());
    let out = folder.path().join("out.txt");
    let shown = of("inspect", &path, &[]);
    let outcome = of("inspect", &path, &["--out", out.to_str().unwrap()]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (shown.code, ""));
    // A file has 80 columns unless COLUMNS says otherwise, which it does here.
    assert_eq!(fs::read_to_string(&out).unwrap(), shown.stdout);
}
