//! The machine that evaluates a program.
use std::sync::Arc;

use super::{
    Span,
    compile::{Args, Node, NodeId, Op, Program},
    explain::Trace,
    fault::{EvalError, Fault},
    tree::BinaryOp,
};
use crate::{
    assumption::{Assumption, AssumptionSet},
    functions::{Call, Function, Implementation, Takes, Work},
    input::Input,
    value::{Kinds, Scalar, Value},
};

mod operators;

/// Most steps of one evaluation: a part that is evaluated, a value that is looked at, four bytes that are made.
pub const MAX_WORK: u64 = 20_000_000;
/// Largest single value that an expression may make, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;
/// Longest list that an expression may make.
const MAX_VALUES: usize = 1_000_000;
/// Most arguments of a function that is not special.
const MAX_ARGS: usize = 4;

/// Runs a program.
pub(super) fn run(
    program: &Program,
    input: &dyn Input,
    trace: Option<&mut Trace<'_>>,
) -> (Result<Value, EvalError>, AssumptionSet) {
    let mut machine = Machine {
        program,
        input,
        slots: vec![Value::Null; program.n_slots],
        work: Work::new(),
        random: None,
        used: AssumptionSet::default(),
        trace,
    };
    let result = machine.eval(program.root());
    (result, machine.used)
}

struct Machine<'a, 'b, 't> {
    program: &'a Program,
    input: &'a dyn Input,
    slots: Vec<Value>,
    work: Work,
    /// Where the sequence of random numbers is; none before the first.
    random: Option<u64>,
    used: AssumptionSet,
    trace: Option<&'b mut Trace<'t>>,
}

impl<'a> Machine<'a, '_, '_> {
    fn eval(&mut self, id: NodeId) -> Result<Value, EvalError> {
        let node = self.program.node(id);
        let Some(trace) = self.trace.as_deref_mut() else { return self.eval_node(node) };
        let step = trace.enter(node.span, about(node));
        let result = self.eval_node(node);
        if let Some(trace) = self.trace.as_deref_mut() {
            trace.leave(step, &result);
        }
        result
    }

