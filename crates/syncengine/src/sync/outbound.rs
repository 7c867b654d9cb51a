//! The way out: what flows change in an object of a connector space.
use std::collections::BTreeSet;

use dirlift_model::DistinguishedName;

use super::{
    arena::{Overlay, Raw, ValueId},
    attributes::attr,
    cells::{self, Attr, FlowRef},
    fault::Problem,
    history,
    state::State,
    view::MvView,
};
use crate::{
    assumption::{Assumption, AssumptionSet},
    rules::{Direction, FlowSource, MergeType, Resolved, resolve},
    value::{Kind, Outcome},
};

/// Stands where no flow contributes any more.
pub(super) const NO_FLOW: FlowRef = FlowRef(u32::MAX);

/// What changes in one object.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Cells with flows: the new values; none where the attribute is removed.
    pub(super) list: Vec<u32>,
    /// Attributes with a new value whose present one cannot be read.
    pub(super) unreadable: Vec<Attr>,
    pub(super) references_left_out: u64,
    /// What was assumed, and what had been before.
    pub(super) assumptions: AssumptionSet,
}

/// The object that is written to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    /// Its number in the space; none for one that is to be made.
    pub(super) idx: Option<usize>,
    /// Its type.
    pub(super) object_type: &'a dirlift_model::AttributeName,
    /// The rules in scope that write to its type, in order of precedence.
    pub(super) rules: &'a [usize],
}

/// Finds the object of the target that stands for an object of any space.
pub(super) trait Locate: Sync {
    /// Its number; none if it is not there.
    fn locate(&self, state: &State, object: u32, space: usize) -> Option<u32>;

    /// The name of an object that is there or is to be made.
    fn name(&self, state: &State, object: u32) -> Option<DistinguishedName>;
}

/// What becomes of one attribute.
enum Fate {
    Keep,
    Set { values: Vec<ValueId>, flow: FlowRef },
}

/// What flows change in an object; `used` is what was assumed before.
pub(super) fn changes(
    view: &MvView<'_>,
    overlay: &mut Overlay<'_>,
    target: Target<'_>,
    locate: &dyn Locate,
    used: AssumptionSet,
) -> Result<Changes, Problem> {
    let state = view.state;
    let known = &state.attributes.known;
    let mut out = Changes { assumptions: used, ..Changes::default() };
    let plan = state.plans.outbound(view.space, state.metaverse.type_idx(view.mv));
    let Some(plan) = plan else { return Ok(out) };
    let mask = super::plan::Mask::new(&state.rules, target.rules, |_| true);
    let applies = |it: &FlowRef| {
        let flow = super::plan::flow_of(&state.rules, *it);
        mask.has(*it) && flow.is_some_and(|it| it.1.applies(target.idx.is_none()))
    };
    let mut awake = plan.awake(view.image.iter().map(|it| it.attribute), used);
    let mut olds: Vec<&[u32]> = vec![&[]; plan.targets.len()];
    for cell in target.idx.map(|it| state.spaces[view.space].cells(it)).into_iter().flatten() {
        if let Some(at) = plan.target(cell.attribute) {
            olds[at] = cell.words();
            awake[at] |= !cell.words().is_empty();
        }
    }
    let mut flows = Vec::new();
    for ((attribute, all), (is_awake, old)) in plan.targets.iter().zip(awake.into_iter().zip(olds))
    {
        // Where nothing was and nothing can come there is nothing to do.
        if *attribute == known.dn || !is_awake {
            continue;
        }
        flows.clear();
        flows.extend(all.iter().copied().filter(|it| applies(it)));
        let Fate::Set { values, flow } = fate(view, overlay, &flows, old, locate, &mut out)? else {
            continue;
        };
        let is_unknown =
            target.idx.is_some() && old.is_empty() && !is_readable(view, target, *attribute);
        if is_unknown {
            if !values.is_empty() {
                out.unreadable.push(*attribute);
            }
            continue;
        }
        if same_names(state, overlay, locate, old, &values) {
            continue;
        }
        let was_nothing = || old.iter().all(|it| ValueId(*it) == ValueId::EMPTY);
        if same_values(overlay, old, &values) || values.is_empty() && was_nothing() {
            continue;
        }
        if *attribute == known.source_anchor
            && state.spaces[view.space].is_entra()
            && !old.is_empty()
        {
            let text = |it: Option<ValueId>| {
                it.map_or(String::new(), |it| overlay.raw(it).as_str().to_owned())
            };
            let old = text(old.first().map(|it| ValueId(*it)));
            return Err(Problem::AnchorChanged { old, new: text(values.first().copied()) });
        }
        cells::push(&mut out.list, *attribute, Some(flow), values.into_iter());
    }
    Ok(out)
}

