//! `dirlift checklist`: what is left to do before and after the switch, on evidence.
mod evidence;
mod observe;

use std::path::{Path, PathBuf};

pub(in crate::commands) use self::{evidence::hex, observe::uses};

use clap::{Subcommand, ValueEnum};
use dirlift_deployment::{Mode, Store, StoreError};
use dirlift_model::{
    Checklist,
    checklist::{Phase, Switches, Word},
};
use dirlift_report::{TextOptions, checklist_html, checklist_markdown, checklist_text, document};
use dirlift_verifier::checklist::{Known, evaluate};
use jiff::Timestamp;

use super::analyze::parse_time;
use crate::{context, error::CommandError, exit::Exit, output::OutFile};

/// Says what is left to do before and after the switch, and keeps the evidence
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Deployment store
    store: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Show(Show),
    Done(evidence::Done),
    Observe(observe::Observe),
    Export(Export),
}

/// Shows every item that concerns this deployment, and whether the new server may become active
#[derive(Debug, clap::Args)]
struct Show {
    /// Form of the output
    #[arg(long, default_value = "text")]
    format: Format,
    /// Last phase that counts for exit code 3
    #[arg(long, value_name = "PHASE", default_value = "retire")]
    until: Until,
    /// Time that states hold for: a date, or RFC 3339; now by default
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    as_of: Option<Timestamp>,
    /// File to write instead of standard output; an older one is replaced when the new one is complete
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes the list in every form, and all evidence, into a folder
#[derive(Debug, clap::Args)]
struct Export {
    /// Folder to make
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Time that states hold for: a date, or RFC 3339; now by default
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    as_of: Option<Timestamp>,
}

/// Form of the output.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON document (docs/checklist.md)
    Json,
    /// For people, to be put into a ticket or a wiki
    Markdown,
    /// For people, one page to print and sign
    Html,
}

/// Phase as typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Until {
    /// Before anything is touched
    Prepare,
    /// Data and tenant in order
    Clean,
    /// The machine of the new server
    Target,
    /// The new server installed
    Build,
    /// Verified
    Verify,
    /// The switch
    Cutover,
    /// Confirmed
    Confirm,
    /// Everything
    Retire,
}

impl From<Until> for Phase {
    fn from(until: Until) -> Self {
        match until {
            Until::Prepare => Self::Prepare,
            Until::Clean => Self::Clean,
            Until::Target => Self::Target,
            Until::Build => Self::Build,
            Until::Verify => Self::Verify,
            Until::Cutover => Self::Cutover,
            Until::Confirm => Self::Confirm,
            Until::Retire => Self::Retire,
        }
    }
}

pub(crate) fn run(args: &Args) -> Result<Exit, CommandError> {
    match &args.what {
        What::Show(show) => self::show(&args.store, show),
        What::Done(done) => evidence::done(&args.store, done),
        What::Observe(observe) => observe::run(&args.store, observe),
        What::Export(export) => self::export(&args.store, export),
    }
}

fn show(path: &Path, args: &Show) -> Result<Exit, CommandError> {
    let out = args.out.as_deref().map(OutFile::create).transpose()?;
    let store = Store::open(path)?;
    let list = checklist(&store, args.as_of.unwrap_or_else(context::now))?;
    let text = match args.format {
        Format::Json => document(&list).map_err(CommandError::failed)?,
        Format::Markdown => checklist_markdown(&list),
        Format::Html => checklist_html(&list),
        Format::Text => {
            let options = match out {
                Some(_) => TextOptions { width: context::file_width(), color: false },
                None => {
                    TextOptions { width: context::stdout_width(), color: context::stdout_color() }
                }
            };
            checklist_text(&list, &options)
        }
    };
    match out {
        Some(file) => file.commit(text.as_bytes())?,
        None => context::write_stdout(&text)?,
    }
    Ok(if list.is_blocked(args.until.into()) { Exit::Objections } else { Exit::Done })
}

fn export(path: &Path, args: &Export) -> Result<Exit, CommandError> {
    let store = Store::open(path)?;
    let list = checklist(&store, args.as_of.unwrap_or_else(context::now))?;
    let failed = |it| CommandError::file("making", &args.out, it);
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder
        .create(&args.out)
        .map_err(|it| failed(it).hint("choose a folder that does not exist yet"))?;
    let json = |it: serde_json::Result<String>| it.map_err(CommandError::failed);
    let files = [
        ("checklist.json", json(document(&list))?),
        ("checklist.md", checklist_markdown(&list)),
        ("checklist.html", checklist_html(&list)),
        ("evidence.json", json(document(&store.evidence()?))?),
    ];
    for (name, text) in &files {
        OutFile::create(&args.out.join(name))?.commit(text.as_bytes())?;
    }
    let names = files.map(|(name, _)| format!("{name}\n")).concat();
    context::write_stdout(&names)?;
    Ok(Exit::Done)
}

/// The list of a store at one time.
fn checklist(store: &Store, now: Timestamp) -> Result<Checklist, StoreError> {
    let records = store.records()?;
    let words: Vec<_> = records
        .into_iter()
        .filter(|it| it.is_done)
        .map(|it| Word {
            id: it.id,
            evidence: it.evidence,
            source: it.source,
            author: it.author,
            recorded_at: it.recorded_at,
            valid_until: it.valid_until,
            sha256: it.sha256,
        })
        .collect();
    let cut_over = store.cut_over()?;
    let known = Known {
        deployment: &store.deployment().name,
        tool_version: env!("CARGO_PKG_VERSION"),
        switches: &switches(store)?,
        evidence: &store.evidence()?,
        words: &words,
        rehearsed: &store.rehearsed()?,
        cut_over: cut_over.as_ref(),
    };
    Ok(evaluate(&known, now))
}

/// What is known of the customer; how the new server comes about is a fact of the store.
pub(in crate::commands) fn switches(store: &Store) -> Result<Switches, StoreError> {
    let mut it = store.switches()?.unwrap_or_default();
    it.in_place = Some(store.deployment().mode == Mode::InPlace);
    Ok(it)
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::failed(error)
    }
}
