//! What the sources of objects tell about themselves: parameters of forests, facts of the tenant.
use std::collections::{BTreeMap, BTreeSet};

use dirlift_directory::{Domain, Forest, PartitionRequest};
use dirlift_entra::{Kind, Readability, mappings};
use dirlift_model::{AttributeName, DistinguishedName, TenantFacts};
use dirlift_syncengine::sync::{Partition, Readable, Tenant};

/// Which attributes of the cloud an import through Graph can tell.
pub fn readable() -> Readable {
    let known = Kind::ALL.into_iter().map(|kind| {
        let names = mappings(kind).filter(|it| it.readability() == Readability::Known);
        (AttributeName::from(kind.object_type()), names.map(|it| it.connector.into()).collect())
    });
    Readable::Only(known.collect::<BTreeMap<_, BTreeSet<_>>>())
}

/// What decides which exports the tenant would refuse.
pub(super) fn tenant(facts: &TenantFacts) -> Tenant {
    let is_federated =
        |it: &&dirlift_model::tenant::Domain| it.authentication.eq_ignore_ascii_case("federated");
    let features = facts.directory_sync.as_ref().map(|it| &it.features);
    let feature = |name: &str, unknown: bool| {
        let found = features.into_iter().flatten().find(|it| it.0.eq_ignore_ascii_case(name));
        found.map_or(unknown, |it| *it.1)
    };
    Tenant {
        federated_domains: facts
            .domains
            .iter()
            .flatten()
            .filter(is_federated)
            .map(|it| it.name.to_ascii_lowercase())
            .collect(),
        administrators: facts.role_members.iter().flatten().map(|it| it.id).collect(),
        // On in every tenant made since 2016; the features are often not shown to applications.
        soft_match_on_upn: feature("softMatchOnUpnEnabled", true),
        blocks_soft_match: feature("blockSoftMatchEnabled", false),
        blocks_hard_match: feature("blockCloudObjectTakeoverThroughHardMatchEnabled", false),
    }
}

/// Parameters of a forest and of its domains, and what of them is a guess.
pub(super) fn parameters(
    forest: &Forest,
    selected: &[PartitionRequest],
    name: Option<&str>,
) -> (BTreeMap<String, String>, Vec<Partition>, Vec<String>) {
    let mut guesses = Vec::new();
    // A file of objects need not say which domains there are; the configuration does.
    let mut forest = forest.clone();
    for dn in selected.iter().map(|it| &it.naming_context) {
        if !forest.domains.iter().any(|it| it.naming_context == *dn) {
            forest.domains.push(Domain {
                naming_context: dn.clone(),
                dns_name: None,
                netbios_name: None,
                functional_level: None,
                servers: Vec::new(),
            });
        }
    }
    let root =
        forest.dns_name.clone().or_else(|| name.map(str::to_ascii_lowercase)).or_else(|| {
            // The root of a forest is the domain whose name is the shortest.
            let names = forest.domains.iter().filter_map(|it| it.naming_context.dns_domain());
            names.min_by_key(|it| (it.matches('.').count(), it.clone()))
        });
    let mut own = BTreeMap::new();
    let mut partitions = Vec::new();
    for domain in &forest.domains {
        let dns = domain.dns_name.clone().or_else(|| domain.naming_context.dns_domain());
        let Some(dns) = dns else { continue };
        let netbios = domain.netbios_name.clone().unwrap_or_else(|| {
            let guess = netbios(&dns);
            guesses.push(format!("the NetBIOS name of {dns} is not known; it is taken as {guess}"));
            guess
        });
        let parameters = names("Domain", &dns, &netbios, Some(&domain.naming_context));
        partitions.push(Partition { root: domain.naming_context.clone(), parameters });
    }
    if let Some(root) = root {
        let domain = forest
            .domains
            .iter()
            .find(|it| it.naming_context.dns_domain().as_deref() == Some(&root));
        let known = domain.and_then(|it| it.netbios_name.clone());
        let netbios = known.unwrap_or_else(|| {
            let guess = netbios(&root);
            if domain.is_none() {
                guesses.push(format!(
                    "the NetBIOS name of {root} is not known; it is taken as {guess}"
                ));
            }
            guess
        });
        own = names("Forest", &root, &netbios, domain.map(|it| &it.naming_context));
        // For objects of no known domain.
        own.extend(names("Domain", &root, &netbios, domain.map(|it| &it.naming_context)));
    }
    (own, partitions, guesses)
}

