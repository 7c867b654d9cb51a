//! Certificate functions. They look at a certificate and judge nothing about it.
use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha1::{Digest as _, Sha1};

use super::{
    Call,
    text::null,
    x509::{Alternative, Certificate, NamePart},
};
use crate::{
    assumption::Assumption,
    expr::fault::Fault,
    value::{Scalar, Value},
};

type Answer = Result<Value, Fault>;

/// The bytes of a certificate argument: DER, or base64 with or without its PEM lines.
fn bytes(call: &Call<'_>) -> Result<Option<Vec<u8>>, Fault> {
    let (bytes, is_text) = match call.scalar(0)? {
        None => return Ok(None),
        Some(Scalar::Binary(bytes)) => (bytes.to_vec(), false),
        Some(Scalar::Text(text)) => (text.as_bytes().to_vec(), true),
        Some(other) => return Err(call.wrong_type(0, other)),
    };
    if !is_text && bytes.first() == Some(&0x30) {
        return Ok(Some(bytes));
    }
    let text = String::from_utf8(bytes).unwrap_or_default();
    let clean: String = text
        .lines()
        .filter(|it| !it.starts_with("-----"))
        .flat_map(str::split_whitespace)
        .collect();
    Ok(Some(STANDARD.decode(clean).unwrap_or_default()))
}

fn with(call: &mut Call<'_>, look: impl FnOnce(&Certificate<'_>) -> Option<Value>) -> Answer {
    let Some(bytes) = bytes(call)? else { return Ok(null(call)) };
    call.work.spend(bytes.len() / 4)?;
    let Some(certificate) = Certificate::read(&bytes) else {
        return Err(call.invalid("the bytes are no certificate"));
    };
    Ok(look(&certificate).unwrap_or_default())
}

fn text(call: &mut Call<'_>, look: impl FnOnce(&Certificate<'_>) -> Option<String>) -> Answer {
    with(call, |it| look(it).map(Value::text))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, it| {
        let _ = write!(out, "{it:02X}");
        out
    })
}

pub(super) fn is_cert(call: &mut Call<'_>) -> Answer {
    let is_cert = bytes(call)?.is_some_and(|it| Certificate::read(&it).is_some());
    Ok(Value::boolean(is_cert))
}

pub(super) fn extension_oids(call: &mut Call<'_>) -> Answer {
    with(call, |it| {
        let critical = it.extensions.iter().filter(|it| it.1);
        Some(Value::many(critical.map(|it| Scalar::text(it.0.as_str())).collect()))
    })
}

pub(super) fn format(call: &mut Call<'_>) -> Answer {
    text(call, |_| Some("X509".to_owned()))
}

pub(super) fn friendly_name(call: &mut Call<'_>) -> Answer {
    call.assume(Assumption::CertNothing);
    with(call, |_| None)
}

pub(super) fn hash_string(call: &mut Call<'_>) -> Answer {
    text(call, |it| Some(hex(&Sha1::digest(it.raw))))
}

pub(super) fn issuer(call: &mut Call<'_>) -> Answer {
    call.assume(Assumption::CertName);
    text(call, |it| Some(distinguished_name(&it.issuer)))
}

pub(super) fn subject(call: &mut Call<'_>) -> Answer {
    call.assume(Assumption::CertName);
    text(call, |it| Some(distinguished_name(&it.subject)))
}

/// The identifier of a name as a whole, which certificates do not have.
pub(super) fn name_oid(call: &mut Call<'_>) -> Answer {
    call.assume(Assumption::CertNothing);
    with(call, |_| None)
}

pub(super) fn key_algorithm(call: &mut Call<'_>) -> Answer {
    text(call, |it| Some(it.key_oid.clone()))
}

pub(super) fn key_params(call: &mut Call<'_>) -> Answer {
    text(call, |it| Some(hex(&it.key_params)))
}

pub(super) fn serial_number(call: &mut Call<'_>) -> Answer {
    text(call, |it| Some(hex(it.serial)))
}

pub(super) fn signature_oid(call: &mut Call<'_>) -> Answer {
    text(call, |it| Some(it.signature_oid.clone()))
}

