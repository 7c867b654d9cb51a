//! Checks of the source tree. Each is a function over names and texts that says what is wrong; a test calls them all.
mod layers;
mod licences;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use cargo_metadata::MetadataCommand;

use crate::findings;

/// Runs every check and lists everything that is wrong.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let metadata =
        MetadataCommand::new().current_dir(root).exec().context("asking cargo for the packages")?;
    let mut wrong = layers::check(&layers::edges(&metadata));
    wrong.extend(licences::check(&metadata));
    for path in files_below(root)? {
        // Binary files have neither modules nor paths in plain text.
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        wrong.extend(check_text(&text).into_iter().map(|it| format!("{name}{it}")));
        if path.extension().is_some_and(|it| it == "rs") {
            wrong.extend(check_source(&text).into_iter().map(|it| format!("{name}{it}")));
        }
    }
    if let Err(error) = findings::run(root, true) {
        wrong.push(error.to_string());
    }
    if !wrong.is_empty() {
        bail!("the tree is not tidy:\n  {}", wrong.join("\n  "));
    }
    println!("tidy");
    Ok(())
}

/// All files below a folder, sorted, without links and without what is built.
pub(crate) fn files_below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in
            fs::read_dir(&folder).with_context(|| format!("listing {}", folder.display()))?
        {
            let entry = entry?;
            let kind = entry.file_type()?;
            // Cargo marks what it builds.
            let is_ours =
                entry.file_name() != ".git" && !entry.path().join("CACHEDIR.TAG").exists();
            if kind.is_dir() && is_ours {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// What is wrong in a Rust file.
fn check_source(text: &str) -> Vec<String> {
    // In pieces, so that this file does not object to itself.
    const FORBIDDEN: [(&str, &str); 2] = [
        (concat!("#[", "ignore"), "a test that does not run proves nothing"),
        (concat!("todo", "!("), "unfinished code"),
    ];
    let mut wrong = Vec::new();
    if !text.starts_with("//!") {
        wrong.push(":1: a module begins with its documentation (//!)".to_owned());
    }
    for (idx, line) in text.lines().enumerate() {
        for (needle, why) in FORBIDDEN {
            if line.contains(needle) {
                wrong.push(format!(":{}: {needle}: {why}", idx + 1));
            }
        }
    }
    wrong
}

/// What is wrong in any text file: absolute paths of the machine that it was written on.
fn check_text(text: &str) -> Vec<String> {
    const FOLDERS: [&str; 4] =
        [concat!("/wo", "rk/"), concat!("/tm", "p/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];
    let mut wrong = Vec::new();
    for (idx, line) in text.lines().enumerate() {
        for folder in FOLDERS {
            let begins_path = |at: usize| {
                let before = line[..at].chars().next_back();
                before.is_none_or(|it| {
                    !it.is_alphanumeric() && !matches!(it, '.' | '-' | '_' | '}' | '/' | '*' | '>')
                })
            };
            if line.match_indices(folder).any(|(at, _)| begins_path(at)) {
                wrong.push(format!(":{}: a path of one machine: {folder}", idx + 1));
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_tidy() {
        run(crate::root()).unwrap();
    }

    #[test]
    fn a_source_file_can_fail() {
        assert_eq!(check_source("//! Fine.\nfn main() {}\n"), Vec::<String>::new());
        let bad = concat!("fn a() {\n    todo", "!()\n}\n#[", "ignore = \"slow\"]\n");
        let wrong = check_source(bad);
        assert_eq!(wrong.len(), 3, "{wrong:?}");
        assert!(
            wrong[0].starts_with(":1:")
                && wrong[1].starts_with(":2:")
                && wrong[2].starts_with(":4:"),
            "{wrong:?}"
        );
    }

    #[test]
    fn a_path_of_a_machine_is_found() {
        for bad in [concat!("see /ro", "ot/x"), concat!("\"/tm", "p/x\""), concat!("(/wo", "rk/y)")]
        {
            assert_eq!(check_text(bad).len(), 1, "{bad}");
        }
        for good in ["https://example.com/home/x", "target/tmp/x", "a/root/b"] {
            assert_eq!(check_text(good), Vec::<String>::new(), "{good}");
        }
    }
}
