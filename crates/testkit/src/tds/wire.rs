//! Packets, texts and tokens as bytes (MS-TDS 2.2.3 and 2.2.7).
use std::io::{self, Read, Write};

use super::{
    database::SqlError,
    value::{ResultSet, Type, Value},
};

/// Packet types (2.2.3.1.1).
pub(super) mod packet {
    pub(in super::super) const BATCH: u8 = 0x01;
    pub(in super::super) const RPC: u8 = 0x03;
    pub(in super::super) const RESULT: u8 = 0x04;
    pub(in super::super) const ATTENTION: u8 = 0x06;
    pub(in super::super) const LOGIN7: u8 = 0x10;
    pub(in super::super) const PRELOGIN: u8 = 0x12;
}

/// Most bytes of one request.
const MAX_REQUEST: usize = 1 << 20;
/// Bytes of a packet header.
const HEADER: usize = 8;

/// A damaged or unexpected message.
pub(super) fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// Reads packets up to the one marked as the last and joins their data.
pub(super) fn read_message(stream: &mut dyn Read) -> io::Result<(u8, Vec<u8>)> {
    let mut data = Vec::new();
    loop {
        let mut header = [0; HEADER];
        stream.read_exact(&mut header)?;
        let len = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let n_data = len
            .checked_sub(HEADER)
            .ok_or_else(|| invalid("a packet is shorter than its header"))?;
        if data.len() + n_data > MAX_REQUEST {
            return Err(invalid("a request is too long"));
        }
        let start = data.len();
        data.resize(start + n_data, 0);
        stream.read_exact(&mut data[start..])?;
        if header[1] & 1 == 1 {
            return Ok((header[0], data));
        }
    }
}

/// Splits a message into packets of at most `packet_size` bytes.
pub(super) fn packets(kind: u8, data: &[u8], packet_size: usize) -> Vec<u8> {
    let room = packet_size.clamp(512, 32_767) - HEADER;
    let mut out = Vec::with_capacity(data.len() + (data.len() / room + 1) * HEADER);
    let mut id = 1_u8;
    let mut rest = data;
    loop {
        let (now, later) = rest.split_at(rest.len().min(room));
        let len = u16::try_from(now.len() + HEADER).unwrap_or(u16::MAX);
        out.extend_from_slice(&[kind, u8::from(later.is_empty())]);
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(&[0, 0, id, 0]);
        out.extend_from_slice(now);
        if later.is_empty() {
            return out;
        }
        rest = later;
        id = id.wrapping_add(1);
    }
}

/// Writes a message.
pub(super) fn write_message(
    stream: &mut dyn Write,
    kind: u8,
    data: &[u8],
    packet_size: usize,
) -> io::Result<()> {
    stream.write_all(&packets(kind, data, packet_size))?;
    stream.flush()
}

/// UTF-16 little-endian.
pub(super) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Text from UTF-16 little-endian; an odd last byte is left out.
pub(super) fn text_of(bytes: &[u8]) -> String {
    let (pairs, _) = bytes.as_chunks::<2>();
    char::decode_utf16(pairs.iter().map(|it| u16::from_le_bytes(*it)))
        .map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// Text with a one-byte count of UTF-16 units before it (`B_VARCHAR`).
pub(super) fn b_varchar(out: &mut Vec<u8>, text: &str) {
    let units: Vec<u16> = text.encode_utf16().take(255).collect();
    out.push(u8::try_from(units.len()).unwrap_or(u8::MAX));
    out.extend(units.into_iter().flat_map(u16::to_le_bytes));
}

/// Text with a two-byte count of UTF-16 units before it (`US_VARCHAR`).
pub(super) fn us_varchar(out: &mut Vec<u8>, text: &str) {
    let units: Vec<u16> = text.encode_utf16().take(2_000).collect();
    out.extend_from_slice(&u16::try_from(units.len()).unwrap_or(u16::MAX).to_le_bytes());
    out.extend(units.into_iter().flat_map(u16::to_le_bytes));
}

/// Bits of the status of a DONE token.
mod done {
    pub(super) const MORE: u16 = 0x01;
    pub(super) const ERROR: u16 = 0x02;
    pub(super) const COUNT: u16 = 0x10;
}

/// The token that ends a `SELECT`, and the command number of `SELECT`.
const DONE: u8 = 0xfd;
const DONE_PROC: u8 = 0xfe;
const DONE_IN_PROC: u8 = 0xff;
const SELECT: u16 = 0xc1;

fn done_token(out: &mut Vec<u8>, token: u8, status: u16, command: u16, n_rows: u64) {
    out.push(token);
    out.extend_from_slice(&status.to_le_bytes());
    out.extend_from_slice(&command.to_le_bytes());
    out.extend_from_slice(&n_rows.to_le_bytes());
}

/// How a statement came, which decides how its result ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// As text in a batch.
    Batch,
    /// As an argument of `sp_executesql`.
    Procedure,
}

