//! What a client says before it may ask: PRELOGIN (MS-TDS 2.2.6.5) and LOGIN7 (2.2.6.4).
use std::io;

use super::wire::{invalid, text_of};

/// A pre-login message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prelogin {
    /// Version and sub-build of the sender.
    pub version: [u8; 6],
    /// The ENCRYPTION byte: 0 off, 1 on, 2 not supported, 3 required.
    pub encryption: u8,
    /// The instance that the client believes to talk to.
    pub instance: String,
}

impl Prelogin {
    /// Reads the data of a pre-login packet.
    pub fn parse(data: &[u8]) -> io::Result<Self> {
        let mut found = Self::default();
        let mut options = data;
        while let [token, rest @ ..] = options {
            if *token == 0xff {
                return Ok(found);
            }
            let (place, later) = rest
                .split_first_chunk::<4>()
                .ok_or_else(|| invalid("a pre-login option is cut off"))?;
            let start = usize::from(u16::from_be_bytes([place[0], place[1]]));
            let len = usize::from(u16::from_be_bytes([place[2], place[3]]));
            let value = data
                .get(start..start + len)
                .ok_or_else(|| invalid("a pre-login option lies outside"))?;
            match (token, value) {
                (0, value) => {
                    found.version =
                        value.try_into().map_err(|_| invalid("the version has not six bytes"))?;
                }
                (1, [byte]) => found.encryption = *byte,
                (2, [name @ .., 0]) => found.instance = String::from_utf8_lossy(name).into_owned(),
                (1 | 2, _) => return Err(invalid("a pre-login option has a wrong length")),
                _ => {}
            }
            options = later;
        }
        Err(invalid("the pre-login options have no end"))
    }

    /// The data of the answer: the five options that SQL Server 2008 to 2012 send, in their order.
    pub fn answer(version: [u8; 6], encryption: u8, instance_is_right: bool) -> Vec<u8> {
        let mut out = Vec::new();
        let mut start = 26_u16;
        for (token, len) in [(0, 6), (1, 1), (2, 1), (3, 0), (4, 1)] {
            out.push(token);
            out.extend_from_slice(&start.to_be_bytes());
            out.extend_from_slice(&u16::to_be_bytes(len));
            start += len;
        }
        out.push(0xff);
        out.extend_from_slice(&version);
        out.extend_from_slice(&[encryption, u8::from(!instance_is_right)]);
        // MARS is not offered.
        out.push(0);
        out
    }
}

/// A login message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Login {
    /// Highest protocol version that the client speaks.
    pub tds_version: u32,
    /// Packet size that the client asks for.
    pub packet_size: u32,
    /// Name of the client machine.
    pub host: String,
    /// User.
    pub user: String,
    /// Password.
    pub password: String,
    /// Program.
    pub application: String,
    /// Server as the client names it.
    pub server: String,
    /// Library.
    pub library: String,
    /// Database.
    pub database: String,
    /// Whether Windows authentication is asked for.
    pub integrated: bool,
}

impl Login {
    /// Reads the data of a login packet.
    pub fn parse(data: &[u8]) -> io::Result<Self> {
        let number = |at: usize| {
            let bytes = data.get(at..at + 4).and_then(|it| it.try_into().ok());
            bytes.map(u32::from_le_bytes).ok_or_else(|| invalid("a login is cut off"))
        };
        if number(0)? as usize != data.len() {
            return Err(invalid("the length of a login is wrong"));
        }
        let field = |at: usize| {
            let place = number(at)?.to_le_bytes();
            let start = usize::from(u16::from_le_bytes([place[0], place[1]]));
            let len = usize::from(u16::from_le_bytes([place[2], place[3]])) * 2;
            data.get(start..start + len).ok_or_else(|| invalid("a field of a login lies outside"))
        };
        let text = |at: usize| field(at).map(text_of);
        // Each byte of a password is turned by a nibble, then XORed with 0xA5.
        let password: Vec<u8> = field(44)?.iter().map(|it| (it ^ 0xa5).rotate_left(4)).collect();
        Ok(Self {
            tds_version: number(4)?,
            packet_size: number(8)?,
            host: text(36)?,
            user: text(40)?,
            password: text_of(&password),
            application: text(48)?,
            server: text(52)?,
            library: text(60)?,
            database: text(68)?,
            integrated: data.get(25).is_some_and(|it| it & 0x80 != 0),
        })
    }
}
