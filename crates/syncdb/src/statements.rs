//! Every statement that is ever sent, in one place: `SELECT` only, columns by name, for SQL Server 2008 R2 and later.
//!
//! Columns are asked for only where the catalogue has them, for the FIM engine and the one of Azure AD Connect differ.
//! A column whose name speaks of a secret is never among them, whatever the catalogue says.
use std::collections::BTreeMap;

/// Words in the name of a column that is never read: passwords, keys, encrypted configuration, images of objects.
const FORBIDDEN: &[&str] = &[
    "cookie",
    "credential",
    "delta",
    "encrypt",
    "entropy",
    "hash",
    "hologram",
    "key",
    "password",
    "pwd",
    "secret",
    "token",
];

/// The tables that are read; a login that may read them sees everything that dirlift asks for.
pub const TABLES: &[&str] = &[
    "mms_connectorspace",
    "mms_cs_link",
    "mms_management_agent",
    "mms_metaverse",
    "mms_partition",
    "mms_run_history",
    "mms_run_profile",
    "mms_server_configuration",
    "mms_step_history",
    "mms_watermark_history",
];

/// The table by which a synchronisation database is recognised.
pub(crate) const MARK: &str = "mms_management_agent";

/// Most columns of one table that are taken for XML by their names.
const MAX_XML_COLUMNS: usize = 64;
/// Types that can be cast to text.
const TEXT_TYPES: &[&str] = &["ntext", "nvarchar", "text", "varchar", "xml"];
/// Arguments of one statement; the server allows 2,100.
pub(crate) const MAX_ARGUMENTS: usize = 500;
/// Most groups that are listed as large.
const MAX_GROUPS: u32 = 1_000;

const AGENT: &[&str] = &[
    "ma_id",
    "ma_name",
    "ma_type",
    "subtype",
    "version_number",
    "creation_date",
    "modification_date",
    "full_import_required",
    "full_sync_required",
];

/// XML columns of an agent, those of the FIM engine last.
const AGENT_XML: &[&str] = &[
    "ui_settings_xml",
    "ma_extension_xml",
    "ma_schema_xml",
    "attribute_inclusion_xml",
    "controller_configuration_xml",
    "private_configuration_xml",
    "dn_construction_xml",
    "component_mappings_xml",
    "export_attribute_flow_xml",
    "join_rule_xml",
    "projection_rule_xml",
    "provisioning_cleanup_xml",
    "stay_disconnector_xml",
];

/// Flags by which rows of the connector spaces are counted.
const FLAGS: &[&str] = &[
    "is_connector",
    "is_phantom_parent",
    "is_phantom_link",
    "is_phantom_delete",
    "is_import_error",
    "is_export_error",
    "export_operation",
];

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    /// What it does, for messages.
    pub(crate) what: &'static str,
    /// Its text.
    pub(crate) sql: String,
    /// The names of its columns, in their order.
    pub(crate) columns: Vec<String>,
}

impl Statement {
    /// The place of a column in a row.
    pub(crate) fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|it| it.eq_ignore_ascii_case(column))
    }

    /// The place of the first of several names that the statement has.
    pub(crate) fn first(&self, columns: &[&str]) -> Option<usize> {
        columns.iter().find_map(|it| self.place(it))
    }
}

/// Names and types of the columns of the tables of [`TABLES`], as far as the login may see them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Catalogue(BTreeMap<String, Vec<(String, String)>>);

impl Catalogue {
    pub(crate) fn add(&mut self, table: &str, column: &str, ty: &str) {
        if column.chars().all(|it| it.is_ascii_alphanumeric() || it == '_') && is_allowed(column) {
            self.0
                .entry(table.to_ascii_lowercase())
                .or_default()
                .push((column.to_owned(), ty.to_ascii_lowercase()));
        }
    }

    pub(crate) fn has_table(&self, table: &str) -> bool {
        self.0.contains_key(table)
    }

    fn columns(&self, table: &str) -> &[(String, String)] {
        self.0.get(table).map_or(&[], Vec::as_slice)
    }

