//! What a plan is made from: bundle, store, rules, target.
use std::path::{Path, PathBuf};

use dirlift_analyzer::{Knowledge, Options, analyze};
use dirlift_deployment::{JournalStep, StepState, Store};
use dirlift_directory::Source;
use dirlift_entra::EntraSource;
use dirlift_exporter::{
    SETTINGS,
    bundle::{Bundle, ReadError, Sum},
    diff::Configuration,
    settings::{RuleBasis, SettingsFile},
};
use dirlift_importer::{
    apply::{self, ApplyError},
    plan::{
        AdSource, ConnectOptions, StoreFound, TargetGiven, anchor_of_rules, configuration_unusable,
        remembered, remembered_sources, rules_unusable,
    },
    rehearsal,
    setup::Setup,
};
use dirlift_model::{
    AttributeName, Facts, Finding, Plan, Product, Severity,
    checklist::Switches,
    plan::{Mode, PlanRefusal},
    progress::Progress,
};
use dirlift_serverconfig::declarative::write_rule;
use dirlift_source::{Host as _, RulesFolder, Snapshot, assemble, read_rules_folder};

use super::{Args, Mode as TypedMode, exists};
use crate::{commands::checklist, context, error::CommandError, sources::split_forest};

/// A finding about a host that stops nothing: a proxy of users only.
const REMARK: &str = "DL0707";

/// Values for TLS 1.2: absent ones do no harm on systems that the new product runs on.
const TLS: &str = "DL0704";

/// The target has a product already; that is fine when it is the new one.
const HAS_PRODUCT: &str = "DL0710";

/// What stands before the file of an exported connector space.
const CSEXPORT: &str = "csexport:";

/// Largest plan that is read, in bytes.
const MAX_PLAN: u64 = 16 << 20;

/// Everything that was found out before planning.
pub(super) struct Inputs {
    /// The bundle, or why it could not be opened.
    pub(super) bundle: Result<Bundle, String>,
    /// What is in the store.
    pub(super) store: Option<StoreFound>,
    /// How far the store has come.
    pub(super) stage: Stage,
    /// The plan that somebody has looked at.
    pub(super) saved: Option<Plan>,
    /// Sources of Active Directory.
    pub(super) ad: Vec<AdSource>,
    /// Source of the cloud.
    pub(super) entra: Option<String>,
    /// Where the new server comes to be.
    pub(super) mode: Mode,
    /// The old server's database is taken over.
    pub(super) use_existing_database: bool,
    /// Directories are imported and synchronised at once.
    pub(super) synchronize: bool,
    /// How the new server is to be installed.
    pub(super) connect: ConnectOptions,
    /// SHA-256 of the new server's rules, given or remembered.
    pub(super) rules: Option<String>,
    /// What is deployed, or why nothing can be; `None` without a sound bundle, and where rules are only remembered.
    configured: Option<Result<Configured, PlanRefusal>>,
    target: Option<Target>,
    /// SHA-256 of a target that was given in an earlier run.
    target_before: Option<String>,
}

/// How far a store has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// It is not there, or has no plan.
    #[default]
    New,
    /// It has a plan.
    Begun,
    /// Connectors and rules are in it.
    Loaded,
    /// Every step of its plan is done.
    Done,
}

/// What is deployed.
struct Configured {
    /// What the bundle says.
    bundle: rehearsal::Setup,
    /// The same with the rules of the new server.
    all: rehearsal::Setup,
    settings: Option<SettingsFile>,
}

struct Target {
    sha256: String,
    facts: Facts,
    not_ready: Vec<Finding>,
    remarks: Vec<Finding>,
    anchor: Option<AttributeName>,
}

