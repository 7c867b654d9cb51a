//! The flows of the product's templates, and those of the server, to look one up without going through all.
use std::collections::{BTreeMap, BTreeSet};

use dirlift_model::{
    AttributeName, Guid, ServerConfiguration,
    config::{Connector, ExportFlow, FlowSource, ImportFlow, ImportFlows},
};

use crate::names::cloud_name;

/// Agent, type in the metaverse, type at the agent, target.
type Key<'a> = (Guid, &'a AttributeName, &'a AttributeName, &'a AttributeName);

/// Whether the product ships a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stock {
    /// The templates have it.
    Shipped,
    /// Taken for the product's, because the templates are not at hand.
    Assumed,
    /// The templates do not have it.
    Custom,
}

/// All flows of one configuration.
#[derive(Debug, Default)]
pub(crate) struct Flows<'a> {
    imports: BTreeMap<Key<'a>, Vec<&'a FlowSource>>,
    exports: BTreeMap<Key<'a>, Vec<&'a FlowSource>>,
    /// Agent, type at the agent, target: whatever the type in the metaverse.
    exported: BTreeSet<(Guid, &'a AttributeName, &'a AttributeName)>,
    has_metaverse: bool,
}

impl<'a> Flows<'a> {
    pub(crate) fn new(configuration: &'a ServerConfiguration) -> Self {
        let mut all = Self { has_metaverse: configuration.metaverse.is_some(), ..Self::default() };
        for set in configuration.metaverse.iter().flat_map(|it| &it.import_flows) {
            for flow in &set.flows {
                let key = (flow.connector, &set.metaverse_type, &flow.object_type, &set.target);
                all.imports.entry(key).or_default().push(&flow.source);
            }
        }
        for connector in &configuration.connectors {
            for flow in &connector.export_flows {
                let key = (connector.id, &flow.metaverse_type, &flow.object_type, &flow.target);
                all.exports.entry(key).or_default().push(&flow.source);
                all.exported.insert((connector.id, &flow.object_type, &flow.target));
            }
        }
        all
    }

    /// Whether the agent has any import flow for this target and these types.
    pub(crate) fn imports(&self, connector: Guid, set: &ImportFlows, flow: &ImportFlow) -> bool {
        let key = (connector, &set.metaverse_type, &flow.object_type, &set.target);
        self.imports.contains_key(&key)
    }

    /// Whether the agent has any export flow for this target and type.
    pub(crate) fn exports(&self, connector: Guid, flow: &ExportFlow) -> bool {
        self.exported.contains(&(connector, &flow.object_type, &flow.target))
    }
}

/// Whether these templates ship an import flow; `stock` is the agent of the templates that stands for the flow's.
pub(crate) fn import(
    templates: Option<&Flows<'_>>,
    stock: Option<&Connector>,
    set: &ImportFlows,
    flow: &ImportFlow,
) -> Stock {
    let Some(templates) = templates.filter(|it| it.has_metaverse) else {
        return match &flow.source {
            FlowSource::Scripted { .. } => Stock::Assumed,
            FlowSource::Direct { attribute, .. } if *attribute == set.target => Stock::Assumed,
            _ => Stock::Custom,
        };
    };
    let known = stock.is_some_and(|stock| {
        let key = (stock.id, &set.metaverse_type, &flow.object_type, &set.target);
        templates.imports.get(&key).is_some_and(|it| it.contains(&&flow.source))
    });
    if known { Stock::Shipped } else { Stock::Custom }
}

/// Whether these templates ship an export flow of `connector`.
pub(crate) fn export(
    templates: Option<&Flows<'_>>,
    stock: Option<&Connector>,
    connector: &Connector,
    flow: &ExportFlow,
) -> Stock {
    let (Some(templates), Some(stock)) = (templates, stock) else {
        return match &flow.source {
            FlowSource::Scripted { .. } if connector.is_cloud() => Stock::Assumed,
            FlowSource::Direct { attribute, .. }
                if *attribute == flow.target || cloud_name(attribute) == flow.target =>
            {
                Stock::Assumed
            }
            _ => Stock::Custom,
        };
    };
    let key = (stock.id, &flow.metaverse_type, &flow.object_type, &flow.target);
    let known = templates.exports.get(&key).is_some_and(|it| it.contains(&&flow.source));
    if known { Stock::Shipped } else { Stock::Custom }
}
