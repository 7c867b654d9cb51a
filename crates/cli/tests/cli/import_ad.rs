//! `dirlift import ad` with files and with a server that never ends.
use std::{
    io::Write,
    path::Path,
    process::{Command as Process, Stdio},
    time::{Duration, Instant},
};

use dirlift_testkit::{
    ldap::{Answer, LdapServer, Operation, Request, StartTls, bind_done, entry, search_done},
    pki::{Authority, Validity},
};

use crate::{dirlift, run};

const SECRET: &str = "hunter2-canary";

const LDIF: &str = "version: 1\n\ndn: CN=Ann,DC=x,DC=example\nchangetype: add\nobjectClass: top\nobjectClass: user\n\
    sAMAccountName: ann\nuserAccountControl: 512\nunicodePwd: hunter2-canary\n\n\
    dn: CN=PC,DC=x,DC=example\nobjectClass: computer\n\ndn: CN=Nothing,DC=x,DC=example\nsn: x\n";

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_ldif_file_is_read_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.ldf"), folder.path().join("out.ldf"));
    std::fs::write(&input, LDIF).unwrap();
    let outcome =
        run(dirlift().args(["import", "ad", "--ad"]).arg(&input).arg("--out").arg(&output));
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, ""), "{}", outcome.stderr);
    let expected = "1 object written (1 user)\nnote: left out CN=Nothing,DC=x,DC=example: it has no objectClass\n";
    assert_eq!(outcome.stderr, expected);
    let text = std::fs::read_to_string(&output).unwrap();
    assert!(
        text.contains("dn: CN=Ann,DC=x,DC=example\nobjectClass: user\nsAMAccountName: ann\n"),
        "{text}"
    );
    assert!(!text.contains(SECRET), "{text}");
    assert_eq!(files(folder.path()), ["in.ldf", "out.ldf"]);
}

/// The folder of an invented organisation.
fn organisation(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test-data").join(name)
}

#[test]
fn a_configuration_selects_containers_classes_and_attributes() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.ldf"), folder.path().join("out.ldf"));
    let entry = |dn: &str, class: &str| {
        format!(
            "dn: {dn}DC=corp,DC=fabrikam,DC=example\nobjectClass: top\nobjectClass: {class}\ndisplayName: x\n\
             logonCount: 5\n\n"
        )
    };
    // The configuration has the domain but OU=Test, OU=Service Accounts and OU=Leavers,OU=People; and no computers.
    let ldif = [
        entry("OU=People,", "organizationalUnit"),
        entry("CN=1,OU=People,", "user"),
        entry("CN=2,OU=Leavers,OU=People,", "user"),
        entry("CN=3,OU=Deep,OU=Leavers,OU=People,", "user"),
        entry("CN=4,OU=Test,", "group"),
        entry("CN=5,", "group"),
        entry("CN=6,OU=People,", "computer"),
        "dn: CN=7,DC=other,DC=example\nobjectClass: user\n".to_owned(),
    ]
    .concat();
    std::fs::write(&input, ldif).unwrap();
    let outcome = run(dirlift()
        .args(["import", "ad", "--ad"])
        .arg(&input)
        .arg("--out")
        .arg(&output)
        .arg("--config")
        .arg(organisation("fabrikam")));
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let expected = "3 objects written (1 group, 1 organizationalUnit, 1 user)\n";
    assert_eq!(outcome.stderr, expected);
    let text = std::fs::read_to_string(&output).unwrap();
    for name in ["dn: OU=People,DC", "dn: CN=1,OU=People", "dn: CN=5,DC"] {
        assert!(text.contains(name), "{name}: {text}");
    }
    assert!(!text.contains("logonCount: 5"), "not selected: {text}");
}

#[test]
fn a_connector_is_chosen_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.ldf"), folder.path().join("out.ldf"));
    std::fs::write(&input, "dn: CN=a,DC=adatum,DC=example\nobjectClass: user\n").unwrap();
    let cases: [(&str, &[&str], i32, &str); 5] = [
        ("adatum", &[], 0, "1 object written (1 user)"),
        ("adatum", &["--connector", "ADATUM.example"], 0, "1 object written (1 user)"),
        ("adatum", &["--connector", "nobody"], 2, "has no connector nobody; it has adatum.example"),
        ("woodgrove", &[], 1, "it has no connector to Active Directory"),
        ("nowhere", &[], 1, "nowhere"),
    ];
    for (name, arguments, code, expected) in cases {
        let outcome = run(dirlift()
            .args(["import", "ad", "--ad"])
            .arg(&input)
            .arg("--out")
            .arg(&output)
            .arg("--config")
            .arg(organisation(name))
            .args(arguments));
        assert_eq!(outcome.code, code, "{name} {arguments:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(expected), "{name} {arguments:?}: {}", outcome.stderr);
    }
}

