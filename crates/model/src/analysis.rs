//! The analysis of one server: the JSON of `dirlift analyze --format json`, format 1.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Build, Evidence, Finding, NotChecked, Product, Settings, Severity};

/// Version of the JSON form.
pub const FORMAT_VERSION: u32 = 1;

/// Everything that was found out about a server, and what follows from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// Version of dirlift.
    pub tool_version: String,
    /// The time that the judgement holds for.
    pub as_of: Timestamp,
    /// The server.
    pub source: Source,
    /// Its database; `None` when nothing is known of it.
    pub database: Option<Database>,
    /// Objects that it synchronises.
    pub objects: Objects,
    /// How long an upgrade takes.
    pub estimate: Estimate,
    /// What to do.
    pub recommendation: Recommendation,
    /// What migrates; `None` when the configuration could not be read.
    pub settings: Option<Settings>,
    /// Findings, worst first, then by code.
    pub findings: Vec<Finding>,
    /// What could not be looked at.
    pub not_checked: Vec<NotChecked>,
    /// Everything the new server must reach, for the network team.
    pub network: Vec<NetworkRequirement>,
}

/// How an analysis ends; the command's exit code follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// Nothing blocks.
    Clean,
    /// At least one finding is as severe as asked for.
    Objections,
    /// A fact needed for the recommendation or for a check for blockers is missing.
    Incomplete,
}

impl Analysis {
    /// How the analysis ends when findings from `threshold` on count. Objections win over missing facts.
    pub fn conclusion(&self, threshold: Severity) -> Conclusion {
        let nothing_to_upgrade =
            self.recommendation.path == Path::None && self.source.product.is_some();
        let undecided =
            self.recommendation.deployment == Deployment::Undecided && !nothing_to_upgrade;
        if self.findings.iter().any(|it| it.severity >= threshold) {
            Conclusion::Objections
        } else if undecided || self.not_checked.iter().any(|it| it.needed) {
            Conclusion::Incomplete
        } else {
            Conclusion::Clean
        }
    }
}

/// The analysed server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The product; `None` when it could not be told.
    pub product: Option<Product>,
    /// Its version.
    pub version: Option<Build>,
    /// Host name.
    pub host: Option<String>,
    /// Operating system as it names itself.
    pub os: Option<String>,
    /// Folder of the product.
    pub install_path: Option<String>,
    /// Its services.
    pub services: Vec<SourceService>,
    /// Accounts in use.
    pub accounts: Vec<Account>,
    /// What the product was recognised by.
    pub evidence: Vec<Evidence>,
}

/// A service of the product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceService {
    /// Key name.
    pub name: String,
    /// Name in the services console.
    pub display_name: Option<String>,
    /// Account it logs on as.
    pub account: Option<String>,
    /// State and start type in words, such as `running, automatic`.
    pub state: String,
}

/// An account that the server uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// What for.
    pub role: AccountRole,
    /// Its name.
    pub name: String,
    /// Where it was read.
    pub read_from: String,
}

/// What an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountRole {
    /// Runs the services.
    Service,
    /// Reads Active Directory.
    ActiveDirectory,
    /// Signs in to the cloud.
    Cloud,
}

impl AccountRole {
    /// The role in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service account",
            Self::ActiveDirectory => "Active Directory account",
            Self::Cloud => "cloud account",
        }
    }
}

/// The synchronisation database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    /// Edition.
    pub kind: DatabaseKind,
    /// On another host; `None` is unknown.
    pub remote: Option<bool>,
    /// Host.
    pub server: Option<String>,
    /// Instance; empty is the default instance.
    pub instance: Option<String>,
    /// Database.
    pub name: Option<String>,
    /// Version of SQL Server.
    pub product_version: Option<String>,
    /// Size of the data files in megabytes (2^20 bytes).
    pub size_mb: Option<u64>,
    /// End of the newest finished run.
    pub last_run_at: Option<Timestamp>,
}

/// Edition of SQL Server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatabaseKind {
    /// SQL Server Express.
    Express,
    /// Any edition without the size limit.
    Full,
    /// SQL Server Express `LocalDB`.
    LocalDb,
    /// Not known.
    Unknown,
}

impl DatabaseKind {
    /// The edition in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Express => "SQL Server Express",
            Self::Full => "full SQL Server",
            Self::LocalDb => "SQL Server Express LocalDB",
            Self::Unknown => "SQL Server of unknown edition",
        }
    }
}

/// Objects that the server synchronises.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objects {
    /// Users, with inetOrgPerson.
    pub users: Option<u64>,
    /// Contacts.
    pub contacts: Option<u64>,
    /// Groups.
    pub groups: Option<u64>,
    /// The sum of the three.
    pub total: Option<u64>,
    /// What was counted, in words.
    pub basis: String,
    /// Objects in the metaverse of all types that stand for users, contacts and groups.
    pub metaverse_total: Option<u64>,
}

/// How long an upgrade takes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Hours by the rule, rounded to hundredths; `None` without a count.
    pub hours: Option<f64>,
    /// The rule in words.
    pub basis: String,
    /// Objects from which on the rule asks for a new server.
    #[serde(default)]
    pub threshold_objects: u64,
    /// Hours from which on the rule asks for a new server; zero where it names none.
    #[serde(default)]
    pub threshold_hours: f64,
    /// Hours that this server's own last full cycle took; experience beats the rule.
    pub own_history: Option<OwnHistory>,
}

/// Durations from the run history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnHistory {
    /// Hours, rounded to hundredths.
    pub hours: f64,
    /// The runs that were added up, in words.
    pub runs: Vec<String>,
}

/// What to do with the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recommendation {
    /// Which documents and steps apply.
    pub path: Path,
    /// On the same server or on a new one.
    pub deployment: Deployment,
    /// Whether the recommended deployment can be carried out today as documented; `None` is unknown.
    pub feasible: Option<bool>,
    /// What stands in the way of it.
    pub obstacles: Vec<String>,
    /// The deployment asked for with `--mode` instead of the recommended one.
    pub overridden_by: Option<Override>,
    /// Why.
    pub reasons: Vec<String>,
}

/// An override of the recommendation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// What was asked for.
    pub asked: Deployment,
    /// What the rules recommend.
    pub recommended: Deployment,
}

/// Which upgrade path applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Path {
    /// From `DirSync`.
    Dirsync,
    /// From Azure AD Sync or a Connect build.
    Connect,
    /// There is nothing to upgrade.
    None,
}

impl Path {
    /// The word in every output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dirsync => "dirsync",
            Self::Connect => "connect",
            Self::None => "none",
        }
    }
}

/// Where the new product is deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deployment {
    /// On the same server.
    InPlace,
    /// On a new server beside the old one.
    Parallel,
    /// Not before something is changed.
    Blocked,
    /// A fact needed to decide is missing.
    Undecided,
}

impl Deployment {
    /// The word in every output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InPlace => "in-place",
            Self::Parallel => "parallel",
            Self::Blocked => "blocked",
            Self::Undecided => "undecided",
        }
    }
}

/// One thing that the new server must reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkRequirement {
    /// Host, URL pattern or kind of host.
    pub to: String,
    /// Ports with protocol, such as `443/tcp`.
    pub ports: String,
    /// What for.
    pub purpose: String,
    /// The document it comes from.
    pub reference: String,
}
