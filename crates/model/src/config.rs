//! A synchronisation server's configuration as its files state it: agents, metaverse, rules, run profiles.
//!
//! Plain data, in the order of the file. Unknown words are kept as [`String`]s or `Other` variants.
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{AttributeName, DistinguishedName, Guid, SyncRule};

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

/// `filter-set`: the connector filter of one object type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectorFilter {
    /// `cd-object-type`.
    pub object_type: AttributeName,
    /// `type`: `declared`, `scripted` or another word.
    pub kind: String,
    /// `import-filter`: filtered already at import.
    pub import_filter: bool,
    /// `filter-alternative`s, of which one is enough.
    pub alternatives: Vec<FilterAlternative>,
    /// Where the set begins.
    pub location: Location,
}

/// One alternative of a connector filter: all its conditions must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterAlternative {
    /// `id`.
    pub id: Option<Guid>,
    /// `condition`s.
    pub conditions: Vec<FilterCondition>,
    /// Where it begins.
    pub location: Location,
}

/// One condition of a connector filter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FilterCondition {
    /// `cd-attribute`.
    pub attribute: AttributeName,
    /// `intrinsic-attribute`: the attribute is the engine's own, such as `<dn>`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub intrinsic: bool,
    /// `operator`.
    pub operator: FilterOperator,
    /// `value`; empty for tests of presence.
    pub value: String,
}

macro_rules! filter_operators {
    ($($variant:ident $word:literal $phrase:literal,)*) => {
        /// Operator of a connector filter's condition.
        ///
        /// `equality` and `not-present` are confirmed by exports; the other words are recalled. A word that is
        /// not in the table is kept and reported, its meaning is never guessed.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        pub enum FilterOperator {
            $(#[doc = concat!("`", $word, "`")] $variant,)*
            /// A word that is not in the table.
            Unknown(String),
        }

        impl FilterOperator {
            /// Every operator of the table.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Reads the word of the file.
            pub fn new(word: &str) -> Self {
                match word.trim() {
                    $($word => Self::$variant,)*
                    other => Self::Unknown(other.to_owned()),
                }
            }

            /// The word of the file.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Unknown(word) => word,
                }
            }

            /// The operator in words, as the client shows it; an unknown one stands in its own word.
            pub fn phrase(&self) -> &str {
                match self {
                    $(Self::$variant => $phrase,)*
                    Self::Unknown(word) => word,
                }
            }
        }
    };
}

filter_operators! {
    Equality "equality" "equals",
    Inequality "inequality" "does not equal",
    Present "present" "is present",
    NotPresent "not-present" "is not present",
    SubstringStart "substring-start" "starts with",
    NotSubstringStart "not-substring-start" "does not start with",
    SubstringEnd "substring-end" "ends with",
    NotSubstringEnd "not-substring-end" "does not end with",
    SubstringAny "substring-any" "contains",
    NotSubstringAny "not-substring-any" "does not contain",
    GreaterThan "greater-than" "is greater than",
    GreaterThanOrEqual "greater-than-or-equal" "is greater than or equal to",
    LessThan "less-than" "is less than",
    LessThanOrEqual "less-than-or-equal" "is less than or equal to",
    BitOn "bit-on" "has all bits of",
    BitOff "bit-off" "has not all bits of",
}

impl From<String> for FilterOperator {
    fn from(word: String) -> Self {
        Self::new(&word)
    }
}

impl From<FilterOperator> for String {
    fn from(operator: FilterOperator) -> Self {
        operator.as_str().to_owned()
    }
}

impl fmt::Display for FilterCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.attribute, self.operator.phrase())?;
        let presence =
            matches!(self.operator, FilterOperator::Present | FilterOperator::NotPresent);
        if presence { Ok(()) } else { write!(f, " \"{}\"", self.value) }
    }
}

/// `join-profile`: how objects of one type find their metaverse object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinProfile {
    /// `cd-object-type`.
    pub object_type: AttributeName,
    /// `join-criterion`s, tried in order.
    pub criteria: Vec<JoinCriterion>,
}