#[test]
fn wrong_usage_is_told_before_anything_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.ldf");
    let cases: [(&[&str], i32, &str); 6] = [
        (&["--ad", "ldaps://127.0.0.1:9"], 2, "do not sign in"),
        (&["--ad", "http://dc"], 2, "the schemes are ldaps:// and ldap://"),
        (&["--ad", "csexport:a.xml"], 2, "is not copied into LDIF"),
        (&["--ad", "ldaps://127.0.0.1:9", "--user", "a"], 2, "no password for a"),
        (&["--ad", "x.ldf", "--code-page", "klingon"], 2, "no such code page"),
        (&["--ad", "/nowhere/x.ldf"], 1, "opening /nowhere/x.ldf"),
    ];
    for (arguments, code, expected) in cases {
        let outcome =
            run(dirlift().args(["import", "ad"]).args(arguments).arg("--out").arg(&output));
        assert_eq!(outcome.code, code, "{arguments:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(expected), "{arguments:?}: {}", outcome.stderr);
        assert_eq!(files(folder.path()), Vec::<String>::new());
    }
}

/// A directory of one domain whose search never ends.
pub(crate) fn endless(authority: &Authority) -> LdapServer {
    let leaf = authority.issue(&["127.0.0.1"], Validity::Long).unwrap();
    LdapServer::start(&leaf, StartTls::Implicit, || {
        Box::new(|request: &Request, out: &mut dyn Write| {
            let id = request.id;
            let Operation::Search { base, .. } = &request.operation else {
                out.write_all(&bind_done(id, 0, ""))?;
                return Ok(Answer::Continue);
            };
            match base.as_str() {
                "" => out.write_all(&entry(
                    id,
                    "",
                    &[
                        ("configurationNamingContext", &[b"CN=Configuration,DC=x"]),
                        ("schemaNamingContext", &[b"CN=Schema,DC=x"]),
                        ("defaultNamingContext", &[b"DC=x"]),
                    ],
                ))?,
                "CN=Partitions,CN=Configuration,DC=x" => {
                    let domain: &[(&str, &[&[u8]])] =
                        &[("nCName", &[b"DC=x"]), ("systemFlags", &[b"3"])];
                    out.write_all(&entry(id, "CN=X", domain))?;
                }
                "DC=x" => loop {
                    out.write_all(&entry(id, "CN=a,DC=x", &[("objectClass", &[b"user"])]))?;
                    out.flush()?;
                    std::thread::sleep(Duration::from_millis(5));
                },
                _ => {}
            }
            out.write_all(&search_done(id, 0, "", None))?;
            Ok(Answer::Continue)
        })
    })
    .unwrap()
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_at_once_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("Own").unwrap();
    let fake = endless(&authority);
    let (ca, password) = (folder.path().join("ca.pem"), folder.path().join("password"));
    std::fs::write(&ca, authority.pem()).unwrap();
    std::fs::write(&password, SECRET).unwrap();
    let mut child = Process::new(env!("CARGO_BIN_EXE_dirlift"))
        .env_clear()
        .args(["import", "ad", "--user", "ann@x.example", "--ad"])
        .arg(format!("ldaps://{}", fake.address()))
        .arg("--ca-file")
        .arg(&ca)
        .arg("--password-file")
        .arg(&password)
        .arg("--out")
        .arg(folder.path().join("out.ldf"))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let is_reading = || {
        fake.requests()
            .iter()
            .any(|it| matches!(&it.operation, Operation::Search { base, .. } if base == "DC=x"))
    };
    let start = Instant::now();
    while !is_reading() {
        assert!(start.elapsed() < Duration::from_secs(30), "it never began");
        std::thread::sleep(Duration::from_millis(10));
    }
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(files(folder.path()).len(), 3, "a file is in the making");
    let start = Instant::now();
    assert!(
        Process::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success()
    );
    let status = child.wait().unwrap();
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(status.code(), Some(130));
    let mut said = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut said).unwrap();
    assert_eq!(said, "interrupted; no file was written\n");
    assert_eq!(files(folder.path()), ["ca.pem", "password"]);
}