/// The whole answer to one statement.
pub(super) fn answer(request: Request, result: &Result<ResultSet, SqlError>) -> Vec<u8> {
    let mut out = Vec::new();
    match result {
        Ok(set) => {
            result_set(&mut out, set);
            let n_rows = set.rows.len() as u64;
            match request {
                Request::Batch => done_token(&mut out, DONE, done::COUNT, SELECT, n_rows),
                Request::Procedure => {
                    done_token(&mut out, DONE_IN_PROC, done::COUNT | done::MORE, SELECT, n_rows);
                    out.extend_from_slice(&[0x79, 0, 0, 0, 0]);
                    done_token(&mut out, DONE_PROC, 0, 0xe0, 0);
                }
            }
        }
        Err(error) => {
            error_token(&mut out, error);
            let token = if request == Request::Batch { DONE } else { DONE_PROC };
            done_token(&mut out, token, done::ERROR, 0xfd, 0);
        }
    }
    out
}

/// Some rows, then an error: what a server sends that fails in the middle.
pub(super) fn broken_answer(set: &ResultSet, error: &SqlError) -> Vec<u8> {
    let mut out = Vec::new();
    result_set(&mut out, set);
    error_token(&mut out, error);
    done_token(&mut out, DONE, done::ERROR, SELECT, 0);
    out
}

fn result_set(out: &mut Vec<u8>, set: &ResultSet) {
    out.push(0x81);
    out.extend_from_slice(&u16::try_from(set.columns.len()).unwrap_or(u16::MAX).to_le_bytes());
    for column in &set.columns {
        out.extend_from_slice(&[0, 0, 0, 0]);
        // fNullable with fUpdateable "unknown", or fComputed for a literal (2.2.7.4).
        out.extend_from_slice(&if column.ty.is_literal() { [0x20, 0] } else { [0x09, 0] });
        column.ty.write_info(out);
        b_varchar(out, &column.name);
    }
    for row in &set.rows {
        out.push(0xd1);
        for (column, value) in set.columns.iter().zip(row) {
            column.ty.write_value(value, out);
        }
    }
}

/// An ERROR token (2.2.7.10).
pub(super) fn error_token(out: &mut Vec<u8>, error: &SqlError) {
    let mut body = Vec::new();
    body.extend_from_slice(&error.number.to_le_bytes());
    body.extend_from_slice(&[1, error.class]);
    us_varchar(&mut body, &error.message);
    b_varchar(&mut body, "RESPONDER");
    b_varchar(&mut body, "");
    body.extend_from_slice(&1_u32.to_le_bytes());
    out.push(0xaa);
    out.extend_from_slice(&u16::try_from(body.len()).unwrap_or(u16::MAX).to_le_bytes());
    out.extend_from_slice(&body);
}

