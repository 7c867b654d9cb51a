//! Names of SQL Server instances.
use std::fmt;

/// A server with its instance, as `HOST`, `HOST\INSTANCE` or `HOST\INSTANCE,PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlServer {
    host: String,
    instance: String,
    port: Option<u16>,
}

/// Words for the machine itself.
const HERE: [&str; 4] = [".", "(local)", "localhost", "127.0.0.1"];

impl SqlServer {
    /// Reads a name; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, port) = match text.trim().split_once(',') {
            Some((name, port)) => (name.trim(), Some(port.trim().parse().ok()?)),
            None => (text.trim(), None),
        };
        let (host, instance) = name.split_once('\\').unwrap_or((name, ""));
        let is_name = |it: &str| !it.chars().any(|it| it.is_control() || "\\/;='\"".contains(it));
        let is_fine = !host.is_empty() && is_name(host) && is_name(instance);
        is_fine.then(|| Self { host: host.to_owned(), instance: instance.to_owned(), port })
    }

    /// The host.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether it is named without its port, and is not the default instance.
    pub(super) fn needs_browser(&self) -> bool {
        self.port.is_none() && !self.instance().is_empty()
    }

    /// The instance; empty is the default one.
    fn instance(&self) -> &str {
        if self.instance.eq_ignore_ascii_case("MSSQLSERVER") { "" } else { &self.instance }
    }

    /// Whether it is `LocalDB`, which no other machine can use.
    pub(super) fn is_local_db(&self) -> bool {
        self.host.eq_ignore_ascii_case("(localdb)")
    }

    /// Whether the host is this one, by a word for it or by its name.
    pub(super) fn is_on(&self, host: Option<&str>) -> bool {
        HERE.iter().any(|it| self.host.eq_ignore_ascii_case(it))
            || host.is_some_and(|it| same_host(&self.host, it))
    }

    /// Whether two names are of one instance. Where one word for "here" stands, `here` is the host it is said on.
    pub(super) fn is_same(&self, here: Option<&str>, other: &Self, others: Option<&str>) -> bool {
        let host = |it: &Self, here: Option<&str>| {
            if it.is_on(None) { here.map(str::to_owned) } else { Some(it.host.clone()) }
        };
        let (Some(a), Some(b)) = (host(self, here), host(other, others)) else { return false };
        same_host(&a, &b) && self.instance().eq_ignore_ascii_case(other.instance())
    }
}

impl fmt::Display for SqlServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        if !self.instance.is_empty() {
            write!(f, "\\{}", self.instance)?;
        }
        self.port.map_or(Ok(()), |it| write!(f, ",{it}"))
    }
}

/// Whether two names are of one host. A name without a suffix fits one with any.
pub(crate) fn same_host(a: &str, b: &str) -> bool {
    let (a, b) = (a.trim().trim_end_matches('.'), b.trim().trim_end_matches('.'));
    if a.is_empty() || b.is_empty() {
        return false;
    }
    let label = |it: &str| it.split('.').next().unwrap_or_default().to_ascii_lowercase();
    if a.contains('.') && b.contains('.') {
        a.eq_ignore_ascii_case(b)
    } else {
        label(a) == label(b)
    }
}

/// Whether an account belongs to a domain, given the name of the machine that it is used on.
pub(super) fn is_domain_account(account: &str, machine: Option<&str>) -> bool {
    const MACHINE: [&str; 5] = [".", "NT SERVICE", "NT AUTHORITY", "BUILTIN", "IIS APPPOOL"];
    let account = account.trim();
    if let Some((domain, name)) = account.split_once('\\') {
        let is_machine = MACHINE.iter().any(|it| it.eq_ignore_ascii_case(domain))
            || machine.is_some_and(|it| same_host(it, domain) && !domain.contains('.'));
        return !domain.is_empty() && !name.is_empty() && !name.contains('\\') && !is_machine;
    }
    let upn =
        account.split_once('@').filter(|(name, domain)| !name.is_empty() && domain.contains('.'));
    upn.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> SqlServer {
        SqlServer::parse(text).unwrap()
    }

    #[test]
    fn instances_are_told_apart() {
        // Old server's name, the host it is said on, the new one's, its host, whether they are one instance.
        let cases = [
            (r"SQL1\A", "OLD", r"sql1\a", "NEW", true),
            (r"SQL1\A", "OLD", r"sql1.corp.example\A", "NEW", true),
            (r"sql1.x.example\A", "OLD", r"sql1.corp.example\A", "NEW", false),
            ("SQL1", "OLD", r"SQL1\MSSQLSERVER", "NEW", true),
            ("SQL1", "OLD", r"SQL1\A", "NEW", false),
            ("SQL1", "OLD", "SQL1,1433", "NEW", true),
            (r".\MSONLINE", "OLD", r"OLD\MSONLINE", "NEW", true),
            (r".\MSONLINE", "OLD", r".\MSONLINE", "NEW", false),
            (r"(local)\A", "OLD", r"localhost\A", "OLD", true),
        ];
        for (old, here, new, there, same) in cases {
            let (a, b) = (server(old), server(new));
            assert_eq!(a.is_same(Some(here), &b, Some(there)), same, "{old} {new}");
        }
        assert!(!server(r".\A").is_same(None, &server(r".\A"), None), "hosts that nobody knows");
        for wrong in ["", r"\A", "a;b", "a,b", r"a\b'c"] {
            assert!(SqlServer::parse(wrong).is_none(), "{wrong}");
        }
        assert_eq!(server(r" H\I , 1500").to_string(), r"H\I,1500");
        assert!(server(r"H\I").needs_browser() && !server("H,1500").needs_browser());
    }

    #[test]
    fn accounts_of_a_domain() {
        let cases = [
            (r"CORP\svc-sync", true),
            (r"CORP\gmsa-sync$", true),
            ("svc@corp.example", true),
            (r"NT SERVICE\ADSync", false),
            (r"nt authority\SYSTEM", false),
            (r".\svc", false),
            (r"NEW\svc", false),
            ("LocalSystem", false),
            ("svc@corp", false),
            (r"CORP\", false),
            ("", false),
        ];
        for (account, expected) in cases {
            assert_eq!(is_domain_account(account, Some("NEW.corp.example")), expected, "{account}");
        }
    }
}
