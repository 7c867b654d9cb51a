//! Values and types, and their bytes in results and arguments (MS-TDS 2.2.5.4 and 2.2.5.5).
use std::io;

use super::wire::{Bytes, invalid, utf16};

/// Collation bytes of the published examples: Latin1, code page 1252.
const COLLATION: [u8; 5] = [0x09, 0x04, 0xd0, 0x00, 0x34];

/// A value of a cell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// No value.
    Null,
    /// `bit`
    Bit(bool),
    /// `int` and `bigint`
    Int(i64),
    /// `nvarchar`, also of XML
    Text(String),
    /// `varbinary`
    Binary(Vec<u8>),
    /// `uniqueidentifier`, in the order of the wire.
    Guid([u8; 16]),
    /// `datetime`: days since 1900-01-01 and 1/300 seconds since midnight.
    DateTime(i32, u32),
}

impl Value {
    /// A `uniqueidentifier` from its text, whose first three groups are stored in reverse.
    pub fn guid(text: &str) -> Self {
        text.parse::<dirlift_model::Guid>()
            .map_or(Self::Null, |it| Self::Guid(it.to_directory_bytes()))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}

impl From<bool> for Value {
    fn from(bit: bool) -> Self {
        Self::Bit(bit)
    }
}

/// A `datetime` from a civil date and time, UTC.
pub fn datetime(year: i64, month: i64, day: i64, hour: u32, minute: u32, second: u32) -> Value {
    // Days from 0000-03-01 of the proleptic Gregorian calendar, years beginning in March; 1900-01-01 is day 693_901.
    let (y, m) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = y * 365 + y.div_euclid(4) - y.div_euclid(100)
        + y.div_euclid(400)
        + (m * 306 + 5) / 10
        + day
        - 1;
    Value::DateTime(
        i32::try_from(days - 693_901).unwrap_or(0),
        ((hour * 60 + minute) * 60 + second) * 300,
    )
}

/// A type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `bit`
    Bit,
    /// `int`
    Int,
    /// `bigint`
    BigInt,
    /// `nvarchar(n)`, `n` up to 4,000
    NVarChar(u16),
    /// `nvarchar(max)`
    NVarCharMax,
    /// `xml`: sent only when cast to `nvarchar(max)`
    Xml,
    /// `varbinary(n)`, `n` up to 8,000
    VarBinary(u16),
    /// `varbinary(max)`
    VarBinaryMax,
    /// `uniqueidentifier`
    Guid,
    /// `datetime`
    DateTime,
    /// `varchar(n)` of a literal
    Literal(u16),
}

