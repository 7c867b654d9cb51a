//! `dirlift import`: full imports into files, for a rehearsal elsewhere.
use clap::Subcommand;

use super::import_ad;
use crate::{error::CommandError, exit::Exit};

/// Reads a directory whole and writes it into files, for a rehearsal elsewhere
#[derive(Debug, Subcommand)]
pub(crate) enum What {
    Ad(import_ad::Args),
}

impl What {
    pub(crate) fn run(&self) -> Result<Exit, CommandError> {
        match self {
            Self::Ad(args) => import_ad::run(args),
        }
    }
}
