//! The words of the field as types, and everything that more than one crate speaks of.
//!
//! A value that exists is valid. Nothing here reads, writes, logs, asks the clock or draws: the crate
//! is pure and depends on no other crate of the workspace.
//!
//! Facts found on a server ([`Facts`]) and judgements about them ([`Analysis`], [`Finding`]) are
//! different things: readers produce the first, `dirlift-analyzer` the second.

pub mod analysis;
pub mod anchor;
pub mod attribute;
pub mod checklist;
pub mod config;
pub mod cs_object;
pub mod database;
pub mod difference;
pub mod dn;
pub mod facts;
pub mod finding;
pub mod guid;
pub mod host;
pub mod objects;
pub mod pending;
pub mod plan;
pub mod product;
pub mod progress;
pub mod rehearsal;
pub mod rule;
pub mod secret;
pub mod service;
pub mod settings;
pub mod sid;
pub mod stock;
pub mod tenant;
pub mod text;
pub mod verification;

pub use analysis::Analysis;
pub use anchor::SourceAnchor;
pub use attribute::{AttributeName, AttributeValue};
pub use checklist::{Checklist, ChecklistItem};
pub use config::ServerConfiguration;
pub use cs_object::{CsAttribute, CsObject};
pub use database::DatabaseFacts;
pub use difference::{Comparison, Difference};
pub use dn::DistinguishedName;
pub use facts::{Facts, NotChecked};
pub use finding::{Confidence, Evidence, Finding, Severity};
pub use guid::Guid;
pub use host::HostFacts;
pub use objects::Objects;
pub use pending::PendingExport;
pub use plan::Plan;
pub use product::{Build, Product};
pub use rule::SyncRule;
pub use service::{ServiceControl, ServiceError};
pub use settings::Settings;
pub use sid::Sid;
pub use tenant::TenantFacts;
