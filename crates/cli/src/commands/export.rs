//! `dirlift export`: a server's settings as one file for the server that takes over.
mod containers;

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use dirlift_analyzer::{Knowledge, Options, analyze};
use dirlift_directory::Source;
use dirlift_exporter::{
    Force, Input, Refusal,
    bundle::{self, Bundle, BundleSource, Label, Part},
    diff::Configuration,
    export, gate, target_rules, translation,
};
use dirlift_model::{Facts, ServerConfiguration};
use dirlift_report::{Block, TextOptions};
use dirlift_source::{Host as _, RulesFolder, read_rules_folder};
use jiff::Timestamp;

use super::{
    analyze::parse_time,
    bundle::{ANALYSIS, View},
};
use crate::{
    context, database::DatabaseArgs, error::CommandError, exit::Exit, output::OutFile,
    server::Server,
};

/// Name of the report in a bundle.
const REPORT: &str = "report.html";

/// What the output ends with.
const NEXT: &str = "Keep the SHA-256 apart from the file: `dirlift bundle verify` compares it where the bundle arrives. \
                    Begin there with import-guide.md.";

/// What `--help` begins with.
const ABOUT: &str = "\
Writes everything that migrates from the old server into one bundle

The bundle holds the settings, the analysis with its report, the configuration in the layout that the new server's wizard reads, \
a guide through that wizard with your own values, and scripts for what the wizard does not carry. No password, key or encrypted \
value is in it. Nothing on the server is changed:

  dirlift export snapshot.zip --out bundle.zip
  dirlift export snapshot.zip --rules new-server-export/ --out bundle.zip
  dirlift export rest/ --sql mssql://auditor@db2/FIMSynchronizationService --out bundle.zip";

/// Writes everything that migrates from the old server into one bundle
#[derive(Debug, clap::Args)]
#[command(
    long_about = ABOUT,
    override_usage = "dirlift export [OPTIONS] --out <FILE> <SNAPSHOT>\n       dirlift export [OPTIONS] --out <FILE> --sql <URL> [SNAPSHOT]"
)]
pub(crate) struct Args {
    /// Snapshot of the old server: a folder or a zip of one (docs/snapshot.md). May be left out with --sql
    #[arg(required_unless_present = "sql")]
    snapshot: Option<PathBuf>,
    /// Bundle to write, readable by its owner only; an older one is replaced when the new one is complete
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Export also where it is not advised: fewer than 50,000 objects, blockers, an incomplete configuration. The bundle
    /// names the reasons
    #[arg(long)]
    force: bool,
    /// Rules of the server that takes over, exported from it, instead of the built-in ones
    #[arg(long, value_name = "FOLDER")]
    rules: Option<PathBuf>,
    /// Time that the bundle is made as of, such as 2026-11-21 [default: when the snapshot was taken]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    as_of: Option<Timestamp>,
    #[arg(
        long,
        value_name = "FILE",
        help = "LDIF file with the containers of Active Directory: their objectGUIDs go into the settings, since the name of \
                a container may change"
    )]
    ad: Option<Source>,
    #[command(flatten)]
    database: DatabaseArgs,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CommandError> {
    if let Some(snapshot) = &args.snapshot
        && is_same_file(snapshot, &args.out)
    {
        let text = "the bundle would replace the snapshot that it is made from";
        return Err(CommandError::usage(text).hint("give --out another name"));
    }
    let out = OutFile::create(&args.out)?;
    let target = args.rules.as_deref().map(read_target).transpose()?;
    let server = Server::read(args.snapshot.as_deref(), &args.database)?;
    let time = time(args, &server.facts)?;
    let Content { label, parts, missing } = content(args, &server, time, target.as_ref())?;
    let written = bundle::write(&label, parts).map_err(CommandError::failed)?;
    // What is handed over is what a reader takes, or it is not handed over.
    let bundle = Bundle::open(&written.bytes).map_err(CommandError::failed)?;
    out.commit(&written.bytes)?;
    let view = View::of(&args.out, written.bytes.len(), &bundle);
    let mut page = view.head();
    if !missing.is_empty() {
        page.push(Block::Heading("NOT KNOWN, AND NEEDED".to_owned()));
        page.extend(missing.iter().map(|it| Block::Item(2, it.clone())));
    }
    page.push(Block::Gap);
    page.push(Block::Paragraph(0, NEXT.to_owned()));
    let options = TextOptions { width: context::stdout_width(), color: context::stdout_color() };
    context::write_stdout(&dirlift_report::blocks(&page, &options))?;
    Ok(if missing.is_empty() { Exit::Done } else { Exit::Incomplete })
}

