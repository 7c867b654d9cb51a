//! What is wrong with rules, found without any object; single rules here, rules beside each other in [`across`].
mod across;

use std::collections::BTreeSet;

use dirlift_model::{
    AttributeName, DistinguishedName, SyncRule,
    rule::{AttributeMapping, MappingKind, MappingSource, ScopeClause, ScopeOperator},
    text::shorten,
};

use super::{
    CompiledFlow, CompiledRule, Direction, FlowSource, LinkType, ObjectType, RuleFinding,
    RuleProblem, Schema, Scope,
    flow::FlowError,
    overlap,
    scope::{self, test_of},
    set::Frame,
};
use crate::{
    expr::{Expression, Span},
    input::Names,
};

/// Parameters that the product defines for each connector.
const PARAMETERS: [&str; 7] = [
    "Connector.ID",
    "Domain.FQDN",
    "Domain.LDAP",
    "Domain.Netbios",
    "Forest.FQDN",
    "Forest.LDAP",
    "Forest.Netbios",
];

/// Longest part of a hostile text that a message repeats, in characters.
const MAX_SHOWN: usize = 120;

/// Checks rules and compiles those that are applied, in the given order.
pub(super) fn check(
    rules: &[SyncRule],
    order: &[usize],
    schema: &dyn Schema,
    names: &mut Names,
    compiled: &mut Vec<CompiledRule>,
) -> Vec<RuleFinding> {
    let mut out = Vec::new();
    for index in order {
        let mut checker = Checker { index: *index, rule: &rules[*index], schema, out: &mut out };
        if let Some(rule) = checker.rule(names) {
            compiled.push(rule);
        }
    }
    across::check(rules, order, compiled, &mut out);
    let mut place = vec![0; rules.len()];
    order.iter().enumerate().for_each(|(at, idx)| place[*idx] = at);
    out.sort_by_key(|it| place[it.index]);
    out
}

pub(super) fn finding(
    index: usize,
    rule: &SyncRule,
    flow: Option<(usize, AttributeName)>,
    problem: RuleProblem,
) -> RuleFinding {
    RuleFinding {
        index,
        rule: rule.id,
        rule_name: rule.name.clone(),
        location: rule.location.clone(),
        flow,
        at: None,
        problem,
    }
}

/// The name of a rule for a message.
pub(super) fn name_of(rule: &SyncRule) -> String {
    if rule.name.trim().is_empty() { rule.id.braced() } else { shorten(&rule.name, MAX_SHOWN) }
}

/// A clause as it is written.
pub(super) fn clause_text(clause: &ScopeClause) -> String {
    let text = match clause.operator {
        ScopeOperator::IsNull | ScopeOperator::IsNotNull => {
            format!("{} {}", clause.attribute, clause.operator)
        }
        _ => format!("{} {} {}", clause.attribute, clause.operator, clause.value),
    };
    shorten(&text, MAX_SHOWN)
}

struct Checker<'a> {
    index: usize,
    rule: &'a SyncRule,
    schema: &'a dyn Schema,
    out: &'a mut Vec<RuleFinding>,
}