impl Inputs {
    pub(super) fn read(args: &Args, progress: &mut dyn Progress) -> Result<Self, CommandError> {
        let bundle = match Bundle::read(&args.bundle) {
            Ok(it) => Ok(it),
            Err(ReadError::Bundle(error)) => Err(error.to_string()),
            Err(error @ ReadError::Io { .. }) => return Err(CommandError::failed(error)),
        };
        let (store, stage) = store(&args.deployment)?;
        let begun = store.as_ref().and_then(|it| it.plan.as_ref());
        // The store remembers its sources always, and whatever else is not given again when it is resumed.
        let mut ad = args.ad.iter().map(|it| ad_source(it)).collect::<Result<Vec<_>, _>>()?;
        let mut entra = args.entra.clone();
        if let Some(plan) = begun {
            if ad.is_empty() {
                let all = remembered_sources(plan);
                ad = all.iter().map(|it| ad_source(it)).collect::<Result<_, _>>()?;
            }
            entra = entra.or_else(|| remembered(plan, "--entra").map(str::to_owned));
        }
        let ad = ad.into_iter().map(|it| AdSource { source: absolute_ad(&it.source), ..it });
        let entra = entra.map(|it| absolute_entra(&it));
        let before = |name: &str| begun.filter(|_| args.resume).and_then(|it| remembered(it, name));
        let text = |given: &Option<String>, name: &str| {
            given.clone().or_else(|| before(name).map(str::to_owned))
        };
        let is_on = |given: bool, name: &str| given || before(name) == Some("true");
        let mode = match args.mode {
            Some(TypedMode::Parallel) => Mode::Parallel,
            Some(TypedMode::InPlace) => Mode::InPlace,
            None => begun.filter(|_| args.resume).map_or(Mode::Parallel, |it| it.mode),
        };
        let given = args.rules.as_deref().map(rules).transpose()?;
        let rules_before = before("--rules").filter(|_| given.is_none()).map(str::to_owned);
        let configured = bundle.as_ref().ok().filter(|_| rules_before.is_none());
        let configured = configured.map(|it| configured_by(it, given.as_ref().map(|it| &it.0)));
        let target = args.target.as_deref().map(|it| target(it, progress)).transpose()?;
        let target_before = before("--target").filter(|_| target.is_none()).map(str::to_owned);
        let saved = saved(&saved_path(&args.deployment))?;
        let inputs = Self {
            stage,
            saved,
            ad: ad.collect(),
            entra,
            mode,
            use_existing_database: is_on(args.use_existing_database, "--use-existing-database"),
            synchronize: !is_on(args.no_sync, "--no-sync"),
            connect: ConnectOptions {
                sql_server: text(&args.connect_sql_server, "--connect-sql-server"),
                service_account: text(&args.connect_service_account, "--connect-service-account"),
                install_dir: text(&args.connect_install_dir, "--connect-install-dir"),
            },
            rules: given.map(|it| it.1).or(rules_before),
            configured,
            target,
            target_before,
            bundle,
            store,
        };
        // Sources that are none are a mistake on the command line, not a reason to refuse a plan.
        inputs.ad_sources()?;
        inputs.entra_source()?;
        Ok(inputs)
    }

    pub(super) fn ad_sources(&self) -> Result<Vec<Source>, CommandError> {
        self.ad
            .iter()
            .map(|it| it.source.parse().map_err(|it| CommandError::usage(format!("--ad: {it}"))))
            .collect()
    }

    pub(super) fn entra_source(&self) -> Result<Option<EntraSource>, CommandError> {
        let source = self.entra.as_ref().map(|it| it.parse());
        source.transpose().map_err(|it| CommandError::usage(format!("--entra: {it}")))
    }

    /// The source anchor that all rules together flow, or why there are none.
    pub(super) fn anchor(&self) -> Result<Option<AttributeName>, PlanRefusal> {
        match &self.configured {
            None => Ok(None),
            Some(Ok(it)) => Ok(anchor_of_rules(&it.all.rules)),
            Some(Err(refusal)) => Err(refusal.clone()),
        }
    }

    pub(super) fn target_given(&self) -> Option<TargetGiven<'_>> {
        let Some(target) = &self.target else {
            let sha256 = self.target_before.clone()?;
            return Some(TargetGiven { sha256, ..TargetGiven::default() });
        };
        let product = &target.facts.product;
        let is_connect = product.product == Some(Product::EntraConnect);
        Some(TargetGiven {
            sha256: target.sha256.clone(),
            host: target.facts.host.name.clone(),
            build: product.version.filter(|_| is_connect),
            anchor: target.anchor.clone(),
            not_ready: target.not_ready.clone(),
            remarks: target.remarks.clone(),
            database: target.facts.database.as_ref(),
        })
    }

    /// Connectors and rules of the deployment, with the sources of the plan; nothing once they are in the store.
    pub(super) fn setup(&self, bundle: &Bundle, plan: &Plan) -> Result<Setup, CommandError> {
        if self.stage >= Stage::Loaded {
            return Ok(Setup::default());
        }
        let Some(Ok(configured)) = &self.configured else {
            let text = "the rules of the new server were not loaded yet when it stopped";
            return Err(CommandError::usage(text).hint("give --rules again"));
        };
        let source = |id| plan.connectors.iter().find(|it| it.id == id)?.source.clone();
        let mut setup = Setup::new(&configured.all, &configured.bundle, source);
        if let Some(it) = setup.connectors.iter().find(|it| it.source.is_none()) {
            let text = format!(
                "the bundle's settings and its files do not fit: {} has no source",
                it.name
            );
            return Err(
                CommandError::failed(text).hint("make the bundle again with dirlift export")
            );
        }
        setup.switches = Switches {
            in_place: Some(plan.mode == Mode::InPlace),
            existing_database: Some(self.use_existing_database),
            ..checklist::uses(bundle).map_err(CommandError::failed)?
        };
        match configured.settings.as_ref().and_then(|it| it.deletion_threshold.value) {
            // The old server had switched its own limit off.
            Some(0) => setup.delete_limit = None,
            Some(limit) => setup.delete_limit = Some(limit),
            None => {}
        }
        Ok(setup)
    }
}

