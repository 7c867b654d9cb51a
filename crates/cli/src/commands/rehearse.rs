//! `dirlift rehearse`: what a new server would export, worked out without one.
use std::{fmt, path::PathBuf, str::FromStr};

use clap::ValueEnum;
use dirlift_directory::{Connect, ImportRequest, Source};
use dirlift_entra::{EntraSource, Graph};
use dirlift_importer::rehearsal::{
    CloudSource, DirectoryImport, Folder, Loaded, RehearsalError, Setup, load, readable,
};
use dirlift_model::{Guid, progress::Progress, rehearsal::Rehearsal};
use dirlift_report::{RehearsalPage, TextOptions, document, rehearsal_html, rehearsal_text};
use dirlift_syncengine::sync::{Options, Readable};
use jiff::Timestamp;

use super::analyze::parse_time;
use crate::{
    configuration, context,
    error::CommandError,
    exit::Exit,
    interrupt,
    progress::SECONDS,
    sign_in::{SignInArgs, entra_hint},
    sources::{ad_failed, connector_space, open_ad, split_forest},
};

/// Reads both directories, synchronizes them by a configuration's rules, and keeps what would be exported
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Configuration: a bundle, an export of a server, or a snapshot (folder or zip)
    #[arg(long, value_name = "PATH")]
    config: PathBuf,
    /// Export of the server that takes over, or a folder of its rules; its rules replace the standard rules
    #[arg(long, value_name = "FOLDER")]
    rules: Option<PathBuf>,
    #[arg(
        long,
        value_name = "[FOREST=]SOURCE",
        required = true,
        help = "Active Directory: ldaps://HOST[:PORT], ldap://HOST[:PORT] (with StartTLS, or not at all), an LDIF file or \
                csexport:FILE; with several forests one source each, such as corp.example=ldaps://dc1"
    )]
    ad: Vec<AdSource>,
    /// Microsoft Entra ID: graph:TENANT, a folder of Graph JSON or csexport:FILE
    #[arg(long, value_name = "SOURCE")]
    entra: EntraSource,
    /// Folder to write, for its owner only; it is made, or has to be empty
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Time that expressions take for the present: a date (midnight UTC) or RFC 3339; now by default
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    as_of: Option<Timestamp>,
    /// Form of what goes to standard output
    #[arg(long, default_value = "text")]
    format: Format,
    #[command(flatten)]
    sign_in: SignInArgs,
}

/// Form of the output.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON document, the same as summary.json
    Json,
}

/// A source of Active Directory, perhaps with the forest that it is for.
#[derive(Clone, Debug)]
struct AdSource {
    forest: Option<String>,
    source: Source,
    shown: String,
}

impl FromStr for AdSource {
    type Err = dirlift_directory::SourceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (forest, rest) = split_forest(text);
        Ok(Self {
            forest: forest.map(str::to_owned),
            source: rest.parse()?,
            shown: rest.to_owned(),
        })
    }
}

impl fmt::Display for AdSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

pub(crate) fn run(args: &Args) -> Result<Exit, CommandError> {
    let as_of = args.as_of.unwrap_or_else(context::now);
    let mut progress = context::progress();
    let setup = configuration::setup(&args.config, args.rules.as_deref(), &mut progress)?;
    let names: Vec<_> = args.ad.iter().map(|it| it.forest.as_deref()).collect();
    let connectors = setup.assign(&names).map_err(CommandError::usage)?;
    // Everything that can be asked for is asked for before anything is read.
    let mut sources = Vec::new();
    for (connector, source) in connectors.into_iter().zip(&args.ad) {
        let connect = args.sign_in.connect(std::slice::from_ref(&source.source))?;
        sources.push((connector, source, connect));
    }
    let graph = args.sign_in.graph(&args.entra)?;
    let mut folder = interrupt::whole(|unfinished| {
        let folder = Folder::create(&args.out)?;
        unfinished.add(folder.temporary_path());
        Ok::<_, RehearsalError>(folder)
    })
    .map_err(failed)?;
    let unfinished = folder.temporary_path().to_owned();
    let result = rehearse(args, setup, sources, graph.as_ref(), as_of, &mut folder, &mut progress);
    let summary = match result {
        Ok(summary) => interrupt::whole(|all| {
            let committed = folder.commit();
            all.remove(&unfinished);
            committed.map(|()| summary)
        })
        .map_err(failed)?,
        Err(error) => {
            interrupt::whole(|all| {
                drop(folder);
                all.remove(&unfinished);
            });
            return Err(error);
        }
    };
    drop(progress);
    match args.format {
        Format::Json => {
            context::write_stdout(&document(&summary).map_err(CommandError::failed)?)?;
        }
        Format::Text => {
            let options =
                TextOptions { width: context::stdout_width(), color: context::stdout_color() };
            context::write_stdout(&rehearsal_text(&summary, &options))?;
        }
    }
    Ok(exit(&summary))
}

