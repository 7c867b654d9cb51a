//! Which rules and flows an object of a type may meet, worked out once.
use std::collections::BTreeMap;

use dirlift_model::AttributeName;

use super::{
    attributes::{Known, attr},
    cells::{Attr, FlowRef},
    needs::needs,
    space::Space,
};
use crate::{
    assumption::AssumptionSet,
    rules::{CompiledFlow, CompiledRule, Direction, MergeType, ObjectType, RuleSet},
};

/// The rules for objects of one type, and the flows of all of them by target.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Places in the set, in order of precedence.
    pub(super) rules: Vec<usize>,
    /// By target attribute, the flows in order of precedence.
    pub(super) targets: Vec<(Attr, Vec<FlowRef>)>,
    /// By target what is assumed while no attribute is there that its flows read. None if its flows may come to something
    /// all the same.
    asleep: Vec<Option<AssumptionSet>>,
    /// By number of an attribute of the source the targets that may come to something once it is there.
    woken: Vec<Vec<usize>>,
    /// The types of target that rules name.
    pub(super) target_types: Vec<AttributeName>,
    /// Whether some flow takes place on new objects only.
    pub(super) has_once: bool,
}

/// Every plan.
#[derive(Debug)]
pub(super) struct Plans {
    /// By space and type of the connector space.
    inbound: Vec<Vec<Plan>>,
    /// By space and type of the metaverse.
    outbound: Vec<Vec<Plan>>,
    /// Types of the metaverse.
    pub(super) types: Vec<AttributeName>,
    /// Attributes of the metaverse whose flows do not all merge alike.
    pub(super) mixed: Vec<Attr>,
    /// Whether flows to some attribute of the metaverse merge.
    pub(super) has_merges: bool,
}

impl Plans {
    pub(super) fn new(set: &RuleSet, spaces: &[Space], known: &Known) -> Self {
        let mut types: Vec<AttributeName> = Vec::new();
        for rule in set.rules() {
            let side = match rule.direction {
                Direction::Inbound => &rule.target_object_type,
                Direction::Outbound => &rule.source_object_type,
            };
            if let ObjectType::Named(name) = side
                && !types.contains(name)
            {
                types.push(name.clone());
            }
        }
        let places: BTreeMap<usize, usize> =
            set.rules().iter().enumerate().map(|(at, it)| (it.index, at)).collect();
        let plan = |direction, space: &Space, name: &AttributeName| {
            let rules = set.applicable(direction, space.connector.id, name);
            let rules = rules.filter_map(|it| places.get(&it.index).copied()).collect();
            Plan::new(set, rules, known)
        };
        let plans = |direction, space: &Space, names: &[AttributeName]| {
            names.iter().map(|it| plan(direction, space, it)).collect()
        };
        let mut merges: BTreeMap<Attr, Vec<MergeType>> = BTreeMap::new();
        for rule in set.rules().iter().filter(|it| it.direction == Direction::Inbound) {
            for flow in &rule.flows {
                merges.entry(attr(flow.target)).or_default().push(flow.merge);
            }
        }
        let has_merges = merges.values().flatten().any(|it| *it != MergeType::Update);
        merges.retain(|_, it| it.windows(2).any(|it| it[0] != it[1]));
        Self {
            mixed: merges.into_keys().collect(),
            has_merges,
            inbound: spaces
                .iter()
                .map(|it| plans(Direction::Inbound, it, &it.type_names))
                .collect(),
            outbound: spaces.iter().map(|it| plans(Direction::Outbound, it, &types)).collect(),
            types,
        }
    }

    pub(super) fn inbound(&self, space: usize, type_idx: usize) -> Option<&Plan> {
        self.inbound.get(space)?.get(type_idx)
    }

    /// Whether some rule writes to a space.
    pub(super) fn has_outbound(&self, space: usize) -> bool {
        self.outbound.get(space).is_some_and(|it| it.iter().any(|it| !it.rules.is_empty()))
    }

