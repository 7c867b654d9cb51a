//! What the wizard does not carry, as PowerShell for the new server: custom rules, schedule, deletion threshold.
//!
//! Plain style, every step may run twice, each block says what it changes and how to undo it. Text from the old server
//! stands only in single-quoted literals and, cleaned and shortened, in comments.
mod rules;

use std::fmt::Write as _;

use dirlift_model::{
    Guid, SyncRule,
    text::{is_unsafe, shorten},
};

use crate::{bundle::Part, settings::SettingsFile};

/// Shortest interval that the service allows, in seconds (how-to-connect-sync-feature-scheduler).
const SHORTEST_INTERVAL: u64 = 1_800;

/// The interval that a new server has anyway, in seconds; and that of DirSync, which nobody chose.
const DEFAULT_INTERVALS: [u64; 2] = [1_800, 10_800];

/// Threshold that a new server has anyway (how-to-connect-sync-feature-prevent-accidental-deletes).
const DEFAULT_THRESHOLD: u64 = 500;

/// Writes the scripts; each begins with a byte-order mark, without which Windows PowerShell reads another code page.
///
/// `custom` are rules to make, `off` standard rules to turn off.
pub(crate) fn write(settings: &SettingsFile, custom: &[SyncRule], off: &[SyncRule]) -> Vec<Part> {
    let script =
        |name: &str, text: String| Part::new(format!("scripts/{name}"), format!("\u{FEFF}{text}"));
    vec![
        script("1-custom-rules.ps1", rules::write(settings, custom, off)),
        script("2-schedule.ps1", schedule(settings)),
        script("3-deletion-threshold.ps1", deletion_threshold(settings)),
    ]
}

/// A literal: in single quotes with every character that PowerShell takes for one doubled. Characters that would hide
/// something from the reader of the script are written as their numbers.
pub(crate) fn literal(text: &str) -> String {
    let mut pieces: Vec<String> = Vec::new();
    let mut plain = String::new();
    for it in text.chars() {
        if is_unsafe(it) {
            if !plain.is_empty() {
                pieces.push(format!("'{}'", std::mem::take(&mut plain)));
            }
            for unit in it.encode_utf16(&mut [0; 2]) {
                pieces.push(format!("[char]0x{unit:04X}"));
            }
        } else {
            plain.push(it);
            if matches!(it, '\'' | '\u{2018}'..='\u{201B}') {
                plain.push(it);
            }
        }
    }
    if pieces.is_empty() {
        return format!("'{plain}'");
    }
    if !plain.is_empty() {
        pieces.push(format!("'{plain}'"));
    }
    // The empty literal makes it text from the first character on.
    format!("('' + {})", pieces.join(" + "))
}

/// Text in a comment: one line, short, nothing that steers a terminal.
fn comment(text: &str) -> String {
    shorten(text, 160)
}

fn guid(it: Guid) -> String {
    format!("'{it}'")
}

fn head(settings: &SettingsFile, title: &str, about: &[&str]) -> String {
    let source = &settings.source;
    let mut out = format!("# {title}\n#\n");
    let host = source.host.as_deref().unwrap_or("a server of unknown name");
    let _ = writeln!(
        out,
        "# Written by {} from the settings of {} as of {}.",
        comment(&settings.tool),
        comment(host),
        source.snapshot_time
    );
    for line in about {
        let _ = writeln!(out, "# {line}");
    }
    out.push_str(
        "#\n# Read it before you run it: on the new server, in Windows PowerShell as a member of ADSyncAdmins.\n\
         # It may run again; what is there already is left as it is.\n\n\
         $ErrorActionPreference = 'Stop'\nImport-Module ADSync\n",
    );
    out
}

fn schedule(settings: &SettingsFile) -> String {
    let mut out = head(settings, "Schedule", &[]);
    let interval = &settings.schedule.interval_seconds;
    let place = interval.read_from.as_deref().unwrap_or("nowhere");
    let say = |out: &mut String, text: &str| {
        let _ = writeln!(out, "\n# Read from {}\nWrite-Output {}", comment(place), literal(text));
    };
    match interval.value {
        None => say(
            &mut out,
            "The old server's interval is not known. A new server runs every 30 minutes.",
        ),
        Some(it) if DEFAULT_INTERVALS.contains(&it) => {
            say(
                &mut out,
                "The old server ran at its product's default. Nothing to change: a new server runs every 30 minutes.",
            );
        }
        Some(it) if it < SHORTEST_INTERVAL => {
            say(
                &mut out,
                "The old server ran more often than every 30 minutes, which the service does not allow. Nothing to change.",
            );
        }
        Some(it) if it > 7 * 86_400 => {
            say(
                &mut out,
                "The old server ran less often than every 7 days, which is not supported. Nothing to change.",
            );
        }
        Some(it) => {
            let text = format!(
                "{}.{:02}:{:02}:{:02}",
                it / 86_400,
                it / 3_600 % 24,
                it / 60 % 60,
                it % 60
            );
            let _ = write!(
                out,
                "\n# Read from {}\n# Changes: a cycle every {text} (days.hours:minutes:seconds) instead of every 30 minutes.\n\
                 # The service keeps this setting for the whole tenant: it also counts for the active server.\n\
                 # Undo: Set-ADSyncScheduler -CustomizedSyncCycleInterval 00:30:00\n\
                 $scheduler = Get-ADSyncScheduler\n\
                 if ($scheduler.CustomizedSyncCycleInterval -eq [TimeSpan]'{text}') {{\n    \
                 Write-Output 'There already.'\n}} else {{\n    \
                 Write-Output ('The interval was: ' + $scheduler.CurrentlyEffectiveSyncCycleInterval)\n    \
                 Set-ADSyncScheduler -CustomizedSyncCycleInterval ([TimeSpan]'{text}')\n}}\n",
                comment(place),
            );
        }
    }
    out
}

