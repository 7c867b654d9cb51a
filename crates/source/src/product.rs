//! Which product a server runs, in which version and folder, and what tells so.
//!
//! Order: an `ADSync` key is Azure AD Sync or Entra Connect; a
//! `FIMSynchronizationService` key is `DirSync` with `MSOLCoExistence\InstallPath` and FIM or MIM without it. Where
//! neither registry nor services nor files tell, an export of the configuration does.
use dirlift_model::{
    Build, Evidence, Product, ServerConfiguration,
    config::Problem,
    facts::{Policy, ProductFacts, Registry, RegistryKey},
    host::{InstalledFile, Service},
};

use crate::text::problem;

const ADSYNC: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\ADSync";
const FIM: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\FIMSynchronizationService";
const COEXISTENCE: &[&str] = &[
    r"HKLM\SOFTWARE\Microsoft\MSOLCoExistence",
    r"HKLM\SOFTWARE\Wow6432Node\Microsoft\MSOLCoExistence",
];
const CONNECT: &str = r"HKLM\SOFTWARE\Microsoft\Azure AD Connect";
const UNINSTALL: &[&str] = &[
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall",
    r"HKLM\SOFTWARE\Wow6432Node\Microsoft\Windows\CurrentVersion\Uninstall",
];
const UNINSTALL_DIRSYNC: &str = "Microsoft Online Directory Sync";

/// Keys that are left of a former installation.
const FORMER: &[&str] = &[
    r"HKLM\SOFTWARE\Microsoft\AD Sync",
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\MicrosoftAzureADConnectionTool",
];

const SCHEDULER: &str = "Microsoft.Online.DirSync.Scheduler.exe";
const WIZARD: &str = "ConfigWizard.exe";
const CONNECT_WIZARD: &str = "AzureADConnect.exe";
const ENGINE: &str = "miiserver.exe";

/// First build of Azure AD Connect (June 2015); Azure AD Sync ended with 1.0.494.
const FIRST_CONNECT: Build = Build::new([1, 0, 8641, 0]);

/// What the decision is made from.
pub(crate) struct Sources<'a> {
    /// The registry with the name of its part, and whether all of it was understood.
    pub(crate) registry: Option<(&'a Registry, &'a str, Completeness)>,
    /// The services with the name of their part.
    pub(crate) services: Option<(&'a [Service], &'a str)>,
    /// The files with the name of their part.
    pub(crate) files: Option<(&'a [InstalledFile], &'a str)>,
}

/// Whether a key that is not in a registry export was not in the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Completeness {
    /// The export was understood to its end.
    Whole,
    /// Lines of it were not understood.
    Partial,
}

/// Tells product, version and folder.
pub(crate) fn detect(sources: &Sources<'_>) -> (ProductFacts, Vec<Problem>) {
    let mut detector = Detector { sources, facts: ProductFacts::default(), problems: Vec::new() };
    detector.facts.product =
        detector.by_registry().or_else(|| detector.by_services()).or_else(|| detector.by_files());
    if detector.facts.product.is_none() {
        detector.facts.product = detector.nothing_at_all();
    }
    detector.install_path();
    detector.version();
    (detector.facts, detector.problems)
}

/// Adds what an export and the settings files tell where the server itself does not: product and version.
pub(crate) fn complete(
    facts: &mut ProductFacts,
    configuration: Option<&ServerConfiguration>,
    policies: &[Policy],
) {
    if !matches!(facts.product, None | Some(Product::AzureAdSync | Product::EntraConnect)) {
        return;
    }
    let named = facts.product.is_some();
    let found = configuration.and_then(configured_version).or_else(|| {
        let policy = policies.iter().find(|it| it.version.is_some())?;
        Some((policy.version?, "azureADConnectVersion".to_owned(), policy.place.clone()))
    });
    if !named {
        let n_rules = configuration.map_or(0, |it| it.rules.len());
        if n_rules > 0 {
            let place = configuration.and_then(|it| it.rules.first());
            let place = place.map_or_else(String::new, |it| it.location.file.clone());
            facts.evidence.push(Evidence::new("synchronisation rules", n_rules, place));
        }
        if let Some(policy) = policies.first() {
            facts.evidence.push(Evidence::new("settings file", "present", &policy.place));
        }
        facts.product = match &found {
            Some((version, ..)) if *version < FIRST_CONNECT => Some(Product::AzureAdSync),
            Some(_) => Some(Product::EntraConnect),
            // The older product has no settings file.
            None => policies.first().map(|_| Product::EntraConnect),
        };
    }
    if let (None, Some((version, item, place))) = (facts.version, found) {
        facts.evidence.push(Evidence::new(item, version, place));
        facts.version = Some(version);
    }
}

