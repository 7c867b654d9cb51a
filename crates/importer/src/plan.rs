//! The plan of a deployment: pure, from what the caller found out.
mod database;
mod notes;
mod refusals;
mod sql;
mod steps;

use std::collections::BTreeSet;

use dirlift_exporter::{
    SETTINGS,
    bundle::{Bundle, Sum},
    settings::SettingsFile,
};
use dirlift_model::{
    Analysis, AttributeName, Build, DatabaseFacts, Finding, NotChecked, Plan, SyncRule,
    plan::{
        FORMAT_VERSION, Mode, PlanConnector, PlanConnectorKind, PlanInput, PlanRefusal, PlanSource,
    },
    rule::{Direction, MappingSource},
    text::shorten,
};
use jiff::Timestamp;

pub use self::sql::{Sameness, SqlServer};
use crate::services::Seen;

/// Name of the analysis in a bundle.
pub const ANALYSIS: &str = "analysis.json";

/// What a plan is made from.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The program with its version, such as `dirlift 0.1.0`.
    pub tool: &'a str,
    /// The time that ages are counted to.
    pub as_of: Timestamp,
    /// The bundle, or why it could not be opened.
    pub bundle: Result<&'a Bundle, String>,
    /// Where the new product is deployed.
    pub mode: Mode,
    /// Sources of Active Directory.
    pub ad: Vec<AdSource>,
    /// Source of the cloud, as typed; `None` when none was given.
    pub entra: Option<String>,
    /// SHA-256 of the files with the rules of the new server; `None` when none were given.
    pub rules: Option<String>,
    /// The source anchor that all rules together flow, those of the bundle and of the new server; `None` when they do not
    /// say. Else why there is no configuration to deploy.
    pub anchor: Result<Option<AttributeName>, PlanRefusal>,
    /// The server that is meant to take over.
    pub target: Option<TargetGiven<'a>>,
    /// The database of the old server is used again.
    pub use_existing_database: bool,
    /// Directories are imported and synchronised at once.
    pub synchronize: bool,
    /// How the new product is to be installed.
    pub connect: ConnectOptions,
    /// Services of this machine; `None` where they cannot be controlled.
    pub services: Option<&'a Seen>,
    /// What is in the store already.
    pub store: Option<StoreFound>,
    /// The plan that somebody has looked at.
    pub saved: Option<&'a Plan>,
}

/// A source of Active Directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdSource {
    /// Forest or connector that it is for; `None` where there is one only.
    pub forest: Option<String>,
    /// The source as typed.
    pub source: String,
}

/// The server that is meant to take over.
#[derive(Clone, Debug, Default)]
pub struct TargetGiven<'a> {
    /// SHA-256 that stands for its snapshot.
    pub sha256: String,
    /// Its host name.
    pub host: Option<String>,
    /// Build of the new product on it.
    pub build: Option<Build>,
    /// The source anchor that it is set up for.
    pub anchor: Option<AttributeName>,
    /// What is wrong with it.
    pub not_ready: Vec<Finding>,
    /// What is worth knowing about it and stops nothing.
    pub remarks: Vec<Finding>,
    /// The database that it can reach.
    pub database: Option<&'a DatabaseFacts>,
}

/// Options of the new product's installation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectOptions {
    /// `HOST\INSTANCE` of an existing SQL Server.
    pub sql_server: Option<String>,
    /// Account of its service.
    pub service_account: Option<String>,
    /// Folder that it is installed in.
    pub install_dir: Option<String>,
}

/// What is in the store already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreFound {
    /// SHA-256 of its bundle.
    pub bundle_sha256: String,
    /// Its mode.
    pub mode: Mode,
    /// Its plan; `None` when it was cut off before that was written.
    pub plan: Option<Plan>,
}

/// What is read from a bundle.
struct Content {
    settings: SettingsFile,
    analysis: Analysis,
}

/// Makes the plan. It is a plan even when it is refused; then it says why.
pub fn plan(request: &Request<'_>) -> Plan {
    let content = read(request);
    let inputs = inputs(request);
    let mut plan = Plan {
        format_version: FORMAT_VERSION,
        tool: request.tool.to_owned(),
        mode: request.mode,
        today: Vec::new(),
        source: PlanSource::default(),
        connectors: Vec::new(),
        inputs_sha256: sum_of(&inputs),
        inputs,
        steps: Vec::new(),
        by_hand: Vec::new(),
        existing_database: None,
        refusals: Vec::new(),
        notes: Vec::new(),
        not_checked: Vec::new(),
    };
    let content = match content {
        Ok(content) => content,
        Err(refusal) => {
            plan.refusals.push(refusal);
            refusals::store(request, &mut plan);
            return plan;
        }
    };
    plan.source = source(&content);
    plan.today = notes::today(request, &content);
    connectors(request, &content.settings, &mut plan);
    plan.steps = steps::steps(request, &plan.connectors);
    if request.use_existing_database {
        plan.existing_database = database::of(request, &content, &mut plan);
    }
    plan.by_hand = steps::by_hand(request, plan.existing_database.as_ref());
    refusals::all(request, &content, &mut plan);
    notes::add(request, &content, &mut plan);
    plan
}

