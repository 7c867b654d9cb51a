//! Pending exports, packed until somebody reads them.
use std::collections::{BTreeMap, HashMap};

use dirlift_model::{DistinguishedName, pending::Operation};

use super::{
    arena::{Arena, Growth, Overlay, ValueId},
    cells::{Attr, Lists},
    fault::Problem,
    history::{self, Orphan},
    link::{self, Links, mv_view},
    outbound::{self, Locate, Target},
    parallel, small,
    space::NONE,
    state::State,
    view::Groups,
};
use crate::{assumption::AssumptionSet, rules::LinkType};

/// Every pending export and what was noticed on the way.
#[derive(Debug, Default)]
pub(super) struct Exports {
    /// In the order of connectors and names.
    pub(super) records: Vec<Record>,
    pub(super) changes: Lists,
    pub(super) unreadable: Lists,
    /// Errors on the way out, by space and object of the metaverse.
    pub(super) errors: BTreeMap<(usize, usize), Problem>,
    pub(super) tally: Tally,
}

/// Counts of one synchronization.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// New values whose present value cannot be read, by space, type and attribute.
    pub(super) unreadable: BTreeMap<(usize, usize, Attr), u64>,
    pub(super) references_left_out: u64,
    /// Marked objects that are kept only because there is no history.
    pub(super) kept_without_history: u64,
    /// Marked objects that are kept because what they come from has an error.
    pub(super) held: u64,
    pub(super) assumptions: AssumptionSet,
}

/// One pending export.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) space: usize,
    pub(super) operation: Operation,
    /// The object of the metaverse, or none.
    pub(super) mv: u32,
    /// The object that is there, or none.
    pub(super) idx: u32,
    pub(super) why: Why,
    /// The name that it gets.
    pub(super) name: Option<Box<DistinguishedName>>,
    /// Its place among changes and unreadable attributes.
    pub(super) list: u32,
}

/// Why it is to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    Provisioned {
        rule: usize,
    },
    Flowed,
    /// This rule kept it and is out of scope now.
    OutOfScope {
        rule: usize,
    },
    /// This object is what it came from, and no rule lets it in.
    Filtered {
        object: u32,
    },
    SourceGone,
}

/// Finds objects of the target, those that are to be made included.
#[derive(Debug, Default)]
pub(super) struct Locator {
    n_objects: u32,
    made: HashMap<(usize, usize), u32>,
}

impl Locator {
    pub(super) fn new(state: &State, links: &Links) -> Self {
        let made = links.provisioned.iter().enumerate();
        Self {
            n_objects: small(state.partners.len()),
            made: made.map(|(at, it)| ((it.space, it.mv), small(at))).collect(),
        }
    }

    /// The object that is to be made for an object of the metaverse, by its place in the list of links.
    pub(super) fn made(&self, space: usize, mv: usize) -> Option<usize> {
        self.made.get(&(space, mv)).map(|it| *it as usize)
    }

    /// The name of an object that is there or is to be made.
    pub(super) fn name(
        &self,
        state: &State,
        links: &Links,
        object: u32,
    ) -> Option<DistinguishedName> {
        match object.checked_sub(self.n_objects) {
            Some(made) => links.provisioned.get(made as usize).map(|it| it.name.clone()),
            None => state.name(object),
        }
    }
}

/// Finds objects of the target and their names.
struct Finder<'a> {
    locator: &'a Locator,
    links: &'a Links,
}

impl Locate for Finder<'_> {
    fn locate(&self, state: &State, object: u32, space: usize) -> Option<u32> {
        self.locator.locate(state, object, space)
    }

    fn name(&self, state: &State, object: u32) -> Option<DistinguishedName> {
        self.locator.name(state, self.links, object)
    }
}

impl Locator {
    fn locate(&self, state: &State, object: u32, space: usize) -> Option<u32> {
        if state.place(object)?.0 == space {
            return Some(object);
        }
        let mv = state.partner(object)?;
        match state.metaverse.link(mv, space) {
            Some(idx) => Some(state.number(space, idx)),
            None => self.made.get(&(space, mv)).map(|it| self.n_objects + it),
        }
    }
}

/// What a piece of work brings.
#[derive(Default)]
struct Piece {
    records: Vec<Record>,
    changes: Lists,
    unreadable: Lists,
    errors: Vec<(usize, Problem)>,
    tally: Tally,
    own: Arena,
}