/// The build that the configuration was last saved by: the parameter of the server, else the cloud connector's.
fn configured_version(configuration: &ServerConfiguration) -> Option<(Build, String, String)> {
    const PARAMETER: &str = "Microsoft.Synchronize.ServerConfigurationVersion";
    let by_parameter = configuration.metaverse.as_ref().and_then(|it| {
        let (_, text) = it.parameters.iter().find(|(name, _)| name == PARAMETER)?;
        Some((text.parse().ok()?, PARAMETER.to_owned(), it.location.file.clone()))
    });
    by_parameter.or_else(|| {
        // The older engines have such a connector too; its build is that of the product only with rules.
        let mut cloud = configuration.cloud().filter(|_| !configuration.rules.is_empty());
        cloud.find_map(|it| {
            let text = it.extensible.as_ref()?.assembly_version.as_deref()?;
            let item = format!("assembly-version of \"{}\"", it.name);
            Some((text.parse().ok()?, item, it.location.file.clone()))
        })
    })
}

struct Detector<'a> {
    sources: &'a Sources<'a>,
    facts: ProductFacts,
    problems: Vec<Problem>,
}

impl<'a> Detector<'a> {
    fn evidence(&mut self, item: &str, observed: &str, place: &str) {
        self.facts.evidence.push(Evidence::new(item, observed, place));
    }

    fn by_registry(&mut self) -> Option<Product> {
        let (registry, part, completeness) = self.sources.registry?;
        if has_key(registry, ADSYNC) {
            self.evidence(ADSYNC, "present", part);
            return self.connect_or_sync();
        }
        if !has_key(registry, FIM) {
            return None;
        }
        self.evidence(FIM, "present", part);
        if let Some((key, path)) = install_path(registry) {
            self.evidence(&format!(r"{key}\InstallPath"), path, part);
            return Some(Product::DirSync);
        }
        if completeness == Completeness::Partial {
            return None;
        }
        self.evidence(&format!(r"{}\InstallPath", COEXISTENCE[0]), "absent", part);
        Some(Product::Fim)
    }

    /// Tells Azure AD Sync from its successor; both have the same service.
    fn connect_or_sync(&mut self) -> Option<Product> {
        if let Some((registry, part, _)) = self.sources.registry {
            if has_key(registry, CONNECT) {
                let path = registry.string(CONNECT, "WizardPath");
                let item = if path.is_some() {
                    format!(r"{CONNECT}\WizardPath")
                } else {
                    CONNECT.to_owned()
                };
                self.evidence(&item, path.unwrap_or("present"), part);
                return Some(Product::EntraConnect);
            }
            if let Some((key, name)) = uninstall(registry, is_connect_name) {
                self.evidence(&format!(r"{}\DisplayName", short(&key.path)), name, part);
                return Some(Product::EntraConnect);
            }
        }
        if let Some((file, part)) = self.file(CONNECT_WIZARD) {
            self.evidence(CONNECT_WIZARD, &file.path, part);
            return Some(Product::EntraConnect);
        }
        if let Some((build, file, part)) =
            self.file(ENGINE).and_then(|(it, part)| Some((file_build(it)?, it, part)))
        {
            self.evidence(ENGINE, file.version.as_deref().unwrap_or(""), part);
            return Some(if build < FIRST_CONNECT {
                Product::AzureAdSync
            } else {
                Product::EntraConnect
            });
        }
        if let Some((_, part, Completeness::Whole)) = self.sources.registry {
            self.evidence(CONNECT, "absent", part);
            return Some(Product::AzureAdSync);
        }
        if let Some((_, part)) = self.sources.files {
            self.evidence(CONNECT_WIZARD, "absent", part);
            return Some(Product::AzureAdSync);
        }
        None
    }

    fn by_services(&mut self) -> Option<Product> {
        let (services, part) = self.sources.services?;
        if let Some(engine) = services.iter().find(|it| it.name.eq_ignore_ascii_case("ADSync")) {
            self.evidence("service ADSync", describe(engine), part);
            return self.connect_or_sync();
        }
        let engine =
            services.iter().find(|it| it.name.eq_ignore_ascii_case("FIMSynchronizationService"))?;
        self.evidence("service FIMSynchronizationService", describe(engine), part);
        if let Some(scheduler) = services.iter().find(|it| is_scheduler(it)) {
            self.evidence(&format!("service {}", scheduler.name), describe(scheduler), part);
            return Some(Product::DirSync);
        }
        if let Some((file, part)) = self.file(SCHEDULER) {
            self.evidence(SCHEDULER, &file.path, part);
            return Some(Product::DirSync);
        }
        self.evidence("service of the DirSync scheduler", "absent", part);
        Some(Product::Fim)
    }

