//! What a check of rules can find.
use dirlift_model::{AttributeName, Guid, Severity, config::Location};

use super::MergeType;
use crate::expr::{ExpressionError, Warning};

/// One thing about one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFinding {
    /// The place of the rule in the list that was checked, from zero.
    pub index: usize,
    /// The rule.
    pub rule: Guid,
    /// Its name.
    pub rule_name: String,
    /// Where it begins.
    pub location: Location,
    /// The flow by its place, from zero, and the attribute it writes.
    pub flow: Option<(usize, AttributeName)>,
    /// Line and column in the expression, from one.
    pub at: Option<(usize, usize)>,
    /// What there is to say.
    pub problem: RuleProblem,
}

/// What there is to say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleProblem {
    /// A word that is none of the known ones; the rule (or the flow) is left out.
    #[error("`{word}` is no {what} that is known; correct it, the {part} is left out")]
    UnknownWord {
        /// What it should be.
        what: &'static str,
        /// The word, shortened.
        word: String,
        /// What is left out.
        part: &'static str,
    },
    /// Something that every rule has is not there.
    #[error("the rule has no {what}; {effect}")]
    Missing {
        /// What is not there.
        what: &'static str,
        /// What follows from that.
        effect: &'static str,
    },
    /// `disabled` is not said.
    #[error("the file does not say whether the rule is disabled; it counts as enabled")]
    UnknownState,
    /// The rule is switched off.
    #[error("the rule is disabled and has no effect")]
    Disabled,
    /// Another rule has the same identifier.
    #[error("`{other}` has the same identifier; give each rule its own")]
    SameId {
        /// The other rule.
        other: String,
    },
    /// A flow has nothing to take a value from, or nothing to write to.
    #[error("the flow has no {what} and is left out")]
    EmptyMapping {
        /// Source or target.
        what: &'static str,
    },
    /// The value of a flow was dropped when the file was read.
    #[error("the value of the flow was taken for a secret and is not known; the flow is left out")]
    Secret,
    /// A direct flow from several attributes.
    #[error(
        "the flow names {count} source attributes without an expression; only the first counts"
    )]
    SeveralSources {
        /// How many.
        count: usize,
    },
    /// Two flows of one rule write one attribute.
    #[error("the rule writes `{attribute}` twice; only the first flow with a value counts")]
    RepeatedTarget {
        /// The attribute.
        attribute: AttributeName,
    },
    /// A flow that never takes place.
    #[error(
        "the flow is executed once, when the object is created, but no rule creates such objects"
    )]
    NeverOnce,
    /// An expression cannot be used; the flow is left out.
    #[error("{0}")]
    Expression(ExpressionError),
    /// An expression can be used, but a reader should know something.
    #[error("{0}")]
    Note(Warning),
    /// A parameter that the product does not define by itself.
    #[error(
        "the parameter `%{name}%` is none of the product's own; it must be defined for this connector"
    )]
    UnknownParameter {
        /// Its name.
        name: String,
    },
    /// Rules for one attribute merge values in different ways.
    #[error(
        "`{attribute}` is merged as {first} by `{other}` and as {second} here; all rules in scope must use one way"
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
    #[error("a group of {what} is empty; {effect}")]
    EmptyGroup {
        /// Clauses or join criteria.
        what: &'static str,
        /// What follows from that.
        effect: &'static str,
    },
    /// A group whose clauses contradict each other.
    #[error("no object can satisfy group {group} of the scope: its clauses contradict each other")]
    ImpossibleGroup {
        /// The group, from one.
        group: usize,
    },
    /// An attribute that the schema does not have.
    #[error("the schema of the {side} has no attribute `{attribute}`")]
    MissingAttribute {
        /// The attribute.
        attribute: AttributeName,
        /// Connector or metaverse.
        side: &'static str,
    },
    /// Two rules of one direction have the same precedence.
    #[error("`{other}` has the same precedence {precedence}; which of them wins is not certain")]
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
    /// Rules that each ask to stand before the other.
    #[error(
        "the rule stands in a loop of precedence-after and precedence-before; its number counts"
    )]
    PrecedenceLoop,
    /// The rule asks for a place beside a rule that is not there.
    #[error("{word} names the rule {id}, which is not there; the number counts")]
    PrecedenceUnknown {
        /// `precedence-after` or `precedence-before`.
        word: &'static str,
        /// The rule.
        id: Guid,
    },
    /// The number says something else than the rule that is named.
    #[error(
        "{word} names `{other}`, but the numbers put them the other way round; the numbers count"
    )]
    PrecedenceContradiction {
        /// `precedence-after` or `precedence-before`.
        word: &'static str,
        /// The rule.
        other: String,
    },
    /// A provisioning rule that nothing can recognise again.
    #[error(
        "the rule provisions objects but has no join criteria, so an existing object is not found"
    )]
    ProvisionWithoutJoin,
    /// A provisioning rule that does not say what it makes.
    #[error("the rule provisions objects, but its target object type is `*`; name one type")]
    ProvisionAny,
}

