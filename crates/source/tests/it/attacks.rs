//! Hostile archives and folders are refused, each with its own message.
use std::{
    fs,
    io::{Cursor, Write as _},
};

use dirlift_source::{Host as _, Refusal, Snapshot, SourceError, UnusableName, assemble};
use tempfile::TempDir;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::sample::{Parts, sample, write_folder, zip_of};

fn open(bytes: &[u8]) -> Result<Snapshot, SourceError> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("snapshot.zip");
    fs::write(&path, bytes).unwrap();
    let opened = Snapshot::open(&path);
    // On the systems where tests run an open file outlives its name.
    drop(folder);
    opened
}

fn parts(names: &[&str]) -> Parts {
    names.iter().map(|it| ((*it).to_owned(), b"x".to_vec())).collect()
}

/// Changes bytes of the header of one kind that belongs to the first entry.
fn patch(bytes: &mut [u8], signature: [u8; 4], at: usize, value: &[u8]) {
    let start = bytes.windows(4).position(|it| it == signature.as_slice()).unwrap();
    bytes[start + at..start + at + value.len()].copy_from_slice(value);
}

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";

fn refusal(bytes: &[u8]) -> (Refusal, String) {
    let error = open(bytes).map(|_| ()).unwrap_err();
    let message = error.to_string();
    match error {
        SourceError::RefusedEntry { why, .. } | SourceError::Refused { why, .. } => (why, message),
        other => panic!("{other}"),
    }
}

#[test]
fn names() {
    use UnusableName::{
        Absolute, Backslash, Colon, Control, Device, Drive, EmptyPart, Parent, Trailing,
    };
    // Written under another name of the same length, then patched: the writer would clean some of them.
    let cases = [
        ("/etc/passwd", Absolute, "is an absolute path"),
        ("C:/x.reg", Drive, "begins with a drive letter"),
        ("../x.reg", Parent, "climbs out of the snapshot with `..`"),
        ("a/../../x", Parent, "climbs out of the snapshot with `..`"),
        ("a\\b", Backslash, "holds a backslash"),
        ("registry.reg:x", Colon, "holds a colon"),
        ("templates/nul.xml", Device, "is the name of a device on Windows"),
        ("COM1", Device, "is the name of a device on Windows"),
        ("a\u{1b}[31m", Control, "holds a control character"),
        ("a//b", EmptyPart, "has an empty part or `.` in its path"),
        ("registry.reg.", Trailing, "ends in a dot or a space"),
    ];
    for (name, why, text) in cases {
        let placeholder = "n".repeat(name.len());
        let mut bytes = zip_of("", &parts(&[&placeholder]));
        patch(&mut bytes, LOCAL, 30, name.as_bytes());
        patch(&mut bytes, CENTRAL, 46, name.as_bytes());
        let (found, message) = refusal(&bytes);
        assert_eq!(found, Refusal::Name(why), "{name}");
        assert!(
            message.contains(text) && message.contains("is refused") && !message.contains('\u{1b}'),
            "{message}"
        );
    }
}

#[test]
fn names_that_are_the_same() {
    let (why, message) = refusal(&zip_of("", &parts(&["registry.reg", "Registry.REG"])));
    assert_eq!(why, Refusal::Duplicate { other: "registry.reg".to_owned() });
    assert!(message.contains("`Registry.REG` has the same name as `registry.reg`"), "{message}");
    let (why, _) = refusal(&zip_of("", &parts(&["templates/Ü.xml", "Templates/ü.XML"])));
    assert!(matches!(why, Refusal::Duplicate { .. }));

    let mut bytes = zip_of("", &parts(&["aaaa", "registry.reg", "bbbb"]));
    patch(&mut bytes, CENTRAL, 46, b"bbbb");
    assert_eq!(refusal(&bytes).0, Refusal::SameName);
}

#[test]
fn encrypted_entries() {
    let mut bytes = zip_of("", &parts(&["registry.reg"]));
    patch(&mut bytes, CENTRAL, 8, &[1, 0]);
    let (why, message) = refusal(&bytes);
    assert_eq!(why, Refusal::Encrypted);
    assert!(message.contains("is encrypted; pack the snapshot without a password"), "{message}");
}

