//! Statements as values.
use super::super::{
    database::SqlError,
    value::{Type, Value},
};

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    /// A column.
    Column(String),
    /// A literal with its type.
    Literal(Value, Type),
    /// The n-th argument, from 0.
    Argument(usize),
    /// A call of a function.
    Call(String, Vec<Expression>),
    /// A conversion.
    Cast(Box<Expression>, Type),
    /// `COUNT_BIG(column)`
    Count(String),
    /// `MAX(column)`
    Max(String),
}

/// A test of a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Test {
    pub(super) left: Expression,
    pub(super) operator: String,
    pub(super) right: Vec<Expression>,
}

/// A statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Select {
    pub(super) top: Option<Expression>,
    pub(super) items: Vec<(Expression, String)>,
    pub(super) from: Option<(Option<String>, String)>,
    pub(super) tests: Vec<Test>,
    pub(super) group: Vec<String>,
    pub(super) having: Option<Test>,
    pub(super) order: Vec<(String, bool)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Name(String),
    Text(String, bool),
    Number(i64),
    Argument(usize),
    Symbol(String),
}

fn tokens(sql: &str) -> Result<Vec<Token>, SqlError> {
    let mut out = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, later) = match first {
            '[' => {
                let (name, later) =
                    rest[1..].split_once(']').ok_or_else(|| SqlError::syntax("["))?;
                (Token::Name(name.to_owned()), later)
            }
            '\'' => text(&rest[1..], false)?,
            'N' if rest[1..].starts_with('\'') => text(&rest[2..], true)?,
            '@' => {
                let (n, later) = number(rest[1..].trim_start_matches(['P', 'p']));
                let n = n
                    .and_then(|it| usize::try_from(it - 1).ok())
                    .ok_or_else(|| SqlError::syntax("@"))?;
                (Token::Argument(n), later)
            }
            '0'..='9' => {
                let (n, later) = number(rest);
                (Token::Number(n.ok_or_else(|| SqlError::syntax("number"))?), later)
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                let end = rest
                    .find(|it: char| !it.is_ascii_alphanumeric() && it != '_')
                    .unwrap_or(rest.len());
                (Token::Word(rest[..end].to_owned()), &rest[end..])
            }
            '<' | '>' if rest[1..].starts_with(['=', '>']) => {
                (Token::Symbol(rest[..2].to_owned()), &rest[2..])
            }
            '(' | ')' | ',' | '.' | '=' | '<' | '>' => {
                (Token::Symbol(first.to_string()), &rest[1..])
            }
            other => return Err(SqlError::syntax(&other.to_string())),
        };
        out.push(token);
        rest = later.trim_start();
    }
    return Ok(out);

    fn text(rest: &str, wide: bool) -> Result<(Token, &str), SqlError> {
        let (text, later) = rest.split_once('\'').ok_or_else(|| SqlError::syntax("'"))?;
        Ok((Token::Text(text.to_owned(), wide), later))
    }

    fn number(rest: &str) -> (Option<i64>, &str) {
        let end = rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len());
        (rest[..end].parse().ok(), &rest[end..])
    }
}

/// Reads one statement; a second one, or anything but `SELECT`, is a syntax error.
pub(super) fn parse(sql: &str) -> Result<Select, SqlError> {
    let mut parser = Parser { tokens: tokens(sql)?.into_iter().peekable() };
    let select = parser.select()?;
    match parser.tokens.next() {
        None => Ok(select),
        Some(more) => Err(SqlError::syntax(&format!("{more:?}"))),
    }
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
}

impl Parser {
    fn next(&mut self) -> Result<Token, SqlError> {
        self.tokens.next().ok_or_else(|| SqlError::syntax("end of statement"))
    }

