//! `DL07xx`: whether a host can carry the new product: this server for an upgrade in place, and the target where it is known.
use dirlift_model::{Build, Evidence, Facts, Severity, facts::RegistryValue, text::grouped};

use super::{Case, Hit, Rule, docs};

/// First version whose Essentials edition is supported: Windows Server 2019.
const ESSENTIALS_FROM: Build = Build::new([10, 0, 17_763, 0]);

pub(crate) const RULES: &[Rule] = &[
    Rule {
        code: "DL0701",
        name: "system-not-supported",
        severity: Severity::Warning,
        title: "The operating system is not supported by the new product",
        about: "Microsoft Entra Connect 2.x runs on Windows Server 2016, 2019 and 2022. Upgrading the system underneath an existing installation is not supported.",
        remedy: "Install on a new server, Windows Server 2022 for preference.",
        reference: docs::PREREQUISITES,
        check: |case, hits| {
            each_host(case, hits, |case, facts| {
                let detail = unsupported_system(case, facts)?;
                let caption = facts.host.os.as_ref().and_then(|it| it.caption.as_deref());
                let evidence = Evidence::new(
                    "operating system",
                    caption.unwrap_or("no caption"),
                    "snapshot.json",
                );
                Some((detail, vec![evidence]))
            });
        },
    },
    Rule {
        code: "DL0702",
        name: "dotnet-too-old",
        severity: Severity::Warning,
        title: "The .NET Framework is too old",
        about: "Builds from 2.5.79.0 on need .NET Framework 4.7.2 (Release 461808).",
        remedy: "Install .NET Framework 4.8 from Windows Update, then restart.",
        reference: docs::PREREQUISITES,
        check: |case, hits| {
            each_host(case, hits, |case, facts| {
                let release = facts.host.dotnet_release?;
                let needed = case.knowledge.target.dotnet_release;
                (release < needed).then(|| {
                    (
                        format!(
                            "Release {release}, needed is {needed} ({})",
                            case.knowledge.target.dotnet_name
                        ),
                        vec![Evidence::new("Release", release, "snapshot.json")],
                    )
                })
            });
        },
    },
    Rule {
        code: "DL0703",
        name: "powershell-too-old",
        severity: Severity::Warning,
        title: "Windows PowerShell is too old",
        about: "The new product needs Windows PowerShell 5.0 or later.",
        remedy: "Install Windows Management Framework 5.1, or use a system that brings it.",
        reference: docs::PREREQUISITES,
        check: |case, hits| {
            each_host(case, hits, |case, facts| {
                let found = facts.host.powershell?;
                let needed = case.knowledge.target.powershell;
                (found < needed).then(|| {
                    (
                        format!("{found}, needed is {needed}"),
                        vec![Evidence::new("PowerShell", found, "snapshot.json")],
                    )
                })
            });
        },
    },
    Rule {
        code: "DL0704",
        name: "tls12-not-set",
        severity: Severity::Warning,
        title: "TLS 1.2 is not set up for the new product",
        about: "Eight values of the registry turn TLS 1.2 on for .NET and for the system. A value that is absent leaves the choice to the system: newer systems have it on by default.",
        remedy: "Set the values as listed and restart. On Windows Server 2016 and later absent values do no harm; wrong ones do.",
        reference: "Microsoft Entra Connect: TLS 1.2 enforcement",
        check: |case, hits| {
            for_hosts(case, |name, facts| {
                let Some(registry) = &facts.registry else { return };
                let (mut wrong, mut absent) = (Vec::new(), Vec::new());
                // Keys that are not in the export may be absent on the host, or merely not exported.
                let mut is_exported = true;
                for row in &case.knowledge.tls {
                    let short = row
                        .key
                        .rsplit('\\')
                        .take(2)
                        .collect::<Vec<_>>()
                        .into_iter()
                        .rev()
                        .collect::<Vec<_>>()
                        .join("\\");
                    let short = if row.key.contains("WOW6432Node") {
                        format!("{short} (32-bit)")
                    } else {
                        short
                    };
                    let item = format!("{short}, {}", row.name);
                    match registry.value(&row.key, &row.name) {
                        Some(RegistryValue::Number(found)) if *found == row.value => {}
                        // Schannel takes every number but 0 as "enabled".
                        Some(RegistryValue::Number(found))
                            if row.name == "Enabled" && *found != 0 => {}
                        Some(RegistryValue::Number(found)) => wrong.push(Evidence::new(
                            item,
                            format!("{found}, needed is {}", row.value),
                            "registry.reg",
                        )),
                        Some(_) => wrong.push(Evidence::new(item, "not a DWORD", "registry.reg")),
                        None => {
                            is_exported &= registry.key(&row.key).is_some();
                            absent.push(Evidence::new(
                                item,
                                format!("absent, needed is {}", row.value),
                                "registry.reg",
                            ));
                        }
                    }
                }
                let detail =
                    format!("{name}: {} wrong, {} not configured", wrong.len(), absent.len());
                if wrong.is_empty() {
                    if is_exported && !absent.is_empty() {
                        hits.push(Hit::confirmed(detail, absent));
                    } else if !absent.is_empty() {
                        let detail = format!("{detail}; not every key is in the export");
                        hits.push(Hit::inferred(detail, absent));
                    }
                } else {
                    wrong.extend(absent);
                    hits.push(Hit::confirmed(detail, wrong));
                }
            });
        },
    },
    Rule {
        code: "DL0705",
        name: "not-in-a-domain",
        severity: Severity::Warning,
        title: "The host does not belong to a domain",
        about: "The new product needs a server that is joined to a domain.",
        remedy: "Join the server to a domain of the forest, or choose another one.",
        reference: docs::PREREQUISITES,
        check: |case, hits| {
            each_host(case, hits, |_, facts| {
                let role = facts.host.domain_role?;
                (!role.is_joined()).then(|| {
                    (
                        "the computer stands alone".to_owned(),
                        vec![Evidence::new("domain role", "stand-alone", "snapshot.json")],
                    )
                })
            });
        },
    },
    Rule {
        code: "DL0706",
        name: "server-core",
        severity: Severity::Warning,
        title: "The host has no desktop",
        about: "Server Core is not supported; the full graphical installation is needed.",
        remedy: "Use a server with Desktop Experience.",
        reference: docs::PREREQUISITES,
        check: |case, hits| {
            each_host(case, hits, |_, facts| {
                let kind = facts.host.os.as_ref()?.installation_type.as_ref()?;
                is_core(kind).then(|| {
                    (kind.clone(), vec![Evidence::new("InstallationType", kind, "snapshot.json")])
                })
            });
        },
    },
    Rule {
        code: "DL0707",
        name: "proxy-of-user-only",
        severity: Severity::Warning,
        title: "A proxy is set for users and not for the machine",
        about: "DirSync used the proxy of the user who installed it; the new product uses the machine's settings: machine.config of .NET, and WinHTTP.",
        remedy: "Set the proxy in machine.config (system.net/defaultProxy) and with netsh winhttp before the installation; allow idle connections of six minutes and no TLS inspection.",
        reference: docs::PREREQUISITES,
        check: |case, hits| {
            for_hosts_old_too(case, |name, facts| {
                let proxy = &facts.host.proxy;
                let unset =
                    |it: &Option<String>| it.as_deref().is_some_and(|it| it.trim().is_empty());
                let machine_unset = unset(&proxy.machine_config)
                    && proxy.winhttp.as_deref().is_none_or(|it| it.trim().is_empty());
                let mut evidence: Vec<_> = proxy
                    .users
                    .iter()
                    .flatten()
                    .filter(|it| !it.proxy.trim().is_empty())
                    .map(|it| Evidence::new(&it.account, &it.proxy, "snapshot.json"))
                    .collect();
                evidence.sort();
                if machine_unset && !evidence.is_empty() {
                    hits.push(Hit::confirmed(format!("{name}: the machine has none"), evidence));
                }
            });
        },
    },
    Rule {
        code: "DL0708",
        name: "hardware-too-small",
        severity: Severity::Warning,
        title: "The hardware is smaller than the minimum",
        about: "Memory and disk are to be sized by the number of objects in Active Directory.",
        remedy: "Give the new server at least the memory and disk named.",
        reference: docs::PREREQUISITES,
        check: |case, hits| {
            each_host(case, hits, |case, facts| {
                let needed = case.knowledge.hardware(case.objects.total?)?;
                let mut evidence = Vec::new();
                for (item, found, needed) in [
                    ("memory", facts.host.memory_mb, needed.memory_mb),
                    ("system disk", facts.host.system_disk_mb, needed.disk_mb),
                ] {
                    // Firmware and formatting take a little off the nominal size.
                    if let Some(found) =
                        found.filter(|it| it.saturating_mul(100) < needed.saturating_mul(95))
                    {
                        evidence.push(Evidence::new(
                            item,
                            format!("{} MB, needed are {} MB", grouped(found), grouped(needed)),
                            "snapshot.json",
                        ));
                    }
                }
                (!evidence.is_empty()).then(|| {
                    (
                        evidence
                            .iter()
                            .map(|it| format!("{} {}", it.item, it.observed))
                            .collect::<Vec<_>>()
                            .join("; "),
                        evidence,
                    )
                })
            });
        },
    },
    Rule {
        code: "DL0709",
        name: "domain-controller",
        severity: Severity::Info,
        title: "The host is a domain controller",
        about: "Installing on a domain controller works but is not advised: both roles are the most sensitive of the forest and share their service accounts badly.",
        remedy: "Use a member server of its own for the new product.",
        reference: docs::PREREQUISITES,
        check: |case, hits| {
            each_host(case, hits, |_, facts| {
                facts.host.domain_role?.is_domain_controller().then(|| {
                    (
                        String::from("role of a domain controller"),
                        vec![Evidence::new("domain role", "domain controller", "snapshot.json")],
                    )
                })
            });
        },
    },
    Rule {
        code: "DL0710",
        name: "target-not-empty",
        severity: Severity::Warning,
        title: "The target already has a synchronisation product",
        about: "A server carries one synchronisation engine. A left-over or working one makes setup fail or take over its configuration.",
        remedy: "Use a clean server.",
        reference: docs::PREREQUISITES,
        check: |case, hits| {
            let Some(target) = case.target else { return };
            if let Some(product) =
                target.product.product.filter(|it| *it != dirlift_model::Product::None)
            {
                hits.push(Hit::confirmed(
                    format!("{product} is installed on the target"),
                    target.product.evidence.clone(),
                ));
            }
        },
    },
];

