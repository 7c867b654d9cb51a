//! `dirlift bundle verify`: whether a bundle came over whole, and whether it is the one that was meant.
use std::path::PathBuf;

use dirlift_exporter::bundle::{Bundle, Sum, read_bytes};
use dirlift_model::text::{plural, sanitize};

use super::refused;
use crate::{context, error::CommandError, exit::Exit};

/// Checks every byte of a bundle against its manifest, and the whole file against the sum that export printed
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// File that `dirlift export` wrote
    bundle: PathBuf,
    /// SHA-256 that `dirlift export` printed; any other file is refused, even a sound one
    #[arg(long, value_name = "HEX")]
    expect_sha256: Option<Sum>,
}

pub(super) fn run(args: &Args) -> Result<Exit, CommandError> {
    let bytes = read_bytes(&args.bundle).map_err(|it| refused(&args.bundle, it))?;
    let sum = Sum::of(&bytes);
    let is_other = args.expect_sha256.is_some_and(|it| it != sum);
    let bundle = Bundle::open(&bytes).map_err(|error| {
        let error = refused(&args.bundle, error.into()).hint(format!("its SHA-256 is {sum}"));
        match args.expect_sha256 {
            Some(expected) if is_other => error
                .hint(format!("expected is {expected}: this is not the file that was exported")),
            Some(_) => error
                .hint("that is the expected one: the file was like this when its sum was taken"),
            None => error,
        }
    })?;
    let name = sanitize(&args.bundle.display().to_string());
    if let Some(expected) = args.expect_sha256.filter(|_| is_other) {
        let text = format!(
            "{name} is sound, but it is not the expected bundle: its SHA-256 is {sum}, not {expected}"
        );
        let hint = "compare the sum with the one that `dirlift export` printed, and copy the bundle again from there";
        return Err(CommandError::failed(text).hint(hint));
    }
    let n_files = plural(bundle.parts().len() as u64, "file", "files");
    let meant = if args.expect_sha256.is_some() {
        "It is the expected one."
    } else {
        "Compare its SHA-256 with the one that `dirlift export` printed: a sound bundle may still be another one."
    };
    context::write_stdout(&format!(
        "{name} is sound: {n_files}, each as the manifest lists it.\n{meant}\nSHA-256  {sum}\n"
    ))?;
    Ok(Exit::Done)
}
