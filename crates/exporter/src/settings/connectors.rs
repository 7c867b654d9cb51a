//! From agents to forests, tenant and run profiles, and what of them stays behind.
use dirlift_model::{
    AttributeName, Guid,
    config::{Connector, ContainerScope, RunProfile as EngineRunProfile},
    settings::Settings,
};

use super::{
    ComponentMapping, Container, Filter, Forest, NotCarried, OtherConnector, Partition, RunProfile,
    RunStep, Tenant, Value,
};
use crate::Input;

/// What Microsoft's import of settings leaves out, with what to do (how-to-connect-import-export-config).
pub(crate) const FORGOTTEN: &[(&str, &str)] = &[
    (
        "object type selection",
        "Microsoft's import does not restore it; settings.json lists it by partition",
    ),
    (
        "attribute selection",
        "Microsoft's import does not restore it; settings.json lists it by connector",
    ),
    (
        "run profiles of your own",
        "Microsoft's import does not restore them; settings.json lists their steps",
    ),
    (
        "provisioning hierarchy",
        "Microsoft's import does not restore it; settings.json lists it by connector",
    ),
    (
        "device writeback",
        "Microsoft's import lists it and does not apply it; turn it on in the wizard when it is needed",
    ),
    (
        "precedence of custom rules outside of 0 to 99",
        "Microsoft's import may shift it; compare the order afterwards",
    ),
    (
        "disabled custom rules",
        "Microsoft's import enables them; scripts/1-custom-rules.ps1 disables them again",
    ),
    (
        "passwords of all accounts",
        "they are never read; they are typed anew or reset in the wizard",
    ),
    (
        "AD FS and PingFederate",
        "their parameters are not part of any export; they are asked for again",
    ),
];

pub(super) fn forest(connector: &Connector, input: &Input<'_>) -> Forest {
    let ad = connector.active_directory.as_ref();
    let place = connector.location.to_string();
    let user = ad.and_then(|it| it.login_user.clone()).filter(|it| !it.is_empty());
    let domain = ad.and_then(|it| it.login_domain.clone()).filter(|it| !it.is_empty());
    let account = match (user, domain) {
        (Some(user), Some(domain)) => Value::known(format!("{domain}\\{user}"), &place),
        (Some(user), None) => Value::known(user, &place),
        (None, _) => Value::not_known("the agent's configuration does not name it"),
    };
    let partitions = connector.partitions.iter().map(|it| Partition {
        dn: it.name.clone(),
        dns_name: it.dns_name.clone(),
        object_guid: match it.guid {
            Some(guid) => Value::known(guid, it.location.to_string()),
            None => Value::not_known("the configuration does not have it"),
        },
        is_domain: it.is_domain,
        selected: it.selected,
        object_types: it.object_classes.clone(),
        included: containers(&it.scope, input, |it| &it.inclusions),
        excluded: containers(&it.scope, input, |it| &it.exclusions),
        preferred_domain_controllers: it.preferred_domain_controllers.clone(),
        alternate_login: it.alternate_login.clone(),
        read_from: it.location.to_string(),
    });
    let filters = connector.filters.iter().map(|it| Filter {
        object_type: it.object_type.clone(),
        kind: it.kind.clone(),
        alternatives: it.alternatives.iter().map(|it| it.conditions.clone()).collect(),
        read_from: it.location.to_string(),
    });
    let deprovisioning = connector.deprovisioning.as_ref().map(|it| match &it.action {
        Some(action) => format!("{}, {action}", it.kind),
        None => it.kind.clone(),
    });
    Forest {
        name: ad.and_then(|it| it.forest_name.clone()).unwrap_or_default(),
        connector: connector.id,
        connector_name: connector.name.clone(),
        account,
        partitions: partitions.collect(),
        attribute_selection: attribute_selection(connector),
        connector_filters: filters.collect(),
        deprovisioning: match deprovisioning {
            Some(it) => Value::known(it, &place),
            None => Value::not_known("the agent's configuration does not say it"),
        },
        provisioning_hierarchy: match &connector.component_mappings {
            Some(all) => {
                let one = |(component, object_type): &(_, _)| ComponentMapping {
                    component: String::clone(component),
                    object_type: AttributeName::clone(object_type),
                };
                Value::known(all.iter().map(one).collect(), &place)
            }
            None => Value::not_known(
                "the agent's configuration does not have it; look at it in the Synchronization Service Manager \
                 (Configure Provisioning Hierarchy)",
            ),
        },
        read_from: place,
    }
}

