//! `cargo xtask gen`: `docs/functions.md` and `docs/assumptions.md`, from the tables of the rule language.
use std::{fs, path::Path};

use anyhow::{Context as _, bail};

/// Writes the two documents. With `check` nothing is written; it fails when one would change.
pub(crate) fn run(root: &Path, check: bool) -> anyhow::Result<()> {
    let documents = [
        ("docs/functions.md", dirlift_syncengine::docs::functions()),
        ("docs/assumptions.md", dirlift_syncengine::docs::assumptions()),
    ];
    for (name, text) in documents {
        let path = root.join(name);
        if fs::read_to_string(&path).is_ok_and(|it| it.replace("\r\n", "\n") == text) {
            continue;
        }
        if check {
            bail!("{name} is out of date; run `cargo xtask gen`");
        }
        fs::write(&path, text).with_context(|| format!("writing {name}"))?;
        println!("{name}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn documents_are_up_to_date() {
        super::run(crate::root(), true).unwrap();
    }
}
