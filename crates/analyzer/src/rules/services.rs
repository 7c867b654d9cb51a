//! `DL08xx`: services and leftovers.
use dirlift_model::{
    Evidence, Severity,
    host::{Service, ServiceState, StartType},
};

use super::{Case, Hit, Rule, docs};
use crate::measure::{is_engine, is_scheduler, service_state};

const SERVICES_KEY: &str = r"HKLM\SYSTEM\CurrentControlSet\Services";

/// Keys that tracing leaves behind when a product was installed once.
const TRACES: &[&str] = &[
    r"HKLM\SOFTWARE\Microsoft\Tracing\AzureADConnect_RASAPI32",
    r"HKLM\SOFTWARE\Microsoft\Tracing\DirectorySyncTool_RASAPI32",
];

const COEXISTENCE: &str = r"HKLM\SOFTWARE\Microsoft\MSOLCoExistence";

const UNINSTALL_KEYS: &[(&str, &str)] = &[
    (
        "DirSync",
        r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\Microsoft Online Directory Sync",
    ),
    (
        "Azure AD Sync or Connect",
        r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\MicrosoftAzureADConnectionTool",
    ),
];

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "DL0801",
        name: "service-not-running",
        severity: Severity::Warning,
        title: "A service of the product is stopped or disabled",
        about: "Without its engine and its scheduler the server synchronises nothing.",
        remedy: "Find out when and why it was stopped before trusting the run history; where it does not start, check its logon rights and its account.",
        reference: docs::SERVICES,
        check: |case, hits| {
            for service in product_services(case) {
                let idle = service.state == Some(ServiceState::Stopped)
                    || service.start_type == Some(StartType::Disabled);
                if idle {
                    let name = service.display_name.as_deref().unwrap_or(&service.name);
                    let mut evidence =
                        vec![Evidence::new(&service.name, service_state(service), "services.json")];
                    evidence.extend(
                        service
                            .exit_code
                            .filter(|it| *it != 0)
                            .map(|it| Evidence::new("exit code", it, "services.json")),
                    );
                    hits.push(Hit::confirmed(
                        format!("{name}: {}", service_state(service)),
                        evidence,
                    ));
                }
            }
        },
    },
    Rule {
        code: "DL0802",
        name: "scheduler-missing",
        severity: Severity::Warning,
        title: "The scheduler's service is missing",
        about: "DirSync starts its cycles by a service of its own. Where the engine is there and the scheduler is not, the installation is damaged or half removed.",
        remedy: "Do not repair it: take the settings from the database or an export, and go to a new server.",
        reference: docs::SERVICES,
        check: |case, hits| {
            let Some(services) = &case.facts.services else { return };
            let engine = services.iter().find(|it| is_engine(it));
            if let Some(engine) =
                engine.filter(|_| case.is_dirsync() && !services.iter().any(is_scheduler))
            {
                hits.push(Hit::confirmed(
                    "the engine's service is there, the scheduler's is not",
                    vec![Evidence::new(&engine.name, service_state(engine), "services.json")],
                ));
            }
        },
    },
    Rule {
        code: "DL0803",
        name: "leftovers",
        severity: Severity::Info,
        title: "Leftovers of another synchronisation product",
        about: "Keys of the registry tell that another product was installed here once. They confuse setup and people.",
        remedy: "Use a clean server for the new product.",
        reference: docs::HISTORY,
        check: |case, hits| {
            let Some(registry) = &case.facts.registry else { return };
            let mut evidence = Vec::new();
            if !case.is_dirsync() {
                let (name, key) = UNINSTALL_KEYS[0];
                evidence.extend(
                    registry.key(key).map(|it| Evidence::new(name, &it.path, "registry.reg")),
                );
                // The key itself belongs to later products too; only DirSync writes its folder into it.
                evidence.extend(
                    registry
                        .string(COEXISTENCE, "InstallPath")
                        .map(|it| Evidence::new("folder of DirSync", it, "registry.reg")),
                );
            } else if !has_service(case, "ADSync") {
                let (name, key) = UNINSTALL_KEYS[1];
                evidence.extend(
                    registry.key(key).map(|it| Evidence::new(name, &it.path, "registry.reg")),
                );
                evidence.extend(
                    registry
                        .key(TRACES[0])
                        .map(|it| Evidence::new("Azure AD Connect", &it.path, "registry.reg")),
                );
            }
            if case.product() == Some(dirlift_model::Product::None) {
                evidence.extend(TRACES.iter().filter_map(|it| registry.key(it)).map(|it| {
                    Evidence::new("trace of a former installation", &it.path, "registry.reg")
                }));
            }
            if !evidence.is_empty() {
                hits.push(Hit::confirmed(
                    evidence.iter().map(|it| it.item.as_str()).collect::<Vec<_>>().join(", "),
                    evidence,
                ));
            }
        },
    },
    Rule {
        code: "DL0804",
        name: "two-products",
        severity: Severity::Warning,
        title: "Two synchronisation engines are installed",
        about: "The services of DirSync and of a later product are both there. Two engines that export to one tenant undo each other's changes.",
        remedy: "Find out which one exports; make sure that exactly one does before anything else.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            if has_service(case, "ADSync") && has_service(case, "FIMSynchronizationService") {
                let evidence = ["ADSync", "FIMSynchronizationService"]
                    .map(|it| Evidence::new(it, "installed", "services.json, registry.reg"));
                hits.push(Hit::confirmed("ADSync and FIMSynchronizationService", evidence.into()));
            }
        },
    },
];

fn product_services<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Service> {
    case.facts.services.iter().flatten().filter(|it| is_engine(it) || is_scheduler(it))
}

fn has_service(case: &Case<'_>, name: &str) -> bool {
    let listed = case.facts.services.iter().flatten().any(|it| it.name.eq_ignore_ascii_case(name));
    let key = format!(r"{SERVICES_KEY}\{name}");
    listed
        || case
            .facts
            .registry
            .as_ref()
            .is_some_and(|it| it.key(&key).is_some() || it.below(&key).next().is_some())
}
