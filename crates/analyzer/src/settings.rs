//! The settings that migrate, drawn from the configuration.
use dirlift_model::{
    AttributeName, DistinguishedName, Evidence, Settings,
    config::{
        Connector, ConnectorFilter, ContainerScope, ExportFlow, FilterAlternative, FlowSource,
        ImportFlow, Location, Partition,
    },
    settings::{AgentRunProfile, CustomFilter, CustomFlow, Domain, Forest, Read, Tenant},
    stock::{HYBRID_WRITE_BACK, STOCK_EXCLUDED_CONTAINERS, is_stock_alternative, same_conditions},
};

use crate::{case::Case, connect};

pub(crate) fn settings(case: &Case<'_>) -> Option<Settings> {
    let configuration = case.configuration()?;
    let ad: Vec<&Connector> = configuration.active_directory().collect();
    let cloud = configuration.cloud().next();
    let hash_sync =
        ad.iter().filter_map(|it| it.active_directory.as_ref()?.password_hash_sync.as_ref());
    let hash_sync: Vec<_> = hash_sync.collect();
    let mut write_back: Vec<Read<dirlift_model::AttributeName>> = ad
        .iter()
        .flat_map(|it| &it.export_flows)
        .filter(|flow| HYBRID_WRITE_BACK.iter().any(|it| flow.target.is(it)))
        .map(|flow| Read::new(flow.target.clone(), &flow.location))
        .chain(connect::written_back(case))
        .collect();
    write_back.sort_by(|a, b| a.value.cmp(&b.value)); // stable: the first place of each stays
    write_back.dedup_by(|a, b| a.value == b.value);
    Some(Settings {
        forests: ad.iter().map(|it| forest(it)).collect(),
        tenant: cloud.map(tenant),
        source_anchor: if case.is_dirsync() {
            let place = "fixed in DirSync, which offers no other source anchor";
            Some(Read::new("objectGUID".into(), place))
        } else {
            named(case, "Microsoft.SynchronizationOption.AnchorAttribute")
        },
        alternate_id: alternate_id(case)
            .map(|(flow, attribute)| Read::new(attribute, &flow.location))
            .or_else(|| {
                named(case, "Microsoft.SynchronizationOption.UPNAttribute")
                    .filter(|it| !it.value.is("userPrincipalName"))
            }),
        password_hash_sync: match hash_sync.as_slice() {
            [] => ad.first().map(|it| {
                Read::new(false, format!("{}, no password-hash-sync-config", it.location))
            }),
            all => {
                let decisive = all.iter().find(|it| it.enabled).unwrap_or(&all[0]);
                Some(Read::new(decisive.enabled, &decisive.location))
            }
        },
        password_writeback: cloud
            .and_then(|it| {
                let enabled = it.extensible.as_ref()?.password_writeback?;
                Some(Read::new(enabled, format!("{}, aad-password-reset-config", it.location)))
            })
            .or_else(|| connect::feature(case, "PasswordWriteback")),
        exchange_hybrid: if case.is_connect() {
            connect::feature(case, "HybridExchange")
        } else {
            ad.first().map(|it| match write_back.first() {
                Some(flow) => Read::new(true, &flow.read_from),
                None => Read::new(
                    false,
                    format!("{}, no export flow to a hybrid attribute", it.location),
                ),
            })
        },
        written_back: write_back,
        connector_filters: ad
            .iter()
            .flat_map(|it| custom_filters(case, it))
            .map(|it| it.0)
            .collect(),
        custom_flows: custom_flows(case),
        interval_seconds: case
            .facts
            .scheduler
            .as_ref()
            .and_then(|it| it.interval_seconds.map(|seconds| Read::new(seconds, &it.place)))
            .or_else(|| {
                let read = connect::parameter(case, "Microsoft.Synchronize.TimeInterval")?;
                Some(Read { value: connect::seconds(&read.value)?, read_from: read.read_from })
            }),
        run_profiles: configuration
            .connectors
            .iter()
            .flat_map(|connector| {
                connector.run_profiles.iter().map(|it| AgentRunProfile {
                    connector_name: connector.name.clone(),
                    name: it.name.clone(),
                    steps: it.steps.iter().map(|step| step.kind.to_string()).collect(),
                    read_from: it.location.to_string(),
                })
            })
            .collect(),
        connect: connect::settings(case),
    })
}

/// An attribute that a global parameter names.
fn named(case: &Case<'_>, parameter: &str) -> Option<Read<AttributeName>> {
    let read = connect::parameter(case, parameter)?;
    Some(Read { value: AttributeName::new(&read.value), read_from: read.read_from })
}

/// `domain\user` of the account that an agent signs in to its forest with.
pub(crate) fn forest_account(connector: &Connector) -> Option<String> {
    let ad = connector.active_directory.as_ref()?;
    let user = ad.login_user.as_deref().filter(|it| !it.is_empty())?;
    Some(match ad.login_domain.as_deref().filter(|it| !it.is_empty()) {
        Some(domain) => format!("{domain}\\{user}"),
        None => user.to_owned(),
    })
}

