//! Attribute flows: what is written, and where it comes from.
use dirlift_model::{
    rule::{AttributeMapping, MappingKind, MappingSource},
    secret,
};

use super::MergeType;
use crate::{
    assumption::AssumptionSet,
    expr::{Evaluation, Expression, ExpressionError, Priority},
    input::{AttributeId, Input, Names},
    value::Value,
};

/// A flow, ready to be evaluated.
#[derive(Clone, Debug)]
pub struct CompiledFlow {
    /// Its place among the mappings of the rule, from zero.
    pub index: usize,
    /// The attribute that is written.
    pub target: AttributeId,
    /// What is written.
    pub source: FlowSource,
    /// What happens to values of several rules.
    pub merge: MergeType,
    /// Whether it takes place only when the target is created.
    pub execute_once: bool,
}

/// What a flow writes.
#[derive(Clone, Debug)]
pub enum FlowSource {
    /// The values of an attribute.
    Direct(AttributeId),
    /// A fixed value.
    Constant(Value),
    /// The result of an expression.
    Expression(Box<Expression>),
}

/// Why a mapping is no flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlowError {
    /// It writes to nothing.
    NoTarget,
    /// It has neither source nor expression.
    NoSource,
    /// Its value was taken for a secret and is gone.
    Secret,
    /// `valueMergeType` is a word that is not known.
    UnknownMerge(String),
    /// Its expression cannot be used.
    Expression(ExpressionError),
}

impl CompiledFlow {
    /// Checks and compiles a mapping; its attributes get numbers in `names`. `index` is its place in the rule.
    pub fn compile(
        index: usize,
        mapping: &AttributeMapping,
        names: &mut Names,
    ) -> Result<Self, FlowError> {
        if mapping.destination.as_str().is_empty() {
            return Err(FlowError::NoTarget);
        }
        let merge = MergeType::of(&mapping.merge)
            .ok_or_else(|| FlowError::UnknownMerge(mapping.merge.as_str().to_owned()))?;
        let source = match (mapping.kind(), &mapping.expression, &mapping.source) {
            (Some(MappingKind::Expression), Some(text), _) if text == secret::REMOVED => {
                return Err(FlowError::Secret);
            }
            (Some(MappingKind::Expression), Some(text), _) => {
                let compiled = Expression::compile(text.trim(), Priority::Conventional, names);
                FlowSource::Expression(Box::new(compiled.map_err(FlowError::Expression)?))
            }
            (_, _, MappingSource::Constant(text)) if text == secret::REMOVED => {
                return Err(FlowError::Secret);
            }
            (Some(_), _, MappingSource::Constant(text)) if !text.trim().is_empty() => {
                FlowSource::Constant(Value::text(text.as_str()))
            }
            (Some(_), _, MappingSource::Attributes(all)) => match all.first() {
                Some(name) if !name.as_str().is_empty() => FlowSource::Direct(names.intern(name)),
                _ => return Err(FlowError::NoSource),
            },
            _ => return Err(FlowError::NoSource),
        };
        let target = names.intern(&mapping.destination);
        Ok(Self { index, target, source, merge, execute_once: mapping.execute_once })
    }

    /// Whether the flow takes place on a target that was (or was not) just created.
    pub const fn applies(&self, created: bool) -> bool {
        created || !self.execute_once
    }

    /// What the flow contributes; empty text contributes nothing.
    pub fn evaluate(&self, input: &dyn Input) -> Evaluation {
        let fixed = |value: Value| Evaluation {
            outcome: Ok(value).into(),
            assumptions: AssumptionSet::default(),
        };
        let Evaluation { outcome, assumptions } = match &self.source {
            FlowSource::Direct(id) => fixed(input.attribute(*id)),
            FlowSource::Constant(value) => fixed(value.clone()),
            FlowSource::Expression(expression) => expression.evaluate(input),
        };
        Evaluation { outcome: outcome.into_flow(), assumptions }
    }

    /// The attributes of the source that the flow reads.
    pub fn reads(&self) -> Vec<AttributeId> {
        match &self.source {
            FlowSource::Direct(id) => vec![*id],
            FlowSource::Constant(_) => Vec::new(),
            FlowSource::Expression(it) => it.attributes().map(|it| it.1).collect(),
        }
    }
}
