//! A live database, and everything that can go wrong with it.
use std::path::PathBuf;

use dirlift_testkit::{
    org::woodgrove_tds,
    tds::{Encryption, Fault, Server, SqlError, TlsFault, fim},
};

use crate::{
    Outcome,
    database::{PASSWORD, no_password, small, url},
    dirlift, run,
};

#[test]
fn every_trouble_names_the_server_and_what_to_do() {
    let name = woodgrove_tds::NAME;
    let mut not_ours = fim();
    not_ours.tables.remove("mms_management_agent");
    let mut denied = fim();
    denied.denied = denied.tables.keys().filter(|it| !it.contains('.')).cloned().collect();
    let mark = "[dbo].[mms_management_agent]";
    let lost = SqlError::new(1_205, 21, "the server is shutting down");
    // What is wrong, the server, the database that is asked for, and parts of the message.
    type Trouble = (&'static str, (Server, PathBuf), &'static str, &'static [&'static str]);
    let cases: Vec<Trouble> = vec![
        (
            "database",
            small(fim(), |it| it),
            "Elsewhere",
            &["opening the database `Elsewhere`", "CREATE USER [auditor]"],
        ),
        ("other database", small(not_ours, |it| it), name, &["it is no synchronisation", "ADSync"]),
        ("rights", small(denied, |it| it), name, &["permission denied", "GRANT SELECT"]),
        (
            "hang-up",
            small(fim(), |it| it.fault(mark, Fault::HangUp(40))),
            name,
            &["lost in the middle", "try again"],
        ),
        (
            "fatal",
            small(fim(), |it| it.fault(mark, Fault::Error(lost))),
            name,
            &["lost in the middle", "shutting down"],
        ),
        (
            "garbage",
            small(fim(), |it| it.fault(mark, Fault::Garbage(vec![7; 90]))),
            name,
            &["is this a SQL Server?"],
        ),
        (
            "old TLS",
            small(fim(), |it| it.tls_fault(TlsFault::Version10)),
            name,
            &["encrypting", "older than 1.2"],
        ),
        (
            "no TLS",
            small(fim(), |it| it.encryption(Encryption::NotSupported)),
            name,
            &["offers none", "encrypt=off"],
        ),
    ];
    for (what, (server, ca_file), database, parts) in cases {
        let command = dirlift().args(["analyze", "--sql", &url(&server, database), "--ca-file"]);
        let outcome = run(command.arg(&ca_file).env("DIRLIFT_PASSWORD", PASSWORD));
        check_trouble(what, &outcome, &format!("localhost:{}", server.port()), parts);
    }
    let served = small(fim(), |it| it);
    let place = format!("localhost:{}", served.0.port());
    let stranger = dirlift().args(["analyze", "--sql", &url(&served.0, name)]);
    let outcome = run(stranger.env("DIRLIFT_PASSWORD", PASSWORD));
    check_trouble(
        "certificate",
        &outcome,
        &place,
        &["encrypting", "--ca-file", "--trust-server-certificate"],
    );
    drop(served);
    let nobody = dirlift().args(["analyze", "--sql", &format!("mssql://sa@{place}/{name}")]);
    let outcome = run(nobody.env("DIRLIFT_PASSWORD", PASSWORD));
    check_trouble("nobody", &outcome, &place, &["cannot connect", "firewall"]);
}

fn check_trouble(what: &str, outcome: &Outcome, place: &str, parts: &[&str]) {
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""), "{what}: {}", outcome.stderr);
    let mut lines = outcome.stderr.lines();
    let error = lines.next().unwrap();
    assert!(error.starts_with("error: "), "{what}: {error}");
    for part in parts.iter().chain([&place]) {
        assert!(error.contains(part), "{what}: {part}: {error}");
    }
    assert!(
        lines.next().unwrap().starts_with("hint: docs/sql-server.md"),
        "{what}: {}",
        outcome.stderr
    );
    no_password(what, outcome);
}

#[test]
fn a_certificate_may_be_taken_as_it_is_but_not_in_silence() {
    let served = small(fim(), |it| it);
    let command = dirlift()
        .args([
            "analyze",
            "--trust-server-certificate",
            "--sql",
            &url(&served.0, woodgrove_tds::NAME),
        ])
        .env("DIRLIFT_PASSWORD", PASSWORD);
    let outcome = run(command);
    assert_eq!(outcome.code, 4, "{}", outcome.stderr);
    let warning =
        format!("warning: the certificate of localhost:{} is not checked\n", served.0.port());
    assert_eq!(outcome.stderr, warning);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_at_once_and_leaves_nothing() {
    check_interrupted(&["analyze", "--format", "html"]);
    check_interrupted(&["export"]);
}

/// Interrupts a command that writes a file while a database keeps it waiting.
#[cfg(unix)]
fn check_interrupted(arguments: &[&str]) {
    use std::{
        path::Path,
        process::{Command, Stdio},
        time::Duration,
    };

    use crate::files;

    let served = small(fim(), |it| it.fault("[dbo].[mms_management_agent]", Fault::Stall(20)));
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("product");
    std::fs::write(&out, "older").unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_dirlift"))
        .args(arguments)
        .args(["--sql", &url(&served.0, woodgrove_tds::NAME)])
        .args([Path::new("--ca-file"), &served.1, Path::new("--out"), &out])
        .env_clear()
        .env("DIRLIFT_PASSWORD", PASSWORD)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let asked =
        || served.0.statements().iter().any(|it| it.contains("[dbo].[mms_management_agent]"));
    let waited = (0..600).find(|_| {
        std::thread::sleep(Duration::from_millis(50));
        asked()
    });
    assert!(waited.is_some(), "the reader never came to the statement that stalls");
    assert_eq!(files(folder.path()).len(), 2, "a file is in the making");
    let started = std::time::Instant::now();
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let output = child.wait_with_output().unwrap();
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "interrupted; no file was written\n");
    assert_eq!(output.stdout, b"");
    assert_eq!(files(folder.path()), ["product"]);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "older");
}
