//! Names of files: which ones mean something else somewhere, and which ones are parts of a snapshot.

/// Folders of a snapshot.
pub(crate) const FOLDERS: &[&str] = &["server-configuration", "templates"];

/// Files of a snapshot.
pub(crate) const FILES: &[&str] = &[
    "snapshot.json",
    "registry.reg",
    "services.json",
    "files.csv",
    "scheduler.config",
    "database.json",
];

/// Folders of an export of Azure AD Sync and its successors, with the beginning of their files' names.
const EXPORT_FOLDERS: &[(&str, &str)] = &[
    ("connectors", "connector_"),
    ("globalsettings", "mv.xml"),
    ("synchronizationrules", "synchronizationrule_"),
];

/// Largest number of folders above a file.
pub(crate) const MAX_DEPTH: usize = 8;

/// Largest number of files.
pub(crate) const MAX_FILES: usize = 10_000;

/// Why a name is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnusableName {
    /// `/x`
    #[error("is an absolute path")]
    Absolute,
    /// `C:x`
    #[error("begins with a drive letter")]
    Drive,
    /// `a\b`
    #[error("holds a backslash")]
    Backslash,
    /// `a:b`
    #[error("holds a colon")]
    Colon,
    /// `..`
    #[error("climbs out of the snapshot with `..`")]
    Parent,
    /// `CON`, `nul.txt`
    #[error("is the name of a device on Windows")]
    Device,
    /// A control character.
    #[error("holds a control character")]
    Control,
    /// `a//b`, `./a`
    #[error("has an empty part or `.` in its path")]
    EmptyPart,
    /// `a.`, `a `
    #[error("ends in a dot or a space, which Windows leaves out")]
    Trailing,
}

/// Why a name (with forward slashes, without one at the end) cannot be used; `None` when it can.
pub(crate) fn unusable(name: &str) -> Option<UnusableName> {
    let bytes = name.as_bytes();
    if name.chars().any(char::is_control) {
        return Some(UnusableName::Control);
    }
    if bytes.len() >= 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' {
        return Some(UnusableName::Drive);
    }
    if name.starts_with('/') {
        return Some(UnusableName::Absolute);
    }
    if name.contains('\\') {
        return Some(UnusableName::Backslash);
    }
    if name.contains(':') {
        return Some(UnusableName::Colon);
    }
    name.split('/').find_map(unusable_part)
}

fn unusable_part(part: &str) -> Option<UnusableName> {
    match part {
        ".." => Some(UnusableName::Parent),
        "" | "." => Some(UnusableName::EmptyPart),
        it if is_device(it) => Some(UnusableName::Device),
        it if it.ends_with(['.', ' ']) => Some(UnusableName::Trailing),
        _ => None,
    }
}

fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim_end_matches(' ').to_ascii_uppercase();
    if ["CON", "PRN", "AUX", "NUL", "CLOCK$", "CONIN$", "CONOUT$"].contains(&stem.as_str()) {
        return true;
    }
    let number = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    let mut chars = number.unwrap_or("").chars();
    matches!((chars.next(), chars.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
}

/// The form in which names are compared.
pub(crate) fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// Whether a name is that of a part which is read.
pub(crate) fn is_known(name: &str) -> bool {
    let in_folder = name
        .split_once('/')
        .is_some_and(|(first, _)| FOLDERS.iter().any(|it| it.eq_ignore_ascii_case(first)));
    in_folder || FILES.iter().any(|it| it.eq_ignore_ascii_case(name)) || declarative(name).is_some()
}

/// What a file of the declarative family is, told by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Declarative {
    /// `Connectors/Connector_{GUID}.xml`, `GlobalSettings/MV.xml`, `SynchronizationRules/SynchronizationRule_{GUID}.xml`.
    Export,
    /// `MigratedPolicy.json`
    MigratedPolicy,
    /// `*SynchronizationPolicy*.JSON`
    SynchronizationPolicy,
}

/// What a file of the declarative family is, wherever it lies but among the templates.
pub(crate) fn declarative(name: &str) -> Option<Declarative> {
    if is_scattered(name) {
        return None;
    }
    let name = name.to_ascii_lowercase();
    if name.starts_with("templates/") {
        return None;
    }
    let (folders, file) = name.rsplit_once('/').unwrap_or(("", &name));
    let folder = folders.rsplit('/').next().unwrap_or("");
    let kind = file.rsplit_once('.').map_or("", |(_, it)| it);
    let is_export = kind == "xml"
        && EXPORT_FOLDERS.iter().any(|(it, start)| folder == *it && file.starts_with(start));
    if is_export {
        Some(Declarative::Export)
    } else if file == "migratedpolicy.json" {
        Some(Declarative::MigratedPolicy)
    } else if file.contains("synchronizationpolicy") && kind == "json" {
        Some(Declarative::SynchronizationPolicy)
    } else {
        None
    }
}

