//! `MigratedPolicy.json`, and the wizard's `*-SynchronizationPolicy-*.JSON` as far as its keys are known.
//!
//! Keys are compared without regard to ASCII case, as the product's own tools do. Where a list is expected a single
//! item is read too, because the shell that writes the file turns a list of one into its item. A known key with a
//! value of another kind is a problem, and its value is kept among the others.
use dirlift_model::{Guid, rule::Direction};

use super::json::{Json, parse};
use crate::{
    Parsed,
    context::{Context, shown},
    error::{ConfigError, ErrorKind},
    lines::Position,
};

/// `MigratedPolicy.json`: what `MigrateSettings.ps1` says about the server that it ran on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigratedPolicy {
    /// `policyMetadata`.
    pub policy: Option<PolicyMetadata>,
    /// `deploymentMetadata`.
    pub deployment: Option<DeploymentMetadata>,
    /// Other keys in the order of the file.
    pub other: Vec<(String, Json)>,
}

/// The wizard's settings file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SynchronizationPolicy {
    /// `policyMetadata`.
    pub policy: Option<PolicyMetadata>,
    /// `deploymentMetadata`.
    pub deployment: Option<DeploymentMetadata>,
    /// `onpremisesDirectoryPolicy`: one item a forest.
    pub directories: Vec<DirectoryPolicy>,
    /// `azureDirectoryPolicy`.
    pub cloud: Option<CloudPolicy>,
    /// Other keys in the order of the file.
    pub other: Vec<(String, Json)>,
}

/// `policyMetadata`: the file itself. Each field is `None` when the key is missing or `null`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyMetadata {
    /// `type`: `migration` in `MigratedPolicy.json`.
    pub kind: Option<String>,
    /// `author`: the account that wrote the file.
    pub author: Option<String>,
    /// `timeCreated`, UTC, as written: `2026-03-02 08:15:42Z`.
    pub time_created: Option<String>,
    /// `azureADConnectVersion`.
    pub connect_version: Option<String>,
    /// Other keys in the order of the file.
    pub other: Vec<(String, Json)>,
}

/// `deploymentMetadata`: the server. Each field is `None` when the key is missing or `null`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeploymentMetadata {
    /// `hostName`.
    pub host_name: Option<String>,
    /// `serviceAccount`.
    pub service_account: Option<String>,
    /// `serviceAccountType`.
    pub service_account_type: Option<String>,
    /// `databaseServer`.
    pub database_server: Option<String>,
    /// `databaseInstance`.
    pub database_instance: Option<String>,
    /// `databaseName`.
    pub database_name: Option<String>,
    /// `databaseType`; not in `MigratedPolicy.json`.
    pub database_type: Option<String>,
    /// `connectorIds`.
    pub connector_ids: Vec<Guid>,
    /// Other keys in the order of the file.
    pub other: Vec<(String, Json)>,
}

/// One item of `onpremisesDirectoryPolicy`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectoryPolicy {
    /// `uniqueIdentifier`: the connector's id.
    pub id: Option<Guid>,
    /// `friendlyName`.
    pub name: Option<String>,
    /// `fullyQualifiedDomainName`: of the forest.
    pub forest_name: Option<String>,
    /// `partitionFilters`.
    pub partition_filters: Vec<PartitionFilter>,
    /// `standardSynchronizationRules`.
    pub standard_rules: Vec<StandardRule>,
    /// `customSynchronizationRules`.
    pub custom_rules: Vec<CustomRule>,
    /// Other keys in the order of the file.
    pub other: Vec<(String, Json)>,
}

/// `azureDirectoryPolicy`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloudPolicy {
    /// `standardSynchronizationRules`.
    pub standard_rules: Vec<StandardRule>,
    /// `customSynchronizationRules`.
    pub custom_rules: Vec<CustomRule>,
    /// Other keys in the order of the file.
    pub other: Vec<(String, Json)>,
}

/// One item of `partitionFilters`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionFilter {
    /// `distinguishedName` of the partition, as written.
    pub distinguished_name: Option<String>,
    /// `containerInclusions`: names as written.
    pub inclusions: Vec<String>,
    /// `containerExclusions`: names as written.
    pub exclusions: Vec<String>,
    /// Other keys in the order of the file.
    pub other: Vec<(String, Json)>,
}

/// A standard rule, which the file names and does not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StandardRule {
    /// `Name`.
    pub name: Option<String>,
    /// `uniqueIdentifier`; differs on each server.
    pub id: Option<Guid>,
    /// `immutableTag`; the number behind its last dot is the rule's revision in the product's build.
    pub immutable_tag: Option<String>,
    /// `precedence`.
    pub precedence: Option<u32>,
    /// Other keys in the order of the file.
    pub other: Vec<(String, Json)>,
}

