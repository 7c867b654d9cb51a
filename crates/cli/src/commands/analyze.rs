//! `dirlift analyze`: what a server is, what migrates, what stands in the way.
use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use dirlift_analyzer::{Knowledge, KnowledgeError, Options, analyze};
use dirlift_model::{Severity, analysis::Deployment};
use dirlift_report::TextOptions;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    context,
    database::DatabaseArgs,
    error::CommandError,
    exit::Exit,
    output::OutFile,
    server::{self, Server},
};

/// Largest knowledge file that is read, in bytes.
const MAX_KNOWLEDGE: u64 = 4 << 20;

/// What `--help` begins with.
const ABOUT: &str = "\
Says what a server is, what migrates, what stands in the way, and which deployment to choose

It reads a snapshot of the old server, its database over the network, or both, and changes nothing:

  dirlift analyze snapshot.zip
  dirlift analyze snapshot.zip --format html --out report.html
  dirlift analyze --sql mssql://auditor@db1/FIMSynchronizationService
  dirlift analyze disk-of-dead-server/ --sql mssql://auditor@db2/FIMSynchronizationService";

/// Says what a server is, what migrates, what stands in the way, and which deployment to choose
#[derive(Debug, clap::Args)]
#[command(
    long_about = ABOUT,
    override_usage = "dirlift analyze [OPTIONS] <SNAPSHOT>\n       dirlift analyze [OPTIONS] --sql <URL> [SNAPSHOT]"
)]
pub(crate) struct Args {
    /// Snapshot of the old server: a folder or a zip of one (docs/snapshot.md). May be left out with --sql
    #[arg(required_unless_present = "sql")]
    snapshot: Option<PathBuf>,
    /// Snapshot of the server that is meant to take over
    #[arg(long, value_name = "SNAPSHOT")]
    target: Option<PathBuf>,
    /// Deployment to plan for instead of the recommended one; the override is recorded
    #[arg(long)]
    mode: Option<Mode>,
    /// Dates and versions to judge by, instead of the built-in ones (TOML)
    #[arg(long, value_name = "FILE")]
    knowledge: Option<PathBuf>,
    /// Time that the judgement holds for, such as 2026-11-21 or 2026-11-21T08:30:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    as_of: Option<Timestamp>,
    /// Form of the output
    #[arg(long, default_value = "text")]
    format: Format,
    /// File to write instead of standard output; an older one is replaced when the new one is complete
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Least severity that ends in exit code 3
    #[arg(long, value_name = "SEVERITY", default_value = "blocker")]
    fail_on: FailOn,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Deployment as typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    /// On the same server
    InPlace,
    /// On a new server beside the old one
    Parallel,
}

/// Form of the output.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON document (docs/analysis-json.md)
    Json,
    /// For people, to be put into a ticket or a wiki
    Markdown,
    /// For people, one page that needs nothing else
    Html,
}

/// Severity as typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum FailOn {
    /// Any finding
    Info,
    /// Warnings and blockers
    Warning,
    /// Blockers only
    Blocker,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CommandError> {
    let out = args.out.as_deref().map(OutFile::create).transpose()?;
    let knowledge =
        args.knowledge.as_deref().map_or_else(|| Ok(Knowledge::builtin()), read_knowledge)?;
    let server = Server::read(args.snapshot.as_deref(), &args.database)?;
    let target = args.target.as_deref().map(server::read_facts).transpose()?;
    let options = Options {
        as_of: args.as_of.unwrap_or_else(context::now),
        mode: args.mode.map(Deployment::from),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let analysis = analyze(&server.facts, target.as_ref(), &knowledge, &options);
    let text = match args.format {
        Format::Json => dirlift_report::json(&analysis),
        Format::Markdown => dirlift_report::markdown(&analysis),
        Format::Html => dirlift_report::html(&analysis),
        Format::Text if out.is_some() => dirlift_report::text(
            &analysis,
            &TextOptions { width: context::file_width(), color: false },
        ),
        Format::Text => {
            let options =
                TextOptions { width: context::stdout_width(), color: context::stdout_color() };
            dirlift_report::text(&analysis, &options)
        }
    };
    match out {
        Some(out) => out.commit(text.as_bytes())?,
        None => context::write_stdout(&text)?,
    }
    Ok(analysis.conclusion(args.fail_on.into()).into())
}

fn read_knowledge(path: &Path) -> Result<Knowledge, CommandError> {
    let failed = |it| CommandError::file("reading", path, it);
    let mut text = String::new();
    let file = File::open(path).map_err(failed)?;
    let n_read = file.take(MAX_KNOWLEDGE + 1).read_to_string(&mut text).map_err(failed)?;
    if n_read as u64 > MAX_KNOWLEDGE {
        return Err(failed(std::io::Error::other("a file of knowledge has at most 4 MB")));
    }
    Knowledge::parse(&text).map_err(|it| knowledge_error(path, it))
}

fn knowledge_error(path: &Path, error: KnowledgeError) -> CommandError {
    CommandError::file("reading", path, std::io::Error::other(error))
        .hint("leave --knowledge out to judge by the built-in dates and versions")
}

impl From<Mode> for Deployment {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::InPlace => Self::InPlace,
            Mode::Parallel => Self::Parallel,
        }
    }
}

impl From<FailOn> for Severity {
    fn from(fail_on: FailOn) -> Self {
        match fail_on {
            FailOn::Info => Self::Info,
            FailOn::Warning => Self::Warning,
            FailOn::Blocker => Self::Blocker,
        }
    }
}

/// Reads a time in RFC 3339, or a date, which begins at midnight UTC.
pub(super) fn parse_time(text: &str) -> Result<Timestamp, String> {
    if let Ok(it) = text.parse::<Timestamp>() {
        return Ok(it);
    }
    let is_date = text.len() == 10 && text.bytes().all(|it| it.is_ascii_digit() || it == b'-');
    let date = is_date.then(|| text.parse::<Date>().ok()).flatten();
    let midnight = date.and_then(|it| it.to_zoned(TimeZone::UTC).ok());
    midnight
        .map(|it| it.timestamp())
        .ok_or_else(|| "write a date, or a time with its zone (RFC 3339)".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_zone_and_dates_begin_at_midnight() {
        let cases = [
            ("2026-11-21", Some("2026-11-21T00:00:00Z")),
            ("2026-11-21T08:30:00Z", Some("2026-11-21T08:30:00Z")),
            ("2026-11-21T08:30:00+02:00", Some("2026-11-21T06:30:00Z")),
            ("2026-11-21T08:30:00", None),
            ("2026-02-30", None),
            ("tomorrow", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let expected: Option<Timestamp> = expected.map(|it| it.parse().unwrap());
            assert_eq!(parse_time(text).ok(), expected, "{text}");
        }
    }
}
