//! Signing in: client secret, client certificate, device code. Tokens stay in memory.
mod assertion;

use std::{fmt, sync::Arc, time::Duration};

use dirlift_model::{Guid, text::shorten};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

pub use assertion::{Certificate, CertificateError};

use crate::{
    error::{Error, quoted},
    http::{Answer, Http},
    source::TenantName,
};

/// How long before its end a token is renewed.
const MARGIN: i64 = 120;

/// How the application proves who it is, or who uses it.
#[derive(Clone)]
pub enum Credentials {
    /// A client secret of the application.
    Secret(SecretString),
    /// A certificate of the application.
    Certificate(Arc<Certificate>),
    /// A person signs in in a browser; the function shows them where and with which code.
    DeviceCode(Arc<dyn Fn(&DeviceCode) + Send + Sync>),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret(_) => "Secret(..)",
            Self::Certificate(_) => "Certificate(..)",
            Self::DeviceCode(_) => "DeviceCode",
        })
    }
}

/// What a person needs in order to sign in elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCode {
    /// The page to open.
    pub page: String,
    /// The code to enter there.
    pub code: String,
    /// How long it holds.
    pub valid_for: Duration,
}

/// Who signs in, where.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The tenant.
    pub tenant: TenantName,
    /// The application's (client) id.
    pub client: Guid,
    /// The proof.
    pub credentials: Credentials,
}

/// Permissions that a person who signs in by device code is asked to consent to; the least that works.
pub const DELEGATED_SCOPES: &[&str] = &[
    "Device.Read.All",
    "Domain.Read.All",
    "GroupMember.Read.All",
    "OnPremDirectorySynchronization.Read.All",
    "Organization.Read.All",
    "OrgContact.Read.All",
    "RoleManagement.Read.Directory",
    "User.Read.All",
];

/// A token and the number of its renewal.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) text: SecretString,
    pub(crate) generation: u64,
    expires: i64,
}

/// Gets tokens and renews them.
pub(crate) struct Signer {
    sign_in: SignIn,
    state: tokio::sync::Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    refresh: Option<SecretString>,
    n_renewed: u64,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: SecretString,
    refresh_token: Option<SecretString>,
    #[serde(default)]
    expires_in: i64,
}

#[derive(Deserialize)]
struct CodeAnswer {
    device_code: SecretString,
    user_code: String,
    verification_uri: String,
    expires_in: u64,
    #[serde(default)]
    interval: u64,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    error_description: String,
}

type Form<'a> = Vec<(&'a str, String)>;

impl Signer {
    pub(crate) fn new(sign_in: SignIn) -> Self {
        Self { sign_in, state: tokio::sync::Mutex::default() }
    }

    /// A token that holds; `refused` is the number of one that the service no longer takes.
    pub(crate) async fn token(&self, http: &Http, refused: Option<u64>) -> Result<Token, Error> {
        let mut state = self.state.lock().await;
        let now = http.surroundings.now();
        if let Some(token) = &state.token
            && refused != Some(token.generation)
            && token.expires - MARGIN > now
        {
            return Ok(token.clone());
        }
        let answer = match (&self.sign_in.credentials, state.refresh.take()) {
            (Credentials::DeviceCode(_), Some(refresh)) => {
                let form = vec![
                    ("grant_type", "refresh_token".to_owned()),
                    ("refresh_token", refresh.expose_secret().to_owned()),
                    ("scope", delegated_scope(http)),
                ];
                self.ask(http, form).await?
            }
            (Credentials::DeviceCode(show), None) => self.device_code(http, show.as_ref()).await?,
            (Credentials::Secret(secret), _) => {
                let form = vec![
                    ("grant_type", "client_credentials".to_owned()),
                    ("client_secret", secret.expose_secret().to_owned()),
                    ("scope", application_scope(http)),
                ];
                self.ask(http, form).await?
            }
            (Credentials::Certificate(certificate), _) => {
                let audience = self.url(http, "token");
                let random = (http.surroundings.random(), http.surroundings.random());
                let assertion =
                    certificate.assertion(&audience, self.sign_in.client, now, random)?;
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                let form = vec![
                    ("grant_type", "client_credentials".to_owned()),
                    ("client_assertion_type", kind.to_owned()),
                    ("client_assertion", assertion.expose_secret().to_owned()),
                    ("scope", application_scope(http)),
                ];
                self.ask(http, form).await?
            }
        };
        state.n_renewed += 1;
        state.refresh = answer.refresh_token;
        let token = Token {
            text: answer.access_token,
            generation: state.n_renewed,
            // A token of unknown life is used until it is refused.
            expires: if answer.expires_in > 0 {
                http.surroundings.now().saturating_add(answer.expires_in)
            } else {
                i64::MAX
            },
        };
        state.token = Some(token.clone());
        Ok(token)
    }

    fn url(&self, http: &Http, what: &str) -> String {
        let root = http.endpoints.login.as_str().trim_end_matches('/');
        format!("{root}/{}/oauth2/v2.0/{what}", self.sign_in.tenant)
    }

    async fn post(&self, http: &Http, what: &str, mut form: Form<'_>) -> Result<Answer, Error> {
        form.push(("client_id", self.sign_in.client.to_string()));
        http.post_form(&self.url(http, what), &form).await
    }

