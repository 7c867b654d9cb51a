//! The parts of a snapshot that are not the configuration: host, registry, services, files, scheduler.
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::{File, hex, json};

/// The folder that the product is installed in.
pub(super) const ROOT: &str = r"C:\Program Files\Windows Azure Active Directory Sync\";

/// Facts about a host.
pub(super) struct Host<'a> {
    pub(super) taken_at: &'a str,
    pub(super) name: &'a str,
    pub(super) domain: &'a str,
    /// Caption, version, service pack.
    pub(super) os: (&'a str, &'a str, Option<&'a str>),
    pub(super) dotnet_release: u32,
    pub(super) powershell: &'a str,
    pub(super) memory_mb: u32,
    /// Size and free space of the system volume.
    pub(super) disk_mb: (u32, u32),
    pub(super) winhttp: &'a str,
    /// Account and proxy.
    pub(super) user_proxy: Option<(&'a str, &'a str)>,
    /// As the registry has it.
    pub(super) build: &'a str,
    pub(super) full_sync_needed: u32,
    /// Server, instance: both empty for a default instance on this host.
    pub(super) sql: (&'a str, &'a str),
    pub(super) service_account: &'a str,
    /// Start type, state and exit code of the scheduler's service.
    pub(super) scheduler: (&'a str, &'a str, u32),
    pub(super) interval: &'a str,
    /// Additional keys of the registry, as `regedit` writes them, with `\n`.
    pub(super) registry: &'a str,
    /// Additional files: path below the installation, size, version, signer.
    pub(super) files: &'a [(&'a str, u32, &'a str, &'a str)],
}

