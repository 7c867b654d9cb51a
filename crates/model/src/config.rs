//! A synchronisation server's configuration as its files state it: agents, metaverse, rules, run profiles.
//!
//! Plain data, in the order of the file. Unknown words are kept as [`String`]s or `Other` variants.
mod filter;
mod flow;
mod run;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{AttributeName, DistinguishedName, Guid, SyncRule};

pub use self::{
    filter::{ConnectorFilter, FilterAlternative, FilterCondition, FilterOperator},
    flow::{
        ExportFlow, FlowSource, ImportFlow, ImportFlows, JoinCriterion, JoinProfile, Projection,
    },
    run::{RunProfile, RunStep, RunStepKind},
};

/// A place in a file; line and column count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    /// Path inside the snapshot with forward slashes, or the table and column it was read from.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl From<&Location> for String {
    fn from(location: &Location) -> Self {
        location.to_string()
    }
}

/// Something in a file that was not understood. It is reported, never dropped in silence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// Where.
    pub location: Location,
    /// What, as a lower-case fragment.
    pub what: String,
}

/// Everything configured on one server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerConfiguration {
    /// Agents, called connectors since Azure AD Sync, in the order they were read.
    pub connectors: Vec<Connector>,
    /// The metaverse with all import flows; `None` when its file or columns are missing.
    pub metaverse: Option<Metaverse>,
    /// Synchronisation rules in the order they were read; engines before Azure AD Sync have none.
    pub rules: Vec<SyncRule>,
    /// What was not understood.
    pub problems: Vec<Problem>,
}

impl ServerConfiguration {
    /// The connectors to Active Directory.
    pub fn active_directory(&self) -> impl Iterator<Item = &Connector> {
        self.connectors.iter().filter(|it| it.is_active_directory())
    }

    /// The connectors to the cloud.
    pub fn cloud(&self) -> impl Iterator<Item = &Connector> {
        self.connectors.iter().filter(|it| it.is_cloud())
    }

    /// The connector with this id.
    pub fn connector(&self, id: Guid) -> Option<&Connector> {
        self.connectors.iter().find(|it| it.id == id)
    }

    /// The connector that stands for one of another configuration: the one with its id, else the only one of its side.
    pub fn counterpart(&self, connector: &Connector) -> Option<&Connector> {
        self.connector(connector.id).or_else(|| {
            let same_side = |it: &&Connector| {
                (it.is_active_directory() && connector.is_active_directory())
                    || (it.is_cloud() && connector.is_cloud())
            };
            let mut same = self.connectors.iter().filter(same_side);
            let first = same.next();
            if same.next().is_some() { None } else { first }
        })
    }
}

/// One management agent (`ma-data`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connector {
    /// `id`, the same as `ma_id` in the database.
    pub id: Guid,
    /// `name`.
    pub name: String,
    /// `category`.
    pub category: ConnectorCategory,
    /// `subtype`, such as `Windows Azure Active Directory (Microsoft)`; empty for Active Directory.
    pub subtype: String,
    /// `description`.
    pub description: String,
    /// `version`: counts configuration saves.
    pub version: Option<u64>,
    /// `creation-time`, UTC, as written: `2012-08-23 08:17:11.137`.
    pub creation_time: Option<String>,
    /// `last-modification-time`, UTC, as written.
    pub last_modification_time: Option<String>,
    /// Names of the attributes in the connector's schema; empty when the schema was not read.
    pub schema_attributes: Vec<AttributeName>,
    /// `attribute-inclusion`: the selected attributes; `None` when the element is missing.
    pub attribute_inclusion: Option<Vec<AttributeName>>,
    /// `stay-disconnector`: the connector filter.
    pub filters: Vec<ConnectorFilter>,
    /// `join`.
    pub joins: Vec<JoinProfile>,
    /// `projection`.
    pub projections: Vec<Projection>,
    /// `export-attribute-flow`.
    pub export_flows: Vec<ExportFlow>,
    /// `provisioning-cleanup`: what happens to an object when it is deprovisioned.
    pub deprovisioning: Option<Deprovisioning>,
    /// `extension`: the rules extension.
    pub extension: Option<Extension>,
    /// `ma-partition-data`.
    pub partitions: Vec<Partition>,
    /// `ma-run-data`.
    pub run_profiles: Vec<RunProfile>,
    /// `component_mappings`: the provisioning hierarchy, as component of a DN (`ou`) and object type that is made for it;
    /// `None` when the element is missing.
    pub component_mappings: Option<Vec<(String, AttributeName)>>,
    /// `private-configuration/adma-configuration`.
    pub active_directory: Option<ActiveDirectorySettings>,
    /// `private-configuration/MAConfig`.
    pub extensible: Option<ExtensibleSettings>,
    /// Where `ma-data` begins.
    pub location: Location,
}

impl Connector {
    /// Whether it connects to Active Directory Domain Services (the engine knows it by its category).
    pub fn is_active_directory(&self) -> bool {
        self.category == ConnectorCategory::ActiveDirectory
    }

