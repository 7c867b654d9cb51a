//! `dirlift bundle`: what can be done with a bundle of settings.
use clap::Subcommand;

use super::diff;
use crate::{error::CommandError, exit::Exit};

/// Compares bundles of settings
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Diff(diff::Args),
}

pub(crate) fn run(args: &Args) -> Result<Exit, CommandError> {
    match &args.what {
        What::Diff(args) => diff::run(args),
    }
}
