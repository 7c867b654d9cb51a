//! Looks at rules and objects again to explain them; nothing is kept for it while synchronizing.
use std::collections::BTreeSet;

use dirlift_model::{AttributeName, DistinguishedName, Guid, rule::ScopeOperator};

use super::{
    ClauseExplanation, CriterionExplanation, FlowExplanation, LinkExplanation, ObjectExplanation,
    RuleExplanation, SideExplanation, Standing, UsedAssumption,
};
use crate::{
    assumption::{Assumption, AssumptionSet},
    rules::{CompiledRule, Direction, MergeType, ScopeInput},
    sync::{
        attributes::attr,
        cells::{Attr, FlowRef},
        exports::Record,
        fault::flow_text,
        inbound,
        link::mv_view,
        plan,
        result::Synchronized,
        space::NONE,
        view::{CsView, MvView},
    },
    value::{Outcome, Value},
};

/// An object that rules look at.
trait Seen: ScopeInput {
    fn seen(&self, attribute: Attr) -> Value;
}

impl Seen for CsView<'_> {
    fn seen(&self, attribute: Attr) -> Value {
        self.value(attribute)
    }
}

impl Seen for MvView<'_> {
    fn seen(&self, attribute: Attr) -> Value {
        self.value(attribute)
    }
}

/// What is known about the partner of the object that rules look at.
struct Other<'a> {
    object_type: Option<&'a AttributeName>,
    value: &'a dyn Fn(Attr) -> Value,
    exists: bool,
    created: bool,
}

impl Synchronized {
    /// Explains an object by its connector and its name, be it there or yet to be made; none if it is neither.
    pub fn explain(&self, connector: Guid, dn: &DistinguishedName) -> Option<ObjectExplanation> {
        let state = &self.state;
        let space = state.spaces.iter().position(|it| it.connector.id == connector)?;
        let idx = state.spaces[space].find(&state.arena, dn);
        let made = self.links.provisioned.iter().find(|it| it.space == space && it.name == *dn);
        // What makes way for an object has its name, and has no partner.
        let mv = match (made, idx) {
            (Some(made), _) => Some(made.mv),
            (None, Some(idx)) => state.partner(state.number(space, idx)),
            (None, None) => return None,
        };
        let mut used = AssumptionSet::default();
        let objects: Vec<(usize, usize)> = match (mv, idx) {
            (Some(mv), _) => state.metaverse.links(mv).collect(),
            (None, Some(idx)) => vec![(space, idx)],
            (None, None) => Vec::new(),
        };
        let inbound =
            objects.iter().map(|(space, idx)| self.way_in(*space, *idx, mv, &mut used)).collect();
        let outbound = mv
            .into_iter()
            .flat_map(|mv| (0..state.spaces.len()).map(move |space| (mv, space)))
            .filter_map(|(mv, space)| self.way_out(mv, space, &mut used))
            .collect();
        let about = |it: &&Record| match mv {
            Some(mv) => it.mv as usize == mv && it.mv != NONE,
            None => it.space == space && idx.is_some_and(|idx| it.idx as usize == idx),
        };
        let exports: Vec<_> =
            self.exports.records.iter().filter(about).filter_map(|it| self.export(it)).collect();
        let names: BTreeSet<DistinguishedName> = objects
            .iter()
            .filter_map(|(space, idx)| state.spaces[*space].name(&state.arena, *idx))
            .collect();
        let targets: BTreeSet<&DistinguishedName> = exports.iter().map(|it| &it.dn).collect();
        Some(ObjectExplanation {
            connector: state.spaces[space].connector.name.clone(),
            dn: dn.clone(),
            metaverse: mv.and_then(|it| self.metaverse_object(it)),
            inbound,
            outbound,
            errors: self.errors().filter(|it| names.contains(&it.dn)).collect(),
            predicted: self
                .predicted()
                .iter()
                .filter(|it| targets.contains(&it.dn))
                .cloned()
                .collect(),
            exports,
            assumptions: used.iter().map(used_assumption).collect(),
        })
    }

