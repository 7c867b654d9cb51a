//! The settings bundle: what crosses from the old server to the new one, and what can be told from two of them.
//!
//! [`export()`] makes its parts from facts and analysis: neutral settings, the layout that the new server's wizard reads,
//! a guide and scripts. [`bundle`] writes, opens and checks the file; [`diff`] compares two configurations by meaning.
//! Nothing is ever extracted, and nothing here judges a server.
pub mod bundle;
pub mod diff;
mod export;
mod guide;
mod harmless;
mod json;
mod migrated;
mod names;
mod originals;
mod scripts;
mod selection;
pub mod settings;
mod translation;

pub use export::{
    Exported, Force, Input, Refusal, SERVER_CONFIGURATION, SETTINGS, THRESHOLD, export, gate,
};
pub use names::BadPath;
pub use translation::{Translation, target_rules, translation};
