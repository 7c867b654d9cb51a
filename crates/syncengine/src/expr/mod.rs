//! Expressions: text to tree to program to outcome.
mod compile;
mod eval;
mod explain;
pub mod fault;
mod lexer;
mod parser;
pub mod tree;

use dirlift_model::AttributeName;

use self::{compile::Program, fault::EvalError};
pub use self::{explain::Step, parser::MAX_DEPTH};
use crate::{
    assumption::{Assumption, AssumptionSet},
    input::{AttributeId, Input, Names},
    value::{Kinds, Outcome, Value},
};

pub use self::eval::{MAX_BYTES, MAX_WORK};

/// Bytes of an expression's text, end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte, from zero.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Span {
    /// From one byte up to another.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// From the start of this to the end of the other.
    #[must_use]
    pub const fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end }
    }

    /// Line and column of the start, both from one; columns count characters.
    pub fn line_and_column(self, source: &str) -> (usize, usize) {
        let before = source.get(..self.start).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |it| it + 1);
        let line = before.bytes().filter(|it| *it == b'\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }

    /// The text of the span.
    pub fn text(self, source: &str) -> &str {
        source.get(self.start..self.end).unwrap_or("")
    }
}

/// How operators share their operands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Priority {
    /// Arithmetic and `&` first, then comparison, then `&&`, then `||`; equal ones from left to right.
    #[default]
    Conventional,
    /// All alike, from left to right, as the documentation has it.
    LeftToRight,
}

/// Something about an expression that a reader should know, although it can be evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The operators mean something else when they are read strictly from left to right.
    TwoReadings {
        /// The operators with their operands.
        span: Span,
    },
    /// A function that the reference does not list.
    Undocumented {
        /// The function.
        function: &'static str,
        /// Where it is called.
        span: Span,
    },
}

impl Warning {
    /// Where it applies.
    pub const fn span(&self) -> Span {
        match self {
            Self::TwoReadings { span } | Self::Undocumented { span, .. } => *span,
        }
    }
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TwoReadings { .. } => f.write_str(
                "the operators read differently strictly from left to right; brackets would say which is meant",
            ),
            Self::Undocumented { function, .. } => {
                write!(f, "`{function}` is not in the function reference; its meaning is taken from the shipped rules")
            }
        }
    }
}

/// Why a text is not an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// More text than any rule has.
    #[error("the expression is longer than {limit} bytes")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// More levels than any rule has.
    #[error("the expression is nested more than {limit} levels deep")]
    TooDeep {
        /// The limit.
        limit: usize,
        /// Where.
        span: Span,
    },
    /// Nothing where a value is needed.
    #[error("the expression ends where a value is expected")]
    Empty {
        /// The end.
        span: Span,
    },
    /// A character or token out of place.
    #[error("{reason}")]
    Unexpected {
        /// What is wrong or expected.
        reason: &'static str,
        /// The token.
        span: Span,
    },
    /// An opening sign without its closing one.
    #[error("{what} is not closed with `{end}`")]
    Unclosed {
        /// What was opened.
        what: &'static str,
        /// What would close it.
        end: char,
        /// From the opening sign on.
        span: Span,
    },
    /// A name that cannot be one.
    #[error("the name of {what} is empty or has characters that no name has")]
    BadName {
        /// What is named.
        what: &'static str,
        /// The name with its delimiters.
        span: Span,
    },
    /// A number beyond 64 bits.
    #[error("the number does not fit into 64 bits")]
    BigNumber {
        /// The number.
        span: Span,
    },
    /// A word that is neither a function with its bracket nor a built-in word.
    #[error("`{word}` is neither a built-in word nor a function with its brackets")]
    UnknownWord {
        /// The word.
        word: String,
        /// Where.
        span: Span,
    },
    /// A function that does not exist.
    #[error("there is no function `{name}`{}", suggestion.map_or_else(String::new, |it| format!("; write `{it}`")))]
    UnknownFunction {
        /// The name as written.
        name: String,
        /// The function that differs only in case.
        suggestion: Option<&'static str>,
        /// Where.
        span: Span,
    },
    /// Too few or too many arguments.
    #[error("{function} takes {expected}, but it has {found} here")]
    ArgumentCount {
        /// The function.
        function: &'static str,
        /// How many it takes, in words.
        expected: String,
        /// How many it has.
        found: usize,
        /// The call.
        span: Span,
    },
    /// An argument that can never have the right type.
    #[error("{function}: argument {position} is {found}, but the function takes {expected}")]
    ArgumentType {
        /// The function.
        function: &'static str,
        /// The argument, from one.
        position: usize,
        /// What it takes.
        expected: Kinds,
        /// What it can be.
        found: Kinds,
        /// The argument.
        span: Span,
    },
    /// An argument that must be written out.
    #[error("{function}: argument {position} must be {expected}")]
    ArgumentForm {
        /// The function.
        function: &'static str,
        /// The argument, from one.
        position: usize,
        /// What it must be.
        expected: String,
        /// The argument.
        span: Span,
    },
    /// An operator that can never work on what stands beside it.
    #[error("`{operator}` cannot be applied to {left} and {right}")]
    OperandType {
        /// The operator.
        operator: &'static str,
        /// What its left side can be.
        left: Kinds,
        /// What its right side can be.
        right: Kinds,
        /// The operation.
        span: Span,
    },
    /// A condition that can never be true or false.
    #[error("a condition is {found}, but it must be true or false")]
    Condition {
        /// What it can be.
        found: Kinds,
        /// The condition.
        span: Span,
    },
    /// A variable outside the function that names it.
    #[error("the variable `${name}` has no value here")]
    UnknownVariable {
        /// Its name.
        name: String,
        /// Where.
        span: Span,
    },
    /// A word such as `UTF8` where no function asks for it.
    #[error("`{word}` can only be an argument of a function that asks for it")]
    StrayWord {
        /// The word.
        word: &'static str,
        /// Where.
        span: Span,
    },
}

