//! The tree of an expression, and its text.
use std::fmt::{self, Write as _};

use super::{Priority, Span};

/// One node of the tree. Two nodes are equal when they say the same; their places do not count.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
    /// Nodes from here to the deepest leaf, this one counted.
    pub(super) depth: usize,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A text, without its quotation marks and escapes.
    Text(String),
    /// A whole number.
    Number {
        /// The number.
        value: i64,
        /// Whether it is written with `&H`.
        hex: bool,
    },
    /// A built-in word.
    Word(Word),
    /// `[name]`.
    Attribute(String),
    /// `%name%`.
    Parameter(String),
    /// `$name`.
    Variable(String),
    /// A function with its arguments.
    Call {
        /// The name as written.
        name: String,
        /// The arguments.
        args: Vec<Expr>,
    },
    /// Two parts with an operator between them.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// What stands on its left.
        left: Box<Expr>,
        /// What stands on its right.
        right: Box<Expr>,
    },
}

impl Expr {
    /// A node of its own, without a place.
    pub fn new(kind: ExprKind) -> Self {
        let depth = match &kind {
            ExprKind::Call { args, .. } => args.iter().map(|it| it.depth).max().unwrap_or(0) + 1,
            ExprKind::Binary { left, right, .. } => left.depth.max(right.depth) + 1,
            _ => 1,
        };
        Self { kind, span: Span::new(0, 0), depth }
    }

    pub(super) fn at(self, span: Span) -> Self {
        Self { span, ..self }
    }

    /// The text that gives this tree again when it is read with the same priority.
    pub fn to_text(&self, priority: Priority) -> String {
        let mut out = String::new();
        self.write(priority, &mut out);
        out
    }

    fn write(&self, priority: Priority, out: &mut String) {
        match &self.kind {
            ExprKind::Text(text) => {
                let _ = write!(out, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\"\""));
            }
            ExprKind::Number { value, hex: true } => drop(write!(out, "&H{value:X}")),
            ExprKind::Number { value, hex: false } => drop(write!(out, "{value}")),
            ExprKind::Word(word) => out.push_str(word.as_str()),
            ExprKind::Attribute(name) => drop(write!(out, "[{name}]")),
            ExprKind::Parameter(name) => drop(write!(out, "%{name}%")),
            ExprKind::Variable(name) => drop(write!(out, "${name}")),
            ExprKind::Call { name, args } => {
                out.push_str(name);
                out.push('(');
                for (idx, arg) in args.iter().enumerate() {
                    out.push_str(if idx == 0 { "" } else { ", " });
                    arg.write(priority, out);
                }
                out.push(')');
            }
            ExprKind::Binary { op, left, right } => {
                let level = op.level(priority);
                left.write_operand(priority, out, |it| it < level);
                let _ = write!(out, " {} ", op.as_str());
                right.write_operand(priority, out, |it| it <= level);
            }
        }
    }

    fn write_operand(
        &self,
        priority: Priority,
        out: &mut String,
        needs_brackets: impl Fn(u8) -> bool,
    ) {
        match &self.kind {
            ExprKind::Binary { op, .. } if needs_brackets(op.level(priority)) => {
                out.push('(');
                self.write(priority, out);
                out.push(')');
            }
            _ => self.write(priority, out),
        }
    }
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// A word that stands for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Word {
    /// `True`.
    True,
    /// `False`.
    False,
    /// `NULL`.
    Null,
    /// `CRLF`: carriage return and line feed.
    Crlf,
    /// `IgnoreThisFlow`.
    IgnoreThisFlow,
    /// `AuthoritativeNull`.
    AuthoritativeNull,
    /// `UTF8`.
    Utf8,
    /// `Unicode`.
    Unicode,
    /// `ASCII`.
    Ascii,
    /// `CaseInsensitive`.
    CaseInsensitive,
    /// `CaseSensitive`.
    CaseSensitive,
    /// `vbTextCompare`.
    TextCompare,
    /// `vbBinaryCompare`.
    BinaryCompare,
}

impl Word {
    /// Every word.
    pub const ALL: [Self; 13] = [
        Self::True,
        Self::False,
        Self::Null,
        Self::Crlf,
        Self::IgnoreThisFlow,
        Self::AuthoritativeNull,
        Self::Utf8,
        Self::Unicode,
        Self::Ascii,
        Self::CaseInsensitive,
        Self::CaseSensitive,
        Self::TextCompare,
        Self::BinaryCompare,
    ];

    /// The word as the documentation writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Null => "NULL",
            Self::Crlf => "CRLF",
            Self::IgnoreThisFlow => "IgnoreThisFlow",
            Self::AuthoritativeNull => "AuthoritativeNull",
            Self::Utf8 => "UTF8",
            Self::Unicode => "Unicode",
            Self::Ascii => "ASCII",
            Self::CaseInsensitive => "CaseInsensitive",
            Self::CaseSensitive => "CaseSensitive",
            Self::TextCompare => "vbTextCompare",
            Self::BinaryCompare => "vbBinaryCompare",
        }
    }

    /// The word of this name, and whether it is written as the documentation writes it.
    pub(super) fn find(name: &str) -> Option<(Self, bool)> {
        let word = Self::ALL.into_iter().find(|it| it.as_str().eq_ignore_ascii_case(name))?;
        Some((word, word.as_str() == name))
    }
}

/// An operator between two parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `<`.
    Less,
    /// `<=`.
    LessOrEqual,
    /// `<>`.
    NotEqual,
    /// `=`.
    Equal,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterOrEqual,
    /// `+`.
    Add,
    /// `-`.
    Subtract,
    /// `*`.
    Multiply,
    /// `&`.
    Concat,
    /// `&&`.
    And,
    /// `||`.
    Or,
}

impl BinaryOp {
    /// Every operator; one that begins like another stands before it.
    pub const ALL: [Self; 12] = [
        Self::LessOrEqual,
        Self::NotEqual,
        Self::Less,
        Self::Equal,
        Self::GreaterOrEqual,
        Self::Greater,
        Self::Add,
        Self::Subtract,
        Self::Multiply,
        Self::And,
        Self::Concat,
        Self::Or,
    ];

    /// The sign.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::NotEqual => "<>",
            Self::Equal => "=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Concat => "&",
            Self::And => "&&",
            Self::Or => "||",
        }
    }

    /// How strongly it binds; a higher level binds first, equal levels from left to right.
    pub const fn level(self, priority: Priority) -> u8 {
        match (priority, self) {
            (Priority::LeftToRight, _) | (_, Self::Or) => 0,
            (_, Self::And) => 1,
            (_, Self::Add | Self::Subtract | Self::Multiply | Self::Concat) => 3,
            _ => 2,
        }
    }

    pub(super) fn at_start(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| text.starts_with(it.as_str()))
    }
}

impl fmt::Display for BinaryOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
