//! What can go wrong while an expression is evaluated.
use std::sync::Arc;

use super::Span;
use crate::value::Kinds;

/// Why an evaluation has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The rule itself calls `Error`.
    #[error("the rule raises the error `{message}`")]
    Raised {
        /// The text of the rule.
        message: Arc<str>,
    },
    /// An argument has the wrong type.
    #[error("{function}: argument {position} is {found}, but the function takes {expected}")]
    Argument {
        /// The function.
        function: &'static str,
        /// The argument, from one.
        position: usize,
        /// What it takes.
        expected: Kinds,
        /// What it got.
        found: Kinds,
    },
    /// An argument has several values where the function takes one.
    #[error("{function}: argument {position} has several values, but the function takes one")]
    Several {
        /// The function.
        function: &'static str,
        /// The argument, from one.
        position: usize,
    },
    /// An operator cannot work on what stands beside it.
    #[error("`{operator}` cannot be applied to {left} and {right}")]
    Operand {
        /// The operator.
        operator: &'static str,
        /// What stands on its left.
        left: Kinds,
        /// What stands on its right.
        right: Kinds,
    },
    /// A condition is neither true nor false.
    #[error("a condition is {found}, but it must be true or false")]
    Condition {
        /// What it is.
        found: Kinds,
    },
    /// Two multi-valued parts differ in their number of values.
    #[error("{left} values meet {right} values, and they cannot be paired")]
    Lengths {
        /// Values of the first.
        left: usize,
        /// Values of the other.
        right: usize,
    },
    /// A number leaves 64 bits.
    #[error("`{operator}` gives a number that does not fit into 64 bits")]
    Overflow {
        /// The operator.
        operator: &'static str,
    },
    /// An argument is of the right type, but not usable.
    #[error("{function}: {problem}")]
    Invalid {
        /// The function.
        function: &'static str,
        /// What is wrong with it, such as "index 3 of 2 values".
        problem: String,
    },
    /// Nobody defines the parameter.
    #[error("the parameter `%{name}%` is not defined for this connector")]
    Parameter {
        /// Its name.
        name: Arc<str>,
    },
    /// A flow-control word stands where a value is needed.
    #[error("a flow-control word such as IgnoreThisFlow can only be a result, not {place}")]
    FlowWord {
        /// Where it stands.
        place: &'static str,
    },
    /// The evaluation was stopped.
    #[error("the evaluation takes more than {limit} steps; simplify the expression")]
    TooMuchWork {
        /// The limit.
        limit: u64,
    },
    /// A list becomes too long.
    #[error("a list becomes longer than {limit} values")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// A value becomes too large.
    #[error("a value becomes larger than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
}

/// A fault with its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {}: {fault}", span.start + 1)]
pub struct EvalError {
    /// What went wrong.
    pub fault: Fault,
    /// Where in the expression.
    pub span: Span,
}