pub(super) fn version(call: &mut Call<'_>) -> Answer {
    text(call, |it| Some(it.version.to_string()))
}

pub(super) fn not_after(call: &mut Call<'_>) -> Answer {
    call.assume(Assumption::CertLocal);
    with(call, |it| Some(Value::One(Scalar::Date(it.not_after))))
}

pub(super) fn not_before(call: &mut Call<'_>) -> Answer {
    call.assume(Assumption::CertLocal);
    with(call, |it| Some(Value::One(Scalar::Date(it.not_before))))
}

pub(super) fn name_info(call: &mut Call<'_>) -> Answer {
    let kind = call.required_text(1)?.to_owned();
    let of_issuer = match call.scalar(2)? {
        Some(Scalar::Boolean(boolean)) => *boolean,
        Some(other) => return Err(call.wrong_type(2, other)),
        None => false,
    };
    call.assume(Assumption::CertName);
    if !NAME_TYPES.contains(&kind.as_str()) {
        return Err(call.invalid(format!(
            "`{kind}` is no type of name; use one of {}",
            NAME_TYPES.join(", ")
        )));
    }
    text(call, |it| {
        let name = if of_issuer { &it.issuer } else { &it.subject };
        let first = |ids: &[&str]| {
            ids.iter().find_map(|id| name.iter().rfind(|it| it.0 == *id)).map(|it| it.1.clone())
        };
        // Alternative names describe the subject only.
        let names = if of_issuer { &[][..] } else { &it.alternative_names };
        let alternative = |pick: fn(&Alternative) -> Option<&String>| names.iter().find_map(pick);
        let email =
            || alternative(|it| if let Alternative::Email(it) = it { Some(it) } else { None });
        let dns = || alternative(|it| if let Alternative::Dns(it) = it { Some(it) } else { None });
        let url = || alternative(|it| if let Alternative::Url(it) = it { Some(it) } else { None });
        let principal = || {
            alternative(|it| if let Alternative::PrincipalName(it) = it { Some(it) } else { None })
        };
        match kind.as_str() {
            "SimpleName" => first(&[COMMON_NAME, ORGANIZATIONAL_UNIT, ORGANIZATION, EMAIL]),
            "EmailName" => email().cloned().or_else(|| first(&[EMAIL])),
            "DnsName" => dns().cloned().or_else(|| first(&[COMMON_NAME])),
            "DnsFromAlternativeName" => dns().cloned(),
            "UrlName" => url().cloned(),
            _ => principal().cloned(),
        }
    })
}

const NAME_TYPES: [&str; 6] =
    ["SimpleName", "EmailName", "UpnName", "DnsName", "DnsFromAlternativeName", "UrlName"];
const COMMON_NAME: &str = "2.5.4.3";
const ORGANIZATION: &str = "2.5.4.10";
const ORGANIZATIONAL_UNIT: &str = "2.5.4.11";
const EMAIL: &str = "1.2.840.113549.1.9.1";

/// The short names that Windows writes for attributes of a name.
const SHORT_NAMES: [(&str, &str); 12] = [
    (COMMON_NAME, "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "SERIALNUMBER"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "S"),
    ("2.5.4.9", "STREET"),
    (ORGANIZATION, "O"),
    (ORGANIZATIONAL_UNIT, "OU"),
    ("2.5.4.12", "T"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    (EMAIL, "E"),
];

/// A name as Windows writes it: the last part first, quoted where it must be.
fn distinguished_name(parts: &[NamePart]) -> String {
    let mut out = String::new();
    for (id, value) in parts.iter().rev() {
        let short = SHORT_NAMES.iter().find(|it| it.0 == id).map(|it| it.1);
        out.push_str(if out.is_empty() { "" } else { ", " });
        match short {
            Some(short) => out.push_str(short),
            None => drop(write!(out, "OID.{id}")),
        }
        let is_special =
            |it: char| matches!(it, ',' | '+' | '=' | '"' | '\n' | '<' | '>' | '#' | ';');
        let needs_quotes = value.contains(is_special) || value.trim() != value || value.is_empty();
        let _ = if needs_quotes {
            write!(out, "=\"{}\"", value.replace('"', "\"\""))
        } else {
            write!(out, "={value}")
        };
    }
    out
}
