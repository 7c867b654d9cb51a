//! `dirlift verify`: what is about to be exported, predicted and real, and what of it nobody expects.
mod anchors;
mod gather;
mod places;
mod real;
mod server;
mod stored;
mod whose;

use std::{io::Read as _, path::PathBuf};

use clap::ValueEnum;
use dirlift_deployment::{Mode, Store, StoreError};
use dirlift_importer::apply;
use dirlift_model::{
    AttributeName,
    checklist::{CutOver, EvidenceKind, Switches},
    pending::Operation,
    verification::{Conclusion, Filter, Outcome, Row, Verification},
};
use dirlift_report::{
    TextOptions, document, verification_csv_header, verification_csv_row, verification_html,
    verification_markdown, verification_text,
};
use dirlift_verifier::{
    AcceptFormat, AcceptList, Limits,
    checklist::{is_switch, own_evidence, verified},
};
use jiff::Timestamp;

use self::{
    gather::{Plan, Rows},
    server::Server,
    whose::{OldServer, Whose, whose},
};
use super::checklist::switches;
use crate::{context, database::DatabaseArgs, error::CommandError, exit::Exit, output::OutFile};

/// Largest accept-list that is read, in bytes.
const MAX_ACCEPT_BYTES: u64 = 64 << 20;

/// Evidence that is about the real staging server.
const OF_SERVER: [EvidenceKind; 3] =
    [EvidenceKind::ServerOperations, EvidenceKind::StagingOn, EvidenceKind::StagingOff];

/// Judges what is about to be exported: predicted and real exports, operations, guards, anchors
///
/// The verdict is kept in the store as evidence for `dirlift checklist`, unless --as-of asks about another time.
#[derive(Debug, clap::Args)]
#[command(mut_arg("sql", |it| it.help(
    "Database of the real staging server, for its run history and its staging mode: \
     mssql://[USER@]HOST[:PORT][\\INSTANCE]/DATABASE[?auth=sql|windows&encrypt=required|off]"
)))]
pub(crate) struct Args {
    /// Deployment store that `dirlift migrate` has filled
    store: PathBuf,
    /// Pending exports of the real staging server, as csexport writes them; one file for each connector, whose name may stand
    /// before it
    #[arg(long, value_name = "[CONNECTOR=]FILE")]
    csexport: Vec<PathBuf>,
    /// What is expected, with reason, author and expiry (TOML or JSON)
    #[arg(long, value_name = "FILE")]
    accept: Option<PathBuf>,
    /// Form of the output
    #[arg(long, default_value = "text")]
    format: Format,
    /// File to write instead of standard output; an older one is replaced when the new one is complete
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Time by which entries of the accept-list expire: a date (midnight UTC) or RFC 3339; now by default. With it nothing is
    /// kept as evidence
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    as_of: Option<Timestamp>,
    #[command(flatten)]
    narrow: Narrow,
    #[command(flatten)]
    guards: GuardArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// For a ticket or a wiki
    Markdown,
    /// One self-contained page with filters
    Html,
    /// Every pending export, one line for each change
    Csv,
}

/// Which pending exports are shown one by one. Counts and the verdict are always about all of them.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Shown one by one")]
struct Narrow {
    /// Only of this connector; may be given several times, as may the next ones
    #[arg(long, value_name = "NAME")]
    connector: Vec<String>,
    /// Only this operation: add, update, delete, delete-add or rename
    #[arg(long, value_name = "WORD", value_parser = parse_operation)]
    operation: Vec<Operation>,
    /// Only of this object type
    #[arg(long = "type", value_name = "NAME")]
    object_type: Vec<String>,
    /// Only where this attribute changes
    #[arg(long, value_name = "NAME")]
    attribute: Vec<String>,
    /// Only for this cause: provisioned, flowed, out-of-scope, source-gone or not-stated
    #[arg(long, value_name = "WORD")]
    cause: Vec<String>,
    /// Only with this outcome: same, not-comparable, only-here, only-there or different
    #[arg(long, value_name = "WORD", value_parser = parse_outcome)]
    outcome: Vec<Outcome>,
    /// Only with this text in a name, an anchor or a value
    #[arg(long, value_name = "TEXT")]
    find: Option<String>,
    /// Only those of which something is unexpected
    #[arg(long)]
    unexpected: bool,
    /// Most that are shown: 20 as text, 200 in Markdown, 5,000 in JSON and HTML, all in CSV
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

/// An error of the store or of the edge, where both can end a loop.
struct Failure(CommandError);

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self(CommandError::failed(error))
    }
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Self {
        Self(error)
    }
}