    fn eval_node(&mut self, node: &'a Node) -> Result<Value, EvalError> {
        let span = node.span;
        let at = |fault| EvalError { fault, span };
        self.work.spend(1).map_err(at)?;
        match &node.op {
            Op::Constant(value) => Ok(value.clone()),
            Op::Attribute(id) => Ok(self.input.attribute(*id)),
            Op::Imported(id) => {
                self.used.insert(Assumption::Imported);
                Ok(self.input.imported(*id))
            }
            Op::ValueCount(id) => {
                self.used.insert(Assumption::ValueCount);
                Ok(Value::number(count(self.input.count(*id))))
            }
            Op::Parameter(idx) => {
                let name = &self.program.parameters[*idx];
                self.input.parameter(name).ok_or_else(|| {
                    self.used.insert(Assumption::Parameter);
                    at(Fault::Parameter { name: Arc::clone(name) })
                })
            }
            Op::Variable(slot) => Ok(self.slots[*slot].clone()),
            Op::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), left, right } => {
                self.logical(*op, *left, *right, span)
            }
            Op::Binary { op, left, right } => {
                let (left, right) = (self.eval(*left)?, self.eval(*right)?);
                self.each_pair(&left, &right, |it, l, r| it.operate(*op, l, r)).map_err(at)
            }
            Op::Call { function, args } => self.call(function, *args, span),
            Op::Iif { condition, yes, no } => self.iif(*condition, *yes, *no, span),
            Op::Switch { args } => self.switch(*args, span),
            Op::Select { slot, list, body } => {
                let list = self.list(*list, span)?;
                let mut out = Vec::new();
                for scalar in list.scalars() {
                    self.slots[*slot] = Value::One(scalar.clone());
                    let value = self.eval(*body)?;
                    self.extend(&mut out, value).map_err(at)?;
                }
                Ok(Value::many(out))
            }
            Op::Where { slot, list, condition } => {
                let list = self.list(*list, span)?;
                let mut out = Vec::new();
                for scalar in list.scalars() {
                    self.slots[*slot] = Value::One(scalar.clone());
                    let keep = self.eval(*condition)?;
                    if self.truth(&keep).map_err(at)? {
                        self.extend(&mut out, Value::One(scalar.clone())).map_err(at)?;
                    }
                }
                Ok(Value::many(out))
            }
            Op::With { slot, value, body } => {
                self.slots[*slot] = self.eval(*value)?;
                self.eval(*body)
            }
        }
    }

    fn list(&mut self, id: NodeId, span: Span) -> Result<Value, EvalError> {
        match self.eval(id)? {
            Value::AuthoritativeNull | Value::IgnoreThisFlow => {
                let fault = Fault::FlowWord { place: "a list" };
                Err(EvalError { fault, span })
            }
            value => Ok(value),
        }
    }

    fn extend(&mut self, out: &mut Vec<Scalar>, value: Value) -> Result<(), Fault> {
        let n_new = value.scalars().len();
        self.work.spend(4 * n_new)?;
        if out.len() + n_new > MAX_VALUES {
            return Err(Fault::TooMany { limit: MAX_VALUES });
        }
        match value {
            Value::Null => self.used.insert(Assumption::MultiNull),
            Value::AuthoritativeNull | Value::IgnoreThisFlow => {
                return Err(Fault::FlowWord { place: "one of several values" });
            }
            Value::One(scalar) => out.push(scalar),
            Value::Many(scalars) => out.extend(scalars.iter().cloned()),
        }
        Ok(())
    }

    fn logical(
        &mut self,
        op: BinaryOp,
        left: NodeId,
        right: NodeId,
        span: Span,
    ) -> Result<Value, EvalError> {
        let at = |fault| EvalError { fault, span };
        let left = self.eval(left)?;
        if let Value::Many(_) = left {
            let right = self.eval(right)?;
            return self.each_pair(&left, &right, |it, l, r| it.operate(op, l, r)).map_err(at);
        }
        let decides = self.logical_operand(op, &left).map_err(at)?;
        if decides == (op == BinaryOp::Or) {
            self.used.insert_if(self.program.node(right).may_fail, Assumption::LazyLogic);
            return Ok(Value::boolean(decides));
        }
        let right = self.eval(right)?;
        self.each_pair(&left, &right, |it, l, r| it.operate(op, l, r)).map_err(at)
    }

    /// Whether a condition holds; nothing is false.
    fn truth(&mut self, value: &Value) -> Result<bool, Fault> {
        match value {
            Value::One(Scalar::Boolean(boolean)) => Ok(*boolean),
            Value::Null => {
                self.used.insert(Assumption::NullLogic);
                Ok(false)
            }
            other => Err(Fault::Condition { found: other.kinds() }),
        }
    }

    fn iif(
        &mut self,
        condition: NodeId,
        yes: NodeId,
        no: NodeId,
        span: Span,
    ) -> Result<Value, EvalError> {
        let at = |fault| EvalError { fault, span };
        let decision = self.eval(condition)?;
        if !matches!(decision, Value::Many(_)) {
            let (taken, left_out) =
                if self.truth(&decision).map_err(at)? { (yes, no) } else { (no, yes) };
            self.used.insert_if(self.program.node(left_out).may_fail, Assumption::LazyIif);
            return self.eval(taken);
        }
        // Several conditions: one decision for each value.
        self.used.insert(Assumption::MultiIif);
        let (yes, no) = (self.eval(yes)?, self.eval(no)?);
        let n_values = decision.scalars().len();
        let mut out = Vec::new();
        for (idx, scalar) in decision.scalars().iter().enumerate() {
            let holds = self.truth(&Value::One(scalar.clone())).map_err(at)?;
            let chosen = if holds { &yes } else { &no };
            let value = match chosen {
                Value::Many(scalars) if scalars.len() != n_values => {
                    return Err(at(Fault::Lengths { left: n_values, right: scalars.len() }));
                }
                Value::Many(scalars) => Value::One(scalars[idx].clone()),
                Value::IgnoreThisFlow | Value::AuthoritativeNull => return Ok(chosen.clone()),
                other => other.clone(),
            };
            self.extend(&mut out, value).map_err(at)?;
        }
        Ok(Value::many(out))
    }

    fn switch(&mut self, args: Args, span: Span) -> Result<Value, EvalError> {
        self.used.insert(Assumption::Switch);
        let program = self.program;
        let mut chosen = None;
        for [condition, value] in program.args(args).as_chunks::<2>().0 {
            let decision = self.eval(*condition)?;
            let holds = self.truth(&decision).map_err(|fault| EvalError { fault, span })?;
            if holds && chosen.is_none() {
                chosen = Some(*value);
            }
        }
        chosen.map_or(Ok(Value::Null), |it| self.eval(it))
    }

    fn call(
        &mut self,
        function: &'static Function,
        args: Args,
        span: Span,
    ) -> Result<Value, EvalError> {
        let program = self.program;
        let mut values = [const { Value::Null }; MAX_ARGS];
        let ids = program.args(args);
        let values = &mut values[..ids.len().min(MAX_ARGS)];
        for (value, id) in values.iter_mut().zip(ids) {
            *value = self.eval(*id)?;
        }
        self.apply(function, values).map_err(|fault| EvalError { fault, span })
    }

    /// Applies a function; to each value, if it takes one and gets several.
    fn apply(&mut self, function: &'static Function, values: &[Value]) -> Result<Value, Fault> {
        let takes_one = |idx: usize| {
            function
                .params
                .get(idx)
                .is_some_and(|it| matches!(it.takes, Takes::One(_) | Takes::Condition))
        };
        let mut n_values = None;
        for (idx, value) in values.iter().enumerate() {
            match value {
                Value::Many(scalars) if takes_one(idx) => match n_values {
                    None => n_values = Some(scalars.len()),
                    Some(n) => {
                        self.used.insert(Assumption::MultiPair);
                        if n != scalars.len() {
                            return Err(Fault::Lengths { left: n, right: scalars.len() });
                        }
                    }
                },
                Value::One(scalar) => self.work.spend(scalar.size() / 16)?,
                _ => {}
            }
        }
        let Some(n_values) = n_values else { return self.apply_once(function, values) };
        let mut out = Vec::with_capacity(n_values.min(1_024));
        let mut each = [const { Value::Null }; MAX_ARGS];
        for value_idx in 0..n_values {
            for (idx, (one, value)) in each.iter_mut().zip(values).enumerate() {
                *one = match value {
                    Value::Many(scalars) if takes_one(idx) => {
                        self.work.spend(1 + scalars[value_idx].size() / 16)?;
                        Value::One(scalars[value_idx].clone())
                    }
                    other => other.clone(),
                };
            }
            let value = self.apply_once(function, &each[..values.len()])?;
            self.extend(&mut out, value)?;
        }
        Ok(Value::many(out))
    }

    fn apply_once(&mut self, function: &'static Function, args: &[Value]) -> Result<Value, Fault> {
        let Implementation::Plain(implementation) = function.implementation else {
            return Ok(Value::Null); // the compiler gives special functions nodes of their own
        };
        let mut call = Call {
            function,
            args,
            input: self.input,
            random: &mut self.random,
            used: &mut self.used,
            work: &mut self.work,
        };
        implementation(&mut call)
    }
}

/// A length as the number of the language.
fn count(len: usize) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}

fn about(node: &Node) -> &'static str {
    match &node.op {
        Op::Constant(_) => "",
        Op::Attribute(_) => "attribute",
        Op::Imported(_) => "attribute as imported",
        Op::ValueCount(_) => "number of values",
        Op::Parameter(_) => "parameter",
        Op::Variable(_) => "variable",
        Op::Binary { op, .. } => match op {
            BinaryOp::And => "both",
            BinaryOp::Or => "one or both",
            BinaryOp::Concat => "joined",
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply => "arithmetic",
            _ => "comparison",
        },
        Op::Call { function, .. } => function.about,
        Op::Iif { .. } => "a choice by a condition",
        Op::Switch { .. } => "a choice by the first condition that holds",
        Op::Select { .. } => "each value changed",
        Op::Where { .. } => "the values for which the condition holds",
        Op::With { .. } => "a part with a name",
    }
}

/// The types of an operand, for messages.
fn kinds(scalar: Option<&Scalar>) -> Kinds {
    scalar.map_or(Kinds::NULL, |it| Kinds::of(it.kind()))
}
