//! The sign-in service: client secret, client assertion, device code, refresh tokens.
use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Tokens and what is known of the client.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) client: String,
    pub(super) secret: String,
    pub(super) tenant: String,
    /// Seconds that a token is said to hold.
    pub(super) expires_in: i64,
    /// Answers to polls for a device code before the last, which is a token: error codes.
    pub(super) polls: Vec<&'static str>,
    /// Tokens that are good; an older one stays so beside a newer one, as in the real service.
    pub(super) good: Vec<String>,
    pub(super) n_issued: u32,
    /// Assertions that came.
    pub(super) assertions: Vec<String>,
}

/// The word that every token contains.
pub(super) const CANARY: &str = "CANARY-token";

impl Tokens {
    fn issue(&mut self, refresh: bool) -> (u16, Value) {
        self.n_issued += 1;
        let token = format!("{CANARY}-{}", self.n_issued);
        self.good.push(token.clone());
        let mut answer =
            json!({"token_type": "Bearer", "access_token": token, "expires_in": self.expires_in});
        if refresh {
            answer["refresh_token"] = format!("{CANARY}-refresh-{}", self.n_issued).into();
        }
        (200, answer)
    }

    pub(super) fn answer(&mut self, path: &str, form: &BTreeMap<String, String>) -> (u16, Value) {
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        let refuse = |status, code: &str, text: &str| {
            (
                status,
                json!({"error": code, "error_description": format!("{text} Trace ID: 0 Correlation ID: 1")}),
            )
        };
        let prefix = format!("/{}/oauth2/v2.0/", self.tenant);
        let Some(what) = path.strip_prefix(&prefix) else {
            return refuse(400, "invalid_request", "AADSTS90002: Tenant not found.");
        };
        if field("client_id") != self.client {
            return refuse(
                400,
                "unauthorized_client",
                "AADSTS700016: Application not found in the directory.",
            );
        }
        if what == "devicecode" {
            let page = "https://microsoft.com/devicelogin";
            return (
                200,
                json!({"device_code": format!("{CANARY}-device"), "user_code": "ABCD1234",
                "verification_uri": page, "expires_in": 900, "interval": 5, "message": "x"}),
            );
        }
        match field("grant_type") {
            "client_credentials" if form.contains_key("client_assertion") => {
                self.assertions.push(field("client_assertion").to_owned());
                self.issue(false)
            }
            "client_credentials" if field("client_secret") == self.secret => self.issue(false),
            "client_credentials" => {
                refuse(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
            }
            "refresh_token" if field("refresh_token").starts_with(CANARY) => self.issue(true),
            "urn:ietf:params:oauth:grant-type:device_code" => {
                if self.polls.is_empty() {
                    self.issue(true)
                } else {
                    refuse(400, self.polls.remove(0), "AADSTS70016: Pending.")
                }
            }
            _ => refuse(400, "invalid_grant", "AADSTS9002313: Invalid request."),
        }
    }
}
