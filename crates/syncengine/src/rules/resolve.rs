//! What becomes of one attribute of a target when several flows write it.
use std::collections::BTreeSet;

use super::{Direction, MergeType};
use crate::{
    assumption::{Assumption, AssumptionSet},
    expr::fault::EvalError,
    value::{Outcome, Scalar, Value},
};

/// What becomes of the attribute. Flows are numbered from zero, in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// It stays as it is: no flow takes place.
    Keep,
    /// It has no value any more; the flow that decided so, or none if no flow had a value.
    Remove {
        /// The flow with `AuthoritativeNull`.
        by: Option<usize>,
    },
    /// It has these values.
    Set {
        /// The values.
        value: Value,
        /// The flows that gave them.
        from: Vec<usize>,
    },
    /// The object has an error.
    Failed {
        /// The flow.
        flow: usize,
        /// What went wrong.
        error: EvalError,
    },
    /// The object has an error: flows in scope merge in different ways.
    Mixed {
        /// A flow.
        first: usize,
        /// A flow that merges in another way.
        second: usize,
    },
}

/// The result with the open points that it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// What becomes of the attribute.
    pub resolved: Resolved,
    /// The open points.
    pub assumptions: AssumptionSet,
}

/// Decides on one attribute. `merges` has the merge type of each flow that is in scope and applies, in order of
/// precedence; `evaluate` gives the outcome of one, and is asked only as long as the answer matters. `current` is
/// what the target has now.
pub fn resolve(
    direction: Direction,
    merges: &[MergeType],
    current: &Value,
    mut evaluate: impl FnMut(usize) -> Outcome,
) -> Resolution {
    let mut used = AssumptionSet::default();
    let resolved = match merges {
        [] => Resolved::Keep,
        [first, rest @ ..] => match rest.iter().position(|it| it != first) {
            Some(other) => Resolved::Mixed { first: 0, second: other + 1 },
            None if *first == MergeType::Update => one(merges.len(), &mut evaluate, &mut used),
            None => {
                let folds = *first == MergeType::MergeCaseInsensitive;
                let kept = (direction == Direction::Outbound).then_some(current);
                all(merges.len(), folds, kept, &mut evaluate, &mut used)
            }
        },
    };
    Resolution { resolved, assumptions: used }
}

/// The first flow with a value wins.
fn one(
    n_flows: usize,
    evaluate: &mut dyn FnMut(usize) -> Outcome,
    used: &mut AssumptionSet,
) -> Resolved {
    let mut takes_place = false;
    for flow in 0..n_flows {
        match evaluate(flow) {
            Outcome::Value(value) => {
                used.insert_if(flow + 1 < n_flows, Assumption::RuleError);
                return Resolved::Set { value, from: vec![flow] };
            }
            Outcome::Null => takes_place = true,
            Outcome::IgnoreThisFlow => {}
            Outcome::AuthoritativeNull => return Resolved::Remove { by: Some(flow) },
            Outcome::Error(error) => return Resolved::Failed { flow, error },
        }
    }
    if takes_place { Resolved::Remove { by: None } } else { Resolved::Keep }
}

/// All flows give their values; `kept` is what the target has, where that stays.
fn all(
    n_flows: usize,
    folds: bool,
    kept: Option<&Value>,
    evaluate: &mut dyn FnMut(usize) -> Outcome,
    used: &mut AssumptionSet,
) -> Resolved {
    let mut values = Values { folds, seen: BTreeSet::new(), list: Vec::new() };
    if let Some(kept) = kept {
        for it in kept.scalars() {
            if !values.add(it, used) && !values.list.contains(it) {
                values.list.push(it.clone());
            }
        }
        used.insert_if(!kept.scalars().is_empty(), Assumption::RuleKeep);
    }
    let (mut from, mut takes_place, mut stopped) = (Vec::new(), false, None);
    for flow in 0..n_flows {
        match evaluate(flow) {
            Outcome::Value(value) => {
                let n_new = value.scalars().iter().filter(|it| values.add(it, used)).count();
                takes_place = true;
                if n_new > 0 {
                    from.push(flow);
                }
            }
            Outcome::Null => takes_place = true,
            Outcome::IgnoreThisFlow => {}
            Outcome::AuthoritativeNull => {
                used.insert(Assumption::RuleStop);
                stopped = Some(flow);
                break;
            }
            Outcome::Error(error) => return Resolved::Failed { flow, error },
        }
    }
    let changes_nothing = from.is_empty() && kept.is_some();
    match Value::many(values.list) {
        _ if changes_nothing => Resolved::Keep,
        Value::Null if stopped.is_some() => Resolved::Remove { by: stopped },
        Value::Null if takes_place => Resolved::Remove { by: None },
        Value::Null => Resolved::Keep,
        value => Resolved::Set { value, from },
    }
}

/// Values that are collected, each once.
struct Values {
    folds: bool,
    seen: BTreeSet<Vec<u8>>,
    list: Vec<Scalar>,
}

impl Values {
    /// Adds a value unless it is there; whether it was added.
    fn add(&mut self, scalar: &Scalar, used: &mut AssumptionSet) -> bool {
        let mut key = vec![scalar.kind() as u8];
        match scalar {
            Scalar::Binary(bytes) => key.extend_from_slice(bytes),
            Scalar::Text(text) if self.folds => key.extend(text.to_lowercase().bytes()),
            // Names are compared as names are.
            Scalar::Reference(name) => key.extend(name.as_str().to_lowercase().bytes()),
            other => key.extend(other.to_string().bytes()),
        }
        let is_new = self.seen.insert(key);
        if is_new {
            self.list.push(scalar.clone());
        } else if self.folds && !self.list.contains(scalar) {
            used.insert(Assumption::RuleSpelling);
        }
        is_new
    }
}
