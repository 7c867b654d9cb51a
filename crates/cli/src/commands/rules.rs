//! `dirlift rules`: what a server's synchronization rules mean, and what is wrong with them.
mod check;
mod eval;
mod listing;
mod object;

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use dirlift_report::{Block, TextOptions};

use crate::{context, error::CommandError, exit::Exit, output::OutFile};

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

/// Form of the output.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON document
    Json,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CommandError> {
    match &args.what {
        What::Check(args) => check::run(args),
        What::Eval(args) => eval::run(args),
    }
}

/// Where the product of a command goes: a file that was opened before the work, or standard output.
struct Sink(Option<OutFile>);

impl Sink {
    fn open(path: Option<&Path>) -> Result<Self, CommandError> {
        path.map(OutFile::create).transpose().map(Self)
    }

    fn text(self, blocks: &[Block]) -> Result<(), CommandError> {
        let options = match self.0 {
            Some(_) => TextOptions { width: context::file_width(), color: false },
            None => TextOptions { width: context::stdout_width(), color: context::stdout_color() },
        };
        self.write(&dirlift_report::blocks(blocks, &options))
    }

    fn json(self, value: &impl serde::Serialize) -> Result<(), CommandError> {
        let text = dirlift_report::document(value).map_err(CommandError::failed)?;
        self.write(&text)
    }

    fn write(self, text: &str) -> Result<(), CommandError> {
        match self.0 {
            Some(file) => file.commit(text),
            None => context::write_stdout(text),
        }
    }
}

/// The path of a file, in the words of an error.
fn failed(action: &'static str, path: &Path, why: impl Into<String>) -> CommandError {
    CommandError::file(action, PathBuf::from(path), std::io::Error::other(why.into()))
}
