//! An open connection, and statements on it.
use futures_util::TryStreamExt;
use tiberius::ToSql;

use crate::{
    connect::Stream,
    error::{Error, Limits, StatementError, of_statement},
    row::Cells,
    statements::Statement,
    transport::Allowance,
};

/// A connection to a database. It reads only.
pub struct Client {
    pub(crate) inner: tiberius::Client<Stream>,
    pub(crate) allowance: Allowance,
    pub(crate) server: String,
    pub(crate) database: String,
    pub(crate) grant: String,
    pub(crate) max_runs: u32,
    pub(crate) large_group: u32,
    pub(crate) limits: Limits,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("server", &self.server)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// The server in the words of the URL.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Runs a statement and hands out its rows; the stream is read to its end, where late errors stand.
    pub(crate) async fn rows(
        &mut self,
        statement: &Statement,
        arguments: &[&dyn ToSql],
        mut each: impl FnMut(Cells),
    ) -> Result<(), StatementError> {
        self.allowance.set(self.limits.bytes);
        let Self { inner, server, limits, allowance, .. } = self;
        let sorted = |error: &tiberius::error::Error| {
            if allowance.is_overdrawn() {
                let (server, what) = (server.clone(), statement.what.to_owned());
                return StatementError::Fatal(Error::TooMuch { server, what, limit: limits.bytes });
            }
            of_statement(error, server, statement.what, *limits)
        };
        let started = if arguments.is_empty() {
            inner.simple_query(statement.sql.as_str()).await
        } else {
            inner.query(statement.sql.as_str(), arguments).await
        };
        let mut stream = started.map_err(|it| sorted(&it))?;
        let mut n_results = 0;
        while let Some(item) = stream.try_next().await.map_err(|it| sorted(&it))? {
            match item {
                tiberius::QueryItem::Metadata(_) => n_results += 1,
                tiberius::QueryItem::Row(row) => each(Cells::new(row)),
            }
        }
        if n_results == 1 {
            return Ok(());
        }
        Err(StatementError::Fatal(Error::Protocol {
            server: server.clone(),
            what: statement.what.to_owned(),
            reason: format!("one result was asked for and {n_results} came"),
        }))
    }

    /// Ends the connection.
    pub async fn close(self) {
        // The server notices a closed socket as well.
        self.inner.close().await.ok();
    }
}
