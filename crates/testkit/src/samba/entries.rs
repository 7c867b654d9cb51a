//! Entries of a test domain, as LDIF from plain templates.
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::BASE;

/// Entries to load, in order: a container before what lies in it.
#[derive(Clone, Debug, Default)]
pub struct Entries {
    ldif: String,
}

impl Entries {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything so far.
    pub fn ldif(&self) -> &str {
        &self.ldif
    }

    /// Adds an entry; `rdn` is relative to the domain. Values may be any bytes.
    pub fn add(&mut self, rdn: &str, classes: &[&str], attributes: &[(&str, &[u8])]) -> &mut Self {
        let dn = if rdn.is_empty() { BASE.to_owned() } else { format!("{rdn},{BASE}") };
        self.line("dn", dn.as_bytes());
        for class in classes {
            self.line("objectClass", class.as_bytes());
        }
        for (name, value) in attributes {
            self.line(name, value);
        }
        self.ldif.push('\n');
        self
    }

    /// Adds an organisational unit.
    pub fn unit(&mut self, rdn: &str) -> &mut Self {
        self.add(rdn, &["top", "organizationalUnit"], &[])
    }

    /// Adds a user that is enabled.
    pub fn user(&mut self, rdn: &str, account: &str, attributes: &[(&str, &[u8])]) -> &mut Self {
        let principal = format!("{account}@fabrikam.example");
        let mut all: Vec<(&str, &[u8])> = vec![
            ("sAMAccountName", account.as_bytes()),
            ("userPrincipalName", principal.as_bytes()),
        ];
        if !attributes.iter().any(|it| it.0 == "userAccountControl") {
            all.push(("userAccountControl", b"512"));
        }
        all.extend_from_slice(attributes);
        self.add(rdn, &["top", "person", "organizationalPerson", "user"], &all)
    }

    /// Replaces an attribute of the domain itself, such as the lockout threshold.
    pub fn domain_setting(&mut self, name: &str, value: &str) -> &mut Self {
        let change =
            format!("dn: {BASE}\nchangetype: modify\nreplace: {name}\n{name}: {value}\n-\n\n");
        self.ldif.push_str(&change);
        self
    }

    fn line(&mut self, name: &str, value: &[u8]) {
        self.ldif.push_str(name);
        self.ldif.push_str(":: ");
        STANDARD.encode_string(value, &mut self.ldif);
        self.ldif.push('\n');
    }
}

/// A password in the form that `unicodePwd` takes.
pub fn unicode_password(password: &str) -> Vec<u8> {
    format!("\"{password}\"").encode_utf16().flat_map(u16::to_le_bytes).collect()
}
