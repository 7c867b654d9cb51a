//! Invented organisations, each a snapshot of its old synchronisation server.
//!
//! The shape of the files is that of published exports of the same engine; names, numbers, ids and what the product
//! ships are invented. What `DirSync` really ships is not published, so the stock parts stand for it.
mod adatum;
mod agent;
mod attributes;
pub mod big;
mod database;
mod fabrikam;
mod host;
mod metaverse;
mod northwind;
mod partition;
mod stock;
mod tailspin;
mod woodgrove;
#[cfg(feature = "tds")]
pub mod woodgrove_tds;

use dirlift_model::Guid;
use sha2::{Digest as _, Sha256};

/// One file of a snapshot folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Path inside the folder with forward slashes.
    pub path: String,
    /// Content, byte for byte.
    pub bytes: Vec<u8>,
}

impl File {
    fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), bytes: text.into().into_bytes() }
    }
}

/// One organisation.
#[derive(Clone, Debug)]
pub struct Organisation {
    /// Name of its folder in `test-data/`.
    pub name: &'static str,
    /// Its files, sorted by path.
    pub files: Vec<File>,
}

/// The organisations, in the order of their names.
pub fn all() -> Vec<Organisation> {
    [
        ("adatum", adatum::files()),
        ("fabrikam", fabrikam::files()),
        ("northwind", northwind::files()),
        ("tailspin", tailspin::files()),
        ("woodgrove", woodgrove::files()),
    ]
    .into_iter()
    .map(|(name, mut files)| {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Organisation { name, files }
    })
    .collect()
}

/// One organisation by the name of its folder.
pub fn by_name(name: &str) -> Option<Organisation> {
    all().into_iter().find(|it| it.name == name)
}

/// The templates as the product of a build ships them, in the folder of the set with Exchange hybrid write-back.
fn templates(build: &str) -> Vec<File> {
    const DATE: &str = "2014-03-04 09:12:44.207";
    const SERVER: &str = "BUILD-0417";
    let file = |name: &str, text: &str| File::new(format!("templates/Exch/{name}"), crlf(text));
    vec![
        file(&format!("MA-{}.XML", agent::CLOUD_ID), &stock::cloud_agent(build).file(SERVER, DATE)),
        file(&format!("MA-{}.XML", agent::AD_ID), &stock::directory_agent().file(SERVER, DATE)),
        file("MV.XML", &stock::metaverse().file(SERVER, DATE)),
    ]
}

/// An invented id that depends on its label alone; it has the form of a random one (RFC 9562, version 4).
fn guid(label: &str) -> Guid {
    let digest = Sha256::digest(label);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    Guid::from_network_bytes(bytes)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, it| {
        let _ = write!(out, "{it:02x}");
        out
    })
}

/// Escapes a text for XML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A text as a JSON string.
fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for it in text.chars() {
        match it {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            it => out.push(it),
        }
    }
    out.push('"');
    out
}

/// The text with the line ends of Windows.
fn crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}

/// The text in UTF-16LE with a byte-order mark.
fn utf16le(text: &str) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Organisations with a server of `DirSync`.
    const DIRSYNC: [&str; 3] = ["fabrikam", "northwind", "tailspin"];

    const PARTS: &[&str] = &[
        "README.md",
        "database.json",
        "files.csv",
        "registry.reg",
        "scheduler.config",
        "services.json",
        "snapshot.json",
        "server-configuration/MA-{1D2C95FB-F61F-45A7-B6D5-F4124D5F7002}.XML",
        "server-configuration/MA-{CB7D5198-66E8-49EC-9C0F-406A55FD4317}.XML",
        "server-configuration/MV.XML",
        "templates/Exch/MA-{1D2C95FB-F61F-45A7-B6D5-F4124D5F7002}.XML",
        "templates/Exch/MA-{CB7D5198-66E8-49EC-9C0F-406A55FD4317}.XML",
        "templates/Exch/MV.XML",
    ];

    #[test]
    fn every_organisation_has_every_part_and_stays_small() {
        for organisation in all() {
            // Of a dead server not everything is left.
            let is_lost = |part: &str| {
                organisation.name == "woodgrove"
                    && (part.starts_with("server-configuration/")
                        || matches!(part, "database.json" | "services.json"))
            };
            assert!(!organisation.files.iter().any(|it| is_lost(&it.path)));
            let parts: &[&str] =
                if DIRSYNC.contains(&organisation.name) || organisation.name == "woodgrove" {
                    PARTS
                } else {
                    &[]
                };
            for part in parts.iter().filter(|it| !is_lost(it)) {
                assert!(
                    organisation.files.iter().any(|it| it.path == *part),
                    "{} {part}",
                    organisation.name
                );
            }
            let n_bytes: usize = organisation.files.iter().map(|it| it.bytes.len()).sum();
            assert!(n_bytes < 600_000, "{} has {n_bytes} bytes", organisation.name);
        }
    }

    #[test]
    fn counts_are_those_of_the_readme_files() {
        // Joined rows of users, contacts and groups; the sums are worked out in the README files.
        let cases = [("fabrikam", 38_214), ("northwind", 62_480), ("tailspin", 21_870)];
        for (name, expected) in cases {
            let organisation = by_name(name).unwrap();
            let file = organisation.files.iter().find(|it| it.path == "database.json").unwrap();
            let text = std::str::from_utf8(&file.bytes).unwrap();
            let rows = text
                .lines()
                .filter(|it| it.contains("\"joined\": ") && it.contains("cb7d5198-66e8"));
            let total: u64 = rows
                .filter(|it| {
                    ["user", "inetOrgPerson", "contact", "group"]
                        .iter()
                        .any(|ty| it.contains(&format!("\"object_type\": \"{ty}\"")))
                })
                .map(|it| {
                    it.split("\"joined\": ")
                        .nth(1)
                        .unwrap()
                        .split(',')
                        .next()
                        .unwrap()
                        .parse::<u64>()
                        .unwrap()
                })
                .sum();
            assert_eq!(total, expected, "{name}");
        }
    }

    #[test]
    fn no_configuration_is_a_template_and_no_template_names_a_forest() {
        for organisation in DIRSYNC.map(|it| by_name(it).unwrap()) {
            let bytes =
                |path: &str| &organisation.files.iter().find(|it| it.path == path).unwrap().bytes;
            for name in PARTS.iter().filter_map(|it| it.strip_prefix("templates/Exch/")) {
                let template = bytes(&format!("templates/Exch/{name}"));
                assert_ne!(bytes(&format!("server-configuration/{name}")), template, "{name}");
                let text = String::from_utf8_lossy(template);
                for word in ["forest-name", "<partition><id>", "UserName\" type", "<cookie>"] {
                    assert!(!text.contains(word), "{name} {word}");
                }
            }
        }
    }

    #[test]
    fn strings_are_escaped() {
        assert_eq!(escape("a<b & \"c\">"), "a&lt;b &amp; &quot;c&quot;&gt;");
        assert_eq!(json("a\"b\\c\n"), "\"a\\\"b\\\\c\\n\"");
        assert_eq!(utf16le("a\n"), [0xff, 0xfe, b'a', 0, b'\n', 0]);
    }
}
