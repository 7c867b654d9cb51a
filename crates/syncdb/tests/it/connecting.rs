//! Ways to connect, and ways in which it fails.
use std::{
    io::{Read, Write},
    net::TcpListener,
    time::{Duration, Instant},
};

use dirlift_syncdb::{
    ClearPassword, ConnectOptions, Credentials, Error, SecretString, SqlUrl, Trust,
};
use dirlift_testkit::tds::{Browser, Encryption, Server, TlsFault};

use crate::support::*;

const DATABASE: &str = "FIMSynchronizationService";

fn read_url(url: &str, options: &ConnectOptions) -> Result<(), Error> {
    let url: SqlUrl = url.parse().unwrap();
    dirlift_syncdb::read(&url, &credentials(), options, &mut ()).map(|_| ())
}

fn with_encrypt_off(server: &Server) -> String {
    format!("mssql://{USER}@localhost:{}/{DATABASE}?encrypt=off", server.port())
}

/// The password as LOGIN7 has it: UTF-16, the nibbles of each byte swapped, `XORed` with 0xA5.
fn obscured() -> Vec<u8> {
    PASSWORD.encode_utf16().flat_map(u16::to_le_bytes).map(|it| it.rotate_left(4) ^ 0xa5).collect()
}

fn shows_password(server: &Server) -> bool {
    let (wire, password) = (server.wire(), obscured());
    wire.windows(password.len()).any(|it| it == password)
}

#[test]
fn password_is_checked_and_never_in_clear() {
    for encryption in [Encryption::Offered, Encryption::Forced] {
        let server = with_login(dirsync()).encryption(encryption).start().unwrap();
        read(&server, DATABASE, &options(&server)).unwrap();
        read_url(&with_encrypt_off(&server), &options(&server)).unwrap();
        assert!(!shows_password(&server), "{encryption:?}");
        // The responder got it, though, and the program says who it is.
        let logins = server.logins();
        assert_eq!(logins.len(), 2);
        assert_eq!(
            (logins[0].password.as_str(), logins[0].application.as_str()),
            (PASSWORD, "dirlift")
        );
    }
    // With `encrypt=off` statements are readable on the wire, so the search above could have found the password.
    let server = with_login(dirsync()).start().unwrap();
    read_url(&with_encrypt_off(&server), &options(&server)).unwrap();
    let word: Vec<u8> = "mms_connectorspace".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(server.wire().windows(word.len()).any(|it| it == word));
    let server = with_login(dirsync()).start().unwrap();
    read(&server, DATABASE, &options(&server)).unwrap();
    assert!(!server.wire().windows(word.len()).any(|it| it == word));
}

#[test]
fn server_without_encryption_gets_a_password_only_on_request() {
    let server = with_login(dirsync()).encryption(Encryption::NotSupported).start().unwrap();
    let mut options = options(&server);
    let started = Instant::now();
    let error = read(&server, DATABASE, &options).unwrap_err();
    assert!(
        matches!(&error, Error::NoEncryption { tried, .. } if tried.contains("everything encrypted") && tried.contains("10.50.6000 with encryption not supported")),
        "{error}"
    );
    let error = read_url(&with_encrypt_off(&server), &options).unwrap_err();
    assert!(
        matches!(&error, Error::NoEncryption { tried, .. } if tried.contains("the login encrypted")),
        "{error}"
    );
    assert!(started.elapsed() < Duration::from_secs(5), "no combination hangs");
    assert!(server.logins().is_empty() && !shows_password(&server));

    options.clear_password = ClearPassword::Agreed;
    // Consent is not enough while the URL asks for encryption.
    assert!(matches!(read(&server, DATABASE, &options), Err(Error::NoEncryption { .. })));
    assert!(!shows_password(&server));
    read_url(&with_encrypt_off(&server), &options).unwrap();
    assert!(shows_password(&server), "the search finds a password that is there");
}

