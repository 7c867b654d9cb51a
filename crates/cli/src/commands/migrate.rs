//! `dirlift migrate`: from a bundle to a staging deployment, by a plan that is shown first.
pub(super) mod inputs;
pub(super) mod view;

use std::{
    hash::{BuildHasher as _, RandomState},
    io::{self, BufRead as _, IsTerminal as _},
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use dirlift_entra::EntraSource;
use dirlift_importer::{
    apply::{self, ApplyError, Order, Outcome, Ports},
    feed::Feed,
    plan::{Request, plan},
};
use dirlift_model::{Guid, Plan, plan::PlanRefusal, text::sanitize};
use dirlift_report::{TextOptions, plan_text};

use self::inputs::{Inputs, Stage};
use crate::{
    context, error::CommandError, exit::Exit, interrupt, output::OutFile, sign_in::SignInArgs,
};

/// What `--help` begins with.
const ABOUT: &str = "\
Makes a staging deployment from a bundle: plans it, shows the plan, and carries it out when you confirm

It reads both directories, synchronises them by the migrated rules and keeps what would be exported,
with the reason for each. It cannot export. Every step is in a journal: what was cut off goes on with
--resume, and a second run changes nothing.

  dirlift migrate bundle.zip --deployment f.dirlift --ad forest.ldif --entra graph/ --plan
  dirlift migrate bundle.zip --deployment f.dirlift --ad ldaps://dc1.f.example --user me@f.example \\
      --entra graph:f.onmicrosoft.com --client-id ID
  dirlift migrate bundle.zip --deployment f.dirlift --resume";

/// Makes a staging deployment from a bundle: plans it, shows the plan, and carries it out when you confirm
#[derive(Debug, clap::Args)]
#[command(long_about = ABOUT)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Args {
    /// Bundle of the old server, from dirlift export
    bundle: PathBuf,
    /// File of the deployment; it is made, or goes on with --resume
    #[arg(long, value_name = "STORE")]
    deployment: PathBuf,
    #[arg(
        long,
        value_name = "[FOREST=]SOURCE",
        help = "Active Directory: ldaps://HOST[:PORT], ldap://HOST[:PORT] (with StartTLS, or not at all), an LDIF file, or \
                csexport:FILE; with several forests one for each, behind its name"
    )]
    ad: Vec<String>,
    /// Microsoft Entra ID: graph:TENANT, a folder of Graph JSON, or csexport:FILE
    #[arg(long, value_name = "SOURCE")]
    entra: Option<String>,
    /// Where the new server comes to be; parallel by default
    #[arg(long)]
    mode: Option<Mode>,
    /// Export of the new server with its rules; without it the standard rules are not the target's own
    #[arg(long, value_name = "FOLDER")]
    rules: Option<PathBuf>,
    /// Snapshot of the server that is meant to take over
    #[arg(long, value_name = "SNAPSHOT")]
    target: Option<PathBuf>,
    /// Plan for taking the old server's database over (Connect servers only)
    #[arg(long)]
    use_existing_database: bool,
    /// Import and synchronise nothing yet; dirlift sync does it later
    #[arg(long)]
    no_sync: bool,
    /// Show the plan, save it beside the store, and do nothing
    #[arg(long, conflicts_with_all = ["yes", "resume"])]
    plan: bool,
    /// Carry the plan out without asking
    #[arg(long)]
    yes: bool,
    /// Go on where an earlier run stopped
    #[arg(long)]
    resume: bool,
    /// Existing SQL Server for the new server: HOST, HOST\INSTANCE or HOST\INSTANCE,PORT
    #[arg(long, value_name = "SERVER")]
    connect_sql_server: Option<String>,
    /// Account of the new server's service
    #[arg(long, value_name = "NAME")]
    connect_service_account: Option<String>,
    /// Folder that the new server is installed in
    #[arg(long, value_name = "PATH")]
    connect_install_dir: Option<String>,
    /// Form of the output: the plan with --plan or when it is refused, else the report
    #[arg(long, default_value = "text")]
    pub(super) format: Format,
    #[command(flatten)]
    sign_in: SignInArgs,
}

/// Deployment as typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    /// On a new server beside the old one
    Parallel,
    /// On the same server
    InPlace,
}