impl ExpressionError {
    /// Where the error is.
    pub const fn span(&self) -> Span {
        match self {
            Self::TooLong { limit } => Span::new(*limit, *limit),
            Self::TooDeep { span, .. }
            | Self::Empty { span }
            | Self::Unexpected { span, .. }
            | Self::Unclosed { span, .. }
            | Self::BadName { span, .. }
            | Self::BigNumber { span }
            | Self::UnknownWord { span, .. }
            | Self::UnknownFunction { span, .. }
            | Self::ArgumentCount { span, .. }
            | Self::ArgumentType { span, .. }
            | Self::ArgumentForm { span, .. }
            | Self::OperandType { span, .. }
            | Self::Condition { span, .. }
            | Self::UnknownVariable { span, .. }
            | Self::StrayWord { span, .. } => *span,
        }
    }
}

/// An expression, ready to be evaluated any number of times.
#[derive(Clone, Debug)]
pub struct Expression {
    source: String,
    tree: tree::Expr,
    program: Program,
    warnings: Vec<Warning>,
    used: AssumptionSet,
}

/// An outcome with the assumptions it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// What came out.
    pub outcome: Outcome,
    /// The open points on which the outcome depends.
    pub assumptions: AssumptionSet,
}

/// An evaluation with all its sub-results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The whole.
    pub evaluation: Evaluation,
    /// Each part that was evaluated, a part before its own parts, in order of evaluation.
    pub steps: Vec<Step>,
    /// Whether there were more steps than are kept.
    pub truncated: bool,
}

impl Expression {
    /// Reads, checks and compiles an expression; its attributes get numbers in `names`.
    pub fn compile(
        source: &str,
        priority: Priority,
        names: &mut Names,
    ) -> Result<Self, ExpressionError> {
        let parsed = parser::parse(source, priority)?;
        let compiled = compile::compile(&parsed.tree, names)?;
        let mut warnings = parsed.warnings;
        warnings.extend(compiled.warnings);
        Ok(Self {
            source: source.to_owned(),
            tree: parsed.tree,
            program: compiled.program,
            warnings,
            used: parsed.used.union(compiled.used),
        })
    }

    /// Reads an expression without compiling it.
    pub fn parse_tree(source: &str, priority: Priority) -> Result<tree::Expr, ExpressionError> {
        parser::parse(source, priority).map(|it| it.tree)
    }

    /// The text it was made from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Its tree.
    pub const fn tree(&self) -> &tree::Expr {
        &self.tree
    }

    /// What a reader should know about it.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The types that the result can have.
    pub fn result_kinds(&self) -> Kinds {
        self.program.result_kinds()
    }

    /// The attributes that it reads, in the order of first use, with their numbers.
    pub fn attributes(&self) -> impl Iterator<Item = (&AttributeName, AttributeId)> {
        self.program.attributes.iter().map(|(name, id)| (name, *id))
    }

    /// The parameters that it uses, in the order of first use.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.program.parameters.iter().map(|it| &**it)
    }

    /// The value, if the expression needs nothing from outside: a constant.
    pub fn as_constant(&self) -> Option<&Value> {
        self.program.as_constant()
    }

    /// Evaluates it. Never panics; work and memory are bounded by [`MAX_WORK`] and [`MAX_BYTES`].
    pub fn evaluate(&self, input: &dyn Input) -> Evaluation {
        let (result, used) = eval::run(&self.program, input, None);
        self.evaluation(result, used)
    }

    /// Evaluates it and keeps every sub-result.
    pub fn evaluate_explained(&self, input: &dyn Input) -> Explanation {
        let mut trace = explain::Trace::new(&self.source);
        let (result, used) = eval::run(&self.program, input, Some(&mut trace));
        let (steps, truncated) = trace.finish();
        Explanation { evaluation: self.evaluation(result, used), steps, truncated }
    }

    fn evaluation(&self, result: Result<Value, EvalError>, used: AssumptionSet) -> Evaluation {
        let mut assumptions = self.used.union(used);
        let is_empty_text =
            matches!(&result, Ok(value) if *value != Value::Null && value.is_null_or_empty());
        let is_word = matches!(result, Ok(Value::AuthoritativeNull));
        assumptions.insert_if(is_empty_text && !is_word, Assumption::EmptyText);
        Evaluation { outcome: result.into(), assumptions }
    }
}