fn names(
    what: &str,
    dns: &str,
    netbios: &str,
    dn: Option<&DistinguishedName>,
) -> BTreeMap<String, String> {
    let ldap = dn.map_or_else(
        || dns.split('.').map(|it| format!("DC={it}")).collect::<Vec<_>>().join(","),
        ToString::to_string,
    );
    BTreeMap::from([
        (format!("{what}.FQDN"), dns.to_owned()),
        (format!("{what}.Netbios"), netbios.to_owned()),
        (format!("{what}.LDAP"), ldap),
    ])
}

/// The first label, as a new domain gets it unless somebody says otherwise.
fn netbios(dns: &str) -> String {
    let label = dns.split('.').next().unwrap_or_default();
    label.chars().take(15).collect::<String>().to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use dirlift_model::tenant::{DirectorySync, Domain as TenantDomain, RoleMember};

    use super::*;

    fn domain(dn: &str, netbios: Option<&str>) -> Domain {
        Domain {
            naming_context: dn.parse().unwrap(),
            dns_name: None,
            netbios_name: netbios.map(ToOwned::to_owned),
            functional_level: None,
            servers: Vec::new(),
        }
    }

    #[test]
    fn a_forest_gives_parameters_and_guesses_are_told() {
        let forest = Forest {
            domains: vec![
                domain("DC=a,DC=x,DC=example", None),
                domain("DC=x,DC=example", Some("XX")),
            ],
            ..Forest::default()
        };
        let (own, partitions, guesses) = parameters(&forest, &[], None);
        assert_eq!(own["Forest.FQDN"], "x.example");
        assert_eq!(own["Forest.Netbios"], "XX");
        assert_eq!(own["Forest.LDAP"], "DC=x,DC=example");
        let netbios: Vec<_> =
            partitions.iter().map(|it| &it.parameters["Domain.Netbios"]).collect();
        assert_eq!(netbios, ["A", "XX"]);
        assert_eq!(guesses, ["the NetBIOS name of a.x.example is not known; it is taken as A"]);
        let (own, _, guesses) = parameters(&Forest::default(), &[], Some("Corp.Example"));
        assert_eq!(own["Forest.LDAP"], "DC=corp,DC=example");
        assert_eq!(guesses.len(), 1);
        let selected = [PartitionRequest::whole("DC=y,DC=example".parse().unwrap())];
        let (own, partitions, _) = parameters(&Forest::default(), &selected, None);
        assert_eq!(own["Forest.FQDN"], "y.example");
        assert_eq!(partitions[0].parameters["Domain.FQDN"], "y.example");
        assert_eq!(parameters(&Forest::default(), &[], None).0.len(), 0);
    }

    #[test]
    fn the_tenant_decides_what_is_refused() {
        let facts = TenantFacts {
            domains: Some(vec![
                TenantDomain {
                    name: "Fed.Example".to_owned(),
                    authentication: "Federated".to_owned(),
                    ..TenantDomain::default()
                },
                TenantDomain { name: "m.example".to_owned(), ..TenantDomain::default() },
            ]),
            role_members: Some(vec![RoleMember::default()]),
            directory_sync: Some(DirectorySync {
                features: BTreeMap::from([
                    ("blockSoftMatchEnabled".to_owned(), true),
                    ("softMatchOnUpnEnabled".to_owned(), false),
                ]),
                ..DirectorySync::default()
            }),
            ..TenantFacts::default()
        };
        let it = tenant(&facts);
        assert_eq!(it.federated_domains.into_iter().collect::<Vec<_>>(), ["fed.example"]);
        assert_eq!(it.administrators.len(), 1);
        assert!(it.blocks_soft_match && !it.soft_match_on_upn && !it.blocks_hard_match);
        assert!(tenant(&TenantFacts::default()).soft_match_on_upn);
    }

    #[test]
    fn graph_shows_addresses_and_no_anchor_of_groups() {
        let all = readable();
        assert!(all.has(&"user".into(), &"proxyAddresses".into()));
        assert!(!all.has(&"group".into(), &"sourceAnchor".into()));
    }
}
