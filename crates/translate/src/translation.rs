//! What a translation consists of, and the order in which it is made.
use dirlift_model::{
    AttributeName, Finding, Guid, ServerConfiguration, SyncRule,
    config::{Connector, ContainerScope, Location},
    rule::ScopeGroup,
};

use crate::{
    drafts::Drafts,
    filter::NegateError,
    flows, parts,
    shipped::Flows,
    standard::StandardOptions,
    untranslated::{Untranslated, UntranslatedKind},
};

/// How to translate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TranslateOptions {
    /// Precedence of the first custom rule; the others follow one by one, below 100.
    pub first_precedence: u32,
}

impl Default for TranslateOptions {
    /// From 10 on, which leaves room for rules that have to come first.
    fn default() -> Self {
        Self { first_precedence: 10 }
    }
}

/// A configuration in the new server's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Translation {
    /// Custom rules in order of precedence; `location` is where each comes from, the description names all places.
    pub rules: Vec<SyncRule>,
    /// Custom connector filters with the rules that stand for them.
    pub filters: Vec<TranslatedFilter>,
    /// Settings that the wizard or a script makes.
    pub settings: Vec<SettingChange>,
    /// Attribute that userPrincipalName is taken from; it changes flows of the standard rules.
    pub alternate_id: Option<AlternateId>,
    /// Exchange hybrid deployment: the standard rules that write back are needed.
    pub exchange_hybrid: bool,
    /// What is left to a person.
    pub untranslated: Vec<Untranslated>,
    /// What was translated but should be known.
    pub notes: Vec<Note>,
}

impl Translation {
    /// The options of the standard rules that go with the translation.
    pub fn standard_options(&self) -> StandardOptions {
        StandardOptions {
            exchange_hybrid: self.exchange_hybrid,
            alternate_id: self.alternate_id.as_ref().map(|it| it.attribute.clone()),
            ..StandardOptions::default()
        }
    }

    /// The findings about what was not translated, in its order.
    pub fn findings(&self) -> Vec<Finding> {
        self.untranslated.iter().map(Untranslated::finding).collect()
    }

    pub(crate) fn note(&mut self, location: &Location, text: impl Into<String>) {
        self.notes.push(Note { text: text.into(), location: location.clone() });
    }

    pub(crate) fn leave(
        &mut self,
        kind: UntranslatedKind,
        id: Option<Guid>,
        item: impl Into<String>,
        observed: impl Into<String>,
        location: &Location,
    ) {
        let (item, observed, location) = (item.into(), observed.into(), location.clone());
        self.untranslated.push(Untranslated { kind, id, item, observed, location });
    }
}

/// The custom connector filter of one object type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranslatedFilter {
    /// The agent.
    pub connector: Guid,
    /// Object type in Active Directory.
    pub object_type: AttributeName,
    /// Who is out: one group an alternative, as in the scope of the rule.
    pub out: Vec<ScopeGroup>,
    /// Who is in, for a joining rule's scope; an error where that cannot be said.
    pub within: Result<Vec<ScopeGroup>, NegateError>,
    /// Identifier of the rule in [`Translation::rules`].
    pub rule: Guid,
    /// Where the alternatives stand.
    pub locations: Vec<Location>,
}

/// userPrincipalName is taken from another attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlternateId {
    /// The attribute.
    pub attribute: AttributeName,
    /// The flow that says so.
    pub location: Location,
}

/// A setting of the new server, with where the old one has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingChange {
    /// What is set.
    pub setting: Setting,
    /// Where it was read.
    pub location: Location,
}

/// What is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// A global parameter, such as `Microsoft.SynchronizationOption.UPNAttribute`.
    Parameter {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// The scope of one partition.
    Partition {
        /// The agent.
        connector: Guid,
        /// DN of the naming context.
        name: String,
        /// In scope.
        selected: bool,
        /// Object types in scope.
        object_types: Vec<AttributeName>,
        /// Containers in scope.
        containers: ContainerScope,
    },
}

/// Something to know about a translation that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What, as a fragment without full stop.
    pub text: String,
    /// Where it comes from.
    pub location: Location,
}

/// Translates a configuration.
///
/// `baseline` are the templates that the product ships, read on the same server: what is there too is stock. Without
/// them the documented default filters count as stock, and so does every scripted flow and every direct flow between
/// attributes of one name; a note says that.
pub fn translate(
    configuration: &ServerConfiguration,
    baseline: Option<&ServerConfiguration>,
    options: &TranslateOptions,
) -> Translation {
    let mut translation = Translation::default();
    let mut drafts = Drafts::default();
    let case = Case {
        configuration,
        baseline,
        own: Flows::new(configuration),
        shipped: baseline.map(Flows::new),
    };
    parts::settings(&case, &mut translation);
    parts::filters(&case, &mut translation, &mut drafts);
    flows::import(&case, &mut translation, &mut drafts);
    flows::export(&case, &mut translation, &mut drafts);
    parts::not_carried(&case, &mut translation);
    drafts.number(*options, &mut translation);
    translation
}

/// What is translated.
pub(crate) struct Case<'a> {
    pub(crate) configuration: &'a ServerConfiguration,
    pub(crate) baseline: Option<&'a ServerConfiguration>,
    pub(crate) own: Flows<'a>,
    pub(crate) shipped: Option<Flows<'a>>,
}

impl<'a> Case<'a> {
    /// The agent of the templates that stands for this one.
    pub(crate) fn stock(&self, connector: &Connector) -> Option<&'a Connector> {
        self.baseline?.counterpart(connector)
    }
}

#[cfg(test)]
mod tests;