/// Why the system of a host cannot carry the new product; `None` when it can, or when it is not known.
fn unsupported_system(case: &Case<'_>, facts: &Facts) -> Option<String> {
    let os = facts.host.os.as_ref()?;
    let row = case.knowledge.system(os.version?)?;
    let caption = os.caption.clone().unwrap_or_else(|| row.name.clone());
    let named_client = !caption.contains("Server")
        && ["Windows 7", "Windows 8", "Windows 10", "Windows 11", "Windows Vista", "Windows XP"]
            .iter()
            .any(|it| caption.contains(it));
    let client = named_client
        || os.installation_type.as_deref().is_some_and(|it| it.eq_ignore_ascii_case("Client"));
    // Essentials is supported from 2019 on, Small Business Server never.
    let small = caption.contains("Small Business")
        || (caption.contains("Essentials") && os.version? < ESSENTIALS_FROM);
    if client {
        Some(format!("{caption} is not a server"))
    } else if !row.supported {
        Some(format!("{caption}. {}", row.note))
    } else {
        small.then(|| format!("{caption}: this edition is not supported"))
    }
}

fn is_core(kind: &str) -> bool {
    kind.to_ascii_lowercase().contains("core")
}

/// The hosts that would carry the new product, with a name for each.
fn for_hosts<'a>(case: &Case<'a>, mut each: impl FnMut(&str, &'a Facts)) {
    if case.is_in_place() && case.target.is_none() {
        each("this server", case.facts);
    }
    if let Some(target) = case.target {
        each("the new server", target);
    }
}

