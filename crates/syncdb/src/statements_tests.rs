//! Proofs over all statements, for known catalogues and for hostile ones.
use super::*;

/// Every statement that a catalogue leads to.
fn all(catalogue: &Catalogue) -> Vec<Statement> {
    let fixed = [server(), files(), super::catalogue(), mark()];
    let found = [
        agents(catalogue),
        partitions(catalogue).map(|it| it.0),
        run_profiles(catalogue).map(|it| it.0),
        server_configuration(catalogue).map(|it| it.0),
        connector_space(catalogue),
        metaverse(catalogue),
        large_groups(catalogue, 10_000),
        objects(catalogue),
        runs(catalogue, 2_000),
        steps(catalogue),
        watermarks(catalogue),
    ];
    fixed.into_iter().chain(found.into_iter().flatten()).collect()
}

/// What is wrong with a statement, if anything.
fn fault(sql: &str) -> Option<String> {
    const WRITING: &[&str] = &[
        "INSERT",
        "UPDATE",
        "DELETE",
        "MERGE",
        "INTO",
        "EXEC",
        "EXECUTE",
        "DROP",
        "ALTER",
        "CREATE",
        "TRUNCATE",
        "SET",
        "USE",
        "GRANT",
        "REVOKE",
        "DENY",
        "BACKUP",
        "RESTORE",
        "DBCC",
        "OPENROWSET",
        "OPENQUERY",
        "WAITFOR",
        "DECLARE",
        "BULK",
        "KILL",
        "SHUTDOWN",
        "RECONFIGURE",
        "WRITETEXT",
    ];
    if !sql.starts_with("SELECT ") || sql.matches("SELECT").count() != 1 {
        return Some("it is not one SELECT".to_owned());
    }
    if let Some(bad) = sql.chars().find(|it| {
        matches!(it, '*' | ';' | '-' | '/' | '"' | '#') || it.is_control() || !it.is_ascii()
    }) {
        return Some(format!("it holds {bad:?}"));
    }
    let words = sql.split(|it: char| !it.is_ascii_alphanumeric() && it != '_');
    // A name in brackets is a name, whatever it says.
    let bare: String =
        sql.split('[').map(|it| it.split_once(']').map_or(it, |(_, rest)| rest)).collect();
    let mut bare_words = bare.split(|it: char| !it.is_ascii_alphanumeric() && it != '_');
    if let Some(word) = bare_words.find(|it| WRITING.contains(&it.to_ascii_uppercase().as_str())) {
        return Some(format!("it writes: {word}"));
    }
    words.filter(|it| !it.is_empty()).find_map(|word| {
        let lower = word.to_ascii_lowercase();
        let secrets = [
            "password", "pwd", "encrypt", "key", "secret", "hologram", "delta", "entropy",
            "cookie", "hash",
        ];
        secrets.iter().any(|it| lower.contains(it)).then(|| format!("it reads a secret: {word}"))
    })
}

fn catalogue_of(database: &dirlift_testkit::tds::Database) -> Catalogue {
    let mut catalogue = Catalogue::default();
    for (table, it) in &database.tables {
        for column in &it.columns {
            catalogue.add(table, &column.name, column.ty.name());
        }
    }
    catalogue
}

#[test]
fn the_proof_can_fail() {
    for bad in [
        "SELECT * FROM [t]",
        "SELECT COUNT(*) FROM [t]",
        "DELETE FROM [t]",
        "SELECT [a] INTO [b] FROM [t]",
        "SELECT [a] FROM [t]; SELECT [b] FROM [t]",
        "SELECT [hologram] FROM [t]",
        "SELECT [deltas] FROM [t]",
        "SELECT [key_id] FROM [t]",
        "SELECT [encrypted_configuration] FROM [t]",
        "SELECT [controller_configuration_password] FROM [t]",
        "SELECT [a] -- b",
    ] {
        assert!(fault(bad).is_some(), "{bad}");
    }
}

