//! `DL03xx`: what migrates, and what behaves differently afterwards.
use dirlift_model::{
    DistinguishedName, Evidence, Severity,
    config::{FilterOperator, FlowSource},
    settings::Read,
    text::plural,
};

use super::{Hit, Rule, docs};
use crate::settings::{custom_filters, flows_beyond_stock, is_domain_name, is_stock_container};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "DL0301",
        name: "domain-filtering",
        severity: Severity::Info,
        title: "Domain filtering is in use",
        about: "Not every domain of the forest is selected. The selection migrates.",
        remedy: "Select the same domains on the page \"Domain and OU filtering\" of the new server.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            let domains = || {
                case.settings
                    .iter()
                    .flat_map(|it| &it.forests)
                    .flat_map(|it| &it.domains)
                    .filter(|it| is_domain_name(&it.dn))
            };
            let evidence: Vec<_> = domains()
                .filter(|it| !it.selected)
                .map(|it| Evidence::new(&it.dn, "not selected", &it.read_from))
                .collect();
            if !evidence.is_empty() {
                hits.push(Hit::confirmed(
                    format!(
                        "{} of {} selected",
                        domains().count() - evidence.len(),
                        plural(domains().count() as u64, "domain is", "domains are")
                    ),
                    evidence,
                ));
            }
        },
    },
    Rule {
        code: "DL0302",
        name: "ou-filtering",
        severity: Severity::Info,
        title: "OU filtering is in use",
        about: "Containers narrow the scope of a domain. The selection migrates; it is stored by name, so a renamed container falls out of scope with everything below it.",
        remedy: "Select the same containers on the new server and compare the number of objects in scope before the switch.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            let forests = case.settings.iter().flat_map(|it| &it.forests);
            for domain in forests.flat_map(|it| &it.domains).filter(|it| it.ou_filtering) {
                let head = domain.dn.parse::<DistinguishedName>().ok();
                let own = |it: &DistinguishedName| {
                    head.as_ref().is_some_and(|head| is_stock_container(it, head))
                };
                let line = |dn: &DistinguishedName, verdict: &str| {
                    Evidence::new(dn.as_str(), verdict, &domain.read_from)
                };
                let included = domain.containers.inclusions.iter().map(|it| line(it, "included"));
                let excluded = domain
                    .containers
                    .exclusions
                    .iter()
                    .filter(|it| !own(it))
                    .map(|it| line(it, "excluded"));
                let evidence: Vec<_> = included.chain(excluded).collect();
                let name = domain.dns_name.clone().unwrap_or_else(|| domain.dn.clone());
                hits.push(Hit::confirmed(format!("{name}: containers included and excluded beyond the product's own exclusions"), evidence));
            }
        },
    },
    Rule {
        code: "DL0303",
        name: "alternate-id",
        severity: Severity::Info,
        title: "Alternate ID: users sign in with another attribute",
        about: "The userPrincipalName of the cloud is taken from another attribute. The new server must use the same one, or every user's sign-in name changes.",
        remedy: "Choose this attribute as \"User Principal Name\" on the page \"Azure AD sign-in\" of the new server.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            if let Some(read) = case.settings.as_ref().and_then(|it| it.alternate_id.as_ref()) {
                hits.push(Hit::confirmed(
                    format!("userPrincipalName comes from {}", read.value),
                    vec![Evidence::new("userPrincipalName", read.value.as_str(), &read.read_from)],
                ));
            }
        },
    },
    Rule {
        code: "DL0304",
        name: "password-hash-sync",
        severity: Severity::Info,
        title: "Password hash synchronisation is on",
        about: "The setting migrates; the new server's account needs the two replication rights in every domain. A server in staging mode synchronises no passwords.",
        remedy: "Grant Replicate Directory Changes and Replicate Directory Changes All to the new account, and turn the feature on in the wizard.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            switched_on(
                case.settings.as_ref().and_then(|it| it.password_hash_sync.as_ref()),
                "password-hash-sync-config/enabled",
                hits,
            );
        },
    },
    Rule {
        code: "DL0305",
        name: "exchange-hybrid",
        severity: Severity::Info,
        title: "Exchange hybrid deployment is on",
        about: "Attributes are written back from the cloud to Active Directory. The setting migrates; the new account needs write rights on these attributes.",
        remedy: "Turn on \"Exchange hybrid deployment\" in the wizard and grant the write rights to the new account.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            let Some(settings) = case
                .settings
                .as_ref()
                .filter(|it| it.exchange_hybrid.as_ref().is_some_and(|it| it.value))
            else {
                return;
            };
            let evidence: Vec<_> = settings
                .written_back
                .iter()
                .map(|it| Evidence::new(it.value.as_str(), "written back", &it.read_from))
                .collect();
            hits.push(Hit::confirmed(
                plural(evidence.len() as u64, "flow writes back", "flows write back"),
                evidence,
            ));
        },
    },
    Rule {
        code: "DL0306",
        name: "attribute-filtering",
        severity: Severity::Info,
        title: "Filtering on attributes is in use",
        about: "Connector filters beyond the ones that the product ships keep objects out. They migrate as scoping filters of inbound rules.",
        remedy: "Carry each alternative over as a custom inbound rule that sets cloudFiltered to True, with precedence below 100.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            let (mut evidence, mut proven) = (Vec::new(), true);
            for connector in case
                .configuration()
                .into_iter()
                .flat_map(dirlift_model::ServerConfiguration::active_directory)
            {
                for (filter, _, compared) in custom_filters(case, connector) {
                    proven &= compared;
                    let conditions: Vec<_> =
                        filter.conditions.iter().map(ToString::to_string).collect();
                    evidence.push(Evidence::new(
                        filter.object_type.as_str(),
                        conditions.join(" and "),
                        &filter.read_from,
                    ));
                }
            }
            if !evidence.is_empty() {
                let detail = plural(
                    evidence.len() as u64,
                    "alternative beyond stock",
                    "alternatives beyond stock",
                );
                hits.push(if proven {
                    Hit::confirmed(detail, evidence)
                } else {
                    Hit::inferred(
                        format!("{detail}, told from the documented default exclusions"),
                        evidence,
                    )
                });
            }
        },
    },
    Rule {
        code: "DL0307",
        name: "forest-and-tenant",
        severity: Severity::Info,
        title: "Forest, domain and cloud settings",
        about: "The forest and the tenant that the server connects.",
        remedy: "The new server connects the same forest and the same tenant.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            let Some(settings) = &case.settings else { return };
            let mut evidence: Vec<_> = settings
                .forests
                .iter()
                .map(|it| Evidence::new("forest", &it.name, &it.read_from))
                .collect();
            evidence.extend(settings.tenant.iter().map(|it| {
                Evidence::new("tenant", it.name.as_deref().unwrap_or("unknown"), &it.read_from)
            }));
            if !evidence.is_empty() {
                hits.push(Hit::confirmed(
                    evidence
                        .iter()
                        .map(|it| format!("{} {}", it.item, it.observed))
                        .collect::<Vec<_>>()
                        .join(", "),
                    evidence,
                ));
            }
        },
    },
    Rule {
        code: "DL0308",
        name: "custom-flows",
        severity: Severity::Warning,
        title: "Attribute flows differ from the ones that the product ships",
        about: "The wizard does not carry changed flows. They can be re-applied as custom synchronisation rules.",
        remedy: "Write each flow as a custom rule with precedence below 100, never by editing a standard rule.",
        reference: docs::DEFAULTS,
        check: |case, hits| {
            let all = flows_beyond_stock(case).unwrap_or_default();
            let is_scripted = |place: &str| {
                let mut scripted =
                    all.iter().filter(|it| matches!(it.source, FlowSource::Scripted { .. }));
                scripted.any(|it| it.location.to_string() == place)
            };
            let flows =
                case.settings.as_ref().map(|it| it.custom_flows.as_slice()).unwrap_or_default();
            let evidence: Vec<_> = flows
                .iter()
                .filter(|it| !is_scripted(&it.read_from)) // those have a rule of their own
                .map(|it| {
                    Evidence::new(
                        format!("{} {} {}", it.direction, it.object_type, it.target),
                        &it.source,
                        &it.read_from,
                    )
                })
                .collect();
            Hit::push_counted(hits, evidence, "flow beyond stock", "flows beyond stock");
        },
    },
    Rule {
        code: "DL0309",
        name: "source-anchor",
        severity: Severity::Info,
        title: "The source anchor has to stay objectGUID",
        about: "DirSync anchors every object by objectGUID. A new server offers ms-DS-ConsistencyGuid instead; with another anchor every object stops with an error or is created a second time.",
        remedy: "On the page \"Uniquely identifying your users\" choose objectGUID as source anchor, and compare the immutable IDs before the switch.",
        reference: docs::CONCEPTS,
        check: |case, hits| {
            let settings = case.settings.as_ref().filter(|_| case.is_dirsync());
            if let Some(anchor) = settings.and_then(|it| it.source_anchor.as_ref()) {
                hits.push(Hit::confirmed(
                    format!("source anchor {}", anchor.value),
                    vec![Evidence::new("sourceAnchor", anchor.value.as_str(), &anchor.read_from)],
                ));
            }
        },
    },
    Rule {
        code: "DL0310",
        name: "interval-changes",
        severity: Severity::Info,
        title: "The synchronisation interval does not migrate",
        about: "DirSync ran every three hours unless changed; the new server runs every 30 minutes and cannot go faster.",
        remedy: "Where less frequent cycles are wanted, set CustomizedSyncCycleInterval on the new server.",
        reference: docs::SCHEDULER,
        check: |case, hits| {
            let Some(read) = case.settings.as_ref().and_then(|it| it.interval_seconds.as_ref())
            else {
                return;
            };
            let target = case.knowledge.target.interval_minutes;
            if case.is_dirsync() && read.value != target.saturating_mul(60) {
                hits.push(Hit::confirmed(
                    format!(
                        "every {} minutes here, every {target} minutes on the new server",
                        read.value / 60
                    ),
                    vec![Evidence::new(
                        "SyncTimeInterval",
                        format!("{} s", read.value),
                        &read.read_from,
                    )],
                ));
            }
        },
    },
    Rule {
        code: "DL0311",
        name: "filter-operator-unknown",
        severity: Severity::Warning,
        title: "A connector filter uses an operator that is not known",
        about: "The meaning of the operator's word is not known, so the filter cannot be translated; it is not guessed.",
        remedy: "Look the filter up in Synchronization Service Manager (Configure Connector Filter) and carry it over by hand.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            let conditions = case
                .configuration()
                .into_iter()
                .flat_map(|it| &it.connectors)
                .flat_map(|it| &it.filters)
                .flat_map(|set| {
                    set.alternatives.iter().flat_map(move |alternative| {
                        alternative.conditions.iter().map(move |it| (set, alternative, it))
                    })
                });
            let evidence: Vec<_> = conditions
                .filter(|(_, _, it)| matches!(it.operator, FilterOperator::Unknown(_)))
                .map(|(set, alternative, it)| {
                    Evidence::new(set.object_type.as_str(), it, &alternative.location)
                })
                .collect();
            Hit::push_counted(hits, evidence, "condition", "conditions");
        },
    },
    Rule {
        code: "DL0312",
        name: "filter-on-dn",
        severity: Severity::Warning,
        title: "A connector filter compares a distinguished name",
        about: "Filters on a DN made upgrades fail before build 1.0.8667.0, and a scoping filter has no direct counterpart.",
        remedy: "Replace the filter by OU filtering where it names a container; else write an inbound rule on another attribute.",
        reference: docs::HISTORY,
        check: |case, hits| {
            let mut evidence = Vec::new();
            for connector in case
                .configuration()
                .into_iter()
                .flat_map(dirlift_model::ServerConfiguration::active_directory)
            {
                for (filter, ..) in custom_filters(case, connector) {
                    let on_dn = filter.conditions.iter().filter(|it| {
                        it.intrinsic
                            || it.attribute.is("dn")
                            || it.attribute.is("distinguishedName")
                    });
                    evidence.extend(on_dn.map(|it| {
                        Evidence::new(filter.object_type.as_str(), it, &filter.read_from)
                    }));
                }
            }
            Hit::push_counted(hits, evidence, "condition", "conditions");
        },
    },
    Rule {
        code: "DL0313",
        name: "mail-nickname",
        severity: Severity::Info,
        title: "Exchange attributes need a mailNickname on the new server",
        about: "DirSync synchronised Exchange attributes of every object; Microsoft Entra Connect does so only where mailNickname has a value. Elsewhere they are emptied in the cloud with the first export.",
        remedy: "Before the switch, look for objects with Exchange attributes and no mailNickname, and give them one.",
        reference: docs::DEFAULTS,
        check: |case, hits| {
            let Some(connector) = case
                .configuration()
                .filter(|_| case.is_dirsync())
                .and_then(|it| it.active_directory().next())
            else {
                return;
            };
            let selected = connector.attribute_inclusion.iter().flatten();
            let exchange: Vec<_> = selected
                .filter(|it| it.as_str().to_ascii_lowercase().starts_with("msexch"))
                .collect();
            if !exchange.is_empty() {
                hits.push(Hit::inferred(
                    format!(
                        "{} synchronised from this forest",
                        plural(
                            exchange.len() as u64,
                            "Exchange attribute is",
                            "Exchange attributes are"
                        )
                    ),
                    vec![Evidence::new(
                        "attribute-inclusion",
                        format!("{} among others", exchange[0]),
                        &connector.location,
                    )],
                ));
            }
        },
    },
    Rule {
        code: "DL0314",
        name: "password-writeback",
        severity: Severity::Info,
        title: "Password writeback is on",
        about: "Password writeback has to be turned on again on the new server, and only one server may serve it.",
        remedy: "Turn it off on the old server at the switch and on in the new server's wizard; grant the reset-password rights to the new account.",
        reference: docs::ACCOUNTS,
        check: |case, hits| {
            switched_on(
                case.settings.as_ref().and_then(|it| it.password_writeback.as_ref()),
                "aad-password-reset-config/enabled",
                hits,
            );
        },
    },
];

fn switched_on(setting: Option<&Read<bool>>, element: &str, hits: &mut Vec<Hit>) {
    if let Some(read) = setting.filter(|it| it.value) {
        hits.push(Hit::confirmed(
            "it is enabled on this server",
            vec![Evidence::new(element, "1", &read.read_from)],
        ));
    }
}
