//! Everything that the steps of a synchronization share.
use std::collections::{BTreeMap, HashMap, HashSet};

use dirlift_model::{AttributeName, DistinguishedName};

use super::{
    arena::{Arena, ValueId},
    attributes::Attributes,
    cells::{Attr, Cells, FlowRef, Lists},
    fault::Problem,
    metaverse::Metaverse,
    options::Options,
    plan::{Plans, flow_of},
    small,
    space::{NONE, Space},
};
use crate::{
    assumption::AssumptionSet,
    input::Input,
    rules::{CompiledRule, MergeType, RuleSet},
    value::Outcome,
};

/// Rules, spaces, metaverse and what connects them.
#[derive(Debug)]
pub(super) struct State {
    pub(super) rules: RuleSet,
    pub(super) attributes: Attributes,
    pub(super) options: Options,
    pub(super) arena: Arena,
    pub(super) spaces: Vec<Space>,
    pub(super) plans: Plans,
    pub(super) metaverse: Metaverse,
    /// For each object over all spaces its object of the metaverse.
    pub(super) partners: Vec<u32>,
    /// By space what its objects contribute while they are linked.
    pub(super) contributions: Vec<Lists>,
    /// Contributions of objects that were linked in another way than was expected.
    pub(super) overrides: HashMap<u32, Vec<u32>>,
    /// By space the rules in scope of each object that may link it.
    pub(super) linking: Vec<Lists>,
    /// Flows of objects that have no result: they count where no other object decides.
    pub(super) failed: HashMap<u32, Vec<(Attr, Problem)>>,
    /// Errors on the way in, by object over all spaces.
    pub(super) errors: BTreeMap<u32, Problem>,
    pub(super) assumptions: AssumptionSet,
    pub(super) passes: usize,
    pub(super) settled: bool,
}

/// One attribute of an object of the metaverse.
#[derive(Clone, Debug)]
pub(super) struct ImageCell<'a> {
    pub(super) attribute: Attr,
    pub(super) flow: FlowRef,
    pub(super) words: std::borrow::Cow<'a, [u32]>,
}

impl ImageCell<'_> {
    pub(super) fn values(&self) -> impl ExactSizeIterator<Item = ValueId> + Clone {
        self.words.iter().map(|it| ValueId(*it))
    }
}

impl State {
    /// The number over all spaces of an object.
    pub(super) fn number(&self, space: usize, idx: usize) -> u32 {
        self.spaces[space].base + small(idx)
    }

    /// The space and number in it of an object.
    pub(super) fn place(&self, number: u32) -> Option<(usize, usize)> {
        let space = self.spaces.iter().rposition(|it| it.base <= number)?;
        let idx = (number - self.spaces[space].base) as usize;
        (idx < self.spaces[space].len()).then_some((space, idx))
    }

    pub(super) fn partner(&self, number: u32) -> Option<usize> {
        let found = *self.partners.get(number as usize)?;
        (found != NONE).then_some(found as usize)
    }

    pub(super) fn name(&self, number: u32) -> Option<DistinguishedName> {
        let (space, idx) = self.place(number)?;
        self.spaces[space].name(&self.arena, idx)
    }

    /// What an object contributes.
    pub(super) fn contributed(&self, space: usize, idx: usize) -> Cells<'_> {
        let list = self.overrides.get(&self.number(space, idx)).map(Vec::as_slice);
        Cells::with_flows(list.unwrap_or_else(|| self.contributions[space].get(idx)))
    }

    pub(super) fn rule(&self, place: usize) -> Option<&CompiledRule> {
        self.rules.rules().get(place)
    }

    pub(super) fn merge_of(&self, flow: FlowRef) -> MergeType {
        flow_of(&self.rules, flow).map_or(MergeType::Update, |it| it.1.merge)
    }

    pub(super) fn mv_type(&self, mv: usize) -> Option<&AttributeName> {
        self.plans.types.get(self.metaverse.type_idx(mv))
    }

    /// What a flow comes to.
    pub(super) fn outcome(
        &self,
        input: &dyn Input,
        flow: FlowRef,
        used: &mut AssumptionSet,
    ) -> Outcome {
        let Some((_, compiled)) = flow_of(&self.rules, flow) else { return Outcome::Null };
        let evaluation = compiled.evaluate(input);
        *used = used.union(evaluation.assumptions);
        evaluation.outcome
    }

    /// All attributes of an object of the metaverse, by number.
    pub(super) fn image(&self, mv: usize) -> Vec<ImageCell<'_>> {
        let mut out: Vec<ImageCell<'_>> = Vec::new();
        let mut stops: Vec<(Attr, FlowRef)> = Vec::new();
        for (space, idx) in self.metaverse.links(mv) {
            let cells = self.contributed(space, idx);
            out.reserve(cells.most());
            for cell in cells {
                if cell.stops {
                    stops.push((cell.attribute, cell.flow));
                    continue;
                }
                out.push(ImageCell {
                    attribute: cell.attribute,
                    flow: cell.flow,
                    words: cell.words().into(),
                });
            }
        }
        let is_alone = self.metaverse.links(mv).nth(1).is_none() && stops.is_empty();
        if is_alone && !self.plans.has_merges {
            return out; // one list is in order
        }
        out.sort_by_key(|it| (it.attribute, it.flow));
        out.retain(|it| !stops.iter().any(|stop| stop.0 == it.attribute && stop.1 < it.flow));
        out.dedup_by(|later, first| {
            if later.attribute != first.attribute {
                return false;
            }
            let merge = self.merge_of(first.flow);
            if merge != MergeType::Update {
                let folds = merge == MergeType::MergeCaseInsensitive;
                self.add_values(first.words.to_mut(), &later.words, folds);
            }
            true
        });
        out
    }

    /// Adds the values that are not there yet.
    fn add_values(&self, kept: &mut Vec<u32>, more: &[u32], folds: bool) {
        let key = |it: &u32| {
            let raw = self.arena.raw(ValueId(*it));
            if folds && raw.kind == crate::Kind::Text {
                Err(raw.as_str().to_lowercase())
            } else {
                Ok(*it)
            }
        };
        let mut seen: HashSet<_> = kept.iter().map(key).collect();
        kept.extend(more.iter().filter(|it| seen.insert(key(it))));
    }

    /// One attribute of an object of the metaverse.
    pub(super) fn mv_cell(&self, mv: usize, attribute: Attr) -> Option<ImageCell<'_>> {
        let mut best: Option<ImageCell<'_>> = None;
        for (space, idx) in self.metaverse.links(mv) {
            let Some(cell) = self.contributed(space, idx).get(attribute) else { continue };
            if cell.stops || best.is_some() || self.merge_of(cell.flow) != MergeType::Update {
                // Two flows have a say: the whole rule of precedence.
                return self.image(mv).into_iter().find(|it| it.attribute == attribute);
            }
            best = Some(ImageCell { attribute, flow: cell.flow, words: cell.words().into() });
        }
        best
    }

    /// Links an object, for good or (with `None`) not any more.
    pub(super) fn link(&mut self, space: usize, idx: usize, mv: Option<usize>) {
        let number = self.number(space, idx);
        if let Some(old) = self.partner(number) {
            self.metaverse.set_link(old, space, None);
        }
        if let Some(place) = self.partners.get_mut(number as usize) {
            *place = mv.map_or(NONE, small);
        }
        if let Some(mv) = mv {
            self.metaverse.set_link(mv, space, Some(small(idx)));
        }
    }
}
