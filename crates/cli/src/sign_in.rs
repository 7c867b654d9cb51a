//! How commands sign in to directories: options that they share.
use std::{
    hash::{BuildHasher as _, RandomState},
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use dirlift_directory::{CodePage, Connect, Credentials as AdCredentials, Server, Source, Trust};
use dirlift_entra::{
    Certificate, Cloud, Credentials, DeviceCode, Endpoints, EntraSource, Error, Graph, HttpOptions,
    Pause, SecretString, SignIn, Surroundings, TenantName,
};
use dirlift_model::{Guid, text::sanitize};

use crate::{
    context,
    credentials::{self, read_file},
    error::CommandError,
};

/// The variable that holds the client secret.
const SECRET_VARIABLE: &str = "DIRLIFT_CLIENT_SECRET";

/// Signing in to Active Directory.
#[derive(Debug, clap::Args)]
pub(crate) struct AdSignIn {
    #[doc = "Account to sign in with: name@domain, DOMAIN\\name or a distinguished name. Its password comes from \
             --password-file, else from the environment variable DIRLIFT_PASSWORD, else you are asked for it"]
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// File that holds the password and nothing else
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,
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

impl AdSignIn {
    /// What is needed to reach a source; asks for a password if need be. `ca_file` holds the authorities to trust in place
    /// of those of the system.
    pub(crate) fn connect(
        &self,
        source: &Source,
        ca_file: Option<&Path>,
    ) -> Result<Connect, CommandError> {
        let trust = ca_file.map_or(Trust::Platform, |it| Trust::CaFile(it.to_owned()));
        let credentials = match (source, &self.user) {
            (Source::Ldap(server), Some(user)) => {
                let server = server.to_string();
                let password = credentials::password(self.password_file.as_deref(), user, &server)?;
                Some(AdCredentials { user: user.clone(), password })
            }
            (Source::Ldap(_), None) => {
                let text = "a domain controller shows nothing to those who do not sign in";
                return Err(CommandError::usage(text).hint("give --user NAME"));
            }
            (Source::CsExport(_) | Source::Ldif(_), _) => None,
        };
        let mut connect = Connect::new(trust, credentials);
        connect.code_page = self.code_page;
        for (domain, server) in &self.server {
            connect.servers.entry(domain.clone()).or_default().push(server.clone());
        }
        Ok(connect)
    }
}

/// Signing in to Microsoft Entra ID. The file of the secret is an option of the command: others have a password too.
#[derive(Debug, clap::Args)]
pub(crate) struct EntraSignIn {
    /// Client id of the application that signs in to graph:TENANT
    #[arg(long, value_name = "ID")]
    client_id: Option<Guid>,
    /// File with a client certificate and its RSA key (PEM), instead of a secret
    #[arg(long, value_name = "FILE", conflicts_with = "device_code")]
    certificate: Option<PathBuf>,
    /// Sign in as a person in a browser, instead of a secret
    #[arg(long)]
    device_code: bool,
    /// Cloud of the tenant: global, us-gov, us-dod or china
    #[arg(long, value_name = "CLOUD", default_value = "global")]
    cloud: Cloud,
    /// A server on this machine in place of the cloud, for tests
    #[arg(long, value_name = "URL", hide = true)]
    loopback: Option<String>,
}

impl EntraSignIn {
    /// A client for a tenant, not signed in yet; asks for a secret if need be. `secret` is the option and the file that it
    /// names, `ca_file` holds authorities to trust besides those of the system.
    pub(crate) fn graph(
        &self,
        tenant: &TenantName,
        secret: (&'static str, Option<&Path>),
        ca_file: Option<&Path>,
    ) -> Result<Graph, CommandError> {
        let Some(client) = self.client_id else {
            let text = format!("no application to sign in to {tenant} with");
            return Err(CommandError::usage(text).hint("give --client-id ID (docs/entra.md)"));
        };
        let endpoints = match &self.loopback {
            Some(root) => Endpoints::loopback(root).map_err(CommandError::failed)?,
            None => Endpoints::of(self.cloud),
        };
        let authorities = ca_file.map(read_file).transpose()?;
        let credentials = self.credentials(tenant, secret)?;
        let sign_in = SignIn { tenant: tenant.clone(), client, credentials };
        let options = HttpOptions { authorities, ..HttpOptions::default() };
        Ok(Graph::new(endpoints, sign_in, Arc::new(World), &options)?)
    }

    fn credentials(
        &self,
        tenant: &TenantName,
        (option, secret_file): (&'static str, Option<&Path>),
    ) -> Result<Credentials, CommandError> {
        if self.device_code {
            return Ok(Credentials::DeviceCode(Arc::new(show_code)));
        }
        if let Some(path) = &self.certificate {
            let certificate = Certificate::from_pem(&read_file(path)?)
                .map_err(|it| CommandError::file("reading", path, io::Error::other(it)))?;
            return Ok(Credentials::Certificate(Arc::new(certificate)));
        }
        let secret = if let Some(path) = secret_file {
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
                "give {option}, {SECRET_VARIABLE}, --certificate or --device-code"
            )));
        };
        if secret.trim().is_empty() {
            return Err(CommandError::failed("the client secret is empty"));
        }
        Ok(Credentials::Secret(SecretString::from(secret.trim().to_owned())))
    }
}

/// Signing in to both sides, for commands that read both.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Signing in")]
pub(crate) struct SignInArgs {
    #[command(flatten)]
    ad: AdSignIn,
    /// File with the client secret in its first line, instead of the environment or the keyboard
    #[arg(long, value_name = "FILE", conflicts_with_all = ["certificate", "device_code"])]
    client_secret_file: Option<PathBuf>,
    #[command(flatten)]
    entra: EntraSignIn,
    /// Certificates of the authorities to trust (PEM): in place of those of the system for Active Directory, besides them
    /// for Microsoft Entra ID
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

impl SignInArgs {
    /// What is needed to reach the sources; asks for a password only where one of them needs it.
    pub(crate) fn connect(&self, sources: &[Source]) -> Result<Connect, CommandError> {
        let server = sources.iter().find(|it| matches!(it, Source::Ldap(_))).or(sources.first());
        let nothing = Source::Ldif(PathBuf::new());
        self.ad.connect(server.unwrap_or(&nothing), self.ca_file.as_deref())
    }

    /// A client for the tenant, not signed in yet; `None` when the source is none.
    pub(crate) fn graph(&self, source: &EntraSource) -> Result<Option<Graph>, CommandError> {
        let EntraSource::Graph(tenant) = source else { return Ok(None) };
        let secret = ("--client-secret-file", self.client_secret_file.as_deref());
        self.entra.graph(tenant, secret, self.ca_file.as_deref()).map(Some)
    }
}

/// Says something to the person; when nobody listens, there is nobody to tell.
pub(crate) fn talk(text: &str) {
    drop(io::stderr().lock().write_all(text.as_bytes()));
}

fn show_code(code: &DeviceCode) {
    let minutes = code.valid_for.as_secs() / 60;
    let (page, code) = (sanitize(&code.page), sanitize(&code.code));
    talk(&format!("To sign in, open {page} and enter the code {code} within {minutes} minutes.\n"));
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
        match entra_hint(&error) {
            Some(hint) => Self::failed(error).hint(hint),
            None => Self::failed(error),
        }
    }
}

/// What to do about a failure of the cloud.
pub(crate) fn entra_hint(error: &Error) -> Option<&'static str> {
    match error {
        Error::SignIn { .. } | Error::Forbidden { .. } | Error::Unauthorized { .. } => {
            Some("docs/entra.md lists the permissions and says how to sign in")
        }
        Error::File { .. } => Some("the parent of the folder must exist and be writable"),
        _ => None,
    }
}