    async fn ask(&self, http: &Http, form: Form<'_>) -> Result<TokenAnswer, Error> {
        let answer = self.post(http, "token", form).await?;
        if answer.status == 200 { token_in(&answer) } else { Err(self.refusal(&answer)) }
    }

    fn refusal(&self, answer: &Answer) -> Error {
        match serde_json::from_slice::<Refusal>(&answer.body) {
            Ok(refusal) => Error::SignIn {
                tenant: self.sign_in.tenant.to_string(),
                advice: advice(&refusal.error_description),
                code: shorten(&refusal.error, 60),
                message: quoted(&refusal.error_description),
            },
            Err(_) => Error::Refused {
                what: answer.what.clone(),
                status: answer.status,
                message: answer.content_type.clone(),
            },
        }
    }

    async fn device_code(
        &self,
        http: &Http,
        show: &(dyn Fn(&DeviceCode) + Send + Sync),
    ) -> Result<TokenAnswer, Error> {
        let failed = |what| Error::DeviceCode { tenant: self.sign_in.tenant.to_string(), what };
        let answer = self.post(http, "devicecode", vec![("scope", delegated_scope(http))]).await?;
        if answer.status != 200 {
            return Err(self.refusal(&answer));
        }
        let code: CodeAnswer = serde_json::from_slice(&answer.body)
            .map_err(|it| Error::malformed(&answer.what, &position_only(&it)))?;
        show(&DeviceCode {
            page: shorten(&code.verification_uri, 200),
            code: shorten(&code.user_code, 40),
            valid_for: Duration::from_secs(code.expires_in),
        });
        // RFC 8628: five seconds when the service names no interval, five more each time it asks to slow down.
        let mut interval = if code.interval == 0 { 5 } else { code.interval.min(60) };
        let mut waited = 0;
        while waited < code.expires_in {
            http.surroundings.pause(Duration::from_secs(interval)).await;
            waited += interval;
            let form = vec![
                ("grant_type", "urn:ietf:params:oauth:grant-type:device_code".to_owned()),
                ("device_code", code.device_code.expose_secret().to_owned()),
            ];
            let answer = self.post(http, "token", form).await?;
            if answer.status == 200 {
                return token_in(&answer);
            }
            match serde_json::from_slice::<Refusal>(&answer.body).map(|it| it.error).as_deref() {
                Ok("authorization_pending") => {}
                Ok("slow_down") => interval += 5,
                Ok("authorization_declined" | "access_denied") => {
                    return Err(failed("the request was declined in the browser"));
                }
                Ok("expired_token" | "code_expired") => break,
                _ => return Err(self.refusal(&answer)),
            }
        }
        Err(failed("the code was not used in time"))
    }
}

fn token_in(answer: &Answer) -> Result<TokenAnswer, Error> {
    serde_json::from_slice(&answer.body)
        .map_err(|it| Error::malformed(&answer.what, &position_only(&it)))
}

/// Where the answer is wrong, without any of its text: it may hold a token.
fn position_only(error: &serde_json::Error) -> String {
    format!("the answer is not the JSON of a sign-in service (column {})", error.column())
}

fn application_scope(http: &Http) -> String {
    format!("{}/.default", http.resource())
}

fn delegated_scope(http: &Http) -> String {
    let resource = http.resource();
    let mut scope = "offline_access".to_owned();
    for name in DELEGATED_SCOPES {
        scope.push(' ');
        scope.push_str(&resource);
        scope.push('/');
        scope.push_str(name);
    }
    scope
}

/// What to do about the service's error numbers (source: Microsoft Entra authentication and authorization error codes).
const ADVICE: &[(&str, &str)] = &[
    ("AADSTS7000215", "give the secret's value, not its id"),
    ("AADSTS7000222", "the secret has expired: add a new one to the application"),
    ("AADSTS700016", "the tenant has no application of this id: check --client-id and the tenant"),
    ("AADSTS700027", "the application does not know the certificate: upload it to the application"),
    ("AADSTS90002", "there is no such tenant in this cloud: check its name and --cloud"),
    ("AADSTS900023", "the tenant's name is not valid: give its id or one of its domains"),
    ("AADSTS65001", "an administrator has to consent to the permissions of docs/entra.md"),
    (
        "AADSTS7000218",
        "allow public client flows on the application for --device-code, or use a secret or a certificate",
    ),
    ("AADSTS53003", "a Conditional Access policy blocks this sign-in"),
    ("AADSTS50076", "the sign-in needs a second factor: use --device-code"),
];

fn advice(description: &str) -> &'static str {
    // The number ends where the digits end: AADSTS900023 is not AADSTS90002.
    let number = description.find("AADSTS").map(|at| {
        let rest = &description[at + 6..];
        let n_digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        &description[at..at + 6 + n_digits]
    });
    ADVICE
        .iter()
        .find(|(it, _)| Some(*it) == number)
        .map_or("check the tenant, the client id and the credential", |(_, advice)| advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_follows_the_number() {
        assert!(advice("AADSTS7000222: expired").contains("expired"));
        assert!(advice("x AADSTS900023: y").contains("not valid"));
        assert!(advice("AADSTS90002: y").contains("no such tenant"));
        assert!(advice("nothing").starts_with("check"));
        assert!(advice("AADSTS").starts_with("check"));
    }

    #[test]
    fn a_credential_does_not_show_itself() {
        let secret = Credentials::Secret("hunter2".to_owned().into());
        assert_eq!(format!("{secret:?}"), "Secret(..)");
    }
}