/// What goes into the bundle.
struct Content {
    label: Label,
    parts: Vec<Part>,
    /// What was needed and is not known.
    missing: Vec<String>,
}

fn content(
    args: &Args,
    server: &Server,
    time: Timestamp,
    target: Option<&ServerConfiguration>,
) -> Result<Content, CommandError> {
    let facts = &server.facts;
    let options =
        Options { as_of: time, mode: None, tool_version: env!("CARGO_PKG_VERSION").to_owned() };
    let analysis = analyze(facts, None, &Knowledge::builtin(), &options);
    let force = if args.force { Force::Yes } else { Force::No };
    let forced = gate(facts, &analysis, force)?;
    let tool = format!("dirlift {}", options.tool_version);
    let configuration = facts.configuration.as_ref().map(|it| &it.server);
    let input = Input {
        tool: tool.clone(),
        facts,
        analysis: &analysis,
        snapshot_time: time,
        forced: forced.clone(),
        translation: translation(facts, target),
        target_rules: target.zip(configuration).map(|(target, old)| target_rules(target, old)),
        originals: originals(server)?,
        object_guids: match args.ad.as_ref().zip(configuration) {
            Some((source, it)) => containers::object_guids(source, it)?,
            None => BTreeMap::new(),
        },
    };
    let mut parts = export(&input)?.parts;
    parts.push(Part::new(ANALYSIS, dirlift_report::json(&analysis)));
    parts.push(Part::new(REPORT, dirlift_report::html(&analysis)));
    let source = BundleSource {
        product: analysis.source.product,
        version: analysis.source.version,
        host: analysis.source.host.clone(),
    };
    let missing = analysis.not_checked.iter().filter(|it| it.needed);
    Ok(Content {
        label: Label { tool, source, snapshot_time: time, forced },
        parts,
        missing: missing.map(|it| format!("{}: {}", it.what, it.why)).collect(),
    })
}

/// When the facts were true: what makes the same input give the same bytes.
fn time(args: &Args, facts: &Facts) -> Result<Timestamp, CommandError> {
    let exported_at = || facts.export.as_ref().and_then(|it| it.exported_at);
    if let Some(it) = args.as_of.or(facts.taken_at).or_else(exported_at) {
        return Ok(it);
    }
    if args.snapshot.is_none() {
        // The database was read just now.
        return Ok(context::now());
    }
    let text = "the snapshot does not say when it was taken, and a bundle has to";
    Err(CommandError::usage(text).hint("give --as-of TIME, such as --as-of 2026-11-21"))
}

/// The rules of the server that takes over; one that cannot be read would be missed in silence.
fn read_target(path: &Path) -> Result<ServerConfiguration, CommandError> {
    let RulesFolder { configuration, damaged } = read_rules_folder(path)?;
    match damaged.first() {
        None => Ok(configuration),
        Some(it) => {
            let cause = io::Error::other(format!("{}: {}", it.location, it.what));
            let hint = "export the rules of the new server again; without --rules the built-in ones stand in";
            Err(CommandError::file("reading the rules in", path, cause).hint(hint))
        }
    }
}

