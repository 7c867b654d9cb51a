//! `DL04xx`: what cannot be upgraded.
use dirlift_model::{
    Build, Evidence, Severity,
    config::{Connector, Extension, FlowSource, RunProfile},
    host::InstalledFile,
    stock::{SELECTED_ATTRIBUTES, is_stock_assembly, same_conditions},
    text::plural,
};

use super::{Case, Hit, Rule, docs};
use crate::settings::{flows_beyond_stock, removed_flows};

const WAY_OUT: &str = "Install a new Microsoft Entra Connect server in staging mode and re-apply the change there by custom configuration; verify before the switch.";

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "DL0401",
        name: "attributes-removed",
        severity: Severity::Blocker,
        title: "Attributes were removed from the agent",
        about: "The agent to Active Directory no longer selects attributes that the product's own templates on this server select. Such a server cannot be upgraded.",
        remedy: WAY_OUT,
        reference: docs::UPGRADE,
        check: |case, hits| {
            for connector in active_directory(case) {
                let Some(stock) =
                    case.baseline_of(connector).and_then(|it| it.attribute_inclusion.as_ref())
                else {
                    continue;
                };
                let missing = missing_attributes(
                    connector,
                    stock.iter().map(dirlift_model::AttributeName::as_str),
                );
                if !missing.is_empty() {
                    let detail = format!(
                        "{} of {} are not selected in \"{}\"",
                        missing.len(),
                        plural(stock.len() as u64, "attribute", "attributes"),
                        connector.name
                    );
                    hits.push(Hit::confirmed(detail, missing));
                }
            }
        },
    },
    Rule {
        code: "DL0402",
        name: "attributes-removed-inferred",
        severity: Severity::Warning,
        title: "Attributes seem to be missing from the agent",
        about: "The agent does not select attributes of the known stock list. The list was not read on this server, so this may be the state in which the product shipped.",
        remedy: "Add the folder <install path>\\ma to the snapshot as templates/ so that the comparison can be made with this server's own templates.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            for connector in active_directory(case).filter(|_| case.is_dirsync()) {
                if case.baseline_of(connector).is_some_and(|it| it.attribute_inclusion.is_some()) {
                    continue;
                }
                let missing = missing_attributes(connector, SELECTED_ATTRIBUTES.iter().copied());
                if !missing.is_empty() {
                    let detail = format!(
                        "{} of the {} attributes of the stock list are not selected in \"{}\"",
                        missing.len(),
                        SELECTED_ATTRIBUTES.len(),
                        connector.name
                    );
                    hits.push(Hit::inferred(detail, missing));
                }
            }
        },
    },
    Rule {
        code: "DL0403",
        name: "custom-extension",
        severity: Severity::Blocker,
        title: "A custom extension DLL is in use",
        about: "The configuration loads code that the product does not ship. Such a server cannot be upgraded; what the code does has to be written as synchronisation rules.",
        remedy: WAY_OUT,
        reference: docs::UPGRADE,
        check: |case, hits| {
            if !case.is_dirsync() {
                return;
            }
            for (role, extension) in
                assemblies(case).into_iter().filter(|(_, it)| !is_stock(case, it))
            {
                let file = installed(case, &extension.assembly_name);
                let mut evidence =
                    vec![Evidence::new(&extension.assembly_name, &role, &extension.location)];
                evidence.extend(file.map(file_evidence));
                let detail = format!("{} is the {role}", extension.assembly_name);
                let signer = file.and_then(|it| it.signer.as_deref());
                hits.push(match signer {
                    None => Hit::inferred(
                        format!("{detail}; told by its name, its signature was not read"),
                        evidence,
                    ),
                    Some(it) if is_microsoft(it) => Hit::inferred(
                        format!("{detail}; signed by Microsoft, but not of this product and build"),
                        evidence,
                    ),
                    Some(_) => Hit::confirmed(detail, evidence),
                });
            }
        },
    },
    Rule {
        code: "DL0404",
        name: "extension-unproven",
        severity: Severity::Warning,
        title: "A DLL with a name of the product is not signed by Microsoft or has another version",
        about: "A file with a stock name may have been replaced. The product's own DLLs carry Microsoft's signature and the product's version.",
        remedy: "Compare the file with one from the installation package of the same build.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            let product = case.facts.product.version;
            for (role, extension) in
                assemblies(case).into_iter().filter(|(_, it)| is_stock_assembly(&it.assembly_name))
            {
                let Some(file) = installed(case, &extension.assembly_name) else { continue };
                let foreign = file.signer.as_deref().is_some_and(|it| !is_microsoft(it));
                let build: Option<Build> = file.version.as_deref().and_then(|it| it.parse().ok());
                let unread = file.signer.is_none();
                let differs = case.is_dirsync()
                    && unread
                    && matches!((build, product), (Some(build), Some(product)) if build != product);
                if foreign || differs {
                    hits.push(Hit::confirmed(
                        format!("{} is the {role}", extension.assembly_name),
                        vec![file_evidence(file)],
                    ));
                }
            }
        },
    },
    Rule {
        code: "DL0405",
        name: "additional-agent",
        severity: Severity::Blocker,
        title: "There are agents that DirSync does not have",
        about: "DirSync has one agent to Active Directory and one to the cloud. What another agent brings in would be lost.",
        remedy: "Find out what the agent contributes. Where it is still needed, bring the data into Active Directory before the move, or run a separate Microsoft Identity Manager.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            let Some(configuration) = case.configuration().filter(|_| case.is_dirsync()) else {
                return;
            };
            let first_ad = configuration.active_directory().next().map(|it| it.id);
            let first_cloud = configuration.cloud().next().map(|it| it.id);
            let more = configuration
                .connectors
                .iter()
                .filter(|it| Some(it.id) != first_ad && Some(it.id) != first_cloud);
            let evidence: Vec<_> = more
                .map(|it| {
                    Evidence::new(
                        &it.name,
                        format!("category {}", it.category.as_str()),
                        &it.location,
                    )
                })
                .collect();
            if !evidence.is_empty() {
                let names: Vec<_> = evidence.iter().map(|it| format!("\"{}\"", it.item)).collect();
                hits.push(Hit::confirmed(names.join(", "), evidence));
            }
        },
    },
    Rule {
        code: "DL0406",
        name: "scripted-flows",
        severity: Severity::Warning,
        title: "Scripted flows differ from the ones that the product ships",
        about: "A scripted flow calls code in an extension DLL; what it does cannot be read from the configuration.",
        remedy: "Ask who wrote the extension for its source, and write the flow as an expression of a custom synchronisation rule.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            let flows = flows_beyond_stock(case).unwrap_or_default();
            let scripted =
                flows.iter().filter(|it| matches!(it.source, FlowSource::Scripted { .. }));
            let evidence: Vec<_> = scripted
                .map(|it| {
                    Evidence::new(
                        format!("{} {} {}", it.direction, it.object_type, it.target),
                        it.source,
                        it.location,
                    )
                })
                .collect();
            if !evidence.is_empty() && case.is_dirsync() {
                hits.push(Hit::confirmed(
                    plural(
                        evidence.len() as u64,
                        "scripted flow beyond stock",
                        "scripted flows beyond stock",
                    ),
                    evidence,
                ));
            }
        },
    },
    Rule {
        code: "DL0407",
        name: "run-profiles-edited",
        severity: Severity::Warning,
        title: "Run profiles were edited",
        about: "Run profiles differ from the product's templates. They do not migrate; the new server has its own.",
        remedy: "Find out why: a deletion limit or a partition left out may be protection that has to be set up again on the new server.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            let mut evidence = Vec::new();
            for connector in case.configuration().into_iter().flat_map(|it| &it.connectors) {
                let Some(stock) =
                    case.baseline_of(connector).filter(|it| !it.run_profiles.is_empty())
                else {
                    continue;
                };
                for profile in &connector.run_profiles {
                    let what = match stock
                        .run_profiles
                        .iter()
                        .find(|it| it.name.eq_ignore_ascii_case(&profile.name))
                    {
                        None => Some("added".to_owned()),
                        Some(same) if steps(same) != steps(profile) => {
                            Some(format!("{}, shipped: {}", steps(profile), steps(same)))
                        }
                        Some(_) => None,
                    };
                    evidence.extend(what.map(|it| {
                        Evidence::new(
                            format!("{}: {}", connector.name, profile.name),
                            it,
                            &profile.location,
                        )
                    }));
                }
                let gone = stock.run_profiles.iter().filter(|it| {
                    !connector
                        .run_profiles
                        .iter()
                        .any(|own| own.name.eq_ignore_ascii_case(&it.name))
                });
                evidence.extend(gone.map(|it| {
                    Evidence::new(
                        format!("{}: {}", connector.name, it.name),
                        "removed",
                        &connector.location,
                    )
                }));
            }
            Hit::push_counted(hits, evidence, "difference", "differences");
        },
    },
    Rule {
        code: "DL0408",
        name: "default-exclusions-removed",
        severity: Severity::Warning,
        title: "Default exclusions were removed from the connector filter",
        about: "Objects that the product leaves out are synchronised here. Microsoft Entra Connect leaves them out again, which deletes them in the cloud.",
        remedy: "Count the objects that the exclusion concerns, and decide before the switch whether they stay in the cloud.",
        reference: docs::DEFAULTS,
        check: |case, hits| {
            let mut evidence = Vec::new();
            for connector in active_directory(case) {
                let Some(stock) = case.baseline_of(connector) else { continue };
                for set in &stock.filters {
                    let own = connector
                        .filters
                        .iter()
                        .filter(|it| it.object_type == set.object_type)
                        .flat_map(|it| &it.alternatives);
                    let own: Vec<_> = own.collect();
                    for alternative in set.alternatives.iter().filter(|it| {
                        !own.iter().any(|own| same_conditions(&own.conditions, &it.conditions))
                    }) {
                        let conditions: Vec<_> =
                            alternative.conditions.iter().map(ToString::to_string).collect();
                        evidence.push(Evidence::new(
                            set.object_type.as_str(),
                            format!("no longer excluded: {}", conditions.join(" and ")),
                            &connector.location,
                        ));
                    }
                }
            }
            Hit::push_counted(hits, evidence, "exclusion removed", "exclusions removed");
        },
    },
    Rule {
        code: "DL0409",
        name: "joins-edited",
        severity: Severity::Warning,
        title: "Join rules differ from the ones that the product ships",
        about: "How objects of the cloud find their partner on premises was changed, often for a one-time repair. It does not migrate.",
        remedy: "Check that the immutable IDs in the cloud fit objectGUID before the switch.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            let mut evidence = Vec::new();
            for connector in case.configuration().into_iter().flat_map(|it| &it.connectors) {
                let Some(stock) = case.baseline_of(connector) else { continue };
                for profile in &connector.joins {
                    let known = stock
                        .joins
                        .iter()
                        .filter(|it| it.object_type == profile.object_type)
                        .flat_map(|it| &it.criteria);
                    let known: Vec<_> = known.map(|it| &it.mappings).collect();
                    let differing =
                        profile.criteria.iter().filter(|it| !known.contains(&&it.mappings));
                    evidence.extend(differing.map(|it| {
                        let on: Vec<_> = it
                            .mappings
                            .iter()
                            .map(|(mv, source)| format!("{source} = {mv}"))
                            .collect();
                        Evidence::new(
                            format!("{}: {}", connector.name, profile.object_type),
                            on.join(" and "),
                            &it.location,
                        )
                    }));
                }
            }
            Hit::push_counted(hits, evidence, "join beyond stock", "joins beyond stock");
        },
    },
    Rule {
        code: "DL0410",
        name: "deprovisioning-edited",
        severity: Severity::Warning,
        title: "Deprovisioning differs from what the product ships",
        about: "What happens to an object when it leaves the scope was changed; the new server deletes it in the cloud.",
        remedy: "Expect deletes where this server kept objects; look at the pending exports before the switch.",
        reference: docs::DEFAULTS,
        check: |case, hits| {
            let connectors = case.configuration().into_iter().flat_map(|it| &it.connectors);
            let edited = connectors.filter(|it| {
                case.baseline_of(it).is_some_and(|stock| stock.deprovisioning != it.deprovisioning)
            });
            let evidence: Vec<_> = edited
                .map(|it| {
                    let own = it.deprovisioning.as_ref().map_or("none".to_owned(), |it| {
                        format!("{} {}", it.kind, it.action.as_deref().unwrap_or_default())
                            .trim()
                            .to_owned()
                    });
                    Evidence::new(&it.name, own, &it.location)
                })
                .collect();
            Hit::push_counted(hits, evidence, "agent", "agents");
        },
    },
    Rule {
        code: "DL0411",
        name: "stock-flows-removed",
        severity: Severity::Warning,
        title: "Flows that the product ships were removed",
        about: "Attributes do not reach the metaverse or the cloud although the product would bring them there. On the new server they flow again.",
        remedy: "Decide for each attribute whether it may appear in the cloud; where not, take it out of the new server's attribute list.",
        reference: docs::DEFAULTS,
        check: |case, hits| {
            let evidence = removed_flows(case);
            Hit::push_counted(hits, evidence, "flow removed", "flows removed");
        },
    },
];

