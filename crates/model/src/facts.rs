//! Everything known about one server, put together from all its sources.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    DatabaseFacts, HostFacts, Product, ServerConfiguration,
    config::Problem,
    host::{InstalledFile, Service},
    product::Build,
};

/// Facts of one server. Readers fill it; nothing in it is a judgement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// When the facts were collected.
    pub taken_at: Option<Timestamp>,
    /// The host.
    pub host: HostFacts,
    /// The product that was found.
    pub product: ProductFacts,
    /// Values of the registry; `None` when the registry was not read.
    pub registry: Option<Registry>,
    /// Windows services; `None` when they were not read.
    pub services: Option<Vec<Service>>,
    /// Files of the installation; `None` when they were not listed.
    pub files: Option<Vec<InstalledFile>>,
    /// The configuration with its origin; `None` when it could not be had.
    pub configuration: Option<Configuration>,
    /// The templates that the product ships, read on this server: the stock baseline, never its configuration.
    pub baseline: Option<ServerConfiguration>,
    /// The database; `None` when nothing is known of it.
    pub database: Option<DatabaseFacts>,
    /// The scheduler's settings; `None` when they were not read.
    pub scheduler: Option<Scheduler>,
    /// Head of the export of the server configuration; `None` when there is no export or it does not say.
    pub export: Option<ExportHead>,
    /// Settings files of Azure AD Connect and its successors, in the order of their names.
    pub policies: Vec<Policy>,
    /// Parts that are missing, with what hangs on them.
    pub missing: Vec<NotChecked>,
    /// What was not understood in the parts.
    pub problems: Vec<Problem>,
}

/// Which product, and how it was recognised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductFacts {
    /// The product; `None` when no source could tell.
    pub product: Option<Product>,
    /// Its version.
    pub version: Option<Build>,
    /// Its folder.
    pub install_path: Option<String>,
    /// What the decision rests on.
    pub evidence: Vec<crate::Evidence>,
}

/// A configuration and where it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// The parsed configuration.
    pub server: ServerConfiguration,
    /// Where it was read.
    pub origin: ConfigurationOrigin,
}

/// Where a configuration was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigurationOrigin {
    /// From the columns of the database.
    Database,
    /// From an export of the server configuration.
    Export,
}

/// Values of the registry that matter, by key. Keys and names compare without regard to ASCII case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry {
    /// Keys in the order of the export, full path with `HKEY_LOCAL_MACHINE` written out.
    pub keys: Vec<RegistryKey>,
}

impl Registry {
    /// The key with this path, written as `HKLM\...` or in full.
    pub fn key(&self, path: &str) -> Option<&RegistryKey> {
        let full = path.strip_prefix("HKLM\\").map(|it| format!("HKEY_LOCAL_MACHINE\\{it}"));
        let path = full.as_deref().unwrap_or(path);
        self.keys.iter().find(|it| it.path.eq_ignore_ascii_case(path))
    }

    /// A value of a key.
    pub fn value(&self, path: &str, name: &str) -> Option<&RegistryValue> {
        let key = self.key(path)?;
        key.values.iter().find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// A string value of a key.
    pub fn string(&self, path: &str, name: &str) -> Option<&str> {
        match self.value(path, name)? {
            RegistryValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// A number of a key.
    pub fn number(&self, path: &str, name: &str) -> Option<u64> {
        match self.value(path, name)? {
            RegistryValue::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The keys directly or indirectly below a path.
    pub fn below(&self, path: &str) -> impl Iterator<Item = &RegistryKey> {
        let full = path.strip_prefix("HKLM\\").map(|it| format!("HKEY_LOCAL_MACHINE\\{it}"));
        let prefix = format!("{}\\", full.as_deref().unwrap_or(path)).to_ascii_lowercase();
        self.keys.iter().filter(move |it| it.path.to_ascii_lowercase().starts_with(&prefix))
    }
}

/// One key with its values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistryKey {
    /// Full path.
    pub path: String,
    /// Names and values; the default value has an empty name.
    pub values: Vec<(String, RegistryValue)>,
}

/// One value of the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryValue {
    /// `REG_SZ` or `REG_EXPAND_SZ`.
    String(String),
    /// `REG_DWORD` or `REG_QWORD`.
    Number(u64),
    /// `REG_MULTI_SZ`.
    Strings(Vec<String>),
    /// Any other type; its bytes are not kept.
    Other,
}

/// Settings of the scheduler's configuration file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scheduler {
    /// `SyncTimeInterval` as written, hours:minutes:seconds.
    pub interval: Option<String>,
    /// The same in seconds, when it could be understood.
    pub interval_seconds: Option<u64>,
    /// The part it was read from.
    pub place: String,
}

/// What an export of the server configuration says of itself (`saved-mv-configuration`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportHead {
    /// `server`: the host that was exported.
    pub server: Option<String>,
    /// `export-date`, UTC.
    pub exported_at: Option<Timestamp>,
    /// The part it was read from.
    pub place: String,
}

/// A settings file: `MigratedPolicy.json`, or the wizard's `*-SynchronizationPolicy-*.JSON`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// `type`: `migration` in `MigratedPolicy.json`.
    pub kind: Option<String>,
    /// `azureADConnectVersion`: of the wizard.
    pub version: Option<Build>,
    /// `hostName` of the server.
    pub host: Option<String>,
    /// `serviceAccount`.
    pub service_account: Option<String>,
    /// `databaseServer`; `(localdb)` for `LocalDB`.
    pub database_server: Option<String>,
    /// `databaseInstance`.
    pub database_instance: Option<String>,
    /// `databaseName`.
    pub database_name: Option<String>,
    /// Custom rules that the file lists, by name.
    pub custom_rules: Vec<String>,
    /// The part it was read from.
    pub place: String,
}

/// Something that was not looked at, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NotChecked {
    /// What was not checked.
    pub what: String,
    /// Why, and how it can be had.
    pub why: String,
    /// The recommendation or a check for blockers needs it: the command ends with exit code 4.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needed: bool,
}