/// The files of the server's own export, relative to its folder; servers without rules of their own need none.
fn originals(server: &Server) -> Result<Vec<Part>, CommandError> {
    let has_rules =
        server.facts.configuration.as_ref().is_some_and(|it| !it.server.rules.is_empty());
    let Some(snapshot) = server.snapshot.as_ref().filter(|_| has_rules) else {
        return Ok(Vec::new());
    };
    let names = snapshot.parts();
    let mut parts = Vec::new();
    for (name, path) in files_of_export(&names) {
        if let Some(bytes) = snapshot.read(name)? {
            parts.push(Part::new(path, bytes));
        }
    }
    Ok(parts)
}

/// Files of the export that lies highest, with their paths in its folder.
fn files_of_export(names: &[String]) -> Vec<(&str, &str)> {
    let is_part = |it: &&str| {
        !it.to_ascii_lowercase().starts_with("templates/") && Configuration::is_part(it)
    };
    // `Connectors/x.xml` below the folder of the export.
    let base = |it: &str| -> Option<usize> {
        let folder = it[..it.rfind('/')?].rfind('/').map_or(0, |it| it + 1);
        it.to_ascii_lowercase().ends_with(".xml").then_some(folder)
    };
    let all = || names.iter().map(String::as_str);
    let bases = all().filter(is_part).filter_map(|it| Some(&it[..base(it)?]));
    let Some(folder) = bases.min_by_key(|it| (it.matches('/').count(), *it)) else {
        return Vec::new();
    };
    let inside = all().filter_map(|it| Some((it, it.strip_prefix(folder)?)));
    // What lies beside an export that was not put into a folder is something else.
    inside
        .filter(|(name, path)| !folder.is_empty() || is_part(name) && path.matches('/').count() < 2)
        .collect()
}

fn is_same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

impl From<Refusal> for CommandError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NeedsForce(reasons) => {
                Self::refused("nothing was exported, because that has to be forced here:")
                    .excerpt(reasons.into_iter().map(|it| format!("- {it}")))
                    .hint("--force exports all the same; the bundle then names these reasons")
            }
            Refusal::NoConfiguration => Self::refused(refusal)
                .hint("a restored copy of its database tells the configuration too: --sql URL (docs/sql-server.md)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_export_that_lies_highest_counts() {
        /// Names, and those of the export with their paths in it.
        type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)]);
        let cases: &[Case<'_>] = &[
            (&[], &[]),
            (&["snapshot.json", "server-configuration/MV.XML"], &[]),
            (
                &[
                    "server-configuration/Connectors/Connector_{1}.xml",
                    "server-configuration/MigratedPolicy.json",
                    "server-configuration/PersistedState.xml",
                    "snapshot.json",
                    "templates/SynchronizationRules/SynchronizationRule_{1}.xml",
                ],
                &[
                    (
                        "server-configuration/Connectors/Connector_{1}.xml",
                        "Connectors/Connector_{1}.xml",
                    ),
                    ("server-configuration/MigratedPolicy.json", "MigratedPolicy.json"),
                    ("server-configuration/PersistedState.xml", "PersistedState.xml"),
                ],
            ),
            (
                &[
                    "Connectors/Connector_{1}.xml",
                    "LICENSE.txt",
                    "MigratedPolicy.json",
                    "old/Connectors/Connector_{1}.xml",
                ],
                &[
                    ("Connectors/Connector_{1}.xml", "Connectors/Connector_{1}.xml"),
                    ("MigratedPolicy.json", "MigratedPolicy.json"),
                ],
            ),
            (
                &["b/GlobalSettings/MV.xml", "a/x/GlobalSettings/MV.xml"],
                &[("b/GlobalSettings/MV.xml", "GlobalSettings/MV.xml")],
            ),
        ];
        for (names, expected) in cases {
            let names: Vec<_> = names.iter().map(|it| (*it).to_owned()).collect();
            assert_eq!(files_of_export(&names), *expected, "{names:?}");
        }
    }
}
