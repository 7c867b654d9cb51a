//! `dirlift bundle diff`: what two configurations do not have in common.
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use dirlift_exporter::diff::{Configuration, compare};
use dirlift_model::config::{Location, Problem};
use dirlift_report::{TextOptions, comparison_html, comparison_text, document};
use dirlift_source::{Host as _, Snapshot};

use crate::{context, error::CommandError, exit::Exit, output::OutFile};

/// Compares two configurations by meaning: rules, flows, containers, attributes, parameters
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Bundle or export of a server, as a folder or a zip
    before: PathBuf,
    /// The same of another server, or of a later time
    after: PathBuf,
    /// Form of the output
    #[arg(long, default_value = "text")]
    format: Format,
    /// File to write instead of standard output; an older one is replaced when the new one is complete
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Form of the output.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// One self-contained page
    Html,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CommandError> {
    let out = args.out.as_deref().map(OutFile::create).transpose()?;
    let (before, after) = (read(&args.before)?, read(&args.after)?);
    let names = [args.before.display().to_string(), args.after.display().to_string()];
    let comparison = compare(&before, &after, [&names[0], &names[1]]);
    let text = match args.format {
        Format::Json => document(&comparison).map_err(CommandError::failed)?,
        Format::Html => comparison_html(&comparison),
        Format::Text => {
            let options = match out {
                Some(_) => TextOptions { width: context::file_width(), color: false },
                None => {
                    TextOptions { width: context::stdout_width(), color: context::stdout_color() }
                }
            };
            comparison_text(&comparison, &options)
        }
    };
    match out {
        Some(file) => file.commit(text.as_bytes())?,
        None => context::write_stdout(&text)?,
    }
    Ok(if comparison.is_incomplete() { Exit::Incomplete } else { Exit::Done })
}

/// Reads the parts of an export out of a folder or zip; a part that cannot be read is told with the result.
fn read(path: &Path) -> Result<Configuration, CommandError> {
    let place = Snapshot::open(path)?;
    let mut files = Vec::new();
    let mut damaged = Vec::new();
    for name in place.parts().into_iter().filter(|it| Configuration::is_part(it)) {
        match place.read(&name) {
            Ok(Some(bytes)) => files.push((name, bytes)),
            Ok(None) => {}
            Err(error) => {
                let location = Location { file: name, line: 1, column: 1 };
                damaged.push(Problem { location, what: error.to_string() });
            }
        }
    }
    let mut configuration = Configuration::from_parts(&files)
        .map_err(|it| CommandError::file("reading", path, std::io::Error::other(it)))?;
    configuration.damaged.extend(damaged);
    configuration.problems.extend(place.problems());
    Ok(configuration)
}
