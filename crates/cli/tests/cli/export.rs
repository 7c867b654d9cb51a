//! `dirlift export`, and what `bundle verify` and `bundle inspect` say of its product.
use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
};

use dirlift_exporter::bundle::{Bundle, Sum};
use dirlift_testkit::sample::published_export;
use serde_json::{Value, json};
use snapbox::cmd::Command;
use tempfile::TempDir;

use crate::{Outcome, copy, dirlift, files, organisation, run};

/// `dirlift export SNAPSHOT --out OUT`
fn export(snapshot: &Path, out: &Path) -> Command {
    dirlift().arg("export").arg(snapshot).arg("--out").arg(out)
}

/// Exports a snapshot that must give a bundle; returns its file.
fn bundle(folder: &TempDir, snapshot: &Path, more: &[&str]) -> PathBuf {
    let out = folder.path().join("bundle.zip");
    let outcome = run(export(snapshot, &out).args(more));
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{}", snapshot.display());
    out
}

pub(crate) fn inspect(bundle: &Path) -> Value {
    let command = dirlift().args(["bundle", "inspect", "--format", "json"]).arg(bundle);
    let outcome = run(command);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    serde_json::from_str(&outcome.stdout).unwrap()
}

fn verify(bundle: &Path, more: &[&str]) -> Outcome {
    run(dirlift().args(["bundle", "verify"]).arg(bundle).args(more))
}

/// Name, options, host, time, deployment, basis of the configuration, reasons for force.
type Case = (
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    usize,
);

const CASES: [Case; 4] = [
    ("adatum", &[], "ADA-SYNC01.adatum.example", "2026-11-19T13:20:00Z", "parallel", "original", 0),
    (
        "fabrikam",
        &["--force"],
        "FAB-SYNC01.corp.fabrikam.example",
        "2026-11-16T08:30:00Z",
        "in-place",
        "translated",
        1,
    ),
    (
        "northwind",
        &[],
        "NW-DIRSYNC.northwind.example",
        "2026-11-20T15:10:00Z",
        "parallel",
        "translated",
        0,
    ),
    // Too few objects, and blockers.
    (
        "tailspin",
        &["--force"],
        "TSP-SYNC.ad.tailspin.example",
        "2026-11-20T09:45:00Z",
        "blocked",
        "translated",
        2,
    ),
];

#[test]
fn a_bundle_is_exported_verified_and_inspected() {
    for (name, more, host, time, deployment, basis, n_reasons) in CASES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bundle.zip");
        let exported = run(export(&organisation(name), &path).args(more));
        assert_eq!((exported.code, exported.stderr.as_str()), (0, ""), "{name}");
        assert_eq!(files(folder.path()), ["bundle.zip"], "{name}");
        let bytes = fs::read(&path).unwrap();
        let sum = Sum::of(&bytes).to_string();
        assert!(exported.stdout.contains(&format!("\n  SHA-256  {sum}\n")), "{name}");

        let verified = verify(&path, &["--expect-sha256", &sum]);
        assert_eq!((verified.code, verified.stderr.as_str()), (0, ""), "{name}");
        assert!(verified.stdout.contains("is sound"), "{name}: {}", verified.stdout);
        assert!(verified.stdout.ends_with(&format!("\nSHA-256  {sum}\n")), "{name}");

        let seen = inspect(&path);
        assert_eq!(seen["sha256"], sum.as_str(), "{name}");
        assert_eq!(seen["size"], bytes.len(), "{name}");
        assert_eq!(seen["source"]["host"], host, "{name}");
        assert_eq!(seen["snapshot_time"], time, "{name}");
        assert_eq!(seen["forced"].as_array().unwrap().len(), n_reasons, "{name}");
        assert_eq!(seen["analysis"]["recommendation"]["deployment"], deployment, "{name}");
        let part = &seen["settings"]["server_configuration"];
        assert_eq!(part["basis"], basis, "{name}");
        assert_eq!(seen["not_read"], json!([]), "{name}");

        let text = run(dirlift().args(["bundle", "inspect"]).arg(&path));
        assert_eq!((text.code, text.stderr.as_str()), (0, ""), "{name}");
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        for reason in seen["forced"].as_array().unwrap() {
            let reason = words(reason.as_str().unwrap());
            assert!(words(&text.stdout).contains(&reason), "{name}: {reason}");
            assert!(words(&exported.stdout).contains(&reason), "{name}: {reason}");
        }
        for part in [host, time, &sum, deployment, "import-guide.md", "settings.json"] {
            assert!(text.stdout.contains(part), "{name}: {part}");
        }
        assert_eq!(text.stdout.contains("experimental"), basis == "translated", "{name}");
    }
}

#[test]
fn analysis_and_report_are_those_of_the_snapshots_time() {
    for (name, more, _, time, ..) in CASES {
        let folder = tempfile::tempdir().unwrap();
        let bundle = Bundle::read(&bundle(&folder, &organisation(name), more)).unwrap();
        for (part, format) in [("analysis.json", "json"), ("report.html", "html")] {
            let command = dirlift().arg("analyze").arg(organisation(name));
            let alone = run(command.args(["--as-of", time, "--format", format])).stdout;
            assert!(bundle.part(part).unwrap() == alone.as_bytes(), "{name}: {part}");
        }
    }
}