fn containers(
    scope: &ContainerScope,
    input: &Input<'_>,
    which: impl Fn(&ContainerScope) -> &Vec<dirlift_model::DistinguishedName>,
) -> Vec<Container> {
    let guid = |dn| match input.object_guids.get(dn) {
        Some(guid) => Value::known(*guid, "Active Directory"),
        None if input.object_guids.is_empty() => Value::not_known(
            "the directory was not asked; a container that was renamed since is not found by its name",
        ),
        None => Value::not_known(
            "no such container was read from the directory; it may have been renamed or deleted since",
        ),
    };
    which(scope).iter().map(|it| Container { dn: it.clone(), object_guid: guid(it) }).collect()
}

fn attribute_selection(connector: &Connector) -> Value<Vec<AttributeName>> {
    match &connector.attribute_inclusion {
        Some(all) => Value::known(all.clone(), connector.location.to_string()),
        None => Value::not_known("the agent's configuration does not have it"),
    }
}

pub(super) fn tenant(connector: &Connector, settings: &Settings) -> Tenant {
    let place = connector.location.to_string();
    let read = settings.tenant.as_ref();
    Tenant {
        name: read.and_then(|it| it.name.clone()),
        account: match read.and_then(|it| it.account.clone()) {
            Some(account) => Value::known(account, &place),
            None => Value::not_known("the agent's configuration does not name it"),
        },
        connector: connector.id,
        connector_name: connector.name.clone(),
        attribute_selection: attribute_selection(connector),
        read_from: place,
    }
}

pub(super) fn other(connector: &Connector) -> OtherConnector {
    OtherConnector {
        name: connector.name.clone(),
        connector: connector.id,
        category: connector.category.as_str().to_owned(),
        read_from: connector.location.to_string(),
    }
}

pub(super) fn run_profiles(connector: &Connector) -> impl Iterator<Item = RunProfile> {
    let partition = |id: Option<Guid>| {
        let found = connector.partitions.iter().find(|it| it.id.is_some() && it.id == id);
        found.map(|it| it.name.clone())
    };
    let profile = move |it: &EngineRunProfile| RunProfile {
        connector_name: connector.name.clone(),
        name: it.name.clone(),
        steps: it
            .steps
            .iter()
            .map(|step| RunStep {
                kind: step.kind.to_string(),
                partition: partition(step.partition),
                object_limit: step.object_limit,
                delete_limit: step.delete_limit,
            })
            .collect(),
        read_from: it.location.to_string(),
    };
    connector.run_profiles.iter().map(profile)
}

pub(super) fn not_carried(connectors: &[Connector]) -> Vec<NotCarried> {
    let fixed = FORGOTTEN
        .iter()
        .map(|(what, why)| NotCarried { what: (*what).to_owned(), why: (*why).to_owned() });
    let others = connectors.iter().filter(|it| !it.is_active_directory() && !it.is_cloud());
    let code = connectors.iter().flat_map(|connector| {
        connector.assemblies().into_iter().map(move |(what, it)| NotCarried {
            what: format!("{what} {} of {}", it.assembly_name, connector.name),
            why: "Microsoft Entra Connect has rules instead of extensions; nothing of the program is in the bundle".to_owned(),
        })
    });
    let others = others.map(|it| NotCarried {
        what: format!("the connector {} ({})", it.name, it.category.as_str()),
        why:
            "Microsoft Entra Connect supports Active Directory and its own connector to the cloud; \
              its import is not usable with further connectors"
                .to_owned(),
    });
    fixed.chain(others).chain(code).collect()
}
