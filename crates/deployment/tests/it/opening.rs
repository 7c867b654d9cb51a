//! Making and opening.
use std::fs;

use dirlift_deployment::{Store, StoreError};
use rusqlite::Connection;

use super::{deployment, store};

#[test]
fn a_store_keeps_its_facts() {
    let (folder, store) = store();
    let path = store.path().to_owned();
    drop(store);
    let store = Store::open(&path).unwrap();
    assert_eq!(store.deployment(), &deployment());
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(names, ["f.dirlift"], "nothing is left beside it");
}

#[test]
fn a_first_name_that_was_left_is_taken_away_and_files_of_others_stay() {
    let (folder, store) = store();
    let path = store.path().to_owned();
    drop(store);
    // As if the process had been killed between the link and its end.
    let part = folder.path().join(format!("f.dirlift.{}.part", deployment().id));
    fs::hard_link(&path, &part).unwrap();
    let other = folder.path().join("f.dirlift.part");
    fs::write(&other, "mine").unwrap();
    drop(Store::open(&path).unwrap());
    assert!(!part.exists());
    assert_eq!(fs::read(&other).unwrap(), b"mine");
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, store) = store();
    assert_eq!(fs::metadata(store.path()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn an_existing_file_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "mine").unwrap();
    let error = Store::create(&path, &deployment()).unwrap_err();
    assert!(matches!(error, StoreError::Exists { .. }), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"mine");
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::NotAStore { .. }), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"mine");
}

#[test]
fn files_that_are_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Store::open(&folder.path().join("none")).unwrap_err();
    assert!(
        missing.to_string().ends_with("there is no such file; `dirlift migrate` makes one"),
        "{missing}"
    );
    assert!(!folder.path().join("none").exists(), "asking makes nothing");
    let other = folder.path().join("other.db");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    let error = Store::open(&other).unwrap_err();
    assert!(matches!(error, StoreError::NotAStore { .. }), "{error}");
}

#[test]
fn one_process_at_a_time() {
    let (_folder, store) = store();
    let error = Store::open(store.path()).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
    let path = store.path().to_owned();
    drop(store);
    Store::open(&path).unwrap();
}

#[test]
fn a_newer_store_is_refused_and_kept() {
    let (_folder, store) = store();
    let path = store.path().to_owned();
    drop(store);
    let raw = Connection::open(&path).unwrap();
    raw.execute(
        "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) \
         SELECT 9999, 'later', applied_on, '1' FROM refinery_schema_history LIMIT 1",
        [],
    )
    .unwrap();
    drop(raw);
    let before = fs::read(&path).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 9999, .. }), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_store_with_another_migration_is_refused() {
    let (_folder, store) = store();
    let path = store.path().to_owned();
    drop(store);
    let raw = Connection::open(&path).unwrap();
    raw.execute("UPDATE refinery_schema_history SET checksum = '1'", []).unwrap();
    drop(raw);
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Altered { .. }), "{error}");
}

#[test]
fn staging_cannot_be_cleared() {
    let (_folder, mut store) = store();
    for value in ["false", "true"] {
        let error = store.set_setting("Staging", value).unwrap_err();
        assert!(matches!(error, StoreError::Staging { .. }), "{error}");
    }
    let path = store.path().to_owned();
    drop(store);
    let raw = Connection::open(&path).unwrap();
    for sql in [
        "UPDATE setting SET value = 'false' WHERE name = 'staging'",
        "UPDATE setting SET name = 'x' WHERE name = 'staging'",
        "DELETE FROM setting WHERE name = 'staging'",
        "DELETE FROM setting",
        "INSERT OR REPLACE INTO setting (name, value) VALUES ('staging', 'false')",
        "UPDATE OR REPLACE setting SET name = 'staging' WHERE name = 'mode'",
    ] {
        assert!(raw.execute(sql, []).is_err(), "{sql}");
    }
    raw.execute_batch("DROP TRIGGER setting_staging_stays; DROP TRIGGER setting_staging_is_not_overwritten; UPDATE setting SET value = 'false' WHERE name = 'staging'")
        .unwrap();
    drop(raw);
    let error = Store::open(&path).unwrap_err();
    assert!(error.to_string().contains("it does not stage"), "{error}");
}

#[test]
fn a_damaged_file_is_an_error_and_no_panic() {
    let (_folder, store) = store();
    let path = store.path().to_owned();
    drop(store);
    let whole = fs::read(&path).unwrap();
    for at in (0..whole.len()).step_by(509) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        fs::write(&path, &bytes).unwrap();
        if let Ok(store) = Store::open(&path) {
            drop((store.journal(), store.connectors(), store.records(), store.accepted()));
        }
        fs::write(&path, &whole[..at]).unwrap();
        drop(Store::open(&path));
    }
    fs::write(&path, &whole).unwrap();
    Store::open(&path).unwrap();
}

#[test]
fn settings() {
    let (_folder, mut store) = store();
    assert_eq!(store.setting("ad_source").unwrap(), None);
    store.set_setting("ad_source", "ldaps://dc1").unwrap();
    store.set_setting("ad_source", "ldaps://dc2").unwrap();
    assert_eq!(store.setting("ad_source").unwrap().as_deref(), Some("ldaps://dc2"));
}
