//! Counts of a synchronization.
use std::collections::BTreeMap;

use dirlift_model::{AttributeName, pending::Operation};
use serde::Serialize;

use super::{exports::Exports, link::Links, predict::PredictedOutcome, state::State};

/// What a synchronization came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The connectors, in their order.
    pub connectors: Vec<ConnectorSummary>,
    /// Objects of the metaverse.
    pub metaverse_objects: u64,
    /// Rounds of joining until nothing changed.
    pub passes: u64,
    /// Whether the rounds came to an end; if not, the rules go round in a circle.
    pub settled: bool,
    /// Whether deletes could be worked out: marks of the tenant were taken as history.
    pub history: bool,
    /// Objects that would be deleted if the marks were history.
    pub kept_without_history: u64,
    /// Objects that are not deleted only because what they come from has an error.
    pub held: u64,
    /// References that were left out because their object is not in the target.
    pub references_left_out: u64,
    /// Attributes with a new value whose present value cannot be read, by object type and attribute.
    pub unreadable: Vec<UnreadableCount>,
    /// What the cloud would say to the exports.
    pub predicted: BTreeMap<PredictedOutcome, u64>,
    /// The open points on which the result rests, by identifier.
    pub assumptions: Vec<&'static str>,
}

/// How often an attribute could not be compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnreadableCount {
    /// The object type.
    pub object_type: AttributeName,
    /// The attribute.
    pub attribute: AttributeName,
    /// Objects.
    pub count: u64,
}

/// Counts of one connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConnectorSummary {
    /// The name of the connector.
    pub connector: String,
    /// Its objects.
    pub objects: u64,
    /// Those with a partner in the metaverse.
    pub linked: u64,
    /// Pending exports by operation.
    pub exports: BTreeMap<Operation, u64>,
    /// Objects with an error.
    pub errors: u64,
}

pub(super) fn of(state: &State, links: &Links, exports: &Exports) -> Summary {
    let mut unreadable: BTreeMap<(AttributeName, AttributeName), u64> = BTreeMap::new();
    for ((space, type_idx, attribute), count) in &exports.tally.unreadable {
        let Some(name) = state.spaces[*space].type_names.get(*type_idx) else { continue };
        *unreadable.entry((name.clone(), state.attributes.name(*attribute))).or_default() += count;
    }
    let connectors = state.spaces.iter().enumerate().map(|(at, space)| {
        let numbers = space.base as usize..space.base as usize + space.len();
        let linked = state.partners.get(numbers.clone()).unwrap_or_default();
        let mut counts: BTreeMap<Operation, u64> = BTreeMap::new();
        for record in exports.records.iter().filter(|it| it.space == at) {
            *counts.entry(record.operation).or_default() += 1;
        }
        let inward = state.errors.keys().filter(|it| numbers.contains(&(**it as usize))).count();
        let outward = links.errors.keys().chain(exports.errors.keys()).filter(|it| it.0 == at);
        ConnectorSummary {
            connector: space.connector.name.clone(),
            objects: space.len() as u64,
            linked: linked.iter().filter(|it| **it != super::space::NONE).count() as u64,
            exports: counts,
            errors: (inward + outward.count() + space.repeated.len()) as u64,
        }
    });
    Summary {
        connectors: connectors.collect(),
        metaverse_objects: state.metaverse.len() as u64,
        passes: state.passes as u64,
        settled: state.settled,
        history: state.options.history,
        kept_without_history: exports.tally.kept_without_history,
        held: exports.tally.held,
        references_left_out: exports.tally.references_left_out,
        unreadable: unreadable
            .into_iter()
            .map(|((object_type, attribute), count)| UnreadableCount {
                object_type,
                attribute,
                count,
            })
            .collect(),
        predicted: BTreeMap::new(),
        assumptions: state.assumptions.iter().map(crate::Assumption::id).collect(),
    }
}
