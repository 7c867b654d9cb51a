//! What a plan is made from: bundle, store, rules, target.
use std::path::{Path, PathBuf};

use dirlift_analyzer::{Knowledge, Options, analyze};
use dirlift_deployment::{StepState, Store};
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
    plan::{AdSource, RulesGiven, StoreFound, TargetGiven, anchor_of_rules},
    rehearsal,
    setup::Setup,
};
use dirlift_model::{
    AttributeName, Facts, Finding, Plan, Product, Severity, checklist::Switches, plan::Mode,
    progress::Progress,
};
use dirlift_serverconfig::declarative::write_rule;
use dirlift_source::{Host as _, RulesFolder, Snapshot, assemble, read_rules_folder};

use super::{Args, exists};
use crate::{commands::checklist, context, error::CommandError};

/// A finding about a host that stops nothing: a proxy of users only.
const REMARK: &str = "DL0707";

/// Values for TLS 1.2: absent ones do no harm on systems that the new product runs on.
const TLS: &str = "DL0704";

/// The target has a product already; that is fine when it is the new one.
const HAS_PRODUCT: &str = "DL0710";

/// Largest plan that is read, in bytes.
const MAX_PLAN: u64 = 16 << 20;

/// Everything that was found out before planning.
pub(super) struct Inputs {
    /// The bundle, or why it could not be opened.
    pub(super) bundle: Result<Bundle, String>,
    /// What is in the store.
    pub(super) store: Option<StoreFound>,
    /// Every step of the store's plan is done.
    pub(super) is_done: bool,
    /// The plan that somebody has looked at.
    pub(super) saved: Option<Plan>,
    /// Sources of Active Directory.
    pub(super) ad: Vec<AdSource>,
    /// Source of the cloud.
    pub(super) entra: Option<String>,
    rules: Option<(RulesFolder, String)>,
    target: Option<Target>,
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
        let (store, is_done) = store(&args.deployment)?;
        let mut ad = args.ad.iter().map(|it| ad_source(it)).collect::<Result<Vec<_>, _>>()?;
        let mut entra = args.entra.clone();
        if let Some(plan) = store.as_ref().and_then(|it| it.plan.as_ref()) {
            // The store remembers its sources.
            if ad.is_empty() {
                ad = remembered(plan, "--ad")
                    .split("; ")
                    .filter(|it| !it.is_empty())
                    .map(ad_source)
                    .collect::<Result<_, _>>()?;
            }
            if entra.is_none() {
                entra = Some(remembered(plan, "--entra").to_owned()).filter(|it| !it.is_empty());
            }
        }
        let rules = args.rules.as_deref().map(rules).transpose()?;
        let target = args.target.as_deref().map(|it| target(it, progress)).transpose()?;
        let saved = saved(&saved_path(&args.deployment))?;
        let inputs = Self { bundle, store, is_done, saved, ad, entra, rules, target };
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

    pub(super) fn rules_given(&self) -> Option<RulesGiven> {
        let (rules, sha256) = self.rules.as_ref()?;
        let anchor = anchor_of_rules(&rules.configuration.rules);
        Some(RulesGiven { sha256: sha256.clone(), anchor })
    }

    pub(super) fn target_given(&self) -> Option<TargetGiven<'_>> {
        let target = self.target.as_ref()?;
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

    /// Connectors and rules of the deployment, with the sources of the plan.
    pub(super) fn setup(
        &self,
        bundle: &Bundle,
        plan: &Plan,
        existing_database: bool,
    ) -> Result<Setup, CommandError> {
        let parts: Vec<_> =
            bundle.parts().iter().map(|it| (it.path.clone(), it.bytes.clone())).collect();
        let configuration = Configuration::from_parts(&parts).map_err(CommandError::failed)?;
        let mut of = rehearsal::Setup::from_export("of the bundle", &configuration)
            .map_err(CommandError::failed)?;
        let settings = bundle.part(SETTINGS).unwrap_or_default();
        let settings: Option<SettingsFile> = serde_json::from_slice(settings).ok();
        if settings.as_ref().is_some_and(|it| it.standard_rules.basis == RuleBasis::Target) {
            of.rule_basis = rehearsal::RuleBasis::Target;
        }
        if let Some((rules, _)) = &self.rules {
            of.use_target_rules(&rules.configuration).map_err(CommandError::failed)?;
        }
        let source = |id| plan.connectors.iter().find(|it| it.id == id)?.source.clone();
        let mut setup = Setup::new(&of, source);
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
            existing_database: Some(existing_database),
            ..checklist::uses(bundle).map_err(CommandError::failed)?
        };
        match settings.and_then(|it| it.deletion_threshold.value) {
            // The old server had switched its own limit off.
            Some(0) => setup.delete_limit = None,
            Some(limit) => setup.delete_limit = Some(limit),
            None => {}
        }
        Ok(setup)
    }
}

/// `[FOREST=]SOURCE`: what stands before the equals sign is a name only when it could not be part of a path or a URL.
pub(in crate::commands) fn ad_source(text: &str) -> Result<AdSource, CommandError> {
    let named = text.split_once('=').filter(|(name, _)| !name.contains(['/', '\\', ':']));
    let (forest, source) = match named {
        Some((forest, source)) => (Some(forest.trim().to_owned()), source),
        None => (None, text),
    };
    if source.is_empty() || forest.as_ref().is_some_and(String::is_empty) {
        return Err(CommandError::usage(format!("--ad: `{text}` names no source")));
    }
    Ok(AdSource { forest, source: source.to_owned() })
}

fn remembered<'a>(plan: &'a Plan, name: &str) -> &'a str {
    plan.inputs.iter().find(|it| it.name == name).map_or("", |it| it.value.as_str())
}

fn store(path: &Path) -> Result<(Option<StoreFound>, bool), CommandError> {
    if !exists(path) {
        return Ok((None, false));
    }
    let store = Store::open(path).map_err(CommandError::failed)?;
    let plan = apply::plan_of(&store).map_err(|it: ApplyError| CommandError::failed(it))?;
    let journal = store.journal().map_err(CommandError::failed)?;
    let is_done = plan.is_some() && journal.iter().all(|it| it.state == StepState::Done);
    let deployment = store.deployment();
    let found =
        StoreFound { bundle_sha256: deployment.bundle_sha256.clone(), mode: deployment.mode, plan };
    Ok((Some(found), is_done))
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

fn rules(path: &Path) -> Result<(RulesFolder, String), CommandError> {
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
    fn the_plan_is_saved_beside_the_store() {
        assert_eq!(saved_path(Path::new("a/b.dirlift")), Path::new("a/b.dirlift.plan.json"));
    }
}
