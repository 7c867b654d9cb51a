//! What the cloud will say to pending exports: errors it would answer with, and objects it would take over.
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt,
};

use dirlift_model::{AttributeName, DistinguishedName, Guid, pending::Operation};
use serde::Serialize;

use super::{
    arena::Raw,
    cells::{Attr, Cells},
    exports::Record,
    history, parallel,
    result::Synchronized,
    space::NONE,
};
use crate::value::Kind;

mod values;

/// Objects that hold one value beyond which no more are looked at.
const MANY: usize = 16;

/// What the cloud would do with one pending export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Predicted {
    /// The name of the connector.
    pub connector: String,
    /// The object that is exported.
    pub dn: DistinguishedName,
    /// The object of another directory that it comes from.
    pub source: Option<DistinguishedName>,
    /// What would happen.
    pub outcome: PredictedOutcome,
    /// The attribute that causes it.
    pub attribute: Option<AttributeName>,
    /// Its value, if it is text.
    pub value: Option<String>,
    /// The other object.
    pub partner: Option<Partner>,
}

/// The object that stands in the way, or that is taken over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Partner {
    /// Its name in the cloud connector's space.
    pub dn: DistinguishedName,
    /// Its object id in the cloud.
    pub id: Option<Guid>,
    /// The object of another directory that it comes from.
    pub source: Option<DistinguishedName>,
}

/// What the cloud would do; the words of its own errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PredictedOutcome {
    /// An object that only the cloud keeps becomes the synchronised one, by its source anchor.
    HardMatch,
    /// An object that only the cloud keeps becomes the synchronised one, by its primary address.
    SoftMatchByAddress,
    /// An object that only the cloud keeps becomes the synchronised one, by its user principal name.
    SoftMatchByUserPrincipalName,
    /// Another object has a value that only one may have.
    AttributeValueMustBeUnique,
    /// The object that would match has another source anchor, or soft match is blocked.
    InvalidSoftMatch,
    /// Taking over by source anchor is blocked.
    InvalidHardMatch,
    /// The object that would match is of another type.
    ObjectTypeMismatch,
    /// A value does not have the form that the cloud asks for.
    DataValidationFailed,
    /// More or larger values than the cloud takes.
    LargeObject,
    /// The user principal name would move from one federated domain to another.
    FederatedDomainChange,
    /// The user that would match holds an administrative role.
    ExistingAdminRoleConflict,
}

impl PredictedOutcome {
    /// Whether the export fails; the others only say what it takes over.
    pub const fn is_error(self) -> bool {
        !matches!(
            self,
            Self::HardMatch | Self::SoftMatchByAddress | Self::SoftMatchByUserPrincipalName
        )
    }
}

impl fmt::Display for Predicted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {:?}", self.connector, self.dn, self.outcome)?;
        if let Some(attribute) = &self.attribute {
            write!(f, " {attribute}")?;
        }
        if let Some(value) = &self.value {
            write!(f, " {value:?}")?;
        }
        match &self.partner {
            Some(partner) => write!(f, " with {}", partner.dn),
            None => Ok(()),
        }
    }
}

/// What must be unique, in a form that compares.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key {
    attribute: Attr,
    value: String,
}

/// A value that an export brings.
#[derive(Clone, Debug)]
struct Claim {
    key: Key,
    /// Whether soft match goes by it.
    matches: bool,
}

struct Predictor<'a> {
    done: &'a Synchronized,
    space: usize,
    /// Objects that are there and will still have the value, by value.
    holders: HashMap<Key, Vec<usize>>,
    /// Exports that bring the value, by value, as places in the list of records.
    claims: HashMap<Key, Vec<usize>>,
    out: Vec<Predicted>,
}

/// What the cloud would say, export by export.
pub(super) fn all(done: &Synchronized) -> Vec<Predicted> {
    let mut out = Vec::new();
    for space in (0..done.state.spaces.len()).filter(|it| done.state.spaces[*it].is_entra()) {
        let records: Vec<_> = done
            .exports
            .records
            .iter()
            .enumerate()
            .filter(|it| it.1.space == space && it.1.operation != Operation::Delete)
            .collect();
        let mut predictor = Predictor {
            done,
            space,
            holders: HashMap::new(),
            claims: HashMap::new(),
            out: Vec::new(),
        };
        let brought: Vec<_> = records.iter().map(|it| predictor.brought(it.1)).collect();
        for ((at, _), claims) in records.iter().zip(&brought) {
            for claim in claims {
                predictor.claims.entry(claim.key.clone()).or_default().push(*at);
            }
        }
        predictor.find_holders();
        for ((at, record), claims) in records.iter().zip(&brought) {
            predictor.one(*at, record, claims);
        }
        out.append(&mut predictor.out);
    }
    out
}