fn deletion_threshold(settings: &SettingsFile) -> String {
    let threshold = &settings.deletion_threshold;
    let place = threshold.read_from.as_deref().unwrap_or("nowhere");
    let is_off = threshold.value.is_none()
        && threshold.read_from.as_deref().is_some_and(|it| it.ends_with("turned off"));
    let Some(value) = threshold.value.filter(|it| *it != DEFAULT_THRESHOLD) else {
        let mut out = head(settings, "Prevent accidental deletes", &[]);
        let text = if is_off {
            "The old server had no protection against accidental deletes. It is left on: 500 objects, the default."
        } else if threshold.value.is_some() {
            "The old server had the default of 500 objects. Nothing to change."
        } else {
            "The old server had no threshold of its own. A new server stops at more than 500 deletions."
        };
        let _ = writeln!(out, "\n# Read from {}\nWrite-Output {}", comment(place), literal(text));
        return out;
    };
    let mut out = String::from(
        "param(\n    # A Hybrid Identity Administrator of the tenant, such as admin@contoso.onmicrosoft.com.\n    \
         [Parameter(Mandatory = $true)]\n    [string] $EntraAdministrator\n)\n\n",
    );
    out.push_str(&head(settings, "Prevent accidental deletes", &[]));
    let _ = write!(
        out,
        "\n# Read from {}\n# Changes: an export with more than {value} deletions stops, for the whole tenant; the default is {DEFAULT_THRESHOLD}.\n\
         # Undo: Enable-ADSyncExportDeletionThreshold -DeletionThreshold {DEFAULT_THRESHOLD} -AADUserName $EntraAdministrator\n\
         $now = Get-ADSyncExportDeletionThreshold -AADUserName $EntraAdministrator\n\
         Write-Output 'Before:'\nWrite-Output $now\n\
         if ($now.ThresholdCount -ne {value}) {{\n    \
         Enable-ADSyncExportDeletionThreshold -DeletionThreshold {value} -AADUserName $EntraAdministrator\n}}\n",
        comment(place),
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Windows PowerShell makes of a literal: in single quotes a doubled quote character is one, and any other ends
    /// the text.
    fn value(literal: &str) -> Option<String> {
        let is_quote = |it: char| matches!(it, '\'' | '\u{2018}'..='\u{201B}');
        let inner = literal.strip_prefix("('' + ").and_then(|it| it.strip_suffix(')'));
        let mut rest = inner.unwrap_or(literal);
        let mut units = Vec::new();
        loop {
            if let Some(after) = rest.strip_prefix("[char]0x") {
                units.push(u16::from_str_radix(after.get(..4)?, 16).ok()?);
                rest = &after[4..];
            } else {
                let mut chars = rest.strip_prefix('\'')?.chars();
                loop {
                    let it = chars.next()?;
                    if !is_quote(it) {
                        units.extend(it.encode_utf16(&mut [0; 2]).iter());
                    } else if chars.as_str().starts_with(is_quote) {
                        chars.next();
                        units.extend(it.encode_utf16(&mut [0; 2]).iter());
                    } else {
                        break;
                    }
                }
                rest = chars.as_str();
            }
            if rest.is_empty() {
                return String::from_utf16(&units).ok();
            }
            rest = rest.strip_prefix(" + ")?;
        }
    }

    proptest::proptest! {
        #[test]
        fn a_literal_has_the_value_of_its_text(
            text in "(['\u{2018}\u{2019}\u{201A}\u{201B}]|[\"$`(){};+a\\\\]|[\r\n\t\u{0}\u{85}\u{2028}\u{202E}\u{E0041}]|\\PC| \\+ |\\[char\\]0x0041){0,24}"
        ) {
            let literal = literal(&text);
            proptest::prop_assert!(!literal.contains(is_unsafe), "{literal:?}");
            proptest::prop_assert_eq!(value(&literal), Some(text));
        }
    }

    #[test]
    fn a_literal_cannot_be_left() {
        let cases = [
            ("plain", "'plain'"),
            ("", "''"),
            ("O'Neil", "'O''Neil'"),
            (
                "\u{2018}\u{2019}\u{201A}\u{201B}",
                "'\u{2018}\u{2018}\u{2019}\u{2019}\u{201A}\u{201A}\u{201B}\u{201B}'",
            ),
            ("$(x) `n \"", "'$(x) `n \"'"),
            ("a\nb", "('' + 'a' + [char]0x000A + 'b')"),
            ("\u{202E}", "('' + [char]0x202E)"),
            ("\u{E0041}'", "('' + [char]0xDB40 + [char]0xDC41 + '''')"),
        ];
        for (text, expected) in cases {
            assert_eq!(literal(text), expected, "{text:?}");
        }
    }
}
