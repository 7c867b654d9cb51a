//! Values of attributes, by the type that the file names.
use base64::{Engine as _, engine::general_purpose::STANDARD};
use dirlift_model::AttributeValue;

/// Reads a value. What does not have the form of its type stays text, with the reason.
pub(super) fn read(
    ty: &str,
    encoding: Option<&str>,
    text: String,
) -> (AttributeValue, Option<&'static str>) {
    let as_text = |text, why| (AttributeValue::String(text), Some(why));
    match encoding {
        None | Some("") => {}
        Some("base64") => {
            let packed: String = text.split_ascii_whitespace().collect();
            return match STANDARD.decode(packed) {
                Ok(bytes) => (AttributeValue::Binary(bytes), None),
                Err(_) => as_text(text, "a value is not base64"),
            };
        }
        Some(_) => return as_text(text, "a value has an encoding other than base64"),
    }
    match ty {
        "integer" | "number" => match integer(text.trim()) {
            Some(number) => (AttributeValue::Integer(number), None),
            None => as_text(text, "an integer is not hexadecimal"),
        },
        "boolean" => match text.trim() {
            "true" | "1" => (AttributeValue::Boolean(true), None),
            "false" | "0" => (AttributeValue::Boolean(false), None),
            _ => as_text(text, "a boolean is neither true nor false"),
        },
        "binary" if !text.is_empty() => as_text(text, "a binary value has no encoding"),
        "reference" => match text.parse() {
            Ok(dn) => (AttributeValue::Reference(dn), None),
            Err(_) => as_text(text, "a reference is not a distinguished name"),
        },
        _ => (AttributeValue::String(text), None),
    }
}

/// Integers are hexadecimal, with or without `0x`, as 64 bits in two's complement.
fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let plain = digits.bytes().all(|it| it.is_ascii_hexdigit());
    u64::from_str_radix(digits, 16).ok().filter(|_| plain).map(u64::cast_signed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_hexadecimal() {
        let cases = [
            ("0x200", Some(512)),
            ("200", Some(512)),
            ("0", Some(0)),
            ("0x80000000", Some(2_147_483_648)),
            ("FFFFFFFFFFFFFFFF", Some(-1)),
            ("0xFFFFFFFF80000002", Some(-2_147_483_646)),
            ("10000000000000000", None),
            ("+1", None),
            ("", None),
            ("0x", None),
            ("-1", None),
        ];
        for (text, expected) in cases {
            assert_eq!(integer(text), expected, "{text}");
        }
    }

    #[test]
    fn types() {
        use AttributeValue as V;
        let string = |it: &str| V::String(it.to_owned());
        let cases = [
            ("string", None, " a ", V::String(" a ".to_owned()), true),
            ("unknown", None, "a", string("a"), true),
            ("boolean", None, "true", V::Boolean(true), true),
            ("boolean", None, "yes", string("yes"), false),
            ("binary", Some("base64"), "AQ\nI=", V::Binary(vec![1, 2]), true),
            ("binary", Some("base64"), "A*", string("A*"), false),
            ("binary", Some("hex"), "01", string("01"), false),
            ("binary", None, "01", string("01"), false),
            ("reference", None, "CN=a", V::Reference("cn=A".parse().unwrap()), true),
            ("reference", None, "a", string("a"), false),
            ("integer", None, "zz", string("zz"), false),
        ];
        for (ty, encoding, text, expected, is_clean) in cases {
            let (value, problem) = read(ty, encoding, text.to_owned());
            assert_eq!((value, problem.is_none()), (expected, is_clean), "{ty} {text}");
        }
    }
}
