//! A forest of two domains, each on a server of its own that knows nothing of the other's objects. The servers are
//! played; that real domain controllers describe such a forest in this way is taken from the documentation.
use std::io::Write;

use dirlift_directory::{
    Connect, DirectoryError, Event, ImportRequest, PartitionRequest, Security, Server, Source,
};
use dirlift_model::config::ContainerScope;
use dirlift_testkit::{
    ldap::{
        Answer, Handler, LdapServer, Operation, Request, StartTls, bind_done, entry, reference,
        search_done,
    },
    pki::{Authority, Validity},
};
use tempfile::NamedTempFile;

use crate::common::{Imported, ca_file, connect, import, server};

const CONFIGURATION: &str = "CN=Configuration,DC=x,DC=example";
const ROOT: &str = "DC=x,DC=example";
const CHILD: &str = "DC=child,DC=x,DC=example";

type Attributes<'a> = &'a [(&'a str, &'a [&'a [u8]])];

/// What every domain controller of the forest says of it; `false` when something else was asked for.
fn describe(request: &Request, own: &str, out: &mut dyn Write) -> std::io::Result<bool> {
    let id = request.id;
    let Operation::Search { base, attributes, .. } = &request.operation else { return Ok(false) };
    let mut give = |dn: &str, attributes: Attributes<'_>| out.write_all(&entry(id, dn, attributes));
    if base.is_empty() {
        give(
            "",
            &[
                ("configurationNamingContext", &[CONFIGURATION.as_bytes()]),
                ("schemaNamingContext", &[b"CN=Schema,CN=Configuration,DC=x,DC=example"]),
                ("defaultNamingContext", &[own.as_bytes()]),
                ("rootDomainNamingContext", &[ROOT.as_bytes()]),
                ("forestFunctionality", &[b"7"]),
            ],
        )?;
    } else if base.starts_with("CN=Partitions") {
        let rows: [(&str, &str, &str, &str); 4] = [
            ("X", ROOT, "x.example", "3"),
            ("CHILD", CHILD, "Child.x.example", "3"),
            ("Configuration", CONFIGURATION, "x.example", "1"),
            ("Zones", "DC=DomainDnsZones,DC=x,DC=example", "DomainDnsZones.x.example", "5"),
        ];
        for (name, context, dns, flags) in rows {
            let mut row: Vec<(&str, &[&[u8]])> = Vec::new();
            let values = [[context.as_bytes()], [dns.as_bytes()], [flags.as_bytes()]];
            for (name, value) in ["nCName", "dnsRoot", "systemFlags"].iter().zip(&values) {
                row.push((name, value));
            }
            let netbios = [name.as_bytes()];
            if flags == "3" {
                row.push(("nETBIOSName", &netbios));
            }
            give(&format!("CN={name},{base}"), &row)?;
        }
    } else if base.starts_with("CN=Sites") {
        let wants_hosts = attributes.iter().any(|it| it == "dNSHostName");
        for (name, domain) in [("DC1", ROOT), ("DC2", CHILD), ("DC3", CHILD)] {
            let dn = format!("CN={name},CN=Servers,CN=Main,{base}");
            if wants_hosts {
                let host = format!(
                    "{name}.{}",
                    if domain == ROOT { "x.example" } else { "child.x.example" }
                );
                give(&dn, &[("dNSHostName", &[host.as_bytes()])])?;
            } else {
                let settings = format!("CN=NTDS Settings,{dn}");
                give(&settings, &[("msDS-HasDomainNCs", &[domain.as_bytes()])])?;
            }
        }
    } else if base.starts_with("CN=Schema") {
        give("CN=a", &[("lDAPDisplayName", &[b"sn"]), ("attributeSyntax", &[b"2.5.5.12"])])?;
    } else {
        return Ok(false);
    }
    out.write_all(&search_done(id, 0, "", Some(b"")))?;
    Ok(true)
}

/// A domain controller of one of the domains, with two users in nested containers.
fn controller(authority: &Authority, own: &'static str) -> LdapServer {
    let leaf = authority.issue(&["127.0.0.1"], Validity::Long).unwrap();
    let handler = move || -> Box<dyn Handler> {
        Box::new(move |request: &Request, out: &mut dyn Write| {
            let id = request.id;
            let Operation::Search { base, .. } = &request.operation else {
                out.write_all(&bind_done(id, 0, ""))?;
                return Ok(Answer::Continue);
            };
            if describe(request, own, out)? {
                return Ok(Answer::Continue);
            }
            let holds = base.ends_with(own) && (own == CHILD || !base.ends_with(CHILD));
            if !holds {
                out.write_all(&search_done(id, 10, "0000202B: RefErr", None))?;
                return Ok(Answer::Continue);
            }
            for (n, dn) in
                [format!("CN=1,OU=a,{own}"), format!("CN=2,OU=b,OU=a,{own}")].iter().enumerate()
            {
                let guid = [u8::try_from(n + own.len()).unwrap(); 16];
                let user: Attributes<'_> = &[
                    ("objectClass", &[b"top", b"user"]),
                    ("objectGUID", &[&guid]),
                    ("sn", &[own.as_bytes()]),
                ];
                out.write_all(&entry(id, dn, user))?;
            }
            if own == ROOT {
                out.write_all(&reference(id, &format!("ldap://child.x.example/{CHILD}")))?;
            }
            out.write_all(&search_done(id, 0, "", None))?;
            Ok(Answer::Continue)
        })
    };
    LdapServer::start(&leaf, StartTls::Implicit, handler).unwrap()
}

/// The two controllers of a forest.
struct Forest {
    root: LdapServer,
    child: LdapServer,
    ca: NamedTempFile,
}

impl Forest {
    fn new() -> Self {
        let authority = Authority::new("Own").unwrap();
        let (root, child) = (controller(&authority, ROOT), controller(&authority, CHILD));
        Self { root, child, ca: ca_file(&authority) }
    }

    fn server(of: &LdapServer) -> Server {
        server(of.address().ip(), of.address().port(), Security::Ldaps)
    }

    fn connect(&self) -> Connect {
        let mut connect = connect(&self.ca, "ann@x.example", "secret");
        connect.servers.insert("child.x.example".to_owned(), vec![Self::server(&self.child)]);
        connect
    }

    async fn import(&self, request: ImportRequest, connect: Connect) -> Imported {
        import(Source::Ldap(Self::server(&self.root)), request, connect).await.unwrap()
    }
}

/// Where a server was asked for objects, each place once.
fn asked(server: &LdapServer) -> Vec<String> {
    let mut bases: Vec<String> = server
        .requests()
        .into_iter()
        .filter_map(|it| match it.operation {
            Operation::Search { base, scope: 2, .. } if !base.contains("CN=Configuration") => {
                Some(base)
            }
            _ => None,
        })
        .collect();
    bases.dedup();
    bases
}

#[tokio::test]
async fn each_domain_is_read_from_a_server_of_its_own() {
    let forest = Forest::new();
    let imported = forest.import(ImportRequest::stock(), forest.connect()).await;
    assert!(imported.error.is_none(), "{:?}", imported.error);
    let mut names: Vec<_> = imported.objects.iter().map(|it| it.dn.as_str()).collect();
    names.sort_unstable();
    let expected = [
        "CN=1,OU=a,DC=child,DC=x,DC=example",
        "CN=1,OU=a,DC=x,DC=example",
        "CN=2,OU=b,OU=a,DC=child,DC=x,DC=example",
        "CN=2,OU=b,OU=a,DC=x,DC=example",
    ];
    assert_eq!(names, expected);
    assert_eq!(
        (asked(&forest.root), asked(&forest.child)),
        (vec![ROOT.to_owned()], vec![CHILD.to_owned()])
    );
    let told = imported.report.forest.clone().unwrap();
    assert_eq!((told.dns_name.as_deref(), told.functional_level), (Some("x.example"), Some(7)));
    let domains: Vec<_> = told
        .domains
        .iter()
        .map(|it| {
            (
                it.dns_name.as_deref().unwrap(),
                it.netbios_name.as_deref().unwrap(),
                it.servers.join(" "),
            )
        })
        .collect();
    let expected = [
        ("x.example", "X", "dc1.x.example".to_owned()),
        ("child.x.example", "CHILD", "dc2.child.x.example dc3.child.x.example".to_owned()),
    ];
    assert_eq!(domains, expected);
    for object in &imported.objects {
        let own = told.domain_of(&object.dn).unwrap().naming_context.as_str();
        assert_eq!(object.text("sn"), Some(own));
    }
    let referral = Event::Referral(format!("ldap://child.x.example/{CHILD}"));
    assert_eq!(imported.report.events.iter().filter(|it| **it == referral).count(), 1);
}

#[tokio::test]
async fn a_domain_that_is_not_selected_is_not_asked() {
    let forest = Forest::new();
    let mut request = ImportRequest::stock();
    let dns =
        |all: &[&str]| all.iter().map(|it| format!("{it},{CHILD}").parse().unwrap()).collect();
    request.partitions = vec![PartitionRequest {
        naming_context: CHILD.parse().unwrap(),
        object_classes: Vec::new(),
        scope: ContainerScope { inclusions: dns(&["OU=a"]), exclusions: dns(&["OU=b,OU=a"]) },
    }];
    let imported = forest.import(request, forest.connect()).await;
    assert!(imported.error.is_none(), "{:?}", imported.error);
    assert_eq!(imported.names(), ["1"]);
    assert_eq!(imported.report.n_out_of_scope, 1);
    assert!(asked(&forest.root).is_empty());
    assert_eq!(asked(&forest.child), [format!("OU=a,{CHILD}")]);
}

#[tokio::test]
async fn a_domain_whose_server_is_gone_or_wrong_ends_the_import() {
    let forest = Forest::new();
    let mut connect = forest.connect();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone = server("127.0.0.1", free.port(), Security::Ldaps);
    connect.limits.restarts = 1;
    connect.servers.insert("child.x.example".to_owned(), vec![gone]);
    let imported = forest.import(ImportRequest::stock(), connect.clone()).await;
    assert_eq!(imported.objects.len(), 2, "the root's objects had come");
    let error = imported.error.unwrap();
    assert!(matches!(error, DirectoryError::GaveUp { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains(&format!("reading {CHILD}")) && text.contains(&free.to_string()),
        "{text}"
    );

    // The root's server does not hold the child.
    connect.servers.insert("child.x.example".to_owned(), vec![Forest::server(&forest.root)]);
    let imported = forest.import(ImportRequest::stock(), connect).await;
    let text = imported.error.unwrap().to_string();
    assert!(
        text.contains("result 10, referral") && text.contains("name a server of that domain"),
        "{text}"
    );
}
