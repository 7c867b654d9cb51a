//! Dates: reading, counting, writing.
use jiff::{Span, Timestamp, civil, tz::TimeZone};

use super::{Call, text::null};
use crate::{
    assumption::Assumption,
    expr::fault::Fault,
    value::{Scalar, Value},
};

type Answer = Result<Value, Fault>;

/// Seconds from 1601-01-01, where the directory begins to count, to 1970-01-01 (MS-DTYP 2.3.3).
const SECONDS_TO_1970: i64 = 11_644_473_600;

pub(super) fn now(call: &mut Call<'_>) -> Answer {
    call.assume(Assumption::Now);
    Ok(Value::One(Scalar::Date(call.input.now())))
}

pub(super) fn from_num(call: &mut Call<'_>) -> Answer {
    let Some(number) = call.number(0)? else { return Ok(null(call)) };
    let seconds = number.div_euclid(10_000_000) - SECONDS_TO_1970;
    let nanoseconds = i32::try_from(number.rem_euclid(10_000_000) * 100).unwrap_or(0);
    // The last moment of the year 9999 in whole seconds, as .NET's dates have it.
    let is_early = number >= 0 && seconds <= 253_402_300_799;
    match Timestamp::new(seconds, nanoseconds).ok().filter(|_| is_early) {
        Some(date) => Ok(Value::One(Scalar::Date(date))),
        None => {
            call.assume(Assumption::DateRange);
            Err(call.invalid(format!("{number} lies outside the years 1601 to 9999")))
        }
    }
}

pub(super) fn to_num(call: &mut Call<'_>) -> Answer {
    let Some(date) = call.date(0)? else { return Ok(null(call)) };
    let ticks = date.as_nanosecond() / 100 + i128::from(SECONDS_TO_1970) * 10_000_000;
    i64::try_from(ticks).ok().filter(|it| *it >= 0).map(Value::number).ok_or_else(|| {
        call.assume(Assumption::DateRange);
        call.invalid("the date lies before 1601")
    })
}

pub(super) fn add(call: &mut Call<'_>) -> Answer {
    let Some(date) = call.date(2)? else { return Ok(null(call)) };
    let n = call.required_number(1)?;
    let interval = call.required_text(0)?.to_owned();
    let span = match interval.as_str() {
        "yyyy" => Span::new().try_years(n),
        "q" => Span::new().try_months(n.saturating_mul(3)),
        "m" => Span::new().try_months(n),
        "y" | "d" | "w" => Span::new().try_days(n),
        "ww" => Span::new().try_weeks(n),
        "h" => Span::new().try_hours(n),
        "n" => Span::new().try_minutes(n),
        "s" => Span::new().try_seconds(n),
        _ => {
            return Err(call
                .invalid(format!("`{interval}` is no interval; use yyyy q m y d w ww h n or s")));
        }
    };
    let before = TimeZone::UTC.to_datetime(date);
    let after =
        span.and_then(|it| before.checked_add(it)).and_then(|it| TimeZone::UTC.to_timestamp(it));
    let Ok(after) = after else {
        call.assume(Assumption::DateRange);
        return Err(call.invalid("the date leaves the range of years"));
    };
    let by_days = matches!(interval.as_str(), "y" | "w");
    let is_cut = matches!(interval.as_str(), "yyyy" | "q" | "m")
        && TimeZone::UTC.to_datetime(after).day() != before.day();
    call.used.insert_if(by_days, Assumption::DateAddDays);
    call.used.insert_if(is_cut, Assumption::DateAddCut);
    Ok(Value::One(Scalar::Date(after)))
}