#[test]
fn links_and_devices() {
    for (system, attributes, expected) in [
        (3, 0o120_777 << 16, Refusal::Link),
        (0, 0o120_777 << 16, Refusal::Link),
        (0, 0x420, Refusal::Link),
        (3, 0o010_644 << 16, Refusal::Special),
        (3, 0o020_644 << 16, Refusal::Special),
    ] {
        let mut bytes = zip_of("", &parts(&["registry.reg"]));
        patch(&mut bytes, CENTRAL, 5, &[system]);
        patch(&mut bytes, CENTRAL, 38, &u32::to_le_bytes(attributes));
        assert_eq!(refusal(&bytes).0, expected, "{system} {attributes:o}");
    }
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("registry.reg", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    assert_eq!(refusal(&writer.finish().unwrap().into_inner()).0, Refusal::Link);
}

#[test]
fn counts() {
    let many: Vec<_> = (0..10_001).map(|it| (format!("f{it}"), Vec::new())).collect();
    let (why, message) = refusal(&zip_of("", &many));
    assert_eq!(why, Refusal::TooMany);
    assert!(message.contains("more than 10,000 files"), "{message}");
    let mut enough: Parts = many[..9_999].to_vec();
    enough.push(("registry.reg".to_owned(), Vec::new()));
    assert!(open(&zip_of("", &enough)).is_ok());
    // A directory that only claims to be huge is not loaded.
    let mut bytes = zip_of("", &parts(&["registry.reg"]));
    patch(&mut bytes, END, 8, &[0xFF, 0xFF, 0xFF, 0xFF]);
    assert_eq!(refusal(&bytes).0, Refusal::TooMany);
    let mut bytes = zip_of("", &parts(&["registry.reg"]));
    patch(&mut bytes, END, 16, &[0xFF; 4]);
    assert_eq!(refusal(&bytes).0, Refusal::Zip64);
}

#[test]
fn depth() {
    assert!(open(&zip_of("", &parts(&["registry.reg", "1/2/3/4/5/6/7/8/f"]))).is_ok());
    assert_eq!(
        refusal(&zip_of("", &parts(&["registry.reg", "1/2/3/4/5/6/7/8/9/f"]))).0,
        Refusal::TooDeep
    );
}

#[test]
fn stated_sizes() {
    let mut bytes = zip_of("", &parts(&["registry.reg"]));
    patch(&mut bytes, CENTRAL, 24, &u32::to_le_bytes((2 << 30) + 1));
    assert_eq!(refusal(&bytes).0, Refusal::EntrySize);

    // Three entries of 1.5 GiB each, packed to "16 MiB": no ratio above 200.
    let mut bytes = zip_of("", &parts(&["a", "b", "registry.reg"]));
    let starts: Vec<_> =
        bytes.windows(4).enumerate().filter(|(_, it)| *it == CENTRAL).map(|(at, _)| at).collect();
    for at in starts {
        bytes[at + 20..at + 24].copy_from_slice(&u32::to_le_bytes(16 << 20));
        bytes[at + 24..at + 28].copy_from_slice(&u32::to_le_bytes(3 << 29));
    }
    assert_eq!(refusal(&bytes).0, Refusal::TotalSize);
}

#[test]
fn ratio() {
    let zeros = |n: usize| vec![("registry.reg".to_owned(), vec![0; n])];
    let (why, message) = refusal(&zip_of("", &zeros(1 << 20)));
    assert_eq!(why, Refusal::Ratio);
    assert!(message.contains("more than 200 to 1"), "{message}");
    assert!(open(&zip_of("", &zeros((1 << 20) - 1))).is_ok(), "below 1 MiB any ratio will do");
}

#[test]
fn lying_sizes_are_found_while_reading() {
    // A megabyte that calls itself ten bytes.
    let mut bytes = zip_of("", &vec![("registry.reg".to_owned(), vec![b' '; 1_000_000])]);
    for (signature, at) in [(LOCAL, 22), (CENTRAL, 24)] {
        patch(&mut bytes, signature, at, &u32::to_le_bytes(10));
    }
    let snapshot = open(&bytes).unwrap();
    let error = snapshot.read("registry.reg").unwrap_err();
    assert!(matches!(&error, SourceError::RefusedEntry { why: Refusal::LyingSize, .. }), "{error}");
    assert!(assemble(&snapshot, None, &mut ()).is_err(), "the whole snapshot is given up");
}

#[test]
fn overlapping_entries() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    writer.start_file("registry.reg", stored).unwrap();
    writer.write_all(&[b'x'; 100]).unwrap();
    writer.shallow_copy_file("registry.reg", "services.json").unwrap();
    let (why, message) = refusal(&writer.finish().unwrap().into_inner());
    assert_eq!(why, Refusal::Overlap);
    assert!(message.contains("overlap"), "{message}");
}

#[test]
fn a_damaged_entry_costs_only_its_part() {
    let mut bytes = zip_of("", &sample());
    let at = bytes.windows(4).position(|it| it == LOCAL.as_slice()).unwrap();
    for byte in &mut bytes[at + 60..at + 120] {
        *byte ^= 0x55;
    }
    let snapshot = open(&bytes).unwrap();
    let error = snapshot.read("registry.reg").unwrap_err();
    assert!(matches!(&error, SourceError::Read { .. }), "{error}");
    let facts = assemble(&snapshot, None, &mut ()).unwrap();
    assert!(facts.registry.is_none() && facts.services.is_some());
    assert!(
        facts.problems.iter().any(|it| it.location.file == "Registry.REG"),
        "{:?}",
        facts.problems
    );
}