fn read(request: &Request<'_>) -> Result<Content, PlanRefusal> {
    let damaged = |why: String| {
        PlanRefusal {
        id: "damaged-bundle".to_owned(),
        why,
        remedy: "Fetch the bundle again, or make a new one with dirlift export; compare its sum with the one that \
                 dirlift export printed."
            .to_owned(),
    }
    };
    let bundle = request.bundle.clone().map_err(damaged)?;
    let part =
        |path: &str| bundle.part(path).ok_or_else(|| damaged(format!("the bundle has no {path}")));
    let settings: SettingsFile = serde_json::from_slice(part(SETTINGS)?)
        .map_err(|it| damaged(format!("reading {SETTINGS} of the bundle: {it}")))?;
    let analysis: Analysis = serde_json::from_slice(part(ANALYSIS)?)
        .map_err(|it| damaged(format!("reading {ANALYSIS} of the bundle: {it}")))?;
    Ok(Content { settings, analysis })
}

fn source(content: &Content) -> PlanSource {
    let database = content.analysis.database.as_ref();
    PlanSource {
        product: content.settings.source.product,
        version: content.settings.source.version,
        host: content.settings.source.host.clone(),
        sql_server: database.and_then(|it| {
            let server = it.server.as_deref()?;
            Some(match it.instance.as_deref().filter(|it| !it.is_empty()) {
                Some(instance) => format!("{server}\\{instance}"),
                None => server.to_owned(),
            })
        }),
    }
}

/// The directories with their sources: each forest has exactly one.
fn connectors(request: &Request<'_>, settings: &SettingsFile, plan: &mut Plan) {
    let mut refuse = |id: &str, why: String, remedy: &str| {
        plan.refusals.push(PlanRefusal { id: id.to_owned(), why, remedy: remedy.to_owned() });
    };
    let mut used = vec![false; request.ad.len()];
    let is_single = settings.forests.len() == 1;
    let mut all = Vec::new();
    for forest in &settings.forests {
        let is_for = |it: &AdSource| match &it.forest {
            Some(name) => {
                name.eq_ignore_ascii_case(&forest.name)
                    || name.eq_ignore_ascii_case(&forest.connector_name)
            }
            None => is_single,
        };
        let found: Vec<_> =
            request.ad.iter().enumerate().filter(|(_, it)| is_for(it)).map(|(at, _)| at).collect();
        for at in &found {
            used[*at] = true;
        }
        if found.len() > 1 {
            let why = format!("forest {} has more than one source", forest.name);
            refuse("source-unclear", why, "Give one --ad for each forest.");
        }
        let source = found.first().map(|at| request.ad[*at].source.clone());
        if source.is_none() {
            let why = format!("forest {} has no source", forest.name);
            refuse(
                "source-missing",
                why,
                "Give --ad SOURCE, with several forests --ad FOREST=SOURCE for each.",
            );
        }
        all.push(PlanConnector {
            id: forest.connector,
            name: forest.connector_name.clone(),
            kind: PlanConnectorKind::ActiveDirectory,
            source,
        });
    }
    for (source, _) in request.ad.iter().zip(&used).filter(|(_, used)| !**used) {
        let name = source.forest.as_deref().unwrap_or("no forest");
        let why = format!("--ad names {name}, and the bundle has no such forest");
        refuse(
            "source-unknown",
            why,
            "Write the name of a forest or connector as the bundle has it.",
        );
    }
    match &settings.tenant {
        Some(tenant) => all.push(PlanConnector {
            id: tenant.connector,
            name: tenant.connector_name.clone(),
            kind: PlanConnectorKind::EntraId,
            source: request.entra.clone(),
        }),
        None => refuse(
            "no-cloud-connector",
            "the bundle has no connector to Microsoft Entra ID".to_owned(),
            "Take the snapshot again with the configuration of the cloud's agent in it.",
        ),
    }
    if settings.forests.is_empty() {
        refuse(
            "no-forest",
            "the bundle has no connector to Active Directory".to_owned(),
            "Take the snapshot again with the configuration of the forest's agent in it.",
        );
    }
    if request.entra.is_none() {
        refuse(
            "source-missing",
            "Microsoft Entra ID has no source".to_owned(),
            "Give --entra SOURCE.",
        );
    }
    let mut names = BTreeSet::new();
    for it in &all {
        // The engine knows connectors by their names, in any case of letters.
        if !names.insert(it.name.to_lowercase()) {
            let why = format!("two connectors have the name {}", shorten(&it.name, 200));
            refuse(
                "connector-names",
                why,
                "Rename one of them on the old server, and export again.",
            );
        }
    }
    plan.connectors = all;
}

/// Why rules cannot take the place of the standard rules.
pub fn rules_unusable(why: String) -> PlanRefusal {
    PlanRefusal {
        id: "rules-unusable".to_owned(),
        why,
        remedy:
            "Give the folder that Get-ADSyncServerConfiguration wrote on the new server, whole."
                .to_owned(),
    }
}