#[test]
fn the_same_snapshot_gives_the_same_bytes_as_folder_and_as_zip() {
    for (name, more, ..) in CASES {
        let folder = tempfile::tempdir().unwrap();
        let once = fs::read(bundle(&folder, &organisation(name), more)).unwrap();
        let again = fs::read(bundle(&folder, &organisation(name), more)).unwrap();
        assert!(once == again, "{name}");
        let zip = folder.path().join("snapshot.zip");
        pack(&organisation(name), &zip);
        let of_zip = fs::read(bundle(&folder, &zip, more)).unwrap();
        assert!(once == of_zip, "{name}: the zip gives another bundle than its folder");
    }
}

fn pack(from: &Path, to: &Path) {
    let mut writer = zip::ZipWriter::new(File::create(to).unwrap());
    for name in files(from) {
        writer.start_file(&name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(&fs::read(from.join(name)).unwrap()).unwrap();
    }
    writer.finish().unwrap();
}

#[test]
fn without_force_the_reasons_are_told_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("bundle.zip");
    for (name, parts) in [
        ("fabrikam", &["38,214 objects", "50,000", "--force"][..]),
        ("tailspin", &["21,870 objects", "3 blockers", "DL0401", "--force"]),
        // No force helps where there is no configuration.
        ("woodgrove", &["configuration", "MA-*.XML", "MV.XML", "database.json", "--sql"]),
    ] {
        for old in [None, Some("older")] {
            if let Some(old) = old {
                fs::write(&out, old).unwrap();
            }
            let more: &[&str] = if name == "woodgrove" { &["--force"] } else { &[] };
            let outcome = run(export(&organisation(name), &out).args(more));
            assert_eq!((outcome.code, outcome.stdout.as_str()), (3, ""), "{name}");
            for part in parts {
                assert!(outcome.stderr.contains(part), "{name}: {part}: {}", outcome.stderr);
            }
            assert_eq!(fs::read_to_string(&out).ok().as_deref(), old, "{name}");
            assert_eq!(files(folder.path()).len(), usize::from(old.is_some()), "{name}");
        }
        fs::remove_file(&out).unwrap();
    }
}

#[test]
fn files_of_a_server_with_rules_of_its_own_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = bundle(&folder, &organisation("adatum"), &[]);
    let bundle = Bundle::read(&path).unwrap();
    let seen = inspect(&path);
    let part = &seen["settings"]["server_configuration"];
    let edited: Vec<_> =
        part["edited"].as_array().unwrap().iter().map(|it| it["path"].as_str().unwrap()).collect();
    let originals = organisation("adatum").join("server-configuration");
    let mut n_same = 0;
    for name in files(&originals) {
        let path = format!("server-configuration/{name}");
        let Some(bytes) = bundle.part(&path) else {
            let left_out = part["left_out"].as_array().unwrap();
            assert!(left_out.iter().any(|it| it["what"] == name.as_str()), "{name}");
            continue;
        };
        let is_same = bytes == fs::read(originals.join(&name)).unwrap();
        assert_eq!(is_same, !edited.contains(&path.as_str()), "{name}");
        n_same += usize::from(is_same);
    }
    // 19 rules, MV.xml and MigratedPolicy.json.
    assert_eq!((n_same, edited.len()), (21, 2));
}

#[test]
fn a_published_export_is_carried_over() {
    let Some(snapshot) = published_export() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = bundle(&folder, &snapshot, &[]);
    let sum = Sum::of(&fs::read(&path).unwrap()).to_string();
    assert_eq!(verify(&path, &["--expect-sha256", &sum]).code, 0);
    let seen = inspect(&path);
    // The time of its connectors' export.
    assert_eq!(seen["snapshot_time"], "2016-05-03T14:28:09.784Z");
    assert_eq!(seen["settings"]["standard_rules"], json!({ "basis": "original", "count": 62 }));
    let bundle = Bundle::read(&path).unwrap();
    for name in files(&snapshot).iter().filter(|it| it.starts_with("SynchronizationRules/")) {
        let part = bundle.part(&format!("server-configuration/{name}"));
        assert!(part.unwrap() == fs::read(snapshot.join(name)).unwrap(), "{name}");
    }
    assert!(bundle.parts().iter().all(|it| !it.path.contains("LICENSE")));
    // What came out compares with what went in.
    let outcome = run(dirlift().args(["bundle", "diff"]).arg(&snapshot).arg(&path));
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    assert!(outcome.stdout.contains("The configurations are equal."), "{}", outcome.stdout);
}

