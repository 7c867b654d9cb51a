//! `DirSync`'s configuration as declarative rules and settings, and the built-in standard rules.
//!
//! [`translate`] takes what an old server says (agents, connector filters, import and export flows) and gives what a
//! new one needs to do the same: custom rules below precedence 100, settings, and a list of what it could not say.
//! Nothing is dropped in silence: a filter or flow is a rule, a setting, part of the standard rules, or
//! [`Untranslated`] with its identifier and place. `docs/translation.md` has the table of what becomes what.
//!
//! [`standard_rules`] stands in for the target's own rules until those are at hand. They are written for this project
//! from documents; their tags begin with `dirlift.`, so that they are always told apart from the product's.
//!
//! ```
//! use dirlift_model::{Guid, ServerConfiguration};
//! use dirlift_translate::{TranslateOptions, standard_rules, translate};
//!
//! let old = ServerConfiguration::default();
//! let translation = translate(&old, None, &TranslateOptions::default());
//! let mut rules = translation.rules.clone();
//! let (forest, cloud) = (Guid::from_u128(1), Guid::from_u128(2));
//! rules.extend(standard_rules(&[forest], cloud, &translation.standard_options()));
//! assert_eq!(rules[0].precedence, Some(100));
//! ```
//!
//! Pure; depends on `dirlift-model` and on no other crate of the workspace.

mod drafts;
mod filter;
mod flows;
mod names;
mod parts;
mod shipped;
mod standard;
mod translation;
mod untranslated;

pub use filter::{MAX_GROUPS, NegateError, negate};
pub use standard::{
    FIRST_STANDARD_PRECEDENCE, StandardGroup, StandardOptions, StandardRule, standard_catalogue,
    standard_rules, use_alternate_id,
};
pub use translation::{
    AlternateId, Note, Setting, SettingChange, TranslateOptions, TranslatedFilter, Translation,
    translate,
};
pub use untranslated::{Untranslated, UntranslatedKind, UntranslatedRow, untranslated_catalogue};