    pub(super) fn outbound(&self, space: usize, type_idx: usize) -> Option<&Plan> {
        self.outbound.get(space)?.get(type_idx)
    }
}

impl Plan {
    fn new(set: &RuleSet, rules: Vec<usize>, known: &Known) -> Self {
        let mut targets: BTreeMap<Attr, Vec<FlowRef>> = BTreeMap::new();
        let (mut target_types, mut has_once) = (Vec::new(), false);
        for at in &rules {
            if let ObjectType::Named(name) = &set.rules()[*at].target_object_type
                && !target_types.contains(name)
            {
                target_types.push(name.clone());
            }
            for (flow_idx, flow) in set.rules()[*at].flows.iter().enumerate() {
                has_once |= flow.execute_once;
                let flow_ref = FlowRef::new(*at, flow_idx);
                targets.entry(attr(flow.target)).or_default().push(flow_ref);
            }
        }
        let targets: Vec<_> = targets.into_iter().collect();
        let mut asleep = vec![None; targets.len()];
        let mut woken: Vec<Vec<usize>> = Vec::new();
        for (at, (_, flows)) in targets.iter().enumerate() {
            let Some(needs) = needs(set, flows, known) else { continue };
            asleep[at] = Some(needs.assumptions);
            for attribute in needs.attributes.into_iter().map(usize::from) {
                woken.resize_with(woken.len().max(attribute + 1), Vec::new);
                woken[attribute].push(at);
            }
        }
        Self { rules, targets, asleep, woken, target_types, has_once }
    }

    /// For each target whether its flows are to be evaluated on an object that has these attributes. To any other they
    /// come to nothing, and all that they would assume was assumed before.
    pub(super) fn awake(
        &self,
        present: impl Iterator<Item = Attr>,
        used: AssumptionSet,
    ) -> Vec<bool> {
        let is_awake = |it: &Option<AssumptionSet>| it.is_none_or(|it| !used.includes(it));
        let mut awake: Vec<bool> = self.asleep.iter().map(is_awake).collect();
        for targets in present.filter_map(|it| self.woken.get(usize::from(it))) {
            for it in targets {
                awake[*it] = true;
            }
        }
        awake
    }

    /// The flows to an attribute, in order of precedence.
    pub(super) fn flows_to(&self, attribute: Attr) -> &[FlowRef] {
        self.target(attribute).map_or(&[], |it| &self.targets[it].1)
    }

    /// The place of a target.
    pub(super) fn target(&self, attribute: Attr) -> Option<usize> {
        self.targets.binary_search_by_key(&attribute, |it| it.0).ok()
    }
}

/// The rule and flow behind a reference.
pub(super) fn flow_of(set: &RuleSet, flow: FlowRef) -> Option<(&CompiledRule, &CompiledFlow)> {
    let rule = set.rules().get(flow.rule())?;
    Some((rule, rule.flows.get(flow.flow())?))
}

/// Rules by their places, quick to ask.
#[derive(Debug)]
pub(super) struct Mask(Vec<bool>);

impl Mask {
    /// Those of some rules that are wanted.
    pub(super) fn new(
        set: &RuleSet,
        rules: &[usize],
        wanted: impl Fn(&CompiledRule) -> bool,
    ) -> Self {
        let mut mask = vec![false; set.rules().len()];
        for it in rules {
            if let (Some(place), Some(rule)) = (mask.get_mut(*it), set.rules().get(*it)) {
                *place = wanted(rule);
            }
        }
        Self(mask)
    }

    pub(super) fn has(&self, flow: FlowRef) -> bool {
        self.0.get(flow.rule()).copied().unwrap_or(false)
    }
}

/// Whether a rule links objects, not only flows.
pub(super) fn links(rule: &CompiledRule) -> bool {
    !rule.joins.is_empty() || rule.link_type.keeps_alive()
}