pub(super) fn format(call: &mut Call<'_>) -> Answer {
    let Some(date) = call.date(0)? else { return Ok(null(call)) };
    let pattern = call.required_text(1)?;
    let single = match pattern {
        "d" => Some("MM/dd/yyyy"),
        "D" => Some("dddd, dd MMMM yyyy"),
        "g" => Some("MM/dd/yyyy HH:mm"),
        "G" => Some("MM/dd/yyyy HH:mm:ss"),
        "r" | "R" => Some("ddd, dd MMM yyyy HH:mm:ss 'GMT'"),
        "s" => Some("yyyy-MM-ddTHH:mm:ss"),
        "t" => Some("HH:mm"),
        "T" => Some("HH:mm:ss"),
        "u" => Some("yyyy-MM-dd HH:mm:ss'Z'"),
        _ if pattern.chars().count() == 1 => Some(""),
        _ => None,
    };
    let is_single = single.is_some();
    let pattern = single.unwrap_or(pattern).to_owned();
    call.assume(Assumption::FormatDate);
    if is_single && pattern.is_empty() {
        return Err(call.invalid("this one-letter format is not known here; write the pattern out"));
    }
    if pattern.len() > 1_000 {
        return Err(call.invalid("the format is longer than 1,000 bytes"));
    }
    match write(TimeZone::UTC.to_datetime(date), &pattern) {
        Some(text) => call.make_text(text),
        None => Err(call.invalid("the format has a quotation mark or backslash without an end")),
    }
}

/// English names, as the invariant culture has them.
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Writes a date by a .NET custom pattern; `None` if the pattern is broken.
fn write(date: civil::DateTime, pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let n = rest.chars().take_while(|it| *it == first).count();
        let mut taken = n * first.len_utf8();
        let padded = |value: i64| if n == 1 { value.to_string() } else { format!("{value:0n$}") };
        let hour = i64::from(date.hour());
        let text = match first {
            'y' if n <= 2 => padded(i64::from(date.year().rem_euclid(100))),
            'y' => padded(i64::from(date.year())),
            'M' | 'd' if n >= 3 => {
                let name = if first == 'M' {
                    MONTHS.get(usize::try_from(date.month() - 1).ok()?)?
                } else {
                    DAYS.get(usize::try_from(date.weekday().to_monday_zero_offset()).ok()?)?
                };
                (if n == 3 { &name[..3] } else { name }).to_owned()
            }
            'M' => padded(date.month().into()),
            'd' => padded(date.day().into()),
            'H' => format!("{hour:0w$}", w = n.min(2)),
            'h' => format!("{:0w$}", (hour + 11) % 12 + 1, w = n.min(2)),
            'm' => format!("{:0w$}", date.minute(), w = n.min(2)),
            's' => format!("{:0w$}", date.second(), w = n.min(2)),
            'f' | 'F' if n <= 7 => {
                let digits = format!("{:09}", date.subsec_nanosecond());
                let digits = &digits[..n];
                (if first == 'F' { digits.trim_end_matches('0') } else { digits }).to_owned()
            }
            't' => {
                let half = if hour < 12 { "AM" } else { "PM" };
                (if n == 1 { &half[..1] } else { half }).to_owned()
            }
            'z' => ["+0", "+00", "+00:00"].get(n.min(3) - 1)?.to_string(),
            'K' => "Z".repeat(n),
            'f' | 'F' => return None,
            '\'' | '"' => {
                let len = rest[1..].find(first)?;
                taken = len + 2;
                rest[1..=len].to_owned()
            }
            '\\' => {
                let escaped = rest[1..].chars().next()?;
                taken = 1 + escaped.len_utf8();
                escaped.to_string()
            }
            '%' => {
                taken = 1;
                String::new()
            }
            other => other.to_string().repeat(n),
        };
        out.push_str(&text);
        rest = &rest[taken..];
    }
    Some(out)
}

/// A date that was read from a text.
pub(super) struct Read {
    pub(super) timestamp: Timestamp,
    pub(super) has_zone: bool,
}

/// Reads the forms of `A-DATE-FORM`.
pub(super) fn read(text: &str) -> Option<Read> {
    let text = text.trim();
    if text.len() > 64 || !text.is_ascii() {
        return None;
    }
    if let Some(read) = read_generalized(text) {
        return Some(read);
    }
    let (day, rest) = split_word(text);
    let (day, rest) = match day.split_once('T') {
        Some((day, _)) => (day, &text[day.len() + 1..]),
        None => (day, rest),
    };
    let date = if day.contains('/') {
        let [month, day, year] = numbers(day, '/')?;
        civil::Date::new(
            i16::try_from(year).ok().filter(|it| *it >= 1_000)?,
            small(month)?,
            small(day)?,
        )
    } else {
        let [year, month, day] = numbers(day, '-')?;
        civil::Date::new(
            i16::try_from(year).ok().filter(|it| *it >= 1_000)?,
            small(month)?,
            small(day)?,
        )
    };
    let (time, zone) = read_time(rest)?;
    finish(date.ok()?.to_datetime(time), zone)
}