#[test]
fn what_is_no_snapshot() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("missing");
    let cases = [
        (Snapshot::open(&missing).map(|_| ()).unwrap_err(), "no such file or folder"),
        (open(b"").map(|_| ()).unwrap_err(), "neither a folder nor a zip"),
        (
            open(b"PK but not really").map(|_| ()).unwrap_err(),
            "a snapshot is a folder, or a zip of one, with at least one of",
        ),
        (
            open(&zip_of("", &sample())[..400]).map(|_| ()).unwrap_err(),
            "neither a folder nor a zip",
        ),
        (
            open(&zip_of("", &parts(&["a.txt", "b/c.txt"]))).map(|_| ()).unwrap_err(),
            "none of the known parts is in it",
        ),
        (
            open(&zip_of("", &parts(&["MA-1.XML", "MV.XML"]))).map(|_| ()).unwrap_err(),
            "belongs in a folder server-configuration/",
        ),
        (
            open(&zip_of("", &parts(&[]))).map(|_| ()).unwrap_err(),
            "none of the known parts is in it",
        ),
        (Snapshot::open(folder.path()).map(|_| ()).unwrap_err(), "is not a snapshot"),
    ];
    for (error, text) in cases {
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[test]
fn every_cut_and_flip_of_a_zip_is_survived() {
    let bytes = zip_of("", &sample());
    let mut n_opened = 0;
    for at in (0..bytes.len()).step_by(17) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0xFF;
        for bytes in [&bytes[..at], &damaged] {
            if let Ok(snapshot) = open(bytes) {
                n_opened += usize::from(assemble(&snapshot, None, &mut ()).is_ok());
            }
        }
    }
    assert!(n_opened > 10, "{n_opened}");
}

#[test]
fn a_part_that_is_too_large_is_refused() {
    let folder = TempDir::new().unwrap();
    write_folder(folder.path(), &sample());
    let file = fs::File::create(folder.path().join("files.csv")).unwrap();
    // A hole, not data.
    file.set_len(dirlift_source::MAX_PART_SIZE + 1).unwrap();
    let snapshot = Snapshot::open(folder.path()).unwrap();
    let error = assemble(&snapshot, None, &mut ()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "files.csv: the part has more than 512 MiB, too large to be read; leave it out, or write a smaller one"
    );
}

#[test]
fn too_many_files_in_a_folder() {
    let folder = TempDir::new().unwrap();
    for idx in 0..10_001 {
        fs::write(folder.path().join(idx.to_string()), b"").unwrap();
    }
    let error = Snapshot::open(folder.path()).map(|_| ()).unwrap_err();
    assert!(matches!(&error, SourceError::Refused { why: Refusal::TooMany, .. }), "{error}");
}

#[test]
fn a_deep_folder() {
    let folder = TempDir::new().unwrap();
    write_folder(folder.path(), &parts(&["registry.reg", "1/2/3/4/5/6/7/8/f"]));
    assert!(Snapshot::open(folder.path()).is_ok());
    write_folder(folder.path(), &parts(&["1/2/3/4/5/6/7/8/9/f"]));
    let error = Snapshot::open(folder.path()).map(|_| ()).unwrap_err();
    assert!(matches!(&error, SourceError::RefusedEntry { why: Refusal::TooDeep, .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn links_in_a_folder_are_not_followed() {
    use std::os::unix::fs::symlink;
    let folder = TempDir::new().unwrap();
    let outside = TempDir::new().unwrap();
    write_folder(folder.path(), &sample());
    write_folder(outside.path(), &sample());
    fs::remove_file(folder.path().join("services.json")).unwrap();
    symlink(outside.path().join("services.json"), folder.path().join("services.json")).unwrap();
    fs::remove_dir_all(folder.path().join("templates")).unwrap();
    symlink(outside.path().join("templates"), folder.path().join("templates")).unwrap();
    symlink(".", folder.path().join("loop")).unwrap();
    let snapshot = Snapshot::open(folder.path()).unwrap();
    assert_eq!(snapshot.read("services.json").unwrap(), None);
    let facts = assemble(&snapshot, None, &mut ()).unwrap();
    assert!(facts.services.is_none() && facts.baseline.is_none());
    let links: Vec<_> = facts
        .problems
        .iter()
        .filter(|it| it.what.contains("is a link"))
        .map(|it| it.location.file.as_str())
        .collect();
    assert_eq!(links, ["loop", "services.json", "templates"]);
}

#[cfg(unix)]
#[test]
fn names_that_a_zip_could_not_have_are_problems_in_a_folder() {
    let folder = TempDir::new().unwrap();
    write_folder(
        folder.path(),
        &parts(&["registry.reg", "Registry.reg", "ab:c", "nul.txt", ".hidden"]),
    );
    let snapshot = Snapshot::open(folder.path()).unwrap();
    let shown: Vec<_> =
        snapshot.problems().iter().map(|it| format!("{} {}", it.location.file, it.what)).collect();
    let expected = [
        "ab:c the name holds a colon; a zip of this folder would be refused",
        "nul.txt the name is the name of a device on Windows; a zip of this folder would be refused",
        "registry.reg `Registry.reg` has the same name but for its case; this one was left out",
    ];
    assert_eq!(shown, expected);
}
