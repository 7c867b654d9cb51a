//! The folder of a rehearsal: what is in it, and that it explains itself.
use std::{collections::BTreeMap, fs, path::Path};

use dirlift_importer::rehearsal::{
    Folder, Known, PENDING_EXPORTS, RehearsalError, SUMMARY, StoredRehearsal,
};
use dirlift_model::{
    PendingExport,
    rehearsal::{ErrorLine, Rehearsal},
};
use dirlift_serverconfig::csexport::CsexportReader;
use dirlift_testkit::small::{self, ANN, BEN, DORA, ERIK, FAY, GUS, TEAM, cloud_dn};

use crate::support::{NOW, loaded};

/// Rehearses the organisation that lies in `inputs` into `inputs/NAME`.
fn rehearse(inputs: &Path, name: &str) -> Rehearsal {
    let mut folder = Folder::create(&inputs.join(name)).unwrap();
    let done = loaded(inputs, &mut folder).run().unwrap();
    let written = folder.write(&done, "0.1.0", NOW.parse().unwrap(), &mut ()).unwrap();
    folder.commit().unwrap();
    // All of them: there are few of each kind.
    assert_eq!((written.exports.len(), written.errors.len()), (8, 2));
    written.summary
}

fn organisation() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    small::write(folder.path()).unwrap();
    folder
}

/// Every file below a folder with its content.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                out.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    out
}

fn lines<T: serde::de::DeserializeOwned>(text: &[u8]) -> Vec<T> {
    let text = std::str::from_utf8(text).unwrap();
    text.lines().map(|it| serde_json::from_str(it).unwrap()).collect()
}