/// The steps of a run profile in words, with their limits; one step for each domain is normal and counts once.
fn steps(profile: &RunProfile) -> String {
    let limit = |name: &str, it: Option<u64>| match it {
        None | Some(0) => String::new(),
        Some(n) => format!(" ({name} limit {n})"),
    };
    let words = profile.steps.iter().map(|it| {
        format!(
            "{}{}{}",
            it.kind,
            limit("object", it.object_limit),
            limit("delete", it.delete_limit)
        )
    });
    let mut words: Vec<_> = words.collect();
    words.dedup();
    words.join(", ")
}

fn active_directory<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Connector> {
    case.configuration().into_iter().flat_map(dirlift_model::ServerConfiguration::active_directory)
}

/// Stock attributes that the forest's schema has and the agent does not select. Without a schema all are compared.
fn missing_attributes<'a>(
    connector: &Connector,
    stock: impl Iterator<Item = &'a str>,
) -> Vec<Evidence> {
    let Some(selected) = &connector.attribute_inclusion else { return Vec::new() };
    let in_schema = |name: &str| {
        connector.schema_attributes.is_empty()
            || connector.schema_attributes.iter().any(|it| it.is(name))
    };
    let missing = stock.filter(|name| !selected.iter().any(|it| it.is(name)) && in_schema(name));
    let mut evidence: Vec<_> = missing
        .map(|it| {
            Evidence::new(
                it,
                "not selected",
                format!("{}, attribute-inclusion", connector.location),
            )
        })
        .collect();
    evidence.sort();
    evidence
}