/// A custom rule. Its mappings and filters are of a shape that is not known well enough and stay among the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomRule {
    /// `name`.
    pub name: Option<String>,
    /// `uniqueIdentifier`; differs on each server.
    pub id: Option<Guid>,
    /// `internalIdentifier`; differs on each server.
    pub internal_id: Option<Guid>,
    /// `description`.
    pub description: Option<String>,
    /// `direction`.
    pub direction: Option<Direction>,
    /// `source`: the source object type.
    pub source: Option<String>,
    /// `target`: the target object type.
    pub target: Option<String>,
    /// `linkType`, as written.
    pub link_type: Option<String>,
    /// `precedence`.
    pub precedence: Option<u32>,
    /// Other keys in the order of the file, `attributeMappings` and `scopeFilters` among them.
    pub other: Vec<(String, Json)>,
}

/// Reads `MigratedPolicy.json`; `file` is what locations call it. Problems name the key and stand at the file's start.
pub fn read_migrated_policy(
    file: &str,
    bytes: &[u8],
) -> Result<Parsed<MigratedPolicy>, ConfigError> {
    let (mut cx, mut root) = root(file, bytes)?;
    let policy = root.object(&mut cx, "policyMetadata").map(|it| policy_metadata(&mut cx, it));
    let deployment =
        root.object(&mut cx, "deploymentMetadata").map(|it| deployment_metadata(&mut cx, it));
    let known =
        [("policyMetadata", policy.is_some()), ("deploymentMetadata", deployment.is_some())];
    for (key, _) in known.iter().filter(|(_, is_there)| !is_there) {
        cx.problem(Position::START, format_args!("there is no `{key}`"));
    }
    for (key, _) in &root.entries {
        cx.problem(Position::START, format_args!("the key `{}` is not understood", shown(key)));
    }
    let value = MigratedPolicy { policy, deployment, other: root.entries };
    Ok(Parsed { value, problems: cx.into_problems() })
}

/// Reads a `*-SynchronizationPolicy-*.JSON`; `file` is what locations call it. Unknown keys are kept and are no
/// problem, because no complete list of them is public.
pub fn read_synchronization_policy(
    file: &str,
    bytes: &[u8],
) -> Result<Parsed<SynchronizationPolicy>, ConfigError> {
    let (mut cx, mut root) = root(file, bytes)?;
    let value = SynchronizationPolicy {
        policy: root.object(&mut cx, "policyMetadata").map(|it| policy_metadata(&mut cx, it)),
        deployment: root
            .object(&mut cx, "deploymentMetadata")
            .map(|it| deployment_metadata(&mut cx, it)),
        directories: root.objects(&mut cx, "onpremisesDirectoryPolicy", directory),
        cloud: root.object(&mut cx, "azureDirectoryPolicy").map(|it| cloud(&mut cx, it)),
        other: root.entries,
    };
    if value.directories.is_empty() && value.cloud.is_none() {
        cx.problem(
            Position::START,
            format_args!("there is neither `onpremisesDirectoryPolicy` nor `azureDirectoryPolicy`"),
        );
    }
    Ok(Parsed { value, problems: cx.into_problems() })
}

fn policy_metadata(cx: &mut Context, mut it: Object) -> PolicyMetadata {
    PolicyMetadata {
        kind: it.text(cx, "type"),
        author: it.text(cx, "author"),
        time_created: it.text(cx, "timeCreated"),
        connect_version: it.text(cx, "azureADConnectVersion"),
        other: it.entries,
    }
}

fn deployment_metadata(cx: &mut Context, mut it: Object) -> DeploymentMetadata {
    DeploymentMetadata {
        host_name: it.text(cx, "hostName"),
        service_account: it.text(cx, "serviceAccount"),
        service_account_type: it.text(cx, "serviceAccountType"),
        database_server: it.text(cx, "databaseServer"),
        database_instance: it.text(cx, "databaseInstance"),
        database_name: it.text(cx, "databaseName"),
        database_type: it.text(cx, "databaseType"),
        connector_ids: {
            let texts = it.texts(cx, "connectorIds");
            let path = it.path_of("connectorIds");
            texts.iter().filter_map(|text| cx.guid(Position::START, &path, text)).collect()
        },
        other: it.entries,
    }
}

fn directory(cx: &mut Context, mut it: Object) -> DirectoryPolicy {
    DirectoryPolicy {
        id: it.guid(cx, "uniqueIdentifier"),
        name: it.text(cx, "friendlyName"),
        forest_name: it.text(cx, "fullyQualifiedDomainName"),
        partition_filters: it.objects(cx, "partitionFilters", partition_filter),
        standard_rules: it.objects(cx, "standardSynchronizationRules", standard_rule),
        custom_rules: it.objects(cx, "customSynchronizationRules", custom_rule),
        other: it.entries,
    }
}

fn cloud(cx: &mut Context, mut it: Object) -> CloudPolicy {
    CloudPolicy {
        standard_rules: it.objects(cx, "standardSynchronizationRules", standard_rule),
        custom_rules: it.objects(cx, "customSynchronizationRules", custom_rule),
        other: it.entries,
    }
}

fn partition_filter(cx: &mut Context, mut it: Object) -> PartitionFilter {
    PartitionFilter {
        distinguished_name: it.text(cx, "distinguishedName"),
        inclusions: it.texts(cx, "containerInclusions"),
        exclusions: it.texts(cx, "containerExclusions"),
        other: it.entries,
    }
}