fn forest(connector: &Connector) -> Forest {
    let ad = connector.active_directory.as_ref();
    Forest {
        name: ad.and_then(|it| it.forest_name.clone()).unwrap_or_default(),
        connector: connector.id,
        connector_name: connector.name.clone(),
        account: forest_account(connector),
        domains: connector.partitions.iter().filter(|it| is_shown(it)).map(domain).collect(),
        read_from: connector.location.to_string(),
    }
}

/// Domains, and whatever else is in scope; the configuration and DNS partitions normally are not.
fn is_shown(partition: &Partition) -> bool {
    partition.selected || partition.is_domain.unwrap_or_else(|| is_domain_name(&partition.name))
}

fn domain(partition: &Partition) -> Domain {
    Domain {
        dn: partition.name.clone(),
        dns_name: partition.dns_name.clone(),
        selected: partition.selected,
        object_types: partition.object_classes.clone(),
        containers: partition.scope.clone(),
        ou_filtering: partition.selected && is_narrowed(partition),
        preferred_domain_controllers: partition.preferred_domain_controllers.clone(),
        alternate_login: partition.alternate_login.clone(),
        read_from: partition.location.to_string(),
    }
}

/// Whether the containers in scope are fewer than the whole domain without the product's own exclusions.
fn is_narrowed(partition: &Partition) -> bool {
    let ContainerScope { inclusions, exclusions } = &partition.scope;
    let Ok(head) = partition.name.parse::<DistinguishedName>() else {
        return !exclusions.is_empty();
    };
    let whole = inclusions.contains(&head) && !exclusions.contains(&head);
    !whole || exclusions.iter().any(|it| !is_stock_container(it, &head))
}

/// Whether the product leaves a container out of the domain `head` by itself.
pub(crate) fn is_stock_container(container: &DistinguishedName, head: &DistinguishedName) -> bool {
    container.parent().as_ref() == Some(head)
        && container.first_component().is_some_and(|(attribute, value)| {
            attribute.eq_ignore_ascii_case("CN")
                && STOCK_EXCLUDED_CONTAINERS.iter().any(|it| value.eq_ignore_ascii_case(it))
        })
}

/// Whether a naming context is a domain as far as its name tells.
pub(crate) fn is_domain_name(dn: &str) -> bool {
    let dn = dn.to_ascii_lowercase();
    dn.starts_with("dc=")
        && !dn.starts_with("dc=domaindnszones,")
        && !dn.starts_with("dc=forestdnszones,")
}

fn tenant(connector: &Connector) -> Tenant {
    let extensible = connector.extensible.as_ref();
    let account = extensible.and_then(|it| it.user_name.clone()).filter(|it| !it.is_empty());
    let of_account =
        account.as_ref().and_then(|it| it.rsplit_once('@')).map(|(_, domain)| domain.to_owned());
    Tenant {
        name: extensible.and_then(|it| it.tenant.clone()).or(of_account),
        account,
        connector: connector.id,
        connector_name: connector.name.clone(),
        read_from: connector.location.to_string(),
    }
}

/// The flow that takes userPrincipalName from another attribute, with that attribute.
pub(crate) fn alternate_id<'a>(
    case: &Case<'a>,
) -> Option<(&'a ImportFlow, dirlift_model::AttributeName)> {
    let configuration = case.configuration()?;
    let metaverse = configuration.metaverse.as_ref()?;
    let flows = metaverse
        .import_flows
        .iter()
        .filter(|it| it.target.is("userPrincipalName"))
        .flat_map(|it| &it.flows);
    let mut of_user = flows.filter(|it| {
        let from_ad =
            configuration.connector(it.connector).is_some_and(Connector::is_active_directory);
        from_ad && it.object_type.is("user")
    });
    of_user.find_map(|flow| match &flow.source {
        FlowSource::Direct { attribute, intrinsic: false }
            if !attribute.is("userPrincipalName") =>
        {
            Some((flow, attribute.clone()))
        }
        _ => None,
    })
}

/// Filter alternatives of an agent that the product does not ship, and whether the shipped templates prove it.
pub(crate) fn custom_filters<'a>(
    case: &Case<'a>,
    connector: &'a Connector,
) -> Vec<(CustomFilter, &'a FilterAlternative, bool)> {
    let baseline = case.baseline_of(connector).filter(|it| !it.filters.is_empty());
    let is_stock = |set: &ConnectorFilter, alternative: &FilterAlternative| match baseline {
        Some(baseline) => {
            let sets = baseline.filters.iter().filter(|it| it.object_type == set.object_type);
            sets.flat_map(|it| &it.alternatives)
                .any(|it| same_conditions(&it.conditions, &alternative.conditions))
        }
        None => is_stock_alternative(&set.object_type, alternative),
    };
    let mut all = Vec::new();
    for set in &connector.filters {
        for alternative in set.alternatives.iter().filter(|it| !is_stock(set, it)) {
            let filter = CustomFilter {
                connector_name: connector.name.clone(),
                object_type: set.object_type.clone(),
                conditions: alternative.conditions.clone(),
                read_from: alternative.location.to_string(),
            };
            all.push((filter, alternative, baseline.is_some()));
        }
    }
    all
}