#[test]
fn the_folder_holds_everything_and_twice_the_same() {
    let org = organisation();
    let summary = rehearse(org.path(), "a");
    assert_eq!(rehearse(org.path(), "b"), summary);
    let all = files(&org.path().join("a"));
    assert_eq!(files(&org.path().join("b")), all);
    let names: Vec<_> =
        all.keys().map(String::as_str).filter(|it| !it.contains("Rules/")).collect();
    let expected = [
        "csexport/1-small.example.xml",
        "csexport/2-small.onmicrosoft.com---AAD.xml",
        "errors.jsonl",
        "inputs/objects-1.jsonl.gz",
        "inputs/objects-2.jsonl.gz",
        "inputs/rehearsal.json",
        "pending-exports.csv",
        "pending-exports.jsonl",
        "summary.json",
    ];
    assert_eq!(names, expected);
    assert_eq!(serde_json::from_slice::<Rehearsal>(&all[SUMMARY]).unwrap(), summary);
    #[cfg(unix)]
    for name in all.keys() {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(org.path().join("a").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(org.path().join("a")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}

#[test]
fn the_summary_counts_what_was_worked_out() {
    let org = organisation();
    let it = rehearse(org.path(), "out");
    let exports: Vec<_> = it
        .exports
        .iter()
        .map(|it| format!("{} {} {} {}", it.object_type, it.operation, it.cause, it.count))
        .collect();
    let expected = [
        "group update flowed 1",
        "user add provisioned 3",
        "user update flowed 2",
        "user delete out-of-scope 1",
        "user delete source-gone 1",
    ];
    assert_eq!(exports, expected);
    let attributes: Vec<_> = it
        .attributes
        .iter()
        .map(|it| format!("{} {} {}", it.object_type, it.attribute, it.count))
        .collect();
    assert_eq!(attributes, ["group member 1", "user accountEnabled 1", "user title 1"]);
    let unreadable = |kind: &str, name: &str| {
        it.unreadable
            .iter()
            .find(|it| it.object_type.is(kind) && it.attribute.is(name))
            .map(|it| it.count)
    };
    // Graph shows neither commonName nor netBiosName of users: Ann and Dora have them.
    assert_eq!(unreadable("user", "commonName"), Some(2));
    assert_eq!(unreadable("user", "netBiosName"), Some(2));
    assert_eq!(unreadable("user", "displayName"), None);
    assert_eq!(
        (it.held, it.references_left_out, it.kept_without_history, it.history),
        (0, 1, 0, true)
    );
    assert_eq!(it.errors, []);
    let count = |all: &[dirlift_model::rehearsal::Count]| {
        all.iter().map(|it| format!("{} {}", it.name, it.count)).collect::<Vec<_>>()
    };
    assert_eq!(count(&it.predicted_errors), ["invalid-soft-match 1"]);
    assert_eq!(count(&it.takeovers), ["soft-match-by-user-principal-name 1"]);
    let cloud = &it.guards[1];
    assert_eq!(
        (cloud.exports, cloud.adds, cloud.updates, cloud.deletes, cloud.objects),
        (8, 3, 3, 2, 6)
    );
    assert_eq!(cloud.objections, [format!("the licensed user {} is disabled", cloud_dn(DORA))]);
    assert!(it.guards[0].passes && !cloud.passes);
    assert_eq!(
        it.objections,
        [
            format!(
                "small.onmicrosoft.com - AAD: the licensed user {} is disabled",
                cloud_dn(DORA)
            ),
            "the cloud would refuse 1 export".to_owned(),
        ]
    );
    assert_eq!(count(&it.connectors[0].objects), ["group 1", "user 6"]);
    assert!(it.assumptions.iter().all(|it| !it.reading.is_empty()));
}

#[test]
fn every_form_tells_the_same_exports() {
    let org = organisation();
    rehearse(org.path(), "out");
    let all = files(&org.path().join("out"));
    let exports: Vec<PendingExport> = lines(&all[PENDING_EXPORTS]);
    assert_eq!(exports.len(), 8);
    let xml = &all["csexport/2-small.onmicrosoft.com---AAD.xml"];
    let read: Vec<_> = CsexportReader::new("x", &xml[..])
        .map(|it| it.unwrap().pending_export().unwrap())
        .collect();
    let plain: Vec<_> = exports
        .iter()
        .cloned()
        .map(|mut it| {
            it.cause = None;
            it.unreadable.clear();
            for change in &mut it.changes {
                (change.rule, change.flow) = (None, None);
            }
            it
        })
        .collect();
    // A csexport has the deltas of a deletion only.
    for (read, plain) in read.iter().zip(&plain) {
        assert_eq!(read, plain);
    }
    assert_eq!(read.len(), plain.len());
    let mut table = csv::Reader::from_reader(&all["pending-exports.csv"][..]);
    let rows: Vec<_> = table.records().map(|it| it.unwrap()).collect();
    let n_changes: usize = exports.iter().map(|it| it.changes.len().max(1)).sum();
    assert_eq!(rows.len(), n_changes);
    let of = |dn: String| {
        rows.iter().find(|it| it[2] == dn).unwrap().iter().take(17).collect::<Vec<_>>().join("|")
    };
    assert_eq!(
        of(cloud_dn(ANN)),
        format!(
            "1|user|{}|update|ann@small.example|Ann Small|{}||ann@small.example|ann|ann@small.example|\
             small.onmicrosoft.com - AAD|Update|title|Update|Intern|Engineer",
            cloud_dn(ANN),
            small::anchor(ANN)
        )
    );
    let fay = of(cloud_dn(FAY));
    assert!(
        fay.contains("|delete|fay@small.example|Fay Small|") && fay.ends_with("|Delete||||"),
        "{fay}"
    );
    let errors: Vec<ErrorLine> = lines(&all["errors.jsonl"]);
    let told: Vec<_> = errors
        .iter()
        .map(|it| {
            (
                it.error.as_str(),
                it.is_error,
                it.dn.to_string(),
                it.partner.as_ref().unwrap().to_string(),
            )
        })
        .collect();
    let erik = format!("CN={{{}}}", small::object_id(ERIK));
    let expected = [
        ("soft-match-by-user-principal-name", false, cloud_dn(ERIK), erik),
        ("invalid-soft-match", true, cloud_dn(GUS), cloud_dn(ANN)),
    ];
    let mut told = told;
    told.sort();
    let mut expected = expected.to_vec();
    expected.sort();
    assert_eq!(told, expected);
}

#[test]
fn a_rehearsal_explains_itself_from_its_folder() {
    let org = organisation();
    let summary = rehearse(org.path(), "out");
    // Nothing but the folder is needed.
    for name in ["forest.ldf", "tenant", "config"] {
        fs::rename(org.path().join(name), org.path().join(format!("gone-{name}"))).unwrap();
    }
    let stored = StoredRehearsal::open(&org.path().join("out")).unwrap();
    assert_eq!(stored.summary, summary);
    let before: Vec<PendingExport> = lines(&files(&org.path().join("out"))[PENDING_EXPORTS]);
    let ad = "CN=Ann,OU=Staff,DC=small,DC=example".to_owned();
    let both = vec![ad.clone(), cloud_dn(ANN)];
    let cases: [(&str, Vec<String>); 10] = [
        ("cn=ann, ou=STAFF, dc=small, dc=example", vec![ad.clone()]),
        (
            "ANN@small.example",
            vec![ad.clone(), "CN=Gus,OU=Staff,DC=small,DC=example".to_owned(), cloud_dn(ANN)],
        ),
        (&small::anchor(ANN), both.clone()),
        ("11111111-1111-1111-1111-111111111111", vec![ad]),
        (&small::object_id(TEAM), vec![format!("CN={{{}}}", small::object_id(TEAM))]),
        (
            "fay@SMALL.example",
            vec!["CN=Fay,OU=Staff,DC=small,DC=example".to_owned(), cloud_dn(FAY)],
        ),
        (&cloud_dn(BEN), vec![cloud_dn(BEN)]),
        ("nobody@small.example", Vec::new()),
        ("CN=Carl,OU=Out,DC=small,DC=example", Vec::new()),
        ("", Vec::new()),
    ];
    for (text, expected) in cases {
        let again = stored.synchronize(text, 1, &mut ()).unwrap();
        assert_eq!(again.synchronized.exports().collect::<Vec<_>>(), before, "{text}");
        let found: Vec<_> = again.found.iter().map(|it| it.1.to_string()).collect();
        assert_eq!(found, expected, "{text}");
        for (connector, dn) in &again.found {
            assert!(again.synchronized.explain(*connector, dn).is_some(), "{dn}");
        }
    }
}

#[test]
fn a_folder_is_made_whole_or_not_at_all() {
    let org = organisation();
    let out = org.path().join("out");
    let refused = |path: &Path| Folder::create(path).unwrap_err();
    fs::write(&out, "x").unwrap();
    assert!(matches!(refused(&out), RehearsalError::File { .. }));
    fs::remove_file(&out).unwrap();
    fs::create_dir(&out).unwrap();
    drop(Folder::create(&out).unwrap());
    fs::write(out.join("x"), "x").unwrap();
    assert!(std::error::Error::source(&refused(&out)).unwrap().to_string().contains("not empty"));
    refused(&org.path().join("missing/out"));
    fs::remove_file(out.join("x")).unwrap();
    rehearse(org.path(), "out");
    assert!(out.join(SUMMARY).is_file());
    let names: Vec<_> =
        fs::read_dir(org.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(names.len(), 4, "{names:?}");
}

#[test]
fn damage_in_a_folder_is_told() {
    let org = organisation();
    rehearse(org.path(), "out");
    let out = org.path().join("out");
    let open = || -> Result<(), RehearsalError> {
        StoredRehearsal::open(&out)?.synchronize("x@y", 1, &mut ()).map(drop)
    };
    for name in files(&out).keys().filter(|it| it.starts_with("inputs/") || *it == SUMMARY) {
        let path = out.join(name);
        let whole = fs::read(&path).unwrap();
        if name.contains("Rules/") && !name.ends_with("00001.xml") {
            continue;
        }
        for bytes in [&b""[..], b"{}", &whole[..whole.len() / 2], b"\x1f\x8b\x08"] {
            fs::write(&path, bytes).unwrap();
            // An empty list of objects is one.
            assert!(
                open().is_err() || (bytes.is_empty() && name.contains("objects-")),
                "{name} {bytes:?}"
            );
        }
        fs::remove_file(&path).unwrap();
        assert!(open().is_err(), "{name}");
        fs::write(&path, whole).unwrap();
    }
    open().unwrap();
}

#[test]
fn hostile_names_stay_text() {
    let org = organisation();
    let ldif = fs::read_to_string(org.path().join("forest.ldf")).unwrap();
    let bad = "=cmd|' /C calc'!A0 \u{1b}[31m\u{202e}<script>&\"";
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(bad);
    let ldif = ldif.replace("displayName: Ben Small", &format!("displayName:: {encoded}"));
    fs::write(org.path().join("forest.ldf"), ldif).unwrap();
    rehearse(org.path(), "out");
    let all = files(&org.path().join("out"));
    let exports: Vec<PendingExport> = lines(&all[PENDING_EXPORTS]);
    assert!(exports.iter().any(|it| it.display_name.as_deref() == Some(bad)));
    let mut table = csv::Reader::from_reader(&all["pending-exports.csv"][..]);
    let cells: Vec<_> = table
        .records()
        .flat_map(|it| it.unwrap().iter().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert!(cells.contains(&format!("'{bad}")));
    assert!(!cells.iter().any(|it| it.starts_with(['=', '+', '-', '@', '\t', '\r'])));
}

/// What is known stays with the result.
#[test]
fn what_is_known_is_kept() {
    let org = organisation();
    let Known { sources, n_rules, .. } = loaded(org.path(), &mut ()).known;
    assert_eq!(sources.values().collect::<Vec<_>>(), ["forest.ldf", "tenant"]);
    assert!(n_rules > 20);
}