impl Predictor<'_> {
    fn unique(&self) -> [Attr; 4] {
        let known = &self.done.state.attributes.known;
        [known.upn, known.proxies, known.mail, known.cloud_sid]
    }

    fn new_values(&self, record: &Record, attribute: Attr) -> Option<Vec<Raw<'_>>> {
        let list = Cells::with_flows(self.done.exports.changes.get(record.list as usize));
        let arena = &self.done.state.arena;
        list.get(attribute).map(|it| it.values().map(|it| arena.raw(it)).collect())
    }

    fn old_values(&self, idx: u32, attribute: Attr) -> Vec<Raw<'_>> {
        let state = &self.done.state;
        let cell = state.spaces[self.space].cell(idx as usize, attribute).filter(|_| idx != NONE);
        cell.map(|it| it.values().map(|it| state.arena.raw(it)).collect()).unwrap_or_default()
    }

    fn key(&self, attribute: Attr, raw: Raw<'_>) -> Option<Key> {
        let known = &self.done.state.attributes.known;
        let value = if attribute == known.cloud_sid {
            history::sid_text(raw)?
        } else {
            (raw.kind == Kind::Text).then(|| raw.as_str().trim().to_lowercase())?
        };
        (!value.is_empty()).then_some(Key { attribute, value })
    }

    /// The values that must be unique and that an export brings anew.
    fn brought(&self, record: &Record) -> Vec<Claim> {
        let known = &self.done.state.attributes.known;
        let mut out = Vec::new();
        for attribute in self.unique() {
            let old: BTreeSet<_> = self
                .old_values(record.idx, attribute)
                .into_iter()
                .filter_map(|it| self.key(attribute, it))
                .collect();
            for raw in self.new_values(record, attribute).unwrap_or_default() {
                let Some(key) = self.key(attribute, raw) else { continue };
                let matches = attribute == known.upn
                    && self.done.state.options.tenant.soft_match_on_upn
                    || attribute == known.proxies && raw.as_str().starts_with("SMTP:");
                if !old.contains(&key) {
                    out.push(Claim { key, matches });
                }
            }
        }
        // Addresses come first: soft match goes by them before it goes by name.
        out.sort_by_key(|it| (it.key.attribute != known.proxies, !it.matches));
        out
    }

    /// Looks through the cloud for objects that will still have a value that an export brings.
    fn find_holders(&mut self) {
        if self.claims.is_empty() {
            return;
        }
        let state = &self.done.state;
        let records: HashMap<u32, &Record> = self
            .done
            .exports
            .records
            .iter()
            .filter(|it| it.space == self.space && it.idx != NONE)
            .map(|it| (it.idx, it))
            .collect();
        // What makes way for another object lets go of its values.
        let links = self.done.links.provisioned.iter().filter(|it| it.space == self.space);
        let replaced: HashSet<usize> = links.filter_map(|it| it.replaces).collect();
        let held = |this: &Self, idx: usize| {
            let number = super::small(idx);
            let record = records.get(&number);
            let is_gone = record.is_some_and(|it| it.operation == Operation::Delete);
            let mut out = Vec::new();
            if is_gone || replaced.contains(&idx) {
                return out;
            }
            for attribute in this.unique() {
                let new = record.and_then(|it| this.new_values(it, attribute));
                let values = new.unwrap_or_else(|| this.old_values(number, attribute));
                let keys = values.into_iter().filter_map(|it| this.key(attribute, it));
                out.extend(keys.filter(|it| this.claims.contains_key(it)).map(|it| (it, idx)));
            }
            out
        };
        let mut holders: HashMap<Key, Vec<usize>> = HashMap::new();
        parallel::in_order(
            state.options.threads,
            state.spaces[self.space].len(),
            &*self,
            &mut holders,
            |this, range| range.flat_map(|it| held(this, it)).collect::<Vec<_>>(),
            |holders, found| {
                for (key, idx) in found {
                    let list = holders.entry(key).or_default();
                    if list.len() < MANY {
                        list.push(idx);
                    }
                }
            },
        );
        self.holders = holders;
    }

    fn one(&mut self, at: usize, record: &Record, claims: &[Claim]) {
        let mut told: BTreeSet<usize> = BTreeSet::new();
        let is_new = record.idx == NONE;
        if is_new {
            self.soft_match(record, claims, &mut told);
        } else {
            self.hard_match(record);
        }
        for claim in claims {
            let holders = self.holders.get(&claim.key).cloned().unwrap_or_default();
            let itself = record.idx as usize;
            let other = holders.into_iter().find(|it| *it != itself && !told.contains(it));
            if let Some(other) = other {
                told.insert(other);
                let partner = self.partner(other);
                self.tell(
                    record,
                    PredictedOutcome::AttributeValueMustBeUnique,
                    Some(claim),
                    partner,
                );
            }
            let first = self.claims.get(&claim.key).and_then(|it| it.first()).copied();
            if let Some(first) = first.filter(|it| *it < at) {
                let other = &self.done.exports.records[first];
                if other.idx != NONE && told.contains(&(other.idx as usize)) {
                    continue;
                }
                let outcome = if is_new && claim.matches {
                    PredictedOutcome::InvalidSoftMatch
                } else {
                    PredictedOutcome::AttributeValueMustBeUnique
                };
                let partner = self.partner_of(other);
                self.tell(record, outcome, Some(claim), partner);
            }
        }
        self.values(record);
    }

    /// An object that is there and that only the cloud kept so far.
    fn hard_match(&mut self, record: &Record) {
        let state = &self.done.state;
        if !state.spaces[self.space].is_cloud_only(record.idx as usize) {
            return;
        }
        let outcome = if state.options.tenant.blocks_hard_match {
            PredictedOutcome::InvalidHardMatch
        } else {
            PredictedOutcome::HardMatch
        };
        let partner = self.partner(record.idx as usize);
        self.tell(record, outcome, None, partner);
    }

    /// The object of the cloud that a new object would be matched with.
    fn soft_match(&mut self, record: &Record, claims: &[Claim], told: &mut BTreeSet<usize>) {
        let state = &self.done.state;
        let known = &state.attributes.known;
        let space = &state.spaces[self.space];
        let found = claims
            .iter()
            .filter(|it| it.matches)
            .find_map(|claim| Some((claim.clone(), *self.holders.get(&claim.key)?.first()?)));
        let Some((claim, idx)) = found else { return };
        let new_type = self.done.new_type(record);
        let is_admin =
            space.id(idx).is_some_and(|it| state.options.tenant.administrators.contains(&it));
        let has_anchor =
            space.is_synchronised(idx) || history::anchor_of(state, self.space, idx).is_some();
        let outcome = if new_type != space.object_type(idx) {
            PredictedOutcome::ObjectTypeMismatch
        } else if has_anchor || state.options.tenant.blocks_soft_match {
            PredictedOutcome::InvalidSoftMatch
        } else if is_admin {
            PredictedOutcome::ExistingAdminRoleConflict
        } else if claim.key.attribute == known.upn {
            PredictedOutcome::SoftMatchByUserPrincipalName
        } else {
            PredictedOutcome::SoftMatchByAddress
        };
        told.insert(idx);
        let partner = self.partner(idx);
        self.tell(record, outcome, Some(&claim), partner);
    }

    fn partner(&self, idx: usize) -> Option<Partner> {
        let state = &self.done.state;
        let space = &state.spaces[self.space];
        let mv = state.partner(state.number(self.space, idx));
        Some(Partner {
            dn: space.name(&state.arena, idx)?,
            id: space.id(idx),
            source: mv.and_then(|it| self.source(it)),
        })
    }

    fn partner_of(&self, record: &Record) -> Option<Partner> {
        if record.idx != NONE && record.operation != Operation::DeleteAdd {
            return self.partner(record.idx as usize);
        }
        let dn = record.name.as_deref()?.clone();
        Some(Partner { dn, id: None, source: self.source(record.mv as usize) })
    }

    /// The object of another directory that an object of the metaverse comes from.
    fn source(&self, mv: usize) -> Option<DistinguishedName> {
        let state = &self.done.state;
        let (space, idx) = state.metaverse.links(mv).find(|it| it.0 != self.space)?;
        state.spaces[space].name(&state.arena, idx)
    }

    fn tell(
        &mut self,
        record: &Record,
        outcome: PredictedOutcome,
        claim: Option<&Claim>,
        partner: Option<Partner>,
    ) {
        let state = &self.done.state;
        let attribute = claim.map(|it| state.attributes.name(it.key.attribute));
        let value = claim.map(|it| it.key.value.clone());
        self.push(record, outcome, attribute, value, partner);
    }

    fn push(
        &mut self,
        record: &Record,
        outcome: PredictedOutcome,
        attribute: Option<AttributeName>,
        value: Option<String>,
        partner: Option<Partner>,
    ) {
        let state = &self.done.state;
        let space = &state.spaces[self.space];
        let name = record.name.as_deref().cloned();
        let Some(dn) = name.or_else(|| space.name(&state.arena, record.idx as usize)) else {
            return;
        };
        let source = if record.mv == NONE { None } else { self.source(record.mv as usize) };
        let connector = space.connector.name.clone();
        let predicted = Predicted { connector, dn, source, outcome, attribute, value, partner };
        if !self.out.iter().rev().take(32).any(|it| *it == predicted) {
            self.out.push(predicted);
        }
    }
}

/// Counts of what is predicted.
pub(super) fn counts(all: &[Predicted]) -> BTreeMap<PredictedOutcome, u64> {
    let mut out = BTreeMap::new();
    for it in all {
        *out.entry(it.outcome).or_default() += 1;
    }
    out
}