    fn by_files(&mut self) -> Option<Product> {
        if let Some((file, part)) = self.file(CONNECT_WIZARD) {
            self.evidence(CONNECT_WIZARD, &file.path, part);
            return Some(Product::EntraConnect);
        }
        let (file, part) = self.file(SCHEDULER)?;
        self.evidence(SCHEDULER, &file.path, part);
        Some(Product::DirSync)
    }

    /// Nothing that synchronises, as far as a whole registry can tell.
    fn nothing_at_all(&mut self) -> Option<Product> {
        let (registry, part, completeness) = self.sources.registry?;
        if let Some((key, path)) = install_path(registry) {
            self.evidence(&format!(r"{key}\InstallPath"), path, part);
        }
        if has_key(registry, CONNECT) {
            self.evidence(CONNECT, "present", part);
        }
        let is_product = |it: &str| is_connect_name(it) || is_dirsync_name(it) || is_sync_name(it);
        if let Some((key, name)) = uninstall(registry, is_product) {
            self.evidence(&format!(r"{}\DisplayName", short(&key.path)), name, part);
        }
        for key in FORMER {
            if has_key(registry, key) {
                self.evidence(key, "present", part);
            }
        }
        if completeness == Completeness::Partial || !self.facts.evidence.is_empty() {
            return None;
        }
        for key in [ADSYNC, FIM] {
            self.evidence(key, "absent", part);
        }
        Some(Product::None)
    }

    fn install_path(&mut self) {
        let from_registry = self.sources.registry.and_then(|(registry, part, _)| {
            let (item, path) = match self.facts.product? {
                Product::DirSync => {
                    let (key, path) = install_path(registry)?;
                    (format!(r"{key}\InstallPath"), path)
                }
                Product::AzureAdSync | Product::EntraConnect => parameter_path(registry, ADSYNC)?,
                Product::Fim => parameter_path(registry, FIM)?,
                Product::None => return None,
            };
            Some((item, path, part))
        });
        let found = from_registry
            .map(|(item, path, part)| (item, without_slash(path), part))
            .or_else(|| self.path_of_program());
        if let Some((item, path, part)) = found {
            self.evidence_once(&item, &path, part);
            self.facts.install_path = Some(path);
        }
    }

    /// The folder of a program that lies in the root of the installation.
    fn path_of_program(&self) -> Option<(String, String, &'a str)> {
        match self.facts.product? {
            Product::DirSync => {}
            Product::None => return None,
            // The engine lies in `Bin`, one below the folder.
            Product::AzureAdSync | Product::EntraConnect | Product::Fim => {
                let (file, part) = self.file(ENGINE)?;
                let root = folder(&file.path).and_then(|it| folder(&it))?;
                return Some((ENGINE.to_owned(), root, part));
            }
        }
        let by_service = self.sources.services.and_then(|(services, part)| {
            let image = services.iter().find(|it| is_scheduler(it))?.image_path.as_deref()?;
            Some((format!("image path of {SCHEDULER}"), folder(program(image))?, part))
        });
        let by_file = || {
            let (file, part) = self.file(WIZARD).or_else(|| self.file(SCHEDULER))?;
            Some((file.file_name().to_owned(), folder(&file.path)?, part))
        };
        by_service.or_else(by_file)
    }

    fn version(&mut self) {
        let Some(product) = self.facts.product else { return };
        if let Some((item, text, part)) = self.registered_version(product) {
            match first_word(text).parse() {
                Ok(build) => {
                    self.evidence(&item, text, part);
                    self.facts.version = Some(build);
                    return;
                }
                Err(error) => {
                    self.problems.push(problem(part, 1, 1, format!("{}: {error}", short(&item))));
                }
            }
        }
        let programs: &[&str] = match product {
            Product::DirSync => &[WIZARD, SCHEDULER],
            Product::EntraConnect => &[CONNECT_WIZARD, ENGINE],
            Product::AzureAdSync | Product::Fim => &[ENGINE],
            Product::None => &[],
        };
        for name in programs {
            if let Some((file, part)) = self.file(name)
                && let Some(build) = file_build(file)
            {
                self.evidence_once(
                    &format!("version of {name}"),
                    file.version.as_deref().unwrap_or(""),
                    part,
                );
                self.facts.version = Some(build);
                return;
            }
        }
    }

    fn registered_version(&self, product: Product) -> Option<(String, &'a str, &'a str)> {
        let (registry, part, _) = self.sources.registry?;
        let by_key = |root: &&str| registry.key(&format!(r"{root}\{UNINSTALL_DIRSYNC}"));
        let key = match product {
            Product::DirSync => UNINSTALL
                .iter()
                .find_map(by_key)
                .or_else(|| Some(uninstall(registry, is_dirsync_name)?.0)),
            Product::EntraConnect => uninstall(registry, is_connect_name).map(|(it, _)| it),
            Product::AzureAdSync => uninstall(registry, is_sync_name).map(|(it, _)| it),
            Product::Fim => uninstall(registry, is_fim_name).map(|(it, _)| it),
            Product::None => None,
        }?;
        let text = registry.string(&key.path, "DisplayVersion")?;
        Some((format!(r"{}\DisplayVersion", short(&key.path)), text, part))
    }

