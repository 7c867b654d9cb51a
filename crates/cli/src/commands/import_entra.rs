//! `dirlift import entra`: a tenant of Microsoft Entra ID, read through Microsoft Graph into a folder.
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use dirlift_entra::{EntraSource, Graph, ImportOptions, save};
use dirlift_model::{
    TenantFacts,
    text::{plural, sanitize},
};

use crate::{
    context,
    error::CommandError,
    exit::Exit,
    interrupt,
    sign_in::{EntraSignIn, talk},
};

/// Reads a tenant of Microsoft Entra ID through Microsoft Graph into a folder (docs/entra.md)
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The tenant: graph:ID or graph:DOMAIN
    #[arg(long, value_name = "SOURCE")]
    entra: EntraSource,
    /// Folder to write; it is made, or has to be empty
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// File with the client secret in its first line, instead of the environment or the keyboard
    #[arg(long, value_name = "FILE", conflicts_with_all = ["certificate", "device_code"])]
    password_file: Option<PathBuf>,
    /// Authorities to trust besides those of the system (PEM)
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    #[command(flatten)]
    sign_in: EntraSignIn,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CommandError> {
    let EntraSource::Graph(tenant) = &args.entra else {
        return Err(CommandError::failed(
            "only a tenant can be imported, such as graph:contoso.onmicrosoft.com",
        )
        .hint("a folder of Graph JSON and a csexport are files already: use them as they are"));
    };
    let secret = ("--password-file", args.password_file.as_deref());
    let graph = args.sign_in.graph(tenant, secret, args.ca_file.as_deref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(CommandError::failed)?;
    let work = async {
        let mut progress = context::progress();
        tokio::select! {
            biased;
            signal = tokio::signal::ctrl_c() => signal.map(|()| None).map_err(CommandError::failed),
            result = import(&graph, &args.out, &mut progress) => result.map(Some),
        }
    };
    // Several files are in the making, and whoever makes them clears them away.
    let result = interrupt::handed_over(|| runtime.block_on(work));
    // Nothing waits for a connection that does not answer.
    runtime.shutdown_background();
    let Some(facts) = result? else {
        talk("interrupted: nothing was written\n");
        return Ok(Exit::Interrupted);
    };
    context::write_stdout(&summary(&facts))?;
    Ok(Exit::Done)
}

async fn import(
    graph: &Graph,
    out: &Path,
    progress: &mut dyn dirlift_model::progress::Progress,
) -> Result<TenantFacts, CommandError> {
    graph.sign_in().await?;
    Ok(save(graph, &ImportOptions::default(), out, progress).await?)
}

/// What was read, and what was not.
fn summary(facts: &TenantFacts) -> String {
    let mut text = String::new();
    for count in &facts.objects {
        let many = format!("{}s", count.object_type);
        let total = plural(count.total, &count.object_type, &many);
        let _ = writeln!(text, "{total}, {} synchronised", count.synchronized);
    }
    for it in &facts.not_checked {
        let _ = writeln!(text, "not read: {}: {}", sanitize(&it.what), sanitize(&it.why));
    }
    text
}
