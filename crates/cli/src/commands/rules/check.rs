//! `dirlift rules check`: rules in order of application, their meaning, and every finding.
use std::path::PathBuf;

use dirlift_model::Severity;
use dirlift_source::read_rules_folder;
use dirlift_syncengine::rules::RuleSet;

use super::listing;
use crate::{
    error::CommandError,
    exit::Exit,
    output::{Format, Sink},
};

/// Lists the rules of a folder in order of application, says what they mean, and checks them
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Export of a server that has a folder of rules, or a folder of rule files (XML)
    folder: PathBuf,
    /// Form of the output
    #[arg(long, default_value = "text")]
    format: Format,
    /// File to write instead of standard output; an older one is replaced when the new one is complete
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<Exit, CommandError> {
    let sink = Sink::open(args.out.as_deref())?;
    let folder = read_rules_folder(&args.folder)?;
    let set = RuleSet::compile(&folder.configuration.rules, &folder.configuration);
    let view = listing::view(&folder, &set);
    match args.format {
        Format::Json => sink.json(&view)?,
        Format::Text => sink.text(&listing::page(&view))?,
    }
    let blocks = set.findings().iter().any(|it| it.problem.severity() == Severity::Blocker);
    Ok(match (blocks, folder.damaged.is_empty()) {
        (true, _) => Exit::Objections,
        (false, false) => Exit::Incomplete,
        (false, true) => Exit::Done,
    })
}
