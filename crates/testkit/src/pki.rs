//! A made-up certificate authority, and certificates below it that are right or wrong in one way.
use std::{io, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};

/// An authority.
#[derive(Debug)]
pub struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// When a certificate is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// For a long time.
    Long,
    /// Until the end of 2001.
    Expired,
    /// From 2090.
    NotYet,
}

impl Authority {
    /// Makes an authority of this name.
    pub fn new(name: &str) -> io::Result<Self> {
        let make = || {
            let mut parameters = CertificateParams::new(Vec::<String>::new())?;
            parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            parameters.distinguished_name.push(DnType::CommonName, name);
            parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
            let key = KeyPair::generate()?;
            let pem = parameters.self_signed(&key)?.pem();
            Ok::<_, rcgen::Error>(Self { pem, issuer: Issuer::new(parameters, key) })
        };
        make().map_err(io::Error::other)
    }

    /// The authority's certificate as PEM, for clients to trust.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Issues a certificate for DNS names and addresses.
    pub fn issue(&self, names: &[&str], validity: Validity) -> io::Result<Leaf> {
        let make = || {
            let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
            let mut parameters = CertificateParams::new(names)?;
            parameters.distinguished_name.push(DnType::CommonName, "server");
            parameters.use_authority_key_identifier_extension = true;
            parameters.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
            parameters.key_usages.push(KeyUsagePurpose::DigitalSignature);
            match validity {
                Validity::Long => {}
                Validity::Expired => parameters.not_after = date_time_ymd(2001, 12, 31),
                Validity::NotYet => parameters.not_before = date_time_ymd(2090, 1, 1),
            }
            let key = KeyPair::generate()?;
            let certificate = parameters.signed_by(&key, &self.issuer)?;
            Ok::<_, rcgen::Error>(Leaf {
                certificate_pem: certificate.pem(),
                key_pem: key.serialize_pem(),
                certificate: certificate.der().to_vec(),
                key: key.serialize_der(),
            })
        };
        make().map_err(io::Error::other)
    }
}

/// A certificate with its key.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// The certificate as PEM.
    pub certificate_pem: String,
    /// Its key as PEM.
    pub key_pem: String,
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Leaf {
    /// A configuration for servers.
    pub fn server_config(&self) -> io::Result<Arc<ServerConfig>> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = PrivateKeyDer::try_from(self.key.clone()).map_err(io::Error::other)?;
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|it| {
                it.with_no_client_auth()
                    .with_single_cert(vec![self.certificate.clone().into()], key)
            })
            .map_err(io::Error::other)?;
        Ok(Arc::new(config))
    }
}