impl From<Failure> for CommandError {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}

/// From where on the guards object.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Guards")]
#[expect(clippy::struct_field_names, reason = "they are the names of the options")]
struct GuardArgs {
    /// Most deletes of one connector that pass; the old server's threshold by default, and never more than 500 unless you say so
    #[arg(long, value_name = "N")]
    max_deletes: Option<u64>,
    /// Most deletes of one connector that pass, in percent of its objects
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    max_delete_percent: Option<u8>,
    /// Most deletes of one object type that pass; may be given several times
    #[arg(long, value_name = "TYPE=N", value_parser = parse_deletes_of)]
    max_deletes_of: Vec<(AttributeName, u64)>,
    /// Most objects of a type on which one attribute may change, in percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    max_attribute_percent: Option<u8>,
}

fn parse_time(text: &str) -> Result<Timestamp, String> {
    let midnight = || format!("{text}T00:00:00Z").parse();
    let time = text.parse::<Timestamp>().or_else(|_| midnight());
    time.map_err(|_| {
        "write a date such as 2026-12-31 or a time such as 2026-12-31T18:00:00Z".to_owned()
    })
}

fn parse_operation(text: &str) -> Result<Operation, String> {
    let found = Operation::ALL.into_iter().find(|it| it.as_str() == text);
    found.ok_or_else(|| "the operations are add, update, delete, delete-add and rename".to_owned())
}

fn parse_outcome(text: &str) -> Result<Outcome, String> {
    let found = Outcome::ALL.into_iter().find(|it| it.as_str() == text);
    found.ok_or_else(|| {
        "the outcomes are same, not-comparable, only-here, only-there, different and not-compared"
            .to_owned()
    })
}

fn parse_deletes_of(text: &str) -> Result<(AttributeName, u64), String> {
    let wrong = || "write the type, an equals sign and a number, such as group=10".to_owned();
    let (name, n) = text.split_once('=').ok_or_else(wrong)?;
    Ok((AttributeName::new(name), n.trim().parse().map_err(|_| wrong())?))
}

pub(crate) fn run(args: &Args) -> Result<Exit, CommandError> {
    let mut out = args.out.as_deref().map(OutFile::create).transpose()?;
    let target = args.database.target()?;
    let accept = match &args.accept {
        Some(path) => read_accept(path)?,
        None => AcceptList::default(),
    };
    let mut store = Store::open(&args.store).map_err(CommandError::failed)?;
    let mut progress = context::progress();
    let server = target.map(|it| server::read(&it, &mut progress)).transpose()?;
    let whose = server.as_ref().map(|it| whose_is(&store, it)).transpose()?;
    let is_csv = args.format == Format::Csv;
    let limit = match (args.format, args.narrow.limit) {
        (_, Some(n)) => n,
        (Format::Text, None) => 20,
        (Format::Markdown, None) => 200,
        (Format::Json | Format::Html, None) => 5_000,
        (Format::Csv, None) => usize::MAX,
    };
    let plan = Plan {
        accept,
        as_of: args.as_of.unwrap_or_else(context::now),
        limits: args.guards.limits(&store)?,
        whose,
        filter: args.narrow.filter(),
        csexport: &args.csexport,
        limit,
    };
    let verification = if is_csv {
        write(&mut out, verification_csv_header())?;
        let mut left = limit;
        let mut each = |verification: &Row| -> Result<(), CommandError> {
            if left > 0 {
                left -= 1;
                write(&mut out, &verification_csv_row(verification))?;
            }
            Ok(())
        };
        gather::verify(&store, plan, server, Rows::Stream(&mut each), &mut progress)?
    } else {
        gather::verify(&store, plan, server, Rows::Keep, &mut progress)?
    };
    if !is_csv {
        let text = shown(args.format, &verification, out.is_some())?;
        write(&mut out, &text)?;
    }
    if let Some(file) = out {
        file.commit(b"")?;
    }
    // What holds for another time says nothing of the present one.
    if args.as_of.is_none() {
        record(&mut store, &verification, whose).map_err(CommandError::failed)?;
    }
    Ok(match verification.conclusion {
        Conclusion::Clean => Exit::Done,
        Conclusion::Unexpected => Exit::Objections,
        Conclusion::Incomplete => Exit::Incomplete,
    })
}

