//! Reads a synchronisation database (`FIMSynchronizationService` or `ADSync`) over TDS into [`DatabaseFacts`].
//!
//! It sends `SELECT` statements that name their columns and nothing else; no column that holds a password, a key,
//! encrypted configuration or the image of an object is among them. What it reads it does not judge. It does not print,
//! ask the clock or the environment, and may depend on `dirlift-model` only.
mod browser;
mod client;
mod connect;
mod error;
mod facts;
mod options;
mod probe;
mod row;
mod statements;
mod transport;
mod url;
mod xml;

use dirlift_model::{DatabaseFacts, progress::Progress};

pub use client::Client;
pub use connect::connect;
pub use error::Error;
pub use facts::facts;
pub use options::{ClearPassword, ConnectOptions, Credentials, Trust};
pub use secrecy::{ExposeSecret, SecretString};
pub use statements::TABLES;
pub use url::{Auth, Encrypt, Endpoint, SqlUrl, SqlUrlError};

/// Connects, reads the facts and hangs up, on a runtime of its own: for callers without one.
pub fn read(
    url: &SqlUrl,
    credentials: &Credentials,
    options: &ConnectOptions,
    progress: &mut dyn Progress,
) -> Result<DatabaseFacts, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|it| Error::Runtime { reason: it.to_string() })?;
    runtime.block_on(async {
        let mut client = connect(url, credentials, options).await?;
        let facts = facts(&mut client, progress).await?;
        client.close().await;
        Ok(facts)
    })
}