/// Why the bundle's files make no configuration.
pub fn configuration_unusable(why: String) -> PlanRefusal {
    PlanRefusal {
        id: "configuration-unusable".to_owned(),
        why,
        remedy: "Make the bundle again with dirlift export.".to_owned(),
    }
}

/// Why an anchor is not the one that `DirSync` used; `None` when it is, or when nobody knows it.
pub(crate) fn other_anchor(place: &str, anchor: Option<&AttributeName>) -> Option<PlanRefusal> {
    let anchor = anchor.filter(|it| !it.is("objectGUID"))?;
    Some(PlanRefusal {
        id: "source-anchor".to_owned(),
        why: format!(
            "DirSync tied every user to the cloud by objectGUID, and {place} would use {}",
            shorten(anchor.as_str(), 200)
        ),
        remedy: "Install the new server with objectGUID as source anchor, export its rules, and plan again.".to_owned(),
    })
}

/// Sources as an input keeps them: a JSON list, in an order of its own.
fn written_sources(all: &[AdSource]) -> String {
    let written = |it: &AdSource| match &it.forest {
        Some(forest) => format!("{forest}={}", it.source),
        None => it.source.clone(),
    };
    let mut all: Vec<_> = all.iter().map(written).collect();
    all.sort();
    if all.is_empty() { String::new() } else { serde_json::Value::from(all).to_string() }
}

/// Sources of Active Directory that a plan was made with, each as it is typed.
pub fn remembered_sources(plan: &Plan) -> Vec<String> {
    remembered(plan, "--ad").and_then(|it| serde_json::from_str(it).ok()).unwrap_or_default()
}

/// An input that a plan was made with; `None` when it was not given.
pub fn remembered<'a>(plan: &'a Plan, name: &str) -> Option<&'a str> {
    let it = plan.inputs.iter().find(|it| it.name == name)?;
    Some(it.value.as_str()).filter(|it| !it.is_empty())
}

/// Everything that decides what is done. Content of directories is none of it: it changes by itself.
fn inputs(request: &Request<'_>) -> Vec<PlanInput> {
    let given = |it: &Option<String>| it.clone().unwrap_or_default();
    let rows = [
        (
            "bundle",
            request.bundle.as_ref().map_or_else(|_| String::new(), |it| it.sum().to_string()),
        ),
        ("--mode", request.mode.as_str().to_owned()),
        ("--ad", written_sources(&request.ad)),
        ("--entra", given(&request.entra)),
        ("--rules", given(&request.rules)),
        ("--target", request.target.as_ref().map(|it| it.sha256.clone()).unwrap_or_default()),
        ("--use-existing-database", request.use_existing_database.to_string()),
        ("--no-sync", (!request.synchronize).to_string()),
        ("--connect-sql-server", given(&request.connect.sql_server)),
        ("--connect-service-account", given(&request.connect.service_account)),
        ("--connect-install-dir", given(&request.connect.install_dir)),
    ];
    rows.into_iter().map(|(name, value)| PlanInput { name: name.to_owned(), value }).collect()
}

fn sum_of(inputs: &[PlanInput]) -> String {
    let mut bytes = Vec::new();
    for it in inputs {
        for text in [&it.name, &it.value] {
            bytes.extend((text.len() as u64).to_be_bytes());
            bytes.extend(text.as_bytes());
        }
    }
    Sum::of(&bytes).to_string()
}

/// The source anchor that rules flow from Active Directory: `mS-DS-ConsistencyGuid` when one of them reads it for
/// that, else `objectGUID`; `None` when no rule flows an anchor.
pub fn anchor_of_rules(rules: &[SyncRule]) -> Option<AttributeName> {
    const CONSISTENCY: &str = "mS-DS-ConsistencyGuid";
    let anchors = rules
        .iter()
        .filter(|it| it.direction == Direction::Inbound && it.disabled != Some(true))
        .flat_map(|it| &it.mappings)
        .filter(|it| it.destination.is("sourceAnchor") || it.destination.is("sourceAnchorBinary"));
    let mut found = None;
    for it in anchors {
        let reads = |name: &str| {
            let direct = match &it.source {
                MappingSource::Attributes(all) => all.iter().any(|it| it.is(name)),
                MappingSource::Constant(_) => false,
            };
            let expression = it.expression.as_deref().unwrap_or_default().to_ascii_lowercase();
            direct || expression.contains(&format!("[{}]", name.to_ascii_lowercase()))
        };
        if reads(CONSISTENCY) {
            return Some(CONSISTENCY.into());
        }
        if reads("objectGUID") {
            found = Some("objectGUID".into());
        }
    }
    found
}

/// Notes something that could not be looked at.
fn not_checked(plan: &mut Plan, what: &str, why: &str) {
    let it = NotChecked { what: what.to_owned(), why: why.to_owned(), needed: false };
    plan.not_checked.push(it);
}
