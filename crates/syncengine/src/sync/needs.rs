//! What a flow needs of its source to come to anything.
use std::cell::{Cell, RefCell};

use jiff::Timestamp;

use super::{
    attributes::{Known, attr},
    cells::{Attr, FlowRef},
    plan::flow_of,
};
use crate::{
    assumption::AssumptionSet,
    input::{AttributeId, Input},
    rules::{MergeType, RuleSet},
    value::{Outcome, Value},
};

/// What must be there for flows to one target to come to anything.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// One of these attributes.
    pub(super) attributes: Vec<Attr>,
    /// What is assumed where none is there.
    pub(super) assumptions: AssumptionSet,
}

/// What flows to one target need; none if that cannot be told.
///
/// Each flow is tried on an object without attributes. What it does is decided by what it asks for: where it asked for
/// attributes alone, it does the same on every object that has none of those.
pub(super) fn needs(set: &RuleSet, flows: &[FlowRef], known: &Known) -> Option<Needs> {
    let mut out = Needs::default();
    for flow in flows {
        let (_, flow) = flow_of(set, *flow)?;
        // Flows that merge, and those that do so differently, are looked at whatever they come to.
        if flow.merge != MergeType::Update {
            return None;
        }
        let nothing = Nothing::default();
        let evaluation = flow.evaluate(&nothing);
        let asked = nothing.asked.into_inner();
        if evaluation.outcome != Outcome::Null
            || nothing.asked_for_more.get()
            || asked.iter().any(|it| known.is_of_the_object(*it))
        {
            return None;
        }
        out.attributes.extend(asked);
        out.assumptions = out.assumptions.union(evaluation.assumptions);
    }
    out.attributes.sort_unstable();
    out.attributes.dedup();
    Some(out)
}

/// An object without attributes, which takes note of what it is asked for.
#[derive(Debug, Default)]
struct Nothing {
    asked: RefCell<Vec<Attr>>,
    asked_for_more: Cell<bool>,
}

impl Input for Nothing {
    fn attribute(&self, id: AttributeId) -> Value {
        self.asked.borrow_mut().push(attr(id));
        Value::Null
    }

    fn imported(&self, _: AttributeId) -> Value {
        self.asked_for_more.set(true);
        Value::Null
    }

    fn parameter(&self, _: &str) -> Option<Value> {
        self.asked_for_more.set(true);
        None
    }

    fn now(&self) -> Timestamp {
        self.asked_for_more.set(true);
        Timestamp::UNIX_EPOCH
    }

    fn seed(&self) -> u64 {
        self.asked_for_more.set(true);
        0
    }
}
