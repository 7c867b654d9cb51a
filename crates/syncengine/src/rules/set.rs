//! A set of rules, checked and compiled: what the engine works with.
use std::{collections::BTreeMap, sync::Arc};

use dirlift_model::{AttributeName, Guid, Severity, SyncRule};

use super::{
    CompiledFlow, Direction, JoinGroup, LinkType, ObjectType, RuleFinding, Schema, Scope, check,
    in_order, join,
};
use crate::input::Names;

/// One rule, ready to be applied.
#[derive(Clone, Debug)]
pub struct CompiledRule {
    /// Its place in the list that the set was made from, from zero.
    pub index: usize,
    /// Its identifier.
    pub id: Guid,
    /// Its name.
    pub name: Arc<str>,
    /// Whether the product did not ship it.
    pub is_custom: bool,
    /// Which way it flows.
    pub direction: Direction,
    /// The connector it belongs to.
    pub connector: Guid,
    /// The type of the objects it begins with.
    pub source_object_type: ObjectType,
    /// The type of the objects it flows to.
    pub target_object_type: ObjectType,
    /// What it does when there is no target yet.
    pub link_type: LinkType,
    /// Its place; lower numbers win. `u32::MAX` if the rule has none, which is a finding.
    pub precedence: u32,
    /// Whether it takes password hashes along.
    pub password_sync: bool,
    /// Which objects it applies to.
    pub scope: Scope,
    /// Groups of join criteria, tried in their order.
    pub joins: Vec<JoinGroup>,
    /// The attribute flows that can be used, in their order.
    pub flows: Vec<CompiledFlow>,
}

/// Rules that are applied together, with everything there is to say about them.
///
/// Disabled rules, and rules with a word that is not known, are not among the rules; of the others, flows that cannot
/// be used are left out. The findings name each of them, so a set [without blockers](RuleSet::is_sound) does what
/// its rules say.
#[derive(Clone, Debug)]
pub struct RuleSet {
    names: Names,
    rules: Vec<CompiledRule>,
    selections: BTreeMap<(Direction, Guid), Selection>,
    findings: Vec<RuleFinding>,
}

/// The rules of one direction and connector, by the type of the source object.
#[derive(Clone, Debug, Default)]
struct Selection {
    named: BTreeMap<AttributeName, Vec<usize>>,
    /// For types that no rule names.
    any: Vec<usize>,
}

impl RuleSet {
    /// Checks and compiles rules.
    pub fn compile(rules: &[SyncRule], schema: &dyn Schema) -> Self {
        let mut names = Names::default();
        let order = in_order(rules);
        let mut compiled = Vec::new();
        let findings = check::check(rules, &order, schema, &mut names, &mut compiled);
        let selections = select(&compiled);
        Self { names, rules: compiled, selections, findings }
    }

    /// The attributes of all rules with their numbers.
    pub const fn names(&self) -> &Names {
        &self.names
    }

    /// The attributes of all rules with their numbers; further names may be added.
    pub const fn names_mut(&mut self) -> &mut Names {
        &mut self.names
    }

    /// The rules that are applied, inbound ones first, each direction in order of precedence.
    pub fn rules(&self) -> &[CompiledRule] {
        &self.rules
    }

    /// The rules for an object of this type, in order of precedence. The type is the one of the source: in the
    /// connector space for inbound rules, in the metaverse for outbound ones.
    pub fn applicable(
        &self,
        direction: Direction,
        connector: Guid,
        object_type: &AttributeName,
    ) -> impl Iterator<Item = &CompiledRule> {
        let selection = self.selections.get(&(direction, connector));
        let places = selection.map(|it| it.named.get(object_type).unwrap_or(&it.any));
        places.into_iter().flatten().filter_map(|it| self.rules.get(*it))
    }

    /// The connectors that have rules of this direction.
    pub fn connectors(&self, direction: Direction) -> impl Iterator<Item = Guid> {
        self.selections.keys().filter(move |it| it.0 == direction).map(|it| it.1)
    }

    /// What there is to say, rules in order of application.
    pub fn findings(&self) -> &[RuleFinding] {
        &self.findings
    }

    /// Whether nothing had to be left out and nothing contradicts itself.
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|it| it.problem.severity() < Severity::Blocker)
    }
}

fn select(rules: &[CompiledRule]) -> BTreeMap<(Direction, Guid), Selection> {
    let mut selections: BTreeMap<(Direction, Guid), Selection> = BTreeMap::new();
    for rule in rules {
        let selection = selections.entry((rule.direction, rule.connector)).or_default();
        if let ObjectType::Named(name) = &rule.source_object_type {
            selection.named.entry(name.clone()).or_default();
        }
    }
    for (place, rule) in rules.iter().enumerate() {
        let Some(selection) = selections.get_mut(&(rule.direction, rule.connector)) else {
            continue;
        };
        match &rule.source_object_type {
            ObjectType::Named(name) => {
                selection.named.entry(name.clone()).or_default().push(place);
            }
            ObjectType::Any => {
                selection.any.push(place);
                selection.named.values_mut().for_each(|it| it.push(place));
            }
        }
    }
    selections
}

/// What a rule needs to be applied at all.
pub(super) struct Frame {
    pub(super) direction: Direction,
    pub(super) link_type: LinkType,
    pub(super) scope: Scope,
}

impl CompiledRule {
    pub(super) fn new(
        index: usize,
        rule: &SyncRule,
        frame: Frame,
        flows: Vec<CompiledFlow>,
        names: &mut Names,
    ) -> Self {
        Self {
            index,
            id: rule.id,
            name: rule.name.as_str().into(),
            is_custom: rule.is_custom(),
            direction: frame.direction,
            connector: rule.connector,
            source_object_type: ObjectType::of(&rule.source_object_type),
            target_object_type: ObjectType::of(&rule.target_object_type),
            link_type: frame.link_type,
            precedence: rule.precedence.unwrap_or(u32::MAX),
            password_sync: rule.enable_password_sync.unwrap_or(false),
            scope: frame.scope,
            joins: join::compile(&rule.joins, names),
            flows,
        }
    }
}
