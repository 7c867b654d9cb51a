//! Full synchronization: connector spaces in, metaverse between, pending exports out, each with its reason.
//!
//! # Order of things
//!
//! Nothing depends on the order in which objects are added or on the number of threads. Objects of a connector space
//! are taken in the order of their names, connectors in the order in which they are given.
//!
//! 1. *In.* For each object: the inbound rules in scope, and what their flows contribute. That depends on the object
//!    alone. Objects that may link (a rule in scope has join criteria, `Provision` or `StickyJoin`) try these rules in
//!    order of precedence: criteria group by group, the first with exactly one match joins. If no rule joins, the first
//!    `Provision` rule makes an object of the metaverse if an attribute of its criteria has a value. Two rules in scope
//!    with different criteria for one type of target are an error. So is a match whose partner has an object of this
//!    connector already.
//! 2. *Metaverse.* An attribute is decided by the contributions of all linked objects: the lowest precedence number
//!    wins, `AuthoritativeNull` stops the search, merge types collect; all rules in scope for one attribute must merge
//!    alike. An object with a flow that has no result and that no other connector's flow of higher precedence hides is
//!    not linked at all: it contributes nothing, and what the cloud has from it is held, not deleted.
//! 3. *Out, links.* For each connector and each object of the metaverse without a partner there: the linking rules in
//!    scope in order of precedence; if one provisions, the name that flows give is looked for first, then criteria.
//! 4. Steps 1 (for objects without a partner) and 3 are repeated until nothing changes, ten times at most. Then objects
//!    of the cloud that the tenant marks as synchronised and that have no partner yet are matched: with history by
//!    source anchor; where that cannot be read, by security identifier, device id or mail addresses, without history
//!    only if a rule in scope links. Then the rounds go on.
//! 5. *Out, new.* `Provision` rules in scope make the objects that are still missing.
//! 6. *Out, flows.* For every linked or new object: all rules in scope that write to its type. References become the
//!    objects of the target that stand for them; those without one are left out and counted.
//! 7. *Deletes*, only with history: a marked object whose `Provision` rules are all out of scope, and a marked object
//!    without a partner if some rule provisions its type and nothing with its anchor has an error. Without history
//!    such a partner goes on receiving updates while a rule that links is in scope.
//!
//! An object of the metaverse lives while something that a `Provision` rule projected is linked to it; in one full
//! synchronization it never loses that. What a former synchronization had made is seen by step 7.
mod arena;
mod attributes;
mod cells;
mod explain;
mod exports;
mod fault;
mod hash_index;
mod history;
mod inbound;
mod known_by;
mod link;
mod metaverse;
mod needs;
mod options;
mod outbound;
mod parallel;
mod plan;
mod predict;
mod result;
mod run;
mod search;
mod space;
mod state;
mod summary;
mod view;

use dirlift_model::{CsObject, Guid, SyncRule};

use self::{arena::Arena, attributes::Attributes, space::Space};
pub use self::{
    explain::{
        ClauseExplanation, CriterionExplanation, FlowExplanation, LinkExplanation,
        ObjectExplanation, RuleExplanation, SideExplanation, Standing, UsedAssumption,
    },
    fault::{ObjectError, ObjectProblem},
    options::{Connector, ConnectorKind, Mark, Options, Partition, Readable, SyncError, Tenant},
    predict::{Partner, Predicted, PredictedOutcome},
    result::{MetaverseAttribute, MetaverseObject, Synchronized},
    summary::{ConnectorSummary, Summary, UnreadableCount},
};
use crate::rules::RuleSet;

/// Most rules, and most flows of a rule: a flow is known by two numbers of 16 bits.
const MAX_RULES: usize = 0xffff;
/// Most connectors.
const MAX_CONNECTORS: usize = 64;

/// A synchronization that is being filled with objects.
#[derive(Debug)]
pub struct Synchronization {
    rules: RuleSet,
    attributes: Attributes,
    arena: Arena,
    spaces: Vec<Space>,
    options: Options,
}

impl Synchronization {
    /// Prepares a synchronization. The order of the connectors is the order of their creation.
    pub fn new(
        rules: RuleSet,
        connectors: Vec<Connector>,
        options: Options,
    ) -> Result<Self, SyncError> {
        if connectors.len() > MAX_CONNECTORS {
            return Err(SyncError::ManyConnectors(connectors.len()));
        }
        let most = rules.rules().iter().map(|it| it.flows.len()).max().unwrap_or(0);
        let most = most.max(rules.rules().len());
        if most > MAX_RULES {
            return Err(SyncError::ManyRules(most));
        }
        let mut seen = std::collections::BTreeSet::new();
        if let Some(it) = connectors.iter().find(|it| !seen.insert(it.id)) {
            return Err(SyncError::RepeatedConnector(it.id));
        }
        let attributes = Attributes::new(rules.names().clone())?;
        let spaces = connectors.into_iter().map(Space::new).collect();
        Ok(Self { rules, attributes, arena: Arena::new(), spaces, options })
    }

    /// Prepares a synchronization from rules as files state them.
    pub fn with_rules(
        rules: &[SyncRule],
        connectors: Vec<Connector>,
        options: Options,
    ) -> Result<Self, SyncError> {
        Self::new(RuleSet::compile(rules, &()), connectors, options)
    }

    /// How it is done; what the tenant refuses is often known only once its objects have been read.
    pub const fn options_mut(&mut self) -> &mut Options {
        &mut self.options
    }

    /// Adds an object to a connector space.
    pub fn add(&mut self, connector: Guid, object: CsObject) -> Result<(), SyncError> {
        self.add_marked(connector, object, Mark::Inferred)
    }

    /// Adds an object, saying whether the tenant marks it as synchronised.
    pub fn add_marked(
        &mut self,
        connector: Guid,
        object: CsObject,
        mark: Mark,
    ) -> Result<(), SyncError> {
        let space = self.spaces.iter_mut().find(|it| it.connector.id == connector);
        let space = space.ok_or(SyncError::UnknownConnector(connector))?;
        space.add(object, mark, &self.attributes, &mut self.arena);
        if self.arena.is_full() { Err(SyncError::TooLarge) } else { Ok(()) }
    }

    /// Synchronizes.
    pub fn run(self) -> Result<Synchronized, SyncError> {
        run::run(self)
    }
}

/// A count as the numbers here have it; none comes near the limit, which is checked where objects are added.
fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
