//! Tests of the tables.
use dirlift_model::host::{DomainRole, ServiceState, StartType};

use dirlift_testkit::mutate::Mutator;

use super::*;

const SNAPSHOT: &str = r#"{
  "format_version": 1, "taken_at": "2026-11-16T08:30:00Z", "collected_by": "collect.ps1 1", "unknown": { "password": "canary" },
  "host": {
    "name": "SYNC01.corp.example.com", "domain": null, "domain_role": "member-server",
    "os": { "caption": "Microsoft Windows Server 2012 R2 Standard", "version": "6.3.9600", "service_pack": null },
    "dotnet_release": 461808, "powershell": "4.0", "memory_mb": 8192,
    "proxy": { "winhttp": "", "machine_config": "http://user:canary@proxy:8080",
               "users": [ { "account": "CORP\\admin", "proxy": "user:canary@proxy:8080" } ] }
  },
  "not_collected": [ { "what": "registry.reg", "why": "access denied, url http://a:canary@b" } ]
}"#;

#[test]
fn the_host_is_read_without_its_secrets() {
    let (file, problems) = snapshot(SNAPSHOT.as_bytes()).unwrap();
    assert!(problems.is_empty());
    assert_eq!(file.taken_at, Some("2026-11-16T08:30:00Z".parse().unwrap()));
    assert_eq!(file.host.domain_role, Some(DomainRole::MemberServer));
    assert_eq!(file.host.powershell.map(|it| it.to_string()).as_deref(), Some("4.0.0.0"));
    assert_eq!((file.host.dotnet_release, file.host.system_disk_mb), (Some(461_808), None));
    assert_eq!(file.host.proxy.winhttp.as_deref(), Some(""));
    assert_eq!(file.host.proxy.machine_config.as_deref(), Some("http://(removed)@proxy:8080"));
    assert_eq!(file.host.proxy.users.as_ref().unwrap()[0].proxy, "(removed)@proxy:8080");
    assert_eq!(file.not_collected[0].what, "registry.reg");
    assert!(!format!("{file:?}").contains("canary"));
}

#[test]
fn null_is_absent_everywhere() {
    let (file, _) = snapshot(
        br#"{"host": {"proxy": null, "os": null}, "not_collected": null, "taken_at": null}"#,
    )
    .unwrap();
    assert_eq!(file, SnapshotFile::default());
    let (services, _) =
        services(br#"{"services": [{"name": "a", "display_name": null}, {"name": null}]}"#)
            .unwrap();
    assert_eq!(services.len(), 2);
    let (facts, _) =
        database(br#"{"agents": [{"id": null, "name": "x"}], "server": null, "files": null}"#)
            .unwrap();
    assert_eq!(facts.agents.unwrap()[0].name, "x");
}

#[test]
fn a_newer_format_is_a_problem() {
    let (_, problems) = snapshot(br#"{"format_version": 2}"#).unwrap();
    let problems = problems.in_file("snapshot.json");
    assert_eq!(problems[0].location.to_string(), "snapshot.json:1:1");
    assert!(problems[0].what.contains("format 2"), "{problems:?}");
}

#[test]
fn services_are_read_without_their_secrets() {
    let text = r#"{ "services": [ { "name": "FIMSynchronizationService", "image_path": "\"C:\\x\\miiserver.exe\" -pwd canary",
        "account": ".\\AAD_0123456789ab", "start_type": "delayed-automatic", "state": "stopped", "exit_code": 0, "password": "canary" } ] }"#;
    let (services, _) = services(text.as_bytes()).unwrap();
    let service = &services[0];
    assert_eq!(service.image_path.as_deref(), Some(r#""C:\x\miiserver.exe" -pwd (removed)"#));
    assert_eq!(
        (service.start_type, service.state),
        (Some(StartType::DelayedAutomatic), Some(ServiceState::Stopped))
    );
    assert!(!format!("{service:?}").contains("canary"));
}

#[test]
fn json_errors_have_places_and_no_values() {
    // Line and column were counted by hand: serde_json reports the character at which it noticed.
    let cases: &[(&str, u32, &str)] = &[
        ("", 1, "the file is empty"),
        ("  \n ", 1, "the file is empty"),
        ("{\n \"host\": {\n", 3, "EOF while parsing"),
        ("{\n \"taken_at\": \"canary\"\n}", 2, ""),
        ("{\n \"host\": { \"memory_mb\": \"canary\" }\n}", 2, "invalid type: string, expected u64"),
        ("{\n \"host\":\n \"canary\" }", 3, "invalid type: string, expected struct HostFacts"),
        ("{} x", 1, "trailing characters"),
        ("[[[", 1, ""),
    ];
    for (text, line, what) in cases {
        let damage = snapshot(text.as_bytes()).map(|_| ()).unwrap_err();
        assert_eq!(damage.line, *line, "{text:?}: {damage:?}");
        assert!(damage.what.contains(what), "{text:?}: {damage:?}");
        assert!(damage.column >= 1);
    }
    let damage = snapshot("{ \"ü\": 1, x".as_bytes()).map(|_| ()).unwrap_err();
    assert_eq!((damage.line, damage.column), (1, 11), "{damage:?}");
    let deep = format!("{{\"host\": {}", "[".repeat(100_000));
    assert!(snapshot(deep.as_bytes()).is_err());
}

#[test]
fn database_columns_of_secrets_are_dropped() {
    let text = r#"{ "agents": [ { "name": "a", "xml": { "encrypted_configuration": "canary", "Controller_Configuration_Password": "canary",
        "join_rule_xml": "<join/>" }, "password": "canary" } ],
        "server_configuration": { "xml": { "private-key": "canary", "mv_schema_xml": "<x/>" } },
        "not_read": [ { "what": "runs", "why": "login failed; Password=canary;" } ], "future": { "secret": "canary" } }"#;
    let (facts, _) = database(text.as_bytes()).unwrap();
    assert!(!format!("{facts:?}").contains("canary"), "{facts:?}");
    assert_eq!(facts.agents.unwrap()[0].xml.len(), 1);
    assert_eq!(facts.server_configuration.unwrap().xml.len(), 1);
}