/// Works out every pending export.
pub(super) fn all(state: &mut State, groups: &Groups, links: &Links, locator: &Locator) -> Exports {
    let mut out = Exports::default();
    for space in 0..state.spaces.len() {
        let first = out.records.len();
        if state.plans.has_outbound(space) {
            let mut growth = Growth::on(&state.arena);
            parallel::in_order(
                state.options.threads,
                state.metaverse.len(),
                &*state,
                &mut (&mut out, &mut growth),
                |state, range| piece(state, groups, links, locator, space, range),
                |(out, growth), piece| out.take(growth, space, piece),
            );
            state.arena.absorb(growth);
        }
        orphans(state, groups, links, space, &mut out);
        in_order_of_names(state, &mut out.records[first..]);
    }
    out.changes.shrink();
    state.assumptions = state.assumptions.union(out.tally.assumptions);
    out
}

impl Exports {
    fn take(&mut self, growth: &mut Growth, space: usize, mut piece: Piece) {
        let adopted = growth.adopt(std::mem::take(&mut piece.own));
        piece.changes.map_values(true, |_, it: ValueId| adopted.id(it));
        let first = small(self.changes.len());
        self.changes.append(&piece.changes);
        self.unreadable.append(&piece.unreadable);
        self.records
            .extend(piece.records.into_iter().map(|it| Record { list: it.list + first, ..it }));
        self.errors.extend(piece.errors.into_iter().map(|(mv, it)| ((space, mv), it)));
        for (key, n) in piece.tally.unreadable {
            *self.tally.unreadable.entry(key).or_default() += n;
        }
        self.tally.references_left_out += piece.tally.references_left_out;
        self.tally.kept_without_history += piece.tally.kept_without_history;
        self.tally.assumptions = self.tally.assumptions.union(piece.tally.assumptions);
    }

    fn push(&mut self, record: Record) {
        let list = small(self.changes.len());
        self.changes.push(&[]);
        self.unreadable.push(&[]);
        self.records.push(Record { list, ..record });
    }
}

fn piece(
    state: &State,
    groups: &Groups,
    links: &Links,
    locator: &Locator,
    space: usize,
    range: std::ops::Range<usize>,
) -> Piece {
    let mut overlay = Overlay::new(&state.arena);
    let mut piece = Piece::default();
    for mv in range {
        let idx = state.metaverse.link(mv, space);
        let made = locator.made(space, mv).and_then(|it| links.provisioned.get(it));
        if idx.is_none() && made.is_none() {
            continue;
        }
        let work = Work { state, groups, links, locator, space, mv, idx };
        match work.record(made, &mut overlay, &mut piece) {
            Ok(()) => {}
            Err(problem) => piece.errors.push((mv, problem)),
        }
    }
    piece.own = overlay.into_own();
    piece
}

/// One object of the metaverse and its partner in one space.
struct Work<'a> {
    state: &'a State,
    groups: &'a Groups,
    links: &'a Links,
    locator: &'a Locator,
    space: usize,
    mv: usize,
    idx: Option<usize>,
}

