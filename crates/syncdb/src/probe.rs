//! A first question to a server: what it is and whether it can encrypt (PRELOGIN, MS-TDS 2.2.6.5).
//!
//! The client library waits for ever on one combination of settings and words others alike; the probe tells them apart.
use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::transport::Duplex;

/// What a server says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ServerSays {
    /// Major, minor, build.
    pub(crate) version: (u8, u8, u16),
    /// What it says about encryption.
    pub(crate) encryption: Says,
}

/// The ENCRYPTION byte of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    Off,
    On,
    NotSupported,
    Required,
    Other(u8),
}

impl std::fmt::Display for Says {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::On => f.write_str("on"),
            Self::NotSupported => f.write_str("not supported"),
            Self::Required => f.write_str("required"),
            Self::Other(byte) => write!(f, "{byte}"),
        }
    }
}

/// A pre-login that offers encryption: version 0, `ENCRYPT_OFF`, no instance, no thread, no MARS.
const QUESTION: &[u8] = &[
    0x12, 1, 0, 0x2f, 0, 0, 1, 0, // packet header
    0, 0, 0x1a, 0, 6, 1, 0, 0x20, 0, 1, 2, 0, 0x21, 0, 1, 3, 0, 0x22, 0, 4, 4, 0, 0x26, 0, 1,
    0xff, // options
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // their values
];

/// Asks; the caller bounds the time and closes the stream.
pub(crate) async fn ask(stream: &mut dyn Duplex) -> io::Result<ServerSays> {
    stream.write_all(QUESTION).await?;
    stream.flush().await?;
    let mut header = [0; 8];
    stream.read_exact(&mut header).await?;
    let len = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, "the answer is not TDS");
    if header[0] != 4 || !(9..=1_024).contains(&len) {
        return Err(wrong());
    }
    let mut data = vec![0; len - 8];
    stream.read_exact(&mut data).await?;
    parse(&data).ok_or_else(wrong)
}

fn parse(data: &[u8]) -> Option<ServerSays> {
    let (mut version, mut encryption) = (None, None);
    let mut options = data;
    while let [token, rest @ ..] = options {
        if *token == 0xff {
            break;
        }
        let (place, later) = rest.split_first_chunk::<4>()?;
        let start = usize::from(u16::from_be_bytes([place[0], place[1]]));
        let len = usize::from(u16::from_be_bytes([place[2], place[3]]));
        match (token, data.get(start..start.checked_add(len)?)?) {
            (0, [major, minor, high, low, ..]) => {
                version = Some((*major, *minor, u16::from_be_bytes([*high, *low])));
            }
            (1, [byte, ..]) => {
                encryption = Some(match byte {
                    0 => Says::Off,
                    1 => Says::On,
                    2 => Says::NotSupported,
                    3 => Says::Required,
                    other => Says::Other(*other),
                });
            }
            _ => {}
        }
        options = later;
    }
    Some(ServerSays { version: version?, encryption: encryption? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_is_a_prelogin_as_published() {
        // MS-TDS 4.1 has the same header and the same options; its values are version 9, ENCRYPT_ON, a thread and MARS.
        let published =
            dirlift_testkit::tds::examples::bytes(dirlift_testkit::tds::examples::PRELOGIN_REQUEST);
        assert_eq!(QUESTION.len(), published.len());
        assert_eq!(QUESTION[..34], published[..34]);
    }

    #[test]
    fn answers_are_read() {
        let published = dirlift_testkit::tds::examples::bytes(
            dirlift_testkit::tds::examples::PRELOGIN_ANSWER_2012,
        );
        assert_eq!(
            parse(&published[8..]),
            Some(ServerSays { version: (11, 0, 3_000), encryption: Says::On })
        );
        for n in 0..published.len() - 8 {
            parse(&published[8..8 + n]);
        }
        assert_eq!(parse(&[0, 255, 255, 255, 255]), None);
        assert_eq!(parse(&[0xff]), None);
    }
}