/// Form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// One JSON document (docs/plan.md, docs/deployment.md)
    Json,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CommandError> {
    let mut progress = context::progress();
    let inputs = Inputs::read(args, &mut progress)?;
    drop(progress);
    let tool = concat!("dirlift ", env!("CARGO_PKG_VERSION"));
    let request = Request {
        tool,
        as_of: context::now(),
        bundle: inputs.bundle.as_ref().map_err(Clone::clone),
        mode: inputs.mode,
        ad: inputs.ad.clone(),
        entra: inputs.entra.clone(),
        rules: inputs.rules.clone(),
        anchor: inputs.anchor(),
        target: inputs.target_given(),
        use_existing_database: inputs.use_existing_database,
        synchronize: inputs.synchronize,
        connect: inputs.connect.clone(),
        services: None,
        store: inputs.store.clone(),
        saved: inputs.saved.as_ref().filter(|_| !args.plan),
    };
    let plan = begun(&inputs, plan(&request));
    if args.plan {
        show(args, &plan)?;
        // What is refused is nothing to hold a later run to.
        if plan.is_feasible() {
            let path = inputs::saved_path(&args.deployment);
            OutFile::create(&path)?.commit(json(&plan)?.as_bytes())?;
        }
        return Ok(if plan.is_feasible() { Exit::Done } else { Exit::Objections });
    }
    let bundle = inputs.bundle.as_ref().ok().filter(|_| plan.is_feasible());
    let Some(bundle) = bundle else {
        show(args, &plan)?;
        return Ok(Exit::Objections);
    };
    let is_begun = inputs.stage > Stage::New;
    let is_part_way = is_begun && inputs.stage < Stage::Done;
    if is_part_way && !args.resume {
        let text = "an earlier run of this deployment stopped part-way";
        return Err(CommandError::stopped(text).hint("give --resume to go on"));
    }
    let setup = inputs.setup(bundle, &plan)?;
    // Only a plan that was confirmed goes on without a word.
    if !is_begun && !args.yes {
        confirm(&plan)?;
    }
    let order = Order {
        plan: &plan,
        store: &args.deployment,
        id: new_id(),
        bundle_sha256: &bundle.sum().to_string(),
        setup: &setup,
        typed_host: None,
    };
    let outcome = carry_out(args, &inputs, &order)?;
    if !outcome.changed {
        crate::sign_in::talk("nothing to do: every step of the plan is done\n");
    }
    if outcome.is_stale {
        crate::sign_in::talk(
            "an earlier dirlift sync was cut off, and nothing has looked at what was imported last: run dirlift sync again\n",
        );
    }
    view::write(&outcome.report, args.format)?;
    let objects = outcome.is_stale || outcome.report.has_objections();
    Ok(if objects { Exit::Objections } else { Exit::Done })
}

/// The plan to go by: the one that was begun, unless something else was asked for now.
fn begun(inputs: &Inputs, plan: Plan) -> Plan {
    let stands = |it: &PlanRefusal| {
        ["drift", "another-deployment", "damaged-bundle"].contains(&it.id.as_str())
    };
    let found = inputs.store.as_ref().and_then(|it| it.plan.clone());
    found.filter(|_| !plan.refusals.iter().any(stands)).unwrap_or(plan)
}

fn carry_out(args: &Args, inputs: &Inputs, order: &Order<'_>) -> Result<Outcome, CommandError> {
    let ad = inputs.ad_sources()?;
    let entra = inputs.entra_source()?;
    // A deployment that is done reads nothing, and so it asks nobody for a password.
    let (connect, graph) = if inputs.stage == Stage::Done {
        (args.sign_in.connect(&[])?, None)
    } else {
        (args.sign_in.connect(&ad)?, graph(&args.sign_in, entra.as_ref())?)
    };
    let runtime = context::runtime()?;
    let mut feed = Feed { runtime: &runtime, connect, graph: graph.as_ref() };
    let mut progress = context::progress();
    let mut ports = Ports {
        directories: &mut feed,
        services: None,
        progress: &mut progress,
        watch: &mut (),
        clock: &context::now,
        threads: context::threads(),
    };
    interrupt::resumable(|| apply::apply(order, &mut ports)).map_err(failed)
}

/// A client for the tenant, where the source is one.
pub(super) fn graph(
    sign_in: &SignInArgs,
    entra: Option<&EntraSource>,
) -> Result<Option<dirlift_entra::Graph>, CommandError> {
    entra.map_or(Ok(None), |it| sign_in.graph(it))
}

/// An error of the importer with what to do about it.
pub(super) fn failed(error: ApplyError) -> CommandError {
    if error.is_part_way() {
        return CommandError::stopped(error)
            .hint("what was done stays done: give --resume to go on");
    }
    match &error {
        ApplyError::Refused(all) => {
            let remedies: Vec<_> = all.iter().map(|it| it.remedy.clone()).collect();
            let refused = CommandError::refused(error);
            remedies.into_iter().fold(refused, CommandError::hint)
        }
        _ => CommandError::failed(error),
    }
}

fn show(args: &Args, plan: &Plan) -> Result<(), CommandError> {
    let text = match args.format {
        Format::Json => json(plan)?,
        Format::Text => {
            let options =
                TextOptions { width: context::stdout_width(), color: context::stdout_color() };
            plan_text(plan, &options)
        }
    };
    context::write_stdout(&text)
}

fn json(plan: &Plan) -> Result<String, CommandError> {
    dirlift_report::document(plan).map_err(CommandError::failed)
}

/// Shows the plan where questions are asked, and asks.
fn confirm(plan: &Plan) -> Result<(), CommandError> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let text = "the plan has to be confirmed, and there is no terminal to ask on";
        return Err(
            CommandError::usage(text).hint("look at it with --plan, and carry it out with --yes")
        );
    }
    let options = TextOptions { width: context::file_width(), color: false };
    crate::sign_in::talk(&plan_text(plan, &options));
    crate::sign_in::talk("\nType yes to carry it out: ");
    let mut answer = String::new();
    interrupt::prompting(|| io::stdin().lock().read_line(&mut answer))
        .map_err(|it| CommandError::failed(format!("reading the answer: {it}")))?;
    if answer.trim() == "yes" {
        return Ok(());
    }
    let text = format!("not confirmed: `{}` is not yes; nothing was done", sanitize(answer.trim()));
    Err(CommandError::failed(text))
}

/// An identifier of chance: each state is keyed by the system's own.
fn new_id() -> Guid {
    let half = |n: u8| u128::from(RandomState::new().hash_one(n));
    Guid::from_u128(half(0) << 64 | half(1))
}

/// Whether there is something under this name.
fn exists(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}