#[test]
fn rules_of_the_new_server_stand_in_for_the_built_in_ones() {
    let folder = tempfile::tempdir().unwrap();
    let built_in = inspect(&bundle(&folder, &organisation("northwind"), &[]));
    assert_eq!(built_in["settings"]["standard_rules"]["basis"], "built-in");
    let rules = folder.path().join("rules");
    copy(&organisation("adatum").join("server-configuration"), &rules, |_| true);
    let given = ["--rules", rules.to_str().unwrap()];
    let target = inspect(&bundle(&folder, &organisation("northwind"), &given));
    // Adatum has 16 standard rules and 3 of its own.
    let expected = json!({ "basis": "target", "count": 16 });
    assert_eq!(target["settings"]["standard_rules"], expected);
    // A rule that cannot be read is not missed in silence.
    let first =
        files(&rules).into_iter().find(|it| it.starts_with("SynchronizationRules/")).unwrap();
    fs::write(rules.join(&first), "<synchronizationRule>").unwrap();
    let out = folder.path().join("other.zip");
    let outcome = run(export(&organisation("northwind"), &out).args(given));
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""));
    assert!(outcome.stderr.contains(&first), "{}", outcome.stderr);
    assert!(!out.exists());
}

#[test]
fn containers_get_their_identifiers_from_the_directory() {
    let folder = tempfile::tempdir().unwrap();
    let guids = |path: &Path| -> Vec<(String, Value)> {
        let bundle = Bundle::read(path).unwrap();
        let settings: Value =
            serde_json::from_slice(bundle.part("settings.json").unwrap()).unwrap();
        let partitions = settings["forests"][0]["partitions"].as_array().unwrap().iter();
        partitions
            .flat_map(|it| it["included"].as_array().unwrap())
            .map(|it| (it["dn"].as_str().unwrap().to_owned(), it["object_guid"].clone()))
            .collect()
    };
    let without = guids(&bundle(&folder, &organisation("northwind"), &[]));
    assert!(without.len() > 1, "northwind includes some containers");
    assert!(without.iter().all(|(_, it)| it["value"].is_null()));
    // The bytes 0 to 15; in text the first three groups are turned round.
    let dn = &without[0].0;
    let ldif = folder.path().join("containers.ldf");
    let class = if dn.starts_with("DC=") { "domainDNS" } else { "organizationalUnit" };
    let text = format!(
        "dn: {dn}\nchangetype: add\nobjectClass: top\nobjectClass: {class}\nobjectGUID:: AAECAwQFBgcICQoLDA0ODw==\n\n"
    );
    fs::write(&ldif, text).unwrap();
    let with =
        guids(&bundle(&folder, &organisation("northwind"), &["--ad", ldif.to_str().unwrap()]));
    for (it, guid) in &with {
        if it == dn {
            assert_eq!(guid["value"], "03020100-0504-0706-0809-0a0b0c0d0e0f");
        } else {
            assert!(guid["value"].is_null(), "{it}");
            assert!(guid["not_known"].as_str().unwrap().contains("no such container"), "{it}");
        }
    }
    let out = folder.path().join("bundle.zip");
    let refused =
        run(export(&organisation("northwind"), &out)
            .args(["--ad", "ldaps://dc1.northwind.example"]));
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("ldifde"), "{}", refused.stderr);
}

#[test]
fn a_snapshot_without_a_time_needs_one() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("snapshot");
    // Each file of the export has its own time.
    copy(&organisation("adatum"), &snapshot, |it| it != "snapshot.json");
    let mut n_dated = 0;
    for name in files(&snapshot).into_iter().filter(|it| !it.ends_with("/MigratedPolicy.json")) {
        let path = snapshot.join(name);
        let Ok(text) = fs::read_to_string(&path) else { continue };
        n_dated += text.matches("export-date").count();
        fs::write(&path, text.replace("export-date", "no-date")).unwrap();
    }
    assert!(n_dated > 0);
    let out = folder.path().join("bundle.zip");
    let outcome = run(export(&snapshot, &out));
    assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("--as-of"), "{}", outcome.stderr);
    assert!(!out.exists());
    let outcome = run(export(&snapshot, &out).args(["--as-of", "2026-11-20"]));
    assert!(matches!(outcome.code, 0 | 4), "{}: {}", outcome.code, outcome.stderr);
    assert_eq!(inspect(&out)["snapshot_time"], "2026-11-20T00:00:00Z");
}

#[test]
fn what_is_needed_and_not_known_ends_with_four() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("snapshot");
    copy(&organisation("northwind"), &snapshot, |it| it != "database.json");
    let out = folder.path().join("bundle.zip");
    // The number of objects is not known, which is a reason to be forced.
    assert_eq!(run(export(&snapshot, &out)).code, 3);
    let outcome = run(export(&snapshot, &out).arg("--force"));
    assert_eq!((outcome.code, outcome.stderr.as_str()), (4, ""));
    assert!(outcome.stdout.contains("NOT KNOWN, AND NEEDED"), "{}", outcome.stdout);
    assert_eq!(verify(&out, &[]).code, 0);
}

#[cfg(unix)]
#[test]
fn the_file_is_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = bundle(&folder, &organisation("northwind"), &[]);
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_snapshot_is_never_replaced_by_its_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let zip = folder.path().join("snapshot.zip");
    pack(&organisation("northwind"), &zip);
    let before = fs::read(&zip).unwrap();
    let outcome = run(export(&zip, &folder.path().join(".").join("snapshot.zip")));
    assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""));
    assert!(fs::read(&zip).unwrap() == before);
}
