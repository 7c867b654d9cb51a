//! Lines of LDIF: folded ones are put together, comments are taken out.
use std::io::{self, BufRead, Read as _};

/// Longest line with its continuations, in bytes: a picture is below 1 MB.
const MAX_LINE: usize = 64 << 20;

/// What is wrong with a line.
#[derive(Debug)]
pub(super) enum LineFailure {
    Io(io::Error),
    TooLong,
}

/// Logical lines with their numbers.
pub(super) struct Lines {
    reader: Box<dyn BufRead + Send>,
    /// The line that was read ahead, without its end.
    ahead: Vec<u8>,
    has_ahead: bool,
    /// Lines read, the one ahead included.
    n_read: u64,
    /// The first and the last comment that was left out, for those who put something there.
    pub(super) first_comment: Option<Vec<u8>>,
    pub(super) last_comment: Vec<u8>,
}

impl Lines {
    pub(super) fn new(reader: Box<dyn BufRead + Send>) -> Self {
        Self {
            reader,
            ahead: Vec::new(),
            has_ahead: false,
            n_read: 0,
            first_comment: None,
            last_comment: Vec::new(),
        }
    }

    /// Reads the next line into `line` and returns its number; `None` at the end. An empty line is one too.
    pub(super) fn next(&mut self, line: &mut Vec<u8>) -> Result<Option<u64>, LineFailure> {
        loop {
            if !self.has_ahead && !self.read_ahead()? {
                return Ok(None);
            }
            let number = self.n_read;
            line.clear();
            std::mem::swap(line, &mut self.ahead);
            self.has_ahead = false;
            while !line.is_empty() && self.read_ahead()? {
                let [b' ', rest @ ..] = self.ahead.as_slice() else { break };
                if line.len() + rest.len() > MAX_LINE {
                    return Err(LineFailure::TooLong);
                }
                line.extend_from_slice(rest);
                self.has_ahead = false;
            }
            if line.first() == Some(&b'#') {
                self.first_comment.get_or_insert_with(|| line.clone());
                self.last_comment.clone_from(line);
                continue;
            }
            return Ok(Some(number));
        }
    }

    /// Reads the next line of the file, unless it is there already; `false` at the end.
    fn read_ahead(&mut self) -> Result<bool, LineFailure> {
        if self.has_ahead {
            return Ok(true);
        }
        self.ahead.clear();
        let n_read = (&mut self.reader)
            .take(MAX_LINE as u64)
            .read_until(b'\n', &mut self.ahead)
            .map_err(LineFailure::Io)?;
        if n_read == 0 {
            return Ok(false);
        }
        if n_read == MAX_LINE {
            return Err(LineFailure::TooLong);
        }
        self.n_read += 1;
        while matches!(self.ahead.last(), Some(b'\n' | b'\r')) {
            self.ahead.pop();
        }
        self.has_ahead = true;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_lines_and_comments() {
        let text = "# a\n comment\r\ndn: CN=a\n ,DC\r\n =x\n\nsn:  b\n #c\n# last\n \n\n";
        let mut lines = Lines::new(Box::new(io::Cursor::new(text)));
        let mut line = Vec::new();
        let mut found = Vec::new();
        while let Some(number) = lines.next(&mut line).unwrap() {
            found.push((number, String::from_utf8(line.clone()).unwrap()));
        }
        let expected = [(3, "dn: CN=a,DC=x"), (6, ""), (7, "sn:  b#c"), (11, "")];
        assert_eq!(found, expected.map(|(number, text)| (number, text.to_owned())));
        assert_eq!(lines.last_comment, b"# last");
    }
}
