//! `dirlift rules`: what a server's synchronization rules mean, and what is wrong with them.
mod check;
mod eval;
mod listing;
mod object;

use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::{error::CommandError, exit::Exit};

/// Reads synchronization rules: says what they mean, checks them, tries an expression
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Check(check::Args),
    Eval(eval::Args),
}

pub(crate) fn run(args: &Args) -> Result<Exit, CommandError> {
    match &args.what {
        What::Check(args) => check::run(args),
        What::Eval(args) => eval::run(args),
    }
}

/// The path of a file, in the words of an error.
fn failed(action: &'static str, path: &Path, why: impl Into<String>) -> CommandError {
    CommandError::file(action, PathBuf::from(path), std::io::Error::other(why.into()))
}