impl Checker<'_> {
    fn add(&mut self, problem: RuleProblem) {
        self.out.push(finding(self.index, self.rule, None, problem));
    }

    fn unknown(&mut self, what: &'static str, word: &str) {
        let word = shorten(word, MAX_SHOWN);
        self.add(RuleProblem::UnknownWord { what, word, part: "rule" });
    }

    fn missing(&mut self, is_missing: bool, what: &'static str, effect: &'static str) {
        if is_missing {
            self.add(RuleProblem::Missing { what, effect });
        }
    }

    /// Checks the rule; compiled, if it is applied.
    fn rule(&mut self, names: &mut Names) -> Option<CompiledRule> {
        let rule = self.rule;
        if rule.disabled == Some(true) {
            self.add(RuleProblem::Disabled);
            return None;
        }
        if rule.disabled.is_none() {
            self.add(RuleProblem::UnknownState);
        }
        let no_type = rule.source_object_type.as_str().is_empty()
            || rule.target_object_type.as_str().is_empty();
        self.missing(rule.name.trim().is_empty(), "name", "its identifier stands for it");
        self.missing(rule.id.is_nil(), "identifier", "changes cannot be traced back to it");
        self.missing(rule.connector.is_nil(), "connector", "it applies to nothing");
        self.missing(no_type, "object type on one side", "it applies to nothing");
        self.missing(rule.precedence.is_none(), "precedence", "it is applied last");
        let direction = Direction::of(&rule.direction);
        if direction.is_none() {
            self.unknown("direction", rule.direction.as_str());
        }
        let link_type = LinkType::of(&rule.link_type);
        if link_type.is_none() {
            self.unknown("link type", rule.link_type.as_str());
        }
        let scope = Scope::compile(&rule.scope, names);
        if let Err(error) = &scope {
            self.unknown("scope operator", &error.word);
        }
        let direction = direction?;
        self.scope(direction);
        self.joins(direction, link_type);
        let flows = self.flows(direction, names);
        if let Some(precedence) = rule.precedence.filter(|it| rule.is_custom() && *it >= 100) {
            self.add(RuleProblem::ReservedPrecedence { precedence });
        }
        let frame = Frame { direction, link_type: link_type?, scope: scope.ok()? };
        Some(CompiledRule::new(self.index, rule, frame, flows, names))
    }

    /// The problem that an attribute is, if the schema of its side does not have it.
    fn absent(&self, in_connector: bool, attribute: &AttributeName) -> Option<RuleProblem> {
        let known = if in_connector {
            self.schema.connector_has(self.rule.connector, attribute)
        } else {
            self.schema.metaverse_has(attribute)
        };
        let side = if in_connector { "connector" } else { "metaverse" };
        (known == Some(false))
            .then(|| RuleProblem::MissingAttribute { attribute: attribute.clone(), side })
    }

    fn scope(&mut self, direction: Direction) {
        let mut seen = BTreeSet::new();
        for (idx, group) in self.rule.scope.iter().enumerate() {
            if group.clauses.is_empty() {
                let effect = "every object satisfies it";
                self.add(RuleProblem::EmptyGroup { what: "scope clauses", effect });
            }
            if overlap::is_impossible(group) {
                self.add(RuleProblem::ImpossibleGroup { group: idx + 1 });
            }
            for clause in &group.clauses {
                self.clause(clause);
                if seen.insert(&clause.attribute) {
                    let absent = self.absent(direction == Direction::Inbound, &clause.attribute);
                    if let Some(problem) = absent {
                        self.add(problem);
                    }
                }
            }
        }
    }

    fn clause(&mut self, clause: &ScopeClause) {
        let value = clause.value.trim();
        let mut has_parameter = false;
        for name in scope::parameters(&clause.value) {
            has_parameter = true;
            if !is_known_parameter(name) {
                let name = shorten(name, MAX_SHOWN);
                self.add(RuleProblem::UnknownParameter { name });
            }
        }
        let needs = match test_of(&clause.operator) {
            _ if has_parameter => return,
            Some((scope::Test::BitSet, _)) if value.parse::<i64>().is_err() => "a decimal number",
            Some((scope::Test::MemberOf, _))
                if value.is_empty() || value.parse::<DistinguishedName>().is_err() =>
            {
                "the distinguished name of a group"
            }
            _ => return,
        };
        self.add(RuleProblem::ClauseValue { clause: clause_text(clause), needs });
    }

    fn joins(&mut self, direction: Direction, link_type: Option<LinkType>) {
        let rule = self.rule;
        for group in &rule.joins {
            if group.conditions.is_empty() {
                let effect = "it joins nothing";
                self.add(RuleProblem::EmptyGroup { what: "join criteria", effect });
            }
            for it in &group.conditions {
                let absent =
                    [self.absent(true, &it.attribute), self.absent(false, &it.metaverse_attribute)];
                absent.into_iter().flatten().for_each(|it| self.add(it));
            }
        }
        if link_type != Some(LinkType::Provision) {
            return;
        }
        if rule.joins.is_empty() && direction == Direction::Inbound {
            self.add(RuleProblem::ProvisionWithoutJoin);
        }
        if ObjectType::of(&rule.target_object_type) == ObjectType::Any {
            self.add(RuleProblem::ProvisionAny);
        }
    }

    fn flows(&mut self, direction: Direction, names: &mut Names) -> Vec<CompiledFlow> {
        let mut flows = Vec::with_capacity(self.rule.mappings.len());
        let mut targets = BTreeSet::new();
        for (index, mapping) in self.rule.mappings.iter().enumerate() {
            let place = (index, mapping.destination.clone());
            let compiled = CompiledFlow::compile(index, mapping, names);
            let mut problems = Vec::new();
            problems.extend(
                self.absent(direction == Direction::Outbound, &mapping.destination)
                    .filter(|_| !mapping.destination.as_str().is_empty()),
            );
            let mut at = None;
            match compiled {
                Err(error) => {
                    let (problem, span) = flow_problem(error);
                    at = span.map(|it| column(it, mapping));
                    problems.insert(0, problem);
                }
                Ok(flow) => {
                    if !targets.insert(flow.target) && flow.merge == super::MergeType::Update {
                        let attribute = mapping.destination.clone();
                        problems.push(RuleProblem::RepeatedTarget { attribute });
                    }
                    match &flow.source {
                        FlowSource::Direct(_) => self.direct(direction, mapping, &mut problems),
                        FlowSource::Constant(_) => {}
                        FlowSource::Expression(it) => {
                            self.notes(&place, it, mapping);
                            self.expression(direction, it, &mut problems);
                        }
                    }
                    flows.push(flow);
                }
            }
            for problem in problems {
                let at = at.take();
                self.out.push(RuleFinding {
                    at,
                    ..finding(self.index, self.rule, Some(place.clone()), problem)
                });
            }
        }
        flows
    }

    fn direct(
        &self,
        direction: Direction,
        mapping: &AttributeMapping,
        problems: &mut Vec<RuleProblem>,
    ) {
        let MappingSource::Attributes(all) = &mapping.source else { return };
        if all.len() > 1 && mapping.kind() == Some(MappingKind::Direct) {
            problems.push(RuleProblem::SeveralSources { count: all.len() });
        }
        let first = all.first().and_then(|it| self.absent(direction == Direction::Inbound, it));
        problems.extend(first);
    }

    fn expression(
        &self,
        direction: Direction,
        expression: &Expression,
        problems: &mut Vec<RuleProblem>,
    ) {
        for (name, _) in expression.attributes() {
            problems.extend(self.absent(direction == Direction::Inbound, name));
        }
        let unknown = expression.parameters().filter(|it| !is_known_parameter(it));
        problems.extend(
            unknown.map(|it| RuleProblem::UnknownParameter { name: shorten(it, MAX_SHOWN) }),
        );
    }

    fn notes(
        &mut self,
        place: &(usize, AttributeName),
        expression: &Expression,
        mapping: &AttributeMapping,
    ) {
        for warning in expression.warnings() {
            let problem = RuleProblem::Note(warning.clone());
            self.out.push(RuleFinding {
                at: Some(column(warning.span(), mapping)),
                ..finding(self.index, self.rule, Some(place.clone()), problem)
            });
        }
    }
}

fn is_known_parameter(name: &str) -> bool {
    PARAMETERS.iter().any(|it| it.eq_ignore_ascii_case(name))
}

/// Line and column in the expression, white space before it not counted.
fn column(span: Span, mapping: &AttributeMapping) -> (usize, usize) {
    span.line_and_column(mapping.expression.as_deref().unwrap_or_default().trim())
}

fn flow_problem(error: FlowError) -> (RuleProblem, Option<Span>) {
    let problem = match error {
        FlowError::NoTarget => RuleProblem::EmptyMapping { what: "target attribute" },
        FlowError::NoSource => RuleProblem::EmptyMapping { what: "source and no expression" },
        FlowError::Secret => RuleProblem::Secret,
        FlowError::UnknownMerge(word) => RuleProblem::UnknownWord {
            what: "merge type",
            word: shorten(&word, MAX_SHOWN),
            part: "flow",
        },
        FlowError::Expression(error) => {
            let span = error.span();
            return (RuleProblem::Expression(error), Some(span));
        }
    };
    (problem, None)
}
