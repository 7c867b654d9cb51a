//! A page of plain text: wrapping, hanging indents and a little colour.
use dirlift_model::text::sanitize;
use unicode_width::UnicodeWidthStr;

/// Columns of the label of a field, with the two before it and the space after it.
const FIELD_INDENT: usize = 22;

/// How a word is emphasised when colour is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Not at all.
    Plain,
    /// Headings.
    Bold,
    /// Worst.
    Red,
    /// Less bad.
    Yellow,
    /// Neither good nor bad.
    Cyan,
    /// All is well.
    Green,
}

impl Style {
    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "1",
            Self::Red => "1;31",
            Self::Yellow => "1;33",
            Self::Cyan => "36",
            Self::Green => "32",
        }
    }
}

/// Collects lines. Every text that comes in is made harmless first.
pub(crate) struct Page {
    out: String,
    width: usize,
    color: bool,
}

impl Page {
    pub(crate) fn new(width: usize, color: bool) -> Self {
        Self { out: String::new(), width: width.max(20), color }
    }

    pub(crate) fn finish(self) -> String {
        self.out
    }

    /// An empty line.
    pub(crate) fn gap(&mut self) {
        self.out.push('\n');
    }

    /// A heading with an empty line before it.
    pub(crate) fn heading(&mut self, text: &str) {
        if !self.out.is_empty() {
            self.gap();
        }
        self.block("", Style::Plain, 0, text, Style::Bold);
    }

    /// A label and its value in two columns.
    pub(crate) fn field(&mut self, label: &str, value: &str) {
        self.field_styled(label, value, Style::Plain);
    }

    /// A label and its value, with the value emphasised.
    pub(crate) fn field_styled(&mut self, label: &str, value: &str, style: Style) {
        let label = format!("  {}", sanitize(label));
        if label.width() + 2 > FIELD_INDENT {
            // A name that reaches into the values has a line of its own.
            self.paragraph(2, label.trim());
            self.block(&" ".repeat(FIELD_INDENT), Style::Plain, FIELD_INDENT, value, style);
            return;
        }
        let n_pad = FIELD_INDENT - label.width();
        self.block(
            &format!("{label}{}", " ".repeat(n_pad)),
            Style::Plain,
            FIELD_INDENT,
            value,
            style,
        );
    }

    /// A further value below a field.
    pub(crate) fn more(&mut self, value: &str) {
        self.paragraph(FIELD_INDENT, value);
    }

    /// A list entry below a field.
    pub(crate) fn more_item(&mut self, value: &str) {
        self.item(FIELD_INDENT, value);
    }

    /// A paragraph at an indent.
    pub(crate) fn paragraph(&mut self, indent: usize, text: &str) {
        self.block(&" ".repeat(indent), Style::Plain, indent, text, Style::Plain);
    }

    /// An entry of a list: a dash, and the text beside it.
    pub(crate) fn item(&mut self, indent: usize, text: &str) {
        self.block(
            &format!("{}- ", " ".repeat(indent)),
            Style::Plain,
            indent + 2,
            text,
            Style::Plain,
        );
    }

    /// A line that is not broken.
    pub(crate) fn verbatim(&mut self, indent: usize, text: &str) {
        let line = format!("{}{}", " ".repeat(indent), sanitize(text));
        self.out.push_str(line.trim_end_matches(' '));
        self.out.push('\n');
    }

    /// A first word with the text beside it: `prefix` begins the first line, the others begin at `indent`.
    pub(crate) fn block(
        &mut self,
        prefix: &str,
        prefix_style: Style,
        indent: usize,
        text: &str,
        style: Style,
    ) {
        let mut prefix = sanitize(prefix);
        let mut text = sanitize(text);
        // A first word that leaves no room beside it flows with the text.
        if prefix.width() > self.width / 2 {
            text = format!("{} {text}", prefix.trim_matches(' '));
            prefix = " ".repeat(indent);
        }
        let first = prefix.width();
        for (idx, line) in wrap(&text, self.width, first, indent).iter().enumerate() {
            let lead = if idx == 0 { prefix.clone() } else { " ".repeat(indent) };
            if line.is_empty() {
                self.paint(lead.trim_end_matches(' '), prefix_style);
            } else {
                self.paint(&lead, prefix_style);
                self.paint(line, style);
            }
            self.out.push('\n');
        }
    }

    fn paint(&mut self, text: &str, style: Style) {
        if !self.color || style == Style::Plain || text.trim_matches(' ').is_empty() {
            self.out.push_str(text);
            return;
        }
        let body = text.trim_matches(' ');
        let n_before = text.len() - text.trim_start_matches(' ').len();
        self.out.push_str(&text[..n_before]);
        self.out.push_str("\u{1b}[");
        self.out.push_str(style.code());
        self.out.push('m');
        self.out.push_str(body);
        self.out.push_str("\u{1b}[0m");
        self.out.push_str(&text[n_before + body.len()..]);
    }
}

/// Breaks a text at spaces so that no line passes `width`, counting `first` columns before the first line and `indent`
/// before the others. A word that is too long stands alone; runs of spaces within a line stay as they are.
fn wrap(text: &str, width: usize, first: usize, indent: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = first;
    let mut n_spaces = 0;
    for word in text.trim_matches(' ').split(' ') {
        if word.is_empty() {
            n_spaces += 1;
            continue;
        }
        let n_word = word.width();
        let start = if lines.is_empty() { first } else { indent };
        if line.is_empty() {
            // A long word moves below a prefix that is wider than the indent.
            if start > indent && start + n_word > width {
                lines.push(String::new());
                used = indent;
            }
        } else if used + n_spaces + n_word > width {
            lines.push(std::mem::take(&mut line));
            used = indent;
        } else {
            line.push_str(&" ".repeat(n_spaces));
            used += n_spaces;
        }
        line.push_str(word);
        used += n_word;
        n_spaces = 1;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_fills_its_column_has_a_line_of_its_own() {
        let mut page = Page::new(60, false);
        page.field("short", "a value");
        page.field("eighteen columns..", "a value");
        page.field("nineteen columns...", "a value");
        let expected = "  short               a value\n  eighteen columns..  a value\n  nineteen columns...\n                      a value\n";
        assert_eq!(page.finish(), expected);
    }

    #[test]
    fn text_is_wrapped_at_spaces() {
        let cases: &[(&str, usize, usize, usize, &[&str])] = &[
            ("one two three", 7, 0, 0, &["one two", "three"]),
            ("one two three", 8, 2, 2, &["one", "two", "three"]),
            ("a  b", 10, 0, 0, &["a  b"]),
            ("a  b", 3, 0, 0, &["a", "b"]),
            (" lead and trail  ", 40, 0, 0, &["lead and trail"]),
            ("x unbreakable y", 4, 0, 0, &["x", "unbreakable", "y"]),
            ("unbreakable", 12, 6, 2, &["", "unbreakable"]),
            ("", 10, 0, 0, &[""]),
            // Wide characters take two columns.
            ("漢字 漢字", 8, 0, 0, &["漢字", "漢字"]),
            ("漢字 漢字", 9, 0, 0, &["漢字 漢字"]),
        ];
        for (text, width, first, indent, expected) in cases {
            assert_eq!(wrap(text, *width, *first, *indent), *expected, "{text:?} at {width}");
        }
    }

    #[test]
    fn colour_goes_around_words_only() {
        let mut page = Page::new(40, true);
        page.block("  blocker ", Style::Red, 2, "title", Style::Plain);
        assert_eq!(page.finish(), "  \u{1b}[1;31mblocker\u{1b}[0m title\n");
    }
}
