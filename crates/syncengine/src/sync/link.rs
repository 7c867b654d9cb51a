//! Linking: joins and projections on the way in, joins and provisioning on the way out, until nothing changes.
use dirlift_model::DistinguishedName;

use super::{
    attributes::attr,
    cells::FlowRef,
    fault::Problem,
    inbound, parallel,
    search::Search,
    state::State,
    view::{Groups, MvView},
};
use crate::{
    assumption::AssumptionSet,
    rules::{
        CompiledRule, Direction, JoinDecision, LinkType,
        join::{decide, may_provision},
    },
    value::{Outcome, Scalar, Value},
};

mod inward;

pub(super) use self::inward::inward;

/// Most rounds; a set of rules that needs more goes round in a circle.
pub(super) const MAX_PASSES: usize = 10;

/// Who links what, and what is to be made.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// Outbound rules that linked an existing object, by its number.
    pub(super) joined_by: std::collections::HashMap<u32, usize>,
    /// Objects to be made, in the order of connectors and of the metaverse.
    pub(super) provisioned: Vec<Provisioned>,
    /// Errors on the way out, by space and object of the metaverse.
    pub(super) errors: std::collections::BTreeMap<(usize, usize), Problem>,
}

/// An object that is to be made.
#[derive(Clone, Debug)]
pub(super) struct Provisioned {
    pub(super) space: usize,
    pub(super) mv: usize,
    pub(super) rule: usize,
    pub(super) name: DistinguishedName,
    /// The object of another type that has this name now and makes way.
    pub(super) replaces: Option<usize>,
}

/// What is to happen between an object of the metaverse and a connector space.
#[derive(Clone, Debug)]
pub(super) enum Decision {
    /// No rule wants a link.
    Nothing,
    /// A rule joins an object that is there.
    Join { rule: usize, idx: usize },
    /// A rule makes an object.
    Provision { rule: usize, name: DistinguishedName },
    /// It cannot be decided.
    Failed(Problem),
}

/// Links an object unless one of its flows that would decide has no result.
pub(super) fn attach(
    state: &mut State,
    groups: &Groups,
    search: &mut Search,
    (space, idx): (usize, usize),
    mv: usize,
    created: bool,
) -> bool {
    attach_with_keys(state, groups, search, (space, idx), (mv, created), None)
}

/// The same where the keys of what the object contributes may be known.
fn attach_with_keys(
    state: &mut State,
    groups: &Groups,
    search: &mut Search,
    (space, idx): (usize, usize),
    (mv, created): (usize, bool),
    keys: Option<&[u64]>,
) -> bool {
    let number = state.number(space, idx);
    if matches!(state.errors.get(&number), Some(Problem::SeveralJoinRules { .. })) {
        return false;
    }
    inbound::evaluate_again(state, groups, space, idx, mv, created);
    if let Some(problem) = effective_failure(state, groups, (space, idx), mv) {
        state.errors.insert(number, problem);
        return false;
    }
    state.errors.remove(&number);
    state.link(space, idx, Some(mv));
    match keys.filter(|_| !state.overrides.contains_key(&number)) {
        Some(keys) => search.note_keys(keys, mv),
        None => search.note_keys(&search.keys_of(state, space, idx), mv),
    }
    true
}

/// The first failure of an object that no other object of the same partner hides; also flows that cannot be merged:
/// all rules in scope for one attribute must merge alike, whether they have a value or not.
fn effective_failure(
    state: &State,
    groups: &Groups,
    (space, idx): (usize, usize),
    mv: usize,
) -> Option<Problem> {
    let number = state.number(space, idx);
    let others: Vec<_> = state.metaverse.links(mv).collect();
    let decided = |attribute, flow: FlowRef| {
        others.iter().any(|(space, idx)| {
            let cell = state.contributed(*space, *idx).get(attribute);
            cell.is_some_and(|it| it.flow < flow)
        })
    };
    for (attribute, problem) in state.failed.get(&number).into_iter().flatten() {
        let flow = match problem {
            Problem::Flow { flow, .. } => *flow,
            _ => FlowRef(0),
        };
        if !decided(*attribute, flow) {
            return Some(problem.clone());
        }
    }
    let mv_type = state.mv_type(mv);
    let created = |place| state.metaverse.origin(mv) == place;
    for attribute in &state.plans.mixed {
        let place = (space, idx);
        let own =
            inbound::flows_in_scope(state, groups, place, mv_type, created(number), *attribute);
        let Some(first) = own.first() else { continue };
        for place in &others {
            let created = created(state.number(place.0, place.1));
            let theirs =
                inbound::flows_in_scope(state, groups, *place, mv_type, created, *attribute);
            let differs = |it: &&FlowRef| state.merge_of(**it) != state.merge_of(*first);
            if let Some(second) = theirs.iter().find(differs) {
                return Some(Problem::Mixed { first: *first, second: *second });
            }
        }
    }
    None
}

