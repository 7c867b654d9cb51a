//! `dirlift import ad`: Active Directory into an LDIF file.
use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use dirlift_directory::{
    CodePage, Connect, Credentials, Extent, ImportRequest, LdifError, LdifSummary, LdifWriter,
    Report, Server, Source, Trust,
};
use dirlift_model::{
    progress::Progress as _,
    text::{plural, sanitize},
};

use crate::{
    configuration, context, credentials,
    error::CommandError,
    exit::Exit,
    interrupt,
    sources::{ad_failed, open_ad},
};

/// Remarks that are printed; the rest is counted.
const MAX_REMARKS: usize = 40;

/// Reads Active Directory, whole or what a configuration selects of it, and writes it into an LDIF file
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(
        long,
        value_name = "SOURCE",
        help = "Where to read: ldaps://HOST[:PORT], ldap://HOST[:PORT] (with StartTLS, or not at all), or an LDIF file, \
             plain or gzip"
    )]
    ad: Source,
    /// File to write, readable by its owner only; gzip if its name ends in .gz. An older file is replaced when the new
    /// one is complete
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Configuration that says which domains, containers, object classes and attributes: a bundle, an export of a server
    /// or a snapshot. Without it, every domain with what the stock connectors select
    #[arg(long, value_name = "PATH")]
    config: Option<PathBuf>,
    /// Connector of the configuration, where it has several to Active Directory
    #[arg(long, value_name = "NAME", requires = "config")]
    connector: Option<String>,
    #[doc = "Account to sign in with: name@domain, DOMAIN\\name or a distinguished name. Its password comes from \
             --password-file, else from the environment variable DIRLIFT_PASSWORD, else you are asked for it"]
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// File that holds the password and nothing else
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,
    /// Certificates of the authorities to trust (PEM or DER), in place of those of the system
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Server for a domain, in place of those that the forest names; may be given several times
    #[arg(long, value_name = "DOMAIN=URL", value_parser = parse_server)]
    server: Vec<(String, Server)>,
    /// Code page of LDIF text that is not UTF-8, such as windows-1250
    #[arg(long, value_name = "NAME", default_value = "windows-1252")]
    code_page: CodePage,
}

fn parse_server(text: &str) -> Result<(String, Server), String> {
    let (domain, url) =
        text.split_once('=').ok_or("write the domain, an equals sign and ldaps://HOST")?;
    let server = url.parse::<Server>().map_err(|it| it.to_string())?;
    Ok((domain.to_ascii_lowercase(), server))
}

pub(crate) fn run(args: &Args) -> Result<Exit, CommandError> {
    let (request, remarks) = request(args)?;
    let connect = connect(args)?;
    let mut writer = interrupt::whole(|unfinished| {
        let writer = LdifWriter::create(&args.out)?;
        unfinished.add(writer.temporary_path());
        Ok::<_, LdifError>(writer)
    })
    .map_err(CommandError::failed)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime
        .map_err(|it| CommandError::failed(format!("starting the network runtime: {it}")))?;
    let report = runtime.block_on(copy(&args.ad, request, connect, &mut writer))?;
    let unfinished = writer.temporary_path().to_owned();
    let summary = interrupt::whole(|all| {
        let summary = writer.commit();
        all.remove(&unfinished);
        summary
    })
    .map_err(CommandError::failed)?;
    tell(&remarks, &report, &summary);
    Ok(Exit::Done)
}

/// What to import, and what of the configuration cannot be used.
fn request(args: &Args) -> Result<(ImportRequest, Vec<String>), CommandError> {
    let Some(path) = &args.config else { return Ok((ImportRequest::stock(), Vec::new())) };
    let connectors = configuration::ad_connectors(path)?;
    let connector = configuration::choose(&connectors, args.connector.as_deref())?;
    Ok(ImportRequest::from_connector(connector))
}

fn connect(args: &Args) -> Result<Connect, CommandError> {
    let trust = args.ca_file.clone().map_or(Trust::Platform, Trust::CaFile);
    let credentials = match (&args.ad, &args.user) {
        (Source::Ldap(server), Some(user)) => {
            let server = server.to_string();
            let password = credentials::password(args.password_file.as_deref(), user, &server)?;
            Some(Credentials { user: user.clone(), password })
        }
        (Source::Ldap(_), None) => {
            let text = "a domain controller shows nothing to those who do not sign in";
            return Err(CommandError::usage(text).hint("give --user NAME"));
        }
        (Source::CsExport(_), _) => {
            let text = "a connector-space export is not copied into LDIF";
            let hint = "use the export itself where a source is asked for: --ad csexport:FILE";
            return Err(CommandError::usage(text).hint(hint));
        }
        (Source::Ldif(_), _) => None,
    };
    let mut connect = Connect::new(trust, credentials);
    connect.code_page = args.code_page;
    for (domain, server) in &args.server {
        connect.servers.entry(domain.clone()).or_default().push(server.clone());
    }
    Ok(connect)
}

async fn copy(
    source: &Source,
    request: ImportRequest,
    connect: Connect,
    writer: &mut LdifWriter,
) -> Result<Report, CommandError> {
    let mut progress = context::progress();
    let mut import = open_ad(source, request, connect).await?;
    writer
        .begin(env!("CARGO_PKG_VERSION"), import.forest(), import.schema())
        .map_err(CommandError::failed)?;
    // A file has a size and so a remaining time; nobody knows how many objects a directory has.
    let extent = import.extent().filter(|it| it.n_bytes() > 0).cloned();
    match &extent {
        Some(extent) => progress.begin("importing", "bytes", Some(extent.n_bytes())),
        None => progress.begin("importing", "objects", None),
    }
    let mut n_shown = 0;
    while let Some(object) = import.next().await {
        writer.write(&object.map_err(ad_failed)?).map_err(CommandError::failed)?;
        let n_done = extent.as_ref().map_or(n_shown + 1, Extent::n_read);
        progress.advance(n_done - n_shown);
        n_shown = n_done;
    }
    progress.end();
    Ok(import.report().cloned().unwrap_or_default())
}

/// Says on standard error what was written and what was met on the way.
fn tell(remarks: &[String], report: &Report, summary: &LdifSummary) {
    let mut text = format!("{} written", plural(summary.n_objects, "object", "objects"));
    let kinds: Vec<_> =
        report.objects.iter().map(|(kind, n)| plural(*n, kind.as_str(), kind.as_str())).collect();
    if !kinds.is_empty() {
        text = format!("{text} ({})", kinds.join(", "));
    }
    let mut lines = vec![text];
    lines.extend(remarks.iter().map(|it| format!("note: {it}")));
    lines.extend(report.events.iter().take(MAX_REMARKS).map(|it| format!("note: {it}")));
    let n_more = (report.events.len().saturating_sub(MAX_REMARKS)) as u64 + report.n_more_events;
    if n_more > 0 {
        lines.push(format!("note: {}", plural(n_more, "more remark", "more remarks")));
    }
    for line in lines {
        // A closed error stream is no reason to fail.
        drop(writeln!(io::stderr(), "{}", sanitize(&line)));
    }
}