/// One way to join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinCriterion {
    /// `id`.
    pub id: Option<Guid>,
    /// `mv-object-type` to search; `None` is any.
    pub metaverse_type: Option<AttributeName>,
    /// Metaverse attribute and what it is compared with; all must match.
    pub mappings: Vec<(AttributeName, FlowSource)>,
    /// `resolution` is left to the rules extension.
    pub scripted_resolution: Option<String>,
    /// Where it begins.
    pub location: Location,
}

/// `class-mapping`: which objects make a metaverse object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection {
    /// `type`: `declared`, `scripted`, `sync-rule` or another word.
    pub kind: String,
    /// `cd-object-type`.
    pub object_type: AttributeName,
    /// `mv-object-type`.
    pub metaverse_type: Option<AttributeName>,
    /// Where it begins.
    pub location: Location,
}

/// Where the value of a flow comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlowSource {
    /// `direct-mapping`: the value of one attribute.
    Direct {
        /// The source attribute.
        attribute: AttributeName,
        /// The attribute is the engine's own, such as `<dn>`.
        intrinsic: bool,
    },
    /// `constant-mapping`.
    Constant(String),
    /// `scripted-mapping`: the rules extension decides.
    Scripted {
        /// Attributes handed to the extension.
        attributes: Vec<AttributeName>,
        /// `script-context`: the name of the flow rule in the extension.
        context: String,
    },
    /// `dn-part-mapping`: one component of the DN, from 1.
    DnPart(u32),
    /// `sync-rule-mapping`: a rule of the portal, not in `DirSync`.
    SyncRule {
        /// `mapping-type`: `direct`, `constant`, `expression` or another word.
        kind: String,
        /// Source attributes.
        attributes: Vec<AttributeName>,
    },
    /// Another kind of mapping, by the name of its element.
    Other(String),
}

impl fmt::Display for FlowSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |attributes: &[AttributeName]| {
            attributes.iter().map(AttributeName::as_str).collect::<Vec<_>>().join(", ")
        };
        match self {
            Self::Direct { attribute, .. } => write!(f, "{attribute}"),
            Self::Constant(value) => write!(f, "constant \"{value}\""),
            Self::Scripted { attributes, context } => {
                write!(f, "script {context}({})", list(attributes))
            }
            Self::DnPart(part) => write!(f, "component {part} of the DN"),
            Self::SyncRule { kind, attributes } => {
                write!(f, "{kind} sync rule ({})", list(attributes))
            }
            Self::Other(element) => write!(f, "{element}"),
        }
    }
}

/// One export flow: metaverse to connected directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportFlow {
    /// `id`.
    pub id: Option<Guid>,
    /// `cd-object-type`.
    pub object_type: AttributeName,
    /// `mv-object-type`.
    pub metaverse_type: AttributeName,
    /// `cd-attribute`: the target.
    pub target: AttributeName,
    /// `suppress-deletions`: nulls are not exported.
    pub suppress_deletions: bool,
    /// Where the value comes from.
    pub source: FlowSource,
    /// Where it begins.
    pub location: Location,
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

/// All import flows into one metaverse attribute, in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportFlows {
    /// `mv-object-type`.
    pub metaverse_type: AttributeName,
    /// `mv-attribute`: the target.
    pub target: AttributeName,
    /// `type`: `ranked`, `equal` or another word.
    pub precedence: String,
    /// The sources.
    pub flows: Vec<ImportFlow>,
}

/// One import flow: connected directory to metaverse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportFlow {
    /// `id`.
    pub id: Option<Guid>,
    /// `src-ma`.
    pub connector: Guid,
    /// `cd-object-type`.
    pub object_type: AttributeName,
    /// Where the value comes from.
    pub source: FlowSource,
    /// Where it begins.
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

