//! Carries a plan out: step by step, each in the journal, so that a run that was cut off goes on where it stopped.
mod error;
mod explain;
mod guards;
mod report;
mod steps;
mod synchronize;

use std::{ops::ControlFlow, path::Path};

use dirlift_deployment::{Deployment, PlannedStep, RunId, StepState, Store, StoreError};
use dirlift_model::{
    CsObject, Guid, Plan, ServerConfiguration, ServiceControl,
    checklist::WayBack,
    host::same_host,
    plan::{Mode, PlanStep, StepKind},
    progress::Progress,
    text::shorten,
};
use jiff::Timestamp;

pub use self::{
    error::{ApplyError, SourceFailed},
    explain::StoredDeployment,
    guards::{GuardReport, delete_limit, readable},
    report::{ConnectorReport, ErrorKind, PendingReport, Report, RunReport, judgement},
    steps::{FULL_IMPORT, FULL_SYNCHRONIZATION, ImportFacts, Imported},
};
use crate::{
    services::{self, Former},
    setup::{ConnectorSetup, Setup},
};

/// Setting of the store with the plan, as JSON.
const PLAN: &str = "plan";

/// Setting of the store with the former state of services, as JSON.
const FORMER: &str = "former_services";

/// The directories, as a port.
pub trait Directories {
    /// Reaches the directory of a connector and checks that it can be read. Returns what is worth telling.
    fn check(&mut self, connector: &ConnectorSetup) -> Result<Vec<String>, SourceFailed>;

    /// Reads the directory of a connector whole and gives each object to `take`, which ends it with
    /// [`ControlFlow::Break`].
    fn import(
        &mut self,
        connector: &ConnectorSetup,
        take: &mut dyn FnMut(CsObject) -> ControlFlow<()>,
        progress: &mut dyn Progress,
    ) -> Result<Imported, SourceFailed>;
}