#[test]
fn first_packet_asks_for_encryption() {
    let server = with_login(dirsync()).start().unwrap();
    read(&server, DATABASE, &options(&server)).unwrap();
    // ENCRYPT_ON, in the first option table that MS-TDS 4.1 shows: VERSION, ENCRYPTION, INSTOPT, THREADID, MARS.
    let wire = server.wire();
    assert_eq!(wire[0], 0x12);
    let tokens: Vec<u8> = wire[8..].chunks(5).map(|it| it[0]).take(6).collect();
    assert_eq!(tokens, [0, 1, 2, 3, 4, 0xff]);
    assert_eq!(server.prelogins()[0].encryption, 1);
}

#[test]
fn unknown_certificates_are_refused() {
    let server = with_login(dirsync()).start().unwrap();
    let mut options = options(&server);
    options.trust = Trust::System;
    let error = read(&server, DATABASE, &options).unwrap_err();
    assert!(
        matches!(&error, Error::Tls { reason, advice, .. } if reason.contains("certificate") && advice.contains("--ca-file")),
        "{error}"
    );
    assert!(!error.to_string().contains("Config::"), "{error}");
    assert!(server.logins().is_empty());
    options.trust = Trust::AnyCertificate;
    read(&server, DATABASE, &options).unwrap();
}

#[test]
fn old_tls_is_told_with_what_was_tried() {
    for fault in [TlsFault::Alert, TlsFault::Version10, TlsFault::HangUp, TlsFault::Silent] {
        let server = with_login(dirsync()).tls_fault(fault).start().unwrap();
        let mut options = options(&server);
        options.connect_timeout = Duration::from_secs(2);
        let error = read(&server, DATABASE, &options).unwrap_err();
        let Error::Tls { tried, advice, .. } = &error else { panic!("{fault:?}: {error}") };
        assert_eq!(
            tried.replace("the versions that Windows allows", "TLS 1.2 or 1.3"),
            "everything encrypted with TLS 1.2 or 1.3, the server is SQL Server 10.50.6000 with encryption off",
            "{fault:?}"
        );
        assert!(advice.contains("TLS 1.2"), "{fault:?}: {error}");
        assert!(server.logins().is_empty());
    }
}

#[test]
fn logins_are_refused_in_words() {
    let server = with_login(dirsync()).start().unwrap();
    let wrong =
        Credentials::Password { user: None, password: SecretString::from("wrong".to_owned()) };
    let error = dirlift_syncdb::read(&url(&server, DATABASE), &wrong, &options(&server), &mut ())
        .unwrap_err();
    assert!(
        matches!(&error, Error::LoginFailed { user, message, .. } if user == USER && message.contains("18456")),
        "{error}"
    );
    let other = Credentials::Password {
        user: Some("nobody".to_owned()),
        password: SecretString::from(PASSWORD.to_owned()),
    };
    let error = dirlift_syncdb::read(&url(&server, DATABASE), &other, &options(&server), &mut ())
        .unwrap_err();
    assert!(matches!(&error, Error::LoginFailed { user, .. } if user == "nobody"), "{error}");
    assert!(!format!("{error} {error:?} {other:?} {:?}", credentials()).contains(PASSWORD));

    let error = read(&server, "ADSync", &options(&server)).unwrap_err();
    assert!(
        matches!(&error, Error::NoSuchDatabase { database, .. } if database == "ADSync"),
        "{error}"
    );

    let none = dirlift_syncdb::read(
        &url(&server, DATABASE),
        &Credentials::CurrentUser,
        &options(&server),
        &mut (),
    );
    assert!(matches!(none, Err(Error::Credentials { .. })));
}

#[cfg(not(windows))]
#[test]
fn windows_ways_need_windows() {
    for url in ["mssql://localhost/x", "mssql+np://sa@./pipe/sql/query/x"] {
        let error = read_url(url, &ConnectOptions::default()).unwrap_err();
        assert!(matches!(error, Error::NeedsWindows { .. }), "{error}");
    }
}

