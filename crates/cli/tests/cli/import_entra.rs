//! `dirlift import entra` against an in-process Graph.
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use dirlift_testkit::{
    canary,
    graph::{Fault, Graph, GraphBuilder, Kind, Tenant},
};
use snapbox::cmd::Command;

use crate::{dirlift, files, run};

fn import(server: &Graph, out: &Path) -> Command {
    dirlift()
        .args(["import", "entra", "--client-id", Graph::CLIENT, "--loopback", server.root()])
        .args(["--entra", &format!("graph:{}", Graph::TENANT), "--out"])
        .arg(out)
}

#[test]
fn a_tenant_becomes_a_folder() {
    let server = GraphBuilder::new(Tenant::fabrikam(20, 2)).tls().start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (out, authorities) = (folder.path().join("cloud"), folder.path().join("ca.pem"));
    let secret = folder.path().join("secret");
    fs::write(&authorities, server.authority_pem()).unwrap();
    fs::write(&secret, format!("{}\r\n", Graph::SECRET)).unwrap();
    let command = import(&server, &out).arg("--ca-file").arg(&authorities);
    let outcome = run(command.arg("--password-file").arg(&secret));
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    assert!(
        outcome.stdout.starts_with("20 users, 18 synchronised\n2 groups, 2 synchronised\n"),
        "{}",
        outcome.stdout
    );
    assert!(outcome.stdout.contains("not read: onPremisesSynchronization"), "{}", outcome.stdout);
    assert_eq!(files(&out).len(), 10);
}

#[test]
fn a_secret_is_never_told() {
    let server = GraphBuilder::new(Tenant::fabrikam(1, 0)).start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("cloud");
    for (secret, code) in [(Graph::SECRET, 0), ("CANARY-secret-wrong", 1)] {
        let outcome = run(import(&server, &out)
            .env("DIRLIFT_CLIENT_SECRET", secret)
            .env("RUST_LOG", "trace"));
        assert_eq!(outcome.code, code, "{}", outcome.stderr);
        let told = outcome.stdout + &outcome.stderr;
        for canary in Graph::CANARIES {
            assert_eq!(canary::find(canary, told.as_bytes()), None, "{told}");
        }
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    let server = GraphBuilder::new(Tenant::fabrikam(1, 0)).start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let outcome = run(import(&server, folder.path()));
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.stderr.contains("error: no client secret\nhint: give --password-file"),
        "{}",
        outcome.stderr
    );
    let outcome = run(import(&server, folder.path()).args(["--device-code", "--certificate", "x"]));
    assert_eq!(outcome.code, 2);
    let foreign = ["import", "entra", "--client-id", Graph::CLIENT, "--out", "x"];
    let outcome = run(dirlift().args(foreign).args([
        "--entra",
        "graph:a.example",
        "--loopback",
        "https://evil.example",
    ]));
    assert!(
        outcome.stderr.contains("not the root of a server on this machine"),
        "{}",
        outcome.stderr
    );
    let outcome = run(dirlift().args(foreign).args(["--entra", "csexport:x.xml"]));
    assert!(outcome.stderr.contains("only a tenant can be imported"), "{}", outcome.stderr);
    let outcome = run(dirlift().args(foreign).args(["--entra", "graph:common"]));
    assert_eq!(outcome.code, 2);
    assert_eq!(server.seen(), []);
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_it_at_once_and_leaves_nothing() {
    let stuck = Fault::always("/v1.0/users", Kind::Slow(Duration::from_mins(10)));
    let server = GraphBuilder::new(Tenant::fabrikam(5, 1)).fault(stuck).start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("cloud");
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_dirlift"))
        .env_clear()
        .env("DIRLIFT_CLIENT_SECRET", Graph::SECRET)
        .args(["import", "entra", "--client-id", Graph::CLIENT, "--loopback", server.root()])
        .args(["--entra", &format!("graph:{}", Graph::TENANT), "--out"])
        .arg(&out)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !server.seen().iter().any(|it| it.path.starts_with("/v1.0/users")) {
        assert!(begun.elapsed() < Duration::from_secs(30), "the import never asked for users");
        std::thread::sleep(Duration::from_millis(20));
    }
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.unwrap().success());
    let interrupted = Instant::now();
    let code = child.wait().unwrap().code();
    // Well below a second where nothing else runs; the answer it waits for takes ten minutes.
    assert!(interrupted.elapsed() < Duration::from_secs(10), "{:?}", interrupted.elapsed());
    let mut told = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut told).unwrap();
    assert_eq!((code, told.as_str()), (Some(130), "interrupted: nothing was written\n"));
    assert_eq!(files(&out), Vec::<String>::new());
}
