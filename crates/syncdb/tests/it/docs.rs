//! The documentation names what the code reads.
use dirlift_syncdb::TABLES;

const DOCS: &str = include_str!("../../../../docs/sql-server.md");

#[test]
fn rights_list_every_table_and_no_other() {
    let rights =
        DOCS.split("## Rights").nth(1).unwrap().split("## What is never read").next().unwrap();
    let mut named: Vec<&str> = rights.split('`').filter(|it| it.starts_with("mms_")).collect();
    named.sort_unstable();
    assert_eq!(named, TABLES);
}
