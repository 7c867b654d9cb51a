//! Adatum: Azure AD Connect 1.6 with `LocalDB` and three custom rules; the cloud no longer accepts its build.
mod connectors;
mod rules;

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::{
    File, crlf,
    database::{AgentRow, Count, Database, Run},
    json, utf16le,
};

const BUILD: &str = "1.6.16.0";
const SERVER: &str = "ADA-SYNC01";
const EXPORTED: &str = "2026-11-19 13:02:44.617";
/// Id of the connector to Active Directory.
const AD_ID: &str = "{3F6C1B0A-52D7-4E8B-9A43-7C0D8E21F5B6}";
/// Id of the connector to the cloud.
const CLOUD_ID: &str = "{9B2E7D14-08AC-4C6F-B1D3-5E4F60A792C8}";
const ENGINE: &str = r"C:\Program Files\Microsoft Azure AD Sync\";
const WIZARD: &str =
    r"C:\Program Files\Microsoft Azure Active Directory Connect\AzureADConnect.exe";

/// All files of the snapshot.
pub(super) fn files() -> Vec<File> {
    // The shared writer knows the older product; three values are those of the newer one.
    let database = database()
        .json()
        .replace("FIMSynchronizationService", "ADSync")
        .replace("\"is_local_db\": false", "\"is_local_db\": true")
        .replace("\"staging_mode\": null", "\"staging_mode\": false");
    let mut files = vec![
        File::new("README.md", include_str!("adatum.md")),
        File::new("database.json", database),
        File::new("snapshot.json", SNAPSHOT),
        File { path: "registry.reg".to_owned(), bytes: utf16le(&crlf(&registry())) },
        File::new("services.json", services()),
        files_csv(),
        // The shell that writes it uses UTF-16 with a byte-order mark.
        File {
            path: "server-configuration/MigratedPolicy.json".to_owned(),
            bytes: utf16le(&crlf(&policy())),
        },
    ];
    files.extend(connectors::files());
    files.extend(rules::files());
    files
}

const SNAPSHOT: &str = r#"{
  "format_version": 1,
  "taken_at": "2026-11-19T13:20:00Z",
  "collected_by": "collect.ps1 1",
  "host": {
    "name": "ADA-SYNC01.adatum.example",
    "domain": "adatum.example",
    "domain_role": "member-server",
    "os": {
      "caption": "Microsoft Windows Server 2012 R2 Standard",
      "version": "6.3.9600",
      "installation_type": "Server",
      "service_pack": null
    },
    "dotnet_release": 461814,
    "powershell": "5.1.14409.1018",
    "memory_mb": 16384,
    "system_disk_mb": 122880,
    "system_disk_free_mb": 61204,
    "proxy": {
      "winhttp": "",
      "machine_config": "",
      "users": []
    }
  },
  "not_collected": []
}
"#;

/// As `regedit` writes it.
fn registry() -> String {
    let escape = |it: &str| it.replace('\\', "\\\\");
    format!(
        "Windows Registry Editor Version 5.00\n\n\
         [HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319]\n\"SchUseStrongCrypto\"=dword:00000001\n\
         \"SystemDefaultTlsVersions\"=dword:00000001\n\n\
         [HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\AD Sync]\n\n\
         [HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Azure AD Connect]\n\"WizardPath\"=\"{wizard}\"\n\n\
         [HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\MSOLCoExistence]\n\"ServiceAccountType\"=\"VirtualServiceAccount\"\n\n\
         [HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\{uninstall}]\n\
         \"DisplayName\"=\"Microsoft Azure AD Connect\"\n\"DisplayVersion\"=\"{BUILD}\"\n\
         \"Publisher\"=\"Microsoft Corporation\"\n\n\
         [HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\ADSync]\n\"Type\"=dword:00000010\n\
         \"Start\"=dword:00000002\n\"DisplayName\"=\"Microsoft Azure AD Sync\"\n\"ObjectName\"=\"NT SERVICE\\\\ADSync\"\n\n\
         [HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\ADSync\\Parameters]\n\"Path\"=\"{engine}\"\n\
         \"Server\"=\"(localdb)\"\n\"SQLInstance\"=\".\\\\ADSync\"\n\"DBName\"=\"ADSync\"\n\n",
        wizard = escape(WIZARD),
        uninstall = super::guid("adatum/uninstall").braced(),
        engine = escape(ENGINE),
    )
}

fn services() -> String {
    format!(
        "{{\n  \"services\": [\n    {{\n      \"name\": \"ADSync\",\n      \"display_name\": \"Microsoft Azure AD Sync\",\n      \
         \"image_path\": {},\n      \"account\": {},\n      \"start_type\": \"automatic\",\n      \"state\": \"running\",\n      \
         \"exit_code\": 0\n    }}\n  ]\n}}\n",
        json(&format!("\"{ENGINE}Bin\\miiserver.exe\"")),
        json(r"NT SERVICE\ADSync"),
    )
}

