//! Synchronization rules: checked, compiled, and what is wrong with a set of them.
//!
//! [`dirlift_model::SyncRule`] is what a file says; nothing in it has been checked. [`RuleSet::compile`] gives the
//! form that the engine works with, and everything there is to say about the set.
mod check;
pub mod flow;
pub mod join;
mod order;
mod overlap;
mod problem;
pub mod resolve;
mod schema;
pub mod scope;
mod set;
mod words;

pub use self::{
    flow::{CompiledFlow, FlowError, FlowSource},
    join::{JoinCriterion, JoinDecision, JoinGroup, JoinKey},
    order::in_order,
    problem::{RuleFinding, RuleProblem},
    resolve::{Resolution, Resolved, resolve},
    schema::Schema,
    scope::{Scope, ScopeDecision, ScopeInput, UnknownOperator},
    set::{CompiledRule, RuleSet},
    words::{Direction, LinkType, MergeType, ObjectType},
};