/// What is deployed from a bundle, with the rules of the new server where they were given.
fn configured_by(bundle: &Bundle, rules: Option<&RulesFolder>) -> Result<Configured, PlanRefusal> {
    let unusable = |it: &dyn std::error::Error| configuration_unusable(it.to_string());
    let parts: Vec<_> =
        bundle.parts().iter().map(|it| (it.path.clone(), it.bytes.clone())).collect();
    let configuration = Configuration::from_parts(&parts).map_err(|it| unusable(&it))?;
    let mut own = rehearsal::Setup::from_export("of the bundle", &configuration)
        .map_err(|it| unusable(&it))?;
    let settings = bundle.part(SETTINGS).unwrap_or_default();
    let settings: Option<SettingsFile> = serde_json::from_slice(settings).ok();
    if settings.as_ref().is_some_and(|it| it.standard_rules.basis == RuleBasis::Target) {
        own.rule_basis = rehearsal::RuleBasis::Target;
    }
    let mut all = own.clone();
    if let Some(rules) = rules {
        all.use_target_rules(&rules.configuration).map_err(|it| rules_unusable(it.to_string()))?;
    }
    Ok(Configured { bundle: own, all, settings })
}

/// A source with the file that it names made absolute: the store outlives the folder that a command is run in.
pub(in crate::commands) fn absolute_ad(text: &str) -> String {
    match text.parse() {
        Ok(Source::Ldif(path)) => absolute("", &path, text),
        Ok(Source::CsExport(path)) => absolute(CSEXPORT, &path, text),
        Ok(Source::Ldap(_)) | Err(_) => text.to_owned(),
    }
}

/// The same for the cloud.
pub(in crate::commands) fn absolute_entra(text: &str) -> String {
    match text.parse() {
        Ok(EntraSource::Folder(path)) => absolute("", &path, text),
        Ok(EntraSource::CsExport(path)) => absolute(CSEXPORT, &path, text),
        Ok(EntraSource::Graph(_)) | Err(_) => text.to_owned(),
    }
}

fn absolute(prefix: &str, path: &Path, text: &str) -> String {
    let path = std::path::absolute(path).ok();
    path.as_deref()
        .and_then(Path::to_str)
        .map_or_else(|| text.to_owned(), |it| format!("{prefix}{it}"))
}

/// A source of Active Directory as it is typed.
pub(in crate::commands) fn ad_source(text: &str) -> Result<AdSource, CommandError> {
    let (forest, source) = split_forest(text);
    let forest = forest.map(str::to_owned);
    if source.is_empty() || forest.as_ref().is_some_and(String::is_empty) {
        return Err(CommandError::usage(format!("--ad: `{text}` names no source")));
    }
    Ok(AdSource { forest, source: source.to_owned() })
}

fn store(path: &Path) -> Result<(Option<StoreFound>, Stage), CommandError> {
    if !exists(path) {
        return Ok((None, Stage::New));
    }
    let store = Store::open(path).map_err(CommandError::failed)?;
    let plan = apply::plan_of(&store).map_err(|it: ApplyError| CommandError::failed(it))?;
    let journal = store.journal().map_err(CommandError::failed)?;
    let is_done = |it: &JournalStep| it.state == StepState::Done;
    let is_loaded = journal.iter().any(|it| it.name == "load-configuration" && is_done(it));
    let stage = match plan {
        None => Stage::New,
        Some(_) if journal.iter().all(is_done) => Stage::Done,
        Some(_) if is_loaded => Stage::Loaded,
        Some(_) => Stage::Begun,
    };
    let deployment = store.deployment();
    let found =
        StoreFound { bundle_sha256: deployment.bundle_sha256.clone(), mode: deployment.mode, plan };
    Ok((Some(found), stage))
}

