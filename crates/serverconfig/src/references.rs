//! References to characters and to the five predefined entities; there are no others.
use std::borrow::Cow;

/// The character that a reference stands for.
pub(crate) fn resolve(name: &str) -> Option<char> {
    let Some(number) = name.strip_prefix('#') else {
        return match name {
            "amp" => Some('&'),
            "apos" => Some('\''),
            "gt" => Some('>'),
            "lt" => Some('<'),
            "quot" => Some('"'),
            _ => None,
        };
    };
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |it| (it, 16));
    let plain = digits.chars().all(|it| it.is_digit(radix));
    let code = u32::from_str_radix(digits, radix).ok().filter(|&it| plain && it != 0)?;
    char::from_u32(code)
}

/// An attribute's value with references resolved and white space normalised (XML 1.0, 3.3.3).
pub(crate) fn unescape(raw: Cow<'_, str>) -> Option<Cow<'_, str>> {
    if !raw.bytes().any(|it| matches!(it, b'&' | b'\t' | b'\r' | b'\n')) {
        return Some(raw);
    }
    let text = raw.replace("\r\n", " ").replace(['\t', '\r', '\n'], " ");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (name, tail) = after.split_once(';')?;
        out.push(resolve(name)?);
        rest = tail;
    }
    out.push_str(rest);
    Some(Cow::Owned(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        let cases = [
            ("amp", Some('&')),
            ("#65", Some('A')),
            ("#x20AC", Some('€')),
            ("#0", None),
            ("#xD800", None),
            ("#+65", None),
            ("#", None),
            ("#x110000", None),
            ("nbsp", None),
            ("AMP", None),
        ];
        for (name, expected) in cases {
            assert_eq!(resolve(name), expected, "{name}");
        }
        assert_eq!(unescape("a\r\n&lt;\t&#10;b".into()).unwrap(), "a < \nb");
        assert_eq!(unescape("a&b".into()), None);
        assert_eq!(unescape("&lt".into()), None);
    }
}