fn is_readable(view: &MvView<'_>, target: Target<'_>, attribute: Attr) -> bool {
    let state = view.state;
    !state.spaces[view.space].is_entra()
        || state.options.readable == super::Readable::All
        || state.options.readable.has(target.object_type, &state.attributes.name(attribute))
}

fn fate(
    view: &MvView<'_>,
    overlay: &mut Overlay<'_>,
    flows: &[FlowRef],
    old: &[u32],
    locate: &dyn Locate,
    out: &mut Changes,
) -> Result<Fate, Problem> {
    let state = view.state;
    let [first, rest @ ..] = flows else { return Ok(Fate::Keep) };
    let merge = state.merge_of(*first);
    if let Some(second) = rest.iter().find(|it| state.merge_of(**it) != merge) {
        return Err(Problem::Mixed { first: *first, second: *second });
    }
    if merge != MergeType::Update {
        let merges = vec![merge; flows.len()];
        let current = state.value(old.iter().map(|it| ValueId(*it)));
        let evaluate = |it: usize| state.outcome(view, flows[it], &mut out.assumptions);
        let resolution = resolve(Direction::Outbound, &merges, &current, evaluate);
        out.assumptions = out.assumptions.union(resolution.assumptions);
        return match resolution.resolved {
            Resolved::Set { value, from } => {
                let flow = from.first().map_or(*first, |it| flows[*it]);
                let values = state.ids_of(&value, view.space, overlay);
                Ok(Fate::Set { values: located(view, values, locate, out), flow })
            }
            Resolved::Failed { flow, error } => Err(Problem::Flow { flow: flows[flow], error }),
            Resolved::Remove { by } => {
                Ok(Fate::Set { values: Vec::new(), flow: by.map_or(NO_FLOW, |it| flows[it]) })
            }
            Resolved::Keep | Resolved::Mixed { .. } => Ok(Fate::Keep),
        };
    }
    let mut takes_place = false;
    for (at, flow) in flows.iter().enumerate() {
        let Some((_, compiled)) = super::plan::flow_of(&state.rules, *flow) else { continue };
        if let FlowSource::Direct(source) = &compiled.source {
            let cell = view.cell(attr(*source));
            if !old.is_empty()
                && cell.is_some_and(|it| *it.words == *old && it.values().all(ValueId::is_plain))
            {
                // As nearly everything is that flows: it is there already.
                out.assumptions.insert_if(at + 1 < flows.len(), Assumption::RuleError);
                return Ok(Fate::Keep);
            }
            let values: Vec<_> =
                view.ids(attr(*source)).filter(|it| *it != ValueId::EMPTY).collect();
            if let Some(cell) = cell {
                let unlinked = cell.values().filter(|it| !state.is_linked(*it)).count();
                out.references_left_out += unlinked as u64;
            }
            if values.is_empty() {
                takes_place = true;
                continue;
            }
            out.assumptions.insert_if(at + 1 < flows.len(), Assumption::RuleError);
            return Ok(Fate::Set { values: located(view, values, locate, out), flow: *flow });
        }
        match state.outcome(view, *flow, &mut out.assumptions) {
            Outcome::Value(value) => {
                let values = state.ids_of(&value, view.space, overlay);
                out.assumptions.insert_if(at + 1 < flows.len(), Assumption::RuleError);
                return Ok(Fate::Set { values: located(view, values, locate, out), flow: *flow });
            }
            Outcome::AuthoritativeNull => {
                return Ok(Fate::Set { values: Vec::new(), flow: *flow });
            }
            Outcome::Error(error) => return Err(Problem::Flow { flow: *flow, error }),
            Outcome::Null => takes_place = true,
            Outcome::IgnoreThisFlow => {}
        }
    }
    Ok(if takes_place { Fate::Set { values: Vec::new(), flow: NO_FLOW } } else { Fate::Keep })
}

