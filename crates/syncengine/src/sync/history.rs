//! What the cloud already has from this system: partners that no rule joins, and objects whose partner is gone.
use std::collections::{BTreeMap, HashMap, HashSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dirlift_model::{AttributeName, Guid, Sid};

use super::{
    arena::{Raw, ValueId},
    cells::Attr,
    fault::Problem,
    inbound,
    link::{Decision, Links, attach, decide_outward, in_scope, mv_view, open},
    search::Search,
    state::State,
    view::{CsView, Groups},
};
use crate::{
    assumption::AssumptionSet,
    rules::{Direction, LinkType},
    value::{Kind, Outcome},
};

/// Objects of one type with one key that are kept: two already say that the key finds nobody.
const MANY: usize = 2;

/// What ties an object of the cloud to one of the metaverse when its anchor cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Sid(String),
    Address(String),
    Device(String),
}

/// Why an object of the cloud that this system keeps has no partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Orphan {
    /// Nothing has its anchor.
    SourceGone,
    /// This object has its anchor, and no rule lets it in.
    Filtered(u32),
    /// This object has its anchor, and an error.
    Held(u32),
}

/// Links objects of the cloud whose anchor cannot be read: by security identifier, address or device.
pub(super) fn match_without_anchor(
    state: &mut State,
    groups: &Groups,
    search: &mut Search,
    space: usize,
) -> bool {
    let wanted = unlinked(state, space, |it, idx| anchor_of(it, space, idx).is_none());
    if wanted.is_empty() {
        return false;
    }
    let known = &state.attributes.known;
    let (sid, device, mail, proxies) =
        (known.cloud_sid, known.device_id, known.mail, known.proxies);
    let mut by_key: HashMap<Key, Vec<usize>> = HashMap::new();
    let type_of = |idx: usize| state.spaces[space].type_idx(idx);
    for idx in wanted {
        let values =
            |attribute| raws(state, state.spaces[space].cell(idx, attribute).map(|it| it.values()));
        let mut keys: Vec<_> = values(sid).iter().filter_map(|it| sid_key(*it)).collect();
        keys.extend(values(device).iter().filter_map(|it| device_key(*it)));
        if keys.is_empty() {
            keys.extend(
                values(proxies).iter().chain(&values(mail)).filter_map(|it| address_key(*it)),
            );
        }
        for key in keys {
            let list = by_key.entry(key).or_default();
            let alike = list.iter().filter(|it| type_of(**it) == type_of(idx)).count();
            if alike < MANY && list.last() != Some(&idx) {
                list.push(idx);
            }
        }
    }
    let mut pairs: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for mv in open(state, space) {
        let cell = |attribute: Attr| {
            raws(
                state,
                state.mv_cell(mv, attribute).map(|it| it.values().collect::<Vec<_>>().into_iter()),
            )
        };
        let known = &state.attributes.known;
        let mut keys: Vec<_> =
            cell(known.object_sid).iter().filter_map(|it| sid_key(*it)).collect();
        keys.extend(cell(known.device_id).iter().filter_map(|it| device_key(*it)));
        keys.extend(
            cell(known.proxies).iter().chain(&cell(known.mail)).filter_map(|it| address_key(*it)),
        );
        let mut found: Vec<usize> =
            keys.iter().filter_map(|it| by_key.get(it)).flatten().copied().collect();
        found.retain(|it| is_of_kind(state, mv, space, *it));
        found.sort_unstable();
        found.dedup();
        if let [only] = found[..]
            && (state.options.history || rules_link(state, groups, mv, space))
        {
            pairs.entry(only).or_default().push(mv);
        }
    }
    let mut changed = false;
    for (idx, all) in pairs {
        if let [mv] = all[..] {
            changed |= attach(state, groups, search, (space, idx), mv, false);
        }
    }
    changed
}

/// Whether some rule in scope links an object of the metaverse; a system without history has no other links.
fn rules_link(state: &State, groups: &Groups, mv: usize, space: usize) -> bool {
    let view = mv_view(state, groups, mv, space);
    !in_scope(&view, &mut AssumptionSet::default(), super::plan::links).is_empty()
}

/// Links objects of the cloud to the objects that have their anchor, although no rule joins them (any more).
pub(super) fn match_by_anchor(
    state: &mut State,
    groups: &Groups,
    search: &mut Search,
    space: usize,
) -> bool {
    let mut by_anchor: HashMap<String, Option<usize>> = HashMap::new();
    for idx in unlinked(state, space, |_, _| true) {
        if let Some(anchor) = anchor_of(state, space, idx) {
            by_anchor.entry(anchor).and_modify(|it| *it = None).or_insert(Some(idx));
        }
    }
    if by_anchor.is_empty() {
        return false;
    }
    let mut pairs = Vec::new();
    let unpaired = |mv: &usize| state.metaverse.link(*mv, space).is_none();
    for mv in (0..state.metaverse.len()).filter(unpaired) {
        let Some(anchor) = mv_anchor(state, mv) else { continue };
        let Some(Some(idx)) = by_anchor.get(&anchor) else { continue };
        let view = mv_view(state, groups, mv, space);
        let mut used = AssumptionSet::default();
        let decision = decide_outward(&view, groups, search, &mut used);
        if matches!(decision, Decision::Nothing) {
            pairs.push((*idx, mv));
        }
        by_anchor.insert(anchor, None);
    }
    let mut changed = false;
    for (idx, mv) in pairs {
        changed |= attach(state, groups, search, (space, idx), mv, false);
    }
    changed
}

