//! `dirlift verify`: what is about to be exported, predicted and real, and what of it nobody expects.
mod anchors;
mod gather;
mod places;
mod real;
mod server;
mod stored;

use std::{io::Read as _, path::PathBuf};

use clap::ValueEnum;
use dirlift_deployment::{Mode, Store, StoreError};
use dirlift_model::{
    AttributeName,
    checklist::{CutOver, EvidenceKind},
    pending::Operation,
    verification::{Conclusion, Filter, Outcome, Row, Verification},
};
use dirlift_report::{
    TextOptions, document, verification_csv_header, verification_csv_row, verification_html,
    verification_markdown, verification_text,
};
use dirlift_verifier::{
    AcceptEntry, AcceptFormat, AcceptList, DEFAULT_DELETES, Limits,
    checklist::{is_same_host, verified},
};
use jiff::Timestamp;

use self::gather::{Plan, Rows};
use crate::{
    context,
    database::{DatabaseArgs, Target},
    error::CommandError,
    exit::Exit,
    output::OutFile,
};

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
    /// Pending exports of the real staging server, as csexport writes them; one file for each connector
    #[arg(long, value_name = "FILE")]
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
    /// Most deletes of one connector that pass
    #[arg(long, value_name = "N", default_value_t = DEFAULT_DELETES)]
    max_deletes: u64,
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
    let host = target.as_ref().map(Target::host);
    let mut accept = match &args.accept {
        Some(path) => read_accept(path)?,
        None => AcceptList::default(),
    };
    let mut store = Store::open(&args.store).map_err(CommandError::failed)?;
    accept.extend(stored_entries(&store)?).map_err(CommandError::failed)?;
    let mut progress = context::progress();
    let server = target.map(|it| server::read(&it, &mut progress)).transpose()?;
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
        limits: args.guards.limits(),
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
        record(&mut store, &verification, host.as_deref()).map_err(CommandError::failed)?;
    }
    Ok(match verification.conclusion {
        Conclusion::Clean => Exit::Done,
        Conclusion::Unexpected => Exit::Objections,
        Conclusion::Incomplete => Exit::Incomplete,
    })
}

/// Keeps what the verification shows as evidence for the checklist. `host` is where the real server's database is: the old
/// server's database shows nothing of the new one.
fn record(store: &mut Store, it: &Verification, host: Option<&str>) -> Result<(), StoreError> {
    let now = context::now();
    let old = store.switches()?.and_then(|it| it.old_host);
    let is_old = store.deployment().mode == Mode::Parallel
        && old.zip(host).is_some_and(|(old, host)| is_same_host(&old, host));
    for seen in verified(it, &store.rehearsed()?, now) {
        if is_old && OF_SERVER.contains(&seen.kind) {
            continue;
        }
        store.add_evidence(&seen, now)?;
        if seen.kind == EvidenceKind::StagingOff && seen.holds {
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

/// What was accepted in the store itself.
fn stored_entries(store: &Store) -> Result<Vec<AcceptEntry>, CommandError> {
    let changes = store.accepted().map_err(CommandError::failed)?;
    let entries = (1_usize..).zip(changes).map(|(number, it)| {
        let filled = |text: String| Some(text).filter(|it| !it.is_empty());
        let operation = Operation::ALL.into_iter().find(|word| word.as_str() == it.operation);
        let operation = operation.ok_or_else(|| {
            let text = format!("entry {number} of what the store accepts names no operation");
            CommandError::failed(text)
        })?;
        Ok(AcceptEntry {
            connector: filled(it.connector),
            operation: Some(operation),
            object_type: None,
            object: filled(it.object),
            attribute: filled(it.attribute).map(AttributeName::new),
            cause: None,
            differences: false,
            at_most: None,
            reason: it.reason,
            author: it.author,
            expires_at: it.expires_at,
            place: format!("store entry {number}"),
        })
    });
    entries.collect()
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
    fn limits(&self) -> Limits {
        Limits {
            deletes: Some(self.max_deletes),
            delete_percent: self.max_delete_percent,
            deletes_by_type: self.max_deletes_of.iter().cloned().collect(),
            attribute_percent: self.max_attribute_percent,
        }
    }
}