/// Sees what happens; tests end the process in it.
pub trait Watch {
    /// Something happened.
    fn see(&mut self, _moment: Moment<'_>) {}
}

impl Watch for () {}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment<'a> {
    /// The store is there, without a plan.
    StoreMade,
    /// The plan is in the store.
    PlanWritten,
    /// A step is in the journal as begun.
    Begun(&'a str),
    /// An object was taken, counted from 1.
    Object(u64),
    /// Part of a step is written.
    Written(&'a str),
    /// A step is done, and not yet in the journal as such.
    Worked(&'a str),
    /// A step is in the journal as done.
    Done(&'a str),
}

/// What carrying out needs from the world.
pub struct Ports<'a> {
    /// The directories.
    pub directories: &'a mut dyn Directories,
    /// Services of this machine, where they can be controlled.
    pub services: Option<&'a mut dyn ServiceControl>,
    /// Where progress is shown.
    pub progress: &'a mut dyn Progress,
    /// Who watches.
    pub watch: &'a mut dyn Watch,
    /// The time.
    pub clock: &'a dyn Fn() -> Timestamp,
    /// Threads of the synchronization; the result does not depend on it.
    pub threads: usize,
}

/// What is to be carried out.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The plan, as it was shown and confirmed.
    pub plan: &'a Plan,
    /// The file of the store.
    pub store: &'a Path,
    /// Identifier of a new deployment.
    pub id: Guid,
    /// SHA-256 of the bundle.
    pub bundle_sha256: &'a str,
    /// Connectors and rules.
    pub setup: &'a Setup,
    /// The host name that was typed; needed in place.
    pub typed_host: Option<&'a str>,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Whether anything was done at all.
    pub changed: bool,
    /// A synchronization was begun and cut off: the report is not about what was imported last.
    pub is_stale: bool,
    /// The report.
    pub report: Report,
}

/// Carries a plan out, from its beginning or from where it stopped.
pub fn apply(order: &Order<'_>, ports: &mut Ports<'_>) -> Result<Outcome, ApplyError> {
    let plan = order.plan;
    if !plan.is_feasible() {
        return Err(ApplyError::Refused(plan.refusals.clone()));
    }
    if plan.mode == Mode::InPlace {
        check_typed(order, ports)?;
    }
    let mut store = open(order, ports)?;
    ports.watch.see(Moment::StoreMade);
    match store.plan_inputs()? {
        None => {
            write_plan(&mut store, plan, ports)?;
            ports.watch.see(Moment::PlanWritten);
        }
        Some(it) if it == plan.inputs_sha256 => {}
        Some(_) => return Err(ApplyError::Drift { store: order.store.to_owned() }),
    }
    // The plan that was begun is the one to go on with: another version may plan the same inputs in other steps.
    let plan = &plan_of(&store)?.ok_or(ApplyError::Configuration("it has no plan"))?;
    let journal = store.journal()?;
    if journal.iter().all(|it| it.state == StepState::Done) {
        return outcome(&mut store, false);
    }
    if store.cut_over()?.is_some() {
        return Err(ApplyError::CutOver { store: order.store.to_owned() });
    }
    if journal.iter().any(|it| it.state == StepState::Undone) {
        return Err(ApplyError::Undone { store: order.store.to_owned() });
    }
    for written in journal.iter().filter(|it| it.state != StepState::Done) {
        let step = plan.steps.iter().find(|it| it.id == written.name);
        let step = step.ok_or(ApplyError::Configuration("its journal does not fit its plan"))?;
        // Whatever goes wrong from here on, the plan is in the store and can be resumed.
        carry_out(order, step, &mut store, ports).map_err(|error| ApplyError::Step {
            title: step.title.clone(),
            source: Box::new(error),
        })?;
    }
    outcome(&mut store, true)
}

fn carry_out(
    order: &Order<'_>,
    step: &PlanStep,
    store: &mut Store,
    ports: &mut Ports<'_>,
) -> Result<(), ApplyError> {
    store.begin_step(&step.id, (ports.clock)())?;
    ports.watch.see(Moment::Begun(&step.id));
    match work(order, step.kind, step.connector, store, ports) {
        Ok(detail) => {
            ports.watch.see(Moment::Worked(&step.id));
            store.finish_step(&step.id, (ports.clock)(), &detail)?;
            ports.watch.see(Moment::Done(&step.id));
            Ok(())
        }
        Err(error) => {
            // The first failure is the one to tell; a journal that cannot be written says the same by its state.
            store.fail_step(&step.id, (ports.clock)(), &error.chain()).ok();
            Err(error)
        }
    }
}

/// What a store holds in the end. A verdict that a cut-off run has taken away is made again.
fn outcome(store: &mut Store, changed: bool) -> Result<Outcome, ApplyError> {
    if is_synchronized(store)? && guards::read(store)?.is_empty() {
        guards::run(store)?;
        report::write(store)?;
    }
    Ok(Outcome { changed, is_stale: is_stale(store)?, report: report::read(store)? })
}

/// The newest finished runs of a profile; `None` when a connector has none.
fn newest(store: &Store, profile: &str) -> Result<Vec<Option<RunId>>, ApplyError> {
    let all = steps::connectors(store)?;
    all.iter().map(|it| Ok(store.finished_run(it.id, profile)?)).collect()
}

fn is_synchronized(store: &Store) -> Result<bool, ApplyError> {
    Ok(newest(store, FULL_SYNCHRONIZATION)?.iter().all(Option::is_some))
}

/// Whether something was imported that no synchronization has seen.
fn is_stale(store: &Store) -> Result<bool, ApplyError> {
    let imported = newest(store, FULL_IMPORT)?.into_iter().max().flatten();
    let synchronized = newest(store, FULL_SYNCHRONIZATION)?.into_iter().min().flatten();
    Ok(imported.is_some() && synchronized < imported)
}

/// What a store is synchronised anew with.
#[derive(Clone, Copy)]
pub struct Anew<'a> {
    /// Other sources; `None` for a connector keeps the one that the store remembers.
    pub sources: &'a dyn Fn(&ConnectorSetup) -> Option<String>,
    /// The new server, whose rules take the place of the standard rules; `None` keeps the rules.
    pub rules: Option<&'a ServerConfiguration>,
}

/// Imports and synchronises a store anew with the rules that it has.
pub fn synchronize(
    path: &Path,
    sources: &dyn Fn(&ConnectorSetup) -> Option<String>,
    ports: &mut Ports<'_>,
) -> Result<Report, ApplyError> {
    synchronize_anew(path, Anew { sources, rules: None }, ports)
}

/// Imports and synchronises a store anew. A run counts once it has ended; from the first new import on until the guards
/// have looked, the store has no verdict. Other rules take the place of the old ones in one piece, with which the old
/// synchronization is gone.
pub fn synchronize_anew(
    path: &Path,
    anew: Anew<'_>,
    ports: &mut Ports<'_>,
) -> Result<Report, ApplyError> {
    let mut store = Store::open(path)?;
    let is_loaded = store
        .journal()?
        .iter()
        .find(|it| it.name == "load-configuration")
        .is_some_and(|it| it.state == StepState::Done);
    if !is_loaded {
        return Err(ApplyError::NotLoaded { store: path.to_owned() });
    }
    let setup = anew.rules.map(|it| steps::with_target_rules(&store, it)).transpose()?;
    let mut connectors = steps::connectors(&store)?;
    for it in &mut connectors {
        if let Some(source) = (anew.sources)(it) {
            it.source = Some(source);
        }
    }
    steps::connect(&connectors, ports)?;
    if let Some(setup) = setup {
        store.replace_rules(&setup.stored_rules(), &setup.rule_settings()?)?;
        ports.watch.see(Moment::Written("rules"));
    }
    for connector in &connectors {
        steps::full_import(&mut store, connector, ports)?;
    }
    synchronize::run(&mut store, ports)?;
    guards::run(&mut store)?;
    ports.watch.see(Moment::Written("verdict"));
    report::write(&mut store)?;
    report::read(&store)
}

/// Undoes what was done to this machine, the last step first. The store and what it holds stay. Refused once the new server
/// is the active one.
pub fn undo(
    path: &Path,
    control: &mut dyn ServiceControl,
    clock: &dyn Fn() -> Timestamp,
) -> Result<Vec<String>, ApplyError> {
    let mut store = Store::open(path)?;
    for way in [WayBack::Undo, WayBack::Services] {
        if let Some(why) = store.refuses(way)? {
            return Err(ApplyError::WayBack { why });
        }
    }
    let journal = store.journal()?;
    let former = read_former(&store)?;
    let mut undone = Vec::new();
    for step in journal.iter().rev() {
        let is_over = matches!(step.state, StepState::Planned | StepState::Undone);
        if is_over {
            continue;
        }
        match step.name.as_str() {
            "disable-services" => {
                check_host(&store, control)?;
                services::enable(control, &former)?;
            }
            "stop-services" => {
                check_host(&store, control)?;
                services::restart(control, &former)?;
            }
            _ => break,
        }
        store.undo_step(&step.name, clock(), "")?;
        undone.push(step.name.clone());
    }
    Ok(undone)
}

fn check_typed(order: &Order<'_>, ports: &Ports<'_>) -> Result<(), ApplyError> {
    let Some(control) = ports.services.as_deref() else { return Err(ApplyError::NoServices) };
    let host = control.host()?;
    let typed = order.typed_host.unwrap_or_default();
    if same_host(typed, &host) { Ok(()) } else { Err(ApplyError::HostNotTyped { host }) }
}

fn open(order: &Order<'_>, ports: &Ports<'_>) -> Result<Store, ApplyError> {
    let deployment = Deployment {
        id: order.id,
        name: order.plan.source.host.clone().unwrap_or_default(),
        mode: order.plan.mode,
        created_at: (ports.clock)(),
        bundle_sha256: order.bundle_sha256.to_owned(),
    };
    let store = match Store::open(order.store) {
        Err(StoreError::Missing { .. }) => Store::create(order.store, &deployment)?,
        other => other?,
    };
    let found = store.deployment();
    if found.bundle_sha256 != deployment.bundle_sha256 || found.mode != deployment.mode {
        return Err(ApplyError::OtherDeployment { store: order.store.to_owned() });
    }
    Ok(store)
}

fn write_plan(store: &mut Store, plan: &Plan, ports: &Ports<'_>) -> Result<(), ApplyError> {
    let steps =
        plan.steps.iter().map(|it| PlannedStep { name: it.id.clone(), undo: it.undo.clone() });
    let steps: Vec<_> = steps.collect();
    // The plan first: it counts once its steps are in the journal.
    store.set_setting(PLAN, &serde_json::to_string(plan)?)?;
    Ok(store.write_plan(&plan.inputs_sha256, &steps, (ports.clock)())?)
}

/// The plan of a store; `None` when it was cut off before that was written.
pub fn plan_of(store: &Store) -> Result<Option<Plan>, ApplyError> {
    if store.plan_inputs()?.is_none() {
        return Ok(None);
    }
    let Some(text) = store.setting(PLAN)? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).map_err(|error| {
        // A plan that is sound JSON and no plan of this version was made by another one.
        let value: Option<serde_json::Value> = serde_json::from_str(&text).ok();
        match value.as_ref().and_then(|it| it.get("tool")?.as_str()) {
            Some(tool) => {
                ApplyError::OtherVersion { store: store.path().to_owned(), tool: shorten(tool, 80) }
            }
            None => error.into(),
        }
    })
}