/// Every DLL that the configuration loads, with its role in words.
fn assemblies<'a>(case: &Case<'a>) -> Vec<(String, &'a Extension)> {
    let Some(configuration) = case.configuration() else { return Vec::new() };
    let agents = configuration.connectors.iter().flat_map(|connector| {
        connector
            .assemblies()
            .into_iter()
            .map(move |(role, it)| (format!("{role} of \"{}\"", connector.name), it))
    });
    let metaverse = configuration
        .metaverse
        .iter()
        .filter_map(|it| it.extension.as_ref())
        .map(|it| ("metaverse rules extension".to_owned(), it));
    agents.chain(metaverse).filter(|(_, it)| !it.assembly_name.trim().is_empty()).collect()
}

fn installed<'a>(case: &Case<'a>, name: &str) -> Option<&'a InstalledFile> {
    let files =
        case.facts.files.iter().flatten().filter(|it| it.file_name().eq_ignore_ascii_case(name));
    files.max_by_key(|it| it.path.to_ascii_lowercase().contains("\\extensions\\"))
}

/// Whether a DLL belongs to the product: the templates name it, or its name is of the product and nobody else signed
/// it, or Microsoft signed it and it has the product's version.
fn is_stock(case: &Case<'_>, extension: &Extension) -> bool {
    let signer = installed(case, &extension.assembly_name).and_then(|it| it.signer.as_deref());
    let in_templates = case.facts.baseline.as_ref().is_some_and(|baseline| {
        let agents = baseline.connectors.iter().flat_map(Connector::assemblies).map(|(_, it)| it);
        let metaverse = baseline.metaverse.iter().filter_map(|it| it.extension.as_ref());
        let mut all = agents.chain(metaverse);
        all.any(|it| it.assembly_name.eq_ignore_ascii_case(&extension.assembly_name))
    });
    if in_templates {
        return true; // a replaced file of that name is DL0404
    }
    let signed_and_of_this_build = installed(case, &extension.assembly_name).is_some_and(|it| {
        let build: Option<Build> = it.version.as_deref().and_then(|it| it.parse().ok());
        signer.is_some_and(is_microsoft) && build.is_some() && build == case.facts.product.version
    });
    let named = is_stock_assembly(&extension.assembly_name) && signer.is_none_or(is_microsoft);
    named || signed_and_of_this_build
}

fn is_microsoft(signer: &str) -> bool {
    ["Microsoft Corporation", "Microsoft Windows"]
        .iter()
        .any(|it| signer.trim().eq_ignore_ascii_case(it))
}

fn file_evidence(file: &InstalledFile) -> Evidence {
    let signer = match file.signer.as_deref() {
        None => "signature not read".to_owned(),
        Some("") => "not signed".to_owned(),
        Some(signer) => format!("signed by {signer}"),
    };
    Evidence::new(
        &file.path,
        format!("{signer}, version {}", file.version.as_deref().unwrap_or("unknown")),
        "files.csv",
    )
}