impl Work<'_> {
    fn record(
        &self,
        made: Option<&link::Provisioned>,
        overlay: &mut Overlay<'_>,
        piece: &mut Piece,
    ) -> Result<(), Problem> {
        let Self { state, space, mv, idx, .. } = *self;
        let this = &state.spaces[space];
        let view = mv_view(state, self.groups, mv, space);
        let name = match (idx, made) {
            (Some(idx), _) => this.object_type(idx),
            (None, Some(made)) => {
                state.rule(made.rule).and_then(|it| match &it.target_object_type {
                    crate::rules::ObjectType::Named(name) => Some(name),
                    crate::rules::ObjectType::Any => None,
                })
            }
            (None, None) => None,
        };
        let Some(object_type) = name else { return Ok(()) };
        let used = &mut piece.tally.assumptions;
        let rules = link::in_scope(&view, used, |it| it.target_object_type.includes(object_type));
        let mut record = Record {
            space,
            operation: Operation::Update,
            mv: small(mv),
            idx: idx.map_or(NONE, small),
            why: Why::Flowed,
            name: None,
            list: 0,
        };
        if let Some(idx) = idx {
            match self.fate(idx, object_type, &rules) {
                Fate::Flow => {}
                Fate::Keep { without_history } => {
                    piece.tally.kept_without_history += u64::from(without_history);
                    // Rules that join go on, and bring with them those that only flow.
                    let links = |it: &usize| state.rule(*it).is_some_and(super::plan::links);
                    if !without_history || !rules.iter().any(links) {
                        return Ok(());
                    }
                }
                Fate::Delete { rule } => {
                    record.operation = Operation::Delete;
                    record.why = Why::OutOfScope { rule };
                    piece.push(record, &[], &[]);
                    return Ok(());
                }
            }
        } else if let Some(made) = made {
            record.operation =
                if made.replaces.is_some() { Operation::DeleteAdd } else { Operation::Add };
            record.why = Why::Provisioned { rule: made.rule };
            record.name = Some(Box::new(made.name.clone()));
        }
        let target = Target { idx, object_type, rules: &rules };
        let finder = Finder { locator: self.locator, links: self.links };
        let used = piece.tally.assumptions;
        let changes = outbound::changes(&view, overlay, target, &finder, used)?;
        if let Some((_, name)) = outbound::renamed(&view, target, &mut piece.tally.assumptions)? {
            record.operation = Operation::Rename;
            record.name = Some(Box::new(name));
        }
        piece.tally.references_left_out += changes.references_left_out;
        piece.tally.assumptions = piece.tally.assumptions.union(changes.assumptions);
        let type_idx = idx.map_or(usize::MAX, |it| this.type_idx(it));
        for attribute in &changes.unreadable {
            *piece.tally.unreadable.entry((space, type_idx, *attribute)).or_default() += 1;
        }
        if record.operation == Operation::Update && changes.list.is_empty() {
            return Ok(());
        }
        let unreadable: Vec<u32> = changes.unreadable.iter().map(|it| u32::from(*it)).collect();
        piece.push(record, &changes.list, &unreadable);
        Ok(())
    }

    fn fate(
        &self,
        idx: usize,
        object_type: &dirlift_model::AttributeName,
        rules: &[usize],
    ) -> Fate {
        let state = self.state;
        let this = &state.spaces[self.space];
        let plan = state.plans.outbound(self.space, state.metaverse.type_idx(self.mv));
        let provisions = |it: &&usize| {
            state.rule(**it).is_some_and(|it| {
                it.link_type == LinkType::Provision && it.target_object_type.includes(object_type)
            })
        };
        let keeper = plan.and_then(|it| it.rules.iter().find(provisions));
        let is_kept = rules.iter().any(|it| provisions(&it));
        if let Some(rule) = keeper
            && !is_kept
            && this.is_entra()
            && this.is_synchronised(idx)
        {
            return if state.options.history {
                Fate::Delete { rule: *rule }
            } else {
                Fate::Keep { without_history: true }
            };
        }
        let joined = self.links.joined_by.contains_key(&state.number(self.space, idx));
        let is_joined = || rules.iter().filter_map(|it| state.rule(*it)).any(super::plan::links);
        if joined && !is_joined() {
            return Fate::Keep { without_history: false };
        }
        Fate::Flow
    }
}

/// What becomes of a linked object.
enum Fate {
    Flow,
    Keep { without_history: bool },
    Delete { rule: usize },
}

impl Piece {
    fn push(&mut self, record: Record, changes: &[u32], unreadable: &[u32]) {
        let list = small(self.changes.len());
        self.changes.push(changes);
        self.unreadable.push(unreadable);
        self.records.push(Record { list, ..record });
    }
}

/// Deletes of marked objects without a partner.
fn orphans(state: &State, groups: &Groups, links: &Links, space: usize, out: &mut Exports) {
    if !state.spaces[space].is_entra() {
        return;
    }
    for (idx, orphan) in history::orphans(state, links, groups, &out.errors, space) {
        let why = match orphan {
            Orphan::Held(_) => {
                out.tally.held += 1;
                continue;
            }
            _ if !state.options.history => {
                out.tally.kept_without_history += 1;
                continue;
            }
            Orphan::Filtered(object) => Why::Filtered { object },
            Orphan::SourceGone => Why::SourceGone,
        };
        out.push(Record {
            space,
            operation: Operation::Delete,
            mv: NONE,
            idx: small(idx),
            why,
            name: None,
            list: 0,
        });
    }
}

fn in_order_of_names(state: &State, records: &mut [Record]) {
    let name = |it: &Record| match (&it.name, it.operation) {
        (Some(name), Operation::Add | Operation::DeleteAdd) => Some((**name).clone()),
        _ => state.spaces[it.space].name(&state.arena, it.idx as usize),
    };
    records.sort_by_cached_key(|it| (name(it), it.mv));
}
