//! From a configuration and two directories to what a new server would do, in memory or in a staging deployment.
//!
//! [`rehearsal`] reads the directories, synchronizes them in memory by the configuration's rules and holds the pending
//! exports with the reason for each. [`plan`] is pure: it says what a deployment would do and what forbids it. [`apply`]
//! does it, journalled in the deployment store, with the directories behind the port [`Directories`]. Nothing here
//! writes to a directory.
pub mod apply;
pub mod feed;
pub mod judgement;
pub mod plan;
pub mod rehearsal;
pub mod services;
pub mod setup;

pub use apply::Directories;