    /// Those of `wanted` that the table has, in the order of `wanted`.
    fn among<'a>(&self, table: &str, wanted: &[&'a str]) -> Vec<&'a str> {
        let has =
            |name: &str| self.columns(table).iter().any(|(it, _)| it.eq_ignore_ascii_case(name));
        wanted.iter().copied().filter(|it| has(it)).collect()
    }

    /// Those of `wanted` that the table has and that can be cast to text.
    fn texts<'a>(&self, table: &str, wanted: &[&'a str]) -> Vec<&'a str> {
        let is_text = |name: &str| {
            let mut columns = self.columns(table).iter();
            columns
                .any(|(it, ty)| it.eq_ignore_ascii_case(name) && TEXT_TYPES.contains(&ty.as_str()))
        };
        wanted.iter().copied().filter(|it| is_text(it)).collect()
    }

    /// Columns that hold XML, by type or by name.
    fn xml(&self, table: &str) -> Vec<&str> {
        let is_xml = |name: &str, ty: &str| {
            ty == "xml" || (name.ends_with("_xml") && TEXT_TYPES.contains(&ty))
        };
        let columns = self.columns(table).iter();
        let found = columns.filter(|(name, ty)| is_xml(&name.to_ascii_lowercase(), ty));
        found.map(|(name, _)| name.as_str()).take(MAX_XML_COLUMNS).collect()
    }

    /// The first column that holds a time.
    fn time(&self, table: &str) -> Option<&str> {
        let found = self
            .columns(table)
            .iter()
            .find(|(_, ty)| matches!(ty.as_str(), "datetime" | "datetime2"));
        found.map(|(name, _)| name.as_str())
    }

    /// The first of several columns that a statement cannot do without and the table lacks.
    fn lacks(&self, table: &'static str, needed: &[&'static str]) -> Result<(), Missing> {
        if !self.has_table(table) {
            return Err(Missing { table, column: None });
        }
        let found = self.among(table, needed);
        match needed.iter().find(|it| !found.contains(it)) {
            Some(column) => Err(Missing { table, column: Some(column) }),
            None => Ok(()),
        }
    }
}

/// A table or a column that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) table: &'static str,
    pub(crate) column: Option<&'static str>,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.column {
            None => {
                write!(f, "the database has no table `{}`, or the login may not see it", self.table)
            }
            Some(column) => write!(f, "the table `{}` has no column `{column}`", self.table),
        }
    }
}

/// Whether a column may be read at all.
pub(crate) fn is_allowed(column: &str) -> bool {
    let lower = column.to_ascii_lowercase();
    !FORBIDDEN.iter().any(|it| lower.contains(it))
}

/// The right that a login needs, as a statement for an administrator.
pub(crate) fn grant(user: &str) -> String {
    format!("GRANT SELECT ON SCHEMA::dbo TO {}", bracketed(user))
}

/// The same for a login that has no user in the database yet.
pub(crate) fn user_and_grant(user: &str) -> String {
    let name = bracketed(user);
    format!("CREATE USER {name} FOR LOGIN {name}; {}", grant(user))
}

/// A login as an identifier; the words that stand for the current Windows account are none.
fn bracketed(user: &str) -> String {
    let is_account = user.contains(' ');
    let user = if is_account { "the account".to_owned() } else { user.replace(']', "]]") };
    format!("[{user}]")
}

/// Puts a `SELECT` together; expressions are `(expression, name)`.
fn select(what: &'static str, table: &str, items: &[(String, &str)], tail: &str) -> Statement {
    let list: Vec<String> =
        items.iter().map(|(expression, name)| format!("{expression} AS [{name}]")).collect();
    let sql = format!("SELECT {} FROM [dbo].[{table}] WITH (NOLOCK){tail}", list.join(", "));
    Statement { what, sql, columns: items.iter().map(|(_, name)| (*name).to_owned()).collect() }
}

fn plain(name: &str) -> (String, &str) {
    (format!("[{name}]"), name)
}

fn as_text(name: &str) -> (String, &str) {
    (format!("CAST([{name}] AS nvarchar(max))"), name)
}

/// Server, instance and database.
pub(crate) fn server() -> Statement {
    let columns = [
        "machine_name",
        "instance",
        "edition",
        "engine_edition",
        "product_version",
        "is_local_db",
        "database",
        "collation",
        "now",
    ];
    let sql = "SELECT CAST(SERVERPROPERTY(N'MachineName') AS nvarchar(128)) AS [machine_name], \
               CAST(SERVERPROPERTY(N'InstanceName') AS nvarchar(128)) AS [instance], \
               CAST(SERVERPROPERTY(N'Edition') AS nvarchar(128)) AS [edition], \
               CAST(SERVERPROPERTY(N'EngineEdition') AS int) AS [engine_edition], \
               CAST(SERVERPROPERTY(N'ProductVersion') AS nvarchar(128)) AS [product_version], \
               CAST(SERVERPROPERTY(N'IsLocalDB') AS int) AS [is_local_db], \
               DB_NAME() AS [database], \
               CAST(DATABASEPROPERTYEX(DB_NAME(), N'Collation') AS nvarchar(128)) AS [collation], \
               GETUTCDATE() AS [now]";
    let columns = columns.map(str::to_owned).to_vec();
    Statement { what: "reading the properties of the server", sql: sql.to_owned(), columns }
}