fn standard_rule(cx: &mut Context, mut it: Object) -> StandardRule {
    StandardRule {
        name: it.text(cx, "name"),
        id: it.guid(cx, "uniqueIdentifier"),
        immutable_tag: it.text(cx, "immutableTag"),
        precedence: it.number(cx, "precedence"),
        other: it.entries,
    }
}

fn custom_rule(cx: &mut Context, mut it: Object) -> CustomRule {
    CustomRule {
        name: it.text(cx, "name"),
        id: it.guid(cx, "uniqueIdentifier"),
        internal_id: it.guid(cx, "internalIdentifier"),
        description: it.text(cx, "description"),
        direction: it.text(cx, "direction").map(|it| Direction::new(&it)),
        source: it.text(cx, "source"),
        target: it.text(cx, "target"),
        link_type: it.text(cx, "linkType"),
        precedence: it.number(cx, "precedence"),
        other: it.entries,
    }
}

fn root(file: &str, bytes: &[u8]) -> Result<(Context, Object), ConfigError> {
    let cx = Context::new(file);
    match parse(file, bytes)? {
        Json::Object(entries) => Ok((cx, Object { path: String::new(), entries })),
        _ => Err(ConfigError {
            location: cx.location(Position::START),
            kind: ErrorKind::Json("there is no JSON object in it"),
        }),
    }
}

/// A JSON object whose known keys are taken out.
#[derive(Debug)]
struct Object {
    /// Keys from the root to this object, each with a dot behind it.
    path: String,
    entries: Vec<(String, Json)>,
}

impl Object {
    fn path_of(&self, key: &str) -> String {
        format!("{}{key}", self.path)
    }

    /// Takes the first value of a key when it is of the right kind. `null` is as good as no key; what is of another
    /// kind is reported and stays.
    fn take<T>(
        &mut self,
        cx: &mut Context,
        key: &str,
        expected: &str,
        read: impl FnOnce(Json) -> Result<T, Json>,
    ) -> Option<T> {
        let idx = self.entries.iter().position(|(it, _)| it.eq_ignore_ascii_case(key))?;
        let (name, value) = self.entries.remove(idx);
        if value == Json::Null {
            return None;
        }
        match read(value) {
            Ok(value) => Some(value),
            Err(value) => {
                let path = self.path_of(key);
                cx.problem(Position::START, format_args!("`{path}` is not {expected}"));
                self.entries.insert(idx, (name, value));
                None
            }
        }
    }

    fn text(&mut self, cx: &mut Context, key: &str) -> Option<String> {
        self.take(cx, key, "a text", |it| match it {
            Json::String(text) => Ok(text),
            other => Err(other),
        })
    }

    fn guid(&mut self, cx: &mut Context, key: &str) -> Option<Guid> {
        self.take(cx, key, "a GUID", |it| match &it {
            Json::String(text) => text.parse().map_err(|_| it),
            _ => Err(it),
        })
    }

    /// A number, or a text of digits.
    fn number(&mut self, cx: &mut Context, key: &str) -> Option<u32> {
        self.take(cx, key, "a number in its range", |it| match &it {
            Json::Number(text) | Json::String(text) => text.trim().parse().map_err(|_| it),
            _ => Err(it),
        })
    }

    fn texts(&mut self, cx: &mut Context, key: &str) -> Vec<String> {
        let found = self.take(cx, key, "a list of texts", |it| match it {
            Json::String(text) => Ok(vec![text]),
            Json::Array(items) if items.iter().all(|it| matches!(it, Json::String(_))) => {
                let texts = items.into_iter().filter_map(|it| match it {
                    Json::String(text) => Some(text),
                    _ => None,
                });
                Ok(texts.collect())
            }
            other => Err(other),
        });
        found.unwrap_or_default()
    }

    fn object(&mut self, cx: &mut Context, key: &str) -> Option<Self> {
        let path = format!("{}.", self.path_of(key));
        self.take(cx, key, "an object", |it| match it {
            Json::Object(entries) => Ok(Self { path, entries }),
            other => Err(other),
        })
    }

    fn objects<T>(
        &mut self,
        cx: &mut Context,
        key: &str,
        read: fn(&mut Context, Self) -> T,
    ) -> Vec<T> {
        let path = self.path_of(key);
        let found = self.take(cx, key, "a list of objects", |it| match it {
            Json::Object(entries) => Ok(vec![entries]),
            Json::Array(items) if items.iter().all(|it| matches!(it, Json::Object(_))) => {
                let objects = items.into_iter().filter_map(|it| match it {
                    Json::Object(entries) => Some(entries),
                    _ => None,
                });
                Ok(objects.collect())
            }
            other => Err(other),
        });
        let items = found.unwrap_or_default().into_iter().enumerate();
        items
            .map(|(idx, entries)| read(cx, Self { path: format!("{path}[{idx}]."), entries }))
            .collect()
    }
}
