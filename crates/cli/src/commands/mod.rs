//! The commands, one module each.
mod analyze;
mod bundle;
mod checklist;
mod diff;
mod export;
mod import;
mod import_ad;
mod import_entra;
mod rules;
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
    Checklist(checklist::Args),
    Verify(Box<verify::Args>),
}

impl Command {
    pub(crate) fn run(&self) -> Result<Exit, CommandError> {
        match self {
            Self::Analyze(args) => analyze::run(args),
            Self::Export(args) => export::run(args),
            Self::Bundle(args) => bundle::run(args),
            Self::Rules(args) => rules::run(args),
            Self::Import(args) => import::run(args),
            Self::Checklist(args) => checklist::run(args),
            Self::Verify(args) => verify::run(args),
        }
    }
}