/// The connectors of a store, in their order.
pub fn connectors(store: &Store) -> Result<Vec<ConnectorSetup>, ApplyError> {
    steps::connectors(store)
}

fn work(
    order: &Order<'_>,
    kind: StepKind,
    connector: Option<Guid>,
    store: &mut Store,
    ports: &mut Ports<'_>,
) -> Result<String, ApplyError> {
    match kind {
        // The store is there, and its tables are known to be right: it was opened.
        StepKind::PrepareStore => Ok(String::new()),
        StepKind::LoadConfiguration => steps::load(store, order.setup),
        StepKind::Connect => steps::connect(&steps::connectors(store)?, ports),
        StepKind::FullImport => {
            let connector = connector.ok_or(ApplyError::NoConnector)?;
            let all = steps::connectors(store)?;
            let own = all.iter().find(|it| it.id == connector);
            let own = own.ok_or(ApplyError::Configuration("a connector is missing"))?;
            steps::full_import(store, own, ports)
        }
        StepKind::FullSynchronization => synchronize::run(store, ports),
        StepKind::Guards => {
            let verdicts = guards::run(store)?;
            let objecting = verdicts.iter().filter(|it| !it.passes).count();
            if objecting > 0 && order.plan.mode == Mode::InPlace {
                return Err(ApplyError::Guards);
            }
            Ok(if objecting == 0 {
                "nothing to object".to_owned()
            } else {
                "a guard objects".to_owned()
            })
        }
        StepKind::Report => report::write(store),
        StepKind::NoteServices => note_services(store, ports),
        StepKind::StopServices => with_services(store, ports, services::stop),
        StepKind::DisableServices => with_services(store, ports, services::disable),
    }
}

