//! Elements of BER, read from the front of some bytes and written as whole values.
use std::io::{self, Read};

/// Largest message that is taken, in bytes.
const MAX_MESSAGE: usize = 512 << 20;

/// An element of this tag around some bytes.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    let length = content.len();
    if length < 0x80 {
        bytes.push(u8::try_from(length).unwrap_or(0));
    } else {
        let all = length.to_be_bytes();
        let n_skip = all.iter().take_while(|it| **it == 0).count();
        bytes.push(0x80 | u8::try_from(all.len() - n_skip).unwrap_or(0));
        bytes.extend_from_slice(&all[n_skip..]);
    }
    bytes.extend_from_slice(content);
    bytes
}

/// An octet string.
pub fn octets(content: impl AsRef<[u8]>) -> Vec<u8> {
    element(0x04, content.as_ref())
}

/// An integer.
pub fn integer(value: i64) -> Vec<u8> {
    number(0x02, value)
}

/// An enumerated value.
pub fn enumerated(value: i64) -> Vec<u8> {
    number(0x0A, value)
}

/// A sequence of elements.
pub fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    element(0x30, &elements.concat())
}

fn number(tag: u8, value: i64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let n_skip = (0..7)
        .take_while(|at| {
            (bytes[*at] == 0 && bytes[at + 1] < 0x80)
                || (bytes[*at] == 0xFF && bytes[at + 1] >= 0x80)
        })
        .count();
    element(tag, &bytes[n_skip..])
}

/// Takes the first element off: its tag, its content, and what follows.
pub(super) fn take(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, first) = (*bytes.first()?, *bytes.get(1)?);
    let (n_head, length) = if first < 0x80 {
        (2, usize::from(first))
    } else {
        let n = usize::from(first & 0x7F);
        let length = bytes
            .get(2..2 + n)?
            .iter()
            .try_fold(0_usize, |sum, it| sum.checked_mul(256).map(|sum| sum + usize::from(*it)))?;
        (2 + n, length)
    };
    let end = n_head.checked_add(length)?;
    Some((tag, bytes.get(n_head..end)?, bytes.get(end..)?))
}

/// The elements inside some bytes.
pub(super) fn all(mut bytes: &[u8]) -> Vec<(u8, &[u8])> {
    let mut found = Vec::new();
    while let Some((tag, content, rest)) = take(bytes) {
        found.push((tag, content));
        bytes = rest;
    }
    found
}

/// The number that these bytes are.
pub(super) fn value(content: &[u8]) -> i64 {
    let sign = if content.first().is_some_and(|it| it & 0x80 != 0) { -1 } else { 0 };
    content.iter().fold(sign, |sum, it| (sum << 8) | i64::from(*it))
}

/// Reads one whole element off a stream; `None` at its end.
pub(super) fn read(stream: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut message = vec![0; 2];
    match stream.read(&mut message[..1])? {
        0 => return Ok(None),
        _ => stream.read_exact(&mut message[1..])?,
    }
    let n_length = if message[1] < 0x80 { 0 } else { usize::from(message[1] & 0x7F) };
    message.resize(2 + n_length, 0);
    stream.read_exact(&mut message[2..])?;
    let length = if n_length == 0 {
        usize::from(message[1])
    } else {
        message[2..].iter().fold(0_usize, |sum, it| (sum << 8) | usize::from(*it))
    };
    if n_length > 4 || length > MAX_MESSAGE {
        return Err(io::Error::other("a message is too large"));
    }
    let n_head = message.len();
    message.resize(n_head + length, 0);
    stream.read_exact(&mut message[n_head..])?;
    Ok(Some(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_as_written() {
        for n in [0, 1, 127, 128, 255, 256, 70_000] {
            let bytes = octets(vec![7; n]);
            let (tag, content, rest) = take(&bytes).unwrap();
            assert_eq!((tag, content.len(), rest.len()), (4, n, 0));
            assert_eq!(read(&mut bytes.as_slice()).unwrap().unwrap(), bytes);
        }
        for number in [0, 1, 127, 128, -1, -128, -129, 1 << 40] {
            assert_eq!(value(take(&integer(number)).unwrap().1), number);
        }
        assert_eq!(integer(128), [2, 2, 0, 128]);
        assert!(read(&mut [].as_slice()).unwrap().is_none());
        assert!(read(&mut [4, 5, 1].as_slice()).is_err());
    }
}
