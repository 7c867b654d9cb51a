//! Pages that are no analysis: a caller says what stands where, and this lays it out like the text view.
use dirlift_model::text::sanitize;
use unicode_width::UnicodeWidthStr as _;

use crate::{
    TextOptions,
    page::{Page, Style},
};

/// How a block is emphasised when colour is on; the text says the same without it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Emphasis {
    /// Not at all.
    #[default]
    None,
    /// A name.
    Strong,
    /// Worst.
    Bad,
    /// Less bad.
    Doubtful,
    /// Neither good nor bad.
    Notable,
    /// All is well.
    Good,
}

/// One block of a page. Every text is made harmless and broken at spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// An empty line.
    Gap,
    /// A heading with an empty line before it.
    Heading(String),
    /// A paragraph at an indent.
    Paragraph(usize, String),
    /// An entry of a list at an indent: a dash, and the text beside it.
    Item(usize, String),
    /// A label and the text beside it; further lines begin at the indent.
    Labelled {
        /// The label with the blanks before and behind it.
        label: String,
        /// How the label is emphasised.
        emphasis: Emphasis,
        /// Columns before further lines.
        indent: usize,
        /// The text.
        text: String,
    },
    /// A line that is not broken, such as source text with a mark under it.
    Verbatim(usize, String),
}

/// Lays out a page.
pub fn blocks(blocks: &[Block], options: &TextOptions) -> String {
    let mut page = Page::new(options.width, options.color);
    for block in blocks {
        match block {
            Block::Gap => page.gap(),
            Block::Heading(text) => page.heading(text),
            Block::Paragraph(indent, text) => page.paragraph(*indent, text),
            Block::Item(indent, text) => page.item(*indent, text),
            Block::Labelled { label, emphasis, indent, text } => {
                page.block(label, style(*emphasis), *indent, text, Style::Plain);
            }
            Block::Verbatim(indent, text) => page.verbatim(*indent, text),
        }
    }
    page.finish()
}

/// The line of a text that has the byte `start`, and a line with carets under the bytes from `start` to `end`; both
/// without what could steer a terminal. Of a long line only what stands around is shown, in at most `width` columns.
pub fn excerpt(source: &str, start: usize, end: usize, width: usize) -> [String; 2] {
    let start = source.floor_char_boundary(start);
    let line_start = source[..start].rfind('\n').map_or(0, |it| it + 1);
    let line_end = source[start..].find('\n').map_or(source.len(), |it| start + it);
    let end = source.floor_char_boundary(end).clamp(start, line_end);
    let columns = |text: &str| sanitize(text).width();
    let mut before = source[line_start..start].trim_start_matches(' ');
    let room = width.max(20) / 2;
    let mut lead = "";
    while columns(before) > room {
        lead = "…";
        let mut chars = before.chars();
        chars.next();
        before = chars.as_str();
    }
    let mut line = format!("{lead}{}", sanitize(before));
    let n_before = line.width();
    let mut n_marked = 0;
    for (at, it) in source[start..line_end].char_indices() {
        let shown = sanitize(it.encode_utf8(&mut [0; 4]));
        if line.width() + shown.width() + 1 > width.max(20) {
            line.push('…');
            break;
        }
        n_marked += if start + at < end { shown.width() } else { 0 };
        line.push_str(&shown);
    }
    [line, format!("{}{}", " ".repeat(n_before), "^".repeat(n_marked.max(1)))]
}

const fn style(emphasis: Emphasis) -> Style {
    match emphasis {
        Emphasis::None => Style::Plain,
        Emphasis::Strong => Style::Bold,
        Emphasis::Bad => Style::Red,
        Emphasis::Doubtful => Style::Yellow,
        Emphasis::Notable => Style::Cyan,
        Emphasis::Good => Style::Green,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_stand_as_asked() {
        let page = [
            Block::Heading("Rules".to_owned()),
            Block::Labelled {
                label: "  100  ".to_owned(),
                emphasis: Emphasis::Strong,
                indent: 7,
                text: "one two\u{1b}[31m three".to_owned(),
            },
            Block::Item(2, "entry".to_owned()),
            Block::Gap,
            Block::Verbatim(2, "a  long line that is not broken\u{202e}".to_owned()),
        ];
        let text = blocks(&page, &TextOptions { width: 20, color: false });
        let expected = "Rules\n  100  one two\u{FFFD}[31m\n       three\n  - entry\n\n  \
                        a  long line that is not broken\u{FFFD}\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn excerpts_point_at_the_place() {
        let cases = [
            (
                "Trim([cn]) & trim([sn])",
                13,
                17,
                60,
                ["Trim([cn]) & trim([sn])", "             ^^^^"],
            ),
            ("a\nbad here", 6, 10, 60, ["bad here", "    ^^^^"]),
            ("ab", 2, 2, 60, ["ab", "  ^"]),
            ("漢x", 3, 4, 60, ["漢x", "  ^"]),
            ("\u{1b}[0m", 1, 2, 60, ["\u{FFFD}[0m", " ^"]),
            // At most 20 columns: ten before the place, the rest from it on.
            (
                "0123456789abcdefghijklmnopqrstuvwxyz",
                15,
                17,
                20,
                ["…56789abcdefghijklm…", "           ^^"],
            ),
            ("ä", 1, 9, 60, ["ä", "^"]),
        ];
        for (source, start, end, width, expected) in cases {
            assert_eq!(excerpt(source, start, end, width), expected, "{source} {start}");
        }
    }
}
