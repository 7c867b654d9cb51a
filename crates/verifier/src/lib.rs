//! Judges pending exports before anything is exported: guards against what nobody meant, an accept-list of what somebody
//! expects, the comparison of predicted and real exports, the proof of anchors, and whether all operations were done; and
//! what is left to do before and after the switch: the checklist.
//!
//! Pure: it sees exports one by one and keeps counts and the few that matter by themselves. Depends on `dirlift-model`
//! and on no other crate of the workspace.
mod accept;
mod accept_file;
mod anchors;
pub mod checklist;
mod compare;
mod guard;
mod limits;
mod operations;
mod review;
mod show;

pub use accept::{AcceptEntry, AcceptFormat, AcceptList};
pub use accept_file::AcceptError;
pub use anchors::{AnchorFacts, Anchors, Partner, cloud_anchor};
pub use compare::{Compared, ComparedAttribute, Unreadable, compare, one_sided};
pub use guard::{Guards, LicensedChange, NotChecked, Origin, Seen, Tripped, Verdict};
pub use limits::{DEFAULT_DELETES, Limits, Marks, Population, Sensitive};
pub use operations::{RunFact, StepFact, kind_of_profile, operations};
pub use review::{Met, Review, Reviewed, Wanted};