/// The objects of the cloud that this system keeps and that have no partner, with the reason; none that makes way for
/// a new object, and none of a type that no rule provisions.
pub(super) fn orphans(
    state: &State,
    links: &Links,
    groups: &Groups,
    errors: &BTreeMap<(usize, usize), Problem>,
    space: usize,
) -> Vec<(usize, Orphan)> {
    let replaced: HashSet<usize> = links
        .provisioned
        .iter()
        .filter(|it| it.space == space)
        .filter_map(|it| it.replaces)
        .collect();
    let wanted = unlinked(state, space, |it, idx| {
        !replaced.contains(&idx)
            && !it.errors.contains_key(&it.number(space, idx))
            && it.spaces[space].object_type(idx).is_some_and(|name| it.provisions(space, name))
    });
    let sources = if wanted.is_empty() { HashMap::new() } else { left_out(state, groups) };
    // What has an error on the way out keeps what the cloud has from it.
    let stopped: HashMap<String, u32> = links
        .errors
        .keys()
        .chain(errors.keys())
        .filter(|it| it.0 == space)
        .filter_map(|it| Some((mv_anchor(state, it.1)?, state.metaverse.origin(it.1))))
        .collect();
    let reason = |idx: usize| {
        let Some(anchor) = anchor_of(state, space, idx) else { return Orphan::SourceGone };
        match (stopped.get(&anchor), sources.get(&anchor)) {
            (Some(it), _) => Orphan::Held(*it),
            (None, None) => Orphan::SourceGone,
            (None, Some(it)) if state.errors.contains_key(it) => Orphan::Held(*it),
            (None, Some(it)) => Orphan::Filtered(*it),
        }
    };
    wanted.into_iter().map(|it| (it, reason(it))).collect()
}

/// The objects without a partner, by the anchors they would have; of several the first, or the first with an error.
fn left_out(state: &State, groups: &Groups) -> HashMap<String, u32> {
    let mut out = HashMap::new();
    let mut note = |anchor: String, number: u32| {
        let has_error = |it: &u32| state.errors.contains_key(it);
        let there = out.entry(anchor).or_insert(number);
        if has_error(&number) && !has_error(there) {
            *there = number;
        }
    };
    let known = &state.attributes.known;
    for (space_idx, space) in state.spaces.iter().enumerate().filter(|it| !it.1.is_entra()) {
        for idx in 0..space.len() {
            let number = state.number(space_idx, idx);
            if state.partner(number).is_some() {
                continue;
            }
            let guid = space.cell(idx, known.object_guid).and_then(|it| it.values().next());
            let guid = guid.map(|it| state.arena.raw(it)).filter(|it| it.kind == Kind::Binary);
            let bytes = guid.map(|it| it.bytes.to_vec());
            let bytes = bytes.or_else(|| space.id(idx).map(|it| it.to_directory_bytes().to_vec()));
            if let Some(bytes) = bytes {
                note(STANDARD.encode(bytes), number);
            }
            let contributed = state.contributed(space_idx, idx).get(known.source_anchor);
            if let Some(id) = contributed.and_then(|it| it.values().next()) {
                note(state.arena.raw(id).as_str().to_owned(), number);
            } else if state.errors.contains_key(&number) {
                let view = CsView::new(state, groups, space_idx, idx);
                if let Some(it) = any_anchor(&view) {
                    note(it, number);
                }
            }
        }
    }
    out
}

/// The anchor that the first flow in scope gives an object, for whatever type of partner.
fn any_anchor(view: &CsView<'_>) -> Option<String> {
    let state = view.state;
    let plan = state.plans.inbound(view.space, state.spaces[view.space].type_idx(view.idx))?;
    let flows = plan.flows_to(state.attributes.known.source_anchor);
    let mut used = AssumptionSet::default();
    let rules = inbound::in_scope(view, &mut used);
    flows.iter().filter(|it| rules.contains(&it.rule())).find_map(|it| {
        match state.outcome(view, *it, &mut used) {
            Outcome::Value(value) => value.scalars().first().and_then(crate::functions::text_of),
            _ => None,
        }
    })
}

