//! The commands, one module each.
mod analyze;
mod bundle;
mod checklist;
mod diff;
mod explain;
mod export;
mod import;
mod import_ad;
mod import_entra;
mod migrate;
mod rehearse;
mod rules;
mod sync;
mod verify;

use clap::Subcommand;

use crate::{error::CommandError, exit::Exit};

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Analyze(analyze::Args),
    Export(export::Args),
    Bundle(bundle::Args),
    Rules(rules::Args),
    Import(import::Args),
    Rehearse(rehearse::Args),
    Explain(explain::Args),
    Migrate(migrate::Args),
    Sync(sync::Args),
    Verify(Box<verify::Args>),
    Checklist(checklist::Args),
}

impl Command {
    pub(crate) fn run(&self) -> Result<Exit, CommandError> {
        match self {
            Self::Analyze(args) => analyze::run(args),
            Self::Export(args) => export::run(args),
            Self::Bundle(args) => bundle::run(args),
            Self::Rules(args) => rules::run(args),
            Self::Import(args) => import::run(args),
            Self::Rehearse(args) => rehearse::run(args),
            Self::Explain(args) => explain::run(args),
            Self::Migrate(args) => migrate::run(args),
            Self::Sync(args) => sync::run(args),
            Self::Verify(args) => verify::run(args),
            Self::Checklist(args) => checklist::run(args),
        }
    }
}
