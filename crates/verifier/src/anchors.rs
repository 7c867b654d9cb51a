//! Whether the anchor that is predicted for an object is the one that the cloud knows it by.
use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dirlift_model::{
    AttributeName, AttributeValue, CsObject, DistinguishedName,
    verification::{AnchorCase, AnchorCount, AnchorProof, AnchorState},
};

/// Most objects that are named.
const MAX_NAMED: usize = 1_000;
/// Most object types that are counted apart.
const MAX_TYPES: usize = 1_000;

/// What is known of one object of the metaverse and its partner in the cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchorFacts {
    /// The partner's name in the cloud connector's space; where there is none, another name of the object.
    pub dn: DistinguishedName,
    /// The partner's type, else that of the metaverse.
    pub object_type: AttributeName,
    /// The anchor that the rehearsal predicts.
    pub predicted: Option<String>,
    /// The partner.
    pub partner: Partner,
}

/// The partner of an object in the cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Partner {
    /// There is none, and none is made.
    None,
    /// An export makes it.
    Added,
    /// It is there, with its immutable ID if that is known.
    There(Option<String>),
}

/// Gathers the proof, object by object.
#[derive(Clone, Debug, Default)]
pub struct Anchors {
    counts: BTreeMap<(AttributeName, AnchorState), u64>,
    objections: Vec<AnchorCase>,
    not_named: u64,
    any: bool,
}

impl Anchors {
    /// Looks at one object of the metaverse.
    pub fn see(&mut self, facts: AnchorFacts) {
        self.any = true;
        let state = state(&facts);
        let key = (facts.object_type.clone(), state);
        if self.counts.len() < MAX_TYPES || self.counts.contains_key(&key) {
            *self.counts.entry(key).or_default() += 1;
        } else {
            *self.counts.entry(("(more)".into(), state)).or_default() += 1;
        }
        if !state.is_objection() {
            return;
        }
        if self.objections.len() >= MAX_NAMED {
            self.not_named += 1;
            return;
        }
        let immutable_id = match facts.partner {
            Partner::There(id) => id,
            Partner::None | Partner::Added => None,
        };
        self.objections.push(AnchorCase {
            dn: facts.dn,
            object_type: facts.object_type,
            state,
            predicted: facts.predicted,
            immutable_id,
        });
    }

    /// What it comes to.
    pub fn finish(self) -> AnchorProof {
        let counts = self.counts.into_iter().map(|((object_type, state), objects)| AnchorCount {
            object_type,
            state,
            objects,
        });
        AnchorProof {
            has_metaverse: self.any,
            counts: counts.collect(),
            objections: self.objections,
            not_named: self.not_named,
        }
    }
}

fn state(facts: &AnchorFacts) -> AnchorState {
    // Users show their immutable ID in Graph; of other objects it is not shown.
    let shows_id = facts.object_type.is("user") || facts.object_type.is("inetOrgPerson");
    match (&facts.partner, &facts.predicted) {
        (Partner::None, _) => AnchorState::NotExported,
        (Partner::Added, Some(_)) => AnchorState::New,
        (Partner::There(Some(id)), Some(predicted)) if id == predicted => AnchorState::Proven,
        (Partner::There(Some(_)), Some(_)) => AnchorState::Different,
        (Partner::There(None), Some(_)) if shows_id => AnchorState::TakenOver,
        (Partner::There(None), Some(_)) => AnchorState::NotProvable,
        (Partner::Added | Partner::There(_), None) => AnchorState::Missing,
    }
}

/// The anchor that an object of the cloud connector's space has: its attribute, else what its name spells.
pub fn cloud_anchor(object: &CsObject) -> Option<String> {
    match object.values(&"sourceAnchor".into()).first() {
        Some(AttributeValue::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(AttributeValue::Binary(bytes)) => Some(STANDARD.encode(bytes)),
        _ => spelt_anchor(&object.dn),
    }
}

/// The anchor that a name `CN={hex}` spells.
fn spelt_anchor(dn: &DistinguishedName) -> Option<String> {
    let (_, value) = dn.first_component()?;
    let hex = value.strip_prefix('{')?.strip_suffix('}')?;
    let (pairs, []) = hex.as_bytes().as_chunks::<2>() else { return None };
    let digit = |it: u8| char::from(it).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let bytes: Option<Vec<u8>> =
        pairs.iter().map(|it| Some(digit(it[0])? << 4 | digit(it[1])?)).collect();
    String::from_utf8(bytes?).ok().filter(|it| !it.is_empty())
}