/// What stands against the exports wins over what could not be read.
fn exit(summary: &Rehearsal) -> Exit {
    if !summary.objections.is_empty() {
        Exit::Objections
    } else if summary.not_checked.iter().any(|it| it.needed) {
        Exit::Incomplete
    } else {
        Exit::Done
    }
}

fn rehearse(
    args: &Args,
    setup: Setup,
    sources: Vec<(Guid, &AdSource, Connect)>,
    graph: Option<&Graph>,
    as_of: Timestamp,
    folder: &mut Folder,
    progress: &mut dyn Progress,
) -> Result<Rehearsal, CommandError> {
    let runtime = context::runtime()?;
    let loading = read(args, setup, sources, graph, as_of, folder, progress);
    let loaded = runtime.block_on(loading);
    // Nothing waits for a connection that does not answer.
    runtime.shutdown_background();
    let loaded = loaded?;
    progress.begin("synchronizing", SECONDS, None);
    let done = loaded.run().map_err(failed)?;
    progress.end();
    let written =
        folder.write(&done, env!("CARGO_PKG_VERSION"), as_of, progress).map_err(failed)?;
    let page = RehearsalPage {
        summary: &written.summary,
        exports: &written.exports,
        errors: &written.errors,
    };
    let text = TextOptions { width: context::file_width(), color: false };
    folder
        .add("report.html", rehearsal_html(&page).as_bytes())
        .and_then(|()| folder.add("report.txt", rehearsal_text(&written.summary, &text).as_bytes()))
        .map_err(failed)?;
    Ok(written.summary)
}

async fn read(
    args: &Args,
    setup: Setup,
    sources: Vec<(Guid, &AdSource, Connect)>,
    graph: Option<&Graph>,
    as_of: Timestamp,
    folder: &mut Folder,
    progress: &mut dyn Progress,
) -> Result<Loaded, CommandError> {
    if let Some(graph) = graph {
        graph.sign_in().await?;
    }
    let mut imports = Vec::new();
    for (connector, source, connect) in sources {
        let own = setup.connectors.iter().find(|it| it.id == connector);
        let request = own.map_or_else(ImportRequest::stock, |it| it.request.clone());
        let import = open_ad(&source.source, request, connect).await?;
        imports.push(DirectoryImport { connector, source: source.to_string(), import });
    }
    let mut objects = None;
    let (cloud, shown) = match (&args.entra, graph) {
        (EntraSource::Graph(tenant), Some(graph)) => {
            (CloudSource::Graph(graph), format!("graph:{tenant}"))
        }
        (EntraSource::Graph(tenant), None) => {
            return Err(CommandError::failed(format!("nobody signed in to {tenant}")));
        }
        (EntraSource::Folder(path), _) => (CloudSource::Folder(path), path.display().to_string()),
        (EntraSource::CsExport(path), _) => {
            let objects = objects.insert(connector_space(path)?);
            (CloudSource::Objects(objects), path.display().to_string())
        }
    };
    let readable = match &args.entra {
        EntraSource::CsExport(_) => Readable::All,
        EntraSource::Graph(_) | EntraSource::Folder(_) => readable(),
    };
    let options = Options { readable, threads: context::threads(), ..Options::at(as_of) };
    load(setup, imports, (cloud, shown), options, folder, progress).await.map_err(failed)
}

/// A failure with what to do about it.
pub(super) fn failed(error: RehearsalError) -> CommandError {
    match error {
        RehearsalError::Directory { source, .. } => ad_failed(source),
        RehearsalError::Entra { connector, source } => {
            let hint = entra_hint(&source);
            let error = CommandError::failed(RehearsalError::Entra { connector, source });
            match hint {
                Some(hint) => error.hint(hint),
                None => error,
            }
        }
        other => CommandError::failed(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_may_name_its_forest() {
        let cases = [
            ("forest.ldf", None, "forest.ldf"),
            ("corp.example=ldaps://dc1", Some("corp.example"), "ldaps://dc1"),
            ("My AD=csexport:a.xml", Some("My AD"), "csexport:a.xml"),
            ("corp (AD)=forest.ldf", Some("corp (AD)"), "forest.ldf"),
            ("./a=b.ldf", None, "./a=b.ldf"),
            ("csexport:a=b.xml", None, "csexport:a=b.xml"),
        ];
        for (text, forest, shown) in cases {
            let it: AdSource = text.parse().unwrap();
            assert_eq!((it.forest.as_deref(), it.shown.as_str()), (forest, shown), "{text}");
        }
        assert!("corp.example=".parse::<AdSource>().is_err());
        assert!("http://dc1".parse::<AdSource>().is_err());
    }
}
