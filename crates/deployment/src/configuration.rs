//! What a deployment is configured with: connectors, their partitions, and the rules.
use dirlift_model::Guid;
use rusqlite::{Transaction, params};

use crate::{
    ConnectorKind, Store, StoreError, StoredConnector,
    clearing::{clear_synchronizations, forget_worked_out},
};

/// A part of a connector's directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPartition {
    /// The connector.
    pub connector: Guid,
    /// DN of the naming context.
    pub dn: String,
    /// In scope.
    pub selected: bool,
}

/// A rule of the deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRule {
    /// Its id.
    pub id: Guid,
    /// Its name.
    pub name: String,
    /// `Inbound` or `Outbound`.
    pub direction: String,
    /// The connector whose objects it handles.
    pub connector: Guid,
    /// The lower number wins; `None` when its file does not say.
    pub precedence: Option<u32>,
    /// It is turned off.
    pub disabled: bool,
    /// Where it comes from: `target`, `sample`, `built-in`, or `custom` for one that no product shipped.
    pub source: String,
    /// The rule as its XML file.
    pub content: String,
}

/// Everything that a deployment is configured with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredConfiguration {
    /// Connectors, in their order.
    pub connectors: Vec<StoredConnector>,
    /// Their partitions.
    pub partitions: Vec<StoredPartition>,
    /// The rules, in their order.
    pub rules: Vec<StoredRule>,
    /// Settings by name.
    pub settings: Vec<(String, String)>,
}

const WRITING: &str = "writing the configuration";
const READING: &str = "reading the configuration";

impl Store {
    /// Writes the configuration down, all of it or nothing, in place of an earlier one. Once there are runs it stays.
    pub fn write_configuration(&mut self, all: &StoredConfiguration) -> Result<(), StoreError> {
        let path = self.path.clone();
        let failed = |it| StoreError::new(&path, WRITING, &it);
        if all.settings.iter().any(|(name, _)| name.eq_ignore_ascii_case(crate::open::STAGING)) {
            return Err(StoreError::Staging { path });
        }
        let transaction = self.connection.transaction().map_err(failed)?;
        for table in ["sync_rule", "partition", "connector"] {
            transaction.execute(&format!("DELETE FROM {table}"), []).map_err(failed)?;
        }
        insert(&transaction, all).map_err(failed)?;
        transaction.commit().map_err(failed)
    }

    /// Puts other rules and settings in the place of those that are there, all of it or nothing. Runs of full
    /// synchronizations, which went by the old rules, are cleared with what was worked out of them; imports stay.
    pub fn replace_rules(
        &mut self,
        rules: &[StoredRule],
        settings: &[(String, String)],
    ) -> Result<(), StoreError> {
        let path = self.path.clone();
        let failed = |it| StoreError::new(&path, WRITING, &it);
        if settings.iter().any(|(name, _)| name.eq_ignore_ascii_case(crate::open::STAGING)) {
            return Err(StoreError::Staging { path });
        }
        let transaction = self.connection.transaction().map_err(failed)?;
        transaction.execute("DELETE FROM sync_rule", []).map_err(failed)?;
        insert_rules(&transaction, rules).map_err(failed)?;
        clear_synchronizations(&transaction).map_err(failed)?;
        forget_worked_out(&transaction).map_err(failed)?;
        write_settings(&transaction, settings).map_err(failed)?;
        transaction.commit().map_err(failed)
    }

    /// The partitions, by connector and name.
    pub fn partitions(&self) -> Result<Vec<StoredPartition>, StoreError> {
        let sql = "SELECT connector_id, dn, selected FROM partition ORDER BY connector_id, dn";
        self.rows(READING, sql, |row, damaged| {
            Ok(StoredPartition {
                connector: row
                    .get::<_, String>(0)?
                    .parse()
                    .map_err(|_| damaged("the id of a connector is no GUID"))?,
                dn: row.get(1)?,
                selected: row.get(2)?,
            })
        })
    }

    /// The rules, in their order.
    pub fn rules(&self) -> Result<Vec<StoredRule>, StoreError> {
        let sql = "SELECT id, name, direction, connector_id, precedence, disabled, source, content \
                   FROM sync_rule ORDER BY position";
        self.rows(READING, sql, |row, damaged| {
            let guid = |at: usize| -> rusqlite::Result<Option<Guid>> {
                Ok(row.get::<_, String>(at)?.parse().ok())
            };
            Ok(StoredRule {
                id: guid(0)?.ok_or_else(|| damaged("the id of a rule is no GUID"))?,
                name: row.get(1)?,
                direction: row.get(2)?,
                connector: guid(3)?.ok_or_else(|| damaged("the id of a connector is no GUID"))?,
                precedence: row.get(4)?,
                disabled: row.get(5)?,
                source: row.get(6)?,
                content: row.get(7)?,
            })
        })
    }
}

fn insert(transaction: &Transaction<'_>, all: &StoredConfiguration) -> rusqlite::Result<()> {
    for (position, it) in (1_i64..).zip(&all.connectors) {
        insert_connector(transaction, position, it)?;
    }
    let mut partition = transaction
        .prepare("INSERT INTO partition (connector_id, dn, selected) VALUES (?1, ?2, ?3)")?;
    for it in &all.partitions {
        partition.execute(params![it.connector.to_string(), it.dn, it.selected])?;
    }
    insert_rules(transaction, &all.rules)?;
    write_settings(transaction, &all.settings)
}

fn insert_rules(transaction: &Transaction<'_>, all: &[StoredRule]) -> rusqlite::Result<()> {
    let mut rule = transaction.prepare(
        "INSERT INTO sync_rule \
         (position, id, name, direction, connector_id, precedence, disabled, source, content) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for (position, it) in (1_i64..).zip(all) {
        rule.execute(params![
            position,
            it.id.to_string(),
            it.name,
            it.direction,
            it.connector.to_string(),
            it.precedence,
            it.disabled,
            it.source,
            it.content
        ])?;
    }
    Ok(())
}

/// Writes settings in place of earlier ones.
pub(crate) fn write_settings(
    transaction: &Transaction<'_>,
    settings: &[(String, String)],
) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare(
        "INSERT INTO setting (name, value) VALUES (?1, ?2) \
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?;
    for (name, value) in settings {
        insert.execute([name, value])?;
    }
    Ok(())
}

/// Writes one connector.
pub(crate) fn insert_connector(
    transaction: &Transaction<'_>,
    position: i64,
    it: &StoredConnector,
) -> rusqlite::Result<()> {
    let kind = match it.kind {
        ConnectorKind::ActiveDirectory => "active-directory",
        ConnectorKind::EntraId => "entra-id",
    };
    let sql = "INSERT INTO connector (id, position, name, kind) VALUES (?1, ?2, ?3, ?4)";
    transaction.execute(sql, params![it.id.to_string(), position, it.name, kind]).map(|_| ())
}
