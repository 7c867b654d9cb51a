//! What Entra Connect's configuration says: synchronization rules and their expression language.
//!
//! Pure: nothing here reads a file, the clock or a random source. Whatever an expression needs from
//! outside comes through [`Input`]. Points on which the documentation is silent are rows of
//! [`assumption::TABLE`]; each evaluation names the rows it relied on.
//!
//! Depends on `dirlift-model` and on no other crate of the workspace.

pub mod assumption;
pub mod docs;
pub mod explain;
pub mod expr;
pub mod functions;
pub mod input;
pub mod rules;
pub mod sync;
pub mod value;

pub use assumption::{Assumption, AssumptionSet};
pub use expr::{
    Evaluation, Explanation, Expression, ExpressionError, Priority, Span, Step, Warning,
    fault::{EvalError, Fault},
};
pub use input::{AttributeId, Input, MapInput, Names};
pub use value::{Kind, Kinds, Outcome, Scalar, Value};