fn finish(date: civil::DateTime, zone: Option<i64>) -> Option<Read> {
    let utc = TimeZone::UTC.to_timestamp(date).ok()?;
    let timestamp = utc.checked_sub(Span::new().try_minutes(zone.unwrap_or(0)).ok()?).ok()?;
    Some(Read { timestamp, has_zone: zone.is_some() })
}

/// `20140905081453.0Z`, the directory's generalized time.
fn read_generalized(text: &str) -> Option<Read> {
    let digits = text.strip_suffix('Z')?;
    let (digits, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    if digits.len() != 14 || !digits.bytes().chain(fraction.bytes()).all(|it| it.is_ascii_digit()) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| digits[range].parse::<i8>().ok();
    let time = civil::Time::new(part(8..10)?, part(10..12)?, part(12..14)?, 0).ok()?;
    let date = civil::Date::new(digits[..4].parse().ok()?, part(4..6)?, part(6..8)?).ok()?;
    finish(date.to_datetime(time), Some(0))
}

/// The time of day and the minutes by which its zone is ahead of UTC.
fn read_time(text: &str) -> Option<(civil::Time, Option<i64>)> {
    let text = text.trim();
    if text.is_empty() {
        return Some((civil::Time::midnight(), None));
    }
    let len =
        text.find(|it: char| !it.is_ascii_digit() && it != ':' && it != '.').unwrap_or(text.len());
    let (clock, rest) = text.split_at(len);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let fields: Vec<i8> = clock.split(':').map(|it| it.parse().ok()).collect::<Option<_>>()?;
    let (mut hour, minute, second) = match fields.as_slice() {
        [hour, minute] => (*hour, *minute, 0),
        [hour, minute, second] => (*hour, *minute, *second),
        _ => return None,
    };
    if fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    let nanoseconds: i32 = format!("{fraction:0<9}").parse().ok()?;
    let (word, after) = split_word(rest.trim());
    let rest = match word.to_ascii_uppercase().as_str() {
        half @ ("AM" | "PM") if (1..=12).contains(&hour) => {
            hour = hour % 12 + if half == "PM" { 12 } else { 0 };
            after
        }
        _ => rest,
    };
    Some((civil::Time::new(hour, minute, second, nanoseconds).ok()?, read_zone(rest.trim())?))
}

/// `Z`, `UTC`, `GMT`, `-8`, `+01:30`, `+0130` or nothing.
#[expect(clippy::option_option, reason = "no zone is something else than a broken one")]
fn read_zone(text: &str) -> Option<Option<i64>> {
    if text.is_empty() {
        return Some(None);
    }
    if matches!(text.to_ascii_uppercase().as_str(), "Z" | "UTC" | "GMT") {
        return Some(Some(0));
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = &text[1..];
    if !digits.starts_with(|it: char| it.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() == 4 => digits.split_at(2),
        None => (digits, "0"),
    };
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let in_range = (0..=14).contains(&hours) && (0..60).contains(&minutes);
    in_range.then_some(Some(sign * (hours * 60 + minutes)))
}

fn numbers(text: &str, separator: char) -> Option<[u16; 3]> {
    let parts: Vec<u16> = text.split(separator).map(|it| it.parse().ok()).collect::<Option<_>>()?;
    parts.try_into().ok()
}

fn small(number: u16) -> Option<i8> {
    i8::try_from(number).ok()
}

/// The first word and what follows it.
fn split_word(text: &str) -> (&str, &str) {
    text.split_once(' ').map_or((text, ""), |(word, rest)| (word, rest.trim_start()))
}