/// Files of the database; sizes in pages of 8 KiB.
pub(crate) fn files() -> Statement {
    Statement {
        what: "reading the files of the database",
        sql: "SELECT [name] AS [name], [type_desc] AS [kind], CAST([size] AS bigint) AS [pages] FROM [sys].[database_files] \
              ORDER BY [file_id]"
            .to_owned(),
        columns: ["name", "kind", "pages"].map(str::to_owned).to_vec(),
    }
}

/// The columns of the tables that are read.
pub(crate) fn catalogue() -> Statement {
    let tables: Vec<String> = TABLES.iter().map(|it| format!("N'{it}'")).collect();
    Statement {
        what: "reading the catalogue",
        sql: format!(
            "SELECT [TABLE_NAME] AS [table], [COLUMN_NAME] AS [column], [DATA_TYPE] AS [type] \
             FROM [INFORMATION_SCHEMA].[COLUMNS] WHERE [TABLE_SCHEMA] = N'dbo' AND [TABLE_NAME] IN ({}) \
             ORDER BY [TABLE_NAME], [ORDINAL_POSITION]",
            tables.join(", ")
        ),
        columns: ["table", "column", "type"].map(str::to_owned).to_vec(),
    }
}

/// A question whose error tells a missing table from a missing right.
pub(crate) fn mark() -> Statement {
    let mut statement = select("looking for the table of the agents", MARK, &[plain("ma_id")], "");
    statement.sql = statement.sql.replacen("SELECT ", "SELECT TOP (1) ", 1);
    statement
}

/// Agents.
pub(crate) fn agents(catalogue: &Catalogue) -> Result<Statement, Missing> {
    catalogue.lacks(MARK, &["ma_id", "ma_name"])?;
    let mut items: Vec<_> = catalogue.among(MARK, AGENT).into_iter().map(plain).collect();
    items.extend(catalogue.texts(MARK, AGENT_XML).into_iter().map(as_text));
    Ok(select("reading the agents", MARK, &items, ""))
}

/// Names of the XML columns of an agent.
pub(crate) const fn agent_xml() -> &'static [&'static str] {
    AGENT_XML
}

/// Names under which a partition's name and selection are found.
pub(crate) const PARTITION_NAME: &[&str] = &["name", "partition_name"];
pub(crate) const PARTITION_SELECTED: &[&str] = &["selected", "is_selected"];

/// Partitions of all agents.
pub(crate) fn partitions(catalogue: &Catalogue) -> Result<(Statement, Vec<String>), Missing> {
    documents(
        catalogue,
        "reading the partitions",
        "mms_partition",
        "partition_id",
        &[PARTITION_NAME, PARTITION_SELECTED].concat(),
    )
}

/// Run profiles of all agents.
pub(crate) fn run_profiles(catalogue: &Catalogue) -> Result<(Statement, Vec<String>), Missing> {
    documents(
        catalogue,
        "reading the run profiles",
        "mms_run_profile",
        "run_profile_id",
        &["run_profile_name"],
    )
}

