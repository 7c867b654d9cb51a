//! The way in: what one object of a connector space contributes, whoever it is linked to.
use dirlift_model::AttributeName;

use super::{
    arena::{Adopted, Arena, Growth, Overlay, ValueId},
    attributes::attr,
    cells::{self, Attr, FlowRef, Lists},
    fault::Problem,
    parallel,
    plan::{self, flow_of},
    small,
    state::State,
    view::{CsView, Groups},
};
use crate::{
    assumption::{Assumption, AssumptionSet},
    rules::{CompiledRule, Direction, FlowSource, MergeType, ObjectType, Resolved, resolve},
    value::{Outcome, Value},
};

/// What an object contributes.
#[derive(Debug, Default)]
pub(super) struct Contribution {
    /// Cells with flows.
    pub(super) list: Vec<u32>,
    /// Attributes whose flow has no result.
    pub(super) failed: Vec<(Attr, Problem)>,
    /// What was assumed, and what had been before.
    pub(super) assumptions: AssumptionSet,
}

/// The rules in scope for an object, in order of precedence.
pub(super) fn in_scope(view: &CsView<'_>, used: &mut AssumptionSet) -> Vec<usize> {
    let state = view.state;
    let type_idx = state.spaces[view.space].type_idx(view.idx);
    let Some(plan) = state.plans.inbound(view.space, type_idx) else { return Vec::new() };
    let holds = |it: &usize| state.rule(*it).is_some_and(|it| it.scope.holds(view, &mut *used));
    plan.rules.iter().copied().filter(holds).collect()
}

/// The flows in scope of one object to one attribute of an object of a type of the metaverse.
pub(super) fn flows_in_scope(
    state: &State,
    groups: &Groups,
    (space, idx): (usize, usize),
    mv_type: Option<&AttributeName>,
    created: bool,
    attribute: Attr,
) -> Vec<FlowRef> {
    let view = CsView::new(state, groups, space, idx);
    let plan = state.plans.inbound(space, state.spaces[space].type_idx(idx));
    let mut out = plan.map_or_else(Vec::new, |it| it.flows_to(attribute).to_vec());
    let rules =
        if out.is_empty() { Vec::new() } else { in_scope(&view, &mut AssumptionSet::default()) };
    out.retain(|it| {
        rules.contains(&it.rule())
            && flow_of(&state.rules, *it).is_some_and(|(rule, flow)| {
                flow.applies(created)
                    && mv_type.is_none_or(|it| rule.target_object_type.includes(it))
            })
    });
    out
}

/// The type of the metaverse object that an object is expected to be linked to.
pub(super) fn expected_type<'a>(state: &'a State, rules: &[usize]) -> Option<&'a AttributeName> {
    let named = |it: &&'a CompiledRule| matches!(it.target_object_type, ObjectType::Named(_));
    let all = || rules.iter().filter_map(|it| state.rule(*it)).filter(named);
    let found = all().find(|it| plan::links(it)).or_else(|| all().next())?;
    match &found.target_object_type {
        ObjectType::Named(name) => Some(name),
        ObjectType::Any => None,
    }
}

/// What the rules contribute to an object of a type of the metaverse. `created` says that the object makes it, `used`
/// what was assumed before.
pub(super) fn contribute(
    view: &CsView<'_>,
    overlay: &mut Overlay<'_>,
    rules: &[usize],
    (mv_type, created): (Option<&AttributeName>, bool),
    used: AssumptionSet,
) -> Contribution {
    let state = view.state;
    let mut out = Contribution { assumptions: used, ..Contribution::default() };
    let type_idx = state.spaces[view.space].type_idx(view.idx);
    let Some(plan) = state.plans.inbound(view.space, type_idx) else { return out };
    let mask = plan::Mask::new(&state.rules, rules, |rule| {
        mv_type.is_none_or(|it| rule.target_object_type.includes(it))
    });
    let applies = |it: &FlowRef| {
        mask.has(*it) && flow_of(&state.rules, *it).is_some_and(|it| it.1.applies(created))
    };
    let awake = plan.awake(view.attributes(), used);
    let mut flows = Vec::new();
    for ((attribute, all), _) in plan.targets.iter().zip(awake).filter(|it| it.1) {
        flows.clear();
        flows.extend(all.iter().copied().filter(|it| applies(it)));
        one_attribute(view, overlay, *attribute, &flows, &mut out);
    }
    out
}

