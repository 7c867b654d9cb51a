//! Encodings of files.
use dirlift_serverconfig::{DecodeReason, Document, decode, read};

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

#[test]
fn a_name_survives_every_encoding() {
    let body = "<ma-data><id>{11111111-2222-3333-4444-555555555555}</id><name>Zürich</name><category>AD</category></ma-data>";
    let declared = |label: &str| format!("<?xml version=\"1.0\" encoding=\"{label}\"?>{body}");
    let windows: Vec<u8> = declared("windows-1252")
        .chars()
        .map(|it| if it == 'ü' { 0xFC } else { it as u8 })
        .collect();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("UTF-8", body.as_bytes().to_vec()),
        ("UTF-8 declared", declared("utf-8").into_bytes()),
        ("UTF-8 with mark", [&[0xEF, 0xBB, 0xBF], body.as_bytes()].concat()),
        ("UTF-16LE", utf16(body, u16::to_le_bytes)),
        ("UTF-16BE", utf16(body, u16::to_be_bytes)),
        (
            "UTF-16LE with mark",
            [vec![0xFF, 0xFE], utf16(&declared("utf-16"), u16::to_le_bytes)].concat(),
        ),
        (
            "UTF-16BE with mark",
            [vec![0xFE, 0xFF], utf16(&declared("UTF-16"), u16::to_be_bytes)].concat(),
        ),
        ("the mark wins", [vec![0xFF, 0xFE], utf16(&declared("utf-8"), u16::to_le_bytes)].concat()),
        ("windows-1252", windows),
        ("a wrong declaration", declared("utf-16").into_bytes()),
    ];
    for (what, bytes) in cases {
        let parsed = read("a.xml", &bytes).unwrap_or_else(|it| panic!("{what}: {it}"));
        let Document::Agent(agent) = parsed.value else { panic!("{what}") };
        assert_eq!(agent.name, "Zürich", "{what}");
        let n_declared = decode(&bytes).unwrap().find("<ma-data").unwrap();
        assert_eq!(agent.location.column as usize, n_declared + 1, "{what}: a mark has no column");
        assert!(parsed.problems.is_empty(), "{what}");
    }
}

#[test]
fn nothing_is_replaced() {
    let cases: [(&[u8], usize, u32, u32); 6] = [
        (b"<a>\n\xC3\xBC\xFF</a>", 6, 2, 2),
        (b"\xEF\xBB\xBF<a>\xFF", 6, 1, 4),
        // A lone low surrogate after two units.
        (b"\xFF\xFE<\0\n\0\x00\xDC>\0", 6, 2, 1),
        // Half a unit at the end.
        (b"<\0a\0>", 4, 1, 3),
        (b"\0<\xD8\x00\0a", 2, 1, 2),
        (b"<?xml version='1.0' encoding='shift_jis'?>\n\x81", 43, 2, 1),
    ];
    for (bytes, position, line, column) in cases {
        let error = decode(bytes).unwrap_err();
        assert_eq!(
            (error.position, error.line, error.column),
            (position, line, column),
            "{bytes:?}"
        );
        assert!(matches!(error.reason, DecodeReason::Malformed { .. }));
    }
    let error = read("a.xml", b"<a>\n\xFF").unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot read the configuration in a.xml:2:1: byte 4 is not UTF-8; the file is damaged, or its encoding is not the one it names"
    );
}

#[test]
fn encodings_that_are_not_read() {
    for bytes in [
        b"<?xml version='1.0' encoding='ebcdic-x'?><a/>".as_slice(),
        b"\xFF\xFE\0\0<\0\0\0",
        b"\0\0\xFE\xFF\0\0\0<",
    ] {
        assert!(
            matches!(decode(bytes).unwrap_err().reason, DecodeReason::Unknown { .. }),
            "{bytes:?}"
        );
    }
    for text in ["", "<", "<?xml", "<?xml encoding", "<?xml encoding=x?>", "<?xml encoding=\"?>"] {
        assert_eq!(decode(text.as_bytes()).unwrap(), text);
    }
}
