//! Bundles: one content, one form; every other form is refused.
use dirlift_exporter::{
    BadPath,
    bundle::{self, Bundle, BundleError, BundleSource, Label, MANIFEST, Part, Sum, Written},
};
use dirlift_model::Product;
use dirlift_testkit::mutate::Mutator;

fn label() -> Label {
    Label {
        tool: "dirlift 0.1.0".to_owned(),
        source: BundleSource {
            product: Some(Product::DirSync),
            version: "1.0.7020.0".parse().ok(),
            host: Some("SYNC01".to_owned()),
        },
        snapshot_time: "2026-11-16T08:30:00Z".parse().unwrap(),
        forced: vec!["fewer than 50,000 objects".to_owned()],
    }
}

/// Repetitive, so that deflate has more than one way to say it.
fn parts() -> Vec<Part> {
    vec![
        Part::new(
            "settings.json",
            "{ \"a\": [ 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 ] }\n",
        ),
        Part::new(
            "import-guide.md",
            "# Guide\n\nGuide, Guide, Guide, Guide and Guide.\n".repeat(4),
        ),
        Part::new("scripts/1-rules.ps1", ""),
        Part::new("server-configuration/MigratedPolicy.json", "{}"),
    ]
}

fn small() -> Written {
    bundle::write(&label(), parts()).unwrap()
}

#[test]
fn the_same_parts_give_the_same_bytes_in_any_order() {
    let mut reversed = parts();
    reversed.reverse();
    assert_eq!(small(), bundle::write(&label(), reversed).unwrap());
    assert_eq!(small().sum, Sum::of(&small().bytes));
}

#[test]
fn what_is_written_is_opened() {
    let bundle = Bundle::open(&small().bytes).unwrap();
    assert_eq!(bundle.sum(), small().sum);
    assert_eq!(bundle.manifest().source, label().source);
    assert_eq!(bundle.manifest().forced, label().forced);
    let mut expected = parts();
    expected.sort_by(|a, b| a.path.cmp(&b.path));
    assert_eq!(bundle.parts(), expected);
    assert_eq!(bundle.part("scripts/1-rules.ps1"), Some(&b""[..]));
    assert_eq!(bundle.part("scripts/2.ps1"), None);
    let file = &bundle.manifest().files[0];
    assert_eq!((file.path.as_str(), file.size), ("import-guide.md", 188));
    assert_eq!(file.sha256, Sum::of(&expected[0].bytes));
}

#[test]
fn every_byte_counts() {
    let bytes = small().bytes;
    let mut n_refused = 0;
    for at in 0..bytes.len() {
        for flip in [0x01, 0x02, 0x10, 0x20, 0x80, 0xFF] {
            let mut changed = bytes.clone();
            changed[at] ^= flip;
            assert!(Bundle::open(&changed).is_err(), "byte {at} changed by {flip:#04x}");
            n_refused += 1;
        }
    }
    assert_eq!(n_refused, 6 * bytes.len());
    for length in 0..bytes.len() {
        assert!(Bundle::open(&bytes[..length]).is_err(), "cut at {length}");
    }
    for more in [&b"\0"[..], b"PK\x05\x06", &bytes] {
        assert!(Bundle::open(&[&bytes, more].concat()).is_err());
        assert!(Bundle::open(&[more, &bytes].concat()).is_err());
    }
}

#[test]
fn damage_is_refused_and_nothing_panics() {
    let bytes = small().bytes;
    for seed in 0..4 {
        let mut mutator = Mutator::new(seed);
        for round in 0..1_500 {
            let damaged = mutator.mutate(&bytes);
            if damaged != bytes {
                assert!(Bundle::open(&damaged).is_err(), "seed {seed}, round {round}");
            }
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_refused(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        assert!(Bundle::open(&bytes).is_err());
        // Behind the marks of a zip the reader looks further.
        let ended = [&b"PK\x03\x04"[..], &bytes, b"PK\x05\x06", &bytes[..bytes.len().min(18)]].concat();
        assert!(Bundle::open(&ended).is_err());
    }

    #[test]
    fn any_parts_come_back(contents in proptest::collection::vec(proptest::collection::vec(proptest::num::u8::ANY, 0..300), 0..6)) {
        let parts: Vec<_> = contents.iter().enumerate().map(|(n, it)| Part::new(format!("p/{n}"), it.clone())).collect();
        let written = bundle::write(&label(), parts.clone()).unwrap();
        let bundle = Bundle::open(&written.bytes).unwrap();
        proptest::prop_assert_eq!(bundle.parts(), parts.as_slice());
    }
}

/// The bundle with one text replaced by another of the same length, the checksums of the zip put right again.
///
/// Done by hand on the stored manifest: CRC-32 stands at 14 of the local and at 16 of the central header.
fn with_manifest(from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let bytes = small().bytes;
    let find = |what: &[u8], from: usize| {
        from + bytes[from..].windows(what.len()).position(|it| it == what).unwrap()
    };
    let local_name = find(MANIFEST.as_bytes(), 0);
    let central_name = find(MANIFEST.as_bytes(), find(b"PK\x01\x02", 0));
    let mut changed = bytes.clone();
    let at = find(from.as_bytes(), local_name);
    changed[at..at + to.len()].copy_from_slice(to.as_bytes());
    let size_at = local_name - 30 + 22;
    let size = u32::from_le_bytes(bytes[size_at..size_at + 4].try_into().unwrap());
    let data_at = local_name + MANIFEST.len();
    let sum = crc32(&changed[data_at..data_at + size as usize]).to_le_bytes();
    changed[local_name - 16..local_name - 12].copy_from_slice(&sum);
    changed[central_name - 30..central_name - 26].copy_from_slice(&sum);
    changed
}

/// CRC-32 bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |it, _| {
            if it & 1 == 1 { it >> 1 ^ 0xEDB8_8320 } else { it >> 1 }
        })
    })
}

