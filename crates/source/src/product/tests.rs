//! Tests of the detection.
use dirlift_model::facts::RegistryValue;

use super::*;

/// Keys as `path`, or `path|name|text`.
fn registry(lines: &[&str]) -> Registry {
    let mut registry = Registry::default();
    for line in lines {
        let mut parts = line.split('|');
        let path = parts.next().unwrap().replacen("HKLM", "HKEY_LOCAL_MACHINE", 1);
        let value = parts
            .next()
            .map(|name| (name.to_owned(), RegistryValue::String(parts.next().unwrap().to_owned())));
        match registry.keys.iter_mut().find(|it| it.path == path) {
            Some(key) => key.values.extend(value),
            None => registry.keys.push(RegistryKey { path, values: value.into_iter().collect() }),
        }
    }
    registry
}

/// Services as `name|display name|image path`.
fn services(lines: &[&str]) -> Vec<Service> {
    let service = |line: &&str| {
        let parts: Vec<_> = line.split('|').collect();
        let part =
            |idx: usize| parts.get(idx).filter(|it| !it.is_empty()).map(|it| (*it).to_owned());
        Service {
            name: parts[0].to_owned(),
            display_name: part(1),
            image_path: part(2),
            ..Service::default()
        }
    };
    lines.iter().map(service).collect()
}

/// Files as `path|version`.
fn files(lines: &[&str]) -> Vec<InstalledFile> {
    let file = |line: &&str| {
        let (path, version) = line.split_once('|').unwrap_or((line, ""));
        let version = Some(version.to_owned()).filter(|it| !it.is_empty());
        InstalledFile { path: path.to_owned(), version, ..InstalledFile::default() }
    };
    lines.iter().map(file).collect()
}

const OTHER: &str = r"HKLM\SOFTWARE\Microsoft\.NETFramework\v4.0.30319";
const INSTALL: &str = r"HKLM\SOFTWARE\Microsoft\MSOLCoExistence|InstallPath|C:\Program Files\Windows Azure Active Directory Sync\";
const VERSION: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\Microsoft Online Directory Sync|DisplayVersion|1.0.7020.0";
const FIM_PATH: &str =
    r"HKLM\SYSTEM\CurrentControlSet\Services\FIMSynchronizationService\Parameters|Path|C:\FIM\";
const ADSYNC_PATH: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\ADSync\Parameters|Path|C:\Program Files\Microsoft Azure AD Sync\";
const WIZARD_PATH: &str = r"HKLM\SOFTWARE\Microsoft\Azure AD Connect|WizardPath|C:\Program Files\Microsoft Azure Active Directory Connect\AzureADConnect.exe";
const CONNECT_UNINSTALL: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\{1}|DisplayName|Microsoft Entra Connect Sync";

const ENGINE_SERVICE: &str =
    "FIMSynchronizationService|Forefront Identity Manager Synchronization Service|";
const BY_NAME: &str = "x|Windows Azure Active Directory Sync Service|";
const BY_IMAGE: &str = r#"y||"C:\Program Files\Windows Azure Active Directory Sync\Microsoft.Online.DirSync.Scheduler.exe" -k"#;

#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    registry: Option<&'static [&'static str]>,
    completeness: Completeness,
    services: Option<&'static [&'static str]>,
    files: Option<&'static [&'static str]>,
    product: Option<Product>,
    version: Option<&'static str>,
    path: Option<&'static str>,
}

const NONE: Case = Case {
    name: "nothing is known",
    registry: None,
    completeness: Completeness::Whole,
    services: None,
    files: None,
    product: None,
    version: None,
    path: None,
};

const ROOT: Option<&str> = Some(r"C:\Program Files\Windows Azure Active Directory Sync");