/// What to leave out at the beginning of each name (in any case), because all files lie below one folder that is no
/// part itself.
///
/// Files that systems scatter about (hidden ones, `__MACOSX`, `Thumbs.db`) have no say.
pub(crate) fn common_prefix<'a>(names: impl Iterator<Item = &'a str> + Clone) -> &'a str {
    let names = names.filter(|it| !is_scattered(it));
    let Some(model) = names.clone().next() else { return "" };
    let mut n_stripped = 0;
    while let Some((folder, _)) = model[n_stripped..].split_once('/') {
        let longer = n_stripped + folder.len() + 1;
        let is_common =
            |it: &str| it.get(..longer).is_some_and(|it| it.eq_ignore_ascii_case(&model[..longer]));
        let is_part = FOLDERS.iter().any(|it| it.eq_ignore_ascii_case(folder))
            || EXPORT_FOLDERS.iter().any(|(it, _)| it.eq_ignore_ascii_case(folder));
        if is_part || !names.clone().all(is_common) {
            break;
        }
        n_stripped = longer;
    }
    &model[..n_stripped]
}

fn is_scattered(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    name.split('/').any(|it| it.starts_with('.') || it == "__MACOSX")
        || ["thumbs.db", "desktop.ini"].iter().any(|it| it.eq_ignore_ascii_case(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_mean_something_else() {
        use UnusableName::{
            Absolute, Backslash, Colon, Control, Device, Drive, EmptyPart, Parent, Trailing,
        };
        let cases = [
            ("/etc/passwd", Absolute),
            ("C:/x", Drive),
            ("c:x", Drive),
            ("C:\\x", Drive),
            ("a\\b", Backslash),
            ("\\\\server\\share", Backslash),
            ("registry.reg:stream", Colon),
            ("../x", Parent),
            ("a/../b", Parent),
            ("a/..", Parent),
            ("CON", Device),
            ("a/nul.txt", Device),
            ("Com1.tar.gz", Device),
            ("lpt9", Device),
            ("LPT² .x", Device),
            ("aux /x", Device),
            ("conin$", Device),
            ("a\nb", Control),
            ("a\0", Control),
            ("a//b", EmptyPart),
            ("./a", EmptyPart),
            ("", EmptyPart),
            ("registry.reg.", Trailing),
            ("a /b", Trailing),
        ];
        for (name, expected) in cases {
            assert_eq!(unusable(name), Some(expected), "{name:?}");
        }
        for name in [
            "registry.reg",
            ".hidden",
            "templates/Exch/MA-{0}.XML",
            "console.txt",
            "com10",
            "command",
            "ü.xml",
            "a..b",
        ] {
            assert_eq!(unusable(name), None, "{name:?}");
        }
    }

    #[test]
    fn files_of_the_declarative_family() {
        let rule = "SynchronizationRules/SynchronizationRule_{1}.xml";
        let export = Some(Declarative::Export);
        let settings = Some(Declarative::SynchronizationPolicy);
        let cases = [
            (rule, export),
            ("server-configuration/connectors/CONNECTOR_{1}.XML", export),
            ("server-configuration/Exported-ServerConfiguration-1/GlobalSettings/MV.xml", export),
            ("templates/GlobalSettings/MV.xml", None),
            ("GlobalSettings/other.xml", None),
            ("Connectors/readme.xml", None),
            ("Connectors/Connector_{1}.txt", None),
            ("MV.xml", None),
            ("MA-{1}.XML", None),
            ("__MACOSX/Connectors/Connector_{1}.xml", None),
            ("MigratedPolicy.json", Some(Declarative::MigratedPolicy)),
            ("x/migratedpolicy.JSON", Some(Declarative::MigratedPolicy)),
            ("Applied-SynchronizationPolicy-20260301.JSON", settings),
            ("lab-Exported-SynchronizationPolicy.json", settings),
            ("SynchronizationPolicy.txt", None),
        ];
        for (name, expected) in cases {
            assert_eq!(declarative(name), expected, "{name}");
        }
        assert!(is_known(rule) && !is_known("Connectors/readme.xml"));
    }

    #[test]
    fn one_common_folder_is_left_out() {
        let cases: &[(&[&str], &str)] = &[
            (&["registry.reg"], ""),
            (&["snap/registry.reg", "snap/files.csv"], "snap/"),
            (&["snap/registry.reg", "Snap/files.csv"], "snap/"),
            (&["snap/a/registry.reg", "snap/a/x/y"], "snap/a/"),
            (&["snap/registry.reg", "other/files.csv"], ""),
            (&["templates/Exch/MV.XML"], ""),
            (&["Server-Configuration/MV.XML"], ""),
            (&["snap/templates/Exch/MV.XML"], "snap/"),
            (
                &["snap/registry.reg", ".DS_Store", "__MACOSX/snap/._registry.reg", "Thumbs.db"],
                "snap/",
            ),
            (&["Connectors/Connector_{1}.xml"], ""),
            (&["export/Connectors/Connector_{1}.xml", "export/GlobalSettings/MV.xml"], "export/"),
            (&[], ""),
        ];
        for (names, expected) in cases {
            assert_eq!(common_prefix(names.iter().copied()), *expected, "{names:?}");
        }
    }
}