fn unlinked(state: &State, space: usize, wanted: impl Fn(&State, usize) -> bool) -> Vec<usize> {
    let this = &state.spaces[space];
    (0..this.len())
        .filter(|it| this.is_synchronised(*it))
        .filter(|it| state.partner(state.number(space, *it)).is_none())
        .filter(|it| wanted(state, *it))
        .collect()
}

fn raws(state: &State, values: Option<impl Iterator<Item = ValueId>>) -> Vec<Raw<'_>> {
    let values = values.into_iter().flatten().filter(|it| it.as_object().is_none());
    values.map(|it| state.arena.raw(it)).collect()
}

/// Whether an object of the cloud can be what rules make of an object of the metaverse.
fn is_of_kind(state: &State, mv: usize, space: usize, idx: usize) -> bool {
    let Some(name) = state.spaces[space].object_type(idx) else { return false };
    let source = state.mv_cell(mv, state.attributes.known.source_object_type);
    let source = source.and_then(|it| it.values().next()).map(|it| state.arena.raw(it).as_str());
    if let Some(source) = source {
        return name.is(source) || name.is("device") && source.eq_ignore_ascii_case("computer");
    }
    let plan = state.plans.outbound(space, state.metaverse.type_idx(mv));
    let mut rules = plan.into_iter().flat_map(|it| &it.rules).filter_map(|it| state.rule(*it));
    rules.any(|it| it.target_object_type.includes(name))
}

impl State {
    /// Whether some rule makes objects of this type in a space.
    pub(super) fn provisions(&self, space: usize, name: &AttributeName) -> bool {
        self.rules.rules().iter().any(|it| {
            it.direction == Direction::Outbound
                && it.link_type == LinkType::Provision
                && it.connector == self.spaces[space].connector.id
                && it.target_object_type.includes(name)
        })
    }
}

/// The source anchor of an object of the cloud: its attribute, or what its name stands for.
pub(super) fn anchor_of(state: &State, space: usize, idx: usize) -> Option<String> {
    let this = &state.spaces[space];
    if let Some(cell) = this.cell(idx, state.attributes.known.source_anchor)
        && let Some(id) = cell.values().next()
    {
        let raw = state.arena.raw(id);
        return match raw.kind {
            Kind::Text => Some(raw.as_str().to_owned()).filter(|it| !it.is_empty()),
            Kind::Binary => Some(STANDARD.encode(raw.bytes)),
            _ => None,
        };
    }
    if !this.is_entra() {
        return None;
    }
    let name = this.name_text(&state.arena, idx);
    let hex = name.get(..4)?.eq_ignore_ascii_case("CN={").then(|| &name[4..])?.strip_suffix('}')?;
    let (pairs, []) = hex.as_bytes().as_chunks::<2>() else { return None };
    let byte = |it: &[u8; 2]| u8::from_str_radix(str::from_utf8(it).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
    String::from_utf8(bytes?).ok().filter(|it| !it.is_empty())
}

/// The source anchor in the metaverse.
pub(super) fn mv_anchor(state: &State, mv: usize) -> Option<String> {
    let cell = state.mv_cell(mv, state.attributes.known.source_anchor)?;
    let raw = state.arena.raw(cell.values().next()?);
    match raw.kind {
        Kind::Text => Some(raw.as_str().to_owned()),
        Kind::Binary => Some(STANDARD.encode(raw.bytes)),
        _ => None,
    }
}

/// A security identifier as text, from bytes or from text.
pub(super) fn sid_text(raw: Raw<'_>) -> Option<String> {
    match raw.kind {
        Kind::Binary => Sid::from_bytes(raw.bytes).ok().map(|it| it.to_string()),
        Kind::Text => raw.as_str().parse::<Sid>().ok().map(|it| it.to_string()),
        _ => None,
    }
}

/// A GUID as text, from bytes or from text.
pub(super) fn guid_text(raw: Raw<'_>) -> Option<String> {
    match raw.kind {
        Kind::Binary => {
            raw.bytes.try_into().ok().map(|it| Guid::from_directory_bytes(it).to_string())
        }
        Kind::Text => raw.as_str().parse::<Guid>().ok().map(|it| it.to_string()),
        _ => None,
    }
}

fn sid_key(raw: Raw<'_>) -> Option<Key> {
    sid_text(raw).map(Key::Sid)
}

fn device_key(raw: Raw<'_>) -> Option<Key> {
    guid_text(raw).map(Key::Device)
}

/// A mail address, with or without the prefix of proxy addresses; other kinds of address have their prefix.
fn address_key(raw: Raw<'_>) -> Option<Key> {
    if raw.kind != Kind::Text {
        return None;
    }
    let text = raw.as_str().trim().to_lowercase();
    let text = text.strip_prefix("smtp:").map(ToOwned::to_owned).unwrap_or(text);
    (!text.is_empty()).then_some(Key::Address(text))
}