const CASES: &[Case] = &[
    NONE,
    Case {
        name: "DirSync by registry",
        registry: Some(&[INSTALL, VERSION, FIM_PATH]),
        product: Some(Product::DirSync),
        version: Some("1.0.7020.0"),
        path: ROOT,
        ..NONE
    },
    Case {
        name: "version by wizard when it is not registered",
        registry: Some(&[INSTALL, FIM_PATH]),
        files: Some(&[
            r"C:\x\Microsoft.Online.DirSync.Scheduler.exe|1.0.1.1",
            r"C:\x\ConfigWizard.exe|1.0.6862.0 (x)",
        ]),
        product: Some(Product::DirSync),
        version: Some("1.0.6862.0"),
        path: ROOT,
        ..NONE
    },
    Case {
        name: "version by scheduler when there is no wizard",
        registry: Some(&[INSTALL, FIM_PATH]),
        files: Some(&[r"C:\x\microsoft.online.dirsync.scheduler.EXE|1.0.1.1"]),
        product: Some(Product::DirSync),
        version: Some("1.0.1.1"),
        path: ROOT,
        ..NONE
    },
    Case {
        name: "FIM without coexistence",
        registry: Some(&[FIM_PATH]),
        product: Some(Product::Fim),
        path: Some(r"C:\FIM"),
        ..NONE
    },
    Case {
        name: "an empty install path is none",
        registry: Some(&[FIM_PATH, r"HKLM\SOFTWARE\Microsoft\MSOLCoExistence|InstallPath| "]),
        product: Some(Product::Fim),
        path: Some(r"C:\FIM"),
        ..NONE
    },
    Case {
        name: "ADSync wins over what DirSync left behind",
        registry: Some(&[INSTALL, VERSION, FIM_PATH, ADSYNC_PATH, WIZARD_PATH]),
        product: Some(Product::EntraConnect),
        path: Some(r"C:\Program Files\Microsoft Azure AD Sync"),
        ..NONE
    },
    Case {
        name: "Entra Connect by its entry in Programs and Features",
        registry: Some(&[
            ADSYNC_PATH,
            CONNECT_UNINSTALL,
            r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\{1}|DisplayVersion|2.4.18.0",
        ]),
        product: Some(Product::EntraConnect),
        version: Some("2.4.18.0"),
        path: Some(r"C:\Program Files\Microsoft Azure AD Sync"),
        ..NONE
    },
    Case {
        name: "Azure AD Sync has no wizard key",
        registry: Some(&[ADSYNC_PATH]),
        files: Some(&[r"C:\x\Bin\miiserver.exe|1.0.494.501"]),
        product: Some(Product::AzureAdSync),
        version: Some("1.0.494.501"),
        path: Some(r"C:\Program Files\Microsoft Azure AD Sync"),
        ..NONE
    },
    Case {
        name: "the engine tells build and folder where the registry does not",
        registry: Some(&[r"HKLM\SYSTEM\CurrentControlSet\Services\ADSync", WIZARD_PATH]),
        files: Some(&[r"D:\AD Sync\Bin\miiserver.exe|2.3.6.0"]),
        product: Some(Product::EntraConnect),
        version: Some("2.3.6.0"),
        path: Some(r"D:\AD Sync"),
        ..NONE
    },
    Case {
        name: "both engines: the newer one is the product",
        services: Some(&["ADSync", ENGINE_SERVICE]),
        files: Some(&[r"C:\c\AzureADConnect.exe|1.6.16.0"]),
        product: Some(Product::EntraConnect),
        version: Some("1.6.16.0"),
        ..NONE
    },
    Case {
        name: "a former Azure AD Connect decides nothing",
        registry: Some(&[OTHER, r"HKLM\SOFTWARE\Microsoft\AD Sync"]),
        ..NONE
    },
    Case {
        name: "a former installation by its entry decides nothing",
        registry: Some(&[
            r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\MicrosoftAzureADConnectionTool|DisplayName|x",
        ]),
        ..NONE
    },
    Case {
        name: "a key of the service is enough",
        registry: Some(&[r"HKLM\SYSTEM\CurrentControlSet\Services\ADSync"]),
        product: Some(Product::AzureAdSync),
        ..NONE
    },
    Case {
        name: "nothing that synchronises",
        registry: Some(&[OTHER]),
        product: Some(Product::None),
        ..NONE
    },
    Case {
        name: "a registry with damage proves no absence",
        registry: Some(&[OTHER]),
        completeness: Completeness::Partial,
        ..NONE
    },
    Case {
        name: "a damaged registry leaves FIM open",
        registry: Some(&[FIM_PATH]),
        completeness: Completeness::Partial,
        ..NONE
    },
    Case { name: "coexistence alone decides nothing", registry: Some(&[INSTALL]), ..NONE },
    Case {
        name: "services and coexistence without the service's key",
        registry: Some(&[INSTALL]),
        services: Some(&[ENGINE_SERVICE, BY_NAME]),
        product: Some(Product::DirSync),
        path: ROOT,
        ..NONE
    },
    Case {
        name: "DirSync by services, display name",
        services: Some(&[ENGINE_SERVICE, BY_NAME]),
        product: Some(Product::DirSync),
        ..NONE
    },
    Case {
        name: "DirSync by services, image path",
        services: Some(&[ENGINE_SERVICE, BY_IMAGE]),
        product: Some(Product::DirSync),
        path: ROOT,
        ..NONE
    },
    Case { name: "the scheduler alone is not enough", services: Some(&[BY_NAME]), ..NONE },
    Case {
        name: "FIM by services",
        services: Some(&[ENGINE_SERVICE]),
        product: Some(Product::Fim),
        ..NONE
    },
    Case {
        name: "DirSync by service and files",
        services: Some(&[ENGINE_SERVICE]),
        files: Some(&[r"D:\DirSync\Microsoft.Online.DirSync.Scheduler.exe|1.0.7020.0"]),
        product: Some(Product::DirSync),
        version: Some("1.0.7020.0"),
        path: Some(r"D:\DirSync"),
        ..NONE
    },
    Case { name: "ADSync by service, family not decidable", services: Some(&["ADSync"]), ..NONE },
    Case {
        name: "Entra Connect by service and file",
        services: Some(&["ADSync"]),
        files: Some(&[r"C:\c\AzureADConnect.exe|2.5.79.0"]),
        product: Some(Product::EntraConnect),
        version: Some("2.5.79.0"),
        ..NONE
    },
    Case {
        name: "DirSync by files",
        files: Some(&[
            r"C:\d\Microsoft.Online.DirSync.Scheduler.exe",
            r"C:\d\ConfigWizard.exe|1.0.6635.69",
        ]),
        product: Some(Product::DirSync),
        version: Some("1.0.6635.69"),
        path: Some(r"C:\d"),
        ..NONE
    },
    Case { name: "files of something else", files: Some(&[r"C:\x\y.exe|1.0"]), ..NONE },
];

