//! The store on a real file: made, opened, killed in the middle, damaged.
#![expect(clippy::unwrap_used, reason = "helpers of tests may")]

mod configuring;
mod evidence;
mod looking;
mod opening;
mod running;
mod schema;

use dirlift_deployment::{Deployment, Mode, Store};
use jiff::Timestamp;
use tempfile::TempDir;

/// A time, counted in minutes.
fn minute(n: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + 60 * n).unwrap()
}

fn deployment() -> Deployment {
    Deployment {
        id: "0a0b0c0d-1111-2222-3333-444455556666".parse().unwrap(),
        name: "Fabrikam".to_owned(),
        mode: Mode::Parallel,
        created_at: minute(0),
        bundle_sha256: "ab".repeat(32),
    }
}

fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(&folder.path().join("f.dirlift"), &deployment()).unwrap();
    (folder, store)
}
