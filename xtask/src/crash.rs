//! The long form of the crash test: 500 users, a release build, 200 random moments beside every one that the journal knows.
use std::path::Path;

use crate::{cargo, run_to_success};

/// Users of the organisation.
const USERS: &str = "500";

/// Random moments.
const RANDOM: &str = "200";

/// Kills and resumes until every moment has come.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let mut tests =
        cargo(root, &["test", "--release", "-p", "dirlift-importer", "--test", "it", "crash::"]);
    tests.env("DIRLIFT_TEST_CRASH_USERS", USERS).env("DIRLIFT_TEST_CRASH_RANDOM", RANDOM);
    run_to_success(&mut tests)?;
    println!(
        "{USERS} users: killed at every moment of the journal and at {RANDOM} random ones; each store is whole"
    );
    Ok(())
}
