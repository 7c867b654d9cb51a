//! Import and export flows as flows of custom rules.
//!
//! In `DirSync` the flows of one target are ranked, and a target without any flow is empty. A custom rule stands above
//! the standard rules, and where it contributes nothing (`NULL`) the next rule does. So the last flow of a rank says
//! `AuthoritativeNull` where a standard rule would fill the gap that `DirSync` left.
use dirlift_model::{
    AttributeName,
    config::{Connector, ExportFlow, FlowSource, ImportFlow, ImportFlows, Location},
    rule::{AttributeMapping, Direction, MappingSource},
};

use crate::{
    drafts::{Draft, Drafts, capital},
    names::{cloud_name, metaverse_name, metaverse_type},
    parts::{is_write_back, parameter},
    shipped::{self, Stock},
    standard::{Place, direct, expression, flows_to},
    translation::{AlternateId, Case, Translation},
    untranslated::UntranslatedKind as Kind,
};

/// Most flows of one target whose rank is worked out.
const MAX_RANK: usize = 500;

/// What becomes of a value that is absent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absent {
    /// The next rule may contribute.
    Next,
    /// Nobody contributes.
    Nothing,
    /// What the target has stays.
    Keep,
}

impl Absent {
    const fn literal(self) -> &'static str {
        match self {
            Self::Next => "NULL",
            Self::Nothing => "AuthoritativeNull",
            Self::Keep => "IgnoreThisFlow",
        }
    }
}

/// Import flows: into the metaverse.
pub(crate) fn import(case: &Case<'_>, out: &mut Translation, drafts: &mut Drafts) {
    let Some(metaverse) = &case.configuration.metaverse else { return };
    let mut n_assumed = 0;
    for set in &metaverse.import_flows {
        for (idx, flow) in set.flows.iter().enumerate() {
            n_assumed += usize::from(import_flow(case, set, idx, flow, out, drafts));
        }
    }
    if n_assumed > 0 {
        let text = format!(
            "without the product's templates, {n_assumed} scripted import flows are taken for its own"
        );
        out.note(&metaverse.location, text);
    }
    removed_imports(case, out);
}

/// Translates one flow; whether it is taken for stock without proof.
fn import_flow(
    case: &Case<'_>,
    set: &ImportFlows,
    idx: usize,
    flow: &ImportFlow,
    out: &mut Translation,
    drafts: &mut Drafts,
) -> bool {
    let item = format!("import flow of {} to {}", flow.object_type, set.target);
    let observed = flow.source.to_string();
    let side = case.configuration.connector(flow.connector);
    let Some(connector) = side.filter(|it| it.is_active_directory() || it.is_cloud()) else {
        out.leave(Kind::FlowOfOtherAgent, flow.id, item, observed, &flow.location);
        return false;
    };
    if connector.is_active_directory() {
        if set.target.is("sourceAnchor") {
            source_anchor(flow, item, out);
            return false;
        }
        if alternate_id(set, flow, out) {
            return false;
        }
    }
    match stock_import(case, connector, set, flow) {
        Stock::Shipped => return false,
        Stock::Assumed => return matches!(flow.source, FlowSource::Scripted { .. }),
        Stock::Custom => {}
    }
    let Some(target_type) = metaverse_type(&set.metaverse_type) else {
        out.leave(Kind::FlowType, flow.id, item, observed, &flow.location);
        return false;
    };
    let same =
        |it: &&ImportFlow| it.connector == flow.connector && it.object_type == flow.object_type;
    let shares = set.flows.iter().filter(same).nth(1).is_some();
    let ranked = set.precedence.eq_ignore_ascii_case("ranked") && set.flows.len() <= MAX_RANK;
    if shares && !ranked {
        let observed = format!("{observed}, precedence `{}`", set.precedence);
        out.leave(Kind::FlowRank, flow.id, item, observed, &flow.location);
        return false;
    }
    // The flows of the product that come first for the same objects: the custom one only fills their gap.
    let mut before = Vec::new();
    for earlier in set.flows.iter().take(idx).filter(same) {
        if stock_import(case, connector, set, earlier) == Stock::Custom {
            continue;
        }
        let FlowSource::Direct { attribute, intrinsic: false } = &earlier.source else {
            let observed = format!("{observed}, after {}", earlier.source);
            out.leave(Kind::FlowRank, flow.id, item, observed, &flow.location);
            return false;
        };
        before.push(attribute.clone());
    }
    let target = metaverse_name(&set.target);
    let is_last = !set.flows.iter().skip(idx + 1).any(|it| same(&it));
    let fills = is_last && flows_to(Place::Metaverse, &target_type, &target);
    let absent = if fills { Absent::Nothing } else { Absent::Next };
    let Some(mapping) = mapping(&target, &flow.source, Clone::clone, &before, absent) else {
        out.leave(kind_of(&flow.source), flow.id, item, observed, &flow.location);
        return false;
    };
    let from = if connector.is_cloud() { "In from AAD" } else { "In from AD" };
    let draft = Draft {
        name: format!("{from} - {} Flows from DirSync", capital(&flow.object_type)),
        direction: Direction::Inbound,
        connector: connector.id,
        source_type: flow.object_type.clone(),
        target_type,
        scope: Vec::new(),
        mappings: vec![mapping],
        origins: vec![(origin("import flow", flow.id), flow.location.clone())],
    };
    drafts.place(draft, out);
    false
}

