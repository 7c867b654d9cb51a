//! The whole chain: a real domain over LDAPS and a Graph in this process, to pending exports as worked out.
use std::{collections::BTreeMap, fs, path::Path};

use dirlift_testkit::{
    graph::{Graph, GraphBuilder, Tenant},
    samba::{ADMINISTRATOR, Binds, Entries, Image, PASSWORD, is_there},
    small,
};
use serde_json::{Value, json};

use crate::{AS_OF, dirlift, run};

/// Ann, Ben and their team; Nora lies in a container that is not imported.
fn entries() -> Entries {
    let mut all = Entries::new();
    all.unit("OU=Staff").unit("OU=Away");
    let name = |display: &'static str, more: &[(&'static str, &'static [u8])]| {
        let mut all: Vec<(&str, &[u8])> = vec![("displayName", display.as_bytes())];
        all.extend_from_slice(more);
        all
    };
    all.user("CN=Ann,OU=Staff", "ann", &name("Ann Beck", &[("title", b"Engineer")]));
    all.user("CN=Ben,OU=Staff", "ben", &name("Ben Åse", &[]));
    all.user("CN=Nora,OU=Away", "nora", &name("Nora", &[]));
    let base = dirlift_testkit::samba::BASE;
    let members = [format!("CN=Ann,OU=Staff,{base}"), format!("CN=Ben,OU=Staff,{base}")];
    all.add(
        "CN=Team,OU=Staff",
        &["top", "group"],
        &[
            ("sAMAccountName", b"team"),
            ("member", members[0].as_bytes()),
            ("member", members[1].as_bytes()),
        ],
    );
    all
}

/// The connectors of the small organisation, for this domain and its container `OU=Staff`.
fn config(folder: &Path) {
    fs::create_dir_all(folder.join("Connectors")).unwrap();
    for (name, text) in small::connectors() {
        let text = text
            .replace("<inclusion>DC=small,DC=example<", "<inclusion>OU=Staff,DC=small,DC=example<")
            .replace("<exclusion>OU=Out,DC=small,DC=example<", "<exclusion>DC=small,DC=example<")
            .replace("DC=small,DC=example", "DC=corp,DC=fabrikam,DC=example")
            .replace("small.example", "corp.fabrikam.example");
        fs::write(folder.join(name), text).unwrap();
    }
}

/// Anchor and security identifier by account, read from the domain itself.
fn identities(ldif: &str) -> BTreeMap<String, (String, String)> {
    let value = |record: &str, name: &str| {
        let line = record.lines().find_map(|it| it.strip_prefix(name))?;
        Some(line.trim_start_matches([':', ' ']).to_owned())
    };
    let mut all = BTreeMap::new();
    for record in ldif.split("\n\n") {
        let Some(account) = value(record, "sAMAccountName") else { continue };
        let Some(guid) = value(record, "objectGUID") else { continue };
        let sid = value(record, "objectSid").map(|it| sid(&it)).unwrap_or_default();
        all.insert(account, (guid, sid));
    }
    all
}

fn sid(base64: &str) -> String {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(base64).unwrap();
    let parts =
        bytes[8..].chunks(4).map(|it| u32::from_le_bytes(it.try_into().unwrap()).to_string());
    format!("S-1-5-{}", parts.collect::<Vec<_>>().join("-"))
}

