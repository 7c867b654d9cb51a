//! The signed statement that a certificate's owner makes to the sign-in service (RFC 7523).
use std::fmt;

use aws_lc_rs::{rand::SystemRandom, rsa::KeyPair, signature::RSA_PSS_SHA256};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use dirlift_model::Guid;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};

use crate::error::Error;

/// How long a statement holds, in seconds; the service advises five to ten minutes.
const LIFE: i64 = 300;

/// A certificate with its RSA key.
pub struct Certificate {
    thumbprint: String,
    key: KeyPair,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.thumbprint)
    }
}

impl Certificate {
    /// Reads the first certificate and the private key of a PEM file; the key is not encrypted.
    pub fn from_pem(pem: &[u8]) -> Result<Self, CertificateError> {
        let has = |needle: &[u8]| pem.windows(needle.len()).any(|it| it == needle);
        if has(b"BEGIN ENCRYPTED") || has(b"4,ENCRYPTED") {
            return Err(CertificateError::Encrypted);
        }
        let certificate =
            CertificateDer::from_pem_slice(pem).map_err(|_| CertificateError::NoCertificate)?;
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| CertificateError::NoKey)?;
        let key = match &key {
            PrivateKeyDer::Pkcs8(key) => KeyPair::from_pkcs8(key.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(key) => KeyPair::from_der(key.secret_pkcs1_der()),
            _ => return Err(CertificateError::NotRsa),
        };
        let key = key.map_err(|_| CertificateError::NotRsa)?;
        let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(&certificate));
        Ok(Self { thumbprint, key })
    }

    /// The signed statement for this audience.
    pub(super) fn assertion(
        &self,
        audience: &str,
        client: Guid,
        now: i64,
        random: (u64, u64),
    ) -> Result<SecretString, Error> {
        let header = serde_json::json!({"alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint});
        let claims = serde_json::json!({
            "aud": audience,
            "iss": client,
            "sub": client,
            "jti": format!("{:016x}{:016x}", random.0, random.1),
            "iat": now,
            "nbf": now,
            "exp": now + LIFE,
        });
        let encoded = |it: &serde_json::Value| URL_SAFE_NO_PAD.encode(it.to_string());
        let mut text = format!("{}.{}", encoded(&header), encoded(&claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PSS_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .map_err(|_| Error::Setting("the certificate's key cannot sign".to_owned()))?;
        text.push('.');
        text.push_str(&URL_SAFE_NO_PAD.encode(signature));
        Ok(text.into())
    }
}

/// Why a file cannot be used as a client certificate. The file's text is never part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// No certificate in it.
    #[error("the file has no certificate in PEM form (-----BEGIN CERTIFICATE-----)")]
    NoCertificate,
    /// No key in it.
    #[error("the file has no private key in PEM form (-----BEGIN PRIVATE KEY-----)")]
    NoKey,
    /// The key is encrypted.
    #[error("the private key is encrypted; give a file with the plain key that only you can read")]
    Encrypted,
    /// The key is of another kind.
    #[error("the private key is not an RSA key of 2048 bits or more, which the service needs")]
    NotRsa,
}
