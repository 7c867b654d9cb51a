//! Why one object is as it is: scopes, joins, flows and what decided between them.
mod build;

use dirlift_model::{AttributeName, DistinguishedName, PendingExport};
use serde::Serialize;

use super::{fault::ObjectError, predict::Predicted, result::MetaverseObject};

/// Everything that a synchronization did about one object and its partners.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ObjectExplanation {
    /// The name of the connector.
    pub connector: String,
    /// The object.
    pub dn: DistinguishedName,
    /// Its object of the metaverse with its links; none if nothing links it.
    pub metaverse: Option<MetaverseObject>,
    /// What the rules say on the way in, of the object and of everything that shares its partner.
    pub inbound: Vec<SideExplanation>,
    /// What the rules say on the way out, connector by connector.
    pub outbound: Vec<SideExplanation>,
    /// Its pending exports and those of its partner.
    pub exports: Vec<PendingExport>,
    /// Its errors and those of its partner.
    pub errors: Vec<ObjectError>,
    /// What the cloud would say.
    pub predicted: Vec<Predicted>,
    /// The open points that all this rests on.
    pub assumptions: Vec<UsedAssumption>,
}

/// An open point with its reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UsedAssumption {
    /// Its name.
    pub id: &'static str,
    /// What is open.
    pub point: &'static str,
    /// How it is read here.
    pub reading: &'static str,
}

/// One object and the rules between it and the metaverse, in one direction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SideExplanation {
    /// The name of the connector.
    pub connector: String,
    /// The object in it, if there is one or is to be one.
    pub dn: Option<DistinguishedName>,
    /// How it came to be linked.
    pub link: LinkExplanation,
    /// The rules for its type, in order of precedence.
    pub rules: Vec<RuleExplanation>,
}

/// How an object came to be linked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum LinkExplanation {
    /// It is not linked.
    None,
    /// The object of the metaverse was made from it.
    Projected,
    /// An inbound rule joined it, or a match by what the tenant marks as synchronised.
    Joined,
    /// An outbound rule joined it.
    JoinedOutbound {
        /// The rule.
        rule: String,
    },
    /// A rule makes it.
    Provisioned {
        /// The rule.
        rule: String,
    },
}

/// One rule and what it says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleExplanation {
    /// Its name.
    pub rule: String,
    /// Its precedence.
    pub precedence: u32,
    /// Whether the object is in its scope.
    pub in_scope: bool,
    /// Its scoping filter: one group that holds is enough.
    pub scope: Vec<Vec<ClauseExplanation>>,
    /// Its join criteria, if the object is in scope.
    pub joins: Vec<Vec<CriterionExplanation>>,
    /// Its flows, if the object is in scope.
    pub flows: Vec<FlowExplanation>,
}

/// One clause of a scoping filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClauseExplanation {
    /// The clause as it is written.
    pub clause: String,
    /// The value of the attribute.
    pub value: String,
    /// Whether it holds.
    pub holds: bool,
}

/// One criterion of a join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CriterionExplanation {
    /// The attribute in the connector space.
    pub connector_attribute: AttributeName,
    /// The attribute in the metaverse.
    pub metaverse_attribute: AttributeName,
    /// The value of the object that searches.
    pub value: String,
    /// The value of its partner.
    pub partner_value: Option<String>,
    /// Whether the two match.
    pub matches: Option<bool>,
}

/// One flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FlowExplanation {
    /// The attribute that it writes.
    pub attribute: AttributeName,
    /// The flow as `source → destination` or its expression.
    pub flow: String,
    /// The attributes that it reads, with their values.
    pub inputs: Vec<(AttributeName, String)>,
    /// What it comes to.
    pub result: String,
    /// What became of that.
    pub standing: Standing,
}

/// What became of the result of a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Standing {
    /// It decides.
    Decides,
    /// It is merged with those of other flows.
    Merged,
    /// A rule of higher precedence decides.
    Hidden {
        /// The rule.
        by: String,
    },
    /// It contributes nothing.
    Nothing,
    /// It contributes nothing, and nobody of lower precedence may.
    Stops,
    /// It takes place only when the target is made.
    Once,
    /// It has no result, and the object an error.
    Failed,
    /// The rule writes to objects of another type.
    OtherType,
}