    /// Whether it connects to the cloud: by its packaged subtype, or by its connector DLL.
    pub fn is_cloud(&self) -> bool {
        let by_dll = self.extensible.as_ref().and_then(|it| it.file_name.as_deref());
        let extensible =
            matches!(self.category, ConnectorCategory::Extensible | ConnectorCategory::Extensible2);
        extensible
            && (self.subtype.to_ascii_lowercase().contains("azure active directory")
                || by_dll.is_some_and(|it| {
                    it.eq_ignore_ascii_case("Microsoft.Azure.ActiveDirectory.Connector.dll")
                })
                || ["Windows Azure Active Directory Connector", "TargetWebService"]
                    .contains(&self.name.as_str()))
    }

    /// Names of all code that the connector loads, with the element that names it.
    pub fn assemblies(&self) -> Vec<(&'static str, &Extension)> {
        let mut all = Vec::new();
        all.extend(self.extension.iter().map(|it| ("rules extension", it)));
        if let Some(ad) = &self.active_directory {
            all.extend(ad.cd_extension.iter().map(|it| ("connected data source extension", it)));
        }
        if let Some(extensible) = &self.extensible {
            all.extend(extensible.password_extension.iter().map(|it| ("password extension", it)));
        }
        all
    }
}

/// `category` of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectorCategory {
    /// `AD`
    ActiveDirectory,
    /// `Extensible` (ECMA 1)
    Extensible,
    /// `Extensible2` (ECMA 2)
    Extensible2,
    /// Any other word, such as `ADAM`, `AD GAL`, `MSSQL`, `FIM`.
    Other(String),
}

impl ConnectorCategory {
    /// Reads the word of the file.
    pub fn new(word: &str) -> Self {
        match word.trim() {
            it if it.eq_ignore_ascii_case("AD") => Self::ActiveDirectory,
            it if it.eq_ignore_ascii_case("Extensible") => Self::Extensible,
            it if it.eq_ignore_ascii_case("Extensible2") => Self::Extensible2,
            it => Self::Other(it.to_owned()),
        }
    }

    /// The word of the file.
    pub fn as_str(&self) -> &str {
        match self {
            Self::ActiveDirectory => "AD",
            Self::Extensible => "Extensible",
            Self::Extensible2 => "Extensible2",
            Self::Other(word) => word,
        }
    }
}

/// The metaverse (`mv-data`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metaverse {
    /// `version`.
    pub version: Option<u64>,
    /// Object types of the schema.
    pub object_types: Vec<AttributeName>,
    /// Names of the attributes in the schema.
    pub schema_attributes: Vec<AttributeName>,
    /// `import-attribute-flow`.
    pub import_flows: Vec<ImportFlows>,
    /// Agents whose contributed values are recalled when their object disconnects (`enable-recall`).
    pub recalling_connectors: Vec<Guid>,
    /// `provisioning/@type`: `none`, `scripted`, `sync-rule`, `both` or another word.
    pub provisioning: Option<String>,
    /// `mv-deletion`.
    pub deletion_rules: Vec<DeletionRule>,
    /// `extension`: the metaverse rules extension.
    pub extension: Option<Extension>,
    /// `password-sync/password-sync-enabled`: PCNS, not password hash synchronisation.
    pub password_change_notification: Option<bool>,
    /// `parameter-values`: global settings (Azure AD Sync and later), in order, secrets left out.
    pub parameters: Vec<(String, String)>,
    /// Where `mv-data` begins.
    pub location: Location,
}

/// `mv-deletion-rule`: when a metaverse object is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletionRule {
    /// `mv-object-type`.
    pub metaverse_type: AttributeName,
    /// `type`: `declared-any`, `declared-last`, `scripted` or another word.
    pub kind: String,
    /// `src-ma`s.
    pub connectors: Vec<Guid>,
}

/// `provisioning-cleanup`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deprovisioning {
    /// `type`: `declared`, `scripted` or another word.
    pub kind: String,
    /// `action`, such as `make-normal-disconnector` or `delete-object`.
    pub action: Option<String>,
}

/// Code that the engine loads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// File name of the DLL.
    pub assembly_name: String,
    /// `application-protection`: `low` is in process, anything else a process of its own.
    pub application_protection: Option<String>,
    /// Where it is named.
    pub location: Location,
}

/// One naming context of a connected directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// `id`.
    pub id: Option<Guid>,
    /// `name`: for Active Directory the DN of the naming context.
    pub name: String,
    /// `selected`: in scope.
    pub selected: bool,
    /// `filter/object-classes`.
    pub object_classes: Vec<AttributeName>,
    /// `filter/containers`.
    pub scope: ContainerScope,
    /// DNS name of the domain.
    pub dns_name: Option<String>,
    /// `objectGUID` of the naming context's head.
    pub guid: Option<Guid>,
    /// Domain, as opposed to configuration or application partition.
    pub is_domain: Option<bool>,
    /// Domain controller used last.
    pub last_domain_controller: Option<String>,
    /// Domain controllers to prefer.
    pub preferred_domain_controllers: Vec<String>,
    /// Alternate account for this partition, `domain\user`.
    pub alternate_login: Option<String>,
    /// Where it begins.
    pub location: Location,
}

