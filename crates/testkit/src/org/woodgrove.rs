//! Woodgrove: a dead server of which the disk is left; its database comes back as a copy on another server.
use super::{File, host::Host, templates};

pub(super) const BUILD: &str = "1.0.7020.0";
pub(super) const DNS: &str = "woodgrove.example";

/// All files of the snapshot: what could be taken off the disk.
pub(super) fn files() -> Vec<File> {
    let templates = templates(BUILD);
    let host = host();
    let mut files = vec![
        File::new("README.md", include_str!("woodgrove.md")),
        File::new("snapshot.json", SNAPSHOT),
        host.registry_reg(),
        host.scheduler_config(),
        host.files_csv(&templates),
    ];
    files.extend(templates);
    files
}

/// Written by hand: only what the registry of the dead server tells.
const SNAPSHOT: &str = r#"{
  "format_version": 1,
  "taken_at": "2026-11-18T14:20:00Z",
  "collected_by": "by hand, from the disk",
  "host": {
    "name": "WG-DIRSYNC",
    "domain": "woodgrove.example",
    "os": {
      "caption": "Microsoft Windows Server 2008 R2 Standard",
      "version": "6.1.7601",
      "installation_type": "Server",
      "service_pack": "Service Pack 1"
    },
    "dotnet_release": 378758
  },
  "not_collected": [
    { "what": "services.json", "why": "the server does not start" },
    { "what": "server-configuration/", "why": "the Synchronization Service does not start, so nothing can be exported" },
    { "what": "database.json", "why": "the volume with the database is lost" }
  ]
}
"#;

/// Of the parts that the disk has; the others are not written.
fn host() -> Host<'static> {
    Host {
        taken_at: "2026-11-18T14:20:00Z",
        name: "WG-DIRSYNC",
        domain: DNS,
        os: ("Microsoft Windows Server 2008 R2 Standard", "6.1.7601", Some("Service Pack 1")),
        dotnet_release: 378_758,
        powershell: "3.0",
        memory_mb: 0,
        disk_mb: (0, 0),
        winhttp: "",
        user_proxy: None,
        build: BUILD,
        full_sync_needed: 0,
        sql: ("", "MSONLINE"),
        service_account: r".\AAD_90c4be17f26d",
        scheduler: ("automatic", "stopped", 0),
        interval: "3:0:0",
        registry: "",
        files: &[],
    }
}
