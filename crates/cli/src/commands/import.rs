//! `dirlift import`: one directory, read as a whole and written to files for a rehearsal elsewhere.
use clap::Subcommand;

use super::{import_ad, import_entra};
use crate::{error::CommandError, exit::Exit};

/// Reads a directory whole and writes it into files, for a rehearsal elsewhere
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    directory: Directory,
}

/// Which directory.
#[derive(Debug, Subcommand)]
enum Directory {
    Ad(import_ad::Args),
    Entra(import_entra::Args),
}

pub(crate) fn run(args: &Args) -> Result<Exit, CommandError> {
    match &args.directory {
        Directory::Ad(args) => import_ad::run(args),
        Directory::Entra(args) => import_entra::run(args),
    }
}
