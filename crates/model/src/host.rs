//! Facts about one Windows host. Every field may be unknown: a snapshot of a dead server has gaps.
use serde::{Deserialize, Serialize};

use crate::Build;

/// Whether two names are of one host. A name without a suffix fits one with any.
pub fn same_host(a: &str, b: &str) -> bool {
    let (a, b) = (a.trim().trim_end_matches('.'), b.trim().trim_end_matches('.'));
    if a.is_empty() || b.is_empty() {
        return false;
    }
    let label = |it: &str| it.split('.').next().unwrap_or_default().to_ascii_lowercase();
    if a.contains('.') && b.contains('.') {
        a.eq_ignore_ascii_case(b)
    } else {
        label(a) == label(b)
    }
}

/// What a snapshot says of the host itself (`snapshot.json`, member `host`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HostFacts {
    /// Computer name, with or without its DNS suffix.
    pub name: Option<String>,
    /// DNS domain the computer is joined to; `None` is unknown.
    pub domain: Option<String>,
    /// What the computer is in its domain.
    pub domain_role: Option<DomainRole>,
    /// Operating system.
    pub os: Option<OperatingSystem>,
    /// `Release` value of .NET Framework 4, such as 461808 for 4.7.2; `Some(0)` when .NET 4.5 or later is absent.
    pub dotnet_release: Option<u32>,
    /// Windows PowerShell engine version, such as `5.1.14393.0`.
    pub powershell: Option<Build>,
    /// Physical memory in megabytes (2^20 bytes).
    pub memory_mb: Option<u64>,
    /// Size of the system volume in megabytes (2^20 bytes).
    pub system_disk_mb: Option<u64>,
    /// Free space of the system volume in megabytes (2^20 bytes).
    pub system_disk_free_mb: Option<u64>,
    /// Proxies as configured; absent parts are unknown.
    pub proxy: ProxyFacts,
}

/// Role of a computer in its domain; the numbers are those of `Win32_ComputerSystem.DomainRole`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DomainRole {
    /// 0
    StandaloneWorkstation,
    /// 1
    MemberWorkstation,
    /// 2
    StandaloneServer,
    /// 3
    MemberServer,
    /// 4
    BackupDomainController,
    /// 5
    PrimaryDomainController,
}

impl DomainRole {
    /// Whether the computer belongs to a domain.
    pub const fn is_joined(self) -> bool {
        !matches!(self, Self::StandaloneServer | Self::StandaloneWorkstation)
    }

    /// Whether the computer is a domain controller.
    pub const fn is_domain_controller(self) -> bool {
        matches!(self, Self::BackupDomainController | Self::PrimaryDomainController)
    }
}

/// The operating system of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OperatingSystem {
    /// Name as the system shows it, such as `Microsoft Windows Server 2012 R2 Standard`.
    pub caption: Option<String>,
    /// Version with build, such as `6.3.9600`.
    pub version: Option<Build>,
    /// Desktop experience or core, as the registry value `InstallationType` says it.
    pub installation_type: Option<String>,
    /// Service pack, such as `Service Pack 1`.
    pub service_pack: Option<String>,
}

/// Proxy settings of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProxyFacts {
    /// `WinHTTP` proxy of the machine, as `netsh winhttp show proxy` prints it; `Some("")` when there is none.
    pub winhttp: Option<String>,
    /// `proxyaddress` in the `.NET` machine.config; `Some("")` when there is none.
    pub machine_config: Option<String>,
    /// Proxies of users who have one, as `(account, proxy)`; `None` is unknown.
    pub users: Option<Vec<UserProxy>>,
}

/// The proxy of one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserProxy {
    /// Account name or SID.
    pub account: String,
    /// `ProxyServer`, or the address of an automatic configuration script.
    pub proxy: String,
}

/// One Windows service (`services.json`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Service {
    /// Key name, such as `FIMSynchronizationService`.
    pub name: String,
    /// Name in the services console.
    pub display_name: Option<String>,
    /// Command line of the service's program.
    pub image_path: Option<String>,
    /// Account it logs on as, such as `.\AAD_0123456789ab`.
    pub account: Option<String>,
    /// When Windows starts it.
    pub start_type: Option<StartType>,
    /// What it is doing.
    pub state: Option<ServiceState>,
    /// Win32 error of its last end; 0 is success.
    pub exit_code: Option<u32>,
}

/// When Windows starts a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StartType {
    /// At boot.
    Automatic,
    /// Some time after boot.
    DelayedAutomatic,
    /// When asked.
    Manual,
    /// Never.
    Disabled,
}

/// What a service is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceState {
    /// It runs.
    Running,
    /// It does not.
    Stopped,
    /// It is on its way from one to the other, or paused.
    Other,
}

/// One file of the installation (`files.csv`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstalledFile {
    /// Full Windows path.
    pub path: String,
    /// Size in bytes.
    pub size: Option<u64>,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: Option<String>,
    /// File version from the version resource.
    pub version: Option<String>,
    /// Common name of the Authenticode signer; `Some("")` when the file is not signed or the signature is not valid.
    pub signer: Option<String>,
}

impl InstalledFile {
    /// The last part of the path.
    pub fn file_name(&self) -> &str {
        self.path.rsplit(['\\', '/']).next().unwrap_or(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::same_host;

    #[test]
    fn hosts_with_and_without_suffix() {
        let cases = [
            ("SYNC1", "sync1.corp.example", true),
            ("sync1.corp.example.", "SYNC1.corp.example", true),
            ("sync1.a.example", "sync1.b.example", false),
            ("sync1", "sync2", false),
            ("", "", false),
            (" ", "sync1", false),
        ];
        for (a, b, expected) in cases {
            assert_eq!((same_host(a, b), same_host(b, a)), (expected, expected), "{a} {b}");
        }
    }
}