impl Host<'_> {
    pub(super) fn snapshot_json(&self) -> File {
        let user = self.user_proxy.map_or(String::new(), |(account, proxy)| {
            format!(" {{ \"account\": {}, \"proxy\": {} }} ", json(account), json(proxy))
        });
        let (caption, version, pack) = self.os;
        let text = format!(
            r#"{{
  "format_version": 1,
  "taken_at": "{taken_at}",
  "collected_by": "collect.ps1 1",
  "host": {{
    "name": {name},
    "domain": {domain},
    "domain_role": "member-server",
    "os": {{
      "caption": {caption},
      "version": "{version}",
      "installation_type": "Server",
      "service_pack": {pack}
    }},
    "dotnet_release": {dotnet},
    "powershell": "{powershell}",
    "memory_mb": {memory},
    "system_disk_mb": {disk},
    "system_disk_free_mb": {free},
    "proxy": {{
      "winhttp": {winhttp},
      "machine_config": "",
      "users": [{user}]
    }}
  }},
  "not_collected": []
}}
"#,
            taken_at = self.taken_at,
            name = json(self.name),
            domain = json(self.domain),
            caption = json(caption),
            pack = pack.map_or("null".to_owned(), json),
            dotnet = self.dotnet_release,
            powershell = self.powershell,
            memory = self.memory_mb,
            disk = self.disk_mb.0,
            free = self.disk_mb.1,
            winhttp = json(self.winhttp),
        );
        File::new("snapshot.json", text)
    }

    /// As `regedit` writes it: UTF-16LE with byte-order mark, CRLF, an empty line after each key.
    pub(super) fn registry_reg(&self) -> File {
        let escape = |it: &str| it.replace('\\', "\\\\");
        let (server, instance) = self.sql;
        let text = format!(
            "Windows Registry Editor Version 5.00\n\n\
             [HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\MSOLCoExistence]\n\"InstallPath\"=\"{root}\"\n\
             \"FullSyncNeeded\"=dword:{needed:08x}\n\n\
             [HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\MSOLCoExistence\\PasswordSync]\n\n\
             [HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\Microsoft Online Directory Sync]\n\
             \"DisplayName\"=\"Windows Azure Active Directory Sync tool\"\n\"DisplayVersion\"=\"{build}\"\n\
             \"Publisher\"=\"Microsoft Corporation\"\n\"EstimatedSize\"=dword:0002ee00\n\n\
             [HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\FIMSynchronizationService]\n\"Type\"=dword:00000010\n\
             \"Start\"=dword:00000002\n\"ErrorControl\"=dword:00000001\n\"ImagePath\"=hex(2):{image}\n\
             \"DisplayName\"=\"Forefront Identity Manager Synchronization Service\"\n\"ObjectName\"=\"{account}\"\n\n\
             [HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\FIMSynchronizationService\\Parameters]\n\
             \"Path\"=\"{root}SYNCBUS\\\\Synchronization Service\\\\\"\n\"Server\"=\"{server}\"\n\"SQLInstance\"=\"{instance}\"\n\
             \"DBName\"=\"FIMSynchronizationService\"\n\n{more}",
            root = escape(ROOT),
            needed = self.full_sync_needed,
            build = self.build,
            image = expandable(&format!(
                "\"{ROOT}SYNCBUS\\Synchronization Service\\Bin\\miiserver.exe\""
            )),
            account = escape(self.service_account),
            more = self.registry,
        );
        File { path: "registry.reg".to_owned(), bytes: super::utf16le(&super::crlf(&text)) }
    }

    pub(super) fn services_json(&self) -> File {
        let service = |name: &str,
                       display: &str,
                       image: &str,
                       account: &str,
                       (start, state, exit): (&str, &str, u32)| {
            format!(
                "    {{\n      \"name\": {},\n      \"display_name\": {},\n      \"image_path\": {},\n      \"account\": {},\n      \
                 \"start_type\": \"{start}\",\n      \"state\": \"{state}\",\n      \"exit_code\": {exit}\n    }}",
                json(name),
                json(display),
                json(image),
                json(account)
            )
        };
        let running = ("automatic", "running", 0);
        let mut all = vec![
            service(
                "FIMSynchronizationService",
                "Forefront Identity Manager Synchronization Service",
                &format!("\"{ROOT}SYNCBUS\\Synchronization Service\\Bin\\miiserver.exe\""),
                self.service_account,
                running,
            ),
            service(
                "MSOnlineSyncScheduler",
                "Windows Azure Active Directory Sync Service",
                &format!("\"{ROOT}Microsoft.Online.DirSync.Scheduler.exe\""),
                self.service_account,
                self.scheduler,
            ),
        ];
        let (server, instance) = self.sql;
        if server.is_empty() {
            all.push(service(
                &format!("MSSQL${instance}"),
                &format!("SQL Server ({instance})"),
                &format!(
                    "\"C:\\Program Files\\Microsoft SQL Server\\MSSQL.{instance}\\MSSQL\\Binn\\sqlservr.exe\" -s{instance}"
                ),
                r"NT AUTHORITY\NETWORK SERVICE",
                running,
            ));
        }
        let assistant = "\"C:\\Program Files\\Common Files\\Microsoft Shared\\Microsoft Online Services\\MSOIDSVC.EXE\"";
        let display = "Microsoft Online Services Sign-in Assistant";
        all.push(service("msoidsvc", display, assistant, "LocalSystem", running));
        File::new("services.json", format!("{{\n  \"services\": [\n{}\n  ]\n}}\n", all.join(",\n")))
    }

    pub(super) fn scheduler_config(&self) -> File {
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<configuration>\n  <appSettings>\n    \
             <!-- hours:minutes:seconds between two cycles -->\n    <add key=\"SyncTimeInterval\" value=\"{}\" />\n  \
             </appSettings>\n  <startup useLegacyV2RuntimeActivationPolicy=\"true\">\n    \
             <supportedRuntime version=\"v2.0.50727\" />\n  </startup>\n</configuration>\n",
            self.interval
        );
        File { path: "scheduler.config".to_owned(), bytes: super::crlf(&text).into_bytes() }
    }

    /// The list of files; templates with their true size and hash, others with invented ones.
    pub(super) fn files_csv(&self, templates: &[File]) -> File {
        const ENGINE: &str = r"SYNCBUS\Synchronization Service\";
        let microsoft = "Microsoft Corporation";
        let stock = [
            (r"ConfigWizard.exe".to_owned(), 1_204_736),
            (r"Microsoft.Online.DirSync.Scheduler.exe".to_owned(), 61_952),
            (format!(r"{ENGINE}Bin\miiserver.exe"), 2_890_240),
            (format!(r"{ENGINE}UIShell\miisclient.exe"), 2_101_248),
            (format!(r"{ENGINE}Extensions\Microsoft.Azure.ActiveDirectory.Connector.dll"), 348_672),
            (
                format!(r"{ENGINE}Extensions\Microsoft.Online.Coexistence.RulesExtension.dll"),
                94_720,
            ),
            (format!(r"{ENGINE}Extensions\Microsoft.Online.DirSync.MVExtension.dll"), 57_344),
            (r"DirSync\Microsoft.Online.Coexistence.PS.Config.dll".to_owned(), 132_608),
        ];
        let stock = stock.map(|(path, size)| (path, size, self.build, microsoft));
        let more = self
            .files
            .iter()
            .map(|(path, size, version, signer)| ((*path).to_owned(), *size, *version, *signer));
        let mut text = "path,size,sha256,version,signer\r\n".to_owned();
        for (path, size, version, signer) in stock.into_iter().chain(more) {
            let hash = hex(&Sha256::digest(format!("{path} {version}")));
            let _ = write!(text, "{ROOT}{path},{size},{hash},{version},{signer}\r\n");
        }
        for file in templates {
            let path = file.path.replacen("templates/", r"ma\", 1).replace('/', "\\");
            let _ = write!(
                text,
                "{ROOT}{path},{},{},,\r\n",
                file.bytes.len(),
                hex(&Sha256::digest(&file.bytes))
            );
        }
        File { path: "files.csv".to_owned(), bytes: text.into_bytes() }
    }
}

/// An expandable text as `regedit` writes it, broken into lines of 80 characters at most.
fn expandable(text: &str) -> String {
    let mut out = String::new();
    let mut column = "\"ImagePath\"=hex(2):".len();
    let bytes: Vec<u8> = text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    for (idx, byte) in bytes.iter().enumerate() {
        if column + 3 > 78 {
            out.push_str("\\\n  ");
            column = 2;
        }
        let _ = write!(out, "{byte:02x}");
        if idx + 1 < bytes.len() {
            out.push(',');
        }
        column += 3;
    }
    out
}