    fn file(&self, name: &str) -> Option<(&'a InstalledFile, &'a str)> {
        let (files, part) = self.sources.files?;
        files.iter().find(|it| it.file_name().eq_ignore_ascii_case(name)).map(|it| (it, part))
    }

    fn evidence_once(&mut self, item: &str, observed: &str, place: &str) {
        if !self.facts.evidence.iter().any(|it| it.item == item && it.place == place) {
            self.evidence(item, observed, place);
        }
    }
}

fn has_key(registry: &Registry, path: &str) -> bool {
    registry.key(path).is_some() || registry.below(path).next().is_some()
}

fn install_path(registry: &Registry) -> Option<(&'static str, &str)> {
    COEXISTENCE.iter().find_map(|key| {
        let path = registry.string(key, "InstallPath").filter(|it| !it.trim().is_empty())?;
        Some((*key, path))
    })
}

fn parameter_path<'a>(registry: &'a Registry, service: &str) -> Option<(String, &'a str)> {
    let key = format!(r"{service}\Parameters");
    let path = registry.string(&key, "Path").filter(|it| !it.trim().is_empty())?;
    Some((format!(r"{key}\Path"), path))
}

fn uninstall(
    registry: &Registry,
    is_wanted: impl Fn(&str) -> bool,
) -> Option<(&RegistryKey, &str)> {
    UNINSTALL.iter().flat_map(|root| registry.below(root)).find_map(|key| {
        let name = registry.string(&key.path, "DisplayName").filter(|it| is_wanted(it))?;
        Some((key, name))
    })
}

fn is_connect_name(name: &str) -> bool {
    [
        "Microsoft Azure AD Connect",
        "Microsoft Entra Connect",
        "Microsoft Azure Active Directory Connect",
    ]
    .iter()
    .any(|it| name.trim().eq_ignore_ascii_case(it))
        || starts_with(name, "Microsoft Entra Connect Sync")
}

fn is_sync_name(name: &str) -> bool {
    starts_with(name, "Microsoft Azure AD Sync")
}

fn is_dirsync_name(name: &str) -> bool {
    starts_with(name, "Windows Azure Active Directory Sync")
        || starts_with(name, "Microsoft Online Services Directory Synchronization")
}

fn is_fim_name(name: &str) -> bool {
    starts_with(name, "Forefront Identity Manager Synchronization Service")
        || starts_with(name, "Microsoft Identity Manager Synchronization Service")
}

/// Display names confirmed and recalled; the program is certain.
fn is_scheduler(service: &Service) -> bool {
    let by_name = service.display_name.as_deref().is_some_and(|it| {
        [
            "Windows Azure Active Directory Sync Service",
            "Microsoft Online Services Directory Synchronization Service",
        ]
        .iter()
        .any(|name| it.trim().eq_ignore_ascii_case(name))
    });
    let by_program = service.image_path.as_deref().is_some_and(|it| {
        let program = program(it);
        program.rsplit(['\\', '/']).next().is_some_and(|it| it.eq_ignore_ascii_case(SCHEDULER))
    });
    by_name || by_program
}

/// The program of a command line, with or without quotes.
fn program(image_path: &str) -> &str {
    let text = image_path.trim();
    if let Some(quoted) = text.strip_prefix('"') {
        return quoted.split('"').next().unwrap_or(quoted);
    }
    let end = text.to_ascii_lowercase().find(".exe").map_or(text.len(), |it| it + 4);
    &text[..end]
}

fn folder(path: &str) -> Option<String> {
    let (folder, _) = path.rsplit_once(['\\', '/'])?;
    (!folder.is_empty()).then(|| without_slash(folder))
}

fn without_slash(path: &str) -> String {
    let trimmed = path.trim().trim_end_matches('\\');
    if trimmed.ends_with(':') { format!("{trimmed}\\") } else { trimmed.to_owned() }
}

fn file_build(file: &InstalledFile) -> Option<Build> {
    first_word(file.version.as_deref()?).parse().ok()
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or("")
}

fn describe(service: &Service) -> &str {
    service.display_name.as_deref().or(service.image_path.as_deref()).unwrap_or("present")
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.trim().get(..prefix.len()).is_some_and(|it| it.eq_ignore_ascii_case(prefix))
}

/// A registry path with its root in short.
fn short(path: &str) -> String {
    path.replacen("HKEY_LOCAL_MACHINE\\", "HKLM\\", 1)
}

#[cfg(test)]
mod tests;