/// The outbound rules in scope of an object of the metaverse that write to one type, or to any.
pub(super) fn in_scope(
    view: &MvView<'_>,
    used: &mut AssumptionSet,
    wanted: impl Fn(&CompiledRule) -> bool,
) -> Vec<usize> {
    let state = view.state;
    let Some(plan) = state.plans.outbound(view.space, state.metaverse.type_idx(view.mv)) else {
        return Vec::new();
    };
    let holds = |it: &usize| {
        state.rule(*it).is_some_and(|it| wanted(it) && it.scope.holds(view, &mut *used))
    };
    plan.rules.iter().copied().filter(holds).collect()
}

pub(super) fn mv_view<'a>(
    state: &'a State,
    groups: &'a Groups,
    mv: usize,
    space: usize,
) -> MvView<'a> {
    MvView::new(state, groups, mv, space)
}

/// Decides what a connector space is to have for an object of the metaverse that has no partner there.
pub(super) fn decide_outward(
    view: &MvView<'_>,
    groups: &Groups,
    search: &Search,
    used: &mut AssumptionSet,
) -> Decision {
    let state = view.state;
    let linking = in_scope(view, used, super::plan::links);
    if linking.is_empty() {
        return Decision::Nothing;
    }
    if let Some((first, second)) = inbound::several_joins(state, &linking) {
        return Decision::Failed(Problem::SeveralJoinRules { first, second });
    }
    let provisions = |it: &&usize| {
        state.rule(**it).is_some_and(|rule| {
            rule.link_type == LinkType::Provision
                && may_provision(&rule.joins, Direction::Outbound, |it| view.value(attr(it)))
        })
    };
    let maker = linking.iter().find(provisions).copied();
    let mut name = None;
    if let Some((place, rule)) = maker.and_then(|it| Some((it, state.rule(it)?))) {
        match new_name(view, place, used) {
            Ok(found) => name = found,
            Err(problem) => return Decision::Failed(problem),
        }
        let space = &state.spaces[view.space];
        let there = name.as_ref().and_then(|it| space.find(&state.arena, it));
        if let Some(idx) = there
            && space.object_type(idx).is_some_and(|it| rule.target_object_type.includes(it))
        {
            return Decision::Join { rule: place, idx };
        }
    }
    // Whatever rule makes an object does so only if no rule joins.
    for place in linking {
        let Some(rule) = state.rule(place) else { continue };
        let decision = decide(&rule.joins, |it| search.in_space(view, groups, rule, it));
        if let JoinDecision::Joined { target, .. } = decision {
            return Decision::Join { rule: place, idx: target };
        }
    }
    match (maker, name) {
        (None, _) => Decision::Nothing,
        (Some(rule), None) => Decision::Failed(Problem::NoName { rule }),
        (Some(rule), Some(name)) => Decision::Provision { rule, name },
    }
}

/// The name that flows give an object of the type that a rule writes to; none if no flow gives one.
pub(super) fn new_name(
    view: &MvView<'_>,
    place: usize,
    used: &mut AssumptionSet,
) -> Result<Option<DistinguishedName>, Problem> {
    let state = view.state;
    let Some(rule) = state.rule(place) else { return Ok(None) };
    let type_idx = state.metaverse.type_idx(view.mv);
    let plan = state.plans.outbound(view.space, type_idx);
    for flow in plan.into_iter().flat_map(|it| it.flows_to(state.attributes.known.dn)) {
        let applies = state.rule(flow.rule()).is_some_and(|it| {
            it.target_object_type.overlaps(&rule.target_object_type) && it.scope.holds(view, used)
        });
        if !applies {
            continue;
        }
        match state.outcome(view, *flow, used) {
            Outcome::Value(value) => return name_of(&value, flow.rule()).map(Some),
            Outcome::Error(error) => return Err(Problem::Flow { flow: *flow, error }),
            Outcome::AuthoritativeNull => return Ok(None),
            Outcome::Null | Outcome::IgnoreThisFlow => {}
        }
    }
    Ok(None)
}

