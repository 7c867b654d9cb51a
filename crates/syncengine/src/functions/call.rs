//! What a function gets: its arguments by type, and the account of work.
use std::sync::Arc;

use dirlift_model::DistinguishedName;
use jiff::Timestamp;

use super::{Function, Takes};
use crate::{
    assumption::{Assumption, AssumptionSet},
    expr::{MAX_BYTES, MAX_WORK, fault::Fault},
    input::Input,
    value::{Kinds, Scalar, Value},
};

/// How much an evaluation may still do.
#[derive(Debug)]
pub(crate) struct Work(u64);

impl Work {
    pub(crate) const fn new() -> Self {
        Self(MAX_WORK)
    }

    /// Takes some steps off the account.
    pub(crate) fn spend(&mut self, steps: usize) -> Result<(), Fault> {
        let left = u64::try_from(steps).ok().and_then(|it| self.0.checked_sub(it));
        self.0 = left.ok_or(Fault::TooMuchWork { limit: MAX_WORK })?;
        Ok(())
    }

    /// Takes the making of a value off the account; refuses one that is too large.
    pub(crate) fn make(&mut self, bytes: usize) -> Result<(), Fault> {
        if bytes > MAX_BYTES {
            return Err(Fault::TooLarge { limit: MAX_BYTES });
        }
        self.spend(1 + bytes / 4)
    }
}

/// One call of a function.
pub(crate) struct Call<'a> {
    pub(crate) function: &'static Function,
    pub(crate) args: &'a [Value],
    pub(crate) input: &'a dyn Input,
    pub(crate) random: &'a mut Option<u64>,
    pub(crate) used: &'a mut AssumptionSet,
    pub(crate) work: &'a mut Work,
}

impl Call<'_> {
    /// Notes that the result rests on an open point.
    pub(crate) fn assume(&mut self, assumption: Assumption) {
        self.used.insert(assumption);
    }

    /// The argument, nothing if it is not there.
    pub(crate) fn value(&self, idx: usize) -> &Value {
        self.args.get(idx).unwrap_or(&Value::Null)
    }

    /// Whether the call has the argument at all.
    pub(crate) fn has(&self, idx: usize) -> bool {
        self.args.len() > idx
    }

    /// The one value of an argument.
    pub(crate) fn scalar(&self, idx: usize) -> Result<Option<&Scalar>, Fault> {
        match self.value(idx) {
            Value::Null => Ok(None),
            Value::One(scalar) => Ok(Some(scalar)),
            Value::Many(_) => {
                Err(Fault::Several { function: self.function.name, position: idx + 1 })
            }
            Value::AuthoritativeNull | Value::IgnoreThisFlow => {
                Err(Fault::FlowWord { place: "an argument of a function" })
            }
        }
    }

    /// All values of an argument.
    pub(crate) fn list(&self, idx: usize) -> Result<&[Scalar], Fault> {
        match self.value(idx) {
            Value::AuthoritativeNull | Value::IgnoreThisFlow => {
                Err(Fault::FlowWord { place: "an argument of a function" })
            }
            value => Ok(value.scalars()),
        }
    }

    /// A text; the name of a reference is one too.
    pub(crate) fn text(&self, idx: usize) -> Result<Option<&str>, Fault> {
        match self.scalar(idx)? {
            None => Ok(None),
            Some(Scalar::Text(text)) => Ok(Some(text)),
            Some(Scalar::Reference(name)) if self.takes(idx, Kinds::REFERENCE) => {
                Ok(Some(name.as_str()))
            }
            Some(other) => Err(self.wrong_type(idx, other)),
        }
    }

    /// A text that must be there.
    pub(crate) fn required_text(&self, idx: usize) -> Result<&str, Fault> {
        self.text(idx)?.ok_or_else(|| self.missing(idx))
    }

    pub(crate) fn number(&self, idx: usize) -> Result<Option<i64>, Fault> {
        match self.scalar(idx)? {
            None => Ok(None),
            Some(Scalar::Number(number)) => Ok(Some(*number)),
            Some(other) => Err(self.wrong_type(idx, other)),
        }
    }

    /// A number that must be there.
    pub(crate) fn required_number(&self, idx: usize) -> Result<i64, Fault> {
        self.number(idx)?.ok_or_else(|| self.missing(idx))
    }

    pub(crate) fn binary(&self, idx: usize) -> Result<Option<&Arc<[u8]>>, Fault> {
        match self.scalar(idx)? {
            None => Ok(None),
            Some(Scalar::Binary(bytes)) => Ok(Some(bytes)),
            Some(other) => Err(self.wrong_type(idx, other)),
        }
    }

    pub(crate) fn reference(&self, idx: usize) -> Result<Option<&Arc<DistinguishedName>>, Fault> {
        match self.scalar(idx)? {
            None => Ok(None),
            Some(Scalar::Reference(name)) => Ok(Some(name)),
            Some(other) => Err(self.wrong_type(idx, other)),
        }
    }

    pub(crate) fn date(&self, idx: usize) -> Result<Option<Timestamp>, Fault> {
        match self.scalar(idx)? {
            None => Ok(None),
            Some(Scalar::Date(date)) => Ok(Some(*date)),
            Some(other) => Err(self.wrong_type(idx, other)),
        }
    }

    /// The error for an argument that has the right type but cannot be used.
    pub(crate) fn invalid(&self, problem: impl Into<String>) -> Fault {
        Fault::Invalid { function: self.function.name, problem: problem.into() }
    }

    /// A new text, paid for.
    pub(crate) fn make_text(&mut self, text: impl Into<Arc<str>>) -> Result<Value, Fault> {
        let text = text.into();
        self.work.make(text.len())?;
        Ok(Value::One(Scalar::Text(text)))
    }

    /// A new binary value, paid for.
    pub(crate) fn make_binary(&mut self, bytes: impl Into<Arc<[u8]>>) -> Result<Value, Fault> {
        let bytes = bytes.into();
        self.work.make(bytes.len())?;
        Ok(Value::One(Scalar::Binary(bytes)))
    }

    /// The next number of the seeded sequence (`SplitMix64`).
    pub(crate) fn next_random(&mut self) -> u64 {
        let random = self.random.get_or_insert_with(|| self.input.seed());
        *random = random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn wrong_type(&self, idx: usize, found: &Scalar) -> Fault {
        Fault::Argument {
            function: self.function.name,
            position: idx + 1,
            expected: self.expected(idx),
            found: Kinds::of(found.kind()),
        }
    }

    fn missing(&self, idx: usize) -> Fault {
        Fault::Argument {
            function: self.function.name,
            position: idx + 1,
            expected: self.expected(idx),
            found: Kinds::NULL,
        }
    }

    fn takes(&self, idx: usize, kinds: Kinds) -> bool {
        !self.expected(idx).and(kinds).is_empty()
    }

    fn expected(&self, idx: usize) -> Kinds {
        match self.function.params.get(idx).map(|it| it.takes) {
            Some(Takes::One(kinds) | Takes::All(kinds)) => kinds.without(Kinds::NULL),
            Some(Takes::Condition) => Kinds::BOOLEAN,
            _ => Kinds::TEXT,
        }
    }
}
