//! Cells of a row, read without assuming more of their type than is needed.
use dirlift_model::{Guid, Sid};
use jiff::Timestamp;
use tiberius::{ColumnData, Row};

/// Days from 1900-01-01 to 1970-01-01.
const DAYS_1900: i64 = 25_567;
/// Days from 0001-01-01 to 1970-01-01.
const DAYS_0001: i64 = 719_162;
const MS_OF_DAY: i64 = 86_400_000;

/// The cells of a row in the order of the statement's columns.
pub(crate) struct Cells(Vec<ColumnData<'static>>);

impl Cells {
    pub(crate) fn new(row: Row) -> Self {
        Self(row.into_iter().collect())
    }

    fn cell(&self, place: Option<usize>) -> Option<&ColumnData<'static>> {
        place.and_then(|it| self.0.get(it))
    }

    /// A text; numbers in their decimal form.
    pub(crate) fn text(&self, place: Option<usize>) -> Option<String> {
        match self.cell(place)? {
            ColumnData::String(text) => text.as_ref().map(|it| it.clone().into_owned()),
            ColumnData::Xml(xml) => xml.as_ref().map(ToString::to_string),
            ColumnData::Guid(guid) => guid.map(|it| it.to_string()),
            _ => self.int(place).map(|it| it.to_string()),
        }
    }

    /// A whole number; a bit is 0 or 1.
    pub(crate) fn int(&self, place: Option<usize>) -> Option<i64> {
        match self.cell(place)? {
            ColumnData::U8(n) => n.map(i64::from),
            ColumnData::I16(n) => n.map(i64::from),
            ColumnData::I32(n) => n.map(i64::from),
            ColumnData::I64(n) => *n,
            ColumnData::Bit(bit) => bit.map(i64::from),
            _ => None,
        }
    }

    /// A count; what is no number or below zero counts as nothing.
    pub(crate) fn count(&self, place: Option<usize>) -> u64 {
        self.int(place).and_then(|it| u64::try_from(it).ok()).unwrap_or(0)
    }

    /// A flag: any number but zero.
    pub(crate) fn flag(&self, place: Option<usize>) -> Option<bool> {
        self.int(place).map(|it| it != 0)
    }

    /// A `uniqueidentifier`, or its text.
    pub(crate) fn guid(&self, place: Option<usize>) -> Option<Guid> {
        match self.cell(place)? {
            ColumnData::Guid(guid) => guid.map(|it| Guid::from_network_bytes(it.into_bytes())),
            ColumnData::String(text) => text.as_ref()?.parse().ok(),
            _ => None,
        }
    }

    /// A SID in its binary form.
    pub(crate) fn sid(&self, place: Option<usize>) -> Option<Sid> {
        match self.cell(place)? {
            ColumnData::Binary(bytes) => Sid::from_bytes(bytes.as_ref()?).ok(),
            _ => None,
        }
    }

    /// A time; the database holds UTC.
    pub(crate) fn time(&self, place: Option<usize>) -> Option<Timestamp> {
        match self.cell(place)? {
            ColumnData::DateTime(time) => {
                time.and_then(|it| timestamp(it.days().into(), it.seconds_fragments()))
            }
            ColumnData::SmallDateTime(time) => {
                let time = (*time)?;
                let minutes = i64::from(time.seconds_fragments());
                of_ms((i64::from(time.days()) - DAYS_1900) * MS_OF_DAY + minutes * 60_000)
            }
            ColumnData::DateTime2(time) => {
                let time = (*time)?;
                let days = i64::from(time.date().days()) - DAYS_0001;
                let scale = 10_i128.pow(u32::from(time.time().scale().min(9)));
                let ms = i128::from(time.time().increments()) * 1_000 / scale;
                of_ms(days * MS_OF_DAY + i64::try_from(ms).ok()?)
            }
            _ => None,
        }
    }
}

/// A `datetime`: days since 1900-01-01 and 1/300 seconds since midnight, rounded to milliseconds.
fn timestamp(days: i64, ticks: u32) -> Option<Timestamp> {
    of_ms((days - DAYS_1900) * MS_OF_DAY + (i64::from(ticks) * 10 + 1) / 3)
}

fn of_ms(ms: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(ms).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datetimes_become_instants() {
        // 2012-04-29 is day 41,026: 40,907 is 2012-01-01 (112 years with 27 leap days), and 119 days follow to 29 April.
        let cases = [
            (0, 0, "1900-01-01T00:00:00Z"),
            (25_567, 0, "1970-01-01T00:00:00Z"),
            (41_026, 300 * 3_600, "2012-04-29T01:00:00Z"),
            // 1, 2 and 3 ticks are .003, .007 and .010 seconds, as the server prints them.
            (0, 1, "1900-01-01T00:00:00.003Z"),
            (0, 2, "1900-01-01T00:00:00.007Z"),
            (0, 3, "1900-01-01T00:00:00.01Z"),
            (-53_690, 0, "1753-01-01T00:00:00Z"),
        ];
        for (days, ticks, expected) in cases {
            assert_eq!(timestamp(days, ticks).unwrap().to_string(), expected);
        }
        assert_eq!(timestamp(i32::MAX.into(), u32::MAX), None);
    }
}
