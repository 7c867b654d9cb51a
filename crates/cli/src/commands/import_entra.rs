//! `dirlift import entra`: a tenant of Microsoft Entra ID, read through Microsoft Graph into a folder.
use std::{
    fmt::Write as _,
    fs::File,
    hash::{BuildHasher as _, RandomState},
    io::{self, IsTerminal as _, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use dirlift_entra::{
    Certificate, Cloud, Credentials, DeviceCode, Endpoints, EntraSource, Error, Graph, HttpOptions,
    ImportOptions, Pause, SecretString, SignIn, Surroundings, TenantName, save,
};
use dirlift_model::{
    Guid, TenantFacts,
    text::{plural, sanitize},
};

use crate::{context, error::CommandError, exit::Exit, interrupt};

/// Largest file with a secret, a certificate or authorities, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// The variable that holds the client secret.
const SECRET_VARIABLE: &str = "DIRLIFT_CLIENT_SECRET";

/// Reads a tenant of Microsoft Entra ID through Microsoft Graph into a folder (docs/entra.md)
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The tenant: graph:ID or graph:DOMAIN
    #[arg(long, value_name = "SOURCE")]
    entra: EntraSource,
    /// Folder to write; it is made, or has to be empty
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Client id of the application that signs in
    #[arg(long, value_name = "ID")]
    client_id: Guid,
    /// File with the client secret in its first line, instead of the environment or the keyboard
    #[arg(long, value_name = "FILE", conflicts_with_all = ["certificate", "device_code"])]
    password_file: Option<PathBuf>,
    /// File with a client certificate and its RSA key (PEM), instead of a secret
    #[arg(long, value_name = "FILE", conflicts_with = "device_code")]
    certificate: Option<PathBuf>,
    /// Sign in as a person in a browser, instead of a secret
    #[arg(long)]
    device_code: bool,
    /// Cloud of the tenant: global, us-gov, us-dod or china
    #[arg(long, value_name = "CLOUD", default_value = "global")]
    cloud: Cloud,
    /// Authorities to trust besides those of the system (PEM)
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// A server on this machine in place of the cloud, for tests
    #[arg(long, value_name = "URL", hide = true)]
    loopback: Option<String>,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CommandError> {
    let EntraSource::Graph(tenant) = &args.entra else {
        return Err(CommandError::failed(
            "only a tenant can be imported, such as graph:contoso.onmicrosoft.com",
        )
        .hint("a folder of Graph JSON and a csexport are files already: use them as they are"));
    };
    let endpoints = match &args.loopback {
        Some(root) => Endpoints::loopback(root).map_err(CommandError::failed)?,
        None => Endpoints::of(args.cloud),
    };
    let authorities = args.ca_file.as_deref().map(read_file).transpose()?;
    let sign_in = SignIn {
        tenant: tenant.clone(),
        client: args.client_id,
        credentials: credentials(args, tenant)?,
    };
    let options = HttpOptions { authorities, ..HttpOptions::default() };
    let graph = Graph::new(endpoints, sign_in, Arc::new(World), &options)?;
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

fn credentials(args: &Args, tenant: &TenantName) -> Result<Credentials, CommandError> {
    if args.device_code {
        return Ok(Credentials::DeviceCode(Arc::new(show_code)));
    }
    if let Some(path) = &args.certificate {
        let certificate = Certificate::from_pem(&read_file(path)?)
            .map_err(|it| CommandError::file("reading", path, io::Error::other(it)))?;
        return Ok(Credentials::Certificate(Arc::new(certificate)));
    }
    let secret = if let Some(path) = &args.password_file {
        let text = String::from_utf8(read_file(path)?).map_err(|_| {
            CommandError::file("reading", path, io::Error::other("it is not UTF-8 text"))
        })?;
        text.lines().next().unwrap_or_default().to_owned()
    } else if let Some(text) = std::env::var(SECRET_VARIABLE).ok().filter(|it| !it.is_empty()) {
        text
    } else if io::stdin().is_terminal() {
        rpassword::prompt_password(format!("Client secret for {tenant}: "))
            .map_err(CommandError::failed)?
    } else {
        return Err(CommandError::failed("no client secret").hint(format!(
            "give --password-file, {SECRET_VARIABLE}, --certificate or --device-code"
        )));
    };
    if secret.trim().is_empty() {
        return Err(CommandError::failed("the client secret is empty"));
    }
    Ok(Credentials::Secret(SecretString::from(secret.trim().to_owned())))
}

fn read_file(path: &Path) -> Result<Vec<u8>, CommandError> {
    let failed = |it| CommandError::file("reading", path, it);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(failed(io::Error::other("it is larger than 1 MB")));
    }
    Ok(bytes)
}

fn show_code(code: &DeviceCode) {
    let minutes = code.valid_for.as_secs() / 60;
    let (page, code) = (sanitize(&code.page), sanitize(&code.code));
    talk(&format!("To sign in, open {page} and enter the code {code} within {minutes} minutes.\n"));
}

/// Says something to the person; when nobody listens, there is nobody to tell.
fn talk(text: &str) {
    drop(io::stderr().lock().write_all(text.as_bytes()));
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

/// The real time, patience and chance.
struct World;

impl Surroundings for World {
    fn now(&self) -> i64 {
        context::now().as_second()
    }

    fn pause(&self, time: Duration) -> Pause {
        Box::pin(tokio::time::sleep(time))
    }

    fn random(&self) -> u64 {
        // Each state is keyed by the system's own chance; pauses and statement ids need no more.
        RandomState::new().hash_one(0_u8)
    }
}

impl From<Error> for CommandError {
    fn from(error: Error) -> Self {
        let hint = match &error {
            Error::SignIn { .. } | Error::Forbidden { .. } | Error::Unauthorized { .. } => {
                Some("docs/entra.md lists the permissions and says how to sign in")
            }
            Error::File { .. } => Some("the parent of the folder must exist and be writable"),
            _ => None,
        };
        match hint {
            Some(hint) => Self::failed(error).hint(hint),
            None => Self::failed(error),
        }
    }
}
