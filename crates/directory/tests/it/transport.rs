//! TLS: nothing is said to a server that cannot prove who it is.
use dirlift_directory::{BindProblem, DirectoryError, ImportRequest, Security, Source};
use dirlift_testkit::{
    ldap::{Answer, Handler, LdapServer, Operation, StartTls, bind_done},
    pki::{Authority, Validity},
};

use crate::common::{ca_file, connect, import, server};

const SECRET: &str = "hunter2-canary";

/// Refuses every bind with a result.
fn refuse(code: i64, text: &'static str) -> impl Fn() -> Box<dyn Handler> + Send + 'static {
    move || {
        Box::new(move |request: &dirlift_testkit::ldap::Request, out: &mut dyn std::io::Write| {
            out.write_all(&bind_done(request.id, code, text))?;
            Ok(Answer::Continue)
        })
    }
}

async fn failure(fake: &LdapServer, authority: &Authority, security: Security) -> DirectoryError {
    let source = Source::Ldap(server(fake.address().ip(), fake.address().port(), security));
    let ca = ca_file(authority);
    let result =
        import(source, ImportRequest::stock(), connect(&ca, "ann@fabrikam.example", SECRET)).await;
    result.err().unwrap()
}

#[tokio::test]
async fn certificates_are_always_checked() {
    let own = Authority::new("Own").unwrap();
    let other = Authority::new("Other").unwrap();
    let here: &[&str] = &["127.0.0.1", "localhost"];
    let cases = [
        (&own, here, Validity::Long, "the user name or the password is wrong"),
        (
            &other,
            here,
            Validity::Long,
            "not from a trusted authority; name the authority's certificate with --ca-file",
        ),
        (
            &own,
            &["dc1.corp.example"][..],
            Validity::Long,
            "is for another name; use a name that the certificate has",
        ),
        (&own, here, Validity::Expired, "has expired; renew it"),
        (&own, here, Validity::NotYet, "not valid yet"),
    ];
    for (authority, names, validity, expected) in cases {
        let leaf = authority.issue(names, validity).unwrap();
        for (start_tls, security) in
            [(StartTls::Implicit, Security::Ldaps), (StartTls::Accept, Security::StartTls)]
        {
            let fake = LdapServer::start(&leaf, start_tls, refuse(49, "no")).unwrap();
            let text = failure(&fake, &own, security).await.to_string();
            assert!(text.contains(expected), "{text}");
            let heard =
                fake.requests().iter().any(|it| matches!(it.operation, Operation::Bind { .. }));
            assert_eq!(heard, expected.contains("password"), "the password stays here: {text}");
        }
    }
}

#[tokio::test]
async fn a_refused_start_tls_ends_it() {
    let own = Authority::new("Own").unwrap();
    let leaf = own.issue(&["127.0.0.1"], Validity::Long).unwrap();
    let fake = LdapServer::start(&leaf, StartTls::Refuse, refuse(0, "")).unwrap();
    let error = failure(&fake, &own, Security::StartTls).await;
    assert!(matches!(error, DirectoryError::StartTlsRefused { .. }), "{error}");
    let requests = fake.requests();
    assert_eq!(requests.len(), 1, "nothing but the question for TLS: {requests:?}");
    let sent: Vec<u8> = requests.iter().flat_map(|it| it.bytes.clone()).collect();
    assert!(!String::from_utf8_lossy(&sent).contains(SECRET));
}

#[tokio::test]
async fn refused_binds_are_told_apart() {
    let own = Authority::new("Own").unwrap();
    let leaf = own.issue(&["127.0.0.1"], Validity::Long).unwrap();
    let cases = [
        (8, "LdapErr: DSID-0C090202", "strongerAuthRequired"),
        (
            49,
            "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 533, v1db1",
            "disabled",
        ),
        (49, "", "wrong"),
        (52, "", "shutting down"),
        (123, "what", "result 123 (what)"),
    ];
    for (code, text, expected) in cases {
        let fake = LdapServer::start(&leaf, StartTls::Implicit, refuse(code, text)).unwrap();
        let error = failure(&fake, &own, Security::Ldaps).await;
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!error.to_string().contains(SECRET), "{error}");
        assert_eq!(error.is_transient(), code == 52, "{error}");
        let DirectoryError::Bind { problem, user, .. } = error else { panic!() };
        assert_eq!(user, "ann@fabrikam.example");
        assert_eq!(problem == BindProblem::Account(0x533), text.contains("533"));
    }
}

#[tokio::test]
async fn nobody_there_and_a_bad_file_of_authorities() {
    let own = Authority::new("Own").unwrap();
    let ca = ca_file(&own);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let source = Source::Ldap(server("127.0.0.1", free.port(), Security::Ldaps));
    let error = import(source.clone(), ImportRequest::stock(), connect(&ca, "a", SECRET))
        .await
        .err()
        .unwrap();
    assert!(matches!(error, DirectoryError::CannotConnect { .. }), "{error}");
    for (content, expected) in [
        ("", "no certificate in PEM form"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "cannot be used"),
        ("-----BEGIN CERTIFICATE-----\n", "not PEM"),
    ] {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        let result =
            import(source.clone(), ImportRequest::stock(), connect(&file, "a", SECRET)).await;
        let text = result.err().unwrap().to_string();
        assert!(text.contains(expected), "{text}");
    }
}