/// References turned to the objects of the target; those that are not there are left out and counted.
fn located(
    view: &MvView<'_>,
    values: Vec<ValueId>,
    locate: &dyn Locate,
    out: &mut Changes,
) -> Vec<ValueId> {
    let state = view.state;
    if values.iter().all(|it| it.as_object().is_none() && !it.is_name()) {
        return values;
    }
    let mut found = Vec::with_capacity(values.len());
    for it in values {
        match it.as_object() {
            None if it.is_name() => out.references_left_out += 1,
            None => found.push(it),
            Some(object) => match locate.locate(state, object, view.space) {
                Some(there) => found.push(ValueId::object(there)),
                None => out.references_left_out += 1,
            },
        }
    }
    found
}

/// Whether a list with names of objects that are not there holds the same as one with objects that are to be made.
fn same_names(
    state: &State,
    overlay: &Overlay<'_>,
    locate: &dyn Locate,
    old: &[u32],
    new: &[ValueId],
) -> bool {
    if old.len() != new.len() || !old.iter().any(|it| ValueId(*it).is_name()) {
        return false;
    }
    let name = |it: ValueId| match it.as_object() {
        Some(object) => locate.name(state, object),
        None => overlay.raw(it).as_str().parse().ok(),
    };
    let names = |all: &mut dyn Iterator<Item = ValueId>| {
        all.map(name).collect::<Option<BTreeSet<DistinguishedName>>>()
    };
    let old = names(&mut old.iter().map(|it| ValueId(*it)));
    old.is_some() && old == names(&mut new.iter().copied())
}

/// Whether two lists hold the same values, in any order.
fn same_values(overlay: &Overlay<'_>, old: &[u32], new: &[ValueId]) -> bool {
    if old.len() == new.len() && old.iter().zip(new).all(|(a, b)| *a == b.0) {
        return true;
    }
    if let ([a], [b]) = (old, new) {
        return same(overlay.raw(ValueId(*a)), overlay.raw(*b))
            && ValueId(*a).as_object().is_none()
            && b.as_object().is_none();
    }
    let mut a = old.to_vec();
    let mut b: Vec<u32> = new.iter().map(|it| it.0).collect();
    for list in [&mut a, &mut b] {
        list.sort_unstable();
        list.dedup();
    }
    a == b
}

/// Whether two values are one, although they may be written in different types.
fn same(a: Raw<'_>, b: Raw<'_>) -> bool {
    if a.kind == b.kind {
        return a.bytes == b.bytes;
    }
    match (a.kind, b.kind) {
        (Kind::Binary, Kind::Text) | (Kind::Text, Kind::Binary) => {
            let (text, bytes) = if a.kind == Kind::Text { (a, b) } else { (b, a) };
            let alike =
                |of: fn(Raw<'_>) -> Option<String>| of(text).is_some() && of(text) == of(bytes);
            alike(history::sid_text) || alike(history::guid_text) || {
                use base64::{Engine as _, engine::general_purpose::STANDARD};
                STANDARD.decode(text.as_str()).is_ok_and(|it| it == bytes.bytes)
            }
        }
        (Kind::Text | Kind::Number | Kind::Boolean, Kind::Text | Kind::Number | Kind::Boolean) => {
            let text = |it: Raw<'_>| it.scalar().as_ref().and_then(crate::functions::text_of);
            text(a).zip(text(b)).is_some_and(|(a, b)| a.eq_ignore_ascii_case(&b))
        }
        _ => false,
    }
}

/// The name that flows give a linked object of Active Directory, if it is another one.
pub(super) fn renamed(
    view: &MvView<'_>,
    target: Target<'_>,
    used: &mut AssumptionSet,
) -> Result<Option<(usize, DistinguishedName)>, Problem> {
    let state = view.state;
    let space = &state.spaces[view.space];
    let (Some(idx), Some(first)) = (target.idx, target.rules.first()) else { return Ok(None) };
    if space.is_entra() {
        return Ok(None);
    }
    let Some(name) = super::link::new_name(view, *first, used)? else { return Ok(None) };
    if space.name(&state.arena, idx).as_ref() == Some(&name) {
        return Ok(None);
    }
    if space.find(&state.arena, &name).is_some() {
        return Err(Problem::NameTaken { rule: *first, name });
    }
    Ok(Some((*first, name)))
}