/// One run profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunProfile {
    /// `id`.
    pub id: Option<Guid>,
    /// `name`.
    pub name: String,
    /// Steps in order.
    pub steps: Vec<RunStep>,
    /// Where it begins.
    pub location: Location,
}

/// One step of a run profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunStep {
    /// What it does.
    pub kind: RunStepKind,
    /// `partition`.
    pub partition: Option<Guid>,
    /// `threshold/object`: stop after so many objects; 0 is no limit.
    pub object_limit: Option<u64>,
    /// `threshold/delete`: stop at so many deletions.
    pub delete_limit: Option<u64>,
}

/// What a run step does; the display form is the name that the client shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum RunStepKind {
    /// `full-import` with `to-cs`
    FullImport,
    /// `full-import`
    FullImportDeltaSync,
    /// `full-import-reevaluate-rules`
    FullImportFullSync,
    /// `delta-import` with `to-cs`
    DeltaImport,
    /// `delta-import`
    DeltaImportDeltaSync,
    /// `apply-rules` with `apply-pending`
    DeltaSync,
    /// `apply-rules` with `reevaluate-flow-connectors`
    FullSync,
    /// `export`
    Export,
    /// Another word or combination, as written.
    Other(String),
}

impl RunStepKind {
    const TABLE: &[(Self, &'static str, &'static str, &'static str)] = &[
        (Self::FullImport, "full-import", "to-cs", "Full Import (Stage Only)"),
        (Self::FullImportDeltaSync, "full-import", "", "Full Import and Delta Synchronization"),
        (
            Self::FullImportFullSync,
            "full-import-reevaluate-rules",
            "",
            "Full Import and Full Synchronization",
        ),
        (Self::DeltaImport, "delta-import", "to-cs", "Delta Import (Stage Only)"),
        (Self::DeltaImportDeltaSync, "delta-import", "", "Delta Import and Delta Synchronization"),
        (Self::DeltaSync, "apply-rules", "apply-pending", "Delta Synchronization"),
        (Self::FullSync, "apply-rules", "reevaluate-flow-connectors", "Full Synchronization"),
        (Self::Export, "export", "", "Export"),
    ];

    /// Reads `step-type/@type` with its `import-subtype` or `apply-rules-subtype` (empty when absent).
    pub fn new(step_type: &str, subtype: &str) -> Self {
        let found = Self::TABLE.iter().find(|(_, ty, sub, _)| *ty == step_type && *sub == subtype);
        match found {
            Some((kind, ..)) => kind.clone(),
            None if subtype.is_empty() => Self::Other(step_type.to_owned()),
            None => Self::Other(format!("{step_type}/{subtype}")),
        }
    }

    /// The engine's words, `type` or `type/subtype`.
    pub fn words(&self) -> String {
        match Self::TABLE.iter().find(|(kind, ..)| kind == self) {
            Some((_, ty, "", _)) => (*ty).to_owned(),
            Some((_, ty, sub, _)) => format!("{ty}/{sub}"),
            None => self.to_string(),
        }
    }

    /// Whether the step reads the whole connected directory.
    pub const fn is_full_import(&self) -> bool {
        matches!(self, Self::FullImport | Self::FullImportDeltaSync | Self::FullImportFullSync)
    }

    /// Whether the step applies the rules to every object.
    pub const fn is_full_sync(&self) -> bool {
        matches!(self, Self::FullSync | Self::FullImportFullSync)
    }
}

impl From<String> for RunStepKind {
    fn from(words: String) -> Self {
        let (ty, sub) = words.split_once('/').unwrap_or((&words, ""));
        Self::new(ty, sub)
    }
}

impl From<RunStepKind> for String {
    fn from(kind: RunStepKind) -> Self {
        kind.words()
    }
}

impl fmt::Display for RunStepKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::TABLE.iter().find(|(kind, ..)| kind == self) {
            Some((.., name)) => f.pad(name),
            None => match self {
                Self::Other(words) => f.pad(words),
                _ => f.pad("?"),
            },
        }
    }
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
