//! Joins, projections and flows as an agent or the metaverse states them.
use std::fmt;

use super::Location;
use crate::{AttributeName, Guid};

/// `join-profile`: how objects of one type find their metaverse object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinProfile {
    /// `cd-object-type`.
    pub object_type: AttributeName,
    /// `join-criterion`s, tried in order.
    pub criteria: Vec<JoinCriterion>,
}

/// One way to join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinCriterion {
    /// `id`.
    pub id: Option<Guid>,
    /// `mv-object-type` to search; `None` is any.
    pub metaverse_type: Option<AttributeName>,
    /// Metaverse attribute and what it is compared with; all must match.
    pub mappings: Vec<(AttributeName, FlowSource)>,
    /// `resolution` is left to the rules extension.
    pub scripted_resolution: Option<String>,
    /// Where it begins.
    pub location: Location,
}

/// `class-mapping`: which objects make a metaverse object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection {
    /// `type`: `declared`, `scripted`, `sync-rule` or another word.
    pub kind: String,
    /// `cd-object-type`.
    pub object_type: AttributeName,
    /// `mv-object-type`.
    pub metaverse_type: Option<AttributeName>,
    /// Where it begins.
    pub location: Location,
}

/// Where the value of a flow comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlowSource {
    /// `direct-mapping`: the value of one attribute.
    Direct {
        /// The source attribute.
        attribute: AttributeName,
        /// The attribute is the engine's own, such as `<dn>`.
        intrinsic: bool,
    },
    /// `constant-mapping`.
    Constant(String),
    /// `scripted-mapping`: the rules extension decides.
    Scripted {
        /// Attributes handed to the extension.
        attributes: Vec<AttributeName>,
        /// `script-context`: the name of the flow rule in the extension.
        context: String,
    },
    /// `dn-part-mapping`: one component of the DN, from 1.
    DnPart(u32),
    /// `sync-rule-mapping`: a rule of the portal, not in `DirSync`.
    SyncRule {
        /// `mapping-type`: `direct`, `constant`, `expression` or another word.
        kind: String,
        /// Source attributes.
        attributes: Vec<AttributeName>,
    },
    /// Another kind of mapping, by the name of its element.
    Other(String),
}

impl fmt::Display for FlowSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |attributes: &[AttributeName]| {
            attributes.iter().map(AttributeName::as_str).collect::<Vec<_>>().join(", ")
        };
        match self {
            Self::Direct { attribute, .. } => write!(f, "{attribute}"),
            Self::Constant(value) => write!(f, "constant \"{value}\""),
            Self::Scripted { attributes, context } => {
                write!(f, "script {context}({})", list(attributes))
            }
            Self::DnPart(part) => write!(f, "component {part} of the DN"),
            Self::SyncRule { kind, attributes } => {
                write!(f, "{kind} sync rule ({})", list(attributes))
            }
            Self::Other(element) => write!(f, "{element}"),
        }
    }
}

/// One export flow: metaverse to connected directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportFlow {
    /// `id`.
    pub id: Option<Guid>,
    /// `cd-object-type`.
    pub object_type: AttributeName,
    /// `mv-object-type`.
    pub metaverse_type: AttributeName,
    /// `cd-attribute`: the target.
    pub target: AttributeName,
    /// `suppress-deletions`: nulls are not exported.
    pub suppress_deletions: bool,
    /// Where the value comes from.
    pub source: FlowSource,
    /// Where it begins.
    pub location: Location,
}

/// All import flows into one metaverse attribute, in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportFlows {
    /// `mv-object-type`.
    pub metaverse_type: AttributeName,
    /// `mv-attribute`: the target.
    pub target: AttributeName,
    /// `type`: `ranked`, `equal` or another word.
    pub precedence: String,
    /// The sources.
    pub flows: Vec<ImportFlow>,
}

/// One import flow: connected directory to metaverse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportFlow {
    /// `id`.
    pub id: Option<Guid>,
    /// `src-ma`.
    pub connector: Guid,
    /// `cd-object-type`.
    pub object_type: AttributeName,
    /// Where the value comes from.
    pub source: FlowSource,
    /// Where it begins.
    pub location: Location,
}
