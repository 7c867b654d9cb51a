//! A server that answers as no server should, or as some do on their bad days.
use std::{
    io::Write,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use dirlift_directory::{
    DirectoryError, Event, Import, ImportRequest, PartitionRequest, Security, Source,
};
use dirlift_model::AttributeValue;
use dirlift_testkit::{
    ldap::{
        Answer, Handler, LdapServer, Operation, Request, StartTls, bind_done, element, entry,
        enumerated, integer, octets, reference, search_done, sequence,
    },
    pki::{Authority, Validity},
};

use crate::common::{Imported, ca_file, connect, import, server};

const CONFIGURATION: &str = "CN=Configuration,DC=x,DC=example";
const SCHEMA: &str = "CN=Schema,CN=Configuration,DC=x,DC=example";
const DOMAIN: &str = "DC=x,DC=example";

/// What the server does with the subtree search of the import.
type Search = fn(&Request, &mut dyn Write) -> std::io::Result<Answer>;

/// A small directory: rootDSE, one domain, some attributes; the import itself goes to `search`.
fn directory(search: Search) -> impl Fn() -> Box<dyn Handler> + Send + 'static {
    move || {
        Box::new(move |request: &Request, out: &mut dyn Write| {
            let id = request.id;
            let Operation::Search { base, .. } = &request.operation else {
                out.write_all(&bind_done(id, 0, ""))?;
                return Ok(Answer::Continue);
            };
            if base.is_empty() {
                let root: &[(&str, &[&[u8]])] = &[
                    ("configurationNamingContext", &[CONFIGURATION.as_bytes()]),
                    ("schemaNamingContext", &[SCHEMA.as_bytes()]),
                    ("defaultNamingContext", &[DOMAIN.as_bytes()]),
                    ("rootDomainNamingContext", &[DOMAIN.as_bytes()]),
                ];
                out.write_all(&entry(id, "", root))?;
            } else if base.starts_with("CN=Partitions") {
                let domain: &[(&str, &[&[u8]])] =
                    &[("nCName", &[DOMAIN.as_bytes()]), ("systemFlags", &[b"3"])];
                out.write_all(&entry(id, &format!("CN=X,{base}"), domain))?;
            } else if base == SCHEMA {
                for (name, syntax) in
                    [("member", "2.5.5.1"), ("sn", "2.5.5.12"), ("adminCount", "2.5.5.9")]
                {
                    let attribute: &[(&str, &[&[u8]])] = &[
                        ("lDAPDisplayName", &[name.as_bytes()]),
                        ("attributeSyntax", &[syntax.as_bytes()]),
                    ];
                    out.write_all(&entry(id, &format!("CN={name},{SCHEMA}"), attribute))?;
                }
            } else if !base.starts_with("CN=Sites") {
                return search(request, out);
            }
            out.write_all(&search_done(id, 0, "", Some(b"")))?;
            Ok(Answer::Continue)
        })
    }
}

async fn imported(search: Search) -> Result<Imported, DirectoryError> {
    imported_within(search, 1 << 20).await
}

/// The same with messages of at most so many bytes.
async fn imported_within(search: Search, limit: usize) -> Result<Imported, DirectoryError> {
    let authority = Authority::new("Own").unwrap();
    let leaf = authority.issue(&["127.0.0.1"], Validity::Long).unwrap();
    let fake = LdapServer::start(&leaf, StartTls::Implicit, directory(search)).unwrap();
    let ca = ca_file(&authority);
    let source = Source::Ldap(server(fake.address().ip(), fake.address().port(), Security::Ldaps));
    let mut request = ImportRequest::stock();
    request.partitions = vec![PartitionRequest::whole(DOMAIN.parse().unwrap())];
    let mut connect = connect(&ca, "ann@x.example", "secret");
    connect.limits.message = limit;
    connect.limits.silence = Duration::from_millis(if limit > 1 << 20 { 60_000 } else { 800 });
    import(source, request, connect).await
}

fn user(id: i64, name: &str, more: &[(&str, &[&[u8]])]) -> Vec<u8> {
    let mut attributes: Vec<(&str, &[&[u8]])> = vec![("objectClass", &[b"top", b"user"])];
    attributes.extend_from_slice(more);
    entry(id, &format!("CN={name},{DOMAIN}"), &attributes)
}

#[tokio::test]
async fn refusals_have_their_own_words() {
    let cases: [(Search, &str); 8] = [
        (
            |it, out| end(it, out, 3),
            "timeLimitExceeded: the search took longer than the server allows",
        ),
        (|it, out| end(it, out, 4), "sizeLimitExceeded: the server sends no more entries"),
        (|it, out| end(it, out, 10), "referral: this server does not hold"),
        (|it, out| end(it, out, 11), "adminLimitExceeded"),
        (|it, out| end(it, out, 12), "does not offer paged searches"),
        (
            |it, out| end(it, out, 50),
            "insufficientAccessRights: grant the account the right to read here",
        ),
        (|it, out| end(it, out, 53), "unwillingToPerform"),
        (|it, out| end(it, out, 99), "result 99"),
    ];
    for (search, expected) in cases {
        let imported = imported(search).await.unwrap();
        let text = imported.error.as_ref().unwrap().to_string();
        assert!(
            text.contains(expected) && text.contains("reading DC=x,DC=example on 127.0.0.1"),
            "{text}"
        );
        assert!(text.contains("(its own words)"), "{text}");
        assert_eq!(imported.objects.len(), 1, "what had come is not taken back");
    }
}

