//! A live database: alone, or a restored copy beside the files of a server that no longer starts.
use dirlift_model::{
    DatabaseFacts, HostFacts, NotChecked,
    database::SqlServer,
    facts::Registry,
    text::{sanitize, shorten},
};

use crate::{Host, SourceError};

/// Keys that name the SQL Server of an engine.
const PARAMETERS: [&str; 2] = [
    r"HKLM\SYSTEM\CurrentControlSet\Services\ADSync\Parameters",
    r"HKLM\SYSTEM\CurrentControlSet\Services\FIMSynchronizationService\Parameters",
];

/// A host of which no file is at hand: everything that is known comes from its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoFiles;

impl Host for NoFiles {
    fn describe(&self) -> String {
        "no snapshot".to_owned()
    }

    fn parts(&self) -> Vec<String> {
        Vec::new()
    }

    fn read(&self, _: &str) -> Result<Option<Vec<u8>>, SourceError> {
        Ok(None)
    }

    fn why_nothing(&self) -> Option<&'static str> {
        Some("no snapshot was given")
    }
}

/// A database that was read on another machine than the one it belonged to: what that machine says of itself is not
/// true of the old server. It is replaced by what is known from before, else dropped, and the gap is returned.
pub(crate) fn forget_other_server(
    live: &mut DatabaseFacts,
    registry: Option<&Registry>,
    host: &HostFacts,
    before: Option<&DatabaseFacts>,
) -> Option<NotChecked> {
    let old = old_server(registry?, host)?;
    let read_on = live.server.machine_name.clone()?;
    if label(&old) == label(&read_on) {
        return None;
    }
    let kept = SqlServer {
        database: live.server.database.take(),
        collation: live.server.collation.take(),
        ..SqlServer::default()
    };
    live.server = match before {
        Some(before) => before.server.clone(),
        None => kept,
    };
    before.is_none().then(|| NotChecked {
        what: "edition and version of the SQL Server that the old server used".to_owned(),
        why: format!(
            "the database was read on {}, a copy: the registry of the old server names {}",
            shorten(&sanitize(&read_on), 100),
            shorten(&sanitize(&old), 100)
        ),
        needed: false,
    })
}

/// The machine of the old server's database: the one in the registry, or the host itself.
fn old_server(registry: &Registry, host: &HostFacts) -> Option<String> {
    let named = PARAMETERS.iter().find_map(|it| registry.string(it, "Server"))?;
    let name = machine(named);
    let is_local = ["", ".", "(local)", "localhost", "127.0.0.1", "::1"]
        .iter()
        .any(|it| name.eq_ignore_ascii_case(it))
        || name.to_ascii_lowercase().starts_with("(localdb)");
    if is_local { host.name.clone() } else { Some(name.to_owned()) }
}

/// The machine of `tcp:SQL01\INST,1433`.
fn machine(name: &str) -> &str {
    let name = name.strip_prefix("tcp:").or_else(|| name.strip_prefix("np:")).unwrap_or(name);
    name.split(['\\', ',']).next().unwrap_or(name).trim()
}

fn label(name: &str) -> String {
    name.split('.').next().unwrap_or(name).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use dirlift_model::facts::{RegistryKey, RegistryValue};

    use super::*;

    fn registry(server: &str) -> Registry {
        let values = vec![("Server".to_owned(), RegistryValue::String(server.to_owned()))];
        let path = PARAMETERS[1].replacen("HKLM", "HKEY_LOCAL_MACHINE", 1);
        Registry { keys: vec![RegistryKey { path, values }] }
    }

    fn facts(machine: &str) -> DatabaseFacts {
        let server = SqlServer {
            machine_name: Some(machine.to_owned()),
            edition: Some("Standard Edition (64-bit)".to_owned()),
            collation: Some("Latin1_General_CI_AS".to_owned()),
            ..SqlServer::default()
        };
        DatabaseFacts { server, ..DatabaseFacts::default() }
    }

    #[test]
    fn a_copy_is_told_by_the_machine() {
        let host =
            HostFacts { name: Some("SYNC01.corp.example".to_owned()), ..HostFacts::default() };
        let cases = [
            ("", "SYNC01", false),
            ("(local)", "sync01", false),
            (r"(localdb)\.\ADSync", "SYNC01", false),
            ("", "SQL02", true),
            (r"tcp:SQL01.corp.example\MSONLINE,1433", "SQL01", false),
            (r"SQL01\MSONLINE", "SQL02", true),
        ];
        for (named, read_on, is_copy) in cases {
            let mut live = facts(read_on);
            let gap = forget_other_server(&mut live, Some(&registry(named)), &host, None);
            assert_eq!(gap.is_some(), is_copy, "{named} {read_on}");
            assert_eq!(live.server.edition.is_none(), is_copy, "{named} {read_on}");
            assert_eq!(live.server.collation.as_deref(), Some("Latin1_General_CI_AS"));
        }
    }

    #[test]
    fn what_is_known_from_before_stays_and_what_cannot_be_told_is_believed() {
        let host = HostFacts { name: Some("SYNC01".to_owned()), ..HostFacts::default() };
        let mut before = facts("SYNC01");
        before.server.edition = Some("Express Edition".to_owned());
        let mut live = facts("SQL02");
        assert_eq!(forget_other_server(&mut live, Some(&registry("")), &host, Some(&before)), None);
        assert_eq!(live.server, before.server);
        for (registry, host) in [(None, &host), (Some(registry("")), &HostFacts::default())] {
            let mut live = facts("SQL02");
            assert_eq!(forget_other_server(&mut live, registry.as_ref(), host, None), None);
            assert_eq!(live, facts("SQL02"));
        }
    }
}
