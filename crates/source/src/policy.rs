//! The settings files of Azure AD Connect and its successors.
use dirlift_model::{config::Problem, facts::Policy, text::shorten};
use dirlift_serverconfig::{
    Parsed,
    declarative::{
        DeploymentMetadata, PolicyMetadata, read_migrated_policy, read_synchronization_policy,
    },
};

use crate::{
    configuration::{File, config_problem},
    names::{Declarative, declarative},
    text::problem,
};

/// Longest text that is kept, in characters.
const MAX_TEXT: usize = 255;

/// Most rules of one file that are listed.
const MAX_RULES: usize = 10_000;

/// Reads one file; the error says why it could not be read at all.
pub(crate) fn read(file: &File) -> Result<(Policy, Vec<Problem>), Problem> {
    let bytes = file.bytes.as_ref().map_err(Clone::clone)?;
    if declarative(&file.name) == Some(Declarative::MigratedPolicy) {
        let Parsed { value, problems } =
            read_migrated_policy(&file.name, bytes).map_err(|it| config_problem(&it))?;
        return Ok(policy(&file.name, value.policy, value.deployment, Vec::new(), problems));
    }
    let Parsed { value, problems } =
        read_synchronization_policy(&file.name, bytes).map_err(|it| config_problem(&it))?;
    let of_forests = value.directories.iter().flat_map(|it| &it.custom_rules);
    let all = of_forests.chain(value.cloud.iter().flat_map(|it| &it.custom_rules));
    let rules = all.filter_map(|it| it.name.as_deref()).take(MAX_RULES);
    let rules = rules.map(|it| shorten(it, MAX_TEXT)).collect();
    Ok(policy(&file.name, value.policy, value.deployment, rules, problems))
}

fn policy(
    name: &str,
    policy: Option<PolicyMetadata>,
    deployment: Option<DeploymentMetadata>,
    custom_rules: Vec<String>,
    mut problems: Vec<Problem>,
) -> (Policy, Vec<Problem>) {
    let text =
        |it: Option<String>| it.map(|it| shorten(it.trim(), MAX_TEXT)).filter(|it| !it.is_empty());
    let policy = policy.unwrap_or_default();
    let deployment = deployment.unwrap_or_default();
    let version = text(policy.connect_version).and_then(|it| {
        it.parse().map_err(|error| problems.push(problem(name, 1, 1, format!("{error}")))).ok()
    });
    let facts = Policy {
        kind: text(policy.kind),
        version,
        host: text(deployment.host_name),
        service_account: text(deployment.service_account),
        database_server: text(deployment.database_server),
        database_instance: text(deployment.database_instance),
        database_name: text(deployment.database_name),
        custom_rules,
        place: name.to_owned(),
    };
    (facts, problems)
}
