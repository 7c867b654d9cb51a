//! What a synchronization came to, made readable on demand.
use dirlift_model::{
    AttributeName, AttributeValue, DistinguishedName, PendingExport,
    pending::{AttributeChange, Cause, Operation},
};
use serde::Serialize;

use super::{
    arena::ValueId,
    cells::{Attr, Cells, FlowRef},
    exports::{Exports, Locator, Record, Why},
    fault::{ObjectError, Problem, flow_text},
    history,
    link::{Links, mv_view},
    outbound::NO_FLOW,
    predict::{self, Predicted},
    space::NONE,
    state::State,
    summary::Summary,
    view::{CsView, Groups},
};
use crate::rules::{CompiledRule, Direction, LinkType, ObjectType, ScopeInput};

/// A synchronization that is done: pending exports, errors, the metaverse, and everything needed to explain them.
#[derive(Debug)]
pub struct Synchronized {
    pub(super) state: State,
    pub(super) groups: Groups,
    pub(super) links: Links,
    pub(super) exports: Exports,
    pub(super) locator: Locator,
    predicted: Vec<Predicted>,
    summary: Summary,
}

/// An object of the metaverse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MetaverseObject {
    /// Its type.
    pub object_type: AttributeName,
    /// The objects that are linked to it, as name of the connector and of the object.
    pub links: Vec<(String, DistinguishedName)>,
    /// Its attributes, in the order of their names.
    pub attributes: Vec<MetaverseAttribute>,
}

/// An attribute of the metaverse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MetaverseAttribute {
    /// Its name.
    pub name: AttributeName,
    /// Its values; references by the name of the object that they come from.
    pub values: Vec<AttributeValue>,
    /// The rule that gave them.
    pub rule: String,
    /// The flow of that rule as `source → destination` or its expression.
    pub flow: String,
}

impl Synchronized {
    pub(super) fn new(
        state: State,
        groups: Groups,
        links: Links,
        exports: Exports,
        summary: Summary,
    ) -> Self {
        let locator = Locator::new(&state, &links);
        let predicted = Vec::new();
        let mut done = Self { state, groups, links, exports, locator, predicted, summary };
        done.predicted = predict::all(&done);
        done.summary.predicted = predict::counts(&done.predicted);
        done
    }

    /// What the cloud would refuse, and what it would take over, in the order of the exports.
    pub fn predicted(&self) -> &[Predicted] {
        &self.predicted
    }

    /// The type of an object that an export makes.
    pub(super) fn new_type(&self, record: &Record) -> Option<&AttributeName> {
        let Why::Provisioned { rule } = record.why else { return None };
        match &self.state.rule(rule)?.target_object_type {
            ObjectType::Named(name) => Some(name),
            ObjectType::Any => None,
        }
    }