#[test]
fn products() {
    for case in CASES {
        let registry = case.registry.map(registry);
        let services = case.services.map(services);
        let files = case.files.map(files);
        let sources = Sources {
            registry: registry.as_ref().map(|it| (it, "Registry.REG", case.completeness)),
            services: services.as_deref().map(|it| (it, "services.json")),
            files: files.as_deref().map(|it| (it, "files.csv")),
        };
        let (facts, problems) = detect(&sources);
        let name = case.name;
        assert_eq!(facts.product, case.product, "{name}");
        assert_eq!(facts.version.map(|it| it.to_string()).as_deref(), case.version, "{name}");
        assert_eq!(facts.install_path.as_deref(), case.path, "{name}");
        assert_eq!(problems, [], "{name}");
        assert!(facts.product.is_none() || !facts.evidence.is_empty(), "{name}: no evidence");
        let mut items: Vec<_> = facts.evidence.iter().map(|it| (&it.item, &it.place)).collect();
        items.sort_unstable();
        items.dedup();
        assert_eq!(items.len(), facts.evidence.len(), "{name}: evidence twice");
    }
}

#[test]
fn the_evidence_of_dirsync() {
    let registry = registry(&[INSTALL, VERSION, FIM_PATH]);
    let sources = Sources {
        registry: Some((&registry, "registry.reg", Completeness::Whole)),
        services: None,
        files: None,
    };
    let shown: Vec<_> = detect(&sources)
        .0
        .evidence
        .into_iter()
        .map(|it| format!("{} = {} ({})", it.item, it.observed, it.place))
        .collect();
    let expected = [
        r"HKLM\SYSTEM\CurrentControlSet\Services\FIMSynchronizationService = present (registry.reg)",
        r"HKLM\SOFTWARE\Microsoft\MSOLCoExistence\InstallPath = C:\Program Files\Windows Azure Active Directory Sync\ (registry.reg)",
        r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\Microsoft Online Directory Sync\DisplayVersion = 1.0.7020.0 (registry.reg)",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn what_is_left_of_a_former_installation_is_named() {
    let registry =
        registry(&[INSTALL, WIZARD_PATH, CONNECT_UNINSTALL, r"HKLM\SOFTWARE\Microsoft\AD Sync"]);
    let sources = Sources {
        registry: Some((&registry, "registry.reg", Completeness::Whole)),
        services: None,
        files: None,
    };
    let (facts, _) = detect(&sources);
    assert_eq!(facts.product, None);
    let items: Vec<_> = facts.evidence.iter().map(|it| it.item.as_str()).collect();
    assert_eq!(
        items,
        [
            r"HKLM\SOFTWARE\Microsoft\MSOLCoExistence\InstallPath",
            r"HKLM\SOFTWARE\Microsoft\Azure AD Connect",
            r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\{1}\DisplayName",
            r"HKLM\SOFTWARE\Microsoft\AD Sync",
        ]
    );
}

#[test]
fn a_version_that_is_none_is_a_problem() {
    let line = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\Microsoft Online Directory Sync|DisplayVersion|new";
    let registry = registry(&[INSTALL, FIM_PATH, line]);
    let files = files(&[r"C:\x\ConfigWizard.exe|1.0.6862.0"]);
    let sources = Sources {
        registry: Some((&registry, "registry.reg", Completeness::Whole)),
        services: None,
        files: Some((&files, "files.csv")),
    };
    let (facts, problems) = detect(&sources);
    assert_eq!(facts.version.map(|it| it.to_string()).as_deref(), Some("1.0.6862.0"));
    assert_eq!(problems.len(), 1);
    assert!(problems[0].what.contains("`new` is not a build number"), "{problems:?}");
}
