//! What is wrong with a set of rules, found without any object.
use std::collections::BTreeMap;

use dirlift_model::{AttributeName, Guid};

use super::{Direction, FlowSource, LinkType, MergeType, SyncRule};
use crate::{
    expr::{Expression, ExpressionError, Priority, Warning},
    input::Names,
};

/// How much a finding about a rule matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// Works, but a reader should know it.
    Notice,
    /// Works differently from what it seems to say.
    Warning,
    /// Does not work.
    Error,
}

/// One thing about one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFinding {
    /// The rule.
    pub rule: Guid,
    /// Its name.
    pub rule_name: String,
    /// The flow by its place, from zero, and the attribute it writes.
    pub flow: Option<(usize, AttributeName)>,
    /// The column in the expression, from one.
    pub column: Option<usize>,
    /// What there is to say.
    pub problem: RuleProblem,
}

/// What a check of rules can find.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleProblem {
    /// An expression cannot be used.
    #[error("{0}")]
    Expression(ExpressionError),
    /// An expression can be used, but a reader should know something.
    #[error("{0}")]
    Note(Warning),
    /// Rules for one attribute merge values in different ways.
    #[error(
        "`{attribute}` is merged as {first:?} by `{other}` and as {second:?} here; all rules must use one way"
    )]
    MixedMerge {
        /// The attribute.
        attribute: AttributeName,
        /// How the other rule merges.
        first: MergeType,
        /// How this rule merges.
        second: MergeType,
        /// The other rule.
        other: String,
    },
    /// Rules with different join criteria can be in scope for one object.
    #[error(
        "`{other}` also joins these objects, by other criteria; only one joining rule may be in scope for an object"
    )]
    SeveralJoins {
        /// The other rule.
        other: String,
    },
    /// A clause has a value that its operator cannot use.
    #[error("the clause `{clause}` needs {needs}")]
    ClauseValue {
        /// The clause.
        clause: String,
        /// What its operator needs.
        needs: &'static str,
    },
    /// A group of clauses or criteria without any.
    #[error("a group of {what} is empty")]
    EmptyGroup {
        /// Clauses or join criteria.
        what: &'static str,
    },
    /// An attribute that the schema does not have.
    #[error("the schema has no attribute `{attribute}`")]
    MissingAttribute {
        /// The attribute.
        attribute: AttributeName,
    },
    /// Two rules of one direction have the same precedence.
    #[error("`{other}` has the same precedence {precedence}")]
    SamePrecedence {
        /// The precedence.
        precedence: u32,
        /// The other rule.
        other: String,
    },
    /// A customer's own rule stands where standard rules do.
    #[error("precedence {precedence} is reserved for standard rules; use a number below 100")]
    ReservedPrecedence {
        /// The precedence.
        precedence: u32,
    },
    /// A provisioning rule that nothing can recognise again.
    #[error(
        "the rule provisions objects but has no join criteria, so an existing object is not found"
    )]
    ProvisionWithoutJoin,
}

impl RuleProblem {
    /// How much it matters.
    pub const fn weight(&self) -> Weight {
        match self {
            Self::Expression(_) | Self::MixedMerge { .. } | Self::ClauseValue { .. } => {
                Weight::Error
            }
            Self::SeveralJoins { .. }
            | Self::EmptyGroup { .. }
            | Self::MissingAttribute { .. }
            | Self::SamePrecedence { .. }
            | Self::ProvisionWithoutJoin
            | Self::Note(Warning::TwoReadings { .. }) => Weight::Warning,
            Self::Note(Warning::Undocumented { .. }) | Self::ReservedPrecedence { .. } => {
                Weight::Notice
            }
        }
    }
}

/// Where attributes are looked up; answers whether the schema of the source or target side has one.
pub trait Schema {
    /// Whether the connector's schema has the attribute; `None` if the schema is not known.
    fn connector_has(&self, connector: Guid, attribute: &AttributeName) -> Option<bool>;
    /// Whether the metaverse has the attribute; `None` if the schema is not known.
    fn metaverse_has(&self, attribute: &AttributeName) -> Option<bool>;
}