fn end(request: &Request, out: &mut dyn Write, code: i64) -> std::io::Result<Answer> {
    out.write_all(&user(request.id, "a", &[]))?;
    out.write_all(&search_done(request.id, code, "its own words", None))?;
    Ok(Answer::Continue)
}

#[tokio::test]
async fn what_is_not_ldap_is_an_error() {
    let cases: [(Search, &str); 7] = [
        (|_, out| bytes(out, &[0x30, 0x80, 0, 0]), "its answer is not LDAP"),
        (|_, out| bytes(out, &[0x1F, 0x81, 1, 0]), "its answer is not LDAP"),
        (
            |_, out| bytes(out, &[0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF]),
            "is larger than the 1048576 that are read",
        ),
        (|_, out| bytes(out, b"HTTP/1.1 400 Bad Request\r\n\r\n"), "its answer is not LDAP"),
        (
            |it, out| bytes(out, &sequence(&[integer(it.id), element(0x64, &[4, 100, 1])])),
            "an element is cut off",
        ),
        (|it, out| bytes(out, &bind_done(it.id, 0, "")), "a question that was not asked"),
        (
            |it, out| bytes(out, &sequence(&[integer(it.id), element(0x6B, &[])])),
            "a message of tag 0x6b",
        ),
    ];
    for (search, expected) in cases {
        let text = imported(search).await.unwrap().error.unwrap().to_string();
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

fn bytes(out: &mut dyn Write, bytes: &[u8]) -> std::io::Result<Answer> {
    out.write_all(bytes)?;
    Ok(Answer::Continue)
}

#[tokio::test]
async fn a_silent_server_and_one_that_disconnects_are_given_up() {
    let cases: [(Search, &str); 3] = [
        (|_, _| Ok(Answer::Continue), "nothing came for"),
        (|_, _| Ok(Answer::Close), "connection was lost"),
        (
            |_, out| {
                let notice = [
                    enumerated(52),
                    octets(""),
                    octets("bye"),
                    element(0x8A, b"1.3.6.1.4.1.1466.20036"),
                ];
                out.write_all(&sequence(&[integer(0), element(0x78, &notice.concat())]))?;
                Ok(Answer::Continue)
            },
            "the server disconnects, result 52 bye",
        ),
    ];
    for (search, expected) in cases {
        let imported = imported(search).await.unwrap();
        let Some(DirectoryError::GaveUp { last, .. }) = &imported.error else {
            panic!("{:?}", imported.error)
        };
        assert!(last.to_string().contains(expected), "{last}");
        let restarts =
            imported.report.events.iter().filter(|it| matches!(it, Event::Restarted { .. }));
        assert_eq!(restarts.count(), 5);
    }
}

#[tokio::test]
async fn odd_entries_are_told_and_the_rest_comes() {
    let imported = imported(|request, out| {
        let id = request.id;
        out.write_all(&entry(id, "nobody", &[("objectClass", &[b"user"])]))?;
        out.write_all(&entry(id, "CN=b,DC=x,DC=example", &[("sn", &[b"x"])]))?;
        out.write_all(&user(id, "c", &[("objectGUID", &[b"short"])]))?;
        out.write_all(&user(
            id,
            "d",
            &[("SN", &[&[0xFF]]), ("adminCount", &[b"1", b"many"]), ("title", &[b"x"])],
        ))?;
        out.write_all(&user(id, "e", &[("unicodePwd", &[b"secret"])]))?;
        out.write_all(&entry(id, "CN=f,DC=y", &[("objectClass", &[b"user"])]))?;
        out.write_all(&entry(
            id,
            "CN=g,DC=x,DC=example",
            &[("objectClass", &[b"user", b"computer"])],
        ))?;
        out.write_all(&user(id + 1_000, "not asked for", &[]))?;
        out.write_all(&reference(id, "ldap://child.x.example/DC=child,DC=x,DC=example"))?;
        out.write_all(&reference(id, "ldap://child.x.example/DC=child,DC=x,DC=example"))?;
        out.write_all(&search_done(id, 0, "", None))?;
        Ok(Answer::Continue)
    })
    .await
    .unwrap();
    assert!(imported.error.is_none(), "{:?}", imported.error);
    assert_eq!(imported.names(), ["d", "e"]);
    let d = imported.named("d");
    assert_eq!(d.values(&"sn".into()), [AttributeValue::Binary(vec![0xFF])]);
    let many = AttributeValue::String("many".to_owned());
    assert!(d.values(&"adminCount".into()).is_empty(), "not in the stock selection: {many:?}");
    assert!(imported.named("e").attributes().is_empty());
    let events = imported.events();
    let told = [
        "left out nobody: its name",
        "left out CN=b,DC=x,DC=example: it has no objectClass",
        "left out CN=c,DC=x,DC=example: its objectGUID",
        "not followed: ldap://child.x.example/",
    ];
    for expected in told {
        assert_eq!(
            events.iter().filter(|it| it.starts_with(expected)).count(),
            1,
            "{expected}: {events:?}"
        );
    }
    let report = &imported.report;
    assert_eq!((report.n_out_of_scope, report.n_other_classes, report.n_misfits), (1, 1, 1));
    assert_eq!(report.n_secrets, 1);
}

#[tokio::test]
async fn a_group_that_shrinks_while_it_is_read_is_told() {
    let imported = imported(|request, out| {
        let id = request.id;
        let Operation::Search { base, attributes, .. } = &request.operation else {
            return Ok(Answer::Close);
        };
        if base.starts_with("<GUID=") {
            // The second part is gone.
            if attributes[0].starts_with("member;range=0-") {
                let values: &[&[u8]] = &[b"CN=a", b"CN=b"];
                out.write_all(&entry(id, "CN=g,DC=x,DC=example", &[("member;range=0-1", values)]))?;
            }
            out.write_all(&search_done(id, 0, "", None))?;
            return Ok(Answer::Continue);
        }
        let group: &[(&str, &[&[u8]])] = &[
            ("objectClass", &[b"top", b"group"]),
            ("objectGUID", &[&[7; 16]]),
            ("member", &[]),
            ("member;range=0-1", &[b"CN=a", b"CN=b"]),
        ];
        out.write_all(&entry(id, "CN=g,DC=x,DC=example", group))?;
        out.write_all(&search_done(id, 0, "", None))?;
        Ok(Answer::Continue)
    })
    .await
    .unwrap();
    assert_eq!(imported.named("g").values(&"member".into()).len(), 2);
    assert!(
        imported
            .events()
            .iter()
            .any(|it| it.starts_with("CN=g,DC=x,DC=example lacks values of member"))
    );
}

#[tokio::test]
async fn a_group_of_250_000_members_is_one_object() {
    const N: usize = 250_000;
    let imported = imported_within(
        |request, out| {
            let members: Vec<Vec<u8>> = (0..N)
                .map(|n| format!("CN=User {n:06},OU=Staff,DC=x,DC=example").into_bytes())
                .collect();
            let members: Vec<&[u8]> = members.iter().map(Vec::as_slice).collect();
            let group: &[(&str, &[&[u8]])] =
                &[("objectClass", &[b"top", b"group"]), ("member", &members)];
            out.write_all(&entry(request.id, "CN=g,DC=x,DC=example", group))?;
            out.write_all(&search_done(request.id, 0, "", None))?;
            Ok(Answer::Continue)
        },
        64 << 20,
    )
    .await
    .unwrap();
    assert!(imported.error.is_none(), "{:?}", imported.error);
    let members = imported.named("g").values(&"member".into());
    assert_eq!(members.len(), N);
    let last = "CN=User 249999,OU=Staff,DC=x,DC=example".parse().unwrap();
    assert_eq!(members.last(), Some(&AttributeValue::Reference(last)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taker_that_waits_holds_the_server_back() {
    static N_SENT: AtomicUsize = AtomicUsize::new(0);
    /// Far more than sockets and parcels take in: a gigabyte.
    const N: usize = 50_000;
    let authority = Authority::new("Own").unwrap();
    let leaf = authority.issue(&["127.0.0.1"], Validity::Long).unwrap();
    let search: Search = |request, out| {
        let text = "x".repeat(20_000);
        for n in 0..N {
            out.write_all(&user(request.id, &n.to_string(), &[("sn", &[text.as_bytes()])]))?;
            N_SENT.store(n + 1, Ordering::SeqCst);
        }
        out.write_all(&search_done(request.id, 0, "", None))?;
        Ok(Answer::Continue)
    };
    let fake = LdapServer::start(&leaf, StartTls::Implicit, directory(search)).unwrap();
    let ca = ca_file(&authority);
    let source = Source::Ldap(server(fake.address().ip(), fake.address().port(), Security::Ldaps));
    let connect = connect(&ca, "ann@x.example", "secret");
    let mut import = Import::start(&source, ImportRequest::stock(), connect).await.unwrap();
    assert!(import.next().await.unwrap().is_ok());
    // It has come to rest when nothing more was sent for half a second.
    let mut last = 0;
    for _ in 0..40 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = N_SENT.load(Ordering::SeqCst);
        if now == last {
            break;
        }
        last = now;
    }
    assert!(last < N / 10, "{last} entries were sent to somebody who took one");
    // Taking goes on where it stood.
    for _ in 0..1_000 {
        assert!(import.next().await.unwrap().is_ok());
    }
    assert!(N_SENT.load(Ordering::SeqCst) > 1_000);
}