impl Type {
    /// The name as `INFORMATION_SCHEMA.COLUMNS.DATA_TYPE` gives it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bit => "bit",
            Self::Int => "int",
            Self::BigInt => "bigint",
            Self::NVarChar(_) | Self::NVarCharMax => "nvarchar",
            Self::Xml => "xml",
            Self::VarBinary(_) | Self::VarBinaryMax => "varbinary",
            Self::Guid => "uniqueidentifier",
            Self::DateTime => "datetime",
            Self::Literal(_) => "varchar",
        }
    }

    pub(super) const fn is_literal(self) -> bool {
        matches!(self, Self::Literal(_))
    }

    /// Writes `TYPE_INFO`.
    pub(super) fn write_info(self, out: &mut Vec<u8>) {
        let sized = |out: &mut Vec<u8>, token: u8, n: u16| {
            out.push(token);
            out.extend_from_slice(&n.to_le_bytes());
        };
        match self {
            Self::Bit => out.extend_from_slice(&[0x68, 1]),
            Self::Int => out.extend_from_slice(&[0x26, 4]),
            Self::BigInt => out.extend_from_slice(&[0x26, 8]),
            Self::Guid => out.extend_from_slice(&[0x24, 16]),
            Self::DateTime => out.extend_from_slice(&[0x6f, 8]),
            Self::VarBinary(n) => sized(out, 0xa5, n),
            Self::VarBinaryMax => sized(out, 0xa5, 0xffff),
            Self::NVarChar(n) => {
                sized(out, 0xe7, n.saturating_mul(2));
                out.extend_from_slice(&COLLATION);
            }
            Self::NVarCharMax | Self::Xml => {
                sized(out, 0xe7, 0xffff);
                out.extend_from_slice(&COLLATION);
            }
            Self::Literal(n) => {
                sized(out, 0xa7, n);
                out.extend_from_slice(&COLLATION);
            }
        }
    }

    /// Writes a value; one that does not fit the type is sent as no value.
    pub(super) fn write_value(self, value: &Value, out: &mut Vec<u8>) {
        match (self, value) {
            (Self::Bit, Value::Bit(bit)) => out.extend_from_slice(&[1, u8::from(*bit)]),
            (Self::Int, Value::Int(n)) => {
                out.push(4);
                out.extend_from_slice(&i32::try_from(*n).unwrap_or(i32::MAX).to_le_bytes());
            }
            (Self::BigInt, Value::Int(n)) => {
                out.push(8);
                out.extend_from_slice(&n.to_le_bytes());
            }
            (Self::Guid, Value::Guid(guid)) => {
                out.push(16);
                out.extend_from_slice(guid);
            }
            (Self::DateTime, Value::DateTime(days, ticks)) => {
                out.push(8);
                out.extend_from_slice(&days.to_le_bytes());
                out.extend_from_slice(&ticks.to_le_bytes());
            }
            (Self::NVarChar(_), Value::Text(text)) => short(out, &utf16(text)),
            (Self::Literal(_), Value::Text(text)) => short(out, text.as_bytes()),
            (Self::VarBinary(_), Value::Binary(bytes)) => short(out, bytes),
            (Self::NVarCharMax | Self::Xml, Value::Text(text)) => chunked(out, &utf16(text)),
            (Self::VarBinaryMax, Value::Binary(bytes)) => chunked(out, bytes),
            (Self::NVarChar(_) | Self::Literal(_) | Self::VarBinary(_), _) => {
                out.extend_from_slice(&[0xff, 0xff]);
            }
            (Self::NVarCharMax | Self::Xml | Self::VarBinaryMax, _) => {
                out.extend_from_slice(&[0xff; 8]);
            }
            _ => out.push(0),
        }
    }

    /// Reads `TYPE_INFO` of an argument.
    pub(super) fn read_info(bytes: &mut Bytes<'_>) -> io::Result<Self> {
        Ok(match bytes.u8()? {
            0x26 if bytes.u8()? == 8 => Self::BigInt,
            0x26 => Self::Int,
            0x68 => {
                bytes.u8()?;
                Self::Bit
            }
            0x24 => {
                bytes.u8()?;
                Self::Guid
            }
            0x6f => {
                bytes.u8()?;
                Self::DateTime
            }
            0xe7 => {
                let n = bytes.u16()?;
                bytes.array::<5>()?;
                if n == 0xffff { Self::NVarCharMax } else { Self::NVarChar(n / 2) }
            }
            _ => return Err(invalid("an argument has a type that this responder does not know")),
        })
    }

    /// Reads the value of an argument.
    pub(super) fn read_value(self, bytes: &mut Bytes<'_>) -> io::Result<Value> {
        let text = |bytes: &[u8]| Value::Text(super::wire::text_of(bytes));
        if self == Self::NVarCharMax {
            return Ok(if bytes.array().map(u64::from_le_bytes)? == u64::MAX {
                Value::Null
            } else {
                let mut all = Vec::new();
                loop {
                    match bytes.u32()? as usize {
                        0 => break text(&all),
                        n => all.extend_from_slice(bytes.take(n)?),
                    }
                }
            });
        }
        if matches!(self, Self::NVarChar(_)) {
            return Ok(match bytes.u16()? {
                0xffff => Value::Null,
                n => text(bytes.take(usize::from(n))?),
            });
        }
        Ok(match (self, bytes.u8()?) {
            (_, 0) => Value::Null,
            (Self::Bit, 1) => Value::Bit(bytes.u8()? != 0),
            (Self::Int | Self::BigInt, 1) => Value::Int(bytes.u8()?.into()),
            (Self::Int | Self::BigInt, 2) => Value::Int(i16::from_le_bytes(bytes.array()?).into()),
            (Self::Int | Self::BigInt, 4) => Value::Int(i32::from_le_bytes(bytes.array()?).into()),
            (Self::Int | Self::BigInt, 8) => Value::Int(i64::from_le_bytes(bytes.array()?)),
            (Self::Guid, 16) => Value::Guid(bytes.array()?),
            (Self::DateTime, 8) => {
                Value::DateTime(i32::from_le_bytes(bytes.array()?), bytes.u32()?)
            }
            _ => return Err(invalid("the length of an argument does not fit its type")),
        })
    }
}