#[test]
fn from_a_real_domain_and_graph_to_pending_exports() {
    if !is_there() {
        return;
    }
    let image = Image::new(Path::new(env!("CARGO_TARGET_TMPDIR")), &entries()).unwrap();
    let controller = image.start(Binds::Encrypted).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("ca.pem"), image.authority().pem()).unwrap();
    fs::write(path("password"), PASSWORD).unwrap();
    config(&path("config"));
    let source = format!("ldaps://{}", controller.address());
    let sign_in = |command: snapbox::cmd::Command| {
        command
            .args(["--user", ADMINISTRATOR, "--ca-file"])
            .arg(path("ca.pem"))
            .arg("--password-file")
            .arg(path("password"))
    };
    // The domain gives its own identifiers; the tenant has to know them.
    let command = dirlift().args(["import", "ad", "--ad", &source, "--out"]).arg(path("all.ldf"));
    let imported = run(sign_in(command));
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    let known = identities(&fs::read_to_string(path("all.ldf")).unwrap());
    let (ann, team) = (&known["ann"], &known["team"]);
    let user = |name: &str, number: u8, anchor: &str, sid: &str, title: Value| {
        json!({"id": small::object_id(number), "accountEnabled": true, "displayName": name,
            "jobTitle": title, "onPremisesSyncEnabled": true, "onPremisesImmutableId": anchor,
            "onPremisesSecurityIdentifier": sid, "onPremisesSamAccountName": "ann",
            "onPremisesDomainName": "corp.fabrikam.example", "userPrincipalName": format!("{}@fabrikam.example",
            name.split(' ').next().unwrap_or_default().to_lowercase())})
    };
    let tenant = Tenant {
        users: vec![
            user("Ann Beck", small::ANN, &ann.0, &ann.1, "Intern".into()),
            user("Carl", small::CARL, &small::anchor(small::CARL), "S-1-5-21-9-9-9-9", Value::Null),
        ],
        groups: vec![
            json!({"id": small::object_id(small::TEAM), "displayName": "Team", "securityEnabled": true,
            "onPremisesSyncEnabled": true, "onPremisesSecurityIdentifier": team.1,
            "onPremisesSamAccountName": "team", "onPremisesDomainName": "corp.fabrikam.example",
            "onPremisesNetBiosName": "FABRIKAM"}),
        ],
        members: BTreeMap::from([(
            small::object_id(small::TEAM),
            vec![("user", small::object_id(small::ANN))],
        )]),
        ..Tenant::default()
    };
    let server = GraphBuilder::new(tenant).start().unwrap();
    let command = dirlift()
        .env("DIRLIFT_CLIENT_SECRET", Graph::SECRET)
        .args(["rehearse", "--as-of", AS_OF, "--format", "json", "--client-id", Graph::CLIENT])
        .args(["--loopback", server.root(), "--entra", &format!("graph:{}", Graph::TENANT)])
        .args(["--ad", &source, "--config"])
        .arg(path("config"))
        .arg("--out")
        .arg(path("out"));
    let outcome = run(sign_in(command));
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    let text = fs::read_to_string(path("out/pending-exports.jsonl")).unwrap();
    let mut exports: Vec<_> = text
        .lines()
        .map(|line| {
            let it: Value = serde_json::from_str(line).unwrap();
            let changes = it["changes"].as_array().unwrap().iter();
            let changes = changes.map(|it| {
                let name = it["attribute"].as_str().unwrap();
                match name {
                    "displayName" | "title" | "userPrincipalName" | "netBiosName" => {
                        format!(" {name}={}", it["new"][0].as_str().unwrap())
                    }
                    "member" => format!(" {name}={}", it["new"].as_array().unwrap().len()),
                    _ => format!(" {name}"),
                }
            });
            format!(
                "{} {}{}",
                it["operation"].as_str().unwrap(),
                it["object_type"].as_str().unwrap(),
                changes.collect::<String>()
            )
        })
        .collect();
    exports.sort();
    let expected = [
        "add user accountEnabled commonName countryCode displayName=Ben Åse dnsDomainName netBiosName=FABRIKAM \
         onPremiseSecurityIdentifier onPremisesSamAccountName sourceAnchor userPrincipalName=ben@fabrikam.example",
        "delete user",
        "update group member=2",
        "update user title=Engineer",
    ];
    // Active Directory sets the country code to 0 by itself, and when a password was last set.
    let exports: Vec<_> =
        exports.iter().map(|it| it.replace(" lastPasswordChangeTimestamp", "")).collect();
    assert_eq!(exports, expected);
    let explained = run(dirlift().arg("explain").arg(path("out")).arg("ann@fabrikam.example"));
    assert!(explained.stdout.contains("Intern -> Engineer"), "{}", explained.stdout);
}
