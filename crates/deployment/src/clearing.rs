//! What goes when runs go: their rows, and what was worked out of them.
use rusqlite::Transaction;

use crate::FULL_SYNCHRONIZATION;

/// Settings that are worked out of the newest runs: when runs change, they are gone.
const WORKED_OUT: [&str; 3] = ["guards", "guard_details", "report"];

/// Settings that a full synchronization leaves: where its runs are cleared, they are gone.
const SYNCHRONIZED: [&str; 2] = ["synchronization_summary", "synchronized_as_of"];

/// Tables with what runs bring.
const BROUGHT: [&str; 4] =
    ["connector_space_object", "metaverse_object", "pending_export", "run_step"];

/// A verdict never stands beside runs that it has not seen.
pub(crate) fn forget_worked_out(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    WORKED_OUT.iter().try_for_each(|it| {
        transaction.execute("DELETE FROM setting WHERE name = ?1", [it]).map(|_| ())
    })
}

/// Clears every full synchronization with all that it brought.
pub(crate) fn clear_synchronizations(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let profile = FULL_SYNCHRONIZATION;
    for name in SYNCHRONIZED {
        transaction.execute("DELETE FROM setting WHERE name = ?1", [name])?;
    }
    for table in BROUGHT {
        let sql =
            format!("DELETE FROM {table} WHERE run_id IN (SELECT id FROM run WHERE profile = ?1)");
        transaction.execute(&sql, [profile])?;
    }
    transaction.execute("DELETE FROM run WHERE profile = ?1", [profile]).map(|_| ())
}

/// Clears runs with all that they brought.
pub(crate) fn clear(
    transaction: &Transaction<'_>,
    which: &str,
    connector: &str,
    profile: &str,
) -> rusqlite::Result<()> {
    for table in BROUGHT {
        let sql = format!("DELETE FROM {table} WHERE run_id IN (SELECT id FROM run WHERE {which})");
        transaction.execute(&sql, [connector, profile])?;
    }
    transaction.execute(&format!("DELETE FROM run WHERE {which}"), [connector, profile])?;
    Ok(())
}
