//! `dirlift sync`: imports and synchronises a deployment anew.
use std::path::PathBuf;

use dirlift_deployment::Store;
use dirlift_directory::Source;
use dirlift_entra::EntraSource;
use dirlift_importer::{
    apply::{self, Anew, Ports},
    feed::Feed,
    plan::AdSource,
    setup::ConnectorSetup,
};

use super::migrate::{
    self, Format,
    inputs::{absolute_ad, absolute_entra, ad_source, rules},
    view,
};
use crate::{context, error::CommandError, exit::Exit, sign_in::SignInArgs};

/// Imports both directories into a deployment and synchronises them anew
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File of the deployment, from dirlift migrate
    store: PathBuf,
    /// Active Directory, in place of the source that the deployment remembers
    #[arg(long, value_name = "[FOREST=]SOURCE")]
    ad: Vec<String>,
    /// Microsoft Entra ID, in place of the source that the deployment remembers
    #[arg(long, value_name = "SOURCE")]
    entra: Option<String>,
    /// Export of the new server: its rules take the place of the standard rules
    #[arg(long, value_name = "FOLDER")]
    rules: Option<PathBuf>,
    /// Form of the report
    #[arg(long, default_value = "text")]
    format: Format,
    #[command(flatten)]
    sign_in: SignInArgs,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CommandError> {
    let given = args.ad.iter().map(|it| ad_source(it)).collect::<Result<Vec<_>, _>>()?;
    let connectors = {
        let store = Store::open(&args.store).map_err(CommandError::failed)?;
        apply::connectors(&store).map_err(CommandError::failed)?
    };
    check_names(&given, &connectors)?;
    let is_single = connectors.iter().filter(|it| !it.is_cloud).count() == 1;
    let source = |it: &ConnectorSetup| {
        if it.is_cloud {
            return args.entra.as_deref().map(absolute_entra);
        }
        let mut found = given.iter().filter(|source| is_for(source, it, is_single));
        found.next().map(|it| absolute_ad(&it.source))
    };
    let mut ad: Vec<Source> = Vec::new();
    let mut entra: Option<EntraSource> = None;
    for it in &connectors {
        let Some(text) = source(it).or_else(|| it.source.clone()) else { continue };
        if it.is_cloud {
            let parsed = text.parse();
            entra = Some(parsed.map_err(|it| CommandError::usage(format!("--entra: {it}")))?);
        } else {
            ad.push(text.parse().map_err(|it| CommandError::usage(format!("--ad: {it}")))?);
        }
    }
    let rules = args.rules.as_deref().map(rules).transpose()?;
    let rules = rules.as_ref().map(|it| &it.0.configuration);
    let graph = migrate::graph(&args.sign_in, entra.as_ref())?;
    let runtime = context::runtime()?;
    let connect = args.sign_in.connect(&ad)?;
    let mut feed = Feed { runtime: &runtime, connect, graph: graph.as_ref() };
    let mut progress = context::progress();
    let mut ports = Ports {
        directories: &mut feed,
        services: None,
        progress: &mut progress,
        watch: &mut (),
        clock: &context::now,
        threads: context::threads(),
    };
    let report = apply::synchronize_anew(&args.store, Anew { sources: &source, rules }, &mut ports)
        .map_err(migrate::failed)?;
    drop(progress);
    view::write(&report, args.format)?;
    Ok(if report.has_objections() { Exit::Objections } else { Exit::Done })
}

fn is_for(source: &AdSource, connector: &ConnectorSetup, is_single: bool) -> bool {
    match &source.forest {
        Some(name) => {
            name.eq_ignore_ascii_case(&connector.forest)
                || name.eq_ignore_ascii_case(&connector.name)
        }
        None => is_single,
    }
}

/// A source that is for no forest of the deployment is a mistake.
fn check_names(given: &[AdSource], connectors: &[ConnectorSetup]) -> Result<(), CommandError> {
    let forests: Vec<_> = connectors.iter().filter(|it| !it.is_cloud).collect();
    let is_single = forests.len() == 1;
    for source in given {
        if !forests.iter().any(|it| is_for(source, it, is_single)) {
            let names: Vec<_> = forests.iter().map(|it| it.name.as_str()).collect();
            let text = format!("--ad: `{}` is for no forest of the deployment", source.source);
            let hint = format!("write FOREST=SOURCE for one of: {}", names.join(", "));
            return Err(CommandError::usage(text).hint(hint));
        }
    }
    Ok(())
}
