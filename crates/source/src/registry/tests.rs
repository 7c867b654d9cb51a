//! Tests of the registry parser.
use RegistryValue::{Number, Other, String as Text, Strings};

use dirlift_testkit::mutate::Mutator;

use super::*;

const HEAD: &str = "Windows Registry Editor Version 5.00\r\n\r\n";
const KEY: &str = "[HKEY_LOCAL_MACHINE\\SOFTWARE\\K]\r\n";

fn parsed(text: &str) -> (Registry, Vec<(u32, u32, String)>) {
    let (registry, problems) = parse(text.as_bytes()).unwrap();
    let problems =
        problems.in_file("r").into_iter().map(|it| (it.location.line, it.location.column, it.what));
    (registry, problems.collect())
}

fn one_value(line: &str) -> Option<RegistryValue> {
    let (registry, problems) = parsed(&format!("{HEAD}{KEY}{line}\r\n"));
    assert_eq!(problems, [], "{line}");
    registry.value("HKLM\\SOFTWARE\\K", "v").cloned()
}

fn text<T: From<RegistryValue>>(text: &str) -> T {
    T::from(Text(text.to_owned()))
}

#[test]
fn values() {
    let cases = [
        (r#""v"="plain""#, text("plain")),
        (r#""V"="any case""#, text("any case")),
        (r#""v"="C:\\Program Files\\x\\""#, text(r"C:\Program Files\x\")),
        (r#""v"="a \"b\" c""#, text(r#"a "b" c"#)),
        (r#""v"="C:\by\hand""#, text(r"C:\by\hand")),
        (r#""v"="""#, text("")),
        (r#"  "v" = "blanks"  "#, text("blanks")),
        (r#""v"="x" ; comment"#, text("x")),
        ("\"v\"=\"two\r\nlines\"", text("two\r\nlines")),
        (r#""v"=dword:0000000a"#, Some(Number(10))),
        (r#""v"=DWORD:FFFFFFFF"#, Some(Number(4_294_967_295))),
        (r#""v"=hex(b):01,00,00,00,01,00,00,00"#, Some(Number(4_294_967_297))),
        (r#""v"=hex(4):02,01,00,00"#, Some(Number(258))),
        (r#""v"=hex(5):00,00,01,02"#, Some(Number(258))),
        (r#""v"=hex:de,ad"#, Some(Other)),
        (r#""v"=hex:"#, Some(Other)),
        (r#""v"=hex(0):"#, Some(Other)),
        (r#""v"=hex(2):25,00,41,00,25,00,00,00"#, text("%A%")),
        ("\"v\"=hex(2):25,00,\\\r\n  41,00,\\\r\n  25,00,00,00", text("%A%")),
        (
            r#""v"=hex(7):61,00,00,00,62,00,63,00,00,00,00,00"#,
            Some(Strings(vec!["a".to_owned(), "bc".to_owned()])),
        ),
        (r#""v"=-"#, None),
        ("\"v\"=\"x\"\r\n\"v\"=-", None),
        ("\"v\"=\"x\"\r\n\"v\"=-\r\n\"v\"=\"y\"", text("y")),
        ("\"v\"=\"x\"\r\n\"V\"=dword:1", Some(Number(1))),
        (r#"; "v"="x""#, None),
    ];
    for (line, expected) in cases {
        assert_eq!(one_value(line), expected, "{line}");
    }
}

#[test]
fn keys() {
    let body = "@=\"default\"\r\n[HKLM\\Software\\k\\]\r\n\"x\"=dword:1\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\K[1]\\Sub]\r\n";
    let (registry, problems) = parsed(&format!("{HEAD}{KEY}{body}"));
    assert_eq!(problems, []);
    let paths: Vec<_> = registry.keys.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, [r"HKEY_LOCAL_MACHINE\SOFTWARE\K", r"HKEY_LOCAL_MACHINE\SOFTWARE\K[1]\Sub"]);
    assert_eq!(registry.string("HKLM\\SOFTWARE\\K", ""), Some("default"));
    assert_eq!(registry.number("HKLM\\SOFTWARE\\K", "X"), Some(1));
}

#[test]
fn deleted_keys_take_what_is_below_with_them() {
    let body = "[HKLM\\SOFTWARE\\K\\a]\n[HKLM\\SOFTWARE\\K\\a\\b]\n[HKLM\\SOFTWARE\\Kay]\n[-HKLM\\SOFTWARE\\k]\n\"v\"=\"lost\"\n[HKLM\\SOFTWARE\\K\\a]\n";
    let (registry, problems) = parsed(&format!("{HEAD}{KEY}{body}"));
    let paths: Vec<_> = registry.keys.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, [r"HKEY_LOCAL_MACHINE\SOFTWARE\Kay", r"HKEY_LOCAL_MACHINE\SOFTWARE\K\a"]);
    assert_eq!(problems, [(8, 1, "the value belongs to no key".to_owned())]);
}

#[test]
fn the_older_format_holds_single_bytes() {
    let bytes = b"REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\K]\n\"v\"=\"Z\xFCrich\"\n\"e\"=hex(2):5a,fc,00\n";
    let (registry, problems) = parse(bytes).unwrap();
    assert!(problems.is_empty());
    assert_eq!(registry.string("HKLM\\SOFTWARE\\K", "v"), Some("Zürich"));
    assert_eq!(registry.string("HKLM\\SOFTWARE\\K", "e"), Some("Zü"));
}

#[test]
fn all_encodings_give_the_same() {
    let text = format!("{HEAD}{KEY}\"v\"=\"Zürich\"\r\n");
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let expected = parse(text.as_bytes()).unwrap().0;
    assert_eq!(expected.string("HKLM\\SOFTWARE\\K", "v"), Some("Zürich"));
    for bytes in [
        [&[0xFF, 0xFE], utf16.as_slice()].concat(),
        utf16,
        [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
    ] {
        let (registry, problems) = parse(&bytes).unwrap();
        assert_eq!(registry, expected);
        assert!(problems.is_empty());
    }
}

#[test]
fn problems_have_places_and_the_rest_is_read() {
    let cases = [
        (r#""v"="open"#, 4, 5, "the text has no closing quote"),
        (r#""v"#, 4, 1, "the text has no closing quote"),
        (r#""v" "x""#, 4, 5, "expected `=` after the name of a value"),
        (r#""v"=text"#, 4, 5, "expected a text in quotes, `dword:`, `hex:` or `-`"),
        (r#""v"=hex(x):00"#, 4, 5, "expected a text in quotes, `dword:`, `hex:` or `-`"),
        (r#""v"=dword:xyz"#, 4, 11, "expected one to eight hexadecimal digits after `dword:`"),
        (
            r#""v"=dword:123456789"#,
            4,
            11,
            "expected one to eight hexadecimal digits after `dword:`",
        ),
        (
            r#""v"=hex:0,123"#,
            4,
            11,
            "expected bytes of two hexadecimal digits, with commas between them",
        ),
        (r#""v"=hex(4):01"#, 4, 12, "the bytes do not make up a value of their type"),
        (r#""v"="x" y"#, 4, 9, "the value ends before its line does"),
        ("nonsense", 4, 1, "expected a key in brackets or a value name in quotes"),
        (
            "\"v\"=hex:zz,\\\r\n  00",
            4,
            9,
            "expected bytes of two hexadecimal digits, with commas between them",
        ),
        ("\"ü\"=\"é\" y", 4, 9, "the value ends before its line does"),
    ];
    for (line, at_line, column, what) in cases {
        let (registry, problems) = parsed(&format!("{HEAD}{KEY}{line}\r\n\"after\"=dword:7\r\n"));
        assert_eq!(problems, [(at_line, column, what.to_owned())], "{line}");
        assert_eq!(registry.number("HKLM\\SOFTWARE\\K", "after"), Some(7), "{line}");
        assert_eq!(registry.value("HKLM\\SOFTWARE\\K", "v"), None, "{line}");
    }
    let (registry, problems) = parsed(&format!("{HEAD}{KEY}[HKEY_LOCAL_MACHINE\\SOFT"));
    assert_eq!(problems, [(4, 1, "the key has no closing bracket".to_owned())]);
    assert_eq!(registry.keys.len(), 1);
}

#[test]
fn a_file_that_is_no_export_is_refused() {
    let first = "the first line of a registry export is `Windows Registry Editor Version 5.00` or `REGEDIT4`";
    let cases: [(&[u8], Damage); 4] = [
        (b"", Damage::new(1, 1, "the file is empty")),
        (b"\r\n\r\n", Damage::new(3, 1, "the file is empty")),
        (b"\n[HKEY_LOCAL_MACHINE\\x]", Damage::new(2, 1, first)),
        (b"\x00\x01\x02\xFF", Damage::new(1, 1, first)),
    ];
    for (bytes, expected) in cases {
        assert_eq!(parse(bytes).map(|_| ()).unwrap_err(), expected, "{bytes:?}");
    }
}

#[test]
fn secrets_are_dropped() {
    let body = r#""DefaultPassword"="canary"
"ClientSecret"=hex(2):63,00,61,00,6e,00,61,00,72,00,79,00
"adminPwd"=dword:0000caaa
"ImagePath"="x.exe /password:canary"
"ProxyServer"="user:canary@proxy:8080"
"Url"="http://user:canary@host/"
"Lines"=hex(7):2f,00,70,00,77,00,64,00,3a,00,63,00,61,00,6e,00,61,00,72,00,79,00,00,00
"Token"="canary" "canary"
"Password"=canary
"#;
    let (registry, problems) = parse(format!("{HEAD}{KEY}{body}").as_bytes()).unwrap();
    let shown = format!("{registry:?} {problems:?}");
    assert!(!shown.contains("canary") && !shown.contains(&0xcaaa.to_string()), "{shown}");
    assert_eq!(
        registry.string("HKLM\\SOFTWARE\\K", "ImagePath"),
        Some("x.exe /password:(removed)")
    );
    assert_eq!(registry.string("HKLM\\SOFTWARE\\K", "ProxyServer"), Some("(removed)@proxy:8080"));
    assert_eq!(registry.value("HKLM\\SOFTWARE\\K", "DefaultPassword"), None);
}

#[test]
fn damage_never_panics() {
    let body = "@=\"d\"\n\"a\"=\"C:\\\\x\\\\\"\n\"b\"=dword:1\n\"c\"=hex(7):61,00,00,00,\\\n  00,00\n[-HKLM\\b]\n[HKLM\\c]\n; x\n\"d\"=-\n";
    let text = format!("{HEAD}{KEY}{body}");
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut n_read = 0;
    mutate(1, text.as_bytes(), 3_000, |it| n_read += usize::from(parse(it).is_ok()));
    mutate(2, &utf16, 1_000, |it| n_read += usize::from(parse(it).is_ok()));
    assert!(n_read > 1_000, "{n_read}");
}

#[test]
fn long_lines_and_many_problems_take_linear_time() {
    let hex = format!("{HEAD}{KEY}\"v\"=hex:{}zz\n", "00,".repeat(300_000));
    assert_eq!(parsed(&hex).1.len(), 1);
    let open = format!("{HEAD}{KEY}{}", "\"a\"=\"b\n".repeat(50_000));
    assert_eq!(parsed(&open).1.len(), 101);
    let words = format!("{HEAD}{KEY}\"v\"=\"{}\"\n", "pwd".repeat(300_000));
    assert_eq!(parsed(&words).1.len(), 0);
}

fn mutate(seed: u64, original: &[u8], n_rounds: usize, mut check: impl FnMut(&[u8])) {
    let mut mutator = Mutator::new(seed);
    for _ in 0..n_rounds {
        check(&mutator.mutate(original));
    }
}