    fn way_in(
        &self,
        space: usize,
        idx: usize,
        mv: Option<usize>,
        used: &mut AssumptionSet,
    ) -> SideExplanation {
        let state = &self.state;
        let number = state.number(space, idx);
        let view = CsView::new(state, &self.groups, space, idx);
        let plan = state.plans.inbound(space, state.spaces[space].type_idx(idx));
        let created = mv.is_some_and(|it| state.metaverse.origin(it) == number);
        let value = |attribute| {
            let cell = mv.and_then(|it| state.mv_cell(it, attribute));
            cell.map_or(Value::Null, |it| state.value(it.values()))
        };
        let scope = inbound::in_scope(&view, used);
        let expected = inbound::expected_type(state, &scope);
        let object_type = mv.and_then(|it| state.mv_type(it)).or(expected);
        let other = Other { object_type, value: &value, exists: mv.is_some(), created };
        let rules = plan.into_iter().flat_map(|it| &it.rules);
        let mut rules: Vec<_> =
            rules.filter_map(|it| self.rule_explained(*it, &view, &other, used)).collect();
        if let Some(mv) = mv {
            // Contributions of other objects may hide what decides among its own.
            self.hide(mv, &mut rules);
        }
        let joined = self.links.joined_by.get(&number).and_then(|it| state.rule(*it));
        let link = match (mv, joined) {
            (None, _) => LinkExplanation::None,
            (_, Some(rule)) => LinkExplanation::JoinedOutbound { rule: rule.name.to_string() },
            _ if created => LinkExplanation::Projected,
            _ => LinkExplanation::Joined,
        };
        let this = &state.spaces[space];
        SideExplanation {
            connector: this.connector.name.clone(),
            dn: this.name(&state.arena, idx),
            link,
            rules,
        }
    }

    fn hide(&self, mv: usize, rules: &mut [RuleExplanation]) {
        for cell in self.state.image(mv) {
            let name = self.state.attributes.name(cell.attribute);
            let (winner, _) = self.source(cell.flow);
            let flows = rules
                .iter_mut()
                .filter(|it| winner.as_deref() != Some(it.rule.as_str()))
                .flat_map(|it| &mut it.flows);
            for flow in flows.filter(|it| it.attribute == name && it.standing == Standing::Decides)
            {
                flow.standing = Standing::Hidden { by: winner.clone().unwrap_or_default() };
            }
        }
    }

