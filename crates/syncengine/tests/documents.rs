//! The generated documents are as the tables have them.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
use std::{fs, path::Path};

fn compare(name: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    let found = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(found == expected, "docs/{name} is out of date; run `cargo xtask gen`");
}

#[test]
fn functions() {
    compare("functions.md", &dirlift_syncengine::docs::functions());
}

#[test]
fn assumptions() {
    compare("assumptions.md", &dirlift_syncengine::docs::assumptions());
}