#[test]
fn a_wrong_manifest_is_named() {
    assert_eq!(with_manifest("SYNC01", "SYNC01"), small().bytes);
    assert!(
        Bundle::open(&with_manifest("SYNC01", "SYNC02")).is_ok(),
        "an unsigned manifest shows damage, not malice"
    );
    let newer = Bundle::open(&with_manifest("\"format_version\": 1", "\"format_version\": 9"));
    assert_eq!(newer, Err(BundleError::Newer { found: 9, known: 1 }));
    assert!(newer.unwrap_err().to_string().contains("use a newer dirlift"));
    let older = Bundle::open(&with_manifest("\"format_version\": 1", "\"format_version\": 0"));
    assert!(matches!(older, Err(BundleError::Manifest(_))));
    let listing = Bundle::open(&with_manifest("\"settings.json\"", "\"settingz.json\""));
    assert_eq!(listing, Err(BundleError::Listing { path: "settings.json".to_owned() }));
    let unknown = Bundle::open(&with_manifest("\"tool\"", "\"tune\""));
    assert!(matches!(unknown, Err(BundleError::Manifest(_))));
    let size = Bundle::open(&with_manifest("\"size\": 188", "\"size\": 189"));
    assert_eq!(size, Err(BundleError::Hash { path: "import-guide.md".to_owned() }));
    let sum = Sum::of(&parts()[0].bytes).to_string();
    let other = Sum::of(b"something else").to_string();
    assert_eq!(
        Bundle::open(&with_manifest(&sum, &other)),
        Err(BundleError::Hash { path: "settings.json".to_owned() })
    );
    let spacing =
        Bundle::open(&with_manifest("{\n  \"format_version\"", "{ \n \"format_version\""));
    assert!(matches!(spacing, Err(BundleError::Manifest(_))), "one manifest has one form");
}

#[test]
fn zips_of_others_are_refused() {
    // An empty zip, and what is no zip.
    let empty = [&b"PK\x05\x06"[..], &[0; 18]].concat();
    assert_eq!(Bundle::open(&empty), Err(BundleError::Manifest("the zip has no such file")));
    assert_eq!(Bundle::open(b"%PDF-1.7"), Err(BundleError::NoArchive));
    assert_eq!(Bundle::open(b""), Err(BundleError::NoArchive));
    // A directory that lies about its number of files.
    let mut many = empty.clone();
    many[8..12].copy_from_slice(&[0xFF; 4]);
    assert!(matches!(Bundle::open(&many), Err(BundleError::Limit { .. })));
}

#[test]
fn parts_that_no_reader_takes_are_not_written() {
    let refused = |path: &str| bundle::write(&label(), vec![Part::new(path, "x")]).unwrap_err();
    for path in ["../x", "/x", "C:x", "a\\b", "nul.txt", "x.", "", "a//b", "\u{202e}x"] {
        assert!(matches!(refused(path), BundleError::Path { .. }), "{path}");
    }
    assert_eq!(refused("nul"), BundleError::Path { path: "nul".to_owned(), why: BadPath::Device });
    assert!(matches!(refused("Manifest.json"), BundleError::Duplicate { .. }));
    let twice = vec![Part::new("A", ""), Part::new("a", "")];
    assert!(matches!(bundle::write(&label(), twice), Err(BundleError::Duplicate { .. })));
    let large = vec![Part::new("a", vec![0; (64 << 20) + 1])];
    assert!(matches!(bundle::write(&label(), large), Err(BundleError::Limit { .. })));
}

#[test]
fn a_file_is_read_and_a_folder_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.zip");
    std::fs::write(&path, small().bytes).unwrap();
    assert_eq!(Bundle::read(&path).unwrap().sum(), small().sum);
    assert!(Bundle::read(folder.path()).is_err());
    assert!(Bundle::read(&folder.path().join("missing")).is_err());
}
