//! `dirlift bundle`: what can be done with a bundle of settings.
mod headline;
mod inspect;
mod page;
mod verify;
mod view;

use std::path::Path;

use clap::Subcommand;
use dirlift_exporter::bundle::ReadError;

pub(super) use self::view::{ANALYSIS, View};
use super::diff;
use crate::{error::CommandError, exit::Exit};

/// Shows, checks and compares bundles of settings
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Inspect(inspect::Args),
    Verify(verify::Args),
    Diff(diff::Args),
}

pub(crate) fn run(args: &Args) -> Result<Exit, CommandError> {
    match &args.what {
        What::Inspect(args) => inspect::run(args),
        What::Verify(args) => verify::run(args),
        What::Diff(args) => diff::run(args),
    }
}

/// A bundle that could not be read, or is refused.
fn refused(path: &Path, error: ReadError) -> CommandError {
    match error {
        ReadError::Bundle(error) => {
            CommandError::file("opening", path, std::io::Error::other(error))
        }
        ReadError::Io { path, source } => CommandError::file("reading", path, source),
    }
}