/// Whose database was read. In place the old server's becomes the new one's.
fn whose_is(store: &Store, server: &Server) -> Result<Whose, CommandError> {
    if store.deployment().mode == Mode::InPlace {
        return Ok(Whose::New);
    }
    let plan = apply::plan_of(store).map_err(CommandError::failed)?;
    let switches = store.switches()?.unwrap_or_default();
    let old = OldServer {
        host: switches.old_host.as_deref(),
        sql: plan.as_ref().and_then(|it| it.source.sql_server.as_deref()),
        is_remote: switches.remote_sql,
    };
    Ok(whose(&server.seat, old))
}

/// Keeps what the verification shows as evidence for the checklist. What is not known to be of the new server shows nothing
/// of it.
fn record(store: &mut Store, it: &Verification, whose: Option<Whose>) -> Result<(), StoreError> {
    let now = context::now();
    let switches: Switches = switches(store)?;
    let rehearsed = store.rehearsed()?;
    // Its runs go when later ones come; what is verified rests on these.
    let of_runs = [EvidenceKind::FullImport, EvidenceKind::FullSynchronization];
    let kept = store.evidence()?;
    for run in own_evidence(&rehearsed) {
        if of_runs.contains(&run.kind) && !kept.contains(&run) {
            store.add_evidence(&run, now)?;
        }
    }
    for seen in verified(it, &rehearsed, now) {
        if whose != Some(Whose::New) && OF_SERVER.contains(&seen.kind) {
            continue;
        }
        let before = store.evidence()?;
        store.add_evidence(&seen, now)?;
        if is_switch(&switches, &before, &seen, now) {
            let evidence = format!("{} ({})", seen.detail, seen.source);
            store.write_cut_over(&CutOver { at: seen.seen_at, evidence })?;
        }
    }
    Ok(())
}

fn write(out: &mut Option<OutFile>, text: &str) -> Result<(), CommandError> {
    match out {
        Some(file) => file.write(text),
        None => context::write_stdout(text),
    }
}

fn shown(format: Format, it: &Verification, is_file: bool) -> Result<String, CommandError> {
    Ok(match format {
        Format::Text | Format::Csv => {
            let options = if is_file {
                TextOptions { width: context::file_width(), color: false }
            } else {
                TextOptions { width: context::stdout_width(), color: context::stdout_color() }
            };
            verification_text(it, &options)
        }
        Format::Json => document(it).map_err(CommandError::failed)?,
        Format::Markdown => verification_markdown(it),
        Format::Html => verification_html(it).map_err(CommandError::failed)?,
    })
}

fn read_accept(path: &std::path::Path) -> Result<AcceptList, CommandError> {
    let failed = |it| CommandError::file("reading", path, it);
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(MAX_ACCEPT_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    let wrong = |why: &str| {
        CommandError::file("reading", path, std::io::Error::other(why.to_owned()))
            .hint("docs/verification.md shows the form of an accept-list")
    };
    if bytes.len() as u64 > MAX_ACCEPT_BYTES {
        return Err(wrong("it is larger than 64 MiB"));
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8"))?;
    let is_json = path.extension().is_some_and(|it| it.eq_ignore_ascii_case("json"));
    let format = if is_json { AcceptFormat::Json } else { AcceptFormat::Toml };
    AcceptList::parse(&path.display().to_string(), &text, format).map_err(CommandError::failed)
}

impl Narrow {
    fn filter(&self) -> Filter {
        Filter {
            connectors: self.connector.clone(),
            object_types: self.object_type.iter().map(AttributeName::new).collect(),
            operations: self.operation.clone(),
            attributes: self.attribute.iter().map(AttributeName::new).collect(),
            causes: self.cause.clone(),
            outcomes: self.outcome.clone(),
            find: self.find.clone().filter(|it| !it.is_empty()),
            unexpected: self.unexpected,
        }
    }
}

impl GuardArgs {
    fn limits(&self, store: &Store) -> Result<Limits, CommandError> {
        let of_store = || apply::delete_limit(store).map_err(CommandError::failed);
        Ok(Limits {
            deletes: Some(self.max_deletes.map_or_else(of_store, Ok)?),
            delete_percent: self.max_delete_percent,
            deletes_by_type: self.max_deletes_of.iter().cloned().collect(),
            attribute_percent: self.max_attribute_percent,
        })
    }
}
