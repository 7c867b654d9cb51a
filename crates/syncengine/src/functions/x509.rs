//! What the certificate functions look at, read by x509-parser.
use jiff::Timestamp;
use x509_parser::{
    asn1_rs::{Any, FromDer as _},
    certificate::X509Certificate,
    extensions::{GeneralName, ParsedExtension},
    x509::X509Name,
};

/// One attribute of a name: its identifier and its text.
pub(super) type NamePart = (String, String);

/// An alternative name of the subject, of a kind that a function asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Alternative {
    Email(String),
    Dns(String),
    Url(String),
    PrincipalName(String),
}

/// A certificate, as far as the functions look at it.
pub(super) struct Certificate<'a> {
    /// Its bytes, without what follows them.
    pub(super) raw: &'a [u8],
    pub(super) version: u32,
    pub(super) serial: &'a [u8],
    pub(super) signature_oid: String,
    pub(super) issuer: Vec<NamePart>,
    pub(super) subject: Vec<NamePart>,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    pub(super) key_oid: String,
    /// The parameters of the key's algorithm in DER.
    pub(super) key_params: Vec<u8>,
    /// Identifiers of extensions and whether they are critical.
    pub(super) extensions: Vec<(String, bool)>,
    pub(super) alternative_names: Vec<Alternative>,
}

/// `id-ms-kp-upn`, the user principal name among alternative names.
const USER_PRINCIPAL_NAME: &str = "1.3.6.1.4.1.311.20.2.3";

impl<'a> Certificate<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (rest, certificate) = X509Certificate::from_der(bytes).ok()?;
        let raw = bytes.get(..bytes.len() - rest.len())?;
        let key = &certificate.public_key().algorithm;
        let validity = certificate.validity();
        let mut alternative_names = Vec::new();
        for extension in certificate.extensions() {
            if let ParsedExtension::SubjectAlternativeName(names) = extension.parsed_extension() {
                alternative_names.extend(names.general_names.iter().filter_map(alternative));
            }
        }
        Some(Self {
            raw,
            version: certificate.version().0.checked_add(1)?,
            serial: certificate.tbs_certificate.raw_serial(),
            signature_oid: certificate.signature_algorithm.algorithm.to_id_string(),
            issuer: name(certificate.issuer()),
            subject: name(certificate.subject()),
            not_before: Timestamp::from_second(validity.not_before.timestamp()).ok()?,
            not_after: Timestamp::from_second(validity.not_after.timestamp()).ok()?,
            key_oid: key.algorithm.to_id_string(),
            key_params: key_params(certificate.public_key().raw).unwrap_or_default().to_vec(),
            extensions: certificate
                .extensions()
                .iter()
                .map(|it| (it.oid.to_id_string(), it.critical))
                .collect(),
            alternative_names,
        })
    }
}

/// What follows the identifier of the algorithm in the bytes of a public key's information (RFC 5280, 4.1.2.7).
fn key_params(information: &[u8]) -> Option<&[u8]> {
    let (_, whole) = Any::from_der(information).ok()?;
    let (_, algorithm) = Any::from_der(whole.data).ok()?;
    Some(Any::from_der(algorithm.data).ok()?.0)
}

fn name(name: &X509Name<'_>) -> Vec<NamePart> {
    name.iter_attributes()
        .map(|it| (it.attr_type().to_id_string(), string(it.attr_value())))
        .collect()
}

fn alternative(name: &GeneralName<'_>) -> Option<Alternative> {
    match name {
        GeneralName::RFC822Name(it) => Some(Alternative::Email((*it).to_owned())),
        GeneralName::DNSName(it) => Some(Alternative::Dns((*it).to_owned())),
        GeneralName::URI(it) => Some(Alternative::Url((*it).to_owned())),
        GeneralName::OtherName(id, bytes) if id.to_id_string() == USER_PRINCIPAL_NAME => {
            let (_, wrapper) = Any::from_der(bytes).ok()?;
            let (_, value) = Any::from_der(wrapper.data).ok()?;
            Some(Alternative::PrincipalName(string(&value)))
        }
        _ => None,
    }
}

/// The text of a string element.
fn string(element: &Any<'_>) -> String {
    match element.tag().0 {
        // BMPString: two bytes a unit.
        30 => {
            let units = element.data.as_chunks::<2>().0.iter().map(|it| u16::from_be_bytes(*it));
            String::from_utf16_lossy(&units.collect::<Vec<_>>())
        }
        // TeletexString, read as Latin-1 as everybody does.
        20 => element.data.iter().map(|it| char::from(*it)).collect(),
        _ => String::from_utf8_lossy(element.data).into_owned(),
    }
}