fn note_services(store: &mut Store, ports: &mut Ports<'_>) -> Result<String, ApplyError> {
    let Some(control) = ports.services.as_deref() else { return Err(ApplyError::NoServices) };
    check_host(store, control)?;
    // What a run that was cut off wrote down is older, and so it is right.
    if store.setting(FORMER)?.is_none() {
        let seen = services::look(control)?;
        let (services, _) = services::judge(&seen, source_host(store)?.as_deref());
        store.set_setting(FORMER, &serde_json::to_string(&services::former(&services))?)?;
    }
    let former = read_former(store)?;
    let words: Vec<_> = former
        .iter()
        .map(|it| {
            let state = if it.running { "running" } else { "stopped" };
            format!("{}: {state}, {}", it.name, word(it.start_type))
        })
        .collect();
    Ok(words.join("; "))
}

const fn word(start_type: dirlift_model::host::StartType) -> &'static str {
    use dirlift_model::host::StartType;
    match start_type {
        StartType::Automatic => "automatic",
        StartType::DelayedAutomatic => "delayed automatic",
        StartType::Manual => "manual",
        StartType::Disabled => "disabled",
    }
}

fn with_services(
    store: &Store,
    ports: &mut Ports<'_>,
    act: fn(&mut dyn ServiceControl, &[Former]) -> Result<(), dirlift_model::ServiceError>,
) -> Result<String, ApplyError> {
    check_verdict(store)?;
    let former = read_former(store)?;
    let Some(control) = ports.services.as_deref_mut() else { return Err(ApplyError::NoServices) };
    check_host(store, control)?;
    act(control, &former)?;
    let names: Vec<_> = former.iter().map(|it| it.name.as_str()).collect();
    Ok(names.join(", "))
}

/// Services stop only while the guards have nothing to say against the newest runs.
fn check_verdict(store: &Store) -> Result<(), ApplyError> {
    let verdicts = guards::read(store)?;
    if verdicts.is_empty() || !is_synchronized(store)? || is_stale(store)? {
        return Err(ApplyError::NoVerdict);
    }
    if verdicts.iter().all(|it| it.passes) { Ok(()) } else { Err(ApplyError::Guards) }
}

/// The rules hold at every step: a store can be carried to another machine.
fn check_host(store: &Store, control: &dyn ServiceControl) -> Result<(), ApplyError> {
    let seen = services::look(control)?;
    let (_, refusals) = services::judge(&seen, source_host(store)?.as_deref());
    if refusals.is_empty() { Ok(()) } else { Err(ApplyError::Refused(refusals)) }
}

fn source_host(store: &Store) -> Result<Option<String>, ApplyError> {
    Ok(plan_of(store)?.and_then(|it| it.source.host))
}

fn read_former(store: &Store) -> Result<Vec<Former>, ApplyError> {
    let text = store.setting(FORMER)?.unwrap_or_else(|| "[]".to_owned());
    Ok(serde_json::from_str(&text)?)
}
