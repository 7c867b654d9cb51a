//! From one type to another.
use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dirlift_model::{DistinguishedName, Guid, Sid};
use sha2::{Digest as _, Sha256};

use super::{Call, date, text::null};
use crate::{
    assumption::Assumption,
    expr::fault::Fault,
    value::{Scalar, Value},
};

type Answer = Result<Value, Fault>;

/// The text of a value that has one: text, number, boolean, reference.
pub(crate) fn text_of(scalar: &Scalar) -> Option<String> {
    match scalar {
        Scalar::Text(text) => Some(text.to_string()),
        Scalar::Number(number) => Some(number.to_string()),
        Scalar::Boolean(boolean) => Some(if *boolean { "True" } else { "False" }.to_owned()),
        Scalar::Reference(name) => Some(name.as_str().to_owned()),
        Scalar::Binary(_) | Scalar::Date(_) => None,
    }
}

pub(super) fn c_bool(call: &mut Call<'_>) -> Answer {
    let boolean = match call.scalar(0)? {
        None => {
            call.assume(Assumption::CBoolNull);
            false
        }
        Some(Scalar::Boolean(boolean)) => *boolean,
        Some(Scalar::Number(number)) => *number != 0,
        Some(Scalar::Text(text)) => {
            let word = text.trim().to_ascii_lowercase();
            call.assume(Assumption::CBoolText);
            match (word.as_str(), word.parse::<i64>()) {
                ("true", _) => true,
                ("false", _) => false,
                (_, Ok(number)) => number != 0,
                _ => return Err(call.invalid("the text is neither True nor False nor a number")),
            }
        }
        Some(other) => return Err(call.wrong_type(0, other)),
    };
    Ok(Value::boolean(boolean))
}

pub(super) fn c_num(call: &mut Call<'_>) -> Answer {
    let number = match call.scalar(0)? {
        None => return Ok(null(call)),
        Some(Scalar::Number(number)) => Some(*number),
        Some(Scalar::Boolean(_) | Scalar::Reference(_) | Scalar::Date(_)) => {
            let found = call.scalar(0)?.cloned();
            return Err(
                found.map_or_else(|| call.invalid("no value"), |it| call.wrong_type(0, &it))
            );
        }
        Some(Scalar::Text(text)) => {
            let read = read_number(text);
            call.assume(Assumption::CNumText);
            read
        }
        Some(Scalar::Binary(bytes)) => {
            let bytes = Arc::clone(bytes);
            call.assume(Assumption::CNumBinary);
            if bytes.len() <= 8 {
                let wide = bytes.iter().rev().fold(0_u64, |sum, it| (sum << 8) | u64::from(*it));
                i64::try_from(wide).ok()
            } else {
                None
            }
        }
    };
    number
        .map(Value::number)
        .ok_or_else(|| call.invalid("the value is not a whole number of 64 bits"))
}

