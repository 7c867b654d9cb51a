//! `import-guide.md`: the wizard of Microsoft Entra Connect, page by page, with this customer's own values.
//!
//! Sources: how-to-connect-import-export-config, how-to-connect-install-custom, how-to-dirsync-upgrade,
//! how-to-connect-sync-staging-server, and the pages on single settings (checked 2026-11-21).
mod pages;

use std::fmt::{Display, Write as _};

use dirlift_model::text::sanitize;

use crate::settings::{SettingsFile, Value};

/// Longest list that the guide shows in full; settings.json has all of it.
const MAX_ITEMS: usize = 40;

/// Writes the guide.
pub(crate) fn write(settings: &SettingsFile) -> String {
    let mut page = Page::default();
    pages::beginning(settings, &mut page);
    pages::credentials(settings, &mut page);
    pages::wizard(settings, &mut page);
    pages::afterwards(settings, &mut page);
    page.text
}

/// Markdown in the making. Text from the server goes through [`code`] only.
#[derive(Debug, Default)]
struct Page {
    text: String,
}

impl Page {
    fn title(&mut self, level: usize, text: impl Display) {
        let gap = if self.text.is_empty() || self.text.ends_with("\n\n") { "" } else { "\n" };
        let _ = write!(self.text, "{gap}{} {text}\n\n", "#".repeat(level));
    }

    fn paragraph(&mut self, text: impl Display) {
        let gap = if self.text.ends_with("\n\n") { "" } else { "\n" };
        let _ = writeln!(self.text, "{gap}{text}");
    }

    fn item(&mut self, text: impl Display) {
        let _ = writeln!(self.text, "- {text}");
    }

    fn check(&mut self, text: impl Display) {
        let _ = writeln!(self.text, "- [ ] {text}");
    }

    /// A list that is cut off where it becomes unreadable.
    fn list(&mut self, what: &str, items: impl ExactSizeIterator<Item = String>) {
        let n_more = items.len().saturating_sub(MAX_ITEMS);
        for it in items.take(MAX_ITEMS) {
            self.item(it);
        }
        if n_more > 0 {
            self.item(format!("and {n_more} more {what}, all of them in `settings.json`"));
        }
    }

    fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        let _ = writeln!(self.text, "| {} |\n|{}", head.join(" | "), "---|".repeat(head.len()));
        for row in rows {
            let _ = writeln!(self.text, "| {} |", row.join(" | "));
        }
    }
}

/// Text of the server as a code span, which no character of it can leave.
fn code(text: &str) -> String {
    let clean = sanitize(text);
    if clean.trim().is_empty() {
        return "(empty)".to_owned();
    }
    let mut longest = 0;
    let mut run = 0;
    for it in clean.chars() {
        run = if it == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    let pad = if clean.starts_with(['`', ' ']) || clean.ends_with(['`', ' ']) { " " } else { "" };
    // In a table a bar ends the cell even inside of code, unless it is escaped.
    format!("{fence}{pad}{}{pad}{fence}", clean.replace('|', "\\|"))
}

/// A value with its place, or why it is not known.
fn shown<T>(value: &Value<T>, show: impl Fn(&T) -> String) -> String {
    match (&value.value, &value.read_from, &value.not_known) {
        (Some(it), Some(place), _) => format!("{} (read from {})", show(it), code(place)),
        (Some(it), None, _) => show(it),
        (None, Some(place), _) => format!("none ({})", code(place)),
        (None, None, Some(why)) => format!("**not known**: {why}"),
        (None, None, None) => "**not known**".to_owned(),
    }
}

fn on_off(value: &Value<bool>) -> String {
    shown(value, |it| if *it { "**on**".to_owned() } else { "off".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_cannot_be_left() {
        let cases = [
            ("a", "`a`"),
            ("", "(empty)"),
            ("a`b", "``a`b``"),
            ("``", "``` `` ```"),
            ("a|b", "`a\\|b`"),
            ("a\nb", "`a\u{FFFD}b`"),
            ("<script>", "`<script>`"),
        ];
        for (text, expected) in cases {
            assert_eq!(code(text), expected, "{text:?}");
        }
    }
}
