//! The record of an evaluation: each part with what it came to.
use super::{Span, fault::EvalError};
use crate::value::{Outcome, Value};

/// Most steps that are kept.
const MAX_STEPS: usize = 2_000;

/// One part of an expression and what it came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// How deep it stands: the whole expression is 0.
    pub depth: usize,
    /// Its place.
    pub span: Span,
    /// Its text.
    pub text: String,
    /// What the part is, such as "IIF: one of two values, by a condition"; empty for constants.
    pub about: &'static str,
    /// What it came to.
    pub outcome: Outcome,
}

/// Collects steps while an evaluation runs.
pub(super) struct Trace<'a> {
    source: &'a str,
    depth: usize,
    steps: Vec<Step>,
    truncated: bool,
}

impl<'a> Trace<'a> {
    pub(super) const fn new(source: &'a str) -> Self {
        Self { source, depth: 0, steps: Vec::new(), truncated: false }
    }

    /// Begins a step; the answer is what [`Trace::leave`] needs.
    pub(super) fn enter(&mut self, span: Span, about: &'static str) -> Option<usize> {
        let depth = self.depth;
        self.depth += 1;
        if self.steps.len() >= MAX_STEPS {
            self.truncated = true;
            return None;
        }
        let text = span.text(self.source).to_owned();
        self.steps.push(Step { depth, span, text, about, outcome: Outcome::Null });
        Some(self.steps.len() - 1)
    }

    pub(super) fn leave(&mut self, idx: Option<usize>, result: &Result<Value, EvalError>) {
        self.depth -= 1;
        if let Some(step) = idx.and_then(|it| self.steps.get_mut(it)) {
            step.outcome = result.clone().into();
        }
    }

    pub(super) fn finish(self) -> (Vec<Step>, bool) {
        (self.steps, self.truncated)
    }
}
