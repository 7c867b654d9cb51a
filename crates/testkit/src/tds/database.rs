//! Tables in memory, and who may read them.
use std::collections::{BTreeMap, BTreeSet};

use super::value::{Column, Type, Value};

/// An error that the responder answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlError {
    /// Number, as in `sys.messages`.
    pub number: u32,
    /// Class (severity).
    pub class: u8,
    /// Text.
    pub message: String,
}

impl SqlError {
    /// An error of a number and a class.
    pub fn new(number: u32, class: u8, message: impl Into<String>) -> Self {
        Self { number, class, message: message.into() }
    }

    pub(super) fn syntax(near: &str) -> Self {
        Self::new(102, 15, format!("Incorrect syntax near '{near}'."))
    }

    pub(super) fn no_table(name: &str) -> Self {
        Self::new(208, 16, format!("Invalid object name '{name}'."))
    }

    pub(super) fn no_column(name: &str) -> Self {
        Self::new(207, 16, format!("Invalid column name '{name}'."))
    }

    pub(super) fn denied(table: &str, database: &str) -> Self {
        let text = format!(
            "The SELECT permission was denied on the object '{table}', database '{database}', schema 'dbo'."
        );
        Self::new(229, 14, text)
    }
}

/// A table with its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Columns in the order of the catalogue.
    pub columns: Vec<Column>,
    /// Rows, with as many values as there are columns.
    pub rows: Vec<Vec<Value>>,
}

impl Table {
    /// A table with columns and without rows.
    pub fn new(columns: &[(&str, Type)]) -> Self {
        let columns =
            columns.iter().map(|(name, ty)| Column { name: (*name).to_owned(), ty: *ty }).collect();
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row from some of its columns; the others have no value.
    ///
    /// # Panics
    ///
    /// When there is no such column: the test that builds the table is wrong.
    pub fn add(&mut self, cells: &[(&str, Value)]) -> &mut Self {
        let mut row = vec![Value::Null; self.columns.len()];
        for (name, value) in cells {
            let found = self.columns.iter().position(|it| it.name == *name);
            row[found.expect("the row has only columns of the table")] = value.clone();
        }
        self.rows.push(row);
        self
    }
}

/// A database: tables by name (`mms_partition`, or `sys.database_files` outside `dbo`), and properties of its server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Database {
    /// Name.
    pub name: String,
    /// Collation.
    pub collation: String,
    /// `SERVERPROPERTY` by name.
    pub properties: BTreeMap<String, Value>,
    /// Tables by name.
    pub tables: BTreeMap<String, Table>,
    /// Tables that the login may not read.
    pub denied: BTreeSet<String>,
    /// The server's clock.
    pub now: Option<Value>,
}

impl Database {
    /// A table to fill.
    ///
    /// # Panics
    ///
    /// When there is no such table: the test is wrong.
    pub fn table(&mut self, name: &str) -> &mut Table {
        self.tables.get_mut(name).expect("the database has this table")
    }

    /// The table of a name, without regard to case; what the login may not read is an error.
    pub(super) fn find(
        &self,
        schema: Option<&str>,
        name: &str,
    ) -> Result<(&str, &Table), SqlError> {
        let full = match schema {
            None | Some("dbo") => name.to_owned(),
            Some(schema) => format!("{schema}.{name}"),
        };
        let found = self.tables.iter().find(|(it, _)| it.eq_ignore_ascii_case(&full));
        let (name, table) = found.ok_or_else(|| SqlError::no_table(&full))?;
        if self.denied.contains(name) {
            return Err(SqlError::denied(name, &self.name));
        }
        Ok((name, table))
    }

    /// `INFORMATION_SCHEMA.COLUMNS`: columns of the tables that the login may read.
    pub(super) fn catalogue(&self) -> Table {
        let mut catalogue = Table::new(&[
            ("TABLE_SCHEMA", Type::NVarChar(128)),
            ("TABLE_NAME", Type::NVarChar(128)),
            ("COLUMN_NAME", Type::NVarChar(128)),
            ("ORDINAL_POSITION", Type::Int),
            ("DATA_TYPE", Type::NVarChar(128)),
        ]);
        for (name, table) in self
            .tables
            .iter()
            .filter(|(name, _)| !name.contains('.') && !self.denied.contains(*name))
        {
            for (column, position) in table.columns.iter().zip(1..) {
                let (name, column_name, ty) =
                    (name.as_str(), column.name.as_str(), column.ty.name());
                let row = [
                    "dbo".into(),
                    name.into(),
                    column_name.into(),
                    Value::Int(position),
                    ty.into(),
                ];
                catalogue.rows.push(row.to_vec());
            }
        }
        catalogue
    }
}