/// Which containers of a partition are in scope.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerScope {
    /// Included containers.
    pub inclusions: Vec<DistinguishedName>,
    /// Excluded containers.
    pub exclusions: Vec<DistinguishedName>,
}

impl ContainerScope {
    /// Whether an object is in scope: the entry with the longest match decides, no match is out of scope.
    ///
    /// An entry that is both included and excluded is out of scope. Rule inferred from both styles that real
    /// exports show: domain included and containers excluded, or domain excluded and containers included.
    pub fn contains(&self, object: &DistinguishedName) -> bool {
        let longest = |entries: &[DistinguishedName]| {
            entries.iter().filter(|it| object.is_within(it)).map(DistinguishedName::depth).max()
        };
        match (longest(&self.inclusions), longest(&self.exclusions)) {
            (Some(included), Some(excluded)) => included > excluded,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }
}

/// `adma-configuration`: how an agent reaches its forest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActiveDirectorySettings {
    /// `forest-name`.
    pub forest_name: Option<String>,
    /// `forest-login-user`.
    pub login_user: Option<String>,
    /// `forest-login-domain`.
    pub login_domain: Option<String>,
    /// `sign-and-seal`.
    pub sign_and_seal: Option<bool>,
    /// `ssl-bind`.
    pub ssl_bind: Option<bool>,
    /// `password-hash-sync-config`.
    pub password_hash_sync: Option<PasswordHashSync>,
    /// `cd-extension`, such as the Exchange provisioning extension.
    pub cd_extension: Option<Extension>,
    /// `parameter-values`, secrets left out.
    pub parameters: Vec<(String, String)>,
}

/// `password-hash-sync-config`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordHashSync {
    /// `enabled`.
    pub enabled: bool,
    /// `target`: the cloud agent.
    pub target: Option<Guid>,
    /// Where it is stated.
    pub location: Location,
}

/// `MAConfig`: an extensible connector, above all the one to the cloud.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExtensibleSettings {
    /// `extension-config/filename`: the connector DLL.
    pub file_name: Option<String>,
    /// `extension-config/assembly-version`.
    pub assembly_version: Option<String>,
    /// `parameter-values/parameter[@name='UserName']`: the cloud account.
    pub user_name: Option<String>,
    /// `importing/anchor/attribute`, as (object class, attribute).
    pub anchors: Vec<(AttributeName, AttributeName)>,
    /// `aad-password-reset-config/enabled`: password writeback.
    pub password_writeback: Option<bool>,
    /// Tenant that the last part of `adal-authority` names.
    pub tenant: Option<String>,
    /// `password-extension-config/dll`.
    pub password_extension: Option<Extension>,
    /// Other `parameter-values`, secrets left out.
    pub parameters: Vec<(String, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dn(text: &str) -> DistinguishedName {
        text.parse().unwrap()
    }

    #[test]
    fn both_styles_of_container_scope() {
        let domain_included = ContainerScope {
            inclusions: vec![dn("DC=x"), dn("OU=Keep,OU=Test,DC=x")],
            exclusions: vec![dn("OU=Test,DC=x")],
        };
        let domain_excluded = ContainerScope {
            inclusions: vec![dn("OU=Staff,DC=x")],
            exclusions: vec![dn("DC=x"), dn("OU=Old,OU=Staff,DC=x")],
        };
        let cases = [
            (&domain_included, "CN=a,OU=Sales,DC=x", true),
            (&domain_included, "CN=a,OU=Test,DC=x", false),
            (&domain_included, "CN=a,OU=Keep,OU=Test,DC=x", true),
            (&domain_excluded, "CN=a,OU=Sales,DC=x", false),
            (&domain_excluded, "CN=a,OU=Staff,DC=x", true),
            (&domain_excluded, "CN=a,OU=Old,OU=Staff,DC=x", false),
            (&domain_excluded, "CN=a,DC=y", false),
        ];
        for (scope, object, expected) in cases {
            assert_eq!(scope.contains(&dn(object)), expected, "{object}");
        }
        assert!(!ContainerScope::default().contains(&dn("DC=x")), "no entry, not in scope");
    }

    #[test]
    fn run_steps_are_decoded_and_written_back() {
        assert_eq!(
            RunStepKind::new("apply-rules", "apply-pending").to_string(),
            "Delta Synchronization"
        );
        assert_eq!(RunStepKind::new("full-import", "to-cs"), RunStepKind::FullImport);
        assert_eq!(RunStepKind::new("apply-rules", "x").to_string(), "apply-rules/x");
        for (kind, ..) in RunStepKind::TABLE {
            assert_eq!(&RunStepKind::from(kind.words()), kind);
        }
    }

    #[test]
    fn an_operator_word_is_never_guessed() {
        for operator in FilterOperator::ALL {
            assert_eq!(&FilterOperator::new(operator.as_str()), operator);
        }
        assert_eq!(FilterOperator::new("EQUALITY"), FilterOperator::Unknown("EQUALITY".to_owned()));
    }
}