fn short(out: &mut Vec<u8>, bytes: &[u8]) {
    let bytes = &bytes[..bytes.len().min(8_000)];
    out.extend_from_slice(&u16::try_from(bytes.len()).unwrap_or(0).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// A value of a `max` type: its length, its chunks, and an empty chunk (PLP, 2.2.5.2.3).
fn chunked(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    for chunk in bytes.chunks(8_040) {
        out.extend_from_slice(&u32::try_from(chunk.len()).unwrap_or(0).to_le_bytes());
        out.extend_from_slice(chunk);
    }
    out.extend_from_slice(&[0; 4]);
}

/// A column of a table or a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name.
    pub name: String,
    /// Type.
    pub ty: Type,
}

/// The result of a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResultSet {
    /// Columns.
    pub columns: Vec<Column>,
    /// Rows, with as many values as there are columns.
    pub rows: Vec<Vec<Value>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datetimes_count_from_1900() {
        assert_eq!(datetime(1900, 1, 1, 0, 0, 0), Value::DateTime(0, 0));
        assert_eq!(datetime(1900, 3, 1, 0, 0, 1), Value::DateTime(59, 300));
        // 1970-01-01 is 25,567 days after 1900-01-01 (70 years with 17 leap days).
        assert_eq!(datetime(1970, 1, 1, 12, 0, 0), Value::DateTime(25_567, 12_960_000));
        assert_eq!(datetime(2000, 2, 29, 0, 0, 0), Value::DateTime(36_583, 0));
    }

    #[test]
    fn values_have_the_bytes_of_the_protocol() {
        let cases: &[(Type, Value, &[u8])] = &[
            (Type::Int, Value::Int(1), &[4, 1, 0, 0, 0]),
            (Type::Int, Value::Null, &[0]),
            (Type::BigInt, Value::Int(-1), &[8, 255, 255, 255, 255, 255, 255, 255, 255]),
            (Type::Bit, Value::Bit(true), &[1, 1]),
            (Type::NVarChar(10), Value::from("ab"), &[4, 0, 97, 0, 98, 0]),
            (Type::NVarChar(10), Value::Null, &[255, 255]),
            (
                Type::NVarCharMax,
                Value::from("a"),
                &[2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 97, 0, 0, 0, 0, 0],
            ),
            (Type::NVarCharMax, Value::Null, &[255; 8]),
            (Type::DateTime, Value::DateTime(1, 2), &[8, 1, 0, 0, 0, 2, 0, 0, 0]),
            (Type::VarBinary(8), Value::Binary(vec![9]), &[1, 0, 9]),
        ];
        for (ty, value, expected) in cases {
            let mut out = Vec::new();
            ty.write_value(value, &mut out);
            assert_eq!(&out, expected, "{ty:?} {value:?}");
        }
    }
}
