//! What the operators do with values.
use std::cmp::Ordering;

use dirlift_model::DistinguishedName;

use super::{Machine, kinds};
use crate::{
    assumption::Assumption,
    expr::{fault::Fault, tree::BinaryOp},
    functions::text_of,
    value::{Scalar, Value},
};

impl Machine<'_, '_, '_> {
    /// Applies an operation to two values; to each of several.
    pub(super) fn each_pair(
        &mut self,
        left: &Value,
        right: &Value,
        operate: impl Fn(&mut Self, Option<&Scalar>, Option<&Scalar>) -> Result<Value, Fault>,
    ) -> Result<Value, Fault> {
        let is_word = |it: &Value| matches!(it, Value::AuthoritativeNull | Value::IgnoreThisFlow);
        if is_word(left) || is_word(right) {
            return Err(Fault::FlowWord { place: "beside an operator" });
        }
        let many =
            |it: &Value| if let Value::Many(scalars) = it { Some(scalars.len()) } else { None };
        let n_values = match (many(left), many(right)) {
            (None, None) => return operate(self, left.scalars().first(), right.scalars().first()),
            (Some(l), Some(r)) => {
                self.used.insert(Assumption::MultiPair);
                if l != r {
                    return Err(Fault::Lengths { left: l, right: r });
                }
                l
            }
            (Some(n), None) | (None, Some(n)) => n,
        };
        let pick = |it: &Value, idx: usize| {
            let scalars = it.scalars();
            scalars.get(if scalars.len() == 1 { 0 } else { idx }).cloned()
        };
        let mut out = Vec::with_capacity(n_values.min(1_024));
        for idx in 0..n_values {
            let (l, r) = (pick(left, idx), pick(right, idx));
            let value = operate(self, l.as_ref(), r.as_ref())?;
            self.extend(&mut out, value)?;
        }
        Ok(Value::many(out))
    }

    /// One operation on two single values, each of which may be missing.
    pub(super) fn operate(
        &mut self,
        op: BinaryOp,
        left: Option<&Scalar>,
        right: Option<&Scalar>,
    ) -> Result<Value, Fault> {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                let l = self.boolean(op, left, left, right)?;
                let r = self.boolean(op, right, left, right)?;
                Ok(Value::boolean(if op == BinaryOp::And { l && r } else { l || r }))
            }
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply => {
                self.arithmetic(op, left, right)
            }
            BinaryOp::Concat => self.concat(left, right),
            _ => self.compare(op, left, right).map(Value::boolean),
        }
    }

    /// The left side of `&&` or `||`, before the right side is looked at.
    pub(super) fn logical_operand(&mut self, op: BinaryOp, left: &Value) -> Result<bool, Fault> {
        match left {
            Value::AuthoritativeNull | Value::IgnoreThisFlow => {
                Err(Fault::FlowWord { place: "beside an operator" })
            }
            _ => {
                let left = left.scalars().first();
                self.boolean(op, left, left, None)
            }
        }
    }

    fn boolean(
        &mut self,
        op: BinaryOp,
        operand: Option<&Scalar>,
        left: Option<&Scalar>,
        right: Option<&Scalar>,
    ) -> Result<bool, Fault> {
        match operand {
            Some(Scalar::Boolean(boolean)) => Ok(*boolean),
            None => {
                self.used.insert(Assumption::NullLogic);
                Ok(false)
            }
            Some(_) => Err(Fault::Operand {
                operator: op.as_str(),
                left: kinds(left),
                right: kinds(right),
            }),
        }
    }

    fn arithmetic(
        &mut self,
        op: BinaryOp,
        left: Option<&Scalar>,
        right: Option<&Scalar>,
    ) -> Result<Value, Fault> {
        let wrong =
            || Fault::Operand { operator: op.as_str(), left: kinds(left), right: kinds(right) };
        let (l, r) = match (left, right) {
            (Some(Scalar::Number(l)), Some(Scalar::Number(r))) => (*l, *r),
            (None | Some(Scalar::Number(_)), None | Some(Scalar::Number(_))) => {
                self.used.insert(Assumption::NullArithmetic);
                return Ok(Value::Null);
            }
            _ => return Err(wrong()),
        };
        let result = match op {
            BinaryOp::Add => l.checked_add(r),
            BinaryOp::Subtract => l.checked_sub(r),
            _ => l.checked_mul(r),
        };
        result.map(Value::number).ok_or_else(|| {
            self.used.insert(Assumption::Overflow);
            Fault::Overflow { operator: op.as_str() }
        })
    }

    fn concat(&mut self, left: Option<&Scalar>, right: Option<&Scalar>) -> Result<Value, Fault> {
        let wrong = || Fault::Operand { operator: "&", left: kinds(left), right: kinds(right) };
        if left.is_none() || right.is_none() {
            self.used.insert(Assumption::NullConcat);
        }
        let is_binary = |it: Option<&Scalar>| matches!(it, Some(Scalar::Binary(_)));
        if is_binary(left) || is_binary(right) {
            let bytes = |it: Option<&Scalar>| match it {
                Some(Scalar::Binary(bytes)) => Ok(bytes.to_vec()),
                None => Ok(Vec::new()),
                Some(_) => Err(wrong()),
            };
            let (mut l, r) = (bytes(left)?, bytes(right)?);
            self.used.insert(Assumption::BinaryText);
            self.work.make(l.len() + r.len())?;
            l.extend_from_slice(&r);
            return Ok(Value::One(Scalar::binary(l)));
        }
        let is_other =
            |it: Option<&Scalar>| matches!(it, Some(Scalar::Number(_) | Scalar::Boolean(_)));
        if is_other(left) || is_other(right) {
            self.used.insert(Assumption::ConcatOther);
        }
        let size = |it: Option<&Scalar>| it.map_or(0, Scalar::size);
        let mut out = String::with_capacity(size(left) + size(right));
        for scalar in [left, right].into_iter().flatten() {
            match scalar {
                Scalar::Text(text) => out.push_str(text),
                Scalar::Reference(name) => out.push_str(name.as_str()),
                other => out.push_str(&text_of(other).ok_or_else(wrong)?),
            }
        }
        self.work.make(out.len())?;
        Ok(Value::text(out))
    }

    fn compare(
        &mut self,
        op: BinaryOp,
        left: Option<&Scalar>,
        right: Option<&Scalar>,
    ) -> Result<bool, Fault> {
        let wrong =
            || Fault::Operand { operator: op.as_str(), left: kinds(left), right: kinds(right) };
        let is_equality = matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
        let (Some(l), Some(r)) = (left, right) else {
            self.used.insert(Assumption::NullCompare);
            let equal = left.is_none() && right.is_none();
            return Ok(match op {
                BinaryOp::Equal => equal,
                BinaryOp::NotEqual => !equal,
                _ => false,
            });
        };
        self.work.spend((l.size() + r.size()) / 16)?;
        let order = match (l, r) {
            (Scalar::Text(l), Scalar::Text(r)) => {
                if is_equality {
                    self.used.insert_if(differ_in_case_only(l, r), Assumption::Case);
                } else {
                    self.used.insert(Assumption::OrderText);
                }
                Some(l.cmp(r))
            }
            (Scalar::Number(l), Scalar::Number(r)) => Some(l.cmp(r)),
            (Scalar::Date(l), Scalar::Date(r)) => Some(l.cmp(r)),
            (Scalar::Boolean(l), Scalar::Boolean(r)) if is_equality => Some(l.cmp(r)),
            (Scalar::Binary(l), Scalar::Binary(r)) if is_equality => Some(l.cmp(r)),
            (Scalar::Reference(l), Scalar::Reference(r)) if is_equality => Some(l.cmp(r)),
            (Scalar::Text(text), other) => {
                self.used.insert(Assumption::CompareOther);
                converted_order(text, other, is_equality).map_err(|()| wrong())?
            }
            (other, Scalar::Text(text)) => {
                self.used.insert(Assumption::CompareOther);
                converted_order(text, other, is_equality)
                    .map_err(|()| wrong())?
                    .map(Ordering::reverse)
            }
            _ => return Err(wrong()),
        };
        Ok(match (op, order) {
            (BinaryOp::Equal, order) => order == Some(Ordering::Equal),
            (BinaryOp::NotEqual, order) => order != Some(Ordering::Equal),
            (_, None) => return Err(wrong()),
            (BinaryOp::Less, Some(order)) => order.is_lt(),
            (BinaryOp::LessOrEqual, Some(order)) => order.is_le(),
            (BinaryOp::Greater, Some(order)) => order.is_gt(),
            (_, Some(order)) => order.is_ge(),
        })
    }
}

/// Whether two texts are equal but for case.
fn differ_in_case_only(l: &str, r: &str) -> bool {
    if l.is_ascii() && r.is_ascii() {
        return l != r && l.eq_ignore_ascii_case(r);
    }
    l != r && l.to_lowercase() == r.to_lowercase()
}

/// Compares a text with a value of another type by reading the text as that type; `None` if it cannot be read so.
fn converted_order(text: &str, other: &Scalar, is_equality: bool) -> Result<Option<Ordering>, ()> {
    match other {
        Scalar::Number(number) => Ok(text.trim().parse::<i64>().ok().map(|it| it.cmp(number))),
        Scalar::Boolean(boolean) if is_equality => Ok(read_boolean(text).map(|it| it.cmp(boolean))),
        Scalar::Reference(name) if is_equality => {
            Ok(text.parse::<DistinguishedName>().ok().map(|it| it.cmp(name)))
        }
        _ => Err(()),
    }
}

/// `True` and `False` in any case.
fn read_boolean(text: &str) -> Option<bool> {
    let is = |word: &str| text.trim().eq_ignore_ascii_case(word);
    if is("true") {
        Some(true)
    } else if is("false") {
        Some(false)
    } else {
        None
    }
}