#[test]
fn known_databases_are_only_read_and_never_for_secrets() {
    for database in [dirlift_testkit::tds::fim(), dirlift_testkit::tds::adsync()] {
        let statements = all(&catalogue_of(&database));
        assert!(statements.len() >= 14, "{}", statements.len());
        for statement in statements {
            assert_eq!(fault(&statement.sql), None, "{}", statement.sql);
            // Nothing of SQL Server 2012 and later.
            for word in
                ["OFFSET", "FETCH", "IIF(", "CONCAT(", "STRING_AGG", "TRY_", "FORMAT(", "OPENJSON"]
            {
                assert!(!statement.sql.contains(word), "{}", statement.sql);
            }
        }
    }
}

#[test]
fn engines_differ_in_columns() {
    let fim = agents(&catalogue_of(&dirlift_testkit::tds::fim())).unwrap();
    assert!(
        fim.sql.contains("CAST([join_rule_xml] AS nvarchar(max)) AS [join_rule_xml]"),
        "{}",
        fim.sql
    );
    let adsync = agents(&catalogue_of(&dirlift_testkit::tds::adsync())).unwrap();
    assert!(!adsync.sql.contains("join_rule_xml"), "{}", adsync.sql);
    let (configuration, xml) =
        server_configuration(&catalogue_of(&dirlift_testkit::tds::adsync())).unwrap();
    assert_eq!(xml, ["mv_schema_xml", "global_parameters_xml"]);
    assert_eq!(
        configuration.sql,
        "SELECT [administrators_sid] AS [administrators_sid], CAST([mv_schema_xml] AS nvarchar(max)) AS [mv_schema_xml], \
         CAST([global_parameters_xml] AS nvarchar(max)) AS [global_parameters_xml] \
         FROM [dbo].[mms_server_configuration] WITH (NOLOCK)"
    );
}

#[test]
fn columns_that_are_no_text_are_left_out() {
    let mut catalogue = Catalogue::default();
    for (column, ty) in [
        ("ma_id", "int"),
        ("ma_name", "int"),
        ("join_rule_xml", "image"),
        ("projection_rule_xml", "NTEXT"),
    ] {
        catalogue.add(MARK, column, ty);
    }
    let sql = agents(&catalogue).unwrap().sql;
    assert!(!sql.contains("join_rule_xml") && sql.contains("CAST([projection_rule_xml]"), "{sql}");
}

#[test]
fn what_is_not_there_is_named() {
    let mut catalogue = Catalogue::default();
    assert_eq!(metaverse(&catalogue), Err(Missing { table: "mms_metaverse", column: None }));
    catalogue.add("MMS_Metaverse", "object_id", "uniqueidentifier");
    let missing = metaverse(&catalogue).unwrap_err();
    assert_eq!(missing.to_string(), "the table `mms_metaverse` has no column `object_type`");
}

#[test]
fn grants_are_quoted() {
    assert_eq!(grant("audi]tor"), "GRANT SELECT ON SCHEMA::dbo TO [audi]]tor]");
    assert_eq!(
        user_and_grant("ann"),
        "CREATE USER [ann] FOR LOGIN [ann]; GRANT SELECT ON SCHEMA::dbo TO [ann]"
    );
}

proptest::proptest! {
    #[test]
    fn hostile_catalogues_change_nothing(
        columns in proptest::collection::vec(("[a-z_]{0,8}(xml|_xml|password|KEY|\\]; DROP TABLE x|\\*|--|é)?", 0usize..6), 0..40)
    ) {
        let types = ["xml", "nvarchar", "XML", "datetime", "ntext", "int"];
        let mut catalogue = Catalogue::default();
        for table in TABLES {
            for needed in ["object_id", "ma_id", "object_type", "is_connector", "partition_id", "run_profile_id"] {
                catalogue.add(table, needed, "int");
            }
            for (name, ty) in &columns {
                catalogue.add(table, name, types[*ty]);
            }
        }
        for statement in all(&catalogue) {
            proptest::prop_assert_eq!(fault(&statement.sql), None, "{}", statement.sql);
        }
    }
}
