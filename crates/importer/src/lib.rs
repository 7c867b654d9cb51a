//! From a bundle to a staging deployment: the plan and its steps, carried out, resumed and undone.
//!
//! [`plan`] is pure: it says what would be done and what forbids it. [`apply`] does it, journalled in the deployment
//! store, with the directories behind the port [`Directories`]. Nothing here writes to a directory.
pub mod apply;
pub mod plan;
pub mod services;
pub mod setup;

pub use apply::Directories;