/// Where the plan of a store is saved.
pub(super) fn saved_path(store: &Path) -> PathBuf {
    let mut name = store.file_name().unwrap_or_default().to_owned();
    name.push(".plan.json");
    store.with_file_name(name)
}

fn saved(path: &Path) -> Result<Option<Plan>, CommandError> {
    use std::io::Read as _;
    if !exists(path) {
        return Ok(None);
    }
    let failed = |it| CommandError::file("reading", path, it);
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(MAX_PLAN).read_to_string(&mut text).map_err(failed)?;
    let plan = serde_json::from_str(&text).map_err(|it| {
        failed(std::io::Error::other(it)).hint("make it again with --plan, or remove it")
    })?;
    Ok(Some(plan))
}

/// The rules of an export, and SHA-256 of what they say.
pub(in crate::commands) fn rules(path: &Path) -> Result<(RulesFolder, String), CommandError> {
    let folder = read_rules_folder(path)?;
    if let Some(it) = folder.damaged.first() {
        let text = format!("{}: {}", it.location, it.what);
        return Err(
            CommandError::failed(text).hint("a rule may be missing; export the rules again")
        );
    }
    let mut bytes = Vec::new();
    for rule in &folder.configuration.rules {
        bytes.extend(write_rule(rule).into_bytes());
    }
    for connector in &folder.configuration.connectors {
        bytes.extend(connector.id.to_string().into_bytes());
    }
    let sum = Sum::of(&bytes).to_string();
    Ok((folder, sum))
}

fn target(path: &Path, progress: &mut dyn Progress) -> Result<Target, CommandError> {
    let snapshot = Snapshot::open(path)?;
    let mut sums = Vec::new();
    for part in snapshot.parts() {
        let bytes = snapshot.read(&part)?.unwrap_or_default();
        sums.extend(part.as_bytes());
        sums.extend(Sum::of(&bytes).to_string().into_bytes());
    }
    let facts = assemble(&snapshot, None, progress)?;
    let knowledge = Knowledge::builtin();
    let options = Options {
        as_of: context::now(),
        mode: None,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let is_connect = facts.product.product == Some(Product::EntraConnect);
    let about_host = analyze(&Facts::default(), Some(&facts), &knowledge, &options)
        .findings
        .into_iter()
        .filter(|it| it.id.starts_with("DL07") && it.severity >= Severity::Warning)
        .filter(|it| !(is_connect && it.id == HAS_PRODUCT));
    let (remarks, not_ready) = about_host.partition(is_remark);
    let own = analyze(&facts, None, &knowledge, &options);
    let anchor = own.settings.filter(|_| is_connect).and_then(|it| it.source_anchor);
    let sha256 = Sum::of(&sums).to_string();
    Ok(Target { sha256, facts, not_ready, remarks, anchor: anchor.map(|it| it.value) })
}

fn is_remark(it: &Finding) -> bool {
    let all_absent = || it.evidence.iter().all(|it| it.observed.starts_with("absent"));
    it.id == REMARK || (it.id == TLS && all_absent())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forest_may_stand_before_its_source() {
        let cases = [
            ("forest.ldif", Some((None, "forest.ldif"))),
            ("corp.example=ldaps://dc1", Some((Some("corp.example"), "ldaps://dc1"))),
            ("dir/a=b.ldif", Some((None, "dir/a=b.ldif"))),
            ("csexport:a=b.xml", Some((None, "csexport:a=b.xml"))),
            ("a b=c=d.ldif", Some((Some("a b"), "c=d.ldif"))),
            ("=x", None),
            ("x=", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let found = ad_source(text).ok();
            let found = found.as_ref().map(|it| (it.forest.as_deref(), it.source.as_str()));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn files_are_kept_with_their_whole_path() {
        let here = std::path::absolute("a.ldif").unwrap();
        let here = here.to_str().unwrap();
        let all = ["a.ldif", "csexport:a.ldif", "ldaps://dc1.x.example", here];
        let expected = [here, &format!("csexport:{here}"), "ldaps://dc1.x.example", here];
        assert_eq!(all.map(absolute_ad), expected);
        let all = ["a.ldif", "csexport:a.ldif", "graph:x.example", "graph:common"];
        let expected = [here, &format!("csexport:{here}"), "graph:x.example", "graph:common"];
        assert_eq!(all.map(absolute_entra), expected);
    }

    #[test]
    fn the_plan_is_saved_beside_the_store() {
        assert_eq!(saved_path(Path::new("a/b.dirlift")), Path::new("a/b.dirlift.plan.json"));
    }
}
