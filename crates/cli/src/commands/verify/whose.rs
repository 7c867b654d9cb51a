//! Whose database a URL leads to: the old server's shows nothing of the new one.
use std::net::IpAddr;

use dirlift_importer::plan::SqlServer;
use dirlift_model::host::same_host;

/// Characters of a machine's name that Windows tells; the rest of a longer one is cut off.
const NETBIOS: usize = 15;

/// Where a database is that was read.
#[derive(Clone, Debug, Default)]
pub(super) struct Seat {
    /// The machine's own word.
    pub(super) machine: Option<String>,
    /// The host as it was given.
    pub(super) host: String,
    /// Its instance; `Some("")` is the default one.
    pub(super) instance: Option<String>,
}

/// What is known of the old server.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OldServer<'a> {
    /// Its host.
    pub(super) host: Option<&'a str>,
    /// Its SQL Server, as `HOST\INSTANCE`.
    pub(super) sql: Option<&'a str>,
    /// Whether its database is on another machine.
    pub(super) is_remote: Option<bool>,
}

/// Whose database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// Not the old server's.
    New,
    /// The old server's.
    Old,
    /// Nobody can tell.
    Unknown,
}

impl Seat {
    /// The name of its host: the machine's own, else as it was given, unless that is an address.
    pub(super) fn name(&self) -> Option<&str> {
        self.names().next()
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let all = self.machine.as_deref().into_iter().chain([self.host.as_str()]);
        all.map(str::trim).filter(|it| is_name(it))
    }
}

/// Whose database it is. The host of the old server and that of its SQL Server may be two.
pub(super) fn whose(seat: &Seat, old: OldServer<'_>) -> Whose {
    let is_on = |host: &str| seat.names().any(|it| is_alike(it, host));
    let is_local_db = |it: &&str| it.to_ascii_lowercase().starts_with("(localdb)");
    let named = old.sql.and_then(SqlServer::parse);
    let sql_host = match &named {
        _ if old.sql.as_ref().is_some_and(is_local_db) => old.host,
        Some(it) if is_name(it.host()) => Some(it.host()),
        // A word for the machine itself.
        Some(it) if it.host().parse::<IpAddr>().is_err() => old.host,
        None if old.is_remote == Some(false) => old.host,
        _ => None,
    };
    let Some(sql_host) = sql_host else {
        return if old.host.is_some_and(is_on) { Whose::Old } else { Whose::Unknown };
    };
    if seat.names().next().is_none() {
        return Whose::Unknown;
    }
    if !is_on(sql_host) {
        // What else is on the old server is not to be told apart from what it uses; and a name that the machine itself does not
        // say may be another one for it.
        let is_told = seat.machine.as_deref().is_some_and(is_name);
        let is_other = is_told && !old.host.is_some_and(is_on);
        return if is_other { Whose::New } else { Whose::Unknown };
    }
    let instance =
        |it: &str| if it.eq_ignore_ascii_case("MSSQLSERVER") { "" } else { it }.to_lowercase();
    let of_old = old
        .sql
        .filter(|it| !is_local_db(it))
        .and_then(|it| it.split(',').next()?.split_once('\\'))
        .map(|it| it.1.trim());
    match (&seat.instance, of_old) {
        (Some(a), Some(b)) if instance(a) != instance(b) => Whose::New,
        _ => Whose::Old,
    }
}

/// Whether a text names a host, and is neither an address nor a word for "here".
fn is_name(host: &str) -> bool {
    let is_here = [".", "(local)", "(localdb)", "localhost"];
    let address = host.trim_start_matches('[').trim_end_matches(']');
    !host.is_empty()
        && address.parse::<IpAddr>().is_err()
        && !is_here.iter().any(|it| host.eq_ignore_ascii_case(it))
}

/// Whether two names may be of one host, one of them cut off as Windows does it.
fn is_alike(a: &str, b: &str) -> bool {
    let label = |it: &str| it.split('.').next().unwrap_or_default().to_lowercase();
    let (first, second) = (label(a), label(b));
    let is_cut = |short: &str, long: &str| short.len() == NETBIOS && long.starts_with(short);
    same_host(a, b) || is_cut(&first, &second) || is_cut(&second, &first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_told_apart_by_what_is_known() {
        use Whose::{New, Old, Unknown};
        const OLD: OldServer<'_> =
            OldServer { host: Some("OLD1.corp.example"), sql: None, is_remote: None };
        let sql = |text| OldServer { sql: Some(text), ..OLD };
        let local = OldServer { is_remote: Some(false), ..OLD };
        // The machine's own word, the host as given, its instance, the old server.
        let cases = [
            // Its SQL Server is another machine: the old server's own name says nothing.
            (Some("SQL1"), "sql1.corp.example", Some("A"), sql(r"SQL1\A"), Old),
            (Some("SQL1"), "127.0.0.1", Some("A"), sql(r"SQL1\A"), Old),
            (None, "127.0.0.1", Some("A"), sql(r"SQL1\A"), Unknown),
            (None, "localhost", None, sql(r"SQL1\A"), Unknown),
            (None, "::1", None, local, Unknown),
            (Some("SQL1"), "sql1", Some("B"), sql(r"SQL1\A"), New),
            (Some("SQL1"), "sql1", Some("A"), sql("SQL1"), Old),
            (Some("NEW1"), "127.0.0.1", Some(""), sql(r"SQL1\A"), New),
            (Some("NEW1"), "10.0.0.7", Some(""), local, New),
            // An alias: the machine says who it is.
            (Some("SQL1"), "alias.corp.example", Some("A"), sql(r"SQL1\A"), Old),
            (Some("NODE2"), "sql1", Some("A"), sql(r"SQL1\A"), Old),
            (None, "alias.corp.example", Some("A"), sql(r"SQL1\A"), Unknown),
            // Words for the old server itself.
            (Some("OLD1"), "old1", Some("MSONLINE"), sql(r".\MSONLINE"), Old),
            (Some("OLD1"), "old1", Some("MSONLINE"), sql(r"(localdb)\.\ADSync"), Old),
            (Some("OLD1"), "old1", None, local, Old),
            (Some("NEW1"), "new1", None, local, New),
            (Some("OLD1"), "old1", Some(""), sql(r"SQL1\A"), Unknown),
            // Nobody knows where the old one's is.
            (Some("NEW1"), "new1", None, OLD, Unknown),
            (Some("OLD1"), "old1", None, OLD, Old),
            (Some("NEW1"), "new1", None, sql(r"10.0.0.5\A"), Unknown),
            (Some("NEW1"), "new1", None, OldServer::default(), Unknown),
        ];
        for (machine, host, instance, old, expected) in cases {
            let seat = Seat {
                machine: machine.map(str::to_owned),
                host: host.to_owned(),
                instance: instance.map(str::to_owned),
            };
            assert_eq!(whose(&seat, old), expected, "{seat:?} {old:?}");
        }
        assert!(is_alike("FABRIKAM-SYNC-S", "fabrikam-sync-server-1.corp.example"));
        assert!(!is_alike("FABRIKAM-SYNC", "fabrikam-sync-server-1"));
    }
}