fn name_of(value: &Value, rule: usize) -> Result<DistinguishedName, Problem> {
    let bad = |name: &str, error: String| Problem::BadName { rule, name: name.to_owned(), error };
    match value.scalars() {
        [Scalar::Reference(name)] => Ok((**name).clone()),
        [Scalar::Text(text)] => match text.parse::<DistinguishedName>() {
            Ok(name) if name.depth() > 0 => Ok(name),
            Ok(_) => Err(bad(text, "it is empty".to_owned())),
            Err(error) => Err(bad(text, error.to_string())),
        },
        _ => Err(bad(&value.to_string(), "it is not one text".to_owned())),
    }
}

/// Joins objects of a connector space to objects of the metaverse that have no partner there; whether anything changed.
pub(super) fn outward(
    state: &mut State,
    groups: &Groups,
    search: &mut Search,
    links: &mut Links,
    space: usize,
) -> bool {
    let open: Vec<usize> = open(state, space);
    links.errors.retain(|it, _| it.0 != space);
    let mut wanted: Vec<(usize, Decision)> = Vec::new();
    decide_all(state, groups, search, space, &open, |mv, decision| wanted.push((mv, decision)));
    let mut changed = false;
    for (mv, decision) in wanted {
        match decision {
            Decision::Join { rule, idx } => {
                let number = state.number(space, idx);
                if let Some(other) = state.partner(number) {
                    let partner = state.metaverse.origin(other);
                    links.errors.insert((space, mv), Problem::Ambiguous { rule, partner });
                } else if attach(state, groups, search, (space, idx), mv, false) {
                    links.joined_by.insert(number, rule);
                    changed = true;
                }
            }
            Decision::Failed(problem) => {
                links.errors.insert((space, mv), problem);
            }
            Decision::Provision { .. } | Decision::Nothing => {}
        }
    }
    changed
}

/// Objects of the metaverse without a partner in a space.
pub(super) fn open(state: &State, space: usize) -> Vec<usize> {
    let has_rules = |mv: &usize| {
        let plan = state.plans.outbound(space, state.metaverse.type_idx(*mv));
        plan.is_some_and(|it| !it.rules.is_empty())
    };
    (0..state.metaverse.len())
        .filter(|it| state.metaverse.link(*it, space).is_none())
        .filter(has_rules)
        .collect()
}

/// Decides on objects of the metaverse side by side; those about which nothing is to be said are left out.
fn decide_all(
    state: &mut State,
    groups: &Groups,
    search: &Search,
    space: usize,
    open: &[usize],
    each: impl FnMut(usize, Decision) + Send,
) {
    let mut all = (each, AssumptionSet::default());
    parallel::in_order(
        state.options.threads,
        open.len(),
        &*state,
        &mut all,
        |state, range| {
            let mut used = AssumptionSet::default();
            let mut out = Vec::new();
            for mv in open.get(range).unwrap_or_default() {
                let view = mv_view(state, groups, *mv, space);
                let decision = decide_outward(&view, groups, search, &mut used);
                if !matches!(decision, Decision::Nothing) {
                    out.push((*mv, decision));
                }
            }
            (out, used)
        },
        |(each, all_used), (decisions, used)| {
            *all_used = all_used.union(used);
            for (mv, it) in decisions {
                each(mv, it);
            }
        },
    );
    state.assumptions = state.assumptions.union(all.1);
}

/// Makes room for the objects that rules provision. `may_replace` tells which objects of another type make way.
pub(super) fn provision(
    state: &mut State,
    groups: &Groups,
    search: &Search,
    links: &mut Links,
    space: usize,
    may_replace: impl Fn(&State, usize) -> bool,
) {
    let open = open(state, space);
    let mut wanted: Vec<(usize, usize, DistinguishedName)> = Vec::new();
    decide_all(state, groups, search, space, &open, |mv, decision| {
        if let Decision::Provision { rule, name } = decision {
            wanted.push((mv, rule, name));
        }
    });
    let mut taken = std::collections::HashSet::new();
    for (mv, rule, name) in wanted {
        let there = state.spaces[space].find(&state.arena, &name);
        let replaces = there.filter(|it| may_replace(state, *it));
        if there.is_some() && replaces.is_none() || !taken.insert(name.clone()) {
            links.errors.insert((space, mv), Problem::NameTaken { rule, name });
            continue;
        }
        links.provisioned.push(Provisioned { space, mv, rule, name, replaces });
    }
}