#[test]
fn nobody_listens() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let error = read_url(&format!("mssql://sa@127.0.0.1:{port}/x"), &ConnectOptions::default())
        .unwrap_err();
    assert!(
        matches!(&error, Error::CannotConnect { server, .. } if *server == format!("127.0.0.1:{port}")),
        "{error}"
    );
    let error = read_url("mssql://sa@host.invalid/x", &ConnectOptions::default()).unwrap_err();
    assert!(
        matches!(&error, Error::CannotConnect { reason, .. } if reason.contains("resolved")),
        "{error}"
    );
}

#[test]
fn servers_that_are_none() {
    // One that never speaks, one that speaks something else, one that hangs up.
    let cases: [(&[u8], bool); 3] =
        [(b"", true), (b"HTTP/1.1 400 Bad Request\r\n\r\n", true), (b"", false)];
    for (words, stays) in cases {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for tcp in listener.incoming() {
                let mut tcp = tcp.unwrap();
                std::thread::spawn(move || {
                    assert!(tcp.read(&mut [0; 64]).is_ok_and(|it| it < 65));
                    tcp.write_all(words).ok();
                    if stays {
                        assert!(tcp.read(&mut [0; 64]).is_ok_and(|it| it < 65));
                    }
                });
            }
        });
        let options = ConnectOptions {
            connect_timeout: Duration::from_millis(500),
            ..ConnectOptions::default()
        };
        let started = Instant::now();
        let error = read_url(&format!("mssql://sa@127.0.0.1:{port}/x"), &options).unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(4), "{error}");
        let fits = match (words.is_empty(), stays) {
            (true, true) => matches!(error, Error::Timeout { .. }),
            (false, _) => matches!(error, Error::Protocol { .. } | Error::Timeout { .. }),
            (true, false) => matches!(error, Error::ConnectionLost { .. }),
        };
        assert!(fits, "{words:?}: {error:?}");
    }
}

#[test]
fn named_instances_are_found_through_the_browser() {
    let server = with_login(dirsync()).instance("MSONLINE").start().unwrap();
    let url = format!(r"mssql://{USER}@127.0.0.1\MSOnline/{DATABASE}");
    let with = |browser: &Browser| ConnectOptions {
        browser_port: browser.port(),
        browser_timeout: Duration::from_millis(300),
        ..options(&server)
    };
    let browser = Browser::start("MSONLINE", Some(server.port())).unwrap();
    read_url(&url, &with(&browser)).unwrap();
    assert_eq!(server.prelogins()[0].instance, "MSOnline");

    // Two lost datagrams are made good.
    let browser =
        Browser::with_answer("MSONLINE", Browser::answer("MSONLINE", Some(server.port())), 2)
            .unwrap();
    read_url(&url, &with(&browser)).unwrap();
    assert_eq!(browser.n_asked(), 3);

    let told = |browser: &Browser, part: &str| match read_url(&url, &with(browser)) {
        Err(Error::InstanceNotFound { instance, reason, .. }) => {
            assert_eq!(instance, "MSOnline");
            assert!(reason.contains(part), "{reason}");
        }
        other => panic!("{other:?}"),
    };
    told(&Browser::start("MSONLINE", None).unwrap(), "TCP/IP is off");
    told(
        &Browser::start("OTHER", Some(server.port())).unwrap(),
        "does not know it or does not answer",
    );
    for hostile in
        [vec![], vec![5], vec![5, 255, 255, 0], vec![5, 3, 0, b';', b';', b';'], vec![0; 4_096]]
    {
        told(&Browser::with_answer("MSONLINE", hostile, 0).unwrap(), "not understood");
    }
}

#[test]
fn another_instance_on_the_port_is_noticed() {
    let server = with_login(dirsync()).instance("OTHER").start().unwrap();
    let url = format!(r"mssql://{USER}@127.0.0.1:{}\MSONLINE/{DATABASE}", server.port());
    let error = read_url(&url, &options(&server)).unwrap_err();
    assert!(
        matches!(&error, Error::InstanceNotFound { instance, .. } if instance == "MSONLINE"),
        "{error}"
    );
    assert!(server.logins().is_empty());
}
