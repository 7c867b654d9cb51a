//! Lines and columns, counted once from front to back.

/// A place in a text; both count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Position {
    pub(crate) const START: Self = Self { line: 1, column: 1 };

    /// The place behind some more text.
    pub(crate) fn after(self, bytes: &[u8]) -> Self {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        // A continuation byte of UTF-8 is not a character of its own.
        let chars = |bytes: &[u8]| count(bytes.iter().filter(|&&it| it & 0xC0 != 0x80).count());
        match memchr::memrchr(b'\n', bytes) {
            None => Self { line: self.line, column: self.column.saturating_add(chars(bytes)) },
            Some(last) => {
                let n_lines = count(memchr::memchr_iter(b'\n', bytes).count());
                let column = chars(bytes.get(last + 1..).unwrap_or_default()).saturating_add(1);
                Self { line: self.line.saturating_add(n_lines), column }
            }
        }
    }
}

/// Finds places by byte offset; cheap as long as offsets grow.
#[derive(Clone, Debug)]
pub(crate) struct Lines<'t> {
    bytes: &'t [u8],
    offset: usize,
    position: Position,
}

impl<'t> Lines<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { bytes: text.as_bytes(), offset: 0, position: Position::START }
    }

    pub(crate) fn at(&mut self, offset: usize) -> Position {
        let offset = offset.min(self.bytes.len());
        if offset < self.offset {
            (self.offset, self.position) = (0, Position::START);
        }
        self.position =
            self.position.after(self.bytes.get(self.offset..offset).unwrap_or_default());
        self.offset = offset;
        self.position
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_count_line_feeds() {
        let text = "aé\r\n€x\n\nz";
        // a é é \r \n € € € x \n \n z
        let cases = [
            (0, 1, 1),
            (1, 1, 2),
            (3, 1, 3),
            (5, 2, 1),
            (8, 2, 2),
            (10, 3, 1),
            (11, 4, 1),
            (99, 4, 2),
            (1, 1, 2),
        ];
        let mut lines = Lines::new(text);
        for (offset, line, column) in cases {
            assert_eq!(lines.at(offset), Position { line, column }, "{offset}");
        }
    }
}
