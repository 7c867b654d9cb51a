//! Attribute flows: what is written, and where it comes from.
use dirlift_model::AttributeName;

use super::MergeType;
use crate::{
    assumption::AssumptionSet,
    expr::{Evaluation, Expression, ExpressionError, Priority},
    input::{AttributeId, Input, Names},
    value::Value,
};

/// One attribute flow, as it is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// The attribute that is written.
    pub target: AttributeName,
    /// What is written.
    pub source: FlowSource,
    /// What happens to values of several rules.
    pub merge: MergeType,
    /// Whether it takes place only when the target is created.
    pub execute_once: bool,
}

/// What a flow writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlowSource {
    /// The values of an attribute.
    Direct(AttributeName),
    /// A fixed text.
    Constant(String),
    /// The result of an expression.
    Expression(String),
}

impl FlowSource {
    /// Infers the type as rule files imply it: an expression wins, then an attribute, then the text of `src`.
    pub fn infer(
        expression: Option<&str>,
        attributes: &[AttributeName],
        text: Option<&str>,
    ) -> Option<Self> {
        let expression = expression.map(str::trim).filter(|it| !it.is_empty());
        match (expression, attributes, text) {
            (Some(expression), ..) => Some(Self::Expression(expression.to_owned())),
            (None, [attribute, ..], _) => Some(Self::Direct(attribute.clone())),
            (None, [], Some(text)) if !text.trim().is_empty() => {
                Some(Self::Constant(text.trim().to_owned()))
            }
            (None, [], _) => None,
        }
    }
}

/// A flow, ready to be evaluated.
#[derive(Clone, Debug)]
pub enum CompiledFlow {
    /// The values of an attribute.
    Direct(AttributeId),
    /// A fixed value.
    Constant(Value),
    /// An expression.
    Expression(Box<Expression>),
}

impl CompiledFlow {
    /// Compiles a flow; its attributes get numbers in `names`.
    pub fn compile(flow: &Flow, names: &mut Names) -> Result<Self, ExpressionError> {
        Ok(match &flow.source {
            FlowSource::Direct(attribute) => Self::Direct(names.intern(attribute)),
            FlowSource::Constant(text) => Self::Constant(Value::text(text.as_str())),
            FlowSource::Expression(text) => Self::Expression(Box::new(Expression::compile(
                text,
                Priority::Conventional,
                names,
            )?)),
        })
    }

    /// What the flow contributes; empty text contributes nothing.
    pub fn evaluate(&self, input: &dyn Input) -> Evaluation {
        let fixed = |value: Value| Evaluation {
            outcome: Ok(value).into(),
            assumptions: AssumptionSet::default(),
        };
        let Evaluation { outcome, assumptions } = match self {
            Self::Direct(id) => fixed(input.attribute(*id)),
            Self::Constant(value) => fixed(value.clone()),
            Self::Expression(expression) => expression.evaluate(input),
        };
        Evaluation { outcome: outcome.into_flow(), assumptions }
    }
}