/// The answer to a login that failed.
pub(super) fn login_refused(errors: &[SqlError]) -> Vec<u8> {
    let mut out = Vec::new();
    for error in errors {
        error_token(&mut out, error);
    }
    done_token(&mut out, DONE, done::ERROR, 0, 0);
    out
}

/// The answer to a login that succeeded: database, packet size, LOGINACK.
pub(super) fn login_accepted(
    database: &str,
    packet_size: usize,
    tds_version: u32,
    product: [u8; 4],
) -> Vec<u8> {
    let mut out = Vec::new();
    env_change(&mut out, 1, database, "master");
    env_change(&mut out, 4, &packet_size.to_string(), "4096");
    let mut ack = vec![1];
    ack.extend_from_slice(&tds_version.to_be_bytes());
    b_varchar(&mut ack, "Microsoft SQL Server");
    ack.extend_from_slice(&product);
    out.push(0xad);
    out.extend_from_slice(&u16::try_from(ack.len()).unwrap_or(u16::MAX).to_le_bytes());
    out.extend_from_slice(&ack);
    done_token(&mut out, DONE, 0, 0, 0);
    out
}

fn env_change(out: &mut Vec<u8>, kind: u8, new: &str, old: &str) {
    let mut body = vec![kind];
    b_varchar(&mut body, new);
    b_varchar(&mut body, old);
    out.push(0xe3);
    out.extend_from_slice(&u16::try_from(body.len()).unwrap_or(u16::MAX).to_le_bytes());
    out.extend_from_slice(&body);
}

/// The text of a batch, after its headers (2.2.5.3, 2.2.6.7).
pub(super) fn batch_text(data: &[u8]) -> io::Result<String> {
    Ok(text_of(after_headers(data)?))
}

fn after_headers(data: &[u8]) -> io::Result<&[u8]> {
    let (len, _) =
        data.split_first_chunk::<4>().ok_or_else(|| invalid("a request has no headers"))?;
    let len = u32::from_le_bytes(*len) as usize;
    data.get(len..).ok_or_else(|| invalid("the headers of a request are cut off"))
}

/// The statement and the arguments of a call of `sp_executesql` (2.2.6.6).
pub(super) fn rpc_call(data: &[u8]) -> io::Result<(String, Vec<Value>)> {
    let mut rest = Bytes(after_headers(data)?);
    let n_name = rest.u16()?;
    let name = match n_name {
        0xffff if rest.u16()? == 10 => "sp_executesql".to_owned(),
        0xffff => return Err(invalid("a procedure other than sp_executesql was called by number")),
        n => text_of(rest.take(usize::from(n) * 2)?),
    };
    rest.u16()?;
    let mut arguments = Vec::new();
    while !rest.0.is_empty() {
        let n = usize::from(rest.u8()?);
        rest.take(n * 2)?;
        rest.u8()?;
        let ty = Type::read_info(&mut rest)?;
        arguments.push(ty.read_value(&mut rest)?);
    }
    if !name.eq_ignore_ascii_case("sp_executesql") {
        return Ok((name, arguments));
    }
    let mut arguments = arguments.into_iter();
    let Some(Value::Text(statement)) = arguments.next() else {
        return Err(invalid("sp_executesql has no statement"));
    };
    arguments.next();
    Ok((statement, arguments.collect()))
}

/// Bytes that are read from the front.
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn take(&mut self, n: usize) -> io::Result<&'a [u8]> {
        let (now, later) =
            self.0.split_at_checked(n).ok_or_else(|| invalid("a message is cut off"))?;
        self.0 = later;
        Ok(now)
    }

    pub(super) fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let (now, later) =
            self.0.split_first_chunk::<N>().ok_or_else(|| invalid("a message is cut off"))?;
        self.0 = later;
        Ok(*now)
    }

    pub(super) fn u8(&mut self) -> io::Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) fn u16(&mut self) -> io::Result<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> io::Result<u32> {
        self.array().map(u32::from_le_bytes)
    }
}
