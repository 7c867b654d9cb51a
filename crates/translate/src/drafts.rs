//! Rules in the making: which flow goes into which rule, and their numbers.
use std::collections::BTreeMap;

use dirlift_model::{
    AttributeName, Guid, SyncRule,
    config::Location,
    rule::{AttributeMapping, Direction, LinkType, ScopeGroup},
};

use crate::{
    standard::{FIRST_STANDARD_PRECEDENCE, rule_id},
    translation::{TranslateOptions, Translation},
    untranslated::UntranslatedKind,
};

/// Most rules that are drafted: no more can stand below precedence 100.
const MAX_RULES: usize = 100;

/// Most flows in one rule; more make another rule.
const MAX_FLOWS: usize = 300;

/// A rule before it has a number.
pub(crate) struct Draft {
    pub(crate) name: String,
    pub(crate) direction: Direction,
    pub(crate) connector: Guid,
    pub(crate) source_type: AttributeName,
    pub(crate) target_type: AttributeName,
    pub(crate) scope: Vec<ScopeGroup>,
    pub(crate) mappings: Vec<AttributeMapping>,
    /// What each part comes from, with its place; never empty.
    pub(crate) origins: Vec<(String, Location)>,
}

impl Draft {
    pub(crate) fn id(&self) -> Guid {
        rule_id(self.connector, &self.name)
    }
}

/// What flows of one rule have in common: agent, inbound, types of source and target.
type Kin = (Guid, bool, AttributeName, AttributeName);

/// All drafts in order of precedence.
#[derive(Default)]
pub(crate) struct Drafts {
    all: Vec<Draft>,
    /// Rules of flows, by what their flows have in common.
    homes: BTreeMap<Kin, Vec<usize>>,
    /// The last rule that writes a target.
    last: BTreeMap<(Kin, AttributeName), usize>,
}

impl Drafts {
    /// Whether no further rule could get a number.
    pub(crate) fn is_full(&self) -> bool {
        self.all.len() >= MAX_RULES
    }

    /// Adds a rule as it is.
    pub(crate) fn push(&mut self, draft: Draft) {
        self.all.push(draft);
    }

    /// A name that no other draft of the connector has, so that identifiers differ too.
    pub(crate) fn unique(&self, connector: Guid, name: String) -> String {
        let taken =
            |name: &str| self.all.iter().any(|it| it.connector == connector && it.name == name);
        if !taken(&name) {
            return name;
        }
        // As many attempts as there are drafts find a free number.
        let mut numbered = (2..=self.all.len() + 2).map(|it| format!("{name} {it}"));
        numbered.find(|it| !taken(it)).unwrap_or(name)
    }

    /// Puts the one flow of a draft into the first rule of its kind that comes after every rule with the same target.
    pub(crate) fn place(&mut self, mut draft: Draft, out: &mut Translation) {
        let Some(target) = draft.mappings.first().map(|it| it.destination.clone()) else { return };
        let inbound = draft.direction == Direction::Inbound;
        let kin = (draft.connector, inbound, draft.source_type.clone(), draft.target_type.clone());
        let after = self.last.get(&(kin.clone(), target.clone())).copied();
        let homes = self.homes.entry(kin.clone()).or_default();
        let home = homes.iter().copied().find(|it| {
            let has_room = self.all.get(*it).is_some_and(|it| it.mappings.len() < MAX_FLOWS);
            has_room && after.is_none_or(|after| *it > after)
        });
        let place = match home {
            Some(idx) => {
                if let Some(home) = self.all.get_mut(idx) {
                    home.mappings.append(&mut draft.mappings);
                    home.origins.append(&mut draft.origins);
                }
                idx
            }
            None if self.all.len() >= MAX_RULES => {
                for (what, location) in &draft.origins {
                    let (kind, name) = (UntranslatedKind::TooManyRules, draft.name.clone());
                    out.leave(kind, None, name, what.clone(), location);
                }
                return;
            }
            None => {
                homes.push(self.all.len());
                draft.name = self.unique(draft.connector, draft.name);
                self.all.push(draft);
                self.all.len() - 1
            }
        };
        self.last.insert((kin, target), place);
    }

    /// Gives the rules their numbers; what does not fit below 100 is left.
    pub(crate) fn number(self, options: TranslateOptions, translation: &mut Translation) {
        for (idx, draft) in self.all.into_iter().enumerate() {
            let offset = u32::try_from(idx).unwrap_or(u32::MAX);
            let precedence = options.first_precedence.saturating_add(offset);
            let id = draft.id();
            let Some((first, location)) = draft.origins.first() else { continue };
            if precedence >= FIRST_STANDARD_PRECEDENCE {
                let (item, observed) =
                    (draft.name.clone(), format!("from {first} and what follows"));
                translation.filters.retain(|it| it.rule != id);
                translation.leave(UntranslatedKind::TooManyRules, None, item, observed, location);
                continue;
            }
            let places: Vec<_> =
                draft.origins.iter().map(|(what, at)| format!("{what} at {at}")).collect();
            translation.rules.push(SyncRule {
                id,
                internal_id: None,
                version: Some(1),
                description: format!("Translated from {}", places.join("; ")),
                immutable_tag: String::new(),
                direction: draft.direction,
                disabled: Some(false),
                connector: draft.connector,
                source_object_type: draft.source_type,
                target_object_type: draft.target_type,
                link_type: LinkType::Join,
                precedence: Some(precedence),
                precedence_after: None,
                precedence_before: None,
                soft_delete_expiry_interval: "00:00:00".to_owned(),
                enable_password_sync: Some(false),
                mappings: draft.mappings,
                joins: Vec::new(),
                scope: draft.scope,
                location: location.clone(),
                name: draft.name,
            });
        }
    }
}

/// A rule's part of the name for an object type: `user` is `User`.
pub(crate) fn capital(object_type: &AttributeName) -> String {
    let mut chars = object_type.as_str().chars();
    chars.next().map_or_else(String::new, |it| it.to_uppercase().to_string() + chars.as_str())
}
