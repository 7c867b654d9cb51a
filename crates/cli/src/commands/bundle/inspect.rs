//! `dirlift bundle inspect`: what a bundle is and what it holds.
use std::path::PathBuf;

use dirlift_exporter::bundle::{Bundle, read_bytes};

use super::{View, refused};
use crate::{
    error::CommandError,
    exit::Exit,
    output::{Format, Sink},
};

/// Says what a bundle is, where and when it comes from, and what it holds
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// File that `dirlift export` wrote
    bundle: PathBuf,
    /// Form of the output
    #[arg(long, default_value = "text")]
    format: Format,
    /// File to write instead of standard output; an older one is replaced when the new one is complete
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<Exit, CommandError> {
    let sink = Sink::open(args.out.as_deref())?;
    let bytes = read_bytes(&args.bundle).map_err(|it| refused(&args.bundle, it))?;
    let bundle = Bundle::open(&bytes).map_err(|it| refused(&args.bundle, it.into()))?;
    let view = View::of(&args.bundle, bytes.len(), &bundle);
    match args.format {
        Format::Json => sink.json(&view)?,
        Format::Text => sink.text(&view.page())?,
    }
    Ok(if view.is_complete() { Exit::Done } else { Exit::Incomplete })
}