impl RuleProblem {
    /// How much it matters. A blocker means that the engine cannot do what the rule asks.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Missing { what: "name" | "identifier", .. }
            | Self::UnknownState
            | Self::Secret
            | Self::SeveralSources { .. }
            | Self::RepeatedTarget { .. }
            | Self::NeverOnce
            | Self::SeveralJoins { .. }
            | Self::EmptyGroup { .. }
            | Self::ImpossibleGroup { .. }
            | Self::MissingAttribute { .. }
            | Self::SamePrecedence { .. }
            | Self::PrecedenceLoop
            | Self::PrecedenceContradiction { .. }
            | Self::ProvisionWithoutJoin
            | Self::Note(Warning::TwoReadings { .. }) => Severity::Warning,
            Self::Disabled
            | Self::UnknownParameter { .. }
            | Self::PrecedenceUnknown { .. }
            | Self::ReservedPrecedence { .. }
            | Self::Note(Warning::Undocumented { .. }) => Severity::Info,
            Self::UnknownWord { .. }
            | Self::Missing { .. }
            | Self::SameId { .. }
            | Self::EmptyMapping { .. }
            | Self::Expression(_)
            | Self::MixedMerge { .. }
            | Self::ClauseValue { .. }
            | Self::ProvisionAny => Severity::Blocker,
        }
    }

    /// A word for programs; never reused.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownWord { .. } => "unknown-word",
            Self::Missing { .. } => "missing",
            Self::UnknownState => "unknown-state",
            Self::Disabled => "disabled",
            Self::SameId { .. } => "same-id",
            Self::EmptyMapping { .. } => "empty-mapping",
            Self::Secret => "secret",
            Self::SeveralSources { .. } => "several-sources",
            Self::RepeatedTarget { .. } => "repeated-target",
            Self::NeverOnce => "never-once",
            Self::Expression(_) => "expression",
            Self::Note(Warning::TwoReadings { .. }) => "two-readings",
            Self::Note(Warning::Undocumented { .. }) => "undocumented-function",
            Self::UnknownParameter { .. } => "unknown-parameter",
            Self::MixedMerge { .. } => "mixed-merge",
            Self::SeveralJoins { .. } => "several-joins",
            Self::ClauseValue { .. } => "clause-value",
            Self::EmptyGroup { .. } => "empty-group",
            Self::ImpossibleGroup { .. } => "impossible-group",
            Self::MissingAttribute { .. } => "missing-attribute",
            Self::SamePrecedence { .. } => "same-precedence",
            Self::ReservedPrecedence { .. } => "reserved-precedence",
            Self::PrecedenceLoop => "precedence-loop",
            Self::PrecedenceUnknown { .. } => "precedence-unknown",
            Self::PrecedenceContradiction { .. } => "precedence-contradiction",
            Self::ProvisionWithoutJoin => "provision-without-join",
            Self::ProvisionAny => "provision-any",
        }
    }
}