/// No schema is known; nothing is missing.
impl Schema for () {
    fn connector_has(&self, _: Guid, _: &AttributeName) -> Option<bool> {
        None
    }

    fn metaverse_has(&self, _: &AttributeName) -> Option<bool> {
        None
    }
}

/// Everything there is to say about a set of rules, in order of application; disabled rules are not looked at.
pub fn check(rules: &[SyncRule], schema: &dyn Schema) -> Vec<RuleFinding> {
    let mut out = Vec::new();
    let ordered = SyncRule::in_order(rules);
    for (idx, rule) in ordered.iter().enumerate() {
        let mut checker = Checker { rule, schema, out: &mut out };
        checker.scope();
        checker.joins(&ordered[..idx]);
        checker.flows();
        checker.precedence(&ordered[..idx]);
    }
    mixed_merges(&ordered, &mut out);
    out
}

struct Checker<'a> {
    rule: &'a SyncRule,
    schema: &'a dyn Schema,
    out: &'a mut Vec<RuleFinding>,
}

impl Checker<'_> {
    fn add(&mut self, problem: RuleProblem) {
        self.out.push(finding(self.rule, None, None, problem));
    }

    fn source_has(&self, attribute: &AttributeName) -> bool {
        self.side_has(self.rule.direction == Direction::Inbound, attribute)
    }

    fn side_has(&self, in_connector: bool, attribute: &AttributeName) -> bool {
        let known = if in_connector {
            self.schema.connector_has(self.rule.connector, attribute)
        } else {
            self.schema.metaverse_has(attribute)
        };
        known.unwrap_or(true)
    }

    fn scope(&mut self) {
        for group in &self.rule.scope {
            if group.is_empty() {
                self.add(RuleProblem::EmptyGroup { what: "scope clauses" });
            }
            for clause in group {
                let is_number = clause.value.trim().parse::<i64>().is_ok();
                let is_name = clause.value.parse::<dirlift_model::DistinguishedName>().is_ok();
                let has_parameter = clause.value.contains('%');
                let needs = match clause.operator {
                    it if it.needs_number() && !is_number && !has_parameter => {
                        Some("a decimal number")
                    }
                    it if it.needs_name()
                        && (!is_name || clause.value.trim().is_empty())
                        && !has_parameter =>
                    {
                        Some("the distinguished name of a group")
                    }
                    _ => None,
                };
                if let Some(needs) = needs {
                    self.add(RuleProblem::ClauseValue { clause: clause.to_string(), needs });
                }
                if !self.source_has(&clause.attribute) {
                    self.add(RuleProblem::MissingAttribute { attribute: clause.attribute.clone() });
                }
            }
        }
    }

    fn joins(&mut self, before: &[&SyncRule]) {
        let rule = self.rule;
        for group in &rule.joins {
            if group.is_empty() {
                self.add(RuleProblem::EmptyGroup { what: "join criteria" });
            }
            for criterion in group {
                for (in_connector, attribute) in
                    [(true, &criterion.connector_space), (false, &criterion.metaverse)]
                {
                    if !self.side_has(in_connector, attribute) {
                        self.add(RuleProblem::MissingAttribute { attribute: attribute.clone() });
                    }
                }
            }
        }
        if rule.joins.is_empty() {
            if rule.link_type == LinkType::Provision && rule.direction == Direction::Inbound {
                self.add(RuleProblem::ProvisionWithoutJoin);
            }
            return;
        }
        // Equal criteria are no conflict: the shipped group rules share one. Filters that exclude each other are not
        // recognised, so this is a warning.
        let rival = before.iter().find(|it| {
            it.direction == rule.direction
                && it.connector == rule.connector
                && it.source_object_type.overlaps(&rule.source_object_type)
                && it.target_object_type == rule.target_object_type
                && !it.joins.is_empty()
                && it.joins != rule.joins
        });
        if let Some(other) = rival {
            self.add(RuleProblem::SeveralJoins { other: other.name.clone() });
        }
    }

    fn flows(&mut self) {
        let rule = self.rule;
        for (idx, flow) in rule.flows.iter().enumerate() {
            let place = || Some((idx, flow.target.clone()));
            let mut missing = Vec::new();
            if !self.side_has(rule.direction == Direction::Outbound, &flow.target) {
                missing.push(flow.target.clone());
            }
            match &flow.source {
                FlowSource::Constant(_) => {}
                FlowSource::Direct(attribute) => {
                    missing.extend((!self.source_has(attribute)).then(|| attribute.clone()));
                }
                FlowSource::Expression(text) => {
                    let column = |it: crate::expr::Span| Some(it.line_and_column(text).1);
                    match Expression::compile(text, Priority::Conventional, &mut Names::default()) {
                        Err(error) => {
                            let at = column(error.span());
                            self.out.push(finding(
                                rule,
                                place(),
                                at,
                                RuleProblem::Expression(error),
                            ));
                        }
                        Ok(expression) => {
                            for warning in expression.warnings() {
                                let problem = RuleProblem::Note(warning.clone());
                                self.out.push(finding(
                                    rule,
                                    place(),
                                    column(warning.span()),
                                    problem,
                                ));
                            }
                            let absent = expression
                                .attributes()
                                .map(|it| it.0)
                                .filter(|it| !self.source_has(it));
                            missing.extend(absent.cloned());
                        }
                    }
                }
            }
            for attribute in missing {
                self.out.push(finding(
                    rule,
                    place(),
                    None,
                    RuleProblem::MissingAttribute { attribute },
                ));
            }
        }
    }

    fn precedence(&mut self, before: &[&SyncRule]) {
        let precedence = self.rule.precedence;
        if self.rule.is_custom() && precedence >= 100 {
            self.add(RuleProblem::ReservedPrecedence { precedence });
        }
        let twin = before
            .iter()
            .find(|it| it.direction == self.rule.direction && it.precedence == precedence);
        if let Some(other) = twin {
            self.add(RuleProblem::SamePrecedence { precedence, other: other.name.clone() });
        }
    }
}