    fn way_out(
        &self,
        mv: usize,
        space: usize,
        used: &mut AssumptionSet,
    ) -> Option<SideExplanation> {
        let state = &self.state;
        let plan = state.plans.outbound(space, state.metaverse.type_idx(mv))?;
        if plan.rules.is_empty() {
            return None;
        }
        let this = &state.spaces[space];
        let idx = state.metaverse.link(mv, space);
        let made = self.locator.made(space, mv).and_then(|it| self.links.provisioned.get(it));
        let view = mv_view(state, &self.groups, mv, space);
        let there = idx.map(|idx| CsView::new(state, &self.groups, space, idx));
        let value =
            |attribute| there.as_ref().map_or(Value::Null, |it: &CsView<'_>| it.value(attribute));
        let made_rule = made.and_then(|it| state.rule(it.rule));
        let made_type = made_rule.and_then(|it| match &it.target_object_type {
            crate::rules::ObjectType::Named(name) => Some(name),
            crate::rules::ObjectType::Any => None,
        });
        let object_type = idx.and_then(|it| this.object_type(it)).or(made_type);
        let other =
            Other { object_type, value: &value, exists: idx.is_some(), created: idx.is_none() };
        let rules = plan.rules.iter();
        let rules = rules.filter_map(|it| self.rule_explained(*it, &view, &other, used)).collect();
        let joined = idx.and_then(|it| self.links.joined_by.get(&state.number(space, it)));
        let joined = joined.and_then(|it| state.rule(*it));
        let link = match (idx, joined, made_rule) {
            (_, _, Some(rule)) => LinkExplanation::Provisioned { rule: rule.name.to_string() },
            (_, Some(rule), _) => LinkExplanation::JoinedOutbound { rule: rule.name.to_string() },
            (Some(_), None, _) => LinkExplanation::Joined,
            (None, ..) => LinkExplanation::None,
        };
        let dn = idx.and_then(|it| this.name(&state.arena, it));
        Some(SideExplanation {
            connector: this.connector.name.clone(),
            dn: dn.or_else(|| made.map(|it| it.name.clone())),
            link,
            rules,
        })
    }

    fn rule_explained(
        &self,
        place: usize,
        view: &dyn Seen,
        other: &Other<'_>,
        used: &mut AssumptionSet,
    ) -> Option<RuleExplanation> {
        let state = &self.state;
        let rule = state.rule(place)?;
        let in_scope = rule.scope.holds(view, used);
        let clause = |group: usize, at: usize| {
            let written = rule.scope.clause(group, at)?;
            let value = state.attributes.find(&written.attribute).map(|it| view.seen(it));
            Some(ClauseExplanation {
                clause: clause_text(written),
                value: value.unwrap_or_default().to_string(),
                holds: rule.scope.clause_holds(group, at, view)?,
            })
        };
        let scope = rule.scope.groups().enumerate();
        let scope = scope
            .map(|(group, n_clauses)| (0..n_clauses).filter_map(|it| clause(group, it)).collect());
        Some(RuleExplanation {
            rule: rule.name.to_string(),
            precedence: rule.precedence,
            in_scope,
            scope: scope.collect(),
            joins: if in_scope { self.joins_explained(rule, view, other) } else { Vec::new() },
            flows: if in_scope {
                self.flows_explained(place, rule, view, other, used)
            } else {
                Vec::new()
            },
        })
    }

    fn joins_explained(
        &self,
        rule: &CompiledRule,
        view: &dyn Seen,
        other: &Other<'_>,
    ) -> Vec<Vec<CriterionExplanation>> {
        let names = &self.state.attributes;
        let criterion = |it: &crate::rules::JoinCriterion| {
            let value = view.seen(attr(it.source(rule.direction)));
            let partner = other.exists.then(|| (other.value)(attr(it.target(rule.direction))));
            CriterionExplanation {
                connector_attribute: names.name(attr(it.connector_space)),
                metaverse_attribute: names.name(attr(it.metaverse)),
                matches: partner.as_ref().map(|partner| it.matches(&value, partner)),
                value: value.to_string(),
                partner_value: partner.map(|it| it.to_string()),
            }
        };
        rule.joins.iter().map(|it| it.iter().map(criterion).collect()).collect()
    }

    fn flows_explained(
        &self,
        place: usize,
        rule: &CompiledRule,
        view: &dyn Seen,
        other: &Other<'_>,
        used: &mut AssumptionSet,
    ) -> Vec<FlowExplanation> {
        let names = &self.state.attributes;
        let mut out = Vec::new();
        for (at, flow) in rule.flows.iter().enumerate() {
            let flow_ref = FlowRef::new(place, at);
            let outcome = self.state.outcome(view, flow_ref, used);
            let mut reads = flow.reads();
            reads.dedup();
            let inputs = reads.into_iter().map(attr);
            let fits = other.object_type.is_none_or(|it| rule.target_object_type.includes(it));
            let standing = if !fits {
                Standing::OtherType
            } else if !flow.applies(other.created) {
                Standing::Once
            } else {
                self.standing(flow_ref, flow.merge, &outcome, rule.direction, view)
            };
            out.push(FlowExplanation {
                attribute: names.name(attr(flow.target)),
                flow: flow_text(&self.state.rules, flow_ref),
                inputs: inputs.map(|it| (names.name(it), view.seen(it).to_string())).collect(),
                result: outcome.to_string(),
                standing,
            });
        }
        out
    }

    /// What becomes of an outcome, among the flows of the same object.
    fn standing(
        &self,
        flow: FlowRef,
        merge: MergeType,
        outcome: &Outcome,
        direction: Direction,
        view: &dyn Seen,
    ) -> Standing {
        match outcome {
            Outcome::Null | Outcome::IgnoreThisFlow => return Standing::Nothing,
            Outcome::Value(_) | Outcome::AuthoritativeNull | Outcome::Error(_) => {}
        }
        if let Some(by) = self.decided_before(flow, direction, view) {
            return Standing::Hidden { by };
        }
        match outcome {
            Outcome::Error(_) => Standing::Failed,
            Outcome::AuthoritativeNull => Standing::Stops,
            _ if merge != MergeType::Update => Standing::Merged,
            _ => Standing::Decides,
        }
    }

    /// The rule of higher precedence whose flow to the same attribute decides.
    fn decided_before(
        &self,
        flow: FlowRef,
        direction: Direction,
        view: &dyn Seen,
    ) -> Option<String> {
        let state = &self.state;
        let (rule, compiled) = plan::flow_of(&state.rules, flow)?;
        for (place, earlier) in state.rules.rules().iter().enumerate().take(flow.rule() + 1) {
            let is_beside = earlier.direction == direction
                && earlier.connector == rule.connector
                && earlier.source_object_type.overlaps(&rule.source_object_type)
                && earlier.target_object_type.overlaps(&rule.target_object_type);
            let mut used = AssumptionSet::default();
            let targets = |it: &(usize, &crate::rules::CompiledFlow)| {
                it.1.target == compiled.target && FlowRef::new(place, it.0) < flow
            };
            let flows: Vec<_> = earlier.flows.iter().enumerate().filter(targets).collect();
            if !is_beside || flows.is_empty() || !earlier.scope.holds(view, &mut used) {
                continue;
            }
            for (at, it) in flows {
                let outcome = state.outcome(view, FlowRef::new(place, at), &mut used);
                let decides = match outcome {
                    Outcome::Value(_) => it.merge == MergeType::Update,
                    Outcome::AuthoritativeNull | Outcome::Error(_) => true,
                    Outcome::Null | Outcome::IgnoreThisFlow => false,
                };
                if decides {
                    return Some(earlier.name.to_string());
                }
            }
        }
        None
    }
}

fn used_assumption(it: Assumption) -> UsedAssumption {
    let row = it.row();
    UsedAssumption { id: row.id, point: row.point, reading: row.reading }
}

fn clause_text(clause: &dirlift_model::rule::ScopeClause) -> String {
    match clause.operator {
        ScopeOperator::IsNull | ScopeOperator::IsNotNull => {
            format!("{} {}", clause.attribute, clause.operator)
        }
        _ => format!("{} {} {}", clause.attribute, clause.operator, clause.value),
    }
}
