//! TLS of the responder: a made-up authority and certificates below it.
use std::{io, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};

/// Versions of TLS that the responder accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2 only, as SQL Server up to 2019 with its updates.
    Only12,
    /// TLS 1.3 only.
    Only13,
}

/// A certificate for `localhost` and `127.0.0.1`, and the authority that signed it.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The authority's certificate as PEM, for clients to trust.
    pub authority_pem: String,
    leaf: Vec<u8>,
    authority: Vec<u8>,
    key: Vec<u8>,
}

impl Certificate {
    /// Makes an authority and a certificate.
    pub fn new() -> io::Result<Self> {
        Self::make().map_err(io::Error::other)
    }

    fn make() -> Result<Self, rcgen::Error> {
        let mut authority = CertificateParams::new(Vec::<String>::new())?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(DnType::CommonName, "Responder Authority");
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority_key = KeyPair::generate()?;
        let authority_certificate = authority.self_signed(&authority_key)?;
        let issuer = Issuer::new(authority, authority_key);

        let mut leaf =
            CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        leaf.distinguished_name.push(DnType::CommonName, "localhost");
        leaf.use_authority_key_identifier_extension = true;
        leaf.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
        leaf.key_usages.push(KeyUsagePurpose::DigitalSignature);
        let key = KeyPair::generate()?;
        let certificate = leaf.signed_by(&key, &issuer)?;
        Ok(Self {
            authority_pem: authority_certificate.pem(),
            leaf: certificate.der().to_vec(),
            authority: authority_certificate.der().to_vec(),
            key: key.serialize_der(),
        })
    }

    pub(super) fn config(&self, version: TlsVersion) -> io::Result<Arc<ServerConfig>> {
        let versions = match version {
            TlsVersion::Only12 => [&rustls::version::TLS12],
            TlsVersion::Only13 => [&rustls::version::TLS13],
        };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let chain = vec![self.leaf.clone().into(), self.authority.clone().into()];
        let key = PrivateKeyDer::try_from(self.key.clone()).map_err(io::Error::other)?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .and_then(|it| it.with_no_client_auth().with_single_cert(chain, key))
            .map_err(io::Error::other)?;
        // A ticket after the handshake would arrive where the client expects a packet.
        config.send_tls13_tickets = 0;
        Ok(Arc::new(config))
    }
}
