//! Names of SQL Server instances.
use std::{fmt, net::IpAddr};

use dirlift_model::host::same_host;

/// A server with its instance, as `HOST`, `HOST\INSTANCE` or `HOST\INSTANCE,PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlServer {
    host: String,
    instance: String,
    port: Option<u16>,
}

/// Protocols that may stand before a name.
const PROTOCOLS: [&str; 4] = ["tcp:", "np:", "lpc:", "admin:"];

/// Port of a default instance.
const DEFAULT_PORT: u16 = 1433;

/// Whether two names are of one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sameness {
    /// They are.
    Same,
    /// They are not.
    Different,
    /// The names do not tell.
    Unknown,
}

/// Words for the machine itself.
const HERE: [&str; 5] = [".", "(local)", "localhost", "127.0.0.1", "::1"];

impl SqlServer {
    /// Reads a name; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        // The protocol says how it is reached, not which one it is.
        let protocol = PROTOCOLS
            .iter()
            .find(|it| text.get(..it.len()).is_some_and(|head| head.eq_ignore_ascii_case(it)));
        let text = protocol.map_or(text, |it| &text[it.len()..]);
        let (name, port) = match text.split_once(',') {
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

    /// Whether the host is named, and this one.
    pub(super) fn is_on_named(&self, host: Option<&str>) -> bool {
        !self.is_on(None) && self.is_on(host)
    }

    /// Whether two names are of one instance. Where one word for "here" stands, `here` is the host it is said on.
    pub(super) fn compare(
        &self,
        here: Option<&str>,
        other: &Self,
        others: Option<&str>,
    ) -> Sameness {
        let host = |it: &Self, here: Option<&str>| {
            if it.is_on(None) { here.map(str::to_owned) } else { Some(it.host.clone()) }
        };
        let (Some(a), Some(b)) = (host(self, here), host(other, others)) else {
            return Sameness::Unknown;
        };
        let is_address = |it: &str| it.parse::<IpAddr>().is_ok();
        if (is_address(&a) || is_address(&b)) && !a.eq_ignore_ascii_case(&b) {
            return Sameness::Unknown;
        }
        if !is_address(&a) && !same_host(&a, &b) {
            return Sameness::Different;
        }
        let same_name = self.instance().eq_ignore_ascii_case(other.instance());
        let is_named = !self.instance().is_empty();
        let told = |it| if it { Sameness::Same } else { Sameness::Different };
        match (self.port, other.port) {
            (None, None) => told(same_name),
            (Some(a), Some(b)) if a != b && same_name && is_named => Sameness::Unknown,
            (Some(a), Some(b)) => told(a == b),
            // Where a port is given, the name of the instance is not asked for.
            (Some(port), None) | (None, Some(port)) => {
                let without = if self.port.is_none() { self } else { other };
                let is_default = without.instance().is_empty();
                if (same_name && is_named) || (is_default && port == DEFAULT_PORT) {
                    Sameness::Same
                } else {
                    Sameness::Unknown
                }
            }
        }
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
        use Sameness::{Different, Same, Unknown};
        // Old server's name, the host it is said on, the new one's, its host, whether they are one instance.
        let cases = [
            (r"SQL1\A", "OLD", r"sql1\a", "NEW", Same),
            (r"SQL1\A", "OLD", r"sql1.corp.example\A", "NEW", Same),
            (r"sql1.x.example\A", "OLD", r"sql1.corp.example\A", "NEW", Different),
            ("SQL1", "OLD", r"SQL1\MSSQLSERVER", "NEW", Same),
            ("SQL1", "OLD", r"SQL1\A", "NEW", Different),
            ("SQL1", "OLD", "SQL1,1433", "NEW", Same),
            ("SQL1", "OLD", "SQL1,50123", "NEW", Unknown),
            (r"SQL1\A", "OLD", "SQL1,50123", "NEW", Unknown),
            (r"SQL1\A", "OLD", r"SQL1\B,50123", "NEW", Unknown),
            (r"SQL1\A", "OLD", r"SQL1\A,50123", "NEW", Same),
            ("SQL1,1500", "OLD", r"SQL1\A,1500", "NEW", Same),
            ("SQL1,1500", "OLD", "SQL1,1501", "NEW", Different),
            (r"SQL1\A,1500", "OLD", r"SQL1\A,1501", "NEW", Unknown),
            (r"SQL1\A", "OLD", r"tcp:SQL1\A", "NEW", Same),
            (r"TCP: SQL1\A", "OLD", r"lpc:sql1\a", "NEW", Same),
            (r"SQL1\A", "OLD", r"10.0.0.5\A", "NEW", Unknown),
            (r"10.0.0.5\A", "OLD", r"10.0.0.5\A", "NEW", Same),
            (r".\MSONLINE", "OLD", r"OLD\MSONLINE", "NEW", Same),
            (r".\MSONLINE", "OLD", r".\MSONLINE", "NEW", Different),
            (r"(local)\A", "OLD", r"localhost\A", "OLD", Same),
        ];
        for (old, here, new, there, same) in cases {
            let (a, b) = (server(old), server(new));
            assert_eq!(a.compare(Some(here), &b, Some(there)), same, "{old} {new}");
        }
        assert_eq!(server(r".\A").compare(None, &server(r".\A"), None), Unknown);
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