/// The old host too: what its users needed, the new one will need.
fn for_hosts_old_too<'a>(case: &Case<'a>, mut each: impl FnMut(&str, &'a Facts)) {
    each("this server", case.facts);
    if let Some(target) = case.target {
        each("the new server", target);
    }
}

fn each_host<'a>(
    case: &Case<'a>,
    hits: &mut Vec<Hit>,
    check: impl Fn(&Case<'a>, &'a Facts) -> Option<(String, Vec<Evidence>)>,
) {
    for_hosts(case, |name, facts| {
        if let Some((detail, evidence)) = check(case, facts) {
            hits.push(Hit::confirmed(format!("{name}: {detail}"), evidence));
        }
    });
}

/// What keeps a host from carrying the new product whatever is installed on it.
pub(crate) fn obstacles(case: &Case<'_>, facts: &Facts) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(reason) = unsupported_system(case, facts) {
        all.push(format!("the system cannot carry {}: {reason}", case.knowledge.target.product));
    }
    if facts.host.os.as_ref().and_then(|it| it.installation_type.as_deref()).is_some_and(is_core) {
        all.push("Server Core is not supported".to_owned());
    }
    if facts.host.domain_role.is_some_and(|it| !it.is_joined()) {
        all.push("the host does not belong to a domain".to_owned());
    }
    all
}
