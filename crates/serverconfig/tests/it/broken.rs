//! Damaged and hostile files: an error with its place, never a panic.
use dirlift_serverconfig::{ErrorKind, read};

use crate::snippets::{full_agent, full_metaverse};

#[test]
fn errors_say_where_and_what() {
    let cases = [
        ("", "1:1", "there is no element"),
        (" \n <!-- x -->\n", "3:1", "there is no element"),
        ("no xml", "1:1", "there is text before the first element"),
        (
            "<ma-data>\n <id>é</name></ma-data>",
            "2:7",
            "does not close `id`, which begins in line 2",
        ),
        ("<ma-data>\n <id>x</id>\n", "3:1", "ends inside `ma-data`, which begins in line 1"),
        ("<ma-data>\n <id", "2:2", "markup is not closed"),
        ("<ma-data>\n <!-- x", "2:2", "markup is not closed"),
        ("<ma-data>\n <id>1</id></ma-data>\n<ma-data/>", "3:1", "after the end"),
        ("<ma-data/>\n garbage", "1:11", "after the end"),
        ("<ma-data/></ma-data>", "1:11", "after the end"),
        ("<ma-data/><?xml version='1.0'?>", "1:11", "after the end"),
        ("</ma-data>", "1:1", "an end tag before the first element"),
        ("<ma-data><?xml version='1.0'?></ma-data>", "1:10", "an XML declaration inside"),
        ("<ma-data>a\0b</ma-data>", "1:11", "NUL"),
        ("<ma-data>&nbsp;</ma-data>", "1:10", "only the five predefined entities"),
        ("<ma-data>&#0;</ma-data>", "1:10", "only the five predefined entities"),
        ("<ma-data>a & b</ma-data>", "1:12", "`&` does not begin a reference"),
        ("<ma-data><extension x='&bomb;'/></ma-data>", "1:10", "only the five predefined entities"),
        ("<ma-data><extension a='1' a='2'/></ma-data>", "1:10", "malformed or repeated attribute"),
        ("<ma-data><extension a=1/></ma-data>", "1:10", "malformed or repeated attribute"),
        ("<ma-data><1/></ma-data>", "1:10", "not followed by the name"),
        ("<ma-data>< a/></ma-data>", "1:10", "not followed by the name"),
        ("<html/>", "1:1", "`html` is not a server configuration"),
        ("<saved-ma-configuration>\n</saved-ma-configuration>", "1:1", "there is no `ma-data`"),
        ("<saved-mv-configuration/>", "1:1", "there is no `mv-data`"),
    ];
    for (text, place, what) in cases {
        let shown = read("f.xml", text.as_bytes()).unwrap_err().to_string();
        assert!(
            shown.starts_with(&format!("cannot read the configuration in f.xml:{place}: ")),
            "{place}: {shown}"
        );
        assert!(shown.contains(what), "{what}: {shown}");
    }
}

#[test]
fn depth_is_bounded() {
    let file = |n_levels: usize| format!("<ma-data><ma-ui-settings>{}", "<a>".repeat(n_levels));
    let error = read("f.xml", file(10_000).as_bytes()).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Limit { limit: 128, .. }), "{error}");
    // Two levels and 126 more are allowed; the next one begins behind 9 + 16 + 3 * 126 characters.
    assert_eq!((error.location.line, error.location.column), (1, 404));
    let closed = file(126) + &"</a>".repeat(126) + "</ma-ui-settings></ma-data>";
    assert!(read("f.xml", closed.as_bytes()).is_ok());
    let item = format!("<ma-data><extension>{}", "<a>".repeat(10_000));
    assert!(matches!(
        read("f.xml", item.as_bytes()).unwrap_err().kind,
        ErrorKind::Limit { limit: 128, .. }
    ));
}

#[test]
fn document_types_and_entity_bombs_are_refused() {
    let bomb = r#"<?xml version="1.0"?>
<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;">]>
<ma-data><name>&c;</name></ma-data>"#;
    for text in [
        bomb,
        "\n<!DOCTYPE x><ma-data/>",
        "\n<!DOCTYPE x SYSTEM 'file:///x'><ma-data/>",
        "\n<!doctype x><ma-data/>",
        "\n<!DOCTYPE>",
    ] {
        let error = read("f.xml", text.as_bytes()).unwrap_err();
        assert_eq!(
            (error.kind, error.location.line, error.location.column),
            (ErrorKind::DocumentType, 2, 1),
            "{text}"
        );
    }
}

#[test]
fn items_and_attributes_are_bounded() {
    let attributes = (0..300).map(|it| format!(" a{it}=''")).collect::<Vec<_>>().concat();
    let text = format!("<ma-data><extension{attributes}/></ma-data>");
    assert!(matches!(
        read("f", text.as_bytes()).unwrap_err().kind,
        ErrorKind::Limit { limit: 256, .. }
    ));
    let text = format!("<ma-data><extension>{}</extension></ma-data>", "<a/>".repeat(1_000_000));
    assert!(matches!(
        read("f", text.as_bytes()).unwrap_err().kind,
        ErrorKind::Limit { limit: 1_000_000, .. }
    ));
    // What is skipped or read one by one has no such limit.
    let text =
        format!("<ma-data><ma-ui-settings>{}</ma-ui-settings></ma-data>", "<a/>".repeat(200_000));
    assert!(read("f", text.as_bytes()).is_ok());
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_an_error() {
    // Every byte of the small file; of the large one every fifth, to stay quick.
    for (text, step) in [(full_metaverse(), 1), (full_agent(), 5)] {
        let end = text.trim_end().len();
        for at in (0..end).step_by(step) {
            let result = read("f.xml", &text.as_bytes()[..at]);
            assert!(result.is_err(), "cut at {at}");
        }
        assert!(read("f.xml", &text.as_bytes()[..end]).is_ok());
    }
}