#[test]
fn files_are_read_by_the_names_of_the_columns() {
    let hash = "AB".repeat(32);
    let text = format!(
        "path,size,sha256,version,signer\r\n\"C:\\a, b\\x.dll\",12,{hash},1.2.3.4,Microsoft Corporation\r\nC:\\y.txt,?,?,?,?\r\nC:\\z.dll,0,,,\r\n"
    );
    let (read, problems) = files(text.as_bytes()).unwrap();
    assert!(problems.is_empty(), "{problems:?}");
    let file =
        |path: &str, size, sha256: Option<&str>, version: Option<&str>, signer: Option<&str>| {
            InstalledFile {
                path: path.to_owned(),
                size,
                sha256: sha256.map(str::to_owned),
                version: version.map(str::to_owned),
                signer: signer.map(str::to_owned),
            }
        };
    let expected = [
        file(
            "C:\\a, b\\x.dll",
            Some(12),
            Some(&"ab".repeat(32)),
            Some("1.2.3.4"),
            Some("Microsoft Corporation"),
        ),
        file("C:\\y.txt", None, None, None, None),
        file("C:\\z.dll", Some(0), None, None, Some("")),
    ];
    assert_eq!(read, expected);
    let (read, _) = files(b"Signer,PATH\nx,C:\\a\n").unwrap();
    assert_eq!(read, [file("C:\\a", None, None, None, Some("x"))]);
}

#[test]
fn errors_of_the_file_list_have_places() {
    let text = "path,size,sha256,version,signer\r\nC:\\a,big,?,?,?\r\n\"C:\\b\r\nc\",1,zz,?,?\r\n,1,?,?,?\r\nC:\\d,1\r\nC:\\ü,1,q,?,?\n";
    let (read, problems) = files(text.as_bytes()).unwrap();
    let problems: Vec<_> = problems
        .in_file("files.csv")
        .iter()
        .map(|it| format!("{} {}", it.location, it.what))
        .collect();
    let expected = [
        "files.csv:2:6 the size is not a whole number of bytes",
        "files.csv:4:6 the SHA-256 is not 64 hexadecimal digits",
        "files.csv:5:1 the line names no path; it was left out",
        "files.csv:6:1 the line has 2 fields, the first line has 5",
        "files.csv:7:8 the SHA-256 is not 64 hexadecimal digits",
    ];
    assert_eq!(problems, expected);
    assert_eq!(read.len(), 4);
    assert_eq!(files(b"").map(|_| ()).unwrap_err(), Damage::new(1, 1, "the file is empty"));
    let first = Damage::new(1, 1, "the first line is not `path,size,sha256,version,signer`");
    assert_eq!(files(b"a,b\n1,2\n").map(|_| ()).unwrap_err(), first);
}

#[test]
fn damage_never_panics() {
    let mut n_read = 0;
    mutate(3, SNAPSHOT.as_bytes(), 3_000, |it| n_read += usize::from(snapshot(it).is_ok()));
    let text =
        br#"{"services": [{"name": "a", "start_type": "manual", "state": null, "exit_code": 3}]}"#;
    mutate(4, text, 3_000, |it| n_read += usize::from(services(it).is_ok()));
    let text = br#"{"read_at": "2026-11-16T08:30:00Z", "agents": [{"id": "{00000000-0000-0000-0000-000000000001}", "xml": {"a": "<b/>"}}],
        "connector_space": [{"object_type": "user", "joined": 3}], "runs": [{"steps": [{"kind": "export"}]}]}"#;
    mutate(5, text, 3_000, |it| n_read += usize::from(database(it).is_ok()));
    let text = "path,size,sha256,version,signer\r\n\"C:\\a\r\nb\",1,?,1.0,\"x \"\"y\"\"\"\r\nC:\\ü,?,?,,\r\n";
    mutate(6, text.as_bytes(), 3_000, |it| n_read += usize::from(files(it).is_ok()));
    assert!(n_read > 1_000, "{n_read}");
}

fn mutate(seed: u64, original: &[u8], n_rounds: usize, mut check: impl FnMut(&[u8])) {
    let mut mutator = Mutator::new(seed);
    for _ in 0..n_rounds {
        check(&mutator.mutate(original));
    }
}