/// One flow of the configuration in a form that can be compared with the templates.
pub(crate) struct Flow<'a> {
    pub(crate) direction: &'static str,
    pub(crate) connector: &'a Connector,
    pub(crate) object_type: &'a dirlift_model::AttributeName,
    pub(crate) target: &'a dirlift_model::AttributeName,
    pub(crate) source: &'a FlowSource,
    pub(crate) location: &'a Location,
}

/// Flows that the templates of this server do not have; `None` when there is nothing to compare with.
pub(crate) fn flows_beyond_stock<'a>(case: &Case<'a>) -> Option<Vec<Flow<'a>>> {
    let configuration = case.configuration()?;
    let baseline = case.facts.baseline.as_ref()?;
    let mut all = Vec::new();
    for connector in &configuration.connectors {
        let stock = case.baseline_of(connector);
        for flow in &connector.export_flows {
            let known = stock.iter().flat_map(|it| &it.export_flows).any(|it| {
                it.object_type == flow.object_type
                    && it.metaverse_type == flow.metaverse_type
                    && it.target == flow.target
                    && it.source == flow.source
            });
            if !known {
                all.push(Flow {
                    direction: "export",
                    connector,
                    object_type: &flow.object_type,
                    target: &flow.target,
                    source: &flow.source,
                    location: &flow.location,
                });
            }
        }
    }
    let (Some(metaverse), Some(stock)) = (&configuration.metaverse, &baseline.metaverse) else {
        return Some(all);
    };
    for set in &metaverse.import_flows {
        for flow in &set.flows {
            let Some(connector) = configuration.connector(flow.connector) else { continue };
            let stock_connector = case.baseline_of(connector).map(|it| it.id);
            let same_target = stock
                .import_flows
                .iter()
                .filter(|it| it.target == set.target && it.metaverse_type == set.metaverse_type)
                .flat_map(|it| &it.flows);
            let known = same_target.into_iter().any(|it| {
                Some(it.connector) == stock_connector
                    && it.object_type == flow.object_type
                    && it.source == flow.source
            });
            if !known {
                all.push(Flow {
                    direction: "import",
                    connector,
                    object_type: &flow.object_type,
                    target: &set.target,
                    source: &flow.source,
                    location: &flow.location,
                });
            }
        }
    }
    Some(all)
}

/// Direct, constant and other declared flows beyond stock; the alternate ID and the hybrid write-back have settings of
/// their own.
fn custom_flows(case: &Case<'_>) -> Vec<CustomFlow> {
    let alternate = alternate_id(case).map(|(flow, _)| &flow.location);
    let flows = flows_beyond_stock(case).unwrap_or_default();
    flows
        .into_iter()
        .filter(|it| Some(it.location) != alternate)
        .filter(|it| !is_hybrid_write_back(it))
        .map(|it| CustomFlow {
            direction: it.direction.to_owned(),
            connector_name: it.connector.name.clone(),
            object_type: it.object_type.clone(),
            target: it.target.clone(),
            source: it.source.to_string(),
            read_from: it.location.to_string(),
        })
        .collect()
}

fn is_hybrid_write_back(flow: &Flow<'_>) -> bool {
    flow.direction == "export"
        && flow.connector.is_active_directory()
        && HYBRID_WRITE_BACK.iter().any(|it| flow.target.is(it))
}

/// Flows of the templates whose target gets nothing at all from the same agent here. The write-back of Exchange hybrid
/// deployment is a choice, and userPrincipalName is looked at as alternate ID.
pub(crate) fn removed_flows(case: &Case<'_>) -> Vec<Evidence> {
    let mut all = Vec::new();
    let (Some(configuration), Some(baseline)) =
        (case.configuration(), case.facts.baseline.as_ref())
    else {
        return all;
    };
    for connector in &configuration.connectors {
        let Some(stock) = case.baseline_of(connector) else { continue };
        let name = |direction: &str, object_type: &AttributeName, target: &AttributeName| {
            Evidence::new(
                format!("{direction} {object_type} {target}"),
                "no longer flows",
                &connector.location,
            )
        };
        for flow in &stock.export_flows {
            let choice = connector.is_active_directory()
                && HYBRID_WRITE_BACK.iter().any(|it| flow.target.is(it));
            let same =
                |it: &ExportFlow| it.object_type == flow.object_type && it.target == flow.target;
            if !choice && !connector.export_flows.iter().any(same) {
                all.push(name("export", &flow.object_type, &flow.target));
            }
        }
        let (Some(own), Some(shipped)) = (&configuration.metaverse, &baseline.metaverse) else {
            continue;
        };
        for set in shipped.import_flows.iter().filter(|it| !it.target.is("userPrincipalName")) {
            for flow in set.flows.iter().filter(|it| it.connector == stock.id) {
                let sets = own.import_flows.iter().filter(|it| it.target == set.target);
                let mut flows = sets.flat_map(|it| &it.flows);
                if !flows
                    .any(|it| it.connector == connector.id && it.object_type == flow.object_type)
                {
                    all.push(name("import", &flow.object_type, &set.target));
                }
            }
        }
    }
    all.sort();
    all.dedup();
    all
}
