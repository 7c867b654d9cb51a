//! Judges pending exports before anything is exported: guards against what nobody meant; and what is left to do before and
//! after the switch: the checklist.
//!
//! Pure: it sees exports one by one and keeps counts and the few that matter by themselves. Depends on `dirlift-model`
//! and on no other crate of the workspace.
pub mod checklist;
mod guard;
mod limits;

pub use guard::{Guards, LicensedChange, NotChecked, Seen, Tripped, Verdict};
pub use limits::{DEFAULT_DELETES, Limits, Population, Sensitive};