fn one_attribute(
    view: &CsView<'_>,
    overlay: &mut Overlay<'_>,
    attribute: Attr,
    flows: &[FlowRef],
    out: &mut Contribution,
) {
    let state = view.state;
    let [first, rest @ ..] = flows else { return };
    let merge = state.merge_of(*first);
    if let Some(second) = rest.iter().find(|it| state.merge_of(**it) != merge) {
        out.failed.push((attribute, Problem::Mixed { first: *first, second: *second }));
        return;
    }
    if merge != MergeType::Update {
        return merged(view, overlay, attribute, (flows, merge), out);
    }
    for (at, flow) in flows.iter().enumerate() {
        let Some((_, compiled)) = flow_of(&state.rules, *flow) else { continue };
        if let FlowSource::Direct(source) = &compiled.source
            && let Some(cell) = view.cell(attr(*source))
        {
            let values: Vec<_> = cell.values().filter(|it| *it != ValueId::EMPTY).collect();
            if values.is_empty() {
                continue;
            }
            out.assumptions.insert_if(at + 1 < flows.len(), Assumption::RuleError);
            cells::push(&mut out.list, attribute, Some(*flow), values.into_iter());
            return;
        }
        match state.outcome(view, *flow, &mut out.assumptions) {
            Outcome::Value(value) => {
                let ids = view.ids_of(&value, overlay);
                out.assumptions.insert_if(at + 1 < flows.len(), Assumption::RuleError);
                cells::push(&mut out.list, attribute, Some(*flow), ids.into_iter());
                return;
            }
            Outcome::AuthoritativeNull => {
                cells::push_stop(&mut out.list, attribute, *flow);
                return;
            }
            Outcome::Error(error) => {
                out.failed.push((attribute, Problem::Flow { flow: *flow, error }));
                return;
            }
            Outcome::Null | Outcome::IgnoreThisFlow => {}
        }
    }
}

/// Flows that merge: each has a cell of its own, for flows of other objects may stand between them.
fn merged(
    view: &CsView<'_>,
    overlay: &mut Overlay<'_>,
    attribute: Attr,
    (flows, merge): (&[FlowRef], MergeType),
    out: &mut Contribution,
) {
    let outcomes: Vec<Outcome> =
        flows.iter().map(|it| view.state.outcome(view, *it, &mut out.assumptions)).collect();
    let merges = vec![merge; flows.len()];
    let all = resolve(Direction::Inbound, &merges, &Value::Null, |it| outcomes[it].clone());
    out.assumptions = out.assumptions.union(all.assumptions);
    if let Resolved::Failed { flow, error } = all.resolved {
        out.failed.push((attribute, Problem::Flow { flow: flows[flow], error }));
        return;
    }
    for (flow, outcome) in flows.iter().zip(outcomes) {
        if outcome == Outcome::AuthoritativeNull {
            cells::push_stop(&mut out.list, attribute, *flow);
            return;
        }
        let own = resolve(Direction::Inbound, &[merge], &Value::Null, |_| outcome.clone());
        if let Resolved::Set { value, .. } = own.resolved {
            let ids = view.ids_of(&value, overlay);
            cells::push(&mut out.list, attribute, Some(*flow), ids.into_iter());
        }
    }
}

/// What a piece of work brings.
#[derive(Default)]
struct Piece {
    lists: Lists,
    linking: Lists,
    failed: Vec<(u32, Vec<(Attr, Problem)>)>,
    errors: Vec<(u32, Problem)>,
    assumptions: AssumptionSet,
    own: Arena,
}

