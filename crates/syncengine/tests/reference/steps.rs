//! Steps that look at one object or one attribute.
use std::collections::BTreeMap;

use dirlift_model::{
    AttributeName, AttributeValue, CsObject, SyncRule,
    rule::{Direction, JoinGroup, LinkType, ValueMerge},
};

use super::{Attributes, Given, Sight, Source, Trouble};

/// What comes of the flows of one attribute: the first that gives something, or the values of all that merge.
pub(super) fn winner(given: &BTreeMap<Source, Given>) -> Vec<AttributeValue> {
    let mut all = Vec::new();
    for it in given.values() {
        if it.is_authoritative {
            break;
        }
        let Some(values) = &it.values else { continue };
        if merging(&it.merge).is_none() {
            return values.clone();
        }
        add_new(&mut all, values.clone(), it.merge == ValueMerge::MergeCaseInsensitive);
    }
    all
}

/// How flows merge: not at all, by case (`true`) or not.
pub(super) fn merging(merge: &ValueMerge) -> Option<bool> {
    match merge {
        ValueMerge::Merge => Some(true),
        ValueMerge::MergeCaseInsensitive => Some(false),
        _ => None,
    }
}

pub(super) fn add_new(all: &mut Vec<AttributeValue>, more: Vec<AttributeValue>, any_case: bool) {
    for value in more {
        let is_same = |it: &AttributeValue| match (it, &value) {
            (AttributeValue::String(a), AttributeValue::String(b)) if any_case => {
                a.to_lowercase() == b.to_lowercase()
            }
            _ => *it == value,
        };
        if !all.iter().any(is_same) {
            all.push(value);
        }
    }
}

/// Only one rule with join criteria may be in scope for one type of target; the same criteria twice are no two.
pub(super) fn only_one_joins(rules: &[&SyncRule]) -> Result<(), Trouble> {
    let joining: Vec<_> = rules.iter().filter(|it| !it.joins.is_empty()).collect();
    let differ = |a: &SyncRule, b: &SyncRule| {
        a.target_object_type == b.target_object_type && a.joins != b.joins
    };
    let wrong = joining.iter().any(|a| joining.iter().any(|b| differ(a, b)));
    if wrong { Err(Trouble::SeveralJoinRules) } else { Ok(()) }
}

/// Whether a rule makes an object: it provisions, and an attribute of its join criteria has a value.
pub(super) fn provisions(rule: &SyncRule, sight: &Sight<'_>, direction: &Direction) -> bool {
    let mut criteria = rule.joins.iter().flat_map(|it| &it.conditions).map(|it| match direction {
        Direction::Inbound => &it.attribute,
        _ => &it.metaverse_attribute,
    });
    let has_criteria = rule.joins.iter().any(|it| !it.conditions.is_empty());
    rule.link_type == LinkType::Provision
        && (!has_criteria || criteria.any(|it| sight.attributes.contains_key(it)))
}

pub(super) fn matches(group: &JoinGroup, cs: &Attributes, mv: &Attributes) -> bool {
    !group.conditions.is_empty()
        && group.conditions.iter().all(|it| {
            let (Some(left), Some(right)) =
                (cs.get(&it.attribute), mv.get(&it.metaverse_attribute))
            else {
                return false;
            };
            let by_case = it.case_sensitive == Some(true);
            left.iter().any(|l| {
                right.iter().any(|r| match (l, r) {
                    (AttributeValue::String(l), AttributeValue::String(r)) if !by_case => {
                        l.to_lowercase() == r.to_lowercase()
                    }
                    _ => l == r,
                })
            })
        })
}

pub(super) fn is_of(of_rule: &AttributeName, object_type: &AttributeName) -> bool {
    of_rule.as_str() == "*" || of_rule == object_type
}

/// The attributes of an object; empty text is no value.
pub(super) fn as_map(object: &CsObject) -> Attributes {
    let is_some = |it: &&AttributeValue| !matches!(it, AttributeValue::String(it) if it.is_empty());
    object
        .attributes()
        .iter()
        .map(|it| (it.name.clone(), it.values.iter().filter(is_some).cloned().collect::<Vec<_>>()))
        .filter(|it| !it.1.is_empty())
        .collect()
}
