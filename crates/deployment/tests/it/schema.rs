//! The migrations of both kinds of store have the same tables and columns.
use std::{collections::BTreeMap, fs, path::Path};

type Tables = BTreeMap<String, Vec<String>>;

fn read(kind: &str) -> BTreeMap<String, Tables> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(kind);
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        files.insert(name, tables(&fs::read_to_string(&path).unwrap()));
    }
    files
}

/// Tables and their columns, in the order of the text. Written for the shape of these files: a column a line.
fn tables(sql: &str) -> Tables {
    let mut tables = Tables::new();
    let mut open: Option<String> = None;
    for line in sql.lines().map(str::trim) {
        let bare = |it: &str| it.trim_matches(['[', ']']).to_owned();
        if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
            open = Some(bare(rest.split(' ').next().unwrap()));
        } else if line.starts_with(')') {
            open = None;
        } else if let Some(table) = &open {
            let word = bare(line.split(' ').next().unwrap());
            if !matches!(word.as_str(), "PRIMARY" | "UNIQUE" | "--") {
                tables.entry(table.clone()).or_default().push(word);
            }
        }
    }
    tables
}

#[test]
fn both_stores_have_the_same_tables_and_columns() {
    let (sqlite, mssql) = (read("sqlite"), read("mssql"));
    assert_eq!(sqlite, mssql);
    let first = &sqlite["V0001__store.sql"];
    let names: Vec<_> = first.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "accepted_change",
            "checklist_item",
            "connector",
            "connector_space_object",
            "journal_step",
            "metaverse_object",
            "partition",
            "pending_export",
            "run",
            "run_step",
            "setting",
            "sync_rule"
        ]
    );
    assert_eq!(first["connector"], ["id", "position", "name", "kind"]);
    assert_eq!(sqlite["V0003__rules_and_facts.sql"]["sync_rule"], first["sync_rule"]);
}
