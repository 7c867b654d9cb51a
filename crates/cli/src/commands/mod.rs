//! The commands, one module each.
mod analyze;

use clap::Subcommand;

use crate::{error::CommandError, exit::Exit};

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Analyze(analyze::Args),
}

impl Command {
    pub(crate) fn run(&self) -> Result<Exit, CommandError> {
        match self {
            Self::Analyze(args) => analyze::run(args),
        }
    }
}