/// A whole number with an optional sign; white space around it does not count.
pub(super) fn read_number(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

pub(super) fn c_bin(call: &mut Call<'_>) -> Answer {
    let Some(number) = call.number(0)? else { return Ok(null(call)) };
    call.assume(Assumption::CBin);
    let length = call.required_number(1)?;
    let bytes = number.to_le_bytes();
    match usize::try_from(length).ok().filter(|it| (1..=8).contains(it)) {
        Some(n) if bytes[n..].iter().all(|it| *it == 0) && number >= 0 => {
            call.make_binary(&bytes[..n])
        }
        Some(_) => Err(call.invalid(format!("{number} does not fit into {length} bytes"))),
        None => Err(call.invalid("the length must be 1 to 8 bytes")),
    }
}

pub(super) fn thumbprint(call: &mut Call<'_>) -> Answer {
    let Some(bytes) = call.binary(0)? else { return Ok(null(call)) };
    let digest = Sha256::digest(bytes).to_vec();
    call.assume(Assumption::Thumbprint);
    call.work.spend(digest.len())?;
    call.make_binary(digest)
}

pub(super) fn c_str(call: &mut Call<'_>) -> Answer {
    match call.scalar(0)? {
        None => Ok(null(call)),
        Some(Scalar::Text(_)) => Ok(call.value(0).clone()),
        Some(scalar) => match text_of(scalar) {
            Some(text) => call.make_text(text),
            None => Err(call.wrong_type(0, scalar)),
        },
    }
}

pub(super) fn c_ref(call: &mut Call<'_>) -> Answer {
    match call.scalar(0)? {
        None => Ok(null(call)),
        Some(Scalar::Reference(_)) => Ok(call.value(0).clone()),
        Some(Scalar::Text(text)) => {
            let name: Result<DistinguishedName, _> = text.parse();
            call.work.make(text.len())?;
            name.map(|it| Value::One(Scalar::Reference(Arc::new(it)))).map_err(|error| {
                call.assume(Assumption::CRefInvalid);
                call.invalid(error.to_string())
            })
        }
        Some(other) => Err(call.wrong_type(0, other)),
    }
}

pub(super) fn c_guid(call: &mut Call<'_>) -> Answer {
    let Some(text) = call.text(0)? else { return Ok(null(call)) };
    let guid: Result<Guid, _> = text.parse();
    call.assume(Assumption::GuidBytes);
    match guid {
        Ok(guid) => call.make_binary(guid.to_directory_bytes()),
        Err(_) => Err(call.invalid("the text is not a GUID")),
    }
}

pub(super) fn string_from_guid(call: &mut Call<'_>) -> Answer {
    let Some(bytes) = call.binary(0)? else { return Ok(null(call)) };
    let bytes: Result<[u8; 16], _> = bytes[..].try_into();
    call.assume(Assumption::GuidBytes);
    match bytes {
        Ok(bytes) => call.make_text(Guid::from_directory_bytes(bytes).to_string()),
        Err(_) => Err(call.invalid("a GUID has 16 bytes")),
    }
}

pub(super) fn string_from_sid(call: &mut Call<'_>) -> Answer {
    let Some(bytes) = call.binary(0)? else { return Ok(null(call)) };
    match Sid::from_bytes(bytes) {
        Ok(sid) => call.make_text(sid.to_string()),
        Err(error) => Err(call.invalid(error.to_string())),
    }
}

pub(super) fn to_base64(call: &mut Call<'_>) -> Answer {
    let encoded = match call.scalar(0)? {
        None => return Ok(null(call)),
        Some(Scalar::Binary(bytes)) => STANDARD.encode(bytes),
        Some(Scalar::Text(text)) => {
            let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            STANDARD.encode(bytes)
        }
        Some(other) => return Err(call.wrong_type(0, other)),
    };
    call.make_text(encoded)
}

pub(super) fn from_base64(call: &mut Call<'_>) -> Answer {
    let Some(text) = call.text(0)? else { return Ok(null(call)) };
    let clean: String = text.chars().filter(|it| !it.is_ascii_whitespace()).collect();
    let encoding = call.text(1)?.unwrap_or("Unicode").to_owned();
    let Ok(bytes) = STANDARD.decode(clean) else {
        return Err(call.invalid("the text is not base64"));
    };
    let text = match encoding.as_str() {
        "UTF8" => String::from_utf8(bytes).ok(),
        "ASCII" => {
            let is_other = bytes.iter().any(|it| !it.is_ascii());
            call.used.insert_if(is_other, Assumption::Encoding);
            Some(bytes.iter().map(|it| if it.is_ascii() { char::from(*it) } else { '?' }).collect())
        }
        _ => {
            let (units, rest) = bytes.as_chunks::<2>();
            let units: Vec<u16> = units.iter().map(|it| u16::from_le_bytes(*it)).collect();
            if rest.is_empty() { String::from_utf16(&units).ok() } else { None }
        }
    };
    match text {
        Some(text) => call.make_text(text),
        None => {
            call.assume(Assumption::Encoding);
            Err(call.invalid(format!("the bytes are not {encoding} text")))
        }
    }
}

pub(super) fn to_utf8_hex(call: &mut Call<'_>) -> Answer {
    use std::fmt::Write as _;

    let Some(text) = call.text(0)? else { return Ok(null(call)) };
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        let _ = write!(out, "{byte:02X}");
    }
    call.make_text(out)
}

pub(super) fn from_utf8_hex(call: &mut Call<'_>) -> Answer {
    let Some(text) = call.text(0)? else { return Ok(null(call)) };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |it: u8| char::from(it).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let bytes: Option<Vec<u8>> =
        pairs.iter().map(|[h, l]| Some((digit(*h)? << 4) | digit(*l)?)).collect();
    let bytes = bytes.filter(|_| rest.is_empty());
    match bytes.and_then(|it| String::from_utf8(it).ok()) {
        Some(text) => call.make_text(text),
        None => {
            call.assume(Assumption::Encoding);
            Err(call.invalid("the text is not UTF-8 in hexadecimal"))
        }
    }
}

pub(super) fn c_date(call: &mut Call<'_>) -> Answer {
    match call.scalar(0)? {
        None => Ok(null(call)),
        Some(Scalar::Date(_)) => Ok(call.value(0).clone()),
        Some(Scalar::Text(text)) => {
            let read = date::read(text);
            match read {
                Some(read) => {
                    call.assume(Assumption::DateForm);
                    call.used.insert_if(!read.has_zone, Assumption::DateZone);
                    Ok(Value::One(Scalar::Date(read.timestamp)))
                }
                None => Err(call.invalid("the text is not a date that is known here")),
            }
        }
        Some(other) => Err(call.wrong_type(0, other)),
    }
}