/// Export flows: out of the metaverse.
pub(crate) fn export(case: &Case<'_>, out: &mut Translation, drafts: &mut Drafts) {
    for connector in &case.configuration.connectors {
        let mut n_assumed = 0;
        for flow in &connector.export_flows {
            n_assumed += usize::from(export_flow(case, connector, flow, out, drafts));
        }
        if n_assumed > 0 {
            let text = format!(
                "without the product's templates, {n_assumed} scripted export flows of {} are taken for its own",
                connector.name
            );
            out.note(&connector.location, text);
        }
        removed_exports(case, connector, out);
    }
}

fn export_flow(
    case: &Case<'_>,
    connector: &Connector,
    flow: &ExportFlow,
    out: &mut Translation,
    drafts: &mut Drafts,
) -> bool {
    let item = format!("export flow of {} to {}", flow.object_type, flow.target);
    let observed = flow.source.to_string();
    if !connector.is_active_directory() && !connector.is_cloud() {
        out.leave(Kind::FlowOfOtherAgent, flow.id, item, observed, &flow.location);
        return false;
    }
    if connector.is_active_directory() && is_write_back(&flow.target, &flow.source) {
        return false; // a setting: the standard rules of Exchange hybrid deployment
    }
    match shipped::export(case.shipped.as_ref(), case.stock(connector), connector, flow) {
        Stock::Shipped => return false,
        Stock::Assumed => return matches!(flow.source, FlowSource::Scripted { .. }),
        Stock::Custom => {}
    }
    let Some(source_type) = metaverse_type(&flow.metaverse_type) else {
        out.leave(Kind::FlowType, flow.id, item, observed, &flow.location);
        return false;
    };
    let target = if connector.is_cloud() { cloud_name(&flow.target) } else { flow.target.clone() };
    let place_of = if connector.is_cloud() { Place::Cloud } else { Place::ActiveDirectory };
    let fills = flows_to(place_of, &flow.object_type, &target);
    let absent = match (fills, flow.suppress_deletions) {
        (false, true) => Absent::Keep,
        (false, false) => Absent::Next,
        (true, _) => Absent::Nothing,
    };
    let Some(mapping) = mapping(&target, &flow.source, metaverse_name, &[], absent) else {
        out.leave(kind_of(&flow.source), flow.id, item, observed, &flow.location);
        return false;
    };
    if fills && flow.suppress_deletions && !matches!(flow.source, FlowSource::Constant(_)) {
        let text = format!(
            "where the source of {target} is empty the value is removed; DirSync kept the old one"
        );
        out.note(&flow.location, text);
    }
    let to = if connector.is_cloud() { "Out to AAD" } else { "Out to AD" };
    let draft = Draft {
        name: format!("{to} - {} Flows from DirSync", capital(&flow.object_type)),
        direction: Direction::Outbound,
        connector: connector.id,
        source_type,
        target_type: flow.object_type.clone(),
        scope: Vec::new(),
        mappings: vec![mapping],
        origins: vec![(origin("export flow", flow.id), flow.location.clone())],
    };
    drafts.place(draft, out);
    false
}

/// The flow of a rule; `None` where the source has no declarative form.
fn mapping(
    target: &AttributeName,
    source: &FlowSource,
    rename: impl Fn(&AttributeName) -> AttributeName,
    before: &[AttributeName],
    absent: Absent,
) -> Option<AttributeMapping> {
    let fallback = match source {
        FlowSource::Constant(value) if before.is_empty() => {
            let source = MappingSource::Constant(value.clone());
            return Some(AttributeMapping { source, ..direct(target.as_str(), target.as_str()) });
        }
        // A constant among other sources would stand in an expression, where no escape of quotes is documented.
        FlowSource::Constant(value) if !value.contains(['"', '\\']) => format!("\"{value}\""),
        FlowSource::Direct { attribute, intrinsic: false } => {
            let attribute = rename(attribute);
            if before.is_empty() && absent == Absent::Next {
                return Some(direct(target.as_str(), attribute.as_str()));
            }
            present(&attribute, absent.literal())
        }
        _ => return None,
    };
    let text = before.iter().rev().fold(fallback, |rest, it| present(it, &rest));
    Some(expression(target.as_str(), text))
}