    fn is_word(&mut self, word: &str) -> bool {
        matches!(self.tokens.peek(), Some(Token::Word(it)) if it.eq_ignore_ascii_case(word))
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.tokens.next();
        }
        found
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.tokens.peek(), Some(Token::Symbol(it)) if it == symbol);
        if found {
            self.tokens.next();
        }
        found
    }

    fn need(&mut self, found: bool) -> Result<(), SqlError> {
        if found { Ok(()) } else { Err(SqlError::syntax(&format!("{:?}", self.tokens.peek()))) }
    }

    fn need_word(&mut self, word: &str) -> Result<(), SqlError> {
        let found = self.word(word);
        self.need(found)
    }

    fn need_symbol(&mut self, symbol: &str) -> Result<(), SqlError> {
        let found = self.symbol(symbol);
        self.need(found)
    }

    fn name(&mut self) -> Result<String, SqlError> {
        match self.next()? {
            Token::Name(name) | Token::Word(name) | Token::Text(name, _) => Ok(name),
            other => Err(SqlError::syntax(&format!("{other:?}"))),
        }
    }

    fn select(&mut self) -> Result<Select, SqlError> {
        let mut select = Select::default();
        self.need_word("SELECT")?;
        if self.word("TOP") {
            self.need_symbol("(")?;
            select.top = Some(self.expression()?);
            self.need_symbol(")")?;
        }
        loop {
            let expression = self.expression()?;
            let name = match &expression {
                _ if self.word("AS") => self.name()?,
                Expression::Column(name) => name.clone(),
                _ => String::new(),
            };
            select.items.push((expression, name));
            if !self.symbol(",") {
                break;
            }
        }
        if self.word("FROM") {
            let first = self.name()?;
            select.from =
                Some(if self.symbol(".") { (Some(first), self.name()?) } else { (None, first) });
            if self.word("WITH") {
                self.need_symbol("(")?;
                self.need_word("NOLOCK")?;
                self.need_symbol(")")?;
            }
        }
        if self.word("WHERE") {
            select.tests.push(self.test()?);
            while self.word("AND") {
                select.tests.push(self.test()?);
            }
        }
        if self.word("GROUP") {
            self.need_word("BY")?;
            select.group.push(self.name()?);
            while self.symbol(",") {
                select.group.push(self.name()?);
            }
        }
        if self.word("HAVING") {
            select.having = Some(self.test()?);
        }
        if self.word("ORDER") {
            self.need_word("BY")?;
            loop {
                let name = self.name()?;
                let descending = self.word("DESC");
                select.order.push((name, descending));
                if !self.symbol(",") {
                    break;
                }
            }
        }
        Ok(select)
    }

    fn test(&mut self) -> Result<Test, SqlError> {
        let left = self.expression()?;
        if self.word("IN") {
            self.need_symbol("(")?;
            let mut right = vec![self.expression()?];
            while self.symbol(",") {
                right.push(self.expression()?);
            }
            self.need_symbol(")")?;
            return Ok(Test { left, operator: "IN".to_owned(), right });
        }
        match self.next()? {
            Token::Symbol(operator) => Ok(Test { left, operator, right: vec![self.expression()?] }),
            other => Err(SqlError::syntax(&format!("{other:?}"))),
        }
    }

    fn expression(&mut self) -> Result<Expression, SqlError> {
        let word = match self.next()? {
            Token::Name(name) => return Ok(Expression::Column(name)),
            Token::Number(n) => return Ok(Expression::Literal(Value::Int(n), Type::Int)),
            Token::Argument(n) => return Ok(Expression::Argument(n)),
            Token::Text(text, wide) => {
                let n = u16::try_from(text.chars().count()).unwrap_or(4_000);
                let ty = if wide { Type::NVarChar(n) } else { Type::Literal(n) };
                return Ok(Expression::Literal(Value::Text(text), ty));
            }
            Token::Word(word) => word,
            Token::Symbol(symbol) => return Err(SqlError::syntax(&symbol)),
        };
        if !self.symbol("(") {
            return Ok(Expression::Column(word));
        }
        let expression = match word.to_ascii_uppercase().as_str() {
            "COUNT_BIG" => Expression::Count(self.name()?),
            "MAX" => Expression::Max(self.name()?),
            "CAST" => {
                let inner = self.expression()?;
                self.need_word("AS")?;
                Expression::Cast(Box::new(inner), self.type_name()?)
            }
            _ => {
                let mut arguments = Vec::new();
                if !matches!(self.tokens.peek(), Some(Token::Symbol(it)) if it == ")") {
                    arguments.push(self.expression()?);
                    while self.symbol(",") {
                        arguments.push(self.expression()?);
                    }
                }
                Expression::Call(word.to_ascii_uppercase(), arguments)
            }
        };
        self.need_symbol(")")?;
        Ok(expression)
    }

    fn type_name(&mut self) -> Result<Type, SqlError> {
        let name = self.name()?.to_ascii_lowercase();
        let size = if self.symbol("(") {
            let size = self.next()?;
            self.need_symbol(")")?;
            Some(size)
        } else {
            None
        };
        match (name.as_str(), size) {
            ("int", None) => Ok(Type::Int),
            ("bigint", None) => Ok(Type::BigInt),
            ("bit", None) => Ok(Type::Bit),
            ("datetime", None) => Ok(Type::DateTime),
            ("nvarchar", Some(Token::Number(n))) => {
                Ok(Type::NVarChar(u16::try_from(n).unwrap_or(4_000)))
            }
            ("nvarchar", Some(Token::Word(max))) if max.eq_ignore_ascii_case("max") => {
                Ok(Type::NVarCharMax)
            }
            _ => Err(SqlError::new(243, 16, format!("Type {name} is not a defined system type."))),
        }
    }
}
