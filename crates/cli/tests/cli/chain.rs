//! The whole chain: a real domain over LDAPS and a Graph in this process, to pending exports as worked out; rehearsed in a
//! folder, and deployed, verified and on the checklist.
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use dirlift_testkit::{
    canary,
    graph::{Graph, GraphBuilder, Tenant},
    samba::{ADMINISTRATOR, Binds, DomainController, Entries, Image, PASSWORD, is_there},
    small,
};
use serde_json::{Value, json};
use snapbox::cmd::Command;
use tempfile::TempDir;

use crate::{AS_OF, dirlift, place, run};

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

/// A domain controller, a tenant, and a folder.
struct Chain {
    /// The controller runs on its files.
    _image: Image,
    controller: DomainController,
    server: Graph,
    folder: TempDir,
}

impl Chain {
    fn new() -> Self {
        let image = Image::new(Path::new(env!("CARGO_TARGET_TMPDIR")), &entries()).unwrap();
        let controller = image.start(Binds::Encrypted).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.pem"), image.authority().pem()).unwrap();
        fs::write(folder.path().join("password"), PASSWORD).unwrap();
        let server = GraphBuilder::new(Tenant::default()).start().unwrap();
        let mut chain = Self { _image: image, controller, server, folder };
        chain.server = GraphBuilder::new(chain.tenant()).start().unwrap();
        chain
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn source(&self) -> String {
        format!("ldaps://{}", self.controller.address())
    }

    /// Signs in to the domain.
    fn sign_in(&self, command: Command) -> Command {
        command
            .args(["--user", ADMINISTRATOR, "--ca-file"])
            .arg(self.path("ca.pem"))
            .arg("--password-file")
            .arg(self.path("password"))
    }

    /// Names both directories, and signs in.
    fn with_sources(&self, command: Command) -> Command {
        let command = command
            .env("DIRLIFT_CLIENT_SECRET", Graph::SECRET)
            .args(["--client-id", Graph::CLIENT, "--loopback", self.server.root()])
            .args(["--entra", &format!("graph:{}", Graph::TENANT), "--ad", &self.source()]);
        self.sign_in(command)
    }

    /// Ann with an old title, Carl whom nobody has on premises, and the team without Ben. The domain gives its own
    /// identifiers, which the tenant has to know.
    fn tenant(&self) -> Tenant {
        let out = self.path("all.ldf");
        let command = dirlift().args(["import", "ad", "--ad", &self.source(), "--out"]).arg(&out);
        let imported = run(self.sign_in(command));
        assert_eq!(imported.code, 0, "{}", imported.stderr);
        let known = identities(&fs::read_to_string(out).unwrap());
        let (ann, team) = (&known["ann"], &known["team"]);
        let user = |name: &str, number: u8, anchor: &str, sid: &str, title: Value| {
            json!({"id": small::object_id(number), "accountEnabled": true, "displayName": name,
                "jobTitle": title, "assignedLicenses": [], "onPremisesSyncEnabled": true, "onPremisesImmutableId": anchor,
                "onPremisesSecurityIdentifier": sid, "onPremisesSamAccountName": "ann",
                "onPremisesDomainName": "corp.fabrikam.example", "userPrincipalName": format!("{}@fabrikam.example",
                name.split(' ').next().unwrap_or_default().to_lowercase())})
        };
        let carl = small::anchor(small::CARL);
        Tenant {
            users: vec![
                user("Ann Beck", small::ANN, &ann.0, &ann.1, "Intern".into()),
                user("Carl", small::CARL, &carl, "S-1-5-21-9-9-9-9", Value::Null),
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
        }
    }

    fn rehearse(&self) {
        config(&self.path("config"));
        let command = dirlift().args(["rehearse", "--as-of", AS_OF, "--config"]);
        let command = command.arg(self.path("config")).arg("--out").arg(self.path("out"));
        let outcome = run(self.with_sources(command));
        assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
        let text = fs::read_to_string(self.path("out/pending-exports.jsonl")).unwrap();
        let mut exports: Vec<_> = text.lines().map(words).collect();
        exports.sort();
        let expected = [
            "add user accountEnabled commonName countryCode displayName=Ben Åse dnsDomainName netBiosName=FABRIKAM \
             onPremiseSecurityIdentifier onPremisesSamAccountName sourceAnchor userPrincipalName=ben@fabrikam.example",
            "delete user",
            "update group member=2",
            "update user title=Engineer",
        ];
        assert_eq!(exports, expected);
        let explained =
            run(dirlift().arg("explain").arg(self.path("out")).arg("ann@fabrikam.example"));
        assert!(explained.stdout.contains("Intern -> Engineer"), "{}", explained.stdout);
    }

    /// Fabrikam's server takes the whole domain: Nora is new as well as Ben. All groups of a new domain are critical, for this
    /// one has no name service.
    fn deploy(&self) {
        let (bundle, store) = (self.path("bundle.zip"), self.path("f.dirlift"));
        place::bundle(&bundle);
        let migrate = |more: &[&str]| {
            let command = dirlift().arg("migrate").arg(&bundle).arg("--deployment").arg(&store);
            run(self.with_sources(command).args(more))
        };
        let planned = migrate(&["--plan"]);
        assert_eq!(planned.code, 0, "{}{}", planned.stdout, planned.stderr);
        assert!(!store.exists());
        let done = migrate(&["--yes"]);
        assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
        let verify = |more: &[&str]| run(dirlift().arg("verify").arg(&store).args(more));
        let outcome = verify(&["--format", "json"]);
        assert_eq!(outcome.code, 3, "nothing is expected yet: {}", outcome.stderr);
        let found: Value = serde_json::from_str(&outcome.stdout).unwrap();
        let mut groups: Vec<_> = found["by_operation"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| {
                let word = |name: &str| it[name].as_str().unwrap();
                let (operation, of, why) = (word("operation"), word("object_type"), word("cause"));
                format!("{operation} {of} {why} {}", it["objects"])
            })
            .collect();
        groups.sort();
        let expected = [
            "add user provisioned 2",
            "delete user source-gone 1",
            "update group flowed 1",
            "update user flowed 1",
        ];
        assert_eq!(groups, expected);
        let accept = self.path("accept.toml");
        let entry = |operation: &str, of: &str, most: u8| {
            format!(
                "[[accept]]\noperation = \"{operation}\"\nobject-type = \"{of}\"\nat-most = {most}\n\
                 reason = \"worked out\"\nauthor = \"Ida\"\n"
            )
        };
        let all = [("add", "user", 2), ("delete", "user", 1)];
        let all = [&all[..], &[("update", "group", 1), ("update", "user", 1)]].concat();
        let text: String = all.iter().map(|it| entry(it.0, it.1, it.2)).collect();
        fs::write(&accept, text).unwrap();
        let clean = verify(&["--accept", accept.to_str().unwrap()]);
        assert_eq!(clean.code, 0, "{}{}", clean.stdout, clean.stderr);
        let list = run(dirlift().arg("checklist").arg(&store).args(["show", "--format", "json"]));
        assert_eq!(list.code, 3, "much is left to do: {}", list.stderr);
        let list: Value = serde_json::from_str(&list.stdout).unwrap();
        for id in ["rehearsed-import", "rehearsed-synchronization", "pending-exports-clean"] {
            let item = list["items"].as_array().unwrap().iter().find(|it| it["id"] == id);
            assert_eq!(item.unwrap()["state"], "done", "{id}");
        }
        let kept = fs::read(&store).unwrap();
        for secret in Graph::CANARIES.into_iter().chain([PASSWORD]) {
            assert_eq!(canary::find(secret, &kept), None, "{secret} is in the store");
        }
    }
}

/// A pending export in a line. Active Directory sets the country code to 0 by itself, and when a password was last set, which
/// is left out.
fn words(line: &str) -> String {
    let it: Value = serde_json::from_str(line).unwrap();
    let changes = it["changes"].as_array().unwrap().iter();
    let changes = changes.map(|it| {
        let name = it["attribute"].as_str().unwrap();
        match name {
            "lastPasswordChangeTimestamp" => String::new(),
            "displayName" | "title" | "userPrincipalName" | "netBiosName" => {
                format!(" {name}={}", it["new"][0].as_str().unwrap())
            }
            "member" => format!(" {name}={}", it["new"].as_array().unwrap().len()),
            _ => format!(" {name}"),
        }
    });
    let (operation, of) = (it["operation"].as_str().unwrap(), it["object_type"].as_str().unwrap());
    format!("{operation} {of}{}", changes.collect::<String>())
}

#[test]
fn from_a_real_domain_and_graph_to_the_checklist() {
    if is_there() {
        let chain = Chain::new();
        chain.rehearse();
        chain.deploy();
    }
}