/// The list of files; their hashes are invented.
fn files_csv() -> File {
    let engine = |it: &str| format!("{ENGINE}{it}");
    let all = [
        (WIZARD.to_owned(), 618_496),
        (engine(r"Bin\miiserver.exe"), 3_012_608),
        (engine(r"Bin\csexport.exe"), 41_472),
        (engine(r"Extensions\Microsoft.Azure.ActiveDirectory.Connector.dll"), 402_944),
    ];
    let mut text = "path,size,sha256,version,signer\r\n".to_owned();
    for (path, size) in all {
        let hash = super::hex(&Sha256::digest(format!("{path} {BUILD}")));
        let _ = write!(text, "{path},{size},{hash},{BUILD},Microsoft Corporation\r\n");
    }
    File::new("files.csv", text)
}

/// As `MigrateSettings.ps1` writes it.
fn policy() -> String {
    let plain = |it: &str| it.trim_matches(['{', '}']).to_ascii_lowercase();
    format!(
        "{{\n    \"policyMetadata\":  {{\n                           \"type\":  \"migration\",\n                           \
         \"author\":  \"ADATUM\\\\sync.admin\",\n                           \
         \"timeCreated\":  \"2026-11-19 13:02:51Z\",\n                           \
         \"azureADConnectVersion\":  \"{BUILD}\"\n                       }},\n    \"deploymentMetadata\":  {{\n                               \
         \"hostName\":  \"ADA-SYNC01.adatum.example\",\n                               \
         \"serviceAccount\":  \"NT SERVICE\\\\ADSync\",\n                               \
         \"serviceAccountType\":  null,\n                               \"databaseServer\":  \"(localdb)\",\n                               \
         \"databaseInstance\":  \".\\\\ADSync\",\n                               \"databaseName\":  \"ADSync\",\n                               \
         \"connectorIds\":  [\n                                                \"{cloud}\",\n                                                \
         \"{ad}\"\n                                            ]\n                           }}\n}}\n",
        cloud = plain(CLOUD_ID),
        ad = plain(AD_ID),
    )
}

/// Runs, newest first: the cloud refuses them.
#[rustfmt::skip]
const RUNS: &[Run] = &[
    (CLOUD_ID, "Export", 70_212, "export", "stopped-extension-dll-exception", "2026-11-19T12:31:40Z", "2026-11-19T12:31:44Z", &[]),
    (AD_ID, "Delta Synchronization", 70_211, "apply-rules/apply-pending", "success", "2026-11-19T12:31:21Z", "2026-11-19T12:31:38Z", &[]),
    (CLOUD_ID, "Delta Import", 70_210, "delta-import", "stopped-extension-dll-exception", "2026-11-19T12:31:14Z", "2026-11-19T12:31:19Z", &[]),
    (AD_ID, "Delta Import", 70_209, "delta-import", "success", "2026-11-19T12:30:02Z", "2026-11-19T12:31:12Z", &[]),
];

/// Rows of the connector spaces: joined, disconnected, placeholders, pending exports, export errors.
#[rustfmt::skip]
const DIRECTORY_ROWS: &[Count] = &[
    ("user", [17_640, 311, 18, 0, 0]),
    ("inetOrgPerson", [22, 0, 0, 0, 0]),
    ("contact", [905, 14, 0, 0, 0]),
    ("group", [2_318, 127, 9, 0, 0]),
    ("organizationalUnit", [0, 204, 6, 0, 0]),
    ("domainDNS", [0, 1, 0, 0, 0]),
];

#[rustfmt::skip]
const CLOUD_ROWS: &[Count] = &[
    ("user", [17_590, 4, 0, 216, 0]),
    ("contact", [905, 0, 0, 0, 0]),
    ("group", [2_318, 0, 0, 31, 0]),
];

fn database() -> Database {
    Database {
        read_at: "2026-11-19T13:11:30Z",
        machine: SERVER,
        instance: r"LOCALDB#5B1F03A2",
        edition: "Express Edition (64-bit)",
        engine_edition: 4,
        product_version: "11.0.7507.2",
        size_mb: (3_912, 512),
        agents: vec![
            AgentRow {
                id: AD_ID,
                name: "adatum.example",
                category: "AD",
                subtype: "",
                version: 219,
                times: ("2017-06-14T09:40:12.207Z", "2025-08-02T16:20:31.940Z"),
                full_sync_required: false,
                counts: DIRECTORY_ROWS,
                xml: Vec::new(),
            },
            AgentRow {
                id: CLOUD_ID,
                name: "adatum.onmicrosoft.com - AAD",
                category: "Extensible2",
                subtype: "Windows Azure Active Directory (Microsoft)",
                version: 6,
                times: ("2017-06-14T09:40:02.553Z", "2025-08-02T16:20:33.121Z"),
                full_sync_required: false,
                counts: CLOUD_ROWS,
                xml: Vec::new(),
            },
        ],
        metaverse: &[("person", 18_567), ("group", 2_318)],
        large_groups: Vec::new(),
        configuration_xml: Vec::new(),
        administrators: "S-1-5-21-1190447322-664210981-2903381745-1105",
        runs: RUNS,
    }
}
