//! Statements evaluated.
use std::{cmp::Ordering, collections::BTreeMap};

use super::{
    super::{
        database::{Database, SqlError, Table},
        value::{Column, ResultSet, Type, Value},
    },
    parse::{Expression, Select, Test, parse},
};

/// Runs one statement.
pub(in super::super) fn run(
    database: &Database,
    sql: &str,
    arguments: &[Value],
) -> Result<ResultSet, SqlError> {
    let select = parse(sql)?;
    let catalogue;
    let one_row = Table { columns: Vec::new(), rows: vec![Vec::new()] };
    let table = match &select.from {
        None => &one_row,
        Some((Some(schema), name))
            if schema.eq_ignore_ascii_case("INFORMATION_SCHEMA")
                && name.eq_ignore_ascii_case("COLUMNS") =>
        {
            catalogue = database.catalogue();
            &catalogue
        }
        Some((schema, name)) => database.find(schema.as_deref(), name)?.1,
    };
    Evaluation { database, table, arguments }.run(&select)
}

struct Evaluation<'a> {
    database: &'a Database,
    table: &'a Table,
    arguments: &'a [Value],
}

/// Rows of one group.
type Group<'a> = Vec<&'a Vec<Value>>;

impl Evaluation<'_> {
    fn run(&self, select: &Select) -> Result<ResultSet, SqlError> {
        for test in select.tests.iter().chain(&select.having) {
            // Names are looked up before any row is.
            self.type_of(&test.left)?;
        }
        let mut rows = Vec::new();
        for row in &self.table.rows {
            let mut passes = true;
            for test in &select.tests {
                passes = passes && self.test(test, &[row])?;
            }
            if passes {
                rows.push(row);
            }
        }
        let mut groups: Vec<Group<'_>> = if select.group.is_empty() {
            rows.into_iter().map(|it| vec![it]).collect()
        } else {
            let columns: Vec<usize> =
                select.group.iter().map(|it| self.column(it)).collect::<Result<_, _>>()?;
            let mut groups: BTreeMap<Vec<Value>, Group<'_>> = BTreeMap::new();
            for row in rows {
                groups
                    .entry(columns.iter().map(|it| folded(&row[*it])).collect())
                    .or_default()
                    .push(row);
            }
            groups.into_values().collect()
        };
        if let Some(having) = &select.having {
            let mut kept = Vec::new();
            for group in groups {
                if self.test(having, &group)? {
                    kept.push(group);
                }
            }
            groups = kept;
        }
        let mut keyed = Vec::new();
        for group in groups {
            let mut row = Vec::new();
            for (expression, _) in &select.items {
                self.must_be_grouped(select, expression)?;
                row.push(self.value(expression, &group)?);
            }
            let mut keys = Vec::new();
            for (name, _) in &select.order {
                let item = select.items.iter().position(|(_, it)| it.eq_ignore_ascii_case(name));
                keys.push(folded(&match item {
                    Some(item) => row[item].clone(),
                    None => group[0][self.column(name)?].clone(),
                }));
            }
            keyed.push((keys, row));
        }
        keyed.sort_by(|(a, _), (b, _)| {
            let each = a.iter().zip(b).zip(&select.order);
            each.map(|((a, b), (_, descending))| if *descending { b.cmp(a) } else { a.cmp(b) })
                .find(|it| *it != Ordering::Equal)
                .unwrap_or(Ordering::Equal)
        });
        if let Some(top) = &select.top {
            let Value::Int(n) = self.value(top, &[])? else { return Err(SqlError::syntax("TOP")) };
            keyed.truncate(usize::try_from(n).unwrap_or(0));
        }
        let mut columns = Vec::new();
        for (expression, name) in &select.items {
            columns.push(Column { name: name.clone(), ty: self.type_of(expression)? });
        }
        Ok(ResultSet { columns, rows: keyed.into_iter().map(|(_, row)| row).collect() })
    }

    /// A column outside GROUP BY is error 8120, as on the server.
    fn must_be_grouped(&self, select: &Select, expression: &Expression) -> Result<(), SqlError> {
        let inner = match expression {
            Expression::Cast(inner, _) => inner,
            other => other,
        };
        match inner {
            Expression::Column(name)
                if !select.group.is_empty()
                    && !select.group.iter().any(|it| it.eq_ignore_ascii_case(name)) =>
            {
                self.column(name)?;
                Err(SqlError::new(
                    8120,
                    16,
                    format!("Column '{name}' is invalid in the select list."),
                ))
            }
            _ => Ok(()),
        }
    }

    fn column(&self, name: &str) -> Result<usize, SqlError> {
        let found = self.table.columns.iter().position(|it| it.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| SqlError::no_column(name))
    }

    fn value(&self, expression: &Expression, rows: &[&Vec<Value>]) -> Result<Value, SqlError> {
        Ok(match expression {
            Expression::Column(name) => {
                let column = self.column(name)?;
                rows.first().map_or(Value::Null, |it| it[column].clone())
            }
            Expression::Literal(value, _) => value.clone(),
            Expression::Argument(n) => {
                let missing = || {
                    SqlError::new(
                        137,
                        15,
                        format!("Must declare the scalar variable \"@P{}\".", n + 1),
                    )
                };
                self.arguments.get(*n).cloned().ok_or_else(missing)?
            }
            Expression::Count(name) => {
                let column = self.column(name)?;
                let n = rows.iter().filter(|it| it[column] != Value::Null).count();
                Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
            }
            Expression::Max(name) => {
                let column = self.column(name)?;
                rows.iter().map(|it| it[column].clone()).max().unwrap_or(Value::Null)
            }
            Expression::Cast(inner, ty) => cast(self.value(inner, rows)?, *ty),
            Expression::Call(name, arguments) => self.call(name, arguments)?,
        })
    }

    fn call(&self, name: &str, arguments: &[Expression]) -> Result<Value, SqlError> {
        let mut values = Vec::new();
        for argument in arguments {
            values.push(self.value(argument, &[])?);
        }
        match (name, values.as_slice()) {
            ("SERVERPROPERTY", [Value::Text(property)]) => {
                Ok(self.database.properties.get(property).cloned().unwrap_or(Value::Null))
            }
            ("DB_NAME", []) => Ok(Value::Text(self.database.name.clone())),
            ("DATABASEPROPERTYEX", [Value::Text(_), Value::Text(property)])
                if property == "Collation" =>
            {
                Ok(Value::Text(self.database.collation.clone()))
            }
            ("GETUTCDATE", []) => Ok(self.database.now.clone().unwrap_or(Value::Null)),
            _ => Err(SqlError::new(
                195,
                15,
                format!("'{name}' is not a recognized built-in function name."),
            )),
        }
    }

    fn type_of(&self, expression: &Expression) -> Result<Type, SqlError> {
        Ok(match expression {
            Expression::Column(name) | Expression::Max(name) => {
                self.table.columns[self.column(name)?].ty
            }
            Expression::Literal(_, ty) | Expression::Cast(_, ty) => *ty,
            Expression::Count(_) => Type::BigInt,
            Expression::Call(name, _) if name == "GETUTCDATE" => Type::DateTime,
            // SERVERPROPERTY is sql_variant on the server, which this responder cannot send.
            Expression::Call(name, _) if name != "DB_NAME" => {
                return Err(SqlError::new(
                    257,
                    16,
                    "Implicit conversion from sql_variant is not allowed.",
                ));
            }
            Expression::Call(..) | Expression::Argument(_) => Type::NVarChar(128),
        })
    }

    fn test(&self, test: &Test, rows: &[&Vec<Value>]) -> Result<bool, SqlError> {
        let left = folded(&self.value(&test.left, rows)?);
        for right in &test.right {
            let right = folded(&self.value(right, rows)?);
            // A comparison with NULL is never true.
            let both = left != Value::Null && right != Value::Null;
            let holds = match test.operator.as_str() {
                "=" | "IN" => left == right,
                "<>" => left != right,
                ">=" => left >= right,
                ">" => left > right,
                other => return Err(SqlError::syntax(other)),
            };
            if both && holds {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The form in which texts and numbers compare: texts without case, bits as numbers.
fn folded(value: &Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(text.to_ascii_lowercase()),
        Value::Bit(bit) => Value::Int(i64::from(*bit)),
        other => other.clone(),
    }
}

fn cast(value: Value, ty: Type) -> Value {
    match (value, ty) {
        (Value::Int(n), Type::NVarChar(_) | Type::NVarCharMax) => Value::Text(n.to_string()),
        (Value::Bit(bit), Type::Int | Type::BigInt) => Value::Int(i64::from(bit)),
        (Value::Int(n), Type::Bit) => Value::Bit(n != 0),
        (Value::Text(text), Type::Int | Type::BigInt) => {
            text.parse().map_or(Value::Null, Value::Int)
        }
        (Value::Text(text), Type::NVarChar(n)) => {
            Value::Text(text.chars().take(n.into()).collect())
        }
        (value, _) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Database {
        let mut table =
            Table::new(&[("id", Type::Int), ("Kind", Type::NVarChar(10)), ("on", Type::Bit)]);
        for (id, kind, on) in [(3, "user", true), (1, "group", false), (2, "User", false)] {
            table.add(&[("id", Value::Int(id)), ("Kind", kind.into()), ("on", on.into())]);
        }
        table.add(&[("id", Value::Int(4))]);
        Database {
            name: "D".to_owned(),
            tables: [("t".to_owned(), table)].into(),
            ..Database::default()
        }
    }

    fn rows(sql: &str, arguments: &[Value]) -> Result<Vec<Vec<Value>>, u32> {
        run(&database(), sql, arguments).map(|it| it.rows).map_err(|it| it.number)
    }

    #[test]
    fn rows_are_chosen_ordered_and_counted() {
        let n = Value::Int;
        assert_eq!(
            rows("SELECT [id] FROM [dbo].[t] ORDER BY [id] DESC", &[]),
            Ok(vec![vec![n(4)], vec![n(3)], vec![n(2)], vec![n(1)]])
        );
        assert_eq!(
            rows("select top (1) id from T with (nolock) where [kind] = N'USER' order by id", &[]),
            Ok(vec![vec![n(2)]])
        );
        assert_eq!(
            rows("SELECT [id] FROM [t] WHERE [id] IN (@P1, @P2) AND [on] = 1", &[n(3), n(1)]),
            Ok(vec![vec![n(3)]])
        );
        assert_eq!(
            rows("SELECT [id] FROM [t] WHERE [kind] <> N'user'", &[]),
            Ok(vec![vec![n(1)]]),
            "NULL is not unequal"
        );
        let counted = rows(
            "SELECT [kind], COUNT_BIG([id]) AS [n], MAX([id]) AS [m] FROM [t] GROUP BY [kind] HAVING COUNT_BIG([id]) >= 2",
            &[],
        );
        assert_eq!(counted, Ok(vec![vec!["user".into(), n(2), n(3)]]));
        assert_eq!(
            rows("SELECT CAST([on] AS int) AS [x] FROM [t] WHERE [id] = 3", &[]),
            Ok(vec![vec![n(1)]])
        );
        assert_eq!(
            rows("SELECT DB_NAME() AS [d], GETUTCDATE() AS [x]", &[]),
            Ok(vec![vec!["D".into(), Value::Null]])
        );
    }

    #[test]
    fn errors_have_the_servers_numbers() {
        let cases = [
            ("SELECT [id] FROM [nothing]", 208),
            ("SELECT [nothing] FROM [t]", 207),
            ("SELECT * FROM [t]", 102),
            ("DELETE FROM [t]", 102),
            ("SELECT [id] FROM [t]; SELECT 1", 102),
            ("SELECT [id], COUNT_BIG([id]) FROM [t] GROUP BY [kind]", 8120),
            ("SELECT SERVERPROPERTY(N'Edition') AS [e]", 257),
            ("SELECT [id] FROM [t] WHERE [id] = @P1", 137),
            ("SELECT FOO() AS [x]", 195),
        ];
        for (sql, number) in cases {
            assert_eq!(rows(sql, &[]), Err(number), "{sql}");
        }
        let mut closed = database();
        closed.denied.insert("t".to_owned());
        assert_eq!(run(&closed, "SELECT [id] FROM [t]", &[]).map_err(|it| it.number), Err(229));
    }
}
