//! `dirlift explain`: why an object of a rehearsal or of a deployment is as it is.
mod view;

use std::path::PathBuf;

use dirlift_importer::{
    apply::StoredDeployment,
    rehearsal::{Again, StoredRehearsal},
};
use dirlift_model::{DistinguishedName, rehearsal::RuleBasis};
use dirlift_report::{TextOptions, blocks, document};
use dirlift_syncengine::sync::ObjectExplanation;
use serde::Serialize;

use super::rehearse::failed;
use crate::{
    context,
    error::CommandError,
    exit::Exit,
    output::{Format, OutFile},
};

/// Objects that are explained one after the other.
const MAX_EXPLAINED: usize = 5;

/// Says why an object of a rehearsal or a deployment is as it is: rules in scope and out, joins, each flow with what it read and gave
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder of a rehearsal, or file of a deployment
    rehearsal: PathBuf,
    /// Distinguished name, user principal name, mail address, anchor (base64), objectGUID, or object id of the cloud
    object: String,
    /// Show every clause of scopes, and flows that decide nothing too
    #[arg(long)]
    all: bool,
    /// Form of the output
    #[arg(long, default_value = "text")]
    format: Format,
    /// File to write instead of standard output; an older one is replaced when the new one is complete
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Everything that is shown.
#[derive(Serialize)]
struct Document {
    format_version: u32,
    /// What was asked for.
    object: String,
    /// Whose standard rules were used.
    rule_basis: RuleBasis,
    /// Objects that fit and are shown by no explanation, because there are too many.
    not_shown: Vec<DistinguishedName>,
    /// One for each object of the metaverse that fits.
    explanations: Vec<ObjectExplanation>,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CommandError> {
    let out = args.out.as_deref().map(OutFile::create).transpose()?;
    let (again, rule_basis, hint) = again(args)?;
    let mut page = Document {
        format_version: 1,
        object: args.object.clone(),
        rule_basis,
        not_shown: Vec::new(),
        explanations: Vec::new(),
    };
    for (connector, dn) in &again.found {
        let Some(it) = again.synchronized.explain(*connector, dn) else { continue };
        let is_known = page.explanations.iter().any(|known| {
            known.metaverse.as_ref().is_some_and(|mv| {
                mv.links.iter().any(|(name, linked)| *name == it.connector && linked == dn)
            })
        });
        if is_known {
            continue;
        }
        if page.explanations.len() < MAX_EXPLAINED {
            page.explanations.push(it);
        } else {
            page.not_shown.push(dn.clone());
        }
    }
    if page.explanations.is_empty() {
        let text = format!("no object that was imported is known as {}", args.object);
        return Err(CommandError::failed(text).hint(hint));
    }
    let text = match args.format {
        Format::Json => document(&page).map_err(CommandError::failed)?,
        Format::Text => {
            let options = match &out {
                Some(_) => TextOptions { width: context::file_width(), color: false },
                None => {
                    TextOptions { width: context::stdout_width(), color: context::stdout_color() }
                }
            };
            blocks(&view::page(&page, args.all), &options)
        }
    };
    match out {
        Some(file) => file.commit(text.as_bytes())?,
        None => context::write_stdout(&text)?,
    }
    Ok(Exit::Done)
}

/// The synchronization done again, whose rules it used, and where to look when an object is not in it. A folder is of a
/// rehearsal, a file is of a deployment.
fn again(args: &Args) -> Result<(Again, RuleBasis, &'static str), CommandError> {
    let (object, path) = (&args.object, &args.rehearsal);
    let mut progress = context::progress();
    if path.is_file() {
        let stored = StoredDeployment::open(path).map_err(CommandError::failed)?;
        let again = stored.synchronize(object, context::threads(), &mut progress);
        let hint = "only objects that were imported can be explained; the report of dirlift migrate says what was left out, and why";
        return Ok((again.map_err(CommandError::failed)?, stored.rule_basis, hint));
    }
    let stored = StoredRehearsal::open(path).map_err(|it| {
        failed(it).hint("give the folder that dirlift rehearse wrote, or the file of a deployment")
    })?;
    let again = stored.synchronize(object, context::threads(), &mut progress).map_err(failed)?;
    let hint = "only objects that were imported can be explained; summary.json says what was left out, and why";
    Ok((again, stored.summary.rule_basis, hint))
}