fn present(attribute: &AttributeName, otherwise: &str) -> String {
    format!("IIF(IsPresent([{attribute}]), [{attribute}], {otherwise})")
}

fn kind_of(source: &FlowSource) -> Kind {
    if matches!(source, FlowSource::Scripted { .. }) { Kind::FlowScripted } else { Kind::FlowKind }
}

fn origin(what: &str, id: Option<dirlift_model::Guid>) -> String {
    id.map_or_else(|| what.to_owned(), |it| format!("{what} {}", it.braced()))
}

/// `DirSync`'s anchor is the base64 form of objectGUID, whether a script or a direct flow makes it.
fn source_anchor(flow: &ImportFlow, item: String, out: &mut Translation) {
    let is_guid = match &flow.source {
        FlowSource::Direct { attribute, .. } => attribute.is("objectGUID"),
        FlowSource::Scripted { attributes, .. } => {
            matches!(attributes.as_slice(), [only] if only.is("objectGUID"))
        }
        _ => false,
    };
    if !is_guid {
        out.leave(Kind::SourceAnchor, flow.id, item, flow.source.to_string(), &flow.location);
    }
}

/// Takes an alternate ID from the flow to userPrincipalName, if it is one.
fn alternate_id(set: &ImportFlows, flow: &ImportFlow, out: &mut Translation) -> bool {
    let accounts = ["user", "inetOrgPerson"].iter().any(|it| flow.object_type.is(it));
    let FlowSource::Direct { attribute, intrinsic: false } = &flow.source else { return false };
    if !accounts || !set.target.is("userPrincipalName") || attribute.is("userPrincipalName") {
        return false;
    }
    match &out.alternate_id {
        None => {
            parameter(
                out,
                "Microsoft.SynchronizationOption.UPNAttribute",
                attribute.as_str(),
                &flow.location,
            );
            let others = set.flows.iter().any(|it| {
                it.connector == flow.connector
                    && it.object_type != flow.object_type
                    && it.source != flow.source
            });
            if others {
                let text = format!(
                    "userPrincipalName comes from {attribute} for {} only; Entra Connect takes it for users and inetOrgPersons alike",
                    flow.object_type
                );
                out.note(&flow.location, text);
            }
            out.alternate_id =
                Some(AlternateId { attribute: attribute.clone(), location: flow.location.clone() });
        }
        Some(first) if first.attribute != *attribute => {
            let text = format!(
                "a second alternate ID, {attribute}, beside {}; Entra Connect has one",
                first.attribute
            );
            out.leave(
                Kind::FlowRank,
                flow.id,
                "import flow to userPrincipalName",
                text,
                &flow.location,
            );
        }
        Some(_) => {}
    }
    true
}

fn stock_import(
    case: &Case<'_>,
    connector: &Connector,
    set: &ImportFlows,
    flow: &ImportFlow,
) -> Stock {
    shipped::import(case.shipped.as_ref(), case.stock(connector), set, flow)
}

fn removed_imports(case: &Case<'_>, out: &mut Translation) {
    let stock = case.baseline.and_then(|it| it.metaverse.as_ref());
    let (Some(_), Some(stock)) = (&case.configuration.metaverse, stock) else { return };
    for connector in &case.configuration.connectors {
        let Some(shipped) = case.stock(connector).map(|it| it.id) else { continue };
        for set in stock.import_flows.iter().filter(|it| !it.target.is("userPrincipalName")) {
            for flow in set.flows.iter().filter(|it| it.connector == shipped) {
                if !case.own.imports(connector.id, set, flow) {
                    let item = format!("import flow of {} to {}", flow.object_type, set.target);
                    removed(out, item, &connector.location);
                }
            }
        }
    }
}

fn removed_exports(case: &Case<'_>, connector: &Connector, out: &mut Translation) {
    let Some(stock) = case.stock(connector) else { return };
    for flow in &stock.export_flows {
        // Write-back is a choice of the wizard.
        let choice = connector.is_active_directory() && is_write_back(&flow.target, &flow.source);
        if !choice && !case.own.exports(connector.id, flow) {
            let item = format!("export flow of {} to {}", flow.object_type, flow.target);
            removed(out, item, &connector.location);
        }
    }
}

fn removed(out: &mut Translation, item: String, location: &Location) {
    out.leave(Kind::FlowRemoved, None, item, "no longer flows", location);
}