/// Rules that write one attribute of one type of object and merge it in different ways.
fn mixed_merges(rules: &[&SyncRule], out: &mut Vec<RuleFinding>) {
    // Inbound flows of all connectors meet in the metaverse; outbound flows meet in their connector.
    let mut first: BTreeMap<(Direction, Guid, String, AttributeName), (MergeType, &str)> =
        BTreeMap::new();
    for rule in rules {
        let connector =
            if rule.direction == Direction::Inbound { Guid::NIL } else { rule.connector };
        let target_type = rule.target_object_type.to_string().to_ascii_lowercase();
        for (idx, flow) in rule.flows.iter().enumerate() {
            let key = (rule.direction, connector, target_type.clone(), flow.target.clone());
            let (merge, other) = first.entry(key).or_insert((flow.merge, &rule.name));
            let differ =
                *merge != flow.merge && !(merge.is_exclusive() && flow.merge.is_exclusive());
            if differ {
                let problem = RuleProblem::MixedMerge {
                    attribute: flow.target.clone(),
                    first: *merge,
                    second: flow.merge,
                    other: (*other).to_owned(),
                };
                out.push(finding(rule, Some((idx, flow.target.clone())), None, problem));
            }
        }
    }
}

fn finding(
    rule: &SyncRule,
    flow: Option<(usize, AttributeName)>,
    column: Option<usize>,
    problem: RuleProblem,
) -> RuleFinding {
    RuleFinding { rule: rule.id, rule_name: rule.name.clone(), flow, column, problem }
}
