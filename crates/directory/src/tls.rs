//! TLS for LDAP: whom to trust, and what a failure means. The certificate is always checked.
use std::{
    fs::File,
    io::{self, Read as _},
    path::PathBuf,
    sync::Arc,
};

use rustls::{
    CertificateError, ClientConfig, Error, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use rustls_platform_verifier::BuilderVerifierExt as _;

use crate::error::DirectoryError;

/// Largest file of certificate authorities, in bytes.
const MAX_CA_FILE: u64 = 4 << 20;

/// Whose certificates are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Those that this computer trusts.
    Platform,
    /// Those below the authorities in this file (PEM, or one in DER), and no others.
    CaFile(PathBuf),
}

impl Trust {
    /// The configuration for connections. The file is read once, here.
    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>, DirectoryError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|it| DirectoryError::PlatformTrust(it.to_string()))?;
        let config = match self {
            Self::Platform => builder
                .with_platform_verifier()
                .map_err(|it| DirectoryError::PlatformTrust(it.to_string()))?
                .with_no_client_auth(),
            Self::CaFile(path) => {
                let wrong = |reason: String| DirectoryError::CaFile {
                    path: path.display().to_string(),
                    reason,
                };
                let roots = read_roots(path).map_err(wrong)?;
                builder.with_root_certificates(roots).with_no_client_auth()
            }
        };
        Ok(Arc::new(config))
    }
}

fn read_roots(path: &PathBuf) -> Result<RootCertStore, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|it| it.to_string())?;
    file.take(MAX_CA_FILE + 1).read_to_end(&mut bytes).map_err(|it| it.to_string())?;
    if bytes.len() as u64 > MAX_CA_FILE {
        return Err("it is larger than 4 MB".to_owned());
    }
    let mut roots = RootCertStore::empty();
    let is_pem = bytes.windows(5).any(|it| it == b"-----");
    if !is_pem && bytes.first() == Some(&0x30) {
        let certificate = CertificateDer::from(bytes);
        roots.add(certificate).map_err(|it| format!("it cannot be used ({it})"))?;
        return Ok(roots);
    }
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        let certificate = certificate.map_err(|it| format!("it is not PEM ({it})"))?;
        roots
            .add(certificate)
            .map_err(|it| format!("a certificate in it cannot be used ({it})"))?;
    }
    if roots.is_empty() {
        return Err("it has no certificate in PEM form (BEGIN CERTIFICATE)".to_owned());
    }
    Ok(roots)
}

/// What a failed handshake means, and what to do.
pub(crate) fn failure(server: &str, error: &io::Error) -> DirectoryError {
    let cause = error.get_ref().and_then(|it| it.downcast_ref::<Error>());
    let (reason, advice) = match cause {
        Some(Error::InvalidCertificate(it)) => certificate_failure(it),
        Some(it) => (it.to_string(), "the server must offer TLS 1.2 or later"),
        None if error.kind() == io::ErrorKind::UnexpectedEof => (
            "the server closed the connection during the handshake".to_owned(),
            "a domain controller without a certificate does so; give it one",
        ),
        None => (error.to_string(), "check that the port is the one of LDAP over TLS"),
    };
    DirectoryError::Tls { server: server.to_owned(), reason, advice }
}

fn certificate_failure(error: &CertificateError) -> (String, &'static str) {
    match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => (
            "its certificate is not from a trusted authority".to_owned(),
            "name the authority's certificate with --ca-file",
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
            "its certificate is for another name".to_owned(),
            "use a name that the certificate has, such as the full DNS name of the domain controller",
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => (
            "its certificate has expired".to_owned(),
            "renew it, and look at the clock of this computer",
        ),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ("its certificate is not valid yet".to_owned(), "look at the clocks of both computers")
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => (
            "its certificate is not meant for servers".to_owned(),
            "issue one for server authentication",
        ),
        it => (
            format!("its certificate cannot be used ({it})"),
            "give the domain controller another one",
        ),
    }
}