/// Works out what every object of a space contributes.
pub(super) fn evaluate(state: &mut State, groups: &Groups, space: usize) {
    let mut all = Piece::default();
    let mut growth = Growth::on(&state.arena);
    parallel::in_order(
        state.options.threads,
        state.spaces[space].len(),
        &*state,
        &mut (&mut all, &mut growth),
        |state, range| {
            let mut overlay = Overlay::new(&state.arena);
            let mut piece = Piece::default();
            for idx in range {
                one_object(state, groups, &mut overlay, space, idx, &mut piece);
            }
            piece.own = overlay.into_own();
            piece
        },
        |(all, growth), mut piece| {
            let adopted = growth.adopt(piece.own);
            piece.lists.map_values(true, |_, it| adopted.id(it));
            all.lists.append(&piece.lists);
            all.linking.append(&piece.linking);
            all.failed.extend(piece.failed);
            all.errors.extend(piece.errors);
            all.assumptions = all.assumptions.union(piece.assumptions);
        },
    );
    all.lists.shrink();
    state.arena.absorb(growth);
    state.contributions[space] = all.lists;
    state.linking[space] = all.linking;
    state.failed.extend(all.failed);
    state.errors.extend(all.errors);
    state.assumptions = state.assumptions.union(all.assumptions);
}

fn one_object(
    state: &State,
    groups: &Groups,
    overlay: &mut Overlay<'_>,
    space: usize,
    idx: usize,
    piece: &mut Piece,
) {
    let view = CsView::new(state, groups, space, idx);
    let number = state.number(space, idx);
    let rules = in_scope(&view, &mut piece.assumptions);
    let linking: Vec<_> =
        rules.iter().copied().filter(|it| state.rule(*it).is_some_and(plan::links)).collect();
    match several_joins(state, &linking) {
        Some((first, second)) => {
            piece.errors.push((number, Problem::SeveralJoinRules { first, second }));
            piece.linking.push(&[]);
        }
        None => piece.linking.push(&linking.iter().map(|it| small(*it)).collect::<Vec<_>>()),
    }
    let expected = expected_type(state, &rules);
    let contribution = contribute(&view, overlay, &rules, (expected, true), piece.assumptions);
    piece.assumptions = contribution.assumptions;
    piece.lists.push(&contribution.list);
    if !contribution.failed.is_empty() {
        piece.failed.push((number, contribution.failed));
    }
}

/// Two rules in scope for one type of target that join in different ways.
pub(super) fn several_joins(state: &State, linking: &[usize]) -> Option<(usize, usize)> {
    let joining = |it: &usize| state.rule(*it).filter(|it| !it.joins.is_empty());
    for (at, first) in linking.iter().enumerate() {
        let Some(a) = joining(first) else { continue };
        let differs = |it: &&usize| {
            joining(it)
                .is_some_and(|b| a.target_object_type == b.target_object_type && a.joins != b.joins)
        };
        if let Some(second) = linking[at + 1..].iter().find(differs) {
            return Some((*first, *second));
        }
    }
    None
}

/// Works out again what an object contributes, now that its partner is known.
pub(super) fn evaluate_again(
    state: &mut State,
    groups: &Groups,
    space: usize,
    idx: usize,
    mv: usize,
    created: bool,
) {
    let type_idx = state.spaces[space].type_idx(idx);
    let Some(plan) = state.plans.inbound(space, type_idx) else { return };
    let mv_type = state.mv_type(mv);
    let one_type = match &plan.target_types[..] {
        [] => true,
        [only] => Some(only) == mv_type,
        _ => false,
    };
    if one_type && (created || !plan.has_once) {
        return;
    }
    let mut used = AssumptionSet::default();
    let number = state.number(space, idx);
    let view = CsView::new(state, groups, space, idx);
    let rules = in_scope(&view, &mut used);
    let expected = expected_type(state, &rules);
    let once =
        |it: &usize| state.rule(*it).is_some_and(|it| it.flows.iter().any(|it| it.execute_once));
    if expected.is_none_or(|it| Some(it) == mv_type) && (created || !rules.iter().any(once)) {
        return;
    }
    let mut overlay = Overlay::new(&state.arena);
    let mut contribution = contribute(&view, &mut overlay, &rules, (mv_type, created), used);
    let own = overlay.into_own();
    let adopted = Adopted::new(&mut state.arena, own);
    cells::map_values(&mut contribution.list, true, |it: ValueId| adopted.id(it));
    state.overrides.insert(number, contribution.list);
    if contribution.failed.is_empty() {
        state.failed.remove(&number);
    } else {
        state.failed.insert(number, contribution.failed);
    }
}
