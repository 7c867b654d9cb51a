//! The scheduler's configuration file: one setting is read, nothing else is kept.
use dirlift_model::facts::Scheduler;

use crate::{
    context::Context,
    decode::decode,
    error::{ConfigError, ErrorKind},
    xml::Cursor,
};

/// Key of the interval below `configuration/appSettings`.
const INTERVAL_KEY: &str = "SyncTimeInterval";

/// Reads `Microsoft.Online.DirSync.Scheduler.exe.config`. The last entry of a key counts, as in .NET.
pub fn read_scheduler(file: &str, bytes: &[u8]) -> Result<Scheduler, ConfigError> {
    let text = decode(bytes).map_err(|it| ConfigError::from_decode(file, it))?;
    let mut cursor = Cursor::new(&text, Context::new(file))?;
    let root = cursor.root()?;
    if root.name != "configuration" {
        return Err(cursor.error(root.offset, ErrorKind::Missing { element: "configuration" }));
    }
    let mut interval = None;
    while let Some(section) = cursor.child()? {
        if section.name != "appSettings" {
            cursor.skip()?;
            continue;
        }
        while let Some(tag) = cursor.child()? {
            if tag.name == "add" {
                let entry = cursor.head(tag)?;
                if entry
                    .attribute("key")
                    .is_some_and(|it| it.trim().eq_ignore_ascii_case(INTERVAL_KEY))
                {
                    interval = entry.attribute("value").map(ToOwned::to_owned);
                }
            }
            cursor.skip()?;
        }
    }
    cursor.end()?;
    let interval_seconds = interval.as_deref().and_then(seconds);
    Ok(Scheduler { interval, interval_seconds, place: file.to_owned() })
}

/// `H:M:S` in seconds; minutes and seconds below 60.
fn seconds(text: &str) -> Option<u64> {
    let part = |it: &str| {
        let digits = !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
        if digits { it.parse::<u64>().ok() } else { None }
    };
    let parts: Option<Vec<_>> = text.trim().split(':').take(4).map(part).collect();
    match parts?.as_slice() {
        &[hours, minutes, seconds] if minutes < 60 && seconds < 60 => {
            hours.checked_mul(3600)?.checked_add(minutes * 60 + seconds)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals() {
        let cases = [
            ("3:0:0", Some(10_800)),
            ("03:00:00", Some(10_800)),
            ("0:30:5", Some(1_805)),
            (" 1:0:0 ", Some(3_600)),
            ("24:0:0", Some(86_400)),
            ("0:60:0", None),
            ("3:0", None),
            ("1:0:0:0", None),
            ("1.00:00:00", None),
            ("-1:0:0", None),
            ("18446744073709551615:0:0", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
