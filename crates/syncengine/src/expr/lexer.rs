//! Text into tokens. Every token knows its bytes; whatever is not a token is an error with its place.
use super::{
    ExpressionError, Span,
    tree::{BinaryOp, Word},
};

/// Longest expression that is read, in bytes.
pub(super) const MAX_SOURCE: usize = 64 * 1024;

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Text { text: String, doubled_quote: bool, doubled_backslash: bool },
    Number { magnitude: u64, hex: bool },
    Word(Word, Spelling),
    Name(String),
    Attribute(String),
    Parameter(String),
    Variable(String),
    Op(BinaryOp),
    Open,
    Close,
    Comma,
}

/// Whether a built-in word is written as the documentation writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    Exact,
    OtherCase,
}

/// Splits an expression into tokens.
pub(super) fn tokens(source: &str) -> Result<Vec<(Token, Span)>, ExpressionError> {
    if source.len() > MAX_SOURCE {
        return Err(ExpressionError::TooLong { limit: MAX_SOURCE });
    }
    let mut lexer = Lexer { source, at: 0, out: Vec::new() };
    while lexer.step()? {}
    Ok(lexer.out)
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    out: Vec<(Token, Span)>,
}

impl<'a> Lexer<'a> {
    fn step(&mut self) -> Result<bool, ExpressionError> {
        let rest = self.rest();
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        let Some(first) = trimmed.chars().next() else { return Ok(false) };
        let start = self.at;
        let token = match first {
            '"' => self.text()?,
            '[' => Token::Attribute(
                self.delimited(']', "an attribute", |it| !it.is_control() && it != '[')?,
            ),
            '%' => {
                let is_name = |it: char| it.is_alphanumeric() || matches!(it, '.' | '_' | '-');
                Token::Parameter(self.delimited('%', "a parameter", is_name)?)
            }
            '$' => {
                self.at += 1;
                match self.take_while(is_name_char) {
                    "" => {
                        return Err(self
                            .unexpected(start, "`$` must be followed by the name of a variable"));
                    }
                    name => Token::Variable(name.to_owned()),
                }
            }
            '(' => self.single(Token::Open),
            ')' => self.single(Token::Close),
            ',' => self.single(Token::Comma),
            '0'..='9' => self.decimal()?,
            '&' if self.expects_operand() && self.rest()[1..].starts_with(['H', 'h']) => {
                self.hex()?
            }
            _ if first.is_alphabetic() || first == '_' => {
                let name = self.take_while(is_name_char);
                match Word::find(name) {
                    Some((word, true)) => Token::Word(word, Spelling::Exact),
                    Some((word, false)) => Token::Word(word, Spelling::OtherCase),
                    None => Token::Name(name.to_owned()),
                }
            }
            '\u{201C}' | '\u{201D}' | '\u{201E}' => {
                return Err(self.unexpected(start, "a curly quotation mark; use straight ones"));
            }
            _ => match BinaryOp::at_start(trimmed) {
                Some(op) => {
                    self.at += op.as_str().len();
                    Token::Op(op)
                }
                None => {
                    return Err(self
                        .unexpected(start, "no part of the language begins with this character"));
                }
            },
        };
        self.out.push((token, Span::new(start, self.at)));
        Ok(true)
    }

    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    /// Whether the next token begins an operand: then `&H` begins a number, else `&` is the operator.
    fn expects_operand(&self) -> bool {
        matches!(self.out.last(), None | Some((Token::Op(_) | Token::Open | Token::Comma, _)))
    }

    fn single(&mut self, token: Token) -> Token {
        self.at += 1;
        token
    }

    fn take_while(&mut self, test: impl Fn(char) -> bool) -> &'a str {
        let start = self.at;
        let rest = self.rest();
        let len = rest.find(|it| !test(it)).unwrap_or(rest.len());
        self.at += len;
        &self.source[start..self.at]
    }

    /// A quoted text. A quote inside is written twice (A-QUOTE), and so is a backslash (A-BACKSLASH).
    fn text(&mut self) -> Result<Token, ExpressionError> {
        let start = self.at;
        let mut text = String::new();
        let (mut doubled_quote, mut doubled_backslash) = (false, false);
        let mut chars = self.source[start + 1..].char_indices().peekable();
        while let Some((at, it)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            match it {
                '"' if next == Some('"') => {
                    chars.next();
                    doubled_quote = true;
                    text.push('"');
                }
                '"' => {
                    self.at = start + 1 + at + 1;
                    return Ok(Token::Text { text, doubled_quote, doubled_backslash });
                }
                '\\' if next == Some('\\') => {
                    chars.next();
                    doubled_backslash = true;
                    text.push('\\');
                }
                _ => text.push(it),
            }
        }
        Err(self.unexpected(start, "the text has no closing quotation mark"))
    }

    fn delimited(
        &mut self,
        end: char,
        what: &'static str,
        is_name: impl Fn(char) -> bool,
    ) -> Result<String, ExpressionError> {
        let start = self.at;
        let inner = &self.source[start + 1..];
        let Some(len) = inner.find(end) else {
            return Err(ExpressionError::Unclosed {
                what,
                end,
                span: Span::new(start, self.source.len()),
            });
        };
        let name = inner[..len].trim();
        if name.is_empty() || !name.chars().all(is_name) {
            return Err(ExpressionError::BadName { what, span: Span::new(start, start + len + 2) });
        }
        self.at = start + 1 + len + end.len_utf8();
        Ok(name.to_owned())
    }

    fn decimal(&mut self) -> Result<Token, ExpressionError> {
        let start = self.at;
        let digits = self.take_while(|it| it.is_ascii_digit());
        let magnitude = digits.parse().ok().filter(|it| *it <= 1 << 63);
        match magnitude {
            None => Err(ExpressionError::BigNumber { span: Span::new(start, self.at) }),
            Some(_) if self.rest().starts_with(|it: char| is_name_char(it) || it == '.') => {
                Err(self.unexpected(start, "numbers are whole and end with a digit"))
            }
            Some(magnitude) => Ok(Token::Number { magnitude, hex: false }),
        }
    }

    fn hex(&mut self) -> Result<Token, ExpressionError> {
        let start = self.at;
        self.at += 2;
        let digits = self.take_while(|it| it.is_ascii_alphanumeric());
        let is_hex = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_hexdigit());
        let magnitude = if is_hex { u64::from_str_radix(digits, 16).ok() } else { None };
        match magnitude.filter(|it| i64::try_from(*it).is_ok()) {
            Some(magnitude) => Ok(Token::Number { magnitude, hex: true }),
            None if is_hex => Err(ExpressionError::BigNumber { span: Span::new(start, self.at) }),
            None => Err(self.unexpected(start, "`&H` must be followed by hexadecimal digits")),
        }
    }

    fn unexpected(&self, start: usize, reason: &'static str) -> ExpressionError {
        let len = self.source[start..].chars().next().map_or(0, char::len_utf8);
        ExpressionError::Unexpected { reason, span: Span::new(start, start + len) }
    }
}

fn is_name_char(it: char) -> bool {
    it.is_alphanumeric() || it == '_'
}
