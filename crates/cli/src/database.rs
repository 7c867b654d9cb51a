//! A live database on the command line: where it is, who logs in, and how it is read.
use std::{
    cell::RefCell,
    io::{self, Write as _},
    path::PathBuf,
    pin::pin,
    time::Duration,
};

use dirlift_model::{DatabaseFacts, progress::Progress, text::sanitize};
use dirlift_syncdb::{Auth, ConnectOptions, Credentials, Endpoint, SqlUrl, Trust};

use crate::{
    credentials::{password, read_file},
    error::CommandError,
    progress::SECONDS,
};

/// How often the line on the terminal is drawn anew while the server is silent.
const TICK: Duration = Duration::from_millis(250);

/// How a live database is reached.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Database")]
pub(crate) struct DatabaseArgs {
    /// Database to read.
    #[arg(
        long,
        value_name = "URL",
        help = "Database to read over the network, alone or in place of the snapshot's database.json: \
                mssql://[USER@]HOST[:PORT][\\INSTANCE]/DATABASE[?auth=sql|windows&encrypt=required|off]"
    )]
    sql: Option<String>,
    /// Login.
    #[arg(
        long,
        value_name = "NAME",
        requires = "sql",
        help = "SQL Server login, unless the URL names one. Its password comes from --password-file, else from the \
                environment variable DIRLIFT_PASSWORD, else you are asked for it"
    )]
    user: Option<String>,
    /// File that holds the password and nothing else
    #[arg(long, value_name = "FILE", requires = "sql")]
    password_file: Option<PathBuf>,
    /// Certificate of the authority that signed the server's certificate (PEM or DER), beside those of the system
    #[arg(long, value_name = "FILE", requires = "sql")]
    ca_file: Option<PathBuf>,
    /// Take the server's certificate as it is, such as the one that SQL Server makes for itself: everything is encrypted,
    /// but somebody between here and the server could read it, the password too
    #[arg(long, requires = "sql", conflicts_with = "ca_file")]
    trust_server_certificate: bool,
}

/// A database that is about to be read: everything that can be wrong without a network has been looked at.
pub(crate) struct Target {
    url: SqlUrl,
    credentials: Credentials,
    options: ConnectOptions,
}

impl DatabaseArgs {
    /// Checks the arguments and gets hold of the password; `None` when no database is asked for.
    pub(crate) fn target(&self) -> Result<Option<Target>, CommandError> {
        let Some(text) = &self.sql else { return Ok(None) };
        // The URL is not shown: it could hold a password.
        let mut url: SqlUrl = text.parse().map_err(CommandError::usage)?;
        match (&self.user, url.user()) {
            (Some(user), Some(other)) if user != other => {
                let text = format!("--user says `{user}` and the URL says `{other}`");
                return Err(CommandError::usage(text).hint("name the user once"));
            }
            (Some(user), _) => url = url.with_user(user),
            (None, _) => {}
        }
        if url.user().is_none() && url.auth() == Auth::Sql {
            let text = "`auth=sql` needs a user";
            let hint = "write mssql://USER@HOST/DATABASE, or give --user NAME";
            return Err(CommandError::usage(text).hint(hint));
        }
        let trust = match &self.ca_file {
            Some(path) => Trust::SystemAnd(read_file(path)?),
            None if self.trust_server_certificate => {
                let text = format!("warning: the certificate of {} is not checked\n", url.server());
                // A closed error stream is no reason to stop.
                drop(io::stderr().write_all(sanitize_line(&text).as_bytes()));
                Trust::AnyCertificate
            }
            None => Trust::System,
        };
        let credentials = match url.user() {
            None => Credentials::CurrentUser,
            Some(user) => Credentials::Password {
                user: None,
                password: password(self.password_file.as_deref(), user, &url.server())?,
            },
        };
        Ok(Some(Target {
            url,
            credentials,
            options: ConnectOptions { trust, ..Default::default() },
        }))
    }
}

impl Target {
    /// The server and the database, for people.
    pub(crate) fn name(&self) -> String {
        format!("{} on {}", self.url.database(), self.url.server())
    }

    /// The host alone, without instance and port.
    pub(crate) fn host(&self) -> String {
        host(&self.url)
    }

    /// Connects, reads the facts and hangs up. The runtime lives as long as this.
    pub(crate) fn read(&self, progress: &mut dyn Progress) -> Result<DatabaseFacts, CommandError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime
            .map_err(|it| CommandError::failed(format!("starting the network runtime: {it}")))?;
        let facts = runtime.block_on(async {
            let shared = RefCell::new(progress);
            let work = async {
                let what = format!("connecting to {}", self.url.server());
                Shared(&shared).begin(&what, SECONDS, None);
                let connected =
                    dirlift_syncdb::connect(&self.url, &self.credentials, &self.options).await;
                Shared(&shared).end();
                let mut client = connected?;
                let facts = dirlift_syncdb::facts(&mut client, &mut Shared(&shared)).await?;
                client.close().await;
                Ok(facts)
            };
            ticking(&shared, Box::pin(work)).await
        });
        facts.map_err(|it: dirlift_syncdb::Error| {
            let hint = "docs/sql-server.md says what the login must be allowed to read and how the connection is encrypted";
            CommandError::failed(it).hint(hint)
        })
    }
}

fn host(url: &SqlUrl) -> String {
    match url.endpoint() {
        Endpoint::Tcp { host, .. } => host.clone(),
        Endpoint::Pipe { path } => {
            path.trim_start_matches('\\').split('\\').next().unwrap_or_default().to_owned()
        }
    }
}

/// Progress that the reader and the clock both draw.
struct Shared<'a, 'b>(&'a RefCell<&'b mut dyn Progress>);

impl Progress for Shared<'_, '_> {
    fn begin(&mut self, what: &str, unit: &str, total: Option<u64>) {
        self.0.borrow_mut().begin(what, unit, total);
    }

    fn advance(&mut self, n: u64) {
        self.0.borrow_mut().advance(n);
    }

    fn end(&mut self) {
        self.0.borrow_mut().end();
    }
}

/// Does the work and draws the progress anew now and then: a server that counts millions of rows is silent for minutes.
async fn ticking<T>(progress: &RefCell<&mut dyn Progress>, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut clock = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = clock.tick() => progress.borrow_mut().advance(0),
        }
    }
}

/// A line made harmless, with its line end kept.
fn sanitize_line(text: &str) -> String {
    format!("{}\n", sanitize(text.trim_end_matches('\n')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_told_from_the_url() {
        for (url, expected) in [
            (r"mssql://u@sql1.x.example:1433\A/ADSync", "sql1.x.example"),
            ("mssql://u@[::1]:1433/ADSync", "::1"),
            ("mssql://u@10.0.0.1/ADSync", "10.0.0.1"),
        ] {
            assert_eq!(host(&url.parse().unwrap()), expected, "{url}");
        }
    }
}