/// Rows of an agent with XML in columns whose names are only known to the catalogue.
fn documents(
    catalogue: &Catalogue,
    what: &'static str,
    table: &'static str,
    id: &'static str,
    others: &[&'static str],
) -> Result<(Statement, Vec<String>), Missing> {
    catalogue.lacks(table, &["ma_id", id])?;
    let mut items = vec![plain(id), plain("ma_id")];
    items.extend(catalogue.among(table, others).into_iter().map(plain));
    let xml = catalogue.xml(table);
    items.extend(xml.iter().map(|it| as_text(it)));
    let statement = select(what, table, &items, &format!(" ORDER BY [ma_id], [{id}]"));
    Ok((statement, xml.into_iter().map(str::to_owned).collect()))
}

/// The one row of the server configuration, and the names of its XML columns.
pub(crate) fn server_configuration(
    catalogue: &Catalogue,
) -> Result<(Statement, Vec<String>), Missing> {
    let table = "mms_server_configuration";
    catalogue.lacks(table, &[])?;
    let xml = catalogue.xml(table);
    let mut items: Vec<_> =
        catalogue.among(table, &["administrators_sid"]).into_iter().map(plain).collect();
    items.extend(xml.iter().map(|it| as_text(it)));
    if items.is_empty() {
        return Err(Missing { table, column: Some("mv_schema_xml") });
    }
    let statement = select("reading the server configuration", table, &items, "");
    Ok((statement, xml.into_iter().map(str::to_owned).collect()))
}

/// Rows of the connector spaces, counted by agent, type and flags.
pub(crate) fn connector_space(catalogue: &Catalogue) -> Result<Statement, Missing> {
    let table = "mms_connectorspace";
    catalogue.lacks(table, &["object_id", "ma_id", "object_type", "is_connector"])?;
    let names: Vec<&str> =
        ["ma_id", "object_type"].into_iter().chain(catalogue.among(table, FLAGS)).collect();
    let mut items: Vec<_> = names.iter().map(|it| plain(it)).collect();
    items.push(("COUNT_BIG([object_id])".to_owned(), "n"));
    let group: Vec<String> = names.iter().map(|it| format!("[{it}]")).collect();
    Ok(select(
        "counting the connector spaces",
        table,
        &items,
        &format!(" GROUP BY {}", group.join(", ")),
    ))
}

/// Metaverse objects by type.
pub(crate) fn metaverse(catalogue: &Catalogue) -> Result<Statement, Missing> {
    let table = "mms_metaverse";
    catalogue.lacks(table, &["object_id", "object_type"])?;
    let items = [plain("object_type"), ("COUNT_BIG([object_id])".to_owned(), "n")];
    Ok(select("counting the metaverse", table, &items, " GROUP BY [object_type]"))
}

/// Groups with at least `members` members, most members first.
pub(crate) fn large_groups(catalogue: &Catalogue, members: u32) -> Result<Statement, Missing> {
    let table = "mms_cs_link";
    catalogue.lacks(table, &["object_id", "attribute_name"])?;
    let items = [plain("object_id"), ("COUNT_BIG([object_id])".to_owned(), "n")];
    let tail = format!(
        " WHERE [attribute_name] = N'member' GROUP BY [object_id] HAVING COUNT_BIG([object_id]) >= {members} \
         ORDER BY [n] DESC, [object_id]"
    );
    let mut statement = select("looking for large groups", table, &items, &tail);
    statement.sql = statement.sql.replacen("SELECT ", &format!("SELECT TOP ({MAX_GROUPS}) "), 1);
    Ok(statement)
}

/// Agent and name of connector-space objects, [`MAX_ARGUMENTS`] at a time.
pub(crate) fn objects(catalogue: &Catalogue) -> Result<Statement, Missing> {
    let table = "mms_connectorspace";
    catalogue.lacks(table, &["object_id", "ma_id", "rdn"])?;
    let items = [plain("object_id"), plain("ma_id"), plain("rdn")];
    Ok(select(
        "reading the names of large groups",
        table,
        &items,
        &format!(" WHERE [object_id] IN ({})", arguments()),
    ))
}

/// Runs, newest first.
pub(crate) fn runs(catalogue: &Catalogue, most: u32) -> Result<Statement, Missing> {
    let table = "mms_run_history";
    catalogue.lacks(table, &["run_history_id", "ma_id", "start_date"])?;
    let wanted = [
        "run_history_id",
        "ma_id",
        "run_profile_name",
        "run_number",
        "run_result",
        "start_date",
        "end_date",
    ];
    let items: Vec<_> = catalogue.among(table, &wanted).into_iter().map(plain).collect();
    let mut statement = select(
        "reading the run history",
        table,
        &items,
        " ORDER BY [start_date] DESC, [run_history_id]",
    );
    statement.sql = statement.sql.replacen("SELECT ", &format!("SELECT TOP ({most}) "), 1);
    Ok(statement)
}

/// Steps of runs, [`MAX_ARGUMENTS`] runs at a time.
pub(crate) fn steps(catalogue: &Catalogue) -> Result<Statement, Missing> {
    let table = "mms_step_history";
    catalogue.lacks(table, &["run_history_id", "step_number"])?;
    let wanted = ["run_history_id", "step_number", "step_result", "start_date", "end_date"];
    let mut items: Vec<_> = catalogue.among(table, &wanted).into_iter().map(plain).collect();
    items.extend(catalogue.texts(table, &["step_xml", "sync_errors_xml"]).into_iter().map(as_text));
    Ok(select(
        "reading the steps of runs",
        table,
        &items,
        &format!(" WHERE [run_history_id] IN ({})", arguments()),
    ))
}

/// The newest watermark of each agent.
pub(crate) fn watermarks(catalogue: &Catalogue) -> Result<Statement, Missing> {
    let table = "mms_watermark_history";
    catalogue.lacks(table, &["ma_id"])?;
    let time = catalogue.time(table).ok_or(Missing { table, column: Some("creation_date") })?;
    let items = [plain("ma_id"), (format!("MAX([{time}])"), "newest")];
    Ok(select("reading the age of the watermarks", table, &items, " GROUP BY [ma_id]"))
}

/// `@P1` to the last argument.
fn arguments() -> String {
    (1..=MAX_ARGUMENTS).map(|it| format!("@P{it}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[path = "statements_tests.rs"]
mod tests;
