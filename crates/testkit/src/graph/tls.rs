//! TLS of the server: a made-up authority and certificates below it.
use std::{io, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};

/// A certificate for `localhost` and `127.0.0.1`, and the authority that signed it.
#[derive(Debug)]
pub(super) struct Certificate {
    /// The authority's certificate as PEM, for clients to trust.
    pub(super) authority_pem: String,
    leaf: Vec<u8>,
    authority: Vec<u8>,
    key: Vec<u8>,
}

impl Certificate {
    /// Makes an authority and a certificate.
    pub(super) fn new() -> io::Result<Self> {
        Self::make().map_err(io::Error::other)
    }

    fn make() -> Result<Self, rcgen::Error> {
        let mut authority = CertificateParams::new(Vec::<String>::new())?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(DnType::CommonName, "Graph Authority");
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

    pub(super) fn config(&self) -> io::Result<Arc<ServerConfig>> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let chain = vec![self.leaf.clone().into(), self.authority.clone().into()];
        let key = PrivateKeyDer::try_from(self.key.clone()).map_err(io::Error::other)?;
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|it| it.with_no_client_auth().with_single_cert(chain, key))
            .map_err(io::Error::other)?;
        Ok(Arc::new(config))
    }
}
