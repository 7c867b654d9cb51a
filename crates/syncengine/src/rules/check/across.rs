//! What is wrong with rules that stand beside each other.
use std::collections::{BTreeMap, BTreeSet};

use dirlift_model::{AttributeName, Guid, SyncRule};

use super::{finding, name_of};
use crate::rules::{
    CompiledRule, Direction, LinkType, MergeType, RuleFinding, RuleProblem, order, overlap,
};

/// Most earlier rules that one rule is compared with.
const MAX_RIVALS: usize = 256;

/// Checks rules against each other; those that are not applied only by identifier and place.
pub(super) fn check(
    rules: &[SyncRule],
    order: &[usize],
    compiled: &[CompiledRule],
    out: &mut Vec<RuleFinding>,
) {
    same_ids(rules, order, out);
    places(rules, out);
    precedence(rules, compiled, out);
    several_joins(rules, compiled, out);
    mixed_merges(rules, compiled, out);
    never_once(rules, compiled, out);
}

fn same_ids(rules: &[SyncRule], order: &[usize], out: &mut Vec<RuleFinding>) {
    let mut first: BTreeMap<Guid, usize> = BTreeMap::new();
    for index in order {
        let rule = &rules[*index];
        let known = *first.entry(rule.id).or_insert(*index);
        if known != *index && !rule.id.is_nil() {
            let other = name_of(&rules[known]);
            out.push(finding(*index, rule, None, RuleProblem::SameId { other }));
        }
    }
}

/// `precedence-after` and `precedence-before`.
fn places(rules: &[SyncRule], out: &mut Vec<RuleFinding>) {
    let loops = order::loops(rules);
    let mut by_id: BTreeMap<Guid, &SyncRule> = BTreeMap::new();
    for rule in rules {
        by_id.entry(rule.id).or_insert(rule);
    }
    for (index, rule) in rules.iter().enumerate().filter(|it| it.1.disabled != Some(true)) {
        if loops.contains(&index) {
            out.push(finding(index, rule, None, RuleProblem::PrecedenceLoop));
            continue;
        }
        let asked = [
            ("precedence-after", rule.precedence_after, true),
            ("precedence-before", rule.precedence_before, false),
        ];
        for (word, id, is_after) in asked {
            let Some(id) = id else { continue };
            let problem = match by_id.get(&id) {
                None => RuleProblem::PrecedenceUnknown { word, id },
                Some(other) if other.direction == rule.direction => {
                    let (Some(own), Some(its)) = (rule.precedence, other.precedence) else {
                        continue;
                    };
                    if own == its || (own > its) == is_after {
                        continue;
                    }
                    RuleProblem::PrecedenceContradiction { word, other: name_of(other) }
                }
                Some(_) => continue,
            };
            out.push(finding(index, rule, None, problem));
        }
    }
}

fn precedence(rules: &[SyncRule], compiled: &[CompiledRule], out: &mut Vec<RuleFinding>) {
    let mut first: BTreeMap<(Direction, u32), usize> = BTreeMap::new();
    for rule in compiled {
        let written = &rules[rule.index];
        let Some(precedence) = written.precedence else { continue };
        let known = *first.entry((rule.direction, precedence)).or_insert(rule.index);
        if known != rule.index {
            let other = name_of(&rules[known]);
            let problem = RuleProblem::SamePrecedence { precedence, other };
            out.push(finding(rule.index, written, None, problem));
        }
    }
}

/// Rules with join criteria that can be in scope for one object. Equal criteria are no conflict: the shipped group
/// rules share one. Other target types are none either: two shipped rules are in scope for every person.
fn several_joins(rules: &[SyncRule], compiled: &[CompiledRule], out: &mut Vec<RuleFinding>) {
    let mut seen: BTreeMap<(Direction, Guid, &AttributeName), Vec<&CompiledRule>> = BTreeMap::new();
    for rule in compiled.iter().filter(|it| !it.joins.is_empty()) {
        let written = &rules[rule.index];
        let key = (rule.direction, rule.connector, &written.target_object_type);
        let earlier = seen.entry(key).or_default();
        let rival = earlier
            .iter()
            .find(|it| it.joins != rule.joins && overlap::can_meet(&rules[it.index], written));
        if let Some(rival) = rival {
            let other = name_of(&rules[rival.index]);
            out.push(finding(rule.index, written, None, RuleProblem::SeveralJoins { other }));
        }
        if earlier.len() < MAX_RIVALS {
            earlier.push(rule);
        }
    }
}

/// Rules that write one attribute of one object and merge it in different ways.
fn mixed_merges(rules: &[SyncRule], compiled: &[CompiledRule], out: &mut Vec<RuleFinding>) {
    type Writers<'a> = Vec<(&'a CompiledRule, MergeType)>;
    // Inbound flows of all connectors meet in the metaverse; outbound flows meet in their connector.
    let mut seen: BTreeMap<_, Writers<'_>> = BTreeMap::new();
    for rule in compiled {
        let inbound = rule.direction == Direction::Inbound;
        let written = &rules[rule.index];
        for flow in &rule.flows {
            let connector = if inbound { Guid::NIL } else { rule.connector };
            let writers = seen.entry((rule.direction, connector, flow.target)).or_default();
            let rival = writers.iter().find(|(other, merge)| {
                *merge != flow.merge
                    && other.target_object_type.overlaps(&rule.target_object_type)
                    && (inbound && other.connector != rule.connector
                        || overlap::can_meet(&rules[other.index], written))
            });
            let attribute = &written.mappings[flow.index].destination;
            if let Some((other, first)) = rival {
                let problem = RuleProblem::MixedMerge {
                    attribute: attribute.clone(),
                    first: *first,
                    second: flow.merge,
                    other: name_of(&rules[other.index]),
                };
                let place = Some((flow.index, attribute.clone()));
                out.push(finding(rule.index, written, place, problem));
            }
            if writers.len() < MAX_RIVALS {
                writers.push((rule, flow.merge));
            }
        }
    }
}

/// Flows that take place only on a new object, where no rule makes one.
fn never_once(rules: &[SyncRule], compiled: &[CompiledRule], out: &mut Vec<RuleFinding>) {
    let key = |it: &CompiledRule| {
        let inbound = it.direction == Direction::Inbound;
        let target = rules[it.index].target_object_type.clone();
        (it.direction, if inbound { Guid::NIL } else { it.connector }, target)
    };
    let makes: BTreeSet<_> =
        compiled.iter().filter(|it| it.link_type == LinkType::Provision).map(key).collect();
    for rule in compiled.iter().filter(|it| !makes.contains(&key(it))) {
        let written = &rules[rule.index];
        if written.target_object_type.is("*") {
            continue;
        }
        for flow in rule.flows.iter().filter(|it| it.execute_once) {
            let place = Some((flow.index, written.mappings[flow.index].destination.clone()));
            out.push(finding(rule.index, written, place, RuleProblem::NeverOnce));
        }
    }
}
