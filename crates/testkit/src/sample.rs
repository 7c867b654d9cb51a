//! Real files that may lie beside the checkout.
use std::path::{Path, PathBuf};

/// Where they lie, seen from this crate.
const SAMPLES: &str = "../../../shared/samples";

/// A file or folder of the samples. Where it is not at hand, says that a test skips it.
#[expect(clippy::print_stderr, reason = "a test that skips says so")]
pub fn sample(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(SAMPLES).join(name);
    if !path.exists() {
        eprintln!("skipped: the sample {name} is not beside the checkout");
        return None;
    }
    Some(path)
}

/// The published export of a server with Azure AD Connect 1.1.130.0.
pub fn published_export() -> Option<PathBuf> {
    sample("contoso-aadconnect-1.1.130.0")
}
