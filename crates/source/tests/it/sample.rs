//! A small snapshot written by hand, and zips of it.
use std::{fs, io::Write as _, path::Path};

use dirlift_model::config::Problem;
use dirlift_source::{Host, SourceError};
use zip::{ZipWriter, write::SimpleFileOptions};

pub(crate) const AD_ID: &str = "{11111111-2222-3333-4444-555555555555}";
pub(crate) const CLOUD_ID: &str = "{66666666-7777-8888-9999-AAAAAAAAAAAA}";

/// A word that must not come out anywhere.
pub(crate) const CANARY: &str = "Canary-7Hq2";

/// Names and contents.
pub(crate) type Parts = Vec<(String, Vec<u8>)>;

const REGISTRY: &str = r#"Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\MSOLCoExistence]
"InstallPath"="C:\\Program Files\\Windows Azure Active Directory Sync\\"
"AdminPassword"="Canary-7Hq2"

[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\FIMSynchronizationService\Parameters]
"Server"=""
"SQLInstance"="MSONLINE"
"ImagePath"="x.exe /password:Canary-7Hq2"

[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\Microsoft Online Directory Sync]
"DisplayVersion"="1.0.7020.0"
"#;

const SNAPSHOT: &str = r#"{ "format_version": 1, "taken_at": "2026-11-16T08:30:00Z",
  "host": { "name": "SYNC01", "proxy": { "winhttp": "http://user:Canary-7Hq2@proxy:8080", "machine_config": "user:Canary-7Hq2@proxy",
    "users": [ { "account": "CORP\\admin", "proxy": "http=user:Canary-7Hq2@proxy:80" } ] } },
  "password": "Canary-7Hq2" }"#;

const SERVICES: &str = r#"{ "services": [
  { "name": "FIMSynchronizationService", "image_path": "\"C:\\x\\miiserver.exe\" /password:Canary-7Hq2", "state": "running" },
  { "name": "MSOnlineSyncScheduler", "display_name": "Windows Azure Active Directory Sync Service", "secret": "Canary-7Hq2" } ] }"#;

const SCHEDULER: &str = r#"<?xml version="1.0"?><configuration><appSettings><add key="SyncTimeInterval" value="3:0:0"/><add key="Password" value="Canary-7Hq2"/></appSettings></configuration>"#;

const DATABASE: &str = r#"{ "server": { "edition": "Express Edition (64-bit)", "password": "Canary-7Hq2" },
  "connector_space": [ { "connector": "{11111111-2222-3333-4444-555555555555}", "object_type": "user", "joined": 120 } ],
  "agents": [ { "id": "{11111111-2222-3333-4444-555555555555}", "name": "Active Directory Connector", "category": "AD", "version": 7,
                "encrypted_configuration": "Canary-7Hq2", "xml": {} } ],
  "secret": { "a": [ "Canary-7Hq2" ] } }"#;

/// An agent of Active Directory; without a forest it is a template.
pub(crate) fn ad_agent(version: u32, forest: Option<&str>) -> String {
    let reach = forest.map_or(String::new(), |forest| {
        format!(
            "<private-configuration><adma-configuration><forest-name>{forest}</forest-name></adma-configuration></private-configuration>\
             <ma-partition-data><partition><id>{{00000000-0000-0000-0000-000000000001}}</id><name>DC=corp,DC=example,DC=com</name>\
             <selected>1</selected></partition></ma-partition-data>"
        )
    });
    format!(
        "<?xml version=\"1.0\"?>\n<saved-ma-configuration>\n<ma-data><id>{AD_ID}</id><name>Active Directory Connector</name>\
         <category>AD</category><version>{version}</version><encrypted-attributes>{CANARY}</encrypted-attributes>{reach}</ma-data></saved-ma-configuration>"
    )
}

pub(crate) fn cloud_agent() -> String {
    format!(
        "<saved-ma-configuration><ma-data><id>{CLOUD_ID}</id><name>Windows Azure Active Directory Connector</name>\
         <category>Extensible2</category><subtype>Windows Azure Active Directory (Microsoft)</subtype><version>3</version></ma-data></saved-ma-configuration>"
    )
}

pub(crate) fn metaverse() -> String {
    "<saved-mv-configuration><mv-data><version>5</version><provisioning type=\"scripted\"/></mv-data></saved-mv-configuration>".to_owned()
}

/// Every part, in the order of their names.
pub(crate) fn sample() -> Parts {
    let files = "path,size,sha256,version,signer\r\n\"C:\\Program Files\\Windows Azure Active Directory Sync\\ConfigWizard.exe\",100,?,1.0.7020.0,Microsoft Corporation\r\n";
    [
        ("Registry.REG", REGISTRY.to_owned()),
        ("database.json", DATABASE.to_owned()),
        ("files.csv", files.to_owned()),
        ("notes/readme.txt", "nothing".to_owned()),
        ("scheduler.config", SCHEDULER.to_owned()),
        ("server-configuration/MA-1.XML", ad_agent(7, Some("corp.example.com"))),
        ("server-configuration/MA-2.XML", cloud_agent()),
        ("server-configuration/MV.XML", metaverse()),
        ("services.json", SERVICES.to_owned()),
        ("snapshot.json", SNAPSHOT.to_owned()),
        ("templates/Base/MA-1.XML", ad_agent(2, None)),
        ("templates/Exch/MA-1.XML", ad_agent(1, None)),
        ("templates/Exch/MV.XML", metaverse().replace('5', "1")),
    ]
    .map(|(name, text)| (name.to_owned(), text.into_bytes()))
    .to_vec()
}

pub(crate) fn set(parts: &mut Parts, name: &str, content: impl Into<Vec<u8>>) {
    parts.retain(|(it, _)| it != name);
    parts.push((name.to_owned(), content.into()));
    parts.sort();
}

/// A host in memory.
pub(crate) struct Memory(pub(crate) Parts);

impl Host for Memory {
    fn describe(&self) -> String {
        "memory".to_owned()
    }

    fn parts(&self) -> Vec<String> {
        self.0.iter().map(|(it, _)| it.clone()).collect()
    }

    fn read(&self, part: &str) -> Result<Option<Vec<u8>>, SourceError> {
        Ok(self.0.iter().find(|(it, _)| it.eq_ignore_ascii_case(part)).map(|(_, it)| it.clone()))
    }

    fn problems(&self) -> Vec<Problem> {
        Vec::new()
    }
}

pub(crate) fn write_folder(root: &Path, parts: &Parts) {
    for (name, content) in parts {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// A zip of the parts below `prefix`.
pub(crate) fn zip_of(prefix: &str, parts: &Parts) -> Vec<u8> {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(format!("{prefix}{name}"), SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}