    /// Counts.
    pub const fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Bytes that the parts hold, for measurements: values, spaces, contributions, metaverse, exports.
    pub fn memory(&self) -> [(&'static str, usize); 5] {
        let state = &self.state;
        let contributions = state.contributions.iter().chain(&state.linking);
        let exports = self.exports.changes.size() + self.exports.unreadable.size();
        let records = self.exports.records.capacity() * size_of::<Record>();
        [
            ("values", state.arena.size()),
            ("spaces", state.spaces.iter().map(super::space::Space::size).sum()),
            ("contributions", contributions.map(super::cells::Lists::size).sum()),
            ("metaverse", state.metaverse.size() + state.partners.capacity() * 4),
            ("exports", exports + records),
        ]
    }

    /// How many pending exports there are.
    pub const fn export_count(&self) -> usize {
        self.exports.records.len()
    }

    /// The pending exports, in the order of connectors and names; each is made when it is asked for.
    pub fn exports(&self) -> impl Iterator<Item = PendingExport> {
        self.exports.records.iter().filter_map(|it| self.export(it))
    }

    /// The errors of single objects, in the order of connectors and names; repeated names first.
    pub fn errors(&self) -> impl Iterator<Item = ObjectError> {
        let state = &self.state;
        let repeated = state.spaces.iter().flat_map(|space| {
            space.repeated.iter().map(|(dn, _)| ObjectError {
                connector: space.connector.name.clone(),
                dn: dn.clone(),
                anchor: None,
                target: None,
                problem: super::ObjectProblem::RepeatedName,
            })
        });
        let inward = state.errors.iter().filter_map(|(number, it)| self.error(*number, None, it));
        let outward =
            self.links.errors.iter().chain(&self.exports.errors).filter_map(|((space, mv), it)| {
                self.error(state.metaverse.origin(*mv), Some((*space, *mv)), it)
            });
        repeated.chain(inward).chain(outward)
    }

    fn error(
        &self,
        number: u32,
        out: Option<(usize, usize)>,
        problem: &Problem,
    ) -> Option<ObjectError> {
        let state = &self.state;
        let (space, idx) = state.place(number)?;
        let dn = state.spaces[space].name(&state.arena, idx)?;
        let mv = out.map(|it| it.1).or_else(|| state.partner(number));
        let anchor = mv.and_then(|it| history::mv_anchor(state, it));
        Some(ObjectError {
            connector: state.spaces[space].connector.name.clone(),
            anchor: anchor.or_else(|| history::anchor_of(state, space, idx)),
            target: out.map(|it| state.spaces[it.0].connector.name.clone()),
            problem: problem.clone().shown(&state.rules, |it| state.name(it), &dn),
            dn,
        })
    }

    /// The metaverse, in the order in which its objects were projected.
    pub fn metaverse(&self) -> impl Iterator<Item = MetaverseObject> {
        (0..self.state.metaverse.len()).filter_map(|it| self.metaverse_object(it))
    }

    pub(super) fn metaverse_object(&self, mv: usize) -> Option<MetaverseObject> {
        let state = &self.state;
        let links = state.metaverse.links(mv).filter_map(|(space, idx)| {
            let space = &state.spaces[space];
            Some((space.connector.name.clone(), space.name(&state.arena, idx)?))
        });
        let cells = state.image(mv).into_iter().filter_map(|it| {
            let linked = it.values().filter(|it| state.is_linked(*it));
            let values: Vec<_> = linked.filter_map(|it| self.shown(it)).collect();
            let (rule, flow) = self.source(it.flow);
            (!values.is_empty()).then(|| MetaverseAttribute {
                name: state.attributes.name(it.attribute),
                values,
                rule: rule.unwrap_or_default(),
                flow: flow.unwrap_or_default(),
            })
        });
        let mut attributes: Vec<_> = cells.collect();
        attributes.sort_by(|a, b| a.name.cmp(&b.name));
        Some(MetaverseObject {
            object_type: state.mv_type(mv)?.clone(),
            links: links.collect(),
            attributes,
        })
    }

    /// A value as a directory has it.
    pub(super) fn shown(&self, id: ValueId) -> Option<AttributeValue> {
        match id.as_object() {
            Some(object) => {
                let name = self.locator.name(&self.state, &self.links, object)?;
                Some(AttributeValue::Reference(name))
            }
            None => self.state.arena.raw(id).attribute_value(),
        }
    }

    /// The rule and the flow behind a reference, as they are shown.
    pub(super) fn source(&self, flow: FlowRef) -> (Option<String>, Option<String>) {
        if flow == NO_FLOW {
            return (None, None);
        }
        let rules = &self.state.rules;
        let rule = rules.rules().get(flow.rule()).map(|it| it.name.to_string());
        (rule, Some(flow_text(rules, flow)))
    }

    pub(super) fn export(&self, record: &Record) -> Option<PendingExport> {
        let state = &self.state;
        let space = &state.spaces[record.space];
        let idx = (record.idx != NONE).then_some(record.idx as usize);
        let mv = (record.mv != NONE).then_some(record.mv as usize);
        let is_new = matches!(record.operation, Operation::Add | Operation::DeleteAdd);
        let new_name = record.name.as_deref().cloned();
        let dn = if is_new { new_name.clone()? } else { space.name(&state.arena, idx?)? };
        let list = self.exports.changes.get(record.list as usize);
        let old = |attribute: Attr| -> Vec<AttributeValue> {
            let cell = idx.and_then(|it| space.cell(it, attribute));
            cell.map(|it| it.values().filter_map(|it| self.shown(it)).collect()).unwrap_or_default()
        };
        let mut changes: Vec<AttributeChange> = Cells::with_flows(list)
            .map(|it| {
                let (rule, flow) = self.source(it.flow);
                AttributeChange {
                    attribute: state.attributes.name(it.attribute),
                    old: old(it.attribute),
                    new: it.values().filter_map(|it| self.shown(it)).collect(),
                    rule,
                    flow,
                }
            })
            .collect();
        changes.sort_by(|a, b| a.attribute.cmp(&b.attribute));
        let unreadable = self.exports.unreadable.get(record.list as usize);
        let mut unreadable: Vec<_> = unreadable
            .iter()
            .filter_map(|it| Attr::try_from(*it).ok())
            .map(|it| state.attributes.name(it))
            .collect();
        unreadable.sort();
        let known = &state.attributes.known;
        let new_text = |attribute: Attr| {
            let cell = Cells::with_flows(list).get(attribute)?;
            match self.shown(cell.values().next()?)? {
                AttributeValue::String(text) => Some(text),
                _ => None,
            }
        };
        let first_text = |id: Option<ValueId>| match self.shown(id?)? {
            AttributeValue::String(text) => Some(text),
            _ => None,
        };
        let display_name = new_text(known.display_name)
            .or_else(|| first_text(space.cell(idx?, known.display_name)?.values().next()))
            .or_else(|| first_text(state.mv_cell(mv?, known.display_name)?.values().next()));
        let anchor = new_text(known.source_anchor)
            .or_else(|| history::anchor_of(state, record.space, idx?))
            .or_else(|| history::mv_anchor(state, mv?));
        let object_type = match self.new_type(record) {
            Some(name) => name.clone(),
            None => space.object_type(idx?)?.clone(),
        };
        Some(PendingExport {
            connector: space.connector.name.clone(),
            operation: record.operation,
            object_type,
            dn,
            new_dn: if is_new { None } else { new_name },
            cause: self.cause(record, anchor.as_deref()),
            anchor,
            display_name,
            changes,
            unreadable,
        })
    }

    fn cause(&self, record: &Record, anchor: Option<&str>) -> Option<Cause> {
        let state = &self.state;
        let name = |it: usize| state.rule(it).map_or(String::new(), |it| it.name.to_string());
        Some(match record.why {
            Why::Provisioned { rule } => Cause::Provisioned { rule: name(rule) },
            Why::Flowed => Cause::Flowed,
            Why::OutOfScope { rule } => {
                let view = mv_view(state, &self.groups, record.mv as usize, record.space);
                let reason = self
                    .unmet(state.rule(rule)?, &view, |it| state.value(view.ids(it)).to_string());
                Cause::OutOfScope { rule: Some(name(rule)), reason }
            }
            Why::Filtered { object } => {
                let (space, idx) = state.place(object)?;
                let view = CsView::new(state, &self.groups, space, idx);
                let provisions = |it: &&usize| {
                    state.rule(**it).is_some_and(|it| it.link_type == LinkType::Provision)
                };
                let plan = state.plans.inbound(space, state.spaces[space].type_idx(idx));
                let rules = plan.map_or(&[][..], |it| &it.rules[..]);
                let rule = rules.iter().find(provisions).or_else(|| rules.first()).copied();
                let reason = if let Some(it) = rule.and_then(|it| state.rule(it)) {
                    self.unmet(it, &view, |it| view.value(it).to_string())
                } else {
                    let space = &state.spaces[space];
                    let kind = space.object_type(idx).map_or("", AttributeName::as_str);
                    let connector = &space.connector.name;
                    format!("no rule takes objects of the type {kind} from {connector}")
                };
                Cause::OutOfScope { rule: rule.map(name), reason }
            }
            Why::SourceGone => Cause::SourceGone { anchor: anchor.unwrap_or_default().to_owned() },
        })
    }

    /// What of a rule's scope does not hold, in plain words.
    fn unmet(
        &self,
        rule: &CompiledRule,
        view: &dyn ScopeInput,
        value: impl Fn(Attr) -> String,
    ) -> String {
        let decision = rule.scope.decide(view);
        if decision.in_scope {
            let side = if rule.direction == Direction::Inbound { "join" } else { "link" };
            return format!("in scope, but nothing to {side} by");
        }
        let clauses = decision.failed.iter().filter_map(|(group, clause)| {
            let clause = rule.scope.clause(*group, *clause)?;
            let text = format!("{} {} {}", clause.attribute, clause.operator, clause.value);
            let found = self.state.attributes.find(&clause.attribute).map(&value);
            Some(format!("{}: it is {}", text.trim_end(), found.unwrap_or_default()))
        });
        clauses.collect::<Vec<_>>().join("; ")
    }
}
